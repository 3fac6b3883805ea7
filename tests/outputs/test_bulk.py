"""The folders for bulk loaders of graph databases, read by the rules of the loaders' own guides. No package ships a validator.

Neptune: "Gremlin load data format" in its user guide. Neo4j: "CSV header format" and "Full import" in its operations manual.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import lineage
from cli.commands.options import NotWritten, write_folder
from lineage.domain.text import visible
from lineage.graphs.build import graph_of
from tests.outputs.test_export_formats import odd_graph
from tests.outputs.test_exports import NASTY
from tests.records import arn, training

CELL = re.compile(r'("(?:[^"]|"")*"|[^",\r\n]*)(,|\n)')
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
SEPARATOR = "\x1f"


def rows(text: str) -> list[list[str | None]]:
    """RFC 4180, strictly: each record has as many cells as the header. An empty cell without quotes is None."""
    found: list[list[str | None]] = [[]]
    at = 0
    while at < len(text):
        cell = CELL.match(text, at)
        assert cell, text[at : at + 80]
        quoted = cell[1].startswith('"')
        found[-1].append(cell[1][1:-1].replace('""', '"') if quoted else cell[1] or None)
        at = cell.end()
        if cell[2] == "\n":
            found.append([])
    assert found.pop() == []
    assert {len(row) for row in found} == {len(found[0])}
    return found


def told(source: Any, form: str, selector: str = "") -> dict[str, str]:
    """The files of a format, by name."""
    return {name: "".join(write(lineage.Chosen(source, selector))) for name, write in lineage.FOLDERS[form].files.items()}


class Loaded(NamedTuple):
    """What a loader would store."""

    nodes: dict[str, dict[str, Any]]
    edges: dict[str, dict[str, Any]]


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        assert re.fullmatch(r"-?\d+", text)
        assert low <= int(text) <= high
        return int(text)

    return parse


def moment(text: str) -> str:
    assert MOMENT.fullmatch(text), text
    return text


def flag(text: str) -> bool:
    assert text in ("true", "false")
    return text == "true"


TYPES: dict[str, Callable[[str], Any]] = {
    "string": str, "long": whole(-(2**63), 2**63 - 1), "int": whole(-(2**31), 2**31 - 1), "double": float,
    "bool": flag, "boolean": flag, "datetime": moment,
}  # fmt: skip


def neptune(files: dict[str, str]) -> Loaded:
    """The rules of Neptune's guide; its type names ignore case."""
    nodes, edges = rows(files["nodes.csv"]), rows(files["edges.csv"])
    assert {"~id", "~label"} <= {*nodes[0]}
    assert {"~id", "~from", "~to", "~label"} <= {*edges[0]}
    for head in (nodes[0], edges[0]):
        assert len(head) == len({*head})
        assert not [name for name in head if not name or re.search(r"[ ,\r\n]", name)]
    stored = loaded(nodes, "~id", "~", of_neptune), loaded(edges, "~id", "~", of_neptune)
    for edge in stored[1].values():
        assert ";" not in edge["~label"]
        assert {edge["~from"], edge["~to"]} <= {*stored[0]}
    assert not [name for name in edges[0] if name and re.search(r"\[\]|\(", name)]  # an edge's property has one value
    return Loaded(*stored)


def of_neptune(head: str, text: str) -> tuple[str, Any]:
    found = re.fullmatch(r"((?:[^:\\]|\\:)+):(\w+)(?:(\[\])|(\(single\)|\(set\))?)", head)
    assert found
    name, kind, is_list = found[1], found[2].lower(), found[3]
    if not is_list:
        return name, TYPES[kind](text)
    values = [TYPES[kind](one.replace("\\;", ";")) for one in re.split(r"(?<!\\);", text)]
    assert len(values) == len({*values})  # Neptune stores a set
    return name, values


def neo4j(files: dict[str, str]) -> Loaded:
    """The rules of Neo4j's manual, with `--array-delimiter=U+001F` and no `--multiline-fields`."""
    nodes, edges = rows(files["nodes.csv"]), rows(files["relationships.csv"])
    assert [head.partition(":")[2] for head in map(str, nodes[0])].count("ID") == 1
    assert sorted(head for head in map(str, edges[0]) if head.startswith(":")) == [":END_ID", ":START_ID", ":TYPE"]
    assert not any("\n" in (cell or "") for row in (*nodes, *edges) for cell in row)
    stored = loaded(nodes, "id:ID", ":", of_neo4j), loaded(edges, "id", ":", of_neo4j)
    assert all(re.fullmatch(r"([A-Z][a-z0-9]*)+", node[":LABEL"]) for node in stored[0].values())
    for edge in stored[1].values():
        assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", edge[":TYPE"])
        assert {edge[":START_ID"], edge[":END_ID"]} <= {*stored[0]}
    return Loaded(*stored)


def of_neo4j(head: str, text: str) -> tuple[str, Any]:
    name, _, kind = head.partition(":")
    if not kind.endswith("[]"):
        return name, TYPES[kind or "string"](text)
    return name, [TYPES[kind[:-2]](one) for one in text.split(SEPARATOR)]


def loaded(
    table: list[list[str | None]], key: str, system: str, read: Callable[[str, str], tuple[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The rows of a table by their ids, each with the properties that are not empty."""
    head, *rest = table
    found: dict[str, dict[str, Any]] = {}
    for row in rest:
        cells = {str(name): cell for name, cell in zip(head, row, strict=True) if cell is not None}
        identity = cells.pop(key)
        assert identity
        assert identity not in found
        own = {name: cell for name, cell in cells.items() if name.startswith(system)}
        found[identity] = own | dict(read(name, cell) for name, cell in cells.items() if name not in own)
    return found


LOADERS = {"neptune-csv": neptune, "neo4j-csv": neo4j}


def bare(text: str) -> str:
    return visible(text).replace("\t", "␉").replace("\n", "␊")


def same(stored: Any, value: Any) -> bool:
    """Whether a loader stores a value as it is, or as JSON text."""
    if isinstance(value, str):
        return stored in (bare(value), bare(json.dumps(value, ensure_ascii=False)))
    if isinstance(value, list) and isinstance(stored, list):
        return stored == [bare(one) for one in value]
    return bool(stored == value) or (isinstance(stored, str) and json.loads(stored) == value)


def insist_same(graph: Any, stored: Loaded) -> None:
    """Each node and edge is stored, with all of its attributes."""
    assert {bare(node) for node in graph} == {*stored.nodes}
    assert len(stored.edges) == graph.number_of_edges()
    for node, data in graph.nodes(data=True):
        here = stored.nodes[bare(node)]
        assert [name for name, value in data.items() if value not in (None, []) and not same(here.get(name), value)] == []
    ends = {":START_ID", "~from"}, {":END_ID", "~to"}
    said = sorted(
        (*(next(edge[name] for name in end if name in edge) for end in ends), edge["relation"], edge.get("time", ""))
        for edge in stored.edges.values()
    )
    assert said == sorted(
        (bare(source), bare(target), data["relation"], data["time"] or "") for source, target, data in graph.edges(data=True)
    )


@pytest.mark.parametrize("form", LOADERS)
def test_a_loader_would_store_the_whole_graph(bank: lineage.Snapshot, bank_graph: lineage.Graph, form: str) -> None:
    """By the rules of its guide, a loader finds every node and edge with all attributes, and no edge without its ends."""
    insist_same(bank_graph, LOADERS[form](told(bank, form)))


@pytest.mark.parametrize("form", LOADERS)
@pytest.mark.parametrize("name", [*NASTY, "a;b", "a\\;b", "\r", "\x1f", "\u2028", "null", " x "])
def test_nasty_names_reach_a_loader(form: str, name: str) -> None:
    """Quotes, separators, line ends and control characters in any text break no record, and are told."""
    graph = odd_graph(name)
    insist_same(graph, LOADERS[form](told(graph, form)))


@pytest.mark.parametrize("form", LOADERS)
def test_only_what_was_chosen_is_stored(bank: lineage.Snapshot, form: str) -> None:
    """With a selector the files hold what `select` chooses."""
    insist_same(lineage.select(lineage.graph(bank), "+loans-live"), LOADERS[form](told(bank, form, "+loans-live")))


@pytest.mark.parametrize("form", LOADERS)
def test_a_selector_of_nothing_writes_no_file(bank: lineage.Snapshot, tmp_path: Path, form: str) -> None:
    """A selector that matches nothing is an error, and leaves no folder."""
    with pytest.raises(lineage.UnknownNode):
        write_folder({name: write(lineage.Chosen(bank, "nobody")) for name, write in lineage.FOLDERS[form].files.items()}, "x")
    assert [*tmp_path.iterdir()] == []


def tagged(*tags: str) -> lineage.Graph:
    return graph_of([training("fit", {}, Tags=[{"Key": tag, "Value": ""} for tag in tags])])


@pytest.mark.parametrize(("form", "kind"), [("neptune-csv", "String[]"), ("neo4j-csv", "string[]")])
def test_a_list_has_its_type_and_its_separator(form: str, kind: str) -> None:
    """A list of texts is a list for the loader, also where a text holds a separator."""
    graph = tagged("team;risk", "cost")
    files = told(graph, form)
    assert f"tags:{kind}" in files["nodes.csv"].partition("\n")[0].split(",")
    (job,) = [node for node in LOADERS[form](files).nodes.values() if node["kind"] == "training-job"]
    assert job["tags"] == ["team;risk=", "cost="]


@pytest.mark.parametrize(("form", "lists"), [("neptune-csv", False), ("neo4j-csv", True)])
@pytest.mark.parametrize("steps", [["Training", "Training"], ["a\\", "b"], ["a\\;b"]])
def test_a_list_that_neptune_would_change_is_json(form: str, lists: bool, steps: list[str]) -> None:
    """Neptune stores a list as a set, and its guide has no escape for a backslash: such a column is JSON text, and a note says so."""
    graph = tagged()
    graph.nodes[arn("training-job", "fit")]["steps"] = steps
    chosen = lineage.Chosen(graph)
    text = "".join(lineage.FOLDERS[form].files["nodes.csv"](chosen))
    assert ("steps:string[]" in text) == lists
    assert chosen.notes == ([] if lists else ["steps is JSON text: this loader cannot read each of its lists"])
    insist_same(graph, LOADERS[form](told(graph, form)))


@pytest.mark.parametrize("form", LOADERS)
def test_a_list_with_an_empty_text_is_json(form: str) -> None:
    """Neither guide tells a list of one empty text from no list."""
    graph = tagged()
    graph.nodes[arn("training-job", "fit")]["steps"] = [""]
    files = told(graph, form)
    assert "steps:string[]" not in files["nodes.csv"].lower()
    insist_same(graph, LOADERS[form](files))


def test_times_are_typed_and_kept_as_written(bank: lineage.Snapshot) -> None:
    """A window is two moments, each empty if unknown, beside the text of both."""
    stored = neptune(told(bank, "neptune-csv"))
    timed = [edge for edge in stored.edges.values() if "time" in edge]
    assert [edge for edge in timed if edge["time"] != f"{edge.get('opens', '')}/{edge.get('closes', '')}"] == []
    assert any("closes" not in edge for edge in timed)


@pytest.mark.parametrize("form", LOADERS)
def test_the_same_edge_has_the_same_id(bank: lineage.Snapshot, form: str) -> None:
    """An edge of a part has the id that it has in the whole, so a loader can replace it."""
    part, all_of_it = (LOADERS[form](told(bank, form, selector)).edges for selector in ("+loans-live", ""))
    assert part
    assert part.items() <= all_of_it.items()


@pytest.mark.parametrize("form", LOADERS)
def test_the_command_writes_a_folder(ask, tmp_path: Path, form: str) -> None:
    """`lineage export -f … -o DIR` writes exactly the files of the format; a second time it refuses and changes nothing."""
    ran = ask("export", "-f", form, "-o", "out")
    assert (ran.code, ran.out) == (0, "")
    written = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert {*written} == {*lineage.FOLDERS[form].files}
    assert LOADERS[form](written).edges
    again = ask("export", "+loans-live", "-f", form, "-o", "out")
    assert (again.code, again.err.partition(":")[0]) == (3, "lineage")
    assert "out is not empty" in again.err
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == written


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 2, "-f neo4j-csv writes several files: name a folder with --out"),
        (["-o", "-"], 2, "-f neo4j-csv writes several files: name a folder with --out"),
        (["-o", "nowhere/out"], 3, "there is no folder nowhere: make it, or name another folder"),
        (["-o", "a-file"], 3, "a-file is a file: name a folder"),
        (["-o", "out", "--spec-version", "1.6"], 2, "--spec-version does not work with -f neo4j-csv"),
    ],
)
def test_what_is_no_folder_is_refused(ask, tmp_path: Path, words: list[str], code: int, said: str) -> None:
    """Without a folder, or with a file in its place, one line says what to do."""
    (tmp_path / "a-file").touch()
    ran = ask("export", "-f", "neo4j-csv", *words)
    assert (ran.code, ran.err.strip().removeprefix("lineage: ").partition(" (see ")[0]) == (code, said)


def test_an_export_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """If the second file cannot be made, neither the first one nor the folder is there."""

    def pieces() -> Iterable[str]:
        yield "half"
        raise lineage.SnapshotError("gone")

    with pytest.raises(lineage.SnapshotError):
        write_folder({"nodes.csv": ["whole"], "edges.csv": pieces()}, str(tmp_path / "out"))
    (tmp_path / "empty").mkdir()
    write_folder({"nodes.csv": ["whole"]}, str(tmp_path / "empty"))
    assert [path.name for path in tmp_path.rglob("*")] == ["empty", "nodes.csv"]
    (tmp_path / "file").touch()
    with pytest.raises(NotWritten):
        write_folder({}, str(tmp_path / "file"))
