"""The edges of how far data got: the certainty of a step."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.domain.records import Resource
from lineage.graphs.build import graph_of
from lineage.queries.impact import impact
from tests.records import arn, processing, record, served, training

RAW, MADE = "s3://raw/", "s3://prep/"
ARTIFACT = "s3://models/j/output/model.tar.gz"


def run(**body: Any) -> Resource:
    return record("trial-component", "r", body)


OF_J = run(Source={"SourceArn": arn("training-job", "j")}, OutputArtifacts={"o": {"Value": "s3://out/"}})


@pytest.mark.parametrize(
    ("records", "name", "sure"),
    [
        ([run(InputArtifacts={"i": {"Value": RAW}})], "r", False),
        ([training("j", {"train": RAW})], "j", True),
        ([training("j", {"code": RAW})], "j", False),
        ([processing("p", {"i": RAW}, {"o": MADE}), training("j", {"train": MADE})], "j", True),
        ([processing("p", {"i": RAW}, {"o": MADE}, ProcessingJobStatus="Failed"), training("j", {"train": MADE})], "j", False),
        ([processing("p", {"i": RAW}, {"o": MADE}, ProcessingJobStatus="Failed")], MADE, False),
        ([processing("p", {"i": RAW}, {"o": MADE})], MADE, True),
        ([processing("p", {"i": RAW}, {"o": MADE}, ProcessingJobStatus="InProgress", ProcessingEndTime=None)], MADE, False),
        ([processing("p", {"i": RAW}, {"o": MADE}, ProcessingEndTime=None)], MADE, True),
        ([training("j", {"train": RAW}), *served(ARTIFACT)], "shop", True),
        ([training("j", {"train": RAW}, TrainingJobStatus="Failed"), *served(ARTIFACT)], "shop", False),
        ([training("j", {"train": RAW}), OF_J, training("k", {"train": "s3://out/"}, day="2026-01-03")], "k", False),
    ],
    ids=[
        "a run that logs it",
        "a job that reads it",
        "a job that reads it as code",
        "through a job",
        "through a job that failed",
        "what a failed job wrote",
        "what a job wrote",
        "what a running job writes",
        "what a job wrote that ended, nobody knows when",
        "an endpoint",
        "an endpoint with the model of a job that failed",
        "what a run logs as its job's output",
    ],
)
def test_how_surely_it_got_there(records: list[Resource], name: str, sure: bool) -> None:
    """What people log, what code may hold, and jobs that failed or still run are possible; everything else is certain."""
    reached = {row["name"]: row["sure"] for row in impact(graph_of(records), RAW).reached}
    assert reached[name] is sure
