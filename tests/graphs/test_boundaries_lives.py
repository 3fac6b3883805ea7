"""The edges of a name's lives: which of them is meant by who names it, to the second."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.domain.records import Resource
from lineage.graphs.derive import derive
from tests.records import arn, record, training

LIVES = ("2026-01-01T00:00:00Z", "2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z")
FIRST, SECOND = (f"@{created}" for created in LIVES[:2])
LAST = ""  # which has the plain id


def at(time: str) -> str:
    """A time of January."""
    return f"2026-01-{time}Z" if time else ""


def lives(kind: str, name: str, **body: Any) -> list[Resource]:
    """What was made three times under one name."""
    return [record(kind, name, {"CreationTime": created} | body) for created in LIVES]


def meant(kind: str, name: str, relation: str, namer: Resource, end: str = "source") -> str:
    """Which life of a name an edge leads from or to: what its node id has behind the ARN."""
    (edge,) = [edge for edge in derive([*lives(kind, name), namer]).edges if edge.relation == relation]
    return str(getattr(edge, end)).removeprefix(arn(kind, name))


def job(created: str, modified: str) -> Resource:
    """A job that names an algorithm."""
    times = {"CreationTime": at(created), "LastModifiedTime": at(modified)}
    return training("j", {}, AlgorithmSpecification={"AlgorithmName": "own"}, **times)


@pytest.mark.parametrize(
    ("created", "modified", "life"),
    [
        ("05T00:00:00", "15T00:00:00", FIRST),
        ("05T00:00:00", "25T00:00:00", FIRST),
        ("01T00:00:00", "", FIRST),
        ("09T23:59:59", "", FIRST),
        ("10T00:00:00", "", SECOND),
        ("10T00:00:00.500", "", SECOND),
        ("19T23:59:59", "", SECOND),
        ("20T00:00:00", "", LAST),
        ("25T00:00:00", "", LAST),
        ("", "", LAST),
    ],
    ids=[
        "touched in the second life",
        "touched in the last life",
        "with the first life",
        "a second before the second life",
        "with the second life",
        "within its second",
        "a second before the last life",
        "with the last life",
        "in the last life",
        "nobody knows when",
    ],
)
def test_a_job_means_who_lived_when_it_was_created(created: str, modified: str, life: str) -> None:
    """What a job names is what was so called when it was created, however late its record was last touched."""
    assert meant("algorithm", "own", "provides", job(created, modified)) == life


def test_before_all_lives_the_last_is_meant() -> None:
    """Where nobody was so called yet, nothing better is known than the name."""
    early = record("endpoint", "e", {"CreationTime": "2025-12-31T00:00:00Z", "EndpointConfigName": "c"})
    assert meant("endpoint-config", "c", "configures", early) == LAST


@pytest.mark.parametrize(
    ("created", "modified", "life"),
    [
        ("05T00:00:00", "", FIRST),
        ("05T00:00:00", "09T23:59:59", FIRST),
        ("05T00:00:00", "10T00:00:00", SECOND),
        ("05T00:00:00", "15T00:00:00", SECOND),
        ("05T00:00:00", "20T00:00:00", LAST),
        ("15T00:00:00", "05T00:00:00", SECOND),
    ],
    ids=[
        "never edited",
        "edited a second before the second life",
        "edited with the second life",
        "edited in the second life",
        "edited with the last life",
        "a clock that went back",
    ],
)
def test_what_can_be_edited_means_who_lived_when_it_was(created: str, modified: str, life: str) -> None:
    """What an endpoint names is what was so called when it was last changed."""
    body = {"CreationTime": at(created), "LastModifiedTime": at(modified), "EndpointConfigName": "c"}
    assert meant("endpoint-config", "c", "configures", record("endpoint", "e", body)) == life


def test_what_no_data_flows_along_means_the_name() -> None:
    """To what a record only belongs goes by its name: a trial of an experiment that was made anew is in the one of today."""
    trial = record("trial", "t", {"CreationTime": at("05T00:00:00"), "ExperimentName": "x"})
    assert meant("experiment", "x", "member-of", trial, "target") == LAST


def test_both_ends_find_their_life() -> None:
    """An edge that leads to a name finds the life at that end, and leaves its other end alone."""
    written = {"ProcessingOutputConfig": {"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "fg"}}]}}
    prep = record("processing-job", "p", {"CreationTime": at("05T00:00:00")} | written)
    assert meant("feature-group", "fg", "writes", prep, "target") == FIRST
    joined = derive([*lives("feature-group", "fg"), prep])
    assert [edge.source for edge in joined.edges if edge.relation == "writes"] == [prep.id]


def test_one_life_is_the_name() -> None:
    """Where a name was never used again, whoever names it at any time means it; the lives of another name change nothing."""
    others = lives("algorithm", "own-2")
    only = record("algorithm", "own", {"CreationTime": LIVES[2]})
    (edge,) = [edge for edge in derive([only, *others, job("05T00:00:00", "")]).edges if edge.relation == "provides"]
    assert edge.source == only.id
