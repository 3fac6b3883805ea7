"""Texts that each format must be able to hold."""

from __future__ import annotations

import json
from typing import Any

_PICTURES = {code: 0x2400 + code for code in range(32)} | {0x7F: 0x2421}
_CONTROL = {code: picture for code, picture in _PICTURES.items() if chr(code) not in "\t\n\r"}
_NEVER_XML = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}


def visible(text: str) -> str:
    """Control characters as their pictures (`␇`); tabs and line ends stay. For formats that cannot hold them."""
    return text.translate(_CONTROL | _NEVER_XML)


def one_line(text: str) -> str:
    """The same with tabs and line ends as spaces."""
    return visible(" ".join(text.splitlines()).replace("\t", " "))


def dumped(value: Any) -> str:
    """JSON on one line, keys sorted, nothing escaped that need not be."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def document(value: Any) -> str:
    """JSON for people: indented, keys in the order that they were given."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
