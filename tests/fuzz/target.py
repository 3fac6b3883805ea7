"""What the fuzzer runs: a function with a promise in its docstring, and the strategies that draw its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

Promise = Callable[..., None]


@dataclass
class Target:
    """A promise, the number of examples, and the latest of them: after a failure that is the shortest that fails."""

    promise: Promise
    drawn: Mapping[str, SearchStrategy[Any]]
    examples: int = 0
    latest: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.promise.__name__

    def run(self, how: settings) -> None:
        """Run it with as many examples as the settings say. Raises what the promise raises for the shortest failing example."""

        @wraps(self.promise)  # with its examples: those of @example come first
        def counted(**example: Any) -> None:
            self.examples += 1
            self.latest = example
            self.promise(**example)

        how(given(**self.drawn)(counted))()

    def as_example(self) -> str:
        """The latest example as a decorator, to paste below the `@target` of the promise."""
        return f"@example({', '.join(f'{name}={value!r}' for name, value in self.latest.items())})"


TARGETS: list[Target] = []


def target(**drawn: SearchStrategy[Any]) -> Callable[[Promise], Promise]:
    """Make a function a target. Draw plain values only (texts, bytes, numbers, lists): each example is printed with `repr`."""

    def made(promise: Promise) -> Promise:
        TARGETS.append(Target(promise, drawn))
        return promise

    return made
