"""What a job is, whether it began, and how surely what it wrote was read. Pure."""

from __future__ import annotations

from lineage.domain.kinds import KINDS
from lineage.domain.records import Json, Window
from lineage.domain.status import found_nothing, has_begun, has_run, is_over, may_have_written_nothing
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, fits

_JOBS = frozenset(kind.name for kind in KINDS.values() if kind.job)


def is_job(attributes: Json) -> bool:
    return attributes["kind"] in _JOBS


def started(attributes: Json) -> bool:
    """Whether a job began to read.

    Of a kind that has no field for it (AutoML jobs, and tuning jobs but for those that launched nothing) nobody can say that
    it did not.
    """
    kind = KINDS.get(attributes["kind"])
    if kind is None or kind.times[0] in ("", "CreationTime"):
        return launched(attributes) != 0
    return has_begun(attributes["status"], attributes.get("started"), attributes.get("steps"))


def launched(attributes: Json) -> int | None:
    """How many jobs a job that has ended had started; None where that is not told."""
    counts = attributes.get("launched")
    return sum(counts.values()) if counts and is_over(attributes["status"]) else None


def ran(attributes: Json) -> bool:
    """Whether a job may have made something of what it read: one that was cut short before its program ran did not."""
    return started(attributes) and has_run(attributes["status"], attributes.get("steps"), attributes.get("failure"))


def got_nothing(attributes: Json, place: str) -> bool:
    """Whether a job certainly read nothing of a place that it names: it never began, or failed since nothing lay there."""
    return not started(attributes) or (not ran(attributes) and found_nothing(attributes.get("failure"), place))


def may_have_left_nothing(job: Json) -> bool:
    """Whether nothing need be of a job where it was to write: it failed, or was told to upload no model."""
    return may_have_written_nothing(job["status"]) or bool(job.get("uploads_nothing"))


def fit_of(job: Json, write: Window | str | None, reading: Window | str | None) -> str:
    """How surely a write was read, by its times and by how its job ended: a failed one may have written nothing."""
    if is_job(job) and not ran(job):
        return IMPOSSIBLE
    fit = fits(write, reading)
    return POSSIBLE if fit == CERTAIN and may_have_left_nothing(job) else fit
