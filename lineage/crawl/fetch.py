"""One kind to records and gaps: describe, list and search calls, and what their failures mean.

Facts: SageMaker answers "not found" mostly as a `ValidationException` whose message says so, and for some
operations as `ResourceNotFound`; access denied is an `AccessDeniedException`; throttling is a 400.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
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

from lineage.crawl.redact import redact
from lineage.crawl.session import Session
from lineage.errors import CrawlError
from lineage.kinds import Kind
from lineage.names import is_arn, named_id, parse_arn
from lineage.records import Resource
from lineage.references import detail

_NOT_FOUND = re.compile(r"not found|could not find|does not exist|cannot find", re.IGNORECASE)
_NO_WAY = (
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
    TokenRetrievalError,
)
_IDENTITY_TROUBLE = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}


class Refused(Exception):
    """A call that AWS did not answer, with the reason as a `Gap` knows it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def refusal(error: BotoCoreError | ClientError) -> Refused:
    """What an error of a call means. Raises `CrawlError` where no further call can work either."""
    if isinstance(error, _NO_WAY):
        raise CrawlError(f"AWS could not be reached: {error}") from error
    if not isinstance(error, ClientError):
        return Refused("failed", f"{type(error).__name__}: {error}")
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    if code in _IDENTITY_TROUBLE:
        raise CrawlError(f"AWS does not take these credentials ({code}): sign in again") from error
    if "AccessDenied" in code or code in ("UnauthorizedOperation", "NotAuthorized"):
        return Refused("denied", message)
    if "Throttl" in code or code in ("RequestLimitExceeded", "TooManyRequestsException"):
        return Refused("throttled", message)
    if code.startswith("ResourceNotFound") or (code == "ValidationException" and _NOT_FOUND.search(message)):
        return Refused("missing", message)
    return Refused("failed", f"{code}: {message}")


class Fetcher:
    """Reads SageMaker for one caller. Every method gives records, or raises `Refused`."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def describe(self, kind: Kind, name: str, region: str) -> Resource:
        """The record of that name, or ARN. A "not found" is asked once more before it is believed."""
        shape = self._model(region).operation_model(kind.describe).input_shape
        key = shape.required_members[0]
        takes_arns = "arn" in shape.members[key].metadata.get("pattern", "")
        if is_arn(name) and not takes_arns:
            name = self._own_name(kind, name)
        parameter = {key: name}
        try:
            body = self.call(kind.describe, parameter, region)
        except Refused as refused:
            if refused.reason != "missing":
                raise
            time.sleep(self.session.patience)
            body = self.call(kind.describe, parameter, region)
        return replace(resource_of(kind, body, region), unknown=tuple(dict.fromkeys(self.session.unknown_members())))

    def _own_name(self, kind: Kind, arn: str) -> str:
        """The name in an ARN, for an operation that takes names: those are of the caller's own account only."""
        parsed = parse_arn(arn)
        if parsed.account != self.session.account:
            said = f"{kind.describe} reads the caller's own account only: crawl account {parsed.account} as well"
            raise Refused("not-crawled", said)
        return parsed.resource.partition("/")[2]

    def pages(self, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """Every page of a List or Search call: an empty page with a token is not the end."""
        paginator = self.session.client(region).get_paginator(xform_name(operation))
        shape = self._model(region).operation_model(operation).output_shape
        try:
            for page in paginator.paginate(**parameters):
                yield _plain(redact(page, shape))
        except (BotoCoreError, ClientError) as error:
            raise refusal(error) from error

    def listed(self, operation: str, parameters: Mapping[str, Any], region: str) -> Iterator[dict[str, Any]]:
        """The summaries of a List call, or the results of a Search, 100 a page."""
        shape = self._model(region).operation_model(operation).output_shape
        result = next(name for name, member in shape.members.items() if member.type_name == "list")
        for page in self.pages(operation, {"MaxResults": 100, **parameters}, region):
            yield from page.get(result) or ()

    def call(self, operation: str, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """One call. Raises `Refused`, or `CrawlError` where AWS could not be reached at all."""
        shape = self._model(region).operation_model(operation).output_shape
        try:
            answer = getattr(self.session.client(region), xform_name(operation))(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise refusal(error) from error
        return _plain(redact(answer, shape))  # type: ignore[no-any-return]

    def _model(self, region: str) -> Any:
        return self.session.client(region).meta.service_model


def resource_of(kind: Kind, body: dict[str, Any], region: str) -> Resource:
    """The record that an answer of Describe, or a result of Search, holds."""
    arn = str(body[f"{kind.noun}Arn"])
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
    )


def subject_of(kind: Kind, name: str, account: str, region: str) -> str:
    """The node id under which a gap speaks of something that was named and not read."""
    return parse_arn(name).id if is_arn(name) else named_id(kind.name, account, region, name)


def _plain(value: Any) -> Any:
    """An answer as plain JSON: times as ISO 8601 text in UTC."""
    if isinstance(value, dict):
        return {key: _plain(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no number for it
    return utc(value) if isinstance(value, datetime) else value


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`; milliseconds only where there are some."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")
