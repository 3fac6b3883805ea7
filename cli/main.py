"""The `lineage` command: its options, its commands, and what each failure prints and exits with."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from importlib import import_module
from typing import Any, Final, NoReturn

import click

from .commands.completing import complete_file
from .commands.strict import option
from .constants import ARGUMENTS, COMPLETING, DEFAULT_SNAPSHOT
from .signals import SIGNALS, ending_as_interrupted

FAILED, USAGE, INTERRUPTED, BROKEN_PIPE = 3, 2, 130, 141
_NO_MEMORY = (
    "not enough memory: close other programs or take a larger machine; if that does not help, look at the file with "
    "`lineage snapshot verify`, and restore it if it is damaged"
)


GROUPS: Final[dict[str, dict[str, tuple[str, str, str]]]] = {
    "Ask": {
        "trace": ("questions", "trace", "What made the models that an endpoint serves?"),
        "used": ("questions", "used", "Was this data used for training?"),
        "impact": ("questions", "impact", "Erasure request: which models were trained on this data?"),
        "datasets": ("datasets", "datasets", "What data was this model or endpoint made of?"),
        "path": ("questions", "path", "Show the shortest path between two things."),
        "fleet": ("fleet", "fleet", "Ask about many accounts at once, on Spark."),
    },
    "Explore": {
        "ls": ("look", "ls", "List what is in the snapshot."),
        "show": ("look", "show", "Show one thing: record, connections, versions."),
        "search": ("search", "search", "Find records by property, tag, hyperparameter or metric."),
        "suggest": ("search", "suggest", "List the names to search by: hyperparameters, tags, metrics."),
        "experiments": ("runs", "experiments", "List experiments, with their groups and runs."),
        "runs": ("runs", "runs", "List runs, show one run, or compare runs."),
        "pipelines": ("pipelines", "pipelines", "List pipelines, their executions, and what each step made."),
        "kinds": ("gaps", "kinds", "List the kinds of resources that lineage reads."),
    },
    "Judge": {
        "check": ("check", "check", "Check the snapshot against rules, as a CI gate."),
        "gaps": ("gaps", "gaps", "Show what was read and what could not be read."),
    },
    "Export": {
        "draw": ("draw", "draw", "Draw the graph: SVG, PNG, DOT, or a page to explore."),
        "export": ("export", "export", "Write the graph in the formats of other tools."),
        "report": ("report", "report", "Write a report for auditors."),
    },
    "Manage": {
        "demo": ("demo", "demo", "Try it without AWS: a made-up account in demo.db."),
        "crawl": ("crawl", "crawl", "Read accounts from AWS into the snapshot."),
        "merge": ("merge", "merge", "Merge snapshots of several accounts into one."),
        "snapshot": ("snapshot", "snapshot", "Inspect, verify or sign the snapshot file."),
        "iam-policy": ("iam_policy", "iam_policy", "Print the least IAM policy that a crawl needs."),
        "record": ("record", "record", "Record a program as an experiment run. Writes to AWS."),
        "completion": ("completion", "completion", "Print the script that completes commands on Tab."),
        "help": ("about", "help_command", "Show the help of a command."),
        "version": ("about", "version", "Show the version."),
    },
}
"""The commands by group: the file and the name of each, and what the list of commands says of it."""


class Commands(MutableMapping[str, click.Command]):
    """The commands by name, each imported when it is asked for: most command lines need one."""

    def __init__(self) -> None:
        self._where = {name: where for group in GROUPS.values() for name, where in group.items()}
        self._known: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._known:
            file, called, _ = self._where[name]
            self._known[name] = getattr(import_module(f".commands.{file}", __package__), called)
        return self._known[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._known[name] = command

    def __delitem__(self, name: str) -> None:
        del self._where[name], self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._where)

    def __len__(self) -> int:
        return len(self._where)


class Lineage(click.Group):
    """Lists its commands in groups, and turns every failure into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  (click's signature)
        """Write a section for each group, all in the same columns."""
        width = max(map(len, self.commands))
        for title, commands in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", said) for name, (_, _, said) in commands.items()])

    def main(  # type: ignore[override]  # click's own gives a value back in non-standalone mode; this one always exits
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command line and exit: 0 answered, 1 and 4 by `--fail-on`, 2 usage, 3 failed, 130, 128 + a signal, 141.

        When the shell asks for completions, it gets only these: no error is written into the line that somebody types.
        """
        if COMPLETING in os.environ:
            from .commands.completion import complete

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
        context.invoke(cli.commands["version"])
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

    `crawl` reads SageMaker into a snapshot file. The other commands answer from that file. Only `crawl`, `record`, --live
    and signatures with KMS, sigstore or --timestamp use the network. Only `record` changes anything in AWS.
    """
    import lineage

    context.with_resource(lineage.arguments_called(_as_option))
    if context.invoked_subcommand != "record":  # a run in progress ends with the status that fits the signal
        context.with_resource(ending_as_interrupted(context.obj))


cli.commands = Commands()  # click has a dict here, and only reads it


def main() -> NoReturn:
    """The console script."""
    cli.main()


# The options that are not called as the argument of the function is.
_OPTIONS = {
    "accounts": "--account",
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
    from .guesses import command_of, guessed

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
        import traceback

        from .render.words import say_lines

        error.__suppress_context__ = False  # what AWS's library raised first, which a notebook does without
        say_lines("".join(traceback.format_exception(error)))

    message = " ".join(str(error).split())
    if isinstance(error, _usage()):
        return _say(message, USAGE)
    named = f"no snapshot at {os.environ.get('LINEAGE_SNAPSHOT')}:"  # a command may also take a file as its argument
    if by_environment and isinstance(error, lineage.SnapshotError) and message.startswith(named):
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
    from .render.words import say

    say(f"lineage: {message}")
    return code


def _broken_pipe() -> int:
    """The reader of our output is gone: discard silently what is still buffered."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return BROKEN_PIPE
