"""A graph in other formats: one file per format, and one dict of all.

An export is a function from `Chosen` to pieces of text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from lineage.outputs.formats.chosen import Chosen


@dataclass(frozen=True, slots=True)
class Format:
    """One export format: the extension of its files, and the function that writes it, with its file here.

    `options` are the keywords that it takes.
    """

    suffix: str
    about: str
    writer: str
    options: tuple[str, ...] = ()

    def write(self, chosen: Chosen, **options: Any) -> Iterator[str]:
        """The pieces of the text. Its file is imported only now: together they take longer than a small export."""
        file, _, name = self.writer.partition(".")
        pieces: Iterator[str] = getattr(import_module(f"{__name__}.{file}"), name)(chosen, **options)
        return pieces


FORMATS: Final[dict[str, Format]] = {
    "json": Format(".json", "node-link JSON, with scope and gaps", "node_link.write_node_link"),
    "graphml": Format(".graphml", "GraphML", "graphml.write_graphml"),
    "cytoscape": Format(".cyjs", "Cytoscape JSON", "cytoscape.write_cytoscape"),
    "csv-nodes": Format(".csv", "a node a line", "tables.write_csv_nodes"),
    "csv-edges": Format(".csv", "an edge a line", "tables.write_csv_edges"),
    "jsonl-nodes": Format(".jsonl", "a node a line, as JSON", "tables.write_jsonl_nodes"),
    "jsonl-edges": Format(".jsonl", "an edge a line, as JSON", "tables.write_jsonl_edges"),
    "dot": Format(".dot", "Graphviz DOT", "graphviz.write_dot"),
    "mermaid": Format(".mmd", "a Mermaid flowchart", "mermaid.write_mermaid"),
    "openlineage": Format(".ndjson", "OpenLineage run events, one a line", "openlineage.write_openlineage"),
    "cyclonedx": Format(".cdx.json", "a CycloneDX ML-BOM of an endpoint", "cyclonedx.write_cyclonedx", ("spec_version",)),
    "prov": Format(".prov.json", "W3C PROV-JSON", "prov.write_prov"),
    "in-toto": Format(
        ".intoto.json", "an in-toto statement over the snapshot and reports", "in_toto.write_in_toto", ("subject",)
    ),
    "model-card": Format(".json", "the draft of a SageMaker model card", "model_card.write_model_card"),
}
