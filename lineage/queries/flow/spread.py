"""How far data got, and on which way: the walk that `impact` and `path` take down the flow. Pure.

From job to job it goes as `used` does: one `overlaps` hop, and never to who had read before it was written. From there on
it goes through models, packages and endpoints, and what an endpoint captures goes on. Graphs have cycles.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lineage.domain.kinds import DATASET, ENDPOINT, KINDS, REGISTERED, RELATIONS, SERVERS
from lineage.domain.names import Cover, Location, Span, cover, is_location, is_place, location_of, parse_location
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.status import is_over, may_have_written_nothing
from lineage.domain.times import CERTAIN, bounds, sortable
from lineage.graphs.build import Graph
from lineage.queries.flow.belonging import EXECUTION, is_reuse, members
from lineage.queries.flow.holes import Blind, opaque_read
from lineage.queries.flow.jobs import is_job, started
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import is_model, specification, suspect
from lineage.queries.flow.places import readers_at
from lineage.queries.flow.reached import Ranks, Reached
from lineage.queries.scope import is_about, not_enumerated
from lineage.queries.select import find_node, names_of
from lineage.queries.used import UseUnderWay

WHOLE, READ = "*", "reads"  # parts: all of a package or an endpoint; what it only reads, which is in no model
_ONWARD = ("reads", "loads", "provides", "instantiates", "deploys", "configures", "hosts")
_IN_THE_MODEL = ("data", "model")


def _carriers() -> Iterator[str]:
    """The kinds out of which data flows."""
    for kind in KINDS.values():
        for one in kind.references:
            if RELATIONS[one.relation].flows:
                yield one.to if RELATIONS[one.relation].inward != one.inverse else kind.name


_RELEVANT = {*_carriers(), *(kind.name for kind in KINDS.values() if kind.tells_use or kind.hints or kind.between)}
_ENUMERATED = tuple(kind.name for kind in KINDS.values() if kind.list and kind.name in _RELEVANT and not kind.hints)


class Arrival(NamedTuple):
    """A node that the data reached: how surely, over how many edges, by which last ones, and from where.

    `part` says what of the node: a specification of a package, by which config or component an endpoint, or `READ`.
    """

    node: str
    part: str
    sure: bool
    links: tuple[Link, ...] = ()
    before: Arrival | None = None
    length: int = 0

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


class Spread:
    """One walk under way: nearest first, and all that is sure before anything that is only possible."""

    def __init__(self, graph: Graph | Flow, subject: str, links: list[Link] | None = None) -> None:
        """`subject` is an S3 URI, or what names a node. Raises `MalformedName` and `UnknownNode`.

        `links` are the edges that may tell of the place, in order; all of the graph, where none are given.
        """
        self.graph = Flow.of(graph)
        self._known_links = links
        self.holes: list[Gap] = []
        self.caveats: dict[str, None] = {}
        self.found: dict[str, Arrival] = {}
        self.arrived: dict[tuple[str, str], Arrival] = {}
        self._told = Reached(self.graph, "reads", "loads")
        self._ranks = Ranks(self.graph)
        self._planned: dict[tuple[bool, int], list[Arrival]] = defaultdict(list)
        self._distances: list[tuple[bool, int]] = []
        self._begin(subject)

    def run(self, until: Callable[[Arrival], bool] = lambda _: False) -> Arrival | None:
        """Walk to the end, or to the first arrival that is looked for."""
        for arrival in self._nearest():
            if (arrival.node, arrival.part) in self.arrived:
                continue  # the surest way came first, and of the sure ones the shortest
            self.arrived[arrival.node, arrival.part] = arrival
            if self._never_ran(arrival.node):
                continue
            if arrival.links:
                self.found.setdefault(arrival.node, arrival)
                if until(arrival):
                    return arrival
            for further in self._onward(arrival):
                self._plan(further)
        return None

    def _never_ran(self, node: str) -> bool:
        attributes = self.graph.nodes[node]
        return is_job(attributes) and not started(attributes)

    def _plan(self, arrival: Arrival) -> None:
        distance = (not arrival.sure, arrival.length)
        if distance not in self._planned:
            heapq.heappush(self._distances, distance)
        self._planned[distance].append(arrival)

    def _nearest(self) -> Iterator[Arrival]:
        """What is planned, also meanwhile: nobody plans a step that is no longer than the way to where it begins."""
        while self._distances:
            # Early writes first: what came later at the same place reaches nobody else.
            yield from sorted(self._planned.pop(heapq.heappop(self._distances)), key=_time)

    # --- where it begins ------------------------------------------------------------------------

    def _begin(self, subject: str) -> None:
        if is_location(subject):
            place = parse_location(subject)
            self.subject: Json = {"id": place.uri, "kind": DATASET.name}
            asking = UseUnderWay(self.graph, place, self._known_links, holes=self.holes)
            self._blind = asking.blind
            first = [*self._readers(asking), *self._others(asking)]
        else:
            node = find_node(names_of(self.graph), subject)
            self.subject = {"id": node, "kind": self.graph.nodes[node]["kind"]}
            self._blind = Blind(self.graph, self.holes)
            jobs = (link for link in self.graph.links("reads") if is_job(self.graph.nodes[link.target]) and link.target != node)
            self.holes += filter(None, (opaque_read(self.graph, link) for link in jobs))
            first = list(self._members(node))
        for arrival in first:
            self._plan(arrival)

    def _links(self, *relations: str) -> Iterable[Link]:
        if self._known_links is None:
            return self.graph.links(*relations)
        return (link for link in self._known_links if link.relation in relations)

    def _readers(self, asking: UseUnderWay) -> Iterator[Arrival]:
        """The jobs and hints from which `used` begins."""
        for first in asking.first_readers():
            if first.links[0].relation != "loads":
                yield self._first(first.links, first.job, sure=first.sure)

    def _others(self, asking: UseUnderWay) -> Iterator[Arrival]:
        """What loads the place as a model, what else reads it, and the containers whose environment names it."""
        for link in self.graph.links("reads", "loads", "mentions"):
            data, relation = link.data, link.relation
            reads = relation == "reads" and data["evidence"] != "logged" and not is_job(self.graph.nodes[link.target])
            loads = relation == "loads" and is_place(link.source)
            serving = relation == "mentions" and data["usage"] == "serving"
            if (reads or loads or serving) and asking.covered(link):
                yield self._first((link,), link.target, sure=not serving and data["usage"] in _IN_THE_MODEL)

    def _first(self, links: tuple[Link, ...], node: str, *, sure: bool) -> Arrival:
        return Arrival(node, self._part(links[-1], node), sure, links, None, len(links))

    def _members(self, subject: str) -> Iterator[Arrival]:
        """The subject, and what belongs to it: the jobs of an experiment, the packages of a group."""
        start = Arrival(subject, self._whole(subject), sure=True)
        todo: list[tuple[Arrival, str | None]] = [(start, None)]
        seen: set[tuple[str, str | None, bool]] = set()
        while todo:
            arrival, step = todo.pop()
            if (arrival.node, step, arrival.sure) in seen:
                continue
            seen.add((arrival.node, step, arrival.sure))
            if step is None:
                yield arrival
            links = members(self.graph, arrival.node, step)
            todo += [(self._member(arrival, link), self._reused_step(link)) for link in links]

    def _member(self, arrival: Arrival, link: Link) -> Arrival:
        """What a pipeline execution reused was made by another one, and a reuse alone does not say for sure by which."""
        sure = arrival.sure and link.data["evidence"] != "logged" and not is_reuse(link)
        return Arrival(link.source, self._whole(link.source), sure, (link,), arrival, arrival.length + 1)

    def _reused_step(self, link: Link) -> str | None:
        """The step by which a pipeline execution reused another one: it is no member, but leads to what it reused."""
        reuse = is_reuse(link) and self.graph.nodes[link.source]["kind"] == EXECUTION
        return str(link.data["role"]) if reuse else None

    def _whole(self, node: str) -> str:
        return WHOLE if self.graph.nodes[node]["kind"] in (*REGISTERED, ENDPOINT.name) else ""

    # --- where it goes from there ---------------------------------------------------------------

    def _onward(self, arrival: Arrival) -> Iterator[Arrival]:
        """Who got something of what a node is made of, or has made of the data."""
        if is_place(arrival.node):
            return  # who reads a place is told by the write
        if is_job(self.graph.nodes[arrival.node]):
            self._blind.follow(arrival.node)
            if not self.graph.leads_on(arrival.node):
                return  # most jobs of a large estate
        for write in self._writes(arrival.node):
            yield from self._written(arrival, write)
        for link in links_out_of(self.graph, arrival.node, *_ONWARD):
            if _passes(arrival, link):
                yield self._step(arrival, (link,), sure=self._is_sure(link))
        for link in links_out_of(self.graph, arrival.node, "recorded-by"):  # its run may log what it does not say
            yield self._step(arrival, (link,), sure=False)

    def _writes(self, node: str) -> Iterator[Link]:
        """Where a node writes; an endpoint also where its config says, which Search may leave out of the endpoint's record."""
        own = links_out_of(self.graph, node, "writes")
        yield from own
        told = {write.target for write in own}
        for config in links_into(self.graph, node, "configures"):
            kept = links_out_of(self.graph, config.source, "writes")
            yield from (write._replace(source=node) for write in kept if write.target not in told)

    def _written(self, arrival: Arrival, write: Link) -> Iterator[Arrival]:
        yield self._step(arrival, (write,), sure=self._has_written(write))
        if not is_place(write.target):
            return  # a feature group or a package: what it gives on is its own
        clipped = self._clipped(arrival, write) if arrival.part else write
        for place, between in self._told.places(clipped, arrival.length):
            for relation in ("reads", "loads"):
                for step in readers_at(self.graph, clipped, place, between, relation):
                    reading = step.links[-1]
                    logged = any(link.data["evidence"] == "logged" for link in step.links)
                    sure = step.fit == CERTAIN and not logged and not self._ranks.is_outranked(write, reading)
                    yield self._step(arrival, (write, *between, reading), sure=sure)

    def _step(self, arrival: Arrival, links: tuple[Link, ...], *, sure: bool) -> Arrival:
        node, length = links[-1].target, arrival.length + len(links)
        return Arrival(node, self._part(links[-1], node), arrival.sure and sure, links, arrival, length)

    def _part(self, link: Link, node: str) -> str:
        """What of a node an edge into it is about."""
        if link.relation == "reads" and not is_job(self.graph.nodes[node]):
            return READ
        if link.relation in ("configures", "hosts"):
            return link.source
        if link.relation == "loads" and self.graph.nodes[node]["kind"] in REGISTERED:
            return specification(link)
        return self._whole(node)

    def _is_sure(self, link: Link) -> bool:
        odd = suspect(self.graph, link)
        if odd:
            self.caveats[odd] = None
        beside = link.relation == "reads" and link.data["usage"] not in _IN_THE_MODEL
        pending = link.relation == "configures" and link.data["role"] == "pending"
        return not (odd or beside or pending or link.data["evidence"] == "logged")

    def _has_written(self, write: Link) -> bool:
        """Whether something is there for sure: not of a job that failed or has not ended, nor while an endpoint serves."""
        job = self.graph.nodes[write.source]
        ended = bool(bounds(write.data["time"])[1]) or is_over(job["status"])
        sure = ended and not may_have_written_nothing(job["status"])
        return bool(is_job(job) and sure and write.data["evidence"] != "logged")

    def _clipped(self, arrival: Arrival, write: Link) -> Link:
        """An endpoint may have served others before: what it writes knows the data from the config's creation on."""
        via = self.graph.nodes.get(arrival.part, {}).get("created") or ""
        opens, _, closes = str(write.data["time"] or "/").partition("/")
        return write if sortable(opens) >= sortable(via) else write._replace(data=write.data | {"time": f"{via}/{closes}"})

    # --- what could hide more -------------------------------------------------------------------

    def all_holes(self, more: Iterable[Gap] = ()) -> list[Gap]:
        """Lists that did not come to their end, what could not be read, where the trail was lost, and more of the caller's.

        The last two can hide nothing of what stays in an endpoint.
        """
        scope: Scope = self.graph.graph["scope"]
        relevant = [gap for gap in scope.holes if is_about(gap, _RELEVANT)]
        stays = all(self._stays_in(node) for node in (self.subject["id"], *(node for node, _ in self.arrived)))
        lost = () if stays else (*self.holes, *more)
        return [*not_enumerated(scope, _ENUMERATED), *dict.fromkeys([*relevant, *lost])]

    def _stays_in(self, node: str) -> bool:
        """Whether nothing gets out of what serves: it was read, and neither it nor its config keeps what goes in and out."""
        if node not in self.graph or self.graph.nodes[node]["kind"] not in SERVERS:
            return False
        configs = [link.source for link in links_into(self.graph, node, "configures")]
        read = all(self.graph.nodes[one]["observed"] for one in (node, *configs))
        return read and not any(links_out_of(self.graph, one, "writes") for one in (node, *configs))


def _time(arrival: Arrival) -> str:
    return (arrival.links[-1].data["time"] or "") if arrival.links else ""


def _passes(arrival: Arrival, link: Link) -> bool:
    """Whether what arrived at a node goes along this edge.

    A package is made into models by one of its specifications. What it only reads, its metrics, is in no model; what
    an algorithm reads goes to the jobs that use it.
    """
    if arrival.part == READ:
        return link.relation == "provides" and not is_model(link)
    return link.relation != "instantiates" or arrival.part in (WHOLE, link.data["usage"])


def meets_place(place: Location) -> Callable[[Arrival], bool]:
    """Whether what was reached is, or shares keys with, a place."""

    def meets(arrival: Arrival) -> bool:
        location = location_of(arrival.node)
        return location is not None and cover(location, Span.FOLDER, place) in (Cover.ALL, Cover.PART)

    return meets
