"""An account file: the content of one or more accounts, written down for `replay` to answer from.

It holds one JSON object a line; empty lines are skipped. The first is the header, and the others are records, objects in
S3, events and faults in any order:

    {"schema": "lineage.account/1", "caller": "arn:aws:sts::111122223333:assumed-role/auditor/jo", "region": "eu-west-1"}
    {"kind": "training-job", "record": {…as DescribeTrainingJob gives it…}, "search": {…what only Search gives…}}
    {"kind": "pipeline-execution", "record": {…}, "extras": {"PipelineExecutionSteps": […]}}
    {"kind": "lineage-artifact", "record": {…a summary of ListArtifacts…}}
    {"object": "s3://bank-ml/lists/faces.manifest", "lines": [{"source-ref": "s3://bank-kyc/1.jpg"}]}
    {"event": "DeleteTrainingJob", "time": "2026-11-01T08:00:00Z", "user": "arn:…", "request": {"trainingJobName": "x"}}
    {"fault": "AccessDeniedException", "operation": "DescribeModel", "name": "loans-7"}

**The header** has the default caller (`caller`), who asks without an assumed role, and the default region
(`region`). `regions`, a list, names the enabled ones: calls to another one are refused as AWS refuses them. Without it
`region` is the only one that AWS lists, and calls to any region are answered.

**A record** belongs to the account and the region of its ARN (an association, which has none, to those of its source). A
later line with the same ARN replaces the earlier one.

* `kind` is a row of the table with a Describe call, or with List summaries that are the record.
* `record` is that answer or summary. Times are ISO 8601 text. Members that botocore does not know are passed through.
* `search` (optional) is what only Search gives: `Tags` (which ListTags gives too), `Parents` of a trial component, …
* `extras` (optional) has, by name, the members that come from a separate List call, such as the steps of an execution.

**An object** in S3 is given to every caller of GetObject and HeadObject: `text`, or `json` (one value), or `lines` (one
value a line), `modified` at a time (default: the beginning of 2026); `etag`, if it is not the MD5 of the content. A
later line with the same URI replaces the earlier one.

**An event** is CloudTrail's record of a call of the SageMaker operation `event`, at `time`: see `lineage.crawl.events`.

**A fault** makes calls of its `operation` fail: a SageMaker one, `AssumeRole`, `GetCallerIdentity`, `ListRegions`,
`DescribeRegions`, `GetObject`, `HeadObject` or `LookupEvents`, or `"*"`: every SageMaker call. These members narrow it, and
all are optional:

* `name`: what the call asks for, by name or ARN (a Describe: the record; a List: its parent; an object: its URI), or the
  kind that it lists (`training-job`), or the Resource that it searches (`TrainingJob`), or the EventName that it looks up
  (`DeleteTrainingJob`). Case is ignored.
* `account`: of the caller; for AssumeRole that of the role. `region`: where the call goes.
* `times`: only the first N of these calls. `every`: only every N-th of them. A call that an earlier fault has
  hit does not count; faults with a name come before those without, otherwise in the file's order.

The codes are SageMaker's own: `AccessDeniedException`, `ThrottlingException`, `InternalFailure`, `ServiceUnavailable`,
`UnrecognizedClientException`, `ExpiredTokenException`, `ValidationException`, … `ResourceNotFound` gives the operation's own
not-found error, as for a record that was deleted after it was listed. Two are not errors: `EmptyPage` (the first page of a
List, a Search or a lookup is empty, and its token leads to the records) and `RepeatedToken` (each page has the same token,
so the walk has no end).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.crawl.aws.shapes import described_shape, list_member, search_shape
from lineage.crawl.replay.events import Event, read_event
from lineage.crawl.replay.faults import EMPTY_PAGE, REPEATED_TOKEN, Fault
from lineage.domain.kinds import KINDS, MODEL_PACKAGE, Kind
from lineage.domain.names import is_arn, parse_arn, parse_location
from lineage.errors import CrawlError, MalformedName
from lineage.snapshot.mistaken import ACCOUNT_SCHEMA, is_database

if TYPE_CHECKING:
    from botocore.model import ServiceModel

OTHER_OPERATIONS = (
    "*",
    "AssumeRole",
    "GetCallerIdentity",
    "ListRegions",
    "DescribeRegions",
    "GetObject",
    "HeadObject",
    "LookupEvents",
)
_CONTENTS: Mapping[str, Callable[[Any], str]] = {
    "text": str,
    "json": json.dumps,
    "lines": lambda values: "".join(f"{json.dumps(value)}\n" for value in values),
}
_JSON_TYPES: Mapping[str, Any] = {
    "structure": dict,
    "map": dict,
    "list": list,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
}


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One record of the file. `whole` is its body with what only Search gives."""

    kind: Kind
    id: str  # the ARN, resource part casefolded; for an association, its position in the file
    account: str
    region: str
    body: Mapping[str, Any]
    whole: Mapping[str, Any]
    extras: Mapping[str, list[Any]]

    @property
    def arn(self) -> str:
        return str(self.body.get(f"{self.kind.noun}Arn", ""))

    @property
    def tail(self) -> str:
        """The part of its ARN after the resource type: mostly its name, in lower case."""
        return self.arn.partition("/")[2]


@dataclass(frozen=True, slots=True)
class Object:
    """One object in S3."""

    content: bytes
    modified: datetime
    own_etag: str = ""

    @property
    def etag(self) -> str:
        return f'"{self.own_etag or hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'

    @property
    def checksum(self) -> str:
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()


Shelf = tuple[str, str, str]
"""A kind's name, an account and a region: the key for a group of records."""


@dataclass(slots=True)
class Account:
    """The content of an account file."""

    caller: str
    region: str
    regions: list[str] | None  # the enabled ones; None: the file does not say
    records: dict[Shelf, dict[str, AccountRecord]] = field(default_factory=lambda: defaultdict(dict))
    objects: dict[str, Object] = field(default_factory=dict)  # by URI
    faults: list[Fault] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def read_account(path: str | Path, model: ServiceModel) -> Account:
    """Read an account file. Raises `CrawlError`, naming the line that can't be read."""
    account: Account | None = None
    reader = _LineReader(model)
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    account = _take(account, line, f"{path} line {number}", reader)
    except FileNotFoundError as error:
        raise CrawlError(f"no account file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        if is_database(Path(path)):
            raise CrawlError(f"{path} is a database, perhaps a snapshot: an account file is text") from error
        raise CrawlError(f"the account file {path} can't be read: {error}") from error
    if account is None:
        raise CrawlError(f'the account file {path} is empty: its first line says {{"schema": "{ACCOUNT_SCHEMA}", …}}')
    return account


def _take(account: Account | None, line: str, where: str, reader: _LineReader) -> Account:
    try:
        entry = json.loads(line)
        json.dumps(entry, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise CrawlError(f"{where}: not JSON ({error}); an account file has one JSON object a line") from error
    if not isinstance(entry, dict):
        raise CrawlError(f"{where}: expected a JSON object, not {type(entry).__name__}")
    if account is None:
        return _header(entry, where)
    if "fault" in entry:
        account.faults.append(reader.fault(entry, where))
    elif "object" in entry:
        account.objects.update([_object(entry, where)])
    elif "event" in entry:
        account.events.append(reader.event(entry, account, where))
    else:
        record = reader.record(entry, where)
        account.records[record.kind.name, record.account, record.region][record.id] = record
    return account


def _object(entry: dict[str, Any], where: str) -> tuple[str, Object]:
    contents = [form for form in _CONTENTS if form in entry]
    if len(contents) != 1 or set(entry) - {"object", "modified", "etag", *_CONTENTS}:
        raise CrawlError(f"{where}: an object has one of {', '.join(_CONTENTS)}, and may have been modified, and an etag")
    try:
        place = parse_location(str(entry["object"]))
        content = _CONTENTS[contents[0]](entry[contents[0]])
        modified = datetime.fromisoformat(entry.get("modified", "2026-01-01T00:00:00Z")).astimezone(UTC)
        return place.uri, Object(content.encode(), modified, str(entry.get("etag", "")))
    except (MalformedName, TypeError, ValueError, OverflowError) as error:
        raise CrawlError(f"{where}: {error}") from error


def _header(entry: dict[str, Any], where: str) -> Account:
    if entry.get("schema") != ACCOUNT_SCHEMA:
        raise CrawlError(f'{where}: the first line must say "schema": "{ACCOUNT_SCHEMA}", and says {entry.get("schema")!r}')
    if not is_arn(str(entry.get("caller"))) or not isinstance(entry.get("region"), str):
        raise CrawlError(f'{where}: the first line must name a "caller" (an ARN) and a "region"')
    regions = entry.get("regions")
    if regions is not None and not (isinstance(regions, list) and all(isinstance(one, str) for one in regions)):
        raise CrawlError(f'{where}: "regions" must be a list of region names')
    return Account(entry["caller"], entry["region"], regions)


class _LineReader:
    """Reads lines and checks them against the service model's shapes. Every method raises `CrawlError`, naming the line."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._operations = {*model.operation_names, *OTHER_OPERATIONS}
        self._shapes = {kind.name: _shapes_of(kind, model) for kind in KINDS.values()}
        self._nameless = 0

    # --- records --------------------------------------------------------------------------------

    def record(self, entry: dict[str, Any], where: str) -> AccountRecord:
        kind = KINDS.get(str(entry.get("kind")))
        if not kind or not self._shapes[kind.name][0]:
            known = ", ".join(sorted(name for name, (shape, _) in self._shapes.items() if shape))
            raise CrawlError(f"{where}: {entry.get('kind')!r} is not a kind (expected one of {known})")
        body, search, extras = entry.get("record"), entry.get("search", {}), entry.get("extras", {})
        if not isinstance(body, dict) or not isinstance(search, dict):
            source = f"the answer of {kind.describe}" if kind.describe else f"a summary of {kind.list}"
            raise CrawlError(f'{where}: "record" must hold {source}, as an object')
        ids = self._ids(kind, body, where)
        for problem in self._problems(kind, body, search, extras):
            raise CrawlError(f"{where}: {problem}")
        return AccountRecord(kind, *ids, body, body | search if search else body, extras)

    def _ids(self, kind: Kind, body: Mapping[str, Any], where: str) -> tuple[str, str, str]:
        """The id, the account and the region of a record."""
        field_name = kind.between[0] if kind.between else f"{kind.noun}Arn"
        try:
            arn = parse_arn(str(body.get(field_name)))
        except MalformedName as error:
            raise CrawlError(f"{where}: {field_name}: {error}") from error
        self._nameless += 1
        return f"{self._nameless:012}" if kind.between else arn.id, arn.account, arn.region

    def _problems(self, kind: Kind, body: Any, search: Any, extras: Any) -> Iterator[str]:
        own, found = self._shapes[kind.name]
        yield from _misfits(body, own, "record")
        # The names by which a call may ask for the record; a versioned package has no name of its own.
        wanted = kind.keys or ((f"{kind.noun}Name",) if kind.describe and kind is not MODEL_PACKAGE else ())
        yield from (f"record.{key} is missing" for key in wanted if key in own.members and not body.get(key))
        for shape in found if search else ():
            yield from _misfits(search, shape, "search")
        if extras != {}:
            yield from self._wrong_extras(kind, extras)

    def _wrong_extras(self, kind: Kind, extras: Any) -> Iterator[str]:
        known = {extra.member: extra for extra in kind.extras}
        if not isinstance(extras, dict) or not extras.keys() <= known.keys():
            yield f'"extras" of a {kind.name} is an object with {" and ".join(sorted(known)) or "nothing"} in it'
            return
        for member, value in extras.items():
            output = self._model.operation_model(known[member].operation).output_shape
            yield from _misfits(value, output.members[member], f"extras.{member}")  # type: ignore[union-attr]

    # --- events and faults ----------------------------------------------------------------------

    def event(self, entry: dict[str, Any], account: Account, where: str) -> Event:
        home = {"account": parse_arn(account.caller).account, "region": account.region}
        return read_event(home | entry, self._model.operation_names, where)

    def fault(self, entry: dict[str, Any], where: str) -> Fault:
        for problem in self._wrong_in_fault(entry):
            raise CrawlError(f"{where}: {problem}")
        words = {key: entry[key] for key in ("operation", "name", "region", "account", "times", "every") if key in entry}
        return Fault(code=entry["fault"], **words)

    def _wrong_in_fault(self, entry: dict[str, Any]) -> Iterator[str]:
        texts, numbers = {"fault", "operation", "name", "region", "account"}, {"times", "every"}
        for key, value in entry.items():
            if key not in texts | numbers:
                yield f'a fault has no "{key}"; it has {", ".join(sorted(texts | numbers))}'
            elif key in texts and not (isinstance(value, str) and value):
                yield f'"{key}" of a fault must be a text, not {json.dumps(value)[:40]}'
            elif key in numbers and not (type(value) is int and value > 0):
                yield f'"{key}" of a fault must be a number of calls, not {json.dumps(value)[:40]}'
        operation = entry.get("operation")
        if operation not in self._operations:
            yield f'"operation" of a fault is {operation!r} (expected one of SageMaker\'s, or {", ".join(OTHER_OPERATIONS)})'
        elif entry["fault"] in (EMPTY_PAGE, REPEATED_TOKEN) and not re.match(
            r"\*|Search|LookupEvents|List(?!Regions)", operation
        ):
            yield f"{operation} has no pages that {entry['fault']} could strike"


def _shapes_of(kind: Kind, model: ServiceModel) -> tuple[Any, list[Any]]:
    """The shape of a record of the kind (None if no call gives one), and those that its `search` part may have."""
    own = described_shape(model, kind) if kind.describe else None
    if kind.summaries and not kind.describe:
        own = list_member(model.operation_model(kind.list))[1]
    if not kind.search:
        return own, [model.shape_for("ListTagsOutput")]  # Search does not know the kind: only its tags can be given
    found = search_shape(model, kind)  # for a model, also its dashboard record
    return own, [found, found.members["Model"]] if kind.search == "Model" else [found]


def _misfits(value: Any, shape: Any, path: str) -> Iterator[str]:
    """What in a record does not have the type that botocore expects. Members that it does not know are passed through."""
    wanted = _JSON_TYPES.get(shape.type_name, str)
    if not isinstance(value, wanted) or (shape.type_name == "timestamp" and not _is_time(value)):
        yield f"{path} must be a {shape.type_name}, and is {json.dumps(value)[:40]}"
    elif shape.type_name == "structure":
        members = shape.members
        for key, child in value.items():
            if key in members and child is not None:
                yield from _misfits(child, members[key], f"{path}.{key}")
    elif shape.type_name == "list":
        for number, child in enumerate(value):
            yield from _misfits(child, shape.member, f"{path}[{number}]")
    elif shape.type_name == "map":
        for key, child in value.items():
            yield from _misfits(child, shape.value, f"{path}.{key}")


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        return False
    return True
