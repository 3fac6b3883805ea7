"""Answers that notebooks display. The package root sets how, because queries cannot import pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, NoReturn

from lineage.domain.text import one_line
from lineage.errors import LineageError

if TYPE_CHECKING:
    import pandas as pd


def in_a_word(shown: Any) -> dict[str, str]:
    """The display of an answer that has no picture: its type."""
    return {"text/plain": f"<{type(shown).__name__}>"}


@dataclass
class Ways:
    """How answers are shown. The package root sets it; it is not part of the answers, whose names Tab offers to people."""

    forms: Callable[[Any], dict[str, str]] = in_a_word
    text: Callable[[Any], str | None] = lambda _: None
    table: Callable[[Any], tuple[list[str], list[list[Any]]] | None] = lambda _: None


WAYS = Ways()


class Shows:
    """Something that a notebook shows as a picture and a table, or as a line of text if that fails."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return WAYS.forms(self).get("text/html")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  (IPython's)
        return WAYS.forms(self)


def framed(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """Rows as a pandas DataFrame. Raises `LineageError` without pandas."""
    try:
        import pandas as pd
    except ImportError:
        raise LineageError("a DataFrame needs pandas: pip install 'sagemaker-lineage[pandas]'") from None
    return pd.DataFrame(rows, columns=list(columns))


class Answer(Shows):
    """An answer to a question. It has no truth value: `if lineage.used(...)` would treat an `unknown` as a yes."""

    __slots__ = ()

    def to_dataframe(self) -> pd.DataFrame:
        """The rows that `-f csv` prints, as a pandas DataFrame. Raises `LineageError` without pandas, and for a report."""
        table = WAYS.table(self)
        if table is None:
            raise LineageError(f"a {type(self).__name__} has no rows: as_json() gives what is in it")
        return framed(*table)

    def __str__(self) -> str:
        """What the command prints. An answer that no command prints gives the line that a notebook shows."""
        return WAYS.text(self) or WAYS.forms(self)["text/plain"]

    def __repr__(self) -> str:
        """One line, as a notebook's list of answers has it: the class, what it is about, and the verdict."""
        said = ": ".join(filter(None, (self._about(), getattr(self, "verdict", ""))))
        return f"<{one_line(' '.join(filter(None, (type(self).__name__, said))))}>"

    def _page(self) -> str:
        """A whole HTML page that shows the answer better than its text does; empty if there is none."""
        return ""

    def _about(self) -> str:
        """What the answer is about, in as few words as possible."""
        subject = getattr(self, "subject", {})
        return subject.get("name") or subject.get("id") or ""

    def __eq__(self, other: object) -> bool:
        """Whether two answers say the same. Raises `TypeError` for a text: `answer == "used"` would never be true."""
        if isinstance(other, str):
            instead = (
                "compare its verdict, as in answer.verdict == 'used'" if hasattr(self, "verdict") else "str(answer) is one"
            )
            raise TypeError(f"an answer is not a text: {instead}")
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, one.name) == getattr(other, one.name) for one in fields(self))  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]  # as of any list

    def __bool__(self) -> NoReturn:
        """Raises `TypeError`, as numpy's arrays do: the verdict has more than two values."""
        has = hasattr(self, "verdict")
        instead = (
            "compare its verdict, as in answer.verdict == 'used'"
            if has
            else "it has no verdict: answer.as_json() is what it says"
        )
        raise TypeError(f"an answer is neither true nor false: {instead}")


class ListedAnswer(Answer):
    """An answer of rows or chapters: a picture would add nothing, and a notebook shows its text alone."""

    __slots__ = ()
