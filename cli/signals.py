"""SIGTERM and SIGHUP end a command like Ctrl-C: half-written output is removed, and a line says what is kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, Final

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)  # what a shell, a terminal or a scheduler sends to end a process
SIGNALS = 128  # the exit code after a signal is this plus its number


@contextlib.contextmanager
def ending_as_interrupted(said: dict[str, Any]) -> Iterator[None]:
    """Let the signals interrupt a block, and note in `said` which one did.

    A signal that is ignored, as by nohup, stays ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, _: Any) -> None:
        said["signal"] = number
        raise KeyboardInterrupt

    caught = [one for one in _ENDING if signal.getsignal(one) is signal.SIG_DFL]
    for one in caught:
        signal.signal(one, interrupt)
    try:
        yield
    finally:
        for one in caught:
            signal.signal(one, signal.SIG_DFL)
