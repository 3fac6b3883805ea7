"""`lineage experiments` and `lineage runs`: what people and SageMaker logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ..render.html import About
from ..render.indented import indented
from ..render.lines import scope_lines
from ..render.listing import FORMS, Listing, Row, json_lines
from ..render.runs import run_text, trimmed
from ..render.words import first_line
from .completing import names_of
from .filters import checked, within_options
from .leaderboard import BOARD_FORMATS, BOARD_WORDS, asks_for_board, board_options, refuse_picture, take_board, tell_board
from .options import ORDERS, Choice, Command, format_option, out_option, snapshot_option, uncollected, write
from .scoped import tell_about, tell_list
from .strict import option

if TYPE_CHECKING:
    import lineage

ANY = "-"
_STATUSES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped")
_SORTS = {"created": "CreationTime", "name": "Name"}
_FILTERS = (
    "accounts",
    "regions",
    "status",
    "group",
    "source",
    "created_before",
    "created_after",
    "sort_by",
    "sort_order",
    "deleted",
)
_SHOWN = ("endpoint", "model", "model-package")


def _between_options(command: Command) -> Command:
    """Options for times, order, and deleted resources."""
    for decorate in (
        option("--deleted", is_flag=True, help="Include what a later crawl found deleted."),
        option(
            "--order",
            "sort_order",
            type=Choice(list(ORDERS), case_sensitive=False),
            default="descending",
            help="Sort order: asc or desc (default).",
        ),
        option("--sort-by", type=Choice(list(_SORTS)), default="created", show_default=True, help="Sort by this."),
        option("--created-before", metavar="TIME", help="Only what was created before this ISO date or time (UTC)."),
        option("--created-after", metavar="TIME", help="Only what was created after this ISO date or time (UTC)."),
    ):
        command = decorate(command)
    return command


@click.command(
    short_help="List experiments, with their groups and runs.",
    epilog="""\b
    Examples:
      lineage experiments
      lineage experiments --created-after 2026-08-01 --sort-by name --order ascending
      lineage experiments -f json | jq '.experiments[] | select(.runs == 0) | .name'
    """,
)
@snapshot_option
@within_options("experiments")
@format_option(*FORMS)
@out_option
@_between_options
@uncollected
def experiments(snapshot: str, form: str, out: str | None, within: dict[str, Any], **asked: Any) -> None:
    """List the experiments, newest first, with the number of groups and runs of each and who created it, if SageMaker says.

    An experiment that is only mentioned by a group or a run is listed too. The answer says whether there may be more.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        found = lineage.list_experiments(opened, **_sorting(asked), **checked(opened, within))
        scope = lineage.runs_scope(opened, **within)
    rows = (one.as_json() for one in found)
    nothing = "no experiment matches" if asked["created_before"] or asked["created_after"] else "there are no experiments"
    tell_list(_EXPERIMENTS, rows, form, out, scope, nothing=nothing, what="run")


@click.command(
    short_help="List runs, show one run, or compare runs.",
    epilog="""\b
    Examples:
      lineage runs House-Appraisal
      lineage runs House-Appraisal boosted-trees          parameters, metrics, artifacts, and what it led to
      lineage runs --source logged --created-after 2026-08-01
      lineage runs - Appraisal-Notes                      a run of any experiment
      lineage runs Limits-Tune-7-aws-tuning-job --compare                    which of them is best?
      lineage runs House-Appraisal --metric validation:rmse --direction min --statistic min
      lineage runs Limits-Tune-7-aws-tuning-job --compare -o tuned.svg       the picture
      lineage runs House-Appraisal -f jsonl | jq -r '.metrics[] | [.name, .last] | @tsv'
    """,
)
@click.argument("experiment", required=False, shell_complete=names_of("experiment"))
@click.argument("run", required=False)
@snapshot_option
@within_options("runs")
@format_option(*BOARD_FORMATS)
@out_option
@option("--compare", is_flag=True, help="Rank the runs by a metric; see the options below.")
@board_options
@option("--status", type=Choice(_STATUSES, case_sensitive=False), help="Only runs with this status.")
@option("--group", metavar="NAME", help="Only runs of this group (SageMaker calls it a trial).")
@option(
    "--source",
    type=Choice(["run", "job", "logged"]),
    help="Only runs made with the SDK or lineage (run), by SageMaker for a job (job), or logged by hand (logged).",
)
@_between_options
@uncollected
def runs(
    experiment: str | None, run: str | None, snapshot: str, form: str, out: str | None, within: dict[str, Any], **asked: Any
) -> None:
    """List the runs of EXPERIMENT, or show everything about one RUN.

    EXPERIMENT is a name, an ARN or a URL. Use - for all runs, including those without an experiment. RUN is the name given in
    the SDK, a display name, or the name or ARN of the trial component. Case does not matter.

    --compare ranks the runs by the last value of a metric, among runs with the same validation data. The answer says whether
    there may be more runs.
    """
    import lineage

    wanted = None if experiment == ANY else experiment
    board, compare = take_board(asked), asked.pop("compare")
    compare = compare or asks_for_board(board)
    if not compare:
        refuse_picture(form)
    with lineage.open_snapshot(snapshot) as opened:
        if run is not None:
            _refuse((*_FILTERS, "compare", *BOARD_WORDS), "a single RUN is shown in full")
            _one(opened, lineage.load_run(opened, run, wanted), form, out)
            return
        filters = {name: asked.pop(name) for name in ("status", "group", "source")}
        brief = form not in ("json", "jsonl")  # a table without columns for what was logged
        # several jobs of one run are compared separately
        found = lineage.list_runs(
            opened, wanted, brief=brief, components=compare, **_sorting(asked), **filters, **checked(opened, within)
        )
        scope = lineage.runs_scope(opened, **within)
        narrowed = any((*filters.values(), asked["created_before"], asked["created_after"]))
        said = f"experiment {wanted} has no runs" if wanted else "there are no runs"
        said = f"no run of experiment {wanted} matches" if wanted and narrowed else "no run matches" if narrowed else said
        if compare:
            _refuse(("sort_by", "sort_order"), "a leaderboard is sorted by its metric")
            _compare(opened, [one.id for one in found], said, form, out, board, scope["holes"])
            return
        rows = (one.as_json() for one in found)
        tell_list(_RUNS, rows, form, out, scope, nothing=said, what="run", experiment=wanted)


def _compare(
    opened: lineage.Snapshot, ids: list[str], nothing: str, form: str, out: str | None, board: Row, holes: list[Row]
) -> None:
    if not ids:
        read = ", as far as was read" if holes else ""
        raise click.UsageError(f"{nothing}{read}: there is nothing to compare")
    tell_board(opened, ids, form, out, board, holes)


def _refuse(options: Iterable[str], why: str) -> None:
    """Refuse options that would have no effect."""
    context = click.get_current_context()
    source = click.core.ParameterSource.COMMANDLINE
    given = [option for option in options if context.get_parameter_source(option) is source]
    names = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    if given:
        raise click.UsageError(f"{why}: leave out {names[given[0]]}")


def _sorting(asked: dict[str, Any]) -> dict[str, Any]:
    return asked | {"sort_by": _SORTS[asked["sort_by"]], "sort_order": ORDERS[asked["sort_order"].lower()]}


def _experiment_cells(row: Row) -> list[Any]:
    made_by = row["created_by"] or row["source"]
    seen = "deleted" if row["deleted"] else "" if row["observed"] else "not observed"
    return [row["name"], row["groups"], row["runs"], row["created"], made_by, seen, row["account"], row["region"], row["id"]]


def _run_cells(row: Row) -> list[Any]:
    groups = [group["name"] for group in row["groups"]]
    jobs = [job["name"] for job in row["jobs"]]
    status = "deleted" if row["deleted"] else row["status"]
    told = [row["run_name"], ", ".join(row["experiments"]), ", ".join(groups), row["source"], status]
    return [*told, row["created"], row["ended"], ", ".join(jobs), row["account"], row["region"], row["id"]]


_EXPERIMENTS = Listing(
    ("experiment", "groups", "runs", "created", "made_by", "seen", "account", "region", "id"),
    "lineage.experiments/1",
    "experiments",
    "experiments",
    _experiment_cells,
)
_RUNS = Listing(
    ("run", "experiment", "group", "source", "status", "created", "ended", "job", "account", "region", "id"),
    "lineage.runs/1",
    "runs",
    "runs",
    _run_cells,
    least=("region", "account", "job", "ended", "group", "source", "experiment"),
)


# --- one run --------------------------------------------------------------------------------------


def _one(opened: lineage.Snapshot, run: lineage.Run, form: str, out: str | None) -> None:
    import lineage

    impact = lineage.impact(opened, run.id)
    reached = [row for row in impact.reached if row["kind"] in _SHOWN]
    scope = lineage.runs_scope(opened)
    if form == "table":
        write(run_text(run, reached, scope, colour=not out), out)
    elif form in ("json", "jsonl"):
        answer = {"schema": "lineage.run/1", "question": "runs", "run": run.as_json(), "reached": reached, "scope": scope}
        write(indented(answer) if form == "json" else json_lines([answer]), out)
    else:
        first = lambda: first_line(run_text(run, reached, scope, colour=False))  # noqa: E731
        about = About(first, lambda: scope_lines(scope, "run"))
        write(_FACTS.text(form, _facts(run, reached), colour=not out, about=about), out)
        tell_about(about, form)


_COLUMNS = ("what", "name", "value", "min", "max", "avg", "std", "count", "time", "source")
_FACTS = Listing(_COLUMNS, "lineage.run/1", "runs", "facts", lambda row: [row.get(name) for name in _COLUMNS])


def _facts(run: lineage.Run, reached: Iterable[Row]) -> Iterator[Row]:
    """The whole run as rows."""
    named = ("id", "name", "run_name", "display_name", "source", "status", "message", "created", "started", "ended")
    for name in (*named, "modified", "created_by", "deleted"):
        if getattr(run, name) is not None:
            yield {"what": "attribute", "name": name, "value": getattr(run, name)}
    yield from ({"what": "group", "name": one.experiment, "value": one.name} for one in run.groups)
    yield from ({"what": "job", "name": one.kind, "value": one.id} for one in run.jobs)
    yield from ({"what": "tag", "name": name, "value": value} for name, value in run.tags.items())
    yield from ({"what": "parameter", "name": name, "value": trimmed(value)} for name, value in run.parameters.items())
    for one in run.metrics:
        shown = {name: trimmed(getattr(one, name)) for name in ("min", "max", "avg", "std", "count")}
        yield {"what": "metric", "name": one.name, "value": trimmed(one.last), "time": one.time, "source": one.of, **shown}
    yield from ({"what": "input", "name": one.name, "value": one.value} for one in run.inputs)
    yield from ({"what": "output", "name": one.name, "value": one.value} for one in run.outputs)
    yield from ({"what": "chart", "name": one.title, "value": one.uri, "source": one.kind} for one in run.charts)
    yield from ({"what": "component", "value": one} for one in run.components)
    for row in reached:
        yield {"what": "reached", "name": row["kind"], "value": row["id"], "source": "sure" if row["sure"] else "possible"}
