"""The progress of one kind in one place through a sweep."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, NamedTuple

from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.refusals import Refused
from lineage.domain.kinds import Kind
from lineage.domain.records import Enumeration, Named, Resource


class Step(Enum):
    """The events that change the progress of a course."""

    WALK_BEGAN = auto()
    WALK_ENDED = auto()
    SEARCH_BEGAN = auto()
    PAGE_CAME = auto()
    SEARCH_WAS_DOUBTED = auto()  # a record that Search gave must still be described
    HANDED_OUT = auto()
    DESCRIBED = auto()
    COMPLETED = auto()  # for a stored record, the parts that only other calls give
    NAMES_RAN_OUT = auto()
    LIST_WAS_DOUBTED = auto()  # the list ended, and records that it did not name are asked for
    ENDED = auto()


class Standing(NamedTuple):
    """How far a course has come."""

    walking: int = 0  # the list and search walks that are still running
    searches: int = 0  # how many Search walks have begun
    in_hand: int = 0  # the records that threads are asking for
    lost: int = 0  # how many Search counted but did not give
    singly: int = 0  # how many were described, except because of a doubtful Search record or list
    hungry: bool = True  # there may be names that are not being handled
    doubting: bool = False  # records that the list did not name are asked for
    done: bool = False

    def after(self, step: Step, *, lost: int = 0) -> Standing:
        """The progress after a step: only this function changes it."""
        match step:
            case Step.WALK_BEGAN:
                return self._replace(walking=self.walking + 1)
            case Step.WALK_ENDED:
                return self._replace(walking=self.walking - 1)
            case Step.SEARCH_BEGAN:
                return self._replace(searches=self.searches + 1)
            case Step.PAGE_CAME:
                return self._replace(hungry=True, lost=self.lost + lost)
            case Step.SEARCH_WAS_DOUBTED:
                return self._replace(singly=self.singly - 1)
            case Step.HANDED_OUT:
                return self._replace(in_hand=self.in_hand + 1)
            case Step.DESCRIBED:
                return self._replace(in_hand=self.in_hand - 1, singly=self.singly + (not self.doubting))
            case Step.COMPLETED:
                return self._replace(in_hand=self.in_hand - 1)
            case Step.NAMES_RAN_OUT:
                return self._replace(hungry=False)
            case Step.LIST_WAS_DOUBTED:
                return self._replace(doubting=True, hungry=True)
            case Step.ENDED:
                return self._replace(done=True)

    @property
    def described_alone(self) -> int:
        """How many of those that Search lost may have been described: a record from two windows counts once."""
        return max(0, self.singly)


@dataclass(slots=True, eq=False)
class Course:
    """One kind in one place on its way through a sweep."""

    fetcher: Fetcher
    kind: Kind
    enumeration: Enumeration
    standing: Standing = field(default_factory=Standing)
    waits_for: Course | None = None  # the kind whose names its list call takes, or whose Search carries its records
    batch: deque[tuple[Named, Resource | None]] = field(default_factory=deque)  # what is to be described next
    doubted: set[str] = field(default_factory=set)  # what only Describe gives completely, as an earlier crawl has found
    once: bool = False  # what was read completely, and cannot have changed, is not read again
    changed: bool = True  # since its progress was last noted
    counted: Counter[str] = field(default_factory=Counter)  # calls, pages and records since its progress was last noted

    @property
    def place(self) -> tuple[str, str, str]:
        return self.enumeration.key

    @property
    def windowed(self) -> bool:
        """Whether its list is sorted by creation time, so that Search can follow it window by window."""
        return bool(self.kind.search and self.kind.search_time and not self.kind.list_by[0] and not self.enumeration.since)

    def step(self, step: Step, *, lost: int = 0) -> None:
        self.standing = self.standing.after(step, lost=lost)

    def note(self, **changes: Any) -> None:
        self.enumeration = replace(self.enumeration, **changes)
        self.changed = True

    def count(self, *, calls: int = 0, pages: int = 0, records: int = 0) -> None:
        self.counted["calls"] += calls
        self.counted["pages"] += pages
        self.counted["records"] += records
        self.changed = True

    def settle(self) -> None:
        """Put the counts into the enumeration."""
        self.note(**{what: getattr(self.enumeration, what) + number for what, number in self.counted.items()})
        self.counted.clear()
        self.changed = False

    def refuse(self, refused: Refused) -> None:
        """The first refusal of a list is why it is not finished."""
        if not self.enumeration.reason:
            self.note(reason=refused.reason, detail=refused.detail)
