"""Requests checked against botocore's service model, as the service checks them: more than botocore itself does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.loaders import create_loader
from botocore.model import ServiceModel

_LETTERS = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s", r"\p{S}": "", r"\p{P}": "", r"\p{M}": ""}

loader = cache(create_loader)  # reads each service model once, for every session


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service, as botocore has it."""
    session = botocore.session.Session()
    session.register_component("data_loader", loader())
    return session.get_service_model(service)


def problems(value: Any, shape: Any, at: str = "") -> Iterator[str]:
    """What the service would refuse in a request, in similar words."""
    inside = {"structure": _in_structure, "list": _in_list, "map": _in_map, "string": _in_string}.get(shape.type_name)
    if inside:
        yield from inside(value, shape, at)
    elif shape.type_name in ("integer", "long", "float", "double") and not _is_number(value):
        yield _constraint(value, at, "Member must be a number")
    elif shape.type_name in ("integer", "long"):
        yield from _bounds(value, value, shape, at, "have value")


def _in_structure(value: Any, shape: Any, at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield _constraint(value, at, "Member must be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _constraint("null", _below(at, name), "Member must not be null")
    for name, child in value.items():
        if name in shape.members and child is not None:
            yield from problems(child, shape.members[name], _below(at, name))


def _in_list(value: Any, shape: Any, at: str) -> Iterator[str]:
    yield from _bounds(value, len(value), shape, at, "have length")
    for number, child in enumerate(value, 1):
        yield from problems(child, shape.member, f"{at}.{number}.member")


def _in_map(value: Any, shape: Any, at: str) -> Iterator[str]:
    yield from _bounds("…", len(value), shape, at, "have length")
    for key, child in value.items():
        yield from problems(key, shape.key, f"{at}.key")
        yield from problems(child, shape.value, f"{at}.{key}.member")


def _in_string(value: Any, shape: Any, at: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield _constraint(value, at, "Member must be a string")
        return
    yield from _bounds(value, len(value), shape, at, "have length")
    pattern = _pattern(shape.metadata.get("pattern", ""))
    if pattern and not pattern.fullmatch(value):
        yield _constraint(value, at, f"Member must satisfy regular expression pattern: {shape.metadata['pattern']}")
    if shape.enum and value not in shape.enum:
        yield _constraint(value, at, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")


def _bounds(value: Any, size: float, shape: Any, at: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield _constraint(value, at, f"Member must {what} greater than or equal to {least}")
    if most is not None and size > most:
        yield _constraint(value, at, f"Member must {what} less than or equal to {most}")


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number: others come as texts ("NaN"). What the service does with these is not known."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _constraint(value: Any, at: str, said: str) -> str:
    return f"1 validation error detected: Value '{str(value)[:200]}' at '{at}' failed to satisfy constraint: {said}"


def _below(at: str, name: str) -> str:
    own = name[:1].lower() + name[1:]
    return f"{at}.{own}" if at else own


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """A pattern of the model, with its Unicode classes as close as Python's `re` has them. None: there is no pattern."""
    for theirs, ours in _LETTERS.items():
        text = text.replace(theirs, ours)
    try:
        return re.compile(text, re.ASCII if r"\w" not in text else 0) if text else None
    except re.error:
        return None


def as_text(value: Any, shape: Any) -> Any:
    """A request as an account file writes it: times as ISO 8601 text."""
    if shape.type_name == "structure":
        return {name: as_text(child, shape.members[name]) if name in shape.members else child for name, child in value.items()}
    if shape.type_name == "list":
        return [as_text(child, shape.member) for child in value]
    if shape.type_name == "map":
        return {name: as_text(child, shape.value) for name, child in value.items()}
    return datetime.fromtimestamp(float(value), UTC).isoformat() if shape.type_name == "timestamp" else value
