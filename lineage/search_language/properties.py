"""What Search knows about each resource: its properties by name, their types, and how to read them from a record. Pure.

The properties are data, `searchable.tsv`: botocore's Search record, written by `fixtures/searchable.py`. Names that
people choose come after a word of the service (API reference, Filter): `Tags.<key>`, `HyperParameters.<name>`,
`Metrics.<name>`, `Parameters.<name>`; the case of that word is ignored, because AWS's own samples use `metrics.loss.max`. A
trial component has several numbers for a metric, and the name ends with the wanted one: `Metrics.<name>.Max`.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from lineage.domain.called import argument, asking
from lineage.domain.kinds import KINDS, Kind
from lineage.errors import SearchRefused

Record = Mapping[str, Any]

TEXT, NUMBER, BOOLEAN, TIMESTAMP = "text", "number", "boolean", "timestamp"
LIST, MAP, STRUCTURE = "list", "map", "structure"
ANY: Final = "any"  # what people write: a number if it can be read as one, else a text
HYPERPARAMETERS: Final = "HyperParameters"
STATISTICS: Final = ("Avg", "Count", "Last", "Max", "Min", "StdDev")
_OWN_WORDS: Final = {"tags": "Tags", "metrics": "Metrics", "hyperparameters": HYPERPARAMETERS, "parameters": "Parameters"}
_OTHERWISE_CALLED: Final = ("TrainingJob", "Metrics")  # a filter's word for a member with another name
_OFFERED, _NEAR, _LONG_ENOUGH = 3, 0.75, 3  # names, how similar, and letters of a part of one
_EMPTY: Final[tuple[Any, ...]] = (None, [], {})
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a resource: its type, and the path to its values.

    `steps` lead through structures and lists. There, `key` chooses an entry of a map or, with `keyed_by`, the elements of
    a list whose field of that name is the key. `members` are the fields of the chosen values.
    """

    name: str
    type: str
    steps: tuple[str, ...]
    key: str = ""
    keyed_by: str = ""
    members: tuple[str, ...] = ()

    @property
    def chosen(self) -> bool:
        """Whether people chose the last part of its name."""
        return bool(self.key)

    @property
    def whole_numbers(self) -> bool:
        """Whether a comparison with an integer makes its decimals integers, as for hyperparameters."""
        return self.chosen and self.steps[-1] == HYPERPARAMETERS

    def values(self, record: Record) -> list[Any]:
        """Its values in a record in the form of Search; empty values do not count."""
        found = values_at(record, self.steps)
        if self.keyed_by:
            found = [one for one in found if one.get(self.keyed_by) == self.key]
        elif self.key:
            found = [one[self.key] for one in found if self.key in one]
        if self.members:
            found = [one[name] for one in found for name in self.members if name in one]
        return [one for one in found if one not in _EMPTY]


def values_at(record: Any, steps: tuple[str, ...]) -> list[Any]:
    """The values at the end of a path through structures; lists on the path and at its end are entered."""
    for number, step in enumerate(steps):
        if isinstance(record, list):
            return [value for one in record for value in values_at(one, steps[number:])]
        record = record.get(step)
        if record is None:
            return []
    return record if isinstance(record, list) else [record]


def searched(kind: Kind, body: Record) -> Record:
    """A record in the form of Search: inside its dashboard record, if its kind has one."""
    return {kind.search_within: body} if kind.search_within else body


def number_of(value: Any) -> float | None:
    """The number that a value means; a number that is not finite comes as a text, because JSON cannot write it."""
    if isinstance(value, str):
        return float(value) if _DECIMAL.fullmatch(value) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def steps_of(path: str) -> tuple[str, ...]:
    """A dotted path as the steps for `values_at`."""
    return tuple(path.split("."))


# --- resources ------------------------------------------------------------------------------------


@cache
def _tables() -> dict[str, dict[str, str]]:
    """The type of each path, by resource; a resource without Search records has none."""
    tables: dict[str, dict[str, str]] = defaultdict(dict)
    text = files("lineage.search_language").joinpath("searchable.tsv").read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        resource, path, kind = line.split("\t")
        tables[resource] |= {path: kind} if path else {}
    return dict(tables)


def search_name(name: str) -> str:
    """The resource with a name in SageMaker (`TrainingJob`) or in lineage (`training-job`). Raises `SearchRefused`."""
    kind = KINDS.get(name)
    if kind and not kind.search and (kind.describe or kind.list):
        raise SearchRefused(f"SageMaker's Search knows no {name}", f"it knows {', '.join(_our_names())}")
    known = {one.casefold(): one for one in _tables()} | {one.name: one.search for one in KINDS.values() if one.search}
    resource = known.get(name.casefold())
    if not resource:
        allowed = f"Member must satisfy enum value set: [{', '.join(_tables())}]"
        near = _guess(name, [*_our_names(), *_tables()])
        shortly = f"no kind {name!r} that SageMaker's Search knows"
        listed = near or f"it knows {', '.join(_our_names())}"
        reason = f"Value '{name}' at 'resource' failed to satisfy constraint: {allowed}"
        raise SearchRefused(reason, listed, shortly=shortly)
    if not _tables()[resource]:
        raise SearchRefused(f"Search gives no records of {resource}", "a SearchRecord has no member for them")
    return resource


def _our_names() -> list[str]:
    return [kind.name for kind in KINDS.values() if kind.search]


# --- properties -----------------------------------------------------------------------------------


@lru_cache(maxsize=10_000)
def property_of(resource: str, name: str) -> Property:
    """The property that a filter, or a sort, names. Raises `SearchRefused`, with similar names."""
    found = _chosen(resource, name) or _fixed(resource, name)
    if not found:
        raise no_property(resource, name)
    return found


def no_property(resource: str, name: str, chosen: Iterable[str] | None = None) -> SearchRefused:
    """The refusal of a name that is no property, with those that may be meant: of a snapshot also those that records have."""
    return SearchRefused(f"Unknown property name: {name}", _meant(resource, name, chosen), unknown=name)


def _meant(resource: str, name: str, chosen: Iterable[str] | None) -> str:
    """The property behind a column of ours, else names that records have or that come near, else what lists the names."""
    names = list(property_names(resource) if chosen is None else stored_names(resource))
    if name.casefold() in ("account", "region"):
        return f"use {argument('accounts') if name.casefold() == 'account' else argument('regions')}"
    columns = {"name": f"{resource}Name", "id": f"{resource}Arn", "created": "CreationTime", "modified": "LastModifiedTime"}
    wanted = columns.get(name.casefold(), "")
    if name.casefold() == "status":
        wanted = next((one for one in names if one in (f"{resource}Status", "Status.PrimaryStatus")), "")
    if wanted in names:
        return f"did you mean {wanted}?"
    likely = likely_names(name, chosen or ())
    return (f"did you mean {' or '.join(likely)}?" if likely else _guess(name, names)) or _what_lists(resource, name)


def _what_lists(resource: str, name: str) -> str:
    """How names that people chose are written, where a name may be one, and the command that lists what there is."""
    words = [word for word in _OWN_WORDS.values() if word in _tables()[resource] or (resource, word) == _OTHERWISE_CALLED]
    kind = next((one.name for one in KINDS.values() if one.search == resource), resource)
    if not words or "." in name:
        return f"{_suggesting(kind, every=True)} lists the names"
    before = " or ".join(f"{word}." for word in words)
    return f"a name that people chose comes after {before} ({_suggesting(kind)} lists them)"


def _suggesting(kind: str, *, every: bool = False) -> str:
    if every:
        return asking(f"lineage suggest {kind} --all", f"lineage.suggest(snapshot, {kind!r}, every=True)")
    return asking(f"lineage suggest {kind}", f"lineage.suggest(snapshot, {kind!r})")


def likely_names(name: str, chosen: Iterable[str]) -> list[str]:
    """Of the names that people chose, those that may be meant: the same after another word, else similar ones."""
    word, dot, own = name.casefold().partition(".")
    own = own if dot and word in _OWN_WORDS else name.casefold()
    tails = {one: one.partition(".")[2].casefold() for one in sorted(set(chosen))}
    alike = difflib.get_close_matches(own, sorted(set(tails.values())), n=_OFFERED, cutoff=_NEAR)
    ways = (
        [one for one, tail in tails.items() if f"{tail}.".startswith(f"{own}.")],
        sorted((one for one, tail in tails.items() if tail in alike), key=lambda one: alike.index(tails[one])),
        [one for one, tail in tails.items() if len(own) >= _LONG_ENOUGH and own in tail],
    )
    found = next(filter(None, ways), [])
    return sorted(found, key=lambda one: one.casefold().partition(".")[0] != word)[:_OFFERED]


def nested_property(resource: str, name: str) -> Property:
    """A property as named in filters for a list's elements: there, `Tags.Key` is the field of a tag."""
    found = _fixed(resource, name)
    if not found:
        raise SearchRefused(f"Unknown property name: {name}", _guess(name, property_names(resource)))
    return found


def property_names(resource: str) -> Iterator[str]:
    """The name of each fixed property, in the order of the service's model."""
    return (path for path in _tables()[resource] if "*" not in path)


def stored_names(resource: str) -> Iterator[str]:
    """The same, without those of a dashboard around the record, which the service makes and no snapshot holds."""
    kind = next((one for one in KINDS.values() if one.search == resource), None)
    within = kind.search_within if kind else ""
    return (name for name in property_names(resource) if not within or name.partition(".")[0] == within)


def chosen_names(resource: str, record: Record, *, every: bool = False) -> Iterator[str]:
    """The names in a record that people chose: of tags, hyperparameters and metrics; or of `every` map."""
    for tag in values_at(record, _tags_in(resource)):
        yield f"Tags.{tag['Key']}"
    for metric in values_at(record, ("FinalMetricDataList",)) if resource == "TrainingJob" else ():
        yield f"Metrics.{metric['MetricName']}"
    for metric in values_at(record, ("Metrics",)) if "Metrics" in _tables()[resource] else ():
        yield from (f"Metrics.{metric['MetricName']}.{name}" for name in STATISTICS if name in metric)
    for path, steps in _maps(resource):
        if steps[0] in record and (every or path == HYPERPARAMETERS):
            yield from (f"{path}.{key}" for found in values_at(record, steps) for key in found)


@cache
def _tags_in(resource: str) -> tuple[str, ...]:
    """The steps to the tags of a resource."""
    return _rooted(_tables()[resource], "Tags") or ("Tags",)


@cache
def _maps(resource: str) -> list[tuple[str, tuple[str, ...]]]:
    """The path of each map of a resource, with its steps."""
    return [(path, steps_of(path)) for path, kind in _tables()[resource].items() if kind == MAP]


def begins_with(name: str, hint: str) -> bool:
    """Whether a name, or the part of it that people chose, begins with a text, ignoring case."""
    folded = hint.casefold()
    return name.casefold().startswith(folded) or name.partition(".")[2].casefold().startswith(folded)


def _near_names(name: str, known: Iterable[str]) -> list[str]:
    """The names that are similar to one, the most similar first."""
    folded = {one.casefold(): one for one in known}
    return [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, n=_OFFERED, cutoff=_NEAR)]


def _guess(name: str, known: Iterable[str]) -> str:
    """The names that may be meant: similar ones, else those that end with the last word."""
    names, last = list(known), name.rpartition(".")[2].casefold()
    ending = sorted((one for one in names if one.rpartition(".")[2].casefold() == last), key=lambda one: one.count("."))
    near = _near_names(name, names) or ending[:_OFFERED]
    return f"did you mean {' or '.join(near)}?" if near else ""


def _fixed(resource: str, name: str) -> Property | None:
    """A property with a name from the service; a model's own fields may be named without its dashboard record."""
    table = _tables()[resource]
    for path in (name, f"Model.{name}") if resource == "Model" else (name,):
        if path in table and "*" not in path:
            return Property(name, table[path], steps_of(path))
        if found := _in_map(table, name, path):
            return found
    return None


def _chosen(resource: str, name: str) -> Property | None:
    """A property whose name people chose, after a word of the service."""
    first, _, key = name.partition(".")
    word = _OWN_WORDS.get(first.casefold())
    table = _tables()[resource]
    if not word or not key:
        return None
    if word == "Tags":
        steps = _rooted(table, word)
        return Property(name, TEXT, steps, key, "Key", ("Value",)) if steps else None
    if word == "Metrics":
        return _metric(resource, name, key)
    return _in_map(table, name, f"{word}.{key}")


def _rooted(table: Mapping[str, str], word: str) -> tuple[str, ...]:
    """The steps to a member of the record; a model's record is inside its dashboard record."""
    return next((steps_of(path) for path in (word, f"Model.{word}") if path in table), ())


def _metric(resource: str, name: str, key: str) -> Property | None:
    """A metric of a training job, or one of the numbers that a trial component has for it."""
    if resource == "TrainingJob":
        return Property(name, NUMBER, ("FinalMetricDataList",), key, "MetricName", ("Value",))
    if "Metrics" not in _tables()[resource]:
        return None
    metric, _, last = key.rpartition(".")
    statistic = next((one for one in STATISTICS if one.casefold() == last.casefold()), "")
    if metric and statistic:
        return Property(name, NUMBER, ("Metrics",), metric, "MetricName", (statistic,))
    return Property(name, STRUCTURE, ("Metrics",), key, "MetricName")


def _in_map(table: Mapping[str, str], name: str, path: str) -> Property | None:
    """An entry of a map, or a field of one; keys may contain dots."""
    steps = steps_of(path)
    for end in range(1, len(steps)):
        at = ".".join(steps[:end])
        if table.get(at) == MAP:
            key = ".".join(steps[end:])
            return _entry(table, name, steps[:end], key) if key else None
    return None


def _entry(table: Mapping[str, str], name: str, steps: tuple[str, ...], key: str) -> Property:
    below = f"{'.'.join(steps)}.*."
    members = [path.removeprefix(below) for path in table if path.startswith(below)]
    if not members:
        return Property(name, ANY, steps, key)
    entry, _, last = key.rpartition(".")
    if entry and last in members:
        return Property(name, table[below + last], steps, entry, members=(last,))
    if "NumberValue" in members:
        return Property(name, ANY, steps, key, members=("NumberValue", "StringValue"))
    return Property(name, TEXT, steps, key, members=("Value",))
