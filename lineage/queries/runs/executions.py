"""One pipeline execution: what each of its steps made or took over, and from which execution that really ran it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from shlex import quote

from lineage.domain.called import asking
from lineage.domain.kinds import DATASET, KINDS, RESOURCE, TRIAL, kind_of_arn
from lineage.domain.names import is_arn, node_id, parse_arn
from lineage.domain.pipelines import ExperimentNames
from lineage.domain.records import Json, Node, Resource, Scope
from lineage.domain.references import hits
from lineage.errors import UnknownNode
from lineage.queries.flow.belonging import EXECUTION
from lineage.queries.runs.pipelines import (
    Definition,
    Definitions,
    Execution,
    Pipeline,
    execution_of,
    find_pipeline,
    gone,
    list_pipelines,
    pipeline_of,
    record_id,
    resolved,
)
from lineage.queries.selectors import find_listed
from lineage.queries.showing import Answer
from lineage.snapshot.reading import Snapshot, asks_snapshot

SCHEMA = "lineage.execution/1"
CACHED, SELECTIVE = "cached", "selective"
_SOURCES = {CACHED: "CacheHitResult", SELECTIVE: "SelectiveExecutionResult"}
_METADATA = "PipelineExecutionSteps[].Metadata."
# Steps for whose work SageMaker keeps no record.
OPAQUE = {
    "Lambda": "a Lambda function: only its code shows what it read and wrote",
    "Callback": "a callback: whoever took the message from its queue did the work",
    "EMR": "a step on an EMR cluster: only its code shows what it read and wrote",
    "EMRServerless": "a job on EMR Serverless: only its code shows what it read and wrote",
    "Athena": "an Athena query: only its text shows what it read",
    "BedrockCustomModel": "done by Bedrock, whose records are not read",
    "BedrockCustomModelDeployment": "done by Bedrock, whose records are not read",
    "BedrockProvisionedModelThroughput": "done by Bedrock, whose records are not read",
    "BedrockModelImport": "done by Bedrock, whose records are not read",
}
_LONGEST_NAME = 63  # of a job; in longer ones the name of the step is cut
_RANDOM = r"-[A-Za-z0-9]{10,12}"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class ExecutionSteps(Answer):
    """The answer of `load_execution`. `as_json` gives the contract `lineage.execution/1`."""

    execution: Execution
    pipeline: Pipeline
    parameters: list[Json]
    experiment: Json
    trial: Json
    definition: Json
    steps: list[Json]
    others: list[Json]  # what says that it belongs to the execution, while no step names it
    findings: list[Json]
    gaps: list[Json]

    def _about(self) -> str:
        """The execution."""
        return self.execution.name

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        return {"schema": SCHEMA, "question": "pipelines"} | asdict(self)


@asks_snapshot
def load_execution(snapshot: Snapshot, execution: str, pipeline: str = "") -> ExecutionSteps:
    """One execution: by ARN, by id or by display name, among those of a pipeline if one is given.

    Raises `UnknownNode` if nothing, or more than one thing, has that name.
    """
    within = find_pipeline(snapshot, pipeline) if pipeline else None
    nodes = {record_id(node): node for node in snapshot.every(EXECUTION)}
    known = {one: node for one, node in nodes.items() if within is None or pipeline_of(one) == within.id}
    if not known:
        of = f" of pipeline {within.name}" if within else ""
        raise UnknownNode(f"no execution {execution!r}: the snapshot holds none{of}")
    called = (
        (identity, EXECUTION, str(name))
        for identity, node in known.items()
        for name in dict.fromkeys((node.name.rpartition("/")[2], node.details.get("display_name"), node.name))
        if name
    )
    chosen = find_listed(called, execution, EXECUTION, _how_to_list(within))
    owner = within or next(one for one in list_pipelines(snapshot) if one.id == pipeline_of(chosen))
    record = next(snapshot.records(EXECUTION, [chosen], deleted=True), None)
    found = execution_of(known[chosen], record, owner, Definitions(snapshot, owner.id))
    return _Reading(snapshot, found, owner, snapshot.scope()).answer()


def _how_to_list(pipeline: Pipeline | None) -> str:
    """What lists the executions of a pipeline; else what lists the pipelines."""
    if pipeline is None:
        return f"{asking('lineage pipelines', 'lineage.list_pipelines(snapshot)')} lists the pipelines"
    call = f"lineage.list_executions(snapshot, {pipeline.name!r})"
    return f"{asking(f'lineage pipelines {quote(pipeline.name)}', call)} lists them"


@dataclass(slots=True)
class _Reading:
    """One execution under way."""

    snapshot: Snapshot
    execution: Execution
    pipeline: Pipeline
    scope: Scope
    findings: list[Json] = field(default_factory=list)
    _records: dict[str, Resource | None] = field(default_factory=dict)
    _nodes: dict[str, Node] = field(default_factory=dict)

    def answer(self) -> ExecutionSteps:
        record = self._record(self.execution.id)
        body = record.body if record else {}
        steps = body.get("PipelineExecutionSteps") or ()
        steps = sorted(steps, key=lambda step: (step.get("StartTime") or "~", step.get("EndTime") or "~"))  # not begun: last
        made = [one["id"] for step in steps for one in made_by(step)]
        self._nodes = {node.id: node for node in self.snapshot.nodes(made)}
        names, definition = Definitions(self.snapshot, self.pipeline.id).names(record) if record else (None, None)
        types = definition.types() if definition else {}
        rows = [self._step(step, types.get(str(step.get("StepName")), "")) for step in steps]
        others = self._others(rows)
        told = {name: self._exists(name, one) for name, one in resolved(body, names).items()}
        self._compare(told, names, definition)
        self._look_for(told, rows)
        return ExecutionSteps(
            execution=self.execution,
            pipeline=self.pipeline,
            parameters=[dict(one) for one in body.get("PipelineParameters") or ()],
            experiment=told["experiment"],
            trial=told["trial"],
            definition=_definition_json(definition),
            steps=rows,
            others=others,
            findings=self.findings,
            gaps=[asdict(gap) for gap in self.scope.holes if gap.subject.casefold() == self.execution.id.casefold()],
        )

    def _record(self, identity: str) -> Resource | None:
        if identity not in self._records:
            self._records[identity] = next(self.snapshot.records(EXECUTION, [identity], deleted=True), None)
        return self._records[identity]

    # --- steps ----------------------------------------------------------------------------------

    def _step(self, step: Json, defined: str) -> Json:
        metadata = step.get("Metadata") or {}
        kind = next((name for name in metadata if name != "Lineage"), "Lineage" if metadata else defined)
        made = [self._made(one) for one in made_by(step)]
        name = str(step.get("StepName") or "")
        ran = self._ran(step)
        return {
            "name": name,
            "display_name": step.get("StepDisplayName"),
            "type": kind,
            "status": step.get("StepStatus"),
            "started": step.get("StartTime"),
            "ended": step.get("EndTime"),
            "attempts": step.get("AttemptCount"),
            "failure": step.get("FailureReason") or (metadata.get("Fail") or {}).get("ErrorMessage"),
            "outcome": (metadata.get("Condition") or {}).get("Outcome"),
            "iteration": step.get("IterationContext"),
            "made": made,
            "ran": ran,
            "earlier_attempts": [] if ran["how"] else self._earlier(name, made),
            "opaque": OPAQUE.get(kind),
            "metadata": metadata,
        }

    def _made(self, one: Json) -> Json:
        node = self._nodes.get(one["id"])
        told = {"name": node.name, "status": node.status} if node and node.observed else {"status": None}
        gone = node.details.get("deleted") if node else None
        return one | told | {"observed": bool(node and node.observed), "deleted": gone}

    # --- where it really ran --------------------------------------------------------------------

    def _ran(self, step: Json) -> Json:
        """The execution that ran a step: this one, or the one at the end of the chain of those that reused it."""
        how, source = self._source(step, self.execution.id)
        way, why = [self.execution.id], ""
        at: Json | None = step
        while source and not why:
            at, why = self._step_in(source, step) if source not in way else (None, "the executions name each other in a cycle")
            way.append(source)
            source = self._source(at, source)[1] if at else ""
        told = {"execution": way[-1], "through": way[1:-1], "known": not why, "why": why}
        ran = self._record(way[-1])
        own = pipeline_of(way[-1]) == self.pipeline.id
        return {"how": how} | told | {"deleted": gone(ran, self.pipeline) if own else ran.deleted if ran else None}

    def _source(self, step: Json, execution: str) -> tuple[str, str]:
        """How a step of an execution was reused, and from which other one; nothing for a step that ran.

        In a selective execution, a step that was not selected was reused if it names an output of the earlier execution.
        """
        for how, member in _SOURCES.items():
            if source := str((step.get(member) or {}).get("SourcePipelineExecutionArn") or ""):
                return how, node_id(source)
        record = self._record(execution)
        config = (record.body.get("SelectiveExecutionConfig") or {}) if record else {}
        selected = {one.get("StepName") for one in config.get("SelectedSteps") or ()}
        source = node_id(str(config.get("SourcePipelineExecutionArn") or ""))
        if not source or not selected or step.get("StepName") in selected:
            return "", ""
        before, _ = self._step_in(source, step)
        same = before and {one["id"] for one in made_by(before)} & {one["id"] for one in made_by(step)}
        return (SELECTIVE, source) if same else ("", "")

    def _step_in(self, execution: str, step: Json) -> tuple[Json | None, str]:
        """The same step in an earlier execution, or why it is not known."""
        record = self._record(execution)
        name = execution.rpartition("/")[2]
        if record is None:
            was = "no longer exists" if (*self._place(), EXECUTION) in self.scope.listed else "was not read"
            return None, f"execution {name} {was}: it may have run the step, or have reused it itself"
        made = {one["id"] for one in made_by(step)}
        same = [one for one in record.body.get("PipelineExecutionSteps") or () if one.get("StepName") == step.get("StepName")]
        same = [one for one in same if made & {two["id"] for two in made_by(one)}] or same[:1]
        return (same[0], "") if same else (None, f"no step of that name was read in execution {name}")

    # --- what else belongs to it ----------------------------------------------------------------

    def _earlier(self, step: str, made: list[Json]) -> list[Json]:
        """The jobs of a step's earlier attempts: those with the name that Pipelines gives the jobs of that step."""
        starts = (f"pipelines-{self.execution.name}-", f"{self.execution.name}-")  # HPO jobs have no `pipelines-` before it
        ids = [identity for start in starts for identity, kind, _ in self.snapshot.names_from(start) if KINDS[kind].job]
        here = [one for one in self.snapshot.nodes(ids) if (one.account, one.region) == self._place()]
        own = {one["id"] for one in made}
        found = [one for one in here if one.id not in own and _fits(step, one.name, self.execution.name)]
        tagged = self._tagged()
        rows = [_node_json(one) | {"inferred": "tag and name" if one.id in tagged else "name"} for one in found]
        return sorted(rows, key=lambda row: (row["created"] or "", row["id"]))

    def _place(self) -> tuple[str | None, str | None]:
        return self.execution.account, self.execution.region

    def _tagged(self) -> dict[str, str]:
        """What says that it belongs to this execution, with the field that says so."""
        edges = self.snapshot.edges(into=[self.execution.id])
        return {
            edge.source: edge.path for edge in edges if edge.relation == "member-of" and not edge.path.startswith("Pipeline")
        }

    def _others(self, rows: list[Json]) -> list[Json]:
        """What says that it belongs to the execution (a tag, `GeneratedBy`, a trial's source) while no step names it."""
        told = {one["id"] for row in rows for one in (*row["made"], *row["earlier_attempts"])}
        said = {identity: path for identity, path in self._tagged().items() if identity not in told}
        nodes = [one for one in self.snapshot.nodes(said) if one.kind != EXECUTION]
        return [_node_json(one) | {"said_by": said[one.id]} for one in nodes]

    # --- experiment and trial -------------------------------------------------------------------

    def _exists(self, kind: str, told: Json) -> Json:
        """Whether there is an experiment or a trial of that name; None if its list is not complete."""
        ids = [identity for identity, of, _ in self.snapshot.names(told["name"]) if of == kind] if told["name"] else []
        here = [one for one in self.snapshot.nodes(ids) if (one.account, one.region) == self._place() and "@" not in one.id]
        node = max(here, key=attrgetter("observed"), default=None)
        listed = (*self._place(), kind) in self.scope.listed
        there = None if not told["name"] else bool(node and node.observed) or (False if listed else None)
        gone = node.details.get("deleted") if node else None
        return told | {"id": node.id if node else None, "exists": False if gone else there, "deleted": gone}

    def _compare(self, told: dict[str, Json], names: ExperimentNames | None, definition: Definition | None) -> None:
        """A note if the execution names something other than the definition gives."""
        for kind, given in zip(("experiment", "trial"), names or (), strict=False):
            own = told[kind]["name"] if told[kind]["said_by"] == "execution" else None
            differs = own and given.known and own.casefold() != (given.text or "").casefold()
            if differs:
                which = (
                    "the definition" if definition and definition.own else "the latest definition, which may be a later one,"
                )
                said = f"gives {given.text}" if given.text else f"gives none ({given.reason})"
                self._find(kind, f"the execution says {own}, and {which} {said}")

    def _look_for(self, told: dict[str, Json], rows: list[Json]) -> None:
        """A note if an experiment or a trial that the names refer to does not exist."""
        for kind, one in told.items():
            if one["exists"] is False:
                gone = f"was gone by {one['deleted']}" if one["deleted"] else "is not there"
                self._find(kind, f"{kind} {one['name']} {gone}")
        self._compare_trial(told)
        self._compare_jobs(told, rows)

    def _compare_trial(self, told: dict[str, Json]) -> None:
        """A note if the trial belongs to another experiment, or if the execution made other trials. It uses existing ones."""
        trial, experiment = told["trial"], told["experiment"]
        record = next(self.snapshot.records(TRIAL.name, [trial["id"]], deleted=True), None) if trial["id"] else None
        belongs = str(record.body.get("ExperimentName") or "") if record else ""
        if belongs and experiment["name"] and belongs.casefold() != experiment["name"].casefold():
            self._find("trial", f"trial {trial['name']} belongs to experiment {belongs}, and not to {experiment['name']}")
        sources = self._tagged().items() if trial["known"] else ()
        said = [identity for identity, path in sources if path.startswith("Source.")]
        for node in self.snapshot.nodes(said):
            if node.kind == TRIAL.name and node.name.casefold() != (trial["name"] or "").casefold():
                self._find("trial", f"trial {node.name} says that this execution made it")

    def _compare_jobs(self, told: dict[str, Json], rows: list[Json]) -> None:
        """A note on each job that the execution ran itself and that is not in its experiment and trial."""
        made = [one for row in rows if not row["ran"]["how"] for one in row["made"] if one["kind"] in KINDS]
        jobs = {one["id"]: one["kind"] for one in made if KINDS[one["kind"]].job}
        records = (one for kind in sorted({*jobs.values()}) for one in self.snapshot.records(kind, jobs, deleted=True))
        for one in records:
            config = one.body.get("ExperimentConfig") or {}
            for kind, member in (("experiment", "ExperimentName"), ("trial", "TrialName")):
                there, meant = config.get(member), told[kind]["name"]
                if there and told[kind]["known"] and there.casefold() != (meant or "").casefold():
                    self._find(
                        kind,
                        f"{one.kind.replace('-', ' ')} {one.name} is in {kind} {there}, and the execution in {meant or 'none'}",
                    )

    def _find(self, about: str, said: str) -> None:
        self.findings.append({"about": about, "said": said})


def made_by(step: Json) -> list[Json]:
    """Everything that the `Metadata` of a step names as made by it: resources, and places that it wrote.

    A Lambda function that it called existed before.
    """
    found = {}
    for hit in hits(KINDS[EXECUTION], {"PipelineExecutionSteps": [step]}):
        path, relation = hit.reference.path, hit.reference.relation
        if path.startswith(_METADATA) and relation in ("member-of", "writes"):
            member = path.removeprefix(_METADATA).partition(".")[0]
            one = _place(hit.value) if relation == "writes" else _resource(hit.value)
            found[one["id"]] = {"member": member} | one
    return [one for one in found.values() if one["member"] != "Lambda"]


def _resource(value: str) -> Json:
    if not is_arn(value):
        return {"id": value, "kind": RESOURCE.name, "name": value}
    resource = parse_arn(value).resource
    return {"id": node_id(value), "kind": kind_of_arn(value).name, "name": resource.partition("/")[2] or resource}


def _place(value: str) -> Json:
    return {"id": node_id(value), "kind": DATASET.name, "name": value}


def _definition_json(definition: Definition | None) -> Json:
    """Which definition was used: the execution's own if no later one existed before a crawl saw it."""
    if definition is None:
        return {"which": "none", "modified": None, "note": "no definition of its pipeline was read"}
    which = "own" if definition.own else "latest"
    note = "" if definition.own else "this is the latest definition that was read, and the execution may have run another one"
    if not definition.text:
        which, note = "none", "the record of the pipeline holds no definition"
    return {"which": which, "modified": definition.modified, "note": note}


def _fits(step: str, job: str, execution: str) -> bool:
    """Whether a job has the name that Pipelines gives to the jobs of a step: `pipelines-EXECUTION-STEP-RANDOM`, cut at 63."""
    match = re.fullmatch(rf"(?:pipelines-)?{re.escape(execution)}-(.+?){_RANDOM}", job, re.IGNORECASE)
    told = match[1].casefold() if match else ""
    cut = len(job) >= _LONGEST_NAME and step.casefold().startswith(told)
    return bool(told) and (told == step.casefold() or cut)


def _node_json(node: Node) -> Json:
    names = ("id", "kind", "name", "status", "created", "observed")
    return {name: getattr(node, name) for name in names} | {"deleted": node.details.get("deleted")}
