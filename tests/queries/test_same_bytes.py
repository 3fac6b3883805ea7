"""A question gets the same bytes alone and among many: what is read once for all of them changes no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.attestations import NO_ATTESTATIONS
from lineage.domain.kinds import MADE
from lineage.domain.names import Location, parse_location
from lineage.domain.records import Resource
from lineage.domain.text import json_text
from lineage.graphs.derive import join
from lineage.graphs.leads import Prefixes, first_write, places_near
from lineage.graphs.named import NamedPlaces
from lineage.graphs.neighbourhoods import made_excerpt, making_excerpt, reached_excerpt
from lineage.queries.datasets import DatasetsUnderWay
from lineage.queries.flow.links import Flow
from lineage.queries.impact_rows import reached_from
from lineage.queries.trace import Tracing
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot
from tests.conftest import examples
from tests.queries.test_agreeing_estates import HIDDEN, PLACE, hidden
from tests.queries.test_random_estates import JOBS, KEYS, Job, resource
from tests.queries.worlds import HOMES, MOVES, Move, at, records
from tests.records import channel, training
from tests.snapshot.test_file import CRAWL
from tests.swept import swept

Question = tuple[str, Callable[[lineage.Snapshot], object]]
TWO = st.lists(MOVES, min_size=2, max_size=2).map(lambda parts: [move for part in parts for move in part])


@contextmanager
def file_of(moves: list[Move], holes: list[tuple[int, str]]) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        swept(Path(folder) / "s.db", hidden(records(moves), holes), HOMES)
        yield Path(folder) / "s.db"


def ids_of(snapshot: lineage.Snapshot, *kinds: str) -> list[str]:
    return [node.id for kind in kinds for node in snapshot.of_kind(kind)]


def endpoints_of(snapshot: lineage.Snapshot) -> list[str]:
    return [one for one in ids_of(snapshot, "endpoint") if "@" not in one]


def questions(snapshot: lineage.Snapshot, uri: str) -> Iterator[Question]:
    for one in endpoints_of(snapshot):
        yield f"trace {one}", lambda opened, one=one: lineage.trace(opened, one)  # type: ignore[misc]
    for one in ids_of(snapshot, *MADE):
        yield f"datasets {one}", lambda opened, one=one: lineage.datasets(opened, one, holdouts=[uri])  # type: ignore[misc]
    for one in [uri, *ids_of(snapshot, "training-job", "processing-job", "model")]:
        yield f"impact {one}", lambda opened, one=one: lineage.impact(opened, one)  # type: ignore[misc]
    yield f"used {uri}", lambda opened: lineage.used(opened, uri)


def told(question: Question, snapshot: lineage.Snapshot) -> str:
    return json_text(question[1](snapshot).as_json())  # type: ignore[attr-defined]


@settings(max_examples=examples(15), deadline=None)
@given(TWO, HIDDEN, PLACE)
def test_an_answer_does_not_depend_on_earlier_questions(moves: list[Move], holes: list[tuple[int, str]], uri: str) -> None:
    """A question asked after all others of an open snapshot has the bytes that it has of a file just opened."""
    with file_of(moves, holes) as path, lineage.open_snapshot(path) as warm:
        asked = list(questions(warm, uri))
        for question in asked:
            told(question, warm)
        for question in asked:
            with lineage.open_snapshot(path) as fresh:
                assert told(question, fresh) == told(question, warm), question[0]


@settings(max_examples=examples(25), deadline=None)
@given(TWO, HIDDEN, PLACE)
def test_a_graph_for_many_endpoints_gives_the_answers_of_each(
    moves: list[Move], holes: list[tuple[int, str]], uri: str
) -> None:
    """`trace` and `datasets` of each endpoint have the same bytes of one graph for all endpoints, as a report asks them."""
    with file_of(moves, holes) as path, lineage.open_snapshot(path) as snapshot:
        endpoints = endpoints_of(snapshot)
        around = made_excerpt(snapshot, endpoints)
        graph = Flow(around)
        for one in endpoints:
            tracing = Tracing.over(graph, one)
            assert json_text(tracing.answer().as_json()) == json_text(lineage.trace(snapshot, one).as_json())
            for asked in ([], [uri]):
                making = lambda one=one: Flow(making_excerpt(around, one))  # noqa: E731
                together = DatasetsUnderWay(tracing, snapshot, around, making, NO_ATTESTATIONS).answer(asked)
                assert json_text(together.as_json()) == json_text(lineage.datasets(snapshot, one, holdouts=asked).as_json())


BELOW = ["", "/", "a", "/a", "/b", "/ab", "b/"]
LISTED = st.tuples(KEYS, st.lists(KEYS, min_size=1, max_size=3))


@settings(max_examples=examples(15), deadline=None)
@given(JOBS, st.lists(LISTED, max_size=2), st.lists(KEYS, min_size=1, max_size=3))
@example([(True, [("ba", "File")], ["b"], 1)], [("a", ["a"]), ("a", ["b"])], ["b"])
def test_many_locations_get_the_answers_of_each(
    jobs: list[Job], listings: list[tuple[str, list[str]]], keys: list[str]
) -> None:
    """`used` of many locations, whose folders are read once, has the bytes that each has of a file just opened."""
    uris = [f"s3://x/{key}{more}" for key in keys for more in BELOW]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        _crawl_listed(path, [resource(number, job) for number, job in enumerate(jobs)], listings)
        with lineage.open_snapshot(path) as snapshot:
            named = NamedPlaces.of(snapshot)
            known = [(named.near(parse_location(uri)), named.around(parse_location(uri))) for uri in uris]
            together = [json_text(answer.as_json()) for answer in lineage.used_all(snapshot, uris)]
        for uri, near, told_of in zip(uris, known, together, strict=True):
            with lineage.open_snapshot(path) as fresh:
                assert json_text(lineage.used(fresh, uri).as_json()) == told_of
                named = NamedPlaces.of(fresh)
                assert (named.near(parse_location(uri)), named.around(parse_location(uri))) == near


@settings(max_examples=examples(60), deadline=None)
@given(JOBS, st.lists(KEYS, min_size=1, max_size=2))
def test_the_places_near_many_locations_are_those_near_each(jobs: list[Job], keys: list[str]) -> None:
    """What is read and written around a location is the same if its folder was read for others before."""
    places = [Location("s3://x", key + more) for key in ["", *keys] for more in BELOW if (key + more).strip("/")]
    with TemporaryDirectory() as folder:
        swept(Path(folder) / "s.db", [resource(number, job) for number, job in enumerate(jobs)])
        with lineage.open_snapshot(Path(folder) / "s.db") as snapshot:
            near = Prefixes(snapshot)
            for place in (*places, *places):
                told = [list(_near(snapshot, place, some)) for some in (near, Prefixes(snapshot))]
                assert told[0] == told[1], place.uri


def _near(snapshot: Snapshot, place: Location, near: Prefixes) -> Iterator[object]:
    yield sorted(set(places_near(snapshot, place, near)))
    yield first_write(place, near)
    yield from (near.read(place), near.written(place), list(near.first_writes(place)))


def _crawl_listed(path: Path, found: list[Resource], listings: list[tuple[str, list[str]]]) -> None:
    """A crawl that also read some manifests, each of which a job reads."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        for number, (key, listed) in enumerate(listings):
            found.append(training(f"m{number}", [channel("list", f"s3://lists/{key}", "ManifestFile")]))
            entries = [Location("s3://x", one) for one in listed]
            recording.listings.put(Manifest(f"s3://lists/{key}", "ManifestFile", f"e{number}", at(-9)), entries, at(9000))
        for one in found:
            recording.add(one)
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish("2026-01-01T00:01:00Z")


@settings(max_examples=examples(25), deadline=None)
@given(TWO, HIDDEN)
def test_what_many_jobs_led_to_is_what_each_led_to(moves: list[Move], holes: list[tuple[int, str]]) -> None:
    """One graph for many jobs and models shows what `impact` says that each of them reached, and whether it is served."""
    with file_of(moves, holes) as path, lineage.open_snapshot(path) as snapshot:
        ids = ids_of(snapshot, "training-job", "model")
        graph = Flow(reached_excerpt(snapshot, ids))
        for one in ids:
            rows = lineage.impact(snapshot, one).reached
            beside = ("after", "through", "evidence")
            alone = [{name: value for name, value in row.items() if name not in beside} for row in rows]
            together = sorted(reached_from(graph, one), key=lambda row: row["id"])
            assert together == sorted(alone, key=lambda row: row["id"])
