"""Reads the last 90 days of CloudTrail's Event history: deletions and, if they leave a doubt, creations.

Facts: LookupEvents reads one region, takes one attribute a call, gives 50 events a page and allows two calls a second. It
cannot find SageMaker's events by the name of a resource, because they list no resources. Other services have operations with
the same name (CodePipeline has a DeletePipeline), and a failed call is an event, too. An event arrives some minutes after
its call: only the next lookup finds the newest deletions.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.refusals import UNREADABLE, Refused, refused_by
from lineage.crawl.aws.session import Session
from lineage.crawl.aws.workers import side_by_side
from lineage.crawl.replay.events import SAGEMAKER
from lineage.domain.kinds import KINDS, Kind
from lineage.domain.names import is_arn, parse_arn
from lineage.domain.records import CLOUDTRAIL, Enumeration
from lineage.domain.times import now, recorded, utc

OPERATION = "LookupEvents"
HISTORY = timedelta(days=90)  # how far back the Event history goes
PAGE = 50  # events a page: CloudTrail's maximum
_ODD = (*UNREADABLE, AttributeError, OverflowError, RecursionError)  # the errors of an event that is not as AWS writes them
AT_ONCE = 16  # accounts and regions that are asked in parallel: each has its own rate


Event = Mapping[str, Any]
"""One event as CloudTrail records it (user guide, "CloudTrail record contents")."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The deletion of one lifetime of a resource."""

    kind: Kind
    operation: str
    account: str
    region: str
    arn: str  # empty if the event does not say what was deleted
    name: str
    at: str
    by: str

    @property
    def subject(self) -> str:
        """Its node id; its kind if it is unknown which one it was."""
        return parse_arn(self.arn).id if self.arn else self.kind.name


@dataclass(slots=True)
class Calls:
    """The times of an operation's calls since some time, by the node id of their target."""

    since: str
    kind: Kind
    at: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def of(self, subject: str) -> list[str]:
        """The calls for a node, and those with an unknown target."""
        return [*self.at.get(subject, ()), *self.at.get(self.kind.name, ())]


@dataclass(slots=True)
class Lookup:
    """The result for one account and region: how far the lookup came, the deletions it found, and the calls around them."""

    enumeration: Enumeration
    deletions: list[Deletion] = field(default_factory=list)
    calls: dict[str, Calls] = field(default_factory=dict)


def look_up(places: Sequence[tuple[Session, str]], tell: Callable[[], None]) -> list[Lookup]:
    """Ask the Event history of each place in parallel; `tell` is called when each one ends.

    A place's refusal becomes the reason of its enumeration. Raises `CrawlError` if no further call can work.
    """
    lookups = []
    for _, lookup in side_by_side(places, lambda place: _look_up(*place), AT_ONCE):
        lookups.append(lookup)
        tell()
    return sorted(lookups, key=lambda one: one.enumeration.key)


def look_closer(asked: Sequence[tuple[Session, Lookup]], tell: Callable[[], None]) -> None:
    """Like `look_up`, for the `calls` given for each lookup, each since its time."""
    for _ in side_by_side(asked, lambda one: _ask(one[1], one[0], _read_calls), AT_ONCE):
        tell()


# --- one place ------------------------------------------------------------------------------------


def _look_up(session: Session, region: str) -> Lookup:
    """Every deletion in a place's Event history, or those before a refusal."""
    began = now()
    since = utc(datetime.fromisoformat(began) - HISTORY)
    lookup = Lookup(Enumeration(session.account, region, CLOUDTRAIL, OPERATION, began, since))
    _ask(lookup, session, _read_all)
    return lookup


def _ask(lookup: Lookup, session: Session, read: Callable[[Lookup, Fetcher], None]) -> None:
    """Read more events into a lookup, and note how far it came."""
    fetcher = Fetcher(session, service="cloudtrail")
    refused = refused_by(partial(read, lookup, fetcher), "CloudTrail", _ODD)
    reason, detail = (refused.reason, refused.detail) if refused else ("", "")
    one = lookup.enumeration
    told = replace(one, calls=one.calls + fetcher.spent(), records=len(lookup.deletions))
    lookup.enumeration = replace(told, finished=None if reason else now(), reason=reason, detail=detail)


def deletes(session: Session, region: str) -> dict[str, tuple[Kind, Sequence[str]]]:
    """The operations that delete records that may show a use: their kind, and the parameters that name what is deleted."""
    kinds = {f"Delete{kind.noun}": kind for kind in KINDS.values() if kind.tells_use}
    known = session.client(region).meta.service_model.operation_names
    return {name: (kind, _keys(session, region, kind)) for name, kind in kinds.items() if name in known}


def _keys(session: Session, region: str, kind: Kind) -> Sequence[str]:
    """The parameters that name a resource of a kind."""
    operation = session.client(region).meta.service_model.operation_model(f"Delete{kind.noun}")
    return kind.keys or operation.input_shape.required_members[:1]  # type: ignore[union-attr]


def _read_all(lookup: Lookup, fetcher: Fetcher) -> None:
    region = lookup.enumeration.region
    odd: list[Refused] = []
    for operation, (kind, keys) in deletes(fetcher.session, region).items():

        def read(event: Event, operation: str = operation, kind: Kind = kind, keys: Sequence[str] = keys) -> None:
            lookup.deletions.append(_deletion(event, operation, kind, keys, fetcher.session, region))

        odd += _read_each(_events(lookup, fetcher, operation, lookup.enumeration.since), read)
    _tell(odd)


def _read_calls(lookup: Lookup, fetcher: Fetcher) -> None:
    region = lookup.enumeration.region
    odd: list[Refused] = []
    for operation, calls in lookup.calls.items():
        keys = _keys(fetcher.session, region, calls.kind)

        def read(event: Event, calls: Calls = calls, keys: Sequence[str] = keys) -> None:
            answered = {key.casefold(): value for key, value in (event.get("responseElements") or {}).items()}
            made = str(answered.get(f"{calls.kind.noun}Arn".casefold()) or "")
            arn = made if is_arn(made) else _named(event, calls.kind, keys, fetcher.session, region)
            calls.at[parse_arn(arn).id if arn else calls.kind.name].append(_time(event))

        odd += _read_each(_events(lookup, fetcher, operation, calls.since), read)
    _tell(odd)


def _read_each(texts: Iterator[Any], read: Callable[[Event], None]) -> list[Refused]:
    """Read the calls that succeeded. Returns why some could not be read; the others are read all the same."""

    def read_one(text: Any) -> None:
        event = json.loads(text)
        json.dumps(event, ensure_ascii=False).encode()  # a lone surrogate cannot be stored
        if event.get("eventSource") == SAGEMAKER and not event.get("errorCode"):
            read(event)

    refused = (refused_by(partial(read_one, text), "CloudTrail", _ODD) for text in texts)
    return [one for one in refused if one]


def _tell(odd: list[Refused]) -> None:
    """Raise the first error if something could not be read: the lookup is then incomplete."""
    if odd:
        raise odd[0]


def _events(lookup: Lookup, fetcher: Fetcher, operation: str, since: str) -> Iterator[Any]:
    """The events of operations with one name, of any service, since some time, each as the text that AWS sends."""
    wanted = [{"AttributeKey": "EventName", "AttributeValue": operation}]
    words: dict[str, Any] = {"LookupAttributes": wanted, "StartTime": since, "MaxResults": PAGE}
    for _ in fetcher.pages(OPERATION, words, lookup.enumeration.region):
        lookup.enumeration = replace(lookup.enumeration, pages=lookup.enumeration.pages + 1)
        # Read unchanged: a part that would be cut from people's texts as a secret could be part of a name here.
        for event in fetcher.session.answer().get("Events") or ():
            yield event.get("CloudTrailEvent") if isinstance(event, dict) else None


def _deletion(
    event: Mapping[str, Any], operation: str, kind: Kind, keys: Sequence[str], session: Session, region: str
) -> Deletion:
    identity = event.get("userIdentity") or {}
    who = str(identity.get("arn") or "").rpartition(":")[2]  # the end of an ARN: `assumed-role/cleaner/jo`
    who = who or str(identity.get("userName") or identity.get("invokedBy") or "somebody")
    arn, at = _named(event, kind, keys, session, region), _time(event)
    if not arn:
        return Deletion(kind, operation, session.account, region, "", "", at, who)
    parsed = parse_arn(arn)
    return Deletion(kind, operation, parsed.account, parsed.region, arn, parsed.resource.partition("/")[2], at, who)


def _named(event: Mapping[str, Any], kind: Kind, keys: Sequence[str], session: Session, region: str) -> str:
    """The ARN of what an event's parameters name; empty if they do not name anything."""
    asked = {key.casefold(): value for key, value in (event.get("requestParameters") or {}).items()}
    words = [str(asked.get(key.casefold()) or "") for key in keys]
    if not all(words):
        return ""
    if is_arn(words[0]):
        return words[0]
    resource = (kind.arn or f"{kind.name}/.+").replace(".+", "/".join(words))
    return f"arn:{parse_arn(session.caller).partition}:sagemaker:{region}:{session.account}:{resource}"


def _time(event: Mapping[str, Any]) -> str:
    return recorded(datetime.fromisoformat(event["eventTime"]))
