"""`lineage report`: a paper for auditors, as HTML, Markdown or JSON."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.words import plural, say
from .completing import names_of
from .options import attestations_option, out_option, snapshot_option, uncollected, write
from .subjects import asked_for, exact_option, from_option, insisted, of_policy
from .vouching import Vouching, said_if_slow, vouching_options

if TYPE_CHECKING:
    import lineage

FORMS = ("html", "md", "json")
_EPOCH = "SOURCE_DATE_EPOCH"


def _form(context: click.Context, _: click.Parameter, value: str | None) -> str:
    suffix = Path(context.params.get("out") or "").suffix.removeprefix(".").lower()
    return value or (suffix if suffix in FORMS else "html" if suffix == "htm" else "md")


def _frameworks(_: click.Context, __: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(filter(None, (word.strip() for word in value.split(","))))


@click.command(
    short_help="Write a report for auditors.",
    epilog="""\b
    Examples:
      lineage report loans-live -o loans-live.html              one endpoint, to read and to print
      lineage report -o account.html                            every endpoint of the snapshot
      lineage report loans-live -f json | jq -r '.document.report_digest'
      lineage report loans-live --framework eu-ai-act,gdpr --holdouts holdouts.txt --policy lineage-policy.toml -o r.md
      lineage report loans-live --previous last-year.db -o r.html     and what changed since
    """,
)
@click.argument("endpoints", metavar="[ENDPOINT]...", nargs=-1, shell_complete=names_of("endpoint"))
@snapshot_option
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(FORMS),
    callback=_form,
    help="What to write. Else by the name of the file; else md.",
)
@out_option
@click.option(
    "--framework",
    "frameworks",
    metavar="NAME,…",
    callback=_frameworks,
    help="Map the controls of these frameworks only: eu-ai-act, g7, iso42001, sr26-2, gdpr, nist; an empty text: of none.",
)
@from_option("Was any S3 URI of this file among the data? - is stdin; one a line, # lines are left out.", "--holdouts")
@exact_option
@click.option("--policy", "policy_file", metavar="FILE", help="The policy that the findings are held to, as for `check`.")
@click.option("--previous", metavar="FILE", help="An earlier snapshot, or an earlier report as JSON, to compare with.")
@click.option("--title", default="", metavar="TEXT", help="What to call the paper.")
@click.option("--classification", default="", metavar="TEXT", help="A banner at its head and foot, such as CONFIDENTIAL.")
@attestations_option
@vouching_options
@uncollected
def report(
    endpoints: tuple[str, ...],
    snapshot: str,
    form: str,
    out: str | None,
    source: str | None,
    exact: bool,
    policy_file: str | None,
    frameworks: tuple[str, ...] | None,
    vouched: dict[str, Any],
    vouching: Vouching,
    **words: str,
) -> None:
    """Write what is known of each ENDPOINT (a name or an ARN; else of all) for people who have to rely on it.

    It says first what made what the endpoint serves, and what could change that answer; then what was looked at and what was
    not, the system, the models, the training, the data, the evaluation, what else is touched, the findings of `lineage
    check`, what changed, what of this the clauses of a framework ask for, and each field that the answer rests on.

    The file is verified first, and the paper says so: what was changed stands above all else. It says who signed the file where
    --signer names whose signature is taken.

    The same snapshot gives the same bytes: the time in it is that of the last crawl, or of SOURCE_DATE_EPOCH.
    """
    import lineage

    holdouts = asked_for((), source) if source else []
    policy = lineage.load_policy(policy_file) if policy_file else None
    chosen = lineage.FRAMEWORKS if frameworks is None else frameworks
    files = {"--holdouts": source, "--policy": policy_file, "--previous": words["previous"]}
    files |= {"--attestations": vouched["attestations"].file if vouched else None}
    files |= vouching.files()
    files |= {"--framework": ",".join(chosen) if frameworks is not None else None}
    command = _command(endpoints, snapshot, files, words, exact=exact)
    with said_if_slow(snapshot), lineage.open_snapshot(snapshot) as opened:
        told = lineage.report(
            opened,
            endpoints,
            holdouts=insisted(opened, [*holdouts, *of_policy(policy)], exact=exact)[: len(holdouts)],
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
    write(lineage.REPORTS[form](told.as_json()), out)
    _warn(told.document["snapshot"])
    if out and out != "-":
        _say_where(told, out)


def _warn(snapshot: dict[str, Any]) -> None:
    """What a report says above all else, whoever reads only the terminal is told as well."""
    if snapshot["verified"]["verdict"] == "changed":
        say(f"lineage: {snapshot['file']} is CHANGED since it was sealed, and the report says so")
    if snapshot["signature"] and snapshot["signature"]["state"] == "refused":
        say(f"lineage: the signature of {snapshot['file']} is NOT VALID, and the report says so")


def _say_where(told: lineage.Report, out: str) -> None:
    document = told.document
    say(f"{out}: report {document['report_id']} of {plural(len(told.endpoints), 'endpoint')}, {document['report_digest']}")


def _command(
    endpoints: tuple[str, ...], snapshot: str, files: dict[str, str | None], words: dict[str, str], *, exact: bool
) -> str:
    """The command that makes the report again, without folders; of its format and its file a report does not depend."""
    options = {"--snapshot": snapshot, **files}
    named = [part for name, value in options.items() if value is not None for part in (name, Path(value).name)]
    named += [part for name in ("title", "classification") if words[name] for part in (f"--{name}", words[name])]
    epoch = f"{_EPOCH}={os.environ[_EPOCH]} " if os.environ.get(_EPOCH) else ""
    return epoch + shlex.join(["lineage", "report", *endpoints, *named, *(["--exact"] if exact else [])])


def _moment() -> str:
    """The time that SOURCE_DATE_EPOCH asks for; empty where it does not."""
    epoch = os.environ.get(_EPOCH, "")
    if not epoch:
        return ""
    try:
        return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError) as error:
        raise click.UsageError(f"{_EPOCH} is {epoch!r}: it must be a number of seconds since 1970") from error
