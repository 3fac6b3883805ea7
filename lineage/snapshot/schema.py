"""The tables of a snapshot file, their indices, and the schema version."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable

from lineage.snapshot.bodies import BODIES_SCHEMA
from lineage.snapshot.levels import LEVELS_SCHEMA
from lineage.snapshot.manifests import LISTINGS_SCHEMA
from lineage.snapshot.merging import SOURCES_SCHEMA
from lineage.snapshot.packed import CODES_SCHEMA, PACKED_SCHEMA
from lineage.snapshot.seals import SEALS_SCHEMA

APPLICATION_ID = 0x4C4E4147  # "LNAG", which distinguishes the file from other SQLite files
SCHEMA_VERSION = 8

# The state of a name from a list: unread, read, being asked for, read except for extras.
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
    id TEXT NOT NULL, created TEXT NOT NULL, digest BLOB NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    region TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL, modified TEXT, status TEXT, first_crawl INTEGER NOT NULL,
    last_crawl INTEGER NOT NULL, shape INTEGER NOT NULL, clues TEXT NOT NULL, dictionary INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (id, created, digest));
CREATE INDEX record_kind ON record (kind, account, region, name, shape, clues);
{BODIES_SCHEMA.strip()}
{CONTENT_SCHEMA};
CREATE TABLE gone (id TEXT NOT NULL, created TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (id, created)) WITHOUT ROWID;
CREATE TABLE enumeration (
    account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, operation TEXT NOT NULL, started TEXT NOT NULL,
    since TEXT NOT NULL, finished TEXT, calls INTEGER NOT NULL, pages INTEGER NOT NULL,
    records INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, crawl INTEGER NOT NULL,
    joined INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (account, region, kind, crawl)) WITHOUT ROWID;
CREATE TABLE unjoined (what TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (what, id)) WITHOUT ROWID;
CREATE TABLE named (
    account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, arn TEXT NOT NULL, name TEXT NOT NULL,
    created TEXT, listed INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (account, region, kind, id)) WITHOUT ROWID;
CREATE INDEX named_state ON named (account, region, kind, state) WHERE state != {READ};
CREATE TABLE question (
    account TEXT NOT NULL, region TEXT NOT NULL, operation TEXT NOT NULL, subject TEXT NOT NULL,
    crawl INTEGER NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL, joined INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, region, operation, subject, crawl)) WITHOUT ROWID;
"""
_GRAPH = f"""{CODES_SCHEMA.lstrip()}{PACKED_SCHEMA}
CREATE TABLE left_out (
    source TEXT NOT NULL, target TEXT NOT NULL, relation TEXT NOT NULL, role TEXT NOT NULL, usage TEXT NOT NULL,
    path TEXT NOT NULL, evidence TEXT NOT NULL, opens TEXT, closes TEXT, span TEXT, listing INTEGER,
    reader TEXT NOT NULL, settled TEXT NOT NULL, opaque INTEGER NOT NULL);
CREATE TABLE pin (
    place TEXT NOT NULL, opens TEXT NOT NULL, closes TEXT NOT NULL, record TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (place, opens, closes, record, digest)) WITHOUT ROWID;
CREATE TABLE lies (
    name TEXT NOT NULL, place TEXT NOT NULL, record TEXT NOT NULL, span TEXT NOT NULL, PRIMARY KEY (name, place, record))
    WITHOUT ROWID;
CREATE TABLE joined (tool TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE unexplained (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE silent (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE counted (
    account TEXT NOT NULL, region TEXT NOT NULL, resources INTEGER NOT NULL, trainers INTEGER NOT NULL,
    training_jobs INTEGER NOT NULL,
    isolated_training_jobs INTEGER NOT NULL, processing_jobs INTEGER NOT NULL, isolated_processing_jobs INTEGER NOT NULL,
    channels INTEGER NOT NULL, channels_of_unknown_writer INTEGER NOT NULL, PRIMARY KEY (account, region)) WITHOUT ROWID;
{LEVELS_SCHEMA.lstrip()}"""
# Whether each is a table or a view.
GRAPH_TABLES = {name: what for what, name in re.findall(r"^CREATE (TABLE|VIEW) (\w+)", _GRAPH, re.MULTILINE)}
# A query uses one of the last two indices only if it contains the same words.
UNREAD = "json_extract(details, '$.unread') IS NOT NULL"
_GRAPH_INDICES = f"""
CREATE INDEX node_kind ON stored_node (kind, observed);
CREATE INDEX node_name ON stored_node (name COLLATE NOCASE);
CREATE INDEX edge_source ON stored_edge (source, relation);
CREATE INDEX edge_target ON stored_edge (target, relation);
CREATE INDEX left_out_source ON left_out (source);
CREATE INDEX left_out_target ON left_out (target);
CREATE INDEX node_unread ON stored_node (number) WHERE {UNREAD};
CREATE INDEX edge_opaque ON stored_edge (source) WHERE opaque;
"""


_WHOLE = _SCHEMA + LISTINGS_SCHEMA.lstrip() + SEALS_SCHEMA.lstrip() + SOURCES_SCHEMA.lstrip() + _GRAPH + _GRAPH_INDICES
# The statement of each table and index, as SQLite stores it.
STATEMENTS = tuple(one.strip() for one in _WHOLE.split(";\n") if one.strip().startswith("CREATE"))


def create(db: sqlite3.Connection) -> None:
    """All tables of a new file."""
    for statement in _WHOLE.split(";\n"):
        db.execute(statement)


def new_graph(db: sqlite3.Connection, join: Callable[[sqlite3.Connection], None]) -> None:
    """Tables for nodes and edges, filled by `join`, which indexes them when they are full."""
    for statement in _GRAPH.split(";\n"):
        db.execute(statement)
    join(db)


def index_graph(db: sqlite3.Connection) -> None:
    """The indices of the graph. They come last, because sorting once is cheaper than inserting in order."""
    for statement in _GRAPH_INDICES.split(";\n"):
        db.execute(statement)
