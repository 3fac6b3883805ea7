"""Several snapshots as one: what each crawl read, under new numbers, and the seals of each file apart.

The seals of a merged file are not made again. They stay in `chain`, and `merged` says which crawl here was which crawl there,
so that what a crawl wrote can still be compared with its seal. Rarely two files hold the same version of a record, because one
account read it from another: `read_too` has the sealed line of each. `answered` has the questions that a crawl asked in vain
and that the records of another file answer.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import itemgetter
from typing import Any, Final, NamedTuple

from lineage.domain.records import decoded
from lineage.snapshot.seals import SEAL, TABLES, Seal, line_of, row_of, seal_of, seals
from lineage.snapshot.tables import OpenTables, Row

SOURCES_SCHEMA = """
CREATE TABLE source (id INTEGER PRIMARY KEY, name TEXT NOT NULL, digest TEXT NOT NULL);
CREATE TABLE merged (
    source INTEGER NOT NULL, was INTEGER NOT NULL, crawl INTEGER NOT NULL, PRIMARY KEY (source, was)) WITHOUT ROWID;
CREATE TABLE chain (
    source INTEGER NOT NULL, crawl INTEGER NOT NULL, scheme TEXT NOT NULL, previous TEXT NOT NULL, wrote TEXT NOT NULL,
    state TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (source, crawl)) WITHOUT ROWID;
CREATE TABLE read_too (
    source INTEGER NOT NULL, id TEXT NOT NULL, created TEXT NOT NULL, digest BLOB NOT NULL, was INTEGER NOT NULL,
    line TEXT NOT NULL, PRIMARY KEY (source, id, created, digest)) WITHOUT ROWID;
CREATE TABLE answered (
    account TEXT NOT NULL, region TEXT NOT NULL, operation TEXT NOT NULL, subject TEXT NOT NULL, crawl INTEGER NOT NULL,
    PRIMARY KEY (account, region, operation, subject)) WITHOUT ROWID;
"""


@dataclass(slots=True)
class MergedFile:
    """A file that was merged: its name, the SHA-256 of its bytes, its seals, and the crawls here by their numbers there."""

    name: str
    digest: str
    seals: list[Seal] = field(default_factory=list)
    crawls: dict[int, int] = field(default_factory=dict)


class MergedTables(OpenTables):
    """The files that were merged into an open file, and what an open file gives to a merge."""

    def seals(self) -> list[Seal]:
        """The chain of seals, one a finished crawl, oldest first."""
        return seals(self._db)

    def merged_files(self) -> dict[int, MergedFile]:
        """The files by number, in the order in which they were named."""
        found = {number: MergedFile(*told) for number, *told in self._rows("SELECT id, name, digest FROM source ORDER BY id")}
        for number, was, crawl in self._rows("SELECT source, was, crawl FROM merged"):
            found[number].crawls[was] = crawl
        for number, *told in self._rows(f"SELECT source, {SEAL} FROM chain ORDER BY source, crawl"):  # noqa: S608
            found[number].seals.append(seal_of(tuple(told)))
        return found

    def sealed_there(self, number: int, source: MergedFile, table: str) -> Iterator[tuple[int, bytes]]:
        """The lines that a merged file sealed of a table, in their order there, each with the number of its crawl there."""
        columns = TABLES[table].columns.split(", ")
        kept, by = len(columns) - TABLES[table].later, columns.index(TABLES[table].crawl)
        there = {crawl: was for was, crawl in source.crawls.items()}
        for *row, was, line in self._rows(_RECORDS if table == "record" else _others(table), (number,)):
            if line is None:
                row[by] = there[row[by]]
                yield row[by], line_of(tuple(row[:kept]))
            else:
                yield was, line.encode()

    def unlike_all(self) -> Iterator[str]:
        """The records that several files hold and that are as none of them sealed it."""
        columns, key = ", ".join(f"r.{name}" for name in _LINE), ", ".join(_KEY)
        rows = self._rows(f"SELECT {columns}, line FROM read_too JOIN record AS r USING ({key})")  # noqa: S608  (our own words)
        sealed: dict[tuple[Any, ...], set[tuple[Any, ...]]] = defaultdict(set)
        for *row, _, line in rows:
            row[2] = row[2].hex()
            sealed[tuple(row)].add(tuple(decoded(line)[:-1]))
        return (" ".join(row[:3]) for row, lines in sealed.items() if row not in lines)

    def whole(self, table: str) -> Iterator[Row]:
        """All rows of a table, with all columns."""
        return self._rows(f"SELECT * FROM {table}")  # noqa: S608  (our own words)


def _others(table: str) -> str:
    told = TABLES[table]
    return f"""SELECT {told.columns}, NULL, NULL FROM {table}
        WHERE {told.crawl} IN (SELECT crawl FROM merged WHERE source = ?1) ORDER BY {told.order}"""  # noqa: S608  (our own words)


_SEALED: Final = TABLES["record"].columns
_RECORDS: Final = f"""
    SELECT {_SEALED}, was, line FROM (
        SELECT *, NULL AS was, NULL AS line FROM record AS r
        WHERE first_crawl IN (SELECT crawl FROM merged WHERE source = ?1) AND NOT EXISTS (
            SELECT 1 FROM read_too AS t WHERE t.source = ?1 AND t.id = r.id AND t.created = r.created AND t.digest = r.digest)
        UNION ALL SELECT r.*, t.was, t.line FROM read_too AS t JOIN record AS r USING (id, created, digest) WHERE t.source = ?1)
    ORDER BY id, created, digest"""  # noqa: S608  (our own words)


# --- merging ------------------------------------------------------------------------------------


class Part(NamedTuple):
    """A file to merge: its name, the SHA-256 of its bytes, and its tables."""

    name: str
    digest: str
    tables: MergedTables


def merge_into(db: sqlite3.Connection, parts: Sequence[Part]) -> list[dict[int, int]]:
    """Copy what the crawls of some files read into the empty tables of a new one; returns the new number of each crawl."""
    numbers = _numbered(parts)
    merging = _Merging(db)
    for part, crawls in zip(parts, numbers, strict=True):
        merging.take(part, crawls)
    return numbers


def _numbered(parts: Sequence[Part]) -> list[dict[int, int]]:
    """For each file, the new numbers of its crawls: by when they began, and in each file in its own order."""
    begun = [[(started, at, was) for was, started, *_ in sorted(part.tables.whole("crawl"))] for at, part in enumerate(parts)]
    numbers: list[dict[int, int]] = [{} for _ in parts]
    for number, (_, at, was) in enumerate(merge(*begun, key=itemgetter(0)), 1):
        numbers[at][was] = number
    return numbers


# What is copied: the column with the number of a crawl, and what happens with what two files know. `answered` is found anew:
# what answers the question of one file may not answer that of another.
_COPIED: Final = {
    "crawl": ("id", ""),
    "enumeration": ("crawl", ""),
    "question": ("crawl", ""),
    "gone": ("", "ON CONFLICT DO UPDATE SET at = min(at, excluded.at)"),
    "named": ("", "ON CONFLICT DO NOTHING"),
    "content": ("", "ON CONFLICT DO UPDATE SET seen = max(seen, excluded.seen)"),
}


class _Merging:
    """The new file, and the files that are in it so far."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[int, MergedFile] = {}

    def take(self, part: Part, crawls: dict[int, int]) -> None:
        """Copy one file, of which the crawls have new numbers."""
        family = self._note(part, crawls)
        for table, (numbered, conflict) in _COPIED.items():
            new = {self._columns(table).index(numbered): crawls} if numbered else {}
            self._insert(table, (_renumbered(row, new) for row in part.tables.whole(table)), conflict)
        self._take_manifests(part)
        self._take_records(part, crawls, family)
        self._known |= family

    def _insert(self, table: str, rows: Iterator[Row], conflict: str = "") -> None:
        marks = ",".join("?" * len(self._columns(table)))
        self._db.executemany(f"INSERT INTO {table} VALUES ({marks}) {conflict}", rows)  # noqa: S608  (our own words)

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self._db.execute(f"PRAGMA table_info({table})")]

    def _note(self, part: Part, crawls: dict[int, int]) -> dict[int, MergedFile]:
        """Store a file with its seals, and the files that were merged into it before."""
        own = MergedFile(part.name, part.digest, part.tables.seals(), crawls)
        before = part.tables.merged_files()
        first = len(self._known) + 1
        numbers = {was: number for number, was in enumerate(before, first + 1)}
        family = {first: own}
        for was, source in before.items():
            family[numbers[was]] = MergedFile(
                f"{part.name}: {source.name}", source.digest, source.seals,
                {there: crawls[here] for there, here in source.crawls.items()},
            )  # fmt: skip
        for number, source in family.items():
            self._store(number, source)
        self._insert("read_too", (_renumbered(row, {0: numbers}) for row in part.tables.whole("read_too")))
        return family

    def _store(self, number: int, source: MergedFile) -> None:
        self._db.execute("INSERT INTO source VALUES (?,?,?)", (number, source.name, source.digest))
        self._insert("merged", ((number, *pair) for pair in source.crawls.items()))
        self._insert("chain", ((number, *row_of(one)) for one in source.seals))

    def _take_manifests(self, part: Part) -> None:
        """Versions of manifests that are not known yet, with what they list."""
        manifests: dict[int, int] = {}
        for number, place, view, etag, modified, seen, entries in part.tables.whole("manifest"):
            version = (place, view, etag, modified)
            which = "place = ? AND view = ? AND etag = ? AND modified = ?"
            if self._db.execute(f"UPDATE manifest SET seen = max(seen, ?) WHERE {which}", (seen, *version)).rowcount:  # noqa: S608
                continue
            sql = "INSERT INTO manifest (place, view, etag, modified, seen, entries) VALUES (?,?,?,?,?,?)"
            manifests[number] = self._db.execute(sql, (*version, seen, entries)).lastrowid or 0
        folders = {number: self._folder(place) for number, place in part.tables.whole("folder")} if manifests else {}
        for table, manifest in (("listed", 1), ("entry", 2)):
            rows = (row for row in part.tables.whole(table) if row[manifest] in manifests)
            self._insert(table, (_renumbered(row, {0: folders, manifest: manifests}) for row in rows))

    def _folder(self, place: str) -> int:
        self._db.execute("INSERT OR IGNORE INTO folder (place) VALUES (?)", (place,))
        return int(self._db.execute("SELECT id FROM folder WHERE place = ?", (place,)).fetchone()[0])

    def _take_records(self, part: Part, crawls: dict[int, int], family: dict[int, MergedFile]) -> None:
        dictionaries = {0: 0}
        for number, *told in part.tables.whole("dictionary"):
            cursor = self._db.execute("INSERT INTO dictionary (kind, content) VALUES (?,?)", told)
            dictionaries[number] = cursor.lastrowid or 0
        columns = self._columns("record")
        new = {columns.index("dictionary"): dictionaries} | dict.fromkeys(map(columns.index, (_FIRST, "last_crawl")), crawls)
        sql = f"INSERT INTO record VALUES ({','.join('?' * len(columns))}) ON CONFLICT DO NOTHING"  # noqa: S608
        for row in part.tables.whole("record"):
            record = _renumbered(row, new)
            if not self._db.execute(sql, record).rowcount:
                self._take_too(dict(zip(columns, record, strict=True)), family)

    def _take_too(self, record: dict[str, Any], family: dict[int, MergedFile]) -> None:
        """A version that another file holds, too: store the line that each of the files sealed."""
        key = tuple(record[name] for name in _KEY)
        which = " AND ".join(f"{name} = ?" for name in _KEY)
        known = self._db.execute(f"SELECT {', '.join(_LINE)} FROM record WHERE {which}", key).fetchone()  # noqa: S608
        self._note_lines(dict(zip(_LINE, known, strict=True)), self._known)
        self._note_lines(record, family)
        sql = f"UPDATE record SET first_crawl = min(first_crawl, ?), last_crawl = max(last_crawl, ?) WHERE {which}"  # noqa: S608
        self._db.execute(sql, (record[_FIRST], record["last_crawl"], *key))

    def _note_lines(self, record: dict[str, Any], sources: dict[int, MergedFile]) -> None:
        for number, source in sources.items():
            was = next((there for there, here in source.crawls.items() if here == record[_FIRST]), None)
            if was is not None:
                row = record | {"digest": record["digest"].hex(), _FIRST: was}
                line = line_of(tuple(row[name] for name in _LINE)).decode()
                key = (record[name] for name in _KEY)
                self._db.execute("INSERT OR IGNORE INTO read_too VALUES (?,?,?,?,?,?)", (number, *key, was, line))


_FIRST: Final = TABLES["record"].crawl
_KEY: Final = ("id", "created", "digest")
_LINE: Final = ("id", "created", "digest", "kind", "account", "region", "name", "arn", "modified", "status", _FIRST)


def _renumbered(row: Row, new: dict[int, dict[int, int]]) -> Row:
    """A row with new numbers in some of its columns."""
    changed = list(row)
    for at, numbers in new.items():
        changed[at] = numbers[row[at]]
    return tuple(changed)
