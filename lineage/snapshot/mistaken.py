"""Files that people take for a snapshot: what each is, by its first bytes, and what to do with it."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from shlex import quote

ACCOUNT_SCHEMA = "lineage.account/1"  # of the file that `lineage.crawl.replay` reads
_DATABASE = b"SQLite format 3\0"
_HEADER = re.compile(rb'\s*\{\s*"schema"\s*:\s*"lineage\.account/')
_JSON = re.compile(rb"\s*[{\[]")
_ENOUGH = 512  # bytes that show what a file is
_READ_IT = "read it into one with `lineage crawl --replay {} --snapshot {}`"


def is_database(path: Path) -> bool:
    """Whether a file is of SQLite, as every snapshot is."""
    return _begins(path).startswith(_DATABASE)


def not_a_database(path: Path) -> str:
    """What to say of a file that is no database, after its name."""
    begins = _begins(path)
    read_it = _READ_IT.format(*(quote(str(file)) for file in (path, _beside(path))))
    if _HEADER.match(begins):
        return f"is an account file, not a snapshot: {read_it}"
    if _JSON.match(begins):
        return f"holds JSON, and is not a snapshot: if it is an account file, {read_it}"
    return "can't be read: file is not a database; restore it if it was a snapshot, else name another file"


def _beside(path: Path) -> Path:
    """A name for the snapshot of an account file."""
    return path.with_suffix(".db" if path.suffix != ".db" else ".snapshot.db")


def _begins(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_ENOUGH)
    return b""
