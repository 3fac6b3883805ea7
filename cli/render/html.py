"""Rows as one HTML page that opens from disk and loads nothing."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from html import escape
from typing import Any, NamedTuple

import click

import lineage

from ..constants import ARGUMENTS
from .lines import Line
from .words import said_shortly

_OUTPUT = ("--format", "-f", "--out", "-o")  # options on which an answer does not depend

_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>lineage</title>
<style>
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
table { border-collapse: collapse; }
th, td { border-bottom: 1px solid #8886; padding: .3em .7em; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
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


def html_table(head: Iterable[Any], lines: Iterable[Iterable[Any]], about: About = NOTHING) -> Iterator[str]:
    """A page with one table, row by row, under the command that was asked; then what else there is to say about it."""
    yield _HEAD
    yield from (f"<h1>{escape(asked)}</h1>\n" for asked in [_asked()] if asked)
    yield from (f"<p>{escape(first)}</p>\n" for first in [about.first()] if first)
    yield f"<table>\n<thead><tr>{''.join(f'<th>{_cell(title)}</th>' for title in head)}</tr></thead>\n<tbody>\n"
    yield from (f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in line)}</tr>\n" for line in lines)
    yield "</tbody>\n</table>\n"
    yield from (f"<p>{escape(lineage.one_line(line.plain))}</p>\n" for line in about.below())
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


def _cell(value: Any) -> str:
    return escape(lineage.one_line(said_shortly(value)))
