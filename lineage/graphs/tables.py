"""Joins a graph in SQLite's temporary tables: they hold more than memory can, and indices find what belongs together.

Appended rows are in the order of the records. Each later table is filled in sorted order, which keeps the time of a join at n
log n. Nothing of it outlives the join.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import cache, lru_cache
from itertools import chain, groupby, islice
from itertools import count as numbers
from operator import itemgetter
from typing import Any, Final, NamedTuple

from lineage.domain.kinds import ALLOWED, ENDPOINT, ENDPOINT_CONFIG, HOLDERS, PIPELINE_EXECUTION, REUSED, SERVING, TRAINING_JOB
from lineage.domain.names import Span, partition_of
from lineage.domain.opaque import READING, is_opaque
from lineage.domain.records import Edge, Json, Node, Window, decoded
from lineage.domain.sightings import EVER, Sight
from lineage.domain.status import FAILED, MIXED
from lineage.domain.times import CLOCKS, bounds, sortable, surely_after
from lineage.graphs.counts import count, of_what_leads_on, put_silent, saying_nothing
from lineage.graphs.joiner import joiner
from lineage.snapshot.levels import EDGE_OF_PAIR, into, out_of
from lineage.snapshot.manifests import Listings
from lineage.snapshot.packed import VIEWS, writable
from lineage.snapshot.rows import EDGE, STORED, UNTIMED, edge_of, node_row, stored_edge
from lineage.snapshot.schema import index_graph
from lineage.snapshot.tables import Row

REMEMBERED = 20_000  # names in memory: those that many records in a row use
AT_ONCE = 1000  # edges that are put into a table at a time
_TIMES = Node._fields.index("created")  # what is only named has no times, and no other attributes after these
ROWS = 64  # rows of one statement: it may have at most 999 values, in the oldest SQLite

_ROOM = """
CREATE TEMP TABLE called (kind, account, region, name, id, PRIMARY KEY (kind, account, region, name)) WITHOUT ROWID;
CREATE TEMP TABLE named (id, kind, name, account, region, arn, observed);
CREATE TEMP TABLE field (source, target, said, opens, closes, listing, opaque);
CREATE TEMP TABLE way (said INTEGER PRIMARY KEY, relation, role, usage, path, evidence, span, reader, settled);
CREATE TEMP TABLE fact (source, target, relation, role, usage, path, evidence, opens, closes, timed, span, listing, reader,
    settled, opaque, PRIMARY KEY (source, target, relation, role, usage, opens, closes, reader)) WITHOUT ROWID;
CREATE INDEX temp.fact_recorded ON fact (target, source) WHERE relation = 'recorded-by';
CREATE TEMP TABLE lent (id PRIMARY KEY, body) WITHOUT ROWID;
CREATE TEMP TABLE model (place, job, PRIMARY KEY (place, job)) WITHOUT ROWID;
CREATE TEMP TABLE model_input (place, maker, PRIMARY KEY (place, maker)) WITHOUT ROWID;
CREATE TEMP TABLE written (place, span, PRIMARY KEY (place, span)) WITHOUT ROWID;
CREATE TEMP TABLE write (place, writer, opens, closes, PRIMARY KEY (place, writer, opens, closes)) WITHOUT ROWID;
CREATE TEMP TABLE sight (place, opens, closes, by, digest, content,
    PRIMARY KEY (place, opens, closes, by, digest)) WITHOUT ROWID;
CREATE INDEX temp.sight_digest ON sight (digest);
CREATE INDEX temp.sight_content ON sight (content, digest);
CREATE TEMP TABLE read (place, span, PRIMARY KEY (place, span)) WITHOUT ROWID;
"""
# When jobs certainly wrote to the places whose content was seen.
_WROTE = f"""
    SELECT rtrim(target, '/') AS place, rtrim(opens, 'Z') AS opens, rtrim(closes, 'Z') AS closes FROM main.edge
    WHERE relation = 'writes' AND evidence = 'declared' AND rtrim(target, '/') IN (SELECT place FROM sight)
        AND NOT EXISTS (SELECT 1 FROM main.node WHERE id = source AND lower(status) IN {FAILED})"""  # noqa: S608  (our own words)
# The places that share a content where one was written and another is read; and those where a record pins a content that
# S3 found there.
_SHARED = """
    SELECT DISTINCT place FROM sight WHERE content IN (
    SELECT content FROM (SELECT DISTINCT content, place FROM sight) JOIN (
        SELECT DISTINCT place, EXISTS (SELECT 1 FROM written WHERE written.place IN (sight.place, sight.place || '/')) AS made,
            EXISTS (SELECT 1 FROM read WHERE read.place IN (sight.place, sight.place || '/')) AS got FROM sight) USING (place)
    WHERE made OR got GROUP BY content HAVING count(*) > 1 AND max(made) AND max(got))
    UNION SELECT place FROM sight AS pin WHERE by != '' AND EXISTS (SELECT 1 FROM sight
        WHERE sight.place = pin.place AND sight.content = pin.content AND sight.by = '')"""
# The pins where S3 found another object; only digests of one kind can be compared.
_CONTRADICTED = """
    UPDATE main.node SET details = json_set(details, '$.contradicted', (
        SELECT json_group_array(place) FROM (SELECT DISTINCT place FROM sight WHERE by = id ORDER BY place)))
    WHERE id IN (SELECT by FROM sight AS pin WHERE by != '' AND EXISTS (SELECT 1 FROM sight WHERE sight.place = pin.place
        AND sight.by = '' AND substr(sight.digest, 1, 5) = substr(pin.digest, 1, 5)) AND NOT EXISTS (
        SELECT 1 FROM sight WHERE sight.place = pin.place AND sight.by = '' AND sight.content = pin.content))"""
# When S3 says that an object was last modified, each time that it was asked.
_PUT = """
    UPDATE main.node SET details = json_set(details, '$.put', (SELECT json_group_array(modified) FROM (
        SELECT DISTINCT modified FROM main.content WHERE place = node.id ORDER BY modified)))
    WHERE id IN (SELECT place FROM main.content)"""
_WRITES_TO = f"""
    SELECT node.kind, node.status, node.details, {", ".join(f"edge.{column}" for column in EDGE.split(", "))}
    FROM main.edge JOIN main.node ON node.id = edge.source
    WHERE target = ? AND relation = 'writes' AND NOT (node.kind = '{PIPELINE_EXECUTION.name}' AND EXISTS (
        SELECT 1 FROM main.edge AS reuse WHERE reuse.source = edge.source AND reuse.relation = 'member-of'
        AND reuse.usage = '{REUSED}' AND reuse.role = edge.role))"""  # noqa: S608  (our own words)
# A fact that may be about data by its name: its place is looked up.
_BY_NAME = "(relation = 'reads' AND usage = 'data' OR relation = 'mentions') AND ifnull(fact.span, 'folder') = 'folder'"
SERVES = f"relation IN {SERVING} AND (relation != 'provides' OR usage = 'model')"
# Unread things that may serve, configs with a variant that names no model, things without an artifact or with a part without
# one, packages from which a model names one specification, and endpoints where no record shows all that they serve. A
# container need not load what only its environment names.
_UNEXPLAINED = f"""
    INSERT OR IGNORE INTO main.unexplained
    SELECT id FROM main.node WHERE {{node}} AND NOT observed AND EXISTS (SELECT 1 FROM main.edge WHERE source = id AND {SERVES})
    UNION SELECT id FROM main.node WHERE {{node}} AND kind IN {HOLDERS}
        AND (json_extract(details, '$.empty_parts') IS NOT NULL OR NOT EXISTS (
            SELECT 1 FROM main.edge WHERE target = id AND {SERVES} AND NOT (relation = 'loads' AND evidence = 'logged')))
    UNION SELECT id FROM main.node AS config WHERE {{node}} AND kind = '{ENDPOINT_CONFIG.name}' AND EXISTS (
        SELECT 1 FROM json_each(config.details, '$.variants') WHERE value NOT IN (
            SELECT role FROM main.edge WHERE target = config.id AND relation = 'deploys'))
    UNION SELECT source FROM main.edge WHERE {{edge}} AND relation = 'instantiates' AND usage != ''
    UNION SELECT id FROM main.node WHERE {{node}} AND kind = '{ENDPOINT.name}' AND lower(status) IN {MIXED}"""  # noqa: S608  (our own words)
# Of these only what an endpoint serves can hide anything: each question looks at all of them.
_UNSERVED = f"""
    WITH RECURSIVE served (id) AS (
        SELECT id FROM main.node WHERE kind = '{ENDPOINT.name}'
        UNION SELECT edge.source FROM served JOIN main.edge ON edge.target = served.id WHERE edge.relation IN {SERVING})
    DELETE FROM main.unexplained WHERE id NOT IN served"""  # noqa: S608  (our own words)
# Names that match ignoring case only in Python, and models in folders without a name.
ODD_NAME = "instr(id, '://') = 0 AND name GLOB '*[^ -~]*'"
ODD_MODEL = "relation = 'writes' AND usage = 'model' AND target GLOB '*//'"
_JOINED = f"""INSERT INTO main.joined SELECT ? WHERE NOT EXISTS (SELECT 1 FROM main.node WHERE {ODD_NAME})
    AND NOT EXISTS (SELECT 1 FROM main.edge WHERE {ODD_MODEL})"""  # noqa: S608  (our own words)

Spans = frozenset[Span]


class EdgeAt(NamedTuple):
    """The data of an edge for checks at its ends: the ends, the relation, the field that says so, and when it ended."""

    source: str
    target: str
    relation: str
    path: str
    closes: str


SAID_WRITE: Final = "relation = 'writes' AND evidence != 'logged'"
"""What a record says itself that it wrote, as SQL."""
WRITERS: Final = "source IN (SELECT source FROM fact WHERE relation = 'may-take')"
"""What a text names, as SQL: only where these wrote is asked."""


class Joining:
    """The tables of a graph, `main.node` and `main.edge`, with temporary tables to join it."""

    lived_before = False  # whether a name was used more than once
    writes = f"(SELECT source, target, span FROM fact WHERE {SAID_WRITE} AND {WRITERS})"  # noqa: S608  (our own words)

    def __init__(self, db: sqlite3.Connection, listings: Listings) -> None:
        self._db = db
        self.listings = listings
        db.create_function("casefold", 1, str.casefold, deterministic=True)
        db.create_function("partition_of", 1, partition_of, deterministic=True)
        writable(db)
        for statement in _ROOM.split(";\n"):
            db.execute(statement)
        self.id_of = lru_cache(REMEMBERED)(self._id_of)
        self.lent = lru_cache(AT_ONCE)(self._lent)
        self._lately_named: set[str] = set()
        self._named: list[Row] = []
        self._fields: list[Row] = []
        self._ways: dict[Row, int] = {}
        self._new_ways: list[Row] = []
        self._numbers = numbers()

    def close(self) -> None:
        """Drop everything except the graph."""
        for what, name in self.select("SELECT type, name FROM sqlite_temp_master WHERE type IN ('table', 'trigger')"):
            self._db.execute(f"DROP {what} temp.{name}")

    def run(self, sql: str) -> None:
        """One statement that needs no values."""
        self._db.execute(sql)

    def select(self, sql: str, *values: str) -> list[Row]:
        """All rows of one query: its tables may be changed while they are used."""
        return self._db.execute(sql, values).fetchall()

    def each(self, sql: str) -> Iterator[Row]:
        """The rows of one query, as they are read: its tables must not change."""
        return iter(self._db.execute(sql))

    def put(self, sql: str, rows: Iterable[Row]) -> None:
        """One statement, for each of some rows."""
        self._db.executemany(sql, rows)

    def fill(self, into: str, rows: Iterable[Row]) -> None:
        """Many rows into a table; `into` is a statement without its values."""
        fill(self._db, into, rows)

    def define(self, name: str, arity: int, function: Callable[..., Any]) -> None:
        """A word for statements: a pure function of plain values."""
        self._db.create_function(name, arity, function, deterministic=True)

    # --- what the records say -------------------------------------------------------------------

    def observe(self, nodes: Iterable[Node]) -> None:
        """The nodes of the records, and the name of each; an earlier lifetime has none."""
        rows = _numbered(map(node_row, nodes))
        while some := list(islice(rows, ROWS)):
            fill(self._db, "INSERT OR REPLACE INTO main.identity", ((number, row[0]) for number, row in some))
            fill(self._db, "INSERT OR REPLACE INTO main.stored_node", (VIEWS["node"].stored_row(*one) for one in some))
        self._db.execute("""
            INSERT OR REPLACE INTO called SELECT kind, account, region, casefold(name), id FROM main.node
            WHERE instr(id, '@') = 0 ORDER BY id""")

        self.lived_before = bool(self._db.execute("SELECT 1 FROM main.node WHERE instr(id, '@') LIMIT 1").fetchone())

    def life_of(self, identity: str, created: str) -> str:
        """The node id of a record's lifetime: an earlier one contains its creation time."""
        row = self._db.execute("SELECT 1 FROM main.node WHERE id = ?", (f"{identity}@{created}",)).fetchone()
        return f"{identity}@{created}" if row else identity

    def life_at(self, identity: str, time: str) -> str:
        """The lifetime of a name at a time: the last one, unless it was created later and another one existed before."""
        row = self._db.execute("SELECT created FROM main.node WHERE id = ?", (identity,)).fetchone()
        if not row or sortable(row[0] or "") <= sortable(time):
            return identity
        sql = """SELECT id FROM main.node WHERE id > ? AND id < ? AND rtrim(created, 'Z') <= ?
                 ORDER BY rtrim(created, 'Z') DESC LIMIT 1"""
        before = self._db.execute(sql, (f"{identity}@", f"{identity}A", sortable(time))).fetchone()
        return str(before[0]) if before else identity

    def ended(self, identity: str) -> str:
        """When a job ended, as its last record says; empty if unknown."""
        row = self._db.execute("SELECT json_extract(details, '$.ended') FROM main.node WHERE id = ?", (identity,)).fetchone()
        return str(row[0] or "") if row else ""

    def is_named_before(self, identity: str, time: str, unsure: timedelta = CLOCKS) -> bool:
        """Whether a name was used at a time at which none of its known lifetimes had begun, nor soon after."""
        if not time:
            return False
        sql = "SELECT created FROM main.node WHERE id = ? UNION ALL SELECT created FROM main.node WHERE id > ? AND id < ?"
        began = [row[0] for row in self._db.execute(sql, (identity, f"{identity}@", f"{identity}A")) if row[0]]
        return bool(began) and surely_after(min(began, key=sortable), time, unsure)

    def lives_after(self, identity: str, time: str) -> list[str]:
        """The lifetimes of a reused name that began after a time at which one already existed, known or not."""
        if self.life_at(identity, time) == identity and not self.is_named_before(identity, time):
            return []
        sql = "SELECT id FROM main.node WHERE (id = ? OR id > ? AND id < ?) AND rtrim(created, 'Z') > ? ORDER BY id"
        return [row[0] for row in self._db.execute(sql, (identity, f"{identity}@", f"{identity}A", sortable(time)))]

    def next_life(self, identity: str, created: str) -> str:
        """When the name of a lifetime was used again; empty for the last one."""
        if not self.lived_before:
            return ""
        first = identity.removesuffix(f"@{created}")
        sql = """SELECT min(rtrim(created, 'Z')) FROM main.node
                 WHERE (id = ? OR id > ? AND id < ?) AND rtrim(created, 'Z') > ?"""
        row = self._db.execute(sql, (first, f"{first}@", f"{first}A", sortable(created))).fetchone()
        return f"{row[0]}Z" if row[0] else ""

    def _id_of(self, kind: str, account: str, region: str, name: str) -> str | None:
        """The id of the node with this name, casefolded."""
        sql = "SELECT id FROM called WHERE kind = ? AND account = ? AND region = ? AND name = ?"
        row = self._db.execute(sql, (kind, account, region, name)).fetchone()
        return str(row[0]) if row else None

    def say(self, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
        """What one record says: the nodes that it names, and the edges."""
        for node in nodes:  # only the first naming counts, so an image that every job names is not stored a million times
            if node.id not in self._lately_named:
                self._lately_named.add(node.id)
                self._named.append((*node[:_TIMES], int(node.observed)))
        for edge in edges:
            source, target, relation, role, usage, path, evidence, window, span, listing, reader, settled = edge
            opens, closes = window or UNTIMED
            way = (relation, role, usage, path, evidence, span, reader, settled)
            said = self._ways.get(way)
            if said is None:
                said = self._ways[way] = next(self._numbers)
                self._new_ways.append((said, *way))
            opaque = relation in READING and is_opaque(source, role, span)
            self._fields.append((source, target, said, opens, closes, listing, int(opaque)))
        if len(self._fields) >= AT_ONCE:
            self.put_down()

    def put_down(self) -> None:
        """Store in tables what was said so far."""
        for table, rows in (("named", self._named), ("field", self._fields), ("way", self._new_ways)):
            fill(self._db, f"INSERT INTO {table}", rows)
            rows.clear()
        for known in (self._lately_named, self._ways):
            if len(known) > REMEMBERED:
                known.clear()

    def pin(self, place: str, digest: str, window: Window | None, by: str) -> None:
        """What a record, `by` its id, says about the content of a place at a moment in a time window."""
        self._db.execute("INSERT OR IGNORE INTO main.pin VALUES (?,?,?,?,?)", pin_row(place, digest, window, by))

    def lend(self, identity: str, body: Json) -> None:
        """Store what others may borrow from a record."""
        self._db.execute("INSERT OR REPLACE INTO lent VALUES (?,?)", (identity, json.dumps(body)))

    def _lent(self, identity: str) -> Json:
        row = self._db.execute("SELECT body FROM lent WHERE id = ?", (identity,)).fetchone()
        return dict(json.loads(row[0])) if row else {}

    def lies_at(self, name: str, place: str, span: Span, by: str) -> None:
        """Store the place of the thing with this name, as a record, `by` its id, gives it."""
        self._db.execute("INSERT OR IGNORE INTO main.lies VALUES (?,?,?,?)", (name, place, by, span))

    def settle(self) -> None:
        """Sort what was said: the first statement about each node and each fact."""
        self.put_down()
        named = """SELECT id, kind, name, account, region, arn, NULL AS created, NULL AS modified, NULL AS status, observed,
            '{}' AS details FROM named ORDER BY id, rowid"""
        self._db.execute("INSERT OR IGNORE INTO main.identity (id) SELECT id FROM named ORDER BY id")
        for statement in VIEWS["node"].filled(named, conflict="OR IGNORE"):
            self._db.execute(statement)
        self._db.execute("""
            INSERT OR IGNORE INTO fact
            SELECT source, target, relation, role, usage, path, evidence, ifnull(opens, ''), ifnull(closes, ''),
                opens IS NOT NULL, span, listing, reader, settled, opaque
            FROM field JOIN way USING (said) ORDER BY source, target, relation, role, usage, opens, closes, field.rowid""")
        for table in ("named", "field", "way"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608  (our own words)
        self._ways.clear()

    def add_runs(self) -> None:
        """Add what else runs the models: nothing, because all records were read."""

    def said_by_name(self) -> Iterator[tuple[Edge, str, Span]]:
        """Each read and write of data by name, with its place and its span there."""
        edge = EDGE.replace("span", "fact.span")
        self._db.execute(f"""
            CREATE TEMP TABLE by_name AS
            SELECT lies.place, lies.span AS there, {edge} FROM main.lies CROSS JOIN fact ON fact.source = lies.name
            WHERE {_BY_NAME}
            UNION ALL SELECT lies.place, lies.span, {edge} FROM fact CROSS JOIN main.lies ON lies.name = fact.target
            WHERE relation = 'writes' AND instr(fact.target, '://') = 0""")  # noqa: S608  (our own words)
        for place, there, *row in self._db.execute("SELECT * FROM by_name ORDER BY source, target, relation, role, opens"):
            yield edge_of(tuple(row)), place, Span(there)
        self._db.execute("DROP TABLE temp.by_name")

    def said_by_writer(self) -> Iterator[Edge]:
        """The mentions of the places where things wrote that a text names: it says whose data, and so where it lies."""
        rows = self.select(f"""
            SELECT DISTINCT wrote.target, took.target, took.role, took.path, wrote.span FROM fact AS took
            JOIN {self.writes} AS wrote ON wrote.source = took.source
            WHERE took.relation = 'may-take' AND instr(wrote.target, '://') ORDER BY 1, 2, 3, 4, 5""")  # noqa: S608
        for place, record, role, path, span in rows:
            yield Edge(place, record, "mentions", role, "", path, "logged", span=Span(span) if span else None)

    def find_by_name(self) -> None:
        """The place of what is read by name is known, so it is not opaque."""
        self._db.execute(f"""
            UPDATE fact SET span = 'named', opaque = 0 WHERE {_BY_NAME} AND source IN (SELECT name FROM main.lies)""")  # noqa: S608

    def keep_facts(self) -> None:
        """The remaining facts become the edges; those of `model_input` read a model."""
        edges = """
            SELECT source, target, relation, role, CASE
                WHEN relation = 'reads' AND usage = 'data' AND evidence = 'declared' AND span IS NOT NULL AND EXISTS (
                    SELECT 1 FROM model_input WHERE place = fact.source AND maker != fact.target
                    AND partition_of(maker) = partition_of(fact.target))
                THEN 'model' ELSE usage END AS usage, path, evidence, iif(timed, opens, NULL) AS opens,
                iif(timed, closes, NULL) AS closes, span, listing, reader, settled, opaque
            FROM fact"""
        for statement in VIEWS["edge"].filled(edges, new=("saying",)):
            self._db.execute(statement)
        self._db.execute("DELETE FROM fact")

    def forget_unread(self, among: str = "true") -> None:
        """Possible writes that nothing else reads, and possible reads that nothing else wrote, lead nowhere.

        `among` is a condition on `{place}`.
        """
        self._forget("may-write", "target", "source", "'reads', 'loads', 'overlaps'", "leads", among)
        self._forget("may-read", "source", "target", "'writes', 'overlaps'", "fed", among)

    def _forget(self, relation: str, place: str, job: str, others: str, joined: str, among: str) -> None:
        """Many jobs may name a place; the first and the last of them show whether one of them is another job."""
        maybe = f"relation = '{relation}' AND {among.format(place=place)}"
        self._db.execute(f"""
            CREATE TEMP TABLE other AS SELECT {job} AS place, min({place}) AS first, max({place}) AS last FROM main.edge
            WHERE relation IN ({others}) AND {job} IN (SELECT {place} FROM main.edge WHERE {maybe}) GROUP BY {job}""")  # noqa: S608
        self._db.execute("CREATE UNIQUE INDEX temp.other_place ON other (place)")
        self.leave_out(f"""{maybe} AND NOT EXISTS (
                SELECT 1 FROM other WHERE place = edge.{place} AND NOT (first = edge.{job} AND last = edge.{job}))
            AND NOT EXISTS (SELECT 1 FROM main.level WHERE place = edge.{place} AND {joined})""")  # noqa: S608
        self._db.execute("DROP TABLE temp.other")

    def leave_out(self, which: str) -> None:
        """Take out edges that lead nowhere. They are kept apart: after a later crawl they may lead somewhere."""
        self._db.execute(f"CREATE TEMP TABLE idle AS SELECT number FROM main.edge WHERE {which}")  # noqa: S608
        self._db.execute(f"INSERT INTO main.left_out SELECT {STORED} FROM idle CROSS JOIN main.edge USING (number)")  # noqa: S608
        self._db.execute("DELETE FROM main.edge WHERE number IN (SELECT number FROM idle)")
        self._db.execute("DROP TABLE temp.idle")

    def note_joined(self) -> None:
        """Note that the graph holds all, and which version joined it; not where joining again could not tell what changes."""
        self._db.execute("DELETE FROM main.joined")
        self._db.execute(_JOINED, (joiner(),))

    def index(self) -> None:
        """The graph is complete: from now on it can be queried by its nodes and edges."""
        index_graph(self._db)
        count(self._db)

    def note_silent(self, changed: str) -> None:
        """Find the jobs that do not say what they read again. For that, what leads nowhere counts as well.

        `changed` is a condition on the jobs that may say otherwise than before; what others wrote may lead elsewhere now.
        """
        which = f"(kind != '{TRAINING_JOB.name}' OR {changed})"
        silent, writers = saying_nothing(self._db, which)
        self._db.execute(f"""
            DELETE FROM main.silent WHERE {changed} OR id NOT IN (
                SELECT id FROM main.node WHERE kind = '{TRAINING_JOB.name}')""")  # noqa: S608  (our own words)
        put_silent(self._db, silent)
        if writers:
            ((number,),) = self.select("SELECT ifnull(max(number), 0) FROM main.stored_edge")
            self._db.execute(f"INSERT INTO main.edge ({STORED}) SELECT * FROM main.left_out")  # noqa: S608
            put_silent(self._db, of_what_leads_on(self._db, writers))
            self._db.execute("DELETE FROM main.edge WHERE number > ?", (number,))

    # --- what it was made of --------------------------------------------------------------------

    def loads(self, which: str = "true") -> Iterator[Edge]:
        """Each load of a model from a place, by place."""
        sql = f"SELECT {EDGE} FROM main.edge WHERE {which} AND relation = 'loads' AND instr(source, '://') ORDER BY source"  # noqa: S608
        return map(edge_of, self._db.execute(sql))

    def overlapping(self, place: str) -> list[str]:
        """The other places that share keys with a place."""
        sql = f"""SELECT source FROM main.edge WHERE target = :place AND relation = 'overlaps' AND evidence != 'content'
                  UNION SELECT source FROM ({into("main.level AS r", "r.place = :place")})"""  # noqa: S608  (our own words)
        return [row[0] for row in self._db.execute(sql, {"place": place})]

    def writes_to(self, place: str) -> Iterator[tuple[Edge, Json]]:
        """The writes to a place, each with the writer's attributes; without steps that were reused from other executions."""
        for kind, status, details, *row in self._db.execute(_WRITES_TO, (place,)):
            yield edge_of(tuple(row)), decoded(details) | {"kind": kind, "status": status}

    def note_unexplained(self, places: Iterable[str], among: str = "true") -> None:
        """Store the served places of unknown origin, with all else of unknown origin; `among` is a condition on `{id}`."""
        self._db.executemany("INSERT OR IGNORE INTO main.unexplained VALUES (?)", ((place,) for place in places))
        self._db.execute(_UNEXPLAINED.format(node=among.format(id="id"), edge=among.format(id="source")))
        self._db.execute(_UNSERVED)

    # --- what could not be read -----------------------------------------------------------------

    def unread(self, kinds: Iterable[str]) -> list[tuple[str, str]]:
        """Things of some kinds that are named and were not read: id and kind."""
        which = json.dumps(list(kinds))
        sql = "SELECT id, kind FROM main.node WHERE NOT observed AND kind IN (SELECT value FROM json_each(?)) ORDER BY id"
        return [(row[0], row[1]) for row in self._db.execute(sql, (which,))]

    def described(self, ids: Iterable[str]) -> Iterator[tuple[str, Json]]:
        """Some nodes, each with its details, its kind and name, and whether it was read."""
        sql = "SELECT id, kind, name, observed, details FROM main.node WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
        for identity, kind, name, observed, details in self._db.execute(sql, (json.dumps(list(ids)),)):
            yield identity, json.loads(details) | {"kind": kind, "name": name, "observed": bool(observed)}

    def edges_at(self, end: str, ids: Iterable[str], relations: Iterable[str]) -> Iterator[EdgeAt]:
        """The edges of some relations that have some nodes as their `source` or their `target`."""
        given = "json_each(:ids) AS asked CROSS JOIN main.level AS {} ON {}.place = asked.value"
        pairs = out_of(given.format("w", "w")) if end == "source" else into(given.format("r", "r"))
        sql = f"""SELECT source, target, relation, path, ifnull(closes, '') FROM (
                      SELECT {EDGE} FROM main.edge WHERE {end} IN (SELECT value FROM json_each(:ids))
                      UNION ALL {EDGE_OF_PAIR} ({pairs}))
                  WHERE relation IN (SELECT value FROM json_each(:relations)) ORDER BY source, target, relation, path"""  # noqa: S608
        values = {"ids": json.dumps(list(ids)), "relations": json.dumps(list(relations))}
        return map(EdgeAt._make, self._db.execute(sql, values))

    def note_unread(self, found: Iterable[tuple[str, Json]]) -> None:
        """Store with each of some nodes what is known about it without its record."""
        rows = ((json.dumps(known), identity) for identity, known in found)
        self._db.executemany("UPDATE main.node SET details = json_set(details, '$.unread', json(?)) WHERE id = ?", rows)

    # --- places ---------------------------------------------------------------------------------

    def sort_models(self) -> None:
        """Sort the places of models, by folder, with the jobs that made them; note the partitions of these jobs."""
        self._db.execute("""
            INSERT OR IGNORE INTO model SELECT rtrim(target, '/') AS place, source FROM fact
            WHERE relation = 'writes' AND usage = 'model' AND evidence = 'declared' AND span IS NOT NULL
            ORDER BY place, source""")
        self._partitions = [row[0] for row in self._db.execute("SELECT DISTINCT partition_of(job) FROM model ORDER BY 1")]

    def sort_places(self, among: str = "true") -> None:
        """The places that are read or written, each with its spans; an unknown place, or a name, matches no other.

        `among` is a condition on `{place}`.
        """
        known = "span IS NOT NULL AND span NOT IN ('unknown', 'named')"
        for row, table, relations in (
            ("target, span", "written", "'writes', 'may-write'"),
            # a possible write does not replace other writes at the same time
            (
                f"target, source, ifnull(opens, '') || iif(evidence = '{ALLOWED}' OR relation = 'may-write', '?', ''), "
                "ifnull(closes, '')",
                "write",
                "'writes', 'may-write'",
            ),
            ("source, span", "read", "'reads', 'may-read', 'loads'"),
        ):
            which = among.format(place=row.partition(",")[0])
            rows = f"SELECT {row} FROM main.edge WHERE {which} AND relation IN ({relations}) AND {known} ORDER BY {row}"  # noqa: S608
            self._db.execute(f"INSERT OR IGNORE INTO {table} {rows}")

    def data_places(self) -> Iterator[str]:
        """The places that a field declares to be read as data, sorted."""
        sql = """SELECT DISTINCT source FROM fact WHERE relation = 'reads' AND usage = 'data' AND evidence = 'declared'
                 AND ifnull(span, 'named') != 'named' ORDER BY source"""
        return (row[0] for row in self._db.execute(sql))

    def makers(self, places: list[str]) -> list[str]:
        """Up to two jobs of each partition whose model is at one of these places: enough to tell whether it is another's."""
        sql = """SELECT DISTINCT job FROM model WHERE place IN (SELECT value FROM json_each(?))
                 AND job >= 'arn:' || ? || ':' AND job < 'arn:' || ? || ';' LIMIT 2"""
        found = (self._db.execute(sql, (json.dumps(places), one, one)) for one in self._partitions)
        return [row[0] for rows in found for row in rows]

    def note_model_inputs(self, inputs: Iterable[tuple[str, str]]) -> None:
        self._db.executemany("INSERT INTO model_input VALUES (?,?)", inputs)

    def places(self) -> Iterator[tuple[str, Spans, Spans, bool]]:
        """Each place that is written, read, or an entry of a manifest, sorted, with the spans of its writes and reads."""
        sql = """SELECT place, group_concat(written), group_concat(read), max(entry) FROM (
                 SELECT place, span AS written, NULL AS read, 0 AS entry FROM written
                 UNION ALL SELECT place, NULL, span, 0 FROM read
                 UNION ALL SELECT place, NULL, NULL, 1 FROM entry_at) GROUP BY place ORDER BY place"""
        for place, written, read, entry in self._db.execute(sql):
            yield place, _spans(written), _spans(read), bool(entry)

    def listings_read(self) -> set[int]:
        """The versions of manifests that something read."""
        return {row[0] for row in self._db.execute("SELECT DISTINCT listing FROM main.edge WHERE listing IS NOT NULL")}

    def written_places(self) -> Iterator[str]:
        """Each place that is written, sorted."""
        return (row[0] for row in self._db.execute("SELECT DISTINCT place FROM written ORDER BY place"))

    def sort_contents(self) -> None:
        """What records pin, and what S3 said about objects; digests of one object at one time mean one content."""
        self._db.execute("INSERT OR IGNORE INTO sight SELECT *, digest FROM main.pin")
        self._db.execute("""
            INSERT OR IGNORE INTO sight SELECT rtrim(place, '/'), rtrim(modified, 'Z'), rtrim(seen, 'Z'), '',
            digest.value, digest.value FROM main.content, json_each(digests) AS digest""")
        said_at_once = ("place, opens, closes", "by = ''")
        while any([self._is_less(*said_at_once), self._is_less("digest", "true")]):
            pass  # until each content has one name: the smallest of its digests
        self._db.execute(_CONTRADICTED)

    def note_put(self) -> None:
        """Store with each place of which S3 was asked when its object was modified."""
        self._db.execute(_PUT)

    def _is_less(self, keys: str, which: str) -> bool:
        """Give all rows with the same keys the smallest of their contents; returns whether any changed."""
        same = " AND ".join(f"least.{key} = sight.{key}" for key in keys.split(", "))
        self._db.execute(f"""
            CREATE TEMP TABLE least AS SELECT {keys}, min(content) AS content FROM sight WHERE {which}
            GROUP BY {keys} HAVING min(content) != max(content)""")  # noqa: S608  (our own words)
        done = self._db.execute(f"""
            UPDATE sight SET content = least.content FROM least
            WHERE {same} AND {which} AND sight.content > least.content""")  # noqa: S608
        self._db.execute("DROP TABLE temp.least")
        return done.rowcount > 0

    def sights(self) -> Iterator[tuple[str, list[Sight]]]:
        """Each place that shares a content with another one, sorted, with all that was seen there."""
        self._db.execute("CREATE TEMP TABLE shared AS" + _SHARED)
        self._db.execute("CREATE TEMP TABLE wrote AS" + _WROTE)
        self._db.execute("CREATE INDEX temp.wrote_place ON wrote (place)")
        rows = self._db.execute("""
            SELECT DISTINCT place, content, opens, closes, by != '' FROM sight WHERE place IN (SELECT place FROM shared)
            ORDER BY place, content, opens, closes""")
        for place, group in groupby(rows, key=itemgetter(0)):
            yield place, [Sight(content, opens, closes, bool(once)) for _, content, opens, closes, once in group]
        for table in ("shared", "wrote"):
            self._db.execute(f"DROP TABLE temp.{table}")

    def wrote(self, place: str) -> list[tuple[str, str]]:
        """The windows of time in which jobs wrote to a place."""
        rows = self._db.execute("SELECT opens, closes FROM wrote WHERE place = ?", (place,))
        return [(opens, closes or EVER) for opens, closes in rows]

    def forms(self, place: str, table: str) -> list[str]:
        """The forms, with and without a trailing slash, in which a place is `written` or `read`."""
        sql = f"SELECT DISTINCT place FROM {table} WHERE place IN (?, ? || '/') ORDER BY place"  # noqa: S608  (our own words)
        return [row[0] for row in self._db.execute(sql, (place, place))]

    def digests(self, content: str) -> list[str]:
        """All digests of a content."""
        return [
            row[0]
            for row in self._db.execute("SELECT DISTINCT digest FROM sight WHERE content = ? ORDER BY digest", (content,))
        ]

    def add_nodes(self, nodes: Iterable[Node]) -> None:
        fill(self._db, "INSERT OR IGNORE INTO main.node", map(node_row, nodes))

    def add_edges(self, edges: Iterable[Edge]) -> None:
        fill(self._db, f"INSERT INTO main.edge ({STORED})", map(stored_edge, edges))


def _numbered(rows: Iterable[Row]) -> Iterator[tuple[int, Row]]:
    """Sorted rows, each with a number; of several rows of one id, which have one number, the last is to count."""
    number, last = 0, None
    for row in rows:
        number += row[0] != last
        last = row[0]
        yield number, row


def fill(db: sqlite3.Connection, into: str, rows: Iterable[Row]) -> None:
    """Insert rows, some in each statement: this takes SQLite about half the time."""
    rest, sql = iter(rows), ""
    while some := list(islice(rest, ROWS)):
        if not sql or len(some) < ROWS:
            one = f"({','.join('?' * len(some[0]))})"
            sql = f"{into} VALUES {','.join([one] * len(some))}"
        db.execute(sql, list(chain.from_iterable(some)))


def pin_row(place: str, digest: str, window: Window | None, by: str) -> Row:
    """What a record says about the content of a place, as a row of its table."""
    opens, closes = bounds(window)
    return (place.rstrip("/"), opens, closes or EVER, by, digest)


@cache  # there are few ways
def _spans(words: str | None) -> Spans:
    return frozenset(map(Span, words.split(","))) if words else frozenset()
