"""From a writer to the places at which what it wrote may be read, and to who read it there. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.times import IMPOSSIBLE
from lineage.queries.flow.copies import contents_of, copies_out_of, is_copy
from lineage.queries.flow.links import Flow, Link, links_out_of
from lineage.queries.flow.steps import Step, fit_over, shares_keys


def places_of(graph: Flow, write: Link) -> Iterator[tuple[str, tuple[Link, ...]]]:
    """The places at which this write may be read: its own, each that it overlaps, and each copy, with the edge to it."""
    if not graph.leads_on(write.target):
        return  # most of what a large estate writes is read by nobody
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
        yield from readers_at(graph, write, place, between, "loads")


def readers_at(graph: Flow, write: Link, place: str, between: tuple[Link, ...], relation: str = "reads") -> Iterator[Step]:
    """Those of the readers of one place who got something of this write."""
    for reading in links_out_of(graph, place, relation):
        if not between or is_copy(between[0]) or shares_keys(graph, reading, write):
            yield from _read(graph, write, between, reading)


def _read(graph: Flow, write: Link, between: tuple[Link, ...], reading: Link) -> Iterator[Step]:
    fit = fit_over(graph, write, between, reading)
    if fit != IMPOSSIBLE and reading.target != write.source:
        yield Step(reading.target, (write, *between, reading), fit)


def leads_from(graph: Flow, place: str) -> tuple[list[Link], list[str]]:
    """Where else a place may be read: the edges to what shares keys with it, and the contents that it had."""
    over = links_out_of(graph, place, "overlaps")
    return [link for link in over if not is_copy(link)], sorted({link.target for link in over if is_copy(link)})


def lies_around(write: Link, place: str) -> bool:
    """Whether a write is of more than the place: of what is around it, not of the place itself or of what is in it."""
    return not write.target.rstrip("/").startswith(place.rstrip("/"))
