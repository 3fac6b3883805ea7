"""What manifests list: the objects that a channel really read, stored compactly and indexed by folder.

A manifest is an S3 object that can be overwritten, so each version is stored with the period for which it was current:
from S3's modification time to when a crawl last saw it. A job that read within that period read this version. No search
goes through the entries: one object in a million is found at once.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

from lineage.domain.names import Cover, Location
from lineage.domain.records import Window
from lineage.domain.times import SECOND, bounds
from lineage.snapshot.connection import connect

LISTINGS_SCHEMA = """
CREATE TABLE manifest (
    id INTEGER PRIMARY KEY, place TEXT NOT NULL, view TEXT NOT NULL, etag TEXT NOT NULL, modified TEXT NOT NULL,
    seen TEXT NOT NULL, entries INTEGER NOT NULL, UNIQUE (place, view, etag, modified));
CREATE TABLE folder (id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE);
CREATE TABLE listed (folder INTEGER NOT NULL, manifest INTEGER NOT NULL, PRIMARY KEY (folder, manifest)) WITHOUT ROWID;
CREATE INDEX listed_manifest ON listed (manifest, folder);
CREATE TABLE entry (
    folder INTEGER NOT NULL, name TEXT NOT NULL, manifest INTEGER NOT NULL, PRIMARY KEY (folder, name, manifest)) WITHOUT ROWID;
"""
_AT_ONCE = 10_000  # entries that are written at a time
_REMEMBERED = 50_000  # folders whose numbers are kept in memory while a manifest is written


@dataclass(frozen=True, slots=True)
class Manifest:
    """One version of a manifest in S3; `view` is its form, and the attributes that were read from each line."""

    place: str
    view: str
    etag: str
    modified: str


class _Own(threading.local):
    """What each thread has for itself: SQLite lets only the thread that opened a file read it."""

    connection: sqlite3.Connection | None = None
    asked: Location | None = None
    inside: frozenset[int] = frozenset()


class Listings:
    """The tables of manifests in a snapshot file, or in memory. A file is opened at the first query of each thread."""

    def __init__(self, home: sqlite3.Connection | Path) -> None:
        self._home = home
        self._own = _Own()
        self._buckets: dict[str, bool] = {}

    @classmethod
    def in_memory(cls) -> Self:
        """Tables in memory for the manifests of a few records: for tests and experiments."""
        db = sqlite3.connect(":memory:", isolation_level=None)
        for statement in LISTINGS_SCHEMA.split(";\n"):
            db.execute(statement)
        return cls(db)

    @property
    def file(self) -> Path | None:
        """The snapshot file that holds them; None for tables in memory, or if it is not there any more."""
        return self._home if isinstance(self._home, Path) and self._home.exists() else None

    @property
    def _db(self) -> sqlite3.Connection:
        if isinstance(self._home, sqlite3.Connection):
            return self._home
        if self._own.connection is None:
            self._own.connection = connect(self._home, "ro")
        return self._own.connection

    def __deepcopy__(self, _: Any) -> Self:
        return self  # a copied graph uses the same snapshot

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._home,)

    # --- writing --------------------------------------------------------------------------------

    def put(self, manifest: Manifest, entries: Iterable[Location], seen: str) -> int:
        """Store a version of a manifest, seen now: all of it or, on any error, nothing. Returns the number of its objects."""
        self._own.asked = None
        self._buckets.clear()
        self._db.execute("SAVEPOINT manifest")
        try:
            return self._put(manifest, entries, seen)
        except BaseException:
            self._db.execute("ROLLBACK TO manifest")
            raise
        finally:
            self._db.execute("RELEASE manifest")

    def _put(self, manifest: Manifest, entries: Iterable[Location], seen: str) -> int:
        cursor = self._db.execute(
            "INSERT INTO manifest (place, view, etag, modified, seen, entries) VALUES (?,?,?,?,?,0)",
            (manifest.place, manifest.view, manifest.etag, manifest.modified, seen),
        )
        number, count = cursor.lastrowid or 0, 0
        folders: dict[str, int] = {}
        rest = iter(entries)
        while batch := list(islice(rest, _AT_ONCE)):
            rows = [(self._folder(folder, number, folders), name, number) for folder, name in map(_split, map(_text, batch))]
            self._db.executemany("INSERT OR IGNORE INTO entry VALUES (?,?,?)", rows)
            count += len(batch)
        self._db.execute("UPDATE manifest SET entries = ? WHERE id = ?", (count, number))
        return count

    def _folder(self, place: str, manifest: int, known: dict[str, int]) -> int:
        if place not in known:
            if len(known) > _REMEMBERED:
                known.clear()
            self._db.execute("INSERT OR IGNORE INTO folder (place) VALUES (?)", (place,))
            ((number,),) = self._db.execute("SELECT id FROM folder WHERE place = ?", (place,))
            self._db.execute("INSERT OR IGNORE INTO listed VALUES (?,?)", (number, manifest))
            known[place] = number
        return known[place]

    def saw(self, manifest: Manifest, at: str) -> bool:
        """Note that a version is still current; returns whether it is known."""
        same = (at, manifest.place, manifest.view, manifest.etag, manifest.modified)
        sql = "UPDATE manifest SET seen = ? WHERE place = ? AND view = ? AND etag = ? AND modified = ?"
        return self._db.execute(sql, same).rowcount > 0

    # --- reading --------------------------------------------------------------------------------

    def last(self, place: str, view: str) -> Manifest | None:
        """The version that was seen last."""
        sql = "SELECT etag, modified FROM manifest WHERE place = ? AND view = ? ORDER BY seen DESC, modified DESC LIMIT 1"
        row = self._db.execute(sql, (place, view)).fetchone()
        return Manifest(place, view, *row) if row else None

    def read_by(self, place: str, view: str, window: Window | None) -> int | None:
        """The version that a job read in a time window; None if that is not certain.

        It existed before the job could read it, at least a second earlier, and still when the job had finished: a crawl
        saw it later. If two versions fit, as after a deletion that restored an earlier one, neither is certain.
        """
        opens, closes = bounds(window)
        sql = "SELECT id, view, etag, modified, seen FROM manifest WHERE place = ?"
        fitting: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for number, form, etag, modified, seen in self._db.execute(sql, (place,)):
            written, standing = bounds(Window(modified, seen))
            if written[:SECOND] < opens[:SECOND] and standing >= (closes or opens):
                fitting[etag, modified][form] = number
        return next(iter(fitting.values())).get(view) if len(fitting) == 1 else None

    def told(self, manifest: int) -> tuple[Manifest, str, int]:
        """A version of a manifest, when it was last seen, and how many objects it lists."""
        sql = "SELECT place, view, etag, modified, seen, entries FROM manifest WHERE id = ?"
        *version, seen, entries = self._db.execute(sql, (manifest,)).fetchone()
        return Manifest(*version), seen, entries

    def versions(self, place: str) -> list[int]:
        """The versions of a manifest at a place that were read."""
        return [row[0] for row in self._db.execute("SELECT id FROM manifest WHERE place = ? ORDER BY id", (place,))]

    def folders(self, manifest: int) -> Iterator[str]:
        """The folders of the objects that a manifest lists."""
        sql = "SELECT place FROM folder JOIN listed ON listed.folder = folder.id WHERE manifest = ? ORDER BY place"
        return (row[0] for row in self._db.execute(sql, (manifest,)))

    def beside(self, manifest: int) -> Iterator[str]:
        """The places of other manifests that list something in the same folders."""
        sql = """SELECT DISTINCT place FROM listed AS own JOIN listed AS other ON other.folder = own.folder
                 JOIN manifest ON manifest.id = other.manifest WHERE own.manifest = ? ORDER BY place"""
        return (row[0] for row in self._db.execute(sql, (manifest,)))

    def beginning(self, manifest: int, start: str) -> str:
        """An object that a manifest lists and whose URI begins like this; empty if there is none."""
        sql = """SELECT folder.place || '/' || name AS object FROM listed JOIN folder ON folder.id = listed.folder
                 JOIN entry ON entry.folder = listed.folder AND entry.manifest = listed.manifest
                 WHERE listed.manifest = ? AND folder.place >= ? AND substr(object, 1, length(?)) = ? LIMIT 1"""
        found = self._db.execute(sql, (manifest, start.rpartition("/")[0], start, start)).fetchone()
        return str(found[0]) if found else ""

    def shared(self, one: int, other: int) -> str:
        """An object that two manifests both list; empty if there is none."""
        sql = """SELECT folder.place || '/' || one.name FROM listed CROSS JOIN entry AS one
                 ON one.folder = listed.folder AND one.manifest = listed.manifest CROSS JOIN entry AS other
                 ON other.folder = one.folder AND other.name = one.name AND other.manifest = ?
                 JOIN folder ON folder.id = one.folder WHERE listed.manifest = ? LIMIT 1"""
        found = self._db.execute(sql, (other, one)).fetchone()
        return str(found[0]) if found else ""

    def cover(self, manifest: int, dataset: Location) -> tuple[Cover, str]:
        """How much of a dataset a manifest lists, and one entry that shows it.

        An entry is an object, or a folder with all its content, whichever exists.
        """
        for folder, name in map(_split, texts_around(dataset)):
            sql = "SELECT 1 FROM entry WHERE manifest = ? AND name = ? AND folder = (SELECT id FROM folder WHERE place = ?)"
            if self._db.execute(sql, (manifest, name, folder)).fetchone():
                return Cover.ALL, f"{folder}/{name}"
        if self._own.asked != dataset:  # many manifests are asked about one dataset
            self._own.asked, self._own.inside = dataset, frozenset(number for number, _ in self.listing(dataset))
        if manifest not in self._own.inside:
            return Cover.NONE, ""
        name = "SELECT min(name) FROM entry WHERE entry.folder = folder.id AND entry.manifest = :manifest"
        sql = f"""SELECT folder.place, ({name}) FROM listed CROSS JOIN folder ON folder.id = listed.folder
                  WHERE listed.manifest = :manifest AND {_INSIDE} LIMIT 1"""  # noqa: S608  (our own words)
        found = self._db.execute(sql, {**_inside(dataset), "manifest": manifest}).fetchone()
        return (Cover.PART, "/".join(found)) if found else (Cover.NONE, "")

    def listing(self, place: Location) -> set[tuple[int, str]]:
        """The manifests, each with its place, that list something inside a place, or a folder around it."""
        return self._listing(place) if self.lists_in(place.root) else set()

    def lists_in(self, bucket: str) -> bool:
        """Whether a manifest lists something in a bucket, or all of it. Many locations are asked about in one."""
        if bucket not in self._buckets:
            inside = _inside(Location(bucket, ""))
            sql = f"SELECT EXISTS (SELECT 1 FROM folder WHERE {_INSIDE})"  # noqa: S608  (our own words)
            self._buckets[bucket] = bool(self._db.execute(sql, inside).fetchone()[0] or self.having(bucket))
        return self._buckets[bucket]

    def _listing(self, place: Location) -> set[tuple[int, str]]:
        sql = f"""SELECT DISTINCT manifest.id, manifest.place FROM folder CROSS JOIN listed ON listed.folder = folder.id
                  JOIN manifest ON manifest.id = listed.manifest WHERE {_INSIDE}"""  # noqa: S608  (our own words)
        found = set(self._db.execute(sql, _inside(place)))
        for around in texts_around(place):
            found |= self.having(around)
        return found

    def having(self, text: str) -> set[tuple[int, str]]:
        """The manifests, each with its place, that have an entry with exactly this name, except for a trailing slash."""
        folder, name = _split(text)
        sql = """SELECT manifest.id, manifest.place FROM entry JOIN manifest ON manifest.id = entry.manifest
                 WHERE name = ? AND folder = (SELECT id FROM folder WHERE place = ?)"""
        return set(self._db.execute(sql, (name, folder)))

    def places(self) -> Iterator[str]:
        """The places of all manifests that were read."""
        return (row[0] for row in self._db.execute("SELECT DISTINCT place FROM manifest"))


_INSIDE = "(folder.place = :folder OR (folder.place >= :start AND folder.place < :end))"


def _inside(place: Location) -> dict[str, str]:
    """The folders inside a place: itself, and those that begin with it and a slash."""
    text = _text(place)
    return {"folder": text, "start": f"{text}/", "end": f"{text}0"}


def _text(place: Location) -> str:
    """A trailing slash marks a folder, and the folder is the same without it."""
    return place.uri.removesuffix("/")


def _split(text: str) -> tuple[str, str]:
    folder, _, name = text.rpartition("/")
    return folder, name


def texts_around(place: Location) -> Iterator[str]:
    """A place and the places around it, up to its bucket, in the form of entries: without a trailing slash."""
    text = _text(place)
    yield text
    while len(text) > len(place.root):
        text = text.rpartition("/")[0]
        yield text
