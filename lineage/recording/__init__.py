"""Records experiments and runs in SageMaker, so that they can be audited later: the only room that writes to AWS.

    from lineage.recording import Run

    with Run("churn", "first-try") as run:
        run.log_parameters({"depth": 6, "eta": 0.1})
        run.log_dataset("train", "s3://bank-ml/churn/train/")
        for step in range(1000):
            run.log_metric("loss", loss, step=step)

What it writes, the SageMaker SDK reads (`load_run`, `list_runs`), and `lineage crawl` finds. See docs/recording.md.
"""

from lineage.recording.entities import Experiment as Experiment
from lineage.recording.entities import Trial as Trial
from lineage.recording.entities import TrialComponent as TrialComponent
