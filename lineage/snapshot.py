"""One SQLite file: crawls, the records they found, the gaps they left, and the graph joined from them.

Records are kept by content: a later crawl adds versions and takes none away. Nodes and edges are joined anew
by `replace_graph` at the end of each crawl, in the transaction that keeps the crawl, so that they always agree.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from lineage.errors import SnapshotError
from lineage.kinds import KINDS, OPAQUE_CHANNELS
from lineage.names import Span
from lineage.records import Answered, Crawl, Edge, Found, Gap, Node, Resource, Scope

APPLICATION_ID = 0x4C4E4147  # "LNAG", so that `file` and we can tell the file from other SQLite files
SCHEMA_VERSION = 1

_SCHEMA = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE crawl (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, caller TEXT NOT NULL,
    accounts TEXT NOT NULL, regions TEXT NOT NULL, roots TEXT NOT NULL, tool TEXT NOT NULL, botocore TEXT NOT NULL);
CREATE TABLE record (
    id TEXT NOT NULL, created TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, modified TEXT, status TEXT, body TEXT NOT NULL,
    first_crawl INTEGER NOT NULL, last_crawl INTEGER NOT NULL, PRIMARY KEY (id, created, digest)) WITHOUT ROWID;
CREATE TABLE question (
    account TEXT NOT NULL, region TEXT NOT NULL, operation TEXT NOT NULL, subject TEXT NOT NULL,
    crawl INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
    PRIMARY KEY (account, region, operation, subject, crawl)) WITHOUT ROWID;
CREATE TABLE node (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, account TEXT, region TEXT, arn TEXT,
    created TEXT, modified TEXT, status TEXT, observed INTEGER NOT NULL, details TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX node_kind ON node (kind);
CREATE TABLE edge (
    source TEXT NOT NULL, target TEXT NOT NULL, relation TEXT NOT NULL, role TEXT NOT NULL, usage TEXT NOT NULL,
    path TEXT NOT NULL, evidence TEXT NOT NULL, time TEXT, span TEXT);
CREATE INDEX edge_source ON edge (source);
CREATE INDEX edge_target ON edge (target);
"""


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

    def _one(self, sql: str, *values: Any) -> Any:
        row = next(self._rows(sql, values), None)
        return row[0] if row else None

    def _rows(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._db.execute(sql, values)
        except sqlite3.Error as error:
            raise SnapshotError(f"{self.path} can't be read: {error}") from error

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """A transaction that keeps one crawl: all of it, or on any exception nothing, not even a new file."""
        fresh = not self._one("SELECT count(*) FROM sqlite_master")
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA.split(";\n") if fresh else ():
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

    def crawls(self) -> list[Crawl]:
        """Every crawl, oldest first."""
        return list(_crawls(self._db))

    def resources(self) -> Iterator[Resource]:
        """The newest version of each record; a name's several lives are several records."""
        return _resources(self._db)

    def gaps(self) -> list[Gap]:
        """What could not be read the last time it was asked for."""
        sql = """
            SELECT account, region, operation, subject, reason, detail FROM question AS q
            WHERE reason != '' AND NOT EXISTS (
                SELECT 1 FROM question AS later WHERE later.account = q.account AND later.region = q.region
                AND later.operation = q.operation AND later.subject = q.subject AND later.crawl > q.crawl)
            ORDER BY account, region, operation, subject"""
        return [Gap(*row) for row in self._rows(sql)]

    def scope(self) -> Scope:
        """What was looked at, and what could not be."""
        asked = self._rows("SELECT DISTINCT account, region, subject FROM question WHERE reason = ''")
        ((jobs, isolated),) = self._rows(
            "SELECT count(*), count(*) FILTER (WHERE json_extract(details, '$.isolated')) FROM node"
            " WHERE kind = 'training-job' AND observed"
        )
        enumerated = frozenset((account, region, kind) for account, region, kind in asked if kind in KINDS)
        known = self._db.execute(
            "SELECT id FROM node WHERE observed AND id IN (SELECT subject FROM question WHERE reason != '')"
        )
        subjects = frozenset(row[0] for row in known)
        return Scope(tuple(self.crawls()), tuple(self.gaps()), enumerated, subjects, jobs, isolated)

    def nodes(self, ids: Iterable[str] | None = None) -> Iterator[Node]:
        """All nodes, or those of the given ids, by id."""
        columns = "id, kind, name, account, region, arn, created, modified, status, observed, details"
        for row in self._select(columns, "node", "id", ids):
            identity, kind, name, account, region, arn, created, modified, status, seen, details = row
            dates = (created, modified, status)
            yield Node(identity, kind, name, account, region, arn, *dates, bool(seen), json.loads(details))

    def edges(self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None) -> Iterator[Edge]:
        """All edges, or those into, or out of, the given nodes, in a fixed order."""
        columns = "source, target, relation, role, usage, path, evidence, time, span"
        key, ids = ("target", into) if into is not None else ("source", out_of)
        for row in self._select(columns, "edge", key, ids):
            source, target, relation, role, usage, path, evidence, time, span = row
            yield Edge(source, target, relation, role, usage, path, evidence, time, Span(span) if span else None)

    def of_kind(self, kind: str) -> list[Node]:
        """The observed nodes of one kind, by name."""
        ids = [row[0] for row in self._rows("SELECT id FROM node WHERE kind = ? AND observed", (kind,))]
        return sorted(self.nodes(ids), key=lambda node: (node.name, node.id))

    def read_places(self, root: str | None) -> Iterator[str]:
        """The ids of the places that something reads, loads or mentions under a root (`s3://bucket`), or anywhere."""
        sql = """SELECT DISTINCT source FROM edge WHERE source >= ? AND source < ?
                 AND relation IN ('reads', 'loads', 'mentions') ORDER BY source"""
        bounds = (f"{root}/", f"{root}0") if root else ("", "\U0010ffff")
        return (row[0] for row in self._rows(sql, bounds))

    def opaque_places(self) -> Iterator[str]:
        """The ids of what is read and could be anything: unread manifests, file systems, hub content, aliases."""
        sql = """SELECT DISTINCT source FROM edge WHERE relation IN ('reads', 'mentions') AND (
                 span IS NULL OR span IN ('manifest', 'unknown') OR source NOT LIKE 's3://%' OR source LIKE 's3://arn:%'
                 OR source LIKE '%-s3alias/%' OR source LIKE '%--ol-s3/%' OR source LIKE '%.mrap/%'
                 OR role IN (SELECT value FROM json_each(?))) ORDER BY source"""
        return (row[0] for row in self._rows(sql, (json.dumps(sorted(OPAQUE_CHANNELS)),)))

    def _select(self, columns: str, table: str, key: str, ids: Iterable[str] | None) -> Iterator[tuple[Any, ...]]:
        if ids is None:
            yield from self._rows(f"SELECT {columns} FROM {table} ORDER BY {columns}")  # noqa: S608  (our words)
            return
        sql = f"SELECT {columns} FROM {table} WHERE {key} = ? ORDER BY {columns}"  # noqa: S608  (our own words)
        for identity in sorted(set(ids)):
            yield from self._rows(sql, (identity,))


class Recording:
    """What a crawl may write, inside the snapshot's one transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._crawl = 0

    def begin(self, crawl: Crawl) -> Crawl:
        """Note that a crawl began; the same with the id that it is given here."""
        row = (
            crawl.started, crawl.finished, crawl.caller, _texts(crawl.accounts), _texts(crawl.regions),
            _texts(crawl.roots), crawl.tool, crawl.botocore,
        )  # fmt: skip
        sql = "INSERT INTO crawl (started, finished, caller, accounts, regions, roots, tool, botocore) VALUES (?,?,?,?,?,?,?,?)"
        self._crawl = self._db.execute(sql, row).lastrowid or 0
        return replace(crawl, id=self._crawl)

    def resume(self, crawl: Crawl) -> Crawl:
        """Go on with a crawl that was begun in an earlier transaction."""
        self._crawl = crawl.id
        return crawl

    def add(self, found: Found) -> None:
        """Keep one finding of this crawl."""
        if isinstance(found, Resource):
            self._add_record(found)
        else:
            reason, detail = ("", "") if isinstance(found, Answered) else (found.reason, found.detail)
            row = (found.account, found.region, found.operation, found.subject, self._crawl, reason, detail)
            self._db.execute("INSERT OR REPLACE INTO question VALUES (?,?,?,?,?,?,?)", row)

    def _add_record(self, record: Resource) -> None:
        body = canonical(record.body)
        digest = hashlib.sha256(body.encode()).hexdigest()
        self._db.execute(
            """INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
               ON CONFLICT DO UPDATE SET last_crawl = excluded.last_crawl""",
            (
                record.id, record.created or "", digest, record.kind, record.account, record.region, record.name,
                record.arn, record.modified, record.status, body, self._crawl, self._crawl,
            ),
        )  # fmt: skip

    def resources(self) -> Iterator[Resource]:
        """The newest version of each record, this crawl's among them."""
        return _resources(self._db)

    def replace_graph(self, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
        """Put the joined graph in the place of the one before."""
        self._db.execute("DELETE FROM node")
        self._db.execute("DELETE FROM edge")
        self._db.executemany("INSERT INTO node VALUES (?,?,?,?,?,?,?,?,?,?,?)", map(_node_row, nodes))
        rows = ((e.source, e.target, e.relation, e.role, e.usage, e.path, e.evidence, e.time, e.span) for e in edges)
        self._db.executemany("INSERT INTO edge VALUES (?,?,?,?,?,?,?,?,?)", rows)

    def finish(self, at: str) -> None:
        """Note that the crawl came to its end."""
        self._db.execute("UPDATE crawl SET finished = ? WHERE id = ?", (at, self._crawl))


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal content has equal bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _texts(values: Sequence[str]) -> str:
    return json.dumps(list(values))


def _node_row(node: Node) -> tuple[Any, ...]:
    return (
        node.id, node.kind, node.name, node.account, node.region, node.arn, node.created, node.modified, node.status,
        node.observed, canonical(dict(node.details)),
    )  # fmt: skip


def _crawls(db: sqlite3.Connection) -> Iterator[Crawl]:
    sql = "SELECT id, started, finished, caller, accounts, regions, roots, tool, botocore FROM crawl ORDER BY id"
    for row in db.execute(sql) if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] else ():
        accounts, regions, roots = (tuple(json.loads(texts)) for texts in row[4:7])
        identity, started, finished, caller, _, _, _, tool, botocore = row
        yield Crawl(identity, started, finished, caller, accounts, regions, roots, tool, botocore)


def _resources(db: sqlite3.Connection) -> Iterator[Resource]:
    sql = """
        SELECT kind, account, region, name, arn, body, nullif(created, ''), modified, status, last_crawl FROM record AS r
        WHERE NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.id = r.id AND newer.created = r.created
            AND (newer.last_crawl, newer.first_crawl, newer.digest) > (r.last_crawl, r.first_crawl, r.digest))
        ORDER BY id, created"""
    for row in db.execute(sql):
        kind, account, region, name, arn, body, created, modified, status, crawl = row
        yield Resource(kind, account, region, name, arn, json.loads(body), created, modified, status, crawl=crawl)
