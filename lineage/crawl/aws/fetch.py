"""One kind to records and gaps: describe, list and search calls, and what their failures mean.

Facts: SageMaker answers "not found" mostly as a `ValidationException` whose message says so, and for some
operations as `ResourceNotFound`; access denied is an `AccessDeniedException`; throttling is a 400.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from botocore import xform_name
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
    TokenRetrievalError,
)

from lineage.crawl.aws.pace import THROTTLED
from lineage.crawl.aws.redact import read
from lineage.crawl.aws.session import Session
from lineage.crawl.aws.shapes import described_shape, list_member, search_member, search_shape
from lineage.domain.kinds import KINDS, Extra, Kind
from lineage.domain.names import is_arn, named_id, parse_arn
from lineage.domain.records import Gap, Named, Resource
from lineage.domain.references import detail, empty_parts
from lineage.errors import CrawlError, MalformedName

_NOT_FOUND = re.compile(r"not found|could not find|does not exist|cannot find", re.IGNORECASE)
_NO_WAY = (EndpointConnectionError, ProxyConnectionError, SSLError)
_NOBODY = (CredentialRetrievalError, NoCredentialsError, TokenRetrievalError)
_EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
# How a region answers that is not enabled for the account; and AWS where the credentials are wrong.
_STRANGERS = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NO_OBJECT = ("404", "NoSuchBucket", "NoSuchKey")  # HeadObject has no body, and so no word for it
_TAGS = Extra("Tags", "ListTags", "ResourceArn", "{Arn}")
# The kinds whose whole records a Search for another kind carries.
_CARRIED: dict[str, list[Kind]] = defaultdict(list)
for _kind in KINDS.values():
    _CARRIED[_kind.carried_by].append(_kind)
PAGE = 100  # records of a List or Search page: the most that SageMaker gives
WINDOW = 9_000  # records of one Search: under the 10,000 at which AWS's own ExperimentAnalytics stops


class Refused(Exception):
    """A call that AWS did not answer, with the reason as a `Gap` knows it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class _Throttled(Refused):
    """A call that was too fast, too often."""


class Unreachable(CrawlError):
    """A region, or all of AWS, that no connection leads to."""


def refusal(error: BotoCoreError | ClientError) -> Refused:
    """What an error of a call means. Raises `CrawlError` where no further call can work either."""
    if isinstance(error, _NO_WAY):
        raise Unreachable(f"AWS could not be reached: {error}") from error
    if isinstance(error, _NOBODY):
        raise CrawlError(f"AWS could not be reached: {error}") from error
    if not isinstance(error, ClientError):
        return Refused("failed", f"{type(error).__name__}: {error}")
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    if code in _EXPIRED:
        raise CrawlError(f"these credentials have expired ({code}): sign in again, and crawl again to go on") from error
    if code in _STRANGERS:
        return Refused("denied", f"AWS does not take these credentials here ({code}): is the region enabled?")
    if "AccessDenied" in code or code in ("403", "UnauthorizedOperation", "NotAuthorized"):
        return Refused("denied", message)
    if code in THROTTLED:
        return _Throttled("throttled", message)
    if code in _NO_OBJECT or code.startswith("ResourceNotFound"):
        return Refused("missing", message)
    if code == "ValidationException" and _NOT_FOUND.search(message):
        return Refused("missing", message)
    return Refused("failed", f"{code}: {message}")


UNREADABLE = (KeyError, TypeError, ValueError, MalformedName)  # what comes of an answer that is not as the API says


def refused_by(
    do: Callable[[], None], service: str = "AWS", unreadable: tuple[type[Exception], ...] = UNREADABLE
) -> Refused | None:
    """Why something could not be read, or None. What is answered and this version can't read is a refusal like any other."""
    try:
        do()
    except Refused as refused:
        return refused
    except Unreachable as unreachable:
        return Refused("failed", str(unreachable))
    except unreadable as error:
        return Refused("failed", f"{service} answered what this version can't read: {type(error).__name__} {error}")
    return None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a Search: whole records; on the last one, how many more Search has counted than given."""

    records: list[Resource]
    lost: int = 0


class Fetcher:
    """Reads SageMaker, or another service, for one caller. Every method gives records, or raises `Refused`.

    Safe to use from many threads.
    """

    def __init__(self, session: Session, *, tags: bool = False, service: str = "sagemaker") -> None:
        """`tags`: ask for the tags of what neither Search nor another record tells, one call each."""
        self.session = session
        self._tags = tags
        self._service = service
        self._members: dict[tuple[str, str], frozenset[str]] = {}
        self._heard = threading.local()

    # --- one record -----------------------------------------------------------------------------

    def describe(self, kind: Kind, name: str, region: str) -> Resource:
        """The record of that name, or ARN. A "not found" is asked once more before it is believed."""
        parameters = self._identified(kind, name, region)
        try:
            body = self.call(kind.describe, parameters, region)
        except Refused as refused:
            if refused.reason != "missing":
                raise
            time.sleep(self.session.patience)
            body = self.call(kind.describe, parameters, region)
        dropped = dict.fromkeys(re.sub(r"\[\d+\]", "[]", path) for path in self.unknown_members())
        unknown = tuple(path.removeprefix(f"{kind.wrapped}.") for path in dropped)
        body = body[kind.wrapped] if kind.wrapped else body
        return resource_of(kind, body, region, unknown, self.silent(kind, "describe", region))

    def described(self, kind: Kind, named: Named) -> Resource:
        """The record of what a list named, by whichever of its name and its ARN the kind is asked for."""
        return self.describe(kind, named.arn if self.takes_arns(kind, named.region) else named.name, named.region)

    def takes_arns(self, kind: Kind, region: str) -> bool:
        """Whether a kind is described by its ARN. Names keep their case where ARNs don't."""
        shape = self._model(region).operation_model(kind.describe).input_shape
        key = shape.required_members[0]
        return bool(kind.keys) or key.endswith("Arn") or "arn" in shape.members[key].metadata.get("pattern", "")

    def _identified(self, kind: Kind, name: str, region: str) -> dict[str, str]:
        """The parameters by which a kind's Describe finds a name, or an ARN."""
        shape = self._model(region).operation_model(kind.describe).input_shape
        if kind.keys and is_arn(name):
            parts = parse_arn(name).resource.split("/")[1:]
            return {key: _spelt(shape.members[key], part) for key, part in zip(kind.keys, parts, strict=False)}
        if is_arn(name) and not self.takes_arns(kind, region):
            parsed = parse_arn(name)
            if parsed.account != self.session.account:
                said = f"{kind.describe} reads the caller's own account only: crawl account {parsed.account} as well"
                raise Refused("not-crawled", said)
            name = parsed.resource.partition("/")[2]
        return {shape.required_members[0]: name}

    def completed(self, kind: Kind, record: Resource) -> Resource:
        """The record with what only other calls give of it."""
        for extra in self.extras(kind, record):
            value = {"{Arn}": record.arn}.get(extra.value) or record.body[extra.value]
            found: list[Any] = []
            unknown: dict[str, None] = {}
            result = self._list_in(extra.operation, record.region)
            for page in self.pages(extra.operation, {"MaxResults": PAGE, extra.parameter: value}, record.region):
                found += page.get(result) or ()
                paths = (path for paths in self._unknown_of(result).values() for path in paths)
                unknown |= dict.fromkeys(f"{extra.member}[].{path}" for path in paths)
            body, silent = {**record.body, extra.member: found}, record.silent - {extra.member}
            record = replace(record, body=body, silent=silent, unknown=(*record.unknown, *unknown))
        return record

    def extras(self, kind: Kind, record: Resource) -> tuple[Extra, ...]:
        """What is asked for besides the record itself: what the call that gave it has no room for."""
        tags = [_TAGS] if self._tags and not (kind.search or kind.carried_by) else []
        return tuple(extra for extra in (*kind.extras, *tags) if extra.member in record.silent)

    # --- many -----------------------------------------------------------------------------------

    def naming(
        self, kind: Kind, region: str, words: Mapping[str, str], since: str, *, backward: bool = False
    ) -> Iterator[list[Named | Resource]]:
        """The pages of a kind's own List call: names, or records where the summary is all there is.

        `words` are the parameters of this walk (`list_by`); `since` leaves out what was created before. The oldest come
        first, or, `backward`, the newest, where the call can sort (`ordered`).
        """
        shape = self._model(region).operation_model(kind.list).input_shape
        after = next((name for name in ("CreationTimeAfter", "CreatedAfter") if name in shape.members), "")
        parameters = {"MaxResults": PAGE, **dict(kind.list_with), **words}
        if self.ordered(kind):
            parameters |= {"SortBy": "CreationTime", "SortOrder": "Descending" if backward else "Ascending"}
        parameters |= {after: since} if after and since else {}
        result = self._list_in(kind.list, region)
        for page in self.pages(kind.list, parameters, region):
            unknown = self._unknown_of(result)
            summaries = enumerate(page.get(result) or ())
            yield [self._summarised(kind, summary, region, unknown[number]) for number, summary in summaries]

    def ordered(self, kind: Kind) -> bool:
        """Whether a kind's own List call sorts by creation time."""
        members = self._model(self.session.region).operation_model(kind.list).input_shape.members
        return "CreationTime" in getattr(members.get("SortBy"), "enum", ()) and "SortOrder" in members

    def choices(self, kind: Kind, parameter: str) -> list[str]:
        """The values that a parameter of a kind's List call can have."""
        shape = self._model(self.session.region).operation_model(kind.list).input_shape
        return list(shape.members[parameter].enum)

    def _summarised(self, kind: Kind, summary: dict[str, Any], region: str, unknown: tuple[str, ...]) -> Named | Resource:
        if kind.summaries:
            return resource_of(kind, summary, region, unknown)
        noun = kind.listed_as or kind.noun
        arn = str(summary[f"{noun}Arn"])
        name = str(summary.get(f"{noun}Name") or parse_arn(arn).resource.partition("/")[2])
        return Named(kind.name, self.session.account, region, arn, name, summary.get("CreationTime"))

    def searching(self, kind: Kind, region: str, since: str, after: str, before: str) -> Iterator[Page]:
        """The pages of a Search for records of a kind, oldest first.

        `since` leaves out what was not modified since, `after` and `before` what was created earlier or later: whole
        seconds, both of them taken in. After `WINDOW` records the search begins anew at the last creation time, for
        Search is suspected to end at 10,000.
        """
        while True:
            count, last = 0, after
            for page in self._search_once(kind, region, since, after, before):
                yield page
                count += len(page.records)
                last = max([last, *(record.created or "" for record in page.records if record.kind == kind.name)])
                if count >= WINDOW and kind.search_time and _seconds(last) > _seconds(after):
                    break
            else:
                return
            after = last

    def _search_once(self, kind: Kind, region: str, since: str, after: str, before: str) -> Iterator[Page]:
        bounds = [
            ("LastModifiedTime", "GreaterThanOrEqualTo", _seconds(since)),
            (kind.search_time, "GreaterThanOrEqualTo", _seconds(after)),
            (kind.search_time, "LessThan", second_after(before)),
        ]
        filters = [{"Name": name, "Operator": operator, "Value": time} for name, operator, time in bounds if name and time]
        query: dict[str, Any] = {"Resource": kind.search, "MaxResults": PAGE}
        query |= {"SearchExpression": {"Filters": filters}} if filters else {}
        query |= {"SortBy": kind.search_time, "SortOrder": "Ascending"} if kind.search_time else {}
        given = counted = 0
        for page in self.pages("Search", query, region):
            unknown = self._unknown_of("Results")
            found = [self._found(kind, result, region, unknown[at]) for at, result in enumerate(page.get("Results") or ())]
            given += len(found)
            hits = page.get("TotalHits") or {}
            counted = hits.get("Value", 0) if hits.get("Relation") == "EqualTo" else 0
            lost = 0 if page.get("NextToken") else max(0, counted - given)
            yield Page([record for records in found for record in records], lost)

    def _found(self, kind: Kind, result: dict[str, Any], region: str, unknown: tuple[str, ...]) -> Iterator[Resource]:
        """The record of one search result, and the whole record of its source where Search carries it."""
        member = search_member(kind.search)
        body = result[member]
        body = dict(body["Model"] if member == "Model" and "Model" in body else body)
        detail = body.pop("SourceDetail", {})
        own = tuple(path.partition(".")[2] for path in unknown if ".SourceDetail." not in path)
        yield resource_of(kind, body, region, own, self.silent(kind, "search", region))
        for carried in _CARRIED[kind.name] if detail else ():
            if detail.get(carried.noun):
                theirs = tuple(path.partition(f".{carried.noun}.")[2] for path in unknown if f".{carried.noun}." in path)
                yield resource_of(carried, detail[carried.noun], region, theirs)

    def pages(self, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """Every page of a List or Search call: an empty page with a token is not the end."""
        seen, token = set[str](), dict[str, str]()
        while True:
            page = self.call(operation, {**parameters, **token}, region)
            yield page
            if not page.get("NextToken"):
                return
            if page["NextToken"] in seen:
                raise Refused("failed", f"{operation} gives the same NextToken again and again: its pages have no end")
            seen.add(page["NextToken"])
            token = {"NextToken": page["NextToken"]}

    def listed(self, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """The summaries of a List call, or the results of a Search, 100 a page."""
        result = self._list_in(operation, region)
        for page in self.pages(operation, {"MaxResults": PAGE, **parameters}, region):
            yield from page.get(result) or ()

    def call(self, operation: str, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """One call. Raises `Refused`, or `CrawlError` where AWS could not be reached at all.

        botocore makes several tries; what is throttled all the same is asked again, slower, before it is given up.
        """
        shape = self._model(region).operation_model(operation).output_shape
        for _ in range(self.session.patient_rounds):
            with contextlib.suppress(_Throttled):
                return self._ask(operation, parameters, region, shape)
        return self._ask(operation, parameters, region, shape)

    def _ask(self, operation: str, parameters: Mapping[str, Any], region: str, shape: Any) -> dict[str, Any]:
        try:
            getattr(self.session.client(region, self._service), xform_name(operation))(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise refusal(error) from error
        unknown: list[str] = []
        self._heard.unknown = unknown
        return read(self.session.answer(), shape, unknown, "")  # type: ignore[no-any-return]

    def spent(self) -> int:
        """The calls that this thread has made since it was last asked."""
        return self.session.spent()

    def unknown_members(self) -> list[str]:
        """The paths in the last answer to this thread that botocore does not know.

        A path through the list of a page names the element by its number: `Results[7].TrainingJob.New`.
        """
        return list(self._heard.unknown)

    # --- what botocore knows --------------------------------------------------------------------

    def _model(self, region: str) -> Any:
        return self.session.client(region, self._service).meta.service_model

    def _list_in(self, operation: str, region: str) -> str:
        """The member of an answer that holds the list."""
        return list_member(self._model(region).operation_model(operation))[0]

    def _unknown_of(self, result: str) -> defaultdict[int, tuple[str, ...]]:
        """What botocore did not know on the last page, by the number of the element; what is beside them is nobody's."""
        unknown: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
        for path in dict.fromkeys(self.unknown_members()):
            if match := re.fullmatch(rf"{result}\[(\d+)\]\.(.+)", path):
                unknown[int(match[1])] += (match[2],)
        return unknown

    def silent(self, kind: Kind, call: str, region: str) -> frozenset[str]:
        """The members of a kind's record that the answer of this call has no room for, and another call's has."""
        if (kind.name, call) not in self._members:
            model = self._model(region)
            described, searched = set(described_shape(model, kind).members), set()
            if kind.search:
                shape = search_shape(model, kind)
                searched = set((shape.members["Model"] if kind.search == "Model" else shape).members)
            everything = described | searched | {extra.member for extra in kind.extras} | {"Tags"}
            everything |= {finder.parents for finder in kind.finders if finder.parents}
            self._members[kind.name, call] = frozenset(everything - (described if call == "describe" else searched))
        return self._members[kind.name, call]


def _spelt(shape: Any, word: str) -> str:
    """A word of an ARN, which may have lost its case, as an enumeration spells it."""
    return next((one for one in getattr(shape, "enum", ()) if one.casefold() == word.casefold()), word)


def _seconds(time: str) -> str:
    """A time as Search takes it: whole seconds, UTC."""
    return time[:19]


def second_after(time: str, seconds: int = 1) -> str:
    """The whole second after a time, or another one near it; empty for no time."""
    return _seconds((datetime.fromisoformat(time) + timedelta(seconds=seconds)).isoformat()) if time else ""


def resource_of(
    kind: Kind, body: dict[str, Any], region: str, unknown: tuple[str, ...] = (), silent: frozenset[str] = frozenset()
) -> Resource:
    """The record that an answer of Describe, or a result of Search, holds."""
    arn = "#".join(str(body.get(field)) for field in kind.between) if kind.between else str(body[f"{kind.noun}Arn"])
    parsed = parse_arn(arn)
    name = body.get(f"{kind.noun}Name") or parsed.resource.partition("/")[2]
    return Resource(
        kind.name,
        parsed.account,
        parsed.region or region,
        str(name),
        arn,
        body,
        body.get("CreationTime"),
        body.get("LastModifiedTime"),
        detail(body, kind.status or f"{kind.noun}Status"),
        unknown,
        silent,
    )


def completeness(record: Resource) -> Gap | None:
    """What is missing of a record that was read: members that botocore dropped, inputs without a source."""
    empty = empty_parts(KINDS[record.kind], record.body) if KINDS[record.kind].job else ()
    if not (record.unknown or empty):
        return None
    said = [f"botocore does not know {', '.join(record.unknown)}"] if record.unknown else []
    said += [f"input {part} names no source that this version knows" for part in empty]
    asked = (record.account, record.region, KINDS[record.kind].describe or KINDS[record.kind].list, record.id)
    return Gap(*asked, "unknown-member", f"{'; '.join(said)}: upgrade boto3 and crawl again")


def subject_of(kind: Kind, name: str, account: str, region: str) -> str:
    """The node id under which a gap speaks of something that was named and not read."""
    return parse_arn(name).id if is_arn(name) else named_id(kind.name, account, region, name)
