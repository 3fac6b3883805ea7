"""The edges of the walk between jobs: which of several writes counts, and when a write adds nothing to another."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.domain.records import Resource
from lineage.domain.times import CERTAIN, POSSIBLE
from lineage.graphs.build import graph_of
from lineage.queries.flow.belonging import belongings, members, ran_in
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.places import steps_to
from lineage.queries.flow.reached import Reached
from lineage.queries.flow.steps import Step
from lineage.queries.flow.writers import writers
from lineage.queries.used import used
from tests.queries.test_pipelines import at as execution
from tests.queries.test_pipelines import cached, run, step
from tests.records import arn, channel, processing, record, training

MADE, COPY = "s3://models/fit/output/model.tar.gz", "s3://prod/shop/model.tar.gz"


def outputs(at_its_end: list[str], meanwhile: list[str]) -> Resource:
    """A processing job that uploads some places at its end and others continuously, so that neither implies the other."""
    ways = [(place, "EndOfJob") for place in at_its_end] + [(place, "Continuous") for place in meanwhile]
    each = [{"OutputName": uri, "S3Output": {"S3Uri": uri, "S3UploadMode": way}} for uri, way in ways]
    return processing("p", {"raw": "s3://raw/"}, {}, ProcessingOutputConfig={"Outputs": each})


def reader(place: str) -> Resource:
    return training("j", {"train": place})


def wrote(reads: Resource, relation: str, *records: Resource) -> list[Step]:
    """What wrote the things that a record reads, in one place only."""
    graph = Flow(graph_of([reads, *records]))
    (reading,) = links_into(graph, reads.id, relation)
    return writers(graph, reading)


@pytest.mark.parametrize(
    ("at_its_end", "meanwhile", "read", "shown"),
    [
        (["s3://o/"], ["s3://o/x/"], "s3://o/x/y/", "s3://o/x/"),
        (["s3://o/x/"], ["s3://o/"], "s3://o/x/y/", "s3://o/x/"),
        (["s3://o/x/"], ["s3://o/"], "s3://o/x/", "s3://o/x/"),
        (["s3://o/"], ["s3://o/x/y/"], "s3://o/", "s3://o/x/y/"),
        (["s3://o/aaa/"], ["s3://o/b/"], "s3://o/", "s3://o/aaa/"),
        (["s3://o/a/"], ["s3://o/bbb/"], "s3://o/", "s3://o/bbb/"),
        (["s3://o/b/"], ["s3://o/a/"], "s3://o/", "s3://o/a/"),
    ],
    ids=[
        "the longer key, written meanwhile",
        "the longer key, written at the end",
        "the very place before what is around it",
        "what is inside before the very place",
        "the longer one of two inside, named first",
        "the longer one of two inside, named last",
        "of two that are as long, the first by name",
    ],
)
def test_which_of_a_jobs_writes_counts(at_its_end: list[str], meanwhile: list[str], read: str, shown: str) -> None:
    """Where a reader got something from several places of one job, the narrowest is shown, and the job only once."""
    job = outputs(at_its_end, meanwhile)
    steps = wrote(reader(read), "reads", job)
    assert [(step.job, step.fit, step.links[0].target) for step in steps] == [(job.id, CERTAIN, shown)]


def test_a_sure_way_outranks_a_narrower_one() -> None:
    """A job that surely wrote around a place is shown so, though it also wrote a possible copy under a far longer name."""
    one = {"Image": "image:1", "ModelDataETag": "a"}
    pins = [
        record(
            "model-package",
            name,
            {
                "CreationTime": "2026-01-20T10:00:00Z",
                "InferenceSpecification": {"Containers": [one | {"ModelDataUrl": place}]},
            },
        )
        for name, place in (("dev", MADE), ("prod", COPY))
    ]
    job = training("fit", {}, MADE, CheckpointConfig={"S3Uri": "s3://prod/"})
    model = record("model", "m", {"CreationTime": "2026-02-01T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": COPY}})
    only_copied = wrote(model, "loads", *pins, training("fit", {}, MADE))
    assert [(step.fit, step.links[0].target) for step in only_copied] == [(POSSIBLE, MADE)]
    both = wrote(model, "loads", *pins, job)
    assert [(step.fit, step.links[0].target) for step in both] == [(CERTAIN, "s3://prod/")]


# --- writes that add something ------------------------------------------------------------------


def news(*writes: tuple[str, str, int], **body: Any) -> list[bool]:
    """Whether each of several writes of one job to one place adds something, by window of days and distance."""
    graph = Flow(graph_of([processing("p", {}, {"out": "s3://o/"}, **body), reader("s3://o/")]))
    (write,) = links_out_of(graph, graph_id(graph), "writes")
    reached = Reached(graph, "reads", "loads")
    return [
        any(found for _, found in reached.readers(_timed(write, opens, closes), far, ("reads", "loads")))
        for opens, closes, far in writes
    ]


def graph_id(graph: Flow) -> str:
    """The processing job's node."""
    return next(node for node, data in graph.nodes.items() if data["kind"] == "processing-job")


def _timed(write: Link, opens: str, closes: str) -> Link:
    window = "/".join(f"2026-01-{day}T08:00:00Z" if day else "" for day in (opens, closes))
    return write._replace(time=window)


@pytest.mark.parametrize(
    ("first", "second", "is_news"),
    [
        (("02", "04", 1), ("02", "04", 1), False),
        (("02", "04", 1), ("01", "04", 1), True),
        (("02", "04", 1), ("03", "04", 1), False),
        (("02", "04", 1), ("02", "03", 1), True),
        (("02", "04", 1), ("02", "05", 1), False),
        (("02", "04", 1), ("02", "04", 0), True),
        (("02", "04", 1), ("02", "04", 2), False),
        (("02", "04", 1), ("01", "05", 1), True),
        (("02", "04", 1), ("03", "03", 1), True),
        (("02", "04", 1), ("03", "05", 0), True),
        (("02", "04", 1), ("03", "05", 2), False),
        (("02", "04", 1), ("02", "", 1), False),
        (("02", "", 1), ("02", "04", 1), True),
        (("02", "", 1), ("02", "", 1), False),
        (("02", "04", 1), ("", "04", 1), True),
        (("", "04", 1), ("02", "04", 1), False),
    ],
    ids=[
        "the same",
        "began earlier",
        "began later",
        "ended earlier",
        "ended later",
        "nearer to the start",
        "further from the start",
        "around it",
        "within it",
        "later in all, and nearer",
        "later in all, and further",
        "an end that nobody knows, after a known one",
        "a known end, after one that nobody knows",
        "two ends that nobody knows",
        "a beginning that nobody knows, after a known one",
        "a known beginning, after one that nobody knows",
    ],
)
def test_which_write_is_news(first: tuple[str, str, int], second: tuple[str, str, int], is_news: bool) -> None:
    """A write adds nothing after an earlier, equally near one that ended no later: that one reaches the same readers."""
    assert news(first, second) == [True, is_news]


def test_each_earlier_write_counts() -> None:
    """A write adds nothing where any earlier one was as good, the first one or the last."""
    assert news(("02", "04", 1), ("01", "05", 1), ("03", "04", 1), ("01", "06", 1)) == [True, True, False, False]


def test_a_failed_write_leaves_the_others_news() -> None:
    """A job that may have failed adds nothing after another one that may have; it removes nothing from a certain writer."""
    day = ("02", "04", 1)
    assert news(day, day, ProcessingJobStatus="Failed") == [True, False]
    assert news(day, day, ProcessingJobStatus="Stopped") == [True, False]


@pytest.mark.parametrize(("status", "told"), [("Failed", ["used-indirectly", "possible"]), ("Completed", ["used-indirectly"])])
def test_a_failed_writer_hides_no_sure_one(status: str, told: list[str]) -> None:
    """A job that read what a failed job and a later one wrote of the data is as certain as through the later one alone."""
    first = processing("a", {"raw": "s3://raw/"}, {"out": "s3://prep/"}, day="2026-01-01", ProcessingJobStatus=status)
    second = processing("b", {"raw": "s3://raw/"}, {"out": "s3://prep/"})
    answer = used(graph_of([first, second, reader("s3://prep/")]), "s3://raw/")
    assert [row["verdict"] for row in answer.findings] == told


# --- the readers of a place ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "told"),
    [
        ([training("j", {"train": "s3://o/"})], [("j", CERTAIN)]),
        ([training("j", {"train": "s3://o/"}, day="2026-01-01")], []),
        ([training("j", {"train": "s3://o/"}, TrainingStartTime="2026-01-02T08:30:00Z")], [("j", POSSIBLE)]),
        ([training("j", {"train": "s3://o/"}, TrainingStartTime=None, TrainingEndTime=None)], [("j", CERTAIN)]),
        ([training("j", {"train": "s3://o/"}), training("k", {"train": "s3://o/"}, day="2026-01-03")], [("j", CERTAIN), ("k", CERTAIN)]),
        ([training("j", {"train": "s3://o/x/"})], []),
    ],
    ids=["after it", "before it", "meanwhile", "nobody knows when, but created later", "two", "another place"],
)  # fmt: skip
def test_who_reads_what_was_written(records: list[Resource], told: list[tuple[str, str]]) -> None:
    """The readers at a place are those that had not finished before it was written, without the writer itself."""
    job = processing("p", {"own": "s3://o/"}, {"out": "s3://o/"})
    graph = Flow(graph_of([job, *records]))
    (write,) = links_out_of(graph, job.id, "writes")
    found = list(steps_to(graph, write, (), links_out_of(graph, "s3://o/", "reads")))
    assert [(graph.nodes[step.job]["name"], step.fit) for step in found] == told
    assert all(step.links[0] == write for step in found)
    assert writers(graph, next(link for link in links_into(graph, job.id, "reads"))) == []


def test_two_ways_to_read_one_place() -> None:
    """Of two readers of one name only the one that reads it as a prefix gets longer names; a reader of the folder does not."""
    ways = [
        training(name, [channel("t", "s3://b/t", mode=mode)]) for name, mode in (("prefix", "File"), ("folder", "FastFile"))
    ]
    job = processing("p", {"raw": "s3://raw/"}, {"out": "s3://b/training/"})
    graph = Flow(graph_of([job, *ways]))
    (write,) = links_out_of(graph, job.id, "writes")
    (overlap,) = links_out_of(graph, write.target, "overlaps")
    assert [step.job for step in steps_to(graph, write, (overlap,), links_out_of(graph, "s3://b/t", "reads"))] == [ways[0].id]
    wrote_it = {way.name: [step.job for step in writers(graph, links_into(graph, way.id, "reads")[0])] for way in ways}
    assert wrote_it == {"prefix": [job.id], "folder": []}


# --- what an execution ran and what it reused ---------------------------------------------------

FIT, OTHER = arn("training-job", "fit"), arn("training-job", "other")


def graph_of_runs(*runs: Resource) -> Flow:
    return Flow(graph_of([training("fit", {}), *runs]))


@pytest.mark.parametrize(
    ("runs", "ran", "reused"),
    [
        ([run("e2", step())], ["e2"], []),
        ([run("e2", step()), run("e1", step())], ["e1", "e2"], []),
        ([run("e1", step()), run("e2", step(**cached("e1")))], ["e1"], ["e2"]),
        ([run("e2", step(**cached("e1")))], ["e1"], ["e2"]),
        ([run("e3", step(**cached("e2"))), run("e2", step(**cached("e1")))], ["e1"], ["e2", "e3"]),
        ([run("e4", step(**cached("e2"))), run("e3", step(**cached("e1")))], ["e1", "e2"], ["e3", "e4"]),
        ([run("e2", step(**cached("e1"))), run("e1", step("Other", OTHER, **cached("e0")))], ["e1"], ["e2"]),
        ([run("e1", step(**cached("e2"))), run("e2", step(**cached("e1")))], [], ["e1", "e2"]),
        ([], [], []),
    ],
    ids=[
        "one",
        "two",
        "one, and one that reused it",
        "only one that reused it is known",
        "a chain of which only the end is not known",
        "two that reused it from two",
        "a reuse by another step",
        "a circle",
        "none",
    ],
)
def test_in_which_executions_a_job_ran(runs: list[Resource], ran: list[str], reused: list[str]) -> None:
    """The execution that ran it comes before those that reused it; if only reuses are known, they lead back to it."""
    found = ran_in(graph_of_runs(*runs), FIT)
    assert found == ([execution(one) for one in ran], [execution(one) for one in reused])


def test_a_reuse_is_no_membership() -> None:
    """An execution stands for itself, and what it reused leads to another one only by way of that very step."""
    graph = graph_of_runs(run("e1", step()), run("e2", step(**cached("e1")), step("More", OTHER)))
    assert [link.target for link in belongings(graph, execution("e2"))] == [arn("pipeline", "p")]
    assert [link.target for link in belongings(graph, execution("e2"), "Fit")] == [execution("e1")]
    assert belongings(graph, execution("e2"), "More") == []
    assert {link.source for link in members(graph, execution("e1"))} == {execution("e2"), FIT}
    assert [link.source for link in members(graph, execution("e1"), "Fit")] == [execution("e2")]
    assert members(graph, execution("e1"), "More") == []
