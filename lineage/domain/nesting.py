"""JSON that is nested deeper than anything that means something: found, and cut off, without going into it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from lineage.domain.records import TOO_DEEP

DEEPEST: Final = 100  # no answer of SageMaker nests half as deep, and no document that anybody writes
_BRACKET: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)


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
