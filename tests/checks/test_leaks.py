"""The rules on holdouts at their edges: how certain a leak is, and which jobs can have leaked the objects of a list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.names import parse_location
from lineage.domain.records import Gap, Resource
from lineage.graphs.derive import join
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot
from tests.records import ACCOUNT, REGION, channel, processing, served, training
from tests.snapshot.test_file import CRAWL

HELD, LIST = "s3://data/holdout/", "s3://lists/held.manifest"
NEVER = {"TrainingStartTime": None, "TrainingEndTime": None}
MADE = "s3://made/"
PREPARED = processing("prep", {"in": HELD}, {"out": MADE})


def checked(
    path: Path, holdout: str, *records: Resource | Gap, lists: Mapping[str, list[str]] | None = None, subjects: Any = None
) -> lineage.Checked:
    """A check of a snapshot of some records, and of the manifests' lists."""
    with Snapshot(path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        for record in records:
            recording.add(record)
        for place, uris in (lists or {}).items():
            version = Manifest(place, "ManifestFile", "e", "2026-01-01T00:00:00Z")
            recording.listings.put(version, map(parse_location, uris), "2026-06-01T00:00:00Z")
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish("2026-06-01T00:00:00Z")
    with lineage.open_snapshot(path / "s.db") as snapshot:
        return lineage.check(snapshot, lineage.Policy(holdouts=(holdout,)), subjects)


def check(path: Path, rule: str, holdout: str, *records: Resource, **words: Any) -> list[lineage.Finding]:
    """What a rule finds."""
    return [one for one in checked(path, holdout, *records, **words).findings if one.rule == rule]


def outcome(answer: lineage.Checked, rule: str) -> tuple[str, list[str]]:
    """The result and message of a rule, without what is unknown about lists that no crawl read."""
    (ended,) = (one["outcome"] for one in answer.rules if one["id"] == rule)
    return ended, [one.message for one in (*answer.findings, *answer.undecided) if one.rule == rule]


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
    """A job that trained on an object of the holdout's list is reported, for certain where another list names the object."""
    owner = training("owner", [channel("train", LIST, "ManifestFile")], day="2026-01-03")
    assert [one.confidence for one in check(tmp_path, "LIN004", LIST, owner, job, lists=LISTS)] == confidences


@pytest.mark.parametrize(
    ("read", "shown"),
    [("s3://data/faces/", "s3://data/faces/1.jpg"), (FACE, FACE), ("s3://data/fac", "s3://data/faces/1.jpg")],
    ids=["a folder", "an object", "a key that they begin with"],
)
def test_which_object_of_a_list_is_shown(tmp_path: Path, read: str, shown: str) -> None:
    """A leak from a list shows an object of the list that was read, not the place around it."""
    owner = training("owner", [channel("train", LIST, "ManifestFile")], day="2026-01-03")
    (found,) = check(tmp_path, "LIN004", LIST, owner, training("j", {"train": read}), lists=LISTS)
    assert found.message == f"j trained on {shown}, which the holdout's manifest {LIST} lists"


# --- what the message says ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "records", "said"),
    [
        ("LIN001", [training("j", {"train": HELD})], f"j trained on holdout {HELD}: channel train = {HELD}"),
        (
            "LIN001",
            [training("j", {"train": "s3://data/"})],
            f"j trained on holdout {HELD}: channel train = s3://data/, which covers all of it",
        ),
        (
            "LIN001",
            [training("j", {"test": f"{HELD}1/"})],
            f"j was given holdout {HELD} in channel test, which by its name only measures: channel test = {HELD}1/, which covers part of it",
        ),
        (
            "LIN002",
            [PREPARED, training("j", {"train": MADE})],
            f"j trained on holdout {HELD}: channel train = {MADE}, made from it by prep",
        ),
        (
            "LIN002",
            [PREPARED, processing("more", {"i": MADE}, {"o": "s3://more/"}, day="2026-01-03"), training("j", {"train": "s3://more/"}, day="2026-01-04")],
            f"j trained on holdout {HELD}: channel train = s3://more/, made from it by prep and more",
        ),
    ],
    ids=["itself", "around it", "part of it, to measure", "through a job", "through two jobs"],
)  # fmt: skip
def test_what_a_leak_says(tmp_path: Path, rule: str, records: list[Resource], said: str) -> None:
    """A leak shows its channel and place, how much of the holdout that is, or what made it from the holdout."""
    assert [one.message for one in check(tmp_path, rule, HELD, *records)] == [said]


@pytest.mark.parametrize(
    ("record", "direct", "through"),
    [
        (training("j", {}, HyperParameters={"more": HELD}), True, False),
        (training("j", {"code": HELD}), True, False),
        (training("j", {"train": MADE}), False, True),
        (training("j", {"train": "s3://x/"}), False, False),
    ],
    ids=["a hyperparameter names it", "as code", "through a job that may have written", "neither"],
)
def test_which_rule_tells_a_possible_use(tmp_path: Path, record: Resource, direct: bool, through: bool) -> None:
    """A possible direct read is reported by the one rule, a possible indirect one by the other, and by no third."""
    failed = processing("prep", {"in": HELD}, {"out": MADE}, ProcessingJobStatus="Failed")
    answer = checked(tmp_path, HELD, failed, record)
    told = [any("may have trained on" in said for said in outcome(answer, rule)[1]) for rule in ("LIN001", "LIN002")]
    assert told == [direct, through]


@pytest.mark.parametrize(("gaps", "more"), [(0, ""), (1, ", and 1 more"), (2, ", and 2 more")])
def test_what_could_hide_a_leak(tmp_path: Path, gaps: int, more: str) -> None:
    """The first gap is shown, and the number of others: here the lists, which no crawl has read."""
    lacking = [
        Gap(ACCOUNT, REGION, "DescribeTrainingJob", f"training-job:{ACCOUNT}/{REGION}/{n}", "denied", "no") for n in range(gaps)
    ]
    answer = checked(tmp_path, HELD, training("j", {"train": "s3://x/"}), *lacking)
    for rule, used in (("LIN001", "for training"), ("LIN002", "for training through other jobs")):
        ended, (said,) = outcome(answer, rule)
        assert ended == "unknown"
        assert said.startswith(f"unknown whether holdout {HELD} was used {used}: not every job was read: ")
        assert said.endswith(f"(`lineage crawl`){more}")


def test_a_leak_elsewhere_is_none_of_a_subject(tmp_path: Path) -> None:
    """For a subject each rule on holdouts reports only its origin."""
    lists = {LIST: [FACE], OTHER: [FACE]}
    elsewhere = training("elsewhere", [channel("train", OTHER, "ManifestFile"), channel("test", FACE)])
    records = training("fit", {"train": "s3://x/"}), elsewhere, *served("s3://models/fit/output/model.tar.gz")
    everything, asked = (
        checked(tmp_path / name, LIST, *records, lists=lists, subjects=subjects) for name, subjects in folders(tmp_path)
    )
    assert {one.rule for one in everything.findings if "elsewhere" in one.message} >= {"LIN003", "LIN004"}
    assert not [one for one in asked.findings if "elsewhere" in one.message]


def folders(path: Path) -> list[tuple[str, list[str] | None]]:
    """Two empty folders: for a check of all, and for one of a subject."""
    for name in ("all", "one"):
        (path / name).mkdir()
    return [("all", None), ("one", ["shop"])]


# --- channels that share data -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reads", "ended", "shares"),
    [
        ([channel("train", "s3://d/"), channel("test", "s3://d/")], "failed", "s3://d/"),
        ([channel("train", "s3://d/"), channel("test", "s3://d/test/")], "failed", "s3://d/test/"),
        ([channel("train", "s3://d/train/1"), channel("test", "s3://d/train/")], "failed", "s3://d/train/1"),
        ([channel("train", "s3://d/t"), channel("test", "s3://d/test/")], "failed", "s3://d/test/"),
        ([channel("train", "s3://d/t", mode="FastFile"), channel("test", "s3://d/test/")], "passed", ""),
        ([channel("train", "s3://d/train/"), channel("test", "s3://d/test/")], "passed", ""),
        ([channel("train", "s3://d/"), channel("more", "s3://d/")], "not-applicable", ""),
        ([channel("test", "s3://d/"), channel("validation", "s3://d/")], "not-applicable", ""),
        ([channel("train", "s3://d/")], "not-applicable", ""),
        ([channel("train", "s3://d/"), channel("model", "s3://d/")], "not-applicable", ""),
        ([channel("train", LIST, "ManifestFile"), channel("test", OTHER, "ManifestFile")], "failed", FACE),
        ([channel("train", LIST, "ManifestFile"), channel("test", FACE)], "failed", FACE),
        ([channel("train", FACE), channel("test", LIST, "ManifestFile")], "failed", FACE),
        ([channel("train", LIST, "ManifestFile"), channel("test", "s3://d/")], "passed", ""),
        ([channel("train", "s3://l/none", "ManifestFile"), channel("test", "s3://d/")], "unknown", None),
        ([channel("train", "s3://ap-1-s3alias/"), channel("test", "s3://d/")], "unknown", None),
    ],
    ids=[
        "one place",
        "one in the other",
        "the other in the one",
        "a key that another begins with",
        "the same as a folder",
        "side by side",
        "nothing measured on",
        "nothing to learn from",
        "one channel",
        "a model",
        "two lists with an object in common",
        "a list and its object",
        "an object and its list",
        "a list and another place",
        "a list that nobody read",
        "an access point",
    ],
)
def test_which_channels_share_data(tmp_path: Path, reads: list[dict[str, Any]], ended: str, shares: str | None) -> None:
    """Channels to learn and to measure share what both read; the rule passes only what it could read."""
    got, said = outcome(checked(tmp_path, HELD, training("j", reads), lists=LISTS), "LIN003")
    assert got == ended
    assert [one.partition(" share ")[2] for one in said if shares] == ([shares] if shares else [])
    assert bool(said) is (ended in ("failed", "unknown"))


def test_jobs_that_share_nothing_do_not_hide_one_that_does(tmp_path: Path) -> None:
    """Each of several jobs is checked by itself."""
    jobs = [
        training(name, {"train": "s3://d/a/", "test": f"s3://d/{test}/"})
        for name, test in (("fine", "b"), ("odd", "a"), ("good", "c"))
    ]
    ended, said = outcome(checked(tmp_path, HELD, *jobs), "LIN003")
    assert (ended, [one.partition(" ")[0] for one in said]) == ("failed", ["odd"])
