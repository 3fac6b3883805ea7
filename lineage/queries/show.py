"""One node as the snapshot holds it: its record, its edges, what could not be read of it, and its versions."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from lineage.domain.names import node_id
from lineage.domain.records import Json, decoded
from lineage.graphs.excerpts import EdgeRow, edges_of
from lineage.graphs.nodes import attributed
from lineage.queries.as_json import attributes_json
from lineage.queries.flow.unread import gap_subjects
from lineage.queries.selectors import find_in
from lineage.queries.showing import Answer
from lineage.snapshot.reading import Snapshot, asks_snapshot

SCHEMA = "lineage.node/1"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Shown(Answer):
    """The answer to `show`. `as_json` gives the contract `lineage.node/1`."""

    subject: Json
    attributes: Json
    record: Json | None  # none if it is a place, or was only named
    edges_in: list[Json]
    edges_out: list[Json]
    gaps: list[Json]
    versions: list[Json]

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        return {"schema": SCHEMA, "question": "show"} | asdict(self)


@asks_snapshot
def show(snapshot: Snapshot, wanted: str) -> Shown:
    """All that a snapshot holds of one node, named by an id, an ARN, an S3 URI, `kind/name` or a name.

    Raises `MalformedName`, and `UnknownNode` if nothing, or more than one thing, has that name.
    """
    identity = find_in(snapshot, wanted)
    (row,) = snapshot.node_rows([identity])
    ((_, node),) = attributed([row])
    versions = snapshot.versions(node_id(node["arn"]), node["created"]) if node["arn"] and node["observed"] else []
    return Shown(
        subject=attributes_json(identity, node),
        attributes=node,
        record=decoded(versions[-1].body) if versions else None,
        edges_in=[_edge_json(edge) for edge in edges_of(snapshot.edge_rows(into=[identity]))],
        edges_out=[_edge_json(edge) for edge in edges_of(snapshot.edge_rows(out_of=[identity]))],
        gaps=[asdict(gap) for gap in snapshot.gaps() if gap.subject.casefold() in gap_subjects(identity, node)],
        versions=[{name: getattr(one, name) for name in _VERSION} for one in versions],
    )


_VERSION = ("digest", "first_crawl", "last_crawl", "modified", "status")


def _edge_json(edge: EdgeRow) -> Json:
    said = {name: value for name, value in edge.said._asdict().items() if name not in ("span", "listing")}
    return {"source": edge.source, "target": edge.target} | said | {"time": edge.time}
