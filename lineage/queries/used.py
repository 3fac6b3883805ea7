"""Was this dataset used for training? A yes carries its fields, a no its scope, and the rest is unknown."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from lineage.domain.attestations import NO_ATTESTATIONS, Attestations
from lineage.domain.given import texts
from lineage.domain.jobs import is_job
from lineage.domain.kinds import DATASET, ENTITY_KINDS, KINDS, ONLY_NAMED, REPACKERS, SERVERS, TAKING, WRITING
from lineage.domain.names import Cover, Location, Span, cover, is_place, location_of, parse_location
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.training import is_training_job, measures, only_repacks, trains
from lineage.domain.urls import from_url
from lineage.graphs.excerpts import Excerpt, insist_source
from lineage.graphs.named import Known, known_in
from lineage.graphs.neighbourhoods import dataset_excerpt
from lineage.graphs.parts import USED as _QUESTION
from lineage.queries.as_json import link_json, node_json, scope_json
from lineage.queries.attested import NO_REST, Rests, Vouched, judged, vouched_in
from lineage.queries.flow.begun import read_nothing
from lineage.queries.flow.belonging import had_by
from lineage.queries.flow.contents import Content, content_json, contents
from lineage.queries.flow.first_readers import FirstReaders, users
from lineage.queries.flow.links import Flow, Link, beside_time, links_into, links_out_of
from lineage.queries.flow.places import loaders
from lineage.queries.flow.readings import Readings
from lineage.queries.flow.steps import Step, is_logged
from lineage.queries.flow.unread import Unread, once
from lineage.queries.flow.walk import Arrival, Walk
from lineage.queries.partitions import told_apart
from lineage.queries.runs.shared_channels import measures as only_measures
from lineage.queries.scope import (
    ALL,
    Within,
    caveats,
    empty,
    is_about,
    left_out,
    narrowed,
    not_enumerated,
    only_covered,
    unnamed,
    wider,
)
from lineage.queries.showing import Answer
from lineage.queries.sources import Source, graph_from, insist_answers
from lineage.snapshot.reading import Snapshot, asks_snapshot

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
# What may be between a dataset and a training job. A gap about any other kind can hide no use.
_RELEVANT = {kind.name for kind in KINDS.values() if kind.tells_use or kind.hints or kind.between} | {*ONLY_NAMED}


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Usage(Answer):
    """The answer to `used`. `as_json` gives the contract `lineage.usage/1`."""

    subject: Json
    verdict: str
    findings: list[Json]
    also_read: list[Json]  # by jobs that train nothing: repack, evaluation and transform jobs, and a monitor's baseline
    scope: Json
    caveats: list[str]
    named: bool = True  # by a record: the place, something in it, or what was read around it
    rests: Rests = NO_REST

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        names = ("subject", "verdict", "findings", "also_read", "scope", "caveats", "named")
        told = {"schema": SCHEMA, "question": "usage"} | {name: getattr(self, name) for name in names}
        return told | self.rests.as_json()

    def only_measured(self) -> list[str]:
        """The channels that prove the use, if each of them is by its name one that only measures a model; else none."""
        channels = {found["channel"] for found in self.findings if found["verdict"] in (USED, INDIRECT)}
        return sorted(channels) if all(map(only_measures, channels)) else []


def used(
    source: Source, uri: str, *, accounts: Iterable[str] = (), regions: Iterable[str] = (), attestations: Vouched = None
) -> Usage:
    """Whether the data at a location was used for training, as far as the snapshot knows.

    `source` is a snapshot or a graph, `uri` an S3 URI: a prefix, a folder, an object or a whole bucket. `accounts` and
    `regions` limit the answer to uses by jobs there, and the answer says so; what those jobs used may have come from anywhere.
    `attestations`, or the file that holds them, close gaps. The answer names the attestations that it rests on, and the verdict
    without them. Raises `MalformedName` and `MalformedPolicy`.
    """
    insist_source(source)
    place = parse_location(from_url(uri))
    insist_answers(source, lambda _: [(_QUESTION, place.uri)])
    asked = _Asked(Within.of(accounts, regions))
    graph = graph_from(source, lambda snapshot: dataset_excerpt(snapshot, place.uri, every=asked.of_some))
    asking = UseUnderWay(Flow(graph), place, every=asked.of_some)
    asking.run()
    known = known_in(graph, asking.readers.dataset)
    return asking.answer(asked, known, vouched_in(attestations, source))


@asks_snapshot
def used_all(
    snapshot: Snapshot,
    uris: Iterable[str],
    *,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
    attestations: Vouched = None,
) -> Iterator[Usage]:
    """`used` of many locations: one answer each, in their order. What all of them share is read once.

    All are read from the snapshot before the first answer, so it may be closed then. Raises `MalformedName` at once.
    """
    return usages(snapshot, uris, Within.of(accounts, regions), vouched_in(attestations, snapshot))


def usages(
    snapshot: Snapshot, uris: Iterable[str], within: Within, vouched: Attestations, beside: Container[str] = ()
) -> Iterator[Usage]:
    """`used_all`, also with the uses by jobs `beside` those of the accounts and regions."""
    places = [parse_location(from_url(uri)) for uri in texts(uris, "uris")]
    asked = _Asked(within, beside)
    graph = dataset_excerpt(snapshot, *(place.uri for place in places), every=asked.of_some)
    return _each(graph, places, asked, vouched)


class _Asked(NamedTuple):
    """Whose uses are listed: those of jobs in some accounts and regions, and of some others, by id."""

    within: Within = ALL
    beside: Container[str] = ()

    @property
    def of_some(self) -> bool:
        """Whether not all uses count."""
        return self.within != ALL


_EVERYONE = _Asked()


def _each(graph: Excerpt, places: list[Location], asked: _Asked, vouched: Attestations) -> Iterator[Usage]:
    flow = Flow(graph)
    readings = Readings(flow) if len(places) > 1 else None  # for one question the graph holds nothing else
    for place in places:
        asking = UseUnderWay(flow, place, readings.near(place) if readings else None, every=asked.of_some)
        asking.run()
        yield asking.answer(asked, known_in(graph, place), vouched)


class Use(NamedTuple):
    """A job that got something from the dataset, as a row of the answer: by which edge, and how strongly."""

    verdict: str
    arrival: Arrival
    link: Link


class UseUnderWay:
    """One question about a place under way, the visitor of a walk: which jobs trained with what.

    The surest chain to a job counts. The data is followed from job to job, through the models and packages between them. These
    are not uses by themselves.
    """

    def __init__(self, graph: Flow, dataset: Location, links: list[Link] | None = None, *, every: bool = False) -> None:
        """`links` are the edges that may be about the place, in order; by default all of the graph.

        `every`: it is asked about some jobs only, so one use does not answer it: each that could not be followed is a gap.
        """
        self.graph = graph
        self._every = every
        self.readers = FirstReaders(graph, dataset, links, served=True)
        self.findings: list[Use] = []
        self.also_read: dict[str, Use] = {}
        self._seen: set[tuple[str, bool]] = set()
        self._around: dict[str, bool] = {}  # by place, whether the dataset is in it

    def run(self) -> None:
        first = []
        for reader in self.readers:
            first.append(reader.arrival)
            if reader.link:
                self._find(reader.arrival, reader.link, _read_as(reader.arrival))
        # The sure ones are followed first, and the early ones first: what came later at the same place reaches no other job.
        first.sort(key=lambda arrival: (not arrival.sure, arrival.links[0].time or ""))
        self._seen = {(arrival.node, arrival.sure) for arrival in first}
        Walk(self.graph, self.readers.blind, self).run(filter(self._leads_on, first))

    def _leads_on(self, arrival: Arrival) -> bool:
        """Whether what a job made may lead on. In a large estate most of it was never read."""
        return self._every or self.graph.leads_on(arrival.node) or not trains(self.graph.nodes[arrival.node])

    # --- on the walk ----------------------------------------------------------------------------

    def turn(self, arrival: Arrival, number: int) -> tuple[Any, ...]:
        """All that was surely made is followed to its end before the next reader; possible arrivals follow in their order."""
        return (False, False, -number) if arrival.sure and arrival.before else (not arrival.sure, True, number)

    def meets(self, further: Arrival) -> bool:
        """A job that is found counts once, or twice if it was found surely after it was found possibly."""
        if (further.node, True) in self._seen or (further.node, further.sure) in self._seen:
            return False
        self._seen.add((further.node, further.sure))
        if further.links:
            self._find(further, further.links[-1], INDIRECT if further.sure else MAYBE)
        return self._leads_on(further)

    def comes_to(self, _arrival: Arrival) -> bool:
        """Every planned arrival is news: each channel of a first reader shows what it made."""
        return True

    def stops_at(self, _arrival: Arrival) -> bool:
        """Every use is wanted."""
        return False

    def may_lose_it(self, node: str) -> bool:
        """Whether the trail may be lost here. A training job's model may go anywhere, but that job is a use already."""
        return self._every or not trains(self.graph.nodes[node])

    def how_far(self, _arrival: Arrival) -> int:
        """Only the surest chain counts, however long."""
        return 0

    def ways_to_get(self, _write: Link) -> tuple[str, ...]:
        """What a job made goes on as data and as a model: others train with what a model says."""
        return ("reads", "loads")

    def written(self, arrival: Arrival, write: Link) -> Iterator[Arrival]:
        """A feature group stores what it is given at its own place. What is served as a model may be a use."""
        if not is_place(write.target):
            yield from self._had(arrival, (write,), sure=True)
        if self.graph.nodes[arrival.node]["kind"] not in (*REPACKERS, *SERVERS):  # what serves trains nothing
            self._served(arrival, write)

    def _served(self, arrival: Arrival, write: Link) -> None:
        """Add a possible use: a job that is not a training job made what is served as a model, and may have trained it."""
        step = next(loaders(self.graph, write), None)
        if step:
            last = next(one.links[-1] for one in reversed(arrival.way()) if one.links)
            self.findings.append(Use(MAYBE, arrival.on(arrival.node, step.links, sure=False), last))

    def taken(self, arrival: Arrival, step: Step, *, sure: bool) -> Iterator[Arrival]:
        """Who read it, and the jobs that used what was made of it as a model."""
        if step.links[-1].relation in TAKING:
            yield from self._had(arrival, step.links, sure=sure)
            return
        for chain in users(self.graph, step.links, served=True):
            said = not any(map(is_logged, chain[len(step.links) :]))
            yield arrival.on(chain[-1].target, chain, sure=sure and said)

    def _had(self, arrival: Arrival, links: tuple[Link, ...], *, sure: bool) -> Iterator[Arrival]:
        """What an edge leads into; if people say so, also the records that it stands for, and the jobs that use those."""
        yield arrival.on(links[-1].target, links, sure=sure)
        for node in had_by(self.graph, links[-1].target) if is_logged(links[-1]) else ():
            if node != links[-1].target:
                yield arrival.on(node, links, sure=False)
            yield from (arrival.on(way[-1].target, way, sure=False) for way in users(self.graph, links, node, served=True))

    def given_on(self, arrival: Arrival) -> Iterator[Arrival]:
        """A job's run may log what the job does not say; it is the same use. And what names it may have got something of it."""
        for link in links_out_of(self.graph, arrival.node, "may-take"):
            yield from self._had(arrival, (link,), sure=False)
        for recorded in links_out_of(self.graph, arrival.node, "recorded-by"):
            yield arrival.on(recorded.target, (), sure=False)

    # --- the answer -----------------------------------------------------------------------------

    def _find(self, arrival: Arrival, link: Link, verdict: str) -> None:
        job = self.graph.nodes[arrival.node]
        people = not (is_job(job) or job["kind"] in ENTITY_KINDS)  # a run, a card; an entity only leads on
        wrote_it = is_logged(link) and people and self._says_so(arrival, link)
        if trains(job) or wrote_it:
            verdict = INDIRECT if verdict == USED and not is_training_job(job) else verdict  # what it started trained
            self.findings.append(Use(DECLARED if self._only_names(arrival, link) else verdict, arrival, link))
        elif only_repacks(job) or (len(arrival.links) == 1 and not arrival.before and self._measures(arrival.node)):
            self.also_read.setdefault(arrival.node, Use(verdict, arrival, link))

    def _says_so(self, arrival: Arrival, link: Link) -> bool:
        """Whether people say it of this one, by a link to it or to an entity of it; not whether a job in between trained."""
        if link.target == arrival.node:
            return True
        found = any(trains(self.graph.nodes[one.node]) for one in arrival.way())
        return self.graph.nodes[link.target]["kind"] in ENTITY_KINDS and not found

    def _measures(self, node: str) -> bool:
        """Whether this reader only measures with what it reads: it does so itself, or made a monitor's baseline."""
        monitors = (self.graph.nodes[link.source] for link in links_into(self.graph, node, "member-of"))
        return any(measures(data) for data in (self.graph.nodes[node], *monitors))

    def _only_names(self, arrival: Arrival, link: Link) -> bool:
        """Whether it is a job that certainly read nothing by this edge: the edge only names the dataset."""
        return is_job(self.graph.nodes[arrival.node]) and read_nothing(self.graph, link._replace(target=arrival.node))

    def answer(self, asked: _Asked = _EVERYONE, known: Known = Known.PLACE, vouched: Attestations = NO_ATTESTATIONS) -> Usage:
        """The uses found by the jobs that are asked about. What is unknown elsewhere counts: data may come from there."""
        scope: Scope = self.graph.graph["scope"]
        within = asked.within
        unread, blind = Unread.of(self.graph), self.readers.blind
        hidden = [*scope.silent, *self.readers.holes, *unread.readers, *unread.models(blind)]
        holes = once([*_holes_of(self.graph, within), *hidden])
        findings = _told_once(sorted(self._asked(self.findings, asked), key=_strongest_first))
        also_read = self._asked((self.also_read[job] for job in sorted(self.also_read)), asked)
        told = told_apart(scope, self.readers.dataset, (one.arrival.node for one in (*findings, *also_read)))
        rows = [self._row(finding) | {"verdict": finding.verdict} for finding in findings]
        verdict, rests = judged(findings[0].verdict if findings else "", NOT_REFERENCED, holes, vouched)
        uri = self.readers.dataset.uri
        return Usage(
            subject={"id": uri, "kind": DATASET.name},
            verdict=verdict,
            findings=rows,
            also_read=[self._row(finding) for finding in also_read],
            scope=scope_json(scope, holes, vouched=vouched) | narrowed(scope, within),
            caveats=[
                *unnamed({uri: known}),
                *only_covered(uri, known, _around(uri, rows), _COUNTS_AS.get(verdict, "it may have been read")),
                *told,
                *caveats(scope, within),
                *left_out(within),
                *unread.vendors,
                *(unread.weights(uri) if verdict == NOT_REFERENCED else ()),
                *rests.notes,
            ],
            named=known.is_named,
            rests=rests,
        )

    def _asked(self, findings: Iterable[Use], asked: _Asked) -> list[Use]:
        """The uses by the jobs that are asked about."""
        if not asked.of_some:
            return list(findings)
        jobs = ((finding, finding.arrival.node) for finding in findings)
        return [finding for finding, job in jobs if job in asked.beside or self._is_within(job, asked.within)]

    def _is_within(self, job: str, within: Within) -> bool:
        data = self.graph.nodes[job]
        return within.takes(data["account"], data["region"])

    def _row(self, finding: Use) -> Json:
        _, arrival, link = finding
        links = arrival.evidence()
        return {
            "job": node_json(self.graph, arrival.node),
            "channel": link.data["role"],
            "cover": str(self.readers.cover(links[0])),
            "through": [node_json(self.graph, one.source) for one in links if _is_given_on(one, arrival.node)],
            "location": link.source,
            "entry": self.readers.listed(links[0])[1],  # for a manifest: what it lists of the dataset
            "time": link.time,
            "content": [content_json(self.graph, one) for one in contents(self.graph, arrival.node) if self._tells(one, link)],
            "evidence": [link_json(one) for one in links],
        }

    def _tells(self, content: Content, link: Link) -> bool:
        """Whether it is the content of what was read by an edge, or of a place around the dataset."""
        if content.place not in self._around:  # that many jobs read
            place = location_of(content.place)
            around = place and cover(place, Span.FOLDER, self.readers.dataset) is Cover.ALL
            self._around[content.place] = bool(around)
        return self._around[content.place] or content.is_of(link.source)


def _holes_of(graph: Flow, within: Within) -> list[Gap]:
    """The gaps of an estate that can hide a use. They are kept, because many questions of one graph need them."""
    name = f"holes of use {within}"
    if name not in graph.kept:
        scope: Scope = graph.graph["scope"]
        relevant = [gap for gap in scope.holes if is_about(gap, _RELEVANT)]
        graph.kept[name] = [*not_enumerated(scope, within=within), *empty(scope, within), *relevant]
    found: list[Gap] = graph.kept[name]
    return found


_COUNTS_AS = {USED: "it counts as read", INDIRECT: "it counts as used", DECLARED: "it counts as named"}


def _around(uri: str, rows: list[Json]) -> list[str]:
    """The wider locations by which a location was found; none if a manifest lists it."""
    return [] if any(row["entry"] for row in rows) else wider(uri, (row["evidence"][0]["source"] for row in rows))


def _is_given_on(link: Link, job: str) -> bool:
    """Whether this edge passes the data on to the job in the row. What that job made itself is not on its path."""
    return link.relation in (*WRITING, "may-take") and link.source != job


def _read_as(first: Arrival) -> str:
    """How strongly a first reader used it: as data itself, through a model or an algorithm, or perhaps."""
    if not first.sure:
        return MAYBE
    return USED if len(first.links) == 1 and first.links[0].data["usage"] == "data" else INDIRECT


def _told_once(findings: list[Use]) -> list[Use]:
    """Findings without those that differ from a stronger or earlier one only in their times."""
    ways: dict[tuple[object, ...], Use] = {}
    for finding in findings:
        way = (finding.arrival.node, *map(beside_time, finding.arrival.evidence()))
        ways.setdefault(way, finding)
    return list(ways.values())


def _strongest_first(finding: Use) -> tuple[int, str, str, str]:
    verdict, arrival, link = finding
    return (VERDICTS.index(verdict), arrival.node, link.data["role"], link.source)
