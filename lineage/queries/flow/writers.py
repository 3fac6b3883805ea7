"""From a reader to the writers of what it read. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from lineage.domain.kinds import HOLDERS
from lineage.domain.names import in_one_partition
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, fits
from lineage.queries.flow.begun import may_have_made
from lineage.queries.flow.belonging import took_over
from lineage.queries.flow.copies import copies_into, is_copy
from lineage.queries.flow.links import Flow, Link, at_each_time, links_into
from lineage.queries.flow.steps import (
    Step,
    fit_alone,
    fit_over,
    has_written,
    is_logged,
    is_only_named,
    overlaps_into,
)
from lineage.queries.flow.written import Chain, writing, written_at, written_for

FEW = 20  # writers of one place; many of each of many readers would fill the memory


def writers(graph: Flow, reading: Link, among: Collection[str] | None = None) -> list[Step]:
    """The nodes that wrote what this edge reads; possible times are included, impossible ones left out.

    What only people logged counts if no job says that it wrote the place. A job that only names the place is always included.
    `among`: only these are asked, as `Untold` chooses them.
    """
    steps = _claims(graph, reading, among)
    maybe = [step for step in steps if is_only_named(step.links[0])]
    said = [step for step in steps if not is_only_named(step.links[0])]
    return [*([step for step in said if not is_logged(step.links[0])] or said), *maybe]


def makers_of(graph: Flow, node: str) -> list[Step]:
    """The jobs that name a model or a package as what they made. It is theirs wherever it is loaded from."""
    if graph.kind(node) not in HOLDERS:
        return []
    writes = (link for link in links_into(graph, node, "writes") if graph.is_job(link.source))
    made = (link for link in writes if may_have_made(graph, link.source))
    return [Step(link.source, (link,), CERTAIN if has_written(graph, link) else POSSIBLE) for link in made]


def is_named_by_its_maker(graph: Flow, node: str) -> bool:
    """Whether a job certainly made it and names it as its output."""
    return any(made.fit == CERTAIN for made in makers_of(graph, node))


def writers_of_all(graph: Flow, reading: Link) -> list[Step]:
    """The writers of what a job reads by this edge, whenever it read it: a restarted spot job reads again."""
    if reading.relation != "reads":
        return writers(graph, reading)
    steps = (step for one in at_each_time(graph, reading) for step in writers(graph, one))
    best: dict[str, Step] = {}
    for step in steps:
        if only_records(graph, step.job, reading.target):
            continue  # what a run logged is what its job says of itself: nothing is made of itself
        if step.job not in best or _rank(step) > _rank(best[step.job]):
            best[step.job] = step
    return [best[job] for job in sorted(best)]


def only_records(graph: Flow, run: str, job: str) -> bool:
    """Whether a node is a run of a job, and of no other job that may have made what was logged there."""
    jobs = links_into(graph, run, "recorded-by")
    return bool(jobs) and {link.source for link in jobs} == {job}


def also_logged(graph: Flow, reading: Link, among: Collection[str] | None = None) -> list[Step]:
    """The runs of which people logged that they made what this edge reads, if a job made it. `among`: as above."""
    steps = _claims(graph, reading, among)
    said = [step for step in steps if not is_only_named(step.links[0])]
    logged = [step for step in said if is_logged(step.links[0]) and not only_records(graph, step.job, reading.target)]
    return logged if len(logged) < len(said) else []


def _claims(graph: Flow, reading: Link, among: Collection[str] | None) -> list[Step]:
    """The nodes that say that they wrote what this edge reads, and whose times allow it. A few are kept for the next to ask."""
    if among is not None:
        return _not_taken_over(graph, steps_of(graph, reading, among))
    known: dict[object, list[Step]] = graph.kept.setdefault("claims", {})
    asked = reading[:3], reading.time
    if (found := known.get(asked)) is None:
        found = _not_taken_over(graph, _steps(graph, reading, _written_to(graph, reading)))
        if len(found) <= FEW:
            known[asked] = found
    return found


def _not_taken_over(graph: Flow, steps: list[Step]) -> list[Step]:
    return [step for step in steps if not took_over(graph, step.links[0])] or steps


def steps_of(graph: Flow, reading: Link, jobs: Collection[str]) -> list[Step]:
    """How surely some jobs wrote what this edge reads, for each the surest path."""
    own = written_for(graph, reading).writers
    near = chain.from_iterable(own[job].chains for job in jobs if job in own)
    return _steps(graph, reading, chain(near, (copied for copied in copied_to(graph, reading) if copied[0].source in jobs)))


def is_surely_made(graph: Flow, reading: Link) -> bool:
    """Whether a job, and not only a log, had certainly written there, so that the maker is one of those known."""
    ways = _written_to(graph, reading, surely=True)
    jobs = (way for way in ways if not (is_logged(way[0]) or took_over(graph, way[0])) and way[0].source != reading.target)
    return any(fit_alone(graph, way[0], way[1:], reading) == CERTAIN for way in jobs)


def too_late(graph: Flow, reading: Link) -> list[str]:
    """The jobs that wrote the place only after this reader was done with it."""
    over = [*overlaps_into(graph, reading.source), *copies_into(graph, reading)]
    places = [reading.source, *(overlap.source for overlap in over)]
    late = {
        write.source
        for place in places
        for write in links_into(graph, place, "writes")
        if fits(write.time, reading.time) == IMPOSSIBLE and in_one_partition(write.source, reading.target)
    }
    return sorted(late - {step.job for step in writers(graph, reading)})


def writes_at(graph: Flow, reading: Link) -> list[Link]:
    """The writes of jobs that share keys with what is read, at any time."""
    found = (way[0] for way in _written_to(graph, reading) if len(way) == 1 or not is_copy(way[1]))
    return [
        write for write in found if not (is_logged(write) or took_over(graph, write)) and may_have_made(graph, write.source)
    ]


def _written_to(graph: Flow, reading: Link, *, surely: bool = False) -> Iterator[Chain]:
    """The writes to a place, to what shares keys with it, and to what had its content, each with the edge between.

    `surely`: only to what had the content that this reader certainly got.
    """
    yield from written_at(graph, reading, surely=surely)
    yield from copied_to(graph, reading, surely=surely)


def copied_to(graph: Flow, reading: Link, *, surely: bool = False) -> Iterator[Chain]:
    """The writes to other places that had the content of what is read."""
    for copy in copies_into(graph, reading, *((CERTAIN,) if surely else ())):
        yield from ((write, copy) for write in links_into(graph, copy.source, *writing(reading, surely=surely)))


def _steps(graph: Flow, reading: Link, chains: Iterable[Chain]) -> list[Step]:
    best: dict[str, Step] = {}
    for links in chains:
        job, fit = links[0].source, fit_over(graph, links[0], links[1:], reading)
        step = Step(job, links, fit)
        if job != reading.target and fit != IMPOSSIBLE and (job not in best or _rank(step) > _rank(best[job])):
            best[job] = step
    return [best[job] for job in sorted(best)]


def _rank(step: Step) -> tuple[bool, bool, int]:
    """The rank of a path from one job: the surest counts, then one that the job declares, then the narrowest place."""
    return (step.fit == CERTAIN, step.links[0].relation == "writes", len(step.links[0].target))
