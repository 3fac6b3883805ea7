"""What a notebook shows for graphs and answers: a picture, or a table where that is too large, and never an exception."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import pickle
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from click.testing import CliRunner
from rich.console import Console

import lineage
from cli.main import cli
from lineage import recording
from lineage.graphs.build import graph_of
from lineage.outputs.pictures import notebook
from lineage.outputs.pictures.notebook import graph_of_answer
from tests.outputs.test_exports import NASTY
from tests.records import training


def answers(bank: lineage.Snapshot) -> list[Any]:
    graph = lineage.graph(bank)
    source, target = "s3://bank-raw/loans/2026-05/", lineage.find_in(bank, "endpoint/loans-live")
    return [
        lineage.trace(graph, "loans-live"),
        lineage.used(graph, "s3://bank-ml/loans/train/"),
        lineage.impact(graph, source),
        lineage.path(graph, source, target),
        lineage.show(bank, "loans-live"),
    ]


def test_answers_show_what_they_say_in_evidence(bank: lineage.Snapshot) -> None:
    """Each answer has HTML that parses: the first line of its text, a picture of its evidence, and its whole text, folded."""
    for answer in answers(bank):
        bundle = answer._repr_mimebundle_()
        root = ET.fromstring(bundle["text/html"])
        assert bundle["text/html"] == answer._repr_html_()
        assert root.findtext("p/strong") == str(answer).partition("\n")[0]
        assert "".join(root.find("details/pre").itertext()) == str(answer)  # type: ignore[union-attr]
        drawn = [one for one in root.iter() if (one.get("class") or "").startswith("node ") and one.get("id")]
        assert len(drawn) > 1
        assert root.findtext("details/summary") == "Show as text"


def test_a_picture_of_an_answer_is_what_draw_draws(bank: lineage.Snapshot) -> None:
    """Container images are left out, unless the answer is about one; a path marks both of its ends."""
    assert "kind-image" not in lineage.trace(bank, "loans-live")._repr_html_()  # type: ignore[operator]
    image = next(node.id for node in lineage.nodes(bank, "kind:image"))
    assert "kind-image" in lineage.show(bank, image)._repr_html_()  # type: ignore[operator]
    path = lineage.path(bank, "s3://bank-raw/loans/2026-05/", lineage.find_in(bank, "endpoint/loans-live"))
    root = ET.fromstring(path._repr_html_() or "")
    marked = [one for one in root.iter() if "subject" in (one.get("class") or "").split() and one.get("id")]
    assert len(marked) == 2


def test_a_report_is_shown_as_its_page(bank: lineage.Snapshot) -> None:
    """A notebook shows a report as the HTML that its command writes, in a frame that no style gets out of."""
    report = lineage.report(bank, ["loans-live"])
    frame = ET.fromstring(report._repr_html_() or "")
    assert frame.tag == "iframe"
    assert frame.get("srcdoc") == lineage.REPORTS["html"](report.as_json())
    assert frame.get("sandbox") == ""


class ZMQInteractiveShell:
    """IPython's shell in a notebook, as rich recognises it: by the name of its class."""


def test_the_text_in_a_notebook_is_that_of_a_pipe(bank: lineage.Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook the text of an answer has no escape codes, and asking for it displays nothing beside it."""
    run = next(iter(lineage.list_executions(bank, "Renewal-Price")))
    told = [*answers(bank), lineage.load_execution(bank, run.id), lineage.search(bank, "training-job", limit=3)]
    before = [(str(answer), answer._repr_html_()) for answer in told]
    displayed: list[Any] = []
    monkeypatch.setattr("rich.jupyter.display", lambda *shown: displayed.append(shown))
    monkeypatch.setattr(builtins, "get_ipython", ZMQInteractiveShell, raising=False)
    assert Console().is_jupyter
    assert [(str(answer), answer._repr_html_()) for answer in told] == before
    assert not [text for text, _ in before if "\x1b" in text]
    assert displayed == []


def test_what_no_picture_says_is_the_text(bank_path: Path, bank: lineage.Snapshot) -> None:
    """Lists, checks and proofs are shown as they are printed, once; nothing is folded, and there is no picture."""
    jobs = ["training-job/Loans-Fit-0042"]
    for answer in (
        lineage.search(bank, "training-job", limit=3),
        lineage.suggest(bank, "training-job"),
        lineage.leaderboard(bank, jobs, metric="validation:auc", direction="max"),
        lineage.check(bank),
        lineage.verify(bank_path),
        lineage.snapshot_info(bank_path),
        lineage.used(bank, "s3://nobody/reads/this/"),
    ):
        root = ET.fromstring(answer._repr_html_() or "")
        assert "".join(root.itertext()) == str(answer)
        assert {one.tag for one in root.iter()} == {"div", "pre", "strong"}


def test_the_text_about_holdouts_is_not_folded(bank: lineage.Snapshot) -> None:
    """The picture does not say which holdouts were used: the text that does is open below it."""
    answer = lineage.datasets(bank, "loans-live", holdouts=["s3://bank-ml/loans/holdout/"])
    root = ET.fromstring(answer._repr_html_() or "")
    assert "".join(root.find("pre").itertext()) == str(answer)  # type: ignore[union-attr]
    assert root.find("details") is None


def test_the_picture_of_an_answer_calls_things_what_the_graph_calls_them(bank: lineage.Snapshot) -> None:
    """A node that only the evidence names has the kind that it has in the whole graph."""
    whole = lineage.graph(bank)
    for answer in answers(bank):
        graph = graph_of_answer(answer.as_json())
        assert len(graph) > 1
        assert {node: data["kind"] for node, data in graph.nodes(data=True)} == {
            node: whole.nodes[node]["kind"] for node in graph
        }


def test_graphs_stay_plain_and_show_themselves(bank_graph: lineage.Graph) -> None:
    """A graph is networkx's own class; a notebook shows its picture, and does not change other graphs."""
    assert type(bank_graph) is nx.MultiDiGraph
    assert "<svg" in (notebook.html_of(bank_graph) or "")
    assert "<svg" in (notebook.html_of(bank_graph.subgraph(list(bank_graph)[:9])) or "")
    assert notebook.html_of(nx.MultiDiGraph([("a", "b")])) is None
    assert "<svg" in (lineage.view(bank_graph, cluster="account")._repr_html_() or "")


def test_a_graph_that_is_too_large_is_a_table() -> None:
    """More than 300 nodes are counted by kind and relation, with a hint how to get a picture."""
    html = notebook.html_of(graph_of(training(f"fit-{number}", {"train": "s3://b/x/"}) for number in range(200))) or ""
    assert "<svg" not in html
    assert "<td>training jobs</td><td>200</td>" in html
    assert "<td>reads</td><td>200</td>" in html
    assert "lineage.view(graph, max_nodes=300)" in html


@pytest.mark.parametrize("shown", [graph_of([]), object(), None])
def test_nothing_raises(shown: object) -> None:
    """An empty graph is a line; objects that are not ours are not handled."""
    assert "<svg" not in (notebook.html_of(shown) or "")
    assert notebook.forms_of(shown)["text/plain"]


def test_what_is_broken_is_shown_as_text() -> None:
    """An answer or a graph that cannot be drawn becomes a line of text, and no traceback."""
    broken = graph_of([training("fit", {})])
    broken.add_node("bare")
    assert notebook.html_of(broken) is None
    answer = lineage.Shown(subject={}, attributes={}, record=None, edges_in=[{"source": 1}], edges_out=[], gaps=[], versions=[])
    assert answer._repr_mimebundle_()["text/plain"] == "show"


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_nasty_names_are_escaped(name: str) -> None:
    """No name becomes markup: the notebook's HTML parses, and holds no element from a name."""
    graph = graph_of([training("fit", {})])
    (job,) = [node for node in graph if "fit" in node and "://" not in node]
    graph.nodes[job].update(name=name, label=name, arn=name, region=None)
    root = ET.fromstring(notebook.html_of(graph) or "")
    assert not list(root.iter("b"))


def test_answers_stay_what_they_were(bank: lineage.Snapshot) -> None:
    """Answers can be pickled and compared, and nothing can be added to them."""
    for answer in answers(bank):
        assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301  (our own)
        assert not hasattr(answer, "__dict__")


def test_ipython_shows_graphs(bank_graph: lineage.Graph) -> None:
    """In IPython a graph shows itself, beside its earlier plain text."""
    shells = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")
    shell = shells.InteractiveShell()
    lineage.load_ipython_extension(shell)
    shown, other = (shell.display_formatter.format(graph)[0] for graph in (bank_graph, nx.MultiDiGraph()))
    assert set(shown) == {"text/plain", "text/html"}
    assert shown["text/plain"] == f"<graph of {len(bank_graph)} nodes and {bank_graph.number_of_edges()} edges>"
    assert set(other) == {"text/plain"}
    assert "MultiDiGraph" in other["text/plain"]


def test_the_text_beside_the_picture_names_what_was_asked(bank: lineage.Snapshot) -> None:
    """An answer without a subject is told by what it is about: a kind, a file, a title."""
    asked = [lineage.search(bank, "training-job", limit=2), lineage.suggest(bank, "training-job"), lineage.check(bank)]
    asked += [lineage.verify(bank), lineage.report(bank, ["loans-live"])]
    told = [answer._repr_mimebundle_()["text/plain"] for answer in asked]
    total = asked[0].as_json()["total"]
    assert told[:3] == [f"search · training-job, 2 of {total}", "suggest · training-job", "check · findings · everything"]
    assert told[3:] == ["verify · unchanged · lineage.db", "report · Model lineage report"]


def test_every_answer_prints_as_its_command_does(bank_path: Path, bank: lineage.Snapshot) -> None:
    """`print(answer)` prints the command's table, and a notebook shows each answer as HTML."""
    jobs = [node.id for node in lineage.nodes(bank, "kind:training-job")]
    asked: list[tuple[Any, tuple[str, ...]]] = [
        (lineage.trace(bank, "loans-live"), ("trace", "loans-live")),
        (lineage.used(bank, "s3://bank-ml/loans/train/"), ("used", "s3://bank-ml/loans/train/")),
        (lineage.impact(bank, "s3://bank-raw/loans/"), ("impact", "s3://bank-raw/loans/")),
        (
            lineage.path(bank, "s3://bank-raw/loans/2026-05/", "loans-live"),
            ("path", "s3://bank-raw/loans/2026-05/", "loans-live"),
        ),
        (lineage.datasets(bank, "loans-live"), ("datasets", "loans-live")),
        (lineage.show(bank, "loans-live"), ("show", "loans-live")),
        (lineage.check(bank), ("check",)),
        (lineage.search(bank, "training-job", limit=3), ("search", "training-job", "--limit", "3")),
        (lineage.suggest(bank, "training-job"), ("suggest", "training-job")),
        (lineage.verify(bank_path), ("snapshot", "verify")),
        (lineage.snapshot_info(bank_path), ("snapshot", "info")),
        (lineage.report(bank, ["loans-live"]), ("report", "loans-live")),
        (lineage.leaderboard(bank, jobs, metric="validation:auc", direction="max"), ()),
    ]
    for answer, line in asked:
        form = "md" if line[:1] == ("report",) else "table"
        ran = CliRunner().invoke(cli, [*line, "-f", form], env={"LINEAGE_SNAPSHOT": str(bank_path)}) if line else None
        told = ran.stdout.rstrip("\n") if ran else str(answer)
        if line[:1] == ("suggest",):
            told = told.partition("\n")[2]  # without the head of its one column
        assert line[:1] == ("report",) or str(answer) == told  # a report names the command that wrote it
        assert "text/html" in answer._repr_mimebundle_(), line


def test_a_name_is_highlighted(bank: lineage.Snapshot) -> None:
    """A highlight is named as in a selector, in a snapshot as in its graph; one that matches nothing is refused."""
    endpoint = lineage.find_in(bank, "loans-live")
    drawn = lineage.view(bank, highlight=["loans-live"]).drawn
    assert drawn.figures == lineage.view(lineage.graph(bank), highlight=[endpoint]).drawn.figures
    assert drawn.figures[endpoint].lit
    with pytest.raises(lineage.UnknownNode, match="did you mean loans-live"):
        lineage.view(bank, highlight=["loans-liv"])


@pytest.mark.parametrize("show", [lineage.view, lambda wrong: lineage.select(wrong, "loans-live")], ids=["view", "select"])
def test_a_snapshot_or_a_graph_is_wanted(show: Any, bank: lineage.Snapshot) -> None:
    """`view` and `select` take a snapshot or a graph of one, and refuse anything else with that explanation."""
    assert show(bank)
    for wrong in (nx.MultiDiGraph(), "lineage.db", None):
        with pytest.raises(TypeError, match=r"ask a snapshot, .*, or a graph of one, .*; this is "):
            show(wrong)


def test_what_a_search_found_is_a_row_of_records(bank: lineage.Snapshot) -> None:
    """What a search found has a length and can be gone through; it is still neither true nor false."""
    found = lineage.search(bank, "training-job", limit=3)
    assert len(found) == 3
    assert [one.id for one in found] == [one.id for one in found.records]
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(found)


def test_what_is_large_shows_itself_in_one_line(bank_path: Path, bank: lineage.Snapshot) -> None:
    """A snapshot, a run, a picture and a record that was found are each one short line where Python shows them."""
    graph = lineage.graph(bank)
    count = f"{len(lineage.picture(graph).figures)} nodes and {len(lineage.picture(graph).arrows)} edges"
    run = lineage.load_run(bank, "Loans-Fit-0042-aws-training-job")
    assert repr(lineage.picture(graph)) == f"<Picture: {count}>"
    assert repr(lineage.view(graph)) == f"<View: {count}>"
    assert repr(run).startswith("<Run Loans-Fit-0042-aws-training-job, experiment loan-default: Completed, ")
    assert all(len(repr(one)) < 300 for one in lineage.list_runs(bank))
    assert len(repr(lineage.search(bank, "training-job", limit=1).records[0])) < 500
    opened = lineage.open_snapshot(bank_path)
    assert repr(opened) == f"<Snapshot {bank_path}: 1 crawl>"
    with ThreadPoolExecutor() as pool:
        assert pool.submit(repr, opened).result() == f"<Snapshot {bank_path}>"
    opened.close()
    assert repr(opened) == f"<Snapshot {bank_path}: closed>"


def test_view_takes_what_a_picture_takes() -> None:
    """Tab and `help` name the arguments of `view`: a selector, and those of `picture` with the same defaults."""
    taken = [inspect.signature(one).parameters.values() for one in (lineage.view, lineage.picture)]
    assert [str(one) for one in taken[0] if one.name != "selector"] == [str(one) for one in taken[1]]


def test_tab_offers_what_people_use(bank: lineage.Snapshot) -> None:
    """Tab offers the values of an answer, how to close a snapshot, and the names of a package: none of the inner workings."""
    for answer in [*answers(bank), lineage.check(bank), lineage.search(bank, "training-job", limit=1)]:
        offered = {name for name in dir(answer) if not name.startswith("_")}
        inner = offered - {one.name for one in dataclasses.fields(answer)} - {"as_json", "to_dataframe"}
        assert inner <= {"only_measured", "rows", "code", "counts", "gates_undecided"}
    assert {name for name in dir(bank) if not name.startswith("_")} == {"close", "path", "scope"}
    assert dir(recording) == sorted(recording.__all__)
    assert "outbox" not in dir(recording)
