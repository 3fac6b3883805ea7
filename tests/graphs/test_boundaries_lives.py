"""The edges of a name's lives: which of them a reference means, to the second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lineage.domain.names import EARLIER
from lineage.domain.records import Resource
from lineage.graphs.derive import derive, join
from lineage.queries.used import used
from lineage.snapshot.reading import Snapshot, open_snapshot
from tests.records import arn, processing, record, training
from tests.snapshot.test_file import crawl
from tests.swept import swept

LIVES = ("2026-01-01T00:00:00Z", "2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z")
FIRST, SECOND = (f"@{created}" for created in LIVES[:2])
LAST = ""  # this one has the plain id


def at(time: str) -> str:
    """A time of January."""
    return f"2026-01-{time}Z" if time else ""


def lives(kind: str, name: str, **body: Any) -> list[Resource]:
    """Three resources that were created one after the other under one name."""
    return [record(kind, name, {"CreationTime": created} | body) for created in LIVES]


def meant(kind: str, name: str, relation: str, namer: Resource, end: str = "source") -> str:
    """Which life of a name an edge leads from or to: the part of its node id after the ARN."""
    (edge,) = [edge for edge in derive([*lives(kind, name), namer]).edges if edge.relation == relation]
    return str(getattr(edge, end)).removeprefix(arn(kind, name))


def job(created: str, modified: str) -> Resource:
    """A job that names an algorithm."""
    times = {"CreationTime": at(created), "LastModifiedTime": at(modified)}
    return training("j", {}, AlgorithmSpecification={"AlgorithmName": "own"}, **times)


@pytest.mark.parametrize(
    ("created", "modified", "life"),
    [
        ("05T00:00:00", "15T00:00:00", FIRST),
        ("05T00:00:00", "25T00:00:00", FIRST),
        ("01T00:00:00", "", FIRST),
        ("09T23:59:59", "", FIRST),
        ("10T00:00:00", "", SECOND),
        ("10T00:00:00.500", "", SECOND),
        ("19T23:59:59", "", SECOND),
        ("20T00:00:00", "", LAST),
        ("25T00:00:00", "", LAST),
        ("", "", LAST),
    ],
    ids=[
        "touched in the second life",
        "touched in the last life",
        "with the first life",
        "a second before the second life",
        "with the second life",
        "within its second",
        "a second before the last life",
        "with the last life",
        "in the last life",
        "nobody knows when",
    ],
)
def test_a_job_means_who_lived_when_it_was_created(created: str, modified: str, life: str) -> None:
    """A job's reference means the resource of that name when the job was created, however late its record last changed."""
    assert meant("algorithm", "own", "provides", job(created, modified)) == life


def test_before_all_lives_something_unread_is_meant() -> None:
    """If nothing that was read had the name yet, something had it that nobody read."""
    early = record("endpoint", "e", {"CreationTime": "2025-12-31T00:00:00Z", "EndpointConfigName": "c"})
    assert meant("endpoint-config", "c", "configures", early) == EARLIER


@pytest.mark.parametrize(
    ("created", "modified", "life"),
    [
        ("05T00:00:00", "", FIRST),
        ("05T00:00:00", "09T23:59:59", FIRST),
        ("05T00:00:00", "10T00:00:00", SECOND),
        ("05T00:00:00", "15T00:00:00", SECOND),
        ("05T00:00:00", "20T00:00:00", LAST),
        ("15T00:00:00", "05T00:00:00", SECOND),
    ],
    ids=[
        "never edited",
        "edited a second before the second life",
        "edited with the second life",
        "edited in the second life",
        "edited with the last life",
        "a clock that went back",
    ],
)
def test_what_can_be_edited_means_who_lived_when_it_was(created: str, modified: str, life: str) -> None:
    """An endpoint's reference means the resource of that name when the endpoint was last changed."""
    body = {"CreationTime": at(created), "LastModifiedTime": at(modified), "EndpointConfigName": "c"}
    assert meant("endpoint-config", "c", "configures", record("endpoint", "e", body)) == life


def test_what_no_data_flows_along_means_the_name() -> None:
    """A record belongs to its parent by name: a trial of an experiment that was created again is in today's."""
    trial = record("trial", "t", {"CreationTime": at("05T00:00:00"), "ExperimentName": "x"})
    assert meant("experiment", "x", "member-of", trial, "target") == LAST


def test_both_ends_find_their_life() -> None:
    """An edge that leads to a name finds the life at that end, and does not change its other end."""
    written = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "fg"}}]}}
    prep = record("processing-job", "p", {"CreationTime": at("05T00:00:00")} | written)
    assert meant("feature-group", "fg", "writes", prep, "target") == FIRST
    joined = derive([*lives("feature-group", "fg"), prep])
    assert [edge.source for edge in joined.edges if edge.relation == "writes"] == [prep.id]


@pytest.mark.parametrize(
    ("created", "life"),
    [({"CreationTime": LIVES[0]}, LAST), ({}, LAST), ({"CreationTime": LIVES[2]}, EARLIER)],
    ids=["made before", "made nobody knows when", "made later, so it is another one"],
)
def test_one_life_is_the_name(created: dict[str, str], life: str) -> None:
    """If a name was never reused, it always means the same thing; lifetimes of other names change nothing."""
    others = lives("algorithm", "own-2")
    only = record("algorithm", "own", created)
    (edge,) = [edge for edge in derive([only, *others, job("05T00:00:00", "")]).edges if edge.relation == "provides"]
    assert edge.source == f"{only.id}{life}"


@pytest.mark.parametrize(
    ("created", "started", "modified", "life"),
    [
        ("05T00:00:00", "05T00:05:00", "05T01:00:00", FIRST),
        ("05T00:00:00", "05T00:05:00", "25T00:00:00", FIRST),
        ("09T23:59:59", "10T00:05:00", "", SECOND),
        ("25T00:00:00", "", "", LAST),
    ],
    ids=["of the first life", "edited in the last life", "a second older than its job", "of the last life"],
)
def test_a_run_is_of_the_job_that_lived_then(created: str, started: str, modified: str, life: str) -> None:
    """A run that is older than a job of the recorded name is of an earlier one, even if people edit the run later."""
    times = {"CreationTime": at(created), "StartTime": at(started), "LastModifiedTime": at(modified)}
    run = record("trial-component", "r", times | {"Source": {"SourceArn": arn("training-job", "j")}})
    assert meant("training-job", "j", "recorded-by", run) == life


@pytest.mark.parametrize(
    ("ran", "made", "verdict"),
    [
        ({}, "20T09:00:00", "unknown"),
        ({}, "06T00:00:00", "not-referenced"),
        ({}, "04T09:00:00", "not-referenced"),
        ({"StartTime": at("05T00:00:02"), "EndTime": at("05T01:00:00")}, "05T01:02:00", "unknown"),
        ({"StartTime": at("05T00:00:02"), "EndTime": at("05T01:00:00")}, "05T01:00:30", "not-referenced"),
        ({"StartTime": at("05T00:00:02")}, "05T00:02:00", "unknown"),
    ],
    ids=["much younger", "a day younger", "older", "younger than what ran", "by the clocks", "younger than what began"],
)
def test_a_run_of_a_job_that_nobody_read_leaves_a_gap(tmp_path: Path, ran: dict[str, str], made: str, verdict: str) -> None:
    """If the job of a run's name is surely younger than the run, the recorded job was deleted: what it read is unknown."""
    run = {"CreationTime": at("05T00:00:00"), "Source": {"SourceArn": arn("training-job", "j")}} | ran
    job = training("j", {"train": "s3://d/"}, EnableNetworkIsolation=True, CreationTime=at(made))
    swept(tmp_path / "s.db", [job, record("trial-component", "r", run)])
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert used(snapshot, "s3://other/").verdict == verdict


YOUNG = {"CreationTime": at("20T00:00:00")}
STORE = {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://made/", "ResolvedOutputS3Uri": "s3://made/new/data"}}}
GROUP = record("feature-group", "f", YOUNG | STORE)
OTHER = training("o", {"train": "s3://o/"}, EnableNetworkIsolation=True)
YOUNG_JOB = training("j", {"train": "s3://o/"}, EnableNetworkIsolation=True, **YOUNG)


def taught(**body: Any) -> Resource:
    """A job of 2 January, before the young things."""
    return training("t", {"train": "s3://o/"}, EnableNetworkIsolation=True, **body)


def execution(status: str, modified: str) -> Resource:
    """An execution with a step that made the job `j`."""
    steps = [{"StepName": "Fit", "Metadata": {"TrainingJob": {"Arn": arn("training-job", "j")}}}]
    whose = {"PipelineArn": arn("pipeline", "p"), "PipelineExecutionArn": arn("pipeline", "p/execution/e")}
    times = {"CreationTime": at("01T00:00:00"), "LastModifiedTime": at(modified)}
    return record(
        "pipeline-execution",
        "p/execution/e",
        {"PipelineExecutionSteps": steps, "PipelineExecutionStatus": status} | whose | times,
    )


def put(**body: Any) -> Resource:
    """A job of 2 January that put data into a feature group."""
    stored = {"OutputName": "out", "FeatureStoreOutput": {"FeatureGroupName": "f"}}
    return processing("in", {"in": "s3://d/"}, {}, ProcessingOutputConfig={"Outputs": [stored]}, **body)


EARLIER_LIVES: list[tuple[str, list[Resource], str]] = [
    ("a group into which a job put data", [put(), GROUP], "unknown"),
    ("a group that a job made and filled", [put(ProcessingEndTime=at("20T00:10:00")), GROUP], "not-referenced"),
    ("a group of a job that still runs", [put(ProcessingJobStatus="InProgress", ProcessingEndTime=None), GROUP], "not-referenced"),
    ("a group that an argument names", [taught(HyperParameters={"feature_group": "f"}), GROUP], "unknown"),
    ("a group that a text names by ARN", [taught(Environment={"A": arn("feature-group", "f")}), GROUP], "unknown"),
    ("a group in a tag", [taught(Tags=[{"Key": "for", "Value": arn("feature-group", "f")}]), GROUP], "not-referenced"),
    ("a job that a text names by ARN", [taught(HyperParameters={"base": arn("training-job", "j")}), YOUNG_JOB], "unknown"),
    ("a job that an option names, perhaps a future one", [taught(HyperParameters={"training_job_name": "j"}), YOUNG_JOB], "not-referenced"),
    ("a job of a step", [execution("Succeeded", "03T00:00:00"), YOUNG_JOB], "unknown"),
    ("a job of a step that ended later", [execution("Succeeded", "21T00:00:00"), YOUNG_JOB], "not-referenced"),
    ("a job of an execution that goes on", [execution("Executing", "03T00:00:00"), YOUNG_JOB], "not-referenced"),
]  # fmt: skip


@pytest.mark.parametrize(("records", "verdict"), [one[1:] for one in EARLIER_LIVES], ids=[one[0] for one in EARLIER_LIVES])
def test_what_is_younger_than_what_names_it_hides_what_had_its_name(
    tmp_path: Path, records: list[Resource], verdict: str
) -> None:
    """If a group or a job is younger than what took data from it or gave data to it, an unread one had its name: a gap."""
    swept(tmp_path / "s.db", [OTHER, *records])
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert used(snapshot, "s3://d/").verdict == verdict


# --- earlier versions of a record ---------------------------------------------------------------


def logged(**body: Any) -> Resource:
    """A run that a person edits."""
    return record("trial-component", "r", {"CreationTime": at("05T00:00:00")} | body)


def best(model: str, status: str, **body: Any) -> Resource:
    """An AutoML job with its best candidate so far."""
    candidate = {"InferenceContainers": [{"ModelDataUrl": model}]}
    times = {"CreationTime": at("05T00:00:00")}
    return record("automl-job", "auto", times | {"AutoMLJobStatus": status, "BestCandidate": candidate} | body)


def values(uri: str) -> dict[str, Any]:
    return {"x": {"Value": uri}}


@pytest.mark.parametrize(
    ("versions", "edges"),
    [
        (
            [training("j", {"t": "s3://d/"}, TrainingJobStatus="InProgress", TrainingEndTime=None), training("j", {"t": "s3://d/"})],
            [("reads", "s3://d/"), ("writes", "s3://models/j/output/model.tar.gz")],
        ),
        (
            [logged(InputArtifacts=values("s3://a/")), logged(InputArtifacts=values("s3://b/"))],
            [("reads", "s3://a/"), ("reads", "s3://b/")],
        ),
        (
            [logged(OutputArtifacts=values("s3://a/")), logged(OutputArtifacts=values("s3://b/"))],
            [("writes", "s3://a/"), ("writes", "s3://b/")],
        ),
        (
            [logged(Parameters={"p": {"StringValue": "s3://a/"}}), logged()],
            [("mentions", "s3://a/")],
        ),
        (
            [logged(InputArtifacts=values("s3://a/")), logged(InputArtifacts=values("s3://a/"), DisplayName="new")],
            [("reads", "s3://a/")],
        ),
        (
            [logged(Source={"SourceArn": arn("training-job", "j")}), logged()],
            [],
        ),
        (
            [best("s3://a/m.tar.gz", "InProgress"), best("s3://b/m.tar.gz", "Completed", EndTime=at("06T00:00:00"))],
            [("writes", "s3://a/m.tar.gz"), ("writes", "s3://b/m.tar.gz")],
        ),
        (
            [best("s3://a/m.tar.gz", "InProgress"), best("s3://a/m.tar.gz", "Completed", EndTime=at("06T00:00:00"))],
            [("writes", "s3://a/m.tar.gz")],
        ),
    ],
    ids=[
        "a job that ended",
        "another input",
        "another output",
        "a parameter taken away",
        "the same input",
        "another job",
        "another candidate",
        "the same candidate",
    ],
)  # fmt: skip
def test_what_an_edit_takes_away(tmp_path: Path, versions: list[Resource], edges: list[tuple[str, str]]) -> None:
    """Data that people once named stays named, whatever they write later; a job's reference is in each version, once."""
    for version in versions:
        crawl(tmp_path / "s.db", version)
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.replace_graph(
            lambda db: join(db, recording.resources, earlier=recording.earlier_versions, listings=recording.listings)
        )
    with open_snapshot(tmp_path / "s.db") as snapshot:
        told = [(edge.relation, edge.target if edge.relation == "writes" else edge.source) for edge in snapshot.edges()]
    assert sorted(told) == edges
