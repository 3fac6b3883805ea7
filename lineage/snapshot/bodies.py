"""The bodies of records in a file: deflated, with an earlier body of the same kind as the dictionary.

Bodies of one kind have the same members, so a body takes about a tenth of its JSON. `dictionary` has the dictionaries, and a
record names the one that its body was packed with: `zlib.decompressobj(-15, zdict=content).decompress(body)` reads it.
"""

from __future__ import annotations

import sqlite3
import zlib
from typing import Final

BODIES_SCHEMA: Final = """
CREATE TABLE dictionary (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, content BLOB NOT NULL);
"""
_RAW = -15  # the largest window, without a header and a checksum: each record has the digest of its body
_LEVEL = 6
_PER_KIND = 16  # dictionaries of one kind: for bodies that are unlike the ones before
_LONGEST = 1 << 14  # bytes of a dictionary: looking through a longer one takes more time than it saves room
_POOR = 0.4  # a body that takes more than this part of its length is unlike those in the dictionary
_MOST = 1 << 28  # bytes of an unpacked body: a few bytes of a manipulated file must not fill the memory
_SHORT = 64  # bytes: no dictionary is made of a shorter body


class Bodies:
    """The bodies of the records of an open file, packed and unpacked."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._contents: dict[int, bytes] = {}
        self._newest: dict[str, tuple[int, int]] | None = None  # by kind, its last dictionary and how many it has

    def packed(self, kind: str, body: bytes) -> tuple[int, bytes]:
        """The dictionary for a body, and the packed body. Stores a new dictionary where the body is unlike earlier ones."""
        number, many = self._dictionaries().get(kind, (0, 0))
        packed = _deflated(body, self._content(number))
        unlike = not many or len(packed) > _POOR * len(body)
        if unlike and len(body) > _SHORT and many < _PER_KIND:
            content = (self._content(number) + body)[-_LONGEST:]
            cursor = self._db.execute("INSERT INTO dictionary (kind, content) VALUES (?,?)", (kind, content))
            number = cursor.lastrowid or 0
            self._contents[number] = content
            self._dictionaries()[kind] = number, many + 1
            packed = _deflated(body, content)
        return number, packed

    def unpacked(self, number: int, packed: bytes) -> bytes:
        """A body as it was. Raises `ValueError` for bytes that are no packed body."""
        reading = zlib.decompressobj(_RAW, zdict=self._content(number))
        try:
            body = reading.decompress(packed, _MOST)
        except zlib.error as error:
            raise ValueError(f"a packed body can't be read: {error}") from error
        if not reading.eof or reading.unused_data:
            raise ValueError("a packed body does not end where it should")
        return body

    def _dictionaries(self) -> dict[str, tuple[int, int]]:
        if self._newest is None:
            rows = self._db.execute("SELECT kind, max(id), count(*) FROM dictionary GROUP BY kind")
            self._newest = {kind: (number, many) for kind, number, many in rows}
        return self._newest

    def _content(self, number: int) -> bytes:
        if number not in self._contents:
            row = self._db.execute("SELECT content FROM dictionary WHERE id = ?", (number,)).fetchone() if number else (b"",)
            if row is None:
                raise ValueError(f"there is no dictionary {number}")
            self._contents[number] = row[0]
        return self._contents[number]


def _deflated(body: bytes, content: bytes) -> bytes:
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, zdict=content)
    return packing.compress(body) + packing.flush()
