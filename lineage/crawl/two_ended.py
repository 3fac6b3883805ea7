"""Two walks through one list, one from its oldest on and one from its newest, and how they know that they have met."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from lineage.domain.records import Named, Resource
from lineage.domain.times import sortable

Listed = Named | Resource


class Ends:
    """How far two walks through one list have come, by creation time. Safe to use from two threads.

    They have met once the newest that the one has named is newer than the oldest of the other: all of that age or older,
    and all of this age or newer, has been named then. That holds only while the pages come in order, as they were
    asked for; as soon as one does not, or a time is missing, each walk goes on to its own end. A list may change while it is
    read: a token is taken to say behind which record a page begins, so that nothing that stays is left out. Where one only
    counted, what vanished before would shift the list: what is left out so, Search may still find.
    """

    def __init__(self) -> None:
        self._reached: dict[bool, str] = {}  # how far each of them has come: the backward one is True
        self._orderly = True
        self._lock = threading.Lock()

    def fresh(self, page: Sequence[Listed], *, backward: bool) -> tuple[list[Listed], bool]:
        """What of a page the other walk has not named, and whether the two have met."""
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


def _further(at: str, than: str, *, backward: bool) -> bool:
    """Whether a walk that has come to `at` is further than `than`."""
    here, there = sortable(at), sortable(than)
    return here < there if backward else here > there
