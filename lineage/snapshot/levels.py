"""Which places share keys, stored once for a place and not for each pair: nested places are levels.

Each place that is read or written is a row of `level`, in the order of their names, so all places with a place's name as
prefix are a range of numbers after its own; `up_…` are the nearest ones around it. The join computed how far each place
reaches into that range, when written and when read. From these rows the statements here compute the `overlaps` edges from
written places to read ones, only as many as are requested.

`lists` has, for each manifest that was read, the levels at which it lists something: its entries at or in which something
was written, and the narrowest written places around its folders.
`together` has the places that one writer wrote at one time, if one is around another, to leave out those that add nothing.
"""

from __future__ import annotations

from typing import Final

from lineage.snapshot.rows import EDGE

LEVELS_SCHEMA = """
CREATE TABLE level (
    id INTEGER PRIMARY KEY, place TEXT NOT NULL UNIQUE, last INTEGER NOT NULL,
    up_written INTEGER, up_read INTEGER, up_entry INTEGER,
    written INTEGER NOT NULL, read INTEGER NOT NULL,
    covers_from INTEGER NOT NULL, covers_to INTEGER NOT NULL, gets_from INTEGER NOT NULL, gets_to INTEGER NOT NULL,
    surely_from INTEGER NOT NULL, surely_to INTEGER NOT NULL, wider INTEGER NOT NULL DEFAULT 0,
    leads INTEGER NOT NULL DEFAULT 0, fed INTEGER NOT NULL DEFAULT 0);
CREATE INDEX level_written ON level (id) WHERE written;
CREATE INDEX level_read ON level (id) WHERE read;
CREATE TABLE together (at INTEGER NOT NULL, level INTEGER NOT NULL, PRIMARY KEY (at, level)) WITHOUT ROWID;
CREATE INDEX together_level ON together (level);
CREATE TABLE lists (
    level INTEGER NOT NULL, manifest INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (level, manifest, entry))
    WITHOUT ROWID;
CREATE INDEX lists_manifest ON lists (manifest);
"""
EDGE_OF_PAIR: Final = (
    "SELECT source, target, 'overlaps' AS relation, '' AS role, usage, '' AS path, 'matched' AS evidence, NULL AS opens, "
    "NULL AS closes, NULL AS span, NULL AS listing, '' AS reader, '' AS settled FROM "
)
"""The pairs of the following query as edges, with the columns `EDGE`."""


def above(place: str, which: str, *, itself: bool = False) -> str:
    """The numbers of all written, read or entry levels around a place, optionally with its own, as JSON."""
    return f"""json_each((
        WITH RECURSIVE higher (id) AS (
            SELECT {place}.{"id" if itself else f"up_{which}"}
            UNION SELECT level.up_{which} FROM higher JOIN main.level ON level.id = higher.id)
        SELECT json_group_array(id) FROM higher WHERE id IS NOT NULL)) AS above"""  # noqa: S608  (our own words)


def _folder(place: str) -> str:
    """The name of a place with a slash at its end."""
    return f"{place}.place || iif(substr({place}.place, -1) = '/', '', '/')"


# Each writer of a place also wrote something narrower at the same time, which every reader of `r` gets as well.
def _adds(readers: str) -> str:
    return f"""NOT (w.wider AND NOT EXISTS (
        SELECT 1 FROM main.together AS own WHERE own.level = w.id AND NOT EXISTS (
            SELECT 1 FROM main.together AS other CROSS JOIN main.level AS narrow ON narrow.id = other.level
            WHERE other.at = own.at AND narrow.id != w.id AND instr(narrow.place, rtrim(w.place, '/') || '/') = 1 AND (
                narrow.id = r.id OR ((r.id BETWEEN narrow.covers_from AND narrow.covers_to
                        OR narrow.id BETWEEN r.{readers}_from AND r.{readers}_to)
                    AND (length(narrow.place), w.place) > (length(w.place), narrow.place))))))"""  # noqa: S608


_ENDS = "w.place AS source, r.place AS target"
_BOTH = "w.written AND r.read"
_INSIDE, _AROUND = f"{_BOTH} AND {_adds('gets')}", f"{_BOTH} AND {_adds('surely')}"
_IS_AROUND = f"w.written AND NOT lists.entry AND instr({_folder('one')}, {_folder('w')}) = 1"
_IS_IN_ENTRY = f"w.written AND lists.entry AND instr({_folder('w')}, one.place || '/') = 1"
_LISTED = "CROSS JOIN main.level AS one ON one.id = lists.level"
_LISTING = f"{_LISTED} CROSS JOIN main.level AS r ON r.id = lists.manifest"


def out_of(given: str, which: str = "true") -> str:
    """The pairs (source, target, usage) out of the written places `w` that are `given`, as tables to join."""
    return _pairs(each_out_of(f"{_ENDS}, {{usage}} AS usage FROM {given}", which))


def into(given: str, which: str = "true") -> str:
    """The pairs (source, target, usage) into the read places `r` that are `given`, as tables to join."""
    return _pairs(each_into(f"{_ENDS}, {{usage}} AS usage FROM {given}", which))


def _pairs(statements: tuple[str, ...]) -> str:
    """A manifest may list something of a place in several ways, which count as one pair."""
    inside, around, *listed = statements
    matched = f"{inside} UNION ALL {around}".format(usage="''")
    return f"{matched} UNION ALL SELECT * FROM ({' UNION '.join(listed)})".format(usage="'listed'")  # noqa: S608


def each_out_of(given: str, which: str = "true") -> tuple[str, ...]:
    """The same as four statements: to places inside the written ones, to places around them, and both ways to manifests."""
    return (
        f"""SELECT {given} CROSS JOIN main.level AS r INDEXED BY level_read ON r.id BETWEEN w.covers_from AND w.covers_to
            WHERE {which} AND {_AROUND}""",
        f"""SELECT {given} CROSS JOIN {above("w", "read")} CROSS JOIN main.level AS r ON r.id = above.value
            WHERE {which} AND w.id BETWEEN r.gets_from AND r.gets_to AND {_INSIDE}""",
        f"""SELECT {given} CROSS JOIN main.lists ON lists.level BETWEEN w.id AND w.last {_LISTING}
            WHERE {which} AND {_IS_AROUND}""",
        f"""SELECT {given} CROSS JOIN {above("w", "entry", itself=True)}
            CROSS JOIN main.lists ON lists.level = above.value {_LISTING}
            WHERE {which} AND {_IS_IN_ENTRY}""",
    )


def each_into(given: str, which: str = "true") -> tuple[str, ...]:
    """The same as four statements: from places inside the read ones, from places around them, and both ways into manifests."""
    listed = f"{given} CROSS JOIN main.lists ON lists.manifest = r.id {_LISTED}"
    return (
        f"""SELECT {given} CROSS JOIN main.level AS w INDEXED BY level_written ON w.id BETWEEN r.gets_from AND r.gets_to
            WHERE {which} AND {_INSIDE}""",
        f"""SELECT {given} CROSS JOIN {above("r", "written")} CROSS JOIN main.level AS w ON w.id = above.value
            WHERE {which} AND r.id BETWEEN w.covers_from AND w.covers_to AND {_AROUND}""",
        f"""SELECT {listed} CROSS JOIN {above("one", "written", itself=True)} CROSS JOIN main.level AS w ON w.id = above.value
            WHERE {which} AND {_IS_AROUND}""",
        f"""SELECT {listed} CROSS JOIN main.level AS w INDEXED BY level_written ON w.id BETWEEN one.id AND one.last
            WHERE {which} AND {_IS_IN_ENTRY}""",
    )


ALL_PAIRS: Final = f"{EDGE_OF_PAIR} ({out_of('main.level AS w', 'w.leads')})"
"""All pairs as edges: there may be very many, so they are computed only for a whole graph."""
ALL_EDGES: Final = f"SELECT {EDGE} FROM main.edge UNION ALL {ALL_PAIRS}"  # noqa: S608  (our own words)
"""The whole graph: what the records say, and which places share keys."""
