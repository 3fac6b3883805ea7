"""Lineage entities, which people write: turns the possible data flow along associations into reads and writes.

An entity reads what contributed to it and writes to its location, like a run, so every question follows it. What the
records at an association's ends say themselves is left out: SageMaker associates each job with what it reads and writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, starmap
from operator import attrgetter
from typing import NamedTuple

from lineage.domain.kinds import FEATURE_GROUP, GROUPS, SERVERS
from lineage.domain.kinds.lineage_entities import (
    DIRECTED,
    GATHERING,
    GATHERING_TYPES,
    LIES_THERE,
    PRODUCED,
    SHARED_TYPES,
    SOURCE,
    THINGS,
)
from lineage.domain.names import Span, is_place
from lineage.domain.records import Edge
from lineage.graphs.tables import Joining

FORTH, BACK = 1, 2
SAYS_SO = "AssociationType"  # the path of the edges that only associations say


class End(NamedTuple):
    """One end of an association: its kind, its type from its creator, and the kind of the record that it stands for."""

    kind: str
    type: str = ""
    of: str = ""

    @property
    def gathers(self) -> bool:
        """Whether it groups things that may be unrelated."""
        return self.kind in GATHERING or self.type in GATHERING_TYPES

    @property
    def keeps(self) -> bool:
        """Whether nothing gets through it from one of its neighbours to another: images, groups, what serves."""
        return self.type in SHARED_TYPES or bool({self.kind, self.of} & {*GROUPS, *SERVERS})


def ways(role: str, source: End, target: End) -> int:
    """The possible directions of data along an association of some type: `FORTH`, `BACK`, both or neither."""
    forth, back = True, role not in DIRECTED and not (source.gathers or target.gathers)
    if role == PRODUCED and source.kind in THINGS and target.kind not in THINGS:
        forth, back = False, True  # a thing produces nothing: the association was written the wrong way round
    return FORTH * (forth and _leads(source, target)) | BACK * (back and _leads(target, source))


def _leads(source: End, target: End) -> bool:
    """Whether data can get from one into the other; a deployment deployed its things and did not make them."""
    return not (source.keeps or (source.type in GATHERING_TYPES and target.kind in THINGS))


class Flow(NamedTuple):
    """A possible flow of data from one end of an association to the other, with what each end is and where it is."""

    source: str
    target: str
    role: str
    source_kind: str
    target_kind: str
    read: tuple[str, ...]
    lies: tuple[str, ...]


def associated(joining: Joining, nodes: str = "main.node") -> Iterator[Edge]:
    """The reads and writes that only associations say, each once, with the association's type as its role.

    `nodes` is the table that tells the kind and the details of the nodes that the facts name.
    """
    if not joining.select("SELECT 1 FROM fact WHERE relation = 'associated' LIMIT 1"):
        return
    joining.define("ways", 7, lambda role, *ends: ways(role, End(*ends[:3]), End(*ends[3:])))
    joining.define("within", 2, _within)
    for statement in (*_ROOM.replace(_NODES, nodes).split(";\n"), *starmap(_echo, _ECHOES)):
        joining.run(statement)
    for _, into in groupby(_flows(joining), key=attrgetter("target")):
        yield from dict.fromkeys(edge for flow in into for edge in _edges(flow))
    for statement in _LEAVE.split(";\n"):
        joining.run(statement)


def _within(place: str, around: str) -> bool:
    """Whether a place is another one, or inside it."""
    return f"{place.rstrip('/')}/".startswith(f"{around.rstrip('/')}/")


def _flows(joining: Joining) -> Iterator[Flow]:
    rows = joining.each("""
        SELECT source, target, role, one.kind, other.kind FROM flow
        JOIN ends AS one ON one.id = source JOIN ends AS other ON other.id = target ORDER BY target, source, role""")
    for source, target, role, *kinds in rows:
        lies = [
            joining.select("SELECT thing FROM stands WHERE node = ? AND instr(thing, '://')", end) for end in (source, target)
        ]
        yield Flow(source, target, role, *kinds, *(tuple(place for (place,) in places) for places in lies))


def _edges(flow: Flow) -> Iterator[Edge]:
    """From the location of one end (or the end itself) into the other end, and on to its location."""
    from_place = flow.source_kind in THINGS and flow.read
    for place in flow.read:
        yield _edge(place, flow.target, "reads", flow)
    if not from_place:
        ends = flow.lies if flow.target_kind in THINGS else ()
        yield from (_edge(flow.source, end, "writes", flow) for end in ends or (flow.target,))
    if (from_place or flow.target_kind not in THINGS) and flow.target_kind in LIES_THERE:
        yield from (_edge(flow.target, place, "writes", flow) for place in flow.lies)


def _edge(source: str, target: str, relation: str, flow: Flow) -> Edge:
    span = (Span.PREFIX if relation == "reads" else Span.FOLDER) if is_place(f"{source}{target}") else None
    return Edge(source, target, relation, flow.role, "data", SAYS_SO, "logged", span=span)


_NODES = "{nodes}"
# What an edge stands for: its job by a run, its location by an entity.
STANDS = f"relation IN ('recorded-by', 'mentions') AND (relation = 'recorded-by' OR path = '{SOURCE}')"
# `stands`: what an end of an association stands for: itself, its records, and its location, or that of its feature
# group.
# `flow`: a possible flow of data from a source to a target; `both`: the association gives no direction.
_ROOM = f"""
CREATE TEMP TABLE stands (node, thing, PRIMARY KEY (node, thing)) WITHOUT ROWID;
INSERT INTO stands SELECT source, source FROM fact WHERE relation = 'associated'
    UNION SELECT target, target FROM fact WHERE relation = 'associated';
INSERT OR IGNORE INTO stands SELECT target, source FROM fact WHERE target IN (SELECT node FROM stands WHERE node = thing)
    AND {STANDS};
INSERT OR IGNORE INTO stands SELECT of.node, said.target FROM stands AS of
    JOIN {_NODES} AS node ON node.id = of.thing AND node.kind = '{FEATURE_GROUP.name}'
    JOIN fact AS said ON said.source = of.thing AND said.relation = 'writes' AND instr(said.target, '://');
CREATE TEMP TABLE ends AS SELECT id, kind, ifnull(json_extract(details, '$.type'), '') AS type, ifnull((
        SELECT max(thing.kind) FROM stands JOIN {_NODES} AS thing ON thing.id = stands.thing
        WHERE stands.node = node.id AND stands.thing != node.id), '') AS of
    FROM {_NODES} AS node WHERE id IN (SELECT node FROM stands);
CREATE UNIQUE INDEX temp.ends_id ON ends (id);
CREATE TEMP TABLE flow (source, target, role, both, PRIMARY KEY (target, source, role)) WITHOUT ROWID;
INSERT OR IGNORE INTO flow WITH said AS MATERIALIZED (
        SELECT source, target, fact.role AS role,
            ways(fact.role, one.kind, one.type, one.of, other.kind, other.type, other.of) AS way
        FROM fact JOIN ends AS one ON one.id = source JOIN ends AS other ON other.id = target WHERE relation = 'associated')
    SELECT source, target, role, way = {FORTH | BACK} FROM said WHERE way & {FORTH}
    UNION SELECT target, source, role, way = {FORTH | BACK} FROM said WHERE way & {BACK};
CREATE INDEX temp.fact_read ON fact (target) WHERE relation IN ('reads', 'loads')
""".strip()  # noqa: S608  (our own words)
_LEAVE = """
DROP INDEX temp.fact_read;
DROP TABLE temp.flow;
DROP TABLE temp.ends;
DROP TABLE temp.stands
""".strip()

# What the record at one end says about the place at the other end, the same or the opposite: an uncertain direction is
# taken only from the record.
_READS = "said.target = of.thing AND said.relation IN ('reads', 'loads') AND within(place.thing, said.source)"
_WRITES = """said.source = of.thing AND said.relation = 'writes'
    AND (within(place.thing, said.target) OR within(said.target, place.thing))"""
_ECHOES = [
    ("source", "target", _READS),
    ("target", "source", _WRITES),
    ("source", "target", f"flow.both AND {_WRITES}"),
    ("target", "source", f"(flow.both OR said.relation = 'loads') AND {_READS}"),
]


def _echo(lies: str, record: str, said: str) -> str:
    """A statement that leaves out what the record at one end says about the location of the other end."""
    return f"""
        DELETE FROM flow WHERE EXISTS (
            SELECT 1 FROM stands AS place CROSS JOIN stands AS of CROSS JOIN fact AS said
            WHERE place.node = flow.{lies} AND instr(place.thing, '://') AND of.node = flow.{record} AND {said})"""  # noqa: S608
