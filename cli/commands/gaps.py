"""`lineage gaps` and `lineage kinds`: what was read, and what can be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.answers import beside_gaps, gaps_text
from ..render.attested import attestation_said
from ..render.html import About
from ..render.lines import attested_by
from ..render.listing import FORMS, cells_as, json_lines
from ..render.words import say
from .completing import complete_kind
from .filters import checked, within_options
from .options import attestations_option, format_option, out_option, snapshot_option, write
from .scoped import tell_about
from .strict import option

if TYPE_CHECKING:
    import lineage

Rows = list[list[Any]]


@click.command(
    short_help="Show what was read and what could not be read.",
    epilog="""\b
    Examples:
      lineage gaps
      lineage gaps --format tsv | awk -F'\\t' '$1 == "gap"'
      lineage gaps --attest-template -o attestations.toml    a form for what people can vouch for
      lineage gaps --attestations attestations.toml          which gaps they close, and which match none
    """,
)
@snapshot_option
@within_options("what was read")
@format_option(*FORMS, unless="stubs")
@out_option
@option(
    "--attest-template",
    "stubs",
    is_flag=True,
    is_eager=True,
    help="Write a TOML file with an attestation to fill in for each gap.",
)
@attestations_option
def gaps(snapshot: str, form: str, out: str | None, stubs: bool, within: dict[str, Any], vouched: dict[str, Any]) -> None:
    """List what was read, by account, region and kind, and the gaps: what could not be read, with the reason.

    Every "not used" depends on this: `used` says it only if every list that matters was read to its end.

    --attestations also lists the gaps that appear only in answers, who vouches for which gap, and each attestation that
    matches no gap.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        if stubs:
            if any(within.values()):
                raise click.UsageError("--attest-template is for every gap: leave out --account and --region")
            if out not in (None, "-") and Path(str(out)).is_file() and Path(str(out)).stat().st_size:
                raise click.UsageError(f"{out} exists, and may be filled in: name another file")
            template = lineage.attest_template(opened, **vouched)
            write(template, out)
            if "[[attestations]]" not in template:
                say("lineage: no gap needs a person; `lineage gaps` lists those that a crawl can close")
            return
        said = lineage.coverage(opened, **checked(opened, within))
        if vouched:
            said |= lineage.vouched_for(opened, **vouched)
    for warning in said.get("warnings", ()):
        say(f"lineage: {warning}")
    about = About(below=lambda: beside_gaps(said, crawls=form != "json"))
    if form == "json":
        write(lineage.json_text(said, indent=2) + "\n", out)
    elif form == "table":
        write(gaps_text(said, colour=not out), out)
    else:
        head, *rows = _gap_rows(said)
        write(cells_as(form, head, rows, about=about), out)
    if form != "table":
        tell_about(about, form)


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
@format_option(*FORMS)
@out_option
def kinds(kind: str | None, form: str, out: str | None) -> None:
    """List each kind of resource with the API calls that read it, or the references of one KIND."""
    import lineage

    read = {name: one for name, one in lineage.KINDS.items() if one.describe or one.list}
    if kind is not None and kind not in read:
        raise click.UsageError(lineage.no_such("kind", kind, read))
    if form in ("json", "jsonl"):
        told = [lineage.kind_json(one) for one in ([read[kind]] if kind else read.values())]
        write(json_lines(told) if form == "jsonl" else lineage.json_text(told, indent=2) + "\n", out)
        return
    head, *rows = _references(read[kind]) if kind else _kinds(list(read.values()))
    write(cells_as(form, head, rows, colour=not out), out)


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
