"""The part of a graph that a selector names, from a snapshot or from a graph in memory.

Of a snapshot only that part is read. `selectors.py` says what a selector is, and what its words mean.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Protocol

from lineage.domain.given import text as a_text
from lineage.domain.kinds import KINDS, PLACES, RELATIONS
from lineage.domain.names import is_arn, node_id, parse_location
from lineage.domain.text import storable
from lineage.domain.urls import from_url, page_of
from lineage.graphs.build import shown, whole
from lineage.graphs.excerpts import Excerpt, Graph, insist_source
from lineage.graphs.follow import Direction
from lineage.graphs.neighbourhoods import between, ends_of
from lineage.queries.scope import ALL, Within
from lineage.queries.selectors import (
    KIND,
    TAG,
    WILD,
    Names,
    Selector,
    alike,
    id_of,
    ids_of,
    names_of,
    none_is_all,
    nothing_within,
    parse_selector,
    shares,
    spans,
    unknown,
)
from lineage.snapshot.reading import Snapshot

_FLOWS = frozenset(name for name, relation in RELATIONS.items() if relation.flows)
_GROUPS = frozenset({"recorded-by", "member-of"})


def select(source: Snapshot | Graph, text: str) -> Graph:
    """The part of a snapshot or a graph that a selector names, with the runs and experiments of its jobs.

    Raises `UnknownNode` and `MalformedName`.
    """
    if isinstance(source, Snapshot):
        return shown(part(source, text))
    chosen = selected(source, text)
    copied: Graph = source.subgraph(chosen).copy()
    return copied


def part(source: Snapshot | Graph | Excerpt, text: str) -> Excerpt:
    """The same without networkx."""
    chosen = selected(source, text)
    return between(source, chosen) if isinstance(source, Snapshot) else whole(source).among(chosen)


def selected(source: Snapshot | Graph | Excerpt, text: str) -> set[str]:
    """The ids of the nodes that `select` gives. Of a snapshot no graph is made. Raises `UnknownNode` and `MalformedName`."""
    asked = _asked(source)
    chosen = set.intersection(*(_chosen(asked, word) for word in _words(asked, text)))
    if not chosen:
        raise none_is_all(text)
    return chosen


def named(source: Snapshot | Graph | Excerpt, text: str) -> set[str]:
    """The nodes that the words of a selector name, without what a `+` adds to them. Raises `UnknownNode`."""
    asked, found = _asked(source), set[str]()
    for word in _words(asked, text):
        body = word if asked.having((word, id_of(word))) else parse_selector(word).body
        seeds = asked.meant(body) or asked.meant(id_of(body))
        if not seeds:
            raise unknown(body, asked.like(body))
        found |= seeds
    return found


def within(graph: Graph, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> Graph:
    """The part of a graph in some accounts and regions, with the places and images beside it, which belong to none.

    Raises `UnknownNode` if nothing is there.
    """
    asked = Within.of(accounts, regions)
    if isinstance(graph, Snapshot):
        raise TypeError("within takes a graph, lineage.graph(snapshot); this is a snapshot")
    insist_source(graph)
    if asked == ALL:
        return graph
    copied: Graph = graph.subgraph(_inside(Excerpt.of(graph), asked)).copy()
    return copied


def part_within(graph: Excerpt, asked: Within) -> Excerpt:
    """The same without networkx."""
    return graph if asked == ALL else graph.among(_inside(graph, asked))


def _inside(graph: Excerpt, asked: Within) -> set[str]:
    inside = {node for node, data in graph.nodes.items() if _has_place(data) and asked.takes(data["account"], data["region"])}
    beside = {node for end in inside for node in (*graph.before[end], *graph.after[end])}
    kept = inside | {node for node in beside if not _has_place(graph.nodes[node])}
    if not kept:
        raise nothing_within(asked, graph.graph["scope"])
    return kept


def _has_place(data: dict[str, Any]) -> bool:
    return bool(data["account"] or data["region"])


class _Asked(Protocol):
    """What a selector is asked of: a snapshot or a graph."""

    def having(self, ids: Iterable[str]) -> set[str]:
        """Those of some ids that are there."""
        ...

    def meant(self, body: str) -> set[str]:
        """The nodes that the body of a selector names."""
        ...

    def like(self, body: str) -> Names:
        """The nodes that may have been meant by a body that names none."""
        ...

    def ends(self, nodes: Collection[str], way: Direction, relations: frozenset[str]) -> Iterable[str]:
        """The far ends of the edges of some relations into some nodes, or out of them."""
        ...


def _asked(source: Snapshot | Graph | Excerpt) -> _Asked:
    return _InSnapshot(source) if isinstance(source, Snapshot) else _InGraph(whole(source))


class _InSnapshot:
    """A snapshot, of which only what is chosen is read."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def having(self, ids: Iterable[str]) -> set[str]:
        return {node.id for node in self._snapshot.nodes(ids)}

    def meant(self, body: str) -> set[str]:
        return ids_of(self._snapshot, body)

    def like(self, body: str) -> Names:
        return alike(self._snapshot, body)

    def ends(self, nodes: Collection[str], way: Direction, relations: frozenset[str]) -> Iterable[str]:
        return ends_of(self._snapshot, nodes, way, relations)


class _InGraph:
    """A graph in memory."""

    def __init__(self, graph: Excerpt) -> None:
        self._graph = graph

    def having(self, ids: Iterable[str]) -> set[str]:
        return {node for node in ids if node in self._graph.nodes}

    def meant(self, body: str) -> set[str]:
        return resolve(self._graph, body)

    def like(self, body: str) -> Names:  # noqa: ARG002  (a graph compares all of its names)
        return names_of(self._graph)

    def ends(self, nodes: Collection[str], way: Direction, relations: frozenset[str]) -> Iterable[str]:
        around = self._graph.before if way == "up" else self._graph.after
        ends = ((end, keys) for node in nodes for end, keys in around[node].items())
        return (end for end, keys in ends if any(data["relation"] in relations for data in keys.values()))


def _words(asked: _Asked, text: str) -> list[str]:
    """The selectors in a text, separated by spaces. A name or a place that has spaces is one selector."""
    text = storable(from_url(a_text(text, "a selector")))
    is_one = asked.having((text, id_of(text), parse_selector(text).body))
    return [text] if is_one else [from_url(word) for word in text.split()]


def _chosen(asked: _Asked, text: str) -> set[str]:
    exact = asked.having((text, id_of(text)))
    selector = Selector(text) if exact else parse_selector(text)
    seeds = exact if exact and not spans(text) else asked.meant(selector.body)
    if not seeds:
        raise unknown(selector.body, asked.like(selector.body))
    chosen = seeds | _reached(asked, seeds, selector.up, "up") | _reached(asked, seeds, selector.down, "down")
    if selector.up != 0 or selector.down != 0:
        chosen = _reached(asked, chosen, None, "down", _GROUPS)
    return chosen


def _reached(asked: _Asked, seeds: set[str], steps: int | None, way: Direction, relations: frozenset[str] = _FLOWS) -> set[str]:
    reached, frontier = set(seeds), set(seeds)
    while frontier and steps != 0:
        frontier = set(asked.ends(frontier, way, relations)) - reached
        reached |= frontier
        steps = None if steps is None else steps - 1
    return reached


def resolve(graph: Excerpt, body: str) -> set[str]:
    """The nodes that an id, an ARN, an S3 URI, `kind/name`, a name, `kind:KIND` or `tag:KEY=VALUE` stands for."""
    if body in graph.nodes and not spans(body):
        return {body}
    if page := page_of(body):
        return {node for node, data in graph.nodes.items() if page.shows(node, data["kind"], data["name"])}
    if body.startswith(KIND):
        return {node for node, data in graph.nodes.items() if data["kind"] == body.removeprefix(KIND)}
    if body.startswith(TAG):
        wanted = body.removeprefix(TAG)
        tags = ((node, tag) for node, data in graph.nodes.items() for tag in data.get("tags", ()))
        return {node for node, tag in tags if tag == wanted or tag.startswith(f"{wanted}=")}
    if spans(body):
        place, places = parse_location(body), (node for node, data in graph.nodes.items() if data["kind"] in PLACES)
        return {node for node in places if shares(node, place)}
    if is_arn(body):
        return {node_id(body)} & graph.nodes.keys()
    kind, _, name = body.partition("/")
    if kind in KINDS and name:
        return _named(graph, name, kind)
    return _named(graph, body, None)


def _named(graph: Excerpt, name: str, kind: str | None) -> set[str]:
    wanted = name.casefold()
    matches = _glob_of(wanted).match if WILD.search(wanted) else wanted.__eq__
    return {node for node, data in graph.nodes.items() if kind in (None, data["kind"]) and matches(data["name"].casefold())}


def _glob_of(text: str) -> re.Pattern[str]:
    """The pattern of a name in which `*` stands for any text and `?` for any character."""
    parts = ({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    return re.compile(rf"(?s:{''.join(parts)})\Z")
