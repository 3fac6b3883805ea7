"""Jobs that are created inside a run's block become jobs of the run, and nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from lineage.recording import Run, join_jobs, load_run
from tests.recording.stand_in import StandIn

TRAINING: dict[str, Any] = {
    "TrainingJobName": "fit-1",
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::111122223333:role/sagemaker",
    "OutputDataConfig": {"S3OutputPath": "s3://bank-ml/out/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
PROCESSING: dict[str, Any] = {
    "ProcessingJobName": "prep-1",
    "AppSpecification": {"ImageUri": "i"},
    "RoleArn": "arn:aws:iam::111122223333:role/sagemaker",
    "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}},
}
TRANSFORM: dict[str, Any] = {
    "TransformJobName": "score-1",
    "ModelName": "m",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bank-ml/in/"}}},
    "TransformOutput": {"S3OutputPath": "s3://bank-ml/out/"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
}
CALLS = {"create_training_job": TRAINING, "create_processing_job": PROCESSING, "create_transform_job": TRANSFORM}


def sent(service: StandIn) -> list[Any]:
    return [
        request.get("ExperimentConfig") for name, request in service.calls if name.startswith("Create") and name.endswith("Job")
    ]


@pytest.mark.parametrize("call", CALLS)
def test_a_job_inside_the_block_becomes_one_of_the_run(service: StandIn, call: str) -> None:
    """Training, processing and transform jobs from any code get the run's ExperimentConfig with its RunName."""
    client = join_jobs(service.session().client("sagemaker"))
    request = dict(CALLS[call])
    with Run("churn", "first") as run:
        getattr(client, call)(**request)
    assert sent(service) == [run.experiment_config]
    assert request == CALLS[call]


@pytest.mark.parametrize("call", CALLS)
def test_load_run_in_a_job_of_each_kind_finds_its_run(
    service: StandIn, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job is told by its container's environment, or its file, and its ExperimentConfig tells the run."""
    client = join_jobs(service.session().client("sagemaker"))
    with Run("churn", "first-try"):
        answer = getattr(client, call)(**CALLS[call])
    (arn,) = (value for key, value in answer.items() if key.endswith("Arn"))
    if call == "create_processing_job":
        (tmp_path / "processing.json").write_text(json.dumps({"ProcessingJobArn": arn}), encoding="utf-8")
        monkeypatch.setattr("lineage.recording.surroundings._PROCESSING", tmp_path / "processing.json")
    else:
        monkeypatch.setenv("TRAINING_JOB_ARN" if call == "create_training_job" else "TRANSFORM_JOB_ARN", arn)
    with load_run() as run:
        assert (run.experiment_name, run.run_name) == ("churn", "first-try")
        run.log_parameter("a", 1)
    assert service.components["churn-first-try"]["Parameters"] == {"a": {"NumberValue": 1.0}}


def test_outside_of_a_run_and_with_a_config_of_its_own_a_call_is_as_it_was(service: StandIn) -> None:
    """Nothing is added outside of a run, and the caller's values are never replaced."""
    client = join_jobs(join_jobs(service.session().client("sagemaker")))
    client.create_training_job(**TRAINING)
    with Run("other", "one") as other:
        own = {"ExperimentName": "other", "TrialName": other.run_group_name}
    with Run("churn", "first"):
        client.create_training_job(**TRAINING | {"TrainingJobName": "fit-2", "ExperimentConfig": own})
        service.session().client("sagemaker").create_training_job(**TRAINING | {"TrainingJobName": "fit-3"})
    assert sent(service) == [None, own, None]


def test_a_session_joins_the_jobs_of_all_clients_that_it_makes(service: StandIn) -> None:
    """Where the client is created elsewhere, as SDK v3 does it, its session is passed once."""
    session = join_jobs(boto3.Session())
    with Run("churn", "first") as run:
        session.client("sagemaker").create_training_job(**TRAINING)
    assert sent(service) == [run.experiment_config]
