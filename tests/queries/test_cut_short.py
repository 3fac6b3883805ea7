"""Jobs that were cut short: a job that never ran made nothing, one that never began read nothing, and all questions agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from lineage.graphs.build import around_dataset, around_subject
from lineage.graphs.neighbourhoods import making_excerpt
from lineage.queries.used import used
from tests.queries.test_boundaries_used import whole
from tests.queries.test_datasets import held, known
from tests.records import arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl

RAW, DEEP = "s3://data/a/", "s3://data/a/1.csv"
SHARED = {"CheckpointConfig": {"S3Uri": "s3://ck/shared/"}}
NO_OBJECTS = 'ClientError: No S3 objects found under S3 URL "s3://data/a/" given in input data source.'
NEVER = {"TrainingStartTime": None, "TrainingEndTime": None}


def steps(*names: str, status: str = "Stopped") -> dict[str, Any]:
    told = [{"Status": name, "StartTime": f"2026-01-02T10:{number:02}:00Z"} for number, name in enumerate(names)]
    return {"TrainingJobStatus": status, "SecondaryStatusTransitions": told}


def job(name: str = "a", reads: str = RAW, **body: Any) -> Resource:
    return training(name, [channel("train", reads, mode="File")], **body)


CUT = steps("Starting", "Downloading", "Stopped")
AFTER = training("b", {"train": "s3://data/b/"}, day="2026-01-05", **SHARED)
CHILD = {"TuningJobArn": arn("tuning-job", "hpo")}


def tuning(status: str = "Failed", **counts: int) -> Resource:
    body = {
        "HyperParameterTuningJobStatus": status,
        "CreationTime": "2026-01-01T00:00:00Z",
        "TrainingJobDefinition": {"InputDataConfig": [channel("train", RAW)]},
        "TrainingJobStatusCounters": {"Completed": 0, "InProgress": 0, "Stopped": 0} | counts,
    }
    return record("tuning-job", "hpo", body)


def prepared(**body: Any) -> list[Resource]:
    """A processing job that was cut short, and the readers of the place where it was to write."""
    return [processing("p", {"in": RAW}, {"out": "s3://prep/"}, **body), job("b", "s3://prep/", day="2026-01-05")]


def transformed(**body: Any) -> list[Resource]:
    own = {
        "TransformJobStatus": "Failed",
        "CreationTime": "2026-01-02T10:00:00Z",
        "TransformStartTime": "2026-01-02T10:01:00Z",
        "TransformEndTime": "2026-01-02T10:09:00Z",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": RAW, "S3DataType": "S3Prefix"}}},
        "TransformOutput": {"S3OutputPath": "s3://prep/"},
    }
    return [record("transform-job", "p", own | body), job("b", "s3://prep/", day="2026-01-05")]


FETCH = {"FailureReason": "ClientError: Failed to download data. ListObjectsV2 failed for s3://data/a/"}
# A case: its title, its records, and what `used` says about each job.
CASES: list[tuple[str, list[Resource], dict[str, str]]] = [
    ("stopped while downloading", [job(**CUT, **SHARED), AFTER], {"a": "possible"}),
    ("failed while downloading", [job(**steps("Starting", "Downloading", "Failed", status="Failed"), **SHARED), AFTER], {"a": "possible"}),
    ("stopped while training", [job(**steps("Starting", "Downloading", "Training", "Stopped"), **SHARED), AFTER], {"a": "used", "b": "used-indirectly"}),
    ("a step that nobody knows", [job(**steps("Starting", "Downloading", "Warming", "Stopped"), **SHARED), AFTER], {"a": "used", "b": "used-indirectly"}),
    ("still downloading", [job(**steps("Starting", "Downloading", status="InProgress"), **SHARED), AFTER], {"a": "used", "b": "used-indirectly"}),
    ("stopped while it started", [job(**steps("Starting", "Stopped"), **SHARED), AFTER], {"a": "declared-only"}),
    ("never started, and named it as text", [training("a", {}, HyperParameters={"d": RAW}, TrainingJobStatus="Failed", **NEVER)], {"a": "declared-only"}),
    ("never started, at the end of a chain", [processing("p", {"in": RAW}, {"out": "s3://prep/"}), job("b", "s3://prep/", TrainingJobStatus="Failed", **NEVER)], {"b": "declared-only"}),
    ("cut short at the end of a chain", [processing("p", {"in": RAW}, {"out": "s3://prep/"}), job("b", "s3://prep/", **CUT)], {"b": "possible"}),
    ("found no objects there", [job(TrainingJobStatus="Failed", FailureReason=NO_OBJECTS, **SHARED), AFTER], {"a": "declared-only"}),
    ("found no objects elsewhere", [training("a", {"train": RAW, "test": "s3://data/t/"}, TrainingJobStatus="Failed", FailureReason=NO_OBJECTS.replace("a/", "t/"), **SHARED), AFTER], {"a": "possible"}),
    ("found none the second time", [job(**steps("Downloading", "Training", "Interrupted", "Downloading", "Failed", status="Failed"), FailureReason=NO_OBJECTS)], {"a": "used"}),
    ("no objects, as its program says", [job(TrainingJobStatus="Failed", FailureReason="AlgorithmError: no objects found")], {"a": "used"}),
    ("processing that could not fetch", prepared(ProcessingJobStatus="Failed", **FETCH), {}),
    ("processing that failed by itself", prepared(ProcessingJobStatus="Failed", FailureReason="AlgorithmError: See job logs"), {"b": "possible"}),
    ("processing that never started", prepared(ProcessingJobStatus="Stopped", ProcessingStartTime=None), {}),
    ("a transform job that could not fetch", transformed(**FETCH), {}),
    ("a transform job that failed by itself", transformed(FailureReason="ClientError: See job logs for more information"), {"b": "possible"}),
    ("a tuning job that launched nothing", [tuning()], {"hpo": "declared-only"}),
    ("a tuning job that does not say so yet", [tuning("InProgress")], {"hpo": "used-indirectly"}),
    ("a tuning job whose jobs never started", [tuning(NonRetryableError=1), job("hpo-1", TrainingJobStatus="Failed", **NEVER, **CHILD)], {"hpo": "declared-only", "hpo-1": "declared-only"}),
    ("a tuning job whose only known job never started", [tuning(NonRetryableError=2), job("hpo-1", TrainingJobStatus="Failed", **NEVER, **CHILD)], {"hpo": "used-indirectly", "hpo-1": "declared-only"}),
    ("a tuning job whose job was cut short", [tuning(Stopped=1), job("hpo-1", **CUT, **CHILD)], {"hpo": "possible", "hpo-1": "possible"}),
    ("a tuning job of which one ran", [tuning(Stopped=1, Completed=1), job("hpo-1", **CUT, **CHILD), job("hpo-2", **CHILD)], {"hpo": "used-indirectly", "hpo-1": "possible", "hpo-2": "used"}),
    ("a model of what was cut short", [job(**CUT), *served("s3://models/a/output/model.tar.gz")], {"a": "possible"}),
    ("a base model of what was cut short", [job(**CUT), training("b", {"model": "s3://models/a/output/model.tar.gz"}, day="2026-01-05")], {"a": "possible"}),
]  # fmt: skip
IDS = [case[0] for case in CASES]


def best(answer: lineage.Usage) -> dict[str, str]:
    """The strongest verdict of each job."""
    return {row["job"]["name"]: row["verdict"] for row in reversed(answer.findings)}


@pytest.mark.parametrize(("_case", "records", "expected"), CASES, ids=IDS)
def test_what_was_cut_short(_case: str, records: list[Resource], expected: dict[str, str]) -> None:
    """Each job is shown by how far it came, and a reader of the place where it was to write got nothing from it."""
    assert best(used(whole(*records), RAW)) == expected
    assert best(used(whole(*records), DEEP)) == expected


@pytest.mark.parametrize(("_case", "records", "expected"), CASES, ids=IDS)
def test_impact_agrees_with_used(_case: str, records: list[Resource], expected: dict[str, str]) -> None:
    """Impact reaches the jobs that `used` shows, as certainly, except those that read nothing, and none of their models."""
    rows = lineage.impact(whole(*records), RAW).reached
    sure = {"used": True, "used-indirectly": True, "possible": False}
    trained = {row["name"]: row["sure"] for row in rows if row["kind"] in ("training-job", "tuning-job")}
    assert trained == {name: sure[verdict] for name, verdict in expected.items() if verdict in sure}
    assert not [row for row in rows if row["kind"] in ("model", "endpoint")]


@pytest.mark.parametrize(("_case", "records", "expected"), CASES, ids=IDS)
def test_datasets_agree_with_used(_case: str, records: list[Resource], expected: dict[str, str]) -> None:
    """For each job that trains, a holdout has the verdict that `used` has for that job; it adds nothing for any other."""
    for one in records:
        if one.kind in ("training-job", "tuning-job"):
            verdict = expected.get(one.name)
            # what a tuning job is given counts as its own making, and as indirect for a question about training jobs
            own = "used" if verdict == "used-indirectly" and one.kind == "tuning-job" else verdict
            assert held(one.arn, RAW, *records) in ((own,) if own else ("not-referenced", "unknown")), one.name


@pytest.mark.parametrize(("_case", "records", "expected"), CASES, ids=IDS)
def test_a_neighbourhood_tells_the_same(_case: str, records: list[Resource], expected: dict[str, str], tmp_path: Path) -> None:
    """The part of a snapshot that a question loads holds the jobs that a job started."""
    crawl(tmp_path / "s.db", *records)
    with lineage.Snapshot(tmp_path / "s.db", writing=True) as snapshot:
        assert best(used(around_dataset(snapshot, RAW), RAW)) == expected
        near, all_of_it = (lineage.impact(graph, RAW) for graph in (around_subject(snapshot, RAW), lineage.graph(snapshot)))
        assert near.reached == all_of_it.reached
        for one in records:
            if one.kind in ("training-job", "tuning-job"):
                near_it, far = (
                    lineage.datasets(graph, one.arn, holdouts=[RAW])
                    for graph in (making_excerpt(snapshot, one.id), lineage.graph(snapshot))
                )
                assert near_it.holdouts == far.holdouts


def test_trace_names_no_maker_that_never_ran() -> None:
    """A model at the place of a job that was stopped while downloading was not made by that job."""
    answer = lineage.trace(known(job(**CUT), *served("s3://models/a/output/model.tar.gz")), "shop")
    assert (answer.verdict, answer.training_jobs) == ("broken", [])


# --- jobs that read again -----------------------------------------------------------------------

SPOT = [
    ("Starting", 0),
    ("Downloading", 5),
    ("Training", 10),
    ("Interrupted", 20),
    ("Downloading", 30),
    ("Training", 35),
    ("Uploading", 50),
]


def spot(number: int = len(SPOT), status: str = "Completed") -> Resource:
    told = [
        {"Status": name, "StartTime": f"2026-01-02T10:{at:02}:00Z", "EndTime": f"2026-01-02T10:{until:02}:00Z"}
        for (name, at), (_, until) in zip(SPOT, [*SPOT[1:], ("", 59)], strict=True)
    ]
    return job("b", "s3://prep/", SecondaryStatusTransitions=told[:number], TrainingJobStatus=status)


def maker(name: str, minute: int, reads: str = RAW) -> Resource:
    times = {"ProcessingStartTime": f"2026-01-02T10:{minute:02}:00Z", "ProcessingEndTime": f"2026-01-02T10:{minute:02}:30Z"}
    return processing(name, {"in": reads}, {"out": "s3://prep/"}, **times)


@pytest.mark.parametrize(
    ("minute", "last", "verdict"),
    [
        (2, 7, "used-indirectly"),
        (7, 7, "used-indirectly"),
        (15, 7, "used-indirectly"),
        (29, 7, "used-indirectly"),
        (32, 7, "possible"),
        (40, 7, None),
        (2, 5, "possible"),
        (15, 5, "possible"),
        (15, 4, None),
    ],
)
def test_a_spot_job_reads_again(minute: int, last: int, verdict: str | None) -> None:
    """A job read what was written before its last download began; that counts for nothing if no program ran after it."""
    records = [maker("p", minute), spot(last, "Completed" if last == len(SPOT) else "Stopped")]
    assert best(used(whole(*records), RAW)) == ({"b": verdict} if verdict else {})


def test_a_channel_that_was_read_twice_is_told_once() -> None:
    """Each question shows a channel once, with every writer of what any of its downloads got."""
    first, second = maker("first", 2), maker("second", 25, "s3://data/b/")
    graph = known(first, second, spot(), *served("s3://models/b/output/model.tar.gz"))
    assert [row["channel"] for row in used(graph, "s3://prep/").findings] == ["train"]
    answer = lineage.trace(graph, "shop")
    assert [row["uri"] for row in answer.datasets] == ["s3://data/a/", "s3://data/b/", "s3://prep/"]
    (row,) = [row for row in lineage.datasets(graph, "b").datasets if row["channel"] == "train"]
    assert [(one["name"], one["fit"]) for one in row["makers"]] == [("first", "certain"), ("second", "certain")]
