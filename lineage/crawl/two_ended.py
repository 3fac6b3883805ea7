"""Two walks through one list, one from its oldest element and one from its newest, and how they know that they met."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from lineage.domain.records import Named, Resource
from lineage.domain.times import sortable

Listed = Named | Resource


class Ends:
    """How far two walks through one list have come, by creation time. Safe to use from two threads.

    They have met when the newest element of one is newer than the oldest of the other: together they have then named
    everything. That holds only while the pages come in the requested order; as soon as one does not, or a time is missing,
    each walk continues to its own end. A list may change while it is read: a token is assumed to name the record after which
    a page begins, so nothing that stays is skipped. If a token were only an offset, a deletion would shift the list; Search
    may still find what is skipped then.
    """

    def __init__(self) -> None:
        self._reached: dict[bool, str] = {}  # how far each of them has come: the backward one is True
        self._orderly = True
        self._lock = threading.Lock()

    def fresh(self, page: Sequence[Listed], *, backward: bool) -> tuple[list[Listed], bool]:
        """The part of a page that the other walk has not named, and whether the two have met."""
        with self._lock:
            for found in page:
                at = found.created or ""
                before = self._reached.setdefault(backward, at)
                self._orderly &= bool(at) and not _further(before, at, backward=backward)
                self._reached[backward] = at
            other = self._reached.get(not backward)
            if not self._orderly or not other:
                return list(page), False
            beyond = [found for found in page if not _further(found.created or "", other, backward=backward)]
            return beyond, len(beyond) < len(page)

    def before(self, since: str) -> bool:
        """Whether the walk from the newest element has come to one that was created before a time: all others were, too."""
        with self._lock:
            return self._orderly and is_before(self._reached.get(True, since), since)


def is_before(at: str, time: str) -> bool:
    """Whether a time of creation is earlier than another time."""
    return sortable(at) < sortable(time)


def _further(at: str, than: str, *, backward: bool) -> bool:
    """Whether a walk that has come to `at` is further than `than`."""
    here, there = sortable(at), sortable(than)
    return here < there if backward else here > there
