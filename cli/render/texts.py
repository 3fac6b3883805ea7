"""Which function tells which answer: what `print` of an answer prints, from Python as from the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import lineage

from .answers import trace_text, usage_text
from .check import checked_text
from .datasets import datasets_text, holdouts_text
from .impact import impact_text, path_text
from .pipelines import execution_text
from .show import shown_text


def _of_datasets(answer: lineage.Datasets, *, colour: bool) -> str:
    return (holdouts_text if answer.holdouts else datasets_text)(answer, colour=colour)


_TEXTS: dict[type, Callable[..., str]] = {
    lineage.Trace: trace_text,
    lineage.Usage: usage_text,
    lineage.Impact: impact_text,
    lineage.Path: path_text,
    lineage.Datasets: _of_datasets,
    lineage.Checked: checked_text,
    lineage.Shown: shown_text,
    lineage.ExecutionSteps: execution_text,
}


def text_of(answer: Any) -> str | None:
    """An answer as its command prints it, without colours; None of one that is told elsewhere."""
    tell = _TEXTS.get(type(answer))
    return tell(answer, colour=False).rstrip("\n") if tell else None
