"""`lineage pipelines`: pipelines, their executions, and what each step of one made."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ..render.html import About
from ..render.indented import indented
from ..render.listing import FORMS, Listing, Row, cells_as
from ..render.pipelines import beside_steps, execution_text
from ..render.words import first_line
from .completing import names_of
from .filters import checked, within_options
from .options import format_option, out_option, snapshot_option, write
from .scoped import looked_about, tell_about, tell_list

if TYPE_CHECKING:
    import lineage

_PIPELINES = Listing(
    ("name", "account", "region", "status", "executions", "last_execution", "observed", "deleted", "id"),
    "lineage.pipelines/1",
    "pipelines",
    "pipelines",
    least=("observed", "deleted", "region", "account"),
)
_EXECUTIONS = Listing(
    ("name", "display_name", "status", "created", "experiment", "trial", "started_by", "observed", "deleted", "id"),
    "lineage.executions/1",
    "pipelines",
    "executions",
    least=("observed", "deleted", "started_by", "trial", "experiment"),
)
_STEPS = Listing(
    ("step", "type", "status", "started", "ended", "attempts", "how", "ran_in", "made", "earlier_attempts", "note"),
    "lineage.execution/1",
    "pipelines",
    "steps",
)


@click.command(
    short_help="List pipelines, their executions, and what each step made.",
    epilog="""\b
    Examples:
      lineage pipelines
      lineage pipelines Renewal-Price
      lineage pipelines Renewal-Price y2rj7l5s8pg1
      lineage pipelines Renewal-Price y2rj7l5s8pg1 -f json | jq '.steps[] | {name, ran}'
    """,
)
@click.argument("pipeline", required=False, shell_complete=names_of("pipeline"))
@click.argument("execution", required=False)
@snapshot_option
@within_options("pipelines")
@format_option(*FORMS)
@out_option
def pipelines(
    pipeline: str | None,
    execution: str | None,
    snapshot: str,
    form: str,
    out: str | None,
    within: dict[str, Any],
) -> None:
    """List the pipelines, the executions of PIPELINE (a name, an ARN or a URL), or the steps of one EXECUTION.

    EXECUTION is an id, a display name or an ARN; an ARN needs no PIPELINE. A step that was cached, or left out of a selective
    execution, points to the execution that really ran it. Deleted pipelines are listed too, and those that are only
    mentioned by something else. The answer says whether there may be more.
    """
    import lineage

    pipeline = lineage.from_url(pipeline) if pipeline else None
    if pipeline and not execution and "/execution/" in pipeline:
        pipeline, execution = "", pipeline
    if pipeline and any(within.values()):
        raise click.UsageError("--account and --region narrow the list of pipelines: name one of several by its ARN instead")
    with lineage.open_snapshot(snapshot) as opened:
        if execution:
            _tell(lineage.load_execution(opened, execution, pipeline or ""), form, out, looked_about(opened, form))
        elif pipeline:
            rows = map(asdict, lineage.list_executions(opened, pipeline))
            scope, nothing = lineage.pipelines_scope(opened), f"pipeline {pipeline} has no executions"
            tell_list(_EXECUTIONS, rows, form, out, scope, nothing=nothing, what="execution")
        else:
            rows = map(asdict, lineage.list_pipelines(opened, **checked(opened, within)))
            scope, nothing = lineage.pipelines_scope(opened, **within), "there are no pipelines"
            tell_list(_PIPELINES, rows, form, out, scope, nothing=nothing, what="pipeline")


def _tell(found: lineage.ExecutionSteps, form: str, out: str | None, looked: About) -> None:
    first = lambda: first_line(execution_text(found, colour=False))  # noqa: E731
    about = About(first, lambda: [*beside_steps(found), *looked.below()])
    if form == "json":
        write(indented(found.as_json()), out)
    elif form == "jsonl":
        write(_STEPS.text(form, found.steps, colour=False), out)
    elif form == "table":
        write(execution_text(found, colour=not out), out)
    else:
        write(cells_as(form, *steps_table(found), about=about), out)
    if form not in ("json", "table"):
        tell_about(about, form)


def steps_table(found: lineage.ExecutionSteps) -> tuple[list[str], list[list[Any]]]:
    """The columns, and a row for each step."""
    return list(_STEPS.columns), [[row[name] for name in _STEPS.columns] for row in map(_row, found.steps)]


def _row(step: dict[str, Any]) -> Row:
    """A step as one row: what it made, and the id of what it ran."""
    ran = step["ran"]
    notes = [ran["why"], step["failure"], step["opaque"], f"outcome {step['outcome']}" if step["outcome"] else ""]
    told = {name: step[name] for name in ("type", "status", "started", "ended", "attempts")}
    return told | {
        "step": step["name"],
        "how": ran["how"],
        "ran_in": ran["execution"],
        "made": ",".join(one["id"] for one in step["made"]),
        "earlier_attempts": ",".join(one["id"] for one in step["earlier_attempts"]),
        "note": "; ".join(filter(None, notes)),
    }
