"""The parts of a report: sections of paragraphs, tables and pictures, before they are written as HTML or Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lineage.domain.records import Json


class Code(str):
    """An identifier, which is set as code and never shortened."""

    __slots__ = ()


class Word(str):
    """A verdict, a state or a severity: a word with a colour. The colour is never the only sign."""

    __slots__ = ()


# The code in a text: our own words between backticks. Backticks of names and URIs stay as they are.
_TICKED = re.compile(r"`((?:lineage|--|evidenced|partial|not derivable)[\w .-]*)`")

# What it can mean that there is no value. A record that was read has no such field, or an empty one; a record was not read.
NOT_ON_RECORD, NOT_KNOWN, NONE, NOT_APPLICABLE = "not on record", "not known", "none", "does not apply"

Cell: TypeAlias = "str | Code | Word"


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph. The tone is empty, `note` or `lead`."""

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with values. An empty value is shown as none."""

    rows: Sequence[tuple[str, Cell | Sequence[Cell]]]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head, or a text if there are none."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    none: str = "None."


@dataclass(frozen=True, slots=True)
class Items:
    """A list; numbered if people will cite the items."""

    items: Sequence[str]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class WayBack:
    """Steps from an endpoint back to data: the kind, the node, and how the step is known."""

    steps: Sequence[tuple[str, Code, str]]


@dataclass(frozen=True, slots=True)
class ChainPicture:
    """The chain behind one endpoint."""

    title: str
    nodes: list[Json]
    edges: list[Json]


@dataclass(frozen=True, slots=True)
class Listing:
    """Commands or a text, unchanged."""

    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one endpoint: the word, the endpoint and the sentence."""

    word: Word
    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Head:
    """A heading inside of a section."""

    text: str


Block: TypeAlias = Para | Facts | Table | Items | WayBack | ChainPicture | Listing | Verdict | Head


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered section, with an anchor. `part` opens a part of the report about one endpoint."""

    number: str
    title: str
    anchor: str
    blocks: list[Block]
    part: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report: its title, the lines below it, the answer, and the sections."""

    title: str
    classification: str
    under: Sequence[str]
    verdicts: list[Block]
    sections: list[Section] = field(default_factory=list)
    foot: str = ""


def spans(words: str) -> list[tuple[bool, str]]:
    """A text in pieces, each marked as code or not."""
    return [(place % 2 == 1, piece) for place, piece in enumerate(_TICKED.split(words)) if piece]


def text(value: Any, absent: str = NOT_ON_RECORD) -> str:
    """A value as people read it; `absent` says what it means that there is none."""
    if value is None or value in ("", [], {}):
        return absent
    if value is True or value is False:
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def code(value: Any, absent: str = NOT_ON_RECORD) -> Cell:
    """An identifier; `absent` says what it means that there is none."""
    return Code(value) if value else absent


def spaced(kind: str) -> str:
    """A kind as people write it."""
    return kind.replace("-", " ")
