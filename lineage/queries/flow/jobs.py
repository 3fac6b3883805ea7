"""What a job is, and whether it began. Pure."""

from __future__ import annotations

from lineage.domain.kinds import KINDS
from lineage.domain.records import Json

_JOBS = frozenset(kind.name for kind in KINDS.values() if kind.job)


def is_job(attributes: Json) -> bool:
    return attributes["kind"] in _JOBS


def started(attributes: Json) -> bool:
    """Whether a job began to read: a status of a finished job counts, for old records keep no more.

    Of a kind that has no field for it (tuning and AutoML jobs, which start others) nobody can say that it did not.
    """
    kind = KINDS.get(attributes["kind"])
    if kind is None or kind.times[0] in ("", "CreationTime"):
        return True
    if attributes.get("started") or set(attributes.get("steps") or ()) & {"Downloading", "Training", "Uploading"}:
        return True
    return str(attributes["status"]).casefold() not in ("failed", "stopped", "inprogress", "stopping", "starting")
