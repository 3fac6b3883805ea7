"""Threads that wait for AWS side by side. They are daemons: whoever presses Ctrl-C waits for none of them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

Task = Callable[[], None]


class Workers:
    """A few threads that run tasks in the order in which they were given."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._stopped = False
        self._number = 0

    def start(self, number: int) -> None:
        """Begin to run tasks, so many at a time."""
        self._number = number
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
