"""A made-up bank's account, shipped with the package, to try every question without an AWS account."""

from __future__ import annotations

from pathlib import Path

# Written by `fixtures/bank.py`, which also writes the same file into fixtures/.
DEMO_ACCOUNT = Path(__file__).with_name("bank.jsonl")
