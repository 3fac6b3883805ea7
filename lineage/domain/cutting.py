"""Finds secrets inside a text that people or their programs wrote, and cuts them out, but never a location.

`REDACTED` marks each cut. A location is never cut, whatever it looks like and whatever its name: it may be the only trace
of a dataset. The work is linear in the length of the text: see `windows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Final

from lineage.domain import token_shapes, uris
from lineage.domain.records import REDACTED
from lineage.domain.token_shapes import SHAPES, Shape
from lineage.domain.uris import Found
from lineage.domain.windows import first, run

Span = tuple[int, int]

_HARMLESS = re.compile(r"[\w.,/+-]{0,15}")  # most values: too short for a key, and without a name in it
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{0,20})?(?:e[+-]?\d{1,3})?|true|false|null|none", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{?[A-Z_][A-Z0-9_]{0,99}\}?|\*{3,64}")  # a shell variable, and what somebody else cut out
# Words begin after a character of no word, after an escaped line end, and after a percent-encoded character.
_BEGINS = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=u00[0-7][0-9a-fA-F])|(?<=%[2-7][0-9a-fA-F]))"
_ANY_SHAPE = re.compile(rf"{_BEGINS}(?:{'|'.join(shape.pattern for shape in SHAPES)})")

# Blocks: their first lines, and how their last lines begin.
_BLOCK = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|PGP MESSAGE)|PuTTY-User-Key-File-\d")
_BLOCK_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,60}-{0,5}|Private-MAC: [0-9a-f]{1,128}")

# A name and what follows it: `name = value`, `"name": value`, `name=>value`, `<name>value`; and `--name value`.
_MARK = re.compile(
    r"(?P<separator>[=:>]|%(?:25){0,2}3[AaDd])|(?<![\w-])(?P<flag>-{1,2}[A-Za-z][\w.-]{0,255}+)(?=[\"'\\,\s])[\"'\\]{0,8},?\s{0,8}"
)
_NAME_BEFORE = re.compile(r"[\s\"'\\\])]{0,12}+(?P<name>[\w.$-]{1,256})(?P<tag><?)")  # of a text that is read from its end
_BLOCK_OF_YAML = r"[ \t]{1,16}[|>][-+]?[ \t]{0,16}(?:\r?\n|\\n)\s{1,32}"
_TO_VALUE = re.compile(
    rf"[=:>]{{0,2}}(?:\s{{0,32}}(?=\\{{0,8}}[\"'])|{_BLOCK_OF_YAML}|[ \t]{{0,16}})(?:(?:Bearer|Basic|Token|ApiKey)\s{{1,4}})?",
    re.IGNORECASE,
)
_WRAPPED = re.compile(r"(?:[A-Za-z_][\w.]{0,63}\(\s{0,4})?[bBrRuUfF]{0,2}(?=\\{0,8}[\"'])")  # SecretStr('x'), b'x'
_QUOTE = re.compile(r"\\{0,8}(?:\"\"\"|'''|[\"'`])")
_UNQUOTED = re.compile(  # up to a quote or the next name
    r"(?:[^\s\"'`;,&<]{1,512}+|,(?![\s\"']|[\w.-]{1,64}[=:])|<(?!/)|[\"'](?=[A-Za-z0-9])){1,512}+"
)
_LIST = re.compile(r"\[[^\[\]]{0,1024}\]|\{[^{}]{0,1024}\}|\([^()]{0,1024}\)")
_LINE = re.compile(r"[^\n]{1,1024}")
_ARN = re.compile(r"arn:aws[a-z-]{0,16}:secretsmanager(?::[a-z0-9-]{0,32}:\d{0,12}:secret)?$")
_LOGIN = re.compile(r"[^\s:/]{1,128}:(?!//)\D")  # a user with a password; not two numbers, a user and a group
# Secrets whose name is no word beside them, each with a sign without which a text has none: a password glued to mysql's -p; a
# pair in a tuple; what follows `Digest`; and a login without a scheme, whose password has a digit and is no version.
_GIVEN = (
    ("-p", re.compile(
        r"(?:mysql|mariadb)[^\n;|&]{0,512}?\s-p\\{0,8}[\"']?(?!\d{1,5}(?::\d{1,5})?(?!\S))(?P<value>[^\s\"'`;|&=\\][^\s\"'`;|&\\]{0,256})"
    )),
    ("(", re.compile(
        r"\(\s{0,8}(?P<quote>\\{0,8}[\"'])(?P<name>[\w.-]{1,64})(?P=quote)\s{0,8},\s{0,8}(?P=quote)"
        r"(?P<value>[^\"'\\]{1,512})(?P=quote)\s{0,8}\)"
    )),
    ("igest", re.compile(
        r"[Dd]igest\s{1,4}(?=username|realm|nonce|uri|qop)"
        r"(?P<value>(?:,?\s{0,4}[a-z]{2,12}=(?:\\{0,8}\"[^\"\n]{0,150}\"|[^\s,\"\\]{1,100})){1,10})"
    )),
    ("@", re.compile(
        r"(?<![\w.@/:%+-])[A-Za-z_][\w.+-]{0,63}:(?!v?\d[\w.-]{0,64}@)(?=[^\s@]{0,128}\d)(?=[^\s@]{0,128}[A-Za-z])"
        r"(?P<value>[^\s/@:\"'<>,;()]{1,128})(?=@(?!sha\d)[A-Za-z0-9])"
    )),
)  # fmt: skip
_FIRST_WORD = re.compile(
    r"(?:(?<![\w-])|(?<=\\[nrt]))(?:api|access|account|auth|encryption|private|secret|signing|subscription) $", re.IGNORECASE
)
_PHRASE = re.compile(r"[ \t]{1,4}[A-Za-z]{1,32}(?![\w=:/@.-])")
_ENOUGH: Final = 256  # characters of a value by which it is judged
# Text right beside a cut may be a secret too, and is recognised only now that it stands alone.
_SEAM = re.compile(rf"[A-Za-z0-9+/.]{re.escape(REDACTED)}|{re.escape(REDACTED)}[A-Za-z0-9+/.]|(?<!/){re.escape(REDACTED)}@")
_GLUED: Final = 4  # so many in a row
_SHORT: Final = frozenset({"-u", "--user", "--proxy-user", "-p"})
_OPENS_NAME: Final = frozenset({"name", "key"})
_OPENS_VALUE: Final = frozenset({"value", "values", "stringvalue", "string_value", "defaultvalue", "default_value"})
_OPENS: Final = _OPENS_NAME | _OPENS_VALUE


# --- names ------------------------------------------------------------------------------------------


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


@lru_cache(maxsize=10_000)  # many records have the same names
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[-256:]).lower()


def says_what(name: str) -> bool:
    """Whether a name says where a secret is stored or of what sort it is: a column, a path, a bucket."""
    return bool(_pattern(token_shapes.SAYS_WHAT).search(_snake(name)))


@lru_cache(maxsize=10_000)
def _is(pattern: str, name: str) -> bool:
    return bool(first(_pattern(pattern), name)) and not says_what(name)


def names_a_secret(name: str) -> bool:
    """Whether a field with this name, chosen by people, holds a secret."""
    return _is(token_shapes.FIELD_NAME, name)


def names_a_password(name: str) -> bool:
    """Whether the value of this name is a secret even if it is a number."""
    return _is(token_shapes.LIKE_A_PASSWORD, name)


def no_secret(name: str, value: str) -> bool:
    """Whether a value is not a secret, whatever its name: a number other than a password, a variable's name, an earlier cut."""
    if _NUMBER.fullmatch(value):
        return not names_a_password(name) or not value.isdigit()
    return not value or bool(_REFERENCE.fullmatch(value)) or value.startswith(REDACTED)


# --- a text -----------------------------------------------------------------------------------------


def cut(text: str) -> str:
    """A text in which everything is replaced that looks like a secret, or that has the name of one beside it."""
    if len(text) < 16 and _HARMLESS.fullmatch(text):
        return text
    shown = _cut_once(text)
    for _ in range(_GLUED):
        if shown == text or not _SEAM.search(shown):
            break
        text, shown = shown, _cut_once(shown)
    return shown


def _cut_once(text: str) -> str:
    places = list(uris.found(text))
    cuts = [*_keys(places), *_blocks(text), *_looking_like_one(text), *_named(text), *_given(text)]
    return _without(text, cuts, places) if cuts else text


def cut_from_uri(text: str) -> str:
    """A URI from the API without a password, a token or a signature in it; its path stays, whatever it looks like."""
    if "://" not in text or not ("@" in text or "?" in text):
        return text
    places, cuts = list(uris.found(text)), list[Span]()
    if text[:2].lower() != "s3":  # in an s3:// URI, everything after the bucket is the key
        query = text.find("?")
        path_ends = query if query >= 0 else len(text)
        cuts += (span for span in _looking_like_one(text) if text[span[1] : span[1] + 1] == "@")
        cuts += (span for span in (*_looking_like_one(text), *_named(text)) if span[0] > path_ends)
    cuts += _keys(places)
    return _without(text, cuts, places) if cuts else text


def _keys(places: Iterable[Found]) -> Iterator[Span]:
    """The credentials inside the URIs of locations, and the name of a secret right after one."""
    return (span for one in places for span in (one.keys, one.tail) if span[0] < span[1])


def _without(text: str, cuts: Iterable[Span], places: Iterable[Found]) -> str:
    """The text without some spans; every location is kept, and ends before the mark of a further cut."""
    safe = [span for one in places for span in ((one.start, one.keys[0]), (one.keys[1], one.end)) if span[0] < span[1]]
    ends = {one.end for one in places}
    kept, at = list[str](), 0
    for start, end in _between(_joined(cuts), safe):
        if not any(map(str.isalnum, text[start:end])):
            continue  # the quotes and commas around a location
        kept += [text[at:start], " " if start in ends else "", REDACTED]
        at = end
    return "".join([*kept, text[at:]])


def _joined(cuts: Iterable[Span]) -> list[Span]:
    """The spans in order, merged where they meet."""
    joined: list[Span] = []
    for start, end in sorted(cuts):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def _between(cuts: Iterable[Span], safe: list[Span]) -> Iterator[Span]:
    """The parts of the cuts that are in no kept span, from left to right: a merge of two sorted lists."""
    number = 0
    for start, end in cuts:
        at = start
        while number < len(safe) and safe[number][0] < end:
            if safe[number][1] > at:
                yield from [(at, safe[number][0])] if at < safe[number][0] else []
                at = safe[number][1]
            if safe[number][1] > end:
                break
            number += 1
        yield from [(at, end)] if at < end else []


# --- what looks like one ----------------------------------------------------------------------------


def _blocks(text: str) -> Iterator[Span]:
    """Private keys and messages, from their first line to their last, or to the end of the text."""
    at = 0
    while ("BEGIN " in text or "PuTTY" in text) and (begin := first(_BLOCK, text, at)):
        end = first(_BLOCK_END, text, begin.end())
        at = end.end() if end else len(text)
        yield begin.start(), at


def _looking_like_one(text: str) -> Iterator[Span]:
    at = 0
    while found := first(_ANY_SHAPE, text, at):
        shape = _shape_at(text, found.start())
        at = run(_rest(shape), text, found.end()) if shape and shape.rest else found.end()
        if shape:
            yield found.start(), at


def _shape_at(text: str, at: int) -> Shape | None:
    for shape, pattern in _each_shape():
        found = pattern.match(text, at, at + 2_048)
        if found and (not shape.also or shape.also(found[0])):
            return shape
    return None


@cache
def _each_shape() -> list[tuple[Shape, re.Pattern[str]]]:
    return [(shape, re.compile(shape.pattern)) for shape in SHAPES]


@cache
def _rest(shape: Shape) -> re.Pattern[str]:
    return re.compile(rf"{shape.rest}{{1,1024}}")


# --- what has a name ----------------------------------------------------------------------------------


def _named(text: str) -> Iterator[Span]:
    """The values beside names of secrets, or beside a `value` whose `name` is one."""
    at, told = 0, ""
    while mark := first(_MARK, text, at):
        at = mark.end()
        name = mark["flag"] or _name_before(text, mark.start())
        plain = _snake(name.lstrip("-"))
        if not (_may_hold(name) or plain in _OPENS):
            continue
        start, ends = _value(text, at, flag=bool(mark["flag"]))
        head = _head(text, start, ends)
        if plain in _OPENS_NAME:
            told = head
        elif _secret(told if plain in _OPENS_VALUE else name, head):
            at = _end(text, start, ends)
            at = run(_PHRASE, text, at) if plain.endswith("passphrase") and not ends else at  # it has several words
            yield start, at


def _given(text: str) -> Iterator[Span]:
    """The secrets that are told by what stands around them."""
    for sign, pattern in _GIVEN:
        at = 0
        while sign in text and (found := first(pattern, text, at)):
            at = found.end()
            if "name" not in pattern.groupindex or _secret(found["name"], found["value"]):
                yield found.span("value")


def _name_before(text: str, at: int) -> str:
    """The name that ends right before a separator; for an element, before the end of its tag."""
    found = _NAME_BEFORE.match(text[max(0, at - 270) : at][::-1])
    if not found or (text[at] == ">" and not found["tag"]):
        return ""
    name, begins = found["name"][::-1].lstrip("$"), at - found.end("name")
    if name[:1] in ("n", "r", "t") and text[begins - 1 : begins] == "\\" and not _may_hold(name):
        name = name[1:]  # what looked like its first letter belongs to an escaped line end
    if name.lower() in ("key", "token") and (word := _FIRST_WORD.search(text[max(0, begins - 20) : begins])):
        name = f"{word[0].strip()}_{name}"  # two words: `api key: x`
    return "" if name in ("secret", "secretsmanager") and _ARN.search(text[max(0, at - 160) : at]) else name


@lru_cache(maxsize=10_000)
def _may_hold(name: str) -> bool:
    """Whether a secret may follow this name or flag inside a text."""
    return name in _SHORT or _is(token_shapes.TEXT_NAME, name) or (_snake(name).endswith("key") and not says_what(name))


def _secret(name: str, value: str) -> bool:
    """Whether a value that begins like this, beside a name inside a text, must be cut."""
    if no_secret(name, value) or not _may_hold(name):
        return False
    if name in _SHORT:
        return ("/" not in value and any(map(str.isalpha, value))) if name == "-p" else bool(_LOGIN.match(value))
    return _is(token_shapes.TEXT_NAME, name) or (len(value) >= 16 and any(map(str.isdigit, value)))


def _value(text: str, at: int, *, flag: bool) -> tuple[int, str]:
    """Where the value after a separator or a flag begins, and the quote that ends it, if any."""
    before = None if flag else _TO_VALUE.match(text, at, at + 96)
    at = before.end() if before else at
    wrapped = _WRAPPED.match(text, at, at + 96)
    at = wrapped.end() if wrapped else at
    quote = _QUOTE.match(text, at, at + 16)
    if flag and text[at : at + 1] == "-":
        return len(text), ""  # the next flag
    return (quote.end(), quote[0]) if quote else (at, "")


def _head(text: str, start: int, quote: str) -> str:
    """The beginning of a value: enough to judge it, and the whole of a short one."""
    if quote:
        return text[start : start + _ENOUGH].partition(quote)[0]
    found = _UNQUOTED.match(text, start, start + _ENOUGH)
    return found[0] if found else text[start : start + 1].strip()


def _end(text: str, start: int, quote: str) -> int:
    """Where a value ends: at its quote, at the end of its list, or of its line if neither is closed."""
    if quote:
        found = text.find(quote, start)
        while found >= 0 and quote[0] != "\\" and _is_escaped(text, start, found):
            found = text.find(quote, found + 1)
        return found if found >= 0 else run(_LINE, text, start)
    if text[start : start + 1] in ("[", "{", "("):
        listed = _LIST.match(text, start, start + 2_048)
        return listed.end() if listed else run(_LINE, text, start)
    return run(_UNQUOTED, text, start)


def _is_escaped(text: str, start: int, at: int) -> bool:
    before = text[max(start, at - 64) : at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
