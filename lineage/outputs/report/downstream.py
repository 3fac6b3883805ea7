"""What else the makers of an endpoint's models led to."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.domain.kinds import ENDPOINT, carries_model, takes_model
from lineage.domain.records import Json
from lineage.graphs.neighbourhoods import reached_excerpt
from lineage.outputs.report.answers import steps_of
from lineage.queries.flow.links import Flow
from lineage.queries.impact_rows import SERVES, reached_from
from lineage.queries.trace import Trace, TreeStep
from lineage.snapshot.reading import Snapshot

ASKED = 10  # makers of one endpoint that are looked up; the rest are counted
_KEPT = ("id", "kind", "name", "account", "region", "status", "sure", "deleted")


class Downstream:
    """Looks up each maker once, because endpoints may share it, and those of many endpoints together."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[str, list[Json]] = {}

    def read(self, traces: Iterable[Trace]) -> None:
        """Look up what the makers of these endpoints led to."""
        asked = dict.fromkeys(maker for trace in traces for maker in _makers(trace)[:ASKED] if maker not in self._known)
        graph = Flow(reached_excerpt(self._snapshot, asked))
        for maker in asked:
            found = reached_from(graph, maker)
            self._known[maker] = [{name: row[name] for name in _KEPT} | {"serves": row.get("serves")} for row in found]

    def of(self, trace: Trace) -> Json:
        """Everything that the jobs (or models) behind an endpoint led to; for an endpoint, whether it serves it now.

        It must have been `read`.
        """
        makers = _makers(trace)
        rows: dict[str, Json] = {}
        for maker in makers[:ASKED]:
            for row in self._known[maker]:
                rows[row["id"]] = _strongest(rows.get(row["id"]), row)
        return {
            "asked": makers[:ASKED],
            "not_asked": max(len(makers) - ASKED, 0),
            "reached": [rows[key] for key in sorted(rows, key=lambda key: (rows[key]["kind"] != ENDPOINT.name, key))],
        }


def _strongest(known: Json | None, row: Json) -> Json:
    """A node that two makers reach is certain if one of them certainly reaches it.

    It has the stronger serving state of both.
    """
    if known is None:
        return row
    serves = [one["serves"] for one in (known, row) if one["serves"]]
    return row | {"sure": known["sure"] or row["sure"], "serves": min(serves, key=SERVES.index, default=None)}


def _makers(trace: Trace) -> list[str]:
    """The jobs that made the deployed artifacts, those of each model; if none is known, the models themselves."""
    jobs = {row["id"]: row["trains"] for row in trace.training_jobs}
    told = {step.node: step for step in steps_of(trace.tree) if step.note != "above"}
    seen, todo, found = {trace.tree.node}, [trace.tree], set[str]()
    for step in todo:
        if jobs.get(step.node):
            found.add(step.node)
            continue
        repacks = step.node in jobs  # what it adds code to is its input
        below = [one for one in told.get(step.node, step).steps if repacks or _carries_model(one)]
        todo += [one for one in below if one.node not in seen]
        seen |= {one.node for one in below}
    return [one for one in jobs if one in found] or [str(row["id"]) for row in trace.models if row["observed"]]


def _carries_model(step: TreeStep) -> bool:
    return step.relation == "writes" or carries_model(step.relation, step.usage) or takes_model(step.relation, step.usage)
