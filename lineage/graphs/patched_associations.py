"""What follows from associations in a graph that stays: found anew where an end, what it stands for, or an association changed.

An edge that only associations say has no record that says it: it follows from all that flows into one end. So for each end into
which a flow may be other than before, these edges are made twice by the code of the first join: from the edges as they were,
and as they are now. What differs is taken out, or put in. Flows into other ends are met as well, the same ones both times.
"""

from __future__ import annotations

from collections import Counter

from lineage.domain.kinds import DATASET, PLACES
from lineage.domain.kinds.lineage_entities import CONTRIBUTED
from lineage.domain.records import Edge
from lineage.graphs.associations import SAYS_SO, STANDS, associated
from lineage.graphs.tables import Joining


def patch_associations(joining: Joining, most: int) -> bool:
    """Replace the edges that follow from associations. Returns whether that was surely possible, with `most` of them."""
    for statement in _AFFECTED.split(";\n"):
        joining.run(statement)
    links = len(joining.select(_LINKS, str(most)))
    if joining.select(_LOST) or links == most:
        return False
    if not links:
        return True  # a link that is gone is lost
    before, now = (_follow(joining, tables, nodes) for tables, nodes in (_BEFORE, _NOW))
    if not all(_take_out(joining, edge, many) for edge, many in (before - now).items()):
        return False
    joining.add_edges((now - before).elements())
    return True


def _follow(joining: Joining, tables: tuple[str, ...], nodes: str) -> Counter[Edge]:
    """What the associations say that lead into the affected ends, by the edges of some tables and the nodes of one."""
    for step in _FACTS:
        for table in tables if "{edges}" in step else ("",):
            joining.run(step.format(edges=table))
    joining.run(f"INSERT INTO end_node SELECT id, iif(kind IN {PLACES}, '{DATASET.name}', kind), details FROM {nodes}")  # noqa: S608
    found = Counter(associated(joining, "end_node"))
    for statement in _CLEAR.split(";\n"):
        joining.run(statement)
    return found


def _take_out(joining: Joining, edge: Edge, many: int) -> bool:
    """Take out an edge as often as it is too much; returns whether it was there as often."""
    key = (edge.source, edge.target, edge.relation, edge.role, edge.span or "", str(many))
    found = joining.select(_SAME, *key)
    joining.put("INSERT INTO was SELECT * FROM main.edge WHERE number = ?", found)
    joining.put("DELETE FROM main.edge WHERE number = ?", found)
    return len(found) == many


_TYPE = "ifnull(json_extract({}.details, '$.type'), '')"
_BACK = f"relation = 'associated' AND role != '{CONTRIBUTED}'"  # data may have gone against its direction
# `other_thing`: what is now otherwise an end, says otherwise what it reads and writes, or stands for others than before.
# `other_end`: the ends that stand for such a thing. `into_end`: the ends into which a flow may be other than before.
_AFFECTED = f"""
CREATE TEMP TABLE other_link AS SELECT source, target, role FROM (
    SELECT source, target, role, -1 AS sign FROM was WHERE relation = 'associated'
    UNION ALL SELECT source, target, role, 1 FROM fresh WHERE relation = 'associated')
    GROUP BY source, target, role HAVING sum(sign) != 0;
CREATE TEMP TABLE other_thing AS SELECT iif(relation = 'writes', source, target) AS id FROM (
    SELECT source, target, relation, -1 AS sign FROM was WHERE relation IN ('reads', 'loads', 'writes') OR {STANDS}
    UNION ALL SELECT source, target, relation, -1 FROM was_left WHERE relation = 'loads'
    UNION ALL SELECT source, target, relation, 1 FROM fresh WHERE relation IN ('reads', 'loads', 'writes') OR {STANDS})
    GROUP BY source, target, relation HAVING sum(sign) != 0
    UNION SELECT id FROM was_node AS was JOIN main.node AS now USING (id)
    WHERE (was.kind, {_TYPE.format("was")}) != (now.kind, {_TYPE.format("now")});
CREATE TEMP TABLE other_end AS SELECT id FROM other_thing
    UNION SELECT target FROM other_thing CROSS JOIN main.edge ON source = other_thing.id WHERE {STANDS};
CREATE TEMP TABLE into_end (id PRIMARY KEY) WITHOUT ROWID;
INSERT INTO into_end SELECT id FROM other_end WHERE NOT instr(id, '://') UNION SELECT target FROM other_link
    UNION SELECT source FROM other_link WHERE role != '{CONTRIBUTED}'
    UNION SELECT target FROM other_end CROSS JOIN main.edge ON source = other_end.id WHERE relation = 'associated'
    UNION SELECT source FROM other_end CROSS JOIN main.edge ON target = other_end.id WHERE {_BACK}
""".strip()  # noqa: S608  (our own words)
_LINKS = f"""
    SELECT 1 FROM into_end CROSS JOIN main.edge ON target = into_end.id WHERE relation = 'associated'
    UNION ALL SELECT 1 FROM into_end CROSS JOIN main.edge ON source = into_end.id WHERE {_BACK} LIMIT ?"""  # noqa: S608
# An association stays if it is deleted. If there is none any more, another record said the same in another way.
_LOST = "SELECT 1 FROM other_link WHERE (source, target, role) NOT IN (SELECT source, target, role FROM fresh) LIMIT 1"
_OLD = "(SELECT * FROM main.edge WHERE +number <= (SELECT number FROM top))"
_AT = "(SELECT id FROM at_end)"
_BEFORE = (
    (_OLD, "main.left_out", "was", "was_left"),
    f"""(SELECT * FROM was_node WHERE id IN {_AT}
        UNION ALL SELECT * FROM main.node WHERE id IN {_AT} AND id NOT IN (SELECT id FROM was_node))""",  # noqa: S608
)
_NOW = (("main.edge", "main.left_out"), f"main.node WHERE id IN {_AT}")


def _facts(which: str) -> str:
    """Take the edges of a table for which a condition is true."""
    return f"""INSERT OR IGNORE INTO fact SELECT source, target, relation, role, usage, path, evidence, ifnull(opens, ''),
        ifnull(closes, ''), opens IS NOT NULL, span, listing, reader, settled, opaque FROM {{edges}} AS edge
        WHERE {which} AND path != '{SAYS_SO}'"""  # noqa: S608  (our own words)


# The associations that may lead into the affected ends, what both ends of each stand for, and what that says.
_FACTS = (
    _facts("target IN (SELECT id FROM into_end) AND relation = 'associated'"),
    _facts(f"source IN (SELECT id FROM into_end) AND {_BACK}"),  # noqa: S608  (our own words)
    "CREATE TEMP TABLE at_end AS SELECT source AS id FROM fact UNION SELECT target FROM fact",
    _facts(f"target IN {_AT} AND {STANDS}"),
    "INSERT INTO at_end SELECT source FROM fact EXCEPT SELECT id FROM at_end",
    _facts(f"source IN {_AT} AND relation = 'writes'"),
    _facts(f"target IN {_AT} AND relation IN ('reads', 'loads')"),
    "CREATE TEMP TABLE end_node (id PRIMARY KEY, kind, details) WITHOUT ROWID",
)
_CLEAR = """
DELETE FROM fact;
DROP TABLE temp.end_node;
DROP TABLE temp.at_end
""".strip()
_SAME = f"""
    SELECT number FROM main.edge WHERE source = ? AND target = ? AND relation = ? AND role = ? AND ifnull(span, '') = ?
    AND path = '{SAYS_SO}' LIMIT ?"""  # noqa: S608  (our own words)
