"""Which edges a question follows: of those that every job has, only the ones that say more than the job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from lineage.domain.kinds import TAKING
from lineage.domain.names import Cover, Location, Span, cover, location_of
from lineage.domain.opaque import READING
from lineage.graphs.excerpts import EdgeRow, edges_of
from lineage.snapshot.graph import Way
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.tables import Row

_KNOWN = 200_000  # places that are remembered
# A run says more if somebody wrote into it, or if it logs what it wrote.
_TELLING_RUN = Way(("recorded-by",), ends_of=("reads", "mentions"), starts_of=("writes", "recorded-by"))
_EVERY_RUN = Way(("recorded-by",))
_READ_MODELS = Way(("writes",), starts_of=(*TAKING, "overlaps"), or_no_place=True)


def onward_rows(snapshot: Snapshot, trained: Iterable[str], relations: Sequence[str], *, every_run: bool) -> Iterator[Row]:
    """The edges of some relations out of training jobs that lead further: to what is read, to runs that say more.

    Not to a model that nothing reads, nor (unless `every_run`) to a run that nobody wrote into: every job has
    one of these.
    """
    rest = Way(tuple(relation for relation in relations if relation not in ("writes", "recorded-by")))
    return snapshot.rows_by((rest, _READ_MODELS, _EVERY_RUN if every_run else _TELLING_RUN), trained)


def telling_rows(snapshot: Snapshot, ids: Iterable[str], relations: Sequence[str]) -> Iterator[Row]:
    """The edges of some relations out of nodes, except those to runs that say no more than their job."""
    rest = Way(tuple(relation for relation in relations if relation != "recorded-by"))
    return snapshot.rows_by((rest, _TELLING_RUN), ids)


def mention_rows(snapshot: Snapshot, ids: Iterable[str]) -> Iterator[Row]:
    """The `mentions` edges into nodes, and the `reads` edges of what is also mentioned."""
    mentions = list(snapshot.edge_rows(into=ids, relations=["mentions"]))
    mentioned = {(row[0].rstrip("/"), row[1]) for row in mentions}
    reads = snapshot.edge_rows(into={row[1] for row in mentions}, relations=["reads"])
    yield from mentions
    yield from (row for row in reads if (row[0].rstrip("/"), row[1]) in mentioned)


class Prefixes:
    """Which places something reads or writes: each is asked for once, because many locations are in the same folders."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._spans: dict[str, frozenset[str | None]] = {}
        self._written: dict[str, bool] = {}

    def read(self, places: Iterable[str]) -> dict[str, frozenset[str | None]]:
        """Those of some places that something reads, loads or mentions, in their order, each with the spans of it."""
        asked = dict.fromkeys(places)
        fresh = _fresh(asked, self._spans)
        if fresh:
            found = defaultdict[str, set[str | None]](set)
            for place, span in self._snapshot.spans_of(fresh, READING):
                found[place].add(span)
            self._spans |= {place: frozenset(found.get(place, ())) for place in fresh}
        return {place: spans for place in asked if (spans := self._spans[place])}

    def written(self, places: Iterable[str]) -> list[str]:
        """Those of some places that something writes."""
        asked = dict.fromkeys(places)
        fresh = _fresh(asked, self._written)
        if fresh:
            self._written |= dict.fromkeys(fresh, False) | dict.fromkeys(self._snapshot.written_among(fresh), True)
        return [place for place in asked if self._written[place]]


def _fresh(asked: Iterable[str], known: dict[str, Any]) -> list[str]:
    """What is not known yet. Of very many locations the known ones are forgotten."""
    if len(known) > _KNOWN:
        known.clear()
    return [place for place in asked if place not in known]


def places_near(snapshot: Snapshot, dataset: Location, near: Prefixes | None = None) -> Iterator[str]:
    """The ids of the places that something reads, loads or mentions and that may share keys with a location.

    Any place may where an access point hides the location's bucket.
    """
    if dataset.hides_bucket:
        yield from (place for place in snapshot.sources(READING) if _may_hold(place, dataset))
        return
    start = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
    yield from snapshot.sources(READING, start)
    yield from (near or Prefixes(snapshot)).read(prefixes(dataset))


def first_write(snapshot: Snapshot, dataset: Location, near: Prefixes) -> list[str]:
    """The id of the first place, if any, that a job wrote and that shares keys with a location."""
    start = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
    rows = edges_of(snapshot.first_writes(start, near.written(prefixes(dataset))))
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
