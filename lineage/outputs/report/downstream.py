"""What else the makers of an endpoint's models led to."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.domain.kinds import ENDPOINT
from lineage.domain.records import Json
from lineage.graphs.neighbourhoods import reached_excerpt
from lineage.queries.flow.links import Flow
from lineage.queries.impact_rows import SERVES, reached_from
from lineage.queries.trace import Trace
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
    """The jobs that made the deployed artifacts; if none is known, the models themselves."""
    jobs = [row for row in trace.training_jobs if row["trains"]]
    nearest = min((row["depth"] for row in jobs), default=0)
    found = [str(row["id"]) for row in jobs if row["depth"] == nearest]
    return found or [str(row["id"]) for row in trace.models if row["observed"]]
