"""Random small estates: the answers agree with brute force, and with themselves over a snapshot."""

from __future__ import annotations

import json
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from cli.render.indented import indented
from lineage.domain.names import Cover, Span, cover, parse_location
from lineage.domain.records import Crawl, Gap, Resource, Scope, decoded
from lineage.graphs.build import graph_of
from lineage.graphs.leads import places_near
from lineage.queries.used import used
from tests.conftest import examples
from tests.records import COMPLETE, channel, processing, served, training
from tests.snapshot.test_file import crawl

UNIVERSE = ["".join(letters) for length in range(6) for letters in product("ab/", repeat=length)]
CRAWL = Crawl(1, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "arn:x", ("111122223333",), ("eu-west-1",), (), "0", "1")

KEYS = st.text("ab/", min_size=1, max_size=3)
READS = st.lists(st.tuples(KEYS, st.sampled_from(["File", "FastFile"])), min_size=1, max_size=2)
JOBS = st.lists(
    st.tuples(st.booleans(), READS, st.lists(KEYS, min_size=1, max_size=2, unique=True), st.integers(1, 4)),
    min_size=1,
    max_size=5,
)
Job = tuple[bool, list[tuple[str, str]], list[str], int]


def resource(number: int, job: Job) -> Resource:
    trains, reads, writes, day = job
    if trains:
        channels = [channel(f"c{i}", f"s3://x/{key}", mode=mode) for i, (key, mode) in enumerate(reads)]
        return training(f"t{number}", channels, f"s3://x/{writes[0]}", day=f"2026-01-0{day}")
    inputs = {f"i{i}": f"s3://x/{key}" for i, (key, _) in enumerate(reads)}
    outputs = {f"o{i}": f"s3://x/{key}" for i, key in enumerate(writes)}
    return processing(f"p{number}", inputs, outputs, day=f"2026-01-0{day}")


def prefix(key: str) -> set[str]:
    return {one for one in UNIVERSE if one.startswith(key)}


def folder(key: str) -> set[str]:
    return prefix(key) if key.endswith("/") or not key else {key} | prefix(f"{key}/")


def reads_of(job: Job) -> set[str]:
    trains, reads, _, _ = job
    return set().union(*(folder(key) if trains and mode == "FastFile" else prefix(key) for key, mode in reads))


def writes_of(job: Job) -> set[str]:
    trains, _, writes, _ = job
    return set().union(*map(folder, writes[:1] if trains else writes))


def reached(jobs: list[Job], dataset: str) -> set[int]:
    """By brute force over keys and times: the jobs that the data at a location can have reached."""
    closes = [(day, 11 if trains else 9) for trains, _, _, day in jobs]  # both when it has read and when it writes
    found = {number for number, job in enumerate(jobs) if reads_of(job) & folder(dataset)}
    while True:
        more = {
            reader
            for writer in found
            for reader, job in enumerate(jobs)
            if reader != writer and closes[writer] <= closes[reader] and writes_of(jobs[writer]) & reads_of(job)
        }
        if more <= found:
            return found
        found |= more


@settings(max_examples=examples(300))
@given(JOBS, KEYS)
def test_used_agrees_with_brute_force(jobs: list[Job], dataset: str) -> None:
    """Data that can have reached a training job is never called unused, and data that cannot have is called unused."""
    graph = graph_of(resource(number, job) for number, job in enumerate(jobs))
    graph.graph["scope"] = Scope((CRAWL,), (), COMPLETE)
    trained = any(jobs[number][0] for number in reached(jobs, dataset))
    verdict = used(graph, f"s3://x/{dataset}").verdict
    assert (verdict != "not-referenced") == trained, verdict


NEGATIVE = ("unknown", "not-referenced")
HOLES = st.sampled_from(["DescribeTrainingJob", "DescribeModel", "ListProcessingJobs", "Search", "GetObject"]).map(
    lambda operation: Gap("111122223333", "eu-west-1", operation, f"{operation}:x", "denied")
)


def judged(records: list[Resource], dataset: str, *holes: Gap) -> str:
    graph = graph_of(records)
    graph.graph["scope"] = Scope((CRAWL,), holes, COMPLETE)
    return used(graph, f"s3://x/{dataset}").verdict


@settings(max_examples=examples(200))
@given(
    JOBS, KEYS, st.lists(st.tuples(st.booleans(), READS, st.lists(KEYS, min_size=1, max_size=2), st.integers(1, 4)), max_size=3)
)
def test_more_records_take_no_use_away(jobs: list[Job], dataset: str, more: list[Job]) -> None:
    """One more record, of a related job or another one, makes no positive verdict negative.

    It may make it indirect: what another job wrote is its model, and no data.
    """
    records = [resource(number, job) for number, job in enumerate([*jobs, *more])]
    before, after = judged(records[: len(jobs)], dataset), judged(records, dataset)
    assert before in NEGATIVE or after not in NEGATIVE


@settings(max_examples=examples(200))
@given(JOBS, KEYS, st.lists(HOLES, min_size=1, max_size=3))
def test_a_hole_proves_nothing(jobs: list[Job], dataset: str, holes: list[Gap]) -> None:
    """Unreadable records weaken no positive verdict, and make no data unused that was not unused without them."""
    records = [resource(number, job) for number, job in enumerate(jobs)]
    before, after = judged(records, dataset), judged(records, dataset, *holes)
    assert after == before or (before, after) == ("not-referenced", "unknown")


def answers(graph: Any, dataset: str) -> Any:
    return lineage.used(graph, f"s3://x/{dataset}").as_json()


@settings(max_examples=examples(40))
@given(JOBS, KEYS, st.randoms(use_true_random=False))
def test_a_snapshot_answers_as_its_records_do(jobs: list[Job], dataset: str, random: Any) -> None:
    """The part that is loaded for one question is enough for it, and the order of the records means nothing."""
    records = [*(resource(number, job) for number, job in enumerate(jobs)), *served(f"s3://x/{jobs[0][2][0]}")]
    random.shuffle(records)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "s.db"
        crawl(path, *records)
        with lineage.open_snapshot(path) as snapshot:
            whole = lineage.graph(snapshot)
            (endpoint,) = snapshot.of_kind("endpoint")
            near = lineage.neighbourhood(snapshot, [endpoint.id], "up")
            assert answers(lineage.around_dataset(snapshot, f"s3://x/{dataset}"), dataset) == answers(whole, dataset)
            assert lineage.trace(near, endpoint.id).as_json() == lineage.trace(whole, endpoint.id).as_json()
            for subject in (f"s3://x/{dataset}", endpoint.id):
                part = lineage.around_subject(snapshot, subject)
                assert lineage.impact(part, subject).as_json() == lineage.impact(whole, subject).as_json()


@settings(max_examples=examples(100))
@given(
    st.lists(KEYS | st.text("ab/é\ud7ff\ue000\U0010ffff", max_size=4), min_size=1, max_size=8),
    KEYS | st.text("aé\ud7ff\U0010ffff/"),
)
def test_no_place_that_shares_keys_is_left_out(keys: list[str], dataset: str) -> None:
    """Whatever the kind of read, a place is found where it may cover part of a location."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "s.db"
        crawl(path, *(training(f"t{number}", {"c": f"s3://x/{key}"}) for number, key in enumerate(keys)))
        with lineage.open_snapshot(path) as snapshot:
            asked = parse_location(f"s3://x/{dataset}")
            near = set(places_near(snapshot, asked))
    places = [(parse_location(f"s3://x/{key}"), span) for key in keys for span in Span]
    assert {place.uri for place, span in places if cover(place, span, asked) in (Cover.ALL, Cover.PART)} <= near


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(1e-4, 1e15) | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("\ud800"), inner),
)


@given(JSON)
def test_answers_are_indented_as_python_does_it(value: Any) -> None:
    """The JSON of an answer is that of Python's own encoder, byte for byte, with escapes for terminal control characters."""
    assert ascii("".join(indented(value))) == ascii(lineage.json_text(value, indent=2) + "\n")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_of_answers_are_read_back_as_they_were(value: float) -> None:
    """However a small or a large number is written, it is the same number."""
    assert json.loads("".join(indented({"metrics": [value], "last": value}))) == {"metrics": [value], "last": value}


def test_a_long_list_is_written_some_at_a_time() -> None:
    """No piece of an answer holds all findings, and together they are its JSON."""
    answer = {"findings": [{"n": number} for number in range(2500)], "scope": {}, "none": []}
    pieces = list(indented(answer))
    assert "".join(pieces) == json.dumps(answer, indent=2) + "\n"
    assert max(map(len, pieces)) < sum(map(len, pieces)) / 2


@given(JSON)
def test_records_are_read_as_python_does_it(value: Any) -> None:
    """The values of a record or a node are unchanged, lone surrogates too."""
    small = json.loads(json.dumps(value), parse_int=float)
    assert decoded(json.dumps(small)) == small
