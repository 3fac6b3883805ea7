"""Answers as indented JSON, written in pieces: an answer may have a hundred thousand findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import lineage

_AT_ONCE = 1000  # findings in one piece: the whole text is never held in memory


def indented(value: Any, *, sort_keys: bool = False, at_once: int = _AT_ONCE) -> Iterator[str]:
    """A value as JSON, indented by two, in pieces: an answer member by member, and its findings in batches.

    orjson writes numbers differently (1e-5, not 1e-05), and has no NaN; no record has one either.
    """
    text = _sorted_text if sort_keys else _text
    members = sorted(value.items()) if sort_keys and isinstance(value, dict) else value
    yield from _members(dict(members), text, at_once) if value and isinstance(value, dict) else [text(value)]
    yield "\n"


def _members(value: dict[str, Any], text: Callable[[Any], str], at_once: int) -> Iterator[str]:
    before = "{"
    for key, member in value.items():
        yield f"{before}\n  {_text(key)}: "
        if isinstance(member, Sequence) and not isinstance(member, str):
            yield from _elements(member, text, at_once) if member else ["[]"]
        else:
            yield text([member])[4:-2]
        before = ","
    yield "\n}"


def _elements(value: Sequence[Any], text: Callable[[Any], str], at_once: int) -> Iterator[str]:
    before = "[\n    "
    for start in range(0, len(value), at_once):
        yield before + text([value[start : start + at_once]])[10:-6]  # without the two lists around them
        before = ",\n    "
    yield "\n  ]"


def _text(value: Any, *, sort_keys: bool = False) -> str:
    import orjson  # imported here because `--help` does not need it

    try:
        option = orjson.OPT_INDENT_2 | (orjson.OPT_SORT_KEYS if sort_keys else 0)
        return lineage.safe_json(orjson.dumps(value, option=option).decode())
    except TypeError:  # orjson refuses a lone surrogate, a number of more than 64 bits, and a key that is not a text
        return lineage.json_text(value, indent=2, sort_keys=sort_keys)


_sorted_text = partial(_text, sort_keys=True)
