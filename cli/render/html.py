"""Rows as one HTML page that opens from disk and loads nothing."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

import lineage

from ..constants import ARGUMENTS
from .lines import Line
from .words import said_shortly

_OUTPUT = ("--format", "-f", "--out", "-o")  # options on which an answer does not depend

_HEADS = {"holes": "gaps"}  # people say gap; `holes` is the name for programs
_TOP = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
"""
_STYLE = """<style>
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #8886; padding: .3em .7em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td { min-width: 5em; }
th { position: sticky; top: 0; background: Canvas; overflow-wrap: normal; }
h1 { font: bold 1.1em ui-monospace, monospace; overflow-wrap: anywhere; }
p { margin: .3em 0; white-space: pre-wrap; overflow-wrap: anywhere; }
h1 + p { font-weight: bold; }
table { margin: 1em 0; }
</style>
"""


class About(NamedTuple):
    """What a page says around its rows: the answer in one line above them, and the lines below. Made only when needed."""

    first: Callable[[], str] = str
    below: Callable[[], Iterable[Line]] = tuple


NOTHING = About()


def _escaped(text: str) -> str:
    from html import escape  # few answers are pages

    return escape(text)


def html_table(head: Iterable[Any], lines: Iterable[Iterable[Any]], about: About = NOTHING) -> Iterator[str]:
    """A page with one table, row by row, under the command that was asked; then what else there is to say about it."""
    asked = _escaped(_asked())
    yield f"{_TOP}<title>{asked or 'lineage'}</title>\n{_STYLE}"
    yield f"<h1>{asked}</h1>\n" if asked else ""
    yield from (f"<p>{_escaped(first)}</p>\n" for first in [about.first()] if first)
    titles = "".join(f"<th>{_cell(_HEADS.get(title, title))}</th>" for title in head)
    yield f"<table>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n"
    yield from (f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in line)}</tr>\n" for line in lines)
    yield "</tbody>\n</table>\n"
    yield from (f"<p>{_escaped(lineage.one_line(line.plain))}</p>\n" for line in about.below())
    yield from (f"<p>{_escaped(read)}</p>\n" for read in [_read()] if read)
    yield "</html>\n"


def _asked() -> str:
    """The command line, without what only says how and where to print; empty where no command line runs."""
    context = click.get_current_context(silent=True)
    told = context.find_root().obj if context else None
    words = iter((told or {}).get(ARGUMENTS, ()))
    kept = []
    for word in words:
        if word in _OUTPUT:
            next(words, "")
        elif not word.startswith(("--format=", "--out=")) and word[:2] not in _OUTPUT:
            kept.append(word)
    return lineage.one_line(shlex.join(["lineage", *kept])) if kept else ""


def _read() -> str:
    """Which file answered, by its newest seal, and that nothing verified it; empty where no snapshot answered.

    A page outlives the command: whoever reads it later must be able to tell which file it is from, and how far to trust it.
    """
    context = click.get_current_context(silent=True)
    words = context.params if context else {}
    if not words.get("snapshot") or words.get("live") or "file" in words:  # the last are about the file itself
        return ""
    with lineage.open_snapshot(words["snapshot"]) as opened:
        seals = opened.seals()
    sealed = f"its newest seal is {seals[-1].digest} of crawl {seals[-1].crawl}" if seals else "no crawl has sealed it"
    return lineage.one_line(
        f"Read from {Path(words['snapshot']).name} with lineage {lineage.__version__}; {sealed}. "
        "This command did not verify the file: lineage snapshot verify does."
    )


def _cell(value: Any) -> str:
    return _escaped(lineage.one_line(said_shortly(value)))
