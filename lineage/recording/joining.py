"""Jobs that any code creates inside a run's block become jobs of the run.

SDK v3 (`sagemaker.train.ModelTrainer`) sends no `ExperimentConfig`, so nothing links its jobs to the run around them.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from lineage.errors import RefusedValue
from lineage.recording.run import current_run

_CALLS: Final = ("CreateTrainingJob", "CreateProcessingJob", "CreateTransformJob")
ClientT = TypeVar("ClientT")


def join_jobs(client: ClientT) -> ClientT:
    """Make a boto3 SageMaker client add each job that it creates to the current run; returns the same client.

    For a boto3 session, this holds for all clients that it makes afterwards. A call with an `ExperimentConfig` keeps its own.
    """
    given: Any = getattr(client, "sagemaker_client", None) or client  # the boto3 session of an SDK session
    events = getattr(given, "events", None) or getattr(getattr(given, "meta", None), "events", None)
    if events is None:
        raise RefusedValue(f"jobs are joined for a SageMaker client of boto3, or a session, and not for {client!r}")
    for call in _CALLS:
        events.register(f"provide-client-params.sagemaker.{call}", _with_run, unique_id=f"lineage-{call}")
    return client


def _with_run(params: dict[str, Any], **_: Any) -> dict[str, Any] | None:
    """The parameters of a call with the current run's config; None leaves them as they are."""
    run = current_run()
    return None if run is None or params.get("ExperimentConfig") else params | {"ExperimentConfig": run.experiment_config}
