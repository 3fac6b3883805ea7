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
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lineage.checks.findings import ERROR, NEVER, OFF, SEVERITIES, Finding
from lineage.domain.names import node_id, parse_location
from lineage.domain.records import Json
from lineage.errors import MalformedName, MalformedPolicy

POLICY_FILE = "lineage-policy.toml"
TAG = "tag:"
_KEYS = ("holdouts", "fail-on", "severities", "suppressions")
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
        """Whether it is about a finding, whatever the day."""
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
    """What a policy file says. `file` and `lines` tell where each holdout stands in it."""

    holdouts: tuple[str, ...] = ()
    fail_on: str = ERROR
    severities: Mapping[str, str] = field(default_factory=dict)
    suppressions: tuple[Suppression, ...] = ()
    file: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def severity(self, rule: str, name: str, default: str) -> str:
        """How severe a rule is; `off` for one that is not asked."""
        return self.severities.get(rule) or self.severities.get(name) or default


def load_policy(path: str | Path, rules: Iterable[str]) -> Policy:
    """Read a policy file; `rules` are the ids and names that there are. Raises `MalformedPolicy` and `OSError`."""
    text = Path(path).read_bytes()
    try:
        said = tomllib.loads(text.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MalformedPolicy(f"{path} is no TOML: {error}") from error
    return _Reading(str(path), text.decode("utf-8-sig").splitlines(), frozenset(rules)).policy(said)


class _Reading:
    """One file being read: each complaint says where."""

    def __init__(self, path: str, lines: list[str], rules: frozenset[str]) -> None:
        self._path = path
        self._lines = lines
        self._rules = rules

    def policy(self, said: dict[str, Any]) -> Policy:
        self._known(said, _KEYS, "")
        holdouts = self._list(said, "holdouts", str, "a list of S3 URIs and tag selectors")
        rows = self._list(said, "suppressions", dict, "a list of tables: [[suppressions]]")
        severities, grades = said.get("severities", {}), (*SEVERITIES, OFF)
        self._must(isinstance(severities, dict), "severities", "must be a table of rules and severities")
        lines = list(enumerate(self._lines, 1))
        return Policy(
            tuple(dict.fromkeys(self._holdout(number, one) for number, one in enumerate(holdouts, 1))),
            self._one_of("fail-on", said.get("fail-on", ERROR), (*SEVERITIES, NEVER)),
            {
                self._rule("severities", rule): self._one_of(f"severities.{rule}", one, grades)
                for rule, one in severities.items()
            },
            tuple(self._suppression(number, row) for number, row in enumerate(rows, 1)),
            self._path,
            {one: next((at for at, line in lines if f'"{one}"' in line or f"'{one}'" in line), 1) for one in holdouts},
        )

    def _holdout(self, number: int, one: str) -> str:
        if one.startswith(TAG):
            return one
        try:
            return parse_location(one).uri
        except MalformedName as error:
            raise self._wrong(f"holdouts[{number}]", str(error)) from error

    def _suppression(self, number: int, row: dict[str, Any]) -> Suppression:
        where = f"suppressions[{number}]"
        self._known(row, _SUPPRESSION, f"{where}.")
        for key in ("rule", "subject", "reason"):
            self._must(bool(_text(row.get(key))), f"{where}.{key}", "is missing: a suppression says rule, subject and reason")
        for key in ("about", "owner"):
            self._must(isinstance(row.get(key, ""), str), f"{where}.{key}", "must be a text")
        words = {key: _text(row.get(key)) for key in ("subject", "reason", "about", "owner")}
        rule, expires = self._rule(f"{where}.rule", row["rule"]), self._day(f"{where}.expires", row.get("expires"))
        heads = [at for at, line in enumerate(self._lines, 1) if line.strip() == "[[suppressions]]"]
        line = heads[number - 1] if number <= len(heads) else 1
        return Suppression(rule=rule, expires=expires, line=line, **words)

    def _day(self, where: str, said: object) -> str:
        if said is None:
            return ""
        if isinstance(said, date) and not isinstance(said, datetime):
            return said.isoformat()
        try:
            return date.fromisoformat(str(said)).isoformat()
        except ValueError:
            raise self._wrong(where, f"{said} is no day: write 2027-06-30") from None

    def _rule(self, where: str, said: object) -> str:
        return self._one_of(where, said, sorted(self._rules), "`lineage check --list-rules` lists them")

    def _one_of(self, where: str, said: object, known: Sequence[str], advice: str = "") -> str:
        words = advice or f"it is one of {', '.join(known)}"
        self._must(said in known, where, f"must not be {said!r}: {words}")
        return str(said)

    def _list(self, said: dict[str, Any], key: str, of: type, what: str) -> list[Any]:
        found = said.get(key, [])
        self._must(isinstance(found, list) and all(isinstance(one, of) for one in found), key, f"must be {what}")
        return list(found)

    def _known(self, said: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in said:
            self._must(key in keys, f"{where}{key}", f"is no key of a policy; the keys are {', '.join(keys)}")

    def _must(self, holds: bool, where: str, said: str) -> None:
        if not holds:
            raise self._wrong(where, said)

    def _wrong(self, where: str, said: str) -> MalformedPolicy:
        return MalformedPolicy(f"{self._path}: {where} {said}")


def _text(said: object) -> str:
    return said.strip() if isinstance(said, str) else ""
