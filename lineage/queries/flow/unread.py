"""Gaps for what records name and could not be read, if it could have carried this data on. Pure.

The question is asked forwards, from the data. What reads by itself may have read any of it. An unread model or package hides
something only if it may have loaded the data, or what a job made from it. For one that is gone, it must also be known that what
ran it leads on to training. What a vendor sells or AWS gives to everybody was not made from the data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from weakref import WeakKeyDictionary

from lineage.domain.kinds import CARRIERS, INFERENCE_COMPONENT, KIND_OF_CALL, KINDS, kind_of_subject
from lineage.domain.names import EARLIER, is_arn, is_place, named_id, parse_arn
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.text import listed
from lineage.domain.vendors import vendor_of
from lineage.queries.flow.holes import Blind
from lineage.queries.flow.links import Flow
from lineage.queries.scope import crawled, unlisted

_GONE = "missing"
_TELLING = tuple(kind.name for kind in KINDS.values() if kind.list and kind.tells_use)
_LISTED = tuple(kind for kind in CARRIERS if KINDS[kind].list and not KINDS[kind].tells_use)


class Unread:
    """What could not be read of an estate, for one question after another."""

    def __init__(self, graph: Flow) -> None:
        """`graph` may hold only what a question needs: what is named and was not read is known for the whole estate."""
        unseen: dict[str, Json] = graph.graph["unseen"]
        self._nodes = {node: data for node, data in unseen.items() if not vendor_of(node)}
        self.vendors = _vendors_models({node: data for node, data in unseen.items() if node not in self._nodes})
        self._scope: Scope = graph.graph["scope"]
        asked = {subject for node, data in self._nodes.items() for subject in gap_subjects(node, data)}
        gaps = ((subject, gap) for gap in self._scope.holes if gap.reason != "unmatched" for subject in subjects_of(gap))
        self._gaps = {subject: gap for subject, gap in gaps if subject in asked}

    @classmethod
    def of(cls, graph: Flow) -> Unread:
        """What could not be read of the estate of a graph, computed once for all questions."""
        if graph not in _KNOWN:
            _KNOWN[graph] = cls(graph)
        return _KNOWN[graph]

    @cached_property
    def readers(self) -> list[Gap]:
        """What may have read any data: jobs and runs, what brings data to jobs, and what people describe as data.

        What is a gap already is left out: a refused call, or an incomplete list.
        """
        told = (node for node in self._of("reader") if not (self._refused(node) or self._is_unlisted(node)))
        return [self._gap(node, "what it read is unknown") for node in told]

    def takers(self, blind: Blind) -> list[Gap]:
        """Where models are taken and cannot be followed, if the data is in something that may be a model."""
        said = "it takes a model to where this version cannot follow"
        return [self._gap(node, said) for node in self._of("taker")] if blind.maybe_a_model else []

    def models(self, blind: Blind) -> list[Gap]:
        """The models and packages that may have been made of what the data reached."""
        if not blind.maybe_a_model:
            return []
        opens, how = blind.maybe_a_model
        named = [self._gap(node, how) for node in self._of("carrier") if self._may_load(node, opens)]
        return [*named, *self._never_named(how)]

    def weights(self, uri: str) -> list[str]:
        """A note that a place may hold what unread models were loaded from, if these may lead on to training.

        It is not a gap: otherwise no answer could be a "no" wherever one model is gone. The note appears once.
        """
        if not self._leading:
            return []
        who = listed([f"{many} {kind}{'s' if many > 1 else ''}" for kind, many in sorted(self._leading.items())])
        what = "its weights" if self._leading.total() == 1 else "their weights"
        return [f"{who} that could not be read may lead on to training: no record shows whether {uri} holds {what}"]

    @cached_property
    def _leading(self) -> Counter[str]:
        """How many models and packages of each kind may lead on to training."""
        leading = (self._nodes[node] for node in self._of("carrier") if "leads_until" in self._nodes[node]["unread"])
        return Counter(data["kind"].replace("-", " ") for data in leading)

    def _of(self, sort: str) -> Iterator[str]:
        return (node for node, data in self._nodes.items() if data["unread"]["as"] == sort)

    def _may_load(self, node: str, opens: str) -> bool:
        """Whether a model ran late enough to load what was there from a time on. A deleted one must also lead to training."""
        said = self._nodes[node]["unread"]
        until = said.get("leads_until" if self._why(node)[0] == _GONE else "until")
        return until is not None and (not until or not opens or opens <= until)

    def _never_named(self, how: str) -> Iterator[Gap]:
        """Models that only a list names, or that may be missing from an incomplete list."""
        for gap in self._scope.holes:
            kind = kind_of_subject(gap.subject)
            about = kind is not None and kind.name in CARRIERS and self._gaps.keys().isdisjoint(subjects_of(gap))
            listed = gap.operation in KIND_OF_CALL and gap.operation != KINDS[KIND_OF_CALL[gap.operation]].list
            if about and listed and gap.reason != _GONE and not vendor_of(gap.subject):
                yield Gap(gap.account, gap.region, gap.operation, gap.subject, gap.reason, f"{gap.detail}; {how}")
        for place in crawled(self._scope):
            if all((*place, kind) in self._scope.enumerated for kind in _TELLING):  # else that is a gap already
                yield from self._unlisted(place, how)

    def _unlisted(self, place: tuple[str, str], how: str) -> Iterator[Gap]:
        for kind in _LISTED:
            if (*place, kind) not in self._scope.enumerated:
                yield unlisted(self._scope, *place, kind, f"; {how}")

    def _gap(self, node: str, hides: str) -> Gap:
        data = self._nodes[node]
        reason, why = self._why(node)
        said = f"{data['kind'].replace('-', ' ')} {data['name']}: {data['unread']['by']}, and {why}: {hides}"
        own = Gap(data["account"] or "", data["region"] or "", KINDS[data["kind"]].describe, node, reason)
        return replace(self._refused(node) or own, detail=said)

    def _is_unlisted(self, node: str) -> bool:
        """Whether the list that would contain it is incomplete, and is one that every question asks for."""
        data = self._nodes[node]
        place, kind = (data["account"], data["region"]), KINDS[data["kind"]]
        unlisted = (*place, kind.name) not in self._scope.enumerated
        return bool(kind.list) and kind.tells_use and unlisted and place in crawled(self._scope)

    def _refused(self, node: str) -> Gap | None:
        """The call about it that failed, if one was made."""
        return next(filter(None, map(self._gaps.get, sorted(gap_subjects(node, self._nodes[node])))), None)

    def _why(self, node: str) -> tuple[str, str]:
        """Why it was not read, as a reason and in words."""
        data = self._nodes[node]
        gap = self._refused(node)
        place = (data["account"] or "", data["region"] or "")
        if gap:
            return gap.reason, f"it could not be read ({gap.reason}{f': {gap.detail}' if gap.detail else ''})"
        if node.endswith(EARLIER):
            return _GONE, "what has this name now is younger"
        if (*place, data["kind"]) in self._scope.enumerated:
            return _GONE, "a complete list no longer contains it"
        if not (KINDS[data["kind"]].list or KINDS[data["kind"]].describe):
            return "not-crawled", "this version does not read it"
        elsewhere = place not in crawled(self._scope)
        return "not-crawled", f"account {place[0]} in {place[1]} was not crawled" if elsewhere else "no list contained it"


_KNOWN: WeakKeyDictionary[Flow, Unread] = WeakKeyDictionary()


def vendors_model(node: str, data: Json, whose: str) -> str:
    """The note on something that a vendor offers to everybody; it replaces a gap."""
    return f"{_called(node, data)} is {whose}: its training data is not known here"


def _vendors_models(found: Mapping[str, Json]) -> list[str]:
    """The same for many: one sentence for each vendor, which names some."""
    own: dict[str, list[str]] = {}
    for node in found:
        own.setdefault(vendor_of(node), []).append(node)
    said = []
    for whose, nodes in own.items():
        first, *others = nodes
        if not others:
            said.append(vendors_model(first, found[first], whose))
            continue
        names, more = [_called(node, found[node]) for node in nodes[:_NAMED]], len(nodes) - _NAMED
        every = listed([*names, f"{more} more"] if more > 0 else names)
        said.append(f"{every} are each {whose}: their training data is not known here")
    return said


_NAMED = 3  # of many that a vendor offers; more are counted


def _called(node: str, data: Json) -> str:
    return node if is_place(node) else f"{data['kind'].replace('-', ' ')} {data['name']}"


def lost_components(scope: Scope, endpoint: Json) -> str:
    """Why not all inference components beside an endpoint could be read; empty if no gap is about one."""
    place = endpoint["account"], endpoint["region"]
    there = (gap for gap in scope.holes if (gap.account, gap.region) == place and gap.reason != "missing")
    return next((gap.reason for gap in there if kind_of_subject(gap.subject) is INFERENCE_COMPONENT), "")


def gap_subjects(identity: str, node: Json) -> set[str]:
    """The names that a gap about a node may use: its id, or its name before it was read."""
    named = named_id(node["kind"], node["account"] or "", node["region"] or "", node["name"])
    return {identity.casefold(), named.casefold()}


def subjects_of(gap: Gap) -> tuple[str, ...]:
    """The subject of a gap, and the id that it has if records only name it."""
    kind = kind_of_subject(gap.subject) if is_arn(gap.subject) else None
    if not kind:
        return (gap.subject.casefold(),)
    arn = parse_arn(gap.subject)
    named = named_id(kind.name, arn.account, arn.region, arn.resource.partition("/")[2])
    return gap.subject.casefold(), named.casefold()


def told_gaps(graph: Flow) -> list[tuple[Gap, tuple[str, ...]]]:
    """The gaps of the estate of a graph, each with its subjects. They are kept, because many traces of one graph need them."""
    if "gaps" not in graph.kept:
        scope: Scope = graph.graph["scope"]
        graph.kept["gaps"] = [(gap, subjects_of(gap)) for gap in scope.holes]
    told: list[tuple[Gap, tuple[str, ...]]] = graph.kept["gaps"]
    return told


def gap_about(graph: Flow, node: str) -> Gap | None:
    """The last gap about a node, if there is one."""
    if "gap about" not in graph.kept:
        graph.kept["gap about"] = {name: gap for gap, names in told_gaps(graph) for name in names}
    found: Gap | None = graph.kept["gap about"].get(node.casefold())
    return found


def once(holes: list[Gap]) -> list[Gap]:
    """Each gap once, with the most detailed words: a failed call appears again where it is known what it may hide."""
    asked = ((gap.account, gap.region, gap.operation, gap.subject, gap.reason, "" if gap.operation else gap) for gap in holes)
    return list(dict(zip(asked, holes, strict=True)).values())
