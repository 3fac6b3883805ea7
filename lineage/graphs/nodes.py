"""The nodes of a part of a graph: kept as rows, and shown as dicts of attributes when they are looked at. Pure.

A dict takes five times the room of a row, and a walk looks at a node when it comes to it, and again when it tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from sys import intern
from typing import Any

from lineage.domain.kinds import IMAGE
from lineage.domain.names import is_place
from lineage.domain.records import decoded
from lineage.snapshot.tables import AT_ONCE, Row

Attributes = dict[str, Any]
_LABEL_PARTS = 3  # of a key: enough to show the job's name in `job/output/model.tar.gz`
_SHOWN = 5_000  # nodes whose dicts are kept: most questions need fewer nodes
_SHORT = 40  # letters of JSON that many nodes may have, such as the crawl that read them


class Nodes(Mapping[str, Attributes]):
    """The attributes of nodes by their ids. Nobody changes them."""

    def __init__(self, rows: dict[str, Row]) -> None:
        """`rows` are those that `kept` gives."""
        self._rows = rows
        self._shown: dict[str, Attributes] = {}

    def __getitem__(self, node: str) -> Attributes:
        known = self._shown.get(node)
        return self._show(node) if known is None else known

    def __contains__(self, node: object) -> bool:
        return node in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def _show(self, node: str) -> Attributes:
        if len(self._shown) == _SHOWN:
            self._shown.clear()
        row = self._rows[node]
        shown = self._shown[node] = attributes_of(node, row)
        return shown

    def among(self, ids: Iterable[str]) -> Nodes:
        """Some of the nodes, in the same order."""
        return Nodes({node: row for node, row in self._rows.items() if node in ids})

    def of_kind(self, kind: str) -> Iterator[str]:
        """The ids of the nodes of a kind."""
        return (node for node, row in self._rows.items() if row[0] == kind)

    def called(self, node: str) -> tuple[str, str]:
        """The kind and the name of a node."""
        row = self._rows[node]
        return row[0], _name(node, row)


def _name(node: str, row: Row) -> str:
    name: str | None = row[1]
    return node if name is None else name


def kept(rows: Iterable[Row], ids: dict[str, str] | None = None) -> Iterator[tuple[str, Row]]:
    """The id of each row of a node, and the rest of the row. Of texts that many rows have, one is kept.

    A place has nothing but its id, so that most places share one row. `ids` are those that edges have.
    """
    known: dict[str, str] = {} if ids is None else ids
    alike: dict[Row, Row] = {}
    for identity, kind, name, account, region, arn, created, modified, status, observed, details in rows:
        node = known.setdefault(identity, identity)
        row = (
            intern(kind),
            None if name == node else name,
            account and intern(account),
            region and intern(region),
            node if arn == node else arn,
            created,
            created if modified == created else modified,
            status and intern(status),
            observed,
            intern(details) if len(details) <= _SHORT else details,
        )
        yield node, row if row[1] else alike.setdefault(row, row)


def attributes_of(node: str, row: Row) -> Attributes:
    """The attributes of a node, made of its id and the rest of its row."""
    return _attributes(node, row, decoded(row[-1]) if row[-1] != "{}" else {})


def attributed(rows: Iterable[Row]) -> Iterator[tuple[str, Attributes]]:
    """The id and the attributes of each row of a node."""
    rest = kept(rows)
    while some := list(islice(rest, AT_ONCE)):
        details = decoded(f"[{','.join(row[-1] for _, row in some)}]")  # together, because they have the same member names
        yield from ((node, _attributes(node, row, one)) for (node, row), one in zip(some, details, strict=True))


def _attributes(node: str, row: Row, details: Attributes) -> Attributes:
    kind, _, account, region, arn, created, modified, status, observed, _ = row
    name = _name(node, row)
    common = {
        "kind": kind,
        "name": name,
        "account": account,
        "region": region,
        "arn": arn,
        "created": created,
        "modified": modified,
        "status": status,
        "observed": bool(observed),
        "label": label(node, kind, name),
    }
    return details | common if details else common


def label(identity: str, kind: str, name: str) -> str:
    """A short text for pictures: the name, a place with its store and its last parts, an image without its registry."""
    if kind == IMAGE:
        repository, at, digest = identity.rpartition("/")[2].partition("@sha256:")
        return f"{repository}{at}{digest[:12]}"
    if not is_place(identity):
        return name
    scheme, _, rest = identity.partition("://")
    before, *last = rest.rstrip("/").rsplit("/", _LABEL_PARTS)
    store, left_out, _ = before.partition("/")
    slash = "/" if identity.endswith("/") else ""
    return "/".join([store if scheme == "s3" else f"{scheme} {store}", *(("…",) if left_out else ()), *last]) + slash
