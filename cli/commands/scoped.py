"""A list with what could hide more: under a table, in JSON as `scope`, and beside all else on stderr."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from ..render.lines import looked_line, looked_lines, note_lines, printed, scope_lines
from ..render.listing import Listing, Row
from ..render.words import plural, say, say_lines
from .options import write

HOLDING_SCOPE = ("table", "json", "jsonl")  # the formats in which an answer's scope and notes are part of it


def tell_aside(scope: Row, caveats: Iterable[str] = ()) -> None:
    """On stderr: what was looked at, and the notes, of an answer whose format has no room for them."""
    say_lines(printed(*looked_lines(scope), *note_lines(list(caveats)), colour=False))


def tell_looked(scope: Row) -> None:
    """On stderr: what was looked at, for a list that proves no "no"."""
    say_lines(printed(looked_line(scope), colour=False))


def tell_list(
    listing: Listing, rows: Iterator[Row], form: str, out: str | None, scope: Row, *, nothing: str, what: str, **beside: Any
) -> None:
    """Print the rows; where there is none, `nothing` says so, as far as was read. `what` the holes could hide."""
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
    tell_looked(scope)
    if first is None or holes:
        more = [f"{plural(len(scope['holes']), 'hole')} could hide more: `lineage gaps`"] if holes else []
        say(f"lineage: {'; '.join([*([] if first else [empty]), *more])}")
