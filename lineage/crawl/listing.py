"""Lists and searches, page by page: a long list from both of its ends, and Search behind it, window by window of time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lineage.crawl.aws.fetch import PAGE, Page, second_after
from lineage.crawl.aws.refusals import Refused, Unreachable
from lineage.crawl.course import Course
from lineage.crawl.two_ended import Ends
from lineage.domain.records import Named, Resource

STRIDE = 200  # names of a list that one Search walk follows
NO_SUCH_OPERATION = ("UnknownOperationException", "UnsupportedOperation")


@dataclass(slots=True, eq=False)
class ListWalk:
    """A walk through one list, from its oldest on or, backward, from its newest."""

    words: Mapping[str, str]  # the parameters of its call
    ends: Ends
    backward: bool = False
    both: bool = False  # there is a walk from the other end as well
    ended: bool = False
    searched: str = ""  # how far its windows have come
    unsearched: list[str] = field(default_factory=list)  # when those were created that it named since the last window

    def from_the_other_end(self, named: int) -> ListWalk | None:
        """After a full first page of a long list: the walk that comes to meet this one."""
        if self.both or named < PAGE:
            return None
        self.both = True
        return ListWalk(self.words, self.ends, backward=True, both=True)

    @property
    def full(self) -> bool:
        """Whether it has named enough for a window."""
        return len(self.unsearched) >= STRIDE

    def window(self) -> tuple[str, str]:
        """The creation times between which to search for what was named since the last window, and was left out meanwhile.

        The first window of all is open towards the past, the last one towards the present.
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
    """What a list names, but for what the walk from its other end has named, and why an element names nothing.

    Raises `Refused`.
    """
    one = course.enumeration
    try:
        for page in course.fetcher.naming(course.kind, one.region, walk.words, one.since, backward=walk.backward):
            named = [found for found in page if not isinstance(found, Refused)]
            news, met = walk.ends.fresh(named, backward=walk.backward)
            yield [*news, *(found for found in page if isinstance(found, Refused))]
            if met:
                return
    except Refused as refused:
        if not (refused.detail.startswith(NO_SUCH_OPERATION) or _has_no_such_value(course, walk, refused)):
            raise  # else the region has no such thing: there is nothing to list


def _has_no_such_value(course: Course, walk: ListWalk, refused: Refused) -> bool:
    """Whether the service does not know what one of `list_values` stands for: an older one has fewer."""
    parameter = course.kind.list_by[0]
    said = rf"ValidationException: 1 validation error detected: .* at '{parameter}' failed .*\benum value set"
    wanted = course.kind.list_values and parameter in walk.words
    return bool(wanted and re.match(said, refused.detail, re.DOTALL | re.IGNORECASE))


def searched_pages(course: Course, after: str, before: str) -> Iterator[Page]:
    """What Search gives of a kind that was created between two times.

    What Search refuses is on the list as well, and is described singly: no gap. Only what was changed since the last crawl,
    and created long before it, no list names.
    """
    one = course.enumeration
    try:
        yield from course.fetcher.searching(course.kind, one.region, one.since, after, before)
    except (Refused, Unreachable):
        if one.since:
            raise
