"""One run, as text for people."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .contents import content_said
from .lines import Line, is_terminal, printed, scope_lines, spaced, styled
from .tables import table_lines
from .words import plural, said_shortly

if TYPE_CHECKING:
    import lineage

_MADE_BY = {"run": "a Run of the SDK or of lineage", "job": "SageMaker, for a job", "logged": "a person"}


def run_text(run: lineage.Run, reached: list[dict[str, Any]], scope: dict[str, Any], *, colour: bool) -> str:
    """Its facts, parameters, metrics and artifacts, and what it led to."""
    parts: list[Any] = [
        *_head(run),
        *_pairs("parameter", [(name, trimmed(value)) for name, value in run.other_parameters().items()]),
    ]
    if run.metrics:
        table = table_lines(_metric_rows(run), terminal=is_terminal(colour=colour), least=("count", "std", "avg"))
        parts += [styled((plural(len(run.metrics), "metric"), "bold")), *table]
    for noun, artifacts in (("input", run.inputs), ("output", run.outputs)):
        parts += _pairs(noun, [(one.name, f"{one.value}{_content(one)}") for one in artifacts])
    charts = [
        (f"{one.kind} {one.title}".rstrip() + ("" if one.direction == "output" else " (input)"), one.uri) for one in run.charts
    ]
    parts += _pairs("chart", charts)
    return printed(*parts, *_reached(reached), *scope_lines(scope, "run"), colour=colour)


def trimmed(value: Any) -> Any:
    """A number as people write it: 6, not 6.0."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _head(run: lineage.Run) -> list[Line]:
    gone = f" · deleted by {run.deleted}" if run.deleted else ""
    inside = f" · run of {', '.join(run.experiments)}" if run.experiments else " · run in no experiment"
    lines = [styled((run.run_name, "bold"), inside, f" · {run.status or 'status unknown'}", (gone, "yellow"))]
    by = _MADE_BY[run.source] + (f" ({run.created_by})" if run.created_by else "")
    told = {"id": run.id, "message": run.message, "group": ", ".join(group.name for group in run.groups), "made by": by}
    told |= {"created": run.created, "started": run.started, "ended": run.ended}
    lines += [styled((f"  {name}  ", "cyan"), str(value)) for name, value in told.items() if value]
    for job in run.jobs:
        unseen = "" if job.observed else " · not observed"
        lines.append(styled(("  job  ", "cyan"), f"{job.name} · {spaced(job.kind)}{unseen}"))
    lines += [styled(("  told with it  ", "cyan"), component) for component in run.components]
    return lines


def _content(artifact: Any) -> str:
    return f"  ({content_said(asdict(artifact.content))})" if artifact.content else ""


def _pairs(noun: str, pairs: list[tuple[str, Any]]) -> list[Line]:
    head = [styled((plural(len(pairs), noun), "bold"))] if pairs else []
    return [*head, *(styled((f"  {name}  ", "cyan"), said_shortly(value)) for name, value in pairs)]


def _metric_rows(run: lineage.Run) -> list[list[Any]]:
    columns = ("last", "min", "max", "avg", "std", "count")
    rows: list[list[Any]] = [["  metric", *columns, "time", ""]]
    for one in run.metrics:
        values = [trimmed(getattr(one, name)) for name in columns]
        shown = ["" if value is None else value for value in (*values, one.time)]
        rows.append([f"  {one.name}", *shown, "of its job" if one.of == "job" else ""])
    return rows


def _reached(reached: list[dict[str, Any]]) -> list[Line]:
    if not reached:
        return []
    lines = [styled(("ended up in", "bold"))]
    for row in reached:
        sure = "" if row["sure"] else "  (possible: the run logged it, or its times are inconclusive)"
        lines.append(styled(f"  {spaced(row['kind'])} {row['name']}{sure}"))
    return lines
