"""The threads of a sweep: some turn pages, others ask for one record each, and all of them bring what they get to one inbox."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable

from lineage.crawl.aws.workers import Workers
from lineage.crawl.keeping import Take

WALKERS, DESCRIBERS = 32, 48  # threads that turn pages, and threads that ask for one record each
IDLE = 0.5  # seconds without an answer, after which whoever waits does something else for a moment
INBOX = 64  # pages that may wait to be kept: all that a sweep holds in memory


class _Stopped(Exception):
    """The sweep has ended: nobody takes in any more."""


class Crew:
    """Threads that wait for AWS, and the inbox from which one thread, the caller's, takes what they bring."""

    def __init__(self) -> None:
        self._inbox: queue.Queue[Take | BaseException] = queue.Queue(INBOX)
        self._stopped = False
        self._walkers, self._describers = Workers(), Workers()

    def start(self) -> None:
        self._walkers.start(WALKERS)
        self._describers.start(DESCRIBERS)

    def stop(self) -> None:
        """Let each thread end after the call that it waits for; what they still bring nobody takes."""
        self._stopped = True
        self._walkers.stop()
        self._describers.stop()

    def walk(self, do: Callable[[], Take]) -> None:
        """Have a thread turn pages. It may bring each as it comes; what it returns is brought last."""
        self._walkers.give(lambda: self._safely(do))

    def describe(self, do: Callable[[], Take]) -> None:
        """Have a thread ask for one record."""
        self._describers.give(lambda: self._safely(do))

    def _safely(self, do: Callable[[], Take]) -> None:
        """Do a thread's work and bring what comes of it; an error ends the sweep."""
        with contextlib.suppress(_Stopped):
            try:
                take = do()
            except Exception as error:  # noqa: BLE001  (it belongs to the thread that runs the sweep)
                self.bring(error)
            else:
                self.bring(take)

    def bring(self, what: Take | BaseException) -> None:
        """Hand something to the thread that runs the sweep, as soon as it can take more; no more, once that has ended."""
        while not self._stopped:
            with contextlib.suppress(queue.Full):
                self._inbox.put(what, timeout=1)
                return
        raise _Stopped

    def brought(self, meanwhile: Callable[[], None]) -> list[Take]:
        """All that threads have brought, once there is something; `meanwhile` is done now and then until there is."""
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
