"""The policy file: what counts as a holdout, how severe each rule is, and which findings somebody has accepted.

    holdouts = ["s3://bank-ml/fraud/holdout/", "tag:purpose=holdout"]
    fail-on = "error"

    [severities]
    image-by-tag = "off"

    [[suppressions]]
    rule = "LIN001"
    subject = "training-job/Fraud-NN-1"
    reason = "measures on it, and fits nothing to it"
    owner = "fraud team"
    expires = 2027-06-30

A rule is named by its id or its name; a subject by its id, its ARN, its name or `kind/name`, and `*` stands for anything.
`attestations = false` ignores the attestations file: every gap counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lineage.checks.findings import ERROR, NEVER, OFF, SEVERITIES, Finding
from lineage.domain.called import asking
from lineage.domain.entries import Entries, text_of
from lineage.domain.names import node_id, parse_location
from lineage.domain.records import Json
from lineage.domain.text import counted, named_line
from lineage.errors import MalformedName
from lineage.queries.files import contents

POLICY_FILE = "lineage-policy.toml"
TAG = "tag:"
_KEYS = ("holdouts", "fail-on", "attestations", "severities", "suppressions")
_SUPPRESSION = ("rule", "subject", "about", "reason", "owner", "expires")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A finding that somebody has accepted: which one, why, who, and until when."""

    rule: str
    subject: str
    reason: str
    about: str = ""
    owner: str = ""
    expires: str = ""
    line: int = 0

    def takes(self, finding: Finding) -> bool:
        """Whether it is about a finding, on any day."""
        if self.rule not in (finding.rule, finding.name) or self.about not in ("", finding.about):
            return False
        node, wanted = finding.subject, node_id(self.subject).casefold()
        names = (node["id"], node["arn"] or node["id"], node["name"], f"{node['kind']}/{node['name']}")
        return any(name.casefold() == wanted or fnmatchcase(name.casefold(), wanted) for name in names)

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return bool(self.expires) and date.fromisoformat(self.expires) < today

    def as_json(self) -> Json:
        return {name: getattr(self, name) for name in _SUPPRESSION}


@dataclass(frozen=True, slots=True)
class Policy:
    """What a policy file says. `file` and `lines` say where each holdout is in it, and `digest` is its SHA-256."""

    holdouts: tuple[str, ...] = ()
    fail_on: str = ERROR
    severities: Mapping[str, str] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)
    takes_attestations: bool = True  # else every gap counts, attested or not
    digest: str = ""

    def __repr__(self) -> str:
        counts = (counted(len(self.holdouts), "holdout"), counted(len(self.suppressions), "suppression"))
        return named_line("Policy", Path(self.file).name, f"fails on {self.fail_on}", *counts)

    def severity(self, rule: str, name: str, default: str) -> str:
        """How severe a rule is; `off` for one that is not applied."""
        return self.severities.get(rule) or self.severities.get(name) or default


def load_policy(path: str | Path, rules: Iterable[str]) -> Policy:
    """Read a policy file; `rules` are the ids and names that exist.

    Raises `MalformedPolicy`, and `LineageError` if it cannot be read.
    """
    return _Reading(Entries(str(path), contents(path, "policy"), "a policy"), frozenset(rules)).policy()


class _Reading:
    """One file being read."""

    def __init__(self, file: Entries, rules: frozenset[str]) -> None:
        self._file = file
        self._rules = rules

    def policy(self) -> Policy:
        file, said = self._file, self._file.said
        file.known(said, _KEYS, "")
        holdouts = file.rows(said, "holdouts", str, "a list of S3 URIs and tag selectors")
        rows = file.rows(said, "suppressions", dict, "a list of tables: [[suppressions]]")
        severities, grades = said.get("severities", {}), (*SEVERITIES, OFF)
        file.must(isinstance(severities, dict), "severities", "must be a table of rules and severities")
        takes = said.get("attestations", True)
        file.must(isinstance(takes, bool), "attestations", "must be true or false: whether attested gaps count as closed")
        lines = list(enumerate(file.lines, 1))
        return Policy(
            tuple(dict.fromkeys(self._holdout(number, one) for number, one in enumerate(holdouts, 1))),
            file.one_of("fail-on", said.get("fail-on", ERROR), (*SEVERITIES, NEVER)),
            {
                self._rule("severities", rule): file.one_of(f"severities.{rule}", one, grades)
                for rule, one in severities.items()
            },
            tuple(self._suppression(number, row) for number, row in enumerate(rows, 1)),
            file.path,
            {
                self._holdout(number, one): next((at for at, line in lines if f'"{one}"' in line or f"'{one}'" in line), 1)
                for number, one in enumerate(holdouts, 1)
            },
            takes_attestations=takes,
            digest=file.digest,
        )

    def _holdout(self, number: int, one: str) -> str:
        if one.startswith(TAG):
            return one
        try:
            return parse_location(one).uri
        except MalformedName as error:
            raise self._file.wrong(f"holdouts[{number}]", str(error)) from None

    def _suppression(self, number: int, row: dict[str, Any]) -> Suppression:
        where, file = f"suppressions[{number}]", self._file
        file.known(row, _SUPPRESSION, f"{where}.")
        for key in ("rule", "subject", "reason"):
            file.must(bool(text_of(row.get(key))), f"{where}.{key}", "is missing: a suppression says rule, subject and reason")
        for key in ("about", "owner"):
            file.must(isinstance(row.get(key, ""), str), f"{where}.{key}", "must be a text")
        words = {key: text_of(row.get(key)) for key in ("subject", "reason", "about", "owner")}
        rule, day = self._rule(f"{where}.rule", row["rule"]), row.get("expires")
        expires = "" if day is None else file.day(f"{where}.expires", day).isoformat()
        return Suppression(rule=rule, expires=expires, line=file.line_of("suppressions", number), **words)

    def _rule(self, where: str, said: object) -> str:
        return self._file.one_of(
            where, said, sorted(self._rules), f"{asking('lineage check --list-rules', 'lineage.RULES')} lists them"
        )
