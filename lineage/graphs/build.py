"""Rows of a snapshot, or records, as a plain `networkx.MultiDiGraph`.

Node attributes: `kind name arn account region created modified status observed label`, and a few more that
the kind's row asks for. Edge attributes: `relation role usage path evidence time span listing reader
settled`. Graph attributes:
`scope` (a `lineage.records.Scope`), `gaps` (those of the scope), `listings` (what manifests list), `unread` (why a manifest was
not read, by its place) and `unseen` (things that are named and unread and may hide something: attributes by id, of
the whole snapshot even for a small graph). Edges point in the direction of the data; graphs can have cycles.
`nx.ancestors` gives more than what really fed a node: it ignores times (see `lineage.trace`).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import islice
from sys import intern
from typing import Any, NamedTuple, TypeAlias, cast

import networkx as nx

from lineage.domain.kinds import IMAGE
from lineage.domain.names import is_place
from lineage.domain.opaque import silence
from lineage.domain.records import Gap, Resource, Scope, decoded
from lineage.graphs.derive import derive
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot, asks_snapshot, insist_snapshot
from lineage.snapshot.rows import edge_row, node_row
from lineage.snapshot.tables import AT_ONCE, Row

Graph: TypeAlias = "nx.MultiDiGraph[str]"
Attributes = dict[str, Any]
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


@asks_snapshot
def graph(snapshot: Snapshot, *, edges: bool = True) -> Graph:
    """The whole graph of a snapshot, or only its nodes. For one question about a large account, use `neighbourhood`."""
    rows = edges_of(snapshot.edge_rows()) if edges else ()
    return assembled(attributed(snapshot.node_rows()), rows, snapshot.scope(), snapshot.listings(), unseen_in(snapshot))


def whole(source: Snapshot | Graph) -> Graph:
    """The graph that is given, or the whole graph of a snapshot. Raises `TypeError` for anything else."""
    if isinstance(source, Snapshot):
        return graph(source)
    insist_source(source)
    return source


def insist_source(source: object) -> None:
    """Raise `TypeError` for what is neither a snapshot nor a graph that lineage made: it says what a question wants."""
    if not (isinstance(source, nx.MultiDiGraph) and "scope" in source.graph):
        insist_snapshot(source, also=", or a graph of one, lineage.graph(snapshot)")


def graph_of(resources: Iterable[Resource], gaps: Iterable[Gap] = (), listings: Listings | None = None) -> Graph:
    """The graph of some records, without a snapshot: for tests and for experiments."""
    manifests = listings or Listings.in_memory()
    joined = derive(resources, manifests)
    nodes, edges = dict(attributed(map(node_row, joined.nodes.values()))), edges_of(map(edge_row, joined.edges))
    silent = (joined.nodes[job] for job in joined.silent)
    holes = tuple(silence(job.id, job.kind, job.name, job.account, job.region) for job in silent)
    unseen = {node: data for node, data in nodes.items() if "unread" in data}
    return assembled(nodes.items(), edges, Scope(holes=tuple(gaps), silent=holes), manifests, unseen)


def unseen_in(snapshot: Snapshot) -> dict[str, Attributes]:
    """Things that a snapshot names, that were not read, and that may hide something."""
    return dict(attributed(snapshot.unread_rows()))


def assembled(
    nodes: Iterable[tuple[str, Attributes]],
    edges: Iterable[EdgeRow],
    scope: Scope,
    listings: Listings,
    unseen: dict[str, Attributes],
) -> Graph:
    """The graph of some nodes with attributes, and of edges between them; the order of the edges decides their keys."""
    unread = {gap.subject: gap for gap in scope.holes if gap.operation == "GetObject"}
    built: Any = nx.MultiDiGraph(scope=scope, gaps=list(scope.holes), listings=listings, unread=unread, unseen=unseen)
    # networkx would copy each node's attributes twice, and look up both ends of each edge three times
    built._node.update(nodes)  # noqa: SLF001
    for neighbours in (built._succ, built._pred):  # noqa: SLF001
        neighbours.update((node, {}) for node in built)
    _connect(built._succ, built._pred, edges)  # noqa: SLF001
    return cast("Graph", built)


def _connect(after: dict[str, Any], before: dict[str, Any], edges: Iterable[EdgeRow]) -> None:
    """Put edges into the successors and the predecessors of each node."""
    for edge in edges:
        keys = after[edge.source].get(edge.target)
        if keys is None:
            keys = after[edge.source][edge.target] = before[edge.target][edge.source] = {}
        keys[edge_key(edge, keys)] = edge_attributes(edge)


def edge_key(edge: EdgeRow, taken: Container[str]) -> str:
    """What distinguishes an edge from others between its nodes: relation and role, if needed also use, field and time."""
    key = f"{edge.relation}:{edge.role}" if edge.role else str(edge.relation)
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
    details |= {
        "kind": intern(kind),  # there are few of them, and many nodes use each
        "name": name,
        "account": account and intern(account),
        "region": region and intern(region),
        "arn": arn,
        "created": created,
        "modified": modified,
        "status": status and intern(status),
        "observed": bool(observed),
        "label": label(identity, kind, name),
    }
    return identity, details


def edge_attributes(edge: EdgeRow) -> Attributes:
    """The attributes of an edge in the graph."""
    return {
        "relation": intern(edge.relation),
        "role": intern(edge.role),
        "usage": intern(edge.usage),
        "path": intern(edge.path),
        "evidence": intern(edge.evidence),
        "time": edge.time,
        "span": str(edge.span) if edge.span else None,
        "listing": edge.listing,
        "reader": intern(edge.reader),
        "settled": edge.settled,
    }


def label(identity: str, kind: str, name: str) -> str:
    """A short text for pictures: the name, a place with its store and its last parts, an image without its registry."""
    if kind == IMAGE:
        repository, at, digest = identity.rpartition("/")[2].partition("@sha256:")
        return f"{repository}{at}{digest[:12]}"
    if not is_place(identity):
        return name
    scheme, _, rest = identity.partition("://")
    store, *parts = rest.rstrip("/").split("/")
    kept = parts[-_LABEL_PARTS:]
    left_out = ["…"] if len(parts) > len(kept) else []
    slash = "/" if identity.endswith("/") else ""
    return "/".join([store if scheme == "s3" else f"{scheme} {store}", *left_out, *kept]) + slash
