"""A long text is searched in windows: nothing is missed between two of them, and no call reads more than one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.windows import LONGEST, WINDOW, first, run


class Watched:
    """A pattern that finds nothing, and remembers how much it had to read."""

    def __init__(self) -> None:
        self.looked_at: list[tuple[int, int]] = []

    def search(self, _: str, at: int, stop: int) -> None:
        self.looked_at.append((at, stop))


def test_no_call_looks_at_more_than_a_window() -> None:
    """Ctrl-C works between two calls, and the windows overlap by the longest match."""
    pattern = Watched()
    assert first(pattern, "x" * 1_000_000) is None  # type: ignore[arg-type]
    assert max(stop - at for at, stop in pattern.looked_at) == WINDOW
    ends = zip(pattern.looked_at, pattern.looked_at[1:], strict=False)
    assert {one[1] - other[0] for one, other in ends} == {LONGEST}


@given(st.integers(0, 3 * WINDOW), st.integers(1, LONGEST - 1), st.integers(0, 100))
def test_a_match_is_found_wherever_it_stands(before: int, length: int, after: int) -> None:
    """A match is the one that a search over the whole text finds, with its required context before and after."""
    pattern = re.compile(rf"(?<!b)a{{1,{LONGEST}}}(?!b)")
    text = "-" * before + "a" * length + "-" * after
    found = first(pattern, text)
    assert found is not None
    assert found.span() == (before, before + length)
    assert run(re.compile(r"a{1,7}"), text, before) == before + length
