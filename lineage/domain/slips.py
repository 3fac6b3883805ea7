"""Typing slips in the name of a place: what a person wrote, and what they most likely meant. Pure.

Siblings are not slips of each other: `fold-1` and `fold-2`, `2026-05` and `2026-06`, `part-a` and `part-b` differ on purpose.
An unused holdout may be their sibling. So a different digit is never a slip, nor is a letter in a short word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import quote, unquote

from lineage.domain.names import Location

_SEPARATORS = "-_. "
_SHORT = 3  # letters: one more or less in a shorter word makes another word (`eu`, `e`)
_LONG = 6  # letters: a different letter in a shorter word makes another word (`test`, `text`)
_UNQUOTED = "/!*'()=+:@&$,;~"  # characters that S3 does not encode in a URL, besides letters, digits and -_.

# Rules of bucket names since 2018; older buckets in us-east-1 keep their names.
_BUCKET = re.compile(r"(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OLD_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")
_NO_DIGITS = re.compile(r"\D+")
_ODD = {
    r"\S+://": "holds two URIs",
    r"[*?\[\]{}<>]": "holds a wildcard: a prefix already covers everything below it",
    "[ \u00a0]": "has text after the URI, or a space in it",
    r"[,;'\"`)]$": "does not end like a URI",
}


def is_slip(asked: str, named: str) -> bool:
    """Whether two parts of place names differ by one slip: a swapped, missing, doubled or wrong letter, or the case.

    Or only by how their accents are stored, which nobody sees: macOS and Linux write the same name in two ways.
    """
    if _folded(asked) == _folded(named):
        return asked != named
    if abs(len(asked) - len(named)) > 1:
        return False
    start = _alike(asked, named)
    rest = asked[start:], named[start:]
    end = _alike(*(text[::-1] for text in rest))
    one, other = (text[: len(text) - end] for text in rest)
    longer = max(asked, named, key=len)
    if len(one) == len(other) == 2 and one == other[::-1]:
        return not any(map(str.isdigit, one)) and (not one.isalpha() or len(_word(longer, start)) >= _SHORT)
    if len(one) + len(other) == 1:
        return _slips(one or other, longer, start, _SHORT)
    if len(one) == len(other) == 1 and one.isalpha() == other.isalpha():
        first = start == 0 or not longer[start - 1].isalpha()
        return _slips(one, asked, start, _LONG) and _slips(other, named, start, _LONG) and not (first and one.isalpha())
    return False


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else normalize("NFC", text).casefold()


def digits(name: str) -> str:
    """The digits of a name: a slip changes none of them."""
    return _NO_DIGITS.sub("", name)


def _alike(one: str, other: str) -> int:
    """The length of the common beginning of two texts."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _slips(letter: str, text: str, at: int, least: int) -> bool:
    """Whether the character at a position may be a slip: a letter, or a separator that does not separate two numbers."""
    if letter in _SEPARATORS:
        return not (text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit())
    return letter.isalpha() and len(_word(text, at)) >= least


def _word(text: str, at: int) -> str:
    """The letters around a position in a text."""
    begin = end = at
    while begin and text[begin - 1].isalpha():
        begin -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return text[begin:end]


def respelled(key: str) -> Iterator[str]:
    """Other spellings of a key: with single slashes, with `%2F` and the like decoded, or encoded."""
    for spelled in (unquote(key), quote(key, safe=_UNQUOTED)):
        for other in (spelled, re.sub("//+", "/", spelled).removeprefix("/")):
            if other != key:
                yield other


def oddity(location: Location) -> tuple[str, str]:
    """What in a place's key is probably not part of it, and the key up to there; empty if nothing is."""
    found = [(match.end(), said) for odd, said in _ODD.items() if (match := re.search(odd, location.key))]
    if not found:
        return "", ""
    until = location.key.find("/", max(found)[0])
    return found[0][1], location.key[: until if until >= 0 else None]


def is_bucket(name: str, *, old: bool = False) -> bool:
    """Whether a bucket may have that name; with `old`, also a bucket from before 2018."""
    return bool((_OLD_BUCKET if old else _BUCKET).fullmatch(name))
