"""Layout by Graphviz: the input for `dot`, and the reading of its answer. Pure.

It sees boxes and lines without names; we draw them.
"""

from __future__ import annotations

import json
from typing import Any

from lineage.outputs.pictures.cards import size_of
from lineage.outputs.pictures.figures import Picture
from lineage.outputs.pictures.layout import Box, Point
from lineage.outputs.pictures.placing import LABELLED, LETTER, Placed, at

_INCH = 72.0


def asked_of_dot(drawn: Picture, *, turned: bool = False) -> str:
    """The DOT text of boxes and lines; it runs down if `turned`."""
    names = {node: f"n{number}" for number, node in enumerate(drawn.figures)}
    frames = {name: f"cluster{number}" for number, name in enumerate(sorted(set(drawn.groups.values())))}
    space = "nodesep=0.22; ranksep=0.35;" if turned else "nodesep=0.2; ranksep=0.5;"
    lines = [
        f"digraph {{ rankdir={'TB' if turned else 'LR'}; newrank=true; {space}",
        'node [shape=box fixedsize=true label=""];',
    ]
    for node, figure in drawn.figures.items():
        wide, high = size_of(figure)
        box = f"{names[node]} [width={wide / _INCH:.3f} height={high / _INCH:.3f}];"
        frame = frames.get(drawn.groups.get(node, ""))
        lines.append(f'subgraph {frame} {{ label="x"; {box} }}' if frame else box)
    labelled = len(drawn.arrows) <= LABELLED
    for number, arrow in enumerate(drawn.arrows):
        # Room for the words: as many letters of a monospaced font, and a little more.
        room = "x" * (len(arrow.label) + 2)
        words = f' label="{room}" fontname=Courier fontsize={LETTER / 0.6:.1f}' if labelled and arrow.label else ""
        aside = " constraint=false" if arrow.aside else ""
        lines.append(f"{names[arrow.source]} -> {names[arrow.target]} [id=e{number}{words}{aside}];")
    return "\n".join([*lines, "}"])


def placed_by_dot(drawn: Picture, answer: bytes) -> Placed:
    """The positions in the JSON answer of `dot`."""
    said: dict[str, Any] = json.loads(answer)
    _, _, width, height = _numbers(said["bb"])
    objects = {one["name"]: one for one in said.get("objects", ())}
    boxes: dict[str, Box] = {}
    for number, (node, figure) in enumerate(drawn.figures.items()):
        wide, high = size_of(figure)
        x, y = _numbers(objects[f"n{number}"]["pos"])
        boxes[node] = (_tenth(x - wide / 2), _tenth(height - y - high / 2), wide, high)
    frames: dict[str, Box] = {}
    for number, name in enumerate(sorted(set(drawn.groups.values()))):
        left, low, right, top = _numbers(objects[f"cluster{number}"]["bb"])
        frames[name] = (_tenth(left), _tenth(height - top), _tenth(right - left), _tenth(top - low))
    edges = {one["id"]: one for one in said.get("edges", ())}
    ways, labels = {}, {}
    for number, arrow in enumerate(drawn.arrows):
        key, edge = (arrow.source, arrow.target, arrow.key), edges[f"e{number}"]
        ways[key], middle = _way(edge["pos"], height)
        labels[key] = _turned(edge["lp"], height) if edge.get("lp") else middle
    return Placed(boxes, ways, labels, frames, width, height)


def _way(said: str, height: float) -> tuple[str, Point]:
    """The `d` of a line, and its middle. Graphviz gives the arrow's end first, then the points of its curves."""
    pieces = said.split()
    end = [_turned(piece[2:], height) for piece in pieces if piece.startswith("e,")]
    points = [_turned(piece, height) for piece in pieces if piece[1] != ","]
    tail = "".join(f"L{at(point)}" for point in end)
    return f"M{at(points[0])}C{' '.join(map(at, points[1:]))}{tail}", points[len(points) // 2]


def _turned(said: str, height: float) -> Point:
    """A point of Graphviz, whose heights grow upward."""
    x, y = _numbers(said)
    return _tenth(x), _tenth(height - y)


def _numbers(said: str) -> list[float]:
    return [float(number) for number in said.split(",")]


def _tenth(place: float) -> float:
    return round(place, 1) + 0.0
