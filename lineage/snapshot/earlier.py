"""Files that an earlier lineage wrote: whether they have changed since, and what of them goes into a file of today.

Only schema 7 is known, that of version 1.0.0: its records have their bodies as text. The graph is not taken along: it is joined
from the records again.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

from lineage.domain.records import decoded
from lineage.errors import SnapshotError
from lineage.snapshot.bodies import Bodies
from lineage.snapshot.connection import connect, damaged
from lineage.snapshot.records import found_by
from lineage.snapshot.schema import APPLICATION_ID
from lineage.snapshot.seals import TABLES, Hashed, hashed, seals, state_line
from lineage.snapshot.tables import Row

EARLIER: Final = 7
_KEPT: Final = ("crawl", "content", "gone", "enumeration", "named", "question", "manifest", "folder", "listed", "entry", "seal")
_RECORD: Final = "id, created, digest, kind, account, region, name, arn, modified, status, first_crawl, last_crawl, body"
_NEW: Final = (  # tables that such a file does not have
    "dictionary", "source", "merged", "chain", "read_too", "answered", "unjoined", "left_out", "pin", "lies", "joined",
    "identity", "saying",
)  # fmt: skip


class EarlierFile:
    """An open file of schema 7."""

    def __init__(self, path: Path) -> None:
        """Raises `SnapshotError` for a file of another schema, and for one that is not a snapshot."""
        self.path = path
        self._db = connect(path, "rw")  # which rolls back what a killed crawl left half done
        self._db.execute("PRAGMA query_only = 1")
        application, version = (self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
        if application != APPLICATION_ID or version != EARLIER:
            self.close()
            what = f"it has schema {version}" if application == APPLICATION_ID else "it is not a lineage snapshot"
            raise SnapshotError(f"{path} can't be upgraded: {what}; only files of schema {EARLIER} can")

    def close(self) -> None:
        self._db.close()

    def insist_unchanged(self) -> None:
        """Raise `SnapshotError` if a row is not as it was sealed: a new seal must not cover what somebody changed."""
        found = next(chain(self._broken_links(), self._changed_tables(), self._changed_bodies()), "")
        if found:
            raise damaged(self.path, found)

    def _broken_links(self) -> Iterator[str]:
        sealed = seals(self._db)
        for before, one in zip([None, *sealed], sealed, strict=False):
            if one.made_anew() != one.digest or one.previous != (before.digest if before else ""):
                yield f"the seal of crawl {one.crawl} is not the one that was made"

    def _changed_tables(self) -> Iterator[str]:
        known = {name: (digest, rows) for name, digest, rows in self._db.execute("SELECT name, digest, rows FROM sealed")}
        links, state = seals(self._db), hashlib.sha256()
        for name in (name for name in TABLES if name not in _NEW):
            now = self._hashed(name, [one.crawl for one in links])
            wrote = (now.wrote[str(one.crawl)] == one.wrote.get(name) for one in links)
            if TABLES[name].crawl and not all(wrote):
                yield f"what a crawl wrote into table {name} is not what it sealed"
            if known and now.digest != known.get(name, ("", b""))[0]:
                yield f"table {name} differs from its seal"
            state.update(state_line(name, *known.get(name, ("", b""))))
        if known and links and state.hexdigest() != links[-1].state:
            yield "the digests of the tables are not the ones that were sealed"

    def _hashed(self, name: str, ends: list[int]) -> Hashed:
        table = TABLES[name]
        columns = table.columns.replace("lower(hex(digest))", "digest")
        order = "rowid" if table.order == "number" else table.order  # a table of its own numbers its rows itself
        sql = f"SELECT {columns} FROM {name} WHERE {table.which} ORDER BY {order}"  # noqa: S608  (our own words)
        return hashed(name, self._db.execute(sql), ends)

    def _changed_bodies(self) -> Iterator[str]:
        for identity, digest, body in self._db.execute("SELECT id, digest, body FROM record"):
            if hashlib.sha256(str(body).encode(errors="surrogateescape")).hexdigest() != digest:
                yield f"table record, row {str(identity)[:100]!r}: its body is not the one stored"

    def sealed_crawl(self) -> int:
        """The crawl whose seal covers the rows of the file; 0 while a crawl is unfinished."""
        covers = self._db.execute("SELECT 1 FROM sealed LIMIT 1").fetchone()
        links = seals(self._db)
        return links[-1].crawl if covers and links else 0

    def copy_into(self, db: sqlite3.Connection) -> None:
        """Copy everything but the graph into the empty tables of a file of today; the newest seal is left out."""
        for name in _KEPT:
            columns = [row[1] for row in self._db.execute(f"PRAGMA table_info({name})")]
            rows = self._db.execute(f"SELECT {', '.join(columns)} FROM {name}")  # noqa: S608  (our own words)
            marks = ",".join("?" * len(columns))
            db.executemany(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608
        bodies = Bodies(db)
        rows = self._db.execute(f"SELECT {_RECORD} FROM record ORDER BY kind, id, created, digest")  # noqa: S608
        db.executemany("INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (_packed(bodies, row) for row in rows))
        db.execute("DELETE FROM seal WHERE crawl = ?", (self.sealed_crawl(),))


def _packed(bodies: Bodies, row: Row) -> tuple[Any, ...]:
    identity, created, digest, kind, *told, body = row
    found = found_by(kind, decoded(body))
    return (identity, created, bytes.fromhex(digest), kind, *told, *found, *bodies.packed(kind, body.encode()))
