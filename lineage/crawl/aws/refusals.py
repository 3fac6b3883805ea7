"""Failed calls: AWS refused, could not be reached, or something else answered in its place.

Facts: SageMaker answers "not found" mostly as a `ValidationException` whose message says so, and for some
operations as `ResourceNotFound`; access denied is an `AccessDeniedException`; throttling is a 400. A proxy's login page
or a gateway's error page may come with a 200. botocore then makes `{'message': …}` of it without an error if the service
speaks JSON (SageMaker, CloudTrail, Account); it refuses invalid XML with an error that is not a `BotoCoreError` (STS, EC2);
for S3, whose answers are headers, it finds no header.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

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
from botocore.parsers import ResponseParserError

from lineage.crawl.aws.decoding import decode
from lineage.crawl.aws.pace import THROTTLED
from lineage.domain.redact import excerpt, without_secrets
from lineage.domain.text import says_missing
from lineage.errors import CrawlError, MalformedName

_NO_WAY = (EndpointConnectionError, ProxyConnectionError, SSLError)
_NOBODY = (CredentialRetrievalError, NoCredentialsError, TokenRetrievalError)
_EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
# The errors of a region that is not enabled for the account, and of wrong credentials.
_STRANGERS = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "OptInRequired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_NO_OBJECT = ("NoSuchBucket", "NoSuchKey")
UNREADABLE = (KeyError, TypeError, ValueError, MalformedName)  # the errors of an answer that is not as the API says
UNPARSED = (*UNREADABLE, AttributeError, ResponseParserError)  # and botocore's errors for one that is not even of its protocol


def json_object(body: bytes) -> dict[str, Any]:
    """The answer of a service that speaks JSON. Raises `ValueError`, with what came instead."""
    with contextlib.suppress(ValueError, RecursionError):
        if isinstance(answer := decode(body), dict):
            return answer
    raise ValueError(excerpt(body))


def error_body(body: bytes) -> bytes:
    """An error of such a service in a form that botocore reads: a page, or any other text, becomes its message."""
    try:
        said = json_object(body)
    except ValueError as error:
        return json.dumps({"message": str(error)}).encode()
    return json.dumps({name: text for name, text in said.items() if isinstance(text, str)}).encode()


def told(error: Exception) -> str:
    """An error on one line: botocore quotes all that it could not parse, which may be a page."""
    if isinstance(error, (BotoCoreError, ClientError)) and "<" not in str(error):
        return without_secrets(str(error))
    return f"its answer can't be read ({type(error).__name__}: {excerpt(str(error).encode())})"


class Refused(Exception):
    """A call that AWS did not answer, with the reason for a `Gap`.

    Secrets are cut from its detail, because it may repeat what was sent, a proxy's address, or a part of a manifest.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = without_secrets(detail)
        super().__init__(self.detail)


class Throttled(Refused):
    """A call that was throttled too often."""


class Garbled(Refused):
    """An answer that does not fit its operation, with any status: it counts as no answer."""

    def __init__(self, operation: str, said: str) -> None:
        super().__init__("failed", f"the answer to {operation} is not one of AWS's: {said}")
        self.said = said


class Unreachable(CrawlError):
    """A region, or all of AWS, could not be connected to."""


def refusal(error: BotoCoreError | ClientError) -> Refused:
    """What an error of a call means. Raises `CrawlError` if no further call can work either."""
    if isinstance(error, _NO_WAY):
        raise Unreachable(f"AWS could not be reached: {without_secrets(str(error))}") from None
    if isinstance(error, _NOBODY):
        raise CrawlError(f"AWS could not be reached: {without_secrets(str(error))}") from None
    if not isinstance(error, ClientError):
        return Refused("failed", f"{type(error).__name__}: {error}")
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message") or ""
    if code in _EXPIRED:
        raise CrawlError(f"these credentials have expired ({code}): sign in again and run the same command") from None
    if code in _STRANGERS:
        return Refused("denied", f"AWS does not take these credentials here ({code}): is the region enabled?")
    if "AccessDenied" in code or code in ("403", "UnauthorizedOperation", "NotAuthorized"):
        return Refused("denied", message)
    if code in THROTTLED:
        return Throttled("throttled", message)
    if _says_missing(code, message, error.operation_name):
        return Refused("missing", message)
    return Refused("failed", f"{code}: {message}")


def _says_missing(code: str, message: str, operation: str) -> bool:
    """Whether an error says that the thing does not exist. A bare 404 is not enough: a gateway may send one too."""
    if code == "404":
        return operation == "HeadObject"  # which has no body, and so no error code
    named = code in _NO_OBJECT or code.startswith("ResourceNotFound")
    return named or (code == "ValidationException" and says_missing(message))


def refused_by(
    do: Callable[[], None], service: str = "AWS", unreadable: tuple[type[Exception], ...] = UNREADABLE
) -> Refused | None:
    """Why something could not be read, or None. An answer that this version can't read counts as a refusal."""
    try:
        do()
    except Refused as refused:
        return refused
    except Unreachable as unreachable:
        return Refused("failed", str(unreachable))
    except unreadable as error:
        return Refused("failed", f"{service} answered what this version can't read: {type(error).__name__} {error}")
    return None
