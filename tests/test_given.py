"""Arguments from Python: one text in place of a list, and a sentence for anything else."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import lineage
from tests.conftest import BANK

REGION, ACCOUNT, ENDPOINT = "eu-west-1", "111122223333", "loans-live"
PLACE = "s3://bank-ml/loans/train/"
CONDITION = "TrainingJobStatus = Completed"
OURS = (
    "check_places.known_accounts",
    "check_places.known_regions",
    "did_you_mean.names",
    "no_such.names",
)  # the command line's


def told(found: Any) -> Any:
    """The result of a function, in a form that can be compared."""
    if isinstance(found, Iterator):
        return [told(one) for one in found]
    if isinstance(found, nx.MultiDiGraph):
        return sorted(found)
    return found


def part(snapshot: lineage.Snapshot) -> lineage.Graph:
    return lineage.select(lineage.graph(snapshot), "+loans-live")


# Each public function and each of its parameters that takes several texts, with one text for it.
Call = Callable[[lineage.Snapshot, Path, Any], Any]
CALLS: dict[str, tuple[Call, str]] = {
    "check.subjects": (lambda s, _, one: lineage.check(s, None, one), ENDPOINT),
    "check.baseline": (lambda s, _, one: lineage.check(s, baseline=one), "0" * 64),
    "check.accounts": (lambda s, _, one: lineage.check(s, accounts=one), ACCOUNT),
    "check.regions": (lambda s, _, one: lineage.check(s, regions=one), REGION),
    "check_places.accounts": (lambda _, __, one: lineage.check_places(one, ()), ACCOUNT),
    "check_places.regions": (lambda _, __, one: lineage.check_places((), one), REGION),
    "coverage.accounts": (lambda s, _, one: lineage.coverage(s, one), ACCOUNT),
    "coverage.regions": (lambda s, _, one: lineage.coverage(s, regions=one), REGION),
    "crawl_endpoints.endpoints": (lambda _, new, one: lineage.crawl_endpoints(new, one, replay=BANK).records, ENDPOINT),
    "crawl_estate.regions": (lambda _, new, one: crawled(new, regions=one), REGION),
    "crawl_estate.kinds": (lambda _, new, one: crawled(new, kinds=one), "endpoint"),
    "crawl_estate.roles": (lambda _, new, one: crawled(new, kinds=["endpoint"], roles=one), f"arn:aws:iam::{ACCOUNT}:role/x"),
    "datasets.holdouts": (lambda s, _, one: lineage.datasets(s, ENDPOINT, holdouts=one), PLACE),
    "iam_policy.kinds": (lambda _, __, one: lineage.iam_policy(one), "endpoint"),
    "iam_statements.kinds": (lambda _, __, one: lineage.iam_statements(one), "endpoint"),
    "iam_statements.roles": (lambda _, __, one: lineage.iam_statements(roles=one), f"arn:aws:iam::{ACCOUNT}:role/x"),
    "iam_statements.signing_keys": (
        lambda _, __, one: lineage.iam_statements(signing_keys=one),
        f"arn:aws:kms:{REGION}:{ACCOUNT}:key/x",
    ),
    "iam_statements.buckets": (lambda _, __, one: lineage.iam_statements(buckets=one), "bank-ml"),
    "iam_statements.regions": (lambda _, __, one: lineage.iam_statements(regions=one), REGION),
    "iam_statements.accounts": (lambda _, __, one: lineage.iam_statements(accounts=one), ACCOUNT),
    "leaderboard.ids": (
        lambda s, _, one: lineage.leaderboard(s, one, metric="validation:auc", direction="max"),
        "training-job/Loans-Fit-0042",
    ),
    "list_experiments.accounts": (lambda s, _, one: lineage.list_experiments(s, accounts=one), ACCOUNT),
    "list_experiments.regions": (lambda s, _, one: lineage.list_experiments(s, regions=one), REGION),
    "list_pipelines.accounts": (lambda s, _, one: lineage.list_pipelines(s, one), ACCOUNT),
    "list_pipelines.regions": (lambda s, _, one: lineage.list_pipelines(s, regions=one), REGION),
    "list_runs.accounts": (lambda s, _, one: lineage.list_runs(s, accounts=one), ACCOUNT),
    "list_runs.regions": (lambda s, _, one: lineage.list_runs(s, regions=one), REGION),
    "neighbourhood.ids": (lambda s, _, one: lineage.neighbourhood(s, one, "up"), PLACE),
    "nodes.accounts": (lambda s, _, one: lineage.nodes(s, accounts=one), ACCOUNT),
    "nodes.regions": (lambda s, _, one: lineage.nodes(s, regions=one), REGION),
    "picture.highlight": (lambda s, _, one: lineage.picture(part(s), highlight=one).figures, ENDPOINT),
    "picture.keep": (lambda s, _, one: lineage.picture(part(s), keep=one, max_nodes=4).figures, PLACE),
    "view.highlight": (lambda s, _, one: lineage.view(part(s), highlight=one).drawn.figures, ENDPOINT),
    "view.keep": (lambda s, _, one: lineage.view(part(s), keep=one, max_nodes=4).drawn.figures, PLACE),
    "pipelines_scope.accounts": (lambda s, _, one: lineage.pipelines_scope(s, one), ACCOUNT),
    "pipelines_scope.regions": (lambda s, _, one: lineage.pipelines_scope(s, regions=one), REGION),
    "report.endpoints": (lambda s, _, one: lineage.report(s, one), ENDPOINT),
    "report.holdouts": (lambda s, _, one: lineage.report(s, [ENDPOINT], holdouts=one), PLACE),
    "report.frameworks": (lambda s, _, one: lineage.report(s, [ENDPOINT], frameworks=one), "gdpr"),
    "runs_scope.accounts": (lambda s, _, one: lineage.runs_scope(s, one), ACCOUNT),
    "runs_scope.regions": (lambda s, _, one: lineage.runs_scope(s, regions=one), REGION),
    "search.where": (lambda s, _, one: lineage.search(s, "training-job", where=one), CONDITION),
    "search.accounts": (lambda s, _, one: lineage.search(s, "training-job", accounts=one), ACCOUNT),
    "search.regions": (lambda s, _, one: lineage.search(s, "training-job", regions=one), REGION),
    "search_live.where": (lambda _, __, one: lineage.search_live("training-job", where=one, replay=BANK), CONDITION),
    "used.accounts": (lambda s, _, one: lineage.used(s, PLACE, accounts=one), ACCOUNT),
    "used.regions": (lambda s, _, one: lineage.used(s, PLACE, regions=one), REGION),
    "used_all.uris": (lambda s, _, one: lineage.used_all(s, one), PLACE),
    "used_all.accounts": (lambda s, _, one: lineage.used_all(s, [PLACE], accounts=one), ACCOUNT),
    "used_all.regions": (lambda s, _, one: lineage.used_all(s, [PLACE], regions=one), REGION),
    "within.accounts": (lambda s, _, one: lineage.within(part(s), one), ACCOUNT),
    "within.regions": (lambda s, _, one: lineage.within(part(s), regions=one), REGION),
    "Chosen.accounts": (lambda s, _, one: lineage.Chosen(s, accounts=one).graph, ACCOUNT),
    "Chosen.regions": (lambda s, _, one: lineage.Chosen(s, regions=one).graph, REGION),
}


def crawled(new: Path, **asked: Any) -> int:
    """The number of records that a crawl finds, or its error."""
    try:
        return lineage.crawl_estate(new, replay=BANK, **{"kinds": ["endpoint"], **asked}).records
    except lineage.CrawlError as error:
        return hash(str(error))


def taking_texts() -> set[str]:
    """Each parameter of a public function, and of `Chosen`, that takes several texts."""
    found = {name: getattr(lineage, name) for name in (*dir(lineage), *lineage._HELPERS)}
    asked = [(name, one) for name, one in found.items() if inspect.isfunction(one) or one is lineage.Chosen]
    words = ((name, word) for name, one in asked for word in inspect.signature(one).parameters.values())
    kinds = ("Iterable[str]", "Sequence[str]", "Collection[str]", "Iterable[str] | None")
    return {f"{name}.{word.name}" for name, word in words if word.annotation in kinds}


def test_each_function_that_takes_texts_is_in_the_table() -> None:
    """Each new parameter for several texts has a line in the table, and so accepts one text as well."""
    assert taking_texts() - {*OURS} == {*CALLS}


@pytest.mark.parametrize("name", CALLS)
def test_one_text_is_a_list_of_one(name: str, bank: lineage.Snapshot, tmp_path: Path) -> None:
    """A text in place of a list is that text, never its letters: the answer is the same."""
    call, one = CALLS[name]
    assert told(call(bank, tmp_path / "a.db", one)) == told(call(bank, tmp_path / "b.db", [one]))


@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_text_is_refused_with_a_sentence(name: str, bank: lineage.Snapshot, tmp_path: Path) -> None:
    """A number in the list, or in place of it, is a `TypeError` that says what is expected; no file is left."""
    call, _ = CALLS[name]
    for wrong in ([111122223333], 111122223333):
        with pytest.raises(TypeError, match=r"takes .*texts.*; this is the int 111122223333$"):
            told(call(bank, tmp_path / "new.db", wrong))
    assert not list(tmp_path.iterdir())


def test_rows_takes_one_column(bank: lineage.Snapshot) -> None:
    """`rows` of a search's result accepts one column by its name as well."""
    found = lineage.search(bank, "training-job", limit=2)
    assert list(found.rows("name")) == [{"name": one.name} for one in found.records]


def test_an_account_id_is_a_text(bank: lineage.Snapshot) -> None:
    """An account id given as a number is refused with the right notation, including leading zeros."""
    with pytest.raises(TypeError, match="accounts takes texts, as in '000022223333'"):
        lineage.used(bank, PLACE, accounts=[22223333])  # type: ignore[list-item]


def test_a_direction_is_up_or_down(bank: lineage.Snapshot) -> None:
    """An unknown word for a direction is refused, and does not give a graph of one node."""
    with pytest.raises(lineage.MalformedName, match="'upstream' is not a direction: a direction is 'up' or 'down'"):
        lineage.neighbourhood(bank, [PLACE], "upstream")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda s: lineage.used(PLACE, s), "ask a snapshot, .*; this is the text 's3://"),
        (lambda s: lineage.trace(s, None), "expected a name, an ARN or an S3 URI as a text; this is None"),
        (lambda s: lineage.used(s, None), "expected a name, an ARN or an S3 URI as a text; this is None"),
        (lambda s: lineage.used(s, [PLACE]), "as a text; this is the list \\['s3://bank-ml/loans/train/'\\]"),
        (lambda s: lineage.used(s, Path(PLACE)), "as a text; this is an object of type PosixPath"),
        (lambda s: lineage.impact(s, None), "as a text; this is None"),
        (lambda s: lineage.path(s, PLACE, None), "as a text; this is None"),
        (lambda s: lineage.datasets(s, 5), "as a text; this is the int 5"),
        (lambda s: lineage.show(s, ["loans-live"]), "as a text; this is the list"),
        (lambda s: lineage.select(s, None), "as a text; this is None"),
        (lambda s: lineage.nodes(s, None), "as a text; this is None"),
        (lambda s: lineage.load_run(s, None), "as a text; this is None"),
        (lambda s: lineage.list_runs(s, ["house"]), "as a text; this is the list"),
        (lambda s: lineage.list_executions(s, None), "as a text; this is None"),
        (lambda s: lineage.leaderboard(s, None), "ids takes texts, or a list of texts; this is None"),
    ],
)
def test_a_name_is_a_text(ask: Callable[[Any], Any], said: str, bank: lineage.Snapshot) -> None:
    """A value that is no text, where a question takes a name, is a `TypeError` with one sentence."""
    with pytest.raises(TypeError, match=said):
        ask(bank)


@pytest.mark.parametrize("load", [lineage.load_policy, lineage.load_baseline, lineage.load_attestations])
def test_a_missing_file_is_an_error_of_ours(load: Callable[[Path], Any], tmp_path: Path) -> None:
    """A missing file, or a folder in its place, is a `LineageError` that names it."""
    with pytest.raises(lineage.LineageError, match=r"missing\.toml: No such file or directory"):
        load(tmp_path / "missing.toml")
    with pytest.raises(lineage.LineageError, match="Is a directory"):
        load(tmp_path)


def test_another_status_is_refused(bank: lineage.Snapshot) -> None:
    """A status that no run has is refused with the existing ones, in any case."""
    with pytest.raises(lineage.MalformedName, match="'Done' is not a status of runs; they are InProgress, Completed, Failed, "):
        lineage.list_runs(bank, status="Done")
    assert list(lineage.list_runs(bank, status="completed")) == list(lineage.list_runs(bank, status="Completed"))


def test_an_endpoint_is_named_with_its_kind_too(bank: lineage.Snapshot) -> None:
    """`trace` accepts `endpoint/name`, like every other question."""
    assert lineage.trace(bank, "endpoint/loans-live") == lineage.trace(bank, "loans-live")
