"""Anchors: a record of a snapshot's seal, kept in a file that whoever writes the snapshot cannot change.

An anchor is one JSON object a line. The digest of its first seal identifies a snapshot, so one file of anchors serves many
snapshots. An anchor of a later crawl shows that an older copy of the file was rolled back.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lineage.domain.canonical import canonical
from lineage.domain.records import Json
from lineage.errors import MalformedPolicy
from lineage.queries.verify import Proof, Verified

SCHEMA = "lineage.anchor/1"


@dataclass(frozen=True, slots=True)
class Anchor:
    """The seal of one crawl as it was at a time (`at`, UTC), and how that is known (`how`).

    `first` is the snapshot's first seal. `file` is the digest of the whole file if that was proved too, else empty.
    """

    first: str
    crawl: int
    seal: str
    file: str
    at: str
    how: str

    def as_json(self) -> Json:
        """The anchor as one JSON object. Its keys are a contract; more may be added."""
        return {"schema": SCHEMA} | {name: getattr(self, name) for name in self.__slots__}

    @property
    def proof(self) -> Proof:
        """What the anchor proves of a file."""
        words = f"the anchor of {self.at} ({self.how})", f"was anchored on {self.at}"
        return Proof(self.seal, *words, self.crawl, self.first, self.file, asked=False)


def load_anchors(path: str | Path) -> list[Anchor]:
    """The anchors in a file; none if it does not exist yet. Raises `MalformedPolicy` for a line that is not an anchor."""
    if not Path(path).exists():
        return []
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        return [_anchor(line, f"{path}, line {number}") for number, line in enumerate(file, 1) if line.strip()]


def _anchor(line: str, where: str) -> Anchor:
    try:
        told = json.loads(line)
        words = {name: told[name] for name in Anchor.__slots__}
        fits = told["schema"] == SCHEMA and type(words.pop("crawl")) is int
        if fits and all(isinstance(word, str) for word in words.values()):
            return Anchor(crawl=told["crawl"], **words)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise MalformedPolicy(f"{where}: this is not an anchor as `lineage snapshot sign` writes it")


def proved(done: Verified) -> Proof | None:
    """The newest seal that was proved of a file, to be anchored; None for a file that is not as it was sealed."""
    last = [one for one in done.seals if done.proved and one["crawl"] <= done.proved["crawl"]]
    if not (last and done.proved):
        return None
    whole = done.digest if done.proved["whole_file"] else ""
    return Proof(last[-1]["digest"], done.proved["how"], "", last[-1]["crawl"], done.seals[0]["digest"], whole)


def anchor(path: str | Path, proof: Proof) -> Anchor | None:
    """Add what was proved of a snapshot to a file of anchors, unless it is there. Removes nothing. Raises `OSError`."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    new = Anchor(proof.first, proof.crawl, proof.digest, proof.file, at, proof.how)
    if any((one.first, one.crawl, one.seal) == (new.first, new.crawl, new.seal) for one in load_anchors(path)):
        return None
    _append(Path(path), f"{canonical(new.as_json())}\n")
    return new


def _append(path: Path, line: str) -> None:
    """Add a line in one write, and wait until it is on disk."""
    ended = not path.exists() or path.read_bytes()[-1:] in (b"", b"\n")
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(f"{'' if ended else chr(10)}{line}".encode())
        file.flush()
        os.fsync(file.fileno())
