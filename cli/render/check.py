"""The result of a check, as text for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lineage import one_line, sentence

from .attested import rest_lines, rest_said
from .lines import Line, listed, looked_lines, note_lines, printed, styled
from .words import plural

if TYPE_CHECKING:
    import lineage

_COLOURS = {
    "error": "bold red",
    "warning": "bold yellow",
    "note": "cyan",
    "unknown": "bold magenta",
    "findings": "bold red",
    "inconclusive": "bold magenta",
    "clean": "bold green",
}
_SHOWN = 4  # findings of a rule that are shown; the rest are counted
_SILENT = ("known", "suppressed", "passed", "not-applicable", "off")
_TOP = 5  # findings that stderr shows
_SEVERITIES = ("error", "warning", "note")


def checked_text(answer: lineage.Checked, *, colour: bool) -> str:
    """The count, whether holdouts were checked, the findings by rule, the rules that found nothing, and what was looked at."""
    import lineage

    verdict = styled((answer.verdict.upper(), _COLOURS[answer.verdict]), f"  {_counted(answer)}")
    lines = [line for rule in answer.rules for line in _rule_lines(answer, rule["id"])]
    looked = looked_lines(answer.scope)
    unchecked = (lineage.NO_HOLDOUTS, lineage.NO_POLICY)
    above = [one for one in answer.caveats if one in unchecked]  # otherwise the count reads as if it were complete
    below = [one for one in answer.caveats if one not in above]
    return printed(verdict, *note_lines(above), *lines, *ruled(answer), *looked, *note_lines(below), colour=colour)


def ruled(answer: lineage.Checked) -> list[Line]:
    """The rules that found nothing, what the verdict rests on, and what is odd about the policy."""
    notes = [styled(("Note: ", "bold yellow"), sentence(note)) for note in answer.notes]
    return [*_silent(answer), *rest_lines(answer.verdict, answer.rests), *notes]


def summary_lines(answer: lineage.Checked, *, whole: bool) -> list[str]:
    """For stderr: one line with the count. With `whole` also the worst new findings, for when stdout shows none."""
    if not whole:
        return [f"lineage check: {_counted(answer)}"]
    new = [one for one in (*answer.findings, *answer.undecided) if one.counts()]
    worst = sorted(new, key=lambda one: (_SEVERITIES.index(one.severity), one.verdict))[:_TOP]
    rests = rest_said(answer.verdict, answer.rests.without, len(answer.rests.attestations))
    more = [f"  … and {len(new) - _TOP:,} more"] if len(new) > _TOP else []
    return [
        f"lineage check: {_counted(answer)}",
        *(one_line(f"  {_how(one)} {one.rule} {one.message}") for one in worst),
        *more,
        *([one_line(f"  {rests}")] if rests else []),
    ]


def _how(finding: lineage.Finding) -> str:
    return finding.severity if finding.verdict == "failed" else "unknown"


def _counted(answer: lineage.Checked) -> str:
    counts = answer.counts()
    severities = ", ".join(plural(counts[severity], severity) for severity in _SEVERITIES)
    others = [f"{counts[state]:,} {state}" for state in ("undecided", "known", "suppressed", "attested") if counts.get(state)]
    known = sum(one.state == "known" for one in answer.undecided)
    baseline = [f"{known:,} undecided {'is' if known == 1 else 'are'} in the baseline"] if known else []
    return "; ".join([severities, *([", ".join(others)] if others else []), *baseline])


def ending(answer: lineage.Checked) -> str:
    """Why the command ends with 1 or 4; empty where it ends with 0."""
    worse = f"of severity {answer.fail_on}{'' if answer.fail_on == _SEVERITIES[0] else ' or worse'}"
    if answer.code == 1:
        new = sum(one.counts() and one.at_least(answer.fail_on) for one in answer.findings)
        return f"lineage: exit 1: {plural(new, 'new finding')} {worse}"
    if answer.code:
        left = sum(one.counts() and answer.gates_undecided(one) for one in answer.undecided)
        return f"lineage: exit {answer.code}: {left:,} undecided{', which --strict counts' if answer.strict else f' {worse}'}"
    return ""


def _rule_lines(answer: lineage.Checked, rule: str) -> Iterable[Line]:
    """The findings of a rule, then what it could not decide: some of each, and how many more."""
    for found in (answer.findings, answer.undecided):
        own = [one for one in found if one.rule == rule]
        yield from map(_line, own[:_SHOWN])
        if len(own) > _SHOWN:
            how = f"{_how(own[0]):<8}"
            yield styled("  ", (how, _COLOURS[how.strip()]), f"  {rule}  … and {len(own) - _SHOWN:,} more: -f tsv lists them")


def _line(one: lineage.Finding) -> Line:
    how = _how(one)
    sure = f" ({one.confidence} confidence)" if one.confidence in ("medium", "low") else ""
    return styled("  ", (f"{how:<8}", _COLOURS[how]), f"  {one.rule}  {one.message}{sure}", (_accepted(one), "dim"))


def _accepted(one: lineage.Finding) -> str:
    """Why a finding does not count."""
    said = one.suppression or {}
    until = f", until {said['expires']}" if said.get("expires") else ""
    suppressed = f"  [suppressed: {said.get('reason')}{until}]"
    return {"known": "  [known]", "suppressed": suppressed}.get(one.state, vouching(one))


def vouching(one: lineage.Finding) -> str:
    """Who vouches for gaps of a finding. It still counts unless somebody vouches for all of its gaps."""
    who = list(dict.fromkeys(row["who"] for row in one.attestations))
    return f"  [attested by {listed(who)}]" if who else ""


def _silent(answer: lineage.Checked) -> list[Line]:
    """The rules that found nothing, by outcome."""
    names: dict[str, list[str]] = {}
    for rule in answer.rules:
        names.setdefault(rule["outcome"], []).append(f"{rule['id']} {rule['name']}")
    return [styled("  ", (how, "dim"), f"  {', '.join(names[how])}") for how in _SILENT if how in names]
