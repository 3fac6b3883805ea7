"""The findings section: the rules of `lineage check`, applied to the endpoints of a report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from lineage.checks.check import check_traced
from lineage.checks.policy import Policy
from lineage.domain.attestations import Attestations
from lineage.domain.records import Json
from lineage.outputs.report.reading import brief
from lineage.queries.trace import Tracing
from lineage.snapshot.reading import Snapshot

_RULE = ("id", "name", "severity", "outcome", "findings", "undecided", "known", "suppressed", "attested", "passed")
_SAID = ("rule", "name", "severity", "confidence", "verdict", "state", "about", "message", "repair")
_FINDING = (*_SAID, "suppression", "attestations")


def findings(
    snapshot: Snapshot,
    policy: Policy | None,
    holdouts: Iterable[str],
    tracings: Iterable[Tracing],
    on: str,
    vouched: Attestations,
) -> Json:
    """What the rules found, what they could not decide, and each result.

    Suppressions count if they are valid on the day `on`.
    """
    policy = policy or Policy()
    policy = replace(policy, holdouts=tuple(dict.fromkeys([*policy.holdouts, *holdouts])))
    told = check_traced(snapshot, policy, tracings, date.fromisoformat(on[:10]), vouched).as_json()
    rests = ("verdict_without_attestations", "attestations")
    return {
        "run": True,
        "verdict": told["verdict"],
        "policy": Path(policy.file).name or None,
        "holdouts": list(policy.holdouts),
        "rules": [{name: row[name] for name in _RULE} for row in told["rules"]],
        "findings": [_finding(row) for row in told["findings"]],
        "undecided": [_finding(row) for row in told["undecided"]],
        "notes": told["notes"],
        "caveats": told["caveats"],
        **{name: told[name] for name in rests if name in told},
    }


def _finding(row: Json) -> Json:
    names = ("source", "target", "relation", "path")
    way = [{name: edge[name] for name in names} for edge in row["evidence"]]
    return {name: row[name] for name in _FINDING} | {"subject": brief(row["subject"]), "evidence": way}
