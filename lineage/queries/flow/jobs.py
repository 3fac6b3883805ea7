"""What a job is, and whether it began. Pure."""

from __future__ import annotations

from lineage.domain.kinds import KINDS
from lineage.domain.records import Json
from lineage.domain.status import has_begun

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
