"""What stands beside the trial component of a run: the jobs that name it, the components made for them, and its charts.

For a job that somebody started in a run, SageMaker makes a separate trial component. Both belong to one run, which an answer
lists once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lineage.domain.kinds import CHARTS, LINEAGE_ARTIFACT, RUN_NAME, TRIAL_COMPONENT
from lineage.domain.records import Resource
from lineage.snapshot.reading import Snapshot

# The suffix that SageMaker gives a trial component which it makes for a job. No job names such a component as its run.
_FOR_A_JOB = re.compile(r"-aws-[a-z-]+-job(?:@.*)?$")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart or a table that the SDK logged with a run: its kind, its title, its location, and whether it was an input."""

    kind: str
    title: str
    uri: str
    direction: str


class Companions:
    """The jobs that name some runs, and the trial components that SageMaker made for these jobs."""

    def __init__(self, snapshot: Snapshot, runs: Iterable[str]) -> None:
        """`runs` are node ids."""
        own = {run for run in runs if not _FOR_A_JOB.search(run)}
        rows = [row[:6] for row in snapshot.edge_rows(into=own, relations=["recorded-by"])] if own else []
        self.jobs: dict[str, list[str]] = defaultdict(list)
        self.components: dict[str, dict[str, str]] = defaultdict(dict)
        by_job: dict[str, list[str]] = defaultdict(list)
        for job, run, *_, path in rows:
            by_job[job].append(run)
            self.jobs[run] += [job] if path == RUN_NAME else []
        for job, component, *_ in snapshot.edge_rows(out_of=by_job, relations=["recorded-by"]) if by_job else ():
            for run in by_job[job] if _is_made_for(component, job) else ():
                self.components[run] |= {component: job} if component != run else {}

    def folded(self) -> set[str]:
        """The trial components that an answer shows with a run."""
        return {component for components in self.components.values() for component in components}

    def records(self, snapshot: Snapshot) -> dict[str, list[tuple[str, Resource]]]:
        """By run, the records of the components that an answer shows with it, each with its job."""
        known = {one.id: one for one in snapshot.records(TRIAL_COMPONENT.name, self.folded(), deleted=True)}
        told = self.components.items()
        return {run: [(job, known[one]) for one, job in sorted(some.items()) if one in known] for run, some in told}


def _is_made_for(component: str, job: str) -> bool:
    """Whether a trial component has the name that SageMaker gives that of a job; both are the ids of nodes."""
    name, of = (node.partition("@")[0].rpartition("/")[2] for node in (component, job))
    return name == of or name.startswith(f"{of}-aws-")


def charts_of(snapshot: Snapshot, runs: Iterable[str]) -> dict[str, list[Chart]]:
    """By run, the charts that are associated with it: the SDK logs each as a lineage artifact that names a JSON file."""
    ends = list(_associated(snapshot, list(runs)))
    known = {
        one.id: one for one in snapshot.records(LINEAGE_ARTIFACT.name, {artifact for _, artifact, _ in ends}, deleted=True)
    }
    found: dict[str, dict[Chart, None]] = defaultdict(dict)
    for run, artifact, direction in ends:
        chart = _chart(known[artifact], direction) if artifact in known else None
        found[run] |= {chart: None} if chart else {}
    return {run: sorted(charts, key=lambda one: (one.direction, one.kind, one.title, one.uri)) for run, charts in found.items()}


def _associated(snapshot: Snapshot, runs: list[str]) -> Iterator[tuple[str, str, str]]:
    """Each run with what is associated with it, and in which direction."""
    for source, target, *_ in snapshot.edge_rows(out_of=runs, relations=["associated"]):
        yield source, target, "output"
    for source, target, *_ in snapshot.edge_rows(into=runs, relations=["associated"]):
        yield target, source, "input"


def _chart(artifact: Resource, direction: str) -> Chart | None:
    body = artifact.body
    kind, uri = CHARTS.get(str(body.get("ArtifactType"))), (body.get("Source") or {}).get("SourceUri")
    return Chart(kind, str(body.get("ArtifactName") or ""), str(uri), direction) if kind and uri else None
