"""The writers of a place of which one trace still has something to tell, for places that many write and many read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from lineage.domain.sightings import EVER
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.steps import Step, is_logged, is_only_named, overlaps_into
from lineage.queries.flow.writers import FEW, copied_to, steps_of
from lineage.queries.flow.written import LOGGED, NAMED, SAID, Writer, Written, sort_of, writing, written_for


class Untold:
    """The writers of what the readers of one sort find, without those of which everything was told to some reader."""

    def __init__(self, graph: Flow, written: Written) -> None:
        self._graph = graph
        self._written = written
        self._left = {sort: some.replaced.copy() for sort, some in written.sorts.items()}
        self._claims = written.sorts[LOGGED].replaced.copy()
        self._mixed = {one.job for one in written.sorts[SAID].sorted if any(is_logged(links[0]) for links in one.chains)}
        self._at = {one.job: (sort, at) for sort, some in written.sorts.items() for at, one in enumerate(some.sorted)}

    @classmethod
    def of(cls, graph: Flow, reading: Link, known: dict[object, Untold]) -> Untold | None:
        """Those for one reader, kept for all of its sort. None if each reader has to ask all writers.

        That is so if there are few, if the reader loads a model or pins the content, and if a pipeline execution may only have
        taken over a write.
        """
        if reading.relation == "loads" or graph.nodes[reading.target].get("pins") or not _is_written_by_many(graph, reading):
            return None
        written = written_for(graph, reading)
        if written.took_over:
            return None
        sort = sort_of(reading)
        if sort not in known:
            known[sort] = cls(graph, written)
        return known[sort]

    def among(self, reading: Link, some: int, counts: Callable[[Step], bool]) -> set[str]:
        """The writers to ask for one reader: those of which not all is told, and so many that count, if there are so many.

        All others would add nothing to what the trace has told, nor to what follows from the number of writers.
        """
        found, sorts = self._sorts(reading)
        found |= {links[0].source for links in copied_to(self._graph, reading)}
        for sort in sorts:
            found.update(writer.job for writer in self._written.sorts[sort].within(reading, self._left[sort]))
        possible = chain.from_iterable(self._possible(reading, sort) for sort in sorts)
        for writer in possible if some else ():
            found.add(writer.job)
            steps = steps_of(self._graph, reading, [writer.job])
            some -= any(counts(step) for step in steps if LOGGED in sorts or not is_logged(step.links[0]))
            if not some:
                break
        return found

    def claims(self, reading: Link) -> set[str]:
        """The writers to ask for the runs of which people logged that they made what a job made."""
        found, _ = self._sorts(reading)
        found |= {links[0].source for links in copied_to(self._graph, reading)}
        found |= {link.target for link in links_out_of(self._graph, reading.target, "recorded-by")}
        found.update(writer.job for writer in self._written.sorts[LOGGED].within(reading, self._claims))
        return found | self._mixed

    def _sorts(self, reading: Link) -> tuple[set[str], tuple[str, ...]]:
        """Which sorts of writers count for a reader, and who was asked. If a job says that it wrote, logs do not count."""
        asked = set[str]()
        for writer in self._possible(reading, SAID) if self._mixed or self._written.sorts[LOGGED].sorted else ():
            asked.add(writer.job)
            links = (step.links[0] for step in steps_of(self._graph, reading, [writer.job]))
            if not all(is_logged(link) or is_only_named(link) for link in links):
                return asked, (SAID, NAMED)
        return asked, (SAID, LOGGED, NAMED)

    def _possible(self, reading: Link, sort: str) -> Iterator[Writer]:
        """All writers of a sort whose times allow it."""
        some = self._written.sorts[sort]
        return some.within(reading, some.replaced)

    def settle(self, job: str, *, possible: bool, around: bool, named: bool) -> None:
        """Leave out a writer that is told, for those readers for whom nothing is left to tell.

        `possible`, `around`, `named`: whether it is told that its times leave a doubt, that others wrote there too, and that it
        only names the place. Only the first two can be news for readers of a model that began after it was over.
        """
        if job not in self._at:
            return  # it wrote a copy
        writer, (sort, at) = self._written.writers[job], self._at[job]
        only_named = {is_only_named(links[0]) for links in writer.chains}
        before = len(only_named) == 1 and (named if sort == NAMED else possible)
        after = not self._written.of_model or writer.certain == EVER or (around and len(writer.chains) == 1)
        self._left[sort].put(at, "" if before and after else min(writer.certain, writer.replaced) if after else writer.replaced)

    def claim(self, run: str) -> None:
        """Leave out a run of which was told that people logged what it made."""
        sort, at = self._at.get(run, ("", 0))
        if sort == LOGGED:
            self._claims.put(at, "")


def _is_written_by_many(graph: Flow, reading: Link) -> bool:
    """Whether there are many writes to what shares keys with what is read, or might. Counted once for a place."""
    known: dict[tuple[str, ...], bool] = graph.kept.setdefault("many writes", {})
    relations = writing(reading)
    asked = (reading.source, *relations)
    if asked not in known:
        near = (reading.source, *(overlap.source for overlap in overlaps_into(graph, reading.source)))
        known[asked] = sum(len(links_into(graph, place, *relations)) for place in near) > FEW
    return known[asked]
