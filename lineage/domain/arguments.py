"""What options and variables name without a URI or an ARN: places as a bucket and a prefix, and things by name. Pure.

`--s3_input_bucket B --s3_input_key_prefix P` names `s3://B/P` without a URI anywhere. The option names tell which prefix
belongs to which bucket: they begin alike, or one of them says only what it is. The same two values may be given as variables,
as members of a JSON object, or inside one text: a command line, `bucket=B,prefix=P`. So is the name of
a thing: `--feature-group customers`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice, pairwise, takewhile
from typing import Any, Final, NamedTuple

from lineage.domain.kinds import KINDS, VERSIONED
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
# `bucket: B`, as in YAML; `'bucket': 'B'`, as Python shows a dictionary.
_GIVEN = re.compile(r"(?:(?<![\w.-])([\w.-]+)\s*[:=]\s+|(?<!\w)[\"']([\w.-]+)[\"']\s*:\s*)")
_OPENED = re.compile(r"=[\"']")
_APART = re.compile(r"[\s&;,{}]+")
_MOST, _MOST_PAIRS = 1_000, 10_000  # values beside each other, and pairs: beyond it, each bucket is named as a whole
_MOST_STEPS = 100_000  # values that are looked at for all the buckets beside them: beyond it, each bucket is named as a whole
_LONGEST = 16_384  # characters of a text that is not JSON
_DEEPEST = 3  # texts of JSON inside texts of JSON
# Options whose values name things, by how they end; also of several.
_THINGS = {kind.name: re.compile(f"[a-z0-9]*?(?:{kind.options})s?[0-9]{{0,2}}") for kind in KINDS.values() if kind.options}
# What gets something is none that gives.
_WRITTEN = re.compile(r"(?:.*_)?(?:out|output|dst|dest|destination|sink)_.*")
# A thing's name: no number, no word for nothing, and not (as `name` and `latest`) a word of the code.
_CALLED = re.compile(
    r"(?!(?:true|false|none|null|nil|nan|n-a|na|yes|no|on|off|auto|default|undefined)$)(?=.*[a-z])(?![0-9.]+e[0-9]+$)"
    r"[a-z0-9](?:[_-]*[a-z0-9]){0,63}",
    re.IGNORECASE,
)
# In what text an option for a thing may be: after one of these words there is a value.
_LIKELY = re.compile(
    r"(?:group|fg_?-?name|endpoint|job|package|component|sagemaker[_-]?model)[\w-]{0,8}[\"'\\]{0,4}\s{0,4}[=:,\s]",
    re.IGNORECASE,
)
_LONGEST_OPTION = 100
_VERSION = re.compile(r"/[0-9]{1,9}$")


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
    buckets = _bare(value for known, value in values if _plain(known) == _plain(name))
    told = list(_prefixes(values, mine.stem)) if mine and len(values) <= _MOST else []
    told = told if len(buckets) * len(told) <= _MOST_PAIRS else []
    yield from (f"s3://{bucket}/{prefix}" for prefix in dict.fromkeys(prefix for prefix, _ in told) for bucket in buckets)
    if not any(is_data for _, is_data in told):
        yield from _whole(buckets)


def places_in(text: str) -> Iterator[str]:
    """The URIs of the places that one text names so: members of the JSON in it, or options of the command line in it."""
    if "ucket" in text or "UCKET" in text:
        for given in _given_in(text):
            yield from places_beside(given)


class Thing(NamedTuple):
    """A thing of SageMaker, as an option names it."""

    kind: str
    name: str


@lru_cache(maxsize=10_000)
def thing_of(option: str) -> str:
    """The kind of the things whose names are the values of an option or a variable; empty if they are anything else.

    The end of its name says it: `source_feature_group_name`, `--endpoint-name`. A word more than the kind's is not needed. The
    rows of the table leave out options that mostly name something else: `model_name` an architecture, `job_name` the
    job itself, `model_package_group_name` and `endpoint_config_name` what is made, `pipeline_name` and `trial_component_name`
    that of which the job is a part.
    """
    name = _plain(option)
    compact = name.replace("_", "")
    if len(name) > _LONGEST_OPTION or _WRITTEN.fullmatch(name):
        return ""
    return next((kind for kind, pattern in _THINGS.items() if pattern.fullmatch(compact)), "")


def things_of(option: str, value: str) -> Iterator[Thing]:
    """The things that the value of an option names: one, or several with commas between them or as a JSON list."""
    kind = thing_of(option)
    for name in _several(value) if kind else ():
        bare = _VERSION.sub("", name) if kind in VERSIONED else name
        if _CALLED.fullmatch(bare):
            yield Thing(kind, name)


def things_in(text: str) -> Iterator[Thing]:
    """The things that one text names so: members of the JSON in it, or options of the command line in it."""
    if _LIKELY.search(text):
        for given in _given_in(text):
            yield from things_beside(given)


def things_beside(given: Mapping[str, str] | Sequence[str]) -> Iterator[Thing]:
    """The things that some values beside each other name so: variables by name, or arguments in order."""
    for option, value in given.items() if isinstance(given, Mapping) else _all_options(given):
        yield from things_of(option, value)


def _several(value: str) -> list[str]:
    """The names in a value."""
    text = value.strip()
    if text.startswith(("[", '"')):
        try:
            parsed = parsed_text(text)
        except ValueError:
            parsed = text.strip("[]")
        if isinstance(parsed, list):
            return [one for one in parsed if isinstance(one, str)]
        text = str(parsed)
    return [one.strip(" \"'") for one in text.split(",")]


def _all_options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each option that names things, with its value; one for several things with each of its values: `--endpoint-names a b`."""
    for number, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if (equals or argument.startswith("-")) and thing_of(name):
            others = takewhile(_is_value, arguments[number + 1 : number + _MOST])
            several = name.endswith(("s", "S"))
            yield from [(name, value)] if equals else []
            yield from ((name, one) for one in (others if several else islice(others, not equals)))


def _is_value(argument: str) -> bool:
    return not argument.startswith("-") and "=" not in argument


def _given_in(text: str, depth: int = 0) -> Iterator[Mapping[str, str] | Sequence[str]]:
    """The values beside each other in one text: in each object and list of the JSON in it, or in the command line in it."""
    try:
        value = parsed_text(text)
    except ValueError:
        value = None
    if isinstance(value, (dict, list)):
        yield from _in_value(value, depth)
    elif len(text) <= _LONGEST:
        words = _APART.split(_OPENED.sub("=", _GIVEN.sub(r"\1\2=", text)))
        yield [word.strip("\"'()[]") for word in words]


def _in_value(value: Any, depth: int) -> Iterator[Mapping[str, str] | Sequence[str]]:
    """Those in the objects and lists inside a JSON value; an object inside another one takes over its buckets."""
    todo: list[tuple[Any, dict[str, str]]] = [(value, {})]
    steps = 0
    while todo:
        one, around = todo.pop()
        if isinstance(one, dict):
            own = {str(name): element for name, element in one.items() if isinstance(element, str)}
            beside = around | own if own else {}
            buckets = {name: element for name, element in beside.items() if names_bucket(name)}
            if steps <= _MOST_STEPS < (steps := steps + len(beside) * (1 + len(buckets))):
                # of what is taken over only the buckets count now, once for all objects beside each other
                yield from {id(given): given for _, given in [*todo, (one, around)]}.values()
                todo = [(element, {}) for element, _ in todo]
            few = steps <= _MOST_STEPS
            yield beside if few else buckets
            yield _naming_things(one, list if few else (str, list))
            around = (buckets if own else around) if few else {}
            todo += [(element, around) for element in one.values()]
        elif isinstance(one, list):
            words = [element for element in one if isinstance(element, str)]
            if len(words) <= _MOST:
                yield words
            todo += [(element, around) for element in one]
        elif isinstance(one, str) and depth < _DEEPEST:
            yield from _given_in(one, depth + 1)


def _naming_things(given: Mapping[Any, Any], of: type | tuple[type, ...]) -> dict[str, str]:
    """The members of an object that name things, if their values are of some types: texts, or lists of texts."""
    told = ((str(name), value) for name, value in given.items() if isinstance(value, of))
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told if thing_of(name)}


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
    yield from (f"s3://{bucket}/" for bucket in _bare(buckets) if _NAMED.fullmatch(bucket))


def _bare(buckets: Iterable[str]) -> list[str]:
    """Their names, each once, without what people write around them."""
    return list(dict.fromkeys(bucket.removeprefix("s3://").rstrip("/") for bucket in buckets))


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
    name = name[2:] if name.startswith("-D") else name.lstrip("-+")  # `-D`, as Java is given its options; `+`, as Hydra is
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
