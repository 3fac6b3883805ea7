"""Which edges a question follows: of those that every job has, only the ones that say more than the job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from lineage.domain.kinds import TAKING
from lineage.domain.names import Cover, Location, Span, cover, location_of
from lineage.domain.opaque import READING
from lineage.graphs.build import EdgeRow, edges_of
from lineage.snapshot.graph import Way
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.tables import Row

# A run says more if somebody wrote into it, or if it logs what it wrote.
_TELLING_RUN = Way(["recorded-by"], ends_of=["reads", "mentions"], starts_of=["writes", "recorded-by"])


def onward_rows(snapshot: Snapshot, trained: Iterable[str], relations: Sequence[str], *, every_run: bool) -> Iterator[Row]:
    """The edges of some relations out of training jobs that lead further: to what is read, to runs that say more.

    Not to a model that nothing reads, nor (unless `every_run`) to a run that nobody wrote into: every job has
    one of these.
    """
    runs = Way(["recorded-by"]) if every_run else _TELLING_RUN
    models = Way(["writes"], starts_of=[*TAKING, "overlaps"], or_no_place=True)
    rest = Way([relation for relation in relations if relation not in ("writes", "recorded-by")])
    return snapshot.rows_by([rest, models, runs], trained)


def telling_rows(snapshot: Snapshot, ids: Iterable[str], relations: Sequence[str]) -> Iterator[Row]:
    """The edges of some relations out of nodes, except those to runs that say no more than their job."""
    rest = Way([relation for relation in relations if relation != "recorded-by"])
    return snapshot.rows_by([rest, _TELLING_RUN], ids)


def mention_rows(snapshot: Snapshot, ids: Iterable[str]) -> Iterator[Row]:
    """The `mentions` edges into nodes, and the `reads` edges of what is also mentioned."""
    mentions = list(snapshot.edge_rows(into=ids, relations=["mentions"]))
    mentioned = {(row[0].rstrip("/"), row[1]) for row in mentions}
    reads = snapshot.edge_rows(into={row[1] for row in mentions}, relations=["reads"])
    yield from mentions
    yield from (row for row in reads if (row[0].rstrip("/"), row[1]) in mentioned)


def places_near(snapshot: Snapshot, dataset: Location) -> Iterator[str]:
    """The ids of the places that something reads, loads or mentions and that may share keys with a location.

    Any place may where an access point hides the location's bucket.
    """
    if dataset.hides_bucket:
        yield from (place for place in snapshot.sources(READING) if _may_hold(place, dataset))
        return
    start = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
    yield from snapshot.sources(READING, start)
    yield from snapshot.sources_among(prefixes(dataset), READING)


def first_write(snapshot: Snapshot, dataset: Location) -> list[str]:
    """The id of the first place, if any, that a job wrote and that shares keys with a location."""
    start = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
    rows = edges_of(snapshot.first_writes(start, prefixes(dataset)))
    return list(islice((edge.target for edge in rows if _wrote(edge, dataset)), 1))


def _wrote(edge: EdgeRow, dataset: Location) -> bool:
    location = location_of(edge.target)
    return location is not None and cover(location, Span(edge.span or Span.UNKNOWN), dataset) in (Cover.ALL, Cover.PART)


def _may_hold(place: str, dataset: Location) -> bool:
    location = location_of(place)
    key = location.key if location else ""
    return key.startswith(dataset.key.rstrip("/")) or dataset.key.startswith(key.rstrip("/"))


def prefixes(dataset: Location) -> Iterator[str]:
    """Every place around a location: a place stands for all keys that begin with its own."""
    bare = dataset.key.rstrip("/")
    for length in range(len(bare)):
        yield f"{dataset.root}/{bare[:length]}"
        if not bare[:length].endswith("/"):
            yield f"{dataset.root}/{bare[:length]}/"
