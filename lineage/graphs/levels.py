"""The places of a graph as levels (`snapshot/levels.py`): each once, with its range, found in one sorted pass."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import count, groupby
from operator import itemgetter

from lineage.domain.names import Span, location_of
from lineage.graphs.tables import Joining, Spans
from lineage.snapshot.levels import each_into, each_out_of
from lineage.snapshot.manifests import texts_around

APART = 1 << 24  # between the numbers of two places: room for those that later crawls find between them
_EXACTLY, _IN_FOLDER, _BEGINS_SO = range(3)
"""How far a place reaches: its own key, all in its folder, or all keys that begin with it."""
Place = tuple[str, Spans, Spans, bool]
"""A place, the ways to write it and to read it, and whether it is an entry of a manifest."""
Above = tuple[int | None, int | None, int | None]
"""The numbers of the nearest places around one: a written one, a read one, and an entry."""
Reach = tuple[int, int]
"""The range of numbers that a place reaches; the first is after the second if it is empty."""
NONE: Reach = (1, 0)
# One number for all that one writer wrote at one time. A place has the range of its widest write: if others wrote it in
# another way, it does not replace narrower places.
_NUMBERED = """
    CREATE TEMP TABLE numbered AS
    SELECT dense_rank() OVER (ORDER BY writer, opens, closes) AS at, place FROM write
    WHERE place NOT IN (SELECT place FROM written GROUP BY place HAVING count(*) > 1)"""


class _Level:
    """A place while the pass is inside it."""

    __slots__ = ("entry", "folder", "last", "number", "place", "read", "up", "written")

    def __init__(self, number: int, at: Place, up: Above) -> None:
        self.number, self.up = number, up
        self.place, self.written, self.read, self.entry = at
        self.last = number  # of all that begins like it
        self.folder = NONE  # of that, what is inside its folder

    def nearest(self) -> Above:
        """The nearest levels around anything that begins like it: written ones, read ones, and entries."""
        written, read, entry = self.up
        number = self.number
        return number if self.written else written, number if self.read else read, number if self.entry else entry

    def holds(self, inner: _Level) -> None:
        """Note that another one that begins like it is done, with all that is inside."""
        self.last = inner.last
        if self.place.endswith("/") or inner.place.startswith(f"{self.place}/"):
            first, _ = self.folder
            self.folder = (inner.number if self.folder == NONE else first), inner.last

    def row(self) -> tuple[object, ...]:
        reaches = reached(self.written, self.read, self.folder, (self.number + 1, self.last))
        return (self.number, self.place, self.last, *self.up, bool(self.written), bool(self.read), *reaches)


def _written_by(span: Span) -> int:
    """No row of the table of kinds writes with another span than these; a new one would cover more, not less."""
    return {Span.OBJECT: _EXACTLY, Span.FOLDER: _IN_FOLDER}.get(span, _BEGINS_SO)


def _read_by(span: Span) -> int:
    """For a manifest the object itself counts: what it lists is stored separately."""
    return {Span.PREFIX: _BEGINS_SO, Span.FOLDER: _IN_FOLDER}.get(span, _EXACTLY)


def reached(written: Spans, read: Spans, folder: Reach, begun: Reach) -> tuple[int, ...]:
    """How far a place reaches when it is written, when it is read in any way, and in each way, of its folder and all begun."""
    to = {_EXACTLY: NONE, _IN_FOLDER: folder, _BEGINS_SO: begun}
    covers, gets, surely = _how_far(written, read)
    return (*to[covers], *to[gets], *to[surely])


@cache  # there are few ways to write and to read
def _how_far(written: Spans, read: Spans) -> tuple[int, int, int]:
    covers = max(map(_written_by, written), default=_EXACTLY)
    gets = [_read_by(span) for span in read] or [_EXACTLY]
    return covers, max(gets), min(gets)


def note_levels(joining: Joining) -> None:
    """Store the places that are read and written, how they are nested, and which of them share keys at all."""
    into = """INSERT INTO main.level (id, place, last, up_written, up_read, up_entry, written, read, covers_from, covers_to,
             gets_from, gets_to, surely_from, surely_to)"""
    joining.run("CREATE TEMP TABLE entry_at (place, manifest, PRIMARY KEY (place, manifest)) WITHOUT ROWID")
    joining.put("INSERT OR IGNORE INTO entry_at VALUES (?,?)", _entries(joining))
    joining.fill(into, _levels(joining.places()))
    joining.run(_ENTRIES)
    joining.run("DROP TABLE temp.entry_at")
    joining.put(_FOLDER, _folders(joining))
    joining.run(_NUMBERED)
    joining.run("CREATE TEMP TABLE around (place, at, PRIMARY KEY (place, at)) WITHOUT ROWID")
    joining.put("INSERT OR IGNORE INTO around VALUES (?,?)", _around(joining))
    for statement in (*_WIDER.split(";\n"), leading(), fed()):
        joining.run(statement)


def _levels(places: Iterable[Place]) -> Iterator[tuple[object, ...]]:
    """The rows of all places, which come in order: each when the pass has left it."""
    inside: list[_Level] = []
    for number, at in zip(count(APART, APART), places, strict=False):
        while inside and not at[0].startswith(inside[-1].place):
            yield _left(inside)
        inside.append(_Level(number, at, inside[-1].nearest() if inside else (None, None, None)))
    while inside:
        yield _left(inside)


def _left(inside: list[_Level]) -> tuple[object, ...]:
    done = inside.pop()
    if inside:
        inside[-1].holds(done)
    return done.row()


def _around(joining: Joining) -> Iterator[tuple[str, int]]:
    """The places around others that one writer wrote at the same time, each with the number of that write."""
    rows = joining.each("SELECT at, place FROM numbered ORDER BY at, place")
    for at, group in groupby(rows, key=itemgetter(0)):
        places = [place for _, place in group]
        yield from ((place, at) for place in places if has_inside(place, places))


def has_inside(place: str, places: list[str]) -> bool:
    """Whether another one of some sorted places is inside the folder of a place."""
    start = f"{place.rstrip('/')}/"
    first = bisect_left(places, start)
    return any(one.startswith(start) and one != place for one in places[first : first + 2])


def _entries(joining: Joining) -> Iterator[tuple[str, str]]:
    """The entries of manifests that something read, each with its manifest, if something was written at or in them."""
    read, before = joining.listings_read(), set[str]()
    for place in joining.written_places() if read else ():
        is_listed = joining.listings.lists_in("/".join(place.split("/", 3)[:3]))  # a location's root, without parsing it
        location = location_of(place) if is_listed else None
        around = list(texts_around(location)) if location else []
        for text in around:  # what is around the place was already asked for with the previous one
            manifests = () if text in before else joining.listings.having(text)
            yield from ((text, manifest) for number, manifest in manifests if number in read)
        before = set(around)


def _folders(joining: Joining) -> Iterator[tuple[str, str]]:
    """The folders in which read manifests list something, each as the names of places that may be written around it."""
    for number in sorted(joining.listings_read()):
        manifest, *_ = joining.listings.told(number)
        for folder in joining.listings.folders(number):
            location = location_of(f"{folder}/")
            around = texts_around(location) if location else ()
            yield json.dumps([name for text in around for name in (f"{text}/", text)]), manifest.place


_ENTRIES = """
    INSERT INTO main.lists SELECT entry.id, manifest.id, 1 FROM entry_at
    JOIN main.level AS entry USING (place) JOIN main.level AS manifest ON manifest.place = entry_at.manifest"""
# The narrowest written place around a folder leads to all the others.
_FOLDER = """
    INSERT OR IGNORE INTO main.lists
    SELECT around.id, manifest.id, 0 FROM (
        SELECT level.id FROM json_each(?) AS name CROSS JOIN main.level ON place = name.value WHERE written LIMIT 1
    ) AS around JOIN main.level AS manifest ON manifest.place = ?"""
# A place adds nothing if each of its writers wrote something inside it each time.
_WIDER = """
UPDATE main.level SET wider = 1 WHERE place IN (
    SELECT place FROM numbered WHERE place IN (SELECT place FROM around)
    GROUP BY place HAVING count(DISTINCT at) = (SELECT count(*) FROM around WHERE around.place = numbered.place));
INSERT INTO main.together SELECT at, id FROM numbered JOIN main.level USING (place) WHERE at IN (
    SELECT at FROM around JOIN main.level USING (place) WHERE wider);
DROP TABLE temp.numbered;
DROP TABLE temp.around
""".strip()


# Most places are in no other one and hold none: these share no keys with any, and nothing more is asked of them.
_NESTED = "{reaches}_from <= {reaches}_to OR up_{up} IS NOT NULL"


def leading(which: str = "true") -> str:
    """A statement that finds the written places, of some or of all, that share keys with a read one."""
    return f"""
        UPDATE main.level SET leads = 1
        WHERE written AND {which} AND ({_NESTED.format(reaches="covers", up="read")}
            OR up_entry IS NOT NULL OR EXISTS (SELECT 1 FROM main.lists WHERE lists.level BETWEEN level.id AND level.last))
        AND EXISTS (
            SELECT 1 FROM main.level AS r
            WHERE r.id = level.up_read AND level.id BETWEEN r.gets_from AND r.gets_to AND NOT level.wider
            UNION ALL {" UNION ALL ".join(each_out_of("1 FROM main.level AS w", "w.id = level.id"))})"""  # noqa: S608


def fed(which: str = "true") -> str:
    """The same for the read places that share keys with a written one. Mostly the nearest one decides."""
    return f"""
        UPDATE main.level SET fed = 1
        WHERE read AND {which} AND ({_NESTED.format(reaches="gets", up="written")}
            OR EXISTS (SELECT 1 FROM main.lists WHERE manifest = level.id))
        AND EXISTS (
            SELECT 1 FROM main.level AS w
            WHERE w.id = level.up_written AND level.id BETWEEN w.covers_from AND w.covers_to AND NOT w.wider
            UNION ALL {" UNION ALL ".join(each_into("1 FROM main.level AS r", "r.id = level.id"))})"""  # noqa: S608
