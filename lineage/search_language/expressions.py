"""SageMaker's SearchExpression over plain records: refuses and answers like Search, without Search. Pure.

Source: API reference, Search, SearchExpression, Filter, NestedFilters. A missing operator means Equals; if the value is also
missing, it means Exists; values are text; times are `YYYY-mm-ddTHH:MM:SS`. Where the reference is silent: text is compared
exactly, `NotEquals` is true without a value, one of several values is enough, and records without the sort property come
last.
"""

from __future__ import annotations

import math
import operator as op
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lineage.domain.records import REDACTED
from lineage.errors import SearchRefused
from lineage.search_language.properties import (
    ANY,
    BOOLEAN,
    LIST,
    MAP,
    NUMBER,
    STRUCTURE,
    TEXT,
    TIMESTAMP,
    Property,
    Record,
    nested_property,
    number_of,
    property_of,
    values_at,
)

Expression = Mapping[str, Any]
Holds = Callable[[Record], bool]

AT_ONCE, IN_ALL = 20, 50  # the maximum length of each list of an expression, and of all its members together
NAME_LENGTH, VALUE_LENGTH = 255, 1024
ORDERINGS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "GreaterThan": op.gt,
    "GreaterThanOrEqualTo": op.ge,
    "LessThan": op.lt,
    "LessThanOrEqualTo": op.le,
}
EQUALITIES, EXISTENCE, _OF_TEXT = ("Equals", "NotEquals"), ("Exists", "NotExists"), ("Contains", "In")
OPERATORS: Final = (*EQUALITIES, *ORDERINGS, *_OF_TEXT, *EXISTENCE)
_TAKES: Final[Mapping[str, tuple[str, ...]]] = {
    TEXT: (*EQUALITIES, *_OF_TEXT, *EXISTENCE),
    NUMBER: (*EQUALITIES, *ORDERINGS, *EXISTENCE),
    TIMESTAMP: (*EQUALITIES, *ORDERINGS, *EXISTENCE),
    BOOLEAN: (*EQUALITIES, *EXISTENCE),
    ANY: OPERATORS,
    LIST: EXISTENCE,
    MAP: EXISTENCE,
    STRUCTURE: EXISTENCE,
}
_WANTED: Final[Mapping[str, str]] = {
    NUMBER: "an integer or floating-point decimal",
    TIMESTAMP: "an ISO 8601 date-time string of the format YYYY-mm-dd'T'HH:MM:SS",
    BOOLEAN: "true or false",
}
# Properties that are lists or maps and in which a text is searched at any depth.
_HOLD_TEXTS = ("Tags", "InputArtifacts", "OutputArtifacts")
# Properties for which one expression may use Contains more than once (API reference, Filter).
_SEVERAL_CONTAINS: Final[Mapping[str, tuple[str, ...]]] = {
    "Experiment": ("DisplayName", "ExperimentName", "Tags"),
    "ExperimentTrial": ("DisplayName", "TrialName", "Tags"),
    "ExperimentTrialComponent": ("DisplayName", "TrialComponentName", *_HOLD_TEXTS),
}
_MEMBERS = ("Filters", "NestedFilters", "SubExpressions")
INTEGER: Final = re.compile(r"[+-]?\d+")
_NOT_FINITE = ("nan", "inf", "infinity")
DEFAULT_SORT = "LastModifiedTime"


class Matcher:
    """An expression, checked like the service does and prepared for many records; None matches every record.

    `cut` names the properties where it met a value that was cut as a secret; `whole` those where the service's rule for
    hyperparameters made a decimal an integer. The answer needs a note on both.
    """

    def __init__(self, resource: str, expression: Expression | None) -> None:
        """Raises `SearchRefused`, with the reason that the service would give."""
        self.properties: dict[str, Property] = {}
        self.cut: set[str] = set()
        self.whole: set[str] = set()
        self._resource = resource
        if expression is not None:
            check_form(expression)
        self.holds: Holds = (lambda _: True) if expression is None else self._expression(expression)
        several = {name.casefold() for name in _SEVERAL_CONTAINS.get(resource, ())}
        asked = [one["Name"].partition(".")[0] for one in filters_in(expression or {}) if one.get("Operator") == "Contains"]
        if sum(name.casefold() not in several for name in asked) > 1:
            raise SearchRefused("'CONTAINS' operator usage limit of 1 exceeded", "search once for each, or use In or Equals")

    def _expression(self, expression: Expression) -> Holds:
        parts = [self._filter(one, property_of(self._resource, one["Name"])) for one in expression.get("Filters", ())]
        parts += [self._nested(one) for one in expression.get("NestedFilters", ())]
        parts += [self._expression(one) for one in expression.get("SubExpressions", ())]
        if len(parts) == 1:
            return parts[0]
        if expression.get("Operator") == "Or":
            return lambda record: any(part(record) for part in parts)
        return lambda record: all(part(record) for part in parts)

    def _nested(self, nested: Mapping[str, Any]) -> Holds:
        """One element of the list must satisfy all the filters; each filter has the full property name."""
        name = nested["NestedPropertyName"]
        around = nested_property(self._resource, name)
        if around.type != LIST:
            raise SearchRefused(f"NestedPropertyName {name} is not a list of objects", "ask for it in Filters")
        parts = [self._inside(one, name, around) for one in nested["Filters"]]
        return lambda record: any(all(part(element) for part in parts) for element in values_at(record, around.steps))

    def _inside(self, one: Mapping[str, Any], name: str, around: Property) -> Holds:
        if not one["Name"].startswith(f"{name}."):
            hint = f"write {name}.{one['Name']}"
            raise SearchRefused(f"The name {one['Name']} in NestedFilters does not begin with {name}", hint)
        found = nested_property(self._resource, one["Name"])
        steps = found.steps[len(around.steps) :]
        own = Property(found.name, found.type, steps, found.key, found.keyed_by, found.members)
        return self._filter(one, own)

    def _filter(self, one: Mapping[str, Any], asked: Property) -> Holds:
        operator = operator_of(one)
        _check_operator(asked, operator)
        self.properties[asked.name] = asked
        if operator in EXISTENCE:
            return lambda record: bool(asked.values(record)) == (operator == "Exists")
        if "Value" not in one:
            raise SearchRefused(f"The operator {operator} on {asked.name} needs a Value")
        passes = self._passes(asked, operator, one["Value"])
        if operator == "NotEquals":
            return lambda record: not any(passes(value) for value in self._values(asked, record))
        return lambda record: any(passes(value) for value in self._values(asked, record))

    def _values(self, asked: Property, record: Record) -> list[Any]:
        values = asked.values(record)
        if asked.chosen and any(isinstance(value, str) and REDACTED in value for value in values):
            self.cut.add(asked.name)
        return values

    def _passes(self, asked: Property, operator: str, wanted: str) -> Callable[[Any], bool]:
        """The test for one value; the caller inverts `NotEquals`."""
        if operator == "Contains":
            return lambda value: any(wanted in text for text in _texts(value))
        if operator == "In":
            allowed = frozenset(wanted.split(","))
            return lambda value: isinstance(value, str) and value in allowed
        compares = ORDERINGS.get(operator, op.eq)
        if asked.type == TEXT:
            return lambda value: bool(value == wanted)
        if asked.type == ANY:
            return self._compares_any(asked, operator, wanted)
        return _compares(asked, wanted, compares)

    def _compares_any(self, asked: Property, operator: str, wanted: str) -> Callable[[Any], bool]:
        """Compares what people wrote: as numbers if both are numbers, otherwise only for equal text."""
        number = number_of(wanted)
        if number is None and operator in ORDERINGS:
            raise _malformed(asked.name, wanted, NUMBER)
        compares: Callable[[Any, Any], bool] = ORDERINGS.get(operator, op.eq)
        whole = asked.whole_numbers and bool(INTEGER.fullmatch(wanted))

        def passes(value: Any) -> bool:
            own = number_of(value)
            if own is None or number is None:
                return operator in EQUALITIES and bool(value == wanted)
            # The service's rule for hyperparameters if the requested value is an integer.
            if whole and math.isfinite(own) and math.trunc(own) != own:
                self.whole.add(asked.name)
                own = math.trunc(own)
            return compares(own, number)

        return passes


def operator_of(one: Mapping[str, Any]) -> str:
    """The operator of a filter, with the service's default."""
    return str(one.get("Operator") or ("Equals" if "Value" in one else "Exists"))


def filters_in(expression: Expression) -> Iterator[Mapping[str, Any]]:
    """Every filter of an expression, including nested ones."""
    yield from expression.get("Filters") or ()
    for nested in expression.get("NestedFilters") or ():
        yield from nested["Filters"]
    for part in expression.get("SubExpressions") or ():
        yield from filters_in(part)


# --- values ---------------------------------------------------------------------------------------


def _compares(asked: Property, wanted: str, compares: Callable[[Any, Any], bool]) -> Callable[[Any], bool]:
    """A comparison with values of one type."""
    reads = _READS[asked.type]
    own = reads(wanted)
    if own is None:
        raise _malformed(asked.name, wanted, asked.type)

    def passes(value: Any) -> bool:
        read = reads(value)
        return read is not None and compares(read, own)

    return passes


def _malformed(name: str, value: str, kind: str) -> SearchRefused:
    return SearchRefused(f"The value '{value[:100]}' of {name} is not {_WANTED[kind]}")


def _measured(value: Any) -> float | None:
    """A number from the service, which may not be finite."""
    return float(value) if isinstance(value, str) and value.casefold().lstrip("+-") in _NOT_FINITE else number_of(value)


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).casefold())


def moment_of(text: Any) -> datetime | None:
    """A time in SageMaker's form or ISO 8601, at least to the second; UTC without a zone."""
    if not isinstance(text, str) or text[4:5] != "-" or text[10:11] != "T" or len(text) < len("2026-01-02T03:04:05"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_READS: Final[Mapping[str, Callable[[Any], Any]]] = {NUMBER: _measured, TIMESTAMP: moment_of, BOOLEAN: _truth}


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value, including keys of maps."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from (text for pair in value.items() for one in pair for text in _texts(one))


# --- order ----------------------------------------------------------------------------------------


class Sorting:
    """The order of search results: by a property, then by id; records without the property come last."""

    def __init__(self, resource: str, by: str = DEFAULT_SORT, *, descending: bool = True) -> None:
        """Raises `SearchRefused` for a property that the resource does not have, or that can't be used for sorting."""
        self.by, self.descending = by, descending
        default = by == DEFAULT_SORT
        self._ways = [_sorted_by(resource, name) for name in ((by, "CreationTime") if default else (by,))]

    @property
    def steps(self) -> tuple[str, ...]:
        """The path to the sort value; None if the resource has no such time."""
        return next((way.steps for way in self._ways if way), ())

    def key(self, record: Record) -> tuple[int, float | str] | None:
        """The sort value of a record: its creation time if it was never modified. None if it has no value."""
        for asked in self._ways:
            found = [key for value in (asked.values(record) if asked else ()) if (key := _sort_key(asked, value))]
            if found:
                return max(found) if self.descending else min(found)
        return None

    def ordered(self, found: list[tuple[tuple[int, float | str] | None, str, Any]]) -> list[Any]:
        """Pairs of a key and an id, each with its item, in order."""
        by_id = sorted(found, key=op.itemgetter(1))
        present = sorted((one for one in by_id if one[0] is not None), key=op.itemgetter(0), reverse=self.descending)
        return [*present, *(one for one in by_id if one[0] is None)]


def _sorted_by(resource: str, name: str) -> Property | None:
    try:
        asked = property_of(resource, name)
    except SearchRefused:
        if name in (DEFAULT_SORT, "CreationTime"):  # never refuse the default: some resources have no such time
            return None
        raise
    if asked.type in (LIST, MAP, STRUCTURE):
        raise SearchRefused(f"{name} can't be sorted by: it is a {asked.type}", "name one of the values in it")
    return asked


def _sort_key(asked: Property | None, value: Any) -> tuple[int, float | str] | None:
    """Numbers before texts, so that what people wrote has one order."""
    if asked and asked.type == TIMESTAMP:
        moment = moment_of(value)
        return (0, moment.timestamp()) if moment else None
    number = float(value) if isinstance(value, bool) else _measured(value) if asked and asked.type != TEXT else None
    if number is not None:
        return None if math.isnan(number) else (0, number)
    return (1, str(value))


# --- form -----------------------------------------------------------------------------------------


def check_form(expression: Any) -> None:
    """Check the form and the limits of an expression. Raises `SearchRefused`, in the service's words."""
    todo, count = [(expression, "searchExpression")], 0
    while todo:
        one, at = todo.pop()
        _check_expression(one, at)
        count += sum(len(one.get(name, ())) for name in _MEMBERS)
        count += sum(len(nested["Filters"]) for nested in one.get("NestedFilters", ()))
        if count > IN_ALL:
            said = "The maximum number of recursive SubExpressions, NestedFilters, and Filters in a SearchExpression is"
            raise SearchRefused(f"{said} {IN_ALL}")
        parts = enumerate(one.get("SubExpressions", ()), 1)
        todo += [(part, f"{at}.subExpressions.{number}.member") for number, part in parts]


def _check_expression(one: Any, at: str) -> None:
    _check_members(one, at, dict.fromkeys(_MEMBERS, list) | {"Operator": str})
    if not any(name in one for name in _MEMBERS):
        raise SearchRefused("You must specify at least one subexpression, filter, or nested filter", f"{at} has none")
    if one.get("Operator", "And") not in ("And", "Or"):
        raise _constraint(one["Operator"], f"{at}.operator", "Member must satisfy enum value set: [And, Or]")
    for name in _MEMBERS:
        _check_length(one, name, at)
    for number, nested in enumerate(one.get("NestedFilters", ()), 1):
        inside = f"{at}.nestedFilters.{number}.member"
        _check_members(nested, inside, {"NestedPropertyName": str, "Filters": list}, required=("NestedPropertyName", "Filters"))
        _check_text(nested["NestedPropertyName"], f"{inside}.nestedPropertyName", NAME_LENGTH)
        _check_length(nested, "Filters", inside)
        for place, part in enumerate(nested["Filters"], 1):
            _check_filter(part, f"{inside}.filters.{place}.member")
    for number, part in enumerate(one.get("Filters", ()), 1):
        _check_filter(part, f"{at}.filters.{number}.member")


def _check_filter(one: Any, at: str) -> None:
    _check_members(one, at, {"Name": str, "Operator": str, "Value": str}, required=("Name",))
    _check_text(one["Name"], f"{at}.name", NAME_LENGTH)
    if "Value" in one:
        _check_text(one["Value"], f"{at}.value", VALUE_LENGTH)
    if operator_of(one) not in OPERATORS:
        said = f"Member must satisfy enum value set: [{', '.join(OPERATORS)}]"
        raise _constraint(one["Operator"], f"{at}.operator", said)


def _check_members(one: Any, at: str, known: Mapping[str, type], required: tuple[str, ...] = ()) -> None:
    if not isinstance(one, Mapping):
        raise SearchRefused(f"Invalid type for parameter {at}: an object is wanted, not {type(one).__name__}")
    for name, value in one.items():
        if name not in known:
            raise SearchRefused(f'Unknown parameter in {at}: "{name}", must be one of: {", ".join(known)}')
        if not isinstance(value, known[name]):
            wanted = "a list" if known[name] is list else "a text"
            raise SearchRefused(f"Invalid type for parameter {at}.{name}: {wanted} is wanted, not {type(value).__name__}")
    for name in required:
        if name not in one:
            raise SearchRefused(f'Missing required parameter in {at}: "{name}"')


def _check_length(one: Mapping[str, Any], name: str, at: str) -> None:
    length = len(one.get(name, "x"))
    if not 1 <= length <= AT_ONCE:
        bound = f"less than or equal to {AT_ONCE}" if length else "greater than or equal to 1"
        where = f"{at}.{name[0].lower()}{name[1:]}"
        raise _constraint(f"[{length} members]", where, f"Member must have length {bound}")


def _check_text(text: str, at: str, longest: int) -> None:
    if not 1 <= len(text) <= longest:
        bound = f"less than or equal to {longest}" if text else "greater than or equal to 1"
        raise _constraint(text, at, f"Member must have length {bound}")
    if not re.fullmatch(".+", text):
        raise _constraint(text, at, "Member must satisfy regular expression pattern: .+")


def _constraint(value: str, at: str, said: str) -> SearchRefused:
    shown = value if len(value) <= 100 else f"{value[:100]}…"
    return SearchRefused(f"1 validation error detected: Value '{shown}' at '{at}' failed to satisfy constraint: {said}")


def _check_operator(asked: Property, operator: str) -> None:
    """Text has no comparisons, and only text has `Contains` and `In` (API reference, Filter)."""
    holds_texts = operator == "Contains" and asked.type in (LIST, MAP) and asked.steps[-1] in _HOLD_TEXTS
    if operator in _TAKES[asked.type] or holds_texts:
        return
    kind = "numerical" if asked.type == NUMBER else asked.type
    hint = "name one of its fields" if asked.type in (LIST, MAP, STRUCTURE) else f"it takes {', '.join(_TAKES[asked.type])}"
    raise SearchRefused(f"The operator {operator} is not supported for the {kind} property {asked.name}", hint)
