"""The threads of a sweep: some read pages, others one record each, and all put their results into one inbox."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable

from lineage.crawl.aws.workers import Workers
from lineage.crawl.keeping import Take

WALKERS, DESCRIBERS = 32, 48  # threads that read pages, and threads that ask for one record each
IDLE = 0.5  # seconds without an answer after which the waiting thread does something else for a moment
INBOX = 64  # pages that may wait to be stored: all that a sweep holds in memory


class _Stopped(Exception):
    """The sweep has ended: no more results are taken."""


class Crew:
    """Threads that wait for AWS, and the inbox from which the caller's thread takes their results."""

    def __init__(self) -> None:
        self._inbox: queue.Queue[Take | BaseException] = queue.Queue(INBOX)
        self._stopped = False
        self._walkers, self._describers = Workers(), Workers()

    def start(self) -> None:
        self._walkers.start(WALKERS)
        self._describers.start(DESCRIBERS)

    def stop(self) -> None:
        """Let each thread end after its current call; further results are dropped."""
        self._stopped = True
        self._walkers.stop()
        self._describers.stop()

    def walk(self, do: Callable[[], Take]) -> None:
        """Let a thread read pages. It may deliver each as it comes; its return value is delivered last."""
        self._walkers.give(lambda: self._safely(do))

    def describe(self, do: Callable[[], Take]) -> None:
        """Let a thread ask for one record."""
        self._describers.give(lambda: self._safely(do))

    def _safely(self, do: Callable[[], Take]) -> None:
        """Do a thread's work and deliver the result; an error ends the sweep."""
        with contextlib.suppress(_Stopped):
            try:
                take = do()
            except Exception as error:  # noqa: BLE001  (it belongs to the thread that runs the sweep)
                self.bring(error)
            else:
                self.bring(take)

    def bring(self, what: Take | BaseException) -> None:
        """Give something to the thread that runs the sweep, as soon as it can take more; nothing once the sweep has ended."""
        while not self._stopped:
            with contextlib.suppress(queue.Full):
                self._inbox.put(what, timeout=1)
                return
        raise _Stopped

    def brought(self, meanwhile: Callable[[], None]) -> list[Take]:
        """All delivered results, once there are some; until then, `meanwhile` is called now and then."""
        brought: list[Take | BaseException] = []
        while not brought:
            try:
                brought = [self._inbox.get(timeout=IDLE)]
            except queue.Empty:
                meanwhile()
        while len(brought) < INBOX and not self._inbox.empty():
            brought.append(self._inbox.get())
        for one in brought:
            if isinstance(one, BaseException):
                raise one
        return [one for one in brought if not isinstance(one, BaseException)]
