"""The seal that a finished crawl puts on a snapshot: digests that show later changes.

Each seal covers the previous seal, what its crawl wrote and no later one changes, and all rows at that time. The
first two never change and make the chain; the rows are compared only with the newest seal, because a later crawl changes
them. A digest proves only "unchanged since hashing": anyone who can write the file can seal it again, so the digest must
be stored, or signed, elsewhere.

The scheme `lineage-seal-1`: a row is the JSON array of its columns (no spaces, not escaped to ASCII) and a line feed; a
table's digest is the SHA-256 of its rows in the order of their key; a record's row contains the SHA-256 of its body.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from lineage.domain.canonical import canonical, digest_of
from lineage.domain.records import Counts

SCHEME: Final = "lineage-seal-1"
SEALS_SCHEMA = """
CREATE TABLE seal (
    crawl INTEGER PRIMARY KEY, scheme TEXT NOT NULL, previous TEXT NOT NULL, wrote TEXT NOT NULL, state TEXT NOT NULL,
    digest TEXT NOT NULL);
CREATE TABLE sealed (name TEXT PRIMARY KEY, digest TEXT NOT NULL, rows BLOB NOT NULL) WITHOUT ROWID;
"""
# A row has no keys to sort; others may have written into the file, so any number must work. orjson writes the same, six times
# as fast, except for floats: none of our tables has them.
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_PLAIN = frozenset((str, int, type(None)))
MARK = 8  # bytes of a row's own hash, which only locates it; the digest of the table is the proof

SEAL: Final = "crawl, scheme, previous, wrote, state, digest"
_PIECE = 1 << 20  # bytes of a file that are read at a time

Digests = dict[str, str]


class Table(NamedTuple):
    """The sealed part of a table: its columns (those that identify a row first), and the column of the row's crawl."""

    columns: str
    key: int  # how many columns identify a row
    crawl: str = ""  # the column of the crawl that wrote the row
    later: int = 0  # how many of the last columns a later crawl may overwrite
    which: str = "true"  # the condition for rows that are sealed
    by: str = ""  # the order of its rows, where that is not the columns that identify a row

    @property
    def order(self) -> str:
        return self.by or ", ".join(self.columns.split(", ")[: self.key])


_RECORD = "id, created, lower(hex(digest)), kind, account, region, name, arn, modified, status, first_crawl, last_crawl"
_CRAWL = "id, started, finished, caller, accounts, regions, roots, tool, botocore, kinds, full, process"
_ENUMERATION = (
    "account, region, kind, crawl, operation, started, since, finished, calls, pages, records, reason, detail, joined"
)
TABLES: Final[Mapping[str, Table]] = {
    "crawl": Table(_CRAWL, 1, "id"),
    "record": Table(_RECORD, 3, "first_crawl", later=1, by="id, created, digest"),
    "dictionary": Table("id, kind, hex(content)", 1),
    "question": Table("account, region, operation, subject, crawl, reason, detail, joined", 5, "crawl", later=1),
    "enumeration": Table(_ENUMERATION, 4, "crawl", later=1),
    "gone": Table("id, created, at", 2),
    "named": Table("account, region, kind, id, arn, name, created, listed, state", 4),
    "content": Table("place, digests, modified, seen", 1),
    "manifest": Table("id, place, view, etag, modified, seen, entries", 1),
    "folder": Table("id, place", 1),
    "listed": Table("folder, manifest", 2),
    "entry": Table("folder, name, manifest", 3),
    "unjoined": Table("what, id", 2),
    "node": Table("id, kind, name, account, region, arn, created, modified, status, observed, details", 1),
    "edge": Table(
        "source, target, relation, role, usage, path, evidence, opens, closes, span, listing, reader, settled, opaque",
        4,
        by="number",  # in the order in which they were written: its key is not unique
    ),
    "left_out": Table(
        "source, target, relation, role, usage, path, evidence, opens, closes, span, listing, reader, settled, opaque",
        4,
        by="rowid",
    ),
    "identity": Table("number, id", 1),
    "saying": Table("number, role, usage, path, evidence, span", 1),
    "pin": Table("place, opens, closes, record, digest", 5),
    "lies": Table("name, place, record, span", 3),
    "joined": Table("tool", 1),
    "level": Table(
        "id, place, last, up_written, up_read, up_entry, written, read, covers_from, covers_to, gets_from, gets_to, "
        "surely_from, surely_to, wider, leads, fed",
        1,
    ),
    "together": Table("at, level", 2),
    "lists": Table("level, manifest, entry", 3),
    "source": Table("id, name, digest", 1),
    "merged": Table("source, was, crawl", 2),
    "chain": Table(f"source, {SEAL}", 2),
    "read_too": Table("source, id, created, hex(digest), was, line", 4),
    "answered": Table("account, region, operation, subject, crawl", 4),
    "unexplained": Table("id", 1),
    "silent": Table("id", 1),
    "counted": Table(f"account, region, {', '.join(Counts._fields)}", 2),
    # except the tables of ANALYZE, which anybody may run
    "sqlite_master": Table(
        "type, name, tbl_name, sql", 2, which="type != 'table' OR name NOT IN ('sqlite_stat1', 'sqlite_stat4')"
    ),
}


@dataclass(frozen=True, slots=True)
class Seal:
    """What one finished crawl sealed: the digests of what it wrote, and of everything in the file."""

    crawl: int
    scheme: str
    previous: str
    wrote: Digests
    state: str
    digest: str

    def made_anew(self) -> str:
        """The digest of these values."""
        words = {name: getattr(self, name) for name in ("crawl", "scheme", "previous", "wrote", "state")}
        return digest_of(words)


@dataclass(slots=True)
class Hashed:
    """A hashed table: its digest, a short mark of each row, and the digest of what each crawl wrote."""

    digest: str
    marks: bytes
    wrote: Digests


def rows_of(db: sqlite3.Connection, name: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a table that are sealed, in the order of their key."""
    table = TABLES[name]
    return db.execute(f"SELECT {table.columns} FROM {name} WHERE {table.which} ORDER BY {table.order}")  # noqa: S608  (our own words)


def hashed(name: str, rows: Iterator[tuple[Any, ...]], ends: list[int]) -> Hashed:
    """Hash rows in one pass; `ends` are the sealed crawls: what was written between two belongs to the second."""
    table = TABLES[name]
    kept = len(table.columns.split(", ")) - table.later
    by = table.columns.split(", ").index(table.crawl) if table.crawl else None
    whole, marks, own = hashlib.sha256(), bytearray(), [hashlib.sha256() for _ in ends]
    for row in rows:
        line = line_of(row)
        whole.update(line)
        marks += _mark(line)
        at = len(ends) if by is None else bisect_left(ends, row[by])
        if at < len(ends):
            own[at].update(line if kept == len(row) else line_of(row[:kept]))
    wrote = {} if by is None else {str(end): one.hexdigest() for end, one in zip(ends, own, strict=True)}
    return Hashed(whole.hexdigest(), bytes(marks), wrote)


def digests_of(lines: Iterable[tuple[int, bytes]], ends: list[int]) -> Digests:
    """The digest of what each sealed crawl wrote, from the lines of a table with their crawls."""
    own = [hashlib.sha256() for _ in ends]
    for crawl, line in lines:
        if (at := bisect_left(ends, crawl)) < len(ends):
            own[at].update(line)
    return {str(end): one.hexdigest() for end, one in zip(ends, own, strict=True)}


def mark_of(row: tuple[Any, ...]) -> bytes:
    """The short hash that identifies a row."""
    return _mark(line_of(row))


def line_of(row: tuple[Any, ...]) -> bytes:
    """A row as its digest takes it."""
    if _PLAIN.issuperset(map(type, row)):
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    return f"{_ENCODE(row)}\n".encode()


def _mark(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=MARK).digest()


def file_digest(path: str | Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises `OSError`."""
    whole = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(_PIECE):
            whole.update(piece)
    return whole.hexdigest()


def state_line(name: str, digest: str, marks: bytes) -> bytes:
    """The part of a table in the digest of the whole file: its digest, and that of the marks of its rows."""
    return f"{name} {digest} {hashlib.sha256(marks).hexdigest()}\n".encode()


def seals(db: sqlite3.Connection) -> list[Seal]:
    """The chain, oldest first."""
    return [seal_of(row) for row in db.execute(f"SELECT {SEAL} FROM seal ORDER BY crawl")]  # noqa: S608  (our own words)


def seal_of(row: tuple[Any, ...]) -> Seal:
    """The seal of a row with the columns `SEAL`."""
    crawl, scheme, previous, wrote, state, digest = row
    return Seal(crawl, scheme, previous, json.loads(wrote), state, digest)


def row_of(one: Seal) -> tuple[Any, ...]:
    """A seal as a row with the columns `SEAL`."""
    return (one.crawl, one.scheme, one.previous, canonical(one.wrote), one.state, one.digest)


def unseal(db: sqlite3.Connection) -> None:
    """A crawl is writing: until it finishes, rows are not compared with a seal. What earlier crawls wrote still is."""
    db.execute("DELETE FROM sealed")


def seal(db: sqlite3.Connection, crawl: int) -> Seal:
    """Seal a snapshot at the end of a crawl: in one pass over its rows."""
    last = next(reversed(seals(db)), None)
    ends = [*([last.crawl] if last else []), crawl]
    state, wrote = hashlib.sha256(), Digests()
    db.execute("DELETE FROM sealed")
    for name in TABLES:
        one = hashed(name, rows_of(db, name), ends)
        db.execute("INSERT INTO sealed VALUES (?,?,?)", (name, one.digest, one.marks))
        state.update(state_line(name, one.digest, one.marks))
        wrote |= {name: one.wrote[str(crawl)]} if one.wrote else {}
    bare = Seal(crawl, SCHEME, last.digest if last else "", wrote, state.hexdigest(), "")
    db.execute("INSERT INTO seal VALUES (?,?,?,?,?,?)", row_of(replace(bare, digest=bare.made_anew())))
    return seals(db)[-1]
