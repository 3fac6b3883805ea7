"""What crawls asked, and the results: each crawl, each list, each lookup, each unanswered question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from lineage.domain.lists import MAY_TRAIN, Ran
from lineage.domain.records import CLOUDTRAIL, INCOMPLETE, INERT, Crawl, Enumeration, Gap, Note, Resource
from lineage.domain.status import OVER
from lineage.errors import MixedRecords
from lineage.snapshot.tables import OpenTables, Row, WrittenTables

_ENUMERATION = (
    "account, region, kind, operation, started, since, finished, calls, pages, records, reason, detail, crawl, joined"
)
# Two attempts, q and later, of one question.
SAME_QUESTION = """later.account = q.account AND later.region = q.region
    AND later.operation = q.operation AND later.subject = q.subject"""


class LedgerTables(OpenTables):
    """The ledger of an open file."""

    def crawls(self) -> list[Crawl]:
        """Every crawl, oldest first."""
        columns = "id, started, finished, caller, accounts, regions, roots, tool, botocore, kinds, full, process"
        if not self._one("SELECT count(*) FROM sqlite_master"):
            return []  # the file is just being created
        rows = self._rows(f"SELECT {columns} FROM crawl ORDER BY id")  # noqa: S608  (our own words)
        return [_crawl_of(row) for row in self._sound("crawl", columns, rows)]

    def insist_unmixed(self, *, replayed: bool) -> None:
        """Raise `MixedRecords` if earlier crawls are of the other sort: of AWS for a replay, or replays for a crawl of AWS."""
        if all(crawl.replayed == replayed for crawl in self.crawls()):
            return
        own, other = "records from AWS", "records replayed from an account file"
        held, asked = (own, other) if replayed else (other, own)
        raise MixedRecords(f"{self.path} holds {held}, which are never mixed with {asked}: name another file")

    def gaps(self, enumerations: list[Enumeration] | None = None) -> list[Gap]:
        """What could not be read the last time it was asked for. An answer counts once the graph holds it.

        `enumerations` are those of this file, where the caller has read them already.
        """
        lookups = {one.key: one for one in self.lookups()}.values()
        lists = (one for one in (*(self.enumerations() if enumerations is None else enumerations), *lookups) if one.reason)
        unlisted = [Gap(one.account, one.region, one.operation, one.kind, one.reason, one.detail) for one in lists]
        return sorted([*(gap for gap in self._unanswered() if gap.reason != INERT), *unlisted], key=_gap_order)

    def gaps_before(self, crawl: int) -> list[tuple[Gap, str]]:
        """What the crawls before one could not read, with when the first of them ended; without what the one can't read
        either.
        """
        sql = f"""SELECT account, region, operation, subject, reason, '', min(crawl) FROM question AS q
                 WHERE reason != '' AND crawl < ? AND NOT EXISTS (SELECT 1 FROM question AS later WHERE {SAME_QUESTION}
                 AND ((later.reason = '' AND later.crawl > q.crawl) OR later.crawl = ?))
                 GROUP BY account, region, operation, subject"""  # noqa: S608  (our own words)
        ended = dict(self._db.execute("SELECT id, coalesce(finished, started) FROM crawl"))
        rows = self._db.execute(sql, (crawl, crawl)).fetchall()
        return [(Gap(*gap), str(ended[first])) for *gap, first in rows]

    def first_asked(self) -> dict[tuple[str, str, str, str], str]:
        """When the first crawl that asked a question in vain had ended, by account, region, operation and subject."""
        gaps = self.gaps_before(self._one("SELECT ifnull(max(id), 0) + 1 FROM crawl"))
        return {(gap.account, gap.region, gap.operation, gap.subject): ended for gap, ended in gaps}

    def notes(self) -> list[Note]:
        """The members that botocore did not know when they were last seen, and that could not name anything."""
        return sorted(_note_of(gap) for gap in self._unanswered() if gap.reason == INERT)

    def _unanswered(self) -> Iterator[Gap]:
        columns = "account, region, operation, subject, reason, detail"
        sql = f"""
            SELECT {columns} FROM question AS q
            WHERE reason != '' AND NOT EXISTS (
                SELECT 1 FROM question AS later WHERE {SAME_QUESTION}
                AND later.crawl > q.crawl AND (later.reason != '' OR later.joined))
            AND NOT EXISTS (SELECT 1 FROM answered AS later WHERE {SAME_QUESTION} AND later.crawl >= q.crawl)"""  # noqa: S608
        return (Gap(*row) for row in self._sound("question", columns, self._rows(sql)))

    def enumerations(self) -> list[Enumeration]:
        """The last attempt at each list, by account, region and kind."""
        sql = f"""SELECT {_ENUMERATION} FROM enumeration AS e WHERE crawl = (SELECT max(crawl) FROM enumeration AS other
                  WHERE other.account = e.account AND other.region = e.region AND other.kind = e.kind)
                  AND kind != ? ORDER BY account, region, kind"""  # noqa: S608  (our own words)
        return [Enumeration(*row) for row in self._sound("enumeration", _ENUMERATION, self._rows(sql, (CLOUDTRAIL,)))]

    def lookups(self) -> list[Enumeration]:
        """Every lookup of deletions, by account and region, the oldest first."""
        sql = f"SELECT {_ENUMERATION} FROM enumeration WHERE kind = ? ORDER BY account, region, crawl"  # noqa: S608  (our own words)
        return [Enumeration(*row) for row in self._sound("enumeration", _ENUMERATION, self._rows(sql, (CLOUDTRAIL,)))]

    def ran_since(self, crawls: Mapping[tuple[str, str], int]) -> Iterator[Ran]:
        """What later crawls than the given one of each place found of jobs that train there."""
        columns, kinds = "account, region, first_crawl", ",".join("?" * len(MAY_TRAIN))
        until = f"CASE WHEN lower(status) IN {OVER} THEN rtrim(modified, 'Z') END"
        sql = f"""SELECT {columns}, CASE WHEN count(*) = count({until}) THEN max({until}) ELSE '' END FROM record
                  WHERE kind IN ({kinds}) AND account = ? AND region = ? AND first_crawl > ? GROUP BY {columns}"""  # noqa: S608
        for place, crawl in crawls.items():
            yield from (Ran(*row) for row in self._sound("record", columns, self._rows(sql, (*MAY_TRAIN, *place, crawl))))

    def listed_until(self) -> dict[tuple[str, str, str], str]:
        """The start of the last list of each (account, region, kind) that finished and is in the graph.

        The last one is found by its crawl, because clocks jump.
        """
        sql = """SELECT account, region, kind, started, max(crawl) FROM enumeration
                 WHERE finished IS NOT NULL AND joined AND kind != ? GROUP BY account, region, kind"""
        return {(account, region, kind): started for account, region, kind, started, _ in self._rows(sql, (CLOUDTRAIL,))}


class WrittenLedger(LedgerTables, WrittenTables):
    """The ledger of a file while a crawl writes into it."""

    def progress(self, enumeration: Enumeration) -> None:
        """Note how far a list has come."""
        row = tuple(getattr(enumeration, name) for name in _ENUMERATION.split(", ")[:-2])
        self._db.execute(f"INSERT OR REPLACE INTO enumeration VALUES ({','.join('?' * 13)}, 0)", (*row, self._crawl))  # noqa: S608

    def _add_note(self, note: Note) -> None:
        where = (note.account, note.region, note.operation, f"{note.kind}:{note.member}")
        self._db.execute("INSERT OR REPLACE INTO question VALUES (?,?,?,?,?,?,?,0)", (*where, self._crawl, INERT, note.values))

    def earlier_gaps(self) -> list[tuple[Gap, str]]:
        """What earlier crawls could not read, as `gaps_before` this one."""
        return self.gaps_before(self._crawl)

    def answer_elsewhere(self, gap: Gap) -> None:
        """Note that another file, which was merged, has what this one could not read."""
        where = (gap.account, gap.region, gap.operation, gap.subject)
        self._db.execute("INSERT OR REPLACE INTO answered VALUES (?,?,?,?,?)", (*where, self._crawl))

    def described(self, record: Resource, operation: str) -> None:
        """A Describe gave a complete record: this answers what an earlier Describe, of any crawl, left out."""
        asked = (record.account, record.region, operation, record.id)
        same = "account = ? AND region = ? AND operation = ? AND subject = ?"
        self._db.execute(f"DELETE FROM question WHERE {same} AND crawl = ?", (*asked, self._crawl))  # noqa: S608
        self._db.execute(
            f"""INSERT OR IGNORE INTO question SELECT account, region, operation, subject, ?, '', '', 0 FROM question
                WHERE {same} AND reason IN {INCOMPLETE}""",  # noqa: S608
            (self._crawl, *asked),
        )

    def listed(self, account: str, region: str, kind: str, by: str) -> str:
        """The start of the last finished list of a kind that began by some time; empty if there is none."""
        sql = """SELECT max(started) FROM enumeration WHERE account = ? AND region = ? AND kind = ? AND finished IS NOT NULL
                 AND rtrim(started, 'Z') <= rtrim(?, 'Z')"""
        return str(self._db.execute(sql, (account, region, kind, by)).fetchone()[0] or "")

    def half_known(self, account: str, region: str, kind: str) -> set[str]:
        """The ids of records for which a Describe left out something that botocore did not know at the time."""
        sql = f"""SELECT DISTINCT subject FROM question AS q WHERE reason IN {INCOMPLETE} AND account = ? AND region = ?
                 AND subject IN (SELECT id FROM record WHERE kind = ?) AND NOT EXISTS
                 (SELECT 1 FROM question AS later WHERE {SAME_QUESTION} AND later.crawl > q.crawl)"""  # noqa: S608
        return {row[0] for row in self._db.execute(sql, (account, region, kind))}

    def vanished(self, operation: str) -> dict[str, str]:
        """The objects that were missing when they were last asked for, and when that crawl began."""
        sql = f"""SELECT subject, started FROM question AS q JOIN crawl ON crawl.id = q.crawl
                  WHERE operation = ? AND reason = 'missing'
                  AND NOT EXISTS (SELECT 1 FROM question AS later WHERE {SAME_QUESTION} AND later.crawl > q.crawl)"""  # noqa: S608
        return dict(self._db.execute(sql, (operation,)))


def _crawl_of(row: Row) -> Crawl:
    accounts, regions, roots, kinds = (tuple(json.loads(row[column])) for column in (4, 5, 6, 9))
    identity, started, finished, caller, _, _, _, tool, botocore, _, full, process = row
    told = (identity, started, finished, caller, accounts, regions, roots, tool, botocore, kinds)
    return Crawl(*told, full=bool(full), process=process)


def _note_of(kept: Gap) -> Note:
    kind, _, member = kept.subject.partition(":")
    return Note(kept.account, kept.region, kept.operation, kind, member, kept.detail)


def _gap_order(gap: Gap) -> tuple[str, ...]:
    return (gap.account, gap.region, gap.operation, gap.subject, gap.reason)
