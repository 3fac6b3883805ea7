"""A part of a graph never answers in place of the whole: what it lacks could turn a "no" into a "yes"."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import networkx as nx
import pytest

import lineage
from tests.records import arn, served, training

HOLDOUT, RAW, JOB = "s3://bank-ml/loans/holdout/", "s3://bank-raw/loans/2026-05/", "training-job/Loans-Fit-0042"
LIVE, OTHER = (f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}" for name in ("loans-live", "fraud-ab"))
ASK = "ask the snapshot, or the whole graph, lineage.graph(snapshot)"
Made = Callable[[lineage.Snapshot, Any], Any]

QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "used": lambda source: lineage.used(source, HOLDOUT),
    "trace": lambda source: lineage.trace(source, "loans-live"),
    "impact": lambda source: lineage.impact(source, RAW),
    "impact of a node": lambda source: lineage.impact(source, JOB),
    "path": lambda source: lineage.path(source, RAW, "loans-live"),
    "path to a place": lambda source: lineage.path(source, "loans-live", RAW),
    "datasets": lambda source: lineage.datasets(source, "loans-live", holdouts=[HOLDOUT]),
}


def without(graph: Any, change: Callable[[Any], object]) -> Any:
    """A copy of a graph that was changed."""
    copy = graph.copy()
    change(copy)
    return copy


# Each from the snapshot and its whole graph.
PARTS: dict[str, Made] = {
    "a selector, of the snapshot": lambda snapshot, _: lineage.select(snapshot, "+loans-live"),
    "a selector, of the graph": lambda _, graph: lineage.select(graph, "+loans-live"),
    "a selector of a part": lambda s, _: lineage.select(lineage.neighbourhood(s, [LIVE], "up"), "loans-live"),
    "a region": lambda _, graph: lineage.within(graph, regions=["eu-west-1"]),
    "downstream": lambda snapshot, _: lineage.neighbourhood(snapshot, [LIVE], "down"),
    "upstream of another endpoint": lambda snapshot, _: lineage.neighbourhood(snapshot, [OTHER], "up"),
    "around another location": lambda snapshot, _: lineage.around_dataset(snapshot, "s3://bank-ml/loans/"),
    "around another node": lambda snapshot, _: lineage.around_subject(snapshot, OTHER),
    "only the nodes": lambda snapshot, _: lineage.graph(snapshot, edges=False),
    "subgraph": lambda _, graph: graph.subgraph(list(graph)[:20]),
    "subgraph of all but one": lambda _, graph: graph.subgraph(list(graph)[1:]).copy(),
    "edge_subgraph": lambda _, graph: graph.edge_subgraph(list(graph.edges(keys=True))[:20]),
    "subgraph_view": lambda _, graph: nx.subgraph_view(graph, filter_edge=lambda *edge: edge != next(iter(graph.edges(keys=True)))),
    "restricted_view": lambda _, graph: nx.restricted_view(graph, [], list(graph.edges(keys=True))[:1]),
    "without a node": lambda _, graph: without(graph, lambda copy: copy.remove_node(next(iter(copy)))),
    "without an edge": lambda _, graph: without(graph, lambda copy: copy.remove_edge(*next(iter(copy.edges(keys=True))))),
    "without edges": lambda _, graph: without(graph, lambda copy: copy.clear_edges()),
    "empty": lambda _, graph: nx.create_empty_copy(graph),
    "ancestors": lambda _, graph: graph.subgraph({LIVE, *nx.ancestors(graph, LIVE)}),
    "reversed": lambda _, graph: graph.reverse(),
    "reversed view": lambda _, graph: graph.reverse(copy=False),
    "other names": lambda _, graph: nx.relabel_nodes(graph, lambda node: node.rpartition("/")[2]),
    "one thing in place of another": lambda _, graph: without(graph, replaced),
    "simple": lambda _, graph: nx.MultiDiGraph(nx.DiGraph(graph)),
    "two parts together": lambda snapshot, graph: nx.compose(
        graph.subgraph(list(graph)[:200]), lineage.around_dataset(snapshot, "s3://bank-ml/loans/")
    ),
    "in another process": lambda _, graph: pickle.loads(pickle.dumps(graph.subgraph([*graph][:20]).copy())),  # noqa: S301  (our own)
}  # fmt: skip


def replaced(graph: Any) -> None:
    """As many nodes and edges, and one of each is another one."""
    source, target, key, data = next(iter(graph.edges(keys=True, data=True)))
    graph.remove_edge(source, target, key)
    graph.add_edge(target, source, key, **data)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_refused(account: lineage.Snapshot, whole: Any, part: str, question: str) -> None:
    """However a part of a graph was taken, a question says that the snapshot is to be asked."""
    with pytest.raises(TypeError, match=r"^this graph is (?:a part of the snapshot|not as lineage made it)") as refused:
        QUESTIONS[question](PARTS[part](account, whole))
    assert str(refused.value).endswith(f": {ASK}")


@pytest.fixture
def account(account_path: Any) -> Any:
    with lineage.open_snapshot(account_path) as snapshot:
        yield snapshot


@pytest.fixture
def whole(account: lineage.Snapshot) -> Any:
    return lineage.graph(account)


COPIES: dict[str, Callable[[Any], Any]] = {
    "itself": lambda graph: graph,
    "copy": lambda graph: graph.copy(),
    "view": lambda graph: graph.copy(as_view=True),
    "deep copy": deepcopy,
    "pickled": lambda graph: pickle.loads(pickle.dumps(graph)),  # noqa: S301  (our own)
    "constructed": nx.MultiDiGraph,
    "subgraph of all": lambda graph: graph.subgraph(graph),
    "reversed twice": lambda graph: graph.reverse().reverse(),
    "frozen": lambda graph: nx.freeze(graph.copy()),
    "with people's attributes": lambda graph: without(graph, noted),
    "a selector of all": lambda graph: lineage.select(graph, "*"),
    "within nothing": lineage.within,
}


def noted(graph: Any) -> None:
    nx.set_node_attributes(graph, 1, "mine")
    graph.graph["mine"] = 1


@pytest.mark.parametrize("copied", COPIES)
def test_the_whole_graph_answers_as_the_snapshot(account: lineage.Snapshot, whole: Any, copied: str) -> None:
    """A whole graph, however it was copied, gives every answer of the snapshot."""
    graph = COPIES[copied](whole)
    for name, question in QUESTIONS.items():
        told = [question(source).as_json() for source in (graph, account if name != "datasets" else whole)]
        assert told[0] == told[1], name


# A part, and what it was read for.
ENOUGH: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any]]] = [
    ("used", lambda s: lineage.around_dataset(s, HOLDOUT), QUESTIONS["used"]),
    ("used, of several", lambda s: lineage.around_dataset(s, RAW, HOLDOUT), QUESTIONS["used"]),
    ("trace", lambda s: lineage.neighbourhood(s, [LIVE], "up"), QUESTIONS["trace"]),
    ("trace, of several", lambda s: lineage.neighbourhood(s, [OTHER, LIVE], "up"), QUESTIONS["trace"]),
    ("trace, in both directions", lambda s: lineage.neighbourhood(s, LIVE), QUESTIONS["trace"]),
    ("trace, by its ARN", lambda s: lineage.neighbourhood(s, LIVE), lambda source: lineage.trace(source, LIVE)),
    ("impact", lambda s: lineage.around_subject(s, RAW), QUESTIONS["impact"]),
    ("impact of a node", lambda s: lineage.around_subject(s, lineage.find_in(s, JOB)), QUESTIONS["impact of a node"]),
    ("path", lambda s: lineage.around_subject(s, RAW, LIVE), QUESTIONS["path"]),
    ("path to a place", lambda s: lineage.around_subject(s, LIVE), QUESTIONS["path to a place"]),
]


@pytest.mark.parametrize(("title", "read", "question"), ENOUGH, ids=[case[0] for case in ENOUGH])
def test_a_part_answers_what_it_was_read_for(account: lineage.Snapshot, title: str, read: Any, question: Any) -> None:
    """A part that lineage read for one question answers it as the snapshot does, also when it was copied."""
    part = read(account)
    for graph in (part, part.copy(), pickle.loads(pickle.dumps(part))):  # noqa: S301  (our own)
        assert question(graph).as_json() == question(account).as_json()


# A part, and a question that it was not read for.
NOT_ENOUGH: list[tuple[str, Callable[[Any], Any], Callable[[Any], Any], str]] = [
    ("inside it", lambda s: lineage.around_dataset(s, "s3://bank-ml/loans/"), QUESTIONS["used"], "used about s3://bank-ml/loans/"),
    ("another question", lambda s: lineage.around_dataset(s, RAW), QUESTIONS["impact"], f"used about {RAW}"),
    ("not its target", lambda s: lineage.around_subject(s, RAW), QUESTIONS["path"], f"impact about {RAW}"),
    ("the other way", lambda s: lineage.around_subject(s, LIVE, OTHER), lambda g: lineage.path(g, OTHER, LIVE), f"impact about {LIVE}"),
    ("what it does not hold", lambda s: lineage.neighbourhood(s, LIVE), lambda g: lineage.trace(g, "fraud-ab"), f"trace about {LIVE}"),
    ("a piece of it", lambda s: (near := lineage.neighbourhood(s, LIVE)).subgraph([*near][1:]), QUESTIONS["trace"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("title", "read", "question", "only"), NOT_ENOUGH, ids=[case[0] for case in NOT_ENOUGH])
def test_a_part_answers_nothing_else(account: lineage.Snapshot, title: str, read: Any, question: Any, only: str) -> None:
    """A part refuses what it was not read for, and says what it was read for."""
    with pytest.raises(TypeError) as refused:
        question(read(account))
    assert str(refused.value) == f"this graph is a part of the snapshot{f', read to ask {only}' if only else ''}: {ASK}"


def test_the_graph_of_records_is_whole() -> None:
    """A graph of records is all there is of them; a part of it is refused."""
    graph = lineage.graph_of([training("fit", {"train": "s3://d/"}, "s3://m/"), *served("s3://m/")])
    assert lineage.used(graph, "s3://d/").verdict == "used"
    assert lineage.trace(graph, "shop").training_jobs[0]["id"] == arn("training-job", "fit")
    with pytest.raises(TypeError, match="part of the snapshot"):
        lineage.used(graph.subgraph(["s3://d/"]), "s3://d/")


WRITTEN: dict[str, Callable[[Any], Any]] = {
    "plain": lineage.plain,
    "read_graphml": lambda graph: through(graph, lineage.read_graphml),
    "networkx's own reader": lambda graph: through(graph, lambda file: nx.read_graphml(file, force_multigraph=True)),
}
SHOWING: dict[str, Callable[[Any], Any]] = {
    "view": lineage.view,
    "select": lambda source: lineage.select(source, "loans-live"),
    "export": lambda source: "".join(lineage.FORMATS["mermaid"].write(lineage.Chosen(source))),
    "page": lineage.to_page,
    "plain": lineage.plain,
}


def through(graph: Any, read: Callable[[Any], Any]) -> Any:
    """A graph as it comes back from a file."""
    file = io.BytesIO()
    nx.write_graphml(lineage.plain(graph), file)
    file.seek(0)
    return read(file)


@pytest.mark.parametrize("asked", [*QUESTIONS, *SHOWING])
@pytest.mark.parametrize("form", WRITTEN)
def test_a_graph_written_for_networkx_is_refused(bank_graph: Any, form: str, asked: str) -> None:
    """What was made for networkx's files, or read from one, is no graph to ask or to draw, and the error says which is."""
    written = WRITTEN[form](bank_graph)
    with pytest.raises(TypeError, match=r"^this graph was written for networkx: ask lineage\.graph\(snapshot\)$"):
        (QUESTIONS | SHOWING)[asked](written)


@pytest.mark.parametrize("asked", SHOWING)
def test_what_was_added_is_not_shown(bank_graph: Any, asked: str) -> None:
    """A node or an edge that somebody added and that says nothing of itself is named."""
    one, other = (
        without(bank_graph, lambda copy: copy.add_node("x")),
        without(bank_graph, lambda copy: copy.add_edge(LIVE, OTHER)),
    )
    for added, said in ((one, r"node 'x' was added"), (other, rf"the edge from '{LIVE}' to '{OTHER}' was added")):
        with pytest.raises(TypeError, match=f"^{said} to this graph, and only what lineage read is shown"):
            SHOWING[asked](added)


def test_a_part_is_shown(account: lineage.Snapshot) -> None:
    """A part may be drawn, selected from and exported: only questions need the whole."""
    part = lineage.select(account, "+loans-live")
    assert LIVE in lineage.picture(part).figures
    assert "loans-live" in "".join(lineage.FORMATS["mermaid"].write(lineage.Chosen(part)))
