"""The layout: nothing overlaps, cycles and any size are accepted, and the result is always the same."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import networkx as nx
import pytest

from lineage.outputs.pictures.layout import Box, Layout, Point, layout


def drawn(*edges: str, alone: str = "", **words: object) -> Layout:
    """The layout of edges like `a>b`."""
    graph = nx.MultiDiGraph([edge.split(">") for edge in edges])
    graph.add_nodes_from(alone)
    return layout(graph, graph.edges(keys=True), **words)


def any_graph(seed: int) -> nx.MultiDiGraph:
    """Some nodes and edges: cycles, loops, parallels, several pieces."""
    dice = random.Random(seed)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(f"n{number}" for number in range(dice.randint(1, 40)))
    nodes = sorted(graph)
    graph.add_edges_from((dice.choice(nodes), dice.choice(nodes)) for _ in range(dice.randint(0, 60)))
    return graph


def overlap(one: Box, other: Box) -> bool:
    return all(one[axis] < other[axis] + other[axis + 2] and other[axis] < one[axis] + one[axis + 2] for axis in (0, 1))


def inside(point: Point, box: Box) -> bool:
    """Well inside, not on the edge."""
    return all(box[axis] + 0.5 < point[axis] < box[axis] + box[axis + 2] - 0.5 for axis in (0, 1))


def along(points: list[Point]) -> list[Point]:
    """Points on a line as it is drawn: level, or a curve that begins and ends level."""
    found = []
    for (x, y), (to, down) in pairwise(points):
        for step in range(11):
            part = step / 10
            bent = 3 * part**2 - 2 * part**3
            across = x + (to - x) * (1.5 * part * (1 - part) + part**3)
            found.append((across, y + (down - y) * bent))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_no_box_lies_on_another_and_no_line_crosses_one(seed: int) -> None:
    """Boxes are apart and inside the page, and lines go around them."""
    graph = any_graph(seed)
    sizes = {node: (60.0 + 17 * (int(node[1:]) % 9), 30.0 + int(node[1:]) % 3 * 8) for node in graph}
    found = layout(graph, graph.edges(keys=True), sizes=sizes)
    assert set(found.boxes) == set(graph)
    assert set(found.lines) == set(graph.edges(keys=True))
    assert [pair for pair in combinations(found.boxes.values(), 2) if overlap(*pair)] == []
    assert all(
        x >= 0 and y >= 0 and x + w <= found.width + 1 and y + h <= found.height + 1 for x, y, w, h in found.boxes.values()
    )
    hit = [(edge, node) for edge, line in found.lines.items() for node, box in found.boxes.items()
           if any(inside(point, box) for point in along(line)) and edge[0] != edge[1]]  # fmt: skip
    assert hit == []


@pytest.mark.parametrize("seed", range(20))
def test_groups_stand_in_frames_of_their_own(seed: int) -> None:
    """A frame holds the boxes of its group and no other, and no two frames overlap."""
    graph = any_graph(seed)
    groups = {node: f"g{int(node[1:]) % 3}" for node in graph if int(node[1:]) % 4}
    found = layout(graph, graph.edges(keys=True), groups=groups)
    assert set(found.frames) == set(groups.values())
    assert [pair for pair in combinations(found.frames.values(), 2) if overlap(*pair)] == []
    assert [pair for pair in combinations(found.boxes.values(), 2) if overlap(*pair)] == []
    for node, box in found.boxes.items():
        around = [name for name, frame in found.frames.items() if overlap(box, frame)]
        assert around == list(filter(None, [groups.get(node)]))


def test_data_flows_to_the_right() -> None:
    """A node's inputs are on its left, and as near to it as possible."""
    left = {node: box[0] for node, box in drawn("a>b", "b>c", "c>d", "x>d", "a>d").boxes.items()}
    assert left["a"] < left["b"] < left["c"] == left["x"] < left["d"]


def test_in_a_circle_one_line_runs_back() -> None:
    """A cycle is laid out from the node with an input from outside; one of its lines goes from right to left."""
    found = drawn("in>b", "b>c", "c>d", "d>b")
    assert [edge for edge, line in found.lines.items() if line[0][0] > line[-1][0]] == [("d", "b", 0)]
    assert len({box[0] for box in found.boxes.values()}) == 4


def test_parallel_lines_are_apart() -> None:
    """Two edges between the same nodes are two lines."""
    one, other = drawn("a>b", "a>b").lines.values()
    assert {y for _, y in one}.isdisjoint(y for _, y in other)


def test_the_order_in_which_nodes_came_does_not_matter() -> None:
    """The same graph looks the same, in whatever order it was built."""
    edges = [f"a{number % 3}>b{number}" for number in range(9)]
    assert drawn(*edges) == drawn(*reversed(edges))


@pytest.mark.parametrize(("edges", "alone"), [((), ""), ((), "a"), (("a>a",), ""), ((), "abcdefghij")])
def test_little_is_a_layout_too(edges: tuple[str, ...], alone: str) -> None:
    """Nothing, a single node, a loop and nodes without an edge are laid out."""
    assert len(drawn(*edges, alone=alone).boxes) == len(set(alone) | {edge[0] for edge in edges})


def test_pieces_make_a_page_and_no_tower() -> None:
    """Many small pieces are packed in rows."""
    found = drawn(*(f"a{number}>b{number}" for number in range(400)))
    assert 0.5 < found.width / found.height < 4


def test_a_long_chain_with_long_lines_is_laid_out() -> None:
    """Deep graphs need no recursion, and many long lines no room for each layer that they cross."""
    deep = [f"{number:04}>{number + 1:04}" for number in range(3000)]
    found = drawn(*deep, *(f"{number:04}>3000" for number in range(0, 3000, 7)))
    assert len(found.lines) == 3000 + 429 - 0
    assert sum(map(len, found.lines.values())) < 60_000
