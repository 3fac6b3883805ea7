"""The edges of a list's walks: the windows in which Search follows them, and when a second walk starts from the other end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.crawl.aws.fetch import PAGE, second_after
from lineage.crawl.sweep import ListWalk
from lineage.crawl.two_ended import Ends

Window = tuple[str, str]


def at(second: str) -> str:
    """A time of one minute, as a list names it."""
    return f"2026-01-01T00:00:{second}Z"


def windows(batches: list[list[str]], *, backward: bool = False, both: bool = False, ended: bool = True) -> list[Window]:
    """The windows to search, in seconds, after each of several batches that a walk named; at the end `ended`."""
    walk = ListWalk({}, Ends(), backward=backward, both=both)
    found = []
    for number, batch in enumerate(batches, 1):
        walk.unsearched += map(at, batch)
        walk.ended = ended and number == len(batches)
        found.append(walk.window())
        assert walk.unsearched == []
    return [(after[17:19], before[17:19]) for after, before in found]


@pytest.mark.parametrize(
    ("batches", "words", "expected"),
    [
        ([["01", "02"]], {}, [("", "")]),
        ([["01", "02"]], {"ended": False}, [("", "02")]),
        ([["01", "02"]], {"both": True}, [("", "02")]),
        ([["01", "02"], ["05", "06"], ["09"]], {}, [("", "02"), ("03", "06"), ("07", "")]),
        ([["01", "02"], ["05", "06"], ["09"]], {"both": True}, [("", "02"), ("03", "06"), ("07", "09")]),
        ([["01", "02"], ["02", "04"]], {"both": True}, [("", "02"), ("02", "04")]),
        ([["01", "02.250"], ["02.500", "04"]], {"both": True}, [("", "02"), ("02", "04")]),
        ([["02", "01"], ["04", "03"]], {"both": True}, [("", "02"), ("03", "04")]),
        ([["01", "05"], ["02", "03"]], {"both": True}, [("", "05"), ("02", "03")]),
    ],
    ids=[
        "the only one",
        "the first of more",
        "as far as the other walk comes",
        "to the present",
        "to where the other walk comes from",
        "a second that is cut in two",
        "a cut within a second",
        "names out of order",
        "a page out of order",
    ],
)
def test_windows_of_a_walk_from_the_oldest(batches: list[list[str]], words: dict[str, bool], expected: list[Window]) -> None:
    """Each window begins in the second after the one before, and earlier only for earlier names."""
    assert windows(batches, **words) == expected


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([["09", "08"]], [("08", "")]),
        ([["09", "08"], ["06", "05"]], [("08", ""), ("05", "07")]),
        ([["09", "08"], ["06", "05"], ["01"]], [("08", ""), ("05", "07"), ("01", "04")]),
        ([["09", "08"], ["08", "07"]], [("08", ""), ("07", "08")]),
        ([["09", "08"], ["07", "06"]], [("08", ""), ("06", "07")]),
        ([["09", "08.750"], ["08.250", "07"]], [("08", ""), ("07", "08")]),
        ([["05", "06"], ["01", "03"]], [("05", ""), ("01", "04")]),
        ([["05", "01"], ["04", "03"]], [("01", ""), ("03", "04")]),
    ],
    ids=[
        "the first one",
        "up to the second before",
        "and again",
        "a second that is cut in two",
        "side by side",
        "a cut within a second",
        "names out of order",
        "a page out of order",
    ],
)
def test_windows_of_a_walk_from_the_newest(batches: list[list[str]], expected: list[Window]) -> None:
    """The first window is open towards the present; each later one ends in the second before the one before it."""
    assert windows(batches, backward=True, both=True) == expected


@given(st.lists(st.integers(0, 59), min_size=1, max_size=12).map(sorted), st.integers(1, 4))
def test_windows_leave_no_second_out(seconds: list[int], size: int) -> None:
    """Whatever a list names and however it is cut, every second between the first and the last window is searched."""
    names = [f"{second:02}" for second in seconds]
    batches = [names[start : start + size] for start in range(0, len(names), size)]
    for one, other in pairwise(windows(batches)):
        assert other[0] in (one[1], f"{int(one[1]) + 1:02}")
    for one, other in pairwise(windows([batch[::-1] for batch in batches[::-1]], backward=True, both=True)):
        assert other[1] in (one[0], f"{int(one[0]) - 1:02}")


@pytest.mark.parametrize(
    ("time", "seconds", "expected"),
    [
        ("2026-01-01T00:00:00Z", 1, "2026-01-01T00:00:01"),
        ("2026-01-01T00:00:00Z", -1, "2025-12-31T23:59:59"),
        ("2026-01-01T00:00:00.999Z", 1, "2026-01-01T00:00:01"),
        ("", 1, ""),
    ],
)
def test_the_second_after(time: str, seconds: int, expected: str) -> None:
    """The time is a whole second, across midnight as well, and none where there is no time."""
    assert second_after(time, seconds) == expected


@pytest.mark.parametrize("named", [0, 1, PAGE - 1, PAGE, PAGE + 1])
@pytest.mark.parametrize("both", [False, True])
def test_when_a_walk_comes_from_the_other_end(named: int, *, both: bool) -> None:
    """After a full page a second walk starts, once, with the same arguments, and each knows how far the other has come."""
    walk = ListWalk({"words": "its own"}, Ends(), both=both)
    other = walk.from_the_other_end(named)
    assert (other is not None) is (named >= PAGE and not both)
    assert walk.both is (named >= PAGE or both)
    if other:
        assert (other.words, other.ends, other.backward, other.both) == (walk.words, walk.ends, True, True)
        assert other.from_the_other_end(PAGE) is None
