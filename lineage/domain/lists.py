"""Which lists a "no" may rest on. Pure.

What a training job read was made before the job ended. A list of jobs that began after that has whatever made it, unless it
was deleted. A list that began before may lack it. Within one crawl all lists count as one moment: that of the crawl.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from lineage.domain.kinds import KINDS
from lineage.domain.records import Crawl, Enumeration
from lineage.domain.times import sortable

# Also the kinds of which only some train: those that always do are `graphs.counts.TRAINERS`.
MAY_TRAIN: Final = tuple(kind.name for kind in KINDS.values() if kind.trains)

Key = tuple[str, str, str]


class Ran(NamedTuple):
    """The last moment at which a job that trains ran, of those that one crawl found new or changed in a place.

    `until` is empty if one of them had not ended.
    """

    account: str
    region: str
    crawl: int
    until: str


class Lists(NamedTuple):
    """The lists that were read to their end: those that prove a "no", and those that a later crawl has `outdated`."""

    complete: frozenset[Key]
    outdated: frozenset[Key]


def followed(lists: Iterable[Enumeration], crawls: Iterable[Crawl]) -> Mapping[tuple[str, str], int]:
    """The places that a crawl has read after the oldest of their lists, with the crawl of that list."""
    oldest: dict[tuple[str, str], int] = {}
    for one in _ended(lists):
        oldest[one.key[:2]] = min(one.crawl, oldest.get(one.key[:2], one.crawl))
    last: dict[tuple[str, str], int] = {}
    for crawl in crawls:
        last |= {(account, region): crawl.id for account in crawl.accounts for region in crawl.regions}
    return {place: crawl for place, crawl in oldest.items() if last.get(place, crawl) > crawl}


def standing(lists: Iterable[Enumeration], ran: Iterable[Ran]) -> Lists:
    """The lists that were read to their end, by whether a job that a later crawl found ran when they had begun."""
    ended, later = list(_ended(lists)), list(ran)
    outdated = frozenset(one.key for one in ended if any(_ran_since(job, one) for job in later))
    return Lists(frozenset(one.key for one in ended) - outdated, outdated)


def _ended(lists: Iterable[Enumeration]) -> Iterator[Enumeration]:
    return (one for one in lists if one.finished and one.joined)


def _ran_since(job: Ran, one: Enumeration) -> bool:
    later = job.crawl > one.crawl and (job.account, job.region) == one.key[:2]
    return later and (not job.until or sortable(job.until) > sortable(one.started))
