"""The `lineage` command: its options, its verbs, and what each failure prints and exits with."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from .commands.check import check
from .commands.crawl import crawl
from .commands.datasets import datasets
from .commands.draw import draw
from .commands.export import export
from .commands.gaps import gaps, kinds
from .commands.iam_policy import iam_policy
from .commands.look import ls, show
from .commands.options import DEFAULT_SNAPSHOT
from .commands.pipelines import pipelines
from .commands.questions import impact, path, trace, used
from .commands.record import record
from .commands.report import report
from .commands.runs import experiments, runs
from .commands.search import search, suggest
from .commands.snapshot import snapshot
from .render.words import say, say_lines
from .signals import SIGNALS, ending_as_interrupted

FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 3, 2, 130, 141
_NO_MEMORY = (
    "not enough memory: close other programs or take a larger machine; if that does not help, look at the file with "
    "`lineage snapshot verify`, and restore it if it is damaged"
)


class Lineage(click.Group):
    """Lists its verbs in the order in which people use them, and turns every way to fail into a line and a code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(self.commands)

    def main(  # type: ignore[override]  # click's own gives a value back in non-standalone mode; this one always exits
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line and exit: 0 answered, 1 and 4 by `--fail-on`, 2 usage, 3 failed, 130, 128 + a signal, 141."""
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        said = extra.setdefault("obj", {})
        sys.exit(_run(lambda: super(Lineage, self).main(arguments, prog_name or "lineage", **extra), arguments, said))


@click.group(
    cls=Lineage,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
    Examples:
      lineage crawl                                read an account and region into lineage.db
      lineage crawl --endpoint loans-live          or only what is upstream of an endpoint
      lineage trace loans-live                     which run, job and data made it
      lineage used s3://bank-ml/loans/holdout/     was this used for training?
      lineage datasets loans-live                  what data was it made of?
      lineage impact s3://bank-raw/loans/          which models know it, which endpoints serve it?
      lineage search training-job -w 'Metrics.validation:auc > 0.9'
      lineage draw +loans-live -o loans.svg        the picture
      lineage report loans-live -o loans.html      the paper
    """,
)
@click.option(
    "--snapshot",
    metavar="FILE",
    help=f"The snapshot file (default {DEFAULT_SNAPSHOT}; environment: LINEAGE_SNAPSHOT). Before or after the command.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.version_option(package_name="sagemaker-lineage", prog_name="lineage")
@click.pass_context
def cli(context: click.Context, snapshot: str | None, debug: bool) -> None:  # noqa: ARG001  (`_run` looks for --debug)
    """Which run, which training job and which data made what SageMaker serves, with evidence.

    `crawl` reads SageMaker into a snapshot file. The other commands answer from that file, offline, except where you ask for
    the network: with --live, or with a KMS key or --timestamp for `snapshot sign` and --signer. Only `record` changes
    anything in AWS.
    """
    context.obj["snapshot"] = snapshot
    if context.invoked_subcommand != record.name:  # a run under way is ended as what it was ended by
        context.with_resource(ending_as_interrupted(context.obj))


for command in (
    crawl,
    trace,
    used,
    datasets,
    impact,
    path,
    check,
    search,
    suggest,
    experiments,
    runs,
    ls,
    show,
    pipelines,
    draw,
    export,
    report,
    gaps,
    snapshot,
    kinds,
    iam_policy,
    record,
):
    cli.add_command(command)


def main() -> NoReturn:
    """The console script."""
    cli.main()


def _run(call: Callable[[], Any], arguments: list[str], said: dict[str, Any]) -> int:
    try:
        result = call()
    except click.exceptions.Abort:
        kept = ": what was read to its end is kept, and the same command goes on from there" if "crawl" in arguments else ""
        return _say(f"interrupted{kept}", SIGNALS + said["signal"] if "signal" in said else INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        return _complain(error)
    except BrokenPipeError:
        return _broken_pipe()
    except SystemExit as stop:  # click's own handler of a broken pipe leaves so
        return _broken_pipe() if stop.code == 1 else int(stop.code or 0)
    except Exception as error:  # noqa: BLE001  (the last resort: no traceback reaches a user)
        return _failure(_explained(error, said.get("snapshot")), arguments)
    return result if isinstance(result, int) else 0


def _complain(error: click.ClickException) -> int:
    """What was wrong with the command line, or with a file that it names, in one line."""
    if isinstance(error, click.FileError):
        return _say(error.format_message(), FAILED)
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "lineage"
    said = " ".join(error.format_message().split()).rstrip(".")
    return _say(f"{said} (see {path} --help)", USAGE)


def _explained(error: Exception, snapshot: str | None) -> Exception:
    """The failure to be told: what a damaged snapshot leads to, also long after it was read, is no bug."""
    import lineage

    if snapshot is None or isinstance(error, (lineage.LineageError, OSError)):
        return error
    try:
        with lineage.open_snapshot(snapshot):
            raise error  # noqa: TRY301  (on its way out the file is looked at)
    except lineage.DamagedSnapshot as explained:
        return explained
    except Exception:  # noqa: BLE001  (the same error, or that there is no file to look at)
        return error


def _failure(error: Exception, arguments: list[str]) -> int:
    import lineage

    if "--debug" in arguments:
        say_lines("".join(traceback.format_exception(error)))

    message = " ".join(str(error).split())
    if isinstance(error, _usage()):
        return _say(message, USAGE)
    if isinstance(error, lineage.LineageError):
        return _say(message, FAILED)
    if isinstance(error, MemoryError):
        return _say(_NO_MEMORY, FAILED)
    if isinstance(error, OSError):
        return _say(f"{error.filename or 'stdout'}: {error.strerror or message}", FAILED)
    return _say(f"{type(error).__name__}: {message} (a bug: run again with --debug and report what it prints)", FAILED)


def _usage() -> tuple[type[Exception], ...]:
    """What was asked for wrongly, or is not there."""
    import lineage

    audit = (lineage.LeaderboardError, lineage.MalformedName, lineage.MalformedPolicy, lineage.UnknownNode)
    return (*audit, lineage.AlreadyExists, lineage.NotThere, lineage.RefusedValue)


def _say(message: str, code: int) -> int:
    say(f"lineage: {message}")
    return code


def _broken_pipe() -> int:
    """Whoever read our output has left; what is still buffered goes nowhere, quietly."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
