"""Opens a snapshot file, and turns SQLite's errors into sentences.

Nothing in the file is trusted to run: triggers and views that are not ours are found before any query runs.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

from lineage.errors import DamagedSnapshot, SnapshotError
from lineage.snapshot.mistaken import not_a_database

WAIT_SECONDS = 5.0  # seconds to wait until another process has finished writing
_STEPS = 1_000_000  # SQLite instructions after which Python may handle a signal: a few hundredths of a second
_BUSY = "another crawl is writing to it: wait for it, or stop it"
_READ_ONLY = "the file, its folder or its disk is read-only"
_SENTENCES = {
    sqlite3.SQLITE_BUSY: f"is locked: {_BUSY}",
    sqlite3.SQLITE_LOCKED: f"is locked: {_BUSY}",
    sqlite3.SQLITE_FULL: "could not be written: the disk is full: make room, and run the same command again",
    sqlite3.SQLITE_IOERR: "could not be read or written (disk I/O error): look at the disk, its room and its limits",
    sqlite3.SQLITE_READONLY: f"could not be written: {_READ_ONLY}",
}

_MISUSES = {
    "closed": "the snapshot is closed: open it again",
    "thread": "a snapshot belongs to the thread that opened it: open one in each thread",
}
_DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG)
_DAMAGED = ("malformed", "Could not decode to UTF-8")  # errors of JSON, and of a text: they have no code of their own


def damaged(path: Path, what: str) -> DamagedSnapshot:
    """The error for a file that has changed since a crawl wrote it."""
    return DamagedSnapshot(f"{path} is damaged: {what}: restore it from a copy, or crawl anew into another file", what)


def connect(path: Path, mode: str, wait: float = WAIT_SECONDS) -> Connection:
    """Open a file: `ro`, `rw` (which rolls back what a killed crawl left half done) or `rwc`. Raises `SnapshotError`."""
    with _Telling(path):
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        opened = sqlite3.connect(uri, wait, uri=True, isolation_level=None, factory=Connection)
    opened.path = path
    opened.set_progress_handler(lambda: None, _STEPS)
    opened.execute("PRAGMA cell_size_check = ON")  # finds an overwritten page when it is read
    return opened


class Connection(sqlite3.Connection):
    """A connection to a snapshot file, whose errors are `SnapshotError`."""

    path: Path

    def execute(self, sql: str, values: Any = (), /) -> Cursor:
        """The same as SQLite's own."""
        with _Telling(self.path):  # a closed one gives no cursor
            return self.cursor(Cursor).execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Any], /) -> Cursor:
        """The same as SQLite's own."""
        with _Telling(self.path):
            return self.cursor(Cursor).executemany(sql, rows)

    def close(self) -> None:
        """The same as SQLite's own."""
        with _Telling(self.path):
            super().close()


class Cursor(sqlite3.Cursor):
    """The rows of one statement."""

    connection: Connection

    def execute(self, sql: str, values: Any = (), /) -> Self:
        """The same as SQLite's own."""
        with _Telling(self.connection.path):
            return super().execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Any], /) -> Self:
        """The same as SQLite's own."""
        with _Telling(self.connection.path):
            return super().executemany(sql, rows)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a generator: our own `__next__` takes twice as long
        step = super().__next__
        with _Telling(self.connection.path):
            while True:
                try:
                    row = step()
                except StopIteration:
                    return
                yield row

    def fetchone(self) -> Any:
        """The same as SQLite's own."""
        with _Telling(self.connection.path):
            return super().fetchone()

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """The same as SQLite's own."""
        with _Telling(self.connection.path):
            return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        """The same as SQLite's own."""
        with _Telling(self.connection.path):
            return super().fetchall()


class _Telling:
    """Translates SQLite's errors about the file and its disk into our words; any other error is a bug."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, UnicodeDecodeError):  # SQLite's message repeats the schema
            raise damaged(self._path, "the schema is not text") from error
        if isinstance(error, sqlite3.DatabaseError) and (said := _told(self._path, error)):
            raise said from (error if isinstance(said, DamagedSnapshot) else None)  # else the sentence tells all


def _told(path: Path, error: sqlite3.DatabaseError) -> SnapshotError | KeyboardInterrupt | None:
    if isinstance(error, sqlite3.ProgrammingError):  # it has no code
        found = next((said for word, said in _MISUSES.items() if word in str(error)), "")
        return SnapshotError(f"{path}: {found}") if found else None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the basic code of an extended one
    if code == sqlite3.SQLITE_INTERRUPT:  # only a signal interrupts
        return KeyboardInterrupt()
    if code == sqlite3.SQLITE_CANTOPEN:
        return SnapshotError(f"{path} can't be opened: {_why_closed(path)}")
    if code == sqlite3.SQLITE_NOTADB:
        return SnapshotError(f"{path} {not_a_database(path)}")
    if code in _SENTENCES:
        return SnapshotError(f"{path} {_SENTENCES[code]}")
    said = " ".join(str(error).partition(" with text ")[0].split())
    return damaged(path, said) if code in _DAMAGES or any(word in said for word in _DAMAGED) else None


def _why_closed(path: Path) -> str:
    """Why the file can't be opened, as far as the file system tells."""
    if path.is_dir():
        return "it is a folder: name the snapshot file in it"
    if not path.parent.is_dir():
        return f"there is no folder {path.parent}: make it, or name another file"
    return "look at who may read and write it and its folder"
