"""`lineage check`: the rules, as a CI gate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.check import checked_text, ending, ruled, summary_lines, vouching
from ..render.html import About
from ..render.indented import indented
from ..render.listing import FORMS, Listing, cells_as, json_lines
from ..render.words import first_line, say
from .completing import complete_node
from .filters import checked, within_options
from .options import Choice, attestations_option, format_option, out_option, snapshot_option, uncollected, write
from .scoped import aside, tell_about
from .strict import option
from .subjects import exact_option, insisted, of_policy

if TYPE_CHECKING:
    import lineage

_COLUMNS = (
    "state", "severity", "rule", "name", "verdict", "confidence", "kind", "subject", "about", "message", "id", "fingerprint",
)  # fmt: skip
_RULES = Listing(("id", "name", "severity", "says", "repair"), "lineage.rules/1", "rules", "rules")
_SEVERITIES = ("note", "warning", "error", "never")


@click.command(
    short_help="Check the snapshot against rules, as a CI gate.",
    epilog="""\b
    Examples:
      lineage check                                  every endpoint, and every holdout of lineage-policy.toml
      lineage check loans-live --policy risk.toml    only what loans-live is made of
      lineage check -f junit -o lineage.xml          for a build server
      lineage check -f sarif -o lineage.sarif --resources lineage-resources.txt
                                                     for code scanning on GitHub
      lineage check --write-baseline known.json      accept what is there today, ...
      lineage check --baseline known.json --strict   ... then fail on anything new, or undecided
      lineage check --list-rules

    \b
    Exit codes: 0 nothing new as severe as --fail-on; 1 a new finding of this severity or worse;
    4 a rule of this severity could not be decided, or with --strict any rule.
    """,
)
@click.argument("subjects", metavar="[SUBJECT]...", nargs=-1, shell_complete=complete_node)
@option(
    "--policy",
    "policy_file",
    metavar="FILE",
    help="Holdouts, severities and suppressions (default lineage-policy.toml, if it exists).",
)
@option(
    "--fail-on",
    type=Choice(_SEVERITIES),
    multiple=True,
    need="name a severity",
    help="Exit with 1 on a new finding of this severity or worse. Default: as in the policy, otherwise error.",
)
@exact_option
@option("--strict", is_flag=True, help="Treat a gap as an error, and exit with 4 on anything undecided.")
@option("--baseline", metavar="FILE", help="Findings in this file are known: they are shown and do not count.")
@option("--write-baseline", "target", metavar="FILE", help="Write the findings to this file, for --baseline, and exit with 0.")
@option(
    "--resources",
    metavar="FILE",
    help="With -f sarif: list what was checked in this file, one resource a line, for results to point at.",
)
@option("--list-rules", is_flag=True, help="List the rules and how to fix what each finds; check nothing.")
@snapshot_option
@within_options("endpoints and jobs")
@format_option(*FORMS, "sarif", "junit")
@out_option
@attestations_option
@uncollected
def check(
    subjects: tuple[str, ...],
    policy_file: str | None,
    fail_on: tuple[str, ...],
    exact: bool,
    strict: bool,
    baseline: str | None,
    target: str | None,
    resources: str | None,
    list_rules: bool,
    snapshot: str,
    form: str,
    out: str | None,
    within: dict[str, Any],
    vouched: dict[str, Any],
) -> int:
    """Check the snapshot against rules, such as: no holdout in training, no unapproved package in production.

    With SUBJECT (an endpoint, a model, a package or a job), only what it was made of is checked. Without it, every training job
    is searched for the holdouts, and the other rules apply to what made each endpoint.

    A rule never passes what could not be read: its result is then `unknown`. The exit code is 4 if --fail-on covers the
    severity of such a rule. With --out, the count and the worst findings go to stderr.
    """
    import lineage

    if list_rules:
        return _list_rules(form, out)
    if resources is not None:
        _must_be_shown(resources, form, snapshot, policy_file, baseline, target, out)
    known = lineage.load_baseline(baseline) if baseline else frozenset()
    policy = _policy(policy_file)
    with lineage.open_snapshot(snapshot) as opened:
        insisted(opened, of_policy(policy), exact=exact)
        words = vouched | {"fail_on": min(fail_on, key=_SEVERITIES.index, default=""), "strict": strict, "baseline": known}
        answer = lineage.check(opened, policy, subjects, **checked(opened, within), **words)
    if target:
        write(lineage.to_baseline(answer), target)
    if resources:
        write(lineage.resources_text(answer), resources)
    about = About(
        lambda: first_line(checked_text(answer, colour=False)), lambda: aside(answer.scope, answer.caveats, ruled(answer))
    )
    write(_told(answer, form, snapshot, resources or "", about, colour=not out), out)
    for line in summary_lines(answer, whole=out not in (None, "", "-")) if form != "table" or out else ():
        say(line)
    for note in lineage.sarif_notes(answer, resources or "") if form == "sarif" else ():
        say(f"lineage: {note}")
    if form not in ("json", "table"):
        tell_about(about, form)
    if target:
        return 0
    if said := ending(answer):
        say(said)
    return answer.code


def _must_be_shown(resources: str, form: str, *others: str | None) -> None:
    """Refuse a list outside the repository, which GitHub does not show, or one that replaces another file of this command."""
    import lineage

    if form != "sarif":
        raise click.UsageError(f"--resources goes with -f sarif, not with {form}")
    file = Path(resources).resolve()
    if resources == "-" or Path.cwd().resolve() not in file.parents:
        raise click.UsageError(
            f"--resources {resources} must be a file below the working folder: GitHub shows only files of the repository"
        )
    if file in [Path(one).resolve() for one in (*others, lineage.POLICY_FILE) if one]:
        raise click.UsageError(f"--resources {resources} would overwrite a file of this command: name another")


def _policy(path: str | None) -> lineage.Policy | None:
    import lineage

    if path is None and not Path(lineage.POLICY_FILE).exists():
        return None
    return lineage.load_policy(path or lineage.POLICY_FILE)


def _list_rules(form: str, out: str | None) -> int:
    import lineage

    if form not in FORMS:
        raise click.UsageError(f"--list-rules can't be printed as {form}: use another --format")
    write(_RULES.text(form, (rule.as_json() for rule in lineage.RULES), colour=not out), out)
    return 0


def _told(
    answer: lineage.Checked, form: str, snapshot: str, resources: str, about: About, *, colour: bool
) -> str | Iterator[str]:
    import lineage

    if form == "sarif":
        return lineage.to_sarif(answer, snapshot, resources)
    if form == "junit":
        return lineage.to_junit(answer)
    if form == "json":
        return indented(answer.as_json())
    if form == "table":
        return checked_text(answer, colour=colour)
    found = [*answer.findings, *answer.undecided]
    if form == "jsonl":
        return json_lines(one.as_json() for one in found)
    return cells_as(form, *checked_table(answer), about=about)


def checked_table(answer: lineage.Checked) -> tuple[list[str], list[list[Any]]]:
    """The columns, and a row for each finding and for each that is undecided."""
    rows = map(_row, (*answer.findings, *answer.undecided))
    return list(_COLUMNS), [[row[name] for name in _COLUMNS] for row in rows]


def _row(finding: lineage.Finding) -> dict[str, Any]:
    node = finding.subject
    own = {"kind": node["kind"], "subject": node["name"], "id": node["id"], "fingerprint": finding.fingerprint}
    told = {name: getattr(finding, name, "") for name in _COLUMNS} | own
    return told | {"message": finding.message + vouching(finding)}
