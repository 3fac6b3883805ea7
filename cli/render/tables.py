"""Rows as a table that fits the terminal: it leaves out whole columns and breaks no word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import lineage

from .breaking import broken, parts_of
from .lines import Line, columns, styled
from .words import said_shortly

Length = Callable[[str], int]

_APART = 2  # blanks between two columns
_ENOUGH = 30  # width of each line of a long cell, if its words allow it
_HANG = 2  # blanks before a continued line of a cell
_LEAST = 8  # least width of a column in a terminal without room
_LONG = 40  # width of a value that is said once for all rows


def table_lines(rows: list[list[Any]], *, terminal: bool, least: Sequence[str] = ()) -> list[Line]:
    """Rows as lines, the first row as the head. A terminal gets as many columns as fit, and below them what was left out.

    Empty columns are left out first, then the id, then columns with one value in all rows. Then come those named in `least`,
    then the others from the right. The first column stays.
    """
    head, *body = ([lineage.one_line(said_shortly(cell)) for cell in row] for row in rows)
    cells = [list(column) for column in zip(head, *body, strict=True)]
    length = _length()
    natural = [max(map(length, column)) for column in cells]
    room = columns() if terminal else None
    if room is None or _total(natural) <= room:
        return list(_lines(cells, natural, length))
    wanted, whole = ([_wanted(column, most, length) for column in cells] for most in (room // 2, room))
    kept = _kept(cells, wanted, whole, room, least)
    shown = [cells[at] for at in kept]
    widths = _spread([wanted[at] for at in kept], [natural[at] for at in kept], room)
    return [*_lines(shown, widths, length), *_left_out([column for at, column in enumerate(cells) if at not in kept])]


def _length() -> Length:
    from rich.cells import cell_len

    return cell_len


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _APART * (len(widths) - 1)


def _wanted(column: list[str], most: int, length: Length) -> int:
    """The width that a column needs: its longest part that should stay whole, or enough of a long text."""
    whole = max((length(part) for cell in column for part in parts_of(cell)), default=0)
    return max(length(column[0]), min(max(whole, _ENOUGH), most, max(map(length, column))))


def _kept(cells: list[list[str]], wanted: list[int], whole: list[int], room: int, least: Sequence[str]) -> list[int]:
    """Which columns are shown. The least important are left out, and those that still fit are put back."""
    kept, gone = list(range(len(cells))), []
    for at in _dispensable(cells, least):
        if _total([wanted[one] for one in kept]) <= room:
            break
        kept.remove(at)
        gone.append(at)
    for at in reversed(gone):
        if any(cells[at][1:]) and _total([whole[one] for one in (*kept, at)]) <= room:
            kept = sorted([*kept, at])
    return kept


def _dispensable(cells: list[list[str]], least: Sequence[str]) -> Iterator[int]:
    """All columns but the first, the least important first."""
    titles = [column[0] for column in cells]
    empty = [at for at, column in enumerate(cells) if not any(column[1:])]
    same = [at for at, column in enumerate(cells) if _is_same(column)]
    named = [titles.index(title) for title in ("id", *least) if title in titles]
    order = [*empty, *named[:1], *same, *named[1:], *reversed(range(len(cells)))]
    return (at for at in dict.fromkeys(order) if at)


def _is_same(column: list[str]) -> bool:
    """Whether a column says the same in every row."""
    return len(column) > 2 and len(set(column[1:])) == 1


def _spread(wanted: list[int], natural: list[int], room: int) -> list[int]:
    """The widths: spare room goes first to columns that need little more, and missing room is taken from the widest."""
    widths = list(wanted)
    for at in sorted(range(len(widths)), key=lambda at: natural[at] - widths[at]):
        widths[at] += max(0, min(natural[at] - widths[at], room - _total(widths)))
    while _total(widths) > room and max(widths) > _LEAST:
        widths[widths.index(max(widths))] = max(_LEAST, max(widths) - (_total(widths) - room))
    return widths


def _lines(cells: list[list[str]], widths: list[int], length: Length) -> Iterator[Line]:
    for number, row in enumerate(zip(*cells, strict=True)):
        parts = [_parts(cell, width) if length(cell) > width else [cell] for cell, width in zip(row, widths, strict=True)]
        for at in range(max(map(len, parts))):
            texts = [some[at] if at < len(some) else "" for some in parts]
            line = "  ".join(text + " " * (width - length(text)) for text, width in zip(texts, widths, strict=True)).rstrip()
            yield Line(((line, "bold"),)) if number == 0 else Line((line,))


def _parts(cell: str, width: int) -> list[str]:
    first, *more = broken(cell, width, _HANG)
    return [first, *(" " * _HANG + part for part in more)]


def _left_out(cells: list[list[str]]) -> Iterator[Line]:
    """What the hidden columns say: the value that all rows have, or that there is more to see."""
    same = {column[0]: column[1] for column in cells if _is_same(column) and column[1] and len(column[1]) <= _LONG}
    others = [column[0] for column in cells if column[0] not in same]
    if same:
        yield styled(("Same in every row: ", "dim"), ", ".join(f"{title} {value}" for title, value in same.items()), ".")
    if others:
        yield styled(("Left out to fit: ", "dim"), f"{', '.join(others)}; --wide shows all columns.")
