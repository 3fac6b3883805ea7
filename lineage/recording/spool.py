"""A queue on disk for what was logged and is not acknowledged yet: one file for each run that a process has open.

A file is an SQLite database that its process locks exclusively. So it survives any end of the process; nobody else
reads it while the process lives; and after its death, one other process takes the file over and sends the rest. Writes do
not wait for the disk: what the file system has in memory survives a killed process, but not a power cut.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sqlite3
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lineage.recording.service import LOGGER

SUFFIX = ".spool"
_OPEN = ".open"  # a file beside a queue while its process is inside the block that records how the run ended
_PATIENCE = 0.5  # seconds: another process may look at a dead queue and hold it for a moment
_TABLES = """
CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT, component TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS places ON item (lane, component, id);
CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""

Json = dict[str, Any]
Place = tuple[str, str]  # a lane and a component: items of a place are sent in order
Done = TypeVar("Done")


class Row(NamedTuple):
    """An item to queue: its lane (`sending.LANES`), its component, and what to send."""

    lane: str
    component: str
    body: Json


class Item(NamedTuple):
    """The same, queued: smaller ids were logged earlier."""

    id: int
    lane: str
    component: str
    body: Json


@dataclass(frozen=True, slots=True)
class Owner:
    """The owner of a queue file: the run for which it was opened, and where that is recorded."""

    component: str
    region: str
    account: str  # "" while unknown, because the service could not be reached
    profile: str
    sets_status: bool  # whether this process records how the run ended


class Spool:
    """One queue. Threads may share it."""

    def __init__(self, directory: Path | None, owner: Owner) -> None:
        """A new queue in a directory; only in memory if that is None. Raises `OSError`, `sqlite3.Error`."""
        self.path = directory and directory / f"{owner.component}.{os.getpid()}-{uuid.uuid4().hex[:8]}{SUFFIX}"
        self.lock = threading.RLock()
        self.counts: Counter[Place] = Counter()
        self._left: sqlite3.Connection | None = None  # the file, if the disk no longer accepts writes
        try:
            if self.path:
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._database = _connect(str(self.path or ":memory:"), timeout=5)  # another process may be checking it
            self._database.executescript(_TABLES)
            self.say(owner)
        except (OSError, sqlite3.Error):
            if self.path:
                _remove(self.path)
            raise

    @property
    def on_disk(self) -> bool:
        """Whether queued items survive the process."""
        return self.path is not None and self._left is None

    def say(self, owner: Owner) -> None:
        """Store its owner."""
        self.owner = owner
        said = [(name, json.dumps(getattr(owner, name))) for name in Owner.__slots__]
        self._change(lambda database: database.executemany("INSERT OR REPLACE INTO said VALUES (?, ?)", said))

    def add(self, rows: Iterable[Row]) -> list[int]:
        """Queue some rows, all or none. Returns their ids."""
        written = [_written(row) for row in rows]
        with self.lock:
            ids = self._change(lambda database: [_inserted(database, one) for one in written])
            self.counts.update((lane, component) for lane, component, _ in written)
        return ids

    def take(self, rows: Iterable[Row], count: int) -> None:
        """Queue so many rows before all queued ones, only on disk. Raises `sqlite3.Error` if the disk does not accept them."""
        taken: Counter[Place] = Counter()

        def numbered(first: int) -> Iterator[tuple[int, str, str, str]]:
            for at, row in enumerate(rows):
                taken[row.lane, row.component] += 1
                yield first + at, *_written(row)

        with self.lock:
            with _together(self._database):
                least = self._database.execute("SELECT min(id) FROM item").fetchone()[0]
                self._database.executemany(
                    "INSERT INTO item (id, lane, component, body) VALUES (?, ?, ?, ?)", numbered(min(least or 0, 0) - count)
                )
            self.counts.update(taken)

    def first(self, place: Place, most: int) -> list[Item]:
        """The oldest items of a place."""
        ask = "SELECT * FROM item WHERE lane = ? AND component = ? ORDER BY id LIMIT ?"
        with self.lock:
            rows = self._database.execute(ask, (*place, most)).fetchall() if self.counts[place] else []
        return [Item(number, name, component, json.loads(body)) for number, name, component, body in rows]

    def settle(self, place: Place, done: Sequence[int], more: Iterable[Row] = ()) -> None:
        """Remove acknowledged or refused items, and queue their follow-ups, in one step."""
        written = [_written(row) for row in more]

        def change(database: sqlite3.Connection) -> None:
            database.executemany("DELETE FROM item WHERE id = ?", [(one,) for one in done])
            for one in written:
                _inserted(database, one)

        with self.lock:
            self._change(change)
            self.counts.update((lane, component) for lane, component, _ in written)
            self._less(place, len(done))

    def forget(self, component: str) -> int:
        """Remove all items of a component. Returns their number."""
        with self.lock:
            self._change(lambda database: database.execute("DELETE FROM item WHERE component = ?", (component,)))
            gone = [(place, count) for place, count in self.counts.items() if place[1] == component]
            for place, count in gone:
                self._less(place, count)
        return sum(count for _, count in gone)

    def holds(self, ids: Sequence[int]) -> bool:
        """Whether any of these is still queued."""
        with self.lock:
            least, most = min(ids), max(ids)
            found = self._database.execute("SELECT 1 FROM item WHERE id BETWEEN ? AND ? LIMIT 1", (least, most)).fetchone()
        return found is not None

    def begin_block(self) -> None:
        """Show other processes that the owner of this queue records how the run ends."""
        if self.path:
            self.path.with_name(self.path.name + _OPEN).touch(mode=0o600)

    def end_block(self) -> None:
        """The block is left: if two processes leave at once, at least one sees that nobody else is inside."""
        if self.path:
            self.path.with_name(self.path.name + _OPEN).unlink(missing_ok=True)

    def end(self) -> None:
        """Release the file; an empty one is removed."""
        with self.lock:
            empty = not self.counts
            if self._left:
                empty = self._put_back() or empty
            if empty and self.path:
                _remove(self.path)  # before the release, so that nobody takes it over
            self._database.close()
            if self._left:
                self._left.close()

    def _less(self, place: Place, count: int) -> None:
        self.counts[place] -= count
        if self.counts[place] <= 0:
            del self.counts[place]

    def _change(self, change: Callable[[sqlite3.Connection], Done]) -> Done:
        """Change the queue. If the disk does not accept the change, the queue continues in memory."""
        with self.lock:
            try:
                with _together(self._database):
                    return change(self._database)
            except sqlite3.ProgrammingError:  # it is closed
                raise
            except sqlite3.Error as error:
                if not self.on_disk:
                    raise
                self._into_memory(error)
            with _together(self._database):
                return change(self._database)

    def _into_memory(self, error: sqlite3.Error) -> None:
        """The disk is full, or gone: all queued items are sent from memory. The file is held until the end."""
        LOGGER.warning(
            "lineage: %s takes nothing more (%s): what is not sent when this process ends may be lost", self.path, error
        )
        memory = _connect(":memory:")
        memory.executescript(_TABLES)
        try:
            memory.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", self._database.execute("SELECT * FROM item"))
        except sqlite3.Error as unreadable:
            LOGGER.warning("lineage: %s can't be read any more, and is left there: %s", self.path, unreadable)
            memory.execute("DELETE FROM item")
            self.counts.clear()
        self._left, self._database = self._database, memory

    def _put_back(self) -> bool:
        """Move items from memory to disk again, if the disk accepts them. Returns whether memory is empty."""
        assert self._left
        rows = self._database.execute("SELECT * FROM item").fetchall()
        if not rows:
            return True
        try:
            with _together(self._left):
                self._left.execute("DELETE FROM item")
                self._left.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", rows)
        except sqlite3.Error as error:
            LOGGER.warning("lineage: %s items are lost: %s does not take them (%s)", f"{len(rows):,}", self.path, error)
        return False


class Orphan:
    """The queue of a dead process, held so that nobody else takes it over."""

    def __init__(self, path: Path, timeout: float = 0) -> None:
        """Raises `sqlite3.Error` if its process lives, or it is not a queue."""
        self.path = path
        self._database = _connect(f"{path.absolute().as_uri()}?mode=rw", timeout, uri=True)  # never creates it
        try:
            said = {name: json.loads(value) for name, value in self._database.execute("SELECT name, value FROM said")}
            self.owner = Owner(**said)
        except (sqlite3.Error, TypeError, ValueError, RecursionError) as error:
            self._database.close()
            raise sqlite3.DatabaseError(f"{path} is not a queue: {error}") from error

    def rows(self, lanes: Collection[str]) -> Iterator[Row]:
        """Its remaining items, the oldest first. Raises `sqlite3.Error`, `ValueError` if they can't be read."""
        for lane, component, text in self._database.execute("SELECT lane, component, body FROM item ORDER BY id"):
            body = json.loads(text)
            if lane not in lanes or not isinstance(body, dict):
                raise ValueError(f"this version cannot send {lane!r}")
            yield Row(lane, component, body)

    def hand_over(self, spool: Spool, rows: Iterable[Row], count: int) -> None:
        """Move its rows, so many, to another queue. After a kill in between, both have them: they are sent twice, not never.

        Raises `sqlite3.Error` if the disk does not accept them: then it keeps them.
        """
        spool.take(rows, count)
        self._database.execute("DELETE FROM said")  # a waiting process then finds that it is not a queue
        _remove(self.path)

    def end(self) -> None:
        """Release it unchanged."""
        self._database.close()


def orphans(directory: Path) -> Iterator[Orphan]:
    """The queues of dead processes in a directory, the newest first; each is held until it is handed over or released."""
    for path in sorted(directory.glob(f"*{SUFFIX}"), key=_age, reverse=True):
        try:
            orphan = Orphan(path)
        except sqlite3.Error as error:
            if not _is_busy(error) and path.exists() and path.stat().st_size:
                LOGGER.warning("lineage: the queue %s is damaged, and what it holds can't be sent: %s", path, error)
        else:
            yield orphan


def is_open(directory: Path, component: str, own: Path | None = None) -> bool:
    """Whether another process on this machine is inside the block of a run, and records how that ends."""
    for marker in directory.glob(f"{component}.*{SUFFIX}{_OPEN}"):
        path = marker.with_name(marker.name.removesuffix(_OPEN))
        if path != own and _is_held(path):
            return True
    return False


def _is_held(path: Path) -> bool:
    try:
        Orphan(path, _PATIENCE).end()
    except sqlite3.Error as error:
        return _is_busy(error)
    return False


def _is_busy(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY


def directory() -> Path:
    """The folder of queues: `LINEAGE_SPOOL`, or `lineage/spool` in the user's state folder. Created if missing.

    Raises `OSError` if it can't be created, or is not named and there is no home, as for a container's user of any number.
    """
    given = os.environ.get("LINEAGE_SPOOL")
    path = (Path(given) if given else _state() / "lineage" / "spool").absolute()  # independent of chdir
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _state() -> Path:
    if given := os.environ.get("XDG_STATE_HOME"):
        return Path(given)
    try:
        return Path.home() / ".local" / "state"
    except RuntimeError:
        raise FileNotFoundError(errno.ENOENT, "there is no home directory: LINEAGE_SPOOL may name a folder", "~") from None


def _connect(path: str, timeout: float = 0, *, uri: bool = False) -> sqlite3.Connection:
    """Locked exclusively from the first statement on. Raises `sqlite3.OperationalError` if another process holds it."""
    database = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False, uri=uri)
    try:
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
    except sqlite3.Error:
        database.close()
        raise
    return database


@contextlib.contextmanager
def _together(database: sqlite3.Connection) -> Iterator[None]:
    """All or nothing for any exception: a signal's may come between any two statements."""
    try:
        database.execute("BEGIN")
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def _inserted(database: sqlite3.Connection, written: tuple[str, str, str]) -> int:
    return int(database.execute("INSERT INTO item (lane, component, body) VALUES (?, ?, ?)", written).lastrowid or 0)


def _written(row: Row) -> tuple[str, str, str]:
    return row.lane, row.component, json.dumps(row.body)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path) -> None:
    for ending in (_OPEN, "", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
