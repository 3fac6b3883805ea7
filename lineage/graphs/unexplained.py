"""The places of models without a certain maker: found at the join, so a question finds them at once.

The rule is that of `is_surely_made`, which looks at one read. That function also follows copies and manifests; they
are left out here, so a place with a certain maker may be included: the caller checks each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from lineage.domain.jobs import fit_of
from lineage.domain.kinds import ALLOWED
from lineage.domain.names import gets_by, in_one_partition
from lineage.domain.records import Edge, Window
from lineage.domain.times import CERTAIN, bounds, fits
from lineage.graphs.tables import Joining

REMEMBERED = 1000  # places whose writes are kept in memory: those that many models share


def unexplained(joining: Joining, which: str = "true") -> Iterator[str]:
    """Each place that something loads and where no job certainly wrote what it got; `which` is a condition on these loads."""
    makers = _Makers(joining)
    return (load.source for load in joining.loads(which) if not makers.surely_made(load))


class _Makers:
    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        self._writes = lru_cache(REMEMBERED)(self._sure_writes)
        self._overlapping = lru_cache(REMEMBERED)(joining.overlapping)

    def surely_made(self, load: Edge) -> bool:
        """Whether a job certainly wrote what is loaded."""
        return self._made(load, load.source) or any(self._made(load, place) for place in self._overlapping(load.source))

    def _made(self, load: Edge, place: str) -> bool:
        opens, _ = bounds(load.window)
        for closes, write in self._writes(place):
            if closes > opens:
                return False
            got = place == load.source or gets_by(load.source, load.span, place, write.span)
            here = got and write.source != load.target and in_one_partition(write.source, load.target)
            if here and fits(write.window, load.window) == CERTAIN:
                return True
        return False

    def _sure_writes(self, place: str) -> list[tuple[str, Edge]]:
        """The writes to a place that are certain for readers after their end, with that time."""
        sure = []
        for write, job in self._joining.writes_to(place):
            _, closes = bounds(write.window)
            if write.evidence not in ("logged", ALLOWED) and fit_of(job, write.window, Window(closes, "")) == CERTAIN:
                sure.append((closes, write))
        return sorted(sure, key=lambda one: one[0])
