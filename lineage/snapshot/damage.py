"""What is wrong with a file that is no longer what its crawls wrote: a bad disk, a flipped bit, a doctored row.

Whether its tables are ours is told at each opening. The rest takes as long as to read the whole file: it is looked at
where an answer came to what no sound file leads to, so that this is told from a bug, and where `snapshot verify` is asked.
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
from lineage.snapshot.schema import HALF_READ, STATEMENTS
from lineage.snapshot.seals import TABLES, hashed, rows_of, seals

# What a row that nobody wrote so leads to, wherever it is used.
OF_ODD_ROWS: Final = (
    ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError, RecursionError, TypeError, ValueError,
    sqlite3.Error,
)  # fmt: skip
_TYPES: Final = {"TEXT": "text", "INTEGER": "integer", "BLOB": "blob"}


def unlike(db: sqlite3.Connection) -> str:
    """In what the tables and indices of a file are not ours; empty where they are. A trigger or a view never is."""
    found = {_plain(sql) for (sql,) in db.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    missing, more = (sorted(ones) for ones in (_OURS - found, found - _OURS - _STATISTICS))
    return f"{'it lacks' if missing else 'nobody knows'} {(missing or more)[0][:60]!r}" if missing or more else ""


def _plain(statement: str) -> str:
    return " ".join(str(statement).split())


_OURS: Final = {_plain(statement) for statement in STATEMENTS}
# What ANALYZE makes. It is known by its statement: a doctored file may give its name to a trigger.
_STATISTICS: Final = {"CREATE TABLE sqlite_stat1(tbl,idx,stat)", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"}


def damages(db: sqlite3.Connection) -> Iterator[str]:
    """What is wrong, one sentence after the other, the nearest to the disk first."""
    try:
        yield from structure(db)
        for (table,) in db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).fetchall():
            yield from _rows(db, table)
        yield from _references(db)
        yield from _unsealed(db)
    except MemoryError:
        return  # of the machine, as far as anybody can tell
    except DamagedSnapshot as error:
        yield error.what
    except OF_ODD_ROWS as error:
        yield str(error)


def structure(db: sqlite3.Connection) -> Iterator[str]:
    """What SQLite itself finds."""
    return (f"SQLite says: {row[0]}" for row in db.execute("PRAGMA integrity_check(10)") if row[0] != "ok")


def _rows(db: sqlite3.Connection, table: str) -> Iterator[str]:
    """The first value of a table that is of no type or word that its column may have."""
    columns = db.execute(f"PRAGMA table_info({table})").fetchall()
    may_be = {
        name: f"'{_TYPES[kind]}'" if needed or key else f"'{_TYPES[kind]}', 'null'" for _, name, kind, needed, _, key in columns
    }
    wrong = [f"WHEN typeof({name}) NOT IN ({types}) THEN '{name}'" for name, types in may_be.items()]
    odd = f"SELECT {columns[0][1]}, CASE {' '.join(wrong)} END AS odd FROM {table} WHERE odd IS NOT NULL LIMIT 1"  # noqa: S608
    for key, column in db.execute(odd):
        yield f"table {table}, row {str(key)[:100]!r}, column {column}: its type is another one"
    for column, reads in _RULES.get(table, {}).items():
        yield from _values(db, table, columns[0][1], column, reads)


def _values(db: sqlite3.Connection, table: str, key: str, column: str, reads: Callable[[Any], object]) -> Iterator[str]:
    for row, value in db.execute(f"SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL"):  # noqa: S608  (our own words)
        try:
            sound = reads(value)
        except OF_ODD_ROWS:
            sound = False
        if not sound:
            yield f"table {table}, row {str(row)[:100]!r}, column {column}: nobody writes {str(value)[:60]!r} there"
            return


def _one_of(*words: str | int) -> Callable[[Any], object]:
    return frozenset(words).__contains__


def _object(text: str) -> object:
    return isinstance(decoded(text), dict)


def _texts(text: str) -> object:
    said = decoded(text)
    return isinstance(said, list) and all(isinstance(one, str) for one in said)


def _time(text: str) -> object:
    return not text or datetime.fromisoformat(text)


_YES_NO: Final = _one_of(0, 1)
# What a value must be besides of its column's type, where it is one that we chose. What AWS said is as it was said.
_RULES: Final[dict[str, dict[str, Callable[[Any], object]]]] = {
    "crawl": {
        "started": datetime.fromisoformat, "finished": datetime.fromisoformat, "accounts": _texts, "regions": _texts,
        "roots": _texts, "kinds": _texts, "full": _YES_NO,
    },
    "record": {"kind": KINDS.__contains__, "body": _object},
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
}  # fmt: skip
_CRAWLS = "NOT IN (SELECT id FROM crawl)"
_NODES = "NOT IN (SELECT id FROM node)"
_LEVELS = "NOT IN (SELECT id FROM level)"
_DANGLING: Final = (
    ("record", "id", f"first_crawl {_CRAWLS} OR last_crawl {_CRAWLS}", "crawl"),
    ("enumeration", "kind", f"crawl {_CRAWLS}", "crawl"),
    ("question", "subject", f"crawl {_CRAWLS}", "crawl"),
    ("edge", "source", f"source {_NODES} OR target {_NODES}", "node"),
    ("edge", "source", "listing IS NOT NULL AND listing NOT IN (SELECT id FROM manifest)", "manifest"),
    ("level", "place", f"up_written {_LEVELS} OR up_read {_LEVELS} OR up_entry {_LEVELS}", "level"),
    ("together", "level", f"level {_LEVELS}", "level"),
    ("lists", "level", f"level {_LEVELS} OR manifest {_LEVELS}", "level"),
    ("listed", "manifest", "manifest NOT IN (SELECT id FROM manifest) OR folder NOT IN (SELECT id FROM folder)", "manifest"),
    ("entry", "name", "(folder, manifest) NOT IN (SELECT folder, manifest FROM listed)", "manifest"),
)


def _references(db: sqlite3.Connection) -> Iterator[str]:
    """What names something that is not there."""
    for table, key, which, what in _DANGLING:
        for row in db.execute(f"SELECT {key} FROM {table} WHERE {which} LIMIT 1"):  # noqa: S608  (our own words)
            yield f"table {table}, row {str(row[0])[:100]!r}: the {what} that it names is not there"


def _unsealed(db: sqlite3.Connection) -> Iterator[str]:
    """The seals that do not say their own words, and the tables that are not as the last crawl sealed them."""
    for seal in seals(db):
        if seal.made_anew() != seal.digest:
            yield f"table seal, row {seal.crawl}: it is not what it was sealed as"
    for name, digest in db.execute("SELECT name, digest FROM sealed").fetchall():
        if name not in TABLES or hashed(name, rows_of(db, name), []).digest != digest:
            yield f"table {name} is not as it was sealed"
