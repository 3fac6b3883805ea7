"""The verdict with and without attestations, and the file that holds the attestations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from lineage.domain.attestations import (
    NO_ATTESTATIONS,
    Attestation,
    Attestations,
    HoleName,
    impossible_days,
    names_of,
    too_broad,
)
from lineage.domain.entries import Entries, text_of
from lineage.domain.records import Gap, Json
from lineage.domain.text import one_line
from lineage.domain.times import today as this_day
from lineage.queries.attested_things import beside_records
from lineage.queries.files import contents
from lineage.queries.sources import Source

UNKNOWN = "unknown"
_NAMED = 3  # attestations that a note names; the rest are counted
TABLE = "attestations"
_HOLE = ("kind", "subject", "channel", "manifest", "output")
_SIGNED = ("who", "when", "why", "until")
Vouched = Attestations | str | Path | None
"""Attestations, or the file that holds them; None for none."""


# --- the verdict ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rests:
    """What a verdict rests on: what it would be without attestations, and the attestations that close a gap of its answer.

    Empty if no attestations were given; the answer then has no keys for them.
    """

    without: str = ""
    attestations: list[Json] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """The keys that it adds to an answer."""
        return {"verdict_without_attestations": self.without, "attestations": self.attestations} if self.without else {}


NO_REST = Rests()


class Judged(NamedTuple):
    """The verdict, and what it rests on."""

    verdict: str
    rests: Rests


def judged(found: str, nothing: str, holes: Iterable[Gap], vouched: Attestations = NO_ATTESTATIONS) -> Judged:
    """What was `found`, if anything was; else `nothing`, or `unknown` if a gap is left open."""
    holes = list(holes)
    left = [hole for hole in holes if not vouched.of(hole)]
    verdict, without = (found or (UNKNOWN if some else nothing) for some in (left, holes))
    return Judged(verdict, resting(without, holes, vouched))


def resting(without: str, holes: Iterable[Gap], vouched: Attestations) -> Rests:
    """The attestations that close some gaps, whether or not the verdict changes, and a note on each that is no longer valid."""
    if not vouched.said:
        return NO_REST
    holes = list(holes)
    used = {one.id: one for hole in holes for one in vouched.of(hole)}
    void = {one.id: one for hole in holes for one in vouched.void_of(hole)}
    notes = [f"{void[key]} {vouched.why_void(void[key])}: it does not count" for key in sorted(void)]
    idle = [one for one in vouched.said if one.id not in used.keys() | void.keys()]
    return Rests(without, [used[key].as_json() for key in sorted(used)], [*notes, *_idle(vouched, idle, holes)])


def _idle(vouched: Attestations, idle: list[Attestation], holes: list[Gap]) -> Iterator[str]:
    """Notes on those that name no gap of an answer: on some that may be slips, and one that counts the others.

    A file may be about many accounts, and so about much that a snapshot does not hold.
    """
    meant = dict(vouched.meant(idle, holes)) if idle else {}
    slips = [one for one in idle if meant[one]][:_NAMED]
    yield from (f"{one} names no gap in this answer{meant[one]}" for one in slips)
    others = [one for one in idle if one not in slips]
    if others:
        verb = "names" if len(others) == 1 else "name"
        named = "; ".join(f"{one.id}, {one.hole}" for one in others[:_NAMED])
        more = f"; and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        yield f"{len(others)} of {len(vouched.said)} attestations {verb} no gap in this answer ({named}{more})"


def left_open(holes: Iterable[Json]) -> list[Json]:
    """The gaps of an answer's scope that no attestation closes."""
    return [hole for hole in holes if not hole.get("attested")]


# --- the file ---------------------------------------------------------------------------------------


def vouched_in(vouched: Vouched, source: Source | None = None, today: date | None = None) -> Attestations:
    """The attestations given to a question, in whatever form, beside the records of its source."""
    if vouched is None:
        return NO_ATTESTATIONS
    given = vouched if isinstance(vouched, Attestations) else load_attestations(vouched, today=today)
    return beside_records(source, given) if given.said and source is not None else given


def load_attestations(path: str | Path, *, today: date | None = None) -> Attestations:
    """Read an attestations file.

    `today` decides which attestations are valid (default: SOURCE_DATE_EPOCH, then the clock). What looks like a secret is
    removed. Raises `MalformedPolicy`, and `LineageError` if the file cannot be read.
    """
    file = Entries(str(path), contents(path, "attestations file"), "an attestation")
    file.known(file.said, (TABLE,), "")
    rows = file.rows(file.said, TABLE, dict, f"a list of tables: [[{TABLE}]]")
    said: dict[str, int] = {}
    found = [_attestation(file, number, row) for number, row in enumerate(rows, 1)]
    for number, one in enumerate(found, 1):
        file.must(one.id not in said, f"{TABLE}[{number}]", f"says what {TABLE}[{said.get(one.id)}] says: remove one")
        said[one.id] = number
    return Attestations(found, today=today or this_day(), file=str(path), digest=file.digest)


def _attestation(file: Entries, number: int, row: dict[str, Any]) -> Attestation:
    line = file.line_of(TABLE, number)
    where = f"line {line}: {TABLE}[{number}]"
    file.known(row, (*_HOLE, *_SIGNED), f"{where}.")
    for key in (*_HOLE, "who", "why"):
        file.must(isinstance(row.get(key, ""), str), f"{where}.{key}", "must be a text")
    for key in ("kind", "subject", "who", "why"):
        file.must(
            bool(text_of(row.get(key))), f"{where}.{key}", "is empty: an attestation says which gap, who, when, why, until when"
        )
    for key in row.keys() & {"channel", "manifest", "output"}:  # an unfilled one would mean all channels of the job
        file.must(bool(text_of(row[key])), f"{where}.{key}", "is empty: name it, or leave it out to mean all of them")
    when, until = (_day(file, where, key, row) for key in ("when", "until"))
    wrong, why = impossible_days(when, until)
    file.must(not wrong, f"{where}.{wrong}", why)
    from lineage.domain.redact import without_secrets  # its many patterns take longer than most questions

    words = {key: without_secrets(one_line(text_of(row.get(key)))) for key in (*_HOLE, "who", "why")}
    hole = _hole(file, where, HoleName(*(words[key] for key in _HOLE)))
    return Attestation(hole, words["who"], when, words["why"], until, line)


def _day(file: Entries, where: str, key: str, row: dict[str, Any]) -> date:
    file.must(row.get(key) not in (None, ""), f"{where}.{key}", "is missing: write a day, as in 2027-06-30")
    return file.day(f"{where}.{key}", row[key])


def _hole(file: Entries, where: str, name: HoleName) -> HoleName:
    """The name of the gap, which must be the name of one thing."""
    broad, subject = too_broad(name), name.subject
    file.must(not broad, where, broad)
    known = ":" in subject
    file.must(known, f"{where}.subject", f"is {subject!r}, which may match several: write it exactly as the gap does")
    mixed = name.output and (name.channel or name.manifest)
    file.must(not mixed, where, "names what was read and what was written, which are two gaps: write one attestation for each")
    return name


# --- the template -----------------------------------------------------------------------------------


def template(holes: Iterable[Gap]) -> str:
    """An attestation to fill in for each gap that somebody can attest. `load_attestations` refuses it until it is filled in."""
    known: dict[HoleName, Gap] = {}
    for hole in holes:
        for name in names_of(hole)[:1]:
            known.setdefault(name, hole)
    return "\n".join([_HEAD, *(_stub(name, known[name]) for name in sorted(known))])


_HEAD = """\
# Each of these gaps can hide a use of data until somebody vouches that it does not. Fill in who says so, the day, why, and
# until when; remove what nobody can vouch for. Every answer that rests on an attestation shows it.
"""


def _stub(name: HoleName, hole: Gap) -> str:
    where = " ".join(filter(None, (hole.account, hole.region, hole.operation)))
    lines = [f"# {one_line(f'{where}: ' if where else '')}{one_line(hole.detail or hole.subject)}", f"[[{TABLE}]]"]
    lines += [f"{key} = {_quoted(value)}" for key, value in name.as_json().items()]
    return "\n".join([*lines, *(f'{key} = ""' for key in _SIGNED), ""])


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")
