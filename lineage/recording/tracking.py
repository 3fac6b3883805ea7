"""A function whose calls are runs, or whose arguments the current run records."""

from __future__ import annotations

import contextlib
import functools
import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

from lineage.domain.text import one_line
from lineage.errors import RefusedValue
from lineage.recording.limits import TEXT_LENGTH
from lineage.recording.run import Run, current_run
from lineage.recording.service import LOGGER

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_PLAIN = (str, int, float, bool, type(None))
_MOST = 50  # elements of a list or a map that is recorded completely


def track(experiment_name: str | None = None, run_name: str | None = None, **run: Any) -> Callable[[FunctionT], FunctionT]:
    """A decorator: the arguments of each call are recorded as parameters.

        @track("churn")
        def train(depth: int, eta: float = 0.1) -> None: ...

    Inside a run's block they go into that run. Otherwise, with an experiment's name, each call is its own run; without one,
    raises `RefusedValue`. Anything but a number, a text or a short list is recorded as its type; values with the name of a
    secret are cut out. `run` are further arguments of `Run`.
    """
    if callable(experiment_name):  # `@track` without brackets
        return track()(experiment_name)

    def opened(function: Callable[..., Any]) -> Run:
        if inside := current_run():
            return inside
        if not experiment_name:
            name = function.__name__
            raise RefusedValue(f"{name} is tracked outside of a run: call it inside one, or name an experiment")
        return Run(experiment_name, run_name, **run)

    return lambda function: _tracked(function, opened)


def _tracked(function: FunctionT, opened: Callable[[Callable[..., Any]], Run]) -> FunctionT:
    """A function whose calls are recorded: wrong arguments raise before a run is opened."""
    signature = inspect.signature(function)

    def given(*args: Any, **kwargs: Any) -> dict[str, Any]:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(_told(bound.arguments, signature))

    @contextlib.contextmanager
    def recorded(*args: Any, **kwargs: Any) -> Iterator[None]:
        parameters = given(*args, **kwargs)
        with opened(function) as current:
            _log(current, parameters)
            yield

    return cast("FunctionT", functools.wraps(function)(_like(function, recorded)))


def _like(function: Callable[..., Any], recorded: Callable[..., AbstractContextManager[None]]) -> Callable[..., Any]:
    """A function of the same kind whose body runs inside `recorded`: of a generator, that is while it is gone through."""

    async def later(*args: Any, **kwargs: Any) -> Any:
        with recorded(*args, **kwargs):
            return await function(*args, **kwargs)

    def each(*args: Any, **kwargs: Any) -> Any:
        with recorded(*args, **kwargs):
            return (yield from function(*args, **kwargs))

    async def each_later(*args: Any, **kwargs: Any) -> Any:
        with recorded(*args, **kwargs):
            async for one in function(*args, **kwargs):
                yield one

    def now(*args: Any, **kwargs: Any) -> Any:
        with recorded(*args, **kwargs):
            return function(*args, **kwargs)

    if inspect.isasyncgenfunction(function):
        return each_later
    if inspect.isgeneratorfunction(function):
        return each
    return later if inspect.iscoroutinefunction(function) else now


def _log(run: Run, parameters: dict[str, Any]) -> None:
    """Arguments that can't be recorded do not prevent the call, unless its run is strict."""
    try:
        run.log_parameters(parameters)
    except RefusedValue as refusal:
        if run.strict:
            raise
        LOGGER.warning("lineage: not recorded: %s", refusal)


def _told(arguments: Mapping[str, Any], signature: inspect.Signature) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            yield from ((key, _shown(one)) for key, one in value.items())
        elif name not in ("self", "cls") and (kind is not inspect.Parameter.VAR_POSITIONAL or value):
            yield name, _shown(value)


def _shown(value: Any) -> Any:
    """A value in the form of a parameter: numbers stay numbers; nothing large becomes text."""
    if not isinstance(value, float) and hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        value = one_line(value)
        return value if len(value) <= TEXT_LENGTH else f"{value[: TEXT_LENGTH - 1]}…"
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, (list, tuple, dict)) and len(value) <= _MOST and all(isinstance(one, _PLAIN) for one in _parts(value)):
        text = json.dumps(value, default=str)
        return text if len(text) <= TEXT_LENGTH else f"{text[: TEXT_LENGTH - 1]}…"
    return f"<{type(value).__module__}.{type(value).__qualname__}>"


def _parts(value: Any) -> Any:
    return value.values() if isinstance(value, dict) else value
