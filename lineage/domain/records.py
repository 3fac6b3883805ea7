"""The frozen values that travel between the rooms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import orjson

from lineage.domain.names import Span, arn_id
from lineage.domain.text import counted, named_line

Body = Mapping[str, Any]
READ, OUTPUT, QUESTION = "read", "output", "question"  # what a gap is about, if not its subject itself
REDACTED = "(redacted)"  # replaces a value that looked like a secret and was not kept
TOO_DEEP = "(nested too deeply)"  # replaces JSON inside JSON that is deeper than any API nests it
CLOUDTRAIL = "cloudtrail"  # used as a kind: the lookup of what was deleted in an account and region

INERT = "inert-member"  # the reason with which the ledger keeps a `Note`
ODD = "odd-member"  # the reason of a gap about a value that the API does not allow there
INCOMPLETE = ("unknown-member", ODD)  # the reasons of a gap about a record that was read except for some members

Json = dict[str, Any]
"""A JSON object: an answer, or a part of one."""


def decoded(text: str | bytes) -> Any:
    """Parses JSON of our own: a record's body, the details of a node. Whole numbers there have 64 bits, like AWS's."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:  # a lone surrogate, or deeper than orjson goes: Python reads these
        return json.loads(text)


class Unknown(NamedTuple):
    """A member of an answer that botocore does not know: its value without secrets, and whether it could name something.

    With `odd`, botocore knows the member, but the API does not allow the value: "no list", "no time". What could not be
    read of it was left out, and may have named anything.
    """

    path: str
    value: Any
    names: bool
    odd: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """One record as the API gave it: the whole `body`, with its times as ISO 8601 text in UTC."""

    kind: str
    account: str
    region: str
    name: str
    arn: str
    body: Body
    created: str | None = None
    modified: str | None = None
    status: str | None = None
    unknown: tuple[Unknown, ...] = ()  # members of the answer that botocore does not know and therefore dropped
    silent: frozenset[str] = frozenset()  # members that this answer cannot hold, but another call's can
    deleted: str | None = None  # when a complete list no longer contained it
    crawl: int | None = field(default=None, compare=False)  # the last crawl that read it
    seen: str = field(default="", compare=False)  # when that crawl began

    @property
    def id(self) -> str:
        return arn_id(self.arn)


def tags_of(body: Body) -> dict[str, str]:
    """The tags of a record, by key."""
    return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in body.get("Tags") or ()}


@dataclass(frozen=True, slots=True)
class Named:
    """What a list says about one resource: enough to ask for it."""

    kind: str
    account: str
    region: str
    arn: str
    name: str
    created: str | None = None

    @property
    def id(self) -> str:
        return arn_id(self.arn)


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, or for which nothing was found. `subject` is a node id, or what was asked.

    Reasons: `missing`, `denied`, `throttled`, `failed`, `unmatched`, `unknown-member`, `odd-member` (a value that the API
    does not allow there), `not-crawled`, `deleted`; found by the questions: `not-enumerated`, `unread-manifest`,
    `access-point`, `unresolved`, `no-channels`, `empty`; for a manifest also `too-large` and `malformed`.

    `about` says what is unknown, if not the subject itself: what the `job` READ there on a `channel`, or where the OUTPUT
    went that it put there; or that only one QUESTION is in doubt.
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
    """A member that botocore does not know, with its values in the records of a kind: none of them could name anything.

    It hides nothing, so it is not a gap. It is reported once a crawl, and a later version may judge its values again.
    """

    account: str
    region: str
    operation: str
    kind: str
    member: str
    values: str  # each as JSON


class Window(NamedTuple):
    """When something was read or written: two times as ISO 8601 in UTC, each empty if unknown."""

    opens: str
    closes: str


class Life(NamedTuple):
    """One lifetime of a resource that was read: several resources may have had one name after another.

    When it was created, when it was found deleted (empty: it was not), and when the last crawl that read it began.
    """

    created: str
    gone: str
    seen: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that AWS answered in full: it closes an earlier `Gap` for the same question."""

    account: str
    region: str
    operation: str
    subject: str


Fetched = Resource | Gap | Answered | Note


@dataclass(frozen=True, slots=True)
class Content:
    """What S3 said about an object: its digests (each as `kind:value`), when it was last modified, and when S3 was asked."""

    place: str
    digests: tuple[str, ...]
    modified: str
    seen: str


def etag_digest(etag: str) -> str:
    """An ETag as a digest; S3 writes it with quotes and SageMaker without."""
    bare = etag.strip('"')
    return f"etag:{bare}" if bare else ""


@dataclass(frozen=True, slots=True)
class Enumeration:
    """How far one crawl has listed one kind in one account and region, or has looked up deletions there.

    `since`: only what is new or changed after that time was asked for; an earlier crawl has stored the rest.
    `finished` is None if it did not finish: `reason` and `detail` say why, and are empty while it runs.
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
    joined: bool = False  # whether the graph holds its results: only then does it count

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.account, self.region, self.kind)


class Node(NamedTuple):
    """A node of the graph: a record describes it (`observed`) or only names it."""

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
    details: Mapping[str, Any] = MappingProxyType({})


class Edge(NamedTuple):
    """A directed edge in the direction in which data flows, and the field that says so.

    `window` is None where time does not matter.
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
    reader: str = ""  # for a load: the node that ran what was loaded; for a deployment: its own node
    settled: str = ""  # the time by which it had certainly read once, if later than the opening of the window


REPLAYED: Final = " (replayed)"


@dataclass(frozen=True, slots=True)
class Crawl:
    """One run of `crawl`: who asked, when, with what, and whether it finished."""

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
    process: str = field(default="", compare=False)  # host and process id of the running crawl

    @property
    def complete(self) -> bool:
        return self.finished is not None

    @property
    def replayed(self) -> bool:
        """Whether an account file answered, and not AWS. A version before 1.0.0 did not note it: its crawls count as AWS's."""
        return self.tool.endswith(REPLAYED)


class Counts(NamedTuple):
    """Numbers of what was read about one place, or several: the ground for a "no"."""

    resources: int = 0
    trainers: int = 0  # jobs of every kind that trains
    training_jobs: int = 0
    isolated_training_jobs: int = 0
    processing_jobs: int = 0
    isolated_processing_jobs: int = 0
    channels: int = 0  # channels by which training jobs read data
    channels_of_unknown_writer: int = 0  # of these, reads of a place where no job is known to have written before


class Counted(NamedTuple):
    """What was read of an account and region."""

    account: str
    region: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Scope:
    """What was looked at, and what could not be read.

    `enumerated` holds (account, region, kind) of each list that was read to its end: only that can prove a "no". One that began
    before a job that trains had ended, and that only a later crawl found, is in `outdated` instead.
    `lookups` holds each CloudTrail lookup that finished.
    `known` holds the subjects of gaps that have a record all the same, from another call or another day.
    `silent` holds a gap for each job that read something that no field of it names. `counted` is empty if nothing was
    counted: in a graph of records without a snapshot.
    """

    crawls: tuple[Crawl, ...] = ()
    holes: tuple[Gap, ...] = ()
    enumerated: frozenset[tuple[str, str, str]] = frozenset()
    known: frozenset[str] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()  # each account and region that a crawl should read
    training_jobs: int = 0
    isolated_training_jobs: int = 0
    lookups: tuple[Enumeration, ...] = ()
    silent: tuple[Gap, ...] = ()
    counted: tuple[Counted, ...] = ()
    outdated: frozenset[tuple[str, str, str]] = frozenset()

    def __repr__(self) -> str:
        places = counted(len(self.accounts), "account"), counted(len(self.regions), "region")
        return named_line("Scope", "", *places, counted(len(self.crawls), "crawl"), counted(len(self.holes), "gap"))

    @property
    def listed(self) -> frozenset[tuple[str, str, str]]:
        """Every list that was read to its end: it names all that was there at the time."""
        return self.enumerated | self.outdated

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(sorted({account for crawl in self.crawls for account in crawl.accounts}))

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(sorted({region for crawl in self.crawls for region in crawl.regions}))
