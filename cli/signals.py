"""SIGTERM and SIGHUP end a command as Ctrl-C does: what is half written is taken back, and a line says what is kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any, Final

_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)  # how a shell, a terminal or a scheduler has a process end
SIGNALS = 128  # and its number: the exit code of what a signal has ended


@contextlib.contextmanager
def ending_as_interrupted(said: dict[str, Any]) -> Iterator[None]:
    """Have the signals interrupt a block, and note in `said` which one did. Whoever ignores one, as nohup does, still does."""
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
