"""SageMaker's Search over a snapshot. `search_live.py` asks the service instead and returns the same shape of answer.

A search sees each record as the service's own Search does: only the properties of its shape. It sees a model inside its
dashboard, and a trial component with its source job. If the snapshot's list is not complete, the answer has a gap.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import groupby, islice
from typing import Any

from lineage.domain.called import asking
from lineage.domain.given import number, texts
from lineage.domain.given import text as a_text
from lineage.domain.kinds import CARRIED_JOBS, KINDS, RUNS, Kind
from lineage.domain.names import is_arn, parse_arn
from lineage.domain.records import Gap, Json, Resource
from lineage.domain.spelling import one_of
from lineage.domain.text import named_line
from lineage.errors import MalformedName, SearchRefused
from lineage.queries.as_json import scope_json
from lineage.queries.scope import Within, crawled, is_about, narrowed
from lineage.queries.showing import ListedAnswer
from lineage.search_language.clues import shape_of
from lineage.search_language.conditions import expression_of
from lineage.search_language.expressions import DEFAULT_SORT, Expression, Matcher, Sorting, check_form
from lineage.search_language.properties import (
    begins_with,
    chosen_names,
    likely_names,
    no_property,
    property_of,
    search_name,
    searched,
    stored_names,
)
from lineage.search_language.sieve import EVERY, Condition, any_of, both, sieve
from lineage.snapshot.reading import Snapshot, asks_snapshot
from lineage.snapshot.tables import AT_ONCE

SCHEMA, SUGGESTIONS = "lineage.search/1", "lineage.suggestions/1"
ASCENDING, DESCENDING = "Ascending", "Descending"
HINT_LENGTH = 100
_CUT = "some values of {} looked like secrets and were not stored: `lineage search --live` compares them"
_WHOLE = "a decimal {} is compared with an integer by its whole part, as in SageMaker: write 1.0 to compare decimals"
OWN = ("id", "kind", "name", "account", "region", "status", "created", "deleted")  # what a match has beside its record
_SOURCE = "SourceDetail"


@dataclass(frozen=True, slots=True)
class Match:
    """One record that a search found: its node id, and `record`, the record as Search returns it."""

    id: str
    kind: str
    name: str
    account: str
    region: str
    status: str | None
    created: str | None
    deleted: str | None
    record: Mapping[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        return named_line("Match", f"{self.kind} {self.name}", "deleted" if self.deleted else self.status or "no status")

    def values(self, name: str) -> list[Any]:
        """The values of a property by the name that a filter would use. Raises `SearchRefused`."""
        return property_of(KINDS[self.kind].search, name).values(self.record)


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Found(ListedAnswer):
    """The answer to `search`. `as_json` gives the contract `lineage.search/1`.

    `records` are the first `limit` of `total` in the order asked for. `exact` is False if the service stopped counting there.
    `scope["complete"]` says whether the list is complete in every account and region asked about.
    """

    resource: str
    kind: str
    expression: Expression | None
    sort_by: str
    order: str
    records: list[Match]
    total: int
    exact: bool
    scope: Json
    caveats: list[str]

    def rows(self, columns: Sequence[str]) -> Iterator[Json]:
        """A row for each record: `id`, `name`, … as they are, the values of a property as a list. Raises `SearchRefused`."""
        asked = {name: None if name in OWN else property_of(self.resource, name) for name in texts(columns, "columns")}
        return (
            {name: way.values(one.record) if way else getattr(one, name) for name, way in asked.items()} for one in self.records
        )

    def __iter__(self) -> Iterator[Match]:
        return iter(self.records)

    def __len__(self) -> int:
        """The number of `records`; `total` counts those beyond the limit too."""
        return len(self.records)

    def _about(self) -> str:
        """The kind of what was found, and how much of it."""
        return f"{self.kind}, {len(self.records)} of {self.total}"

    def as_json(self) -> Json:
        """The answer as plain JSON values."""
        return (
            {"schema": SCHEMA, "question": "search"}
            | {name: getattr(self, name) for name in self.__slots__}
            | {"records": [asdict(one) for one in self.records]}
        )


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Suggested(ListedAnswer):
    """The answer to `suggest`: property names. `as_json` gives the contract `lineage.suggestions/1`."""

    resource: str
    kind: str
    hint: str
    names: list[str]
    scope: Json

    def _about(self) -> str:
        """The kind that has these properties."""
        return self.kind

    def as_json(self) -> Json:
        """The answer as plain JSON values."""
        return {"schema": SUGGESTIONS, "question": "suggest"} | {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked, in the API's form."""

    kind: Kind
    expression: Expression | None
    sort_by: str | None
    order: str | None
    limit: int | None

    @property
    def request(self) -> Json:
        """The parameters of the call that are set."""
        said = {"SearchExpression": self.expression, "SortBy": self.sort_by, "SortOrder": self.order}
        return {name: value for name, value in said.items() if value is not None}

    def answered(self, records: list[Match], total: int, scope: Json, caveats: list[str], *, exact: bool = True) -> Found:
        order = (self.sort_by or DEFAULT_SORT, self.order or DESCENDING)
        return Found(self.kind.search, self.kind.name, self.expression, *order, records, total, exact, scope, caveats)


@asks_snapshot
def search(
    snapshot: Snapshot,
    kind: str,
    expression: Expression | None = None,
    *,
    where: Iterable[str] = (),
    any_of: bool = False,
    sort_by: str | None = None,
    order: str | None = None,
    limit: int | None = None,
    deleted: bool = False,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
) -> Found:
    """What SageMaker's Search would find in the records of a snapshot.

    `kind` is `training-job` or `TrainingJob`; `expression` a SearchExpression of the API; `where` conditions such as
    `Metrics.validation:auc > 0.9`, all of which must hold, or `any_of` them, beside the expression. Sorted as the service does:
    by `sort_by` (LastModifiedTime), `order` (Descending). `deleted` includes what was deleted; `accounts` and `regions` leave
    others out. Raises `SearchRefused` with the reason that the service would give; `SnapshotError`.
    """
    query = query_of(kind, expression, where, sort_by, order, limit, any_of=any_of)
    within = Within.of(accounts, regions)
    try:
        matcher = Matcher(query.kind.search, query.expression)
        sorting = Sorting(query.kind.search, sort_by or DEFAULT_SORT, descending=query.order != ASCENDING)
    except SearchRefused as refused:
        if refused.unknown:
            raise no_property(query.kind.search, refused.unknown, _chosen(snapshot, query.kind, within)) from None
        raise
    steps = [asked.steps for asked in matcher.properties.values()] + [sorting.steps]
    # The service builds the dashboard around a model; no snapshot holds it.
    for way in steps:
        if query.kind.search_within and way and way[0] != query.kind.search_within:
            raise SearchRefused(
                f"a snapshot holds no {way[0]} of models",
                f"ask the service with {asking('lineage search --live', 'lineage.search_live')}",
            )
    joined = any(way[:1] == (_SOURCE,) for way in steps)
    best = _Best(sorting, limit)
    asked = both([_places(within), sieve(query.kind, query.expression)])
    for found in _seen(snapshot, query.kind, within, asked, deleted=deleted, joined=joined):
        if matcher.holds(found.record):
            best.add(found)
    records = best.records if joined else list(_with_sources(snapshot, query.kind, best.records))
    scope = _scope(snapshot, query.kind, within, joined=joined)
    caveats = [_CUT.format(name) for name in sorted(matcher.cut)] + [_WHOLE.format(name) for name in sorted(matcher.whole)]
    unknown = _unknown(snapshot, query.kind, within, matcher) if not best.total else []
    return query.answered(records, best.total, scope, caveats + unknown)


@asks_snapshot
def suggest(snapshot: Snapshot, kind: str, prefix: str = "", *, every: bool = False) -> Suggested:
    """The names of hyperparameters, tags and metrics with a prefix, as GetSearchSuggestions returns them; or `every` property.

    A name matches by its first word (`hyper`) or by what follows it (`linear`), in any case. Raises `SearchRefused`.
    """
    asked = hinted(kind, prefix)
    seen = _of_each_shape(snapshot, asked, Within(), deleted=False)
    names = {name for found in seen for name in chosen_names(asked.search, found.record, every=every)}
    chosen = {name for name in names if begins_with(name, prefix)}
    within = f".{prefix}".casefold()  # the prefix may match after any dot
    fixed = {name for name in stored_names(asked.search) if every and within in f".{name}".casefold()}
    scope = _scope(snapshot, asked, Within(), joined=False)
    return Suggested(asked.search, asked.name, prefix, sorted(chosen | fixed), scope)


# --- what is asked --------------------------------------------------------------------------------


def query_of(
    kind: str,
    expression: Expression | None,
    where: Iterable[str],
    sort_by: str | None,
    order: str | None,
    limit: int | None,
    *,
    any_of: bool,
) -> Query:
    resource = search_name(kind)
    number(limit, "limit")
    if limit is not None and limit < 1:
        raise MalformedName(f"a limit of {limit} finds nothing: give 1 or more")
    if order not in (None, ASCENDING, DESCENDING):
        raise SearchRefused(one_of("order", a_text(order, "an order"), (ASCENDING, DESCENDING)))
    conditions = expression_of(resource, where, any_of=any_of)
    parts = [one for one in (expression, conditions) if one is not None]
    both = {"SubExpressions": parts} if len(parts) > 1 else None
    whole = both or (parts[0] if parts else None)
    if whole is not None:
        check_form(whole)
    return Query(kind_of(resource), whole, sort_by, order, limit)


def hinted(kind: str, prefix: str) -> Kind:
    if len(prefix) > HINT_LENGTH:
        bound = f"Member must have length less than or equal to {HINT_LENGTH}"
        raise SearchRefused(f"Value '{prefix[:20]}…' at 'propertyNameHint' failed to satisfy constraint: {bound}")
    return kind_of(search_name(kind))


def kind_of(resource: str) -> Kind:
    found = next((kind for kind in KINDS.values() if kind.search == resource), None)
    if not found:
        raise SearchRefused(f"lineage reads no {resource}", "ask the service: `aws sagemaker search`")
    return found


# --- the snapshot ---------------------------------------------------------------------------------


class _Best:
    """The first so many matches, and how many there were."""

    def __init__(self, sorting: Sorting, limit: int | None) -> None:
        self.total = 0
        self._sorting, self._limit = sorting, limit
        self._kept: list[Any] = []

    def add(self, found: Match) -> None:
        self.total += 1
        self._kept.append((self._sorting.key(found.record), f"{found.id} {found.created or ''}", found))
        if self._limit and len(self._kept) > 2 * self._limit + AT_ONCE:
            self._kept = self._first()

    @property
    def records(self) -> list[Match]:
        return [found for _, _, found in self._first()]

    def _first(self) -> list[Any]:
        return self._sorting.ordered(self._kept)[: self._limit]


def _places(within: Within) -> Condition:
    """The records of some accounts and regions, and those whose own are unknown."""
    asked = (("account", within.accounts), ("region", within.regions))
    return both(any_of(column, ("", *names)) for column, names in asked if names)


def _seen(snapshot: Snapshot, kind: Kind, within: Within, asked: Condition, *, deleted: bool, joined: bool) -> Iterator[Match]:
    """Each record of a kind that fulfils a condition, as Search sees it, with its job if `joined`."""
    ids = None if asked == EVERY else snapshot.ids(kind.name, *asked)
    seen = _current(snapshot, kind, within, ids, deleted=deleted)
    return _with_sources(snapshot, kind, seen) if joined else seen


def _current(snapshot: Snapshot, kind: Kind, within: Within, ids: Iterable[str] | None, *, deleted: bool) -> Iterator[Match]:
    """Each record of a kind, or of some ids, as Search sees it by itself."""
    records = (one for one in snapshot.records(kind.name, ids, deleted=deleted) if within.takes(one.account, one.region))
    # If a name was used more than once, the service knows only the last use.
    current = records if deleted else (list(lives)[-1] for _, lives in groupby(records, key=operator.attrgetter("id")))
    return (match_of(one, searched(kind, one.body)) for one in current)


def _of_each_shape(snapshot: Snapshot, kind: Kind, within: Within, *, deleted: bool) -> Iterator[Match]:
    """Some records of a kind: together they have all names that people chose in any of them."""
    shapes = snapshot.shapes(kind.name, *_places(within))
    for found in _current(snapshot, kind, within, shapes.values(), deleted=deleted):
        shapes.pop(shape_of(kind, found.record), None)
        yield found
    if shapes:  # the first record of each was deleted, or is no longer so
        left = Condition("shape IN (SELECT value FROM json_each(?))", (json.dumps(list(shapes)),))
        yield from _current(snapshot, kind, within, snapshot.ids(kind.name, *left), deleted=deleted)


def match_of(one: Resource, body: Mapping[str, Any]) -> Match:
    return Match(one.id, one.kind, one.name, one.account, one.region, one.status, one.created, one.deleted, body)


def _with_sources(snapshot: Snapshot, kind: Kind, found: Iterable[Match]) -> Iterator[Match]:
    """Trial components, each with its source job; anything else unchanged."""
    if kind.name not in RUNS:
        yield from found
        return
    found = iter(found)
    while some := list(islice(found, AT_ONCE)):
        ids = {source for one in some if (source := _source(one))}
        members = CARRIED_JOBS.items() if ids else ()
        jobs = {job.id: (member, job) for member, kind in members for job in snapshot.records(kind, ids)}
        for one in some:
            member, job = jobs.get(_source(one), ("", None))
            yield replace(one, record={**one.record, _SOURCE: {"SourceArn": job.arn, member: job.body}}) if job else one


def _source(component: Match) -> str:
    text = str((component.record.get("Source") or {}).get("SourceArn"))
    return parse_arn(text).id if is_arn(text) else ""


def _scope(snapshot: Snapshot, kind: Kind, within: Within, *, joined: bool) -> Json:
    """What was looked at, and the gaps that could hide a record."""
    scope = snapshot.scope()
    kinds = (kind.name, *(CARRIED_JOBS.values() if joined else ()))
    places = [place for place in within.places(crawled(scope)) if within.takes(*place)]
    holes = [gap for gap in scope.holes if is_about(gap, kinds) and within.takes(gap.account, gap.region)]
    listed = {(gap.account, gap.region, gap.subject) for gap in holes}
    said = "not every {} was read: no crawl of the whole account has listed all of them"
    unlisted = [
        Gap(*place, KINDS[name].list, name, "not-enumerated", said.format(name.replace("-", " ")))
        for place in places
        for name in kinds
        if (*place, name) not in scope.listed and (*place, name) not in listed
    ]
    complete = bool(places) and all((*place, name) in scope.listed for place in places for name in kinds)
    return scope_json(scope, [*holes, *unlisted]) | narrowed(scope, within) | {"complete": complete}


def _chosen(snapshot: Snapshot, kind: Kind, within: Within) -> set[str]:
    """The names that people chose in any record, also in what was deleted."""
    seen = _of_each_shape(snapshot, kind, within, deleted=True)
    return {name for found in seen for name in chosen_names(kind.search, found.record, every=True)}


def _unknown(snapshot: Snapshot, kind: Kind, within: Within, matcher: Matcher) -> list[str]:
    """For a search without matches: the names that no record has, each with the nearest ones."""
    asked = {name.casefold(): name for name, one in matcher.properties.items() if one.chosen}
    if not asked:
        return []
    known = _chosen(snapshot, kind, within)
    folded = {name.casefold() for name in known}
    missing = [name for low, name in sorted(asked.items()) if not any(f"{one}.".startswith(f"{low}.") for one in folded)]
    said = [(name, likely_names(name, known)) for name in missing]
    noun = kind.name.replace("-", " ")
    return [f"no {noun} that was read has {name}{f' (did you mean {near[0]}?)' if near else ''}" for name, near in said]
