"""Answers that notebooks display. The package root sets how, because queries cannot import pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn


def in_a_word(shown: Any) -> dict[str, str]:
    """The display of an answer that has no picture: its type."""
    return {"text/plain": f"<{type(shown).__name__}>"}


class Shows:
    """Something that a notebook shows as a picture and a table, or as a line of text if that fails."""

    __slots__ = ()
    forms: ClassVar[Callable[[Any], dict[str, str]]] = staticmethod(in_a_word)

    def _repr_html_(self) -> str | None:
        return type(self).forms(self).get("text/html")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  (IPython's)
        return type(self).forms(self)


class Answer(Shows):
    """An answer to a question. It has no truth value: `if lineage.used(...)` would treat an `unknown` as a yes."""

    __slots__ = ()
    pictured: ClassVar[bool] = True  # whether a picture of its evidence is useful; else a notebook shows the text alone
    text: ClassVar[Callable[[Any], str | None]] = staticmethod(lambda _: None)

    def __str__(self) -> str:
        """What the command prints. An answer that no command prints gives the line that a notebook shows."""
        return type(self).text(self) or type(self).forms(self)["text/plain"]

    def __bool__(self) -> NoReturn:
        """Raises `TypeError`, as numpy's arrays do: the verdict has more than two values."""
        raise TypeError("an answer is neither true nor false: compare its verdict, as in answer.verdict == 'used'")
