"""Which of several writes a model certainly is: the last one before it was read. Pure.

A model is read from one key, or from a place around many. A job that certainly wrote a key after another one was done, and
before it was read, replaced what was there. A folder that a job wrote around the key may have left the key alone. So it
replaces nothing, and is only possible beside a job that certainly wrote the very key. Of several folders the last one is
certain.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from lineage.domain import jobs
from lineage.domain.names import Span, in_one_partition, partition_of
from lineage.domain.records import Window
from lineage.domain.sightings import EVER
from lineage.domain.status import is_as_expected
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, bounds, sortable
from lineage.queries.flow.begun import may_have_made
from lineage.queries.flow.belonging import took_over
from lineage.queries.flow.copies import is_copy
from lineage.queries.flow.links import Flow, Lately, Link, links_into
from lineage.queries.flow.models import is_model

_MANY = "MultiModel"  # the mode of a container that loads models by name, on request


class _Write(NamedTuple):
    """When a job wrote, as two times that sort, and which job."""

    opens: str
    closes: str
    job: str

    @classmethod
    def of(cls, link: Link) -> _Write:
        opens, closes = bounds(link.time)
        return cls(opens, closes or EVER, link.source)


_NOBODY: tuple[_Write, ...] = ()


class _Writes:
    """The writes to one place, prepared so that one of many readers need not look at each of them."""

    def __init__(self, graph: Flow, links: Iterable[Link]) -> None:
        said = [link for link in links if _may_be(graph, link)]
        self._writes = sorted(map(_Write.of, said))
        self._surely = sorted((_Write.of(link) for link in said if _is_sure(graph, link)), key=lambda write: write.closes)
        self._sure = sorted((write.opens, write.closes) for write in self._surely)
        self._replaced = list(accumulate((closes for _, closes in reversed(self._sure)), min, initial=EVER))[::-1]

    @cached_property
    def _last(self) -> list[tuple[_Write, ...]]:
        return list(accumulate(self._writes, _two_last, initial=_NOBODY))

    @cached_property
    def _first(self) -> list[tuple[_Write, ...]]:
        return list(accumulate(self._surely, _two_last, initial=_NOBODY))

    def replaced_from(self, write: _Write) -> str:
        """From when another job's write has certainly replaced this one; `EVER` if no job certainly wrote after it."""
        return self._replaced[bisect_right(self._sure, (write.closes, write.closes))]

    def contested_from(self, write: _Write) -> str:
        """From when another job that wrote later may have replaced this write."""
        later = range(bisect_left(self._writes, _Write(write.closes, "", "")), len(self._writes))
        return next((self._writes[at].opens for at in later if self._writes[at].job != write.job), EVER)

    def contested(self, write: _Write, until: str) -> bool:
        """Whether another job may have written after a write, and had begun by a time."""
        last = self._last[bisect_right(self._writes, _Write(until, EVER, EVER))]
        # two writes at one moment: nothing tells which was the last
        return any(other.closes >= write.opens for other in last if other.job != write.job)

    def sure_by(self, until: str, *, but: str) -> bool:
        """Whether another job has certainly written by a time."""
        return any(write.job != but for write in self._first[bisect_right(self._surely, until, key=lambda one: one.closes)])


def _two_last(last: tuple[_Write, ...], write: _Write) -> tuple[_Write, ...]:
    """The last write of any job, and the last of any other: two suffice to know whether a job but one wrote."""
    mine = max((one for one in (*last, write) if one.job == write.job), key=lambda one: one.closes)
    others = (one for one in last if one.job != write.job)
    return tuple(sorted((mine, *others), key=lambda one: one.closes)[-2:])


def _may_be(graph: Flow, link: Link) -> bool:
    """Whether a job may have put there what it says. False for one that was cut short before its program ran."""
    return link.data["evidence"] != "logged" and not took_over(graph, link) and may_have_made(graph, link.source)


def _is_sure(graph: Flow, link: Link) -> bool:
    """Whether a job's own model was certainly put at the very key. A stopped job may not have had one yet."""
    _, closes = bounds(link.time)
    job = graph.nodes[link.source]
    ended = bool(closes) and is_as_expected(job["status"])
    return ended and link.data["usage"] == "model" and jobs.fit_of(job, link.time, Window(closes, "")) == CERTAIN


def in_order(graph: Flow, write: Link, reading: Link, fit: str) -> str:
    """How surely a write is what was read, considering what else was written there; `fit` is the answer by its own times."""
    if fit == IMPOSSIBLE or not is_model(reading):
        return fit
    place, one_key = reading.source, reading.data["span"] == Span.OBJECT
    opened, _ = bounds(reading.time)
    settled = max(opened, sortable(reading.data["settled"]))
    mine, around = _Write.of(write), is_around(write.target, place)
    exact = _writes_to(graph, place if one_key or around else write.target, write.source)
    if replaced_from(graph, write, reading) <= opened:
        return IMPOSSIBLE
    if not one_key and not _is_key(write) and _holds_many(graph, reading):
        return fit  # each put a model of its own there
    if around:
        doubt = exact.sure_by(opened, but=write.source) or _is_outdone(graph, mine, place, settled)
    else:
        cut_short = not is_as_expected(graph.nodes[write.source]["status"])  # it may have left what was there before
        doubt = exact.contested(mine, settled) or (cut_short and exact.sure_by(opened, but=write.source))
    return POSSIBLE if doubt else fit


def _holds_many(graph: Flow, reading: Link) -> bool:
    """Whether what is read is a prefix that holds many models."""
    model = graph.nodes[reading.target]
    return _MANY in (model.get("mode"), *model.get("modes", ()))


def lasts(graph: Flow, write: Link, reading: Link) -> tuple[str, str]:
    """Until when a write may be what is read this way, and until when it may certainly be. Later readers got another one."""
    known: dict[tuple[object, ...], tuple[str, str]] = graph.kept.setdefault("lasts", Lately())
    asked = (*write[:3], write.time, reading.source, reading.data["span"])
    if asked not in known:
        contested = EVER
        if _is_replaced(write, reading):
            contested = _writes_to(graph, write.target, write.source).contested_from(_Write.of(write))
        known[asked] = replaced_from(graph, write, reading), contested
    return known[asked]


def replaced_from(graph: Flow, write: Link, reading: Link) -> str:
    """From when another job's write has certainly replaced what is read as a model this way; `EVER` if none has."""
    if not _is_replaced(write, reading):
        return EVER
    place = reading.source if reading.data["span"] == Span.OBJECT else write.target
    return _writes_to(graph, place, write.source).replaced_from(_Write.of(write))


def _is_replaced(write: Link, reading: Link) -> bool:
    """Whether a later write to the very place replaces what is read: one key is read, or was written and is read."""
    return reading.data["span"] == Span.OBJECT or (_is_key(write) and not is_around(write.target, reading.source))


def _is_key(write: Link) -> bool:
    """Whether a job wrote one key: its model as one file, not a folder of files."""
    return write.data["usage"] == "model" and "." in write.target.rpartition("/")[2]


def _is_outdone(graph: Flow, write: _Write, place: str, until: str) -> bool:
    near = (overlap.source for overlap in links_into(graph, place, "overlaps") if not is_copy(overlap))
    folders = (folder for folder in near if is_around(folder, place))
    return any(_writes_to(graph, folder, write.job).contested(write, until) for folder in folders)


def _writes_to(graph: Flow, place: str, writer: str) -> _Writes:
    """The writes to the place itself, in the partition of a job that wrote there, computed once."""
    known: dict[tuple[str, str], _Writes] = graph.kept.setdefault("writes", Lately())
    at = place, partition_of(writer)
    if at not in known:
        known[at] = _Writes(
            graph, (link for link in links_into(graph, place, "writes") if in_one_partition(link.source, writer))
        )
    return known[at]


def is_around(written: str, place: str) -> bool:
    """Whether what is written is wider than a place: what is around it, not the place itself or what is in it."""
    return not written.rstrip("/").startswith(place.rstrip("/"))
