"""`lineage gaps` and `lineage kinds`: what was seen, and what can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..render.answers import gaps_text, rows_text
from ..render.attested import attestation_said
from ..render.lines import attested_by
from ..render.words import say, tsv
from .completing import complete_kind
from .options import attestations_option, format_option, out_option, snapshot_option, write

if TYPE_CHECKING:
    import lineage

Rows = list[list[Any]]


@click.command(
    short_help="Show what was read and what could not be read.",
    epilog="""\b
    Examples:
      lineage gaps
      lineage gaps --format tsv | awk -F'\\t' '$1 == "gap"'
      lineage gaps --attest-template -o attestations.toml    what people may vouch for, to be filled in
      lineage gaps --attestations attestations.toml          which holes they vouch for, and what matches none
    """,
)
@snapshot_option
@format_option("table", "json", "tsv")
@out_option
@click.option("--attest-template", "stubs", is_flag=True, help="Write an attestation to be filled in for each hole, as TOML.")
@attestations_option
def gaps(snapshot: str, form: str, out: str | None, stubs: bool, vouched: dict[str, Any]) -> None:
    """What each crawl has listed, by account, region and kind, with its calls; and what could not be read, with the reason.

    A "not used" is only as good as this: `used` says it where every list that matters came to its end.

    With --attestations it also tells what only the questions meet (reads that nobody can look into, and where a trail is lost),
    who vouches for which, and warns of each attestation that names no hole here.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        if stubs:
            template = lineage.attest_template(opened, **vouched)
            write(template, out)
            if "[[attestations]]" not in template:
                say("lineage: there is no hole that a person can close; `lineage gaps` lists what a crawl can")
            return
        said = lineage.coverage(opened)
        if vouched:
            said |= lineage.vouched_for(opened, **vouched)
    for warning in said.get("warnings", ()):
        say(f"lineage: {warning}")
    if form == "json":
        write(lineage.json_text(said, indent=2) + "\n", out)
    else:
        write(tsv(_gap_rows(said)) if form == "tsv" else gaps_text(said, colour=not out), out)


def _gap_rows(said: dict[str, Any]) -> Rows:
    head = ["what", "account", "region", "kind", "operation", "subject", "state", "detail", "records", "pages", "calls", "at"]
    lists = [*(_list_row("list", one) for one in said["lists"]), *(_list_row("lookup", one) for one in said["lookups"])]
    found = [
        [
            what,
            one["account"],
            one["region"],
            "",
            one["operation"],
            one["subject"],
            one["reason"],
            one["detail"] + attested_by(one),
            "",
            "",
            "",
            "",
        ]
        for what, some in (("gap", said["gaps"]), ("hole", said["empty"]), ("hole", said.get("holes", ())))
        for one in some
    ]
    notes = [
        ["note", one["account"], one["region"], one["kind"], one["operation"], one["member"], "", one["values"], *[""] * 4]
        for one in said["notes"]
    ]
    vouching = [
        ["attestation", "", "", "", "", row["hole"]["subject"], row["state"], attestation_said(row), "", "", "", ""]
        for row in said.get("attestations", ())
    ]
    return [head, *lists, *found, *notes, *vouching]


def _list_row(what: str, one: dict[str, Any]) -> list[Any]:
    place = [what, one["account"], one["region"], one["kind"], one["operation"], ""]
    counts = [one["records"], one["pages"], one["calls"]]
    return [*place, one["state"], one["detail"], *counts, one["finished"] or one["started"]]


@click.command(
    short_help="List the kinds of resources that lineage reads.",
    epilog="""\b
    Examples:
      lineage kinds
      lineage kinds training-job
      lineage kinds --format json | jq '.[].list'
    """,
)
@click.argument("kind", required=False, shell_complete=complete_kind)
@format_option("table", "json", "tsv")
@out_option
def kinds(kind: str | None, form: str, out: str | None) -> None:
    """The table that lineage works from: each kind with the calls that read it, or the references of one KIND."""
    import lineage

    read = {name: one for name, one in lineage.KINDS.items() if one.describe or one.list}
    if kind is not None and kind not in read:
        raise click.UsageError(f"no kind {kind}; the kinds are {', '.join(read)}")
    if form == "json":
        chosen = [read[kind]] if kind else list(read.values())
        write(lineage.json_text([lineage.kind_json(one) for one in chosen], indent=2) + "\n", out)
        return
    rows = _references(read[kind]) if kind else _kinds(list(read.values()))
    write(tsv(rows) if form == "tsv" else rows_text(rows, colour=not out), out)


def _kinds(known: list[lineage.Kind]) -> Rows:
    rows: Rows = [["kind", "list", "search", "describe", "references", "tells a use"]]
    for kind in known:
        search = kind.search or (f"in {kind.carried_by}" if kind.carried_by else "")
        tells = "yes" if kind.tells_use else ""
        rows.append([kind.name, kind.list, search, kind.describe, len(kind.references), tells])
    return rows


def _references(kind: lineage.Kind) -> Rows:
    rows: Rows = [["field", "relation", "to", "role", "usage", "evidence"]]
    for one in kind.references:
        rows.append([one.path, one.relation, one.to or "any ARN", one.role.removeprefix("="), one.usage, one.evidence])
    return rows
