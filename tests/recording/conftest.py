"""A service to record in, and a queue on disk for each test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lineage.recording.service import DENIED, UNREACHABLE
from tests.conftest import ROOT
from tests.recording.stand_in import StandIn

AROUND = (
    *("RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID", "PMI_RANK", "SM_HOSTS", "SM_CURRENT_HOST"),
    *("TRAINING_JOB_ARN", "TRANSFORM_JOB_ARN", "LINEAGE_EXPERIMENT", "LINEAGE_RUN", "AWS_PROFILE"),
)


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of queues. No environment variable says which process this is, and no earlier test catches SIGTERM.

    A run that is left in another thread than the one that entered it cannot remove its handler.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for variable in AROUND:
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "spool"
    monkeypatch.setenv("LINEAGE_SPOOL", str(folder))
    monkeypatch.setattr("lineage.recording.outbox._ENOUGH", {DENIED: 0.0, UNREACHABLE: 0.5})  # a stand-in is back at once
    return folder


@pytest.fixture
def service(spool: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in that boto3's default chain finds."""
    with StandIn() as started:
        for name, value in started.environment.items():
            monkeypatch.setenv(name, value)
        yield started


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is nine hours ahead of UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "JST-9")
        time.tzset()
        yield
    time.tzset()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(service: StandIn, tmp_path: Path) -> Iterator[Start]:
    """Starts a Python program that records, from its lines and its additional environment."""
    started: list[subprocess.Popen[str]] = []

    def begin(program: str, **environment: str) -> subprocess.Popen[str]:
        path = tmp_path / f"program{len(started)}.py"
        path.write_text(program, encoding="utf-8")
        words: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.PIPE, "text": True}
        process = subprocess.Popen([sys.executable, str(path)], cwd=ROOT, env={**os.environ, **environment}, **words)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()
