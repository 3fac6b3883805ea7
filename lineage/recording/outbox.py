"""Sends what is queued, in the background and in order, and keeps it until it is acknowledged."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lineage.errors import LineageError, NotRecorded
from lineage.recording.sending import LANES, OPEN, Lane
from lineage.recording.service import DENIED, UNREACHABLE, Service, waits
from lineage.recording.spool import Item, Orphan, Owner, Row, Spool

LOGGER: Final = logging.getLogger("lineage.recording")
_KEPT = 100  # of what was refused, so many are told one by one
_LONGEST_REST = 30.0  # seconds between two tries of a lane that is stuck
_SILENCE = 2.0  # seconds of waiting after which it is said what is waited for
# A lane that fails for so many seconds, and more than once, is stuck: whoever waits for it goes on, and it is tried now and
# then. Where nobody is signed in, or may not, once is enough.
_ENOUGH: Final = {DENIED: 0.0, UNREACHABLE: 3.0}
_ENOUGH_ELSE = 15.0


@dataclass(slots=True)
class _State:
    """How a lane fares."""

    failures: int = 0
    since: float = 0.0
    rests_until: float = 0.0
    error: NotRecorded | None = None
    waits: Iterator[float] = field(default_factory=waits)

    @property
    def stuck(self) -> bool:
        if self.error is None:
            return False
        enough = _ENOUGH.get(self.error.cause, _ENOUGH_ELSE)
        return not enough or (self.failures > 1 and time.monotonic() - self.since >= enough)


@dataclass(frozen=True, slots=True)
class Unsent:
    """What is not sent yet: how many items, where they are kept (None: in memory), and why. False where all is sent."""

    items: int
    path: Path | None
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.items > 0

    def __str__(self) -> str:
        why = f" ({'; '.join(self.reasons)})" if self.reasons else ""
        where = (
            f"kept in {self.path}: the next run or `lineage record resume` sends what is left"
            if self.path
            else "lost with this process"
        )
        are = "item is" if self.items == 1 else "items are"
        return f"{self.items:,} {are} not sent{why}: {where}" if self else "all is sent"


class Outbox:
    """The queue of one run in one process, and the thread that empties it."""

    def __init__(self, service: Service, directory: Path | None, owner: Owner) -> None:
        """Falls back to memory, with a warning, where nothing can be written into the directory."""
        self.service = service
        self.refused: deque[str] = deque(maxlen=_KEPT)
        self.refusals = 0
        self.spool = _spool(directory, owner)
        self._states = {name: _State() for name in LANES}
        self._changed = threading.Condition(self.spool.lock)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=f"lineage-{owner.component}", daemon=True)
        self._thread.start()

    def add(self, rows: Iterable[Row]) -> list[int]:
        """Queue something. Raises `NotRecorded` where the disk does not take it."""
        try:
            with self._changed:
                ids = self.spool.add(rows)
                self._changed.notify_all()
        except sqlite3.Error as error:
            raise NotRecorded(f"{self.spool.path or 'memory'} does not take it: {error}") from error
        return ids

    def take_over(self, orphan: Orphan, rows: Iterable[Row]) -> None:
        """Queue what a dead process left."""
        with self._changed:
            orphan.hand_over(self.spool, rows)
            self._changed.notify_all()

    def wait_for(self, lane: str, ids: Sequence[int], seconds: float) -> NotRecorded | None:
        """Wait until these of a lane are settled; or until it is stuck, whose error is given; or for so many seconds."""
        until = time.monotonic() + seconds
        with self._changed:
            while ids and self.spool.holds(ids) and (left := until - time.monotonic()) > 0:
                if error := self._stuck(lane):
                    return error
                self._changed.wait(min(left, 1.0))
        return None

    def drain(self, seconds: float | None = None, label: str = "") -> Unsent:
        """Wait until all is sent, or all that is left is stuck, or for so many seconds. Each lane is tried once more first."""
        until = None if seconds is None else time.monotonic() + seconds
        self._try_again()
        told = time.monotonic() + _SILENCE
        with self._changed:
            while lanes := self._waiting():
                if all(self._stuck(lane) for lane in lanes) or (until and time.monotonic() >= until):
                    break
                if told and time.monotonic() > told:
                    LOGGER.warning("lineage: sending the last %s items%s …", f"{sum(self.spool.lanes().values()):,}", label)
                    told = 0.0
                self._changed.wait(0.5 if until is None else max(0.0, min(0.5, until - time.monotonic())))
            return self._unsent(self.spool.lanes())

    def end(self) -> None:
        """Stop sending, and let go of the queue: what is left stays on disk."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(timeout=60)
        self.spool.end()

    def _waiting(self) -> list[str]:
        """The lanes that hold something. To count them takes as long as the queue is."""
        return [name for name in LANES if self.spool.first(name, 1)]

    def _unsent(self, lanes: dict[str, int]) -> Unsent:
        reasons = dict.fromkeys(str(error) for lane in lanes if (error := self._states[lane].error))
        return Unsent(sum(lanes.values()), self.spool.path, tuple(reasons))

    def _stuck(self, lane: str) -> NotRecorded | None:
        """Why a lane is stuck: by itself, or because its run is not opened yet."""
        before = [OPEN] if self.spool.first(OPEN, 1) else []
        return next((state.error for name in (*before, lane) if (state := self._states[name]).stuck), None)

    def _try_again(self) -> None:
        with self._changed:
            for name in LANES:
                self._states[name] = _State()
            self._changed.notify_all()

    # --- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                work = self._next()
                if self._ending:
                    return
                if not work:
                    self._changed.wait(self._rest())
                    continue
            self._send(*work)

    def _next(self) -> tuple[str, Lane, list[Item]] | None:
        """The first lane that has something and does not rest. Nothing overtakes the opening of its run."""
        now = time.monotonic()
        for name, lane in LANES.items():
            items = self.spool.first(name, lane.most)
            if items and self._states[name].rests_until <= now:
                return name, lane, items
            if items and name == OPEN:
                return None
        return None

    def _rest(self) -> float | None:
        """How long nothing can be done: until a lane has rested. None where nothing is queued."""
        now = time.monotonic()
        resting = [state.rests_until - now for name, state in self._states.items() if state.rests_until > now]
        return min(resting) if resting else None

    def _send(self, name: str, lane: Lane, items: list[Item]) -> None:
        try:
            outcome = lane.send(self.service, items)
        except NotRecorded as error:
            self._failed(name, error)
        except LineageError as refusal:
            self._settle(name, [item.id for item in items], [f"{name}: {refusal}"], (), ())
        except Exception as error:  # noqa: BLE001  (a thread that dies would lose all that follows)
            self._failed(name, NotRecorded(f"{type(error).__name__}: {error}"))
        else:
            self._settle(name, outcome.done, outcome.refused, outcome.more, outcome.notes)

    def _failed(self, name: str, error: NotRecorded) -> None:
        with self._changed:
            state = self._states[name]
            state.since = state.since if state.failures else time.monotonic()
            state.failures += 1
            state.error = error
            rest = _LONGEST_REST if state.stuck else next(state.waits)
            state.rests_until = time.monotonic() + rest
            self._changed.notify_all()

    def _settle(
        self, name: str, done: Sequence[int], refused: Sequence[str], more: Sequence[Row], notes: Sequence[str]
    ) -> None:
        with self._changed:
            self.spool.settle(done, more)
            self._states[name] = _State()
            self.refused.extend(refused)
            self.refusals += len(refused)
            self._changed.notify_all()
        for text in refused:
            LOGGER.warning("lineage: not recorded: %s", text)
        for text in notes:
            LOGGER.info("lineage: %s", text)


def _spool(directory: Path | None, owner: Owner) -> Spool:
    try:
        return Spool(directory, owner)
    except (OSError, sqlite3.Error) as error:
        LOGGER.warning(
            "lineage: nothing can be kept in %s (%s): what is not sent when this process ends is lost", directory, error
        )
        return Spool(None, owner)


def quietly(do: Callable[[], None]) -> None:
    """Do something where nobody is left to be told of an error."""
    try:
        do()
    except Exception as error:  # noqa: BLE001  (at the end of a process)
        LOGGER.warning("lineage: %s", error)
