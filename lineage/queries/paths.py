"""How did the data get there? The shortest path from one node or place to another, with the fields that show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lineage.domain.kinds import DATASET
from lineage.domain.names import is_location, parse_location
from lineage.domain.records import Json
from lineage.domain.urls import from_url
from lineage.graphs.excerpts import Graph
from lineage.graphs.neighbourhoods import subject_excerpt
from lineage.graphs.parts import PATH_FROM, PATH_TO, Question
from lineage.queries.as_json import link_json, node_json, said, scope_json
from lineage.queries.attested import NO_REST, Rests, Vouched, judged, vouched_in
from lineage.queries.flow.spread import Spread, meets_place
from lineage.queries.flow.walk import Arrival
from lineage.queries.impact import all_holes, hiding
from lineage.queries.scope import caveats
from lineage.queries.selectors import find_node, names_of
from lineage.queries.showing import Answer
from lineage.queries.sources import Source, graph_from, id_in, insist_answers, known_as

SCHEMA = "lineage.path/1"
FOUND, MAYBE, NONE = "found", "possible", "nothing-found"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Path(Answer):
    """The answer to `path`. `as_json` gives the contract `lineage.path/1`. `ends` are the start and the end in words."""

    ends: tuple[str, str]
    subject: Json
    target: Json
    verdict: str
    nodes: list[Json]
    evidence: list[Json]
    scope: Json
    caveats: list[str]
    rests: Rests = NO_REST

    def _about(self) -> str:
        """From where to where."""
        return f"{self.ends[0]} to {self.ends[1]}"

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        names = ("subject", "target", "verdict", "nodes", "evidence", "scope", "caveats")
        told = {"schema": SCHEMA, "question": "path"} | {name: getattr(self, name) for name in names}
        return told | self.rests.as_json()


def path(source: Source, start: str, target: str, *, attestations: Vouched = None) -> Path:
    """The shortest path among the best-proven ones by which data got from one node or S3 URI to another. Times are respected.

    `source` is a snapshot or a graph. From something to itself the path is a cycle if there is one, else it has no steps.
    `attestations`, or the file that holds them, close gaps. Raises `MalformedName` and `MalformedPolicy`. Raises `UnknownNode`
    if nothing, or more than one thing, has such a name.
    """
    insist_answers(source, lambda given: _ends(given, start, target))
    vouched = vouched_in(attestations, source)
    start, target = known_as(source, start), known_as(source, target)
    nodes = [] if is_location(target) else [target]
    graph = graph_from(source, lambda snapshot: subject_excerpt(snapshot, start, *nodes))
    spread = Spread(graph, start)
    if is_location(target):
        wanted = parse_location(target)
        goal: Json = {"id": wanted.uri, "kind": DATASET.name}
        arrival = spread.run(meets_place(wanted))
    else:
        node = find_node(names_of(graph), target)
        goal = {"id": node, "kind": graph.nodes[node]["kind"]}
        arrival = spread.run(lambda one: one.node == node)
    stays = not arrival and goal["id"] == spread.subject["id"]
    links = arrival.evidence() if arrival else []
    holes = all_holes(spread, list(hiding(spread)))
    verdict, rests = judged(FOUND if stays else _found(arrival), NONE, holes, vouched)
    on_it = dict.fromkeys([*([goal["id"]] if stays else []), *(end for link in links for end in (link.source, link.target))])
    return Path(
        ends=(said(spread.graph, spread.subject), said(spread.graph, goal)),
        subject=spread.subject,
        target=goal,
        verdict=verdict,
        nodes=[node_json(spread.graph, node) for node in on_it if node in spread.graph],
        evidence=[link_json(link) for link in links],
        scope=scope_json(graph.graph["scope"], holes, vouched=vouched),
        caveats=[*spread.caveats, *caveats(graph.graph["scope"]), *rests.notes],
        rests=rests,
    )


def _ends(graph: Graph, start: str, target: str) -> Iterator[Question]:
    """What a part must have been read for. It has what leads from its start to any place, but not to any node."""
    yield PATH_FROM, id_in(graph, start)
    if not is_location(from_url(target)):
        yield PATH_TO, id_in(graph, target)


def _found(arrival: Arrival | None) -> str:
    if arrival is None:
        return ""
    return FOUND if arrival.sure else MAYBE
