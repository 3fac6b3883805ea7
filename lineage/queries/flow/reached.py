"""What a walk remembers: which writes have reached every reader at a place. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lineage.domain.jobs import may_have_left_nothing
from lineage.domain.names import partition_of
from lineage.domain.times import CERTAIN, bounds
from lineage.queries.flow.copies import contents_of, copies_out_of
from lineage.queries.flow.links import Flow, Lately, Link, links_out_of
from lineage.queries.flow.models import is_model
from lineage.queries.flow.order import is_around, lasts
from lineage.queries.flow.places import in_reach, leads_from, reads_model_at
from lineage.queries.flow.steps import is_only_allowed, is_only_named, shares_keys

WayOfReading = tuple[str | None, int | None]
"""How a place is read: its span, and for a manifest the version."""
ReachedBy = tuple[str, frozenset[WayOfReading], bool, str, bool]
"""A place, how it is read there, whether the write is of what is around it, and in which partition it was written.

Or a content, and whether it certainly is that content: copies are carried between partitions. The last one says whether it was
surely written. A write that is only possible, or that a failed job may have left, reaches no reader for certain.
"""
Asked = tuple[ReachedBy, tuple[str, ...]]
"""The same, with the relations that were looked for: a reader by one relation was not looked for by another."""


class Reached:
    """Which writes have reached every reader at a place, so that a shared place is not walked again for each writer.

    Ask about the surest writes first, and of equally sure ones about the nearest to the start of the walk. Readers of a model
    are looked up for each write: a later write may have replaced those that were asked about before.
    """

    def __init__(self, graph: Flow, *relations: str) -> None:
        """`relations`: how readers at a place may get what was written there."""
        self._graph = graph
        self._relations = relations
        # what holds for every walk of the graph stays with it
        self._ways: dict[tuple[str, ...], list[Link]] = graph.kept.setdefault("ways", Lately())
        self._leads: dict[str, tuple[list[Link], list[str]]] = graph.kept.setdefault("leads", Lately())
        self._written: dict[Asked, list[tuple[str, str, int]]] = defaultdict(list)
        self._read: dict[tuple[ReachedBy, tuple[str, ...], str | None], list[tuple[str, int, str]]] = defaultdict(list)

    def readers(self, write: Link, length: int, relations: tuple[str, ...]) -> Iterator[tuple[tuple[Link, ...], list[Link]]]:
        """Who may have read this write by some relations and was not reached by an earlier one, with the edge to their place.

        `length`: how far the write is from the start. A content counts as one place more, however many copies there are of it.
        """
        if write.target not in self._leads:
            self._leads[write.target] = leads_from(self._graph, write.target)
        overlaps, contents = self._leads[write.target]
        left_nothing = may_have_left_nothing(self._graph.nodes[write.source])
        says = not (left_nothing or is_only_allowed(write) or is_only_named(write))
        near: list[tuple[str, tuple[Link, ...]]] = [(write.target, ())]
        near += [(overlap.target, (overlap,)) for overlap in overlaps]
        for place, between in near:
            asked = (place, self._ways_that_get(write, place), is_around(write.target, place), partition_of(write.source), says)
            news = self._is_news(write, length + len(between), relations, asked, (*asked[:-1], True))
            links = [link for link in links_out_of(self._graph, place, *relations) if not is_model(link)] if news else []
            yield between, [*links, *self._of_models(write, length + len(between), asked, relations)]
        for content, fit in contents_of(self._graph, write, contents):
            same = (content, frozenset[WayOfReading]())
            asked = (*same, fit == CERTAIN, "", says)
            if self._is_news(write, length + 1, relations, asked, (*asked[:-1], True), (*same, True, "", True)):
                for copy in copies_out_of(self._graph, write.target, content):
                    yield (copy,), links_out_of(self._graph, copy.target, *relations)

    def _of_models(self, write: Link, length: int, key: ReachedBy, relations: tuple[str, ...]) -> list[Link]:
        """Who may have read it as a model. Of those that an earlier write reached, only who may certainly have it."""
        opens, found = bounds(write.time)[0], list[Link]()
        for readers in reads_model_at(self._graph, key[0]):
            last, _ = lasts(self._graph, write, readers.way)
            before = self._read[key, relations, readers.way.data["span"]]
            # the last one mostly reached the most; another one only means that some are looked up again
            told = next((until for opened, far, until in reversed(before) if opened <= opens and far <= length), "")
            if last > told:
                before.append((opens, length, last))
            found += in_reach(self._graph, write, readers, told)
        return [link for link in found if link.relation in relations]

    def _is_news(self, write: Link, length: int, relations: tuple[str, ...], key: ReachedBy, *as_good: ReachedBy) -> bool:
        """Whether this write can reach more than each earlier write that was no further from the start. Marks it as reached."""
        opens, closes = bounds(write.time)
        closes = closes or "~"
        told = (one for other in (key, *as_good) for one in self._written.get((other, relations), ()))
        if any(opened <= opens and closed <= closes and far <= length for opened, closed, far in told):
            return False
        self._written[key, relations].append((opens, closes, length))
        return True

    def _ways_that_get(self, write: Link, place: str) -> frozenset[WayOfReading]:
        """The ways of reading a place, one for each version of a manifest, that share keys with this write."""
        asked = (place, *self._relations)
        if asked not in self._ways:
            links = links_out_of(self._graph, place, *self._relations)
            self._ways[asked] = list({_way(link): link for link in links}.values())
        known = self._ways[asked]
        return frozenset(_way(way) for way in known if place == write.target or shares_keys(self._graph, way, write))


def _way(reading: Link) -> WayOfReading:
    return (reading.data["span"], reading.data["listing"])
