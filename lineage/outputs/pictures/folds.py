"""Many nodes that look alike, as one: `+37 more training jobs`. Pure.

Nodes are alike if they have one kind and the same neighbours, or neighbours that are alike. One of them stays. The others
become a fold, and all their edges lead to it. So each edge of a fold is true for some of its nodes, and no other edge is
drawn.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import Any

from lineage.domain.kinds import CODE
from lineage.graphs.excerpts import Excerpt
from lineage.graphs.nodes import Attributes

# A node with this many edges is like no other. This many steps around a node must look alike; the first number that folds
# enough is used.
_STRICTNESS = ((4, 3), (8, 3), (16, 3), (64, 3), (math.inf, 3), (math.inf, 2), (math.inf, 1), (math.inf, 0))
_LEAST = 3  # a smaller number is not folded

Colours = dict[str, int]
Around = dict[str, list[tuple[Hashable, str]]]
"""Each node's neighbours, with what leads there."""


def fold(graph: Excerpt, most: int, kept: Collection[str], marks: Mapping[str, Hashable]) -> Excerpt:
    """The graph with at most this many nodes, if folding can reach that. `kept` nodes never fold, and marks are never mixed.

    A fold has the ids that it stands for in its attribute `folded`. An edge that stands for several has `times`.
    """
    if len(graph.nodes) <= most:
        return graph
    around: Around = {node: [] for node in sorted(graph.nodes)}
    for link in graph.edges():
        around[link.source].append(((link.relation, "out"), link.target))
        around[link.target].append(((link.relation, "in"), link.source))
    folds: dict[str, list[str]] = {}
    for unlike, rounds in _STRICTNESS:
        folds = _folds(_colours(graph, around, kept, marks, unlike, rounds), around)
        if len(graph.nodes) - sum(len(others) - 1 for others in folds.values()) <= most:
            break
    return _with_folds(graph, folds)


def _colours(
    graph: Excerpt,
    around: Around,
    kept: Collection[str],
    marks: Mapping[str, Hashable],
    unlike: float,
    rounds: int,
) -> Colours:
    """A number for each node, the same for nodes that look alike."""
    looks: dict[str, Hashable] = {}
    for node in around:
        data = graph.nodes[node]
        single = node in kept or len(around[node]) >= unlike
        looks[node] = node if single else (data["kind"], data["observed"], marks.get(node))
    colours = _numbered(looks)
    for _ in range(rounds):
        seen = {node: frozenset((how, colours[other]) for how, other in near) for node, near in around.items()}
        colours = _numbered({node: (colours[node], seen[node]) for node in around})
    return colours


def _numbered(looks: Mapping[str, Hashable]) -> Colours:
    numbers: dict[Hashable, int] = {}
    return {node: numbers.setdefault(look, len(numbers)) for node, look in looks.items()}


def _folds(colours: Colours, around: Around) -> dict[str, list[str]]:
    """The nodes that stay, each with the others that are alike. Neighbours of a node that stays also stay."""
    alike: dict[int, list[str]] = defaultdict(list)
    for node, colour in colours.items():
        alike[colour].append(node)
    folds: dict[str, list[str]] = {}
    for nodes in alike.values():
        if len(nodes) >= _LEAST:
            stays = max(nodes, key=lambda node: sum(other in folds for _, other in around[node]))
            folds[stays] = [node for node in nodes if node != stays]
    return folds


def _with_folds(graph: Excerpt, folds: dict[str, list[str]]) -> Excerpt:
    names = {node: f"+{len(others)} {stays}" for stays, others in folds.items() for node in others}
    nodes: dict[str, Attributes] = {node: data for node, data in graph.nodes.items() if node not in names}
    nodes |= {f"+{len(others)} {stays}": _told(graph, others) for stays, others in folds.items()}
    folded = Excerpt.nested(nodes, {node: {} for node in nodes}, {node: {} for node in nodes}, graph.graph)
    for link in graph.edges():
        # Edges between the same ends with the same meaning become one, with their number.
        begin, end = names.get(link.source, link.source), names.get(link.target, link.target)
        keys = folded.before[end][begin] = folded.after[begin].setdefault(end, {})
        key = "\t".join(str(link.data[word]) for word in ("relation", "role", "usage", "evidence"))
        same = keys.setdefault(key, link.attributes() | {"times": 0})
        same["times"] += 1
    return folded


def _told(graph: Excerpt, nodes: list[str]) -> dict[str, Any]:
    first = graph.nodes[nodes[0]]
    same = {name: first[name] for name in ("kind", "account", "region", "observed")}
    statuses = Counter(str(graph.nodes[node]["status"]) for node in nodes if graph.nodes[node]["status"])
    status = ", ".join(f"{number:,} {said}" for said, number in sorted(statuses.items())) or None
    label = f"+{len(nodes):,} more {plural(first['kind'])}"
    empty = dict.fromkeys(("arn", "created", "modified"))
    return same | empty | {"name": label, "label": label, "status": status, "folded": sorted(nodes)}


def plural(kind: str) -> str:
    """The plural of a kind."""
    return "places of code" if kind == CODE.name else f"{kind.replace('-', ' ')}s"


def told(graph: Excerpt) -> Iterator[str]:
    """What the folds of a graph stand for, the largest first."""
    counts = Counter[str]()
    for data in graph.nodes.values():
        counts[data["kind"]] += len(data.get("folded", ()))
    for kind, number in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if number:
            yield f"{number:,} {plural(kind)}"
