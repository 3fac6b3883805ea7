"""The edges of a graph as every question takes them: each with its ends, in a fixed order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from lineage.domain.records import Json
from lineage.graphs.excerpts import Excerpt, Graph, Neighbours


class Link(NamedTuple):
    """One edge of the graph: its ends, its key, and its attributes."""

    source: str
    target: str
    key: str
    data: Json

    @property
    def relation(self) -> str:
        relation: str = self.data["relation"]
        return relation


class Flow:
    """A graph that does not change while one question asks it: networkx's views as plain dicts.

    `nodes` has the attributes by id, `graph` those of the graph itself. `kept` stores what is computed once.
    """

    def __init__(self, graph: Graph | Excerpt) -> None:
        excerpt = Excerpt.of(graph)
        self.nodes: dict[str, Json] = excerpt.nodes
        self.graph: Json = excerpt.graph
        self._after: Neighbours = excerpt.after
        self._before: Neighbours = excerpt.before
        self._out_of: dict[tuple[str, tuple[str, ...]], list[Link]] = {}
        self._into: dict[tuple[str, tuple[str, ...]], list[Link]] = {}
        self.kept: dict[str, Any] = {}

    def into(self, node: str, relations: Collection[str]) -> Iterator[Link]:
        """The edges of some relations into a node."""
        for source, keys in self._before[node].items():
            for key, data in keys.items():
                if data["relation"] in relations:
                    yield Link(source, node, key, data)

    def sorted_into(self, node: str, relations: tuple[str, ...]) -> list[Link]:
        """The same edges by their usage, sorted once: each is looked at from several sides."""
        found = self._into.get((node, relations))
        if found is None:
            found = self._into[node, relations] = _sorted(list(self.into(node, relations)), _by_usage)
        return found

    def sorted_out_of(self, node: str, relations: tuple[str, ...]) -> list[Link]:
        """The edges of some relations out of a node, by where they lead and by key."""
        found = self._out_of.get((node, relations))
        if found is None:
            ends = self._after[node].items()
            links = [
                Link(node, target, key, data)
                for target, keys in ends
                for key, data in keys.items()
                if data["relation"] in relations
            ]
            found = self._out_of[node, relations] = _sorted(links, itemgetter(1, 2))
        return found

    @classmethod
    def of(cls, graph: Graph | Excerpt | Flow) -> Flow:
        """The graph as a `Flow`."""
        return graph if isinstance(graph, Flow) else cls(graph)

    def __contains__(self, node: str) -> bool:
        return node in self.nodes

    def sources(self, node: str) -> list[str]:
        """The nodes with an edge into a node."""
        return sorted(self._before[node])

    def targets(self, node: str) -> list[str]:
        """The nodes to which a node has an edge."""
        return sorted(self._after[node])

    def between(self, source: str, target: str) -> Iterable[Json]:
        """The attributes of each edge from one node to another."""
        return self._after[source][target].values()

    def leads_on(self, node: str) -> bool:
        """Whether there is an edge out of a node."""
        return bool(self._after[node])

    def links(self, *relations: str) -> Iterator[Link]:
        """All edges of some relations, by their ends and by key."""
        for node in sorted(node for node, ends in self._after.items() if ends):
            yield from links_out_of(self, node, *relations)


def links_into(graph: Flow, node: str, *relations: str) -> list[Link]:
    """The edges of some relations into a node: by usage, by role, by source."""
    return graph.sorted_into(node, relations)


def links_out_of(graph: Flow, node: str, *relations: str) -> list[Link]:
    """The edges of some relations out of a node, in a fixed order."""
    return graph.sorted_out_of(node, relations)


def told_once(links: Iterable[Link]) -> list[Link]:
    """Edges without those that differ from an earlier one only in their time: a restarted job read the same again."""
    return [same[0] for same in told_together(links)]


def told_together(links: Iterable[Link]) -> list[tuple[Link, ...]]:
    """Edges, grouped if they differ only in their time."""
    found: dict[tuple[object, ...], tuple[Link, ...]] = {}
    for link in links:
        found[beside_time(link)] = (*found.get(beside_time(link), ()), link)
    return list(found.values())


def at_each_time(graph: Flow, reading: Link) -> list[Link]:
    """An edge, with those that differ from it only in their time."""
    return [link for link in links_into(graph, reading.target, reading.relation) if beside_time(link) == beside_time(reading)]


def beside_time(link: Link) -> tuple[object, ...]:
    """What an edge says besides its time."""
    data = link.data
    return (link.source, link.target, data["relation"], data["role"], data["usage"], data["path"], data["listing"])


_USAGE_ORDER = ("production", "instance-pool", "shadow", "data", "model", "checkpoint", "baseline", "code")


def _by_usage(link: Link) -> tuple[int, str, str, str]:
    usage = link.data["usage"]
    return (_USAGE_ORDER.index(usage) if usage in _USAGE_ORDER else 0, link.data["role"], link.source, link.key)


def _sorted(links: list[Link], order: Callable[[Link], Any]) -> list[Link]:
    """A sorted list. Most nodes of a large estate have one edge, or none, and need no sorting."""
    return sorted(links, key=order) if len(links) > 1 else links
