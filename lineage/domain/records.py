"""The frozen values that travel between the rooms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import orjson

from lineage.domain.names import Span, parse_arn

Body = Mapping[str, Any]
READ, OUTPUT, QUESTION = "read", "output", "question"  # what a gap is about, where it is not its subject itself
REDACTED = "(redacted)"  # in the place of a value that looked like a secret, and was not kept
TOO_DEEP = "(nested too deeply)"  # in the place of JSON inside JSON, deeper than anything that an API nests
CLOUDTRAIL = "cloudtrail"  # in the place of a kind: the lookup of what was deleted in an account and region

INERT = "inert-member"  # the reason under which the ledger keeps a `Note`
ODD = "odd-member"  # the reason of a gap about a value that the API has no such value for
INCOMPLETE = ("unknown-member", ODD)  # the reasons of a gap about a record that was read, but for some members

Json = dict[str, Any]
"""An object of JSON: an answer, or a part of one."""


def decoded(text: str | bytes) -> Any:
    """What JSON of our own says: a record's body, the details of a node. Whole numbers there have 64 bits, as AWS's have."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # a lone surrogate, or deeper than orjson goes: Python reads these
        return json.loads(text)


class Unknown(NamedTuple):
    """A member of an answer that botocore does not know: what it says, without secrets, and whether it could name something.

    With `odd`, botocore does know it, and its value is not one that the API has for it: "no list", "no time". It was left
    out, as far as nothing of it can be read, and may have named anything.
    """

    path: str
    value: Any
    names: bool
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One record as the API gave it: `body` whole, with its times as ISO 8601 text in UTC."""

    kind: str
    account: str
    region: str
    name: str
    arn: str
    body: Body
    created: str | None = None
    modified: str | None = None
    status: str | None = None
    unknown: tuple[Unknown, ...] = ()  # the members of the answer that botocore does not know, and so dropped
    silent: frozenset[str] = frozenset()  # the members that this answer has no room for, and another call's has
    deleted: str | None = None  # when a finished list named it no more
    crawl: int | None = field(default=None, compare=False)  # the last crawl that read it
    seen: str = field(default="", compare=False)  # when that crawl began

    @property
    def id(self) -> str:
        return parse_arn(self.arn).id


def tags_of(body: Body) -> dict[str, str]:
    """The tags of a record, by key."""
    return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in body.get("Tags") or ()}


@dataclass(frozen=True, slots=True)
class Named:
    """What a list says of one resource: enough to ask for it."""

    kind: str
    account: str
    region: str
    arn: str
    name: str
    created: str | None = None

    @property
    def id(self) -> str:
        return parse_arn(self.arn).id


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, or that nothing was found for. `subject` is a node id, or what was asked.

    Reasons: `missing`, `denied`, `throttled`, `failed`, `unmatched`, `unknown-member`, `odd-member` (a value that the API
    has no such value for), `not-crawled`, `deleted`, and, found
    by the questions, `not-enumerated`, `unread-manifest`, `access-point`, `unresolved`, `no-channels`, `empty`; of a manifest
    also `too-large` and `malformed`.

    `about` says what is not known, where that is not the subject itself: what the `job` READ there on a `channel`, or where
    the OUTPUT went that it put there; or that it is a doubt of one QUESTION alone.
    """

    account: str
    region: str
    operation: str
    subject: str
    reason: str
    detail: str = ""
    about: str = ""
    job: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A member that botocore does not know, with the values that records of a kind have in it: none could name anything.

    It hides nothing, and so is no gap. It is told once a crawl, and a later version may judge its values anew.
    """

    account: str
    region: str
    operation: str
    kind: str
    member: str
    values: str  # each as JSON


class Window(NamedTuple):
    """When something was read or written: two times as ISO 8601 in UTC, each empty where it is not known."""

    opens: str
    closes: str


class Life(NamedTuple):
    """One life of a resource that was read: a name may have several.

    It was created, found gone (empty: it was not), and seen when the last crawl that read it had begun.
    """

    created: str
    gone: str
    seen: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was asked of AWS and answered in full: it closes an earlier `Gap` of the same question."""

    account: str
    region: str
    operation: str
    subject: str


Fetched = Resource | Gap | Answered | Note


@dataclass(frozen=True, slots=True)
class Content:
    """What S3 said of an object: its digests, each with its kind before a colon, when it was last modified, and asked for."""

    place: str
    digests: tuple[str, ...]
    modified: str
    seen: str


def etag_digest(etag: str) -> str:
    """An ETag, which S3 writes in quotes and SageMaker without them, as a digest."""
    bare = etag.strip('"')
    return f"etag:{bare}" if bare else ""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """How far one crawl has listed one kind in one account and region, or has looked up what was deleted there.

    `since`: only what came or changed after that time was asked for, for all before stands from an earlier crawl.
    `finished` is None where it came to no end: `reason` and `detail` say why, and are empty while it runs.
    """

    account: str
    region: str
    kind: str
    operation: str
    started: str
    since: str = ""
    finished: str | None = None
    calls: int = 0
    pages: int = 0
    records: int = 0
    reason: str = ""
    detail: str = ""
    crawl: int = 0
    joined: bool = False  # the graph holds what it gave: only then does it count

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.account, self.region, self.kind)


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph, described by a record (`observed`) or only named by one."""

    id: str
    kind: str
    name: str
    account: str | None = None
    region: str | None = None
    arn: str | None = None
    created: str | None = None
    modified: str | None = None
    status: str | None = None
    observed: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """A directed edge, pointing the way that data flows, and the field that says so.

    `window` is None where time means nothing.
    """

    source: str
    target: str
    relation: str
    role: str = ""
    usage: str = ""
    path: str = ""
    evidence: str = "declared"
    window: Window | None = None
    span: Span | None = None
    listing: int | None = None  # the version of the manifest that was read
    reader: str = ""  # of a load, what ran what was loaded; of a deployment, the same of itself
    settled: str = ""  # by when it had surely read once, where that is later than when the window opens


REPLAYED: Final = " (replayed)"


@dataclass(frozen=True, slots=True)
class Crawl:
    """One run of `crawl`: who asked, when, with what, and whether it came to its end."""

    id: int
    started: str
    finished: str | None
    caller: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    roots: tuple[str, ...]  # the endpoints it started from; none: whole accounts
    tool: str  # the version of lineage; of a replay, with `REPLAYED` at its end
    botocore: str
    kinds: tuple[str, ...] = ()  # what it listed
    full: bool = False  # everything was read again
    process: str = field(default="", compare=False)  # host and process id of whoever makes it

    @property
    def complete(self) -> bool:
        return self.finished is not None

    @property
    def replayed(self) -> bool:
        """Whether an account file answered, and not AWS. A version before 1.0.0 did not note it: its crawls count as AWS's."""
        return self.tool.endswith(REPLAYED)


class Counts(NamedTuple):
    """What was read of one place, or of several, in numbers: on these a "no" stands."""

    resources: int = 0
    trainers: int = 0  # jobs of any kind that trains
    training_jobs: int = 0
    isolated_training_jobs: int = 0
    processing_jobs: int = 0
    isolated_processing_jobs: int = 0
    channels: int = 0  # by which training jobs read data
    channels_of_unknown_writer: int = 0  # no job is known to have written there before


class Counted(NamedTuple):
    """What was read of an account and region."""

    account: str
    region: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Scope:
    """What was looked at, and what could not be.

    `enumerated` holds (account, region, kind) of each list that was read to its end: only that can prove a "no".
    `lookups` holds each one of CloudTrail that came to its end.
    `known` holds the subjects of holes of which there is a record all the same, from another call or another day.
    `silent` holds a hole for each job that read something, and no field of it tells what. `counted` is empty where nobody
    counted: a graph of records without a snapshot.
    """

    crawls: tuple[Crawl, ...] = ()
    holes: tuple[Gap, ...] = ()
    enumerated: frozenset[tuple[str, str, str]] = frozenset()
    known: frozenset[str] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()  # each account and region that a crawl was to read
    training_jobs: int = 0
    isolated_training_jobs: int = 0
    lookups: tuple[Enumeration, ...] = ()
    silent: tuple[Gap, ...] = ()
    counted: tuple[Counted, ...] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(sorted({account for crawl in self.crawls for account in crawl.accounts}))

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({region for crawl in self.crawls for region in crawl.regions}))
