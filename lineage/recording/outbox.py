"""Sends what is queued, in the background and in order, and keeps it until it is acknowledged."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from lineage.errors import LineageError, NotRecorded
from lineage.recording.objects import let_go
from lineage.recording.opening import Opened
from lineage.recording.sending import FILE, LANES, OPEN, Outcome, copies
from lineage.recording.service import DENIED, LOGGER, UNREACHABLE, Service, waits
from lineage.recording.spool import Item, Orphan, Owner, Place, Row, Spool

KEPT: Final = 100  # refusals that are reported one by one
_LONGEST_REST = 30.0  # seconds between two tries of a lane that is stuck
_LAST_CALL = 60.0  # seconds that a running call may take when a run is left
RESUME: Final = "resume"  # replaces a component, for a process that only sends what others left
_FOR_OTHERS = 30.0  # seconds that a run, when left, continues with what others left
_SILENCE = 2.0  # seconds of waiting after which a message says what is waited for
# A place (a lane and a component) that fails for so many seconds, and more than once, is stuck: waiting callers go on, and it
# is tried now and then. Without credentials or permission, one failure is enough.
_ENOUGH: Final = {DENIED: 0.0, UNREACHABLE: 3.0}
_ENOUGH_ELSE = 15.0
_ORDER: Final = {lane: at for at, lane in enumerate(LANES)}


@dataclass(slots=True)
class _State:
    """The state of a place: a lane of one component. A refusal for one run does not stop another run."""

    failures: int = 0
    since: float = 0.0
    rests_until: float = 0.0
    error: NotRecorded | None = None
    singly: int = 0  # items to send one by one, because together they were refused
    slow: bool = False  # somebody waited for it without success
    waits: Iterator[float] = field(default_factory=waits)

    @property
    def stuck(self) -> bool:
        if self.error is None:
            return False
        enough = _ENOUGH.get(self.error.cause, _ENOUGH_ELSE)
        return not enough or (self.failures > 1 and time.monotonic() - self.since >= enough)

    def after(self, error: NotRecorded) -> _State:
        """The state of the place after another failure."""
        since = self.since if self.failures else time.monotonic()
        return replace(self, failures=self.failures + 1, since=since, error=error)


@dataclass(frozen=True, slots=True)
class Unsent:
    """What is not sent yet: how many items, where they are kept (None: in memory), and why. False if all is sent."""

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


OnOpen = Callable[["Outbox", Opened], None]


class Outbox:
    """The queue of one run in one process, and the thread that empties it."""

    def __init__(self, service: Service, directory: Path | None, owner: Owner, on_open: OnOpen | None = None) -> None:
        """Falls back to memory, with a warning, if nothing can be written to the directory.

        `on_open` is called after a run was opened that could not be opened before, and before anything of it is sent.
        """
        self.service = service.impatient()
        self.refused: deque[str] = deque(maxlen=KEPT)
        self._told: set[str] = set()  # the obstacles, each once
        self.refusals = 0
        self.spool = _spool(directory, owner)
        self._on_open = on_open
        self._states: dict[Place, _State] = {}
        self._impossible: dict[str, str] = {}  # why a run can't be opened, by its component
        self._broken: NotRecorded | None = None
        self._changed = threading.Condition(self.spool.lock)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=f"lineage-{owner.component}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def add(self, rows: Sequence[Row]) -> list[int]:
        """Queue something. Raises `NotRecorded` if neither disk nor memory accepts it, or its run can't be opened."""
        for row in rows:
            if why := self._impossible.get(row.component):
                raise NotRecorded(why)
        try:
            with self._changed:
                ids = self.spool.add(rows)
                self._changed.notify_all()
        except sqlite3.Error as error:
            raise NotRecorded(f"{self.spool.path or 'memory'} does not accept it: {error}") from error
        return ids

    def take_over(self, orphan: Orphan, rows: Iterable[Row], count: int) -> None:
        """Queue what a dead process left, before all else. Raises `sqlite3.Error` if the disk does not accept it."""
        with self._changed:
            orphan.hand_over(self.spool, rows, count)
            self._changed.notify_all()

    def wait_for(self, place: Place, ids: Sequence[int], seconds: float, *, strictly: bool = False) -> NotRecorded | None:
        """Wait until these items of a place are settled, or it is stuck (returns its error), or for so many seconds.

        An unreachable service is waited for once, and not at each call, unless that is requested.
        """
        with self._changed:
            slow = self._state(place).slow and not strictly
            until = time.monotonic() + (0 if slow else seconds)
            while ids and self.holds(ids):
                if error := self._stuck(place):
                    return error
                if (left := until - time.monotonic()) <= 0:
                    self._state(place).slow = True
                    return NotRecorded(f"not sent yet, after {seconds:.0f} seconds", UNREACHABLE)
                self._changed.wait(min(left, 1.0))
        return None

    def drain(self, seconds: float | None = None, label: str = "") -> Unsent:
        """Wait until all is sent, or the rest is stuck, or for so many seconds. First tries each place once more.

        Waits only a while for what dead processes left of other runs: a short run need not send all of a long one.
        """
        until = None if seconds is None else time.monotonic() + seconds
        self._try_again()
        told, own, others = time.monotonic() + _SILENCE, self.spool.owner.component, time.monotonic() + _FOR_OTHERS
        with self._changed:
            while places := list(self.spool.counts):
                if all(self._stuck(place) for place in places) or (until and time.monotonic() >= until):
                    break
                if any(place[1] == own for place in places):
                    others = time.monotonic() + _FOR_OTHERS
                elif time.monotonic() > others and own != RESUME:
                    break
                if told and time.monotonic() > told:
                    LOGGER.warning("lineage: sending the last %s items%s …", f"{self.spool.counts.total():,}", label)
                    told = 0.0
                self._changed.wait(0.5 if until is None else max(0.0, min(0.5, until - time.monotonic())))
            return self._unsent()

    @property
    def away(self) -> bool:
        """Whether the service is known to be unreachable just now."""
        with self._changed:
            return any(state.stuck and state.error and state.error.cause == UNREACHABLE for state in self._states.values())

    def end(self) -> None:
        """Stop sending, and release the queue: what is left stays on disk."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.ident:
            self._thread.join(timeout=_LAST_CALL)
        self.spool.end()

    def _unsent(self) -> Unsent:
        errors = [self._broken, *(self._state(place).error for place in self.spool.counts)]
        path = self.spool.path if self.spool.on_disk else None
        return Unsent(self.spool.counts.total(), path, tuple(dict.fromkeys(str(error) for error in errors if error)))

    def _state(self, place: Place) -> _State:
        return self._states.setdefault(place, _State())

    def holds(self, ids: Sequence[int]) -> bool:
        """Whether any of these is still queued."""
        try:
            return self.spool.holds(ids)
        except sqlite3.Error:
            return False

    def _stuck(self, place: Place) -> NotRecorded | None:
        """Why a place is stuck: by itself, or because its run is not opened yet."""
        opening = (OPEN, place[1])
        before = [opening] if self.spool.counts[opening] else []
        return self._broken or next((state.error for one in (*before, place) if (state := self._state(one)).stuck), None)

    def _try_again(self) -> None:
        with self._changed:
            self._broken = None
            for place, state in self._states.items():
                self._states[place] = _State(singly=state.singly)
            self._changed.notify_all()

    # --- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending:
            try:
                self._step()
            except Exception as error:  # noqa: BLE001  (a dead thread would lose all that follows)
                self._break(error)

    def _step(self) -> None:
        """Send what is next, or wait."""
        with self._changed:
            if self._ending:
                return
            work = self._next()
            if not work:
                self._changed.wait(self._rest())
                return
        self._send(*work)

    def _break(self, error: Exception) -> None:
        """The queue can't be read or written: waiting callers continue."""
        with self._changed:
            if self._ending:
                return
            self._broken = NotRecorded(f"{self.spool.path or 'memory'}: {type(error).__name__}: {error}")
            LOGGER.warning("lineage: %s", self._broken)
            self._changed.notify_all()
            self._changed.wait(_LONGEST_REST)

    def _next(self) -> tuple[Place, list[Item]] | None:
        """The first place that has something and is not waiting: of this run, then of what others left.

        Nothing is sent before its run is opened.
        """
        now = time.monotonic()
        own = self.spool.owner.component
        places = sorted(self.spool.counts, key=lambda place: (place[1] != own, _ORDER[place[0]]))
        unopened = {component for lane, component in places if lane == OPEN}
        for place in places:
            state = self._state(place)
            if state.rests_until <= now and (place[0] == OPEN or place[1] not in unopened):
                return place, self.spool.first(place, 1 if state.singly else LANES[place[0]].most)
        return None

    def _rest(self) -> float | None:
        """How long nothing can be done, until a place has waited enough. None if nothing is queued."""
        now = time.monotonic()
        resting = [state.rests_until - now for state in self._states.values() if state.rests_until > now]
        return min(resting) if resting else None

    def _send(self, place: Place, items: list[Item]) -> None:
        try:
            outcome = LANES[place[0]].send(self.service, items)
        except NotRecorded as error:
            self._failed(place, error)
        except LineageError as refusal:
            self._refuse(place, items, refusal)
        except Exception as error:  # noqa: BLE001  (after any error, what is queued stays)
            self._failed(place, NotRecorded(f"{type(error).__name__}: {error}"))
        else:
            self._settle(place, outcome)

    def _refuse(self, place: Place, items: list[Item], refusal: LineageError) -> None:
        """A refused item does not discard the others: they are sent one by one. A run that can't be opened loses all."""
        if len(items) > 1:
            with self._changed:
                self._state(place).singly = len(items)
            return
        self._settle(place, Outcome([item.id for item in items], [f"{place[0]}: {refusal}"]))
        if place[0] == OPEN:
            with self._changed:
                count = sum(number for (_, component), number in self.spool.counts.items() if component == place[1])
            LOGGER.warning("lineage: not recorded: %s items of the run %s", f"{count:,}", place[1])
            with self._changed:
                unneeded = copies(self.spool.first((FILE, place[1]), count))
                self.spool.forget(place[1])
                self._impossible[place[1]] = f"the run {place[1]} can't be opened: {refusal}"
                self._changed.notify_all()
            let_go(unneeded)

    def _failed(self, place: Place, error: NotRecorded) -> None:
        with self._changed:
            tell = self._state(place).after(error).stuck and str(error) not in self._told
            self._told |= {str(error)} if tell else set()
        if tell:  # before waiting callers continue; and not under the lock, because a user's handler may record
            LOGGER.warning("lineage: %s; what is logged is kept, and sent when that is mended", str(error).rstrip("."))
        with self._changed:
            state = self._states[place] = self._state(place).after(error)
            state.rests_until = time.monotonic() + (_LONGEST_REST if state.stuck else next(state.waits))
            self._changed.notify_all()

    def _settle(self, place: Place, outcome: Outcome) -> None:
        self._tell(outcome.refused)  # before waiting callers continue
        for text in outcome.notes:
            LOGGER.info("lineage: %s", text)
        with self._changed:
            self.spool.settle(place, outcome.done, outcome.more)
            left = max(0, self._state(place).singly - len(outcome.done))
            self._states[place] = _State(singly=left)
            self.refused.extend(outcome.refused)
            self.refusals += len(outcome.refused)
            self._changed.notify_all()
        let_go(outcome.copies)
        if outcome.opened and place[1] == self.spool.owner.component:
            self._opened(outcome.opened)

    def _tell(self, refused: Sequence[str]) -> None:
        """Warn of each refusal, of the first hundred: a loop may log a hundred thousand that are refused."""
        for text in refused[: max(0, KEPT - self.refusals)]:
            LOGGER.warning("lineage: not recorded: %s", text)
        if self.refusals <= KEPT < self.refusals + len(refused):
            LOGGER.warning("lineage: not recorded: more than %s items; further ones are counted", KEPT)

    def _opened(self, opened: Opened) -> None:
        self.spool.say(replace(self.spool.owner, account=opened.account))
        if (do := self._on_open) is not None:
            quietly(lambda: do(self, opened))


def _spool(directory: Path | None, owner: Owner) -> Spool:
    try:
        return Spool(directory, owner)
    except (OSError, sqlite3.Error) as error:
        LOGGER.warning(
            "lineage: nothing can be kept in %s (%s): what is not sent when this process ends is lost", directory, error
        )
        return Spool(None, owner)


def quietly(do: Callable[[], None]) -> None:
    """Do something when nobody is left to hear of an error."""
    try:
        do()
    except Exception as error:  # noqa: BLE001  (at the end of a process)
        LOGGER.warning("lineage: %s", error)
