"""Exports and pictures: complete, deterministic, and correct for hostile names."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import lineage
from lineage.domain.kinds import KINDS
from lineage.graphs.build import graph_of
from lineage.outputs.pictures.console import console_url
from lineage.outputs.pictures.figures import called
from tests.conftest import ROOT
from tests.records import arn, record, served, training

NASTY = [
    'quo"te', "back\\slash", "trailing\\", "<b>bold</b>", "a&b&amp;c", "new\nline", "tab\tbell\x07", "é漢字🙂", "arn:aws:x", "node",
    "{a|b}", "\\N \\G \\l", "semi;colon", "--", "<>", "%20", "x" * 2048, "nul\x00", " ",
]  # fmt: skip


def told(graph: lineage.Graph, form: str) -> str:
    return "".join(lineage.FORMATS[form].write(lineage.Chosen(graph)))


def test_node_link_reads_back_as_the_same_graph(bank_graph: lineage.Graph) -> None:
    """networkx reads the export with edges="edges", and finds every node, edge and attribute."""
    data = json.loads(told(bank_graph, "json"))
    read = nx.node_link_graph(data, edges="edges")
    assert type(read) is nx.MultiDiGraph
    assert dict(read.nodes(data=True)) == dict(bank_graph.nodes(data=True))
    assert {(s, t, k): d for s, t, k, d in read.edges(keys=True, data=True)} == {
        (s, t, k): d for s, t, k, d in bank_graph.edges(keys=True, data=True)
    }


def test_only_graphml_imports_networkx(bank_path: Path, tmp_path: Path) -> None:
    """`draw` and `export` of a part load networkx, which takes longer than they do, only for the format that it writes."""
    drawn = [["draw", "+loans-live", "-o", str(tmp_path / f"x.{form}")] for form in ("svg", "dot", "html")]
    subjects = {"cyclonedx": ["loans-live"], "in-toto": [], "model-card": ["Loans-Fit-0042"]}
    forms = sorted(lineage.FORMATS, key=lambda form: form == "graphml")
    written = [["export", *subjects.get(form, ["+loans-live"]), "-f", form, "-o", str(tmp_path / "x")] for form in forms]
    code = """import sys, json
from cli.main import cli
for words in json.loads(sys.argv[1]):
    try:
        cli.main(["--snapshot", sys.argv[2], *words])
    except SystemExit as done:
        print(words, done.code, "networkx" in sys.modules)
"""
    command = [sys.executable, "-c", code, json.dumps([*drawn, *written]), str(bank_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(said) == len(forms) + 3
    assert [line for line in said if not line.endswith(" 0 False")] == [f"{written[-1]} 0 True"]


def test_node_link_carries_the_scope_and_the_gaps(bank_graph: lineage.Graph) -> None:
    """The export has the scope and the gaps."""
    graph = json.loads(told(bank_graph, "json"))["graph"]
    assert (graph["schema"], graph["scope"]["accounts"], graph["scope"]["regions"]) == (
        "lineage.graph/1",
        ["111122223333"],
        ["eu-west-1"],
    )
    assert sorted(gap["reason"] for gap in graph["gaps"]) == [
        "denied",
        "missing",
        "missing",
        "missing",
        "unmatched",
        "unmatched",
        "unmatched",
    ]


def dot_nodes(text: str) -> dict[str, dict[str, Any]]:
    """What Graphviz itself reads from a DOT text, by the second line of a node's label."""
    done = subprocess.run(["dot", "-Tjson"], input=text.encode(), capture_output=True, check=True)
    objects = json.loads(done.stdout)["objects"]
    return {one["name"]: one for one in objects if one["name"].startswith("n") and one["name"][1:].isdigit()}


needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="no Graphviz on this machine: CI installs it")


@needs_dot
@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_nasty_names_reach_the_picture(name: str) -> None:
    """Quotes, backslashes, markup, line ends and 2,048 characters neither break the picture nor change in it."""
    graph = graph_of(
        [
            training(
                "fit", {"train": f"s3://b/{name}".replace("\n", "").replace("\x07", "").replace("\x00", "").replace("\t", "")}
            )
        ]
    )
    graph.add_node(
        "odd", **(graph.nodes[arn("training-job", "fit")] | {"name": name, "label": name, "arn": name, "region": None})
    )
    picture = lineage.render(lineage.to_dot(graph), "svg")
    root = ET.fromstring(picture)
    assert len(dot_nodes(lineage.to_dot(graph))) == len(graph)
    titles = "".join(element.get("{http://www.w3.org/1999/xlink}title", "") for element in root.iter())
    printable = "".join(c for c in name if ord(c) >= 32).replace("\\", "∖")
    assert printable in titles.replace("\n", "")


@needs_dot
def test_the_picture_has_every_node_on_a_card(bank_graph: lineage.Graph) -> None:
    """Every node is drawn once, on a card with its kind's name and a bar in its kind's colour."""
    text = lineage.to_dot(bank_graph, images=True)
    drawn = dot_nodes(text)
    assert len(drawn) == len(bank_graph)
    names = {f"n{number}": bank_graph.nodes[node]["kind"] for number, node in enumerate(sorted(bank_graph))}
    for name, kind in names.items():
        assert f'bgcolor="{KINDS[kind].colour}"' in drawn[name]["label"]
        assert f">{called(KINDS[kind])}" in drawn[name]["label"]
    assert {one["shape"] for one in drawn.values()} == {"box"}


@needs_dot
def test_container_images_are_left_out_and_counted(bank_graph: lineage.Graph) -> None:
    """Images crowd a picture: they are drawn on request, and the caption says how many are left out."""
    text = lineage.to_dot(bank_graph, title="all")
    assert len(dot_nodes(text)) == len(bank_graph) - 5
    assert ">all<" in text
    assert ">5 container images left out<" in text


@needs_dot
def test_gaps_are_ringed(bank_graph: lineage.Graph) -> None:
    """A node with an unread part stands out, and its tooltip says why."""
    near = lineage.select(bank_graph, "+aml-restricted")
    ringed = [one for one in dot_nodes(lineage.to_dot(near)).values() if one.get("penwidth") == "2"]
    (label,) = [one["label"] for one in ringed]
    assert ">AML-Fit-6<" in label
    assert ">training job" in label
    assert "denied: User:" in ringed[0]["tooltip"]


def test_edges_tell_shadow_variants_and_manifests(bank_graph: lineage.Graph) -> None:
    """A shadow variant, an instance pool and an unread manifest are named on the edge."""
    text = lineage.to_dot(bank_graph)
    for label in ("deployed by (next, shadow)", "deployed by (AllTraffic, instance-pool)", "read by (train, manifest)"):
        assert f'label="{label}"' in text


def test_what_nobody_observed_is_dashed() -> None:
    """A deleted model is drawn dashed, with a label, and the legend explains the dashes."""
    _, config, endpoint = served("s3://m/x")
    text = lineage.to_dot(graph_of([config, endpoint]))
    (line,) = [line for line in text.split(";\n") if "shop-model" in line and "tooltip" in line and "->" not in line]
    assert "filled,dashed" in line
    assert "not observed: only its name is known" in line
    assert "named, not observed" in text
    assert "named, not observed" not in lineage.to_dot(graph_of([training("fit", {}, "s3://m/x")]))


def test_pictures_go_from_left_to_right_with_links(bank_graph: lineage.Graph) -> None:
    """Data is on the left and endpoints on the right; nodes link to the console unless links are turned off."""
    text = lineage.to_dot(bank_graph)
    assert "rankdir=LR" in text
    assert 'URL="https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#/jobs/Loans-Fit-0042"' in text
    assert "URL=" not in lineage.to_dot(bank_graph, links=False)


@pytest.mark.parametrize(
    ("node", "partition", "url"),
    [
        ("s3://b/a b/", "aws", "https://s3.console.aws.amazon.com/s3/buckets/b?prefix=a%20b/"),
        ("arn", "aws", "https://cn-north-1.console.aws.amazon.com/sagemaker/home?region=cn-north-1#/models/M"),
        ("arn", "aws-cn", "https://cn-north-1.console.amazonaws.cn/sagemaker/home?region=cn-north-1#/models/M"),
        ("arn", "aws-us-gov", "https://cn-north-1.console.amazonaws-us-gov.com/sagemaker/home?region=cn-north-1#/models/M"),
    ],
)
def test_console_links(node: str, partition: str, url: str) -> None:
    """Each partition has its own console host."""
    data = {
        "kind": "model",
        "name": "M",
        "region": "cn-north-1",
        "observed": True,
        "arn": f"arn:{partition}:sagemaker:x:y:model/m",
    }
    assert console_url(node, data) == url


@pytest.mark.parametrize("form", ["svg", "png"])
def test_rendering_without_dot(bank_graph: lineage.Graph, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Without `dot` on the PATH the pygraphviz wheel draws the picture."""
    pytest.importorskip("pygraphviz", reason="the extra `render` is not installed; CI installs it")
    monkeypatch.setenv("PATH", "")
    near = lineage.select(bank_graph, "+loans-live")
    picture = lineage.render(lineage.to_dot(near), form)
    assert picture.startswith(b"\x89PNG" if form == "png" else b"<?xml")


def test_without_any_graphviz_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With neither `dot` nor pygraphviz the error names both ways to get one, and the format that needs none."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "pygraphviz", None)
    with pytest.raises(lineage.RenderError, match="apt install graphviz.*render.*form=.dot"):
        lineage.render("digraph {}", "svg")


def test_a_failing_graphviz_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A picture that Graphviz cannot draw is an error with Graphviz's own last words."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho out of ink >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(lineage.RenderError, match="Graphviz failed: out of ink"):
        lineage.render("digraph {}", "svg")


SELECTIONS = [
    ("endpoint/shop", {"endpoint shop"}),
    ("shop", {"endpoint shop"}),
    ("1+shop", {"endpoint shop", "endpoint-config shop-config"}),
    ("+fit", {"training-job fit", "dataset s3://d/", "trial-component run"}),
    ("fit+1", {"training-job fit", "artifact s3://m/x", "trial-component run"}),
    ("s3://d/+", {"dataset s3://d/", "training-job fit", "artifact s3://m/x", "model shop-model", "endpoint-config shop-config", "endpoint shop", "trial-component run"}),
    ("s3://d/", {"dataset s3://d/"}),
    ("s3://d", {"dataset s3://d/"}),
    ("s3://odd/", {"dataset s3://odd/a+1"}),
    ("s3://odd/a+1/x.csv", {"dataset s3://odd/a+1"}),
    ("s3://m/x+1", {"artifact s3://m/x", "model shop-model"}),
    (arn("model", "SHOP-model"), {"model shop-model"}),
    ("s3://odd/a+1", {"dataset s3://odd/a+1"}),
    ("kind:training-job", {"training-job fit", "training-job other", "training-job mine"}),
    ("tag:team=fraud", {"training-job other"}),
    ("tag:team", {"training-job other", "training-job mine"}),
    ("kind:training-job tag:team=risk", {"training-job mine"}),
    ("tag:team=fraud+1 kind:artifact", {"artifact s3://models/other/output/model.tar.gz"}),
    ("+shop kind:dataset", {"dataset s3://d/"}),
    ("+shop s3://d/+", {"dataset s3://d/", "training-job fit", "artifact s3://m/x", "model shop-model", "endpoint-config shop-config", "endpoint shop", "trial-component run"}),
    ("s3://sp/my data/+1", {"dataset s3://sp/my data/", "training-job mine"}),
]  # fmt: skip


@pytest.mark.parametrize(("selector", "expected"), SELECTIONS, ids=[case[0] for case in SELECTIONS])
def test_selectors(selector: str, expected: set[str]) -> None:
    """A selector names nodes as dbt does; an exact id comes first, because S3 keys may hold a plus."""
    run = record("trial-component", "run", {"Source": {"SourceArn": arn("training-job", "fit")}})
    graph = graph_of(
        [
            *served("s3://m/x"),
            training("fit", {"train": "s3://d/"}, "s3://m/x"),
            training("other", {"train": "s3://odd/a+1"}, Tags=[{"Key": "team", "Value": "fraud"}]),
            training("mine", {"train": "s3://sp/my data/"}, Tags=[{"Key": "team", "Value": "risk"}]),
            run,
        ]
    )
    chosen = lineage.select(graph, selector)
    assert {f"{data['kind']} {data['name']}" for _, data in chosen.nodes(data=True)} == expected


def test_a_selector_takes_along_what_runs_belong_to() -> None:
    """Upstream nodes come with their runs, and these with their trial and experiment; without a plus a node stands alone."""
    job = training("fit", {"train": "s3://d/"}, "s3://m/x")
    run = record(
        "trial-component",
        "run",
        {"Source": {"SourceArn": job.arn}, "Parents": [{"TrialName": "trial", "ExperimentName": "exp"}]},
    )
    trial = record("trial", "trial", {"ExperimentName": "exp"})
    graph = graph_of([*served("s3://m/x"), job, run, trial, record("experiment", "exp", {})])
    kinds = {data["kind"] for _, data in lineage.select(graph, "+shop").nodes(data=True)}
    assert {"trial-component", "trial", "experiment"} <= kinds
    assert len(lineage.select(graph, "endpoint/shop")) == 1


@pytest.mark.parametrize(
    ("selector", "error"),
    [
        ("nobody", lineage.UnknownNode),
        ("model/shop", lineage.UnknownNode),
        ("", lineage.MalformedName),
        ("+", lineage.UnknownNode),
        ("kind:modle", lineage.UnknownNode),
        ("kind:model tag:team=fraud", lineage.UnknownNode),
        ("kind:model kind:endpoint", lineage.UnknownNode),
    ],
)
def test_selectors_of_nothing(selector: str, error: type[Exception]) -> None:
    """A selector that matches nothing is refused."""
    with pytest.raises(error):
        lineage.select(graph_of(served("s3://m/x")), selector)
