"""Things that a text names by their ARNs: what they hold, made or answer may have gone into whoever holds the text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from tests.estate import account, fit, prepared
from tests.records import arn, processing, record, served, training
from tests.swept import swept

SECRET, CLEAN = "s3://raw/x/", "s3://clean/x/"
STORED = "s3://fs/1/features-1/data"
TEACHER = training("teacher", {"train": SECRET}, "s3://m/teacher/output/model.tar.gz")
SHOP = served("s3://m/teacher/output/model.tar.gz")
PREP = processing("prep", {"in": SECRET}, {"out": CLEAN})
GROUP = record(
    "feature-group",
    "features",
    {
        "CreationTime": "2025-12-01T00:00:00Z",
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://fs/", "ResolvedOutputS3Uri": STORED}},
    },
)
INTO = {"Outputs": [{"OutputName": "o", "FeatureStoreOutput": {"FeatureGroupName": "features"}}]}
INGEST = processing("ingest", {"in": SECRET}, {}, ProcessingOutputConfig=INTO)
PACKAGE = record("model-package", "g/1", {
    "CreationTime": "2026-01-02T12:00:00Z",
    "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://m/teacher/output/model.tar.gz"}]},
})  # fmt: skip
LATER = "2026-02-05"


def student(**body: Any) -> Resource:
    return training("student", {"train": "s3://other/"}, day=LATER, **body)


def asks(**body: Any) -> list[Resource]:
    """A job that may ask or read what its texts name, and the student that learns from what it made."""
    return [processing("ask", {"in": "s3://questions/"}, {"out": "s3://said/"}, day="2026-02-04", **body), TAUGHT]


TAUGHT = training("student", {"train": "s3://said/"}, day=LATER)

NAMED: dict[str, tuple[list[Resource], tuple[str, ...]]] = {
    "a feature group, in a hyperparameter": (
        [INGEST, GROUP, student(HyperParameters={"group": json.dumps(GROUP.arn)})],
        (SECRET, f"{STORED}/year=2026/"),
    ),
    "a feature group, in an argument of the job before": (
        [INGEST, GROUP, *asks(AppSpecification={"ContainerArguments": ["--feature-group", GROUP.arn]})],
        (SECRET, STORED),
    ),
    "a feature group, as an input that a run logs": (
        [INGEST, GROUP, student(), record("trial-component", "run", {
            "Source": {"SourceArn": arn("training-job", "student")}, "InputArtifacts": {"features": {"Value": GROUP.arn}},
        })],
        (SECRET, STORED),
    ),
    "an endpoint, in a variable": ([TEACHER, *SHOP, *asks(Environment={"TEACHER": SHOP[2].arn})], (SECRET,)),
    "a model, in JSON": ([TEACHER, SHOP[0], *asks(Environment={"CONFIG": json.dumps({"model": SHOP[0].arn})})], (SECRET,)),
    "an ARN in capitals": ([PREP, student(Environment={"FROM": f"ARN:aws:sagemaker:{PREP.arn[18:]}"})], (SECRET,)),
    "a model package": ([TEACHER, PACKAGE, student(HyperParameters={"base": PACKAGE.arn})], (SECRET,)),
    "a training job": (
        [TEACHER, student(Environment={"PARENT": TEACHER.arn})],
        (SECRET, "s3://m/teacher/output/model.tar.gz"),
    ),
    "a processing job": ([PREP, student(Environment={"PREPARED_BY": f"see {PREP.arn}."})], (SECRET, CLEAN)),
}  # fmt: skip


@pytest.mark.parametrize(("records", "places"), NAMED.values(), ids=NAMED)
def test_what_a_text_names_may_have_gone_into_its_job(tmp_path: Path, records: list[Resource], places: tuple[str, ...]) -> None:
    """All questions say that data in a thing is possibly in the job whose text names it: asked at its origin and at its place."""
    swept(tmp_path / "s.db", records)
    job = arn("training-job", "student")
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        for place in places:
            found = {row["job"]["name"]: row["verdict"] for row in lineage.used(snapshot, place).findings}
            (holdout,) = lineage.datasets(snapshot, job, holdouts=[place]).holdouts
            reached = {row["name"]: row["sure"] for row in lineage.impact(snapshot, place).reached}
            assert (found["student"], holdout["verdict"], reached["student"]) == ("possible", "possible", False), place
        assert lineage.used(snapshot, "s3://never/").verdict == "not-referenced"


TOLD: dict[str, list[Resource]] = {
    "its own job": [TEACHER, record("trial-component", "teacher-run", {
        "Source": {"SourceArn": TEACHER.arn}, "Parameters": {"job": {"StringValue": TEACHER.arn}},
    })],
    "what a field names as its output": [INGEST, GROUP, training("other", {"train": "s3://other/"}), replace(
        INGEST, body=INGEST.body | {"Environment": {"GROUP": GROUP.arn}}
    )],
    "itself": [replace(TEACHER, body=TEACHER.body | {"Environment": {"ME": TEACHER.arn}})],
    "a user": [TEACHER, student(Environment={"WHO": "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/jo"})],
}  # fmt: skip


@pytest.mark.parametrize("records", TOLD.values(), ids=TOLD)
def test_a_text_adds_nothing_to_what_fields_say(tmp_path: Path, records: list[Resource]) -> None:
    """A mention of what a field of the record names, of itself, or of something that holds no data, is no edge."""
    swept(tmp_path / "s.db", records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert not list(snapshot.edge_rows(relations=["may-take"]))


def test_a_job_that_only_a_text_names_may_have_read_anything(tmp_path: Path) -> None:
    """A text that names a job which nobody could read is a gap, as any other field that does."""
    swept(tmp_path / "s.db", [student(Environment={"PARENT": arn("training-job", "gone")})])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        asked = lineage.used(snapshot, SECRET)
    assert (asked.verdict, [hole["subject"] for hole in asked.scope["holes"]]) == ("unknown", [arn("training-job", "gone")])


def test_patched_joins_know_it_too(tmp_path: Path) -> None:
    """Whichever of the two comes first, a patched join has the edges of a join of everything."""
    job = fit("student", {"train": "s3://other/"}, Environment={"PREPARED_BY": arn("processing-job", "prep")})
    prep = prepared("prep", SECRET, {"S3Output": {"S3Uri": CLEAN}})
    for calls in (["ListProcessingJobs"], ["ListTrainingJobs", "Search"]):
        path = tmp_path / f"{calls[0]}.db"
        denied = [{"fault": "AccessDeniedException", "operation": call} for call in calls]
        lineage.crawl_estate(path, replay=account(tmp_path, *denied, records=[job, prep]))
        lineage.crawl_estate(path, replay=account(tmp_path, records=[job, prep]), patch=True)
        with lineage.open_snapshot(path) as snapshot:
            assert {lineage.used(snapshot, place).verdict for place in (SECRET, CLEAN)} == {"possible"}
        assert lineage.verify(path, rejoin=True).verdict == "unchanged"
