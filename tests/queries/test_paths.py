"""`path`: the shortest path of the data between two things, in the order of time, or that there is none."""

from __future__ import annotations

import json

import pytest

import lineage as api
from lineage.domain.records import Resource
from lineage.errors import UnknownNode
from lineage.queries.paths import path
from tests.queries.test_impact import CAPTURE, FIT, LATEST, PREPARED, SHOP, UNTIMED, whole, with_
from tests.records import processing, served, training

AROUND = [
    processing("a", {"i": "s3://raw/"}, {"o": "s3://mid/one/"}, day="2026-01-01"),
    processing("b", {"i": "s3://mid/"}, {"o": "s3://mid/two/"}, day="2026-01-02"),
]
SIBLINGS = [
    processing("a", {"i": "s3://raw/"}, {"o": "s3://b/x/one/"}, day="2026-01-01"),
    training("wide", {"t": "s3://b/x/"}, day="2026-01-02"),
    processing("c", {"i": "s3://other/"}, {"o": "s3://b/x/"}, day="2026-01-03"),
    training("narrow", {"t": "s3://b/x/two/"}, day="2026-01-04"),
]

CIRCLE = [
    *with_(with_(SHOP, "endpoint", **CAPTURE), "model", CreationTime="2026-02-20T00:00:00Z"),
    training("again", {"train": "s3://capture/shop/"}, "s3://m/fit/output/model.tar.gz", day="2026-02-10"),
]

CASES: list[tuple[str, str, str, list[Resource], str, list[str]]] = [
    ("data to endpoint", "s3://raw/x/1.csv", "shop", [PREPARED, FIT, *SHOP], "found", ["reads", "writes", "reads", "writes", "loads", "deploys", "configures"]),
    ("data to data", "s3://raw/x/", "s3://prep/", [PREPARED, FIT], "found", ["reads", "writes"]),
    ("job to job", "p", "fit", [PREPARED, FIT], "found", ["writes", "reads"]),
    ("against the flow", "shop", "fit", [PREPARED, FIT, *SHOP], "nothing-found", []),
    ("in time", "s3://raw/a/", "shop", [*LATEST, *SHOP], "found", ["reads", "writes", "reads", "writes", "loads", "deploys", "configures"]),
    ("too late", "s3://raw/b/", "shop", [*LATEST, *SHOP], "nothing-found", []),
    ("times that nobody knows", "s3://raw/x/", "fit", [UNTIMED, FIT], "possible", ["reads", "writes", "reads"]),
    ("one overlap", "s3://raw/", "b", AROUND, "found", ["reads", "writes", "overlaps", "reads"]),
    ("overlaps are never chained", "s3://raw/", "narrow", SIBLINGS, "nothing-found", []),
    ("a node to itself", "fit", "training-job/fit", [FIT], "found", []),
    ("a place to itself", "s3://b/x/", "s3://b/x/", [FIT], "found", []),
    ("a place that is written again", "s3://b/x/", "s3://b/x/", [processing("p", {"i": "s3://b/x/"}, {"o": "s3://b/x/"})], "found", ["reads", "writes"]),
    ("in a circle", "shop", "shop", CIRCLE, "possible", ["writes", "reads", "writes", "loads", "deploys", "configures"]),
    ("what it goes through is no end", "s3://raw/", "wide", SIBLINGS, "found", ["reads", "writes", "overlaps", "reads"]),
]  # fmt: skip


@pytest.mark.parametrize(("title", "source", "target", "records", "verdict", "relations"), CASES, ids=[one[0] for one in CASES])
def test_the_way(title: str, source: str, target: str, records: list[Resource], verdict: str, relations: list[str]) -> None:
    """The path is a chain of edges, each with its field, from one end to the other; or there is none."""
    answer = path(whole(*records), source, target)
    assert (answer.verdict, [edge["relation"] for edge in answer.evidence]) == (verdict, relations)
    for before, after in zip(answer.evidence, answer.evidence[1:], strict=False):
        assert before["target"] == after["source"]


def test_no_way_with_a_hole_is_unknown() -> None:
    """Where a gap could hide a path, "none found" is no "no"."""
    answer = path(whole(FIT, *served("s3://m/copied.tar.gz")), "fit", "shop")
    assert (answer.verdict, [hole["reason"] for hole in answer.scope["holes"]]) == ("unknown", ["unmatched"])


def test_ends_that_are_not_there_are_refused() -> None:
    """Each end must exist, under one name."""
    with pytest.raises(UnknownNode, match="nothing in the snapshot is named 'nobody'"):
        path(whole(FIT), "fit", "nobody")
    with pytest.raises(UnknownNode, match="several are named fit"):
        path(whole(FIT, processing("fit", {}, {})), "fit", "s3://m/")


def test_a_way_of_no_steps_on_the_command_line(ask, bank: api.Snapshot) -> None:
    """A node is its own end: a person reads that, a row says it, and JSON has the one node."""
    assert ask("path", "loans-live", "endpoint/Loans-Live", "-f", "table").out.startswith(
        "FOUND  0 steps: both ends are endpoint loans-live\n"
    )
    found = api.find_in(bank, "loans-live")
    assert ask("path", "loans-live", "loans-live").out.splitlines()[1].split("\t") == ["0", found, "", found, *[""] * 5]
    said = json.loads(ask("path", "loans-live", "loans-live", "-f", "json").out)
    assert ([node["id"] for node in said["nodes"]], said["evidence"]) == ([found], [])


def test_path_on_the_command_line(ask, bank_graph: api.Graph) -> None:
    """The command prints what Python answers: a line for each edge, or that there is no path, with the gaps."""
    said = json.loads(ask("path", "s3://bank-raw/loans/2026-05/", "loans-live", "-f", "json").out)
    assert said == api.path(bank_graph, "s3://bank-raw/loans/2026-05/", "loans-live").as_json()
    table = ask("path", "s3://bank-raw/loans/2026-05/", "loans-live", "-f", "table").out.splitlines()
    assert table[0] == "FOUND  7 steps from s3://bank-raw/loans/2026-05/ to endpoint loans-live"
    (deployed,) = (line for line in table if "  configures  " in line)
    assert deployed.startswith(
        "  endpoint config loans-live-config  configures  endpoint loans-live  EndpointConfigName  2026-"
    )
    rows = [line.split("\t") for line in ask("path", "ledger-1", "loans-live").out.splitlines()]
    assert {len(row) for row in rows} == {9}
    assert (rows[1][0], {row[0] for row in rows[2:]}) == ("unknown", {"hole"})
    assert ask("path", "ledger-1", "loans-live", "-f", "table").out.startswith(
        "UNKNOWN  no path from model ledger-1 to endpoint loans-live was found, but "
    )
    assert ask("path", "nobody", "loans-live").code == 2
