"""Which edges a question follows: of those that every job has, only the ones that say more than the job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from lineage.domain.kinds import TAKING
from lineage.domain.names import Cover, Location, Span, cover, location_of
from lineage.domain.opaque import READING
from lineage.graphs.excerpts import EdgeRow, edges_of
from lineage.graphs.folders import Folders, Spans, prefixes, spans_of
from lineage.snapshot.graph import Way
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.tables import Row

_KNOWN = 200_000  # places that are remembered
# A run says more if somebody wrote into it, or if it logs what it wrote.
_TELLING_RUN = Way(("recorded-by",), ends_of=("reads", "mentions"), starts_of=("writes", "recorded-by"))
_EVERY_RUN = Way(("recorded-by",))
_READ_MODELS = Way(("writes",), starts_of=(*TAKING, "loads", "overlaps"), or_no_place=True)


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
        self._spans: Spans = {}
        self._read: dict[Location, Spans] = {}
        self._written: dict[str, bool] = {}
        self.folders = Folders(snapshot)

    def read(self, dataset: Location) -> Spans:
        """The places around a location that something reads, loads or mentions, each with the spans of it."""
        if len(self._read) > _KNOWN:
            self._read.clear()
        if dataset not in self._read:
            self._read[dataset] = self._spans_around(dataset)
        return self._read[dataset]

    def _spans_around(self, dataset: Location) -> Spans:
        if folder := self.folders.of(dataset):
            own = (one for one in prefixes(dataset, folder.length) if one in folder.read)
            return folder.read_around | {one: folder.read[one] for one in own}
        asked = dict.fromkeys(prefixes(dataset))
        fresh = _fresh(asked, self._spans)
        if fresh:
            self._spans |= dict.fromkeys(fresh, frozenset[str | None]()) | spans_of(self._snapshot, fresh)
        return {place: spans for place in asked if (spans := self._spans[place])}

    def written(self, dataset: Location) -> list[str]:
        """The places around a location that something writes."""
        if folder := self.folders.of(dataset):
            own = (one for one in prefixes(dataset, folder.length) if one in folder.written)
            return list(dict.fromkeys([*folder.written_around, *own]))
        asked = dict.fromkeys(prefixes(dataset))
        fresh = _fresh(asked, self._written)
        if fresh:
            self._written |= dict.fromkeys(fresh, False) | dict.fromkeys(self._snapshot.written_among(fresh), True)
        return [place for place in asked if self._written[place]]

    def inside(self, dataset: Location) -> Iterable[str]:
        """The places in a location that something reads, loads or mentions, and all that begin like it."""
        start = _start(dataset)
        if folder := self.folders.of(dataset):
            return [one for one in folder.from_(start) if one in folder.read]
        return self._snapshot.sources(READING, start)

    def first_writes(self, dataset: Location) -> Iterator[Row]:
        """The writes to places in a location, around it, and to all that begin like it, the earliest first."""
        around, start = self.written(dataset), _start(dataset)
        folder = self.folders.of(dataset)
        if folder and not (around or any(one in folder.written for one in folder.from_(start))):
            return iter(())
        return self._snapshot.first_writes(start, around)


def _start(dataset: Location) -> str:
    return dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"


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
    near = near or Prefixes(snapshot)
    yield from near.inside(dataset)
    yield from near.read(dataset)


def first_write(dataset: Location, near: Prefixes) -> list[str]:
    """The id of the first place, if any, that a job wrote and that shares keys with a location."""
    rows = edges_of(near.first_writes(dataset))
    return list(islice((edge.target for edge in rows if _wrote(edge, dataset)), 1))


def _wrote(edge: EdgeRow, dataset: Location) -> bool:
    location = location_of(edge.target)
    return location is not None and cover(location, Span(edge.said.span or Span.UNKNOWN), dataset) in (Cover.ALL, Cover.PART)


def _may_hold(place: str, dataset: Location) -> bool:
    location = location_of(place)
    key = location.key if location else ""
    return key.startswith(dataset.key.rstrip("/")) or dataset.key.startswith(key.rstrip("/"))
