"""What is known about this process: which of several it is, its job, and the run in which it was started."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final, NamedTuple

# Set for a program that `lineage record run` starts: `load_run()` finds its run by them.
EXPERIMENT_VARIABLE: Final = "LINEAGE_EXPERIMENT"
RUN_VARIABLE: Final = "LINEAGE_RUN"
# Where launchers give the number of this process: torchrun, Horovod and Open MPI, Slurm, MPICH.
_RANKS = ("RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "PMI_RANK")
# Where a job's ARN is (sagemaker 2.257.7, `experiments/_environment.py`), and the call that describes it.
_JOBS = (
    ("TRAINING_JOB_ARN", "DescribeTrainingJob", "TrainingJobName"),
    ("TRANSFORM_JOB_ARN", "DescribeTransformJob", "TransformJobName"),
)
_PROCESSING = Path("/opt/ml/config/processingjobconfig.json")
# Where the machines of a training and of a processing job are, also without the toolkit that sets SM_HOSTS (developer guide).
_MACHINES = (Path("/opt/ml/input/config/resourceconfig.json"), Path("/opt/ml/config/resourceconfig.json"))


class Job(NamedTuple):
    """The SageMaker job of this process, and the call that describes it."""

    operation: str
    key: str
    name: str


def rank() -> int | None:
    """The number of this process among several of one program; None if nothing says that there are several.

    A launcher numbers the processes of all machines. Without one, the other machines of a SageMaker job have numbers, and
    the first one has none: nothing says how many processes are on it.
    """
    for variable in _RANKS:
        if (said := os.environ.get(variable, "")).isdigit():
            return int(said)
    return _machine() or None


def job() -> Job | None:
    """The job that this process runs in."""
    for variable, operation, key in _JOBS:
        if arn := os.environ.get(variable):
            return Job(operation, key, arn.rpartition("/")[2])
    try:
        arn = json.loads(_PROCESSING.read_text(encoding="utf-8"))["ProcessingJobArn"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Job("DescribeProcessingJob", "ProcessingJobName", arn.rpartition("/")[2])


def started_in() -> tuple[str, str] | None:
    """The experiment and the run that this program was started in."""
    names = os.environ.get(EXPERIMENT_VARIABLE), os.environ.get(RUN_VARIABLE)
    return (names[0], names[1]) if names[0] and names[1] else None


def _machine() -> int:
    """The number of this machine among those of its job; 0 if nothing says that there are several."""
    hosts, host = _hosts()
    return hosts.index(host) if host in hosts else 0


def _hosts() -> tuple[list[str], str]:
    """The machines of the job in order, and this one."""
    if given := os.environ.get("SM_HOSTS"):
        with contextlib.suppress(ValueError):
            return _in_order(json.loads(given)), os.environ.get("SM_CURRENT_HOST", "")
    for path in _MACHINES:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            said = json.loads(path.read_text(encoding="utf-8"))
            return _in_order(said["hosts"]), str(said["current_host"])
    return [], ""


def _in_order(hosts: Any) -> list[str]:
    return sorted(map(str, hosts), key=lambda host: (len(host), host)) if isinstance(hosts, list) else []
