"""The leaderboard of `lineage runs --compare` and `lineage search --metric`: options and output."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

import lineage

from ..render.html import About
from ..render.leaderboard import WAYS, board_cells, board_text, data_lines, foot_lines, head_lines
from ..render.lines import looked_line, note_lines, scope_lines, styled
from ..render.listing import FORMS, cells_as, escaped, json_lines
from ..render.words import say
from .options import Choice, Command, write
from .scoped import tell_about, tell_lines
from .strict import option

Rows = list[list[Any]]

BOARD_FORMATS = (*FORMS, "svg")
BOARD_WORDS = ("metric", "direction", "statistic", "mixed_data", "failed", "all_parameters", "picture")
PICTURES = ("parallel", "scatter")
_OPTIONS: tuple[Callable[[Command], Command], ...] = (
    option("--metric", metavar="M", help="Rank by this metric. Default: the objective of the tuning job."),
    option("--direction", type=Choice(tuple(WAYS)), help="Whether higher or lower is better. Default: as the tuning job says."),
    option(
        "--statistic",
        type=Choice(("last", "min", "max", "avg")),
        help="Which value of the metric counts (default last, the only one that training jobs keep).",
    ),
    option("--mixed-data", is_flag=True, help="Rank runs together that were measured on different data."),
    option("--failed", is_flag=True, help="Include failed and stopped runs."),
    option("--all-parameters", is_flag=True, help="Include parameters that are the same for all."),
    option("--picture", type=Choice(PICTURES), help="The picture to draw as SVG (default parallel)."),
)


def board_options(command: Command) -> Command:
    """The options of a leaderboard. The function gets them by name."""
    for decorate in reversed(_OPTIONS):
        command = decorate(command)
    return command


def take_board(asked: dict[str, Any]) -> dict[str, Any]:
    """Takes the options of a leaderboard out of those that a function got, for `tell_board`."""
    return {name: asked.pop(name) for name in BOARD_WORDS}


def asks_for_board(asked: dict[str, Any]) -> bool:
    """Whether any option of a leaderboard was given."""
    return any(asked.values())


def refuse_picture(form: str) -> None:
    """Refuse a picture for a list that is not a leaderboard."""
    if form == "svg":
        raise click.UsageError("only a leaderboard can be drawn as svg: add --metric")


def tell_board(
    snapshot: lineage.Snapshot,
    ids: Iterable[str],
    form: str,
    out: str | None,
    asked: dict[str, Any],
    holes: Iterable[dict[str, Any]],
    beside: Sequence[str] = (),
) -> None:
    """Print the leaderboard of the nodes with these ids, or write it to a file.

    `holes` are gaps that could hide more of them. `beside` is said on stderr, or in the page.
    """
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
        write(_printed(board, form, beside, every=every, colour=not out), out)
    _tell_aside(board, form, drawn=form == "svg" or bool(asked["picture"]))
    for line in beside if form != "html" else ():
        say(line)


def _refuse_form(picture: str | None, form: str) -> None:
    """Refuse a picture, which is an SVG, together with another format, given by name or by file extension."""
    context = click.get_current_context()
    asked = context.get_parameter_source("form") is click.core.ParameterSource.COMMANDLINE
    named = Path(context.params.get("out") or "").suffix == f".{form}"
    if picture and form != "svg" and (asked or named):
        raise click.UsageError(f"--picture draws an svg, not {form}: use one of them")


def _tell_aside(board: lineage.Leaderboard, form: str, *, drawn: bool) -> None:
    """Print on stderr what rows and pictures have no room for."""
    if form == "md" and not drawn:
        tell_lines([looked_line(board.scope), *note_lines(board.caveats)])
    elif drawn or form not in ("table", "json"):
        tell_about(_about(board), "svg" if drawn else form)


def _about(board: lineage.Leaderboard, beside: Sequence[str] = ()) -> About:
    return About(below=lambda: [*head_lines(board), *data_lines(board), *foot_lines(board), *map(styled, beside)])


def _printed(board: lineage.Leaderboard, form: str, beside: Sequence[str], *, every: bool, colour: bool) -> Iterable[str]:
    if form == "table":
        return board_text(board, every=every, colour=colour)
    if form == "json":
        return [lineage.json_text(board.as_json(), indent=2) + "\n"]
    if form == "jsonl":
        return json_lines(board.rows)
    return _md(board, every=every) if form == "md" else _rows(board, form, beside, every=every)


# --- for programs and pages -----------------------------------------------------------------------


def _rows(board: lineage.Leaderboard, form: str, beside: Sequence[str], *, every: bool) -> Iterator[str]:
    """TSV, CSV or a page: the same columns in each row, whole values."""
    rows = board.flat(all_parameters=every)
    return cells_as(form, list(rows[0]) if rows else [], (list(row.values()) for row in rows), about=_about(board, beside))


def _md(board: lineage.Leaderboard, *, every: bool) -> Iterator[str]:
    """A Markdown table: above it what the ranks do not say, below it what the letters mean."""
    head, *rows = board_cells(board, every=every)
    said, counted, *warnings = (escaped(line.plain) for line in head_lines(board))
    yield f"**{said}**\n\n{counted}\n\n"
    yield from (f"> - {warning}\n" for warning in warnings)
    yield from ["\n"] if warnings else []
    yield from cells_as("md", head, rows)
    yield "\n"
    holes = scope_lines(board.scope, "candidate")[:-1]
    yield from (f"- {escaped(line.plain)}\n" for line in (*data_lines(board), *holes))
