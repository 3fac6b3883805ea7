"""Experiments, groups and runs: what is listed, how it is named, and what is never reported as none."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.records import Enumeration, Resource
from lineage.graphs.derive import join
from lineage.queries.runs import runs as runs_of_a_snapshot
from lineage.snapshot.reading import Snapshot
from tests.conftest import examples
from tests.estate import account
from tests.records import arn, record, served, training
from tests.snapshot.test_file import CRAWL, crawl


@pytest.fixture
def ask_all(run, account_path: Path):
    """Run a command over all of the bank."""
    return lambda *arguments: run(*arguments, "--snapshot", str(account_path))


TAGGED = {"Tags": [{"Key": "sagemaker:trial-component-source", "Value": "run"}]}
NOON = "2026-01-01T12:00:00Z"


def a_run(name: str, *parents: str | tuple[str, str], job: str = "", **body: Any) -> Resource:
    """A trial component in groups; a pair names the experiment as well. `job` is its training job."""
    pairs = [(one, "") if isinstance(one, str) else one for one in parents]
    said = [{"TrialName": trial} | ({"ExperimentName": above} if above else {}) for trial, above in pairs]
    source = {"Source": {"SourceArn": arn("training-job", job), "SourceType": "SageMakerTrainingJob"}} if job else {}
    times = {"CreationTime": NOON, "LastModifiedTime": NOON}
    return record("trial-component", name, times | {"Parents": said} | source | body)


def trial(name: str, experiment: str, **body: Any) -> Resource:
    return record("trial", name, {"ExperimentName": experiment, "CreationTime": NOON} | body)


def experiment(name: str, **body: Any) -> Resource:
    return record("experiment", name, {"CreationTime": NOON} | body)


@contextmanager
def holding(folder: Path, *records: Resource) -> Iterator[lineage.Snapshot]:
    crawl(folder / "lineage.db", *records)
    with lineage.open_snapshot(folder / "lineage.db") as snapshot:
        yield snapshot


SDK = ("Default-Run-Group-Fraud", "Fraud")


@pytest.mark.parametrize(
    ("title", "record", "source", "run_name", "experiments"),
    [
        ("by the SDK", a_run("fraud-One", SDK, **TAGGED), "run", "One", ("Fraud",)),
        ("by the SDK, of a job", a_run("fraud-one", SDK, job="fit", **TAGGED), "run", "one", ("Fraud",)),
        ("its tags were not read", a_run("fraud-one", SDK), "run", "one", ("Fraud",)),
        ("its experiment was not read either", a_run("fraud-one", "default-run-group-fraud"), "run", "one", ("Fraud",)),
        ("another group beside the SDK's", a_run("fraud-a-b", ("Other", "fraud-a"), SDK, **TAGGED), "run", "a-b", ("fraud-a", "Fraud")),
        ("in no group any more", a_run("fraud-one", **TAGGED), "run", "fraud-one", ()),
        ("a job in the SDK's group", a_run("fraud-9-aws-training-job", SDK, job="fraud-9"), "job", "fraud-9-aws-training-job", ("Fraud",)),
        ("a job that nobody assigned", a_run("fit-aws-training-job", job="fit"), "job", "fit-aws-training-job", ()),
        ("a tuning job, named plainly", a_run("tune", Source={"SourceArn": arn("tuning-job", "tune")}), "job", "tune", ()),
        ("by a person", a_run("notes", DisplayName="My notes"), "logged", "My notes", ()),
        ("by a person, in an experiment", a_run("notes", ("Group", "Fraud")), "logged", "notes", ("Fraud",)),
        ("a person's, tagged otherwise", a_run("notes", Tags=[{"Key": "team", "Value": "run"}]), "logged", "notes", ()),
        ("two groups of one experiment", a_run("x", ("a", "Fraud"), ("b", "FRAUD")), "logged", "x", ("Fraud",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_who_made_a_run(tmp_path: Path, title: str, record: Resource, source: str, run_name: str, experiments: Any) -> None:
    """A run shows its creator, the name that its user gave it, and its experiments."""
    with holding(tmp_path, record, experiment("Fraud"), trial("Default-Run-Group-Fraud", "Fraud")) as snapshot:
        (found,) = lineage.list_runs(snapshot)
        assert (found.source, found.run_name, found.experiments) == (source, run_name, experiments)
        assert [one.name for one in lineage.list_runs(snapshot, source=source)] == [record.name]
        assert all(list(lineage.list_runs(snapshot, "FRAUD")) == [found] for name in experiments if name == "Fraud")


def day(number: int) -> dict[str, str]:
    return {"CreationTime": f"2026-01-{number:02}T08:00:00Z", "LastModifiedTime": f"2026-01-{number:02}T09:00:00Z"}


MANY = [
    a_run("B-run", SDK, **day(1), Status={"PrimaryStatus": "Completed"}),
    a_run("a-run", SDK, **day(3), Status={"PrimaryStatus": "Failed"}),
    a_run("c-run", ("other", "Loans"), **day(2)),
    a_run("none", **day(4), Status={"PrimaryStatus": "Completed"}),
]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["none", "a-run", "c-run", "B-run"]),
        ({"sort_order": "Ascending"}, ["B-run", "c-run", "a-run", "none"]),
        ({"sort_by": "Name", "sort_order": "Ascending"}, ["a-run", "B-run", "c-run", "none"]),
        ({"sort_by": lineage.SortByType.NAME}, ["none", "c-run", "B-run", "a-run"]),
        ({"experiment": "FRAUD"}, ["a-run", "B-run"]),
        ({"experiment": arn("experiment", "fraud")}, ["a-run", "B-run"]),
        ({"experiment": "loans"}, ["c-run"]),
        ({"group": "OTHER"}, ["c-run"]),
        ({"experiment": "fraud", "group": "other"}, []),
        ({"status": "completed"}, ["none", "B-run"]),
        ({"created_after": "2026-01-02"}, ["none", "a-run", "c-run"]),
        ({"created_after": "2026-01-02T08:00:00Z"}, ["none", "a-run"]),
        ({"created_after": datetime(2026, 1, 2, 8, tzinfo=UTC), "created_before": "2026-01-04"}, ["a-run"]),
        ({"created_before": "2026-01-02T09:00:00+01:00"}, ["B-run"]),
        ({"source": "job"}, []),
    ],
)
def test_filters_and_order(tmp_path: Path, asked: dict[str, Any], names: list[str]) -> None:
    """Each filter narrows the runs, without regard to case; the newest come first unless another order is set."""
    with holding(tmp_path, *MANY, experiment("Fraud"), experiment("Empty")) as snapshot:
        assert [one.name for one in lineage.list_runs(snapshot, **asked)] == names


def test_what_was_logged(tmp_path: Path) -> None:
    """Numbers stay numbers, metrics keep all their statistics, and people's text stays as they wrote it."""
    said = {
        "MetricName": "auc",
        "SourceArn": "arn:x",
        "TimeStamp": NOON,
        "Last": 0.8,
        "Min": 0.1,
        "Max": 0.9,
        "Avg": 0.5,
        "StdDev": 0.2,
        "Count": 7,
    }
    whole = a_run(
        "notes",
        Parameters={"depth": {"NumberValue": 6.0}, "kind": {"StringValue": "6"}},
        Metrics=[said],
        InputArtifacts={"data": {"Value": "s3://d/"}},
        OutputArtifacts={"model": {"Value": "NA", "MediaType": "text/plain"}},
        CreatedBy={"IamIdentity": {"Arn": "arn:aws:iam::1:user/jo"}},
        Status={"PrimaryStatus": "Failed", "Message": "it broke"},
    )
    with holding(tmp_path, whole) as snapshot:
        found = lineage.load_run(snapshot, "NOTES").as_json()
        (brief,) = (one.as_json() for one in lineage.list_runs(snapshot, brief=True))
    assert {name for name in found if found[name] != brief[name]} == {"parameters", "metrics", "inputs", "outputs"}
    assert found["parameters"] == {"depth": 6.0, "kind": "6"}
    assert found["metrics"] == [
        {
            "name": "auc",
            "last": 0.8,
            "min": 0.1,
            "max": 0.9,
            "avg": 0.5,
            "std": 0.2,
            "count": 7,
            "time": NOON,
            "source": "arn:x",
            "of": "run",
        }
    ]
    assert found["inputs"] == [{"name": "data", "value": "s3://d/", "media_type": None, "content": None}]
    assert found["outputs"] == [{"name": "model", "value": "NA", "media_type": "text/plain", "content": None}]
    assert (found["created_by"], found["status"], found["message"]) == ("arn:aws:iam::1:user/jo", "Failed", "it broke")
    assert json.loads(json.dumps(found)) == found


def final(value: float) -> dict[str, Any]:
    return {"FinalMetricDataList": [{"MetricName": "auc", "Value": value, "Timestamp": NOON}]}


@pytest.mark.parametrize(
    ("title", "records", "metrics", "jobs"),
    [
        ("a job's, where the run has none", [a_run("r", job="Fit"), training("Fit", {}, **final(0.7), CreationTime=NOON)], [("auc", 0.7, "job")], [("Fit", True)]),
        ("the run's own first", [a_run("r", job="Fit", Metrics=[{"MetricName": "auc", "Last": 0.6}]), training("Fit", {}, **final(0.7))], [("auc", 0.6, "run")], [("Fit", True)]),
        ("a job that is gone", [a_run("r", job="Fit")], [], [("fit", False)]),
        (
            "a job's name that was used again since",
            [a_run("r", job="fit"), training("fit", {}, **final(0.1), CreationTime="2026-01-01T11:00:00Z"), training("fit", {}, **final(0.9), CreationTime="2026-03-01T00:00:00Z")],
            [("auc", 0.1, "job")],
            [("fit", True)],
        ),
        (
            "several jobs",
            [a_run("r", Sources=[{"SourceArn": arn("training-job", name)} for name in "ab"]), *(training(name, {}, **final(0.5), CreationTime=NOON) for name in "ab")],
            [("auc", 0.5, "job")] * 2,
            [("a", True), ("b", True)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_jobs_and_their_metrics(tmp_path: Path, title: str, records: list[Resource], metrics: Any, jobs: Any) -> None:
    """A run names its jobs, seen or not; a metric value that only its job has is marked as the job's."""
    with holding(tmp_path, *records) as snapshot:
        (found,) = lineage.list_runs(snapshot)
    assert [(one.name, one.last, one.of) for one in found.metrics] == metrics
    assert [(one.name, one.observed) for one in found.jobs] == jobs


def test_experiments_and_groups_are_counted(tmp_path: Path) -> None:
    """Each run counts once for an experiment, whatever the case of its name; one that is only named is there, not observed."""
    records = [
        experiment("Fraud", Source={"SourceArn": "arn:x"}),
        experiment("Empty", **day(1)),
        trial("g1", "fraud"),
        trial("g2", "FRAUD"),
        a_run("a", "G1", "g2"),
        a_run("b", ("g1", "Fraud")),
        a_run("c", ("g3", "Lost")),
    ]
    with holding(tmp_path, *records) as snapshot:
        found = lineage.list_experiments(snapshot, sort_by="Name", sort_order="Ascending")
        groups = lineage.list_trials(snapshot, sort_by="Name", sort_order="Ascending")
        assert [one.name for one in lineage.list_trials(snapshot, "fraud", sort_order="Ascending")] == ["g1", "g2"]
        assert [one.name for one in lineage.list_experiments(snapshot, created_before="2026-01-01T09:00")] == ["Empty"]
        assert list(lineage.list_runs(snapshot, "empty")) == []
    assert [(one.name, one.groups, one.runs, one.observed) for one in found] == [
        ("Empty", 0, 0, True),
        ("Fraud", 2, 2, True),
        ("Lost", 1, 1, False),
    ]
    assert (found[1].source, found[2].id) == ("arn:x", "experiment:111122223333/eu-west-1/Lost")
    assert [(one.name, one.experiment, one.runs, one.observed) for one in groups] == [
        ("g1", "fraud", 2, True),
        ("g2", "FRAUD", 1, True),
        ("g3", "Lost", 1, False),
    ]


NAMES = st.sampled_from(["g", "G", "h", "k"])
PARENTS = st.lists(st.tuples(NAMES, st.sampled_from(["", "One", "one", "two"])), max_size=3)
RUNS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.integers(1, 9), PARENTS, st.sampled_from(["", "j"])), max_size=8
)
TRIALS = st.lists(st.tuples(NAMES, st.sampled_from(["One", "two"])), max_size=3)


@settings(max_examples=examples(60), deadline=None)
@given(RUNS, TRIALS, st.sampled_from(["", "trial", "trial-component"]))
def test_edges_count_what_records_say(runs: list[Any], trials: list[Any], gone: str) -> None:
    """Experiments and groups have the same runs and names, counted by edges or by reading each run, whatever was deleted."""
    found = [a_run(name, *parents, job=job, **day(number)) for name, number, parents, job in runs]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lineage.db"
        crawl(path, training("j", {}), *found, *(trial(*one) for one in trials))
        with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
            recording.begin(CRAWL)
            if gone:
                list_ = Enumeration("111122223333", "eu-west-1", gone, "List", "2026-02-01T00:00:00Z")
                recording.mark_gone(list_, "2026-02-01T00:00:00Z")
            recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
            recording.finish("2026-02-01T00:00:00Z")
        told = []
        for joined in (True, False):
            with (
                lineage.open_snapshot(path) as snapshot,
                patch.object(runs_of_a_snapshot, "_is_joined", lambda _, is_=joined: is_),
            ):
                lists = (lineage.list_experiments, lineage.list_trials)
                told.append([list_(snapshot, deleted=deleted) for list_ in lists for deleted in (False, True)])
        assert told[0] == told[1]


def test_while_a_crawl_is_unfinished_runs_are_read(tmp_path: Path) -> None:
    """A run that a crawl has read and not joined yet is counted in its experiment."""
    path = tmp_path / "s.db"
    crawl(path, experiment("Fraud"), a_run("fraud-one", SDK))
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        recording.add(a_run("fraud-two", SDK))
    with lineage.open_snapshot(path) as snapshot:
        assert [one.runs for one in lineage.list_experiments(snapshot)] == [2]


def test_names_belong_to_a_region(tmp_path: Path) -> None:
    """One name in two regions is two experiments; an ARN tells them apart, and a run that two have is refused."""
    there = {"region": "us-east-1"}
    parents = {"Parents": [{"TrialName": "t", "ExperimentName": "E"}], "CreationTime": NOON}
    records = [experiment("E"), record("experiment", "E", {"CreationTime": NOON}, **there)]
    records += [record("trial-component", "r", parents), record("trial-component", "r", parents, **there)]
    with holding(tmp_path, *records) as snapshot:
        assert [one.runs for one in lineage.list_experiments(snapshot)] == [1, 1]
        assert len(list(lineage.list_runs(snapshot, "e"))) == 2
        assert [one.region for one in lineage.list_runs(snapshot, arn("experiment", "e", **there))] == ["us-east-1"]
        with pytest.raises(lineage.UnknownNode, match="several runs are named r: name one by its ARN: arn:.*, arn:"):
            lineage.load_run(snapshot, "r", "e")
        assert lineage.load_run(snapshot, arn("trial-component", "R", **there)).region == "us-east-1"


@pytest.mark.parametrize(
    ("wanted", "inside", "name"),
    [
        ("one", "fraud", "fraud-one"),
        ("ONE", None, "one"),
        ("fraud-ONE", None, "fraud-one"),
        ("fraud-one", "Fraud", "fraud-one"),
        ("Shown", "fraud", "fraud-two"),
        ("two", None, "fraud-two"),
        ("left", "fraud", "fraud-left"),
        (arn("trial-component", "Fraud-One"), None, "fraud-one"),
    ],
)
def test_one_run(tmp_path: Path, wanted: str, inside: str | None, name: str) -> None:
    """A run is found by its user's name for it, which comes first, by its own name, by an ARN, and by what is shown."""
    left = a_run("fraud-left", **TAGGED)  # it was taken out of its group
    records = [
        experiment("Fraud"),
        a_run("fraud-one", SDK),
        a_run("one", SDK, job="one"),
        a_run("fraud-two", SDK, DisplayName="shown"),
        left,
    ]
    with holding(tmp_path, *records) as snapshot:
        assert lineage.load_run(snapshot, wanted, inside).name == name


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("House-Appraisl",), "no experiment 'House-Appraisl' in the snapshot; did you mean House-Appraisal?"),
        (("HOUSE-APPRAISL",), "did you mean House-Appraisal?"),
        (("zzz",), "no experiment 'zzz' in the snapshot; `lineage experiments` lists them"),
        (
            ("house-appraisal", "bosted-trees"),
            "no run 'bosted-trees' in experiment 'house-appraisal'; did you mean boosted-trees?",
        ),
        (
            ("house-appraisal", "Loans-Fit-0042-aws-training-job"),
            "in experiment 'house-appraisal'; `lineage runs house-appraisal` lists them",
        ),
        (("-", "zzz"), "no run 'zzz' in the snapshot"),
        (("-", "arn:aws:x"), "no run 'arn:aws:x' in the snapshot"),
        ((arn("model", "m"),), "is not the ARN of an experiment: give its name or its ARN"),
        (("--group", "Default-Run-Group-House-Appraisel"), "did you mean Default-Run-Group-House-Appraisal?"),
        (("--created-after", "yesterday"), "'yesterday' is not a time (expected one like 2026-05-04 or 2026-05-04T08:00:00Z)"),
        (("--status", "done"), "'done' is not valid (expected one of InProgress"),
        (("house-appraisal", "baseline", "--status", "failed"), "a single RUN is shown in full: leave out --status"),
    ],
)
def test_bad_input(ask_all, asked: tuple[str, ...], said: str) -> None:
    """An unknown name is refused in one line with near names, and with exit code 2."""
    ran = ask_all("runs", *asked)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


def test_an_empty_experiment(run, tmp_path: Path) -> None:
    """An experiment without runs says so in one line, and exits with 0; with unfinished lists, only as far as was read."""
    crawl(tmp_path / "lineage.db", experiment("Empty"))
    shown = run("runs", "empty", "-f", "table")
    assert (shown.code, shown.out.splitlines()[0]) == (0, "Experiment empty has no runs, as far as was read.")
    assert "not every run was read: no crawl of the whole account has finished here" in shown.out
    piped = run("runs", "empty")
    assert (piped.code, piped.out.count("\n")) == (0, 1)
    holes, *_, empty = piped.err.splitlines()
    assert holes == "Note: 1 gap could hide more runs:"
    assert empty == "lineage: experiment empty has no runs, as far as was read"
    told = json.loads(run("runs", "empty", "-f", "json").out)
    assert (told["schema"], told["experiment"], told["runs"]) == ("lineage.runs/1", "empty", [])
    assert [hole["reason"] for hole in told["scope"]["holes"]] == ["not-enumerated"]


def test_a_finished_list_hides_nothing(run, tmp_path: Path) -> None:
    """Where every list of runs was finished there is no gap, and nothing is called unread."""
    assert run("crawl", "-q", "--replay", str(account(tmp_path))).code == 0
    assert "Experiment E has no runs.\n" in run("runs", "E", "-f", "table").out
    assert run("runs", "E").err.splitlines()[1:] == ["lineage: experiment E has no runs"]
    assert json.loads(run("experiments", "-f", "json").out)["scope"]["holes"] == []


def test_one_list_that_is_refused_is_a_hole(run, tmp_path: Path) -> None:
    """Where the trial components could not be listed, the answer says that a missing one may be a run."""
    fault = {"fault": "AccessDeniedException", "operation": "ListTrialComponents"}
    assert run("crawl", "-q", "--replay", str(account(tmp_path, fault))).code == 0
    holes = json.loads(run("runs", "-f", "json").out)["scope"]["holes"]
    assert {(hole["subject"], hole["reason"]) for hole in holes} == {
        ("trial-component", "not-enumerated"),
        ("trial-component", "denied"),
    }


def test_what_search_alone_tells_is_kept(account_path: Path) -> None:
    """A run whose record comes from Describe keeps the parents and the tags that only Search gives."""
    with lineage.open_snapshot(account_path) as whole:
        found = lineage.load_run(whole, "boosted-trees", "house-appraisal")
        assert (found.source, found.tags) == ("run", {"sagemaker:trial-component-source": "run"})
        assert found.groups[0].name == "Default-Run-Group-House-Appraisal"
        assert lineage.runs_scope(whole)["holes"] == []


def test_a_walk_from_endpoints_never_has_all_runs(ask, bank: lineage.Snapshot) -> None:
    """A snapshot crawled from endpoints says that runs may be missing; the runs that it has show their experiment."""
    found = lineage.load_run(bank, "loans-fit-0042-aws-training-job", "LOAN-default")
    assert (found.source, [one.name for one in found.jobs]) == ("job", ["Loans-Fit-0042"])
    assert "Note: 1 gap could hide more runs:" in ask("runs", "-f", "table").out
    assert [hole["reason"] for hole in lineage.runs_scope(bank)["holes"]] == ["not-enumerated"]


def test_trace_names_what_was_logged(ask_all, account_path: Path) -> None:
    """A run without a job is called logged in tree, rows and JSON; its neighbourhood shows as much as the whole."""
    tree, rows = (ask_all("trace", "appraisal-notebook", "-f", form).out.splitlines() for form in ("table", "tsv"))
    said = "house-appraisal-boosted-trees · trial component  (logged: no job record says that it made this)"
    assert [line.partition("── ")[2] for line in tree[3:6]] == [
        said,
        "experiment House-Appraisal",
        "sales  s3://bank-ml/appraisal/sales-2026.csv  (possible: only text that people wrote says so)",
    ]
    assert [row.split("\t")[8] for row in rows if "\thouse-appraisal-boosted-trees\t" in row] == ["possible; logged"]
    answer = json.loads(ask_all("trace", "appraisal-notebook", "-f", "json").out)
    assert [(one["name"], one["evidence"]) for one in answer["runs"]] == [("house-appraisal-boosted-trees", "logged")]
    with lineage.open_snapshot(account_path) as whole:
        assert lineage.trace(lineage.graph(whole), "appraisal-notebook").as_json() == answer


def test_trace_calls_a_run_beside_a_job_logged(run, tmp_path: Path) -> None:
    """A run that logs the artifact of a job has a line beside the job; a deleted job is named with its run."""
    output = {"OutputArtifacts": {"model": {"Value": "s3://m/fit/model.tar.gz"}}}
    beside = a_run("mine", SDK, **day(1), **output)
    model = served("s3://m/fit/model.tar.gz")
    crawl(tmp_path / "lineage.db", beside, training("fit", {}, "s3://m/fit/model.tar.gz"), *model)
    assert "mine · trial component  (logged: a run also says that it made this)" in run("trace", "shop", "-f", "table").out
    crawl(tmp_path / "gone.db", a_run("mine", job="fit", **day(1), **output), *model)
    assert "of fit · training job · not observed" in run("trace", "shop", "-f", "table", "--snapshot", "gone.db").out


def test_deleted_runs_are_told_when_asked_for(tmp_path: Path) -> None:
    """A run that a complete list no longer contains is left out, counted, listed on demand, and still loaded by its name."""
    path = tmp_path / "s.db"
    crawl(path, experiment("Fraud"), a_run("fraud-one", SDK), a_run("fraud-two", SDK))
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        list_ = Enumeration("111122223333", "eu-west-1", "trial-component", "ListTrialComponents", "2026-02-01T00:00:00Z")
        recording.mark_gone(list_, "2026-02-01T00:00:00Z")
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish("2026-02-01T00:00:00Z")
    with lineage.open_snapshot(path) as snapshot:
        assert list(lineage.list_runs(snapshot)) == []
        assert [one.runs for one in lineage.list_experiments(snapshot)] == [0]
        assert [one.deleted for one in lineage.list_runs(snapshot, "fraud", deleted=True)] == ["2026-02-01T00:00:00Z"] * 2
        assert [one.runs for one in lineage.list_experiments(snapshot, deleted=True)] == [2]
        assert lineage.load_run(snapshot, "two", "fraud").deleted == "2026-02-01T00:00:00Z"


def test_an_earlier_life_of_a_run(tmp_path: Path) -> None:
    """A reused name is two runs, each with the id of its node and its own record."""
    old, new = a_run("r", Parameters={"n": {"NumberValue": 1}}), a_run("r", **day(9), Parameters={"n": {"NumberValue": 2}})
    with holding(tmp_path, old, new) as snapshot:
        found = list(lineage.list_runs(snapshot))
        assert [(one.id, one.parameters["n"]) for one in found] == [(new.id, 2), (f"{old.id}@{NOON}", 1)]
        assert {one.id for one in found} == {node.id for node in snapshot.nodes() if node.kind == "trial-component"}
        assert [lineage.load_run(snapshot, one.id) for one in found] == found
        assert lineage.load_run(snapshot, "r") == found[0]


def test_many_runs_come_in_order(tmp_path: Path) -> None:
    """More runs than one read fetches still come once each, in order."""
    names = [f"r-{number:04}" for number in range(1201)]
    with holding(tmp_path, *(a_run(name, job=name) for name in names)) as snapshot:
        assert [one.name for one in lineage.list_runs(snapshot, sort_by="Name", sort_order="Ascending")] == names


def test_the_formats_tell_the_same(ask_all) -> None:
    """Each format lists the same runs, and JSON is what Python gives."""
    args = ("runs", "house-appraisal", "--sort-by", "name", "--order", "ascending")
    names = ["baseline", "boosted-postcodes", "boosted-trees"]
    rows = [line.split("\t") for line in ask_all(*args).out.splitlines()]
    assert [row[0] for row in rows] == ["run", *names]
    assert list(csv.reader(io.StringIO(ask_all(*args, "-f", "csv").out))) == rows
    told = json.loads(ask_all(*args, "-f", "json").out)["runs"]
    assert [json.loads(line) for line in ask_all(*args, "-f", "jsonl").out.splitlines()] == told
    assert [one["run_name"] for one in told] == names
    assert ask_all(*args, "-f", "md").out.splitlines()[2].startswith("| baseline | House-Appraisal |")
    assert ask_all(*args, "-f", "table").out.splitlines()[1].split()[:2] == ["baseline", "House-Appraisal"]


def test_one_run_on_the_command_line(ask_all, account_path: Path) -> None:
    """JSON has the whole run and where it ended up; rows have one fact each."""
    answer = json.loads(ask_all("runs", "house-appraisal", "boosted-trees", "-f", "json").out)
    with lineage.open_snapshot(account_path) as whole:
        assert (answer["schema"], answer["run"]) == ("lineage.run/1", lineage.load_run(whole, "boosted-trees").as_json())
    assert [(one["kind"], one["name"], one["sure"]) for one in answer["reached"]] == [
        ("endpoint", "appraisal-notebook", False),
        ("model", "appraisal-1", False),
    ]
    rows = [line.split("\t") for line in ask_all("runs", "house-appraisal", "boosted-trees").out.splitlines()]
    assert {len(row) for row in rows} == {10}
    assert ["parameter", "max_depth", "6"] in [row[:3] for row in rows]
    assert [row[2:5] for row in rows if row[:2] == ["metric", "validation:rmse"]] == [["0.26", "0.24", "0.32"]]
    assert json.loads(ask_all("runs", "-", "boosted-trees", "-f", "jsonl").out) == answer


def test_a_source_that_is_none_is_refused(account_path: Path) -> None:
    """An unknown word in a filter is refused, and never gives an empty list."""
    with (
        lineage.open_snapshot(account_path) as whole,
        pytest.raises(lineage.MalformedName, match="'sdk' is not a source of runs"),
    ):
        list(lineage.list_runs(whole, source="sdk"))


def test_orders_are_called_alike(ask_all) -> None:
    """`runs` and `search` take the same words for an order."""
    for words in (("asc", "Ascending"), ("DESC", "descending")):
        for ask in (("runs", "house-appraisal", "--sort-by", "name"), ("search", "trial-component", "--limit", "5")):
            first, second = (ask_all(*ask, "--order", word) for word in words)
            assert (first.code, first.out) == (0, second.out)


def test_no_experiment_is_so(ask_all) -> None:
    """Where no experiment fits the filter, the answer says that, and not that there are none."""
    assert ask_all("experiments", "--created-after", "2030-01-01").err.splitlines()[1:] == ["lineage: no experiment matches"]
