"""The joined graph in a file: nodes and edges, found by id, kind, name, and by the nodes at their ends."""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterable, Iterator
from contextlib import closing
from functools import cache
from heapq import merge
from operator import itemgetter
from typing import NamedTuple

from lineage.domain.names import is_place
from lineage.domain.records import Edge, Node
from lineage.snapshot.levels import ALL_PAIRS, EDGE_OF_PAIR
from lineage.snapshot.levels import into as pairs_into
from lineage.snapshot.levels import out_of as pairs_out_of
from lineage.snapshot.rows import EDGE, NODE, edge_of, node_of
from lineage.snapshot.schema import UNREAD
from lineage.snapshot.tables import AT_ONCE, OpenTables, Row

OVERLAPS = "overlaps"
FIRST = "rtrim(ifnull(opens, ''), 'Z'), source, target, role, usage"  # the order of writes: the earliest first, and fixed


class GraphTables(OpenTables):
    """The nodes and edges of an open file."""

    def nodes(self, ids: Iterable[str] | None = None) -> Generator[Node]:
        """All nodes, or those with the given ids, by id. A caller that stops early should `close` it before the snapshot."""
        with closing(self.node_rows(ids)) as rows:
            yield from map(node_of, rows)

    def node_rows(self, ids: Iterable[str] | None = None) -> Generator[Row]:
        """The same as rows of the columns `NODE`, to avoid a million small objects."""
        return self._select(NODE, "node", "id", ids)

    def edges(self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None) -> Iterator[Edge]:
        """All edges, or those into or out of the given nodes, in a fixed order."""
        return map(edge_of, self.edge_rows(into=into, out_of=out_of))

    def edge_rows(
        self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None, relations: Iterable[str] = ()
    ) -> Iterator[Row]:
        """The same as rows of the columns `EDGE`, of some relations or of all."""
        key, ids = ("target", into) if into is not None else ("source", out_of)
        which = one_of("relation", relations) if relations else "true"
        return self._edges(key, ids, which, pairs=not relations or OVERLAPS in relations)

    def rows_between(self, ids: Collection[str]) -> Iterator[Row]:
        """The edges whose ends are both among the given nodes, as rows of `EDGE`. Other edges of hubs are not read."""
        asked = "SELECT value FROM json_each(:ids)"
        pairs = pairs_into("json_each(:ids) AS asked CROSS JOIN main.level AS r ON r.place = asked.value")
        # a job is a member of few, and a group may have any number of members
        ends = [("target", "source", "<"), ("source", "target", "="), ("target", "source", ">")]
        inside = " UNION ALL ".join(
            f"SELECT {EDGE} FROM edge WHERE {end} IN ({asked}) AND relation {order} 'member-of' AND +{other} IN ({asked})"  # noqa: S608  (our own words)
            for end, other, order in ends
        )
        sql = f"SELECT {EDGE} FROM ({inside} UNION ALL {EDGE_OF_PAIR} ({pairs})) ORDER BY {EDGE}"  # noqa: S608
        rows = self._sound("edge", EDGE, self._db.execute(sql, {"ids": json.dumps(sorted(ids))}))
        known = frozenset(ids)
        return (row for row in rows if row[0] in known)

    def rows_by(self, ways: tuple[Way, ...], out_of: Iterable[str]) -> Iterator[Row]:
        """The edges out of nodes that match one of some ways, as rows of the columns `EDGE`."""
        return self._edges("source", out_of, _conditions(ways), pairs=any(OVERLAPS in way.relations for way in ways))

    def _edges(self, key: str, ids: Iterable[str] | None, which: str, *, pairs: bool) -> Iterator[Row]:
        """The stored edges, with the pairs of places that share keys, which are computed from the levels."""
        if not pairs:
            return self._select(EDGE, "edge", key, ids, which)
        if ids is None:
            made = self._sound("edge", EDGE, self._rows(f"{ALL_PAIRS} ORDER BY source, target"))
            return merge(self._select(EDGE, "edge", key, ids, which), made, key=itemgetter(0, 1, 2, 3, 4))
        return self._near_and_kept(key, sorted(dict.fromkeys(ids)), which)

    def _near_and_kept(self, key: str, ids: list[str], which: str) -> Iterator[Row]:
        for at in range(0, len(ids), AT_ONCE):
            some = ids[at : at + AT_ONCE]
            if not any(map(is_place, some)):  # nothing else shares keys
                yield from self._select(EDGE, "edge", key, some, which)
                continue
            yield from self._sound("edge", EDGE, self._fetched(_near_and_kept(key, which), {"ids": json.dumps(some)}))

    def of_kind(self, kind: str) -> list[Node]:
        """The observed nodes of one kind, by name."""
        ids = [identity for identity, _ in self.names_of(kind)]
        return sorted(self.nodes(ids), key=lambda node: (node.name, node.id))

    def every(self, kind: str) -> Generator[Node]:
        """The nodes of one kind, including those that are only named, by id."""
        rows = self._rows(f"SELECT {NODE} FROM node WHERE kind = ? ORDER BY id", (kind,))  # noqa: S608  (our own words)
        yield from map(node_of, self._sound("node", NODE, rows))

    def names_from(self, start: str) -> Iterator[tuple[str, str, str]]:
        """Every node whose name begins like this, ignoring case, as (id, kind, name)."""
        sql = """SELECT id, kind, name FROM node WHERE name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE ORDER BY id"""
        return (row[:3] for row in self._rows(sql, (start, behind(start.lower()))))

    def names(self, called: str | None = None) -> Iterator[tuple[str, str, str]]:
        """Every node, or each with this name, ignoring case, as (id, kind, name)."""
        which, values = ("name = ? COLLATE NOCASE", (called,)) if called is not None else ("true", ())
        rows = self._rows(f"SELECT id, kind, name FROM node WHERE {which} ORDER BY id", values)  # noqa: S608  (our own words)
        return (row[:3] for row in rows)

    def named(self, names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Each node with one of many names, ignoring case, as (id, kind, name)."""
        wanted = sorted(set(names))
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            sql = f"SELECT id, kind, name FROM node WHERE name COLLATE NOCASE IN ({','.join('?' * len(some))})"  # noqa: S608
            yield from (row[:3] for row in self._rows(sql, some))

    def beside(self, name: str, number: int) -> Iterator[tuple[str, str, str]]:
        """Up to so many nodes with names before a name in the alphabet, and as many after it, as (id, kind, name)."""
        for which in (
            "name < ? COLLATE NOCASE ORDER BY name COLLATE NOCASE DESC",
            "name > ? COLLATE NOCASE ORDER BY name COLLATE NOCASE",
        ):
            rows = self._rows(f"SELECT id, kind, name FROM node WHERE {which} LIMIT ?", (name, number))  # noqa: S608
            yield from (row[:3] for row in rows)

    def chosen(self, *choices: Choice) -> Generator[Node]:
        """The nodes that match all conditions, by id, read one by one."""
        which, values = [], list[str]()
        for choice in choices:
            for condition, said in choice.conditions():
                which.append(condition)
                values += said
        sql = f"SELECT {NODE} FROM node WHERE {' AND '.join(which) or 'true'} ORDER BY id"  # noqa: S608  (our own words)
        yield from map(node_of, self._sound("node", NODE, self._rows(sql, values)))

    def among(self, kind: str, ids: Iterable[str]) -> Iterator[str]:
        """Those of the given nodes that have a kind."""
        return (row[0] for row in self._select("id", "node", "id", ids, f"kind = '{kind}'"))

    def unexplained(self) -> Iterator[str]:
        """The ids of things that may be served and whose making no record explains."""
        return (row[0] for row in self._rows("SELECT id FROM unexplained ORDER BY id"))

    def unread_rows(self) -> Iterator[Row]:
        """Things that are named and unread and may hide something, as rows of the columns `NODE`."""
        sql = f"SELECT {NODE} FROM node WHERE {UNREAD} ORDER BY +id"  # noqa: S608  (our own words; + keeps to the few)
        return self._sound("node", NODE, self._rows(sql))

    def first_writes(self, start: str, among: Iterable[str]) -> Iterator[Row]:
        """The writes to places whose id begins like this, and to some others, earliest first, as rows of `EDGE`."""
        which = "(target >= ? AND target < ? OR target IN (SELECT value FROM json_each(?)))"
        sql = f"SELECT {EDGE} FROM edge WHERE relation = 'writes' AND {which} ORDER BY {FIRST}"  # noqa: S608
        return self._sound("edge", EDGE, self._rows(sql, (start, behind(start), json.dumps(list(among)))))

    def memberships(self, kind: str, path: str, *, deleted: bool) -> Iterator[tuple[list[str], str, int]]:
        """The sets of nodes of a kind that records are members of, by a field: each with its first member and their number.

        The first one by its id, without what marks an earlier life. `deleted` counts deleted members too.
        """
        gone = "SELECT 1 FROM node AS own WHERE own.id = source AND json_extract(own.details, '$.deleted') IS NOT NULL"
        here = "true" if deleted else f"NOT EXISTS ({gone})"
        inside = f"""SELECT DISTINCT source, target FROM node CROSS JOIN edge ON target = node.id AND relation = 'member-of'
            WHERE node.kind = ? AND path = ? AND {here} ORDER BY source, target"""  # noqa: S608  (our own words)
        first = "min(substr(source, 1, instr(source || '@', '@') - 1))"
        sql = f"""SELECT groups, {first}, count(*) FROM (
            SELECT source, json_group_array(target) AS groups FROM ({inside}) GROUP BY source) GROUP BY groups"""  # noqa: S608
        return ((json.loads(groups), first, many) for groups, first, many in self._rows(sql, (kind, path)))

    def shared_records(self, kind: str) -> Iterator[str]:
        """The nodes of a kind that record a thing which another one records as well."""
        sql = """SELECT DISTINCT target FROM node CROSS JOIN edge ON target = node.id AND relation = 'recorded-by'
            WHERE node.kind = ? AND (SELECT count(DISTINCT other.target) FROM edge AS other
            WHERE other.source = edge.source AND other.relation = 'recorded-by') > 1"""
        return (row[0] for row in self._rows(sql, (kind,)))

    def names_of(self, kind: str) -> Iterator[tuple[str, str]]:
        """The id and the name of each observed node of a kind."""
        return (
            (identity, name) for identity, name in self._rows("SELECT id, name FROM node WHERE kind = ? AND observed", (kind,))
        )

    def observed_as(self, kind: str, name: str) -> list[tuple[str, str]]:
        """The id and the name of each observed node of a kind with this name, ignoring the case of ASCII letters."""
        sql = "SELECT id, name FROM node WHERE name = ? COLLATE NOCASE AND +kind = ? AND observed"  # + keeps to names
        return [row[:2] for row in self._rows(sql, (name, kind))]

    def sources(self, relations: Iterable[str], start: str = "") -> Iterator[str]:
        """Each node whose id begins like this and that has an outgoing edge of some relations."""
        within, ends = ("source >= ? AND source < ?", (start, behind(start))) if start else ("true", ())
        which = f"{within} AND {one_of('relation', relations)}"
        return (row[0] for row in self._rows(f"SELECT DISTINCT source FROM edge WHERE {which}", ends))  # noqa: S608

    def spans_of(self, ids: Iterable[str], relations: Iterable[str]) -> Iterator[tuple[str, str | None]]:
        """Those of the given ids with an outgoing edge of some relations, each with the spans of these edges."""
        which = one_of("relation", relations)
        sql = f"SELECT DISTINCT source, span FROM edge WHERE source IN (SELECT value FROM json_each(?)) AND {which}"  # noqa: S608
        rows = self._rows(sql, (json.dumps(list(ids)),))
        return (row[:2] for row in self._sound("edge", "source, span", rows))

    def written_among(self, ids: Iterable[str]) -> Iterator[str]:
        """Those of the given places that something writes."""
        sql = "SELECT DISTINCT target FROM edge WHERE target IN (SELECT value FROM json_each(?)) AND relation = 'writes'"
        return (row[0] for row in self._rows(sql, (json.dumps(list(ids)),)))

    def names_place(self, place: str) -> bool:
        """Whether a place is a node, or something below it is; its id is given without a slash at its end."""
        sql = "SELECT EXISTS (SELECT 1 FROM node WHERE id = ?) OR EXISTS (SELECT 1 FROM node WHERE id >= ? AND id < ?)"
        return bool(self._one(sql, place, f"{place}/", behind(f"{place}/")))

    def ids_from(self, start: str, most: int) -> Iterator[str]:
        """The ids that begin like this, in order: the first so many of them."""
        return iter(self._ids_between(start, behind(start), most))

    def beginnings(self, start: str, most: int = -1) -> Iterator[str]:
        """The distinct continuations of ids after a prefix, up to the next slash: the first so many of them.

        It jumps over what is below each. As long as nothing is to be jumped over, it reads more and more at a time.
        """
        at, end, seen, many = start, behind(start), set[str](), 1
        while len(seen) != most and (found := self._ids_between(at, end, many)):
            many = min(2 * many, AT_ONCE)
            for one in found:
                if one < at:
                    many = 1  # the rest is below the same name
                    break
                name, slash, _ = one[len(start) :].partition("/")
                at = behind(f"{start}{name}/") if slash else f"{one}\0"
                if (name or slash) and name not in seen:
                    seen.add(name)
                    yield name
                    if len(seen) == most:
                        return

    def _ids_between(self, start: str, end: str, most: int) -> list[str]:
        sql = "SELECT id FROM node WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"
        return [row[0] for row in self._fetched(sql, (start, end, most))]

    def opaque_places(self) -> Iterator[str]:
        """The ids of opaque sources: unread manifests, file systems, hub content, aliases."""
        return (row[0] for row in self._rows("SELECT DISTINCT source FROM edge WHERE opaque ORDER BY source"))


class Way(NamedTuple):
    """A choice of edges: by relations and, if more is given, only to targets that fulfil one of the other conditions."""

    relations: tuple[str, ...]
    ends_of: tuple[str, ...] = ()  # an edge of these relations leads into it as well
    starts_of: tuple[str, ...] = ()  # an edge of these relations leads out of it
    or_no_place: bool = False  # it is not a place

    def condition(self) -> str:
        """The condition on an edge's row, as SQL."""
        marks = [("target", self.ends_of), ("source", self.starts_of)]
        which = [f"e.{end} = edge.target AND {one_of('e.relation', those)}" for end, those in marks if those]
        leads = [f"EXISTS (SELECT 1 FROM edge AS e WHERE {this})" for this in which]  # noqa: S608  (our own words)
        if OVERLAPS in self.starts_of:
            leads += ["EXISTS (SELECT 1 FROM level WHERE place = edge.target AND leads)"]
        leads += ["instr(target, '://') = 0"] if self.or_no_place else []
        return f"({one_of('relation', self.relations)} AND ({' OR '.join(leads) or 'true'}))"


class Choice(NamedTuple):
    """Which nodes are wanted: of some ids, of some kinds, of a name in whatever letters, with a tag. All of it must hold."""

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    name: str | None = None
    glob: str | None = None  # a name in which `*` and `?` stand for other characters
    tag: str | None = None  # `key=value`, or `key` for any value

    def conditions(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The condition on a node's row, as SQL, with its values."""
        if self.ids:
            yield f"id IN ({','.join('?' * len(self.ids))})", self.ids
        if self.kinds:
            yield f"kind IN ({','.join('?' * len(self.kinds))})", self.kinds
        if self.name is not None:
            yield "name = ? COLLATE NOCASE", (self.name,)
        if self.glob is not None:
            yield "lower(name) GLOB ?", (self.glob.lower().replace("[", "[[]"),)
        if self.tag is not None:
            tags = "SELECT 1 FROM json_each(details, '$.tags') WHERE value = ? OR substr(value, 1, length(?)) = ?"
            yield f"EXISTS ({tags})", (self.tag, f"{self.tag}=", f"{self.tag}=")


@cache
def _conditions(ways: tuple[Way, ...]) -> str:
    """The condition on an edge's row that it matches one of some ways; there are few different ones."""
    return f"({' OR '.join(way.condition() for way in ways)})"


@cache
def _near_and_kept(key: str, which: str) -> str:
    """The stored edges at some ids, and the pairs of the places among them."""
    kept = f"SELECT {EDGE} FROM edge WHERE {key} IN (SELECT value FROM json_each(:ids)) AND {which}"  # noqa: S608
    given = "json_each(:ids) AS asked CROSS JOIN main.level AS {} ON {}.place = asked.value"
    # the join noted which places have pairs at all, and most have none
    pairs = pairs_out_of(given.format("w", "w"), "w.leads") if key == "source" else pairs_into(given.format("r", "r"), "r.fed")
    return f"SELECT {EDGE} FROM ({kept} UNION ALL {EDGE_OF_PAIR} ({pairs})) ORDER BY {key}, {EDGE}"  # noqa: S608


def one_of(column: str, words: Iterable[str]) -> str:
    """The condition that a column holds one of our own words."""
    said = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({said})"


def behind(start: str) -> str:
    """The first text that sorts after all texts with a prefix, in SQLite as in Python: by code points."""
    bare = start.rstrip("\U0010ffff")
    code = ord(bare[-1]) + 1
    return bare[:-1] + chr(0xE000 if code == 0xD800 else code)  # surrogates are not characters
