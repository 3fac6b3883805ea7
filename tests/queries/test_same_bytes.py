"""A question gets the same bytes alone and among many: what is read once for all of them changes no answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.attestations import NO_ATTESTATIONS
from lineage.domain.kinds import MADE
from lineage.domain.text import json_text
from lineage.graphs.neighbourhoods import made_excerpt, making_excerpt, reached_excerpt
from lineage.queries.datasets import DatasetsUnderWay
from lineage.queries.flow.links import Flow
from lineage.queries.impact import reached_from
from lineage.queries.trace import Tracing
from tests.conftest import examples
from tests.queries.test_agreeing_estates import HIDDEN, PLACE, hidden
from tests.queries.worlds import HOMES, MOVES, Move, records
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
