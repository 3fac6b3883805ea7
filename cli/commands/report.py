"""`lineage report`: a report for auditors, as HTML, PDF, Markdown or JSON."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.indented import indented
from ..render.words import is_screen, plural, say
from .completing import names_of
from .filters import endpoint_in, endpoints_in, read_in_part, within_options
from .options import Choice, attestations_option, form_of, out_option, snapshot_option, uncollected, write
from .strict import option
from .subjects import asked_for, exact_option, from_option, insisted, of_policy
from .vouching import Vouching, said_if_slow, vouching_options

if TYPE_CHECKING:
    import lineage

FORMS = ("html", "md", "json", "pdf")
_EPOCH = "SOURCE_DATE_EPOCH"
FAIL = 1
_AT_ONCE = 10  # endpoints in one piece of JSON


def _form(context: click.Context, _: click.Parameter, value: str | None) -> str:
    return form_of(context.params.get("out"), FORMS, value) or "md"


def _frameworks(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(filter(None, (word.strip() for word in value.split(","))))


@click.command(
    short_help="Write a report for auditors.",
    epilog="""\b
    Examples:
      lineage report loans-live -o loans-live.html              one endpoint, to read and to print
      lineage report -o account.html                            every endpoint of the snapshot
      lineage report loans-live -o loans-live.pdf               as PDF: needs Chromium, Chrome or WeasyPrint
      lineage report loans-live -f json | jq -r '.document.report_digest'
      lineage report loans-live --framework eu-ai-act,gdpr --holdouts holdouts.txt --policy lineage-policy.toml -o r.md
      lineage report loans-live --previous last-year.db -o r.html     with what changed since

    \b
    Exit codes: 0 the report is written; 1 it is written, and the snapshot file is changed, or --signer was given and its
    signature is missing, not valid or not checked.
    """,
)
@click.argument("endpoints", metavar="[ENDPOINT]...", nargs=-1, shell_complete=names_of("endpoint"))
@snapshot_option
@within_options("endpoints")
@option("--format", "-f", "form", type=Choice(FORMS), callback=_form, help="Default: by file extension, otherwise md.")
@out_option
@option(
    "--framework",
    "frameworks",
    metavar="NAME,…",
    may_be_empty=True,
    callback=_frameworks,
    help="Only map controls of these frameworks: eu-ai-act, g7, iso42001, sr26-2, gdpr, nist. Empty: none.",
)
@from_option("Check whether any S3 URI in this file was used, one per line (- for stdin). # lines are skipped.", "--holdouts")
@exact_option
@option("--policy", "policy_file", metavar="FILE", help="The policy for the findings, as for `check`.")
@option("--previous", metavar="FILE", help="An earlier snapshot, or an earlier report as JSON, to compare with.")
@option("--title", default="", may_be_empty=True, metavar="TEXT", help="The title of the report.")
@option(
    "--classification",
    default="",
    may_be_empty=True,
    metavar="TEXT",
    help="A banner at the top and bottom, such as CONFIDENTIAL.",
)
@attestations_option
@vouching_options
@uncollected
def report(
    endpoints: tuple[str, ...],
    snapshot: str,
    form: str,
    out: str | None,
    sources: tuple[str, ...],
    exact: bool,
    policy_file: str | None,
    frameworks: tuple[str, ...] | None,
    within: dict[str, Any],
    vouched: dict[str, Any],
    vouching: Vouching,
    **words: str,
) -> int:
    """Write a report about each ENDPOINT (a name, an ARN or a console URL), or about all endpoints.

    It begins with what made the models that the endpoint serves, and what could change that answer. Then come the scope and the
    gaps, the system, the models, the training, the data, the evaluation, what else is affected, the findings of `lineage
    check`, the changes, the controls of each framework, and the record fields behind every statement.

    The snapshot file is verified first. If it was changed, the report says so at the top. --signer adds who signed it.

    The same snapshot gives the same bytes, except for PDF: times are those of the last crawl, or of SOURCE_DATE_EPOCH.
    """
    import lineage

    holdouts = asked_for((), sources) if sources else []
    policy = lineage.load_policy(policy_file) if policy_file else None
    chosen = lineage.FRAMEWORKS if frameworks is None else frameworks
    files: list[tuple[str, str | None]] = [("--holdouts", source) for source in sources]
    files += [("--policy", policy_file), ("--previous", words["previous"])]
    files += [("--attestations", vouched["attestations"].file if vouched else None)]
    files += vouching.files().items()
    files += [("--framework", ",".join(chosen) if frameworks is not None else None)]
    _refuse_pdf_on_terminal(form, out)
    with said_if_slow(snapshot), lineage.open_snapshot(snapshot) as opened:
        endpoints = _asked(opened, endpoints, within)
        command = _command(endpoints, snapshot, files, words, exact=exact)
        told = lineage.report(
            opened,
            endpoints,
            holdouts=insisted(opened, [*holdouts, *of_policy(policy)], exact=exact)[: len(holdouts)],
            holdout_files=[(one.file, one.digest) for one in holdouts],
            policy=policy,
            frameworks=chosen,
            previous=words["previous"] or None,
            title=words["title"],
            classification=words["classification"],
            command=command,
            generated_at=_moment(),
            signature=vouching.envelope(snapshot),
            signer=vouching.signer,
            anchors=vouching.known(),
            **vouched,
        )
    write(_written(told, form), out)
    if out and out != "-":
        _say_where(told, out)
    return _gated(told.document["snapshot"], asked=bool(vouching.signer))


def _asked(opened: lineage.Snapshot, endpoints: tuple[str, ...], within: dict[str, Any]) -> tuple[str, ...]:
    """The ARNs of the endpoints of an account or a region, so that the report names them; otherwise the given names."""
    import lineage

    if not any(within.values()):
        for one in endpoints:
            endpoint_in(opened, one, within)  # which says what else a name means
        return endpoints
    known = endpoints_in(opened, read_in_part(opened, within))
    if not known:
        raise lineage.UnknownNode(f"no endpoint in {', '.join(name for names in within.values() for name in names)}")
    return tuple(lineage.find_endpoint(known, one) for one in endpoints or sorted(node for node, _ in known if "@" not in node))


def _refuse_pdf_on_terminal(form: str, out: str | None) -> None:
    if form == "pdf" and out in (None, "", "-") and is_screen(sys.stdout):
        raise click.UsageError("a PDF can't be shown on a terminal: name a file with --out")


def _written(told: lineage.Report, form: str) -> str | bytes | Iterable[str]:
    import lineage

    if form == "json":  # hundreds of kilobytes for each endpoint: as `REPORTS` writes it, in pieces
        return indented(told.as_json(), sort_keys=True, at_once=_AT_ONCE)
    return lineage.to_pdf(lineage.REPORTS["html"](told.as_json())) if form == "pdf" else lineage.REPORTS[form](told.as_json())


def _gated(snapshot: dict[str, Any], *, asked: bool) -> int:
    """The exit code. Where the file or its signature fails what was asked of it, stderr says so as the report does."""
    file, signature = snapshot["file"], snapshot["signature"]
    failed = [f"{file} is CHANGED since it was sealed"] if snapshot["verified"]["verdict"] == "changed" else []
    if asked and signature is None:
        failed.append(f"{file} has no signature")
    elif asked and signature["state"] != "valid":
        failed.append(f"the signature of {file} {'is NOT VALID' if signature['state'] == 'refused' else 'was not checked'}")
    for one in failed:
        say(f"lineage: exit {FAIL}: {one}, and the report says so")
    return FAIL if failed else 0


def _say_where(told: lineage.Report, out: str) -> None:
    document = told.document
    say(f"{out}: report {document['report_id']} of {plural(len(told.endpoints), 'endpoint')}, {document['report_digest']}")


def _command(
    endpoints: tuple[str, ...], snapshot: str, files: list[tuple[str, str | None]], words: dict[str, str], *, exact: bool
) -> str:
    """The command that makes the report again, without folders.

    Format and file are left out, because the report does not depend on them.
    """
    options = [("--snapshot", snapshot), *files]
    named = [part for name, value in options if value is not None for part in (name, Path(value).name)]
    named += [part for name in ("title", "classification") if words[name] for part in (f"--{name}", words[name])]
    epoch = f"{_EPOCH}={os.environ[_EPOCH]} " if os.environ.get(_EPOCH) else ""
    return epoch + shlex.join(["lineage", "report", *endpoints, *named, *(["--exact"] if exact else [])])


def _moment() -> str:
    """The time that SOURCE_DATE_EPOCH asks for; empty if it is not set."""
    epoch = os.environ.get(_EPOCH, "")
    if not epoch:
        return ""
    try:
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise click.UsageError(f"{_EPOCH} is {epoch!r}: it must be a number of seconds since 1970") from error
