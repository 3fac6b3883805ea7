"""Prints a list with the gaps that could hide more: under a table, in JSON as `scope`, otherwise on stderr."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ..render.lines import Line, looked_lines, note_lines, printed, scope_lines
from ..render.listing import Listing, Row
from ..render.words import say, say_lines
from .options import write

HOLDING_SCOPE = ("table", "json", "jsonl")  # the formats in which an answer's scope and notes are part of it


def tell_lines(lines: Iterable[Line]) -> None:
    """Print on stderr the lines that a table has below its rows, for formats without room for them."""
    say_lines(printed(*lines, colour=False))


def tell_aside(scope: Row, caveats: Iterable[str] = (), before: Iterable[Line] = (), more: str = "") -> None:
    """Print on stderr what was looked at, and the notes, for formats without room for them."""
    tell_lines([*before, *looked_lines(scope, more), *note_lines(list(caveats))])


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
    write(listing.text(form, rows, colour=not out, **beside, scope=scope), out)
    if form == "json":
        return
    tell_lines(scope_lines(scope, what))
    if first is None:
        say(f"lineage: {empty}")
