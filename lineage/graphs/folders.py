"""What is in a folder of places, read once: of many locations that are asked about, most are in a few folders."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import takewhile

from lineage.domain.names import Location
from lineage.domain.opaque import READING
from lineage.snapshot.reading import Snapshot

MOST = 1000  # nodes of a folder that is read as a whole
_ASKED = 3  # places in a folder that were asked about before it is read: one question would not need all of it
_KNOWN = 2_000  # folders that are remembered

Spans = dict[str, frozenset[str | None]]
"""Places that something reads, loads or mentions, each with the spans of that."""


class Folder:
    """The nodes in a folder, those of them that something reads or writes, and the same of the places around it."""

    def __init__(self, snapshot: Snapshot, place: Location, ids: list[str]) -> None:
        """`place` is somewhere in the folder."""
        self.length = len(_folder(place)) - len(f"{place.root}/")
        self._ids = ids
        self.read = spans_of(snapshot, ids)
        self.written = frozenset(snapshot.written_among(ids))
        before = list(prefixes(place, 0, self.length))
        self.read_around = spans_of(snapshot, before)
        among = frozenset(snapshot.written_among(before))
        self.written_around = [one for one in before if one in among]

    def names(self, place: str) -> bool:
        """Whether a place in it is a node, or something below it is; its id is given without a slash at its end."""
        return self._at(place) == place or self._at(f"{place}/").startswith(f"{place}/")

    def _at(self, start: str) -> str:
        """The first id that is not before a text; empty if all are."""
        at = bisect_left(self._ids, start)
        return self._ids[at] if at < len(self._ids) else ""

    def from_(self, start: str) -> list[str]:
        """The nodes in it whose ids begin like this."""
        rest = (self._ids[at] for at in range(bisect_left(self._ids, start), len(self._ids)))
        return list(takewhile(lambda one: one.startswith(start), rest))


class Folders:
    """The folders of the places that are asked about."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._asked: dict[str, set[str]] = defaultdict(set)
        self._known: dict[str, Folder | None] = {}

    def of(self, place: Location) -> Folder | None:
        """The folder that a place is in, if others in it were asked about, and it does not hold too many nodes."""
        if place.hides_bucket or not place.key.strip("/"):
            return None
        start = _folder(place)
        if start not in self._known:
            asked = self._asked[start]
            asked.add(place.key)
            if len(asked) < _ASKED:
                return None
            self._read(start, place)
        return self._known[start]

    def _read(self, start: str, place: Location) -> None:
        if len(self._known) > _KNOWN:
            self._known.clear()
            self._asked.clear()
        ids = list(self._snapshot.ids_from(start, MOST + 1))
        self._known[start] = Folder(self._snapshot, place, ids) if len(ids) <= MOST else None


def _folder(place: Location) -> str:
    """The folder that a place is in, with a slash at its end."""
    return f"{place.uri.rstrip('/').rpartition('/')[0]}/"


def spans_of(snapshot: Snapshot, places: list[str]) -> Spans:
    """Those of some places that something reads, in their order."""
    found = defaultdict[str, set[str | None]](set)
    for place, span in snapshot.spans_of(places, READING):
        found[place].add(span)
    return {place: frozenset(found[place]) for place in places if place in found}


def prefixes(place: Location, since: int = 0, until: int | None = None) -> Iterator[str]:
    """Every place around a location: a place stands for all keys that begin with its own.

    `since` and `until` are lengths of their keys.
    """
    bare = place.key.rstrip("/")
    for length in range(since, len(bare) if until is None else until):
        yield f"{place.root}/{bare[:length]}"
        if not bare[:length].endswith("/"):
            yield f"{place.root}/{bare[:length]}/"
