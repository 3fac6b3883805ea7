"""When a place was first written to, itself or where it shares keys: found in one pass over the levels, not for each pair."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lineage.snapshot.tables import Row

_NEVER = "~"  # sorts behind all times
_OWN = """
    CREATE TEMP TABLE own AS SELECT target AS place, min(rtrim(ifnull(opens, ''), 'Z')) AS opens FROM main.edge
    WHERE relation = 'writes' AND evidence != 'logged' GROUP BY target"""
_LEVELS = f"""
    SELECT id, place, covers_from, covers_to, gets_from, gets_to, iif(written, ifnull(opens, '{_NEVER}'), '{_NEVER}')
    FROM main.level LEFT JOIN own USING (place) ORDER BY id"""  # noqa: S608  (our own words)
_FIRST = f"""
    CREATE TEMP TABLE first_write AS
    SELECT place, min(opens) AS opens FROM (
        SELECT place, opens FROM own
        UNION ALL SELECT place, first FROM first_at JOIN main.level USING (id) WHERE read
        UNION ALL SELECT manifest.place, iif(entry, below, around) FROM main.lists JOIN first_at ON first_at.id = lists.level
            JOIN main.level AS manifest ON manifest.id = lists.manifest)
    WHERE opens != '{_NEVER}' GROUP BY place"""  # noqa: S608  (our own words)


def find_first_writes(db: sqlite3.Connection) -> None:
    """Fill the temporary table `first_write`: by place, the earliest write to it and to what shares keys with it."""
    db.execute(_OWN)
    db.execute("CREATE TEMP TABLE first_at (id INTEGER PRIMARY KEY, first, around, below)")
    db.executemany("INSERT INTO first_at VALUES (?,?,?,?)", _first_writes(db.execute(_LEVELS)))
    db.execute(_FIRST)
    db.execute("CREATE INDEX temp.first_write_place ON first_write (place)")
    for table in ("own", "first_at"):
        db.execute(f"DROP TABLE temp.{table}")


@dataclass(slots=True)
class _Level:
    """A place while the pass is inside it, with the first writes to what was met of all around and inside it."""

    id: int
    place: str
    covers_from: int
    covers_to: int
    gets_from: int
    gets_to: int
    opens: str  # to the place itself
    covered: str = _NEVER  # to what is around it and covers it
    held: str = _NEVER  # to the folders around it
    got: str = _NEVER  # to what is inside and is got by who reads it
    below: str = _NEVER  # to what is called so with a slash at its end
    begun: str = _NEVER  # to all that begins as it does

    def enter(self, outer: _Level) -> None:
        """It lies in another place, of which all is known that is around it."""
        covers = outer.covers_from <= self.id <= outer.covers_to
        self.covered = min(outer.covered, outer.opens if covers else _NEVER)
        self.held = min(outer.held, outer.opens if outer.holds(self) else _NEVER)

    def leave(self, outer: _Level) -> None:
        """All is known that is inside it: it is inside the other one."""
        begun = min(self.opens, self.begun)
        outer.begun = min(outer.begun, begun)
        if outer.gets_from <= self.id <= outer.gets_to:
            outer.got = min(outer.got, begun)
        if self.place.startswith(f"{outer.place}/"):
            outer.below = min(outer.below, begun)

    def holds(self, inner: _Level) -> bool:
        """Whether a place that begins as this one does lies in the folder that it is."""
        return inner.place.startswith(self.place if self.place.endswith("/") else f"{self.place}/")

    def row(self) -> Row:
        below = self.below if self.place.endswith("/") else min(self.below, self.opens)
        return (self.id, min(self.covered, self.got), min(self.held, self.opens), below)


def _first_writes(levels: Iterable[Row]) -> Iterator[Row]:
    inside: list[_Level] = []
    for level in (_Level(*row) for row in levels):
        while inside and not level.place.startswith(inside[-1].place):
            yield _left(inside)
        if inside:
            level.enter(inside[-1])
        inside.append(level)
    while inside:
        yield _left(inside)


def _left(inside: list[_Level]) -> Row:
    done = inside.pop()
    if inside:
        done.leave(inside[-1])
    return done.row()
