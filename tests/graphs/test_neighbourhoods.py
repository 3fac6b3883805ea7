"""What each question loads: every answer on a neighbourhood is the answer on the whole graph, and the tables say why."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.names import is_place
from lineage.errors import LineageError
from lineage.graphs import neighbourhoods
from lineage.graphs.build import around_subject, graph_of, shown
from lineage.graphs.excerpts import EdgeRow, Excerpt, Said
from lineage.graphs.follow import Follow, Only, grow
from lineage.graphs.neighbourhoods import making_excerpt
from tests.boards import MAX, fit
from tests.conftest import examples
from tests.graphs.test_copies import package
from tests.queries.test_random_estates import JOBS, KEYS, resource
from tests.queries.test_together import JOB, OTHER, PLACE, job, others
from tests.records import processing, served, training
from tests.snapshot.test_file import crawl

HOLDOUTS = ["s3://bank-ml/fraud/holdout/", "s3://bank-raw/loans/2026-05/", "s3://bank-raw/receipts/2026-08/0002.jpg"]

NO = dict.fromkeys(("unknown", "not-referenced"), "no")


@contextmanager
def the_whole_graph(question: Any) -> Iterator[None]:
    """Each question loads everything. A question about a product is one about what is upstream of it."""

    whole = cache(lineage.graph)

    def everything(snapshot: lineage.Snapshot, *_: Any, **__: Any) -> Excerpt:
        return Excerpt.of(whole(snapshot))

    with ExitStack() as patches:
        for name in ("_near", "_graph") if question in (datasets, holdouts) else ("_near",):
            patches.enter_context(mock.patch.object(neighbourhoods, name, everything))
        yield


class Asked:
    """Some places and all nodes of a snapshot, as subjects of questions."""

    def __init__(self, snapshot: lineage.Snapshot, uris: list[str], every: int = 1) -> None:
        """Of each kind, the first node and each that is `every` further."""
        self.snapshot = snapshot
        self.uris = uris
        nodes = dict(lineage.graph(snapshot).nodes(data=True))
        self.kinds = {node: data["kind"] for node, data in nodes.items() if "://" not in node}
        few = {node for kind in set(self.kinds.values()) for node in self.of(kind)[::every]}
        self.kinds = {node: kind for node, kind in self.kinds.items() if node in few}
        self.endpoints = [node for node in self.of("endpoint") if nodes[node]["observed"]]

    def of(self, *kinds: str) -> list[str]:
        return [node for node, kind in self.kinds.items() if kind in kinds]


def used(asked: Asked) -> Any:
    return [lineage.used(lineage.around_dataset(asked.snapshot, uri), uri).as_json() for uri in asked.uris]


def used_all(asked: Asked) -> Any:
    return [answer.as_json() for answer in lineage.used_all(asked.snapshot, asked.uris)]


def impact(asked: Asked) -> Any:
    subjects = [*asked.uris, *asked.kinds]
    return [lineage.impact(lineage.around_subject(asked.snapshot, one), one).as_json() for one in subjects]


def path(asked: Asked) -> Any:
    pairs = [(uri, end) for uri in asked.uris for end in (*list(asked.kinds)[:12], *asked.uris)]
    pairs += [(start, end) for start in list(asked.kinds)[:4] for end in (*asked.uris, *asked.endpoints)]
    return [lineage.path(near(asked, *ends), *ends).as_json() for ends in pairs]


def near(asked: Asked, start: str, end: str) -> lineage.Graph:
    return lineage.around_subject(asked.snapshot, start, *([] if lineage.is_location(end) else [end]))


def trace(asked: Asked) -> Any:
    graphs = ((one, lineage.neighbourhood(asked.snapshot, [one], "up")) for one in asked.endpoints)
    return [lineage.trace(graph, one).as_json() for one, graph in graphs]


def made_of(asked: Asked, holdouts: list[str]) -> Any:
    made = asked.of("training-job", "processing-job", "transform-job", "trial-component", "model", "endpoint", "model-package")
    return [lineage.datasets(asked.snapshot, one, holdouts=holdouts).as_json() for one in made]


def datasets(asked: Asked) -> Any:
    return made_of(asked, [])


def holdouts(asked: Asked) -> Any:
    """Whether holdouts are in a product. On the whole graph, gaps that are not upstream make a "no" unknown."""
    answers = [answer["holdouts"] for answer in made_of(asked, asked.uris)]
    return [[row | {"holes": 0, "verdict": NO.get(row["verdict"], row["verdict"])} for row in rows] for rows in answers]


def check(asked: Asked) -> Any:
    return lineage.check(asked.snapshot, lineage.Policy(holdouts=tuple(asked.uris))).as_json()


def check_of_some(asked: Asked) -> Any:
    subjects = asked.of("training-job")[:2]
    return lineage.check(asked.snapshot, lineage.Policy(holdouts=tuple(asked.uris)), subjects).as_json()


def report(asked: Asked) -> Any:
    return lineage.report(asked.snapshot, holdouts=asked.uris).as_json() if asked.endpoints else None


def leaderboard(asked: Asked) -> Any:
    """The leaderboard, or the reason why there is none."""
    try:
        return lineage.leaderboard(asked.snapshot, asked.of("training-job", "trial-component"), **MAX).as_json()
    except LineageError as error:
        return str(error)


def runs(asked: Asked) -> Any:
    shown = [lineage.load_run(asked.snapshot, run.id) for run in lineage.list_runs(asked.snapshot)]
    near = (lineage.around_subject(asked.snapshot, run.id) for run in shown)
    return [(run.as_json(), lineage.impact(graph, run.id).as_json()) for run, graph in zip(shown, near, strict=True)]


QUESTIONS: list[Callable[[Asked], Any]] = [
    used, used_all, impact, path, trace, datasets, holdouts, check, check_of_some, report, leaderboard, runs,
]  # fmt: skip


def differing(snapshot: lineage.Snapshot, uris: list[str], every: int = 1) -> list[str]:
    """The questions whose answer differs on the whole graph."""
    asked = Asked(snapshot, uris, every)
    answers = [question(asked) for question in QUESTIONS]
    found = []
    for question, answer in zip(QUESTIONS, answers, strict=True):
        with the_whole_graph(question):
            found += [] if question(asked) == answer else [question.__name__]
    return found


def differing_of(records: list[Any], uris: list[str]) -> list[str]:
    with tempfile.TemporaryDirectory() as directory:
        crawl(Path(directory) / "s.db", *records)
        with lineage.open_snapshot(Path(directory) / "s.db") as snapshot:
            return differing(snapshot, uris)


def measured(record: Any, number: int) -> Any:
    """A training job with a value, so that boards can rank it."""
    if record.kind == "training-job":
        value = {"MetricName": MAX["metric"], "Value": number / 10, "Timestamp": "2026-01-02T10:59:00Z"}
        record.body["FinalMetricDataList"] = [value]
    return record


COPIES = ("s3://m/1/model.tar.gz", "s3://m/2/model.tar.gz")
TRAINS = ("trains", "s3://x/a/", "s3://x/a/", 2)
# An action of the first job led to the model that is served.
BY_ACTION = [("pins", *TRAINS[1:]), ("does", "s3://x/a/", COPIES[0], 2), ("serves", COPIES[0], "s3://x/a/", 2)]


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([TRAINS], BY_ACTION, ["s3://x/a/"])
@example([("trains", "s3://kept/", "s3://x/a/", 2)] * 2, [("reuses", "s3://x/a/", "s3://kept/", 2)], ["s3://x/a/"])
@given(st.lists(JOB, min_size=1, max_size=4), st.lists(OTHER, max_size=4), st.lists(PLACE, min_size=1, max_size=2, unique=True))
def test_every_question_sees_enough_of_copies_runs_and_endpoints(jobs: list[Any], more: list[Any], uris: list[str]) -> None:
    """Over copies, reuses, logged runs and captured data, the loaded part gives the whole graph's answer."""
    records = [measured(job(number, *one), number) for number, one in enumerate(jobs)]
    records += [one for number, other in enumerate(more) for one in others(number, *other)]
    assert differing_of(records, uris) == []


def test_an_execution_that_took_a_step_over_is_seen_not_to_have_written() -> None:
    """The makers of a model at the place that it names are as certain on the loaded part as on the whole graph."""
    _, took_over = others(0, "reuses", "s3://x/a/", COPIES[0], 2)
    assert differing_of([took_over, job(0, *TRAINS[:2], COPIES[0], 3), *served(COPIES[0])], ["s3://x/a/"]) == []


@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JOBS, KEYS)
def test_every_question_sees_enough_of_keys_and_times(jobs: list[Any], dataset: str) -> None:
    """Over places that share keys in every way, the loaded part gives the whole graph's answer."""
    records = [measured(resource(number, one), number) for number, one in enumerate(jobs)]
    assert differing_of([*records, *served(f"s3://x/{jobs[0][2][0]}")], [f"s3://x/{dataset}"]) == []


@pytest.mark.parametrize("uri", ["s3://pt-s3alias/m/", "s3://pt-s3alias/", "s3://fraud--use1-az4--xa-s3/m/"])
def test_what_was_written_behind_an_access_point_may_be_a_model(tmp_path: Path, uri: str) -> None:
    """An unread model may have loaded what a job wrote there, both in the whole graph and in a neighbourhood."""
    records = [processing("p", {}, {"out": f"{uri}a/"}), *served("s3://n/", name="e")[1:], training("j", {"train": "s3://d/"})]
    crawl(tmp_path / "a.db", *records)
    with lineage.open_snapshot(tmp_path / "a.db") as snapshot:
        near = [lineage.used(lineage.around_dataset(snapshot, uri), uri), lineage.impact(around_subject(snapshot, uri), uri)]
        far = [lineage.used(lineage.graph(snapshot), uri), lineage.impact(lineage.graph(snapshot), uri)]
    for one, other in zip(near, far, strict=True):
        assert one.as_json() == other.as_json()
        assert any("e-model" in hole["subject"] for hole in one.scope["holes"])


@pytest.mark.parametrize("day", ["2026-01-01", "2026-01-05"])
def test_a_leaderboard_sees_who_wrote_a_copy(day: str) -> None:
    """A writer of equal content may have changed the compared place, too."""
    fits = [
        fit(name, value, {"train": COPIES[0]}, day=on)
        for name, value, on in (("a", 0.1, "2026-01-02"), ("b", 0.2, "2026-01-09"))
    ]
    pins = [package(f"g/{number}", place, "same", "2026-01-10") for number, place in enumerate(COPIES)]
    assert differing_of([*fits, *pins, processing("p", {}, {"out": COPIES[1]}, day=day)], [COPIES[0]]) == []


def test_every_question_sees_enough_of_the_bank(account_path: Path) -> None:
    """For the bank, the loaded part gives the whole graph's answer: in CI about a quarter of its nodes, of each kind some."""
    with lineage.open_snapshot(account_path) as snapshot:
        assert differing(snapshot, HOLDOUTS, every=1 if examples(4) == 4 else 4) == []


def test_what_a_node_was_made_of_is_the_same_of_a_graph_and_of_a_snapshot(account_path: Path) -> None:
    """A graph in memory is followed by the same table as a snapshot."""
    with lineage.open_snapshot(account_path) as snapshot:
        whole = lineage.graph(snapshot)
        for node in [node for node, data in whole.nodes(data=True) if data["kind"] == "endpoint"]:
            ones = shown(making_excerpt(snapshot, node)), shown(making_excerpt(Excerpt.of(whole), node))
            assert len({frozenset(one.nodes) for one in ones}) == len({frozenset(one.edges) for one in ones}) == 1


# --- the engine -----------------------------------------------------------------------------------


class Lines:
    """A graph of a few edges, which records its requests."""

    def __init__(self, *edges: str) -> None:
        self.rows = [
            EdgeRow(source, target, Said(relation, "", "", "", "declared", None, None))
            for source, target, relation in map(str.split, edges)
        ]
        self.asked: list[tuple[str, ...]] = []

    def edges(self, nodes: Any, way: str, relations: Any, _only: Only) -> Iterator[EdgeRow]:
        wanted = list(nodes)
        self.asked.append((way, *relations, *wanted))
        ends = ((edge, edge.target if way == "up" else edge.source) for edge in self.rows)
        return (edge for edge, end in ends if end in wanted and edge.said.relation in relations)

    def nodes(self, nodes: Any) -> Iterator[tuple[str, dict[str, Any]]]:
        return ((node, {"kind": node[0]}) for node in nodes)

    def sort_of(self, _node: str, attributes: dict[str, Any]) -> str:
        return str(attributes["kind"])


GRAPH = ("p1 j1 reads", "j1 p2 writes", "p2 j2 reads", "j2 p3 writes", "j1 r1 recorded-by")
ROUND = ("a b reads", "b a reads")
TABLES: list[tuple[str, tuple[str, ...], tuple[Follow, ...], dict[str, list[str]], dict[str, set[str]]]] = [
    ("one step, and no further", GRAPH, (Follow("at", "down", ("reads",)),), {"at": ["p1"]}, {"at": {"p1"}}),
    ("again and again", GRAPH, (Follow("at", "down", ("reads", "writes"), "at"),), {"at": ["p1"]}, {"at": {"p1", "j1", "p2", "j2", "p3"}}),
    ("against the flow", GRAPH, (Follow("at", "up", ("reads", "writes"), "at"),), {"at": ["p2"]}, {"at": {"p2", "j1", "p1"}}),
    ("from set to set", GRAPH, (Follow("at", "down", ("reads",), "job"), Follow("job", "down", ("recorded-by",), "run")), {"at": ["p1"]}, {"job": {"j1"}, "run": {"r1"}}),
    ("where it begins joins a set", GRAPH, (Follow("at", "down", ("writes",), near="writer"),), {"at": ["j1", "r1"]}, {"writer": {"j1"}}),
    ("only from some nodes", GRAPH, (Follow("at", "down", ("reads", "writes"), "far", where=("j",)),), {"at": ["p1", "j1"]}, {"far": {"p2"}}),
    ("only over some edges", GRAPH, (Follow("at", "down", ("reads", "writes"), "far", edge=lambda edge: edge.target == "p2"),), {"at": ["p1", "j1"]}, {"far": {"p2"}}),
    ("a circle ends", ROUND, (Follow("at", "down", ("reads",), "at"),), {"at": ["a"]}, {"at": {"a", "b"}}),
]  # fmt: skip


@pytest.mark.parametrize(("title", "edges", "table", "seeds", "expected"), TABLES, ids=[case[0] for case in TABLES])
def test_a_table_is_followed(title: str, edges: Any, table: Any, seeds: Any, expected: dict[str, set[str]]) -> None:
    """Each column of a line does what it says."""
    sets = grow(Lines(*edges), table, seeds).sets
    assert {name: set(sets[name]) for name in expected} == expected


def test_lines_about_the_same_nodes_are_asked_at_once() -> None:
    """However many lines start at a set, each of its nodes is looked up once in each direction."""
    lines = Lines(*GRAPH)
    grow(lines, (Follow("at", "down", ("reads",), "at"), Follow("at", "down", ("writes",), "at")), {"at": ["p1"]})
    assert lines.asked == [("down", "reads", "writes", node) for node in ("p1", "j1", "p2", "j2", "p3")]


def test_sets_that_are_followed_alike_are_asked_at_once() -> None:
    """Two sets with the same line are looked up together, and what they lead to joins the set that both name."""
    lines, alike = Lines(*GRAPH), [Follow(start, "down", ("reads",), "read") for start in ("one", "other")]
    assert set(grow(lines, tuple(alike), {"one": ["p1"], "other": ["p2"]}).sets["read"]) == {"j1", "j2"}
    assert lines.asked == [("down", "reads", "p1", "p2")]


def test_only_places_are_asked_what_shares_keys_with_them(account_path: Path) -> None:
    """The places that share keys are computed where a place is asked about, and not for jobs or models."""
    with lineage.open_snapshot(account_path) as snapshot:
        ids = [node.id for node in snapshot.nodes()]
        asked = list[str]()
        snapshot._db.set_trace_callback(asked.append)
        for node in ids:
            asked.clear()
            list(snapshot.edge_rows(into=[node]))
            assert any("main.level" in sql for sql in asked) == is_place(node), node
    assert {True, False} == {is_place(node) for node in ids}


def test_few_statements_are_prepared_for_any_number_of_ids(account_path: Path) -> None:
    """SQLite keeps the statements that it prepared, so numbers of ids that are nearly equal share one."""
    with lineage.open_snapshot(account_path) as snapshot:
        ids = [node.id for node in snapshot.nodes()]
        given = list[int]()
        snapshot._db.set_trace_callback(lambda sql: given.append(1 + sql.partition("IN (")[2].partition(")")[0].count("','")))
        found = [list(snapshot.node_rows(ids[:number])) for number in range(1, len(ids) + 1)]
    assert [[row[0] for row in rows] for rows in found] == [sorted(ids[:number]) for number in range(1, len(ids) + 1)]
    assert len(set(given)) <= len(ids).bit_length() + 1


def test_edges_have_the_keys_of_the_whole_graph() -> None:
    """Two edges between the same nodes are distinct in a part as in the whole."""
    twice = training("j", {"a": "s3://d/x/", "b": "s3://d/x/"})
    graph = graph_of([twice, processing("p", {}, {"a": "s3://d/x/", "b": "s3://d/x/"}), *served("s3://m/")])
    near = shown(making_excerpt(Excerpt.of(graph), twice.id))
    assert set(near.edges(keys=True)) <= set(graph.edges(keys=True))


def test_people_may_change_one_edge_of_a_graph(account_path: Path) -> None:
    """Edges that say the same share their attributes only while lineage reads them: each edge of a graph has its own."""
    with lineage.open_snapshot(account_path) as snapshot:
        read, graph = (
            neighbourhoods.near_excerpt(snapshot, ids := [node.id for node in snapshot.of_kind("endpoint")]),
            lineage.graph(snapshot),
        )
        part = lineage.neighbourhood(snapshot, ids)
    links = list(read.edges())
    assert len({id(link.data) for link in links}) < len(links)
    for shown_to_people in (graph, part):
        own = [id(data) for _, _, data in shown_to_people.edges(data=True)]
        assert len(own) == len(set(own))
