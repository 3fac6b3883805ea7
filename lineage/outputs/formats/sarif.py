"""A check as SARIF 2.1.0, which code hosts and dashboards read.

A place in a file is the line of the policy that names the holdout, else the policy, else the snapshot: GitHub takes no
result without one. What could not be decided is `open`; what a baseline or a suppression took is told as such.
"""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import quote

from lineage.checks.check import Checked
from lineage.checks.findings import ATTESTED, ERROR, FAILED, KNOWN, NOTE, OFF, SUPPRESSED, WARNING, Finding
from lineage.checks.rules import RULES
from lineage.domain.records import Json
from lineage.domain.text import json_text
from lineage.domain.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "lineageFinding/v1"
_SECURITY = {ERROR: "8.0", WARNING: "5.0", NOTE: "3.0"}
_PRECISION = {"high": "high", "medium": "medium", "low": "low", "": "medium"}
_NUMBER = {rule.id: number for number, rule in enumerate(RULES)}


def to_sarif(checked: Checked, snapshot: str) -> str:
    """The findings and what could not be decided; `snapshot` is the path of the file that was checked."""
    results = [_result(one, checked, snapshot) for one in (*checked.findings, *checked.undecided)]
    driver = {"name": "lineage", "version": __version__, "rules": list(map(_rule, checked.rules))}
    notes = [{"level": "warning", "message": {"text": note}} for note in checked.notes]
    run: Json = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "/".join(["lineage-check", *(one["name"] for one in checked.subjects), ""])},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"verdict": checked.verdict, "counts": checked.counts(), "caveats": checked.caveats}
        | checked.rests.as_json(),
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Json) -> Json:
    level = {"level": "none", "enabled": False} if rule["severity"] == OFF else {"level": rule["severity"]}
    severity = {"security-severity": _SECURITY[rule["severity"]]} if rule["severity"] in _SECURITY else {}
    return {
        "id": rule["id"],
        "name": rule["name"],
        "shortDescription": {"text": rule["says"]},
        "fullDescription": {"text": rule["says"]},
        "help": {"text": rule["repair"]},
        "defaultConfiguration": level,
        "properties": severity | {"outcome": rule["outcome"], "tags": ["lineage"]},
    }


def _result(finding: Finding, checked: Checked, snapshot: str) -> Json:
    failed = finding.verdict == FAILED
    node = finding.subject
    result: Json = {
        "ruleId": finding.rule,
        "ruleIndex": _NUMBER[finding.rule],
        "kind": "fail" if failed else "open",
        "level": finding.severity if failed else "none",
        "message": {"text": f"{finding.message.rstrip('.')}. To mend it: {finding.repair}"},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "baselineState": "unchanged" if finding.state == KNOWN else "new",
        "locations": [
            {
                "physicalLocation": _place(finding, checked, snapshot),
                "logicalLocations": [{"name": node["name"], "fullyQualifiedName": node["id"], "kind": "resource"}],
            }
        ],
        "suppressions": _suppressions(finding),
        "properties": {"precision": _PRECISION[finding.confidence], "about": finding.about, "evidence": finding.evidence},
    }
    return result


def _place(finding: Finding, checked: Checked, snapshot: str) -> Json:
    """The line of the holdout in the policy, or the first of it; of no policy the snapshot."""
    policy = checked.policy
    held = next((line for uri, line in policy.lines.items() if finding.about.startswith(uri)), 1)
    path = PurePath(policy.file or snapshot)
    uri = path.as_uri() if path.is_absolute() else quote(path.as_posix())
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": held if policy.file else 1}}


def _suppressions(finding: Finding) -> list[Json]:
    if finding.state == ATTESTED:
        return [_vouched(row) for row in finding.attestations]
    if finding.state != SUPPRESSED or not finding.suppression:
        return []
    said = finding.suppression
    owner = {"owner": said["owner"], "expires": said["expires"]}
    return [{"kind": "external", "status": "accepted", "justification": said["reason"], "properties": owner}]


def _vouched(attestation: Json) -> Json:
    said = {"justification": f"{attestation['who']} attests: {attestation['why']}", "properties": attestation}
    return {"kind": "external", "status": "accepted"} | said
