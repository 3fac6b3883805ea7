"""Values that look like secrets are cut out of a record before anything keeps it, or sends it.

An S3 URI is no secret and stays, whatever its name: it may be the only trace of a dataset.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from lineage.domain.names import ARN_OF_PLACE, DNS_SUFFIX
from lineage.domain.pins import is_pin
from lineage.domain.records import REDACTED, Unknown
from lineage.domain.text import one_line
from lineage.domain.times import utc
from lineage.domain.unknown import names_something

_LIKE_A_PASSWORD = r"passw|passphrase|passwd|pwd|(?:^|[^a-z])(?:pg|db)?pass(?:[^a-z]|$)|secret|credential"  # noqa: S105
# A key prefix is that of an object in S3, as Spark samples are told where their data lies.
_NAME = re.compile(rf"{_LIKE_A_PASSWORD}|token(?!iz)|key(?![_-]?prefix)|auth(?!or)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d*)?|true|false", re.IGNORECASE)  # max_tokens, num_key_value_heads: no secrets
_VALUE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # an AWS access key id
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
    r"|(?<=[?&])(?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig)=[^&\s]+"  # a presigned URL
    r"|\bhf_[A-Za-z0-9]{20,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bsk-[A-Za-z0-9_-]{20,}"  # Hugging Face, GitHub, OpenAI
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
    re.DOTALL,
)
_INSIDE_NAME = (
    r"[A-Za-z0-9_-]*(?:passw(?:or)?d|passphrase|pwd|secret|token(?!iz)|api[_-]?key|access[_-]?key|credential)[A-Za-z0-9_-]*"
)
_INSIDE_VALUE = r"[\"']?[^\s\"';,&]+[\"']?"
# A password inside a text: `Password=…;`, `export TOKEN=…`, `api_key: …`, `--password …`.
_INSIDE = re.compile(
    rf"(?P<name>{_INSIDE_NAME}\s*[=:]\s*)(?P<value>{_INSIDE_VALUE})"
    rf"|(?P<flag>(?<![^\s\"'])-{_INSIDE_NAME}[\"']?\s+)(?P<word>(?!-){_INSIDE_VALUE})",
    re.IGNORECASE,
)
_LOCATION = re.compile(r"[\"']?s3[an]?://[^?]*[\"']?", re.IGNORECASE)
# A location in any form, without the query that a presigned URL carries its signature in.
_LOCATIONS = re.compile(
    rf"((?:s3[an]?://|{ARN_OF_PLACE}|https?://[^\s/\"'@?]*\bs3[^\s/\"'@?]*\.{DNS_SUFFIX}/)[^\s\"'?]+)",
    re.IGNORECASE,
)
# Members whose text people, or programs of theirs, write: descriptions, reasons, and whole documents as JSON.
_WRITTEN = re.compile(r"(?:Description|Reason|Message|Document|Definition|Content)$")
_BEFORE_JSON = ("{", "[", " ", "\n", "\t", "\r")
_PAIRS = (("Key", "Value"), ("Name", "Value"), ("Name", "Values"))
# How documents that people write call the two: pipeline definitions, and the content of model cards.
_NAMES = ("Name", "name", "Key", "key")
_VALUES = ("Value", "value", "Values", "values", "DefaultValue", "EnumValues")


# What a browser would not show of a page, and the text of a JSON document under a name that looks like a secret.
_UNSHOWN = re.compile(r"<(script|style)\b.*?(?:</\1>|$)|<[^>]*>?", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(rf"(\"{_INSIDE_NAME}\"\s*:\s*)\"[^\"]*(?:\"|$)", re.IGNORECASE)
_NESTED = ("structure", "map", "list")
_EXCERPT = 120  # characters


def excerpt(body: bytes) -> str:
    """The beginning of what came in the place of an answer, on one line, without the secrets inside it."""
    if not body.strip():
        return "nothing"
    text = body[: 100 * _EXCERPT].decode(errors="replace").strip()
    page = text.startswith("<")
    shown = one_line(_text(_QUOTED.sub(rf'\1"{REDACTED}"', _UNSHOWN.sub(" ", text) if page else text)))
    shown = " ".join(shown.split())
    shown = f"{shown[:_EXCERPT]}…" if len(shown) > _EXCERPT else shown
    return f"a page that says {shown or 'nothing'}" if page else shown


def without_secrets(text: str) -> str:
    """A text that a person wrote, with every value in it replaced that looks like a secret."""
    return str(_text(text))


def read(value: Any, shape: Any, unknown: list[Unknown], path: str) -> Any:
    """The answer of a call as plain JSON: its times as text, every secret-looking value that people wrote replaced.

    `shape` is botocore's: it tells which members are maps, whose keys people choose. Names, ARNs and URIs of the
    API's own members are never touched: a changed name would be another thing. Members that botocore does not
    know are left out, as it does itself without a word: they are put into `unknown`, an element of the answer's own
    lists by its number. Raises `ValueError` where a list, a structure and a single value stand in each other's place.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return _structure(value, shape, unknown, path)
    if kind == "map" and isinstance(value, dict):
        return {key: under_name(key, read(child, shape.value, unknown, f"{path}.*")) for key, child in value.items()}
    if kind == "list" and isinstance(value, list):
        if shape.member.type_name == "string":
            return list(_arguments(value))
        own = "." not in path and "[" not in path  # a list of the answer itself: its elements are told apart
        return [read(child, shape.member, unknown, f"{path}[{at if own else ''}]") for at, child in enumerate(value)]
    if kind in _NESTED and value is not None:
        raise ValueError(f"{path or 'it'} is no {kind}")
    return _leaf(kind, path)(value)


def _structure(value: dict[str, Any], shape: Any, unknown: list[Unknown], path: str) -> dict[str, Any]:
    leaves, members = _leaves(shape), {}
    for key, child in value.items():
        if key not in leaves:
            unknown.extend([_unknown(f"{path}.{key}" if path else key, key, child)] if key != "__type" else [])
        elif child is None:
            continue
        elif leaf := leaves[key]:
            members[key] = leaf(child)  # by far the most: they need no path
        else:
            members[key] = read(child, shape.members[key], unknown, f"{path}.{key}" if path else key)
    for name, content in _PAIRS if len(value) == 2 else ():
        if set(value) == {name, content}:
            return {name: value[name], content: under_name(str(value[name]), value[content])}
    return members


@cache
def _leaves(shape: Any) -> dict[str, Callable[[Any], Any] | None]:
    """How each member of a structure is read; None for what holds others. A client's shapes live as long as it does."""
    return {name: None if one.type_name in _NESTED else _leaf(one.type_name, name) for name, one in shape.members.items()}


def _leaf(kind: str, name: str) -> Callable[[Any], Any]:
    """How a value that holds no others is read."""
    if kind == "timestamp":
        return _time
    if kind == "string":
        return _written if _WRITTEN.search(name) else _word
    return _number


def _unknown(path: str, name: str, value: Any) -> Unknown:
    return Unknown(path, _json({name: value})[name], names_something(name, value))


def _written(value: Any) -> Any:
    return _text(value) if isinstance(value, str) else _number(value)


def _word(value: Any) -> Any:
    """A text that is a name or a place, unless it is JSON."""
    if not isinstance(value, str):
        return _number(value)
    return _text(value) if value[:1] in _BEFORE_JSON and value.lstrip()[:1] in ("{", "[") else value


def _number(value: Any) -> Any:
    """JSON has no number for what is not finite."""
    if isinstance(value, (dict, list)):
        raise ValueError(f"{json.dumps(value)[:40]} stands where a single value belongs")  # noqa: TRY004  (no type is ours)
    return value if type(value) is not float or math.isfinite(value) else str(value)


@lru_cache(maxsize=10_000)  # what was made together has its times in common
def _time(value: float | str) -> str:
    """A time in an answer as ISO 8601 text in UTC: SageMaker sends seconds."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        return utc(datetime.fromisoformat(value))
    return utc(datetime.fromtimestamp(float(value), UTC))


def _text(value: str) -> str:
    """A text without the secrets inside it; a JSON object is gone through name by name."""
    if value.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            parsed = json.loads(value)
            cleaned = _json(parsed)
            return value if cleaned == parsed else json.dumps(cleaned, ensure_ascii=False)
    parts = _LOCATIONS.split(value)  # what stands between locations, and by turns a location
    return "".join(
        part if number % 2 else _INSIDE.sub(_inside, _VALUE.sub(REDACTED, part)) for number, part in enumerate(parts)
    )


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        # Values stand under their own names, and a `Value` under what its `Name` says.
        said = {key: _json(child) for key, child in value.items()}
        name = next((said[key] for key in _NAMES if isinstance(said.get(key), str)), None)
        under = {key: name for key in _VALUES if key in said} if name is not None else {}
        kept = _NAMES if under else ()
        return {key: child if key in kept else under_name(under.get(key, key), child) for key, child in said.items()}
    if isinstance(value, list):
        texts = value and all(isinstance(one, str) for one in value)
        return list(_arguments(value)) if texts else [_json(child) for child in value]
    return _written(value)


def _inside(match: re.Match[str]) -> str:
    name, value = (match["name"], match["value"]) if match["name"] else (match["flag"], match["word"])
    keep = _LOCATION.fullmatch(value) or _NUMBER.fullmatch(value)
    return match[0] if keep else f"{name}{REDACTED}"


def under_name(name: str, value: Any) -> Any:
    """A value under a name that people chose; of a structure (a trial component's parameter), each text in it."""
    if isinstance(value, dict):
        return {key: under_name(name, child) for key, child in value.items()}
    if isinstance(value, list):
        return [under_name(name, child) for child in value]
    if not isinstance(value, str):
        return value
    if not _NAME.search(name) or _LOCATION.fullmatch(value) or is_pin(name, value):
        return _text(value)
    if _NUMBER.fullmatch(value) and not re.search(_LIKE_A_PASSWORD, name, re.IGNORECASE):
        return value
    return " ".join([REDACTED, *_LOCATIONS.findall(value)])


def _arguments(texts: list[str]) -> Iterator[str]:
    """Command line arguments: `--token=x`, and the word after `--token`."""
    flag = ""
    for text in texts:
        name, equals, value = text.partition("=")
        if name.startswith("-") and equals:
            yield f"{name}={under_name(name, value)}"
        else:
            yield under_name(flag, text) if flag and not text.startswith("-") else _text(text)
        flag = name if name.startswith("-") and not equals else ""
