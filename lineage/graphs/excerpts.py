"""A part of a graph as plain dicts, made of a snapshot's rows: what every question walks, without networkx.

networkx takes longer to import than most questions take to answer, so it is loaded only for a graph that a person gets.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Container, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lineage.domain.kinds import IMAGE
from lineage.domain.names import is_place
from lineage.domain.records import Scope, decoded
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot, insist_snapshot
from lineage.snapshot.tables import AT_ONCE, Row

if TYPE_CHECKING:
    import networkx as nx

Graph: TypeAlias = "nx.MultiDiGraph[str]"
Attributes = dict[str, Any]
Neighbours = dict[str, dict[str, dict[str, Attributes]]]
"""By node, its neighbours on one side, and for each of them the attributes of the edges by their keys."""
_LABEL_PARTS = 3  # of a key: enough to show the job's name in `job/output/model.tar.gz`


class EdgeRow(NamedTuple):
    """One edge in a snapshot: its ends, and its attributes in the graph."""

    source: str
    target: str
    relation: str
    role: str
    usage: str
    path: str
    evidence: str
    opens: str | None
    closes: str | None
    span: str | None
    listing: int | None
    reader: str = ""
    settled: str = ""

    @property
    def time(self) -> str | None:
        """The window as one text, as on a graph's edges and in every answer."""
        return None if self.opens is None else f"{self.opens}/{self.closes}"


def edges_of(rows: Iterable[Row]) -> Iterator[EdgeRow]:
    """Rows of a snapshot's edges, by name. Only this function knows the columns."""
    return map(EdgeRow._make, rows)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a graph: attributes by node, the edges out of each node and into it, and what is known of the whole graph."""

    nodes: dict[str, Attributes]
    after: Neighbours
    before: Neighbours
    graph: Attributes

    @classmethod
    def of(cls, source: Graph | Excerpt) -> Excerpt:
        """A networkx graph in this form. Its edges are the same objects, not copies."""
        if isinstance(source, Excerpt):
            return source
        before = source.reverse(copy=False)
        return cls(dict(iter(source.nodes(data=True))), dict(source.adjacency()), dict(before.adjacency()), source.graph)

    def among(self, kept: Collection[str]) -> Excerpt:
        """The part of it between some of its nodes."""
        after, before = (
            {node: {end: keys for end, keys in ends[node].items() if end in kept} for node in self.nodes if node in kept}
            for ends in (self.after, self.before)
        )
        return Excerpt({node: data for node, data in self.nodes.items() if node in kept}, after, before, self.graph)

    def edges(self) -> Iterator[tuple[str, str, str, Attributes]]:
        """Each edge: its ends, its key and its attributes."""
        pairs = ((source, end, keys) for source, ends in self.after.items() for end, keys in ends.items())
        return ((source, end, key, data) for source, end, keys in pairs for key, data in keys.items())


def insist_source(source: object) -> None:
    """Raise `TypeError` for anything but a snapshot or a graph that lineage made: it says what a question wants."""
    networkx = sys.modules.get("networkx")  # without it nobody can have made a graph
    scope = source.graph.get("scope") if networkx is not None and isinstance(source, networkx.Graph) else None
    if scope is not None and not isinstance(scope, Scope):  # `plain` writes it as a text, and `read_graphml` reads JSON
        raise TypeError("this graph was written for networkx: ask lineage.graph(snapshot)")
    made = networkx is not None and scope is not None and isinstance(source, networkx.MultiDiGraph)
    if not (made or isinstance(source, Excerpt)):
        insist_snapshot(source, also=", or a graph of one, lineage.graph(snapshot)")


def insist_described(graph: Graph) -> None:
    """Raise `TypeError` for a graph to which somebody added nodes or edges that do not say what they are."""
    edges: Any = graph.edges(data=True)
    nodes = (f"node {node!r}" for node, data in graph.nodes(data=True) if "kind" not in data)
    links = (f"the edge from {source!r} to {target!r}" for source, target, data in edges if "relation" not in data)
    for bare in chain(nodes, links):
        raise TypeError(f"{bare} was added to this graph, and only what lineage read is shown: take it out of a copy")


def unseen_in(snapshot: Snapshot) -> dict[str, Attributes]:
    """Things that a snapshot names, that were not read, and that may hide something."""
    return snapshot.remembered("unseen", lambda: dict(attributed(snapshot.unread_rows())))


def assembled(
    nodes: Iterable[tuple[str, Attributes]],
    edges: Iterable[EdgeRow],
    scope: Scope,
    listings: Listings,
    unseen: dict[str, Attributes],
) -> Excerpt:
    """Some nodes with attributes, and edges between them; the order of the edges decides their keys."""
    unread = {gap.subject: gap for gap in scope.holes if gap.operation == "GetObject"}
    known = {"scope": scope, "gaps": list(scope.holes), "listings": listings, "unread": unread, "unseen": unseen}
    by_id = dict(nodes)
    made = Excerpt(by_id, {node: {} for node in by_id}, {node: {} for node in by_id}, known)
    _connect(made.after, made.before, edges)
    return made


def _connect(after: Neighbours, before: Neighbours, edges: Iterable[EdgeRow]) -> None:
    """Put edges into the successors and the predecessors of each node."""
    for edge in edges:
        source, target = edge[:2]
        ends = after[source]
        keys = ends.get(target)
        if keys is None:
            keys = ends[target] = before[target][source] = {}
        keys[edge_key(edge, keys)] = edge_attributes(edge)


def edge_key(edge: EdgeRow, taken: Container[str]) -> str:
    """What distinguishes an edge from others between its nodes: relation and role, if needed also use, field and time."""
    key = intern(f"{edge.relation}:{edge.role}" if edge.role else edge.relation)  # many edges have each
    if key in taken:  # repeated for another use or at another time
        key = f"{key}#{edge.usage}#{edge.path}"
    key = f"{key}#{edge.time}" if key in taken else key
    return f"{key}#{edge.reader}" if key in taken else key  # such as one model that several things run at once


def attributed(rows: Iterable[Row]) -> Iterator[tuple[str, Attributes]]:
    """The id and the attributes of each row of a node."""
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        details = decoded(f"[{','.join(row[-1] for row in some)}]")  # together, because they have the same member names
        yield from map(_attributed, some, details)


def _attributed(row: Row, details: Attributes) -> tuple[str, Attributes]:
    identity, kind, name, account, region, arn, created, modified, status, observed, _ = row
    details |= {  # of texts that many nodes have, one is kept
        "kind": intern(kind),
        "name": name,
        "account": account and intern(account),
        "region": region and intern(region),
        "arn": identity if arn == identity else arn,
        "created": created,
        "modified": created if modified == created else modified,
        "status": status and intern(status),
        "observed": bool(observed),
        "label": label(identity, kind, name),
    }
    return identity, details


def edge_attributes(edge: EdgeRow) -> Attributes:
    """The attributes of an edge in the graph."""
    _, _, relation, role, usage, path, evidence, opens, closes, span, listing, reader, settled = edge
    return {
        "relation": intern(relation),
        "role": intern(role),
        "usage": intern(usage),
        "path": intern(path),
        "evidence": intern(evidence),
        "time": None if opens is None else f"{opens}/{closes}",
        "span": intern(str(span)) if span else None,
        "listing": listing,
        "reader": intern(reader),
        "settled": settled,
    }


def label(identity: str, kind: str, name: str) -> str:
    """A short text for pictures: the name, a place with its store and its last parts, an image without its registry."""
    if kind == IMAGE:
        repository, at, digest = identity.rpartition("/")[2].partition("@sha256:")
        return f"{repository}{at}{digest[:12]}"
    if not is_place(identity):
        return name
    scheme, _, rest = identity.partition("://")
    before, *kept = rest.rstrip("/").rsplit("/", _LABEL_PARTS)
    store, left_out, _ = before.partition("/")
    slash = "/" if identity.endswith("/") else ""
    return "/".join([store if scheme == "s3" else f"{scheme} {store}", *(("…",) if left_out else ()), *kept]) + slash
