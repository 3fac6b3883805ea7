"""`lineage record`: the one command that writes to AWS.

It records a program as a run, sends what is left in queues, and deletes.
"""

from __future__ import annotations

import contextlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from datetime import UTC, datetime
from shlex import quote
from typing import Any

import click

from ..render.words import plural, say
from .strict import option

_METRIC = re.compile(r"(?P<name>[^=]+)=(?P<value>[^@]+)(?:@(?P<step>\d+))?")
# A number as people write one. Python also accepts `1_0`, `007` (which is a name), and `nan` (which SageMaker refuses).
_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_PROGRAM = "lineage.program"


class _WithProgram(click.Command):
    """A command line that is followed by another one, after `--`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta[_PROGRAM] = tuple(args[at + 1 :])
            args = args[:at]
        return super().parse_args(ctx, args)


class _Value(click.ParamType[Any]):
    """A value that is checked against SageMaker's limits while the command line is read.

    If one is refused, nothing is created.
    """

    def hold(self, check: Callable[[], object], param: click.Parameter | None, ctx: click.Context | None) -> None:
        from lineage.recording import RefusedValue

        try:
            check()
        except RefusedValue as refusal:
            self.fail(str(refusal), param, ctx)


class _Pair(_Value):
    """A parameter: a number if it is written as one, otherwise a text."""

    name = "NAME=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        from lineage.recording import limits

        name, equals, text = str(value).partition("=")
        if not (name and equals):
            self.fail(f"{value!r} is not NAME=VALUE", param, ctx)
        said = text if (number := _number(text)) is None else number
        self.hold(lambda: limits.parameter(name, said), param, ctx)
        return name, said


class _Place(_Value):
    """A URI, or NAME=URI. Without a name, the last part of the URI is its name."""

    name = "[NAME=]URI"

    def __init__(self, *, data: bool) -> None:
        self.data = data

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        from lineage.recording import limits

        text = str(value)
        head, equals, rest = text.partition("=")
        named = bool(equals) and "://" not in head
        name, uri = (head, rest) if named else (text.rstrip("/").rpartition("/")[2] or text, text)
        if self.data or uri[:3].lower() == "s3:":
            self.hold(lambda: limits.location(uri), param, ctx)
        self.hold(lambda: limits.artifact(name, uri), param, ctx)
        return name, uri


class _Metric(_Value):
    name = "NAME=VALUE[@STEP]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float, int | None]:
        from lineage.recording import limits

        match = _METRIC.fullmatch(str(value))
        number = _number(match["value"]) if match else None
        if not match or number is None:
            self.fail(f"{value!r} is not NAME=VALUE or NAME=VALUE@STEP, with a number as value", param, ctx)
        step = int(match["step"]) if match["step"] else None
        self.hold(lambda: limits.metric(match["name"], number, None, step, datetime.now(UTC)), param, ctx)
        return match["name"], number, step


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _session_options(command: Callable[..., Any]) -> Callable[..., Any]:
    command = option("--region", metavar="R", help="The AWS region. Default: the environment's.")(command)
    return option("--profile", metavar="P", help="A profile of ~/.aws/config. Default: boto3's own chain.")(command)


@click.group(
    short_help="Record a program as an experiment run. Writes to AWS.",
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
@option("--parameter", "-p", "parameters", type=_Pair(), multiple=True, help="A parameter, as number or text; repeats.")
@option("--metric", "-m", "metrics", type=_Metric(), multiple=True, help="A metric, with its step after @; repeats.")
@option(
    "--input",
    "inputs",
    type=_Place(data=True),
    multiple=True,
    help="A dataset that the program reads, by its S3 URI; its content is pinned; repeats.",
)
@option("--output", "outputs", type=_Place(data=False), multiple=True, help="What the program writes; repeats.")
@option("--strict", is_flag=True, help="Fail where something can't be recorded. Default: keep it and send it later.")
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

    The program can log more: `lineage.recording.load_run()` returns the run. The run ends as Completed if the program exits
    with 0, as Stopped after Ctrl-C or SIGTERM, and otherwise as Failed.
    """
    from lineage.recording import Run, run_program, session_of

    program = _program(context, names)
    for name, given in (("--parameter", parameters), ("--input", inputs), ("--output", outputs)):
        _once(name, (one[0] for one in given))
    _within_limits(parameters, inputs, outputs)
    run = Run(experiment, names[0] if names else None, session=session_of(**where), strict=strict)
    with _status(context), run:
        say(f"lineage: recording {run.experiment_name} {run.run_name}")
        with _late():
            run.log_parameters(dict(parameters))
            for name, uri in inputs:
                run.log_dataset(name, uri)
            for name, uri in outputs:
                run.log_artifact(name, uri)
            for name, value, step in metrics:
                run.log_metric(name, value, step=step)
        run_program(run, program)


def _within_limits(parameters: Sized, inputs: Sequence[tuple[str, str]], outputs: Sized) -> None:
    """Refuse what can be seen to be wrong before a run is created."""
    from lineage.recording import limits

    pinned = [limits.pin_of(name) for name, _ in inputs]
    for given, most, what in (
        (len(parameters) + len(pinned), limits.PARAMETERS, "parameters, with one for each input"),
        (len(inputs), limits.ARTIFACTS, "inputs"),
        (len(outputs), limits.ARTIFACTS, "outputs"),
    ):
        if given > most:
            raise click.UsageError(f"a run has at most {most} {what}: {given} are too many")


@contextlib.contextmanager
def _late() -> Iterator[None]:
    """Reports a refusal after the run was created as a failure, not as a usage error."""
    from lineage.recording import NotRecorded, NotThere, RefusedValue

    try:
        yield
    except (NotThere, RefusedValue) as refusal:
        raise NotRecorded(str(refusal)) from refusal


def _program(context: click.Context, names: tuple[str, ...]) -> tuple[str, ...]:
    """The program after `--`, which must be executable."""
    program: tuple[str, ...] = context.meta.get(_PROGRAM, ())
    if len(names) > 1 and not program:
        raise click.UsageError("-- is missing: put it before the program, as in `lineage record run churn -- python train.py`")
    if len(names) > 1:
        raise click.UsageError(f"a run has one name, and {' and '.join(names)} are given before --")
    if not program:
        named = " ".join(map(quote, (context.params["experiment"], *names)))
        raise click.UsageError(f"no program is given: put it after --, as in `lineage record run {named} -- ./train.sh`")
    if not shutil.which(program[0]):
        raise click.UsageError(f"{program[0]!r} can't be run: it is not a program on the PATH, or not executable")
    return program


def _once(option: str, names: Iterable[str]) -> None:
    """Refuse two things with the same name, because only one of them would be recorded."""
    for name, times in Counter(names).items():
        if times > 1:
            raise click.UsageError(f"{option} gives {name!r} {times} times: give each a name of its own, as NAME=…")


@contextlib.contextmanager
def _status(context: click.Context) -> Iterator[None]:
    """Exit with the exit code of the program."""
    try:
        yield
    except SystemExit as stop:
        context.exit(stop.code if isinstance(stop.code, int) else 1)


@record.command("resume", short_help="Send what earlier processes could not send.")
@_session_options
def resume_command(**where: str | None) -> None:
    """Send what programs on this machine recorded but could not send, because they were killed or the network was down.

    The next run sends it too. Only what belongs to the caller's account and region is sent. Exits with 3 if something is
    left.
    """
    from lineage.recording import NotRecorded, queues_elsewhere, resume, session_of

    taken, unsent = resume(session_of(**where))
    if unsent:
        raise NotRecorded(str(unsent))
    if others := queues_elsewhere():
        raise NotRecorded(f"queues of others stay: {'; '.join(others)}. Sign in there, and resume again")
    said = (
        f"took over {plural(taken, 'item')} of earlier processes, and nothing is left to send" if taken else "nothing was left"
    )
    say(f"lineage: {said}")


@record.command("delete", short_help="Delete an experiment with its groups and runs.")
@click.argument("experiment")
@option("--force", is_flag=True, help="Required, because a deletion can't be undone.")
@_session_options
def delete_command(experiment: str, force: bool, **where: str | None) -> None:
    """Delete EXPERIMENT, its groups (trials), and its runs that no other experiment holds. It can't be undone.

    Jobs, models and data stay. Run the same command again to finish an interrupted deletion.
    """
    from lineage.recording import Experiment, NotThere, session_of

    session = session_of(**where)
    try:
        found = Experiment.load(experiment, session=session)
    except NotThere as error:
        raise click.UsageError(
            f"there is no experiment {experiment!r} in {session.region_name}: check its name, --region and --profile"
        ) from error
    if not force:
        raise click.UsageError(
            f"this deletes the experiment {found.experiment_name}, its groups, and the runs that no other holds: add --force"
        )
    found.delete_all(action="--force")
    say(f"lineage: deleted the experiment {found.experiment_name}")
