r"""Parses `NAME OP VALUE`, one condition of a search as people write it, into a filter of the API. Pure.

OP is one of `= != > >= < <= contains in exists not-exists`. A name is written plainly (`Metrics.validation:auc`), or in
quotes if it contains a space, a quote or one of `= ! < >`. A value is all that follows; in quotes it may begin with `= < >`
and keeps its outer spaces, and `\"` and `\\` are a quote and a backslash. In `in a, b`, the spaces around commas are not
part of the values. A time may also be a day, or have a zone: Search itself accepts neither.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from lineage.domain.given import texts
from lineage.errors import SearchRefused
from lineage.search_language.expressions import moment_of
from lineage.search_language.properties import TIMESTAMP, property_of

_OPERATORS = {
    "=": "Equals",
    "==": "Equals",
    "!=": "NotEquals",
    ">": "GreaterThan",
    ">=": "GreaterThanOrEqualTo",
    "<": "LessThan",
    "<=": "LessThanOrEqualTo",
    "contains": "Contains",
    "in": "In",
    "exists": "Exists",
    "not-exists": "NotExists",
}
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CONDITION = re.compile(
    rf"\s*(?P<name>{_QUOTED}|[^\s=!<>\"']+)"
    r"(?:\s*(?P<sign>[=!<>]=|[=<>])(?![=<>])|\s+(?P<word>contains|in|exists|not-exists)(?!\S))"
    r"\s*(?P<value>.*?)\s*",
    re.DOTALL | re.IGNORECASE,
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def filter_of(resource: str, condition: str) -> dict[str, Any]:
    """The filter for a condition. Raises `SearchRefused` if it can't be parsed."""
    match = _CONDITION.fullmatch(condition)
    operator = match and _OPERATORS.get((match["sign"] or match["word"]).lower())
    if not match or not operator:
        example = "one is NAME OP VALUE, as in 'Metrics.validation:auc > 0.9'"
        raise SearchRefused(f"{condition!r} is not a condition", f"{example}, OP one of {', '.join(_OPERATORS)}")
    name, value = _unquoted(match["name"], condition), match["value"]
    if operator in ("Exists", "NotExists"):
        if value:
            raise SearchRefused(f"{condition!r} is not a condition", f"nothing comes after {match['word']}")
        return {"Name": name, "Operator": operator}
    return {"Name": name, "Operator": operator, "Value": _value(resource, name, operator, value, condition)}


def expression_of(resource: str, conditions: Iterable[str], *, any_of: bool = False) -> dict[str, Any] | None:
    """The expression for several conditions: all of them, or any; None without conditions."""
    filters = [filter_of(resource, one) for one in texts(conditions, "where")]
    if not filters:
        return None
    return {"Filters": filters} | ({"Operator": "Or"} if any_of and len(filters) > 1 else {})


def _value(resource: str, name: str, operator: str, written: str, condition: str) -> str:
    value = _unquoted(written, condition)
    if not value:
        raise SearchRefused(f"{condition!r} names no value", f"to ask for any at all, write '{name} exists'")
    if value == written and operator == "In":
        return ",".join(part.strip() for part in value.split(","))
    try:
        is_time = property_of(resource, name).type == TIMESTAMP
    except SearchRefused:  # an unknown one is refused elsewhere
        return value
    return _time(value) if is_time else value


def _time(value: str) -> str:
    """A day or a time in the form of Search: whole seconds of UTC, without a zone. Anything else is unchanged."""
    moment = moment_of(f"{value}T00:00:00" if _DAY.fullmatch(value) else value)
    try:
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if moment else value
    except OverflowError:  # its time in UTC is outside the range of years
        return value


def _unquoted(text: str, condition: str) -> str:
    if text[:1] not in ("'", '"'):
        return text
    if not re.fullmatch(_QUOTED, text, re.DOTALL):
        raise SearchRefused(f"{condition!r} is not a condition", 'its quotes do not match; a quote in quotes is written \\"')
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
