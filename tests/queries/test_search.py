"""Search over a snapshot and over the service: the same question gives the same answer, and the right one.

The oracle is no evaluator of expressions: each condition is drawn together with a plain predicate over the few facts that a
job was made from. The drawn question goes to `lineage.search` and to a real client over the replay account.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer

import lineage
from lineage.crawl.aws.session import Session
from lineage.crawl.replay.session import Replay, replay_session
from lineage.domain.records import REPLAYED, Crawl
from lineage.domain.times import now
from lineage.queries.search import _Best
from lineage.search_language.expressions import Matcher, Sorting
from lineage.snapshot.tables import AT_ONCE
from tests.conftest import BANK, examples
from tests.estate import CALLER, HEADER, account, line, run_of
from tests.records import ACCOUNT, REGION, arn, channel, record

# --- facts, and questions about them --------------------------------------------------------------


@dataclass(frozen=True)
class Facts:
    """What a job is made from."""

    name: str
    status: str
    hour: int
    isolated: bool
    parameters: dict[str, str]
    metrics: dict[str, float]
    tags: dict[str, str]
    channels: tuple[tuple[str, str], ...]


NUMBERS = ("-1.5", "-1", "-0.5", "0", "0.2", "0.9", "1", "1.5", "2", "10")
STATUSES = ("Completed", "Failed", "Stopped")
WORDS = ("fraud", "churn", "fraud-2", "FRAUD")
FOLDERS = ("s3://b/cats/", "s3://b/dogs/", "s3://c/cats/1/")


def facts_of(draw: Callable[[Any], Any], name: str) -> Facts:
    """Facts, each of them drawn."""
    return Facts(
        name,
        draw(STATUSES),
        draw(range(48)),
        draw((True, False)),
        {key: draw((*NUMBERS, *WORDS)) for key in ("eta", "depth", "a.b") if draw((True, True, False))},
        {key: float(draw(NUMBERS)) for key in ("auc", "val:loss") if draw((True, True, False))},
        {key: draw(WORDS) for key in ("team", "cost center") if draw((True, True, False))},
        tuple((role, draw(FOLDERS)) for role in ("train", "test") if draw((True, True, False))),
    )


def time_of(hour: int) -> str:
    return f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00"


def body_of(facts: Facts) -> dict[str, Any]:
    """The training job that the facts make, as Search has it."""
    return {
        "TrainingJobName": facts.name,
        "TrainingJobArn": arn("training-job", facts.name),
        "TrainingJobStatus": facts.status,
        "CreationTime": f"{time_of(facts.hour)}Z",
        "EnableNetworkIsolation": facts.isolated,
        "HyperParameters": facts.parameters,
        "FinalMetricDataList": [{"MetricName": name, "Value": value, "Timestamp": "2026-01-03T00:00:00Z"} for name, value in facts.metrics.items()],
        "Tags": [{"Key": key, "Value": value} for key, value in facts.tags.items()],
        "InputDataConfig": [channel(role, uri) for role, uri in facts.channels],
        "AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"},
        "ModelArtifacts": {"S3ModelArtifacts": f"s3://m/{facts.name}/output/model.tar.gz"},
    }  # fmt: skip


class Drawn(NamedTuple):
    """A part of an expression, and its expected answer for facts."""

    part: dict[str, Any]
    holds: Callable[[Facts], bool]


ORDERINGS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThan": lambda a, b: a > b,
    "GreaterThanOrEqualTo": lambda a, b: a >= b,
    "LessThan": lambda a, b: a < b,
    "LessThanOrEqualTo": lambda a, b: a <= b,
    "Equals": lambda a, b: a == b,
}


def leaf(name: str, operator: str, value: str, holds: Callable[[Facts], bool]) -> Drawn:
    return Drawn({"Name": name, "Operator": operator, "Value": value}, holds)


def of_parameter(key: str, operator: str, value: str) -> Drawn:
    """A hyperparameter beside a number: beside an integer its decimals are cut off."""

    def holds(facts: Facts) -> bool:
        own = facts.parameters.get(key, "x")
        if own in WORDS or own == "x":
            return False
        number = float(own) if "." in value else float(own.partition(".")[0].replace("-0", "0"))
        return ORDERINGS[operator](number, float(value))

    return leaf(f"HyperParameters.{key}", operator, value, holds)


def of_metric(key: str, operator: str, value: str) -> Drawn:
    return leaf(
        f"Metrics.{key}", operator, value, lambda f: key in f.metrics and ORDERINGS[operator](f.metrics[key], float(value))
    )


def of_time(operator: str, hour: int) -> Drawn:
    return leaf("CreationTime", operator, time_of(hour), lambda f: ORDERINGS[operator](f.hour, hour))


def of_tag(key: str, operator: str, value: str) -> Drawn:
    found: dict[str, Callable[[Facts], bool]] = {
        "Equals": lambda f: f.tags.get(key) == value,
        "NotEquals": lambda f: f.tags.get(key) != value,
        "In": lambda f: f.tags.get(key) in (value, "churn"),
        "Exists": lambda f: key in f.tags,
        "NotExists": lambda f: key not in f.tags,
    }
    return leaf(f"Tags.{key}", operator, f"{value},churn" if operator == "In" else value, found[operator])


def of_channel(role: str, uri: str) -> Drawn:
    """One channel must have that role and that location."""
    at = "InputDataConfig.DataSource.S3DataSource.S3Uri"
    filters = [{"Name": "InputDataConfig.ChannelName", "Value": role}, {"Name": at, "Value": uri}]
    part = {"NestedPropertyName": "InputDataConfig", "Filters": filters}
    return Drawn(part, lambda f: (role, uri) in f.channels)


def joined(parts: list[Drawn], word: str) -> Drawn:
    """Parts under And or Or, each in the list where it belongs."""
    expression: dict[str, Any] = {"Operator": word}
    for part in parts:
        body = part.part
        where = "Filters" if "Name" in body else "NestedFilters" if "NestedPropertyName" in body else "SubExpressions"
        expression.setdefault(where, []).append(body)
    every = any if word == "Or" else all
    return Drawn(expression, lambda facts: every(part.holds(facts) for part in parts))


TAG_OPERATORS = ("Equals", "NotEquals", "In", "Exists", "NotExists")
LEAVES = st.one_of(
    st.builds(of_parameter, st.sampled_from(["eta", "depth", "a.b"]), st.sampled_from([*ORDERINGS]), st.sampled_from(NUMBERS)),
    st.builds(of_metric, st.sampled_from(["auc", "val:loss"]), st.sampled_from([*ORDERINGS]), st.sampled_from(NUMBERS)),
    st.builds(of_time, st.sampled_from([*ORDERINGS]), st.integers(0, 47)),
    st.builds(of_tag, st.sampled_from(["team", "cost center"]), st.sampled_from(TAG_OPERATORS), st.sampled_from(WORDS)),
    st.builds(of_channel, st.sampled_from(["train", "test"]), st.sampled_from(FOLDERS)),
    st.sampled_from(STATUSES).map(lambda s: leaf("TrainingJobStatus", "Equals", s, lambda f: f.status == s)),
    st.booleans().map(lambda b: leaf("EnableNetworkIsolation", "Equals", str(b).lower(), lambda f: f.isolated == b)),
)
WORD = st.sampled_from(["And", "Or"])
EXPRESSIONS = st.recursive(
    st.builds(joined, st.lists(LEAVES, min_size=1, max_size=4), WORD),
    lambda inner: st.builds(joined, st.lists(st.one_of(LEAVES, inner), min_size=1, max_size=3), WORD),
    max_leaves=4,
)
FACTS = st.builds(lambda chance: facts_of(chance.choice, "fit"), st.randoms(use_true_random=False))


@given(facts=FACTS, drawn=EXPRESSIONS)
@settings(max_examples=examples(400))
def test_an_expression_says_of_a_record_what_its_facts_say(facts: Facts, drawn: Drawn) -> None:
    """Whatever a job is made from and whatever the question is, the answer is that of the facts."""
    assert Matcher("TrainingJob", drawn.part).holds(body_of(facts)) == drawn.holds(facts)


# --- offline, live, and a plain client ------------------------------------------------------------

CHANCE = random.Random(42)
JOBS = [facts_of(CHANCE.choice, f"fit-{number:03}") for number in range(130)]


class Estate(NamedTuple):
    snapshot: lineage.Snapshot
    session: Session
    client: Any


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """An account with the jobs, crawled whole, and a client of it."""
    folder = tmp_path_factory.mktemp("jobs")
    lines = []
    for facts in JOBS:
        body = body_of(facts)
        lines.append(
            {
                "kind": "training-job",
                "record": {key: body[key] for key in body if key != "Tags"},
                "search": {"Tags": body["Tags"]},
            }
        )
    path = account(folder, records=lines)
    lineage.crawl_estate(folder / "s.db", replay=path)
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        yield Estate(snapshot, replay_session(path), Replay(path).boto().client("sagemaker"))


SORTS = st.sampled_from(["CreationTime", "Metrics.auc", "TrainingJobStatus", "LastModifiedTime"])


def sorted_names(found: list[Facts], by: str, *, descending: bool) -> list[str]:
    """The names in the given order; those without such a metric at the end, and otherwise by name."""
    keys: dict[str, Callable[[Facts], Any]] = {
        "CreationTime": lambda f: f.hour,
        "LastModifiedTime": lambda f: f.hour,
        "Metrics.auc": lambda f: f.metrics.get("auc"),
        "TrainingJobStatus": lambda f: f.status,
    }
    key = keys[by]
    present = sorted((f for f in found if key(f) is not None), key=key, reverse=descending)
    return [f.name for f in [*present, *(f for f in found if key(f) is None)]]


@given(drawn=EXPRESSIONS, by=SORTS, descending=st.booleans())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_offline_live_and_the_facts_agree(estate: Estate, drawn: Drawn, by: str, descending: bool) -> None:
    """The snapshot, the service, and a separate client that turns the pages give the jobs of the facts, in their order."""
    order = "Descending" if descending else "Ascending"
    expected = sorted_names([facts for facts in JOBS if drawn.holds(facts)], by, descending=descending)
    question: dict[str, Any] = {"expression": drawn.part, "sort_by": by, "order": order}
    offline = lineage.search(estate.snapshot, "training-job", **question)
    live = lineage.search_live("TrainingJob", **question, session=estate.session)
    asked = {"Resource": "TrainingJob", "SearchExpression": drawn.part, "SortBy": by, "SortOrder": order}
    pages = estate.client.get_paginator("search").paginate(**asked)
    plain = [result["TrainingJob"]["TrainingJobName"] for page in pages for result in page["Results"]]
    assert [one.name for one in offline.records] == expected
    assert [one.name for one in live.records] == expected
    assert plain == expected
    assert (offline.total, live.total) == (len(expected), len(expected))
    assert [(one.id, one.status, one.created) for one in offline.records] == [
        (one.id, one.status, one.created) for one in live.records
    ]


def test_more_than_a_page(estate: Estate) -> None:
    """A search is paged to its end; a limit stops it there, and the count is still that of the whole."""
    for limit, shown in ((None, 130), (1, 1), (100, 100), (120, 120), (500, 130)):
        live = lineage.search_live("training-job", limit=limit, session=estate.session)
        offline = lineage.search(estate.snapshot, "training-job", limit=limit)
        assert [one.name for one in live.records] == [one.name for one in offline.records]
        assert (len(live.records), live.total, live.exact, live.scope["holes"]) == (shown, 130, True, [])


# --- the same answer over the bank ----------------------------------------------------------------

ASKED = [
    ("training-job", ["Metrics.validation:auc > 0.9"], "Metrics.validation:auc"),
    ("training-job", ["Tags.team = retention", "HyperParameters.max_depth >= 8"], None),
    ("training-job", ['"Tags.cost center" = 4711', "FailureReason exists"], None),
    ("training-job", ["CreationTime >= 2026-10-01", "TrainingJobStatus != Failed"], "CreationTime"),
    ("trial-component", ["Metrics.validation:auc.Max > 0.91"], "metrics.validation:auc.max"),
    ("trial-component", ["Parameters.max_depth = 6", "Parents.ExperimentName = loan-default"], None),
    ("trial-component", ["SourceDetail.TrainingJob.HyperParameters.eta < 0.2"], "SourceDetail.TrainingJob.CreationTime"),
    ("trial-component", ["SourceDetail exists"], None),
    ("model", ["PrimaryContainer.ModelDataUrl contains loans"], "ModelName"),
    ("model", [], None),
    ("model-package", ["ModelApprovalStatus in Approved, Rejected"], None),
    ("experiment", ["ExperimentName exists"], "ExperimentName"),
    ("trial", ["ExperimentName = credit-risk"], None),
    ("endpoint", ["ProductionVariants.CurrentWeight > 0.5"], None),
    ("pipeline", [], None),
]  # fmt: skip


@pytest.fixture(scope="module")
def whole_bank(account_path: Path) -> Iterator[lineage.Snapshot]:
    """The bank, every list of it."""
    with lineage.open_snapshot(account_path) as snapshot:
        yield snapshot


@pytest.mark.parametrize(("kind", "where", "sort_by"), ASKED, ids=str)
def test_the_bank_offline_and_live(whole_bank: lineage.Snapshot, kind: str, where: list[str], sort_by: str | None) -> None:
    """Every kind that Search knows answers offline as it does live, in the same order and shape."""
    offline = lineage.search(whole_bank, kind, where=where, sort_by=sort_by)
    live = lineage.search_live(kind, where=where, sort_by=sort_by, replay=BANK)
    assert [one.id for one in offline.records] == [one.id for one in live.records]
    assert offline.as_json().keys() == live.as_json().keys()
    for name in ("kind", "resource", "expression", "sort_by", "order", "total"):
        assert getattr(offline, name) == getattr(live, name)
    for ours, theirs in zip(offline.records, live.records, strict=True):
        assert [key for key in theirs.record if theirs.record[key] != ours.record.get(key)] == []


def test_best_first(whole_bank: lineage.Snapshot) -> None:
    """The bank's challengers come by their metric; the failed one, which has none, comes last."""
    found = lineage.search(whole_bank, "training-job", where=["Tags.team = retention"], sort_by="Metrics.validation:auc")
    assert [one.name[-1] for one in found.records] == ["3", "2", "4", "1", "5"]
    assert [one.values("Metrics.validation:auc") for one in found.records] == [[0.934], [0.912], [0.907], [0.861], []]


def test_conditions_beside_an_expression(whole_bank: lineage.Snapshot) -> None:
    """Both conditions must hold, and each alone finds more."""
    expression = {"Filters": [{"Name": "HyperParameters.eta", "Operator": "LessThan", "Value": "0.11"}]}
    found = lineage.search(whole_bank, "training-job", expression, where=["Metrics.validation:auc > 0.92"])
    assert [one.name for one in found.records] == ["Retention-Fit-3"]
    assert found.expression is not None
    assert list(found.expression) == ["SubExpressions"]
    either = lineage.search(
        whole_bank, "training-job", where=["Tags.team = fraud", "Metrics.validation:auc > 0.92"], any_of=True
    )
    assert [one.name for one in either.records] == ["Retention-Fit-3", "Fraud-NN-1"]


# --- what it knows and what it does not know ------------------------------------------------------


def test_a_walk_from_endpoints_is_no_list(bank: lineage.Snapshot) -> None:
    """Over a snapshot of endpoints alone, an answer says that not every job was read."""
    found = lineage.search(bank, "training-job")
    assert not found.scope["complete"]
    hole = found.scope["holes"][-1]
    assert (hole["reason"], hole["account"], hole["region"]) == ("not-enumerated", "111122223333", "eu-west-1")
    assert "not every training job was read" in hole["detail"]


def test_a_list_that_came_to_its_end(whole_bank: lineage.Snapshot) -> None:
    """Where the list was finished, no gap is left; gaps of other kinds do not matter."""
    found = lineage.search(whole_bank, "training-job")
    assert (found.scope["complete"], found.scope["holes"]) == (True, [])
    assert (found.scope["accounts"], found.scope["regions"]) == (["111122223333"], ["eu-west-1"])


def test_a_list_that_was_refused(tmp_path: Path) -> None:
    """A list that AWS refused is a gap for its kind, and for no other."""
    fault = {"fault": "AccessDeniedException", "operation": "ListTrainingJobs"}
    lineage.crawl_estate(tmp_path / "s.db", replay=account(tmp_path, fault), kinds=["training-job", "model"])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = lineage.search(snapshot, "training-job")
        assert [hole["reason"] for hole in found.scope["holes"]] == ["denied"]
        assert not found.scope["complete"]
        assert lineage.search(snapshot, "model").scope["complete"]


def test_jobs_that_a_run_carries(tmp_path: Path) -> None:
    """A question about the job of a run needs the list of jobs as well."""
    path = account(tmp_path, records=[run_of("training-job", "fit")])
    lineage.crawl_estate(tmp_path / "s.db", replay=path, kinds=["trial-component"])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.search(snapshot, "trial-component").scope["complete"]
        found = lineage.search(snapshot, "trial-component", where=["SourceDetail.TrainingJob.TrainingJobStatus = Failed"])
        assert (found.total, found.scope["complete"]) == (0, False)


def test_names_that_no_record_has(whole_bank: lineage.Snapshot) -> None:
    """A metric, a tag or a hyperparameter that nothing has finds nothing, and the nearest name is shown."""
    found = lineage.search(whole_bank, "training-job", where=["Metrics.validation:auk > 0.5", "Tags.team = retention"])
    assert (found.total, found.caveats) == (
        0,
        ["no training job that was read has Metrics.validation:auk (did you mean Metrics.validation:auc?)"],
    )
    run = lineage.search(whole_bank, "trial-component", where=["Parameters.maxdepth = 6", "Metrics.nothing.Max exists"])
    assert run.caveats == [
        "no trial component that was read has Metrics.nothing.Max",
        "no trial component that was read has Parameters.maxdepth (did you mean Parameters.max_depth?)",
    ]


# What was asked for, and what is offered in its place: names that records have and a search can use.
MEANT: dict[str, tuple[str, dict[str, Any], str]] = {
    "a hyperparameter": ("training-job", {"where": ["eta = 0.1"]}, "eta; did you mean HyperParameters.eta?"),
    "a part of a metric": ("training-job", {"sort_by": "auc"}, "auc; did you mean Metrics.train:auc or Metrics.validation:auc?"),
    "a tag": ("training-job", {"where": ["TEAM = fraud"]}, "TEAM; did you mean Tags.team?"),
    "a parameter": ("trial-component", {"where": ["max_dept > 3"]}, "max_dept; did you mean Parameters.max_depth?"),
    "nothing": ("training-job", {"where": ["x = 1"]}, "x; a name that people chose comes after Tags. or Metrics. or HyperParameters. (lineage.suggest(snapshot, 'training-job') lists them)"),
    "nothing of a kind without names": ("experiment", {"where": ["Foo.Bar = 1"]}, "Foo.Bar; lineage.suggest(snapshot, 'experiment', every=True) lists the names"),
    "what only the service has": ("model", {"where": ["EndpointName = x"]}, "EndpointName; lineage.suggest(snapshot, 'model', every=True) lists the names"),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "asked", "said"), MEANT.values(), ids=MEANT)
def test_an_unknown_name_gets_those_that_records_have(
    whole_bank: lineage.Snapshot, kind: str, asked: dict[str, Any], said: str
) -> None:
    """A refused name comes with names that are in the snapshot and can be searched, or with what lists them."""
    with pytest.raises(lineage.SearchRefused) as refused:
        lineage.search(whole_bank, kind, **asked)
    assert str(refused.value) == f"Unknown property name: {said}"


def test_a_name_after_the_wrong_word(whole_bank: lineage.Snapshot) -> None:
    """A name that begins like a known one, or comes after another word, finds nothing and is told with the known one."""
    found = lineage.search(whole_bank, "training-job", where=["HyperParameters.et = 1", "Tags.eta = 1"])
    assert found.caveats == [
        "no training job that was read has HyperParameters.et (did you mean HyperParameters.eta?)",
        "no training job that was read has Tags.eta (did you mean HyperParameters.eta?)",
    ]


def test_secrets_and_whole_numbers_are_told_of(tmp_path: Path) -> None:
    """A value that was cut out cannot be compared offline, and the answer says what SageMaker's rule changes."""
    job = body_of(JOBS[0]) | {"HyperParameters": {"api_key": "hunter-2", "eta": "0.7"}}
    path = account(tmp_path, records=[{"kind": "training-job", "record": {key: job[key] for key in job if key != "Tags"}}])
    lineage.crawl_estate(tmp_path / "s.db", replay=path, kinds=["training-job"])
    where = ["HyperParameters.api_key = hunter-2", "HyperParameters.eta > 0"]
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = lineage.search(snapshot, "training-job", where=where, any_of=True)
    assert found.total == 0
    assert [caveat.partition(":")[0] for caveat in found.caveats] == [
        "some values of HyperParameters.api_key looked like secrets and were not stored",
        "a decimal HyperParameters.eta is compared with an integer by its whole part, as in SageMaker",
    ]


def test_what_is_gone(tmp_path: Path) -> None:
    """A resource that a later list lacks is found only with `deleted`; for a name with two lives the last is found."""
    first = [line("model", name, {"CreationTime": "2026-01-01T07:00:00Z"}) for name in ("kept", "gone", "again")]
    again = line("model", "again", {"CreationTime": "2026-01-02T07:00:00Z"})
    for records in (first, [first[0], again]):
        lineage.crawl_estate(tmp_path / "s.db", replay=account(tmp_path, records=records), kinds=["model"], full=True)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = lineage.search(snapshot, "model", sort_by="ModelName", order="Ascending")
        assert [(one.name, one.created) for one in found.records] == [("again", "2026-01-02T07:00:00Z"), ("kept", "2026-01-01T07:00:00Z")]  # fmt: skip
        every = lineage.search(snapshot, "model", sort_by="ModelName", order="Ascending", deleted=True)
        assert [(one.name, bool(one.deleted)) for one in every.records] == [("again", True), ("again", False), ("gone", True), ("kept", False)]  # fmt: skip


def test_two_lives_that_nobody_ended(tmp_path: Path) -> None:
    """Where no list showed that the first of two models of one name is gone, the last is found: the service has no other."""
    crawl = Crawl(0, now(), now(), CALLER, (ACCOUNT,), (REGION,), ("shop",), f"t{REPLAYED}", "b")
    with lineage.Snapshot(tmp_path / "s.db", writing=True) as snapshot:
        with snapshot.recording() as recording:
            recording.begin(crawl)
            for day in (2, 1):
                recording.add(record("model", "m", {"CreationTime": f"2026-01-0{day}T00:00:00Z"}))
        assert [one.created for one in lineage.search(snapshot, "model").records] == ["2026-01-02T00:00:00Z"]
        assert lineage.search(snapshot, "model", deleted=True).total == 2


def test_accounts_and_regions(tmp_path: Path) -> None:
    """A search within an account or a region leaves others out, and ignores the state of their lists."""
    records = [line("model", "here", {}), line("model", "there", {}, region="us-east-1")]
    path = account(tmp_path, records=records)
    lineage.crawl_estate(tmp_path / "s.db", replay=path, kinds=["model"], regions=["eu-west-1", "us-east-1"])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.search(snapshot, "model").total == 2
        found = lineage.search(snapshot, "model", regions=["us-east-1"])
        assert ([one.name for one in found.records], found.scope["regions"]) == (["there"], ["us-east-1"])
        assert not lineage.search(snapshot, "model", regions=["eu-central-1"]).scope["complete"]
        assert lineage.search(snapshot, "model", accounts=["222233334444"]).total == 0


def test_only_the_first_are_held() -> None:
    """With a limit at most a few times as many records are held in memory, however many there are."""
    best = _Best(Sorting("TrainingJob", "Metrics.auc"), 3)
    for number in range(5_000):
        body = {"FinalMetricDataList": [{"MetricName": "auc", "Value": number * 7 % 5_000}]}
        best.add(lineage.Match(f"id-{number}", "training-job", str(number), ACCOUNT, REGION, None, None, None, body))
        assert len(best._kept) <= 2 * 3 + AT_ONCE + 1
    assert (best.total, [one.values("Metrics.auc")[0] for one in best.records]) == (5_000, [4_999, 4_998, 4_997])


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        ("training-job", {"where": ["Nonsense = x"]}, "Unknown property name: Nonsense"),
        ("training-job", {"where": ["TrainingJobName > x"]}, "The operator GreaterThan is not supported for the text property"),
        ("training-job", {"where": ["RoleArn contains x", "RoleArn contains y"]}, "'CONTAINS' operator usage limit of 1 exceeded"),
        ("training-job", {"where": ["TrainingJobName = x"] * 21}, "Member must have length less than or equal to 20"),
        ("training-job", {"expression": {}}, "You must specify at least one subexpression, filter, or nested filter"),
        ("training-job", {"sort_by": "Nonsense"}, "Unknown property name: Nonsense"),
        ("training-job", {"order": "Upwards"}, "no order 'Upwards' (expected one of Ascending, Descending)"),
        ("trainin-job", {}, "no kind 'trainin-job' that SageMaker's Search knows; did you mean training-job"),
        ("Image", {}, "Search gives no records of Image"),
        ("Project", {}, "lineage reads no Project"),
    ],
)  # fmt: skip
def test_offline_and_live_refuse_the_same(whole_bank: lineage.Snapshot, kind: str, words: dict[str, Any], said: str) -> None:
    """What is refused offline is refused live, with the same reason."""
    with pytest.raises(lineage.SearchRefused) as offline:
        lineage.search(whole_bank, kind, **words)
    with pytest.raises(lineage.SearchRefused) as live:
        lineage.search_live(kind, **words, replay=BANK)
    assert said in str(offline.value)
    assert str(offline.value) == str(live.value)


def test_what_only_the_service_can_tell(whole_bank: lineage.Snapshot) -> None:
    """No snapshot keeps the dashboard around a model: the question is refused offline, and the service answers it."""
    with pytest.raises(
        lineage.SearchRefused, match="a snapshot holds no Endpoints of models; ask the service with lineage.search_live"
    ):
        lineage.search(whole_bank, "model", where=["Endpoints.EndpointName = loans-live"])
    assert lineage.search_live("model", where=["Endpoints.EndpointName = loans-live"], replay=BANK).total == 0


def test_a_limit_of_nothing(whole_bank: lineage.Snapshot) -> None:
    """A limit below one is refused."""
    with pytest.raises(lineage.MalformedName, match="a limit of 0 finds nothing"):
        lineage.search(whole_bank, "model", limit=0)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("AccessDeniedException", "sagemaker:Search was not answered (denied)"),
        ("ThrottlingException", "sagemaker:Search was not answered (throttled)"),
        ("RepeatedToken", "Search gives the same NextToken again and again"),
    ],
)
def test_a_service_that_does_not_answer(tmp_path: Path, fault: str, said: str) -> None:
    """A search that AWS does not answer to its end is an error, and not a short answer."""
    path = account(tmp_path, {"fault": fault, "operation": "Search"})
    with pytest.raises(lineage.CrawlError) as failed:
        lineage.search_live("training-job", replay=path)
    assert said in str(failed.value)


def test_an_empty_page_is_not_the_end(tmp_path: Path) -> None:
    """A page without records and with a token leads to the next page."""
    path = account(tmp_path, {"fault": "EmptyPage", "operation": "Search"})
    assert lineage.search_live("training-job", replay=path).total > 0


# --- suggestions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "prefix", "names"),
    [
        ("training-job", "max", ["HyperParameters.max_depth"]),
        ("training-job", "validation:", ["Metrics.validation:auc"]),
        ("training-job", "METRICS.", ["Metrics.train:auc", "Metrics.validation:auc"]),
        ("training-job", "tags", ["Tags.cost center", "Tags.sagemaker:pipeline-execution-arn", "Tags.team"]),
        ("training-job", "t", ["HyperParameters.teacher", "Metrics.train:auc", "Tags.cost center", "Tags.sagemaker:pipeline-execution-arn", "Tags.team"]),
        ("training-job", "nothing", []),
        ("trial-component", "validation:a", [f"Metrics.validation:auc.{name}" for name in ("Avg", "Count", "Last", "Max", "Min", "StdDev")]),
    ],
)  # fmt: skip
def test_suggestions(whole_bank: lineage.Snapshot, kind: str, prefix: str, names: list[str]) -> None:
    """Names that people chose match by the start of the name or of a word after it; offline as live."""
    told = lineage.suggest(whole_bank, kind, prefix)
    assert (told.names, told.scope["complete"]) == (names, True)
    assert lineage.suggest_live(kind, prefix, replay=BANK).names == names
    assert all(lineage.search(whole_bank, kind, where=[f"'{name}' exists"]).total for name in names)


def test_every_property_is_suggested(whole_bank: lineage.Snapshot) -> None:
    """With `every`, fixed names match by any of their parts, and names in maps are found too."""
    assert lineage.suggest(whole_bank, "training-job", "s3uri", every=True).names == [
        "CheckpointConfig.S3Uri",
        "InputDataConfig.DataSource.S3DataSource.S3Uri",
    ]
    assert (
        lineage.suggest(whole_bank, "trial-component", "max_d", every=True).names
        == [
            "Parameters.max_depth",
            "SourceDetail.TrainingJob.HyperParameters.max_depth",
        ][:1]
    )


def test_a_hint_that_is_too_long(whole_bank: lineage.Snapshot) -> None:
    """The service accepts a hundred characters."""
    with pytest.raises(lineage.SearchRefused, match="'propertyNameHint' failed to satisfy constraint"):
        lineage.suggest(whole_bank, "training-job", "x" * 101)


def test_the_service_spells_in_its_own_way() -> None:
    """The replay answers GetSearchSuggestions as the developer guide shows it, through a real client."""
    query = {"PropertyNameQuery": {"PropertyNameHint": "max"}}
    answer = Replay(BANK).boto().client("sagemaker").get_search_suggestions(Resource="TrainingJob", SuggestionQuery=query)
    assert answer["PropertyNameSuggestions"] == [{"PropertyName": "hyperparameters.max_depth"}]


# --- over HTTP ------------------------------------------------------------------------------------


def test_live_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over HTTP, a tag, a text and a run's trial find in moto's own Search what they find there, as moto implements them."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_REGION": REGION,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    try:
        api: Any = boto3.client("sagemaker", region_name=REGION)
        for name, team in (("fraud-models", "fraud"), ("churn-models", "churn")):
            api.create_model_package_group(ModelPackageGroupName=name, Tags=[{"Key": "team", "Value": team}])
        asked = {
            "Tags.team = fraud": ["fraud-models"],
            "ModelPackageGroupName = churn-models": ["churn-models"],
            "ModelPackageGroupName contains models": ["churn-models", "fraud-models"],
        }
        for condition, names in asked.items():
            found = lineage.search_live("model-package-group", where=[condition], region=REGION)
            assert sorted(one.name for one in found.records) == names
            assert (found.total, found.exact, found.scope["accounts"]) == (len(names), True, ["123456789012"])
    finally:
        server.stop()


# --- the command line -----------------------------------------------------------------------------


@pytest.fixture
def shell(run, whole_bank: lineage.Snapshot):
    """Run a command over the whole bank."""
    return lambda *arguments: run(*arguments, "--snapshot", str(whole_bank.path))


ROWS = {
    "tsv": "name\tMetrics.validation:auc\nRetention-Fit-3\t0.934\nRetention-Fit-2\t0.912\n",
    "csv": "name,Metrics.validation:auc\nRetention-Fit-3,0.934\nRetention-Fit-2,0.912\n",
    "jsonl": '{"name": "Retention-Fit-3", "Metrics.validation:auc": 0.934}\n{"name": "Retention-Fit-2", "Metrics.validation:auc": 0.912}\n',
    "md": "| name | Metrics.validation:auc |\n| --- | --- |\n| Retention-Fit-3 | 0.934 |\n| Retention-Fit-2 | 0.912 |\n",
}


@pytest.mark.parametrize("live", [[], ["--live", "--replay", str(BANK)]], ids=["offline", "live"])
@pytest.mark.parametrize("form", [*ROWS])
def test_formats(shell, form: str, live: list[str]) -> None:
    """The same question prints the same rows in each format, from the snapshot and from the service."""
    question = ["--sort-by", "Metrics.validation:auc", "-n", "2", "--columns", "name, Metrics.validation:auc"]
    told = shell("search", "training-job", *question, "-f", form, *live)
    assert told[:2] == (0, ROWS[form])
    assert told.err.startswith("35 training jobs found, 2 shown")
    assert "\nLooked at: account 111122223333, region eu-west-1" in told.err


def test_numbers_are_numbers_in_json_lines(shell) -> None:
    """A number in the record is a number in JSON lines; an account id and a hyperparameter are texts there."""
    columns = "account,ResourceConfig.InstanceCount,HyperParameters.max_depth,EnableNetworkIsolation,Metrics.nothing"
    told = shell("search", "training-job", "-w", "TrainingJobName = Retention-Fit-3", "--columns", columns, "-f", "jsonl")
    assert list(json.loads(told.out).values()) == ["111122223333", 1, "8", "false", None]


def test_several_numbers_are_a_list_in_json_lines() -> None:
    """Several numbers of one property are a list of numbers; several texts stay one text."""
    from cli.render.search import found_rows

    found = SimpleNamespace(rows=lambda _: [{"a": [1, 2.5], "b": ["x", "1"], "c": [True], "d": []}])
    assert list(found_rows(found, ["a"], "jsonl")) == [{"a": [1, 2.5], "b": "x, 1", "c": "true", "d": None}]  # type: ignore[arg-type]


def test_a_table_says_what_was_looked_at(shell, ask) -> None:
    """A table ends with the count, the gaps and the scope; beside plain rows the gaps go to stderr."""
    told = shell("search", "training-job", "-w", "Tags.team = retention", "-n", "2", "-f", "table")
    assert (
        "5 training jobs found, 2 shown, by LastModifiedTime, descending.\nLooked at: account 111122223333, region eu-west-1"
        in told.out
    )
    short = ask("search", "training-job", "-n", "1", "-f", "csv")
    assert short.out.startswith("name,status,created,id\n")
    assert "\nNote: 2 gaps could hide more training jobs:\n  111122223333 eu-west-1  " in short.err


def test_json(shell) -> None:
    """JSON holds the question, the count, whole records, the scope and the notes."""
    answer = json.loads(shell("search", "model", "-w", "ModelName contains Loans", "-f", "json").out)
    assert (answer["schema"], answer["question"], answer["resource"]) == ("lineage.search/1", "search", "Model")
    assert answer["expression"] == {"Filters": [{"Name": "ModelName", "Operator": "Contains", "Value": "Loans"}]}
    assert [one["record"]["Model"]["ModelName"] for one in answer["records"]] == [one["name"] for one in answer["records"]]
    assert (answer["total"], answer["scope"]["complete"], answer["caveats"]) == (len(answer["records"]), True, [])


def test_an_expression_from_anywhere(shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An expression comes from the command line or from a file; the same one finds the same."""
    text = json.dumps({"Filters": [{"Name": "Tags.team", "Value": "fraud"}]})
    (tmp_path / "query.json").write_text(text)
    for source in (text, "query.json"):
        assert shell("search", "training-job", "--expression", source, "--columns", "name").out == "name\nFraud-NN-1\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["training-job", "-w", "Nonsense = x"], "Unknown property name: Nonsense"),
        (["training-job", "-w", "TrainingJobNam = x"], "did you mean TrainingJobName or"),
        (["training-job", "-w", "nonsense"], "'nonsense' is not a condition; one is NAME OP VALUE"),
        (["training-job", "--expression", "{"], "--expression {: not JSON"),
        (["training-job", "--expression", "no.json"], "--expression no.json: neither a JSON object nor a readable file"),
        (["training-job", "--expression", '{"Filters": 3}'], "Invalid type for parameter searchExpression.Filters"),
        (["training-job", "--columns", "Nonsense"], "Unknown property name: Nonsense"),
        (["training-job", "--profile", "p"], "--profile says how to ask SageMaker: add --live"),
        (["training-job", "--live", "--region", "a", "--region", "b"], "--live asks one region at a time"),
        (["training-job", "--live", "--account", "1"], "--account is for the snapshot"),
        (["training-job", "--live", "--deleted"], "--deleted is for the snapshot"),
        (["training-job", "--live", "--replay", "x", "--profile", "p"], "--profile is for AWS, and --replay asks a file"),
        (["training-job", "--live", "--replay", str(BANK), "--region", "eu-wst-1"], "no region 'eu-wst-1' with SageMaker"),
        (["processing-job"], "SageMaker's Search knows no processing-job"),
        (["training-job", "-n", "0"], "'--limit' / '-n'"),
    ],
)  # fmt: skip
def test_wrong_usage(shell, arguments: list[str], said: str) -> None:
    """A question that is not valid is one line on stderr, and exit code 2."""
    told = shell("search", *arguments)
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
    assert said in told.err


def test_no_answer_is_a_failure(run, tmp_path: Path) -> None:
    """Where AWS refuses, the command says so in one line and exits with 3."""
    path = account(tmp_path, {"fault": "AccessDeniedException", "operation": "Search"}, records=[], **HEADER)
    told = run("search", "model", "--live", "--replay", str(path))
    assert (told.code, told.out, told.err.count("\n")) == (3, "", 1)


def test_suggest_on_the_command_line(shell) -> None:
    """One name a line, from the snapshot or from the service; and JSON."""
    for live in ([], ["--live", "--replay", str(BANK)]):
        assert shell("suggest", "training-job", "max", "-f", "tsv", *live) == (0, "name\nHyperParameters.max_depth\n", "")
    told = json.loads(shell("suggest", "training-job", "s3uri", "--all", "-f", "json").out)
    assert (told["schema"], told["question"], len(told["names"])) == ("lineage.suggestions/1", "suggest", 2)
    assert "--all needs no answer from AWS" in shell("suggest", "training-job", "--all", "--live").err


def test_the_policy_allows_suggestions_only_when_asked(run) -> None:
    """A crawl never requests suggestions, so its policy does not allow it unless `--suggestions` is given."""
    assert "GetSearchSuggestions" not in run("iam-policy").out
    assert '"sagemaker:GetSearchSuggestions"' in run("iam-policy", "--suggestions").out
