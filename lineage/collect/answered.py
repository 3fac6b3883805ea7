"""What earlier crawls could not read and this one did, or another one whose file was merged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lineage.domain.kinds import KINDS, TRAINING_JOB, kind_of_subject
from lineage.domain.names import is_place
from lineage.domain.records import INCOMPLETE, INERT, Answered, Enumeration, Gap
from lineage.snapshot.writing import Recording

Finished = Mapping[tuple[str, str, str], Enumeration]
"""The lists that a crawl has finished, by account, region and kind."""

_LISTING = {kind.list: kind.name for kind in KINDS.values() if kind.list} | {"Search": TRAINING_JOB.name}
_DESCRIBING = {kind.describe: kind.name for kind in KINDS.values() if kind.describe}


def answered(recording: Recording, finished: Finished, *, full: bool) -> Iterator[Answered]:
    """The earlier gaps that this crawl closes: for lists that are now finished, and for records that were read."""
    for gap, asked in recording.earlier_gaps():
        if gap.reason == INERT:
            one = finished.get((gap.account, gap.region, gap.subject.partition(":")[0]))
            # closed if every record was read, and none had it
            closed = one is not None and not one.since and (full or not KINDS[one.kind].constant)
        else:
            closed = is_closed(gap, finished, lambda: recording.has_read(gap.subject, asked))  # noqa: B023  (called at once)
        if closed:
            yield Answered(gap.account, gap.region, gap.operation, gap.subject)


def is_closed(gap: Gap, finished: Finished, has_read: Callable[[], bool]) -> bool:
    """Whether later lists or reads close a gap.

    If a record was missing when it should be described, a complete list without it closes the gap; except for a job, because
    what it read before its deletion is unknown.
    """
    if gap.reason in ("unmatched", "deleted", INERT, *INCOMPLETE):
        return False  # not asked of AWS; a deleted thing's name may now be another's; else only its own Describe answers
    kind = _LISTING.get(gap.operation) or (is_place(gap.subject) and _DESCRIBING.get(gap.operation))
    closed = (gap.account, gap.region, kind) in finished if kind else has_read()
    return closed or _is_gone(gap, finished)


def _is_gone(gap: Gap, finished: Finished) -> bool:
    kind = kind_of_subject(gap.subject)
    one = finished.get((gap.account, gap.region, kind.name)) if kind and not kind.job else None
    return gap.reason == "missing" and one is not None and not one.since
