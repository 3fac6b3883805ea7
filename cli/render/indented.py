"""Answers as indented JSON, written in pieces: an answer may have a hundred thousand findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import lineage

_AT_ONCE = 1000  # findings in one piece: the whole text is never held in memory


def indented(value: Any) -> Iterator[str]:
    """A value as JSON, indented by two, in pieces: an answer member by member, and its findings in batches.

    orjson writes numbers differently (1e-5, not 1e-05), and has no NaN; no record has one either.
    """
    yield from _members(value) if value and isinstance(value, dict) else [_text(value)]
    yield "\n"


def _members(value: dict[str, Any]) -> Iterator[str]:
    before = "{"
    for key, member in value.items():
        yield f"{before}\n  {_text(key)}: "
        several = isinstance(member, Sequence) and not isinstance(member, str)
        yield from _elements(member) if member and several else [_text([member])[4:-2]]
        before = ","
    yield "\n}"


def _elements(value: Sequence[Any]) -> Iterator[str]:
    before = "[\n    "
    for start in range(0, len(value), _AT_ONCE):
        yield before + _text([value[start : start + _AT_ONCE]])[10:-6]  # without the two lists around them
        before = ",\n    "
    yield "\n  ]"


def _text(value: Any) -> str:
    import orjson  # imported here because `--help` does not need it

    try:
        return lineage.safe_json(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
    except TypeError:  # orjson refuses a lone surrogate, a number of more than 64 bits, and a key that is not a text
        return lineage.json_text(value, indent=2)
