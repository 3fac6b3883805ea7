"""The joined graph as a file keeps it: nodes and edges, found by id, by kind, by name, and by what is at their ends."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from lineage.domain.names import Location, location_of
from lineage.domain.records import Edge, Node
from lineage.snapshot.rows import EDGE, NODE, edge_of, node_of
from lineage.snapshot.tables import AT_ONCE, OpenTables, Row


class GraphTables(OpenTables):
    """The nodes and edges of an open file."""

    def nodes(self, ids: Iterable[str] | None = None) -> Generator[Node]:
        """All nodes, or those of the given ids, by id. Whoever reads no further should `close` it before the snapshot."""
        with closing(self.node_rows(ids)) as rows:
            yield from map(node_of, rows)

    def node_rows(self, ids: Iterable[str] | None = None) -> Generator[Row]:
        """The same as rows of the columns `NODE`: for whoever has no use for a million small objects."""
        return self._select(NODE, "node", "id", ids)

    def edges(self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None) -> Iterator[Edge]:
        """All edges, or those into, or out of, the given nodes, in a fixed order."""
        return map(edge_of, self.edge_rows(into=into, out_of=out_of))

    def edge_rows(
        self, *, into: Iterable[str] | None = None, out_of: Iterable[str] | None = None, relations: Iterable[str] = ()
    ) -> Iterator[Row]:
        """The same as rows of the columns `EDGE`, of some relations or of all."""
        key, ids = ("target", into) if into is not None else ("source", out_of)
        return self._select(EDGE, "edge", key, ids, _of_relations("edge", relations) if relations else "true")

    def onward_rows(self, trained: Iterable[str], relations: Iterable[str], *, every_run: bool) -> Iterator[Row]:
        """The edges of some relations out of jobs that train, as far as they lead on: to what is read, to runs that say more.

        Not to a model that nobody reads, nor (unless `every_run`) to a run that nobody wrote into: of those there is one
        for each job.
        """
        on = _of_relations("e", ("reads", "overlaps"))
        reads_on = f"EXISTS (SELECT 1 FROM edge AS e WHERE e.source = edge.target AND {on})"  # noqa: S608  (our own words)
        which = f"""CASE relation WHEN 'writes' THEN instr(target, '://') = 0 OR {reads_on}
            WHEN 'recorded-by' THEN {"true" if every_run else _says_more()} ELSE {_of_relations("edge", relations)} END"""
        return self._select(EDGE, "edge", "source", trained, which)

    def telling_rows(self, ids: Iterable[str], relations: Iterable[str]) -> Iterator[Row]:
        """The edges of some relations out of nodes, but for those to runs that say no more than the job that they record."""
        which = f"{_of_relations('edge', relations)} AND (relation != 'recorded-by' OR {_says_more()})"
        return self._select(EDGE, "edge", "source", ids, which)

    def mention_rows(self, ids: Iterable[str]) -> Iterator[Row]:
        """The `mentions` edges into nodes, and the `reads` edges of what they mention as well."""
        same = "e.target = edge.target AND e.relation = 'mentions' AND rtrim(e.source, '/') = rtrim(edge.source, '/')"
        mentioned = f"EXISTS (SELECT 1 FROM edge AS e WHERE {same})"  # noqa: S608  (our own words)
        return self._select(EDGE, "edge", "target", ids, f"(relation = 'mentions' OR relation = 'reads' AND {mentioned})")

    def of_kind(self, kind: str) -> list[Node]:
        """The observed nodes of one kind, by name."""
        ids = [identity for identity, _ in self.names_of(kind)]
        return sorted(self.nodes(ids), key=lambda node: (node.name, node.id))

    def every(self, kind: str) -> Generator[Node]:
        """The nodes of one kind, those too that are only named, by id."""
        return (node_of(row) for row in self._rows(f"SELECT {NODE} FROM node WHERE kind = ? ORDER BY id", (kind,)))  # noqa: S608

    def names_from(self, start: str) -> Iterator[tuple[str, str, str]]:
        """Every node whose name begins so, in whatever letters, as (id, kind, name)."""
        sql = """SELECT id, kind, name FROM node WHERE name >= ? COLLATE NOCASE AND name < ? COLLATE NOCASE ORDER BY id"""
        return (row[:3] for row in self._rows(sql, (start, _behind(start.lower()))))

    def names(self, called: str | None = None) -> Iterator[tuple[str, str, str]]:
        """Every node, or each of a name in whatever letters, as (id, kind, name)."""
        which, values = ("name = ? COLLATE NOCASE", (called,)) if called is not None else ("true", ())
        rows = self._rows(f"SELECT id, kind, name FROM node WHERE {which} ORDER BY id", values)  # noqa: S608  (our own words)
        return (row[:3] for row in rows)

    def named(self, names: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """Each node of one of many names, in whatever letters, as (id, kind, name)."""
        wanted = sorted(set(names))
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            sql = f"SELECT id, kind, name FROM node WHERE name COLLATE NOCASE IN ({','.join('?' * len(some))})"  # noqa: S608
            yield from (row[:3] for row in self._rows(sql, some))

    def beside(self, name: str, number: int) -> Iterator[tuple[str, str, str]]:
        """So many nodes whose names come before a name in the alphabet, and so many after it, as (id, kind, name)."""
        for which in (
            "name < ? COLLATE NOCASE ORDER BY name COLLATE NOCASE DESC",
            "name > ? COLLATE NOCASE ORDER BY name COLLATE NOCASE",
        ):
            rows = self._rows(f"SELECT id, kind, name FROM node WHERE {which} LIMIT ?", (name, number))  # noqa: S608
            yield from (row[:3] for row in rows)

    def chosen(self, *choices: Choice) -> Generator[Node]:
        """The nodes that are all of what is wanted, by id: one after the other, as they are read."""
        which, values = [], list[str]()
        for choice in choices:
            for condition, said in choice.conditions():
                which.append(condition)
                values += said
        sql = f"SELECT {NODE} FROM node WHERE {' AND '.join(which) or 'true'} ORDER BY id"  # noqa: S608  (our own words)
        yield from map(node_of, self._rows(sql, values))

    def among(self, kind: str, ids: Iterable[str]) -> Iterator[str]:
        """Those of the given nodes that are of a kind."""
        return (row[0] for row in self._select("id", "node", "id", ids, f"kind = '{kind}'"))

    def unexplained(self) -> Iterator[str]:
        """The ids of what may be served, and of which no record tells what it was made of."""
        return (row[0] for row in self._rows("SELECT id FROM unexplained ORDER BY id"))

    def names_of(self, kind: str) -> Iterator[tuple[str, str]]:
        """The id and the name of each observed node of a kind."""
        return (
            (identity, name) for identity, name in self._rows("SELECT id, name FROM node WHERE kind = ? AND observed", (kind,))
        )

    def places_near(self, dataset: Location) -> Iterator[str]:
        """The ids of the places that something reads, loads or mentions and that may share keys with a location.

        Any place may where an access point hides the location's bucket.
        """
        if dataset.hides_bucket:
            rows = self._rows(f"SELECT DISTINCT source FROM edge WHERE {_READ}")  # noqa: S608
            yield from (row[0] for row in rows if _may_hold(row[0], dataset))
            return
        start = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
        under = f"SELECT DISTINCT source FROM edge WHERE source >= ? AND source < ? AND {_READ}"  # noqa: S608
        yield from (row[0] for row in self._rows(under, (start, _behind(start))))
        at = f"SELECT 1 FROM edge WHERE source = ? AND {_READ}"  # noqa: S608
        yield from (place for place in _prefixes(dataset) if self._one(at, place))

    def opaque_places(self) -> Iterator[str]:
        """The ids of what is read and could be anything: unread manifests, file systems, hub content, aliases."""
        return (row[0] for row in self._rows("SELECT DISTINCT source FROM edge WHERE opaque ORDER BY source"))


class Choice(NamedTuple):
    """Which nodes are wanted: of some ids, of some kinds, of a name in whatever letters, with a tag. All of it must be so."""

    ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    name: str | None = None
    tag: str | None = None  # `key=value`, or `key` for any value

    def conditions(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What a node's row must be, as SQL, with the values in it."""
        if self.ids:
            yield f"id IN ({','.join('?' * len(self.ids))})", self.ids
        if self.kinds:
            yield f"kind IN ({','.join('?' * len(self.kinds))})", self.kinds
        if self.name is not None:
            yield "name = ? COLLATE NOCASE", (self.name,)
        if self.tag is not None:
            tags = "SELECT 1 FROM json_each(details, '$.tags') WHERE value = ? OR substr(value, 1, length(?)) = ?"
            yield f"EXISTS ({tags})", (self.tag, f"{self.tag}=", f"{self.tag}=")


_READ = "relation IN ('reads', 'loads', 'mentions')"
_TOLD = ("reads", "mentions", "associated")  # what is written into a run, or leads to it


def _of_relations(table: str, relations: Iterable[str]) -> str:
    words = ", ".join(f"'{relation}'" for relation in relations)
    return f"{table}.relation IN ({words})"


def _says_more() -> str:
    """Whether a run, at which an edge ends, has something to tell: somebody wrote into it, or it logs what it wrote."""
    into, says = _of_relations("e", _TOLD), _of_relations("e", ("writes", "recorded-by"))
    return f"""(EXISTS (SELECT 1 FROM edge AS e WHERE e.target = edge.target AND {into})
        OR EXISTS (SELECT 1 FROM edge AS e WHERE e.source = edge.target AND {says}))"""  # noqa: S608  (our own words)


def _may_hold(place: str, dataset: Location) -> bool:
    location = location_of(place)
    key = location.key if location else ""
    return key.startswith(dataset.key.rstrip("/")) or dataset.key.startswith(key.rstrip("/"))


def _behind(start: str) -> str:
    """The first text that sorts behind all that begin with another one, in SQLite as in Python: by code points."""
    bare = start.rstrip("\U0010ffff")
    code = ord(bare[-1]) + 1
    return bare[:-1] + chr(0xE000 if code == 0xD800 else code)  # surrogates are no characters


def _prefixes(dataset: Location) -> Iterator[str]:
    """Every place around a location: a place stands for the keys that begin with its own, wherever that ends."""
    bare = dataset.key.rstrip("/")
    for length in range(len(bare)):
        yield f"{dataset.root}/{bare[:length]}"
        if not bare[:length].endswith("/"):
            yield f"{dataset.root}/{bare[:length]}/"
