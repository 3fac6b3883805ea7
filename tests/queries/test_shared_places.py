"""A place that many jobs write and many read: `trace` sorts the writes once, and no answer depends on that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.domain.records import Resource
from lineage.domain.text import json_text
from lineage.graphs.build import graph_of
from lineage.queries.flow import untold
from lineage.queries.flow.links import Flow
from lineage.queries.trace import Trace, Tracing, TreeStep, trace
from tests.conftest import examples
from tests.queries.test_same_bytes import TWO
from tests.queries.worlds import Move, at, records
from tests.records import arn, channel, processing, record, served, training
from tests.work import grows_straight

LATEST, KEY = "s3://p/latest/", "s3://p/latest/model.tar.gz"


def artifact(number: int) -> str:
    return f"s3://m/j{number}/output/model.tar.gz"


def day_of(number: int) -> str:
    return f"{2000 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


def reads(number: int, *channels: str) -> Resource:
    """A training job that continues the model of the day before."""
    base = [channel("model", artifact(number - 1))] if number else []
    return training(f"j{number}", [*base, *(channel("train", one) for one in channels)], artifact(number), day=day_of(number))


def overwritten(number: int) -> list[Resource]:
    return [processing(f"p{number}", {}, {"out": LATEST}, day=day_of(number)), reads(number, LATEST)]


def perhaps_written(number: int) -> list[Resource]:
    prep = processing(f"p{number}", {}, {"out": LATEST}, day=day_of(number), ProcessingJobStatus="Failed")
    return [prep, reads(number, LATEST)]


def logged(number: int) -> list[Resource]:
    run = {"OutputArtifacts": {"out": {"Value": LATEST}}, "Source": {"SourceArn": arn("processing-job", f"p{number}")}}
    return [*overwritten(number), record("trial-component", f"r{number}", run)]


def named(number: int) -> list[Resource]:
    return [processing(f"p{number}", {}, {}, day=day_of(number), Environment={"OUT": LATEST}), reads(number, LATEST)]


def dated(number: int) -> list[Resource]:
    return [processing(f"p{number}", {}, {"out": f"{LATEST}{number}/"}, day=day_of(number)), reads(number, LATEST)]


def promoted(place: str, number: int) -> list[Resource]:
    """A job copies the model of the day before to one place, and a training job continues from there."""
    copies = processing(f"p{number}", {"in": artifact(number - 1)}, {"out": place}, day=day_of(number))
    return [copies, training(f"j{number}", [channel("model", place)], artifact(number), day=day_of(number))]


SHAPES: list[Callable[[int], list[Resource]]] = [
    overwritten, perhaps_written, logged, named, dated, partial(promoted, LATEST), partial(promoted, KEY),
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=["overwritten", "failed", "logged", "named", "dated", "folder", "key"])
def test_a_place_that_many_write_and_read_costs_each_of_them_once(shape: Callable[[int], list[Resource]]) -> None:
    """Twice the days of a place that one job a day writes and another reads are about twice the work."""

    def asks(days: int) -> Callable[[], Trace]:
        found = [one for number in range(days) for one in shape(number)]
        graph = graph_of([*found, *served(artifact(days - 1))])
        return partial(trace, graph, "shop")

    assert grows_straight(asks, 80)


PLACES = st.sampled_from([LATEST, LATEST, KEY, f"{LATEST}part/", "s3://p/"])
HOURS, MAYBE = st.integers(0, 8), st.none() | st.none() | PLACES
STATUS = st.sampled_from(["Completed", "Completed", "Completed", "Failed", "InProgress"])
WRITES = st.tuples(st.just("writes"), HOURS, st.integers(1, 4), STATUS, PLACES, MAYBE, MAYBE)
READS = st.tuples(st.just("reads"), HOURS, st.integers(1, 4), STATUS, PLACES, MAYBE, MAYBE)
CROWD = st.lists(WRITES | READS, min_size=12, max_size=24)


def one_of_many(
    number: int, what: str, hour: int, lasts: int, status: str, place: str, named: str | None, logs: str | None
) -> list[Resource]:
    """A job that writes or reads a place that others use too, which it may also name in a text; and what its run logged."""
    begin, end = at(hour), at(hour + lasts)
    env = {"PLACE": named} if named else {}
    if what == "writes":
        times = {"CreationTime": begin, "ProcessingStartTime": begin} | (
            {} if status == "InProgress" else {"ProcessingEndTime": end}
        )
        job = processing(f"p{number}", {}, {"out": place}, Environment=env, ProcessingJobStatus=status, **times)
    else:
        used_as = "model" if number % 3 == 0 else "train"
        channels = [channel(used_as, place), *([channel("base", artifact(number - 1))] if number else [])]
        times = {"CreationTime": begin, "TrainingStartTime": begin} | (
            {} if status == "InProgress" else {"TrainingEndTime": end}
        )
        made = KEY if number % 5 == 0 else artifact(number)
        job = training(f"j{number}", channels, made, Environment=env, TrainingJobStatus=status, **times)
    run = {
        "OutputArtifacts": {"o": {"Value": logs}},
        "Source": {"SourceArn": job.arn} if number % 2 else {},
        "CreationTime": begin,
    }
    return [job, *([record("trial-component", f"r{number}", run)] if logs else [])]


def told(graph: Flow, node: str) -> tuple[str, list[object]]:
    """The answer, and each step of its tree."""
    answer = Tracing.over(graph, node).answer()
    steps, todo = list[object](), [(0, answer.tree)]
    while todo:
        depth, step = todo.pop()
        steps.append((depth, *(getattr(step, name) for name in TreeStep.__slots__ if name != "steps")))
        todo += [(depth + 1, below) for below in reversed(step.steps)]
    return json_text(answer.as_json()), steps


def told_either_way(found: list[Resource]) -> tuple[object, object]:
    """All answers about what was read, with sorted writes, and with each reader compared with each writer."""
    graph = graph_of(found)
    observed = [node for node, data in graph.nodes.items() if data["observed"] and "://" not in node]
    answers = []
    with pytest.MonkeyPatch.context() as patch:
        for few in (-1, 10**6):
            patch.setattr(untold, "FEW", few)
            answers.append([told(flow, node) for flow in [Flow(graph)] for node in observed])
    return answers[0], answers[1]


@settings(max_examples=examples(60), deadline=None)
@given(CROWD, MAYBE)
def test_a_trace_is_the_same_if_each_reader_asks_each_writer(jobs: list[tuple[Any, ...]], served_from: str | None) -> None:
    """Of many jobs around one place, sorted writes give each answer that a comparison of all readers with all writers gives."""
    found = [one for number, job in enumerate(jobs) for one in one_of_many(number, *job)]
    sorted_once, compared = told_either_way([*found, *served(served_from or artifact(len(jobs) - 1))])
    assert sorted_once == compared


@settings(max_examples=examples(20), deadline=None)
@given(TWO)
def test_so_is_a_trace_of_overwritten_deployments(moves: list[Move]) -> None:
    """The same holds of accounts in which models are deployed between the writes."""
    sorted_once, compared = told_either_way(records(moves))
    assert sorted_once == compared
