"""Threads that wait for AWS in parallel. They are daemons: Ctrl-C waits for none of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

Task = Callable[[], None]


class Workers:
    """A few threads that run tasks in the given order."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._stopped = False
        self._number = 0

    def start(self, number: int) -> None:
        """Begin to run tasks, so many at a time."""
        self._number += number
        for _ in range(number):
            threading.Thread(target=self._run, daemon=True).start()

    def give(self, task: Task) -> None:
        """Run a task on a thread. It must not raise: nothing would catch the error."""
        self._tasks.put(task)

    def stop(self) -> None:
        """Let each thread end after its current task; waiting tasks are dropped."""
        self._stopped = True
        for _ in range(self._number):
            self._tasks.put(None)

    def _run(self) -> None:
        while not self._stopped and (task := self._tasks.get()) is not None:
            task()


One = TypeVar("One")
Outcome = TypeVar("Outcome")


def side_by_side(todo: Iterable[One], do: Callable[[One], Outcome], number: int) -> Iterator[tuple[One, Outcome]]:
    """Call `do` for each item, so many at a time, and yield each result as it comes. Raises the first error of `do`.

    Starts no more calls than results are taken, so nothing piles up.
    """
    rest, running = iter(todo), 0
    inbox: queue.SimpleQueue[tuple[One, Outcome] | Exception] = queue.SimpleQueue()
    workers = Workers()
    try:
        for one in islice(rest, number):
            workers.start(1)
            workers.give(partial(_bring, one, do, inbox))
            running += 1
        while running:
            outcome = inbox.get()
            if isinstance(outcome, Exception):
                raise outcome
            running -= 1
            for one in islice(rest, 1):
                workers.give(partial(_bring, one, do, inbox))
                running += 1
            yield outcome
    finally:
        workers.stop()


def _bring(one: One, do: Callable[[One], Outcome], inbox: queue.SimpleQueue[tuple[One, Outcome] | Exception]) -> None:
    try:
        inbox.put((one, do(one)))
    except Exception as error:  # noqa: BLE001  (it belongs to the thread that waits)
        inbox.put(error)
