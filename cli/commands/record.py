"""`lineage record`: the one command that writes to AWS. It records a program as a run, sends on what is left, and deletes."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import click

from ..render.words import plural

_METRIC = re.compile(r"(?P<name>[^=]+)=(?P<value>[^@]+)(?:@(?P<step>\d+))?")


_PROGRAM = "lineage.program"


class _WithProgram(click.Command):
    """A command line that another one stands behind, after `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PROGRAM] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


class _Pair(click.ParamType[Any]):
    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        name, equals, text = str(value).partition("=")
        if not (name and equals):
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        with contextlib.suppress(ValueError):
            return name, int(text)
        with contextlib.suppress(ValueError):
            return name, float(text)
        return name, text


class _Place(click.ParamType[Any]):
    """An S3 URI, or NAME=URI; without a name it is called by its last part."""

    name = "[NAME=]URI"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:  # noqa: ARG002
        text = str(value)
        head, equals, rest = text.partition("=")
        if equals and "://" not in head:
            return head, rest
        return text.rstrip("/").rpartition("/")[2] or text, text


class _Metric(click.ParamType[Any]):
    name = "NAME=VALUE[@STEP]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float, int | None]:
        match = _METRIC.fullmatch(str(value))
        number = None
        with contextlib.suppress(ValueError):
            number = float(match["value"]) if match else None
        if not match or number is None:
            self.fail(f"{value!r} is not NAME=VALUE or NAME=VALUE@STEP, with a number as value", param, ctx)
        return match["name"], number, int(match["step"]) if match["step"] else None


def _session_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--region", metavar="R", help="The AWS region. Default: the environment's.")(command)
    return click.option("--profile", metavar="P", help="A profile of ~/.aws/config. Default: boto3's own chain.")(command)


@click.group(
    short_help="Record a program as a run of an experiment. Writes to AWS.",
    epilog="""\b
    Examples:
      lineage record run churn first-try -p depth=6 --input train=s3://bank-ml/churn/train/ -- python train.py
      lineage record resume                       send what an earlier process could not send
      lineage record delete churn --force         delete an experiment with its runs
    """,
)
def record() -> None:
    """Record runs in SageMaker, so that they can be audited later.

    Every other command only reads. `lineage iam-policy --recording` prints the permissions that this one needs.
    """


@record.command(
    "run",
    short_help="Run a program inside a run.",
    cls=_WithProgram,
    epilog="""\b
    Examples:
      lineage record run churn -- python train.py
      lineage record run churn first-try -p depth=6 -p eta=0.1 -m auc=0.93@3 -- python train.py
      lineage record run churn --input s3://bank-ml/churn/train/ --output model=s3://bank-ml/models/churn/ -- ./train.sh
    """,
)
@click.argument("experiment", metavar="EXPERIMENT")
@click.argument("names", metavar="[RUN] -- PROGRAM [ARGUMENT]...", nargs=-1)
@click.option("--parameter", "-p", "parameters", type=_Pair(), multiple=True, help="A parameter; repeats.")
@click.option("--metric", "-m", "metrics", type=_Metric(), multiple=True, help="A metric, with its step after @; repeats.")
@click.option(
    "--input", "inputs", type=_Place(), multiple=True, help="A dataset that it reads, with its content pinned; repeats."
)
@click.option("--output", "outputs", type=_Place(), multiple=True, help="What it writes; repeats.")
@click.option("--strict", is_flag=True, help="Fail where something can't be recorded; else it is kept and sent later.")
@_session_options
@click.pass_context
def run_command(
    context: click.Context,
    /,
    experiment: str,
    names: tuple[str, ...],
    parameters: tuple[tuple[str, Any], ...],
    metrics: tuple[tuple[str, float, int | None], ...],
    inputs: tuple[tuple[str, str], ...],
    outputs: tuple[tuple[str, str], ...],
    strict: bool,
    **where: str | None,
) -> None:
    """Run a program inside a run of EXPERIMENT, and record how it ended. Exits as the program does.

    In the program, `lineage.recording.load_run()` finds the run, to log more. The run is Completed where the program exits with
    0, Stopped after Ctrl-C or SIGTERM, else Failed.
    """
    from lineage.recording import Run, run_program, session_of

    program = context.meta.get(_PROGRAM, ())
    if program and not shutil.which(program[0]):
        raise click.UsageError(f"no program {program[0]!r} is on the PATH")
    run = Run(experiment, _one_name(names), session=session_of(**where), strict=strict)
    with _status(context), run:
        click.echo(f"lineage: recording {run.experiment_name} {run.run_name}", err=True)
        run.log_parameters(dict(parameters))
        for name, uri in inputs:
            run.log_dataset(name, uri)
        for name, uri in outputs:
            run.log_artifact(name, uri)
        for name, value, step in metrics:
            run.log_metric(name, value, step=step)
        if program:
            run_program(run, program)


def _one_name(names: tuple[str, ...]) -> str | None:
    if len(names) > 1:
        raise click.UsageError(f"a run has one name, and {' and '.join(names)} are given: the program stands behind --")
    return names[0] if names else None


@contextlib.contextmanager
def _status(context: click.Context) -> Iterator[None]:
    """Exit as the program did."""
    try:
        yield
    except SystemExit as stop:
        context.exit(stop.code if isinstance(stop.code, int) else 1)


@record.command("resume", short_help="Send what earlier processes could not send.")
@_session_options
def resume_command(**where: str | None) -> None:
    """Send what processes of this machine recorded and could not send: they were killed, or the network was down.

    The next run does so, too. Only what belongs to the account and region of the caller is sent. Exits with 3 where something
    is left.
    """
    from lineage.recording import NotRecorded, resume, session_of

    taken, unsent = resume(session_of(**where))
    if unsent:
        raise NotRecorded(str(unsent))
    click.echo(f"lineage: {plural(taken, 'item')} sent" if taken else "lineage: nothing was left", err=True)


@record.command("delete", short_help="Delete an experiment with its groups and runs.")
@click.argument("experiment")
@click.option("--force", is_flag=True, help="Needed: it can't be undone.")
@_session_options
def delete_command(experiment: str, force: bool, **where: str | None) -> None:
    """Delete EXPERIMENT, its groups (trials), and its runs that no other experiment holds. It can't be undone.

    Jobs, models and data stay. If it is interrupted, the same command goes on.
    """
    from lineage.recording import Experiment, session_of

    found = Experiment.load(experiment, session=session_of(**where))
    if not force:
        raise click.UsageError(
            f"this deletes the experiment {found.experiment_name}, its groups, and the runs that no other holds: add --force"
        )
    found.delete_all(action="--force")
    click.echo(f"lineage: deleted the experiment {found.experiment_name}", err=True)
