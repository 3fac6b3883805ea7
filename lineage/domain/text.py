"""Other people's words as they may be shown: names and keys may hold what steers a terminal, breaks a line, or is no XML."""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = "\N{REPLACEMENT CHARACTER}"
# What no document should hold. The controls of ASCII have pictures (`␛`), which tell them apart; what has none is marked:
# the controls above ASCII, and what is no character: surrogates, which no UTF-8 holds, and two that XML forbids.
_SHOWN: Final[dict[int, int | str]] = (
    {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"}
    | {0x7F: 0x2421}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF), _MARK)
)
_ON_ONE_LINE: Final = _SHOWN | dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")
_HALF: Final = re.compile("[\ud800-\udfff]")  # half a character: JSON can name one, and no UTF-8 holds it

_MISSING: Final = re.compile(r"not found|could not find|does not exist|cannot find", re.IGNORECASE)


def says_missing(message: str) -> bool:
    """Whether the message of a refusal says that there is no such thing: SageMaker mostly says so in a ValidationException."""
    return bool(_MISSING.search(message))


def visible(text: str) -> str:
    """A text with a picture or a mark in the place of each character that no document should hold; tabs and line ends stay."""
    return text if text.isprintable() else text.translate(_SHOWN)


def storable(text: str) -> str:
    """A text that a file can hold: with a mark in the place of each half of a character."""
    return text if text.isascii() else _HALF.sub(_MARK, text)


def one_line(text: str) -> str:
    """The same with a space for each tab, and for each character that ends a line."""
    return text if text.isprintable() else text.translate(_ON_ONE_LINE)
