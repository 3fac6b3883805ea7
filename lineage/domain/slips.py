"""Slips of the hand in the name of a place: what a person wrote, and what he most likely meant. Pure.

Siblings are no slips of each other: `fold-1` and `fold-2`, `2026-05` and `2026-06`, `part-a` and `part-b` differ on purpose,
and a holdout that nobody touched lies beside them. So a digit never slips, nor does a letter of a short word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from lineage.domain.names import Location

_SEPARATORS = "-_. "
_SHORT = 3  # letters: in a shorter word one more or less is another word (`eu`, `e`)
_LONG = 6  # letters: in a shorter word another letter is another word (`test`, `text`)
_UNQUOTED = "/!*'()=+:@&$,;~"  # what S3 writes as it is in a URL, besides letters, digits and -_.

# Rules of bucket names since 2018; buckets in us-east-1 may be older, and keep what they were called.
_BUCKET = re.compile(r"(?!xn--|sthree-|\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_OLD_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")
_ODD = {
    r"\S+://": "holds two URIs",
    r"[*?\[\]{}<>]": "holds a wildcard: a prefix already covers everything below it",
    "[ \u00a0]": "has text after the URI, or a space in it",
    r"[,;'\"`)]$": "does not end as a URI does",
}


def is_slip(asked: str, named: str) -> bool:
    """Whether a part of a place's name is another one with one slip: a swapped, missing, doubled or wrong letter, the case."""
    if asked.casefold() == named.casefold():
        return asked != named
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


def _alike(one: str, other: str) -> int:
    """How far two texts begin alike."""
    shorter = min(len(one), len(other))
    return next((at for at in range(shorter) if one[at] != other[at]), shorter)


def _slips(letter: str, text: str, at: int, least: int) -> bool:
    """Whether a letter at a place of a text may be there by a slip, or a separator that does not part two numbers."""
    if letter in _SEPARATORS:
        return not (text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit())
    return letter.isalpha() and len(_word(text, at)) >= least


def _word(text: str, at: int) -> str:
    """The letters around a place of a text."""
    begin = end = at
    while begin and text[begin - 1].isalpha():
        begin -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return text[begin:end]


def respelled(key: str) -> Iterator[str]:
    """What a key may be another spelling of: with single slashes, with what `%2F` and the like stand for, or with these."""
    for spelled in (unquote(key), quote(key, safe=_UNQUOTED)):
        for other in (spelled, re.sub("//+", "/", spelled).removeprefix("/")):
            if other != key:
                yield other


def oddity(location: Location) -> tuple[str, str]:
    """What in a place's key is more likely no part of it, and the key as far as it goes; empty where nothing is."""
    found = [(match.end(), said) for odd, said in _ODD.items() if (match := re.search(odd, location.key))]
    if not found:
        return "", ""
    until = location.key.find("/", max(found)[0])
    return found[0][1], location.key[: until if until >= 0 else None]


def is_bucket(name: str, *, old: bool = False) -> bool:
    """Whether a bucket may have that name, also one that is `old`."""
    return bool((_OLD_BUCKET if old else _BUCKET).fullmatch(name))
