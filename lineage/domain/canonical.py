"""JSON in the one form that is hashed: equal values have equal bytes, today and in a year."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

# Sorted keys, no spaces, not escaped to ASCII; a number that JSON cannot write is refused.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """A value as canonical JSON."""
    return _ENCODER.encode(value)


def digest_of(value: Any) -> str:
    """The digest of a value's canonical JSON, with the name of its algorithm. Lone surrogates do not make it fail."""
    return bytes_digest(canonical(value).encode(errors="surrogatepass"))


def bytes_digest(data: bytes | Iterable[bytes]) -> str:
    """The SHA-256 of some bytes, or of pieces of them, with the name of its algorithm."""
    digest = hashlib.sha256()
    for piece in [data] if isinstance(data, bytes) else data:
        digest.update(piece)
    return f"sha256:{digest.hexdigest()}"
