"""Lines that every answer has in common: holes, what was looked at, notes; and how lines are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import lineage

from .words import plural

if TYPE_CHECKING:
    from rich.text import Text


Piece = str | tuple[str, str]

_WIDE = 10_000  # columns, where the output is no terminal: nothing is ever wrapped or cut there


class Line(NamedTuple):
    """A line of a few pieces, each plain or with a style. An answer may have a hundred thousand of them."""

    pieces: tuple[Piece, ...]

    @property
    def plain(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece[0] for piece in self.pieces)

    def __rich__(self) -> Text:
        from rich.text import Text

        return Text.assemble(*self.pieces, overflow="fold")


def printed(*parts: Any, colour: bool) -> str:
    """Lines, trees and tables as text; nothing is wrapped or cut where the output is no terminal."""
    terminal = sys.stdout.isatty() and colour
    return _drawn(parts, terminal=True) if terminal else "".join(map(_plain, parts))


def _plain(part: Any) -> str:
    """A line without colours is what its pieces say; only what no line should hold, and what is no line, must be drawn."""
    if isinstance(part, Line) and (text := part.plain).isprintable():
        return f"{text.rstrip()}\n"
    return _drawn([part], terminal=False)


def _drawn(parts: Iterable[Any], *, terminal: bool) -> str:
    from rich.console import Console

    console = Console(
        force_terminal=terminal,
        width=None if terminal else _WIDE,
        no_color=None if terminal else True,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not terminal,
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part, overflow="fold")
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def styled(*pieces: Piece) -> Line:
    """A line of a few pieces, each plain or with a style; nothing in it ends the line or steers a terminal."""
    return Line(
        tuple(lineage.one_line(piece) if isinstance(piece, str) else (lineage.one_line(piece[0]), piece[1]) for piece in pieces)
    )


def hole_line(hole: dict[str, Any]) -> Line:
    """A hole or a gap: where, why, what was asked."""
    subject = hole["subject"] if lineage.is_place(hole["subject"]) else hole["subject"].rpartition("/")[2]
    subject = subject if hole["operation"].startswith(("Describe", "GetObject", "HeadObject")) else ""
    asked = " ".join(filter(None, (hole["operation"], subject)))
    where = " ".join(filter(None, (hole["account"], hole["region"])))
    return styled(
        f"  {where}  ", (hole["reason"], "yellow"), f"  {asked}{': ' if asked else ''}{hole['detail'] or hole['subject']}"
    )


def looked_at(scope: dict[str, Any]) -> str:
    """Accounts, regions, and the crawls that saw them."""
    crawls = scope["crawls"]
    where = f"{plural(len(scope['accounts']), 'account')}, {plural(len(scope['regions']), 'region')}"
    if not crawls:
        return where
    times = list(dict.fromkeys((crawls[0]["started"], crawls[-1]["started"])))
    callers = sorted({crawl["caller"].rpartition(":")[2] for crawl in crawls})
    return f"{where}, crawled {' to '.join(times)} as {' and '.join(callers)}"


def scope_lines(scope: dict[str, Any], what: str) -> list[Line]:
    """The holes that could hide more of what is listed, and what was looked at."""
    holes = scope["holes"]
    more = [styled(("Note: ", "dim"), f"{plural(len(holes), 'hole')} could hide more {what}s:")] if holes else []
    return [*more, *map(hole_line, holes), styled(("Looked at: ", "dim"), f"{looked_at(scope)}.")]


def note_lines(caveats: list[str]) -> list[Line]:
    """The caveats, one a line."""
    return [styled(("Note: ", "dim"), f"{caveat}.") for caveat in caveats]


def spaced(kind: str) -> str:
    """A kind as people say it."""
    return kind.replace("-", " ")


def footer(answer: lineage.Usage | lineage.Impact | lineage.Path, *, found: bool) -> list[Line]:
    """The holes where they bear on the verdict, what was looked at, and the notes. What is `found` no hole can take away."""
    holes = answer.scope["holes"]
    hint = [styled(("Note: ", "dim"), f"{plural(len(holes), 'hole')} could hide more; --format json lists them.")]
    shown = hint if found and holes else [hole_line(hole) for hole in holes]
    return [*shown, styled(("Looked at: ", "dim"), f"{looked_at(answer.scope)}."), *note_lines(answer.caveats)]
