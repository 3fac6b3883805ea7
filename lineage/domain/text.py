r"""Other people's words as they may be shown: names and keys may hold what steers a terminal, breaks a line, or is no XML.

This is the one place that decides it. The controls of ASCII have pictures (`␛`), one sign each, which is how people know them.
What has no picture is shown as its escape (`\u202e`), so that a name does not pass for another: the controls above ASCII, what
turns the direction of a text, what cannot be seen, and what is no character. Nothing is shown so in JSON: there the same
characters are JSON's own escapes, and a program reads the value as it is.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_UNSEEN: Final = (
    r"\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d\u2060-\u2065\u206a-\u206f"  # no width, or fillers
    r"\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff"  # tags, and selectors of variants, in which a text can be hidden
)
_TURNS: Final = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of a text (Unicode's annex 9)
_NONE: Final = r"\ud800-\udfff\ufffe\uffff"  # surrogates, which no UTF-8 holds, and two that XML forbids
_HIDDEN: Final = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029{_TURNS}{_UNSEEN}{_NONE}]")
_JOINERS: Final = "\u200c\u200d"
_SPACES: Final = dict.fromkeys(map(ord, "\t\n\v\f\r"), " ")
# Half a character, which no UTF-8 holds, and the character zero, at which SQLite's JSON ends a text. JSON can name both.
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_MARK: Final = "\N{REPLACEMENT CHARACTER}"

_MISSING: Final = re.compile(r"not found|could not find|does not exist|cannot find", re.IGNORECASE)


def says_missing(message: str) -> bool:
    """Whether the message of a refusal says that there is no such thing: SageMaker mostly says so in a ValidationException."""
    return bool(_MISSING.search(message))


def visible(text: str) -> str:
    """A text with a picture or an escape in the place of each character that no document should hold.

    Tabs and line ends stay; of a carriage return before a line end nothing, and any other, which overwrites a line, is shown.
    """
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_picture, text.replace("\r\n", "\n"))


def storable(text: str) -> str:
    """A text that a file can hold: with a mark in the place of each half of a character, and of the character zero."""
    return text if is_plain(text) else _UNSTORABLE.sub(_MARK, text)


def is_plain(text: str) -> bool:
    """Whether a text is ASCII that a file can hold, as most are."""
    return text.isascii() and "\0" not in text


def unstorable(text: str) -> str:
    """What no file can hold of a text; empty where it can hold it all."""
    found = None if is_plain(text) else _UNSTORABLE.search(text)
    return "" if not found else "the character zero" if found[0] == "\0" else "half a character"


def one_line(text: str) -> str:
    """The same with a space for each tab, and for each character of ASCII that ends a line."""
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub(_picture, text.translate(_SPACES))


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
    """JSON, written by whoever, with escapes in the place of what no document should hold: its value is the same."""
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
    """Persian, Hindi and emoji need joiners; beside ASCII, or in a row, they join nothing, and only hide something."""
    if found[0] not in _JOINERS:
        return False
    beside = found.string[max(found.start() - 1, 0) : found.start()], found.string[found.end() : found.end() + 1]
    return all(beside) and not any(one.isascii() or _HIDDEN.match(one) for one in beside)
