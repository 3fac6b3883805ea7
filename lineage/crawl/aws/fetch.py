"""Reads one kind into records and gaps, with Describe, List and Search calls."""

from __future__ import annotations

import contextlib
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from lineage.crawl.aws.refusals import UNPARSED, Garbled, Refused, Throttled, refusal
from lineage.crawl.aws.session import Session
from lineage.crawl.aws.shapes import described_shape, list_member, search_member, search_shape
from lineage.domain.kinds import CARRIED_JOBS, KINDS, Extra, Kind
from lineage.domain.names import Arn, is_arn, named_id, parse_arn
from lineage.domain.records import Named, Resource, Unknown
from lineage.domain.redact import excerpt, read
from lineage.domain.references import detail
from lineage.errors import MalformedName

_TAGS = Extra("Tags", "ListTags", "ResourceArn", "{Arn}")
# The kinds whose whole records a Search for another kind carries.
_CARRIED: dict[str, list[Kind]] = defaultdict(list)
for _kind in KINDS.values():
    _CARRIED[_kind.carried_by].append(_kind)
_OF_SOURCES = tuple(f"SourceDetail.{noun}." for noun in CARRIED_JOBS)  # each of which is also read by itself
PAGE = 100  # records a page of List or Search: SageMaker's maximum
MOST_BARREN = 1_000  # pages in a row without anything new, each with another token: filters may leave out that much
MOST_PAGES = 100_000  # of one list: ten million records, and two hundred times the known limit of Search
WINDOW = 9_000  # records of one Search: below the 10,000 at which AWS's own ExperimentAnalytics stops


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a Search: whole records; on the last one, how many more Search counted than gave.

    `odd` has the results that could not be read, with the reason.
    """

    records: list[Resource]
    lost: int = 0
    odd: Refused | None = None


class Fetcher:
    """Reads SageMaker, or another service, for one caller. Every method gives records, or raises `Refused`.

    Safe to use from many threads.
    """

    def __init__(self, session: Session, *, tags: bool = False, service: str = "sagemaker") -> None:
        """`tags`: ask for the tags that neither Search nor another record gives, one call each."""
        self.session = session
        self.tags = tags
        self._service = service
        self._members: dict[tuple[str, str], frozenset[str]] = {}
        self._heard = threading.local()

    # --- one record -----------------------------------------------------------------------------

    def describe(self, kind: Kind, name: str, region: str) -> Resource:
        """The record with that name or ARN. After a "not found", it asks once more."""
        parameters, own = self._identified(kind, name, region), kind.wrapped or f"{kind.noun}Arn"
        try:
            body = self.call(kind.describe, parameters, region, own)
        except Refused as refused:
            if refused.reason != "missing":
                raise
            time.sleep(self.session.patience)
            body = self.call(kind.describe, parameters, region, own)
        dropped = ((re.sub(r"\[\d+\]", "[]", one.path), one) for one in self.unknown_members())
        unknown = tuple(one._replace(path=path.removeprefix(f"{kind.wrapped}.")) for path, one in dropped)
        body = body[kind.wrapped] if kind.wrapped else body
        found = resource_of(kind, body, region, unknown, self.silent(kind, "describe", region))
        if not (kind.keys or is_arn(name)) and found.name.casefold() != name.casefold():
            raise Garbled(kind.describe, f"asked for {name}, it describes {excerpt(found.name.encode())}")
        return found

    def described(self, kind: Kind, named: Named) -> Resource:
        """The record of something that a list named, by its name or its ARN, as the kind requires."""
        return self.describe(kind, named.arn if self.takes_arns(kind, named.region) else named.name, named.region)

    def takes_arns(self, kind: Kind, region: str) -> bool:
        """Whether a kind is described by its ARN. Names keep their case, ARNs may not."""
        shape = self._model(region).operation_model(kind.describe).input_shape
        key = shape.required_members[0]
        return bool(kind.keys) or key.endswith("Arn") or "arn" in shape.members[key].metadata.get("pattern", "")

    def _identified(self, kind: Kind, name: str, region: str) -> dict[str, str]:
        """The parameters by which a kind's Describe finds a name, or an ARN."""
        shape = self._model(region).operation_model(kind.describe).input_shape
        if kind.keys and is_arn(name):
            parts = parse_arn(name).resource.split("/")[1:]
            return {key: _spelt(kind, shape.members[key], part) for key, part in zip(kind.keys, parts, strict=False)}
        if is_arn(name) and not self.takes_arns(kind, region):
            parsed = parse_arn(name)
            if parsed.account != self.session.account:
                said = f"{kind.describe} reads the caller's own account only: crawl account {parsed.account} as well"
                raise Refused("not-crawled", said)
            name = parsed.resource.partition("/")[2]
        return {shape.required_members[0]: name}

    def completed(self, kind: Kind, record: Resource) -> Resource:
        """The record with what only other calls give."""
        for extra in self.extras(kind, record):
            value = {"{Arn}": record.arn}.get(extra.value) or record.body[extra.value]
            found: list[Any] = []
            unknown: list[Unknown] = []
            result = self._list_in(extra.operation, record.region)
            for page in self.pages(extra.operation, {"MaxResults": PAGE, extra.parameter: value}, record.region):
                found += filter(None, page[result])
                ones = (one for ones in self._unknown_of(result).values() for one in ones)
                unknown += (one._replace(path=f"{extra.member}[].{one.path}".rstrip(".")) for one in ones)
            body, silent = {**record.body, extra.member: found}, record.silent - {extra.member}
            record = replace(record, body=body, silent=silent, unknown=(*record.unknown, *unknown))
        return record

    def extras(self, kind: Kind, record: Resource) -> tuple[Extra, ...]:
        """What is asked for besides the record itself: what the answer of its call cannot hold."""
        tags = [_TAGS] if self.tags and not (kind.search or kind.carried_by) else []
        return tuple(extra for extra in (*kind.extras, *tags) if extra.member in record.silent)

    # --- many -----------------------------------------------------------------------------------

    def naming(
        self, kind: Kind, region: str, words: Mapping[str, str], since: str, *, backward: bool = False
    ) -> Iterator[list[Named | Resource | Refused]]:
        """The pages of a kind's own List call: names, or records if the summary is the record.

        An element whose name cannot be read is replaced by the reason.

        `words` are the parameters of this walk (`list_by`); `since` leaves out what was created earlier. If the call can sort
        (`ordered`), the oldest come first, or the newest with `backward`.
        """
        shape = self._model(region).operation_model(kind.list).input_shape
        after = next((name for name in ("CreationTimeAfter", "CreatedAfter") if name in shape.members), "")
        parameters = {"MaxResults": PAGE, **dict(kind.list_with), **words}
        if self.ordered(kind):
            parameters |= {"SortBy": "CreationTime", "SortOrder": "Descending" if backward else "Ascending"}
        parameters |= {after: since} if after and since else {}
        result = self._list_in(kind.list, region)
        for page in self.pages(kind.list, parameters, region):
            yield [self._summarised(kind, summary, region, said) for summary, said in self._elements(page, result)]

    def ordered(self, kind: Kind) -> bool:
        """Whether a kind's own List call sorts by creation time."""
        members = self._model(self.session.region).operation_model(kind.list).input_shape.members
        return "CreationTime" in getattr(members.get("SortBy"), "enum", ()) and "SortOrder" in members

    def _summarised(self, kind: Kind, summary: Any, region: str, unknown: tuple[Unknown, ...]) -> Named | Resource | Refused:
        try:
            return self._named(kind, summary, region, unknown)
        except Garbled as garbled:
            return _unread(garbled, kind.list, unknown)

    def _named(self, kind: Kind, summary: Any, region: str, unknown: tuple[Unknown, ...]) -> Named | Resource:
        if kind.summaries:
            return resource_of(kind, summary, region, unknown)
        noun = kind.listed_as or kind.noun
        arn = named_in(summary, f"{noun}Arn", kind.list)
        said = parsed(arn, kind.list).resource.partition("/")[2]
        name = str(summary.get(f"{noun}Name") or said)
        return Named(kind.name, self.session.account, region, arn, name, summary.get("CreationTime"))

    def searching(self, kind: Kind, region: str, since: str, after: str, before: str) -> Iterator[Page]:
        """The pages of a Search for records of a kind, oldest first.

        `since` leaves out what was not modified since; `after` and `before` leave out what was created earlier or later: whole
        seconds, both inclusive. After `WINDOW` records the search starts again at the last creation time, because Search
        probably ends at 10,000.
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
            found: list[Resource] = []
            read = (self._read_result(kind, *one, region, found) for one in self._elements(page, "Results"))
            odd = next(filter(None, [*read]), None)
            given += len(page["Results"])
            hits = page.get("TotalHits") or {}
            counted = hits.get("Value", 0) if hits.get("Relation") == "EqualTo" else 0
            lost = 0 if page.get("NextToken") else max(0, counted - given)
            yield Page(found, lost, odd)

    def _read_result(
        self, kind: Kind, result: Any, unknown: tuple[Unknown, ...], region: str, found: list[Resource]
    ) -> Refused | None:
        """Put the records of one search result into `found`, or return why it can't be read."""
        try:
            found.extend(self._found(kind, result, region, unknown))
        except Garbled as garbled:
            return _unread(garbled, "Search", unknown)
        return None

    def _elements(self, page: Mapping[str, Any], result: str) -> list[tuple[Any, tuple[Unknown, ...]]]:
        """The elements of the last page's list, each with its members that are odd or that botocore does not know."""
        unknown = self._unknown_of(result)
        return [(one, unknown[number]) for number, one in enumerate(page[result])]

    def _found(self, kind: Kind, result: Any, region: str, unknown: tuple[Unknown, ...]) -> Iterator[Resource]:
        """The record of one search result, and the whole record of its source if Search carries it."""
        body = dict(searched(kind, result)[1])
        detail = body.pop("SourceDetail", {})
        sources = {f"SourceDetail.{carried.noun}.": carried for carried in _CARRIED[kind.name] if detail.get(carried.noun)}
        within = f"{kind.search_within}." if kind.search_within else ""
        said = [one._replace(path=one.path.partition(".")[2].removeprefix(within)) for one in unknown]
        own = tuple(one for one in said if not one.path.startswith(_OF_SOURCES))
        yield resource_of(kind, body, region, own, self.silent(kind, "search", region))
        for at, carried in sources.items():
            theirs = (one._replace(path=one.path.removeprefix(at)) for one in said if one.path.startswith(at))
            yield resource_of(carried, detail[carried.noun], region, tuple(theirs))

    def pages(self, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """Every page of a List or Search call: an empty page with a token is not the end; one without its list is invalid.

        AWS writes an empty list as `[]`, even if its model does not require the member: AWS's own programs index it.
        Raises `Refused` after the pages that came if they have no end, or if that is unknown.
        """
        ending, token, result = _Ending(operation), dict[str, str](), self._list_in(operation, region)
        while True:
            page = self.call(operation, {**parameters, **token}, region, result)
            beside = next((one for one in self.unknown_members() if one.odd and not one.path.startswith(f"{result}[")), None)
            yield page
            if beside:
                raise Garbled(operation, f"{beside.path} is {beside.odd}")
            if not page.get("NextToken"):
                return
            ending.check(page["NextToken"], page[result])
            token = {"NextToken": page["NextToken"]}

    def listed(self, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """The summaries of a List call, or the results of a Search, 100 a page."""
        result = self._list_in(operation, region)
        for page in self.pages(operation, {"MaxResults": PAGE, **parameters}, region):
            yield from page[result]

    def call(self, operation: str, parameters: Mapping[str, Any], region: str, holds: str) -> dict[str, Any]:
        """One call, whose answer must have the member `holds`. Raises `Refused`, or `CrawlError` if AWS could not be reached.

        botocore makes several tries; a call that is still throttled is repeated, slower, before it fails.
        """
        ask = partial(self._ask, operation, parameters, region, holds)
        for _ in range(self.session.patient_rounds):
            with contextlib.suppress(Throttled):
                return self.session.steadily(ask)
        return self.session.steadily(ask)

    def _ask(self, operation: str, parameters: Mapping[str, Any], region: str, holds: str) -> dict[str, Any]:
        call = getattr(self.session.client(region, self._service), xform_name(operation))
        unknown: list[Unknown] = []
        self._heard.unknown = unknown
        try:
            call(**parameters)
            answer = read(self.session.answer(), self._model(region).operation_model(operation).output_shape, unknown)
        except (BotoCoreError, ClientError) as error:
            raise refusal(error) from error
        except UNPARSED as error:
            raise Garbled(operation, str(error)) from error
        if answer.get(holds) is None:
            odd = next((one.odd for one in unknown if one.path == holds), "")
            raise Garbled(operation, f"{holds} is {odd}" if odd else f"it has no {holds}: {excerpt(self.session.heard())}")
        return answer

    def spent(self) -> int:
        """The calls that this thread has made since this was last read."""
        return self.session.spent()

    def unknown_members(self) -> list[Unknown]:
        """The members of the last answer to this thread that botocore does not know.

        A path through the list of a page names the element by its number: `Results[7].TrainingJob.New`.
        """
        return list(self._heard.unknown)

    # --- what botocore knows --------------------------------------------------------------------

    def _model(self, region: str) -> Any:
        return self.session.client(region, self._service).meta.service_model

    def _list_in(self, operation: str, region: str) -> str:
        """The member of an answer that holds the list."""
        return list_member(self._model(region).operation_model(operation))[0]

    def _unknown_of(self, result: str) -> defaultdict[int, tuple[Unknown, ...]]:
        """What botocore did not know on the last page, by the number of the element; members outside the elements are dropped.

        For an element that is itself odd the path is empty.
        """
        unknown: defaultdict[int, tuple[Unknown, ...]] = defaultdict(tuple)
        for one in self.unknown_members():
            if match := re.fullmatch(rf"{result}\[(\d+)\](?:\.(.+))?", one.path, re.DOTALL):
                unknown[int(match[1])] += (one._replace(path=match[2] or ""),)
        return unknown

    def silent(self, kind: Kind, call: str, region: str) -> frozenset[str]:
        """The members of a kind's record that this call's answer cannot hold but another call's can."""
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


class _Ending:
    """Watches whether the pages of a list end: a broken service, or a gateway, may give tokens without end."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._tokens: set[str] = set()
        self._pages: set[int] = set()
        self._barren = 0

    def check(self, token: str, page: list[Any]) -> None:
        """Count a page that is not the last one. Raises `Refused` after too many."""
        if token in self._tokens:
            self._refuse("the same NextToken again and again")
        self._tokens.add(token)
        content = hash(repr((page[0], page[-1], len(page)))) if page else 0
        self._barren = self._barren + 1 if not page or content in self._pages else 0
        self._pages.add(content)
        if self._barren >= MOST_BARREN:
            self._refuse(f"a new NextToken with each of {MOST_BARREN:,} pages in a row that bring nothing new")
        if len(self._tokens) >= MOST_PAGES:
            self._refuse(f"a new NextToken with each of {MOST_PAGES:,} pages")

    def _refuse(self, said: str) -> None:
        raise Refused("failed", f"{self._operation} gives {said}: its pages have no end")


def _unread(garbled: Garbled, operation: str, unknown: tuple[Unknown, ...]) -> Refused:
    """Why an element of a page can't be read: it or its name is odd, or it has no name."""
    odd = [f"{one.path or 'an element of its list'} is {one.odd}" for one in unknown if one.odd]
    return Garbled(operation, "; ".join([*odd[:3], garbled.said])) if odd else garbled


def _spelt(kind: Kind, shape: Any, word: str) -> str:
    """A part of an ARN, which may have lost its case, in the spelling of the enumeration."""
    values = (*getattr(shape, "enum", ()), *kind.list_values)
    return next((one for one in values if one.casefold() == word.casefold()), word)


def _seconds(time: str) -> str:
    """A time in the form of Search: whole seconds, UTC."""
    return time[:19]


def second_after(time: str, seconds: int = 1) -> str:
    """The whole second after a time, or another one near it; empty for no time."""
    return _seconds((datetime.fromisoformat(time) + timedelta(seconds=seconds)).isoformat()) if time else ""


def named_in(value: Any, member: str, operation: str) -> str:
    """The member of an answer, or of an element of its list, that names its subject. Raises `Refused` if there is none."""
    name = value.get(member) if isinstance(value, dict) else None
    if not name or not isinstance(name, str):
        raise Garbled(operation, f"something in it has no {member}: {excerpt(json.dumps(value).encode())}")
    return name


def parsed(arn: str, operation: str) -> Arn:
    """The parts of an ARN in an answer. Raises `Refused` if it is not an ARN."""
    try:
        return parse_arn(arn)
    except MalformedName as error:
        raise Garbled(operation, str(error)) from error


def searched(kind: Kind, result: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The part of a Search result for a kind, and the record in it: for a model, its dashboard record, and the model.

    Raises `Refused` if it holds nothing of the kind.
    """
    whole = result.get(search_member(kind.search)) if isinstance(result, dict) else None
    body = whole.get(kind.search_within, whole) if whole and kind.search_within else whole
    if whole is None or not isinstance(body, dict):
        raise Garbled("Search", f"a result has no {kind.search}: {excerpt(json.dumps(result).encode())}")
    return whole, body


def resource_of(
    kind: Kind, body: Any, region: str, unknown: tuple[Unknown, ...] = (), silent: frozenset[str] = frozenset()
) -> Resource:
    """The record in an answer of Describe or a result of Search. Raises `Refused` if nothing names it."""
    operation = kind.describe or kind.list
    ends = [named_in(body, member, operation) for member in kind.between[:2] or (f"{kind.noun}Arn",)]
    arn = "#".join(str(body.get(member)) for member in kind.between) or ends[0]
    where = parsed(arn, operation)
    for one in unknown:
        if one.path in kind.unpublished and one.value is True:
            _put(body, one.path.split("."), value=True)
    name = body.get(f"{kind.noun}Name") or where.resource.partition("/")[2]
    return Resource(
        kind.name,
        where.account,
        where.region or region,
        str(name),
        arn,
        body,
        body.get("CreationTime"),
        body.get("LastModifiedTime"),
        detail(body, kind.status or f"{kind.noun}Status"),
        unknown,
        silent,
    )


def _put(body: dict[str, Any], path: list[str], *, value: bool) -> None:
    for step in path[:-1]:
        body = body.setdefault(step, {})
    body[path[-1]] = value


def subject_of(kind: Kind, name: str, account: str, region: str) -> str:
    """The node id that a gap uses for something that was named and not read."""
    return parse_arn(name).id if is_arn(name) else named_id(kind.name, account, region, name)
