"""Jobs that are created inside a run's block become jobs of the run, whoever creates them.

SDK v3 (`sagemaker.train.ModelTrainer`) sends no `ExperimentConfig`, so that nothing ties its jobs to the run around them.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from lineage.errors import RefusedValue
from lineage.recording.run import current_run

_CALLS: Final = ("CreateTrainingJob", "CreateProcessingJob", "CreateTransformJob")
ClientT = TypeVar("ClientT")


def join_jobs(client: ClientT) -> ClientT:
    """Have a SageMaker client of boto3 give each job that it creates to the current run; the same client is given back.

    With a boto3 session, all clients that it makes afterwards. A call that has an `ExperimentConfig` keeps its own.
    """
    given: Any = getattr(client, "sagemaker_client", None) or client  # of a session of the SDK
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
