"""Reads what a manifest in S3 names, as SageMaker does.

Facts: a `ManifestFile` is one JSON array, whose first element gives a prefix for the names that follow (API reference,
S3DataSource). An `AugmentedManifestFile`, and the input of a labeling job, has one JSON line for each element: attributes
with names that end in `-ref` hold the S3 URI of an object, in any bucket. A channel reads only its `AttributeNames`
(developer guide, "Augmented Manifest Files"). For labeling frames of a video or of point clouds, it is a JSON file that
lists the frames. A manifest that can't be read completely is a gap, never half a list.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from lineage.crawl.aws.refusals import UNPARSED, Garbled, Refused, refusal
from lineage.crawl.aws.session import Session
from lineage.domain.names import Location, is_location, parse_location
from lineage.domain.records import Content, etag_digest
from lineage.domain.redact import excerpt
from lineage.domain.references import LABELED, PLAIN
from lineage.domain.times import now, utc
from lineage.errors import MalformedName
from lineage.snapshot.manifests import Manifest

MOST_BYTES = 1 << 30  # of one manifest: millions of objects; a larger one is a gap
IN_MEMORY = 1 << 20  # a larger one waits on disk until it is stored
CHUNK = 1 << 18
MOST_OF_ONE = 1 << 20  # characters of one line or name: no entry is longer, but in other files they may be endless
_WHITE = " \t\r\n"
_ALWAYS = ("ETag", "LastModified", "ContentLength")  # headers that S3 gives with each object


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest as S3 gave it, and since when; without `content`, it is the version that is already known."""

    manifest: Manifest
    seen: str
    content: IO[bytes] | None

    def entries(self) -> Iterator[Location]:
        """The objects that it lists. Raises `Refused` if it is not a manifest."""
        if self.content is None:
            return
        with self.content as content:
            yield from entries(self.manifest.view, iter(lambda: content.read(CHUNK), b""))


def fetch_manifest(session: Session, region: str, place: Location, view: str, known: Manifest | None) -> Fetched:
    """Get a manifest; its content is not read if it is the known version. Raises `Refused`.

    The same bytes may have been put again after others: only the same bytes with the same time are the same version.
    """
    if place.hides_bucket or not place.root.startswith("s3://"):
        raise Refused("access-point", "it lies behind an access point, which hides its bucket")
    seen = now()
    answer = _told(session, partial(session.s3(region).get_object, Bucket=place.root.removeprefix("s3://"), Key=place.key))
    try:
        if answer["ContentLength"] > MOST_BYTES:
            said = f"it has {answer['ContentLength']:,} bytes; the limit is {MOST_BYTES:,}"
            raise Refused("too-large", said)
        manifest = Manifest(place.uri, view, answer["ETag"], utc(answer["LastModified"]))
        if manifest == known:
            answer["Body"].close()
            return Fetched(known, seen, None)
        return Fetched(manifest, seen, _kept(answer["Body"].iter_chunks(CHUNK)))
    except (BotoCoreError, ClientError) as error:
        raise refusal(error) from error


def fetch_digests(session: Session, region: str, place: Location) -> Content:
    """What S3 says about an object's content, without reading it. Raises `Refused`.

    An ETag is the same if the same bytes were put in the same parts; a checksum of the whole object is the same
    for any parts (S3 user guide, "Checking object integrity").
    """
    if place.hides_bucket:
        raise Refused("access-point", "it lies behind an access point, which hides its bucket")
    bucket, seen = place.root.removeprefix("s3://"), now()
    head = partial(session.s3(region).head_object, Bucket=bucket, Key=place.key, ChecksumMode="ENABLED")
    answer = _told(session, head)
    digests = tuple(_digests(answer)) if answer["ContentLength"] else ()
    return Content(place.uri, digests, utc(answer["LastModified"]), seen)


def _told(session: Session, ask: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """What S3 says about an object. Raises `Refused`, also for an answer with less than S3 gives: a page of a proxy."""

    def asked() -> dict[str, Any]:
        try:
            answer = dict(ask())
        except (BotoCoreError, ClientError) as error:
            raise refusal(error) from error
        except UNPARSED as error:
            raise Garbled("the request for an object", str(error)) from error
        missing = [name for name in _ALWAYS if answer.get(name) in (None, "")]
        if missing:
            raise Garbled("the request for an object", f"it has no {' and no '.join(missing)}{_page(answer)}")
        return answer

    return session.steadily(asked)


def _page(answer: Mapping[str, Any]) -> str:
    """The beginning of what came instead of an object."""
    body = answer.get("Body")
    with contextlib.suppress(BotoCoreError):
        return f": {excerpt(body.read(CHUNK))}" if body else ""
    return ""


def _digests(answer: dict[str, Any]) -> Iterator[str]:
    yield etag_digest(answer["ETag"])
    if answer.get("ChecksumType") != "COMPOSITE":
        yield from (f"sha256:{answer[name]}" for name in ("ChecksumSHA256",) if answer.get(name))
        # 64 bits alone, without the size, are too few to tell objects apart
        yield from (f"crc64:{answer[name]}:{answer['ContentLength']}" for name in ("ChecksumCRC64NVME",) if answer.get(name))


def _kept(chunks: Iterable[bytes]) -> IO[bytes]:
    """The content, in memory if small and on disk if large: nothing of it is stored before all of it is there."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (the reader closes it)
    for chunk in chunks:
        file.write(chunk)
    file.seek(0)
    return file


def entries(view: str, chunks: Iterable[bytes]) -> Iterator[Location]:
    """The objects that a manifest lists; `view` tells its form. Raises `Refused` if it is not a manifest."""
    form, _, names = view.partition(":")
    texts = codecs.iterdecode(chunks, "utf-8-sig")
    found = _listed(_array(texts)) if form == PLAIN else _referred(_lines(texts), frozenset(json.loads(names or "[]")))
    try:
        for place in found:
            place.uri.encode()  # JSON can write a lone surrogate, but no key has one
            if place.hides_bucket:
                raise Refused("access-point", f"it lists {place.uri}, which is behind an access point")
            if form == LABELED and place.key.endswith(".json"):
                raise Refused("sequence", f"it lists {place.uri}, which may be a sequence and list frames of its own")
            yield place
    except (ValueError, RecursionError, MalformedName) as error:
        raise Refused("malformed", f"it is not a valid {form}: {error}") from error


def _listed(elements: Iterator[Any]) -> Iterator[Location]:
    """The names of a `ManifestFile`, each joined to the last prefix before it."""
    prefix, is_open = "", False
    for element in elements:
        if isinstance(element, dict) and isinstance(element.get("prefix"), str) and not is_open:
            prefix, is_open = element["prefix"], True
        elif isinstance(element, str):
            yield parse_location(prefix + element)
            is_open = False
        else:
            raise MalformedName(f"an element is {json.dumps(element)[:40]}")
    if is_open:
        raise MalformedName(f"no key follows the prefix {prefix[:100]}")


def _referred(lines: Iterator[str], names: frozenset[str]) -> Iterator[Location]:
    """The objects to which the lines of an augmented manifest refer, in the named attributes or in all."""
    for number, line in enumerate(lines, 1):
        element = json.loads(line, object_pairs_hook=_object) if line.strip() else {}
        if not isinstance(element, dict):
            raise MalformedName(f"line {number} is {line[:40]}")
        for name, value in element.items():
            if name.endswith("-ref") and (name in names or not names):
                yield parse_location(str(value))
            elif name.endswith("-ref-metadata") and not names and isinstance(value, dict):
                yield from _images(value)


def _images(frame: dict[str, Any]) -> Iterator[Location]:
    """The images that belong to the point cloud of a line: each has a path, which may begin at the frame's prefix."""
    images = frame.get("images") or []
    for image in images if isinstance(images, list) else [images]:
        path = image.get("image-path") if isinstance(image, dict) else image
        if not isinstance(path, str):
            raise MalformedName(f"an image is {json.dumps(image)[:40]}")
        yield parse_location(path if is_location(path) else f"{frame.get('prefix') or ''}{path}")


def _lines(texts: Iterable[str]) -> Iterator[str]:
    rest = ""
    for text in texts:
        *whole, rest = (rest + text).split("\n")
        yield from whole
        _check_length(rest)
    yield rest


def _check_length(text: str) -> None:
    if len(text) > MOST_OF_ONE:
        raise MalformedName(f"a line or a name of it has more than {MOST_OF_ONE:,} characters")


def _array(texts: Iterator[str]) -> Iterator[Any]:
    """The elements of one JSON array that is read piece by piece; nothing may follow it."""
    reader = _Text(texts)
    reader.take("[")
    if reader.next() != "]":
        yield reader.value()
        while reader.next() != "]":
            reader.take(",")
            yield reader.value()
    reader.take("]")
    if not reader.is_over():
        raise ValueError("something follows its array, and who reads that is unknown")


class _Ended(ValueError):
    """A text that has ended."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises `MalformedName` if it repeats a name: which value a reader takes is unknown."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise MalformedName("an object in it repeats a name")
    return found


class _Text:
    """A text that comes in pieces, and the position in it."""

    def __init__(self, texts: Iterator[str]) -> None:
        self.at = 0
        self._texts = texts
        self._text = ""
        self._decode: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder(object_pairs_hook=_object).raw_decode

    def next(self) -> str:
        """The next character that is not white space. Raises `ValueError` at the end."""
        while True:
            while self.at < len(self._text) and self._text[self.at] in _WHITE:
                self.at += 1
            if self.at < len(self._text):
                return self._text[self.at]
            self._more(_Ended("it ends before its array does"))

    def take(self, expected: str) -> None:
        """Skip a character. Raises `ValueError` if another one comes."""
        if self.next() != expected:
            raise ValueError(f"{expected} is missing")
        self.at += 1

    def is_over(self) -> bool:
        """Whether only white space is left."""
        try:
            self.next()
        except _Ended:
            return True
        return False

    def value(self) -> Any:
        """The next JSON value. Raises `ValueError`."""
        while True:
            self.next()
            try:
                value, self.at = self._decode(self._text, self.at)
            except ValueError as error:
                self._more(error)
            else:
                return value

    def _more(self, error: ValueError) -> None:
        text = next(self._texts, None)
        if text is None:
            raise error
        rest = self._text[self.at :]
        _check_length(rest)
        self._text, self.at = rest + text, 0
