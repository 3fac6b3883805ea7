"""`lineage draw`: the graph as a picture."""

from __future__ import annotations

import contextlib
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ..render.words import is_screen, say
from .completing import complete_selector
from .filters import endpoints_in, is_endpoint, read_in_part, within_options
from .options import Choice, Number, form_of, out_option, snapshot_option, uncollected, write
from .strict import option

if TYPE_CHECKING:
    import lineage
    from lineage import Chosen, Picture

PICTURES = ("dot", "svg", "png", "html")
TIMES_UNCHECKED = "times are not checked: `lineage impact` checks them"
_DOWNSTREAM = re.compile(r"[^\s+]\+\d*(?:\s|$)")
FEW = 20  # nodes that a selector names; they are never folded


@click.command(
    short_help="Draw the graph: SVG, PNG, DOT, or a page to explore.",
    epilog="""\b
    Examples:
      lineage draw loans-live -o loans.svg           an endpoint with everything upstream of it
      lineage draw s3://bank-raw/loans/+ -o use.png  a dataset with everything downstream of it
      lineage draw loans-live -o loans.html          a page to explore; it needs only a browser
      lineage draw --highlight s3://bank-raw/loans/ -o loans.svg     everything, with what this data went into
      lineage draw --cluster account --max-nodes 200 -o estate.svg
      lineage draw --format dot | less               everything, as DOT
    """,
)
@click.argument("selector", required=False, shell_complete=complete_selector)
@snapshot_option
@within_options("nodes")
@option("--format", "-f", "form", type=Choice(PICTURES), help="Output format. Default: by file extension, otherwise dot.")
@out_option
@option(
    "--engine",
    type=Choice(("auto", "dot", "builtin")),
    default="auto",
    help="Layout by Graphviz (dot), or by lineage (builtin: any size, SVG only). Auto: Graphviz if installed, up to 3,000 "
    "nodes.",
)
@option("--max-nodes", metavar="N", type=Number(min=0), help="Fold similar nodes above this number (default 500; 0: never).")
@option(
    "--cluster",
    type=Choice(("none", "account", "pipeline")),
    default="none",
    help="Draw a frame around each account or pipeline.",
)
@option("--highlight", metavar="NODE", multiple=True, help="Highlight this node and everything up and downstream; repeats.")
@option("--links/--no-links", default=True, help="Link nodes to their AWS console pages.")
@option("--images/--no-images", default=False, help="Draw container images too.")
@uncollected
def draw(
    selector: str | None,
    snapshot: str,
    form: str | None,
    out: str | None,
    engine: str,
    max_nodes: int | None,
    highlight: tuple[str, ...],
    within: dict[str, Any],
    **words: Any,
) -> None:
    """Draw the graph, or the part that SELECTOR names: data on the left, endpoints on the right. A picture
    that would be wider than a screen runs down instead: data above, endpoints below.

    SELECTOR is a name (`*` and `?` are wildcards), `kind/name`, an ARN, a console URL, an S3 URI (every location that it
    overlaps), `kind:model` or `tag:team=fraud`. `+x` adds everything upstream of x, `x+` everything downstream, `2+x` two
    steps. Separate several with spaces: all must match. Dashed nodes are mentioned by a record but were not read. Arrows
    show what the records say; `trace` also compares times.

    Above --max-nodes, similar nodes are folded into one ("+37 more training jobs"), and the picture says so. Endpoints in
    service, nodes with a gap, the nodes that SELECTOR names and highlighted ones are never folded.

    html is one file that opens from disk and loads nothing: a page to search, filter and click in. It has every node.
    """
    form = _form(out, form)
    if form == "png" and out in (None, "-") and is_screen(sys.stdout):
        raise click.UsageError("a PNG can't be shown on a terminal: name a file with --out")
    if form == "html":
        drawn: tuple[str | bytes, str] = (_page(snapshot, selector, within, **words), "")
    else:
        drawn = _picture(snapshot, selector, form, engine, max_nodes, highlight, within, **words)
    content, folded = drawn
    write(content, out)
    if out not in (None, "-"):
        say(f"wrote {out}")
    if folded:
        say(folded)
    if folded and not selector:
        _say_how_to_draw_one(snapshot, within)


def _say_how_to_draw_one(snapshot: str, within: dict[str, Any]) -> None:
    """Name the command that draws one endpoint, where there is one."""
    import lineage

    name = ""
    with lineage.open_snapshot(snapshot) as opened, contextlib.suppress(lineage.UnknownNode):
        name = next((name for node, name in endpoints_in(opened, within) if "@" not in node), "")
    if name:
        drawing = f"`lineage draw +endpoint/{name} -o {name}.svg`"
        say(f"to draw one endpoint with what made it: {drawing} (`lineage ls kind:endpoint` lists all)")


def _picture(
    snapshot: str,
    selector: str | None,
    form: str,
    engine: str,
    max_nodes: int | None,
    highlight: tuple[str, ...],
    within: dict[str, Any],
    **words: Any,
) -> tuple[str | bytes, str]:
    """The picture in one format, and what was folded in it."""
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        asked = read_in_part(opened, within)
        selector = _with_its_making(opened, selector)
        chosen = lineage.Chosen(opened, selector or "", **asked)
        lit = {node for word in highlight for node in _in_picture(opened, chosen, word)}
        graph, title = chosen.graph, _title(chosen, snapshot, asked)
        subject = lineage.named(opened, selector) if selector else set()
    keep = subject if len(subject) <= FEW else set()
    most = lineage.MOST if max_nodes is None else max_nodes
    drawn = lineage.picture(graph, title=title, max_nodes=most, highlight=lit, keep=keep, **words)
    drawn = replace(drawn, notes=(*_notes(selector), *drawn.notes))
    return _drawn(drawn, form, engine), f"{drawn.notes[-1]} (--max-nodes {most})" if drawn.folded else ""


def _notes(selector: str | None) -> list[str]:
    """What a picture of what is downstream says of itself, on stderr too."""
    if not selector or not _DOWNSTREAM.search(selector):
        return []
    say(f"lineage: {TIMES_UNCHECKED}")
    return [TIMES_UNCHECKED]


def _drawn(drawn: Picture, form: str, engine: str) -> str | bytes:
    """The picture in one format. If lineage draws it without being asked to, stderr says why."""
    import lineage

    if form == "dot":
        return lineage.to_dot(drawn)
    _, why = lineage.engine_for(drawn, form, engine)
    if why:
        say(f"laid out by lineage itself: {why}")
    return lineage.draw(drawn, form, engine)


def _in_picture(opened: lineage.Snapshot, chosen: Chosen, word: str) -> set[str]:
    import lineage

    found = lineage.named(opened, word).intersection(chosen.graph.nodes)
    if not found:
        raise click.UsageError(f"{word} is not in the picture: leave out the selector, or use a wider one")
    return found


def _page(snapshot: str, selector: str | None, within: dict[str, Any], *, links: bool, images: bool, **_: Any) -> str:
    import lineage

    _refuse_words_of_pictures()
    with lineage.open_snapshot(snapshot) as opened:
        asked = read_in_part(opened, within)
        selector = _with_its_making(opened, selector)
        chosen = lineage.Chosen(opened, selector or "", **asked)
        graph = chosen.graph
        heading, source = _title(chosen, snapshot, asked).split(" · ", 1)
        start, title = _first_named(opened, selector), " · ".join((*_notes(selector), source))
        return lineage.to_page(graph, opened, links=links, images=images, title=title, heading=heading, start=start)


def _first_named(opened: lineage.Snapshot, selector: str | None) -> str | None:
    """The node at which the page of a selector opens: the place that it spells out, otherwise the first node that it names."""
    import lineage

    named = sorted(lineage.named(opened, selector)) if selector else []
    spelt = (selector or "").strip("+")
    return spelt if spelt in named else named[0] if 0 < len(named) <= FEW else None


def _refuse_words_of_pictures() -> None:
    """Refuse options that have no effect on a page."""
    context = click.get_current_context()
    for name in ("engine", "max_nodes", "cluster", "highlight"):
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} does not work with html: a page has every node, and highlights what is clicked")


def _with_its_making(opened: lineage.Snapshot, selector: str | None) -> str | None:
    """The selector of a single endpoint, widened so that the picture also shows what made it."""
    import lineage

    named = lineage.named(opened, selector) if selector and "+" not in selector else set()
    if len(named) != 1 or not is_endpoint(opened, *named):
        return selector
    say(f"{selector} is one endpoint: drawn with everything upstream of it (+{selector})")
    return f"+{selector}"


def _form(out: str | None, asked: str | None) -> str:
    form = form_of(out, PICTURES, asked)
    if out not in (None, "-") and not form:
        raise click.UsageError(f"{out}: add an extension (.dot, .html, .png, .svg), or --format")
    return form or "dot"


def _title(chosen: Chosen, snapshot: str, within: dict[str, Any]) -> str:
    """The title: what the picture shows, for which accounts and regions, and from which snapshot."""
    crawls = chosen.scope.crawls
    only = f", only in {' and '.join(said)}" if (said := [", ".join(names) for names in within.values() if names]) else ""
    when = f"last crawl {crawls[-1].started}" if crawls else ""
    return " · ".join(filter(None, (_heading(chosen.selector) + only, Path(snapshot).name, when)))


def _heading(selector: str | None) -> str:
    if not selector:
        return "Everything"
    name = selector.strip("+")
    whole = name and not set("+ ") & set(name)
    ways = {f"+{name}": "upstream", f"{name}+": "downstream", f"+{name}+": "upstream and downstream"}
    return f"{name} with everything {ways[selector]}" if whole and selector in ways else selector
