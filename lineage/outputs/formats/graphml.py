"""Writes and reads GraphML, for Gephi, yEd, igraph, graphology and networkx. networkx writes and reads the plain graph."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree as ET

from lineage.graphs.excerpts import Graph
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.plain import plain_of

_ALWAYS = {
    "node": ("account", "region", "arn", "created", "modified", "status"),
    "edge": ("time", "span", "listing"),
}


def write_graphml(chosen: Chosen) -> Iterator[str]:
    """The document. networkx holds all of it in memory.

    Carriage returns are escaped, because XML would read them as line ends.
    """
    import networkx as nx  # takes longer than most exports

    written: Any = nx.GraphMLWriter(plain_of(chosen))
    _about_first(written.xml.find("graph"))
    written.indent(written.xml)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield ET.tostring(written.xml, encoding="unicode").replace("\r", "&#13;")
    yield "\n"


def _about_first(graph: ET.Element) -> None:
    """Puts the graph's own data before its nodes. GraphML allows it anywhere, but graphology drops what comes after a node."""
    about = graph.findall("data")
    for one in about:
        graph.remove(one)
    graph[:0] = about


def read_graphml(file: str | Path | BinaryIO) -> Graph:
    """The graph that `export -f graphml` wrote to a file, with its edge keys, lists and None values.

    `file` is a name or a file open for bytes. The graph's own attributes are the `scope` and the `gaps`, as JSON values.
    """
    import networkx as nx

    plain: Any = nx.read_graphml(file, force_multigraph=True)
    about = {name: json.loads(value) for name, value in plain.graph.items() if name in ("schema", "json", "gaps", "scope")}
    built: Graph = nx.MultiDiGraph(**about)
    nested = {tuple(one.split(" ", 1)) for one in about["json"]}
    for node, data in plain.nodes(data=True):
        built.add_node(node, **_read("node", data, nested))
    for source, target, data in plain.edges(data=True):
        read = _read("edge", data, nested)
        read.pop("id", None)  # networkx keeps the edge's id
        built.add_edge(source, target, key=read.pop("key"), **read)
    return built


def _read(of: str, data: dict[str, Any], nested: set[tuple[str, ...]]) -> dict[str, Any]:
    read: dict[str, Any] = dict.fromkeys(_ALWAYS[of])
    read |= {name: json.loads(value) if (of, name) in nested else value for name, value in data.items()}
    return read
