"""The leaderboard: which comparable candidate is best by which metric, and what a rank does not say."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from lineage.errors import LeaderboardError, LineageError, UnknownNode
from lineage.snapshot.reading import Snapshot
from tests.boards import AUC, DATA, MAX, MIN, TEST, TRAIN, fit, logged, trial, tuned
from tests.records import arn, processing, record
from tests.snapshot.test_file import gap


def ranks(answer: lineage.Leaderboard) -> list[tuple[int | None, str]]:
    return [(row["rank"], row["candidate"]["name"]) for row in answer.rows]


OTHER = TRAIN | {"validation": "s3://d/val-2/"}
EARLY, LATE = {"TrainingEndTime": "2026-01-02T10:30:00Z"}, {"TrainingEndTime": "2026-01-02T11:30:00Z"}
FAILED, STOPPED, RUNNING = ({"TrainingJobStatus": status} for status in ("Failed", "Stopped", "InProgress"))

RANKED: list[tuple[str, list[Resource], dict[str, Any], list[tuple[int | None, str]]]] = [
    ("higher is better", [fit("a", 0.1), fit("b", 0.3), fit("c", 0.2)], MAX, [(1, "b"), (2, "c"), (3, "a")]),
    ("lower is better", [fit("a", 0.1), fit("b", 0.3), fit("c", 0.2)], MIN, [(1, "a"), (2, "c"), (3, "b")]),
    ("a tie goes to who ended first", [fit("a", 0.1, **LATE), fit("b", 0.1, **EARLY)], MAX, [(1, "b"), (2, "a")]),
    ("negative numbers", [fit("a", -3.0), fit("b", -20.0)], MAX, [(1, "a"), (2, "b")]),
    ("what is missing has no rank", [fit("a"), fit("b", 0.1)], MAX, [(1, "b"), (None, "a")]),
    ("not a number has no rank", [fit("a", "nan"), fit("b", 0.1)], MAX, [(1, "b"), (None, "a")]),
    ("infinity is not best", [fit("a", "inf"), fit("b", 0.1)], MAX, [(1, "b"), (None, "a")]),
    ("nor the other infinity", [fit("a", "-inf"), fit("b", 0.1)], MIN, [(1, "b"), (None, "a")]),
    ("what failed is not shown", [fit("a", 0.9, **FAILED), fit("b", 0.1)], MAX, [(1, "b")]),
    ("what was stopped is not shown", [fit("a", 0.9, **STOPPED), fit("b", 0.1)], MAX, [(1, "b")]),
    ("but where it is asked for, below", [fit("a", 0.9, **FAILED), fit("b", 0.1)], MAX | {"failed": True}, [(1, "b"), (None, "a")]),
    ("what still runs has no rank", [fit("a", 0.9, **RUNNING), fit("b", 0.1)], MAX, [(1, "b"), (None, "a")]),
    ("another metric", [fit("a", 0.1), fit("b", FinalMetricDataList=[{"MetricName": "loss", "Value": 3.0}])], {"metric": "loss", "direction": "min"}, [(1, "b"), (None, "a")]),
    ("the objective of the tuning job", [trial("a", 0.1), trial("b", 0.3), tuned()], {}, [(1, "b"), (2, "a")]),
    ("and its direction", [trial("a", 0.1), trial("b", 0.3), tuned(way="Minimize")], {}, [(1, "a"), (2, "b")]),
    ("unless another is asked for", [trial("a", 0.1), trial("b", 0.3), tuned()], {"direction": "min"}, [(1, "a"), (2, "b")]),
    ("its direction for others as well", [trial("a", 0.1), fit("b", 0.3), tuned()], {"metric": AUC}, [(1, "b"), (2, "a")]),
    ("a run without a job", [logged("a", {AUC: {"Last": 0.2}}), logged("b", {AUC: {"Last": 0.4}})], MAX, [(1, "b"), (2, "a")]),
    ("a run and a job", [logged("a", {AUC: {"Last": 0.2}}, InputArtifacts={"train": {"Value": "s3://d/train/"}, "validation": {"Value": "s3://d/val/"}}), fit("b", 0.1)], MAX, [(1, "a"), (2, "b")]),
    ("a run that failed", [logged("a", {AUC: {"Last": 0.2}}, Status={"PrimaryStatus": "Failed"}), logged("b", {AUC: {"Last": 0.1}})], MAX, [(1, "b")]),
    ("the greatest of a run", [logged("a", {AUC: {"Last": 0.2, "Max": 0.9}}), logged("b", {AUC: {"Last": 0.4, "Max": 0.5}})], MAX | {"statistic": "max"}, [(1, "a"), (2, "b")]),
    ("the least of a run", [logged("a", {AUC: {"Last": 0.2, "Min": 0.1}}), logged("b", {AUC: {"Last": 0.1, "Min": 0.05}})], MIN | {"statistic": "min"}, [(1, "b"), (2, "a")]),
    ("the mean of a run", [logged("a", {AUC: {"Last": 0.2, "Avg": 0.1}}), logged("b", {AUC: {"Last": 0.1, "Avg": 0.05}})], MAX | {"statistic": "avg"}, [(1, "a"), (2, "b")]),
    ("a job keeps the last value only", [fit("a", 0.9), logged("b", {AUC: {"Last": 0.1, "Max": 0.2}})], MAX | {"statistic": "max"}, [(1, "b"), (None, "a")]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "records", "asked", "expected"), RANKED, ids=[case[0] for case in RANKED])
def test_ranks(board, why: str, records: list[Resource], asked: dict[str, Any], expected: list[tuple[int | None, str]]) -> None:
    """Candidates are ranked by value in the right direction, ties by their end; those without a fair value come below."""
    assert ranks(board(*records, **asked)) == expected


def test_every_candidate_is_counted_once(board) -> None:
    """Ranked, missing, not finite, running, stopped, failed and unread make up all candidates."""
    jobs = [
        fit("good", 0.1),
        fit("none"),
        fit("nan", "nan"),
        *(fit(name, 0.9, **status) for name, status in (("f", FAILED), ("s", STOPPED), ("r", RUNNING))),
    ]
    denied = arn("training-job", "denied")
    run = logged("denied-run", {AUC: {"Last": 0.05}}, "denied")
    answer = board(*jobs, run, ids=[*(job.id for job in jobs), denied], **MAX)
    counts = dict(answer.counts)
    assert (counts.pop("candidates"), counts.pop("hidden"), counts.pop("stopped_early")) == (7, 2, 0)
    assert counts == dict.fromkeys(("ranked", "missing", "not_finite", "running", "stopped", "failed", "unread"), 1)
    assert any("have no record in the snapshot" in said and denied in said for said in answer.warnings)


def test_what_is_not_shown_and_better_is_told(board) -> None:
    """A hidden job that beats the best is named; one that does not is not named."""
    answer = board(fit("a", 0.9, **STOPPED), fit("b", 0.5), fit("c", 0.1, **FAILED), fit("d", "inf", **FAILED), **MAX)
    (said,) = [said for said in answer.warnings if "not shown" in said]
    assert said.endswith(": a")


def test_what_is_hidden_is_held_against_what_it_can_be_compared_with(board) -> None:
    """A better value on other data does not win, unless all are ranked together."""
    jobs = [fit("a", 0.5), fit("b", 0.6), fit("x", 0.95, OTHER), fit("y", 0.9, OTHER, **STOPPED)]
    assert not any("not shown" in said for said in board(*jobs, **MAX).warnings)
    assert any("not shown" in said for said in board(*jobs[:2], jobs[3], mixed_data=True, **MAX).warnings)


def test_warnings_name_some_of_many(board) -> None:
    """A warning about many names gives the first five, and counts the others."""
    answer = board(fit("x", 0.1), *(fit(f"s{number}", 0.9, **STOPPED) for number in range(8)), **MAX)
    assert any(said.endswith(": s0, s1, s2, s3, s4 and 3 more") for said in answer.warnings)


def test_ties_are_marked(board) -> None:
    """Equal values are marked as equal, and candidates that share the best value are named."""
    answer = board(fit("a", 0.5), fit("b", 0.5), fit("c", 0.1), **MAX)
    assert [row["tied"] for row in answer.rows] == [True, True, False]
    assert any(said.startswith("2 are equally good") for said in answer.warnings)


# --- jobs and their runs --------------------------------------------------------------------------


def test_a_job_and_its_run_are_one_candidate(board) -> None:
    """A question about a job or about its run gives the job's last value, plus what the run has besides."""
    job = fit("j", 0.5, HyperParameters={"eta": "0.1"})
    run = logged("j-aws-training-job", {AUC: {"Last": 0.4, "Max": 0.8}}, "j", Parameters={"eta": {"NumberValue": 7.0}, "seed": {"NumberValue": 1.0}, "SageMaker.InstanceCount": {"NumberValue": 2.0}})  # fmt: skip
    for ids in ([job.id], [run.id], [job.id, run.id]):
        (row,) = board(job, run, ids=ids, **MAX).rows
        assert (row["candidate"]["id"], row["value"], [one["id"] for one in row["runs"]]) == (job.id, 0.5, [run.id])
        assert row["parameters"] == {"eta": 0.1, "seed": 1}
        assert row["evidence"]["record"] == job.id
        assert row["evidence"]["path"] == "FinalMetricDataList[].Value"
    (row,) = board(job, run, ids=[job.id], statistic="max", **MAX).rows
    assert (row["value"], row["evidence"]["record"], row["evidence"]["path"]) == (0.8, run.id, "Metrics[].Max")


def test_of_several_runs_the_last_note_counts(board) -> None:
    """Where two runs record one job, the value that was logged last is taken."""
    runs = [
        logged(name, {AUC: {"Last": value, "TimeStamp": f"2026-01-02T10:{minute}:00Z"}}, "j")
        for name, value, minute in (("z-early", 0.1, "10"), ("a-late", 0.2, "50"), ("between", 0.3, "30"))
    ]
    (row,) = board(fit("j"), *runs, **MAX).rows
    assert row["value"] == 0.2


def test_a_run_of_several_jobs_stands_for_itself(board) -> None:
    """A run that records two training jobs is a candidate of its own."""
    sources = [{"SourceArn": arn("training-job", name)} for name in "ab"]
    run = logged("both", {AUC: {"Last": 0.9}}, Sources=sources)
    assert ranks(board(fit("a", 0.1), fit("b", 0.2), run, mixed_data=True, **MAX)) == [(1, "both"), (2, "b"), (3, "a")]


def test_the_run_of_an_evaluation_has_the_data_that_its_job_read(board) -> None:
    """A run that records a processing job was measured on what the job declares."""
    jobs = [processing(name, {"test": f"s3://d/{name}/", "model": "s3://m/x/"}, {}) for name in "ab"]
    runs = [logged(f"{job.name}-run", {AUC: {"Last": 0.5}}, Source={"SourceArn": job.arn}) for job in jobs]
    answer = board(*jobs, *runs, **MAX)
    assert [row["measured_on"]["places"] for row in answer.rows] == [["s3://d/a/"], ["s3://d/b/"]]


# --- the metric and the direction -----------------------------------------------------------------

BOTH = [trial("a", 0.1, "one"), tuned("one"), trial("b", 0.2, "two"), tuned("two", way="Minimize")]
SAYS_NOTHING = "is more or less of validation:auc better? nothing says: say direction='max' or min"
TOLD = {"HyperParameters": {"_tuning_objective_metric": '"validation:auc"'}}
REFUSED: list[tuple[str, list[Resource], dict[str, Any], str]] = [
    ("no metric named", [fit("a", 0.1), fit("b", 0.1)], {}, "name the metric to compare by (metric=…); there are validation:auc (2 of 2)"),
    ("not all of one tuning job", [trial("a", 0.1), fit("b", 0.1), tuned()], {}, "name the metric to compare by (metric=…); there are validation:auc (2 of 2)"),
    ("misspelt", [fit("a", 0.1)], MAX | {"metric": "validaton:AUC"}, "no candidate has a metric 'validaton:AUC'; did you mean validation:auc? There are validation:auc (1 of 1)"),
    ("nothing like it", [fit("a", 0.1)], MAX | {"metric": "wer"}, "no candidate has a metric 'wer'; there are validation:auc (1 of 1)"),
    ("no metrics at all", [fit("a"), fit("b")], MAX, "no candidate has a metric 'validation:auc'; none of 2 has any"),
    ("no direction", [fit("a", 0.1)], {"metric": AUC}, SAYS_NOTHING),
    ("no direction in the objective of another metric", [trial("a", 0.1), tuned(metric="loss")], {"metric": AUC}, SAYS_NOTHING),
    ("a tuning job that was not read", [trial("a", 0.1, **TOLD)], {}, "is more or less of validation:auc better? tuning job tune, which would say, was not read: say direction='max' or min"),
    ("two directions", BOTH, {}, "tuning jobs disagree about validation:auc: one wants its max and two wants its min; say which: direction max or min"),
    ("no such statistic", [fit("a", 0.1)], MAX | {"statistic": "max"}, "no candidate has the max of validation:auc: a training job keeps the last value only, its runs may keep more; ask for last"),
    ("a word for the statistic", [fit("a", 0.1)], MAX | {"statistic": "median"}, "'median' is not a statistic (expected one of last, min, max, avg)"),
    ("a word for the direction", [fit("a", 0.1)], MAX | {"direction": "up"}, "'up' is not a direction (expected max or min)"),
    ("nobody", [], MAX, "there is no training job and no run to compare"),
]  # fmt: skip


def test_nothing_but_what_has_no_record(board) -> None:
    """Where the subject of the question has no record, the refusal names it."""
    denied = arn("training-job", "denied")
    with pytest.raises(LeaderboardError, match=f"the snapshot has no record of what is to be compared: {denied}"):
        board(logged("run", {AUC: {"Last": 0.1}}, "denied"), ids=[denied], **MAX)


@pytest.mark.parametrize(("why", "records", "asked", "said"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_cannot_be_ranked_is_refused(board, why: str, records: list[Resource], asked: dict[str, Any], said: str) -> None:
    """The refusal says what is there and what to pass; no direction is guessed from a name."""
    with pytest.raises(LeaderboardError) as refused:
        board(*records, **asked)
    assert str(refused.value) == said


def test_long_lists_of_metrics_are_cut(board) -> None:
    """The refusal names twenty metrics, and counts the others."""
    metrics = [{"MetricName": f"m{number:02}", "Value": 1.0} for number in range(25)]
    with pytest.raises(LeaderboardError, match="m19 .1 of 1. and 5 more"):
        board(fit("a", FinalMetricDataList=metrics), metric="loss")


def test_other_things_cannot_be_compared(board) -> None:
    """An endpoint is refused as an endpoint, a name that nothing has as unknown, and the name of a job is accepted."""
    job, model = fit("j", 0.5), record("model", "m", {"CreationTime": "2026-01-01T00:00:00Z"})
    with pytest.raises(LeaderboardError, match="is of kind model: training jobs, runs and tuning jobs can be compared"):
        board(job, model, ids=[model.id], **MAX)
    with pytest.raises(UnknownNode, match="nothing in the snapshot is named 'training-job/x'"):
        board(job, ids=["training-job/x"], **MAX)
    assert ranks(board(job, ids=["j"], **MAX)) == [(1, "j")]


FROM: list[tuple[str, list[Resource], dict[str, Any], tuple[str, str]]] = [
    ("all asked for", [fit("a", 0.1)], MAX, ("asked", "asked")),
    ("all by the tuning job", [trial("a", 0.1), tuned()], {}, ("objective of tune", "objective of tune")),
    ("its direction", [trial("a", 0.1), tuned()], {"metric": AUC}, ("asked", "objective of tune")),
    ("its metric", [trial("a", 0.1), tuned()], {"direction": "min"}, ("objective of tune", "asked")),
    ("of a tuning job that was not read", [trial("a", 0.1, **TOLD)], {"direction": "max"}, ("objective of tune", "asked")),
    ("of two alike", [trial("a", 0.1, "one"), tuned("one"), trial("b", 0.2, "two"), tuned("two")], {}, ("objective of one and two", "objective of two")),
]  # fmt: skip


@pytest.mark.parametrize(("why", "records", "asked", "expected"), FROM, ids=[case[0] for case in FROM])
def test_it_is_told_where_metric_and_direction_are_from(board, why: str, records: list[Resource], asked: dict[str, Any], expected: tuple[str, str]) -> None:  # fmt: skip
    """The answer says who named the metric and who said which way is better."""
    metric = board(*records, **asked).metric
    assert (metric["from"], metric["direction_from"]) == expected


def test_the_last_value_is_called_the_last(board) -> None:
    """Each value has its exact name: a training job keeps the last value, not the best."""
    run = logged("r", {AUC: {"Last": 0.2, "Max": 0.9}})
    assert board(run, **MAX).metric["said"] == "last value, not the best"
    assert board(run, statistic="max", **MAX).metric["said"] == "greatest of each run"
    assert any("last value" in said for said in board(run, **MAX).caveats)


# --- tuning jobs ----------------------------------------------------------------------------------


def test_a_tuning_job_stands_for_its_training_jobs(board) -> None:
    """A tuning job is a comparison of its training jobs, and the answer names those without a record."""
    answer = board(trial("a", 0.1), trial("b", 0.3), fit("other", 0.9), tuned(started=3), ids=[arn("tuning-job", "tune")])
    assert ranks(answer) == [(1, "b"), (2, "a")]
    assert answer.counts["unread"] == 0
    assert "1 of the training jobs that tune started are not compared" in answer.warnings


def test_definitions_have_objectives_of_their_own(board) -> None:
    """A tuning job with several definitions is compared by their common objective."""
    objective = {"TuningObjective": {"Type": "Minimize", "MetricName": AUC}}
    tuning = tuned(settings={"HyperParameterTuningJobObjective": None}, TrainingJobDefinitions=[objective, objective])
    assert ranks(board(trial("a", 0.1), trial("b", 0.3), tuning)) == [(1, "a"), (2, "b")]


AUTO, BAND = {"TrainingJobEarlyStoppingType": "Auto"}, {"Strategy": "Hyperband"}
TOO_LONG = STOPPED | {"SecondaryStatus": "MaxRuntimeExceeded"}
STOPS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    ("it stops trials early", STOPPED, {"settings": AUTO}, True),
    ("Hyperband always does", STOPPED, {"settings": BAND}, True),
    ("it does not", STOPPED, {}, False),
    ("it took too long", TOO_LONG, {"settings": AUTO}, False),
    ("all were stopped", STOPPED, {"settings": AUTO, "HyperParameterTuningJobStatus": "Stopped"}, False),
    ("it was not stopped", {}, {"settings": AUTO}, False),
]


@pytest.mark.parametrize(("why", "job", "tuning", "early"), STOPS, ids=[case[0] for case in STOPS])
def test_trials_that_were_stopped_early_stay_on_the_board(board, why: str, job: dict[str, Any], tuning: dict[str, Any], early: bool) -> None:  # fmt: skip
    """A trial that its tuning job stopped has a fair value and a label; one that was stopped otherwise is not shown."""
    answer = board(trial("a", 0.1), trial("b", 0.3, **job), tuned(**tuning))
    assert ("stopped early" in answer.rows[0]["labels"]) is early
    assert answer.counts["stopped_early"] == early
    assert answer.counts["stopped"] == (bool(job) and not early)


def test_warm_start_parents_are_labelled(board) -> None:
    """Where one tuning job started from what another had learned, the trials of the first one say so."""
    parents = {
        "WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "old"}],
    }
    answer = board(trial("a", 0.1, "old"), tuned("old"), trial("b", 0.2, "new"), tuned("new", WarmStartConfig=parents))
    assert [row["labels"] for row in answer.rows] == [[], ["warm-start parent"]]
    assert [one["warm_start"] and one["warm_start"]["parents"] for one in answer.tuning_jobs] == [["old"], None]


def test_another_best_of_the_tuning_job_is_told(board) -> None:
    """Where the tuning job itself calls another training job its best, the answer says so; where both agree it does not."""
    jobs = [trial("a", 0.1), trial("b", 0.3)]
    for best, expected in (("a", ["tune itself calls a its best"]), ("b", [])):
        answer = board(*jobs, tuned(BestTrainingJob={"TrainingJobName": best}))
        assert [said for said in answer.warnings if "calls" in said] == expected


def test_a_direction_against_the_tuning_job_is_told(board) -> None:
    """A question for the other direction gets it, with a warning."""
    answer = board(trial("a", 0.1), tuned(), direction="min")
    assert "tune looked for the max of validation:auc; the min was asked for" in answer.warnings


# --- the data -------------------------------------------------------------------------------------

MIXED = [fit("a", 0.1), fit("b", 0.2), fit("c", 0.9, OTHER)]


def test_what_was_measured_on_other_data_is_ranked_apart(board) -> None:
    """Ranks count within each set of validation data, with a warning, a mark, and the best of each."""
    answer = board(*MIXED, **MAX)
    assert ranks(answer) == [(1, "b"), (2, "a"), (1, "c")]
    assert [(row["trained_on"]["set"], row["measured_on"]["set"], row["measured_on"]["differs"]) for row in answer.rows] == [
        ("A", "B", False),
        ("A", "B", False),
        ("A", "C", True),
    ]
    assert answer.warnings == ["validation:auc was measured on 2 different sets of data: ranks are within each set"]
    assert [(one["measured_on"], one["name"], one["candidates"]) for one in answer.best] == [("B", "b", 2), ("C", "c", 1)]
    assert {one["set"]: one["places"] for one in answer.data_sets} == {
        "A": ["s3://d/train/"],
        "B": ["s3://d/val/"],
        "C": ["s3://d/val-2/"],
    }


def test_mixed_data_can_be_asked_for(board) -> None:
    """With `mixed_data` all share one ranking; the mark, the warning and the best of each set of data stay."""
    answer = board(*MIXED, mixed_data=True, **MAX)
    assert ranks(answer) == [(1, "c"), (2, "b"), (3, "a")]
    assert answer.warnings == [
        "validation:auc was measured on 2 different sets of data: ranks are across all of them, as asked"
    ]
    assert sorted((one["name"], one["value"]) for one in answer.best) == [("b", 0.2), ("c", 0.9)]
    assert [row["measured_on"]["differs"] for row in answer.rows] == [True, False, False]


NO_CHANNEL = "what 2 of 2 were measured on is unknown: they have no channel for it; ranks are within equal training data"
TWO_SETS = "validation:auc was measured on 2 different sets of data: ranks are within each set"
YARDSTICKS: list[tuple[str, Any, Any, list[str]]] = [
    ("the same", DATA, DATA, []),
    ("other training data is fair", DATA, {"train": "s3://d/more/"} | TEST, []),
    ("other validation data", DATA, OTHER, [TWO_SETS]),
    ("the metric says on which channel", DATA | {"test": "s3://d/test-1/"}, DATA | {"test": "s3://d/test-2/"}, []),
    ("a channel that is called test", TRAIN | {"my-test": "s3://d/1/"}, TRAIN | {"my-test": "s3://d/2/"}, [TWO_SETS]),
    ("another spelling of one place", DATA, TRAIN | {"validation": "https://d.s3.amazonaws.com/val/"}, []),
    ("another name of one place", DATA, TRAIN | {"eval": "s3://d/val/"}, []),
    ("no channel for it", TRAIN, TRAIN, [NO_CHANNEL]),
    ("no channel for it and other data", TRAIN, {"train": "s3://d/more/"}, [NO_CHANNEL]),
    ("code and models are no data", DATA, DATA | {"code": "s3://c/x/", "model": "s3://m/x/"}, []),
]


@pytest.mark.parametrize(("why", "one", "other", "warnings"), YARDSTICKS, ids=[case[0] for case in YARDSTICKS])
def test_what_counts_as_the_same_data(board, why: str, one: Any, other: Any, warnings: list[str]) -> None:
    """Only the data of the measurement must be equal; where no channel names it, the training data must be."""
    answer = board(fit("a", 0.1, one), fit("b", 0.2, other), **MAX)
    assert answer.warnings == warnings
    apart = len({tuple(row["measured_on"]["places"] or row["trained_on"]["places"]) for row in answer.rows}) > 1
    assert [row["rank"] for row in answer.rows] == ([1, 1] if apart else [1, 2])


def test_only_declared_data_counts_where_there_is_some(board) -> None:
    """Code and models are no data; extra data that a run logs is left out where the job itself declares its channels."""
    job = fit("j", 0.1, DATA | {"code": "s3://c/x/", "model": "s3://m/x/"})
    run = logged("r", {AUC: {"Last": 0.1}}, "j", InputArtifacts={"more": {"Value": "s3://d/more/"}})
    (row,) = board(job, run, **MAX).rows
    assert (row["trained_on"]["places"], row["trained_on"]["evidence"]) == (["s3://d/train/"], ["declared"])
    (row,) = board(logged("r", {AUC: {"Last": 0.1}}, InputArtifacts={"more": {"Value": "s3://d/more/"}}), **MAX).rows
    assert (row["trained_on"]["places"], row["trained_on"]["evidence"]) == (["s3://d/more/"], ["logged"])


FIRST, SECOND = (fit(name, value, day=day) for name, value, day in (("a", 0.1, "2026-01-02"), ("b", 0.2, "2026-01-09")))
WRITES: list[tuple[str, list[Resource], list[str]]] = [
    ("nobody wrote", [], []),
    ("written before both", [processing("p", {}, {"out": "s3://d/val/"}, day="2026-01-01")], []),
    ("written in between", [processing("p", {}, {"out": "s3://d/val/"}, day="2026-01-05")], ["p"]),
    ("written inside it in between", [processing("p", {}, {"out": "s3://d/val/part-2/"}, day="2026-01-05")], ["p"]),
    ("written after both", [processing("p", {}, {"out": "s3://d/val/"}, day="2026-01-12")], []),
    ("written elsewhere", [processing("p", {}, {"out": "s3://d/other/"}, day="2026-01-05")], []),
    ("all the while", [processing("p", {}, {}, day="2026-01-01", ProcessingEndTime="2026-01-20T00:00:00Z", ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": "s3://d/val/", "S3UploadMode": "Continuous"}}]})], ["p"]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "writers", "expected"), WRITES, ids=[case[0] for case in WRITES])
def test_data_that_was_written_in_between_is_marked(board, why: str, writers: list[Resource], expected: list[str]) -> None:
    """One place that was read twice may have held other data where a job wrote there between the two reads."""
    answer = board(FIRST, SECOND, *writers, **MAX)
    told = [job["name"] for one in answer.data_sets for jobs in one["may_have_changed"].values() for job in jobs]
    assert told == expected
    assert [row["measured_on"]["may_have_changed"] for row in answer.rows] == [bool(expected)] * 2
    assert any("may not have been the same" in said for said in answer.warnings) is bool(expected)


# --- parameters and cost --------------------------------------------------------------------------


def test_only_parameters_that_differ_are_shown(board) -> None:
    """Numbers are compared as numbers; the SDK's quotes and its own parameters do not count."""
    one = {"eta": "0.1", "depth": '"6"', "kind": '"tree"', "a": "1", "sagemaker_job_name": '"x"', "sagemaker_program": '"a.py"'}
    other = {
        "eta": "1e-1",
        "depth": "6",
        "kind": '"dart"',
        "b": "2",
        "sagemaker_job_name": '"y"',
        "sagemaker_program": '"b.py"',
    }
    answer = board(fit("x", 0.1, HyperParameters=one), fit("y", 0.2, HyperParameters=other), **MAX)
    assert answer.parameters == ["a", "b", "kind", "sagemaker_program"]
    assert answer.shown_parameters(all_parameters=True) == ["a", "b", "depth", "eta", "kind", "sagemaker_program"]
    assert answer.rows[0]["parameters"] == {"b": 2, "depth": 6, "eta": 0.1, "kind": "dart", "sagemaker_program": "b.py"}


def test_a_parameter_that_was_cut_out_is_told(board) -> None:
    """Whether a value that looked like a secret differs is unknown."""
    answer = board(fit("x", 0.1, HyperParameters={"api_key": "(redacted)"}), **MAX)
    assert "unknown whether api_key differs: it looked like a secret and was redacted" in answer.warnings


SPOT = {"EnableManagedSpotTraining": True, "TrainingTimeInSeconds": 500, "BillableTimeInSeconds": 100}
GROUPS = {"InstanceGroups": [{"InstanceType": "ml.a", "InstanceCount": 2}, {"InstanceType": "ml.b", "InstanceCount": 1}]}
COSTS: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("nothing told", {}, (3600.0, None, None, None, None, None)),
    ("spot", SPOT | {"ResourceConfig": {"InstanceType": "ml.a", "InstanceCount": 3}}, (500, 100, "ml.a", 3, 300, 0.8)),
    ("on demand", {"BillableTimeInSeconds": 100, "TrainingTimeInSeconds": 100}, (100, 100, None, None, None, None)),
    (
        "groups of instances",
        {"BillableTimeInSeconds": 10, "ResourceConfig": GROUPS},
        (3600.0, 10, "2 ml.a + 1 ml.b", 3, 30, None),
    ),
]


@pytest.mark.parametrize(("why", "body", "expected"), COSTS, ids=[case[0] for case in COSTS])
def test_cost(board, why: str, body: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """Billable seconds are the record's; times the instances they are paid; spot savings follow SageMaker's formula."""
    answer = board(fit("x", 0.1, **body), **MAX)
    assert tuple(answer.rows[0]["cost"].values()) == expected


def test_costs_are_summed_over_all_that_ran(board) -> None:
    """Failed jobs cost money too, and jobs without a recorded cost are counted."""
    jobs = [fit("x", 0.1, BillableTimeInSeconds=10), fit("y", BillableTimeInSeconds=5, **FAILED), fit("z", 0.2)]
    answer = board(*jobs, **MAX)
    assert answer.cost == {"billable_seconds": 15, "billable_instance_seconds": 0, "not_told": 2 - 1}


# --- as a table, as JSON, as a DataFrame ----------------------------------------------------------


def test_the_answer_is_json(board) -> None:
    """Even a value that is not a number gives JSON that every parser accepts, and the candidates' gaps are in its scope."""
    lost = fit("lost", "nan")
    answer = board(lost, fit("x", 0.1), gap(lost.id, "DescribeTrainingJob"), gap("elsewhere"), **MAX)
    said = json.loads(json.dumps(answer.as_json(), allow_nan=False))
    assert (said["schema"], said["question"]) == ("lineage.leaderboard/1", "leaderboard")
    assert said["rows"][1]["value"] is None
    assert said["rows"][1]["evidence"]["value"] == "nan"
    assert said["rows"][1]["labels"] == ["not finite: nan"]
    assert [hole["subject"] for hole in said["scope"]["holes"]] == [lost.id]


def test_the_same_snapshot_gives_the_same_answer(board) -> None:
    """The order in which the question names candidates does not matter."""
    ids = [job.id for job in MIXED]
    assert board(*MIXED, ids=ids, **MAX) == board(*MIXED, ids=reversed(ids), **MAX)


def test_a_table_has_the_same_columns_in_each_row(board) -> None:
    """A value that a candidate does not have leaves its column empty."""
    jobs = [fit("x", 0.1, HyperParameters={"eta": "1"}), fit("y", HyperParameters={"seed": "2"})]
    rows = board(*jobs, **MAX).flat()
    assert [list(row) for row in rows] == [list(rows[0])] * 2
    assert [(row["parameter.eta"], row["parameter.seed"]) for row in rows] == [(1, None), (None, 2)]
    assert rows[0]["training_data"] == "s3://d/train/"


def test_dataframe(board) -> None:
    """A row for each candidate, numbers as numbers, best first."""
    pytest.importorskip("pandas")
    frame = board(
        fit("x", 0.1, HyperParameters={"eta": "1e-3"}), fit("y", 0.2, HyperParameters={"eta": "0.5"}), **MAX
    ).to_dataframe()
    assert list(frame["name"]) == ["y", "x"]
    assert frame["parameter.eta"].max() == 0.5


def test_a_dataframe_without_pandas(board, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where pandas is not installed, the error says how to install it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(LineageError, match=r"pip install 'sagemaker-lineage\[pandas\]'"):
        board(fit("x", 0.1), **MAX).to_dataframe()


def test_an_earlier_life_of_a_name_is_another_candidate(board) -> None:
    """A training job whose name was reused is compared in each of its lives, the earlier one by its id."""
    old, new = fit("j", 0.1, day="2026-01-01"), fit("j", 0.2, day="2026-02-01")
    answer = board(old, new, ids=[new.id, f"{new.id}@{old.created}"], **MAX)
    assert [(row["candidate"]["id"], row["value"]) for row in answer.rows] == [
        (new.id, 0.2),
        (f"{new.id}@{old.created}", 0.1),
    ]


def test_what_was_deleted_since_stays_on_the_board(board, tmp_path: Path) -> None:
    """A training job that was deleted is compared by its last record, and labelled."""
    job = fit("j", 0.1)
    board(job, **MAX)
    with Snapshot(tmp_path / "board.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.ended(job.id, str(job.created), "2026-02-01T00:00:00Z")
    with lineage.open_snapshot(tmp_path / "board.db") as snapshot:
        (row,) = lineage.leaderboard(snapshot, [job.id], **MAX).rows
    assert (row["rank"], row["labels"]) == (1, ["deleted"])


def test_the_bank(account_path: Path) -> None:
    """Of the six trials of the bank's tuning job one failed, one was stopped early, and one was measured on other data."""
    with lineage.open_snapshot(account_path) as snapshot:
        answer = lineage.leaderboard(snapshot, ["tuning-job/Limits-Tune-7"])
    assert [(row["rank"], row["value"], row["labels"]) for row in answer.rows] == [
        (1, 0.887, []),
        (2, 0.873, []),
        (3, 0.841, []),
        (4, 0.772, ["stopped early"]),
        (1, 0.899, []),
    ]
    assert (answer.counts["failed"], answer.parameters) == (1, ["alpha", "booster", "eta", "max_depth"])
    assert answer.warnings == [
        "validation:auc was measured on 2 different sets of data: ranks are within each set",
        "Limits-Tune-7 itself calls Limits-Tune-7-006-d13a6e04 its best, which was measured on other data",
    ]
