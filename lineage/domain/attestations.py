"""What people attest: that one gap hides nothing. Which gap an attestation names, and whether it is valid today. Pure.

An attestation names exactly one gap, by its kind and its one subject: no wildcard, no whole account, bucket or list.
It closes that gap and does nothing else.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from lineage.domain.called import asking
from lineage.domain.canonical import digest_of
from lineage.domain.kinds import KINDS, OPAQUE_CHANNELS, kind_of_subject
from lineage.domain.names import is_arn, is_location, named_id, node_id, parse_arn, parse_location
from lineage.domain.records import CLOUDTRAIL, OUTPUT, QUESTION, READ, Gap, Json
from lineage.domain.slips import is_slip
from lineage.domain.spelling import near
from lineage.domain.text import counted, named_line
from lineage.errors import MalformedName

NEVER_ATTESTED = ("not-enumerated", "empty")  # an unfinished or empty list: too broad for one person to attest
UNREAD_MANIFEST = "unread-manifest"
_LISTS = ("List", "Search", "LookupEvents")
_DIGITS = 12  # of an id
_FIRST = date(2017, 11, 29)  # the day on which SageMaker began
_MOST_YEARS = 100  # between the day of a statement and its last day
_DAY = timedelta(days=1)  # a person writes the day of their own time zone, and records are in UTC


class HoleName(NamedTuple):
    """How an attestation names a gap: its kind (`reason`) and one subject, the unread thing or the job that read it.

    For a job, `channel` or `manifest` narrows it to one read; `output` is the place where the trail of its output is lost.
    """

    kind: str
    subject: str
    channel: str = ""
    manifest: str = ""
    output: str = ""

    def as_json(self) -> Json:
        """The keys of an attestation that name the gap."""
        return {name: value for name, value in self._asdict().items() if value}

    def __str__(self) -> str:
        beside = [f"{name} {value}" for name, value in self.as_json().items() if name not in ("kind", "subject")]
        return f"{self.kind} of {', '.join([self.subject, *beside])}"

    def normal(self) -> HoleName:
        """The normal form in which two spellings are compared. Raises `MalformedName`."""
        subject, manifest, output = map(normal_subject, (self.subject, self.manifest, self.output))
        return HoleName(self.kind, subject, self.channel, "" if manifest == subject else manifest, output)


def normal_subject(text: str) -> str:
    """Places are compared exactly; ARNs in any case, and by the id of a thing that is only named."""
    if is_location(text):
        return node_id(text)
    kind = kind_of_subject(text) if is_arn(text) else None
    if kind is None:
        return text.casefold()
    arn = parse_arn(text)
    return named_id(kind.name, arn.account, arn.region, arn.resource.partition("/")[2]).casefold()


def names_of(hole: Gap) -> list[HoleName]:
    """Each name by which an attestation may mean a gap, the most precise first; empty if it cannot be attested."""
    if hole.reason in NEVER_ATTESTED or hole.about == QUESTION or not is_one_thing(hole):
        return []
    if hole.operation == "GetObject":  # why a manifest was not read: an attestation of it holds for every reader
        return [HoleName(UNREAD_MANIFEST, hole.subject)]
    if hole.about == OUTPUT:
        return [HoleName(hole.reason, hole.job, output=hole.subject)]
    return list(_names_of_read(hole)) if hole.about == READ else [HoleName(hole.reason, hole.subject)]


def is_one_thing(hole: Gap) -> bool:
    """Whether a gap is about one thing that its subject identifies by itself: not a list, and not only a name."""
    listed = hole.subject in (*KINDS, CLOUDTRAIL) or hole.operation.startswith(_LISTS)
    return ":" in hole.subject and not listed


def _names_of_read(hole: Gap) -> Iterator[HoleName]:
    """The names by the job, and by the place that it read. What code reads by itself does not depend on where the code is."""
    manifest = hole.subject if hole.reason == UNREAD_MANIFEST else ""
    for channel in dict.fromkeys((hole.channel, "")):
        for listed in dict.fromkeys((manifest, "")):
            yield HoleName(hole.reason, hole.job, channel, listed)
    if hole.channel not in OPAQUE_CHANNELS:
        yield HoleName(hole.reason, hole.subject, hole.channel)
        yield HoleName(hole.reason, hole.subject)


def too_broad(name: HoleName) -> str:
    """Why a name means more than one thing, or nothing; empty if it means exactly one."""
    subject = name.subject
    if name.kind in NEVER_ATTESTED:
        return f"is {name.kind}: one person cannot vouch for an incomplete list: crawl it"
    if any(mark in text for mark in "*?" for text in (subject, name.channel, name.manifest, name.output)):
        return "has a wildcard: an attestation is about one subject; write one for each"
    if subject in (*KINDS, CLOUDTRAIL):
        return f"is every {subject}: an attestation is about one subject; name one by its ARN"
    if _is_account(subject):
        return f"is all of an account ({subject}): an attestation is about one subject; name it by its ARN or its place"
    return next(filter(None, map(_wrong_place, (subject, name.manifest, name.output))), "")


def _is_account(subject: str) -> bool:
    arn = parse_arn(subject) if is_arn(subject) and not is_location(subject) else None
    every = arn and (arn.resource == "root" or (arn.service == "sagemaker" and "/" not in arn.resource.strip("/")))
    return bool(every) or (len(subject) == 12 and subject.isdigit())


def _wrong_place(text: str) -> str:
    """Why a text is not a place, or is a whole bucket; an access point is one thing, because gaps name it so."""
    try:
        place = parse_location(text) if is_location(text) else None
    except MalformedName as error:
        return f"does not name a place: {error}"
    if place and place.root.startswith("s3://") and not place.key.strip("/") and not place.hides_bucket:
        return f"is a whole bucket ({text}): an attestation is about one subject; name the place that the gap names"
    return ""


def impossible_days(when: date, until: date) -> tuple[str, str]:
    """The key of a day that cannot be right, and why; both empty if the days can be right."""
    if when < _FIRST:
        return "when", f"is {when}, before SageMaker began on {_FIRST}: write the day on which this was said"
    if until < when:
        return "until", f"is {until}, before it was made on {when}"
    if until.year - when.year > _MOST_YEARS:
        return "until", f"is {until}, more than {_MOST_YEARS} years after {when}: write the day by which somebody looks again"
    return "", ""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A statement that a gap hides nothing: who says so, since when, why, and until when."""

    hole: HoleName
    who: str
    when: date
    why: str
    until: date
    line: int = 0

    @property
    def id(self) -> str:
        """Depends only on what it says, not on its position in the file."""
        return digest_of(self._said()).removeprefix("sha256:")[:_DIGITS]

    def as_json(self) -> Json:
        """The attestation as an answer shows it."""
        return {"id": self.id} | self._said()

    def _said(self) -> Json:
        days = {"when": self.when.isoformat(), "until": self.until.isoformat()}
        return {"hole": self.hole.as_json(), "who": self.who, "when": days["when"], "why": self.why, "until": days["until"]}

    def void(self, today: date) -> str:
        """Why it is not valid on a day; empty if it is valid."""
        if self.until < today:
            return f"expired on {self.until}"
        return f"is dated {self.when}, in the future" if self.when > today else ""

    def too_early(self, created: str) -> str:
        """Why it cannot be about a thing that was created then: nobody knows of a thing before it exists.

        It may be about an earlier thing of that name.
        """
        day = date.fromisoformat(created[:10]) if created else self.when
        return f"is dated {self.when}, before what it names was created on {day}" if day - self.when > _DAY else ""

    def __repr__(self) -> str:
        return named_line("Attestation", self.id, str(self.hole), f"by {self.who}", f"until {self.until}")

    def __str__(self) -> str:
        return f"attestation {self.id} ({self.hole}, by {self.who})"


class Attestations:
    """Attestations by the gaps that they name, as valid on one day."""

    def __init__(
        self,
        said: Iterable[Attestation] = (),
        *,
        today: date = date.min,
        file: str = "",
        digest: str = "",
        created: Mapping[str, str] | None = None,
        strange: Mapping[str, str] | None = None,
        looked_up: bool = False,
    ) -> None:
        """`file` is the file that holds them, and `digest` its SHA-256; for the others see `beside`."""
        self.said = sorted(said, key=lambda one: one.id)
        self.file = file
        self.digest = digest
        self._today = today
        self._created = created or {}
        self._strange = strange or {}
        self.looked_up = looked_up
        expired = {one.id: why for one in self.said if (why := one.void(today))}
        early = {one.id: why for one in self.said if (why := one.too_early(self._created.get(one.id, "")))}
        self._early = {key: why for key, why in early.items() if key not in expired}
        self._void = expired | self._early
        self._by_name: dict[HoleName, list[Attestation]] = defaultdict(list)
        for one in self.said:
            self._by_name[one.hole.normal()].append(one)

    def __repr__(self) -> str:
        void = f"{len(self._void)} not valid" if self._void else ""
        return named_line("Attestations", self.file.rpartition("/")[2], counted(len(self.said), "attestation"), void)

    def beside(self, created: Mapping[str, str], strange: Mapping[str, str], *, looked_up: bool = False) -> Attestations:
        """The same beside records, by id: when what one names was created; what to say of one that names nothing.

        `looked_up`: the records are those of a whole snapshot.
        """
        return Attestations(
            self.said,
            today=self._today,
            file=self.file,
            digest=self.digest,
            created={**self._created, **created},
            strange={**self._strange, **strange},
            looked_up=looked_up,
        )

    def of(self, hole: Gap) -> list[Attestation]:
        """The attestations that close a gap today."""
        return [one for one in self._naming(hole) if one.id not in self._void]

    def void_of(self, hole: Gap) -> list[Attestation]:
        """The attestations that name a gap but are not valid."""
        return [one for one in self._naming(hole) if one.id in self._void]

    def _naming(self, hole: Gap) -> list[Attestation]:
        names = names_of(hole) if self.said else ()
        named = (one for name in names for one in self._by_name.get(name.normal(), ()))
        return list({one.id: one for one in named}.values())

    def why_void(self, one: Attestation) -> str:
        """Why one is not valid; empty if it is valid."""
        return self._void.get(one.id, "")

    def void(self) -> list[str]:
        """A note for each one that is not valid today."""
        return self._not_counting(self._void)

    def early(self) -> list[str]:
        """A note for each one that is older than what it names."""
        return self._not_counting(self._early)

    def _not_counting(self, why: Mapping[str, str]) -> list[str]:
        return [self.told(one, f"{why[one.id]}: it does not count") for one in self.said if one.id in why]

    def told(self, one: Attestation, said: str) -> str:
        """A note on one attestation, with its file and line."""
        return f"{self.file or 'attestations'} line {one.line}: {one} {said}"

    def unmatched(self, holes: Iterable[Gap]) -> list[Attestation]:
        """The valid ones that name none of these gaps."""
        matched = {one.id for hole in holes for one in self.of(hole)}
        return [one for one in self.said if one.id not in matched | self._void.keys()]

    def meant(self, loose: Iterable[Attestation], holes: Iterable[Gap]) -> Iterator[tuple[Attestation, str]]:
        """Each of some that match no gap, with the gap that may be meant, as the end of a sentence; empty if none is near."""
        nearest = _Near(holes)
        for one in loose:
            yield one, nearest.of(one) or self._strange.get(one.id, "")


class _Near:
    """Finds the gap that an attestation may mean."""

    def __init__(self, holes: Iterable[Gap]) -> None:
        self._kinds: dict[str, set[str]] = defaultdict(set)
        self._written: dict[str, str] = {}
        for name in dict.fromkeys(name for hole in holes for name in names_of(hole)):
            subject = name.normal().subject
            self._kinds[subject].add(name.kind)
            self._written.setdefault(subject, name.subject)
        self._subjects = sorted(self._kinds)

    def of(self, one: Attestation) -> str:
        """Another gap of the same subject, or one about a subject that begins the same way or differs by a slip."""
        subject = one.hole.normal().subject
        if subject in self._kinds:
            told = " and ".join(sorted(self._kinds[subject]))
            template = asking("lineage gaps --attest-template", "lineage.attest_template(snapshot)")
            return f"; for its subject there is {told}: name the gap as {template} does"
        below = self._subjects[bisect_left(self._subjects, subject) :][:1]
        if below and below[0].startswith(subject):
            return f"; there is one about {self._written[below[0]]}: an attestation names one whole subject"
        alike = [self._written[found] for found in self._alike(subject)]
        return f"; did you mean {' or '.join(alike)}?" if alike else ""

    def _alike(self, subject: str) -> list[str]:
        """Subjects that differ by a slip, and those with another last part: the long first part alone makes all alike."""
        if slips := [one for one in self._subjects if is_slip(subject, one)]:
            return slips
        head = subject.rpartition("/")[0] + "/"
        beside = [one.removeprefix(head) for one in self._subjects if one.startswith(head)]
        return [head + name for name in near(beside, subject.removeprefix(head))] if beside else []


NO_ATTESTATIONS = Attestations()
