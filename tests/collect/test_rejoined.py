"""`verify` with `rejoin`: the graph is what the records give."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

import lineage
from lineage.errors import SnapshotError
from lineage.snapshot.compared import COMPARED
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.schema import GRAPH_TABLES
from lineage.snapshot.writing import Recording
from tests.collect.test_merge import two
from tests.conftest import BANK
from tests.snapshot.packing import with_bodies
from tests.snapshot.test_file import CRAWL


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank, crawled twice: the second time its graph is patched."""
    path = tmp_path_factory.mktemp("rejoined") / "bank.db"
    for _ in range(2):
        lineage.crawl_estate(path, replay=BANK)
    return path


def changed(source: Path, path: Path, *statements: str) -> Path:
    """A copy in which somebody changed something and sealed all again."""
    path.write_bytes(source.read_bytes())
    db = with_bodies(sqlite3.connect(path))
    for statement in statements:
        before = db.total_changes
        db.execute(statement)
        assert db.total_changes > before, statement
    newest = db.execute("SELECT max(crawl) FROM seal").fetchone()[0]
    db.execute("DELETE FROM seal WHERE crawl = ?", (newest,))
    db.commit()
    db.close()
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.seal_again(newest)
    return path


def test_the_graph_of_a_crawl_is_what_its_records_give(crawled: Path, tmp_path: Path) -> None:
    """After crawls, and after a merge, nothing differs; the answer says that the graph was joined anew."""
    merged = lineage.merge_snapshots(two(tmp_path), tmp_path / "all.db").path
    for path in (crawled, merged):
        done = lineage.verify(path, rejoin=True)
        assert (done.verdict, done.differences, done.rejoined) == ("unchanged", [], True)
    assert lineage.verify(crawled).rejoined is None


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("edge", "DELETE FROM edge WHERE number = (SELECT min(number) FROM edge WHERE relation = 'reads')"),
        ("edge", "UPDATE edge SET role = 'validation' WHERE number = (SELECT min(number) FROM edge WHERE relation = 'reads')"),
        ("node", "UPDATE node SET status = 'Failed' WHERE id = (SELECT min(id) FROM node WHERE kind = 'training-job')"),
        ("level", "UPDATE level SET covers_to = covers_from - 1 WHERE covers_to >= covers_from"),
        ("level", "UPDATE level SET leads = 0 WHERE leads"),
        ("unexplained", "DELETE FROM unexplained"),
        ("counted", "UPDATE counted SET training_jobs = 1000"),
    ],
)
def test_a_changed_graph_is_found_whoever_sealed_it(crawled: Path, tmp_path: Path, table: str, change: str) -> None:
    """A graph that the records do not give is found though its seals are in order."""
    path = changed(crawled, tmp_path / "s.db", change)
    assert lineage.verify(path).verdict == "unchanged"
    done = lineage.verify(path, rejoin=True)
    assert (done.verdict, {one.table for one in done.differences}, done.rejoined) == ("changed", {table}, False)


def test_a_file_that_has_changed_is_not_compared(crawled: Path, tmp_path: Path) -> None:
    """Where rows are not as sealed, the answer says so, and that the graph was not joined anew."""
    path = tmp_path / "s.db"
    path.write_bytes(crawled.read_bytes())
    db = with_bodies(sqlite3.connect(path))
    db.execute("DELETE FROM edge WHERE number = 1")
    db.commit()
    db.close()
    done = lineage.verify(path, rejoin=True)
    assert (done.verdict, done.rejoined) == ("changed", None)
    assert "the graph was not joined anew, because what it is joined from may have changed" in done.notes


def test_the_command_says_what_it_compared(crawled: Path, tmp_path: Path, run) -> None:
    """`snapshot verify --rejoin` says that the graph is the same, or that it is not what the records give, and exits with 1."""
    same = run("snapshot", "verify", str(crawled), "--rejoin", "-f", "table")
    assert same.code == 0
    assert "Note: the graph was joined anew from the records, and is the same.\n" in same.out
    path = changed(crawled, tmp_path / "s.db", "DELETE FROM unexplained")
    other = run("snapshot", "verify", str(path), "--rejoin", "-f", "table")
    assert other.code == 1
    assert other.out.startswith("CHANGED  s.db holds a graph that its records do not give: ")


def test_every_table_of_the_graph_is_compared() -> None:
    """A new table of the graph is compared as well."""
    stored = {"identity", "saying", "stored_node", "stored_edge"}  # which the views show
    assert set(COMPARED) == set(GRAPH_TABLES) - stored - {"joined"}  # the version that joined it


def test_what_cannot_be_compared_is_refused(crawled: Path, tmp_path: Path) -> None:
    """A graph that another version joined, or that waits for a crawl's join, is not compared."""
    other = changed(crawled, tmp_path / "other.db", "UPDATE joined SET tool = '0.9'")
    with pytest.raises(SnapshotError, match=r"lineage 0\.9 joined its graph, and this is .*: compare with lineage 0\.9"):
        lineage.verify(other, rejoin=True)
    left = tmp_path / "left.db"
    left.write_bytes(crawled.read_bytes())
    with Snapshot(left, writing=True) as snapshot, snapshot.recording() as recording:
        begin(recording)
    with pytest.raises(SnapshotError, match="a crawl has not joined its graph yet: finish the crawl"):
        lineage.verify(left, rejoin=True)


def begin(recording: Recording) -> None:
    """A crawl that reads one record again and never ends."""
    record = next(recording.resources())
    recording.begin(CRAWL)
    recording.add(record)
