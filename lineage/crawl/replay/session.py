"""Answers from an account file through a real botocore client: parameters are validated, pages are cut, errors have
SageMaker's shapes, and nothing goes to a network.

`lineage.crawl.account` describes the file; `lineage.crawl.answers` gives SageMaker's answers. This file does the
rest: the caller, the region, and how an answer looks on the wire. Besides SageMaker, these services answer: STS
(GetCallerIdentity, and AssumeRole of any role of any account), Account (ListRegions), EC2 (DescribeRegions), S3
(GetObject, HeadObject) and CloudTrail (LookupEvents). Every other service denies access.
"""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import create_loader
from botocore.model import ServiceModel

from lineage.crawl.aws.session import Session, own_endpoints
from lineage.crawl.replay.account import read_account
from lineage.crawl.replay.answers import Answers, Where, not_found
from lineage.crawl.replay.faults import EMPTY_PAGE, REPEATED_TOKEN, Call, Failure, Faults
from lineage.crawl.replay.history import looked_up
from lineage.domain.names import is_arn, location_of, parse_arn

Credentials = tuple[str, str, str | None]
"""An access key, its secret and a token."""

OnAnswer = Callable[[str, Mapping[str, Any]], None]

_OWN: Credentials = ("replay", "replay", None)
_KEY = re.compile(r"ASIA(\d{12})([A-Z2-7]+)")
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d+/([^/]+)/")
# The names of the same errors in older protocols.
_CODES = {
    "sts": {
        "AccessDeniedException": "AccessDenied",
        "ThrottlingException": "Throttling",
        "UnrecognizedClientException": "InvalidClientTokenId",
        "ExpiredTokenException": "ExpiredToken",
    },
    "ec2": {
        "AccessDeniedException": "UnauthorizedOperation",
        "ThrottlingException": "RequestLimitExceeded",
        "UnrecognizedClientException": "AuthFailure",
        "ExpiredTokenException": "RequestExpired",
    },
    "s3": {"AccessDeniedException": "AccessDenied"},
}


def replay_session(
    path: str | Path,
    region: str | None = None,
    *,
    tries: int = 1,
    latency: float = 0.0,
    paced: bool = False,
    on_answer: OnAnswer | None = None,
) -> Session:
    """A session whose calls are answered from an account file, as the file's caller. Raises `CrawlError`, naming the line.

    It calls as fast as it can, unless it is `paced` as for AWS.
    """
    session = Session(boto=Replay(path, latency=latency, on_answer=on_answer).boto(region), tries=tries, paced=paced)
    session.patience = 0
    session.replayed = True
    return session


class Replay:
    """An account file behind botocore: sessions of any caller, all answered from one file. Threads may share it."""

    def __init__(self, path: str | Path, *, latency: float = 0.0, on_answer: OnAnswer | None = None) -> None:
        """Raises `CrawlError`, naming the line that can't be read.

        Each answer of SageMaker takes `latency` seconds; `on_answer` gets its operation and parameters, also for an error
        after which botocore tries again, on the calling thread.
        """
        self._model = _model("sagemaker")
        self.account = read_account(path, self._model)
        self._answers = Answers(self.account, self._model)
        self._faults = Faults(self.account.faults)
        self._latency = latency
        self._on_answer = on_answer
        self._services: dict[str, Callable[[_Asked], str | _Reply]] = {
            "sagemaker": self._sagemaker,
            "sts": self._sts,
            "account": self._regions,
            "ec2": self._ec2,
            "s3": self._s3,
            "cloudtrail": self._cloudtrail,
        }

    def boto(self, region: str | None = None, credentials: Credentials | None = None) -> boto3.Session:
        """A session with credentials from AssumeRole, by default as the file's caller; by default in the file's region."""
        core = _core()
        core.set_credentials(*(credentials or _OWN))
        for event, handler in self.hooks().items():
            core.get_component("event_emitter").register(event, handler)
        return boto3.Session(botocore_session=core, region_name=region or self.account.region)

    def hooks(self) -> dict[str, Callable[..., AWSResponse]]:
        """The event handlers, by event, that answer instead of the network: for a botocore session made elsewhere.

        A handler for one service only, such as `before-send.s3`, comes before these.
        """
        return {"before-send": self._respond}

    # --- one request ----------------------------------------------------------------------------

    def _respond(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        asked = self._asked(request, event_name)
        try:
            answer = self._services.get(asked.service, self._deny)(asked)
            return _response(request, answer if isinstance(answer, _Reply) else _Reply(answer.encode()))
        except Failure as failure:
            code = _CODES.get(asked.service, {}).get(failure.code, failure.code)
            status = failure.status if asked.service in ("sagemaker", "cloudtrail") else max(failure.status, 403)
            as_xml = _ERRORS.get(asked.service)
            words = {"__type": code, "message": failure.message}
            error = as_xml(code, failure.message) if as_xml else json.dumps(words)
            if asked.operation == "HeadObject":  # which has no body: only its status is sent
                error, status = "", 404 if failure.code == "NoSuchKey" else status
            return _response(request, _Reply(error.encode(), status))

    def _asked(self, request: Any, event_name: str) -> _Asked:
        _, service, operation = event_name.split(".", 2)
        header = request.headers.get("Authorization", "")
        signed = _CREDENTIAL.search(header.decode() if isinstance(header, bytes) else header)
        key, region = (signed[1], signed[2]) if signed else ("", "")  # gives the region in every partition
        return _Asked(service, operation, _parameters(request, service), self._caller(key), region or self.account.region)

    def _caller(self, key: str) -> str:
        """The ARN of the signer; an access key from AssumeRole contains it."""
        assumed = _KEY.fullmatch(key)
        if not assumed:
            return self.account.caller
        partition = parse_arn(self.account.caller).partition
        who = base64.b32decode(assumed[2] + "=" * (-len(assumed[2]) % 8)).decode()
        return f"arn:{partition}:sts::{assumed[1]}:assumed-role/{who}"

    def _struck(self, asked: _Asked, account: str = "") -> str:
        """The fault that spoils the call's page. Raises `Failure` if it is an error."""
        code = self._faults.strike(self._call(asked, account)) if self._faults else ""
        if code in ("", EMPTY_PAGE, REPEATED_TOKEN):
            return code
        if code == "AccessDeniedException":
            raise _denied(asked)
        raise not_found(asked.operation, asked.parameters) if code == "ResourceNotFound" else Failure(code)

    def _call(self, asked: _Asked, account: str) -> Call:
        kind = self._answers.kind_of(asked.operation, asked.parameters)
        names = {value for key, value in asked.parameters.items() if isinstance(value, str) and key != "NextToken"}
        names |= {name.partition("/")[2] for name in names if is_arn(name)} | ({kind.name} if kind else set())
        names |= {one["AttributeValue"] for one in asked.parameters.get("LookupAttributes", ())}
        folded = frozenset(name.casefold() for name in names)
        first = "NextToken" not in asked.parameters
        return Call(asked.service, asked.operation, account or asked.account, asked.region, folded, first)

    # --- services -------------------------------------------------------------------------------

    def _sagemaker(self, asked: _Asked) -> str:
        if self._on_answer:
            self._on_answer(asked.operation, asked.parameters)
        if self._latency:
            time.sleep(self._latency)
        self._check_region(asked)
        fault = self._struck(asked)
        operation = self._model.operation_model(asked.operation)
        return json.dumps(self._answers.answer(operation, asked.parameters, Where(asked.account, asked.region), fault))

    def _check_region(self, asked: _Asked) -> None:
        if self.account.regions is not None and asked.region not in self.account.regions:
            raise Failure("UnrecognizedClientException")

    def _cloudtrail(self, asked: _Asked) -> str:
        if asked.operation != "LookupEvents":
            return self._deny(asked)
        self._check_region(asked)
        fault = self._struck(asked)
        operation = _model("cloudtrail").operation_model(asked.operation)
        return json.dumps(looked_up(self.account.events, operation, asked.parameters, asked.account, asked.region, fault))

    def _sts(self, asked: _Asked) -> str:
        if asked.operation == "AssumeRole":
            result = self._assume_role(asked)
        elif asked.operation == "GetCallerIdentity":
            self._struck(asked)
            result = {"Arn": asked.caller, "UserId": "replay", "Account": asked.account}
        else:
            return self._deny(asked)
        return _xml({f"{asked.operation}Response": {f"{asked.operation}Result": result}})

    def _assume_role(self, asked: _Asked) -> dict[str, Any]:
        role, session = asked.parameters["RoleArn"], asked.parameters["RoleSessionName"]
        match = re.fullmatch(r"arn:[a-z-]+:iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]+)", role)
        if not match:
            raise Failure("ValidationError", f"{role} is invalid")
        self._struck(asked, match[1])
        expires = datetime.now(UTC) + timedelta(seconds=int(asked.parameters.get("DurationSeconds", 3600)))
        key = f"ASIA{match[1]}{base64.b32encode(f'{match[2]}/{session}'.encode()).decode().rstrip('=')}"
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": "replay",
                "SessionToken": "replay",
                "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "AssumedRoleUser": {"AssumedRoleId": f"replay:{session}", "Arn": self._caller(key)},
        }

    def _regions(self, asked: _Asked) -> str:
        if asked.operation != "ListRegions":
            return self._deny(asked)
        self._struck(asked)
        wanted = asked.parameters.get("RegionOptStatusContains") or ("ENABLED",)
        enabled = {"ENABLED", "ENABLED_BY_DEFAULT"} & set(wanted)
        regions = [{"RegionName": region, "RegionOptStatus": "ENABLED"} for region in self._enabled() if enabled]
        return json.dumps({"Regions": regions})

    def _ec2(self, asked: _Asked) -> str:
        if asked.operation != "DescribeRegions":
            return self._deny(asked)
        self._struck(asked)
        regions = [{"regionName": region, "optInStatus": "opt-in-not-required"} for region in self._enabled()]
        return _xml({"DescribeRegionsResponse": {"regionInfo": {"item": regions}}})

    def _s3(self, asked: _Asked) -> str | _Reply:
        if asked.operation not in ("GetObject", "HeadObject"):
            return self._deny(asked)
        self._struck(asked)
        found = self.account.objects.get(asked.parameters["Uri"])
        if not found:
            raise Failure("NoSuchKey", "The specified key does not exist.")
        headers = {
            "ETag": found.etag,
            "Last-Modified": format_datetime(found.modified, usegmt=True),
            "Content-Length": str(len(found.content)),
            "x-amz-checksum-sha256": found.checksum,
            "x-amz-checksum-type": "FULL_OBJECT",
        }
        return _Reply(found.content if asked.operation == "GetObject" else b"", headers=headers)

    def _deny(self, asked: _Asked) -> str:
        raise _denied(asked)

    def _enabled(self) -> list[str]:
        return [self.account.region] if self.account.regions is None else self.account.regions


class _Asked(NamedTuple):
    """One request, read."""

    service: str
    operation: str
    parameters: dict[str, Any]
    caller: str
    region: str

    @property
    def account(self) -> str:
        return parse_arn(self.caller).account


class _Reply(NamedTuple):
    """What goes back over the wire."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = {}


def _core() -> botocore.session.Session:
    nothing: Any = (None, None, None, None)  # no environment variable or file of this machine is read
    core = botocore.session.Session(session_vars=dict.fromkeys(("profile", "config_file", "credentials_file"), nothing))
    own_endpoints(core)
    core.register_component("data_loader", _loader())
    return core


_loader = cache(create_loader)  # reads each service model once for all sessions


@cache
def _model(service: str) -> ServiceModel:
    """One for all sessions: a model resolves each shape once, and a session of its own takes longer than most replays."""
    return _core().get_service_model(service)


def _denied(asked: _Asked) -> Failure:
    said = f"is not authorized to perform: {asked.service}:{asked.operation} because no identity-based policy allows it"
    return Failure("AccessDeniedException", f"User: {asked.caller} {said}")


# --- the wire -------------------------------------------------------------------------------------


def _parameters(request: Any, service: str) -> dict[str, Any]:
    body = request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    if service in ("sts", "ec2"):
        return {key: values[0] for key, values in parse_qs(text).items() if key not in ("Action", "Version")}
    if service == "s3":
        place = location_of(request.url)
        return {"Uri": place.uri if place else ""}
    return dict(json.loads(text or "{}")) if service in ("sagemaker", "account", "cloudtrail") else {}


class _Raw(io.BytesIO):
    """A body as urllib3 would give it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def _response(request: Any, reply: _Reply) -> AWSResponse:
    headers = HTTPHeaders()
    for name, value in reply.headers.items():
        headers[name] = value
    return AWSResponse(request.url, reply.status, headers, _Raw(reply.body))


def _xml(value: Any) -> str:
    if not isinstance(value, Mapping):
        return escape(str(value))
    pairs = ((tag, one) for tag, child in value.items() for one in (child if isinstance(child, list) else [child]))
    return "".join(f"<{tag}>{_xml(child)}</{tag}>" for tag, child in pairs)


_ERRORS: Mapping[str, Callable[[str, str], str]] = {
    "sts": lambda code, message: _xml({"ErrorResponse": {"Error": {"Code": code, "Message": message}}}),
    "ec2": lambda code, message: _xml({"Response": {"Errors": {"Error": {"Code": code, "Message": message}}}}),
    "s3": lambda code, message: _xml({"Error": {"Code": code, "Message": message}}),
}
