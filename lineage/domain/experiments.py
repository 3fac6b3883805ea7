"""How the SageMaker Python SDK names and marks runs: what the audit reads them by, and what a recording must be readable by.

Source: sagemaker 2.257.7, `experiments/run.py`, and what it sent. SageMaker calls a run a trial component, and the group
that it is in a trial. An experiment and its runs are written in lower case there.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# On the component of a run, and on nothing else: whatever has this tag looks like a run.
RUN_TAG: Final = {"Key": "sagemaker:trial-component-source", "Value": "run"}


class SortByType(StrEnum):
    """By what runs are sorted; as the SageMaker Python SDK has it."""

    CREATION_TIME = "CreationTime"
    NAME = "Name"


class SortOrderType(StrEnum):
    """In which order; as the SageMaker Python SDK has it."""

    ASCENDING = "Ascending"
    DESCENDING = "Descending"


def group_of(experiment: str) -> str:
    """The name of the group (trial) that the SDK puts the runs of an experiment into."""
    return f"Default-Run-Group-{experiment.lower()}"


def component_of(experiment: str, run: str) -> str:
    """The name of the trial component of a run. Experiment `a`, run `b-c` and experiment `a-b`, run `c` have one name."""
    return f"{experiment}-{run}".lower()
