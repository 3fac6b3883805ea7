"""What was seen of a place's content over time: no certainty about it is false, and nothing that was seen is lost."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from lineage.domain.sightings import Sight, got, seen_read, seen_written, wrote
from lineage.domain.times import CERTAIN, IMPOSSIBLE

CLOCK = st.integers(0, 20)
PUTS = st.lists(st.tuples(CLOCK, st.sampled_from("abc")), min_size=1, max_size=6, unique_by=lambda put: put[0])
PINS = st.lists(st.tuples(CLOCK, st.integers(0, 4), st.integers(0, 4)), max_size=6)
HEADS = st.lists(CLOCK, max_size=3)
WINDOW = st.tuples(CLOCK, st.integers(0, 4))


def at(tick: int) -> str:
    return f"2026-01-01T00:{tick + 10:02}:00"


def window(opens: int, closes: int) -> str:
    return f"{at(opens)}Z/{at(closes)}Z"


class Place:
    """A place that was written several times, each time with another write at a later tick, and what was seen of it."""

    def __init__(self, puts: list[tuple[int, str]], pins: list[tuple[int, int, int]], heads: list[int]) -> None:
        self.puts = sorted(puts)
        once = [(tick, tick - before, tick + after) for tick, before, after in pins if self.put(tick)]
        self.pinned = [(Sight(self.put(tick)[1], at(opens), at(closes), once=True), tick) for tick, opens, closes in once]
        self.told = [Sight(self.put(tick)[1], at(self.put(tick)[0]), at(tick), once=False) for tick in heads if self.put(tick)]
        self.sights = [*(sight for sight, _ in self.pinned), *self.told]

    def put(self, tick: int) -> tuple[int, str] | None:
        """The last write until a tick."""
        return next((put for put in reversed(self.puts) if put[0] <= tick), None)

    def same(self, first: int, last: int) -> bool:
        """Whether nothing was written between two ticks."""
        return self.put(first) == self.put(last)


def edges(seen: list, content: str) -> list[dict[str, str]]:
    return [{"usage": one.usage, "time": "/".join(one.window)} for one in seen if one.content == content]


@given(PUTS, PINS, HEADS, WINDOW)
def test_what_a_reader_got(puts: list, pins: list, heads: list, reader: tuple[int, int]) -> None:
    """A reader certainly got only content that stayed all the time, and may have got seen content without a later write."""
    place, (opens, closes) = Place(puts, pins, heads), (reader[0], sum(reader))
    seen = seen_read(place.sights, [])
    for content in "abc":
        fit = got(edges(seen, content), window(opens, closes), None)
        if fit == CERTAIN:
            assert place.same(opens, closes)
            assert place.put(opens)[1] == content
    for sight, tick in place.pinned:
        if place.same(min(tick, opens), max(tick, closes)):
            assert got(edges(seen, sight.content), window(opens, closes), None) != IMPOSSIBLE


@given(PUTS, PINS, HEADS, st.lists(st.integers(0, 3), min_size=6, max_size=6))
@example([(4, "a"), (5, "b")], [(6, 0, 0)], [], [2, 0, 0, 0, 0, 0])  # the first ran longer, and wrote its own before
def test_what_a_job_wrote(puts: list, pins: list, heads: list, took: list[int]) -> None:
    """Where only jobs write, a job certainly wrote only its own content, and may have written what was seen of it."""
    place = Place(puts, pins, heads)
    jobs = [(put, (put[0], put[0] + longer)) for put, longer in zip(place.puts, took, strict=False)]
    seen = seen_written(place.sights, [(at(opens), at(closes)) for _, (opens, closes) in jobs])
    for put, (opens, closes) in jobs:
        for content in "abc":
            assert wrote(edges(seen, content), window(opens, closes)) != CERTAIN or content == put[1]
        seen_of_it = [sight for sight, tick in place.pinned if place.put(tick) == put]
        for sight in [*seen_of_it, *(sight for sight in place.told if sight.opens == at(put[0]))]:
            assert wrote(edges(seen, sight.content), window(opens, closes)) != IMPOSSIBLE
