"""Which job and data led to each model of an endpoint, in one line for each variant."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.kinds import OF_VARIANTS, TRAINING_JOB
from lineage.domain.records import Json
from lineage.domain.text import listed
from lineage.outputs.report.answers import UNTOLD, few, steps_of, weaker
from lineage.outputs.report.reading import brief
from lineage.queries.runs.shared_channels import measures
from lineage.queries.trace import VENDOR, Trace, TreeStep


def ways(trace: Trace) -> list[Json]:
    """The way into each model: its variant, the jobs that made it, what they read, and a sentence; none where there is one."""
    served = list(_served(trace))
    told = {step.node: step for step in steps_of(trace.tree) if step.note != "above"}
    return [_way(trace, step, told) for step in served] if len(served) > 1 else []


def _served(trace: Trace) -> Iterator[TreeStep]:
    """The steps at which the endpoint, or a config of it, is given a model or a component."""
    todo = [trace.tree]
    for step in todo:
        for below in step.steps:
            if trace.nodes[below.node]["kind"] in OF_VARIANTS:
                todo.append(below)
            elif below.relation in ("deploys", "hosts"):
                yield below


def _way(trace: Trace, served: TreeStep, told: dict[str, TreeStep]) -> Json:
    """Upstream of what is served as far as the first jobs that train, and what these read."""
    steps, jobs, todo = [served], [], [told.get(served.node, served)]
    seen = {served.node}
    for step in todo:
        node = trace.nodes[step.node]
        trained = node["kind"] == TRAINING_JOB.name and bool(node.get("trains"))
        jobs += [step] if trained else []
        below = [one for one in step.steps if not trained or one.usage == "data"]
        steps += below
        for one in below if not trained else ():
            if one.node not in seen:
                seen.add(one.node)
                todo.append(told.get(one.node, one))
    reads = [one for job in jobs for one in job.steps if one.usage == "data"]
    broken = [found for found in trace.breaks if found["at"]["id"] in seen | {job.node for job in jobs}]
    return {
        "variant": served.role,
        "model": brief(trace.nodes[served.node]),
        "training_jobs": [brief(trace.nodes[job.node]) for job in jobs],
        "datasets": list(dict.fromkeys(one.node for one in reads)),
        "said": _said(trace, steps, jobs, reads, broken),
    }


def _said(trace: Trace, steps: list[TreeStep], jobs: list[TreeStep], reads: list[TreeStep], broken: list[Json]) -> str:
    vendor = [f"a model of a vendor, {UNTOLD}"] if any(step.note == VENDOR for step in steps) else []
    weak = weaker(steps)
    lost = [f"not traced: {one['at']['name']} is {one['reason']}" for one in broken]
    parts = [*_made(trace, jobs, reads), *vendor, *([f"with {listed(weak)}"] if weak else []), *lost]
    return "; ".join(parts) or "no training job of it is known"


def _made(trace: Trace, jobs: list[TreeStep], reads: list[TreeStep]) -> list[str]:
    """The jobs, and what they learnt from apart from what they were measured on by the names of channels."""
    if not jobs:
        return []
    names = few([str(trace.nodes[job.node]["name"]) for job in jobs], "job")
    taught = list(dict.fromkeys(one.node for one in reads if not measures(one.role)))
    measured = list(dict.fromkeys(one.node for one in reads if measures(one.role) and one.node not in taught))
    learnt = f"from {few(taught)}" if taught else "from data of which no record names the place"
    on = f", measured on {few(measured)} (by the names of channels)" if measured else ""
    return [f"training job{'' if len(jobs) == 1 else 's'} {names}, {learnt}{on}"]
