"""The chain behind an endpoint as part of a page: cards as in all our pictures, in the colours of the page."""

from __future__ import annotations

from lineage.domain.kinds import KINDS, RELATIONS, RESOURCE, SHOWN_BESIDE
from lineage.domain.records import Json
from lineage.outputs.pictures.cards import card, name_lines, size
from lineage.outputs.pictures.figures import Figure, below, not_now
from lineage.outputs.pictures.graph_svg import TIP
from lineage.outputs.pictures.layout import layout
from lineage.outputs.pictures.placing import of_layout
from lineage.outputs.pictures.svg import element, words

_GAP, _PAGE = 34.0, 700.0  # between layers; the width that fits a page in full size
_LINES = (22, 3)  # characters per line of a name, and most lines; the tables have the full name
_BESIDE = ("recorded-by", "member-of", "mentions", "associated")


def figure(title: str, nodes: list[Json], edges: list[Json]) -> str:
    """An SVG of nodes and edges in the direction of the data: down, or to the right if that is narrower.

    Container images are left out, as in `draw`.
    """
    shown = {node["id"]: _figure(node) for node in nodes if node["kind"] not in SHOWN_BESIDE}
    lines = {node: name_lines(one.label, *_LINES) for node, one in shown.items()}
    sizes = {node: size(lines[node], one.below) for node, one in shown.items()}
    drawn = {(edge["source"], edge["target"]): edge for edge in reversed(edges)}
    joined = [(source, target, "") for source, target in drawn if source in shown and target in shown]
    turned = {node: wide[::-1] for node, wide in sizes.items()}
    down = of_layout(layout(shown, joined, sizes=turned, gap=_GAP), turned=True)
    right = of_layout(layout(shown, joined, sizes=sizes, gap=_GAP))
    placed = down if down.width <= max(right.width, _PAGE) else right
    ways = (_line(drawn[key[:2]], way) for key, way in sorted(placed.ways.items()))
    boxes = (_card(shown[node], card(shown[node], box, lines[node])) for node, box in sorted(placed.boxes.items()))
    look = {"class_": "chain", "style": f"max-width:{placed.width + 16:.0f}px", "role": "img"}
    view = f"-8 -8 {placed.width + 16:.0f} {placed.height + 16:.0f}"
    return element("svg", element("title", words(title)), TIP, *ways, *boxes, viewBox=view, **look)


def _figure(node: Json) -> Figure:
    kind = KINDS.get(node["kind"], RESOURCE)
    return Figure(
        kind,
        node["label"],
        below(kind, node),
        node["id"],
        observed=bool(node["observed"]),
        gap=False,
        fold=False,
        subject=False,
        lit=None,
        classes="",
        url=None,
    )


def _line(edge: Json, path: str) -> str:
    sort = "beside" if edge["relation"] in _BESIDE or not_now(edge) else edge["method"]
    said = element(
        "title", words(" ".join(filter(None, (RELATIONS[edge["relation"]].verb, edge["role"] and f"({edge['role']})"))))
    )
    return element("path", said, class_=f"line {sort}", d=path, marker_end="url(#tip)")


def _card(one: Figure, drawn: str) -> str:
    look = {"class_": "node" if one.observed else "node unseen", "fill": one.kind.colour}
    return element("g", element("title", words(one.tooltip)), drawn, **look)
