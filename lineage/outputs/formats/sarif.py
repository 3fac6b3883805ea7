"""A check as SARIF 2.1.0, which code hosts and dashboards read.

A result points at the line of the policy that names its holdout. Otherwise it points at the line of its subject in a list of
resources, or at the policy. GitHub shows no result without such a file. What could not be decided is `open`. What a baseline
or a suppression covers is marked as such.

GitHub's limits, and the one fingerprint that it reads, are in its documentation: "SARIF support for code scanning".
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from urllib.parse import quote

from lineage.checks.check import Checked
from lineage.checks.findings import ATTESTED, ERROR, FAILED, KNOWN, NOTE, OFF, SUPPRESSED, WARNING, CheckedResource, Finding
from lineage.checks.rules import RULES
from lineage.domain.called import argument
from lineage.domain.records import Json
from lineage.domain.text import json_text, one_line
from lineage.domain.version import __version__

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "lineageFinding/v1"
GITHUB_FINGERPRINT = "primaryLocationLineHash"  # the only one that GitHub reads; its action hashes lines nearby
MOST_RESULTS, SHOWN_RESULTS = 25_000, 5_000  # GitHub refuses a file with more in one run, and stores no more
_SECURITY = {ERROR: "8.0", WARNING: "5.0", NOTE: "3.0"}
_PRECISION = {"high": "high", "medium": "medium", "low": "low", "": "medium"}
_NUMBER = {rule.id: number for number, rule in enumerate(RULES)}


def to_sarif(checked: Checked, snapshot: str, resources: str = "") -> str:
    """The findings and what could not be decided, the worst first.

    `snapshot` is the path of the file that was checked, `resources` the path of the file that `resources_text` was written to.
    """
    places = _Places(checked, resources)
    told = islice(chain(checked.findings, checked.undecided), MOST_RESULTS)
    driver = {"name": "lineage", "version": __version__, "rules": list(map(_rule, checked.rules))}
    notes = [*checked.notes, *sarif_notes(checked, resources)]
    warnings = [{"level": "warning", "message": {"text": note}} for note in notes]
    run: Json = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "/".join(["lineage-check", *(one["name"] for one in checked.subjects), ""])},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": warnings}],
        "artifacts": [{"location": {"uri": _uri(snapshot)}, "roles": ["analysisTarget"]}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, places) for one in told],
        "properties": {"verdict": checked.verdict, "counts": checked.counts(), "caveats": checked.caveats}
        | checked.rests.as_json(),
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def sarif_notes(checked: Checked, resources: str = "") -> list[str]:
    """What GitHub will not show of the output of `to_sarif`, one sentence each, with what to do."""
    return list(_notes(checked, resources))


def resources_text(checked: Checked) -> str:
    """What the rules looked at: one line with kind, name and id each, separated by tabs and sorted.

    The same resources give the same text, whatever the rules found.
    """
    return "".join(f"{line}\n" for line in map(_line, checked.resources))


def _line(resource: CheckedResource) -> str:
    return "\t".join(map(one_line, resource))


def _notes(checked: Checked, resources: str) -> Iterator[str]:
    number = len(checked.findings) + len(checked.undecided)
    if number and not (resources or checked.policy.file):
        yield f"GitHub shows a result only at a line of a file: add {argument('resources', value='FILE')} to write one"
    if number and not resources and checked.policy.file and _below(checked.policy.file) is None:
        add = argument("resources", value="FILE")
        yield f"GitHub cannot show {checked.policy.file}, which is outside the working folder: add {add}"
    if number > MOST_RESULTS:
        yield f"GitHub accepts {MOST_RESULTS:,} results: the {number - MOST_RESULTS:,} least severe are left out"
    if number > SHOWN_RESULTS:
        yield f"GitHub stores {SHOWN_RESULTS:,} of these {number:,} results: check fewer subjects, or turn rules off"


def _below(path: str) -> str | None:
    """The path relative to the working folder, with links resolved as GitHub needs it; None for a file outside."""
    real, here = Path(path).resolve(), Path.cwd().resolve()
    return real.relative_to(here).as_posix() if real.is_relative_to(here) else None


def _uri(path: str) -> str:
    below = _below(path)
    return Path(path).resolve().as_uri() if below is None else quote(os.fsencode(below))


class _Places:
    """The file and line of each finding."""

    def __init__(self, checked: Checked, resources: str) -> None:
        file = checked.policy.file
        shown = file and not (resources and _below(file) is None)
        self._policy = _uri(file) if shown else ""
        self._held = checked.policy.lines
        self._resources = _uri(resources) if resources else ""
        self._listed = checked.resources
        self._numbers = {one.id: number for number, one in enumerate(self._listed, 1)}

    def of(self, finding: Finding) -> Json | None:
        """The line, or None if there is no file that people read."""
        # The subject of a rule on holdouts is `HOLDOUT` or `HOLDOUT CHANNEL`.
        held = self._held.get(finding.about) or self._held.get(finding.about.rpartition(" ")[0])
        if self._policy and held:
            return _region(self._policy, held)
        if self._resources:
            number = self._numbers[finding.subject["id"]]
            return _region(self._resources, number, len(_line(self._listed[number - 1])))
        return _region(self._policy, 1) if self._policy else None


def _region(uri: str, line: int, width: int = 0) -> Json:
    ends = {"endColumn": width + 1} if width else {}
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": line, "startColumn": 1, "endLine": line} | ends}


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


def _result(finding: Finding, places: _Places) -> Json:
    failed = finding.verdict == FAILED
    return {
        "ruleId": finding.rule,
        "ruleIndex": _NUMBER[finding.rule],
        "kind": "fail" if failed else "open",
        "level": finding.severity if failed else "none",
        "message": {"text": f"{finding.message.rstrip('.')}. To fix it: {finding.repair}"},
        "partialFingerprints": {GITHUB_FINGERPRINT: finding.fingerprint, FINGERPRINT: finding.fingerprint},
        "baselineState": "unchanged" if finding.state == KNOWN else "new",
        "locations": [_location(finding, places)],
        "suppressions": _suppressions(finding),
        "properties": {"precision": _PRECISION[finding.confidence], "about": finding.about, "evidence": finding.evidence},
    }


def _location(finding: Finding, places: _Places) -> Json:
    node, place = finding.subject, places.of(finding)
    logical = {"logicalLocations": [{"name": node["name"], "fullyQualifiedName": node["id"], "kind": "resource"}]}
    return {"physicalLocation": place} | logical if place else logical


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
