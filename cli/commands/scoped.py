"""Prints a list with the gaps that could hide more: under a table, in JSON as `scope`, otherwise on stderr."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..render.html import NOTHING, About
from ..render.lines import Line, looked_and_noted, looked_line, looked_lines, printed, scope_lines, styled
from ..render.listing import Listing, Row
from ..render.words import say_lines
from .options import write

if TYPE_CHECKING:
    import lineage

HOLDING_SCOPE = ("table", "json", "jsonl", "html")  # the formats in which an answer's scope and notes are part of it


def tell_lines(lines: Iterable[Line]) -> None:
    """Print on stderr the lines that a table has below its rows, for formats without room for them."""
    say_lines(printed(*lines, colour=False))


def tell_about(about: About, form: str) -> None:
    """On stderr: what an answer says below its rows, but for HTML, whose page holds it."""
    if form != "html":
        tell_lines(about.below())


def looked_about(opened: lineage.Snapshot, form: str, *before: Line) -> About:
    """What a page says of rows that are no answer: some lines, then what was looked at, and when."""
    if form != "html":
        return NOTHING
    scope = opened.scope()
    crawls = [{"id": one.id, "started": one.started, "caller": one.caller, "replayed": one.replayed} for one in scope.crawls]
    line = looked_line({"accounts": scope.accounts, "regions": scope.regions, "crawls": crawls})
    return About(below=lambda: [*before, line])


def aside(scope: Row, caveats: Iterable[str] = (), before: Iterable[Line] = (), more: str = "") -> list[Line]:
    """What was looked at, and the notes: what most answers say below their rows."""
    return [*before, *looked_and_noted(looked_lines(scope, more), caveats)]


def tell_list(
    listing: Listing, rows: Iterator[Row], form: str, out: str | None, scope: Row, *, nothing: str, what: str, **beside: Any
) -> None:
    """Print the rows. If there are none, `nothing` says so, as far as was read. `what` names what gaps could hide."""
    first = next(rows, None)
    rows = itertools.chain([] if first is None else [first], rows)
    holes = bool(scope["holes"])
    empty = nothing + (", as far as was read" if holes else "")
    if form == "table":
        body = listing.text(form, rows, colour=not out) if first else iter([f"{empty[0].upper()}{empty[1:]}.\n"])
        write(itertools.chain(body, [printed(*scope_lines(scope, what), colour=not out)]), out)
        return
    about = About(below=lambda: [*scope_lines(scope, what), *([] if first else [styled(f"lineage: {empty}")])])
    write(listing.text(form, rows, colour=not out, about=about, **beside, scope=scope), out)
    if form != "json":
        tell_about(about, form)
