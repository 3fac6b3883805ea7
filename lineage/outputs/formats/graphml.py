"""GraphML, for Gephi, yEd, igraph and networkx; and the way back.

GraphML knows strings, numbers and truth values, one type an attribute. So an attribute that has only one of these is written
as such; any other (a list, a map, a mix of types) as JSON text, and the attributes that are so stand in the graph's own
`json`. What is None is left out. An edge is `e0`, `e1`, …, for readers drop edges of the same id; its key is an attribute.
XML can't hold control characters: they are written as their pictures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import networkx as nx

from lineage.domain.text import visible
from lineage.graphs.graphs import Graph
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped
from lineage.queries.flow.links import Link

SCHEMA = "lineage.graphml/1"
_SPACE = "http://graphml.graphdrawing.org/xmlns"
_TYPES = {"str": "string", "bool": "boolean", "int": "long", "float": "double"}
_ALWAYS = {
    "node": ("account", "region", "arn", "created", "modified", "status"),
    "edge": ("time", "span", "listing"),
}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})

AttributeTypes = dict[str, dict[str, str]]
"""What the attributes of nodes and of edges are: `string`, `long`, …, or `json`."""


def write_graphml(chosen: Chosen) -> Iterator[str]:
    """One element a line. What is told is gone over twice: first for the types."""
    told = {"node": _types(data for _, data in chosen.nodes()), "edge": _types(_edge(link) for link in chosen.edges())}
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="{_SPACE}">\n'
    nested = [f"{of} {name}" for of, types in told.items() for name, kind in types.items() if kind == "json"]
    about = {"schema": SCHEMA, "json": nested} | chosen.about()
    for of, types in ({"graph": dict.fromkeys(about, "string")} | told).items():
        for name, kind in types.items():
            said = "string" if kind == "json" else kind
            yield f'<key id="{of}-{_text(name)}" for="{of}" attr.name="{_text(name)}" attr.type="{said}"/>\n'
    yield '<graph edgedefault="directed">\n'
    yield from (_data("graph", name, value) for name, value in about.items())
    for node, data in chosen.nodes():
        yield f'<node id="{_text(node)}">{_told(told, "node", data)}</node>\n'
    for number, link in enumerate(chosen.edges()):
        ends = f'source="{_text(link.source)}" target="{_text(link.target)}"'
        yield f'<edge id="e{number}" {ends}>{_told(told, "edge", _edge(link))}</edge>\n'
    yield "</graph>\n</graphml>\n"


def read_graphml(file: str | Path | BinaryIO) -> Graph:
    """The graph that `export -f graphml` wrote to a file, with its edge keys, lists and Nones.

    `file` is a name or a file open for bytes. The graph's own attributes are the `scope` and the `gaps`, as JSON values.
    """
    plain: Any = nx.read_graphml(file, force_multigraph=True)
    about = {name: json.loads(value) for name, value in _graph_data(plain).items()}
    built: Graph = nx.MultiDiGraph(**about)
    nested = {tuple(one.split(" ", 1)) for one in about["json"]}
    for node, data in plain.nodes(data=True):
        built.add_node(node, **_read("node", data, nested))
    for source, target, data in plain.edges(data=True):
        read = _read("edge", data, nested)
        read.pop("id", None)  # networkx keeps the edge's id
        built.add_edge(source, target, key=read.pop("key"), **read)
    return built


def _graph_data(plain: Any) -> dict[str, str]:
    return {name: value for name, value in plain.graph.items() if name in ("schema", "json", "gaps", "scope")}


def _read(of: str, data: dict[str, Any], nested: set[tuple[str, ...]]) -> dict[str, Any]:
    read: dict[str, Any] = dict.fromkeys(_ALWAYS[of])
    read |= {name: json.loads(value) if (of, name) in nested else value for name, value in data.items()}
    return read


def _edge(link: Link) -> dict[str, Any]:
    return {"key": link.key} | link.data


def _types(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The one type of each attribute."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                found.setdefault(name, set()).add(type(value).__name__)
    return {name: _TYPES.get(min(types), "json") if len(types) == 1 else "json" for name, types in sorted(found.items())}


def _told(told: AttributeTypes, of: str, data: dict[str, Any]) -> str:
    known = told[of]
    named = ((name, data[name]) for name in known if data.get(name) is not None)
    return "".join(_data(of, name, value, plain=known[name] != "json") for name, value in named)


def _data(of: str, name: str, value: Any, *, plain: bool = False) -> str:
    said = value if plain and isinstance(value, str) else dumped(value)
    return f'<data key="{of}-{_text(name)}">{_text(said)}</data>'


def _text(text: str) -> str:
    return visible(text).translate(_ESCAPES)
