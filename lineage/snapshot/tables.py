"""What every room of an open file has: its tables, read as rows. SQLite's errors become ours here."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lineage.errors import SnapshotError

AT_ONCE = 500  # how many ids one SELECT asks for
Row = tuple[Any, ...]


class OpenTables:
    """The tables of an open file."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self.path = path

    def _one(self, sql: str, *values: Any) -> Any:
        row = next(self._rows(sql, values), None)
        return row[0] if row else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    def _fetched(self, sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
        """The same rows at once: of a few hundred, which is faster than one by one."""
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    def _select(self, columns: str, table: str, key: str, ids: Iterable[str] | None, which: str = "true") -> Generator[Row]:
        if ids is None:
            yield from self._rows(f"SELECT {columns} FROM {table} WHERE {which} ORDER BY {columns}")  # noqa: S608  (our words)
            return
        wanted = sorted(dict.fromkeys(ids))  # which leaves in order what is in order
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            marks = ",".join("?" * len(some))
            sql = f"SELECT {columns} FROM {table} WHERE {key} IN ({marks}) AND {which} ORDER BY {key}, {columns}"  # noqa: S608
            yield from self._fetched(sql, some)


class WrittenTables(OpenTables):
    """The same while one crawl writes into them."""

    _crawl = 0  # its id
