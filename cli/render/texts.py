"""Which function prints which answer, for `print` in Python and for the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lineage

from .answers import trace_text, usage_text
from .check import checked_text
from .datasets import datasets_text, holdouts_text
from .impact import impact_text, path_text
from .leaderboard import board_text
from .pipelines import execution_text
from .search import found_text
from .show import shown_text
from .snapshot import info_text, verified_text


def _of_datasets(answer: lineage.Datasets, *, colour: bool) -> str:
    return (holdouts_text if answer.holdouts else datasets_text)(answer, colour=colour)


def _of_report(answer: lineage.Report, *, colour: bool) -> str:  # noqa: ARG001  (Markdown has none)
    return lineage.REPORTS["md"](answer.as_json())


def _of_board(answer: lineage.Leaderboard, *, colour: bool) -> str:
    return "".join(board_text(answer, every=False, colour=colour))


def _of_names(answer: lineage.Suggested, *, colour: bool) -> str:  # noqa: ARG001  (names have none)
    return "".join(f"{lineage.one_line(name)}\n" for name in answer.names)


_TEXTS: dict[type, Callable[..., str]] = {
    lineage.Trace: trace_text,
    lineage.Usage: usage_text,
    lineage.Impact: impact_text,
    lineage.Path: path_text,
    lineage.Datasets: _of_datasets,
    lineage.Checked: checked_text,
    lineage.Shown: shown_text,
    lineage.ExecutionSteps: execution_text,
    lineage.Found: found_text,
    lineage.Leaderboard: _of_board,
    lineage.SnapshotInfo: info_text,
    lineage.Suggested: _of_names,
    lineage.Verified: verified_text,
    lineage.Report: _of_report,
}


def text_of(answer: Any) -> str | None:
    """An answer as its command prints it, without colours; None if it is printed elsewhere."""
    tell = _TEXTS.get(type(answer))
    return tell(answer, colour=False).rstrip("\n") if tell else None
