"""Damaged queues: unreadable items of a dead process give one line, and stop no run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from lineage.recording.spool import SUFFIX, orphans

TABLES = "CREATE TABLE said (name, value); CREATE TABLE item (id, lane, component, body);"
DAMAGED = {
    "bytes": b"\x00\xff" * 5_000,
    "no table": "CREATE TABLE other (x)",
    "an owner that is none": f"{TABLES} INSERT INTO said VALUES ('odd', '1')",
    "an owner in brackets without end": f"{TABLES} INSERT INTO said VALUES ('region', replace(hex(zeroblob(50000)), '00', '['))",
    "an owner that is a blob": f"{TABLES} INSERT INTO said VALUES ('region', x'00ff')",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_queue(tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | str) -> None:
    """An unreadable queue is left where it is, with one line that names it; the others are still found."""
    path = tmp_path / f"odd{SUFFIX}"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        db = sqlite3.connect(path)
        db.executescript(content)
        db.close()
    assert list(orphans(tmp_path)) == []
    (said,) = caplog.messages
    assert f"the queue {path} is damaged, and what it holds can't be sent" in said
    assert "\n" not in said
    assert path.exists()
