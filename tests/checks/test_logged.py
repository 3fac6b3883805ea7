"""A complete log of a run pins what its job read, as a statement of its own, and answers that rest on it say so."""

from __future__ import annotations

from pathlib import Path

import pytest

import lineage
from lineage.domain.pins import Pin
from lineage.domain.records import Resource
from lineage.graphs.build import graph_of
from tests.queries.test_contents import ANOTHER, ARTIFACT, PIN, TRAIN, fit, pinning
from tests.records import arn, channel, served
from tests.snapshot.test_file import crawl

MANIFEST = "s3://lists/train.manifest"


@pytest.mark.parametrize(
    ("job", "runs", "expected"),
    [
        (fit("one"), [pinning("one")], "logged"),
        (fit("one"), [pinning("one", pin=Pin(1, "x", given=True))], "logged"),
        (fit("one"), [pinning("one", pin=Pin(9, "sha256:1a", complete=False))], "no"),
        (fit("one"), [pinning("one", at="s3://ml/churn/train/part/")], "no"),
        (fit("one"), [pinning("one", at="s3://ml/churn/")], "no"),
        (fit("one", reads={"train": "s3://ml/churn/train"}), [pinning("one")], "no"),
        (fit("one", reads=[channel("train", MANIFEST, "ManifestFile")]), [pinning("one", at=MANIFEST)], "no"),
        (fit(), [pinning("one")], "no"),
        (
            fit("one"),
            [pinning("one"), pinning("two", pin=ANOTHER, Source={"SourceArn": arn("training-job", "fit")})],
            "no",
        ),
    ],
    ids=[
        "all of it",
        "a digest that was given",
        "part of the objects",
        "a place in it",
        "a place around it",
        "a prefix that may cover more",
        "a manifest",
        "another's run",
        "two runs that do not agree",
    ],
)
def test_what_a_run_logged_whole_is_pinned_as_logged(job: Resource, runs: list[Resource], expected: str) -> None:
    """A log counts only for the exact place, with everything that was there, and where no other log contradicts it."""
    rows = lineage.datasets(graph_of([job, *runs]), "training-job/fit").datasets
    assert [row["pinned"] for row in rows if row["job"]["kind"] == "training-job" and row["state"] == "read"] == [expected]


def test_what_rests_on_a_log_is_said() -> None:
    """A note says that people may write a pin, and another one that a given digest was not verified."""
    said = [
        lineage.datasets(graph_of([fit("one"), pinning("one", pin=pin)]), "training-job/fit").caveats
        for pin in (PIN, Pin(1, "x", given=True))
    ]
    assert ["anyone who can write the run" in note for note in said[0]].count(True) == 1
    assert not any("given by whoever logged them" in note for note in said[0])
    assert any("given by whoever logged them" in note for note in said[1])
    assert not any("is not pinned" in note for notes in said for note in notes)


def test_a_snapshot_and_the_whole_graph_agree_on_what_is_pinned(tmp_path: Path) -> None:
    """The part of a large snapshot that the question reads holds the runs of the jobs."""
    records = [fit("one"), pinning("one"), *served(ARTIFACT)]
    crawl(tmp_path / "lineage.db", *records)
    with lineage.open_snapshot(tmp_path / "lineage.db") as snapshot:
        rows = [lineage.datasets(one, "endpoint/shop").datasets for one in (snapshot, graph_of(records))]
    stored, held = ([(row["pinned"], row["content"]) for row in some] for some in rows)
    assert stored == held
    assert [row["pinned"] for row in rows[0]] == ["logged"]


OF_IT = {"Source": {"SourceArn": arn("training-job", "fit")}}


@pytest.mark.parametrize(
    ("records", "message", "notes"),
    [
        ([fit("one"), pinning("one")], None, ["anyone who can write the run"]),
        (
            [fit("one"), pinning("one", pin=Pin(1, "x", given=True))],
            None,
            ["anyone who can write the run", "given by whoever logged them"],
        ),
        ([fit("one"), pinning("one", Parameters={})], f"fit read unversioned data: train = {TRAIN}", []),
        (
            [fit("one"), pinning("one", pin=Pin(9, "x", complete=False))],
            f"fit read unversioned data: train = {TRAIN} (the content of a part of it is logged)",
            [],
        ),
        (
            [fit("one"), pinning("one"), pinning("two", pin=ANOTHER, **OF_IT)],
            f"fit read unversioned data: train = {TRAIN} (logged as {PIN.digest} and as {ANOTHER.digest})",
            [],
        ),
        (
            [fit("one", reads={"train": TRAIN, "test": "s3://ml/churn/test/"}), pinning("one")],
            "fit read unversioned data: test = s3://ml/churn/test/",
            ["anyone who can write the run"],
        ),
    ],
    ids=["logged", "given", "not logged", "part of it", "two contents", "one of two channels"],
)
def test_a_channel_that_a_run_pinned_is_no_finding(
    tmp_path: Path, records: list[Resource], message: str | None, notes: list[str]
) -> None:
    """A read is unpinned if no run logged it whole, or several differ; where the rule accepts a log, a note says so."""
    crawl(tmp_path / "lineage.db", *records, *served(ARTIFACT))
    with lineage.open_snapshot(tmp_path / "lineage.db") as snapshot:
        checked = lineage.check(snapshot)
        off = lineage.check(snapshot, lineage.Policy(severities={"LIN005": "off"}))
    found = [one.message for one in checked.findings if one.rule == "LIN005"]
    assert found == ([message] if message else [])
    said = [note for note in checked.caveats if "whoever" in note or "anyone" in note]
    assert len(said) == len(notes)
    assert all(word in note for word, note in zip(notes, said, strict=True))
    assert not [note for note in off.caveats if "whoever" in note or "anyone" in note]
