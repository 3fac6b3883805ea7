"""Which function gives the rows of which answer: those that `-f csv` prints, and that its `to_dataframe` has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import lineage

from ..render.search import found_columns, found_rows
from .check import checked_table
from .datasets import datasets_table, holdouts_table
from .look import shown_rows
from .pipelines import steps_table
from .questions import impact_rows, path_rows, trace_rows, usage_rows, whole_rows
from .snapshot import info_rows, verified_rows

Table = tuple[list[str], list[list[Any]]]


def _of_datasets(answer: lineage.Datasets) -> Table:
    vouched = any("verdict_without_attestations" in row for row in answer.holdouts)
    return holdouts_table(answer, vouched=vouched) if answer.holdouts else datasets_table(answer)


def _of_shown(answer: lineage.Shown) -> Table:
    head, *rows = shown_rows(answer)
    return head, rows


def _of_found(answer: lineage.Found) -> Table:
    """As in JSON lines: a number stays a number, and several are a list."""
    columns = found_columns(answer, "csv")
    return columns, [list(row.values()) for row in found_rows(answer, columns, "jsonl")]


def _whole(rows: Callable[[Any], Iterable[list[Any]]]) -> Callable[[Any], Table]:
    def table(answer: Any) -> Table:
        head, body = whole_rows(answer, rows)
        return head, list(body)

    return table


_TABLES: dict[type, Callable[[Any], Table]] = {
    lineage.Trace: _whole(trace_rows),
    lineage.Usage: _whole(usage_rows),
    lineage.Impact: _whole(impact_rows),
    lineage.Path: _whole(path_rows),
    lineage.Datasets: _of_datasets,
    lineage.Checked: checked_table,
    lineage.Shown: _of_shown,
    lineage.ExecutionSteps: steps_table,
    lineage.Found: _of_found,
    lineage.Suggested: lambda answer: (["name"], [[name] for name in answer.names]),
    lineage.SnapshotInfo: info_rows,
    lineage.Verified: verified_rows,
}


def table_of(answer: Any) -> Table | None:
    """The columns and the rows of an answer; None of one that is no table."""
    tell = _TABLES.get(type(answer))
    return tell(answer) if tell else None
