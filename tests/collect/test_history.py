"""Crawl after crawl: a killed one is resumed, new records are added, and only a complete list makes anything disappear."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.collect import accounts as estates
from lineage.crawl import listing
from lineage.crawl.aws import fetch
from lineage.crawl.replay.session import replay_session
from tests.collect.test_accounts import CLEAN, NOWHERE, crawl, holes, verdicts
from tests.estate import account, estate, fit, line
from tests.records import ACCOUNT, REGION, arn

KILLED = """
import os, signal, sys
from lineage import crawl_estate
from lineage.collect import accounts
from lineage.crawl.replay.session import replay_session
accounts.COMMIT_SECONDS = 0
left = int(sys.argv[3])
def answer(*_):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
crawl_estate(sys.argv[2], session=replay_session(sys.argv[1], on_answer=answer, latency=0.002))
"""


def calls_of(path: Path, snapshot: Path, **words: Any) -> list[tuple[str, dict[str, Any]]]:
    """The calls that one more crawl makes."""
    calls: list[tuple[str, dict[str, Any]]] = []
    session = replay_session(path, on_answer=lambda operation, parameters: calls.append((operation, dict(parameters))))
    lineage.crawl_estate(snapshot, session=session, **words)
    return calls


def contents(path: Path) -> set[tuple[str, str]]:
    with lineage.open_snapshot(path) as snapshot:
        return {(one.id, json.dumps(dict(one.body), sort_keys=True)) for one in snapshot.resources()}


@pytest.mark.parametrize("part", [0, 0.2, 0.5, 0.75, 0.95])
def test_a_killed_crawl_goes_on(tmp_path: Path, part: float) -> None:
    """A crawl that is killed at any call says no "no", loses nothing that it kept, and the next one completes it."""
    path, snapshot = account(tmp_path), tmp_path / "s.db"
    whole = calls_of(path, tmp_path / "whole.db")
    after = 1 + int(part * len(whole))
    ran = subprocess.run([sys.executable, "-c", KILLED, str(path), str(snapshot), str(after)], check=False)
    assert ran.returncode == -signal.SIGKILL
    before = contents(snapshot)
    assert "not-referenced" not in verdicts(snapshot).values()
    again = calls_of(path, snapshot)
    assert verdicts(snapshot) == CLEAN
    assert before <= contents(snapshot)
    with lineage.open_snapshot(snapshot) as opened:
        assert [crawl.complete for crawl in opened.crawls()] == [True]
        assert len(list(opened.resources())) == len(estate())
    assert len(again) <= len(whole)  # fewer, by what was committed before the kill


def test_a_crawl_killed_while_it_joins_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the join is interrupted nothing is called unused, and AWS is called again only where necessary."""

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    path, snapshot = account(tmp_path), tmp_path / "s.db"
    with monkeypatch.context() as patched:
        patched.setattr(estates, "join_graph", cut)
        with pytest.raises(KeyboardInterrupt):
            lineage.crawl_estate(snapshot, session=replay_session(path))
    assert "not-referenced" not in verdicts(snapshot).values()
    assert calls_of(path, snapshot) == []
    assert verdicts(snapshot) == CLEAN


def test_what_another_join_has_seen_of_a_killed_crawl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A walk that joins between a killed crawl and its end counts no list whose records the graph does not hold."""
    path, snapshot = account(tmp_path), tmp_path / "s.db"
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(snapshot), "30"], check=False)
    lineage.crawl_endpoints(snapshot, ["live"], replay=path)
    assert "not-referenced" not in verdicts(snapshot).values()

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(estates, "join_graph", cut)
        lineage.crawl_estate(snapshot, session=replay_session(path))
    assert "not-referenced" not in verdicts(snapshot).values()
    lineage.crawl_estate(snapshot, session=replay_session(path))
    assert verdicts(snapshot) == CLEAN


def test_two_crawls_at_once_are_refused(tmp_path: Path) -> None:
    """A crawl into a snapshot that a running process crawls into is refused with a sentence; that of a dead one is resumed."""
    path, snapshot = account(tmp_path), tmp_path / "s.db"
    subprocess.run([sys.executable, "-c", KILLED, str(path), str(snapshot), "30"], check=False)
    with lineage.Snapshot(snapshot, writing=True) as opened, opened.recording() as recording:
        (crawl_,) = opened.crawls()
        recording.take_over(crawl_, f"{crawl_.process.rpartition(':')[0]}:{os.getppid()}")
    with pytest.raises(lineage.SnapshotError, match="crawl 1 into .* is under way .*: wait for it, or stop it"):
        lineage.crawl_estate(snapshot, session=replay_session(path))


def test_an_incremental_crawl_asks_for_what_is_new(tmp_path: Path) -> None:
    """A later crawl reads what came since, with an overlap, and the jobs that had not ended; everything else is unchanged."""
    running = fit("running", {"train": "s3://d/running/"}, TrainingJobStatus="InProgress", TrainingEndTime=None)
    running["record"] = {key: value for key, value in running["record"].items() if value is not None}
    crawl(tmp_path, records=[*estate(), running])
    ended = fit("running", {"train": "s3://d/running/"})
    new = fit("new", {"train": NOWHERE}, CreationTime="2030-01-01T00:00:00Z", LastModifiedTime="2030-01-01T01:00:00Z")
    path = account(tmp_path, records=[*estate(), ended, new])
    calls = calls_of(path, tmp_path / "s.db")
    assert [words for call, words in calls if call == "DescribeTrainingJob"] == [{"TrainingJobName": "running"}]
    assert [words["SortOrder"] for call, words in calls if call == "ListTrainingJobs"] == ["Descending"]  # from the newest
    assert [words["SortOrder"] for call, words in calls if call == "ListEndpoints"] == ["Ascending"]  # all of it
    assert verdicts(tmp_path / "s.db") == CLEAN | {"nowhere": "used"}
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        jobs = {one.name: one.status for one in snapshot.resources() if one.kind == "training-job"}
        assert (jobs["running"], len(jobs)) == ("Completed", 8)
        assert snapshot._one("SELECT count(*) FROM record WHERE name = 'running'") == 2


def test_only_a_finished_list_makes_disappear(tmp_path: Path) -> None:
    """A record that a complete list lacks is shown as deleted, and stays; one that a failed list lacks is simply there."""
    crawl(tmp_path)
    fewer = [
        entry
        for entry in estate()
        if entry["record"].get("EndpointName") != "live" and entry["record"].get("TrainingJobName") != "direct"
    ]
    denied = {"fault": "AccessDeniedException", "operation": "ListEndpoints"}
    crawl(tmp_path, denied, records=fewer)
    assert deleted(tmp_path / "s.db") == set()
    crawl(tmp_path, records=fewer)
    assert deleted(tmp_path / "s.db") == {"live"}  # for jobs only new ones were listed
    crawl(tmp_path, records=fewer, full=True)
    assert deleted(tmp_path / "s.db") == {"live", "direct"}
    assert verdicts(tmp_path / "s.db") == CLEAN
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        caveats = lineage.trace(lineage.graph(snapshot), "live").caveats
        assert sum(one.startswith("deleted: ") for one in caveats) == 2
    crawl(tmp_path, full=True)
    assert deleted(tmp_path / "s.db") == set()


def test_what_only_a_lagging_search_gives_is_gone(tmp_path: Path) -> None:
    """A record that Search still gives is kept, and shown as deleted, if neither the complete list nor Describe has it."""
    missing = {"fault": "ResourceNotFound", "operation": "DescribeTrainingJob", "name": "direct"}
    session = replay_session(account(tmp_path, missing))
    session.patience = 0

    def without(response_dict: dict[str, Any], **_: Any) -> None:
        page = json.loads(response_dict["body"])
        page["TrainingJobSummaries"] = [one for one in page["TrainingJobSummaries"] if one["TrainingJobName"] != "direct"]
        response_dict["body"] = json.dumps(page).encode()

    session.client(REGION).meta.events.register_first("before-parse.sagemaker.ListTrainingJobs", without)
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    assert deleted(tmp_path / "s.db") == {"direct"}
    assert verdicts(tmp_path / "s.db") == CLEAN


def deleted(path: Path) -> set[str]:
    with lineage.open_snapshot(path) as snapshot:
        return {node.name for node in snapshot.nodes() if node.details.get("deleted")}


def test_a_name_that_is_used_again(tmp_path: Path) -> None:
    """A job that was deleted and created again under its name is two jobs: the first one's data stays used."""
    crawl(tmp_path)
    again = fit(
        "direct", {"train": "s3://d/again/"}, CreationTime="2029-01-01T00:00:00Z", LastModifiedTime="2029-01-02T00:00:00Z"
    )
    others = [entry for entry in estate() if entry["record"].get("TrainingJobName") != "direct"]
    crawl(tmp_path, records=[*others, again])
    assert verdicts(tmp_path / "s.db") == CLEAN
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.used(lineage.graph(snapshot), "s3://d/again/").verdict == "used"
        assert {node.id for node in snapshot.of_kind("training-job") if node.name == "direct"} == {
            arn("training-job", "direct"),
            f"{arn('training-job', 'direct')}@2026-01-02T09:55:00Z",
        }


def test_what_was_refused_is_asked_for_again(tmp_path: Path) -> None:
    """A record that could not be read is requested by the next crawl, whatever its age; then its gap is closed."""
    denied = {"fault": "AccessDeniedException", "operation": "DescribeOptimizationJob"}
    path = crawl(tmp_path, denied)
    assert holes(path) == {("DescribeOptimizationJob", "denied")}
    crawl(tmp_path)
    assert verdicts(path) == CLEAN


def test_a_poorer_record_takes_nothing_away(tmp_path: Path) -> None:
    """A field that only Describe gives stays when Search reads the same state again, and one that only Search gives as well."""
    job = fit(
        "serverless",
        {"train": "s3://d/"},
        ServerlessJobConfig={"BaseModelArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/h/Model/m/1.0.0"},
    )
    job["search"] = {"Tags": [{"Key": "team", "Value": "x"}]}
    path, snapshot = account(tmp_path, records=[job]), tmp_path / "s.db"
    lineage.crawl_estate(snapshot, session=replay_session(path))
    with lineage.Snapshot(snapshot, writing=True) as opened, opened.recording() as recording:
        fetcher = fetch.Fetcher(replay_session(path))
        recording.resume(opened.crawls()[0])
        recording.add(fetcher.describe(lineage.KINDS["training-job"], "serverless", REGION))
    lineage.crawl_estate(snapshot, session=replay_session(path), full=True)
    with lineage.open_snapshot(snapshot) as opened:
        (one,) = (one for one in opened.resources() if one.kind == "training-job")
        assert {"Tags", "ServerlessJobConfig"} <= set(one.body)


TIMES = [f"2026-01-{1 + n // 24:02}T{n % 24:02}:00:00Z" for n in range(350)]
MANY = [fit(f"j{n}", {"train": f"s3://d/{n}/"}, CreationTime=at, LastModifiedTime=at) for n, at in enumerate(TIMES)]


def bounds_of(words: dict[str, Any]) -> list[str]:
    return [one["Value"] for one in words.get("SearchExpression", {}).get("Filters", [])]


def test_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Search follows a list, read from both of its ends, window by window of creation times: each record once."""
    monkeypatch.setattr(listing, "STRIDE", 100)
    calls = calls_of(account(tmp_path, records=MANY), tmp_path / "s.db", kinds=["training-job"])
    searches = sorted(bounds_of(words) for call, words in calls if call == "Search")
    # which end of the list comes first is not guaranteed: one window, the first or the last, is open to where the other end was
    assert len(searches) > 2
    assert searches[0][0] in ("2026-01-05T03:00:00", "2026-01-05T03:00:01")
    assert sum(len(window) == 1 for window in searches) <= 2
    assert searches[-1][0] >= "2026-01-07"
    assert "DescribeTrainingJob" not in {call for call, _ in calls}
    assert len(contents(tmp_path / "s.db")) == 350


def test_a_search_begins_anew_before_it_could_end_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One Search of more records than a window holds continues from the last creation time, and leaves none out."""
    monkeypatch.setattr(fetch, "WINDOW", 100)
    calls: list[dict[str, Any]] = []
    session = replay_session(account(tmp_path, records=MANY), on_answer=lambda _, words: calls.append(dict(words)))
    pages = fetch.Fetcher(session).searching(lineage.KINDS["training-job"], REGION, "", "", "")
    assert {record.name for page in pages for record in page.records} == {f"j{n}" for n in range(350)}
    assert [bounds_of(words) for words in calls] == [[], *([TIMES[at][:19]] for at in (99, 198, 297))]


def test_unknown_members_belong_to_their_record(tmp_path: Path) -> None:
    """What botocore drops from one record on a page of a hundred is a gap of that record alone."""
    session = replay_session(account(tmp_path))

    def newer(response_dict: dict[str, Any], **_: Any) -> None:
        known = b'"TrainingJobName": "direct"'
        response_dict["body"] = response_dict["body"].replace(known, known + b', "LakeConfig": {"Table": "x"}')

    session.client(REGION).meta.events.register_first("before-parse.sagemaker.Search", newer)
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (gap,) = snapshot.gaps()
    assert (gap.subject, gap.reason) == (arn("training-job", "direct"), "unknown-member")
    assert gap.detail == 'botocore does not know LakeConfig ({"Table": "x"}): upgrade boto3 and crawl again'
    assert verdicts(tmp_path / "s.db") == CLEAN | {"nowhere": "unknown"}


OTHER = "222233334444"
ROLE = f"arn:aws:iam::{OTHER}:role/auditor"


def two_accounts(folder: Path, *faults: dict[str, Any]) -> Path:
    """The estate, a job of the same name in another region, and a package and its job in another account."""
    there = {"account": OTHER, "region": REGION}
    package = line("model-package", "shared/1", {
        "ModelPackageGroupName": "shared", "CreationTime": "2026-01-03T00:00:00Z", "LastModifiedTime": "2026-01-03T00:00:00Z",
        "InferenceSpecification": {"Containers": [{"Image": "image:1", "ModelDataUrl": "s3://other/models/theirs/output/model.tar.gz"}]},
    }, **there)  # fmt: skip
    theirs = fit("theirs", {"train": "s3://other/data/"})
    theirs["record"] |= {
        "TrainingJobArn": arn("training-job", "theirs", **there),
        "ModelArtifacts": {"S3ModelArtifacts": "s3://other/models/theirs/output/model.tar.gz"},
    }
    far = fit("direct", {"train": "s3://far/"})
    far["record"]["TrainingJobArn"] = arn("training-job", "direct", region="us-east-1")
    later = {"CreationTime": "2026-01-04T00:00:00Z", "LastModifiedTime": "2026-01-04T00:00:00Z"}
    container = {"ModelPackageName": arn("model-package", "shared/1", **there)}
    model = line("model", "borrowed", {"PrimaryContainer": container} | later)
    config = line(
        "endpoint-config", "borrowed", {"ProductionVariants": [{"VariantName": "all", "ModelName": "borrowed"}]} | later
    )
    live = line("endpoint", "borrowed", {"EndpointConfigName": "borrowed", "EndpointStatus": "InService"} | later)
    records = [*estate(), package, theirs, far, model, config, live]
    return account(folder, *faults, records=records, regions=[REGION, "us-east-1"])


def test_accounts_and_regions(tmp_path: Path) -> None:
    """Each region and each role's account is read; one name in two places is two nodes, a shared package joins accounts."""
    path = tmp_path / "s.db"
    session = replay_session(two_accounts(tmp_path))
    lineage.crawl_estate(path, session=session, all_regions=True, roles=[ROLE])
    with lineage.open_snapshot(path) as snapshot:
        (crawl_,) = snapshot.crawls()
        assert (crawl_.accounts, crawl_.regions) == ((ACCOUNT, OTHER), (REGION, "us-east-1"))
        assert len([node for node in snapshot.of_kind("training-job") if node.name == "direct"]) == 2
        traced = lineage.trace(lineage.graph(snapshot), "borrowed")
        assert (traced.verdict, [job["name"] for job in traced.training_jobs]) == ("traced", ["theirs"])
    assert verdicts(path) == CLEAN


def test_what_only_references_lead_to(tmp_path: Path) -> None:
    """A package of an account that is not crawled, and hub content, are read where a record names them by ARN."""
    hub = "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/Model/llama/1.0.0"
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://jumpstart/llama/", "HubAccessConfig": {"HubContentArn": hub}}
    tuned = fit("tuned", {}, InputDataConfig=[{"ChannelName": "model", "DataSource": {"S3DataSource": source}}])
    names = {
        "HubName": "SageMakerPublicHub",
        "HubContentType": "Model",
        "HubContentName": "llama",
        "HubContentVersion": "1.0.0",
    }
    content = {"kind": "hub-content", "record": names | {"HubContentArn": hub, "CreationTime": "2025-01-01T00:00:00Z"}}
    gone = fit(
        "gone",
        {},
        InputDataConfig=[
            {"ChannelName": "d", "DataSource": {"DatasetSource": {"DatasetArn": hub.replace("Model/llama", "DataSet/none")}}}
        ],
    )
    path = two_accounts(tmp_path)
    with path.open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in (tuned, content, gone))
    lineage.crawl_estate(tmp_path / "s.db", session=replay_session(path))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        read = {(one.kind, one.account, one.name) for one in snapshot.resources()}
        assert {("model-package", OTHER, "shared/1"), ("hub-content", "aws", "llama")} <= read
        assert [(gap.operation, gap.reason) for gap in snapshot.gaps()] == [("DescribeHubContent", "missing")]


@pytest.mark.parametrize(
    ("fault", "words", "reason"),
    [
        ({"fault": "UnrecognizedClientException", "operation": "*", "region": "us-east-1"}, {}, ("ListTrainingJobs", "denied")),
        ({"fault": "AccessDeniedException", "operation": "AssumeRole"}, {"roles": [ROLE]}, ("AssumeRole", "denied")),
    ],
    ids=["region", "role"],
)
def test_a_place_that_can_not_be_read_is_a_hole(
    tmp_path: Path, fault: dict[str, Any], words: dict[str, Any], reason: tuple[str, str]
) -> None:
    """A region or an account that refuses the caller does not affect the others, and makes every "no" unknown."""
    path = tmp_path / "s.db"
    lineage.crawl_estate(path, session=replay_session(two_accounts(tmp_path, fault)), regions=[REGION, "us-east-1"], **words)
    found = verdicts(path)
    assert found == CLEAN | {"nowhere": "unknown"}
    assert reason in holes(path)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"fault": "ExpiredTokenException", "operation": "ListModels"}, "these credentials have expired"),
        ({"fault": "AccessDeniedException", "operation": "*"}, "nothing could be read: ListEndpoints: .*is not authorized"),
        ({"fault": "AccessDeniedException", "operation": "ListRegions"}, ""),
    ],
)
def test_what_ends_a_crawl(tmp_path: Path, fault: dict[str, Any], said: str) -> None:
    """Expired credentials, or an account that gives nothing, end the crawl with a sentence; a failed region list does not."""
    session = replay_session(account(tmp_path, fault))
    if not said:
        lineage.crawl_estate(tmp_path / "s.db", session=session, all_regions=True)
        return
    with pytest.raises(lineage.CrawlError, match=said):
        lineage.crawl_estate(tmp_path / "s.db", session=session)
    assert "not-referenced" not in verdicts(tmp_path / "s.db").values()
