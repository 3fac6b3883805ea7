"""What content was seen at a place, and when; from that, whether a job wrote it and whether a reader got it. Pure.

S3 tells what an object holds for the whole time from its last change to our request. A record that pins an ETag, as packages
do, tells about one moment between its creation and its last change. For any other time, only what was seen last before and
first after it is known. So each sighting of a content at a place gives time windows. A write that ended in one may be, or
certainly is, what was seen. A reader in one may have got it, or certainly has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from lineage.domain.records import Window
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, bounds

PINNED = "pinned"  # certain only for the records that pin it
NEVER, EVER = "", "~"  # before and after all times
Period = tuple[str, str]
"""Two times as texts that sort; the second is `EVER` if there is no end."""


class Sight(NamedTuple):
    """A content was seen at a place: for the whole time from `opens` to `closes` or, with `once`, at a moment between them."""

    content: str
    opens: str
    closes: str
    once: bool


class Seen(NamedTuple):
    """A content that may have been, or certainly was, at a place, and the time window for which that holds."""

    content: str
    usage: str
    window: Window


def seen_written(sights: Iterable[Sight], writes: Iterable[Period]) -> list[Seen]:
    """Which job wrote which content of a place: the windows in which its write must have ended.

    `writes` are the times in which jobs wrote to the place. What they may have written is certain for the last of them.
    """
    sights, writes = sorted(set(sights)), sorted(writes)
    others = _Others(sights)
    modified = sorted(sight.opens for sight in sights if not sight.once)
    return sorted({seen for sight in sights for seen in _written(sight, others.before(sight), modified, writes)})


def _written(sight: Sight, other: str, modified: list[str], writes: list[Period]) -> Iterator[Seen]:
    """A job that ended before the object was last modified, or while another content was seen, did not write it."""
    put = bisect_right(modified, sight.opens)
    since = max(other, modified[put - 1]) if put else other
    yield Seen(sight.content, POSSIBLE, _window(since, sight.closes))
    near = sorted((closes, opens) for opens, closes in writes if closes >= since and opens <= sight.closes)
    until = sight.opens if sight.once else sight.closes
    # Of several jobs, the last one to end wrote it if it began after all others had ended; otherwise it is unknown.
    if len(near) == 1 or (near and sight.once and near[-2][0] < near[-1][1]):
        yield Seen(sight.content, CERTAIN, _window(near[-1][0], until))


def seen_read(sights: Iterable[Sight], writes: Iterable[Period]) -> list[Seen]:
    """Which content of a place a reader got: the windows in which it must have read. A job's write ends certainty."""
    sights, writes = sorted(set(sights)), sorted(writes)
    others = _Others(sights)
    return sorted({seen for sight in sights for seen in _read(sight, others, writes)})


def _read(sight: Sight, others: _Others, writes: list[Period]) -> Iterator[Seen]:
    before = others.before(sight) if sight.once else sight.opens
    yield Seen(sight.content, POSSIBLE, _window(before, others.after(sight)))
    since = before if sight.once else sight.opens
    until = min([sight.closes, *(opens for opens, closes in writes if closes >= since)])
    if sight.once and until == sight.closes:
        yield Seen(sight.content, PINNED, _window(sight.opens, until))
    if not sight.once and sight.opens < until:
        yield Seen(sight.content, CERTAIN, _window(sight.opens, until))


class _Others:
    """When a different content than that of a sighting was last seen before it, and first after it."""

    def __init__(self, sights: list[Sight]) -> None:
        ended = sorted((one.closes, one.opens if one.once else one.closes, one.content) for one in sights)
        begun = sorted(((one.opens, one.closes if one.once else one.opens, one.content) for one in sights), reverse=True)
        self._ended = [closes for closes, _, _ in ended]
        self._begun = [opens for opens, _, _ in begun][::-1]
        self._last = _best_two(((at, content) for _, at, content in ended), max)
        self._first = _best_two(((at, content) for _, at, content in begun), min)

    def before(self, sight: Sight) -> str:
        return _of_another(self._last[bisect_left(self._ended, sight.opens)], sight.content, NEVER)

    def after(self, sight: Sight) -> str:
        later = len(self._begun) - bisect_right(self._begun, sight.closes)
        return _of_another(self._first[later], sight.content, EVER)


_Mark = tuple[str, str]
"""A time, and the content that was seen then."""


def _best_two(marks: Iterable[_Mark], best: Callable[..., _Mark]) -> list[list[_Mark]]:
    """After each of the marks: the best so far, and the best with a different content."""

    def better(known: list[_Mark], mark: _Mark) -> list[_Mark]:
        first = best([*known, mark])
        second = [one for one in [*known, mark] if one[1] != first[1]]
        return [first, best(second)] if second else [first]

    nothing: list[_Mark] = []
    return list(accumulate(marks, better, initial=nothing))


def _of_another(marks: list[_Mark], content: str, otherwise: str) -> str:
    return next((at for at, other in marks if other != content), otherwise)


def _window(opens: str, closes: str) -> Window:
    return Window(*(f"{time}Z" if time not in (NEVER, EVER) else "" for time in (opens, closes)))


# --- what follows for a write and for a reader ----------------------------------------------------


def wrote(seen: Iterable[Mapping[str, Any]], write: str | None) -> str:
    """Whether a write in a time window is what was seen at its place: certain, possible or impossible.

    `seen` are the edges from the place to the content.
    """
    opens, closes = _span(write)
    fits = {one["usage"] for one in seen if _ended_within(one, opens, closes)}
    return CERTAIN if CERTAIN in fits else POSSIBLE if fits else IMPOSSIBLE


def _ended_within(one: Mapping[str, Any], opens: str, closes: str) -> bool:
    since, until = _span(one["time"])
    return since <= closes and (closes <= until if one["usage"] == CERTAIN else opens <= until)


def got(
    seen: Iterable[Mapping[str, Any]],
    reading: str | None,
    pinned: bool | None,
    write: str | None = None,
    settled: str | None = None,
) -> str:
    """Whether a reader in a time window got a content: certain, possible or impossible.

    `seen` are the edges from the content to the place; `settled` is the time by which the reader had read at least once
    (None: the end of its window); `pinned`: whether the reader's own pin of the place has this content, None without a pin.
    For a `write` it is not certain if the object was put to its place before that write.
    """
    if pinned is not None:
        sure = any(one["usage"] == PINNED for one in seen)
        return IMPOSSIBLE if not pinned else CERTAIN if sure else POSSIBLE
    opens, closes = _span(reading)
    made, _ = bounds(write)
    done = closes if settled is None else max(opens, bounds(settled)[0])
    fits = {one["usage"] for one in seen if one["usage"] != PINNED and _read_within(one, Window(opens, closes), done, made)}
    return CERTAIN if CERTAIN in fits else POSSIBLE if fits else IMPOSSIBLE


def _read_within(one: Mapping[str, Any], reading: Window, done: str, made: str) -> bool:
    since, until = _span(one["time"])
    if one["usage"] == CERTAIN:
        return made <= since <= reading.opens and done <= until
    return since <= reading.closes and reading.opens <= until


def _span(window: str | None) -> Period:
    opens, closes = bounds(window)
    return opens, closes or EVER
