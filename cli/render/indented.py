"""Answers as JSON that people can read, too: an answer may have a hundred thousand findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any


def indented(value: Any) -> Iterator[str]:
    """What `json.dumps(value, indent=2, ensure_ascii=False)` gives, in pieces and faster: objects have few shapes."""
    yield from _members(value) if value and isinstance(value, dict) else [_written(value, "")]
    yield "\n"


def _members(value: dict[str, Any]) -> Iterator[str]:
    """An answer, member by member, and what it found one by one: the whole text is never copied."""
    before = "{"
    for key, member in value.items():
        yield f"{before}\n  {encode_basestring(key)}: "
        yield from _elements(member) if member and isinstance(member, list) else [_written(member, "  ")]
        before = ","
    yield "\n}"


def _elements(value: list[Any]) -> Iterator[str]:
    before = "["
    for element in value:
        yield f"{before}\n    {_written(element, '    ')}"
        before = ","
    yield "\n  ]"


def _written(value: Any, margin: str) -> str:
    if isinstance(value, dict):
        return _shape(tuple(value), margin) % tuple(_parts(value.values(), margin)) if value else "{}"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        line = f"\n{margin}  "
        return f"[{line}{f',{line}'.join(_parts(value, margin))}\n{margin}]" if value else "[]"
    return json.dumps(value, ensure_ascii=False)


def _parts(values: Iterable[Any], margin: str) -> list[str]:
    inner = f"{margin}  "
    return [
        encode_basestring(one) if one.__class__ is str else "null" if one is None else _written(one, inner) for one in values
    ]


@lru_cache(maxsize=1000)
def _shape(keys: tuple[str, ...], margin: str) -> str:
    """An object with a place for each value."""
    names = (encode_basestring(key).replace("%", "%%") for key in keys)
    members = ",".join(f"\n{margin}  {name}: %s" for name in names)
    return f"{{{members}\n{margin}}}"
