"""The basis of a "no": how much was read, the jobs that do not say what they read, and accounts without any training."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Counted, Counts, Gap, Resource, Scope
from lineage.queries.as_json import numbers_json
from lineage.queries.scope import ALL, Within, counts, empty
from tests.estate import HEADER
from tests.records import ACCOUNT, COMPLETE, REGION, arn, channel, processing, record, served, training

HERE = frozenset({(ACCOUNT, REGION)})
ALL_LISTED = frozenset((ACCOUNT, REGION, kind.name) for kind in KINDS.values() if kind.list)
ISOLATED = {"EnableNetworkIsolation": True}
SHUT = {"NetworkConfig": {"EnableNetworkIsolation": True}}
REPACK = {"HyperParameters": {"sagemaker_program": "_repack_model.py"}}
READS_OUT = training("fit", {"train": "s3://out/x/"}, day="2026-01-03")


def whole(*records: Resource) -> lineage.Graph:
    """The graph of some records, where every list was finished."""
    graph = lineage.graph_of(records)
    graph.graph["scope"] = dataclasses.replace(graph.graph["scope"], enumerated=COMPLETE | ALL_LISTED, places=HERE)
    return graph


CASES: dict[str, tuple[bool, list[Resource]]] = {
    "no channel": (True, [training("j", {})]),
    "no channel, isolated": (False, [training("j", {}, **ISOLATED)]),
    "no channel, never began": (False, [training("j", {}, TrainingJobStatus="Failed", TrainingStartTime=None)]),
    "only code": (True, [training("j", {"code": "s3://code/j/"})]),
    "only what the SDK's trainer puts there": (
        True, [training("j", {"code": "s3://code/j/", "sm_drivers": "s3://code/d/", "recipe": "s3://code/r/"})],
    ),
    "only a script, its libraries and its files": (
        True,
        [
            processing("p", {"entrypoint": "s3://c/run.sh", "jars": "s3://c/j/", "py-files": "s3://c/p/", "files": "s3://c/f/"}, {"out": "s3://out/x/"}),
            READS_OUT,
        ],
    ),
    "only a flow": (True, [processing("p", {"Flow": "s3://c/x.flow"}, {"out": "s3://out/x/"}), READS_OUT]),
    "a flow and data": (
        False, [processing("p", {"flow": "s3://c/x.flow", "source": "s3://raw/"}, {"out": "s3://out/x/"}), READS_OUT],
    ),
    "only a checkpoint folder": (True, [training("j", {}, CheckpointConfig={"S3Uri": "s3://models/j/checkpoints"})]),
    "only a text names data": (True, [training("j", {}, Environment={"DATA": "s3://other/x/"})]),
    "a channel of data": (False, [training("j", {"train": "s3://other/"})]),
    "a channel of a model": (False, [training("j", {"model": "s3://other/model.tar.gz"})]),
    "a repack job": (False, [training("j", {}, **REPACK)]),
    "no input, and what it wrote is trained on": (True, [processing("p", {}, {"out": "s3://out/x/"}), READS_OUT]),
    "no input, isolated": (False, [processing("p", {}, {"out": "s3://out/x/"}, **SHUT), READS_OUT]),
    "an input": (False, [processing("p", {"in": "s3://raw/"}, {"out": "s3://out/x/"}), READS_OUT]),
    "no input, and nobody reads what it wrote": (False, [processing("p", {}, {"out": "s3://else/x/"}), READS_OUT]),
    "no input, and who reads it writes nothing": (
        False, [processing("p", {}, {"out": "s3://mid/"}), processing("q", {"in": "s3://mid/"}, {}, day="2026-01-03"), READS_OUT],
    ),
    "no input, trained on through another job": (
        True,
        [
            processing("p", {}, {"out": "s3://mid/"}),
            processing("q", {"in": "s3://mid/"}, {"out": "s3://out/x/"}, day="2026-01-03"),
            training("fit", {"train": "s3://out/x/"}, day="2026-01-04"),
        ],
    ),
    "no input, and a model loads what it wrote": (
        True, [processing("p", {}, {"out": "s3://out/m/"}), *served("s3://out/m/model.tar.gz")],
    ),
    "no input, and a text names what is trained on": (
        True, [processing("p", {}, {}, Environment={"OUT": "s3://out/"}), READS_OUT],
    ),
    "no input, and a text names the folder of what is trained on": (
        True, [processing("p", {}, {}, Environment={"OUT": "s3://far/"}), training("fit", {"train": "s3://far/x/deep/"}, day="2026-01-04")],
    ),
    "no input, and a text names what nobody reads": (
        False, [processing("p", {}, {}, Environment={"OUT": "s3://else/"}), READS_OUT],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("hole", "records"), CASES.values(), ids=CASES)
def test_who_does_not_say_what_it_read_is_a_hole(hole: bool, records: list[Resource]) -> None:
    """A job that was not isolated and declares no channel may have read anything, where it trains or leads to training."""
    answer = lineage.used(whole(*records), "s3://raw/secret/")
    if hole:
        assert (answer.verdict, {one["reason"] for one in answer.scope["holes"]}) == ("unknown", {"no-channels"})
    else:
        assert answer.verdict in ("not-referenced", "used-indirectly")
        assert not answer.scope["holes"]


def test_the_questions_agree_on_a_silent_job() -> None:
    """`used`, `impact`, `trace` and `datasets` report the same job that may have read anything, and not for other endpoints."""
    others = [training("fit", {"train": "s3://other/"}, "s3://m/o.tar.gz"), *served("s3://m/o.tar.gz", name="other")]
    graph = whole(training("j", {}, "s3://m/j.tar.gz"), *served("s3://m/j.tar.gz"), *others)
    asked = "s3://raw/secret/"
    mine, theirs = (lineage.datasets(graph, f"endpoint/{name}", holdouts=[asked]) for name in ("shop", "other"))
    for answer in (lineage.used(graph, asked), lineage.impact(graph, asked), mine):
        assert "no-channels" in {one["reason"] for one in answer.scope["holes"]}
    assert "no-channels" in {one["reason"] for one in lineage.trace(graph, mine.subject["id"]).scope["holes"]}
    assert (mine.holdouts[0]["verdict"], theirs.holdouts[0]["verdict"]) == ("unknown", "not-referenced")


# --- in numbers ---------------------------------------------------------------------------------


def test_numbers(crawled: Any) -> None:
    """An answer says how many jobs were read and were not isolated, and how many channels read data without a known writer."""
    efs = channel("efs", "x") | {
        "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1", "FileSystemType": "EFS", "DirectoryPath": "/d"}}
    }
    answer = crawled(
        processing("p", {"in": "s3://raw/"}, {"out": "s3://out/x/"}),
        processing("late", {"in": "s3://raw/"}, {"out": "s3://late/"}, day="2026-01-05"),
        processing("shut", {}, {"out": "s3://out/x/"}, **SHUT),
        training("made", {"train": "s3://out/x/", "more": "s3://out/", "raw": "s3://raw/"}, day="2026-01-03"),
        training("early", {"train": "s3://late/"}, day="2026-01-03", **ISOLATED),
        training("disk", [efs]),
        training("silent", {}),
    )
    assert answer.scope["numbers"] == {
        "resources": 7,
        "jobs_that_train": 4,
        "training_jobs": 4,
        "training_jobs_without_isolation": 3,
        "training_jobs_without_channels": 1,
        "processing_jobs": 3,
        "processing_jobs_without_isolation": 2,
        "processing_jobs_without_inputs": 0,
        "channels": 5,
        "channels_of_unknown_writer": 3,  # raw; late, which was written after it was read; the file system
        "deleted_jobs_not_read": 0,
    }
    assert "Bedrock" in answer.scope["not_read"]


def test_nobody_counted_a_graph_of_records() -> None:
    """A graph without a snapshot has no numbers and says so, because zeros would look like counts."""
    assert lineage.used(whole(training("j", {"train": "s3://d/"})), "s3://x/").scope["numbers"] is None


def test_deleted_jobs_that_nobody_read_are_counted() -> None:
    """Of the deleted jobs each that no crawl read counts once; models and temporarily unreadable jobs do not count."""
    gone = [arn("training-job", name) for name in ("a", "b", "known", "refused")]
    reasons = ("deleted", "missing", "missing", "denied")
    holes = [Gap(ACCOUNT, REGION, "DescribeTrainingJob", job, why) for job, why in zip(gone, reasons, strict=True)]
    holes += [
        Gap(ACCOUNT, REGION, "CloudTrail", gone[0], "missing"),
        Gap(ACCOUNT, REGION, "DescribeModel", arn("model", "m"), "missing"),
    ]
    scope = Scope(holes=tuple(holes), known=frozenset({gone[2]}), counted=(Counted(ACCOUNT, REGION, Counts()),))
    assert (numbers_json(scope, Counts()) or {})["deleted_jobs_not_read"] == 2
    assert (numbers_json(scope, Counts(), lambda *_: False) or {})["deleted_jobs_not_read"] == 0


# --- accounts without training --------------------------------------------------------------------


def _counted(**jobs: int) -> Scope:
    places = [(ACCOUNT, f"r{name}") for name in jobs]
    counted = tuple(
        Counted(*place, Counts(number, number, number)) for place, number in zip(places, jobs.values(), strict=True)
    )
    return Scope(counted=counted, enumerated=frozenset((*place, "training-job") for place in places))


@pytest.mark.parametrize(
    ("jobs", "within", "expected"),
    [
        ({}, ALL, []),
        ({"a": 0}, ALL, [(ACCOUNT, "ra")]),
        ({"a": 0, "b": 0}, ALL, [("", "")]),
        ({"a": 0, "b": 1}, ALL, []),
        ({"a": 0, "b": 1}, Within(regions=("ra",)), [(ACCOUNT, "ra")]),
        ({"a": 0, "b": 1}, Within(regions=("rb",)), []),
        ({"a": 0}, Within(accounts=("999999999999",)), []),  # which is not enumerated, and therefore a gap
    ],
)
def test_where_nobody_trains_is_a_hole(jobs: dict[str, int], within: Within, expected: list[tuple[str, str]]) -> None:
    """Where the accounts and regions of the question hold no training job, that is a gap with the account and the region."""
    scope = _counted(**jobs)
    assert [(gap.account, gap.region) for gap in empty(scope, within)] == expected
    assert all(gap.reason == "empty" and "ra" in gap.detail for gap in empty(scope, within))
    assert counts(scope, within).training_jobs == sum(n for name, n in jobs.items() if within.takes(ACCOUNT, f"r{name}"))


def test_many_empty_places_are_counted() -> None:
    """Of many places some are named, and the rest are counted correctly."""
    (gap,) = empty(_counted(**{f"{number:02}": 0 for number in range(12)}))
    assert "r04 and 7 other places" in gap.detail


def test_an_empty_account_proves_nothing(crawled: Any) -> None:
    """A crawl that found no training job proves no "no"."""
    answer = crawled(record("model", "m", {"CreationTime": "2026-01-01T00:00:00Z"}))
    assert (answer.verdict, [(one["reason"], one["account"], one["region"]) for one in answer.scope["holes"]]) == (
        "unknown",
        [("empty", ACCOUNT, REGION)],
    )


@pytest.fixture
def crawled(tmp_path: Any) -> Any:
    """Crawls records as a whole account, and asks whether a place that none of them names was used."""

    def ask(*records: Resource) -> lineage.Usage:
        lines = [HEADER, *({"kind": one.kind, "record": dict(one.body)} for one in records)]
        (tmp_path / "account.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        lineage.crawl_estate(tmp_path / "s.db", replay=tmp_path / "account.jsonl")
        with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
            return next(lineage.used_all(snapshot, ["s3://nowhere/x/"]))

    return ask
