"""What was looked at in all exports of a folder: the scope that one snapshot of all these accounts has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import merge
from operator import itemgetter
from typing import Any, NamedTuple

from lineage.collect.answered import is_closed
from lineage.domain.lists import Lists
from lineage.domain.records import CLOUDTRAIL, Counted, Counts, Crawl, Enumeration, Gap, Json, Scope

Numbers = Mapping[tuple[str, int], int]
"""The number of each crawl among all of them, by its export and its number there."""
Elsewhere = frozenset[tuple[str, str]]
"""The gaps about what another export has read, by their own export and their subject."""


class Read(NamedTuple):
    """The last read of a version of a record: its id and how others name it, when it was created, by which crawl of which
    export.
    """

    id: str
    named: str
    created: str
    crawl: int
    export: str


def last_read(reads: Iterable[Read], before: str) -> Read | None:
    """The last of some reads. A record created after `before` is another thing that took the name of the unread one."""
    known = (one for one in reads if one.created.rstrip("Z") <= before.rstrip("Z"))
    return max(known, key=lambda one: one.crawl, default=None)


class Crawls(NamedTuple):
    """The crawls of all exports, numbered by when they began."""

    crawls: tuple[Crawl, ...]
    numbers: dict[tuple[str, int], int]
    started: dict[int, str]


def crawls_of(rows: Iterable[Json], exports: Iterable[str]) -> Crawls:
    """All crawls. Each of the exports, in their order, keeps the order of its own."""
    own: dict[str, dict[int, Json]] = defaultdict(dict)
    for row in rows:
        own[row["snapshot"]][row["crawl"]] = row
    begun = [[(one[number]["started"], made, number) for number in sorted(one)] for made in exports if (one := own[made])]
    numbers = {(made, was): number for number, (_, made, was) in enumerate(merge(*begun, key=itemgetter(0)), 1)}
    found = tuple(_crawl(own[made][was], number) for (made, was), number in numbers.items())
    return Crawls(found, numbers, {one.id: one.started for one in found})


def _crawl(row: Json, number: int) -> Crawl:
    told: Json = {name: row[name] for name in ("started", "finished", "caller", "tool", "botocore", "full")}
    lists: Json = {name: tuple(row[name]) for name in ("accounts", "regions", "roots", "kinds")}
    return Crawl(id=number, **told, **lists)


def enumerations_of(rows: Iterable[Json], numbers: Numbers) -> list[Enumeration]:
    """All lists and lookups, by account, region, kind and crawl."""
    told = (row | {"crawl": numbers[row["snapshot"], row["crawl"]], "since": row["since"] or ""} for row in rows)
    names = list(Enumeration.__dataclass_fields__)
    every = [Enumeration(**{name: row[name] for name in names}) for row in told]
    return sorted(every, key=lambda one: (*one.key, one.crawl))


def scope_of(
    crawls: Crawls, every: list[Enumeration], stand: Lists, gaps: list[Json], elsewhere: Elsewhere, known: frozenset[str]
) -> Scope:
    """The scope, without silent jobs and counts, which are not known yet."""
    lists = [one for one in every if one.kind != CLOUDTRAIL]
    walked = {(account, region) for one in crawls.crawls if one.roots for account in one.accounts for region in one.regions}
    holes = (_gap(row) for row in gaps if not _is_closed(row, elsewhere))
    return Scope(
        crawls.crawls,
        tuple(sorted(holes, key=lambda gap: (gap.account, gap.region, gap.operation, gap.subject, gap.reason))),
        stand.complete,
        known,
        frozenset(walked | {one.key[:2] for one in lists}),
        lookups=tuple(one for one in every if one.kind == CLOUDTRAIL and one.finished and one.joined),
        outdated=stand.outdated,
    )


def _gap(row: Json) -> Gap:
    return Gap(*(row[name] or "" for name in ("account", "region", "operation", "subject", "reason", "detail")))


def _is_closed(row: Json, elsewhere: Elsewhere) -> bool:
    """Whether the record that an account could not read is in the export of another one."""
    return is_closed(_gap(row), {}, lambda: (row["snapshot"], row["subject"]) in elsewhere)


def counted(scope: Scope, numbers: Mapping[tuple[str, str], Counts]) -> tuple[Counted, ...]:
    """What was read of each account and region, if anything."""
    return tuple(Counted(*place, numbers.get(place, Counts())) for place in sorted({*scope.places, *numbers}))


def training_counts(counts: Iterable[Counts]) -> dict[str, Any]:
    """The numbers of training jobs in all accounts."""
    every = list(counts)
    return {name: sum(getattr(one, name) for one in every) for name in ("training_jobs", "isolated_training_jobs")}
