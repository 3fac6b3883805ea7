r"""Makes other people's texts safe to show: names and keys may contain terminal controls, line ends, or invalid XML.

Only this file decides it. ASCII controls are shown as their pictures (`␛`), one character each. A character without a picture
is shown as its escape (`\u202e`), so that one name does not pass for another. Such are controls above ASCII, characters that
turn the direction of a text, invisible ones, and non-characters. In JSON these characters are written as JSON's own escapes, so
a program reads the value unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final

_UNSEEN: Final = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"  # no width, or fillers
    r"\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"  # tags and variation selectors, in which a text can be hidden
)
_TURNS: Final = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of a text (Unicode's annex 9)
_NONE: Final = r"\ud800-\udfff\ufffe\uffff"  # surrogates, which UTF-8 cannot encode, and two that XML forbids
_HIDDEN: Final = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_TURNS}{_UNSEEN}{_NONE}]")
_JOINERS: Final = "\u200c\u200d"
_SPACES: Final = dict.fromkeys(map(ord, "\t\n\v\f\r"), " ")
# A lone surrogate, which UTF-8 cannot encode, and the character zero, where SQLite's JSON ends a text. JSON can name both.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_MARK: Final = "\N{REPLACEMENT CHARACTER}"

_MISSING: Final = re.compile(r"not found|could not find|does not exist|cannot find", re.IGNORECASE)


def says_missing(message: str) -> bool:
    """Whether the message of a refusal says that the thing does not exist: mostly SageMaker's ValidationException."""
    return bool(_MISSING.search(message))


def visible(text: str) -> str:
    """A text with a picture or an escape in place of each character that no document should contain.

    Tabs and line ends stay. A carriage return before a line end is dropped; any other, which overwrites a line, is shown.
    """
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_picture, text.replace("\r\n", "\n"))


def storable(text: str) -> str:
    """A text that a file can hold: with a mark in place of each lone surrogate and each character zero."""
    return text if is_plain(text) else _UNSTORABLE.sub(_MARK, text)


def is_plain(text: str) -> bool:
    """Whether a text is ASCII that a file can hold; most texts are."""
    return text.isascii() and "\0" not in text


def unstorable(text: str) -> str:
    """What in a text no file can hold; empty if a file can hold all of it."""
    found = None if is_plain(text) else _UNSTORABLE.search(text)
    return "" if not found else "the character zero" if found[0] == "\0" else "half a character"


def one_line(text: str) -> str:
    """The same with a space for each tab, and for each character of ASCII that ends a line."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_picture, text.translate(_SPACES))


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def counted(number: int, noun: str) -> str:
    """How many of something, in words: `1 node`, `2 nodes`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def sentence(said: str) -> str:
    """A text with a full stop, unless it ends with a question."""
    return said if said.endswith("?") else f"{said}."


def named_line(kind: str, name: str, *facts: str) -> str:
    """One line for the `repr` of an object: its class, its name and what matters of it, without empty ones."""
    about = ", ".join(filter(None, facts))
    return f"<{one_line(f'{kind} {name}'.strip())}{f': {one_line(about)}' if about else ''}>"


def shown(value: Any) -> Any:
    """A JSON value with all its texts, and the names of its members, made visible."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(name): shown(member) for name, member in value.items()}
    return [shown(member) for member in value] if isinstance(value, list | tuple) else value


def json_text(value: Any, **layout: Any) -> str:
    """A value as JSON that may be shown; `layout` is `json.dumps`'s: `indent`, `sort_keys`, `allow_nan`."""
    return safe_json(json.dumps(value, ensure_ascii=False, **layout))


def safe_json(text: str) -> str:
    """JSON from any writer, with escapes in place of characters that no document should contain: its value is the same."""
    return text if text.isascii() and "\x7f" not in text else _HIDDEN.sub(_escape, text)


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if _joins(found):
        return found[0]
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _escape(found: re.Match[str]) -> str:
    if _joins(found):
        return found[0]
    return "\\u007f" if found[0] == "\x7f" else json.dumps(found[0])[1:-1]


def _joins(found: re.Match[str]) -> bool:
    """Persian, Hindi and emoji need joiners; beside ASCII, or in a row, they join nothing and can only hide something."""
    if found[0] not in _JOINERS:
        return False
    beside = found.string[max(found.start() - 1, 0) : found.start()], found.string[found.end() : found.end() + 1]
    return all(beside) and not any(one.isascii() or _HIDDEN.match(one) for one in beside)
