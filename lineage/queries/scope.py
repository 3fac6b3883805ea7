"""What was looked at, which part of it is asked about, and which gaps could hide something from a question. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from lineage.domain.given import texts
from lineage.domain.kinds import KIND_OF_CALL, KINDS, TRAINING_JOB, kind_of_subject
from lineage.domain.names import Location, parse_location
from lineage.domain.records import CLOUDTRAIL, Counts, Gap, Json, Scope
from lineage.domain.slips import is_bucket, oddity
from lineage.domain.times import KnownDeletions, unbroken
from lineage.domain.vendors import vendor_of
from lineage.errors import MalformedName
from lineage.graphs.named import Known
from lineage.queries.as_json import numbers_json, scope_json
from lineage.queries.flow.holes import OBJECT_CALLS

UNNAMED = "no record names"  # how a note begins that matters more than what holds for every answer
UNCHECKED = "a channel is a location; the objects present at read time were not checked"
_NAMED = 5  # places that a sentence names; more are counted
_OUTDATED = "{} began before a training job ended that a later crawl found"
_ENUMERATED = tuple(kind.name for kind in KINDS.values() if kind.tells_use)


class Within(NamedTuple):
    """The accounts and regions that are asked about; all if none is named."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @classmethod
    def of(cls, accounts: Iterable[str], regions: Iterable[str]) -> Within:
        """The given names, each once. Raises `MalformedName` for an empty one."""
        asked = (tuple(sorted({*texts(accounts, "accounts")})), tuple(sorted({*texts(regions, "regions")})))
        if any("" in names for names in asked):
            raise MalformedName("an empty account or region was asked about: name one, or leave it out")
        return cls(*asked)

    def takes(self, account: str | None, region: str | None) -> bool:
        """Whether a place is asked about, as far as it is known."""
        here = not (account and self.accounts) or account in self.accounts
        return here and (not (region and self.regions) or region in self.regions)

    def said(self) -> str:
        """The names, as a sentence has them."""
        return " and ".join(", ".join(names) for names in self if names)

    def places(self, known: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """All known places, and the places asked about that are not known."""
        asked = product(self.accounts or [""], self.regions or [""])
        known = set(known)
        unknown = {(account, region) for account, region in asked if not any(_is_in(place, account, region) for place in known)}
        return sorted(known | (unknown - {("", "")}))


def _is_in(place: tuple[str, str], account: str, region: str) -> bool:
    return account in ("", place[0]) and region in ("", place[1])


ALL = Within()


def is_about(gap: Gap, kinds: Iterable[str]) -> bool:
    """Whether a gap is about some kinds and is not reported separately by each question.

    Three gaps are not counted here. A manifest that could not be read is reported with its reader. Digests only find what is
    lost otherwise. What CloudTrail refused is a caveat, as if it had not been asked. What a vendor does not show is also left
    out: it is not our data.
    """
    told_elsewhere = gap.operation in OBJECT_CALLS or gap.subject == CLOUDTRAIL or vendor_of(gap.subject)
    return gap.reason != "unmatched" and not told_elsewhere and kind_of_gap(gap) in kinds


def kind_of_gap(gap: Gap) -> str:
    """What a gap is about; a training job if nothing says."""
    kind = kind_of_subject(gap.subject)
    return kind.name if kind else KIND_OF_CALL.get(gap.operation, TRAINING_JOB.name)


def not_enumerated(scope: Scope, kinds: Sequence[str] = _ENUMERATED, within: Within = ALL, what: str = "job") -> list[Gap]:
    """The lists that are not complete: only a complete list of all that may show a use can prove that there was none.

    A walk from endpoints never gives one. `what` is what the kinds show.
    """
    places = within.places(crawled(scope)) or [("", "")]
    return [gap for place in places for gap in _unlisted(scope, kinds, what, *place)]


def empty(scope: Scope, within: Within = ALL) -> list[Gap]:
    """A gap if no training job exists in anything that was looked at: it may be the wrong account or region.

    If their list is not complete, or one of them could not be read, that is a gap of its own.
    """
    asked = [one for one in scope.counted if within.takes(one.account, one.region)]
    listed = all((one.account, one.region, TRAINING_JOB.name) in scope.enumerated for one in asked)
    if not (asked and listed) or any(one.counts.trainers for one in asked):
        return []
    if any(is_about(gap, [TRAINING_JOB.name]) for gap in scope.holes):
        return []
    where = ", ".join(f"{one.account} {one.region}" for one in asked[:_NAMED])
    more = f" and {len(asked) - _NAMED} other places" if len(asked) > _NAMED else ""
    place = asked[0][:2] if len(asked) == 1 else ("", "")
    said = f"there is no training job in {where}{more}: is this the account and region used for training?"
    return [Gap(*place, "", "", "empty", said)]


def counts(scope: Scope, within: Within = ALL) -> Counts:
    """What was read of the places that are asked about, in numbers."""
    asked = (one.counts for one in scope.counted if within.takes(one.account, one.region))
    return Counts(*map(sum, zip(Counts(), *asked, strict=True)))


def listing_scope(scope: Scope, kinds: Sequence[str], what: str, within: Within = ALL) -> Json:
    """What was looked at for a list, with the gaps that could hide one of these kinds. `what` is what the kinds show."""
    unread = [
        gap
        for gap in scope.holes
        if is_about(gap, kinds) and gap.reason not in ("missing", "not-enumerated") and within.takes(gap.account, gap.region)
    ]
    unlisted = not_enumerated(replace(scope, enumerated=scope.listed), kinds, within, what)
    return scope_json(scope, [*unlisted, *unread]) | narrowed(scope, within)


def crawled(scope: Scope) -> Iterable[tuple[str, str]]:
    """Each account and region that a crawl was to read."""
    everywhere = {(account, region) for crawl in scope.crawls for account in crawl.accounts for region in crawl.regions}
    return scope.places or everywhere


def _unlisted(scope: Scope, kinds: Sequence[str], what: str, account: str, region: str) -> list[Gap]:
    missing = [kind for kind in kinds if (account, region, kind) not in scope.enumerated]
    if len(missing) == len(kinds):
        is_old = any((account, region, kind) in scope.outdated for kind in kinds)
        why = _OUTDATED.format("the lists here") if is_old else "no crawl of the whole account has finished here"
        said = f"not every {what} was read: {why} (`lineage crawl`)"
        return [Gap(account, region, "", "", "not-enumerated", said)]
    return [unlisted(scope, account, region, kind) for kind in missing]


def unlisted(scope: Scope, account: str, region: str, kind: str, more: str = "") -> Gap:
    """The gap of a list that is not complete, or began too early; it may say `more`."""
    name = kind.replace("-", " ")
    is_old = (account, region, kind) in scope.outdated
    why = f"{_OUTDATED.format('its list')} (`lineage crawl --kind {kind}`)" if is_old else "its list is incomplete"
    said = f"not every {name} was read: {why}"
    return Gap(account, region, KINDS[kind].list, kind, "not-enumerated", said + more)


def narrowed(scope: Scope, within: Within) -> Json:
    """The part of the scope that was asked about, if that is not all of it."""
    if within == ALL:
        return {}
    places = [place for place in crawled(scope) if within.takes(*place)]
    accounts, regions = (sorted({place[end] for place in places}) for end in (0, 1))
    asked = {"accounts": accounts, "regions": regions, "narrowed": within._asdict()}
    return asked | ({"numbers": numbers_json(scope, counts(scope, within), within.takes)} if scope.counted else {})


def left_out(within: Within) -> list[str]:
    asked = within.said()
    return [f"only {asked} was asked about: jobs elsewhere may have used it"] if asked else []


def caveats(scope: Scope, within: Within = ALL) -> list[str]:
    """Notes that hold for every answer about data. They are not gaps, and every answer has them."""
    counted = scope if within == ALL or not scope.counted else counts(scope, within)
    exposed = counted.training_jobs - counted.isolated_training_jobs
    which = (
        "the only training job that was read"
        if counted.training_jobs == 1
        else f"{exposed} of {counted.training_jobs} training jobs"
    )
    open_network = [f"{which} ran without network isolation and may have read more"]
    return [
        *(open_network if exposed else []),
        traceless(scope),
        UNCHECKED,
    ]


def unnamed(known: Mapping[str, Known]) -> list[str]:
    """The places asked about that no record names: a "no" about one means little if it is misspelt."""
    unknown = {uri: how for uri, how in known.items() if not how.is_named}
    misspelt = [f"{uri} {odd}" for uri, how in unknown.items() if (odd := _looks_odd(parse_location(uri), how))]
    if len(unknown) > 1:
        more = f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else ""
        return [f"{UNNAMED} {len(unknown)} of the {len(known)} places: {', '.join([*unknown][:_NAMED])}{more}", *misspelt]
    return [*(_unnamed(uri, how) for uri, how in unknown.items()), *misspelt]


def _looks_odd(place: Location, how: Known) -> str:
    """Why a place is probably not what was meant. The command line refuses such a one; a call from Python is answered."""
    bucket = place.root.removeprefix("s3://")
    if not place.root.startswith("s3://"):
        return ""
    if how is Known.NOTHING and not is_bucket(bucket):
        which = "only a bucket from before 2018" if is_bucket(bucket, old=True) else "no bucket"
        return f"is probably misspelt: {which} can have that name"
    return oddity(place)[0]


def _unnamed(uri: str, how: Known) -> str:
    if how is Known.NOTHING:
        return f"{UNNAMED} bucket {parse_location(uri).root.removeprefix('s3://')}"
    return f"{UNNAMED} {uri}: only other locations in its bucket"


def wider(uri: str, sources: Iterable[str]) -> list[str]:
    """The locations that cover one and are wider than it, each once."""
    return [one for one in dict.fromkeys(sources) if uri.startswith(one) and one.rstrip("/") != uri.rstrip("/")]


def only_covered(uri: str, known: Known, around: Sequence[str], said: str) -> list[str]:
    """A note that a location is known only through those `around` it, as a misspelt one would be. `said` follows from that."""
    if known is not Known.AROUND or not around:
        return []
    more = f" and {len(around) - 1} more" if len(around) > 1 else ""
    covers = "cover" if more else "covers"
    return [f"{UNNAMED} {uri} itself: {said} because {around[0]}{more} {covers} it; check the spelling"]


def traceless(scope: Scope) -> str:
    """Which deleted jobs leave no trace."""
    told = deletions_told(scope)
    if not told:
        return "training jobs that were deleted before the first crawl leave no trace"
    said = f"training jobs that were deleted before {told.since}, the first moment that CloudTrail covers, leave no trace"
    later = any(crawl.started > told.until for crawl in scope.crawls)
    return said + (f", nor do those deleted after {told.until}, when CloudTrail was last read" if later else "")


def deletions_told(scope: Scope) -> KnownDeletions | None:
    """The period for which CloudTrail listed every deletion in scope, up to the last lookups; None if it did not list all."""
    told = [unbroken(one for one in scope.lookups if one.key[:2] == place) for place in sorted(scope.places)]
    known = [one for one in told if one]
    if not known or len(known) < len(told):
        return None
    return KnownDeletions(max(one.since for one in known), min(one.until for one in known))
