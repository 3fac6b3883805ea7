"""What `lineage fleet` refuses: one line, before Spark starts, and nothing is written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lineage
import lineage.spark
from lineage.spark import places_in, session
from lineage.spark.subjects import subjects_in
from tests.conftest import ROOT


@pytest.fixture
def folder(account_path: Path, tmp_path: Path) -> Path:
    with lineage.open_snapshot(account_path) as snapshot:
        lineage.export_parquet(snapshot, tmp_path / "estate")
    return tmp_path / "estate"


def newer(folder: Path) -> None:
    (path,) = (folder / "_lineage").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": "lineage.parquet/99"}))


def twice(folder: Path) -> None:
    (path,) = (folder / "_lineage").iterdir()
    path.with_name("again.json").write_text(json.dumps(json.loads(path.read_text()) | {"id": "x"}))


def unfinished(folder: Path) -> None:
    shutil.rmtree(folder / "_lineage")


def partial(folder: Path) -> None:
    next((folder / "edges").rglob("*.parquet")).unlink()


REFUSED: dict[Callable[[Path], None], str] = {
    newer: "was written by a newer lineage (schema 99, this one reads 1): upgrade sagemaker-lineage",
    twice: "both hold account",
    unfinished: "holds no finished export",
    partial: "is not whole: edges/",
}


@pytest.mark.parametrize("spoil", REFUSED)
def test_a_folder_that_is_not_whole_is_refused(run: Any, folder: Path, spoil: Callable[[Path], None]) -> None:
    """A newer schema, two exports of one account, an unfinished export and a missing file are one line, and write nothing."""
    spoil(folder)
    ran = run("fleet", "used", str(folder), "s3://b/x/", "-o", "verdicts.parquet")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert REFUSED[spoil] in ran.err
    assert not Path("verdicts.parquet").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s3://b/x/", "-o", "verdicts.csv"], "give it a name that ends in .parquet"),
        (["-o", "v.parquet"], "missing S3 URI: name one, or a file of them with --from"),
        (["x", "-o", "v.parquet"], "'x' is not an S3 URI"),
        (["s3://b/x/"], "Missing option '--out'"),
    ],
)
def test_a_wrong_call_is_told(run: Any, folder: Path, words: list[str], said: str) -> None:
    """A wrong file name, no subject and a malformed one are told before Spark starts."""
    ran = run("fleet", "impact", str(folder), *words)
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize(
    ("missing", "said"),
    [("pyspark", "this needs pyspark: pip install 'sagemaker-lineage[spark]'"), ("java", "Spark needs Java 17 or newer")],
)
def test_what_is_not_installed_is_named(
    run: Any, folder: Path, monkeypatch: pytest.MonkeyPatch, missing: str, said: str
) -> None:
    """Without pyspark, and without Java, one line says what to install."""
    if missing == "pyspark":
        monkeypatch.setitem(__import__("sys").modules, "pyspark.sql", None)
    else:
        monkeypatch.setattr(session.shutil, "which", lambda _: None)
        monkeypatch.delenv("JAVA_HOME", raising=False)
    ran = run("fleet", "used", str(folder), "s3://b/x/", "-o", "v.parquet")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert said in ran.err


def test_a_java_that_runs_no_spark_is_named(folder: Path, tmp_path: Path) -> None:
    """Where Java ends at once, one line says what it said first, and nothing is written."""
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\necho 'this Java is from 2014' >&2\nexit 1\n", encoding="utf-8")
    java.chmod(0o755)
    words = ["fleet", "used", str(folder), "s3://b/x/", "-o", str(tmp_path / "v.parquet")]
    code = f"from cli.main import main; import sys; sys.argv = ['lineage', *{words!r}]; main()"
    env = os.environ | {"JAVA_HOME": str(tmp_path / "java")}
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    said = "lineage: Spark, which needs Java 17 or newer, did not start: this Java is from 2014"
    assert (ran.returncode, ran.stderr.splitlines()[-1], ran.stdout) == (3, said, "")
    assert not (tmp_path / "v.parquet").exists()


def test_subjects_are_checked_before_anything_is_read(tmp_path: Path) -> None:
    """A wrong subject is named with its number or its line; a list of none is refused."""
    file = tmp_path / "uris.txt"
    file.write_text("# ours\ns3://b/x/\n\nnonsense\n", encoding="utf-8")
    for given, said in (
        (["s3://b/", "x"], "subject 2: 'x' is not"),
        (file, "uris.txt line 4: 'nonsense'"),
        ([], "holds no S3 URI"),
    ):
        with pytest.raises(lineage.LineageError, match=said):
            subjects_in(given)
    file.write_text("s3://b/x/\n# no\n")
    assert [(one.number, one.given, one.place.uri) for one in subjects_in(file)] == [(1, "s3://b/x/", "s3://b/x/")]


def test_no_spark_is_imported_by_the_package() -> None:
    """`import lineage` and `import lineage.spark` load no pyspark: help and errors stay fast."""
    import subprocess
    import sys

    told = "import sys, lineage, lineage.spark; lineage.spark.used; print('pyspark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- the accounts that a folder should hold ---------------------------------------------------------

WRONG = {
    "account,regions\n1234,eu-west-1\n": "line 2: '1234' is not an AWS account",
    "account,regions\n111122223333,eu-west\n": "line 2: 'eu-west' is not an AWS region",
    "account,regions\n111122223333,eu-west-1\n222233334444,\n": "line 3: account 222233334444 has no region",
    "account,regions\n222233334444\n": "line 2: account 222233334444 has no region",
    "account\n111122223333\n": "has no column 'regions' (expected account and regions)",
    "account,regions\n": "names no account",
    "": "has no column 'account'",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_list_of_accounts_is_refused(run: Any, folder: Path, text: str) -> None:
    """A list of accounts that names none, or a wrong one, is refused with its line: else a missing account would go unseen."""
    Path("accounts.csv").write_text(text)
    ran = run("fleet", "used", str(folder), "s3://b/x/", "--expect", "accounts.csv", "-o", "verdicts.parquet")
    assert ran.code != 0
    assert f"accounts.csv {WRONG[text]}" in ran.err
    assert not Path("verdicts.parquet").exists()


def test_each_region_of_an_account_is_expected(tmp_path: Path) -> None:
    """An account with two regions is expected in both, whatever its other columns are."""
    path = tmp_path / "accounts.csv"
    path.write_text("team,account,regions\nrisk,111122223333,eu-west-1 us-east-1\n\n")
    both = {("111122223333", "eu-west-1"), ("111122223333", "us-east-1")}
    assert places_in(path) == places_in(sorted(both)) == both
