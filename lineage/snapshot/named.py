"""The names from lists during a sweep: which records are still wanted, in progress, or read."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lineage.domain.records import ODD, Enumeration, Named, Resource
from lineage.domain.status import OVER
from lineage.snapshot.ledger import SAME_QUESTION
from lineage.snapshot.records import NEWEST, WrittenRecords
from lineage.snapshot.schema import HALF_READ, IN_HAND, READ, WANTED
from lineage.snapshot.tables import AT_ONCE


class WrittenNames(WrittenRecords):
    """The names in a file while a sweep works through them."""

    def name(self, named: Named, *, listed: bool = True) -> bool:
        """Note that a list named something; returns whether its record is still wanted."""
        return named.id in self.name_all([named], listed=listed)

    def name_all(self, page: Sequence[Named], *, listed: bool = True) -> set[str]:
        """Note what a page of one list names; returns the ids of those whose records are still wanted.

        A name that was used again since its record was read is wanted again.
        """
        wanted: set[str] = set()
        for at in range(0, len(page), AT_ONCE):
            some = page[at : at + AT_ONCE]
            sql = f"""INSERT INTO named VALUES {_rows_of(some)} ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed),
                state = CASE WHEN substr(created, 1, 19) < substr(excluded.created, 1, 19) THEN excluded.state ELSE state END,
                created = coalesce(max(created, excluded.created), excluded.created, created), name = excluded.name
                RETURNING id, state"""  # noqa: S608  (our own words)
            rows = ((one.account, one.region, one.kind, one.id, one.arn, one.name, one.created) for one in some)
            values = [value for row in rows for value in (*row, int(listed), WANTED)]
            wanted |= {identity for identity, state in self._db.execute(sql, values).fetchall() if state == WANTED}
        return wanted

    def still(self, named: Named, operation: str) -> bool:
        """Count a record as read that a list names and that cannot have changed; returns whether there is one.

        It must be of the same moment of creation and not under way. The same versions of lineage and of botocore must have read
        it last, and the call that describes it must have left nothing out: other ones may find more in it.
        """
        open_question = f"""SELECT 1 FROM question AS q WHERE q.account = r.account AND q.region = r.region
            AND q.operation = :operation AND q.subject = r.id AND q.reason != ''
            AND NOT EXISTS (SELECT 1 FROM question AS later WHERE {SAME_QUESTION} AND later.crawl > q.crawl)"""  # noqa: S608
        done = self._db.execute(
            f"""UPDATE record AS r SET last_crawl = :crawl WHERE id = :id AND created = :created AND {NEWEST}
                AND created != '' AND kind = :kind AND account = :account AND (status IS NULL OR lower(status) IN {OVER})
                AND EXISTS (SELECT 1 FROM crawl AS own JOIN crawl AS last USING (tool, botocore)
                            WHERE own.id = :crawl AND last.id = r.last_crawl)
                AND NOT EXISTS ({open_question})""",  # noqa: S608
            {
                "crawl": self._crawl, "id": named.id, "created": named.created or "", "kind": named.kind,
                "account": named.account, "operation": operation,
            },
        )  # fmt: skip
        if done.rowcount:
            where = (named.account, named.region, named.kind, named.id)
            self._db.execute(f"UPDATE named SET state = {READ} WHERE account = ? AND region = ? AND kind = ? AND id = ?", where)  # noqa: S608
        return done.rowcount > 0

    def read(self, record: Resource, account: str, *, listed: bool = False) -> bool:
        """Store a record from a Search, List or Describe, and note that its name is read. Returns whether that is new."""
        return bool(self.read_all([record], account, listed=listed))

    def read_all(
        self, records: Sequence[Resource], account: str, *, listed: bool = False, halves: Collection[str] = ()
    ) -> list[Resource]:
        """The same for the records of a page; returns those that are new. Of `halves`, other calls give the rest.

        `account` is the one whose list named them: shared things belong to another one.
        """
        if len({record.id for record in records}) < len(records):  # a name that was used again: each lifetime by itself
            return [new for record in records for new in self.read_all([record], account, listed=listed, halves=halves)]
        self._add_records(records)
        new: set[str] = set()
        for at in range(0, len(records), AT_ONCE):
            some = records[at : at + AT_ONCE]
            sql = f"""INSERT INTO named VALUES {_rows_of(some)} ON CONFLICT DO UPDATE SET listed = max(listed, excluded.listed),
                state = CASE WHEN substr(created, 1, 19) > substr(excluded.created, 1, 19) THEN state ELSE excluded.state END,
                created = coalesce(max(created, excluded.created), excluded.created, created)
                WHERE state != {READ} OR listed < excluded.listed OR created IS NULL OR created < excluded.created
                RETURNING id"""  # noqa: S608  (our own words)
            rows = ((account, one.region, one.kind, one.id, one.arn, one.name, one.created) for one in some)
            states = (HALF_READ if one.id in halves else READ for one in some)
            values = [value for row, state in zip(rows, states, strict=True) for value in (*row, int(listed), state)]
            new |= {row[0] for row in self._db.execute(sql, values).fetchall()}
        return [record for record in records if record.id in new]

    def take(self, account: str, region: str, kind: str, limit: int) -> list[tuple[Named, Resource | None]]:
        """Some of the names that are still wanted, now in progress; with the record if only its extras are wanted."""
        where = "account = ? AND region = ? AND kind = ?"
        sql = f"SELECT kind, account, region, arn, name, created, id, state FROM named WHERE {where}"  # noqa: S608
        wanted = f"state != {READ} AND state IN ({WANTED}, {HALF_READ})"  # the first half matches the index
        rows = self._db.execute(f"{sql} AND {wanted} LIMIT ?", (account, region, kind, limit)).fetchall()
        ids = [(account, region, kind, row[6]) for row in rows]
        self._db.executemany(f"UPDATE named SET state = {IN_HAND} WHERE {where} AND id = ?", ids)  # noqa: S608
        return [(Named(*row[:6]), self._half_read(row[6]) if row[7] == HALF_READ else None) for row in rows]

    def _half_read(self, identity: str) -> Resource | None:
        return next(self._resources("id = ? AND last_crawl = ?", (identity, self._crawl)), None)

    def names(self, account: str, region: str, kind: str) -> list[str]:
        """The names of a kind in a place that lists gave."""
        sql = "SELECT name FROM named WHERE account = ? AND region = ? AND kind = ? AND listed ORDER BY id"
        return [row[0] for row in self._db.execute(sql, (account, region, kind))]

    def want_unended(self, account: str, region: str, kind: str) -> None:
        """Want again what had not ended, or was odd, when it was last read."""
        odd = f"""SELECT subject FROM question AS q WHERE reason = '{ODD}' AND NOT EXISTS
                  (SELECT 1 FROM question AS later WHERE {SAME_QUESTION} AND later.crawl > q.crawl)"""  # noqa: S608
        self._db.execute(
            f"""INSERT OR IGNORE INTO named SELECT account, region, kind, id, arn, name, created, 0, {WANTED} FROM record AS r
                WHERE kind = ? AND account = ? AND region = ? AND {NEWEST}
                AND (lower(status) NOT IN {OVER} OR id IN ({odd})) AND NOT EXISTS
                (SELECT 1 FROM gone WHERE gone.id = r.id AND gone.created = r.created) GROUP BY id""",  # noqa: S608
            (kind, account, region),
        )

    def want_unlisted(self, account: str, region: str, kind: str) -> bool:
        """Want again what this crawl read and no list named, except deleted records; returns whether there is any."""
        done = self._db.execute(
            f"""UPDATE named SET state = {WANTED}
                WHERE account = ? AND region = ? AND kind = ? AND NOT listed AND state = {READ} AND NOT EXISTS
                (SELECT 1 FROM gone WHERE gone.id = named.id AND gone.created = ifnull(named.created, ''))""",  # noqa: S608
            (account, region, kind),
        )
        return done.rowcount > 0

    def mark_gone(self, enumeration: Enumeration, at: str) -> None:
        """After a complete list: what it no longer names was deleted, what it names again was not."""
        listed = """EXISTS (SELECT 1 FROM named AS n WHERE n.account = r.account AND n.region = r.region AND n.kind = r.kind
                    AND n.id = r.id AND n.listed
                    AND (n.created IS NULL OR r.created = '' OR substr(n.created, 1, 19) = substr(r.created, 1, 19)))"""
        here = "r.kind = ? AND r.account = ? AND r.region = ?"
        place = (enumeration.kind, enumeration.account, enumeration.region)
        self._db.execute(
            f"INSERT OR IGNORE INTO gone SELECT DISTINCT r.id, r.created, ? FROM record AS r"  # noqa: S608
            f" WHERE {here} AND rtrim(r.created, 'Z') < rtrim(?, 'Z') AND NOT {listed}",
            (at, *place, enumeration.started),
        )
        self._db.execute(
            f"DELETE FROM gone WHERE (id, created) IN (SELECT r.id, r.created FROM record AS r WHERE {here} AND {listed})",  # noqa: S608
            place,
        )

    def give_up(self, named: Named) -> None:
        """A deleted record is not asked for again."""
        where = (named.account, named.region, named.kind, named.id)
        self._db.execute("DELETE FROM named WHERE account = ? AND region = ? AND kind = ? AND id = ?", where)

    def put_back(self) -> None:
        """What a killed crawl had in progress is wanted again."""
        self._db.execute(f"UPDATE named SET state = {WANTED} WHERE state = {IN_HAND}")  # noqa: S608

    def forget_names(self) -> None:
        """A sweep has ended, or another one begins: the next one wants what could not be read."""
        self._db.execute(f"DELETE FROM named WHERE state = {READ}")  # noqa: S608
        self._db.execute(f"UPDATE named SET listed = 0, state = {WANTED}")  # noqa: S608


def _rows_of(some: Sequence[object]) -> str:
    """As many rows as there are names, to be filled with values."""
    return ",".join(["(?,?,?,?,?,?,?,?,?)"] * len(some))
