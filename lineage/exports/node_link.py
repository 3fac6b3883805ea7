"""Node-link JSON, as `networkx.node_link_graph(data, edges="edges")` reads it."""

from __future__ import annotations

import json

import networkx as nx

from lineage.graphs import Graph
from lineage.queries.flow import scope_json
from lineage.records import Scope

SCHEMA = "lineage.graph/1"


def node_link(graph: Graph) -> str:
    """The graph with every attribute, its scope and its gaps. Deterministic: nodes and edges are sorted."""
    scope: Scope = graph.graph["scope"]
    said = scope_json(scope, list(scope.holes))
    data = nx.node_link_data(graph, edges="edges")
    data["graph"] = {"schema": SCHEMA, "gaps": said.pop("holes"), "scope": said}
    data["nodes"].sort(key=lambda node: node["id"])
    data["edges"].sort(key=lambda edge: (edge["source"], edge["target"], edge["key"]))
    return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
