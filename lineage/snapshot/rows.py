"""Nodes and edges as rows of their tables, and back."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson

from lineage.domain.canonical import canonical
from lineage.domain.names import Span
from lineage.domain.opaque import READING, is_opaque
from lineage.domain.records import Edge, Json, Node, Window, decoded
from lineage.snapshot.tables import Row

NODE = "id, kind, name, account, region, arn, created, modified, status, observed, details"
EDGE = "source, target, relation, role, usage, path, evidence, opens, closes, span, listing, reader, settled"

STORED = f"{EDGE}, opaque"  # an edge with the extra column of its table
_PLAIN = frozenset((str, int, bool))
UNTIMED = (None, None)  # the times of an edge without a window


def node_row(node: Node) -> Row:
    """A node as a row of its table."""
    return (*node[:-2], int(node.observed), _details(dict(node.details)) if node.details else "{}")


def _details(details: Json) -> str:
    """As canonical JSON, which orjson writes as well, and several times as fast, except for floats and what it refuses."""
    if all(map(_is_plain, details.values())):
        with suppress(orjson.JSONEncodeError):  # a lone surrogate, or a number of more than 64 bits
            return orjson.dumps(details, option=orjson.OPT_SORT_KEYS).decode()
    return canonical(details)


def _is_plain(value: Any) -> bool:
    return type(value) in _PLAIN or (type(value) is list and _PLAIN.issuperset(map(type, value)))


def edge_row(edge: Edge) -> Row:
    """An edge as a row of its table."""
    return stored_edge(edge)[:-1]


def stored_edge(edge: Edge) -> Row:
    """The same with the table's extra column: whether what is read is opaque."""
    source, target, relation, role, usage, path, evidence, window, span, *rest = edge
    opens, closes = window or UNTIMED
    opaque = relation in READING and is_opaque(source, role, span)
    return (source, target, relation, role, usage, path, evidence, opens, closes, span, *rest, int(opaque))


def node_of(row: Row) -> Node:
    """The node of a row with the columns `NODE`."""
    identity, kind, name, account, region, arn, created, modified, status, seen, details = row
    return Node(
        identity, kind, name, account, region, arn, created, modified, status, bool(seen), decoded(details)
    )  # fmt: skip


def edge_of(row: Row) -> Edge:
    """The edge of a row with the columns `EDGE`."""
    source, target, relation, role, usage, path, evidence, opens, closes, span, *rest = row
    window = None if opens is None else Window(opens, closes)
    return Edge(source, target, relation, role, usage, path, evidence, window, Span(span) if span else None, *rest)
