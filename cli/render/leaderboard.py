"""A leaderboard, as text for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .lines import Line, note_lines, printed, scope_lines, styled
from .listing import cells_as
from .words import said_shortly

if TYPE_CHECKING:
    import lineage

Rows = list[list[Any]]

_COSTS = ("billable s", "instances", "spot saving")
_UNTOLD = (("missing", "without it"), ("not_finite", "not finite"), ("running", "running"), ("unread", "without a record"))
_HIDDEN = ("failed", "stopped")
_MARKS = {"≠": "measured on other data than most", "~": "may have changed between the reads", "?": "not known"}
WAYS = {"max": "higher is better", "min": "lower is better"}


def board_text(board: lineage.Leaderboard, *, every: bool, colour: bool) -> Iterator[str]:
    """The leaderboard: the metric, the ranked rows, which data each letter means, and what could not be read."""
    head, *rows = board_cells(board, every=every)
    least = (*_COSTS, *reversed(board.shown_parameters(all_parameters=every)), "trained on")
    yield printed(*head_lines(board), colour=colour)
    yield "\n"
    yield from cells_as("table", head, rows, colour=colour, least=least)
    yield "\n"
    yield printed(*data_lines(board), *foot_lines(board), colour=colour)


def head_lines(board: lineage.Leaderboard) -> Iterator[Line]:
    """The metric, how many are ranked, what they cost, and the warnings."""
    metric = board.metric
    chosen_by = "your choice" if metric["direction_from"] == "asked" else metric["direction_from"]
    way = f"{WAYS[metric['direction']]} ({chosen_by})"
    yield styled((metric["name"], "bold"), f" · {metric['said']} · {way}")
    yield styled(" · ".join([*_counted(board.counts), *_cost(board.cost)]))
    yield from (styled(("Warning: ", "bold yellow"), f"{warning}.") for warning in board.warnings)


def _counted(counts: dict[str, int]) -> Iterator[str]:
    """How many are ranked, and why the others are not."""
    yield f"{counts['ranked']} of {counts['candidates']} ranked"
    yield from (f"{counts[name]} {said}" for name, said in _UNTOLD if counts[name])
    hint = " (--failed shows them)" if counts["hidden"] else ""
    ended = ", ".join(f"{counts[name]} {name}" for name in _HIDDEN if counts[name])
    yield from [ended + hint] if ended else []
    yield from [f"{counts['stopped_early']} stopped early"] if counts["stopped_early"] else []


def _cost(cost: dict[str, int]) -> Iterator[str]:
    if cost["billable_seconds"]:
        yield f"billable {cost['billable_seconds']:,} s, times instances {cost['billable_instance_seconds']:,} s"
    if cost["not_told"]:
        yield f"the cost of {cost['not_told']} is not told"


def board_cells(board: lineage.Leaderboard, *, every: bool) -> Rows:
    """The board as people read it: without empty columns, with short numbers."""
    names = board.shown_parameters(all_parameters=every)
    head = ["rank", "name", board.metric["name"], "measured on", "trained on", *names]
    rows = [
        [
            "" if row["rank"] is None else f"{row['rank']}{'=' if row['tied'] else ''}",
            row["candidate"]["name"],
            short(row["value"]),
            _marked(row["measured_on"]),
            _marked(row["trained_on"]),
            *(short(row["parameters"].get(name)) for name in names),
            *_spent(row),
        ]
        for row in board.rows
    ]
    return _filled([[*head, "ended", *_COSTS, "note"], *rows], keep=len(head) - len(names))


def _filled(rows: Rows, keep: int) -> Rows:
    """Without the columns that are empty, except the first few."""
    used = [number for number in range(len(rows[0])) if number < keep or any(row[number] != "" for row in rows[1:])]
    return [[row[number] for number in used] for row in rows]


def _spent(row: dict[str, Any]) -> list[str]:
    cost = row["cost"]
    count = f"{cost['instance_count']} × " if cost["instance_count"] and "+" not in (cost["instance_type"] or "+") else ""
    return [
        row["ended"] or "",
        short(cost["billable_seconds"]),
        f"{count}{cost['instance_type'] or ''}",
        "" if cost["spot_saving"] is None else f"{cost['spot_saving']:.0%}",
        ", ".join(row["labels"]),
    ]


def _marked(data: dict[str, Any]) -> str:
    marks = ("≠" if data.get("differs") and data["set"] != "?" else "") + ("~" if data["may_have_changed"] else "")
    return f"{data['set']} {marks}".strip()


def short(value: Any) -> str:
    """A value in a cell; empty if there is none."""
    return "" if value is None else said_shortly(value)


def data_lines(board: lineage.Leaderboard) -> Iterator[Line]:
    """Which data each letter stands for, the marks that occur, and the best of each set of data."""
    for one in board.data_sets:
        yield styled(f"{one['set']}  {', '.join(one['places'])}")
    seen = "".join(_marked(row[use]) for row in board.rows for use in ("measured_on", "trained_on"))
    marks = [f"{mark} {said}" for mark, said in _MARKS.items() if mark in seen]
    yield from [styled(" · ".join(marks))] if marks else []
    for one in board.best if len(board.best) > 1 else ():
        apart = f"trained on {one['trained_on']}" if one["trained_on"] else f"measured on {one['measured_on']}"
        yield styled(("Best", "bold"), f" {apart}, of {one['candidates']}: {one['name']}, {short(one['value'])}")


def foot_lines(board: lineage.Leaderboard) -> Iterator[Line]:
    """What was looked at, and the notes."""
    yield from scope_lines(board.scope, "candidate")
    yield from note_lines(board.caveats)
