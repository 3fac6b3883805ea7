"""The rows of all families in one table, the set of kinds for each word of the rows, and how a kind is found."""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from lineage.domain.kinds import (
    assets,
    catalogue,
    experiments,
    jobs,
    lineage_entities,
    managed_jobs,
    monitoring,
    pipelines,
    places,
    registry,
    serving,
    shared,
)
from lineage.domain.kinds.words import LOCATION, Kind, Trait
from lineage.domain.names import is_arn, parse_arn

# The order of the families, and of the rows in each, is the order in which kinds are crawled and shown.
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        *serving.ROWS,
        *registry.ROWS,
        *jobs.ROWS,
        *experiments.ROWS,
        *managed_jobs.ROWS,
        *assets.ROWS,
        *pipelines.ROWS,
        *catalogue.ROWS,
        *monitoring.ROWS,
        *lineage_entities.ROWS,
        *places.ROWS,
    )
}


def _with(*traits: Trait) -> tuple[str, ...]:
    return tuple(kind.name for kind in KINDS.values() if {*traits} & {*kind.traits})


PLACES: Final = _with(Trait.PLACE)
SHOWN_BESIDE: Final = _with(Trait.SHOWN_BESIDE)
SERVERS: Final = _with(Trait.SERVES)
HOLDERS: Final = _with(Trait.HOLDS_MODEL)
CARRIERS: Final = (*HOLDERS, serving.ENDPOINT_CONFIG.name)  # through which callers reach a model
REGISTERED: Final = _with(Trait.REGISTERS)
MEASURERS: Final = _with(Trait.MEASURES)
REPACKERS: Final = _with(Trait.REPACKS)
PREPARERS: Final = _with(Trait.PREPARES)
LEARNERS: Final = _with(Trait.LEARNS)
RUNS: Final = _with(Trait.RECORDS)
GROUPS: Final = _with(Trait.GROUPS)
VERSIONED: Final = _with(Trait.VERSIONED)
TAKERS: Final = _with(Trait.TAKES_OUT)
# What reads by itself: if its record could not be read, what it read is unknown.
READERS: Final = (*(kind.name for kind in KINDS.values() if kind.job), *_with(Trait.RECORDS, Trait.TRAINED_UNREAD))
# What stores the data that it is given, in a location that its record names.
STORES: Final = tuple(
    kind.name for kind in KINDS.values() if any(one.own == "place" and one.relation == "writes" for one in kind.references)
)
# The jobs and stores that write data to a location which a field of their record names.
WRITES_DATA: Final = tuple(
    kind.name
    for kind in KINDS.values()
    if kind.job or kind.name in STORES
    if any(
        (one.relation, one.usage, one.to, one.evidence) == ("writes", "data", LOCATION, "declared") for one in kind.references
    )
)
# What may have given something to a record that names it in a text: by what it holds, made or answers.
GIVING: Final = (
    *(kind.name for kind in KINDS.values() if kind.job or any(one.own for one in kind.references)),
    *_with(Trait.SERVES, Trait.HOLDS_MODEL, Trait.RECORDS),
)
MADE: Final = _with(Trait.SERVES, Trait.HOLDS_MODEL, Trait.RECORDS)  # made from data, besides jobs
ENTITY_KINDS: Final = tuple(kind.name for kind in KINDS.values() if kind.hints)  # written by people beside the records
ONLY_NAMED: Final = tuple(kind.name for kind in KINDS.values() if kind.only_named)
OF_VARIANTS: Final = tuple(kind.name for kind in KINDS.values() if "variants" in dict(kind.details))
# The jobs that a run's record carries, by the member that holds them.
CARRIED_JOBS: Final[dict[str, str]] = {kind.noun: kind.name for kind in KINDS.values() if shared.RUNS in kind.finders}
_OWN_WORDS: Final = ("traits", "search_within", "borrows", "options")  # only for the questions here, not a contract


def kind_json(kind: Kind) -> dict[str, Any]:
    """A row as plain JSON values, without its empty words."""
    told = ((name, value) for name, value in asdict(kind).items() if name not in _OWN_WORDS)
    return {name: value for name, value in told if value not in ("", (), ("", ""), None, False)}


# By the first word of the resource: the patterns, the most specific first, each with its kind.
_BY_ARN: Final[dict[str, list[tuple[re.Pattern[str], Kind]]]] = {}
for _kind in sorted(KINDS.values(), key=lambda kind: -len(kind.arn)):
    _pattern = _kind.arn or f"{_kind.name}/.+"
    _BY_ARN.setdefault(_pattern.partition("/")[0], []).append((re.compile(_pattern, re.IGNORECASE), _kind))


# The kind that a List or Describe call is for.
KIND_OF_CALL: Final[dict[str, str]] = {
    call: kind.name for kind in KINDS.values() for call in (kind.describe, kind.list) if call
}


def kind_of_subject(subject: str) -> Kind | None:
    """The kind of a gap's subject: from its ARN, or from the word before a name; None for a place."""
    return kind_of_arn(subject) if is_arn(subject) else KINDS.get(subject.partition(":")[0])


@lru_cache(maxsize=10_000)
def kind_of_arn(arn: str) -> Kind:
    """The row whose ARN pattern matches, the most specific first; `resource` if no row does."""
    parsed = parse_arn(arn)
    known = _BY_ARN.get(parsed.resource.partition("/")[0].casefold(), ()) if parsed.service == "sagemaker" else ()
    for pattern, kind in known:
        if pattern.fullmatch(parsed.resource):
            return kind
    return KINDS["resource"]
