"""Snapshots as folders of Parquet: complete, typed, replaced account by account, and never read as whole if they are not."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import lineage
from lineage.domain.names import HOME
from lineage.domain.records import Crawl
from lineage.graphs.derive import join
from lineage.outputs.parquet import store, writing
from lineage.outputs.parquet.tables import SCHEMA, TABLES
from lineage.outputs.parquet.writing import _Parts
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.rows import EDGE, NODE
from tests.conftest import ROOT
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training
from tests.snapshot.packing import with_bodies
from tests.snapshot.test_file import CRAWL

LEADING = "000012345678"
PARTS = ds.partitioning(pa.schema([("account", pa.string()), ("region", pa.string())]), flavor="hive")


def rows(folder: Any, table: str) -> list[dict[str, Any]]:
    """The rows of a table as pyarrow reads them, in order."""
    read = ds.dataset(lineage.parquet_files(folder, table), format="parquet", partitioning=PARTS).to_table()
    return sorted(read.to_pylist(), key=repr)


def files(folder: Path) -> dict[str, bytes]:
    """All files in a folder, by path."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lists(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "_lineage").iterdir())


def crawled(path: Path, *found: Any, accounts: tuple[str, ...] = (ACCOUNT,), regions: tuple[str, ...] = (REGION,)) -> Path:
    """A snapshot of some records, crawled from these accounts and regions."""
    crawl: Crawl = replace(CRAWL, accounts=accounts, regions=regions)
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(crawl)
        for one in found:
            recording.add(one)
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish("2026-01-01T00:01:00Z")
    return path


def export(path: Path, folder: Any) -> dict[str, Any]:
    with lineage.open_snapshot(path) as snapshot:
        return lineage.export_parquet(snapshot, folder)


def of(account: str, name: str = "fit") -> list[Any]:
    """A training job of an account, whose dataset lies in a bucket that all accounts share."""
    body = {"TrainingJobStatus": "Completed", "CreationTime": "2026-01-02T09:55:00Z"}
    body |= {"TrainingStartTime": "2026-01-02T10:00:00Z", "TrainingEndTime": "2026-01-02T11:00:00Z"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://shared/data/", "S3DataType": "S3Prefix"}}}
    model = {"S3ModelArtifacts": f"s3://models/{account}/model.tar.gz"}
    return [record("training-job", name, body | {"InputDataConfig": [channel], "ModelArtifacts": model}, account=account)]


# --- what is in it --------------------------------------------------------------------------------------


def as_written(row: dict[str, Any], name: str) -> str | None:
    """A time as it is in the snapshot, from its two columns."""
    moment, text = row[name], row[f"{name}_text"]
    if text is not None or moment is None:
        return None if text is None else str(text)
    said: str = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")
    return said


def node_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """A row of Parquet as the snapshot's row of a node."""
    told = row | {name: as_written(row, name) for name in ("created", "modified")}
    return tuple(told[name] for name in NODE.split(", "))


def edge_of(row: dict[str, Any]) -> tuple[Any, ...]:
    told = row | {name: as_written(row, name) for name in ("opens", "closes", "settled")}
    return tuple(told[name] for name in EDGE.split(", "))


@pytest.fixture(scope="module")
def folder(account_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank's account as a folder of Parquet."""
    made = tmp_path_factory.mktemp("parquet") / "estate"
    export(account_path, made)
    return made


@pytest.fixture
def account(account_path: Path) -> Iterator[lineage.Snapshot]:
    with lineage.open_snapshot(account_path) as snapshot:
        yield snapshot


def test_nodes_and_edges_come_back_as_they_were(folder: Path, account: lineage.Snapshot) -> None:
    """From the files each row of the graph can be made again, with its times as they were written."""
    assert Counter(map(node_of, rows(folder, "nodes"))) == Counter(account.node_rows())
    kept = account.edge_rows(relations=[name for name in lineage.RELATIONS if name != "overlaps"])
    copies = (row for row in account.edge_rows(relations=["overlaps"]) if row[6] == "content")
    assert Counter(map(edge_of, rows(folder, "edges"))) == Counter([*kept, *copies])


def test_everything_that_a_verdict_rests_on_is_there(folder: Path, account: lineage.Snapshot) -> None:
    """Gaps, lists, crawls, counts, silent jobs, unexplained and unread things, manifests with their entries, and deployments."""
    scope = account.scope()
    nodes = rows(folder, "nodes")
    assert {row["id"] for row in nodes if row["unexplained"]} == {*account.unexplained()} != set()
    assert {row["id"] for row in nodes if row["silent"]} == {gap.subject for gap in scope.silent}
    unread = {row["id"]: json.loads(row["unread"]) for row in nodes if row["unread"]}
    assert unread == {row[0]: json.loads(row[-1])["unread"] for row in account.unread_rows()} != {}
    told = ("account", "region", "operation", "subject", "reason", "detail")
    assert Counter(tuple(row[name] or "" for name in told) for row in rows(folder, "gaps")) == Counter(
        tuple(getattr(gap, name) for name in told) for gap in scope.holes
    )
    assert {(row["account"], row["region"], row["kind"]) for row in rows(folder, "enumerations")} == scope.enumerated
    assert [(row["crawl"], row["accounts"], row["account"]) for row in rows(folder, "crawls")] == [(1, [ACCOUNT], ACCOUNT)]
    (counted,) = rows(folder, "counts")
    assert {name: counted[name] for name in counted if name in scope.counted[0].counts._fields} == scope.counted[
        0
    ].counts._asdict()
    (manifest,) = rows(folder, "manifests")
    entries = [
        f"{row['folder']}/{row['name']}" for row in rows(folder, "manifest_entries") if row["manifest"] == manifest["manifest"]
    ]
    assert (len(entries), entries[0]) == (manifest["entries"], "s3://bank-raw/receipts/2026-08/0000.jpg")
    graph = lineage.graph(account)
    ran = [(edge[1], edge[0]) for edge in graph.edges(data="relation") if edge[2] == "configures"]
    assert Counter((row["endpoint"], row["config"]) for row in rows(folder, "deployments")) == Counter(ran)


def test_places_have_the_spans_of_their_edges(folder: Path, account: lineage.Snapshot) -> None:
    """Each place that is read or written says in which ways, so that an engine can match prefixes, folders and objects."""
    spans: dict[str, dict[str, set[str]]] = {}
    for edge in account.edges():
        way = {"reads": "read", "may-read": "read", "loads": "read", "writes": "written", "may-write": "written"}.get(
            edge.relation
        )
        if way and edge.span and edge.span not in ("unknown", "named"):
            place = edge.source if way == "read" else edge.target
            spans.setdefault(place, {"read": set(), "written": set()})[way].add(str(edge.span))
    found = {row["place"]: row for row in rows(folder, "places")}
    assert {place: {way: {*row[f"{way}_spans"]} for way in ("read", "written")} for place, row in found.items()} == spans
    assert {place for place, row in found.items() if row["read"]} == {place for place, ways in spans.items() if ways["read"]}


def test_accounts_and_regions_are_text_and_places_have_none(folder: Path) -> None:
    """A row is in the partition of its account and region; a location or an image has none, which is null."""
    nodes = rows(folder, "nodes")
    homes = {row["id"]: (row["account"], row["region"]) for row in nodes}
    assert homes[arn("training-job", "loans-fit-0042")] == (ACCOUNT, REGION)
    assert {homes[row["id"]] for row in nodes if row["id"].startswith("s3://")} == {(None, None)}
    for row in rows(folder, "edges"):
        ends = [homes[row[end]] for end in ("target", "source")]
        assert (row["account"], row["region"]) == next((home for home in ends if home[0]), (None, None))
    assert {(row["account"], row["region"]) for row in rows(folder, "places")} == {(None, None)}
    paths = {path.partition("/part-")[0] for path in lineage.parquet_files(folder, "places")}
    assert paths == {f"{folder}/places/account=__HIVE_DEFAULT_PARTITION__/region=__HIVE_DEFAULT_PARTITION__"}


def test_the_id_of_a_node_says_where_it_is(account: lineage.Snapshot) -> None:
    """An edge is put into a partition by the ids at its ends: each names the account and region that its node has."""
    for node in account.nodes():
        said = re.match(HOME, node.id)
        named = ((said["account"] or said["named"]), (said["region"] or said["there"])) if said else (None, None)
        assert (node.id, *named) == (node.id, node.account, node.region)


def test_the_list_says_what_is_in_the_folder(folder: Path, account: lineage.Snapshot) -> None:
    """The list has the version, the crawls, the seal, each column with its type, and each file with its rows."""
    (name,) = lists(folder)
    said = json.loads((folder / "_lineage" / name).read_text())
    assert (name, said["schema"], said["seal"]) == (f"{ACCOUNT}_{REGION}.json", SCHEMA, account.seals()[-1].digest)
    assert (said["places"], [one["id"] for one in said["crawls"]]) == ([[ACCOUNT, REGION]], [1])
    assert {file["path"] for file in said["files"]} == {path for path in files(folder) if path.endswith(".parquet")}
    for file in said["files"]:
        found = pq.read_metadata(folder / file["path"])
        columns = said["tables"][file["table"]]["columns"]
        assert (found.num_rows, (folder / file["path"]).stat().st_size) == (file["rows"], file["bytes"])
        schema = pq.read_schema(folder / file["path"])
        stored = {one.name: str(one.type).replace("element: ", "") for one in schema}
        assert stored == {column["name"]: column["type"] for column in columns}
    assert {*said["tables"]} == {*TABLES} == {file["table"] for file in said["files"]}


@pytest.mark.parametrize("table", TABLES)
def test_the_page_names_each_column(table: str) -> None:
    """docs/parquet.md has a row for each table, with all of its columns."""
    page = (ROOT / "docs" / "parquet.md").read_text(encoding="utf-8")
    (row,) = re.findall(rf"^\| `{table}` \|.*\| (.*) \|$", page, re.MULTILINE)
    named = re.findall(r"(?:^|, )`(\w+)`", re.sub(r" \([^()]*\)", "", row))
    assert named == [column.name for column in TABLES[table].columns]


MOMENTS = [
    ("2026-01-02T03:04:05Z", "2026-01-02 03:04:05+00:00", None),
    ("2026-01-02T03:04:05.500Z", "2026-01-02 03:04:05.500000+00:00", None),
    ("2026-01-02T03:04:05.000Z", "2026-01-02 03:04:05+00:00", "2026-01-02T03:04:05.000Z"),
    ("2026-01-02T03:04:05.5Z", "2026-01-02 03:04:05.500000+00:00", "2026-01-02T03:04:05.5Z"),
    ("2026-01-02T03:04:05.123456Z", "2026-01-02 03:04:05.123456+00:00", "2026-01-02T03:04:05.123456Z"),
    ("2026-01-02T05:04:05+02:00", "2026-01-02 03:04:05+00:00", "2026-01-02T05:04:05+02:00"),
    ("2026-01-02", "2026-01-02 00:00:00+00:00", "2026-01-02"),
    ("2026-02-30T00:00:00Z", None, "2026-02-30T00:00:00Z"),
    ("some day", None, "some day"),
    ("", None, ""),
    (None, None, None),
]


@pytest.mark.parametrize("beside", [[], ["2026-05-04T00:00:00Z", ""], ["odd"]], ids=["alone", "beside", "odd"])
@pytest.mark.parametrize(("text", "moment", "kept"), MOMENTS, ids=[str(case[0]) for case in MOMENTS])
def test_a_time_loses_nothing(
    tmp_path: Path, text: str | None, moment: str | None, kept: str | None, beside: list[str]
) -> None:
    """A time is a timestamp, and its text is kept only where the timestamp says less: how precise it is, or that it is open."""
    parts = _Parts(tmp_path, "nodes", TABLES["nodes"], "x")
    moments, texts = parts._moments([text, *beside])
    found = moments[0].as_py()
    assert (str(found) if found else None, texts[0].as_py()) == (moment, kept)
    assert str(moments.type) == "timestamp[us, tz=UTC]"


def test_an_unknown_way_of_reading_is_no_span(tmp_path: Path) -> None:
    """What was read in a way that this version does not know matches no place: its edge says so, and is opaque."""
    both = [channel("x", "s3://d/", "Strange"), channel("y", "s3://d/")]
    path = crawled(tmp_path / "s.db", training("fit", both))
    export(path, tmp_path / "estate")
    found = {row["place"]: row["read_spans"] for row in rows(tmp_path / "estate", "places") if row["read"]}
    assert found == {"s3://d/": ["prefix"]}
    edges = {
        row["role"]: (row["span"], row["opaque"]) for row in rows(tmp_path / "estate", "edges") if row["source"] == "s3://d/"
    }
    assert edges == {"x": ("unknown", True), "y": ("prefix", False)}


# --- many accounts in one folder ------------------------------------------------------------------------


def test_one_account_is_replaced_and_no_other(tmp_path: Path) -> None:
    """A new export of an account replaces its files and removes the earlier ones; no file of another account is touched."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    first = files(folder)
    export(crawled(tmp_path / "b.db", *of(LEADING), accounts=(LEADING,)), folder)
    assert first.items() <= files(folder).items()
    other = {path: content for path, content in files(folder).items() if path not in first}
    crawled(tmp_path / "a.db", *of(ACCOUNT, "other"))
    export(tmp_path / "a.db", folder)
    now = files(folder)
    assert other.items() <= now.items()
    assert not {path for path in first if path.endswith(".parquet")} & {*now}
    assert lists(folder) == [f"{LEADING}_{REGION}.json", f"{ACCOUNT}_{REGION}.json"]
    jobs = [(row["account"], row["name"]) for row in rows(folder, "nodes") if row["kind"] == "training-job"]
    assert sorted(jobs) == [(LEADING, "fit"), (ACCOUNT, "fit"), (ACCOUNT, "other")]
    assert [path for path in folder.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_the_same_snapshot_gives_the_same_bytes(tmp_path: Path, account_path: Path) -> None:
    """Two exports of a sealed snapshot are equal, and so is one that is written again."""
    for name in ("one", "two", "one"):
        export(account_path, tmp_path / name)
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_an_unsealed_snapshot_never_shares_a_file_name(tmp_path: Path) -> None:
    """While a crawl is running the content may be another under the same seal, so each export has names of its own."""
    crawled(tmp_path / "a.db", *of(ACCOUNT))
    with Snapshot(tmp_path / "a.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(replace(CRAWL, accounts=(ACCOUNT,)))
    first, second = (export(tmp_path / "a.db", tmp_path / "estate") for _ in range(2))
    assert (first["seal"], second["seal"]) == (None, None)
    assert first["id"] != second["id"]
    assert len(lineage.parquet_files(tmp_path / "estate", "nodes")) == 2


def test_a_wider_export_replaces_those_inside_it(tmp_path: Path) -> None:
    """A snapshot of two accounts takes the place of an export of one of them, and a reader sees each account once."""
    folder = tmp_path / "estate"
    one = export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    both = crawled(tmp_path / "both.db", *of(ACCOUNT), *of(LEADING), accounts=(ACCOUNT, LEADING))
    assert export(both, folder)["replaces"] == [one["id"]]
    assert len(lists(folder)) == 1
    assert Counter(row["account"] for row in rows(folder, "nodes") if row["kind"] == "training-job") == {ACCOUNT: 1, LEADING: 1}


def test_a_part_of_an_export_is_not_replaced(tmp_path: Path) -> None:
    """An export of one account where another one holds it together with more is refused, and nothing is changed."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "both.db", *of(ACCOUNT), *of(LEADING), accounts=(ACCOUNT, LEADING)), folder)
    before = files(folder)
    message = f"holds one export of this account together with {LEADING} {REGION}: name another folder"
    with pytest.raises(lineage.LineageError, match=message):
        export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    assert files(folder) == before


def test_an_account_with_leading_zeros_stays_text(tmp_path: Path) -> None:
    """Three readers, told the types as docs/parquet.md shows, find both accounts as text, and null for locations."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "b.db", *of(LEADING), accounts=(LEADING,)), folder)
    paths = lineage.parquet_files(folder, "nodes")
    text = dict.fromkeys(("account", "region"), pl.String)
    found = {
        "pyarrow": {row["account"] for row in rows(folder, "nodes")},
        "polars": {*pl.read_parquet(paths, hive_partitioning=True, hive_schema=text)["account"]},
        "duckdb": {
            row[0]
            for row in duckdb.execute(
                "SELECT account FROM read_parquet(?, hive_partitioning = true, hive_types = {account: VARCHAR, region: VARCHAR})",
                [paths],
            ).fetchall()
        },
    }
    assert set(map(frozenset, found.values())) == {frozenset({LEADING, None})}


def test_exports_of_two_accounts_at_once_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that another export has emptied and deleted, just before a file is moved into it, is made again."""
    move, deleted = Path.replace, []

    def meanwhile(local: Path, target: Path) -> Path:
        if target.suffix == ".parquet" and target.parent not in deleted:
            deleted.append(target.parent)
            target.parent.rmdir()
            target.parent.parent.rmdir()
        return move(local, target)

    monkeypatch.setattr(Path, "replace", meanwhile)
    said = export(crawled(tmp_path / "a.db", *of(ACCOUNT)), tmp_path / "estate")
    assert len(deleted) > 3
    assert {str(tmp_path / "estate" / file["path"]) for file in said["files"]} == {
        path for table in TABLES for path in lineage.parquet_files(tmp_path / "estate", table)
    }


# --- what is not whole ----------------------------------------------------------------------------------


class Killed(BaseException):
    """The end of a process."""


def end_after(files_put: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an export end after so many files, or else before its list."""
    put, count = store._Local.put, 0

    def fails(self: Any, local: Path, path: str) -> None:
        nonlocal count
        if count == files_put or path.startswith("_lineage"):
            raise error
        count += 1
        put(self, local, path)

    monkeypatch.setattr(store._Local, "put", fails)


@pytest.mark.parametrize("files_put", [0, 1, 5, 11, 99])
def test_an_unfinished_export_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files_put: int) -> None:
    """Whenever an export ends, who goes by the lists reads all of the earlier one, or all of the new one."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    before = rows(folder, "nodes")
    crawled(tmp_path / "a.db", *of(ACCOUNT, "other"))
    end_after(files_put, Killed(), monkeypatch)
    monkeypatch.setattr(writing, "_withdraw", lambda *_: None)  # a process that was killed tidies nothing
    with pytest.raises(Killed):
        export(tmp_path / "a.db", folder)
    assert rows(folder, "nodes") == before
    with pytest.raises(Killed):
        export(tmp_path / "a.db", tmp_path / "new")
    with pytest.raises(
        lineage.LineageError, match=r"holds no finished export: `lineage export -f parquet -o .*/new` writes one"
    ):
        lineage.parquet_files(tmp_path / "new", "nodes")
    monkeypatch.undo()
    export(tmp_path / "a.db", folder)
    assert len(rows(folder, "nodes")) > len(before)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full disk", "Ctrl-C"])
@pytest.mark.parametrize("files_put", [0, 5, 99])
def test_an_export_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files_put: int, error: BaseException
) -> None:
    """After a full disk, a lost connection or Ctrl-C the folder is as it was: the new files are deleted again."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    before = files(folder)
    crawled(tmp_path / "a.db", *of(ACCOUNT, "other"))
    end_after(files_put, error, monkeypatch)
    with pytest.raises((lineage.LineageError, KeyboardInterrupt), match="No space left on device|^$"):
        export(tmp_path / "a.db", folder)
    assert files(folder) == before


def test_what_is_left_to_delete_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the earlier export could not be deleted, the new list already says that it is replaced."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    both = crawled(tmp_path / "both.db", *of(ACCOUNT), *of(LEADING), accounts=(ACCOUNT, LEADING))

    def killed(*_: Any) -> None:
        raise Killed

    monkeypatch.setattr(store._Local, "delete", killed)
    with pytest.raises(Killed):
        export(both, folder)
    assert len(lists(folder)) == 2
    assert Counter(row["account"] for row in rows(folder, "nodes") if row["kind"] == "training-job") == {ACCOUNT: 1, LEADING: 1}


def test_what_a_killed_export_was_to_delete_goes_with_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An export that is run again, or the next one, deletes the files that a killed one no longer could, for whoever reads all."""
    folder, path = tmp_path / "estate", tmp_path / "a.db"
    export(crawled(path, *of(ACCOUNT)), folder)
    export(crawled(tmp_path / "b.db", *of(LEADING), accounts=(LEADING,)), folder)

    def killed(*_: Any) -> None:
        raise Killed

    for name in ("second", "third"):
        crawled(path, *of(ACCOUNT, name))
        monkeypatch.setattr(store._Local, "delete", killed)
        with pytest.raises(Killed):
            export(path, folder)
    monkeypatch.undo()
    assert len(export(path, folder)["replaces"]) == 2
    named = {file for table in TABLES for file in lineage.parquet_files(folder, table)}
    assert {str(one) for one in folder.rglob("*.parquet")} == named
    assert export(path, folder)["replaces"] == []


def test_a_hidden_file_is_no_list(tmp_path: Path) -> None:
    """What another program left beside the lists, under a name with a dot, is no list."""
    export(crawled(tmp_path / "a.db", *of(ACCOUNT)), tmp_path / "estate")
    (tmp_path / "estate" / "_lineage" / f"._{ACCOUNT}_{REGION}.json").write_bytes(b"\0\5\x16\7")
    assert len(lineage.parquet_files(tmp_path / "estate", "nodes")) == 2


def test_who_reads_a_list_reads_all_of_it(tmp_path: Path) -> None:
    """A list that is open while it is replaced keeps its content: there is no moment in which it is half written."""
    folder = tmp_path / "estate"
    export(crawled(tmp_path / "a.db", *of(ACCOUNT)), folder)
    (path,) = (folder / "_lineage").iterdir()
    before = path.read_text()
    with path.open() as file:
        export(crawled(tmp_path / "b.db", *of(ACCOUNT, "other")), folder)
        assert file.read() == before != path.read_text()


def spoilt(folder: Path, **said: Any) -> None:
    (path,) = (folder / "_lineage").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | said))


def doubled(folder: Path) -> None:
    (path,) = (folder / "_lineage").iterdir()
    (folder / "_lineage" / "copy.json").write_text(json.dumps(json.loads(path.read_text()) | {"id": "other"}))


NOT_WHOLE = {
    "a missing file": (lambda folder: next(folder.glob("edges/*/*/*")).unlink(), "is not whole: edges/account=.* is missing: export that account again"),
    "a newer schema": (lambda folder: spoilt(folder, schema="lineage.parquet/2"), r"was written by a newer lineage \(schema 2, this one reads 1\): upgrade"),
    "another schema": (lambda folder: spoilt(folder, schema="other/1"), "json is not the list of an export: delete it, and export that account again"),
    "no number": (lambda folder: spoilt(folder, schema="lineage.parquet/x"), "json is not the list of an export"),
    "half a list": (lambda folder: next(folder.glob("_lineage/*")).write_text('{"schema"'), "json is not the list of an export"),
    "two lists of one account": (doubled, f"111122223333_eu-west-1.json and copy.json in .*_lineage both hold account {ACCOUNT} {REGION}: delete one"),
    "no list": (lambda folder: shutil.rmtree(folder / "_lineage"), "holds no finished export"),
}  # fmt: skip


@pytest.mark.parametrize("what", NOT_WHOLE)
def test_a_folder_that_is_not_whole_is_one_line(folder: Path, tmp_path: Path, what: str) -> None:
    """A missing file, a newer schema, a broken list, and two lists of one account are errors of one line that say what to do."""
    spoil, message = NOT_WHOLE[what]
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    spoil(copy)
    with pytest.raises(lineage.LineageError, match=message) as error:
        lineage.parquet_files(copy, "nodes")
    assert "\n" not in str(error.value)


def test_no_folder_and_no_table_are_one_line(folder: Path, tmp_path: Path, account: lineage.Snapshot) -> None:
    """What is not there is named."""
    with pytest.raises(lineage.LineageError, match=r"there is no table 'node' \(expected one of nodes, edges"):
        lineage.parquet_files(folder, "node")
    with pytest.raises(lineage.LineageError, match="holds no finished export"):
        lineage.parquet_files(tmp_path / "nowhere", "nodes")
    (tmp_path / "file").touch()
    for wrong, said in (("file", "file: File exists"), ("no/folder", "no/folder: No such file or directory")):
        with pytest.raises(lineage.LineageError, match=said):
            lineage.export_parquet(account, tmp_path / wrong)


def test_a_snapshot_that_changes_meanwhile_gives_no_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If a crawl finishes while the tables are read, nothing is put into the folder."""
    path, written = crawled(tmp_path / "a.db", *of(ACCOUNT)), writing._written

    def meanwhile(snapshot: Any, name: str, *rest: Any) -> Any:
        if name == "edges":
            crawled(path, *of(ACCOUNT, "other"))
        return written(snapshot, name, *rest)

    monkeypatch.setattr(writing, "_written", meanwhile)
    with pytest.raises(lineage.SnapshotError, match="was written to or replaced while it was read"):
        export(path, tmp_path / "estate")
    assert files(tmp_path / "estate") == {}


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("node", "name", b"x"),
        ("edge", "source", b"x"),
        ("edge", "relation", b"x"),
        ("edge", "listing", "x"),
        ("level", "read", "x"),
    ],
)
def test_a_damaged_value_is_not_exported(tmp_path: Path, table: str, column: str, value: Any) -> None:
    """A value of another type than its column's, which SQLite accepts, is named, and no folder is left half written."""
    path = crawled(tmp_path / "a.db", *of(ACCOUNT))
    with with_bodies(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE {table} SET {column} = ?", (value,))
    db.close()
    with pytest.raises(lineage.SnapshotError):
        export(path, tmp_path / "estate")
    assert files(tmp_path / "estate") == {}


# --- large ones -----------------------------------------------------------------------------------------


def estate(path: Path, jobs: int) -> Path:
    """Jobs of three accounts, that read and write in turn."""
    found = (one for number in range(jobs) for one in of((ACCOUNT, LEADING, "444455556666")[number % 3], f"fit-{number:04}"))
    return crawled(path, *found, accounts=(ACCOUNT, LEADING, "444455556666"))


def test_few_rows_are_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows there are, a row group's worth of them is kept, and each file has many row groups."""
    path = estate(tmp_path / "s.db", 200)
    most, rows_of = 0, writing._rows
    monkeypatch.setattr(writing, "_GROUP", 50)
    monkeypatch.setattr("lineage.snapshot.bulk._ROWS", 16)
    add = _Parts.add

    def watched(self: _Parts, batch: Any) -> None:
        nonlocal most
        add(self, batch)
        most = max(most, sum(map(rows_of, self._kept.values())))

    monkeypatch.setattr(_Parts, "add", watched)
    said = export(path, tmp_path / "estate")
    assert 0 < most < 50
    groups = {file["path"]: pq.read_metadata(tmp_path / "estate" / file["path"]) for file in said["files"]}
    assert max(found.num_row_groups for found in groups.values()) > 3
    assert max(found.row_group(at).num_rows for found in groups.values() for at in range(found.num_row_groups)) <= 66


def test_few_files_are_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more accounts than files may be open, an account gets several files, and no row is lost."""
    path = estate(tmp_path / "s.db", 60)
    whole = export(path, tmp_path / "whole")
    monkeypatch.setattr(writing, "_GROUP", 5)
    monkeypatch.setattr(writing, "_OPEN", 2)
    monkeypatch.setattr("lineage.snapshot.bulk._ROWS", 5)
    said = export(path, tmp_path / "parts")
    assert len(said["files"]) > len(whole["files"])
    assert any("/part-1-" in file["path"] for file in said["files"])
    for table in TABLES:
        assert said["tables"][table] == whole["tables"][table]
        assert rows(tmp_path / "parts", table) == rows(tmp_path / "whole", table)


def test_an_odd_account_is_a_partition_of_its_own(tmp_path: Path) -> None:
    """What a record names as an account cannot leave the folder, and comes back as it was."""
    odd = "../../x=%2F é"
    path = crawled(tmp_path / "a.db", *of(ACCOUNT))
    with with_bodies(sqlite3.connect(path)) as db:
        db.execute("UPDATE node SET account = ? WHERE kind = 'training-job'", (odd,))
    db.close()
    export(path, tmp_path / "estate")
    assert {one.name for one in tmp_path.iterdir()} == {"a.db", "estate"}
    assert [row["account"] for row in rows(tmp_path / "estate", "nodes") if row["kind"] == "training-job"] == [odd]


def test_all_sorts_of_times_and_places_are_kept(tmp_path: Path) -> None:
    """Models, processing jobs and endpoints of a small estate come back row by row."""
    path = crawled(
        tmp_path / "s.db",
        *served("s3://m/x"),
        training("fit", {"train": "s3://d/a"}, "s3://m/x"),
        processing("p", {"i": "s3://d/"}, {"o": "s3://d/a/"}),
    )
    export(path, tmp_path / "estate")
    with lineage.open_snapshot(path) as snapshot:
        assert Counter(map(node_of, rows(tmp_path / "estate", "nodes"))) == Counter(snapshot.node_rows())
        kept = (edge for edge in snapshot.edge_rows() if edge[2] != "overlaps")
        assert Counter(map(edge_of, rows(tmp_path / "estate", "edges"))) == Counter(kept)


# --- S3 -------------------------------------------------------------------------------------------------


def test_a_folder_on_s3_holds_the_same(bucket: str, account_path: Path, folder: Path, tmp_path: Path) -> None:
    """An export to S3 has the files of one to a folder; an account is replaced there, too, and others stay."""
    export(account_path, f"{bucket}/all/")
    paths = lineage.parquet_files(f"{bucket}/all", "nodes")
    assert paths == [
        f"{bucket}/all/{path.relative_to(folder).as_posix()}" for path in map(Path, lineage.parquet_files(folder, "nodes"))
    ]
    s3 = boto3.client("s3", region_name="us-east-1")
    keys = lambda: {one["Key"].removeprefix("all/") for one in s3.list_objects_v2(Bucket="estate", Prefix="all/")["Contents"]}  # noqa: E731
    assert keys() == {*files(folder)}
    for path, content in files(folder).items():
        assert s3.get_object(Bucket="estate", Key=f"all/{path}")["Body"].read() == content
    first = keys()
    export(crawled(tmp_path / "b.db", *of(LEADING), accounts=(LEADING,)), f"{bucket}/all")
    second = keys() - first
    export(crawled(tmp_path / "b.db", *of(LEADING, "other"), accounts=(LEADING,)), f"{bucket}/all")
    assert first <= keys()
    assert keys() & second == {f"_lineage/{LEADING}_{REGION}.json"}


def test_s3_may_be_another_service(bucket: str, s3_service: str, account_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parameters of pyarrow's S3 in the URI name a service and its region; they are in no path."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    host = s3_service.removeprefix("http://")
    where = f"{bucket}/other?endpoint_override={host}&scheme=http&region=us-east-1"
    export(account_path, where)
    assert all(path.startswith(f"{bucket}/other/nodes/account=") for path in lineage.parquet_files(where, "nodes"))


@pytest.mark.usefixtures("bucket")
def test_what_s3_refuses_is_one_line(account: lineage.Snapshot) -> None:
    """A bucket that is not there, and a URI that names none, are one line, which does not tell the keys in a URI."""
    for where, said in (
        ("s3://no-such-bucket/x", "NO_SUCH_BUCKET"),
        ("s3://", "s3:"),
        ("s3://key:secret@no-such-bucket/x", "NO_SUCH_BUCKET"),
        ("s3://key:secret@/x", "s3:"),
        ("s3://estate/x?no=1", "s3://estate/x: "),
    ):
        with pytest.raises(lineage.LineageError, match=said) as error:
            lineage.export_parquet(account, where)
        assert not {"\n", "secret"} & {*str(error.value), *re.findall("secret", str(error.value))}


# --- the command ----------------------------------------------------------------------------------------


def test_the_command_writes_a_folder(ask, tmp_path: Path) -> None:
    """`lineage export -f parquet -o DIR` writes the folder, and says how much it is."""
    ran = ask("export", "-f", "parquet", "-o", "estate")
    (said,) = (tmp_path / "estate" / "_lineage").iterdir()
    written = json.loads(said.read_text())["files"]
    count, size = (sum(file[name] for file in written) for name in ("rows", "bytes"))
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"lineage: wrote {count:,} rows in {len(written)} files, {size:,} bytes\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "-f parquet writes several files: name a folder with --out, or an s3:// URI"),
        (["-o", "-"], "-f parquet writes several files: name a folder with --out, or an s3:// URI"),
        (["+loans-live", "-o", "x"], "-f parquet holds the whole snapshot: leave out the selector, --account and --region"),
        (
            ["--region", "eu-west-1", "-o", "x"],
            "-f parquet holds the whole snapshot: leave out the selector, --account and --region",
        ),
        (["--subject", "x", "-o", "x"], "--subject does not work with -f parquet"),
    ],
)
def test_the_command_refuses_what_it_cannot_write(ask, tmp_path: Path, words: list[str], said: str) -> None:
    """A part of a snapshot, and stdout, are refused before anything is written."""
    ran = ask("export", "-f", "parquet", *words)
    assert (ran.code, ran.err.strip().partition(" (see ")[0]) == (2, f"lineage: {said}")
    assert [*tmp_path.iterdir()] == []


def test_without_pyarrow_one_line_says_what_to_install(ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra nothing is written, and the message names it."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    ran = ask("export", "-f", "parquet", "-o", "estate")
    assert (ran.code, ran.err) == (3, "lineage: Parquet needs pyarrow: pip install 'sagemaker-lineage[parquet]'\n")
    assert [*tmp_path.iterdir()] == []
