"""JSON that is odd: nested too deeply to mean something, with what no file can hold, or with a name said twice. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from lineage.domain.records import TOO_DEEP
from lineage.domain.text import storable

DEEPEST: Final = 100  # no answer of SageMaker nests half as deep, and no document that anybody writes
_BRACKET: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
# How JSON writes half a character, or one of two halves, and the character zero.
_ODD: Final = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


class Twice(list[Any]):
    """The values of a name that one object says more than once: which of them is meant, each reader decides for itself."""


def said_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, with `Twice` under each name that it says more than once: a hook of `json.loads`."""
    members = dict(pairs)
    if len(members) == len(pairs):
        return members
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: Twice(some) if len(some) > 1 else some[0] for name, some in values.items()}


def _plain(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object in it says a name twice")
    return members


def parsed_text(text: str) -> Any:
    """What a text says as JSON, as far as a file can hold it.

    Raises `ValueError` where it is none, nested too deeply, or where an object says a name twice: to take one of the two
    values would hide the other.
    """
    try:
        value = json.loads(text, object_pairs_hook=_plain)
        return _storable(value) if _ODD.search(text) else value
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _storable(value: Any) -> Any:
    if isinstance(value, dict):
        return {storable(name): _storable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_storable(member) for member in value]
    return storable(value) if isinstance(value, str) else value


def cut_off(text: str) -> str:
    """A text of JSON with `TOO_DEEP` in the place of each part that is nested too deeply."""
    return "".join(_shallow(text))


def is_too_deep(text: str) -> bool:
    """Whether a part of it is nested too deeply."""
    return next(_deep(text), None) is not None


def _shallow(text: str) -> Iterator[str]:
    at = 0
    for start, end in _deep(text):
        yield text[at:start]
        yield json.dumps(TOO_DEEP)
        at = end
    yield text[at:]


def _deep(text: str) -> Iterator[tuple[int, int]]:
    """Where each part that is nested too deeply begins and ends."""
    depth = start = 0
    for token in _BRACKET.finditer(text):
        if token[0] in ("[", "{"):
            depth += 1
            start = token.start() if depth == DEEPEST else start
        elif token[0] in ("]", "}"):
            if depth == DEEPEST:
                yield start, token.end()
            depth -= 1
    if depth >= DEEPEST:
        yield start, len(text)
