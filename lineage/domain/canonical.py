"""JSON in the one form that is hashed: what is equal has equal bytes, today and in a year."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Sorted keys, no spaces, not escaped to ASCII; what JSON has no number for is refused.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """A value as canonical JSON."""
    return _ENCODER.encode(value)


def digest_of(value: Any) -> str:
    """The digest of a value's canonical JSON, with the name of its algorithm. Surrogates, which no UTF-8 holds, do no harm."""
    return f"sha256:{hashlib.sha256(canonical(value).encode(errors='surrogatepass')).hexdigest()}"
