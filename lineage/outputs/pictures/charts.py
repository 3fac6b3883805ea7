"""Pictures of a leaderboard: parallel coordinates, and the metric against each hyperparameter. Pure.

Each dataset that candidates were measured on has its own colour and shape, and its best candidate is highlighted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from lineage.domain.records import Json
from lineage.errors import LeaderboardError
from lineage.outputs.pictures.scales import Scale, scale_of
from lineage.outputs.pictures.svg import CHARACTER, LINE, document, element, line, shortened, text, words, wrapped
from lineage.queries.runs.leaderboard import Leaderboard
from lineage.queries.runs.ranking import ASKED

_MOST = 16  # most parameters in one picture
_SETS = 5  # datasets with their own colour and shape; the last is for all others
_MARGIN = 28
_LEAST = 680  # wide, so that texts have room
_NOT_SET = "not set"
_SLOT = 26  # the room for candidates without a value
_WAYS = {"max": "higher is better", "min": "lower is better"}
# For each dataset: a colour (distinct for colour-blind people, visible on light and dark) and a dash pattern.
_COLOURS = ("#3a80c9", "#d5761f", "#2c9b74", "#a765bd", "#8a909a")
_DASHES = ("none", "8 3", "2 3", "10 3 2 3", "4 4")
_STYLE = """
polyline, .rim { fill: none; stroke-width: 1.4; stroke-linejoin: round; }
polyline.best, line.best { stroke-width: 3.6; }
.rim { stroke: #ffffff; stroke-width: 8; }
@media (prefers-color-scheme: dark) { .rim { stroke: #15181d; } }
""" + "".join(
    f".line{number} {{ stroke: {colour}; stroke-dasharray: {dashes}; }}\n.mark{number} {{ fill: {colour}; }}\n"
    for number, (colour, dashes) in enumerate(zip(_COLOURS, _DASHES, strict=True))
)
_OPACITY = (0.85, 0.5, 0.3, 0.18)  # for the best quarter, the second, …
_CROWD = 40  # above this number of lines, each is fainter
# Around its middle, of radius 1: a disc, a square, two triangles, a diamond.
_FORMS = (
    "m-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0z",
    "m-.9,-.9h1.8v1.8h-1.8z",
    "m0,-1.2l1.1,2h-2.2z",
    "m0,1.2l1.1,-2h-2.2z",
    "m0,-1.3l1.3,1.3l-1.3,1.3l-1.3,-1.3z",
)


def parallel_coordinates(board: Leaderboard, *, all_parameters: bool = False) -> str:
    """An axis for each parameter and one for the metric, and a line across them for each ranked candidate, as SVG."""
    return _Parallel(board, all_parameters=all_parameters).picture()


def scatter(board: Leaderboard, *, all_parameters: bool = False) -> str:
    """The metric against each parameter, one small picture beside the other, as SVG."""
    return _Scatter(board, all_parameters=all_parameters).picture()


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A ranked candidate: its row, its dataset, and its quarter among the candidates of that dataset."""

    row: Json
    group: int
    quarter: int
    best: bool

    def kind(self, what: str) -> str:
        """The classes of its line or its mark."""
        return f"{what}{self.group} {'best' if self.best else f'q{self.quarter}'}"

    @property
    def told(self) -> str:
        """The text of its tooltip."""
        row = self.row
        given = ", ".join(f"{name} {_short(value)}" for name, value in row["parameters"].items())
        labels = "".join(f", {said}" for said in row["labels"])
        return f"{row['rank']}. {row['candidate']['name']}: {_short(row['value'])}{labels}\n{given}"


def _short(value: Any) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


class _Chart:
    """What both pictures share: their rows, the texts above and below, and the scale of the metric."""

    width: float

    def __init__(self, board: Leaderboard, *, all_parameters: bool) -> None:
        self.board = board
        ranked = [row for row in board.rows if row["rank"] is not None]
        sizes, seen = Counter(row["group"] for row in ranked), Counter[int]()
        self.drawn: list[_Drawn] = []
        for row in ranked:
            group = row["group"]
            self.drawn.append(_Drawn(row, min(group, _SETS - 1), 4 * seen[group] // sizes[group], best=not seen[group]))
            seen[group] += 1
        names = board.shown_parameters(all_parameters=all_parameters)
        self.names, self.left_out = names[:_MOST], names[_MOST:]
        if not self.drawn:
            raise LeaderboardError("there is nothing to draw: no candidate is ranked")
        if not self.names:
            raise LeaderboardError("there is nothing to draw: no parameter differs; ask for all of them")
        self.scales = {name: scale_of(one.row["parameters"].get(name) for one in self.drawn) for name in self.names}
        self.metric = scale_of(one.row["value"] for one in self.drawn)

    def picture(self) -> str:
        """The whole picture. The best candidate is drawn last, over all others."""
        head, top = self._head()
        body, bottom = self.body(top)
        foot, end = self._foot(bottom)
        name = self.board.metric["name"]
        title = f"{name} of {len(self.drawn)} candidates"
        faint = min(1.0, (_CROWD / len(self.drawn)) ** 0.5)  # so that others do not hide the best
        fading = "".join(f"polyline.q{number} {{ opacity: {own * faint:.2f}; }}\n" for number, own in enumerate(_OPACITY))
        fading += f"path.q0, path.q1, path.q2, path.q3 {{ opacity: {max(0.35, 0.6 * faint):.2f}; }}\n"
        return document((self.width, end), title, self._said(), _STYLE + fading, [*head, *body, *foot])

    def body(self, top: float) -> tuple[list[str], float]:
        """The drawing below the head, and where it ends."""
        raise NotImplementedError

    def ordered(self) -> list[_Drawn]:
        return sorted(self.drawn, key=lambda one: (one.best, -one.quarter, -one.group))

    def missing(self, name: str) -> bool:
        return any(one.row["parameters"].get(name) is None for one in self.drawn)

    def _said(self) -> str:
        metric, counts = self.board.metric, self.board.counts
        drawn = f"{len(self.drawn)} of {counts['candidates']} drawn"
        hidden = "".join(f", {counts[name]} {name}" for name in ("failed", "stopped") if counts[name])
        chosen_by = "your choice" if metric["direction_from"] == ASKED else metric["direction_from"]
        return f"{metric['said']} · {_WAYS[metric['direction']]} ({chosen_by}) · {drawn}{hidden}"

    def _head(self) -> tuple[list[str], float]:
        room = self.width - 2 * _MARGIN
        top = _MARGIN + 8.0
        pieces = [text((_MARGIN, top), shortened(self.board.metric["name"], room * 0.75, bold=True), "title")]
        for said in wrapped(self._said(), room):
            top += LINE
            pieces.append(text((_MARGIN, top), said, "quiet"))
        for group, one in enumerate(self.board.best[:_SETS]):
            top += LINE
            pieces += [self.sample((_MARGIN + 14, top - 4), group), text((_MARGIN + 36, top), self._best(one, room - 36))]
        return pieces, top

    def _best(self, one: Json, room: float) -> str:
        apart = f"trained on {one['trained_on']}" if one["trained_on"] else f"measured on {one['measured_on']}"
        on = f"{apart} · " if len(self.board.best) > 1 else ""
        value = f": {_short(one['value'])}"
        more = len(self.board.best) - _SETS
        others = f" · and {more} sets of data more, in grey" if more > 0 and one is self.board.best[_SETS - 1] else ""
        told = f"{on}best of {one['candidates']}: "
        return f"{told}{shortened(one['name'], room - len(told + value + others) * 7)}{value}{others}"

    def sample(self, at: tuple[float, float], group: int) -> str:
        """The sample of a dataset, for the legend."""
        raise NotImplementedError

    def _foot(self, bottom: float) -> tuple[list[str], float]:
        room = self.width - 2 * _MARGIN
        left_out = [f"Not drawn for want of room: {', '.join(self.left_out)}."] if self.left_out else []
        sets = {one["trained_on"] or one["measured_on"] for one in self.board.best} if len(self.board.best) > 1 else set()
        places = [f"{one['set']}: {', '.join(one['places'])}" for one in self.board.data_sets if one["set"] in sets]
        said = [(f"Warning: {warning}.", "warning") for warning in self.board.warnings]
        said += [(one, "quiet") for one in (*places, *left_out)]
        lines = [(one, kind) for whole, kind in said for one in wrapped(whole, room)]
        pieces = [text((_MARGIN, bottom + LINE * number), one, kind) for number, (one, kind) in enumerate(lines, 1)]
        return pieces, bottom + LINE * len(lines) + _MARGIN


class _Parallel(_Chart):
    """Parallel coordinates."""

    height = 320.0
    before, behind = 96.0, 108.0  # room for the labels of the first axis and the last

    def __init__(self, board: Leaderboard, *, all_parameters: bool) -> None:
        super().__init__(board, all_parameters=all_parameters)
        self.step = max(118.0, min(190.0, 760 / len(self.names)))
        self.width = max(_LEAST, self.before + self.behind + self.step * len(self.names))

    def body(self, top: float) -> tuple[list[str], float]:
        top += 50
        bottom = top + self.height
        slot = any(map(self.missing, self.names))
        axes = [piece for number in range(len(self.names) + 1) for piece in self._axis(number, top)]
        lines = [self._line(one, top) for one in self.ordered()]
        end = bottom + (_SLOT + 8 if slot else 8)
        unset = [text((self.before - 8, bottom + _SLOT + 4), _NOT_SET, "tick", text_anchor="end")] if slot else []
        return [*axes, *unset, *lines, *self._labels(top)], end + 6

    def _at(self, number: int) -> float:
        return self.before + self.step * number

    def _scale(self, number: int) -> Scale:
        return self.metric if number == len(self.names) else self.scales[self.names[number]]

    def _axis(self, number: int, top: float) -> Iterator[str]:
        at, last = self._at(number), number == len(self.names)
        metric = self.board.metric
        name = metric["name"] if last else self.names[number]
        better = f"{metric['statistic']} · {_WAYS[metric['direction']]} {'↑' if metric['direction'] == 'max' else '↓'}"
        below = better if last else "log scale" if self._scale(number).logarithmic else ""
        yield line((at, top), (at, top + self.height), "axis")
        head = text((at, top - 26), shortened(name, self.step - 10, bold=True), "name", text_anchor="middle")
        yield element("g", element("title", words(name)), head)
        yield text((at, top - 11), below, "tick", text_anchor="middle")

    def _labels(self, top: float) -> Iterator[str]:
        """The ticks, drawn over the lines with a rim in the colour of the paper."""
        for number in range(len(self.names) + 1):
            at, last = self._at(number), number == len(self.names)
            for place, said in self._scale(number).ticks:
                height = top + self.height * (1 - place)
                yield line((at - 3, height), (at + 3, height), "axis")
                room = self.behind - 16 if last else min(self.step, self.before) - 16
                beside = (at + 7 if last else at - 7, height + 4)
                yield text(beside, shortened(said, room), "tick", text_anchor="start" if last else "end")

    def _line(self, one: _Drawn, top: float) -> str:
        values = [*(one.row["parameters"].get(name) for name in self.names), one.row["value"]]
        bottom = top + self.height
        heights = [
            bottom + _SLOT if value is None else top + self.height * (1 - self._scale(number).at(value))
            for number, value in enumerate(values)
        ]
        points = " ".join(f"{self._at(number):.1f},{height:.1f}" for number, height in enumerate(heights))
        rim = element("path", d=f"M{points}", class_="rim") if one.best else ""  # so that it is visible among many
        return rim + element("polyline", element("title", words(one.told)), points=points, class_=one.kind("line"))

    def sample(self, at: tuple[float, float], group: int) -> str:
        return line((at[0] - 14, at[1]), (at[0] + 14, at[1]), f"line{group} best")


class _Scatter(_Chart):
    """Small multiples: one for each parameter, all with the same scale of the metric."""

    panel = (248.0, 172.0)
    gap = (26.0, 74.0)
    before = 74.0  # room for the labels of the metric

    def __init__(self, board: Leaderboard, *, all_parameters: bool) -> None:
        super().__init__(board, all_parameters=all_parameters)
        self.columns = min(3, len(self.names))
        self.width = max(_LEAST, self.before + self.columns * (self.panel[0] + self.gap[0]) + 8)

    def body(self, top: float) -> tuple[list[str], float]:
        rows = -(-len(self.names) // self.columns)
        pieces = [piece for number, name in enumerate(self.names) for piece in self._panel(number, name, top + 40)]
        return pieces, top + 40 + rows * (self.panel[1] + self.gap[1]) - 24

    def _panel(self, number: int, name: str, top: float) -> Iterator[str]:
        row, column = divmod(number, self.columns)
        left = self.before + column * (self.panel[0] + self.gap[0])
        top += row * (self.panel[1] + self.gap[1])
        logarithmic = " (log scale)" if self.scales[name].logarithmic else ""
        said = shortened(name, self.panel[0] - (84 if logarithmic else 0), bold=True) + logarithmic
        yield element("g", element("title", words(name)), text((left, top - 10), said, "name"))
        width, height = self.panel
        for place, tick in self.metric.ticks:
            level = self._level(place, top)
            yield line((left, level), (left + width, level), "grid")
            if column == 0:
                yield text((left - 7, level + 4), shortened(tick, self.before - 14), "tick", text_anchor="end")
        yield line((left, top + height), (left + width, top + height), "axis")
        yield from self._ticks(name, left, top)
        for one in self.ordered():
            value = one.row["parameters"].get(name)
            at = left + 10 if value is None else self._along(name, self.scales[name].at(value), left)
            level = self._level(self.metric.at(one.row["value"]), top)
            told = element("title", words(one.told))
            yield _form((at, level), one.group, 6.5 if one.best else 3.6, one.kind("mark"), told)

    def _ticks(self, name: str, left: float, top: float) -> Iterator[str]:
        bottom = top + self.panel[1]
        ticks = [(self._along(name, place, left), said) for place, said in self.scales[name].ticks]
        ticks = sorted([*ticks, (left + 10, _NOT_SET)] if self.missing(name) else ticks)
        room = self.panel[0] / max(1, len(ticks)) - 4
        apart = ((after - at, (len(said) + len(other)) / 2 * CHARACTER + 4) for (at, said), (after, other) in pairwise(ticks))
        step = 2 if any(there < needed for there, needed in apart) else 1  # labels would touch, so every other one is lower
        for number, (at, said) in enumerate(ticks):
            yield line((at, bottom), (at, bottom + 4), "axis")
            told = shortened(said, max(56, room * step))
            half = len(told) * CHARACTER / 2 - self.gap[0] / 2  # no label reaches into the next panel
            middle = min(max(at, left + half), left + self.panel[0] - half)
            yield text((middle, bottom + 17 + LINE * (number % step)), told, "tick", text_anchor="middle")

    def _along(self, name: str, place: float, left: float) -> float:
        start = 44 if self.missing(name) else 10
        return left + start + place * (self.panel[0] - start - 10)

    def _level(self, place: float, top: float) -> float:
        return top + 8 + (self.panel[1] - 16) * (1 - place)

    def sample(self, at: tuple[float, float], group: int) -> str:
        return _form(at, group, 6.5, f"mark{group} best")


def _form(at: tuple[float, float], group: int, size: float, kind: str, *inside: str) -> str:
    """The shape of a dataset, around a point."""
    place = f"translate({at[0]:.1f},{at[1]:.1f}) scale({size})"
    return element("path", *inside, d=f"M0,0{_FORMS[group]}", transform=place, class_=kind)


CHARTS: Final[dict[str, Callable[..., str]]] = {"parallel": parallel_coordinates, "scatter": scatter}
