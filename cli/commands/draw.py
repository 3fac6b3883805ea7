"""`lineage draw`: the graph as a picture."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..render.words import say
from .completing import complete_selector
from .options import out_option, snapshot_option, uncollected, write

if TYPE_CHECKING:
    from lineage import Graph, Picture

PICTURES = ("dot", "svg", "png", "html")
FEW = 20  # nodes of a selector that are its subject, and never fold


@click.command(
    short_help="Draw the graph: SVG, PNG, DOT or an HTML page.",
    epilog="""\b
    Examples:
      lineage draw +loans-live -o loans.svg          an endpoint and all that is upstream of it
      lineage draw s3://bank-raw/loans/+ -o use.png  a dataset and all that came of it
      lineage draw +loans-live -o loans.html         a page to look around in; it needs nothing but a browser
      lineage draw --highlight s3://bank-raw/loans/ -o loans.svg     all, and in it what it fed
      lineage draw --cluster account --max-nodes 200 -o estate.svg
      lineage draw --format dot | less               everything, as DOT
    """,
)
@click.argument("selector", required=False, shell_complete=complete_selector)
@snapshot_option
@click.option("--format", "-f", "form", type=click.Choice(PICTURES), help="Else by the name of the file; without one, dot.")
@out_option
@click.option(
    "--engine",
    type=click.Choice(("auto", "dot", "builtin")),
    default="auto",
    help="Who lays it out: Graphviz (dot), or lineage itself, which takes any size and draws SVG. Auto takes Graphviz where "
    "there is one, up to 3,000 nodes.",
)
@click.option(
    "--max-nodes", metavar="N", type=click.IntRange(min=0), help="Fold what looks alike above so many (default 500; 0: never)."
)
@click.option(
    "--cluster", type=click.Choice(("none", "account", "pipeline")), default="none", help="Frame what belongs to one."
)
@click.option("--highlight", metavar="NODE", multiple=True, help="Light this, and what is up and downstream of it; repeats.")
@click.option("--links/--no-links", default=True, help="Link nodes to their AWS console pages.")
@click.option("--images/--no-images", default=False, help="Draw container images too.")
@uncollected
def draw(
    selector: str | None,
    snapshot: str,
    form: str | None,
    out: str | None,
    engine: str,
    max_nodes: int | None,
    highlight: tuple[str, ...],
    **words: Any,
) -> None:
    """Draw the graph, or what SELECTOR names of it: data on the left, endpoints on the right.

    SELECTOR is a name, `kind/name`, an ARN, an S3 URI (every place that it shares keys with), `kind:model` or
    `tag:team=fraud`; `+x` adds all that is upstream of x, `x+` all downstream, `2+x` two steps; with spaces between them,
    several must all be so. Dashed nodes are named by something and were not observed. Arrows
    are what the records say; `trace` looks at times as well.

    Where there are more nodes than --max-nodes, those that look alike become one ("+37 more training jobs"); what was
    folded is said in the picture. Endpoints in service, what has a gap, SELECTOR's own nodes and highlighted ones stay.

    html is one file that opens from disk and asks for nothing: a page to search, filter and click in. It has every node.
    """
    form = form or _by_suffix(out)
    if form == "png" and out in (None, "-") and sys.stdout.isatty():
        raise click.UsageError("a PNG is nothing for a terminal: name a file with --out")
    if form == "html":
        drawn: tuple[str | bytes, str] = (_page(snapshot, selector, **words), "")
    else:
        drawn = _picture(snapshot, selector, form, engine, max_nodes, highlight, **words)
    content, folded = drawn
    write(content, out)
    if out not in (None, "-"):
        say(f"drawn in {out}")
    if folded:
        say(folded)


def _picture(
    snapshot: str,
    selector: str | None,
    form: str,
    engine: str,
    max_nodes: int | None,
    highlight: tuple[str, ...],
    **words: Any,
) -> tuple[str | bytes, str]:
    """The picture in a format, and what was folded in it."""
    import lineage

    whole = _graph(snapshot, None)
    graph = lineage.select(whole, selector) if selector else whole
    lit = {node for word in highlight for node in _in_picture(whole, graph, word)}
    subject = lineage.named(whole, selector) if selector else set()
    keep = subject if len(subject) <= FEW else set()
    most = lineage.MOST if max_nodes is None else max_nodes
    title = _title(graph, snapshot, selector)
    drawn = lineage.picture(graph, title=title, max_nodes=most, highlight=lit, keep=keep, **words)
    return _drawn(drawn, form, engine), f"{drawn.notes[-1]} (--max-nodes {most})" if drawn.folded else ""


def _drawn(drawn: Picture, form: str, engine: str) -> str | bytes:
    """The picture in a format; where lineage draws it though nobody said so, stderr says why."""
    import lineage

    if form == "dot":
        return lineage.to_dot(drawn)
    by, why = lineage.engine_for(drawn, form, engine)
    if why:
        say(f"laid out by lineage itself: {why}")
    return lineage.draw(drawn, form, by)


def _in_picture(whole: Graph, graph: Graph, word: str) -> set[str]:
    import lineage

    found = lineage.named(whole, word) & set(graph)
    if not found:
        raise click.UsageError(f"{word} is not in what is drawn: leave the selector out, or take a wider one")
    return found


def _page(snapshot: str, selector: str | None, *, links: bool, images: bool, **_: Any) -> str:
    import lineage

    _refuse_words_of_pictures()
    graph = _graph(snapshot, selector)
    title = _title(graph, snapshot, None)
    with lineage.open_snapshot(snapshot) as opened:
        return lineage.to_page(graph, opened, links=links, images=images, title=title, heading=selector or "Everything")


def _refuse_words_of_pictures() -> None:
    """What a page does not do must not be asked of it in vain."""
    context = click.get_current_context()
    for name in ("engine", "max_nodes", "cluster", "highlight"):
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} is for pictures: a page has every node, and lights what is clicked")


def _graph(snapshot: str, selector: str | None) -> Graph:
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        graph = lineage.graph(opened)
    return lineage.select(graph, selector) if selector else graph


def _by_suffix(out: str | None) -> str:
    suffix = Path(out or "").suffix.removeprefix(".").lower()
    if out not in (None, "-") and suffix not in PICTURES:
        raise click.UsageError(f"{out}: name the file .svg, .png, .html or .dot, or say --format")
    return suffix or "dot"


def _title(graph: Graph, snapshot: str, selector: str | None) -> str:
    crawls = graph.graph["scope"].crawls
    when = f"crawled until {crawls[-1].started}" if crawls else ""
    return " · ".join(filter(None, (selector, Path(snapshot).name, when)))
