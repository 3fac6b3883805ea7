"""`lineage iam-policy --recording` against the calls that the recording side makes: all are allowed, and nothing else."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lineage import iam_policy
from lineage.recording import (
    Experiment,
    RecordingError,
    Run,
    Trial,
    TrialComponent,
    join_jobs,
    list_runs,
    load_run,
    resume,
    track,
)
from lineage.recording.programs import run_program
from tests.recording.stand_in import StandIn

# The operations for which S3 checks a permission of another name (Service Authorization Reference, Amazon S3).
OF_S3 = {
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
OURS_TO_S3 = (*OF_S3, "AbortMultipartUpload", "GetBucketVersioning", "PutObject")
FREE = ("GetCallerIdentity",)  # needs no permission
THEIRS = ("CreateTrainingJob", "CreateProcessingJob", "CreateTransformJob")  # calls of the user's own client
JOB = {
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
    "RoleArn": "arn:aws:iam::111122223333:role/sagemaker",
    "OutputDataConfig": {"S3OutputPath": "s3://bank-ml/out/"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
}
TAGS = [{"Key": "team", "Value": "fraud"}]


def actions(calls: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """The IAM actions that some calls need."""
    for operation, request in calls:
        if operation in (*FREE, *THEIRS):
            continue
        if operation in OURS_TO_S3:
            yield f"s3:{OF_S3.get(operation, operation)}"
        else:
            yield f"sagemaker:{operation}"
            yield from ["sagemaker:AddTags"] if request.get("Tags") else []


def record(service: StandIn, folder: Path) -> None:
    """A run with everything that can be logged."""
    large = folder / "large.bin"
    large.write_bytes(bytes(9 << 20))  # goes up in parts, like every file above 8 MiB
    service.fault("UploadPart", "AccessDenied", status=403)  # so that the uploaded parts are removed again
    with Run("churn", "first", tags=TAGS) as run:
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
        run.log_artifact("report", "report.html")
        run.log_file(large, "refused")
        run.close()
        run.log_file(large)
        run.log_roc_curve([0, 1, 1], [0.1, 0.8, 0.9])
        run.log_dataset("train", "s3://bank-ml/train/")
        run.log_dataset("row", "s3://bank-ml/train/a.csv")
        run.log_dataset("other", "s3://sagemaker-eu-west-1-111122223333/train/")
        run.log_model("s3://bank-ml/m.tar.gz")
        track()(lambda depth: depth)(6)
        run_program(run, ["true"])
    with Run("churn", "second") as run:
        run.log_dataset("train", "s3://bank-ml/train/")  # whose artifact exists already
    with Run("churn", "first"), load_run("second", "churn") as run:
        run.log_metric("loss", 2)
    assert len(list_runs("churn")) == 2


def in_jobs(service: StandIn, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that are loaded in a job of each kind; which jobs these are does not matter here."""
    config = folder / "config.json"
    with Run("churn", "third"):
        arn = join_jobs(service.session().client("sagemaker")).create_training_job(TrainingJobName="fit-1", **JOB)[
            "TrainingJobArn"
        ]
    monkeypatch.setattr("lineage.recording.surroundings._PROCESSING", config)
    config.write_text(json.dumps({"ProcessingJobArn": arn}), encoding="utf-8")
    for variable in ("NOTHING", "TRAINING_JOB_ARN", "TRANSFORM_JOB_ARN"):
        with monkeypatch.context() as patch, contextlib.suppress(RecordingError):
            patch.setenv(variable, arn)
            load_run()


def manage() -> None:
    """Entities that are created, listed, searched, changed and deleted."""
    experiment = Experiment.create("plain", tags=TAGS)
    trial = experiment.create_trial("one")
    component = TrialComponent.create("step", tags=TAGS)
    trial.add_trial_component(component)
    experiment.description, trial.display_name, component.parameters["a"] = "d", "t", 1
    for entity, kind in ((experiment, Experiment), (trial, Trial), (component, TrialComponent)):
        entity.save()
        assert list(kind.list())
        assert list(kind.search())
        assert kind.load(entity._name).tags is not None
    assert component.parents
    trial.remove_trial_component(component)
    trial.add_trial_component(component)
    component.delete(force_disassociate=True)
    for name in ("plain", "churn"):
        Experiment.load(name).delete_all("--force")


def test_the_policy_allows_what_is_called_and_nothing_else(
    service: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a scenario that uses everything, the actions of the calls are those of the policy."""
    service.session().client("s3").put_object(Bucket="bank-ml", Key="train/a.csv", Body=b"a")
    service.calls.clear()
    record(service, tmp_path)
    in_jobs(service, tmp_path, monkeypatch)
    manage()
    assert resume()[0] == 0
    allowed = [action for statement in iam_policy(recording=True)["Statement"] for action in statement["Action"]]
    assert sorted(set(actions(service.calls))) == sorted(allowed)
