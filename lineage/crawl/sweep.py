"""Whole accounts and regions: every kind is listed, and every record read, at close to the fewest calls.

For each kind in each place its own List call says what there is, a long list from both of its ends at once, and Search,
which follows it window by window of creation times, gives a hundred whole records a page. What the list names and no
search gave is described singly, and so is what cannot be searched. A kind is finished when its list came to its end and
everything on it was asked for: only that can prove a "no".

Threads wait for AWS; one thread, the caller's, takes in what they bring, keeps it in the ledger, and hands out what is
to be described next. Nothing but the names in hand is held in memory.
"""

from __future__ import annotations

import contextlib
import queue
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from lineage.crawl.aws.fetch import PAGE, Fetcher, Page, Refused, Unreachable, completeness, refused_by, second_after
from lineage.crawl.aws.workers import Workers
from lineage.crawl.two_ended import Ends
from lineage.domain.kinds import KINDS, VERSIONED, Kind, kind_of_arn
from lineage.domain.names import is_arn, parse_arn
from lineage.domain.records import Enumeration, Fetched, Gap, Named, Resource
from lineage.domain.references import follow
from lineage.domain.times import now

WALKERS, DESCRIBERS = 32, 48  # threads that turn pages, and threads that ask for one record each
AT_ONCE = 16  # records of one kind in one place that are asked for at a time
STRIDE = 200  # names of a list that one Search walk follows
IDLE = 0.5  # seconds without an answer, after which what was kept is kept for good
INBOX = 64  # pages that may wait to be kept: all that a sweep holds in memory
NO_SUCH_OPERATION = ("UnknownOperationException", "UnsupportedOperation")


class _Stopped(Exception):
    """The sweep has ended: nobody takes in any more."""


class Ledger(Protocol):
    """Where a sweep keeps what it finds, inside one short transaction."""

    def add(self, found: Fetched) -> None: ...
    def name(self, named: Named, *, listed: bool = True) -> bool: ...
    def read(self, record: Resource, account: str, *, listed: bool = False, whole: bool = True) -> bool: ...
    def described(self, record: Resource, operation: str) -> None: ...
    def half_known(self, account: str, region: str, kind: str) -> set[str]: ...
    def take(self, account: str, region: str, kind: str, limit: int) -> list[tuple[Named, Resource | None]]: ...
    def names(self, account: str, region: str, kind: str) -> list[str]: ...
    def give_up(self, named: Named) -> None: ...
    def want_unlisted(self, account: str, region: str, kind: str) -> bool: ...
    def want_unended(self, account: str, region: str, kind: str) -> None: ...
    def mark_gone(self, enumeration: Enumeration, at: str) -> None: ...
    def progress(self, enumeration: Enumeration) -> None: ...
    def read_in_this_crawl(self, kinds: Iterable[str]) -> Iterator[Resource]: ...


class OpenLedger(Protocol):
    """Opens the ledger; what was written so far is kept for good by `flush`, and now and then."""

    def __call__(self) -> AbstractContextManager[Ledger]: ...
    def flush(self) -> None: ...


@dataclass(slots=True, eq=False)
class Course:
    """One kind in one place on its way through a sweep."""

    fetcher: Fetcher
    kind: Kind
    enumeration: Enumeration
    walking: int = 0  # the list and search walks that have not come to their end
    waits_for: Course | None = None  # the kind whose names its list call takes, or whose search carries its records
    batch: deque[tuple[Named, Resource | None]] = field(default_factory=deque)
    in_hand: int = 0
    lost: int = 0  # how many Search has counted and not given
    singly: int = 0  # how many were described
    hungry: bool = True  # there may be names that nobody has in hand
    changed: bool = True  # since its progress was last noted
    searches: int = 0  # how many Search walks have begun
    doubted: set[str] = field(default_factory=set)  # what only Describe can tell whole, as an earlier crawl has found
    doubting: bool = False  # its list has come to its end, and what that did not name is asked for
    done: bool = False
    counted: Counter[str] = field(default_factory=Counter)  # calls, pages and records since its progress was last noted

    @property
    def place(self) -> tuple[str, str, str]:
        return self.enumeration.key

    @property
    def windowed(self) -> bool:
        """Whether its list goes by creation time, so that Search can follow it window by window."""
        return bool(self.kind.search and self.kind.search_time and not self.kind.list_by[0] and not self.enumeration.since)

    def note(self, **changes: Any) -> None:
        self.enumeration = replace(self.enumeration, **changes)
        self.changed = True

    def count(self, *, calls: int = 0, pages: int = 0, records: int = 0) -> None:
        self.counted.update(calls=calls, pages=pages, records=records)
        self.changed = True

    def settle(self) -> None:
        """Put what was counted into the enumeration."""
        self.note(**{what: getattr(self.enumeration, what) + number for what, number in self.counted.items()})
        self.counted.clear()

    def refuse(self, refused: Refused) -> None:
        """The first refusal of a list is why it is not finished."""
        if not self.enumeration.reason:
            self.note(reason=refused.reason, detail=refused.detail)


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

    def window(self) -> tuple[str, str]:
        """The creation times between which to search for what was named since the last window, and was left out meanwhile."""
        oldest, newest = min(self.unsearched), max(self.unsearched)
        first, last = not self.searched, self.ended and not self.both
        self.unsearched.clear()
        if self.backward:
            before, self.searched = max(newest, second_after(self.searched, -1)), oldest
            return oldest, "" if first else before
        after, self.searched = min(oldest, second_after(self.searched) or oldest), newest
        return "" if first else after, "" if last else newest


_Asked = tuple[Named, Resource | None]
"""A name, and its record where only extras are asked for."""
Take = Callable[[Ledger], None]
"""What a thread brings: something to be done with the ledger, on the caller's thread."""


class Sweep:
    """One sweep over some places. `run` does all of it; `kept` and `gaps` count what it kept so far."""

    def __init__(
        self,
        enumerations: Sequence[tuple[Fetcher, Enumeration]],
        writing: OpenLedger,
        tell: Callable[[Sweep], None],
    ) -> None:
        """`enumerations` are the lists of the crawl, those that it finished before it was killed among them.

        `tell` is called whenever something was kept.
        """
        self.kept = self.gaps = 0
        self.courses = [
            Course(fetcher, KINDS[one.kind], one, done=bool(one.finished), changed=not one.finished)
            for fetcher, one in enumerations
        ]
        self._open = [course for course in self.courses if not course.done]
        self._writing = writing
        self._tell = tell
        self._by_place = {course.place: course for course in self.courses}
        self._inbox: queue.Queue[Take | BaseException] = queue.Queue(INBOX)
        self._stopped = False
        self._walkers, self._describers = Workers(), Workers()

    @property
    def done(self) -> int:
        """How many lists came to an end, good or bad."""
        return len(self.courses) - len(self._open)

    def run(self) -> None:
        """Do all of it. Raises `CrawlError` where no further call can work; what was kept stays."""
        try:
            self._walkers.start(WALKERS)
            self._describers.start(DESCRIBERS)
            with self._writing() as ledger:
                for course in self._open:
                    self._begin(course, ledger)
            self._until_done()
            self._refer()
        finally:
            self._stopped = True
            self._walkers.stop()
            self._describers.stop()
            self._writing.flush()

    def _until_done(self) -> None:
        taken: list[Take] = []
        while True:
            with self._writing() as ledger:
                for take in taken:
                    take(ledger)
                while self._advance_all(ledger):
                    pass  # what came to its end sets free what waited for it
            self._tell(self)
            if not self._open:
                return
            taken = self._brought()

    def _advance_all(self, ledger: Ledger) -> bool:
        """Take each open course as far as it can go without another answer. Whether one came to its end."""
        for course in self._open:
            self._advance(course, ledger)
            self._note_progress(course, ledger)
        still = [course for course in self._open if not course.done]
        ended, self._open = len(still) < len(self._open), still
        return ended

    def _note_progress(self, course: Course, ledger: Ledger) -> None:
        if course.changed:
            course.settle()
            ledger.progress(course.enumeration)
            course.changed = False

    def _brought(self) -> list[Take]:
        """All that threads have brought, once there is something."""
        brought: list[Take | BaseException] = []
        while not brought:
            try:
                brought = [self._inbox.get(timeout=IDLE)]
            except queue.Empty:  # AWS is slow: nothing that was kept waits for it, and nobody wonders
                self._writing.flush()
                self._tell(self)
        while len(brought) < INBOX and not self._inbox.empty():
            brought.append(self._inbox.get())
        for one in brought:
            if isinstance(one, BaseException):
                raise one
        return [one for one in brought if not isinstance(one, BaseException)]

    # --- walks ----------------------------------------------------------------------------------

    def _begin(self, course: Course, ledger: Ledger) -> None:
        """Start what can be started; what takes its names from another kind waits for that."""
        account, region, _ = course.place
        course.doubted = ledger.half_known(*course.place)
        if course.enumeration.since and course.kind.describe:
            ledger.want_unended(*course.place)
        needed = course.kind.carried_by or course.kind.list_by[1]
        course.waits_for = self._by_place.get((account, region, needed)) if needed else None
        if course.kind.list_by[1] and not course.waits_for:
            course.note(reason="not-enumerated", detail=f"its lists go by {needed}, and that was not asked for")
        if course.enumeration.since:  # what was changed since may be older than all that the list names
            self._search_all(course)
        if not course.kind.list_by[1]:
            for words in self._words(course):
                self._list_all(course, words)

    def _words(self, course: Course) -> list[Mapping[str, str]]:
        """The parameters of each List call that together list all of a kind."""
        parameter, _ = course.kind.list_by
        return [{parameter: value} for value in course.fetcher.choices(course.kind, parameter)] if parameter else [{}]

    def _walk(self, course: Course, walk: Callable[[], None], then: Callable[[Course], None] = lambda _: None) -> None:
        """Have a thread walk; `then` is done when it has come to its end, good or bad."""
        course.walking += 1

        def to_the_end() -> Take:
            stopped = refused_by(walk)
            return partial(self._walked, course, stopped, course.fetcher.spent(), then)

        self._walkers.give(partial(self._safely, to_the_end))

    def _safely(self, do: Callable[[], Take]) -> None:
        """Do a thread's work and bring what comes of it: a refusal is a fact, any other error ends the sweep."""
        with contextlib.suppress(_Stopped):
            try:
                take = do()
            except Exception as error:  # noqa: BLE001  (it belongs to the thread that runs the sweep)
                self._bring(error)
            else:
                self._bring(take)

    def _bring(self, what: Take | BaseException) -> None:
        """Hand something to the thread that runs the sweep, as soon as it can take more. Raises `_Stopped`."""
        while not self._stopped:
            with contextlib.suppress(queue.Full):
                self._inbox.put(what, timeout=1)
                return
        raise _Stopped

    def _walked(self, course: Course, stopped: Refused | None, spent: int, then: Callable[[Course], None], _: Ledger) -> None:
        course.count(calls=spent)
        if stopped:
            course.refuse(stopped)
        then(course)
        course.walking -= 1

    def _search_all(self, course: Course) -> None:
        """Search for all of a kind, in one walk."""
        if course.kind.search and not course.searches:
            course.searches = 1
            self._walk(course, partial(self._search, course, "", ""))

    def _search_named(self, course: Course, walk: ListWalk) -> None:
        """Search for what a list has named since the last window, by creation time: many small walks, side by side.

        The first window of all is open towards the past, the last one towards the present.
        """
        course.searches += 1
        window = walk.window()
        self._walk(course, partial(self._search, course, *window))

    # --- lists ----------------------------------------------------------------------------------

    def _list_all(self, course: Course, words: Mapping[str, str]) -> None:
        self._list_from(course, ListWalk(words, Ends()))

    def _list_from(self, course: Course, walk: ListWalk) -> None:
        self._walk(course, partial(self._list, course, walk), partial(self._listed, walk))

    def _listed(self, walk: ListWalk, course: Course) -> None:
        """A list is at its end: search for the rest of it, or, where it was refused, for what it could not name."""
        if course.enumeration.reason:
            self._search_all(course)
        elif walk.unsearched:
            walk.ended = True
            self._search_named(course, walk)

    def _list(self, course: Course, walk: ListWalk) -> None:
        one = course.enumeration
        try:
            for page in course.fetcher.naming(course.kind, one.region, walk.words, one.since, backward=walk.backward):
                news, met = walk.ends.fresh(page, backward=walk.backward)
                self._bring(partial(self._take_names, course, walk, news, course.fetcher.spent()))
                if met:
                    return
        except Refused as refused:
            if not refused.detail.startswith(NO_SUCH_OPERATION):  # the region has no such thing: there is nothing to list
                raise

    def _search(self, course: Course, after: str, before: str) -> None:
        """What Search refuses is on the list as well, and is described singly: no gap.

        Only what was changed since the last crawl, and created long before it, no list names.
        """
        one = course.enumeration
        try:
            for page in course.fetcher.searching(course.kind, one.region, one.since, after, before):
                self._bring(partial(self._take_page, course, page, course.fetcher.spent()))
        except (Refused, Unreachable):
            if one.since:
                raise

    # --- taking in ------------------------------------------------------------------------------

    def _take_names(self, course: Course, walk: ListWalk, page: list[Named | Resource], spent: int, ledger: Ledger) -> None:
        course.count(calls=spent, pages=1)
        course.hungry = True
        for found in page:
            if isinstance(found, Resource):
                self._keep(course, found, ledger, listed=True)
            elif not ledger.name(found):
                continue  # it is read already: by a crawl that was killed, or by a Search
            elif course.windowed and found.created:
                walk.unsearched.append(found.created)
            else:
                self._search_all(course)
        if course.fetcher.ordered(course.kind) and (other := walk.from_the_other_end(len(page))):
            self._list_from(course, other)
        if len(walk.unsearched) >= STRIDE:
            self._search_named(course, walk)

    def _take_page(self, course: Course, page: Page, spent: int, ledger: Ledger) -> None:
        course.count(calls=spent, pages=1)
        course.hungry = True
        course.lost += page.lost
        for record in page.records:
            own = record.kind == course.kind.name
            whose = course if own else self._by_place.get((record.account, record.region, record.kind))
            if whose and not (whose.done and not own):
                self._keep(whose, record, ledger)

    def _keep(self, course: Course, record: Resource, ledger: Ledger, *, listed: bool = False) -> None:
        """Keep a record that a page gave; what it leaves out is asked for later."""
        if not listed and (record.id in course.doubted or doubted(course.kind, record)):
            account, region, kind = course.place
            if record.body.keys() & course.fetcher.silent(course.kind, "describe", region):
                ledger.add(record)  # Describe has no room for parents and tags: they are taken over from here
            ledger.name(Named(kind, account, region, record.arn, record.name, record.created), listed=False)
            course.singly -= 1  # it will be described, and not because Search lost it
            return
        if ledger.read(record, course.place[0], listed=listed, whole=not course.fetcher.extras(course.kind, record)):
            self._kept(course, record, ledger)  # two windows may both give what was created between them

    def _kept(self, course: Course, record: Resource, ledger: Ledger) -> None:
        self.kept += 1
        course.count(records=1)
        self._note(completeness(record), ledger)

    def _note(self, gap: Gap | None, ledger: Ledger) -> None:
        if gap:
            self.gaps += 1
            ledger.add(gap)

    # --- describing -----------------------------------------------------------------------------

    def _advance(self, course: Course, ledger: Ledger) -> None:
        """Hand out what is to be described next, and notice when there is nothing left to do."""
        if course.waits_for and course.waits_for.done:
            self._waited(course, course.waits_for, ledger)
        searching = course.kind.search or course.waits_for
        if not (searching and (course.walking or course.waits_for)):
            self._hand_out(course, ledger)
        if not (course.walking or course.waits_for or course.in_hand or course.batch or self._doubts(course, ledger)):
            self._end(course, ledger)

    def _doubts(self, course: Course, ledger: Ledger) -> bool:
        """What Search gave and a whole list did not name is asked for singly: either lags behind. Whether there is any."""
        if course.doubting or course.enumeration.reason or course.enumeration.since or not course.kind.describe:
            return False
        course.doubting = course.hungry = ledger.want_unlisted(*course.place)
        if course.doubting:
            self._hand_out(course, ledger)
        return course.doubting

    def _waited(self, course: Course, other: Course, ledger: Ledger) -> None:
        course.waits_for = None
        parameter, parent = course.kind.list_by
        if parent and other.enumeration.finished is None:
            course.note(reason="not-enumerated", detail=f"not every {parent} was listed: {other.enumeration.detail}")
        for name in ledger.names(*other.place) if parent else ():
            self._list_all(course, {parameter: name})

    def _hand_out(self, course: Course, ledger: Ledger) -> None:
        if not course.kind.describe:
            return
        if course.hungry and not course.batch and course.in_hand < AT_ONCE:
            course.batch.extend(ledger.take(*course.place, 4 * AT_ONCE))
            course.hungry = bool(course.batch)
        while course.batch and course.in_hand < AT_ONCE:
            self._describe(course, *course.batch.popleft())

    def _describe(self, course: Course, named: Named, known: Resource | None) -> None:
        """Have a thread ask for one record."""
        course.in_hand += 1

        def ask() -> Take:
            found = self._record(course, named, known)
            return partial(self._described, course, (named, known), found, course.fetcher.spent())

        self._describers.give(partial(self._safely, ask))

    def _record(self, course: Course, named: Named, known: Resource | None) -> list[Resource | Gap]:
        """The record of a name, with what only other calls give of it, or as much of that as could be read."""
        where = (named.account, named.region, course.kind.describe, named.id)
        found: list[Resource | Gap] = []

        def read() -> None:
            silent = course.fetcher.silent(course.kind, "search", named.region) if known else frozenset()
            found.append(replace(known, silent=silent) if known else course.fetcher.described(course.kind, named))
            found[0] = course.fetcher.completed(course.kind, found[0])  # type: ignore[arg-type]

        refused = refused_by(read)
        return [*found, *([Gap(*where, refused.reason, refused.detail)] if refused else [])]

    def _described(self, course: Course, asked: _Asked, found: list[Resource | Gap], spent: int, ledger: Ledger) -> None:
        """Keep what was asked for. What could not be read whole stays in hand: the next crawl asks for it again."""
        named, known = asked
        course.in_hand -= 1
        course.singly += known is None and not course.doubting
        course.count(calls=spent)
        gaps = [one for one in found if isinstance(one, Gap)]
        for record in (one for one in found if isinstance(one, Resource)):
            if gaps:
                ledger.add(record)
            else:
                ledger.read(record, named.account, listed=course.doubting)
                if known is None:
                    ledger.described(record, course.kind.describe)
            if known is None:
                self._kept(course, record, ledger)
            else:
                self._note(completeness(record), ledger)  # it was counted when its page came
        for gap in gaps:
            if gap.reason == "missing":
                ledger.give_up(named)
            elif course.doubting:
                ledger.name(named)  # as far as anybody knows it is there
            if not (gap.reason == "missing" and course.doubting):  # its record is there: it is gone, and no gap
                self._note(gap, ledger)

    # --- the end --------------------------------------------------------------------------------

    def _end(self, course: Course, ledger: Ledger) -> None:
        """A list that came to its end is finished, if Search knows of no more than was found."""
        course.done = True
        one = course.enumeration
        singly = max(0, course.singly)  # what two windows gave was described once
        if not one.reason and course.lost > singly:
            said = f"Search counts {course.lost} more than it gave, and the list named only {singly} of them"
            course.note(reason="failed", detail=said)
        if not course.enumeration.reason and course.kind.describe and ledger.take(*course.place, 1):
            course.note(reason="failed", detail="some of what it named was asked for by nobody")
        if not course.enumeration.reason:
            course.note(finished=now())
            if not one.since:
                ledger.mark_gone(course.enumeration, course.enumeration.finished or "")
        else:
            self.gaps += 1

    # --- what only references lead to -----------------------------------------------------------

    def _refer(self) -> None:
        """Read what the records of this crawl name and no list gives: hub content, packages of other accounts."""
        asked: set[str] = set()
        while wanted := self._referred(asked):
            asked |= {named.id for _, named in wanted}
            self._read_referred(wanted)

    def _referred(self, asked: set[str]) -> list[tuple[Course, Named]]:
        found: dict[str, tuple[Course, Named]] = {}
        fetchers = {course.place[:2]: course.fetcher for course in self.courses}
        with self._writing() as ledger:
            for record in ledger.read_in_this_crawl(_REFERRING):
                for named in _far(record):
                    listed = (named.account, named.region, named.kind) in self._by_place
                    fetcher = fetchers.get((record.account, record.region))
                    if fetcher and not listed and named.id not in asked:
                        found.setdefault(named.id, (_passing(fetcher, named), named))
        return [found[key] for key in sorted(found)]

    def _read_referred(self, wanted: list[tuple[Course, Named]]) -> None:
        for course, named in wanted:
            self._describe(course, named, None)
        while any(course.in_hand for course, _ in wanted):
            taken = self._brought()
            with self._writing() as ledger:
                for take in taken:
                    take(ledger)
            self._tell(self)


def doubted(kind: Kind, record: Resource) -> bool:
    """Whether a Search record leaves something out that Describe gives: as the row's `doubts` say."""
    return any(_holds(doubt, record) for doubt in kind.doubts)


def _holds(doubt: str, record: Resource) -> bool:
    if "&" in doubt:
        return all(_holds(one, record) for one in doubt.split("&"))
    path, differs, wanted = doubt.partition("!=") if not doubt.startswith("!") else (doubt[1:], "", "")
    value = next((value for value, _ in follow(record.body, path)), None)
    if differs:
        return value != wanted
    return (value is None) is doubt.startswith("!")


def _passing(fetcher: Fetcher, named: Named) -> Course:
    """A course of one record, which belongs to no list."""
    kind = KINDS[named.kind]
    return Course(fetcher, kind, Enumeration(named.account, named.region, named.kind, kind.describe, ""))


# The fields that lead to what may lie in another account, or in no list.
_FAR: dict[str, list[str]] = defaultdict(list)
for _kind in KINDS.values():
    for _reference in _kind.references:
        if _reference.to in VERSIONED:
            _FAR[_kind.name].append(_reference.path)
_REFERRING = sorted(_FAR)


def _far(record: Resource) -> Iterator[Named]:
    """The ARNs in a record that lead to what may be in no list of ours."""
    for path in _FAR[record.kind]:
        for value, _ in follow(record.body, path):
            if isinstance(value, str) and is_arn(value) and KINDS[kind_of_arn(value).name].describe:
                arn = parse_arn(value)
                yield Named(kind_of_arn(value).name, arn.account, arn.region, value, arn.resource.partition("/")[2])
