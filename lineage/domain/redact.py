"""Cuts values that look like secrets out of a record before anything stores it, or sends it.

An S3 URI is not a secret and stays, whatever its name: it may be the only trace of a dataset.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any

from lineage.domain import uris
from lineage.domain.arguments import names_bucket
from lineage.domain.cutting import cut, cut_from_uri, names_a_password, names_a_secret, no_secret
from lineage.domain.names import is_location, location_of
from lineage.domain.nesting import Twice, parsed_text
from lineage.domain.pins import is_pin
from lineage.domain.records import REDACTED, Unknown
from lineage.domain.text import is_plain, one_line, storable, unstorable
from lineage.domain.times import recorded
from lineage.domain.unknown import names_something

# Members whose text people or their programs write: descriptions, reasons, and whole documents as JSON.
_WRITTEN = re.compile(r"(?:Description|Reason|Message|Document|Definition|Content|QueryString)$")
_BEFORE_JSON = ("{", "[", " ", "\n", "\t", "\r")
_PAIRS = (("Key", "Value"), ("Name", "Value"), ("Name", "Values"))
# The names of the two in documents that people write: pipeline definitions, and the content of model cards.
_NAMES = ("Name", "name", "Key", "key")
_VALUES = ("Value", "value", "Values", "values", "DefaultValue", "EnumValues")


# The parts of a page that a browser would not show; at most `100 * _EXCERPT` bytes are looked at.
_UNSHOWN = re.compile(r"<(script|style)\b.*?(?:</\1>|$)|<[^>]*>?", re.IGNORECASE | re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_NUMBERS = ("integer", "long", "float", "double")
_NO_FINITE = ("NaN", "Infinity", "-Infinity")  # how AWS writes numbers that JSON cannot write
_WORDS_64 = range(-(2**63), 2**64)
_EXCERPT = 120  # characters


def excerpt(body: bytes) -> str:
    """The beginning of what came instead of an answer, on one line, without the secrets inside it."""
    if not body.strip():
        return "nothing"
    text = body[: 100 * _EXCERPT].decode(errors="replace").strip()
    page = text.startswith("<")
    cut_out = _text(text)  # before its tags are removed, because they may name a secret; and after, because they may split one
    shown = one_line(_text(_UNSHOWN.sub(" ", cut_out)) if page else cut_out)
    shown = " ".join(shown.split())
    shown = f"{shown[:_EXCERPT]}…" if len(shown) > _EXCERPT else shown
    return f"a page that says {shown or 'nothing'}" if page else shown


def without_secrets(text: str) -> str:
    """A text that a person wrote, in which every value that looks like a secret is replaced."""
    return str(_text(text))


class _Odd(Exception):
    """A value that the API does not allow for its member: what it is, and what can be kept of it."""

    def __init__(self, what: str, kept: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.kept = kept


_Path = tuple[Any, ...]
"""Where a value is in an answer: the path of what holds it, and the step to it. A text only where something is odd."""


def read(value: dict[str, Any], shape: Any, unknown: list[Unknown]) -> dict[str, Any]:
    """The answer of a call as plain JSON: times as text, and every secret-looking value that people wrote replaced.

    `shape` is botocore's: it tells which members are maps, whose keys people choose. Names, ARNs and URIs of the API's own
    members are never touched: a changed name would be another thing. Members that botocore does not know are left out, as
    botocore silently does, and put into `unknown`. There, elements of the answer's own lists have their number.

    Only this function checks that an answer is as the API says: in its result, each member has the type of botocore's model, or
    is missing. A value of another type, a time that no calendar has, a lone surrogate and the character zero are put into
    `unknown` as odd. An odd structure in one of the answer's own lists becomes an empty one, so the numbers of the others stay.
    A text is kept without the characters that no file can hold. Raises nothing.
    """
    return _structure(value, shape, unknown, ())


def _kept(value: Any, shape: Any, unknown: list[Unknown], path: _Path) -> Any:
    """A value as far as it can be kept; None if it is odd, which is noted."""
    kind = shape.type_name
    if kind in _NESTED:
        if type(value) is _NESTED[kind]:
            return _INSIDE[kind](value, shape, unknown, path)
        unknown.append(_odd(path, value, "null" if value is None else f"not a {kind}"))
        return None
    try:
        return _leaf(kind)(value)
    except _Odd as odd:
        unknown.append(_odd(path, value, odd.what))
        return odd.kept


def _map(value: dict[str, Any], shape: Any, unknown: list[Unknown], path: _Path) -> dict[str, Any]:
    members = dict[str, Any]()
    inside, within = shape.value, (path, "*")
    for key, child in value.items():
        name = storable(key)
        if name != key:
            unknown.append(_odd(within, key, f"{unstorable(key)} in a name"))
        if (found := _kept(child, inside, unknown, within)) is not None:
            members[_free(_name(name), members)] = under_name(name, found)
    return members


@lru_cache(maxsize=10_000)  # many records share names
def _name(key: str) -> str:
    """A name that people chose, unless it is itself a secret: that is cut."""
    return cut(key)


def _free(name: str, taken: dict[str, Any]) -> str:
    """The name; with a number if another one became the same when it was cut."""
    return name if name not in taken else f"{name} {len(taken) + 1}"


def _list(value: list[Any], shape: Any, unknown: list[Unknown], path: _Path) -> list[Any]:
    element, within = shape.member, (path, None)
    if element.type_name == "string":
        texts = [_kept_text(one, unknown, within) for one in value]
        return _listed([one for one in texts if one is not None])
    if path[0]:
        found = (_kept(child, element, unknown, within) for child in value)
        return [one for one in found if one is not None]
    # a list of the answer itself: its elements have numbers
    numbered = (_kept(child, element, unknown, (path, at)) for at, child in enumerate(value))
    if element.type_name == "structure":
        return [{} if one is None else one for one in numbered]
    return [one for one in numbered if one is not None]


def _kept_text(value: Any, unknown: list[Unknown], path: _Path) -> str | None:
    """A text as it came; without the characters that no file can hold, and None if it is no text, which is noted."""
    try:
        return _whole(value)
    except _Odd as odd:
        unknown.append(_odd(path, value, odd.what))
        return odd.kept


def _structure(value: dict[str, Any], shape: Any, unknown: list[Unknown], path: _Path) -> dict[str, Any]:
    leaves, members, noted = _leaves(shape), dict[str, Any](), len(unknown)
    for key, child in value.items():
        leaf = leaves.get(key, _no_member)
        if leaf is _word and type(child) is str and _is_simple(child):
            members[key] = child  # most values by far
        elif leaf is _no_member:
            unknown.extend([_unknown(_text_of((path, _name(key))), key, child)] if key != "__type" else [])
        elif child is None:
            continue
        elif leaf:
            try:
                members[key] = leaf(child)
            except _Odd as odd:
                unknown.append(_odd((path, key), child, odd.what))
                members |= {} if odd.kept is None else {key: odd.kept}
        elif (found := _kept(child, shape.members[key], unknown, (path, key))) is not None:
            members[key] = found
    for name, content in _PAIRS if len(members) == len(value) == 2 else ():
        if name in members and content in members:
            said = value if len(unknown) == noted else members
            return members | {content: under_name(str(members[name]), said[content])}
    return members


_NESTED: dict[str, type] = {"structure": dict, "map": dict, "list": list}  # not `Twice`, which is a list of its own
_INSIDE: dict[str, Callable[[Any, Any, list[Unknown], _Path], Any]] = {"structure": _structure, "map": _map, "list": _list}


def _no_member(value: Any) -> Any:
    """How a value is read whose name botocore does not know: not at all."""
    raise NotImplementedError


def _text_of(path: _Path) -> str:
    """A path as text: `Results[7].TrainingJob.New`; elements of inner lists have no number."""
    steps = list[str]()
    while path:
        path, step = path
        steps.append(f".{step}" if isinstance(step, str) else "[]" if step is None else f"[{step}]")
    return "".join(reversed(steps)).removeprefix(".")


@cache
def _leaves(shape: Any) -> dict[str, Callable[[Any], Any] | None]:
    """How each member of a structure is read; None for members that hold others. A client's shapes live as long as it does."""
    return {name: None if one.type_name in _NESTED else _leaf(one.type_name, name) for name, one in shape.members.items()}


def _leaf(kind: str, name: str = "") -> Callable[[Any], Any]:
    """How a value without members is read."""
    if kind == "timestamp":
        return _moment
    if kind == "boolean":
        return _flag
    if kind in _NUMBERS:
        return _quantity
    return _written if _WRITTEN.search(name) else _word


def _unknown(path: str, name: str, value: Any, odd: str = "") -> Unknown:
    try:
        [kept] = _json({name: value}).values()  # the name may look like a secret, and be cut
        return Unknown(storable(path), kept, bool(odd) or names_something(name, value), odd)
    except RecursionError:  # a value that is too deep to read could name anything
        return Unknown(storable(path), REDACTED, names=True, odd=odd)


def _odd(path: _Path, value: Any, what: str) -> Unknown:
    text = _text_of(path)
    return _unknown(text, text.rpartition(".")[2], value, "given twice" if isinstance(value, Twice) else what)


def _whole(value: Any) -> str:
    """A text as it came. Raises `_Odd` for anything else, and for a text that no file can hold."""
    if not isinstance(value, str):
        raise _Odd("null" if value is None else "not a text")
    if odd := unstorable(value):
        raise _Odd(f"a text with {odd}", storable(value))
    return value


def _written(value: Any) -> str:
    return _text(value) if isinstance(value, str) and is_plain(value) else _cut_by(_text, value)


def _word(value: Any) -> str:
    """A text that is a name or a place, unless it is JSON."""
    if type(value) is str and _is_simple(value):
        return value
    plain = isinstance(value, str) and is_plain(value)
    return _name_or_json(value) if plain else _cut_by(_name_or_json, value)


def _is_simple(text: str) -> bool:
    """Whether a text surely stays as it is: ASCII that is no JSON, and no URI with a login or a query."""
    return text.isascii() and not ("@" in text or "?" in text or "{" in text or "[" in text or "\0" in text)


def _name_or_json(value: str) -> str:
    return _text(value) if value[:1] in _BEFORE_JSON and value.lstrip()[:1] in ("{", "[") else cut_from_uri(value)


def _cut_by(cutting: Callable[[str], str], value: Any) -> str:
    """A text without secrets; of an odd text, the part that is kept."""
    try:
        return cutting(_whole(value))
    except _Odd as odd:
        raise _Odd(odd.what, odd.kept and cutting(odd.kept)) from None


def _flag(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise _Odd("not true or false")


def _quantity(value: Any) -> Any:
    """A number; as a text if it is not finite."""
    if type(value) is int and value in _WORDS_64:
        return value
    if type(value) is float or (isinstance(value, str) and value in _NO_FINITE):
        return _number(value)
    raise _Odd("not a 64-bit number" if type(value) is int else "not a number")


def _number(value: Any) -> Any:
    """JSON has no number for what is not finite."""
    return value if type(value) is not float or math.isfinite(value) else str(value)


def _moment(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _Odd("not a time")
    try:
        return _time(value)
    except (ValueError, OverflowError, OSError):
        raise _Odd("not a time that a record can have") from None


@lru_cache(maxsize=10_000)  # things made together share their times
def _time(value: float | str) -> str:
    """A time in an answer as ISO 8601 text in UTC: SageMaker sends seconds. Raises `ValueError`, `OverflowError`, `OSError`."""
    if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
        return recorded(datetime.fromisoformat(value))
    return recorded(datetime.fromtimestamp(float(value), UTC))


def _text(value: str) -> str:
    """A text without the secrets inside it; a JSON object is read name by name."""
    if value[:1] in _BEFORE_JSON and value.lstrip()[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            parsed = parsed_text(value)
            cleaned = _json(parsed)
            return value if cleaned == parsed else json.dumps(cleaned, ensure_ascii=False)
    return cut(value)


def _json(value: Any, under: str = "") -> Any:
    """A JSON value that people wrote, without secrets, in one pass. `under` is the nearest enclosing name of a secret."""
    if isinstance(value, dict):
        return _object(value, under)
    if isinstance(value, list):
        return _listed(value, under)
    if type(value) in (int, float) and names_a_password(under):
        return REDACTED
    return _string(under, value) if isinstance(value, str) else _number(value)


def _object(value: dict[str, Any], under: str) -> dict[str, Any]:
    """Values belong to their own names, and a `Value` to the name in `Name` beside it."""
    told = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    pair = told is not None and any(key in value for key in _VALUES)
    names = {key: told if pair and key in _VALUES else key for key in value}
    members = dict[str, Any]()
    for key, child in value.items():
        is_name = pair and key in _NAMES and isinstance(child, str)
        kept = cut(child) if is_name else _json(child, _nearest(under, str(names[key])))
        members[_free(_name(key), members)] = kept
    return members


def _nearest(under: str, name: str) -> str:
    """The name that counts for a value: its own, unless only an outer one is the name of a secret."""
    return name if not under or names_a_secret(name) else under


def under_name(name: str, value: Any) -> Any:
    """A value under a name that people chose; of a structure (a trial component's parameter), each text in it."""
    if isinstance(value, dict):
        return {key: under_name(name, child) for key, child in value.items()}
    if isinstance(value, list):
        return [under_name(name, child) for child in value]
    return _string(name, value) if isinstance(value, str) else value


def _string(name: str, value: str) -> str:
    """A text under a name: cut except for its locations if the name is that of a secret."""
    if names_bucket(name) and _BUCKET.fullmatch(value):
        return value  # half of a location, whatever it looks like
    if not names_a_secret(name) or is_pin(name, value) or no_secret(name, value):
        return _text(value)
    places = list(uris.found(value))
    bare = value.strip("\"'")
    if not places and is_location(bare) and location_of(bare):
        return cut(value)  # a file system or a table
    if len(places) == 1 and places[0].start == value.find(bare) and places[0].end in (len(value), len(value.rstrip("\"'"))):
        return cut(value)
    return " ".join([REDACTED, *(one.plain for one in places)])


def _listed(values: list[Any], under: str = "") -> list[Any]:
    """A list; in command line arguments, `--token=x` and the word after `--token` are cut."""
    flag, read, hidden = "", list[Any](), names_a_secret(under)
    for value in values:
        text = value if isinstance(value, str) else ""
        name, equals, rest = text.partition("=")
        option = name[:1] == "-"
        if option and equals and not hidden:
            read.append(f"{name}={_argument(name, rest)}")
        elif flag and text and not option and not hidden:
            read.append(_argument(flag, text))
        else:
            read.append(_json(value, under))
        flag = name if option and not equals else ""
    return read


def _argument(flag: str, value: str) -> str:
    """The value of an option; short options are judged as in a text."""
    if len(flag) <= 2 and cut(f"{flag}={value}") != f"{flag}={value}":
        return cut(f"{flag}={value}").partition("=")[2]
    return _string(flag.lstrip("-"), value)
