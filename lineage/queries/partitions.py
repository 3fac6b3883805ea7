"""Which bucket an answer is about, where several partitions were looked at: names of buckets are unique in one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.domain.names import Location, partition, partition_of
from lineage.domain.records import Scope
from lineage.queries.scope import crawled


def told_apart(scope: Scope, place: Location, found: Iterable[str]) -> list[str]:
    """That a place is one in each partition, and of which of them that is what was found, given as node ids."""
    known = sorted({partition(region)[0] for _, region in crawled(scope)})
    if len(known) < 2 or not place.root.startswith("s3://"):
        return []
    bucket = place.root.removeprefix("s3://")
    told = sorted({partition_of(node) for node in found} - {""})
    of = f"what was found is of {' and '.join(told)}, as each ARN says" if told else "nothing was found in any"
    return [f"{bucket} is a bucket of its own in each partition that was looked at ({', '.join(known)}): {of}"]
