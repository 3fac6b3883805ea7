"""JSON in the one form that is hashed: equal values have equal bytes, today and in a year."""

from __future__ import annotations

import hashlib
import json
from typing import Any

# Sorted keys, no spaces, not escaped to ASCII; a number that JSON cannot write is refused.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """A value as canonical JSON."""
    return _ENCODER.encode(value)


def digest_of(value: Any) -> str:
    """The digest of a value's canonical JSON, with the name of its algorithm. Lone surrogates do not make it fail."""
    return bytes_digest(canonical(value).encode(errors="surrogatepass"))


def bytes_digest(data: bytes) -> str:
    """The SHA-256 of some bytes, with the name of its algorithm."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
