"""`lineage crawl`: the command that reads AWS into the snapshot."""

from __future__ import annotations

import contextlib
import shlex
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ..render.lines import SHADES, listed
from ..render.words import every, is_screen, plural, say
from .completing import complete_file, names_of
from .options import kind_option, snapshot_option
from .strict import option

if TYPE_CHECKING:
    import lineage

    Tell = Callable[[lineage.Progress], None]

_NAMED = 5  # places that a warning names; the rest are counted
QUIET_SECONDS = 10  # between two lines of progress, if there is no terminal
RATE_SECONDS = 5  # over which the rate is measured


@click.command(
    short_help="Read accounts from AWS into the snapshot.",
    epilog="""\b
    Examples:
      lineage crawl --region eu-west-1 --profile audit
      lineage crawl --all-regions --role-arn arn:aws:iam::222233334444:role/auditor
      lineage crawl --cloudtrail               also find what was deleted
      lineage crawl --endpoint loans-live      only what is upstream of an endpoint
      lineage crawl --replay account.jsonl     an account from a file, without AWS
    """,
)
@snapshot_option
@option(
    "--endpoint",
    "endpoints",
    metavar="NAME",
    multiple=True,
    shell_complete=names_of("endpoint"),
    help="Read only what is upstream of this endpoint (name or ARN). May be repeated.",
)
@option("--region", "regions", metavar="R", multiple=True, help="AWS region (default: the session's). May be repeated.")
@option("--all-regions", is_flag=True, help="Read every region that is enabled for the account.")
@option("--role-arn", "roles", metavar="ARN", multiple=True, help="Also read the account of this role. May be repeated.")
@option("--only-roles", is_flag=True, help="Do not read the caller's own account.")
@kind_option("Read only this kind (see `lineage kinds`). May be repeated.")
@option("--full", is_flag=True, help="Read everything again and find deleted resources. Default: only what is new.")
@option("--tags", is_flag=True, help="Fetch tags individually where no other call returns them.")
@option("--manifests/--no-manifests", default=True, help="Read the manifests in S3 that jobs read (default: yes).")
@option("--digests", is_flag=True, help="Fetch digests of models from S3, to match copied models to their jobs.")
@option("--cloudtrail", is_flag=True, help="Find in CloudTrail what was deleted in the last 90 days.")
@option("--patch", is_flag=True, help="Join only what changed into the graph (default: everything anew).")
@option("--profile", metavar="P", help="AWS profile in ~/.aws/config (default: boto3's credential chain).")
@option("--replay", metavar="FILE", shell_complete=complete_file, help="Read from an account file instead of AWS.")
@option("--quiet", "-q", is_flag=True, help="Print no progress and no summary.")
def crawl(snapshot: str, endpoints: tuple[str, ...], regions: tuple[str, ...], quiet: bool, **words: Any) -> None:
    """Read the lineage of one or more accounts and regions from AWS into the snapshot.

    A crawl lists every kind of resource. It gets whole records from Search, a hundred at a time, and fetches individually only
    what Search does not return. What it cannot read is kept as a gap: `lineage gaps` shows what was and was not read.

    Run the same command again to resume an interrupted crawl. A later crawl into the same snapshot reads what is new and keeps
    every earlier version. Records from AWS and records from a --replay are never mixed in one snapshot.

    With --digests, it asks S3 once for each model that no job wrote, and for the models of the jobs that had begun before
    that copy appeared.

    With --cloudtrail, a resource that was deleted in the last 90 days, before any crawl read it, is kept as a gap. Without it,
    nothing shows that it existed.

    At its end it joins all records in a graph, from which every answer comes. With --patch it joins only what changed, and what
    that can alter: quick in a large snapshot. `lineage snapshot verify --rejoin` shows that the graph is the same.

    With --endpoint, it reads only what is upstream of these endpoints: configs, models, packages, the jobs that made the
    artifacts, what those jobs read, and the runs that recorded them. This is quick, but can never prove "not used".
    """
    import lineage

    _check(endpoints, regions, words)
    with _progress(quiet=quiet) as tell:
        if endpoints:
            common = {name: words[name] for name in ("profile", "replay", "manifests", "patch")}
            region = regions[0] if regions else None
            done = lineage.crawl_endpoints(snapshot, endpoints, region=region, on_progress=tell, **common)
        else:
            done = lineage.crawl_estate(snapshot, regions=regions, on_progress=tell, **words)
    with lineage.open_snapshot(snapshot) as opened:
        scope = opened.scope()
    if not quiet:
        none = "no new gaps" if len(scope.crawls) > 1 else "no gaps"  # the records of earlier crawls are still there
        gaps = f"{plural(done.gaps, 'gap')} (lineage gaps)" if done.gaps else none
        say(f"read {plural(done.records, 'record')} with {plural(done.calls, 'call')} into {snapshot}; {gaps}")
        if len(scope.crawls) == 1 and not words["kinds"]:
            ask = f"trace {shlex.quote(endpoints[0])}" if endpoints else "ls kind:endpoint"
            say(f"next: lineage {ask} --snapshot {shlex.quote(snapshot)}")
    for line in _warnings(scope):
        say(f"lineage: WARNING: {line}")


def _warnings(scope: lineage.Scope) -> Iterator[str]:
    """Warnings about places where the last crawl found nothing, or no training job: probably the wrong account or region."""
    import lineage

    last = scope.crawls[-1]
    places = [one for one in scope.counted if one.account in last.accounts and one.region in last.regions]
    idle = [f"account {one.account} in region {one.region}" for one in places if not one.counts.resources]
    if idle:
        meant = f"; it was read as {last.caller}: is that the right account?" if len(idle) == len(places) else ""
        yield f"no record of any kind was found in {listed(idle, _NAMED)}{meant}"
    trains = any(lineage.KINDS[kind].trains for kind in last.kinds)
    if trains and not any(one.counts.trainers for one in places):
        names = [f"account {one.account} in region {one.region}" for one in places]
        yield f'there is no training job in {listed(names, _NAMED)}: answers will be unknown, never "not used"'


def _check(endpoints: tuple[str, ...], regions: tuple[str, ...], words: dict[str, Any]) -> None:
    """Refuse options that exclude each other, and invalid names, before anything is opened or called."""
    import lineage

    if words["replay"] and words["profile"]:
        raise click.UsageError("--profile is for AWS and --replay reads a file: give one of them")
    if regions and words["all_regions"]:
        raise click.UsageError("--all-regions and --region exclude each other: leave --region out, or name every region")
    if words["only_roles"] and not words["roles"]:
        raise click.UsageError("--only-roles leaves nothing to read without a --role-arn: add one")
    flags = ("all_regions", "only_roles", "full", "tags", "cloudtrail", "digests")
    estate = [f"--{name.replace('_', '-')}" for name in flags if words[name]]
    estate += ["--role-arn"] * bool(words["roles"]) + ["--kind"] * bool(words["kinds"])
    if endpoints and estate:
        raise click.UsageError(f"{estate[0]} is for whole accounts and --endpoint is for single endpoints: give one of them")
    if endpoints and len(regions) > 1:
        raise click.UsageError("--endpoint reads one region at a time: run the command again for the next region")
    lineage.check_places((), regions)
    for role in words["roles"]:
        lineage.check_role(role)


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Tell]:
    """A bar on a terminal, a line every ten seconds elsewhere."""
    if quiet:
        yield lambda _: None
    elif is_screen(sys.stderr):
        with _bar() as tell:
            yield tell
    else:
        yield _lines()


@contextlib.contextmanager
def _bar() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    import lineage

    columns = (
        SpinnerColumn(style=SHADES["green"]),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[said]}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking AWS for the caller's identity", total=None, said="")
        rate = _Rate()
        yield lambda one: bar.update(
            task,
            description=lineage.one_line(one.doing),
            completed=one.done,
            total=one.total or None,
            said=_counts(one, rate.of(one.calls)),
        )


def _lines() -> Tell:
    is_due, rate = every(QUIET_SECONDS), _Rate()

    def tell(progress: lineage.Progress) -> None:
        speed = rate.of(progress.calls)
        if is_due():
            say(f"{progress.doing}: {_counts(progress, speed)}")

    return tell


class _Rate:
    """Calls per second, over the last few seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def of(self, calls: int) -> float:
        now = time.monotonic()
        if now - self._seen[-1][0] > 0.2:
            self._seen.append((now, calls))
        while len(self._seen) > 2 and now - self._seen[0][0] > RATE_SECONDS:
            self._seen.popleft()
        began, first = self._seen[0]
        return (calls - first) / max(now - began, 0.2)


def _counts(progress: lineage.Progress, rate: float) -> str:
    """The progress of a crawl: lists, records, calls and their rate, and failures."""
    said = [f"{progress.done} of {plural(progress.total, 'list')}"] if progress.total else []
    said += [plural(progress.records, "record"), f"{plural(progress.calls, 'call')} ({rate:.0f}/s)"]
    said += [f"{progress.retries:,} retried"] if progress.retries else []
    said += [plural(progress.gaps, "gap")] if progress.gaps else []
    return ", ".join(said)
