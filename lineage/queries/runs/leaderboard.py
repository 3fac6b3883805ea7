"""Which of these training jobs or runs is best: by a metric, within each set of data that they were measured on.

A rank is only as good as the comparison is fair. What was measured on other data is ranked separately. What may have changed
between two reads is marked. The value has its true name: it is the last one that was noted, seldom the best.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from lineage.domain.records import REDACTED, Json, Resource
from lineage.domain.status import Outcome
from lineage.errors import LeaderboardError
from lineage.graphs.neighbourhoods import around_readers
from lineage.queries.as_json import node_json, scope_json
from lineage.queries.flow.links import Flow, Link
from lineage.queries.runs.candidates import LAST, candidates, cost, ended
from lineage.queries.runs.compared_data import DataKey, Letters, changed, data_of, key
from lineage.queries.runs.ranking import (
    MISSING,
    NOT_FINITE,
    PLACES,
    RANKED,
    ComparedGroup,
    Entry,
    asked,
    entry,
    is_better,
    rank,
    unranked,
)
from lineage.queries.runs.tuning import best_of, left_out, objectives, tuning_json, tuning_name, tunings_of, warm_start_parents
from lineage.queries.showing import ListedAnswer, framed
from lineage.snapshot.reading import Snapshot, asks_snapshot

if TYPE_CHECKING:
    import pandas as pd


SCHEMA = "lineage.leaderboard/1"
_HIDDEN = (Outcome.STOPPED, Outcome.FAILED)
_NAMED = 5  # how many names a warning lists
_SUMMED = ("billable_seconds", "billable_instance_seconds")
_EQUAL_PLACES = "Equal locations count as equal data where no record shows a write in between; their content was not compared"
_LAST = "A training job keeps only the last value of each metric; its minimum and maximum are in a run, if anywhere"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Leaderboard(ListedAnswer):
    """The answer. `as_json` gives the contract `lineage.leaderboard/1`, `flat` a table, `to_dataframe` one for pandas."""

    metric: Json
    counts: Json
    parameters: list[str]  # the names of those that differ
    data_sets: list[Json]
    tuning_jobs: list[Json]
    best: list[Json]  # one for each set of data that candidates were measured on
    rows: list[Json]  # by rank, followed by those that have none
    cost: Json
    warnings: list[str]
    scope: Json
    caveats: list[str]

    def _about(self) -> str:
        """The metric."""
        return str(self.metric["name"])

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {"schema": SCHEMA, "question": "leaderboard"} | told

    def shown_parameters(self, *, all_parameters: bool = False) -> list[str]:
        """The names of the parameters that differ between candidates, or of all."""
        return sorted({name for row in self.rows for name in row["parameters"]}) if all_parameters else self.parameters

    def flat(self, *, all_parameters: bool = False) -> list[Json]:
        """The rows as a table has them: one value a column, the same columns in each."""
        names = self.shown_parameters(all_parameters=all_parameters)
        return [self._flat(row) | {f"parameter.{name}": row["parameters"].get(name) for name in names} for row in self.rows]

    def _flat(self, row: Json) -> Json:
        trained, tested = row["trained_on"], row["measured_on"]
        return {
            "rank": row["rank"],
            "name": row["candidate"]["name"],
            "metric": self.metric["name"],
            "statistic": self.metric["statistic"],
            "value": row["value"],
            "place": row["place"],
            "labels": ", ".join(row["labels"]) or None,
            "trained_on": trained["set"],
            "measured_on": tested["set"],
            "other_data": tested["differs"],
            "may_have_changed": tested["may_have_changed"],
            "ended": row["ended"],
            **row["cost"],
            "tuning_job": row["tuning_job"],
            "training_data": ", ".join(trained["places"]) or None,
            "measuring_data": ", ".join(tested["places"]) or None,
            "id": row["candidate"]["id"],
        }

    def to_dataframe(self, *, all_parameters: bool = False) -> pd.DataFrame:
        """`flat` as a pandas DataFrame, in the order of the ranks. Raises `LineageError` without pandas."""
        rows = self.flat(all_parameters=all_parameters)
        return framed(list(rows[0]) if rows else [], [list(row.values()) for row in rows])


@asks_snapshot
def leaderboard(
    snapshot: Snapshot,
    ids: Iterable[str],
    *,
    metric: str | None = None,
    direction: str | None = None,
    statistic: str = LAST,
    mixed_data: bool = False,
    failed: bool = False,
) -> Leaderboard:
    """Training jobs and runs by one metric, the best first.

    `ids` are those of training jobs, of runs (trial components), and of tuning jobs, which stand for the training jobs that
    they started. `metric` is optional if all belong to tuning jobs of one objective; `direction`, `max` or `min`, if a tuning
    job says it. `statistic` is `last`, `min`, `max` or `avg`: only runs have more than the last value. Ranks count within each
    set of data that candidates were measured on, unless `mixed_data` is set. Failed and stopped candidates are counted, and
    listed with `failed`. Raises `LeaderboardError` and `UnknownNode`.
    """
    found, unread = candidates(snapshot, ids)
    if unread and not found:
        raise LeaderboardError(f"the snapshot has no record of what is to be compared: {_some(unread)}")
    wanted = asked(found, metric, direction, statistic)
    graph = Flow(around_readers(snapshot, chain(unread, *(one.members for one in found))))
    entries = [entry(one, data_of(graph, one, wanted["name"]), wanted["name"], statistic) for one in found]
    return _Board(graph, wanted, entries, unread, mixed_data=mixed_data, failed=failed).answer()


class _Board:
    """A leaderboard under way: the entries are ranked once, and then listed."""

    def __init__(
        self, graph: Flow, metric: Json, entries: list[Entry], unread: list[str], *, mixed_data: bool, failed: bool
    ) -> None:
        self.graph = graph
        self.metric = metric
        self.entries = entries
        self.unread = unread
        self.mixed_data = mixed_data
        groups = rank(entries, metric["direction"], mixed_data=mixed_data)
        self.ranked = [one for group in groups for one in group]
        self.hidden = [] if failed else [one for one in entries if one.place in _HIDDEN]
        self.shown = [*self.ranked, *(one for one in unranked(entries) if failed or one.place not in _HIDDEN)]
        self.found = [one.one for one in entries]
        self.parents = warm_start_parents(self.found)
        self.sets = Counter(one.group for one in self.ranked)
        self.letters = Letters()
        self.changed = changed(graph, (link for one in self.shown for link in (*one.data.trained, *one.data.measured)))

    def answer(self) -> Leaderboard:
        """The whole answer. The rows come first: they give the sets of data their letters."""
        rows = [self._row(one) for one in self.shown]
        names = {name for one in self.shown for name in one.parameters}
        ours = {member for one in self.found for member in one.members}.union(self.unread)
        scope = self.graph.graph["scope"]
        told = [cost(one) for one in self.found if one.job]
        sums = {name: sum(one[name] for one in told if one[name] is not None) for name in _SUMMED}
        return Leaderboard(
            metric=self.metric,
            counts=self._counts(),
            parameters=sorted(name for name in names if len({one.parameters.get(name) for one in self.shown}) > 1),
            data_sets=[self._data_set(wanted, letter) for wanted, letter in self.letters.given.items()],
            tuning_jobs=[tuning_json(one) for one in tunings_of(self.found)],
            best=[self._best(group) for group in self.sets],
            rows=rows,
            cost=sums | {"not_told": sum(one["billable_seconds"] is None for one in told)},
            warnings=list(self._warnings()),
            scope=scope_json(scope, [hole for hole in scope.holes if hole.subject in ours]),
            caveats=[_EQUAL_PLACES, *([_LAST] if self.metric["statistic"] == LAST else [])],
        )

    # --- row by row -----------------------------------------------------------------------------

    def _row(self, entry: Entry) -> Json:
        one, finite = entry.one, entry.place != NOT_FINITE
        said = entry.measured._asdict() if entry.measured else None
        most = max(self.sets, key=self.sets.__getitem__, default=entry.group)  # of equals the first one
        apart = {"declared": entry.data.declared, "differs": entry.group != most}
        return {
            "rank": entry.rank,
            "tied": entry.tied,
            "place": entry.place,
            "group": list(self.sets).index(entry.group) if entry.group in self.sets else None,
            "candidate": node_json(self.graph, one.id),
            "runs": [node_json(self.graph, run) for run in one.runs],
            "value": said["value"] if said and finite else None,
            "evidence": said and said | {"value": said["value"] if finite else str(said["value"])},
            "labels": list(self._labels(entry)),
            "parameters": entry.parameters,
            "trained_on": self._read(entry.data.trained),
            "measured_on": self._read(entry.data.measured) | apart,
            "ended": ended(one),
            "cost": cost(one),
            "tuning_job": tuning_name(one),
            "failure": one.job.body.get("FailureReason") if one.job else None,
        }

    def _labels(self, entry: Entry) -> Iterator[str]:
        """The labels for what is unusual about an entry."""
        yield from [entry.place] if entry.place not in (RANKED, MISSING, NOT_FINITE) else []
        yield from [f"no {self.metric['name']}"] if entry.place == MISSING else []
        yield from [f"not finite: {entry.measured.value}"] if entry.measured and entry.place == NOT_FINITE else []
        yield from ["stopped early"] if entry.early else []
        yield from ["warm-start parent"] if entry.one.tuning and entry.one.tuning.id in self.parents else []
        yield from ["deleted"] if entry.one.record.deleted else []

    def _read(self, links: list[Link]) -> Json:
        places = sorted({link.source for link in links})
        return {
            "set": self.letters.of(key(links)),
            "places": places,
            "channels": sorted({link.data["role"] for link in links}),
            "evidence": sorted({link.data["evidence"] for link in links}),
            "may_have_changed": any(place in self.changed for place in places),
        }

    def _data_set(self, wanted: DataKey, letter: str) -> Json:
        places = sorted({place for place, _ in wanted})
        between = {place: self.changed[place] for place in places if place in self.changed}
        return {
            "set": letter,
            "places": places,
            "manifest_versions": sorted(version for _, version in wanted if version),
            "may_have_changed": {place: [node_json(self.graph, job) for job in jobs] for place, jobs in between.items()},
        }

    def _best(self, group: ComparedGroup) -> Json:
        first = next(one for one in self.ranked if one.group == group)
        trained = None if first.data.declared else self.letters.of(key(first.data.trained))
        named = {"id": first.one.id, "name": first.one.record.name, "value": first.measured and first.measured.value}
        measured_on = self.letters.of(key(first.data.measured))
        return {"measured_on": measured_on, "trained_on": trained, "candidates": self.sets[group]} | named

    # --- all together ---------------------------------------------------------------------------

    def _counts(self) -> Json:
        places = Counter(one.place for one in self.entries)
        return {
            "candidates": len(self.entries) + len(self.unread),
            **{place.replace("-", "_"): places[place] for place in PLACES},
            "unread": len(self.unread),
            "stopped_early": sum(one.early for one in self.entries),
            "hidden": len(self.hidden),
        }

    # --- what a reader must know ----------------------------------------------------------------

    def _warnings(self) -> Iterator[str]:
        yield from self._of_data()
        for place, jobs in sorted(self.changed.items()):
            who = _some([self.graph.nodes[job]["name"] for job in jobs])
            yield f"{place} may not have been the same for all that read it: {who} may have written there in between"
        yield from self._of_ranks()
        yield from self._of_tuning()
        if self.unread:
            yield f"{len(self.unread)} of those asked about have no record in the snapshot: {_some(self.unread)}"
        hidden = sorted({name for one in self.shown for name, value in one.parameters.items() if value == REDACTED})
        if hidden:
            yield f"unknown whether {', '.join(hidden)} differs: it looked like a secret and was redacted"

    def _of_data(self) -> Iterator[str]:
        """Warnings on comparing what was measured on different data, the classic mistake."""
        name, declared = self.metric["name"], [group for group in self.sets if group[0]]
        untold = sum(count for group, count in self.sets.items() if not group[0])
        if len(declared) > 1:
            how = "ranks are across all of them, as asked" if self.mixed_data else "ranks are within each set"
            yield f"{name} was measured on {len(declared)} different sets of data: {how}"
        if untold:
            apart = "" if self.mixed_data else "; ranks are within equal training data"
            yield f"what {untold} of {len(self.ranked)} were measured on is unknown: they have no channel for it{apart}"

    def _of_ranks(self) -> Iterator[str]:
        first = self.ranked[0] if self.ranked else None
        if first is None:
            yield "nothing could be ranked"
            return
        if first.tied:
            equal = (first.group, first.measured and first.measured.value)
            same = sum((one.group, one.measured and one.measured.value) == equal for one in self.ranked)
            yield f"{same} are equally good; the one that ended first is listed first"
        better = sorted(one.one.record.name for one in self.hidden if self._beats_all(one))
        if better:
            yield f"not shown because it failed or was stopped, though its value is better than the best: {_some(better)}"

    def _beats_all(self, hidden: Entry) -> bool:
        """Whether a hidden one has a better value than all with which it can be compared."""
        best = next((one for one in self.ranked if self.mixed_data or one.group == hidden.group), None)
        if not (best and best.measured and hidden.measured and math.isfinite(hidden.measured.value)):
            return False
        return is_better(hidden.measured.value, best.measured.value, self.metric["direction"])

    def _of_tuning(self) -> Iterator[str]:
        name, direction = self.metric["name"], self.metric["direction"]
        for tuning in tunings_of(self.found):
            said = {way for metric, way in objectives(tuning) if metric == name and way}
            if said and direction not in said:
                yield f"{tuning.name} looked for the {said.pop()} of {name}; the {direction} was asked for"
            if number := left_out(tuning, self.found):
                yield f"{number} of the training jobs that {tuning.name} started are not compared"
            if direction in said and self.metric["statistic"] == LAST:
                yield from self._other_best(tuning)

    def _other_best(self, tuning: Resource) -> Iterator[str]:
        """A warning if the tuning job names another one as its best: it compares whatever it has measured."""
        own = [one for one in self.ranked if one.one.tuning is tuning]
        best = best_of(tuning)
        if not own or best in (None, own[0].one.record.name):
            return
        apart = any(one.one.record.name == best and one.group != own[0].group for one in own)
        yield f"{tuning.name} itself calls {best} its best{', which was measured on other data' if apart else ''}"


def _some(names: list[str]) -> str:
    """The first few of many names."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
