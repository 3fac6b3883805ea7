"""Questions take a snapshot or a graph, and say in one sentence what they expect; answers have no truth value."""

from __future__ import annotations

import inspect
import re
from itertools import product
from operator import eq, ne
from pathlib import Path
from typing import Any

import boto3
import networkx as nx
import pytest

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.queries.showing import Answer, ListedAnswer
from tests.conftest import BANK

ASKED = [
    (lineage.trace, "loans-live"),
    (lineage.used, "s3://bank-ml/loans/holdout/"),
    (lineage.impact, "s3://bank-raw/loans/"),
    (lineage.impact, "Loans-Fit-0042"),
    (lineage.path, "s3://bank-raw/loans/", "loans-live"),
    (lineage.path, "training-job/Loans-Fit-0042", "endpoint/loans-live"),
]


def of_a_snapshot() -> list[str]:
    """The public functions whose first argument is a snapshot."""
    functions = [(name, getattr(lineage, name)) for name in dir(lineage)]
    asked = [(name, list(inspect.signature(one).parameters.values())) for name, one in functions if inspect.isfunction(one)]
    return [name for name, parameters in asked if parameters and parameters[0].annotation == "Snapshot"]


@pytest.mark.parametrize(("question", "words"), [(one, words) for one, *words in ASKED], ids=range(len(ASKED)))
def test_a_snapshot_answers_as_its_graph(account_path: Any, question: Any, words: list[str]) -> None:
    """A question to a snapshot reads what it needs, and answers as it does over the whole graph."""
    with lineage.open_snapshot(account_path) as snapshot:
        assert question(snapshot, *words).as_json() == question(lineage.graph(snapshot), *words).as_json()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("lineage.db", "this is the text 'lineage.db'"),
        (None, "this is an object of type NoneType"),
        (nx.MultiDiGraph(), "this is an object of type MultiDiGraph"),
    ],
    ids=["path", "none", "another-graph"],
)
@pytest.mark.parametrize("question", [lineage.used, lineage.datasets])
def test_a_question_says_what_it_wants(question: Any, given: Any, said: str) -> None:
    """A call with a path, or with a graph that lineage did not make, is told to open the snapshot."""
    wanted = "ask a snapshot, lineage.open_snapshot('lineage.db'), or a graph of one, lineage.graph(snapshot); "
    with pytest.raises(TypeError) as refused:
        question(given, "s3://bank-ml/loans/")
    assert str(refused.value) == wanted + said


@pytest.mark.parametrize("name", of_a_snapshot())
def test_what_reads_records_wants_a_snapshot(name: str) -> None:
    """A function that takes only a snapshot refuses a path with one sentence, whatever its other arguments are."""
    function = getattr(lineage, name)
    needed = [
        one
        for one in inspect.signature(function).parameters.values()
        if one.default is one.empty and one.kind != one.VAR_POSITIONAL
    ]
    with pytest.raises(TypeError, match=r"^ask a snapshot, lineage\.open_snapshot\('x\.db'\); this is the text 'x\.db'$"):
        found = function("x.db", *["loans-live"] * (len(needed) - 1))
        list(found)  # some answer piece by piece


def test_an_answer_is_no_truth_value(bank: lineage.Snapshot) -> None:
    """`if lineage.used(…)` is refused, because it would take an `unknown` for a yes."""
    with pytest.raises(TypeError, match=r"^an answer is neither true nor false: compare its verdict"):
        bool(lineage.used(bank, "s3://bank-ml/loans/holdout/"))
    with pytest.raises(TypeError, match=r"^an answer is neither true nor false: it has no verdict: answer\.as_json\(\)"):
        bool(lineage.search(bank, "training-job", limit=1))


def every_answer(bank: lineage.Snapshot, path: Path) -> list[Answer]:
    """One of each class."""
    source, board = "s3://bank-raw/loans/2026-05/", {"metric": "validation:auc", "direction": "max"}
    run = next(iter(lineage.list_executions(bank, "Renewal-Price")))
    return [
        lineage.trace(bank, "loans-live"),
        lineage.used(bank, "s3://bank-ml/loans/train/"),
        lineage.impact(bank, source),
        lineage.path(bank, source, "loans-live"),
        lineage.datasets(bank, "loans-live"),
        lineage.show(bank, "loans-live"),
        lineage.check(bank),
        lineage.report(bank, ["loans-live"]),
        lineage.search(bank, "training-job", limit=3),
        lineage.suggest(bank, "training-job"),
        lineage.leaderboard(bank, ["training-job/Loans-Fit-0042"], **board),
        lineage.load_execution(bank, run.id),
        lineage.verify(path),
        lineage.snapshot_info(path),
    ]


def test_an_answer_is_no_text(bank: lineage.Snapshot, bank_path: Path) -> None:
    """`lineage.used(…) == "used"` would always be false, so it is refused, in either order, and so is `!=`."""
    answers = every_answer(bank, bank_path)
    assert {type(one).__name__ for one in answers} == {
        one.__name__ for kind in (Answer, ListedAnswer) for one in kind.__subclasses__()
    } - {"ListedAnswer"}
    for answer in answers:
        said = "compare its verdict, as in answer.verdict == 'used'" if hasattr(answer, "verdict") else "str(answer) is one"
        for compare, ends in product((eq, ne), ((answer, "used"), ("used", answer))):
            with pytest.raises(TypeError, match=f"^an answer is not a text: {re.escape(said)}$"):
                compare(*ends)


def test_answers_that_say_the_same_are_equal(bank: lineage.Snapshot, bank_path: Path) -> None:
    """Answers to one question are equal, to different questions they are not; nothing else equals an answer."""
    for one, other in zip(every_answer(bank, bank_path)[:7], every_answer(bank, bank_path)[:7], strict=True):
        assert one == other
        assert one not in (None, 1)
    assert lineage.used(bank, "s3://bank-ml/loans/train/") != lineage.used(bank, "s3://bank-ml/loans/holdout/")


def test_the_repr_of_an_answer_is_a_short_line(bank: lineage.Snapshot, bank_path: Path) -> None:
    """A list of answers shows the class, subject and verdict of each, never all of its fields."""
    told = {type(one).__name__: repr(one) for one in every_answer(bank, bank_path)}
    assert told["Usage"] == "<Usage s3://bank-ml/loans/train/: used>"
    assert told["Trace"] == "<Trace loans-live: traced>"
    assert told["Checked"] == "<Checked everything: findings>"
    assert told["Found"].startswith("<Found training-job, 3 of ")
    assert max(map(len, told.values())) < 90
    assert not [one for one in told.values() if "\n" in one]


@pytest.mark.parametrize("crawl", [lineage.crawl_estate, lineage.crawl_endpoints])
def test_a_crawl_takes_a_boto3_session(tmp_path: Any, crawl: Any) -> None:
    """A program with its own AWS session passes it, with a region or with the session's own."""
    signed_in = replay_session(BANK)._boto
    assert isinstance(signed_in, boto3.Session)
    progress = crawl(tmp_path / "lineage.db", session=signed_in)
    assert progress.records > 90
