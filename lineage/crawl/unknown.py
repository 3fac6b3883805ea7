"""What is missing of a record that was read: a gap where it could hide a use, else a note once a crawl."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator

from lineage.domain.kinds import KINDS
from lineage.domain.records import Gap, Note, Resource, Unknown
from lineage.domain.references import empty_parts

TOLD = 12  # values of one member that a note tells
_SHOWN = 200  # characters of a value


def completeness(record: Resource) -> Gap | None:
    """What could hide a use: members that botocore dropped and that could name something, inputs without a source."""
    empty = empty_parts(KINDS[record.kind], record.body) if KINDS[record.kind].job else ()
    naming = {one.path: one for one in record.unknown if one.names}
    if not (naming or empty):
        return None
    told = ", ".join(f"{path} ({_shown(one)})" for path, one in naming.items())
    said = [f"botocore does not know {told}"] if told else []
    said += [f"input {part} names no source that this version knows" for part in empty]
    asked = (record.account, record.region, _operation(record), record.id)
    return Gap(*asked, "unknown-member", f"{'; '.join(said)}: upgrade boto3 and crawl again")


class Notes:
    """The unknown members of one crawl that name nothing: each is told again only with a value that it had not before."""

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


def _shown(one: Unknown) -> str:
    text = json.dumps(one.value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
