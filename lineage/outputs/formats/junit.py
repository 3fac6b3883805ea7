"""A check as JUnit XML, which build servers read: a suite for each rule, a test case for each finding.

What fails the gate is a failure. What had to be decided and could not is an error. The rest is skipped, with its reason.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from lineage.checks.check import NOT_APPLICABLE, Checked
from lineage.checks.findings import ATTESTED, FAILED, KNOWN, OFF, SUPPRESSED, Finding
from lineage.domain.records import Json
from lineage.domain.text import visible


def to_junit(checked: Checked) -> str:
    """The findings, what could not be decided, and one passed case for each rule that found nothing."""
    root = ET.Element("testsuites", name="lineage check")
    for rule in checked.rules:
        found = [one for one in (*checked.findings, *checked.undecided) if one.rule == rule["id"]]
        root.append(_suite(rule, found, checked))
    _count(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(rule: Json, found: list[Finding], checked: Checked) -> ET.Element:
    suite = ET.Element("testsuite", name=f"{rule['id']} {rule['name']}")
    for one in found:
        suite.append(_case(one, checked))
    if not found:
        case = ET.SubElement(suite, "testcase", classname=rule["id"], name=rule["name"])
        if rule["outcome"] in (OFF, NOT_APPLICABLE):
            ET.SubElement(case, "skipped", message=rule["outcome"])
    _count(suite)
    return suite


def _case(finding: Finding, checked: Checked) -> ET.Element:
    name = " ".join(filter(None, (finding.subject["id"], finding.about)))
    case = ET.Element("testcase", classname=finding.rule, name=visible(name))
    said = ET.SubElement(case, _how(finding, checked), message=visible(finding.message))
    said.set("type", finding.severity)
    accepted = finding.suppression or {}
    vouched = [f"{row['who']} on {row['when']}, until {row['until']}: {row['why']}" for row in finding.attestations]
    states = {SUPPRESSED: f"suppressed: {accepted.get('reason')}", KNOWN: "known from the baseline"}
    why = (states | {ATTESTED: f"not known, and attested: {'; '.join(vouched)}"}).get(finding.state, "")
    lines = (why, finding.message, f"To fix it: {finding.repair}", f"Fingerprint: {finding.fingerprint}")
    said.text = visible("\n".join(filter(None, lines)))
    return case


def _how(finding: Finding, checked: Checked) -> str:
    if not finding.counts():
        return "skipped"
    if finding.verdict == FAILED:
        return "failure" if finding.at_least(checked.fail_on) else "skipped"
    return "error" if checked.gates_undecided(finding) else "skipped"


def _count(element: ET.Element) -> None:
    tests = list(element.iter("testcase"))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(tag) is not None for case in tests)))
    element.set("tests", str(len(tests)))
