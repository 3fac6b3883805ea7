"""`crawl --cloudtrail`: something that was deleted before any crawl read it is a gap; something read before is none."""

from __future__ import annotations

import json
import math
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.crawl import cloudtrail
from lineage.crawl.aws.pace import Budget, Pace
from lineage.crawl.cloudtrail import deletes, look_up
from lineage.crawl.deletions import Known, ended_lives
from lineage.crawl.replay import session as session_module
from lineage.crawl.replay.events import SAGEMAKER
from lineage.crawl.replay.session import Replay, _Reply, _response, replay_session
from lineage.domain.kinds import KINDS
from lineage.domain.records import CLOUDTRAIL, Crawl, Enumeration, Gap, Life, Scope
from lineage.domain.times import KnownDeletions, utc
from lineage.errors import CrawlError
from lineage.graphs.build import graph_of
from lineage.queries.scope import deletions_told
from tests.estate import account, estate, fit
from tests.records import ACCOUNT, REGION, arn, record, served

X = "s3://data/x/"
OTHER, ROLE = "222233334444", "arn:aws:iam::222233334444:role/auditor"
KIM = f"arn:aws:sts::{ACCOUNT}:assumed-role/cleaner/kim"
CAVEAT = "training jobs that were deleted before "
Lines = list[dict[str, Any]]


def ago(days: float) -> str:
    return utc(datetime.now(UTC).replace(microsecond=0) - timedelta(days=days))


def deleted(name: str = "gone", days: float = 2, event: str = "DeleteTrainingJob", **words: Any) -> dict[str, Any]:
    """CloudTrail's event of a deletion this many days ago."""
    request = {event.removeprefix("Delete")[0].lower() + event.removeprefix("Delete")[1:] + "Name": name}
    return {"event": event, "time": ago(days), "user": KIM, "request": request} | words


TIMES = ("CreationTime", "TrainingStartTime", "TrainingEndTime", "LastModifiedTime")


def job(name: str, uri: str = "s3://o/", days: float = 10) -> dict[str, Any]:
    """A training job that ran this many days ago."""
    return fit(name, {"train": uri}, **dict.fromkeys(TIMES, ago(days)))


def crawl(folder: Path, records: Lines, *lines: dict[str, Any], **words: Any) -> str:
    """One more crawl of an account that now holds these records and lines: the resulting answer about X."""
    path = account(folder, *lines, records=records)
    lineage.crawl_estate(folder / "s.db", session=replay_session(path), **({"cloudtrail": True} | words))
    return asked(folder).verdict


def asked(folder: Path) -> lineage.Usage:
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return lineage.used(lineage.around_dataset(snapshot, X), X)


def gaps(folder: Path) -> list[Gap]:
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return snapshot.gaps()


def caveat(folder: Path) -> str:
    return next(one for one in asked(folder).caveats if one.startswith(CAVEAT) or "leave no trace" in one)


KEPT = [job("kept")]


def test_a_job_that_was_deleted_unread_is_a_hole(tmp_path: Path) -> None:
    """With CloudTrail a deleted job may have read the data that nothing else names; the gap says who deleted it and when."""
    event = deleted()
    assert crawl(tmp_path, KEPT, event, cloudtrail=False) == "not-referenced"
    assert crawl(tmp_path, KEPT, event) == "unknown"
    (gap,) = gaps(tmp_path)
    assert gap == Gap(ACCOUNT, REGION, "DeleteTrainingJob", arn("training-job", "gone"), "deleted", gap.detail)
    said = f"training job gone was deleted {event['time']} by assumed-role/cleaner/kim, before any crawl read it"
    assert gap.detail.startswith(f"{said}: what it read is unknown")
    assert [hole["subject"] for hole in asked(tmp_path).scope["holes"]] == [gap.subject]


def test_a_job_that_an_earlier_crawl_read_is_no_hole(tmp_path: Path) -> None:
    """What the deleted job read is known: the verdict stands, in any case of its name, and its record is marked deleted."""
    assert crawl(tmp_path, [job("Short"), *KEPT]) == "not-referenced"
    event = deleted("SHORT", days=0)
    assert crawl(tmp_path, KEPT, event) == "not-referenced"
    assert gaps(tmp_path) == []
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        gone = {one.name: one.deleted for one in snapshot.resources() if one.kind == "training-job"}
    assert gone == {"Short": event["time"], "kept": None}


def test_what_a_list_missed_is_gone_since_its_deletion(tmp_path: Path) -> None:
    """A list shows that a job is gone at the time of the read; CloudTrail shows since when."""
    crawl(tmp_path, [job("short"), *KEPT], cloudtrail=False)
    crawl(tmp_path, KEPT, cloudtrail=False, full=True)
    event = deleted("short", days=1)
    assert crawl(tmp_path, KEPT, event) == "not-referenced"
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.deleted for one in snapshot.resources() if one.name == "short"] == [event["time"]]


def test_a_job_that_is_still_there_is_not_called_gone(tmp_path: Path) -> None:
    """A failed deletion of something that this crawl read is no gap, and the record is unchanged."""
    assert crawl(tmp_path, KEPT, deleted("kept")) == "not-referenced"
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.deleted for one in snapshot.resources()] == [None]


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([deleted("again", days=5)], "unknown"),
        ([deleted("again", days=1)], "not-referenced"),
        ([deleted("again", days=5), deleted("again", days=1)], "unknown"),
        ([deleted("again", days=2), deleted("again", days=1)], "unknown"),
        ([deleted(days=91)], "not-referenced"),
        ([deleted(error="ValidationException")], "not-referenced"),
        ([deleted("p", event="DeletePipeline", source="codepipeline.amazonaws.com")], "not-referenced"),
        ([deleted("p", event="DeletePipeline")], "unknown"),
        ([deleted("m", event="DeleteModel")], "not-referenced"),
        ([deleted(request={})], "unknown"),
        ([deleted(account="999988887777")], "not-referenced"),
        ([deleted(region="us-east-1")], "not-referenced"),
        ([deleted(event="StopTrainingJob")], "not-referenced"),
    ],
    ids=["an earlier life", "this life", "both", "a later life", "too old", "a failed call", "another service", "a pipeline", "a model",
         "nobody says which", "another account", "another region", "another call"],
)  # fmt: skip
def test_which_deletions_are_holes(tmp_path: Path, events: Lines, said: str) -> None:
    """Only a deleted resource that can show a use and that no crawl read is a gap, including an earlier life of a name."""
    assert crawl(tmp_path, [job("again", days=3)], *events) == said


NOTHING = Known(lambda _: [], lambda _kind, _by: "", "", "")


def deletion(kind: str = "training-job", name: str = "a", at: str = "2026-06-02T00:00:00Z") -> cloudtrail.Deletion:
    row = KINDS[kind]
    return cloudtrail.Deletion(row, f"Delete{row.noun}", ACCOUNT, REGION, arn(kind, name), name, at, "kim")


def test_a_life_that_was_deleted_long_ago_proves_nothing() -> None:
    """A record whose own deletion an earlier lookup reported is not taken for a later life of the name."""
    life = Life("2026-01-01T00:00:00.500Z", "2026-01-02T00:00:00Z", "2026-01-01T12:00:00Z")
    assert list(ended_lives([deletion()], lambda _: [life])) == [(deletion(), None)]


def test_a_deletion_in_the_second_of_the_creation() -> None:
    """CloudTrail has whole seconds: a life that began in the second of the deletion is the one that ended."""
    life, one = Life("2026-06-02T00:00:00.500Z", "", "2026-06-03T00:00:00Z"), deletion()
    assert list(ended_lives([one, one], lambda _: [life])) == [(one, life)]


# --- a reused name --------------------------------------------------------------------------------


def made(name: str = "again", days: float = 2, event: str = "CreateTrainingJob", **words: Any) -> dict[str, Any]:
    """CloudTrail's event of a creation this many days ago."""
    return deleted(name, days, "DeleteTrainingJob") | {"event": event} | words


def aged(folder: Path, days: float) -> None:
    """Move the crawls so far this many days into the past."""
    with sqlite3.connect(folder / "s.db") as db:
        db.execute("UPDATE crawl SET started = ?, finished = ?", (ago(days), ago(days)))
        db.execute("UPDATE enumeration SET started = ?, finished = ? WHERE kind != ?", (ago(days), ago(days), CLOUDTRAIL))
        db.execute("UPDATE enumeration SET started = ?, since = ? WHERE kind = ?", (ago(days), ago(days + 90), CLOUDTRAIL))


OLD = job("again", days=300)


@pytest.mark.parametrize(
    ("before", "events", "said"),
    [
        ([20], [deleted("again", days=1)], "not-referenced"),
        ([20], [deleted("again", days=5), deleted("again", days=1)], "unknown"),
        ([200], [deleted("again", days=1)], "unknown"),
        ([200, 20], [deleted("again", days=1)], "not-referenced"),
        ([200, 20], [made(days=5), deleted("again", days=1)], "unknown"),
        ([200, 20], [made("other", days=5), deleted("again", days=1)], "not-referenced"),
        ([200, 20], [made(days=5, error="ResourceInUse"), deleted("again", days=1)], "not-referenced"),
        ([200, 20], [made(days=5, request={}), deleted("again", days=1)], "unknown"),
        ([200, 20], [made(days=5, request={}, response={"trainingJobArn": arn("training-job", "Again")}), deleted("again", days=1)], "unknown"),
        ([200, 20], [made(days=5, request={}, response={"trainingJobArn": "?"}), deleted("again", days=1)], "unknown"),
        ([200, 20], [deleted("again", days=30)], "unknown"),
        ([200, 20], [deleted("again", days=1), made(days=0.5)], "not-referenced"),
    ],
    ids=["all was told since it was seen", "the second one", "nobody listed in time", "nothing was created since the last list",
         "created again", "another one was created", "a creation that failed", "nobody says what was created", "the answer says it",
         "nor does the answer", "deleted before that list", "created again later"],
)  # fmt: skip
def test_a_name_that_is_used_again(tmp_path: Path, before: list[float], events: Lines, said: str) -> None:
    """A job that was read long ago is the deleted one only where nothing else of its name can have existed in between."""
    for days in before:
        crawl(tmp_path, [OLD, *KEPT], cloudtrail=False)
        with sqlite3.connect(tmp_path / "s.db") as db:
            newest = db.execute("SELECT max(id) FROM crawl").fetchone()[0]
            db.execute("UPDATE crawl SET started = ?, finished = ? WHERE id = ?", (ago(days), ago(days), newest))
            db.execute("UPDATE enumeration SET started = ?, finished = ? WHERE crawl = ?", (ago(days), ago(days), newest))
            first = db.execute("SELECT min(id) FROM crawl").fetchone()[0]
            db.execute("UPDATE record SET last_crawl = ?", (first,))  # as after a crawl that lists only what is new
    assert crawl(tmp_path, KEPT, *events) == said
    assert crawl(tmp_path, KEPT) == said


def test_a_doubt_says_what_it_is(tmp_path: Path) -> None:
    """The gap says that another one of that name was read, and how to learn more."""
    crawl(tmp_path, [OLD, *KEPT], cloudtrail=False)
    aged(tmp_path, 200)
    event = deleted("again", days=1)
    assert crawl(tmp_path, KEPT, event) == "unknown"
    (gap,) = gaps(tmp_path)
    assert gap.detail == (
        f"training job again was deleted {event['time']} by assumed-role/cleaner/kim; a crawl read one of that name, created "
        f"{OLD['record']['CreationTime']}, which may be a different one: what a later one read is unknown; "
        "its CreateTrainingJob event may show it, if CloudTrail still has it"
    )


def test_lookups_without_a_gap_need_no_creations(tmp_path: Path) -> None:
    """Where lookups follow each other within 90 days, the first reported deletion is that of the resource that was read."""
    for _ in range(3):
        crawl(tmp_path, [OLD, *KEPT])
        aged(tmp_path, 80)
    calls = lookup_calls(tmp_path)
    assert crawl(tmp_path, KEPT, deleted("again", days=1)) == "not-referenced"
    assert lookup_calls(tmp_path) == calls


def lookup_calls(folder: Path) -> int:
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return snapshot.lookups()[-1].calls


def test_what_a_refused_lookup_leaves_in_doubt_the_next_one_tells(tmp_path: Path) -> None:
    """Where creations are denied, the lookup counts as refused, and makes no gap that no later crawl could close."""
    crawl(tmp_path, [OLD, *KEPT], cloudtrail=False)
    aged(tmp_path, 80)
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.execute("UPDATE crawl SET started = ?", (ago(200),))
    fault = {"fault": "ThrottlingException", "operation": "LookupEvents", "name": "CreateTrainingJob"}
    assert crawl(tmp_path, KEPT, deleted("again", days=1), fault) == "not-referenced"
    assert [(gap.operation, gap.reason) for gap in gaps(tmp_path)] == [("LookupEvents", "throttled")]
    assert "before the first crawl" in caveat(tmp_path)


# --- what a pipeline ran before its deletion ------------------------------------------------------

PIPELINE = [one for one in estate() if one["kind"] in ("pipeline", "pipeline-execution")]
STEP = fit("direct", {"train": "s3://o/"}, **dict.fromkeys(TIMES, "2026-01-02T11:00:00Z"))  # of the execution, while it ran
GONE = deleted("p", days=1, event="DeletePipeline")


def started(days: float, name: str = "p") -> dict[str, Any]:
    return deleted(name, days, "DeletePipeline") | {"event": "StartPipelineExecution"}


@pytest.mark.parametrize(
    ("days", "events", "said"),
    [
        (20, [GONE], "not-referenced"),
        (20, [started(30), GONE], "not-referenced"),
        (20, [started(5), GONE], "unknown"),
        (20, [started(5, arn("pipeline", "p")), GONE], "unknown"),
        (20, [started(5, "other"), GONE], "not-referenced"),
        (20, [started(5) | {"error": "ValidationException"}, GONE], "not-referenced"),
        (100, [GONE], "unknown"),
    ],
    ids=["never started", "before it was listed", "after it", "by its ARN", "another one", "in vain", "nobody can tell"],
)  # fmt: skip
def test_executions_of_a_deleted_pipeline(tmp_path: Path, days: float, events: Lines, said: str) -> None:
    """SageMaker forgets executions with their pipeline: those that began after the last list of them are a gap."""
    kept = [*KEPT, STEP]
    crawl(tmp_path, [*PIPELINE, *kept], cloudtrail=False)
    aged(tmp_path, days)
    assert crawl(tmp_path, kept, *events) == said
    assert crawl(tmp_path, kept) == said


def test_a_lost_execution_says_so(tmp_path: Path) -> None:
    """The gap names the pipeline, the time from which its executions are unknown, and the event that may say more."""
    crawl(tmp_path, [*PIPELINE, *KEPT], cloudtrail=False)
    aged(tmp_path, 20)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        listed = snapshot.listed_until()[ACCOUNT, REGION, "pipeline-execution"]
    crawl(tmp_path, KEPT, started(5), GONE)
    (gap,) = gaps(tmp_path)
    assert (gap.operation, gap.subject) == ("DeletePipeline", arn("pipeline", "p"))
    assert gap.detail == (
        f"pipeline p was deleted {GONE['time']} by assumed-role/cleaner/kim: its executions that began after "
        f"{listed}, when a crawl last listed them, are unknown; its StartPipelineExecution event may show it, if CloudTrail still has it"
    )


# --- the later history of a gap -------------------------------------------------------------------


def test_a_hole_outlives_later_crawls_and_comes_once(tmp_path: Path) -> None:
    """A crawl without CloudTrail, one more with it, or another job of the name neither removes the gap nor doubles it."""
    event, again = deleted(), [job("gone", days=1), *KEPT]
    assert crawl(tmp_path, KEPT, event) == "unknown"
    holes = gaps(tmp_path)
    assert crawl(tmp_path, again, cloudtrail=False, full=True) == "unknown"
    assert crawl(tmp_path, again, event, full=True) == "unknown"
    assert crawl(tmp_path, again, full=True) == "unknown"
    assert gaps(tmp_path) == holes


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("AccessDeniedException", "denied"), ("ThrottlingException", "throttled"), ("InternalFailure", "failed"), ("RepeatedToken", "failed")],
)  # fmt: skip
def test_a_lookup_that_is_refused_is_a_gap_and_no_worse_than_none(tmp_path: Path, fault: str, reason: str) -> None:
    """A failure of CloudTrail is listed among the gaps; the verdict and its caveat are those of a crawl without it."""
    assert crawl(tmp_path, KEPT, deleted(), {"fault": fault, "operation": "LookupEvents"}) == "not-referenced"
    (gap,) = (one for one in gaps(tmp_path) if one.operation == "LookupEvents")
    assert (gap.subject, gap.reason) == (CLOUDTRAIL, reason)
    assert caveat(tmp_path) == "training jobs that were deleted before the first crawl leave no trace"


def test_a_lookup_that_breaks_off_keeps_what_it_found(tmp_path: Path) -> None:
    """A refusal in the middle forgets no deletion that was reported before it."""
    fault = {"fault": "ThrottlingException", "operation": "LookupEvents", "name": "DeleteProcessingJob"}
    assert crawl(tmp_path, KEPT, deleted(), fault) == "unknown"
    assert {gap.operation for gap in gaps(tmp_path)} == {"DeleteTrainingJob", "LookupEvents"}


def test_an_empty_page_with_a_token_is_not_the_end(tmp_path: Path) -> None:
    """The events after an empty page are read, and so are those after a full one."""
    assert crawl(tmp_path, KEPT, deleted(), {"fault": "EmptyPage", "operation": "LookupEvents"}) == "unknown"
    many = [deleted(f"job-{n:03}") for n in range(120)]
    crawl(tmp_path, KEPT, *many)
    assert len(gaps(tmp_path)) == 121


@pytest.mark.parametrize("event", ["{", "[]", "{}", json.dumps({"eventSource": SAGEMAKER, "eventTime": "yesterday"})])
def test_answers_that_nobody_can_read_are_a_gap(tmp_path: Path, event: str) -> None:
    """A malformed event fails its lookup, and not the crawl; an event of another service is ignored."""
    session = replay_session(account(tmp_path, records=KEPT))
    body = json.dumps({"Events": [{"CloudTrailEvent": event}]})
    events: Any = session._boto.events
    events.register("before-send.cloudtrail", lambda request, **_: _response(request, _Reply(body.encode())))
    lineage.crawl_estate(tmp_path / "s.db", session=session, cloudtrail=True)
    assert asked(tmp_path).verdict == "not-referenced"
    said = [(gap.operation, gap.reason, gap.detail[:48]) for gap in gaps(tmp_path)]
    unread = ("LookupEvents", "failed", "CloudTrail answered what this version can't read")
    assert said == ([] if event == "{}" else [unread])


ODD_EVENTS = {
    "none": None,
    "very deep": "[" * 5000,
    "the year 1": {"eventTime": "0001-01-01T00:00:00Z"},
    "the last moment": {"eventTime": "9999-12-31T23:59:59+00:00"},
    "a time that is a number": {"eventTime": 5},
    "half a character": {"requestParameters": {"trainingJobName": "x\ud800"}},
    "a list for its parameters": {"requestParameters": ["x"]},
    "a word for who it was": {"userIdentity": "kim"},
}


@pytest.mark.parametrize("case", ODD_EVENTS)
def test_an_odd_event_costs_that_event(tmp_path: Path, case: str) -> None:
    """What the other events report is kept; the lookup is not complete."""
    good = {"eventSource": SAGEMAKER, "eventTime": ago(2), "requestParameters": {"trainingJobName": "gone"}}
    odd = ODD_EVENTS[case]
    texts = [json.dumps(good | odd) if isinstance(odd, dict) else odd, json.dumps(good)]
    body = json.dumps({"Events": [{"CloudTrailEvent": text} for text in texts]})
    session = replay_session(account(tmp_path, records=KEPT))
    events: Any = session._boto.events
    answer = lambda request, **_: _response(request, _Reply(body.encode()))  # noqa: E731
    events.register("before-send.cloudtrail.LookupEvents", answer)
    lineage.crawl_estate(tmp_path / "s.db", session=session, cloudtrail=True)
    told = {(gap.subject, gap.reason) for gap in gaps(tmp_path)}
    assert {("cloudtrail", "failed"), (arn("training-job", "gone"), "deleted")} <= told


def test_a_replay_makes_no_session_for_each_lookup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl of an account file makes one botocore session, however many lookups it answers."""
    crawl(tmp_path, KEPT)  # after which the models of both services are known
    made: list[Any] = []
    core = session_module._core
    monkeypatch.setattr(session_module, "_core", lambda: made.append(core()) or made[-1])
    assert crawl(tmp_path, KEPT, deleted("kept")) == "not-referenced"
    assert len(made) == 1


def test_two_regions_and_accounts(tmp_path: Path) -> None:
    """Each account and region has its own lookup; the caveat has a date where all of them succeeded."""
    there = {"account": OTHER, "region": "us-east-1"}
    fault = {"fault": "AccessDeniedException", "operation": "LookupEvents"} | there
    words: dict[str, Any] = {"regions": [REGION, "us-east-1"], "roles": [ROLE]}
    assert crawl(tmp_path, KEPT, deleted("kept", **there), fault, **words) == "not-referenced"
    assert "before the first crawl" in caveat(tmp_path)
    assert crawl(tmp_path, KEPT, deleted("kept", **there), **words) == "unknown"
    (gap,) = gaps(tmp_path)
    assert gap.subject == arn("training-job", "kept", **there)
    assert caveat(tmp_path).startswith(CAVEAT + utc(datetime.now(UTC) - timedelta(days=90))[:10])


def test_each_kind_that_can_tell_a_use_and_be_deleted(tmp_path: Path) -> None:
    """The operations come from the table; for each, a deletion of something unread is a gap, and of something read none."""
    known = deletes(replay_session(account(tmp_path)), REGION)
    assert {kind.name for kind, _ in known.values()} == {
        "algorithm", "compilation-job", "feature-group", "job", "model-card", "model-package", "optimization-job", "pipeline",
        "processing-job", "training-job", "training-session", "trial-component", "tuning-job",
    }  # fmt: skip
    for unread in (True, False):
        folder = tmp_path / str(unread)
        folder.mkdir()
        events = []
        for operation, (kind, keys) in known.items():
            (held, *_) = (
                (one["record"] for one in estate() if one["kind"] == kind.name) if kind.name != "training-session" else ({},)
            )
            if held:
                names = [str(held.get(key) or held[f"{kind.noun}Arn"]) for key in keys]
                request = {
                    key[0].lower() + key[1:]: name + ("-2" if unread else "") for key, name in zip(keys, names, strict=True)
                }
                events.append(deleted(event=operation, request=request))
        crawl(folder, estate(), *events)
        assert len(gaps(folder)) == (len(events) if unread else 0)


def test_a_hole_says_how_to_close_it() -> None:
    """Something that is no job has read nothing: the gap says so, and names the event that may say more."""
    gap = NOTHING.hole(deletion("pipeline", "p", "2026-01-01T00:00:00Z"), None)
    assert gap is not None
    assert gap.detail == (
        "pipeline p was deleted 2026-01-01T00:00:00Z by kim, before any crawl read it: what it named is unknown; "
        "its CreatePipeline event may show it, if CloudTrail still has it"
    )


# --- how far back it goes -------------------------------------------------------------------------


def lookup(started: str, days: int = 90, account: str = ACCOUNT) -> Enumeration:
    since = utc(datetime.fromisoformat(started) - timedelta(days=days))
    return Enumeration(account, REGION, CLOUDTRAIL, "LookupEvents", started, since, started, joined=True)


JANUARY, MARCH, DECEMBER = (f"2026-{month}-10T00:00:00Z" for month in ("01", "03", "12"))


@pytest.mark.parametrize(
    ("lookups", "told"),
    [
        ([], None),
        ([lookup(MARCH)], KnownDeletions("2025-12-10T00:00:00Z", MARCH)),
        ([lookup(JANUARY), lookup(MARCH)], KnownDeletions("2025-10-12T00:00:00Z", MARCH)),
        ([lookup(JANUARY), lookup(MARCH), lookup(DECEMBER)], KnownDeletions("2026-09-11T00:00:00Z", DECEMBER)),
        ([lookup("2025-12-10T00:30:00Z"), lookup(MARCH)], KnownDeletions("2025-12-10T00:00:00Z", MARCH)),
        ([lookup(MARCH, account=OTHER)], None),
    ],
    ids=["none", "one", "one after the other", "a gap between", "too close for a late event", "another account"],
)
def test_the_time_that_was_told_of(lookups: list[Enumeration], told: KnownDeletions | None) -> None:
    """The history goes back from the last lookup as far as lookups follow each other without a gap."""
    assert deletions_told(Scope(lookups=tuple(lookups), places=frozenset({(ACCOUNT, REGION)}))) == told


def test_the_time_of_several_places_is_what_they_have_in_common() -> None:
    """The history begins with the place that reaches least far back, and ends with the oldest last lookup."""
    places = frozenset({(ACCOUNT, REGION), (OTHER, REGION)})
    both = (lookup(MARCH), lookup(DECEMBER, account=OTHER))
    assert deletions_told(Scope(lookups=both, places=places)) == KnownDeletions("2026-09-11T00:00:00Z", MARCH)


def test_the_caveat_has_its_date(tmp_path: Path) -> None:
    """The history names the first moment that is covered, and after a later crawl without CloudTrail the last one, too."""
    crawl(tmp_path, KEPT)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (one,) = snapshot.lookups()
    dated = f"{CAVEAT}{one.since}, the first moment that CloudTrail covers, leave no trace"
    assert caveat(tmp_path) == dated
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        graph = lineage.graph(snapshot)
    late = Crawl(2, "2031-01-01T00:00:00Z", None, "x", (ACCOUNT,), (REGION,), (), "0", "1")
    graph.graph["scope"] = replace(graph.graph["scope"], crawls=(*graph.graph["scope"].crawls, late))
    assert f"{dated}, nor do those deleted after {one.started}, when CloudTrail was last read" in lineage.used(graph, X).caveats


def test_a_snapshot_without_lookups_has_the_old_caveat(tmp_path: Path) -> None:
    """Without a lookup, no date is shown."""
    crawl(tmp_path, KEPT, cloudtrail=False)
    assert caveat(tmp_path) == "training jobs that were deleted before the first crawl leave no trace"


# --- the crawl around it --------------------------------------------------------------------------


def test_the_calls_are_counted(tmp_path: Path) -> None:
    """Each operation that deletes costs one page; the lists and the crawl's own sum do not count these."""
    path = account(tmp_path, records=KEPT)
    plain = lineage.crawl_estate(tmp_path / "plain.db", session=replay_session(path))
    told: list[str] = []
    done = lineage.crawl_estate(
        tmp_path / "s.db", session=replay_session(path), cloudtrail=True, on_progress=lambda one: told.append(one.doing)
    )
    assert done.calls - plain.calls == len(deletes(replay_session(path), REGION))
    assert "asking CloudTrail" in told
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.calls for one in snapshot.lookups()] == [done.calls - plain.calls]
        assert CLOUDTRAIL not in {one.kind for one in snapshot.enumerations()}


def test_credentials_that_expire_end_the_crawl(tmp_path: Path) -> None:
    """After expired credentials no further call can work: what was read stays, and the next crawl continues."""
    fault = {"fault": "ExpiredTokenException", "operation": "LookupEvents"}
    with pytest.raises(CrawlError, match="these credentials have expired"):
        crawl(tmp_path, KEPT, deleted(), fault)
    assert crawl(tmp_path, KEPT, deleted()) == "unknown"


def test_the_pace_is_cloudtrails() -> None:
    """Two calls a second are allowed, so no more are made, whatever the answers; an operation without a limit never waits."""
    sleeps: list[float] = []
    budget = Budget(lambda: sum(sleeps), sleeps.append, first=2.0, most=2.0)
    for _ in range(21):
        budget.wait()
        budget.answered()
    assert sum(sleeps) == pytest.approx(10)
    assert Pace().of(REGION, "LookupEvents").rate == 2
    assert Pace(math.inf).of(REGION, "LookupEvents").rate == math.inf


def test_no_place_is_no_lookup(tmp_path: Path) -> None:
    """If no account can be read, CloudTrail is not called."""
    assert look_up([], lambda: None) == []


# --- the account file -----------------------------------------------------------------------------


def test_the_account_file_answers_as_cloudtrail(tmp_path: Path) -> None:
    """The newest event comes first, fifty a page; names and times are filters; an event is JSON inside JSON."""
    events = [deleted(f"j{n}", days=1 + n / 100) for n in range(60)]
    path = account(tmp_path, *events, deleted("p", event="DeletePipeline", days=5))
    api = Replay(path).boto().client("cloudtrail")
    first = api.lookup_events()
    assert (len(first["Events"]), "NextToken" in first) == (50, True)
    assert [len(page["Events"]) for page in api.get_paginator("lookup_events").paginate()] == [50, 11]
    newest = json.loads(first["Events"][0]["CloudTrailEvent"])
    assert (newest["requestParameters"], newest["eventName"]) == ({"trainingJobName": "j0"}, "DeleteTrainingJob")
    assert (newest["eventTime"], newest["userIdentity"]["arn"]) == (events[0]["time"], KIM)
    assert first["Events"][0]["EventTime"].isoformat().replace("+00:00", "Z") == events[0]["time"]
    (one,) = api.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "DeletePipeline"}])["Events"]
    assert one["Username"] == "kim"
    assert len(api.lookup_events(EndTime=datetime.now(UTC) - timedelta(days=4))["Events"]) == 1
    with pytest.raises(api.exceptions.ClientError, match="not authorized to perform: cloudtrail:ListTrails"):
        api.list_trails()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"event": "DeleteModle"}, "\"event\" is 'DeleteModle' (expected one of SageMaker's operations)"),
        ({"when": "x"}, 'an event has no "when"; it has account, error, event, region, request, response, source, time, user'),
        ({"time": "yesterday"}, '"time" of an event must be ISO 8601 text, not "yesterday"'),
        ({"time": 3}, '"time" of an event must be a text, not 3'),
        ({"request": []}, '"request" of an event must be an object'),
        ({"user": ""}, '"user" of an event must be a text, not ""'),
        ({"user": None}, '"user" of an event must be a text, not null'),
    ],
)
def test_malformed_events(tmp_path: Path, entry: dict[str, Any], said: str) -> None:
    """An unreadable part of an event is reported with its line."""
    with pytest.raises(CrawlError) as caught:
        replay_session(account(tmp_path, deleted() | entry, records=[]))
    assert f"account.jsonl line 2: {said}" in str(caught.value)


def test_an_event_says_who_and_when(tmp_path: Path) -> None:
    """A line without a user, or without a time, is refused."""
    for missing, said in (("user", 'an event must have a "user"'), ("time", '"time" of an event must be ISO 8601 text')):
        entry = {key: value for key, value in deleted().items() if key != missing}
        with pytest.raises(CrawlError, match=said):
            replay_session(account(tmp_path, entry, records=[]))


# --- the command line -----------------------------------------------------------------------------


def test_the_command(run, tmp_path: Path) -> None:
    """`crawl --cloudtrail` counts the gap among its gaps, and `gaps` shows the lookup apart from the lists."""
    path = str(account(tmp_path, deleted(), deleted("kept"), records=KEPT))
    code, _, err = run("crawl", "--replay", path, "--cloudtrail")
    assert (code, "; 1 gap (lineage gaps)" in err) == (0, True)
    text = run("gaps", "-f", "table")[1]
    assert "33 of 33 lists finished" in text
    assert f"{ACCOUNT} {REGION}  CloudTrail, asked " in text
    assert ": 2 deletions since " in text
    assert "1 other gap:\n" in text
    told = json.loads(run("gaps", "-f", "json")[1])
    assert [(one["kind"], one["state"], one["records"]) for one in told["lookups"]] == [("cloudtrail", "finished", 2)]
    rows = [row.split("\t") for row in run("gaps")[1].splitlines()]
    assert [row[3:5] for row in rows if row[0] == "lookup"] == [["cloudtrail", "LookupEvents"]]
    assert "1 gap could hide a use" in run("used", X, "-f", "table")[1]


def test_a_refused_lookup_is_told_where_lookups_are(run, tmp_path: Path) -> None:
    """`gaps` says once why CloudTrail failed."""
    fault = {"fault": "AccessDeniedException", "operation": "LookupEvents"}
    run("crawl", "--replay", str(account(tmp_path, fault, records=KEPT)), "--cloudtrail")
    text = run("gaps", "-f", "table")[1]
    assert text.count("cloudtrail:LookupEvents") == 1
    assert "denied  LookupEvents: User: " in text
    assert "\nNo other gaps.\n" in text


def test_the_option(run) -> None:
    """The help shows the option, and together with --endpoint it is refused with a sentence."""
    assert "lineage crawl --cloudtrail" in run("crawl", "--help")[1]
    code, _, err = run("crawl", "--endpoint", "x", "--cloudtrail")
    assert (code, err.count("\n")) == (2, 1)
    assert "--cloudtrail is for whole accounts and --endpoint is for single endpoints: give one of them" in err


def test_the_policy(run) -> None:
    """The policy allows the lookup only with the option, and nothing else of CloudTrail."""
    assert "cloudtrail" not in run("iam-policy")[1]
    policy = json.loads(run("iam-policy", "--cloudtrail")[1])
    asked = [one for one in policy["Statement"] if "cloudtrail" in str(one["Action"])]
    assert [(one["Action"], one["Resource"]) for one in asked] == [(["cloudtrail:LookupEvents"], "*")]
    assert policy == lineage.iam_policy(cloudtrail=True)


def test_trace_says_that_it_was_deleted() -> None:
    """Where the origin of a model was deleted unread, the break says when and by whom, and does not suggest another crawl."""
    package = arn("model-package", "g/1")
    endpoint = served("", Containers=[])
    model = record(
        "model", "shop-model", {"CreationTime": "2026-02-01T10:00:00Z", "PrimaryContainer": {"ModelPackageName": package}}
    )
    graph = graph_of([*endpoint[1:], model])
    gap = NOTHING.hole(deletion("model-package", "g/1"), None)
    assert gap is not None
    graph.graph["scope"] = Scope(holes=(gap,))
    (found,) = lineage.trace(graph, "shop").breaks
    assert (found["reason"], found["detail"]) == ("deleted", gap.detail)
    assert found["repair"].startswith(
        "not possible from here, because it was deleted: only an earlier snapshot, its Create event in CloudTrail"
    )
