"""The graph as two tables, of nodes and of edges: CSV for spreadsheets, JSON lines for DuckDB, Athena and jq."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped

NODE_COLUMNS = (
    "id", "kind", "name", "account", "region", "arn", "created", "modified", "status", "observed", "label", "details",
)  # fmt: skip
EDGE_COLUMNS = ("source", "target", "key", "relation", "role", "usage", "path", "evidence", "time", "span", "listing")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv_nodes(chosen: Chosen) -> Iterator[str]:
    """A node a line. What only some kinds have stands in `details`, as JSON."""
    rows = ((row, {name: row[name] for name in row if name not in NODE_COLUMNS}) for row in _nodes(chosen))
    return _csv(NODE_COLUMNS, (row | {"details": dumped(more) if more else ""} for row, more in rows))


def write_csv_edges(chosen: Chosen) -> Iterator[str]:
    """An edge a line."""
    return _csv(EDGE_COLUMNS, _edges(chosen))


def write_jsonl_nodes(chosen: Chosen) -> Iterator[str]:
    """A node a line, with every attribute as it is."""
    return (dumped(row) + "\n" for row in _nodes(chosen))


def write_jsonl_edges(chosen: Chosen) -> Iterator[str]:
    """An edge a line, with every attribute as it is."""
    return (dumped(row) + "\n" for row in _edges(chosen))


def _nodes(chosen: Chosen) -> Iterator[dict[str, Any]]:
    return ({"id": node} | data for node, data in chosen.nodes())


def _edges(chosen: Chosen) -> Iterator[dict[str, Any]]:
    return ({"source": link.source, "target": link.target, "key": link.key} | link.data for link in chosen.edges())


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    yield _line(columns)
    yield from (_line([_cell(row[name]) for name in columns]) for row in rows)


def _cell(value: Any) -> str:
    """A cell. A spreadsheet takes what begins with = + - @ for a formula: an apostrophe before it makes it text."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else dumped(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)  # so that a line end inside a cell is quoted, whichever it is
    return line.getvalue().removesuffix("\r\n") + "\n"
