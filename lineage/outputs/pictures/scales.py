"""The position of a value on an axis, from 0 to 1: linear, logarithmic, or by word. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_MAGNITUDES = 1.5  # from this many powers of ten, an axis is logarithmic
_TICKS = 5
_CLOSE = 0.09  # part of an axis: two ticks need more room between them
_FEW = 8  # up to this many different numbers, each has a tick


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis. `at` gives the position of an existing value; `ticks` are (position, label)."""

    at: Callable[[Any], float]
    ticks: tuple[tuple[float, str], ...]
    logarithmic: bool = False


def scale_of(values: Iterable[Any]) -> Scale:
    """The axis that suits values, of which some may be None: numbers, numbers of several magnitudes, or words."""
    there = [value for value in values if value is not None]
    if not there:
        return Scale(lambda _: 0.5, ())
    if not all(isinstance(value, int | float) for value in there):
        return _of_words(there)
    low, high = min(there), max(there)
    if low == high:
        return Scale(lambda _: 0.5, ((0.5, label(low)),))
    if low > 0 and high / low >= 10**_MAGNITUDES:
        return _logarithmic(low, high)
    different = sorted(set(there))
    place = _between(low, high)
    ticks = different if _fit(different) else _round(low, high)
    return Scale(place, _with_ends(low, high, [(place(tick), label(tick)) for tick in ticks]))


def label(value: Any) -> str:
    """A value in a few characters."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _between(low: float, high: float) -> Callable[[Any], float]:
    return lambda value: (value - low) / (high - low)


def _with_ends(low: Any, high: Any, ticks: list[tuple[float, str]]) -> tuple[tuple[float, str], ...]:
    """The ticks, with one at each end unless it is too close to another."""
    between = [tick for tick in ticks if _CLOSE < tick[0] < 1 - _CLOSE]
    return ((0.0, label(low)), *between, (1.0, label(high)))


def _fit(different: list[Any]) -> bool:
    """Whether there are few whole numbers, about equally far apart."""
    whole = len(different) <= _FEW and all(isinstance(value, int) for value in different)
    steps = [after - before for before, after in pairwise(different)]
    return whole and min(steps) * (_FEW + 2) >= different[-1] - different[0]


def _round(low: float, high: float) -> list[float]:
    """Round numbers between the ends, about as many as suit an axis."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _logarithmic(low: float, high: float) -> Scale:
    place = _between(math.log10(low), math.log10(high))
    powers = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    every = -(-len(powers) // (2 * _TICKS))  # if there are many powers, some of them
    ticks = [(place(power), label(10.0**power)) for power in powers[::every]]
    return Scale(lambda value: place(math.log10(value)), _with_ends(low, high, ticks), logarithmic=True)


def _of_words(there: list[Any]) -> Scale:
    known = sorted({str(value) for value in there}, key=_natural)
    places = {word: (number + 0.5) / len(known) for number, word in enumerate(known)}
    every = -(-len(known) // (4 * _TICKS))  # if there are many words, some of them
    return Scale(lambda value: places[str(value)], tuple((places[word], word) for word in known[::every]))


def _natural(word: str) -> list[tuple[int, int, str]]:
    """Sort key by which `m5.2xlarge` comes before `m5.12xlarge`."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", word)]
