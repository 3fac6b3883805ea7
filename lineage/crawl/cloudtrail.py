"""What was deleted before anybody read it: CloudTrail's Event history tells of the deletions of the last 90 days.

Facts: LookupEvents reads one region, takes one attribute a call, gives 50 events a page and allows two calls a second.
Other services have operations of the same name (CodePipeline a DeletePipeline), and a call that failed is an event, too.
An event gets there some minutes after its call: what was deleted just now only the next lookup tells.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from lineage.crawl.events import SAGEMAKER
from lineage.crawl.fetch import UNREADABLE, Fetcher, refused_by
from lineage.crawl.session import Session
from lineage.crawl.workers import side_by_side
from lineage.kinds import KINDS, Kind
from lineage.names import is_arn, parse_arn
from lineage.records import CLOUDTRAIL, Enumeration, Gap
from lineage.times import now, utc

OPERATION = "LookupEvents"
HISTORY = timedelta(days=90)  # how far back the Event history goes
PAGE = 50  # events of a page: the most that CloudTrail gives
AT_ONCE = 16  # accounts and regions that are asked side by side: each has a rate of its own


@dataclass(frozen=True, slots=True)
class Deletion:
    """One life of a resource that somebody ended."""

    kind: Kind
    operation: str
    account: str
    region: str
    arn: str  # empty where the event does not say what was deleted
    name: str
    at: str
    by: str

    @property
    def subject(self) -> str:
        """Its node id; where nobody knows which one it was, its kind."""
        return parse_arn(self.arn).id if self.arn else self.kind.name


@dataclass(slots=True)
class Lookup:
    """What one account and region told: how far the lookup came, and each deletion that it found."""

    enumeration: Enumeration
    deletions: list[Deletion] = field(default_factory=list)


def look_up(places: Sequence[tuple[Session, str]], tell: Callable[[], None]) -> list[Lookup]:
    """Ask the Event history of each place, side by side; `tell` is called as each one ends.

    What a place refuses is the reason of its enumeration. Raises `CrawlError` where no further call can work.
    """
    lookups = []
    for _, lookup in side_by_side(places, lambda place: _look_up(*place), AT_ONCE):
        lookups.append(lookup)
        tell()
    return sorted(lookups, key=lambda one: one.enumeration.key)


# --- one place ------------------------------------------------------------------------------------


def _look_up(session: Session, region: str) -> Lookup:
    """Every deletion that a place's Event history tells, or those that it told before it was refused."""
    began = now()
    since = utc(datetime.fromisoformat(began) - HISTORY)
    lookup = Lookup(Enumeration(session.account, region, CLOUDTRAIL, OPERATION, began, since))
    fetcher = Fetcher(session, service="cloudtrail")
    refused = refused_by(partial(_read_all, lookup, fetcher), "CloudTrail", (*UNREADABLE, AttributeError))
    reason, detail = (refused.reason, refused.detail) if refused else ("", "")
    told = replace(lookup.enumeration, calls=fetcher.spent(), records=len(lookup.deletions))
    lookup.enumeration = replace(told, finished=None if reason else now(), reason=reason, detail=detail)
    return lookup


def deletes(session: Session, region: str) -> dict[str, tuple[Kind, Sequence[str]]]:
    """The operations that delete what may tell a use: of which kind, and the parameters that say what is deleted."""
    model = session.client(region).meta.service_model
    kinds = {f"Delete{kind.noun}": kind for kind in KINDS.values() if kind.tells_use}
    return {
        name: (kind, kind.keys or model.operation_model(name).input_shape.required_members[:1])  # type: ignore[union-attr]
        for name, kind in kinds.items()
        if name in model.operation_names
    }


def _read_all(lookup: Lookup, fetcher: Fetcher) -> None:
    for operation, (kind, keys) in deletes(fetcher.session, lookup.enumeration.region).items():
        _read(lookup, fetcher, operation, kind, keys)


def _read(lookup: Lookup, fetcher: Fetcher, operation: str, kind: Kind, keys: Sequence[str]) -> None:
    """Put what the history tells of one operation into the lookup."""
    one = lookup.enumeration
    wanted = [{"AttributeKey": "EventName", "AttributeValue": operation}]
    words: dict[str, Any] = {"LookupAttributes": wanted, "StartTime": one.since, "MaxResults": PAGE}
    for _ in fetcher.pages(OPERATION, words, one.region):
        lookup.enumeration = replace(lookup.enumeration, pages=lookup.enumeration.pages + 1)
        # Read as it came: what is cut out of people's texts as a secret could be part of a name here.
        events = [json.loads(event["CloudTrailEvent"]) for event in fetcher.session.answer().get("Events") or ()]
        lookup.deletions += [
            _deletion(event, operation, kind, keys, fetcher.session, one.region) for event in events if _deleted(event)
        ]


def _deleted(event: Mapping[str, Any]) -> bool:
    """Whether an event is a call of SageMaker's that did what it was to do."""
    return event.get("eventSource") == SAGEMAKER and not event.get("errorCode")


def _deletion(
    event: Mapping[str, Any], operation: str, kind: Kind, keys: Sequence[str], session: Session, region: str
) -> Deletion:
    asked = {key.casefold(): value for key, value in (event.get("requestParameters") or {}).items()}
    words = [str(asked.get(key.casefold()) or "") for key in keys]
    at = utc(datetime.fromisoformat(event["eventTime"]))
    if not all(words):
        return Deletion(kind, operation, session.account, region, "", "", at, _who(event))
    arn = words[0] if is_arn(words[0]) else _arn(kind, "/".join(words), session, region)
    parsed = parse_arn(arn)
    return Deletion(kind, operation, parsed.account, parsed.region, arn, parsed.resource.partition("/")[2], at, _who(event))


def _arn(kind: Kind, name: str, session: Session, region: str) -> str:
    resource = (kind.arn or f"{kind.name}/.+").replace(".+", name)
    return f"arn:{parse_arn(session.caller).partition}:sagemaker:{region}:{session.account}:{resource}"


def _who(event: Mapping[str, Any]) -> str:
    """Whoever called, as an ARN ends: `assumed-role/cleaner/jo`."""
    identity = event.get("userIdentity") or {}
    arn = str(identity.get("arn") or "").rpartition(":")[2]
    return arn or str(identity.get("userName") or identity.get("invokedBy") or "somebody")


# --- what it means --------------------------------------------------------------------------------


Life = tuple[str, str]
"""When one life of a resource that was read was created, and when it was found gone; either may be empty."""


def told_apart(deletions: Iterable[Deletion], lives: Callable[[str], Iterable[Life]]) -> Iterator[tuple[Deletion, str | None]]:
    """Each deletion with the creation time of the life that it ended; None where no record of that life was read.

    `lives` gives what was read under a node id. Names are used again: a deletion ended a life that was created before
    it, after the deletion before that, and that was not gone already.
    """
    by_subject: defaultdict[str, dict[str, Deletion]] = defaultdict(dict)
    for one in deletions:
        by_subject[one.subject][_second(one.at)] = one  # two accounts may tell of the same one
    for subject in sorted(by_subject):
        before, known = "", list(lives(subject))
        for at, one in sorted(by_subject[subject].items()):
            ended = [born for born, gone in known if before < _second(born) <= at <= (_second(gone) or at)]
            yield one, max(ended, default=None)
            before = at


def hole(one: Deletion) -> Gap:
    """What is not known of something that was deleted before it was read."""
    what = f"{one.kind.name.replace('-', ' ')} {one.name}".rstrip()
    lost = "read" if one.kind.job else "named"
    said = f"{what} was deleted {one.at} by {one.by}, before any crawl read it: what it {lost} is not known"
    still = f"its {one.operation.replace('Delete', 'Create', 1)} event may say, if CloudTrail has it still"
    return Gap(one.account, one.region, one.operation, one.subject, "deleted", f"{said}; {still}")


def _second(time: str) -> str:
    """A time to the second, which is all that CloudTrail tells."""
    return time[:19]
