"""Is a snapshot unchanged since its crawls sealed it? What was changed is found and named."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from lineage.domain.records import Json
from lineage.errors import MalformedName, SnapshotError
from lineage.snapshot.damage import OF_ODD_ROWS
from lineage.snapshot.reading import Snapshot, open_snapshot
from lineage.snapshot.seals import MARK, TABLES, Seal, mark_of, state_line

SCHEMA, INFO_SCHEMA = "lineage.verified/1", "lineage.snapshot/1"
UNCHANGED, CHANGED, UNSEALED = "unchanged", "changed", "unsealed"
_AT_ONCE = 1 << 20
_NAMED = 20  # rows of a table that are named; more are counted


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as it was sealed: in which table, of which crawl or row, and how."""

    table: str
    where: str
    said: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer to `snapshot verify`. `as_json` gives the contract `lineage.verified/1`."""

    file: str
    digest: str  # of the whole file, as sha256sum prints it
    verdict: str
    seals: list[Json]
    differences: list[Difference]
    notes: list[str]

    def as_json(self) -> Json:
        """The answer as one JSON object; keys are a contract, and more may join them."""
        return {"schema": SCHEMA, "question": "verify"} | asdict(self)


def file_digest(path: str | Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises `OSError`."""
    whole = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(_AT_ONCE):
            whole.update(piece)
    return whole.hexdigest()


def verify(path: str | Path, *, digest: str = "", against: str | Path = "") -> Verified:
    """Hold a snapshot against its own seals, and against what was kept of it elsewhere.

    `digest` is the SHA-256 of the whole file, or that of one of its seals, as `snapshot info` printed it; `against` is an
    earlier copy of the file. Raises `SnapshotError` for what is no snapshot, `MalformedName` for what is no digest.
    """
    wanted = digest.removeprefix("sha256:").lower()
    if digest and (len(wanted) != 64 or set(wanted) - set("0123456789abcdef")):
        how = "it is sha256: and 64 hexadecimal digits, as `lineage snapshot info` prints it"
        raise MalformedName(f"{digest} is no digest: {how}")
    own = file_digest(path) if Path(path).is_file() else ""
    with open_snapshot(path) as snapshot:
        checking = _Checking(snapshot)
        chain = checking.run()
        if wanted and wanted not in (own, *(one.digest.removeprefix("sha256:") for one in chain)):
            checking.tell("file", "whole", f"neither the file nor one of its seals has the digest sha256:{wanted}")
        if against:
            checking.follows(against, chain)
    verdict = CHANGED if checking.found else UNCHANGED if chain else UNSEALED
    seals = [{"crawl": one.crawl, "digest": one.digest} for one in chain]
    return Verified(Path(path).name, f"sha256:{own}", verdict, seals, checking.found, checking.notes)


class _Checking:
    """One verification under way."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.found: list[Difference] = []
        self.notes: list[str] = []
        self._snapshot = snapshot

    def tell(self, table: str, where: str, said: str) -> None:
        self.found.append(Difference(table, where, said))

    def run(self) -> list[Seal]:
        """Look at everything; the chain as far as it can be read."""
        chain: list[Seal] = []
        try:
            for damage in self._snapshot.structure():
                self.tell("file", "structure", damage)
            chain = self._snapshot.seals()
            self._links(chain)
            self._tables(chain)
            for kind, identity, created in self._snapshot.altered_bodies():
                self.tell("record", identity, f"the body of this {kind} of {created or 'no date'} is not the one that was kept")
            self._tail(chain)
        except (SnapshotError, *OF_ODD_ROWS) as error:
            self.tell("file", "content", f"it can't be read to its end: {error}")
        return chain

    def follows(self, earlier: str | Path, chain: list[Seal]) -> None:
        """Whether the file begins as an earlier copy of it ended."""
        with open_snapshot(earlier) as copy:
            last = next(reversed(copy.seals()), None)
        if last is None:
            self.notes.append(f"{Path(earlier).name} has no seal: nothing can be held against it")
        elif (last.crawl, last.digest) not in [(one.crawl, one.digest) for one in chain]:
            self.tell("seal", f"crawl {last.crawl}", f"{Path(earlier).name} has another seal of it: what it holds was changed")

    def _links(self, chain: list[Seal]) -> None:
        """Each seal says its own words, and names the one before."""
        for before, one in zip([None, *chain], chain, strict=False):
            if one.made_anew() != one.digest:
                self.tell("seal", f"crawl {one.crawl}", "the seal is not what it was sealed as")
            if one.previous != (before.digest if before else ""):
                self.tell("seal", f"crawl {one.crawl}", "the seal before it was changed or taken away")

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
        """The rows that were not sealed as they are, and how many that were sealed are there no more."""
        new = Counter(_marks(now)) - Counter(_marks(sealed))
        gone = sum((Counter(_marks(sealed)) - Counter(_marks(now))).values())
        rows = (row for row in self._snapshot.rows_of(name) if new[mark_of(row)] > 0)
        for row in islice(rows, min(_NAMED, sum(new.values()))):
            key = " ".join(str(value) for value in row[: TABLES[name].key] if value not in ("", None))
            self.tell(name, key, "this row is not as it was sealed")
        more = sum(new.values()) - _NAMED
        if more > 0:
            self.tell(name, "rows", f"{more} more rows are not as they were sealed")
        if gone > sum(new.values()):
            self.tell(name, "rows", f"{gone - sum(new.values())} rows that were sealed are not there any more")
        if not (new or gone):
            self.tell(name, "table", "its digest is not the one that was sealed")

    def _tail(self, chain: list[Seal]) -> None:
        """What no seal covers."""
        last = chain[-1].crawl if chain else 0
        late = [crawl for crawl in self._snapshot.crawls() if crawl.id > last]
        for crawl in late:
            ended = "did not finish" if not crawl.complete else "has no seal"
            self.notes.append(f"crawl {crawl.id} {ended}: what it kept is not sealed, and the rows are held against no seal")
            if crawl.complete:
                self.tell("seal", f"crawl {crawl.id}", "a finished crawl has a seal, and this one's is not there")
        if not late and chain and not self._snapshot.sealed():
            self.tell("sealed", f"crawl {last}", "the digests of its tables were taken away")


def _marks(marks: bytes) -> Iterator[bytes]:
    return (marks[at : at + MARK] for at in range(0, len(marks), MARK))


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """What a snapshot file is: its size in bytes, its digest, and its crawls with their seals."""

    file: str
    bytes: int
    digest: str
    crawls: list[Json]

    def as_json(self) -> Json:
        """The answer as one JSON object; keys are a contract, and more may join them."""
        return {"schema": INFO_SCHEMA, "question": "info"} | asdict(self)


def snapshot_info(path: str | Path) -> SnapshotInfo:
    """The digests of a snapshot, to be kept somewhere else. Raises `SnapshotError`."""
    with open_snapshot(path) as snapshot:
        sealed = {one.crawl: one.digest for one in snapshot.seals()}
        crawls = [
            {name: getattr(one, name) for name in ("id", "started", "finished", "caller", "tool", "botocore")}
            | {"seal": sealed.get(one.id)}
            for one in snapshot.crawls()
        ]
    return SnapshotInfo(Path(path).name, Path(path).stat().st_size, f"sha256:{file_digest(path)}", crawls)
