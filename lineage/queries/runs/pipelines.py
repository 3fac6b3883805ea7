"""Pipelines and their executions, also deleted ones; and the definition that an execution ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import NamedTuple

from lineage.domain.called import asking
from lineage.domain.kinds import PIPELINE
from lineage.domain.names import is_arn, node_id, parse_arn
from lineage.domain.pipelines import ExperimentNames, Name, experiment_names, parse_definition
from lineage.domain.records import Body, Json, Node, Resource, decoded
from lineage.domain.text import counted, named_line
from lineage.domain.times import sortable
from lineage.errors import MalformedDefinition, UnknownNode
from lineage.queries.flow.belonging import EXECUTION
from lineage.queries.scope import Within, listing_scope
from lineage.queries.selectors import find_listed
from lineage.snapshot.reading import Snapshot, asks_snapshot

_INSIDE = "/execution/"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline, described by a record (`observed`) or only named by its executions."""

    id: str
    name: str
    account: str | None
    region: str | None
    status: str | None
    created: str | None
    modified: str | None
    executions: int
    last_execution: str | None  # when the last of them that was read began
    observed: bool
    deleted: str | None  # the latest time by which it was deleted

    def __repr__(self) -> str:
        state = "deleted" if self.deleted else self.status or "no status"
        return named_line("Pipeline", self.name, state, counted(self.executions, "execution"))


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a pipeline, described by a record (`observed`) or only named by something that it made."""

    id: str
    name: str  # the execution's id, as SageMaker writes it
    display_name: str | None
    pipeline: str  # the id of the pipeline
    account: str | None
    region: str | None
    status: str | None
    created: str | None
    modified: str | None
    started_by: str | None
    experiment: str | None
    trial: str | None
    observed: bool
    deleted: str | None

    def __repr__(self) -> str:
        name = f"{self.display_name or self.name}, pipeline {self.pipeline.rpartition('/')[2]}"
        return named_line("Execution", name, "deleted" if self.deleted else self.status or "no status")


# --- lists --------------------------------------------------------------------------------------


@asks_snapshot
def list_pipelines(snapshot: Snapshot, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> list[Pipeline]:
    """Every pipeline of some accounts and regions, or of all, by name; also deleted ones and those only named by executions."""
    within = Within.of(accounts, regions)
    executions: dict[str, list[Node]] = {}
    for node in snapshot.every(EXECUTION):
        executions.setdefault(pipeline_of(record_id(node)), []).append(node)
    known = {}
    for record in snapshot.records(PIPELINE.name, deleted=True):  # if a name was used more than once, the last use counts
        told = {name: getattr(record, name) for name in ("id", "name", "account", "region", "status", "created", "modified")}
        known[record.id] = Pipeline(**told, deleted=record.deleted, executions=0, last_execution=None, observed=True)
    named = {record_id(node) for node in snapshot.every(PIPELINE.name)}
    for identity in sorted(named.union(executions) - known.keys()):
        known[identity] = _unobserved(identity)
    for identity, nodes in executions.items():
        last = max((node.created for node in nodes if node.created), default=None)
        known[identity] = replace(known[identity], executions=len(nodes), last_execution=last)
    found = (one for one in known.values() if within.takes(one.account, one.region))
    return sorted(found, key=attrgetter("name", "id"))


@asks_snapshot
def list_executions(snapshot: Snapshot, pipeline: str) -> list[Execution]:
    """The executions of a pipeline (a name, `pipeline/name` or an ARN), the latest first; those that are only named come last.

    Raises `UnknownNode` if no pipeline, or more than one, has that name.
    """
    owner = find_pipeline(snapshot, pipeline)
    nodes = [node for node in snapshot.every(EXECUTION) if pipeline_of(record_id(node)) == owner.id]
    records = {one.id: one for one in snapshot.records(EXECUTION, map(record_id, nodes), deleted=True)}
    definitions = Definitions(snapshot, owner.id)
    found = [execution_of(node, records.get(record_id(node)), owner, definitions) for node in nodes]
    return sorted(found, key=lambda one: (one.created or "", one.id), reverse=True)


@asks_snapshot
def pipelines_scope(snapshot: Snapshot, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> Json:
    """What was looked at, with the gaps that could hide a pipeline or an execution."""
    return listing_scope(snapshot.scope(), (PIPELINE.name, EXECUTION), "pipeline", Within.of(accounts, regions))


def find_pipeline(snapshot: Snapshot, wanted: str) -> Pipeline:
    """The one pipeline that a name, `pipeline/name` or an ARN means. Raises `UnknownNode`."""
    known = {one.id: one for one in list_pipelines(snapshot)}
    if not known:
        raise UnknownNode(f"no pipeline {wanted!r}: the snapshot holds no pipelines")
    called = ((one.id, PIPELINE.name, one.name) for one in known.values())
    lists = f"{asking('lineage pipelines', 'lineage.list_pipelines(snapshot)')} lists them"
    return known[find_listed(called, wanted, PIPELINE.name, lists)]


def pipeline_of(execution: str) -> str:
    """The id of the pipeline that an execution's id names."""
    return execution.rpartition(_INSIDE)[0]


def record_id(node: Node) -> str:
    """The id without the creation time that an earlier node of the same name has in it."""
    return node_id(node.arn) if node.arn else node.id


def _unobserved(identity: str) -> Pipeline:
    arn = parse_arn(identity) if is_arn(identity) else None
    account, region = (arn.account, arn.region) if arn else (None, None)
    name = identity.rpartition("/")[2]
    return Pipeline(identity, name, account, region, None, None, None, 0, None, observed=False, deleted=None)


def execution_of(node: Node, record: Resource | None, pipeline: Pipeline, definitions: Definitions) -> Execution:
    """One execution, from its node and its record."""
    body = record.body if record else {}
    names = resolved(body, definitions.names(record)[0] if record else None)
    user = body.get("CreatedBy") or {}
    identity = user.get("IamIdentity") or {}
    return Execution(
        id=record_id(node),
        name=node.name.rpartition("/")[2],
        display_name=body.get("PipelineExecutionDisplayName"),
        pipeline=pipeline.id,
        account=node.account,
        region=node.region,
        status=node.status,
        created=node.created,
        modified=node.modified,
        started_by=user.get("UserProfileName") or identity.get("SourceIdentity") or identity.get("Arn"),
        experiment=names["experiment"]["name"],
        trial=names["trial"]["name"],
        observed=node.observed,
        deleted=gone(record, pipeline),
    )


def gone(record: Resource | None, pipeline: Pipeline) -> str | None:
    """By when an execution was gone. A deleted pipeline takes its executions with it, even if its name was used again."""
    if record is None or record.deleted or pipeline.deleted:
        return (record.deleted if record else None) or pipeline.deleted
    again = pipeline.created and record.created and sortable(record.created) < sortable(pipeline.created)
    return pipeline.created if again else None


# --- the definition, and the names that it gives -------------------------------------------------


class Definition(NamedTuple):
    """A definition as it was read: its text, when it was changed last, and whether it is surely the execution's own."""

    text: str
    modified: str | None
    own: bool
    pipeline: str

    def types(self) -> dict[str, str]:
        """The type of each step by name: for steps that have not begun."""
        try:
            whole = parse_definition(self.text) if self.text else {}
        except MalformedDefinition:
            return {}
        steps = whole.get("Steps")
        named = [one for one in steps if isinstance(one, Mapping)] if isinstance(steps, list) else []
        return {str(one.get("Name")): str(one.get("Type") or "") for one in named}


class Definitions:
    """The versions of a pipeline's definition that crawls have read."""

    def __init__(self, snapshot: Snapshot, pipeline: str) -> None:
        self._lives = list(snapshot.records(PIPELINE.name, [pipeline], deleted=True))
        self._versions = {life.created: snapshot.versions(life.id, life.created) for life in self._lives}
        self._started = {crawl.id: crawl.started for crawl in snapshot.crawls()}

    def at(self, when: str | None) -> Definition | None:
        """The definition of an execution that began then: the one that a crawl saw unchanged since, else the last one read."""
        begun = sortable(when or "")
        lives = [life for life in self._lives if sortable(life.created or "") <= begun]
        if not lives:
            return None
        life = lives[-1]
        versions = self._versions[life.created]
        own = [one for one in versions if sortable(one.modified or "~") <= begun <= sortable(self._started[one.last_crawl])]
        version = (own or versions)[-1]
        text = str(decoded(version.body).get("PipelineDefinition") or "")
        return Definition(text, version.modified, bool(own), life.name)

    def names(self, record: Resource) -> tuple[ExperimentNames | None, Definition | None]:
        """The names that the definition gives an execution, and which definition it was."""
        found = self.at(record.created)
        return (experiment_names(found.text, record.body, found.pipeline) if found and found.text else None), found


def resolved(body: Body, defined: ExperimentNames | None) -> dict[str, Json]:
    """The names of the experiment and the trial: as the execution says, else as the definition gives them."""
    config = body.get("PipelineExperimentConfig") or {}
    given = defined or ExperimentNames(*(Name(None, "no definition of its pipeline was read", known=False),) * 2)
    return {
        "experiment": _told(config.get("ExperimentName"), given.experiment),
        "trial": _told(config.get("TrialName"), given.trial),
    }


def _told(own: str | None, given: Name) -> Json:
    if own:
        return {"name": own, "said_by": "execution", "reason": "", "known": True}
    said_by = "definition" if given.text else ""
    return {"name": given.text, "said_by": said_by, "reason": given.reason, "known": given.known}
