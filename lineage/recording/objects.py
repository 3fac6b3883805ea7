"""S3 for the recording side: uploads files and documents with their own keys, and pins the content of a place.

Facts: sagemaker 2.257.7 puts what it uploads under `trial-component-artifacts/` of the bucket `sagemaker-REGION-ACCOUNT`;
an S3 channel reads every key that begins with its prefix (API reference, S3DataSource); S3 lists keys in their own order.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import json
import mimetypes
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, TypeVar

from lineage.domain.names import Location, parse_location
from lineage.domain.pins import Pin, digest_of
from lineage.errors import NotRecorded, NotThere, RecordingError, RefusedValue
from lineage.recording.limits import location, takes_media_type
from lineage.recording.service import DENIED, LOGGER, Service

MOST: Final = 10_000  # objects that are listed of one place
KEY_LENGTH: Final = 1024  # bytes of a key in S3
VERSION_LENGTH: Final = 1024

_BLOCK = 1 << 20
_ROWS = 10  # rows of a listing for each wanted object: a place may hold many old versions of few objects
_DEFAULT_BUCKET = re.compile(r"sagemaker-[a-z0-9-]+-(?P<account>\d{12})")
_WORD = re.compile(r"[!-~]+")
_PLACE = re.compile(r"://|arn:", re.IGNORECASE)  # a text that names a place is neither a digest nor a pin

Json = dict[str, Any]
Row = tuple[str, str, int, bool]  # key, version id or ETag, bytes, and whether it is a version id
Page = tuple[list[Row], int]  # of the current objects, and how many entries S3 listed
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a file when it was read, and the file system's description at that time."""

    path: str
    sha256: str
    size: int
    state: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that is now in S3. ETag and version are None if S3 did not give them."""

    uri: str
    etag: str | None
    version: str | None
    sha256: str
    size: int

    def source_types(self) -> list[dict[str, str]]:
        """The same as the `SourceTypes` of a lineage artifact."""
        exact = (("S3Version", self.version), ("S3ETag", self.etag))
        own = [{"SourceIdType": kind, "Value": value} for kind, value in exact if value]
        return [*own, {"SourceIdType": "Custom", "Value": f"sha256:{self.sha256}"}]


# --- where to ----------------------------------------------------------------------------------------


def default_bucket(service: Service) -> str:
    """The SDK's default bucket. It is not created here. Raises `NotRecorded` without credentials."""
    return f"sagemaker-{service.region}-{service.steadily('GetCallerIdentity')['Account']}"


def file_key(prefix: str, experiment: str, run: str, path: str | os.PathLike[str], sha256: str) -> str:
    """The key of a file: it contains the digest of the content, so two files with one name never overwrite each other."""
    parts = (prefix.strip("/"), experiment, run, sha256[:16], PurePath(path).name)
    key = "/".join(part for part in parts if part)
    if len(key.encode(errors="surrogateescape")) > KEY_LENGTH:
        raise RefusedValue(
            f"the key of {PurePath(path).name!r} would be longer than S3's {KEY_LENGTH} bytes: give a shorter prefix"
        )
    return key


def guess_media_type(path: str | os.PathLike[str]) -> str | None:
    """The media type from the file's name; None if it is unknown, or SageMaker does not accept it."""
    kind, packed = mimetypes.guess_type(PurePath(path).name, strict=False)
    kind = {"gzip": "application/gzip"}.get(packed) if packed else kind
    return kind if kind and takes_media_type(kind) else None


# --- up ----------------------------------------------------------------------------------------------


def read_file(path: str | os.PathLike[str]) -> Content:
    """The SHA-256 and size of a file, read in blocks. Raises `RefusedValue`: no such file, a folder, no right to read it."""
    name = os.path.expanduser(os.fspath(path))  # noqa: PTH111  (the SDK takes ~)
    digest, size = hashlib.sha256(), 0
    state = _state(name)
    try:
        with open(name, "rb") as file:  # noqa: PTH123
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise _unreadable(name, error) from None
    if (size, state) != (state[0], _state(name)):
        raise _changed(name)
    return Content(name, digest.hexdigest(), size, state)


def keep(path: str, copy: str) -> None:
    """A copy of a file that can't be sent yet, if the disk has room for it; otherwise the file must stay unchanged."""
    try:
        room = shutil.disk_usage(os.path.dirname(copy)).free // 2  # noqa: PTH120
        if os.stat(path).st_size <= room:  # noqa: PTH116
            os.close(os.open(f"{copy}.part", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            shutil.copyfile(path, f"{copy}.part")
            os.replace(f"{copy}.part", copy)  # noqa: PTH105
            return
        why = "the disk has little room"
    except OSError as error:
        why = str(error)
    LOGGER.warning("lineage: %s is sent later, and must stay as it is until then (no copy: %s)", path, why)


def let_go(copies: Iterable[str]) -> None:
    """Remove copies of files that were sent, or never will be."""
    for copy in copies:
        with contextlib.suppress(OSError):
            os.unlink(copy)  # noqa: PTH108


def upload(service: Service, path: str | os.PathLike[str] | Content, bucket: str, key: str) -> Stored:
    """Uploads a file to S3, in parts if it is large; S3 checks its SHA-256. An existing object is not uploaded again.

    `path` may be the result of `read_file`: then the file is not read for its digest again. Raises `RefusedValue` if the
    file can't be read, or has changed since; `RecordingError` if the bucket does not exist; `NotRecorded`.
    """
    content = path if isinstance(path, Content) else read_file(path)
    there = _there(service, bucket, key, content.sha256, content.size)
    if there is not None:
        return there
    kind = guess_media_type(content.path)
    extra = {"ChecksumAlgorithm": "SHA256", **_owner(bucket), **({"ContentType": kind} if kind else {})}
    try:
        _in_bucket(bucket, lambda: service.patiently(lambda: service.upload(content.path, bucket, key, **extra)))
    except OSError as error:
        raise _unreadable(content.path, error) from None
    head = _told(service.steadily, bucket, key)
    if _state(content.path) != content.state or not _fits(head, content):
        raise _changed(content.path)
    return Stored(f"s3://{bucket}/{key}", _etag(head), _version(head), content.sha256, content.size)


def put_json(service: Service, document: Json, bucket: str, key: str) -> Stored:
    """Uploads a document to S3 as JSON. Raises `RefusedValue` if JSON cannot hold it, and like `upload`."""
    try:
        body = json.dumps(document, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise RefusedValue(f"{key!r} can't be written as JSON: {error}") from None
    digest = hashlib.sha256(body).hexdigest()
    there = _there(service, bucket, key, digest, len(body))
    if there is not None:
        return there
    request: Json = {"Bucket": bucket, "Key": key, "Body": body, "ContentType": "application/json", **_owner(bucket)}
    answer = _in_bucket(bucket, lambda: service.steadily("PutObject", ChecksumAlgorithm="SHA256", **request))
    return Stored(f"s3://{bucket}/{key}", _etag(answer), _version(answer), digest, len(body))


def _there(service: Service, bucket: str, key: str, sha256: str, size: int) -> Stored | None:
    """The object, if it already has that content: nothing is uploaded twice, and a bucket keeps no second version of it."""
    head = _told(service.call, bucket, key)
    if _sha256(head) != sha256:
        return None
    return Stored(f"s3://{bucket}/{key}", _etag(head), _version(head), sha256, size)


def _state(path: str) -> tuple[int, ...]:
    """Values that change when a file is written, first its size. Refuses anything but a regular file."""
    try:
        said = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    if not stat.S_ISREG(said.st_mode):
        what = "a folder: log its files one by one" if stat.S_ISDIR(said.st_mode) else "not a regular file"
        raise RefusedValue(f"{path!r} is {what}")
    return said.st_size, said.st_mtime_ns, said.st_ino, said.st_dev


def _unreadable(path: str, error: Exception) -> RefusedValue:
    if isinstance(error, FileNotFoundError):
        return RefusedValue(f"there is no file {path!r}")
    return RefusedValue(f"{path!r} can't be read: {getattr(error, 'strerror', None) or error}")


def _changed(path: str) -> RefusedValue:
    return RefusedValue(f"{path!r} changed while it was being recorded: log it when nothing writes to it any more")


def _fits(head: Json, content: Content) -> bool:
    """Whether S3's answer about an object matches the file that was read; missing values do not count."""
    return head.get("ContentLength", content.size) == content.size and _sha256(head) in (None, content.sha256)


def _owner(bucket: str) -> dict[str, str]:
    """A bucket with an account in its name must belong to that account: anybody may have taken the name before."""
    named = _DEFAULT_BUCKET.fullmatch(bucket)
    return {"ExpectedBucketOwner": named["account"]} if named else {}


def _in_bucket(bucket: str, ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except NotThere:
        raise RecordingError(f"there is no bucket {bucket!r}: create it, or give another one by `artifact_bucket=`") from None


def _told(ask: Callable[..., Json], bucket: str, key: str) -> Json:
    """S3's answer about an object; None if there is no object, or if the caller may write but not read."""
    try:
        return ask("HeadObject", Bucket=bucket, Key=key, ChecksumMode="ENABLED", **_owner(bucket))
    except RecordingError:
        return {}


# --- what is at a place ------------------------------------------------------------------------------


def pin(
    service: Service,
    uri: str,
    *,
    version_ids: str | Mapping[str, str] | None = None,
    digest: str | None = None,
    most: int = MOST,
) -> Pin:
    """The content at an S3 URI now: the object with that key, else all whose keys begin with it, like a channel.

    The digest covers key, version id (or ETag, if the bucket keeps no versions) and size. An empty place gives a pin with 0
    objects; with more than `most` objects, it is not `complete`. `version_ids` (of one object, or by key) and `digest`
    are taken as given, without a check. A digest alone gives no number: 0 objects, not `complete`.
    Raises `RefusedValue` if an argument is not an S3 URI, version id or digest, `NotThere` if the bucket does not exist, and
    `NotRecorded` if the place can't be looked at.
    """
    place = parse_location(location(uri))
    if version_ids is not None or digest is not None:
        return _given(place, version_ids, digest)
    bucket, key = place.root.removeprefix("s3://"), place.key
    head = None if not key or key.endswith("/") else _head(service, bucket, key)  # "train/" may be a folder's empty marker
    if head is not None:
        return _pin_of_object(key, head)
    try:
        return _listed(service, bucket, key, most)
    except NotThere:
        raise NotThere(f"there is no bucket {bucket!r}, so nothing of {uri} could be read") from None


def _given(place: Location, version_ids: str | Mapping[str, str] | None, digest: str | None) -> Pin:
    """A pin of what the caller said. The digest of version ids counts each size as 0, because it is unknown."""
    versions = _versions(place, version_ids)
    own = digest_of((key, version, 0) for key, version in sorted(versions.items(), key=lambda one: one[0].encode()))
    sound = isinstance(digest, str) and len(digest) <= 200 and _WORD.fullmatch(digest) and not _PLACE.search(digest)
    if digest is not None and not sound:
        raise RefusedValue(f"{digest!r} is not a digest (expected one such as sha256:9f86d0…, without spaces)")
    only = version_ids if isinstance(version_ids, str) else None
    known = bool(versions)
    return Pin(len(versions), digest or own, complete=known, given=True, versioned=known, version=only)


def _versions(place: Location, version_ids: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """The version ids by key; refuses invalid ones, and keys of another place."""
    if version_ids is None:
        return {}
    if isinstance(version_ids, str) and (not place.key or place.key.endswith("/")):
        raise RefusedValue(
            f"{place.uri!r} is a prefix, and {version_ids!r} is the version of one object: give version ids by key"
        )
    versions = {place.key: version_ids} if isinstance(version_ids, str) else version_ids
    if not isinstance(versions, Mapping) or not versions:
        raise RefusedValue(f"{version_ids!r} are not version ids (expected a text, or a dict of key to version id)")
    for key, version in versions.items():
        if not isinstance(version, str) or len(version) > VERSION_LENGTH or not _WORD.fullmatch(version):
            raise RefusedValue(f"{version!r} is not a version id of S3 ({key!r})")
        if not isinstance(key, str) or not key.startswith(place.key):
            raise RefusedValue(f"the version id of {key!r} is not of {place.uri!r}: give whole keys, without the bucket")
    return versions


def _look(service: Service, operation: str, **request: Any) -> Json:
    """A reading call. The request is valid, so a refusal (objects under a customer's key) means that it can't be looked at."""
    try:
        return service.steadily(operation, **request)
    except RefusedValue as error:
        raise NotRecorded(f"s3://{request['Bucket']} could not be looked at: {error}", DENIED) from None


def _head(service: Service, bucket: str, key: str) -> Json | None:
    try:
        return _look(service, "HeadObject", Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except NotThere:
        return None


def _pin_of_object(key: str, head: Json) -> Pin:
    version, etag, size = _version(head), _etag(head), int(head["ContentLength"])
    digest = digest_of([(key, version or etag or "", size)])
    return Pin(1, digest, versioned=bool(version), size=size, version=version, etag=etag, sha256=_sha256(head))


class _Listing:
    """Counts the objects under a prefix, page by page without storing them; the counts are attributes afterwards."""

    def __init__(self, pages: Iterator[Page], most: int) -> None:
        self.count, self.size = 0, 0
        self.versioned, self.complete = True, True
        self._pages, self._most = pages, most

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        looked = 0
        for rows, entries in self._pages:
            for key, what, size, by_version in rows:
                if self.count == self._most:
                    self.complete = False
                    return
                self.count, self.size, self.versioned = self.count + 1, self.size + size, self.versioned and by_version
                yield key, what, size
            looked += entries
            if looked >= self._most * _ROWS:
                self.complete = next(self._pages, None) is None
                return


def _listed(service: Service, bucket: str, prefix: str, most: int) -> Pin:
    listing = _Listing(_pages(service, bucket, prefix), most)
    digest = digest_of(listing)
    versioned = listing.versioned and listing.count > 0
    return Pin(listing.count, digest, complete=listing.complete, versioned=versioned, size=listing.size)


def _pages(service: Service, bucket: str, prefix: str) -> Iterator[Page]:
    """With versions if the bucket keeps them and the caller may list them; else only with ETags."""
    try:
        kept = bool(_look(service, "GetBucketVersioning", Bucket=bucket).get("Status"))
        pages = _version_pages(service, bucket, prefix) if kept else _object_pages(service, bucket, prefix)
        first = next(pages)
    except NotRecorded as error:
        if error.cause != DENIED:
            raise
        yield from _object_pages(service, bucket, prefix)
        return
    yield first
    yield from pages


def _version_pages(service: Service, bucket: str, prefix: str) -> Iterator[Page]:
    """The latest version of each object that is not deleted. Older ones are listed between them."""
    after: Json = {}
    while True:
        page = _look(service, "ListObjectVersions", Bucket=bucket, Prefix=prefix, **after)
        versions = page.get("Versions", ())
        yield [_row(one) for one in versions if one.get("IsLatest")], len(versions) + len(page.get("DeleteMarkers", ()))
        if not page.get("IsTruncated"):
            return
        next_ones = (("KeyMarker", "NextKeyMarker"), ("VersionIdMarker", "NextVersionIdMarker"))
        after = {name: page[given] for name, given in next_ones if page.get(given)}


def _object_pages(service: Service, bucket: str, prefix: str) -> Iterator[Page]:
    after: Json = {}
    while True:
        page = _look(service, "ListObjectsV2", Bucket=bucket, Prefix=prefix, **after)
        rows = [_row(one) for one in page.get("Contents", ())]
        yield rows, len(rows)
        if not page.get("IsTruncated"):
            return
        after = {"ContinuationToken": page["NextContinuationToken"]}


def _row(said: Json) -> Row:
    version = _version(said)
    return said["Key"], version or _etag(said) or "", int(said.get("Size", 0)), bool(version)


def _version(said: Json) -> str | None:
    """The version id; "null" is not one: the next write may replace its object."""
    version = said.get("VersionId")
    return None if version in (None, "null") else str(version)


def _etag(said: Json) -> str | None:
    """The ETag without S3's quotes, as SageMaker writes it."""
    return str(said.get("ETag", "")).strip('"') or None


def _sha256(head: Json) -> str | None:
    """The SHA-256 of a whole object, in hexadecimal. For an upload in parts it is a digest over the parts, and not usable."""
    if head.get("ChecksumType") == "COMPOSITE" or "-" in (_etag(head) or ""):
        return None
    try:
        digest = base64.b64decode(head.get("ChecksumSHA256", ""), validate=True)
    except binascii.Error:
        return None
    return digest.hex() if len(digest) == hashlib.sha256().digest_size else None
