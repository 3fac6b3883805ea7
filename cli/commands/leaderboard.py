"""The leaderboard of `lineage runs --compare` and `lineage search --metric`: its options, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import lineage

from ..render.lines import Line, looked_line, note_lines, printed, scope_lines, styled
from ..render.listing import FORMS, cells_as, escaped, json_lines
from ..render.words import said_shortly
from .options import Choice, Command, write
from .scoped import tell_lines

Rows = list[list[Any]]

BOARD_FORMATS = (*FORMS, "svg")
BOARD_WORDS = ("metric", "direction", "statistic", "mixed_data", "failed", "all_parameters", "picture")
_COSTS = ("billable s", "instances", "spot saving")
PICTURES = ("parallel", "scatter")
_WAYS = {"max": "more is better", "min": "less is better"}
_UNTOLD = (("missing", "without it"), ("not_finite", "not finite"), ("running", "running"), ("unread", "without a record"))
_HIDDEN = ("failed", "stopped")
_MARKS = {"≠": "measured on other data than most", "~": "may have changed between the reads", "?": "not known"}
_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    click.option("--metric", metavar="M", help="Rank by this metric. Default: the objective of the tuning job."),
    click.option(
        "--direction", type=Choice(tuple(_WAYS)), help="Whether more or less is better. Default: as the tuning job says."
    ),
    click.option(
        "--statistic",
        type=Choice(("last", "min", "max", "avg")),
        help="Which value of the metric counts (default last; training jobs keep no other).",
    ),
    click.option("--mixed-data", is_flag=True, help="Rank runs together that were measured on different data."),
    click.option("--failed", is_flag=True, help="Include failed and stopped runs."),
    click.option("--all-parameters", is_flag=True, help="Include parameters that are the same for all."),
    click.option("--picture", type=Choice(PICTURES), help="The picture to draw as SVG (default parallel)."),
)


def board_options(command: Command) -> Command:
    """The options of a leaderboard; the function is given them by name."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_board(asked: dict[str, Any]) -> dict[str, Any]:
    """The options of a leaderboard, taken out of those that a function was given: for `tell_board`."""
    return {name: asked.pop(name) for name in BOARD_WORDS}


def asks_for_board(asked: dict[str, Any]) -> bool:
    """Whether any option of a leaderboard was given."""
    return any(asked.values())


def refuse_picture(form: str) -> None:
    """For a list that is no leaderboard: it has no picture."""
    if form == "svg":
        raise click.UsageError("only a leaderboard can be drawn as svg: add --metric")


def tell_board(
    snapshot: lineage.Snapshot,
    ids: Iterable[str],
    form: str,
    out: str | None,
    asked: dict[str, Any],
    holes: Iterable[dict[str, Any]],
) -> None:
    """Print the leaderboard of the nodes of the given ids, or write it to a file; `holes` could hide more of them."""
    import lineage

    _refuse_form(asked["picture"], form)
    words = {name: asked[name] for name in ("metric", "direction", "mixed_data", "failed")}
    board = lineage.leaderboard(snapshot, ids, statistic=asked["statistic"] or "last", **words)
    own = board.scope["holes"]
    board = replace(board, scope=board.scope | {"holes": [*own, *(hole for hole in holes if hole not in own)]})
    every = asked["all_parameters"]
    if form == "svg" or asked["picture"]:
        write(lineage.CHARTS[asked["picture"] or PICTURES[0]](board, all_parameters=every), out)
    else:
        write(_printed(board, form, every=every, colour=not out), out)
    _tell_aside(board, form, drawn=form == "svg" or bool(asked["picture"]))


def _refuse_form(picture: str | None, form: str) -> None:
    """A picture is an SVG: where another format was asked for, by its name or by that of the file, both can't be meant."""
    context = click.get_current_context()
    asked = context.get_parameter_source("form") is click.core.ParameterSource.COMMANDLINE
    named = Path(context.params.get("out") or "").suffix == f".{form}"
    if picture and form != "svg" and (asked or named):
        raise click.UsageError(f"--picture draws an svg, not {form}: use one of them")


def _tell_aside(board: lineage.Leaderboard, form: str, *, drawn: bool) -> None:
    """On stderr: what rows and pictures have no room for."""
    if form == "md" and not drawn:
        tell_lines([looked_line(board.scope), *note_lines(board.caveats)])
    elif drawn or form not in ("table", "json"):
        tell_lines([*_head(board), *_data_lines(board), *_foot(board)])


def _printed(board: lineage.Leaderboard, form: str, *, every: bool, colour: bool) -> Iterable[str]:
    if form == "table":
        return _table(board, every=every, colour=colour)
    if form == "json":
        return [lineage.json_text(board.as_json(), indent=2) + "\n"]
    if form == "jsonl":
        return json_lines(board.rows)
    return _md(board, every=every) if form == "md" else _rows(board, form, every=every)


# --- as a table -----------------------------------------------------------------------------------


def _table(board: lineage.Leaderboard, *, every: bool, colour: bool) -> Iterator[str]:
    head, *rows = _cells(board, every=every)
    least = (*_COSTS, *reversed(board.shown_parameters(all_parameters=every)), "trained on")
    yield printed(*_head(board), colour=colour)
    yield "\n"
    yield from cells_as("table", head, rows, colour=colour, least=least)
    yield "\n"
    yield printed(*_data_lines(board), *_foot(board), colour=colour)


def _head(board: lineage.Leaderboard) -> Iterator[Line]:
    metric = board.metric
    way = f"{_WAYS[metric['direction']]} ({metric['direction_from']})"
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


def _cells(board: lineage.Leaderboard, *, every: bool) -> Rows:
    """The board as people read it: the columns that say something, numbers short."""
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
    """Without the columns, after the first few, in which nothing stands."""
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
    """A value in a cell, and nothing where there is none."""
    return "" if value is None else said_shortly(value)


def _data_lines(board: lineage.Leaderboard) -> Iterator[Line]:
    """Which data each letter stands for, the marks that occur, and the best of each set of data."""
    for one in board.data_sets:
        yield styled(f"{one['set']}  {', '.join(one['places'])}")
    seen = "".join(_marked(row[use]) for row in board.rows for use in ("measured_on", "trained_on"))
    marks = [f"{mark} {said}" for mark, said in _MARKS.items() if mark in seen]
    yield from [styled(" · ".join(marks))] if marks else []
    for one in board.best if len(board.best) > 1 else ():
        apart = f"trained on {one['trained_on']}" if one["trained_on"] else f"measured on {one['measured_on']}"
        yield styled(("Best", "bold"), f" {apart}, of {one['candidates']}: {one['name']}, {short(one['value'])}")


def _foot(board: lineage.Leaderboard) -> Iterator[Line]:
    yield from scope_lines(board.scope, "candidate")
    yield from note_lines(board.caveats)


# --- for programs and pages -----------------------------------------------------------------------


def _rows(board: lineage.Leaderboard, form: str, *, every: bool) -> Iterator[str]:
    """TSV or CSV: the same columns in each row, whole values."""
    rows = board.flat(all_parameters=every)
    return cells_as(form, list(rows[0]) if rows else [], (list(row.values()) for row in rows))


def _md(board: lineage.Leaderboard, *, every: bool) -> Iterator[str]:
    """A page's table: what a rank does not say stands above it, what the letters mean below."""
    head, *rows = _cells(board, every=every)
    said, counted, *warnings = (escaped(line.plain) for line in _head(board))
    yield f"**{said}**\n\n{counted}\n\n"
    yield from (f"> - {warning}\n" for warning in warnings)
    yield from ["\n"] if warnings else []
    yield from cells_as("md", head, rows)
    yield "\n"
    holes = scope_lines(board.scope, "candidate")[:-1]
    yield from (f"- {escaped(line.plain)}\n" for line in (*_data_lines(board), *holes))
