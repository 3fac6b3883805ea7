"""What data a job, model, package or endpoint was made from: channel by channel, with who wrote it before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import NamedTuple

from lineage.domain.attestations import Attestations
from lineage.domain.given import texts
from lineage.domain.jobs import is_job
from lineage.domain.kinds import FEATURE_GROUP, KINDS, LEARNERS, MADE, OF_VARIANTS, SHOWN_BESIDE, VERSIONED
from lineage.domain.names import Location, Span, is_place, parse_location
from lineage.domain.records import Gap, Json, Resource, Scope
from lineage.domain.references import Hit, hits
from lineage.domain.training import only_repacks
from lineage.errors import UnknownNode
from lineage.graphs.excerpts import Excerpt, insist_source
from lineage.graphs.named import Known, NamedPlaces, known_in
from lineage.graphs.neighbourhoods import dataset_excerpt, making_excerpt
from lineage.queries.as_json import link_json, node_json, scope_json
from lineage.queries.attested import NO_REST, Rests, Vouched, resting, vouched_in
from lineage.queries.flow.begun import read_nothing, surely_ran
from lineage.queries.flow.contents import LOGGED, agreed, content_json, contents, whole_contents
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of, told_once
from lineage.queries.flow.steps import listings_of
from lineage.queries.flow.unread import once
from lineage.queries.flow.writers import writers_of_all
from lineage.queries.holdouts import Lost, Making, lost_trails
from lineage.queries.partitions import told_apart
from lineage.queries.runs.shared_channels import overlapping
from lineage.queries.scope import UNCHECKED, traceless, unnamed
from lineage.queries.selectors import find_in, find_node, names_of
from lineage.queries.showing import Answer
from lineage.queries.sources import Source, insist_answers
from lineage.queries.trace import Tracing
from lineage.queries.used import NOT_REFERENCED
from lineage.snapshot.reading import Snapshot

SCHEMA = "lineage.datasets/1"
READ, DECLARED, MAYBE = "read", "declared-only", "possible"
NAMED = "named"  # the usage of what a job only names in a text: no field says what for
_DATA_TYPES = {
    "S3Prefix": "prefix",
    "S3Object": "object",
    "ManifestFile": "manifest",
    "AugmentedManifestFile": "augmented manifest",
}
_STORES = {"s3": "prefix", "athena": "query", "redshift": "query", "api": "runtime API"}
_SPANS = {Span.OBJECT: "object", Span.MANIFEST: "manifest", Span.LISTING: "manifest", Span.UNKNOWN: "unknown"}
_UNPINNED = "S3 prefixes and manifests do not name object versions: the objects read are not pinned"
_LOGGED = "'pinned as logged' relies on what a run says about its input: anyone who can write the run can change that"
_GIVEN = "some digests were given by whoever logged them and were not checked"
_ONLY_HERE = (
    "not-referenced is about what {} was made of, as far as that was read: other jobs may have used the same data, and "
    "`lineage used` asks about all of them"
)
_TRAINS_NOTHING = "{} does not train: what it read did not get into a model that way"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Datasets(Answer):
    """The answer to `datasets`. `as_json` gives the contract `lineage.datasets/1`."""

    subject: Json
    verdict: str
    datasets: list[Json]
    overlaps: list[Json]
    holdouts: list[Json]
    breaks: list[Json]
    scope: Json
    caveats: list[str]
    rests: Rests = NO_REST
    making: Json = field(default_factory=dict)  # the nodes and edges that join all of this, for a picture; not in the JSON

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        names = ("subject", "verdict", "datasets", "overlaps", "holdouts", "breaks", "scope", "caveats")
        told = {"schema": SCHEMA, "question": "datasets"} | {name: getattr(self, name) for name in names}
        return told | self.rests.as_json()


Fields = dict[tuple[str, str, str], Hit]
"""What a record says of each place, by field, role and place."""


class Part(NamedTuple):
    """One thing that is served: its variant, its role, its node, and who runs it; or the subject itself."""

    variant: str
    usage: str
    node: str
    reader: str = ""


def datasets(source: Source, node: str, *, holdouts: Iterable[str] = (), attestations: Vouched = None) -> Datasets:
    """What data a node was made from, and whether any of the `holdouts` (S3 URIs) was part of it.

    `node` is the id, the ARN, `kind/name` or the name of a job, a run, a model, a package, a component or an endpoint. With a
    snapshot as source the answer also has input modes, which a graph does not hold. `attestations`, or the file that holds
    them, close gaps in the answer for each holdout. They never repair a break. Raises `MalformedName`, `MalformedPolicy` and
    `UnknownNode`.
    """
    snapshot = source if isinstance(source, Snapshot) else None
    insist_source(source)
    if isinstance(source, Snapshot):
        found = find_in(source, node)
        whole = around = making_excerpt(source, found)
    else:
        insist_answers(source, lambda _: [])
        whole = Excerpt.of(source)
        found = find_node(names_of(whole), node)
        around = making_excerpt(whole, found)
    _insist_made(around, found)
    making = Flow(around)
    asking = DatasetsUnderWay(Tracing.over(making, found), snapshot, whole, lambda: making, vouched_in(attestations, source))
    return asking.answer([*texts(holdouts, "holdouts")])


def _insist_made(graph: Excerpt, node: str) -> None:
    """Raise `UnknownNode` for a node that is not made of data."""
    kind = graph.nodes[node]["kind"]
    if kind not in MADE and not is_job(graph.nodes[node]):
        taken = "datasets takes a job, a run, a model, a package or an endpoint"
        raise UnknownNode(f"{graph.nodes[node]['name']} is of another kind ({kind.replace('-', ' ')}): {taken}")


class DatasetsUnderWay:
    """One question under way, about a node that was traced."""

    def __init__(
        self,
        tracing: Tracing,
        snapshot: Snapshot | None,
        whole: Excerpt,
        making: Callable[[], Flow],
        vouched: Attestations,
    ) -> None:
        """`making` gives a graph of what may be upstream of the node and nothing else; it is asked only about holdouts."""
        self.graph = tracing.graph
        self.node = tracing.endpoint
        self.tracing = tracing
        self._snapshot = snapshot
        self._whole = whole
        self._making_graph = making
        self._known = NamedPlaces.of(snapshot).known if snapshot else partial(known_in, whole)
        self._vouched = vouched
        self._rows: dict[tuple[object, ...], Json] = {}
        # what holds for every node of the graph is kept with it
        self._fields: dict[str, Fields] = self.graph.kept.setdefault("fields", {})
        self._reads_of: dict[tuple[object, ...], Json] = self.graph.kept.setdefault("reads", {})
        self._reads_by: dict[str, list[Link]] = self.graph.kept.setdefault("reads by", {})
        self._shared_in: dict[str, list[Json]] = self.graph.kept.setdefault("shared in", {})

    def answer(self, holdouts: list[str], *, drawn: bool = True) -> Datasets:
        """The answer. `drawn`: with what a picture of it needs."""
        parts = list(self._parts())
        served = dict.fromkeys((part.node, part.reader) for part in parts if part.node != self.node)
        made = {(self.node, ""): self.tracing} | {one: self._tracing_of(*one) for one in served}
        for part in parts:
            self._read_for(part, made[part.node, part.reader])
        checked, unsure = self._checked(holdouts, parts) if holdouts else ([], [])
        known = {row["uri"]: self._known(parse_location(row["uri"])) for row in checked}
        checked = [row | {"named": known[row["uri"]].is_named} for row in checked]
        scope: Scope = self.graph.graph["scope"]
        rows = sorted(self._rows.values(), key=_order)
        holes = once([*self.tracing.holes, *unsure])
        rests = resting(self.tracing.verdict(), holes, self._vouched)
        return Datasets(
            subject=node_json(self.graph, self.node),
            verdict=self.tracing.verdict(),
            datasets=rows,
            overlaps=[found for job in self.tracing.jobs for found in self._overlapping(job)],
            holdouts=checked,
            breaks=[self.tracing.break_json(found) for found in self.tracing.breaks],
            scope=scope_json(scope, holes, self.tracing.crawls, self._vouched),
            caveats=[*self._caveats(rows, checked, known), *rests.notes],
            rests=rests,
            making=self._making() if drawn else {},
        )

    def _tracing_of(self, node: str, reader: str) -> Tracing:
        """What made one thing that is served. If nothing else is, it was traced already."""
        return self.tracing if self.tracing.is_all_behind(node, reader) else Tracing.over(self.graph, node, reader)

    def _caveats(self, rows: list[Json], checked: list[Json], known: dict[str, Known]) -> Iterator[str]:
        scope: Scope = self.graph.graph["scope"]
        subject = self.graph.nodes[self.node]
        yield from unnamed(known)
        apart = (told_apart(scope, parse_location(uri), [self.node]) for uri in known)
        yield from dict.fromkeys(chain.from_iterable(apart))
        yield from self.tracing.caveats
        if only_repacks(subject):
            yield _TRAINS_NOTHING.format(subject["name"])
        yield from _pinning_notes(rows)
        if any(row["verdict"] == NOT_REFERENCED for row in checked):
            yield _ONLY_HERE.format(subject["name"])
        yield from [traceless(scope)] if checked else ()
        yield UNCHECKED

    def _making(self) -> Json:
        """The path of the trace from what was read to what it made, without container images."""
        links = [link for _, link in sorted(self.tracing.links.items()) if self._kind(link.source) not in SHOWN_BESIDE]
        nodes = dict.fromkeys(end for link in links for end in link[:2])
        return {
            "nodes": [node_json(self.graph, node) for node in nodes],
            "evidence": [link_json(link) for link in links],
        }

    def _checked(self, holdouts: list[str], parts: list[Part]) -> tuple[list[Json], Iterable[Gap]]:
        """Whether each of some datasets was part of it, and the gaps that could hide it."""
        told = [(part.variant, part.node, part.reader) for part in parts]
        making = Making(self._making_graph(), self.tracing, told, self._vouched)
        lost = self._lost([parse_location(uri) for uri in holdouts])
        return [making.holdout(uri, lost[parse_location(uri).uri]) for uri in holdouts], making.holes

    def _lost(self, places: list[Location]) -> dict[str, list[Lost]]:
        """Where the trail of each of some datasets is lost, anywhere and not only upstream."""
        uris = (place.uri for place in places)
        around = dataset_excerpt(self._snapshot, *uris, every=True) if self._snapshot else self._whole
        return lost_trails(Flow(around), places)

    # --- what is served -------------------------------------------------------------------------

    def _parts(self) -> Iterator[Part]:
        """What an endpoint serves, by variant; for anything else, the node itself."""
        todo = [self.tracing.tree] if self._kind(self.node) in OF_VARIANTS else []
        if not todo:
            yield Part("", "", self.node)
        while todo:
            for step in todo.pop(0).steps:
                if self._kind(step.node) in OF_VARIANTS:
                    todo.append(step)
                elif step.relation in ("deploys", "hosts"):
                    yield Part(step.role, "component" if step.relation == "hosts" else step.usage, step.node, step.reader)

    def _kind(self, node: str) -> str:
        return str(self.graph.nodes[node]["kind"])

    def _read_for(self, part: Part, tracing: Tracing) -> None:
        """The reads of every job that a part was made by. A job that several parts share is listed once."""
        told = {"variant": part.variant, "usage": part.usage, "id": part.node, "name": self.graph.nodes[part.node]["name"]}
        for job, visit in tracing.jobs.items():
            direct = visit.direct and (job == self.node or self._kind(job) in LEARNERS)
            for link in self._reads(job):
                key = (*link[:3], job, direct)
                if key not in self._rows:
                    self._rows[key] = self._read(link, job) | {"indirect": not direct, "depth": visit.depth, "models": []}
                self._rows[key]["depth"] = min(self._rows[key]["depth"], visit.depth)
                self._rows[key]["models"] += [told] if part.node != self.node else []

    # --- what a job read ------------------------------------------------------------------------

    def _overlapping(self, job: str) -> list[Json]:
        """The channels of a job that share data."""
        if job not in self._shared_in:
            self._shared_in[job] = list(overlapping(self.graph, job))
        return self._shared_in[job]

    def _reads(self, job: str) -> list[Link]:
        """All that a job read or names."""
        if job not in self._reads_by:
            self._reads_by[job] = list(self._found_reads(job))
        return self._reads_by[job]

    def _found_reads(self, job: str) -> Iterator[Link]:
        """What a job reads, what its algorithm brings, what its runs add, and what it only names."""
        yield from (own := told_once(links_into(self.graph, job, "reads")))
        for given in links_into(self.graph, job, "provides"):
            yield from (link for link in links_into(self.graph, given.source, "reads") if link.data["usage"] == "data")
        said = {link.source.rstrip("/") for link in own}
        for recorded in links_out_of(self.graph, job, "recorded-by"):
            logged = links_into(self.graph, recorded.target, "reads")
            yield from (link for link in logged if link.source.rstrip("/") not in said)
        named = links_into(self.graph, job, "mentions")
        yield from (link for link in named if link.source.rstrip("/") not in said)

    def _read(self, link: Link, job: str) -> Json:
        """The part of a row that is the same whatever the job made."""
        known = (*link[:3], job)
        if known not in self._reads_of:
            self._reads_of[known] = self._row(link, job)
        return self._reads_of[known]

    def _row(self, link: Link, job: str) -> Json:
        hit = self._fields_of(job).get((link.data["path"], link.data["role"], link.source)) if link.target == job else None
        # before it was read, as far as the times show
        made = writers_of_all(self.graph, link) if link.relation == "reads" else []
        makers = [
            node_json(self.graph, step.job) | {"fit": step.fit, "location": step.links[0].target, "time": step.links[0].time}
            for step in made
            if step.job != job
        ]
        named = link.relation == "mentions"
        ran = READ if surely_ran(self.graph, job) else MAYBE
        state = DECLARED if read_nothing(self.graph, link._replace(target=job)) else ran
        return {
            "uri": link.source,
            "channel": link.data["role"],
            "usage": NAMED if named else link.data["usage"] or "data",
            "state": MAYBE if named or link.data["evidence"] == "logged" else state,
            "data_type": self._data_type(link, hit, makers),
            "input_mode": (hit.mode if hit else "") or None,
            "covers": link.data["span"],
            "pinned": pinned(self.graph, link, job),
            "content": [content_json(self.graph, one) for one in contents(self.graph, job) if one.is_of(link.source)],
            "manifest": self._manifest(link),
            "time": link.time,
            "job": node_json(self.graph, job),
            "makers": makers,
            "evidence": [link_json(link)],
        }

    def _data_type(self, link: Link, hit: Hit | None, makers: list[Json]) -> str:
        scheme, between, _ = link.source.partition("://")
        if not between:
            return str(self.graph.nodes[link.source]["kind"]).replace("-", " ")
        if any(maker["kind"] == FEATURE_GROUP.name for maker in makers):
            return "feature group"
        if hit and hit.data_type:
            return _DATA_TYPES.get(hit.data_type, hit.data_type)
        own = _STORES.get(scheme, "file system")
        return _SPANS.get(link.data["span"], own) if own == "prefix" else own

    def _manifest(self, link: Link) -> Json | None:
        """The version of the manifest that was read, if it is known."""
        if not link.data["listing"]:
            return None
        version, seen, entries = listings_of(self.graph).told(link.data["listing"])
        return {"etag": version.etag, "modified": version.modified, "seen": seen, "entries": entries}

    def _fields_of(self, job: str) -> Fields:
        """What a job's record says of each place that it reads, by field, role and place."""
        if job not in self._fields:
            self._read_fields(one for one in dict.fromkeys((job, *self.tracing.jobs)) if one not in self._fields)
        return self._fields[job]

    def _read_fields(self, jobs: Iterable[str]) -> None:
        """Read the records of some jobs at once, and what they say."""
        of_kind: dict[str, dict[tuple[str, str | None], str]] = defaultdict(dict)
        for job in jobs:
            node = self.graph.nodes[job]
            identity = job.removesuffix(f"@{node['created']}")  # of an earlier life
            of_kind[node["kind"]][identity, node["created"]] = job
            self._fields[job] = {}
        for kind, named in of_kind.items():
            ids = (identity for identity, _ in named)
            records = self._snapshot.records(kind, ids, deleted=True) if kind in KINDS and self._snapshot else ()
            for one in records:
                if (one.id, one.created) in named:
                    self._fields[named[one.id, one.created]] = _fields_in(one)


def _fields_in(record: Resource) -> Fields:
    """What a record says of each place. A free text says neither how a place is read nor what is there."""
    said = hits(KINDS[record.kind], record.body, mentions=False)
    return {(hit.reference.path, hit.role, hit.location.uri if hit.location else hit.value): hit for hit in said}


def pinned(graph: Flow, link: Link, job: str) -> str:
    """Whether a record shows that what a job read is still the same: by `version`, by `list` only, or not at all (`no`).

    `logged`: a run of the job says which content all of it had, and no other run contradicts it.
    """
    if not is_place(link.source):
        return "version" if graph.nodes[link.source]["kind"] in VERSIONED else "no"
    if link.data["listing"]:
        return "list"
    return LOGGED if agreed(whole_contents(graph, job, link)) else "no"


def _pinning_notes(rows: list[Json]) -> list[str]:
    """What is not pinned, and what only runs pin."""
    loose = any(row["pinned"] not in ("version", LOGGED) for row in rows)
    return [_UNPINNED] * loose + resting_on_logs(row["content"] for row in rows if row["pinned"] == LOGGED)


def resting_on_logs(told: Iterable[list[Json]]) -> list[str]:
    """The notes that an answer needs if it accepts what runs logged as pins. `told` is what was said of each read."""
    rows = list(told)
    given = any(all(one["given"] for one in contents if one["complete"]) for contents in rows)
    return [_LOGGED] * bool(rows) + [_GIVEN] * given


def _order(row: Json) -> tuple[object, ...]:
    """Direct reads first, then the nearest; within a job in the usual order of channels."""
    usages = ("data", "model", "checkpoint", "code")
    usage = usages.index(row["usage"]) if row["usage"] in usages else len(usages)
    return (
        row["indirect"],
        row["depth"],
        row["job"]["id"],
        usage,
        row["usage"],
        row["channel"],
        row["uri"],
        row["covers"] or "",
    )
