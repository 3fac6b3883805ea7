"""Opaque sources: neither the name nor the records say what was read from them. Pure."""

from __future__ import annotations

from functools import lru_cache

from lineage.domain.kinds import HOLDERS, OPAQUE_CHANNELS, PROCESSING_JOB, TRAINING_JOB, kind_of_arn
from lineage.domain.names import Span, is_arn, location_of
from lineage.domain.records import Gap
from lineage.domain.vendors import vendor_of

READING = ("reads", "loads", "mentions")  # the edges by which a record read a place, or may have read it
_LACKS = {TRAINING_JOB.name: "channel", PROCESSING_JOB.name: "input, wrote what leads on to training,"}
_ANYTHING = (None, Span.MANIFEST, Span.UNKNOWN)


def hides_no_data(node: str) -> bool:
    """Whether what is read is a model that hides nothing: a package names its own parts, a vendor's model is not ours."""
    return bool(vendor_of(node)) or (is_arn(node) and kind_of_arn(node).name in HOLDERS)


@lru_cache(maxsize=10_000)  # many records read one place, and their edges come sorted by place
def is_opaque(place: str, role: str, span: str | None) -> bool:
    """Whether the data read this way could be anything.

    That is: a source whose name shows no bucket (file systems, queries, hub content, access points; where a record names the
    location, that is read as well), a manifest whose content at the time is unknown, a data type that is unknown to this
    version, and a channel of code that reads by itself.
    """
    location = location_of(place)
    in_bucket = location is not None and location.root.startswith("s3://") and not location.hides_bucket
    named = in_bucket or span == Span.NAMED or hides_no_data(place)
    return not named or role in OPAQUE_CHANNELS or (in_bucket and span in _ANYTHING)


def silence(job: str, kind: str, name: str, account: str | None, region: str | None) -> Gap:
    """A job without network isolation that read something and declares no channel: it may have read anything."""
    lacks = _LACKS.get(kind, "input that could be read")
    said = f"{kind.replace('-', ' ')} {name} declares no {lacks} and ran without network isolation: no field tells what it read"
    return Gap(account or "", region or "", "", job, "no-channels", said)
