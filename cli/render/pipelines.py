"""One pipeline execution, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lineage

from .lines import Line, printed, spaced, styled

if TYPE_CHECKING:
    from rich.tree import Tree

_REUSED = {"cached": "a cache hit", "selective": "skipped in a selective execution"}


def execution_text(found: lineage.ExecutionSteps, *, colour: bool) -> str:
    """The execution and its names, a tree of its steps, what else belongs to it, and contradictions."""
    return printed(*_head(found), _steps(found), *beside_steps(found), colour=colour)


def beside_steps(found: lineage.ExecutionSteps) -> list[Line]:
    """What else belongs to an execution, contradictions, and what could not be read."""
    lines = [_other(one) for one in found.others]
    lines += [styled(("found", "yellow"), f"  {one['said']}") for one in found.findings]
    return lines + [styled(("gap", "yellow"), f"  {one['reason']}  {one['operation']}: {one['detail']}") for one in found.gaps]


def _head(found: lineage.ExecutionSteps) -> list[Line]:
    one, owner = found.execution, found.pipeline
    state = (one.status or "status unknown") if one.observed else "not observed"
    whose = f"{owner.name}{_aside(_state(owner.deleted, observed=owner.observed))}"
    of = f" · execution of pipeline {whose} · {state} · {one.account} {one.region}"
    parameters = ", ".join(f"{parameter['Name']}={parameter['Value']}" for parameter in found.parameters)
    told = {
        "began": f"{one.created}, last changed {one.modified}" if one.created else "",
        "deleted": f"by {one.deleted}" if one.deleted else "",
        "started by": one.started_by or "",
        "parameters": parameters,
        "experiment": _name(found.experiment),
        "trial": _name(found.trial),
        "definition": found.definition["note"],
    }
    return [styled((one.name, "bold"), of), *(styled((f"  {word}  ", "cyan"), said) for word, said in told.items() if said)]


def _name(told: dict[str, Any]) -> str:
    """A name and its source. Without a name: whether there is none, or whether it is unknown."""
    if not told["name"]:
        return f"{'none' if told['known'] else 'unknown'}: {told['reason']}"
    said = "" if told["said_by"] == "execution" else ", from the definition: the execution does not say"
    seen = "" if told["exists"] is not None else " (its list was not read)"
    return f"{told['name']}{said}{seen}"


def _steps(found: lineage.ExecutionSteps) -> Tree | Line:
    from rich.tree import Tree

    if not found.steps:
        return styled("No steps were read.")
    tree = Tree(styled(("steps", "bold")), guide_style="dim")
    for step in found.steps:
        branch = tree.add(_step(step))
        for line in _beside(step, found.pipeline.id):
            branch.add(line)
    return tree


def _step(step: dict[str, Any]) -> Line:
    attempts = f", attempt {step['attempts']}" if (step["attempts"] or 0) > 1 else ""
    began = f" · {step['started']}" if step["started"] else ""
    iteration = step["iteration"] or {}
    turn = f" · iteration {iteration['Index']} of {iteration['ParentStepName']}" if iteration else ""
    kind = f" · {step['type']}" if step["type"] else ""
    outcome = f" · outcome {step['outcome']}" if step["outcome"] else ""
    return styled((step["name"], "bold"), f"{kind} · {step['status'] or 'not started'}{attempts}{began}{turn}{outcome}")


def _beside(step: dict[str, Any], pipeline: str) -> list[Line]:
    """Where it ran, what it made, its earlier attempts, and why it failed or can't be inspected."""
    lines = [styled((step["failure"], "red"))] if step["failure"] else []
    how = step["ran"]["how"]
    lines += [styled((f"{_REUSED[how]}: ", "yellow"), _ran(step["ran"], pipeline))] if how else []
    made = "reused" if how else "made"
    lines += [styled((f"{made} ", "dim"), f"{spaced(one['kind'])} {one['name']}{_of(one)}") for one in step["made"]]
    for one in step["earlier_attempts"]:
        said = f"{spaced(one['kind'])} {one['name']}{_of(one)}"
        lines.append(styled(("earlier attempt ", "dim"), f"{said}, inferred by its {one['inferred']}"))
    return [*lines, *([styled((_opaque(step), "dim"))] if step["opaque"] else [])]


def _opaque(step: dict[str, Any]) -> str:
    """Why a step can't be inspected, and the ARN of what it called, if any."""
    called = step["metadata"].get(step["type"], {}).get("Arn")
    return f"{step['opaque']} ({called})" if called else str(step["opaque"])


def _ran(ran: dict[str, Any], pipeline: str) -> str:
    """The execution that ran it and those in between, with the pipeline if it is another one."""
    between = f", via {', '.join(_short(one, pipeline) for one in ran['through'])}" if ran["through"] else ""
    gone = f", which was gone by {ran['deleted']}" if ran["deleted"] else ""
    unsure = f" ({ran['why']})" if ran["why"] else ""
    return f"ran in execution {_short(ran['execution'], pipeline)}{gone}{between}{unsure}"


def _short(execution: str, pipeline: str) -> str:
    own, _, name = execution.rpartition("/execution/")
    return name if own == pipeline else f"{name} of pipeline {own.rpartition('/')[2]}"


def _of(one: dict[str, Any]) -> str:
    status = f" · {one['status']}" if one.get("status") else ""
    return status + _state(one["deleted"], observed=one["observed"] or not lineage.KINDS[one["kind"]].has_arns)


def _state(deleted: str | None, *, observed: bool) -> str:
    gone = f" · deleted by {deleted}" if deleted else ""
    return gone or ("" if observed else " · not observed")


def _aside(state: str) -> str:
    return f" ({state.removeprefix(' · ')})" if state else ""


def _other(one: dict[str, Any]) -> Line:
    said = f"{spaced(one['kind'])} {one['name']}{_of(one)}"
    return styled(("also ", "dim"), f"{said}, by its {one['said_by']}")
