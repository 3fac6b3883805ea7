"""The graph as two tables, of nodes and of edges: CSV for spreadsheets, JSON lines for DuckDB, Athena and jq.

`csv_line` is the only writer of CSV, also for the lists of all commands.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from lineage.domain.text import one_line
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped

NODE_COLUMNS = (
    "id", "kind", "name", "account", "region", "arn", "created", "modified", "status", "observed", "label", "details",
)  # fmt: skip
EDGE_COLUMNS = ("source", "target", "key", "relation", "role", "usage", "path", "evidence", "time", "span", "listing")
# What a spreadsheet takes for a formula (OWASP, "CSV injection"), also in full-width characters and after blanks and quotes. A
# tab or a line end before it is already a blank here. A number is not a formula.
_FORMULA: Final = re.compile(r"[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20](?!(?<=^[+-])[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?\Z)")


def write_csv_nodes(chosen: Chosen) -> Iterator[str]:
    """One node per line. What only some kinds have is in `details`, as JSON."""
    rows = ((row, {name: row[name] for name in row if name not in NODE_COLUMNS}) for row in _nodes(chosen))
    return _csv(NODE_COLUMNS, (row | {"details": dumped(more) if more else ""} for row, more in rows))


def write_csv_edges(chosen: Chosen) -> Iterator[str]:
    """One edge per line."""
    return _csv(EDGE_COLUMNS, _edges(chosen))


def write_jsonl_nodes(chosen: Chosen) -> Iterator[str]:
    """One node per line, with unchanged attributes. Each line has the attributes of all kinds; null if a kind has none."""
    keys = dict.fromkeys(NODE_COLUMNS[:-1]) | dict.fromkeys(sorted({name for row in _nodes(chosen) for name in row}))
    return (dumped(keys | row) + "\n" for row in _nodes(chosen))


def write_jsonl_edges(chosen: Chosen) -> Iterator[str]:
    """One edge per line, with unchanged attributes."""
    return (dumped(row) + "\n" for row in _edges(chosen))


def _nodes(chosen: Chosen) -> Iterator[dict[str, Any]]:
    return ({"id": node} | data for node, data in chosen.nodes())


def _edges(chosen: Chosen) -> Iterator[dict[str, Any]]:
    return ({"source": link.source, "target": link.target, "key": link.key} | link.attributes() for link in chosen.edges())


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield csv_line(columns)
    yield from (csv_line([_cell(row[name]) for name in columns]) for row in rows)


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else dumped(value)


def csv_line(cells: Iterable[Any]) -> str:
    """Cells as one line of CSV. Nothing in it ends the line, controls a terminal, or runs in a spreadsheet.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it. To read the value back, remove one
    apostrophe wherever it is followed by the start of such a cell: any blanks and quotes, then one of = + - @.
    """
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(map(_guarded, cells))
    return line.getvalue()


def _guarded(cell: Any) -> str:
    text = one_line(str(cell))
    return f"'{text}" if _FORMULA.match(text) else text
