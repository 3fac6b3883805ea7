"""Damaged files: each is reported as damaged or answers as usual, and none is called a bug."""

from __future__ import annotations

import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lineage
from cli.main import cli
from lineage.errors import SnapshotError
from lineage.snapshot import connection
from lineage.snapshot.damage import _rows, damages
from tests.conftest import BANK
from tests.snapshot.packing import with_bodies
from tests.snapshot.test_seals import sealed

__all__ = ["sealed"]

COMMANDS = [
    ("trace", "loans-live", "-f", "json"),
    ("used", "s3://bank-ml/loans/train/", "-f", "json"),
    ("used", "s3://bank-ml/nothing/", "-f", "table"),
    ("datasets", "loans-live"),
    ("impact", "s3://bank-raw/loans/", "-f", "json"),
    ("ls", "-f", "json"),
    ("show", "endpoint/loans-live"),
    ("runs",),
    ("pipelines",),
    ("search", "training-job", "-f", "json"),
    ("gaps", "-f", "json"),
    ("check", "-f", "json"),
    ("export", "-f", "json"),
    ("draw", "--format", "dot"),
    ("report", "loans-live", "-f", "html"),
    ("snapshot", "verify"),
    ("crawl", "--replay", str(BANK), "-q"),
]


def said_of(path: Path, command: tuple[str, ...]) -> str:
    """A command's stderr, which is an ordinary answer or says that the file is damaged."""
    ran = CliRunner().invoke(cli, [*command, "--snapshot", str(path)])
    assert ran.exit_code in range(5), ran.stderr
    assert "a bug" not in ran.stderr, ran.stderr
    assert "Traceback" not in ran.stderr
    if ran.exit_code == 3:
        assert ran.stderr.count("\n") == 1, ran.stderr
        assert ran.stderr.count("is damaged") < 2, ran.stderr
        assert "restore it" in ran.stderr or "no lineage snapshot" in ran.stderr, ran.stderr
    return ran.stderr


@pytest.mark.parametrize("seed", range(3))
def test_flipped_bits(sealed: Path, tmp_path: Path, seed: int) -> None:
    """Whatever bits of a file are flipped, pages are swapped or the end is cut off: no command calls it a bug."""
    whole, chance = sealed.read_bytes(), random.Random(seed)
    held = [at for at in range(len(whole)) if whole[at]]
    told = 0
    for number in range(8):
        bent = bytearray(whole)
        for at in chance.sample(held, (1, 5, 50)[number % 3]):
            bent[at] ^= 1 << chance.randrange(8)
        if number % 4 == 3:
            one, other = (4096 * chance.randrange(len(whole) // 4096) for _ in "ab")
            bent[one : one + 4096], bent[other : other + 4096] = bent[other : other + 4096], bent[one : one + 4096]
        end = chance.randrange(len(whole)) if number % 5 == 4 else len(whole)
        for command in chance.sample(COMMANDS, 2):
            path = tmp_path / f"{number}-{command[0]}.db"
            path.write_bytes(bent[:end])
            told += "is damaged: " in said_of(path, command)
    assert told


def columns(path: Path) -> list[tuple[str, str, str]]:
    """Each table and column of a file, with the column's type."""
    db = sqlite3.connect(path)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = [(table, row[1], row[2]) for table in tables for row in db.execute(f"PRAGMA table_info({table})")]
    db.close()
    return found


OTHERS: dict[str, Any] = {"TEXT": "odd", "REAL": 1.5, "BLOB": b"\x00\xff", "INTEGER": 7}


def doctored(db: sqlite3.Connection, table: str, column: str, value: object) -> bool:
    """Put a value in place of everything in a column, where SQLite allows it."""
    try:
        changed = db.execute(f"UPDATE OR IGNORE {table} SET {column} = ?", (value,)).rowcount
        stays = f"SELECT count(*) FROM {table} WHERE typeof({column}) = typeof(?)"  # a column may make a text from a number
        return bool(changed and db.execute(stays, (value,)).fetchone()[0])
    except sqlite3.Error:
        return False


def test_each_column_of_each_table_of_each_other_type(sealed: Path, tmp_path: Path) -> None:
    """A value of a type that its column never has is found, in any column; a sound file has none."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db, tried, missed = sqlite3.connect(path, isolation_level=None), 0, []
    assert list(damages(db)) == []
    for table, column, kind in columns(sealed):
        for value in (one for of, one in OTHERS.items() if of != kind):
            db.execute("BEGIN")
            if doctored(db, table, column, value):
                tried += 1
                missed += [] if list(_rows(db, table)) else [(table, column, value)]
            db.execute("ROLLBACK")
    db.close()
    assert (missed, tried > 150) == ([], True)


ODD_ROWS = {
    "a kind that there is not": ("UPDATE node SET kind = 'odd' WHERE kind = 'model'", ("show", "model/loans-model-42")),
    "a relation that there is not": ("UPDATE edge SET relation = 'odd' WHERE relation = 'loads'", ("export", "-f", "json")),
    "a span that there is not": ("UPDATE edge SET span = 'odd'", ("used", "s3://bank-ml/loans/train/")),
    "a body that is no JSON": ("UPDATE record SET dictionary = 0, body = packed('{')", ("search", "training-job")),
    "details that are a list": ("UPDATE node SET details = '[1]'", ("ls", "-f", "json")),
    "a body in brackets without end": ("UPDATE record SET dictionary = 0, body = packed(replace(hex(zeroblob(20000)), '00', '['))", ("show", "model/loans-model-42")),
    "a text that is no UTF-8": ("UPDATE node SET name = CAST(x'41ff42' AS TEXT)", ("ls",)),
    "a body that is no object": ("UPDATE record SET dictionary = 0, body = packed('7') WHERE kind = 'training-job'", ("search", "training-job")),
    "a body that is not packed": ("UPDATE record SET body = x'ff00ff'", ("search", "training-job")),
    "a body that is cut short": ("UPDATE record SET body = substr(body, 1, length(body) / 2)", ("show", "model/loans-model-42")),
    "a body with more behind it": ("UPDATE record SET body = body || x'00'", ("search", "training-job")),
    "a dictionary that there is not": ("UPDATE record SET dictionary = 999", ("search", "training-job")),
    "another dictionary": ("UPDATE dictionary SET content = x'7b7d'", ("search", "training-job")),
    "accounts that are no list": ("UPDATE crawl SET accounts = '7'", ("gaps",)),
    "a time that is none": ("UPDATE crawl SET started = 'noon', finished = NULL", ("crawl", "--replay", str(BANK), "-q")),
    "a blob as a window": ("UPDATE edge SET opens = x'00ff'", ("used", "s3://bank-ml/loans/train/")),
    "a seal that is no object": ("UPDATE seal SET wrote = '[]'", ("snapshot", "verify")),
}  # fmt: skip


@pytest.mark.parametrize(("change", "command"), ODD_ROWS.values(), ids=ODD_ROWS)
def test_odd_rows(sealed: Path, tmp_path: Path, change: str, command: tuple[str, ...]) -> None:
    """A row that no crawl writes ends in one line that says where it is, or is reported by `snapshot verify`."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = with_bodies(sqlite3.connect(path))
    db.execute(change)
    db.commit()
    db.close()
    said_of(path, command)
    with lineage.open_snapshot(path) as snapshot:
        assert list(snapshot.damages())
    assert lineage.verify(path).verdict == "changed"


def test_what_is_read_outside_is_explained_too(sealed: Path, tmp_path: Path) -> None:
    """A failure long after the file was opened is reported as damage, with the table, the row and the column."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = sqlite3.connect(path)
    db.execute("UPDATE seal SET digest = x'00ff'")
    db.commit()
    db.close()
    said = said_of(path, ("snapshot", "info", "-f", "json"))
    assert "s.db is damaged: table seal, row '1', column digest: its type is wrong: restore it from a copy" in said


SCHEMAS = {
    "a table is missing": "DROP TABLE silent",
    "a table more": "CREATE TABLE more (x)",
    "an index is missing": "DROP INDEX edge_source",
    "a column more": "ALTER TABLE stored_edge ADD COLUMN more TEXT",
    "a view in a table's place": "ALTER TABLE unexplained RENAME TO other; CREATE VIEW unexplained AS SELECT id FROM other",
    "a trigger": "CREATE TRIGGER sly AFTER INSERT ON crawl BEGIN DELETE FROM edge; END",
}


@pytest.mark.parametrize("change", SCHEMAS.values(), ids=SCHEMAS)
def test_other_tables(sealed: Path, tmp_path: Path, change: str) -> None:
    """A file with other tables, indices, views or triggers than ours is refused before any of it is run."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = sqlite3.connect(path)
    db.executescript(change)
    db.close()
    with pytest.raises(SnapshotError, match=r"is damaged: (it lacks|unknown statement) '"):
        lineage.open_snapshot(path)


SOUND = {
    "analysed": "ANALYZE",
    "analysed in full": "PRAGMA writable_schema = ON; CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample); ANALYZE",
    "packed": "VACUUM",
    "indexed anew": "REINDEX",
    "with a log": "PRAGMA journal_mode = WAL",
    "with larger pages": "PRAGMA page_size = 16384; VACUUM",
    "packed by itself": "PRAGMA auto_vacuum = FULL; VACUUM",
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_what_keeps_the_rows_is_no_damage(sealed: Path, tmp_path: Path, change: str) -> None:
    """A change that keeps a file's rows is no damage: the file opens, nothing is wrong with it, and it counts as unchanged."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript(change)
    db.close()
    with lineage.open_snapshot(path) as snapshot:
        assert list(snapshot.damages()) == []
    assert lineage.verify(path).verdict == "unchanged"


def test_a_trigger_with_the_name_of_statistics(sealed: Path, tmp_path: Path) -> None:
    """SQLite's own tables are recognized by what they are, not by name."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = sqlite3.connect(path, isolation_level=None)
    db.executescript("""
        CREATE TRIGGER sly AFTER INSERT ON crawl BEGIN DELETE FROM edge; END; PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET name = 'sqlite_stat1', sql = replace(sql, 'sly', 'sqlite_stat1') WHERE name = 'sly'""")
    db.close()
    with pytest.raises(SnapshotError, match="is damaged: unknown statement 'CREATE TRIGGER"):
        lineage.open_snapshot(path)


def test_a_locked_file(sealed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another crawl holds the file, other commands say so and what to do."""
    monkeypatch.setattr(connection, "WAIT_SECONDS", 0)
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    for command in (("ls",), ("crawl", "--replay", str(BANK), "-q")):
        ran = CliRunner().invoke(cli, [*command, "--snapshot", str(path)])
        assert (ran.exit_code, ran.stderr) == (
            3,
            f"lineage: {path} is locked: another crawl is writing to it: wait for it, or stop it\n",
        )
    db.close()


def test_a_bug_before_there_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the first crawl is a bug, and is not hidden by the missing file."""

    def wrong(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(lineage, "crawl_estate", wrong)
    ran = CliRunner().invoke(cli, ["crawl", "--replay", str(BANK), "-q", "--snapshot", str(tmp_path / "new.db")])
    assert (ran.exit_code, "(a bug: run again with --debug" in ran.stderr) == (3, True), ran.stderr


def test_too_little_memory(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound file on a machine without memory is neither damaged nor a bug."""

    def wrong(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(lineage, "nodes", wrong)
    ran = CliRunner().invoke(cli, ["ls", "--snapshot", str(sealed)])
    assert (ran.exit_code, ran.stderr.partition(":")[2][:18]) == (3, " not enough memory"), ran.stderr


def test_a_bug_stays_one(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error over a sound file is a bug, and is called one."""

    def wrong(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(lineage, "nodes", wrong)
    ran = CliRunner().invoke(cli, ["ls", "--snapshot", str(sealed)])
    assert (ran.exit_code, "(a bug: run again with --debug" in ran.stderr) == (3, True)
