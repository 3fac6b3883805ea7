"""Node-link JSON, as `networkx.node_link_graph(data, edges="edges")` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lineage.graphs.excerpts import Graph
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped

SCHEMA = "lineage.graph/1"


def node_link(graph: Graph) -> str:
    """The graph with every attribute, its scope and its gaps. Deterministic: nodes and edges are sorted."""
    return "".join(write_node_link(Chosen(graph)))


def write_node_link(chosen: Chosen) -> Iterator[str]:
    """The same piece by piece, one node or edge per line."""
    nodes = chosen.nodes()  # before the first piece, so that a selector that names nothing leaves no half document
    yield '{"directed": true, "multigraph": true,\n'
    yield f'"graph": {dumped({"schema": SCHEMA} | chosen.about())},\n'
    yield '"nodes": ['
    yield from _lines({"id": node} | data for node, data in nodes)
    yield '],\n"edges": ['
    ends = ({"source": link.source, "target": link.target, "key": link.key} | link.attributes() for link in chosen.edges())
    yield from _lines(ends)
    yield "]}\n"


def _lines(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, one in enumerate(objects):
        yield f"{',' if number else ''}\n{dumped(one)}"
