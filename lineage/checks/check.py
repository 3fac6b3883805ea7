"""`lineage check`: applies the rules to a snapshot, and separates new findings from accepted and known ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lineage.checks.context import Ground
from lineage.checks.findings import (
    ATTESTED,
    ERROR,
    FAILED,
    KNOWN,
    NEVER,
    NEW,
    OFF,
    SEVERITIES,
    SUPPRESSED,
    UNKNOWN,
    CheckedResource,
    Finding,
    marked,
)
from lineage.checks.policy import POLICY_FILE, Policy, Suppression
from lineage.checks.policy import load_policy as _load_policy
from lineage.checks.provenance import logged_inputs
from lineage.checks.rules import COVERAGE, PINNING, RULE_NAMES, RULES, Rule
from lineage.domain import times
from lineage.domain.attestations import NO_ATTESTATIONS, Attestations
from lineage.domain.called import argument
from lineage.domain.given import texts
from lineage.domain.records import Json
from lineage.domain.spelling import no_such
from lineage.errors import MalformedPolicy
from lineage.queries.as_json import node_json, scope_json
from lineage.queries.attested import NO_REST, Rests, Vouched, vouched_in
from lineage.queries.every_hole import every_hole, unmatched
from lineage.queries.scope import ALL, Within, caveats, left_out, narrowed, unnamed
from lineage.queries.showing import ListedAnswer
from lineage.queries.trace import Tracing
from lineage.snapshot.reading import Snapshot, asks_snapshot

SCHEMA = "lineage.check/1"
FINDINGS, INCONCLUSIVE, CLEAN = "findings", "inconclusive", "clean"
PASSED, NOT_APPLICABLE = "passed", "not-applicable"
_COPIES = "copies of a holdout under another name are not detected: the snapshot has no ETags of data objects"
NO_HOLDOUTS = "the policy names no holdouts: training on a holdout was not checked"
NO_POLICY = f"no {POLICY_FILE} was found, and no other policy was named: no holdouts were checked"


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Checked(ListedAnswer):
    """The answer to `check`. `as_json` gives the contract `lineage.check/1`.

    `findings` are what breaks a rule, `undecided` what the rules could not decide, the worst first; suppressed and known ones
    are included. `rules` has the result of each rule. `resources` are what the rules looked at, in order of kind and name; they
    are not in the JSON.
    """

    subjects: list[Json]
    verdict: str
    rules: list[Json]
    findings: list[Finding]
    undecided: list[Finding]
    notes: list[str]
    scope: Json
    caveats: list[str]
    policy: Policy
    fail_on: str
    strict: bool
    rests: Rests = NO_REST
    resources: tuple[CheckedResource, ...] = ()

    def _about(self) -> str:
        """The one subject that was checked, or how many were."""
        if len(self.subjects) == 1:
            return str(self.subjects[0]["name"])
        return f"{len(self.subjects)} subjects" if self.subjects else "everything"

    def as_json(self) -> Json:
        """The answer as one JSON object. Its keys are a contract; more may be added."""
        policy: Json = {"file": self.policy.file or None, "holdouts": list(self.policy.holdouts)}
        policy["suppressions"] = [one.as_json() for one in self.policy.suppressions]
        told: Json = {"schema": SCHEMA, "question": "check", "subjects": self.subjects, "verdict": self.verdict}
        told |= {"counts": self.counts(), "fail_on": self.fail_on, "strict": self.strict, "policy": policy}
        told |= {"rules": self.rules, "findings": [one.as_json() for one in self.findings]}
        told["undecided"] = [one.as_json() for one in self.undecided]
        return told | {"notes": self.notes, "scope": self.scope, "caveats": self.caveats} | self.rests.as_json()

    def counts(self) -> dict[str, int]:
        """The number of new findings by severity, and of undecided, known and suppressed ones."""
        severities = Counter(one.severity for one in self.findings if one.counts())
        states = Counter(one.state for one in (*self.findings, *self.undecided))
        rest = {"undecided": sum(one.counts() for one in self.undecided)}
        rest |= {state: states[state] for state in (KNOWN, SUPPRESSED)}
        rest |= {ATTESTED: states[ATTESTED]} if states[ATTESTED] else {}
        return {severity: severities[severity] for severity in reversed(SEVERITIES)} | rest

    @property
    def code(self) -> int:
        """The exit code of a gate: 1 for a new finding of the gate's severity, 4 if a rule could not be decided, else 0."""
        if self.fail_on == NEVER:
            return 0
        if any(one.counts() and one.at_least(self.fail_on) for one in self.findings):
            return 1
        return 4 if any(one.counts() and self.gates_undecided(one) for one in self.undecided) else 0

    def gates_undecided(self, finding: Finding) -> bool:
        """Whether the gate fails because this could not be decided."""
        return self.fail_on != NEVER and (self.strict or finding.at_least(self.fail_on))


def load_policy(path: str | Path) -> Policy:
    """Read a policy file. Raises `MalformedPolicy`, and `LineageError` if it cannot be read."""
    return _load_policy(path, RULE_NAMES)


def _policy_in(given: Policy | str | Path | None) -> Policy:
    """The policy that is given, in whatever form."""
    if given is None or isinstance(given, Policy):
        return given or Policy()
    if isinstance(given, str | Path):
        return load_policy(given)
    what = type(given).__name__
    raise TypeError(f"policy takes a lineage.Policy or the path of a policy file; this is an object of type {what}")


def _insist_severity(fail_on: str) -> None:
    """Raise `MalformedPolicy` for a severity that no finding can have: the check would never fail."""
    if fail_on and fail_on not in (*SEVERITIES, NEVER):
        raise MalformedPolicy(f"{argument('fail_on')}: {no_such('severity', fail_on, (*SEVERITIES, NEVER))}")


@asks_snapshot
def check(
    snapshot: Snapshot,
    policy: Policy | str | Path | None = None,
    subjects: Iterable[str] | None = None,
    *,
    fail_on: str = "",
    strict: bool = False,
    baseline: Iterable[str] = (),
    today: date | None = None,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
    attestations: Vouched = None,
) -> Checked:
    """The findings of the rules in a snapshot, or in what made the `subjects` (endpoints, models, packages, jobs).

    `policy` may be the path of its file, and `fail_on` replaces what it says. `baseline` has the `known_as` of known ones.
    `today` decides which suppressions and attestations have expired (default: SOURCE_DATE_EPOCH, then the clock).
    `attestations`, or the file that holds them, close gaps, unless the policy accepts none. `accounts` and `regions` leave out
    endpoints and jobs of others. Raises `MalformedName`, `MalformedPolicy` and `UnknownNode`.
    """
    unchecked = NO_POLICY if policy is None else NO_HOLDOUTS
    policy = _policy_in(policy)
    _insist_severity(fail_on)
    given = vouched_in(attestations, snapshot, today)
    within = Within.of(accounts, regions)
    ground = Ground(snapshot, policy, [*texts(subjects or (), "subjects")], _taken(policy, given), within)
    accepting = _Accepting(policy, frozenset(texts(baseline, "baseline")), today or times.today())
    return _checked(ground, given, accepting, unchecked, fail_on=fail_on or policy.fail_on, strict=strict)


def check_traced(
    snapshot: Snapshot, policy: Policy, tracings: Iterable[Tracing], today: date, vouched: Attestations
) -> Checked:
    """`check` of endpoints that were traced already, on a day."""
    traced = {tracing.endpoint: tracing for tracing in tracings}
    given = vouched_in(vouched, snapshot, today)
    ground = Ground(snapshot, policy, list(traced), _taken(policy, given), traced=traced)
    return _checked(ground, given, _Accepting(policy, frozenset(), today), NO_HOLDOUTS, fail_on=policy.fail_on, strict=False)


def _taken(policy: Policy, given: Attestations) -> Attestations:
    return given if policy.takes_attestations else NO_ATTESTATIONS


def _checked(
    ground: Ground, given: Attestations, accepting: _Accepting, unchecked: str, *, fail_on: str, strict: bool
) -> Checked:
    """The answer of one check; `unchecked` is the note for a policy without holdouts."""
    policy, within = ground.policy, ground.within
    asked = [(rule, _severity(policy, rule, strict)) for rule in RULES]
    told = [_RuleResult(rule, severity, ground) for rule, severity in asked]
    found = [one for rule in told for one in rule.findings]
    marked_ones = sorted(map(accepting.mark, found), key=Finding.order)
    findings, undecided = ([one for one in marked_ones if one.verdict == how] for how in (FAILED, UNKNOWN))
    rests = _resting(marked_ones, ground.vouched)
    logged = [said for rule, severity in asked if rule.id == PINNING and severity != OFF for said in logged_inputs(ground)]
    return Checked(
        subjects=[node_json(ground.graph, node) for node in ground.asked],
        verdict=_verdict(marked_ones, NEW),
        rules=[one.as_json(marked_ones) for one in told],
        findings=findings,
        undecided=undecided,
        notes=[*accepting.notes(whole=not ground.asked and within == ALL), *_vouching_notes(ground, given)],
        scope=scope_json(ground.scope, []) | narrowed(ground.scope, within),
        caveats=[
            *left_out(within),
            *unnamed(ground.known),
            *([_COPIES] if policy.holdouts else [unchecked]),
            *logged,
            *caveats(ground.scope, within),
        ],
        policy=policy,
        fail_on=fail_on,
        strict=strict,
        rests=rests,
        resources=_resources(ground, found),
    )


def _resources(ground: Ground, found: list[Finding]) -> tuple[CheckedResource, ...]:
    """What the rules looked at and what they reported, each once. A gap may be about something that no graph holds."""
    about = (CheckedResource(one.subject["kind"], one.subject["name"], one.subject["id"]) for one in found)
    by_id = {one.id: one for one in (*about, *ground.resources())}
    return tuple(sorted(by_id.values()))


def _verdict(found: list[Finding], *states: str) -> str:
    """The verdict, if findings in one of these states count."""
    verdicts = {one.verdict for one in found if one.state in states}
    return FINDINGS if FAILED in verdicts else INCONCLUSIVE if UNKNOWN in verdicts else CLEAN


def _resting(found: list[Finding], vouched: Attestations) -> Rests:
    """The attestations that close a gap which a rule reported, and the verdict without them."""
    used = {row["id"]: row for one in found for row in one.attestations}
    return Rests(_verdict(found, NEW, ATTESTED), [used[key] for key in sorted(used)]) if vouched.said else NO_REST


def _vouching_notes(ground: Ground, given: Attestations) -> list[str]:
    """What to do about an attestation. For part of a snapshot it is unknown what an attestation names elsewhere."""
    if given.said and not ground.policy.takes_attestations:
        return [f"the policy accepts no attestations: the {len(given.said)} given do not count"]
    whole = given.said and not ground.asked
    return [*given.void(), *(unmatched(given, every_hole(ground.snapshot)) if whole else [])]


def _severity(policy: Policy, rule: Rule, strict: bool) -> str:
    own = policy.severity(rule.id, rule.name, rule.severity)
    return ERROR if strict and rule.id == COVERAGE and own != OFF else own


class _RuleResult:
    """The result of one rule."""

    def __init__(self, rule: Rule, severity: str, ground: Ground) -> None:
        self._rule = rule
        self._severity = severity
        told = [] if severity == OFF else list(rule.look(ground))
        self._fine = told.count(None)
        self.findings = [
            marked(one, rule=rule.id, name=rule.name, severity=severity, repair=one.repair or rule.repair)
            for one in told
            if one
        ]

    def as_json(self, found: list[Finding]) -> Json:
        """The rule and its result. What is suppressed or known is included, and does not count."""
        own = [one for one in found if one.rule == self._rule.id]
        failed, undecided = ([one for one in own if one.verdict == verdict] for verdict in (FAILED, UNKNOWN))
        return self._rule.as_json() | {
            "severity": self._severity,
            "outcome": self._outcome(failed, undecided),
            "findings": sum(one.counts() for one in failed),
            "undecided": sum(one.counts() for one in undecided),
            "known": sum(one.state == KNOWN for one in own),
            "suppressed": sum(one.state == SUPPRESSED for one in own),
            "attested": sum(one.state == ATTESTED for one in own),
            "passed": self._fine,
        }

    def _outcome(self, failed: list[Finding], undecided: list[Finding]) -> str:
        if self._severity == OFF:
            return OFF
        if any(one.counts() for one in failed):
            return FAILED
        if any(one.counts() for one in undecided):
            return UNKNOWN
        for accepted in (KNOWN, SUPPRESSED):  # not `passed`: the rule is broken, or undecided, and somebody accepts it
            if any(one.state == accepted for one in (*failed, *undecided)):
                return accepted
        return PASSED if self._fine or failed or undecided else NOT_APPLICABLE


class _Accepting:
    """What the policy and a baseline accept, and what became of each suppression."""

    def __init__(self, policy: Policy, baseline: frozenset[str], today: date) -> None:
        self._policy = policy
        self._baseline = baseline
        self._today = today
        self._used: set[Suppression] = set()

    def mark(self, finding: Finding) -> Finding:
        """The finding, marked as accepted if it is; one whose suppression has expired counts again, and says so."""
        taking = [one for one in self._policy.suppressions if one.takes(finding)]
        self._used.update(taking)
        valid = [one for one in taking if not one.expired(self._today)]
        if valid:
            return marked(finding, state=SUPPRESSED, suppression=valid[0].as_json())
        if finding.known_as <= self._baseline:
            finding = marked(finding, state=KNOWN)
        return marked(finding, suppression=taking[0].as_json() | {"expired": True}) if taking else finding

    def notes(self, *, whole: bool) -> Iterator[str]:
        """What to do about a suppression. For part of a snapshot it is unknown what a suppression matches elsewhere."""
        for number, one in enumerate(self._policy.suppressions, 1):
            named = f"{self._policy.file or 'policy'}: suppressions[{number}], {one.rule} of {one.subject},"
            if one.expired(self._today):
                yield f"{named} expired on {one.expires}: the findings it suppressed count again"
            elif whole and one not in self._used:
                yield f"{named} matches nothing: remove it"
