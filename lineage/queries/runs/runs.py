"""Experiments, their groups and their runs: parameters, metrics, artifacts, and the jobs that a run records.

SageMaker calls a group a trial and a run a trial component. Their names ignore case and are unique only within an account and
region. A run may be in several groups, or in none. Anyone who can read trial components may be able to write them. So all of
this is `logged`, except the `Source` of a run, which SageMaker alone sets.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from shlex import quote
from typing import Any, NamedTuple

from lineage.domain.called import asking
from lineage.domain.experiments import SortByType, SortOrderType
from lineage.domain.given import text
from lineage.domain.kinds import kind_of_arn
from lineage.domain.names import is_arn, named_id, node_id, parse_arn
from lineage.domain.records import Json, Resource, tags_of
from lineage.domain.spelling import did_you_mean, one_of
from lineage.domain.status import RunStatus
from lineage.domain.text import counted, named_line
from lineage.domain.times import instant, sortable
from lineage.domain.urls import from_url, page_of
from lineage.errors import MalformedName, UnknownNode
from lineage.queries.runs.companions import Companions
from lineage.queries.runs.run_records import (
    BRIEF,
    EXPERIMENT,
    GROUP,
    RUN,
    SHOWN,
    Jobs,
    NameKey,
    Run,
    RunGroup,
    Trials,
    created_by,
    key_of,
    lives_of,
    newest,
    run_name_of,
    run_of,
    source_of,
)
from lineage.queries.scope import ALL, Within, listing_scope
from lineage.search_language.clues import clue
from lineage.search_language.sieve import Condition, both, either, is_storable, with_clue
from lineage.snapshot.reading import Snapshot, asks_snapshot
from lineage.snapshot.tables import AT_ONCE

_MAX_ARNS = 5
_SOURCES = ("run", "job", "logged")

Time = str | date | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A group of runs. One that is not `observed` is named by its runs, and was not read itself."""

    id: str
    name: str
    experiment: str | None
    account: str
    region: str
    display_name: str | None
    created: str | None
    modified: str | None
    created_by: str | None
    source: str | None  # what made it: a pipeline execution, a tuning job
    runs: int
    tags: dict[str, str]
    deleted: str | None
    observed: bool

    def __repr__(self) -> str:
        within = f"{self.name}, experiment {self.experiment}" if self.experiment else self.name
        return named_line("Trial", within, counted(self.runs, "run"), _known(self))

    def as_json(self) -> Json:
        """The group as one JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment, with how many of its groups and runs were read. One that is not `observed` is only named by these."""

    id: str
    name: str
    account: str
    region: str
    display_name: str | None
    description: str | None
    created: str | None
    modified: str | None
    created_by: str | None
    source: str | None
    groups: int
    runs: int
    tags: dict[str, str]
    deleted: str | None
    observed: bool

    def __repr__(self) -> str:
        return named_line("Experiment", self.name, counted(self.groups, "group"), counted(self.runs, "run"), _known(self))

    def as_json(self) -> Json:
        """The experiment as one JSON object."""
        return asdict(self)


def _known(one: Trial | Experiment) -> str:
    """Whether it is gone, or only named by others."""
    return "deleted" if one.deleted else "" if one.observed else "not read itself"


@asks_snapshot
def list_experiments(
    snapshot: Snapshot,
    *,
    created_before: Time = None,
    created_after: Time = None,
    sort_by: SortByType | str = SortByType.CREATION_TIME,
    sort_order: SortOrderType | str = SortOrderType.DESCENDING,
    deleted: bool = False,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
) -> list[Experiment]:
    """The experiments of some `accounts` and `regions` of a snapshot, the newest first; `deleted` includes deleted ones.

    Times are ISO texts, dates or datetimes, in UTC if they have no offset. What was created exactly at such a time is left
    out. Raises `MalformedName`. `runs_scope` says whether there may be more.
    """
    between, within = _Between.of(created_after, created_before), Within.of(accounts, regions)
    tally = _Tally.of(snapshot, deleted=deleted)
    known = newest(snapshot.records(EXPERIMENT, deleted=True))
    found = (_experiment(key, known.get(key), tally) for key in {*known, *tally.experiments} if within.takes(*key[:2]))
    shown = [one for one in found if (deleted or not one.deleted) and between.holds(one.created)]
    return _sorted(shown, sort_by, sort_order)


@asks_snapshot
def list_trials(
    snapshot: Snapshot,
    experiment: str | None = None,
    *,
    created_before: Time = None,
    created_after: Time = None,
    sort_by: SortByType | str = SortByType.CREATION_TIME,
    sort_order: SortOrderType | str = SortOrderType.DESCENDING,
    deleted: bool = False,
) -> list[Trial]:
    """The groups of an experiment (a name or an ARN), or of all; else as `list_experiments`. Raises `UnknownNode`."""
    wanted = _Wanted.of(snapshot, EXPERIMENT, experiment)
    between = _Between.of(created_after, created_before)
    tally = _Tally.of(snapshot, deleted=deleted)
    found = (_trial(key, tally) for key in {*tally.trials.records, *tally.groups})
    shown = [one for one in found if (deleted or not one.deleted) and between.holds(one.created)]
    if wanted:
        shown = [one for one in shown if wanted.is_called(one.account, one.region, one.experiment)]
    return _sorted(shown, sort_by, sort_order)


@asks_snapshot
def list_runs(
    snapshot: Snapshot,
    experiment: str | None = None,
    *,
    created_before: Time = None,
    created_after: Time = None,
    status: str | None = None,
    group: str | None = None,
    source: str | None = None,
    sort_by: SortByType | str = SortByType.CREATION_TIME,
    sort_order: SortOrderType | str = SortOrderType.DESCENDING,
    deleted: bool = False,
    brief: bool = False,
    components: bool = False,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
) -> Iterator[Run]:
    """The runs of an experiment (a name or an ARN), or all, also those in no experiment, as an iterator.

    `status` is a primary status, as `Completed`; `group` a trial; `source` one of `run`, `job` and `logged`. `brief` leaves out
    parameters, metrics and artifacts, and takes two thirds of the time. What SageMaker made for a job of a listed run is shown
    with that run; `components` also lists it by itself. Other arguments are as in `list_experiments`. Raises `MalformedName`,
    also for another status, and `UnknownNode` for an experiment or a group that nothing names.
    """
    if source not in (None, *_SOURCES):
        raise MalformedName(f"{text(source, 'a source')!r} is not a source of runs; they are {', '.join(_SOURCES)}")
    if status and text(status, "a status").casefold() not in {one.casefold() for one in RunStatus}:
        raise MalformedName(f"{status!r} is not a status of runs; they are {', '.join(RunStatus)}")
    trials = Trials(snapshot)
    asking = _Filter(
        trials,
        _Wanted.of(snapshot, EXPERIMENT, experiment),
        _Wanted.of(snapshot, GROUP, group),
        _Between.of(created_after, created_before),
        status.casefold() if status else None,
        source,
        Within.of(accounts, regions),
    )
    records = snapshot.records(RUN, asking.ids(snapshot), deleted=deleted, members=BRIEF)
    heads = [_Head(one.id, one.name, one.created) for one in records if asking.takes(one)]
    told = set() if components else Companions(snapshot, (head.id for head in heads)).folded()
    heads = [head for head in heads if head.id not in told]
    return _loaded(snapshot, _sorted(heads, sort_by, sort_order), trials, brief=brief)


@asks_snapshot
def load_run(snapshot: Snapshot, run: str, experiment: str | None = None) -> Run:
    """One run, deleted or not: by the name that the SDK's user gave, its trial component's name or ARN, or its display name.

    Raises `MalformedName`, and `UnknownNode` if the experiment has no run of that name, or several.
    """
    trials = Trials(snapshot)
    run = from_url(run)
    wanted = _experiment_of_run(snapshot, run, experiment, trials)
    if (page := page_of(run)) and page.kind == RUN:
        run = page.name
    if is_arn(run) or "@" in run:
        arn, _, created = run.partition("@")
        known = snapshot.records(RUN, [node_id(arn)], deleted=True, members=BRIEF)
        found = [one for one in known if created in ("", one.created)][-1:]
    else:
        found = _called(snapshot, run, wanted, trials)
    if not found:
        raise UnknownNode(_no_run(snapshot, run, wanted, trials))
    if len({one.id for one in found}) > 1:
        arns = sorted({one.arn for one in found})
        shown = ", ".join(arns[:_MAX_ARNS]) + (", …" if len(arns) > _MAX_ARNS else "")
        raise UnknownNode(f"several runs are named {run}: name one by its ARN: {shown}")
    head = _Head(found[-1].id, found[-1].name, found[-1].created)
    return next(_loaded(snapshot, [head], trials, brief=False))


def _experiment_of_run(snapshot: Snapshot, run: str, experiment: str | None, trials: Trials) -> _Wanted | None:
    """The experiment that is asked for. The error says so if the two names are given in the other order."""
    try:
        return _Wanted.of(snapshot, EXPERIMENT, experiment)
    except UnknownNode:
        if is_arn(run) or not _are_swapped(snapshot, run, str(experiment), trials):
            raise
    order = f"the run comes first, as in load_run(snapshot, {experiment!r}, {run!r})"
    raise UnknownNode(f"no experiment {experiment!r} in the snapshot, but experiment {run!r} has a run {experiment!r}: {order}")


def _are_swapped(snapshot: Snapshot, experiment: str, run: str, trials: Trials) -> bool:
    try:
        wanted = _Wanted.of(snapshot, EXPERIMENT, experiment)
    except UnknownNode:
        return False
    return bool(_called(snapshot, run, wanted, trials))


@asks_snapshot
def runs_scope(snapshot: Snapshot, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> Json:
    """What was looked at, with the gaps that could hide an experiment, a group or a run."""
    return listing_scope(snapshot.scope(), (EXPERIMENT, GROUP, RUN), "run", Within.of(accounts, regions))


# --- what is asked for --------------------------------------------------------------------------


class _Head(NamedTuple):
    """Enough of a record to sort it, and to read the whole of it later."""

    id: str
    name: str
    created: str | None


class _Between(NamedTuple):
    """The times between which something must have been created."""

    after: str
    before: str

    @classmethod
    def of(cls, after: Time, before: Time) -> _Between:
        return cls(*(sortable(instant(time)) if time else "" for time in (after, before)))

    def holds(self, created: str | None) -> bool:
        """Whether a time lies between; never for an unknown time."""
        if not created:
            return not (self.after or self.before)
        time = sortable(created)
        return (not self.after or time > self.after) and (not self.before or time < self.before)


class _Wanted(NamedTuple):
    """An experiment or a group that is asked for, by name or by ARN."""

    text: str
    account: str
    region: str
    name: str

    @classmethod
    def of(cls, snapshot: Snapshot, kind: str, text: str | None) -> _Wanted | None:
        """What a text means; None if the text is empty. Raises `UnknownNode` if nothing has that name."""
        if text is None:
            return None
        text = from_url(text)
        wanted = cls(text, "", "", text.casefold())
        if (page := page_of(text)) and page.kind == kind:
            wanted = cls(page.name, page.account, page.region, page.name.casefold())
        if is_arn(text):
            if kind_of_arn(text).name != kind:
                raise UnknownNode(f"{text} is not the ARN of {_ARTICLES[kind]}: give its name or its ARN")
            arn = parse_arn(text)
            wanted = cls(text, arn.account, arn.region, arn.resource.partition("/")[2].casefold())
        if not any(wanted.is_called(*place) for place in _names(snapshot, kind, wanted.name)):
            advice = did_you_mean(
                (name for *_, name in _names(snapshot, kind)), wanted.text, f"; {asking(*_LISTING[kind])} lists them"
            )
            raise UnknownNode(f"no {_WORDS[kind]} {wanted.text!r} in the snapshot{advice}")
        return wanted

    def is_called(self, account: str, region: str, name: str | None) -> bool:
        """Whether a name in an account and region is the one that is asked for."""
        here = self.account in ("", account) and self.region in ("", region)
        return here and name is not None and name.casefold() == self.name

    def has(self, record: Resource, names: Iterable[str | None]) -> bool:
        """Whether one of the names that a record gives is the one that is asked for."""
        return any(self.is_called(record.account, record.region, name) for name in names)


_WORDS = {EXPERIMENT: "experiment", GROUP: "group"}
_ARTICLES = {EXPERIMENT: "an experiment", GROUP: "a group"}
_LISTING = {
    EXPERIMENT: ("lineage experiments", "lineage.list_experiments(snapshot)"),
    GROUP: ("lineage ls kind:trial", "lineage.list_trials(snapshot)"),
    RUN: ("lineage runs", "lineage.list_runs(snapshot)"),
}


def _names(snapshot: Snapshot, kind: str, only: str | None = None) -> Iterator[NameKey]:
    """The names of experiments or groups, from their own records or from what belongs to them; names may repeat.

    `only` one name is wanted: others may be left out.
    """
    yield from snapshot.record_names(kind)
    member = "ExperimentName" if kind == EXPERIMENT else "TrialName"
    for one in _naming(snapshot, GROUP, member, only, (member,)) if kind == EXPERIMENT else ():
        if member in one.body:
            yield one.account, one.region, one.body[member]
    for one in _naming(snapshot, RUN, f"Parents.{member}", only, ("Parents",)):
        yield from ((one.account, one.region, said[member]) for said in one.body.get("Parents") or () if said.get(member))


def _naming(snapshot: Snapshot, kind: str, member: str, name: str | None, members: tuple[str, ...]) -> Iterator[Resource]:
    """The records of a kind, or those that may have a name in a member."""
    ids = snapshot.ids(kind, *with_clue(member, name)) if name is not None else None
    return snapshot.records(kind, ids, deleted=True, members=members)


class _Filter(NamedTuple):
    """Which runs are asked for."""

    trials: Trials
    experiment: _Wanted | None
    group: _Wanted | None
    between: _Between
    status: str | None
    source: str | None
    within: Within = ALL

    def ids(self, snapshot: Snapshot) -> Iterator[str] | None:
        """The ids of the runs that may be in the experiment and in the group; None for all runs."""
        asked = [_may_be_in(snapshot, self.experiment)] if self.experiment else []
        asked += [with_clue("Parents.TrialName", self.group.name)] if self.group else []
        return snapshot.ids(RUN, *both(asked)) if asked else None

    def takes(self, record: Resource) -> bool:
        if not self.within.takes(record.account, record.region):
            return False
        if not self.between.holds(record.created) or self.status not in (None, str(record.status).casefold()):
            return False
        if not (self.experiment or self.group or self.source):
            return True
        groups = self.trials.groups_of(record)
        if self.experiment and not self.experiment.has(record, (one.experiment for one in groups)):
            return False
        if self.group and not self.group.has(record, (one.name for one in groups)):
            return False
        return self.source in (None, source_of(record, groups))


def _may_be_in(snapshot: Snapshot, experiment: _Wanted) -> Condition:
    """The runs that may be in an experiment: they name it, or a group that names it."""
    groups = _naming(snapshot, GROUP, "ExperimentName", experiment.name, ("ExperimentName",))
    clues = {clue("Parents.TrialName", one.name) for one in groups}
    within = Condition("EXISTS (SELECT 1 FROM json_each(?) WHERE instr(clues, value))", (json.dumps(sorted(clues)),))
    return either([with_clue("Parents.ExperimentName", experiment.name), within])


def _sorted(found: list[Any], sort_by: SortByType | str, sort_order: SortOrderType | str) -> list[Any]:
    for what, given, known in (("sort key", sort_by, SortByType), ("sort order", sort_order, SortOrderType)):
        if text(given, f"a {what}") not in [*known]:
            raise MalformedName(one_of(what, given, [*known]))
    by_name, down = sort_by == SortByType.NAME, sort_order == SortOrderType.DESCENDING

    def key(one: Any) -> tuple[str, str, str]:
        name, created = one.name.casefold(), sortable(one.created or "")
        return (name, created, one.id) if by_name else (created, name, one.id)

    return sorted(found, key=key, reverse=down)


def _called(snapshot: Snapshot, run: str, wanted: _Wanted | None, trials: Trials) -> list[Resource]:
    """The runs that a name means: in the SDK's form first, then a trial component's name, a given name, a display name."""
    own = f"{wanted.name}-{run}".casefold() if wanted else ""
    found: dict[int, list[Resource]] = defaultdict(list)
    ids = None
    if wanted and is_storable(own):
        named = Condition("(name = ? COLLATE NOCASE OR name GLOB '*[^ -~]*')", (own,))  # SQLite knows the cases of ASCII
        ids = snapshot.ids(RUN, *either([_may_be_in(snapshot, wanted), named]))
    for record, groups in _with_groups(snapshot, trials, ids):
        inside = not wanted or wanted.has(record, (one.experiment for one in groups))
        shown = str(record.body.get("DisplayName") or "")
        names = [record.name, run_name_of(record, groups), shown] if inside else []
        same = [own == record.name.casefold(), *(name.casefold() == run.casefold() for name in names)]
        if any(same):
            found[same.index(True)].append(record)
    best = found[min(found)] if found else []
    return [one for one in best if not one.deleted] or best


def _with_groups(
    snapshot: Snapshot, trials: Trials, ids: Iterable[str] | None = None
) -> Iterator[tuple[Resource, tuple[RunGroup, ...]]]:
    records = snapshot.records(RUN, ids, deleted=True, members=BRIEF)
    return ((record, trials.groups_of(record)) for record in records)


def _no_run(snapshot: Snapshot, run: str, wanted: _Wanted | None, trials: Trials) -> str:
    names = {
        name
        for record, groups in _with_groups(snapshot, trials)
        if not wanted or wanted.has(record, (one.experiment for one in groups))
        for name in (run_name_of(record, groups), record.name)
    }
    where = f"experiment {wanted.text!r}" if wanted else "the snapshot"
    command, call = _LISTING[RUN]
    of = f" {quote(wanted.text)}" if wanted else ""
    return f"no run {run!r} in {where}{did_you_mean(names, run, f'; {asking(command + of, call)} lists them')}"


# --- from records -------------------------------------------------------------------------------


@dataclass(slots=True)
class _Count:
    """What is known of a group or an experiment from what names it."""

    name: str
    experiment: str | None = None
    runs: int = 0
    groups: set[str] = field(default_factory=set)


_IN_GROUP = "Parents[].TrialName"  # the field of a run that names its groups


def _is_joined(snapshot: Snapshot) -> bool:
    """Whether the graph holds all records: it is joined at the end of each crawl."""
    crawls = snapshot.crawls()
    return bool(crawls) and crawls[-1].complete


@dataclass(slots=True)
class _Tally:
    """How many runs each group and each experiment has, and how many groups each experiment. A run counts once in each."""

    trials: Trials
    groups: dict[NameKey, _Count] = field(default_factory=dict)
    experiments: dict[NameKey, _Count] = field(default_factory=dict)

    @classmethod
    def of(cls, snapshot: Snapshot, *, deleted: bool) -> _Tally:
        tally = cls(Trials(snapshot))
        for key, trial in tally.trials.records.items():
            if deleted or not trial.deleted:
                tally._group(trial, RunGroup(trial.name, tally.trials.experiment_of(key)))
        ids = tally._count(snapshot, deleted=deleted) if _is_joined(snapshot) else tally._read(snapshot, deleted=deleted)
        tally._leave_out(snapshot, Companions(snapshot, ids).components, deleted=deleted)
        return tally

    def _read(self, snapshot: Snapshot, *, deleted: bool) -> list[str]:
        """Count what each run's record says. Returns the ids of the runs."""
        ids = []
        for run in snapshot.records(RUN, deleted=deleted, members=("Parents",)):
            ids.append(run.id)
            for count in self._above(run):
                count.runs += 1
        return ids

    def _count(self, snapshot: Snapshot, *, deleted: bool) -> list[str]:
        """The same, counted by the edges that were joined from the records: only of groups not read themselves is a run read.

        Returns the ids of the runs that may have a component of one of their jobs beside them.
        """
        sets = list(snapshot.memberships(GROUP, _IN_GROUP, deleted=deleted))
        rows = snapshot.node_rows({one for groups, *_ in sets for one in groups})
        keys = {row[0]: (row[3] or "", row[4] or "", row[2].casefold()) for row in rows}
        self._name_unread(snapshot, [(keys[one], run) for groups, run, _ in sets for one in groups], deleted=deleted)
        for groups, _, many in sets:
            counts = {keys[one]: self.groups[keys[one]] for one in groups}
            above = {(*key[:2], one.experiment.casefold()) for key, one in counts.items() if one.experiment}
            for one in (*counts.values(), *map(self.experiments.__getitem__, above)):
                one.runs += many
        return [one for one in snapshot.shared_records(RUN) if "@" not in one]

    def _name_unread(self, snapshot: Snapshot, named: list[tuple[NameKey, str]], *, deleted: bool) -> None:
        """Add the groups that were not read: the first run in each says what it is called, and which experiment it is in."""
        first: dict[NameKey, str] = {}
        for key, run in named:
            if key not in self.groups:
                first[key] = min(run, first.get(key, run))
        for record in snapshot.records(RUN, first.values(), deleted=deleted, members=("Parents",)):
            for group in self.trials.groups_of(record):
                if key_of(record, group.name) in first:
                    self._group(record, group)

    def _above(self, run: Resource) -> list[_Count]:
        """The groups that a run is in, and their experiments, each once."""
        counts = [self._group(run, group) for group in self.trials.groups_of(run)]
        above = {key_of(run, one.experiment) for one in counts if one.experiment}
        return [*counts, *map(self.experiments.__getitem__, above)]

    def _leave_out(self, snapshot: Snapshot, components: dict[str, dict[str, str]], *, deleted: bool) -> None:
        """Count a run and what SageMaker made for one of its jobs once, if both are in one group: they are the same run."""
        beside = {*components, *(one for some in components.values() for one in some)}
        known = {run.id: self._above(run) for run in snapshot.records(RUN, beside, deleted=deleted, members=("Parents",))}
        theirs: dict[str, list[_Count]] = defaultdict(list)
        for run, some in components.items():
            for one in some.keys() & known.keys():
                theirs[one] += known.get(run, [])
        for one, counts in theirs.items():
            for count in known[one]:
                count.runs -= any(count is other for other in counts)

    def _group(self, record: Resource, group: RunGroup) -> _Count:
        count = self.groups.setdefault(key_of(record, group.name), _Count(group.name, group.experiment))
        if count.experiment:
            above = self.experiments.setdefault(key_of(record, count.experiment), _Count(count.experiment))
            above.groups.add(group.name.casefold())
        return count


def _experiment(key: NameKey, record: Resource | None, tally: _Tally) -> Experiment:
    account, region, _ = key
    count = tally.experiments.get(key) or _Count(record.name if record else "")
    body = record.body if record else {}
    return Experiment(
        id=record.id if record else named_id(EXPERIMENT, account, region, count.name),
        name=record.name if record else count.name,
        account=account,
        region=region,
        display_name=body.get("DisplayName"),
        description=body.get("Description"),
        created=record.created if record else None,
        modified=record.modified if record else None,
        created_by=created_by(body),
        source=(body.get("Source") or {}).get("SourceArn"),
        groups=len(count.groups),
        runs=count.runs,
        tags=tags_of(body),
        deleted=record.deleted if record else None,
        observed=record is not None,
    )


def _trial(key: NameKey, tally: _Tally) -> Trial:
    account, region, _ = key
    record = tally.trials.records.get(key)
    count = tally.groups.get(key) or _Count(record.name if record else "", tally.trials.experiment_of(key))
    body = record.body if record else {}
    return Trial(
        id=record.id if record else named_id(GROUP, account, region, count.name),
        name=record.name if record else count.name,
        experiment=count.experiment,
        account=account,
        region=region,
        display_name=body.get("DisplayName"),
        created=record.created if record else None,
        modified=record.modified if record else None,
        created_by=created_by(body),
        source=(body.get("Source") or {}).get("SourceArn"),
        runs=count.runs,
        tags=tags_of(body),
        deleted=record.deleted if record else None,
        observed=record is not None,
    )


def _loaded(snapshot: Snapshot, heads: Sequence[_Head], trials: Trials, *, brief: bool) -> Iterator[Run]:
    """The runs themselves, in the order of their heads. They are read in batches that save both time and memory."""
    members = (*BRIEF, *SHOWN) if brief else ()
    for at in range(0, len(heads), AT_ONCE):
        some = heads[at : at + AT_ONCE]
        lives = dict(lives_of(snapshot.records(RUN, {head.id for head in some}, deleted=True, members=members)))
        records = [lives[head.id, head.created] for head in some]
        jobs = Jobs(snapshot, records, brief=brief)
        yield from (run_of(identity, record, trials.groups_of(record), jobs) for identity, record in records)
