"""Things that records name, that were not read, and that may hide something: found at the join.

Two sorts can. A thing that reads by itself (a job, a run) may have read anything. So may a thing that its users read (an
algorithm), or that leads to them (a lineage entity). A model or a package passes on what made it. This file computes until when
it ran, and whether any of that leads to training. It looks at everything downstream and ignores times, so a question need not
load it. The result is the detail `unread` of each of these nodes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lineage.domain.jobs import is_job
from lineage.domain.kinds import CARRIERS, HOLDERS, KINDS, READERS, RELATIONS, SERVERS, STORES, TAKERS
from lineage.domain.names import is_arn, is_place, location_of
from lineage.domain.records import Json
from lineage.domain.references import TAGGED
from lineage.domain.times import sortable
from lineage.domain.training import trains
from lineage.graphs.tables import EdgeAt, Joining

_FLOWS = tuple(name for name, relation in RELATIONS.items() if relation.flows)
_HANDED_ON = ("provides", "instantiates")  # from a model or a package to what is made from it, or runs it
_BRINGERS = tuple(
    kind.name for kind in KINDS.values() if kind.tells_use and kind.name not in (*READERS, *HOLDERS) and not kind.trains
)
_HINTS = tuple(kind.name for kind in KINDS.values() if kind.hints)
_ASKED = tuple(kind for kind in SERVERS if kind not in CARRIERS)  # whose answers another one may have learned
_SORTS = dict.fromkeys(READERS, "reader") | dict.fromkeys(TAKERS, "taker") | dict.fromkeys(CARRIERS, "carrier")


def note_unread(joining: Joining) -> None:
    """Store what is known about each unread thing."""
    nodes = joining.unread([*_SORTS, *_BRINGERS, *_HINTS, *_ASKED])
    sorts = dict(_sorted(joining, nodes))
    named = dict(_named(joining, list(sorts)))
    models = [node for node, sort in sorts.items() if sort == "carrier"]
    ran = _Downstream(joining, models).runs() if models else {}
    joining.note_unread((node, {"as": sort, "by": named.get(node, "")} | ran.get(node, {})) for node, sort in sorts.items())


def _sorted(joining: Joining, nodes: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """What each may hide; for some kinds only if something is made from it, or said to be."""
    kinds = dict(nodes)
    edges = list(joining.edges_at("source", kinds, ("provides", "associated", "may-take")))
    taken = [edge for edge in edges if edge.relation == "may-take"]
    learned = {edge.source for edge in taken if edge.path != TAGGED}
    leading = {edge.source for edge in edges if kinds[edge.source] not in _ASKED} | learned
    guessed = _guessed(joining, {edge.source for edge in taken if kinds[edge.source] not in STORES and not is_arn(edge.source)})
    for node, kind in nodes:
        if (kind in _SORTS or node in leading) and node not in guessed:
            yield node, _SORTS.get(kind, "carrier" if kind in _ASKED else "reader")


def _guessed(joining: Joining, taken: set[str]) -> set[str]:
    """Those that only options in texts name, and that perhaps never were: they hide nothing. `taken` are all that options name.

    An option for a job or an endpoint often holds only how its name begins, or the name of one that is still to be made. If
    each were a gap, an ordinary estate would have no "no". A list that is incomplete is a gap anyway. Only what stores data is
    meant by its name, and the data outlasts its record.
    """
    others = [name for name in RELATIONS if name != "may-take"]
    return taken - {getattr(edge, end) for end in ("source", "target") for edge in joining.edges_at(end, taken, others)}


def _named(joining: Joining, nodes: list[str]) -> Iterator[tuple[str, str]]:
    """A record that names each, and the field: one is enough to look it up."""
    named: dict[str, tuple[str, str]] = {}
    named |= {edge.target: (edge.source, edge.path) for edge in joining.edges_at("target", nodes, RELATIONS)}
    named |= {edge.source: (edge.target, edge.path) for edge in joining.edges_at("source", nodes, RELATIONS)}
    by = dict(joining.described({naming for naming, _ in named.values()}))
    for node, (naming, path) in named.items():
        yield node, f"{by[naming]['kind'].replace('-', ' ')} {by[naming]['name']} names it in {path}"


class _Run(NamedTuple):
    """A run of a model: its end, empty if open; and whether it leads to training."""

    until: str
    leads_on: bool


class _Downstream:
    """All that may be made from some models, up to the first training on each path."""

    def __init__(self, joining: Joining, models: list[str]) -> None:
        self._joining = joining
        self._models = models
        self._nodes: dict[str, Json] = {}
        self._onward: dict[str, list[EdgeAt]] = defaultdict(list)
        self._ends: set[str] = set()
        self._walk(models)
        self._leading = self._back()

    def _walk(self, models: list[str]) -> None:
        self._nodes |= self._joining.described(models)
        new = models
        while new:
            reached = set()
            for edge in self._joining.edges_at("source", new, _FLOWS):
                self._onward[edge.source].append(edge)
                reached.add(edge.target)
            fresh = dict(self._joining.described(reached - self._nodes.keys()))
            self._nodes |= fresh
            self._ends |= set(self._lost(fresh))
            new = sorted(fresh.keys() - self._ends)

    def _lost(self, fresh: dict[str, Json]) -> Iterator[str]:
        """Those that train, and those that are opaque: what they got may have gone anywhere."""
        named = (edge.target for edge in self._joining.edges_at("target", fresh, ("mentions",)))
        yield from (node for node in named if is_job(fresh[node]))
        for node, data in fresh.items():
            place = location_of(node) if is_place(node) else None
            unread = not is_place(node) and not data["observed"]
            if trains(data) or unread or (place and place.hides_bucket):
                yield node

    def _back(self) -> set[str]:
        """All from which training, or something opaque, is reached."""
        before = defaultdict(list)
        for source, edges in self._onward.items():
            for edge in edges:
                before[edge.target].append(source)
        found, todo = set(self._ends), list(self._ends)
        while todo:
            fresh = [source for source in before[todo.pop()] if source not in found]
            found |= set(fresh)
            todo += fresh
        return found

    def runs(self) -> dict[str, Json]:
        """For each model, the end of its runs, and of those that lead to training; empty times are open."""
        return {model: _told(list(self._runs_of(model))) for model in self._models}

    def _runs_of(self, model: str) -> Iterator[_Run]:
        todo, seen = [model], {model}
        while todo:
            edges = self._onward[todo.pop()]
            if not edges:
                yield _Run("", leads_on=False)  # nothing known runs it
            for edge in edges:
                if edge.relation in _HANDED_ON and not is_job(self._nodes[edge.target]):
                    todo += {edge.target} - seen
                    seen.add(edge.target)
                else:
                    yield _Run(self._until(edge), edge.target in self._leading)

    def _until(self, run: EdgeAt) -> str:
        """The end of the last run by a job, a config or a component; empty if open or unknown."""
        if is_job(self._nodes[run.target]):
            return sortable(self._nodes[run.target].get("ended") or "")
        edges = [run, *self._onward[run.target]]
        deployed = [sortable(edge.closes) for edge in edges if edge.relation == "configures"]
        return max(deployed, default="") if all(deployed) else ""


def _told(runs: Iterable[_Run]) -> Json:
    """The last moment of all runs, and of those that lead to training, if any."""
    known = {"until": [run.until for run in runs], "leads_until": [run.until for run in runs if run.leads_on]}
    return {name: max(times) if all(times) else "" for name, times in known.items() if times}
