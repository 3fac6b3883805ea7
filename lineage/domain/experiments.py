"""How the SageMaker Python SDK names and tags runs. The audit reads runs by these names; the recording room writes them.

Source: sagemaker 2.257.7, `experiments/run.py`, and what it sent. SageMaker calls a run a trial component, and its group
a trial. The SDK writes the names of experiments and runs in lower case.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# Only for the component of a run: the SDK takes anything with this tag for a run.
RUN_TAG: Final = {"Key": "sagemaker:trial-component-source", "Value": "run"}


class SortByType(StrEnum):
    """The sort keys of runs, as in the SageMaker Python SDK."""

    CREATION_TIME = "CreationTime"
    NAME = "Name"


class SortOrderType(StrEnum):
    """The sort orders, as in the SageMaker Python SDK."""

    ASCENDING = "Ascending"
    DESCENDING = "Descending"


def group_of(experiment: str) -> str:
    """The name of the group (trial) in which the SDK puts the runs of an experiment."""
    return f"Default-Run-Group-{experiment.lower()}"


def component_of(experiment: str, run: str) -> str:
    """The name of the trial component of a run. Experiment `a` with run `b-c` and `a-b` with `c` get the same name."""
    return f"{experiment}-{run}".lower()
