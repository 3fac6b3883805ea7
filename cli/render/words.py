"""Words and cells that all answers share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import chain, takewhile
from typing import Any, TextIO

import click

import lineage

_EVERY = 2  # seconds between two lines of progress


def is_any(kind: str, *traits: str) -> bool:
    """Whether a kind has one of some traits, as the table of kinds says."""
    return kind in lineage.KINDS and not set(traits).isdisjoint(lineage.KINDS[kind].traits)


def tsv(rows: list[list[Any]]) -> str:
    """Rows as tab-separated text with whole values, one line each. Several blanks inside a value become one space."""
    return "".join("\t".join(" ".join(lineage.one_line(str(cell)).split()) for cell in row) + "\n" for row in rows)


def as_text(value: Any) -> str:
    """A value in a cell: a text unchanged, anything else as JSON."""
    return value if isinstance(value, str) else lineage.json_text(value, sort_keys=True)


def said_shortly(value: Any) -> str:
    """A cell for people: a number with seven digits (SageMaker keeps metrics in single precision), anything else in full."""
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def plural(number: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return lineage.counted(number, noun)


def a_kind(kind: str) -> str:
    """`a training job`, `an endpoint config`."""
    said = kind.replace("-", " ")
    return f"{'an' if said[0] in 'aeiou' else 'a'} {said}"


def first_line(text: Iterable[str]) -> str:
    """The line in which an answer says what matters most. The text may come in pieces: no more of them are made than needed."""
    return "".join(takewhile(lambda letter: letter != "\n", chain.from_iterable(text)))


def is_screen(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal. Python sees a stream that the shell closed (`>&-`) as None."""
    return stream is not None and stream.isatty()


def every(seconds: float) -> Callable[[], bool]:
    """Tells at each call whether so many seconds have passed since it last said yes, or was made: for lines of progress."""
    last = time.monotonic()

    def is_due() -> bool:
        nonlocal last
        now = time.monotonic()
        due = now - last >= seconds
        last = now if due else last
        return due

    return is_due


def say(message: str) -> None:
    """Print a line on stderr, with nothing in it that controls the terminal."""
    click.echo(lineage.one_line(message), err=True)


def steps() -> Callable[[str], None]:
    """Says what a long task is doing, every few seconds."""
    is_due = every(_EVERY)

    def tell(step: str) -> None:
        if is_due():
            say(f"lineage: {step}")

    return tell


def say_lines(text: str) -> None:
    """Print lines on stderr, with nothing in them that controls the terminal."""
    click.echo(lineage.visible(text), err=True, nl=False)
