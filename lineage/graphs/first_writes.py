"""The first write to each place or to places that share keys with it: found in one pass over the levels, not by pairs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lineage.snapshot.tables import Row

_NEVER = "~"  # sorts after all times
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
    """Fill the temporary table `first_write`: by place, the earliest write to it or to a place that shares keys with it."""
    db.execute(_OWN)
    db.execute("CREATE TEMP TABLE first_at (id INTEGER PRIMARY KEY, first, around, below)")
    db.executemany("INSERT INTO first_at VALUES (?,?,?,?)", _first_writes(db.execute(_LEVELS)))
    db.execute(_FIRST)
    db.execute("CREATE INDEX temp.first_write_place ON first_write (place)")
    for table in ("own", "first_at"):
        db.execute(f"DROP TABLE temp.{table}")


@dataclass(slots=True)
class _Level:
    """A place while the pass is inside it, with the first writes met so far around and inside it."""

    id: int
    place: str
    covers_from: int
    covers_to: int
    gets_from: int
    gets_to: int
    opens: str  # to the place itself
    covered: str = _NEVER  # to places around it that cover it
    held: str = _NEVER  # to the folders around it
    got: str = _NEVER  # to places inside it that its readers get
    below: str = _NEVER  # to its name with a trailing slash
    begun: str = _NEVER  # to all that begins like it

    def enter(self, outer: _Level) -> None:
        """It is inside another place, for which all places around are known."""
        covers = outer.covers_from <= self.id <= outer.covers_to
        self.covered = min(outer.covered, outer.opens if covers else _NEVER)
        self.held = min(outer.held, outer.opens if outer.holds(self) else _NEVER)

    def leave(self, outer: _Level) -> None:
        """All places inside it are known: add them to the outer place."""
        begun = min(self.opens, self.begun)
        outer.begun = min(outer.begun, begun)
        if outer.gets_from <= self.id <= outer.gets_to:
            outer.got = min(outer.got, begun)
        if self.place.startswith(f"{outer.place}/"):
            outer.below = min(outer.below, begun)

    def holds(self, inner: _Level) -> bool:
        """Whether a place that begins like this one is inside the folder of that name."""
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
