"""The positions of cards and lines in a picture: to the right, or down if that fills a page better. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lineage.outputs.pictures.cards import size_of
from lineage.outputs.pictures.figures import Arrow, Picture
from lineage.outputs.pictures.layout import GAP, Box, LaidEdge, Layout, Point, layout
from lineage.outputs.pictures.rows import in_rows

PAGE: Final = 1240.0  # the width that a screen shows in full size
LABELLED: Final = 120  # most arrows with words; more are not readable
WIDEST: Final = 190.0  # distance of layers with room for the words on arrows
LETTER: Final = 6.2  # the width of a letter on an arrow
_WIDE, _HIGH = 1.7, 0.6  # the largest and the least ratio of width to height of a picture
_ROWS = (1.0, 0.8, 0.6)  # page widths to try; shorter rows, and more of them, make a picture less flat
_BROKEN = 1.6  # how much better rows must fit than a picture that runs down, which is not cut
DOWN_GAP: Final = 46.0  # between two layers of a picture that runs down
_TOO_WIDE = 2.5  # in pages; a wider picture does not fit anyway
_TURNED = 150  # most nodes; a larger picture has no shape that fits a page


@dataclass(frozen=True, slots=True)
class Placed:
    """Boxes as x, y, width, height; for each line the `d` of its path and the place of its words; frames of groups."""

    boxes: dict[str, Box]
    ways: dict[LaidEdge, str]
    labels: dict[LaidEdge, Point]
    frames: dict[str, Box]
    width: float
    height: float


def place(drawn: Picture, page: float = PAGE) -> Placed:
    """The picture with our own layout, in the shape that fits a page of this width best."""
    edges = [(arrow.source, arrow.target, arrow.key) for arrow in drawn.arrows]
    sizes = {node: size_of(figure) for node, figure in drawn.figures.items()}
    right = layout(drawn.figures, edges, sizes=sizes, groups=drawn.groups, gap=gap_for(drawn.arrows))
    if not may_turn(drawn, right.width, page):
        return of_layout(right)
    turned = {node: (high, wide) for node, (wide, high) in sizes.items()}
    down = of_layout(layout(drawn.figures, edges, sizes=turned, gap=DOWN_GAP), turned=True)
    rows = best_shaped([of_layout(in_rows(right, page * part)) for part in _ROWS], page)
    return rows if _ill(rows, page) * _BROKEN < _ill(down, page) else down


def may_turn(drawn: Picture, width: float, page: float = PAGE) -> bool:
    """Whether another shape may suit a picture of this width better."""
    return width > page and not drawn.groups and len(drawn.figures) <= _TURNED


def gap_for(arrows: Iterable[Arrow]) -> float:
    """The distance of two layers that leaves room for the words between them."""
    lengths = [len(arrow.label) for arrow in arrows]
    return min(WIDEST, max(GAP, 30 + LETTER * max(lengths))) if 0 < len(lengths) <= LABELLED else GAP


def best_shaped(shapes: Iterable[Placed], page: float = PAGE) -> Placed:
    """The one that fills a page best."""
    return min(shapes, key=lambda shape: _ill(shape, page))


def _ill(placed: Placed, page: float) -> float:
    """How badly a picture fits a page; 1 is good. Too wide is worse than too high, because pages scroll down."""
    shape = max(1.0, placed.width) / max(1.0, placed.height)
    return max(1.0, shape / _WIDE, _HIGH / shape) * min(_TOO_WIDE, max(1.0, placed.width / page)) ** 2


def of_layout(laid: Layout, *, turned: bool = False) -> Placed:
    """What is drawn of a layout, which runs to the right, or down if `turned`."""
    if not turned:
        ways = {edge: way(points) for edge, points in laid.lines.items()}
        return Placed(laid.boxes, ways, _labels(laid.lines), laid.frames, laid.width, laid.height)
    boxes = {node: (y, x, high, wide) for node, (x, y, wide, high) in laid.boxes.items()}
    ways = {edge: way(points, turned=True) for edge, points in laid.lines.items()}
    labels = {edge: (y, x) for edge, (x, y) in _labels(laid.lines).items()}
    return Placed(boxes, ways, labels, {}, laid.height, laid.width)


def _labels(lines: Mapping[LaidEdge, list[Point]]) -> dict[LaidEdge, Point]:
    """Places of words: before the arrow's end, where shared lines have parted, or on the way to another row."""
    leaving, entering = Counter(edge[0] for edge in lines), Counter(edge[1] for edge in lines)
    found: dict[LaidEdge, Point] = {}
    for edge, points in lines.items():
        turns = [one for other, one in pairwise(points) if one[0] == other[0] and one != other]
        if edge[0] == edge[1]:
            found[edge] = _along(points[1], points[2], 0.5)
        elif turns:
            found[edge] = _along(turns[0], points[points.index(turns[0]) + 1], 0.5)
        else:  # nearer to the source where lines meet, nearer to the target where they part
            part = 0.5 + 0.14 * ((leaving[edge[0]] > 1) - (entering[edge[1]] > 1))
            found[edge] = _along(points[-3], points[-2], part)
    return found


def _along(start: Point, end: Point, part: float) -> Point:
    """A point of a curve that begins and ends level."""
    (x, y), (to, down) = start, end
    across = 1.5 * part * (1 - part) + part**3
    return x + (to - x) * across, y + (down - y) * (3 * part**2 - 2 * part**3)


def way(points: list[Point], *, turned: bool = False) -> str:
    """The line as the `d` of a path: level where its height stays the same, otherwise a curve that begins and ends level.

    The layout runs to the right. If `turned`, it runs down: what was level is vertical.
    """
    pieces = [f"M{at(points[0], turned=turned)}"]
    for (x, y), (to, down) in pairwise(points):
        middle = (x + to) / 2
        if (x, y) == (to, down):
            continue
        bends = () if y == down or x == to else ((middle, y), (middle, down))
        ends = " ".join(at(point, turned=turned) for point in (*bends, (to, down)))
        pieces.append(f"{'C' if bends else 'L'}{ends}")
    return "".join(pieces)


def at(point: Point, *, turned: bool = False) -> str:
    """A point, as a path writes it."""
    return " ".join(f"{place:.1f}".removesuffix(".0") for place in (reversed(point) if turned else point))
