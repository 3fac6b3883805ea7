"""What is known about this process: which of several it is, its job, and the run in which it was started."""

from __future__ import annotations

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


class Job(NamedTuple):
    """The SageMaker job of this process, and the call that describes it."""

    operation: str
    key: str
    name: str


def rank() -> int | None:
    """The number of this process among several of one program; None if nothing says that there are several.

    A SageMaker job on several machines has a first one, and a launcher numbers the processes of all of them.
    """
    for variable in _RANKS:
        if (said := os.environ.get(variable, "")).isdigit():
            return int(said)
    hosts = _hosts()
    host = os.environ.get("SM_CURRENT_HOST", "")
    return hosts.index(host) if host in hosts and len(hosts) > 1 else None


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


def _hosts() -> list[str]:
    try:
        hosts: Any = json.loads(os.environ.get("SM_HOSTS", "[]"))
    except ValueError:
        return []
    return sorted(map(str, hosts), key=lambda host: (len(host), host)) if isinstance(hosts, list) else []
