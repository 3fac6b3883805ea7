"""What data or a node reached, as rows: each is made only when it is asked for, because a root may reach a million nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple, overload

from lineage.domain.kinds import (
    ARTIFACT,
    AUTOML_JOB,
    DATASET,
    ENDPOINT,
    ENDPOINT_CONFIG,
    ENTITY_KINDS,
    INFERENCE_COMPONENT,
    MODEL,
    MODEL_PACKAGE,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
    TUNING_JOB,
)
from lineage.domain.names import is_place
from lineage.domain.records import Json
from lineage.domain.status import serves
from lineage.graphs.deployments import PENDING as ROLLED_OUT
from lineage.queries.as_json import link_json, node_json
from lineage.queries.flow.links import Flow, Link, links_into
from lineage.queries.flow.models import is_past
from lineage.queries.flow.spread import Spread
from lineage.queries.flow.steps import is_logged
from lineage.queries.flow.walk import Arrival

# What an endpoint's variants do with what reached them, the strongest first.
NOW, PERHAPS, SHADOW, NO_TRAFFIC, PENDING, IDLE = "now", "perhaps", "shadow", "no-traffic", "pending", "not-in-service"
EARLIER = "earlier"  # an earlier crawl saw it served
DELETED, UNSEEN = "deleted", "not-observed"
SERVES = (NOW, PERHAPS, SHADOW, NO_TRAFFIC, PENDING, IDLE, EARLIER, DELETED, UNSEEN)
LONGEST = 50  # steps of a path that are shown with a node: for a model retrained daily, a path can have thousands of jobs
# What was reached, in the order in which a reader looks for it.
_KINDS = (
    ENDPOINT,
    ENDPOINT_CONFIG,
    INFERENCE_COMPONENT,
    MODEL,
    MODEL_PACKAGE,
    TRAINING_JOB,
    AUTOML_JOB,
    TUNING_JOB,
    ARTIFACT,
    PROCESSING_JOB,
    TRANSFORM_JOB,
    DATASET,
)
_ORDER = {kind.name: turn for turn, kind in enumerate(_KINDS)}
_REMEMBERED = 10_000  # paths that several rows may share


class Head(NamedTuple):
    """What is counted of a row: how surely the node was reached, and what serves it if it is an endpoint."""

    id: str
    kind: str
    name: str
    sure: bool
    serves: str | None = None

    @classmethod
    def of(cls, row: Json) -> Head:
        """The head of a whole row."""
        return cls(row["id"], row["kind"], row["name"], row["sure"], row.get("serves"))

    def turn(self) -> tuple[int, int, bool]:
        """Its turn in the answer, before all that come after it, and among those of the same turn by their ids."""
        serves = SERVES.index(self.serves) if self.serves else len(SERVES)
        return (_ORDER.get(self.kind, len(_ORDER)), serves, not self.sure)


class Rows(Sequence[Json]):
    """What a walk reached, in the order of the answer. A row is made anew whenever it is asked for, and so is its head.

    What serves an endpoint is kept.
    """

    def __init__(self, spread: Spread) -> None:
        self._spread = spread
        self._ways = _Ways(spread.graph)
        self._endpoints: dict[str, Json] = {}
        turns: dict[tuple[int, int, bool], list[Arrival]] = defaultdict(list)
        for arrival in spread.found.values():
            if not _only_says(spread.graph, arrival):
                turns[self._head(arrival).turn()].append(arrival)
        self._arrivals = [one for turn in sorted(turns) for one in sorted(turns[turn], key=attrgetter("node"))]

    def heads(self) -> Iterator[Head]:
        """What is counted of each row."""
        return map(self._head, self._arrivals)

    def _head(self, arrival: Arrival) -> Head:
        kind, name = self._spread.graph.called(arrival.node)
        if kind != ENDPOINT.name:
            return Head(arrival.node, kind, name, arrival.sure)
        if arrival.node not in self._endpoints:
            self._endpoints[arrival.node] = _reached(self._spread, arrival)
        return Head.of(self._endpoints[arrival.node])

    def __len__(self) -> int:
        return len(self._arrivals)

    @overload
    def __getitem__(self, at: int) -> Json: ...

    @overload
    def __getitem__(self, at: slice) -> list[Json]: ...

    def __getitem__(self, at: int | slice) -> Json | list[Json]:
        return list(map(self._row, self._arrivals[at])) if isinstance(at, slice) else self._row(self._arrivals[at])

    def _row(self, arrival: Arrival) -> Json:
        """A reached node with the shortest of its surest paths; of a very long one, what comes `after` another reached node."""
        way = arrival.way(LONGEST + 1)
        after, way = (way[0].node, way[1:]) if len(way) > LONGEST else (None, way)
        row = dict(self._endpoints.get(arrival.node) or _reached(self._spread, arrival))
        row["after"], row["through"], row["evidence"] = after, self._ways.through(way), self._ways.evidence(way)
        return row

    def endpoints(self) -> list[Json]:
        """The endpoints that were reached, without the paths."""
        return [self._endpoints[arrival.node] for arrival in self._arrivals if arrival.node in self._endpoints]

    def begins(self) -> Iterator[str]:
        """Where the path to each row begins, but for the very long ones."""
        for arrival in self._arrivals:
            way = arrival.way(LONGEST + 1)
            if len(way) <= LONGEST:
                yield next(one.links[0].source for one in way if one.links)


class _Ways:
    """The paths to what was reached, as JSON. Many begin alike, so what several share is made once."""

    def __init__(self, graph: Flow) -> None:
        self._graph = graph
        self._links: dict[tuple[str, str, str | None], list[Json]] = {}
        self._names: dict[str, Json] = {}

    def through(self, way: list[Arrival]) -> list[Json]:
        """The nodes on a path, its end and the places left out."""
        return [self._named(one.node) for one in way[:-1] if one.links and not is_place(one.node)]

    def evidence(self, way: list[Arrival]) -> list[Json]:
        """The edges of a path."""
        *before, last = way
        return [*(link for one in before for link in self._told(one)), *map(link_json, last.links)]

    def _named(self, node: str) -> Json:
        if node not in self._names:
            self._forget(self._names)
            kind, name = self._graph.called(node)
            self._names[node] = {"id": node, "kind": kind, "name": name}
        return self._names[node]

    def _told(self, arrival: Arrival) -> list[Json]:
        known = arrival.node, arrival.part, arrival.reader
        if known not in self._links:
            self._forget(self._links)
            self._links[known] = [link_json(link) for link in arrival.links]
        return self._links[known]

    @staticmethod
    def _forget(known: dict[Any, Any]) -> None:
        if len(known) == _REMEMBERED:
            known.clear()


def _only_says(graph: Flow, arrival: Arrival) -> bool:
    """Whether it is only a record of what is listed itself, or a lineage entity between two such things."""
    return arrival.only_records or graph.kind(arrival.node) in ENTITY_KINDS


def reached_from(graph: Flow, node: str) -> Iterator[Json]:
    """The rows of the answer about a node, in no order and without paths. The graph may lack what could hide more."""
    spread = Spread(graph, node, gaps=False)
    spread.run()
    return (_reached(spread, arrival) for arrival in spread.found.values() if not _only_says(spread.graph, arrival))


def _reached(spread: Spread, arrival: Arrival) -> Json:
    """A reached node: how surely, and for an endpoint, what serves it."""
    row = node_json(spread.graph, arrival.node)
    row["sure"], row["deleted"] = arrival.sure, spread.graph.nodes[arrival.node].get("deleted")
    if row["kind"] == ENDPOINT.name:
        variants = list(_variants(spread, arrival.node))
        # entities say that it has the data, but not in which variant
        whole = in_service(spread.graph.nodes[arrival.node]) if is_logged(arrival.links[-1]) else None
        row |= {"serves": min((one["serves"] for one in variants), key=SERVES.index, default=whole), "variants": variants}
    return row


# --- what an endpoint serves ----------------------------------------------------------------------


def _variants(spread: Spread, endpoint: str) -> Iterator[Json]:
    """The variants and components through which the data is in an endpoint, and whether each serves it."""
    for link in links_into(spread.graph, endpoint, "configures", "hosts"):
        arrival = spread.at(endpoint, link.source, link.data["reader"] or None)
        if arrival is None:
            continue
        if link.relation == "hosts":
            yield _hosted(spread, link, arrival)
        else:
            yield from _deployed(spread, link, arrival)


def _hosted(spread: Spread, host: Link, arrival: Arrival) -> Json:
    component = spread.graph.nodes[host.source]
    serves = in_service(spread.graph.nodes[host.target])
    ran = spread.found.get(host.source)
    if is_past(host) or (ran and ran.links and is_past(ran.links[-1])):
        serves = EARLIER
    elif serves in (NOW, PERHAPS):
        serves = max(serves, in_service(component), key=SERVES.index)
    row = {"name": host.data["role"], "usage": INFERENCE_COMPONENT.name, "model": host.source, "weight": None}
    return row | {"sure": arrival.sure, "serves": serves}


def _deployed(spread: Spread, configures: Link, arrival: Arrival) -> Iterator[Json]:
    endpoint = spread.graph.nodes[configures.target]
    weights = dict(zip(endpoint.get("variants") or (), endpoint.get("weights") or (), strict=False))
    reader = configures.data["reader"]
    config = spread.at(configures.source, "", reader)
    whole = config is not None and all(link.relation != "deploys" for link in config.links)
    for link in links_into(spread.graph, configures.source, "deploys"):
        model = spread.at(link.source, "", reader)
        if not (model or whole):
            continue
        weight = weights.get(link.data["role"])
        row = {"name": link.data["role"], "usage": link.data["usage"], "model": link.source, "weight": weight}
        sure = arrival.sure and (model is None or model.sure)
        yield row | {"sure": sure, "serves": _served(endpoint, configures, link, weight)}


def _served(endpoint: Json, configures: Link, deploys: Link, weight: float | None) -> str:
    """Whether a variant serves. One without traffic serves only callers that name it."""
    serves = EARLIER if is_past(configures) else in_service(endpoint)
    if serves not in (NOW, PERHAPS):
        return serves
    if configures.data["role"] == ROLLED_OUT:
        return PENDING
    if deploys.data["usage"] == "shadow":
        return SHADOW
    return NO_TRAFFIC if weight == 0 else serves


def in_service(node: Json) -> str:
    """Whether an endpoint or a component serves, whatever its variants are."""
    if not node["observed"]:
        return UNSEEN
    if node.get("deleted"):
        return DELETED
    return {True: NOW, False: IDLE, None: PERHAPS}[serves(node["status"])]
