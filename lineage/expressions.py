"""SageMaker's SearchExpression over plain records: what Search answers, without Search. Pure.

Source: API reference, Search, SearchExpression, Filter, NestedFilters. A missing operator means Equals, a
missing value too means Exists; values are text; times are `YYYY-mm-ddTHH:MM:SS`.
"""

from __future__ import annotations

import operator as op
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Expression = Mapping[str, Any]

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "GreaterThan": op.gt,
    "GreaterThanOrEqualTo": op.ge,
    "LessThan": op.lt,
    "LessThanOrEqualTo": op.le,
}


def holds(expression: Expression, record: Mapping[str, Any]) -> bool:
    """Whether the record satisfies the expression; an empty expression holds for every record."""
    parts = [
        *(_filter_holds(one, record) for one in expression.get("Filters") or ()),
        *(_nested_holds(one, record) for one in expression.get("NestedFilters") or ()),
        *(holds(one, record) for one in expression.get("SubExpressions") or ()),
    ]
    return (any if expression.get("Operator") == "Or" else all)(parts) if parts else True


def filters_in(expression: Expression) -> Iterator[Mapping[str, Any]]:
    """Every filter of an expression, nested ones too."""
    yield from expression.get("Filters") or ()
    for nested in expression.get("NestedFilters") or ():
        yield from nested["Filters"]
    for part in expression.get("SubExpressions") or ():
        yield from filters_in(part)


def values_at(record: Any, name: str) -> list[Any]:
    """The values at a dotted property name; lists on the way are entered. `Tags.x` and `Metrics.x` go by name."""
    first, _, rest = name.partition(".")
    if first == "Tags" and rest:
        return [tag.get("Value") for tag in record.get("Tags") or () if tag.get("Key") == rest]
    if first == "Metrics" and rest and "FinalMetricDataList" in record:
        return [metric.get("Value") for metric in record["FinalMetricDataList"] if metric.get("MetricName") == rest]
    if first in ("HyperParameters", "Parameters") and rest and isinstance(record.get(first), Mapping):
        return _children(record[first].get(rest))
    return [found for value in _children(record.get(first)) for found in (values_at(value, rest) if rest else [value])]


def _children(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _nested_holds(nested: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """One element of the list must satisfy all the filters, each of which carries the full property name."""
    prefix = f"{nested['NestedPropertyName']}."
    elements = values_at(record, nested["NestedPropertyName"])
    inner = [{**one, "Name": one["Name"].removeprefix(prefix)} for one in nested["Filters"]]
    return any(all(_filter_holds(one, element) for one in inner) for element in elements)


def _filter_holds(one: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    values = values_at(record, one["Name"])
    wanted = one.get("Value")
    operator = one.get("Operator") or ("Exists" if wanted is None else "Equals")
    if operator in ("Exists", "NotExists"):
        return bool(values) == (operator == "Exists")
    if operator == "NotEquals":
        return all(not _compares(value, wanted, op.eq) for value in values)
    if operator == "Contains":
        return any(str(wanted) in str(value) for value in values)
    if operator == "In":
        return any(str(value) in str(wanted).split(",") for value in values)
    return any(_compares(value, wanted, _COMPARISONS.get(operator, op.eq)) for value in values)


def _compares(value: Any, wanted: Any, compare: Callable[[Any, Any], bool]) -> bool:
    """Compare as numbers where both are, as times where both are, else as text."""
    try:
        return compare(float(value), float(wanted))
    except (TypeError, ValueError):
        moments = moment_of(wanted), moment_of(value)
    return compare(moments[1], moments[0]) if all(moments) else compare(str(value), str(wanted))


def moment_of(text: Any) -> datetime | None:
    """A time as SageMaker and ISO 8601 write it, down to its seconds or finer; one without a zone is in UTC."""
    if not isinstance(text, str) or text[4:5] != "-" or text[10:11] != "T" or len(text) < len("2026-01-02T03:04:05"):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
