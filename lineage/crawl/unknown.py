"""What is missing from a record that was read: a gap if it could hide a use, otherwise one note per crawl."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from lineage.domain.kinds import KINDS
from lineage.domain.records import ODD, TOO_DEEP, Gap, Note, Resource, Unknown
from lineage.domain.references import empty_parts, unread_documents
from lineage.domain.text import storable

TOLD = 12  # values of one member that a note shows
_SHOWN = 200  # characters of a value


def completeness(record: Resource) -> Gap | None:
    """What could hide a use: odd members, members that botocore dropped and that could name something, inputs without
    a source, documents that can't be read.
    """
    kind = KINDS[record.kind]
    empty = empty_parts(kind, record.body) if kind.job else ()
    naming = {one.path: one for one in record.unknown if one.names and not one.odd}
    odd = {one.path: f"{_path(one)} is {one.odd} ({_shown(one)})" for one in record.unknown if one.odd}
    odd |= {path: f"{path} can't be read: {why}" for path, why in unread_documents(kind, record.body)}
    if not (naming or empty or odd):
        return None
    told = ", ".join(f"{_path(one)} ({_shown(one)})" for one in naming.values())
    said = [f"botocore does not know {told}"] if told else []
    said += [f"input {part} names no source that this version knows" for part in empty]
    asked = (record.account, record.region, _operation(record), record.id)
    upgrade = ["; ".join(said) + ": upgrade boto3 and crawl again"] if said else []
    if not odd:
        return Gap(*asked, "unknown-member", *upgrade)
    return Gap(*asked, ODD, "; ".join([*_some(list(odd.values())), *upgrade]))


def _some(said: list[str]) -> list[str]:
    return said if len(said) <= TOLD else [*said[:TOLD], f"and {len(said) - TOLD} more"]


class Notes:
    """The unknown members of one crawl that name nothing: each is reported again only with a new value."""

    def __init__(self) -> None:
        self._values: defaultdict[tuple[str, str, str, str, str], dict[str, None]] = defaultdict(dict)

    def of(self, record: Resource) -> Iterator[Note]:
        """What a record adds to them."""
        for one in record.unknown:
            key = (record.account, record.region, _operation(record), record.kind, one.path)
            values, shown = self._values[key], _shown(one)
            if not one.names and shown not in values and len(values) <= TOLD:
                values[shown if len(values) < TOLD else "…"] = None
                yield Note(*key, ", ".join(values))


def _operation(record: Resource) -> str:
    return KINDS[record.kind].describe or KINDS[record.kind].list


def _path(one: Unknown) -> str:
    return _cut(one.path)


def _shown(one: Unknown) -> str:
    try:
        return _cut(storable(json.dumps(one.value, ensure_ascii=False, sort_keys=True)))
    except RecursionError:
        return TOO_DEEP


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
