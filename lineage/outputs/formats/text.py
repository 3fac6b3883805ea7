"""JSON as the formats write it: not the canonical form, which is hashed."""

from __future__ import annotations

import json
from typing import Any


def dumped(value: Any) -> str:
    """JSON on one line, keys sorted, nothing escaped that need not be."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def document(value: Any) -> str:
    """JSON for people: indented, keys in the order that they were given."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
