"""`lineage export`: the graph, and documents made from it, for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.words import say
from .completing import complete_selector
from .filters import read_in_part, within_options
from .options import Choice, attestations_option, out_option, snapshot_option, uncollected, write, write_folder
from .scoped import aside, tell_lines
from .strict import option

if TYPE_CHECKING:
    import lineage

EXPORTS = (
    "json", "graphml", "cytoscape", "csv-nodes", "csv-edges", "jsonl-nodes", "jsonl-edges", "dot", "mermaid", "openlineage",
    "cyclonedx",
    "prov",
    "in-toto",
    "model-card",
    "neptune-csv",
    "neo4j-csv",
    "parquet",
)  # fmt: skip
_FOLDERS = ("neptune-csv", "neo4j-csv")  # formats of several files
# formats without room for a scope
_BARE = ("csv-nodes", "csv-edges", "jsonl-nodes", "jsonl-edges", "mermaid", "openlineage", *_FOLDERS)

_HOLES = ("cyclonedx", "in-toto", "model-card")  # formats that show gaps


# Extensions that belong to one format only. A .json file may have one of many.
_EXTENSIONS = {".graphml": "graphml", ".dot": "dot", ".mmd": "mermaid", ".cdx.json": "cyclonedx"}


def _form(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    out = str(context.params.get("out") or "").lower()
    form = value or next((form for extension, form in _EXTENSIONS.items() if out.endswith(extension)), "")
    if not form and (extension := Path(out).suffix):
        raise click.UsageError(f"{extension} does not decide the format: add -f {', '.join(EXPORTS[:-1])} or {EXPORTS[-1]}")
    if not form:
        raise click.MissingParameter(ctx=context, param=parameter)
    return form


@click.command(
    short_help="Write the graph in the formats of other tools.",
    epilog="""\b
    Formats:
      json                     node-link JSON: networkx.node_link_graph(data, edges="edges")
      graphml                  Gephi, yEd, igraph; lineage.read_graphml gives the graph back as it was
      cytoscape                Cytoscape, Cytoscape.js
      csv-nodes, csv-edges     two tables for spreadsheets: a cell that begins with = + - @ gets a
                               leading apostrophe, so that it is not a formula
      jsonl-nodes, jsonl-edges the same as JSON lines, with unchanged values
      dot                      Graphviz
      mermaid                  for Markdown on GitHub and GitLab: up to 500 edges and 50,000 characters
      openlineage              run events as NDJSON: DataZone, DataHub, OpenMetadata, Marquez
      cyclonedx                an ML-BOM of one endpoint
      prov                     W3C PROV, as PROV-JSON
      in-toto                  a statement over the digests of the snapshot and of reports, to sign
      model-card               a draft SageMaker model card of one endpoint, model or training job
      neptune-csv, neo4j-csv   a folder for the bulk loader of Amazon Neptune, or of Neo4j
      parquet                  a folder of tables, here or on S3, for Spark, Athena, DuckDB and polars;
                               it may hold many accounts

    \b
    Examples:
      lineage export -f json -o graph.json
      lineage export +loans-live -f graphml -o loans.graphml
      lineage export -f csv-nodes -o nodes.csv && lineage export -f csv-edges -o edges.csv
      lineage export +loans-live -f mermaid
      lineage export -f openlineage -o runs.ndjson
      lineage export loans-live -f cyclonedx -o loans.cdx.json
      lineage export -f in-toto --subject report.html -o lineage.intoto.json
      lineage export -f neptune-csv -o neptune/
      lineage export -f parquet -o s3://my-bucket/lineage/
    """,
)
@click.argument("selector", required=False, shell_complete=complete_selector)
@snapshot_option
@within_options("nodes")
@option(
    "--format",
    "-f",
    "form",
    metavar="FORMAT",
    type=Choice(EXPORTS),
    callback=_form,
    help="Output format; see the list below. Default: by file extension, for .graphml, .dot, .mmd and .cdx.json.",
)
@out_option
@option("--subject", metavar="FILE", multiple=True, help="For in-toto: also cover this report; repeats.")
@attestations_option
@option("--spec-version", type=Choice(("1.6", "1.7")), help="For CycloneDX (default 1.6).")
def export(
    selector: str | None,
    snapshot: str,
    form: str,
    out: str | None,
    within: dict[str, Any],
    vouched: dict[str, Any],
    **options: Any,
) -> None:
    """Write the graph, or the part that SELECTOR names (see `draw`), for other tools.

    Losses are reported on stderr.
    """
    import lineage

    if form == "parquet":
        _write_parquet(snapshot, out, asked=bool(selector or any(within.values())), options=options)
        return
    with lineage.open_snapshot(snapshot) as opened:
        chosen = lineage.Chosen(opened, selector or "", **read_in_part(opened, within), **vouched)
        if form in _FOLDERS:
            _asked(form, (), options)
            _write_folder(chosen, form, out)
        else:
            asked = _asked(form, lineage.FORMATS[form].options, options)
            write(lineage.FORMATS[form].write(chosen, **asked), out)
        scope = chosen.about()["scope"] if form in _BARE else None
    if scope:
        tell_lines(aside(scope))
    idle = [f"-f {form} does not show gaps, and so no attestations"] if vouched and form not in _HOLES else []
    for note in [*chosen.notes, *idle, *_alone(chosen, form)]:
        say(f"lineage: {note}")


def _write_folder(chosen: lineage.Chosen, form: str, out: str | None) -> None:
    import lineage

    if out in (None, "-"):
        raise click.UsageError(f"-f {form} writes several files: name a folder with --out")
    write_folder({name: pieces(chosen) for name, pieces in lineage.FOLDERS[form].files.items()}, str(out))


@uncollected
def _write_parquet(snapshot: str, out: str | None, *, asked: bool, options: dict[str, Any]) -> None:
    """Write the whole snapshot into a folder of Parquet, and say what is in it now."""
    import lineage

    _asked("parquet", (), options)
    if asked:
        raise click.UsageError("-f parquet holds the whole snapshot: leave out the selector, --account and --region")
    if out in (None, "-"):
        raise click.UsageError("-f parquet writes several files: name a folder with --out, or an s3:// URI")
    with lineage.open_snapshot(snapshot) as opened:
        said = lineage.export_parquet(opened, str(out))
    rows, size = (sum(file[name] for file in said["files"]) for name in ("rows", "bytes"))
    say(f"lineage: wrote {lineage.counted(rows, 'row')} in {lineage.counted(len(said['files']), 'file')}, {size:,} bytes")


def _alone(chosen: lineage.Chosen, form: str) -> list[str]:
    """That one node was exported without anything around it, which is seldom meant. Documents of one node are complete."""
    asked = chosen.selector
    if not asked or form in _HOLES or set("+ ") & set(asked) or len(chosen.graph.nodes) != 1:
        return []
    return [f"only {asked} itself is exported: +{asked} exports everything upstream of it, {asked}+ everything downstream"]


def _asked(form: str, known: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    """The options that were given. Refuses those that the format does not take."""
    asked = {name: value for name, value in options.items() if value}
    wrong = sorted(set(asked) - set(known))
    if wrong:
        raise click.UsageError(f"--{wrong[0].replace('_', '-')} does not work with -f {form}")
    return asked
