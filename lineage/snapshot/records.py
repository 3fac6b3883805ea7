"""The records of an open file, stored by content: a changed record is a new version, and the last one read counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lineage.domain.canonical import canonical
from lineage.domain.records import Life, Resource, decoded
from lineage.snapshot.tables import AT_ONCE, OpenTables, WrittenTables

# A finished list no longer contained the record r.
GONE = "EXISTS (SELECT 1 FROM gone WHERE gone.id = r.id AND gone.created = r.created)"
# r is the version of its record that was read last.
NEWEST = """NOT EXISTS (SELECT 1 FROM record AS newer WHERE newer.id = r.id AND newer.created = r.created
    AND (newer.last_crawl, newer.first_crawl, newer.digest) > (r.last_crawl, r.first_crawl, r.digest))"""


class RecordTables(OpenTables):
    """The records of an open file."""

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

    def versions(self, identity: str, created: str | None) -> list[Version]:
        """Every version of a record that was read, the last one at the end."""
        sql = """SELECT digest, first_crawl, last_crawl, modified, status, body FROM record WHERE id = ? AND created = ?
                 ORDER BY last_crawl, first_crawl, digest"""
        columns = ", ".join(Version._fields)
        return [Version(*row) for row in self._sound("record", columns, self._rows(sql, (identity, created or "")))]

    def altered_bodies(self) -> Iterator[tuple[str, str, str]]:
        """The kind, id and creation time of each record whose body does not match its own digest."""
        for kind, identity, created, digest, body in self._rows("SELECT kind, id, created, digest, body FROM record"):
            if hashlib.sha256(str(body).encode(errors="surrogateescape")).hexdigest() != digest:
                yield kind, identity, created

    def _resources(
        self, where: str = "true", values: Sequence[Any] = (), *, every: bool = False, members: Sequence[str] = ()
    ) -> Iterator[Resource]:
        read = ", ".join(f"json_extract(body, '$.{member}')" for member in members)
        said = f"json_array({read})" if members else "body"
        sql = f"""
            SELECT kind, account, region, name, arn, {said}, nullif(created, ''), modified, status, last_crawl,
            (SELECT at FROM gone WHERE gone.id = r.id AND gone.created = r.created),
            (SELECT started FROM crawl WHERE crawl.id = r.last_crawl)
            FROM record AS r WHERE {where} AND {"true" if every else NEWEST} ORDER BY id, created"""  # noqa: S608  (our own words)
        for row in self._sound("record", "kind, account, region, name, arn, body", self._rows(sql, values)):
            kind, account, region, name, arn, body, created, modified, status, crawl, gone, seen = row
            dates = (created, modified, status)
            whole = decoded(body)
            if members:
                whole = {member: value for member, value in zip(members, whole, strict=True) if value is not None}
            yield Resource(kind, account, region, name, arn, whole, *dates, deleted=gone, crawl=crawl, seen=seen or "")


class WrittenRecords(RecordTables, WrittenTables):
    """The records of a file while a crawl adds to them."""

    def _add_record(self, record: Resource) -> None:
        known = self._version(record)
        body, digest = _hashed(record.body)
        if known and known.digest != digest and record.silent and known.modified == record.modified:
            body, digest = _hashed(_completed(record, self._body(record, known)))
        key = (record.id, record.created or "")
        if known and known.digest == digest:
            sql = "UPDATE record SET last_crawl = ? WHERE id = ? AND created = ? AND digest = ?"
            self._db.execute(sql, (self._crawl, *key, digest))
            return
        if known and known.first_crawl == self._crawl:
            # what this same crawl read before from another call is not a separate version
            self._db.execute("DELETE FROM record WHERE id = ? AND created = ? AND digest = ?", (*key, known.digest))
        self._db.execute(
            """INSERT INTO record VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)
               ON CONFLICT DO UPDATE SET last_crawl = excluded.last_crawl""",
            (
                *key, digest, record.kind, record.account, record.region, record.name,
                record.arn, record.modified, record.status, body, self._crawl, self._crawl,
            ),
        )  # fmt: skip

    def _version(self, record: Resource) -> _VersionRow | None:
        """The version of a record that was read last, without its body: most records are as they were."""
        sql = f"SELECT modified, digest, first_crawl FROM record AS r WHERE id = ? AND created = ? AND {NEWEST}"  # noqa: S608
        row = self._db.execute(sql, (record.id, record.created or "")).fetchone()
        return _VersionRow(*row) if row else None

    def _body(self, record: Resource, known: _VersionRow) -> Mapping[str, Any]:
        sql = "SELECT body FROM record WHERE id = ? AND created = ? AND digest = ?"
        row = self._db.execute(sql, (record.id, record.created or "", known.digest)).fetchone()
        body: Mapping[str, Any] = json.loads(row[0])
        return body

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
        """Whether this crawl has read the record of a node id, also if the id has only a name.

        A record created after `before` is another thing that took the name of the unread one.
        """
        kind, _, where = subject.partition(":")
        account, _, rest = where.partition("/")
        region, _, name = rest.partition("/")
        sql = """SELECT 1 FROM record WHERE last_crawl = ? AND rtrim(created, 'Z') <= rtrim(?, 'Z') AND
                 (id = ? OR (kind = ? AND account = ? AND region = ? AND lower(name) = lower(?))) LIMIT 1"""
        row = self._db.execute(sql, (self._crawl, before, subject, kind, account, region, name)).fetchone()
        return row is not None

    def ended(self, identity: str, created: str, at: str) -> None:
        """Store that a lifetime of a resource was deleted at that time, unless this crawl has read it after all."""
        self._db.execute(
            """INSERT INTO gone SELECT DISTINCT id, created, ? FROM record AS r WHERE id = ? AND created = ? AND NOT EXISTS
               (SELECT 1 FROM record AS now WHERE now.id = r.id AND now.created = r.created AND now.last_crawl = ?)
               ON CONFLICT DO UPDATE SET at = min(at, excluded.at)""",
            (at, identity, created, self._crawl),
        )

    def naming_manifests(self) -> Iterator[Resource]:
        """The newest version of each record that may name a manifest."""
        return self._resources("body LIKE '%manifest%'")

    def read_in_this_crawl(self, kinds: Iterable[str]) -> Iterator[Resource]:
        """The records of some kinds that this crawl has read."""
        for kind in kinds:
            yield from self._resources("kind = ? AND last_crawl = ?", (kind, self._crawl))

    def earlier_versions(self) -> Iterator[Resource]:
        """The versions of records that a later version replaced."""
        return self._resources(f"NOT {NEWEST}", every=True)


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
    digest: str
    first_crawl: int


def _hashed(body: Mapping[str, Any]) -> tuple[str, str]:
    """A body as canonical JSON, and its digest."""
    text = canonical(body)
    return text, hashlib.sha256(text.encode()).hexdigest()


def _completed(record: Resource, known: Mapping[str, Any]) -> Mapping[str, Any]:
    """An answer that cannot hold a member says nothing about it, so another call's value for the same state stays."""
    return {**{member: known[member] for member in record.silent if member in known}, **record.body}
