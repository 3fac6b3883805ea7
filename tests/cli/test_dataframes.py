"""An answer as a DataFrame has the rows that its command prints as CSV."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.commands import tabled
from cli.render.listing import _cell
from lineage.queries.showing import Answer, ListedAnswer

RAW, HOLDOUT = "s3://bank-raw/loans/2026-05/", "s3://bank-ml/loans/holdout/"
EXECUTION = "y2rj7l5s8pg1"
ASKED: dict[tuple[str, ...], Callable[[lineage.Snapshot], Any]] = {
    ("trace", "loans-live"): lambda bank: lineage.trace(bank, "loans-live"),
    ("used", HOLDOUT): lambda bank: lineage.used(bank, HOLDOUT),
    ("used", "s3://nobody/reads/this/"): lambda bank: lineage.used(bank, "s3://nobody/reads/this/"),
    ("impact", RAW): lambda bank: lineage.impact(bank, RAW),
    ("path", RAW, "loans-live"): lambda bank: lineage.path(bank, RAW, "loans-live"),
    ("datasets", "loans-live"): lambda bank: lineage.datasets(bank, "loans-live"),
    ("datasets", "loans-live", "--holdouts", "holdouts.txt"): lambda bank: lineage.datasets(bank, "loans-live", holdouts=[HOLDOUT]),
    ("check",): lineage.check,
    ("show", "loans-live"): lambda bank: lineage.show(bank, "loans-live"),
    ("search", "training-job", "--limit", "3"): lambda bank: lineage.search(bank, "training-job", limit=3),
    ("search", "training-job", "--where", "HyperParameters.eta < 0.2"): lambda bank: lineage.search(
        bank, "training-job", where="HyperParameters.eta < 0.2"
    ),
    ("suggest", "training-job"): lambda bank: lineage.suggest(bank, "training-job"),
    ("pipelines", "Renewal-Price", EXECUTION): lambda bank: lineage.load_execution(bank, EXECUTION, "Renewal-Price"),
    ("snapshot", "info"): lambda bank: lineage.snapshot_info(bank.path),
    ("snapshot", "verify"): lambda bank: lineage.verify(bank.path),
}  # fmt: skip


@pytest.mark.parametrize("asked", ASKED, ids=" ".join)
def test_a_dataframe_has_the_rows_of_the_csv(run: Any, account_path: Path, tmp_path: Path, asked: tuple[str, ...]) -> None:
    """The columns and the rows of `to_dataframe` are those of `-f csv`, in the same order."""
    (tmp_path / "holdouts.txt").write_text(HOLDOUT)
    with lineage.open_snapshot(account_path) as snapshot:
        frame = ASKED[asked](snapshot).to_dataframe()
    head, *rows = csv.reader(io.StringIO(run(*asked, "-f", "csv", "--snapshot", str(account_path)).out))
    assert list(frame.columns) == head
    whole = frame.astype(object).where(frame.notna(), None)
    assert [[str(_cell(value)) for value in row] for row in whole.itertuples(index=False)] == rows


def test_a_property_is_a_value_and_not_a_list(bank: lineage.Snapshot) -> None:
    """One value of a property stands in the frame as itself, a number as a number; several numbers are a list."""
    by_text = lineage.search(bank, "training-job", where="HyperParameters.eta < 0.2").to_dataframe()
    assert all(isinstance(one, str) and float(one) < 0.2 for one in by_text["HyperParameters.eta"])
    by_number = lineage.search(bank, "training-job", where="Metrics.validation:auc > 0.5").to_dataframe()
    assert all(isinstance(one, (float, list)) for one in by_number["Metrics.validation:auc"])


def test_each_answer_has_rows_or_says_so(bank: lineage.Snapshot) -> None:
    """Each kind of answer has rows; a report is no table, and the error says what to use instead."""
    named = {one.__name__ for one in (*tabled._TABLES, lineage.Leaderboard, lineage.Report)}
    answers = {*Answer.__subclasses__(), *ListedAnswer.__subclasses__()} - {ListedAnswer}
    assert named == {one.__name__ for one in answers}
    with pytest.raises(lineage.LineageError, match=r"^a Report has no rows: as_json\(\) gives what is in it$"):
        lineage.report(bank, ["loans-live"]).to_dataframe()


def test_without_pandas_the_error_says_how_to_install_it(bank: lineage.Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """pandas is an extra: without it, a sentence says so."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(lineage.LineageError, match=r"^a DataFrame needs pandas: pip install 'sagemaker-lineage\[pandas\]'$"):
        lineage.used(bank, HOLDOUT).to_dataframe()
