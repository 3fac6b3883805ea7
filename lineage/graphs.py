"""A snapshot, or records, as a plain `networkx.MultiDiGraph`: whole, or the neighbourhood of some nodes.

Node attributes: `kind name arn account region created modified status observed label`, and a few more that
the kind's row asks for. Edge attributes: `relation role usage path evidence time span listing`. Graph attributes:
`scope` (a `lineage.records.Scope`), `gaps` (its holes), `listings` (what manifests list) and `unread` (why one was not
read, by its place). Edges point the way that data flows; graphs can have cycles. `nx.ancestors` gives more than what
really fed a node: it follows no times (see `lineage.trace`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Literal, TypeAlias

import networkx as nx

from lineage.derive import derive
from lineage.kinds import KINDS, RELATIONS, SERVING
from lineage.listings import Listings
from lineage.names import Location, is_location, location_of, parse_location
from lineage.records import Gap, Resource, Scope
from lineage.snapshot import Row, Snapshot, edge_row, node_row

Graph: TypeAlias = "nx.MultiDiGraph[str]"
_LABEL_PARTS = 3  # of a key: enough to hold the job's name in `job/output/model.tar.gz`
Direction = Literal["up", "down"]
Attributes = dict[str, Any]
_FLOWS = tuple(name for name, relation in RELATIONS.items() if relation.flows)
# What a run logs as its output is downstream of its job.
_FLOWING: dict[Direction, tuple[str, ...]] = {"up": _FLOWS, "down": (*_FLOWS, "recorded-by")}
_TO_ITS_MAKER = (*SERVING, "overlaps", "writes")
# How data gets from a reader on to others.
_LEADS = ("reads", "writes", "overlaps", "loads", "provides", "recorded-by")
# What leads to a node; what stands beside its jobs; and what leads to that.
_MADE_OF = (*_FLOWS, "recorded-by", "associated", "mentions")
_BESIDE = ("recorded-by", "member-of")
_SAID_BESIDE = ("reads", "mentions", "associated")
# The SDK's and the Pipelines' scripts that put code beside an existing model, and train nothing.
_REPACKERS = ("_repack_script_launcher.sh", "_repack_model.py")
_NOT_TRAINING = (
    "Evaluation",
    "AgentRFTEvaluation",
    "DataQualityEvaluation",
    "DataTransformation",
    "SyntheticDataGeneration",
)


def graph(snapshot: Snapshot, *, edges: bool = True) -> Graph:
    """The whole graph of a snapshot, or its nodes alone. For one question about a large estate, take `neighbourhood`."""
    return _build(snapshot.node_rows(), snapshot.edge_rows() if edges else (), snapshot.scope(), snapshot.listings())


def neighbourhood(snapshot: Snapshot, ids: Iterable[str], *directions: Direction) -> Graph:
    """What the given nodes reach upstream or downstream (by default both), with what their jobs are members of."""
    seeds = set(ids)
    edges: dict[Row, None] = {}
    reached: set[str] = set()
    for direction in directions or ("up", "down"):
        flowing, touched = _walk(snapshot, seeds, direction, _FLOWING[direction])
        edges |= flowing
        reached |= touched
    return _near(snapshot, reached, edges)


def _near(snapshot: Snapshot, reached: set[str], edges: dict[Row, None]) -> Graph:
    """The given nodes and edges, with what is beside them."""
    edges = edges | dict.fromkeys(_around(snapshot, reached))
    reached = reached.union(end for edge in edges for end in edge[:2])
    return _build(snapshot.node_rows(reached), sorted(edges, key=_order), snapshot.scope(), snapshot.listings())


def around_dataset(snapshot: Snapshot, *uris: str) -> Graph:
    """What `used` must see of a snapshot to judge some locations: every reader of one, of what could hide it, and on.

    Left out is what no answer to it could tell: what is deployed, what runs belong to, and where the chain ends without
    having led to another reader.
    """
    opaque = set(snapshot.opaque_places())
    hidden = any(location.hides_bucket for place in opaque if (location := location_of(place)))
    edges = dict.fromkeys(snapshot.edge_rows(out_of=opaque.union(_places_around(snapshot, map(parse_location, uris)))))
    readers = {edge[1] for edge in edges}
    edges |= _walk(snapshot, {edge[1] for edge in edges if edge[2] == "mentions"}, "down", ["associated"])[0]
    hints = {edge[1] for edge in edges if edge[2] in ("mentions", "associated") or edge[6] == "logged"}
    recorded = {edge[0] for edge in snapshot.edge_rows(into=hints, relations=["recorded-by"])}
    return _onward(snapshot, readers | hints | recorded, edges, every_run=hidden)


def around_subject(snapshot: Snapshot, subject: str, *also: str) -> Graph:
    """What `impact` and `path` must see of a snapshot: all that a place or a node reaches, and what could hide more.

    `subject` is an S3 URI or a node id; nodes that are asked about `also` are there as well. What could hide more is what
    nobody can look into, and what endpoints serve.
    """
    opaque = set(snapshot.opaque_places())
    beside = dict.fromkeys(snapshot.edge_rows(out_of=opaque, relations=["reads"]))
    if is_location(subject):
        seeds = _readers_around(snapshot, parse_location(subject), opaque)
    else:
        members, seeds = _walk(snapshot, [subject], "up", ("member-of", "recorded-by"))
        beside |= members
    flowing, reached = _walk(snapshot, seeds, "down", _FLOWING["down"])
    endpoints = {edge[1] for edge in flowing if edge[2] in ("configures", "hosts")}
    beside |= _serving(snapshot, seeds | endpoints)
    configs = {edge[0] for edge in beside if edge[2] == "configures"}
    beside |= dict.fromkeys(snapshot.edge_rows(out_of=configs, relations=["writes"]))
    beside |= dict.fromkeys(snapshot.edge_rows(into=(node for node in reached if "://" in node), relations=["writes"]))
    return _near(snapshot, reached.union(also), flowing | beside)


def around_readers(snapshot: Snapshot, readers: Iterable[str]) -> Graph:
    """What the given jobs and runs read, and who wrote there or around there."""
    readers = set(readers)
    edges = dict.fromkeys(snapshot.edge_rows(into=readers, relations=["reads"]))
    edges |= dict.fromkeys(snapshot.edge_rows(into={edge[0] for edge in edges}, relations=["writes", "overlaps"]))
    around = {edge[0] for edge in edges if edge[2] == "overlaps"}
    edges |= dict.fromkeys(snapshot.edge_rows(into=around, relations=["writes"]))
    nodes = readers.union(end for edge in edges for end in edge[:2])
    return _build(snapshot.node_rows(nodes), sorted(edges, key=_order), snapshot.scope(), snapshot.listings())


def around_making(source: Snapshot | Graph, node: str) -> Graph:
    """What may have gone into a node, of a snapshot or of a larger graph: all upstream, and what is said beside its jobs.

    Beside them stand runs, and what they and the jobs are members of: people may have written there what was read.
    """
    made, beside = {node}, set[str]()
    todo = set(made)
    while todo:
        further = _ends(source, 0, into=todo, relations=_MADE_OF) - made
        beside |= _ends(source, 1, out_of=todo, relations=_BESIDE)
        made |= further
        todo = further
        if not todo:  # first all that is upstream, then what is said beside it, and what that leads to
            beside |= _closed(source, beside)
            todo = _ends(source, 0, into=beside, relations=_SAID_BESIDE) - made
            made |= todo
    if not isinstance(source, Snapshot):
        inside: Graph = source.subgraph(made | beside).copy()
        return inside
    ids = made | beside
    edges = (edge for edge in source.edge_rows(into=ids) if edge[0] in ids)
    return _build(source.node_rows(ids), sorted(edges, key=_order), source.scope(), source.listings())


def _closed(source: Snapshot | Graph, beside: set[str]) -> set[str]:
    """The given runs and groups, with what they are members of."""
    found, todo = set(beside), set(beside)
    while todo:
        todo = _ends(source, 1, out_of=todo, relations=_BESIDE) - found
        found |= todo
    return found


def _ends(source: Snapshot | Graph, end: int, *, relations: Sequence[str], **asked: set[str]) -> set[str]:
    """The sources (0) or targets (1) of the edges of some relations `into` or `out_of` nodes."""
    if isinstance(source, Snapshot):
        return {edge[end] for edge in source.edge_rows(**asked, relations=relations)}
    ((which, nodes),) = asked.items()
    edges: Any = source.in_edges if which == "into" else source.out_edges
    return {edge[end] for edge in edges(nodes, data="relation") if edge[2] in relations}


def _readers_around(snapshot: Snapshot, dataset: Location, opaque: set[str]) -> set[str]:
    """The places that may share keys with a location, what nobody can look into, and who is hinted at by them."""
    places = opaque.union(_places_around(snapshot, [dataset]))
    owners = {edge[1] for edge in snapshot.edge_rows(out_of=places)}
    owners |= _walk(snapshot, owners, "down", ["associated"])[1]
    recorded = {edge[0] for edge in snapshot.edge_rows(into=owners, relations=["recorded-by"])}
    return places | owners | recorded


def _serving(snapshot: Snapshot, endpoints: set[str]) -> dict[Row, None]:
    """What the given endpoints serve, and those that serve what nobody knows the making of: the edges up to what made it."""
    _, unexplained = _walk(snapshot, snapshot.unexplained(), "down", SERVING)
    return _walk(snapshot, endpoints | unexplained, "up", _TO_ITS_MAKER, last="writes")[0]


def _places_around(snapshot: Snapshot, datasets: Iterable[Location]) -> Iterator[str]:
    """The places that may share keys with a location, and the manifests that may list something of it."""
    listings = snapshot.listings()
    for dataset in datasets:
        yield from snapshot.places_near(dataset)
        yield from listings.places() if dataset.hides_bucket else (place for _, place in listings.listing(dataset))


def _onward(snapshot: Snapshot, readers: set[str], edges: dict[Row, None], *, every_run: bool) -> Graph:
    """The given edges, where the data goes from the readers on, and what else they name if they do not train with it."""
    nodes: dict[str, Attributes] = {}
    frontier, others = readers, set[str]()
    while frontier:
        found = dict(map(attributed, snapshot.node_rows(frontier)))
        training = {node for node, data in found.items() if data["kind"] == "training-job" and trains(data)}
        others |= frontier - training
        nodes |= found
        step = dict.fromkeys(snapshot.edge_rows(out_of=frontier - training, relations=_LEADS))
        step |= dict.fromkeys(snapshot.onward_rows(training, _LEADS, every_run=every_run))
        edges |= step
        frontier = {edge[1] for edge in step} - nodes.keys()
    edges |= dict.fromkeys(snapshot.edge_rows(into=others, relations=("reads", "mentions")))
    nodes |= map(attributed, snapshot.node_rows({end for edge in edges for end in edge[:2]} - nodes.keys()))
    return _assembled(sorted(nodes.items()), sorted(edges, key=_order), snapshot.scope(), snapshot.listings())


def graph_of(resources: Iterable[Resource], gaps: Iterable[Gap] = (), listings: Listings | None = None) -> Graph:
    """The graph of some records, without a snapshot: for tests and for experiments."""
    manifests = listings or Listings.in_memory()
    joined = derive(resources, manifests)
    nodes, edges = map(node_row, joined.nodes.values()), map(edge_row, joined.edges)
    return _build(nodes, edges, Scope(holes=tuple(gaps)), manifests)


def _walk(
    snapshot: Snapshot, start: Iterable[str], direction: Direction, relations: Sequence[str], *, last: str = ""
) -> tuple[dict[Row, None], set[str]]:
    """The edges of some relations that lead on from nodes, step by step, and all that they reach, the first nodes too.

    What an edge of the relation `last` leads to is not gone on from.
    """
    edges: dict[Row, None] = {}
    reached = set(start)
    frontier = set(reached)
    asked, end = ("into", 0) if direction == "up" else ("out_of", 1)
    while frontier:
        step = dict.fromkeys(snapshot.edge_rows(**{asked: frontier}, relations=relations))
        edges |= step
        frontier = {edge[end] for edge in step if edge[2] != last} - reached
        reached |= frontier
    return edges, reached


def _around(snapshot: Snapshot, reached: set[str]) -> set[Row]:
    """What is beside the flow: runs, experiments, groups, executions; what a reached job names, and whose run one is."""
    edges: set[Row] = set()
    beside = [name for name, relation in RELATIONS.items() if not relation.flows]
    frontier = set(reached)
    known = set(reached)
    while frontier:
        outward = set(snapshot.edge_rows(out_of=frontier, relations=beside))
        known |= frontier
        frontier = {edge[1] for edge in outward if edge[2] != "mentions"} - known
        edges.update(edge for edge in outward if edge[2] != "mentions" or edge[1] in reached)
    return edges.union(snapshot.edge_rows(into=reached, relations=("mentions", "reads", "recorded-by")))


_DECODER = json.JSONDecoder()
_order = itemgetter(0, 1, 2, 3, 4, 5)


def _build(nodes: Iterable[Row], edges: Iterable[Row], scope: Scope, listings: Listings) -> Graph:
    return _assembled(map(attributed, nodes), edges, scope, listings)


def _assembled(nodes: Iterable[tuple[str, Attributes]], edges: Iterable[Row], scope: Scope, listings: Listings) -> Graph:
    unread = {gap.subject: gap for gap in scope.holes if gap.operation == "GetObject"}
    built: Graph = nx.MultiDiGraph(scope=scope, gaps=list(scope.holes), listings=listings, unread=unread)
    built.add_nodes_from(nodes)
    for edge in edges:
        source, target, relation, role, usage, path = edge[:6]
        key = f"{relation}:{role}" if role else relation
        if built.has_edge(source, target, key):  # said twice, for another use or at another time
            key = f"{key}#{usage}#{path}"
        if built.has_edge(source, target, key):
            key = f"{key}#{edge[7]}"
        built.add_edge(source, target, key=key, **edge_attributes(edge))
    return built


def attributed(row: Row) -> tuple[str, Attributes]:
    """The id and the attributes of a node's row."""
    identity, kind, name, account, region, arn, created, modified, status, observed, details = row
    return identity, {
        **(_DECODER.raw_decode(details)[0] if details != "{}" else {}),
        "kind": kind,
        "name": name,
        "account": account,
        "region": region,
        "arn": arn,
        "created": created,
        "modified": modified,
        "status": status,
        "observed": bool(observed),
        "label": label(identity, kind, name),
    }


def edge_attributes(edge: Row) -> Attributes:
    """The attributes of an edge in the graph."""
    _, _, relation, role, usage, path, evidence, time, span, listing = edge
    return {
        "relation": relation,
        "role": role,
        "usage": usage,
        "path": path,
        "evidence": evidence,
        "time": time,
        "span": str(span) if span else None,
        "listing": listing,
    }


def trains(attributes: Attributes) -> bool:
    """Whether a job trains: repack jobs put code beside a model, evaluation jobs measure one."""
    kind = KINDS.get(attributes["kind"])
    if not kind or not kind.trains or attributes.get("job_type") in _NOT_TRAINING:
        return False
    if kind.trains != "always" and not attributes.get(kind.trains):
        return False
    program = attributes.get("program")
    return not program or str(program).strip('"').rpartition("/")[2] not in _REPACKERS


def label(identity: str, kind: str, name: str) -> str:
    """A short text for pictures: the name, a place with its store and its last parts, an image without its registry."""
    if kind == "image":
        repository, at, digest = identity.rpartition("/")[2].partition("@sha256:")
        return f"{repository}{at}{digest[:12]}"
    if "://" not in identity:
        return name
    scheme, _, rest = identity.partition("://")
    store, *parts = rest.rstrip("/").split("/")
    kept = parts[-_LABEL_PARTS:]
    left_out = ["…"] if len(parts) > len(kept) else []
    slash = "/" if identity.endswith("/") else ""
    return "/".join([store if scheme == "s3" else f"{scheme} {store}", *left_out, *kept]) + slash
