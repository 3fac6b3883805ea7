"""An account file, answered through a real botocore client: parameters are validated, pages are cut, errors have
SageMaker's shapes, and not one byte goes to a network.

The file holds one JSON object a line:

    {"schema": "lineage.account/1", "caller": "arn:aws:sts::111122223333:assumed-role/auditor/jo", "region": "eu-west-1"}
    {"kind": "training-job", "record": {…as DescribeTrainingJob gives it…}, "search": {…what only Search gives…}}
    {"fault": "AccessDeniedException", "operation": "DescribeModel", "name": "loans-7"}

Times are ISO 8601 text. A fault without a name strikes every call of its operation. Facts: List filters apply
after the page is cut, so that an empty page with a token is normal; Search cuts its records down to its own shape.
"""

from __future__ import annotations

import io
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from lineage.crawl.session import Session
from lineage.errors import CrawlError, MalformedName
from lineage.expressions import filters_in, holds, values_at
from lineage.kinds import KINDS, Kind
from lineage.names import is_arn, parse_arn
from lineage.references import detail

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

SCHEMA = "lineage.account/1"
_SEARCH_MEMBER = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}
_SEVERAL_CONTAINS = ("Experiment", "ExperimentTrial", "ExperimentTrialComponent")
_NOT_FOUND = {
    "TrainingJob": ("ValidationException", "Requested resource not found."),
    "ProcessingJob": ("ValidationException", 'Could not find requested job with name: "{name}"'),
    "Endpoint": ("ValidationException", 'Could not find endpoint "{name}".'),
    "EndpointConfig": ("ValidationException", 'Could not find endpoint configuration "{name}".'),
    "Model": ("ValidationException", 'Could not find model "{name}".'),
    "ModelPackage": ("ValidationException", "ModelPackage {name} does not exist."),
    "InferenceComponent": ("ValidationException", 'Could not find inference component "{name}".'),
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
# The fields that a List filter compares, where its name does not say so itself.
_FILTER_FIELDS = {"SourceArn": "Source.SourceArn", "TrialName": "Parents.TrialName"}


@dataclass(frozen=True, slots=True)
class _Record:
    kind: Kind
    body: dict[str, Any]
    search: dict[str, Any]

    @property
    def arn(self) -> str:
        return str(self.body[f"{self.kind.noun}Arn"])

    @property
    def whole(self) -> dict[str, Any]:
        return self.body | self.search


class _Failure(Exception):
    """An answer that is an error: a code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True)
class Account:
    """What an account file holds."""

    caller: str
    region: str
    records: dict[str, dict[str, _Record]] = field(default_factory=lambda: defaultdict(dict))
    faults: dict[tuple[str, str], str] = field(default_factory=dict)


def replay_session(path: str | Path, region: str | None = None) -> Session:
    """A session whose calls are answered from an account file. Raises `CrawlError`, naming the line."""
    account = read_account(path)
    nothing: Any = (None, None, None, None)  # neither a variable nor a file of this machine is looked at
    core = botocore.session.Session(session_vars=dict.fromkeys(("profile", "config_file", "credentials_file"), nothing))
    core.set_credentials("replay", "replay")
    boto = boto3.Session(botocore_session=core, region_name=region or account.region)
    answering = _Answering(account, core.get_service_model("sagemaker"))
    handlers: dict[str, Any] = {"sagemaker": answering.sagemaker, "sts": answering.sts}
    for service, handler in handlers.items():
        boto.events.register(f"before-send.{service}", handler)
    session = Session(boto=boto, tries=1)
    session.patience = 0
    return session


# --- reading the file ---------------------------------------------------------------------------


def read_account(path: str | Path) -> Account:
    """Read an account file. Raises `CrawlError`, naming the line that can't be read."""
    account: Account | None = None
    model = botocore.session.Session().get_service_model("sagemaker")
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    account = _take(account, line, f"{path} line {number}", model)
    except (OSError, UnicodeDecodeError) as error:
        raise CrawlError(f"the account file {path} can't be read: {error}") from error
    if account is None:
        raise CrawlError(f'the account file {path} is empty: its first line says {{"schema": "{SCHEMA}", …}}')
    return account


def _take(account: Account | None, line: str, where: str, model: ServiceModel) -> Account:
    try:
        entry = json.loads(line)
        json.dumps(entry, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise CrawlError(f"{where}: no JSON ({error}); an account file has one JSON object a line") from error
    if not isinstance(entry, dict):
        raise CrawlError(f"{where}: a JSON object is wanted, not {type(entry).__name__}")
    if account is None:
        return _header(entry, where)
    if "fault" in entry:
        account.faults[str(entry.get("operation")), str(entry.get("name", "")).casefold()] = str(entry["fault"])
    else:
        record = _record(entry, where, model)
        account.records[record.kind.name][parse_arn(record.arn).id] = record
    return account


def _header(entry: dict[str, Any], where: str) -> Account:
    if entry.get("schema") != SCHEMA:
        raise CrawlError(f'{where}: the first line must say "schema": "{SCHEMA}", and says {entry.get("schema")!r}')
    if not is_arn(str(entry.get("caller"))) or not isinstance(entry.get("region"), str):
        raise CrawlError(f'{where}: the first line must name a "caller" (an ARN) and a "region"')
    return Account(entry["caller"], entry["region"])


def _record(entry: dict[str, Any], where: str, model: ServiceModel) -> _Record:
    kind = KINDS.get(str(entry.get("kind")))
    if not kind or not kind.describe:
        known = ", ".join(sorted(kind.name for kind in KINDS.values() if kind.describe))
        raise CrawlError(f"{where}: no kind {entry.get('kind')!r}; the kinds are {known}")
    body, search = entry.get("record"), entry.get("search", {})
    if not isinstance(body, dict) or not isinstance(search, dict):
        raise CrawlError(f'{where}: "record" must hold the answer of {kind.describe}, as an object')
    try:
        parse_arn(str(body.get(f"{kind.noun}Arn")))
    except MalformedName as error:
        raise CrawlError(f"{where}: {kind.noun}Arn: {error}") from error
    problems = [*_misfits(body, model.operation_model(kind.describe).output_shape, "record"), *_missing(kind, body)]
    if problems:
        raise CrawlError(f"{where}: {problems[0]}")
    return _Record(kind, body, search)


def _missing(kind: Kind, body: Mapping[str, Any]) -> Iterator[str]:
    name = f"{kind.noun}Name"
    if not body.get(name) and kind.name != "model-package":  # a versioned package has no name of its own
        yield f"record.{name} is missing"


def _misfits(value: Any, shape: Any, path: str) -> Iterator[str]:
    """What in a record is not of the type that botocore expects there. Members that it does not know are let through."""
    wanted = _JSON_TYPES.get(shape.type_name, str)
    if not isinstance(value, wanted) or (shape.type_name == "timestamp" and not _is_time(value)):
        yield f"{path} must be a {shape.type_name}, and is {json.dumps(value)[:40]}"
    elif shape.type_name == "structure":
        for key, child in value.items():
            if key in shape.members and child is not None:
                yield from _misfits(child, shape.members[key], f"{path}.{key}")
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


# --- answering ----------------------------------------------------------------------------------


class _Raw(io.BytesIO):
    """A body as urllib3 would hand it over."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _response(request: Any, status: int, body: str) -> AWSResponse:
    return AWSResponse(request.url, status, HTTPHeaders(), _Raw(body.encode()))


class _Answering:
    """The event handlers that stand where the network would be."""

    def __init__(self, account: Account, model: ServiceModel) -> None:
        self._account = account
        self._model = model

    def sts(self, request: Any, **_: Any) -> AWSResponse:
        arn = escape(self._account.caller)
        number = parse_arn(self._account.caller).account
        body = (
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            f"<Arn>{arn}</Arn><UserId>replay</UserId><Account>{number}</Account>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
        return _response(request, 200, body)

    def sagemaker(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        operation = self._model.operation_model((target.decode() if isinstance(target, bytes) else target).split(".")[1])
        parameters = json.loads(request.body or b"{}")
        region = request.url.split(".")[2] if ".sagemaker." in request.url else self._account.region
        try:
            status, body = 200, self._answer(operation, parameters, region)
        except _Failure as failure:
            status, body = 400, {"__type": failure.code, "message": failure.message}
        return _response(request, status, json.dumps(body))

    def _answer(self, operation: OperationModel, parameters: dict[str, Any], region: str) -> dict[str, Any]:
        name = operation.name
        if name.startswith("Describe"):
            return self._describe(operation, parameters, region)
        self._strike(name, "")
        answer = self._search(parameters, region) if name == "Search" else self._list(operation, parameters, region)
        wire: dict[str, Any] = _on_the_wire(answer, operation.output_shape)
        return wire

    def _records(self, kind: Kind | None, region: str, *, own: bool = True) -> list[_Record]:
        """The records of a kind in a region; of the caller's own account, or whatever an ARN can reach."""
        account = parse_arn(self._account.caller).account
        arns = {arn: parse_arn(arn) for arn in (self._account.records[kind.name] if kind else ())}
        return [
            self._account.records[kind.name][arn]
            for arn, parsed in sorted(arns.items())
            if kind and parsed.region == region and (not own or parsed.account == account)
        ]

    def _strike(self, operation: str, name: str) -> None:
        for key in ((operation, name.casefold()), (operation, "")):
            code = self._account.faults.get(key)
            if code == "AccessDeniedException":
                said = f"is not authorized to perform: sagemaker:{operation} because no identity-based policy allows it"
                raise _Failure(code, f"User: {self._account.caller} {said}")
            if code:
                raise _Failure(code, "Rate exceeded" if "Throttl" in code else code)

    def _describe(self, operation: OperationModel, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        noun = operation.name.removeprefix("Describe")
        ((key, name),) = parameters.items()
        _refuse_name(operation, key, name)
        self._strike(operation.name, name)
        kind = next((kind for kind in KINDS.values() if kind.describe == operation.name), None)
        for record in self._records(kind, region, own=not name.startswith("arn:")):
            if name.casefold() in (record.arn.casefold(), record.arn.partition("/")[2].casefold()):
                wire: dict[str, Any] = _on_the_wire(record.body, operation.output_shape)
                return wire
        code, message = _NOT_FOUND.get(noun, ("ResourceNotFound", f"{noun} '{{name}}' does not exist."))
        raise _Failure(code, message.format(name=name))

    def _list(self, operation: OperationModel, parameters: dict[str, Any], region: str) -> dict[str, Any]:
        kind = next(kind for kind in KINDS.values() if kind.list == operation.name)
        members: dict[str, Any] = operation.output_shape.members if operation.output_shape else {}
        result = next(name for name, shape in members.items() if shape.type_name == "list")
        page, token = _cut(self._records(kind, region), parameters)
        kept = [record for record in page if self._passes(kind, record, parameters)]
        return {result: [_summary(record, members[result].member) for record in kept]} | token

    def _passes(self, kind: Kind, record: _Record, parameters: Mapping[str, Any]) -> bool:
        if kind.name == "trial" and "TrialComponentName" in parameters:
            return record.body["TrialName"] in self._trials_of(parameters["TrialComponentName"])
        return all(_satisfies(record, name, value) for name, value in parameters.items())

    def _trials_of(self, component: str) -> list[Any]:
        records = self._account.records["trial-component"].values()
        return [
            name
            for record in records
            if record.body["TrialComponentName"].casefold() == component.casefold()
            for name in values_at(record.whole, "Parents.TrialName")
        ]

    def _search(self, parameters: dict[str, Any], region: str) -> dict[str, Any]:
        resource, expression = parameters["Resource"], parameters.get("SearchExpression") or {}
        member = _SEARCH_MEMBER.get(resource, resource)
        shape = self._model.shape_for("SearchRecord").members[member]  # type: ignore[attr-defined]
        _refuse(expression, resource, shape)
        kind = next((kind for kind in KINDS.values() if kind.search == resource), None)
        bodies = [_shaped(record.whole, shape) for record in self._records(kind, region)]
        order = parameters.get("SortBy", "LastModifiedTime")
        descending = parameters.get("SortOrder", "Descending") == "Descending"
        bodies = sorted(bodies, key=lambda body: str(body.get(order, "")), reverse=descending)
        found = [body for body in bodies if holds(expression, body)]
        page, token = _cut(found, parameters)
        results = [{member: {"Model": body} if member == "Model" else body} for body in page]
        return {"Results": results, "TotalHits": {"Value": len(found), "Relation": "EqualTo"}} | token


def _refuse_name(operation: OperationModel, key: str, name: str) -> None:
    """What Describe refuses before it looks: a name that is too long, or an ARN where only names are taken."""
    words = operation.input_shape.members[key].metadata if operation.input_shape else {}
    fits = re.fullmatch(str(words.get("pattern") or ".*"), name)
    if not fits or len(name) > int(words.get("max") or len(name)):
        said = f"1 validation error detected: Value '{name}' at '{key}' failed to satisfy constraint"
        raise _Failure("ValidationException", said)


def _cut(items: list[Any], parameters: Mapping[str, Any]) -> tuple[list[Any], dict[str, str]]:
    start, size = int(parameters.get("NextToken", 0)), int(parameters.get("MaxResults", 10))
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more


def _summary(record: _Record, shape: Any) -> dict[str, Any]:
    whole = record.whole
    renamed = {f"{record.kind.noun}Source": whole.get("Source"), f"{record.kind.noun}Status": _status(record)}
    return {name: value for name in shape.members if (value := whole.get(name, renamed.get(name))) is not None}


def _status(record: _Record) -> Any:
    return detail(record.body, record.kind.status or f"{record.kind.noun}Status")


def _satisfies(record: _Record, parameter: str, value: Any) -> bool:
    """Whether a record passes one filter of a List call; what is no filter lets everything through."""
    tests: dict[str, Callable[[], bool]] = {
        "NameContains": lambda: value.casefold() in record.arn.partition("/")[2].casefold(),
        "StatusEquals": lambda: _status(record) == value,
        "CreationTimeAfter": lambda: _epoch(record.body.get("CreationTime")) >= value,
        "CreationTimeBefore": lambda: _epoch(record.body.get("CreationTime")) <= value,
    }
    if parameter in tests:
        return tests[parameter]()
    field_name = _FILTER_FIELDS.get(parameter, parameter.removesuffix("Equals"))
    if parameter in ("MaxResults", "NextToken", "SortBy", "SortOrder"):
        return True
    return value in values_at(record.whole, field_name)


def _refuse(expression: Mapping[str, Any], resource: str, shape: Any) -> None:
    """What Search itself refuses: properties it does not know, and a second `Contains`."""
    filters = list(filters_in(expression))
    for one in filters:
        if not _knows(shape, one["Name"]):
            raise _Failure("ValidationException", f"Unknown property name: {one['Name']}")
    contains = [one for one in filters if one.get("Operator") == "Contains"]
    if len(contains) > 1 and resource not in _SEVERAL_CONTAINS:
        raise _Failure("ValidationException", "'CONTAINS' operator usage limit of 1 exceeded")


def _knows(shape: Any, name: str) -> bool:
    if name.partition(".")[0] in ("Tags", "HyperParameters", "Metrics", "Parameters"):
        return True
    for step in name.split("."):
        while shape.type_name == "list":
            shape = shape.member
        if shape.type_name == "map":
            return True
        if shape.type_name != "structure" or step not in shape.members:
            return False
        shape = shape.members[step]
    return True


def _shaped(value: Any, shape: Any) -> Any:
    """The value cut down to what the shape knows: Search leaves members out that Describe gives."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _shaped(child, shape.members[key]) for key, child in value.items() if key in shape.members}
    if shape.type_name == "list" and isinstance(value, list):
        return [_shaped(child, shape.member) for child in value]
    return value


def _on_the_wire(value: Any, shape: Any) -> Any:
    """The value as the JSON protocol sends it: times as seconds. Members the shape lacks are sent as they are."""
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, dict):
        return {key: _on_the_wire(child, shape.members.get(key)) for key, child in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [_on_the_wire(child, shape.member) for child in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _on_the_wire(child, shape.value) for key, child in value.items()}
    return _epoch(value) if shape.type_name == "timestamp" else value


def _epoch(text: Any) -> float:
    return datetime.fromisoformat(str(text)).timestamp() if text else 0.0
