"""`lineage ls` and `lineage show`: what is in the snapshot, node by node."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from ..render.listing import FORMS, Listing, Row
from ..render.show import shown_text
from ..render.words import as_text, tsv
from .completing import complete_node, complete_selector
from .options import format_option, out_option, snapshot_option, write

if TYPE_CHECKING:
    import lineage

_COLUMNS = ("kind", "name", "account", "region", "created", "status", "id")
_NODES = Listing(_COLUMNS, "lineage.nodes/1", "ls", "nodes")


@click.command(
    short_help="List what is in the snapshot.",
    epilog="""\b
    Examples:
      lineage ls kind:model
      lineage ls kind:training-job tag:team=fraud
      lineage ls +loans-live kind:dataset -f csv -o data.csv    what an endpoint was made of, as far as the graph says
    """,
)
@click.argument("selector", nargs=-1, shell_complete=complete_selector)
@snapshot_option
@format_option(*FORMS)
@out_option
def ls(selector: tuple[str, ...], snapshot: str, form: str, out: str | None) -> None:
    """List the nodes that SELECTOR names, or all, one a line.

    SELECTOR is a name, `kind/name`, an ARN, an S3 URI, `kind:model` or `tag:team=fraud`; `+x` adds all that is upstream of x,
    `x+2` two steps downstream. Several must all be so.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened, closing(_rows(opened, " ".join(selector))) as rows:
        write(_NODES.text(form, rows, colour=not out), out)


def _rows(opened: lineage.Snapshot, selector: str) -> Generator[Row]:
    """Node by node; only a selector that walks needs the graph."""
    import lineage

    if "+" not in selector:
        return _listed(lineage.nodes(opened, selector))
    chosen = lineage.select(lineage.graph(opened), selector)
    return ({name: chosen.nodes[node][name] for name in _COLUMNS[:-1]} | {"id": node} for node in sorted(chosen))


def _listed(found: Generator[Any]) -> Generator[Row]:
    with closing(found):  # whoever reads no further leaves no half read table behind
        yield from ({name: getattr(node, name) for name in _COLUMNS} for node in found)


@click.command(
    short_help="Show one thing: record, connections, versions.",
    epilog="""\b
    Examples:
      lineage show loans-live
      lineage show s3://bank-ml/loans/train/           who reads and writes it
      lineage show training-job/Loans-Fit-0042 --format json | jq .record
    """,
)
@click.argument("node", shell_complete=complete_node)
@snapshot_option
@format_option("table", "json", "tsv")
@out_option
def show(node: str, snapshot: str, form: str, out: str | None) -> None:
    """Show NODE (a name, `kind/name`, an ARN, an S3 URI or an id) as it is kept.

    Its record, the edges into it and out of it with the fields that say so, what could not be read of it, the crawls
    that saw each version, and whether it was deleted.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        shown = lineage.show(opened, node)
    if form == "json":
        write(lineage.json_text(shown.as_json(), indent=2) + "\n", out)
    else:
        write(tsv(_shown_rows(shown)) if form == "tsv" else shown_text(shown, colour=not out), out)


def _shown_rows(shown: lineage.Shown) -> list[list[Any]]:
    rows: list[list[Any]] = [["what", "name", "value", "role", "usage", "path", "evidence", "time"]]
    told = chain({"id": shown.subject["id"]}.items(), shown.attributes.items())
    rows += [["attribute", name, as_text(value), *[""] * 5] for name, value in told if value not in (None, "")]
    for what, end, edges in (("edge in", "source", shown.edges_in), ("edge out", "target", shown.edges_out)):
        said = ("role", "usage", "path", "evidence", "time")
        rows += [[what, edge["relation"], edge[end], *(edge[name] or "" for name in said)] for edge in edges]
    rows += [["gap", one["reason"], f"{one['operation']} {one['detail']}", *[""] * 5] for one in shown.gaps]
    crawls = "first crawl {first_crawl} last crawl {last_crawl}"
    rows += [["version", one["digest"], crawls.format(**one), *[""] * 5] for one in shown.versions]
    record = [["record", name, as_text(value), *[""] * 5] for name, value in sorted((shown.record or {}).items())]
    return rows + record
