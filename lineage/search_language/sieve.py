"""Which records a search must read: a condition in SQL over columns of `record`, derived from the expression. Pure.

The condition never leaves out a record that matches, nor one that would put a note into the answer: see `Matcher`. It may let
others through, so the matcher still decides. Where nothing certain follows from a part of the expression, every record counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from lineage.domain.kinds import Kind
from lineage.search_language.clues import CUT, DECIMAL, OF_GROUPS, PARAMETER_VALUES, PARAMETERS, TAGS, clue, clue_to
from lineage.search_language.expressions import EQUALITIES, EXISTENCE, INTEGER, ORDERINGS, Expression, operator_of
from lineage.search_language.properties import ANY, HYPERPARAMETERS, TEXT, Property, nested_property, property_of

_MOST = 20  # values of one `In` that are looked for: of more, every record counts


class Condition(NamedTuple):
    """A condition in SQL, with its values."""

    sql: str
    values: tuple[str | int, ...] = ()


EVERY: Final = Condition("true")
NONE: Final = Condition("false")


def both(parts: Iterable[Condition]) -> Condition:
    """All of some conditions."""
    return _joined([part for part in parts if part != EVERY], "AND", EVERY)


def either(parts: Iterable[Condition]) -> Condition:
    """At least one of some conditions."""
    some = [part for part in parts if part != NONE]
    return EVERY if EVERY in some else _joined(some, "OR", NONE)


def _joined(parts: Sequence[Condition], word: str, without: Condition) -> Condition:
    if len(parts) < 2:
        return parts[0] if parts else without
    return Condition(
        f"({f' {word} '.join(part.sql for part in parts)})", tuple(value for part in parts for value in part.values)
    )


def any_of(column: str, values: Sequence[str | int]) -> Condition:
    """The condition that a column holds one of some values."""
    return Condition(f"{column} IN ({','.join('?' * len(values))})", tuple(values)) if values else NONE


def with_clue(name: str, value: str) -> Condition:
    """The condition that a record may have a value of a property."""
    return _has(clue(name, value))


def _has(found: str) -> Condition:
    return Condition("instr(clues, ?)", (found,))


def sieve(kind: Kind, expression: Expression | None) -> Condition:
    """The records that a search of a kind must read. A `Matcher` has accepted the expression."""
    return EVERY if expression is None else either([_may_match(kind, expression), _may_be_noted(kind, expression)])


# --- what may match -------------------------------------------------------------------------------


def _may_match(kind: Kind, expression: Expression) -> Condition:
    parts = [_value_is_there(kind, one) for one in expression.get("Filters", ())]
    parts += [EVERY] * bool(expression.get("NestedFilters"))
    parts += [_may_match(kind, one) for one in expression.get("SubExpressions", ())]
    return either(parts) if expression.get("Operator") == "Or" else both(parts)


def _value_is_there(kind: Kind, one: Mapping[str, Any]) -> Condition:
    asked, operator, wanted = property_of(kind.search, one["Name"]), operator_of(one), str(one.get("Value", ""))
    by_name = asked.steps == (*filter(None, [kind.search_within]), f"{kind.noun}Name")
    if operator == "Contains":
        return Condition("instr(name, ?)", (wanted,)) if by_name and is_storable(wanted) else EVERY
    texts = wanted.split(",") if operator == "In" else [wanted]
    if operator not in ("Equals", "In") or "" in texts or len(texts) > _MOST:
        return EVERY
    if by_name:
        return any_of("name", texts) if all(map(is_storable, texts)) else EVERY
    name = _clued(kind, asked)
    return either(with_clue(name, text) for text in texts) if name else EVERY


def _clued(kind: Kind, asked: Property) -> str:
    """The name with which a property has clues; empty if it has none."""
    steps = asked.steps[1:] if kind.search_within == asked.steps[0] else asked.steps
    if asked.key:
        sort = (steps, asked.type, asked.members)
        words = [
            ((HYPERPARAMETERS,), ANY, ()),
            ((PARAMETERS,), ANY, PARAMETER_VALUES),
            ((TAGS,), TEXT, ("Value",)),
        ]
        return f"{steps[0]}.{asked.key}" if sort in words else ""
    return asked.name if ".".join(steps) == asked.name and asked.name in OF_GROUPS else ""


def is_storable(text: str) -> bool:
    """Whether SQLite can compare a text: a lone surrogate is no character."""
    return not any("\ud800" <= one <= "\udfff" for one in text)


# --- what may put a note into the answer ----------------------------------------------------------


def _may_be_noted(kind: Kind, expression: Expression) -> Condition:
    """The records for which the matcher notes something: with And, it looks no further after a part that does not hold."""
    told = [(_value_is_there(kind, one), _is_notable(kind, one)) for one in expression.get("Filters", ())]
    told += [(EVERY, _is_notable_inside(kind, one)) for one in expression.get("NestedFilters", ())]
    told += [(_may_match(kind, one), _may_be_noted(kind, one)) for one in expression.get("SubExpressions", ())]
    if expression.get("Operator") == "Or":
        return either(noted for _, noted in told)
    return either(both([*(may for may, _ in told[:at]), noted]) for at, (_, noted) in enumerate(told))


def _is_notable(kind: Kind, one: Mapping[str, Any]) -> Condition:
    asked, operator = property_of(kind.search, one["Name"]), operator_of(one)
    if not asked.chosen or operator in EXISTENCE:
        return NONE
    name = _clued(kind, asked)
    if not name:
        return EVERY
    compares = operator in EQUALITIES or operator in ORDERINGS
    whole = compares and asked.whole_numbers and INTEGER.fullmatch(str(one.get("Value", "")))
    return either(_has(clue_to(name, what)) for what in (CUT, DECIMAL)[: 2 if whole else 1])


def _is_notable_inside(kind: Kind, nested: Mapping[str, Any]) -> Condition:
    chosen = (nested_property(kind.search, one["Name"]).chosen for one in nested["Filters"])
    return EVERY if any(chosen) else NONE
