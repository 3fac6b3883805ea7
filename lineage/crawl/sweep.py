"""Reads whole accounts and regions: lists every kind and reads every record, with close to the fewest calls.

For each kind in each place, its own List call says what exists; a long list is read from both ends at once. Search follows
the list in windows of creation times and gives a hundred whole records a page. Records on the list that Search did not give,
or that cannot be searched, are described individually. A kind is finished when its list ended and everything on it was
asked for: only that can prove a "no".

Threads wait for AWS. One thread, the caller's, takes their results, stores them in the ledger, and gives out what to
describe next. Only the names in progress are held in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from lineage.crawl.aws.fetch import Fetcher, Page
from lineage.crawl.aws.refusals import Refused, refused_by
from lineage.crawl.course import Course, Standing, Step
from lineage.crawl.crew import Crew
from lineage.crawl.describing import REFERRING, doubted, far, record_of
from lineage.crawl.keeping import Ledger, OpenLedger, Take
from lineage.crawl.listing import ListWalk, listed_pages, searched_pages
from lineage.crawl.unknown import Notes, completeness
from lineage.domain.kinds import KINDS
from lineage.domain.records import Enumeration, Gap, Named, Resource
from lineage.domain.times import now

AT_ONCE = 16  # records of one kind in one place that are asked for at the same time

_ListPage = list[Named | Resource | Refused]
_Asked = tuple[Named, Resource | None]
"""A name, and its record if only extras are asked for."""


class Sweep:
    """One sweep over some places. `run` does all of it; `kept` and `gaps` count what it has stored so far."""

    def __init__(
        self,
        enumerations: Sequence[tuple[Fetcher, Enumeration]],
        writing: OpenLedger,
        tell: Callable[[Sweep], None],
        *,
        full: bool = False,
    ) -> None:
        """`enumerations` are the lists of the crawl, including those that it finished before it was killed.

        `tell` is called whenever something was stored. With `full`, constant records are described again as well.
        """
        self.kept = self.gaps = 0
        self.courses = [
            Course(fetcher, KINDS[one.kind], one, Standing(done=bool(one.finished)), changed=not one.finished)
            for fetcher, one in enumerations
        ]
        for course in self.courses:
            course.once = course.kind.constant and not (full or course.fetcher.tags)  # tags change
        self._open = [course for course in self.courses if not course.standing.done]
        self._writing = writing
        self._tell = tell
        self._by_place = {course.place: course for course in self.courses}
        self._crew = Crew()
        self._notes = Notes()

    @property
    def done(self) -> int:
        """How many lists ended, finished or refused."""
        return len(self.courses) - len(self._open)

    def run(self) -> None:
        """Do all of it. Raises `CrawlError` if no further call can work; what was stored stays."""
        try:
            self._crew.start()
            with self._writing() as ledger:
                for course in self._open:
                    self._begin(course, ledger)
            self._until_done()
            self._refer()
        finally:
            self._crew.stop()
            self._writing.flush()

    def _until_done(self) -> None:
        taken: list[Take] = []
        while True:
            with self._writing() as ledger:
                for take in taken:
                    take(ledger)
                while self._advance_all(ledger):
                    pass  # an ended course lets those that waited for it start
            self._tell(self)
            if not self._open:
                return
            taken = self._crew.brought(self._idle)

    def _idle(self) -> None:
        """While AWS is slow, commit what was stored and report progress."""
        self._writing.flush()
        self._tell(self)

    def _advance_all(self, ledger: Ledger) -> bool:
        """Advance each open course as far as possible without another answer. Returns whether one ended."""
        for course in self._open:
            self._advance(course, ledger)
            if course.changed:
                course.settle()
                ledger.progress(course.enumeration)
        still = [course for course in self._open if not course.standing.done]
        ended, self._open = len(still) < len(self._open), still
        return ended

    # --- walks ----------------------------------------------------------------------------------

    def _begin(self, course: Course, ledger: Ledger) -> None:
        """Start what can be started; a kind that takes its names from another kind waits for that."""
        account, region, _ = course.place
        parameter, parent = course.kind.list_by
        course.doubted = ledger.half_known(*course.place)
        if course.enumeration.since and course.kind.describe:
            ledger.want_unended(*course.place)
        needed = course.kind.carried_by or parent
        course.waits_for = self._by_place.get((account, region, needed)) if needed else None
        if parent and not course.waits_for:
            course.note(reason="not-enumerated", detail=f"it is listed by {needed}, which was not requested")
        if course.enumeration.since and ledger.holds(course.kind.name):  # what changed may be on no list
            self._search_all(course)
        if not parent:
            for words in [{parameter: one} for one in course.kind.list_values] if parameter else [{}]:
                self._list(course, ListWalk.of(course, words))

    def _walk(self, course: Course, walk: Callable[[], None], then: Callable[[], None] = lambda: None) -> None:
        """Let a thread walk; `then` is called when the walk ends, finished or refused."""
        course.step(Step.WALK_BEGAN)

        def to_the_end() -> Take:
            refused = refused_by(walk)
            spent = course.fetcher.spent()

            def take(_: Ledger) -> None:
                course.count(calls=spent)
                if refused:
                    course.refuse(refused)
                then()
                course.step(Step.WALK_ENDED)

            return take

        self._crew.walk(to_the_end)

    def _search_all(self, course: Course) -> None:
        """Search for all of a kind, in one walk."""
        if course.kind.search and not course.standing.searches:
            self._search(course, "", "")

    def _search(self, course: Course, after: str, before: str) -> None:
        """Search for what was created between two times: many small walks in parallel."""

        def turn_pages() -> None:
            for page in searched_pages(course, after, before):
                self._crew.bring(partial(self._take_page, course, page, course.fetcher.spent()))

        course.step(Step.SEARCH_BEGAN)
        self._walk(course, turn_pages)

    def _list(self, course: Course, walk: ListWalk) -> None:
        """Walk through a list; then search for the rest of it or, if it was refused, for what it could not name."""

        def turn_pages() -> None:
            for page in listed_pages(course, walk):
                self._crew.bring(partial(self._take_names, course, walk, page, course.fetcher.spent()))

        def then() -> None:
            if course.enumeration.reason:
                self._search_all(course)
            elif walk.unsearched:
                walk.ended = True
                self._search(course, *walk.window())

        self._walk(course, turn_pages, then)

    # --- storing --------------------------------------------------------------------------------

    def _take_names(self, course: Course, walk: ListWalk, page: _ListPage, spent: int, ledger: Ledger) -> None:
        course.count(calls=spent, pages=1)
        course.step(Step.PAGE_CAME)
        wanted = ledger.name_all([found for found in page if isinstance(found, Named)])
        self._keep(course, [found for found in page if isinstance(found, Resource)], ledger, listed=True)
        for found in page:
            if isinstance(found, Refused):
                course.refuse(found)  # one element: the walk continues, but the list is incomplete
            elif isinstance(found, Resource) or found.id not in wanted:
                continue  # it has already been read: with this page, by a crawl that was killed, or by a Search
            elif course.once and ledger.still(found, course.kind.describe):
                continue  # an earlier crawl has read it
            elif course.windowed and found.created:
                walk.unsearched.append(found.created)
            else:
                self._search_all(course)
        if course.fetcher.ordered(course.kind) and (other := walk.from_the_other_end(len(page))):
            self._list(course, other)
        if walk.full:
            self._search(course, *walk.window())

    def _take_page(self, course: Course, page: Page, spent: int, ledger: Ledger) -> None:
        course.count(calls=spent, pages=1)
        course.step(Step.PAGE_CAME, lost=page.lost)
        if page.odd and course.enumeration.since:  # otherwise it is also on the list, and is described individually
            course.refuse(page.odd)
        found: dict[Course, list[Resource]] = {}
        for record in page.records:
            own = record.kind == course.kind.name
            whose = course if own else self._by_place.get((record.account, record.region, record.kind))
            if whose and not (whose.standing.done and not own):
                found.setdefault(whose, []).append(record)
        for whose, records in found.items():
            self._keep(whose, records, ledger)

    def _keep(self, course: Course, records: list[Resource], ledger: Ledger, *, listed: bool = False) -> None:
        """Store records from a page; what the page leaves out is asked for later."""
        account, region, kind = course.place
        whole = []
        for record in records:
            if listed or not (record.id in course.doubted or doubted(course.kind, record)):
                whole.append(record)
                continue
            if record.body.keys() & course.fetcher.silent(course.kind, "describe", region):
                ledger.add(record)  # Describe's answer has no parents and tags: they are copied from here
            ledger.name(Named(kind, account, region, record.arn, record.name, record.created), listed=False)
            course.step(Step.SEARCH_WAS_DOUBTED)
        halves = {record.id for record in whole if course.fetcher.extras(course.kind, record)}
        for record in ledger.read_all(whole, account, listed=listed, halves=halves):
            self._kept(course, record, ledger)  # two windows may both give what was created at their border

    def _kept(self, course: Course, record: Resource, ledger: Ledger) -> None:
        self.kept += 1
        course.count(records=1)
        self._judge(record, ledger)

    def _judge(self, record: Resource, ledger: Ledger) -> None:
        """Note what the answer left out of a record."""
        for note in self._notes.of(record):
            ledger.add(note)
        if gap := completeness(record):
            self._note(gap, ledger)

    def _note(self, gap: Gap, ledger: Ledger) -> None:
        self.gaps += 1
        ledger.add(gap)

    # --- describing -----------------------------------------------------------------------------

    def _advance(self, course: Course, ledger: Ledger) -> None:
        """Give out what to describe next, and notice when nothing is left to do."""
        if course.waits_for and course.waits_for.standing.done:
            self._waited(course, course.waits_for, ledger)
        under_way = course.standing.walking or course.waits_for
        if not under_way or not (course.kind.search or course.waits_for):  # what Search may still give waits
            self._hand_out(course, ledger)
        if not (under_way or course.standing.in_hand or course.batch or self._doubts(course, ledger)):
            self._end(course, ledger)

    def _doubts(self, course: Course, ledger: Ledger) -> bool:
        """Ask individually for what Search gave but a complete list did not name: either may lag. Returns if any."""
        one = course.enumeration
        if course.standing.doubting or one.reason or one.since or not course.kind.describe:
            return False
        if not ledger.want_unlisted(*course.place):
            return False
        course.step(Step.LIST_WAS_DOUBTED)
        self._hand_out(course, ledger)
        return True

    def _waited(self, course: Course, other: Course, ledger: Ledger) -> None:
        course.waits_for = None
        parameter, parent = course.kind.list_by
        if parent and other.enumeration.finished is None:
            course.note(reason="not-enumerated", detail=f"not every {parent} was listed: {other.enumeration.detail}")
        for name in ledger.names(*other.place) if parent else ():
            self._list(course, ListWalk.of(course, {parameter: name}))

    def _hand_out(self, course: Course, ledger: Ledger) -> None:
        if not course.kind.describe:
            return
        if course.standing.hungry and not course.batch and course.standing.in_hand < AT_ONCE:
            course.batch.extend(ledger.take(*course.place, 4 * AT_ONCE))
            if not course.batch:
                course.step(Step.NAMES_RAN_OUT)
        while course.batch and course.standing.in_hand < AT_ONCE:
            self._describe(course, course.batch.popleft())

    def _describe(self, course: Course, asked: _Asked) -> None:
        """Let a thread ask for one record."""
        course.step(Step.HANDED_OUT)

        def ask() -> Take:
            found = record_of(course.fetcher, course.kind, *asked)
            return partial(self._described, course, asked, found, course.fetcher.spent())

        self._crew.describe(ask)

    def _described(self, course: Course, asked: _Asked, found: list[Resource | Gap], spent: int, ledger: Ledger) -> None:
        """Store the answer. A record that could not be read completely stays open: the next crawl asks for it again."""
        named, known = asked
        doubting = course.standing.doubting
        course.step(Step.COMPLETED if known else Step.DESCRIBED)
        course.count(calls=spent)
        gaps = [one for one in found if isinstance(one, Gap)]
        for record in (one for one in found if isinstance(one, Resource)):
            if gaps:
                ledger.add(record)
            else:
                ledger.read(record, named.account, listed=doubting)
                if known is None:
                    ledger.described(record, course.kind.describe)
            if known is None:
                self._kept(course, record, ledger)
            else:
                self._judge(record, ledger)  # it was counted when its page came
        for gap in gaps:
            if gap.reason == "missing":
                ledger.give_up(named)
                ledger.ended(named.id, named.created or "", now())  # if an earlier crawl has read it
            elif doubting:
                ledger.name(named)  # as far as known, it exists
            if not (gap.reason == "missing" and doubting):  # its record is stored: it was deleted since, which is not a gap
                self._note(gap, ledger)

    # --- the end --------------------------------------------------------------------------------

    def _end(self, course: Course, ledger: Ledger) -> None:
        """A list that ended is finished, if Search knows no more records than were found."""
        course.step(Step.ENDED)
        lost, singly = course.standing.lost, course.standing.described_alone
        if not course.enumeration.reason and lost > singly:
            said = f"Search counts {lost} more than it gave, and the list named only {singly} of them"
            course.note(reason="failed", detail=said)
        if not course.enumeration.reason and course.kind.describe and ledger.take(*course.place, 1):
            course.note(reason="failed", detail="some of the records that it named were not asked for")
        if course.enumeration.reason:
            self.gaps += 1
            return
        course.note(finished=now())
        if not course.enumeration.since:
            ledger.mark_gone(course.enumeration, course.enumeration.finished or "")

    # --- what only references lead to -----------------------------------------------------------

    def _refer(self) -> None:
        """Read what the records of this crawl name but no list gives: hub content, packages of other accounts."""
        asked: set[str] = set()
        while wanted := self._referred(asked):
            asked |= {named.id for _, named in wanted}
            for course, named in wanted:
                self._describe(course, (named, None))
            while any(course.standing.in_hand for course, _ in wanted):
                taken = self._crew.brought(self._idle)
                with self._writing() as ledger:
                    for take in taken:
                        take(ledger)
                self._tell(self)

    def _referred(self, asked: set[str]) -> list[tuple[Course, Named]]:
        """What is named this way and was not asked for, each with its own course that belongs to no list."""
        found: dict[str, tuple[Course, Named]] = {}
        fetchers = {course.place[:2]: course.fetcher for course in self.courses}
        with self._writing() as ledger:
            records = (record for kind, words in REFERRING.items() for record in ledger.read_in_this_crawl(kind, words))
            for record in records:
                for named in far(record):
                    listed = (named.account, named.region, named.kind) in self._by_place
                    fetcher = fetchers.get((record.account, record.region))
                    if fetcher and not listed and named.id not in asked:
                        kind = KINDS[named.kind]
                        one = Enumeration(named.account, named.region, named.kind, kind.describe, "")
                        found.setdefault(named.id, (Course(fetcher, kind, one), named))
        return [found[key] for key in sorted(found)]
