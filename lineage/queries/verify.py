"""Is a snapshot unchanged since its crawls sealed it? Changes are found and named.

A file's own seals prove nothing against someone who can write the file, because they can be recreated. What was kept elsewhere
(a digest, an earlier copy, an anchor, a signature) is a `Proof`. It proves the crawls up to its own, and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lineage.domain.called import asking
from lineage.domain.records import Json
from lineage.errors import MalformedName, SnapshotError
from lineage.queries.showing import ListedAnswer
from lineage.snapshot.checking import Checking, Difference
from lineage.snapshot.merging import MergedFile
from lineage.snapshot.reading import Snapshot, open_snapshot
from lineage.snapshot.seals import Seal, file_digest

SCHEMA, INFO_SCHEMA = "lineage.verified/1", "lineage.snapshot/1"
UNCHANGED, CHANGED, UNSEALED, IN_PART = "unchanged", "changed", "unsealed", "proved-in-part"
_ANEW = "anyone who can edit this file can also make new seals"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was kept of a snapshot elsewhere: the digest of one of its seals, or of the file, and where it was.

    `seen` says what was done with the crawl, as in "was anchored on 2026-01-01". `first` is the digest of the first seal, which
    identifies a snapshot. A proof that is not `asked` for may be of another snapshot; that is not an error.
    """

    digest: str
    how: str
    seen: str = ""
    crawl: int = 0
    first: str = ""
    file: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Verified(ListedAnswer):
    """The answer to `snapshot verify`. `as_json` gives the contract `lineage.verified/1`.

    `proved` says up to which crawl the file is proved, and by what (`crawl`, `how`, and whether by the `whole_file`).
    `proved_all` says whether that is the newest crawl. `unsealed_crawls` are those after the newest seal. `rolled_back` names a
    later crawl that was known before (`crawl`, `digest`, `seen`). `replayed`: its crawls read an account file, not AWS.
    `merged` are the files that were merged into it (`file`, `digest`, and `crawls`, each with its number here and there).
    `rejoined` says whether the graph is what the records give; None if that was not asked, or the file has changed.
    """

    file: str
    digest: str  # of the whole file, as sha256sum prints it
    verdict: str
    seals: list[Json]
    differences: list[Difference]
    notes: list[str]
    proved: Json | None = None
    rolled_back: Json | None = None
    proved_all: bool = False
    unsealed_crawls: list[int] = field(default_factory=list)
    replayed: bool = False
    merged: list[Json] = field(default_factory=list)
    rejoined: bool | None = None

    def _about(self) -> str:
        """The file."""
        return self.file

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        return {"schema": SCHEMA, "question": "verify"} | asdict(self)


def verify(
    source: str | Path | Snapshot,
    *,
    digest: str = "",
    against: str | Path = "",
    proofs: Iterable[Proof] = (),
    rejoin: bool = False,
) -> Verified:
    """Check a snapshot, or the file at a path, against its own seals and against what was kept of it elsewhere.

    `digest` is the SHA-256 of the whole file, or that of one of its seals, as `snapshot info` printed it. `against` is an
    earlier copy of the file; `proofs` are anchors and checked signatures. With `rejoin` the graph is also joined anew from the
    records, in a temporary file, and compared. The verdict is `proved-in-part` if what was given proves only what earlier
    crawls wrote. Reads every row. Raises `SnapshotError` for a file that is not a snapshot, or that is written to or replaced
    meanwhile, or for a copy without a seal; with `rejoin` also if another version of lineage joined the graph. Raises
    `MalformedName` for a malformed digest, or if `against` is the file itself.
    """
    held = [*([_given(digest)] if digest else []), *proofs]
    opened = nullcontext(source) if isinstance(source, Snapshot) else open_snapshot(source)
    with opened as snapshot:
        checking = Checking(snapshot)
        chain = checking.run()
        rejoined = _rejoined(snapshot, checking) if rejoin else None
        held += [_proof_by(against, snapshot.path)] if against else []
        own = f"sha256:{file_digest(snapshot.path)}"
        proving = _Proving(checking, chain, own, max((crawl.id for crawl in checking.crawls), default=0))
        for proof in held:
            proving.hold(proof)
        snapshot.insist_untouched()
    asked = any(proof.asked for proof in held)
    seals = [{"crawl": one.crawl, "digest": one.digest} for one in chain]
    told = proving.told(asked=asked)
    verdict = proving.verdict(asked=asked)
    late = [one.id for one in checking.crawls if not chain or one.id > chain[-1].crawl]
    found, notes, name = checking.found, checking.notes, snapshot.path.name
    replayed = any(crawl.replayed for crawl in checking.crawls)
    merged = list(map(_merged, checking.merged.values()))
    return Verified(
        name,
        own,
        verdict,
        seals,
        found,
        notes,
        *told,
        proving.proved_all,
        late,
        replayed,
        merged,
        rejoined,
    )


def _rejoined(snapshot: Snapshot, checking: Checking) -> bool | None:
    """Whether the graph is what the records give; None for a file that is not as it was sealed: its records may be others."""
    if checking.found:
        checking.notes.append("the graph was not joined anew, because what it is joined from may have changed")
        return None
    from lineage.collect.rejoined import unlike_records  # the join is imported only where somebody asks for it

    checking.found += unlike_records(snapshot)
    return not checking.found


def _merged(one: MergedFile) -> Json:
    """A file that was merged, with its crawls."""
    seals = {seal.crawl: seal.digest for seal in one.seals}
    crawls = [{"crawl": here, "was": was, "seal": seals.get(was)} for was, here in sorted(one.crawls.items())]
    return {"file": one.name, "digest": one.digest, "crawls": crawls}


def _given(digest: str) -> Proof:
    wanted = digest.removeprefix("sha256:").lower()
    if len(wanted) != 64 or set(wanted) - set("0123456789abcdef"):
        shown = asking("lineage snapshot info", "lineage.snapshot_info(path)")
        how = f"it is sha256: and 64 hexadecimal digits, as {shown} shows it"
        raise MalformedName(f"{digest} is not a digest: {how}")
    return Proof(f"sha256:{wanted}", f"the digest sha256:{wanted}")


def _proof_by(earlier: str | Path, path: Path) -> Proof:
    """The proof by an earlier copy of the file: that the file begins as the copy ended."""
    if Path(earlier).exists() and Path(earlier).samefile(path):
        raise MalformedName(f"{earlier} is the file itself, which proves nothing: name an earlier copy")
    with open_snapshot(earlier) as copy:
        chain = copy.seals()
    name = Path(earlier).name
    if not chain:
        raise SnapshotError(f"{earlier} has no seal, and so proves nothing: name a copy of which a crawl has finished")
    return Proof(chain[-1].digest, f"the earlier copy {name}", f"is in {name}", chain[-1].crawl, chain[0].digest)


def _proved_by(one: MergedFile) -> Iterator[tuple[str, str]]:
    """The digests of a merged file's seals, each with what it proves."""
    return ((seal.digest, f"what {one.name} wrote up to its crawl {seal.crawl} is proved") for seal in one.seals)


class _Proving:
    """What was kept elsewhere, compared with the file that was looked at."""

    def __init__(self, checking: Checking, chain: list[Seal], own: str, newest: int) -> None:
        self._checking = checking
        self._chain = chain
        self._own = own
        self._newest = newest
        self._last = chain[-1].crawl if chain else 0
        self._proved: Json | None = None
        self._back: Json | None = None
        self._strange = 0  # anchors of other snapshots
        self._known = 0  # and of this one
        self._parts: list[str] = []  # what is proved of merged files
        self._whole = {one.digest: one.name for one in checking.merged.values()}
        self._merged = {digest: told for one in checking.merged.values() for digest, told in _proved_by(one)}

    @property
    def proved_all(self) -> bool:
        """Whether something that was kept elsewhere proves the file up to its newest crawl."""
        proved = self._proved
        return bool(proved and not self._checking.found and (proved["whole_file"] or proved["crawl"] == self._newest))

    def hold(self, proof: Proof) -> None:
        """Note what a proof proves, or how the file differs from the one that was proved."""
        sealed = {one.digest: one.crawl for one in self._chain}
        if not proof.asked:
            firsts = [one.digest for one in self._chain[:1]]
            ours = proof.first in firsts or proof.digest in sealed or self._own in (proof.digest, proof.file)
            ours = ours or proof.digest in self._merged
            self._known, self._strange = self._known + ours, self._strange + (not ours)
        if self._own in (proof.digest, proof.file):
            self._prove(self._newest, proof, whole=True)
        elif proof.digest in sealed:
            self._prove(sealed[proof.digest], proof, whole=False)
            self._compare_bytes(sealed[proof.digest], proof)
        elif part := self._merged.get(proof.digest):
            self._parts.append(f"{part} by {proof.how}")
        elif proof.asked and (name := self._whole.get(proof.digest)):
            shown = asking("lineage snapshot info", "lineage.snapshot_info(path)")
            raise MalformedName(
                f"{proof.how} is of {name}, which was merged: give that of its newest seal, as {shown} of it prints"
            )
        elif proof.first and self._chain and proof.first == self._chain[0].digest:
            self._differs(proof)
        elif proof.asked:
            said = f"{proof.how} is of another file: neither the file nor one of its seals has the digest {proof.digest}"
            self._checking.tell("file", "whole", said)

    def _compare_bytes(self, crawl: int, proof: Proof) -> None:
        """Note that the bytes changed though no record did. After a later crawl other bytes are what anyone expects."""
        if proof.file and crawl == self._newest:
            said = "the records are as sealed; the bytes of the file are not"
            self._checking.notes.append(f"{said} ({proof.how} is of {proof.file}, this file is {self._own})")

    def _differs(self, proof: Proof) -> None:
        """Note how the same snapshot differs from what it was then."""
        if proof.crawl <= self._last:
            said = f"another seal of it {proof.seen}, with digest {proof.digest}: what it holds was changed"
            self._checking.tell("seal", f"crawl {proof.crawl}", said)
            return
        said = f"crawl {proof.crawl} of this snapshot {proof.seen} with digest {proof.digest}"
        self._checking.tell("file", f"crawl {proof.crawl}", f"rolled back: the file ends at crawl {self._last}; {said}")
        if not self._back or proof.crawl > self._back["crawl"]:
            self._back = {"crawl": proof.crawl, "digest": proof.digest, "seen": proof.seen}

    def _prove(self, crawl: int, proof: Proof, *, whole: bool) -> None:
        best = self._proved
        if best is None or (crawl, whole) > (best["crawl"], best["whole_file"]):
            self._proved = {"crawl": crawl, "how": proof.how, "whole_file": whole}

    def verdict(self, *, asked: bool) -> str:
        """One word for the whole file: a proof of its beginning is no proof of all of it."""
        if self._checking.found:
            return CHANGED
        if self.proved_all:
            return UNCHANGED
        if (self._proved or self._parts) and asked:
            return IN_PART
        return UNCHANGED if self._chain else UNSEALED

    def told(self, *, asked: bool) -> tuple[Json | None, Json | None]:
        """What is proved, with notes on how far; nothing for a file that was changed."""
        if self._checking.found:
            return None, self._back
        proved, notes = self._proved, self._checking.notes
        if self._strange and not self._known:
            notes.append(f"no anchor matches this snapshot's first seal; {self._strange} are for other snapshots")
        notes += self._parts
        if proved is None and self._parts:
            notes.append(f"the rest, and how the merged files were joined, is covered only by the file's own seals; {_ANEW}")
            return None, None
        if proved is None:
            notes += [f"only the file's own seals vouch for it; {_ANEW}"] if self._chain and not asked else []
            return None, None
        notes.append(f"proved up to crawl {proved['crawl']} by {proved['how']}")
        rest = [one.crawl for one in self._chain if one.crawl > proved["crawl"]]
        if rest and not proved["whole_file"]:
            which = f"crawls {rest[0]} to {rest[-1]} are" if len(rest) > 1 else f"crawl {rest[0]} is"
            notes.append(f"{which} covered only by the file's own seals, and so are the rows of the newest state; {_ANEW}")
        return proved, None


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class SnapshotInfo(ListedAnswer):
    """What a snapshot file is: its size in bytes, its digest, and its crawls with their seals."""

    file: str
    bytes: int
    digest: str
    crawls: list[Json]

    def _about(self) -> str:
        """The file."""
        return self.file

    def as_json(self) -> Json:
        """The answer as one JSON object; keys are a contract, and more may join them."""
        return {"schema": INFO_SCHEMA, "question": "info"} | asdict(self)


def snapshot_info(path: str | Path) -> SnapshotInfo:
    """The digests of a snapshot, to be kept somewhere else. Raises `SnapshotError`."""
    if isinstance(path, Snapshot):
        raise TypeError("snapshot_info takes the path of the file: give snapshot.path")
    with open_snapshot(path) as snapshot:
        sealed = {one.crawl: one.digest for one in snapshot.seals()}
        merged = list(map(_merged, snapshot.merged_files().values()))
        crawls = [
            {name: getattr(one, name) for name in ("id", "started", "finished", "caller", "tool", "botocore", "replayed")}
            | {"seal": sealed.get(one.id), "merged": _there(one.id, merged)}
            for one in snapshot.crawls()
        ]
    return SnapshotInfo(Path(path).name, Path(path).stat().st_size, f"sha256:{file_digest(path)}", crawls)


def _there(crawl: int, merged: list[Json]) -> list[Json]:
    """Where a crawl was before a merge: the file, its number there, and its seal."""
    told = ((file, one) for file in merged for one in file["crawls"] if one["crawl"] == crawl)
    return [{"file": file["file"], "crawl": one["was"], "seal": one["seal"]} for file, one in told]
