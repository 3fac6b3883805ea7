"""Which content of a place was read, as runs logged it: shown beside each use, and never a use or a "no" by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.pins import Pin, parameter_of
from lineage.domain.records import Resource
from lineage.graphs.build import graph_of
from tests.queries.test_runs import SDK, a_run, holding
from tests.queries.test_used import whole
from tests.records import arn, processing, served, training
from tests.work import grows_straight

TRAIN = "s3://ml/churn/train/"
PIN = Pin(12, "sha256:1a2b3c4d5e6f7a8b")
ANOTHER = Pin(13, "sha256:ffffffffffffffff")
ARTIFACT = "s3://models/fit/output/model.tar.gz"


def pinning(name: str, *, at: str = TRAIN, pin: Pin | str = PIN, role: str = "train", **body: Any) -> Resource:
    """A run that logged one input, and which content it had."""
    text = pin if isinstance(pin, str) else pin.text()
    logged = {"InputArtifacts": {role: {"Value": at}}, "Parameters": {parameter_of(role): {"StringValue": text}}}
    return a_run(f"fraud-{name}", SDK, **(logged | body))


def fit(*runs: str, name: str = "fit", reads: Any = None, **body: Any) -> Resource:
    """A training job that somebody started in a run."""
    config = {"ExperimentConfig": {"ExperimentName": "Fraud", "RunName": f"fraud-{runs[0]}"}} if runs else {}
    return training(name, reads or {"train": TRAIN}, ARTIFACT, **(config | body))


def contents(uri: str, *records: Resource) -> list[list[tuple[str, str]]]:
    """The runs of each finding that say which content it was, with its digest."""
    found = lineage.used(whole(*records), uri).findings
    return [[(one["run_name"], one["digest"]) for one in row["content"]] for row in found]


SAID = [("fraud-one", PIN.digest)]
PREP = processing("prep", {"raw": "s3://raw/x/"}, {"out": TRAIN})


@pytest.mark.parametrize(
    ("uri", "records", "expected"),
    [
        (TRAIN, [fit("one"), pinning("one")], [SAID]),
        (TRAIN, [fit("one"), pinning("one", at=TRAIN.rstrip("/"))], [SAID]),
        (f"{TRAIN}part-1.csv", [fit("one"), pinning("one")], [SAID]),
        ("s3://ml/", [fit("one"), pinning("one")], [SAID]),
        (TRAIN, [fit("one", reads={"all": "s3://ml/"}), pinning("one")], [SAID]),
        ("s3://raw/x/", [PREP, fit("one"), pinning("one")], [SAID, SAID, SAID]),
        (TRAIN, [fit(), pinning("one", Source={"SourceArn": arn("training-job", "fit")})], [SAID]),
        (TRAIN, [fit(), pinning("one")], [[], SAID]),
        (TRAIN, [fit("one"), pinning("one", at="s3://ml/other/")], [[]]),
        (TRAIN, [fit("one"), pinning("one", pin="12 objects")], [[]]),
        (TRAIN, [fit("one"), pinning("one", InputArtifacts={"test": {"Value": TRAIN}})], [[]]),
        (TRAIN, [fit("one"), pinning("one", Parameters={})], [[]]),
        (TRAIN, [pinning("one")], [SAID]),
    ],
    ids=[
        "the channel's own place",
        "without the slash",
        "an object in it",
        "a place around it",
        "the place that is asked about, in a wider channel",
        "through another job",
        "a run of which the job is the source",
        "a run of nobody's",
        "another place",
        "a text that is no pin",
        "an input of another name",
        "no pin at all",
        "a run without a job",
    ],
)
def test_a_use_tells_which_content_a_run_of_the_job_logged(uri: str, records: list[Resource], expected: Any) -> None:
    """A pinned content is shown with the uses of the run's jobs, and with no others."""
    assert contents(uri, *records) == expected


def test_a_content_is_told_with_all_that_is_known_of_it() -> None:
    """The answer names the run, the input and the place, and that only people say so."""
    pin = Pin(1, "sha256:1a", complete=False, given=True, versioned=True, size=7, version="v1", etag="e", sha256="00")
    [found] = lineage.used(whole(fit("one"), pinning("one", pin=pin)), TRAIN).findings
    assert found["content"] == [
        {
            "run": arn("trial-component", "fraud-one"),
            "run_name": "fraud-one",
            "input": "train",
            "place": TRAIN,
            "objects": 1,
            "digest": "sha256:1a",
            "complete": False,
            "given": True,
            "versioned": True,
            "size": 7,
            "version": "v1",
            "etag": "e",
            "sha256": "00",
            "evidence": "logged",
        }
    ]


def test_two_contents_of_one_place_are_both_told() -> None:
    """If two runs logged different contents, each job shows that of its own run, and the job of both shows both."""
    two = [fit("one", name="a"), fit("two", name="b"), pinning("one"), pinning("two", pin=ANOTHER)]
    assert contents(TRAIN, *two) == [SAID, [("fraud-two", ANOTHER.digest)]]
    of_it = {"Source": {"SourceArn": arn("training-job", "fit")}}
    assert contents(TRAIN, fit("one"), pinning("one"), pinning("two", pin=ANOTHER, **of_it)) == [
        [*SAID, ("fraud-two", ANOTHER.digest)]
    ]


@pytest.mark.parametrize("reads", [{"train": TRAIN}, {"other": "s3://elsewhere/"}])
def test_a_pin_changes_no_verdict(reads: dict[str, str]) -> None:
    """With and without the pin the verdict is the same, for any place: a pin is neither a use nor a "no"."""
    job, logged = fit("one", reads=reads), pinning("one")
    bare = pinning("one", Parameters={})
    for uri in (TRAIN, "s3://ml/", "s3://elsewhere/", "s3://not/named/"):
        with_it, without = (lineage.used(whole(job, run), uri) for run in (logged, bare))
        assert (with_it.verdict, len(with_it.findings)) == (without.verdict, len(without.findings))


def test_a_pin_is_no_mention_and_a_place_below_its_name_is() -> None:
    """A pin makes no edge; a text of that name that holds a place is kept: it may be the only trace of a use."""
    [edge] = [data for _, _, data in graph_of([pinning("one")]).edges(data=True) if data["relation"] in ("reads", "mentions")]
    assert edge["relation"] == "reads"
    hiding = PIN.text().replace(PIN.digest, "s3://secret/x/")
    assert lineage.used(whole(pinning("one", pin=hiding)), "s3://secret/x/").verdict == "possible"


@pytest.mark.parametrize("uri", [TRAIN, "s3://raw/x/", "s3://ml/"])
def test_a_snapshot_tells_the_same_contents_as_the_whole_graph(tmp_path: Path, uri: str) -> None:
    """The part of a large snapshot that a question loads holds the runs of the jobs that it shows."""
    records = [PREP, fit("one"), pinning("one"), fit("two", name="b"), pinning("two", pin=ANOTHER), *served(ARTIFACT)]
    expected = contents(uri, *records)
    assert any(expected)
    with holding(tmp_path, *records) as snapshot:
        [answer] = lineage.used_all(snapshot, [uri])
    assert [[(one["run_name"], one["digest"]) for one in row["content"]] for row in answer.findings] == expected


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        (PIN, "(content sha256:1a2b3c4d…, 12 objects, as run fraud-one logged)"),
        (Pin(1, "v7"), "(content v7, 1 object, as run fraud-one logged)"),
        (Pin(5, "v7", given=True), "(content v7, as was given, 5 objects, as run fraud-one logged)"),
        (Pin(0, "v7", given=True), "(content v7, as was given, as run fraud-one logged)"),
        (Pin(9, "v7", complete=False), "(content v7, that of the first 9 objects, as run fraud-one logged)"),
    ],
)
def test_a_use_says_in_its_line_which_content_it_was(run, tmp_path: Path, pin: Pin, said: str) -> None:
    """A person reads the digest, the number of objects, and who said so."""
    with holding(tmp_path, fit("one"), pinning("one", pin=pin)):
        pass
    assert said in run("used", TRAIN, "--snapshot", str(tmp_path / "lineage.db"), "-f", "table")[1]


def test_many_jobs_of_one_run_take_no_more_work_than_there_are() -> None:
    """The statement of a run is read once, however many jobs it has."""

    def asked(jobs: int) -> Any:
        graph = whole(pinning("one"), *(fit("one", name=f"fit-{number}") for number in range(jobs)))
        return lambda: lineage.used(graph, TRAIN)

    assert grows_straight(asked, 100)
