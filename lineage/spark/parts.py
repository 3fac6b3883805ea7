"""A part of a folder as a snapshot: the records that a batch of subjects needs, joined as those of one crawl."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from lineage.domain.kinds import DATASET
from lineage.domain.names import location_of
from lineage.domain.records import Content, Json, Node, Resource, Scope, decoded
from lineage.domain.times import utc
from lineage.graphs.derive import join
from lineage.graphs.nodes import Attributes
from lineage.outputs.parquet.tables import MOMENT, TABLES
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.packed import writable
from lineage.snapshot.reading import Snapshot, open_snapshot
from lineage.snapshot.rows import node_row

if TYPE_CHECKING:
    import sqlite3

    from pyspark.sql import Column

    from lineage.snapshot.writing import Recording

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SUBJECT, NAMED = "subject", "named"  # what a row of a batch is, beside those of tables


@dataclass(frozen=True, slots=True)
class Shared:
    """What is known of all accounts: it is the same for each batch."""

    numbers: Mapping[tuple[str, int], int]  # of crawls, by export and number there
    started: Mapping[int, str]
    scope: Scope
    unseen: Mapping[str, Attributes] | None = None  # what is named and unread; None to find out


@dataclass(slots=True)
class Rows:
    """The rows of one batch."""

    subjects: list[tuple[int, str]] = field(default_factory=list)
    named: list[str] = field(default_factory=list)  # places that records name somewhere
    of: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, what: Iterable[str], number: Iterable[int], text: Iterable[str]) -> Rows:
        rows = cls()
        for sort, place, said in sorted({*zip(what, number, text, strict=True)}):
            if sort == SUBJECT:
                rows.subjects.append((place, said))
            elif sort == NAMED:
                rows.named.append(said)
            else:
                rows.of[sort].append(_told(sort, decoded(said)))
        return rows


def packed(table: str) -> Column:
    """A row of a table as one text, with each time as microseconds."""
    from pyspark.sql import functions as f

    moments = {column.name for column in TABLES[table].columns if column.type == MOMENT}
    names = [column.name for column in TABLES[table].written] + ["account", "region"]
    return f.to_json(f.struct(*(f.unix_micros(name).alias(name) if name in moments else f.col(name) for name in names)))


def _told(table: str, row: Json) -> Json:
    for column in TABLES[table].columns:
        if column.type == MOMENT:
            micros, text = row.get(column.name), row.get(f"{column.name}_text")
            row[column.name] = utc(_EPOCH + timedelta(microseconds=micros)) if text is None and micros is not None else text
    return row


@contextmanager
def part_of(rows: Rows, shared: Shared) -> Iterator[Snapshot]:
    """The rows as an open snapshot, which knows the scope of all accounts."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "part.db"
        with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
            _keep_manifests(recording, rows)
            for content in _contents(rows.of["contents"]):
                recording.keep_content(content)
            newest, earlier = _versions(rows.of["records"], shared)
            recording.replace_graph(lambda db: _joined(db, recording, newest, earlier, rows.named))
        with open_snapshot(path) as snapshot:
            snapshot.remembered("scope", lambda: shared.scope)
            if shared.unseen is not None:
                snapshot.remembered("unseen", lambda: shared.unseen)
            yield snapshot


def _joined(
    db: sqlite3.Connection, recording: Recording, newest: list[Resource], earlier: list[Resource], named: list[str]
) -> None:
    join(db, lambda: newest, earlier=lambda: earlier, listings=recording.listings)
    writable(db)
    nodes = (node_row(Node(place, DATASET.name, place, observed=True)) for place in named)
    db.executemany("INSERT OR IGNORE INTO node VALUES (?,?,?,?,?,?,?,?,?,?,?)", nodes)


def _keep_manifests(recording: Recording, rows: Rows) -> None:
    """Each version of each manifest once, with what it lists and when it was last seen in any account."""
    listed: dict[tuple[str, int], list[str]] = defaultdict(list)
    for row in rows.of["manifest_entries"]:
        listed[row["snapshot"], row["manifest"]].append(f"{row['folder']}/{row['name']}")
    versions: dict[Manifest, list[Json]] = defaultdict(list)
    for row in rows.of["manifests"]:
        versions[Manifest(row["place"], row["view"], row["etag"], row["modified"])].append(row)
    for version, known in versions.items():
        entries = listed[known[0]["snapshot"], known[0]["manifest"]]
        recording.listings.put(version, filter(None, map(location_of, sorted(entries))), max(row["seen"] for row in known))


def _contents(rows: list[Json]) -> Iterator[Content]:
    seen: dict[tuple[str, tuple[str, ...], str], str] = {}
    for row in rows:
        key = (row["place"], tuple(row.get("digests", ())), row["modified"])
        seen[key] = max(seen.get(key, ""), row["seen"])
    return (Content(*key, at) for key, at in seen.items())


# --- records --------------------------------------------------------------------------------------


def _versions(rows: list[Json], shared: Shared) -> tuple[list[Resource], list[Resource]]:
    """The newest version of each record, and the versions that it replaced, in the order of a snapshot.

    Several accounts may have read the same record. The version that was read last counts.
    """
    lives: dict[tuple[str, str], dict[bytes, _Version]] = defaultdict(dict)
    gone: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["id"], row["created"])
        digest = hashlib.sha256(row["body"].encode()).digest()
        first, last = (shared.numbers[row["snapshot"], row[end]] for end in ("first_crawl", "last_crawl"))
        known = lives[key].setdefault(digest, _Version(row, first, last))
        known.first, known.last = min(known.first, first), max(known.last, last)
        if row.get("deleted"):
            gone[key] = min(gone.get(key, row["deleted"]), row["deleted"])
    newest: list[Resource] = []
    earlier: list[Resource] = []
    for key, versions in sorted(lives.items()):
        last_one = max(versions, key=lambda digest: (versions[digest].last, versions[digest].first, digest))
        for digest, version in sorted(versions.items()):
            (newest if digest == last_one else earlier).append(version.resource(gone.get(key), shared))
    return newest, earlier


@dataclass(slots=True)
class _Version:
    """One version of a record, and the crawls that read it first and last."""

    row: Json
    first: int
    last: int

    def resource(self, gone: str | None, shared: Shared) -> Resource:
        row = self.row
        told = (row["kind"], row["account"], row["region"], row["name"], row["arn"], decoded(row["body"]))
        dates = (row["created"] or None, row.get("modified"), row.get("status"))
        return Resource(*told, *dates, deleted=gone, crawl=self.last, seen=shared.started.get(self.last, ""))
