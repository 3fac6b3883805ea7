"""The writes to a place, sorted by time once, so that one of many readers need not look at each of them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from lineage.domain.kinds import WRITING
from lineage.domain.names import in_one_partition, partition_of
from lineage.domain.sightings import EVER
from lineage.domain.times import CERTAIN, IMPOSSIBLE, bounds
from lineage.queries.flow.belonging import took_over
from lineage.queries.flow.links import Flow, Link, links_into
from lineage.queries.flow.models import is_model
from lineage.queries.flow.order import replaced_from
from lineage.queries.flow.steps import is_logged, is_only_allowed, is_only_named, leaves, overlaps_into, shares_keys

Chain = tuple[Link, ...]
"""A write, and the edge from its place to that of the reader if it is another one."""
SAID, LOGGED, NAMED = "said", "logged", "named"


class Times:
    """Times in a fixed order. Those after a moment are found without looking at each."""

    def __init__(self, times: Collection[str]) -> None:
        self._width = 1 << max(len(times) - 1, 0).bit_length()
        self._most = ["" for _ in range(self._width)] + [*times, *("" for _ in range(self._width - len(times)))]
        for at in range(self._width - 1, 0, -1):
            self._most[at] = max(self._most[2 * at : 2 * at + 2])

    def copy(self) -> Times:
        same = Times(())
        same._width, same._most = self._width, self._most.copy()
        return same

    def put(self, at: int, time: str) -> None:
        at += self._width
        self._most[at] = time
        while at := at // 2:
            self._most[at] = max(self._most[2 * at : 2 * at + 2])

    def after(self, moment: str, count: int) -> Iterator[int]:
        """Which of the first `count` times are after a moment, the last one first."""
        todo = [(1, 0, self._width)]
        while todo:
            at, first, width = todo.pop()
            if first >= count or self._most[at] <= moment:
                continue
            if width == 1:
                yield first
            else:
                todo += [(2 * at, first, width // 2), (2 * at + 1, first + width // 2, width // 2)]


class Writer(NamedTuple):
    """A job with all its writes to one place, and three times: when the first one opened, from when on it is certain for
    readers that one was over, and from when on others have certainly replaced all of them.
    """

    opens: str
    job: str
    certain: str
    replaced: str
    chains: list[Chain]

    @classmethod
    def of(cls, graph: Flow, reading: Link, job: str, chains: list[Chain]) -> Writer:
        writes = [chain[0] for chain in chains]
        sure = [bounds(write.time)[1] for write in writes if _is_sure(graph, write, reading)]
        replaced = (replaced_from(graph, write, reading) if is_model(reading) else EVER for write in writes)
        opens = min(bounds(write.time)[0] for write in writes)
        return cls(opens, job, min(filter(None, sure), default=EVER), max(replaced), chains)

    @property
    def sort(self) -> str:
        """Whether it only names the place in a text, or only people logged that it wrote there."""
        if all(is_only_named(chain[0]) for chain in self.chains):
            return NAMED
        return LOGGED if all(is_logged(chain[0]) and not is_only_named(chain[0]) for chain in self.chains) else SAID


def _is_sure(graph: Flow, write: Link, reading: Link) -> bool:
    """Whether only its time can make a write to the very place less than certain."""
    maybe = is_only_allowed(write) or is_only_named(write) or is_only_named(reading)
    return leaves(graph, write.source) == CERTAIN and not maybe


class Writers:
    """Some writers of one place, sorted by when they opened."""

    def __init__(self, writers: Iterable[Writer]) -> None:
        self.sorted = sorted(writers, key=lambda writer: writer[:2])
        self.opens = [writer.opens for writer in self.sorted]
        self.replaced = Times([writer.replaced for writer in self.sorted])

    def within(self, reading: Link, times: Times) -> Iterator[Writer]:
        """Those that opened before a reader was done, and whose time is after it began."""
        opened, closed = bounds(reading.time)
        count = bisect_right(self.opens, closed) if closed else len(self.opens)
        return (self.sorted[at] for at in times.after(opened, count))


class Written:
    """All writers of what the readers of one sort find at a place. What is written there gets to all of them alike."""

    def __init__(self, graph: Flow, reading: Link) -> None:
        chains: dict[str, list[Chain]] = defaultdict(list)
        for chain in written_at(graph, reading):
            job = chain[0].source
            if leaves(graph, job) != IMPOSSIBLE and in_one_partition(job, reading.target):
                chains[job].append(chain)
        self.of_model = is_model(reading)
        self.took_over = any(took_over(graph, chain[0]) for some in chains.values() for chain in some)
        self.writers = {job: Writer.of(graph, reading, job, some) for job, some in chains.items()}
        self.sorts = {sort: Writers(one for one in self.writers.values() if one.sort == sort) for sort in (SAID, LOGGED, NAMED)}


def sort_of(reading: Link) -> tuple[object, ...]:
    """What readers of one sort have in common."""
    said = reading.data["span"], reading.data["listing"], is_only_named(reading), is_model(reading)
    return reading.source, partition_of(reading.target), *said


def written_for(graph: Flow, reading: Link) -> Written:
    """The writers of what a reader finds, computed once for all readers of its sort."""
    known: dict[object, Written] = graph.kept.setdefault("written", {})
    sort = sort_of(reading)
    if sort not in known:
        known[sort] = Written(graph, reading)
    return known[sort]


def written_at(graph: Flow, reading: Link, *, surely: bool = False) -> Iterator[Chain]:
    """The writes to a place and to what shares keys with it, each with the edge between."""
    relations = writing(reading, surely=surely)
    yield from ((write,) for write in links_into(graph, reading.source, *relations))
    for overlap in overlaps_into(graph, reading.source):
        for write in links_into(graph, overlap.source, *relations):
            if shares_keys(graph, reading, write):
                yield write, overlap


def writing(reading: Link, *, surely: bool = False) -> tuple[str, ...]:
    """The relations of a write that may be what is read. `surely`: only what a field declares."""
    # what two jobs only name in texts is a gap, not a path: anyone may name the one bucket that all of them use
    return ("writes",) if surely or is_only_named(reading) else WRITING
