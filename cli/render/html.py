"""Rows as one HTML page that opens from disk and loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

import lineage

from .words import said_shortly

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
</style>
<table>
"""


def html_table(head: Iterable[Any], lines: Iterable[Iterable[Any]]) -> Iterator[str]:
    """A page with one table, row by row."""
    yield _HEAD
    yield f"<thead><tr>{''.join(f'<th>{_cell(title)}</th>' for title in head)}</tr></thead>\n<tbody>\n"
    yield from (f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in line)}</tr>\n" for line in lines)
    yield "</tbody>\n</table>\n</html>\n"


def _cell(value: Any) -> str:
    return escape(lineage.one_line(said_shortly(value)))
