"""The levels of a graph that stays, after some edges were replaced: moved places are put among the others, or taken away.

Numbers have room between them (`APART`). Two places share keys only if the name of one begins with that of the other. So
nothing else can change than the moved places, those around them, and all that begin like them (`near`). What this file does not
surely handle it refuses, with `Crowded`; then all places are joined anew from the edges.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from lineage.domain.kinds import ALLOWED
from lineage.domain.names import Span, is_place, location_of
from lineage.graphs.levels import APART, NONE, Reach, fed, has_inside, leading, reached
from lineage.graphs.tables import Joining, Spans
from lineage.snapshot.graph import behind

STEP = 64  # between the numbers of new places that follow each other
_WRITE = "relation IN ('writes', 'may-write')"
_READ = "relation IN ('reads', 'may-read', 'loads')"
KNOWN = "span IS NOT NULL AND span NOT IN ('unknown', 'named')"
Write = tuple[str, str, str]
"""A writer, and the two times of its write."""


class Crowded(Exception):
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
        joining.put(
            "INSERT OR IGNORE INTO near SELECT place FROM main.level WHERE place >= ? AND place < ?", [(place, behind(place))]
        )
        joining.put(
            "INSERT OR IGNORE INTO near SELECT place FROM main.level WHERE place IN (SELECT value FROM json_each(?))",
            [(_starts(place),)],
        )


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
        found = self._joining.select(
            "SELECT id FROM main.level WHERE place >= ? AND place < ? ORDER BY place DESC LIMIT 1", start, behind(start)
        )
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
        if any(map(self._has_others, wider ^ self._were_wider)):
            raise Crowded
        self._joining.put(
            "UPDATE main.level SET wider = ? WHERE place = ?", ((place in wider, place) for place in sorted(self.places))
        )
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
        """Whether each of a place's writers wrote something inside it each time. Of writes as before, this is known."""
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


_WHEN = f"""ifnull(opens, '') || iif(evidence = '{ALLOWED}' OR relation = 'may-write', '?', '') AS opens,
    ifnull(closes, '') AS closes"""
_WROTE = f"{_WRITE} AND {KNOWN}"
_GROUPS = f"CREATE TEMP TABLE wrote_otherwise AS SELECT DISTINCT source AS writer, {_WHEN} FROM differing WHERE {_WROTE}"  # noqa: S608


def _writes(table: str, which: str = "true") -> str:
    """Writes with their time and span: those in a table for which a condition is true."""
    return f"SELECT source, target, {_WHEN}, span FROM {table} WHERE {which} AND {_WROTE}"  # noqa: S608  (our own words)


def _written_now(which: str, stays: str = "true") -> str:
    """All writes for which a condition is true, also those that lead nowhere; `stays` is a condition on the others only."""
    return f"{_writes('main.edge', f'{which} AND {stays}')} UNION {_writes('main.left_out', which)}"


def _grouped(writes: str) -> str:
    """The places of the writes that are other than before, with all that was written with them, by writer and time."""
    return f"""
        SELECT DISTINCT writer, own.opens, own.closes, target FROM wrote_otherwise AS own JOIN ({writes}) AS one
        ON one.source = writer AND one.opens = own.opens AND one.closes = own.closes ORDER BY target"""  # noqa: S608


def _several(writes: str) -> str:
    """The moved places that are written in several ways."""
    return f"""
        SELECT target FROM ({writes}) WHERE target IN (SELECT place FROM moved)
        GROUP BY target HAVING count(DISTINCT span) > 1"""  # noqa: S608


_WAS = f"{_writes('was')} UNION {_writes('was_left')}"
_BEFORE = _grouped(_WAS)
_NOW = _grouped(_written_now("source IN (SELECT writer FROM wrote_otherwise)"))
_WAYS = f"SELECT DISTINCT span FROM ({_written_now('target = ?1')})"  # noqa: S608
_MOVED = "target IN (SELECT place FROM moved)"
_SEVERAL = {
    "before": _several(" UNION ".join((_written_now(_MOVED, "number <= (SELECT number FROM top)"), _WAS))),
    "now": _several(_written_now(_MOVED)),
}
_OTHERS = f"""
    SELECT 1 FROM ({_writes("main.edge", "target = ?1")} UNION ALL {_writes("main.left_out", "target = ?1")}) AS one
    WHERE NOT EXISTS (SELECT 1 FROM wrote_otherwise AS own WHERE own.writer = one.source AND own.opens = one.opens
        AND own.closes = one.closes) LIMIT 1"""  # noqa: S608  (our own words)
_SAME_SET = """
    SELECT at FROM main.together AS one WHERE level = ?1 AND (
        SELECT json_group_array(level) FROM (SELECT level FROM main.together WHERE at = one.at ORDER BY level)) = ?2 LIMIT 1"""
_PUT_IN = """
    INSERT INTO main.together SELECT (SELECT ifnull(max(at), 0) + 1 FROM main.together), id FROM main.level
    WHERE place IN (SELECT value FROM json_each(?))"""
