"""Files of earlier versions: one command upgrades them, and loses nothing."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import pytest

import lineage
from lineage.collect import upgrade
from lineage.errors import SnapshotError
from tests.conftest import BANK

SCHEMA_7 = Path(__file__).parent / "data" / "schema-7.db.gz"  # two crawls of an earlier bank by version 1.0.0


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A file that version 1.0.0 wrote."""
    path = tmp_path / "lineage.db"
    path.write_bytes(gzip.decompress(SCHEMA_7.read_bytes()))
    return path


def test_an_earlier_file_names_the_command(earlier: Path) -> None:
    """An earlier file is refused with the command that upgrades it."""
    with pytest.raises(SnapshotError, match=r"schema 7, this one writes \d+\): run `lineage snapshot upgrade "):
        lineage.open_snapshot(earlier)


def test_nothing_is_lost(earlier: Path) -> None:
    """The upgraded file has each version of each record, each list and each crawl, and the earlier file stays beside it."""
    before = sqlite3.connect(earlier)
    bodies = dict(before.execute("SELECT id || created || digest, body FROM record"))
    rows = {name: before.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in ("crawl", "enumeration", "gone")}
    content = earlier.read_bytes()
    before.close()
    done = lineage.upgrade_snapshot(earlier)
    assert Path(done.kept).read_bytes() == content
    with lineage.open_snapshot(earlier) as snapshot:
        found = {
            f"{record.id}{record.created or ''}{one.digest}": one.body
            for record in snapshot.resources()
            for one in snapshot.versions(record.id, record.created)
        }
    after = sqlite3.connect(earlier)
    assert found == bodies
    assert rows == {name: after.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall() for name in rows}


def test_an_upgraded_file_is_sealed(earlier: Path) -> None:
    """The chain of seals goes on: what earlier crawls wrote is proved by the old seals, and the newest one is new."""
    before = sqlite3.connect(earlier).execute("SELECT digest FROM seal ORDER BY crawl").fetchall()
    done = lineage.upgrade_snapshot(earlier)
    checked = lineage.verify(earlier)
    assert (checked.verdict, [one["digest"] for one in checked.seals][:-1]) == ("unchanged", [row[0] for row in before[:-1]])
    assert checked.seals[-1]["digest"] == done.seal != before[-1][0]


def test_the_answers_are_those_of_a_crawl_of_today(earlier: Path, tmp_path: Path) -> None:
    """Another crawl goes on in an upgraded file, and its answer is that of a file made today."""
    lineage.upgrade_snapshot(earlier)
    lineage.crawl_estate(earlier, replay=BANK)
    fresh = tmp_path / "fresh.db"
    lineage.crawl_estate(fresh, replay=BANK)
    answers = []
    for path in (earlier, fresh):
        with lineage.open_snapshot(path) as snapshot:
            answers.append(
                [lineage.trace(snapshot, "loans-live").as_json()[key] for key in ("verdict", "training_jobs", "datasets")]
            )
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE record SET status = 'x'",
        "UPDATE record SET body = replace(body, 'Completed', 'Failed')",
        "DELETE FROM seal WHERE crawl = 1",
        "DELETE FROM edge",
        "UPDATE sealed SET digest = 'x' WHERE name = 'node'",
    ],
)
def test_a_changed_file_is_not_sealed_again(earlier: Path, change: str) -> None:
    """A file that was changed since it was sealed is refused, and stays as it is."""
    db = sqlite3.connect(earlier)
    assert db.execute(change).rowcount
    db.commit()
    db.close()
    content = earlier.read_bytes()
    with pytest.raises(SnapshotError, match="is damaged: "):
        lineage.upgrade_snapshot(earlier)
    assert (earlier.read_bytes(), [one.name for one in earlier.parent.iterdir()]) == (content, ["lineage.db"])


def test_an_unfinished_crawl_goes_on(earlier: Path) -> None:
    """A file with an unfinished crawl gets no seal by an upgrade: that crawl seals it when it ends."""
    db = sqlite3.connect(earlier)
    db.execute("DELETE FROM sealed")
    db.commit()
    db.close()
    lineage.upgrade_snapshot(earlier)
    assert sqlite3.connect(earlier).execute("SELECT count(*) FROM sealed").fetchone() == (0,)


@pytest.mark.parametrize("broken", ["join_graph", "os"])
def test_an_upgrade_that_fails_changes_nothing(earlier: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """When an upgrade is stopped in the middle, the earlier file is where it was, and nothing else is left."""

    class Stopped:
        def __call__(self, *_: object) -> None:
            raise KeyboardInterrupt

        link = __call__

    content = earlier.read_bytes()
    monkeypatch.setattr(upgrade, broken, Stopped())
    with pytest.raises(KeyboardInterrupt):
        lineage.upgrade_snapshot(earlier)
    assert (earlier.read_bytes(), [one.name for one in earlier.parent.iterdir()]) == (content, ["lineage.db"])


def test_two_upgrades_at_once_keep_the_earlier_file(earlier: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two upgrades of one file at the same time the second one is refused, and the earlier file is still kept."""
    content, keep = earlier.read_bytes(), upgrade._keep

    def meanwhile(path: Path, kept: Path) -> None:
        monkeypatch.setattr(upgrade, "_keep", keep)
        lineage.upgrade_snapshot(path)
        keep(path, kept)

    monkeypatch.setattr(upgrade, "_keep", meanwhile)
    with pytest.raises(SnapshotError, match="schema-7 exists: move it away"):
        lineage.upgrade_snapshot(earlier)
    assert earlier.with_name("lineage.db.schema-7").read_bytes() == content
    assert len([*earlier.parent.iterdir()]) == 2


def test_only_an_earlier_snapshot_is_upgraded(tmp_path: Path, account_path: Path) -> None:
    """A file of today, another database and a missing file are refused with a sentence each, and so is a second upgrade."""
    with pytest.raises(SnapshotError, match=r"can't be upgraded: it has schema 8; only files of schema 7 can"):
        lineage.upgrade_snapshot(account_path)
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(SnapshotError, match="can't be upgraded: it is not a lineage snapshot"):
        lineage.upgrade_snapshot(tmp_path / "other.db")
    with pytest.raises(SnapshotError, match="no snapshot at .*: name the file to upgrade"):
        lineage.upgrade_snapshot(tmp_path / "missing.db")


def test_the_kept_file_is_never_overwritten(earlier: Path) -> None:
    """An earlier file that was kept is evidence: an upgrade that would overwrite it is refused."""
    kept = Path(f"{earlier}.schema-7")
    kept.write_text("evidence")
    with pytest.raises(SnapshotError, match="exists: move it away"):
        lineage.upgrade_snapshot(earlier)
    assert kept.read_text() == "evidence"
