"""Opens a snapshot file, and turns SQLite's errors into sentences.

Nothing in the file is trusted to run: triggers and views that are not ours are found before any query runs.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn, Self

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
_FAULTS = (sqlite3.DatabaseError, UnicodeDecodeError)  # what SQLite raises
_DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_TOOBIG)
_DAMAGED = ("malformed", "Could not decode to UTF-8")  # errors of JSON, and of a text: they have no code of their own


def damaged(path: Path, what: str) -> DamagedSnapshot:
    """The error for a file that has changed since a crawl wrote it."""
    return DamagedSnapshot(f"{path} is damaged: {what}: restore it from a copy, or crawl anew into another file", what)


def connect(path: Path, mode: str, wait: float = WAIT_SECONDS) -> Connection:
    """Open a file: `ro`, `rw` (which rolls back what a killed crawl left half done) or `rwc`. Raises `SnapshotError`."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    try:
        opened = sqlite3.connect(uri, wait, uri=True, isolation_level=None, factory=Connection)
    except _FAULTS as error:
        _tell(path, error)
    opened.path = path
    opened.set_progress_handler(lambda: None, _STEPS)
    opened.execute("PRAGMA cell_size_check = ON")  # finds an overwritten page when it is read
    return opened


@contextmanager
def under_way(path: Path, doing: str) -> Iterator[Path]:
    """A name beside a path for a file that is being written, which no other process uses; nothing has that name at the end."""
    new = Path(f"{path}.{secrets.token_hex(4)}.{doing}")
    try:
        yield new
    finally:
        for left in (new, Path(f"{new}-journal")):  # SQLite leaves its journal on a full disk
            with suppress(OSError):  # what went wrong first is told
                left.unlink()


class Connection(sqlite3.Connection):
    """A connection to a snapshot file, whose errors are `SnapshotError`."""

    path: Path

    def execute(self, sql: str, values: Any = (), /) -> Cursor:
        """The same as SQLite's own."""
        return self._cursor().execute(sql, values)

    def executemany(self, sql: str, rows: Iterable[Any], /) -> Cursor:
        """The same as SQLite's own."""
        return self._cursor().executemany(sql, rows)

    def _cursor(self) -> Cursor:
        try:
            return self.cursor(Cursor)
        except sqlite3.DatabaseError as error:  # a closed one gives no cursor
            _tell(self.path, error)

    def close(self) -> None:
        """The same as SQLite's own."""
        try:
            super().close()
        except _FAULTS as error:
            _tell(self.path, error)


class Cursor(sqlite3.Cursor):
    """The rows of one statement."""

    connection: Connection

    def execute(self, sql: str, values: Any = (), /) -> Self:
        """The same as SQLite's own."""
        try:
            return super().execute(sql, values)
        except _FAULTS as error:
            _tell(self.connection.path, error)

    def executemany(self, sql: str, rows: Iterable[Any], /) -> Self:
        """The same as SQLite's own."""
        try:
            return super().executemany(sql, rows)
        except _FAULTS as error:
            _tell(self.connection.path, error)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]  # a generator: our own `__next__` takes twice as long
        step = super().__next__
        try:
            yield from iter(step, None)  # until there is no further row
        except _FAULTS as error:
            _tell(self.connection.path, error)

    def fetchone(self) -> Any:
        """The same as SQLite's own."""
        try:
            return super().fetchone()
        except _FAULTS as error:
            _tell(self.connection.path, error)

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """The same as SQLite's own."""
        try:
            return super().fetchmany(size)
        except _FAULTS as error:
            _tell(self.connection.path, error)

    def fetchall(self) -> list[Any]:
        """The same as SQLite's own."""
        try:
            return super().fetchall()
        except _FAULTS as error:
            _tell(self.connection.path, error)


def _tell(path: Path, error: sqlite3.DatabaseError | UnicodeDecodeError) -> NoReturn:
    """Raise an error about the file or its disk in our words; any other error is a bug, and raised as it is."""
    if isinstance(error, UnicodeDecodeError):  # SQLite's message repeats the schema
        raise damaged(path, "the schema is not text") from error
    if said := _told(path, error):
        raise said from (error if isinstance(said, DamagedSnapshot) else None)  # else the sentence tells all
    raise error


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
