"""Breaks a text that is too long for its line: between words, or between the parts of a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_WORDS = re.compile(r"\s*\S+\s*|\s+")
_FOLDERS = re.compile(r"[^/]*/+|[^/]+$")
_PARTS = re.compile(r"[^-_.:,@=]*[-_.:,@=]+|[^-_.:,@=]+$")


def parts_of(text: str) -> Iterator[str]:
    """The pieces that should stay whole: words, and the folders of a path."""
    return (folder.rstrip() for word in _WORDS.findall(text) for folder in _FOLDERS.findall(word))


def broken(text: str, width: int, hang: int = 0) -> list[str]:
    """A text as lines of a width; all but the first are indented by `hang`.

    A word that is longer than a line is broken after a slash, or else at a sign such as a hyphen or a dot, or at the line's
    end.
    """
    lines, line, room = [], "", width
    for piece in _pieces(text, max(1, width - hang)):
        if line.strip() and _length(line + piece.rstrip()) > room:
            lines.append(line.rstrip())
            line, room = "", max(1, width - hang)
        line += piece
    return [*lines, line.rstrip()]


def _pieces(text: str, width: int) -> Iterator[str]:
    """The words of a text, and the parts of those that are longer than a line."""
    for word in _WORDS.findall(text):
        yield from _fitting(word, width, (_FOLDERS, _PARTS))


def _fitting(word: str, width: int, ways: tuple[re.Pattern[str], ...]) -> Iterable[str]:
    if _length(word.strip()) <= width:
        yield word
    elif ways:
        for part in ways[0].findall(word):
            yield from _fitting(part, width, ways[1:])
    else:
        from rich.cells import chop_cells

        yield from chop_cells(word, width)


def _length(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)
