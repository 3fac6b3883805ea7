"""Words and cells that all answers share."""

from __future__ import annotations

from typing import Any


def tsv(rows: list[list[Any]]) -> str:
    """Rows as tab-separated text with whole values; tabs and line ends inside a value become spaces."""
    return "".join("\t".join(" ".join(str(cell).split()) for cell in row) + "\n" for row in rows)


def plural(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
