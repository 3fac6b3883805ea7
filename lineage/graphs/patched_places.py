"""The places of a graph that stays, after some edges were replaced: what is around and inside the moved places is found anew.

Two places share keys only if the name of one begins with that of the other. So nothing else can change than the moved places,
those around them, and all that begin like them (`near`). What this file does not surely handle it refuses, with `Crowded`; then
all places are joined anew from the edges.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from lineage.domain.kinds import CONTENT, DATASET, SERVING
from lineage.domain.names import Span, is_place, location_of
from lineage.graphs.counts import CHANNELS, DATA, RESOURCES
from lineage.graphs.derive import classify, copied
from lineage.graphs.levels import APART, NONE, Reach, fed, has_inside, leading, reached
from lineage.graphs.readers import leave_out_the_same
from lineage.graphs.tables import Joining, Spans
from lineage.graphs.unexplained import unexplained
from lineage.graphs.unread import note_unread
from lineage.snapshot.graph import behind
from lineage.snapshot.levels import above, into
from lineage.snapshot.schema import UNREAD

STEP = 64  # between the numbers of new places that follow each other
_WRITE = "relation IN ('writes', 'may-write')"
_READ = "relation IN ('reads', 'may-read', 'loads')"
KNOWN = "span IS NOT NULL AND span NOT IN ('unknown', 'named')"
Write = tuple[str, str, str]
"""A writer, and the two times of its write."""


class Crowded(Exception):  # noqa: N818  (no error: all places are joined anew)
    """The moved places can't be brought among the others alone."""


def patch_levels(joining: Joining) -> None:
    """Bring the levels of the moved places, and of those around and inside them, up to date."""
    moved = [row[0] for row in joining.select("SELECT place FROM moved ORDER BY place")]
    if joining.select("SELECT 1 FROM differing WHERE listing IS NOT NULL LIMIT 1"):
        raise Crowded  # other versions of manifests are read now
    together = _Together(joining)
    together.take_out()
    levels = _Levels(joining, moved)
    levels.move()
    levels.reach()
    together.put_in()
    note_near(joining, sorted({*moved, *together.places}))
    joining.run("CREATE TEMP TABLE led AS SELECT level.id, leads, fed FROM near JOIN main.level USING (place)")
    joining.run("UPDATE main.level SET leads = 0, fed = 0 WHERE id IN (SELECT id FROM led)")
    for statement in (leading("id IN (SELECT id FROM led)"), fed("id IN (SELECT id FROM led)")):
        joining.run(statement)


def note_near(joining: Joining, moved: list[str]) -> None:
    """The moved places, and the levels around and inside them."""
    joining.run("CREATE TEMP TABLE IF NOT EXISTS near (place PRIMARY KEY) WITHOUT ROWID")
    joining.put("INSERT OR IGNORE INTO near VALUES (?)", ((place,) for place in moved))
    for place in moved:
        joining.put("INSERT OR IGNORE INTO near SELECT place FROM main.level WHERE place >= ? AND place < ?", [(place, behind(place))])
        joining.put("INSERT OR IGNORE INTO near SELECT place FROM main.level WHERE place IN (SELECT value FROM json_each(?))", [(_starts(place),)])


def _starts(place: str) -> str:
    """All texts with which a place begins, as JSON."""
    return json.dumps([place[:length] for length in range(1, len(place))])


class _Levels:
    """Puts places among the levels, and takes others away."""

    def __init__(self, joining: Joining, moved: list[str]) -> None:
        self._joining = joining
        self._moved = moved
        self._around: set[str] = set()

    def move(self) -> None:
        """Insert, change and remove the moved places."""
        known = {place for place in self._moved if self._level(place)}
        spans = {place: (self._spans("target", _WRITE, place), self._spans("source", _READ, place)) for place in self._moved}
        added = [place for place in self._moved if place not in known and any(spans[place])]
        for place, number in self._numbers(added):
            row = (number, place, number, *self._up(place), *NONE, *NONE, *NONE)
            self._joining.put(_INSERT, [row])
        for place in self._moved:
            if place in known or any(spans[place]):
                self._turn(place, *map(bool, spans[place]))
            if place in known and not any(spans[place]) and not self._joining.select(_IS_ENTRY, place):
                self._joining.put("DELETE FROM main.level WHERE place = ?", [(place,)])

    def reach(self) -> None:
        """How far the moved places, and those around them, reach now."""
        for place in sorted({*self._moved, *self._around}):
            if found := self._level(place):
                number = found[0]
                last = self._last(place)
                inside = place if place.endswith("/") else f"{place}/"
                first = self._joining.select(_FIRST, inside, behind(inside), place)
                folder: Reach = (first[0][0], self._last(inside)) if first else NONE
                spans = self._spans("target", _WRITE, place), self._spans("source", _READ, place)
                self._joining.put(_REACH, [(last, *reached(*spans, folder, (number + 1, last)), place)])

    def _level(self, place: str) -> tuple[int, ...] | None:
        found = self._joining.select("SELECT id, written, read, up_written, up_read FROM main.level WHERE place = ?", place)
        return found[0] if found else None

    def _last(self, start: str) -> int:
        found = self._joining.select("SELECT id FROM main.level WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT 1", start, behind(start))
        return int(found[0][0])

    def _spans(self, end: str, which: str, place: str) -> Spans:
        sql = f"""SELECT span FROM main.edge WHERE {end} = ?1 AND {which} AND {KNOWN}
                  UNION SELECT span FROM main.left_out WHERE {end} = ?1 AND {which} AND {KNOWN}"""  # noqa: S608  (our own words)
        return frozenset(Span(row[0]) for row in self._joining.select(sql, place))

    def _up(self, place: str) -> tuple[int | None, int | None, int | None]:
        """The numbers of the nearest levels around a place."""
        around = self._joining.select(_AROUND, _starts(place))
        written = next((row[0] for row in around if row[1]), None)
        read = next((row[0] for row in around if row[2]), None)
        entry = next((row[0] for row in around if row[3]), None)
        return written, read, entry

    def _turn(self, place: str, written: bool, read: bool) -> None:
        """Note whether a place is written and read, and that it is so around all that begins like it."""
        self._around |= {row[4] for row in self._joining.select(_AROUND, _starts(place))}
        number, was_written, was_read, *outer = self._level(place) or ()
        last = self._last(place)
        for up, was, now, out in (("written", was_written, written, outer[0]), ("read", was_read, read, outer[1])):
            if bool(was) != now:
                if up == "written":
                    self._insist_unlisted(place)
                old, new = (out, number) if now else (number, out)
                sql = f"UPDATE main.level SET up_{up} = ? WHERE id > ? AND id <= ? AND up_{up} IS ?"  # noqa: S608
                self._joining.put(sql, [(new, number, last, old)])
                self._joining.put(f"UPDATE main.level SET {up} = ? WHERE id = ?", [(now, number)])  # noqa: S608

    def _insist_unlisted(self, place: str) -> None:
        """Raise `Crowded` if a manifest lists something at a place: what it lists is joined with what is written there."""
        location = location_of(place) if is_place(place) else None
        if location and self._joining.listings.listing(location):
            raise Crowded

    def _numbers(self, added: list[str]) -> Iterator[tuple[str, int]]:
        """A number for each new place, between those of its neighbours."""
        runs = groupby([(self._beside(place), place) for place in added], key=lambda one: one[0])
        for (before, after), run in [(ends, [place for _, place in places]) for ends, places in runs]:
            step = min(STEP, (after - before) // (len(run) + 1)) if after else APART
            if step < 1:
                raise Crowded
            first = before + step + ((after - before - step * (len(run) + 1)) // 8 if after else 0)  # most new names come last
            yield from ((place, first + step * one) for one, place in enumerate(run))

    def _beside(self, place: str) -> tuple[int, int]:
        """The numbers before and after a place; 0 where there is none."""
        before = self._joining.select("SELECT id FROM main.level WHERE place < ? ORDER BY place DESC LIMIT 1", place)
        after = self._joining.select("SELECT id FROM main.level WHERE place > ? ORDER BY place LIMIT 1", place)
        return (before[0][0] if before else 0), (after[0][0] if after else 0)


_INSERT = """
    INSERT INTO main.level (id, place, last, up_written, up_read, up_entry, written, read, covers_from, covers_to,
    gets_from, gets_to, surely_from, surely_to) VALUES (?,?,?,?,?,?,0,0,?,?,?,?,?,?)"""
_AROUND = """
    SELECT id, written, read, EXISTS (SELECT 1 FROM main.lists WHERE lists.level = level.id AND entry), place FROM main.level
    WHERE place IN (SELECT value FROM json_each(?)) ORDER BY length(place) DESC"""
_IS_ENTRY = "SELECT 1 FROM main.level JOIN main.lists ON lists.level = level.id WHERE place = ? AND entry"
_FIRST = "SELECT id FROM main.level WHERE place >= ? AND place < ? AND place != ? ORDER BY place LIMIT 1"
_REACH = """
    UPDATE main.level SET last = ?, covers_from = ?, covers_to = ?, gets_from = ?, gets_to = ?, surely_from = ?, surely_to = ?
    WHERE place = ?"""


class _Together:
    """The places that one writer wrote at one time: those of the writes that differ now are taken out and put in again."""

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        joining.run(_GROUPS)
        self._of_several = {one: self._several(one) for one in ("before", "now")}
        if self._of_several["before"] != self._of_several["now"]:
            raise Crowded  # then other writes to the place are left out, or not any more
        self._before, self._now = self._groups(_BEFORE), self._groups(_NOW)
        self.places = {place for groups in (self._before, self._now) for places in groups.values() for place in places}
        self._were_wider = {place for place in self.places if self._is_wide(place)}

    def take_out(self) -> None:
        """Forget what was written together before."""
        for places in self._before.values():
            if any(place in self._were_wider and has_inside(place, places) for place in places):
                self._take(places)

    def put_in(self) -> None:
        """Note which places add nothing to narrower ones, and what was written together with these."""
        wider = {place for place in self.places if self._adds_nothing(place)}
        for place in wider ^ self._were_wider:
            if place in self._were_wider | wider and self._has_others(place):
                raise Crowded
        self._joining.put("UPDATE main.level SET wider = ? WHERE place = ?", ((place in wider, place) for place in sorted(self.places)))
        for places in self._now.values():
            if any(place in wider and has_inside(place, places) for place in places):
                self._joining.put(_PUT_IN, [(json.dumps(places),)])

    def _several(self, when: str) -> frozenset[str]:
        """The moved places that were written in several ways: such a place does not count as written together with others."""
        return frozenset(row[0] for row in self._joining.select(_SEVERAL[when]))

    def _groups(self, sql: str) -> dict[Write, list[str]]:
        groups = defaultdict[Write, list[str]](list)
        several = {place: self._is_of_several(place) for *_, place in self._joining.select(sql)}
        for writer, opens, closes, place in self._joining.select(sql):
            if not several[place]:
                groups[writer, opens, closes].append(place)
        return dict(groups)

    def _is_of_several(self, place: str) -> bool:
        if place in self._of_several["now"]:
            return True
        return len(self._joining.select(_WAYS, place)) > 1

    def _is_wide(self, place: str) -> bool:
        return bool(self._joining.select("SELECT 1 FROM main.level WHERE place = ? AND wider", place))

    def _adds_nothing(self, place: str) -> bool:
        """Whether each of a place's writers wrote something inside it each time; the writes that are as before tell it by then."""
        now = [has_inside(place, places) for places in self._now.values() if place in places]
        before = [has_inside(place, places) for places in self._before.values() if place in places]
        if not all(now):
            return False
        if not self._has_others(place):
            return bool(now)
        if place in self._were_wider:
            return True
        if all(before):
            return False
        raise Crowded

    def _has_others(self, place: str) -> bool:
        """Whether something else was written there in a way that is as before."""
        return bool(self._joining.select(_OTHERS, place)) and not self._is_of_several(place)

    def _take(self, places: list[str]) -> None:
        ids = [self._joining.select("SELECT id FROM main.level WHERE place = ?", place)[0][0] for place in places]
        _, narrowest = max(zip(map(len, places), ids, strict=True))  # few other writers wrote it
        found = self._joining.select(_SAME_SET, str(narrowest), json.dumps(sorted(ids), separators=(",", ":")))
        if not found:
            raise Crowded
        self._joining.put("DELETE FROM main.together WHERE at = ?", found)


_WHEN = "ifnull(opens, '') || iif(evidence = 'allowed' OR relation = 'may-write', '?', '') AS opens, ifnull(closes, '') AS closes"
_WROTE = f"{_WRITE} AND {KNOWN}"
_GROUPS = f"CREATE TEMP TABLE wrote_otherwise AS SELECT DISTINCT source AS writer, {_WHEN} FROM differing WHERE {_WROTE}"  # noqa: S608
_WAS = f"""SELECT source, target, {_WHEN}, span FROM was WHERE {_WROTE}
    UNION SELECT source, target, {_WHEN}, span FROM was_left WHERE {_WROTE}"""  # noqa: S608
_IS = f"""SELECT source, target, {_WHEN}, span FROM main.edge WHERE {{which}} AND {_WROTE}
    UNION SELECT source, target, {_WHEN}, span FROM main.left_out WHERE {{which}} AND {_WROTE}"""  # noqa: S608
_BEFORE = """
    SELECT DISTINCT writer, wrote_otherwise.opens, wrote_otherwise.closes, target FROM wrote_otherwise JOIN (""" + _WAS + """) AS one
    ON one.source = writer AND one.opens = wrote_otherwise.opens AND one.closes = wrote_otherwise.closes ORDER BY target"""  # noqa: S608
_NOW = _BEFORE.replace(_WAS, _IS.format(which="source IN (SELECT writer FROM wrote_otherwise)"))
_WAYS = _IS.format(which="target = ?1").replace(f"source, target, {_WHEN}, span", "span")
_STAYS = _IS.replace("main.edge WHERE", "main.edge WHERE rowid <= (SELECT number FROM top) AND").format(which="target IN (SELECT place FROM moved)")
_SEVERAL = {
    "before": f"SELECT target FROM ({_STAYS} UNION {_WAS}) WHERE target IN (SELECT place FROM moved) GROUP BY target HAVING count(DISTINCT span) > 1",  # noqa: S608
    "now": f"SELECT target FROM ({_IS.format(which='target IN (SELECT place FROM moved)')}) GROUP BY target HAVING count(DISTINCT span) > 1",  # noqa: S608
}
_OTHERS = f"""
    SELECT 1 FROM (SELECT source, target, {_WHEN} FROM main.edge WHERE target = ?1 AND {_WROTE}
        UNION ALL SELECT source, target, {_WHEN} FROM main.left_out WHERE target = ?1 AND {_WROTE}) AS one
    WHERE NOT EXISTS (SELECT 1 FROM wrote_otherwise AS own WHERE own.writer = one.source AND own.opens = one.opens
        AND own.closes = one.closes) LIMIT 1"""  # noqa: S608  (our own words)
_SAME_SET = """
    SELECT at FROM main.together AS one WHERE level = ?1 AND (
        SELECT json_group_array(level) FROM (SELECT level FROM main.together WHERE at = one.at ORDER BY level)) = ?2 LIMIT 1"""
_PUT_IN = """
    INSERT INTO main.together SELECT (SELECT ifnull(max(at), 0) + 1 FROM main.together), id FROM main.level
    WHERE place IN (SELECT value FROM json_each(?))"""


# --- what follows from the places ---------------------------------------------------------------


def patch_places(joining: Joining) -> None:
    """All that follows from moved places. Raises `Crowded`."""
    for statement in _MOVED.split(";\n"):
        joining.run(statement)
    counting = _Counting(joining)
    patch_levels(joining)
    _patch_contents(joining)
    joining.run(_RETOLD)
    joining.run(_DATASETS)
    classify(joining, _IN_RETOLD)
    for end, relation in (("target", "may-write"), ("source", "may-read")):
        _restore(joining, f"relation = '{relation}' AND {end} IN (SELECT place FROM retold)")
    joining.forget_unread(_IN_RETOLD)
    _leave_out_the_same(joining)
    _explain(joining)
    joining.run(f"UPDATE main.node SET details = json_remove(details, '$.unread') WHERE {UNREAD}")  # noqa: S608
    note_unread(joining)
    counting.settle()


def _restore(joining: Joining, which: str) -> None:
    """Put back some of the edges that lead nowhere: perhaps they lead somewhere now."""
    joining.run(f"INSERT INTO main.edge SELECT * FROM main.left_out WHERE {which}")  # noqa: S608  (our own words)
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
    joining.sort_places("{place} IN (SELECT place FROM sight UNION SELECT place || '/' FROM sight)")
    joining.add_edges(list(copied(joining)))
    joining.run(_COPIED)


def _leave_out_the_same(joining: Joining) -> None:
    """Of the loads of near places, those of unknown readers that got the same as the first known one."""
    _restore(joining, f"relation = 'loads' AND {_NEAR_LOADS}")
    joining.run(_BESIDE)
    leave_out_the_same(joining, _NEAR_LOADS, "target IN (SELECT place FROM beside)")


def _explain(joining: Joining) -> None:
    """Find again what is of unknown origin: near places, what is served now, and all that is no place."""
    for statement in _DOUBTFUL.split(";\n"):
        joining.run(statement)
    joining.note_unexplained(list(unexplained(joining, "source IN (SELECT id FROM doubtful)")))


class _Counting:
    """The counts of each account and region: what changed is taken off as it was and added as it is."""

    def __init__(self, joining: Joining) -> None:
        self._joining = joining
        note_near(joining, [row[0] for row in joining.select("SELECT place FROM moved ORDER BY place")])
        joining.run(_COUNTED_NEAR)
        if joining.select("SELECT 1 FROM counted_near JOIN main.level USING (place) JOIN main.lists ON manifest = level.id LIMIT 1"):
            raise Crowded  # when something in a manifest was written first is left to the join of all places
        self._first_writes("before", "rowid <= (SELECT number FROM top)")
        joining.run(_CHANNEL_BEFORE)
        edges = "(SELECT source, target, closes, 'reads' AS relation, 'data' AS usage FROM channel_before)"
        self._before = joining.select(CHANNELS.format(edges=edges, first="first_before", data=DATA))

    def settle(self) -> None:
        """Store the new counts, and the jobs that do not say what they read."""
        self._first_writes("now", "true")
        channels = CHANNELS.format(edges="main.edge", first="first_now", data=f"source IN (SELECT place FROM counted_near) AND {DATA}")
        resources = [self._joining.select(RESOURCES.format(nodes=nodes)) for nodes in ("was_node", _OBSERVED)]
        for sign, rows in zip((-1, 1), resources, strict=True):
            for account, region, *numbers in rows:
                self._joining.put("INSERT OR IGNORE INTO main.counted VALUES (?,?,0,0,0,0,0,0,0,0)", [(account, region)])
                self._joining.put(_ADD_RESOURCES, [(*(sign * number for number in numbers), account, region)])
        for sign, rows in ((-1, self._before), (1, self._joining.select(channels))):
            for account, region, *numbers in rows:
                self._joining.put(_ADD_CHANNELS, [(*(sign * number for number in numbers), account, region)])
        self._joining.note_silent()

    def _first_writes(self, when: str, which: str) -> None:
        for statement in _FIRST_WRITES.format(when=when, which=which).split(";\n"):
            self._joining.run(statement)


_COLUMNS = "source, target, relation, role, usage, path, evidence, opens, closes, span, listing, reader, settled, opaque"
# What led nowhere before and is said again stays where it is. The edges that are other than before, with the places at their ends, and all places of changed records: a job may have
# another status and the same edges.
_MOVED = f"""
CREATE TEMP TABLE differing AS SELECT {_COLUMNS} FROM (
    SELECT {_COLUMNS}, -1 AS sign FROM was UNION ALL SELECT {_COLUMNS}, -1 FROM was_left
    UNION ALL SELECT {_COLUMNS}, 1 FROM main.edge WHERE rowid > (SELECT number FROM top))
    GROUP BY {_COLUMNS} HAVING sum(sign) != 0;
CREATE TEMP TABLE still AS SELECT {_COLUMNS} FROM was_left INTERSECT SELECT {_COLUMNS} FROM main.edge
    WHERE rowid > (SELECT number FROM top);
DELETE FROM main.edge WHERE rowid > (SELECT number FROM top) AND EXISTS (
    SELECT 1 FROM still WHERE (still.{", still.".join(_COLUMNS.split(", "))}) IS (edge.{", edge.".join(_COLUMNS.split(", "))}));
INSERT INTO main.left_out SELECT * FROM still;
CREATE TEMP TABLE moved (place PRIMARY KEY) WITHOUT ROWID;
INSERT OR IGNORE INTO moved SELECT source FROM differing UNION SELECT target FROM differing;
INSERT OR IGNORE INTO moved SELECT edge.source FROM learner JOIN main.edge ON edge.rowid = learner.number;
INSERT OR IGNORE INTO moved SELECT iif(source IN (SELECT id FROM altered), target, source) FROM (
    SELECT source, target FROM was UNION SELECT source, target FROM was_left
    UNION SELECT source, target FROM main.edge WHERE rowid > (SELECT number FROM top))
    WHERE source IN (SELECT id FROM altered) OR target IN (SELECT id FROM altered);
DELETE FROM moved WHERE place IN (SELECT id FROM main.node WHERE arn IS NOT NULL)
""".strip()  # noqa: S608  (our own words)
_SIGHTED = """
    SELECT 1 FROM asked_contents UNION ALL SELECT 1 FROM moved WHERE rtrim(place, '/') IN (
        SELECT place FROM main.pin UNION SELECT place FROM was_pin UNION SELECT rtrim(place, '/') FROM main.content) LIMIT 1"""
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
    WHERE id IN (SELECT place FROM retold) AND kind IN ('artifact', 'code')"""  # noqa: S608
_NEAR_LOADS = "source IN (SELECT place FROM near)"
_BESIDE = f"""
    CREATE TEMP TABLE beside AS WITH load AS (
        SELECT DISTINCT source AS place FROM main.edge WHERE relation = 'loads' AND {_NEAR_LOADS} AND reader = '' AND closes != '')
    SELECT place FROM load UNION SELECT source FROM load CROSS JOIN main.edge ON target = load.place AND relation = 'overlaps'
    UNION SELECT source FROM ({into("load CROSS JOIN main.level AS r ON r.place = load.place")})"""  # noqa: S608
_DOUBTFUL = f"""
CREATE TEMP TABLE doubtful AS WITH RECURSIVE up (id) AS (
    SELECT source FROM differing WHERE relation IN {SERVING} UNION SELECT target FROM differing WHERE relation IN {SERVING}
    UNION SELECT edge.source FROM up JOIN main.edge ON edge.target = up.id WHERE edge.relation IN {SERVING})
    SELECT id FROM up WHERE instr(id, '://') UNION SELECT place FROM near UNION SELECT place FROM retold;
DELETE FROM main.unexplained WHERE NOT instr(id, '://') OR id IN (SELECT id FROM doubtful)
""".strip()  # noqa: S608
_OBSERVED = "(SELECT * FROM main.node WHERE id IN (SELECT id FROM altered))"
_OPENS = "SELECT min(rtrim(ifnull(opens, ''), 'Z')) FROM {edges} WHERE target = {place} AND relation = 'writes' AND evidence != 'logged'"
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
        CROSS JOIN main.level AS w INDEXED BY level_written ON w.id BETWEEN r.gets_from AND r.gets_to WHERE r.read AND w.written;
{_OWN.strip()};
CREATE TEMP TABLE first_{{when}} AS SELECT place, min(opens) AS opens FROM pair_{{when}} JOIN own_{{when}} USING (writer)
    GROUP BY place HAVING min(opens) IS NOT NULL
""".strip()  # noqa: S608
_COUNTED_NEAR = f"""
    CREATE TEMP TABLE counted_near AS SELECT place FROM near
    WHERE EXISTS (SELECT 1 FROM main.edge WHERE source = place AND {DATA})
    OR EXISTS (SELECT 1 FROM was AS edge WHERE source = place AND {DATA}) OR place IN (
        SELECT edge.source FROM learner JOIN main.edge ON edge.rowid = learner.number)"""  # noqa: S608
_CHANNEL_BEFORE = f"""
    CREATE TEMP TABLE channel_before AS
    SELECT source, target, closes FROM main.edge WHERE source IN (SELECT place FROM counted_near) AND relation = 'reads'
        AND (usage = 'data' OR rowid IN (SELECT number FROM learner)) AND rowid <= (SELECT number FROM top)
    UNION ALL SELECT source, target, closes FROM was AS edge WHERE source IN (SELECT place FROM counted_near) AND {DATA}"""  # noqa: S608
_ADD_RESOURCES = """
    UPDATE main.counted SET resources = resources + ?, trainers = trainers + ?, training_jobs = training_jobs + ?,
    isolated_training_jobs = isolated_training_jobs + ?, processing_jobs = processing_jobs + ?,
    isolated_processing_jobs = isolated_processing_jobs + ? WHERE account = ? AND region = ?"""
_ADD_CHANNELS = """
    UPDATE main.counted SET channels = channels + ?, channels_of_unknown_writer = channels_of_unknown_writer + ?
    WHERE account = ? AND region = ?"""
