"""What callers from Python give: texts, lists of texts, and numbers. Pure.

A text is itself an iterable of texts, its letters. So every public function that takes several texts calls `texts`, which
treats one text as a list of one.
"""

from __future__ import annotations

from collections.abc import Iterable

_SHOWN = 60  # characters of a value that a message repeats


def texts(given: Iterable[str], what: str) -> tuple[str, ...]:
    """The texts of the argument `what`: several, or one by itself. Raises `TypeError` for anything else."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable) or _has_id(given):
        raise TypeError(f"{what} takes texts, or a list of texts; this is {_shown(given)}")
    found = tuple(given)
    for wrong in (one for one in found if not isinstance(one, str)):
        raise TypeError(f"{what} takes texts{_quoted(wrong)}; this is {_shown(wrong)}")
    return found


def text(given: str, what: str) -> str:
    """The text of the argument `what`. Raises `TypeError` for anything else."""
    if not isinstance(given, str):
        raise TypeError(f"expected {what} as a text; this is {_shown(given)}")
    return given


def number(given: int | None, what: str) -> None:
    """Raise `TypeError` if the argument `what` is neither a whole number nor left out."""
    if given is not None and (isinstance(given, bool) or not isinstance(given, int)):
        raise TypeError(f"{what} takes a whole number; this is {repr(given)[:_SHOWN]}")


def _quoted(wrong: object) -> str:
    """How to write a number as a text: an account id looks like one."""
    return f", as in '{wrong:012d}'" if isinstance(wrong, int) and not isinstance(wrong, bool) else ""


def _shown(given: object) -> str:
    """A value as a message shows it: its type, and the value of a number or a short list."""
    if given is None:
        return "None"
    kind = type(given).__name__
    told = isinstance(given, int | float | list | tuple | bytes) and not _has_id(given)
    advice = ": give its id" if _has_id(given) else ""
    return f"the {kind} {repr(given)[:_SHOWN]}" if told else f"an object of type {kind}{advice}"


def _has_id(given: object) -> bool:
    """Whether it is a node, a run or another thing with an id; a node is a tuple as well."""
    return isinstance(getattr(given, "id", None), str)
