"""Files that people take for a snapshot: what each is, by its first bytes, and what to do with it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from shlex import quote

ACCOUNT_SCHEMA = "lineage.account/1"  # of the file that `lineage.crawl.replay` reads
_DATABASE = b"SQLite format 3\0"
_JSON = re.compile(rb"\s*(?:\{|\[[\s\[]*(?:[]{\"\d-]|true|false|null))")  # a table of TOML begins with a bracket too
_ENOUGH = 4096  # bytes that show what a file is: those of a long first line
_ACCOUNT = "is an account file, not a snapshot: read it into one with `lineage crawl --replay {} --snapshot {}`"


def is_database(path: Path) -> bool:
    """Whether a file is of SQLite, as every snapshot is."""
    return _begins(path).startswith(_DATABASE)


def not_a_database(path: Path) -> str:
    """What to say of a file that is no database, after its name."""
    begins = _begins(path)
    if _is_header(begins.strip().partition(b"\n")[0]):
        return _ACCOUNT.format(quote(str(path)), quote(str(_beside(path))))
    if _JSON.match(begins):
        return f'holds JSON, and is no snapshot (an account file begins with {{"schema": "{ACCOUNT_SCHEMA}", …}}): name another'
    return "can't be read: file is not a database; restore it if it was a snapshot, else name another file"


def _is_header(line: bytes) -> bool:
    """Whether a line is the first one of an account file."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("schema") == ACCOUNT_SCHEMA


def _beside(path: Path) -> Path:
    """A name for the snapshot of an account file."""
    return path.with_suffix(".db" if path.suffix != ".db" else ".snapshot.db")


def _begins(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_ENOUGH)
    return b""
