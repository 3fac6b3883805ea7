"""The part of a large snapshot that each question needs: for each question, a table of the relations that it follows.

Each answer on its neighbourhood equals that on the whole graph. Only this file asks a snapshot for what is around nodes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import get_args

from lineage.domain.given import texts
from lineage.domain.kinds import ENDPOINT, ENTITY_KINDS, LEARNERS, RELATIONS, SERVING, TAKING, WRITING, takes_model
from lineage.domain.names import Location, is_location, is_place, location_of, parse_location
from lineage.domain.training import is_training_job
from lineage.domain.urls import from_url
from lineage.errors import MalformedName
from lineage.graphs.excerpts import EdgeRow, Excerpt, Said, Texts, assembled, edges_of, unseen_in
from lineage.graphs.follow import EVERY, Direction, Follow, Grown, Only, Seeds, grow
from lineage.graphs.leads import Prefixes, first_write, mention_rows, onward_rows, places_near, telling_rows
from lineage.graphs.named import NamedPlaces
from lineage.graphs.nodes import Attributes, Nodes, attributes_of, kept
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.tables import Row

_FLOWS = tuple(name for name, relation in RELATIONS.items() if relation.flows)
_BELONGS = ("recorded-by", "member-of")
# What a run logs as its output is downstream of its job.
_ONWARD = (*_FLOWS, "recorded-by")
# How data gets from a reader to others.
_LEADS = (
    *TAKING,
    *WRITING,
    "may-take",
    "overlaps",
    "loads",
    "instantiates",
    "provides",
    "deploys",
    "configures",
    "hosts",
    "recorded-by",
)


# The sorts of nodes that lines start from.
_PLACE, _TRAINER, _ENDPOINT, _ENTITY, _OTHER = "place", "trainer", "endpoint", "entity", "other"
_NO_TRAINER = (_ENDPOINT, _ENTITY, _OTHER)
_RESOURCE = (_TRAINER, *_NO_TRAINER)


def _sort_of(attributes: Attributes) -> str:
    """The sort of a node that is no place."""
    if is_training_job(attributes):
        return _TRAINER
    if attributes["kind"] in ENTITY_KINDS:
        return _ENTITY
    return _ENDPOINT if attributes["kind"] == ENDPOINT.name else _OTHER


def _is_logged(edge: EdgeRow) -> bool:
    return edge.said.evidence == "logged"


def _is_said(edge: EdgeRow) -> bool:
    """Whether people say that something got to a run or an entity, which is not a place."""
    return _is_logged(edge) and not is_place(edge.target)


def _is_of_a_copy(edge: EdgeRow) -> bool:
    return edge.said.evidence == "content"


def _is_of_a_model(edge: EdgeRow) -> bool:
    return takes_model(edge.said.relation, edge.said.usage)


# What is upstream or downstream, with what is beside it: runs, experiments, groups, executions; what a reached job reads
# and names, and the job of a run.
_NEAR = (
    Follow("up", "up", _FLOWS, "up"),
    Follow("down", "down", _ONWARD, "down"),
    *(Follow(start, "down", (*_BELONGS, "associated"), "beside") for start in ("up", "down", "beside")),
    *(Follow(start, "up", ("mentions", "reads", "recorded-by")) for start in ("up", "down")),
    Follow("up", "up", ("recorded-by",), "up", where=(_ENTITY,)),  # what a job read whose action made a model
    Follow("beside", "up", ("reads", "writes"), "up", where=(_ENTITY,)),  # what people say got into a job or a model
)
# The readers of some places: also the runs that a hint there leads to, and their jobs; and the first writers there, because
# something written may be loaded as a model that could not be read.
_READERS = (
    Follow("written", "up", ("writes",)),
    Follow("place", "down", EVERY, "reached"),
    Follow("place", "down", EVERY, "hinted", edge=_is_logged),
    Follow("hinted", "up", ("recorded-by",), "reached"),
)
# For a pipeline execution that names a write, whether it reused the step of another one, and did not write.
_TOOK_OVER = Follow("writer", "down", ("member-of",), where=(_OTHER,))
# Who else wrote exactly at a model's place, or around it: the last of several made it.
_RIVALS = (
    Follow("model", "up", ("writes",), "writer"),
    Follow("model", "up", ("overlaps",), "rival"),
    Follow("rival", "up", ("writes",), "writer"),
    _TOOK_OVER,
)
# An endpoint stores what goes in and out at its config's place, for every model or component of it.
_KEPT = (
    Follow("reached", "up", ("configures",), "config", where=(_ENDPOINT,)),
    Follow("config", "down", ("writes",), "reached"),
)
# Where data goes after the readers, what else they name if they do not train with it, and whose model another may be.
_USE = (
    *_READERS,
    *_RIVALS,
    *_KEPT,
    Follow("reached", "down", _LEADS, "reached", where=(_TRAINER,), only=Only.LEADING_ON),
    Follow("reached", "down", _LEADS, "reached", where=(_PLACE, *_NO_TRAINER)),
    Follow("reached", "down", ("reads", "writes", "may-take"), "hinted", edge=_is_said, where=(_PLACE, *_NO_TRAINER)),
    Follow("reached", "up", ("reads", "mentions"), where=_NO_TRAINER),
    Follow("reached", "up", ("member-of",), where=_NO_TRAINER),  # which jobs a job started, and whether they began
    Follow("reached", "up", ("reads",), "model", where=_NO_TRAINER, edge=_is_of_a_model),
    Follow("place", "down", ("loads", "reads"), near="model", edge=_is_of_a_model),
    Follow("reached", "down", ("loads", "reads"), near="model", edge=_is_of_a_model, where=(_PLACE, *_NO_TRAINER)),
)
# The same for a question about some jobs only: the trail of what a training job made may be lost as that of any other.
_EVERY_USE = tuple(line._replace(only=Only.ALL, where=_RESOURCE if line.where == _NO_TRAINER else line.where) for line in _USE)
# All that data at some nodes gets to; opaque sources, and what endpoints serve with an unknown origin.
_IMPACT = (
    *_READERS,
    Follow("member", "up", _BELONGS, "member"),
    Follow("member", "up", _BELONGS, "reached"),
    Follow("reached", "down", _ONWARD, "reached", only=Only.TELLING),
    Follow("reached", "down", ("reads", "writes", "may-take"), "hinted", edge=_is_said, only=Only.TELLING),
    *_KEPT,
    Follow("config", "up", ("deploys",), "served"),  # and whether each of its variants names a model
    # who else wrote a place that shares keys with what the data got to: they may have made a model there
    Follow("reached", "down", ("overlaps",), "shared", only=Only.TELLING),
    Follow("shared", "up", ("writes",), "writer"),
    Follow("reached", "down", ("loads", "reads"), near="model", edge=_is_of_a_model, where=(_PLACE,), only=Only.TELLING),
    *_RIVALS,
    # what endpoints serve, those reached and those that serve something of unknown origin, up to its makers
    Follow("reached", "down", ("configures", "hosts"), "served", only=Only.TELLING),
    Follow("unexplained", "down", SERVING, "unexplained"),
    Follow("unexplained", "down", SERVING, "served"),
    Follow("served", "up", (*SERVING, "overlaps"), "served"),
    Follow("served", "up", ("writes",), "writer"),
    # beside it: what else reached jobs name, and the jobs of the run in question
    Follow("reached", "up", ("mentions", "reads"), where=_RESOURCE, only=Only.MENTIONED),
    Follow("reached", "up", ("member-of",), where=(_OTHER,)),  # which jobs a job started, and whether they began
    Follow("also", "up", ("recorded-by",)),
    Follow("opaque", "down", ("reads",)),
)
# The same without what could hide more.
_REACHED = tuple(line for line in _IMPACT if line.start not in ("opaque", "also", "unexplained", "served"))
# All opaque sources of a snapshot: their readers, what else is read and written by jobs that lose the trail, and
# what endpoints serve with an unknown origin.
_HOLES = (
    Follow("opaque", "down", ("reads",)),
    Follow("losing", "up", ("reads", "mentions")),
    Follow("losing", "down", ("writes",)),
    Follow("unexplained", "down", SERVING, "unexplained"),
    Follow("unexplained", "down", SERVING, "served"),
    Follow("served", "up", (*SERVING, "overlaps"), "served"),
    Follow("served", "up", ("writes",)),
)
# What some jobs and runs read, and who wrote there, around there, or at a place with the same content.
_WRITERS = (
    Follow("reader", "up", ("reads",), "read"),
    Follow("read", "up", ("overlaps",), "around"),
    Follow("read", "up", ("overlaps",), "content", edge=_is_of_a_copy),
    Follow("content", "up", ("overlaps",), "around"),
    *(Follow(start, "up", WRITING, "writer") for start in ("read", "around")),
    _TOOK_OVER,
)
# What some jobs read.
_READS = (Follow("reader", "up", ("reads",)),)
# What may have gone into a node. With its jobs come runs, and the groups of both: people may have written there what was
# read.
_MAKING = (
    Follow("made", "up", (*_FLOWS, "recorded-by", "associated", "mentions"), "made"),
    # the endpoints that store something at a place, according to their configs
    Follow("made", "up", ("writes",), "writer"),
    Follow("writer", "down", ("configures",), "made"),
    *(Follow(start, "down", _BELONGS, "beside") for start in ("made", "beside")),
    Follow("beside", "up", ("reads", "writes", "mentions", "may-take", "associated"), "made"),
    Follow("made", "up", ("member-of",), "spawned", where=(_OTHER,)),  # which jobs a job started, and whether they began
)


def near_excerpt(snapshot: Snapshot, ids: Iterable[str], *directions: Direction) -> Excerpt:
    """What the given nodes reach upstream or downstream (by default both), with what their jobs are members of.

    Raises `MalformedName` for another direction.
    """
    for wrong in (one for one in directions if one not in get_args(Direction)):
        raise MalformedName(f"{wrong!r} is not a direction: a direction is 'up' or 'down'")
    seeds = {*texts(ids, "ids")}
    return _near(snapshot, _NEAR, dict.fromkeys(directions or ("up", "down"), seeds))


def made_excerpt(snapshot: Snapshot, ids: Iterable[str]) -> Excerpt:
    """What `trace` and `datasets` need of each of some nodes, in one graph for all of them."""
    ids = list(ids)
    stored = _Stored(snapshot)
    near, making = grow(stored, _NEAR, {"up": ids}), grow(stored, _MAKING, {"made": ids})
    inside = _made(making)
    edges = list(near.edges | dict.fromkeys(stored.between(inside)))
    known = making.nodes | near.nodes
    wanted = dict.fromkeys(node for node in chain(inside, _nodes_of(near)) if node not in known)
    nodes = {node: known[node] for node in (*inside, *_nodes_of(near)) if node in known}
    return _graph(snapshot, nodes | dict(stored.nodes(wanted)), edges)


def reached_excerpt(snapshot: Snapshot, ids: Iterable[str]) -> Excerpt:
    """What each of some nodes reaches, in one graph for all of them; not what could hide more."""
    ids = list(ids)
    return _near(snapshot, _REACHED, {"member": ids, "reached": ids})


def dataset_excerpt(snapshot: Snapshot, *uris: str, every: bool = False) -> Excerpt:
    """The part of a snapshot that `used` needs to judge some locations: every reader of one, or of what could hide it, and on.

    Left out is what cannot change the answer: the groups of runs, and the ends of chains that lead to no other
    reader. `every`: also for questions about some jobs only, for which the first use may not count.
    """
    opaque, near = set(snapshot.opaque_places()), NamedPlaces.of(snapshot).prefixes
    datasets = [parse_location(from_url(uri)) for uri in uris]
    places = opaque.union(_places_around(snapshot, datasets, near))
    written = [place for dataset in datasets for place in first_write(dataset, near)]
    # if an access point is read, what any run logs may have been read through it
    every_run = any(location.hides_bucket for place in opaque if (location := location_of(place)))
    seeds = {"place": places, "written": written}
    return _noted(_near(snapshot, _EVERY_USE if every else _USE, seeds, every_run=every_run), snapshot, datasets)


def subject_excerpt(snapshot: Snapshot, subject: str, *also: str) -> Excerpt:
    """The part of a snapshot that `impact` and `path` need: all that a place or a node reaches, and what could hide more.

    `subject` is an S3 URI or a node id; nodes of `also` are included. What could hide more are opaque sources, and what
    endpoints serve.
    """
    opaque = set(snapshot.opaque_places())
    unexplained = list(snapshot.unexplained())
    hidden: dict[str, Iterable[str]] = {"opaque": opaque, "unexplained": unexplained, "served": unexplained, "also": also}
    subject = from_url(subject)
    if is_location(subject):
        place, near = parse_location(subject), NamedPlaces.of(snapshot).prefixes
        places = opaque.union(_places_around(snapshot, [place], near))
        hidden["also"] = [*also, place.uri]  # a place that is only written leads nowhere, but is shown
        known = {"place": places, "reached": places, "written": first_write(place, near)}
        return _noted(_near(snapshot, _IMPACT, {**hidden, **known}), snapshot, [place])
    return _near(snapshot, _IMPACT, {**hidden, "member": [subject], "reached": [subject]})


def _noted(graph: Excerpt, snapshot: Snapshot, places: Iterable[Location]) -> Excerpt:
    """The graph, with what all records name of the places in question."""
    named = NamedPlaces.of(snapshot)
    graph.graph["known"] = {place.uri: named.known(place) for place in places}
    return graph


def around_holes(snapshot: Snapshot) -> Excerpt:
    """All opaque sources, with what reads them, loses the trail there, or serves them."""
    unexplained = list(snapshot.unexplained())
    seeds = {"opaque": snapshot.opaque_places(), "losing": _losing(snapshot), "unexplained": unexplained, "served": unexplained}
    return _near(snapshot, _HOLES, seeds)


def _losing(snapshot: Snapshot) -> set[str]:
    """The jobs that write out of sight, or only name a place."""
    writes = snapshot.edge_rows(relations=["writes"])
    out_of_sight = {row[0] for row in writes if not ((place := location_of(row[1])) and not place.hides_bucket)}
    return out_of_sight | {row[1] for row in snapshot.edge_rows(relations=["mentions"])}


def around_readers(snapshot: Snapshot, readers: Iterable[str]) -> Excerpt:
    """What the given jobs and runs read, and who wrote there, around there, or at a place with the same content."""
    return _near(snapshot, _WRITERS, {"reader": list(readers)})


def reads_of(snapshot: Snapshot, jobs: Iterable[str]) -> Excerpt:
    """Some jobs, with what they read and nothing else."""
    return _near(snapshot, _READS, {"reader": list(jobs)})


def making_excerpt(source: Snapshot | Excerpt, node: str) -> Excerpt:
    """What may have gone into a node, from a snapshot or a larger graph: all upstream, and what is said beside its jobs."""
    if not isinstance(source, Snapshot):
        return source.among(_made(grow(_InExcerpt(source), _MAKING, {"made": [node]})))
    stored = _Stored(source)
    grown = grow(stored, _MAKING, {"made": [node]})
    return _between(stored, _made(grown), grown.nodes)


def _made(grown: Grown) -> dict[str, None]:
    return grown.sets["made"] | grown.sets["beside"] | grown.sets["spawned"]


def between(snapshot: Snapshot, ids: Collection[str]) -> Excerpt:
    """Some nodes of a snapshot, with the edges between them."""
    return _between(_Stored(snapshot), ids, {})


def _between(stored: _Stored, ids: Collection[str], known: Mapping[str, Row]) -> Excerpt:
    """The same. Nodes that are `known` are not read again."""
    rest = dict(stored.nodes(node for node in ids if node not in known))
    nodes = {node: known[node] for node in ids if node in known} | rest
    return _graph(stored.snapshot, nodes, list(stored.between(ids)))


def ends_of(snapshot: Snapshot, nodes: Iterable[str], way: Direction, relations: Iterable[str]) -> Iterator[str]:
    """The far ends of the edges of some relations into some nodes (`up`), or out of them."""
    asked, end = ({"into": nodes}, 0) if way == "up" else ({"out_of": nodes}, 1)
    return (row[end] for row in snapshot.edge_rows(**asked, relations=relations))


def _near(snapshot: Snapshot, table: tuple[Follow, ...], seeds: Seeds, *, every_run: bool = False) -> Excerpt:
    """All that a table leads to from some nodes, as a graph."""
    stored = _Stored(snapshot, every_run=every_run)
    grown = grow(stored, table, seeds)
    known = grown.nodes
    wanted = dict.fromkeys(node for node in _nodes_of(grown) if node not in known)
    rows = list(grown.edges)
    del grown  # it may hold as much as the graph
    known |= stored.nodes(wanted)
    del stored, wanted
    return _graph(snapshot, known, rows)


def _nodes_of(grown: Grown) -> Iterator[str]:
    """The nodes of all sets, and the ends of all edges; some more than once."""
    ends = (map(attrgetter(end), grown.edges) for end in ("source", "target"))
    return chain(*grown.sets.values(), *ends)


def _graph(snapshot: Snapshot, nodes: dict[str, Row], edges: list[EdgeRow]) -> Excerpt:
    """The nodes and edges as a graph. The list is empty afterwards."""
    in_order = Nodes({node: nodes[node] for node in sorted(nodes)})
    return assembled(in_order, _in_order(edges), snapshot.scope(), snapshot.listings(), unseen_in(snapshot))


def _in_order(edges: list[EdgeRow]) -> Iterator[EdgeRow]:
    """The edges in the order of the whole graph, so that keys are the same. None is kept: a large graph would be held twice."""
    by_source: dict[str, list[EdgeRow]] = defaultdict(list)
    edges.reverse()
    while edges:
        edge = edges.pop()
        by_source[edge.source].append(edge)
    for source in sorted(by_source):
        yield from sorted(by_source.pop(source), key=_target_and_said)


def _target_and_said(edge: EdgeRow) -> tuple[str, tuple[str, ...]]:
    return edge.target, edge.said[:4]


def _places_around(snapshot: Snapshot, datasets: Iterable[Location], near: Prefixes) -> Iterator[str]:
    """The places that may share keys with a location, and the manifests that may list something in it."""
    listings = snapshot.listings()
    lists = any(True for _ in listings.places())
    for dataset in datasets:
        yield from places_near(snapshot, dataset, near)
        if not lists:
            continue
        yield from listings.places() if dataset.hides_bucket else (place for _, place in listings.listing(dataset))


class _Stored:
    """The graph in a snapshot. `every_run`: includes runs that say nothing."""

    def __init__(self, snapshot: Snapshot, *, every_run: bool = False) -> None:
        self.snapshot = snapshot
        self._every_run = every_run
        self._texts = Texts()

    def edges(self, nodes: Iterable[str], way: Direction, relations: Sequence[str], only: Only) -> Iterator[EdgeRow]:
        """The edges of some relations into some nodes, or out of them, by their ends."""
        return edges_of(self._rows(nodes, way, relations, only), self._texts)

    def between(self, ids: Collection[str]) -> Iterator[EdgeRow]:
        """The edges between some nodes."""
        return edges_of(self.snapshot.rows_between(ids), self._texts)

    def _rows(self, nodes: Iterable[str], way: Direction, relations: Sequence[str], only: Only) -> Iterator[Row]:
        if only is Only.TELLING:
            return telling_rows(self.snapshot, nodes, relations)
        if only is Only.LEADING_ON:
            return onward_rows(self.snapshot, nodes, relations, every_run=self._every_run)
        if only is Only.MENTIONED:
            return mention_rows(self.snapshot, nodes)
        asked = {"into": nodes} if way == "up" else {"out_of": nodes}
        return self.snapshot.edge_rows(**asked, relations=() if len(relations) == len(EVERY) else relations)

    def nodes(self, ids: Iterable[str]) -> Iterator[tuple[str, Row]]:
        """The rows of some nodes."""
        return kept(self.snapshot.node_rows(ids), self._texts.ids)

    def sort_of(self, node: str, row: Row) -> str:
        """The sort of a node."""
        if is_place(node):
            return _PLACE
        return _sort_of(attributes_of(node, row) if row[0] in LEARNERS else {"kind": row[0]})


class _InExcerpt:
    """A graph in memory, with the interface of a snapshot."""

    def __init__(self, graph: Excerpt) -> None:
        self._graph = graph

    def edges(self, nodes: Iterable[str], way: Direction, relations: Sequence[str], _only: Only) -> Iterator[EdgeRow]:
        """The edges of some relations into some nodes, or out of them."""
        beside = self._graph.into if way == "up" else self._graph.out_of
        for source, target, _, data, time in chain.from_iterable(beside[node] for node in nodes):
            if data["relation"] in relations:
                said = Said(**{name: data[name] for name in Said._fields if name in data})
                yield EdgeRow(source, target, said, time)

    def nodes(self, ids: Iterable[str]) -> Iterator[tuple[str, Attributes]]:
        """The attributes of some nodes."""
        return ((node, self._graph.nodes[node]) for node in ids)

    def sort_of(self, node: str, attributes: Attributes) -> str:
        """The sort of a node."""
        return _PLACE if is_place(node) else _sort_of(attributes)
