"""Threads that wait for AWS side by side. They are daemons: whoever presses Ctrl-C waits for none of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import TypeVar

Task = Callable[[], None]


class Workers:
    """A few threads that run tasks in the order in which they were given."""

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
        """Have a task run. It must raise nothing: there is nobody to catch it."""
        self._tasks.put(task)

    def stop(self) -> None:
        """Let each thread end after what it is doing; what is still waiting is dropped."""
        self._stopped = True
        for _ in range(self._number):
            self._tasks.put(None)

    def _run(self) -> None:
        while not self._stopped and (task := self._tasks.get()) is not None:
            task()


One = TypeVar("One")
Outcome = TypeVar("Outcome")


def side_by_side(todo: Iterable[One], do: Callable[[One], Outcome], number: int) -> Iterator[tuple[One, Outcome]]:
    """Do something with each, so many at a time: what came of it, as it comes. Raises the first error that `do` raises.

    No more is begun than is taken, so that nothing piles up.
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
