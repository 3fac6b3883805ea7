"""Which bucket an answer is about if several partitions were crawled: a bucket name is unique only within one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.domain.names import Location, partition, partition_of
from lineage.domain.records import Scope
from lineage.queries.scope import crawled


def told_apart(scope: Scope, place: Location, found: Iterable[str]) -> list[str]:
    """A note that a place is a different one in each partition, and which of them the findings (node ids) belong to."""
    known = sorted({partition(region)[0] for _, region in crawled(scope)})
    if len(known) < 2 or not place.root.startswith("s3://"):
        return []
    bucket = place.root.removeprefix("s3://")
    told = sorted({partition_of(node) for node in found} - {""})
    of = f"what was found is of {' and '.join(told)}, as each ARN says" if told else "nothing was found in any"
    return [f"{bucket} is a bucket of its own in each partition that was looked at ({', '.join(known)}): {of}"]
