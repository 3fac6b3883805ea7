"""A snapshot file for SQL: writable views, `unpacked(dictionary, body)` for a body as text, `packed(text)` for the other way."""

from __future__ import annotations

import sqlite3
import zlib

from lineage.snapshot.bodies import Bodies
from lineage.snapshot.packed import writable


def with_bodies(db: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, with both functions, and with views that take rows."""
    bodies = Bodies(db)
    db.create_function("unpacked", 2, lambda number, packed: bodies.unpacked(number, packed).decode())
    db.create_function("packed", 1, packed)
    writable(db)
    return db


def packed(text: str) -> bytes:
    """A text, deflated as the documentation of the file says."""
    packing = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packing.compress(text.encode()) + packing.flush()
