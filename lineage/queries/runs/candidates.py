"""What is compared: a training job with the runs that record it, or a run by itself; and what its records say of it."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from lineage.domain.given import texts
from lineage.domain.kinds import TRAINING_JOB, TRIAL_COMPONENT, TUNING_JOB
from lineage.domain.names import node_id
from lineage.domain.pins import is_pin
from lineage.domain.records import Json, Resource
from lineage.domain.status import Outcome, outcome, took_too_long
from lineage.errors import LeaderboardError
from lineage.queries.runs.run_records import parameters_of
from lineage.queries.select import find_in
from lineage.snapshot.reading import Snapshot

LAST, MIN, MAX, AVG = STATISTICS = ("last", "min", "max", "avg")
JOB, RUN, TUNING = TRAINING_JOB.name, TRIAL_COMPONENT.name, TUNING_JOB.name
_OF_SAGEMAKER = "SageMaker."  # parameters that SageMaker itself writes into a run
# Hyperparameters that SageMaker and its SDK add, except the name of the script: they are not settings of a model.
_TECHNICAL = re.compile(r"sagemaker_(?!program$).*|_tuning_objective_metric")
_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d{0,14})")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_TOLD = (Outcome.COMPLETED, Outcome.FAILED, Outcome.STOPPED, Outcome.RUNNING)


class Measured(NamedTuple):
    """A value of a metric, and the field that says so."""

    value: float
    record: str
    path: str
    at: str | None


@dataclass(slots=True)
class Candidate:
    """One thing that is compared. `job` is its training job; `others` are the ids of jobs of other kinds that a run records."""

    id: str
    job: Resource | None = None
    runs: dict[str, Resource] = field(default_factory=dict)  # by node id
    others: tuple[str, ...] = ()
    tuning: Resource | None = None

    @property
    def record(self) -> Resource:
        return self.job or next(iter(self.runs.values()))

    @property
    def members(self) -> list[str]:
        """The node ids of all that it is made of, jobs first."""
        return [*([self.id] if self.job else []), *self.others, *self.runs]


def candidates(snapshot: Snapshot, ids: Iterable[str]) -> tuple[list[Candidate], list[str]]:
    """The candidates for some ids of training jobs, runs or tuning jobs (each of their jobs); and the ids without a record.

    A run of a training job and the job are one candidate. Raises `UnknownNode` and `LeaderboardError`.
    """
    kinds = _kinds(snapshot, ids)
    jobs, runs = ({node for node, kind in kinds.items() if kind == wanted} for wanted in (JOB, RUN))
    recorded = _recorded(snapshot, jobs, runs)
    known = dict(_lives(snapshot, JOB, jobs.union(*recorded.values())))
    found = {job: Candidate(job, known[job]) for job in sorted(jobs & known.keys())}
    several: dict[str, set[str]] = {}
    for run, record in sorted(_lives(snapshot, RUN, runs.union(recorded))):
        makers = recorded[run] & known.keys()
        others = tuple(sorted(recorded[run] - makers))
        if len(makers) == 1:
            job = next(iter(makers))
            found.setdefault(job, Candidate(job, known[job])).runs[run] = record
        elif run in runs:
            found[run] = Candidate(run, None, {run: record}, others)
            several |= {run: makers} if makers and not record.body.get("Metrics") else {}
    for run, makers in several.items():
        if makers <= found.keys():  # each of its jobs is compared by itself, and the tuning job adds nothing
            del found[run]
    told = {one.id: node_id(one.job.body.get("TuningJobArn") or "") for one in found.values() if one.job}
    tunings = dict(_lives(snapshot, TUNING, {*told.values()} - {""}))
    for one in found.values():
        one.tuning = tunings.get(told.get(one.id, ""))
    unread = kinds.keys() - found.keys() - several.keys() - {run for one in found.values() for run in one.runs}
    return [found[node] for node in sorted(found)], sorted(node for node in unread if kinds[node] != TUNING)


def _kinds(snapshot: Snapshot, ids: Iterable[str]) -> dict[str, str]:
    """The kind of each node that is asked about, by id, and of the training jobs that the tuning jobs among them started."""
    asked = [one if "@" in one else node_id(one) for one in dict.fromkeys(texts(ids, "ids"))]
    known = {node.id: node.kind for node in snapshot.nodes(asked)}
    named = [find_in(snapshot, one) for one in asked if one not in known]
    known |= {node.id: node.kind for node in snapshot.nodes(named)}
    wrong = sorted(node for node, kind in known.items() if kind not in (JOB, RUN, TUNING))
    if wrong:
        raise LeaderboardError(f"{wrong[0]} is of kind {known[wrong[0]]}: training jobs, runs and tuning jobs can be compared")
    tuning = [node for node, kind in known.items() if kind == TUNING]
    children = {edge[0] for edge in snapshot.edge_rows(into=tuning, relations=["member-of"])} if tuning else set()
    return known | {node.id: node.kind for node in snapshot.nodes(children) if node.kind == JOB}


def _recorded(snapshot: Snapshot, jobs: set[str], runs: set[str]) -> defaultdict[str, set[str]]:
    """By run, the jobs that it records: of the runs asked about, and of the jobs."""
    theirs = {edge[1] for edge in snapshot.edge_rows(out_of=jobs, relations=["recorded-by"])}
    found = defaultdict[str, set[str]](set)
    for source, target, *_ in snapshot.edge_rows(into=theirs | runs, relations=["recorded-by"]):
        found[target].add(source)
    return found


def _lives(snapshot: Snapshot, kind: str, nodes: set[str]) -> Iterator[tuple[str, Resource]]:
    """The records of nodes, by node id. If a name was used before, the id of the earlier node has its creation time in it."""
    last: Resource | None = None
    for record in snapshot.records(kind, (node.partition("@")[0] for node in nodes), deleted=True):
        if last and f"{last.id}@{last.created}" in nodes and last.id == record.id:
            yield f"{last.id}@{last.created}", last
        if last and last.id in nodes and last.id != record.id:
            yield last.id, last
        last = record
    if last and last.id in nodes:
        yield last.id, last


# --- how it ended ---------------------------------------------------------------------------------


def state(one: Candidate) -> Outcome:
    """Its state: completed, failed, stopped, running, or unknown, as for a run without a status."""
    said = outcome(one.record.status)
    if said is Outcome.STOPPING:
        return Outcome.RUNNING
    return said if said in _TOLD else Outcome.UNTOLD


def stopped_early(one: Candidate) -> bool:
    """Whether its tuning job stopped it, as far as is known: it stops trials early, and was not stopped itself.

    SageMaker has one status for all that is stopped, and distinguishes only what took too long.
    """
    if state(one) is not Outcome.STOPPED or not one.job or not one.tuning:
        return False
    if outcome(one.tuning.status) in (Outcome.STOPPED, Outcome.STOPPING):
        return False
    settings = one.tuning.body.get("HyperParameterTuningJobConfig", {})
    stops = settings.get("TrainingJobEarlyStoppingType") == "Auto" or settings.get("Strategy") == "Hyperband"
    return stops and not took_too_long(one.job.body.get("SecondaryStatus"))


def ended(one: Candidate) -> str | None:
    body = one.record.body
    return body.get("TrainingEndTime" if one.job else "EndTime") or None


# --- its metrics ----------------------------------------------------------------------------------


def measured(one: Candidate, statistic: str) -> dict[str, Measured]:
    """The value of each metric. Of several records the job's own counts, then the run in which it was noted last.

    A training job keeps only the last value. Its runs also keep the minimum, the maximum and the mean.
    """
    field_name = statistic.capitalize()
    found: dict[str, Measured] = {}
    for run, record in one.runs.items():
        for metric in record.body.get("Metrics") or ():
            noted = Measured(metric_value(metric.get(field_name)), run, f"Metrics[].{field_name}", metric.get("TimeStamp"))
            name, before = metric.get("MetricName"), found.get(metric.get("MetricName"))
            if name and metric.get(field_name) is not None and (not before or (before.at or "") <= (noted.at or "")):
                found[name] = noted
    for metric in one.job.body.get("FinalMetricDataList") or () if one.job and statistic == LAST else ():
        if metric.get("MetricName") and metric.get("Value") is not None:
            value = metric_value(metric["Value"])
            found[metric["MetricName"]] = Measured(value, one.id, "FinalMetricDataList[].Value", metric.get("Timestamp"))
    return found


def metric_value(value: Any) -> float:
    """A value of a metric. JSON has no number for what is not finite: a snapshot has it as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


# --- its parameters -------------------------------------------------------------------------------


def parameters(one: Candidate) -> Json:
    """Hyperparameters of the job, and parameters of its runs: numbers as numbers, other texts without the SDK's quotes."""
    found = {name: value for run in one.runs.values() for name, value in parameters_of(run.body).items()}
    own = one.job.body.get("HyperParameters") or {} if one.job else {}
    return {
        name: plain(value)
        for name, value in sorted((found | own).items())
        if not name.startswith(_OF_SAGEMAKER) and not _TECHNICAL.fullmatch(name) and not is_pin(name, value)
    }


def plain(value: Any) -> Any:
    """A parameter's value: `"0.1"`, `1e-1` and 0.1 are one number; anything else is text."""
    if not isinstance(value, str):
        return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value
    text = _unquoted(value)
    if _INTEGER.fullmatch(text):
        return int(text)
    return plain(float(text)) if _NUMBER.fullmatch(text) and math.isfinite(float(text)) else text


def _unquoted(text: str) -> str:
    """A text without its quotes: the SDK writes texts as JSON."""
    if not text.startswith('"'):
        return text.strip()
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value.strip() if isinstance(value, str) else text


# --- what it cost ---------------------------------------------------------------------------------


def cost(one: Candidate) -> Json:
    """What a job took, according to its record.

    Billable seconds are wall-clock seconds; the bill multiplies them by the instances (API reference, DescribeTrainingJob). The
    saving is that of spot instances, by the formula there.
    """
    body = one.job.body if one.job else {}
    kind, count = _instances(one)
    billable, training = body.get("BillableTimeInSeconds"), body.get("TrainingTimeInSeconds")
    saving = 1 - billable / training if body.get("EnableManagedSpotTraining") and billable is not None and training else None
    return {
        "duration_seconds": training if training is not None else _duration(one),
        "billable_seconds": billable,
        "instance_type": kind,
        "instance_count": count,
        "billable_instance_seconds": billable * count if billable is not None and count else None,
        "spot_saving": saving if saving is None else round(saving, 4),
    }


def _instances(one: Candidate) -> tuple[str | None, int | None]:
    if not one.job:
        noted: Json = {name: value for run in one.runs.values() for name, value in parameters_of(run.body).items()}
        return noted.get("SageMaker.InstanceType"), plain(noted.get("SageMaker.InstanceCount"))
    resources = one.job.body.get("ResourceConfig") or {}
    groups = resources.get("InstanceGroups")
    if not groups:
        return resources.get("InstanceType"), resources.get("InstanceCount")
    kinds = " + ".join(f"{group['InstanceCount']} {group['InstanceType']}" for group in groups)
    return kinds, sum(group["InstanceCount"] for group in groups)


def _duration(one: Candidate) -> float | None:
    start = one.record.body.get("TrainingStartTime" if one.job else "StartTime")
    end = ended(one)
    if not (start and end):
        return None
    seconds: float = plain((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
    return seconds
