"""Erasure request: which jobs, models and endpoints were made from this data? Each has the shortest path from the data."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from lineage.domain.kinds import (
    ENDPOINT,
    ENDPOINT_CONFIG,
    HOLDERS,
    INFERENCE_COMPONENT,
    MODEL,
    REGISTERED,
    SERVING,
    WEIGHTS,
    carries_model,
    kind_of_subject,
)
from lineage.domain.names import is_location, is_place, location_of, parse_arn, parse_location
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.status import serves_a_mix
from lineage.domain.times import sortable
from lineage.domain.vendors import sold_by
from lineage.graphs.deployments import PENDING as ROLLED_OUT
from lineage.graphs.named import Known, known_in
from lineage.graphs.neighbourhoods import subject_excerpt
from lineage.graphs.parts import IMPACT
from lineage.queries.as_json import attributes_json, node_json, said, scope_json
from lineage.queries.attested import NO_REST, Rests, Vouched, judged, vouched_in
from lineage.queries.flow.links import Flow, Link, links_into
from lineage.queries.flow.models import NAMED, by_environment, component_changing, is_past, mix_said, read_by, specified
from lineage.queries.flow.spread import Spread
from lineage.queries.flow.unread import Unread, lost_components
from lineage.queries.flow.writers import is_named_by_its_maker, is_surely_made
from lineage.queries.impact_rows import NOW, PERHAPS, Head, Rows, in_service
from lineage.queries.partitions import told_apart
from lineage.queries.scope import caveats, empty, only_covered, unnamed, wider
from lineage.queries.showing import Answer
from lineage.queries.sources import Source, graph_from, id_in, insist_answers, known_as

SCHEMA = "lineage.impact/1"
REACHED, MAYBE, NOTHING = "reached", "possible", "nothing-found"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Impact(Answer):
    """The answer to `impact`. `as_json` gives the contract `lineage.impact/1`. `said` is its subject in words."""

    said: str
    subject: Json
    verdict: str
    serving: list[str]
    may_serve: list[Json]  # endpoints that may serve it, with the reason why that is not certain
    reached: Sequence[Json]
    scope: Json
    caveats: list[str]
    named: bool = True  # by a record, if the subject is a place
    rests: Rests = NO_REST

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        names = ("subject", "verdict", "serving", "may_serve", "reached", "scope", "caveats", "named")
        told = {"schema": SCHEMA, "question": "impact"} | {name: getattr(self, name) for name in names}
        return told | self.rests.as_json()


def impact_heads(answer: Impact) -> Iterator[Head]:
    """What is counted of each row of an answer."""
    return answer.reached.heads() if isinstance(answer.reached, Rows) else map(Head.of, answer.reached)


def impact(source: Source, subject: str, *, attestations: Vouched = None) -> Impact:
    """What was made from the data at a place, or from a node.

    `source` is a snapshot or a graph. `subject` is an S3 URI as for `used`, or a node id, an ARN, `kind/name` or a name.
    `attestations`, or the file that holds them, close gaps. Raises `MalformedName` and `MalformedPolicy`. Raises `UnknownNode`
    if nothing, or more than one thing, has that name.
    """
    answer = impact_row_by_row(source, subject, attestations=attestations)
    return replace(answer, reached=list(answer.reached))


def impact_row_by_row(source: Source, subject: str, *, attestations: Vouched = None) -> Impact:
    """The same, but each row of what was reached is made when it is looked at. The answer keeps its part of the graph."""
    insist_answers(source, lambda given: [(IMPACT, id_in(given, subject))])
    vouched = vouched_in(attestations, source)
    subject = known_as(source, subject)
    graph = graph_from(source, lambda snapshot: subject_excerpt(snapshot, subject))
    spread = Spread(graph, subject)
    spread.run()
    rows = Rows(spread)
    endpoints = rows.endpoints()
    hidden = list(hiding(spread))
    holes = [*empty(graph.graph["scope"]), *all_holes(spread, hidden)]
    known = known_in(graph, parse_location(subject)) if is_location(subject) else Known.PLACE
    place = location_of(str(spread.subject["id"]))
    apart = told_apart(graph.graph["scope"], place, (row.id for row in rows.heads())) if place else []
    verdict, rests = judged(_found(rows.heads()), NOTHING, holes, vouched)
    unread = Unread.of(spread.graph)
    around = wider(spread.subject["id"], rows.begins()) if known is Known.AROUND else []
    return Impact(
        said=_subject_said(said(spread.graph, spread.subject), known, around),
        subject=spread.subject,
        verdict=verdict,
        serving=[row["id"] for row in endpoints if row["serves"] == NOW],
        may_serve=_may_serve(spread.graph, endpoints, [one for one in hidden if one.gap in holes]),
        reached=rows,
        scope=scope_json(graph.graph["scope"], holes, vouched=vouched),
        caveats=[
            *unnamed({spread.subject["id"]: known}),
            *only_covered(spread.subject["id"], known, around, "what was found may hold it, and is listed only"),
            *apart,
            *spread.caveats,
            *_changing(spread.graph, endpoints),
            *caveats(graph.graph["scope"]),
            *unread.vendors,
            *(unread.weights(place.uri) if place and verdict == NOTHING else ()),
            _ONLY_WHAT_WAS_SEEN,
            *rests.notes,
        ],
        named=known.is_named,
        rests=rests,
    )


_ONLY_WHAT_WAS_SEEN = "what an endpoint served before is known only as far as earlier crawls of this snapshot saw it"


def _subject_said(name: str, known: Known, around: list[str]) -> str:
    """The subject of an answer in words. For a place that only wider locations cover, it names those locations."""
    if known is not Known.AROUND or not around:
        return name
    return f"{around[0]}, which covers {name}," if len(around) == 1 else f"{len(around)} locations that cover {name}"


def _found(heads: Iterable[Head]) -> str:
    """The verdict without what could not be read."""
    sure = {head.sure for head in heads}
    return REACHED if True in sure else MAYBE if sure else ""


def _changing(graph: Flow, endpoints: list[Json]) -> Iterator[str]:
    """A note for each endpoint, and each component on one, of which it is unknown whether it serves what it names."""
    for row in endpoints:
        if in_service(graph.nodes[row["id"]]) == PERHAPS and row["serves"] == PERHAPS:
            yield "endpoint {name} is {status}: it may serve a config other than the one it names, or none".format(**row)
        hosted = (graph.nodes[one["model"]] for one in row["variants"] if one["usage"] == INFERENCE_COMPONENT.name)
        yield from filter(None, map(component_changing, hosted))


def _may_serve(graph: Flow, endpoints: list[Json], hidden: list[Hidden]) -> list[Json]:
    """The endpoints that may serve what was reached: reached only possibly, changing, or with unknown models."""
    reached = [row for row in endpoints if row["serves"] in (NOW, PERHAPS)]
    surely = {row["id"] for row in reached if any(one["sure"] and one["serves"] == NOW for one in row["variants"])}
    why = {one.endpoint: one.gap.detail for one in reversed(hidden)} | {row["id"]: "" for row in reached}
    return [_told(graph, endpoint) | {"why": why[endpoint]} for endpoint in sorted(why.keys() - surely)]


def _told(graph: Flow, endpoint: str) -> Json:
    """An endpoint. It may be known only by the name that a list gave it."""
    if endpoint in graph:
        return node_json(graph, endpoint)
    arn = parse_arn(endpoint)
    named = {"name": arn.resource.partition("/")[2], "account": arn.account, "region": arn.region, "arn": endpoint}
    return attributes_json(endpoint, {"kind": ENDPOINT.name, "created": None, "status": None, "observed": False} | named)


# --- what is served and has an unknown origin -----------------------------------------------------


class Hidden(NamedTuple):
    """A gap that an endpoint may hide behind. `mixed`: no record shows all that it serves, whatever that was made of."""

    endpoint: str
    gap: Gap
    mixed: bool = False


def all_holes(spread: Spread, hidden: list[Hidden]) -> list[Gap]:
    """All gaps that could hide more of what a walk reached. For a mix, what stays in an endpoint counts too."""
    return [*spread.all_holes(one.gap for one in hidden if not one.mixed), *(one.gap for one in hidden if one.mixed)]


def hiding(spread: Spread) -> Iterator[Hidden]:
    """The endpoints that may serve what a walk reached, although no record says so."""
    yield from _unexplained(spread.graph)
    yield from _unread(spread.graph)
    yield from _of_components(spread.graph)
    yield from _mixed(spread)


def unexplained(graph: Flow) -> Iterator[Gap]:
    """What living endpoints serve whose maker no record shows."""
    return (one.gap for one in _unexplained(graph))


def _mixed(spread: Spread) -> Iterator[Hidden]:
    """Endpoints that serve a mix of two configs while their records name one. The other may be any that existed by then."""
    nodes = spread.graph.nodes
    for endpoint in sorted(spread.graph.of_kind(ENDPOINT.name)):
        data = nodes[endpoint]
        told = {link.source: link.data["role"] for link in links_into(spread.graph, endpoint, "configures")}
        known = endpoint in spread.found or ROLLED_OUT in told.values()
        if known or in_service(data) != PERHAPS or not serves_a_mix(data["status"]):
            continue
        other = min(_could_be_served(spread, data, told), key=lambda one: (nodes[one]["kind"] == MODEL.name, one), default="")
        beside = f"{nodes[other]['kind'].replace('-', ' ')} {nodes[other]['name']} existed by then" if other else ""
        if not other and not any(_beside(spread, data)):  # nor does a model exist that was made later
            beside = spread.may_be_loaded(sortable(data["modified"] or "~"))
        if beside:
            where = (data["account"] or "", data["region"] or "", "")
            yield Hidden(endpoint, Gap(*where, endpoint, "unresolved", f"{mix_said(data)}; {beside}"), mixed=True)


def _unread(graph: Flow) -> Iterator[Hidden]:
    """Endpoints that a list named and that could not be read."""
    scope: Scope = graph.graph["scope"]
    for gap in scope.holes:
        kind = kind_of_subject(gap.subject)
        if kind and kind.name == ENDPOINT.name and gap.operation == kind.describe and gap.reason != "missing":
            yield Hidden(gap.subject, gap)


def _of_components(graph: Flow) -> Iterator[Hidden]:
    """Living endpoints that run inference components, if not all of those that may be theirs were read."""
    for endpoint in sorted(graph.of_kind(ENDPOINT.name)):
        data = graph.nodes[endpoint]
        reason = _unread_components(graph.graph["scope"], data) if in_service(data) in (NOW, PERHAPS) else ""
        if reason and any(_leaves_models_open(graph, link.source) for link in links_into(graph, endpoint, "configures")):
            said = f"endpoint {data['name']} runs inference components, and not all of them were read"
            yield Hidden(endpoint, Gap(data["account"] or "", data["region"] or "", "", endpoint, reason, said))


def _unread_components(scope: Scope, endpoint: Json) -> str:
    """Why not all inference components beside an endpoint were read; empty if they were."""
    place = endpoint["account"], endpoint["region"]
    if (*place, INFERENCE_COMPONENT.name) not in scope.listed:
        return "not-enumerated"
    return lost_components(scope, endpoint)


def _leaves_models_open(graph: Flow, config: str) -> bool:
    """Whether a config has variants that name no model."""
    named = {link.data["role"] for link in links_into(graph, config, "deploys")}
    return not named.issuperset(graph.nodes[config].get("variants") or ())


def _could_be_served(spread: Spread, endpoint: Json, named: Container[str]) -> Iterator[str]:
    """The configs and models that were reached, are beside an endpoint, and existed when it was last changed."""
    until = sortable(endpoint["modified"] or "~")
    for node in _beside(spread, endpoint):
        if sortable(spread.graph.nodes[node]["created"] or "") <= until and node not in named:
            yield node


def _beside(spread: Spread, endpoint: Json) -> Iterator[str]:
    """The configs and models that were reached and are beside an endpoint."""
    for node in dict.fromkeys(one.node for one in spread.arrived.values()):
        data = spread.graph.nodes[node]
        if data["kind"] in (ENDPOINT_CONFIG.name, MODEL.name) and all(data[at] == endpoint[at] for at in ("account", "region")):
            yield node


def _unexplained(graph: Flow) -> Iterator[Hidden]:
    """What living endpoints serve whose maker no record shows: it may still contain the data."""
    seen: set[tuple[str, str, str]] = set()
    for endpoint in sorted(graph.of_kind(ENDPOINT.name)):
        todo = [_Served(endpoint)] if in_service(graph.nodes[endpoint]) in (NOW, PERHAPS) else []
        told: set[str] = set()
        while todo:
            served = todo.pop()
            if served[:3] in seen:
                continue
            seen.add(served[:3])
            further = list(_made_of(graph, served))
            yield from (Hidden(endpoint, gap) for gap in _unknown_maker(graph, endpoint, served, further, told))
            todo += further


class _Served(NamedTuple):
    """A part of what is served: which of its specifications, run by whom, and the edge that shows it."""

    node: str
    part: str = ""
    reader: str = ""
    link: Link | None = None


def _unknown_maker(graph: Flow, endpoint: str, served: _Served, further: list[_Served], told: set[str]) -> Iterator[Gap]:
    node = served.node
    reason, said = _why_unknown(graph, served, further)
    if reason and node not in told:
        told.add(node)
        data, serving = graph.nodes[node], graph.nodes[endpoint]
        what = node if is_place(node) else f"{data['kind'].replace('-', ' ')} {data['name']}"
        detail = f"endpoint {serving['name']} serves {what}: {said}, so its origin is unknown"
        yield Gap(serving["account"] or "", serving["region"] or "", "", node, reason, detail)


def _made_of(graph: Flow, served: _Served) -> Iterator[_Served]:
    """What an endpoint, config, component, model or package is made of; nothing for a place."""
    if is_place(served.node):
        return
    links = [link for link in links_into(graph, served.node, *SERVING) if carries_model(link.relation, link.data["usage"])]
    if graph.kind(served.node) in REGISTERED:
        links = specified(links, served.part)
    for link in read_by([link for link in links if not is_past(link)], served.reader):
        reader = link.source if link.relation == "hosts" else link.data["reader"] or served.reader
        yield _Served(link.source, link.data["usage"] if link.relation == "instantiates" else "", reader, link)


def _why_unknown(graph: Flow, served: _Served, further: list[_Served]) -> tuple[str, str]:
    """Why the maker of a served thing is unknown: the reason, and its sentence; both empty if the maker is known."""
    data = graph.nodes[served.node]
    if sold_by(served.node, data, graph.graph["scope"].accounts):
        return "", ""
    if is_place(served.node):
        link = served.link
        made = link is not None and (is_surely_made(graph, link) or is_named_by_its_maker(graph, link.target))
        return ("", "") if made else ("unmatched", "no job here wrote it, as far as records show")
    if data["kind"] == WEIGHTS:
        return NAMED, "a hub or a server knows it by that name"
    if not data["observed"]:
        return "missing", "it was not read"
    hidden = data.get("empty_parts") or (not further and data["kind"] in HOLDERS)
    if hidden and not is_named_by_its_maker(graph, served.node):
        return "no-artifact", "it names no artifact, or one of its containers names none"
    links = [one.link for one in further if one.link]
    named = sorted({link.source for link in links if by_environment(link) and is_place(link.source)})
    if named and all(map(by_environment, links)):
        return NAMED, f"only its environment names what it may load ({', '.join(named)})"
    return "", ""
