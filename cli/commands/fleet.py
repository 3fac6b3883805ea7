"""`lineage fleet`: bulk questions about many accounts, on Spark."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import click

from ..render.words import say, steps
from .completing import complete_file
from .options import Command, Decorator, fail_on_option
from .questions import IMPACT_VERDICTS, USAGE_VERDICTS, gate, gated_all, verdict_on
from .strict import option
from .subjects import asked_for, from_option

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_FOLDER = click.argument("folder", metavar="FOLDER")
_URIS = click.argument("s3_uris", metavar="[S3_URI]...", nargs=-1)
_FROM = from_option("A file of S3 URIs, one per line (- for stdin); repeats. Blank lines and # lines are skipped.")
_EXPECT = option(
    "--expect",
    metavar="FILE",
    shell_complete=complete_file,
    help="CSV file of the accounts that FOLDER should hold (columns account, regions): without one of them no answer is a no.",
)
_OUT = option(
    "--out",
    "-o",
    metavar="FILE",
    required=True,
    shell_complete=complete_file,
    help="The file of Parquet to write: a row for each S3 URI.",
)
_MORE = " Exit with 4 where a gap could hide one of them. The worst answer counts."


@click.group(
    short_help="Ask about many accounts at once, on Spark.",
    epilog="""\b
    Examples:
      lineage fleet used estate/ --from holdouts.txt -o verdicts.parquet
      lineage fleet impact estate/ --from erasures.txt -o reached.parquet
    """,
)
def fleet() -> None:
    """Ask about all accounts of a folder of Parquet at once, for thousands of S3 URIs.

    `lineage export -f parquet` writes the folder. Spark runs on this machine and needs Java 17 or newer, and the extra `spark`.
    Each answer is the one that `lineage merge` of the same snapshots gives. From Python, `lineage.spark` asks on a cluster.
    """


class _Asked(NamedTuple):
    """What both questions are asked with."""

    folder: str
    s3_uris: tuple[str, ...]
    sources: tuple[str, ...]
    expect: str | None
    out: str
    fail_on: tuple[str, ...]


def _on_all(verdicts: Sequence[str]) -> Decorator:
    """The arguments and options of both questions. The function gets them as one."""

    def decorated(command: Command) -> Command:
        @wraps(command)
        def gathered(**given: Any) -> Any:
            return command(_Asked(*(given.pop(name) for name in _Asked._fields)), **given)

        taking = gathered
        for one in (fail_on_option(*verdicts, more=_MORE), _OUT, _EXPECT, _FROM, _URIS, _FOLDER):
            taking = one(taking)
        return cast("Command", taking)

    return decorated


@fleet.command(
    short_help="Was this data used for training, in any account?",
    epilog="""\b
    Examples:
      lineage fleet used estate/ --from holdouts.txt -o verdicts.parquet
      lineage fleet used s3://my-bucket/estate/ s3://bank-ml/loans/holdout/ -o verdicts.parquet
      lineage fleet used estate/ --from holdouts.txt --expect accounts.csv -o verdicts.parquet
    """,
)
@_on_all(USAGE_VERDICTS)
@option("--account", "accounts", metavar="ID", multiple=True, help="Only uses by jobs of this account; repeats.")
@option("--region", "regions", metavar="REGION", multiple=True, help="Only uses by jobs in this region; repeats.")
def used(asked: _Asked, *, accounts: tuple[str, ...], regions: tuple[str, ...]) -> int:
    """Find out for each S3_URI whether its data was used for training in any account of FOLDER."""
    import lineage.spark

    return _written(lineage.spark.used, asked, USAGE_VERDICTS, accounts=accounts, regions=regions)


@fleet.command(
    short_help="Which models of any account were trained on this data?",
    epilog="""\b
    Examples:
      lineage fleet impact estate/ --from erasure.txt -o impact.parquet
    """,
)
@_on_all(IMPACT_VERDICTS)
def impact(asked: _Asked) -> int:
    """Find out for each S3_URI which jobs, models and endpoints of any account of FOLDER were made from its data."""
    import lineage.spark

    return _written(lineage.spark.impact, asked, IMPACT_VERDICTS)


def _written(ask: Callable[..., DataFrame], asked: _Asked, verdicts: tuple[str, ...], **within: tuple[str, ...]) -> int:
    """Write the answers, and say how many there are of each verdict."""
    import lineage.spark

    uris = [one.uri for one in asked_for(asked.s3_uris, asked.sources)]
    if asked.out == "-" or Path(asked.out).suffix != ".parquet":
        raise click.UsageError("--out names a file of Parquet: give it a name that ends in .parquet")
    expected = lineage.spark.places_in(Path(asked.expect)) if asked.expect else ()
    lineage.spark.insist_whole(asked.folder)
    spark = lineage.spark.local_session()
    answers = ask(spark, asked.folder, uris, expected=expected, on_progress=steps(), **within)
    told = lineage.spark.write_verdicts(answers, asked.out)
    counts = {verdict: sum(many for (one, *_), many in told.items() if one == verdict) for verdict in verdicts}
    said = ", ".join(f"{many:,} {verdict}" for verdict, many in counts.items() if many)
    say(f"lineage: wrote {lineage.counted(sum(counts.values()), 'answer')} to {asked.out}: {said}")
    codes: dict[int, str] = {}
    for verdict, uri, hole in told:
        codes.setdefault(gate(verdict, [uri] * hole, asked.fail_on, verdicts), verdict_on(uri, verdict))
    return gated_all(codes, asked.fail_on, verdicts)
