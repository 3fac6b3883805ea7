"""Arguments from Python: one text in place of a list, and a sentence for anything else."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import lineage
from tests.conftest import BANK, ROOT

REGION, ACCOUNT, ENDPOINT = "eu-west-1", "111122223333", "loans-live"
PLACE = "s3://bank-ml/loans/train/"
ATTESTED = ROOT / "fixtures" / "lineage-attestations.toml"
CONDITION = "TrainingJobStatus = Completed"
OURS = (
    "check_places.known_accounts",
    "check_places.known_regions",
    "did_you_mean.names",
    "listed.words",
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
    "only_old.buckets": (lambda _, __, one: lineage.only_old(one), "My_Bucket"),
    "Chosen.accounts": (lambda s, _, one: lineage.Chosen(s, accounts=one).graph.nodes, ACCOUNT),
    "Chosen.regions": (lambda s, _, one: lineage.Chosen(s, regions=one).graph.nodes, REGION),
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


@pytest.mark.parametrize(
    ("load", "what"),
    [
        (lineage.load_policy, "policy"),
        (lineage.load_baseline, "baseline"),
        (lineage.load_attestations, "attestations file"),
    ],
)
def test_a_missing_file_is_an_error_of_ours(load: Callable[[Path], Any], what: str, tmp_path: Path) -> None:
    """A missing file, or a folder in its place, is a `LineageError` that names it; a missing one is a mistake of the caller."""
    with pytest.raises(lineage.MalformedPolicy, match=rf"^no {what} at .*missing\.toml$"):
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


WRONG: dict[str, tuple[Callable[[lineage.Snapshot], object], type[Exception], str]] = {
    "a policy as a map": (lambda s: lineage.check(s, {}), TypeError, "policy takes a lineage.Policy or the path of a policy file; this is an object of type dict"),  # type: ignore[arg-type]
    "a severity": (lambda s: lineage.check(s, fail_on="eror"), lineage.MalformedPolicy, "fail_on=…: no severity 'eror'; did you mean error?"),
    "a name for an id": (lambda s: lineage.neighbourhood(s, "loans-live", "up"), lineage.UnknownNode, "no node has the id 'loans-live': lineage.find_in(snapshot, 'loans-live') gives the id of a name"),
    "a name around": (lambda s: lineage.around_subject(s, "loans-live"), lineage.UnknownNode, "no node has the id 'loans-live': lineage.find_in(snapshot, 'loans-live') gives the id of a name"),
    "a target's name": (lambda s: lineage.around_subject(s, PLACE, "loans-live"), lineage.UnknownNode, "no node has the id 'loans-live': lineage.find_in(snapshot, 'loans-live') gives the id of a name"),
    "a sort key": (lambda s: list(lineage.list_runs(s, sort_by="name")), lineage.MalformedName, "no sort key 'name'; did you mean Name?"),
    "a sort order": (lambda s: lineage.list_experiments(s, sort_order="down"), lineage.MalformedName, "no sort order 'down' (expected one of Ascending, Descending)"),
    "a short sort order": (lambda s: lineage.list_runs(s, sort_order="desc"), lineage.MalformedName, "no sort order 'desc'; did you mean Descending? (expected one of Ascending, Descending)"),
    "no sort key": (lambda s: lineage.list_runs(s, sort_by=None), TypeError, "expected a sort key as a text; this is None"),  # type: ignore[arg-type]
    "a status as a number": (lambda s: lineage.list_runs(s, status=1), TypeError, "expected a status as a text; this is the int 1"),  # type: ignore[arg-type]
    "a short order": (lambda s: lineage.search(s, "training-job", order="desc"), lineage.SearchRefused, "no order 'desc'; did you mean Descending? (expected one of Ascending, Descending)"),
    "kinds of a policy": (lambda _: lineage.iam_policy(["endpoints"]), lineage.MalformedName, "no kind 'endpoints'; did you mean endpoint?"),
    "a format of a picture": (lambda s: lineage.draw(lineage.picture(s), "svgg"), lineage.RenderError, "no format of a picture 'svgg'; did you mean svg? (expected one of svg, png)"),
    "an engine": (lambda s: lineage.draw(lineage.picture(s), "svg", "graphviz"), lineage.RenderError, "no engine 'graphviz' (expected one of auto, dot, builtin)"),
    "a path for a snapshot": (lambda _: lineage.used(Path("my.db"), PLACE), TypeError, "ask a snapshot, lineage.open_snapshot('my.db'), or a graph of one, lineage.graph(snapshot); this is the path 'my.db'"),  # type: ignore[arg-type]
    "a name for a snapshot": (lambda _: lineage.show("my.db", "x"), TypeError, "ask a snapshot, lineage.open_snapshot('my.db'); this is the text 'my.db'"),  # type: ignore[arg-type]
    "a graph for a snapshot": (lambda s: lineage.show(part(s), "x"), TypeError, "ask a snapshot, lineage.open_snapshot('lineage.db'); this is a graph, which has no records"),  # type: ignore[arg-type]
    "a snapshot for a graph": (lineage.within, TypeError, "within takes a graph, lineage.graph(snapshot); this is a snapshot"),  # type: ignore[dict-item]
    "a path for a graph": (lambda _: lineage.within("x"), TypeError, "ask a snapshot, lineage.open_snapshot('lineage.db'), or a graph of one, lineage.graph(snapshot); this is the text 'x'"),  # type: ignore[arg-type]
    "nothing to export": (lambda _: lineage.Chosen(None), TypeError, "ask a snapshot, "),  # type: ignore[arg-type]
    "a graph for a policy": (lambda s: lineage.load_policy(part(s)), TypeError, "expected the path of the policy as a text or a Path; this is an object of type MultiDiGraph"),  # type: ignore[arg-type]
    "a snapshot to upgrade": (lineage.upgrade_snapshot, TypeError, "upgrade_snapshot takes the path of a file; this is an object of type Snapshot"),  # type: ignore[dict-item]
    "a snapshot for its digests": (lineage.snapshot_info, TypeError, "snapshot_info takes the path of the file: give snapshot.path"),  # type: ignore[dict-item]
    "a place that is near": (lambda s: lineage.find_in(s, "s3://bank-ml/loans/trian/"), lineage.UnknownNode, "no record names 's3://bank-ml/loans/trian/'; did you mean s3://bank-ml/loans/train/?"),
    "a run and its experiment": (lambda s: lineage.load_run(s, "loan-default", "Loans-Fit-0042-aws-training-job"), lineage.UnknownNode, "no experiment 'Loans-Fit-0042-aws-training-job' in the snapshot, but experiment 'loan-default' has a run 'Loans-Fit-0042-aws-training-job': the run comes first, as in load_run(snapshot, "),
    "an experiment that is not there": (lambda s: lineage.load_run(s, "loan-default", "no-run"), lineage.UnknownNode, "no experiment 'no-run' in the snapshot; "),
    "a run for its id": (lambda s: lineage.leaderboard(s, [next(lineage.list_runs(s))]), TypeError, "ids takes texts; this is an object of type Run: give its id"),  # type: ignore[list-item]
    "a run for its name": (lambda s: lineage.load_run(s, next(lineage.list_runs(s))), TypeError, "expected a name, an ARN or an S3 URI as a text; this is an object of type Run: give its id"),  # type: ignore[arg-type]
    "an account to sort by": (lambda s: lineage.search(s, "model", sort_by="account"), lineage.SearchRefused, "Unknown property name: account; use accounts=…"),
    "a file of holdouts without its digest": (lambda s: lineage.report(s, holdout_files=["a.txt"]), TypeError, "files of holdouts are pairs: the name of a file, and its SHA-256 as sha256:…"),
    "a folder as an earlier report": (lambda s: lineage.report(s, ["loans-live"], previous="/"), lineage.SnapshotError, "/ can't be read: Is a directory"),
    "a training job to trace": (lambda s: lineage.trace(s, "Loans-Fit-0042"), lineage.UnknownNode, "no endpoint 'Loans-Fit-0042' in the snapshot: it is the name of arn:aws:sagemaker:eu-west-1:111122223333:training-job/loans-fit-0042"),
    "a node for its id": (lambda s: lineage.neighbourhood(s, next(lineage.nodes(s, "loans-live"))), TypeError, "ids takes texts, or a list of texts; this is an object of type Node: give its id"),  # type: ignore[arg-type]
    "a node for a place": (lambda s: lineage.used(s, next(lineage.nodes(s, "loans-live"))), TypeError, "expected a name, an ARN or an S3 URI as a text; this is an object of type Node: give its id"),  # type: ignore[arg-type]
    "a limit": (lambda s: lineage.search(s, "training-job", limit="3"), TypeError, "limit takes a whole number; this is '3'"),  # type: ignore[arg-type]
    "a number of nodes": (lambda s: lineage.view(s, max_nodes="10"), TypeError, "max_nodes takes a whole number; this is '10'"),
    "a cluster": (lambda s: lineage.picture(s, cluster="acount"), lineage.MalformedName, "no cluster 'acount'; did you mean account?"),  # type: ignore[arg-type]
    "a graph to draw": (lambda s: lineage.draw(lineage.graph(s), "svg"), TypeError, "draw takes a picture, lineage.picture(graph); this is an object of type MultiDiGraph"),  # type: ignore[arg-type]
    "a path for a page": (lambda s: lineage.to_page(lineage.graph(s), "x.db"), TypeError, "ask a snapshot, lineage.open_snapshot('x.db'); this is the text 'x.db'"),  # type: ignore[arg-type]
    "a start": (lambda s: lineage.to_page(lineage.graph(s), start="loans-liv"), lineage.UnknownNode, "nothing in the snapshot is named 'loans-liv'; did you mean loans-live?"),
    "no path": (lambda _: lineage.open_snapshot(None), TypeError, "open_snapshot takes the path of a file, as 'lineage.db'; this is an object of type NoneType"),  # type: ignore[arg-type]
    "an open snapshot": (lineage.open_snapshot, TypeError, "this is an open snapshot already: ask it as it is"),  # type: ignore[dict-item]
    "a pickled snapshot": (pickle.dumps, TypeError, "a snapshot can't be copied or sent to another process: open one in each process and thread"),
    "a copied snapshot": (copy.copy, TypeError, "a snapshot can't be copied or sent to another process: open one in each process and thread"),
    "a function": (lambda _: lineage.trce, AttributeError, "lineage has no 'trce'; did you mean trace?"),  # type: ignore[attr-defined]
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_named(bank: lineage.Snapshot, call: Any, error: type[Exception], said: str) -> None:
    """An argument of a wrong type, and a word that nobody knows, get a sentence that says what is expected."""
    with pytest.raises(error) as refused:
        call(bank)
    assert type(refused.value) is error
    assert str(refused.value).startswith(said)


SHOWN: dict[str, tuple[Callable[[lineage.Snapshot], object], str]] = {
    "an experiment": (lambda s: lineage.list_experiments(s)[-1], "<Experiment loan-default: 1 group, 2 runs>"),
    "a group": (lambda s: lineage.list_trials(s, "loan-default")[0], "<Trial loan-default-2026-05, experiment loan-default: 2 runs>"),
    "a run": (lambda s: next(lineage.list_runs(s, "loan-default")), "<Run Loans-"),
    "a pipeline": (lambda s: lineage.list_pipelines(s)[0], "<Pipeline "),
    "an execution": (lambda s: lineage.list_executions(s, lineage.list_pipelines(s)[0].id)[0], "<Execution "),
    "a match": (lambda s: lineage.search(s, "endpoint", where="EndpointName = loans-live").records[0], "<Match endpoint loans-live: InService>"),
    "a policy": (lambda _: lineage.Policy(holdouts=(PLACE,), file="a/policy.toml"), "<Policy policy.toml: fails on error, 1 holdout, 0 suppressions>"),
    "a finding": (lambda s: lineage.check(s).findings[0], "<Finding LIN"),
    "a scope": (lambda s: s.scope(), "<Scope: 1 account, 1 region, 1 crawl, "),
    "a kind": (lambda _: lineage.KINDS["endpoint"], "<Kind endpoint>"),
    "what is exported": (lambda s: lineage.Chosen(s, "+loans-live"), "<Chosen +loans-live of "),
    "a graph that is exported": (lambda s: lineage.Chosen(part(s)), "<Chosen everything of a graph>"),
    "places": (lineage.NamedPlaces.of, "<NamedPlaces of "),
    "attestations": (lambda _: lineage.load_attestations(ATTESTED), "<Attestations lineage-attestations.toml: 2 attestations>"),
    "expired attestations": (lambda _: lineage.load_attestations(ATTESTED, today=date(2101, 1, 1)), "<Attestations lineage-attestations.toml: 2 attestations, 2 not valid>"),
    "an attestation": (lambda _: lineage.load_attestations(ATTESTED).said[0], "<Attestation 9fb9a5e1ee38: unresolved of efs://fs-0a1b2c3d4e5f60718/kyc/passports, by Bo Lind, storage team, until 2099-11-21>"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "said"), SHOWN.values(), ids=SHOWN)
def test_an_object_is_shown_in_one_line(bank: lineage.Snapshot, make: Callable[[Any], object], said: str) -> None:
    """The `repr` of each public object tells its name and what matters of it, and fits a line."""
    shown = repr(make(bank))
    assert shown.startswith(said)
    assert len(shown) < 160
    assert "\n" not in shown


def test_no_public_class_is_shown_by_its_address() -> None:
    """Each public class has a `repr` of its own."""
    classes = [
        one for module in (lineage, lineage.recording) for name in dir(module) if inspect.isclass(one := getattr(module, name))
    ]
    assert [one.__name__ for one in classes if one.__repr__ is object.__repr__] == []


def test_what_has_its_own_sentence_has_no_other_traceback(bank_path: Path, tmp_path: Path) -> None:
    """A missing file, a closed snapshot and a file that is no database show our error alone."""
    closed = lineage.open_snapshot(bank_path)
    closed.close()
    (tmp_path / "other.db").write_bytes(b"no database" * 1000)
    calls: list[tuple[Callable[[], object], str]] = [
        (lambda: lineage.load_policy(tmp_path / "missing.toml"), "no policy at "),
        (lambda: lineage.load_attestations(tmp_path / "missing.toml"), "no attestations file at "),
        (lambda: lineage.used(closed, PLACE), "the snapshot is closed: open it again"),
        (lambda: lineage.open_snapshot(tmp_path / "other.db"), "file is not a database"),
    ]
    for call, said in calls:
        with pytest.raises(lineage.LineageError, match=said) as refused:
            call()
        assert refused.value.__suppress_context__


def test_what_is_meant_is_taken(bank: lineage.Snapshot, tmp_path: Path) -> None:
    """A check takes the path of a policy, a list takes a date, a view takes a selector, and a page begins at a name."""
    (tmp_path / "policy.toml").write_text('fail-on = "never"\n')
    for path in (tmp_path / "policy.toml", str(tmp_path / "policy.toml")):
        assert lineage.check(bank, path).as_json() == lineage.check(bank, lineage.load_policy(path)).as_json()
    day, text = ([*lineage.list_runs(bank, created_after=one)] for one in (date(2026, 5, 1), "2026-05-01"))
    assert [run.id for run in day] == [run.id for run in text] != []
    assert lineage.view(bank, "+loans-live").drawn.figures == lineage.picture(lineage.select(bank, "+loans-live")).figures
    graph, name = lineage.graph(bank), lineage.find_in(bank, "loans-live")
    assert lineage.to_page(graph, start="loans-live") == lineage.to_page(graph, start=name)


def test_the_recording_room_is_an_attribute() -> None:
    """`lineage.recording` needs no import of its own."""
    code = "import lineage; print(lineage.recording.Run.__name__)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "Run\n"
