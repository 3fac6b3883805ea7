"""What a rule says of one thing: that it breaks the rule, or that it cannot be decided."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from lineage.domain.records import Json
from lineage.domain.text import named_line

FAILED, UNKNOWN = "failed", "unknown"
HIGH, MEDIUM, LOW = "high", "medium", "low"
NOTE, WARNING, ERROR, OFF, NEVER = "note", "warning", "error", "off", "never"
SEVERITIES = (NOTE, WARNING, ERROR)  # weakest first
NEW, KNOWN, SUPPRESSED, ATTESTED = "new", "known", "suppressed", "attested"
CONFIDENCES = (HIGH, MEDIUM, LOW, "")
_DIGITS, _GAP_DIGITS = 32, 12  # of a fingerprint, and of the id of a gap


class CheckedResource(NamedTuple):
    """Something that the rules looked at, or that a finding is about."""

    kind: str
    name: str
    id: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found broken (`failed`), or could not decide (`unknown`).

    `about` distinguishes several findings of one subject: the holdout, the channel, the image. A rule leaves `rule`, `name` and
    `severity` empty, and `repair` if the rule's own text suffices: `lineage.check` fills them in.
    """

    verdict: str
    subject: Json
    about: str
    message: str
    confidence: str = ""
    evidence: list[Json] = field(default_factory=list)
    repair: str = ""
    rule: str = ""
    name: str = ""
    severity: str = ""
    state: str = NEW
    suppression: Json | None = None
    attestations: list[Json] = field(default_factory=list)  # those that close gaps which it is about
    gaps: tuple[str, ...] = ()  # ids of the gaps that leave it undecided: a baseline takes these, and no later ones

    def __repr__(self) -> str:
        return named_line("Finding", f"{self.rule} {self.subject['name']}", self.verdict, self.state, self.severity)

    @property
    def fingerprint(self) -> str:
        """An id that is the same in each crawl, as long as the same rule says the same of the same thing."""
        return _digest([self.rule, self.verdict, self.subject["id"], self.about])[:_DIGITS]

    @property
    def known_as(self) -> set[str]:
        """What a baseline must hold so that it is known: its fingerprint, and each gap that leaves it undecided."""
        return {self.fingerprint, *(f"{self.fingerprint}/{gap}" for gap in self.gaps)}

    def as_json(self) -> Json:
        """The finding as JSON, with its fingerprint."""
        first = {name: getattr(self, name) for name in ("rule", "name", "severity", "confidence", "verdict", "state")}
        rest = {name: getattr(self, name) for name in self.__slots__}
        return first | rest | {"fingerprint": self.fingerprint}

    def at_least(self, severity: str) -> bool:
        """Whether a gate of this severity counts it."""
        return severity != NEVER and SEVERITIES.index(self.severity) >= SEVERITIES.index(severity)

    def counts(self) -> bool:
        """Whether it counts: it is not suppressed, not known from a baseline, and not only about attested gaps."""
        return self.state == NEW

    def order(self) -> tuple[object, ...]:
        """The sort key: the worst first; then by rule, the surest first."""
        severity = len(SEVERITIES) - SEVERITIES.index(self.severity)
        return (severity, self.rule, CONFIDENCES.index(self.confidence), self.subject["id"], self.about)


def gap_ids(holes: Iterable[Json]) -> tuple[str, ...]:
    """An id for each gap of an answer, the same in each crawl: of the call or the read that it is about."""
    said = ([hole.get(name) for name in ("account", "region", "operation", "subject", "attest")] for hole in holes)
    return tuple(sorted({_digest(one)[:_GAP_DIGITS] for one in said}))


def _digest(said: object) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode(errors="surrogateescape")).hexdigest()


def attested(finding: Finding, attestations: list[Json], *, left_open: bool) -> Finding:
    """A finding that rests only on gaps, with the attestations of some. It does not count if no gap is left open."""
    return replace(finding, attestations=attestations, state=NEW if left_open else ATTESTED)


def marked(finding: Finding, **words: object) -> Finding:
    """The same finding with some fields set."""
    return replace(finding, **words)  # type: ignore[arg-type]
