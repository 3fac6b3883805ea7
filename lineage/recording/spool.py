"""What was logged and is not acknowledged yet: a queue on disk, one file for each run that a process has open.

A file is an SQLite database that its process holds exclusively. So it outlives the process, whatever ends that; nobody else
reads it while the process lives; and once it is dead, one other process takes the file over and sends the rest on. What a file
system still has in memory survives a killed process and not a power cut: nothing waits for the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

SUFFIX = ".spool"
_TABLES = """
CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT, component TEXT, body TEXT);
CREATE INDEX IF NOT EXISTS lanes ON item (lane, id);
CREATE TABLE IF NOT EXISTS said (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""

Json = dict[str, Any]


class Row(NamedTuple):
    """What is to be queued: in which lane (`sending.LANES`), of which component, and what is to be sent."""

    lane: str
    component: str
    body: Json


class Item(NamedTuple):
    """The same, queued: a smaller id was logged before."""

    id: int
    lane: str
    component: str
    body: Json


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose queue a file is: the run that it was opened for, and where that is recorded."""

    component: str
    region: str
    account: str  # "" while nobody knows it, for the service could not be reached
    profile: str
    sets_status: bool  # whether this process says how the run ended


class Spool:
    """One queue. Threads may share it."""

    def __init__(self, directory: Path | None, owner: Owner) -> None:
        """A new queue in a directory; in memory alone where that is None. Raises `OSError`, `sqlite3.Error`."""
        self.path = directory and directory / f"{owner.component[:60]}.{os.getpid()}-{uuid.uuid4().hex[:8]}{SUFFIX}"
        self.lock = threading.RLock()
        if self.path:
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._database = _connect(str(self.path or ":memory:"), timeout=5)  # somebody may be looking whether it is alive
        self._database.executescript(_TABLES)
        self.say(owner)

    def say(self, owner: Owner) -> None:
        """Write down whose it is."""
        self.owner = owner
        said = [(name, json.dumps(getattr(owner, name))) for name in Owner.__slots__]
        with self.lock:
            self._database.executemany("INSERT OR REPLACE INTO said VALUES (?, ?)", said)

    def add(self, rows: Iterable[Row]) -> list[int]:
        """Queue some rows, all or none. Gives their ids."""
        with self.lock, _together(self._database):
            return [
                int(
                    self._database.execute("INSERT INTO item (lane, component, body) VALUES (?, ?, ?)", _written(row)).lastrowid
                    or 0
                )
                for row in rows
            ]

    def first(self, lane: str, most: int) -> list[Item]:
        """The oldest of a lane, of one component: those that stand before the first one of another."""
        with self.lock:
            rows = self._database.execute("SELECT * FROM item WHERE lane = ? ORDER BY id LIMIT ?", (lane, most)).fetchall()
        items = [Item(number, name, component, json.loads(body)) for number, name, component, body in rows]
        return [item for at, item in enumerate(items) if all(one.component == items[0].component for one in items[: at + 1])]

    def settle(self, done: Sequence[int], more: Iterable[Row] = ()) -> None:
        """Take away what is acknowledged or refused, and queue what follows from it, at once."""
        with self.lock, _together(self._database):
            self._database.executemany("DELETE FROM item WHERE id = ?", [(one,) for one in done])
            self._database.executemany(
                "INSERT INTO item (lane, component, body) VALUES (?, ?, ?)", [_written(row) for row in more]
            )

    def holds(self, ids: Sequence[int]) -> bool:
        """Whether any of these is still queued."""
        with self.lock:
            least, most = min(ids), max(ids)
            found = self._database.execute("SELECT 1 FROM item WHERE id BETWEEN ? AND ? LIMIT 1", (least, most)).fetchone()
        return found is not None

    def lanes(self) -> dict[str, int]:
        """How many items each lane has; none that is empty."""
        with self.lock:
            return dict(self._database.execute("SELECT lane, count(*) FROM item GROUP BY lane").fetchall())

    def end(self) -> None:
        """Let go of the file; one that is empty is removed."""
        with self.lock:
            empty = not self.lanes()
            self._database.close()
            if empty and self.path:
                _remove(self.path)


class Orphan:
    """The queue of a process that is dead, held so that nobody else takes it over."""

    def __init__(self, path: Path) -> None:
        """Raises `sqlite3.Error` where its process lives, or it is none."""
        self.path = path
        self._database = _connect(str(path))
        try:
            said = {name: json.loads(value) for name, value in self._database.execute("SELECT name, value FROM said")}
            self.owner = Owner(**said)
        except (sqlite3.Error, TypeError, ValueError) as error:
            self._database.close()
            raise sqlite3.DatabaseError(f"{path} is no queue: {error}") from error

    def rows(self) -> list[Row]:
        """What it still has, the oldest first."""
        found = self._database.execute("SELECT lane, component, body FROM item ORDER BY id")
        return [Row(lane, component, json.loads(body)) for lane, component, body in found]

    def count(self) -> int:
        """How many items it still has."""
        return int(self._database.execute("SELECT count(*) FROM item").fetchone()[0])

    def hand_over(self, spool: Spool, rows: Iterable[Row]) -> None:
        """Its rows are another queue's now. One that is killed in between has them in both: they are sent twice, not never."""
        spool.add(rows)
        self.end()
        _remove(self.path)

    def end(self) -> None:
        """Let go of it, as it is."""
        self._database.close()


def orphans(directory: Path) -> Iterator[Orphan]:
    """The queues of dead processes in a directory, the oldest first; each is held until it is handed over or let go of."""
    for path in sorted(directory.glob(f"*{SUFFIX}"), key=_age):
        with contextlib.suppress(sqlite3.Error):
            yield Orphan(path)


def is_alive(directory: Path, component: str, own: Path | None = None) -> bool:
    """Whether another process on this machine has a queue for a run."""
    for path in directory.glob(f"{component[:60]}.*{SUFFIX}"):
        if path != own:
            try:
                Orphan(path).end()
            except sqlite3.OperationalError:  # locked
                return True
            except sqlite3.Error:
                continue
    return False


def directory() -> Path:
    """Where queues lie: `LINEAGE_SPOOL`, or `lineage/spool` in the user's state folder. Made where it is not there."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    path = Path(os.environ.get("LINEAGE_SPOOL") or Path(state) / "lineage" / "spool")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _connect(path: str, timeout: float = 0) -> sqlite3.Connection:
    """Held exclusively from the first statement on. Raises `sqlite3.OperationalError` where somebody else holds it."""
    database = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
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
    database.execute("BEGIN")
    try:
        yield
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _written(row: Row) -> tuple[str, str, str]:
    return row.lane, row.component, json.dumps(row.body)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _remove(path: Path) -> None:
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        one.unlink(missing_ok=True)
