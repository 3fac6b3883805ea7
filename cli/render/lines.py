"""Lines that all answers share (gaps, what was looked at, notes), and how lines are printed."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import lineage

from .breaking import broken
from .words import is_screen, plural

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text
    from rich.tree import Tree


Piece = str | tuple[str, str]

_NAMED = 5  # accounts or regions that are named; the rest are counted
_AT_ONCE = 1000  # lines in one piece
_FEW, _MANY = 5, 50  # similar gaps that are shown one by one: of an unanswered call, and of anything else
_WIDE = 10_000  # columns without a terminal, and with --wide: nothing is wrapped or cut
_HANG = 4  # columns by which a continued line is indented
WIDE = "cli.wide"  # key for --wide in the `meta` of click's context
# Colours that can be read on white and on black: a terminal's own yellow and cyan vanish on white, its red on black.
SHADES = {"red": "color(196)", "green": "color(28)", "yellow": "color(130)", "magenta": "color(163)", "cyan": "color(30)"}
_FEW_COLOURS = (
    "standard",
    "windows",
)  # kinds of terminals that have only sixteen colours of their own, whatever these look like
_VANISH = {"green": "", "yellow": "", "cyan": ""}  # of the sixteen, those that vanish on white: words say all that colours do


class Line(NamedTuple):
    """A line of a few pieces, each plain or with a style. An answer may have a hundred thousand of them."""

    pieces: tuple[Piece, ...]

    @property
    def plain(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece[0] for piece in self.pieces)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text

        shades = _VANISH if console.color_system in _FEW_COLOURS else SHADES
        shaded = (piece if isinstance(piece, str) else (piece[0], _shade(piece[1], shades)) for piece in self.pieces)
        text = Text.assemble(*shaded, no_wrap=True, overflow="ignore")
        yield from [text] if options.no_wrap else _broken(text, options.max_width)


def _shade(style: str, shades: dict[str, str]) -> str:
    return " ".join(shades.get(word, word) for word in style.split())


def _broken(text: Text, width: int) -> Iterator[Text]:
    """A line as several lines, all but the first indented, if a terminal is too narrow."""
    hang = min(len(text.plain) - len(text.plain.lstrip()) + _HANG, width // 2)
    at = 0
    for part in broken(text.plain, width, hang):
        at = text.plain.index(part, at)
        shown = text[at : at + len(part)]
        shown.pad_left(hang if at else 0)
        yield shown
        at += len(part)


def columns() -> int | None:
    """How wide the terminal is; None with --wide, because nothing is fitted to it then."""
    from rich.console import Console

    context = click.get_current_context(silent=True)
    return None if context and context.meta.get(WIDE) else Console().width


def is_terminal(*, colour: bool) -> bool:
    """Whether a person looks at stdout; without `colour` the output goes to a file."""
    return colour and is_screen(sys.stdout)


def printed(*parts: Any, colour: bool) -> str:
    """Lines, trees and tables as text. Nothing is wrapped or cut if the output is not a terminal."""
    terminal = is_terminal(colour=colour)
    parts = tuple(lineage.visible(part) if isinstance(part, str) else part for part in parts)
    return _drawn(parts, terminal=True) if terminal else "".join(map(_plain, parts))


def printed_in_pieces(parts: Iterable[Any], *, colour: bool) -> Iterator[str]:
    """The same, some lines at a time, for an answer that is never held in memory as a whole. A terminal gets it at once."""
    rest = iter(parts)
    while some := list(islice(rest, None if is_terminal(colour=colour) else _AT_ONCE)):
        yield printed(*some, colour=colour)


def _plain(part: Any) -> str:
    """A line or a tree of lines without colours: the text of its pieces. Only odd characters, and anything else, need rich."""
    if isinstance(part, Line) and (text := part.plain).isprintable():
        return f"{text.rstrip()}\n"
    if hasattr(part, "children") and all(isinstance(one.label, Line) and one.label.plain.isprintable() for one in _all(part)):
        return "".join(f"{line.rstrip()}\n" for line in _tree_lines(part))
    return _drawn([part], terminal=False)


def _all(tree: Tree) -> Iterator[Tree]:
    todo = [tree]
    while todo:
        yield (one := todo.pop())
        todo += one.children


def _tree_lines(tree: Tree) -> Iterator[str]:
    """A tree with guides as rich draws them. Rich looks at each guide of each line, which takes minutes for a deep tree."""
    todo, guides = [(tree, 0, True)], list[str]()
    while todo:
        one, depth, is_last = todo.pop()
        del guides[max(depth - 1, 0) :]
        yield "".join([*guides, *([_ENDS[is_last]] if depth else []), one.label.plain])  # type: ignore[union-attr]
        guides += [_GOES_ON[is_last]] if depth else []
        todo += [(below, depth + 1, below is one.children[-1]) for below in reversed(one.children)]


_ENDS, _GOES_ON = ("├── ", "└── "), ("│   ", "    ")  # by whether it is the last one below what is above it


def _drawn(parts: Iterable[Any], *, terminal: bool) -> str:
    from rich.console import Console

    console = Console(
        force_terminal=terminal,
        force_jupyter=False,  # there rich displays the text by itself, and adds escape codes to it
        width=(columns() if terminal else None) or _WIDE,
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
    """A line of a few pieces, each plain or with a style. No piece can end the line or control the terminal."""
    return Line(
        tuple(lineage.one_line(piece) if isinstance(piece, str) else (lineage.one_line(piece[0]), piece[1]) for piece in pieces)
    )


def hole_line(hole: dict[str, Any]) -> Line:
    """A gap: where it is, its reason, and the call."""
    subject = hole["subject"] if lineage.is_place(hole["subject"]) else hole["subject"].rpartition("/")[2]
    subject = subject if hole["operation"].startswith(("Describe", "GetObject", "HeadObject")) else ""
    asked = " ".join(filter(None, (hole["operation"], subject)))
    where = " ".join(filter(None, (hole["account"], hole["region"])))
    return styled(
        f"  {where}  ",
        (hole["reason"], "yellow"),
        f"  {asked}{': ' if asked else ''}{hole['detail'] or hole['subject']}",
        (attested_by(hole), "green"),
    )


def hole_lines(holes: Iterable[dict[str, Any]]) -> list[Line]:
    """The gaps, those without attestations first. Of many similar ones, the first few, and how many more there are."""
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for hole in holes:
        key = (*(hole[name] for name in ("account", "region", "operation", "reason")), attested_by(hole))
        alike.setdefault(key, []).append(hole)
    lines: list[Line] = []
    for (_, _, operation, reason, _), some in sorted(alike.items(), key=lambda one: bool(one[0][-1])):
        shown = some if len(some) <= (_FEW if operation else _MANY) else some[: _FEW if operation else _MANY]
        lines += map(hole_line, shown)
        more, said = f"  … and {len(some) - len(shown):,} more: ", " ".join(filter(None, (operation, reason)))
        lines += [styled(more, (said, "yellow"), "; --format json lists them all")] if len(some) > len(shown) else []
    return lines


def attested_by(hole: dict[str, Any]) -> str:
    """Who vouches that a gap hides nothing, as ids of attestations."""
    return f"  [attested: {', '.join(hole['attested'])}]" if hole.get("attested") else ""


def looked_lines(scope: dict[str, Any], more: str = "", below: Iterable[Line] = ()) -> list[Line]:
    """What was looked at, with `more` and the lines `below` it, the numbers, and what is never looked at."""
    numbers = _numbers(scope.get("numbers") or {})
    return [
        looked_line(scope, more),
        *below,
        *([styled(("In numbers: ", "dim"), f"{numbers}.")] if numbers else []),
        styled(("Not read at all: ", "dim"), f"{listed(scope.get('not_read') or lineage.NOT_READ)}."),
    ]


def looked_line(scope: dict[str, Any], more: str = "") -> Line:
    """What was looked at: accounts and regions by name, and who crawled them."""
    return styled(("Looked at: ", "dim"), f"{looked_at(scope)}.{more}")


def _numbers(numbers: dict[str, int]) -> str:
    """How many jobs were read, and how much of their input has an unknown origin."""
    if not numbers:
        return ""
    training, processing = (_jobs(numbers, *words) for words in (("training", "channels"), ("processing", "inputs")))
    others = numbers["jobs_that_train"] - numbers["training_jobs"]
    more = [f"{others:,} other {'job that trains' if others == 1 else 'jobs that train'}"] if others else []
    unknown, gone = numbers["channels_of_unknown_writer"], numbers["deleted_jobs_not_read"]
    channels = f"{unknown:,} of {plural(numbers['channels'], 'training channel')} read data that no known job wrote"
    said = [channels] if numbers["channels"] else []
    said += [f"no crawl read {plural(gone, 'deleted job')}"] if gone else []
    return "; ".join([f"read {listed([training, *more, processing])}", *said])


def _jobs(numbers: dict[str, int], kind: str, lacks: str) -> str:
    """The jobs of one kind, and in parentheses how many could read more than they declare."""
    counted = {
        "without network isolation": f"{kind}_jobs_without_isolation",
        f"without {lacks}": f"{kind}_jobs_without_{lacks}",
    }
    odd = ", ".join(f"{numbers[name]:,} {said}" for said, name in counted.items() if numbers[name])
    return f"{plural(numbers[f'{kind}_jobs'], f'{kind} job')}{f' ({odd})' if odd else ''}"


def listed(names: Sequence[str], most: int = 0) -> str:
    """Names as words of a sentence. Beyond `most`, the rest is counted."""
    shown = [*names[:most], f"{len(names) - most:,} more"] if most and len(names) > most + 1 else list(names)
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "none"


def _those(noun: str, names: Sequence[str]) -> str:
    """Accounts or regions by name."""
    return f"{noun}{'' if len(names) == 1 else 's'} {listed(names, _NAMED)}"


def looked_at(scope: dict[str, Any]) -> str:
    """Accounts, regions, and the crawls that saw them."""
    crawls = scope["crawls"]
    where = f"{_those('account', scope['accounts'])}, {_those('region', scope['regions'])}"
    if not crawls:
        return where
    times = list(dict.fromkeys((crawls[0]["started"], crawls[-1]["started"])))
    callers = sorted({crawl["caller"].rpartition(":")[2] for crawl in crawls})
    return f"{where}, crawled {' to '.join(times)} by {' and '.join(callers)}{_replayed(crawls)}"


def _replayed(crawls: list[dict[str, Any]]) -> str:
    """That an account file answered, and not AWS, as far as the crawls are replays."""
    some = [str(crawl["id"]) for crawl in crawls if crawl.get("replayed")]
    which = "" if len(some) == len(crawls) else f"crawl {listed(some)} "
    return f" ({which}replayed from an account file, not read from AWS)" if some else ""


def scope_lines(scope: dict[str, Any], what: str) -> list[Line]:
    """The gaps that could hide more of what is listed, and what was looked at."""
    holes = scope["holes"]
    more = [styled(("Note: ", "dim"), f"{plural(len(holes), 'gap')} could hide more {what}s:")] if holes else []
    return [*more, *hole_lines(holes), looked_line(scope)]


def looked_and_noted(looked: Iterable[Line], caveats: Iterable[str]) -> list[Line]:
    """What was looked at, and the notes. First comes that no record names what was asked about: a "no" then proves little."""
    apart: dict[bool, list[str]] = {True: [], False: []}
    for caveat in caveats:
        apart[caveat.startswith(lineage.UNNAMED)].append(caveat)
    return [*note_lines(apart[True]), *looked, *note_lines(apart[False])]


def note_lines(caveats: list[str]) -> list[Line]:
    """The caveats, one per line."""
    return [styled(("Note: ", "dim"), lineage.sentence(caveat)) for caveat in caveats]


def spaced(kind: str) -> str:
    """A kind as people write it."""
    return kind.replace("-", " ")


def footer(answer: lineage.Usage | lineage.Impact | lineage.Path, *, found: bool) -> list[Line]:
    """The gaps if they affect the verdict, what was looked at, and the notes. No gap can change what was `found`."""
    holes = answer.scope["holes"]
    left = lineage.left_open(holes)
    hint = [styled(("Note: ", "dim"), f"{plural(len(left), 'gap')} could hide more; --format json lists them.")]
    shown = (hint if left else []) if found else hole_lines(holes)
    return [*shown, *looked_and_noted(looked_lines(answer.scope), answer.caveats)]
