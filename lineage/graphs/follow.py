"""Tables of relations to follow, and the engine that reads them: the part of a large graph that a question needs. Pure.

A table grows named sets of nodes. A line says from which set's nodes edges are taken, of which relations and in which
direction, and which set their far ends join. Lines are read again until no set grows, so their order does not
matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from operator import attrgetter
from typing import Literal, NamedTuple, Protocol

from lineage.domain.kinds import RELATIONS
from lineage.graphs.excerpts import Attributes, EdgeRow

Direction = Literal["up", "down"]
EVERY = tuple(RELATIONS)
Seeds = Mapping[str, Iterable[str]]
"""The first nodes of some sets, by the names of the sets."""


class Only(Enum):
    """Which edges are taken, if the relations alone do not decide."""

    ALL = auto()
    TELLING = auto()  # not those to runs that say no more than their job
    LEADING_ON = auto()  # nor those to places that nothing reads
    MENTIONED = auto()  # reads only of what is also mentioned


class Follow(NamedTuple):
    """A line of a table: edges out of the nodes of a set (`down`), or into them (`up`), and which sets their ends join.

    Without a named set, the edges are added to what is reached, but not followed further.
    """

    start: str
    way: Direction
    relations: Sequence[str]
    to: str = ""  # the set of the far ends
    near: str = ""  # the set of the near ends
    only: Only = Only.ALL
    where: Sequence[str] = ()  # the sorts of nodes to start from; all if none is named
    edge: Callable[[EdgeRow], bool] | None = None  # the edges whose ends join


class Source(Protocol):
    """A larger graph, from which a part is wanted."""

    def edges(self, nodes: Iterable[str], way: Direction, relations: Sequence[str], only: Only) -> Iterable[EdgeRow]:
        """The edges of some relations into some nodes, or out of them."""
        ...

    def attributes(self, nodes: Iterable[str]) -> Iterable[tuple[str, Attributes]]:
        """The attributes of some nodes."""
        ...

    def sort_of(self, node: str, attributes: Attributes) -> str:
        """The sort of a node, for lines that start only from some sorts."""
        ...


class Grown:
    """The result of a table: the edges, the sets, and the attributes of nodes for which a line needed them."""

    def __init__(self, source: Source, seeds: Seeds) -> None:
        self.edges: dict[EdgeRow, None] = {}
        # not sets: rows come in order, and ids in order are sorted fast
        self.sets: dict[str, dict[str, None]] = defaultdict(dict)
        self.nodes: dict[str, Attributes] = {}
        self._sorts: dict[str, str] = {}
        self._source = source
        self._new: dict[str, list[str]] = defaultdict(list)
        for name, nodes in seeds.items():
            self.sets[name] = dict.fromkeys(nodes)
            self._new[name] = list(self.sets[name])

    def follow(self, table: Iterable[Follow]) -> None:
        """Read the lines until no set grows. Requests of several lines for the same nodes are made once."""
        asked: dict[object, list[Follow]] = defaultdict(list)
        for line in table:
            asked[line.start, line.way, line.only, tuple(line.where)].append(line)
        while any(self._new.values()):
            new, self._new = self._new, defaultdict(list)
            for lines in asked.values():
                nodes = self._those(new.get(lines[0].start, []), lines[0].where)
                if nodes:
                    self._take(nodes, lines)

    def _those(self, nodes: list[str], where: Sequence[str]) -> list[str]:
        if not where:
            return nodes
        for node, attributes in self._source.attributes([node for node in nodes if node not in self.nodes]):
            self.nodes[node] = attributes
            self._sorts[node] = self._source.sort_of(node, attributes)
        return [node for node in nodes if self._sorts[node] in where]

    def _take(self, nodes: list[str], lines: list[Follow]) -> None:
        first, relations = lines[0], dict.fromkeys(relation for line in lines for relation in line.relations)
        edges = dict.fromkeys(self._source.edges(nodes, first.way, list(relations), first.only))
        self.edges |= edges
        sources, targets = attrgetter("source"), attrgetter("target")
        far, near = (sources, targets) if first.way == "up" else (targets, sources)
        for line in lines:
            for name, end in ((line.to, far), (line.near, near)):
                if name:
                    self._join(name, map(end, _leading(edges, line, relations)))

    def _join(self, name: str, nodes: Iterable[str]) -> None:
        known = self.sets[name]
        fresh = [node for node in dict.fromkeys(nodes) if node not in known]
        known |= dict.fromkeys(fresh)
        self._new[name] += fresh


def _leading(edges: Iterable[EdgeRow], line: Follow, asked: Iterable[str]) -> Iterator[EdgeRow]:
    """The edges that a line takes; most lines take all that were asked for."""
    if line.edge is None and set(line.relations).issuperset(asked):
        return iter(edges)
    relations, edge_of = frozenset(line.relations), line.edge
    return (edge for edge in edges if edge.relation in relations and (edge_of is None or edge_of(edge)))


def grow(source: Source, table: Iterable[Follow], seeds: Seeds) -> Grown:
    """All that a table leads to from the first nodes of its sets."""
    grown = Grown(source, seeds)
    grown.follow(table)
    return grown
