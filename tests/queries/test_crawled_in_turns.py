"""Kinds that are crawled in turns: a list is no ground for a "no" about a job that was still to read when the list began."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from tests.records import ACCOUNT, REGION, processing, served, training
from tests.swept import swept

SECRET = "s3://secret/"
OLD = training("old", {"train": "s3://b/"}, LastModifiedTime="2026-01-02T11:00:00Z")
NEW_DAY = "2026-06-02"
MAKER = processing("maker", {"in": SECRET}, {"out": "s3://prep/"}, day=NEW_DAY)
SECOND, THIRD = ((f"2026-06-0{day}T12:00:00Z", f"2026-06-0{day}T12:01:00Z") for day in (2, 3))
JOBS = ["training-job"]
OTHERS = ["processing-job", "transform-job"]


def fed(status: str = "Completed", modified: str = f"{NEW_DAY}T11:00:00Z", **body: Any) -> Resource:
    """A training job of what the maker made."""
    told = {"TrainingJobStatus": status, "LastModifiedTime": modified}
    return training("fed", {"train": "s3://prep/"}, day=NEW_DAY, **(told | body))


def verdict(path: Path, uri: str = SECRET) -> str:
    with lineage.open_snapshot(path) as snapshot:
        return lineage.used(snapshot, uri).verdict


def lists(path: Path) -> set[str]:
    """The kinds whose lists leave an answer open."""
    with lineage.open_snapshot(path) as snapshot:
        holes = lineage.used(snapshot, SECRET).scope["holes"]
    return {hole["subject"] for hole in holes if hole["reason"] == "not-enumerated"}


def test_what_made_the_data_of_a_newer_job_may_be_on_no_list(tmp_path: Path) -> None:
    """After a crawl of only training jobs that finds a new one, lists from before it ended prove nothing; new ones do.

    The gap of each says how to read it. The list of training jobs itself is new.
    """
    path = tmp_path / "s.db"
    swept(path, [OLD])
    assert verdict(path) == "not-referenced"
    swept(path, [fed()], began=SECOND[0], ended=SECOND[1], kinds=JOBS)
    assert verdict(path) == "unknown"
    assert {"processing-job", "transform-job"} <= lists(path)
    assert "training-job" not in lists(path)
    with lineage.open_snapshot(path) as snapshot:
        gaps = lineage.used(snapshot, SECRET).scope["holes"]
        assert any("`lineage crawl --kind processing-job`" in gap["detail"] for gap in gaps)
        assert any(gap["subject"] == "processing-job" for gap in lineage.datasets(snapshot, "fed").scope["holes"])
    swept(path, [MAKER], began=THIRD[0], ended=THIRD[1], kinds=OTHERS)
    assert verdict(path) == "used-indirectly"
    assert lists(path).isdisjoint(OTHERS)


def test_kinds_in_turns_leave_a_no(tmp_path: Path) -> None:
    """A later crawl that finds no job that ran after a list began leaves that list a ground for a "no".

    So do jobs of another account, and the lists of one crawl, however long it took.
    """
    path = tmp_path / "s.db"
    swept(path, [OLD, fed("InProgress", "2026-05-31T23:00:00Z")])
    assert verdict(path) == "not-referenced"
    late = training("late", {"train": "s3://b/"}, LastModifiedTime="2026-05-31T23:59:00Z")
    swept(path, [OLD, late], began=SECOND[0], ended=SECOND[1], kinds=JOBS)
    assert verdict(path) == "not-referenced"
    elsewhere = [("444455556666", REGION)]
    swept(path, [], elsewhere, *SECOND)
    assert verdict(path) == "not-referenced"


@pytest.mark.parametrize("job", [fed("InProgress", "2026-05-31T23:00:00Z"), fed(LastModifiedTime=None)])
def test_a_job_that_has_not_ended_reads_on(tmp_path: Path, job: Resource) -> None:
    """A job that a later crawl found running, or does not say when it ended, may read what was made after a list began."""
    swept(tmp_path / "s.db", [OLD])
    swept(tmp_path / "s.db", [job], began=SECOND[0], ended=SECOND[1], kinds=JOBS)
    assert verdict(tmp_path / "s.db") == "unknown"


def test_a_walk_that_finds_a_newer_job_outdates_all_lists(tmp_path: Path) -> None:
    """What a crawl of one endpoint finds may have been fed by what no list names, and one gap says so."""
    path = tmp_path / "s.db"
    swept(path, [OLD])
    swept(path, [fed()], began=SECOND[0], ended=SECOND[1], kinds=[])
    with lineage.open_snapshot(path) as snapshot:
        (gap,) = lineage.used(snapshot, SECRET).scope["holes"]
    assert (gap["account"], gap["reason"], gap["subject"]) == (ACCOUNT, "not-enumerated", "")
    assert "began before a training job ended" in gap["detail"]


def test_a_list_is_still_a_list(tmp_path: Path) -> None:
    """What only asks for what there was at the time, such as a search, takes an outdated list for complete."""
    path = tmp_path / "s.db"
    swept(path, [OLD, *served("s3://m/x.tar.gz")])
    swept(path, [fed()], began=SECOND[0], ended=SECOND[1], kinds=JOBS)
    with lineage.open_snapshot(path) as snapshot:
        assert lineage.search(snapshot, "model").scope["complete"]


def test_merged_accounts_keep_their_outdated_lists(tmp_path: Path) -> None:
    """A merged snapshot knows which lists a later crawl of the same account has outdated."""
    swept(tmp_path / "a.db", [OLD])
    swept(tmp_path / "a.db", [fed()], began=SECOND[0], ended=SECOND[1], kinds=JOBS)
    swept(tmp_path / "b.db", [], [("444455556666", REGION)], *THIRD)
    lineage.merge_snapshots([tmp_path / "b.db", tmp_path / "a.db"], tmp_path / "all.db")
    assert verdict(tmp_path / "all.db") == "unknown"
    assert lists(tmp_path / "all.db") == lists(tmp_path / "a.db")
