"""What a job is, whether it began, and how surely what it wrote was read. Pure."""

from __future__ import annotations

from lineage.domain.kinds import KINDS
from lineage.domain.records import Json, Window
from lineage.domain.status import has_begun, may_have_written_nothing
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, fits

_JOBS = frozenset(kind.name for kind in KINDS.values() if kind.job)


def is_job(attributes: Json) -> bool:
    return attributes["kind"] in _JOBS


def started(attributes: Json) -> bool:
    """Whether a job began to read.

    Of a kind that has no field for it (tuning and AutoML jobs, which start others) nobody can say that it did not.
    """
    kind = KINDS.get(attributes["kind"])
    if kind is None or kind.times[0] in ("", "CreationTime"):
        return True
    return has_begun(attributes["status"], attributes.get("started"), attributes.get("steps"))


def fit_of(job: Json, write: Window | str | None, reading: Window | str | None) -> str:
    """How surely a write was read, by its times and by how its job ended: a failed one may have written nothing.

    Nor may one that was told to upload no model: what lies there then somebody else may have put there.
    """
    if is_job(job) and not started(job):
        return IMPOSSIBLE
    fit = fits(write, reading)
    doubtful = may_have_written_nothing(job["status"]) or job.get("uploads_nothing")
    return POSSIBLE if fit == CERTAIN and doubtful else fit
