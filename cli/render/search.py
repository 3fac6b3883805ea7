"""What a search found, as text for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .lines import note_lines, printed, scope_lines, styled
from .listing import Row, rows_as
from .words import as_text, plural, said_shortly

if TYPE_CHECKING:
    import lineage


def found_text(found: lineage.Found, columns: Sequence[str] = (), *, colour: bool) -> str:
    """The rows under the given columns, or under those that the search names, and how many there are."""
    asked = list(columns) or found_columns(found, "table")
    rows = "".join(rows_as("table", asked, found_rows(found, asked, "table"), colour=colour)) if found.records else ""
    return rows + printed(*found_lines(found), colour=colour)


def found_rows(found: lineage.Found, columns: list[str], form: str) -> Iterator[Row]:
    """The rows as a format has them: a person gets numbers short, and JSON gets them as numbers."""
    if form == "jsonl":
        return ({name: _json(value) for name, value in row.items()} for row in found.rows(columns))
    said = said_shortly if form in ("table", "md") else as_text
    return ({name: _cell(value, said) for name, value in row.items()} for row in found.rows(columns))


def found_columns(found: lineage.Found, form: str) -> list[str]:
    """Name, status, creation, and the properties that were asked for; the id, if there is room."""
    names = [one["Name"] for one in _filters(found.expression or {})] + [found.sort_by]
    asked = [name for name in dict.fromkeys(names) if name not in ("LastModifiedTime", "CreationTime", f"{found.resource}Name")]
    return ["name", "status", "created", *asked, *([] if form == "table" else ["id"])]


def _filters(expression: Any) -> Iterator[Any]:
    yield from expression.get("Filters", ())
    for nested in expression.get("NestedFilters", ()):
        yield from nested["Filters"]
    for part in expression.get("SubExpressions", ()):
        yield from _filters(part)


def _json(values: Any) -> Any:
    """The values of a property in JSON: a number as itself and several as a list, anything else as the text of a cell."""
    if not isinstance(values, list) or not values or not all(map(_is_number, values)):
        return _cell(values, as_text)
    return values[0] if len(values) == 1 else values


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _cell(values: Any, said: Callable[[Any], str]) -> Any:
    """The values of a property in one cell, each as it is `said`: objects as JSON."""
    if not isinstance(values, list):
        return values
    return ", ".join(said(value) if isinstance(value, float) else as_text(value) for value in values) or None


def found_lines(found: lineage.Found) -> Iterator[Any]:
    """How many were found and shown, in which order, and what could hide more."""
    kind = found.kind.replace("-", " ")
    count = f"{'' if found.exact else 'at least '}{plural(found.total, kind)}"
    shown = len(found.records)
    by = f"by {found.sort_by}, {found.order.lower()}"
    said = f"{count} found" if shown == found.total else f"{count} found, {shown:,} shown"
    yield styled((said, "bold"), f", {by}." if shown else ".")
    yield from scope_lines(found.scope, kind)
    yield from note_lines(found.caveats)
