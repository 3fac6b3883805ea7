"""Whole tables of an open file, as columns of some thousand rows at a time: for exports that other engines read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from lineage.domain.kinds import ENDPOINT, KINDS
from lineage.domain.names import arn_id, is_arn
from lineage.domain.records import decoded
from lineage.snapshot.bodies import Bodies
from lineage.snapshot.tables import OpenTables

_ROWS = 8_192  # rows read at a time
_BODIES = 1_024  # of records, which are longer
_IN = "{0}.id IS NOT NULL"
_UNREAD = """iif(instr(details, '"unread"'), json_extract(details, '$.unread'), NULL)"""


class Batch(NamedTuple):
    """Some rows of a table, as columns by name.

    Many rows have the same values in some of the columns: these are in `shared`, and `codes` says for each row which ones.
    """

    columns: Mapping[str, Sequence[Any]]
    codes: Sequence[int] = ()
    shared: Mapping[str, Sequence[Any]] = {}


class Bulk(NamedTuple):
    """Which columns are read from where. A computed column has its expression after its name, with a colon."""

    table: str
    columns: tuple[str, ...]
    shared: tuple[str, ...]
    source: str


def _spans(way: str, end: str, relations: str) -> str:
    """The ways in which a place is read or written; an unknown one, or a name, matches no other place."""
    return f"""iif(level.{way}, (SELECT group_concat(DISTINCT span) FROM edge WHERE {end} = level.place
        AND relation IN ({relations}) AND span NOT IN ('unknown', 'named')), NULL)"""  # noqa: S608  (our own words)


_READ = _spans("read", "source", "'reads', 'may-read', 'loads'")
_WRITTEN = _spans("written", "target", "'writes', 'may-write'")
_OF_ENDPOINTS = f"""edge WHERE relation = 'configures' AND target IN (SELECT id FROM node WHERE kind = '{ENDPOINT.name}')
    ORDER BY edge.number"""  # noqa: S608  (our own words)
BULK: Final = {
    "nodes": Bulk(
        "node",
        ("id", "name", "arn", "created", "modified", "details", f"unread:{_UNREAD}"),
        (
            "account",
            "region",
            "kind",
            "status",
            "observed",
            f"unexplained:{_IN.format('unexplained')}",
            f"silent:{_IN.format('silent')}",
        ),
        "node LEFT JOIN unexplained USING (id) LEFT JOIN silent USING (id) ORDER BY node.id",
    ),
    "edges": Bulk(
        "edge",
        ("source", "target", "opens", "closes"),
        ("relation", "role", "usage", "path", "evidence", "span", "listing", "reader", "settled", "opaque"),
        "edge ORDER BY edge.number",
    ),
    "places": Bulk(
        "level",
        ("place",),
        ("written", "read", "wider", f"written_spans:{_WRITTEN}", f"read_spans:{_READ}"),
        "level ORDER BY id",
    ),
    "manifests": Bulk(
        "manifest", ("manifest:id", "place", "view", "etag", "modified", "seen", "entries"), (), "manifest ORDER BY id"
    ),
    "manifest_entries": Bulk(
        "entry",
        ("name",),
        ("manifest", "folder:folder.place"),
        "entry JOIN folder ON folder.id = entry.folder ORDER BY entry.folder, name, manifest",
    ),
    "pins": Bulk(
        "pin", ("place", "opens", "closes", "record", "digest"), (), "pin ORDER BY place, opens, closes, record, digest"
    ),
    "named_places": Bulk("lies", ("name", "place", "record", "span"), (), "lies ORDER BY name, place, record"),
    "contents": Bulk("content", ("place", "modified", "digests", "seen"), (), "content ORDER BY place, modified, digests"),
    "deployments": Bulk(
        "edge",
        ("endpoint:target", "config:source", "role", "opens", "closes", "deployment:reader", "settled"),
        (),
        _OF_ENDPOINTS,
    ),
}


_RECORD = ("account", "region", "id", "kind", "name", "arn", "created", "modified", "status", "first_crawl", "last_crawl")
_RECORDS = f"""
    SELECT {", ".join(_RECORD)}, (SELECT at FROM gone WHERE gone.id = r.id AND gone.created = r.created), dictionary, body
    FROM record AS r ORDER BY id, created, digest"""  # noqa: S608  (our own words)


class BulkTables(OpenTables):
    """Whole tables of an open file."""

    def bulk_records(self) -> Iterator[Batch]:
        """Every version of every record, with its body as canonical JSON, and for an association the ids of its ends."""
        bodies, cursor = Bodies(self._db), self._db.execute(_RECORDS)
        while rows := cursor.fetchmany(_BODIES):
            *columns, gone, numbers, packed = zip(*rows, strict=True)
            self._insist_sound("record", _RECORD, columns)
            texts = [bodies.unpacked(*one).decode() for one in zip(numbers, packed, strict=True)]
            told = dict(zip(_RECORD, columns, strict=True))
            ends = list(map(_ends, told["kind"], texts))
            yield Batch({**told, "deleted": gone, "body": texts, "ends": ends})

    def bulk(self, name: str) -> Iterator[Batch]:
        """A table of `BULK`."""
        bulk = BULK[name]
        names, plain = zip(*map(_named, bulk.columns), strict=True)
        shared = dict(map(_named, bulk.shared))
        told = ", ".join(f"{bulk.table}.{one}" if one.isidentifier() else one for one in shared.values())
        wanted = [f"{bulk.table}.{one}" if one.isidentifier() else one for one in plain]
        cursor = self._db.execute(f"SELECT {', '.join(wanted)}, json_array({told}) FROM {bulk.source}")  # noqa: S608  (our own words)
        while rows := cursor.fetchmany(_ROWS):
            *columns, texts = zip(*rows, strict=True)
            number = {text: at for at, text in enumerate(dict.fromkeys(texts))}
            distinct = list(zip(*map(decoded, number), strict=True))
            self._insist_sound(bulk.table, plain, columns)
            self._insist_sound(bulk.table, tuple(shared.values()), distinct)
            codes = [number[text] for text in texts] if shared else ()
            yield Batch(dict(zip(names, columns, strict=True)), codes, dict(zip(shared, distinct, strict=True)))

    def _insist_sound(self, table: str, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        """Raise `SnapshotError` for a value of another type than its column's, because SQLite accepts any."""
        for name, values in zip(names, columns, strict=True):
            (allowed,) = self._types(table, name) if name.isidentifier() else [(object,)]
            if name.isidentifier() and set(map(type, values)).difference(allowed):
                at = next(number for number, value in enumerate(values) if type(value) not in allowed)
                raise self._mistyped(table, tuple(column[at] for column in columns), name, allowed, type(values[at]))


def _named(column: str) -> tuple[str, str]:
    """The name of a column, and the expression for it."""
    name, _, expression = column.partition(":")
    return name, expression or name


def _ends(kind: str, body: str) -> list[str]:
    """The ids at the ends of a record that is an edge and not a node; none for another one."""
    between = KINDS[kind].between[:2]
    named = (str(value) for value in map(decoded(body).get, between) if value) if between else ()
    return [arn_id(one) for one in named if is_arn(one)]
