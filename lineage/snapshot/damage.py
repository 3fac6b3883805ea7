"""Finds what changed in a file since its crawls wrote it: a bad disk, a flipped bit, a manipulated row.

Each opening checks that its tables are ours. The rest takes as long as reading the whole file: it is checked if a question
met something that is impossible in an intact file, to distinguish damage from a bug, and for `snapshot verify`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final

from lineage.domain.kinds import ALLOWED, KINDS, RELATIONS
from lineage.domain.names import Span
from lineage.domain.records import CLOUDTRAIL, decoded
from lineage.errors import DamagedSnapshot
from lineage.snapshot.bodies import Bodies
from lineage.snapshot.schema import HALF_READ, STATEMENTS
from lineage.snapshot.seals import TABLES, hashed, rows_of, seals
from lineage.snapshot.tables import declared

# The errors that a row that was not written by us causes when it is used.
OF_ODD_ROWS: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
    sqlite3.Error,
)  # fmt: skip
_TYPES: Final = {"TEXT": "text", "INTEGER": "integer", "BLOB": "blob"}


def unlike(db: sqlite3.Connection) -> str:
    """How the tables and indices of a file differ from ours; empty if they do not. A trigger or a view always differs."""
    found = {_plain(sql) for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    missing, more = (sorted(ones) for ones in (_OURS - found, found - _OURS - _STATISTICS))
    return f"{'it lacks' if missing else 'unknown statement'} {(missing or more)[0][:60]!r}" if missing or more else ""


def _plain(statement: str) -> str:
    return " ".join(str(statement).split())


_OURS: Final = {_plain(statement) for statement in STATEMENTS}
# The tables of ANALYZE, known by their statements: a manipulated file may give their names to a trigger.
_STATISTICS: Final = {"CREATE TABLE sqlite_stat1(tbl,idx,stat)", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"}


def damages(db: sqlite3.Connection) -> Iterator[str]:
    """What is wrong, one sentence each, problems near the disk first."""
    try:
        yield from structure(db)
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall():
            yield from _rows(db, table)
        yield from _bodies(db)
        yield from _references(db)
        yield from _unsealed(db)
    except MemoryError:
        return  # a failure of the machine, as far as we know
    except DamagedSnapshot as error:
        yield error.what
    except OF_ODD_ROWS as error:
        yield str(error)


def structure(db: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds."""
    return (f"SQLite says: {row[0]}" for row in db.execute("PRAGMA integrity_check(10)") if row[0] != "ok")


def _rows(db: sqlite3.Connection, table: str) -> Iterator[str]:
    """The first value of a table whose type or word is not allowed in its column."""
    may_be = {
        name: f"'{_TYPES[kind]}'" if needed else f"'{_TYPES[kind]}', 'null'" for name, kind, needed in declared(db, table)
    }
    first = next(iter(may_be))
    wrong = [f"WHEN typeof({name}) NOT IN ({types}) THEN '{name}'" for name, types in may_be.items()]
    odd = f"SELECT {first}, CASE {' '.join(wrong)} END AS odd FROM {table} WHERE odd IS NOT NULL LIMIT 1"  # noqa: S608
    for key, column in db.execute(odd):
        yield f"table {table}, row {str(key)[:100]!r}, column {column}: its type is wrong"
    for column, reads in _RULES.get(table, {}).items():
        yield from _values(db, table, first, column, reads)


def _values(db: sqlite3.Connection, table: str, key: str, column: str, reads: Callable[[Any], object]) -> Iterator[str]:
    for row, value in db.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL"):  # noqa: S608  (our own words)
        try:
            sound = reads(value)
        except OF_ODD_ROWS:
            sound = False
        if not sound:
            yield f"table {table}, row {str(row)[:100]!r}, column {column}: {str(value)[:60]!r} is not allowed there"
            return


def _bodies(db: sqlite3.Connection) -> Iterator[str]:
    """The first record whose body can't be unpacked, or is no JSON object."""
    bodies = Bodies(db)
    for row, *packed in db.execute("SELECT id, dictionary, body FROM record"):
        try:
            sound = _object(bodies.unpacked(*packed))
        except OF_ODD_ROWS:
            sound = False
        if not sound:
            yield f"table record, row {str(row)[:100]!r}, column body: it holds no record"
            return


def _one_of(*words: str | int) -> Callable[[Any], object]:
    return frozenset(words).__contains__


def _object(text: str | bytes) -> object:
    return isinstance(decoded(text), dict)


def _texts(text: str) -> object:
    said = decoded(text)
    return isinstance(said, list) and all(isinstance(one, str) for one in said)


def _time(text: str) -> object:
    return not text or datetime.fromisoformat(text)


_YES_NO: Final = _one_of(0, 1)
# Conditions on values that we choose, besides their column's type. AWS's values may be anything.
_RULES: Final[dict[str, dict[str, Callable[[Any], object]]]] = {
    "crawl": {
        "started": datetime.fromisoformat, "finished": datetime.fromisoformat, "accounts": _texts, "regions": _texts,
        "roots": _texts, "kinds": _texts, "full": _YES_NO,
    },
    "record": {"kind": KINDS.__contains__},
    "enumeration": {
        "kind": {*KINDS, CLOUDTRAIL}.__contains__, "started": datetime.fromisoformat, "since": _time, "finished": _time,
        "joined": _YES_NO,
    },
    "named": {"kind": KINDS.__contains__, "listed": _YES_NO, "state": _one_of(*range(HALF_READ + 1))},
    "question": {"joined": _YES_NO},
    "content": {"digests": _texts},
    "node": {"kind": KINDS.__contains__, "observed": _YES_NO, "details": _object},
    "edge": {
        "relation": RELATIONS.__contains__, "evidence": _one_of("declared", "matched", "logged", "content", ALLOWED),
        "span": _one_of(*Span), "opaque": _YES_NO,
    },
    "seal": {"wrote": _object},
    "chain": {"wrote": _object},
}  # fmt: skip
_CRAWLS = "NOT IN (SELECT id FROM crawl)"
_NODES = "NOT IN (SELECT id FROM node)"
_IDS = "NOT IN (SELECT number FROM identity)"
_SOURCES = "NOT IN (SELECT id FROM source)"
_LEVELS = "NOT IN (SELECT id FROM level)"
_DANGLING: Final = (
    ("record", "id", f"first_crawl {_CRAWLS} OR last_crawl {_CRAWLS}", "crawl"),
    ("enumeration", "kind", f"crawl {_CRAWLS}", "crawl"),
    ("question", "subject", f"crawl {_CRAWLS}", "crawl"),
    ("merged", "source", f"crawl {_CRAWLS} OR source {_SOURCES}", "crawl"),
    ("chain", "source", f"source {_SOURCES}", "source"),
    ("read_too", "id", f"source {_SOURCES}", "source"),
    ("edge", "source", f"source {_NODES} OR target {_NODES}", "node"),
    ("stored_node", "number", f"number {_IDS}", "id"),
    ("stored_edge", "number", f"source {_IDS} OR target {_IDS}", "id"),
    ("stored_edge", "number", "saying NOT IN (SELECT number FROM saying)", "saying"),
    ("edge", "source", "listing IS NOT NULL AND listing NOT IN (SELECT id FROM manifest)", "manifest"),
    ("level", "place", f"up_written {_LEVELS} OR up_read {_LEVELS} OR up_entry {_LEVELS}", "level"),
    ("together", "level", f"level {_LEVELS}", "level"),
    ("lists", "level", f"level {_LEVELS} OR manifest {_LEVELS}", "level"),
    ("listed", "manifest", "manifest NOT IN (SELECT id FROM manifest) OR folder NOT IN (SELECT id FROM folder)", "manifest"),
    ("entry", "name", "(folder, manifest) NOT IN (SELECT folder, manifest FROM listed)", "manifest"),
)


def _references(db: sqlite3.Connection) -> Iterator[str]:
    """Rows that refer to something that does not exist."""
    for table, key, which, what in _DANGLING:
        for row in db.execute(f"SELECT {key} FROM {table} WHERE {which} LIMIT 1"):  # noqa: S608  (our own words)
            yield f"table {table}, row {str(row[0])[:100]!r}: the {what} that it names does not exist"


def _unsealed(db: sqlite3.Connection) -> Iterator[str]:
    """The seals that do not match their own digest, and the tables that differ from the last crawl's seal."""
    for seal in seals(db):
        if seal.made_anew() != seal.digest:
            yield f"table seal, row {seal.crawl}: it differs from what was sealed"
    for name, digest in db.execute("SELECT name, digest FROM sealed").fetchall():
        if name not in TABLES or hashed(name, rows_of(db, name), []).digest != digest:
            yield f"table {name} differs from its seal"
