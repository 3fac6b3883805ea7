"""Pictures: drawn by us and by Graphviz alike, complete, folded where there is too much, and honest about what is left out."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Gap
from lineage.domain.text import visible
from lineage.graphs.build import graph_of
from lineage.graphs.excerpts import Excerpt
from lineage.outputs.pictures.figures import GROUPS, called, meanings
from lineage.outputs.pictures.folds import fold
from lineage.outputs.pictures.icons import ICONS
from tests.outputs.test_exports import NASTY
from tests.records import arn, record, served, training

SVG = "{http://www.w3.org/2000/svg}"
needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="no Graphviz on this machine: CI installs it")


def nodes_of(text: str) -> dict[str, ET.Element]:
    """The nodes of an SVG by the first line of their tooltip."""
    groups = [
        one for one in ET.fromstring(text).iter(f"{SVG}g") if "node" in (one.get("class") or "").split() and one.get("id")
    ]
    return {(one.findtext(f"{SVG}title") or "").split("\n")[0]: one for one in groups}


def words_of(text: str) -> str:
    return " ".join("".join(one.itertext()) for one in ET.fromstring(text).iter(f"{SVG}text"))


@pytest.fixture(scope="module")
def estate_graph(account_path: Path) -> lineage.Graph:
    """The graph of the whole account of the bank."""
    with lineage.open_snapshot(account_path) as snapshot:
        return lineage.graph(snapshot)


def fan(jobs: int, place: str = "s3://b/data/", **body: Any) -> lineage.Graph:
    """This many jobs that read one place, and write an artifact each."""
    return graph_of(training(f"fit-{number:03}", {"train": place}, **body) for number in range(jobs))


def test_the_built_in_picture_has_every_node_and_edge(bank_graph: lineage.Graph) -> None:
    """Each node is drawn once, with its kind's class and name, each edge as an arrow, and the legend explains the lines."""
    drawn = lineage.picture(bank_graph, images=True)
    text = lineage.to_svg(drawn)
    found = nodes_of(text)
    assert set(found) == {data["arn"] or node for node, data in bank_graph.nodes(data=True)}
    assert all(
        f"kind-{bank_graph.nodes[node]['kind']}" in found[bank_graph.nodes[node]["arn"] or node].get("class", "")
        for node in bank_graph
    )
    arrows = [one for one in ET.fromstring(text).iter(f"{SVG}path") if "arrow" in (one.get("class") or "") and len(one)]
    assert len(arrows) == len(drawn.arrows) > 200
    legend = next(one for one in ET.fromstring(text).iter(f"{SVG}g") if one.get("class") == "legend")
    said = ["".join(one.itertext()) for one in legend.iter(f"{SVG}text")]
    assert said == [text for _, text in meanings(drawn)]
    assert {"named, not observed", "matched by location or content", "mentioned only in text or by people"} <= set(said)
    below = {(one.text or "").partition(" · ")[0] for one in ET.fromstring(text).iter(f"{SVG}text") if one.get("class") == "of"}
    assert below == {called(KINDS[data["kind"]]) for _, data in bank_graph.nodes(data=True)}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_its_colour_and_an_icon(kind: str) -> None:
    """Each kind's shape has an icon."""
    assert KINDS[kind].shape in ICONS
    graph = graph_of([training("fit", {})])
    graph.add_node("odd", **(graph.nodes[arn("training-job", "fit")] | {"kind": kind}))
    assert f".kind-{kind} .icon {{ fill: {KINDS[kind].colour}; }}" in lineage.to_svg(graph, images=True)


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_nasty_names_reach_the_built_in_picture(name: str) -> None:
    """Quotes, markup, line ends, and 2,048 characters neither break the SVG nor change; control characters are visible."""
    graph = fan(1)
    graph.add_node(
        "odd", **(graph.nodes[arn("training-job", "fit-000")] | {"name": name, "label": name, "arn": name, "region": None})
    )
    text = lineage.to_svg(graph, title=name, highlight=["odd"])
    assert visible(name) in {one.text.split("\nstatus")[0] for one in ET.fromstring(text).iter(f"{SVG}title")} | {"", " "}
    assert not list(ET.fromstring(text).iter(f"{SVG}b"))


def test_the_picture_stands_alone(bank_graph: lineage.Graph) -> None:
    """No script, image, font or style is loaded; only console links lead out, and those can be left out."""
    text = lineage.to_svg(bank_graph, links=False)
    assert {one.tag for one in ET.fromstring(text).iter()}.isdisjoint({f"{SVG}script", f"{SVG}image", f"{SVG}use", f"{SVG}a"})
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "@import" not in text
    assert 'href="https://eu-west-1.console.aws.amazon.com/' in lineage.to_svg(bank_graph)


def test_what_was_not_observed_or_not_read_is_marked() -> None:
    """A deleted model is in the class of unobserved nodes; a denied job has a ring and says why."""
    _, config, endpoint = served("s3://m/x")
    refused = arn("endpoint", "shop")
    gap = Gap("111122223333", "eu-west-1", "DescribeEndpoint", refused, "denied", "not you")
    found = nodes_of(lineage.to_svg(graph_of([config, endpoint], [gap])))
    (model,) = [one for one in found.values() if "kind-model" in one.get("class", "")]
    assert "unobserved" in model.get("class", "")
    assert "gap" in found[endpoint.arn].get("class", "").split()
    assert "denied: not you" in (found[endpoint.arn].findtext(f"{SVG}title") or "")


def test_lines_tell_their_evidence(estate_graph: lineage.Graph) -> None:
    """An edge from a field is solid, a matched one is dashed, one that people logged is dotted; membership is pale."""
    styles = {(arrow.style, arrow.tooltip.rpartition("(")[2].rstrip(")")) for arrow in lineage.picture(estate_graph).arrows}
    assert styles == {("solid", "declared"), ("dashed", "matched"), ("dashed", "content"), ("dotted", "logged")}
    assert "style=dotted" in lineage.to_dot(estate_graph)
    assert {arrow.pale for arrow in lineage.picture(estate_graph).arrows if " belongs to " in arrow.tooltip} == {True}


def test_fan_outs_are_folded() -> None:
    """Jobs that read the same place become one and a fold, and so do their outputs; the picture says so."""
    drawn = lineage.picture(fan(40), max_nodes=12)
    assert sorted(figure.label for figure in drawn.figures.values() if figure.fold) == [
        "+39 more artifacts",
        "+39 more training jobs",
    ]  # fmt: skip
    assert drawn.notes == ("78 of 81 nodes are folded into 2: 39 artifacts, 39 training jobs",)
    for text in (words_of(lineage.to_svg(drawn)), lineage.to_dot(drawn)):
        assert "+39 more training jobs" in text
        assert drawn.notes[0] in text
    assert "×39" in lineage.to_dot(drawn)


def test_the_one_that_stays_keeps_what_it_made() -> None:
    """In a fold the job and the artifact that remain belong together."""
    folded = fold(Excerpt.of(fan(40)), 12, set(), {})
    (job,) = [node for node, data in folded.nodes.items() if data["kind"] == "training-job" and "folded" not in data]
    made = [folded.nodes[node] for node in folded.after[job]]
    assert [data.get("folded") for data in made] == [None] * len(made)


def test_folds_stand_for_every_node_and_every_edge(bank_graph: lineage.Graph) -> None:
    """Whatever is folded, each node is drawn or is in one fold, and each edge is drawn between the boxes that hold its ends."""
    for most in (150, 60, 20, 1):
        folded = fold(Excerpt.of(bank_graph), most, set(), {})
        home = {inside: node for node, data in folded.nodes.items() for inside in data.get("folded", [node])}
        assert set(home) == set(bank_graph)
        drawn = {(link.source, link.target, link.relation) for link in folded.edges()}
        assert drawn == {(home[one], home[other], relation) for one, other, relation in bank_graph.edges(data="relation")}
        assert sum(link.data["times"] for link in folded.edges()) == bank_graph.number_of_edges()


def test_little_is_not_folded(bank_graph: lineage.Graph) -> None:
    """Up to --max-nodes nothing folds; the default of the library folds nothing."""
    whole = Excerpt.of(bank_graph)
    assert fold(whole, len(bank_graph), set(), {}) is whole
    assert not lineage.picture(bank_graph).folded


def test_some_never_fold() -> None:
    """Endpoints in service, nodes with a gap, highlighted nodes and the subject stay."""
    records = [one for number in range(30) for one in served("s3://m/x", name=f"shop-{number}")]
    refused = arn("model", "shop-7-model")
    graph = graph_of(records, [Gap("111122223333", "eu-west-1", "DescribeModel", refused, "denied")])
    asked, lit = arn("model", "shop-8-model"), arn("endpoint-config", "shop-9-config")
    drawn = lineage.picture(graph, max_nodes=1, keep=[asked], highlight=[lit])
    kept = {arn("endpoint", f"shop-{number}") for number in range(30)} | {refused, asked, lit}
    assert kept <= set(drawn.figures)
    assert drawn.folded


def test_very_many_endpoints_fold() -> None:
    """A picture of more than 50 endpoints in service is no list of them: similar ones become one."""
    graph = graph_of(one for number in range(60) for one in served("s3://m/x", name=f"shop-{number}"))
    labels = {figure.label for figure in lineage.picture(graph, max_nodes=10).figures.values()}
    assert "+59 more endpoints" in labels


def test_highlights_light_the_way_up_and_down(bank_graph: lineage.Graph) -> None:
    """Upstream and downstream of a highlighted node are lit, the rest is pale; a fold never mixes the two."""
    marked = arn("training-job", "fraud-xgb-17")
    drawn = lineage.picture(bank_graph, highlight=[marked], max_nodes=40)
    lit = {figure.label for figure in drawn.figures.values() if figure.lit}
    assert {"Fraud-XGB-17", "Fraud-XGB-17-model", "fraud-ab", "bank-raw/transactions/"} <= lit
    assert "Fraud-NN-1" not in lit
    whole = lineage.picture(bank_graph, highlight=[marked]).figures
    folds = [data["folded"] for data in drawn.graph.nodes.values() if data.get("folded")]
    assert {len({whole[node].lit for node in inside}) for inside in folds} == {1}
    assert [figure.label for figure in drawn.figures.values() if figure.subject] == ["Fraud-XGB-17"]
    found = nodes_of(lineage.to_svg(bank_graph, highlight=[marked]))
    assert "subject" in found[bank_graph.nodes[marked]["arn"]].get("class", "").split()
    assert "unlit" in found[bank_graph.nodes[arn("endpoint", "loans-live")]["arn"]].get("class", "").split()
    assert 'fillcolor="#e8effa"' in lineage.to_dot(drawn)
    assert 'class="arrow solid lit"' in lineage.to_svg(drawn)


@pytest.mark.parametrize(
    ("cluster", "frame"),
    [("account", "account 111122223333 eu-west-1"), ("pipeline", "pipeline renewal-price/execution/w4hq8d2m1xk7")],
)
def test_clusters_frame_what_belongs_together(estate_graph: lineage.Graph, cluster: Any, frame: str) -> None:
    """Both engines draw a frame with its name; places are in no account's frame, because nothing says whose a bucket is."""
    drawn = lineage.picture(estate_graph, cluster=cluster)
    assert frame in set(drawn.groups.values())
    assert f'label="{frame}"' in lineage.to_dot(drawn)
    framed = [one for one in ET.fromstring(lineage.to_svg(drawn)).iter(f"{SVG}g") if one.get("class") == "group"]
    assert len(framed) == len(set(drawn.groups.values()))
    assert cluster == "pipeline" or not any("://" in node for node in drawn.groups)


def test_a_pipeline_execution_frames_what_it_ran_and_made(estate_graph: lineage.Graph) -> None:
    """An execution's frame holds its jobs, what they alone wrote and their runs; reused jobs stay where they ran."""
    groups = GROUPS["pipeline"](Excerpt.of(estate_graph))
    execution = "pipeline renewal-price/execution/w4hq8d2m1xk7"
    inside = {estate_graph.nodes[node]["kind"] for node, name in groups.items() if name == execution}
    assert {"processing-job", "training-job", "artifact", "dataset", "pipeline-execution"} <= inside
    (job,) = [node for node in groups if "fit-vb5nm2cyw7" in node and "training-job/" in node]
    assert groups[job] == execution


def test_pictures_are_deterministic(bank: lineage.Snapshot) -> None:
    """The same snapshot gives the same bytes, folded and lit, in both languages."""
    for tell in (lineage.to_svg, lineage.to_dot):
        one, other = (
            tell(
                lineage.picture(lineage.graph(bank), max_nodes=50, cluster="pipeline", highlight=["s3://bank-ml/loans/train/"])
            )
            for _ in range(2)
        )
        assert one == other


@needs_dot
@pytest.mark.parametrize("cluster", ["none", "account", "pipeline"])
def test_graphviz_takes_folds_clusters_and_highlights(bank_graph: lineage.Graph, cluster: Any) -> None:
    """Graphviz draws as many nodes as the picture has, with any folds, frames and highlights."""
    marked = [arn("endpoint", "fraud-ab")]
    drawn = lineage.picture(bank_graph, max_nodes=60, cluster=cluster, highlight=marked)
    picture = ET.fromstring(lineage.draw(drawn, "svg", "dot"))
    nodes = [one for one in picture.iter(f"{SVG}g") if re.fullmatch(r"node kind-.*", one.get("class") or "")]
    assert len(nodes) == len(drawn.figures)


def test_without_graphviz_we_draw_it_ourselves(bank_graph: lineage.Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """SVG needs no Graphviz, and a note says why it was not used; a PNG says how to get one."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    drawn = lineage.picture(bank_graph)
    engine, why = lineage.engine_for(drawn, "svg")
    assert engine == "builtin"
    assert why.startswith("Graphviz is not installed (`apt install graphviz`, ")
    assert lineage.draw(drawn, "svg").startswith(b"<?xml")
    with pytest.raises(lineage.RenderError, match="a PNG needs Graphviz: Graphviz is not installed .*apt install .*form=.svg"):
        lineage.draw(drawn, "png")


def test_many_nodes_are_laid_out_by_us() -> None:
    """Above 3,000 nodes Graphviz takes minutes: it runs only on explicit request."""
    drawn = lineage.picture(fan(1500))
    assert lineage.engine_for(drawn, "svg") == ("builtin", "more than 3,000 nodes")
    assert lineage.engine_for(drawn, "svg", "dot") == ("dot", "")
    assert len(nodes_of(lineage.to_svg(drawn))) == len(drawn.figures) == 3001


def test_draw_folds_and_says_so(ask, tmp_path) -> None:
    """`draw --max-nodes` folds, and reports the folds on stderr."""
    ran = ask("draw", "-o", "p.svg", "--max-nodes", "60", "--engine", "builtin", "--cluster", "account")
    assert ran.code == 0
    folded = r"wrote p\.svg\n\d+ of \d+ nodes are folded into \d+: .* \(--max-nodes 60\)\n"
    assert re.fullmatch(
        rf"{folded}to draw one endpoint with what made it: `lineage draw \+endpoint/aml-restricted -o aml-restricted.svg` .*\n",
        ran.err,
    )
    assert re.fullmatch(folded, ask("draw", "+kind:endpoint", "-o", "p.svg", "--max-nodes", "60", "--engine", "builtin").err)
    assert "more training jobs" in words_of((tmp_path / "p.svg").read_text())


def test_draw_says_why_it_laid_the_picture_out_itself(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Graphviz `draw` still makes the SVG, and stderr has a line about it."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    ran = ask("draw", "+loans-live", "-o", "p.svg")
    assert (ran.code, ran.err.count("\n")) == (0, 2)
    assert ran.err.startswith("laid out by lineage itself: Graphviz is not installed (`apt install graphviz`, ")
    ran = ask("draw", "+loans-live", "-o", "p.png")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "apt install graphviz" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--highlight", "nobody"), "nothing in the snapshot is named 'nobody'"),
        (("+loans-live", "--highlight", "fraud-ab"), "fraud-ab is not in the picture"),
        (("--max-nodes", "-1"), "-1 is not in the range"),
        (("--engine", "neato"), "'neato' is not valid"),
    ],
)
def test_wrong_words_for_draw(ask, arguments: tuple[str, ...], said: str) -> None:
    """An unknown highlight or engine is refused in one line."""
    ran = ask("draw", *arguments, "-o", "p.svg")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err


def test_what_a_selector_names_never_folds(ask, tmp_path) -> None:
    """The subject of a picture stays in it, as do the nodes that --highlight names."""
    ask(
        "draw",
        "s3://bank-raw/loans/2026-05/+",
        "-o",
        "p.svg",
        "--max-nodes",
        "3",
        "--engine",
        "builtin",
        "--highlight",
        "Loans-Fit-0042",
    )
    assert {"s3://bank-raw/loans/2026-05/"} <= set(nodes_of((tmp_path / "p.svg").read_text()))
    assert "Loans-Fit-0042" in words_of((tmp_path / "p.svg").read_text())


def test_loops_and_parallels_are_drawn() -> None:
    """A job that writes what it reads makes a cycle, and two channels of one place are two arrows."""
    job = training("fit", {"train": "s3://b/x/", "more": "s3://b/x/"}, writes="s3://b/x/model.tar.gz")
    drawn = lineage.picture(
        graph_of([job, record("model", "m", {"PrimaryContainer": {"ModelDataUrl": "s3://b/x/model.tar.gz"}})])
    )
    reads = re.findall(r"<title>s3://b/x/ is read by", lineage.to_svg(drawn))
    assert len(reads) == 2
