"""A whole account: all of it is read, in few calls; and no fault makes a "not used" from what was used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.domain.kinds import KINDS
from tests.estate import account, estate, only, run_of
from tests.records import REGION, arn

TELLING = sorted({entry["kind"] for entry in estate() if KINDS[entry["kind"]].tells_use} | {"feature-group"})
NOWHERE = "s3://nobody/names/this/"


def crawl(folder: Path, *faults: dict[str, Any], tries: int = 1, name: str = "s.db", **words: Any) -> Path:
    """A snapshot of the estate, crawled with faults."""
    records = words.pop("records", None)
    session = replay_session(account(folder, *faults, records=records), tries=tries)
    lineage.crawl_estate(folder / name, session=session, **words)
    return folder / name


def verdicts(path: Path) -> dict[str, str]:
    """The verdict on the place of each kind, and on one that no record names."""
    with lineage.open_snapshot(path) as snapshot:
        graph = lineage.graph(snapshot)
    return {kind: lineage.used(graph, only(kind)).verdict for kind in TELLING} | {
        "nowhere": lineage.used(graph, NOWHERE).verdict
    }


def holes(path: Path, uri: str = NOWHERE) -> set[tuple[str, str]]:
    with lineage.open_snapshot(path) as snapshot:
        found = lineage.used(lineage.around_dataset(snapshot, uri), uri).scope["holes"]
        return {(hole["operation"], hole["reason"]) for hole in found}


CLEAN = {
    "training-job": "used",
    "processing-job": "used-indirectly",
    "transform-job": "used-indirectly",
    "tuning-job": "used-indirectly",
    "automl-job": "used-indirectly",
    "job": "possible",
    "compilation-job": "used-indirectly",
    "optimization-job": "used-indirectly",
    "algorithm": "used-indirectly",
    "feature-group": "used-indirectly",
    "pipeline": "possible",
    "pipeline-execution": "possible",
    "model-card": "possible",
    "model-package": "possible",
    "trial-component": "possible",
    "nowhere": "not-referenced",
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return crawl(tmp_path_factory.mktemp("clean"))


def test_every_kind_is_read(clean: Path) -> None:
    """Each kind's record is found and its use shown; for a place that nothing names the answer says that nothing does."""
    assert verdicts(clean) == CLEAN
    with lineage.open_snapshot(clean) as snapshot:
        read = {(one.kind, one.name.casefold()) for one in snapshot.resources()}
        assert {entry["kind"] for entry in estate()} == {kind for kind, _ in read}
        assert len(read) == len(estate())
        assert snapshot.gaps() == []
        assert {one.kind for one in snapshot.enumerations() if one.finished} == set(lineage.LISTED)


def test_steps_tie_jobs_to_their_execution(clean: Path) -> None:
    """The steps of an execution, which Search leaves out, are read individually, and show which jobs it made."""
    with lineage.open_snapshot(clean) as snapshot:
        (execution,) = snapshot.of_kind("pipeline-execution")
        owned = [(edge.source, edge.role) for edge in snapshot.edges(into=[execution.id]) if edge.relation == "member-of"]
    assert owned == [(arn("training-job", "direct"), "Fit")]


def operations(folder: Path) -> list[tuple[str, str]]:
    """Every call of a clean crawl: the operation, and for a Search its resource."""
    calls: set[tuple[str, str]] = set()
    session = replay_session(account(folder), on_answer=lambda call, words: calls.add((call, str(words.get("Resource", "")))))
    lineage.crawl_estate(folder / "calls.db", session=session)
    return sorted(calls)


def test_few_calls(tmp_path: Path) -> None:
    """What Search gives is not described; a kind without records is not searched for."""
    calls = operations(tmp_path)
    described = {call for call, _ in calls if call.startswith("Describe")}
    searched = {resource for call, resource in calls if call == "Search"}
    assert (
        not {f"Describe{noun}" for noun in ("TrainingJob", "Model", "TrialComponent", "Endpoint", "ModelPackage")} & described
    )
    assert {"DescribeEndpointConfig", "DescribePipeline", "DescribeTransformJob", "DescribeProcessingJob"} <= described
    assert "ModelPackageGroup" not in searched


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    return operations(tmp_path_factory.mktemp("calls"))


def kinds_of(operation: str) -> set[str]:
    """The kinds that cannot be read completely without an operation."""
    return {
        kind.name
        for kind in KINDS.values()
        if operation in (kind.list, kind.describe, *(extra.operation for extra in kind.extras))
    }


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException", "ResourceNotFound"])
def test_no_refusal_makes_a_no(tmp_path: Path, calls: list[tuple[str, str]], code: str) -> None:
    """With each operation refused in turn, no use is denied, and a "no" is given only where the refusal could hide none."""
    for number, (operation, resource) in enumerate(calls):
        if code == "ResourceNotFound" and not operation.startswith("Describe"):
            continue
        if code == "ThrottlingException" and number % 4:
            continue  # distinguished from a denial by one word of the gap: a quarter of the calls shows that
        fault = {"fault": code, "operation": operation} | ({"name": resource} if resource else {})
        path = crawl(tmp_path, fault, name=f"{number}.db")
        found = verdicts(path)
        wrong = {kind: said for kind, said in found.items() if said == "not-referenced" and kind != "nowhere"}
        assert not wrong, (operation, wrong)
        rows = [KINDS[kind] for kind in kinds_of(operation)]
        hidden = any(row.tells_use or row.hints or row.between for row in rows)
        assert found["nowhere"] == ("unknown" if hidden else "not-referenced"), (operation, holes(path))
        if operation == "Search":
            assert found == CLEAN, resource  # what Search refuses is described individually


def upstream(path: Path) -> list[tuple[str, str]]:
    """The gaps that `trace` and `datasets` report for the endpoint."""
    with lineage.open_snapshot(path) as snapshot:
        answers = (lineage.trace(snapshot, arn("endpoint", "live")), lineage.datasets(snapshot, arn("endpoint", "live")))
    assert {answer.verdict for answer in answers} == {"traced"}
    one, other = ([(hole["operation"], hole["reason"]) for hole in answer.scope["holes"]] for answer in answers)
    assert one == other
    return one


def test_a_trace_reports_each_incomplete_list_of_jobs(tmp_path: Path, clean: Path) -> None:
    """A job that made what an endpoint's jobs read may be on a list that was refused or not asked for: that is a gap.

    A crawl of the endpoint alone asks for the writers of each location instead.
    """
    lineage.crawl_endpoints(tmp_path / "alone.db", ["live"], session=replay_session(account(tmp_path)))
    assert upstream(clean) == upstream(tmp_path / "alone.db") == []
    lists = [kind.list for kind in KINDS.values() if kind.job and kind.list]
    for operation in ("ListProcessingJobs", "ListTransformJobs", "ListLabelingJobs"):
        path = crawl(tmp_path, {"fault": "AccessDeniedException", "operation": operation}, name=f"{operation}.db")
        assert upstream(path) == [(operation, "not-enumerated")]
    path = crawl(tmp_path, name="few.db", kinds=["endpoint", "endpoint-config", "model", "training-job", "trial-component"])
    assert {operation for operation, _ in upstream(path)} == {*lists} - {"ListTrainingJobs"}


@pytest.mark.parametrize("number", range(len(estate())))
def test_no_deletion_makes_a_no(tmp_path: Path, number: int) -> None:
    """If any one record is missing, a use is only denied if no other record names it."""
    records = estate()
    lost = records.pop(number)
    path = crawl(tmp_path, records=records)
    found = verdicts(path)
    denied = {kind for kind, said in found.items() if said == "not-referenced"} - {"nowhere"}
    with lineage.open_snapshot(path) as snapshot:
        left = [node for node in snapshot.nodes() if not node.observed and node.kind == lost["kind"]]
    assert not (denied and left), (lost["kind"], denied)


def test_a_check_sees_a_job_that_only_a_run_names(tmp_path: Path) -> None:
    """No rule on holdouts passes where a run names a job that no list has any more, and each passes without that run."""
    for more, outcome in (([run_of("training-job", "gone")], "unknown"), ([], "passed")):
        folder = tmp_path / outcome
        folder.mkdir()
        with lineage.open_snapshot(crawl(folder, records=[*estate(), *more])) as snapshot:
            rules = lineage.check(snapshot, lineage.Policy(holdouts=(NOWHERE,))).rules
        assert {one["outcome"] for one in rules if one["id"] in ("LIN001", "LIN002")} == {outcome}


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ({"fault": "ThrottlingException", "operation": "*", "every": 3}, 8),
        ({"fault": "InternalFailure", "operation": "*", "every": 30}, 4),
        ({"fault": "ServiceUnavailable", "operation": "*", "every": 7}, 6),
        ({"fault": "EmptyPage", "operation": "*"}, 1),
    ],
    ids=["throttled", "5xx", "unavailable", "empty pages"],
)
def test_what_passes_changes_nothing(tmp_path: Path, fault: dict[str, Any], tries: int) -> None:
    """Temporary throttling and failures, and empty pages with a token, do not change the answers."""
    assert verdicts(crawl(tmp_path, fault, tries=tries)) == CLEAN


def test_a_walk_without_end_is_not_finished(tmp_path: Path) -> None:
    """Pages that return the same token endlessly end the list as failed, and do not affect the rest."""
    path = crawl(tmp_path, {"fault": "RepeatedToken", "operation": "ListTrainingJobs"})
    assert verdicts(path) == CLEAN | {"nowhere": "unknown"}
    assert ("ListTrainingJobs", "failed") in holes(path)


def test_search_that_knows_of_more_is_not_believed_whole(tmp_path: Path) -> None:
    """Where Search counts more records than list and Search gave, the list is not finished."""
    session = replay_session(account(tmp_path))

    def more(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(b'"TotalHits": {"Value": 6', b'"TotalHits": {"Value": 9')

    session.client(REGION).meta.events.register_first("before-parse.sagemaker.Search", more)
    lineage.crawl_estate(tmp_path / "s.db", session=session, kinds=["training-job"])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (gap,) = snapshot.gaps()
        assert (gap.operation, gap.reason) == ("ListTrainingJobs", "failed")
        assert gap.detail == "Search counts 3 more than it gave, and the list named only 0 of them"
