"""`lineage ls` and `lineage show`: what is in the snapshot, node by node."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from ..render.lines import styled
from ..render.listing import FORMS, Listing, Row, cells_as, json_lines
from ..render.show import no_record, shown_text
from ..render.words import as_text
from .completing import complete_node, complete_selector
from .filters import read_in_part, within_options
from .options import format_option, out_option, snapshot_option, write
from .scoped import looked_about, tell_lines

if TYPE_CHECKING:
    import lineage

_COLUMNS = ("kind", "name", "account", "region", "created", "status", "id")
_NODES = Listing(_COLUMNS, "lineage.nodes/1", "ls", "nodes", least=("region", "account", "created"))


@click.command(
    short_help="List what is in the snapshot.",
    epilog="""\b
    Examples:
      lineage ls kind:model
      lineage ls 'loans*'                                       names that begin with loans
      lineage ls kind:training-job tag:team=fraud
      lineage ls +loans-live kind:dataset -f csv -o data.csv    the data upstream of an endpoint
    """,
)
@click.argument("selector", nargs=-1, shell_complete=complete_selector)
@snapshot_option
@within_options("nodes")
@format_option(*FORMS)
@out_option
def ls(selector: tuple[str, ...], snapshot: str, form: str, out: str | None, within: dict[str, Any]) -> None:
    """List the nodes that match SELECTOR, or all nodes, one per line.

    SELECTOR is a name (`*` and `?` are wildcards), `kind/name`, an ARN, a console URL, an S3 URI, `kind:model` or
    `tag:team=fraud`. `+x` adds everything upstream of x, `x+2` two steps downstream. Several selectors must all match.

    S3 places belong to no account or region: --account and --region keep them.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened, closing(_rows(opened, " ".join(selector), within)) as rows:
        write(_NODES.text(form, rows, colour=not out, about=looked_about(opened, form)), out)


def _rows(opened: lineage.Snapshot, selector: str, within: dict[str, Any]) -> Generator[Row]:
    """One row per node. Only a walk within accounts or regions needs the graph, to keep the places beside it."""
    import lineage

    if "+" not in selector:
        return _listed(lineage.nodes(opened, selector, **read_in_part(opened, within)))
    if not any(within.values()):
        return _listed(opened.nodes(lineage.selected(opened, selector)))
    chosen = lineage.Chosen(opened, selector, **read_in_part(opened, within))
    return ({name: data[name] for name in _COLUMNS[:-1]} | {"id": node} for node, data in chosen.nodes())


def _listed(found: Generator[Any]) -> Generator[Row]:
    with closing(found):  # also ends the read if the caller stops early
        yield from ({name: getattr(node, name) for name in _COLUMNS} for node in found)


@click.command(
    short_help="Show one thing: record, connections, versions.",
    epilog="""\b
    Examples:
      lineage show loans-live
      lineage show s3://bank-ml/loans/train/           who reads it and who writes it
      lineage show training-job/Loans-Fit-0042 --format json | jq .record
    """,
)
@click.argument("node", shell_complete=complete_node)
@snapshot_option
@format_option(*FORMS)
@out_option
def show(node: str, snapshot: str, form: str, out: str | None) -> None:
    """Show what the snapshot holds about NODE (a name, `kind/name`, an ARN, a console URL, an S3 URI or an id).

    That is its record, the edges into it and out of it with the record fields behind them, its gaps, the crawls that saw each
    version, and whether it was deleted.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        shown = lineage.show(opened, node)
        missing = [] if shown.record is not None else [styled(no_record(shown))]
        about = looked_about(opened, form, *missing)
    if form == "json":
        write(lineage.json_text(shown.as_json(), indent=2) + "\n", out)
    elif form == "jsonl":
        write(json_lines([shown.as_json()]), out)
    elif form == "table":
        write(shown_text(shown, colour=not out), out)
    else:
        head, *rows = shown_rows(shown)
        write(cells_as(form, head, rows, about=about), out)
    if form not in ("table", "html"):
        tell_lines(missing)


def shown_rows(shown: lineage.Shown) -> list[list[Any]]:
    """The columns, then a row for each attribute, edge, gap, version and member of the record."""
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
