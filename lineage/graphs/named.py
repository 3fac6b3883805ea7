"""Which places records name. A place that no record names is not used; a name one slip from another is probably a slip."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache

from lineage.domain.called import argument
from lineage.domain.names import Cover, Location, Span, cover, location_of, parse_location
from lineage.domain.opaque import READING
from lineage.domain.slips import digits, is_bucket, is_slip, oddity, respelled
from lineage.domain.urls import from_url
from lineage.errors import MalformedName
from lineage.graphs.excerpts import Excerpt, Link
from lineage.graphs.leads import Prefixes
from lineage.snapshot.reading import Snapshot

MOST = 1000  # names in a folder that are looked at; of more, those that begin as the one that is asked about


def _insist() -> str:
    return f"{argument('exact', value=True)} asks about it as written"


class Known(StrEnum):
    """How much of a place records name."""

    PLACE = "place"  # it, or something in it
    AROUND = "around"  # only something around it that was read
    BUCKET = "bucket"  # only other places in its bucket
    NOTHING = "nothing"

    @property
    def is_named(self) -> bool:
        """Whether a record names it, something in it, or something around it that was read."""
        return self in (Known.PLACE, Known.AROUND)


class NamedPlaces:
    """The places that the records of a snapshot name, for one question after another."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._file = snapshot.path.name
        self.prefixes = Prefixes(snapshot)
        self._listings = snapshot.listings()
        self._buckets = cache(lambda: list(snapshot.beginnings("s3://")))
        self._children = cache(lambda start: _Names(snapshot.beginnings(start, MOST + 1)))
        self._stood = cache(snapshot.names_place)
        self._is_named = cache(self._stands_in)
        self._lists = any(True for _ in self._listings.places())

    def __repr__(self) -> str:
        return f"<NamedPlaces of {self._file}>"

    @classmethod
    def of(cls, snapshot: Snapshot) -> NamedPlaces:
        """Those of a snapshot, read again only when somebody has written to it since."""
        return snapshot.remembered("named places", lambda: cls(snapshot))

    def known(self, place: Location) -> Known:
        """Whether a record names a place, or its bucket."""
        if self._stands(place) or place.hides_bucket or (self._lists and self._listings.listing(place)):
            return Known.PLACE
        if self.around(place):
            return Known.AROUND
        return Known.BUCKET if self._stood(place.root) else Known.NOTHING

    def _stands(self, place: Location) -> bool:
        return self._is_named(place.root, place.key.rstrip("/"))

    def _stands_in(self, root: str, key: str) -> bool:
        folder = self.prefixes.folders.of(Location(root, key))
        bare = f"{root}/{key}".rstrip("/")
        return folder.names(bare) if folder else self._stood(bare)

    def around(self, place: Location) -> list[str]:
        """The places around one that something reads: folders, and all keys that begin like it."""
        read = self._read_around(place)
        folders = [one for one, spans in read.items() if _ends_a_name(one, place) and spans & {Span.PREFIX, Span.FOLDER}]
        return [*folders, *self._begun(place)]

    def _begun(self, place: Location) -> list[str]:
        """The prefixes that something reads and that end in the middle of its name: `train` gives `trains/x`."""
        read = self._read_around(place)
        return [one for one, spans in read.items() if not _ends_a_name(one, place) and Span.PREFIX in spans]

    def _read_around(self, place: Location) -> dict[str, frozenset[str | None]]:
        return {one: spans for one, spans in self.prefixes.read(place).items() if place.uri.startswith(one)}

    # --- what was meant -------------------------------------------------------------------------

    def asked(self, text: str, *, exact: bool = False) -> Location:
        """The place that a person asks about; one that records name is never refused.

        Raises `MalformedName` for a name that most likely means another place, or none, unless `exact`.
        """
        place = parse_location(from_url(text))
        if not place.root.startswith("s3://") or self._stands(place):
            return place
        odd, until = oddity(place)
        if odd and not exact and not self._stands(Location(place.root, until)):
            raise MalformedName(f"{text!r} {odd}: give one S3 URI, such as s3://bucket/folder/ ({_insist()})")
        near = "" if exact else self.near(place)
        if near:
            raise MalformedName(f"no record names {text!r}; did you mean {near}? ({_insist()})")
        bucket = place.root.removeprefix("s3://")
        if not (is_bucket(bucket, old=exact) or place.hides_bucket or self._stood(place.root)):
            insist = "" if exact or not is_bucket(bucket, old=True) else f" ({_insist()}: old buckets may break the rule)"
            raise MalformedName(f"{text!r}: {bucket!r} is not a valid bucket name{insist}")
        return place

    def near(self, place: Location) -> str:
        """The place that is one slip away from one that no record names; empty if there is none."""
        if place.hides_bucket or self._stands(place) or self._begun(place):
            return ""
        if not self._stood(place.root):
            buckets = (name for name in self._buckets() if is_slip(place.root.removeprefix("s3://"), name))
            return next((f"s3://{name}/{place.key}" for name in buckets), "")
        respelt = (Location(place.root, key) for key in respelled(place.key))
        return next((one.uri for one in respelt if one.key and self._stands(one)), "") or self._near_folder(place)

    def _near_folder(self, place: Location) -> str:
        """The first folder down to a place that no record names, and a sibling of it that is one slip away."""
        start, rest, end = f"{place.root}/", place.key.rstrip("/"), "/" if place.key.endswith("/") else ""
        while rest:
            name, _, below = rest.partition("/")
            if not self._is_named(place.root, f"{start}{name}".removeprefix(f"{place.root}/")):
                return next((meant + end for meant in self._meant(start, name, below)), "")
            start, rest = f"{start}{name}/", below
        return ""

    def _meant(self, start: str, name: str, below: str) -> Iterator[str]:
        for other in self._beside(start, name):
            meant = other or f"/{name}"  # records name it after two slashes
            if is_slip(name, other) or (not other and self._stands(parse_location(f"{start}{meant}"))):
                yield f"{start}{meant}/{below}" if below else f"{start}{meant}"

    def _beside(self, start: str, name: str) -> list[str]:
        """What else is in a folder and may be a slip of a name; in a very full folder, only what begins like the name."""
        for length in range(len(name) + 1):
            found = self._children(f"{start}{name[:length]}")
            if found.many <= MOST:
                break
        return [name[:length] + one for one in found.like(name[length:])]


class _Names:
    """Names in a folder, by their digits: a slip changes none, and a folder may hold a name for each day or customer."""

    def __init__(self, names: Iterable[str]) -> None:
        self.many = 0
        self._by_digits: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for self.many, name in enumerate(names, 1):
            self._by_digits[digits(name)].append((self.many, name))

    def like(self, name: str) -> list[str]:
        """The names with the same digits, and the empty one, in their order."""
        known = digits(name)
        empty = [one for one in self._by_digits.get("", ()) if known and not one[1]]
        return [other for _, other in sorted([*self._by_digits.get(known, ()), *empty])]


def _ends_a_name(beginning: str, place: Location) -> bool:
    """Whether a folder or a name in the place's key ends at the end of this prefix."""
    return beginning.endswith("/") or place.uri[len(beginning) :].startswith("/")


def known_in(graph: Excerpt, place: Location) -> Known:
    """The same for a graph in memory: what was noted about the place when the graph was made, else what its nodes show."""
    noted: dict[str, Known] = graph.graph.get("known", {})
    return noted[place.uri] if place.uri in noted else _known_by_nodes(graph, place)


def _known_by_nodes(graph: Excerpt, place: Location) -> Known:
    bare = f"{place.uri.rstrip('/')}/"
    if place.hides_bucket or graph.graph["listings"].listing(place):
        return Known.PLACE
    if any(f"{node}/".startswith(bare) for node in graph.nodes):
        return Known.PLACE
    if any(_reads(link, place) for link in graph.edges()):
        return Known.AROUND
    return Known.BUCKET if any(node.startswith(f"{place.root}/") for node in graph.nodes) else Known.NOTHING


def _reads(link: Link, place: Location) -> bool:
    location, span = location_of(link.source) if link.relation in READING else None, link.data["span"]
    ways = (Span.PREFIX, Span.FOLDER)
    return bool(location and span in ways and cover(location, Span(span), place) is Cover.ALL)
