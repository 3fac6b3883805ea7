"""How a block ends: what its exception means for the run, and SIGTERM as an exception like Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from lineage.domain.status import RunStatus
from lineage.recording import limits


class Terminated(SystemExit):
    """SIGTERM came while a run was open: the program ends as usual, and the run becomes Stopped."""


def outcome(error: BaseException | None) -> dict[str, str]:
    """How a run ended, from what ended its block."""
    if error is None or (isinstance(error, SystemExit) and not isinstance(error, Terminated) and error.code in (None, 0)):
        return {"PrimaryStatus": RunStatus.COMPLETED, "Message": ""}
    if isinstance(error, Terminated):
        return {"PrimaryStatus": RunStatus.STOPPED, "Message": "terminated (SIGTERM)"}
    if isinstance(error, KeyboardInterrupt):
        return {"PrimaryStatus": RunStatus.STOPPED, "Message": "interrupted (Ctrl-C)"}
    if isinstance(error, GeneratorExit) or type(error).__name__ == "CancelledError":
        return {"PrimaryStatus": RunStatus.STOPPED, "Message": "cancelled"}
    if isinstance(error, SystemExit):
        return {
            "PrimaryStatus": RunStatus.FAILED,
            "Message": limits.message(f"exit status {error.code}" if type(error) is SystemExit else _said(error)),
        }
    return {"PrimaryStatus": RunStatus.FAILED, "Message": limits.message(f"{type(error).__name__}: {_said(error)}")}


def _said(error: BaseException) -> str:
    """The text of an exception; making the text may fail."""
    try:
        return str(error)
    except Exception:  # noqa: BLE001  (a user's own)
        return "(its text can't be told)"


class _Leaving:
    """Whether the main thread, in which handlers run, is leaving a block, and whether SIGTERM came meanwhile."""

    blocks = 0
    came = False


@contextlib.contextmanager
def termination_waits(then: Callable[[], None]) -> Iterator[None]:
    """While a block is left, the first SIGTERM waits until all is sent, and a second one ends the process.

    `then` is called when it is left, and restores the handler: what waited is sent again after that, to whoever is next.
    """
    if threading.current_thread() is not threading.main_thread():
        try:
            yield
        finally:
            then()
        return
    _Leaving.blocks += 1
    try:
        yield
    finally:
        _Leaving.blocks -= 1
        then()
        if _Leaving.came and not _Leaving.blocks:
            _Leaving.came = False
            os.kill(os.getpid(), signal.SIGTERM)


def catch_termination(is_inside: Callable[[], bool]) -> Callable[[], None]:
    """Let SIGTERM unwind a block, so its run is left and flushed; if `is_inside` is false, it ends the process as usual.

    Returns a function that restores the handler. The program's own handler is not touched.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return lambda: None

    def terminate(number: int, frame: Any) -> None:  # noqa: ARG001  (the shape of a handler)
        if _Leaving.blocks and not _Leaving.came:
            _Leaving.came = True
            return
        if is_inside() and not _Leaving.blocks:
            raise Terminated(128 + number)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, terminate)

    def restore() -> None:
        with contextlib.suppress(ValueError):  # left in another thread than entered, where no handler can be set
            if signal.getsignal(signal.SIGTERM) is terminate:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)

    return restore
