"""One SQLite file: crawls, the records they found, the gaps they left, and the graph joined from them.

Records are kept by content: a later crawl adds versions and takes none away. Nodes and edges are joined anew
by `replace_graph` at the end of each crawl, in the transaction that keeps the crawl, so that they always agree.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from traceback import clear_frames
from typing import Any, NamedTuple, Self

from lineage.domain.kinds import OPAQUE_CHANNELS, SERVING
from lineage.domain.names import Location, Span, location_of
from lineage.domain.records import (
    CLOUDTRAIL,
    Answered,
    Content,
    Crawl,
    Edge,
    Enumeration,
    Fetched,
    Gap,
    Life,
    Named,
    Node,
    Resource,
    Scope,
)
from lineage.domain.times import sortable
from lineage.errors import SnapshotError
from lineage.snapshot.manifests import LISTINGS_SCHEMA, Listings
from lineage.snapshot.seals import SEALS_SCHEMA, Hashed, Seal, hashed, rows_of, seal, seals, unseal

APPLICATION_ID = 0x4C4E4147  # "LNAG", so that `file` and we can tell the file from other SQLite files
SCHEMA_VERSION = 4

# What is known of a name that a list gave: nothing yet, its record, nothing while it is asked for, all but the extras.
WANTED, READ, IN_HAND, HALF_READ = range(4)

CONTENT_SCHEMA = """CREATE TABLE content (
    place TEXT NOT NULL, modified TEXT NOT NULL, digests TEXT NOT NULL, seen TEXT NOT NULL,
    PRIMARY KEY (place, modified, digests)) WITHOUT ROWID"""
_SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE crawl (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, caller TEXT NOT NULL,
    accounts TEXT NOT NULL, regions TEXT NOT NULL, roots TEXT NOT NULL, tool TEXT NOT NULL, botocore TEXT NOT NULL,
    kinds TEXT NOT NULL, full INTEGER NOT NULL, process TEXT NOT NULL);
CREATE TABLE record (
    id TEXT NOT NULL, created TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, modified TEXT, status TEXT, body TEXT NOT NULL,
    first_crawl INTEGER NOT NULL, last_crawl INTEGER NOT NULL, PRIMARY KEY (id, created, digest)) WITHOUT ROWID;
CREATE INDEX record_kind ON record (kind, account, region);
{CONTENT_SCHEMA};
CREATE TABLE gone (id TEXT NOT NULL, created TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (id, created)) WITHOUT ROWID;
CREATE TABLE enumeration (
    account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, operation TEXT NOT NULL, started TEXT NOT NULL,
    since TEXT NOT NULL, finished TEXT, calls INTEGER NOT NULL, pages INTEGER NOT NULL,
    records INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, crawl INTEGER NOT NULL,
    joined INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account, region, kind, crawl)) WITHOUT ROWID;
CREATE TABLE named (
    account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL,
    created TEXT, listed INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (account, region, kind, id)) WITHOUT ROWID;
CREATE INDEX named_state ON named (account, region, kind, state) WHERE state != {READ};
CREATE TABLE question (
    account TEXT NOT NULL, region TEXT NOT NULL, operation TEXT NOT NULL, subject TEXT NOT NULL,
    crawl INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, joined INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, region, operation, subject, crawl)) WITHOUT ROWID;
"""
_GRAPH = """
CREATE TABLE node (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, account TEXT, region TEXT, arn TEXT,
    created TEXT, modified TEXT, status TEXT, observed INTEGER NOT NULL, details TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE edge (
    source TEXT NOT NULL, target TEXT NOT NULL, relation TEXT NOT NULL, role TEXT NOT NULL, usage TEXT NOT NULL,
    path TEXT NOT NULL, evidence TEXT NOT NULL, time TEXT, span TEXT, listing INTEGER);
CREATE TABLE unexplained (id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# A query uses one of the two last indices where it says the same words.
_ISOLATED = "kind = 'training-job' AND observed AND json_extract(details, '$.isolated')"
_OPAQUE = f"""relation IN ('reads', 'loads', 'mentions') AND (
    span IS NULL OR span IN ('manifest', 'unknown') OR source NOT LIKE 's3://%' OR source LIKE 's3://arn:%'
    OR source LIKE '%-s3alias/%' OR source LIKE '%--ol-s3/%' OR source LIKE '%.mrap/%'
    OR role IN ({", ".join(f"'{role}'" for role in sorted(OPAQUE_CHANNELS))}))"""
_GRAPH_INDICES = f"""
CREATE INDEX node_kind ON node (kind, observed);
CREATE INDEX node_name ON node (name COLLATE NOCASE);
CREATE INDEX edge_source ON edge (source);
CREATE INDEX edge_target ON edge (target);
CREATE INDEX node_isolated ON node (kind) WHERE {_ISOLATED};
CREATE INDEX edge_opaque ON edge (source) WHERE {_OPAQUE};
"""
_SERVES = f"relation IN {SERVING} AND (relation != 'provides' OR usage = 'model')"
# What may be served and is not known to be made of anything: places that no job wrote for sure before they were loaded,
# what was never seen, what names no artifact or has a part that names none, and packages of which a model names one
# specification. It holds more than what is so: whoever asks looks at each.
_UNEXPLAINED = f"""
    INSERT INTO unexplained
    SELECT source FROM edge WHERE relation = 'loads' AND instr(source, '://') AND NOT EXISTS (
        SELECT 1 FROM edge AS made JOIN node AS maker ON maker.id = made.source AND lower(maker.status) = 'completed'
        WHERE made.relation = 'writes' AND made.evidence = 'declared'
        AND (made.target = edge.source OR made.target IN (
            SELECT wide.source FROM edge AS wide WHERE wide.target = edge.source AND wide.relation = 'overlaps'
            AND substr(edge.source, 1, length(wide.source)) = wide.source))
        AND made.time NOT LIKE '%/' AND rtrim(substr(made.time, instr(made.time, '/') + 1), 'Z')
            <= rtrim(substr(edge.time, 1, instr(edge.time, '/') - 1), 'Z'))
    UNION SELECT id FROM node WHERE NOT observed AND EXISTS (SELECT 1 FROM edge WHERE source = id AND {_SERVES})
    UNION SELECT id FROM node WHERE kind IN ('model', 'model-package', 'inference-component')
        AND (json_extract(details, '$.empty_parts') IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM edge WHERE target = id AND {_SERVES}))
    UNION SELECT source FROM edge WHERE relation = 'instantiates' AND usage != ''"""  # noqa: S608  (our own words)
NODE = "id, kind, name, account, region, arn, created, modified, status, observed, details"
EDGE = "source, target, relation, role, usage, path, evidence, time, span, listing"
AT_ONCE = 500  # how many ids one SELECT asks for
Row = tuple[Any, ...]


def open_snapshot(path: str | Path) -> Snapshot:
    """Open a snapshot file to read it. Raises `SnapshotError` for a missing file, another file or a newer schema."""
    if not Path(path).exists():
        raise SnapshotError(f"no snapshot at {path}: make one with `lineage crawl --snapshot {path}`, or name another")
    if Path(path).is_dir():
        raise SnapshotError(f"{path} is a folder: name the snapshot file in it")
    snapshot = Snapshot(path, read_only=True)
    if not snapshot.holds_crawls():
        snapshot.close()
        raise SnapshotError(f"{path} is empty: fill it with `lineage crawl --snapshot {path}`")
    return snapshot


class Snapshot:
    """An open snapshot file. Use it as a context manager, or call `close`."""

    def __init__(self, path: str | Path, *, read_only: bool = False) -> None:
        """Open the file, or begin a new one: it comes into being with the first `recording`."""
        self.path = Path(path)
        self._existed = self.path.exists()
        mode = "rw" if read_only else "rwc"  # rw even to read: what a killed crawl left half done is rolled back so
        try:
            uri = f"{self.path.absolute().as_uri()}?mode={mode}"
            self._db = sqlite3.connect(uri, uri=True, isolation_level=None)
            self._db.execute(f"PRAGMA query_only = {int(read_only)}")
            self._check()
        except sqlite3.Error as error:
            raise SnapshotError(f"{path} can't be opened as a snapshot: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; where nothing was recorded into a new one, it leaves none behind."""
        self._db.close()
        if not self._existed and self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()

    def holds_crawls(self) -> bool:
        """Whether anything was ever recorded here."""
        return bool(self._one("PRAGMA application_id") == APPLICATION_ID)

    def _check(self) -> None:
        application, version = (self._one(f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if application != APPLICATION_ID and self._one("SELECT count(*) FROM sqlite_master"):
            raise SnapshotError(f"{self.path} is a database, but no lineage snapshot: name another file with --snapshot")
        if version > SCHEMA_VERSION:
            raise SnapshotError(
                f"{self.path} was written by a newer lineage (schema {version}, this one reads {SCHEMA_VERSION}): "
                "upgrade sagemaker-lineage"
            )
        if application == APPLICATION_ID and version < SCHEMA_VERSION:
            raise SnapshotError(
                f"{self.path} was written by an earlier lineage (schema {version}, this one writes {SCHEMA_VERSION}): "
                "crawl into a new file"
            )

    def _one(self, sql: str, *values: Any) -> Any:
        row = next(self._rows(sql, values), None)
        return row[0] if row else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    def _fetched(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """The same rows at once: of a few hundred, which is faster than one by one."""
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """A transaction that keeps one crawl: all of it, or on any exception nothing, not even a new file."""
        fresh = not self._one("SELECT count(*) FROM sqlite_master")
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement in (
                (_SCHEMA + LISTINGS_SCHEMA.lstrip() + SEALS_SCHEMA.lstrip() + _GRAPH + _GRAPH_INDICES).split(";\n")
                if fresh
                else ()
            ):
                self._db.execute(statement)
            yield Recording(self._db)
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise SnapshotError(f"{self.path} could not be written: {error}") from error
            raise

    # --- reading --------------------------------------------------------------------------------

    def seals(self) -> list[Seal]:
        """The chain of seals, one a finished crawl, oldest first."""
        with self._readable():
            return seals(self._db)

    def sealed(self) -> dict[str, tuple[str, bytes]]:
        """By table, what the newest seal says of it: its digest, and the mark of each row. None while a crawl is under way."""
        return {name: (digest, rows) for name, digest, rows in self._rows("SELECT name, digest, rows FROM sealed")}

    def hashed(self, table: str, ends: list[int]) -> Hashed:
        """A table as it is now, hashed as a seal hashes it."""
        with self._readable():
            return hashed(table, rows_of(self._db, table), ends)

    def rows_of(self, table: str) -> Iterator[Row]:
        """The rows of a table that are sealed, in the order of their key."""
        with self._readable():
            yield from rows_of(self._db, table)

    def altered_bodies(self) -> Iterator[tuple[str, str, str]]:
        """The kind, id and creation time of each record whose body is not what its own digest says."""
        for kind, identity, created, digest, body in self._rows("SELECT kind, id, created, digest, body FROM record"):
            if hashlib.sha256(str(body).encode(errors="surrogateescape")).hexdigest() != digest:
                yield kind, identity, created

    def damages(self) -> list[str]:
        """What SQLite itself finds wrong with the file."""
        return [str(row[0]) for row in self._rows("PRAGMA integrity_check(10)") if row[0] != "ok"]

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    def crawls(self) -> list[Crawl]:
        """Every crawl, oldest first."""
        return list(_crawls(self._db))

    def resources(self) -> Iterator[Resource]:
        """The newest version of each record; a name's several lives are several records."""
        return _resources(self._db)

    def records(
        self, kind: str, ids: Iterable[str] | None = None, *, deleted: bool = False, members: Sequence[str] = ()
    ) -> Iterator[Resource]:
        """The newest version of each record of a kind, or of those with the given record ids; what is gone if `deleted`.

        With `members`, a body holds only these of its members: to look through many records that is several times as fast.
        """
        here = "true" if deleted else f"NOT {_GONE}"
        if ids is None:
            yield from _resources(self._db, f"kind = ? AND {here}", (kind,), members=members)
            return
        wanted = sorted(set(ids))
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            which = f"id IN ({','.join('?' * len(some))}) AND +kind = ? AND {here}"  # the + keeps it from the kind's index
            yield from _resources(self._db, which, (*some, kind), members=members)

    def gaps(self) -> list[Gap]:
        """What could not be read the last time it was asked for. An answer counts once the graph holds it."""
        sql = f"""
            SELECT account, region, operation, subject, reason, detail FROM question AS q
            WHERE reason != '' AND NOT EXISTS (
                SELECT 1 FROM question AS later WHERE {_SAME_QUESTION}
                AND later.crawl > q.crawl AND (later.reason != '' OR later.joined))"""  # noqa: S608  (our own words)
        lookups = {one.key: one for one in self.lookups()}.values()
        lists = (one for one in (*self.enumerations(), *lookups) if one.reason)
        unlisted = [Gap(one.account, one.region, one.operation, one.kind, one.reason, one.detail) for one in lists]
        return sorted([*(Gap(*row) for row in self._rows(sql)), *unlisted], key=_gap_order)

    def enumerations(self) -> list[Enumeration]:
        """The last attempt at each list, by account, region and kind."""
        sql = f"""SELECT {_ENUMERATION} FROM enumeration AS e WHERE crawl = (SELECT max(crawl) FROM enumeration AS other
                  WHERE other.account = e.account AND other.region = e.region AND other.kind = e.kind)
                  AND kind != ? ORDER BY account, region, kind"""  # noqa: S608  (our own words)
        return [Enumeration(*row) for row in self._rows(sql, (CLOUDTRAIL,))]

    def lookups(self) -> list[Enumeration]:
        """Every lookup of what was deleted, by account and region, the oldest first."""
        sql = f"SELECT {_ENUMERATION} FROM enumeration WHERE kind = ? ORDER BY account, region, crawl"  # noqa: S608  (our own words)
        return [Enumeration(*row) for row in self._rows(sql, (CLOUDTRAIL,))]

    def listed_until(self) -> dict[tuple[str, str, str], str]:
        """When the last list began of each (account, region, kind) that came to its end and is in the graph."""
        sql = """SELECT account, region, kind, max(started) FROM enumeration
                 WHERE finished IS NOT NULL AND joined AND kind != ? GROUP BY account, region, kind"""
        return {(account, region, kind): started for account, region, kind, started in self._rows(sql, (CLOUDTRAIL,))}

    def scope(self) -> Scope:
        """What was looked at, and what could not be. A list counts once the graph holds what it gave."""
        jobs = self._one("SELECT count(*) FROM node WHERE kind = 'training-job' AND observed")
        isolated = self._one(f"SELECT count(*) FROM node WHERE {_ISOLATED}")  # noqa: S608  (our own words)
        known = self._rows("SELECT id FROM node WHERE observed AND id IN (SELECT subject FROM question WHERE reason != '')")
        subjects = frozenset(row[0] for row in known)
        lists = self.enumerations()
        enumerated = frozenset(one.key for one in lists if one.finished and one.joined)
        crawls = tuple(self.crawls())
        walked = {
            (account, region) for crawl in crawls if crawl.roots for account in crawl.accounts for region in crawl.regions
        }
        places = frozenset(walked | {one.key[:2] for one in lists})
        lookups = tuple(one for one in self.lookups() if one.finished and one.joined)
        return Scope(crawls, tuple(self.gaps()), enumerated, subjects, places, jobs, isolated, lookups)

    def nodes(self, ids: Iterable[str] | None = None) -> Generator[Node]:
        """All nodes, or those of the given ids, by id. Whoever reads no further should `close` it before the snapshot."""
        with closing(self.node_rows(ids)) as rows:
            yield from map(node_of, rows)

    def node_rows(self, ids: Iterable[str] | None = None) -> Generator[Row]:
        """The same as rows of the columns `NODE`: for whoever has no use for a million small objects."""
        return self._select(NODE, "node", "id", ids)

    def edges(self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None) -> Iterator[Edge]:
        """All edges, or those into, or out of, the given nodes, in a fixed order."""
        return map(edge_of, self.edge_rows(into=into, out_of=out_of))

    def edge_rows(
        self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None, relations: Iterable[str] = ()
    ) -> Iterator[Row]:
        """The same as rows of the columns `EDGE`, of some relations or of all."""
        key, ids = ("target", into) if into is not None else ("source", out_of)
        return self._select(EDGE, "edge", key, ids, _of_relations("edge", relations) if relations else "true")

    def onward_rows(self, trained: Iterable[str], relations: Iterable[str], *, every_run: bool) -> Iterator[Row]:
        """The edges of some relations out of jobs that train, as far as they lead on: to what is read, to runs that say more.

        Not to a model that nobody reads, nor (unless `every_run`) to a run that nobody wrote into: of those there is one
        for each job.
        """
        on = _of_relations("e", ("reads", "overlaps"))
        reads_on = f"EXISTS (SELECT 1 FROM edge AS e WHERE e.source = edge.target AND {on})"  # noqa: S608  (our own words)
        which = f"""CASE relation WHEN 'writes' THEN instr(target, '://') = 0 OR {reads_on}
            WHEN 'recorded-by' THEN {"true" if every_run else _says_more()} ELSE {_of_relations("edge", relations)} END"""
        return self._select(EDGE, "edge", "source", trained, which)

    def telling_rows(self, ids: Iterable[str], relations: Iterable[str]) -> Iterator[Row]:
        """The edges of some relations out of nodes, but for those to runs that say no more than the job that they record."""
        which = f"{_of_relations('edge', relations)} AND (relation != 'recorded-by' OR {_says_more()})"
        return self._select(EDGE, "edge", "source", ids, which)

    def mention_rows(self, ids: Iterable[str]) -> Iterator[Row]:
        """The `mentions` edges into nodes, and the `reads` edges of what they mention as well."""
        same = "e.target = edge.target AND e.relation = 'mentions' AND rtrim(e.source, '/') = rtrim(edge.source, '/')"
        mentioned = f"EXISTS (SELECT 1 FROM edge AS e WHERE {same})"  # noqa: S608  (our own words)
        return self._select(EDGE, "edge", "target", ids, f"(relation = 'mentions' OR relation = 'reads' AND {mentioned})")

    def of_kind(self, kind: str) -> list[Node]:
        """The observed nodes of one kind, by name."""
        ids = [identity for identity, _ in self.names_of(kind)]
        return sorted(self.nodes(ids), key=lambda node: (node.name, node.id))

    def every(self, kind: str) -> Generator[Node]:
        """The nodes of one kind, those too that are only named, by id."""
        return (node_of(row) for row in self._rows(f"SELECT {NODE} FROM node WHERE kind = ? ORDER BY id", (kind,)))  # noqa: S608

    def names_from(self, start: str) -> Iterator[tuple[str, str, str]]:
        """Every node whose name begins so, in whatever letters, as (id, kind, name)."""
        sql = """SELECT id, kind, name FROM node WHERE name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE ORDER BY id"""
        return (row[:3] for row in self._rows(sql, (start, _behind(start.lower()))))

    def names(self, called: str | None = None) -> Iterator[tuple[str, str, str]]:
        """Every node, or each of a name in whatever letters, as (id, kind, name)."""
        which, values = ("name = ? COLLATE NOCASE", (called,)) if called is not None else ("true", ())
        rows = self._rows(f"SELECT id, kind, name FROM node WHERE {which} ORDER BY id", values)  # noqa: S608  (our own words)
        return (row[:3] for row in rows)

    def named(self, names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Each node of one of many names, in whatever letters, as (id, kind, name)."""
        wanted = sorted(set(names))
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            sql = f"SELECT id, kind, name FROM node WHERE name COLLATE NOCASE IN ({','.join('?' * len(some))})"  # noqa: S608
            yield from (row[:3] for row in self._rows(sql, some))

    def beside(self, name: str, number: int) -> Iterator[tuple[str, str, str]]:
        """So many nodes whose names come before a name in the alphabet, and so many after it, as (id, kind, name)."""
        for which in (
            "name < ? COLLATE NOCASE ORDER BY name COLLATE NOCASE DESC",
            "name > ? COLLATE NOCASE ORDER BY name COLLATE NOCASE",
        ):
            rows = self._rows(f"SELECT id, kind, name FROM node WHERE {which} LIMIT ?", (name, number))  # noqa: S608
            yield from (row[:3] for row in rows)

    def chosen(self, *choices: Choice) -> Generator[Node]:
        """The nodes that are all of what is wanted, by id: one after the other, as they are read."""
        which, values = [], list[str]()
        for choice in choices:
            for condition, said in choice.conditions():
                which.append(condition)
                values += said
        sql = f"SELECT {NODE} FROM node WHERE {' AND '.join(which) or 'true'} ORDER BY id"  # noqa: S608  (our own words)
        yield from map(node_of, self._rows(sql, values))

    def among(self, kind: str, ids: Iterable[str]) -> Iterator[str]:
        """Those of the given nodes that are of a kind."""
        return (row[0] for row in self._select("id", "node", "id", ids, f"kind = '{kind}'"))

    def unexplained(self) -> Iterator[str]:
        """The ids of what may be served, and of which no record tells what it was made of."""
        return (row[0] for row in self._rows("SELECT id FROM unexplained ORDER BY id"))

    def versions(self, identity: str, created: str | None) -> list[Version]:
        """Every version that was read of a record, the one that was read last at the end."""
        sql = """SELECT digest, first_crawl, last_crawl, modified, status, body FROM record WHERE id = ? AND created = ?
                 ORDER BY last_crawl, first_crawl, digest"""
        return [Version(*row) for row in self._rows(sql, (identity, created or ""))]

    def names_of(self, kind: str) -> Iterator[tuple[str, str]]:
        """The id and the name of each observed node of a kind."""
        return (
            (identity, name) for identity, name in self._rows("SELECT id, name FROM node WHERE kind = ? AND observed", (kind,))
        )

    def places_near(self, dataset: Location) -> Iterator[str]:
        """The ids of the places that something reads, loads or mentions and that may share keys with a location.

        Any place may where an access point hides the location's bucket.
        """
        if dataset.hides_bucket:
            rows = self._rows(f"SELECT DISTINCT source FROM edge WHERE {_READ}")  # noqa: S608
            yield from (row[0] for row in rows if _may_hold(row[0], dataset))
            return
        start = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
        under = f"SELECT DISTINCT source FROM edge WHERE source >= ? AND source < ? AND {_READ}"  # noqa: S608
        yield from (row[0] for row in self._rows(under, (start, _behind(start))))
        at = f"SELECT 1 FROM edge WHERE source = ? AND {_READ}"  # noqa: S608
        yield from (place for place in _prefixes(dataset) if self._one(at, place))

    def modified(self, places: Iterable[str]) -> dict[str, str]:
        """When S3 said that objects were last modified, of those whose digests were asked for."""
        rows = self._select("place, modified", "content", "place", places)
        return {place: str(modified) for place, modified in rows if modified}

    def listings(self) -> Listings:
        """What manifests list; it can be asked after the snapshot is closed."""
        return Listings(self.path)

    def opaque_places(self) -> Iterator[str]:
        """The ids of what is read and could be anything: unread manifests, file systems, hub content, aliases."""
        return (row[0] for row in self._rows(f"SELECT DISTINCT source FROM edge WHERE {_OPAQUE} ORDER BY source"))  # noqa: S608

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


class Choice(NamedTuple):
    """Which nodes are wanted: of some ids, of some kinds, of a name in whatever letters, with a tag. All of it must be so."""

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    name: str | None = None
    tag: str | None = None  # `key=value`, or `key` for any value

    def conditions(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What a node's row must be, as SQL, with the values in it."""
        if self.ids:
            yield f"id IN ({','.join('?' * len(self.ids))})", self.ids
        if self.kinds:
            yield f"kind IN ({','.join('?' * len(self.kinds))})", self.kinds
        if self.name is not None:
            yield "name = ? COLLATE NOCASE", (self.name,)
        if self.tag is not None:
            tags = "SELECT 1 FROM json_each(details, '$.tags') WHERE value = ? OR substr(value, 1, length(?)) = ?"
            yield f"EXISTS ({tags})", (self.tag, f"{self.tag}=", f"{self.tag}=")


class Version(NamedTuple):
    """One version of a record: the crawls that read it first and last, and what it said, as canonical JSON."""

    digest: str
    first_crawl: int
    last_crawl: int
    modified: str | None
    status: str | None
    body: str


class Recording:
    """What a crawl may write, inside the snapshot's one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.listings = Listings(db)
        self._db = db
        self._crawl = 0

    def begin(self, crawl: Crawl) -> Crawl:
        """Note that a crawl began; the same with the id that it is given here."""
        row = (
            crawl.started, crawl.finished, crawl.caller, _texts(crawl.accounts), _texts(crawl.regions),
            _texts(crawl.roots), crawl.tool, crawl.botocore, _texts(crawl.kinds), crawl.full, crawl.process,
        )  # fmt: skip
        sql = (
            "INSERT INTO crawl (started, finished, caller, accounts, regions, roots, tool, botocore, kinds, full, process)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?)"
        )
        self._crawl = self._db.execute(sql, row).lastrowid or 0
        unseal(self._db)
        return replace(crawl, id=self._crawl)

    def resume(self, crawl: Crawl) -> Crawl:
        """Go on with a crawl that was begun in an earlier transaction."""
        self._crawl = crawl.id
        return crawl

    def take_over(self, crawl: Crawl, process: str) -> Crawl:
        """Go on with a crawl that another process has begun and left."""
        self._db.execute("UPDATE crawl SET process = ? WHERE id = ?", (process, crawl.id))
        unseal(self._db)
        return self.resume(crawl)

    def add(self, found: Fetched) -> None:
        """Keep one finding of this crawl."""
        if isinstance(found, Resource):
            self._add_record(found)
        else:
            reason, detail = ("", "") if isinstance(found, Answered) else (found.reason, found.detail)
            row = (found.account, found.region, found.operation, found.subject, self._crawl, reason, detail)
            self._db.execute("INSERT OR REPLACE INTO question VALUES (?,?,?,?,?,?,?,0)", row)

    def _add_record(self, record: Resource) -> None:
        known = self._version(record)
        body = canonical(_completed(record, known))
        digest = hashlib.sha256(body.encode()).hexdigest()
        if known and known.first_crawl == self._crawl and known.digest != digest:
            # what this same crawl read of it before, from another call, was no version of its own
            key = (record.id, record.created or "", known.digest)
            self._db.execute("DELETE FROM record WHERE id = ? AND created = ? AND digest = ?", key)
        self._db.execute(
            """INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
               ON CONFLICT DO UPDATE SET last_crawl = excluded.last_crawl""",
            (
                record.id, record.created or "", digest, record.kind, record.account, record.region, record.name,
                record.arn, record.modified, record.status, body, self._crawl, self._crawl,
            ),
        )  # fmt: skip

    def _version(self, record: Resource) -> _VersionRow | None:
        """The version of a record that was read last."""
        sql = f"SELECT body, modified, digest, first_crawl FROM record AS r WHERE id = ? AND created = ? AND {_NEWEST}"  # noqa: S608
        row = self._db.execute(sql, (record.id, record.created or "")).fetchone()
        return _VersionRow(*row) if row else None

    # --- a sweep under way ----------------------------------------------------------------------

    def progress(self, enumeration: Enumeration) -> None:
        """Note how far a list has come."""
        row = tuple(getattr(enumeration, name) for name in _ENUMERATION.split(", ")[:-2])
        self._db.execute(f"INSERT OR REPLACE INTO enumeration VALUES ({','.join('?' * 13)}, 0)", (*row, self._crawl))  # noqa: S608

    def name(self, named: Named, *, listed: bool = True) -> bool:
        """Note that a list named something; whether its record is wanted still.

        A name that was used again since its record was read is wanted anew.
        """
        row = self._db.execute(
            """INSERT INTO named VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed),
               state = CASE WHEN substr(created, 1, 19) < substr(excluded.created, 1, 19) THEN excluded.state ELSE state END,
               created = coalesce(max(created, excluded.created), excluded.created, created), name = excluded.name
               RETURNING state""",
            (named.account, named.region, named.kind, named.id, named.arn, named.name, named.created, listed, WANTED),
        ).fetchone()
        return bool(row[0] == WANTED)

    def read(self, record: Resource, account: str, *, listed: bool = False, whole: bool = True) -> bool:
        """Keep a record that a Search, a List or a Describe gave, and note that its name is read. Whether it was not before.

        `account` is the one whose list named it: what is shared with it belongs to another one.
        """
        self._add_record(record)
        state = READ if whole else HALF_READ
        where = (account, record.region, record.kind, record.id, record.arn, record.name, record.created)
        done = self._db.execute(
            f"""INSERT INTO named VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed),
                state = CASE WHEN substr(created, 1, 19) > substr(excluded.created, 1, 19) THEN state ELSE excluded.state END,
                created = coalesce(max(created, excluded.created), excluded.created, created)
                WHERE state != {READ} OR listed < excluded.listed OR created IS NULL OR created < excluded.created""",  # noqa: S608
            (*where, listed, state),
        )
        return done.rowcount > 0

    def take(self, account: str, region: str, kind: str, limit: int) -> list[tuple[Named, Resource | None]]:
        """Some of the names that are wanted still, now in hand; with the record where only its extras are."""
        where = "account = ? AND region = ? AND kind = ?"
        sql = f"SELECT kind, account, region, arn, name, created, id, state FROM named WHERE {where}"  # noqa: S608
        wanted = f"state != {READ} AND state IN ({WANTED}, {HALF_READ})"  # the first half is what the index is of
        rows = self._db.execute(f"{sql} AND {wanted} LIMIT ?", (account, region, kind, limit)).fetchall()
        ids = [(account, region, kind, row[6]) for row in rows]
        self._db.executemany(f"UPDATE named SET state = {IN_HAND} WHERE {where} AND id = ?", ids)  # noqa: S608
        return [(Named(*row[:6]), self._half_read(row[6]) if row[7] == HALF_READ else None) for row in rows]

    def _half_read(self, identity: str) -> Resource | None:
        return next(_resources(self._db, "id = ? AND last_crawl = ?", (identity, self._crawl)), None)

    def names(self, account: str, region: str, kind: str) -> list[str]:
        """The names of a kind in a place, as far as lists gave them."""
        sql = "SELECT name FROM named WHERE account = ? AND region = ? AND kind = ? AND listed ORDER BY id"
        return [row[0] for row in self._db.execute(sql, (account, region, kind))]

    def want_unended(self, account: str, region: str, kind: str) -> None:
        """Want anew what had not ended when it was last read."""
        self._db.execute(
            f"""INSERT OR IGNORE INTO named SELECT account, region, kind, id, arn, name, created, 0, {WANTED} FROM record AS r
                WHERE kind = ? AND account = ? AND region = ? AND {_NEWEST} AND lower(status) NOT IN
                ('completed', 'failed', 'stopped', 'succeeded', 'completedwithfailures') AND NOT EXISTS
                (SELECT 1 FROM gone WHERE gone.id = r.id AND gone.created = r.created) GROUP BY id""",  # noqa: S608
            (kind, account, region),
        )

    def want_unlisted(self, account: str, region: str, kind: str) -> bool:
        """Want anew what this crawl has read and no list named, but what is known to be gone; whether there is any."""
        done = self._db.execute(
            f"""UPDATE named SET state = {WANTED}
                WHERE account = ? AND region = ? AND kind = ? AND NOT listed AND state = {READ} AND NOT EXISTS
                (SELECT 1 FROM gone WHERE gone.id = named.id AND gone.created = ifnull(named.created, ''))""",  # noqa: S608
            (account, region, kind),
        )
        return done.rowcount > 0

    def mark_gone(self, enumeration: Enumeration, at: str) -> None:
        """After a whole list: what it does not name any more is gone, what it names again is not."""
        listed = """EXISTS (SELECT 1 FROM named AS n WHERE n.account = r.account AND n.region = r.region AND n.kind = r.kind
                    AND n.id = r.id AND n.listed
                    AND (n.created IS NULL OR r.created = '' OR substr(n.created, 1, 19) = substr(r.created, 1, 19)))"""
        here = "r.kind = ? AND r.account = ? AND r.region = ?"
        place = (enumeration.kind, enumeration.account, enumeration.region)
        self._db.execute(
            f"INSERT OR IGNORE INTO gone SELECT DISTINCT r.id, r.created, ? FROM record AS r"  # noqa: S608
            f" WHERE {here} AND rtrim(r.created, 'Z') < rtrim(?, 'Z') AND NOT {listed}",
            (at, *place, enumeration.started),
        )
        self._db.execute(
            f"DELETE FROM gone WHERE (id, created) IN (SELECT r.id, r.created FROM record AS r WHERE {here} AND {listed})",  # noqa: S608
            place,
        )

    def earlier_gaps(self) -> list[tuple[Gap, str]]:
        """What earlier crawls could not read, and when the first of them ended; not what this one can't read either."""
        sql = f"""SELECT account, region, operation, subject, reason, '', min(crawl) FROM question AS q
                 WHERE reason != '' AND crawl < ? AND NOT EXISTS (SELECT 1 FROM question AS later WHERE {_SAME_QUESTION}
                 AND ((later.reason = '' AND later.crawl > q.crawl) OR later.crawl = ?))
                 GROUP BY account, region, operation, subject"""  # noqa: S608  (our own words)
        ended = dict(self._db.execute("SELECT id, coalesce(finished, started) FROM crawl"))
        rows = self._db.execute(sql, (self._crawl, self._crawl)).fetchall()
        return [(Gap(*row[:6]), str(ended[row[6]])) for row in rows]

    def give_up(self, named: Named) -> None:
        """What is not there any more is not asked for again."""
        where = (named.account, named.region, named.kind, named.id)
        self._db.execute("DELETE FROM named WHERE account = ? AND region = ? AND kind = ? AND id = ?", where)

    def has_read(self, subject: str, before: str) -> bool:
        """Whether this crawl has read the record of a node id, also of one that only names it.

        What was created after the time `before` took the name over from what could not be read then.
        """
        kind, _, where = subject.partition(":")
        account, _, rest = where.partition("/")
        region, _, name = rest.partition("/")
        sql = """SELECT 1 FROM record WHERE last_crawl = ? AND rtrim(created, 'Z') <= rtrim(?, 'Z') AND
                 (id = ? OR (kind = ? AND account = ? AND region = ? AND lower(name) = lower(?))) LIMIT 1"""
        row = self._db.execute(sql, (self._crawl, before, subject, kind, account, region, name)).fetchone()
        return row is not None

    def described(self, record: Resource, operation: str) -> None:
        """A Describe told all of a record: what it left out before, this crawl or an earlier one, is answered."""
        asked = (record.account, record.region, operation, record.id)
        same = "account = ? AND region = ? AND operation = ? AND subject = ?"
        self._db.execute(f"DELETE FROM question WHERE {same} AND crawl = ?", (*asked, self._crawl))  # noqa: S608
        self._db.execute(
            f"""INSERT OR IGNORE INTO question SELECT account, region, operation, subject, ?, '', '', 0 FROM question
                WHERE {same} AND reason = 'unknown-member'""",  # noqa: S608
            (self._crawl, *asked),
        )

    def lives(self, identity: str) -> list[Life]:
        """Each life of a resource that was read."""
        sql = """SELECT r.created, coalesce(gone.at, ''), max(crawl.started) FROM record AS r
                 JOIN crawl ON crawl.id = r.last_crawl
                 LEFT JOIN gone ON gone.id = r.id AND gone.created = r.created WHERE r.id = ? GROUP BY r.created"""
        return [Life(*row) for row in self._db.execute(sql, (identity,))]

    def listed(self, account: str, region: str, kind: str, by: str) -> str:
        """When the last list of a kind began that did so by some time and came to its end; empty where none did."""
        sql = """SELECT max(started) FROM enumeration WHERE account = ? AND region = ? AND kind = ? AND finished IS NOT NULL
                 AND rtrim(started, 'Z') <= rtrim(?, 'Z')"""
        return str(self._db.execute(sql, (account, region, kind, by)).fetchone()[0] or "")

    def ended(self, identity: str, created: str, at: str) -> None:
        """A life of a resource was deleted at that time, where this crawl has not read it all the same."""
        self._db.execute(
            """INSERT INTO gone SELECT DISTINCT id, created, ? FROM record AS r WHERE id = ? AND created = ? AND NOT EXISTS
               (SELECT 1 FROM record AS now WHERE now.id = r.id AND now.created = r.created AND now.last_crawl = ?)
               ON CONFLICT DO UPDATE SET at = min(at, excluded.at)""",
            (at, identity, created, self._crawl),
        )

    def half_known(self, account: str, region: str, kind: str) -> set[str]:
        """The ids of records of which a Describe left something out that botocore did not know then."""
        sql = f"""SELECT DISTINCT subject FROM question AS q WHERE reason = 'unknown-member' AND account = ? AND region = ?
                 AND subject IN (SELECT id FROM record WHERE kind = ?) AND NOT EXISTS
                 (SELECT 1 FROM question AS later WHERE {_SAME_QUESTION} AND later.crawl > q.crawl)"""  # noqa: S608
        return {row[0] for row in self._db.execute(sql, (account, region, kind))}

    def naming_manifests(self) -> Iterator[Resource]:
        """The newest version of each record that may name a manifest."""
        return _resources(self._db, "body LIKE '%manifest%'")

    def unmatched_models(self) -> list[tuple[str, str, str]]:
        """What is loaded as a model and nothing has written: each place, with the account and region of who loads it."""
        unmatched = "source IN (SELECT id FROM unexplained WHERE instr(id, '://'))"
        return self._models("source", "target", f"relation = 'loads' AND {unmatched}")

    def written_models(self, until: str) -> list[tuple[str, str, str]]:
        """What jobs wrote as a model that were created until a time: each place, with the account and region of a job."""
        made = "relation = 'writes' AND usage = 'model' AND ifnull(rtrim(created, 'Z'), '') <= ?"
        return self._models("target", "source", made, sortable(until))

    def latest_original(self, places: Iterable[str]) -> str:
        """Until when a job can have begun whose model is at one of these places by a copy; empty where none can be known.

        An object is put to its place after its original was: S3 tells when. What a record pins was there when it was
        loaded. Of anything else there is no content to know.
        """
        sql = """SELECT max(at) FROM (
            SELECT max(modified) AS at FROM content WHERE place = :place AND digests != '[]'
            UNION ALL SELECT max(iif(time LIKE '%/', '~', substr(time, instr(time, '/') + 1))) FROM edge
            JOIN node ON node.id = edge.target AND json_extract(details, '$.pins') IS NOT NULL
            WHERE source = :place AND relation = 'loads')"""
        found = (self._db.execute(sql, {"place": place}).fetchone()[0] for place in places)
        return max(filter(None, found), default="")

    def _models(self, place: str, record: str, where: str, *values: str) -> list[tuple[str, str, str]]:
        sql = f"""SELECT {place}, account, region, min(node.id) FROM edge JOIN node ON node.id = edge.{record}
                  WHERE observed AND span IS NOT NULL AND {where} GROUP BY {place} ORDER BY {place}"""  # noqa: S608
        return [row[:3] for row in self._db.execute(sql, values)]

    def known_contents(self) -> frozenset[str]:
        """The places whose digests were asked for after all that was done with them."""
        later = """SELECT 1 FROM edge WHERE rtrim(substr(time, instr(time, '/') + 1), 'Z') > rtrim(seen, 'Z')
                   AND (target = place AND relation = 'writes' OR source = place AND relation IN ('loads', 'reads'))"""
        rows = self._db.execute(f"SELECT place FROM content WHERE NOT EXISTS ({later})")  # noqa: S608  (our own words)
        return frozenset(row[0] for row in rows)

    def keep_content(self, content: Content) -> None:
        """Keep what S3 said of an object, beside what it said when the object was another one."""
        row = (content.place, content.modified, _texts(content.digests), content.seen)
        self._db.execute("INSERT OR REPLACE INTO content VALUES (?,?,?,?)", row)

    def vanished(self, operation: str) -> dict[str, str]:
        """The objects that were not there any more when they were last asked for, and when that crawl began."""
        sql = f"""SELECT subject, started FROM question AS q JOIN crawl ON crawl.id = q.crawl
                  WHERE operation = ? AND reason = 'missing'
                  AND NOT EXISTS (SELECT 1 FROM question AS later WHERE {_SAME_QUESTION} AND later.crawl > q.crawl)"""  # noqa: S608
        return dict(self._db.execute(sql, (operation,)))

    def put_back(self) -> None:
        """What a killed crawl had in hand is wanted again."""
        self._db.execute(f"UPDATE named SET state = {WANTED} WHERE state = {IN_HAND}")  # noqa: S608

    def forget_names(self) -> None:
        """No sweep is under way any more, or another one begins: what could not be read is wanted by the next."""
        self._db.execute(f"DELETE FROM named WHERE state = {READ}")  # noqa: S608
        self._db.execute(f"UPDATE named SET listed = 0, state = {WANTED}")  # noqa: S608

    def read_in_this_crawl(self, kinds: Iterable[str]) -> Iterator[Resource]:
        """The records of some kinds that this crawl has read."""
        for kind in kinds:
            yield from _resources(self._db, "kind = ? AND last_crawl = ?", (kind, self._crawl))

    def resources(self) -> Iterator[Resource]:
        """The newest version of each record, this crawl's among them."""
        return _resources(self._db)

    def earlier_versions(self) -> Iterator[Resource]:
        """The versions of records that a later one has taken the place of."""
        return _resources(self._db, f"NOT {_NEWEST}", every=True)

    def replace_graph(self, join: Callable[[sqlite3.Connection], None]) -> None:
        """Put a graph in the place of the one before: `join` fills the tables, from records that it streams."""
        self._db.execute("DROP TABLE node")
        self._db.execute("DROP TABLE edge")
        self._db.execute("DROP TABLE unexplained")
        try:
            new_graph(self._db, join)
        except BaseException as error:
            clear_frames(error.__traceback__)  # a cursor that was left half read would keep the next join from its tables
            raise
        for table in ("enumeration", "question"):  # what was asked until now counts: the graph holds what was answered
            self._db.execute(f"UPDATE {table} SET joined = 1 WHERE NOT joined")  # noqa: S608

    def finish(self, at: str) -> None:
        """Note that the crawl came to its end, and seal what the file holds."""
        self._db.execute("UPDATE crawl SET finished = ? WHERE id = ?", (at, self._crawl))
        seal(self._db, self._crawl)


class _VersionRow(NamedTuple):
    """One version of a record, as its table has it."""

    body: str
    modified: str | None
    digest: str
    first_crawl: int


def _completed(record: Resource, known: _VersionRow | None) -> Mapping[str, Any]:
    """A call that has no room for a member says nothing about it: what another call said of the same state stays."""
    if not record.silent or not known or known.modified != record.modified:
        return record.body
    said = json.loads(known.body)
    return {**{member: said[member] for member in record.silent if member in said}, **record.body}


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal content has equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _texts(values: Sequence[str]) -> str:
    return json.dumps(list(values))


def new_graph(db: sqlite3.Connection, join: Callable[[sqlite3.Connection], None]) -> None:
    """Tables for nodes and edges, filled by `join`. The indices come last: to sort once is cheaper than to insert in order."""
    for statement in _GRAPH.split(";\n"):
        db.execute(statement)
    join(db)
    for statement in _GRAPH_INDICES.split(";\n"):
        db.execute(statement)
    db.execute(_UNEXPLAINED)


_READ = "relation IN ('reads', 'loads', 'mentions')"
_TOLD = ("reads", "mentions", "associated")  # what is written into a run, or leads to it


def _of_relations(table: str, relations: Iterable[str]) -> str:
    words = ", ".join(f"'{relation}'" for relation in relations)
    return f"{table}.relation IN ({words})"


def _says_more() -> str:
    """Whether a run, at which an edge ends, has something to tell: somebody wrote into it, or it logs what it wrote."""
    into, says = _of_relations("e", _TOLD), _of_relations("e", ("writes", "recorded-by"))
    return f"""(EXISTS (SELECT 1 FROM edge AS e WHERE e.target = edge.target AND {into})
        OR EXISTS (SELECT 1 FROM edge AS e WHERE e.source = edge.target AND {says}))"""  # noqa: S608  (our own words)


def _may_hold(place: str, dataset: Location) -> bool:
    location = location_of(place)
    key = location.key if location else ""
    return key.startswith(dataset.key.rstrip("/")) or dataset.key.startswith(key.rstrip("/"))


def _behind(start: str) -> str:
    """The first text that sorts behind all that begin with another one, in SQLite as in Python: by code points."""
    bare = start.rstrip("\U0010ffff")
    code = ord(bare[-1]) + 1
    return bare[:-1] + chr(0xE000 if code == 0xD800 else code)  # surrogates are no characters


def _prefixes(dataset: Location) -> Iterator[str]:
    """Every place around a location: a place stands for the keys that begin with its own, wherever that ends."""
    bare = dataset.key.rstrip("/")
    for length in range(len(bare)):
        yield f"{dataset.root}/{bare[:length]}"
        if not bare[:length].endswith("/"):
            yield f"{dataset.root}/{bare[:length]}/"


def node_row(node: Node) -> tuple[Any, ...]:
    """A node as a row of its table."""
    return (
        node.id, node.kind, node.name, node.account, node.region, node.arn, node.created, node.modified, node.status,
        node.observed, canonical(dict(node.details)),
    )  # fmt: skip


def _gap_order(gap: Gap) -> tuple[str, ...]:
    return (gap.account, gap.region, gap.operation, gap.subject, gap.reason)


def edge_row(edge: Edge) -> tuple[Any, ...]:
    """An edge as a row of its table."""
    return (
        edge.source, edge.target, edge.relation, edge.role, edge.usage, edge.path, edge.evidence, edge.time, edge.span,
        edge.listing,
    )  # fmt: skip


def node_of(row: tuple[Any, ...]) -> Node:
    """The node of a row with the columns `NODE`."""
    identity, kind, name, account, region, arn, created, modified, status, seen, details = row
    return Node(
        identity, kind, name, account, region, arn, created, modified, status, bool(seen), json.loads(details)
    )  # fmt: skip


def edge_of(row: tuple[Any, ...]) -> Edge:
    """The edge of a row with the columns `EDGE`."""
    source, target, relation, role, usage, path, evidence, time, span, listing = row
    return Edge(source, target, relation, role, usage, path, evidence, time, Span(span) if span else None, listing)


def _crawls(db: sqlite3.Connection) -> Iterator[Crawl]:
    columns = "id, started, finished, caller, accounts, regions, roots, tool, botocore, kinds, full, process"
    empty = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    for row in () if empty else db.execute(f"SELECT {columns} FROM crawl ORDER BY id"):  # noqa: S608  (our own words)
        accounts, regions, roots, kinds = (tuple(json.loads(row[column])) for column in (4, 5, 6, 9))
        identity, started, finished, caller, _, _, _, tool, botocore, _, full, process = row
        told = (identity, started, finished, caller, accounts, regions, roots, tool, botocore, kinds)
        yield Crawl(*told, full=bool(full), process=process)


_ENUMERATION = (
    "account, region, kind, operation, started, since, finished, calls, pages, records, reason, detail, crawl, joined"
)
# Two askings, q and later, of one question.
_SAME_QUESTION = """later.account = q.account AND later.region = q.region
    AND later.operation = q.operation AND later.subject = q.subject"""
# The record r was named no more by a finished list.
_GONE = "EXISTS (SELECT 1 FROM gone WHERE gone.id = r.id AND gone.created = r.created)"
# Of the versions of one record, r, the one that was read last.
_NEWEST = """NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.id = r.id AND newer.created = r.created
    AND (newer.last_crawl, newer.first_crawl, newer.digest) > (r.last_crawl, r.first_crawl, r.digest))"""


def _resources(
    db: sqlite3.Connection,
    where: str = "true",
    values: Sequence[Any] = (),
    *,
    every: bool = False,
    members: Sequence[str] = (),
) -> Iterator[Resource]:
    read = ", ".join(f"json_extract(body, '$.{member}')" for member in members)
    said = f"json_array({read})" if members else "body"
    sql = f"""
        SELECT kind, account, region, name, arn, {said}, nullif(created, ''), modified, status, last_crawl,
        (SELECT at FROM gone WHERE gone.id = r.id AND gone.created = r.created)
        FROM record AS r WHERE {where} AND {"true" if every else _NEWEST} ORDER BY id, created"""  # noqa: S608  (our own words)
    for row in db.execute(sql, values):
        kind, account, region, name, arn, body, created, modified, status, crawl, gone = row
        dates = (created, modified, status)
        whole = json.loads(body)
        if members:
            whole = {member: value for member, value in zip(members, whole, strict=True) if value is not None}
        yield Resource(kind, account, region, name, arn, whole, *dates, deleted=gone, crawl=crawl)
