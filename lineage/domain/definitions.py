"""Which texts a pipeline definition names as inputs of its steps, with joins, parameters and step outputs resolved. Pure.

The same pipeline can be written with plain texts, with `Std:Join` (the guide shows bare `On` and `Values`), or with parameters
that have defaults. It names the same places either way. What a step writes counts as used only if another step reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lineage.domain.arguments import names_bucket, places_beside
from lineage.domain.kinds import KINDS, LOCATION
from lineage.domain.pipelines import parse_definition
from lineage.domain.records import REDACTED

UNKNOWN: Final = "*"  # stands for an unknown part: a glob ends the name of a place
_FRESH: Final = "\x00"  # stands for what differs between executions: an id, a time
_BARE_BUCKET = re.compile(rf"s3[an]?://[^/\s{_FRESH}]+/*{_FRESH}[^\s\"']*")
_DEEPEST = 50  # joins inside joins, and steps that name other steps
_TOKEN = re.compile(r"([^.\[\]]+)|\[['\"]?([^\]'\"]+)['\"]?\]")
_PARAMETER = "Parameters."
_HELD = "held-"  # how a text begins that stands for an expression


def _outputs() -> Iterator[str]:
    """The request fields that only say where something is written, from the table of kinds."""
    for kind in KINDS.values():
        read = {one.path for one in kind.references if one.relation in ("reads", "loads")}
        for one in kind.references:
            if one.relation == "writes" and one.to == LOCATION and one.evidence == "declared" and one.path not in read:
                yield f".{one.path}"


_OUTPUTS: Final = tuple(sorted(path for path in _outputs() if path.count(".") > 1))


class _Part(NamedTuple):
    text: str
    parameter: bool = False  # the text is the name of a parameter


_Parts = tuple[_Part, ...]


class Definition(NamedTuple):
    """A definition, as the input texts of its steps."""

    inputs: tuple[_Parts, ...]
    defaults: dict[str, Any]
    choices: dict[str, list[Any]]
    ignored: frozenset[str]  # parameters that only say where something is written

    def texts(self, values: Mapping[str, Any] | None = None, parameter: str = "") -> Iterator[str]:
        """The texts with these parameter values, else the defaults; with a `parameter`, only the texts that use it."""
        known = self.defaults | dict(values or {})
        for parts in self.inputs:
            if not parameter or any(part.parameter and part.text == parameter for part in parts):
                said = [_said(known.get(part.text)) if part.parameter else part.text for part in parts]
                text = "".join(said if len(said) == 1 else map(_joined, said))
                yield _BARE_BUCKET.sub(" ", text).replace(_FRESH, UNKNOWN)

    def alternatives(self) -> Iterator[str]:
        """The defaults and the allowed values in the parameters' own declarations."""
        names = self.defaults.keys() | self.choices.keys()
        for name in sorted(names - self.ignored):
            yield from map(_said, [self.defaults.get(name), *self.choices.get(name, ())])


@lru_cache(maxsize=100)  # executions of one pipeline often come in a row
def definition(text: str) -> Definition:
    """A definition, read once. Raises `MalformedDefinition`."""
    whole = parse_definition(text)
    given = whole.get("Parameters")
    parameters = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    inputs, outputs = dict[_Parts, None](), dict[_Parts, None]()
    reader = _Reader(whole)
    for parts, is_output in reader.read():
        (outputs if is_output else inputs)[parts] = None
    taken, put = ({part.text for parts in some for part in parts if part.parameter} for some in (inputs, outputs))
    inputs |= {parts: None for parts in reader.paired(parameters) if not any(part.text in put - taken for part in parts)}
    return Definition(
        tuple(inputs),
        {str(one.get("Name")): one["DefaultValue"] for one in parameters if one.get("DefaultValue") is not None},
        {str(one.get("Name")): one["EnumValues"] for one in parameters if isinstance(one.get("EnumValues"), list)},
        frozenset(put - taken),
    )


def _joined(text: str) -> str:
    """A part of a joined text; a part that was cut as a secret is unknown."""
    return UNKNOWN if text.startswith(REDACTED) else text


def _said(value: Any) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else UNKNOWN


class _Reader:
    """One definition while it is read."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole
        self._steps: dict[str, Any] = {}
        self._together: list[Mapping[str, Any] | list[Any]] = []  # values of which one may be a bucket

    def read(self) -> Iterator[tuple[_Parts, bool]]:
        """Each text in the definition, and whether it only says where something is written."""
        found = [
            (value, trail) for value, trail in self._values() if not isinstance(value, (list, Mapping)) or _is_expression(value)
        ]
        for value, trail in found:
            yield self._parts(value, 0), trail.endswith(_OUTPUTS)

    def paired(self, parameters: Iterable[Mapping[str, Any]]) -> Iterator[_Parts]:
        """The places that values beside each other name, a bucket and a prefix: of steps, once read, and of parameters."""
        declared = {str(one.get("Name")): {"Get": f"{_PARAMETER}{one.get('Name')}"} for one in parameters}
        for given in self._together:
            yield from self._places(given)
        if _may_pair(declared):  # a bucket without a prefix is named where it is used
            yield from (parts for parts in self._places(declared) if len(parts) > len(("s3://", "bucket", "/")))

    def _places(self, given: Mapping[str, Any] | list[Any]) -> Iterator[_Parts]:
        if isinstance(given, Mapping):
            given = {name: value for name, value in given.items() if isinstance(value, str) or _is_expression(value)}
        values = list(given.values()) if isinstance(given, Mapping) else given
        first = {repr(value): at for at, value in reversed(list(enumerate(values)))}  # equal values are one
        mark = _HELD
        while any(isinstance(value, str) and mark in value for value in values):
            mark += mark  # not a text in which it would be found
        held = [value if isinstance(value, str) else f"{mark}{first[repr(value)]}." for value in values]
        told = dict(zip(given, held, strict=True)) if isinstance(given, Mapping) else held
        for uri in places_beside(told):
            words = re.split(rf"{mark}(\d+)\.", uri)
            yield tuple(
                part
                for at, word in enumerate(words)
                for part in (self._parts(values[int(word)], 0) if at % 2 else (_Part(word),))
                if part.text or part.parameter
            )

    def _values(self) -> Iterator[tuple[Any, str]]:
        todo: list[tuple[Any, str]] = [(value, f".{key}") for key, value in self._whole.items() if key != "Parameters"]
        while todo:
            value, trail = todo.pop()
            yield value, trail
            if not _is_expression(value) and _may_pair(value):
                self._together.append(value)
            if isinstance(value, list):
                todo += [(one, f"{trail}[]") for one in value]
            elif isinstance(value, Mapping) and not _is_expression(value):
                if "Arguments" in value and "Name" in value:
                    self._steps[str(value["Name"])] = value["Arguments"]
                todo += [(one, f"{trail}.{key}") for key, one in value.items()]

    def _parts(self, expression: Any, depth: int) -> _Parts:
        if not _is_expression(expression) or depth > _DEEPEST:
            return (_Part(_said(expression)),)
        if "Get" in expression:
            return self._got(str(expression["Get"]), depth)
        join = expression.get("Std:Join", expression)
        on, values = _Part(str(join.get("On", ""))), join["Values"]
        parts = [part for value in values for part in (on, *self._parts(value, depth + 1))]
        return tuple(parts[1:])

    def _got(self, name: str, depth: int) -> _Parts:
        if name.startswith(_PARAMETER):
            return (_Part(name.removeprefix(_PARAMETER), parameter=True),)
        if name == "Execution.PipelineName":
            return (_Part(name, parameter=True),)
        if name.startswith("Execution."):
            return (_Part(_FRESH),)
        found = self._of_step(name)
        return self._parts(found, depth + 1) if isinstance(found, str) or _is_expression(found) else (_Part(UNKNOWN),)

    def _of_step(self, name: str) -> Any:
        """A field of a step's request, at a path: `Steps.Prep.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri`."""
        first, step, *path = [one or other for one, other in _TOKEN.findall(name)] + ["", ""]
        value = self._steps.get(step) if first == "Steps" else None
        for token in path[:-2]:
            if isinstance(value, list):
                value = next((one for one in value if isinstance(one, Mapping) and token in one.values()), None)
            else:
                value = value.get(token) if isinstance(value, Mapping) else None
        return value


def _may_pair(value: Any) -> bool:
    """Whether values beside each other are plain texts or expressions, and one of their names is one for a bucket."""
    if not isinstance(value, (list, Mapping)):
        return False
    names = value if isinstance(value, Mapping) else [one for one in value if isinstance(one, str) and one.startswith("-")]
    return any(isinstance(name, str) and names_bucket(name) for name in names)


def _is_expression(value: Any) -> bool:
    """Whether an object stands for a text: a `Get`, or a join in either spelling."""
    if not isinstance(value, Mapping):
        return False
    join = value.get("Std:Join", value if value.keys() == {"On", "Values"} else None)
    return isinstance(value.get("Get"), str) or (isinstance(join, Mapping) and isinstance(join.get("Values"), list))
