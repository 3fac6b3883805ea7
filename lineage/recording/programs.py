"""A program inside a run: `lineage record run`, and what dead processes left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lineage.errors import RefusedValue
from lineage.recording import surroundings
from lineage.recording.endings import Terminated
from lineage.recording.inheriting import take_over
from lineage.recording.outbox import RESUME, Outbox, Unsent
from lineage.recording.run import Run
from lineage.recording.service import Service
from lineage.recording.spool import Owner, directory, orphans

_ENDING = 120.0  # seconds in which a program must end by itself after a signal, as in a training job


class Killed(SystemExit):
    """The program was ended by a signal."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__(128 + number)
        self.number = number

    def __str__(self) -> str:
        return f"killed by {self.number.name}"


def run_program(run: Run, words: Sequence[str]) -> int:
    """Run a program inside an open run; `load_run()` in it finds the run. Returns its exit status.

    A status other than 0 makes the run Failed; Ctrl-C and SIGTERM make it Stopped and are passed to the program. Raises
    `RefusedValue` if the program does not exist, and `SystemExit` unless it ended by itself with 0.
    """
    names = {surroundings.EXPERIMENT_VARIABLE: run.experiment_name, surroundings.RUN_VARIABLE: run.run_name}
    try:
        program = subprocess.Popen(words, env=os.environ | names)  # noqa: S603  (the user's own)
    except OSError as error:
        raise RefusedValue(f"{words[0]!r} can't be run: {error.strerror}") from None
    try:
        status = _waited_for(program)
    except (KeyboardInterrupt, Terminated) as ending:
        with contextlib.suppress(KeyboardInterrupt, Terminated):
            _end(program, told=isinstance(ending, KeyboardInterrupt))
        raise
    finally:
        _kill(program)
    if status == -signal.SIGINT:
        raise KeyboardInterrupt
    if status < 0:
        number = signal.Signals(-status)
        if number is signal.SIGTERM:
            raise Terminated(128 + number)
        raise Killed(number)
    if status:
        raise SystemExit(status)
    return status


def _waited_for(program: subprocess.Popen[bytes]) -> int:
    """The status of a program. Waits in short turns: one long wait would miss a signal just before it begins."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return program.wait(1.0)


def _end(program: subprocess.Popen[bytes], *, told: bool) -> None:
    """Tell a program to end, and wait until it does or the time is up. Ctrl-C on a terminal went to it, too."""
    if not told or not sys.stdin.isatty():
        program.send_signal(signal.SIGINT if told else signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(_ENDING)


def _kill(program: subprocess.Popen[bytes]) -> None:
    """Leave no program behind: a second signal may come at any point of telling the program and waiting for it."""
    if program.poll() is None:
        program.kill()
        program.wait()


def queues_elsewhere() -> list[str]:
    """What dead processes left unsent on this machine, by account and region, each in some words."""
    found: Counter[tuple[str, str]] = Counter()
    for orphan in orphans(directory()):
        found[orphan.owner.account, orphan.owner.region] += 1
        orphan.end()
    return [
        f"{count} of {f'account {account}' if account else 'an account that is not known yet'} in {region}"
        for (account, region), count in sorted(found.items())
    ]


def resume(session: Any = None, timeout: float | None = None) -> tuple[int, Unsent]:
    """Send what dead processes of this account and region left; returns the number of items, and what is still not sent.

    Raises `NotRecorded` without credentials.
    """
    service = Service(session)
    account = str(service.steadily("GetCallerIdentity")["Account"])
    owner = Owner(RESUME, service.region, account, service.profile, sets_status=False)
    box = Outbox(service, directory(), owner)
    try:
        taken = take_over(box, directory())
        box.start()
        return taken, box.drain(timeout)
    finally:
        box.end()
