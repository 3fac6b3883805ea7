"""What `lineage export` writes, read back by other programs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import duckdb
import igraph
import networkx as nx
import polars as pl
import pydot
import pytest

import lineage
from lineage.domain.names import node_id
from lineage.graphs.build import graph_of
from lineage.outputs.formats.graphml import read_graphml
from lineage.outputs.formats.mermaid import MAX_CHARACTERS, MAX_EDGES
from tests.outputs.test_exports import NASTY
from tests.records import arn, record, served, training
from tests.snapshot.test_file import crawl

MOMENTS = {"created", "modified", "started", "ended", "time", "settled"}
GRAPHML = "http://graphml.graphdrawing.org/xmlns"
ABOUT_ONE = {"cyclonedx": "loans-live", "model-card": "loans-live"}
OF_GRAPHS = ["json", "graphml", "cytoscape", "csv-nodes", "csv-edges", "jsonl-nodes", "jsonl-edges", "dot", "mermaid"]
GRAPH_READERS = ["json", "graphml", "cytoscape"]


def told(source: Any, form: str, selector: str = "", **options: Any) -> str:
    """The output of a format for a snapshot or a graph."""
    return "".join(lineage.FORMATS[form].write(lineage.Chosen(source, selector or ABOUT_ONE.get(form, "")), **options))


def read(text: str, form: str) -> Any:
    """A graph as another reader, or `read_graphml`, finds it."""
    if form == "graphml":
        return read_graphml(io.BytesIO(text.encode()))
    data = json.loads(text)
    return nx.node_link_graph(data, edges="edges") if form == "json" else nx.cytoscape_graph(data)


def contents(graph: Any, *without: str) -> Any:
    """The nodes and edges of a graph with their keys and attributes."""
    kept = lambda data: {name: value for name, value in data.items() if name not in without}  # noqa: E731
    nodes = {node: kept(data) for node, data in graph.nodes(data=True)}
    return nodes, {(source, target, key): kept(data) for source, target, key, data in graph.edges(keys=True, data=True)}


def odd_graph(name: str) -> lineage.Graph:
    """An endpoint, the job that made its model, and the given name in every text of one more node and edge."""
    graph = graph_of([*served("s3://m/x"), training("fit", {"train": "s3://d/"}, "s3://m/x")])
    node, job = f"s3://odd/{name}", arn("training-job", "fit")
    graph.add_node(node, **(graph.nodes["s3://d/"] | {"name": name, "label": name, "status": name, "tags": [name]}))
    graph.add_edge(
        node, job, key=f"reads:{name}", **(graph.edges["s3://d/", job, "reads:train"] | {"role": name, "path": name})
    )
    return graph


@pytest.mark.parametrize("form", lineage.FORMATS)
def test_the_same_snapshot_gives_the_same_bytes(bank: lineage.Snapshot, form: str) -> None:
    """Two exports of one snapshot are equal."""
    assert told(bank, form) == told(bank, form) != ""


@pytest.mark.parametrize("form", lineage.FORMATS)
def test_no_secret_is_exported(bank: lineage.Snapshot, form: str) -> None:
    """A secret in a record of the account is in no format."""
    assert "hunter2" not in told(bank, form, {"cyclonedx": "credit-registry"}.get(form, ""))


@pytest.mark.parametrize("form", lineage.FORMATS)
def test_what_nobody_knows_is_told_before_anything_is_written(bank: lineage.Snapshot, form: str) -> None:
    """A selector that matches nothing is an error before the first piece of any format: no half document reaches stdout."""
    written: list[str] = []
    with pytest.raises(lineage.LineageError):
        written.extend(lineage.FORMATS[form].write(lineage.Chosen(bank, "nobody")))
    assert written == []


@pytest.mark.parametrize("form", OF_GRAPHS)
def test_row_by_row_or_from_a_graph_is_the_same(bank: lineage.Snapshot, bank_graph: lineage.Graph, form: str) -> None:
    """A snapshot that is read row by row gives the same as its graph."""
    assert told(bank, form) == told(bank_graph, form)


@pytest.mark.parametrize("form", OF_GRAPHS)
def test_what_is_said_twice_is_told_twice(tmp_path: Path, form: str) -> None:
    """Two edges of one relation and role, from two fields, are two edges row by row as well."""
    crawl(tmp_path / "s.db", training("fit", {"checkpoint": "s3://c/"}, CheckpointConfig={"S3Uri": "s3://c/"}))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        graph = lineage.graph(snapshot)
        assert len(graph["s3://c/"][arn("training-job", "fit")]) == 2
        assert told(snapshot, form) == told(graph, form)


@pytest.mark.parametrize("form", GRAPH_READERS)
def test_a_graph_reads_back_as_it_was(bank_graph: lineage.Graph, form: str) -> None:
    """Nodes, edges, keys, lists and Nones are unchanged."""
    back = read(told(bank_graph, form), form)
    without = {"cytoscape": ("id", "value", "source", "target", "key")}.get(form, ())
    assert contents(back, *without) == contents(bank_graph)
    assert type(back) is nx.MultiDiGraph


def test_node_link_written_again_is_the_same(bank_graph: lineage.Graph) -> None:
    """A file that networkx reads and writes again holds all of the first text: nodes, edges, scope and gaps."""
    first = json.loads(told(bank_graph, "json"))
    again = nx.node_link_data(nx.node_link_graph(first, edges="edges"), edges="edges")
    assert {name: _sorted(value) for name, value in again.items()} == {name: _sorted(value) for name, value in first.items()}


def _sorted(value: Any) -> Any:
    return sorted(value, key=lambda row: json.dumps(row, sort_keys=True)) if isinstance(value, list) else value


_GAP = ("account", "region", "operation", "subject", "reason", "detail")


def test_graphml_carries_the_scope_and_the_gaps(bank_graph: lineage.Graph) -> None:
    """The scope and the gaps come back with the graph."""
    about = read(told(bank_graph, "graphml"), "graphml").graph
    assert (about["schema"], about["scope"]["accounts"]) == ("lineage.graphml/1", ["111122223333"])
    said = [[gap[name] for name in _GAP] for gap in about["gaps"]]
    assert sorted(said) == sorted([getattr(gap, name) for name in _GAP] for gap in bank_graph.graph["gaps"])


def test_graphml_has_one_type_for_each_attribute_and_ids_of_their_own(bank_graph: lineage.Graph) -> None:
    """No attribute is declared twice, and no two edges share an id: readers drop the second one."""
    bank_graph.nodes["s3://bank-ml/loans/train/"]["weights"] = 7
    text = told(bank_graph, "graphml")
    keys = [(key.get("for"), key.get("attr.name")) for key in ET.fromstring(text).iter(f"{{{GRAPHML}}}key")]
    assert len(keys) == len(set(keys)) > 10
    edges = [edge.get("id") for edge in ET.fromstring(text).iter(f"{{{GRAPHML}}}edge")]
    assert len(edges) == len(set(edges)) == bank_graph.number_of_edges()
    assert contents(read(text, "graphml")) == contents(bank_graph)


def test_graphml_is_read_by_networkx_itself(bank_graph: lineage.Graph) -> None:
    """Without our reader networkx finds all nodes and edges, the key as an attribute, and booleans and numbers as such."""
    plain = nx.read_graphml(io.BytesIO(told(bank_graph, "graphml").encode()), force_multigraph=True)
    assert (len(plain), plain.number_of_edges()) == (len(bank_graph), bank_graph.number_of_edges())
    job = plain.nodes[arn("training-job", "loans-fit-0042")]
    assert (job["observed"], job["crawl"], json.loads(job["steps"])[0]) == (True, 1, "Starting")
    assert {data["key"] for *_, data in plain.edges(data=True)} == {key for *_, key in bank_graph.edges(keys=True)}


_IN_IGRAPH: dict[type, Any] = {str: "", bool: False, int: math.nan, float: math.nan}  # its value where a file has none


def by_igraph(text: str, tmp_path: Path) -> Any:
    """What igraph finds in a file, without a warning; nodes are identified by their ids."""
    file = tmp_path / "graph.graphml"
    file.write_text(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return igraph.Graph.Read_GraphML(str(file))


def as_igraph(rows: list[Any]) -> list[Any]:
    """Attributes as igraph has them: each of them everywhere, and NaN as a text, because NaN equals no number."""
    kinds = {name: type(value) for row in rows for name, value in row.items()}
    full = ({name: _IN_IGRAPH[kind] for name, kind in kinds.items()} | row for row in rows)
    return [
        {name: "nan" if isinstance(value, float) and math.isnan(value) else value for name, value in row.items()}
        for row in full
    ]


@pytest.mark.parametrize("odd", ["", *NASTY], ids=range(len(NASTY) + 1))
def test_graphml_is_read_by_igraph(bank_graph: lineage.Graph, tmp_path: Path, odd: str) -> None:
    """igraph finds the same nodes, attributes, scope and edges, parallel ones too, as networkx does."""
    text = told(odd_graph(odd) if odd else bank_graph, "graphml")
    plain, found = nx.read_graphml(io.BytesIO(text.encode()), force_multigraph=True), by_igraph(text, tmp_path)
    edges = list(plain.edges(data=True))
    ids, rows = map(list, zip(*plain.nodes(data=True), strict=True))
    assert found.vs["id"] == [node.replace("&", "&#38;") for node in ids]  # findings/igraph-graphml-ids.sh
    assert as_igraph([without(node.attributes(), "id") for node in found.vs]) == as_igraph(rows)
    assert [(ids[edge.source], ids[edge.target]) for edge in found.es] == [(source, target) for source, target, _ in edges]
    told_edges = [without(data, "id") for *_, data in edges]
    assert as_igraph([without(edge.attributes(), "id") for edge in found.es]) == as_igraph(told_edges)
    assert found.is_directed()
    assert {name: found[name] for name in ("schema", "scope", "gaps")} == {
        name: plain.graph[name] for name in ("schema", "scope", "gaps")
    }


def without(data: Any, name: str) -> Any:
    return {key: value for key, value in data.items() if key != name}


def test_graphml_tells_of_the_graph_before_its_nodes(bank_graph: lineage.Graph) -> None:
    """graphology drops the attributes of a graph that come after its first node."""
    (graph,) = ET.fromstring(told(bank_graph, "graphml")).iter(f"{{{GRAPHML}}}graph")
    tags = [child.tag.rpartition("}")[2] for child in graph]
    assert tags[: tags.index("node")] == ["data"] * tags.count("data") != []


def written(write: Any, read_back: Any, graph: lineage.Graph) -> Any:
    """What networkx reads from a file that it wrote itself."""
    file = io.BytesIO()
    write(graph, file)
    file.seek(0)
    return read_back(file)


def by_pydot(graph: lineage.Graph) -> Any:
    """What networkx reads from a DOT text that pydot wrote, without the quotes."""
    text = nx.nx_pydot.to_pydot(lineage.plain(graph, quoted=True)).to_string()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydot's reader uses an old API of pyparsing
        (dot,) = pydot.graph_from_dot_data(text)
    return nx.nx_pydot.from_pydot(dot)


# The readers, and what each cannot hold: GML and DOT have one name per node, GEXF numbers the labels of edges.
BY_NETWORKX = [
    (
        "graphml",
        lambda graph: written(nx.write_graphml, partial(nx.read_graphml, force_multigraph=True), lineage.plain(graph)),
        (),
    ),
    ("gml", lambda graph: written(nx.write_gml, nx.read_gml, lineage.plain(graph)), ("label", "key")),
    ("gexf", lambda graph: written(nx.write_gexf, nx.read_gexf, lineage.plain(graph)), ("id", "key")),
]


@pytest.mark.parametrize(("form", "back", "without"), BY_NETWORKX, ids=[one[0] for one in BY_NETWORKX])
def test_networkx_writes_the_plain_graph(bank_graph: lineage.Graph, form: str, back: Any, without: tuple[str, ...]) -> None:
    """The writers of networkx accept the plain graph of an account, and read all nodes, edges and attributes back."""
    read_back, plain = back(bank_graph), lineage.plain(bank_graph)
    assert contents(read_back, *without)[0] == contents(plain, *without)[0]
    assert sorted(said(read_back, *without)) == sorted(said(plain, *without))
    assert plain.number_of_edges() == bank_graph.number_of_edges()


def said(graph: Any, *without: str) -> Iterator[str]:
    """Each edge without its key."""
    for source, target, data in graph.edges(data=True):
        kept = {name: value for name, value in data.items() if name not in without}
        yield json.dumps([source, target, kept], sort_keys=True)


def test_pydot_takes_the_quoted_plain_graph(bank_graph: lineage.Graph) -> None:
    """No ARN loses the part after its colons, and no edge is lost."""
    near = lineage.select(bank_graph, "+loans-live")
    back = by_pydot(near)
    assert set(back) == set(near)
    assert sorted(back.edges()) == sorted(near.edges())
    endpoint = back.nodes[arn("endpoint", "loans-live")]
    assert (endpoint["kind"], endpoint["label"], endpoint["observed"]) == ('"endpoint"', '"loans-live"', "True")


def test_a_plain_graph_is_read_as_an_export(bank_graph: lineage.Graph) -> None:
    """`read_graphml` gives back a plain graph that networkx wrote, unchanged, with the scope."""
    back = written(nx.write_graphml, read_graphml, lineage.plain(bank_graph))
    assert contents(back) == contents(bank_graph)
    assert back.graph["scope"]["accounts"] == ["111122223333"]


@pytest.mark.parametrize("name", [*NASTY, "\ud800", "\u0085\u2028", "\r"])
@pytest.mark.parametrize(
    ("form", "back", "without"), [*BY_NETWORKX, ("dot", by_pydot, ())], ids=["graphml", "gml", "gexf", "dot"]
)
def test_no_name_stops_a_writer_of_networkx(form: str, back: Any, without: tuple[str, ...], name: str) -> None:
    """Whatever a name holds, each writer writes it and its reader finds as many nodes and edges."""
    graph = odd_graph(name)
    read_back = back(graph)
    assert (len(read_back), read_back.number_of_edges()) == (len(graph), graph.number_of_edges())


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("form", GRAPH_READERS)
def test_nasty_names_read_back(form: str, name: str) -> None:
    """Quotes, markup, line ends, control characters and 2,048 characters are unchanged; XML has pictures for controls."""
    graph = odd_graph(name)
    back = read(told(graph, form), form)
    shown = "".join(chr(0x2400 + ord(c)) if ord(c) < 32 and c not in "\t\n" and form == "graphml" else c for c in name)
    assert (back.nodes[f"s3://odd/{shown}"]["status"], back.nodes[f"s3://odd/{shown}"]["tags"]) == (shown, [name])
    (edge,) = back.get_edge_data(f"s3://odd/{shown}", arn("training-job", "fit")).items()
    assert (edge[0], edge[1]["role"]) == (f"reads:{shown}", shown)


@pytest.mark.parametrize("form", ["jsonl-nodes", "jsonl-edges"])
def test_each_line_has_all_keys(bank_graph: lineage.Graph, form: str) -> None:
    """Readers that take the columns from the first lines see all of them; accounts are text, with all of their zeros."""
    rows = list(map(json.loads, told(bank_graph, form).splitlines()))
    assert len({tuple(row) for row in rows}) == 1
    assert {type(row.get("account")) for row in rows} <= {str, type(None)}


@pytest.mark.parametrize("form", ["jsonl-nodes", "jsonl-edges"])
def test_json_lines_are_read_by_duckdb_and_polars(bank_graph: lineage.Graph, tmp_path: Path, form: str) -> None:
    """If they look at all lines, as docs/exports.md says, both find each row with all keys, and account ids as text."""
    lines = told(bank_graph, form).splitlines()
    lines.sort(key=lambda line: -line.count("null"))  # what most of the other lines lack comes last
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines))
    texts = list(map(json.loads, lines))
    plain = [name for name in texts[0] if {type(row[name]) for row in texts} <= {str, int, bool, type(None)}]
    names = ", ".join(f'"{name}"' for name in plain)
    query = (
        f"SELECT {names} FROM read_json(?, format = 'newline_delimited', sample_size = -1, convert_strings_to_integers = false)"
    )
    found = duckdb.execute(query, [str(file)]).fetchall()
    other = pl.read_ndjson(file, infer_schema_length=None)
    assert {*other.columns} == {*texts[0]}
    for name, column in zip(plain, zip(*found, strict=True), strict=True):
        wanted = [row[name] for row in texts]
        assert other[name].to_list() == wanted
        if name not in MOMENTS:  # which DuckDB takes for times
            assert list(column) == wanted


@pytest.mark.parametrize("name", [*NASTY, "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\r\nx", "a,b"])
def test_nasty_names_in_tables(name: str) -> None:
    """JSON lines hold each value unchanged; CSV has it on one line, and no cell begins like a formula."""
    graph = odd_graph(name)
    rows = {row["id"]: row for row in map(json.loads, told(graph, "jsonl-nodes").split("\n")[:-1])}
    assert rows[f"s3://odd/{name}"]["status"] == name
    cells = {row["id"]: row for row in csv.DictReader(io.StringIO(told(graph, "csv-nodes"), newline=""))}
    line = lineage.one_line(name)
    assert cells[f"s3://odd/{line}"]["status"] == (f"'{line}" if name[0] in "=+-@" and name not in ("+1", "-1") else line)
    assert json.loads(cells[f"s3://odd/{line}"]["details"]) == {"tags": [name]}
    edges = list(csv.DictReader(io.StringIO(told(graph, "csv-edges"), newline="")))
    assert (len(edges), f"reads:{line}" in {row["key"] for row in edges}) == (graph.number_of_edges(), True)


@pytest.mark.parametrize("name", [*NASTY, "end", "#35;", "`code`", "]:::x", "%% no comment", "-->", "a|b"])
def test_nasty_names_in_mermaid(name: str) -> None:
    """Only letters, digits and harmless signs stand between the quotes; every other character is written as its number."""
    text = told(odd_graph(name), "mermaid")
    labels = [label.removeprefix("dataset<br/>") for label in re.findall(r'\["(.*)"\]:::dataset$', text, re.MULTILINE)]
    assert len(labels) == 2
    for label in labels:
        assert not set(re.sub(r"#\d+;", "", label)) & set('"#;<>`[](){}|\\&')
    shown = [re.sub(r"#(\d+);", lambda number: chr(int(number[1])), label) for label in labels]
    assert name[:15].replace("\n", " ").replace("\x07", "␇").replace("\x00", "␀").replace("\t", " ") in "".join(shown)


def many(number: int) -> Iterator[Any]:
    return (training(f"job-{at}", {"train": f"s3://d/{at}/"}, day="2026-01-03") for at in range(number))


def test_mermaid_stays_within_its_limits() -> None:
    """For a large graph at most 500 edges and 50,000 characters are drawn; the diagram and a note say what is missing."""
    chosen = lineage.Chosen(graph_of(many(400)))
    text = "".join(lineage.FORMATS["mermaid"].write(chosen))
    drawn = len(re.findall(r"^  n\d+ -[-.] ", text, re.MULTILINE))
    assert 0 < drawn <= MAX_EDGES
    assert 40_000 < len(text) <= MAX_CHARACTERS
    left = len(list(chosen.edges())) - drawn
    assert f"{left} edges" in text
    assert f"{left} edges" in chosen.notes[0]


def test_mermaid_counts_edges(bank_graph: lineage.Graph) -> None:
    """Edges past the 500th are left out even if there is room for more characters."""
    graph = graph_of([record("model", "m", {})])
    for number in range(600):
        graph.add_edge(
            arn("model", "m"),
            arn("model", "m"),
            key=str(number),
            relation="loads",
            role="",
            usage="",
            evidence="declared",
            span=None,
        )
    assert told(graph, "mermaid").count("loaded by") == MAX_EDGES


@pytest.mark.parametrize("form", OF_GRAPHS)
def test_an_empty_graph_is_told(form: str) -> None:
    """A graph without nodes gives a document without nodes, or no line."""
    assert (told(graph_of([]), form) == "") == form.startswith("jsonl")


def test_only_what_a_selector_names_is_told(bank: lineage.Snapshot) -> None:
    """With a selector the tables hold what `select` chooses."""
    chosen = lineage.select(lineage.graph(bank), "+loans-live")
    rows = list(csv.DictReader(io.StringIO(told(bank, "csv-nodes", "+loans-live"))))
    assert [row["id"] for row in rows] == sorted(chosen)
    assert node_id(arn("endpoint", "loans-live")) in chosen


def test_the_command_writes_what_the_format_tells(ask, bank: lineage.Snapshot) -> None:
    """`lineage export` prints a format, and reports the scope and any losses on stderr."""
    ran = ask("export", "-f", "csv-edges")
    assert (ran.code, ran.out) == (0, told(bank, "csv-edges"))
    assert [line.partition(": ")[0] for line in ran.err.splitlines()] == ["Looked at", "In numbers", "Not read at all"]
