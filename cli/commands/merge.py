"""`lineage merge`: snapshots of several accounts as one."""

from __future__ import annotations

import click

from ..render.words import say, steps
from .completing import complete_file
from .strict import option


@click.command(
    short_help="Merge snapshots of several accounts into one.",
    epilog="""\b
    Examples:
      lineage merge loans.db cards.db -o bank.db
      lineage trace loans-live --snapshot bank.db
    """,
)
@click.argument("files", nargs=-1, required=True, metavar="FILE FILE...", shell_complete=complete_file)
@option("--out", "-o", metavar="FILE", required=True, shell_complete=complete_file, help="The new snapshot file to write.")
def merge(files: tuple[str, ...], out: str) -> None:
    """Merge snapshot FILEs of different accounts or regions into a new one, which answers like one crawl of all of them.

    The files are verified first, and stay as they are. The new file keeps the seals of each: `lineage snapshot verify` still
    compares what each crawl wrote with what it sealed. Its own seal covers everything. Files that hold the same account and
    region are refused.
    """
    import lineage

    if out == "-":
        raise click.UsageError("a merge writes a file: name it with --out")
    done = lineage.merge_snapshots(files, out, on_progress=steps())
    say(f"{done.path} holds {lineage.listed(done.files)}; its seal is {done.seal}: keep it somewhere else, or sign the file")
