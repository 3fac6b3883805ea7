"""`lineage export`: the graph, and what was made of it, for other tools."""

from __future__ import annotations

import click

from .options import out_option, snapshot_option, write

EXPORTS = (
    "json", "graphml", "cytoscape", "csv-nodes", "csv-edges", "jsonl-nodes", "jsonl-edges", "dot", "mermaid", "openlineage",
)  # fmt: skip


@click.command(
    short_help="Write the graph for other tools.",
    epilog="""\b
    Examples:
      lineage export -f json -o graph.json
      lineage export +loans-live -f graphml -o loans.graphml
      lineage export -f csv-nodes -o nodes.csv && lineage export -f csv-edges -o edges.csv
      lineage export +loans-live -f mermaid
      lineage export -f openlineage -o runs.ndjson
    """,
)
@click.argument("selector", required=False)
@snapshot_option
@click.option("--format", "-f", "form", metavar="FORMAT", type=click.Choice(EXPORTS), required=True, help="See above.")
@out_option
def export(selector: str | None, snapshot: str, form: str, out: str | None) -> None:
    r"""Write the graph, or what SELECTOR names of it (see `draw`), for other tools.

    \b
    json                   node-link JSON: networkx.node_link_graph(data, edges="edges")
    graphml                Gephi, yEd, igraph; lineage.read_graphml gives the graph back as it was
    cytoscape              Cytoscape, Cytoscape.js
    csv-nodes, csv-edges   two tables for spreadsheets; a cell that begins with = + - @ gets an apostrophe before
                           it, so that it is no formula
    jsonl-nodes, -edges    the same as JSON lines, every value as it is
    dot                    Graphviz, as `draw` gives it
    mermaid                Markdown of GitHub, GitLab; 500 edges and 50,000 characters at most, and what is left
                           out is counted
    openlineage            run events as NDJSON for DataZone, DataHub, OpenMetadata, Marquez
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        chosen = lineage.Chosen(opened, selector or "")
        write(lineage.FORMATS[form].write(chosen), out)
    for note in chosen.notes:
        click.echo(f"lineage: {note}", err=True)
