"""Rows in each format of a list. What is printed row by row is never held in memory as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import lineage

from .answers import rows_text
from .html import NOTHING, About, html_table
from .words import said_shortly, tsv

Row = dict[str, Any]
_AT_ONCE = 1000  # findings in one piece
FORMS = ("table", "tsv", "json", "jsonl", "csv", "md", "html")
# Matches our own commands in backticks, which stay code, and the characters that Markdown interprets. An underscore and an
# ampersand count only where they begin something.
_MARKS = re.compile(r"`lineage [\w ./:=-]+`|[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: the columns, and for JSON the schema, the question and the member for the rows.

    `cells` makes the columns of a row, if they are not its members of the same names. `least` are the least important columns,
    which a narrow terminal leaves out first.
    """

    columns: Sequence[str]
    schema: str
    question: str
    member: str
    cells: Callable[[Row], list[Any]] | None = None
    least: Sequence[str] = ()

    def text(self, form: str, rows: Iterable[Row], *, colour: bool, about: About = NOTHING, **beside: Any) -> Iterator[str]:
        """The rows in one of `FORMS`, piece by piece. What stands `beside` them is for JSON alone, `about` is for HTML."""
        if form == "json":
            return json_list({"schema": self.schema, "question": self.question}, self.member, rows, **beside)
        if form == "jsonl":
            return json_lines(rows)
        return cells_as(
            form, list(self.columns), map(self.cells or self._named, rows), colour=colour, least=self.least, about=about
        )

    def _named(self, row: Row) -> list[Any]:
        return [row[name] for name in self.columns]


def rows_as(
    form: str, columns: Sequence[str], rows: Iterable[Row], *, colour: bool = False, about: About = NOTHING
) -> Iterator[str]:
    """Rows in one of `FORMS` but for JSON; of each row only the given columns, where there is a head."""
    if form == "jsonl":
        return json_lines(rows)
    return cells_as(form, list(columns), ([row[name] for name in columns] for row in rows), colour=colour, about=about)


def cells_as(
    form: str,
    head: list[str],
    lines: Iterable[list[Any]],
    *,
    colour: bool = False,
    least: Sequence[str] = (),
    about: About = NOTHING,
) -> Iterator[str]:
    """The same for rows that are lists. People get short numbers, programs whole ones."""
    if form == "jsonl":
        yield from json_lines(dict(zip(head, line, strict=True)) for line in lines)
        return
    cells = ([_cell(value) for value in line] for line in lines)
    if form == "table":
        yield rows_text([head, *cells], colour=colour, least=least)
    elif form == "md":
        yield from (f"| {' | '.join(line)} |\n" for line in ([escaped(title) for title in head], ["---"] * len(head)))
        yield from (f"| {' | '.join(map(escaped, line))} |\n" for line in cells)
    elif form == "html":
        yield from html_table(head, cells, about)
    else:
        written = lineage.csv_line if form == "csv" else _tsv_line
        yield written(head)
        yield from map(written, cells)


def json_line(value: Row) -> Iterator[str]:
    """One object on a line, in pieces: an answer member by member, and its findings in batches."""
    before = "{"
    for name, member in value.items():
        yield f"{before}{lineage.json_text(name)}: "
        several = isinstance(member, Sequence) and not isinstance(member, str)
        yield from _elements(member) if several else [lineage.json_text(member, default=list)]
        before = ", "
    yield "}\n"


def _elements(members: Sequence[Any]) -> Iterator[str]:
    yield "["
    for at in range(0, len(members), _AT_ONCE):
        yield (", " if at else "") + lineage.json_text(members[at : at + _AT_ONCE], default=list)[1:-1]
    yield "]"


def json_lines(objects: Iterable[Any]) -> Iterator[str]:
    """One object per line."""
    return (lineage.json_text(one, default=list) + "\n" for one in objects)


def json_list(head: Row, name: str, objects: Iterable[Any], **beside: Any) -> Iterator[str]:
    """One object: `head`, then a list of this name with one object per line, then `beside`."""
    yield f'{lineage.json_text(head).removesuffix("}")}, "{name}": ['
    for number, one in enumerate(objects):
        yield f"{',' if number else ''}\n  {lineage.json_text(one)}"
    yield f"\n],\n{lineage.json_text(beside).removeprefix('{')}\n" if beside else "\n]}\n"


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _tsv_line(cells: list[Any]) -> str:
    return tsv([cells])


def escaped(cell: Any) -> str:
    """A cell in Markdown: on one line, with nothing that would end it, mark it up or vanish as a tag."""
    return _MARKS.sub(_mark, " ".join(lineage.one_line(said_shortly(cell)).split()))


def _mark(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else f"\\{found[0]}"
