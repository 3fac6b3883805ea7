"""A graph in other formats: one file per format, and one dict of all.

An export is a function from `Chosen` to pieces of text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from lineage.outputs.formats.cyclonedx import write_cyclonedx
from lineage.outputs.formats.cytoscape import write_cytoscape
from lineage.outputs.formats.graphml import write_graphml
from lineage.outputs.formats.in_toto import write_in_toto
from lineage.outputs.formats.mermaid import write_mermaid
from lineage.outputs.formats.model_card import write_model_card
from lineage.outputs.formats.node_link import write_node_link
from lineage.outputs.formats.openlineage import write_openlineage
from lineage.outputs.formats.prov import write_prov
from lineage.outputs.formats.tables import write_csv_edges, write_csv_nodes, write_jsonl_edges, write_jsonl_nodes
from lineage.outputs.pictures.dot import to_dot


@dataclass(frozen=True, slots=True)
class Format:
    """One export format: the extension of its files, and the function that writes it.

    `options` are the keywords that it takes.
    """

    suffix: str
    about: str
    write: Callable[..., Iterator[str]]
    options: tuple[str, ...] = ()


FORMATS: Final[dict[str, Format]] = {
    "json": Format(".json", "node-link JSON, with scope and gaps", write_node_link),
    "graphml": Format(".graphml", "GraphML", write_graphml),
    "cytoscape": Format(".cyjs", "Cytoscape JSON", write_cytoscape),
    "csv-nodes": Format(".csv", "a node a line", write_csv_nodes),
    "csv-edges": Format(".csv", "an edge a line", write_csv_edges),
    "jsonl-nodes": Format(".jsonl", "a node a line, as JSON", write_jsonl_nodes),
    "jsonl-edges": Format(".jsonl", "an edge a line, as JSON", write_jsonl_edges),
    "dot": Format(".dot", "Graphviz DOT", lambda chosen: iter([to_dot(chosen.graph, title=chosen.selector)])),
    "mermaid": Format(".mmd", "a Mermaid flowchart", write_mermaid),
    "openlineage": Format(".ndjson", "OpenLineage run events, one a line", write_openlineage),
    "cyclonedx": Format(".cdx.json", "a CycloneDX ML-BOM of an endpoint", write_cyclonedx, ("spec_version",)),
    "prov": Format(".prov.json", "W3C PROV-JSON", write_prov),
    "in-toto": Format(".intoto.json", "an in-toto statement over the snapshot and reports", write_in_toto, ("subject",)),
    "model-card": Format(".json", "the draft of a SageMaker model card", write_model_card),
}
