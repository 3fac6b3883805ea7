"""What nobody can look into: where neither the name nor the records tell what was read. Pure."""

from __future__ import annotations

from functools import lru_cache

from lineage.domain.kinds import OPAQUE_CHANNELS
from lineage.domain.names import Span, location_of

READING = ("reads", "loads", "mentions")  # by which a record says that it read a place, or may have read it
_ANYTHING = (None, Span.MANIFEST, Span.UNKNOWN)


@lru_cache(maxsize=10_000)  # one place is read by many, whose edges come in its order
def is_opaque(place: str, role: str, span: str | None) -> bool:
    """Whether what is read so could be anything.

    That is what lies in no bucket that its name tells (file systems, queries, hub content, access points), a manifest of
    which nobody knows what it listed, a data type that this version does not know, and a channel of code that reads by itself.
    """
    location = location_of(place)
    named = location is not None and location.root.startswith("s3://") and not location.hides_bucket
    return not named or role in OPAQUE_CHANNELS or span in _ANYTHING
