"""Whether a job began: if no field of its kind can show it, the job counts as begun."""

from __future__ import annotations

import pytest

from lineage.domain.jobs import started
from lineage.domain.kinds import AUTOML_JOB, TRAINING_JOB, TUNING_JOB


@pytest.mark.parametrize("kind", [AUTOML_JOB.name, TUNING_JOB.name, "never-heard-of"])
def test_what_has_no_field_for_it_may_have_begun(kind: str) -> None:
    """A job that starts others, or of an unknown kind, counts as begun with any status: its data may be used."""
    assert all(started({"kind": kind, "status": status}) for status in ("InProgress", "Failed", "Stopped", None))


def test_a_training_job_without_a_start_has_not_begun() -> None:
    """A training job that failed before it started has read nothing."""
    assert not started({"kind": TRAINING_JOB.name, "status": "Failed"})
    assert started({"kind": TRAINING_JOB.name, "status": "Failed", "started": "2026-01-01T00:00:00Z"})
