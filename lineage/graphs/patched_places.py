"""What follows from the places of a graph that stays, found anew around those at which edges are other than before."""

from __future__ import annotations

from lineage.domain.kinds import CONTENT, DATASET, PLACES, SERVING
from lineage.graphs.counts import CHANNELS, DATA, RESOURCES
from lineage.graphs.derive import classify, copied
from lineage.graphs.patched_levels import Crowded, note_near, patch_levels
from lineage.graphs.readers import leave_out_the_same
from lineage.graphs.tables import Joining
from lineage.graphs.unexplained import unexplained
from lineage.graphs.unread import note_unread
from lineage.snapshot.levels import above, into
from lineage.snapshot.rows import STORED
from lineage.snapshot.schema import UNREAD


def patch_places(joining: Joining) -> None:
    """All that follows from moved places. Raises `Crowded`."""
    for statement in _MOVED.split(";\n"):
        joining.run(statement)
    counting = _Counting(joining)
    patch_levels(joining)
    _patch_contents(joining)
    joining.note_put()
    joining.run(_RETOLD)
    joining.run(_DATASETS)
    classify(joining, _IN_RETOLD)
    for end, relation in _MAYBE:
        _restore(joining, f"{_IN_RETOLD.format(place=end)} AND relation = '{relation}'")
    joining.forget_unread(_IN_RETOLD)
    _leave_out_the_same(joining)
    _explain(joining)
    joining.run(f"UPDATE main.node SET details = json_remove(details, '$.unread') WHERE {UNREAD}")  # noqa: S608
    note_unread(joining)
    counting.settle()


def _restore(joining: Joining, which: str) -> None:
    """Put back some of the edges that lead nowhere: perhaps they lead somewhere now."""
    joining.run(f"INSERT INTO main.edge ({STORED}) SELECT * FROM main.left_out WHERE {which}")  # noqa: S608  (our own words)
    joining.run(f"DELETE FROM main.left_out WHERE {which}")  # noqa: S608


def _patch_contents(joining: Joining) -> None:
    """Join copies again, if what is known about the content of a moved place, or about any content, is other than before."""
    joining.run("CREATE TEMP TABLE copied (place PRIMARY KEY) WITHOUT ROWID")
    if not joining.select(_SIGHTED):
        return
    joining.run(_COPIED)
    for statement in FORGET_CONTENTS.split(";\n"):
        joining.run(statement)
    joining.sort_contents()
    for end, relation in _MAYBE:  # what leads nowhere so far counts as well
        which = f"{_IN_SIGHT.format(place=end)} AND relation = '{relation}'"
        joining.run(f"INSERT OR IGNORE INTO copied SELECT {end} FROM main.left_out WHERE {which}")  # noqa: S608
        _restore(joining, which)
    joining.sort_places(_IN_SIGHT)
    joining.add_edges(list(copied(joining)))
    joining.run(_COPIED)


def _leave_out_the_same(joining: Joining) -> None:
    """Of the loads of near places, those of unknown readers that got the same as the first known one."""
    _restore(joining, f"relation = 'loads' AND {_NEAR_LOADS}")
    joining.run(_BESIDE)
    leave_out_the_same(joining, _NEAR_LOADS, "target IN (SELECT place FROM beside)")


def _explain(joining: Joining) -> None:
    """Find again what is of unknown origin: near places, what is served now, and what was made anew or named."""
    for statement in _DOUBTFUL.split(";\n"):
        joining.run(statement)
    joining.note_unexplained(
        list(unexplained(joining, "source IN (SELECT id FROM doubtful)")), "{id} IN (SELECT id FROM doubtful)"
    )


class _Counting:
    """The counts of each account and region: what changed is taken off as it was and added as it is."""

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        note_near(joining, [row[0] for row in joining.select("SELECT place FROM moved ORDER BY place")])
        joining.run(_COUNTED_NEAR)
        if joining.select(
            "SELECT 1 FROM counted_near JOIN main.level USING (place) JOIN main.lists ON manifest = level.id LIMIT 1"
        ):
            raise Crowded  # when something in a manifest was written first is left to the join of all places
        self._first_writes("before", "number <= (SELECT number FROM top)")

    def settle(self) -> None:
        """Store the new counts, and the jobs that do not say what they read."""
        self._first_writes("now", "true")
        for statement in _CHANNELS.split(";\n"):
            self._joining.run(statement)
        resources = [self._joining.select(RESOURCES.format(nodes=nodes)) for nodes in ("was_node", _OBSERVED)]
        for sign, rows in zip((-1, 1), resources, strict=True):
            for account, region, *numbers in rows:
                if not self._joining.select("SELECT 1 FROM main.counted WHERE (account, region) = (?, ?)", account, region):
                    raise Crowded  # what jobs there read according to others counts from now on
                self._joining.put(_ADD_RESOURCES, [(*(sign * (number or 0) for number in numbers), account, region)])
        for sign, when in ((-1, "before"), (1, "now")):
            channels = CHANNELS.format(edges=f"channel_{when}", first=f"first_{when}", data="true")
            for account, region, *numbers in self._joining.select(channels):
                self._joining.put(_ADD_CHANNELS, [(*(sign * (number or 0) for number in numbers), account, region)])
        self._joining.note_silent("id IN (SELECT id FROM touched UNION SELECT id FROM altered UNION SELECT id FROM mine)")

    def _first_writes(self, when: str, which: str) -> None:
        for statement in _FIRST_WRITES.format(when=when, which=which).split(";\n"):
            self._joining.run(statement)


_MAYBE = (("target", "may-write"), ("source", "may-read"))
_IN_SIGHT = "{place} IN (SELECT place FROM sight UNION SELECT place || '/' FROM sight)"
# The edges that are other than before, with the places at their ends, and all places of changed records: a job may have another
# status and the same edges. What led nowhere before and is said again stays where it is.
_MOVED = f"""
CREATE TEMP TABLE differing AS SELECT {STORED} FROM (
    SELECT {STORED}, -1 AS sign FROM was UNION ALL SELECT {STORED}, -1 FROM was_left
    UNION ALL SELECT {STORED}, 1 FROM main.edge WHERE number > (SELECT number FROM top))
    GROUP BY {STORED} HAVING sum(sign) != 0;
CREATE TEMP TABLE still AS SELECT {STORED} FROM was_left INTERSECT SELECT {STORED} FROM main.edge
    WHERE number > (SELECT number FROM top);
DELETE FROM main.edge WHERE number > (SELECT number FROM top) AND EXISTS (
    SELECT 1 FROM still WHERE (still.{", still.".join(STORED.split(", "))}) IS (edge.{", edge.".join(STORED.split(", "))}));
INSERT INTO main.left_out SELECT * FROM still;
CREATE TEMP TABLE moved (place PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO moved SELECT source FROM differing UNION SELECT target FROM differing;
INSERT OR IGNORE INTO moved SELECT edge.source FROM learner CROSS JOIN main.edge USING (number);
INSERT OR IGNORE INTO moved SELECT iif(source IN (SELECT id FROM altered), target, source) FROM (
    SELECT source, target FROM was UNION SELECT source, target FROM was_left
    UNION SELECT source, target FROM main.edge WHERE number > (SELECT number FROM top))
    WHERE source IN (SELECT id FROM altered) OR target IN (SELECT id FROM altered);
DELETE FROM moved WHERE EXISTS (SELECT 1 FROM main.node WHERE id = place AND arn IS NOT NULL)
""".strip()  # noqa: S608  (our own words)
_SIGHTED = """
    SELECT 1 FROM asked_contents UNION ALL SELECT 1 FROM was_pin UNION ALL SELECT 1 FROM main.pin WHERE record IN (
        SELECT id FROM altered UNION SELECT id FROM mine) UNION ALL SELECT 1 FROM moved WHERE rtrim(place, '/') IN (
        SELECT place FROM main.pin UNION SELECT rtrim(place, '/') FROM main.content) LIMIT 1"""
_COPIED = f"""
    INSERT OR IGNORE INTO copied SELECT target FROM main.node JOIN main.edge ON source = node.id WHERE kind = '{CONTENT.name}'
    UNION SELECT source FROM main.node JOIN main.edge ON target = node.id WHERE kind = '{CONTENT.name}'"""  # noqa: S608
FORGET_CONTENTS = f"""
DELETE FROM main.edge WHERE source IN (SELECT id FROM main.node WHERE kind = '{CONTENT.name}');
DELETE FROM main.edge WHERE target IN (SELECT id FROM main.node WHERE kind = '{CONTENT.name}');
DELETE FROM main.node WHERE kind = '{CONTENT.name}';
UPDATE main.node SET details = json_remove(details, '$.contradicted') WHERE id IN (SELECT record FROM main.pin)
    AND json_extract(details, '$.contradicted') IS NOT NULL
""".strip()  # noqa: S608
_RETOLD = """
    CREATE TEMP TABLE retold AS SELECT place FROM moved UNION SELECT place FROM copied
    UNION SELECT place FROM led JOIN main.level AS now USING (id) WHERE (led.leads, led.fed) != (now.leads, now.fed)"""
_IN_RETOLD = "{place} IN (SELECT place FROM retold)"
_DATASETS = f"""
    UPDATE main.node SET kind = '{DATASET.name}', observed = 1
    WHERE id IN (SELECT place FROM retold) AND +kind IN {PLACES}"""  # noqa: S608
_NEAR_LOADS = "source IN (SELECT place FROM near)"
_BESIDE = f"""
    CREATE TEMP TABLE beside AS WITH load AS (
        SELECT DISTINCT source AS place FROM main.edge
        WHERE relation = 'loads' AND {_NEAR_LOADS} AND reader = '' AND closes != '')
    SELECT place FROM load UNION SELECT source FROM load CROSS JOIN main.edge ON target = load.place AND relation = 'overlaps'
    UNION SELECT source FROM ({into("load CROSS JOIN main.level AS r ON r.place = load.place")})"""  # noqa: S608
_DOUBTFUL = f"""
CREATE TEMP TABLE doubtful (id PRIMARY KEY) WITHOUT ROWID;
INSERT INTO doubtful WITH RECURSIVE up (id) AS (
    SELECT source FROM differing WHERE relation IN {SERVING} UNION SELECT target FROM differing WHERE relation IN {SERVING}
    UNION SELECT id FROM altered
    UNION SELECT edge.source FROM up JOIN main.edge ON edge.target = up.id WHERE edge.relation IN {SERVING})
    SELECT id FROM up UNION SELECT place FROM near UNION SELECT place FROM retold UNION SELECT id FROM touched
    UNION SELECT target FROM near CROSS JOIN main.edge ON source = near.place WHERE relation = 'loads';
DELETE FROM main.unexplained WHERE id IN (SELECT id FROM doubtful)
""".strip()  # noqa: S608
_OBSERVED = "(SELECT * FROM main.node WHERE id IN (SELECT id FROM altered))"
_OWN = """
    CREATE TEMP TABLE own_{when} AS SELECT writer, (SELECT min(opens) FROM (
        SELECT min(rtrim(ifnull(opens, ''), 'Z')) AS opens FROM main.edge
        WHERE target = writer AND relation = 'writes' AND evidence != 'logged' AND {which}
        UNION ALL SELECT min(rtrim(ifnull(opens, ''), 'Z')) FROM was
        WHERE target = writer AND relation = 'writes' AND evidence != 'logged' AND '{when}' = 'before')) AS opens
    FROM (SELECT DISTINCT writer FROM pair_{when})"""
_FIRST_WRITES = f"""
CREATE TEMP TABLE pair_{{when}} AS SELECT place, place AS writer FROM counted_near
    UNION SELECT r.place, w.place FROM counted_near CROSS JOIN main.level AS r ON r.place = counted_near.place
        CROSS JOIN {above("r", "written")} CROSS JOIN main.level AS w ON w.id = above.value
        WHERE r.read AND w.written AND r.id BETWEEN w.covers_from AND w.covers_to
    UNION SELECT r.place, w.place FROM counted_near CROSS JOIN main.level AS r ON r.place = counted_near.place
        CROSS JOIN main.level AS w INDEXED BY level_written ON w.id BETWEEN r.gets_from AND r.gets_to
        WHERE r.read AND w.written;
{_OWN.strip()};
CREATE TEMP TABLE first_{{when}} AS SELECT place, min(opens) AS opens FROM pair_{{when}} JOIN own_{{when}} USING (writer)
    GROUP BY place HAVING min(opens) IS NOT NULL
""".strip()  # noqa: S608
_COUNTED_NEAR = f"""
    CREATE TEMP TABLE counted_near AS SELECT place FROM near
    WHERE EXISTS (SELECT 1 FROM main.edge WHERE source = place AND {DATA})
    OR EXISTS (SELECT 1 FROM was AS edge WHERE source = place AND {DATA}) OR place IN (
        SELECT edge.source FROM learner CROSS JOIN main.edge USING (number))
    UNION SELECT source FROM differing WHERE relation = 'reads' UNION SELECT target FROM differing WHERE relation = 'writes'"""  # noqa: S608
# The channels that are other than before, and all of places with another first write.
_CHANNELS = f"""
CREATE TEMP TABLE shifted AS SELECT place FROM counted_near LEFT JOIN first_before AS old USING (place)
    LEFT JOIN first_now AS new USING (place) WHERE old.opens IS NOT new.opens;
CREATE TEMP TABLE channel_before AS
    SELECT source, target, closes FROM main.edge WHERE source IN (SELECT place FROM shifted) AND relation = 'reads'
        AND (usage = 'data' OR number IN (SELECT number FROM learner)) AND number <= (SELECT number FROM top)
    UNION ALL SELECT source, target, closes FROM main.edge WHERE number IN (SELECT number FROM learner)
        AND number <= (SELECT number FROM top) AND source NOT IN (SELECT place FROM shifted)
    UNION ALL SELECT source, target, closes FROM was AS edge WHERE source IN (SELECT place FROM counted_near) AND {DATA};
CREATE TEMP TABLE channel_now AS
    SELECT source, target, closes FROM main.edge WHERE source IN (SELECT place FROM shifted) AND {DATA}
    UNION ALL SELECT source, target, closes FROM main.edge WHERE number > (SELECT number FROM top) AND {DATA}
        AND source IN (SELECT place FROM counted_near) AND source NOT IN (SELECT place FROM shifted)
""".strip()  # noqa: S608
_ADD_RESOURCES = """
    UPDATE main.counted SET resources = resources + ?, trainers = trainers + ?, training_jobs = training_jobs + ?,
    isolated_training_jobs = isolated_training_jobs + ?, processing_jobs = processing_jobs + ?,
    isolated_processing_jobs = isolated_processing_jobs + ? WHERE account = ? AND region = ?"""
_ADD_CHANNELS = """
    UPDATE main.counted SET channels = channels + ?, channels_of_unknown_writer = channels_of_unknown_writer + ?
    WHERE account = ? AND region = ?"""
