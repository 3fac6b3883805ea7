"""How far data got, and by which path: what `impact` and `path` do on the walk down the flow. Pure.

It goes from job to job as `used` does, and from there on through models, packages and endpoints. What an endpoint captures is
followed too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lineage.domain.kinds import DATASET, ENDPOINT, ENTITY_KINDS, HOLDERS, KINDS, REGISTERED, RELATIONS, SERVERS
from lineage.domain.names import Cover, Location, Span, cover, is_location, is_place, location_of, parse_location
from lineage.domain.opaque import READING
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.urls import from_url
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.queries.flow.belonging import EXECUTION, had_by, is_reuse, members
from lineage.queries.flow.first_readers import IN_THE_MODEL, FirstReaders
from lineage.queries.flow.holes import Blind, opaque_read
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import changed, is_doubtful, is_model, specification, suspect
from lineage.queries.flow.steps import Step, has_written, is_logged
from lineage.queries.flow.unread import Unread, once
from lineage.queries.flow.walk import Arrival, Walk
from lineage.queries.scope import is_about, not_enumerated
from lineage.queries.selectors import find_node, names_of

_IN_PARTS = frozenset({*REGISTERED, ENDPOINT.name})
WHOLE, READ = "*", "reads"  # parts: all of a package or an endpoint; what it only reads, which is in no model
_ONWARD = ("reads", "loads", "provides", "instantiates", "deploys", "configures", "hosts")


def _carriers() -> Iterator[str]:
    """The kinds out of which data flows."""
    for kind in KINDS.values():
        for one in kind.references:
            if RELATIONS[one.relation].flows:
                yield one.to if RELATIONS[one.relation].inward != one.inverse else kind.name


_RELEVANT = {*_carriers(), *(kind.name for kind in KINDS.values() if kind.tells_use or kind.hints or kind.between)}
_ENUMERATED = tuple(kind.name for kind in KINDS.values() if kind.list and kind.name in _RELEVANT and not kind.hints)


_Place = str | tuple[str, str, str | None]
"""Where a walk arrived: the node, or the part of a node, for a reader."""


def _place(node: str, part: str, reader: str | None) -> _Place:
    """Most nodes have no parts, and a root may reach a million of them."""
    return (node, part, reader) if part or reader is not None else node


class Spread:
    """One walk from the data to all that contains it: nearest first, and all certain arrivals before those only possible.

    The `part` of an arrival says which part of the node: a specification of a package, the config or component of an endpoint,
    or `READ`.
    """

    def __init__(
        self, graph: Graph | Excerpt | Flow, subject: str, links: list[Link] | None = None, *, gaps: bool = True
    ) -> None:
        """`subject` is an S3 URI, or what names a node. Raises `MalformedName` and `UnknownNode`.

        `links` are the edges that may be about the place, in order; by default all of the graph. Without `gaps` nothing is
        noted that could hide more of what a node led to.
        """
        self.graph = Flow.of(graph)
        self.holes: list[Gap] = []
        self.caveats: dict[str, None] = {}
        self.found: dict[str, Arrival] = {}
        self.arrived: dict[_Place, Arrival] = {}
        self._until: Callable[[Arrival], bool] = lambda _: False
        self._gaps = gaps
        subject = from_url(subject)
        if is_location(subject):
            place = parse_location(subject)
            self.subject: Json = {"id": place.uri, "kind": DATASET.name}
            links = list(self.graph.links(*READING, "writes")) if links is None else links
            readers = FirstReaders(self.graph, place, links, self.holes)
            self._blind = readers.blind
            jobs_and_hints = (one for one, _ in readers if one.links[0].relation != "loads")
            known = [one._replace(part=self._part(one.links[-1], one.node)) for one in jobs_and_hints]
            self._first = [*known, *self._others(readers, (link for link in links if link.relation in READING))]
        else:
            node = subject if subject in self.graph else find_node(names_of(self.graph), subject)
            self.subject = {"id": node, "kind": self.graph.kind(node)}
            self._blind = Blind(self.graph, self.holes)
            for link, gap in _opaque_reads(self.graph) if gaps else ():
                if link.target != node:
                    self._blind.hides(link, gap)
            self._first = list(self._members(node))

    def run(self, until: Callable[[Arrival], bool] = lambda _: False) -> Arrival | None:
        """Walk to the end, or to the first arrival that is looked for."""
        self._until = until
        return Walk(self.graph, self._blind, self).run(self._first)

    # --- where it begins ------------------------------------------------------------------------

    def _others(self, readers: FirstReaders, links: Iterable[Link]) -> Iterator[Arrival]:
        """What loads the place as a model, what else reads it, and the containers whose environment names it."""
        for link in links:
            data, relation = link.data, link.relation
            reads = relation == "reads" and not is_logged(link) and not self.graph.is_job(link.target)
            loads = relation == "loads" and is_place(link.source)
            serving = relation == "mentions" and data["usage"] == "serving"
            if (reads or loads or serving) and readers.covered(link):
                sure = not (serving or is_logged(link)) and data["usage"] in IN_THE_MODEL
                reader = data["reader"] if loads else None
                yield Arrival(link.target, self._part(link, link.target), sure, (link,), None, 1, reader)

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
            for link in links:
                # another execution made what this one reused, and a reuse alone does not say for certain which
                sure = not is_logged(link) and not is_reuse(link)
                member = arrival.on(link.source, (link,), sure=sure, part=self._whole(link.source))
                todo.append((member, self._reused_step(link)))

    def _reused_step(self, link: Link) -> str | None:
        """The step by which a pipeline execution reused another one. It is not a member, but leads to what it reused."""
        reuse = is_reuse(link) and self.graph.kind(link.source) == EXECUTION
        return str(link.data["role"]) if reuse else None

    # --- on the walk ----------------------------------------------------------------------------

    def turn(self, arrival: Arrival, _number: int) -> tuple[Any, ...]:
        """The order of arrivals. Of equally near ones early writes come first: what came later reaches no other job there."""
        time = (arrival.links[-1].time or "") if arrival.links else ""
        return (not arrival.sure, arrival.length, time)

    def meets(self, _further: Arrival) -> bool:
        """Every arrival is followed, because a shorter or surer path may still be found."""
        return True

    def comes_to(self, arrival: Arrival) -> bool:
        """Whether it is the first arrival at this part of a node: the surest, and of equally sure ones the nearest, counts."""
        known = _place(arrival.node, arrival.part, arrival.reader)
        if known in self.arrived:
            return False
        self.arrived[known] = arrival
        return True

    def at(self, node: str, part: str, reader: str | None) -> Arrival | None:
        """The arrival at a part of a node for a reader: by what that one read, or by what all have."""
        came = (self.arrived.get(_place(node, part, one)) for one in dict.fromkeys((reader, None)))
        return min(filter(None, came), key=lambda arrival: not arrival.sure, default=None)

    def stops_at(self, arrival: Arrival) -> bool:
        """Whether the arrival is what was looked for. The subject itself is not."""
        if not arrival.links:
            return False
        self.found.setdefault(arrival.node, arrival)
        return self._until(arrival)

    def may_lose_it(self, node: str) -> bool:
        """The trail of what any job made may be lost, also of its model and of what people say of it."""
        return self._gaps and (self.graph.is_job(node) or self.graph.kind(node) in ENTITY_KINDS)

    def how_far(self, arrival: Arrival) -> int:
        """The number of steps: of the surest paths the nearest counts."""
        return arrival.length

    def ways_to_get(self, write: Link) -> tuple[str, ...]:
        """A feature group or a package passes on its own content only: other writes are found where they are read."""
        return ("reads", "loads") if is_place(write.target) else ()

    def written(self, arrival: Arrival, write: Link) -> list[Arrival]:
        """The place that was written contains the data, too."""
        return self._had(arrival, (write,), sure=arrival.sure and has_written(self.graph, write))

    def taken(self, arrival: Arrival, step: Step, *, sure: bool) -> list[Arrival]:
        """The reader. A model that loads the data is reached as a job is."""
        return self._had(arrival, step.links, sure=sure)

    def given_on(self, arrival: Arrival) -> Iterator[Arrival]:
        """What a record names: models, packages, configs and endpoints name what they are made of, and texts anything."""
        for link in links_out_of(self.graph, arrival.node, *_ONWARD):
            if _passes(arrival, link) and self._is_read_by(arrival, link):
                yield self._step(arrival, (link,), sure=self._is_sure(link))
        for link in links_out_of(self.graph, arrival.node, "may-take"):
            yield from self._had(arrival, (link,), sure=False)
        for link in links_out_of(self.graph, arrival.node, "recorded-by"):  # its run may log what it does not say
            yield self._step(arrival, (link,), sure=False)

    def _step(self, arrival: Arrival, links: tuple[Link, ...], *, sure: bool) -> Arrival:
        link = links[-1]
        node, relation = link.target, link.relation
        reader = link.data["reader"] or (arrival.reader if relation in ("instantiates", "deploys") else None)
        reader = "" if relation == "loads" and not reader else reader
        return arrival.on(node, links, sure=sure, part=self._part(link, node), reader=reader)

    def _is_read_by(self, arrival: Arrival, link: Link) -> bool:
        """Whether what a model is made of passes along this edge: only to the one that read it at that time."""
        reader = arrival.reader
        if reader is None:
            return True
        if link.relation == "deploys" and self.graph.kind(link.target) not in HOLDERS:
            deployed = [one.data["reader"] for one in links_out_of(self.graph, link.target, "configures")]
            return not deployed or reader in deployed
        if link.relation in ("instantiates", "configures"):
            return bool(reader == link.data["reader"])
        by_name = link.relation == "deploys" or (is_model(link) and self.graph.is_job(link.target))
        return not by_name or reader == link.target

    def _had(self, arrival: Arrival, links: tuple[Link, ...], *, sure: bool) -> list[Arrival]:
        """What an edge leads into; if people say so, also the records that it stands for."""
        found = [self._step(arrival, links, sure=sure)]
        if is_logged(links[-1]):
            _, *recorded = had_by(self.graph, links[-1].target)
            found += [arrival.on(node, links, sure=False, part=self._whole(node)) for node in recorded]
        return found

    def _part(self, link: Link, node: str) -> str:
        """The part of a node that an edge into it is about."""
        relation = link.relation
        if relation == "reads" and not (self.graph.is_job(node) or is_logged(link)):
            return READ
        if relation in ("configures", "hosts"):
            return link.source
        if relation == "loads" and self.graph.kind(node) in REGISTERED:
            return specification(link)
        return self._whole(node)

    def _whole(self, node: str) -> str:
        return WHOLE if self.graph.kind(node) in _IN_PARTS else ""

    def _is_sure(self, link: Link) -> bool:
        odd = suspect(self.graph, link) or changed(self.graph, link)
        if odd:
            self.caveats[odd] = None
        beside = link.relation == "reads" and link.data["usage"] not in IN_THE_MODEL
        return not (beside or is_doubtful(self.graph, link) or is_logged(link))

    # --- what could hide more -------------------------------------------------------------------

    def all_holes(self, more: Iterable[Gap] = ()) -> list[Gap]:
        """Incomplete lists, what could not be read, where the trail was lost, and more gaps of the caller's.

        The last two can hide nothing if the data stays in an endpoint.
        """
        scope: Scope = self.graph.graph["scope"]
        relevant = [gap for gap in scope.holes if is_about(gap, _RELEVANT)]
        stays = all(self._stays_in(node) for node in (self.subject["id"], *(one.node for one in self.arrived.values())))
        unread = Unread.of(self.graph).readers
        lost = () if stays else (*scope.silent, *self.holes, *unread, *self.unread_models(), *more)
        return once([*not_enumerated(scope, _ENUMERATED), *relevant, *lost])

    def unread_models(self) -> list[Gap]:
        """What could not be read and may be made of what the data reached, and what takes models elsewhere."""
        unread = Unread.of(self.graph)
        return [*unread.models(self._blind), *unread.takers(self._blind)]

    def may_be_loaded(self, until: str) -> str:
        """What of the data a model that ran at some time may have loaded, in words; empty if it had nothing of it."""
        opens, how = self._blind.maybe_a_model or ("~", "")
        return how if opens <= until else ""

    def _stays_in(self, node: str) -> bool:
        """Whether nothing gets out of what serves: it was read, and neither it nor its config stores its inputs and outputs."""
        if node not in self.graph or self.graph.kind(node) not in SERVERS:
            return False
        configs = [link.source for link in links_into(self.graph, node, "configures")]
        read = all(self.graph.nodes[one]["observed"] for one in (node, *configs))
        return read and not any(links_out_of(self.graph, one, "writes") for one in (node, *configs))


def _opaque_reads(graph: Flow) -> list[tuple[Link, Gap]]:
    """The reads of all jobs whose data cannot be known, with their gaps. They are kept: many nodes may be asked about."""
    if "opaque reads" not in graph.kept:
        jobs = (link for link in graph.links("reads") if graph.is_job(link.target))
        graph.kept["opaque reads"] = [(link, gap) for link in jobs if (gap := opaque_read(graph, link))]
    found: list[tuple[Link, Gap]] = graph.kept["opaque reads"]
    return found


def _passes(arrival: Arrival, link: Link) -> bool:
    """Whether what arrived at a node goes along this edge.

    A package is made into models by one of its specifications. What it only reads, its metrics, is in no model. What an
    algorithm reads goes to the jobs that use it, and what a hub's dataset is made of to those that read it.
    """
    if arrival.part == READ:
        return link.relation in ("provides", "reads") and not is_model(link)
    return link.relation != "instantiates" or arrival.part in (WHOLE, link.data["usage"])


def meets_place(place: Location) -> Callable[[Arrival], bool]:
    """Whether what was reached is, or shares keys with, a place."""

    def meets(arrival: Arrival) -> bool:
        location = location_of(arrival.node)
        return location is not None and cover(location, Span.FOLDER, place) in (Cover.ALL, Cover.PART)

    return meets
