"""Whether a dataset was part of the making of one node: `used`, asked only of what is upstream of it.

The walk is that of `impact`: from the dataset down to the node. It covers only what may be upstream of the node, and leaves out
what was read after the node was done. A "no" requires that the node's own origin is fully known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lineage.domain.attestations import NO_ATTESTATIONS, UNREAD_MANIFEST, Attestations
from lineage.domain.jobs import is_job
from lineage.domain.kinds import ENTITY_KINDS, KINDS, ONLY_NAMED, RELATIONS, RUNS
from lineage.domain.names import Location, is_place, location_of, parse_location
from lineage.domain.records import OUTPUT, QUESTION, Gap, Json, Scope
from lineage.domain.times import bounds, sortable
from lineage.domain.training import is_training_job
from lineage.queries.as_json import link_json, node_json
from lineage.queries.attested import judged
from lineage.queries.flow.begun import read_nothing, surely_ran
from lineage.queries.flow.first_readers import FirstReaders
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import by_environment, is_model, is_past
from lineage.queries.flow.readings import Readings
from lineage.queries.flow.spread import READ, Spread
from lineage.queries.flow.steps import is_logged
from lineage.queries.flow.unread import Unread, once
from lineage.queries.flow.walk import Arrival
from lineage.queries.flow.writers import is_surely_made, writers
from lineage.queries.scope import is_about, not_enumerated
from lineage.queries.trace import Tracing, anybodys_model
from lineage.queries.used import DECLARED, INDIRECT, MAYBE, NOT_REFERENCED, USED, UseUnderWay


def _givers() -> Iterator[str]:
    """The kinds whose own record says that data flows out of them. One that was not read may have passed data to anything."""
    for kind in KINDS.values():
        for one in kind.references:
            relation = RELATIONS[one.relation]
            if relation.flows and relation.inward == one.inverse:
                yield kind.name


_TELLING = {kind.name for kind in KINDS.values() if kind.tells_use or kind.between} | set(_givers())
_RELEVANT = _TELLING | {kind.name for kind in KINDS.values() if kind.hints} | {*ONLY_NAMED}
_ENUMERATED = tuple(kind.name for kind in KINDS.values() if kind.list and kind.name in _TELLING and not kind.hints)


def broken(tracing: Tracing) -> Iterator[Gap]:
    """Where the origin of a node is not known any further, as gaps."""
    node = tracing.graph.nodes[tracing.endpoint]
    for found in tracing.breaks:
        said = f"its origin is unknown beyond {found.at}: {found.detail}"
        yield Gap(node["account"] or "", node["region"] or "", "", found.at, found.reason, said)


class Lost(NamedTuple):
    """Where the trail of what was made from a dataset is lost, and when that began, as a time that sorts.

    Or a read of a manifest against which nobody can vouch, because a version that was read lists what was made from it.
    """

    gap: Gap
    began: str


def lost_trails(graph: Flow, places: list[Location]) -> dict[str, list[Lost]]:
    """Where the trail of each dataset is lost at a place without a name: it may be whatever another job read.

    A place that has a name is left out: for it, the graph shows whether it is upstream of a node.
    """
    readings = Readings(graph)
    found = {}
    for place in places:
        asking = UseUnderWay(graph, place, readings.near(place), every=True)
        asking.run()
        found[place.uri] = [Lost(gap, _began(graph, gap.job)) for gap in asking.readers.holes if _is_lost(gap)]
    return found


def _is_lost(gap: Gap) -> bool:
    if _is_listed(gap):
        return True
    place = location_of(gap.subject)
    return gap.about == OUTPUT and (place is None or place.hides_bucket)


def _is_listed(gap: Gap) -> bool:
    return gap.about == QUESTION and gap.reason == UNREAD_MANIFEST


def _reading(gap: Gap) -> tuple[str, ...]:
    """Which read a gap is about."""
    return gap.reason, gap.subject, gap.job, gap.channel


def _began(graph: Flow, job: str) -> str:
    node = graph.nodes[job]
    return sortable(node.get("started") or node["created"] or "")


class Making:
    """The making of one node, to be asked about many datasets. What all questions share is computed once."""

    def __init__(
        self,
        graph: Flow,
        tracing: Tracing,
        parts: Iterable[tuple[str, str, str]] = (),
        vouched: Attestations = NO_ATTESTATIONS,
    ) -> None:
        """`graph` holds what may be upstream of the traced node; `parts` are its variants, with node and reader."""
        self.graph = graph
        self._vouched = vouched
        self.node = tracing.endpoint
        self.holes: dict[Gap, None] = {}
        self._parts = [part for part in parts if part[1] != self.node]
        # a run is made as its jobs are; its own word does not count
        self._nodes = {self.node, *(link.source for link in links_into(graph, self.node, "recorded-by"))}
        self._trainers = {
            self.node,
            *(job for job, visit in tracing.jobs.items() if visit.direct and is_training_job(graph.nodes[job])),
        }
        self._chain = {self.node, *(node for node, *_ in tracing.served)}
        self._members = self._beside({*tracing.jobs, *self._chain})
        self._readings = Readings(graph, self._in_time())
        self._ways: dict[str, Arrival | None] = {}
        scope: Scope = graph.graph["scope"]
        unread = (gap for gap in scope.holes if is_about(gap, _RELEVANT))
        untold = [*self._silent(scope), *Unread.of(graph).readers, *self._lost(tracing)]
        self._shared = [*not_enumerated(scope, _ENUMERATED), *unread, *untold]

    # --- what can be upstream -------------------------------------------------------------------

    def _in_time(self) -> Iterator[Link]:
        """The edges of the graph, without what a job read or was given after the node was done."""
        until = self._done()
        for link in self.graph.links(*RELATIONS):
            target = self.graph.nodes[link.target]
            began = bounds(link.time)[0] or sortable(target["created"] or "")
            if not (is_job(target) and until and began > until):
                yield link

    def _done(self) -> str:
        """When the last data could get into the node; empty if that is not known."""
        node = self.graph.nodes[self.node]
        if is_job(node):
            return sortable(node.get("ended") or "")
        if len(self._nodes) > 1:
            return ""
        links = [link for one in self._chain for link in links_into(self.graph, one, "loads", "reads", "writes")]
        closes = [bounds(link.time)[1] if link.relation != "writes" else "" for link in links]
        return max(closes, default="") if all(closes) else ""

    def _beside(self, nodes: set[str]) -> set[str]:
        """The runs and other things that the jobs of the making belong to: a job may have read what was written there."""
        found, todo = set[str](), set(nodes)
        while todo:
            links = (link for node in todo for link in links_out_of(self.graph, node, "recorded-by", "member-of"))
            todo = {link.target for link in links} - found
            found |= todo
        return found

    # --- what could hide that it was ------------------------------------------------------------

    def _silent(self, scope: Scope) -> Iterator[Gap]:
        """The jobs upstream that may have read anything, and that began before the node was done."""
        until = self._done()
        for gap in scope.silent:
            if gap.subject in self.graph:
                began = sortable(self.graph.nodes[gap.subject].get("started") or "")
                yield from () if until and began > until else (gap,)

    def _lost(self, tracing: Tracing) -> Iterator[Gap]:
        """Where the trace of the node is broken, and where a name may have meant something else at the time."""
        node = self.graph.nodes[self.node]
        where = (node["account"] or "", node["region"] or "", "")
        yield from broken(tracing)
        told = {self.node} if len(self._nodes) > 1 else set()  # a run whose jobs are known
        kinds = (*RUNS, *ENTITY_KINDS)
        runs = (job for job in tracing.jobs if self.graph.nodes[job]["kind"] in kinds and job not in told)
        logged = (f"only a run says how something was made: {self.graph.nodes[run]['name']}" for run in runs)
        unsure = filter(None, map(self._unsure, tracing.links.values()))
        for said in (*tracing.suspects(), *tracing.changing(), *logged, *unsure):
            yield Gap(*where, self.node, "unresolved", said, QUESTION)

    def _unsure(self, link: Link) -> str:
        """A model whose maker is not certain, or a prefix where anyone may put one."""
        if not is_place(link.source) or link.relation not in ("reads", "loads") or not is_model(link):
            return ""
        if by_environment(link):
            return f"only its environment names {link.source}, which it may load"
        if said := anybodys_model(link):
            return said
        sure = is_surely_made(self.graph, link) or not writers(self.graph, link)
        return "" if sure else f"the times do not show who wrote {link.source} before it was read"

    # --- one question ---------------------------------------------------------------------------

    def holdout(self, uri: str, lost: Sequence[Lost] = ()) -> Json:
        """Whether one dataset was part of the making, how surely, and by which path. Raises `MalformedName`.

        `lost` is where its trail is lost in the whole estate: from there it may have got here unseen.
        """
        place = parse_location(uri)
        near = self._readings.near(place)
        spread = Spread(self.graph, place.uri, near)
        spread.run()
        until = self._done()
        listed = {_reading(one.gap): one.gap for one in lost if _is_listed(one.gap)}
        unseen = (one.gap for one in lost if not (_is_listed(one.gap) or (until and one.began > until)))
        own = (listed.get(_reading(gap), gap) for gap in spread.holes)
        holes = dict.fromkeys(once([*self._shared, *own, *unseen, *spread.unread_models()]))
        self.holes |= holes
        found, way = self._verdict(spread, FirstReaders(self.graph, place), near)
        verdict, rests = judged(found, NOT_REFERENCED, holes, self._vouched)
        left = {"left_open": sum(not self._vouched.of(hole) for hole in holes)} if self._vouched.said else {}
        row: Json = {"uri": place.uri, "verdict": verdict, "holes": len(holes)} | left | rests.as_json()
        return row | self._told(way, FirstReaders(self.graph, place)) | {"models": list(self._reached(spread))}

    def _verdict(self, spread: Spread, readers: FirstReaders, near: list[Link]) -> tuple[str, list[Link]]:
        """How surely the dataset got into the node, if it did, and by which edges."""
        found = (arrival for node in sorted(self._nodes) for arrival in self._into(spread, node))
        into = sorted(found, key=lambda arrival: (not arrival.sure, arrival.length))
        if into and all(self._read_nothing(arrival) for arrival in into):
            return DECLARED, into[0].evidence()
        for link in near:
            is_data = link.relation == "reads" and link.data["usage"] == "data" and not is_logged(link)
            onward = self._way_from(link.target) if is_data and link.target in self._trainers else None
            if onward and onward.sure and readers.covered(link):
                return USED, [link, *onward.evidence()]
        if into:
            return INDIRECT if into[0].sure else MAYBE, into[0].evidence()
        beside = [one for node in sorted(self._members) for one in self._into(spread, node) if not one.only_records]
        return (MAYBE, beside[0].evidence()) if beside else ("", [])

    def _read_nothing(self, arrival: Arrival) -> bool:
        """Whether the dataset reached a job that certainly read nothing of it."""
        links = arrival.links
        return bool(links) and is_job(self.graph.nodes[arrival.node]) and read_nothing(self.graph, links[-1])

    def _into(self, spread: Spread, node: str) -> Iterator[Arrival]:
        """How the dataset reached a node. What a package is only measured on is left out: it is in no model."""
        return (arrival for arrival in spread.arrived.values() if _is_in(arrival, node))

    def _way_from(self, job: str) -> Arrival | None:
        """How what a job made got into the node."""
        if job in self._nodes:
            return Arrival(job, "", sure=surely_ran(self.graph, job))
        if job not in self._ways:
            self._ways[job] = Spread(self.graph, job).run(lambda arrival: _is_in(arrival, self.node))
        return self._ways[job]

    # --- as JSON --------------------------------------------------------------------------------

    def _told(self, links: list[Link], readers: FirstReaders) -> Json:
        """The job that read it, by what, and each edge from there to the node."""
        if not links:
            return {"job": None, "channel": "", "location": "", "cover": "", "through": [], "evidence": []}
        first, covered = links[0], readers.covered(links[0])
        nodes = [link.target for link in links if not is_place(link.target)]
        return {
            "job": node_json(self.graph, first.target),
            "channel": first.data["role"],
            "location": first.source,
            "cover": covered.value if covered else "",
            "through": [node_json(self.graph, node) for node in nodes[1:] if node != self.node],
            "evidence": [link_json(link) for link in links],
        }

    def _reached(self, spread: Spread) -> Iterator[Json]:
        """The variants whose model contains the dataset, or may contain it."""
        for variant, node, reader in self._parts:
            sure = [arrival.sure for arrival in self._into(spread, node) if arrival.reader in (None, reader)]
            if sure:
                yield {"variant": variant, "sure": any(sure)} | node_json(self.graph, node)


def _is_in(arrival: Arrival, node: str) -> bool:
    """Whether it is part of a node: not what the node ran before, nor what a package is only measured on."""
    return arrival.node == node and arrival.part != READ and not (arrival.links and is_past(arrival.links[-1]))
