"""A snapshot, or records, as a plain `networkx.MultiDiGraph`: whole, or the neighbourhood of some nodes.

Node attributes: `kind name arn account region created modified status observed label`, and a few more that
the kind's row asks for. Edge attributes: `relation role usage path evidence time span listing`. Graph attributes:
`scope` (a `lineage.records.Scope`), `gaps` (its holes), `listings` (what manifests list) and `unread` (why one was not
read, by its place). Edges point the way that data flows; graphs can have cycles. `nx.ancestors` gives more than what
really fed a node: it follows no times (see `lineage.trace`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Literal, TypeAlias

import networkx as nx

from lineage.derive import derive
from lineage.kinds import RELATIONS
from lineage.listings import Listings
from lineage.names import Location, is_location, location_of, parse_location
from lineage.records import Edge, Gap, Node, Resource, Scope
from lineage.snapshot import Snapshot

Graph: TypeAlias = "nx.MultiDiGraph[str]"
_LABEL_PARTS = 3  # of a key: enough to hold the job's name in `job/output/model.tar.gz`
Direction = Literal["up", "down"]
_TO_ITS_MAKER = ("configures", "hosts", "deploys", "instantiates", "loads", "provides", "overlaps", "writes")
_TO_ITS_RUN = ("down", "recorded-by")  # what a run logs as its output is downstream of its job


def graph(snapshot: Snapshot, *, edges: bool = True) -> Graph:
    """The whole graph of a snapshot, or its nodes alone. For one question about a large estate, take `neighbourhood`."""
    return _build(snapshot.nodes(), snapshot.edges() if edges else (), snapshot.scope(), snapshot.listings())


def neighbourhood(snapshot: Snapshot, ids: Iterable[str], *directions: Direction) -> Graph:
    """What the given nodes reach upstream or downstream (by default both), with what their jobs are members of."""
    return _near(snapshot, set(ids), directions or ("up", "down"))


def _near(
    snapshot: Snapshot, seeds: set[str], directions: Iterable[Direction], beside: Iterable[Edge] = (), also: Iterable[str] = ()
) -> Graph:
    edges = set(beside)
    reached = seeds | set(also)
    for direction in directions:
        flowing, touched = _flow(snapshot, seeds, direction)
        edges |= flowing
        reached |= touched
    edges |= _around(snapshot, reached)
    reached |= {end for edge in edges for end in (edge.source, edge.target)}
    return _build(snapshot.nodes(reached), sorted(edges, key=_order), snapshot.scope(), snapshot.listings())


def around_dataset(snapshot: Snapshot, uri: str) -> Graph:
    """What `used` must see of a snapshot to judge one location: every reader of it, of what could hide it, and on."""
    return _near(snapshot, _readers_around(snapshot, parse_location(uri)), ("down",))


def around_subject(snapshot: Snapshot, subject: str, *also: str) -> Graph:
    """What `impact` and `path` must see of a snapshot: all that a place or a node reaches, and what could hide more.

    `subject` is an S3 URI or a node id; nodes that are asked about `also` are there as well. What could hide more is what
    nobody can look into, and what endpoints serve.
    """
    opaque = {edge for edge in snapshot.edges(out_of=snapshot.opaque_places()) if edge.relation == "reads"}
    if is_location(subject):
        seeds = _readers_around(snapshot, parse_location(subject))
    else:
        members = _belonging(snapshot, subject)
        seeds = {subject} | {edge.source for edge in members}
        opaque |= members
    return _near(snapshot, seeds, ("down",), opaque | _serving(snapshot), also)


def _belonging(snapshot: Snapshot, subject: str) -> set[Edge]:
    """The edges of what belongs to a node: the jobs of an experiment, the packages of a group."""
    edges: set[Edge] = set()
    reached, frontier = {subject}, {subject}
    while frontier:
        step = {edge for edge in snapshot.edges(into=frontier) if edge.relation in ("member-of", "recorded-by")}
        edges |= step
        frontier = {edge.source for edge in step} - reached
        reached |= frontier
    return edges


def _serving(snapshot: Snapshot) -> set[Edge]:
    """The edges from what made them to the models that endpoints serve: jobs, or nothing that anybody knows."""
    edges: set[Edge] = set()
    reached: set[str] = set()
    frontier = {node.id for node in snapshot.of_kind("endpoint")}
    while frontier:
        step = {edge for edge in snapshot.edges(into=frontier) if edge.relation in _TO_ITS_MAKER}
        edges |= step
        reached |= frontier
        frontier = {edge.source for edge in step if edge.relation != "writes"} - reached
    return edges


def _readers_around(snapshot: Snapshot, dataset: Location) -> set[str]:
    root = None if dataset.hides_bucket else dataset.root  # an access point may stand for any bucket
    places = {place for place in snapshot.read_places(root) if _may_hold(place, dataset)}
    places |= set(snapshot.opaque_places())
    listings = snapshot.listings()
    places |= set(listings.places()) if root is None else {manifest for _, manifest in listings.listing(dataset)}
    owners = _associated(snapshot, {edge.target for edge in snapshot.edges(out_of=places)})
    recorded = {edge.source for edge in snapshot.edges(into=owners) if edge.relation == "recorded-by"}
    return places | owners | recorded


def _associated(snapshot: Snapshot, owners: set[str]) -> set[str]:
    """The owners, and what lineage associations lead to from them."""
    frontier = reached = set(owners)
    while frontier:
        frontier = {edge.target for edge in snapshot.edges(out_of=frontier) if edge.relation == "associated"} - reached
        reached = reached | frontier
    return reached


def _may_hold(place: str, dataset: Location) -> bool:
    location = location_of(place)
    key = location.key if location else ""
    return key.startswith(dataset.key.rstrip("/")) or dataset.key.startswith(key.rstrip("/"))


def graph_of(resources: Iterable[Resource], gaps: Iterable[Gap] = (), listings: Listings | None = None) -> Graph:
    """The graph of some records, without a snapshot: for tests and for experiments."""
    manifests = listings or Listings.in_memory()
    joined = derive(resources, manifests)
    return _build(joined.nodes.values(), joined.edges, Scope(holes=tuple(gaps)), manifests)


def _flow(snapshot: Snapshot, seeds: set[str], direction: Direction) -> tuple[set[Edge], set[str]]:
    edges: set[Edge] = set()
    reached, frontier = set(seeds), set(seeds)
    while frontier:
        step = snapshot.edges(into=frontier) if direction == "up" else snapshot.edges(out_of=frontier)
        flowing = {edge for edge in step if RELATIONS[edge.relation].flows or (direction, edge.relation) == _TO_ITS_RUN}
        edges |= flowing
        frontier = {edge.source if direction == "up" else edge.target for edge in flowing} - reached
        reached |= frontier
    return edges, reached


def _around(snapshot: Snapshot, reached: set[str]) -> set[Edge]:
    """What is beside the flow: runs, experiments, groups, executions, and all that a reached job names as its input."""
    edges: set[Edge] = set()
    frontier = set(reached)
    while frontier:
        outward = {edge for edge in snapshot.edges(out_of=frontier) if not RELATIONS[edge.relation].flows}
        frontier = {edge.target for edge in outward if edge.relation != "mentions"} - reached - {e.source for e in edges}
        edges |= {edge for edge in outward if edge.relation != "mentions" or edge.target in reached}
    return edges | {edge for edge in snapshot.edges(into=reached) if edge.relation in ("mentions", "reads")}


def _order(edge: Edge) -> tuple[str, ...]:
    return (edge.source, edge.target, edge.relation, edge.role, edge.usage, edge.path)


def _build(nodes: Iterable[Node], edges: Iterable[Edge], scope: Scope, listings: Listings) -> Graph:
    unread = {gap.subject: gap for gap in scope.holes if gap.operation == "GetObject"}
    built: Graph = nx.MultiDiGraph(scope=scope, gaps=list(scope.holes), listings=listings, unread=unread)
    for node in nodes:
        built.add_node(node.id, **node_attributes(node))
    for edge in edges:
        key = f"{edge.relation}:{edge.role}" if edge.role else edge.relation
        if built.has_edge(edge.source, edge.target, key):  # said twice, for another use or at another time
            key = f"{key}#{edge.usage}#{edge.path}"
        built.add_edge(edge.source, edge.target, key=key, **edge_attributes(edge))
    return built


def node_attributes(node: Node) -> dict[str, Any]:
    """The attributes of a node in the graph."""
    attributes = asdict(node) | {"label": label(node)}
    details: dict[str, Any] = attributes.pop("details")
    del attributes["id"]
    return details | attributes


def edge_attributes(edge: Edge) -> dict[str, Any]:
    """The attributes of an edge in the graph."""
    attributes = asdict(edge)
    del attributes["source"], attributes["target"]
    return attributes | {"span": edge.span.value if edge.span else None}


def label(node: Node) -> str:
    """A short text for pictures: the name, a place with its store and its last parts, an image without its registry."""
    if node.kind == "image":
        repository, at, digest = node.id.rpartition("/")[2].partition("@sha256:")
        return f"{repository}{at}{digest[:12]}"
    if "://" not in node.id:
        return node.name
    scheme, _, rest = node.id.partition("://")
    store, *parts = rest.rstrip("/").split("/")
    kept = parts[-_LABEL_PARTS:]
    left_out = ["…"] if len(parts) > len(kept) else []
    slash = "/" if node.id.endswith("/") else ""
    return "/".join([store if scheme == "s3" else f"{scheme} {store}", *left_out, *kept]) + slash
