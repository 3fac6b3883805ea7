"""A search reads only the records that may match. The oracle is the same search that reads all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.kinds import KINDS, Kind
from lineage.domain.records import REDACTED, Crawl, Resource
from lineage.queries import search as asked
from lineage.queries.scope import Within
from lineage.search_language.clues import CUT, DECIMAL, clue, clue_to, clues_of
from lineage.search_language.sieve import EVERY, NONE, sieve
from lineage.snapshot.reading import Snapshot
from tests.conftest import examples
from tests.records import ACCOUNT, REGION, arn, record

CRAWL = Crawl(1, "2026-01-01T00:00:00Z", None, "arn:x", (ACCOUNT,), (REGION,), (), "0", "1")
JOB, RUN = "training-job", "trial-component"
CHANCE = Random(7)
VALUES = (
    "1",
    "1.0",
    "1e0",
    "01",
    "1.5",
    "-0.2",
    "-0",
    "0",
    "10",
    "1e999",
    "fraud",
    "FRAUD",
    "a,b",
    "",
    REDACTED,
    f"x{REDACTED}",
)
NAMES = ("eta", "depth", "a.b", "seed")
PEOPLE = ("fit-1", "Fit-1", "fit-12", "other", "ß", "fit_1%")


def some(names: tuple[str, ...]) -> dict[str, str]:
    return {name: CHANCE.choice(VALUES) for name in names if CHANCE.random() < 0.6}


def job(name: str, number: int) -> Resource:
    """A training job with hyperparameters, tags and an environment, some of them odd."""
    tags = [{"Key": key, "Value": value} for key, value in some(("team", "depth")).items()]
    body = {
        "CreationTime": f"2026-01-{1 + number % 28:02}T00:00:00Z",
        "TrainingJobStatus": CHANCE.choice(("Completed", "Failed")),
        "HyperParameters": some(NAMES),
        "Environment": some(("seed",)),
        "Tags": tags,
    }
    return record(JOB, name, {key: value for key, value in body.items() if value or CHANCE.random() < 0.5})


def run(name: str, number: int) -> Resource:
    """A run with parameters that are numbers or texts, in groups or not."""
    numbers = {key: {"NumberValue": CHANCE.choice((1, 1.0, 1.5, 0, -0.0))} for key in NAMES if CHANCE.random() < 0.4}
    parents = [{"TrialName": CHANCE.choice(PEOPLE)} | _experiment() for _ in range(number % 3)]
    body = {
        "CreationTime": f"2026-01-{1 + number % 28:02}T00:00:00Z",
        "Parameters": {key: {"StringValue": value} for key, value in some(NAMES).items()} | numbers,
        "Parents": parents or None,
        "Metrics": [{"MetricName": "auc", CHANCE.choice(("Max", "Min")): 1.0}] if number % 2 else [],
    }
    return record(RUN, name, {key: value for key, value in body.items() if value is not None})


def trial(name: str) -> Resource:
    """A group, which may name its experiment."""
    return record("trial", name, {"CreationTime": "2026-01-01T00:00:00Z"} | _experiment())


def _experiment() -> dict[str, str]:
    return {"ExperimentName": CHANCE.choice(PEOPLE)} if CHANCE.random() < 0.6 else {}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snapshot]:
    """Three crawls: records change, names are used again, and some are deleted."""
    path = tmp_path_factory.mktemp("sieve") / "s.db"
    with Snapshot(path, writing=True) as snapshot:
        for crawl in range(3):
            with snapshot.recording() as recording:
                recording.begin(CRAWL)
                for number in range(60):
                    name = f"{CHANCE.choice(PEOPLE)}{number if number % 4 else ''}"
                    recording.add((job if number % 2 else run)(name, number + crawl * (number % 3)))
                for name in PEOPLE:
                    recording.add(trial(name))
                recording.add(run("Fit-1-own", 0))
        with snapshot.recording() as recording:
            recording.begin(CRAWL)
            for one in [*snapshot.resources()][::5]:
                recording.ended(one.id, one.created or "", "2026-03-01T00:00:00Z")
    with lineage.open_snapshot(path) as snapshot:
        yield snapshot


PROPERTIES = {
    JOB: (
        "TrainingJobName", "TrainingJobStatus", "HyperParameters.eta", "HyperParameters.depth", "HyperParameters.a.b",
        "HyperParameters.none", "hyperparameters.seed", "Tags.team", "Tags.depth", "Environment.seed",
    ),
    RUN: (
        "TrialComponentName", "DisplayName", "Parameters.eta", "Parameters.depth", "Parameters.a.b", "Parameters.none",
        "Parents.ExperimentName", "Parents.TrialName", "Parameters.seed.NumberValue", "Parameters.eta.StringValue",
    ),
}  # fmt: skip
OF_TEXT = ("Equals", "Equals", "Equals", "In", "NotEquals", "Exists", "NotExists", "Contains")
OF_ANY = (*OF_TEXT, "GreaterThan", "LessThanOrEqualTo")
LISTS = ("1,2", "fraud,,1", "fit-1,other", ",".join(map(str, range(30))))
_ANY = ("HyperParameters", "hyperparameters", "Parameters", "Environment")


def filters(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(PROPERTIES[kind]).flatmap(_filter)


def _filter(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """A filter that may find something: of a name or a group with names, of what people wrote with values."""
    word, _, key = name.partition(".")
    values = (
        st.sampled_from([one for one in (*VALUES, *LISTS) if one])
        if word in (*_ANY, "Tags")
        else st.sampled_from((*PEOPLE, "it", *LISTS))
    )
    number = "." in key and "Value" in key
    operators = ("Exists",) if number else OF_ANY if word in _ANY else OF_TEXT
    return st.fixed_dictionaries({"Name": st.just(name), "Operator": st.sampled_from(operators), "Value": values})


def expressions(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    one = filters(kind)
    tag = {"NestedPropertyName": "Tags", "Filters": [{"Name": "Tags.Value", "Value": "fraud"}]}
    word = st.sampled_from(["And", "Or"])
    flat = st.builds(lambda parts, word: {"Filters": parts, "Operator": word}, st.lists(one, min_size=1, max_size=3), word)
    return st.recursive(
        flat,
        lambda inner: st.fixed_dictionaries(
            {"SubExpressions": st.lists(inner, min_size=1, max_size=2), "Operator": word},
            optional={
                "Filters": st.lists(one, min_size=1, max_size=2),
                "NestedFilters": st.just([tag]),
            },
        ),
        max_leaves=4,
    )


def told(snapshot: Snapshot, kind: str, expression: dict[str, Any], **words: Any) -> Any:
    try:
        return lineage.search(snapshot, kind, expression, **words).as_json()
    except lineage.SearchRefused as error:
        return str(error)


QUESTIONS = st.sampled_from([JOB, RUN]).flatmap(lambda kind: st.tuples(st.just(kind), expressions(kind)))
DECIMALS = {"Name": "HyperParameters.eta", "Operator": "Equals", "Value": "1"}


def _of_all(snapshot: Snapshot, kind: Kind, within: Within, *, deleted: bool) -> Iterator[asked.Match]:
    return asked._current(snapshot, kind, within, None, deleted=deleted)


@given(question=QUESTIONS, deleted=st.booleans(), limit=st.sampled_from([None, 2]))
@settings(max_examples=examples(300))
@example(question=(JOB, {"Filters": [DECIMALS]}), deleted=False, limit=None)
@example(question=(JOB, {"Filters": [{"Name": "HyperParameters.none", "Value": "1"}]}), deleted=False, limit=None)
def test_as_if_all_records_were_read(
    world: Snapshot, question: tuple[str, dict[str, Any]], deleted: bool, limit: int | None
) -> None:
    """The answer is that of a search that reads every record: its matches, their order, the count, and every note."""
    kind, expression = question
    found = told(world, kind, expression, deleted=deleted, limit=limit)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Snapshot, "ids", lambda *_: None)  # then every record is read
        patch.setattr(asked, "_of_each_shape", _of_all)
        assert found == told(world, kind, expression, deleted=deleted, limit=limit)


@pytest.mark.parametrize("deleted", [True, False])
@pytest.mark.parametrize("experiment", [*PEOPLE, "FIT-1", "none", arn("experiment", "fit-1")])
def test_the_runs_of_an_experiment(world: Snapshot, experiment: str, deleted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs of an experiment or of a group, and one run by name, are those that are found when every run is read."""

    def told() -> list[Any]:
        runs = lambda **words: [one.as_json() for one in lineage.list_runs(world, deleted=deleted, **words)]  # noqa: E731
        asked: list[Callable[[], Any]] = [partial(runs, experiment=experiment), partial(runs, group=experiment)]
        asked += [partial(runs, experiment=experiment, group="fit-12")]
        names = ("own", "fit-12", "Fit-18", "other4", arn(RUN, "ß"))
        asked += [partial(lineage.load_run, world, name, experiment) for name in names]
        return [_answer(one) for one in asked]

    found = told()
    monkeypatch.setattr(Snapshot, "ids", lambda *_: None)
    assert found == told()


def _answer(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except lineage.LineageError as error:
        return str(error)


@pytest.mark.parametrize("kind", [JOB, RUN])
@pytest.mark.parametrize("every", [True, False])
def test_the_names_of_all_records(world: Snapshot, kind: str, every: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """`suggest` reads one record of each shape, and gives the names of all of them."""
    found = lineage.suggest(world, kind, every=every).names
    monkeypatch.setattr(asked, "_of_each_shape", _of_all)
    assert found == lineage.suggest(world, kind, every=every).names


def test_what_is_looked_for() -> None:
    """A name and an equal value narrow a search; another order or a missing value does not."""
    training = KINDS[JOB]
    narrow = [
        {"Filters": [{"Name": "TrainingJobName", "Operator": "Contains", "Value": "fit"}]},
        {"Filters": [{"Name": "HyperParameters.eta", "Value": "0.1"}]},
        {"Filters": [{"Name": "TrainingJobName", "Value": "fit"}, {"Name": "HyperParameters.eta", "Operator": "Exists"}]},
    ]
    wide = [
        {"Filters": [{"Name": "HyperParameters.eta", "Operator": "NotEquals", "Value": "0.1"}]},
        {"Filters": [{"Name": "TrainingJobName", "Operator": "NotEquals", "Value": "fit"}]},
        {"Filters": [{"Name": "TrainingJobName", "Value": "\ud800"}]},
    ]
    assert all(sieve(training, one) not in (EVERY, NONE) for one in narrow)
    assert [sieve(training, one) for one in wide] == [EVERY] * 3
    assert sieve(training, None) == EVERY


def test_equal_numbers_have_one_clue() -> None:
    """Numbers are compared by their value, so each spelling has the same clue."""
    assert len({clue("HyperParameters.eta", one) for one in ("1", "1.0", "01", "1e0", "+1")}) == 1
    assert clue("HyperParameters.eta", "0") == clue("HyperParameters.eta", "-0")
    known = clues_of({"HyperParameters": {"eta": "1.5", "key": REDACTED}})
    expected = [clue("HyperParameters.eta", "1.5"), clue("HyperParameters.eta", "1"), clue_to("HyperParameters.eta", DECIMAL)]
    expected += [clue("HyperParameters.key", REDACTED), clue_to("HyperParameters.key", CUT)]
    assert known == "".join(sorted(expected))


def test_groups_ignore_case() -> None:
    """A run in an experiment has the clue to its name, in whatever letters it is written."""
    assert clue("Parents.ExperimentName", "FRAUD") in clues_of({"Parents": [{"ExperimentName": "Fraud"}]})


def test_odd_records_have_clues() -> None:
    """What is no object where people's words should be gives no clue and no error."""
    assert clues_of({"HyperParameters": "x", "Tags": [7], "Parameters": [{"a": 7}], "Parents": None}) == ""
    assert clues_of({"HyperParameters": {"a": 10**400, "b": True, "c": ["d"], "\ud800": "\ud800"}})
