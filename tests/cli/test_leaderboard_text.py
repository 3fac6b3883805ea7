"""How a leaderboard is printed: the table for people, the formats for programs, and the pictures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.render.leaderboard import short
from lineage.domain.records import Resource
from tests.boards import AUC, TRAIN, fit, logged
from tests.conftest import BANK
from tests.snapshot.test_file import crawl

TUNED = ("Limits-Tune-7-aws-tuning-job", "--compare")
BY = ("--compare", "--metric", AUC, "--direction", "max")


@pytest.fixture
def told(run, account_path: Path):
    """The output of `runs` over the bank, or over some records."""

    def call(*arguments: str, records: Any = ()):
        path = account_path
        if records:
            path = Path("records.db").resolve()
            crawl(path, *records)
        return run("runs", *arguments, "--snapshot", str(path))

    return call


def runs_of(*jobs: Resource) -> list[Resource]:
    """The jobs, each with the run that SageMaker makes for it."""
    return [*jobs, *(logged(f"{job.name}-aws-training-job", {}, job.name) for job in jobs)]


def test_the_table(told) -> None:
    """The table says what the value is, what is unranked, the cost, what is not comparable, and what is best among what."""
    answer = told(*TUNED, "--mixed-data", "-f", "table")
    head, counted, warning, _, columns, first, *_ = answer.out.splitlines()
    assert head == "validation:auc · last value, not the best · higher is better (objective of Limits-Tune-7)"
    assert counted == (
        "5 of 6 ranked · 1 failed (--failed shows them) · 1 stopped early · billable 4,689 s, times instances 9,378 s"
    )
    assert (
        warning == "Warning: validation:auc was measured on 2 different sets of data: ranks are across all of them, as asked."
    )
    assert columns.split() == [
        "rank",
        "name",
        "validation:auc",
        "measured",
        "on",
        "trained",
        "on",
        "alpha",
        "booster",
        "eta",
        "max_depth",
        "ended",
        "billable",
        "s",
        "instances",
        "spot",
        "saving",
        "note",
    ]
    assert first.split()[:5] == ["1", "Limits-Tune-7-006-d13a6e04", "0.899", "B", "≠"]
    assert "B  s3://bank-ml/limits/validation-2025/" in answer.out
    assert "≠ measured on other data than most" in answer.out
    assert "Best measured on C, of 4: Limits-Tune-7-003-07d2f3c8, 0.887" in answer.out
    assert "Looked at: account 111122223333, region eu-west-1" in answer.out


MARKS: list[tuple[str, list[Any], str]] = [
    ("a tie", [fit("a", 0.5), fit("b", 0.5)], "1=    a"),
    ("no channel for it", [fit("a", 0.5, TRAIN)], "1     a     0.5             ?"),
    ("a hole", [fit("a", 0.5), fit("b")], "no validation:auc"),
    ("not a number", [fit("a", 0.5), fit("b", "inf")], "not finite: inf"),
    ("several hosts", [fit("a", 0.5, BillableTimeInSeconds=7, ResourceConfig={"InstanceType": "ml.a", "InstanceCount": 2})], "7           2 × ml.a"),
    ("several kinds of hosts", [fit("a", 0.5, ResourceConfig={"InstanceGroups": [{"InstanceType": "ml.a", "InstanceCount": 2}]})], "2 ml.a"),
    ("no cost", [fit("a", 0.5)], "1 of 1 ranked · the cost of 1 is not told"),
    ("a run", [logged("a", {AUC: {"Last": 0.5}})], "1 of 1 ranked\n"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "records", "expected"), MARKS, ids=[case[0] for case in MARKS])
def test_what_is_not_as_with_most_is_marked(told, why: str, records: list[Any], expected: str) -> None:
    """Ties, unknown values, missing values and costs are in the table."""
    answer = told(*BY, "-f", "table", records=records if why == "a run" else runs_of(*records))
    assert expected in answer.out


def test_failed_ones_are_shown_where_asked_for(told) -> None:
    """Failed jobs are below the others, without a rank, with the reason."""
    answer = told(*TUNED, "--failed", "-f", "json")
    row = json.loads(answer.out)["rows"][-1]
    assert (row["rank"], row["labels"], row["failure"]) == (
        None,
        ["failed"],
        "AlgorithmError: train_channel: the loss is not a number",
    )
    assert "--failed" not in told(*TUNED, "--failed", "-f", "table").out


def test_tables_for_programs(told) -> None:
    """TSV and CSV have whole values, a line each, and the warnings on stderr; so has JSON lines."""
    answer = told(*TUNED, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert [(row["rank"], row["value"], row["other_data"], row["parameter.eta"]) for row in rows][-1] == (
        "1",
        "0.899",
        "yes",
        "0.02",
    )
    assert "\nWarning: validation:auc was measured on 2 different sets of data" in answer.err
    assert [line.split("\t") for line in told(*TUNED, "-f", "tsv").out.splitlines()] == [
        list(rows[0]),
        *(list(row.values()) for row in rows),
    ]
    lines = told(*TUNED, "-f", "jsonl").out.splitlines()
    assert [json.loads(line)["value"] for line in lines] == [float(row["value"]) for row in rows]


def test_a_table_for_a_page(told) -> None:
    """Markdown has the warnings above the table, and the legend below; a bar in a value does not end a cell."""
    records = [fit(name, value, HyperParameters={"x": f"a|{name}"}) for name, value in (("a", 0.1), ("b", 0.1))]
    lines = told(*BY, "-f", "md", records=runs_of(*records)).out.splitlines()
    assert lines[0] == "**validation:auc · last value, not the best · higher is better (your choice)**"
    assert "> - Warning: 2 are equally good; the one that ended first is listed first." in lines
    assert "| 1= | a | 0.1 | B | A | a\\|a | 2026-01-02T11:00:00Z |" in lines
    assert "- A s3://d/train/" in lines


def test_all_parameters(told) -> None:
    """Equal parameters are shown on request."""
    assert "objective" not in told(*TUNED, "-f", "csv").out
    assert "parameter.objective" in told(*TUNED, "-f", "csv", "--all-parameters").out


@pytest.mark.parametrize("arguments", [("-f", "svg"), ("--picture", "parallel"), ("--picture", "scatter")])
def test_pictures(told, arguments: tuple[str, ...]) -> None:
    """A picture goes to stdout or into the named file."""
    svg = told(*TUNED, *arguments).out
    assert svg.startswith("<?xml")
    assert ("<polyline" in svg) is ("scatter" not in arguments)
    told(*TUNED, *arguments, "-o", "board.svg")
    assert Path("board.svg").read_text(encoding="utf-8") == svg


BAD: list[tuple[tuple[str, ...], str]] = [
    ((*TUNED, "--metric", "validation:aucc"), "no candidate has a metric 'validation:aucc'; did you mean validation:auc? There are train:auc (5 of 6), validation:auc (5 of 6)"),
    (("House-Appraisal", "--compare"), "name the metric to compare by (--metric); there are validation:rmse (2 of 3), train:rmse (1 of 3)"),
    (("House-Appraisal", "--metric", "validation:rmse"), "is more or less of validation:rmse better? nothing says: say --direction max or min"),
    (("House-Appraisal", "baseline", "--all-parameters"), "a single RUN is shown in full: leave out --all-parameters (see lineage runs --help)"),
    ((*TUNED, "--order", "ascending"), "a leaderboard is sorted by its metric: leave out --order (see lineage runs --help)"),
    ((*TUNED, "--picture", "scatter", "-f", "csv"), "--picture draws an svg, not csv: use one of them (see lineage runs --help)"),
    ((*TUNED, "--picture", "scatter", "-o", "board.md"), "--picture draws an svg, not md: use one of them (see lineage runs --help)"),
    ((*TUNED, "--status", "Stopping"), "no run of experiment Limits-Tune-7-aws-tuning-job matches: there is nothing to compare (see lineage runs --help)"),
    (("-f", "svg"), "only a leaderboard can be drawn as svg: add --metric (see lineage runs --help)"),
    (("renewals-uk", "--compare", "-f", "svg"), "name the metric to compare by (--metric); "),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(case[0]) for case in BAD])
def test_bad_input(told, arguments: tuple[str, ...], said: str) -> None:
    """A comparison or a picture that is not possible is refused in one line that says what to do, with exit code 2."""
    answer = told(*arguments)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.startswith(f"lineage: {said}")


def test_what_a_search_finds_is_ranked(run, account_path: Path) -> None:
    """`search` with an option of a leaderboard ranks the jobs that it finds, and refuses meaningless options."""
    by = (
        "search",
        "training-job",
        "--snapshot",
        str(account_path),
        "--where",
        "TrainingJobName contains Limits-Tune-7",
    )
    rows = [json.loads(line) for line in run(*by, "-f", "jsonl", "--metric", AUC).out.splitlines()]
    assert [(row["rank"], row["value"]) for row in rows] == [(1, 0.887), (2, 0.873), (3, 0.841), (4, 0.772), (1, 0.899)]
    for arguments, said in (
        (("--metric", AUC, "--live"), "a leaderboard needs the snapshot: leave out --live"),
        (("--metric", AUC, "--columns", "name"), "a leaderboard has its own columns: leave out --columns"),
        (("--metric", AUC, "--where", "TrainingJobName = x"), "no training job matches: there is nothing to compare"),
        (("-f", "svg"), "only a leaderboard can be drawn as svg: add --metric"),
    ):
        refused = run(*by, *arguments)
        assert (refused.code, refused.out, refused.err) == (2, "", f"lineage: {said} (see lineage search --help)\n")


def test_what_could_be_better_and_was_not_read(run, tmp_path: Path) -> None:
    """A best of a crawl of one endpoint is never called the best of all: each format reports the gap."""
    lineage.crawl_endpoints(tmp_path / "lineage.db", ["loans-live"], replay=BANK)
    by = ("--metric", AUC, "--direction", "max")
    for ask in (("runs", "loan-default", *by), ("search", "training-job", *by)):
        said = "1 gap could hide more candidates"
        assert f"Note: {said}:" in run(*ask, "-f", "table").out
        assert f"- Note: {said}:" in run(*ask, "-f", "md").out
        assert [hole["reason"] for hole in json.loads(run(*ask, "-f", "json").out)["scope"]["holes"]] == ["not-enumerated"]
        for form in (("-f", "tsv"), ("-f", "csv"), ("-f", "jsonl"), ("-f", "svg", "--all-parameters")):
            assert f"Note: {said}:" in run(*ask, *form).err.splitlines()
    assert "Note: 1 gap could hide more training jobs:" in run("search", "training-job", "-f", "table").out
    none = run("search", "training-job", "--where", "TrainingJobName = x", *by)
    assert none.err.startswith("lineage: no training job matches, as far as was read: there is nothing to compare")


def test_seconds_are_told_alike(run, account_path: Path) -> None:
    """Whole seconds have no decimals, whether a record has them or they are the difference of its times."""
    by = ("search", "training-job", "--metric", AUC, "--direction", "max", "--snapshot", str(account_path), "-f", "csv")
    assert [row for row in csv.DictReader(io.StringIO(run(*by).out)) if "." in row["duration_seconds"]] == []


def test_a_limit_is_told(run, account_path: Path) -> None:
    """A leaderboard says how many found jobs the limit left out."""
    ask = ("search", "training-job", "--limit", "3", "--metric", AUC, "--direction", "max", "--snapshot", str(account_path))
    assert run(*ask).err.splitlines()[-1] == "lineage: --limit left out 32 of 35 matches"
    assert "<p>lineage: --limit left out 32 of 35 matches</p>" in run(*ask, "-f", "html").out


@pytest.mark.parametrize(("value", "said"), [(None, ""), (0.8700000047683716, "0.87"), (1e-05, "1e-05"), (7, "7"), ("x", "x")])
def test_values_are_short(value: Any, said: str) -> None:
    """SageMaker keeps a metric in single precision: digits after the seventh mean nothing."""
    assert short(value) == said
