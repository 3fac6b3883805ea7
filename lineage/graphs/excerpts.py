"""A part of a graph as plain dicts, made of a snapshot's rows: what every question walks, without networkx.

networkx takes longer to import than most questions take to answer, so it is loaded only for a graph that a person gets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain, takewhile
from sys import intern
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from lineage.domain.records import Scope
from lineage.graphs.nodes import Attributes, Nodes, attributed
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot, insist_snapshot
from lineage.snapshot.tables import Row

if TYPE_CHECKING:
    import networkx as nx

Graph: TypeAlias = "nx.MultiDiGraph[str]"
Neighbours = dict[str, dict[str, dict[str, Attributes]]]
"""By node, its neighbours on one side, and for each of them the attributes of the edges by their keys."""


class Said(NamedTuple):
    """What an edge says besides its ends and its time. Many edges say the same."""

    relation: str
    role: str
    usage: str
    path: str
    evidence: str
    span: str | None
    listing: int | None
    reader: str = ""
    settled: str = ""


class EdgeRow(NamedTuple):
    """One edge in a snapshot: its ends, what it says, and its window as one text, as on a graph's edges and in every answer."""

    source: str
    target: str
    said: Said
    time: str | None = None


class Texts:
    """What many rows of one graph have, each kept once."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.sayings: dict[Row, Said] = {}


def edges_of(rows: Iterable[Row], texts: Texts | None = None) -> Iterator[EdgeRow]:
    """Rows of a snapshot's edges, by name. Only this function knows the columns. `texts` are those of further rows."""
    texts = Texts() if texts is None else texts
    same, sayings, since, until, time = texts.ids.setdefault, texts.sayings, None, None, None
    for source, target, relation, role, usage, path, evidence, opens, closes, span, listing, reader, settled in rows:
        if opens != since or closes != until:  # rows are in the order of their ends, and all writes of a job have one time
            since, until, time = opens, closes, None if opens is None else f"{opens}/{closes}"
        words = relation, role, usage, path, evidence, span, listing, reader, settled
        said = sayings.get(words)
        if said is None:
            said = sayings[words] = _said(*words)
        yield EdgeRow._make((same(source, source), same(target, target), said, time))


def _said(relation: str, role: str, usage: str, path: str, evidence: str, span: str | None, *rest: Any) -> Said:
    told = intern(relation), intern(role), intern(usage), intern(path), intern(evidence)
    return Said(*told, span and intern(str(span)), *rest)


class Link(NamedTuple):
    """One edge of a graph: its ends, its key, what is said of it and of many others, and its time."""

    source: str
    target: str
    key: str
    data: Attributes
    time: str | None

    @property
    def relation(self) -> str:
        relation: str = self.data["relation"]
        return relation

    def attributes(self) -> Attributes:
        """All that is said of it, in a dict of its own."""
        return self.data | {"time": self.time}


class Links(dict[str, Sequence[Link]]):
    """The edges on one side of each node that has some. They take a third of the memory of `Neighbours`."""

    def __missing__(self, node: str) -> Sequence[Link]:
        return ()


class _Unnested(Links):
    """The same, made of nested dicts when asked for."""

    def __init__(self, link_of: Callable[[str, str, str, Attributes], Link], beside: Neighbours) -> None:
        super().__init__()
        self._link_of, self._beside = link_of, beside

    def __missing__(self, node: str) -> Sequence[Link]:
        ends = self._beside[node].items()
        links = self[node] = [self._link_of(node, end, key, data) for end, keys in ends for key, data in keys.items()]
        return links


def _out_of(source: str, target: str, key: str, data: Attributes) -> Link:
    return Link(source, target, key, data, data.get("time"))


def _into(target: str, source: str, key: str, data: Attributes) -> Link:
    return Link(source, target, key, data, data.get("time"))


class Excerpt:
    """A part of a graph: attributes by node, the edges out of each node and into it, and what is known of the whole graph.

    It is read, and never changed: edges that say the same may share their attributes.
    """

    def __init__(self, nodes: Mapping[str, Attributes], out_of: Links, into: Links, graph: Attributes) -> None:
        self.nodes, self.out_of, self.into, self.graph = nodes, out_of, into, graph

    @classmethod
    def nested(cls, nodes: dict[str, Attributes], after: Neighbours, before: Neighbours, graph: Attributes) -> Excerpt:
        """The same of nested dicts."""
        made = cls(nodes, _Unnested(_out_of, after), _Unnested(_into, before), graph)
        made._sides = after, before
        return made

    @classmethod
    def of(cls, source: Graph | Excerpt) -> Excerpt:
        """A networkx graph in this form. Its edges are the same objects, not copies."""
        if isinstance(source, Excerpt):
            return source
        before = source.reverse(copy=False)
        return cls.nested(dict(iter(source.nodes(data=True))), dict(source.adjacency()), dict(before.adjacency()), source.graph)

    @cached_property
    def _sides(self) -> tuple[Neighbours, Neighbours]:
        return self.neighbours()

    @property
    def after(self) -> Neighbours:
        """The edges out of each node, nested as networkx has them."""
        return self._sides[0]

    @property
    def before(self) -> Neighbours:
        """The edges into each node."""
        return self._sides[1]

    def neighbours(self) -> tuple[Neighbours, Neighbours]:
        """The edges out of each node and into it as nested dicts, with copies of their attributes."""
        after: Neighbours = {node: {} for node in self.nodes}
        before: Neighbours = {node: {} for node in self.nodes}
        for link in self.edges():
            keys = after[link.source].get(link.target)
            if keys is None:
                keys = after[link.source][link.target] = before[link.target][link.source] = {}
            keys[link.key] = link.attributes()
        return after, before

    def among(self, kept: Collection[str]) -> Excerpt:
        """The part of it between some of its nodes."""
        nodes = self.nodes.among(kept) if isinstance(self.nodes, Nodes) else _among(self.nodes, kept)
        out_of, into = (
            Links((node, links) for node in nodes if (links := [link for link in beside[node] if link[end] in kept]))
            for beside, end in ((self.out_of, 1), (self.into, 0))
        )
        return Excerpt(nodes, out_of, into, self.graph)

    def of_kind(self, kind: str) -> Iterator[str]:
        """The ids of the nodes of a kind."""
        if isinstance(self.nodes, Nodes):
            return self.nodes.of_kind(kind)
        return (node for node, data in self.nodes.items() if data["kind"] == kind)

    def kind(self, node: str) -> str:
        """The kind of a node."""
        return self.called(node)[0]

    def called(self, node: str) -> tuple[str, str]:
        """The kind and the name of a node."""
        if isinstance(self.nodes, Nodes):
            return self.nodes.called(node)
        return self.nodes[node]["kind"], self.nodes[node]["name"]

    def edges(self) -> Iterator[Link]:
        """Each edge."""
        return chain.from_iterable(self.out_of[node] for node in self.nodes)


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


def _among(nodes: Mapping[str, Attributes], kept: Collection[str]) -> dict[str, Attributes]:
    return {node: data for node, data in nodes.items() if node in kept}


def assembled(
    nodes: Nodes,
    edges: Iterable[EdgeRow],
    scope: Scope,
    listings: Listings,
    unseen: dict[str, Attributes],
) -> Excerpt:
    """Some nodes, and edges between them; the order of the edges decides their keys."""
    unread = {gap.subject: gap for gap in scope.holes if gap.operation == "GetObject"}
    known = {"scope": scope, "gaps": list(scope.holes), "listings": listings, "unread": unread, "unseen": unseen}
    return Excerpt(nodes, *_linked(edges), known)


def _linked(edges: Iterable[EdgeRow]) -> tuple[Links, Links]:
    """The edges out of each node and into it, of rows by source and target. Edges that say the same share their attributes."""
    out_of, into, told = dict[str, list[Link]](), dict[str, list[Link]](), dict[Said, Attributes]()
    for edge in edges:
        source, target, said, time = edge
        data = told.get(said)
        if data is None:
            data = told[said] = said._asdict()
        after = out_of.get(source)
        if after is None:
            after = out_of[source] = []
        taken = _between(after, target) if after and after[-1].target == target else ()
        link = Link(source, target, edge_key(edge, taken), data, time)
        if link.key in taken:  # the later one stays
            into[target] = [one for one in into[target] if one[:3] != link[:3]]
            after[:] = [one for one in after if one[1:3] != link[1:3]]
        after.append(link)
        into.setdefault(target, []).append(link)
    return _packed(out_of), _packed(into)


def _packed(found: dict[str, list[Link]]) -> Links:
    """Lists that grew take twice the room: most nodes have one edge on a side."""
    links = Links()
    for node in list(found):
        links[node] = tuple(found.pop(node))
    return links


def _between(after: list[Link], target: str) -> set[str]:
    """The keys of the edges to a node, which are the last ones of a list."""
    return {link.key for link in takewhile(lambda link: link.target == target, reversed(after))}


def edge_key(edge: EdgeRow, taken: Container[str]) -> str:
    """What distinguishes an edge from others between its nodes: relation and role, if needed also use, field and time."""
    said = edge.said
    key = intern(f"{said.relation}:{said.role}" if said.role else said.relation)  # many edges have each
    if key in taken:  # repeated for another use or at another time
        key = f"{key}#{said.usage}#{said.path}"
    key = f"{key}#{edge.time}" if key in taken else key
    return f"{key}#{said.reader}" if key in taken else key  # such as one model that several things run at once
