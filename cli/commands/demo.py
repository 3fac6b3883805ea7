"""`lineage demo`: a snapshot of a made-up account, to try the questions on without AWS."""

from __future__ import annotations

import shlex

import click

from ..render.words import plural
from .options import chosen_snapshot, write
from .strict import option

DEMO_SNAPSHOT = "demo.db"
# What to try next: each command without its snapshot, and the question that it answers.
_NEXT = (
    ("trace loans-live", "what made this endpoint?"),
    ("used s3://bank-ml/loans/secret-test/", "was this data used for training?"),
    ("impact s3://bank-raw/loans/", "which models and endpoints were built from this data?"),
    ("ls kind:endpoint", "which endpoints are there?"),
    ("draw +loans-live -o loans-live.html", "the picture: open it in a browser"),
)


def _demo_path(context: click.Context, _: click.Parameter, value: str | None) -> str:
    return chosen_snapshot(context, value, DEMO_SNAPSHOT)  # LINEAGE_SNAPSHOT usually names the snapshot of a real account


@click.command(
    short_help="Try it without AWS: a made-up account in demo.db.",
    epilog="""\b
    Examples:
      lineage demo
      lineage trace loans-live --snapshot demo.db
    """,
)
@option("--snapshot", metavar="FILE", callback=_demo_path, help=f"The snapshot file to write (default: {DEMO_SNAPSHOT}).")
def demo(snapshot: str) -> None:
    """Write the snapshot of a made-up bank's account, so that you can try every command without AWS.

    The account is part of the installed package, and nothing is sent anywhere. The command prints what to try next, and can be
    run again. It refuses a file that holds records from AWS. LINEAGE_SNAPSHOT is not used here.
    """
    import lineage

    lineage.crawl_estate(snapshot, replay=lineage.DEMO_ACCOUNT)
    with lineage.open_snapshot(snapshot) as opened:
        counts = [one.counts for one in opened.scope().counted]
        endpoints = len(list(opened.names_of("endpoint")))
    held = f"{plural(sum(one.resources for one in counts), 'record')}, among them {plural(endpoints, 'endpoint')}"
    said = f"{snapshot} holds the account of a made-up bank: {held}. Try next:"
    commands = [(f"lineage {words} --snapshot {shlex.quote(snapshot)}", answers) for words, answers in _NEXT]
    width = max(len(command) for command, _ in commands)
    lines = [said, *(f"  {command:<{width}}  # {answers}" for command, answers in commands)]
    write((f"{lineage.one_line(line)}\n" for line in lines), None)
