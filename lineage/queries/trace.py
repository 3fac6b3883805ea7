"""Which run, which training job and which data made what an endpoint serves."""

from __future__ import annotations

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count
from operator import itemgetter
from typing import Any

from lineage.domain.attestations import NO_ATTESTATIONS, Attestations
from lineage.domain.called import asking
from lineage.domain.jobs import is_job
from lineage.domain.kinds import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    ENTITY_KINDS,
    EXPERIMENT,
    FEATURE_GROUP,
    GROUPS,
    IMAGE,
    KINDS,
    LEARNERS,
    MODEL,
    PLACES,
    PREPARERS,
    REGISTERED,
    RUNS,
    SERVING,
    TRAINING_JOB,
    WEIGHTS,
    carries_model,
    kind_of_arn,
)
from lineage.domain.names import EARLIER, Span, is_arn, is_place, node_id
from lineage.domain.records import QUESTION, Gap, Json, Scope
from lineage.domain.sightings import EVER
from lineage.domain.spelling import did_you_mean
from lineage.domain.status import is_as_expected, serves_a_mix
from lineage.domain.times import CERTAIN, POSSIBLE, bounds, sortable
from lineage.domain.training import is_training_job, only_repacks, trains
from lineage.domain.urls import Page, from_url, page_of
from lineage.domain.vendors import sold_by, vendor_of
from lineage.errors import UnknownNode
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.graphs.neighbourhoods import near_excerpt
from lineage.graphs.parts import TRACE
from lineage.queries.as_json import link_json, node_json, scope_json
from lineage.queries.attested import NO_REST, Rests, Vouched, resting, vouched_in
from lineage.queries.flow.belonging import EXECUTION, belongings, is_reuse, ran_in
from lineage.queries.flow.copies import is_copy
from lineage.queries.flow.holes import OBJECT_CALLS, opaque_read
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of, told_together
from lineage.queries.flow.models import (
    NAMED,
    by_environment,
    changed,
    component_changing,
    is_doubtful,
    is_model,
    is_past,
    mix_said,
    read_by,
    specified,
    suspect,
)
from lineage.queries.flow.steps import Step, fit_of, is_logged, is_only_named, put_again
from lineage.queries.flow.unread import Unread, gap_about, gap_subjects, lost_components, told_gaps, vendors_model
from lineage.queries.flow.untold import Untold
from lineage.queries.flow.writers import (
    FEW,
    also_logged,
    is_named_by_its_maker,
    is_surely_made,
    makers_of,
    only_records,
    too_late,
    writers,
)
from lineage.queries.scope import not_enumerated
from lineage.queries.selectors import not_with_arn
from lineage.queries.showing import Answer
from lineage.queries.sources import Source, graph_from, insist_answers
from lineage.snapshot.reading import Snapshot

SCHEMA = "lineage.trace/1"
_MAX_NAMES = 8
_NAME = re.compile(r"[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}")  # of an endpoint (API reference, CreateEndpoint)
COPY, MAYBE_COPY, BESIDE, VENDOR = "copy", "possible-copy", "beside", "vendor"
AROUND, LATER, BY_NAME = "possible-around", "possible-later", "possible-by-name"
TOUCHED = "possible-touched"
USED_AGAIN, CHANGED = "possible-name", "possible-changed"
SAID = "possible-said"  # only text that people may write says that a job read it
_DOUBTS = {
    POSSIBLE: "{} wrote there, but its times or status do not show whether that was before the read",
    AROUND: "{} wrote there, and so did another job, later or to the exact location: it is not certain which one was read",
    TOUCHED: "{} wrote there, but S3 says that the object was modified after that, before it was read",
    LATER: "{} wrote there after the first read: an instance started or replaced since then has read that",
    MAYBE_COPY: "{} wrote content that has been there, but it was not observed there at the time of the write or of the read",
}
MANY_MAKERS = 3  # of a shared place: if there are more, they are listed once and not again for each reader
_WRITTEN = "written there"
_DESCRIBES_JOBS = {kind.describe for kind in KINDS.values() if kind.job}
_LISTED_JOBS = tuple(kind.name for kind in KINDS.values() if kind.job and kind.list)
_GONE = "not possible from here, because it was deleted: only"
REPAIRS = {
    "deleted": f"{_GONE} an earlier snapshot, its Create event in CloudTrail or whoever made it can tell what it named",
    "missing": f"{_GONE} an earlier snapshot, CloudTrail or whoever deployed it can tell what it named",
    "denied": "allow the crawling role to read it (`sagemaker:Describe*`) and crawl again",
    "throttled": "crawl again",
    "failed": "crawl again; if it stays, the detail says what AWS answered",
    "unmatched": "if it was copied here, crawl the account and region that made it",
    "not-crawled": "look it up in the console",
    "no-artifact": "the weights are in the image, or the container fetches them: ask whoever built it",
    NAMED: "ask whoever deployed it what these weights were made of",
    "no-model": "create the variant's inference components, or look at the endpoint's history",
}


@dataclass(slots=True)
class TreeStep:
    """One node of the answer's tree: what it is to its parent, and what is upstream of it."""

    node: str
    relation: str = ""
    role: str = ""
    usage: str = ""
    note: str = ""  # "possible": the times only may fit ("possible-later": it wrote while that was being served,
    # "possible-around": another one wrote the very place, "possible-by-name": only an environment names what it made);
    # "copy", "possible-copy": by its content; "above": shown elsewhere; "beside": a job made it, whatever this run says;
    # "possible-touched": the object was modified after that; "possible-name": its name was used before;
    # "possible-changed": the package that names it was changed;
    # "possible-said": only what people may write says that it was read; "vendor": no record here says what it was trained on
    evidence: str = ""  # "logged": only what people may write says so
    manifest: bool = False  # it lists what was read, and the list itself was not read
    reader: str = ""  # who read what it is made of, if the tree shows only that reader
    steps: list[TreeStep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain ends before it should: at which node, why, and how to repair it."""

    at: str
    reason: str
    detail: str
    repair: str


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Trace(Answer):
    """The answer to `trace`. `as_json` gives the contract `lineage.trace/1`."""

    subject: Json
    verdict: str
    training_jobs: list[Json]
    models: list[Json]
    model_packages: list[Json]
    datasets: list[Json]
    runs: list[Json]
    experiments: list[Json]
    pipeline_executions: list[Json]
    images: list[Json]
    breaks: list[Json]
    evidence: list[Json]
    scope: Json
    caveats: list[str]
    tree: TreeStep
    nodes: dict[str, Json]
    rests: Rests = NO_REST

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        names = [
            "subject",
            "verdict",
            "training_jobs",
            "models",
            "model_packages",
            "datasets",
            "runs",
            "experiments",
            "pipeline_executions",
            "images",
            "breaks",
            "evidence",
            "scope",
            "caveats",
        ]
        told = {"schema": SCHEMA, "question": "trace"} | {name: getattr(self, name) for name in names}
        return told | self.rests.as_json()


def trace(source: Source, endpoint: str, *, attestations: Vouched = None) -> Trace:
    """What made the models that an endpoint serves.

    `endpoint` is a node id, an ARN, a name or `endpoint/name`; `source` a snapshot or a graph. `attestations`, or the file that
    holds them, close gaps; they never repair a break. Raises `MalformedPolicy`. Raises `UnknownNode` if no endpoint, or
    more than one, has that name.
    """
    graph = graph_from(source, lambda snapshot: near_excerpt(snapshot, [find_endpoint(snapshot, endpoint)], "up"))
    insist_answers(source, lambda _: [(TRACE, find_endpoint(_endpoints(graph), endpoint))])
    return Tracing.over(Flow(graph), find_endpoint(_endpoints(graph), endpoint)).answer(vouched_in(attestations, source))


def _endpoints(graph: Excerpt) -> Iterator[tuple[str, str]]:
    nodes = graph.nodes.items()
    return ((node, data["name"]) for node, data in nodes if data["kind"] == ENDPOINT.name and data["observed"])


def find_endpoint(endpoints: Snapshot | Iterable[tuple[str, str]], wanted: str) -> str:
    """Which endpoint of a snapshot, or of some given as (node id, name), a name, `endpoint/name` or an ARN means.

    Raises `UnknownNode`. If a name was used before, it means the last endpoint with it. An earlier one has its creation time in
    its node id.
    """
    wanted = from_url(wanted)
    page = page_of(wanted)
    snapshot = endpoints if isinstance(endpoints, Snapshot) else None
    if isinstance(endpoints, Snapshot):
        endpoints = _called(endpoints, page.name if page else wanted) or endpoints.names_of(ENDPOINT.name)
    living = [(node, name) for node, name in endpoints if "@" not in node]
    if page and page.kind == ENDPOINT.name:
        found = sorted(node for node, name in living if page.shows(node, ENDPOINT.name, name))
        wanted = page.name
    else:
        folded = node_id(wanted) if is_arn(wanted) else wanted.casefold().removeprefix(f"{ENDPOINT.name}/")
        found = sorted(node for node, name in living if folded in (node, name.casefold()))
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownNode(f"several endpoints are named {wanted}: name one by its ARN: {', '.join(found)}")
    named = snapshot.names(wanted) if snapshot and not (page or is_arn(wanted)) else ()
    if others := [node for node, kind, _ in named if kind != ENDPOINT.name]:
        raise UnknownNode(f"no endpoint {wanted!r} in the snapshot: it is the name of {' and of '.join(others[:_MAX_NAMES])}")
    raise UnknownNode(_no_endpoint(living, wanted, page))


def _called(snapshot: Snapshot, wanted: str) -> list[tuple[str, str]]:
    """The endpoints with a name, where the index of names finds one: it folds only ASCII, which is all that AWS allows."""
    name = node_id(wanted).rpartition("/")[2] if is_arn(wanted) else wanted.casefold().removeprefix(f"{ENDPOINT.name}/")
    found = snapshot.observed_as(ENDPOINT.name, name) if wanted.isascii() else []
    exact = node_id(wanted) if is_arn(wanted) else ""
    return found if any("@" not in node and exact in ("", node) for node, _ in found) else []


def _no_endpoint(living: list[tuple[str, str]], wanted: str, page: Page | None) -> str:
    """The message if no endpoint has a name or an ARN."""
    if (is_arn(wanted) and kind_of_arn(wanted) is not ENDPOINT) or (page and page.kind != ENDPOINT.name):
        return f"{page or wanted} is not an endpoint: give the name, the ARN or the console URL of one"
    if is_arn(wanted):
        return not_with_arn(wanted, ((node, ENDPOINT.name, name) for node, name in living), _crawl_it(wanted))
    names = sorted(name for _, name in living)
    if page and (elsewhere := page.elsewhere((node, ENDPOINT.name, name) for node, name in living)):
        return f"no {page} in the snapshot, only in {elsewhere}"
    held = ", ".join(names[:_MAX_NAMES]) + (", …" if len(names) > _MAX_NAMES else "")
    advice = did_you_mean(names, wanted, f" ({f'it holds {held}' if held else 'it holds none'}){_crawl_it(wanted)}")
    return f"no {page or f'endpoint {wanted!r}'} in the snapshot{advice}"


def _crawl_it(wanted: str) -> str:
    """What reads an endpoint, where a text may be the name or the ARN of one."""
    named = wanted.removeprefix(f"{ENDPOINT.name}/")
    if not (is_arn(named) or _NAME.fullmatch(named)):
        return ""
    return f"; {asking(f'lineage crawl --endpoint {named}', f'lineage.crawl_endpoints(path, [{named!r}])')} reads it"


@dataclass(slots=True)
class _Visit:
    """A step of the tree, with how it was reached: the edge, the distance in jobs, and whether only repacking lay between."""

    step: TreeStep
    depth: int
    direct: bool
    readings: tuple[Link, ...] = ()
    sure: bool = True  # nothing on the way here is only possible
    above: _Visit | None = None
    height: int = 0  # how many steps are above it
    far: _Visit | None = None  # one of them, far above it

    def __post_init__(self) -> None:
        above = self.above
        if above:
            self.height = above.height + 1
            far = above.far or above
            farther = far.far or far
            self.far = farther if above.height - far.height == far.height - farther.height else above

    @property
    def reading(self) -> Link | None:
        """The edge by which it was reached; for a model that several ran, the first."""
        return self.readings[0] if self.readings else None

    def is_below(self, other: _Visit) -> bool:
        """Whether another step is above this one, or is this one. The way up is not walked step by step."""
        at = self
        while at.above and at.height > other.height:
            at = at.far if at.far and at.far.height >= other.height else at.above
        return at is other


class Tracing:
    """One trace under way, of an endpoint or of anything else that is made.

    Steps are taken nearest first, so that a shared job appears where it matters most.
    """

    def __init__(self, graph: Graph | Excerpt | Flow, endpoint: str, reader: str = "") -> None:
        """`reader`: for a model or a package, follow only what it was made of when that one ran it."""
        self.graph = Flow.of(graph)
        self.endpoint = endpoint
        self.tree = TreeStep(endpoint, reader=reader)
        self.jobs: dict[str, _Visit] = {}
        self.claimed: dict[str, set[str]] = {}  # runs beside the job that made a place, and the places
        self.served: set[tuple[str, str, str]] = set()
        self.early: set[tuple[str, str]] = set()  # models that were made before what they load, each with who wrote it
        self.makers: dict[str, set[str]] = defaultdict(set)
        self.datasets: dict[tuple[str, str, str], Json] = {}
        self.breaks: list[Break] = []
        self.links: dict[tuple[str, str, str], Link] = {}
        self.visited: dict[str, _Visit] = {}
        self.doubts: dict[str, set[str]] = defaultdict(set)  # those that may have made something, by the reason for the doubt
        self.naming: dict[tuple[str, str], str] = {}  # what jobs may have done at a place that they name, and by which field
        self._ordered: list[Link] = []
        self.unsure: dict[str, tuple[Link, bool]] = {}  # what no job certainly made, by place: a load, and if a run logged it
        self._untold: dict[object, Untold] = {}
        self.stores: set[str] = set()
        self.vendors: dict[str, None] = {}  # notes on the models of vendors
        self._queue: list[tuple[bool, bool, int, int, _Visit]] = []
        self._order = count()

    @classmethod
    def over(cls, graph: Flow, node: str, reader: str = "") -> Tracing:
        """A finished trace."""
        tracing = cls(graph, node, reader)
        tracing.run()
        return tracing

    def unanswered(self) -> Tracing:
        """The same trace for others to ask: its own answer adds the edges to what the jobs belong to."""
        same = copy(self)
        same.links = dict(self.links)
        return same

    def is_all_behind(self, node: str, reader: str) -> bool:
        """Whether all of this trace is what one node is made of, as one reader got it."""
        visit = self.visited.get(node)
        if not visit or not visit.sure or visit.step.reader != reader:
            return False
        while visit.above:
            visit = visit.above
            if len(visit.step.steps) > 1:
                return False
        return True

    def run(self) -> None:
        self._plan(_Visit(self.tree, 0, direct=True))
        while self._queue:
            visit = heapq.heappop(self._queue)[-1]
            attributes = self.graph.nodes[visit.step.node]
            self.visited.setdefault(visit.step.node, visit)
            if visit.reading and attributes["kind"] in PLACES:
                self._place(visit, visit.reading)
            elif is_job(attributes) or attributes["kind"] in (*RUNS, *ENTITY_KINDS):
                self._job(visit)
            elif attributes["kind"] == FEATURE_GROUP.name:
                self._store(visit)
            else:
                self._serving(visit, attributes)

    def _plan(self, visit: _Visit) -> None:
        heapq.heappush(self._queue, (not visit.direct, not visit.sure, visit.depth, next(self._order), visit))

    def _below(
        self, visit: _Visit, links: tuple[Link, ...], node: str, *, deeper: int = 0, direct: bool = True, note: str = ""
    ) -> None:
        """Add a node below a step, by one edge or by several that say the same, and plan to look at it."""
        link = links[0]
        self._keep(link)
        data = link.data
        note = note or self._doubt(links)
        manifest = data["span"] == Span.MANIFEST and node == link.source
        evidence = "logged" if is_logged(link) else ""
        reader = self._read_by(visit, link)
        step = TreeStep(node, data["relation"], data["role"], data["usage"], note, evidence, manifest, reader)
        visit.step.steps.append(step)
        pending = all(is_doubtful(self.graph, one) for one in links)
        doubt = evidence or note.startswith(POSSIBLE) or pending
        sure = visit.sure and not doubt
        self._plan(_Visit(step, visit.depth + deeper, visit.direct and direct, links, sure, visit))

    def _doubt(self, links: tuple[Link, ...]) -> str:
        """Why what edges name may never have run there."""
        if all(suspect(self.graph, link) for link in links):
            return USED_AGAIN
        return CHANGED if all(changed(self.graph, link) for link in links) else ""

    def _read_by(self, visit: _Visit, link: Link) -> str:
        """Who read what is below an edge: a deployment, a component, or a job that names the model."""
        if link.relation == "hosts":
            return link.source
        if link.relation == "provides" and is_job(self.graph.nodes[link.target]):
            return link.target
        return str(link.data["reader"]) if link.relation == "configures" else visit.step.reader

    def _keep(self, link: Link) -> None:
        self.links[link[:3]] = link

    # --- from the endpoint to the artifacts -----------------------------------------------------

    def _serving(self, visit: _Visit, attributes: Json) -> None:
        """An endpoint, config, component, model, package, or something that stands for a model and is not read."""
        node = visit.step.node
        key = (node, visit.step.usage if attributes["kind"] in REGISTERED else "", visit.step.reader)
        if key in self.served:
            visit.step.note = "above"
            return
        self.served.add(key)
        if self._is_vendors(visit):
            return
        if not attributes["observed"]:
            self._break(node, self._why(node))
            self._made(visit)  # a job may itself say that it made what could not be read
            return
        if visit.reading and visit.reading.relation == "reads" and not is_model(visit.reading):
            for link in links_into(self.graph, node, "reads"):  # a hub's dataset, and what it was extracted from
                self._below(visit, (link,), link.source, direct=False)
            return
        links = [link for link in links_into(self.graph, node, *SERVING) if self._is_model(link) and not is_past(link)]
        if visit.step.relation == "instantiates":
            links = specified(links, visit.step.usage)
        links = read_by(links, visit.step.reader)
        for same in _alike(links):
            self._below(visit, same, same[0].source)
        self._made(visit)
        for link in links_into(self.graph, node, "provides"):
            if not self._is_model(link):
                self._keep(link)
        self._said_of(visit)
        self._incomplete(node, attributes, links, key[1])

    def _made(self, visit: _Visit) -> None:
        """The jobs that say that they made it. A package is named by the job whose output it is."""
        for made in makers_of(self.graph, visit.step.node):
            if made.fit == POSSIBLE:
                self.doubts[POSSIBLE].add(made.job)
            self._below(visit, made.links, made.job, deeper=1, note=POSSIBLE if made.fit == POSSIBLE else "")

    def _is_vendors(self, visit: _Visit) -> bool:
        """Whether a model is a vendor's. Its branch ends there: nothing more can be known here, and nothing is missing."""
        node = visit.step.node
        whose = sold_by(node, self.graph.nodes[node], self.graph.graph["scope"].accounts)
        if whose:
            visit.step.note = VENDOR
            self.vendors[vendors_model(node, self.graph.nodes[node], whose)] = None
        return bool(whose)

    def _incomplete(self, node: str, attributes: Json, links: list[Link], specification: str) -> None:
        """Parts of what is served that name no model."""
        what = f"{attributes['kind'].replace('-', ' ')} {attributes['name']}"
        if attributes["kind"] == ENDPOINT_CONFIG.name:
            # A variant without a model is normal if inference components run on it.
            hosts = [link for link in links_into(self.graph, self.endpoint, "hosts") if not is_past(link)]
            filled = {link.data["role"] for link in (*links, *hosts)}
            lost = lost_components(self.graph.graph["scope"], self.graph.nodes[self.endpoint])
            said = f", and its inference components were not read: {lost}" if lost else " and no inference component"
            for variant in attributes.get("variants", []):
                if variant not in filled:
                    self._break(node, (lost or "no-model", f"variant {variant} has no model{said}"))
        elif not links:
            if not is_named_by_its_maker(self.graph, node):
                self._break(node, ("no-artifact", f"{what} names no model artifact"))
        else:
            for part in attributes.get("empty_parts", []) if not specification else ():
                self._break(node, ("no-artifact", f"container {part} of {what} names no model artifact"))

    def _is_model(self, link: Link) -> bool:
        return carries_model(link.relation, link.data["usage"])

    def _deleted(self) -> list[str]:
        """A note on what a complete list no longer contained: the answer shows its last known state."""
        gone = sorted(
            (data["deleted"], data["kind"], data["name"])
            for data in map(self.graph.nodes.get, self._path)
            if data and data.get("deleted")
        )
        last = "this is its last known state"
        return [f"deleted: {kind.replace('-', ' ')} {name} was gone by {at}; {last}" for at, kind, name in gone]

    # --- from a place to the jobs that wrote it -------------------------------------------------

    def _place(self, visit: _Visit, reading: Link) -> None:
        untold = self._untold_of(visit)
        known = self._makers(visit, untold)
        # a thing that helped to make its own input is not new
        steps = [made for made in known if not self._helped(visit, made.job)]
        for made in steps:
            if is_only_named(made.links[0]):
                self._only_names(made.job, made.links[0], _WRITTEN)
            elif made.fit == POSSIBLE:
                self.doubts[_how_known(self.graph, made, reading)].add(made.job)
        told = self.makers[reading.source]
        new = [made for made in steps if made.job not in told] if len(steps) > MANY_MAKERS else steps
        if steps and not new:
            visit.step.note = "above"
        told |= {made.job for made in new}
        for made in new:
            for link in made.links[1:]:
                self._keep(link)
            note = BY_NAME if by_environment(reading) else _how_known(self.graph, made, reading)
            said = not is_only_named(made.links[0])
            self._below(visit, made.links[:1], made.job, deeper=1, direct=said, note=note)
        self._settle(visit, untold, known)
        if is_model(reading):
            self._beside_the_maker(visit, untold, reading)
        # A model has a maker. Raw data need not have one, and neither need a job's own checkpoint prefix.
        repacked = reading.data["usage"] == "data" and only_repacks(self.graph.nodes[reading.target])
        may_read = is_logged(reading) and reading.relation == "reads"  # a job may have read what its environment names
        said = any(not is_only_named(made.links[0]) for made in known) or bool(makers_of(self.graph, reading.target))
        if not said and (is_model(reading) or repacked) and not (may_read or self._is_vendors(visit)):
            self._break(visit.step.node, self._unmatched(reading))
        elif is_model(reading) and not (
            may_read or visit.step.note == VENDOR or is_named_by_its_maker(self.graph, reading.target)
        ):
            logged = bool(known) and all(is_logged(made.links[0]) for made in known)
            unsure = (one for one in visit.readings if by_environment(one) or not is_surely_made(self.graph, one))
            self.unsure.update((one.source, (one, logged)) for one in unsure)

    def _helped(self, visit: _Visit, job: str) -> bool:
        """Whether a step is below the one that shows what a job is made of."""
        return job in self.jobs and visit.is_below(self.jobs[job])

    def _makers(self, visit: _Visit, untold: list[Untold]) -> list[Step]:
        """Who wrote what was read, by whoever read it. For each job, the surest path counts.

        Of many writers of a place that many read, only a few, and those of which something is left to tell.
        """
        if untold:
            counts = [partial(self._counts, visit, reading) for reading in visit.readings]
            asked = zip(untold, visit.readings, counts, strict=True)
            among = set[str]().union(*(one.among(reading, MANY_MAKERS + 1, counted) for one, reading, counted in asked))
            makers, early = self._makers_among(visit.readings, among)
        else:
            makers, early = self._all_makers(visit.readings)
        self.early |= early
        return makers

    def _all_makers(self, readings: tuple[Link, ...]) -> _Made:
        """All makers. A few are kept for the other traces of the graph."""
        known: dict[object, _Made] = self.graph.kept.setdefault("makers", {})
        asked = tuple(reading[:3] for reading in readings)
        if (found := known.get(asked)) is None:
            found = self._makers_among(readings, None)
            if len(found[0]) <= FEW:
                known[asked] = found
        return found

    def _makers_among(self, readings: tuple[Link, ...], among: set[str] | None) -> _Made:
        """The makers, and which of them made what a model loads only after the model was made."""
        best: dict[str, Step] = {}
        early = set[tuple[str, str]]()
        for reading in readings:
            loader = self.graph.nodes[reading.target]
            for made in writers(self.graph, reading, among):
                if only_records(self.graph, made.job, reading.target):
                    continue  # what a run logged is what its job says of itself
                if made.job not in best or (made.fit == CERTAIN != best[made.job].fit):
                    best[made.job] = made
                ended = bounds(made.links[0].time)[1]
                if reading.relation == "loads" and made.fit == CERTAIN and ended > sortable(loader["created"] or EVER):
                    early.add((reading.target, made.job))
        return sorted(best.values(), key=lambda made: (made.fit != CERTAIN, made.job)), early

    def _untold_of(self, visit: _Visit) -> list[Untold]:
        """For each reader of a place the writers of which something is left to tell; empty if all have to be asked.

        So it is for several readers of a model: for each, others may have replaced what was written.
        """
        if len(visit.readings) > 1 and is_model(visit.readings[0]):
            return []
        found = [Untold.of(self.graph, reading, self._untold) for reading in visit.readings]
        return [one for one in found if one] if all(found) else []

    def _counts(self, visit: _Visit, reading: Link, made: Step) -> bool:
        return not (only_records(self.graph, made.job, reading.target) or self._helped(visit, made.job))

    def _settle(self, visit: _Visit, untold: list[Untold], known: list[Step]) -> None:
        """Note what is told of the makers of a place, so that its next reader need not ask them."""
        told = [made.job for made in known if made.job in self.makers[visit.step.node]] if untold else []
        for one in untold:
            for job in told:
                possible, around = (job in self.doubts[doubt] for doubt in (POSSIBLE, AROUND))
                one.settle(job, possible=possible, around=around, named=(job, _WRITTEN) in self.naming)

    def _only_names(self, job: str, link: Link, done: str) -> None:
        """Keep that a job names a place in a text and may have done something there."""
        self.naming.setdefault((job, done), link.data["path"])

    def _beside_the_maker(self, visit: _Visit, untold: list[Untold], reading: Link) -> None:
        """Add the runs that people say made a model which a job made. What they read does not count as its data."""
        for claim in also_logged(self.graph, reading, untold[0].claims(reading) if untold else None):
            for one in untold:
                one.claim(claim.job)
            told = self.claimed.setdefault(claim.job, set())
            if reading.source in told:
                continue
            told.add(reading.source)
            for link in claim.links:
                self._keep(link)
            said = claim.links[0].data
            visit.step.steps.append(TreeStep(claim.job, "writes", said["role"], said["usage"], BESIDE, said["evidence"]))

    def _unmatched(self, reading: Link) -> tuple[str, str]:
        late = too_late(self.graph, reading)
        if late:
            names = ", ".join(self.graph.nodes[job]["name"] for job in late)
            return "unmatched", f"only {names} wrote it, and only after {self.graph.nodes[reading.target]['name']} had read it"
        return self._why(reading.source)

    def _store(self, visit: _Visit) -> None:
        """Look above a feature group whose storage place is unknown. Any other has its jobs' writes at its place."""
        if not self.graph.nodes[visit.step.node]["observed"]:
            self._break(visit.step.node, self._why(visit.step.node))  # what was put into it is unknown
        hidden = not links_out_of(self.graph, visit.step.node, "writes") and visit.step.node not in self.stores
        for link in links_into(self.graph, visit.step.node, "writes") if hidden else ():
            self.doubts[POSSIBLE].add(link.source)
            self._below(visit, (link,), link.source, deeper=1, direct=False, note=POSSIBLE)
        self.stores.add(visit.step.node)

    # --- jobs -----------------------------------------------------------------------------------

    def _job(self, visit: _Visit) -> None:
        node = visit.step.node
        known = self.jobs.get(node)
        if known:
            known.depth = min(known.depth, visit.depth)
            known.sure |= visit.sure
            visit.step.note = visit.step.note or "above"
            return
        self.jobs[node] = visit
        attributes = self.graph.nodes[node]
        if is_job(attributes) and not attributes["observed"]:
            self._break(node, self._why(node))  # what it read is unknown
        repacks = only_repacks(attributes)
        indirect = not (visit.direct and attributes["kind"] in LEARNERS)
        for links in told_together(links_into(self.graph, node, "reads")):
            link = links[0]
            channel = link.data["role"]
            if link.data["usage"] == "data" and not repacks:
                row = {"uri": link.source, "channel": channel, "job": link.target, "indirect": indirect}
                self.datasets[link.source, channel, link.target] = row
            self._below(visit, links, link.source, direct=repacks, note=SAID if is_logged(link) else "")
        for link in links_into(self.graph, node, "may-read"):
            self._only_names(node, link, "read what others wrote there")
            self._below(visit, (link,), link.source, direct=False, note=POSSIBLE)
        for link in links_into(self.graph, node, "may-take"):
            thing = self.graph.nodes[link.source]
            if not (thing["observed"] or is_arn(link.source) or thing.get("unread")):
                continue  # perhaps no thing has the name that an option gives
            self._below(visit, (link,), link.source, deeper=1, direct=False, note=POSSIBLE)
        for link in links_into(self.graph, node, "recorded-by") if visit.step is self.tree else ():
            self._below(visit, (link,), link.source)  # the jobs of a run, if they are asked for
        for link in links_into(self.graph, node, "provides"):
            if self._is_model(link):  # what was compiled or optimised, by the name of the model
                self._below(visit, (link,), link.source, direct=repacks)
            else:
                self._keep(link)
        self._said_of(visit)

    # --- what people say with lineage entities ----------------------------------------------------

    def _said_of(self, visit: _Visit) -> None:
        """What people say got into something: into an entity of it, and into an entity from others and from what it is of."""
        node, entity = visit.step.node, self._is_entity(visit.step.node)
        for link in links_into(self.graph, node, "writes"):
            if is_logged(link):
                self._below(visit, (link,), link.source, deeper=1, direct=False, note=POSSIBLE)
        for link in links_into(self.graph, node, "recorded-by") if entity else ():
            known = self.graph.nodes[link.source]["observed"] and self.graph.nodes[link.source]["kind"] not in GROUPS
            if known and visit.reading != link:  # else it came from there
                self._below(visit, (link,), link.source, deeper=1, direct=False, note=POSSIBLE)
        for link in links_out_of(self.graph, node, "recorded-by") if not entity else ():
            told = self._is_entity(link.target) and any(self.graph.into(link.target, ("reads", "writes")))
            if told and visit.reading != link:
                self._below(visit, (link,), link.target, deeper=1, direct=False, note=POSSIBLE)

    def _is_entity(self, node: str) -> bool:
        return self.graph.nodes[node]["kind"] in ENTITY_KINDS

    # --- where it breaks ------------------------------------------------------------------------

    def _why(self, node: str) -> tuple[str, str]:
        gap = gap_about(self.graph, node)
        if gap:
            return gap.reason, gap.detail
        data, scope = self.graph.nodes[node], self.graph.graph["scope"]
        if data["kind"] == WEIGHTS:
            return NAMED, self._named_by(node)
        if node.endswith(EARLIER):
            return "missing", f"what has this name now is younger: the {data['kind'].replace('-', ' ')} before it was not read"
        if (data["account"], data["region"], data["kind"]) in scope.enumerated:
            return "missing", f"no {data['kind'].replace('-', ' ')} of that name exists any more"
        if data["kind"] not in PLACES:
            return "not-crawled", "its record was not read"
        listed = all((*place, run) in scope.enumerated for place in scope.places for run in RUNS)
        unlisted = "" if listed else ", and not every run that may log it was listed"
        return "unmatched", f"no job in the snapshot wrote it{unlisted}"

    def _named_by(self, weights: str) -> str:
        """The texts that name weights which no place holds."""
        holders = links_out_of(self.graph, weights, "loads")
        said = sorted(
            {f"{link.data['path'].rpartition('.')[2]} of {self.graph.nodes[link.target]['name']}" for link in holders}
        )
        return f"only {', '.join(said)} names it, and no record shows what it was made of"

    def _break(self, node: str, why: tuple[str, str]) -> None:
        found = Break(node, *why, REPAIRS.get(why[0], "crawl again"))
        if found not in self.breaks:
            self.breaks.append(found)

    # --- the answer -----------------------------------------------------------------------------

    def answer(self, vouched: Attestations = NO_ATTESTATIONS) -> Trace:
        members = self._members()
        images = sorted({link.source for link in self.links.values() if self.graph.nodes[link.source]["kind"] == IMAGE})
        nodes = [*self.visited, *self.claimed, *members, *images]
        shown = {node: self._told(node) for node in dict.fromkeys(nodes)}
        scope: Scope = self.graph.graph["scope"]
        rests = resting(self.verdict(), self.holes, vouched)

        def of(*kinds: str) -> list[Json]:
            return sorted((row for row in shown.values() if row["kind"] in kinds), key=lambda row: row["id"])

        return Trace(
            subject=shown[self.endpoint],
            verdict=self.verdict(),
            training_jobs=self._training_jobs(),
            models=of(MODEL.name),
            model_packages=of(*REGISTERED),
            datasets=[self.datasets[key] for key in sorted(self.datasets)],
            runs=[row | self._run_facts(row["id"]) for row in of(*RUNS)],
            experiments=of(EXPERIMENT.name),
            pipeline_executions=self._executions(of(EXECUTION)),
            images=of(IMAGE),
            breaks=[self.break_json(found) for found in self.breaks],
            evidence=[self._edge(link) for link in self._in_order()],
            scope=scope_json(scope, self.holes, self.crawls, vouched),
            caveats=[*self.caveats, *rests.notes],
            tree=self.tree,
            nodes={node: self._shown(node) for node in shown},
            rests=rests,
        )

    def _told(self, node: str) -> Json:
        """A node as the answer shows it, made once for all traces of the graph."""
        known: dict[str, Json] = self.graph.kept.setdefault("node json", {})
        if node not in known:
            known[node] = node_json(self.graph, node)
        return known[node]

    def _shown(self, node: str) -> Json:
        """The same with what a person sees besides."""
        known: dict[str, Json] = self.graph.kept.setdefault("shown", {})
        if node not in known:
            known[node] = self._told(node) | _facts(self.graph.nodes[node])
        return known[node]

    def _edge(self, link: Link) -> Json:
        known: dict[tuple[str, str, str], Json] = self.graph.kept.setdefault("link json", {})
        if link[:3] not in known:
            known[link[:3]] = link_json(link)
        return known[link[:3]]

    def _in_order(self) -> list[Link]:
        """The edges by their ends and keys, sorted again if some were added."""
        if len(self._ordered) != len(self.links):
            self._ordered = [self.links[key] for key in sorted(self.links)]
        return self._ordered

    def verdict(self) -> str:
        if not self.breaks:
            return "traced"
        makers = (self.graph.nodes[job] for job, visit in self.jobs.items() if visit.direct)
        made = not all(only_repacks(data) for data in makers)
        return "partial" if made else "broken"

    def _training_jobs(self) -> list[Json]:
        rows = [
            node_json(self.graph, job)
            | {"depth": visit.depth, "trains": trains(self.graph.nodes[job]), "sure": visit.sure}
            | dict(zip(("ran_in", "reused_by"), ran_in(self.graph, job), strict=True))
            for job, visit in self.jobs.items()
            if is_training_job(self.graph.nodes[job]) or only_repacks(self.graph.nodes[job])
        ]
        return sorted(rows, key=lambda row: (row["depth"], row["id"]))

    def _members(self) -> list[str]:
        """The runs that recorded the training jobs, their trials and experiments, and the executions behind them."""
        packages = [node for node in self.visited if self.graph.nodes[node]["kind"] in REGISTERED]
        found: dict[str, None] = {}
        todo: list[tuple[str, str | None]] = [(node, None) for node in (*self.jobs, *self.claimed, *packages)]
        seen = set(todo)
        while todo:
            node, step = todo.pop(0)
            processing = self.graph.nodes[node]["kind"] in PREPARERS
            for link in () if processing else belongings(self.graph, node, step):
                self._keep(link)
                found[link.target] = None
                onward = (link.target, link.data["role"] if is_reuse(link) else None)
                if onward not in seen:
                    seen.add(onward)
                    todo.append(onward)
        return list(found)

    def _executions(self, rows: list[Json]) -> list[Json]:
        """The pipeline executions, those that made something first. `reused`: it only took over what an earlier one made."""
        told = [link for link in self.links.values() if self.graph.nodes[link.source]["kind"] != EXECUTION]
        made = {link.target for link in told if not is_reuse(link)}
        reused = {link.target for link in told if is_reuse(link)} - made
        return sorted((row | {"reused": row["id"] in reused} for row in rows), key=itemgetter("reused", "id"))

    def _run_facts(self, run: str) -> Json:
        """The jobs of this trace that a run recorded, the others, and whether more than its own word links it to this trace."""
        jobs = [link.source for link in links_into(self.graph, run, "recorded-by")]
        here = [job for job in jobs if job in self.jobs]
        others = [node_json(self.graph, job) for job in jobs if job not in self.jobs]
        return {"jobs": here, "other_jobs": others, "evidence": "declared" if here else "logged"}

    def break_json(self, found: Break) -> Json:
        at = node_json(self.graph, found.at)
        return {"at": at, "reason": found.reason, "detail": found.detail, "repair": found.repair}

    @cached_property
    def holes(self) -> list[Gap]:
        """The gaps on this path, and jobs that could not be read: any of them may have made what this path read."""
        scope: Scope = self.graph.graph["scope"]
        gaps = told_gaps(self.graph)
        asked = set[str]().union(*(gap_subjects(node, self.graph.nodes[node]) for node in (self._path if gaps else ())))
        made_here = any(self.graph.nodes[node]["kind"] in PLACES for node in self.visited)
        makers = _DESCRIBES_JOBS if made_here else set()
        broken = {found.at for found in self.breaks}
        holes = [
            gap
            for gap, names in gaps
            if not (gap.operation in OBJECT_CALLS or vendor_of(gap.subject))  # a manifest is reported with its reader
            if (not asked.isdisjoint(names) and (gap.reason != "unmatched" or gap.subject in broken))
            or (gap.operation in makers and gap.reason != "missing" and gap.subject not in scope.known)
        ]
        reads = [link for link in self._in_order() if link.relation == "reads"]
        opaque = [opaque_read(self.graph, link) for link in reads if is_job(self.graph.nodes[link.target])]
        silent = [gap for gap in scope.silent if gap.subject in self.jobs]
        unread = Unread.of(self.graph).readers if made_here else []
        told = dict.fromkeys(filter(None, [*opaque, *unread]))
        doubts = [gap for gap, _ in self.unsurely_made()]
        unlisted = self._unlisted(scope) if made_here else []
        return [*holes, *unlisted, *silent, *told, *self._anybodys(), *doubts, *self.mixed()]

    def _unlisted(self, scope: Scope) -> list[Gap]:
        """The lists of jobs that are not complete, any of which may lack a job that made what this path read.

        A crawl of an endpoint alone completes no list: it asks for the writers of each location instead.
        """
        if "unlisted" not in self.graph.kept:
            places = {(account, region) for account, region, _ in scope.enumerated}
            gaps = not_enumerated(scope, _LISTED_JOBS)
            self.graph.kept["unlisted"] = [gap for gap in gaps if (gap.account, gap.region) in places]
        found: list[Gap] = self.graph.kept["unlisted"]
        return found

    def unsurely_made(self) -> Iterator[tuple[Gap, bool]]:
        """A gap for each model that no job certainly made, or that only an environment names; and whether a run logged it."""
        for place, (link, logged) in sorted(self.unsure.items()):
            loader = self.graph.nodes[link.target]
            reason, said = "unmatched", f"no job certainly made {place}, which {loader['name']} loads"
            if by_environment(link):
                reason, said = NAMED, f"no field shows whether {loader['name']} loads {place}, which its environment names"
            yield Gap(loader["account"] or "", loader["region"] or "", "", place, reason, said, QUESTION), logged

    def mixed(self) -> Iterator[Gap]:
        """A gap if the endpoint serves a mix of two configs and its record names only one."""
        node = self.graph.nodes[self.endpoint]
        named = [link for link in links_into(self.graph, self.endpoint, "configures") if not is_past(link)]
        if node["kind"] == ENDPOINT.name and serves_a_mix(node["status"]) and len(named) == 1:
            yield Gap(node["account"] or "", node["region"] or "", "", self.endpoint, "unresolved", mix_said(node), QUESTION)

    def _anybodys(self) -> list[Gap]:
        """A gap for each prefix from which every model is served, whoever put it there."""
        node = self.graph.nodes[self.endpoint]
        where = (node["account"] or "", node["region"] or "", "", self.endpoint, "unresolved")
        return [Gap(*where, said, QUESTION) for link in self._in_order() if (said := anybodys_model(link))]

    @cached_property
    def _path(self) -> set[str]:
        """Every node that was passed, or that an edge kept leads to."""
        return {*self.visited, *(link.target for link in self.links.values())}

    @cached_property
    def crawls(self) -> set[int] | None:
        """The crawls that read what is on this path; None if the graph has no snapshot."""
        found = (self.graph.nodes[node].get("crawl") for node in self._path)
        return {crawl for crawl in found if crawl} or None

    @cached_property
    def caveats(self) -> list[str]:
        """What weakens the answer, in sentences."""
        scope: Scope = self.graph.graph["scope"]
        told = (
            self._deleted(),
            self._open_network(),
            self._uncertain(),
            self._by_environment(),
            self.suspects(),
            self._contradicted(),
            self._made_before(),
            self._not_seen_again(),
            self.changing(),
            self.vendors,
        )
        unfinished = [f"crawl {crawl.id} of {crawl.started} did not finish" for crawl in scope.crawls if not crawl.complete]
        return [*(caveat for caveats in told for caveat in caveats), *unfinished]

    def _open_network(self) -> list[str]:
        jobs = [data for job in self.jobs if trains(data := self.graph.nodes[job])]
        exposed = sum(not data.get("isolated") for data in jobs)
        if not exposed:
            return []
        which = "the only training job on this path" if len(jobs) == 1 else f"{exposed} of {len(jobs)} training jobs"
        return [f"{which} ran without network isolation and may have read data that no channel names"]

    def _uncertain(self) -> list[str]:
        told = ((_DOUBTS[doubt], self.doubts[doubt]) for doubt in sorted(self.doubts))
        naming = [
            f"{self.graph.nodes[job]['name']} names a location in its {field}, and may have {done}"
            for (job, done), field in sorted(self.naming.items())
        ]
        names = ((said, sorted(self.graph.nodes[job]["name"] for job in jobs)) for said, jobs in told)
        return [*(said.format(name) for said, jobs in names for name in jobs), *naming]

    def _by_environment(self) -> list[str]:
        """Weights that a container may load because its environment names them."""
        said = "{} of {} {} names {}: no field shows whether the container loads it"
        return sorted(
            said.format(link.data["path"].rpartition(".")[2], data["kind"].replace("-", " "), data["name"], link.source)
            for link in self.links.values()
            if by_environment(link) and is_place(link.source) and (data := self.graph.nodes[link.target])
        )

    def suspects(self) -> list[str]:
        """A note for each name that was deleted and used again, and for each package that named something else before."""
        notes = (suspect(self.graph, link) or changed(self.graph, link) for link in self.links.values())
        return sorted({note for note in notes if note})

    def _contradicted(self) -> list[str]:
        """A note for each record that pins another content than S3 said was there."""
        said = "{} {} pins an ETag of {} that the object did not have when S3 was asked: it was overwritten or uploaded again"
        nodes = map(self.graph.nodes.get, self.visited)
        told = ((data, place) for data in nodes if data for place in data.get("contradicted", ()))
        return [said.format(data["kind"].replace("-", " "), data["name"], place) for data, place in told]

    def _made_before(self) -> list[str]:
        """A note for each model that names a place where its artifact was written only later: it is read where it runs."""
        said = "{} {} was made before {} had written its artifact: what it loads was read later, where it ran"
        nodes = self.graph.nodes
        pairs = [(nodes[model], nodes[job]["name"]) for model, job in sorted(self.early)]
        return [said.format(model["kind"].replace("-", " "), model["name"], job) for model, job in pairs]

    def _not_seen_again(self) -> list[str]:
        """A note for each inference component that a later crawl of the endpoint no longer listed."""
        latest = self.graph.nodes[self.endpoint].get("crawl") or 0
        hosts = (self.graph.nodes[link.source] for link in self.links.values() if link.relation == "hosts")
        gone = sorted(data["name"] for data in hosts if (data.get("crawl") or latest) < latest)
        return [f"suspect: inference component {name} was not found by the last crawl of this endpoint" for name in gone]

    def changing(self) -> list[str]:
        """A note if the endpoint, or a component that runs on it, is neither in service nor out of it."""
        node = self.graph.nodes[self.endpoint]
        hosts = (self.graph.nodes[link.source] for link in self.links.values() if link.relation == "hosts")
        parts = sorted(filter(None, map(component_changing, hosts)))
        if node["kind"] != ENDPOINT.name or is_as_expected(node["status"]):
            return parts
        return [f"the endpoint is {node['status']}: it may serve a config other than the one it names, or none", *parts]


_Made = tuple[list[Step], set[tuple[str, str]]]
"""The makers of what was read, and which models were made before what they load, each with who wrote it."""


def _alike(links: list[Link]) -> list[tuple[Link, ...]]:
    """The edges into one node, grouped if they say the same of the same place: whoever runs a model reads it."""
    found: dict[tuple[str, ...], list[Link]] = defaultdict(list)
    for link in links:
        found[link.source, link.relation, link.data["role"], link.data["usage"]].append(link)
    return [tuple(same) for same in found.values()]


def _how_known(graph: Flow, made: Step, reading: Link) -> str:
    """How a maker is known, in words: by its content, and why it is only possible if so."""
    if _is_copied(made):
        return COPY if made.fit == CERTAIN else MAYBE_COPY
    if made.fit == CERTAIN:
        return ""
    write = made.links[0]
    if reading.relation == "loads" and bounds(write.time)[0] > bounds(reading.time)[0]:
        return LATER
    if put_again(graph, write, reading):
        return TOUCHED
    return AROUND if is_model(reading) and fit_of(graph, write, reading) == CERTAIN else POSSIBLE


def _is_copied(made: Step) -> bool:
    return any(map(is_copy, made.links))


def _facts(attributes: Json) -> dict[str, Any]:
    """What a person sees of a node besides the common attributes."""
    names = ("label", "ended", "variants", "weights", "approval", "display_name", "failure")
    facts = {name: attributes[name] for name in names if name in attributes}
    return facts | ({"trains": trains(attributes)} if attributes["kind"] == TRAINING_JOB.name else {})


def anybodys_model(link: Link) -> str:
    """What follows where a model is loaded from a prefix; empty if this edge is not such a load."""
    if link.relation != "loads" or link.data["span"] != Span.PREFIX or not is_place(link.source) or by_environment(link):
        return ""
    return f"any model placed under {link.source} is served, whoever made it" if is_model(link) else ""
