"""By which metric candidates are compared, in which direction, and in which order they rank. Pure."""

from __future__ import annotations

import difflib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from lineage.domain.called import argument
from lineage.domain.records import Json
from lineage.domain.status import Outcome
from lineage.domain.times import sortable
from lineage.errors import LeaderboardError
from lineage.queries.runs.candidates import (
    AVG,
    LAST,
    MAX,
    MIN,
    STATISTICS,
    Candidate,
    Measured,
    ended,
    measured,
    parameters,
    state,
    stopped_early,
)
from lineage.queries.runs.compared_data import Data, DataKey, key
from lineage.queries.runs.tuning import common_objective, direction_of, tuning_name

ComparedGroup = tuple[bool, DataKey]
"""What may be compared: the set of data that candidates were measured on, and whether a channel says so."""

DIRECTIONS = ("max", "min")
MISSING, NOT_FINITE, RANKED = "missing", "not-finite", "ranked"
_UNRANKED = (Outcome.RUNNING, Outcome.STOPPED, Outcome.FAILED)
PLACES = (RANKED, MISSING, NOT_FINITE, *(one.value for one in _UNRANKED))  # the order in which they are on the board
# The direction is from who asked, or from a tuning job.
ASKED = "asked"
_SAID = {LAST: "last value, not the best", MIN: "least of each run", MAX: "greatest of each run", AVG: "mean of each run"}
_LISTED = 20  # how many metrics an error names
_NO_END = "~"  # sorts behind every time


@dataclass(slots=True)
class Entry:
    """A candidate on the board. `place` says whether it is ranked, and if not, why."""

    one: Candidate
    data: Data
    measured: Measured | None
    place: str
    early: bool
    parameters: Json
    rank: int | None = None
    tied: bool = False

    @property
    def group(self) -> ComparedGroup:
        return (self.data.declared, key(self.data.yardstick))


def entry(one: Candidate, data: Data, metric: str, statistic: str) -> Entry:
    """A candidate with its value. It is ranked only if it completed, or if its tuning job stopped it early."""
    value, early, stands = measured(one, statistic).get(metric), stopped_early(one), state(one)
    place = stands.value
    if stands in (Outcome.COMPLETED, Outcome.UNTOLD) or early:
        place = MISSING if value is None else RANKED if math.isfinite(value.value) else NOT_FINITE
    return Entry(one, data, value, place, early, parameters(one))


def rank(entries: Iterable[Entry], direction: str, *, mixed_data: bool) -> list[list[Entry]]:
    """The ranked entries, the best first, in one list for each set of data that they were measured on: the longest first.

    Of equal values, the one that ended first ranks first, and both are marked.
    """
    groups = defaultdict[ComparedGroup, list[Entry]](list)
    for one in entries:
        if one.place == RANKED:
            groups[(True, frozenset()) if mixed_data else one.group].append(one)
    sign = -1 if direction == "max" else 1
    for group in groups.values():
        group.sort(key=lambda one: (sign * _value(one), *_end(one)))
        values = Counter(_value(one) for one in group)
        for number, one in enumerate(group, 1):
            one.rank, one.tied = number, values[_value(one)] > 1
    return [groups[group] for group in sorted(groups, key=lambda group: (-len(groups[group]), not group[0], sorted(group[1])))]


def unranked(entries: Iterable[Entry]) -> list[Entry]:
    """Those that have no rank: by reason, then by when they ended."""
    return sorted((one for one in entries if one.rank is None), key=lambda one: (PLACES.index(one.place), *_end(one)))


def is_better(value: float, other: float, direction: str) -> bool:
    return value > other if direction == "max" else value < other


def _value(one: Entry) -> float:
    return one.measured.value if one.measured else math.nan


def _end(one: Entry) -> tuple[str, str]:
    return (sortable(ended(one.one) or _NO_END), one.one.id)


# --- by what --------------------------------------------------------------------------------------


def asked(found: list[Candidate], metric: str | None, direction: str | None, statistic: str) -> Json:
    """The metric, and where its name and its direction are from. Raises `LeaderboardError`."""
    if not found:
        raise LeaderboardError("there is no training job and no run to compare")
    if statistic not in STATISTICS:
        raise LeaderboardError(f"{statistic!r} is not a statistic (expected one of {', '.join(STATISTICS)})")
    if direction not in (None, *DIRECTIONS):
        raise LeaderboardError(f"{direction!r} is not a direction (expected max or min)")
    name = metric or common_objective(found)
    if not name:
        raise LeaderboardError(f"name the metric to compare by ({argument('metric')}); {_metrics(found)}")
    _check(found, name, statistic)
    way, who = (direction, ASKED) if direction else _direction(found, name)
    return {
        "name": name,
        "from": ASKED if metric else f"objective of {' and '.join(sorted({tuning_name(one) or '' for one in found}))}",
        "direction": way,
        "direction_from": who,
        "statistic": statistic,
        "said": _SAID[statistic],
    }


def _direction(found: list[Candidate], metric: str) -> tuple[str, str]:
    told, who = direction_of(found, metric)
    if told:
        return told, f"objective of {who}"
    unread = sorted({name for one in found if not one.tuning and (name := tuning_name(one))})
    why = f"tuning job {', '.join(unread)}, which would say, was not read" if unread else "nothing says"
    raise LeaderboardError(f"is more or less of {metric} better? {why}: say {argument('direction', value='max')} or min")


def _check(found: list[Candidate], name: str, statistic: str) -> None:
    """Raise for a metric that no candidate has, or if no candidate has this statistic of it."""
    known = [which for which in STATISTICS if any(name in measured(one, which) for one in found)]
    if not known:
        folded = {metric.casefold(): metric for metric in sorted(_counted(found))}
        near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, n=3)]
        there = _metrics(found)
        said = f"; did you mean {' or '.join(near)}? {there[0].upper()}{there[1:]}" if near else f"; {there}"
        raise LeaderboardError(f"no candidate has a metric {name!r}{said}")
    if statistic not in known:
        keep = "a training job keeps the last value only, its runs may keep more"
        raise LeaderboardError(f"no candidate has the {statistic} of {name}: {keep}; ask for {' or '.join(known)}")


def _counted(found: list[Candidate]) -> Counter[str]:
    return Counter(name for one in found for name in {name for which in STATISTICS for name in measured(one, which)})


def _metrics(found: list[Candidate]) -> str:
    """The metrics that there are, and how many candidates have each."""
    counted = sorted(_counted(found).items(), key=lambda item: (-item[1], item[0]))
    named = [f"{name} ({count} of {len(found)})" for name, count in counted]
    more = f" and {len(named) - _LISTED} more" if len(named) > _LISTED else ""
    return f"there are {', '.join(named[:_LISTED])}{more}" if named else f"none of {len(found)} has any"
