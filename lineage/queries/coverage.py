"""What was looked at, list by list, and what could not be: the ground on which every "no" stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lineage.domain.records import Enumeration
from lineage.queries.scope import empty
from lineage.snapshot.reading import Snapshot, asks_snapshot

SCHEMA = "lineage.gaps/1"


@asks_snapshot
def coverage(snapshot: Snapshot) -> dict[str, Any]:
    """The crawls of a snapshot, how far each list came the last time, and the gaps, as one JSON object.

    The `state` of a list is `finished`, `unfinished` (its crawl was cut short, or the graph does not hold it yet), or the
    reason why it is not finished. `empty` says where nothing that trains was found: no list is at fault, and yet no answer is a
    no. `lookups` are those of CloudTrail, of all crawls. `notes` are the members of answers that
    botocore does not know and that could name nothing: they hide no use.
    """
    lists = [asdict(one) | {"state": _state(one)} for one in snapshot.enumerations()]
    return {
        "schema": SCHEMA,
        "question": "gaps",
        "crawls": [asdict(crawl) | {"complete": crawl.complete} for crawl in snapshot.crawls()],
        "lists": lists,
        "lookups": [asdict(one) | {"state": _state(one)} for one in snapshot.lookups()],
        "gaps": [asdict(gap) for gap in snapshot.gaps()],
        "empty": [asdict(gap) for gap in empty(snapshot.scope())],
        "notes": [asdict(note) for note in snapshot.notes()],
    }


def _state(one: Enumeration) -> str:
    return one.reason or ("finished" if one.finished and one.joined else "unfinished")
