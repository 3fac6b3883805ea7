"""A snapshot, or records, as a plain `networkx.MultiDiGraph`: whole, or the neighbourhood of some nodes.

Node attributes: `kind name arn account region created modified status observed label`, and a few more that
the kind's row asks for. Edge attributes: `relation role usage path evidence time span listing`. Graph attributes:
`scope` (a `lineage.records.Scope`), `gaps` (its holes), `listings` (what manifests list) and `unread` (why one was not
read, by its place). Edges point the way that data flows; graphs can have cycles. `nx.ancestors` gives more than what
really fed a node: it follows no times (see `lineage.trace`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter
from sys import intern
from typing import Any, Literal, TypeAlias, cast

import networkx as nx

from lineage.domain.kinds import ENDPOINT, IMAGE, RELATIONS, SERVING, takes_model
from lineage.domain.names import Location, is_location, is_place, location_of, parse_location
from lineage.domain.records import Gap, Resource, Scope, decoded
from lineage.domain.training import is_training_job
from lineage.graphs.derive import derive
from lineage.graphs.leads import mention_rows, onward_rows, places_near, telling_rows
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.rows import edge_row, node_row
from lineage.snapshot.tables import AT_ONCE, Row

Graph: TypeAlias = "nx.MultiDiGraph[str]"
_LABEL_PARTS = 3  # of a key: enough to hold the job's name in `job/output/model.tar.gz`
Direction = Literal["up", "down"]
Attributes = dict[str, Any]
_FLOWS = tuple(name for name, relation in RELATIONS.items() if relation.flows)
# What a run logs as its output is downstream of its job.
_FLOWING: dict[Direction, tuple[str, ...]] = {"up": _FLOWS, "down": (*_FLOWS, "recorded-by")}
_TO_ITS_MAKER = (*SERVING, "overlaps", "writes")
# How data gets from a reader on to others.
_LEADS = ("reads", "writes", "overlaps", "loads", "instantiates", "provides", "recorded-by")
# What leads to a node; what stands beside its jobs; and what leads to that.
_MADE_OF = (*_FLOWS, "recorded-by", "associated", "mentions")
_BESIDE = ("recorded-by", "member-of")
_SAID_BESIDE = ("reads", "mentions", "associated")


def graph(snapshot: Snapshot, *, edges: bool = True) -> Graph:
    """The whole graph of a snapshot, or its nodes alone. For one question about a large estate, take `neighbourhood`."""
    return _build(snapshot.node_rows(), snapshot.edge_rows() if edges else (), snapshot.scope(), snapshot.listings())


def neighbourhood(snapshot: Snapshot, ids: Iterable[str], *directions: Direction) -> Graph:
    """What the given nodes reach upstream or downstream (by default both), with what their jobs are members of."""
    seeds = set(ids)
    edges: dict[Row, None] = {}
    reached: dict[str, None] = {}
    for direction in directions or ("up", "down"):
        flowing, touched = _walk(snapshot, seeds, direction, _FLOWING[direction])
        edges |= flowing
        reached |= touched
    edges |= dict.fromkeys(_around(snapshot, reached))
    return _between(snapshot, reached, sorted(edges, key=_order))


def _between(snapshot: Snapshot, reached: Iterable[str], edges: Collection[Row]) -> Graph:
    """The given nodes and edges, with the nodes at their ends."""
    nodes = dict.fromkeys(chain(reached, map(itemgetter(0), edges), map(itemgetter(1), edges)))
    return _build(snapshot.node_rows(nodes), edges, snapshot.scope(), snapshot.listings())


def around_dataset(snapshot: Snapshot, *uris: str) -> Graph:
    """What `used` must see of a snapshot to judge some locations: every reader of one, of what could hide it, and on.

    Left out is what no answer to it could tell: what is deployed, what runs belong to, and where the chain ends without
    having led to another reader.
    """
    opaque = set(snapshot.opaque_places())
    hidden = any(location.hides_bucket for place in opaque if (location := location_of(place)))
    edges, readers = _read_around(snapshot, opaque.union(_places_around(snapshot, map(parse_location, uris))))
    return _onward(snapshot, readers, edges, every_run=hidden)


def around_subject(snapshot: Snapshot, subject: str, *also: str) -> Graph:
    """What `impact` and `path` must see of a snapshot: all that a place or a node reaches, and what could hide more.

    `subject` is an S3 URI or a node id; nodes that are asked about `also` are there as well. What could hide more is what
    nobody can look into, and what endpoints serve.
    """
    opaque = set(snapshot.opaque_places())
    beside = dict.fromkeys(snapshot.edge_rows(out_of=opaque, relations=["reads"]))
    if is_location(subject):
        places = opaque.union(_places_around(snapshot, [parse_location(subject)]))
        near, readers = _read_around(snapshot, places)
        seeds = dict.fromkeys([*places, *readers])
    else:
        near, seeds = _walk(snapshot, [subject], "up", ("member-of", "recorded-by"))
    kept = dict.fromkeys(_kept(snapshot, snapshot.among(ENDPOINT.name, filter(_is_resource, seeds))))
    seeds |= dict.fromkeys(edge[1] for edge in kept)
    flowing, reached = _spread(snapshot, seeds)
    beside |= near | kept
    beside |= dict.fromkeys(snapshot.edge_rows(into=also, relations=["recorded-by"]))
    beside |= _serving(snapshot, flowing)
    beside |= dict.fromkeys(_competing(snapshot, flowing))
    beside |= dict.fromkeys(mention_rows(snapshot, filter(_is_resource, reached)))
    flowing |= beside
    return _between(snapshot, [*reached, *also], flowing)


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
        further = (_ends(source, 0, into=todo, relations=_MADE_OF) | _keepers(source, todo)) - made
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


def _keepers(source: Snapshot | Graph, places: set[str]) -> set[str]:
    """The endpoints that keep something at some places, as their configs say."""
    configs = _ends(source, 0, into=places, relations=["writes"])
    return _ends(source, 1, out_of=configs, relations=["configures"])


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


def _read_around(snapshot: Snapshot, places: set[str]) -> tuple[dict[Row, None], set[str]]:
    """What is read at some places, and by whom: also the runs that a hint there leads to, and the jobs that they record."""
    edges = dict.fromkeys(snapshot.edge_rows(out_of=places))
    readers = {edge[1] for edge in edges}
    edges |= _walk(snapshot, {edge[1] for edge in edges if edge[2] == "mentions"}, "down", ["associated"])[0]
    hints = {edge[1] for edge in edges if edge[2] in ("mentions", "associated") or edge[6] == "logged"}
    recorded = {edge[0] for edge in snapshot.edge_rows(into=hints, relations=["recorded-by"])}
    return edges, readers | hints | recorded


def _serving(snapshot: Snapshot, flowing: Iterable[Row]) -> dict[Row, None]:
    """What endpoints serve, those reached and those that serve what nobody knows the making of: the edges up to its makers."""
    endpoints = {edge[1] for edge in flowing if edge[2] in ("configures", "hosts")}
    _, unexplained = _walk(snapshot, snapshot.unexplained(), "down", SERVING)
    return _walk(snapshot, endpoints.union(unexplained), "up", _TO_ITS_MAKER, last="writes")[0]


def _competing(snapshot: Snapshot, flowing: Iterable[Row]) -> Iterator[Row]:
    """Who else wrote a place that shares keys with what the data got to: of a model he may be the one who made it."""
    return snapshot.edge_rows(into={edge[1] for edge in flowing if edge[2] == "overlaps"}, relations=["writes"])


def _is_resource(node: str) -> bool:
    """Whether a node is no place."""
    return not is_place(node)


def _places_around(snapshot: Snapshot, datasets: Iterable[Location]) -> Iterator[str]:
    """The places that may share keys with a location, and the manifests that may list something of it."""
    listings = snapshot.listings()
    for dataset in datasets:
        yield from places_near(snapshot, dataset)
        yield from listings.places() if dataset.hides_bucket else (place for _, place in listings.listing(dataset))


def _onward(snapshot: Snapshot, readers: set[str], edges: dict[Row, None], *, every_run: bool) -> Graph:
    """The given edges, where the data goes from the readers on, and what else they name if they do not train with it."""
    nodes: dict[str, Attributes] = {}
    frontier, others = readers, set[str]()
    while frontier:
        found = dict(attributed(snapshot.node_rows(frontier)))
        training = [node for node, data in found.items() if is_training_job(data)]
        rest = frontier.difference(training)
        others |= rest
        nodes |= found
        step = dict.fromkeys(snapshot.edge_rows(out_of=rest, relations=_LEADS))
        step |= dict.fromkeys(onward_rows(snapshot, training, _LEADS, every_run=every_run))
        edges |= step
        frontier = {edge[1] for edge in step} - nodes.keys()
    edges |= dict.fromkeys(snapshot.edge_rows(into=others, relations=("reads", "mentions")))
    models = {edge[0] for edge in edges if edge[2] in ("reads", "loads") and takes_model(edge[2], edge[4])}
    edges |= dict.fromkeys(_competing(snapshot, (edge for edge in edges if edge[1] in models)))
    nodes |= attributed(snapshot.node_rows({end for edge in edges for end in edge[:2]} - nodes.keys()))
    return _assembled(sorted(nodes.items()), sorted(edges, key=_order), snapshot.scope(), snapshot.listings())


def reads_of(snapshot: Snapshot, jobs: Iterable[str]) -> Graph:
    """Some jobs, with what they read and nothing else."""
    edges = sorted(snapshot.edge_rows(into=jobs, relations=["reads"]), key=_order)
    ids = {end for edge in edges for end in edge[:2]}
    return _build(snapshot.node_rows(ids), edges, snapshot.scope(), snapshot.listings())


def graph_of(resources: Iterable[Resource], gaps: Iterable[Gap] = (), listings: Listings | None = None) -> Graph:
    """The graph of some records, without a snapshot: for tests and for experiments."""
    manifests = listings or Listings.in_memory()
    joined = derive(resources, manifests)
    nodes, edges = map(node_row, joined.nodes.values()), map(edge_row, joined.edges)
    return _build(nodes, edges, Scope(holes=tuple(gaps)), manifests)


def _walk(
    snapshot: Snapshot, start: Iterable[str], direction: Direction, relations: Sequence[str], *, last: str = ""
) -> tuple[dict[Row, None], dict[str, None]]:
    """The edges of some relations that lead on from nodes, step by step, and all that they reach, the first nodes too.

    What an edge of the relation `last` leads to is not gone on from.
    """
    asked, end = ("into", 0) if direction == "up" else ("out_of", 1)
    return _followed(start, lambda nodes: snapshot.edge_rows(**{asked: nodes}, relations=relations), end, last)


def _spread(snapshot: Snapshot, start: Iterable[str]) -> tuple[dict[Row, None], dict[str, None]]:
    """What data that is at some nodes flows along, and all that it reaches, but for runs that only record a job."""
    return _followed(start, lambda nodes: _flowing(snapshot, nodes), 1)


def _flowing(snapshot: Snapshot, nodes: Iterable[str]) -> Iterator[Row]:
    endpoints = set()
    for edge in telling_rows(snapshot, nodes, _FLOWING["down"]):
        if edge[2] in ("configures", "hosts"):
            endpoints.add(edge[1])
        yield edge
    yield from _kept(snapshot, endpoints) if endpoints else ()


def _kept(snapshot: Snapshot, endpoints: Iterable[str]) -> Iterator[Row]:
    """The configs of endpoints, and where these say that the endpoints keep what goes in and out."""
    configures = list(snapshot.edge_rows(into=endpoints, relations=["configures"]))
    yield from configures
    yield from snapshot.edge_rows(out_of={edge[0] for edge in configures}, relations=["writes"])


def _followed(
    start: Iterable[str], lead: Callable[[Iterable[str]], Iterable[Row]], end: int, last: str = ""
) -> tuple[dict[Row, None], dict[str, None]]:
    """The edges that `lead` on from nodes to what is at their `end`, again and again, and all that they reach."""
    edges: dict[Row, None] = {}
    reached = dict.fromkeys(start)  # and no set: rows come in order, and ids that stay so are sorted soon
    frontier = reached.copy()
    while frontier:
        step = dict.fromkeys(lead(frontier))
        edges |= step
        frontier = {edge[end]: None for edge in step if edge[2] != last and edge[end] not in reached}
        reached |= frontier
    return edges, reached


def _around(snapshot: Snapshot, reached: Collection[str]) -> set[Row]:
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


_order = itemgetter(0, 1, 2, 3, 4, 5)


def _build(nodes: Iterable[Row], edges: Iterable[Row], scope: Scope, listings: Listings) -> Graph:
    return _assembled(attributed(nodes), edges, scope, listings)


def _assembled(nodes: Iterable[tuple[str, Attributes]], edges: Iterable[Row], scope: Scope, listings: Listings) -> Graph:
    unread = {gap.subject: gap for gap in scope.holes if gap.operation == "GetObject"}
    built: Any = nx.MultiDiGraph(scope=scope, gaps=list(scope.holes), listings=listings, unread=unread)
    # networkx would copy each node's attributes twice, and look both ends of each edge up three times
    built._node.update(nodes)  # noqa: SLF001
    for neighbours in (built._succ, built._pred):  # noqa: SLF001
        neighbours.update((node, {}) for node in built)
    _connect(built._succ, built._pred, edges)  # noqa: SLF001
    return cast("Graph", built)


def _connect(after: dict[str, Any], before: dict[str, Any], edges: Iterable[Row]) -> None:
    """Put edges into what follows each node, and into what precedes it."""
    for edge in edges:
        source, target = edge[:2]
        keys = after[source].get(target)
        if keys is None:
            keys = after[source][target] = before[target][source] = {}
        keys[edge_key(edge, keys)] = edge_attributes(edge)


def edge_key(edge: Row, taken: Container[str]) -> str:
    """What tells an edge from the others between its two nodes: the relation and the role, if need be the use, field, time."""
    _, _, relation, role, usage, path = edge[:6]
    key = f"{relation}:{role}" if role else str(relation)
    if key in taken:  # said twice, for another use or at another time
        key = f"{key}#{usage}#{path}"
    return f"{key}#{_time(*edge[7:9])}" if key in taken else key


def _time(opens: str | None, closes: str | None) -> str | None:
    """The window of an edge as one text, which is what a graph's edges and every answer have."""
    return None if opens is None else f"{opens}/{closes}"


def attributed(rows: Iterable[Row]) -> Iterator[tuple[str, Attributes]]:
    """The id and the attributes of each row of a node."""
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        details = decoded(f"[{','.join(row[-1] for row in some)}]")  # at once, for the names in them are the same
        yield from map(_attributed, some, details)


def _attributed(row: Row, details: Attributes) -> tuple[str, Attributes]:
    identity, kind, name, account, region, arn, created, modified, status, observed, _ = row
    details |= {
        "kind": intern(kind),  # there are few of them, and many nodes that ask for each
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


def edge_attributes(edge: Row) -> Attributes:
    """The attributes of an edge in the graph."""
    _, _, relation, role, usage, path, evidence, opens, closes, span, listing = edge
    return {
        "relation": intern(relation),
        "role": intern(role),
        "usage": intern(usage),
        "path": intern(path),
        "evidence": intern(evidence),
        "time": _time(opens, closes),
        "span": str(span) if span else None,
        "listing": listing,
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
