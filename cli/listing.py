"""Rows in six formats, for the commands that list things: as a table, as TSV, CSV and Markdown, as JSON and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .options import tsv
from .render import rows_text

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """What is listed: the columns, and for JSON the schema, the question and the member that holds the rows."""

    columns: Sequence[str]
    schema: str
    question: str
    member: str

    def text(self, form: str, rows: Iterable[Row], *, colour: bool) -> Iterator[str]:
        """The rows in one of `FORMS`, piece by piece."""
        if form == "table":
            yield rows_text(list(self._cells(rows)), colour=colour)
            return
        yield from _FORMS[form](self, rows)

    def _cells(self, rows: Iterable[Row]) -> Iterator[list[Any]]:
        yield list(self.columns)
        for row in rows:
            yield [_cell(row[name]) for name in self.columns]

    def _tsv(self, rows: Iterable[Row]) -> Iterator[str]:
        return (tsv([cells]) for cells in self._cells(rows))

    def _json(self, rows: Iterable[Row]) -> Iterator[str]:
        head = json.dumps({"schema": self.schema, "question": self.question}).removesuffix("}")
        yield f'{head}, "{self.member}": ['
        for number, row in enumerate(rows):
            yield f"{',' if number else ''}\n  {json.dumps(row, ensure_ascii=False)}"
        yield "\n]}\n"

    def _jsonl(self, rows: Iterable[Row]) -> Iterator[str]:
        return (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)

    def _csv(self, rows: Iterable[Row]) -> Iterator[str]:
        for cells in self._cells(rows):
            line = io.StringIO()
            csv.writer(line, lineterminator="\n").writerow(cells)
            yield line.getvalue()

    def _md(self, rows: Iterable[Row]) -> Iterator[str]:
        head, *_rest = self._cells(())
        yield from (f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head)))
        cells = self._cells(rows)
        next(cells)
        yield from (f"| {' | '.join(_escaped(cell) for cell in row)} |\n" for row in cells)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _escaped(cell: Any) -> str:
    return " ".join(str(cell).replace("\\", "\\\\").replace("|", "\\|").split())


_FORMS: dict[str, Callable[[Listing, Iterable[Row]], Iterator[str]]] = {
    "tsv": Listing._tsv,  # noqa: SLF001  (our own)
    "json": Listing._json,  # noqa: SLF001
    "jsonl": Listing._jsonl,  # noqa: SLF001
    "csv": Listing._csv,  # noqa: SLF001
    "md": Listing._md,  # noqa: SLF001
}
FORMS = ("table", *_FORMS)
