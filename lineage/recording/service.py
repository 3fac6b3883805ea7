"""The calls of the recording side, by operation name, and the meaning of each refusal.

A call is made by boto3's own client, with credentials, region, endpoints and profiles from boto3's own chain. `call` only
repeats when botocore does; `steadily` repeats during temporary failures (throttling, conflicts, a lost network) until its
patience ends.
"""

from __future__ import annotations

import hashlib
import logging
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, TypeVar

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's own, for everything that is not an answer)
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from lineage.domain.called import asking
from lineage.domain.text import one_line, says_missing
from lineage.errors import AlreadyExists, NotRecorded, NotThere, RefusedValue


def _on_one_line(record: logging.LogRecord) -> bool:
    """Log messages go to stderr by default, so they must not contain terminal controls."""
    record.msg, record.args = one_line(record.getMessage()), ()
    return True


LOGGER: Final = logging.getLogger("lineage.recording")  # of the whole room
LOGGER.addFilter(_on_one_line)
PAGE: Final = 100  # the maximum of a page of List or Search
BUSY: Final = "busy"  # throttled, in conflict with another writer, or failed in the service: passes by itself
UNREACHABLE: Final = "unreachable"  # no connection: may pass by itself
DENIED: Final = "denied"  # no or expired credentials, or no permission: passes when somebody acts
PASSING: Final = (BUSY, UNREACHABLE)
PATIENCE: Final = 20.0  # seconds during which a foreground call is repeated

_LONGEST_WAIT = 5.0
_OF_METRICS = ("BatchPutMetrics",)
_OF_S3 = ("GetBucketVersioning", "HeadObject", "ListObjectVersions", "ListObjectsV2", "PutObject")
_BUSY_CODES = (
    *("ConflictException", "InternalFailure", "InternalServerException", "ServiceUnavailable", "RequestTimeout"),
    *("RequestLimitExceeded", "BandwidthLimitExceeded", "PriorRequestNotComplete", "TransactionInProgressException"),
)
# Errors of the signer, not of the request: deleted keys, a wrong clock, a late signature.
_SIGNED_WRONG = (
    *("UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId", "IncompleteSignature", "InvalidSignature"),
    *(
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "MissingAuthenticationToken",
        "RequestExpired",
        "RequestTimeTooSkewed",
    ),
)
_NOBODY = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError)
_PAGE = re.compile(r"\s*<(!doctype|html)\b", re.IGNORECASE)  # what a proxy or a stand-in answers in place of the service
_NO_WAY = (ConnectionError, HTTPClientError)

Json = dict[str, Any]
Answer = TypeVar("Answer")


class Service:
    """SageMaker, its metrics and S3 for one caller. Clients are made at first use; threads may share one."""

    def __init__(self, session: Any = None, patience: float | None = None) -> None:
        """`session`: a `boto3.Session`, an object with one as `boto_session` (an SDK session), or None for boto3's default."""
        self.given = session
        self.patience = PATIENCE if patience is None else patience
        self._boto: boto3.Session = getattr(session, "boto_session", None) or session or _default_session()
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()  # boto3 cannot make two clients at once

    def impatient(self) -> Service:
        """The same with one try for each call: for callers that repeat by themselves."""
        same = copy(self)
        same.patience = 0.0
        return same

    @property
    def profile(self) -> str:
        """The signer, as far as known without a call: the profile and the source of its credentials, or the keys.

        Keys in the environment may differ from process to process; a digest of their id distinguishes them.
        """
        name = str(getattr(self._boto, "profile_name", "") or "default")
        try:
            credentials = self._boto.get_credentials()
        except BotoCoreError:
            return name
        if credentials is None:
            return name
        if credentials.method not in ("env", "explicit"):
            return f"{name} {credentials.method}"
        return f"keys {hashlib.sha256(str(credentials.access_key).encode()).hexdigest()[:16]}"

    @property
    def region(self) -> str:
        """The region of the recording. Raises `NotRecorded` if there is none."""
        region: str | None = self._client("sagemaker").meta.region_name
        return str(region)

    def call(self, operation: str, **request: Any) -> Json:
        """One call. Raises `NotThere`, `AlreadyExists`, `RefusedValue`, or `NotRecorded` with its cause."""
        client = self._client(_service_of(operation))
        try:
            answer: Json = getattr(client, xform_name(operation))(**request)
        except (BotoCoreError, ClientError) as error:
            raise _meaning(error, operation) from None
        return answer

    def steadily(self, operation: str, **request: Any) -> Json:
        """The same, repeated during temporary failures, as long as the patience lasts."""
        return self.patiently(lambda: self.call(operation, **request))

    def patiently(self, ask: Callable[[], Answer]) -> Answer:
        """The result of `ask`, which is repeated during temporary failures, as long as the patience lasts."""
        until = time.monotonic() + self.patience
        for wait in waits():
            try:
                return ask()
            except NotRecorded as error:
                if error.cause not in PASSING or time.monotonic() + wait > until:
                    raise
                time.sleep(wait)
        raise AssertionError  # the waits never end

    def pages(self, operation: str, **request: Any) -> Iterator[Json]:
        """The pages of a List or Search call, each fetched when needed."""
        token: Json = {}
        while True:
            page = self.steadily(operation, **request, **token)
            yield page
            if not page.get("NextToken") or {"NextToken": page["NextToken"]} == token:
                return
            token = {"NextToken": page["NextToken"]}

    def upload(self, path: str, bucket: str, key: str, **extra: Any) -> None:
        """Upload a file to S3, in parts if it is large. Raises like `call`; `OSError` if the file can't be read."""
        from boto3.exceptions import S3UploadFailedError

        try:
            self._client("s3").upload_file(path, bucket, key, ExtraArgs=extra)
        except S3UploadFailedError as error:
            cause = error.__cause__ or error.__context__
            if isinstance(cause, (BotoCoreError, ClientError)):
                raise _meaning(cause, "PutObject") from None
            raise NotRecorded(f"{path} was not uploaded: {error}", UNREACHABLE) from None
        except (BotoCoreError, ClientError) as error:
            raise _meaning(error, "PutObject") from None

    def _client(self, name: str) -> Any:
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._made(name)
            return self._clients[name]

    def _made(self, name: str) -> Any:
        # A waiting caller repeats by itself; only S3 gets large things, in parts.
        retries: Any = {"mode": "standard", "total_max_attempts": 2 if name == "s3" else 1}
        config = Config(retries=retries, connect_timeout=5, read_timeout=10, user_agent_extra="sagemaker-lineage")
        try:
            return self._boto.client(name, config=config)  # type: ignore[call-overload]
        except NoRegionError as error:
            raise _meaning(error, name) from None
        except BotoCoreError as error:
            raise NotRecorded(f"boto3 can't make a client for {name}: {error}", DENIED) from None


def session_of(profile: str | None = None, region: str | None = None) -> boto3.Session:
    """A boto3 session for a profile and a region; without them boto3's default. Raises `RefusedValue`."""
    try:
        return boto3.Session(profile_name=profile, region_name=region)
    except BotoCoreError as error:
        raise RefusedValue(f"{error}: name a profile of ~/.aws/config") from None


def _default_session() -> boto3.Session:
    try:
        return boto3.Session()
    except BotoCoreError as error:
        raise NotRecorded(f"{error}: AWS_PROFILE must name one of ~/.aws/config", DENIED) from None


def waits() -> Iterator[float]:
    """The seconds to wait before the next try: doubled each time, with a random part so writers do not collide."""
    wait = 0.1
    while True:
        yield wait * random.uniform(0.5, 1.0)  # noqa: S311  (not a secret)
        wait = min(2 * wait, _LONGEST_WAIT)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@cache
def _service_of(operation: str) -> str:
    if operation in _OF_METRICS:
        return "sagemaker-metrics"
    if operation in _OF_S3:
        return "s3"
    return "sts" if operation == "GetCallerIdentity" else "sagemaker"


def _meaning(error: BotoCoreError | ClientError, operation: str) -> Exception:
    """What a refusal means for the recording."""
    if isinstance(error, _NOBODY):
        return NotRecorded("no AWS credentials: sign in (`aws sso login`), or set AWS_PROFILE", DENIED)
    if isinstance(error, NoRegionError):  # by the client when it is made, or, where AWS_ENDPOINT_URL is set, by a call of STS
        given = asking("lineage record run --region R", "a session with one")
        return NotRecorded(f"no AWS region: set AWS_DEFAULT_REGION, or use {given}", DENIED)
    if isinstance(error, ParamValidationError):
        return RefusedValue(f"{operation} can't be asked like that: {' '.join(str(error).split())}")
    if isinstance(error, _NO_WAY):
        return NotRecorded(f"AWS could not be reached ({operation}): {error}", UNREACHABLE)
    if not isinstance(error, ClientError):
        return NotRecorded(f"{operation} failed: {error}", BUSY)
    return _answered(error, operation)


def _answered(error: ClientError, operation: str) -> Exception:
    said = error.response.get("Error", {})
    code, message = said.get("Code", ""), said.get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    told = f"{operation}: {f'HTTP {status}' if _PAGE.match(message) else message or code}"
    if "ExpiredToken" in code:
        return NotRecorded("the AWS credentials have expired: sign in again (`aws sso login`)", DENIED)
    if code in _SIGNED_WRONG:
        return NotRecorded(f"{told} (are the credentials valid, and is the clock right?)", DENIED)
    if "AccessDenied" in code or status in (401, 403):
        policy = asking("lineage iam-policy --recording", "lineage.iam_policy(recording=True)")
        return NotRecorded(f"{told} ({policy} has what is needed)", DENIED)
    if status >= 500 or "Throttl" in code or "TooManyRequests" in code or "SlowDown" in code or code in _BUSY_CODES:
        return NotRecorded(told, BUSY)
    if "NotFound" in code or code.startswith("NoSuch") or status == 404 or says_missing(message):
        return NotThere(told)
    if "already exist" in message.lower() or "must be unique" in message.lower():
        return AlreadyExists(told)
    return RefusedValue(told)
