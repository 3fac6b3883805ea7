"""What a walk remembers: which writes have reached everybody at a place, and whose a model rather is. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lineage.domain.status import may_have_written_nothing
from lineage.domain.times import CERTAIN, bounds
from lineage.queries.flow.copies import contents_of, copies_out_of
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import is_model
from lineage.queries.flow.places import leads_from, lies_around
from lineage.queries.flow.steps import fit_of, shares_keys

WayOfReading = tuple[str | None, int | None]
"""How a place is read: its span, and of a manifest the version."""
ReachedBy = tuple[str, frozenset[WayOfReading], bool]
"""A place, how it is read there, and whether the write is of what is around it; or a content, and whether it surely is it."""


class Reached:
    """Which writes have reached everybody at a place, so that no shared place is walked again for each of its writers.

    The surest writes must be asked about first, and of equally sure ones the nearest to where the walk began.
    """

    def __init__(self, graph: Flow, *relations: str) -> None:
        """`relations`: how those at a place may get what was written there."""
        self._graph = graph
        self._relations = relations
        self._ways: dict[str, list[Link]] = {}
        self._leads: dict[str, tuple[list[Link], list[str]]] = {}
        self._written: dict[ReachedBy, list[tuple[str, str, int]]] = defaultdict(list)

    def places(self, write: Link, length: int = 0) -> Iterator[tuple[str, tuple[Link, ...]]]:
        """The places at which this write may be read by somebody whom no earlier one has reached, with the edge to each.

        `length`: how far the write is from the start. A content is one place more, however many copies there are of it.
        """
        if write.target not in self._leads:
            self._leads[write.target] = leads_from(self._graph, write.target)
        overlaps, contents = self._leads[write.target]
        near: list[tuple[str, tuple[Link, ...]]] = [(write.target, ())]
        near += [(overlap.target, (overlap,)) for overlap in overlaps]
        for place, between in near:
            key = (place, self._ways_that_get(write, place), lies_around(write, place))
            if self._is_news(write, length + len(between), key):
                yield place, between
        for content, fit in contents_of(self._graph, write, contents):
            sure = (content, frozenset[WayOfReading](), True)
            if self._is_news(write, length + 1, (content, frozenset(), fit == CERTAIN), sure):
                yield from ((copy.target, (copy,)) for copy in copies_out_of(self._graph, write.target, content))

    def _is_news(self, write: Link, length: int, key: ReachedBy, *as_good: ReachedBy) -> bool:
        """Whether no earlier write, no further from the start, has reached all whom this one can reach; now it has."""
        opens, closes = bounds(write.data["time"])
        closes = closes or "~"
        told = (one for other in (key, *as_good) for one in self._written[other])
        if any(opened <= opens and closed <= closes and far <= length for opened, closed, far in told):
            return False
        if not may_have_written_nothing(self._graph.nodes[write.source]["status"]):
            self._written[key].append((opens, closes, length))
        return True

    def _ways_that_get(self, write: Link, place: str) -> frozenset[WayOfReading]:
        """Which of the ways in which a place is read, one for each version of a manifest, share keys with this write."""
        if place not in self._ways:
            ways = {_way(link): link for link in links_out_of(self._graph, place, *self._relations)}
            self._ways[place] = list(ways.values())
        known = self._ways[place]
        return frozenset(_way(way) for way in known if place == write.target or shares_keys(self._graph, way, write))


def _way(reading: Link) -> WayOfReading:
    return (reading.data["span"], reading.data["listing"])


class Ranks:
    """Whose a model rather is, where several wrote what may be it."""

    def __init__(self, graph: Flow) -> None:
        self._graph = graph
        self._exact: dict[str, list[Link]] = {}

    def is_outranked(self, write: Link, reading: Link) -> bool:
        """Whether a model is rather somebody else's: he surely wrote the very place, and this write is of what is around it."""
        place = reading.source
        if not is_model(reading) or not lies_around(write, place):
            return False
        if place not in self._exact:
            self._exact[place] = sorted(links_into(self._graph, place, "writes"), key=lambda link: link.data["time"] or "")
        others = (one for one in self._exact[place] if one.source != write.source)
        return any(fit_of(self._graph, one, reading) == CERTAIN for one in others)
