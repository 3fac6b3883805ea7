"""JSON as the formats write it. It is not the canonical form, which is hashed."""

from __future__ import annotations

from typing import Any

from lineage.domain.text import json_text


def dumped(value: Any) -> str:
    """JSON on one line, with sorted keys. Only characters that no document should hold are escaped."""
    return json_text(value, sort_keys=True, allow_nan=False)


def document(value: Any) -> str:
    """JSON for people: indented, with keys in the given order."""
    return json_text(value, indent=2, allow_nan=False) + "\n"
