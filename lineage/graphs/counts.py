"""The basis of a "no", computed at the join: how much was read, and which jobs do not say what they read.

A question then reads a few rows, for any number of jobs.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final

from lineage.domain.jobs import started
from lineage.domain.kinds import BESIDE_DATA, FINE_TUNING_JOB, KINDS, PROCESSING_JOB, RELATIONS, TRAINING_JOB
from lineage.domain.names import location_of, places_around
from lineage.domain.records import decoded
from lineage.domain.training import trains
from lineage.graphs.first_writes import find_first_writes
from lineage.snapshot.graph import behind
from lineage.snapshot.levels import each_into, each_out_of

# Where a job's output may be read: a place for models counts only if something loads or reads them there.
_ONWARD: Final = (*(name for name, relation in RELATIONS.items() if relation.flows), "recorded-by")
# What learns, or holds what may have been learnt: the path of the data ends there.
_LEARN: Final = tuple(
    kind.name for kind in KINDS.values() if kind.trains or any(one.relation == "loads" for one in kind.references)
)
TRAINERS: Final = tuple(kind.name for kind in KINDS.values() if kind.trains == "always")
_ISOLATED = "ifnull(json_extract(details, '$.isolated'), 0)"
RESOURCES = f"""
    SELECT account, region, count(*), sum(kind IN {TRAINERS}),
        sum(kind = '{TRAINING_JOB.name}'), sum(iif(kind = '{TRAINING_JOB.name}', {_ISOLATED}, 0)),
        sum(kind = '{PROCESSING_JOB.name}'), sum(iif(kind = '{PROCESSING_JOB.name}', {_ISOLATED}, 0))
    FROM {{nodes}} AS node WHERE observed AND account != '' AND region != '' GROUP BY account, region"""  # noqa: S608
CHANNELS = f"""
    SELECT node.account, node.region, count(*),
        sum(first.opens IS NULL OR (edge.closes != '' AND first.opens >= rtrim(edge.closes, 'Z')))
    FROM {{edges}} AS edge CROSS JOIN main.node ON node.id = edge.target
    LEFT JOIN {{first}} AS first ON first.place = edge.source
    WHERE {{data}} AND node.kind = '{TRAINING_JOB.name}' GROUP BY 1, 2"""  # noqa: S608
DATA: Final = "edge.relation = 'reads' AND edge.usage = 'data'"
_COUNTED = f"""
    INSERT INTO main.counted
    WITH job (account, region, resources, trainers, training, isolated_training, processing, isolated_processing) AS (
        {RESOURCES.format(nodes="main.node")}),
    channel (account, region, number, unknown) AS (
        {CHANNELS.format(edges="main.edge", first="first_write", data=DATA)})
    SELECT job.*, ifnull(number, 0), ifnull(unknown, 0) FROM job LEFT JOIN channel USING (account, region)"""  # noqa: S608
# The jobs that read data by themselves and need not declare it: a `Job` has it in a document that may say anything.
READERS: Final = (TRAINING_JOB.name, PROCESSING_JOB.name, FINE_TUNING_JOB.name)
# What an edge says that tells what a job read, to learn from or to build on.
TELLING: Final = f"""relation = 'reads' AND evidence = 'declared'
    AND (usage IN ('data', 'model') AND lower(role) NOT IN {BESIDE_DATA} OR opaque)"""
# Those without a field that does.
_SAYING_NOTHING = f"""
    SELECT id, kind, status, details FROM main.node WHERE kind IN {READERS} AND observed AND {{which}}
    AND NOT {_ISOLATED} AND NOT EXISTS (
        SELECT 1 FROM main.edge WHERE target = node.id AND {TELLING}) ORDER BY id"""  # noqa: S608  (our own words)
# Where the output of some jobs may have got, up to the first that learn.
_REACHED = f"""
    CREATE TEMP TABLE reached AS
    WITH RECURSIVE got (id) AS (
        SELECT value FROM json_each(?)
        UNION SELECT edge.target FROM got JOIN main.node USING (id) JOIN main.edge ON edge.source = got.id
        WHERE node.kind NOT IN {_LEARN} AND edge.relation IN {_ONWARD}
        UNION {" UNION ".join(each_out_of("r.place FROM got CROSS JOIN main.level AS w ON w.place = got.id"))})
    SELECT id FROM got"""  # noqa: S608  (our own words)
_BACK: Final = "w.place FROM leading CROSS JOIN main.level AS r ON r.place = leading.id"
# Of these, the nodes with a path to one that learns.
_LEADING = f"""
    WITH RECURSIVE leading (id) AS (
        SELECT id FROM reached JOIN main.node USING (id) WHERE kind IN {_LEARN}
        UNION SELECT edge.source FROM leading JOIN main.edge ON edge.target = leading.id
        WHERE edge.relation IN {_ONWARD} AND edge.source IN (SELECT id FROM reached)
        UNION {" UNION ".join(each_into(_BACK, "w.place IN (SELECT id FROM reached)"))})
    SELECT id FROM leading"""  # noqa: S608  (our own words)


def count(db: sqlite3.Connection) -> None:
    """Fill the counts of a joined graph for each account and region, and the jobs that do not say what they read."""
    find_first_writes(db)
    db.execute(_COUNTED)
    db.execute("DROP TABLE temp.first_write")
    note_silent(db)


def note_silent(db: sqlite3.Connection) -> None:
    """Fill the jobs that do not say what they read."""
    silent, writers = saying_nothing(db)
    put_silent(db, [*silent, *of_what_leads_on(db, writers)])


def put_silent(db: sqlite3.Connection, jobs: Iterable[str]) -> None:
    """Store some jobs that do not say what they read."""
    db.executemany("INSERT INTO main.silent VALUES (?)", ((job,) for job in sorted(jobs)))


def saying_nothing(db: sqlite3.Connection, which: str = "true") -> tuple[list[str], list[str]]:
    """The jobs that may have read anything: those that train, and those that wrote what may lead to training.

    `which` is a condition on the jobs.
    """
    trainers, writers = [], []
    for job, kind, status, details in db.execute(_SAYING_NOTHING.format(which=which)):
        attributes = decoded(details) | {"kind": kind, "status": status}
        if started(attributes) and trains(attributes):
            trainers.append(job)
        elif started(attributes) and kind != TRAINING_JOB.name:
            writers.append(job)
    return trainers, writers


def of_what_leads_on(db: sqlite3.Connection, writers: list[str]) -> Iterator[str]:
    """Of some jobs, those whose outputs may lead to training."""
    leading = _leading(db, writers) if writers else set()
    return (job for job in writers if job in leading or _may_write_what_is_read(db, job))


def _leading(db: sqlite3.Connection, writers: list[str]) -> set[str]:
    """Those of some jobs whose outputs may have got to a job that learns, ignoring times."""
    db.execute(_REACHED, (json.dumps(writers),))
    db.execute("CREATE UNIQUE INDEX temp.reached_id ON reached (id)")
    found = {row[0] for row in db.execute(_LEADING)}
    db.execute("DROP TABLE temp.reached")
    return found.intersection(writers)


def _may_write_what_is_read(db: sqlite3.Connection, job: str) -> bool:
    """Whether a text of it names a place that others read, or one around it: it may have written there."""
    named = db.execute("SELECT source FROM main.edge WHERE target = ? AND relation = 'mentions'", (job,)).fetchall()
    return any(_is_read(db, place) for (place,) in named)


def _is_read(db: sqlite3.Connection, place: str) -> bool:
    location = location_of(place)
    around: Iterable[str] = (place.rstrip("/"), *(places_around(location) if location else ()))
    reads = "relation IN ('reads', 'loads')"
    start = f"{place.rstrip('/')}/"
    below = db.execute(f"SELECT 1 FROM main.edge WHERE source >= ? AND source < ? AND {reads} LIMIT 1", (start, behind(start)))  # noqa: S608
    if below.fetchone():
        return True
    at = f"SELECT 1 FROM main.edge WHERE source IN (SELECT value FROM json_each(?)) AND {reads} LIMIT 1"  # noqa: S608
    return bool(db.execute(at, (json.dumps(list(around)),)).fetchone())
