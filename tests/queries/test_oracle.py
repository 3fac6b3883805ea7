"""`trace`, `used` and `impact` over random accounts, held against an oracle that asks nothing of `lineage`."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Crawl, Resource, Scope
from tests.queries.oracle import CERTAIN, POSSIBLE, Oracle
from tests.queries.worlds import DATA, HOMES, MOVES, Move, records

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


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_trace_finds_whoever_made_what_is_served(moves: list[Move]) -> None:
    """Each job that made what an endpoint serves, or may have, is in its trace, through any number of others; and nobody else."""
    found = records(moves)
    graph, right = told(found), oracle(found)
    for endpoint in (one for one in found if one.kind == "endpoint"):
        names = {graph.nodes[job]["name"] for job in makers(lineage.trace(graph, endpoint.id).tree)}
        assert names == right.upstream(endpoint.name).keys(), endpoint.name


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=60, deadline=None)
@given(MOVES)
def test_used_never_says_not_used_of_data_that_was(moves: list[Move]) -> None:
    """The verdict on each place is one that the records allow."""
    found = records(moves)
    graph, right = told(found), oracle(found)
    for place in DATA:
        assert lineage.used(graph, place).verdict in right.verdicts(place), place
