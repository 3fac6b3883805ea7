"""Records to nodes and edges: the one place where SageMaker's names and locations are joined. Pure.

Three steps, each a function: `declared` gives what the fields of the records say; `matched` joins written
locations to read locations; `classify` says of each location whether it is data, an artifact or code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from lineage.kinds import ANY, IMAGE, KINDS, LOCATION, RELATIONS, kind_of_arn
from lineage.names import Span, folders_above, is_arn, location_of, named_id, parse_arn
from lineage.places import PlaceIndex, gets
from lineage.records import Edge, Node, Resource
from lineage.references import Hit, detail, empty_parts, hits
from lineage.times import window


@dataclass(slots=True)
class Joined:
    """The graph as plain values: nodes by id, and edges."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)


def derive(resources: Iterable[Resource]) -> Joined:
    """Nodes and edges of the records. Of one ARN's several lives, the last one owns the plain node id."""
    records = _lives(resources)
    joined = Joined(nodes={identity: observed_node(identity, record) for identity, record in records})
    resolve = _resolver(joined.nodes.values())
    for identity, record in records:
        for hit in hits(KINDS[record.kind], record.body):
            node, edge = declared(identity, record, hit, resolve)
            joined.nodes.setdefault(node.id, node)
            joined.edges.append(edge)
    joined.edges = _without_echoes(_unique(joined.edges))
    joined.edges = _model_inputs(joined.edges)
    joined.edges += matched(joined.edges)
    joined.nodes |= {node.id: node for node in classify(joined)}
    joined.edges.sort()
    return joined


def observed_node(identity: str, record: Resource) -> Node:
    """The node of a record: the common attributes, and the details that its kind's row asks for."""
    kind = KINDS[record.kind]
    details = {name: value for name, path in kind.details if (value := detail(record.body, path)) not in (None, [])}
    details |= {"crawl": record.crawl} if record.crawl else {}
    details |= {"empty_parts": empty} if (empty := empty_parts(kind, record.body)) else {}
    return Node(
        identity,
        record.kind,
        record.name,
        record.account,
        record.region,
        record.arn,
        record.created,
        record.modified,
        record.status,
        observed=True,
        details=details,
    )


def _lives(resources: Iterable[Resource]) -> list[tuple[str, Resource]]:
    """Names can be deleted and used again: an earlier life of an ARN has its creation time in its node id."""
    lives: dict[str, list[Resource]] = defaultdict(list)
    for record in resources:
        lives[record.id].append(record)
    named = []
    for identity, records in lives.items():
        *earlier, last = sorted(records, key=lambda record: record.created or "")
        named += [(f"{identity}@{record.created}", record) for record in earlier] + [(identity, last)]
    return named


# --- what the fields say ------------------------------------------------------------------------

Resolve = Callable[[str, str, str, str], str]


def _resolver(nodes: Iterable[Node]) -> Resolve:
    """A function from (kind, account, region, name) to a node id. Names meet their ARNs without regard to case."""
    known = {(node.kind, node.account, node.region, node.name.casefold()): node.id for node in nodes if "@" not in node.id}

    def resolve(kind: str, account: str, region: str, name: str) -> str:
        return known.get((kind, account, region, name.casefold())) or named_id(kind, account, region, name)

    return resolve


def target_node(record: Resource, hit: Hit, resolve: Resolve) -> Node:
    """The node that a hit names, as far as the naming tells: a place, an image, or a resource nobody observed yet."""
    to = hit.reference.to
    if to == LOCATION:
        uri = hit.location.uri if hit.location else hit.value
        return Node(uri, "dataset", uri, observed=True)
    if to == IMAGE:
        return Node(hit.value, "image", hit.value, observed=True)
    if is_arn(hit.value):
        return _node_of_arn(hit.value, to)
    identity = resolve(to, record.account, record.region, hit.value)
    return Node(identity, to, hit.value, record.account, record.region)


def _node_of_arn(text: str, to: str) -> Node:
    arn = parse_arn(text)
    kind = kind_of_arn(text).name
    if to != ANY and kind == "resource":
        kind = to
    return Node(arn.id, kind, arn.resource.partition("/")[2], arn.account, arn.region, text)


def declared(identity: str, record: Resource, hit: Hit, resolve: Resolve) -> tuple[Node, Edge]:
    """The other node and the edge of one hit."""
    node = target_node(record, hit, resolve)
    reference = hit.reference
    inward = RELATIONS[reference.relation].inward
    source, target = (node.id, identity) if inward else (identity, node.id)
    return node, Edge(
        source,
        target,
        reference.relation,
        hit.role,
        hit.usage,
        reference.path,
        reference.evidence,
        window(record, hit),
        hit.span,
    )


def _unique(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for one fact: `DescribeModel` says the same artifact in two fields."""
    first: dict[tuple[str | None, ...], Edge] = {}
    for edge in edges:
        first.setdefault((edge.source, edge.target, edge.relation, edge.role, edge.usage, edge.time), edge)
    return list(first.values())


def _without_echoes(edges: list[Edge]) -> list[Edge]:
    """A trial component repeats its job's inputs and outputs; only what the job itself does not say is kept."""
    jobs = defaultdict(set)
    for edge in edges:
        if edge.relation == "recorded-by":
            jobs[edge.target].add(edge.source)
    said = {(edge.source, edge.target) for edge in edges if edge.evidence == "declared"}

    def echo(edge: Edge) -> bool:
        if edge.evidence != "logged" or edge.relation not in ("reads", "writes"):
            return False
        if edge.relation == "reads":
            return any((edge.source, job) in said for job in jobs[edge.target])
        return any((job, edge.target) in said for job in jobs[edge.source])

    return [edge for edge in edges if not echo(edge)]


# --- joining written to read locations ----------------------------------------------------------


Write = tuple[str, str | None, Span]
"""Who wrote, when, and how many keys."""


def matched(edges: Iterable[Edge]) -> list[Edge]:
    """`overlaps` edges: from each written location to each other location that is read and shares keys with it.

    A place that adds nothing is left out: where each of its writers wrote something narrower at the same time,
    which every reader of the place gets as well (a job names its artifact and the folder around it).
    """
    written: dict[str, set[Write]] = defaultdict(set)
    read: dict[str, set[Span]] = defaultdict(set)
    for edge in edges:
        if edge.span in (None, Span.UNKNOWN):
            continue
        if edge.relation == "writes":
            written[edge.target].add((edge.source, edge.time, edge.span or Span.FOLDER))
        elif edge.relation in ("reads", "loads"):
            read[edge.source].add(edge.span or Span.PREFIX)
    index = PlaceIndex(written)
    pairs = ((uri, place) for place in sorted(read) for uri in _fitting(place, read[place], written, index))
    return [Edge(uri, place, "overlaps", evidence="matched") for uri, place in pairs]


def _fitting(place: str, read: set[Span], written: dict[str, set[Write]], index: PlaceIndex) -> list[str]:
    """The written places that give a reader of `place` something that no narrower place inside them gives."""
    told: dict[tuple[str, str | None], list[tuple[str, set[Span]]]] = defaultdict(list)
    kept = []
    for uri in sorted({place, *index.near(place)}, key=lambda uri: (uri != place, -len(uri), uri)):
        spans = {span for span in read if any(gets(place, span, uri, write[2]) for write in written.get(uri, ()))}
        writes = {write[:2] for write in written.get(uri, ())} if spans else set()
        inside = f"{uri.rstrip('/')}/"
        news = [w for w in writes if not any(at.startswith(inside) and spans <= seen for at, seen in told[w])]
        if news and uri != place:
            kept.append(uri)
        for write in writes:
            told[write].append((uri, spans))
    return kept


# --- what a location is -------------------------------------------------------------------------


def _model_inputs(edges: list[Edge]) -> list[Edge]:
    """A channel that lies inside another job's model artifact reads a model, whatever the channel is called."""
    models: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.relation == "writes" and edge.usage == "model" and edge.span and edge.evidence == "declared":
            models[edge.target.rstrip("/")].add(edge.source)

    def is_model(edge: Edge) -> bool:
        if edge.relation != "reads" or edge.usage != "data" or edge.span is None or edge.evidence != "declared":
            return False
        location = location_of(edge.source)
        folders = [edge.source.rstrip("/"), *(folder.uri for folder in (folders_above(location) if location else ()))]
        return any(models.get(folder, set()) - {edge.target} for folder in folders)

    return [replace(edge, usage="model") if is_model(edge) else edge for edge in edges]


def classify(joined: Joined) -> Iterator[Node]:
    """The location nodes again, each with its kind; an artifact that nothing wrote is not observed."""
    usages: dict[str, set[str]] = defaultdict(set)
    made: set[str] = set()
    for edge in joined.edges:
        if edge.relation in ("reads", "mentions"):
            usages[edge.source].add(edge.usage)
        elif edge.relation == "loads":
            usages[edge.source].add("model")
        elif edge.relation == "writes":
            usages[edge.target].add(edge.usage)
            made.add(edge.target)
        elif edge.relation == "overlaps":
            made.add(edge.target)
    for node in list(joined.nodes.values()):
        if node.kind == "dataset":
            kind = _kind_of_location(usages[node.id])
            yield replace(node, kind=kind, observed=kind != "artifact" or node.id in made)


def _kind_of_location(usages: set[str]) -> str:
    if usages & {"model", "checkpoint"}:
        return "artifact"
    return "code" if usages - {""} == {"code"} else "dataset"
