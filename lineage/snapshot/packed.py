"""Tables that repeat long texts, stored with numbers in their place, and shown by views as if they held the texts.

Most of a graph is ids, and each is repeated by every edge at it. So `identity` has each id once, and `saying` the few ways in
which fields say edges. The views `node` and `edge` have the texts: a reader needs to know nothing of numbers, and SQLite looks
up the number of a text first and uses the indices of the numbers. A view takes no rows: whoever writes calls `writable`, whose
triggers live only in that connection.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

SAME: Final = "="
"""Stands for a text that is the same as the row's id. No ARN is like that."""


class Code(NamedTuple):
    """Columns of a view whose texts stand in another table: a row has only their number, in one column."""

    column: str
    table: str
    texts: dict[str, str]  # the view's columns, by those of that table

    def number(self, row: str) -> str:
        """The number of the texts of a row, as SQL."""
        return f"(SELECT number FROM {self._which(row)})"  # noqa: S608  (our own words)

    def noted(self, row: str) -> str:
        """The statement that gives the texts of a row a number if they have none. No conflict: those are resolved by others."""
        told = ", ".join(f"{row}.{one}" for one in self.texts.values())
        return f"""INSERT INTO {self.table} ({", ".join(self.texts)}) SELECT {told} WHERE NOT EXISTS (
            SELECT 1 FROM {self._which(row)})"""  # noqa: S608  (our own words)

    def all_noted(self, rows: str) -> str:
        """The same for all rows of a query."""
        told = ", ".join(self.texts.values())
        return f"""INSERT INTO {self.table} ({", ".join(self.texts)}) SELECT * FROM (
            SELECT DISTINCT {told} FROM ({rows})) AS one WHERE NOT EXISTS (SELECT 1 FROM {self._which("one")})"""  # noqa: S608

    def _which(self, row: str) -> str:
        alike = " AND ".join(f"{there} IS {row}.{here}" for there, here in self.texts.items())
        return f"{self.table} WHERE {alike}"


class View(NamedTuple):
    """A view, its columns with their types, and how its rows are stored."""

    name: str
    columns: dict[str, str]
    codes: tuple[Code, ...]
    same: tuple[str, ...] = ()  # columns that often are the same as the id

    @property
    def stored(self) -> str:
        """The name of the table."""
        return f"stored_{self.name}"

    @property
    def _key(self) -> str:
        """The number of the row that a trigger is about."""
        keyed = next((code.number("old") for code in self.codes if code.column == "number"), "")
        return keyed or "old.number"

    def _kept(self) -> dict[str, str]:
        """The columns of the table, with the values that they get from a row `new`."""
        coded = {one for code in self.codes for one in code.texts.values()}
        plain = {one: f"new.{one}" for one in self.columns if one not in coded and one != "number"}
        alike = {one: f"iif(new.{one} = new.id, '{SAME}', new.{one})" for one in self.same}
        return {code.column: code.number("new") for code in self.codes} | plain | alike

    def tables(self) -> Iterator[str]:
        """The statements that make the table and the view."""
        coded = {code.column: "INTEGER NOT NULL" for code in self.codes}
        kept = [f"{one} {(self.columns | coded)[one]}" for one in self._kept() if one != "number"]
        yield f"CREATE TABLE {self.stored} (number INTEGER PRIMARY KEY, {', '.join(kept)})"
        shown = {here: f"{code.column}_of.{there}" for code in self.codes for there, here in code.texts.items()}
        shown |= {one: f"CASE stored.{one} WHEN '{SAME}' THEN {shown['id']} ELSE stored.{one} END" for one in self.same}
        told = ", ".join(f"{shown.get(one, f'stored.{one}')} AS {one}" for one in self.columns)
        joins = "".join(
            f" JOIN {one.table} AS {one.column}_of ON {one.column}_of.number = stored.{one.column}" for one in self.codes
        )
        yield f"CREATE VIEW {self.name} AS SELECT {told} FROM {self.stored} AS stored{joins}"  # noqa: S608  (our own words)

    def stored_row(self, number: int, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row of the view as one of the table, if its id is the only text with a number, and has this one."""
        stored = [number, *row[1:]]
        for at in map(list(self.columns).index, self.same):
            if row[at] == row[0]:
                stored[at] = SAME
        return tuple(stored)

    def filled(self, rows: str, *, new: tuple[str, ...] = (), conflict: str = "") -> Iterator[str]:
        """The statements that put all rows of a query, with the view's columns, at a third of the triggers' time.

        Only some codes, those whose column is in `new`, may have texts without a number. `conflict` is a clause for known rows.
        """
        yield from (code.all_noted(rows) for code in self.codes if code.column in new)
        kept = self._kept()
        yield f"""INSERT {conflict} INTO {self.stored} ({", ".join(kept)})
            SELECT {", ".join(kept.values())} FROM ({rows}) AS new"""  # noqa: S608  (our own words)

    def triggers(self) -> Iterator[str]:
        """The statements that let a connection write into the view."""
        codes = dict.fromkeys(code.noted("new") for code in self.codes)
        kept = self._kept()
        put = f"INSERT INTO {self.stored} ({', '.join(kept)}) VALUES ({', '.join(kept.values())})"  # noqa: S608
        told = ", ".join(f"{one} = {value}" for one, value in kept.items())
        alter = f"UPDATE {self.stored} SET {told} WHERE number = {self._key}"  # noqa: S608
        remove = f"DELETE FROM {self.stored} WHERE number = {self._key}"  # noqa: S608
        for event, steps in (("INSERT", [*codes, put]), ("UPDATE", [*codes, alter]), ("DELETE", [remove])):
            yield f"""CREATE TEMP TRIGGER IF NOT EXISTS {self.name}_{event.lower()} INSTEAD OF {event} ON main.{self.name}
                BEGIN {"; ".join(steps)}; END"""


_SAID = {one: one for one in ("role", "usage", "path", "evidence", "span")}
VIEWS: Final = {
    one.name: one
    for one in (
        View(
            "node",
            {
                "id": "TEXT NOT NULL", "kind": "TEXT NOT NULL", "name": "TEXT NOT NULL", "account": "TEXT", "region": "TEXT",
                "arn": "TEXT", "created": "TEXT", "modified": "TEXT", "status": "TEXT", "observed": "INTEGER NOT NULL",
                "details": "TEXT NOT NULL",
            },
            (Code("number", "identity", {"id": "id"}),),
            same=("arn",),
        ),
        View(
            "edge",
            {
                "source": "TEXT NOT NULL", "target": "TEXT NOT NULL", "relation": "TEXT NOT NULL", "role": "TEXT NOT NULL",
                "usage": "TEXT NOT NULL", "path": "TEXT NOT NULL", "evidence": "TEXT NOT NULL", "opens": "TEXT",
                "closes": "TEXT", "span": "TEXT", "listing": "INTEGER", "reader": "TEXT NOT NULL", "settled": "TEXT NOT NULL",
                "opaque": "INTEGER NOT NULL", "number": "INTEGER NOT NULL",
            },
            (
                Code("source", "identity", {"id": "source"}),
                Code("target", "identity", {"id": "target"}),
                Code("saying", "saying", _SAID),
            ),
        ),
    )
}  # fmt: skip
CODES_SCHEMA: Final = """
CREATE TABLE identity (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE);
CREATE TABLE saying (
    number INTEGER PRIMARY KEY, role TEXT NOT NULL, usage TEXT NOT NULL, path TEXT NOT NULL, evidence TEXT NOT NULL, span TEXT,
    UNIQUE (role, usage, path, evidence, span));
"""
PACKED_SCHEMA: Final = "".join(f"{statement};\n" for view in VIEWS.values() for statement in view.tables())


def writable(db: sqlite3.Connection) -> None:
    """Let this connection write into the views as if they were tables."""
    for view in VIEWS.values():
        for statement in view.triggers():
            db.execute(statement)
