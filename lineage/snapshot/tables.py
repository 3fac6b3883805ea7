"""The base of all parts of an open file: its tables, read as rows with each value checked for its column's type."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from lineage.errors import SnapshotError
from lineage.snapshot.connection import Connection, damaged
from lineage.snapshot.packed import VIEWS

AT_ONCE = 500  # how many ids one SELECT asks for
Row = tuple[Any, ...]
Unjoined = Literal["record", "again", "manifest", "digests"]
"""What changed since the last join: a record or its deletion, or only the crawl that read it last; a manifest; digests."""
_TYPES = {"TEXT": str, "INTEGER": int, "BLOB": bytes}


class OpenTables:
    """The tables of an open file."""

    def __init__(self, db: Connection, path: Path) -> None:
        self._db = db
        self.path = path
        self._known: dict[tuple[str, str], tuple[list[tuple[type, ...]], set[Row]]] = {}

    def _one(self, sql: str, *values: Any) -> Any:
        row = next(self._rows(sql, values), None)
        return row[0] if row else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[Row]:
        return iter(self._db.execute(sql, values))

    def _fetched(self, sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Row]:
        """The same rows at once: faster for a few hundred than one by one."""
        return self._db.execute(sql, values).fetchall()

    def _select(self, columns: str, table: str, key: str, ids: Iterable[str] | None, which: str = "true") -> Generator[Row]:
        if ids is None:
            rows = self._rows(f"SELECT {columns} FROM {table} WHERE {which} ORDER BY {columns}")  # noqa: S608  (our words)
            yield from self._sound(table, columns, rows)
            return
        wanted = sorted(dict.fromkeys(ids))  # the sort keeps rows that are already in order
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            some += some[-1:] * (_marks(len(some)) - len(some))
            marks = ",".join("?" * len(some))
            sql = f"SELECT {columns} FROM {table} WHERE {key} IN ({marks}) AND {which} ORDER BY {key}, {columns}"  # noqa: S608
            yield from self._sound(table, columns, self._db.execute(sql, some).fetchall())

    def _sound(self, table: str, columns: str, rows: Iterable[Row]) -> Iterator[Row]:
        """Rows that begin with columns of a table; checks each value's type, because SQLite accepts any.

        Raises `SnapshotError`.
        """
        if (table, columns) not in self._known:
            self._known[table, columns] = (self._types(table, columns), set())
        allowed, known = self._known[table, columns]
        rest, many = iter(rows), 1  # more and more at a time: some want only the first
        while some := list(islice(rest, many)):
            many = min(2 * many, AT_ONCE)
            shapes = {tuple(map(type, row)): row for row in some}  # there are only a few
            for shape in shapes.keys() - known:
                for column, types, one in zip(columns.split(", "), allowed, shape, strict=False):
                    if one not in types:
                        raise self._mistyped(table, shapes[shape], column, types, one)
                known.add(shape)
            yield from some

    def _types(self, table: str, columns: str) -> list[tuple[type, ...]]:
        told = {name: (_TYPES[kind], needed) for name, kind, needed in declared(self._db, table)}
        return [(of,) if needed else (of, type(None)) for of, needed in map(told.__getitem__, columns.split(", "))]

    def _mistyped(self, table: str, row: Row, column: str, allowed: tuple[type, ...], found: type) -> SnapshotError:
        return self._damaged(table, row, column, f"expected {_word(allowed[0])}, not {_word(found)}")

    def _damaged(self, table: str, row: Row, column: str, what: str) -> SnapshotError:
        return damaged(self.path, f"table {table}, row {str(row[0])[:100]!r}, column {column}: {what}")


def declared(db: sqlite3.Connection, table: str) -> Iterator[tuple[str, str, bool]]:
    """The columns of a table or a view, each with its type, and whether it needs a value."""
    if view := VIEWS.get(table):
        yield from ((name, what.partition(" ")[0], "NOT NULL" in what) for name, what in view.columns.items())
        return
    for _, name, kind, needed, _, key in db.execute(f"PRAGMA table_info({table})").fetchall():
        yield name, kind, bool(needed or key)


class WrittenTables(OpenTables):
    """The same while one crawl writes to them."""

    _crawl = 0  # its id

    def note_changed(self, what: Unjoined, identity: str) -> None:
        """The graph does not hold this change yet: the next join must, also if this crawl is killed before it joins."""
        self._db.execute("INSERT OR IGNORE INTO unjoined VALUES (?,?)", (what, identity))


def _marks(many: int) -> int:
    """For how many ids a statement is prepared: the next power of two, so that SQLite prepares only a few statements."""
    return 1 << (many - 1).bit_length()


def _word(of: type) -> str:
    return {str: "a text", int: "a number", float: "a number", bytes: "a blob"}.get(of, "nothing")
