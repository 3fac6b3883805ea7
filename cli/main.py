"""The `lineage` command: its options, its commands, and what each failure prints and exits with."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from .commands.check import check
from .commands.completing import complete_file
from .commands.completion import VARIABLE, complete, completion
from .commands.crawl import crawl
from .commands.datasets import datasets
from .commands.demo import demo
from .commands.draw import draw
from .commands.export import export
from .commands.gaps import gaps, kinds
from .commands.iam_policy import iam_policy
from .commands.look import ls, show
from .commands.options import DEFAULT_SNAPSHOT, option
from .commands.pipelines import pipelines
from .commands.questions import impact, path, trace, used
from .commands.record import record
from .commands.report import report
from .commands.runs import experiments, runs
from .commands.search import search, suggest
from .commands.snapshot import snapshot
from .guesses import command_of, guessed
from .render.html import ARGUMENTS
from .render.words import say, say_lines
from .signals import SIGNALS, ending_as_interrupted

FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 3, 2, 130, 141
_NO_MEMORY = (
    "not enough memory: close other programs or take a larger machine; if that does not help, look at the file with "
    "`lineage snapshot verify`, and restore it if it is damaged"
)


class Lineage(click.Group):
    """Lists its commands in groups, and turns every failure into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (click's signature)
        """Write a section for each group, all in the same columns."""
        width = max(map(len, self.commands))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{one.name:<{width}}", one.get_short_help_str()) for one in commands])

    def main(  # type: ignore[override]  # click's own gives a value back in non-standalone mode; this one always exits
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line and exit: 0 answered, 1 and 4 by `--fail-on`, 2 usage, 3 failed, 130, 128 + a signal, 141.

        When the shell asks for completions, it gets only these: no error is written into the line that somebody types.
        """
        if VARIABLE in os.environ:
            with contextlib.suppress(Exception):
                complete(self)
            sys.exit(0)
        arguments = list(sys.argv[1:] if args is None else args)
        extra["standalone_mode"] = False
        said = extra.setdefault("obj", {})
        said[ARGUMENTS] = arguments
        sys.exit(_run(lambda: super(Lineage, self).main(arguments, prog_name or "lineage", **extra), arguments, said))


def _for_commands(context: click.Context, _: click.Parameter, value: str | None) -> None:
    context.ensure_object(dict)["snapshot"] = value


def _print_version(context: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        context.invoke(version)
        context.exit()


@click.group(
    cls=Lineage,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
    Start here:
      lineage demo                           try it without AWS, in demo.db
      lineage crawl                          read your account into lineage.db
      lineage trace loans-live               which run, job and data made it?
      lineage used s3://bank-ml/holdout/     was this used for training?
      lineage help trace                     more about a command
    """,
)
@option(
    "--snapshot",
    metavar="FILE",
    callback=_for_commands,
    expose_value=False,
    shell_complete=complete_file,
    help=f"The snapshot file (default: {DEFAULT_SNAPSHOT}; environment: LINEAGE_SNAPSHOT). May be given before or after the"
    " command.",
)
@option("--debug", is_flag=True, expose_value=False, help="Show the traceback of a failure.")  # `_run` looks for it
@option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help="Show the version and exit."
)
@click.pass_context
def cli(context: click.Context) -> None:
    """Find out which run, training job and data made what SageMaker serves, with evidence.

    `crawl` reads SageMaker into a snapshot file. The other commands answer from that file, offline, except where you ask for
    the network: with --live, or with a KMS key or --timestamp for `snapshot sign` and --signer. Only `record` changes
    anything in AWS.
    """
    if context.invoked_subcommand != record.name:  # a run in progress ends with the status that fits the signal
        context.with_resource(ending_as_interrupted(context.obj))


def _complete_command(_: click.Context, __: click.Parameter, begins: str) -> list[str]:
    return [name for name in cli.commands if name.startswith(begins)]


@click.command(
    "help",
    short_help="Show the help of a command.",
    epilog="""\b
    Examples:
      lineage help
      lineage help snapshot verify
    """,
)
@click.argument("names", metavar="[COMMAND]...", nargs=-1, shell_complete=_complete_command)
@click.pass_context
def help_command(context: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of COMMAND, or the list of all commands."""
    shown = context.find_root()
    for name in names:
        if not isinstance(shown.command, click.Group):
            raise click.UsageError(f"{shown.command_path} has no subcommands", shown)
        _, command, _ = shown.command.resolve_command(shown, [name])
        shown = click.Context(command or cli, info_name=name, parent=shown)
    click.echo(shown.get_help())


@click.command(short_help="Show the version.", epilog="Examples: lineage version")
def version() -> None:
    """Show the version of lineage."""
    import lineage

    click.echo(f"lineage, version {lineage.__version__}")


GROUPS: dict[str, tuple[click.Command, ...]] = {
    "Ask": (trace, used, impact, datasets, path),
    "Explore": (ls, show, search, suggest, experiments, runs, pipelines, kinds),
    "Judge": (check, gaps),
    "Export": (draw, export, report),
    "Manage": (demo, crawl, snapshot, iam_policy, record, completion, help_command, version),
}
for command in (one for commands in GROUPS.values() for one in commands):
    cli.add_command(command)


def main() -> NoReturn:
    """The console script."""
    cli.main()


# The options that are not called as the argument of the function is.
_OPTIONS = {
    "allowed": "--allowed-signers",
    "authority": "--timestamp-authority",
    "endpoints": "--endpoint",
    "form": "--format",
    "path": "--snapshot",
    "regions": "--region",
    "roles": "--role-arn",
    "who": "--signer",
}


def _as_option(name: str, value: object) -> str:
    """How a message calls an argument on the command line; a switch has no value."""
    option = _OPTIONS.get(name, f"--{name.replace('_', '-')}")
    return option if value in (None, True) else f"{option} {value}"


def _run(call: Callable[[], Any], arguments: list[str], said: dict[str, Any]) -> int:
    import lineage

    with lineage.arguments_called(_as_option):
        return _ended(call, arguments, said)


def _ended(call: Callable[[], Any], arguments: list[str], said: dict[str, Any]) -> int:
    try:
        result = call()
    except click.exceptions.Abort:
        kept = ": what was read completely is kept; run the same command again to resume" if "crawl" in arguments else ""
        return _say(f"interrupted{kept}", SIGNALS + said["signal"] if "signal" in said else INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        return _complain(error, arguments)
    except BrokenPipeError:
        return _broken_pipe()
    except SystemExit as stop:  # click's own handler of a broken pipe exits this way
        return _broken_pipe() if stop.code == 1 else int(stop.code or 0)
    except Exception as error:  # noqa: BLE001  (the last resort: no traceback reaches a user)
        return _failure(_explained(error, said.get("snapshot")), arguments, by_environment=said.get("by_environment", False))
    return result if isinstance(result, int) else 0


def _complain(error: click.ClickException, arguments: list[str]) -> int:
    """Say in one line what is wrong with the command line, or with a file that it names."""
    if isinstance(error, click.FileError):
        return _say(error.format_message(), FAILED)
    context = getattr(error, "ctx", None)
    path = context.command_path if context else command_of(arguments, cli)
    guess = guessed(error) if isinstance(error, click.UsageError) else ""
    said = guess or " ".join(error.format_message().split()).rstrip(".")
    return _say(f"{said} (see {path} --help)", USAGE)


def _explained(error: Exception, snapshot: str | None) -> Exception:
    """The failure to report. An error that a damaged snapshot caused, even long after it was read, is not a bug."""
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


def _failure(error: Exception, arguments: list[str], *, by_environment: bool) -> int:
    import lineage

    if "--debug" in arguments:
        error.__suppress_context__ = False  # what AWS's library raised first, which a notebook does without
        say_lines("".join(traceback.format_exception(error)))

    message = " ".join(str(error).split())
    if isinstance(error, _usage()):
        return _say(message, USAGE)
    if by_environment and isinstance(error, lineage.SnapshotError) and message.startswith("no snapshot at "):
        message = f"{message} (LINEAGE_SNAPSHOT names this file)"
    if isinstance(error, lineage.LineageError):
        return _say(message, FAILED)
    if isinstance(error, MemoryError):
        return _say(_NO_MEMORY, FAILED)
    if isinstance(error, OSError):
        return _say(f"{error.filename or 'stdout'}: {error.strerror or message}", FAILED)
    return _say(f"{type(error).__name__}: {message} (a bug: run again with --debug and report what it prints)", FAILED)


def _usage() -> tuple[type[Exception], ...]:
    """The errors for a wrong question: malformed, or about something that does not exist."""
    import lineage

    audit = (
        lineage.LeaderboardError,
        lineage.MalformedName,
        lineage.MalformedPolicy,
        lineage.MixedRecords,
        lineage.UnknownNode,
    )
    return (*audit, lineage.AlreadyExists, lineage.NotThere, lineage.RefusedValue)


def _say(message: str, code: int) -> int:
    say(f"lineage: {message}")
    return code


def _broken_pipe() -> int:
    """The reader of our output is gone: discard silently what is still buffered."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
