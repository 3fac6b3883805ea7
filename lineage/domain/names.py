"""ARNs, names and S3 locations: one normal form for each, and which keys a location covers. Pure.

Facts: an S3 channel is a *key-name prefix*, not a folder (API reference, S3DataSource: "SageMaker uses
all objects that match the specified key name prefix"); FastFile mode has folder meaning (developer guide,
"Access Training Data"); ARNs have the resource in lower case, while its name keeps its case.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from lineage.errors import MalformedName

# --- ARNs ---------------------------------------------------------------------------------------


class Arn(NamedTuple):
    """The parts of an ARN after the first one ("arn")."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @property
    def id(self) -> str:
        """The form in which two spellings of one ARN are compared: resource part casefolded."""
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource.casefold()}"


def _parts(text: str) -> list[str]:
    """The six parts of an ARN; of anything else none."""
    parts = text.split(":", 5)
    return parts if len(parts) == 6 and parts[0] == "arn" and parts[1] and parts[2] and parts[5] else []


def is_arn(text: str) -> bool:
    """Whether `parse_arn` accepts the text."""
    return bool(_parts(text))


@lru_cache(maxsize=10_000)  # the ARN of a record is parsed many times while it is read
def parse_arn(text: str) -> Arn:
    """Split an ARN. Raises `MalformedName` for anything else."""
    if parts := _parts(text):
        return Arn._make(parts[1:])
    raise MalformedName(f"{text!r} is not an ARN (expected one like arn:aws:sagemaker:eu-west-1:111122223333:endpoint/loans)")


@lru_cache(maxsize=10_000)  # so is its id asked for
def arn_id(text: str) -> str:
    """The form in which two spellings of an ARN are compared. Raises `MalformedName` for anything else."""
    if parts := _parts(text):
        resource = parts[5]
        return text[: -len(resource)] + resource.casefold()
    return parse_arn(text).id  # for its error


def node_id(text: str) -> str:
    """The node id of an ARN, an S3 URI or any other name that a record or a person writes."""
    if is_location(text):
        return parse_location(text).uri
    return parse_arn(text).id if is_arn(text) else text


EARLIER: Final = "@earlier"  # ends the node id of a thing that nobody read, and whose name another one has now


def named_id(kind: str, account: str, region: str, name: str) -> str:
    """The node id of something that is named but was never read."""
    return f"{kind}:{account}/{region}/{name}"


def named_parts(node: str) -> tuple[str, str, str, str]:
    """The kind, account, region and name in such an id."""
    kind, _, where = node.partition(":")
    account, _, rest = where.partition("/")
    region, _, name = rest.partition("/")
    return kind, account, region, name


HOME = "^(?:arn:[^:]*:[^:]*:(?P<region>[^:]*):(?P<account>[^:]*):|[a-z-]+:(?P<named>[0-9]{12})/(?P<there>[^/]*)/)"
"""How a node id begins that names an account and a region. Nothing else has one: a location or an image does not match."""


# --- partitions: bucket names are unique within one, and nothing passes from one to another -----------------------

# Partitions by how their regions begin, each with its DNS suffix; a test compares them with botocore's endpoints.
_PARTITIONS = {
    "cn-": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-": ("aws-us-gov", "amazonaws.com"),
    "eusc-": ("aws-eusc", "amazonaws.eu"),
    "us-iso-": ("aws-iso", "c2s.ic.gov"),
    "us-isob-": ("aws-iso-b", "sc2s.sgov.gov"),
    "eu-isoe-": ("aws-iso-e", "cloud.adc-e.uk"),
    "us-isof-": ("aws-iso-f", "csp.hci.ic.gov"),
    "": ("aws", "amazonaws.com"),  # all other regions
}


@lru_cache(maxsize=1000)
def partition(region: str) -> tuple[str, str]:
    """The partition that a region is in, and its DNS suffix."""
    return next(named for start, named in _PARTITIONS.items() if region.startswith(start))


@lru_cache(maxsize=10_000)  # many edges name the same record
def partition_of(node: str) -> str:
    """The partition of a node id; empty for a place, which may be in any partition."""
    if node.startswith("arn:"):
        return node.split(":", 2)[1]
    named = re.match(r"[a-z-]+:[^/:]*/([^/]+)/", node)
    return partition(named[1])[0] if named else ""


def in_one_partition(one: str, other: str) -> bool:
    """Whether the same bucket name may mean the same bucket for both nodes."""
    partitions = {partition_of(one), partition_of(other)} - {""}
    return len(partitions) < 2


# --- locations ----------------------------------------------------------------------------------

LONGEST_KEY = 1024  # bytes of an S3 key, which has at most as many characters (S3 user guide, "Object keys")
_LONGEST_PATH = 4096  # for a directory of a file system (API reference, FileSystemDataSource)
_OTHER_STORES = ("efs", "fsx", "fsxlustre", "athena", "redshift")
DNS_SUFFIX = f"(?:{'|'.join(re.escape(suffix) for _, suffix in dict(_PARTITIONS.values()).items())})"
"""A pattern of every partition's DNS suffix."""
# As a location and inside a text: a bucket, a directory bucket, and the access points of both.
ARN_OF_PLACE = (
    r"arn:aws[a-z-]{0,16}:(?:s3:::|s3express:[^:\s]{0,64}:[^:\s]{0,64}:bucket/"
    r"|s3[a-z-]{0,32}:[^:\s]{0,64}:[^:\s]{0,64}:accesspoint/)"
)
"""A pattern for the beginning of an ARN of a place in S3."""
_SCHEME = re.compile(rf"(?:s3[an]?|https?|{'|'.join(_OTHER_STORES)})://|{ARN_OF_PLACE}", re.IGNORECASE)
# Virtual-host, path, dual-stack, dash-region, FIPS, website and access-point forms of one host name, and those of directory
# buckets, whose host names their zone. The bucket is the part before the last `s3`.
_S3_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?(?:(?P<points>s3-(?:accesspoint|object-lambda)(?:-fips)?)|s3(?:-fips|-accelerate|-website|express-[a-z0-9-]+)?)"
    rf"(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\.{DNS_SUFFIX}"
)
_ARN_OF_BUCKET = re.compile(r"arn:[^:]+:(?:s3:::|s3express:[^:]*:[^:]*:bucket/)")
_ARN_OF_POINT = re.compile(r"(?P<point>arn:[^:]+:[^:]+:[^:]*:[^:]*:accesspoint)/(?P<name>[^/]+)(?:/(?:object/)?)?")
_SCHEMELESS = re.compile(r"(?:s3(?::/?|//?|(?=:)))?(?P<rest>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^\s\x00-\x1f\ud800-\udfff]*)")
_CONTROL = re.compile(r"[\x00-\x1f\ud800-\udfff]")  # and lone surrogates, which are in no key
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}|arn:[^/\s@]+")
# Endings of names that replace a bucket's name: aliases of access points (also of Object Lambda, Outposts and multi-region
# ones), and the access points of directory buckets, which have no alias.
_HIDDEN_BUCKET = re.compile(r".*(?:-s3alias|--ol-s3|--op-s3|--xa-s3|\.mrap|\.mrap\.accesspoint)|arn:.*")


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place where data is read or written: `root` is the store, `key` the name inside it.

    The key is kept exactly: case, `//` and a trailing slash all mean something in S3.
    """

    root: str
    key: str

    @property
    def uri(self) -> str:
        return f"{self.root}/{self.key}"

    @property
    def hides_bucket(self) -> bool:
        """An access-point alias stands for a bucket that its name does not show."""
        return _hides_bucket(self.root)


@lru_cache(maxsize=1000)
def _hides_bucket(root: str) -> bool:
    return root.startswith("s3://") and bool(_HIDDEN_BUCKET.fullmatch(root[5:]))


def is_location(text: str) -> bool:
    """Whether the text begins like a location; it may still be malformed."""
    return bool(_SCHEME.match(text))


def is_place(node: str) -> bool:
    """Whether a node id is that of a place, not of a malformed location that a record names."""
    return "://" in node


@lru_cache(maxsize=10_000)  # many edges name one place, they come sorted by place, and records have many texts that name none
def location_of(text: str) -> Location | None:
    """The location that a text names, or None if it names none: for texts of records, which may hold anything."""
    try:
        return _parsed(text)
    except MalformedName:
        return None


def parse_location(text: str) -> Location:
    """The normal form of an S3 URI (s3 or https form, or a bucket's ARN), or of an `efs://` or database location.

    `s3://` is taken literally and never percent-decoded; an https form is decoded. Raises `MalformedName`.
    """
    return location_of(text) or _parsed(text)  # the second time for its error


def _parsed(text: str) -> Location:
    if text.startswith("s3://") and text.isprintable():  # like every place in its normal form
        bucket, _, key = text[5:].partition("/")
        return _s3(bucket, key, text)
    text = _uri_of_arn(text) if text[:4].lower() == "arn:" else text
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or _CONTROL.search(text):
        raise _malformed(text)
    if scheme in ("https", "http"):
        return _parse_https(text)
    store, _, key = rest.partition("/")
    if scheme in ("s3", "s3a", "s3n"):
        return _s3(store, key, text)
    if not store or scheme not in _OTHER_STORES:
        raise _malformed(text)
    if scheme in ("athena", "redshift"):  # these engines store names in lower case, whatever a query writes
        store, key = store.lower(), key.lower()
    return _within(Location(f"{scheme}://{store}", key), _LONGEST_PATH)


def _uri_of_arn(arn: str) -> str:
    """The URI of a place that an ARN names; an access point stays, where a bucket would be."""
    if _ARN_OF_POINT.match(arn):
        return _ARN_OF_POINT.sub(r"s3://\g<point>/\g<name>/", arn, count=1)
    return _ARN_OF_BUCKET.sub("s3://", arn, count=1)


def _parse_https(text: str) -> Location:
    try:
        parts = urlsplit(text, allow_fragments=False)  # a key may contain a #
    except ValueError:
        raise _malformed(text) from None
    host = _S3_HOST.fullmatch(parts.netloc.lower().rpartition("@")[2])
    if not host:
        raise _malformed(text)
    path = unquote(parts.path.removeprefix("/"))
    if host["bucket"]:
        alias = "arn:s3-accesspoint:" if host["points"] else ""
        return _s3(alias + host["bucket"], path, text)
    bucket, _, key = path.partition("/")
    return _s3(bucket, key, text)


def _s3(bucket: str, key: str, text: str) -> Location:
    bucket = bucket.rpartition("@")[2]  # credentials may precede it, as Hadoop allows
    if bucket.startswith("arn:") and bucket.count(":") == 5:  # its name follows a slash; after a colon it is already here
        name, _, rest = key.partition("/")
        if bucket.endswith(":bucket"):  # s3://arn:…:bucket/NAME/KEY, for a directory bucket
            bucket, key = name, rest
        elif bucket.endswith(":accesspoint"):  # s3://arn:…:accesspoint/NAME/KEY
            bucket, key = (f"{bucket}:{name}" if name else bucket), rest
    root = _root(bucket)
    if not root:
        raise _malformed(text)
    return _within(Location(root, key), LONGEST_KEY)


def _within(location: Location, longest: int) -> Location:
    if len(location.key) > longest:
        said = f"its key has {len(location.key):,} characters; the limit is {longest:,}"
        raise MalformedName(f"{location.uri[:100]!r}… names nothing: {said}")
    return location


@lru_cache(maxsize=1000)  # an account has few buckets, and many places in each
def _root(bucket: str) -> str:
    return f"s3://{bucket}" if _BUCKET.fullmatch(bucket) else ""


def _malformed(text: str) -> MalformedName:
    shown = repr(text) if len(text) <= LONGEST_KEY else f"{text[:100]!r}…"
    meant = with_scheme(text)
    advice = f"; did you mean {meant}?" if meant else ""
    return MalformedName(f"{shown} is not an S3 URI (expected s3://bucket/prefix/){advice}")


def with_scheme(text: str) -> str:
    """The S3 URI that a person meant who left out `s3://`, or a part of it; empty where the text can't be one."""
    found = _SCHEMELESS.fullmatch(text)
    return f"s3://{found['rest']}" if found and len(text) <= LONGEST_KEY else ""


def s3_spellings(location: Location, region: str) -> Iterator[str]:
    """Every form in which a record may have written this S3 location, with and without a trailing slash.

    Search compares strings, so a search for a location must ask for all of them.
    """
    bucket = location.root.removeprefix("s3://")
    _, domain = partition(region)
    hosts = [f"{host}.{domain}" for host in ("s3", f"s3.{region}", f"s3-{region}", f"s3.dualstack.{region}")]
    roots = [f"s3://{bucket}", *(f"https://{bucket}.{host}" for host in hosts), *(f"https://{host}/{bucket}" for host in hosts)]
    bare = location.key.rstrip("/")
    for root in roots:
        yield f"{root}/{bare}"
        if bare:
            yield f"{root}/{bare}/"


def folders_above(location: Location) -> Iterator[Location]:
    """The folders that hold this location, narrowest first, without trailing slash and without the bucket itself."""
    key = location.key.rstrip("/")
    while "/" in key:
        key = key.rpartition("/")[0]
        if key:
            yield Location(location.root, key)


# --- which keys a location covers ---------------------------------------------------------------


class Span(StrEnum):
    """How many keys a location stands for."""

    OBJECT = "object"  # exactly this key
    PREFIX = "prefix"  # every key that starts with it: `train` covers `training/x`
    FOLDER = "folder"  # this key, or every key under it: `train` covers `train/x` only
    MANIFEST = "manifest"  # the keys that the object of this name lists; what it listed at the time is unknown
    NAMED = "named"  # all that a name stands for, a table or a hub's dataset; its location is known, and is read as well
    LISTING = "listing"  # the keys that the object of this name listed when it was read; they are known
    UNKNOWN = "unknown"  # an S3 data type that is unknown to this version


class Cover(StrEnum):
    """How much of a dataset a location covers."""

    ALL = "all"
    PART = "part"
    NONE = "none"
    UNKNOWN = "unknown"


def channel_span(data_type: str | None, input_mode: str | None) -> Span:
    """The span of a channel, from the API's S3 data type and input mode."""
    if data_type in ("ManifestFile", "AugmentedManifestFile"):
        return Span.MANIFEST
    if data_type == "S3Object":
        return Span.OBJECT
    if data_type in (None, "", "S3Prefix", "Converse"):
        return Span.FOLDER if input_mode == "FastFile" else Span.PREFIX
    return Span.UNKNOWN


def cover(reader: Location, span: Span, dataset: Location, dataset_span: Span = Span.FOLDER) -> Cover:
    """How much of `dataset` a job that reads `reader` gets.

    A dataset without a trailing slash is an object or a folder; the answer is for the one that is covered more.
    """
    if span in (Span.MANIFEST, Span.LISTING, Span.UNKNOWN):
        return Cover.ALL if reader == dataset else Cover.UNKNOWN
    hidden = reader.root != dataset.root
    if hidden and not (reader.hides_bucket or dataset.hides_bucket):
        return Cover.NONE
    covers = {_cover_of_atom(reader.key, span, *atom) for atom in _atoms(dataset.key, dataset_span)}
    keys = next((found for found in (Cover.ALL, Cover.PART) if found in covers), Cover.NONE)
    return Cover.UNKNOWN if hidden and keys is not Cover.NONE else keys


def _cover_of_atom(key: str, span: Span, wanted: str, wanted_is_prefix: bool) -> Cover:
    best = Cover.NONE
    for text, is_prefix in _atoms(key, span):
        if (is_prefix and wanted.startswith(text)) or (text == wanted and not wanted_is_prefix):
            return Cover.ALL
        if wanted_is_prefix and text.startswith(wanted):
            best = Cover.PART
    return best


def _atoms(key: str, span: Span) -> tuple[tuple[str, bool], ...]:
    """A span as a union of single keys (False) and of key prefixes (True)."""
    if span is Span.OBJECT:
        return ((key, False),)
    if span in (Span.FOLDER, Span.NAMED) and key and not key.endswith("/"):
        return ((key, False), (f"{key}/", True))
    return ((key, True),)


# --- which written places a reader of a place gets: one rule for models, datasets and repack jobs ----------


class PlaceIndex:
    """Sorted places: finds those under a key and those around it without visiting all others."""

    def __init__(self, uris: Iterable[str]) -> None:
        """`uris` are in normal form."""
        self._uris = sorted(uris)
        self._known = set(self._uris)

    def near(self, uri: str) -> Iterator[str]:
        """Every place that could share a key with `uri`: a superset, without duplicates."""
        location = parse_location(uri)
        bare = location.uri.rstrip("/")
        for index in range(bisect_left(self._uris, bare), len(self._uris)):
            if not self._uris[index].startswith(bare):
                break
            yield self._uris[index]
        around = dict.fromkeys(places_around(location))  # a key that begins with a slash gives one of them twice
        yield from (known for known in around if known in self._known and not known.startswith(bare))


def places_around(location: Location) -> Iterator[str]:
    """The folders that hold a location, including its bucket, each with and without a trailing slash."""
    for folder in (*folders_above(location), Location(location.root, "")):
        yield from (folder.uri, f"{folder.uri}/")


def gets(read: str, read_span: Span, written: str, written_span: Span = Span.FOLDER) -> bool:
    """Whether a reader of one place gets something that was written to the other (both in normal form)."""
    return meets(parse_location(read), read_span, parse_location(written), written_span)


def gets_by(read: str, read_span: str | None, written: str, written_span: str | None) -> bool:
    """`gets` for the spans of edges: where the way of reading is unknown, so is what it gave."""
    ways = Span(read_span or Span.UNKNOWN), Span(written_span or Span.UNKNOWN)
    return ways[0] is not Span.UNKNOWN and gets(read, ways[0], written, ways[1])


def meets(read: Location, read_span: Span, written: Location, written_span: Span) -> bool:
    """`gets` for parsed locations. For a manifest, only the object itself counts: `Listings` says what it lists."""
    span = Span.OBJECT if read_span in (Span.MANIFEST, Span.LISTING) else read_span
    return cover(read, span, written, written_span) in (Cover.ALL, Cover.PART)
