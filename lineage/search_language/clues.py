"""Clues to what people wrote in a record: a search reads only the records that may match. Pure.

A clue is a short checksum of a property's name and value. Every record with the value has the clue; a few others have it by
chance, so a record with the clue must still be read. A shape is a checksum of all names that people chose in a record.
"""

from __future__ import annotations

import hashlib
import math
import string
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from lineage.domain.canonical import canonical
from lineage.domain.kinds import Kind
from lineage.domain.records import REDACTED, Body
from lineage.search_language.properties import HYPERPARAMETERS, chosen_names, number_of, values_at

PARAMETERS: Final = "Parameters"
TAGS: Final = "Tags"
EXPERIMENT_NAME: Final = "ExperimentName"
# The names of groups and experiments, which ignore case.
OF_GROUPS: Final = ("Parents.TrialName", "Parents.ExperimentName", EXPERIMENT_NAME)
PARAMETER_VALUES: Final = ("NumberValue", "StringValue")
_SAID: Final = frozenset({HYPERPARAMETERS, PARAMETERS, TAGS, "Parents", EXPERIMENT_NAME})  # the members with clues
CUT, DECIMAL = "\ncut", "\ndecimal"  # instead of a value: one that looked like a secret, and one that is no whole number
_DIGITS: Final = string.ascii_letters + string.digits + "-_"
_SHAPE: Final = 6  # bytes: among 10,000 shapes, two are the same by chance once in millions of files


def clue(name: str, value: str) -> str:
    """The clue to a value of a property: one for equal numbers, and for a group's name in whatever letters."""
    value = value.casefold() if name in OF_GROUPS else value
    number = number_of(value)
    return clue_to(name, value if number is None else _plain(number))


def clues_of(body: Body) -> str:
    """The clues to the hyperparameters, parameters, tags and groups of a record."""
    if _SAID.isdisjoint(body.keys()):
        return ""
    return "".join(sorted({one for name, value in _said(body) for one in _clues(name, value)}))


def shape_of(kind: Kind, record: Body) -> int:
    """The shape of a record in the form of Search: the same for all with the same chosen names; 0 for one without any."""
    if not kind.search:
        return 0
    try:
        names = sorted(set(chosen_names(kind.search, record, every=True)))
    except (AttributeError, LookupError, TypeError):
        names = [canonical(record)]  # an odd record is like no other
    whole = hashlib.blake2b("\n".join(names).encode(errors="surrogatepass"), digest_size=_SHAPE)
    return int.from_bytes(whole.digest(), "big") if names else 0


def _said(body: Body) -> Iterator[tuple[str, Any]]:
    """What people wrote in a record: the name of each property, and its value."""
    yield from ((f"{HYPERPARAMETERS}.{name}", value) for one in _objects(body, HYPERPARAMETERS) for name, value in one.items())
    for name, said in (pair for one in _objects(body, PARAMETERS) for pair in one.items()):
        yield from ((f"{PARAMETERS}.{name}", said.get(one)) for one in PARAMETER_VALUES if isinstance(said, Mapping))
    yield from ((f"{TAGS}.{tag.get('Key')}", tag.get("Value")) for tag in _objects(body, TAGS))
    for parent in _objects(body, "Parents"):
        yield from ((f"Parents.{one}", name.casefold()) for one, name in parent.items() if isinstance(name, str))
    if isinstance(experiment := body.get(EXPERIMENT_NAME), str):
        yield EXPERIMENT_NAME, experiment.casefold()


def _objects(body: Body, member: str) -> Iterator[Body]:
    return (one for one in values_at(body, (member,)) if isinstance(one, Mapping))


def _clues(name: str, value: Any) -> Iterator[str]:
    number = number_of(value)
    if number is None:
        if isinstance(value, str):
            yield clue_to(name, value)
            yield from [clue_to(name, CUT)] if REDACTED in value else ()
        return
    yield clue_to(name, _plain(number))
    if name.startswith(HYPERPARAMETERS) and isinstance(number, float) and math.isfinite(number) and not number.is_integer():
        yield clue_to(name, _plain(math.trunc(number)))  # which the service compares with an integer
        yield clue_to(name, DECIMAL)


def _plain(number: float) -> str:
    """A number as text: the same for equal numbers, also for both zeros."""
    with suppress(OverflowError):  # a whole number that is too large for a record of AWS
        return repr(float(number) + 0.0)
    return str(number)


def clue_to(name: str, value: str) -> str:
    """The clue to a value as it is written; or to what is there instead of a value, `CUT` or `DECIMAL`."""
    high, low = divmod(zlib.crc32(f"{name}\n{value}".encode(errors="surrogatepass")) % len(_DIGITS) ** 2, len(_DIGITS))
    return _DIGITS[high] + _DIGITS[low]
