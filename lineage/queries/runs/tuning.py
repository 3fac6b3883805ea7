"""What a tuning job says of the training jobs that it started: their objective, the best one, and its warm start."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.domain.records import Json, Resource
from lineage.errors import LeaderboardError
from lineage.queries.runs.candidates import Candidate, plain

Objective = tuple[str, str]
"""A metric, and `max` or `min`."""

_DIRECTIONS = {"Maximize": "max", "Minimize": "min"}


def objectives(tuning: Resource) -> set[Objective]:
    """The objectives of a tuning job: its own, or one for each of its training job definitions."""
    body = tuning.body
    definitions = [body.get("TrainingJobDefinition") or {}, *(body.get("TrainingJobDefinitions") or ())]
    own = body.get("HyperParameterTuningJobConfig", {}).get("HyperParameterTuningJobObjective")
    told = [own, *(definition.get("TuningObjective") for definition in definitions)]
    return {(one["MetricName"], _DIRECTIONS.get(one["Type"], "")) for one in told if one}


def common_objective(found: Iterable[Candidate]) -> str | None:
    """The metric that is the objective of the tuning job of every candidate; None if there is none."""
    told = []
    for one in found:
        own = plain((one.job.body.get("HyperParameters") or {}).get("_tuning_objective_metric")) if one.job else None
        of_tuning = {name for name, _ in objectives(one.tuning)} if one.tuning else set()
        told.append({str(own)} if own and tuning_name(one) else of_tuning)  # a job has its own objective as a hyperparameter
    common = set().union(*told) if told and all(told) else set()
    return common.pop() if len(common) == 1 else None


def tuning_name(one: Candidate) -> str | None:
    """The name of the tuning job that started a training job; in lower case if only its ARN is known."""
    arn = one.job.body.get("TuningJobArn") if one.job else None
    return one.tuning.name if one.tuning else arn.rpartition("/")[2] if arn else None


def direction_of(found: Iterable[Candidate], metric: str) -> tuple[str, str]:
    """`max` or `min`, and the tuning job that says so; two empty texts if none does. Raises `LeaderboardError`."""
    said = {
        direction: one.tuning.name
        for one in found
        if one.tuning
        for name, direction in sorted(objectives(one.tuning))
        if name == metric and direction
    }
    if len(said) > 1:
        who = " and ".join(f"{name} wants its {direction}" for direction, name in sorted(said.items()))
        raise LeaderboardError(f"tuning jobs disagree about {metric}: {who}; say which: direction max or min")
    return next(iter(said.items()), ("", ""))


def warm_start_parents(found: Iterable[Candidate]) -> set[str]:
    """The ids of the tuning jobs whose trials were the warm start of another one that is compared here."""
    tunings = tunings_of(found)
    begun = {(one.account, one.region, name) for one in tunings for name in parents(one)}
    return {one.id for one in tunings if (one.account, one.region, one.name) in begun}


def parents(tuning: Resource) -> list[str]:
    """The names of the tuning jobs that a warm start began with."""
    told = (tuning.body.get("WarmStartConfig") or {}).get("ParentHyperParameterTuningJobs") or ()
    return [one["HyperParameterTuningJobName"] for one in told if one.get("HyperParameterTuningJobName")]


def best_of(tuning: Resource) -> str | None:
    """The training job that the tuning job itself calls its best."""
    name: str | None = (tuning.body.get("BestTrainingJob") or {}).get("TrainingJobName")
    return name


def tuning_json(tuning: Resource) -> Json:
    """A tuning job as the leaderboard shows it."""
    body, settings = tuning.body, tuning.body.get("HyperParameterTuningJobConfig", {})
    warm = body.get("WarmStartConfig")
    return {
        "id": tuning.id,
        "name": tuning.name,
        "status": tuning.status,
        "objectives": [{"metric": name, "direction": direction or None} for name, direction in sorted(objectives(tuning))],
        "strategy": settings.get("Strategy"),
        "early_stopping": settings.get("TrainingJobEarlyStoppingType"),
        "warm_start": {"type": warm.get("WarmStartType"), "parents": parents(tuning)} if warm else None,
        "best": best_of(tuning),
        "started": sum((body.get("TrainingJobStatusCounters") or {}).values()),
    }


def tunings_of(found: Iterable[Candidate]) -> list[Resource]:
    """The tuning jobs of the candidates, by id."""
    known = {one.tuning.id: one.tuning for one in found if one.tuning}
    return [known[identity] for identity in sorted(known)]


def left_out(tuning: Resource, found: Iterable[Candidate]) -> int:
    """How many of the training jobs that a tuning job started are not compared."""
    compared = sum(one.tuning is not None and one.tuning.id == tuning.id for one in found)
    return max(0, int(tuning_json(tuning)["started"]) - compared)
