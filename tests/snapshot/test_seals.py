"""The seals: a change since a crawl is found and named, and nothing else is."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.records import Answered, Content, Fetched, Gap
from lineage.queries.verify import CHANGED, IN_PART, UNCHANGED, UNSEALED
from lineage.snapshot.packed import VIEWS
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.seals import TABLES, mark_of
from lineage.snapshot.tables import declared
from tests.conftest import BANK, examples
from tests.records import record, training
from tests.snapshot.packing import with_bodies
from tests.snapshot.test_file import CRAWL, crawl


def altered(source: Path, target: Path, *statements: str, values: tuple[object, ...] = ()) -> Path:
    """A copy of a snapshot, changed by SQL."""
    shutil.copy(source, target)
    db = with_bodies(sqlite3.connect(target))
    for statement in statements:
        before = db.total_changes  # also those of triggers
        db.execute(statement, values)
        assert db.total_changes > before, statement
    db.commit()
    db.close()
    return target


VALUES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))


@given(st.lists(VALUES, min_size=1, max_size=5).map(tuple))
def test_a_row_is_hashed_as_the_scheme_says(row: tuple[object, ...]) -> None:
    """A row is a JSON array as Python writes it and a line feed, whatever numbers others have put into the file."""
    line = json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
    assert mark_of(row) == hashlib.blake2b(line.encode(), digest_size=8).digest()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bank, crawled twice, with rows in each table."""
    path = tmp_path_factory.mktemp("sealed") / "bank.db"
    for _ in range(2):
        lineage.crawl_estate(path, replay=BANK)
    gone = training("old", {"train": "s3://b/c"})
    store = {"S3StorageConfig": {"S3Uri": "s3://f/", "ResolvedOutputS3Uri": "s3://f/data"}}
    crawl(
        path,
        gone,
        record("feature-group", "f", {"OfflineStoreConfig": store}),
        Gap("1", "r", "DescribeModel", "m", "denied", "so"),
    )
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        recording.keep_content(Content("s3://b/c", ("etag:1",), "2026-01-01", "2026-01-02"))
        recording.ended(gone.id, gone.created or "", "2026-02-01T00:00:00Z")
        recording.finish("2026-02-02T00:00:00Z")
    return path


def test_what_crawls_wrote_is_unchanged(sealed: Path) -> None:
    """A file that only crawls have written is unchanged, with a seal for each crawl."""
    done = lineage.verify(sealed)
    assert (done.verdict, done.differences, len(done.seals)) == (UNCHANGED, [], 4)


def test_every_table_is_sealed(sealed: Path) -> None:
    """Each table and column of the file is sealed, except the seals themselves, packed bodies, whose digest is sealed,
    and what is made from them."""
    db = sqlite3.connect(sealed)
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    names -= {"seal", "sealed", *(view.stored for view in VIEWS.values())}  # what is stored is what the views show
    assert names == set(TABLES) - {"sqlite_master"}
    for name in names:
        packed = {"body", "dictionary", "shape", "clues"} if name == "record" else set()
        numbered = {"number"} & set(VIEWS[name].columns) if name in VIEWS else set()  # is their order
        columns = {column for column, _, _ in declared(db, name)} - packed - numbered
        assert columns == set(map(column_of, TABLES[name].columns.split(", "))), name


def test_a_vacuum_changes_nothing(sealed: Path, tmp_path: Path) -> None:
    """The content is sealed: SQLite may rewrite the file."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    db = sqlite3.connect(path)
    db.execute("VACUUM")
    db.close()
    assert lineage.verify(path).verdict == UNCHANGED


def column_of(sealed: str) -> str:
    """The column behind a column of a seal: blobs are sealed as hexadecimal digits."""
    return sealed.rpartition("(")[2].rstrip(")")


COLUMNS = [
    (name, column)
    for name, table in TABLES.items()
    if name != "sqlite_master"
    for column in [
        *map(column_of, table.columns.split(", ")),
        *(["body", "dictionary", "shape", "clues"] if name == "record" else []),
    ]
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_each_column_of_each_table(sealed: Path, tmp_path: Path, table: str, column: str) -> None:
    """Whatever column of whatever table is changed, the difference is found, and reported for that table."""
    db = sqlite3.connect(sealed)
    row = db.execute(f"SELECT {column} FROM {table} LIMIT 1 OFFSET (SELECT count(*) FROM {table}) / 2").fetchone()
    other: object = '{"x":1}' if column == "details" else 7000 if isinstance(row and row[0], int) else f"{row and row[0]}x"
    other = row[0] + b"x" if isinstance(row and row[0], bytes) else other
    width = len(db.execute(f"PRAGMA table_info({table})").fetchall())
    values = ",".join("1" * width)
    change = (
        f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {column} IS ?" if row else f"INSERT INTO {table} VALUES ({values})"
    )
    done = lineage.verify(altered(sealed, tmp_path / "s.db", change, values=(other, *row) if row else ()))
    assert table in {one.table for one in done.differences}


STORED = [
    (view.name, view.stored, column.split()[0])
    for view in VIEWS.values()
    for column in next(view.tables()).partition("(")[2].split(", ")
]


@pytest.mark.parametrize(("table", "stored", "column"), STORED)
def test_each_column_of_what_is_stored(sealed: Path, tmp_path: Path, table: str, stored: str, column: str) -> None:
    """Whatever is changed in a table behind a view, the difference is found, and reported for the view."""
    other = """'{"x":1}'""" if column == "details" else f"iif(typeof({column}) = 'integer', {column} + 1, {column} || 'x')"
    change = f"UPDATE OR REPLACE {stored} SET {column} = ifnull({other}, 'x')"
    path = altered(sealed, tmp_path / "s.db", f"{change} WHERE number = (SELECT min(number) FROM {stored})")
    assert table in {one.table for one in lineage.verify(path).differences}


MERGED = ("source", "merged", "chain", "read_too", "answered")  # only in a merged file: tests/collect/test_merge.py
EMPTY = ("sqlite_master", "named", "silent", "lists", *MERGED)


@pytest.mark.parametrize("table", [name for name in TABLES if name not in EMPTY])
def test_rows_that_are_taken_away(sealed: Path, tmp_path: Path, table: str) -> None:
    """Sealed rows that are missing are reported."""
    first = TABLES[table].columns.partition(",")[0]
    change = f"DELETE FROM {table} WHERE {first} IN (SELECT {first} FROM {table} LIMIT 1)"
    assert table in {one.table for one in lineage.verify(altered(sealed, tmp_path / "s.db", change)).differences}


def test_a_changed_record_is_named(sealed: Path, tmp_path: Path) -> None:
    """The record whose body was changed is named by its ARN, also where nothing else was touched."""
    body = "packed(replace(unpacked(dictionary, body), 'ml.m5.2xlarge', 'ml.m5.4xlarge'))"
    change = f"UPDATE record SET dictionary = 0, body = {body} WHERE name = 'Loans-Fit-0042'"
    (found,) = lineage.verify(altered(sealed, tmp_path / "s.db", change)).differences
    assert (found.table, found.where.rpartition("/")[2]) == ("record", "loans-fit-0042")


@pytest.mark.parametrize(
    "statements",
    [
        ("DELETE FROM seal",),
        ("DELETE FROM seal WHERE crawl = 2",),
        ("DELETE FROM seal WHERE crawl = 4",),
        ("DELETE FROM sealed",),
        ("DELETE FROM sealed WHERE name = 'edge'", "DELETE FROM edge"),
        ("UPDATE sealed SET digest = 'x' WHERE name = 'edge'",),
        ("UPDATE seal SET wrote = replace(wrote, 'a', 'b') WHERE crawl = 1",),
        ("UPDATE seal SET previous = 'x' WHERE crawl = 3",),
        ("DELETE FROM seal WHERE crawl = 4", "DELETE FROM crawl WHERE id = 4", "DELETE FROM content"),
    ],
    ids=" and ".join,
)
def test_the_seals_themselves(sealed: Path, tmp_path: Path, statements: tuple[str, ...]) -> None:
    """A seal that is changed or removed is found."""
    assert lineage.verify(altered(sealed, tmp_path / "s.db", *statements)).verdict == CHANGED


def test_a_crawl_that_was_killed(sealed: Path, tmp_path: Path) -> None:
    """The rows of an unfinished crawl are reported as not sealed; those of earlier crawls are checked against their seals."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    crawl(path, training("new", {"train": "s3://b/n"}), finish=False)
    done = lineage.verify(path)
    assert (done.verdict, len(done.notes)) == (UNCHANGED, 2)
    assert done.notes[0].startswith("crawl 5 did not finish")
    change = "UPDATE record SET status = 'Failed' WHERE name = 'Loans-Fit-0042'"
    assert [one.where for one in lineage.verify(altered(path, tmp_path / "t.db", change)).differences] == ["crawl 1"]


def test_no_finished_crawl(tmp_path: Path) -> None:
    """Where no crawl has finished nothing can be said, and the answer says that."""
    crawl(tmp_path / "s.db", training("j", {"train": "s3://b/n"}), finish=False)
    assert lineage.verify(tmp_path / "s.db").verdict == UNSEALED


def test_what_was_kept_elsewhere(sealed: Path, tmp_path: Path) -> None:
    """The digest of the file or of a seal, and an earlier copy, reveal a file that was changed and sealed again."""
    info = lineage.snapshot_info(sealed)
    assert lineage.verify(sealed, digest=info.digest).verdict == UNCHANGED
    assert lineage.verify(sealed, digest="sha256:" + "0" * 64).verdict == CHANGED
    copy = tmp_path / "copy.db"
    shutil.copy(sealed, copy)
    crawl(copy, training("more", {"train": "s3://b/m"}))
    assert lineage.verify(copy, against=sealed).verdict == IN_PART
    assert lineage.verify(copy, against=Path(shutil.copy(copy, tmp_path / "again.db"))).verdict == UNCHANGED
    assert lineage.verify(sealed, against=copy).verdict == CHANGED
    other = tmp_path / "other.db"
    crawl(other, training("more", {"train": "s3://b/m"}))
    assert lineage.verify(sealed, against=other).verdict == CHANGED


@pytest.mark.parametrize("until", [1, 2, 3, 4])
def test_how_far_a_digest_proves(sealed: Path, until: int) -> None:
    """The digest of a seal proves the crawls until then; for later ones the answer says who could have rewritten them."""
    done = lineage.verify(sealed, digest=lineage.snapshot_info(sealed).crawls[until - 1]["seal"])
    assert done.verdict == (UNCHANGED if until == 4 else IN_PART)
    assert (done.proved or {}).get("crawl") == until
    later = {1: "crawls 2 to 4 are covered only", 2: "crawls 3 to 4 are covered only", 3: "crawl 4 is covered only"}.get(until)
    assert any(note.startswith(f"proved up to crawl {until} by the digest sha256:") for note in done.notes)
    assert [note.partition(" by the file's own seals")[0] for note in done.notes[1:]] == ([later] if later else [])


def test_the_digest_of_the_file_proves_all(sealed: Path, tmp_path: Path) -> None:
    """The digest of the whole file proves what no seal covers, too; that of the newest seal does not."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    crawl(path, training("new", {"train": "s3://b/n"}), finish=False)
    whole = lineage.verify(path, digest=lineage.snapshot_info(path).digest)
    assert (whole.verdict, whole.proved) == (UNCHANGED, {"crawl": 5, "how": f"the digest {whole.digest}", "whole_file": True})
    assert lineage.verify(path, digest=whole.seals[-1]["digest"]).verdict == IN_PART


def test_nothing_is_proved_of_a_changed_file(sealed: Path, tmp_path: Path) -> None:
    """A digest that is kept in a changed file proves nothing about it."""
    path = altered(sealed, tmp_path / "s.db", "UPDATE edge SET target = 's3://x' WHERE number = 5")
    done = lineage.verify(path, digest=lineage.snapshot_info(sealed).crawls[-1]["seal"])
    assert (done.verdict, done.proved) == (CHANGED, None)


def test_an_older_copy_is_told(sealed: Path, tmp_path: Path) -> None:
    """A file that was put back to an earlier state is reported as rolled back, where a later copy of it is available."""
    later = tmp_path / "later.db"
    shutil.copy(sealed, later)
    crawl(later, training("more", {"train": "s3://b/m"}))
    done = lineage.verify(sealed, against=later)
    assert (done.verdict, (done.rolled_back or {}).get("crawl")) == (CHANGED, 5)
    assert done.differences[0].said.startswith("rolled back: the file ends at crawl 4; crawl 5 of this snapshot is in later.db")


@pytest.mark.parametrize("act", ["replace", "write"])
def test_a_file_that_changes_while_it_is_read(sealed: Path, tmp_path: Path, act: str) -> None:
    """A file that is replaced or written to after it was opened gets no answer."""
    path = tmp_path / "s.db"
    shutil.copy(sealed, path)
    with lineage.open_snapshot(path) as snapshot:
        if act == "replace":
            shutil.copy(sealed, tmp_path / "other.db").rename(path)
        else:
            altered(sealed, path, "UPDATE edge SET target = 's3://x' WHERE number = 5")
        with pytest.raises(lineage.SnapshotError, match="written to or replaced while it was read"):
            lineage.verify(snapshot)


def test_random_bytes(sealed: Path, tmp_path: Path) -> None:
    """The digest of the file always finds a changed byte; without it, only a byte that changes a row is found."""
    path, chance = tmp_path / "s.db", random.Random(7)
    shutil.copy(sealed, path)
    db = sqlite3.connect(path)
    db.execute("VACUUM")  # no page is free
    db.close()
    whole, digest = path.read_bytes(), lineage.snapshot_info(path).digest
    held = [at for at in range(100, len(whole)) if whole[at]]  # SQLite's header holds counters; free space is zero
    for at in chance.sample(held, 40):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x15]) + whole[at + 1 :])
        assert verdict(path, digest=digest) == CHANGED
        assert verdict(path) == CHANGED or content(path) == content(sealed)


def content(path: Path) -> list[str]:
    """Every row of a file."""
    return sorted(sqlite3.connect(path).iterdump())


def verdict(path: Path, **words: str) -> str:
    """The answer about a file; one that cannot be opened counts as changed."""
    try:
        return lineage.verify(path, **words).verdict
    except lineage.SnapshotError:
        return CHANGED


BODIES = [
    training("a", {"train": "s3://b/a"}),
    training("a", {"train": "s3://b/b"}),
    record("model", "m", {}),
    training("c", {}),
]
FOUND: list[Fetched] = [*BODIES, Gap("1", "r", "DescribeModel", "m", "denied", "so"), Answered("1", "r", "DescribeModel", "m")]


@settings(max_examples=examples(25))
@given(st.lists(st.tuples(st.lists(st.sampled_from(FOUND), max_size=4), st.booleans()), min_size=1, max_size=5))
def test_crawls_never_alarm(tmp_path_factory: pytest.TempPathFactory, crawls: list[tuple[list[Fetched], bool]]) -> None:
    """However crawls follow one another, finished or killed, their result is never called changed."""
    path = tmp_path_factory.mktemp("crawls") / "s.db"
    for found, finish in crawls:
        crawl(path, *found, finish=finish)
        done = lineage.verify(path)
        assert done.differences == []
    assert done.verdict == (UNCHANGED if any(finish for _, finish in crawls) else UNSEALED)


def test_the_commands(run, sealed: Path, tmp_path: Path) -> None:
    """`snapshot verify` exits with 1 and names the change; `snapshot info` writes what sha256sum reads."""
    assert run("snapshot", "verify", str(sealed)).code == 0
    path = altered(sealed, tmp_path / "s.db", "UPDATE edge SET opens = 'x' WHERE number = 5")
    ran = run("snapshot", "verify", str(path), "-f", "json")
    assert (ran.code, json.loads(ran.out)["differences"][0]["table"]) == (1, "edge")
    assert run("snapshot", "verify", str(path), "-f", "table").out.startswith(
        "CHANGED  s.db has changed since it was sealed: 1 difference\n"
    )
    assert run("snapshot", "info", str(path), "-o", f"{path}.sha256").code == 0
    assert subprocess.run(["sha256sum", "-c", "s.db.sha256"], cwd=tmp_path, check=False, capture_output=True).returncode == 0
    wrong = run("snapshot", "verify", str(path), "--digest", "12")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    (tmp_path / "no.db").write_bytes(b"no database" * 500)
    assert run("snapshot", "verify", str(tmp_path / "no.db")).code == 3
