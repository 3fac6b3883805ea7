"""What a second crawl must not remove: each case once made a "no" from data that was used."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.collect import accounts as estates
from lineage.collect import endpoints
from lineage.crawl import listing, sweep
from lineage.crawl.replay.session import replay_session
from tests.conftest import HANGS, ROOT
from tests.estate import account, estate, fit, line, prepared, run_of
from tests.records import ACCOUNT, REGION, arn

X = "s3://x/d/"
OTHER_JOB = fit("j", {"train": "s3://o/"})
LATE = {"CreationTime": "2031-01-03T07:00:00Z", "LastModifiedTime": "2031-01-03T08:00:00Z"}
CHANGED = {"LastModifiedTime": "2031-01-01T00:00:00Z"}
Entries = list[dict[str, Any]]


def denied(operation: str, **words: str) -> dict[str, Any]:
    return {"fault": "AccessDeniedException", "operation": operation} | words


def crawl(folder: Path, records: Entries, *faults: dict[str, Any], **words: Any) -> str:
    """One more crawl of an account that now holds these records: the resulting answer about X."""
    lineage.crawl_estate(
        folder / "s.db", session=replay_session(account(folder, *faults, records=[OTHER_JOB, *records])), **words
    )
    return verdict(folder)


def verdict(folder: Path) -> str:
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return lineage.used(lineage.around_dataset(snapshot, X), X).verdict


def component(**body: Any) -> dict[str, Any]:
    return line("trial-component", "hand", body)


def algorithm(uri: str, **body: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return line(
        "algorithm", "own", {"AlgorithmStatus": "Completed", "TrainingSpecification": {"AdditionalS3DataSource": source}} | body
    )


def group(uri: str, **body: Any) -> dict[str, Any]:
    store = {"S3StorageConfig": {"S3Uri": "s3://made/", "ResolvedOutputS3Uri": uri}}
    return line("feature-group", "features", {"FeatureGroupStatus": "Created", "OfflineStoreConfig": store} | body)


WITH_OWN = fit("own", {}, AlgorithmSpecification={"AlgorithmName": "own", "TrainingInputMode": "File"}, InputDataConfig=[])
TOUCHED = {"kind": "training-job", "record": WITH_OWN["record"] | {"LastModifiedTime": "2026-01-20T00:00:00Z"}}
INGESTED = [
    prepared("in", X, {"FeatureStoreOutput": {"FeatureGroupName": "features"}}),
    run_of("processing-job", "in"),
    fit("after", {"train": "s3://made/f1/data/"}),
]
NAMES_X = {"Parameters": {"d": {"StringValue": X}}}
NAMES_NONE = {"Parameters": {"d": {"StringValue": "none"}}}


def unbegun() -> dict[str, Any]:
    """A training job that waits for its instances."""
    job = fit("waits", {"train": X}, TrainingJobStatus="InProgress")
    return job | {
        "record": {key: value for key, value in job["record"].items() if key not in ("TrainingStartTime", "TrainingEndTime")}
    }


def queued() -> dict[str, Any]:
    """A processing job that waits for its instances."""
    job = prepared("queued", X, {"S3Output": {"S3Uri": "s3://made/queued/"}})
    body = job["record"] | {"ProcessingJobStatus": "InProgress"}
    return job | {
        "record": {key: value for key, value in body.items() if key not in ("ProcessingStartTime", "ProcessingEndTime")}
    }


def tagged(value: str, **body: Any) -> dict[str, Any]:
    """A job whose tags people change."""
    return fit("tagged", {"train": "s3://n/"}, **body) | {"search": {"Tags": [{"Key": "data", "Value": value}]}}


def retried(job: str, **body: Any) -> Entries:
    """An execution whose step made a job, which was another one before its retry."""
    whose = {"PipelineArn": arn("pipeline", "p"), "PipelineExecutionArn": arn("pipeline", "p/execution/e")}
    steps = [{"StepName": "Fit", "Metadata": {"TrainingJob": {"Arn": arn("training-job", job)}}}]
    status = {"PipelineExecutionStatus": "Succeeded", "LastModifiedTime": "2026-01-03T00:00:00Z"}
    made = {"search": {"PipelineParameters": []}, "extras": {"PipelineExecutionSteps": steps, "PipelineParameters": []}}
    execution = line("pipeline-execution", "p/execution/e", whose | status | body, **made)
    return [line("pipeline", "p", {"PipelineStatus": "Active", "PipelineDefinition": "{}"}), execution]


def searching(job: str, status: str, **body: Any) -> dict[str, Any]:
    """An AutoML job whose best candidate changes while it runs."""
    steps = [
        {
            "CandidateStepType": "AWS::SageMaker::TrainingJob",
            "CandidateStepArn": arn("training-job", job),
            "CandidateStepName": job,
        }
    ]
    best = {"CandidateName": "c", "ObjectiveStatus": "Succeeded", "CandidateStatus": "Completed", "CandidateSteps": steps}
    return line("automl-job", "auto", {"AutoMLJobStatus": status, "BestCandidate": best | body.pop("best", {})} | body)


CASES: list[tuple[str, list[tuple[Entries, list[dict[str, Any]]]], list[str]]] = [
    ("changed, and Search refused", [([component()], []), ([component(**NAMES_X, **CHANGED)], [denied("Search")])], ["not-referenced", "unknown"]),
    ("changed", [([component()], []), ([component(**NAMES_X, **CHANGED)], [])], ["not-referenced", "possible"]),
    ("a run that was edited", [([component(**NAMES_X)], []), ([component(**NAMES_NONE, **CHANGED)], [])], ["possible", "possible"]),
    (
        "a pipeline that was edited",
        [([line("pipeline", "p", {"PipelineDefinition": text, "PipelineStatus": "Active"} | more)], []) for text, more in ((json.dumps({"D": X}), {}), ("{}", CHANGED))],
        ["possible", "possible"],
    ),
    ("an algorithm made anew", [([WITH_OWN, algorithm(X)], []), ([WITH_OWN, algorithm("s3://y/", CreationTime="2029-01-01T00:00:00Z")], [])], ["used-indirectly", "used-indirectly"]),
    ("a feature group made anew", [([*INGESTED, group("s3://made/f1/data")], []), ([*INGESTED, group("s3://made/f2/data", CreationTime="2029-01-01T00:00:00Z")], [])], ["used-indirectly", "used-indirectly"]),
    (
        "a name of what was never read, used again",
        [([fit("k", {"train": X})], [denied("DescribeTrainingJob", name="k"), denied("Search")]), ([fit("k", {"train": "s3://n/"}, **LATE)], [])],
        ["unknown", "unknown"],
    ),
    (
        "an algorithm made anew before its job was last touched",
        [([TOUCHED, algorithm(X)], []), ([TOUCHED, algorithm("s3://y/", CreationTime="2026-01-10T00:00:00Z")], [])],
        ["used-indirectly", "used-indirectly"],
    ),
    ("a tag that was taken away", [([tagged(X)], []), ([tagged("none", **CHANGED)], [])], ["possible", "possible"]),
    (
        "a step that was tried again, and whose first job is gone",
        [(retried("gone"), []), ([*retried("j", **CHANGED)], [])],
        ["unknown", "unknown"],
    ),
    (
        "a candidate that was the best for a while, and whose job is gone",
        [([searching("gone", "InProgress")], []), ([searching("j", "Completed", EndTime="2026-01-03T00:00:00Z", **CHANGED)], [])],
        ["unknown", "unknown"],
    ),
    ("read at last", [([fit("k", {"train": X})], [denied("DescribeTrainingJob", name="k"), denied("Search")]), ([fit("k", {"train": X})], [])], ["unknown", "used"]),
    ("a list refused, and then not", [([], []), ([fit("k", {"train": X}, **LATE)], [denied("ListTrainingJobs"), denied("Search")]), ([fit("k", {"train": X}, **LATE)], [])], ["not-referenced", "unknown", "used"]),
]  # fmt: skip


@pytest.mark.parametrize(("crawls", "said"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_crawl_after_crawl(tmp_path: Path, crawls: list[tuple[Entries, list[dict[str, Any]]]], said: list[str]) -> None:
    """After each of several crawls of an account that changes, the verdict is right."""
    assert [crawl(tmp_path, records, *faults) for records, faults in crawls] == said


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([unbegun()], [], ["declared-only", "possible"]),
        ([queued()], [fit("late", {"train": "s3://made/queued/"}, **LATE)], ["not-referenced", "possible"]),
    ],
    ids=["what it read", "what read its output"],
)
@pytest.mark.parametrize("full", [True, False], ids=["full", "ordinary"])
def test_a_job_that_was_gone_before_it_was_seen_to_begin(
    tmp_path: Path, before: Entries, after: Entries, said: list[str], full: bool
) -> None:
    """A job that was seen before it began and is gone later may have run in between, and no answer says that it did not.

    A crawl of all lists finds that, and so does one that only asks for what had not ended.
    """
    assert [crawl(tmp_path, records, full=full) for records in (before, after)] == said


KILLED = """
import os, signal, sys, lineage
from lineage.collect import accounts
from lineage.crawl.replay.session import replay_session
accounts.COMMIT_SECONDS = 0
def answer(operation, _):
    if operation == "ListTrainingJobs":
        os.kill(os.getpid(), signal.SIGKILL)
lineage.crawl_estate(sys.argv[2], session=replay_session(sys.argv[1], on_answer=answer))
"""


def test_a_killed_crawl_forgives_no_refusal(tmp_path: Path) -> None:
    """A refused list stays refused until it is read, whatever was begun and killed in between."""
    new = [fit("k", {"train": X}, **LATE)]
    assert crawl(tmp_path, []) == "not-referenced"
    assert crawl(tmp_path, new, denied("ListTrainingJobs"), denied("Search")) == "unknown"
    subprocess.run([sys.executable, "-c", KILLED, str(account(tmp_path, records=new)), str(tmp_path / "s.db")], check=False)
    assert verdict(tmp_path) == "unknown"
    assert crawl(tmp_path, new) == "used"


def test_what_only_describe_could_not_tell_only_describe_answers(tmp_path: Path) -> None:
    """A member of a Describe that botocore did not know stays a gap when Search, which lacks it, reads the record."""
    job = fit("n", {}, TrainingJobStatus="InProgress", EnableNetworkIsolation=True, **LATE)

    def newer(session: Any) -> Any:
        def add(response_dict: dict[str, Any], **_: Any) -> None:
            name = b'"TrainingJobName": "n"'
            response_dict["body"] = response_dict["body"].replace(name, name + b', "LakeConfig": {"Table": "x"}')

        session.client(REGION).meta.events.register_first("before-parse.sagemaker.DescribeTrainingJob", add)
        return session

    path = account(tmp_path, denied("Search"), records=[OTHER_JOB, job])
    lineage.crawl_estate(tmp_path / "s.db", session=newer(replay_session(path)))
    assert verdict(tmp_path) == "unknown"
    for full in (False, True):
        path = account(tmp_path, records=[OTHER_JOB, job])
        lineage.crawl_estate(tmp_path / "s.db", session=newer(replay_session(path)), full=full)
        assert verdict(tmp_path) == "unknown"
    assert crawl(tmp_path, [job], full=True) == "not-referenced"


def test_refused_in_both_of_its_lives(tmp_path: Path) -> None:
    """A read of the second life of a name closes the gap of the second, and not that of the first."""
    refusals = [denied("DescribeTrainingJob", name="k"), denied("Search")]
    assert crawl(tmp_path, [fit("k", {"train": X})], *refusals) == "unknown"
    time.sleep(1.1)  # times are in seconds
    moment = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    again = fit("k", {"train": "s3://n/"}, CreationTime=moment, LastModifiedTime=moment)
    assert crawl(tmp_path, [again], *refusals) == "unknown"
    assert crawl(tmp_path, [again]) == "unknown"


def test_a_hole_seen_by_search_outlives_the_extras(tmp_path: Path) -> None:
    """A member of a Search that botocore does not know stays a gap when the rest of the record is read."""
    session = replay_session(account(tmp_path, records=estate()))

    def add(response_dict: dict[str, Any], **_: Any) -> None:
        status = b'"PipelineExecutionStatus"'
        response_dict["body"] = response_dict["body"].replace(status, b'"LakeConfig": {"Lake": "lake://x"}, ' + status)

    session.client(REGION).meta.events.register_first("before-parse.sagemaker.Search", add)
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    assert verdict(tmp_path) == "unknown"


def test_a_job_that_was_seen_running_is_one_finding(tmp_path: Path) -> None:
    """A job that ended between two crawls is shown once, with its final times."""
    running = fit("k", {"train": X}, TrainingJobStatus="InProgress")
    del running["record"]["TrainingEndTime"]
    assert crawl(tmp_path, [running]) == "used"
    assert crawl(tmp_path, [fit("k", {"train": X})]) == "used"
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (found,) = lineage.used(lineage.around_dataset(snapshot, X), X).findings
    assert found["time"] == "2026-01-02T10:00:00Z/2026-01-02T11:00:00Z"


def test_doubted_records_that_two_windows_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records that Describe must complete, all of one second, leave their list finished however often Search gives them."""
    monkeypatch.setattr(listing, "STRIDE", 2)
    updating = [line("endpoint", f"e{n}", {"EndpointConfigName": "c", "EndpointStatus": "Updating"}) for n in range(150)]
    assert crawl(tmp_path, updating) == "not-referenced"


def test_what_a_list_names_of_another_account_is_read(tmp_path: Path) -> None:
    """A resource that is shared with the account is on its list under its owner's ARN, and is read like any other."""
    data = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": X}}
    auto = line("automl-job", "a", {"AutoMLJobStatus": "Completed", "EndTime": "2026-01-01T08:00:00Z", "AutoMLJobInputDataConfig": [{"ChannelType": "training", "DataSource": data}]})  # fmt: skip
    session = replay_session(account(tmp_path, records=[OTHER_JOB, auto]))

    def shared(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(ACCOUNT.encode(), b"222233334444")

    session.client(REGION).meta.events.register_first("before-parse.sagemaker.ListAutoMLJobs", shared)
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    assert verdict(tmp_path) == "used-indirectly"


def test_a_run_of_several_sources_is_known_whole(tmp_path: Path) -> None:
    """A run's log without a source of its own leads to each of the jobs that only Describe shows."""
    prep = prepared("prep", X, {"S3Output": {"S3Uri": "s3://q/"}})
    logged = {"Sources": [{"SourceArn": arn("processing-job", "prep")}], "OutputArtifacts": {"o": {"Value": "s3://made/z/"}}}
    assert crawl(tmp_path, [prep, component(**logged), fit("after", {"train": "s3://made/z/"})]) == "possible"


EMPTY: dict[str, dict[str, Any]] = {
    "tuning-job": {"HyperParameterTuningJobStatus": "Completed", "TrainingJobDefinition": {"InputDataConfig": [{"ChannelName": "t", "DataSource": {}}]}},
    "automl-job": {"AutoMLJobStatus": "Completed", "AutoMLJobInputDataConfig": [{"ChannelType": "training", "DataSource": {}}]},
    "transform-job": {"TransformJobStatus": "Completed", "TransformInput": {"DataSource": {}}},
    "labeling-job": {"LabelingJobStatus": "Completed", "InputConfig": {"DataSource": {}}},
    "optimization-job": {"OptimizationJobStatus": "COMPLETED", "OptimizationConfigs": [{"ModelSpeculativeDecodingConfig": {"TrainingDataSource": {}}}]},
    "training-session": {"TrainingSessionStatus": "Stopped"},
}  # fmt: skip


@pytest.mark.parametrize("kind", EMPTY)
def test_an_input_without_a_source_is_a_hole(tmp_path: Path, kind: str) -> None:
    """A source that is empty, or that no record has, may be any data."""
    assert crawl(tmp_path, [line(kind, "e", EMPTY[kind])]) == "unknown"


def test_a_resumed_crawl_of_executions_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only records that waited for another kind are left, the crawl continues there and ends."""
    monkeypatch.setattr(estates, "COMMIT_SECONDS", 0)
    records = [entry for entry in estate() if entry["kind"].startswith("pipeline")]
    kinds = ["pipeline", "pipeline-execution"]

    def stop(progress: Any) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    path, snapshot = account(tmp_path, records=records), tmp_path / "s.db"
    with pytest.raises(KeyboardInterrupt):
        lineage.crawl_estate(snapshot, session=replay_session(path), kinds=kinds, on_progress=stop)
    ran = subprocess.run(
        [sys.executable, "-m", "cli", "crawl", "-q", "--replay", str(path), "--snapshot", str(snapshot), "--kind", "pipeline-execution"],
        cwd=ROOT, check=False, timeout=HANGS, capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert ran.returncode in (0, 3)
    lineage.crawl_estate(snapshot, session=replay_session(path), kinds=kinds)


def test_no_thread_dies_aloud(tmp_path: Path) -> None:
    """A crawl that ends with an error prints only that error, and makes no further call."""
    path = account(tmp_path, {"fault": "ExpiredTokenException", "operation": "*"})
    ran = subprocess.run(
        [sys.executable, "-m", "cli", "crawl", "--replay", str(path), "--snapshot", str(tmp_path / "s.db")],
        cwd=ROOT, check=False, timeout=HANGS, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 3
    assert ran.stderr.splitlines()[-1].startswith("lineage: these credentials have expired")
    assert "Traceback" not in ran.stderr
    assert "Exception in thread" not in ran.stderr


def test_what_aws_answers_oddly_is_a_gap(tmp_path: Path) -> None:
    """An answer without a required part is a refusal of that list, and does not end the crawl."""
    session = replay_session(account(tmp_path, records=estate()))

    def odd(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(b'"AlgorithmArn"', b'"AlgorithmId"')

    session.client(REGION).meta.events.register_first("before-parse.sagemaker.ListAlgorithms", odd)
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (gap,) = snapshot.gaps()
        assert (gap.operation, gap.reason) == ("ListAlgorithms", "failed")


SECRET = "hunter2-and-more"


def test_no_secret_in_a_document(tmp_path: Path) -> None:
    """Secrets inside whole documents and descriptions by people are cut out like any other."""
    document = json.dumps({"Environment": {"DB_PASSWORD": SECRET}, "Data": X})
    records = [
        line(
            "pipeline",
            "p",
            {"PipelineStatus": "Active", "PipelineDefinition": document, "PipelineDescription": f"password={SECRET}"},
        ),
        line("model-card", "c", {"ModelCardStatus": "Draft", "Content": document}),
        line(
            "job",
            "AgentRFT/rft",
            {"JobName": "rft", "JobCategory": "AgentRFT", "JobStatus": "Completed", "JobConfigDocument": document},
        ),
    ]
    assert crawl(tmp_path, records) == "possible"
    assert SECRET.encode() not in (tmp_path / "s.db").read_bytes()


def test_a_clock_that_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Future times from a crawl with a wrong clock hide nothing from the next one: crawls are ordered by number."""
    new = fit("new", {"train": X}, CreationTime="2026-02-01T00:00:00Z")
    for moments, records in (
        (["2099-01-01T00:00:00Z"], [fit("a", {"train": "s3://a/"})]),
        (["2026-03-01T00:00:00Z", "2025-03-01T00:00:00Z", "2027-03-01T00:00:00Z"], [fit("a", {"train": "s3://a/"}), new]),
    ):
        clock = cycle(moments)
        for module in (estates, endpoints, sweep):
            monkeypatch.setattr(module, "now", lambda clock=clock: next(clock))
        lineage.crawl_estate(tmp_path / "s.db", replay=account(tmp_path, records=records))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.id for one in snapshot.crawls()] == [1, 2]
        assert [one.name for one in snapshot.records("training-job")] == ["a", "new"]
        assert list(snapshot.damages()) == []


def test_a_feature_group_that_lost_its_store_keeps_what_was_put_there(tmp_path: Path) -> None:
    """What a job put into a feature group is where its earlier version says, and whoever trains on it used the job's data."""
    put = prepared("put", X, {"FeatureStoreOutput": {"FeatureGroupName": "features"}})
    store = {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://f/", "ResolvedOutputS3Uri": "s3://f/data"}}}
    group = {"FeatureGroupStatus": "Created"}
    trained = fit("on-features", {"train": "s3://f/data/"}, TrainingStartTime="2026-06-01T08:00:00Z")
    records = [put, trained]
    before = crawl(tmp_path, [*records, line("feature-group", "features", group | store)])
    after = crawl(tmp_path, [*records, line("feature-group", "features", group | CHANGED)], full=True)
    assert before == after == "used-indirectly"
