"""The rules on holdouts at their edges: how sure a leak is, and which jobs can have leaked what a list holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.names import parse_location
from lineage.domain.records import Resource
from lineage.graphs.derive import join
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot
from tests.records import channel, processing, training
from tests.snapshot.test_file import CRAWL

HELD, LIST = "s3://data/holdout/", "s3://lists/held.manifest"
NEVER = {"TrainingStartTime": None, "TrainingEndTime": None}
MADE = "s3://made/"
PREPARED = processing("prep", {"in": HELD}, {"out": MADE})


def check(path: Path, rule: str, holdout: str, *records: Resource, lists: Mapping[str, list[str]] | None = None) -> list[Any]:
    """What a rule finds, and its outcome, in a snapshot of some records and of what manifests list."""
    with Snapshot(path / "s.db") as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        for record in records:
            recording.add(record)
        for place, uris in (lists or {}).items():
            version = Manifest(place, "ManifestFile", "e", "2026-01-01T00:00:00Z")
            recording.listings.put(version, map(parse_location, uris), "2026-06-01T00:00:00Z")
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish("2026-06-01T00:00:00Z")
    with lineage.open_snapshot(path / "s.db") as snapshot:
        answer = lineage.check(snapshot, lineage.Policy(holdouts=(holdout,)))
    return [one for one in answer.findings if one.rule == rule]


@pytest.mark.parametrize(
    ("rule", "records", "confidence"),
    [
        ("LIN001", [training("j", {"train": HELD})], "high"),
        ("LIN001", [training("j", {"train": "s3://data/"})], "high"),
        ("LIN001", [training("j", {"train": f"{HELD}2026/"})], "medium"),
        ("LIN001", [training("j", {"test": HELD})], "low"),
        ("LIN001", [training("j", {"test": f"{HELD}2026/"})], "low"),
        ("LIN002", [training("j", {"model": HELD})], "medium"),
        ("LIN002", [training("j", {"model": f"{HELD}2026/"})], "medium"),
        ("LIN002", [PREPARED, training("j", {"train": MADE})], "medium"),
        ("LIN002", [PREPARED, training("j", {"validation": MADE})], "low"),
    ],
    ids=[
        "all of it",
        "all of it and more",
        "part of it",
        "all of it, to measure",
        "part of it, to measure",
        "all of it, as a model",
        "part of it, as a model",
        "through a job that read all of it",
        "through a job, to measure",
    ],
)
def test_how_sure_a_leak_is(tmp_path: Path, rule: str, records: list[Resource], confidence: str) -> None:
    """Only a job that reads the whole holdout itself, and not to measure, has surely learned from it."""
    assert [one.confidence for one in check(tmp_path, rule, HELD, *records)] == [confidence]


FACE = "s3://data/faces/2.jpg"
OTHER = "s3://lists/other.manifest"
LISTS = {LIST: ["s3://data/faces/1.jpg", FACE], OTHER: [FACE, "s3://data/faces/3.jpg"]}
OF_OTHER = [channel("train", OTHER, "ManifestFile")]


@pytest.mark.parametrize(
    ("job", "confidences"),
    [
        (training("j", {"train": FACE}), ["medium"]),
        (training("j", {"train": "s3://data/faces/"}), ["medium"]),
        (training("j", {"train": "s3://data/fac"}), ["medium"]),
        (training("j", [channel("train", "s3://data/fac", mode="FastFile")]), []),
        (training("j", {"train": "s3://data/faces/3.jpg"}), []),
        (training("j", OF_OTHER), ["high"]),
        (training("j", [channel("test", OTHER, "ManifestFile")]), ["low"]),
        (training("j", {"test": FACE}), ["low"]),
        (training("j", {"model": FACE}), []),
        (training("j", {"code": FACE}), []),
        (training("j", [channel("train", LIST, "ManifestFile")]), []),
        (training("j", {"train": FACE}, TrainingJobStatus="Failed"), ["medium"]),
        (training("j", {"train": FACE}, TrainingJobStatus="Failed", **NEVER), []),
        (training("j", {"train": FACE}, TrainingJobStatus="Stopped", **NEVER), []),
        (training("j", {"train": FACE}, ServerlessJobConfig={"JobType": "Evaluation"}), []),
        (processing("j", {"train": FACE}, {}), []),
    ],
    ids=[
        "an object of it",
        "the folder of its objects",
        "a key that they begin with",
        "the same as a folder",
        "an object of the other list",
        "the other list, which has an object of it",
        "the other list, to measure",
        "an object, to measure",
        "an object, as a model",
        "an object, as code",
        "the holdout's own list",
        "a job that failed after it had begun",
        "a job that failed before",
        "a job that was stopped before",
        "a job that only measures",
        "a job that prepares",
    ],
)
def test_who_leaked_what_a_list_holds(tmp_path: Path, job: Resource, confidences: list[str]) -> None:
    """A job that began to train on an object of the holdout's list is told; surely, where another list names the object."""
    owner = training("owner", [channel("train", LIST, "ManifestFile")], day="2026-01-03")
    assert [one.confidence for one in check(tmp_path, "LIN004", LIST, owner, job, lists=LISTS)] == confidences
