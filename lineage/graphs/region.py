"""Which records' edges a change may alter: the changed ones, and from each of these on all whose edges depend on it.

The rules are those of the join itself (`_depending`): a trial component leaves out what its job says; a model is read where it
runs, so its parts get a window from each endpoint; a name means the record that has it, and the lifetime at that time; an
execution borrows the definition of its pipeline. An edge belongs to the record that says it: the table of kinds tells which
one (`SAYS`). Where both ends may say it, both are made anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from lineage.domain.kinds import CARRIERS, CONTENT, IMAGE, KINDS, PLACES, RELATIONS, WEIGHTS
from lineage.domain.names import is_arn, parse_arn
from lineage.domain.records import Edge, Node, Resource
from lineage.graphs.derive import RUNNING, Said, lending, lives, observed_node, once_said, resolver, said
from lineage.graphs.tables import Joining
from lineage.snapshot.tables import Row

Read = Callable[[Iterable[str]], Iterable[Resource]]
"""Reads the records of some ids."""

MOST = 20_000  # records that are made anew; of more, all are
NAMERS = 50  # edges of an unread thing; where it has fewer, their records are asked which of them names it first

SOURCE, TARGET = "source", "target"
End = tuple[str, str, str]
"""A kind, a relation, and the end of an edge at which a record of that kind says the relation."""


class TooMuch(Exception):
    """What changed can't be brought into the graph alone."""


class Changed(NamedTuple):
    """What the graph does not hold yet."""

    records: frozenset[str]  # the ids of those that changed, or were deleted
    again: frozenset[str]  # the ids of those that a crawl only read again
    manifests: frozenset[str]  # the places of those of which a version was read, or seen again
    contents: frozenset[str]  # the places of which S3 was asked for digests


def _says() -> Iterator[End]:
    """The ends of edges that the records of each kind say."""
    for kind in KINDS.values():
        for one in kind.references:
            inward = RELATIONS[one.relation].inward != one.inverse
            yield kind.name, one.relation, TARGET if inward else SOURCE
            if one.evidence == "logged":
                yield kind.name, "may-take", TARGET
            if one.relation == "mentions" and kind.job:
                yield from ((kind.name, "may-read", TARGET), (kind.name, "may-write", SOURCE))


def _words(words: Iterable[str]) -> str:
    """Some words as SQL."""
    return f"({', '.join(map(repr, sorted(words)))})"


SAYS = frozenset(_says())
_LENDERS = frozenset(kind.borrows[0] for kind in KINDS.values() if kind.borrows[0])
# To what is made anew with its reader: what it runs, down to the parts of the model.
_RUNS = ("configures", "deploys", "instantiates")
NAMES_MODEL = ("provides", "reads")


class Met(NamedTuple):
    """A node that stands for a record: its kind, and the id of the record, which all its lifetimes share."""

    kind: str
    record: str


class At(NamedTuple):
    """The ends of an edge, and what decides who says it."""

    source: str
    target: str
    relation: str
    usage: str


class Region:
    """The records whose edges are made anew, and those that are only asked what they say about these."""

    def __init__(self, joining: Joining, changed: Changed, read: Read, read_earlier: Read) -> None:
        self._joining = joining
        self._changed = changed
        self._read, self._read_earlier = read, read_earlier
        self._resolve = resolver(joining)
        self.anew: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()  # the ends of associations that are made anew
        self.renamed: set[str] = set()  # unread things whose first naming is looked for again
        self._said: dict[str, list[_Saying]] = {}  # by record, also of those that are only asked
        self._known: dict[str, Met | None] = {}
        self._lived: set[str] = set()  # the changed records whose name was used more than once

    def grow(self) -> None:
        """Find all records whose edges the changes may alter, and make the edges of each."""
        todo = self._observed()
        self._say(todo)
        todo |= self._readers(self._changed.manifests) | self._by_name()
        while todo:
            self.anew |= todo
            if len(self.anew) > MOST:
                raise TooMuch
            self._say(todo)
            edges = [*self._edges(self._nodes(todo)), *self._said_by(todo)]
            todo = set(self._beyond(edges)) - self.anew
        self._say(self._namers())

    def told(self) -> Iterator[Said]:
        """What all of them say, in the order of the first join: it decides which of two equal statements counts."""
        for one in sorted((one for every in self._said.values() for one in every), key=lambda one: one.order):
            yield one.nodes, one.edges

    def nodes_anew(self) -> Iterator[Row]:
        """The nodes of the records that are made anew, with their kinds."""
        nodes = self._nodes(self.anew)
        self._meet(nodes)
        return ((node, met.kind) for node in nodes if (met := self._known[node]))

    # --- what they say --------------------------------------------------------------------------

    def _observed(self) -> set[str]:
        """The changed records as nodes; the records that named them, or others of their name, when they were unread."""
        records = list(self._read(self._changed.records))
        if not all(one.name.isascii() and one.id.isascii() for one in records):
            raise TooMuch
        self._note_pairs(one for one in records if KINDS[one.kind].between)
        records = [one for one in records if not KINDS[one.kind].between]
        self._lived = {one.id for one, other in pairwise(records) if one.id == other.id}
        nodes = [observed_node(identity, record) for identity, record in lives(records)]
        self._insist_same_names(nodes)
        self._joining.observe(nodes)
        alike = {
            row[0]
            for node in nodes
            for row in self._joining.select(_CALLED_SO, node.name, node.kind, node.account or "", node.region or "")
        }
        named = self._edges(alike - {node.id for node in nodes})
        self._meet({end for edge in named for end in edge[:2]})
        ends = (self._known[end] for edge in named for end in edge[:2])
        associations = self._associations(At(source, target, "associated", "") for source, target in self.pairs)
        return {*self._changed.records, *associations, *(met.record for met in ends if met)}

    def _note_pairs(self, associations: Iterable[Resource]) -> None:
        """The ends of changed associations: which edges there are between two ends is found anew from all between these."""
        for one in associations:
            for edge in said(("", one), self._resolve, self._joining)[1]:
                if not one.id.startswith(f"{edge.source}#{edge.target}#"):
                    raise TooMuch  # then others between these ends would not be found
                self.pairs.add((edge.source, edge.target))

    def _associations(self, edges: Iterable[At]) -> set[str]:
        """The ids of all associations between the ends of some edges."""
        pairs = sorted({edge[:2] for edge in edges if edge.relation == "associated"})
        return {one for pair in pairs for (one,) in self._joining.select(_BETWEEN, "#".join(pair))}

    def _insist_same_names(self, nodes: list[Node]) -> None:
        for node in nodes:
            for kind, account, region, name in self._joining.select(_KNOWN_AS, node.id):
                if (kind, account, region, name.casefold()) != (node.kind, node.account, node.region, node.name.casefold()):
                    raise TooMuch

    def _readers(self, manifests: Iterable[str]) -> set[str]:
        """The records that read manifests at some places: now it may be known what they read."""
        found = [edge for edge in self._edges(manifests) if edge.relation == "reads"]
        self._meet({edge.target for edge in found})
        return {met.record for edge in found if (met := self._known[edge.target])}

    def _by_name(self) -> set[str]:
        """The records that read or write by name what the changed ones give, or gave, a place."""
        names = self._joining.select(_OWN_NAMES, json.dumps(self._nodes(self._changed.records)))
        edges = self._edges(row[0] for row in names)
        self._meet({end for edge in edges for end in edge[:2]})
        return {met.record for edge in edges for end in edge[:2] if (met := self._known[end])}

    def _say(self, ids: Iterable[str]) -> None:
        """Read records, all their lifetimes and versions, and note what each says."""
        fresh = set(ids) - self._said.keys()
        records, earlier = list(self._read(fresh)), list(self._read_earlier(fresh))
        self._lend([*records, *earlier])
        self._said |= {one: [] for one in fresh}
        for number, (identity, record) in enumerate(lives(records)):
            nodes, edges = said((identity, record), self._resolve, self._joining)
            self._said[record.id].append(_Saying((False, record.id, record.created or "", number), nodes, edges))
        for number, record in enumerate(earlier):
            nodes, edges = once_said(record, self._resolve, self._joining)
            self._said[record.id].append(_Saying((True, record.id, record.created or "", number), nodes, edges))

    def _lend(self, records: list[Resource]) -> None:
        """What some records borrow from others."""
        fields = ((record, KINDS[record.kind].borrows) for record in records)
        named = {str(record.body.get(field) or "") for record, (kind, field, _) in fields if kind}
        for _ in lending(lives(self._read({parse_arn(one).id for one in named if is_arn(one)})), self._joining):
            pass

    def _said_by(self, ids: Iterable[str]) -> list[At]:
        return [
            At(edge.source, edge.target, edge.relation, edge.usage)
            for one in ids
            for saying in self._said[one]
            for edge in saying.edges
        ]

    # --- what the graph holds -------------------------------------------------------------------

    def _nodes(self, ids: Iterable[str]) -> list[str]:
        """The nodes of records, one for each lifetime."""
        return [row[0] for row in self._joining.select(_LIVES, json.dumps(sorted(ids)))]

    def _edges(self, nodes: Iterable[str]) -> list[At]:
        """The edges at some nodes before the changes."""
        return [At(*row) for row in self._joining.select(_AT, json.dumps(sorted(nodes)))]

    def _meet(self, nodes: Iterable[str]) -> None:
        """Find out which nodes stand for records."""
        fresh = set(nodes) - self._known.keys()
        self._known |= dict.fromkeys(fresh)
        for node, kind, arn in self._joining.select(_MET, json.dumps(sorted(fresh))):
            self._known[node] = Met(kind, parse_arn(arn).id)

    # --- which records depend on others ---------------------------------------------------------

    def _beyond(self, edges: list[At]) -> Iterator[str]:
        """The records whose edges may be others because these edges are, or may be, others."""
        self._meet({end for edge in edges for end in edge[:2]})
        for edge in edges:
            one, other = self._known[edge.source], self._known[edge.target]
            if one and other:
                yield from self._depending(edge.relation, edge.usage, one, other)

    def _depending(self, relation: str, usage: str, one: Met, other: Met) -> Iterator[str]:
        """The ends of an edge between two records that depend on each other by it."""
        both = (one.kind, relation, SOURCE) in SAYS and (other.kind, relation, TARGET) in SAYS
        changed = {one.record, other.record} & self._changed.records
        lends = relation == "member-of" and other.kind in _LENDERS and other.record in changed
        if both or relation == "recorded-by" or changed & self._lived or lends:
            yield from (one.record, other.record)
        runs = relation in _RUNS or (relation in NAMES_MODEL and usage == "model")
        if runs and other.record in self.anew and one.kind in CARRIERS:
            yield one.record
        if relation in (*RUNNING, "may-take") and one.record in changed:
            # when it began to run, and what it named, depends on when the named thing was created; what a text names, on
            # where that wrote
            yield other.record

    def _namers(self) -> set[str]:
        """The records that name the same unread things: the first one says how these are called."""
        before, now = self._edges(self._nodes(self.anew)), self._said_by(self.anew)
        ends = {end for edge in (*before, *now) for end in edge[:2]}
        found = set[str]()
        for (thing,) in self._joining.select(_UNREAD, json.dumps(sorted(ends))):
            beside = [At(*row) for row in self._joining.select(_BESIDE, thing, str(NAMERS))]
            if len(beside) < NAMERS:
                ends = {end for edge in beside for end in edge[:2]}
                self._meet(ends)
                found |= {met.record for one in ends if (met := self._known[one])} | self._associations(beside)
                self.renamed.add(thing)
            elif self._is_unsure(thing, before, now):
                raise TooMuch
        return found

    def _is_unsure(self, thing: str, before: list[At], now: list[At]) -> bool:
        """Whether what names a thing first may be another record now: one does not name it any more, or has other versions."""
        named, still = (
            {name for edge in edges if thing in edge[:2] for name in self._naming(thing, edge)} for edges in (before, now)
        )
        return not named <= still or any(len(self._said[one]) > 1 for one in named | still if one in self._said)

    def _naming(self, thing: str, edge: At) -> Iterator[str]:
        """What names a thing by an edge: the record at the other end, or the association, if that is made anew."""
        if edge.relation == "associated":
            yield from self._associations([edge]) if edge[:2] in self.pairs else ()
        else:
            yield from (met.record for end in edge[:2] if end != thing and (met := self._known.get(end)))


class _Saying(NamedTuple):
    """What one version of a record says, and where it stands in the order of all."""

    order: tuple[bool, str, str, int]
    nodes: list[Node]
    edges: list[Edge]


_IDS = "(SELECT value FROM json_each(?1))"
_CALLED_SO = "SELECT id FROM main.node WHERE name = ? COLLATE NOCASE AND +kind = ? AND account = ? AND region = ?"
_KNOWN_AS = "SELECT kind, account, region, name FROM main.node WHERE id = ? AND observed"
_LIVES = """
    SELECT node.id FROM json_each(?1) AS asked CROSS JOIN main.node ON node.id = asked.value
    UNION SELECT node.id FROM json_each(?1) AS asked CROSS JOIN main.node
    ON node.id > asked.value || '@' AND node.id < asked.value || 'A' WHERE observed"""
_AT = f"""
    SELECT source, target, relation, usage FROM main.edge WHERE source IN {_IDS}
    UNION SELECT source, target, relation, usage FROM main.edge WHERE target IN {_IDS}"""  # noqa: S608  (our own words)
_BESIDE = """
    SELECT source, target, relation, usage FROM main.edge WHERE target = ?1
    UNION ALL SELECT source, target, relation, usage FROM main.edge WHERE source = ?1 LIMIT ?2"""
_MET = f"SELECT id, kind, arn FROM main.node WHERE id IN {_IDS} AND observed AND arn IS NOT NULL"  # noqa: S608
# The id of an association begins with those of its ends.
_BETWEEN = "SELECT DISTINCT id FROM record WHERE id > ?1 || '#' AND id < ?1 || '$'"
_OWN_NAMES = f"SELECT name FROM main.lies WHERE record IN {_IDS} UNION SELECT name FROM fresh_lies WHERE record IN {_IDS}"  # noqa: S608
_WITHOUT_RECORD = (*PLACES, IMAGE, WEIGHTS, CONTENT.name)
_UNREAD = f"""
    SELECT id FROM main.node WHERE id IN {_IDS} AND NOT observed AND kind NOT IN {_words(_WITHOUT_RECORD)}"""  # noqa: S608
