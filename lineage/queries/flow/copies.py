"""The same content at several places: who read a copy got what was written at the other place. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.records import Json
from lineage.domain.sightings import PINNED, got, wrote
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE
from lineage.queries.flow.links import Flow, Link, links_into


def is_copy(overlap: Link) -> bool:
    """Whether an edge is known by content, not by keys."""
    return bool(overlap.data["evidence"] == "content")


def _copy(content: str, original: str, copy: str) -> Link:
    """Two places that hold one content, as one edge: in the graph the content is a node between them."""
    said = {"relation": "overlaps", "role": content, "evidence": "content"}
    empty: Json = {"usage": "", "path": "", "span": None, "listing": None, "reader": "", "settled": ""}
    return Link(original, copy, f"overlaps:{content}", empty | said, None)


def copies_into(graph: Flow, reading: Link, *fits: str) -> Iterator[Link]:
    """Edges from each other place that held what this edge may have read; with `fits`, only if it read that as surely."""
    for content in _contents_at(graph, reading.source):
        if got_content(graph, content, reading) in (fits or (POSSIBLE, CERTAIN)):
            originals = (place for place in graph.sources(content) if not _is_same(place, reading.source))
            yield from (_copy(content, original, reading.source) for original in originals)


def _contents_at(graph: Flow, place: str) -> list[str]:
    """The contents that were seen at a place, looked for once: a shared place has many readers."""
    known: dict[str, list[str]] = graph.kept.setdefault("contents", {})
    if place not in known:
        known[place] = sorted({link.source for link in links_into(graph, place, "overlaps") if is_copy(link)})
    return known[place]


def contents_of(graph: Flow, write: Link, contents: list[str]) -> Iterator[tuple[str, str]]:
    """The contents of its place that a write may have been, and whether it certainly was."""
    for content in contents:
        fit = wrote(graph.between(write.target, content), write.time)
        if fit != IMPOSSIBLE:
            yield content, fit


def copies_out_of(graph: Flow, place: str, content: str) -> Iterator[Link]:
    copies = (copy for copy in graph.targets(content) if not _is_same(place, copy))
    return (_copy(content, place, copy) for copy in copies)


def pinned_write(graph: Flow, write: Link, reading: Link) -> str | None:
    """How surely a write is the object that a record pins, if S3 says that it is there; None if that is not known.

    If the record pins a digest that the object has, that decides over all times of writes and readers.
    """
    pins = graph.nodes[reading.target].get("pins") or ()
    if not pins or not _is_same(write.target, reading.source):
        return None
    own = {digest for place, digest in pins if _is_same(place, reading.source)}
    if not own:
        return None  # most readers: no need to look at a shared place for each of its writers and readers
    seen = (link for link in links_into(graph, reading.source, "overlaps") if is_copy(link) and link.data["usage"] != PINNED)
    held = {link.source for link in seen if own.intersection(graph.nodes[link.source]["digests"])}
    written = held.intersection(graph.targets(write.target))
    fits = [wrote(graph.between(write.target, content), write.time) for content in written]
    return max(fits, key=(IMPOSSIBLE, POSSIBLE, CERTAIN).index, default=None)


def _is_same(place: str, other: str) -> bool:
    """Whether two names are the same place: a model that is a folder may be named with or without a final slash."""
    return place.rstrip("/") == other.rstrip("/")


def got_content(graph: Flow, content: str, reading: Link, write: Link | None = None) -> str:
    """How surely a reader got a content, and of a write if one is given. A reader that pins its content got only that."""
    digests = graph.nodes[content]["digests"]
    pins = graph.nodes[reading.target].get("pins") or ()
    own = [digest in digests for place, digest in pins if _is_same(place, reading.source)]
    made = write.time if write else None
    settled = reading.data["settled"] if reading.relation == "loads" else None
    fit = got(graph.between(content, reading.source), reading.time, any(own) if own else None, made, settled)
    return POSSIBLE if fit == CERTAIN and own and not all(own) else fit
