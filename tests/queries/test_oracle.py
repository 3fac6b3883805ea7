"""`trace`, `used` and `impact` over random accounts, compared with an oracle that calls nothing of `lineage`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Crawl, Resource, Scope
from tests.conftest import examples
from tests.queries.oracle import CERTAIN, POSSIBLE, Oracle
from tests.queries.worlds import DATA, HOMES, MOVES, Move, at, records, seen_at
from tests.swept import swept

CRAWL = Crawl(1, "2026-06-01T00:00:00Z", "2026-06-01T00:01:00Z", "arn:x", (), (), (), "0", "1")
SCOPE = Scope((CRAWL,), (), frozenset((*home, kind) for home in HOMES for kind in KINDS), places=frozenset(HOMES))


def told(found: list[Resource]) -> lineage.Graph:
    graph = lineage.graph_of(found)
    graph.graph["scope"] = SCOPE
    return graph


def oracle(found: list[Resource]) -> Oracle:
    return Oracle((one.kind, one.body) for one in found)


def makers(step: Any) -> set[str]:
    """The jobs in the tree of a trace."""
    below = set[str]().union(*map(makers, step.steps))
    return below | ({step.node} if step.relation in ("writes", "may-write") else set())


def settled_updates(moves: list[Move]) -> list[Move]:
    """Moves without updates that are pending or failed."""
    return [move for move in moves if move[0] != "pend"]


@settings(max_examples=examples(40), deadline=None)
@given(MOVES)
def test_trace_finds_whoever_made_what_is_served(moves: list[Move]) -> None:
    """The trace has exactly the jobs that made what an endpoint serves, or may have, through any number of others; a
    training job is certain there where the records leave no doubt.
    """
    found = records(moves)
    graph, right = told(found), oracle(found)
    for endpoint in (one for one in found if one.kind == "endpoint"):
        answer, expected = lineage.trace(graph, endpoint.id), right.upstream(endpoint.name)
        assert {graph.nodes[job]["name"] for job in makers(answer.tree)} == expected.keys(), endpoint.name
        sureness = {job["name"]: CERTAIN if job["sure"] else POSSIBLE for job in answer.training_jobs}
        assert [name for name, sure in sureness.items() if sure not in expected[name]] == [], (
            endpoint.name,
            sureness,
            expected,
        )


@settings(max_examples=examples(40), deadline=None)
@given(MOVES)
def test_impact_is_as_sure_as_the_records_are(moves: list[Move]) -> None:
    """What a job made reaches exactly the endpoints and jobs that got it, for certain where the records leave no doubt."""
    found = records(moves)
    graph, right = told(found), oracle(found)
    kinds = {one.name for one in found if one.kind == "endpoint" or one.name in right.jobs}
    for job in (one for one in found if one.name in right.jobs):
        reached = {row["name"]: row["sure"] for row in lineage.impact(graph, job.id).reached if row["name"] in kinds}
        expected = {name: fit for name in kinds if (fit := right.upstream(name).get(job.name))}
        expected.pop(job.name, None)
        reached.pop(job.name, None)
        assert reached.keys() == expected.keys(), job.name
        wrong = [name for name, sure in reached.items() if (CERTAIN if sure else POSSIBLE) not in expected[name]]
        assert wrong == [], (job.name, reached, expected)


@settings(max_examples=examples(20), deadline=None)
@given(MOVES.map(settled_updates), st.integers(1, 7))
def test_what_was_served_stays_told(moves: list[Move], number: int) -> None:
    """Between two crawls endpoints are updated or recreated and jobs end: `trace` shows what is served now, and `impact`
    that and what was served at the first crawl; each for certain where the records leave no doubt.
    """
    found, old = records(moves), records(moves[:number])
    right, before = oracle(found), oracle(old)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        swept(path, seen_at(number - 0.2, old), HOMES, at(number - 0.2), at(number - 0.1))
        swept(path, found, HOMES)
        with lineage.open_snapshot(path) as snapshot:
            graph = lineage.graph(snapshot)
    for endpoint in (one for one in found if one.kind == "endpoint"):
        made = {graph.nodes[job]["name"] for job in makers(lineage.trace(graph, endpoint.id).tree)}
        now, earlier = right.upstream(endpoint.name), right.earlier(endpoint.name, before)
        assert made == now.keys(), endpoint.name
        for job in (one for one in found if one.name in right.jobs):
            rows = [row["sure"] for row in lineage.impact(graph, job.id).reached if row["name"] == endpoint.name]
            fits = [fits[job.name] for fits in (now, earlier) if job.name in fits]
            assert bool(rows) == bool(fits), (job.name, endpoint.name)
            told = CERTAIN if any(rows) else POSSIBLE
            assert not rows or any(told in fit for fit in fits), (job.name, endpoint.name, rows, fits)


@settings(max_examples=examples(40), deadline=None)
@given(MOVES)
def test_used_never_says_not_used_of_data_that_was(moves: list[Move]) -> None:
    """The verdict on each place is one that the records allow."""
    found = records(moves)
    graph, right = told(found), oracle(found)
    for place in DATA:
        assert lineage.used(graph, place).verdict in right.verdicts(place), place


@settings(max_examples=examples(30), deadline=None)
@given(MOVES, MOVES)
def test_what_happens_later_takes_nothing_away(moves: list[Move], later: list[Move]) -> None:
    """Whatever else happens, used data never gets a clean "no", and the makers of what is served stay the same."""
    found, more = records(moves), records([*moves, later[0]])
    before, after = told(found), told(more)
    for place in DATA:
        was = lineage.used(before, place).verdict
        assert was == "not-referenced" or lineage.used(after, place).verdict != "not-referenced", (place, was)
    for endpoint in (one for one in found if one in more and one.kind == "endpoint"):
        old, new = (makers(lineage.trace(graph, endpoint.id).tree) for graph in (before, after))
        assert old <= new, endpoint.name
