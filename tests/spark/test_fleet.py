"""Bulk questions about a folder of many accounts: the answers are those of one merged snapshot, row by row."""

from __future__ import annotations

import contextlib
import io
import json
import re
import runpy
import shlex
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import lineage
import lineage.spark
from lineage.crawl.replay.session import replay_session
from lineage.spark.arcs import arcs, places_of
from lineage.spark.tables import Folder
from tests.conftest import BANK, ROOT
from tests.records import arn
from tests.spark.estates import EXECUTION, ONE, THREE


def plain(answer: Any) -> Any:
    """An answer as JSON gives it back."""
    return json.loads(json.dumps(answer.as_json()))


def unlike(rows: list[Any], local: list[Any]) -> list[tuple[str, Any, Any]]:
    """The subjects of which two answers differ, and how."""
    pairs = zip(rows, map(plain, local), strict=True)
    return [
        (row.subject, {key: value for key, value in told.items() if json.loads(row.answer).get(key) != value}, row.answer)
        for row, told in pairs
        if json.loads(row.answer) != told
    ]


def test_each_use_is_that_of_the_merged_snapshot(spark: Any, fleet: Path, merged: lineage.Snapshot, asked: list[str]) -> None:
    """The answer of `used` to each subject is that of one snapshot of all accounts, with its evidence, gaps and scope.

    Where the training jobs of one account were not all listed, no answer is a no, and each names that account. It also names
    the one where a later crawl found a job that its other lists are too old for.
    """
    rows = lineage.spark.used(spark, fleet, asked, batch=40).orderBy("number").collect()
    local = list(lineage.used_all(merged, asked))
    assert unlike(rows, local) == []
    assert {row.verdict for row in rows} == {"used", "used-indirectly", "possible", "unknown"}
    assert all({ONE, THREE} <= {gap.account for gap in row.holes if gap.reason == "not-enumerated"} for row in rows)
    for row, answer in zip(rows, local, strict=True):
        assert (row.verdict, row.findings, row.named) == (answer.verdict, len(answer.findings), answer.named)
        assert [gap.subject for gap in row.holes] == [gap["subject"] for gap in answer.scope["holes"]]


def test_a_record_that_nobody_read_as_it_is_now_closes_no_gap(merged: lineage.Snapshot) -> None:
    """The accounts that are asked about hold a gap that another account closes, and two that it must not close."""
    subjects = {gap.subject for gap in merged.gaps() if gap.account == ONE}
    assert {EXECUTION, arn("training-job", "reused", ONE)} <= subjects
    assert arn("training-job", "denied", ONE) not in subjects


def test_each_impact_is_that_of_the_merged_snapshot(
    spark: Any, fleet: Path, merged: lineage.Snapshot, asked: list[str]
) -> None:
    """The answer of `impact` to each subject of a DataFrame is that of one snapshot of all accounts."""
    given = spark.createDataFrame([(uri,) for uri in asked], "uri string")
    rows = lineage.spark.impact(spark, fleet, given, batch=40).orderBy("number").collect()
    local = [lineage.impact(merged, uri) for uri in asked]
    assert unlike(rows, local) == []
    assert [row.serving for row in rows] == [answer.serving for answer in local]


def test_no_join_is_a_cross_product(spark: Any, fleet: Path) -> None:
    """Spark finds the places that share keys by equalities: no pair of all places is tried."""
    folder = Folder(spark, fleet)
    plan = arcs(folder, places_of(folder))._jdf.queryExecution().executedPlan().toString()
    assert "Join" in plan
    assert not [word for word in ("CartesianProduct", "BroadcastNestedLoopJoin") if word in plan]


def test_answers_are_one_file_in_their_order(spark: Any, tmp_path: Path) -> None:
    """The file has a row for each subject in its order, and replaces an earlier one only when all are there."""
    given = [(3, "s3://b/z/", "used", []), (1, "s3://b/x/", "unknown", ["gap"]), (2, "s3://b/y/", "used", [])]
    verdicts = spark.createDataFrame(given, "number int, subject string, verdict string, holes array<string>")
    out = tmp_path / "verdicts.parquet"
    told = lineage.spark.write_verdicts(verdicts, out)
    assert [row["subject"] for row in pq.read_table(out).to_pylist()] == ["s3://b/x/", "s3://b/y/", "s3://b/z/"]
    assert told == {("unknown", "s3://b/x/", True): 1, ("used", "s3://b/y/", False): 2}
    before = out.read_bytes()
    with pytest.raises(Exception, match="(?s)broken"):
        lineage.spark.write_verdicts(verdicts.withColumn("verdict", raising()), out)
    assert (sorted(path.name for path in tmp_path.iterdir()), out.read_bytes()) == ([out.name], before)


@pytest.mark.usefixtures("spark")
def test_the_page_is_run(run: Any) -> None:
    """The commands and the program of docs/fleet.md run as they stand, and print what the page shows."""
    page = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    shutil.copy(BANK, "bank.jsonl")
    shutil.copy(BANK.parent / "holdouts.txt", "holdouts.txt")
    (listed,) = re.findall(r"^```text\n(account,.*?)^```", page, re.MULTILINE | re.DOTALL)
    Path("accounts.csv").write_text(listed)
    (commands,) = re.findall(r"^```sh\n(lineage crawl.*?)^```", page, re.MULTILINE | re.DOTALL)
    for line in commands.splitlines():
        ran = run(*shlex.split(line)[1:])
        assert ran.code == 0, ran.err
    assert "lineage: wrote 6 answers to verdicts.parquet: " in ran.err
    (program,) = re.findall(r"^```py\n(import duckdb.*?)^```", page, re.MULTILINE | re.DOTALL)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "docs", "exec"), {})  # noqa: S102  (our own example)
    (shown,) = re.findall(r"^```text\n(s3:.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert printed.getvalue() == shown


@pytest.mark.usefixtures("spark")
def test_the_program_for_emr_asks_about_each_uri_of_a_list(tmp_path: Path) -> None:
    """It leaves out comments and empty lines, as the commands do, and its verdicts are those of the snapshot."""
    lineage.crawl_estate(tmp_path / "bank.db", session=replay_session(BANK))
    (tmp_path / "accounts.csv").write_text("account,regions\n111122223333,eu-west-1\n")
    with lineage.open_snapshot(tmp_path / "bank.db") as snapshot:
        lineage.export_parquet(snapshot, tmp_path / "estate")
        listed = (BANK.parent / "holdouts.txt").read_text() + "\n  # the end\n"
        local = {uri: lineage.used(snapshot, uri).verdict for uri in listed.splitlines() if uri.startswith("s3:")}
    (tmp_path / "subjects.txt").write_text(listed)
    main = runpy.run_path(str(ROOT / "docs" / "scale" / "ask_emr.py"))["main"]
    main(*(str(tmp_path / name) for name in ("estate", "subjects.txt", "accounts.csv", "answers")))
    answers = pq.read_table(tmp_path / "answers", columns=["subject", "verdict"]).to_pylist()
    assert {row["subject"]: row["verdict"] for row in answers} == local
    assert len(local) == len(answers) > 3


def raising() -> Any:
    """A column whose values cannot be computed."""
    from pyspark.sql import functions as f

    return f.raise_error("broken").cast("string")
