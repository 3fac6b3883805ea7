"""The tables of a folder of Parquet: their columns, and where their rows come from.

Each time is two columns: a timestamp, and a text that is null unless the timestamp says less than the text in the snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from lineage.domain.records import Counts
from lineage.snapshot.bulk import Batch
from lineage.snapshot.reading import Snapshot

SCHEMA: Final = "lineage.parquet/1"
TEXT, FLAG, WHOLE, MOMENT, TEXTS = "string", "bool", "int64", "timestamp[us, tz=UTC]", "list<string>"
PARTS: Final = ("account", "region")  # the columns that are in the path of a file, and not in the file


class Column(NamedTuple):
    """A column of a table: its name, and the type of its values."""

    name: str
    type: str


class Table(NamedTuple):
    """A table: its columns, and its rows. A row has an account and region, or it is where the first of `ends` with one is."""

    columns: tuple[Column, ...]
    read: Callable[[Snapshot], Iterator[Batch]]
    ends: tuple[str, ...] = ()  # the columns of node ids

    @property
    def written(self) -> Iterator[Column]:
        """The columns of its files: each row also says from which snapshot it is, and each time is two."""
        yield Column("snapshot", TEXT)
        for column in self.columns:
            yield column
            if column.type == MOMENT:
                yield Column(f"{column.name}_text", TEXT)


def _columns(**types: str) -> tuple[Column, ...]:
    return tuple(Column(name, of) for name, of in types.items())


def _stored(name: str, snapshot: Snapshot) -> Iterator[Batch]:
    return snapshot.bulk(name)


def _places(snapshot: Snapshot) -> Iterator[Batch]:
    for columns, codes, shared in snapshot.bulk("places"):
        spans = {name: list(map(_listed, shared[name])) for name in ("written_spans", "read_spans")}
        yield Batch(columns, codes, {**shared, **spans})


def _listed(spans: str | None) -> list[str]:
    return sorted(spans.split(",")) if spans else []


def _contents(snapshot: Snapshot) -> Iterator[Batch]:
    for columns, *_ in snapshot.bulk("contents"):
        yield Batch({**columns, "digests": list(map(json.loads, columns["digests"]))})


def _gaps(snapshot: Snapshot) -> Iterator[Batch]:
    """The gaps, each with whether its subject has a record all the same, and since when it was asked for."""
    scope, first = snapshot.scope(), snapshot.first_asked()
    known = [gap.subject in scope.known for gap in scope.holes]
    asked = [first.get((gap.account, gap.region, gap.operation, gap.subject)) for gap in scope.holes]
    names = (*PARTS, "operation", "subject", "reason", "detail")
    told = {name: [getattr(gap, name) for gap in scope.holes] for name in names}
    return iter([Batch(told | {"known": known, "asked": asked})])


def _records(snapshot: Snapshot) -> Iterator[Batch]:
    return snapshot.bulk_records()


def _enumerations(snapshot: Snapshot) -> Iterator[Batch]:
    every = (*snapshot.enumerations(), *snapshot.lookups())
    names = (*PARTS, *(column.name for column in TABLES["enumerations"].columns))
    return iter([Batch({name: [getattr(one, name) for one in every] for name in names})])


def _crawls(snapshot: Snapshot) -> Iterator[Batch]:
    """A crawl is in each account and region that it was to read."""
    every = [(account, region, one) for one in snapshot.crawls() for account in one.accounts for region in one.regions]
    names = [column.name for column in TABLES["crawls"].columns]
    told = {name: [getattr(one, "id" if name == "crawl" else name) for *_, one in every] for name in names}
    return iter([Batch(told | {"account": [one[0] for one in every], "region": [one[1] for one in every]})])


def _counts(snapshot: Snapshot) -> Iterator[Batch]:
    counted = snapshot.scope().counted
    told = {name: [getattr(one.counts, name) for one in counted] for name in Counts._fields}
    return iter([Batch(told | {name: [getattr(one, name) for one in counted] for name in PARTS})])


TABLES: Final = {
    "nodes": Table(
        _columns(
            id=TEXT, kind=TEXT, name=TEXT, arn=TEXT, created=MOMENT, modified=MOMENT, status=TEXT, observed=FLAG, details=TEXT,
            unread=TEXT, unexplained=FLAG, silent=FLAG,
        ),
        partial(_stored, "nodes"),
    ),
    "edges": Table(
        _columns(
            source=TEXT, target=TEXT, relation=TEXT, role=TEXT, usage=TEXT, path=TEXT, evidence=TEXT, opens=MOMENT,
            closes=MOMENT, span=TEXT, listing=WHOLE, reader=TEXT, settled=MOMENT, opaque=FLAG,
        ),
        partial(_stored, "edges"),
        ("target", "source"),
    ),
    "places": Table(
        _columns(
            place=TEXT, written=FLAG, read=FLAG, written_spans=TEXTS, read_spans=TEXTS, wider=FLAG,
        ),
        _places,
    ),
    "manifests": Table(
        _columns(manifest=WHOLE, place=TEXT, view=TEXT, etag=TEXT, modified=MOMENT, seen=MOMENT, entries=WHOLE),
        partial(_stored, "manifests"),
    ),
    "manifest_entries": Table(_columns(manifest=WHOLE, folder=TEXT, name=TEXT), partial(_stored, "manifest_entries")),
    "deployments": Table(
        _columns(endpoint=TEXT, config=TEXT, role=TEXT, opens=MOMENT, closes=MOMENT, deployment=TEXT, settled=MOMENT),
        partial(_stored, "deployments"),
        ("endpoint",),
    ),
    "contents": Table(_columns(place=TEXT, modified=MOMENT, digests=TEXTS, seen=MOMENT), _contents),
    "pins": Table(_columns(place=TEXT, opens=TEXT, closes=TEXT, record=TEXT, digest=TEXT), partial(_stored, "pins")),
    "named_places": Table(
        _columns(name=TEXT, place=TEXT, record=TEXT, span=TEXT), partial(_stored, "named_places"), ("name", "record")
    ),
    "records": Table(
        _columns(
            id=TEXT, kind=TEXT, name=TEXT, arn=TEXT, created=TEXT, modified=TEXT, status=TEXT, first_crawl=WHOLE,
            last_crawl=WHOLE, deleted=TEXT, ends=TEXTS, body=TEXT,
        ),
        _records,
    ),
    "gaps": Table(_columns(operation=TEXT, subject=TEXT, reason=TEXT, detail=TEXT, known=FLAG, asked=MOMENT), _gaps),
    "enumerations": Table(
        _columns(
            kind=TEXT, operation=TEXT, started=MOMENT, since=MOMENT, finished=MOMENT, calls=WHOLE, pages=WHOLE, records=WHOLE,
            reason=TEXT, detail=TEXT, crawl=WHOLE, joined=FLAG,
        ),
        _enumerations,
    ),
    "crawls": Table(
        _columns(
            crawl=WHOLE, started=MOMENT, finished=MOMENT, caller=TEXT, accounts=TEXTS, regions=TEXTS, roots=TEXTS, tool=TEXT,
            botocore=TEXT, kinds=TEXTS, full=FLAG,
        ),
        _crawls,
    ),
    "counts": Table(_columns(**dict.fromkeys(Counts._fields, WHOLE)), _counts),
}  # fmt: skip
