"""Joins a graph again after a crawl: only what the changed records can have changed.

Which edges there are is decided record by record, so this file finds the records whose edges may be others now (`_Region`):
the changed ones, and from each of these on, along the rules of `_beyond`, all whose edges depend on it. Their edges are made
anew by the same code as in the first join, and replace those that they had (`Patching`). An edge belongs to the record that
says it: the table of kinds tells which one (`_SAYS`). Where both ends may say it, both are made anew.

What this file does not surely handle it refuses, with `TooMuch`. Then everything is joined from the beginning. So the first
join is also the measure of this one: tests compare their tables after many random crawls.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from lineage.domain.kinds import CARRIERS, CONTENT, DATASET, IMAGE, KINDS, PLACES, RELATIONS, WEIGHTS
from lineage.domain.names import Span, is_arn, is_place, parse_arn
from lineage.domain.records import Edge, Node, Resource, Window
from lineage.graphs.counts import count
from lineage.graphs.derive import (
    OnStep,
    Said,
    folders,
    join_places,
    lending,
    lives,
    observed_node,
    once_said,
    resolver,
    said,
    without_echoes,
)
from lineage.graphs.patched_places import FORGET_CONTENTS, Crowded, patch_places
from lineage.graphs.place_names import place_names
from lineage.graphs.readers import read_where_it_runs
from lineage.graphs.tables import ODD_MODEL, ODD_NAME, Joining, pin_row
from lineage.snapshot.manifests import Listings
from lineage.snapshot.rows import node_row
from lineage.snapshot.schema import UNREAD
from lineage.snapshot.tables import Row

Read = Callable[[Iterable[str]], Iterable[Resource]]
"""Reads the records of some ids."""

MOST = 20_000  # records that are made anew; of more, all are
NAMERS = 50  # records that name one unread thing, and are asked which of them names it first

SOURCE, TARGET = "source", "target"
End = tuple[str, str, str]
"""A kind, a relation, and the end of an edge at which a record of that kind says the relation."""


class TooMuch(Exception):  # noqa: N818  (no error: everything is joined from the beginning)
    """What changed can't be brought into the graph alone."""


class Changed(NamedTuple):
    """What the graph does not hold yet: the ids of records that changed or were only read again, and places of manifests."""

    records: frozenset[str]
    again: frozenset[str]
    manifests: frozenset[str]
    contents: frozenset[str]


def _says() -> Iterator[End]:
    """The ends of edges that the records of each kind say."""
    for kind in KINDS.values():
        for one in kind.references:
            inward = RELATIONS[one.relation].inward != one.inverse
            yield kind.name, one.relation, TARGET if inward else SOURCE
            if one.relation == "mentions" and kind.job:
                yield from ((kind.name, "may-read", TARGET), (kind.name, "may-write", SOURCE))


def _words(words: Iterable[str]) -> str:
    """Some words as SQL."""
    return f"({', '.join(map(repr, sorted(words)))})"


_SAYS = frozenset(_says())
_LENDERS = frozenset(kind.borrows[0] for kind in KINDS.values() if kind.borrows[0])
# To what is made anew with its reader: what it runs, down to the parts of the model.
_RUNS = ("configures", "deploys", "instantiates")
_NAMES_MODEL = ("provides", "reads")


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


def owned(edge: str) -> str:
    """Whether an edge belongs to a record that is made anew, as SQL."""
    return f"""EXISTS (SELECT 1 FROM mine JOIN says USING (kind) WHERE says.relation = {edge}.relation
        AND mine.id = iif(says.at = '{SOURCE}', {edge}.source, {edge}.target))"""  # noqa: S608  (our own words)


class Patching(Joining):
    """The tables of a graph that stays, while the edges of some records are made anew."""

    lived_before = True

    def __init__(self, db: sqlite3.Connection, listings: Listings) -> None:
        super().__init__(db, listings)
        self.run("CREATE TEMP TABLE fresh_pin AS SELECT * FROM main.pin WHERE false")
        self.run("CREATE TEMP TABLE fresh_lies AS SELECT * FROM main.lies WHERE false")

    def observe(self, nodes: Iterable[Node]) -> None:
        """The nodes of records that are made anew."""
        nodes = list(nodes)
        self.run("CREATE TEMP TABLE altered (id PRIMARY KEY) WITHOUT ROWID")
        self.put("INSERT INTO altered VALUES (?)", ((node.id,) for node in nodes))
        self.run("CREATE TEMP TABLE was_node AS SELECT * FROM main.node WHERE id IN (SELECT id FROM altered)")
        self.put("INSERT OR REPLACE INTO main.node VALUES (?,?,?,?,?,?,?,?,?,?,?)", map(node_row, nodes))

    def _id_of(self, kind: str, account: str, region: str, name: str) -> str | None:
        sql = """SELECT id FROM main.node WHERE name = ? COLLATE NOCASE AND +kind = ? AND account = ? AND region = ?
                 AND observed AND instr(id, '@') = 0 ORDER BY id DESC LIMIT 1"""
        found = self.select(sql, name, kind, account, region)
        return str(found[0][0]) if found else None

    def pin(self, place: str, digest: str, window: Window | None, by: str) -> None:
        """The same, kept apart: some records are only asked."""
        self.put("INSERT INTO fresh_pin VALUES (?,?,?,?,?)", [pin_row(place, digest, window, by)])

    def lies_at(self, name: str, place: str, span: Span, by: str) -> None:
        """The same, kept apart as well."""
        self.put("INSERT INTO fresh_lies VALUES (?,?,?,?)", [(name, place, span, by)])

    def begin(self, anew: Iterable[Row], contents: Iterable[str]) -> None:
        """The nodes that are made anew, the ends of edges that they say, and places whose content was asked for."""
        self.run("CREATE TEMP TABLE asked_contents (place)")
        self.put("INSERT INTO asked_contents VALUES (?)", ((place,) for place in contents))
        self.run("CREATE TEMP TABLE mine (id PRIMARY KEY, kind) WITHOUT ROWID")
        self.put("INSERT INTO mine VALUES (?,?)", anew)
        self.run("DELETE FROM main.lies WHERE record IN (SELECT id FROM mine)")
        self.run("INSERT OR IGNORE INTO main.lies SELECT * FROM fresh_lies WHERE record IN (SELECT id FROM mine)")
        self.run("CREATE TEMP TABLE says (kind, relation, at, PRIMARY KEY (kind, relation, at)) WITHOUT ROWID")
        self.put("INSERT INTO says VALUES (?,?,?)", sorted(_SAYS))

    def rename(self, things: Iterable[str]) -> None:
        """Let the first naming of some unread things count again. Raises `TooMuch` if another thing is called otherwise now."""
        self.put_down()
        self.run("CREATE TEMP TABLE renamed (id PRIMARY KEY) WITHOUT ROWID")
        self.put("INSERT INTO renamed VALUES (?)", ((one,) for one in things))
        if self.select(_CALLED_OTHERWISE):
            raise TooMuch
        self.run("DELETE FROM main.node WHERE id IN (SELECT id FROM renamed) AND id IN (SELECT id FROM named)")
        self.run("CREATE TEMP TABLE touched AS SELECT DISTINCT id FROM named")

    def add_runs(self) -> None:
        """What other records say about the things that run the models whose parts are made anew."""
        for statement in _FOREIGN.split(";\n"):
            self.run(statement)


    def replace_edges(self) -> None:
        """Put the new edges of the remade records in the place of those that they had, and forget what nothing names now."""
        for statement in _REPLACE.split(";\n"):
            self.run(statement)
        self.define("around", 1, lambda place: json.dumps([form for one in folders(place) for form in (one, f"{one}/")]))
        for statement in _IS_MODEL.split(";\n"):
            self.run(statement)
        if self.select(_LOST_MODEL) or self.select(_ODD):
            raise TooMuch
        self.run(_FORGET)

    def read_again(self, records: Iterable[str]) -> None:
        """Note the last crawl that read some records."""
        self.put(_READ_AGAIN, ({"record": one} for one in sorted(records)))

    def index(self) -> None:
        """The indices stay; what is counted is counted anew."""
        count(self._db)

    def join_places(self, on_step: OnStep) -> None:
        """Find out what follows from the places of the edges that are other than before, or else of all."""
        on_step("joining places", 0)
        self.run("SAVEPOINT places")
        try:
            patch_places(self)
        except Crowded:
            self.run("ROLLBACK TO places")
            self.reset_places()
            join_places(self, on_step)
        self.run("RELEASE places")

    def reset_places(self) -> None:
        """Take back what was found out about places: the next steps find it out again."""
        for statement in _RESET.split(";\n"):
            self.run(statement)


# What is named as another thing than before. Of places each name says the same.
_CALLED_OTHERWISE = f"""
    SELECT 1 FROM named AS now JOIN main.node AS was USING (id)
    WHERE NOT (was.observed AND was.arn IS NOT NULL) AND id NOT IN (SELECT id FROM renamed) AND iif(
        was.kind IN {PLACES}, now.kind != '{DATASET.name}',
        (now.kind, now.name, now.account, now.region, now.arn) IS NOT (was.kind, was.name, was.account, was.region, was.arn))
    LIMIT 1"""  # noqa: S608  (our own words)
_MAKES = "relation = 'writes' AND usage = 'model' AND evidence = 'declared' AND span IS NOT NULL"
_LEARNS = "relation = 'reads' AND evidence = 'declared' AND span IS NOT NULL"
_REPLACE = f"""
CREATE TEMP TABLE was AS SELECT edge.rowid AS number, edge.* FROM main.edge WHERE rowid IN (
    SELECT edge.rowid FROM mine CROSS JOIN main.edge ON edge.source = mine.id
    UNION SELECT edge.rowid FROM mine CROSS JOIN main.edge ON edge.target = mine.id) AND {owned("edge")};
CREATE TEMP TABLE was_left AS SELECT left_out.rowid AS number, left_out.* FROM main.left_out WHERE rowid IN (
    SELECT left_out.rowid FROM mine CROSS JOIN main.left_out ON left_out.source = mine.id
    UNION SELECT left_out.rowid FROM mine CROSS JOIN main.left_out ON left_out.target = mine.id) AND {owned("left_out")};
DELETE FROM main.left_out WHERE rowid IN (SELECT number FROM was_left);
DELETE FROM main.edge WHERE rowid IN (SELECT number FROM was);
CREATE TEMP TABLE top AS SELECT ifnull(max(rowid), 0) AS number FROM main.edge;
CREATE TEMP TABLE fresh AS SELECT source, target, relation, role, usage, path, evidence, iif(timed, opens, NULL) AS opens,
    iif(timed, closes, NULL) AS closes, span, listing, reader, settled, opaque FROM fact WHERE {owned("fact")};
DELETE FROM fact;
INSERT INTO main.edge SELECT * FROM fresh;
INSERT INTO touched SELECT source FROM was UNION SELECT target FROM was UNION SELECT source FROM fresh UNION SELECT target FROM fresh;
CREATE TEMP TABLE was_pin AS SELECT * FROM main.pin WHERE record IN (SELECT id FROM mine);
DELETE FROM main.pin WHERE record IN (SELECT id FROM mine);
INSERT OR IGNORE INTO main.pin SELECT * FROM fresh_pin WHERE record IN (SELECT id FROM mine);
CREATE TEMP TABLE maker AS
    SELECT rtrim(target, '/') AS place, source AS job, 1 AS is_new FROM fresh WHERE {_MAKES}
    EXCEPT SELECT rtrim(target, '/'), source, 1 FROM was WHERE {_MAKES};
INSERT INTO maker SELECT rtrim(target, '/'), source, 0 FROM was WHERE {_MAKES}
    EXCEPT SELECT rtrim(target, '/'), source, 0 FROM fresh WHERE {_MAKES}
""".strip()  # noqa: S608  (our own words)
# Readers of a place that may have got the model of another job: those made anew, and those of places of new models.
_IN_MODEL = """(rtrim(edge.source, '/') = maker.place OR instr(edge.source, maker.place || '/') = 1)"""
_INSIDE = f"FROM maker CROSS JOIN main.edge INDEXED BY edge_source ON edge.source >= maker.place AND edge.source < maker.place || '0' WHERE {_IN_MODEL}"
_LOST_MODEL = f"SELECT 1 {_INSIDE} AND NOT is_new AND {_LEARNS} AND usage = 'model' AND NOT {owned('edge')} LIMIT 1"  # noqa: S608
_IS_MODEL = f"""
CREATE TEMP TABLE learner AS SELECT edge.rowid AS number, edge.span FROM (
    SELECT edge.rowid AS number FROM mine CROSS JOIN main.edge ON edge.target = mine.id AND relation = 'reads'
    UNION SELECT edge.rowid {_INSIDE} AND is_new AND relation = 'reads') AS one CROSS JOIN main.edge ON edge.rowid = number
    WHERE {_LEARNS} AND usage = 'data' AND EXISTS (
        SELECT 1 FROM json_each(around(edge.source)) AS form CROSS JOIN main.edge AS made ON made.target = form.value
        WHERE made.relation = 'writes' AND made.usage = 'model' AND made.evidence = 'declared' AND made.span IS NOT NULL
        AND made.source != edge.target AND partition_of(made.source) = partition_of(edge.target));
UPDATE main.edge SET usage = 'model' WHERE rowid IN (SELECT number FROM learner)
""".strip()  # noqa: S608  (our own words)
_ODD = f"""
    SELECT 1 FROM learner WHERE span = 'named' UNION ALL SELECT 1 FROM fresh WHERE {ODD_MODEL}
    UNION ALL SELECT 1 FROM touched JOIN main.node USING (id) WHERE {ODD_NAME}
    UNION ALL SELECT 1 FROM touched JOIN main.node USING (id) WHERE kind = '{IMAGE}' AND EXISTS (
        SELECT 1 FROM main.edge WHERE source = id AND (relation < 'provides' OR relation > 'provides'))
    UNION ALL SELECT 1 FROM touched JOIN main.node USING (id) WHERE kind = '{WEIGHTS}' AND EXISTS (
        SELECT 1 FROM main.edge WHERE source = id AND usage != '{WEIGHTS}')
    UNION ALL SELECT 1 FROM touched JOIN main.node USING (id) WHERE kind IN {PLACES} AND EXISTS (
        SELECT 1 FROM main.edge WHERE source = id AND (relation = 'provides' OR (relation = 'loads' AND usage = '{WEIGHTS}')))
    LIMIT 1"""  # noqa: S608  (our own words)
_FORGET = f"""
    DELETE FROM main.node WHERE id IN (SELECT id FROM touched) AND NOT (observed AND arn IS NOT NULL) AND kind != '{CONTENT.name}'
    AND NOT EXISTS (SELECT 1 FROM main.edge WHERE source = node.id) AND NOT EXISTS (SELECT 1 FROM main.edge WHERE target = node.id)"""
_READ_AGAIN = """
    UPDATE main.node SET details = json_set(details, '$.crawl', (
        SELECT max(last_crawl) FROM record WHERE record.id = :record AND record.created = ifnull(node.created, '')))
    WHERE id IN (SELECT :record UNION SELECT id FROM main.node WHERE id > :record || '@' AND id < :record || 'A')
    AND observed AND arn IS NOT NULL"""
_RESET = f"""
INSERT INTO main.edge SELECT * FROM main.left_out;
DELETE FROM main.left_out;
{FORGET_CONTENTS};
UPDATE main.node SET details = json_remove(details, '$.unread') WHERE {UNREAD};
UPDATE main.node SET kind = '{DATASET.name}', observed = 1 WHERE kind IN ('artifact', 'code');
DELETE FROM main.level;
DELETE FROM main.together;
DELETE FROM main.lists;
DELETE FROM main.unexplained;
DELETE FROM main.silent;
DELETE FROM main.counted
""".strip()  # noqa: S608  (our own words)
_FOREIGN = f"""
CREATE TEMP TABLE held (id PRIMARY KEY) WITHOUT ROWID;
INSERT INTO held SELECT DISTINCT target FROM fact WHERE relation IN ('loads', 'instantiates');
INSERT OR IGNORE INTO held SELECT target FROM main.edge WHERE relation = 'instantiates' AND source IN (SELECT id FROM held);
CREATE TEMP TABLE foreign_run AS
    SELECT edge.* FROM held CROSS JOIN main.edge ON source = held.id
    WHERE relation IN ('deploys', 'instantiates') OR (relation IN {_NAMES_MODEL} AND usage = 'model')
    UNION ALL SELECT named.* FROM (
        SELECT target AS id FROM held CROSS JOIN main.edge ON source = held.id AND relation = 'deploys'
        UNION SELECT target FROM held CROSS JOIN fact ON source = held.id AND relation = 'deploys') AS config
    CROSS JOIN main.edge AS named ON named.source = config.id AND named.relation = 'configures';
INSERT OR IGNORE INTO fact SELECT source, target, relation, role, usage, path, evidence, ifnull(opens, ''), ifnull(closes, ''),
    opens IS NOT NULL, span, listing, reader, settled, opaque FROM foreign_run WHERE NOT {owned("foreign_run")};
DROP TABLE temp.foreign_run;
DROP TABLE temp.held
""".strip()  # noqa: S608  (our own words)


class _Region:
    """The records whose edges are made anew, and those that are only asked what they say about these."""

    def __init__(self, joining: Patching, changed: Changed, read: Read, read_earlier: Read) -> None:
        self._joining = joining
        self._changed = changed
        self._read, self._read_earlier = read, read_earlier
        self._resolve = resolver(joining)
        self.anew: set[str] = set()
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
            self._insist_unassociated(edges)
            todo = set(self._beyond(edges)) - self.anew
        self._say(self._namers())

    def told(self) -> Iterator[Said]:
        """What all of them say, in the order of the first join: it decides which of two equal statements counts."""
        for one in sorted((one for said in self._said.values() for one in said), key=lambda one: one.order):
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
        if any(KINDS[one.kind].between or not one.name.isascii() for one in records):
            raise TooMuch
        self._lived = {one.id for one, other in pairwise(records) if one.id == other.id}
        nodes = [observed_node(identity, record) for identity, record in lives(records)]
        self._insist_same_names(nodes)
        self._joining.observe(nodes)
        alike = {row[0] for node in nodes for row in self._joining.select(_CALLED_SO, node.name, node.kind, node.account, node.region)}
        named = self._edges(alike - {node.id for node in nodes})
        self._insist_unassociated(named)
        self._meet({end for edge in named for end in edge[:2]})
        ends = (self._known[end] for edge in named for end in edge[:2])
        return {*self._changed.records, *(met.record for met in ends if met)}

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
            At(edge.source, edge.target, edge.relation, edge.usage) for one in ids for saying in self._said[one] for edge in saying.edges
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

    def _insist_unassociated(self, edges: list[At]) -> None:
        """What people associate with each other gets edges from all that stands for it: left to the first join."""
        ends = {end for edge in edges for end in edge[:2] if not is_place(end)}
        if self._joining.select(_ASSOCIATED, json.dumps(sorted(ends))):
            raise TooMuch

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
        both = (one.kind, relation, SOURCE) in _SAYS and (other.kind, relation, TARGET) in _SAYS
        changed = {one.record, other.record} & self._changed.records
        lends = relation == "member-of" and other.kind in _LENDERS and other.record in changed
        if both or relation == "recorded-by" or changed & self._lived or lends:
            yield from (one.record, other.record)
        runs = relation in _RUNS or (relation in _NAMES_MODEL and usage == "model")
        if runs and other.record in self.anew and one.kind in CARRIERS:
            yield one.record
        if relation == "configures" and one.record in changed:
            yield other.record  # when it began to run depends on when the config was created

    def _namers(self) -> set[str]:
        """The records that name the same unread things: the first one says how these are called."""
        before, now = self._edges(self._nodes(self.anew)), self._said_by(self.anew)
        ends = {end for edge in (*before, *now) for end in edge[:2]}
        found = set[str]()
        for (thing,) in self._joining.select(_UNREAD, json.dumps(sorted(ends))):
            edges = self._edges([thing])
            others = {end for edge in edges for end in edge[:2]} - {thing}
            self._meet(others)
            namers = {met.record for one in others if (met := self._known[one])}
            if len(namers) <= NAMERS:
                found |= namers
                self.renamed.add(thing)
            elif self._is_unsure(thing, before, now):
                raise TooMuch
        return found

    def _is_unsure(self, thing: str, before: list[At], now: list[At]) -> bool:
        """Whether what names a thing first may be another record now: one does not name it any more, or has other versions."""
        named, still = (
            {met.record for edge in edges if thing in edge[:2] for end in edge[:2] if end != thing and (met := self._known.get(end))}
            for edges in (before, now)
        )
        return not named <= still or any(len(self._said[one]) > 1 for one in named | still if one in self._said)


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
_MET = f"SELECT id, kind, arn FROM main.node WHERE id IN {_IDS} AND observed AND arn IS NOT NULL"  # noqa: S608
_ASSOCIATED = f"""
    SELECT 1 FROM main.edge WHERE source IN {_IDS} AND relation = 'associated'
    UNION ALL SELECT 1 FROM main.edge WHERE target IN {_IDS} AND relation = 'associated' LIMIT 1"""  # noqa: S608
_OWN_NAMES = f"SELECT name FROM main.lies WHERE record IN {_IDS} UNION SELECT name FROM fresh_lies WHERE record IN {_IDS}"  # noqa: S608
_WITHOUT_RECORD = (*PLACES, IMAGE, WEIGHTS, CONTENT.name)
_UNREAD = f"""
    SELECT id FROM main.node WHERE id IN {_IDS} AND NOT observed AND kind NOT IN {_words(_WITHOUT_RECORD)}"""  # noqa: S608


# --- the patch ----------------------------------------------------------------------------------


def join_again(
    db: sqlite3.Connection,
    changed: Changed,
    read: Read,
    read_earlier: Read,
    on_step: OnStep = lambda _doing, _done: None,
    *,
    listings: Listings,
) -> None:
    """Bring what changed into the graph. Raises `TooMuch` if that is not surely possible: then the tables are half done.

    `read` gives the records of some ids, ordered as for the first join, and `read_earlier` their replaced versions.
    """
    on_step("finding what changed", 0)
    joining = Patching(db, listings)
    region = _Region(joining, changed, read, read_earlier)
    region.grow()
    joining.begin(region.nodes_anew(), changed.contents)
    for nodes, edges in region.told():
        joining.say(nodes, edges)
    joining.rename(region.renamed)
    joining.settle()
    read_where_it_runs(joining)
    without_echoes(joining)
    place_names(joining)
    joining.replace_edges()
    joining.read_again(changed.again - changed.records)
    joining.join_places(on_step)
    joining.close()
