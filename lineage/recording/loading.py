"""Existing runs: one by its names, by its job or program, or the current one; or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from lineage.domain.experiments import RUN_TAG, SortByType, SortOrderType
from lineage.errors import NotRecorded, NotThere, RefusedValue
from lineage.recording import limits, surroundings
from lineage.recording.opening import belongs
from lineage.recording.run import Run, current_run
from lineage.recording.service import LOGGER, PAGE, PASSING, Service


class Runs(list[Run]):
    """Runs, and the token of the next ones: None if these are the last."""

    next_token: str | None = None


def load_run(
    run_name: str | None = None,
    experiment_name: str | None = None,
    session: Any = None,
    strict: bool = False,  # noqa: FBT002
    *,
    artifact_bucket: str | None = None,
    artifact_prefix: str | None = None,
) -> Run:
    """An existing run, to log into it in a `with` block. Never creates one, and never records how the run ended.

    Without names: inside a run's block, that run; in a program started by `lineage record run`, its run; in a training,
    processing or transform job, the run that its `ExperimentConfig` names. Raises `NotThere`, `RefusedValue`, `NotRecorded`.
    """
    words: Any = {"strict": strict, "bucket": artifact_bucket, "prefix": artifact_prefix}
    if run_name and experiment_name:
        return _checked(Run._loaded(experiment_name, run_name, session, **words))  # noqa: SLF001
    if run_name or experiment_name:
        raise RefusedValue("a run is loaded by its name and that of its experiment: give both, or none of them inside a run")
    if run := current_run():
        return run
    experiment, name = surroundings.started_in() or _of_job(Service(session))
    return _checked(Run._loaded(experiment, name, session, **words))  # noqa: SLF001


def list_runs(
    experiment_name: str,
    created_before: datetime | None = None,
    created_after: datetime | None = None,
    sort_by: SortByType | str = SortByType.CREATION_TIME,
    sort_order: SortOrderType | str = SortOrderType.DESCENDING,
    max_results: int | None = None,
    next_token: str | None = None,
    *,
    session: Any = None,
) -> Runs:
    """The runs of an experiment that `Run`, or the SDK's `Run`, recorded. Writes nothing; their content is read when used.

    `max_results`: the maximum number; `next_token` of the answer gives the next ones. Raises `NotThere`, `NotRecorded`.
    """
    if max_results is not None and max_results < 1:
        raise RefusedValue(f"max_results must be at least 1, not {max_results}")
    experiment, service = limits.run_name(experiment_name, "experiment"), Service(session)
    times = {"CreatedBefore": created_before, "CreatedAfter": created_after}
    request = {name: value for name, value in times.items() if value} | {
        "ExperimentName": experiment,
        "SortBy": _one_of(SortByType, sort_by, "sort_by"),
        "SortOrder": _one_of(SortOrderType, sort_order, "sort_order"),
    }
    found, token = Runs(), next_token
    while True:
        page = service.steadily("ListTrialComponents", **request, **_window(max_results, len(found), token))
        found.extend(_runs_of(service, page, experiment, session))
        token = page.get("NextToken")
        if not token or (max_results is not None and len(found) >= max_results):
            found.next_token = token
            return found


def _one_of(words: type[StrEnum], given: str, name: str) -> str:
    if given not in {*words}:
        raise RefusedValue(f"{name} must be one of {', '.join(words)}, not {given!r}")
    return str(given)


def _window(most: int | None, have: int, token: str | None) -> dict[str, Any]:
    size = PAGE if most is None else max(1, min(PAGE, most - have))
    return {"MaxResults": size} | ({"NextToken": token} if token else {})


def _runs_of(service: Service, page: dict[str, Any], experiment: str, session: Any) -> Iterator[Run]:
    """Those of a page that have the name and the tag of a run."""
    start = f"{experiment}-"
    for summary in page.get("TrialComponentSummaries") or ():
        name = str(summary["TrialComponentName"])
        if name.startswith(start) and _is_run(service, str(summary["TrialComponentArn"])):
            yield Run._loaded(experiment, name.removeprefix(start), session, strict=False)  # noqa: SLF001


def _is_run(service: Service, arn: str) -> bool:
    return any(RUN_TAG in (page.get("Tags") or ()) for page in service.pages("ListTags", ResourceArn=arn))


def _of_job(service: Service) -> tuple[str, str]:
    """The experiment and the run of the job that this process runs in."""
    if not (job := surroundings.job()):
        raise NotThere("no run to load: give its name and that of its experiment, or call it inside a run or a SageMaker job")
    config = service.steadily(job.operation, **{job.key: job.name}).get("ExperimentConfig") or {}
    experiment, component = config.get("ExperimentName", ""), config.get("RunName", "")
    if not component:
        raise NotThere(
            f"the job {job.name} belongs to no run: create it with ExperimentConfig=run.experiment_config, whose RunName joins "
            "the two"
        )
    return experiment, component.lower().removeprefix(f"{experiment.lower()}-")


def _checked(run: Run) -> Run:
    """An existing run that belongs to its experiment. If the service is unreachable, that is checked later."""
    try:
        run.record  # noqa: B018  (asks for it)
        if not belongs(run._service, run._names):  # noqa: SLF001
            raise NotThere(f"{run.component_name!r} is not a run of the experiment {run.experiment_name!r}, but of another one")
    except NotRecorded as error:
        if run.strict or error.cause not in PASSING:
            raise
        LOGGER.warning("lineage: %s: what is logged is kept on disk and sent when it is back", error)
    return run
