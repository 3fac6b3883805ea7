"""Nodes and edges as rows of their tables, and back."""

from __future__ import annotations

import json
from typing import Any

from lineage.domain.canonical import canonical
from lineage.domain.names import Span
from lineage.domain.records import Edge, Node, Window

NODE = "id, kind, name, account, region, arn, created, modified, status, observed, details"
EDGE = "source, target, relation, role, usage, path, evidence, opens, closes, span, listing"


def node_row(node: Node) -> tuple[Any, ...]:
    """A node as a row of its table."""
    return (
        node.id, node.kind, node.name, node.account, node.region, node.arn, node.created, node.modified, node.status,
        node.observed, canonical(dict(node.details)),
    )  # fmt: skip


def edge_row(edge: Edge) -> tuple[Any, ...]:
    """An edge as a row of its table."""
    return (
        edge.source, edge.target, edge.relation, edge.role, edge.usage, edge.path, edge.evidence,
        *(edge.window or (None, None)), edge.span, edge.listing,
    )  # fmt: skip


def node_of(row: tuple[Any, ...]) -> Node:
    """The node of a row with the columns `NODE`."""
    identity, kind, name, account, region, arn, created, modified, status, seen, details = row
    return Node(
        identity, kind, name, account, region, arn, created, modified, status, bool(seen), json.loads(details)
    )  # fmt: skip


def edge_of(row: tuple[Any, ...]) -> Edge:
    """The edge of a row with the columns `EDGE`."""
    source, target, relation, role, usage, path, evidence, opens, closes, span, listing = row
    window = None if opens is None else Window(opens, closes)
    return Edge(source, target, relation, role, usage, path, evidence, window, Span(span) if span else None, listing)
