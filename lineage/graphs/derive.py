"""Turns records into nodes and edges: only here are SageMaker's names and locations joined.

Each step is a function. `declared` gives what the fields of the records say. Echoes are left out, and channels that read
another job's model are separated from data. `note_levels` joins written locations to read locations. `classify` decides for
each location whether it is data, an artifact or code. Records are streamed and all large sets are in tables (`tables.py`), so
memory does not grow with the account.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from lineage.domain.kinds import (
    ANY,
    CARRIERS,
    CONTENT,
    DATASET,
    ENDPOINT_CONFIG,
    HOLDERS,
    IMAGE,
    KINDS,
    LOCATION,
    REGISTERED,
    RELATIONS,
    RESOURCE,
    RUN_NAME,
    RUNS,
    SERVERS,
    STORES,
    WEIGHTS,
    Kind,
    kind_of_arn,
)
from lineage.domain.names import (
    EARLIER,
    Cover,
    Span,
    arn_id,
    cover,
    folders_above,
    is_arn,
    location_of,
    named_id,
    parse_arn,
)
from lineage.domain.pins import PREFIX, parameter_of, read_pin
from lineage.domain.records import Body, Edge, Node, Resource, Window, tags_of
from lineage.domain.references import TAGGED, Hit, detail, empty_parts, hits
from lineage.domain.sightings import EVER, Sight, seen_read, seen_written
from lineage.domain.status import is_over
from lineage.domain.times import CLOCKS, Times, sortable, while_it_ran
from lineage.graphs.associations import associated
from lineage.graphs.deployments import BEFORE, PAST, PENDING
from lineage.graphs.levels import note_levels
from lineage.graphs.place_names import place_names
from lineage.graphs.readers import leave_out_the_same, read_where_it_runs
from lineage.graphs.tables import Joining
from lineage.graphs.unexplained import unexplained
from lineage.graphs.unread import note_unread
from lineage.snapshot.levels import ALL_EDGES
from lineage.snapshot.manifests import Listings
from lineage.snapshot.rows import EDGE, NODE, edge_of, node_of
from lineage.snapshot.schema import CONTENT_SCHEMA, new_graph

T = TypeVar("T")
Records = Callable[[], Iterable[Resource]]
"""Gives all records again, ordered by id and creation."""
OnStep = Callable[[str, int], None]
"""Called with the current step, and how many are done."""
STEP = 2000  # records between two calls of OnStep
LifeRecord = tuple[str, Resource]
"""A record with the id of its node; without an id if it is not a node."""


@dataclass(slots=True)
class Joined:
    """A small graph as plain values: nodes by id, and edges."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)  # the jobs that do not say what they read


def derive(resources: Iterable[Resource], listings: Listings | None = None) -> Joined:
    """Nodes and edges of a few records, joined in memory: for tests and experiments."""
    records = sorted(resources, key=lambda record: (record.id, record.created or ""))
    manifests = listings or Listings.in_memory()
    db = sqlite3.connect(":memory:")
    try:
        db.execute(CONTENT_SCHEMA)
        new_graph(db, lambda db: join(db, lambda: records, listings=manifests))
        nodes = map(node_of, db.execute(f"SELECT {NODE} FROM node ORDER BY {NODE}"))  # noqa: S608  (our own words)
        edges = map(edge_of, db.execute(f"SELECT {EDGE} FROM ({ALL_EDGES}) ORDER BY {EDGE}"))  # noqa: S608  (our own words)
        silent = [row[0] for row in db.execute("SELECT id FROM silent ORDER BY id")]
        return Joined({node.id: node for node in nodes}, list(edges), silent)
    finally:
        db.close()


def join(
    db: sqlite3.Connection,
    records: Records,
    on_step: OnStep = lambda _doing, _done: None,
    earlier: Records = tuple,
    *,
    listings: Listings,
) -> None:
    """Fill empty tables of nodes and edges. If an ARN had several lifetimes, the last one has the plain node id.

    `earlier` gives replaced versions of records: what they named as data still counts.
    `listings` are the manifests that were read.
    """
    joining = Joining(db, listings)
    alive = _counted(lives(records()), "reading records", on_step)
    joining.observe(observed_node(identity, record) for identity, record in lending(alive, joining) if identity)
    resolve = resolver(joining)
    for life in _counted(lives(records()), "reading what they name", on_step):
        joining.say(*said(life, resolve, joining))
    for record in earlier():
        joining.say(*once_said(record, resolve, joining))
    on_step("sorting", 0)
    joining.settle()
    on_step("finding what ran where", 0)
    read_where_it_runs(joining)
    on_step("leaving out echoes", 0)
    without_echoes(joining)
    place_names(joining)
    _model_inputs(joining, on_step)
    joining.add_edges(_counted(associated(joining), "following associations", on_step))
    joining.keep_facts()
    join_places(joining, on_step)
    joining.note_joined()
    joining.close()


def join_places(joining: Joining, on_step: OnStep) -> None:
    """Find out which places share keys, what each is, and all that follows from it."""
    on_step("joining places", 0)
    joining.sort_places()
    note_levels(joining)
    joining.sort_contents()
    joining.note_put()
    joining.add_edges(_counted(copied(joining), "joining copies", on_step))
    on_step("classifying places", 0)
    classify(joining)
    joining.index()
    joining.forget_unread()
    leave_out_the_same(joining)
    joining.note_unexplained(_counted(unexplained(joining), "finding models of unknown origin", on_step))
    note_unread(joining)


def _counted(steps: Iterable[T], doing: str, on_step: OnStep) -> Iterator[T]:
    on_step(doing, 0)
    for done, step in enumerate(steps, 1):
        yield step
        if done % STEP == 0:
            on_step(doing, done)


def observed_node(identity: str, record: Resource) -> Node:
    """The node of a record: the common attributes, and the details that its kind's row asks for."""
    kind = KINDS[record.kind]
    body = record.body
    told: dict[str, Any] = {name: detail(body, path) for name, path in kind.details}
    told |= {
        "tags": [f"{key}={value}" for key, value in tags_of(body).items()] if "Tags" in body else [],
        "crawl": record.crawl or None,
        "deleted": record.deleted or None,
        "empty_parts": empty_parts(kind, body) if kind.parts else [],
        "pins": _pins(kind, record),
        "contents": _contents(kind, record),
    }
    details = {name: value for name, value in told.items() if value is not None and value != []}
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


_PINNING = frozenset(kind for kind in KINDS.values() if any(reference.digest for reference in kind.references))
_GIVING_CONTENT = frozenset(kind for kind in KINDS.values() if any(reference.content for reference in kind.references))


def _pins(kind: Kind, record: Resource) -> list[list[str]]:
    """The places whose content a record pins, each with a digest."""
    if kind not in _PINNING:
        return []
    pinned = (hit for hit in hits(kind, record.body) if hit.digest and hit.location)
    return [[hit.location.uri, hit.digest] for hit in pinned if hit.location]


def _contents(kind: Kind, record: Resource) -> list[list[str]]:
    """The inputs whose content a record gives: the name of each, its place, and the text with the content."""
    if kind not in _GIVING_CONTENT:
        return []
    given = {one.content: record.body.get(one.content) or {} for one in kind.references if one.content}
    if not any(name.startswith(PREFIX) for parameters in given.values() for name in parameters):
        return []
    inputs = (hit for hit in hits(kind, record.body) if hit.reference.content and hit.location)
    said = ((hit, given[hit.reference.content].get(parameter_of(hit.role), {}).get("StringValue")) for hit in inputs)
    return [[hit.role, hit.location.uri, text] for hit, text in said if hit.location and read_pin(text)]


_BETWEEN = frozenset(kind.name for kind in KINDS.values() if kind.between)


def lives(records: Iterable[Resource]) -> Iterator[LifeRecord]:
    """Names can be deleted and used again: the node id of an earlier lifetime contains its creation time.

    The order stays that of the records, for the first naming of a thing says how it is called.
    """
    last, before = None, ""
    for record in records:
        identity = record.id
        if last:
            yield (f"{before}@{last.created}" if before == identity else before), last
        last, before = (None, "") if record.kind in _BETWEEN else (record, identity)
        if not last:
            yield "", record
    if last:
        yield before, last


# --- what the fields say ------------------------------------------------------------------------

RUNNING = ("deploys", "configures", "instantiates", "provides")  # from what a record names and uses
Resolve = Callable[[str, str, str, str], str]
Said = tuple[list[Node], list[Edge]]
"""The nodes that a record names, and its edges."""
NamedNode = tuple[Node, Edge]
"""A node that a record names, with the edge to or from it."""
Declared = tuple[Hit, Node, Edge]
"""What a field names, with its node and the edge to or from it."""


_LENDERS = {kind.borrows[0]: kind.borrows[2] for kind in KINDS.values() if kind.borrows[0]}


def lending(lives: Iterable[LifeRecord], joining: Joining) -> Iterator[LifeRecord]:
    """All records; first stores the members of some that others need."""
    for identity, record in lives:
        if record.kind in _LENDERS:
            told = (_LENDERS[record.kind], "LastModifiedTime", f"{KINDS[record.kind].noun}Name")
            joining.lend(identity, {member: record.body.get(member) for member in told})
        yield identity, record


def _with_borrowed(record: Resource, joining: Joining) -> Body:
    """The body of a record, with what it borrows from the record that it names, below that kind's noun."""
    kind, field, _ = KINDS[record.kind].borrows
    named = str(record.body.get(field) or "")
    if not kind or not is_arn(named):
        return record.body
    return {**record.body, KINDS[kind].noun: joining.lent(joining.life_at(parse_arn(named).id, record.created or ""))}


def resolver(joining: Joining) -> Resolve:
    """A function from (kind, account, region, name) to a node id. Names match their ARNs ignoring case."""

    def resolve(kind: str, account: str, region: str, name: str) -> str:
        return joining.id_of(kind, account, region, name.casefold()) or named_id(kind, account, region, name)

    return resolve


def said(life: LifeRecord, resolve: Resolve, joining: Joining) -> Said:
    identity, record = life
    if not identity:
        return _association(record)
    kind, times = KINDS[record.kind], Times(record)
    found: list[Declared] = []
    for hit in hits(kind, _with_borrowed(record, joining)):
        node = target_node(record, hit, resolve)
        for when in times.each(hit):
            edge = declared(identity, hit, node.id, when)
            if hit.digest:
                joining.pin(node.id, hit.digest, when, identity)
            if hit.view:
                edge = _as_listed(edge, hit, joining.listings)
            found.append((hit, node, _of_version(edge, record) if edge.relation == "configures" else edge))
    if any(edge.relation == "may-take" for _, _, edge in found):
        found = list(_news(record.id, found))
    if kind in _OWNING:
        _note_own(identity, [(hit, node.id) for hit, node, _ in found if hit.reference.own and hit.location], joining)
    nodes, edges = [node for _, node, _ in found], [edge for _, _, edge in found]
    if kind.job and any(edge.relation == "mentions" for edge in edges):
        for node, edge in _only_named(record, found):
            nodes.append(node)
            edges.append(edge)
    before = [pair for node, edge in zip(nodes, edges, strict=True) for pair in _named_before(node, edge, record, joining)]
    return _of_lives(nodes, edges, before, record, joining) if before or joining.lived_before else (nodes, edges)


def _of_lives(nodes: list[Node], edges: list[Edge], before: list[NamedNode], record: Resource, joining: Joining) -> Said:
    """The same, where names were used more than once: each means the lifetime at the time of naming."""
    # What has a name later is not what was named; only what a config names is looked up when it is deployed.
    gone = {(edge.path, node.id.removesuffix(EARLIER)) for node, edge in before if edge.relation != "deploys"}
    pairs = [(node, edge) for node, edge in zip(nodes, edges, strict=True) if (edge.path, node.id) not in gone]
    if joining.lived_before:
        anew = [pair for node, edge in pairs for pair in _named_since(node, edge, record, joining)]
        pairs = [*(_at_the_time(node, edge, record, joining) for node, edge in pairs), *anew]
    pairs += before
    return [node for node, _ in pairs], [edge for _, edge in pairs]


def _news(itself: str, found: list[Declared]) -> Iterator[Declared]:
    """What a record says, without the mentions of itself, and of things that a field of their own names as well."""
    told = {itself, *(node.id for _, node, edge in found if edge.relation != "may-take")}
    yield from (one for one in found if one[2].relation != "may-take" or one[1].id not in told)


_OWNING = frozenset(kind for kind in KINDS.values() if any(reference.own for reference in kind.references))


def _note_own(identity: str, own: list[tuple[Hit, str]], joining: Joining) -> None:
    """The location of the data that a record names, for all its names; without a location only the names count."""
    places = [(place, hit) for hit, place in own if hit.reference.own == "place"]
    names = [(name, hit) for hit, name in own if hit.reference.own == "name"]
    for place, hit in places or names:
        for name in (identity, *(name for name, _ in names if places)):
            joining.lies_at(name, place, hit.span or Span.UNKNOWN, identity)


def _only_named(record: Resource, found: list[Declared]) -> Iterator[NamedNode]:
    """The places that a job names in a text without declaring them: it may have read and written there."""
    read = {node.id.rstrip("/") for _, node, edge in found if edge.relation == "reads"}
    written = [hit.location for hit, _, edge in found if edge.relation == "writes" and hit.location]
    for hit, node, edge in found:
        if edge.relation == "mentions" and hit.location and not hit.usage and node.id.rstrip("/") not in read:
            place = hit.location
            if not any(cover(one, Span.FOLDER, place) is Cover.ALL for one in written):
                said = edge._replace(usage="", window=while_it_ran(record))
                yield node, said._replace(relation="may-read")
                yield node, said._replace(relation="may-write", source=edge.target, target=node.id, span=Span.FOLDER)


def _as_listed(edge: Edge, hit: Hit, listings: Listings) -> Edge:
    """If the version of a manifest at the time is known, what it lists was read."""
    version = listings.read_by(hit.location.uri, hit.view, edge.window) if hit.location else None
    return edge._replace(span=Span.LISTING, listing=version) if version else edge


def once_said(record: Resource, resolve: Resolve, joining: Joining) -> Said:
    """What an earlier version of a record named as data: a later edit removes no evidence.

    What a job reads is given at its creation, and is the same in each version. Its tags and what it made last are not.
    """
    kind = KINDS[record.kind]
    if kind.job and record.body.keys().isdisjoint(_VARYING[kind.name]):
        return [], []
    identity = joining.life_of(record.id, record.created or "")
    nodes, edges = said((identity, record), resolve, joining)
    pairs = list(zip(nodes, edges, strict=True))
    if kind.job:
        ended = joining.ended(identity)
        pairs = [(node, _until(ended, edge)) for node, edge in pairs if edge.path in _PATHS_THAT_VARY]
        return [node for node, _ in pairs], [edge for _, edge in pairs]
    kept = [(node, edge) for node, edge in pairs if _stays_said(edge)]
    if usage := _RAN.get(record.kind):
        kept += [(node, edge._replace(usage=usage)) for node, edge in pairs if edge.relation in ("deploys", "loads")]
    seen = record.seen or EVER
    return [node for node, _ in kept], [
        _of_version(edge, record, seen) if edge.relation == "configures" else edge for _, edge in kept
    ]


_STAYS_SAID = ("reads", "mentions", "may-take", "configures")
_VARY = {kind.name: [one.path for one in kind.references if one.varies] for kind in KINDS.values()}
_PATHS_THAT_VARY = frozenset(path for paths in _VARY.values() for path in paths)
_VARYING = {kind: {path.partition(".")[0].removesuffix("[]") for path in paths} for kind, paths in _VARY.items()}
# What can be changed and holds a model: an update of a component ends what it ran, a model may be made of a package before.
_RAN = {kind: PAST for kind in HOLDERS if kind in SERVERS} | dict.fromkeys(REGISTERED, BEFORE)


def _of_version(edge: Edge, record: Resource, seen: str = "") -> Edge:
    """Until it becomes deployments, an endpoint's reference to its config has the times of the record's version."""
    return edge._replace(window=Window(record.modified or "", seen))


def _stays_said(edge: Edge) -> bool:
    """Whether what an earlier version of a record said counts beside what the last one says."""
    logged_output = edge.relation == "writes" and edge.evidence == "logged"
    return edge.relation in _STAYS_SAID or edge.path in _PATHS_THAT_VARY or logged_output


def _until(ended: str, edge: Edge) -> Edge:
    """An edge that a job had while it ran, with the time at which it ended."""
    return edge._replace(window=edge.window._replace(closes=ended)) if edge.window else edge


def _named_at(record: Resource, edge: Edge) -> str:
    """The last time at which a record can have named something: for a job its creation, for a run of a job when both ended.

    What a run recorded is given with it. People may change the rest of it later, even after another job took the job's name.
    """
    kind = KINDS[record.kind]
    edited = "" if kind.job else record.modified or ""
    if edge.relation == "recorded-by" and not kind.job:
        edited = _last_ran(record) or edited
    return max(record.created or "", edited, key=sortable)


def _last_ran(record: Resource) -> str:
    """When something that has run ended, or else began."""
    return max((str(record.body.get(time) or "") for time in KINDS[record.kind].times if time), key=sortable, default="")


_UNSURE = timedelta(days=1)  # by how much a run that has not begun may be older than its own job


def _named_before(node: Node, edge: Edge, record: Resource, joining: Joining) -> Iterator[NamedNode]:
    """What has a name now may be younger than what names it: then another thing, which nobody read, had the name before."""
    if edge.role == PENDING and edge.relation == "configures":
        return  # no field says when an update began
    recorded = edge.relation == "recorded-by" and edge.source == node.id and KINDS[node.kind].job
    unsure = _UNSURE if recorded and not _last_ran(record) else CLOCKS
    matters = recorded or _is_used(node, edge, record)
    if matters and joining.is_named_before(node.id, _existed_by(record, edge), unsure):
        unread = Node(f"{node.id}{EARLIER}", node.kind, node.name, node.account, node.region)
        moved = edge._replace(target=unread.id) if edge.target == node.id else edge._replace(source=unread.id)
        yield unread, moved


def _is_used(node: Node, edge: Edge, record: Resource) -> bool:
    """Whether data may have passed between a record and a thing that it names, which then existed by a known time.

    An option that only names a job or an endpoint may hold the name of one that is still to be made (`unread.py`), and a tag
    may be younger than its record.
    """
    kind = KINDS[node.kind]
    if edge.relation == "may-take":
        meant = bool(node.arn) or node.kind in STORES
        return meant and edge.path != TAGGED and (KINDS[record.kind].job or record.kind in RUNS)
    if edge.relation == "writes":
        return node.kind in STORES
    if edge.relation == "member-of":
        return kind.job and edge.source == node.id  # a step's job
    return edge.relation in (*RUNNING, "reads") and (kind.tells_use or node.kind in CARRIERS)


def _existed_by(record: Resource, edge: Edge) -> str:
    """The time by which what a record names existed: for what a job or an execution may have made itself, its end, if known."""
    kind = KINDS[record.kind]
    if edge.relation == "member-of" or (kind.job and edge.relation in ("may-take", "writes")):
        return str(record.body.get(kind.times[1]) or (record.modified if is_over(record.status) else "") or "")
    return _named_at(record, edge)


def _at_the_time(node: Node, edge: Edge, record: Resource, joining: Joining) -> NamedNode:
    """A reused name means the lifetime at the time of naming."""
    life = joining.life_at(node.id, _named_at(record, edge))
    if life == node.id or not (RELATIONS[edge.relation].flows or edge.relation == "recorded-by"):
        return node, edge
    moved = edge._replace(source=life) if edge.source == node.id else edge._replace(target=life)
    return node._replace(id=life), moved


def _named_since(node: Node, edge: Edge, record: Resource, joining: Joining) -> Iterator[NamedNode]:
    """A config names a model as long as it is deployed: a model created later with that name may run there, too."""
    if edge.relation == "deploys" and record.kind == ENDPOINT_CONFIG.name:
        for life in joining.lives_after(node.id, record.created or ""):
            yield node._replace(id=life), edge._replace(source=life)


def _association(record: Resource) -> Said:
    """The edge of a record that is not a node, but an edge between two others."""
    path, target, role = KINDS[record.kind].between
    ends = [str(record.body.get(end) or "") for end in (path, target)]
    if not all(map(is_arn, ends)):
        return [], []
    nodes = [_node_of_arn(end, ANY) for end in ends]
    said = str(record.body.get(role) or "")
    return nodes, [Edge(nodes[0].id, nodes[1].id, "associated", said, path=path, evidence="logged")]


def target_node(record: Resource, hit: Hit, resolve: Resolve) -> Node:
    """The node that a hit names, as far as the name shows: a place, an image, or a resource that was not read."""
    to = hit.reference.to
    if to == LOCATION:
        uri = hit.location.uri if hit.location else hit.value
        return Node(uri, DATASET.name, uri, observed=True)
    if to == IMAGE:
        return Node(hit.value, IMAGE, hit.value, observed=True)
    if to == WEIGHTS:
        return Node(hit.value, WEIGHTS, hit.value)
    if is_arn(hit.value):
        return _node_of_arn(hit.value, to)
    identity = resolve(to, record.account, record.region, hit.value)
    return Node(identity, to, hit.value, record.account, record.region)


def _node_of_arn(text: str, to: str) -> Node:
    arn = parse_arn(text)
    kind = kind_of_arn(text).name
    if to != ANY and kind == RESOURCE.name:
        kind = to
    return Node(arn_id(text), kind, arn.resource.partition("/")[2], arn.account, arn.region, text)


def declared(identity: str, hit: Hit, other: str, when: Window | None) -> Edge:
    """The edge of one hit, from or to the `other` node, with its time."""
    reference = hit.reference
    relation = reference.relation
    inward = RELATIONS[relation].inward != reference.inverse
    source, target = (other, identity) if inward else (identity, other)
    path = hit.path or reference.path
    return Edge(source, target, relation, hit.role, hit.usage, path, reference.evidence, when, hit.span)


def without_echoes(joining: Joining) -> None:
    """A trial component repeats its job's inputs and outputs; only what the job itself does not say is stored.

    In a run that a job only names, people logged what was read: perhaps they read it, as the job did.
    """
    repeats = f"recorded.path != '{RUN_NAME}'"
    for relation, run, said in (
        ("reads", "fact.target", f"said.source = fact.source AND said.target = recorded.source AND {repeats}"),
        ("writes", "fact.source", "said.source = recorded.source AND said.target = fact.target"),
    ):
        joining.run(f"""
            DELETE FROM fact WHERE evidence = 'logged' AND relation = '{relation}' AND EXISTS (
                SELECT 1 FROM fact AS recorded CROSS JOIN fact AS said ON {said} AND said.evidence = 'declared'
                WHERE recorded.target = {run} AND recorded.relation = 'recorded-by')""")  # noqa: S608  (our own words)


# --- joining written to read locations ----------------------------------------------------------


def copied(joining: Joining) -> Iterator[Edge]:
    """`overlaps` edges by content: from each written model to its content, and from there to each place that had it.

    So their number grows with the places, not with the pairs. Other contents seen at these places are included.
    """
    named: set[str] = set()
    for place, sights in joining.sights():
        contents = {sight.content for sight in sights} - named
        joining.add_nodes(_content(content, joining.digests(content)) for content in sorted(contents))
        named |= contents
        yield from _content_edges(place, sights, joining)


def _content(content: str, digests: list[str]) -> Node:
    return Node(content, CONTENT.name, content, observed=True, details={"digests": digests})


def _content_edges(place: str, sights: list[Sight], joining: Joining) -> Iterator[Edge]:
    writes = joining.wrote(place)
    for form in joining.forms(place, "written"):
        for seen in seen_written(sights, writes):
            yield Edge(form, seen.content, "overlaps", usage=seen.usage, evidence="content", window=seen.window)
    for form in joining.forms(place, "read"):
        for seen in seen_read(sights, writes):
            yield Edge(seen.content, form, "overlaps", usage=seen.usage, evidence="content", window=seen.window)


# --- what a location is -------------------------------------------------------------------------


def _model_inputs(joining: Joining, on_step: OnStep) -> None:
    """A channel inside another job's model artifact reads a model, whatever the channel's name."""
    joining.sort_models()
    places = _counted(joining.data_places(), "separating data from models", on_step)
    joining.note_model_inputs((place, maker) for place in places for maker in joining.makers(folders(place)))


def folders(place: str) -> list[str]:
    """A place and the folders around it, without trailing slashes."""
    location = location_of(place)
    return [place.rstrip("/"), *(folder.uri for folder in (folders_above(location) if location else ()))]


def classify(joining: Joining, among: str = "true") -> None:
    """Give each location node its kind; an artifact that nothing wrote is not observed. `among` is a condition on `{place}`."""
    numbers = f"IN (SELECT number FROM identity WHERE {among.format(place='id')})"  # noqa: S608  (our own words)
    source, target = ("true" if among == "true" else f"{end} {numbers}" for end in ("source", "target"))
    edge = "stored_edge JOIN saying ON saying.number = stored_edge.saying"
    joining.run(f"""
        WITH used (place, usage, made) AS (
            SELECT source, usage, 0 FROM {edge} WHERE {source} AND relation IN ('reads', 'mentions')
            UNION ALL SELECT source, 'model', 0 FROM stored_edge WHERE {source} AND relation = 'loads'
            UNION ALL SELECT target, usage, 1 FROM {edge} WHERE {target} AND relation = 'writes'
            UNION ALL SELECT target, '', 1 FROM stored_edge WHERE {target} AND relation = 'overlaps'
            UNION ALL SELECT identity.number, '', 1 FROM level JOIN identity ON identity.id = place
                WHERE {among.format(place="place")} AND fed),
        told (place, artifact, code, made) AS (
            SELECT place, max(usage IN ('model', 'checkpoint')), max(usage = 'code') AND max(usage NOT IN ('', 'code')) = 0,
                max(made) FROM used GROUP BY place)
        UPDATE stored_node SET kind = iif(artifact, 'artifact', 'code'), observed = made OR NOT artifact
        FROM told WHERE number = told.place AND kind = 'dataset' AND (artifact OR code)""")  # noqa: S608  (our own words)
