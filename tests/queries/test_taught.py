"""A job that trains with what a model says has used that model's data: also where the model's own training job is a use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from tests.records import ACCOUNT, REGION, arn, record, served, training
from tests.swept import swept

SECRET, ELSEWHERE = "s3://raw/x/", "us-east-1"
TEACHER = training("teacher", {"train": SECRET}, "s3://m/teacher/output/model.tar.gz")
STUDENT = replace(
    training("student", {"train": "s3://said/"}, day="2026-02-05"),
    region=ELSEWHERE,
    arn=arn("training-job", "student", region=ELSEWHERE),
)
STUDENT = replace(STUDENT, body=STUDENT.body | {"TrainingJobArn": STUDENT.arn})
HOMES = [(ACCOUNT, REGION), (ACCOUNT, ELSEWHERE)]


def transformed(model: str = "shop-model") -> Resource:
    return record("transform-job", "say", {
        "TransformJobStatus": "Completed", "ModelName": model, "CreationTime": "2026-02-02T11:00:00Z",
        "TransformStartTime": "2026-02-02T12:00:00Z", "TransformEndTime": "2026-02-02T13:00:00Z",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://questions/"}}},
        "TransformOutput": {"S3OutputPath": "s3://said/"},
    })  # fmt: skip


def storing(**config: Any) -> list[Resource]:
    """The teacher behind an endpoint that stores what it says."""
    model, configured, endpoint = served("s3://m/teacher/output/model.tar.gz")
    return [model, replace(configured, body=configured.body | config), endpoint]


TAUGHT = {
    "a transform job": ([served("s3://m/teacher/output/model.tar.gz")[0], transformed()], "used-indirectly"),
    "captured answers": (storing(DataCaptureConfig={"DestinationS3Uri": "s3://said/"}), "possible"),
    "asynchronous answers": (storing(AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://said/"}}), "possible"),
}


@pytest.mark.parametrize(("between", "verdict"), TAUGHT.values(), ids=TAUGHT)
def test_a_student_of_a_model_used_its_data(tmp_path: Path, between: list[Resource], verdict: str) -> None:
    """All questions name the student: `used` as a whole and for its region alone, `datasets --holdouts` and `impact`."""
    swept(tmp_path / "s.db", [TEACHER, *between, STUDENT], HOMES)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        whole, there = lineage.used(snapshot, SECRET), lineage.used(snapshot, SECRET, regions=[ELSEWHERE])
        (holdout,) = lineage.datasets(snapshot, STUDENT.arn, holdouts=[SECRET]).holdouts
        reached = {row["name"]: row["sure"] for row in lineage.impact(snapshot, SECRET).reached}
    assert {row["job"]["name"]: row["verdict"] for row in whole.findings} == {"teacher": "used", "student": verdict}
    assert (there.verdict, [row["job"]["name"] for row in there.findings]) == (verdict, ["student"])
    assert (holdout["verdict"], reached["student"]) == (verdict, verdict == "used-indirectly")


LOST = {
    "behind an access point": {"writes": "s3://team-abcdefghijklmnopqrstuvwxyz-s3alias/output/model.tar.gz"},
    "a location that only a text names": {"Environment": {"TO": "s3://said/"}},
}


@pytest.mark.parametrize("body", LOST.values(), ids=LOST)
def test_a_use_elsewhere_is_no_answer_for_this_region(tmp_path: Path, body: dict[str, Any]) -> None:
    """Where the trail of what a training job made is lost, a question about another region gets no clean "no"."""
    teacher = training("teacher", {"train": SECRET}, **body)
    swept(tmp_path / "s.db", [teacher, STUDENT], HOMES)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        whole, there = lineage.used(snapshot, SECRET), lineage.used(snapshot, SECRET, regions=[ELSEWHERE])
        (holdout,) = lineage.datasets(snapshot, STUDENT.arn, holdouts=[SECRET]).holdouts
    assert (whole.verdict, there.verdict in ("unknown", "possible")) == ("used", True), there.verdict
    assert holdout["verdict"] in ("unknown", "possible")
