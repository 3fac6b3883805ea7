"""Tiny candidates for leaderboards: training jobs and runs with metrics, and tuning jobs."""

from __future__ import annotations

from typing import Any

from lineage.domain.records import Resource
from tests.records import arn, record, training

TRAIN, TEST = {"train": "s3://d/train/"}, {"validation": "s3://d/val/"}
DATA = TRAIN | TEST
AUC = "validation:auc"
MAX, MIN = {"metric": AUC, "direction": "max"}, {"metric": AUC, "direction": "min"}


def fit(name: str, auc: Any = None, reads: Any = None, **body: Any) -> Resource:
    """A training job with a value of one metric, on the same data as all others."""
    metrics = [] if auc is None else [{"MetricName": AUC, "Value": auc, "Timestamp": "2026-01-02T10:59:00Z"}]
    return training(name, DATA if reads is None else reads, **({"FinalMetricDataList": metrics} | body))


def trial(name: str, auc: Any = None, tuning: str = "tune", **body: Any) -> Resource:
    return fit(name, auc, **({"TuningJobArn": arn("tuning-job", tuning)} | body))


def tuned(name: str = "tune", way: str = "Maximize", metric: str = AUC, started: int = 0, **body: Any) -> Resource:
    """A tuning job. `settings` are added to its configuration."""
    settings = {"Strategy": "Bayesian", "HyperParameterTuningJobObjective": {"Type": way, "MetricName": metric}}
    common = {
        "HyperParameterTuningJobConfig": settings | body.pop("settings", {}),
        "HyperParameterTuningJobStatus": "Completed",
        "CreationTime": "2026-01-02T09:00:00Z",
        "TrainingJobStatusCounters": {"Completed": started},
    }
    return record("tuning-job", name, {
        "HyperParameterTuningJobName": name, "HyperParameterTuningJobArn": arn("tuning-job", name),
    } | common | body)  # fmt: skip


def logged(name: str, metrics: dict[str, dict[str, float]], job: str = "", **body: Any) -> Resource:
    """A run, of a job or by itself."""
    source = {"Source": {"SourceArn": arn("training-job", job)}} if job else {}
    told = [{"MetricName": metric, "TimeStamp": "2026-01-02T10:59:00Z"} | values for metric, values in metrics.items()]
    common = {"CreationTime": "2026-01-02T09:55:00Z", "EndTime": "2026-01-02T11:00:00Z", "Metrics": told}
    return record("trial-component", name, common | source | body)
