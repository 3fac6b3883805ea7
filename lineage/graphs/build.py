"""Rows of a snapshot, or records, as a plain `networkx.MultiDiGraph`.

Node attributes: `kind name arn account region created modified status observed label`, and a few more that
the kind's row asks for. Edge attributes: `relation role usage path evidence time span listing reader
settled`. Graph attributes:
`scope` (a `lineage.records.Scope`), `gaps` (those of the scope), `listings` (what manifests list), `unread` (why a manifest was
not read, by its place), `unseen` (things that are named and unread and may hide something: attributes by id, of
the whole snapshot even for a small graph) and `extent` (what the graph held when it was made, and which questions it answers).
Edges point in the direction of the data; graphs can have cycles.
`nx.ancestors` gives more than what really fed a node: it ignores times (see `lineage.trace`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, cast

from lineage.domain.given import texts
from lineage.domain.names import is_location, parse_location
from lineage.domain.opaque import silence
from lineage.domain.records import Gap, Resource, Scope
from lineage.domain.urls import from_url
from lineage.errors import UnknownNode
from lineage.graphs.derive import derive
from lineage.graphs.excerpts import Excerpt, Graph, Texts, assembled, edges_of, insist_described, insist_source, unseen_in
from lineage.graphs.follow import Direction
from lineage.graphs.neighbourhoods import dataset_excerpt, near_excerpt, subject_excerpt
from lineage.graphs.nodes import Nodes, kept
from lineage.graphs.parts import EXTENT, IMPACT, PATH_FROM, PATH_TO, TRACE, USED, Extent, Held, Question
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot, asks_snapshot
from lineage.snapshot.rows import edge_row, node_row


def shown(excerpt: Excerpt, *questions: Question, whole: bool = False) -> Graph:
    """An excerpt as a networkx graph, which answers every question if it is a `whole`, else those that it was read for."""
    import networkx as nx  # takes longer than most questions, and many commands need no graph

    extent = Extent(Held.by(excerpt), whole, frozenset(questions))
    built: Any = nx.MultiDiGraph(**excerpt.graph | {EXTENT: extent})
    # networkx would copy each node's attributes twice, and look up both ends of each edge three times
    after, before = excerpt.neighbours()
    built._node.update(excerpt.nodes.items())  # noqa: SLF001
    built._succ.update(after)  # noqa: SLF001
    built._pred.update(before)  # noqa: SLF001
    return cast("Graph", built)


@asks_snapshot
def graph(snapshot: Snapshot, *, edges: bool = True) -> Graph:
    """The whole graph of a snapshot, or only its nodes, which no question takes. For a large account, use `neighbourhood`."""
    return shown(_all_of(snapshot, edges=edges), whole=edges)


def _all_of(snapshot: Snapshot, *, edges: bool = True) -> Excerpt:
    texts = Texts()
    nodes = Nodes(dict(kept(snapshot.node_rows(), texts.ids)))
    rows = edges_of(snapshot.edge_rows(), texts) if edges else ()
    return assembled(nodes, rows, snapshot.scope(), snapshot.listings(), unseen_in(snapshot))


def whole(source: Snapshot | Graph | Excerpt) -> Excerpt:
    """The graph that is given, or the whole graph of a snapshot, without networkx. Raises `TypeError` for anything else."""
    if isinstance(source, Snapshot):
        return _all_of(source)
    insist_source(source)
    if not isinstance(source, Excerpt):
        insist_described(source)
    return Excerpt.of(source)


def graph_of(resources: Iterable[Resource], gaps: Iterable[Gap] = (), listings: Listings | None = None) -> Graph:
    """The graph of some records, without a snapshot: for tests and for experiments."""
    manifests = listings or Listings.in_memory()
    joined = derive(resources, manifests)
    nodes, edges = Nodes(dict(kept(map(node_row, joined.nodes.values())))), edges_of(map(edge_row, joined.edges))
    silent = (joined.nodes[job] for job in joined.silent)
    holes = tuple(silence(job.id, job.kind, job.name, job.account, job.region) for job in silent)
    unseen = {node: data for node, data in nodes.items() if "unread" in data}
    return shown(assembled(nodes, edges, Scope(holes=tuple(gaps), silent=holes), manifests, unseen), whole=True)


def _insist_ids(snapshot: Snapshot, ids: Collection[str]) -> None:
    """Raise `UnknownNode` for a name, or for the id of nothing in the snapshot."""
    known = {node.id for node in snapshot.nodes(ids)} if ids else set()
    for wrong in (one for one in ids if one not in known):
        raise UnknownNode(f"no node has the id {wrong!r}: lineage.find_in(snapshot, {wrong!r}) gives the id of a name")


@asks_snapshot
def neighbourhood(snapshot: Snapshot, ids: Iterable[str], *directions: Direction) -> Graph:
    """What the given nodes reach upstream or downstream (by default both), with what their jobs are members of.

    `ids` are node ids, as `find_in` gives them. With "up" it is all that `trace` needs for the given endpoints. Other questions
    refuse it. Raises `MalformedName` for another direction, and `UnknownNode` for a name.
    """
    ids = texts(ids, "ids")
    _insist_ids(snapshot, ids)
    up = not directions or "up" in directions
    return shown(near_excerpt(snapshot, ids, *directions), *((TRACE, node) for node in ids if up))


@asks_snapshot
def around_dataset(snapshot: Snapshot, *uris: str) -> Graph:
    """The part of a snapshot that `used` needs to judge some locations: every reader of one, or of what could hide it, and on.

    Left out is what cannot change the answer: the groups of runs, and the ends of chains that lead to no other
    reader. So it answers `used` of these very locations, and no other question.
    """
    places = [parse_location(from_url(uri)).uri for uri in uris]
    return shown(dataset_excerpt(snapshot, *places, every=True), *((USED, place) for place in places))


@asks_snapshot
def around_subject(snapshot: Snapshot, subject: str, *also: str) -> Graph:
    """The part of a snapshot that `impact` and `path` need: all that a place or a node reaches, and what could hide more.

    `subject` is an S3 URI or a node id; `also` are the nodes to which a path is wanted. What could hide more are opaque
    sources, and what endpoints serve. Other questions refuse it. Raises `MalformedName`, and `UnknownNode` for a name.
    """
    subject = from_url(subject)
    subject = parse_location(subject).uri if is_location(subject) else subject
    _insist_ids(snapshot, [one for one in (subject, *also) if not is_location(one)])
    asked = [(IMPACT, subject), (PATH_FROM, subject), *((PATH_TO, node) for node in also)]
    return shown(subject_excerpt(snapshot, subject, *also), *asked)
