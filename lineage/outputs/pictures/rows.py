"""Cuts a layout that is much wider than high into rows, like the lines of a text. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from lineage.outputs.pictures.layout import Box, LaidEdge, Layout, Point

_LANE = 16.0  # between two lines that lead from row to row, with room for words
_LED = 2  # most lines from a row to the next; more are hard to follow
_BETWEEN = 26.0  # between a row and the lines below it


@dataclass(frozen=True, slots=True)
class _Row:
    """Some columns of a layout: from x to x, from y to y, and how far they move left and down."""

    start: float
    end: float
    top: float
    bottom: float
    left: float = 0.0
    down: float = 0.0

    def has(self, x: float) -> bool:
        return self.start - 0.5 <= x <= self.end + 0.5

    def moved(self, x: float, y: float) -> Point:
        return x - self.left, y + self.down


def in_rows(laid: Layout, page: float) -> Layout:
    """The layout in rows no wider than a page. A layout with frames, several pieces or many lines at a cut is unchanged."""
    columns = _columns(laid.boxes.values())
    cut = [] if laid.frames or any(end > start for (_, end), (start, _) in pairwise(columns)) else _cut(columns, page)
    crossing = _crossing(laid, cut)
    if len(cut) < 2 or max(map(len, crossing)) > _LED:
        return laid
    side = _LANE * (1 + max(map(len, crossing), default=0))
    rows = _stacked(laid, cut, crossing, side)
    width = max(row.end - row.start for row in rows) + 2 * side
    return _drawn(laid, rows, crossing, width)


def _columns(boxes: Iterable[Box]) -> list[tuple[float, float]]:
    """The columns, each from x to x: boxes with the same middle."""
    found: dict[float, tuple[float, float]] = {}
    for x, _, wide, _ in boxes:
        middle = round(x + wide / 2)
        start, end = found.get(middle, (x, x + wide))
        found[middle] = min(start, x), max(end, x + wide)
    return sorted(found.values())


def _cut(columns: list[tuple[float, float]], page: float) -> list[tuple[float, float]]:
    """Rows of columns, all about equally wide."""
    whole = columns[-1][1] - columns[0][0] if columns else 0.0
    wanted = whole / max(1, math.ceil(whole / page))
    rows: list[tuple[float, float]] = []
    for start, end in columns:
        middle = (start + end) / 2
        if rows and (middle - columns[0][0] < wanted * len(rows) or end - rows[-1][0] < wanted * 0.5):
            rows[-1] = rows[-1][0], end
        else:
            rows.append((start, end))
    return rows


def _row_of(x: float, rows: list[tuple[float, float]]) -> int:
    return next((number for number, (start, end) in enumerate(rows) if start - 0.5 <= x <= end + 0.5), 0)


def _crossing(laid: Layout, rows: list[tuple[float, float]]) -> list[list[tuple[LaidEdge, int]]]:
    """The lines that lead from each row to a lower one, with the number of the point before the transition."""
    found: list[list[tuple[LaidEdge, int]]] = [[] for _ in rows]
    for edge, points in laid.lines.items():
        for number, ((x, _), (to, _)) in enumerate(pairwise(points)):
            one, other = _row_of(x, rows), _row_of(to, rows)
            if one != other:
                found[min(one, other)].append((edge, number))
    return found


def _stacked(
    laid: Layout, cut: list[tuple[float, float]], crossing: list[list[tuple[LaidEdge, int]]], side: float
) -> list[_Row]:
    """Puts each row below the previous one and below the lines that lead on from there."""
    levels: dict[int, list[float]] = defaultdict(list)
    for x, y, wide, high in laid.boxes.values():
        levels[_row_of(x + wide / 2, cut)] += [y, y + high]
    for points in laid.lines.values():
        for x, y in points:
            levels[_row_of(x, cut)].append(y)
    rows, bottom = list[_Row](), 0.0
    for number, (start, end) in enumerate(cut):
        top, low = min(levels[number]), max(levels[number])
        rows.append(_Row(start, end, top, low, start - side, bottom - top))
        bottom += low - top + (2 * _BETWEEN + _LANE * (len(crossing[number]) - 1) if number < len(cut) - 1 else 0.0)
    return rows


def _drawn(laid: Layout, rows: list[_Row], crossing: list[list[tuple[LaidEdge, int]]], width: float) -> Layout:
    """The boxes and the lines at the new positions of the rows."""
    spans = [(row.start, row.end) for row in rows]
    lanes = {one: lane for lines in crossing for lane, one in enumerate(_outermost_first(lines, laid))}
    boxes = {}
    for node, (x, y, wide, high) in laid.boxes.items():
        boxes[node] = (*rows[_row_of(x + wide / 2, spans)].moved(x, y), wide, high)
    lines = {}
    for edge, points in laid.lines.items():
        new: list[Point] = []
        for number, (x, y) in enumerate(points):
            row = rows[_row_of(x, spans)]
            new.append(row.moved(x, y))
            if (edge, number) in lanes:
                to, down = points[number + 1]
                other = rows[_row_of(to, spans)]
                new += _led(new[-1], other.moved(to, down), (row, other), lanes[edge, number], width)
        lines[edge] = new
    last = rows[-1]
    return Layout(boxes, lines, {}, width, last.bottom + last.down)


def _outermost_first(lines: list[tuple[LaidEdge, int]], laid: Layout) -> list[tuple[LaidEdge, int]]:
    """Lines that leave a row at its bottom get the innermost lane, so that lines do not cross."""
    return sorted(lines, key=lambda one: -laid.lines[one[0]][one[1]][1])


def _led(point: Point, target: Point, between: tuple[_Row, _Row], lane: int, width: float) -> Iterator[Point]:
    """The path from the end of a row to the start of another: out, down beside it, back below it, and in."""
    (_, y), (_, down) = point, target
    row, other = between
    forth = row.down + row.top < other.down + other.top
    upper = row if forth else other
    out, back = width - _LANE * (lane + 0.5), _LANE * (lane + 0.5)
    level = upper.bottom + upper.down + _BETWEEN + _LANE * lane
    first, then = (out, back) if forth else (back, out)
    yield from ((first, y), (first, level), (then, level), (then, down))
