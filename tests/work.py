"""The work of an answer, counted: the same on every machine, however busy it is."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lineage.snapshot.reading import Snapshot


def calls(do: Callable[[], object]) -> int:
    """The number of function calls it makes, Python's own included."""
    count = 0

    def heed(_frame: Any, event: str, _: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # what a collection calls at any moment is not its work
    sys.setprofile(heed)
    try:
        do()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return count


def grows_straight(do: Callable[[int], Callable[[], object]], size: int) -> bool:
    """Whether twice as much takes about twice the work; a comparison of each with all would take four times as much.

    `do` prepares what is then measured, so that the preparation is not counted.
    """
    return calls(do(2 * size)) < 2.5 * calls(do(size))


@contextmanager
def steps(snapshot: Snapshot) -> Iterator[list[None]]:
    """A list that grows by one for each hundred SQLite steps inside the block."""
    gone: list[None] = []
    snapshot._db.set_progress_handler(lambda: gone.append(None), 100)
    try:
        yield gone
    finally:
        snapshot._db.set_progress_handler(None, 100)
