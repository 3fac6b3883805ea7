"""Places that are given as two values, a bucket and a key prefix, as in the Spark samples. Pure.

`--s3_input_bucket B --s3_input_key_prefix P` names `s3://B/P` without a URI anywhere. The option names tell which prefix
belongs to which bucket: they begin alike, or one of them says only what it is. The same two values may be given as variables,
as members of a JSON object, or inside one text: a command line, `bucket=B,prefix=P`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

from lineage.domain.nesting import parsed_text
from lineage.domain.records import REDACTED

# What a bucket or a prefix is for, where its name says it last: `bucket_in`, `prefix_2`.
_SIDE = (
    r"(?:_?(?P<number>\d+)|_(?P<side>in|input|out|output|src|source|dst|dest|destination|train|training|val|valid|validation"
    r"|test|eval|data|dataset|raw|model|artifacts?))?"
)
_BUCKET = re.compile(rf"(?P<stem>[a-z0-9_]*?)_?(?:s3_?)?bucket(?:_?name)?{_SIDE}")
_PREFIX = re.compile(
    rf"(?P<stem>[a-z0-9_]*?)_?(?:prefix|key|path|folder|(?P<vague>dir|directory|file|object))(?:es|s)?(?:_?names?)?{_SIDE}"
)
# Stems of prefixes below which something is written, or code lies: what is read may be elsewhere in the bucket.
_NOT_DATA = re.compile(
    r"(?:.*_)?(?:out|output|dst|dest|destination|results?|models?|artifacts?|checkpoints?|logs?|code)(?:_.*)?"
)
# Stems of data. `config_file` and `work_dir` have none, and may lie anywhere.
_DATA = re.compile(r"(?:.*_)?(?:in|input|src|source|train|training|val|valid|validation|test|eval|data|dataset|raw)s?(?:_.*)?")
_SAYS_NOTHING: Final = frozenset(("s3", "key", "bucket", ""))
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# A bucket's name; those of the first years have capitals and up to 255 letters. No number, and no word for nothing.
_NAMED = re.compile(r"(?!(?:true|false|none|null)$)(?=.*[a-z])[a-z0-9][a-z0-9._-]{2,254}", re.IGNORECASE)
_WITHIN = re.compile(r"(?!/|[a-z0-9]+://)[^\s\"'*,;]+")  # what may be a prefix: not a local path, a URI or a sentence
_GIVEN = re.compile(r"(?<![\w.-])([\w.-]+)\s*[:=]\s+")  # `bucket: B`, as in YAML
_APART = re.compile(r"[\s&;,]+")
_MOST, _MOST_PAIRS = 1_000, 10_000  # values beside each other, and pairs: beyond it, each bucket is named as a whole
_MOST_STEPS = 100_000  # values that are looked at for all the buckets beside them: beyond it, each bucket is named as a whole
_LONGEST = 16_384  # characters of a text that is not JSON
_DEEPEST = 3  # texts of JSON inside texts of JSON


class _Option(NamedTuple):
    """What the name of an option says: for what the bucket or the prefix is."""

    stem: str
    is_data: bool  # if it names a prefix: whether data is surely read below it


@lru_cache(maxsize=10_000)  # many records have the same names
def names_bucket(name: str) -> bool:
    """Whether the name of an option or a variable is one for a bucket."""
    return _bucket(_plain(name)) is not None


def paired(given: Mapping[str, str] | Sequence[str], name: str) -> Iterator[str]:
    """The URIs of the places in the bucket that a name gives, combined with the other given values.

    With no prefix that is surely one of data the whole bucket is named: which part of it is used, only the code knows.
    """
    values = list(given.items() if isinstance(given, Mapping) else _options(given))
    mine = _bucket(_plain(name))
    buckets = dict.fromkeys(value.removeprefix("s3://").rstrip("/") for known, value in values if _plain(known) == _plain(name))
    told = list(_prefixes(values, mine.stem)) if mine and len(values) <= _MOST else []
    told = told if len(buckets) * len(told) <= _MOST_PAIRS else []
    yield from (f"s3://{bucket}/{prefix}" for prefix in dict.fromkeys(prefix for prefix, _ in told) for bucket in buckets)
    if not any(is_data for _, is_data in told):
        yield from _whole(buckets)


def places_in(text: str, depth: int = 0) -> Iterator[str]:
    """The URIs of the places that one text names so: members of the JSON in it, or options of the command line in it."""
    if "ucket" not in text and "UCKET" not in text:
        return
    try:
        value = parsed_text(text)
    except ValueError:
        value = None
    if isinstance(value, (dict, list)):
        yield from _in_value(value, depth)
    elif len(text) <= _LONGEST:
        words = [word.strip("\"'()[]{}") for word in _APART.split(_GIVEN.sub(r"\1=", text))]
        yield from places_beside(words)


def _in_value(value: Any, depth: int) -> Iterator[str]:
    """Those that the objects inside a JSON value name; an object inside another one takes over its buckets."""
    todo: list[tuple[Any, dict[str, str]]] = [(value, {})]
    steps = 0
    while todo:
        one, around = todo.pop()
        if isinstance(one, dict):
            own = {str(name): element for name, element in one.items() if isinstance(element, str)}
            beside = around | own if own else {}
            buckets = {name: element for name, element in beside.items() if names_bucket(name)}
            if steps <= _MOST_STEPS < (steps := steps + len(beside) * (1 + len(buckets))):
                taken_over = {id(given): given for _, given in [*todo, (one, around)]}  # once for all objects beside each other
                yield from (place for given in taken_over.values() for place in _whole(given.values()))
                todo = [(element, {}) for element, _ in todo]
            yield from places_beside(beside) if steps <= _MOST_STEPS else _whole(buckets.values())
            around = (buckets if own else around) if steps <= _MOST_STEPS else {}
            todo += [(element, around) for element in one.values()]
        elif isinstance(one, list):
            words = [element for element in one if isinstance(element, str)]
            yield from places_beside(words) if len(words) <= _MOST else ()
            todo += [(element, around) for element in one]
        elif isinstance(one, str) and depth < _DEEPEST:
            yield from places_in(one, depth + 1)


def places_beside(given: Mapping[str, str] | Sequence[str]) -> Iterator[str]:
    """The URIs of the places that some values beside each other name so: variables by name, or arguments in order."""
    values = list(given.items() if isinstance(given, Mapping) else _options(given))
    names = {_plain(name): name for name, _ in values if names_bucket(name)}
    if len(names) * len(values) > _MOST_STEPS:
        yield from _whole(value for name, value in values if names_bucket(name))
    else:
        for name in names.values():
            yield from paired(given, name)


def _whole(buckets: Iterable[str]) -> Iterator[str]:
    """The URIs of whole buckets."""
    bare = dict.fromkeys(bucket.removeprefix("s3://").rstrip("/") for bucket in buckets)
    yield from (f"s3://{bucket}/" for bucket in bare if _NAMED.fullmatch(bucket))


def _prefixes(values: Iterable[tuple[str, str]], mine: str) -> Iterator[tuple[str, bool]]:
    """What may be prefixes in a bucket of which the option's name begins so, each with whether data is surely read below it.

    An option whose name says nothing of it may give one too, if its value has a slash, but so may the name of a model.
    """
    for known, prefix in values:
        name = _plain(known)
        named = _prefix(name)
        if not named and ("/" not in prefix or _bucket(name)):
            continue
        stem = named.stem if named else ""
        if _WITHIN.fullmatch(prefix) and (mine == stem or not (mine and stem)):
            # cut as a secret if its name has `key`, or if it looks like one
            yield prefix.partition(REDACTED)[0], bool(named and (named.is_data or (mine and mine == stem)))


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option of a command line with its value: `--name value`, `--name=value`, or `name=value`."""
    for argument, following in pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        if equals:
            yield name, value
        elif argument.startswith("-"):
            yield name, "" if following.startswith("-") else following


@lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    name = name.partition("=")[0]
    name = name[2:] if name.startswith("-D") else name.lstrip("-")  # `-D`, as Java is given its options
    return _HUMP.sub("_", name).replace("-", "_").replace(".", "_").casefold()


def _bucket(name: str) -> _Option | None:
    return _option(_BUCKET.fullmatch(name))


def _prefix(name: str) -> _Option | None:
    return _option(_PREFIX.fullmatch(name))


def _option(found: re.Match[str] | None) -> _Option | None:
    """What a name says beside that it is of a bucket, or of a prefix, in S3."""
    if not found:
        return None
    words = [*found["stem"].split("_"), found["side"] or found["number"] or ""]
    stem = "_".join(word for word in words if word not in _SAYS_NOTHING)
    is_vague = bool(found.groupdict().get("vague")) and not _DATA.fullmatch(stem)
    return _Option(stem, not (is_vague or _NOT_DATA.fullmatch(stem)))
