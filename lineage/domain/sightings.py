"""What was seen of the content of places, and when: so whether a job wrote it, and whether a reader got it. Pure.

S3 tells what an object holds for all the time from when it was modified to when it was asked for. A record that pins an
ETag, as packages do, tells of one moment: between when it was created and when it was last changed. Of any other time
nobody knows more than what was seen last before it and first after it. So each sight of a content at a place gives
windows of time: a write that ended within one may be, or certainly is, what was seen; who read within one may have got
it, or certainly has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from lineage.domain.records import Window
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, bounds

PINNED = "pinned"  # certain for the records that pin it, and for nobody else
NEVER, EVER = "", "~"  # before and behind all times
Period = tuple[str, str]
"""Two times as texts that sort, the second of them `EVER` where there is no end."""


class Sight(NamedTuple):
    """A content was seen at a place: all the time from `opens` to `closes`, or, `once`, at a moment between them."""

    content: str
    opens: str
    closes: str
    once: bool


class Seen(NamedTuple):
    """A content that may have been, or certainly was, at a place, and the window of time for which that counts."""

    content: str
    usage: str
    window: Window


def seen_written(sights: Iterable[Sight], writes: Iterable[Period]) -> list[Seen]:
    """Which contents of a place were written by whom: by when his write must have ended.

    `writes` are the times in which jobs wrote to the place. What they may have written is certain for the last of them.
    """
    sights, writes = sorted(set(sights)), sorted(writes)
    others = _Others(sights)
    modified = sorted(sight.opens for sight in sights if not sight.once)
    return sorted({seen for sight in sights for seen in _written(sight, others.before(sight), modified, writes)})


def _written(sight: Sight, other: str, modified: list[str], writes: list[Period]) -> Iterator[Seen]:
    """Nobody wrote it who had ended before the object was modified for the last time, or while another content was seen."""
    put = bisect_right(modified, sight.opens)
    since = max(other, modified[put - 1]) if put else other
    yield Seen(sight.content, POSSIBLE, _window(since, sight.closes))
    near = sorted((closes, opens) for opens, closes in writes if closes >= since and opens <= sight.closes)
    until = sight.opens if sight.once else sight.closes
    # Of several, what ends last has put it, if it began when all others were over; else who knows?
    if len(near) == 1 or (near and sight.once and near[-2][0] < near[-1][1]):
        yield Seen(sight.content, CERTAIN, _window(near[-1][0], until))


def seen_read(sights: Iterable[Sight], writes: Iterable[Period]) -> list[Seen]:
    """Which contents of a place were read by whom: when he must have read. After a job wrote there, none is certain."""
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
    """When another content than that of a sight was seen last before it, and first after it."""

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
    """After each of the marks, the best so far, and the best of another content than that one has."""

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
    """Whether a write in a window of time is what was seen at its place: certain, possible or impossible.

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
    """Whether a reader in a window of time got a content: certain, possible or impossible.

    `seen` are the edges from the content to the place; `settled` is by when he had read at least once, if not when his
    window closes; `pinned`: whether the reader's own pin of the place is of this
    content; None where it has none. Of a `write` it is not certain where the object was put to its place before that.
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
