"""Reads lists and searches page by page: a long list from both ends, followed by Search in time windows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lineage.crawl.aws.fetch import PAGE, Page, second_after
from lineage.crawl.aws.refusals import Refused, Unreachable
from lineage.crawl.course import Course
from lineage.crawl.two_ended import Ends, is_before
from lineage.domain.records import Named, Resource

STRIDE = 200  # names of a list that one Search walk follows
NO_SUCH_OPERATION = ("UnknownOperationException", "UnsupportedOperation")


@dataclass(slots=True, eq=False)
class ListWalk:
    """A walk through one list, from its oldest element or, backward, from its newest."""

    words: Mapping[str, str]  # the parameters of its call
    ends: Ends
    backward: bool = False
    both: bool = False  # there is a walk from the other end as well
    ended: bool = False
    searched: str = ""  # how far its windows have come
    unsearched: list[str] = field(default_factory=list)  # creation times of those that it named since the last window

    @classmethod
    def of(cls, course: Course, words: Mapping[str, str]) -> ListWalk:
        """The first walk through a list: from its oldest element, or from its newest if only new ones are asked for."""
        newest = bool(course.enumeration.since) and course.fetcher.ordered(course.kind)
        return cls(words, Ends(), backward=newest, both=newest)

    def from_the_other_end(self, named: int) -> ListWalk | None:
        """After a full first page of a long list: the walk from the other end."""
        if self.both or named < PAGE:
            return None
        self.both = True
        return ListWalk(self.words, self.ends, backward=True, both=True)

    @property
    def full(self) -> bool:
        """Whether it has named enough for a window."""
        return len(self.unsearched) >= STRIDE

    def window(self) -> tuple[str, str]:
        """The creation times between which to search for what was named, or left out, since the last window.

        The very first window has no beginning, the last one no end.
        """
        oldest, newest = min(self.unsearched), max(self.unsearched)
        first, last = not self.searched, self.ended and not self.both
        self.unsearched.clear()
        if self.backward:
            before, self.searched = max(newest, second_after(self.searched, -1)), oldest
            return oldest, "" if first else before
        after, self.searched = min(oldest, second_after(self.searched) or oldest), newest
        return "" if first else after, "" if last else newest


def listed_pages(course: Course, walk: ListWalk) -> Iterator[list[Named | Resource | Refused]]:
    """What a list names, except what the walk from its other end named; and why an element names nothing.

    Where only new elements are asked for, the walk from the newest one ends at the first older one. AWS's own filter by time
    would not end it: it is applied after a page is cut, so that all older pages come too, and are empty. Raises `Refused`.
    """
    one, since = course.enumeration, course.enumeration.since
    try:
        asked = "" if walk.backward else since
        for page in course.fetcher.naming(course.kind, one.region, walk.words, asked, backward=walk.backward):
            named = [found for found in page if not isinstance(found, Refused)]
            news, met = walk.ends.fresh(named, backward=walk.backward)
            new = [found for found in news if not (since and found.created and is_before(found.created, since))]
            yield [*new, *(found for found in page if isinstance(found, Refused))]
            if met or (since and walk.ends.before(since)):
                return
    except Refused as refused:
        if not (refused.detail.startswith(NO_SUCH_OPERATION) or _has_no_such_value(course, walk, refused)):
            raise  # otherwise the region does not have this feature: there is nothing to list


def _has_no_such_value(course: Course, walk: ListWalk, refused: Refused) -> bool:
    """Whether the service does not know one of `list_values`: an older service has fewer."""
    parameter = course.kind.list_by[0]
    said = rf"ValidationException: 1 validation error detected: .* at '{parameter}' failed .*\benum value set"
    wanted = course.kind.list_values and parameter in walk.words
    return bool(wanted and re.match(said, refused.detail, re.DOTALL | re.IGNORECASE))


def searched_pages(course: Course, after: str, before: str) -> Iterator[Page]:
    """What Search gives of a kind that was created between two times.

    What Search refuses is also on the list and is described individually, so it is not a gap. Only records that were created
    long before the last crawl and changed since it are on no list.
    """
    one = course.enumeration
    try:
        yield from course.fetcher.searching(course.kind, one.region, one.since, after, before)
    except (Refused, Unreachable):
        if one.since:
            raise
