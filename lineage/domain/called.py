"""How messages call the arguments of our functions: as Python does, or as the program that calls the functions does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _as_python(name: str, value: object) -> str:
    return f"{name}={'…' if value is None else repr(value)}"


_ways: list[Callable[[str, object], str]] = [_as_python]


def argument(*names: str, value: object = None) -> str:
    """What to call an argument, which functions may name differently; with the value to give, where that is known."""
    return " or ".join(dict.fromkeys(_ways[-1](name, value) for name in names))


def asking(command: str, call: str) -> str:
    """How to ask for something: by a `call` from Python, else by a command."""
    return call if _ways[-1] is _as_python else f"`{command}`"


@contextmanager
def arguments_called(way: Callable[[str, object], str]) -> Iterator[None]:
    """Have messages call an argument what `way` makes of its name and the value to give: the command line has options."""
    _ways.append(way)
    try:
        yield
    finally:
        _ways.remove(way)
