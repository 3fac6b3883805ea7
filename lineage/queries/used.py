"""Was this dataset used for training? A yes carries its fields, a no its scope, and the rest is unknown."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from lineage.domain.kinds import DATASET, KINDS, ONLY_NAMED, TRAINING_JOB
from lineage.domain.names import Cover, Location, Span, cover, is_place, location_of, parse_location
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.times import CERTAIN
from lineage.domain.training import only_repacks, trains
from lineage.graphs.build import Graph
from lineage.graphs.neighbourhoods import around_dataset
from lineage.queries.as_json import link_json, node_json, scope_json
from lineage.queries.flow.holes import Blind, opaque_read
from lineage.queries.flow.jobs import is_job, started
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import specification
from lineage.queries.flow.places import loaders, readers_at
from lineage.queries.flow.reached import Ranks, Reached
from lineage.queries.flow.readings import Readings
from lineage.queries.flow.steps import Step, listings_of
from lineage.queries.scope import ALL, Within, caveats, is_about, left_out, narrowed, not_enumerated
from lineage.queries.showing import Shows
from lineage.snapshot.reading import Snapshot

SCHEMA = "lineage.usage/1"
USED, INDIRECT, MAYBE, DECLARED, NOT_REFERENCED, UNKNOWN = (
    "used",
    "used-indirectly",
    "possible",
    "declared-only",
    "not-referenced",
    "unknown",
)
VERDICTS = (USED, INDIRECT, MAYBE, DECLARED, NOT_REFERENCED, UNKNOWN)
# What stands between a dataset and a training job. A gap about any other kind can hide no use.
_RELEVANT = {kind.name for kind in KINDS.values() if kind.tells_use or kind.hints or kind.between} | {*ONLY_NAMED}
# What reading it directly is; a job's own checkpoint folder and its code may hold data, and need not.
_DIRECT = {"data": USED, "model": INDIRECT}


@dataclass(frozen=True, slots=True)
class Usage(Shows):
    """The answer to `used`. `as_json` gives the contract `lineage.usage/1`."""

    subject: Json
    verdict: str
    findings: list[Json]
    also_read: list[Json]  # by jobs that train nothing: repack and evaluation jobs
    scope: Json
    caveats: list[str]

    def as_json(self) -> Json:
        """The answer as one JSON object; keys are a contract, and more may join them."""
        names = ("subject", "verdict", "findings", "also_read", "scope", "caveats")
        return {"schema": SCHEMA, "question": "usage"} | {name: getattr(self, name) for name in names}


def used(graph: Graph, uri: str, *, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> Usage:
    """Whether the data at a location was used for training, as far as the graph knows.

    `uri` is an S3 URI: a prefix, a folder, an object or a whole bucket. Only uses by jobs of the `accounts` and `regions`
    are told, where some are given, and the answer says so; what they used may have come from anywhere. Raises
    `MalformedName`.
    """
    asking = UseUnderWay(Flow(graph), parse_location(uri))
    asking.run()
    return asking.answer(Within.of(accounts, regions))


def used_all(
    snapshot: Snapshot, uris: Iterable[str], *, accounts: Iterable[str] = (), regions: Iterable[str] = ()
) -> Iterator[Usage]:
    """`used` of many locations, answer by answer in their order, with what all of them share read once.

    All are read from the snapshot before the first answer, so that it may be closed then. Raises `MalformedName` at once.
    """
    places = [parse_location(uri) for uri in uris]
    within = Within.of(accounts, regions)
    graph = around_dataset(snapshot, *(place.uri for place in places))
    return _each(graph, places, within)


def _each(graph: Graph, places: list[Location], within: Within) -> Iterator[Usage]:
    flow = Flow(graph)
    readings = Readings(flow) if len(places) > 1 else None  # of one question the graph holds nothing else
    for place in places:
        asking = UseUnderWay(flow, place, readings.near(place) if readings else None)
        asking.run()
        yield asking.answer(within)


@dataclass(slots=True)
class Reach:
    """A job that the dataset reached: through which edges, how surely, and how far."""

    job: str
    links: tuple[Link, ...]
    sure: bool
    covered: Cover


class Use(NamedTuple):
    """That a job got something of the dataset, as a row of the answer will tell it: by which edge, and how strongly."""

    verdict: str
    reach: Reach
    link: Link


@dataclass(slots=True)
class UseUnderWay:
    """One question about a place under way: who read it, and whom that reached.

    `links` are the edges that may tell of it, in order; all of the graph, where none are given.
    """

    graph: Flow
    dataset: Location
    links: list[Link] | None = None
    findings: list[Use] = field(default_factory=list)
    also_read: dict[str, Use] = field(default_factory=dict)
    holes: list[Gap] = field(default_factory=list)
    blind: Blind = field(init=False)
    _told: Reached = field(init=False)
    _ranks: Ranks = field(init=False)
    _covers: dict[tuple[str, str | None, int | None], Cover] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.blind = Blind(self.graph, self.holes)
        self._told = Reached(self.graph, "reads", "loads")
        self._ranks = Ranks(self.graph)

    def run(self) -> None:
        first = list(self.first_readers())
        # The surest chain to a job is the one that counts, so the sure ones are followed first; and the early
        # ones first, for what came later at the same place reaches nobody else.
        first.sort(key=lambda reach: (not reach.sure, reach.links[0].data["time"] or ""))
        queue = deque(filter(self._leads_on, first))
        seen = {(reach.job, reach.sure) for reach in first}
        while queue:
            reach = queue.popleft()
            for further in self._onward(reach):
                if (further.job, True) in seen or (further.job, further.sure) in seen:
                    continue
                seen.add((further.job, further.sure))
                if self._leads_on(further):
                    (queue.appendleft if further.sure else queue.append)(further)
                if further.links != reach.links:
                    self._find(further, further.links[-1], INDIRECT if further.sure else MAYBE)

    def _leads_on(self, reach: Reach) -> bool:
        """Whether what a job made may lead on: of most jobs of a large estate nobody read it."""
        return self.graph.leads_on(reach.job) or not trains(self.graph.nodes[reach.job])

    def _onward(self, reach: Reach) -> Iterator[Reach]:
        """Who got something of what a job made of the data."""
        job = self.graph.nodes[reach.job]
        if is_job(job) and not started(job):
            return  # it never began, and has written nothing
        if not trains(job):
            self.blind.follow(reach.job)
        for write in links_out_of(self.graph, reach.job, "writes"):
            if not is_place(write.target):  # a feature group keeps what it is given at a place of its own
                yield Reach(write.target, (*reach.links, write), reach.sure, reach.covered)
            for place, between in self._told.places(write):
                for step in self._takers(write, place, between):
                    yield Reach(step.job, reach.links + step.links, reach.sure and self._is_sure(step, between), reach.covered)
            if job["kind"] != TRAINING_JOB.name:
                self._served(reach, write)
        for recorded in links_out_of(self.graph, reach.job, "recorded-by"):  # its run may log what it does not say
            yield Reach(recorded.target, reach.links, False, reach.covered)

    def _is_sure(self, step: Step, between: tuple[Link, ...]) -> bool:
        """Whether somebody certainly got something of a write: that he says himself, and of which nobody else is the maker."""
        write, reading = step.links[0], step.links[1 + len(between)]
        said = all(one.data["evidence"] != "logged" for one in step.links)
        return said and step.fit == CERTAIN and not self._ranks.is_outranked(write, reading)

    def _takers(self, write: Link, place: str, between: tuple[Link, ...]) -> Iterator[Step]:
        """Who read a place at which a write may be, and who used what was made of it as a model.

        The model of a job that trains is not followed so: that job is found itself.
        """
        yield from readers_at(self.graph, write, place, between)
        trained = trains(self.graph.nodes[write.source])
        for step in () if trained else readers_at(self.graph, write, place, between, "loads"):
            yield from (Step(chain[-1].target, chain, step.fit) for chain in self._users(step.links))

    def _served(self, reach: Reach, write: Link) -> None:
        """Something that is no training job made what is served as a model: it may have trained it."""
        step = next(loaders(self.graph, write), None)
        if step:
            served = Reach(reach.job, reach.links + step.links, False, reach.covered)
            self.findings.append(Use(MAYBE, served, reach.links[-1]))

    # --- who read it ----------------------------------------------------------------------------

    def first_readers(self) -> Iterator[Reach]:
        """Who read the place, or may have; what could hide one is noted as a hole."""
        for link in self.graph.links("reads", "loads", "mentions") if self.links is None else self.links:
            if link.relation == "mentions":
                yield from self._mentions(link)
            elif link.relation == "loads":
                yield from self._provided(link)
            elif is_job(self.graph.nodes[link.target]):
                self.blind.note(link)
                yield from self._reads(link)
            else:
                yield from (self._mentions if link.data["evidence"] == "logged" else self._provided)(link)

    def _reads(self, link: Link) -> Iterator[Reach]:
        covered = self.covered(link)
        if covered is None:
            return
        reach = Reach(link.target, (link,), link.data["usage"] in _DIRECT, covered)
        self._find(reach, link, _DIRECT.get(link.data["usage"], MAYBE))
        yield reach

    def _provided(self, link: Link) -> Iterator[Reach]:
        """An algorithm brings data of its own to each job that uses it; a model brings what it was made of."""
        given = list(self._users((link,)))
        covered = self.covered(link) if given else None
        for chain in given if covered else ():
            reach = Reach(chain[-1].target, chain, link.data["usage"] in _DIRECT, covered or Cover.PART)
            self._find(reach, link, INDIRECT if reach.sure else MAYBE)
            yield reach

    def _users(self, chain: tuple[Link, ...]) -> Iterator[tuple[Link, ...]]:
        """The jobs that use what the last of some edges leads into, an algorithm, a model or a package, with all the edges."""
        models = chain[-1].relation != "reads"  # what a package only reads, its metrics, is in no model
        ways = ("provides", "reads", "instantiates") if models else ("provides",)
        for link in links_out_of(self.graph, chain[-1].target, *ways):
            if link.relation == "instantiates":
                yield from self._users((*chain, link)) if link.data["usage"] == specification(chain[-1]) else ()
            elif is_job(self.graph.nodes[link.target]) and models == (link.data["usage"] == "model"):
                yield (*chain, link)

    def _hidden_question(self) -> Gap:
        said = f"{self.dataset.uri} is behind an access point, which hides its bucket: ask for the bucket's own name"
        return Gap("", "", "", self.dataset.uri, "access-point", said)

    def _mentions(self, link: Link) -> Iterator[Reach]:
        """Something opaque names it: the job that holds the text, or that a trial component records, may have read it."""
        covered = self.covered(link) if link.data["usage"] != "serving" else None
        if covered is None:
            return
        for chain in self._hinted(link) if KINDS[self.graph.nodes[link.target]["kind"]].hints else [(link,)]:
            holder = chain[-1].target
            jobs = [recorded.source for recorded in links_into(self.graph, holder, "recorded-by")]
            for job in jobs or [holder]:
                self._find(Reach(job, chain, False, covered), chain[-1], MAYBE)
            for job in [*jobs, holder]:  # what a run logs as its output may be read, too
                yield Reach(job, chain, False, covered)

    def _hinted(self, link: Link) -> Iterator[tuple[Link, ...]]:
        """What a lineage entity is associated with, at last: runs, but for those whose job says itself what it read."""
        todo: list[tuple[Link, ...]] = [(link,)]
        seen = {link.target}
        while todo:
            chain = todo.pop()
            entity = KINDS[self.graph.nodes[chain[-1].target]["kind"]].hints
            onward = links_out_of(self.graph, chain[-1].target, "associated") if entity else []
            for further in onward:
                if further.target not in seen:
                    seen.add(further.target)
                    todo.append((*chain, further))
            if not entity and not self._says_itself(chain[-1].target):
                yield chain

    def _says_itself(self, run: str) -> bool:
        """Whether the job that a run records declares that it reads the dataset, which counts already."""
        jobs = [run, *(recorded.source for recorded in links_into(self.graph, run, "recorded-by"))]
        reads = (link for job in jobs for link in links_into(self.graph, job, "reads"))
        return any(self._cover(link) in (Cover.ALL, Cover.PART) for link in reads if link.data["evidence"] == "declared")

    def covered(self, link: Link) -> Cover | None:
        """How much of the dataset this edge is about; None for nothing, or for what is noted as a hole."""
        covered = self._cover(link)
        if covered is Cover.UNKNOWN:
            self.holes.append(opaque_read(self.graph, link) or self._hidden_question())
        return covered if covered in (Cover.ALL, Cover.PART) else None

    def _cover(self, link: Link) -> Cover:
        if not is_place(link.source):
            return Cover.UNKNOWN if link.data["usage"] in ("data", "model") else Cover.NONE
        asked = (link.source, link.data["span"], link.data["listing"])
        if asked not in self._covers:  # a place that many jobs read covers the same for each of them
            self._covers[asked] = self._cover_of(link)
        return self._covers[asked]

    def _cover_of(self, link: Link) -> Cover:
        location, span = location_of(link.source), Span(link.data["span"] or Span.UNKNOWN)
        if location is None:
            return Cover.UNKNOWN
        if _store(location) != _store(self.dataset):  # a file system or a query result may be backed by S3
            return Cover.NONE if _store(location) == "s3" else Cover.UNKNOWN
        if link.data["listing"] and self.dataset.hides_bucket:
            return Cover.UNKNOWN
        listed, _ = self._listed(link)
        own = cover(location, Span.OBJECT if span is Span.LISTING else span, self.dataset)
        return listed if listed is not Cover.NONE and own is not Cover.ALL else own

    def _listed(self, link: Link) -> tuple[Cover, str]:
        """How much of the dataset the manifest that is read lists, and an entry that shows it."""
        listing = link.data["listing"]
        return listings_of(self.graph).cover(listing, self.dataset) if listing else (Cover.NONE, "")

    def _find(self, reach: Reach, link: Link, verdict: str) -> None:
        job = self.graph.nodes[reach.job]
        wrote_it = link.target == reach.job and link.data["evidence"] == "logged" and not is_job(job)  # a run, a card: people
        if trains(job) or wrote_it:
            verdict = INDIRECT if verdict == USED and job["kind"] != TRAINING_JOB.name else verdict  # what it spawned trained
            self.findings.append(Use(verdict if verdict == MAYBE or started(job) else DECLARED, reach, link))
        elif only_repacks(job):
            self.also_read.setdefault(reach.job, Use(verdict, reach, link))

    def _row(self, finding: Use) -> Json:
        _, reach, link = finding
        return {
            "job": node_json(self.graph, reach.job),
            "channel": link.data["role"],
            "cover": str(reach.covered),
            "through": [node_json(self.graph, one.source) for one in reach.links if one.relation == "writes"],
            "location": link.source,
            "entry": self._listed(reach.links[0])[1],  # of a manifest: what it lists of the dataset
            "time": link.data["time"],
            "evidence": [link_json(one) for one in reach.links],
        }

    def _finding(self, finding: Use) -> Json:
        row = self._row(finding)
        row["verdict"] = finding.verdict
        return row

    # --- what could hide a use ------------------------------------------------------------------

    def _holes(self, scope: Scope, within: Within) -> list[Gap]:
        """What could hide a use. What is not known elsewhere counts as well: data may be handed on from there."""
        relevant = [gap for gap in scope.holes if is_about(gap, _RELEVANT)]
        return [*not_enumerated(scope, within=within), *relevant, *dict.fromkeys(self.holes)]

    # --- the answer -----------------------------------------------------------------------------

    def answer(self, within: Within = ALL) -> Usage:
        """What was found, of the jobs that are asked about."""
        scope: Scope = self.graph.graph["scope"]
        holes = self._holes(scope, within)
        findings = sorted(self._asked(self.findings, within), key=_strongest_first)
        also_read = self._asked((self.also_read[job] for job in sorted(self.also_read)), within)
        verdict = findings[0].verdict if findings else UNKNOWN if holes else NOT_REFERENCED
        return Usage(
            subject={"id": self.dataset.uri, "kind": DATASET.name},
            verdict=verdict,
            findings=list(map(self._finding, findings)),
            also_read=[self._row(finding) for finding in also_read],
            scope=scope_json(scope, holes) | narrowed(scope, within),
            caveats=[*caveats(scope), *left_out(within)],
        )

    def _asked(self, findings: Iterable[Use], within: Within) -> list[Use]:
        """Those of the jobs that are asked about."""
        if within == ALL:
            return list(findings)
        jobs = ((finding, self.graph.nodes[finding.reach.job]) for finding in findings)
        return [finding for finding, job in jobs if within.takes(job["account"], job["region"])]


def _strongest_first(finding: Use) -> tuple[int, str, str, str]:
    verdict, reach, link = finding
    return (VERDICTS.index(verdict), reach.job, link.data["role"], link.source)


def _store(location: Location) -> str:
    return location.root.partition("://")[0]
