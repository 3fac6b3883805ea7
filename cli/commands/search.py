"""`lineage search` and `lineage suggest`: SageMaker's Search over the snapshot, or sent to the service itself."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.html import About
from ..render.indented import indented
from ..render.lines import Line, styled
from ..render.listing import FORMS, rows_as
from ..render.search import found_columns, found_lines, found_rows, found_text
from .completing import complete_kind
from .leaderboard import BOARD_FORMATS, asks_for_board, board_options, refuse_picture, take_board, tell_board
from .options import ORDERS, Choice, Number, format_option, out_option, snapshot_option, uncollected, write
from .scoped import tell_about
from .strict import option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import lineage


def live_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--live`, and the options for account and region."""
    for decorate in (
        option("--replay", metavar="FILE", help="With --live: ask an account file instead of AWS."),
        option("--profile", metavar="P", help="With --live: the AWS profile to use."),
        option("--live", is_flag=True, help="Ask SageMaker now, not the snapshot."),
    ):
        command = decorate(command)
    return command


@click.command(
    short_help="Find records by property, tag, hyperparameter or metric.",
    epilog="""\b
    Examples:
      lineage search training-job --where 'Metrics.validation:auc > 0.9' --where 'Tags.Project = fraud'
      lineage search training-job --sort-by Metrics.validation:auc --limit 10
      lineage search trial-component --where 'Parents.ExperimentName = loan-default' --columns name,Parameters.max_depth
      lineage search model-package --where 'ModelApprovalStatus = Approved' --live --profile audit
      lineage search training-job --expression query.json -f csv -o jobs.csv
      lineage search training-job --where 'TrainingJobName contains Limits-Tune-7' --metric validation:auc    which is best?
    """,
)
@click.argument("kind", shell_complete=complete_kind)
@option("--where", "-w", "conditions", metavar="COND", multiple=True, help="NAME OP VALUE; repeats: all must hold.")
@option("--any", "any_of", is_flag=True, help="Any one --where condition is enough.")
@option("--expression", metavar="JSON|FILE", help="A SearchExpression of the API (- for stdin).")
@option("--sort-by", metavar="NAME", help="Sort by this property (default LastModifiedTime).")
@option("--order", type=Choice([*ORDERS], case_sensitive=False), help="Sort order: asc or desc (default).")
@option("--limit", "-n", type=Number(min=1), metavar="N", help="Show only the first N.")
@option("--columns", metavar="A,B", help="Columns to print: name, status, created, id, … and properties.")
@option("--deleted", is_flag=True, help="Include what was deleted.")
@option("--account", "accounts", metavar="ID", multiple=True, help="Only records of this account; repeats.")
@option("--region", "regions", metavar="R", multiple=True, help="Only records of this region; repeats (not with --live).")
@live_options
@snapshot_option
@format_option(*BOARD_FORMATS)
@out_option
@board_options
@uncollected
def search(
    kind: str, snapshot: str, form: str, out: str | None, columns: str | None, order: str | None, live: bool, **words: Any
) -> None:
    """Find records of KIND (`training-job` or `TrainingJob`), with the property names and operators of SageMaker's Search.

    A condition is NAME OP VALUE. OP is one of = != > >= < <= contains in exists not-exists. NAME is a property of the API
    (`InputDataConfig.DataSource.S3DataSource.S3Uri`), Tags.KEY, HyperParameters.NAME or Metrics.NAME; for a trial component
    also Parameters.NAME and Metrics.NAME.Max (Min, Last, Avg, Count, StdDev). Quote values that contain spaces.

    --metric, or any other leaderboard option, ranks the training jobs or runs that were found.
    """
    import lineage

    question: dict[str, Any] = {
        "where": words.pop("conditions"),
        "expression": _expression(words.pop("expression")),
        "order": ORDERS[order.lower()] if order else None,
    }
    question |= {name: words.pop(name) for name in ("any_of", "sort_by", "limit")}
    board = take_board(words)
    _check(live, words)
    if asks_for_board(board):
        _check_board(live, columns)
    else:
        refuse_picture(form)
    if live:
        region = next(iter(words["regions"]), None)
        found = lineage.search_live(kind, **question, profile=words["profile"], replay=words["replay"], region=region)
    else:
        within = {name: words[name] for name in ("accounts", "regions", "deleted")}
        with lineage.open_snapshot(snapshot) as opened:
            found = lineage.search(opened, kind, **question, **within)
            if asks_for_board(board):
                _tell_board(opened, found, form, out, board)
                return
    _tell_found(found, form, out, columns)


@click.command(
    short_help="List the names to search by: hyperparameters, tags, metrics.",
    epilog="""\b
    Examples:
      lineage suggest training-job linear         hyperparameters, tags and metrics that begin with it
      lineage suggest training-job metrics.       every metric
      lineage suggest model-package s3 --all      every property with a part that begins with it
    """,
)
@click.argument("kind", shell_complete=complete_kind)
@click.argument("prefix", default="")
@option("--all", "every", is_flag=True, help="Include every property, and the keys of maps such as Environment.")
@option("--region", metavar="R", help="With --live: the region to ask.")
@live_options
@snapshot_option
@format_option(*FORMS)
@out_option
def suggest(kind: str, prefix: str, snapshot: str, form: str, out: str | None, every: bool, live: bool, **words: Any) -> None:
    """List the property names of KIND that begin with PREFIX, as GetSearchSuggestions does: what `search` can ask for."""
    import lineage

    _check(live, {"regions": (), "accounts": (), "deleted": False} | words | {"region": words["region"] and not live})
    if live and every:
        raise click.UsageError("--all needs no answer from AWS: leave out --live")
    if live:
        told = lineage.suggest_live(kind, prefix, **words)
    else:
        with lineage.open_snapshot(snapshot) as opened:
            told = lineage.suggest(opened, kind, prefix, every=every)
    if form == "json":
        write(indented(told.as_json()), out)
        return
    about = About(below=lambda: _hidden(told))
    write(rows_as(form, ("name",), ({"name": name} for name in told.names), colour=not out, about=about), out)
    tell_about(about, form)


def _check(live: bool, words: dict[str, Any]) -> None:
    """Refuse options that exclude each other."""
    offline = [f"--{name}" for name in ("profile", "replay") if words.get(name) and not live]
    offline += ["--region"] * bool(words.get("region") and not live)
    if offline:
        raise click.UsageError(f"{offline[0]} says how to ask SageMaker: add --live")
    if words.get("profile") and words.get("replay"):
        raise click.UsageError("--profile is for AWS, and --replay asks a file: use one of them")
    kept = [name for name, given in (("--account", words["accounts"]), ("--deleted", words["deleted"])) if given and live]
    if kept:
        raise click.UsageError(f"{kept[0]} is for the snapshot: SageMaker knows one account, and nothing that was deleted")
    if live and len(words["regions"]) > 1:
        raise click.UsageError("--live asks one region at a time: use one --region")


def _check_board(live: bool, columns: str | None) -> None:
    if live:
        raise click.UsageError("a leaderboard needs the snapshot: leave out --live")
    if columns:
        raise click.UsageError("a leaderboard has its own columns: leave out --columns")


def _tell_board(opened: lineage.Snapshot, found: lineage.Found, form: str, out: str | None, board: dict[str, Any]) -> None:
    if not found.records:
        read = ", as far as was read" if found.scope["holes"] else ""
        raise click.UsageError(f"no {found.kind.replace('-', ' ')} matches{read}: there is nothing to compare")
    left = found.total - len(found.records)
    caveats = [*found.caveats, *([f"--limit left out {left:,} of {found.total:,} matches"] if left else [])]
    beside = [f"lineage: {caveat}" for caveat in caveats]
    tell_board(opened, [one.id for one in found.records], form, out, board, found.scope["holes"], beside)


def _expression(text: str | None) -> Any:
    """A SearchExpression from the command line, a file or stdin."""
    if text is None:
        return None
    try:
        return json.loads(_written(text))
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"--expression {text[:100]}: not JSON ({error})") from error
    except OSError as error:
        said = f"neither a JSON object nor a readable file ({error.strerror})"
        raise click.UsageError(f"--expression {text[:100]}: {said}") from error


def _written(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    return text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")


def _tell_found(found: lineage.Found, form: str, out: str | None, columns: str | None) -> None:
    asked = [name for name in map(str.strip, columns.split(",")) if name] if columns else found_columns(found, form)
    if form == "json":
        write(indented(found.as_json()), out)
    elif form == "table":
        write(found_text(found, asked, colour=not out), out)
    else:
        about = About(below=lambda: found_lines(found))
        write(rows_as(form, asked, found_rows(found, asked, form), colour=not out, about=about), out)
        tell_about(about, form)


def _hidden(told: lineage.Suggested) -> Iterator[Line]:
    """Warn that there may be more names."""
    for hole in told.scope["holes"]:
        where = " ".join(filter(None, (hole["account"], hole["region"])))
        yield styled(f"lineage: {where}: {hole['detail'] or hole['reason']} (lineage gaps)")
