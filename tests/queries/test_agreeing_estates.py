"""Random accounts with gaps: no two questions contradict each other on one fact, and no gap and no deployment makes a "no".

Each test says what a contradiction is; `worlds.py` has the accounts, `oracle.py` what is true of them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Fetched, Gap, Resource
from lineage.domain.training import is_training_job
from tests.conftest import examples
from tests.queries.test_oracle import makers
from tests.queries.worlds import DATA, HOMES, KEYS, MOVES, Move, at, records
from tests.swept import swept

SURELY, SOMEHOW = ("used", "used-indirectly"), ("used", "used-indirectly", "possible")
PLACE = st.sampled_from(DATA)
HIDDEN = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["denied", "missing", "throttled"])), max_size=2)


def hidden(found: list[Resource], holes: list[tuple[int, str]]) -> list[Fetched]:
    """What a crawl finds where some of these records are denied, or were deleted while it ran."""
    left: list[Fetched] = list(found)
    for which, reason in holes if found else ():
        one = left[which % len(left)]
        if isinstance(one, Resource):
            left.remove(one)
            left.append(Gap(one.account, one.region, KINDS[one.kind].describe, one.arn, reason, "said so"))
    return left


@contextmanager
def crawled(found: list[Fetched]) -> Iterator[lineage.Snapshot]:
    with tempfile.TemporaryDirectory() as folder:
        swept(Path(folder) / "s.db", found, HOMES)
        with lineage.open_snapshot(Path(folder) / "s.db") as snapshot:
            yield snapshot


class Answers:
    """What every question answers about one place, and about each endpoint and job."""

    def __init__(self, snapshot: lineage.Snapshot, uri: str) -> None:
        whole = lineage.graph(snapshot)
        self.nodes = whole.nodes
        self.used = lineage.used(lineage.around_dataset(snapshot, uri), uri)
        self.used_at = {home: lineage.used(snapshot, uri, accounts=home[:1], regions=home[1:]) for home in HOMES}
        self.impact = lineage.impact(lineage.around_subject(snapshot, uri), uri)
        self.reached = {row["id"]: row["sure"] for row in self.impact.reached}
        self.endpoints = [node.id for node in snapshot.of_kind("endpoint")]
        near = {one: lineage.neighbourhood(snapshot, [one], "up") for one in self.endpoints}
        self.traces = {one: lineage.trace(near[one], one) for one in self.endpoints}
        self.makers = {one: makers(self.traces[one].tree) for one in self.endpoints}
        self.holdouts = {one: lineage.datasets(snapshot, one, holdouts=[uri]).holdouts[0] for one in self.endpoints}
        self.jobs = [node for node, data in whole.nodes.items() if data["observed"] and KINDS[data["kind"]].job]
        self.from_jobs = {
            job: {row["id"]: row["sure"] for row in lineage.impact(lineage.around_subject(snapshot, job), job).reached}
            for job in self.jobs
        }
        self.checked = lineage.check(snapshot, lineage.Policy(holdouts=(uri,)))

    def findings(self, *rules: str) -> tuple[set[str], set[str]]:
        """The jobs for which some rules fail, and those for which they are undecided."""
        failed = {one.subject["id"] for one in self.checked.findings if one.rule in rules}
        return failed, {one.subject["id"] for one in self.checked.undecided if one.rule in rules}


@settings(max_examples=examples(20), deadline=None)
@given(MOVES, HIDDEN, PLACE)
def test_no_two_questions_contradict_each_other(moves: list[Move], holes: list[tuple[int, str]], uri: str) -> None:
    """Whatever could not be read, for one place and for each endpoint:

    * `trace` of an endpoint lists exactly the jobs from which `impact` reaches it;
    * `impact` reaches each job that `used` lists, for certain where `used` is certain; `used` lists each training job that
      `impact` reaches, also if it is asked about one account and region only, and with gaps that could hide more there;
    * `datasets --holdouts` says that the place got into an endpoint exactly where `impact` reaches it, with the same certainty;
      where `used` finds nothing, it finds nothing either;
    * what `impact` reaches for certain has an unbroken trace;
    * LIN001 fails for exactly the training jobs that `used` calls `used`, LIN002 for those that it calls `used-indirectly`;
    * a clean "no" of `used` holds everywhere: LIN001 and LIN002 find nothing and leave nothing undecided, and no holdout is
      said to be in an endpoint; where any question reports a gap, `used` gives no clean "no".
    """
    with crawled(hidden(records(moves), holes)) as snapshot:
        said = Answers(snapshot, uri)
    for endpoint in said.endpoints:
        assert said.makers[endpoint] == {job for job in said.jobs if endpoint in said.from_jobs[job]}
        verdict, reached = said.holdouts[endpoint]["verdict"], said.reached.get(endpoint)
        assert (verdict in SURELY, verdict in SOMEHOW) == (bool(reached), reached is not None), (verdict, reached)
        assert verdict not in SOMEHOW or said.used.verdict in SOMEHOW
        assert not reached or said.traces[endpoint].verdict != "broken"
    by_verdict = {one: {row["job"]["id"] for row in said.used.findings if row["verdict"] == one} for one in SOMEHOW}
    assert set().union(*by_verdict.values()) <= said.reached.keys()
    assert all(said.reached[job] for one in SURELY for job in by_verdict[one])
    direct, indirect = said.findings("LIN001"), said.findings("LIN002")
    assert direct[0] == by_verdict["used"]
    assert indirect[0] == by_verdict["used-indirectly"]
    trained = {job for job in said.reached if said.nodes[job]["observed"] and is_training_job(said.nodes[job])}
    assert trained <= set().union(*by_verdict.values())
    for home, there in said.used_at.items():
        rows = [row for row in said.used.findings if (row["job"]["account"], row["job"]["region"]) == home]
        assert there.findings == rows
        assert rows or there.verdict == "unknown" or not said.used.scope["holes"]
    if said.used.verdict == "not-referenced":
        assert (direct, indirect) == ((set(), set()), (set(), set()))


@settings(max_examples=examples(20), deadline=None)
@given(MOVES, HIDDEN, PLACE)
def test_what_could_not_be_read_makes_no_no(moves: list[Move], holes: list[tuple[int, str]], uri: str) -> None:
    """For data that is used in any way, neither `used` nor a holdout says a clean "no", whatever records are denied or gone.

    Nor does `used` of one account and region, if jobs there used it.
    """
    found = records(moves)
    with crawled(list(found)) as snapshot:
        true = Answers(snapshot, uri)
    with crawled(hidden(found, holes)) as snapshot:
        said = Answers(snapshot, uri)
    for before, after in [(true.used, said.used), *((true.used_at[home], said.used_at[home]) for home in HOMES)]:
        assert before.verdict == "not-referenced" or after.verdict != "not-referenced"
    for endpoint in said.endpoints:
        before = true.holdouts[endpoint]["verdict"]
        assert before == "not-referenced" or said.holdouts[endpoint]["verdict"] != "not-referenced", before


@settings(max_examples=examples(20), deadline=None)
@given(MOVES, st.sampled_from(KEYS), st.booleans())
def test_a_deployment_more_takes_no_maker_away(moves: list[Move], key: str, packaged: bool) -> None:
    """Another deployment, even of the same key, does not change what made an earlier one."""
    before, after = records(moves), records([*moves, ("deploy", HOMES[0], key, packaged)])
    with crawled(list(before)) as snapshot:
        old = Answers(snapshot, DATA[0])
    with crawled(list(after)) as snapshot:
        new = Answers(snapshot, DATA[0])
    for endpoint in old.endpoints:
        assert old.makers[endpoint] <= new.makers[endpoint]
    for job in old.jobs:
        lost = {node for node in old.from_jobs[job].keys() - new.from_jobs[job].keys() if "/" not in node.partition("://")[2]}
        assert not lost & set(old.endpoints)


def test_a_world_holds_what_its_moves_say() -> None:
    """An endpoint that was updated and scaled names its last config and has the time of the last change."""
    home = HOMES[0]
    found = records([("deploy", home, KEYS[0], False), ("update", 0, KEYS[1], True), ("scale", 0)])
    (endpoint,) = [one for one in found if one.kind == "endpoint"]
    assert (endpoint.body["EndpointConfigName"], endpoint.created, endpoint.modified) == ("c1", at(0), at(2.1))
    assert {one.kind for one in found} == {"endpoint", "endpoint-config", "model", "model-package"}
