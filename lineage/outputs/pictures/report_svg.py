"""The chain behind an endpoint as an inline SVG for paper: its colours follow the page's, light, dark or printed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

import networkx as nx

from lineage.domain.kinds import KINDS, PLACES, SHOWN_BESIDE
from lineage.domain.records import Json
from lineage.outputs.pictures.layout import Point, layout

_WIDE, _HIGH = 222.0, 40.0
_GAP, _PAGE = 34.0, 700.0  # between layers; what a page has room for without being drawn smaller
_CHARACTERS = 29  # of a label: what fits in a box


def figure(title: str, nodes: list[Json], edges: list[Json]) -> str:
    """An SVG of nodes and edges, the way data flows: down, or to the right where that is narrower.

    Container images are left out, as in `draw`.
    """
    shown = {node["id"]: node for node in nodes if node["kind"] not in SHOWN_BESIDE}
    drawn = {(edge["source"], edge["target"]): edge for edge in reversed(edges)}
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(shown)
    for source, target in sorted(drawn):
        if source in shown and target in shown:
            graph.add_edge(source, target, key="")
    down = layout(graph, sizes=dict.fromkeys(shown, (_HIGH, _WIDE)), gap=_GAP)
    right = layout(graph, sizes=dict.fromkeys(shown, (_WIDE, _HIGH)), gap=_GAP)
    placed, turned = (down, True) if down.height <= max(right.width, _PAGE) else (right, False)
    lines = (_line(points, drawn[key[:2]], turned=turned) for key, points in sorted(placed.lines.items()))
    boxes = (_box(shown[node], *_turned((x, y), turned=turned)) for node, (x, y, _, _) in sorted(placed.boxes.items()))
    width, height = _turned((placed.width, placed.height), turned=turned)
    size = f"{width + 16:.0f} {height + 16:.0f}"
    head = f'<svg class="chain" viewBox="-8 -8 {size}" style="max-width:{width + 16:.0f}px" role="img">'
    return "".join([head, f"<title>{escape(title)}</title>", _ARROW, *lines, *boxes, "</svg>"])


def _turned(point: Point, *, turned: bool) -> Point:
    """The layout runs to the right: turned, what was right is down."""
    return (point[1], point[0]) if turned else point


_ARROW = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>'
)


def _line(points: list[Point], edge: Json, *, turned: bool) -> str:
    sort = "beside" if edge["relation"] in ("recorded-by", "member-of", "mentions", "associated") else edge["method"]
    said = " ".join(filter(None, (edge["relation"], edge["role"])))
    path = _path(points, turned=turned)
    return f'<path class="line {escape(sort)}" d="{path}" marker-end="url(#to)"><title>{escape(_visible(said))}</title></path>'


def _path(points: list[Point], *, turned: bool) -> str:
    """A line that runs straight on where it can, and else a curve that leaves and comes in straight."""
    path = f"M{_pair(points[0], turned=turned)}"
    moves = (pair for pair in pairwise(points) if pair[0] != pair[1])  # a tip takes its direction from the last one
    for (x, y), (to, aside) in moves:
        middle = (x + to) / 2
        bends = () if aside == y or to == x else ((middle, y), (middle, aside))
        path += ("C" if bends else "L") + " ".join(_pair(point, turned=turned) for point in (*bends, (to, aside)))
    return path


def _pair(point: Point, *, turned: bool) -> str:
    x, y = _turned(point, turned=turned)
    return f"{x:.1f} {y:.1f}"


def _box(node: Json, x: float, y: float) -> str:
    seen = "" if node["observed"] else " unseen"
    sort = "place" if node["kind"] in PLACES else "thing"
    colour = KINDS[node["kind"]].colour if node["kind"] in KINDS else "#888888"
    rounded = 12 if sort == "place" else 4
    rect = f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{_WIDE:.0f}" height="{_HIGH:.0f}" rx="{rounded}"/>'
    mark = f'<rect fill="{escape(colour)}" x="{x + 7:.1f}" y="{y + 8:.1f}" width="4" height="{_HIGH - 16:.0f}" rx="2"/>'
    words = "".join(_words(node, x + 18, y))
    return f'<g class="{sort}{seen}"><title>{escape(_visible(node["id"]))}</title>{rect}{mark}{words}</g>'


def _words(node: Json, x: float, y: float) -> Iterator[str]:
    kind = node["kind"].replace("-", " ") + ("" if node["observed"] else " · not observed")
    yield f'<text class="kind" x="{x:.1f}" y="{y + 15:.1f}">{escape(kind)}</text>'
    yield f'<text x="{x:.1f}" y="{y + 30:.1f}">{escape(_short(_visible(node["label"]), ends=node["kind"] in PLACES))}</text>'


def _short(text: str, *, ends: bool) -> str:
    """What fits of a long text: places differ at their ends. Whole they stand in the tables."""
    if len(text) <= _CHARACTERS:
        return text
    half = _CHARACTERS // 2
    return f"…{text[1 - _CHARACTERS :]}" if ends else f"{text[:half]}…{text[-half:]}"


def _visible(text: str) -> str:
    return "".join(c if ord(c) >= 32 else " " for c in text)
