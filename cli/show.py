"""`lineage draw`: the graph as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .options import out_option, snapshot_option, write

if TYPE_CHECKING:
    from lineage import Graph

PICTURES = ("dot", "svg", "png")


@click.command(
    short_help="Draw the graph: SVG, PNG or DOT.",
    epilog="""\b
    Examples:
      lineage draw +loans-live -o loans.svg          an endpoint and all that is upstream of it
      lineage draw s3://bank-raw/loans/+ -o use.png  a dataset and all that came of it
      lineage draw --format dot | less               everything, as DOT
    """,
)
@click.argument("selector", required=False)
@snapshot_option
@click.option("--format", "-f", "form", type=click.Choice(PICTURES), help="Else by the name of the file; without one, dot.")
@out_option
@click.option("--links/--no-links", default=True, help="Link nodes to their AWS console pages.")
@click.option("--images/--no-images", default=False, help="Draw container images too.")
def draw(selector: str | None, snapshot: str, form: str | None, out: str | None, links: bool, images: bool) -> None:
    """Draw the graph, or what SELECTOR names of it, with Graphviz: data on the left, endpoints on the right.

    SELECTOR is a name, `kind/name`, an ARN, an S3 URI (every place that it shares keys with), `kind:model` or
    `tag:team=fraud`; `+x` adds all that is upstream of x, `x+` all downstream, `2+x` two steps; with spaces between them,
    several must all be so. Dashed nodes are named by something and were not observed. Arrows
    are what the records say; `trace` looks at times as well.
    """
    import lineage

    form = form or _by_suffix(out)
    if form == "png" and out in (None, "-") and sys.stdout.isatty():
        raise click.UsageError("a PNG is nothing for a terminal: name a file with --out")
    chosen = _graph(snapshot, selector)
    dot = lineage.to_dot(chosen, links=links, images=images, title=_title(chosen, snapshot, selector))
    write(dot if form == "dot" else lineage.render(dot, form), out)
    if out not in (None, "-"):
        click.echo(f"drawn in {out}", err=True)


def _graph(snapshot: str, selector: str | None) -> Graph:
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        graph = lineage.graph(opened)
    return lineage.select(graph, selector) if selector else graph


def _by_suffix(out: str | None) -> str:
    suffix = Path(out or "").suffix.removeprefix(".").lower()
    if out not in (None, "-") and suffix not in PICTURES:
        raise click.UsageError(f"{out}: name the file .svg, .png or .dot, or say --format")
    return suffix or "dot"


def _title(graph: Graph, snapshot: str, selector: str | None) -> str:
    crawls = graph.graph["scope"].crawls
    when = f"crawled until {crawls[-1].started}" if crawls else ""
    return " · ".join(filter(None, (selector, Path(snapshot).name, when)))
