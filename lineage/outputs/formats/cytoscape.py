"""Cytoscape JSON: for Cytoscape, Cytoscape.js, and `networkx.cytoscape_graph`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped

SCHEMA = "lineage.cytoscape/1"


def write_cytoscape(chosen: Chosen) -> Iterator[str]:
    """Nodes under their ids, edges as `e0`, `e1`, ….

    The scope and the gaps are JSON text, because Cytoscape takes no objects.
    """
    nodes = chosen.nodes()  # before the first piece, so that a selector that names nothing leaves no half document
    about = {name: dumped(value) for name, value in chosen.about().items()}
    yield f'{{"data": {dumped({"name": "lineage", "schema": SCHEMA} | about)},\n'
    yield '"directed": true, "multigraph": true,\n"elements": {"nodes": ['
    yield from _lines({"id": node, "value": node} | data for node, data in nodes)
    yield '],\n"edges": ['
    ends = ({"source": link.source, "target": link.target, "key": link.key} | link.attributes() for link in chosen.edges())
    yield from _lines({"id": f"e{number}"} | edge for number, edge in enumerate(ends))
    yield "]}}\n"


def _lines(objects: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, one in enumerate(objects):
        yield f"{',' if number else ''}\n{dumped({'data': one})}"
