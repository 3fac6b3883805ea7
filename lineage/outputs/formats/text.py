"""JSON as the formats write it: not the canonical form, which is hashed."""

from __future__ import annotations

from typing import Any

from lineage.domain.text import json_text


def dumped(value: Any) -> str:
    """JSON on one line, keys sorted, nothing escaped but what no document should hold."""
    return json_text(value, sort_keys=True, allow_nan=False)


def document(value: Any) -> str:
    """JSON for people: indented, keys in the order that they were given."""
    return json_text(value, indent=2, allow_nan=False) + "\n"
