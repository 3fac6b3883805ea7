"""What a record of a run (SageMaker calls it a trial component) says: who made it, where it belongs, what was logged.

Anyone who can read trial components may be able to write them. So all of this is `logged`, except the source jobs of a run,
which SageMaker alone sets. The SDK's `Run` names its trial components `<experiment>-<run>`, in lower case. It tags them and
puts them into the group `Default-Run-Group-<experiment>`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import Any

from lineage.domain import kinds
from lineage.domain.experiments import RUN_TAG, group_of
from lineage.domain.kinds import TRAINING_JOB, TRIAL, TRIAL_COMPONENT, kind_of_arn
from lineage.domain.names import is_arn, parse_arn
from lineage.domain.pins import Pin, is_pin, parameter_of, read_pin
from lineage.domain.records import Json, Resource, tags_of
from lineage.domain.text import counted, one_line
from lineage.domain.times import sortable
from lineage.queries.runs.companions import Chart, Companions, charts_of
from lineage.snapshot.reading import Snapshot

RUN, GROUP, EXPERIMENT = TRIAL_COMPONENT.name, TRIAL.name, kinds.EXPERIMENT.name
BY_SDK, FOR_JOB, BY_HAND = "run", "job", "logged"
BRIEF = ("Parents", "Source", "Sources", "Tags", "DisplayName")  # enough of a record to name a run and to say who made it
SHOWN = ("Status", "StartTime", "EndTime", "CreatedBy")  # and what a list of runs shows as well
_OF_RUN, _OF_JOB = "run", "job"

Parameters = dict[str, float | str | None]
"""The parameters of a run, by name."""
NameKey = tuple[str, str, str]
"""An account, a region, and a name without case."""


@dataclass(frozen=True, slots=True)
class RunGroup:
    """A group that a run is in, and its experiment; no experiment if nothing that was read names it."""

    name: str
    experiment: str | None


@dataclass(frozen=True, slots=True)
class Job:
    """A job that SageMaker recorded in a run. One that is not `observed` was deleted, or was not read."""

    id: str
    kind: str
    name: str
    observed: bool


@dataclass(frozen=True, slots=True)
class Metric:
    """What is known of a metric. The last value is not the best one. `of` says whose it is: the run's own, or its job's."""

    name: str
    last: float | None
    min: float | None = None
    max: float | None = None
    avg: float | None = None
    std: float | None = None
    count: int | None = None
    time: str | None = None
    source: str | None = None
    of: str = _OF_RUN


@dataclass(frozen=True, slots=True)
class Artifact:
    """An input or output under its name in the run: often a URI, but any text is possible.

    `content` is what a parameter of the run says of the content that an input had.
    """

    name: str
    value: str
    media_type: str | None
    content: Pin | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """One run. `as_json` gives what `lineage.runs/1` holds of each."""

    id: str
    name: str  # the trial component's
    run_name: str  # as the SDK's user gave it: without the experiment; else the display name
    display_name: str | None
    arn: str
    account: str
    region: str
    source: str  # `run`: by a Run; `job`: SageMaker made it for a job; `logged`: a person made it
    experiments: tuple[str, ...]
    groups: tuple[RunGroup, ...]
    jobs: tuple[Job, ...]
    status: str | None
    message: str | None
    created: str | None
    started: str | None
    ended: str | None
    modified: str | None
    created_by: str | None
    parameters: Parameters
    metrics: tuple[Metric, ...]
    inputs: tuple[Artifact, ...]
    outputs: tuple[Artifact, ...]
    tags: dict[str, str]
    deleted: str | None
    components: tuple[str, ...] = ()  # those that SageMaker made for its jobs: what they say is shown with it
    charts: tuple[Chart, ...] = ()

    def __repr__(self) -> str:
        """One line: the names, the status, and how much was logged."""
        within = f", experiment {', '.join(self.experiments)}" if self.experiments else ""
        logged = f"{counted(len(self.parameters), 'parameter')}, {counted(len(self.metrics), 'metric')}"
        return f"<{one_line(f'Run {self.run_name}{within}')}: {self.status or 'no status'}, {logged}>"

    def as_json(self) -> Json:
        """The run as one JSON object. Its keys are a contract; more may be added."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}

    def other_parameters(self) -> Parameters:
        """The parameters except those that are shown with an input, because they say which content it had."""
        told = {parameter_of(one.name) for one in self.inputs if one.content}
        return {name: value for name, value in self.parameters.items() if not (name in told and is_pin(name, value))}


_OF_A_GROUP = ("ExperimentName", "DisplayName", "Source", "CreatedBy", "Tags")


class Trials:
    """The groups' records, which are read if a run does not itself say which experiment its group is in."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._records: dict[NameKey, Resource] | None = None

    @property
    def records(self) -> dict[NameKey, Resource]:
        if self._records is None:
            self._records = newest(self._snapshot.records(GROUP, deleted=True, members=_OF_A_GROUP))
        return self._records

    def groups_of(self, record: Resource) -> tuple[RunGroup, ...]:
        """The groups that a run says it is in, each once."""
        groups: dict[str, RunGroup] = {}
        for parent in record.body.get("Parents") or ():
            name = str(parent.get("TrialName") or "")
            experiment = parent.get("ExperimentName") or self.experiment_of(key_of(record, name))
            groups.setdefault(name.casefold(), RunGroup(name, experiment))
        return tuple(groups.values())

    def experiment_of(self, key: NameKey) -> str | None:
        """The experiment that a group's own record names."""
        known = self.records.get(key)
        return str(known.body["ExperimentName"]) if known and known.body.get("ExperimentName") else None


def key_of(record: Resource, name: str) -> NameKey:
    return record.account, record.region, name.casefold()


def newest(records: Iterable[Resource]) -> dict[NameKey, Resource]:
    """The last record of each name."""
    return {key_of(record, record.name): record for record in records}


def lives_of(records: Iterable[Resource]) -> Iterator[tuple[tuple[str, str | None], tuple[str, Resource]]]:
    """Each record with its node id. If the name was used again, the id of the earlier one has its creation time in it."""
    for identity, same in groupby(records, key=lambda record: record.id):
        *earlier, last = same
        yield from (((identity, one.created), (f"{identity}@{one.created}", one)) for one in earlier)
        yield (identity, last.created), (identity, last)


class Jobs:
    """The jobs of some runs: their names, and the last metrics of those whose runs have none."""

    def __init__(self, snapshot: Snapshot, runs: Iterable[tuple[str, Resource]], *, brief: bool) -> None:
        """`runs` are records by node id; `brief`: without what was logged."""
        known = dict(runs)
        beside = Companions(snapshot, known)
        self.brief = brief
        self.components = {} if brief else beside.records(snapshot)
        self.charts = {} if brief else charts_of(snapshot, {*known, *beside.folded()})
        self.beside = beside.components
        self._ids = {
            (run.arn, run.created): list(dict.fromkeys([*_sources(run), *beside.jobs.get(node, ())]))
            for node, run in known.items()
        }
        every = {identity for ids in self._ids.values() for identity in ids}
        self._nodes = {row[0]: Job(row[0], row[1], row[2], bool(row[9])) for row in snapshot.node_rows(every)}
        silent = (
            self._ids[run.arn, run.created] for node, run in known.items() if node in beside.jobs or not run.body.get("Metrics")
        )
        asked = () if brief else {identity.partition("@")[0] for ids in silent for identity in ids}
        found = snapshot.records(TRAINING_JOB.name, asked, deleted=True, members=("FinalMetricDataList",))
        self._final = {identity: list(lives) for identity, lives in groupby(found, key=lambda record: record.id)}

    def of(self, run: Resource) -> tuple[Job, ...]:
        return tuple(
            self._nodes.get(one) or Job(one, kind_of_arn(one).name, parse_arn(one).resource.partition("/")[2], observed=False)
            for one in self._ids[run.arn, run.created]
        )

    def metrics_of(self, run: Resource) -> Iterator[Metric]:
        """The final metrics of a run's jobs. A job's name may have been used again since."""
        for identity in self._ids[run.arn, run.created]:
            job, _, created = identity.partition("@")
            lives = self._final.get(job, [])
            then = [one for one in lives if sortable(one.created or "") <= sortable(run.modified or run.created or "~")]
            named = [one for one in lives if one.created == created]
            final = (named or then or lives)[-1].body.get("FinalMetricDataList") if lives else None
            for said in final or ():
                name, value = str(said.get("MetricName", "")), said.get("Value")
                yield Metric(name, value, time=said.get("Timestamp"), source=identity, of=_OF_JOB)


def _sources(run: Resource) -> list[str]:
    """The ids of the jobs that a run records: one, or several for the SDK's runs."""
    said = [run.body.get("Source") or {}, *(run.body.get("Sources") or ())]
    arns = [str(one.get("SourceArn") or "") for one in said]
    return list(dict.fromkeys(parse_arn(arn).id for arn in arns if is_arn(arn)))


def run_of(identity: str, record: Resource, groups: tuple[RunGroup, ...], jobs: Jobs) -> Run:
    """A run, with what the trial components say that SageMaker made for its jobs. The run's own word has precedence."""
    body, source = record.body, source_of(record, groups)
    beside = jobs.components.get(identity, [])
    bodies = [body, *(one.body for _, one in beside)]
    charts = [chart for node in (identity, *jobs.beside.get(identity, ())) for chart in jobs.charts.get(node, ())]
    experiments = {one.experiment.casefold(): one.experiment for one in reversed(groups) if one.experiment}
    return Run(
        id=identity,
        name=record.name,
        run_name=_named_by(source, record, groups),
        display_name=body.get("DisplayName"),
        arn=record.arn,
        account=record.account,
        region=record.region,
        source=source,
        experiments=tuple(reversed(experiments.values())),
        groups=groups,
        jobs=jobs.of(record),
        status=record.status,
        message=(body.get("Status") or {}).get("Message"),
        created=record.created,
        started=body.get("StartTime"),
        ended=body.get("EndTime"),
        modified=record.modified,
        created_by=created_by(body),
        parameters=dict(
            sorted({name: value for one in reversed(bodies) for name, value in parameters_of(one).items()}.items())
        ),
        metrics=_all_metrics(record, beside, jobs),
        inputs=_all_artifacts([(one.get("InputArtifacts"), parameters_of(one)) for one in bodies]),
        outputs=_all_artifacts([(one.get("OutputArtifacts"), {}) for one in bodies]),
        tags=tags_of(body),
        deleted=record.deleted,
        components=tuple(sorted(jobs.beside.get(identity, ()))),
        charts=tuple(dict.fromkeys(charts)),
    )


def _all_metrics(record: Resource, beside: list[tuple[str, Resource]], jobs: Jobs) -> tuple[Metric, ...]:
    """The metrics of a run. Missing ones come from its jobs' components, else from the jobs' final values."""
    own = _metrics(record.body)
    if own and not beside:
        return own
    names = {one.name for one in own}
    theirs = [replace(one, of=_OF_JOB, source=job) for job, component in beside for one in _metrics(component.body)]
    told = {(one.name, one.source) for one in theirs}
    final = [one for one in jobs.metrics_of(record) if (one.name, one.source) not in told]
    return (*own, *(one for one in (*theirs, *final) if one.name not in names))


def _all_artifacts(said: list[tuple[Any, Parameters]]) -> tuple[Artifact, ...]:
    """What a run has logged, and what its jobs' components name besides, each with the parameters beside it."""
    told: dict[tuple[str, str, str | None], Artifact] = {}
    for one in (one for some in said for one in _artifacts(*some)):
        told.setdefault((one.name, one.value, one.media_type), one)
    return tuple(told.values())


def source_of(record: Resource, groups: Iterable[RunGroup]) -> str:
    """Who made a run. If it is named after its source, SageMaker made it, whatever tags people gave it or its job.

    If tags were not read, the SDK's naming of runs decides.
    """
    jobs = _sources(record)
    if any(_is_named_after(record.name, job) for job in jobs):
        return FOR_JOB
    by_sdk = RUN_TAG in (record.body.get("Tags") or ())
    if by_sdk or any(_is_sdk_group(group) and _within(record, group) for group in groups):
        return BY_SDK
    return FOR_JOB if jobs else BY_HAND


def _is_named_after(run: str, job: str) -> bool:
    """Whether a trial component has the name that SageMaker gives that of a job, which is its ARN or its node's id."""
    name, of = run.casefold(), parse_arn(job).resource.partition("/")[2]
    return name == of or name.startswith(f"{of}-aws-")


def run_name_of(record: Resource, groups: Sequence[RunGroup]) -> str:
    """The name that the SDK's user gave a run; for any other one its display name."""
    return _named_by(source_of(record, groups), record, groups)


def _named_by(source: str, record: Resource, groups: Sequence[RunGroup]) -> str:
    """A run's name without the experiment's name before it: that of the SDK's group, or of any other one."""
    within = [group for group in groups if _within(record, group)] if source == BY_SDK else []
    own = [group for group in within if _is_sdk_group(group)] or within
    start = max((len(group.experiment or "") for group in own), default=-1)
    return record.name[start + 1 :] if own else str(record.body.get("DisplayName") or record.name)


def _is_sdk_group(group: RunGroup) -> bool:
    return group.name.casefold() == group_of(group.experiment or "").casefold()


def _within(record: Resource, group: RunGroup) -> bool:
    """Whether a run is named as the SDK names those of a group's experiment."""
    start = f"{group.experiment or ''}-".casefold()
    return bool(group.experiment) and record.name.casefold().startswith(start) and len(record.name) > len(start)


def created_by(body: Any) -> str | None:
    """Who made something, as far as SageMaker says: the user profile, or the identity that called."""
    said = body.get("CreatedBy") or {}
    return said.get("UserProfileName") or (said.get("IamIdentity") or {}).get("Arn") or said.get("UserProfileArn")


def parameters_of(body: Any) -> Parameters:
    """The parameters that a run has logged, by name."""
    said = (body.get("Parameters") or {}).items()
    return {name: value["NumberValue"] if "NumberValue" in value else value.get("StringValue") for name, value in sorted(said)}


def _metrics(body: Any) -> tuple[Metric, ...]:
    members = ("Last", "Min", "Max", "Avg", "StdDev", "Count", "TimeStamp", "SourceArn")
    found = (Metric(str(said.get("MetricName", "")), *map(said.get, members)) for said in body.get("Metrics") or ())
    return tuple(sorted(found, key=lambda one: (one.name, one.source or "")))


def _artifacts(said: Any, parameters: Parameters) -> tuple[Artifact, ...]:
    found = sorted((said or {}).items())
    return tuple(
        Artifact(name, str(one.get("Value", "")), one.get("MediaType"), read_pin(parameters.get(parameter_of(name))))
        for name, one in found
    )


def _plain(value: Any) -> Any:
    """A value of a run as JSON has it."""
    if isinstance(value, tuple):
        return [one if isinstance(one, str) else {name: _plain(getattr(one, name)) for name in one.__slots__} for one in value]
    return asdict(value) if isinstance(value, Pin) else value
