"""What an answer rests on besides records: people who vouch for some of its gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .lines import Line, styled
from .words import plural

if TYPE_CHECKING:
    import lineage


def rest_said(verdict: str, without: str, number: int) -> str:
    """Both verdicts in one sentence; empty if nobody vouches for a gap of the answer."""
    if not number:
        return ""
    them = "it" if number == 1 else "them"
    if without == verdict:
        stays = f"the verdict is {verdict} with and without {them}"
        return f"people vouch for gaps of this answer ({plural(number, 'attestation')}); {stays}"
    return f"{verdict}, based on {plural(number, 'attestation')}; {without} without {them}"


def verdict_word(verdict: str, rests: lineage.Rests) -> str:
    """The verdict as the first word of an answer, which says if it would be another one without attestations."""
    attested = bool(rests.attestations) and rests.without != verdict
    return f"{verdict.upper()}{', ATTESTED' if attested else ''}"


def row_rest_said(row: dict[str, Any]) -> str:
    """The same for the row of a holdout."""
    return rest_said(row["verdict"], row.get("verdict_without_attestations", ""), len(row.get("attestations", ())))


def rest_lines(verdict: str, rests: lineage.Rests) -> list[Line]:
    """The sentence, and each attestation on a line."""
    said = rest_said(verdict, rests.without, len(rests.attestations))
    return [styled((f"{said}:", "bold"))] * bool(said) + [styled(f"  {attestation_said(row)}") for row in rests.attestations]


def attestation_said(row: dict[str, Any]) -> str:
    """Which gap, who vouches for it, since when, until when, and why."""
    hole = row["hole"]
    beside = [f"{name} {hole[name]}" for name in ("channel", "manifest", "output") if name in hole]
    what = f"{hole['kind']} of {', '.join([hole['subject'], *beside])}"
    return f"{row['id']}  {what}: attested by {row['who']} on {row['when']}, until {row['until']}: {row['why']}"
