"""The chain behind an endpoint as a piece of a page, painted as all our graphs are; its colours are those of the page."""

from __future__ import annotations

import networkx as nx

from lineage.domain.kinds import KINDS, PLACES, SHOWN_BESIDE
from lineage.domain.records import Json
from lineage.outputs.pictures.figures import not_now
from lineage.outputs.pictures.graph_svg import TIP, way
from lineage.outputs.pictures.layout import Box, layout
from lineage.outputs.pictures.svg import element, text, words

_WIDE, _HIGH = 222.0, 40.0
_GAP, _PAGE = 34.0, 700.0  # between layers; what a page has room for without being drawn smaller
_CHARACTERS = 29  # of a label: what fits in a box
_BESIDE = ("recorded-by", "member-of", "mentions", "associated")


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
    turned = down.height <= max(right.width, _PAGE)
    placed = down if turned else right
    width, height = (placed.height, placed.width) if turned else (placed.width, placed.height)
    lines = (_line(drawn[key[:2]], way(points, turned=turned)) for key, points in sorted(placed.lines.items()))
    boxes = (_box(shown[node], box, turned=turned) for node, box in sorted(placed.boxes.items()))
    look = {"class_": "chain", "style": f"max-width:{width + 16:.0f}px", "role": "img"}
    size = f"-8 -8 {width + 16:.0f} {height + 16:.0f}"
    return element("svg", element("title", words(title)), TIP, *lines, *boxes, viewBox=size, **look)


def _line(edge: Json, path: str) -> str:
    sort = "beside" if edge["relation"] in _BESIDE or not_now(edge) else edge["method"]
    said = element("title", words(" ".join(filter(None, (edge["relation"], edge["role"])))))
    return element("path", said, class_=f"line {sort}", d=path, marker_end="url(#tip)")


def _box(node: Json, box: Box, *, turned: bool) -> str:
    x, y = (box[1], box[0]) if turned else box[:2]
    place = node["kind"] in PLACES
    label, half = node["label"], _CHARACTERS // 2
    if len(label) > _CHARACTERS:  # places differ at their ends; whole it stands in the tables
        label = f"…{label[1 - _CHARACTERS :]}" if place else f"{label[:half]}…{label[-half:]}"
    colour = KINDS[node["kind"]].colour if node["kind"] in KINDS else "#888888"
    kind = node["kind"].replace("-", " ") + ("" if node["observed"] else " · not observed")
    return element(
        "g",
        element("title", words(node["id"])),
        element("rect", class_="box", x=x, y=y, width=_WIDE, height=_HIGH, rx=12 if place else 4),
        element("rect", fill=colour, x=x + 7, y=y + 8, width=4, height=_HIGH - 16, rx=2),
        text((x + 18, y + 15), kind, "kind"),
        text((x + 18, y + 30), label),
        class_=f"{'place' if place else 'thing'}{'' if node['observed'] else ' unseen'}",
    )
