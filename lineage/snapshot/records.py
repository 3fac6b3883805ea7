"""The records of an open file, stored by content: a changed record is a new version, and the last one read counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lineage.domain.canonical import canonical
from lineage.domain.kinds import KINDS
from lineage.domain.names import named_parts
from lineage.domain.records import Life, Resource, decoded
from lineage.snapshot.bodies import Bodies
from lineage.snapshot.connection import Connection
from lineage.snapshot.tables import AT_ONCE, OpenTables, Row, WrittenTables

_PACKED = "SELECT kind, id, created, digest, shape, clues, dictionary, body FROM record"

_OF = "id IN (SELECT value FROM json_each(?))"
# A finished list no longer contained the record r.
GONE = "EXISTS (SELECT 1 FROM gone WHERE gone.id = r.id AND gone.created = r.created)"
# r is the version of its record that was read last.
NEWEST = """NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.id = r.id AND newer.created = r.created
    AND (newer.last_crawl, newer.first_crawl, newer.digest) > (r.last_crawl, r.first_crawl, r.digest))"""


class RecordTables(OpenTables):
    """The records of an open file."""

    def __init__(self, db: Connection, path: Path) -> None:
        super().__init__(db, path)
        self._bodies = Bodies(db)

    def resources(self) -> Iterator[Resource]:
        """The newest version of each record; several lifetimes of a name are several records."""
        return self._resources()

    def records(
        self, kind: str, ids: Iterable[str] | None = None, *, deleted: bool = False, members: Sequence[str] = ()
    ) -> Iterator[Resource]:
        """The newest version of each record of a kind, or of the given record ids; with `deleted`, deleted ones too.

        With `members`, a body holds only these members: several times as fast for many records.
        """
        here = "true" if deleted else f"NOT {GONE}"
        if ids is None:
            yield from self._resources(f"kind = ? AND {here}", (kind,), members=members)
            return
        wanted = sorted(set(ids))
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            which = f"id IN ({','.join('?' * len(some))}) AND +kind = ? AND {here}"  # + prevents use of the kind's index
            yield from self._resources(which, (*some, kind), members=members)

    def ids(self, kind: str, which: str = "true", values: Sequence[str | int] = ()) -> Iterator[str]:
        """The ids of the records of a kind of which any version fulfils a condition on columns of the kind's index."""
        sql = f"SELECT DISTINCT id FROM record INDEXED BY record_kind WHERE kind = ? AND {which}"  # noqa: S608  (our own words)
        return (row[0] for row in self._sound("record", "id", self._rows(sql, (kind, *values))))

    def record_names(self, kind: str) -> Iterator[tuple[str, str, str]]:
        """The account, the region and the name of each record of a kind, read from the kind's index."""
        columns = "account, region, name"
        rows = self._rows(f"SELECT DISTINCT {columns} FROM record INDEXED BY record_kind WHERE kind = ?", (kind,))  # noqa: S608
        return ((account, region, name) for account, region, name in self._sound("record", columns, rows))

    def shapes(self, kind: str, which: str = "true", values: Sequence[str | int] = ()) -> dict[int, str]:
        """The shapes of the same records, each with the id of one of them; not of those in which people chose no name."""
        first = f"SELECT min(rowid) FROM record INDEXED BY record_kind WHERE kind = ? AND shape AND {which} GROUP BY shape"  # noqa: S608
        sql = f"SELECT id, shape FROM record WHERE rowid IN ({first})"  # noqa: S608
        return {shape: identity for identity, shape in self._sound("record", "id, shape", self._rows(sql, (kind, *values)))}

    def versions(self, identity: str, created: str | None) -> list[Version]:
        """Every version of a record that was read, the last one at the end."""
        columns = "digest, first_crawl, last_crawl, modified, status, dictionary, body"
        sql = f"SELECT {columns} FROM record WHERE id = ? AND created = ? ORDER BY last_crawl, first_crawl, digest"  # noqa: S608
        rows = self._sound("record", columns, self._rows(sql, (identity, created or "")))
        return [Version._make((digest.hex(), *told, self._text(*packed))) for digest, *told, packed in map(_with_packed, rows)]

    def altered_bodies(self) -> Iterator[tuple[str, str, str]]:
        """The kind, id and creation time of each record whose body is not the one stored, or is not found as it should be."""
        for kind, identity, created, digest, *found, dictionary, packed in self._rows(_PACKED):
            try:
                body = self._bodies.unpacked(dictionary, packed)
                sound = hashlib.sha256(body).digest() == digest and found == [*found_by(kind, decoded(body))]
            except (ValueError, LookupError, TypeError, AttributeError):  # of what is no body of a record
                sound = False
            if not sound:
                yield kind, identity, created

    def _text(self, dictionary: int, packed: bytes) -> str:
        return self._bodies.unpacked(dictionary, packed).decode()

    def _resources(
        self,
        where: str = "true",
        values: Sequence[Any] = (),
        *,
        every: bool = False,
        members: Sequence[str] = (),
    ) -> Iterator[Resource]:
        """Records that match a condition."""
        sql = f"""
            SELECT kind, account, region, name, arn, dictionary, body, nullif(created, ''), modified, status, last_crawl,
            (SELECT at FROM gone WHERE gone.id = r.id AND gone.created = r.created),
            (SELECT started FROM crawl WHERE crawl.id = r.last_crawl)
            FROM record AS r WHERE {where} AND {"true" if every else NEWEST} ORDER BY id, created, digest"""  # noqa: S608  (our own words)
        for row in self._sound("record", "kind, account, region, name, arn, dictionary, body", self._rows(sql, values)):
            kind, account, region, name, arn, *packed, created, modified, status, crawl, gone, seen = row
            dates = (created, modified, status)
            whole = decoded(self._bodies.unpacked(*packed))
            if members:
                whole = {member: value for member in members if (value := whole.get(member)) is not None}
            yield Resource(kind, account, region, name, arn, whole, *dates, deleted=gone, crawl=crawl, seen=seen or "")

    def _holding(self, words: Sequence[str], where: str = "true", values: Sequence[Any] = ()) -> Iterator[Resource]:
        """Of the same records those whose JSON holds one of these words, ignoring ASCII case: only these are parsed."""
        columns, sought = "dictionary, body, id, created", [word.lower().encode() for word in words]
        found = []
        for *packed, identity, created, row in self._sound(
            "record",
            columns,
            self._rows(f"SELECT {columns}, rowid FROM record WHERE {where}", values),  # noqa: S608  (our own words)
        ):
            text = self._bodies.unpacked(*packed).lower()
            if any(word in text for word in sought):
                found.append((identity, created, row))
        rows = [row for _, _, row in sorted(found)]
        for at in range(0, len(rows), AT_ONCE):
            some = rows[at : at + AT_ONCE]
            yield from self._resources(f"rowid IN ({','.join('?' * len(some))})", some)


class WrittenRecords(RecordTables, WrittenTables):
    """The records of a file while a crawl adds to them."""

    def _add_records(self, records: Sequence[Resource]) -> None:
        """Store some records, each of another resource: what is known of them is looked up together."""
        known = self._versions(records)
        for record in records:
            self._add_record(record, known.get((record.id, record.created or "")))

    def _add_record(self, record: Resource, known: _VersionRow | None) -> None:
        whole = record.body
        body, digest = _hashed(whole)
        if known and known.digest != digest and record.silent and known.modified == record.modified:
            whole = self._completed(record, known)
            body, digest = _hashed(whole)
        version = "WHERE id = ? AND created = ? AND digest = ?"
        key = (record.id, record.created or "", known.digest if known else b"")
        if known and known.digest == digest:
            self._db.execute(f"UPDATE record SET last_crawl = ? {version}", (self._crawl, *key))  # noqa: S608  (our own words)
            self.note_changed("again", record.id)
            return
        self.note_changed("record", record.id)
        if known and known.first_crawl == self._crawl:
            # what this same crawl read before from another call is not a separate version
            self._db.execute(f"DELETE FROM record {version}", key)  # noqa: S608
        self._db.execute(
            """INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
               ON CONFLICT DO UPDATE SET last_crawl = excluded.last_crawl""",
            (
                record.id, record.created or "", digest, record.kind, record.account, record.region, record.name,
                record.arn, record.modified, record.status, self._crawl, self._crawl, *found_by(record.kind, whole),
                *self._bodies.packed(record.kind, body),
            ),
        )  # fmt: skip

    def _versions(self, records: Sequence[Resource]) -> dict[tuple[str, str], _VersionRow]:
        """The version of each lifetime of some resources that was read last, by id and creation."""
        known: dict[tuple[str, str], _VersionRow] = {}
        for at in range(0, len(records), AT_ONCE):
            some = [record.id for record in records[at : at + AT_ONCE]]
            columns = f"id, created, {', '.join(_VersionRow._fields)}"
            sql = f"SELECT {columns} FROM record AS r WHERE id IN ({','.join('?' * len(some))}) AND {NEWEST}"  # noqa: S608  (our own words)
            known |= {(identity, created): _VersionRow(*row) for identity, created, *row in self._db.execute(sql, some)}
        return known

    def _completed(self, record: Resource, known: _VersionRow) -> Mapping[str, Any]:
        """An answer that cannot hold a member says nothing about it, so another call's value for the same state stays."""
        sql = "SELECT dictionary, body FROM record WHERE id = ? AND created = ? AND digest = ?"
        packed = self._db.execute(sql, (record.id, record.created or "", known.digest)).fetchone()
        said = json.loads(self._bodies.unpacked(*packed))
        return {**{member: said[member] for member in record.silent if member in said}, **record.body}

    def holds(self, kind: str) -> bool:
        """Whether a record of a kind was read, of whatever place."""
        return self._db.execute("SELECT 1 FROM record WHERE kind = ? LIMIT 1", (kind,)).fetchone() is not None

    def lives(self, identity: str) -> list[Life]:
        """Each lifetime of a resource that was read."""
        sql = """SELECT r.created, coalesce(gone.at, ''), max(crawl.started) FROM record AS r
                 JOIN crawl ON crawl.id = r.last_crawl
                 LEFT JOIN gone ON gone.id = r.id AND gone.created = r.created WHERE r.id = ? GROUP BY r.created"""
        return [Life(*row) for row in self._db.execute(sql, (identity,))]

    def has_read(self, subject: str, before: str) -> bool:
        """Whether this crawl has read the record of a node id, as `last_read` finds it."""
        found = self.last_read(subject, before)
        return found is not None and found.crawl == self._crawl

    def last_read(self, subject: str, before: str) -> LastRead | None:
        """The record of a node id, also if that has only a name, and the crawl that read it last.

        A record created after `before` is another thing that took the name of the unread one.
        """
        sql = """SELECT id, last_crawl FROM record WHERE rtrim(created, 'Z') <= rtrim(?, 'Z') AND
                 (id = ? OR (kind = ? AND account = ? AND region = ? AND lower(name) = lower(?)))
                 ORDER BY last_crawl DESC LIMIT 1"""
        row = self._db.execute(sql, (before, subject, *named_parts(subject))).fetchone()
        return LastRead(*row) if row else None

    def is_named_since(self, identity: str, crawl: int) -> bool:
        """Whether another record may have named one after a crawl began: by then it may have been another of that name."""
        sql = """SELECT 1 FROM (SELECT source AS id FROM edge WHERE target = ?1 UNION SELECT target FROM edge WHERE source = ?1)
                 JOIN node USING (id) WHERE observed AND account IS NOT NULL
                 AND rtrim(coalesce(modified, created, '~'), 'Z') > (SELECT rtrim(started, 'Z') FROM crawl WHERE id = ?2)"""
        return self._db.execute(sql, (identity, crawl)).fetchone() is not None

    def ended(self, identity: str, created: str, at: str) -> None:
        """Store that a lifetime of a resource was deleted at that time, unless this crawl has read it after all."""
        self.note_changed("record", identity)
        self._db.execute(
            """INSERT INTO gone SELECT DISTINCT id, created, ? FROM record AS r WHERE id = ? AND created = ? AND NOT EXISTS
               (SELECT 1 FROM record AS now WHERE now.id = r.id AND now.created = r.created AND now.last_crawl = ?)
               ON CONFLICT DO UPDATE SET at = min(at, excluded.at)""",
            (at, identity, created, self._crawl),
        )

    def naming_manifests(self) -> Iterator[Resource]:
        """The newest version of each record that may name a manifest."""
        return self._holding(["manifest"])

    def read_in_this_crawl(self, kind: str, words: Sequence[str]) -> Iterator[Resource]:
        """The records of a kind that this crawl has read and whose JSON holds one of some words."""
        return self._holding(words, "kind = ? AND last_crawl = ?", (kind, self._crawl))

    def of(self, ids: Iterable[str]) -> Iterator[Resource]:
        """The same as `resources`, of some ids."""
        return self._resources(_OF, (json.dumps(sorted(ids)),))

    def earlier_of(self, ids: Iterable[str]) -> Iterator[Resource]:
        """The same as `earlier_versions`, of some ids."""
        return self._resources(f"{_OF} AND NOT {NEWEST}", (json.dumps(sorted(ids)),), every=True)

    def earlier_versions(self) -> Iterator[Resource]:
        """The versions of records that a later version replaced."""
        return self._resources(f"NOT {NEWEST}", every=True)


def _with_packed(row: Row) -> tuple[Any, ...]:
    """A row whose last two columns, the dictionary and the packed body, are one."""
    return (*row[:-2], row[-2:])


class LastRead(NamedTuple):
    """The id of a record, and the crawl that read it last."""

    id: str
    crawl: int


class Version(NamedTuple):
    """One version of a record: the crawls that read it first and last, and its body as canonical JSON."""

    digest: str
    first_crawl: int
    last_crawl: int
    modified: str | None
    status: str | None
    body: str


class _VersionRow(NamedTuple):
    """One version of a record, as a row of its table."""

    modified: str | None
    digest: bytes
    first_crawl: int


def _hashed(body: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """A body as canonical JSON, and its digest."""
    text = canonical(body).encode()
    return text, hashlib.sha256(text).digest()


def found_by(kind: str, body: Mapping[str, Any]) -> tuple[int, str]:
    """The shape and the clues of a record, by which a search finds it."""
    from lineage.search_language.clues import clues_of, shape_of  # only a crawl needs these
    from lineage.search_language.properties import searched

    return shape_of(KINDS[kind], searched(KINDS[kind], body)), clues_of(body)
