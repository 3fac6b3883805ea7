"""Cells of CSV: nothing runs in a spreadsheet, and every value can be read back."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.text import one_line
from lineage.outputs.formats.tables import csv_line

GUARDED = re.compile(r"'[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]")


def cells(line: str) -> list[str]:
    """What the csv module reads."""
    (row,) = csv.reader(io.StringIO(line, newline=""))
    return row


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1+1", "-1+1", "@a", "\t=1", "\r=1", " =1", '"=1', "'=1", "\uff1d1", "\uff201", "-inf", "+a", "-\u0661"]
)
def test_a_formula_is_text(cell: str) -> None:
    """A cell that begins as OWASP lists gets an apostrophe, with or without blanks and quotes before it."""
    assert cells(csv_line([cell])) == [f"'{one_line(cell)}"]


@pytest.mark.parametrize("cell", ["-0.5", "+1e-3", "-7", -0.5, -7, "a=b", "a-b", "2026-05-01"])
def test_a_number_stays_one(cell: object) -> None:
    """Numbers, and texts with such a character further inside, are unchanged."""
    assert cells(csv_line([cell])) == [str(cell)]


@given(st.lists(st.text("=+-@ '\"\t\r\n,;1.e\uff1da\x1b\u2028"), min_size=2))
def test_every_value_is_read_back(values: list[str]) -> None:
    """A cell is on one line, and its value stands behind the guard."""
    line = csv_line(values)
    assert len(line.splitlines()) == 1
    assert [cell[1:] if GUARDED.match(cell) else cell for cell in cells(line)] == [one_line(value) for value in values]
