"""How `all.py` measures: processor seconds and memory of commands, and work in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
INTERPRETER = [sys.executable, "-c", "import click, sqlite3"]


class Cost(NamedTuple):
    """What a command took: seconds of the processor, and megabytes at its peak."""

    seconds: float
    megabytes: float


def cost(command: list[str], times: int = 1) -> Cost:
    """The least seconds of several runs, and the most memory."""
    taken = [_cost(command) for _ in range(times)]
    return Cost(min(one.seconds for one in taken), max(one.megabytes for one in taken))


def _cost(command: list[str]) -> Cost:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def lineage_command(path: Path, *words: str) -> list[str]:
    """The command line that asks a snapshot."""
    return [sys.executable, "-m", "cli", "--snapshot", str(path), *words]


def apart(do: Callable[..., T], *given: Any) -> T:
    """What `do` returns, called in a new process: its memory and its imports count for nothing else."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(do, given)


def seconds(do: Callable[[], Any], times: int = 1) -> float:
    """The least processor seconds of several calls in this process."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        do()
        taken.append(time.process_time() - began)
    return min(taken)


def peak() -> float:
    """The most megabytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
