"""A list with what could hide more: under a table, in JSON as `scope`, and beside all else on stderr."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import click

from ..render.lines import printed, scope_lines
from ..render.listing import Listing, Row
from ..render.words import plural
from .options import write


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
    if form != "json" and (first is None or holes):
        more = [f"{plural(len(scope['holes']), 'hole')} could hide more: `lineage gaps`"] if holes else []
        click.echo(f"lineage: {'; '.join([*([] if first else [empty]), *more])}", err=True)
