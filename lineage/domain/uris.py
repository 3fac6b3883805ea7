"""Locations inside free texts, in each form that people and programs write: plain, escaped, percent-encoded. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from lineage.domain.names import ARN_OF_PLACE, is_location, location_of
from lineage.domain.windows import first, run

_SLASH = r"(?:/|\\{1,8}(?:/|u002f))"
_PERCENT = r"%(?:25){0,2}"
_SCHEME = r"(?:s3[an]?|https?)"
_HEAD = re.compile(
    rf"{_SCHEME}:{_SLASH}{_SLASH}|(?P<encoded>{_SCHEME}{_PERCENT}3A{_PERCENT}2F{_PERCENT}2F"
    rf"|arn{_PERCENT}3Aaws[a-z-]{{0,16}}{_PERCENT}3As3[a-z-]{{0,32}}{_PERCENT}3A)|{ARN_OF_PLACE}",
    re.IGNORECASE,
)
# What ends a location in a text: a quote, the end of a word or a list, a glob; and a query, which is not part of it. If the
# location is inside another URL, a secret query parameter of that URL ends it as well: the rest is a prefix of it.
_QUERY = r"&(?:amp;)?[\w.-]{0,64}(?:pass|pwd|secret|token|key|sig|credential|auth|cookie)[\w.-]{0,64}="
_TAIL = re.compile(rf"{_QUERY}[^&\s\"'<>]{{0,1024}}", re.IGNORECASE)
_ENDS = r"\s\"'<>,;|*\[{?"
_BODY = re.compile(rf"(?:(?!{_QUERY})[^\\{_ENDS}]|\\{{1,8}}(?:/|u002f)){{1,512}}", re.IGNORECASE)
_ENCODED_BODY = re.compile(rf"(?:(?!{_PERCENT}(?:3F|22|27|20))[^&\\{_ENDS}]){{1,512}}", re.IGNORECASE)
# Credentials before a bucket's name, as Hadoop allows: the secret may contain slashes.
_USER = re.compile(r"(?!arn:)(?:[^\s\"'@<>/:]{1,128}:[^\s\"'@<>]{1,512}|[^\s\"'@<>/:]{1,512})(?=@)", re.IGNORECASE)
_ENCODED_USER = re.compile(
    rf"(?:(?!{_PERCENT}(?:2F|3A|40))[^\s\"'<>&]){{1,128}}{_PERCENT}3A[^\s\"'<>&]{{1,512}}?(?={_PERCENT}40)", re.IGNORECASE
)
_AT = re.compile(rf"@|{_PERCENT}40")
_LOGIN = re.compile(r"[^\s\"'@<>/\\]{1,512}(?=@)")
_MOST_ENCODED: Final = 16_384  # characters of an encoded location: a key has at most 1,024 bytes
_ENCODINGS: Final = 3
_QUICK: Final = ("://", "arn:", "ARN:", "\\", "%")


class Found(NamedTuple):
    """A location in a text: its position, that of the credentials in its URI if any, and its plain form without them."""

    start: int
    end: int
    keys: tuple[int, int]
    plain: str
    tail: tuple[int, int]  # what follows from the URL around it: the name of a secret parameter


def found(text: str) -> Iterator[Found]:
    """The locations in a text, from left to right."""
    at = 0
    if not any(mark in text for mark in _QUICK):
        return
    while head := first(_HEAD, text, at):
        one = _of(text, head)
        at = one.end if one else head.end()
        if one:
            yield one


def _of(text: str, head: re.Match[str]) -> Found | None:
    """The location that begins with this head, or None if it is something else: the beginning decides."""
    start, at, encoded = head.start(), head.end(), bool(head["encoded"])
    pattern = _ENCODED_BODY if encoded else _BODY
    keys = (at, _after_user(text, head))
    divides = _AT.match(text, keys[1]) if keys[0] < keys[1] else None
    body = divides.end() if divides else at
    begun = pattern.match(text, body, body + 600)
    if not location_of(_plain(text[start : keys[0]] + (begun[0] if begun else ""), encoded=encoded)):
        return None
    end = run(pattern, text, body)
    tail = _TAIL.match(text, end, end + 1_536)
    plain = _plain(text[start : keys[0]] + text[body:end], encoded=encoded)
    return Found(start, end, keys, plain, (end, tail.end() if tail else end))


def _after_user(text: str, head: re.Match[str]) -> int:
    """Where the credentials after the scheme of a URI end; the end of the scheme if there are none."""
    at = head.end()
    if head[0][:1] in "aA":
        return at
    pattern = _ENCODED_USER if head["encoded"] else _USER if head[0][:1] in "sS" else _LOGIN
    user = pattern.match(text, at, at + 1_024)
    return user.end() if user else at


def _plain(text: str, *, encoded: bool) -> str:
    for _ in range(_ENCODINGS if encoded else 0):
        if not is_location(text):
            text = unquote(text[:_MOST_ENCODED])
    return text.replace("\\u002f", "/").replace("\\u002F", "/").replace("\\", "")
