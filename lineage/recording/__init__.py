"""Records experiments and runs in SageMaker, so that they can be audited later: the only package that writes to AWS.

    from lineage.recording import Run

    with Run("churn", "first-try") as run:
        run.log_parameters({"depth": 6, "eta": 0.1})
        run.log_dataset("train", "s3://bank-ml/churn/train/")
        for step in range(1000):
            run.log_metric("loss", loss, step=step)

The SageMaker SDK can read what it writes (`load_run`, `list_runs`), and `lineage crawl` finds it. See docs/recording.md.
"""

from lineage.domain.experiments import SortByType as SortByType
from lineage.domain.experiments import SortOrderType as SortOrderType
from lineage.domain.pins import Pin as Pin
from lineage.errors import AlreadyExists as AlreadyExists
from lineage.errors import NotRecorded as NotRecorded
from lineage.errors import NotThere as NotThere
from lineage.errors import RecordingError as RecordingError
from lineage.errors import RefusedValue as RefusedValue
from lineage.recording.entities import Experiment as Experiment
from lineage.recording.entities import Trial as Trial
from lineage.recording.entities import TrialComponent as TrialComponent
from lineage.recording.joining import join_jobs as join_jobs
from lineage.recording.loading import Runs as Runs
from lineage.recording.loading import list_runs as list_runs
from lineage.recording.loading import load_run as load_run
from lineage.recording.outbox import Unsent as Unsent
from lineage.recording.programs import queues_elsewhere as queues_elsewhere
from lineage.recording.programs import resume as resume
from lineage.recording.programs import run_program as run_program
from lineage.recording.run import Run as Run
from lineage.recording.run import current_run as current_run
from lineage.recording.service import session_of as session_of
from lineage.recording.tracking import track as track

__all__ = [
    "AlreadyExists", "Experiment", "NotRecorded", "NotThere", "Pin", "RecordingError", "RefusedValue", "Run", "Runs",
    "SortByType", "SortOrderType", "Trial", "TrialComponent", "Unsent", "current_run", "join_jobs", "list_runs", "load_run",
    "queues_elsewhere", "resume", "run_program", "session_of", "track",
]  # fmt: skip


def __dir__() -> list[str]:
    """What Tab offers: the names of the package, without its files."""
    return sorted(__all__)
