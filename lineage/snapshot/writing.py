"""What a crawl may write, inside the snapshot's one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from lineage.domain.records import Answered, Crawl, Fetched, Note, Resource
from lineage.snapshot.connection import Connection
from lineage.snapshot.contents import WrittenContents
from lineage.snapshot.earlier import EarlierFile
from lineage.snapshot.ledger import WrittenLedger
from lineage.snapshot.manifests import Listings
from lineage.snapshot.merging import Part, merge_into
from lineage.snapshot.named import WrittenNames
from lineage.snapshot.schema import new_graph
from lineage.snapshot.seals import seal, unseal


class Recording(WrittenNames, WrittenLedger, WrittenContents):
    """What a crawl may write, inside the snapshot's one transaction."""

    def __init__(self, db: Connection, path: Path) -> None:
        super().__init__(db, path)
        self.listings = Listings(db)

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
        for table in ("node", "edge", "unexplained", "silent", "counted", "level", "together", "lists"):
            self._db.execute(f"DROP TABLE {table}")
        try:
            new_graph(self._db, join)
        except BaseException as error:
            from traceback import clear_frames

            clear_frames(error.__traceback__)  # a half-read cursor would lock the tables for the next join
            raise
        for table in ("enumeration", "question"):  # all questions so far count: the graph holds the answers
            self._db.execute(f"UPDATE {table} SET joined = 1 WHERE NOT joined")  # noqa: S608

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


def _texts(values: Sequence[str]) -> str:
    return json.dumps(list(values))
