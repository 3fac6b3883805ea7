"""The readers of a model's parts, and when they read: a model is read where it runs, not where it is created.

CreateModel names a place and copies nothing. Instances download the artifact when an endpoint is created or updated, and
whenever one is replaced or added. A transform job does so at its start (API reference CreateEndpoint, UpdateEndpoint,
S3ModelDataSource). So each load of a place by a model or a package becomes one load for each of its readers. A reader is a
deployment, an inference component, or a job that names the model. If nothing known runs it, something may since its creation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lineage.domain.jobs import started
from lineage.domain.kinds import HOLDERS, REGISTERED, SERVERS
from lineage.domain.records import Window, decoded
from lineage.domain.sightings import EVER
from lineage.domain.times import sortable
from lineage.graphs.deployments import BEFORE, PAST, Configured, Deployment, deployments
from lineage.graphs.tables import Joining
from lineage.snapshot.graph import one_of
from lineage.snapshot.levels import into

# What runs by itself, and what the things that name it run.
_COMPONENTS = one_of("kind", [kind for kind in HOLDERS if kind in SERVERS])
_MODELS = one_of("kind", [kind for kind in HOLDERS if kind not in REGISTERED])
_ROOM = """
CREATE TEMP TABLE reader (holder, specification, reader, opens, closes, settled,
    PRIMARY KEY (holder, specification, reader, opens)) WITHOUT ROWID"""
_CONFIGURED = """
    SELECT fact.target, fact.source, fact.role, fact.path, ifnull(endpoint.created, ''), ifnull(config.created, ''),
        fact.opens, json_extract(endpoint.details, '$.deleted'), fact.closes
    FROM fact JOIN main.node AS endpoint ON endpoint.id = fact.target JOIN main.node AS config ON config.id = fact.source
    WHERE relation = 'configures' ORDER BY fact.target, fact.source, fact.role, fact.closes"""
_DEPLOYED = """
    SELECT model.id, model.created, deployed.reader, deployed.opens, deployed.closes, deployed.settled
    FROM fact AS deploys JOIN fact AS deployed ON deployed.source = deploys.target AND deployed.relation = 'configures'
    JOIN main.node AS model ON model.id = deploys.source WHERE deploys.relation = 'deploys'"""
_COMPONENTS_RUN = f"""
    SELECT model.id, model.created, component.id, component.created, component.modified,
        json_extract(component.details, '$.deleted')
    FROM fact JOIN main.node AS component ON component.id = fact.target JOIN main.node AS model ON model.id = fact.source
    WHERE relation = 'deploys' AND component.{_COMPONENTS}
    UNION SELECT id, created, id, created, modified, json_extract(details, '$.deleted') FROM main.node
    WHERE {_COMPONENTS}"""  # noqa: S608  (our own words)
# A job that names a model or a package: it reads its parts while it runs.
_JOBS = """
    SELECT fact.source, job.id, job.kind, job.status, job.created, job.details
    FROM fact JOIN main.node AS job ON job.id = fact.target
    WHERE relation IN ('provides', 'reads') AND usage = 'model' AND NOT instr(fact.source, '://')"""
# If nothing known runs a model, something may since its creation.
_ANYBODY = f"""
    INSERT INTO reader SELECT id, '', '', ifnull(created, ''), '', '' FROM main.node
    WHERE {_MODELS} AND id IN (SELECT target FROM fact WHERE relation IN ('loads', 'instantiates'))
    AND NOT EXISTS (SELECT 1 FROM reader WHERE holder = id)"""  # noqa: S608  (our own words)
# A package is read by what runs the models made from it.
_OF_PACKAGES = """
    INSERT OR IGNORE INTO reader SELECT made.source, made.usage, reader.reader, reader.opens, reader.closes, reader.settled
    FROM fact AS made JOIN reader ON reader.holder = made.target WHERE made.relation = 'instantiates'"""
_MADE_FOR = """
    INSERT OR IGNORE INTO fact
    SELECT source, target, relation, role, usage, path, evidence, fact.opens, fact.closes, timed, span, listing, reader.reader,
        '', opaque
    FROM fact JOIN reader ON holder = target WHERE relation = 'instantiates' AND reader.reader != ''"""
_MADE_FOR_NOBODY = """
    DELETE FROM fact WHERE relation = 'instantiates' AND reader = ''
    AND EXISTS (SELECT 1 FROM reader WHERE holder = target AND reader.reader != '')"""
# What a component or a package still names is not in the past. A component that was gone before its endpoint is.
_STILL = f"""
    DELETE FROM fact WHERE usage IN ('{PAST}', '{BEFORE}') AND relation IN ('deploys', 'loads') AND EXISTS (
        SELECT 1 FROM fact AS now WHERE now.source = fact.source AND now.target = fact.target
        AND now.relation = fact.relation AND now.usage NOT IN ('{PAST}', '{BEFORE}'))"""  # noqa: S608  (our own words)
_GONE = f"""
    UPDATE fact SET usage = '{PAST}' WHERE relation = 'hosts' AND EXISTS (
        SELECT 1 FROM main.node AS component, main.node AS endpoint
        WHERE component.id = fact.source AND endpoint.id = fact.target
        AND json_extract(component.details, '$.deleted') < ifnull(json_extract(endpoint.details, '$.deleted'), '~'))"""  # noqa: S608
_SPECIFICATION = "iif(path GLOB 'AdditionalInferenceSpecifications*', role, '')"
_READ = f"""
    INSERT OR IGNORE INTO fact
    SELECT source, target, relation, role, usage, path, evidence, reader.opens, reader.closes, 1, span, listing,
        reader.reader, reader.settled, opaque
    FROM untold AS fact JOIN reader ON holder = target AND specification = {_SPECIFICATION}"""  # noqa: S608
# Readers before the first known one are unknown.
_BEFORE = f"""
    INSERT OR IGNORE INTO fact
    SELECT source, target, relation, role, usage, path, evidence, opens, ifnull(first, ''), 1, span, listing, '', '', opaque
    FROM (
        SELECT *, (SELECT nullif(min(reader.opens), '') FROM reader
            WHERE holder = target AND specification = {_SPECIFICATION}) AS first FROM untold)
    WHERE first IS NULL OR rtrim(opens, 'Z') < rtrim(first, 'Z')"""  # noqa: S608
# The writes to each place: the end of each, and the earliest beginning of all that ended then or later.
_LATER = """
CREATE TEMP TABLE later AS
    WITH write (place, opens, closes) AS (
        SELECT target, rtrim(opens, 'Z'), ifnull(rtrim(nullif(closes, ''), 'Z'), '~') FROM main.edge
        WHERE {writes} AND relation = 'writes')
    SELECT place, closes, min(opens) OVER (PARTITION BY place ORDER BY closes DESC) AS opens FROM write;
CREATE INDEX temp.later_closes ON later (place, closes)
""".strip()
# If nothing was written to it, or to a place that shares keys with it, between a model's creation and its first known
# reader, an unknown earlier reader got the same as that one.
_SAME = f"""relation = 'loads' AND reader = '' AND closes != '' AND NOT EXISTS (
    SELECT 1 FROM (
        SELECT edge.source AS place
        UNION ALL SELECT source FROM main.edge AS listed WHERE listed.target = edge.source AND listed.relation = 'overlaps'
        UNION ALL SELECT source FROM ({into("main.level AS r", "r.place = edge.source")})) AS near
    WHERE rtrim(edge.closes, 'Z') >= (
        SELECT opens FROM later WHERE later.place = near.place AND later.closes > rtrim(edge.opens, 'Z')
        ORDER BY later.closes LIMIT 1))"""  # noqa: S608  (our own words)


class _Reader(NamedTuple):
    """A reader of a model's parts, and when it reads; `settled`: the time by which it certainly had read once."""

    holder: str
    specification: str
    reader: str
    opens: str
    closes: str
    settled: str


def read_where_it_runs(joining: Joining) -> None:
    """Give each load the windows in which it was read, and each config the windows in which it was deployed."""
    joining.run(_ROOM)
    joining.run(_STILL)
    joining.run(_GONE)
    _deploy(joining)
    joining.add_runs()
    joining.put("INSERT OR IGNORE INTO reader VALUES (?,?,?,?,?,?)", _readers(joining))
    joining.run(_ANYBODY)
    joining.run(_OF_PACKAGES)
    joining.run("CREATE TEMP TABLE untold AS SELECT * FROM fact WHERE relation = 'loads'")
    joining.run("DELETE FROM fact WHERE relation = 'loads'")
    for statement in (_READ, _BEFORE, _MADE_FOR, _MADE_FOR_NOBODY):
        joining.run(statement)
    for table in ("untold", "reader"):
        joining.run(f"DROP TABLE temp.{table}")


def leave_out_the_same(joining: Joining, which: str = "true", writes: str = "true") -> None:
    """Leave out unknown readers of a model before its first known reader, if both got the same.

    `which` loads are looked at, and which `writes` matter for these, as conditions on edges.
    """
    for statement in _LATER.format(writes=writes).split(";\n"):
        joining.run(statement)
    joining.leave_out(f"{which} AND {_SAME}")
    joining.run("DROP TABLE temp.later")


def _deploy(joining: Joining) -> None:
    """Turn what the versions of endpoints say about their configs into deployments."""
    rows = joining.select(_CONFIGURED)
    said = (Configured._make([*row[:7], row[7] or joining.next_life(row[0], row[4]), row[8]]) for row in rows)
    found = list(deployments(said))
    joining.run("DELETE FROM fact WHERE relation = 'configures'")
    sql = "INSERT OR IGNORE INTO fact VALUES (?,?,'configures',?,'',?,'declared',?,?,1,NULL,NULL,?,?,0)"
    joining.put(sql, map(_deployment_row, found))


def _deployment_row(one: Deployment) -> tuple[str, ...]:
    return (one.config, one.endpoint, one.role, one.path, *one.window, one.reader, one.settled)


def _readers(joining: Joining) -> Iterator[_Reader]:
    for model, created, reader, opens, closes, settled in joining.select(_DEPLOYED):
        yield _since(model, created, reader, Window(opens, closes), settled)
    for model, created, component, began, modified, gone in joining.select(_COMPONENTS_RUN):
        # a component that is older than its model was updated to it, at the latest when it was modified
        updated = sortable(created or "") > sortable(began or "")
        yield _since(model, created, component, Window(began or "", gone or ""), modified or EVER if updated else began or "")
    for holder, job, kind, status, created, details in joining.select(_JOBS):
        said = {"kind": kind, "status": status} | decoded(details)
        if started(said):
            window = Window(said.get("started") or created or "", said.get("ended") or "")
            yield _Reader(holder, "", job, *window, window.closes or EVER)


def _since(model: str, created: str | None, reader: str, window: Window, settled: str) -> _Reader:
    """A model runs nowhere before it is created."""
    opens, settled = (max(time, created or "", key=sortable) for time in (window.opens, settled))
    return _Reader(model, "", reader, opens, window.closes, settled)
