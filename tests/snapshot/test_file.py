"""The snapshot file: what is kept, what is refused, and that nothing is ever half written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import REPLAYED, Answered, Crawl, Enumeration, Fetched, Gap, Named, Resource
from lineage.errors import SnapshotError
from lineage.graphs.derive import derive, join
from lineage.snapshot.reading import Snapshot, open_snapshot
from lineage.snapshot.schema import SCHEMA_VERSION
from tests.records import record, training

CRAWL = Crawl(0, "2026-01-01T00:00:00Z", None, "arn:x", ("1",), ("eu-west-1",), ("e",), f"0{REPLAYED}", "1")


def crawl(path: Path, *found: Fetched, finish: bool = True) -> None:
    """One crawl that finds what it is given."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        for one in found:
            recording.add(one)
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        if finish:
            recording.finish("2026-01-01T00:01:00Z")


def gap(subject: str = "s", operation: str = "DescribeModel") -> Gap:
    return Gap("1", "eu-west-1", operation, subject, "denied", "said so")


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Records, gaps, crawls, nodes and edges are read as they were written."""
    job, lack = training("j", {"train": "s3://b/t"}, HyperParameters={"é": '"\u2028"'}), gap()
    crawl(tmp_path / "s.db", job, lack)
    with open_snapshot(tmp_path / "s.db") as snapshot:
        joined = derive([job])
        assert list(snapshot.resources()) == [job]
        assert snapshot.gaps() == [lack]
        assert snapshot.crawls()[0] == Crawl(
            1, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "arn:x", ("1",), ("eu-west-1",), ("e",), f"0{REPLAYED}", "1"
        )
        assert {node.id: node for node in snapshot.nodes()} == {
            node: one._replace(details={**one.details, **({"crawl": 1} if one.arn else {})})
            for node, one in joined.nodes.items()
        }
        assert sorted(snapshot.edges()) == sorted(joined.edges)


def test_later_versions_are_added_and_the_newest_counts(tmp_path: Path) -> None:
    """A record that changed is kept in both versions; one that changed back is the newest again."""
    states = [record("endpoint", "e", {"CreationTime": "2026-01-01T00:00:00Z", "EndpointStatus": status}) for status in "ABA"]
    for state in states:
        crawl(tmp_path / "s.db", state)
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.status for one in snapshot.resources()] == ["A"]
        assert snapshot._one("SELECT count(*) FROM record") == 2


def endpoints(number: int, created: str = "2026-01-01T00:00:00Z") -> list[Resource]:
    return [record("endpoint", f"e-{at}", {"CreationTime": created}) for at in range(number)]


def named(one: Resource) -> Named:
    return Named(one.kind, one.account, one.region, one.arn, one.name, one.created)


def test_a_page_is_stored_together(tmp_path: Path) -> None:
    """However many names and records a page holds, one statement stores its names, and one looks up what is known of them."""
    page, said = endpoints(100), list[str]()
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        snapshot._db.set_trace_callback(said.append)
        assert recording.name_all([named(one) for one in page]) == {one.id for one in page}
        assert recording.read_all(page, page[0].account) == page
        assert recording.read_all(page, page[0].account) == []
        assert recording.name_all([named(one) for one in page]) == set()
        snapshot._db.set_trace_callback(None)
    assert sum("INTO named" in one for one in said) == 4
    assert sum(one.startswith("SELECT") and "FROM record" in one for one in said) == 2


def test_a_page_may_hold_two_lifetimes_of_a_name(tmp_path: Path) -> None:
    """A name that was used again while a page was made stands twice on it: both records are stored, and both are new."""
    [old], [new] = endpoints(1), endpoints(1, "2026-02-01T00:00:00Z")
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        assert recording.read_all([old, new, new], old.account) == [old, new]
        assert [life.created for life in recording.lives(old.id)] == [old.created, new.created]
        assert recording.name_all([named(old), named(new)]) == set()


@pytest.mark.parametrize(
    ("silent", "read"), [("", False), ("Tags", False), ("InputDataConfig", True)], ids=["whole", "all it had", "a part of it"]
)
def test_what_has_not_changed_is_not_read_again(tmp_path: Path, silent: str, read: bool) -> None:
    """A crawl that finds a record as it was reads no stored body, unless the answer lacks a member that was stored."""
    job = training("j", {"train": "s3://b/t"})
    rest = {name: value for name, value in job.body.items() if name != silent}
    crawl(tmp_path / "s.db", job)
    asked: set[str] = set()
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        crawled = recording.begin(CRAWL)
        snapshot._db.set_authorizer(lambda _, table, column, *__: asked.add(f"{table}.{column}") or sqlite3.SQLITE_OK)
        recording.add(replace(job, body=rest, silent=frozenset(filter(None, [silent]))))
        snapshot._db.set_authorizer(None)
        recording.finish("2026-01-02T00:01:00Z")
        assert ("record.body" in asked) is read
        assert [(one.body, one.crawl) for one in snapshot.resources()] == [(job.body, crawled.id)]


def test_a_gap_closes_when_its_question_is_answered(tmp_path: Path) -> None:
    """Only a record whose last request failed is a gap."""
    crawl(tmp_path / "s.db", gap("one"), gap("two"))
    crawl(tmp_path / "s.db", Answered("1", "eu-west-1", "DescribeModel", "one"))
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.subject for one in snapshot.gaps()] == ["two"]


def test_a_failed_crawl_leaves_no_new_file(tmp_path: Path) -> None:
    """Where a crawl into a new file fails, no file is left."""
    with (
        pytest.raises(ZeroDivisionError),
        Snapshot(tmp_path / "s.db", writing=True) as snapshot,
        snapshot.recording() as recording,
    ):
        recording.add(training("j", {}))
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_failed_crawl_changes_nothing(tmp_path: Path) -> None:
    """Where a later crawl fails, the snapshot is unchanged."""
    crawl(tmp_path / "s.db", training("j", {}))
    with (
        pytest.raises(KeyboardInterrupt),
        Snapshot(tmp_path / "s.db", writing=True) as snapshot,
        snapshot.recording() as recording,
    ):
        recording.add(training("k", {}))
        raise KeyboardInterrupt
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.name for one in snapshot.resources()] == ["j"]
        assert len(snapshot.crawls()) == 1


def test_what_a_killed_writer_left_half_done_is_rolled_back(tmp_path: Path) -> None:
    """A process that is killed during its commit leaves a journal; the next reader reads the former state."""
    crawl(tmp_path / "s.db", training("j", {}))
    code = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 5")
db.execute("BEGIN IMMEDIATE")
db.execute("DELETE FROM stored_node")
db.executemany("INSERT INTO identity (id) VALUES (?)", ((str(n) * 50,) for n in range(20000)))
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "s.db")], check=False)
    assert (tmp_path / "s.db-journal").exists()
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert [node.name for node in snapshot.nodes() if node.kind == "training-job"] == ["j"]


def test_a_reader_can_not_write(tmp_path: Path) -> None:
    """A snapshot that was opened to read refuses to record."""
    crawl(tmp_path / "s.db", training("j", {}))
    with (
        open_snapshot(tmp_path / "s.db") as snapshot,
        pytest.raises(SnapshotError, match="could not be written"),
        snapshot.recording() as recording,
    ):
        recording.add(training("k", {}))


def test_a_damaged_file_is_a_sentence(tmp_path: Path) -> None:
    """Where pages of the file were overwritten, reading says so."""
    crawl(tmp_path / "s.db", *(training(f"j{n}", {"train": f"s3://b/{n}/"}) for n in range(300)))
    whole = (tmp_path / "s.db").read_bytes()
    (tmp_path / "s.db").write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    with (
        pytest.raises(SnapshotError, match="is damaged: .*: restore it from a copy, or crawl anew"),
        open_snapshot(tmp_path / "s.db") as snapshot,
    ):
        list(snapshot.edges())


def test_lists_that_were_read_to_their_end_are_known(tmp_path: Path) -> None:
    """A list counts when it is finished, and the graph holds its records; an answered question about a place is not a list."""
    crawl(tmp_path / "s.db", Answered("1", "eu-west-1", "Search", "s3://b/"))
    whole = Enumeration(
        "1", "eu-west-1", "training-job", "ListTrainingJobs", "2026-01-01T00:00:00Z", finished="2026-01-01T00:00:01Z"
    )
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot:
        with snapshot.recording() as recording:
            recording.begin(CRAWL)
            recording.progress(whole)
            recording.progress(replace(whole, kind="model", finished=None, reason="denied", detail="said so"))
        assert snapshot.scope().enumerated == set()
        with snapshot.recording() as recording:
            recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        assert snapshot.scope().enumerated == {("1", "eu-west-1", "training-job")}
        assert [(one.subject, one.reason) for one in snapshot.gaps()] == [("model", "denied")]


def newer(path: Path) -> None:
    crawl(path)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    db.close()


def foreign(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE t (x)")
    db.close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "no snapshot at .*make one with `lineage crawl"),
        (lambda path: path.write_text("hello " * 1000), "can't be read: file is not a database"),
        (lambda path: path.mkdir(), "is a folder: name the snapshot file in it"),
        (lambda path: path.touch(), "is empty: fill it with `lineage crawl"),
        (foreign, "is a database, but not a lineage snapshot"),
        (newer, "was written by a newer lineage .* upgrade sagemaker-lineage"),
    ],
    ids=["missing", "text", "folder", "empty", "foreign", "newer"],
)
def test_refused(tmp_path: Path, make: Any, said: str) -> None:
    """A file that is no snapshot of ours is refused with a sentence, and unchanged."""
    path = tmp_path / "s.db"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(SnapshotError, match=said):
        open_snapshot(path)
    assert (path.read_bytes() if path.is_file() else None) == before


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    """A snapshot in a folder that does not exist is refused with a sentence."""
    with pytest.raises(SnapshotError, match="can't be opened: there is no folder .*none: make it"):
        Snapshot(tmp_path / "none" / "s.db", writing=True)


def test_an_empty_new_file_is_not_left(tmp_path: Path) -> None:
    """Opening a new snapshot and recording nothing leaves no file."""
    Snapshot(tmp_path / "s.db", writing=True).close()
    assert not list(tmp_path.iterdir())


def test_what_each_answer_needs_is_found_by_an_index(tmp_path: Path) -> None:
    """Counting the jobs and finding what could hide a use does not read all nodes or all edges."""
    crawl(tmp_path / "s.db", training("j", {"train": "s3://b/t"}))
    asked: list[str] = []
    with open_snapshot(tmp_path / "s.db") as snapshot:
        snapshot._db.set_trace_callback(asked.append)
        snapshot.scope()
        list(snapshot.opaque_places())
        list(snapshot.unread_rows())
        snapshot._db.set_trace_callback(None)
        plans = [row[3] for sql in asked for row in snapshot._db.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert not [plan for plan in plans if plan == "SCAN stored" or plan.startswith("SCAN number_of")]
    assert all(
        any(index in plan for plan in plans) for index in ("sqlite_autoindex_identity_1 (id=?)", "edge_opaque", "node_unread")
    )


def test_records_of_a_kind(tmp_path: Path) -> None:
    """The records of a kind come in their newest version, all or the requested ones, and deleted ones only on request."""
    first, later = (training("j", {"train": f"s3://b/{name}"}) for name in "ab")
    gone = training("old", {"train": "s3://b/c"})
    crawl(tmp_path / "s.db", first, gone, record("model", "m", {}))
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        recording.add(later)
        recording.ended(gone.id, gone.created or "", "2026-02-01T00:00:00Z")
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert list(snapshot.records("training-job")) == [later]
        assert [one.name for one in snapshot.records("training-job", deleted=True)] == ["j", "old"]
        assert list(snapshot.records("training-job", [later.id, gone.id, "arn:none"])) == [later]
        assert [one.deleted for one in snapshot.records("training-job", [gone.id], deleted=True)] == ["2026-02-01T00:00:00Z"]
        (part,) = snapshot.records("training-job", members=("ModelArtifacts", "Nothing"))
        assert (part.body, part.created) == ({"ModelArtifacts": later.body["ModelArtifacts"]}, later.created)


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_the_file_is_its_owners_alone(tmp_path: Path, mode: str) -> None:
    """Only the owner can read a new snapshot, and the files that SQLite puts beside it."""
    before = os.umask(0)
    try:
        with Snapshot(tmp_path / "s.db", writing=True) as snapshot:
            snapshot._db.execute(f"PRAGMA journal_mode = {mode}")
            with snapshot.recording() as recording:
                recording.begin(CRAWL)
                files = list(tmp_path.iterdir())
                assert len(files) >= 2
                assert {path.name: path.stat().st_mode & 0o777 for path in files} == dict.fromkeys(
                    (path.name for path in files), 0o600
                )
    finally:
        os.umask(before)


def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """The permissions of a snapshot that was shared on purpose stay."""
    crawl(tmp_path / "s.db")
    (tmp_path / "s.db").chmod(0o640)
    crawl(tmp_path / "s.db")
    assert (tmp_path / "s.db").stat().st_mode & 0o777 == 0o640


def closed(path: Path) -> Snapshot:
    with open_snapshot(path) as snapshot:
        return snapshot


@pytest.mark.parametrize(
    "ask",
    [
        lambda path: lineage.used(closed(path), "s3://bank-ml/loans/"),
        lambda path: lineage.list_pipelines(closed(path)),
        lambda path: lineage.graph(closed(path)),
        lambda path: list(begun(path)),
    ],
    ids=["used", "list_pipelines", "graph", "nodes"],
)
def test_a_closed_snapshot_says_so(ask: Callable[[Path], object], bank_path: Path) -> None:
    """A question to a closed snapshot is an error of ours, also in the middle of a list that is read row by row."""
    with pytest.raises(SnapshotError, match="the snapshot is closed: open it again"):
        ask(bank_path)


def begun(path: Path) -> Iterator[object]:
    with open_snapshot(path) as snapshot:
        nodes = lineage.nodes(snapshot)
        next(nodes)
    return nodes


def test_a_snapshot_of_another_thread_says_so(bank: Snapshot) -> None:
    """SQLite lets only the thread that opened a file read it: the error says what to do."""
    with ThreadPoolExecutor(1) as other:
        for ask in (lambda: lineage.used(bank, "s3://bank-ml/loans/"), bank.close):
            with pytest.raises(SnapshotError, match="belongs to the thread that opened it: open one in each thread"):
                other.submit(ask).result()


def test_a_graph_is_asked_by_any_thread(bank: Snapshot) -> None:
    """A graph reads the manifests' lists from the file; each thread opens the file for itself."""
    graph = lineage.graph(bank)
    asked = ["s3://bank-ml/loans/train/", "s3://bank-ml/mortgage/", "s3://bank-eu/customers/"]

    def answers() -> list[lineage.Usage]:
        return [lineage.used(graph, uri) for uri in asked]

    with ThreadPoolExecutor(1) as other:
        assert other.submit(answers).result() == answers() == other.submit(answers).result()


@pytest.mark.parametrize("make", [open_snapshot, Snapshot])
def test_reading_makes_no_file(make: Callable[[Path], Snapshot], tmp_path: Path) -> None:
    """A missing file is refused, however it is opened for reading, and no file is created."""
    with pytest.raises(SnapshotError, match=r"no snapshot at .*none\.db: make one with `lineage crawl"):
        make(tmp_path / "none.db")
    assert not list(tmp_path.iterdir())
