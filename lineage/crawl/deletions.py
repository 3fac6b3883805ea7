"""What CloudTrail's deletions mean for the records that were read: which lifetime of a name each one ended.

Names are used again, and an incremental crawl does not ask again for what it has read. So it must be shown whether a deletion
ended the lifetime that was read, or a later, unread one of the same name. Any of these shows it: a crawl saw the lifetime
afterwards, so the deletion had no effect; all deletions since the lifetime was last seen are known, and this is the first;
or nothing with that name was created since a complete list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lineage.crawl.cloudtrail import Calls, Deletion
from lineage.domain.kinds import PIPELINE_EXECUTION, RUNS
from lineage.domain.records import Gap, Life
from lineage.domain.times import sortable, utc

RUN, START = PIPELINE_EXECUTION, "StartPipelineExecution"
SKEW = timedelta(minutes=1)  # a record's creation may be this much before or after the event of its Create call
_UNTOLD = RUNS  # SageMaker makes one for each job, without an event


@dataclass(slots=True)
class Known:
    """What is known about an account and region, and how far its Event history goes back.

    `lives` gives what was read under a node id; `listed` gives when the last finished list of a kind before some time began.
    All deletions are known from `told` on (empty: none), all events from `history` on.
    """

    lives: Callable[[str], Iterable[Life]]
    listed: Callable[[str, str], str]
    told: str
    history: str
    calls: dict[str, Calls] = field(default_factory=dict)

    # --- which lifetime it was------------------------------------------------------------------

    def is_the_one(self, one: Deletion, life: Life) -> bool:
        """Whether a deletion certainly ended a lifetime, or had no effect."""
        at = _second(one.at)
        if _second(life.gone) == at or at <= _second(life.seen) or (self.told and _second(self.told) <= _second(life.seen)):
            return True
        calls = self.calls.get(_creates(one))
        if calls is None or sortable(calls.since) > sortable(self._named(one, life)):
            return False
        later = _second(utc(datetime.fromisoformat(life.created) + SKEW))
        return not any(later < _second(time) <= at for time in calls.of(one.subject))

    def _named(self, one: Deletion, life: Life) -> str:
        """The last time before a deletion when everything of its kind, or at least this lifetime, was read."""
        return max(self.listed(one.kind.name, one.at), life.seen, key=sortable)

    def asks(self, ended: Iterable[tuple[Deletion, Life | None]]) -> dict[str, Calls]:
        """The calls that would resolve the doubts, each with the time from which to look them up."""
        asked: dict[str, Calls] = {}
        for one, life in ended:
            if life and not self.is_the_one(one, life) and one.kind.name not in _UNTOLD:
                self._ask(asked, one, _creates(one), self._named(one, life))
            if life and _may_have_run(one, life):
                self._ask(asked, one, START, self.listed(RUN.name, one.at))
        return asked

    def _ask(self, asked: dict[str, Calls], one: Deletion, operation: str, since: str) -> None:
        if sortable(self.history) <= sortable(since):
            known = asked.setdefault(operation, Calls(since, one.kind))
            known.since = min(known.since, since, key=sortable)

    # --- what is lost ---------------------------------------------------------------------------

    def hole(self, one: Deletion, life: Life | None) -> Gap | None:
        """What is unknown about something that was deleted; None if all of it was read."""
        if life is None:
            return _gap(one, ", before any crawl read it: what it {lost} is unknown", _creates(one))
        if not self.is_the_one(one, life):
            said = f"; a crawl read one of that name, created {life.created}, which may be a different one"
            return _gap(one, said + ": what a later one {lost} is unknown", _creates(one))
        listed = self.listed(RUN.name, one.at)
        if _may_have_run(one, life) and self._ran(one, listed):
            which = f"that began after {listed}, when a crawl last listed them, are" if listed else "are"
            return _gap(one, f": its executions {which} unknown", START)
        return None

    def _ran(self, one: Deletion, listed: str) -> bool:
        """Whether a pipeline may have had an execution after its executions were last listed."""
        calls = self.calls.get(START)
        if calls is None or not listed or sortable(calls.since) > sortable(listed):
            return True
        return any(_second(listed) <= _second(time) <= _second(one.at) for time in calls.of(one.subject))


def ended_lives(
    deletions: Iterable[Deletion], lives: Callable[[str], Iterable[Life]]
) -> Iterator[tuple[Deletion, Life | None]]:
    """Each deletion with the lifetime that it may have ended; None if no record of that lifetime was read.

    That lifetime began before the deletion, after the previous deletion, and had not already ended.
    """
    by_subject: defaultdict[str, dict[str, Deletion]] = defaultdict(dict)
    for one in deletions:
        by_subject[one.subject][_second(one.at)] = one  # two accounts may report the same one
    for subject in sorted(by_subject):
        before, known = "", list(lives(subject))
        for at, one in sorted(by_subject[subject].items()):
            fits = [life for life in known if before < _second(life.created) <= at <= (_second(life.gone) or at)]
            yield one, max(fits, default=None)
            before = at


def _may_have_run(one: Deletion, life: Life) -> bool:
    """Whether it is a deleted pipeline that no earlier lookup reported."""
    return one.kind.name == RUN.list_by[1] and _second(life.gone) != _second(one.at) > _second(life.seen)


def _creates(one: Deletion) -> str:
    return one.operation.replace("Delete", "Create", 1)


def _gap(one: Deletion, said: str, told_by: str) -> Gap:
    what = f"{one.kind.name.replace('-', ' ')} {one.name}".rstrip()
    said = f"{what} was deleted {one.at} by {one.by}{said.format(lost='read' if one.kind.job else 'named')}"
    still = f"its {told_by} event may show it, if CloudTrail still has it"
    return Gap(one.account, one.region, one.operation, one.subject, "deleted", f"{said}; {still}")


def _second(time: str) -> str:
    """A time to the second: CloudTrail gives no more."""
    return time[:19]
