"""A list that is read from both ends: nothing is left out, whatever the order of the pages."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from lineage.crawl.two_ended import Ends
from lineage.domain.records import Named

TIMES = st.lists(st.integers(0, 12), max_size=30)


def clock(tick: int) -> str:
    """Half a second each: whole seconds have no fraction, as AWS writes them."""
    return f"00:{tick // 120:02}:{tick // 2 % 60:02}{'.500' if tick % 2 else ''}Z"


def pages(times: list[str | None], size: int, *, backward: bool) -> Iterator[list[Named]]:
    names = [Named("model", "1", "r", f"arn:{n}", f"{n}", at) for n, at in enumerate(times)]
    names = names[::-1] if backward else names
    return (names[start : start + size] for start in range(0, len(names), size))


def walk(times: list[str | None], size: int, turns: list[bool]) -> tuple[list[str], int]:
    """The names from two walks that take their pages by `turns`, each until they have met; and the number of pages."""
    ends, named, taken = Ends(), [], 0
    walks = {backward: pages(times, size, backward=backward) for backward in (False, True)}
    for backward in [*turns, *[False, True] * len(times)]:
        page = next(walks[backward], None) if backward in walks else None
        if page is None:
            walks.pop(backward, None)
            continue
        taken += 1
        fresh, met = ends.fresh(page, backward=backward)
        named += [one.name for one in fresh if isinstance(one, Named)]
        if met:
            walks.pop(backward)
    return named, taken


@given(TIMES, st.integers(1, 5), st.lists(st.booleans(), max_size=12))
def test_nothing_is_left_out(times: list[int], size: int, turns: list[bool]) -> None:
    """Two walks that stop where they met name all of an ordered list, however they take turns."""
    named, _ = walk([clock(at) for at in sorted(times)], size, turns)
    assert set(named) == {str(n) for n in range(len(times))}


@given(TIMES, st.integers(1, 5), st.lists(st.booleans(), max_size=12))
def test_nothing_is_named_twice_but_what_was_made_at_once(times: list[int], size: int, turns: list[bool]) -> None:
    """What one walk has named the other leaves out, unless the clock cannot tell them apart."""
    different = sorted(set(times))
    named, _ = walk([clock(at) for at in different], size, turns)
    assert len(named) <= len(different) + 1


@given(st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=20), st.integers(1, 4))
def test_without_order_each_goes_to_its_end(times: list[int | None], size: int) -> None:
    """Where a page is out of order, or a time is missing, no walk that has seen it relies on the other."""
    texts = [None if at is None else clock(at) for at in times]
    ends = Ends()
    for page in pages(texts, size, backward=False):
        ends.fresh(page, backward=False)
    orderly = None not in times and times == sorted(at for at in times if at is not None)
    for page in pages(texts, size, backward=True):
        fresh, met = ends.fresh(page, backward=True)
        assert orderly or (fresh == page and not met)


def test_half_the_pages_each() -> None:
    """Two walks side by side need at most one page each more than a single walk."""
    assert walk([clock(n) for n in range(1000)], 100, [False, True] * 10)[1] <= 12
