"""What a job is, whether it began, and how certain it is that its output was read. Pure."""

from __future__ import annotations

from lineage.domain.kinds import KINDS
from lineage.domain.records import Json, Window
from lineage.domain.status import found_nothing, has_begun, has_run, is_over, may_have_written_nothing
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, fits

JOBS = frozenset(kind.name for kind in KINDS.values() if kind.job)
_TELL_BEGIN = frozenset(kind.name for kind in KINDS.values() if kind.times[0] not in ("", "CreationTime"))


def is_job(attributes: Json) -> bool:
    return attributes["kind"] in JOBS


def started(attributes: Json) -> bool:
    """Whether a job began to read.

    For a kind without a field for it the answer is yes, because no record can say that it did not. Such are AutoML jobs, and
    tuning jobs except those that launched nothing.
    """
    if attributes["kind"] not in _TELL_BEGIN:
        return launched(attributes) != 0
    return was_lost(attributes) or _had_begun(attributes)


def _had_begun(attributes: Json) -> bool:
    return has_begun(attributes["status"], attributes.get("started"), attributes.get("steps"))


def was_lost(attributes: Json) -> bool:
    """Whether a job is gone that no crawl saw end or begin: it may have begun after it was seen."""
    gone = attributes["kind"] in _TELL_BEGIN and bool(attributes.get("deleted"))
    return gone and not is_over(attributes["status"]) and not _had_begun(attributes)


def launched(attributes: Json) -> int | None:
    """How many jobs an ended job had started; None if its record does not say."""
    counts = attributes.get("launched")
    return sum(counts.values()) if counts and is_over(attributes["status"]) else None


def ran(attributes: Json) -> bool:
    """Whether a job may have made something from what it read: a job that stopped before its program ran did not."""
    return started(attributes) and has_run(attributes["status"], attributes.get("steps"), attributes.get("failure"))


def got_nothing(attributes: Json, place: str) -> bool:
    """Whether a job certainly read nothing at a place that it names: it never began, or failed because nothing was there."""
    return not started(attributes) or (not ran(attributes) and found_nothing(attributes.get("failure"), place))


def may_have_left_nothing(job: Json) -> bool:
    """Whether a job may have left nothing at its output place: it failed, or was told to upload no model."""
    return may_have_written_nothing(job["status"]) or bool(job.get("uploads_nothing"))


def leaves(job: Json) -> str:
    """How certain it is that a job left what it says that it wrote, by how it ended: a failed one may have written nothing."""
    if is_job(job) and not ran(job):
        return IMPOSSIBLE
    return POSSIBLE if may_have_left_nothing(job) else CERTAIN


def fit_of(job: Json, write: Window | str | None, reading: Window | str | None) -> str:
    """How certain a read of a write is, by the times and by how its job ended."""
    return fit_if(leaves(job), write, reading)


def fit_if(left: str, write: Window | str | None, reading: Window | str | None) -> str:
    """The same for a job of which it is known how certainly it `left` something."""
    fit = IMPOSSIBLE if left == IMPOSSIBLE else fits(write, reading)
    return left if fit == CERTAIN else fit
