"""The in-toto Statement v1 about a snapshot: exported, signed, and read from a signed envelope.

Its subjects are files by name and SHA-256, and the newest seal. Its predicate says what the snapshot covers, with its seals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.domain.attestations import NO_ATTESTATIONS, Attestations
from lineage.domain.records import Json
from lineage.errors import LineageError, MalformedName, SigningError, SnapshotError
from lineage.queries.coverage import coverage
from lineage.queries.every_hole import vouched_for
from lineage.queries.verify import CHANGED, Proof, Verified, verify
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.seals import file_digest

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:lineage:coverage:1"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def statement(
    snapshot: Snapshot, producer: Json, subjects: Iterable[str | Path] = (), vouched: Attestations = NO_ATTESTATIONS
) -> Json:
    """The statement about a snapshot, which is verified first, and about the files in `subjects`.

    Raises `SnapshotError` for a snapshot that changed since it was sealed, `LineageError` for a file that can't be read.
    """
    paths = [snapshot.path, *map(Path, subjects)]
    names = [path.name for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MalformedName(f"two files are named {twice[0]}: in a statement each file needs its own name")
    done = insist_unchanged(verify(snapshot))
    said = coverage(snapshot) | (vouched_for(snapshot, vouched) if vouched.said else {})
    predicate = {"producer": producer} | {name: value for name, value in said.items() if name != "question"}
    subject = [_subject(done.file, done.digest), *(_subject(path.name, _digest(path)) for path in paths[1:])]
    subject += [_subject(f"{done.file}#seal-of-crawl-{one['crawl']}", one["digest"]) for one in done.seals[-1:]]
    snapshot.insist_untouched()
    return {
        "_type": STATEMENT,
        "subject": sorted(subject, key=lambda one: str(one["name"])),
        "predicateType": PREDICATE,
        "predicate": predicate | {"file": done.file, "seals": done.seals, "unsealed_crawls": done.unsealed_crawls},
    }


def insist_unchanged(done: Verified) -> Verified:
    """Raise `SnapshotError` for a file that changed since it was sealed, because no statement is made about it."""
    if done.verdict != CHANGED:
        return done
    first, more = done.differences[0], len(done.differences) - 1
    said = f"{first.table} {first.where}: {first.said}{f', and {more} more' if more else ''}"
    raise SnapshotError(f"{done.file} is CHANGED since it was sealed ({said}): use an unchanged copy")


def _subject(name: str, digest: str) -> Json:
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError as error:
        raise LineageError(f"{path}: {error.strerror}: a subject must be a file that can be read") from error


@dataclass(frozen=True, slots=True)
class Claim:
    """What a statement says about a snapshot: file, digest and seals, and when it was signed according to the signer."""

    file: str
    digest: str
    seals: list[Json]
    signed_at: str

    def proof(self, how: str, seen: str) -> Proof:
        """What the statement proves about a file, once its signature is checked."""
        last = self.seals[-1]
        return Proof(str(last["digest"]), how, seen, last["crawl"], str(self.seals[0]["digest"]), self.digest)


def claim_of(payload: bytes, where: str | Path) -> Claim:
    """What a payload says about a snapshot. Raises `SigningError` for a statement about something else."""
    wrong = f"{where} holds no statement about a snapshot: `lineage snapshot sign` makes one"
    try:
        told = json.loads(payload)
        if (told["_type"], told["predicateType"]) != (STATEMENT, PREDICATE):
            raise SigningError(wrong)
        return _claim({one["name"]: one["digest"]["sha256"] for one in told["subject"]}, told["predicate"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise SigningError(wrong) from error


def _claim(subjects: dict[str, Any], predicate: Json) -> Claim:
    """The newest seal and the file are subjects. What the predicate says must agree with them."""
    seals = [{"crawl": int(one["crawl"]), "digest": str(one["digest"])} for one in predicate["seals"]]
    name, last = str(predicate["file"]), seals[-1]
    if subjects[f"{name}#seal-of-crawl-{last['crawl']}"] != str(last["digest"]).removeprefix("sha256:"):
        raise ValueError(name)
    at = str(predicate.get("signed_at", ""))
    return Claim(name, f"sha256:{subjects[name]}", seals, at if _TIME.fullmatch(at) else "")
