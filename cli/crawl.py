"""`lineage crawl`: the only command that talks to AWS."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from .options import plural, snapshot_option

if TYPE_CHECKING:
    import lineage

QUIET_SECONDS = 10  # between two lines of progress, where there is no terminal


@click.command(
    short_help="Read what is upstream of endpoints into the snapshot.",
    epilog="""\b
    Examples:
      lineage crawl --endpoint loans-live --endpoint fraud-ab
      lineage crawl --region eu-west-1 --profile audit          every endpoint of a region
      lineage crawl --replay fixtures/bank.jsonl                no AWS: an account from a file
    """,
)
@snapshot_option
@click.option(
    "--endpoint", "endpoints", metavar="NAME", multiple=True, help="Start here (name or ARN); repeats. None: every endpoint."
)
@click.option("--region", metavar="R", help="The AWS region; else that of the environment or the profile.")
@click.option("--profile", metavar="P", help="A profile of ~/.aws/config; else boto3's own chain of credentials.")
@click.option("--replay", metavar="FILE", help="Answer from an account file, without AWS.")
@click.option("--quiet", "-q", is_flag=True, help="Print no progress and no summary.")
def crawl(
    snapshot: str, endpoints: tuple[str, ...], region: str | None, profile: str | None, replay: str | None, quiet: bool
) -> None:
    """Read what is upstream of endpoints into the snapshot.

    From each endpoint to its config, variants and inference components, their models and packages, to the jobs that
    made the artifacts, to what those read, and to the runs and experiments that recorded them. What can't be read is
    kept as a gap. A second crawl into the same snapshot adds to it.
    """
    import lineage

    if replay and profile:
        raise click.UsageError("--profile is for AWS, and --replay asks a file: give one of them")
    with _progress(quiet=quiet) as tell:
        done = lineage.crawl_endpoints(snapshot, endpoints, profile=profile, region=region, replay=replay, on_progress=tell)
    if not quiet:
        gaps = plural(done.gaps, "gap") if done.gaps else "no gaps"
        said = f"{plural(done.records, 'record')} and {gaps} from {plural(done.calls, 'call')} are in {snapshot}"
        click.echo(said, err=True)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[lineage.Progress], None]]:
    """A live line on a terminal, a line every ten seconds elsewhere."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("asking AWS who we are") as status:
            yield lambda progress: status.update(_line(progress))
    else:
        last = [time.monotonic()]

        def tell(progress: lineage.Progress) -> None:
            if time.monotonic() - last[0] >= QUIET_SECONDS:
                last[0] = time.monotonic()
                click.echo(_line(progress), err=True)

        yield tell


def _line(progress: lineage.Progress) -> str:
    counts = f"{plural(progress.calls, 'call')}, {plural(progress.records, 'record')}, {plural(progress.gaps, 'gap')}"
    return f"{progress.doing}: {counts}"
