"""What a shell may offer after a few letters: names, ids and kinds of a snapshot that begin so.

The user waits after Tab, so little is read, and locks are not waited for. A file that can't be read offers nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lineage.errors import LineageError
from lineage.snapshot.connection import Connection, connect

MOST = 200  # most names that are offered
_STEPS = 3_000_000  # of SQLite: some hundredths of a second; no file, however large or doctored, holds a shell up for longer
_LAST = "\U0010ffff"  # behind every character


def hints(path: str | Path, what: str, begins: str = "", kinds: tuple[str, ...] = ()) -> list[str]:
    """The `names`, `ids` or `kinds` (`what`) of nodes that begin so, of some kinds or of any, sorted.

    Ids that are S3 URIs are given folder by folder. Empty if the file does not exist, is locked or damaged, or is not a
    snapshot.
    """
    try:
        with closing(connect(Path(path), "ro", wait=0)) as db:
            db.set_progress_handler(lambda: 1, _STEPS)
            return sorted(_FINDERS[what](db, begins, kinds))
    except (LineageError, sqlite3.Error, KeyboardInterrupt):  # the last is how a statement ends that took too many steps
        return []


def _names(db: Connection, begins: str, kinds: tuple[str, ...]) -> set[str]:
    some = f"AND kind IN ({','.join('?' * len(kinds))})" if kinds else ""
    sql = f"""SELECT DISTINCT name FROM node WHERE name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE
              AND observed {some} LIMIT {MOST}"""  # noqa: S608  (our own words)
    return {str(row[0]) for row in db.execute(sql, (begins, begins + _LAST, *kinds)).fetchall()}


def _kinds(db: Connection, begins: str, _: tuple[str, ...]) -> set[str]:
    return set(_skipping(db, "kind", begins))


def _ids(db: Connection, begins: str, _: tuple[str, ...]) -> set[str]:
    return set(_skipping(db, "id", begins))


def _skipping(db: Connection, column: str, begins: str) -> Iterator[str]:
    """Values of an indexed column that begin so, of S3 URIs only the next folder: each is looked up behind the last one."""
    at = begins
    for _round in range(MOST):
        sql = f"SELECT {column} FROM node WHERE {column} >= ? AND {column} < ? ORDER BY {column} LIMIT 1"  # noqa: S608
        row = db.execute(sql, (at, begins + _LAST)).fetchone()
        if row is None:
            return
        found = str(row[0])
        within, slash, _ = found[len(begins) :].partition("/")
        if slash and begins.startswith("s3://"):
            found = f"{begins}{within}/"
            at = found + _LAST
        else:
            at = found + "\0"
        yield found


_FINDERS = {"names": _names, "ids": _ids, "kinds": _kinds}
