"""The graph as SVG that stands alone, laid out and drawn by us: no Graphviz, no script, nothing from elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final, TypeAlias

from lineage.domain.kinds import RESOURCE, Kind
from lineage.graphs.build import Graph
from lineage.outputs.pictures.figures import Arrow, Figure, Picture, picture, shorten
from lineage.outputs.pictures.layout import GAP, Box, Layout, Point, layout
from lineage.outputs.pictures.svg import BOLD, CHARACTER, LINE, document, element, text, words, wrapped

_MARGIN = 24.0
_HEIGHT = 40.0
_NARROW, _SIDE = 96.0, 30.0  # the least width of a box, and what its shape needs beside the words
_LABELLED = 120  # arrows at most; more words than that nobody reads
_WIDEST = 190.0  # of a gap that makes room for them
_LETTER = 5.4  # the width of one of an arrow's
_DESCRIBED = 3000  # arrows at most that say more when pointed at; of the others their ends do
_LEAST_PAGE = 760.0
_LINE_STYLES = (
    ("solid", "a field names it"),
    ("dashed", "matched by location or content"),
    ("dotted", "only a text or people name it"),
    ("solid pale", "recorded by, member of, mentions, or a past or pending config"),
)
_STYLE = """
svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.arrow { fill: none; stroke: #5d6674; stroke-width: 1.2; marker-end: url(#tip); }
.dashed { stroke-dasharray: 6 4; } .dotted { stroke-dasharray: 1.5 3.5; }
.pale { stroke: #a9b0bb; }
.arrow-label { font-size: 9.5px; text-anchor: middle; fill: #59616e; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
.node .shape { stroke: #333333; stroke-width: 1.1; }
.node text { text-anchor: middle; fill: #000000; font-size: 11px; }
.node .of { font-size: 9.5px; }
.node.light text { fill: #ffffff; }
.node.unobserved .shape { fill: #ffffff; stroke: #cc0000; stroke-dasharray: 5 3; }
.node.gap .shape { stroke: #cc0000; stroke-width: 2.6; }
.node.subject .shape { stroke: #b0005a; stroke-width: 3.2; }
.unlit { opacity: 0.3; }
.arrow.lit { stroke: #b0005a; stroke-width: 2.2; }
.frame { fill: none; stroke: #8b93a0; stroke-dasharray: 2 3; }
a { text-decoration: none; }
a:hover .shape { stroke-width: 2.4; }
#tip path { fill: context-stroke; }
"""
_DARK = """
.arrow { stroke: #a5adba; } .pale { stroke: #626b78; } .arrow.lit { stroke: #ff6fb3; }
.arrow-label { fill: #a5adba; stroke: #15181d; }
.node .shape { stroke: #0d0f12; } .node.subject .shape { stroke: #ff6fb3; }
"""


def to_svg(graph: Graph | Picture, **words: Any) -> str:
    """The picture as a whole SVG document: title, nodes, arrows, legend. `words` are those of `picture`.

    Each node is a group with the id `n1`, `n2`, … and classes such as `kind-model` and `status-failed`; it names itself
    in full where it is pointed at. The text is deterministic.
    """
    drawn = graph if isinstance(graph, Picture) else picture(graph, **words)
    bare: Graph = drawn.graph.__class__()  # the nodes and the arrows alone
    bare.add_nodes_from(drawn.figures)
    for arrow in drawn.arrows:
        bare.add_edge(arrow.source, arrow.target, key=arrow.key)
    labels = [len(arrow.label) for arrow in drawn.arrows] if len(drawn.arrows) <= _LABELLED else []
    gap = min(_WIDEST, max(GAP, 34 + _LETTER * max(labels))) if labels else GAP
    sizes = {node: _size(figure) for node, figure in drawn.figures.items()}
    placed = layout(bare, sizes=sizes, groups=drawn.groups, gap=gap)
    page = max(placed.width, _LEAST_PAGE)
    head, top = _head(drawn, page)
    legend, bottom = _legend(drawn, page, top + placed.height + 2 * _MARGIN)
    body = element(
        "g", "\n", *_body(drawn, placed), transform=f"translate({(page - placed.width) / 2 + _MARGIN:.1f} {top:.1f})"
    )
    title = drawn.title or "lineage"
    size = (page + 2 * _MARGIN, bottom + _MARGIN)
    colours = "".join(f".kind-{kind.name} .shape {{ fill: {kind.colour}; }}\n" for kind in drawn.kinds)
    style = f"{_STYLE}{colours}@media (prefers-color-scheme: dark) {{{_DARK}}}\n"
    return document(size, title, "; ".join(drawn.notes), style, [TIP, *head, body, *legend])


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


def _lines_of(figure: Figure) -> tuple[str, str]:
    return figure.kind.name.replace("-", " "), shorten(figure.label)


def _size(figure: Figure) -> tuple[float, float]:
    kind, name = _lines_of(figure)
    cells = sum(2 if ord(letter) > 0x2E80 else 1 for letter in name)  # letters of the East are about twice as wide
    return max(_NARROW, _SIDE + CHARACTER * max(len(kind), cells)), _HEIGHT


def _head(drawn: Picture, page: float) -> tuple[list[str], float]:
    """The title and what was left out, and where the picture begins below them."""
    lines = [text((_MARGIN, _MARGIN + 14), shorten(drawn.title, int(page / BOLD)), "title")] if drawn.title else []
    y = _MARGIN + (16 if lines else 0)
    for note in drawn.notes:
        for said in wrapped(note, page):
            y += LINE
            lines.append(text((_MARGIN, y), said, "quiet note"))
    return lines, y + _MARGIN


def _body(drawn: Picture, placed: Layout) -> Iterator[str]:
    """Frames at the back, then arrows, then nodes, then what stands on the arrows."""
    for name, box in placed.frames.items():
        x, y, width, height = box
        rim = element("rect", x=x, y=y, width=width, height=height, rx=8, class_="frame")
        label = text((x + 10, y + 15), shorten(name, max(8, int(width / CHARACTER))), "quiet")
        yield element("g", rim, label, class_="group") + "\n"
    described = len(drawn.arrows) <= _DESCRIBED
    for arrow in sorted(drawn.arrows, key=lambda arrow: bool(arrow.lit)):
        yield _arrow(arrow, placed.lines[arrow.source, arrow.target, arrow.key], described=described) + "\n"
    for number, (node, figure) in enumerate(drawn.figures.items()):
        yield _node(f"n{number}", figure, placed.boxes[node]) + "\n"
    if len(drawn.arrows) <= _LABELLED:
        for arrow in drawn.arrows:
            points = placed.lines[arrow.source, arrow.target, arrow.key]
            # In the last gap before the arrow's end, where lines that came together have parted.
            (x, y), (to, down) = points[-3:-1] if arrow.source != arrow.target else points[1:3]
            kind = "arrow-label" + (" unlit" if arrow.lit is False else "")
            yield text(((x + to) / 2, (y + down) / 2 - 3), shorten(arrow.label, int(_WIDEST / _LETTER)), kind) + "\n"


def _node(name: str, figure: Figure, box: Box) -> str:
    x, y, width, height = box
    middle = x + width / 2
    kind, label = _lines_of(figure)
    shape = SHAPES.get(figure.kind.shape, _rectangle)(box)
    path = element("path", d=shape, class_="shape")
    behind = [element("path", d=shape, class_="shape", transform=f"translate({by} {by})") for by in (6, 3) if figure.fold]
    lines = [text((middle, y + 18), kind, "of"), text((middle, y + height - 8), label)]
    inside = "".join([*behind, path, *lines])
    linked = element("a", inside, href=figure.url, target="_blank", rel="noopener") if figure.url else inside
    return element("g", element("title", words(figure.tooltip)), linked, id=name, class_=_classes(figure))


def _classes(figure: Figure) -> str:
    said = {
        "light": figure.ink == "white",
        "gap": figure.gap,
        "fold": figure.fold,
        "subject": figure.subject,
        "unlit": figure.lit is False,
    }
    return " ".join(["node", figure.classes, *(word for word, so in said.items() if so)])


def _arrow(arrow: Arrow, points: list[Point], *, described: bool) -> str:
    look = {"pale": arrow.pale, "lit": arrow.lit, "unlit": arrow.lit is False}
    said = [element("title", words(arrow.tooltip))] if described else []
    return element(
        "path", *said, d=way(points), class_=" ".join(["arrow", arrow.style, *(one for one, so in look.items() if so)])
    )


def way(points: list[Point], *, turned: bool = False) -> str:
    """The line as the `d` of a path: level where its height stays, and else a curve that begins and ends level.

    The layout runs to the right. `turned`, it runs down: what was level is upright.
    """
    pieces = [f"M{_at(points[0], turned=turned)}"]
    for (x, y), (to, down) in pairwise(points):
        middle = (x + to) / 2
        if (x, y) == (to, down):
            continue
        bends = () if y == down or x == to else ((middle, y), (middle, down))
        ends = " ".join(_at(point, turned=turned) for point in (*bends, (to, down)))
        pieces.append(f"{'C' if bends else 'L'}{ends}")
    return "".join(pieces)


def _at(point: Point, *, turned: bool = False) -> str:
    return " ".join(f"{place:.1f}".removesuffix(".0") for place in (reversed(point) if turned else point))


def _legend(drawn: Picture, page: float, y: float) -> tuple[list[str], float]:
    """A sample of each kind in the picture, then what lines and rims mean, in rows; and where it ends."""
    figures = list(drawn.figures.values())
    samples = [_sample(kind, kind.name.replace("-", " ")) for kind in drawn.kinds]
    if any(not figure.observed for figure in figures):
        samples.append(_sample(_BLANK, "named, not observed", observed=False))
    if any(figure.gap for figure in figures):
        samples.append(_sample(_BLANK, "could not be read", gap=True))
    if any(figure.fold for figure in figures):
        samples.append(_sample(_BLANK, "many like the one beside it", fold=True))
    if any(figure.subject for figure in figures):
        samples.append(_sample(_BLANK, "highlighted", subject=True))
    shown = [*map(_legend_node, samples), *(_legend_line(*one) for one in _line_styles(drawn.arrows))]
    x, placed = _MARGIN, list[str]()
    for width, drawn_at in shown:
        if x > _MARGIN and x + width > page + _MARGIN:  # a new row
            x, y = _MARGIN, y + 30
        placed.append(drawn_at(x, y))
        x += width
    return [element("g", *placed, class_="legend")] if placed else [], y + (30 if placed else 0)


_BLANK = replace(RESOURCE, colour="#eeeeee")
DrawnPiece: TypeAlias = tuple[float, Callable[[float, float], str]]  # its width, and what draws it at a place


def _sample(kind: Kind, label: str, **said: bool) -> Figure:
    look = {"observed": True, "gap": False, "fold": False, "subject": False} | said
    return Figure(kind, label, label, **look, lit=None, classes=f"kind-{kind.name}", url=None)


def _line_styles(arrows: list[Arrow]) -> list[tuple[str, str]]:
    """What the lines of the picture mean."""
    shown = {f"{arrow.style}{' pale' if arrow.pale else ''}" for arrow in arrows}
    meant = {look for look in shown if " " not in look} | {"solid pale" for look in shown if " " in look}
    meant |= {look.partition(" ")[0] for look in shown if look != "solid pale"}
    return [(look, said) for look, said in _LINE_STYLES if look in meant]


def _legend_node(figure: Figure) -> DrawnPiece:
    def drawn(x: float, y: float) -> str:
        shape = SHAPES.get(figure.kind.shape, _rectangle)((x, y, 30, 20))
        behind = [element("path", d=shape, class_="shape", transform="translate(3 3)")] if figure.fold else []
        unobserved = "" if figure.observed else " unobserved"
        path = element("path", d=shape, class_="shape", **({"fill": figure.fill} if figure.kind is _BLANK else {}))
        return element("g", *behind, path, class_=_classes(figure) + unobserved) + text((x + 38, y + 14), figure.label, "quiet")

    return 38 + CHARACTER * len(figure.label) + 22, drawn


def _legend_line(look: str, said: str) -> DrawnPiece:
    def drawn(x: float, y: float) -> str:
        return element("path", d=f"M{_at((x, y + 10))}h34", class_=f"arrow {look}") + text((x + 42, y + 14), said, "quiet")

    return 42 + CHARACTER * len(said) + 22, drawn


def _rectangle(box: Box) -> str:
    x, y, width, height = box
    return f"M{_at((x, y))}h{width:.1f}v{height:.1f}h{-width:.1f}z"


def _polygon(*points: Point) -> str:
    return f"M{' '.join(map(_at, points))}z"


def _signpost(box: Box) -> str:
    x, y, width, height = box
    right = x + width
    return _polygon((x, y), (right - 12, y), (right, y + height / 2), (right - 12, y + height), (x, y + height))


def _cylinder(box: Box) -> str:
    x, y, width, height = box
    round_, side = f"{width / 2:.1f} 4", height - 8
    return (
        f"M{_at((x, y + 4))}a{round_} 0 0 1 {width:.1f} 0v{side:.1f}a{round_} 0 0 1 {-width:.1f} 0z"
        f"M{_at((x, y + 4))}a{round_} 0 0 0 {width:.1f} 0"
    )


def _hexagon(box: Box) -> str:
    x, y, width, height = box
    right, middle, low = x + width, y + height / 2, y + height
    return _polygon((x + 9, y), (right - 9, y), (right, middle), (right - 9, low), (x + 9, low), (x, middle))


def _octagon(box: Box, cut: float = 9.0) -> str:
    x, y, width, height = box
    right, low = x + width, y + height
    cut = min(cut, height / 3)
    return _polygon(
        (x + cut, y), (right - cut, y), (right, y + cut), (right, low - cut),
        (right - cut, low), (x + cut, low), (x, low - cut), (x, y + cut),
    )  # fmt: skip


def _double_octagon(box: Box) -> str:
    x, y, width, height = box
    return _octagon(box) + _octagon((x + 3, y + 3, width - 6, height - 6), 7.5)


def _note(box: Box) -> str:
    x, y, width, height = box
    right = x + width
    return (
        _polygon((x, y), (right - 9, y), (right, y + 9), (right, y + height), (x, y + height)) + f"M{_at((right - 9, y))}v9h9"
    )


def _component(box: Box) -> str:
    x, y, width, height = box
    tabs = "".join(_rectangle((x, y + height * part - 3, 9, 6)) for part in (0.3, 0.7))
    return _rectangle((x + 4, y, width - 4, height)) + tabs


def _tab(box: Box) -> str:
    x, y, width, height = box
    return _polygon((x, y), (x + 26, y), (x + 30, y + 5), (x + width, y + 5), (x + width, y + height), (x, y + height))


def _folder(box: Box) -> str:
    x, y, width, height = box
    right, low = x + width, y + height
    return _polygon((x, y + 5), (right - 32, y + 5), (right - 28, y), (right - 4, y), (right, y + 5), (right, low), (x, low))


def _box3d(box: Box) -> str:
    x, y, width, height = box
    right, low = x + width, y + height
    return (
        _polygon((x, y + 5), (x + 5, y), (right, y), (right, low - 5), (right - 5, low), (x, low))
        + f"M{_at((x, y + 5))}H{right - 5:.1f}V{low:.1f}M{_at((right - 5, y + 5))}L{_at((right, y))}"
    )


SHAPES: Final[dict[str, Callable[[Box], str]]] = {
    "box": _rectangle,
    "cylinder": _cylinder,
    "hexagon": _hexagon,
    "doubleoctagon": _double_octagon,
    "note": _note,
    "component": _component,
    "tab": _tab,
    "cds": _signpost,
    "folder": _folder,
    "box3d": _box3d,
}
