"""Compares a snapshot with its seals: what is not as it was sealed is found and named."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lineage.domain.records import Crawl
from lineage.errors import SnapshotError
from lineage.snapshot.damage import OF_ODD_ROWS
from lineage.snapshot.merging import MergedFile
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.seals import MARK, TABLES, Seal, digests_of, mark_of, state_line

_NAMED = 20  # rows of a table that are named; more are counted


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was sealed: in which table, of which crawl or row, and how."""

    table: str
    where: str
    said: str


class Checking:
    """One verification under way."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.found: list[Difference] = []
        self.notes: list[str] = []
        self.crawls: list[Crawl] = []
        self.merged: dict[int, MergedFile] = {}
        self._snapshot = snapshot

    def tell(self, table: str, where: str, said: str) -> None:
        self.found.append(Difference(table, where, said))

    def run(self) -> list[Seal]:
        """Check everything; the chain as far as it can be read."""
        chain: list[Seal] = []
        try:
            for damage in self._snapshot.structure():
                self.tell("file", "structure", damage)
            chain = self._snapshot.seals()
            self._links(chain)
            self._tables(chain)
            self._sources()
            for kind, identity, created in self._snapshot.altered_bodies():
                self.tell("record", identity, f"the body of this {kind} of {created or 'no date'} is not the one stored")
            self._tail(chain)
        except (SnapshotError, *OF_ODD_ROWS) as error:
            self.tell("file", "content", f"it can't be read to its end: {error}")
        return chain

    def _links(self, chain: list[Seal], of: str = "") -> None:
        """Check that each seal matches its own digest and names the seal before it."""
        for before, one in zip([None, *chain], chain, strict=False):
            if one.made_anew() != one.digest:
                self.tell("seal", f"crawl {one.crawl}{of}", "the seal does not match its own digest")
            if one.previous != (before.digest if before else ""):
                self.tell("seal", f"crawl {one.crawl}{of}", "the seal before it was changed or removed")

    def _sources(self) -> None:
        """Check that what the crawls of merged files wrote is what they sealed there."""
        for record in self._snapshot.unlike_all():
            self.tell("record", record, "this record is not as any of the merged files sealed it")
        self.merged = self._snapshot.merged_files()
        for number, source in self.merged.items():
            self._links(source.seals, f" of {source.name}")
            for table in (name for name, told in TABLES.items() if told.crawl):
                wrote = digests_of(self._snapshot.sealed_there(number, source, table), [one.crawl for one in source.seals])
                for one in source.seals:
                    if wrote[str(one.crawl)] != one.wrote.get(table):
                        said = f"what crawl {one.crawl} of {source.name} wrote into the table {table} is not what it sealed"
                        self.tell(table, f"crawl {one.crawl} of {source.name}", said)

    def _tables(self, chain: list[Seal]) -> None:
        sealed = self._snapshot.sealed()
        state = hashlib.sha256()
        for name in TABLES:
            now = self._snapshot.hashed(name, [one.crawl for one in chain])
            for one in chain:
                if TABLES[name].crawl and now.wrote[str(one.crawl)] != one.wrote.get(name):
                    said = f"what crawl {one.crawl} wrote into the table {name} is not what it sealed"
                    self.tell(name, f"crawl {one.crawl}", said)
            if not sealed:
                continue
            digest, marks = sealed.get(name, ("", b""))
            state.update(state_line(name, digest, marks))
            if now.digest != digest:
                self._name_rows(name, now.marks, marks)
        if sealed and chain and state.hexdigest() != chain[-1].state:
            self.tell("sealed", f"crawl {chain[-1].crawl}", "the digests of the tables are not the ones that were sealed")

    def _name_rows(self, name: str, now: bytes, sealed: bytes) -> None:
        """Report the rows that differ from what was sealed, and how many sealed rows are missing."""
        new = Counter(_marks(now)) - Counter(_marks(sealed))
        gone = sum((Counter(_marks(sealed)) - Counter(_marks(now))).values())
        rows = (row for row in self._snapshot.rows_of(name) if new[mark_of(row)] > 0)
        for row in islice(rows, min(_NAMED, sum(new.values()))):
            key = " ".join(str(value) for value in row[: TABLES[name].key] if value not in ("", None))
            self.tell(name, key, "this row has changed since it was sealed")
        more, lost = sum(new.values()) - _NAMED, gone - sum(new.values())
        if more > 0:
            self.tell(name, "rows", f"{more} more {'row is' if more == 1 else 'rows are'} not as sealed")
        if lost > 0:
            self.tell(name, "rows", f"{lost} sealed {'row is' if lost == 1 else 'rows are'} missing")
        if not (new or gone):
            self.tell(name, "table", "its digest is not the one that was sealed")

    def _tail(self, chain: list[Seal]) -> None:
        """Report what no seal covers."""
        last = chain[-1].crawl if chain else 0
        self.crawls = list(self._snapshot.crawls())
        late = [crawl for crawl in self.crawls if crawl.id > last]
        for crawl in late:
            ended = "did not finish" if not crawl.complete else "has no seal"
            self.notes.append(f"crawl {crawl.id} {ended}: its data is not sealed, and the rows cannot be compared with a seal")
            if crawl.complete:
                self.tell("seal", f"crawl {crawl.id}", "the seal of this finished crawl is missing")
        if not late and chain and not self._snapshot.sealed():
            self.tell("sealed", f"crawl {last}", "the digests of its tables were removed")


def _marks(marks: bytes) -> Iterator[bytes]:
    return (marks[at : at + MARK] for at in range(0, len(marks), MARK))
