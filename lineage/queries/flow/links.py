"""The edges of a graph as every question takes them: each with its ends, in a fixed order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from lineage.domain.jobs import JOBS
from lineage.domain.records import Json
from lineage.graphs.excerpts import Excerpt, Graph, Link

__all__ = ["Flow", "Lately", "Link", "at_each_time", "beside_time", "links_into", "links_out_of", "told_once", "told_together"]

_Asked = str | tuple[str, tuple[str, ...]]
_REMEMBERED = 10_000  # nodes or edges for which something was computed lately
_FEW = 16  # edges beside a node: of fewer all are sorted, and of more those of the relations asked for


class Lately(dict[Any, Any]):
    """What was computed lately. Of very much, what came before is forgotten: a walk comes to most places only once."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= _REMEMBERED:
            self.clear()
        super().__setitem__(key, value)


class Flow:
    """A graph that does not change while one question asks it: networkx's views as plain dicts.

    `nodes` has the attributes by id, `graph` those of the graph itself. `of_kind` gives the ids of the nodes of a kind, `kind`
    the kind of a node, and `called` also its name: no attributes are made for that. `kept` stores what is computed once.
    """

    def __init__(self, graph: Graph | Excerpt) -> None:
        excerpt = Excerpt.of(graph)
        self.nodes: Mapping[str, Json] = excerpt.nodes
        self.of_kind, self.kind, self.called = excerpt.of_kind, excerpt.kind, excerpt.called
        self.graph: Json = excerpt.graph
        self._into, self._out_of = excerpt.into, excerpt.out_of
        self._sorted_into: dict[_Asked, list[Link]] = Lately()
        self._sorted_out_of: dict[_Asked, list[Link]] = Lately()
        self._between: dict[str, dict[str, list[Json]]] = {}
        self.kept: dict[object, Any] = {}

    def into(self, node: str, relations: Collection[str]) -> Iterator[Link]:
        """The edges of some relations into a node."""
        return (link for link in self._into[node] if link[3]["relation"] in relations)

    def sorted_into(self, node: str, relations: tuple[str, ...]) -> list[Link]:
        """The same edges by their usage, sorted once: each is looked at from several sides."""
        return _chosen(self._into[node], node, relations, self._sorted_into, _by_usage)

    def sorted_out_of(self, node: str, relations: tuple[str, ...]) -> list[Link]:
        """The edges of some relations out of a node, by where they lead and by key."""
        return _chosen(self._out_of[node], node, relations, self._sorted_out_of, _TARGET_AND_KEY)

    @classmethod
    def of(cls, graph: Graph | Excerpt | Flow) -> Flow:
        """The graph as a `Flow`."""
        return graph if isinstance(graph, Flow) else cls(graph)

    def __contains__(self, node: str) -> bool:
        return node in self.nodes

    def is_job(self, node: str) -> bool:
        """Whether a node is a job, by its kind."""
        return self.kind(node) in JOBS

    def sources(self, node: str) -> list[str]:
        """The nodes with an edge into a node."""
        return sorted({link.source for link in self._into[node]})

    def targets(self, node: str) -> list[str]:
        """The nodes to which a node has an edge."""
        return sorted({link.target for link in self._out_of[node]})

    def between(self, source: str, target: str) -> Iterable[Json]:
        """The attributes of each edge from one node to another."""
        if source not in self._between:
            found = self._between[source] = defaultdict(list)
            for link in self._out_of[source]:
                found[link.target].append(link.attributes())
        return self._between[source][target]

    def leads_on(self, node: str) -> bool:
        """Whether there is an edge out of a node."""
        return bool(self._out_of[node])

    def links(self, *relations: str) -> Iterator[Link]:
        """All edges of some relations, by their ends and by key."""
        for node in sorted(node for node in self.nodes if self._out_of[node]):
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


_TARGET_AND_KEY = itemgetter(1, 2)


def _chosen(
    links: Sequence[Link], node: str, relations: tuple[str, ...], known: dict[_Asked, list[Link]], order: Callable[[Link], Any]
) -> list[Link]:
    """The edges of some relations in order. Most nodes of a large estate have one edge, or none, and need no sorting."""
    if len(links) < 2:
        return [link for link in links if link[3]["relation"] in relations]
    if len(links) <= _FEW:
        every = known.get(node)
        if every is None:
            every = known[node] = sorted(links, key=order)
        return [link for link in every if link[3]["relation"] in relations]
    asked = node, relations
    found = known.get(asked)
    if found is None:
        found = known[asked] = sorted((link for link in links if link[3]["relation"] in relations), key=order)
    return found
