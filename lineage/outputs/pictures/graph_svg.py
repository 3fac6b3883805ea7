"""The graph as standalone SVG: no script, nothing loaded. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lineage.graphs.excerpts import Excerpt, Graph
from lineage.outputs.pictures import cards
from lineage.outputs.pictures.figures import Arrow, Picture, meanings, picture, shorten
from lineage.outputs.pictures.layout import Box
from lineage.outputs.pictures.placing import LABELLED, LETTER, PAGE, WIDEST, Placed, at, place
from lineage.outputs.pictures.svg import BOLD, CHARACTER, LINE, document, element, text, words, wrapped

_MARGIN = 24.0
_DESCRIBED = 3000  # most arrows with a tooltip; in larger pictures only the nodes have one
_LEAST_PAGE = 560.0
_STYLE = """
svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.title { font-size: 17px; }
.arrow { fill: none; stroke: #7b8593; stroke-width: 1.2; marker-end: url(#tip); stroke-linejoin: round; }
.dashed { stroke-dasharray: 6 4; } .dotted { stroke-dasharray: 1.5 3.5; }
.pale { stroke: #b4bcc7; }
.arrow-label { font-size: 11px; text-anchor: middle; fill: #59616e; paint-order: stroke; stroke: #f7f8fa; stroke-width: 4px; }
.arrow.lit { stroke: #2457a6; stroke-width: 1.8; }
.arrow.unlit { stroke: #dfe3e9; }
.arrow-label.unlit { fill: none; stroke: none; }
.frame { fill: none; stroke: #b4bcc7; stroke-dasharray: 2 3; }
.legend text { font-size: 11px; }
#tip path { fill: #7b8593; fill: context-stroke; }
"""
_DARK = """
.arrow { stroke: #8a95a4; } .pale { stroke: #5a6470; } .arrow.lit { stroke: #8db8f5; } .arrow.unlit { stroke: #2b3038; }
.arrow-label { fill: #a5adba; stroke: #15181d; }
"""


def to_svg(graph: Graph | Excerpt | Picture, placed: Placed | None = None, **words: Any) -> str:
    """The picture as a whole SVG document: title, cards, arrows, legend. `words` are those of `picture`.

    Each node is a group with the id `n1`, `n2`, … and classes such as `kind-model` and `status-failed`. Its tooltip has the
    full name. The text is deterministic. A layout may be given as `placed`.
    """
    drawn = graph if isinstance(graph, Picture) else picture(graph, **words)
    placed = placed or place(drawn)
    page = max(placed.width, _LEAST_PAGE)
    large = max(1.0, page / PAGE)  # a picture wider than a screen is shown smaller, and its title stays readable
    head, top = _head(drawn, page / large)
    legend, bottom = _legend(drawn, page / large, top + placed.height / large + _MARGIN)
    body = element(
        "g", "\n", *_body(drawn, placed), transform=f"translate({(page - placed.width) / 2 + _MARGIN:.1f} {top * large:.1f})"
    )
    size = (page + 2 * _MARGIN, (bottom + _MARGIN) * large)
    colours = "".join(f".kind-{kind.name} .icon {{ fill: {kind.colour}; }}\n" for kind in drawn.kinds)
    style = f"{_STYLE}{cards.STYLE}{colours}@media (prefers-color-scheme: dark) {{{_DARK}{cards.DARK}}}\n"
    return document(
        size,
        drawn.title or "lineage",
        "; ".join(drawn.notes),
        style,
        [TIP, *_enlarged(head, large), body, *_enlarged(legend, large)],
    )


def _enlarged(pieces: list[str], large: float) -> list[str]:
    return [element("g", *pieces, transform=f"scale({large:.2f})")] if pieces and large > 1 else pieces


TIP = element(
    "defs",
    element(
        "marker",
        element("path", d="M0 0 7 3.5 0 7z"),
        id="tip",
        viewBox="0 0 7 7",
        refX=7,
        refY=3.5,
        markerWidth=7,
        markerHeight=7,
        orient="auto",
        markerUnits="userSpaceOnUse",
    ),
)


def _head(drawn: Picture, page: float) -> tuple[list[str], float]:
    """The title, the source and what was left out; and where the picture begins below them."""
    title, _, source = drawn.title.partition(" · ")
    lines = [text((_MARGIN, _MARGIN + 14), shorten(title, int(page / BOLD)), "title")] if title else []
    y = _MARGIN + (16 if lines else 0)
    for note in filter(None, (source, *drawn.notes)):
        for said in wrapped(note, page):
            y += LINE
            lines.append(text((_MARGIN, y), said, "quiet note"))
    return lines, y + (_MARGIN if lines else 0)


def _body(drawn: Picture, placed: Placed) -> Iterator[str]:
    """Frames at the back, then arrows, then cards, then the words on the arrows."""
    for name, box in placed.frames.items():
        x, y, width, height = box
        rim = element("rect", x=x, y=y, width=width, height=height, rx=8, class_="frame")
        label = text((x + 10, y + 15), shorten(name, max(8, int(width / CHARACTER))), "quiet")
        yield element("g", rim, label, class_="group") + "\n"
    described = len(drawn.arrows) <= _DESCRIBED
    for arrow in sorted(drawn.arrows, key=lambda arrow: bool(arrow.lit)):
        yield _arrow(arrow, placed.ways[arrow.source, arrow.target, arrow.key], described=described) + "\n"
    for number, (node, figure) in enumerate(drawn.figures.items()):
        yield cards.linked(figure, cards.card(figure, placed.boxes[node]), f"n{number}") + "\n"
    if len(drawn.arrows) <= LABELLED:
        yield from _words_on_arrows(drawn, placed)


def _words_on_arrows(drawn: Picture, placed: Placed) -> Iterator[str]:
    """Moves words a little up or down if they would cover others or a card. Words without room are in the tooltip."""
    taken = list(placed.boxes.values())
    for arrow in drawn.arrows:
        x, y = placed.labels[arrow.source, arrow.target, arrow.key]
        said = shorten(arrow.label, int(WIDEST / LETTER))
        wide = len(said) * LETTER - 4
        for aside in (0, -11, 11, -22, 22):
            box = (x - wide / 2, y + aside - 6, wide, 12.0)
            if not any(_overlap(box, other) for other in taken):
                taken.append(box)
                kind = "arrow-label" + (" unlit" if arrow.lit is False else "")
                yield text((x, y + aside + 4), said, kind) + "\n"
                break


def _overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _arrow(arrow: Arrow, way: str, *, described: bool) -> str:
    look = {"pale": arrow.pale, "lit": arrow.lit, "unlit": arrow.lit is False}
    said = [element("title", words(arrow.tooltip))] if described else []
    return element("path", *said, d=way, class_=" ".join(["arrow", arrow.style, *(one for one, so in look.items() if so)]))


def _legend(drawn: Picture, page: float, y: float) -> tuple[list[str], float]:
    """What the lines and rims of this picture mean, in rows, and where it ends. Kinds are on the cards."""
    x, placed = _MARGIN, list[str]()
    for look, said in meanings(drawn):
        width = 38 + LETTER * len(said) + 18
        if x > _MARGIN and x + width > page + _MARGIN:  # a new row
            x, y = _MARGIN, y + 22
        sample = _sample_line if look in ("solid", "dashed", "dotted", "pale") else _sample_card
        placed += [sample(look, x, y), text((x + 38, y + 10), said, "quiet")]
        x += width
    return [element("g", *placed, class_="legend")] if placed else [], y + (16 if placed else -_MARGIN)


def _sample_card(mark: str, x: float, y: float) -> str:
    look = {"x": x, "y": y, "width": 26, "height": 13, "rx": 4, "class_": "card"}
    behind = [element("rect", **look | {"x": x + 3, "y": y + 3})] if mark == "fold" else []
    return element("g", *behind, element("rect", **look), class_=f"node {mark}")


def _sample_line(look: str, x: float, y: float) -> str:
    return element("path", d=f"M{at((x, y + 6))}h30", class_=f"arrow {look}")
