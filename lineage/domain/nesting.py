"""Odd JSON: nested too deeply, with characters that no file can hold, or with a repeated member name. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from lineage.domain.records import TOO_DEEP
from lineage.domain.text import storable

DEEPEST: Final = 100  # neither SageMaker's answers nor documents that people write nest half as deep
_BRACKET: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
# How JSON escapes a surrogate, lone or in a pair, and the character zero.
_ODD: Final = re.compile(r"\\u(?:[dD][89a-fA-F]|0000)")


class Twice(list[Any]):
    """The values of a member name that one object repeats: readers of JSON disagree on which one counts."""


def said_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object with `Twice` under each name that it repeats: a hook for `json.loads`."""
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
        raise ValueError("an object in it repeats a name")
    return members


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_plain)


def parsed_text(text: str) -> Any:
    """The JSON value of a text, as far as a file can hold it.

    Raises `ValueError` if it is not JSON, is nested too deeply, or repeats a name in an object. To take one of two values would
    hide the other.
    """
    try:
        value = _DECODER.decode(text)
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
    """JSON text with `TOO_DEEP` in place of each part that is nested too deeply."""
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
