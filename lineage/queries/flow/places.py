"""From a writer to the places where what it wrote may be read, and to who read it there. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lineage.domain.times import IMPOSSIBLE, bounds
from lineage.queries.flow.copies import contents_of, copies_out_of, is_copy
from lineage.queries.flow.links import Flow, Lately, Link, links_out_of
from lineage.queries.flow.models import is_model
from lineage.queries.flow.order import lasts
from lineage.queries.flow.steps import Step, fit_over, shares_keys


def places_of(graph: Flow, write: Link) -> Iterator[tuple[str, tuple[Link, ...]]]:
    """The places where this write may be read: its own, each that it overlaps, and each copy, with the edge to it."""
    if not graph.leads_on(write.target):
        return  # most of what a large estate writes is never read
    yield write.target, ()
    overlaps, contents = leads_from(graph, write.target)
    for overlap in overlaps:
        yield overlap.target, (overlap,)
    for content, _ in contents_of(graph, write, contents):
        for copy in copies_out_of(graph, write.target, content):
            yield copy.target, (copy,)


def loaders(graph: Flow, write: Link) -> Iterator[Step]:
    """What loads what this edge wrote as a model, with the edges to it; impossible times left out."""
    for place, between in places_of(graph, write):
        found = (reading for readers in reads_model_at(graph, place) for reading in in_reach(graph, write, readers))
        yield from steps_to(graph, write, between, (reading for reading in found if reading.relation == "loads"))


def steps_to(graph: Flow, write: Link, between: tuple[Link, ...], readings: Iterable[Link]) -> Iterator[Step]:
    """Those readers of one place that got something from this write."""
    for reading in readings:
        if not between or is_copy(between[0]) or shares_keys(graph, reading, write):
            yield from _read(graph, write, between, reading)


class ModelReaders:
    """Who reads a model at one place in one way, by time. For all of them a write lasts equally long."""

    def __init__(self, graph: Flow, links: Iterable[Link]) -> None:
        self.links = sorted(links, key=_opens)
        self.pinning = [link for link in self.links if graph.nodes[link.target].get("pins")]
        self.opens = [_opens(link) for link in self.links]
        self.way = self.links[0]


def _opens(link: Link) -> str:
    return bounds(link.time)[0]


def reads_model_at(graph: Flow, place: str) -> list[ModelReaders]:
    """Who reads a model at a place, grouped by way of reading, computed once."""
    known: dict[str, list[ModelReaders]] = graph.kept.setdefault("model readers", Lately())
    if place not in known:
        ways: dict[str, list[Link]] = defaultdict(list)
        for link in filter(is_model, links_out_of(graph, place, "reads", "loads")):
            ways[link.data["span"] or ""].append(link)
        known[place] = [ModelReaders(graph, ways[span]) for span in sorted(ways)]
    return known[place]


def in_reach(graph: Flow, write: Link, readers: ModelReaders, told: str = "") -> list[Link]:
    """Who may have read a write as a model, the last one first; not readers that certainly found another one there.

    Readers from before the time `told` count only if they may certainly have read it. For readers that pin what they read,
    times say nothing.
    """
    last, sure = lasts(graph, write, readers.way)
    _, closes = bounds(write.time)
    known = bisect_left(readers.opens, told)
    certain = range(bisect_left(readers.opens, closes), min(known, bisect_right(readers.opens, sure)))
    others = range(known, bisect_left(readers.opens, last))
    found = [readers.links[at] for at in (*reversed(others), *reversed(certain))]
    return list({id(link): link for link in (*found, *readers.pinning)}.values()) if readers.pinning else found


def _read(graph: Flow, write: Link, between: tuple[Link, ...], reading: Link) -> Iterator[Step]:
    fit = fit_over(graph, write, between, reading)
    if fit != IMPOSSIBLE and reading.target != write.source:
        yield Step(reading.target, (write, *between, reading), fit)


def leads_from(graph: Flow, place: str) -> tuple[list[Link], list[str]]:
    """Where else a place may be read: the edges to what shares keys with it, and the contents that it had."""
    over = links_out_of(graph, place, "overlaps")
    return [link for link in over if not is_copy(link)], sorted({link.target for link in over if is_copy(link)})
