"""Tables of relations to follow, and the engine that reads them: the part of a large graph that a question needs. Pure.

A table grows named sets of nodes. A line says from which set's nodes edges are taken, of which relations and in which
direction, and which set their far ends join. Lines are read again until no set grows, so their order does not
matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum, auto
from functools import cache
from operator import attrgetter
from typing import Any, Literal, NamedTuple, Protocol

from lineage.domain.kinds import RELATIONS
from lineage.graphs.excerpts import EdgeRow

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
    relations: tuple[str, ...]
    to: str = ""  # the set of the far ends
    near: str = ""  # the set of the near ends
    only: Only = Only.ALL
    where: tuple[str, ...] = ()  # the sorts of nodes to start from; all if none is named
    edge: Callable[[EdgeRow], bool] | None = None  # the edges whose ends join


class Source(Protocol):
    """A larger graph, from which a part is wanted."""

    def edges(self, nodes: Iterable[str], way: Direction, relations: Sequence[str], only: Only) -> Iterable[EdgeRow]:
        """The edges of some relations into some nodes, or out of them."""
        ...

    def nodes(self, ids: Iterable[str]) -> Iterable[tuple[str, Any]]:
        """What is known of some nodes, in the source's own form."""
        ...

    def sort_of(self, node: str, known: Any) -> str:
        """The sort of a node, by what is known of it, for lines that start only from some sorts."""
        ...


class Grown:
    """The result of a table: the edges, the sets, and what is known of nodes for which a line needed it."""

    def __init__(self, source: Source, seeds: Seeds) -> None:
        self.edges: dict[EdgeRow, None] = {}
        # not sets: rows come in order, and ids in order are sorted fast
        self.sets: dict[str, dict[str, None]] = defaultdict(dict)
        self.nodes: dict[str, Any] = {}
        self._sorts: dict[str, str] = {}
        self._source = source
        self._new: dict[str, list[str]] = defaultdict(list)
        for name, nodes in seeds.items():
            self.sets[name] = dict.fromkeys(nodes)
            self._new[name] = list(self.sets[name])

    def follow(self, table: tuple[Follow, ...]) -> None:
        """Read the lines until no set grows. Requests of several lines for the same nodes are made once."""
        requests = _requests(table)
        while any(self._new.values()):
            new, self._new = self._new, defaultdict(list)
            for request in requests:
                nodes = self._those([node for start in request.starts for node in new.get(start, ())], request.where)
                if nodes:
                    self._take(nodes, request)

    def _those(self, nodes: list[str], where: Sequence[str]) -> list[str]:
        if not (where and nodes):
            return nodes
        for node, known in self._source.nodes([node for node in nodes if node not in self.nodes]):
            self.nodes[node] = known
            self._sorts[node] = self._source.sort_of(node, known)
        return [node for node in nodes if self._sorts[node] in where]

    def _take(self, nodes: list[str], request: _Request) -> None:
        edges = dict.fromkeys(self._source.edges(nodes, request.way, request.relations, request.only))
        if not edges:
            return
        self.edges |= edges
        far, near = (_SOURCE, _TARGET) if request.way == "up" else (_TARGET, _SOURCE)
        for line, takes_all in request.lines:
            for name, end in ((line.to, far), (line.near, near)):
                if name:
                    self._join(name, map(end, edges if takes_all else _leading(edges, line)))

    def _join(self, name: str, nodes: Iterable[str]) -> None:
        known = self.sets[name]
        fresh = [node for node in dict.fromkeys(nodes) if node not in known]
        known |= dict.fromkeys(fresh)
        self._new[name] += fresh


class _Request(NamedTuple):
    """What is asked for at once: lines that start alike, each with whether it takes all the edges.

    Of sets that are followed alike there are several.
    """

    starts: tuple[str, ...]
    way: Direction
    only: Only
    where: tuple[str, ...]
    relations: tuple[str, ...]
    lines: tuple[tuple[Follow, bool], ...]


_SOURCE, _TARGET = attrgetter("source"), attrgetter("target")


@cache
def _requests(table: tuple[Follow, ...]) -> tuple[_Request, ...]:
    """The lines of a table by what they start from; there are only a few tables."""
    asked: dict[tuple[str, Direction, Only, tuple[str, ...]], list[Follow]] = defaultdict(list)
    for line in table:
        asked[line.start, line.way, line.only, line.where].append(line)
    alike: dict[object, list[_Request]] = defaultdict(list)
    for (start, way, only, where), lines in asked.items():
        relations = tuple(dict.fromkeys(relation for line in lines for relation in line.relations))
        takes_all = [line.edge is None and set(line.relations).issuperset(relations) for line in lines]
        request = _Request((start,), way, only, where, relations, tuple(zip(lines, takes_all, strict=True)))
        alike[way, only, where, tuple(line._replace(start="") for line in lines)].append(request)
    return tuple(same[0]._replace(starts=tuple(one.starts[0] for one in same)) for same in alike.values())


def _leading(edges: Iterable[EdgeRow], line: Follow) -> Iterator[EdgeRow]:
    """The edges that a line takes, of those that were asked for with it."""
    edge_of = line.edge
    return (edge for edge in edges if edge.said.relation in line.relations and (edge_of is None or edge_of(edge)))


def grow(source: Source, table: tuple[Follow, ...], seeds: Seeds) -> Grown:
    """All that a table leads to from the first nodes of its sets."""
    grown = Grown(source, seeds)
    grown.follow(table)
    return grown
