"""Joins a graph again after a crawl: only what the changed records can have changed.

Which edges there are is decided record by record, and `region.py` finds the records whose edges may be others now. Their edges
are made anew by the same code as in the first join, and replace those that they had. What follows from places is found anew
around those that moved (`patched_places.py`).

What this does not surely handle it refuses, with `TooMuch`. Then everything is joined from the beginning. So the first join
is also the measure of this one: tests compare their tables after many random crawls.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from lineage.domain.kinds import CONTENT, DATASET, IMAGE, PLACES, WEIGHTS
from lineage.domain.names import Span
from lineage.domain.records import Node, Window
from lineage.graphs.associations import SAYS_SO
from lineage.graphs.counts import count
from lineage.graphs.derive import OnStep, folders, join_places, without_echoes
from lineage.graphs.patched_associations import patch_associations
from lineage.graphs.patched_levels import Crowded
from lineage.graphs.patched_places import FORGET_CONTENTS, patch_places
from lineage.graphs.place_names import place_names
from lineage.graphs.readers import read_where_it_runs
from lineage.graphs.region import MOST, NAMES_MODEL, SAYS, SOURCE, Changed, Read, Region, TooMuch
from lineage.graphs.tables import ODD_MODEL, ODD_NAME, SAID_WRITE, WRITERS, Joining, pin_row
from lineage.snapshot.manifests import Listings
from lineage.snapshot.rows import STORED, node_row
from lineage.snapshot.schema import UNREAD
from lineage.snapshot.tables import Row


def owned(edge: str) -> str:
    """Whether an edge belongs to a record that is made anew, as SQL."""
    return f"""({edge}.path != '{SAYS_SO}' AND EXISTS (SELECT 1 FROM mine JOIN says USING (kind)
        WHERE says.relation = {edge}.relation AND mine.id = iif(says.at = '{SOURCE}', {edge}.source, {edge}.target))
        OR ({edge}.relation = 'associated' AND ({edge}.source, {edge}.target) IN (SELECT source, target FROM pair)))"""  # noqa: S608  (our own words)


class Patching(Joining):
    """The tables of a graph that stays, while the edges of some records are made anew."""

    lived_before = True

    def __init__(self, db: sqlite3.Connection, listings: Listings) -> None:
        super().__init__(db, listings)
        self.run("CREATE TEMP TABLE fresh_pin AS SELECT * FROM main.pin WHERE false")
        self.run("CREATE TEMP TABLE fresh_lies AS SELECT * FROM main.lies WHERE false")

    writes = f"""(SELECT source, target, span FROM fact WHERE {SAID_WRITE} AND {WRITERS} UNION
        SELECT source, target, span FROM main.edge
        WHERE {SAID_WRITE} AND {WRITERS} AND source NOT IN (SELECT id FROM mine))"""  # noqa: S608  (our own words)

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
        self.put("INSERT INTO fresh_lies VALUES (?,?,?,?)", [(name, place, by, span)])

    def begin(self, anew: Iterable[Row], pairs: Iterable[Row], contents: Iterable[str]) -> None:
        """The nodes that are made anew, the ends of edges that they say and of associations, and places with asked contents."""
        self.run("CREATE TEMP TABLE pair (source, target, PRIMARY KEY (source, target)) WITHOUT ROWID")
        self.put("INSERT INTO pair VALUES (?,?)", pairs)
        self.run("CREATE TEMP TABLE asked_contents (place)")
        self.put("INSERT INTO asked_contents VALUES (?)", ((place,) for place in contents))
        self.run("CREATE TEMP TABLE mine (id PRIMARY KEY, kind) WITHOUT ROWID")
        self.put("INSERT INTO mine VALUES (?,?)", anew)
        self.run("DELETE FROM main.lies WHERE record IN (SELECT id FROM mine)")
        self.run("INSERT OR IGNORE INTO main.lies SELECT * FROM fresh_lies WHERE record IN (SELECT id FROM mine)")
        self.run("CREATE TEMP TABLE says (kind, relation, at, PRIMARY KEY (kind, relation, at)) WITHOUT ROWID")
        self.put("INSERT INTO says VALUES (?,?,?)", sorted(SAYS))

    def rename(self, things: Iterable[str]) -> None:
        """Let the first naming of some unread things count again. Raises `TooMuch` if another thing is called otherwise now."""
        self.put_down()
        self.run("CREATE TEMP TABLE renamed (id PRIMARY KEY) WITHOUT ROWID")
        self.put("INSERT INTO renamed VALUES (?)", ((one,) for one in things))
        if self.select(_CALLED_OTHERWISE):
            raise TooMuch
        self.run("INSERT INTO was_node SELECT * FROM main.node WHERE id IN (SELECT id FROM renamed) AND NOT observed")
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
        if not patch_associations(self, MOST):
            raise TooMuch
        self.define("around", 1, lambda place: json.dumps([form for one in folders(place) for form in (one, f"{one}/")]))
        for statement in _IS_MODEL.split(";\n"):
            self.run(statement)
        if self.select(_LOST_MODEL) or self.select(_ODD):
            raise TooMuch
        self.run(_FORGET)

    def read_again(self, records: Iterable[str]) -> None:
        """Note the last crawl that read some records."""
        self.put(_READ_AGAIN, ((one,) for one in sorted(records)))

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
CREATE TEMP TABLE was AS SELECT * FROM main.edge WHERE number IN (
    SELECT number FROM mine CROSS JOIN main.edge ON edge.source = mine.id
    UNION SELECT number FROM mine CROSS JOIN main.edge ON edge.target = mine.id
    UNION SELECT number FROM pair CROSS JOIN main.edge ON edge.source = pair.source AND edge.target = pair.target)
    AND {owned("edge")};
CREATE TEMP TABLE was_left AS SELECT left_out.rowid AS number, left_out.* FROM main.left_out WHERE rowid IN (
    SELECT left_out.rowid FROM mine CROSS JOIN main.left_out ON left_out.source = mine.id
    UNION SELECT left_out.rowid FROM mine CROSS JOIN main.left_out ON left_out.target = mine.id) AND {owned("left_out")};
DELETE FROM main.left_out WHERE rowid IN (SELECT number FROM was_left);
DELETE FROM main.edge WHERE number IN (SELECT number FROM was);
CREATE TEMP TABLE top AS SELECT ifnull(max(number), 0) AS number FROM main.stored_edge;
CREATE TEMP TABLE fresh AS SELECT source, target, relation, role, usage, path, evidence, iif(timed, opens, NULL) AS opens,
    iif(timed, closes, NULL) AS closes, span, listing, reader, settled, opaque FROM fact WHERE {owned("fact")};
DELETE FROM fact;
INSERT INTO main.edge ({STORED}) SELECT * FROM fresh;
INSERT INTO touched SELECT source FROM was UNION SELECT target FROM was
    UNION SELECT source FROM fresh UNION SELECT target FROM fresh;
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
# Through the view alone SQLite would read all edges for each place: a range of ids is in the index of their table.
_INSIDE = f"""FROM maker CROSS JOIN (SELECT id FROM main.identity) AS inside
    ON inside.id >= maker.place AND inside.id < maker.place || '0'
    CROSS JOIN main.edge ON edge.source = inside.id WHERE {_IN_MODEL}"""  # noqa: S608  (our own words)
_LOST_MODEL = f"SELECT 1 {_INSIDE} AND NOT is_new AND {_LEARNS} AND usage = 'model' AND NOT {owned('edge')} LIMIT 1"
_IS_MODEL = f"""
CREATE TEMP TABLE learner AS SELECT edge.number, edge.span FROM (
    SELECT number FROM mine CROSS JOIN main.edge ON edge.target = mine.id AND relation = 'reads'
    UNION SELECT number {_INSIDE} AND is_new AND relation = 'reads') AS one CROSS JOIN main.edge USING (number)
    WHERE {_LEARNS} AND usage = 'data' AND EXISTS (
        SELECT 1 FROM json_each(around(edge.source)) AS form CROSS JOIN main.edge AS made ON made.target = form.value
        WHERE made.relation = 'writes' AND made.usage = 'model' AND made.evidence = 'declared' AND made.span IS NOT NULL
        AND made.source != edge.target AND partition_of(made.source) = partition_of(edge.target));
UPDATE main.edge SET usage = 'model' WHERE number IN (SELECT number FROM learner)
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
    DELETE FROM main.node WHERE id IN (SELECT id FROM touched)
    AND NOT (observed AND arn IS NOT NULL) AND kind != '{CONTENT.name}'
    AND NOT EXISTS (SELECT 1 FROM main.edge WHERE source = node.id AND relation != 'overlaps')
    AND NOT EXISTS (SELECT 1 FROM main.edge WHERE target = node.id AND relation != 'overlaps')"""  # noqa: S608
_READ_AGAIN = """
    UPDATE main.node SET details = json_set(details, '$.crawl', (
        SELECT max(last_crawl) FROM record WHERE record.id = ?1 AND record.created = ifnull(node.created, '')))
    WHERE id IN (SELECT ?1 UNION SELECT id FROM main.node WHERE id > ?1 || '@' AND id < ?1 || 'A')
    AND observed AND arn IS NOT NULL"""
_RESET = f"""
INSERT INTO main.edge ({STORED}) SELECT * FROM main.left_out;
DELETE FROM main.left_out;
{FORGET_CONTENTS};
UPDATE main.node SET details = json_remove(details, '$.unread') WHERE {UNREAD};
UPDATE main.node SET kind = '{DATASET.name}', observed = 1 WHERE kind IN {PLACES};
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
    SELECT {STORED} FROM held CROSS JOIN main.edge ON source = held.id
    WHERE relation IN ('deploys', 'instantiates') OR (relation IN {NAMES_MODEL} AND usage = 'model')
    UNION ALL SELECT {STORED} FROM (
        SELECT target AS id FROM held CROSS JOIN main.edge ON source = held.id AND relation = 'deploys'
        UNION SELECT target FROM held CROSS JOIN fact ON source = held.id AND relation = 'deploys') AS config
    CROSS JOIN main.edge AS named ON named.source = config.id AND named.relation = 'configures';
INSERT OR IGNORE INTO fact SELECT source, target, relation, role, usage, path, evidence, ifnull(opens, ''), ifnull(closes, ''),
    opens IS NOT NULL, span, listing, reader, settled, opaque FROM foreign_run WHERE NOT {owned("foreign_run")};
DROP TABLE temp.foreign_run;
DROP TABLE temp.held
""".strip()  # noqa: S608  (our own words)


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
    region = Region(joining, changed, read, read_earlier)
    region.grow()
    joining.begin(region.nodes_anew(), region.pairs, changed.contents)
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
