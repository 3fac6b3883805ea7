"""Things that a text names by their ARNs or their names: what they hold, made or answer may have gone into whoever holds the text."""

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
TABLE = {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore", "TableName": "features_1690000000"}
TABLED = replace(
    GROUP, body=GROUP.body | {"OfflineStoreConfig": GROUP.body["OfflineStoreConfig"] | {"DataCatalogConfig": TABLE}}
)
SELECT = 'SELECT * FROM "sagemaker_featurestore"."features_1690000000" WHERE "n" > 1'
OTHERS = record("feature-group", "others", {})
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
    "the name of a feature group": (
        [INGEST, GROUP, student(HyperParameters={"source_feature_group_name": '"Features"'})],
        (SECRET, f"{STORED}/year=2026/"),
    ),
    "the name of a feature group, in an argument of the job before": (
        [INGEST, GROUP, *asks(AppSpecification={"ContainerArguments": ["--feature-groups", "others", "features"]}), OTHERS],
        (SECRET, STORED),
    ),
    "the name of a feature group, in a tag": (
        [INGEST, GROUP, student(Tags=[{"Key": "feature-group", "Value": "features"}])], (SECRET, STORED),
    ),
    "the name of a feature group, as an input that a run logs": (
        [INGEST, GROUP, student(), record("trial-component", "run", {
            "Source": {"SourceArn": arn("training-job", "student")}, "InputArtifacts": {"feature_group": {"Value": "features"}},
        })],
        (SECRET, STORED),
    ),
    "a query of the table of a feature group": (
        [INGEST, TABLED, student(HyperParameters={"query": json.dumps(SELECT)})], (SECRET, STORED),
    ),
    "a query of such a table, by the job before": (
        [INGEST, TABLED, *asks(AppSpecification={"ContainerArguments": ["--query", SELECT.replace('"', "")]})],
        (SECRET, f"{STORED}/year=2026/"),
    ),
    "the name of such a table": ([INGEST, TABLED, student(Environment={"TABLE_NAME": TABLE["TableName"]})], (SECRET, STORED)),
    "the name of such a table, in an argument": (
        [INGEST, TABLED, student(AlgorithmSpecification={"ContainerArguments": ["--table", TABLE["TableName"]]})], (SECRET,),
    ),
    "the name of such a table, after a sign": (
        [INGEST, TABLED, student(AlgorithmSpecification={"ContainerArguments": [f"--table={TABLE['TableName']}"]})], (SECRET,),
    ),
    "the name of such a table, in a variable of its own": (
        [INGEST, TABLED, student(
            AlgorithmSpecification={"ContainerArguments": ["--tables", "$FROM"]}, Environment={"FROM": TABLE["TableName"]}
        )], (SECRET,),
    ),
    "the name of an endpoint": ([TEACHER, *SHOP, *asks(Environment={"TEACHER_ENDPOINT_NAME": SHOP[2].name})], (SECRET,)),
    "the name of a model": ([TEACHER, SHOP[0], *asks(Environment={"SAGEMAKER_MODEL": SHOP[0].name})], (SECRET,)),
    "the name of a package": ([TEACHER, PACKAGE, student(HyperParameters={"model_package_name": "g/1"})], (SECRET,)),
    "the name of a training job, in JSON": (
        [TEACHER, student(Environment={"CONFIG": json.dumps({"parent": {"training_job_name": "teacher"}})})],
        (SECRET, "s3://m/teacher/output/model.tar.gz"),
    ),
    "the name of a processing job, in a command line": (
        [PREP, student(AlgorithmSpecification={"ContainerEntrypoint": ["bash", "-c", "fit --processing-job-name=prep -v"]})],
        (SECRET, CLEAN),
    ),
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
    "its own name": [replace(TEACHER, body=TEACHER.body | {"HyperParameters": {"training_job_name": "teacher"}})],
    "the endpoint that is to serve it": [
        TEACHER, *SHOP[1:], replace(SHOP[0], body=SHOP[0].body | {"Tags": [{"Key": "endpoint-name", "Value": "shop"}]}),
        student(Tags=[{"Key": "endpoint", "Value": "shop"}]),
    ],
    "a user": [TEACHER, student(Environment={"WHO": "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/jo"})],
}  # fmt: skip


@pytest.mark.parametrize("records", TOLD.values(), ids=TOLD)
def test_a_text_adds_nothing_to_what_fields_say(tmp_path: Path, records: list[Resource]) -> None:
    """A mention of what a field of the record names, of itself, or of something that holds no data, is no edge."""
    swept(tmp_path / "s.db", records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert not list(snapshot.edge_rows(relations=["may-take"]))


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ({"HyperParameters": {"query": SELECT}}, "unknown"),
        ({"Environment": {"TABLE": "sales_1690000000"}}, "unknown"),
        ({"Environment": {"STABLE": "sales_1690000000", "TABLE": "sales", "RUN": "sales_1690000000"}}, "not-referenced"),
        ({"HyperParameters": {"query": "SELECT * FROM sales.orders"}}, "not-referenced"),
    ],
)
def test_a_feature_groups_table_of_which_nothing_is_known_may_hold_anything(
    tmp_path: Path, body: dict[str, Any], verdict: str
) -> None:
    """A table that is called like one of a feature group, and belongs to none that was read, is a gap; no other table is."""
    swept(tmp_path / "s.db", [INGEST, student(**body)])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.used(snapshot, "s3://never/").verdict == verdict


def test_a_job_that_only_a_text_names_may_have_read_anything(tmp_path: Path) -> None:
    """A text that names a job which nobody could read is a gap, as any other field that does."""
    swept(tmp_path / "s.db", [student(Environment={"PARENT": arn("training-job", "gone")})])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        asked = lineage.used(snapshot, SECRET)
    assert (asked.verdict, [hole["subject"] for hole in asked.scope["holes"]]) == ("unknown", [arn("training-job", "gone")])


@pytest.mark.parametrize("kind", ["endpoint", "model"])
def test_what_only_a_text_names_may_have_served_any_model(tmp_path: Path, kind: str) -> None:
    """An endpoint or a model which nobody could read is in a note of each answer; a tag only says where something goes."""
    told = ({"Environment": {"ASKS": arn(kind, "gone")}}, {"Tags": [{"Key": "for", "Value": arn("endpoint", "gone")}]})
    notes = []
    for number, body in enumerate(told):
        swept(tmp_path / f"{number}.db", [student(**body)])
        with lineage.open_snapshot(tmp_path / f"{number}.db") as snapshot:
            notes.append([note[: len(kind) + 2] for note in lineage.used(snapshot, SECRET).caveats if "may lead on" in note])
    assert notes == [[f"1 {kind}"], []]


ORDINARY: dict[str, dict[str, str]] = {
    "how names begin": {"training_job_name": "xgboost", "processing_job_name": "prep", "transform_job_name": "score"},
    "an endpoint to be made": {"endpoint_name": "churn"},
    "no names": {"feature_group": "none", "feature_group_name": "true", "endpoint": "17", "feature_groups": "[]"},
    "other names": {"model_name": "bert-base", "sagemaker_job_name": "student", "base_job_name": "x", "fg": "red"},
}


@pytest.mark.parametrize("given", ORDINARY.values(), ids=ORDINARY)
def test_what_may_be_no_name_hides_nothing(tmp_path: Path, given: dict[str, str]) -> None:
    """A name that no record has is no gap, unless it is surely one: else an ordinary estate would never have a "no"."""
    swept(tmp_path / "s.db", [student(HyperParameters=given)])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.used(snapshot, SECRET).verdict == "not-referenced"
        told = lineage.datasets(snapshot, arn("training-job", "student"), holdouts=[SECRET])
    assert (told.verdict, told.holdouts[0]["verdict"], told.breaks) == ("traced", "not-referenced", [])


@pytest.mark.parametrize("called", [GROUP.arn, "features"])
def test_a_feature_group_that_is_gone_may_have_held_anything(tmp_path: Path, called: str) -> None:
    """A feature group that a text names and nobody could read is a gap of each question: its data outlasts its record."""
    swept(tmp_path / "s.db", [student(HyperParameters={"feature_group_name": called})])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        told = lineage.datasets(snapshot, arn("training-job", "student"), holdouts=[SECRET])
        assert lineage.used(snapshot, SECRET).verdict == told.holdouts[0]["verdict"] == "unknown"
    assert [one["at"]["name"] for one in told.breaks] == ["features"]


def test_a_name_means_what_is_in_the_same_account_and_region(tmp_path: Path) -> None:
    """A thing of that name in another region is not meant, and the one that is meant is a gap."""
    there = GROUP.arn.replace("eu-west-1", "eu-west-2")
    swept(
        tmp_path / "s.db",
        [replace(GROUP, arn=there, region="eu-west-2"), student(HyperParameters={"fg_name": "features"})],
    )
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        asked = lineage.used(snapshot, "s3://never/")
    assert "feature-group:111122223333/eu-west-1/features" in [hole["subject"] for hole in asked.scope["holes"]]


@pytest.mark.parametrize(
    "given", [{"PREPARED_BY": arn("processing-job", "prep")}, {"PROCESSING_JOB_NAME": "prep"}], ids=["arn", "name"]
)
def test_patched_joins_know_it_too(tmp_path: Path, given: dict[str, str]) -> None:
    """Whichever of the two comes first, a patched join has the edges of a join of everything."""
    job = fit("student", {"train": "s3://other/"}, Environment=given)
    prep = prepared("prep", SECRET, {"S3Output": {"S3Uri": CLEAN}})
    for calls in (["ListProcessingJobs"], ["ListTrainingJobs", "Search"]):
        path = tmp_path / f"{calls[0]}.db"
        denied = [{"fault": "AccessDeniedException", "operation": call} for call in calls]
        lineage.crawl_estate(path, replay=account(tmp_path, *denied, records=[job, prep]))
        lineage.crawl_estate(path, replay=account(tmp_path, records=[job, prep]), patch=True)
        with lineage.open_snapshot(path) as snapshot:
            assert {lineage.used(snapshot, place).verdict for place in (SECRET, CLEAN)} == {"possible"}
        assert lineage.verify(path, rejoin=True).verdict == "unchanged"
