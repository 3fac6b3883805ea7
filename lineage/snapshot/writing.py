"""What a crawl may write, inside the snapshot's one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from lineage.domain.names import Location
from lineage.domain.records import Answered, Crawl, Fetched, Note, Resource
from lineage.snapshot.connection import Connection
from lineage.snapshot.contents import WrittenContents
from lineage.snapshot.earlier import EarlierFile
from lineage.snapshot.ledger import WrittenLedger
from lineage.snapshot.manifests import Listings, Manifest
from lineage.snapshot.merging import Part, merge_into
from lineage.snapshot.named import WrittenNames
from lineage.snapshot.schema import GRAPH_TABLES, new_graph
from lineage.snapshot.seals import seal, unseal
from lineage.snapshot.tables import Unjoined, WrittenTables


class Recording(WrittenNames, WrittenLedger, WrittenContents):
    """What a crawl may write, inside the snapshot's one transaction."""

    def __init__(self, db: Connection, path: Path) -> None:
        super().__init__(db, path)
        self.listings: Listings = _WrittenListings(db, self)

    def begin(self, crawl: Crawl) -> Crawl:
        """Note that a crawl began; the same with the id that it is given here. Raises `MixedRecords`."""
        self.insist_unmixed(replayed=crawl.replayed)
        row = (
            crawl.started, crawl.finished, crawl.caller, _texts(crawl.accounts), _texts(crawl.regions),
            _texts(crawl.roots), crawl.tool, crawl.botocore, _texts(crawl.kinds), crawl.full, crawl.process,
        )  # fmt: skip
        sql = (
            "INSERT INTO crawl (started, finished, caller, accounts, regions, roots, tool, botocore, kinds, full, process)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?)"
        )
        self._crawl = self._db.execute(sql, row).lastrowid or 0
        unseal(self._db)
        return replace(crawl, id=self._crawl)

    def resume(self, crawl: Crawl) -> Crawl:
        """Continue a crawl that began in an earlier transaction."""
        self._crawl = crawl.id
        return crawl

    def take_over(self, crawl: Crawl, process: str) -> Crawl:
        """Resume a crawl that another process began and left."""
        self._db.execute("UPDATE crawl SET process = ? WHERE id = ?", (process, crawl.id))
        unseal(self._db)
        return self.resume(crawl)

    def add(self, found: Fetched) -> None:
        """Store one finding of this crawl."""
        if isinstance(found, Resource):
            self._add_records([found])
        elif isinstance(found, Note):
            self._add_note(found)
        else:
            reason, detail = ("", "") if isinstance(found, Answered) else (found.reason, found.detail)
            row = (found.account, found.region, found.operation, found.subject, self._crawl, reason, detail)
            self._db.execute("INSERT OR REPLACE INTO question VALUES (?,?,?,?,?,?,?,0)", row)

    def replace_graph(self, join: Callable[[sqlite3.Connection], None]) -> None:
        """Replace the graph: `join` fills the tables from records that it streams."""
        for name, what in GRAPH_TABLES.items():
            self._db.execute(f"DROP {what} {name}")
        try:
            new_graph(self._db, join)
        except BaseException as error:
            from traceback import clear_frames

            clear_frames(error.__traceback__)  # a half-read cursor would lock the tables for the next join
            raise
        self._all_joined()

    def patch_graph(self, patch: Callable[[sqlite3.Connection], bool]) -> bool:
        """Let `patch` bring what changed into the graph; if it returns that it can't, nothing of it stays."""
        self._db.execute("SAVEPOINT patch")
        done = False
        try:
            done = patch(self._db)
        finally:
            if not done and self._db.in_transaction:  # a full disk has undone it all
                self._db.execute("ROLLBACK TO patch")
        self._db.execute("RELEASE patch")
        if done:
            self._all_joined()
        return done

    def unjoined(self, what: Unjoined) -> frozenset[str]:
        """The ids of what changed since the last join."""
        return frozenset(row[0] for row in self._db.execute("SELECT id FROM unjoined WHERE what = ?", (what,)))

    def is_joined_by(self, tool: str) -> bool:
        """Whether a version of lineage joined the graph, so that it can join what changed since."""
        return self._db.execute("SELECT 1 FROM joined WHERE tool = ?", (tool,)).fetchone() is not None

    def _all_joined(self) -> None:
        """All questions so far count, and nothing is left to be joined: the graph holds it all."""
        for table in ("enumeration", "question"):
            self._db.execute(f"UPDATE {table} SET joined = 1 WHERE NOT joined")  # noqa: S608
        self._db.execute("DELETE FROM unjoined")

    def take_from(self, earlier: EarlierFile) -> None:
        """Take over all records, lists and seals of an earlier file; the newest seal is to be made again."""
        earlier.copy_into(self._db)

    def merge(self, parts: Sequence[Part]) -> list[dict[int, int]]:
        """Copy what the crawls of some files read into this new one; returns the new number of each crawl of each file."""
        numbers = merge_into(self._db, parts)
        self._crawl = max(number for crawls in numbers for number in crawls.values())
        return numbers

    def seal_merged(self) -> None:
        """Seal what a merge left, as the work of its newest crawl."""
        seal(self._db, self._crawl)

    def seal_again(self, crawl: int) -> None:
        """Seal what a finished crawl left, in a file that was upgraded since; nothing for an unfinished one, which is 0."""
        if crawl:
            seal(self._db, crawl)

    def finish(self, at: str) -> None:
        """Note that the crawl finished, and seal the content of the file."""
        self._db.execute("UPDATE crawl SET finished = ? WHERE id = ?", (at, self._crawl))
        seal(self._db, self._crawl)


class _WrittenListings(Listings):
    """The manifests, each noted when it changes: what was read by it may be known from now on."""

    def __init__(self, db: Connection, tables: WrittenTables) -> None:
        super().__init__(db)
        self._tables = tables

    def put(self, manifest: Manifest, entries: Iterable[Location], seen: str) -> int:
        self._tables.note_changed("manifest", manifest.place)
        return super().put(manifest, entries, seen)

    def saw(self, manifest: Manifest, at: str) -> bool:
        self._tables.note_changed("manifest", manifest.place)
        return super().saw(manifest, at)


def _texts(values: Sequence[str]) -> str:
    return json.dumps(list(values))
