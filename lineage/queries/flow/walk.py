"""One walk down the flow: from a node that got the data, over what it made, to who got something from that. Pure.

From job to job it goes by one `overlaps` hop, and never to a job that read before the write. Graphs have cycles. Each question
visits the arrivals by its own rules: what is news, in which order, and what it reports.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, NamedTuple, Protocol

from lineage.domain.kinds import TAKING, WRITING
from lineage.domain.names import is_place
from lineage.domain.times import CERTAIN, bounds, sortable
from lineage.queries.flow.begun import began, may_have_made, read_nothing
from lineage.queries.flow.holes import Blind
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import changed
from lineage.queries.flow.places import steps_to
from lineage.queries.flow.reached import Reached
from lineage.queries.flow.steps import Step, is_logged, is_only_named


class Arrival(NamedTuple):
    """A node that the data reached: how surely, over how many edges, by which last ones, and from where.

    `part` says which part of the node, if a question distinguishes parts. `reader` is the one that read it, if it is what a
    model is made of; it goes on to nobody else (None: to all). Without last edges it is only another name for where it comes
    from.
    """

    node: str
    part: str
    sure: bool
    links: tuple[Link, ...] = ()
    before: Arrival | None = None
    length: int = 0
    reader: str | None = None

    def on(self, node: str, links: tuple[Link, ...], *, sure: bool, part: str = "", reader: str | None = None) -> Arrival:
        """A further arrival from here: sure only if both the way to here and the last step are."""
        return Arrival(node, part, self.sure and sure, links, self, self.length + len(links), reader)

    @property
    def only_records(self) -> bool:
        """Whether it is a run that records a job which the answer lists itself."""
        return bool(self.links) and self.links[-1].relation == "recorded-by"

    def evidence(self) -> list[Link]:
        """All edges from the beginning to here."""
        return [link for arrival in self.way() for link in arrival.links]

    def way(self, last: int | None = None) -> list[Arrival]:
        """The arrivals from the beginning to this one, or the last so many."""
        arrivals: list[Arrival] = []
        at: Arrival | None = self
        while at and len(arrivals) != last:
            arrivals.append(at)
            at = at.before
        return arrivals[::-1]


def _is_in_order(write: Link) -> bool:
    """Whether a write has a time, and does not end before it begins."""
    opens, closes = bounds(write.time)
    return bool(write.time) and (not closes or opens <= closes)


class Visitor(Protocol):
    """What one question does on a walk: the rules that differ on purpose."""

    def turn(self, arrival: Arrival, number: int) -> tuple[Any, ...]:
        """The sort key of an arrival, the least first. Sure arrivals precede possible ones; `number` counts the finds."""
        ...

    def meets(self, further: Arrival) -> bool:
        """Whether the walk must visit an arrival that was found on the way."""
        ...

    def comes_to(self, arrival: Arrival) -> bool:
        """Whether an arrival whose turn it is is news."""
        ...

    def stops_at(self, arrival: Arrival) -> bool:
        """Whether the arrival is what was looked for."""
        ...

    def may_lose_it(self, node: str) -> bool:
        """Whether the walk reports where the trail of what a node made is lost."""
        ...

    def how_far(self, arrival: Arrival) -> int:
        """How far a write is from the start, if the nearest of equally sure ones counts."""
        ...

    def ways_to_get(self, write: Link) -> tuple[str, ...]:
        """The relations by which a possible reader of a write is followed; none if other code reports those readers."""
        ...

    def written(self, arrival: Arrival, write: Link) -> Iterable[Arrival]:
        """The arrivals at what has the data only because it was written there."""
        ...

    def taken(self, arrival: Arrival, step: Step, *, sure: bool) -> Iterable[Arrival]:
        """The arrivals at what got something from a write."""
        ...

    def given_on(self, arrival: Arrival) -> Iterator[Arrival]:
        """The arrivals without a write: by a name in a record."""
        ...


class Walk:
    """One walk under way, of one visitor."""

    def __init__(self, graph: Flow, blind: Blind, visitor: Visitor) -> None:
        """`blind` notes where the trail is lost."""
        self._graph = graph
        self._blind = blind
        self._visitor = visitor
        self._told = Reached(graph, *TAKING, "loads")
        self._queue: list[tuple[Any, ...]] = []
        self._number = count()

    def run(self, first: Iterable[Arrival]) -> Arrival | None:
        """Walk to the end, or to the first arrival that is looked for."""
        for arrival in first:
            self._plan(arrival)
        found = self._walk()
        self._blind.settle()
        return found

    def _walk(self) -> Arrival | None:
        while self._queue:
            arrival: Arrival = heapq.heappop(self._queue)[-1]
            if not self._visitor.comes_to(arrival) or self._got_nothing(arrival):
                continue
            if self._visitor.stops_at(arrival):
                return arrival
            if is_place(arrival.node):
                continue  # readers of a place are found through its writes
            for further in self._onward(arrival):
                if self._visitor.meets(further):
                    self._plan(further)
        return None

    def _plan(self, arrival: Arrival) -> None:
        number = next(self._number)
        heapq.heappush(self._queue, (*self._visitor.turn(arrival, number), number, arrival))

    def _got_nothing(self, arrival: Arrival) -> bool:
        """Whether it is a job that certainly read nothing of what is said to have reached it."""
        if is_place(arrival.node):
            return False
        last = arrival.links[-1] if arrival.links else None
        return read_nothing(self._graph, last) if last and last.target == arrival.node else not began(self._graph, arrival.node)

    def _onward(self, arrival: Arrival) -> Iterator[Arrival]:
        """The nodes that got something from what a node is made of, or has made of the data."""
        node, visitor = arrival.node, self._visitor
        if not may_have_made(self._graph, node):
            return
        losing, job = visitor.may_lose_it(node), self._graph.is_job(node)
        if losing:
            self._blind.follow(node)
        writes = list(self._writes(node))
        if losing or not job:
            self._blind.made(writes)
        if job and not self._graph.leads_on(node):
            return  # most jobs of a large estate; an endpoint keeps what its config says
        for write in writes:
            yield from visitor.written(arrival, write)
            for step in self._takers(arrival, write):
                yield from visitor.taken(arrival, step, sure=self._is_sure(step))
        yield from visitor.given_on(arrival)

    def _writes(self, node: str) -> Iterator[Link]:
        """Where a node writes; for an endpoint also where its config says, because Search may leave that out of its record."""
        own = links_out_of(self._graph, node, *WRITING)
        yield from own
        told = {write.target for write in own}
        for config in links_into(self._graph, node, "configures"):
            kept = links_out_of(self._graph, config.source, "writes")
            yield from (write._replace(source=node) for write in kept if write.target not in told)

    def _takers(self, arrival: Arrival, write: Link) -> Iterator[Step]:
        """The readers of a write that no earlier write reached."""
        if not self._graph.leads_on(write.target):
            return  # most of what a large estate writes is never read
        relations = self._visitor.ways_to_get(write)
        if "reads" in relations and not is_only_named(write):
            relations = (*relations, "may-read")
        clipped = self._clipped(arrival, write) if relations else None
        if clipped:
            for between, readings in self._told.readers(clipped, self._visitor.how_far(arrival), relations):
                for step in steps_to(self._graph, clipped, between, readings):
                    yield step._replace(links=(write, *step.links[1:]))

    def _clipped(self, arrival: Arrival, write: Link) -> Link | None:
        """A write, limited to the time in which it can contain the data; None if there is no such time.

        An endpoint serves other models before and after: what it writes contains the data only while it runs what the data is
        in. A feature group passes on what was put into it, and from then on.
        """
        via = str(self._graph.nodes.get(arrival.part, {}).get("created") or "") if arrival.part else ""
        last = arrival.links[-1] if arrival.links else None
        if last and last.relation == "writes":
            via = str(last.time or "").partition("/")[0]
        ran = last.time if last and last.relation == "configures" else None
        if not via and not ran and _is_in_order(write):
            return write  # most of them
        since, _, until = (ran or f"{via}/").partition("/")
        opens, _, closes = str(write.time or "/").partition("/")
        opens = max(opens, since, key=sortable)
        closes = min(filter(None, (closes, until)), key=sortable, default="")
        if closes and sortable(closes) < sortable(opens):
            return None
        return write._replace(time=f"{opens}/{closes}")

    def _is_sure(self, step: Step) -> bool:
        """Whether a reader certainly got something from a write, and a field of its own says so."""
        said = may_have_made(self._graph, step.job) and not any(map(is_logged, step.links))
        return said and step.fit == CERTAIN and not changed(self._graph, step.links[-1])
