"""Places that are given as two values, a bucket and a key prefix, as in the Spark samples. Pure.

`--s3_input_bucket B --s3_input_key_prefix P` names `s3://B/P` without a URI anywhere. The option names tell which prefix
belongs to which bucket: they begin alike, or one of them says only what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from lineage.domain.records import REDACTED

_BUCKET = re.compile(r"(?:(.*)_)?(?:s3_?)?bucket(?:_name)?")
_PREFIX = re.compile(r"(?:(.*)_)?(?:prefix|key|path|folder)")
# A bucket's name; those of the first years have capitals and up to 255 letters. No number, and no word for nothing.
_NAMED = re.compile(r"(?!(?:true|false|none|null)$)(?=.*[a-z])[a-z0-9][a-z0-9._-]{2,254}", re.IGNORECASE)
_WITHIN = re.compile(r"(?!/|[a-z0-9]+://)[^\s\"'*,;]+")  # what may be a prefix: not a local path, a URI or a sentence


@lru_cache(maxsize=10_000)  # many records have the same names
def names_bucket(name: str) -> bool:
    """Whether the name of an option or a variable is one for a bucket."""
    return bool(_BUCKET.fullmatch(_plain(name)))


def paired(given: Mapping[str, str] | Sequence[str], name: str) -> Iterator[str]:
    """The URIs of the places in the bucket that a name gives, combined with the other given values.

    With no prefix beside it the whole bucket is named: which part of it is used, only the code knows.
    """
    values = list(given.items() if isinstance(given, Mapping) else _options(given))
    buckets = dict.fromkeys(value.removeprefix("s3://").rstrip("/") for known, value in values if _plain(known) == _plain(name))
    within = list(_prefixes(values, _stem(name, _BUCKET)))
    yield from (f"s3://{bucket}/{prefix}" for prefix in within for bucket in buckets)
    if not within:
        yield from (f"s3://{bucket}/" for bucket in buckets if _NAMED.fullmatch(bucket))


def _prefixes(values: Iterable[tuple[str, str]], mine: str) -> Iterator[str]:
    """The prefixes that belong to a bucket of which the option's name begins so."""
    for known, prefix in values:
        if _PREFIX.fullmatch(_plain(known)) and _WITHIN.fullmatch(prefix):
            other = _stem(known, _PREFIX)
            if mine == other or not (mine and other):
                yield prefix.partition(REDACTED)[0]  # cut as a secret if its name has `key`, or if it looks like one


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option of a command line with its value: `--name value`, or `--name=value`."""
    for argument, following in pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        if argument.startswith("-"):
            yield (name, value) if equals else (name, "" if following.startswith("-") else following)


def _plain(name: str) -> str:
    return name.partition("=")[0].lstrip("-").replace("-", "_").casefold()


def _stem(name: str, pattern: re.Pattern[str]) -> str:
    """The part of an option's name that does not say that it is a bucket, or a prefix, in S3."""
    found = pattern.fullmatch(_plain(name))
    return "_".join(word for word in str((found and found[1]) or "").split("_") if word not in ("s3", "key"))
