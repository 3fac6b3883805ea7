"""The layout of boxes and lines in layers from left to right, for any size and without another program. Pure.

Every node is to the right of what flows into it. If data goes in a circle, one line of the circle runs back. Lines cross a
layer on their own rows, so that they touch no box. Connected parts are laid out separately, and then packed in rows. The time
is about linear in the size of the graph, and the same graph always looks the same.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]
LaidEdge: TypeAlias = tuple[str, str, str]
Pair: TypeAlias = tuple[str, str]
Item: TypeAlias = "str | tuple[str, int]"  # a node; or where the lines out of a node cross a layer
Band: TypeAlias = tuple[bool, str]  # by group; nodes without one come last
Position: TypeAlias = tuple[Band, int]  # and within a group by connected part
Near: TypeAlias = dict[Item, list[Item]]

SIZE: Final = (180.0, 36.0)
GAP: Final = 72.0  # between two layers
_ROW = 14.0  # between two boxes of a layer
_LINE = 2.0  # the room of a crossing line
_APART = 7.0  # between two crossing lines
_BETWEEN = 36.0  # between two pieces
_INSIDE = 14.0  # between a frame and its content
_CAPTION = 22.0  # the same at the top, with its name
_SWEEPS = 4
_SHAPE = 1.6  # the ratio of width to height of the whole
_PARALLEL = 9.0
_STRAIGHT = 8.0  # how much straight lines matter more than boxes near each other
_CROSSINGS = 3  # at most this many items per node; longer lines run straight through the layers


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes as x, y, width, height; lines as points, with a curve in every second pair; a frame around each group."""

    boxes: dict[str, Box]
    lines: dict[LaidEdge, list[Point]]
    frames: dict[str, Box]
    width: float
    height: float


def layout(
    nodes: Iterable[str],
    edges: Iterable[LaidEdge],
    *,
    sizes: Mapping[str, Size] | None = None,
    groups: Mapping[str, str] | None = None,
    gap: float = GAP,
) -> Layout:
    """Lay out a graph. `sizes` are those of the boxes; the nodes of each of the `groups` are in one frame.

    A line leaves a box at its right and enters one at its left; lines that run back do the opposite. A line is level inside a
    layer and a curve between two layers.
    """
    sizes, ordered = sizes or {}, sorted(edges)
    after: dict[str, set[str]] = {node: set() for node in sorted(nodes)}
    for source, target, _ in ordered:
        after[source].add(target)
    ranks = _ranked({node: sorted(ends - {node}) for node, ends in after.items()})
    measured = {node: sizes.get(node, SIZE) for node in after}
    parts = [list(after)] if groups else _parts(after)
    part_of = {node: number for number, part in enumerate(parts) for node in part}
    inside: list[list[LaidEdge]] = [[] for _ in parts]
    for edge in ordered:
        inside[part_of[edge[0]]].append(edge)
    pieces = [_Piece(part, own, ranks, measured, groups or {}, gap) for part, own in zip(parts, inside, strict=True)]
    return _packed(sorted(pieces, key=lambda piece: (-piece.height, -piece.width)))


def _parts(after: Mapping[str, set[str]]) -> list[list[str]]:
    """The parts that are laid out together: connected nodes; all single nodes."""
    beside = {node: set(ends) for node, ends in after.items()}
    for node, ends in after.items():
        for end in ends:
            beside[end].add(node)
    parts, seen = list[list[str]](), set[str]()
    for root in beside:  # in order, so that the parts are in the order of their first nodes
        part, todo = {root}, [] if root in seen else [root]
        while todo:
            new = beside[todo.pop()] - part
            part |= new
            todo += new
        parts += [] if root in seen else [sorted(part)]
        seen |= part
    alone = [node for part in parts if len(part) == 1 for node in part]
    return [part for part in parts if len(part) > 1] + ([alone] if alone else [])


def _ranked(after: dict[str, list[str]]) -> dict[str, int]:
    """The layer of each node."""
    back = _running_back(after)
    onward: dict[str, list[str]] = {node: [end for end in ends if (node, end) not in back] for node, ends in after.items()}
    for source, target in sorted(back):
        onward[target].append(source)
    return _layers(onward)


def _running_back(after: dict[str, list[str]]) -> set[Pair]:
    """The edges to reverse so that there is no circle, found on a walk that begins where nothing flows in."""
    entered = {end for ends in after.values() for end in ends}
    open_, back = dict[str, bool](), set[Pair]()
    for root in sorted(after, key=lambda node: (node in entered, node)):
        todo = [] if root in open_ else [(root, iter(after[root]))]
        open_.setdefault(root, True)
        while todo:
            node, rest = todo[-1]
            further = None
            for end in rest:
                if end not in open_:
                    further = end
                    break
                if open_[end]:  # it closes a circle
                    back.add((node, end))
            if further is None:
                open_[node] = False
                todo.pop()
            else:
                open_[further] = True
                todo.append((further, iter(after[further])))
    return back


def _layers(onward: dict[str, list[str]]) -> dict[str, int]:
    """As far left as the inputs allow. Then nodes with more lines out than in move right, towards their targets."""
    entering = dict.fromkeys(onward, 0)
    for ends in onward.values():
        for end in ends:
            entering[end] += 1
    todo = [node for node, number in entering.items() if not number]
    left, ranks = dict(entering), dict.fromkeys(todo, 0)
    for node in todo:  # grows while it is iterated
        for end in onward[node]:
            ranks[end] = max(ranks.get(end, 0), ranks[node] + 1)
            left[end] -= 1
            if not left[end]:
                todo.append(end)
    for node in reversed(todo):
        if len(onward[node]) > entering[node]:
            ranks[node] = min(ranks[end] for end in onward[node]) - 1
    return ranks


@dataclass(slots=True)
class _Piece:
    """A part of the graph, laid out from 0, 0."""

    nodes: list[str]
    edges: list[LaidEdge]
    ranks: Mapping[str, int]
    sizes: dict[str, Size]
    groups: Mapping[str, str]
    gap: float
    layers: list[list[Item]] = field(default_factory=list)
    before: Near = field(default_factory=lambda: defaultdict(list))
    after: Near = field(default_factory=lambda: defaultdict(list))
    direct: set[Pair] = field(default_factory=set)
    bands: dict[Item, Position] = field(default_factory=dict)
    level: dict[Item, float] = field(default_factory=dict)  # the y of a middle
    columns: list[Point] = field(default_factory=list)  # from x to x
    frames: dict[str, Box] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0

    def __post_init__(self) -> None:
        self._rank()
        self._link()
        self._order()
        for _ in range(_SWEEPS):
            self._sweep()
        x = _INSIDE if self.groups else 0.0
        for layer in self.layers:
            wide = max((self.sizes[item][0] for item in layer if isinstance(item, str)), default=0.0)
            self.columns.append((x, x + wide))
            x += wide + self.gap
        self.width = x - self.gap + (_INSIDE if self.groups else 0.0)
        self._set_levels()

    def _rank(self) -> None:
        """Layers from 0, with single nodes spread over them."""
        least = min(self.ranks[node] for node in self.nodes)
        ranks = {node: self.ranks[node] - least for node in self.nodes}
        joined = {end for edge in self.edges for end in edge[:2] if edge[0] != edge[1]}
        alone = sorted((node for node in self.nodes if node not in joined), key=lambda node: (self._band(node), node))
        # For boxes without lines: as many columns as make a page that is wider than high.
        square = math.sqrt(len(alone) * _SHAPE / ((SIZE[0] + GAP) / (SIZE[1] + _ROW)))
        count = max(ranks.values()) + 1 if len(alone) < len(ranks) else max(1, round(square))
        self.ranks = ranks | {node: number % count for number, node in enumerate(alone)}
        self.layers = [[] for _ in range(count)]

    def _span(self, source: str, target: str) -> Pair:
        """The two ends, the left one first."""
        return (source, target) if self.ranks[source] < self.ranks[target] else (target, source)

    def _link(self) -> None:
        """Each item with its neighbours in the layers before and after. A long line has an item in each layer between."""
        pairs = dict.fromkeys(self._span(source, target) for source, target, _ in self.edges if source != target)
        longest = _longest([self.ranks[target] - self.ranks[source] for source, target in pairs], len(self.nodes))
        self.direct = {pair for pair in pairs if self.ranks[pair[1]] - self.ranks[pair[0]] > longest}
        joined: dict[tuple[Item, Item], None] = {}
        for pair in pairs:
            way = [] if pair in self.direct else self._way(*pair)
            joined |= dict.fromkeys(pairwise(way))
        for one, other in joined:
            self.after[one].append(other)
            self.before[other].append(one)

    def _way(self, source: str, target: str) -> list[Item]:
        """The items from one node to another. Lines that leave one node share items."""
        if (source, target) in self.direct:
            return [source, target]
        return [source, *((source, rank) for rank in range(self.ranks[source] + 1, self.ranks[target])), target]

    def _order(self) -> None:
        """A first order, with neighbours near each other."""
        seen = set[Item]()
        for root in sorted(self.nodes, key=lambda node: (self._band(node), bool(self.before[node]), node)):
            todo: list[Item] = [root]
            while todo:
                item = todo.pop()
                if item not in seen:
                    seen.add(item)
                    self.layers[self._rank_of(item)].append(item)
                    todo += reversed([*self.before[item], *self.after[item]])
        self.bands = self._places()
        for layer in self.layers:
            layer.sort(key=self.bands.__getitem__)

    def _places(self) -> dict[Item, Position]:
        """The band of each item, and the number of its connected part in that band."""
        bands = {item: self._band(item) for layer in self.layers for item in layer}
        places: dict[Item, Position] = {}
        for number, root in enumerate(bands):
            todo = [root] if self.groups else []
            while todo:
                item = todo.pop()
                if item not in places:
                    places[item] = bands[item], number
                    todo += [other for other in self.before[item] + self.after[item] if bands[other] == bands[item]]
        return places or {item: (band, 0) for item, band in bands.items()}

    def _rank_of(self, item: Item) -> int:
        return self.ranks[item] if isinstance(item, str) else item[1]

    def _band(self, item: Item) -> Band:
        group = self.groups.get(item if isinstance(item, str) else item[0], "")
        return not group, group

    def _sweep(self) -> None:
        """Put each item of a layer near its neighbours, from left to right, then back."""
        place = {item: number / len(layer) for layer in self.layers for number, item in enumerate(layer)}
        for layers, near in ((self.layers, self.before), (self.layers[::-1], self.after)):
            for layer in layers:
                wanted = {item: _mean([place[other] for other in near[item]], place[item]) for item in layer}
                layer.sort(key=wanted.__getitem__)
                if self.groups:
                    layer.sort(key=self.bands.__getitem__)
                place |= {item: number / len(layer) for number, item in enumerate(layer)}

    def _set_levels(self) -> None:
        """Band by band from the top, each item as near to its neighbours as the order allows."""
        bands: dict[Band, list[list[Item]]] = defaultdict(list)
        for layer in self.layers:
            own: dict[Band, list[Item]] = defaultdict(list)
            for item in layer:
                own[self.bands[item][0]].append(item)
            for band, items in own.items():
                bands[band].append(items)
        for band in sorted(bands):
            self._set_band(band[1], bands[band])

    def _set_band(self, name: str, layers: list[list[Item]]) -> None:
        rooms: list[list[float]] = []  # least distance of the middle of each item from the one above
        for layer in layers:
            tall = [self._tall(item) + (_ROW if isinstance(item, str) else _APART) for item in layer]
            rooms.append([0.0, *((one + other) / 2 for one, other in pairwise(tall))])
        inside = {item for layer in layers for item in layer}
        before, after = _within(self.before, inside), _within(self.after, inside)
        both = {item: before[item] + after[item] for item in inside}
        for layer, room in zip(layers, rooms, strict=True):
            self.level |= zip(layer, _running(room), strict=True)
        for near, step in ((before, 1), (after, -1), (before, 1), (after, -1), (both, 1), (both, -1)):
            for layer, room in list(zip(layers, rooms, strict=True))[::step]:
                wanted = [_mean([self.level[other] for other in near[item]], self.level[item]) for item in layer]
                weights = [1.0 if isinstance(item, str) or not near[item] else _STRAIGHT for item in layer]
                self.level |= zip(layer, _settled(wanted, room, weights), strict=True)
        self._shift(name, layers, self.height + (_BETWEEN if self.height else 0.0))

    def _shift(self, name: str, layers: list[list[Item]], top: float) -> None:
        """Move a band to its place, and draw the frame around it."""
        items = [item for layer in layers for item in layer]
        above = min(self.level[item] - self._tall(item) / 2 for item in items)
        down = top - above + (_CAPTION if name else 0.0)
        for item in items:
            self.level[item] += down
        self.height = max(self.level[item] + self._tall(item) / 2 for item in items) + (_INSIDE if name else 0.0)
        if name:
            columns = [self.columns[self._rank_of(item)] for item in items]
            left = min(start for start, _ in columns) - _INSIDE
            self.frames[name] = (left, top, max(end for _, end in columns) + _INSIDE - left, self.height - top)

    def _tall(self, item: Item) -> float:
        return self.sizes[item][1] if isinstance(item, str) else _LINE

    def boxes(self, x: float, y: float) -> Iterator[tuple[str, Box]]:
        """The boxes, from a corner; each in the middle of its column."""
        for node in self.nodes:
            start, end = self.columns[self.ranks[node]]
            wide, tall = self.sizes[node]
            yield node, (_tenth(x + (start + end - wide) / 2), _tenth(y + self.level[node] - tall / 2), wide, tall)

    def lines(self, x: float, y: float) -> Iterator[tuple[LaidEdge, list[Point]]]:
        """The lines, from a corner: from the right of a box, level through layers, to the left of another."""
        beside: dict[Pair, list[LaidEdge]] = defaultdict(list)
        for edge in self.edges:
            beside[self._span(edge[0], edge[1])].append(edge)
        for pair, edges in beside.items():
            room = min(_PARALLEL, (min(self.sizes[end][1] for end in pair) - _LINE) / len(edges))
            for number, edge in enumerate(edges):
                aside = room * (number - (len(edges) - 1) / 2)
                points = self._loop(pair[0], number) if edge[0] == edge[1] else self._line(pair, aside)
                ordered = points if edge[0] == pair[0] else points[::-1]
                yield edge, [(_tenth(x + one), _tenth(y + other)) for one, other in ordered]

    def _line(self, pair: Pair, aside: float) -> list[Point]:
        source, target = pair
        points: list[Point] = []
        for item in self._way(source, target):
            level = self.level[item] + (aside if isinstance(item, str) else 0.0)
            points += [(at, level) for at in self.columns[self._rank_of(item)]]
        narrow = (self.sizes[source][0], self.sizes[target][0])
        (first, level), (last, end) = points[0], points[-1]
        first = (first + points[1][0] + narrow[0]) / 2
        last = (last + points[-2][0] - narrow[1]) / 2
        return [(first, level), *points[1:-1], (last, end)]

    def _loop(self, node: str, number: int) -> list[Point]:
        """Out of a box and back into it, over its top."""
        start, end = self.columns[self.ranks[node]]
        middle, top = (start + end) / 2, self.level[node] - self._tall(node) / 2
        aside = 16.0 + 6 * number
        return [
            (middle - aside, top),
            (middle - aside, top - _ROW / 2),
            (middle + aside, top - _ROW / 2),
            (middle + aside, top),
        ]


def _tenth(place: float) -> float:
    """Positions are rounded to a tenth of a pixel, without minus zero."""
    return round(place, 1) + 0.0


def _longest(spans: list[int], nodes: int) -> int:
    """The longest line that gets its own row in each layer that it crosses."""
    left = _CROSSINGS * nodes + 1000
    for span in sorted(spans):
        left -= span - 1
        if left < 0:
            return span - 1
    return max(spans, default=1)


def _within(near: Near, inside: set[Item]) -> Near:
    return {item: [other for other in near[item] if other in inside] for item in inside}


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _running(room: Iterable[float]) -> Iterator[float]:
    at = 0.0
    for step in room:
        at += step
        yield at


def _settled(wanted: list[float], room: list[float], weights: list[float]) -> list[float]:
    """The positions nearest to the wanted ones, in the given order, each at least its room after the last.

    Neighbours that want the same place are put side by side around their average.
    """
    offsets = list(_running(room))
    runs: list[tuple[float, float, int]] = []  # position, weight and number of the items side by side
    for place, offset, weight in zip(wanted, offsets, weights, strict=True):
        run = (place - offset, weight, 1)
        while runs and runs[-1][0] >= run[0]:
            other, heavy, number = runs.pop()
            whole = heavy + run[1]
            run = ((other * heavy + run[0] * run[1]) / whole, whole, number + run[2])
        runs.append(run)
    places = [place for place, _, number in runs for _ in range(number)]
    return [place + offset for place, offset in zip(places, offsets, strict=True)]


def _packed(pieces: list[_Piece]) -> Layout:
    """The pieces in rows, the highest first."""
    area = sum((piece.width + _BETWEEN) * (piece.height + _BETWEEN) for piece in pieces)
    page = max([math.sqrt(area * _SHAPE), *(piece.width for piece in pieces)])
    boxes: dict[str, Box] = {}
    lines: dict[LaidEdge, list[Point]] = {}
    frames: dict[str, Box] = {}
    x = y = row = wide = 0.0
    for piece in pieces:
        if x and x + piece.width > page:
            x, y, row = 0.0, y + row + _BETWEEN, 0.0
        boxes |= piece.boxes(x, y)
        lines |= piece.lines(x, y)
        frames |= {name: (left + x, top + y, *size) for name, (left, top, *size) in piece.frames.items()}  # type: ignore[misc]
        row, wide = max(row, piece.height), max(wide, x + piece.width)
        x += piece.width + _BETWEEN
    return Layout(dict(sorted(boxes.items())), dict(sorted(lines.items())), frames, wide, y + row)
