"""What was looked at, list by list, and what could not be read: the basis of every "no"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from lineage.domain.records import Enumeration, Gap, Scope
from lineage.queries.scope import ALL, Within, crawled, empty
from lineage.snapshot.reading import Snapshot, asks_snapshot

SCHEMA = "lineage.gaps/1"


@asks_snapshot
def coverage(snapshot: Snapshot, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> dict[str, Any]:
    """The crawls of a snapshot, how far each list came the last time, and the gaps, as one JSON object.

    The `state` of a list is `finished`, `unfinished`, or the reason why it is not finished. It is `unfinished` if its crawl was
    cut short, or if the graph does not hold it yet. `empty` names the places where nothing that trains was found. There, no
    answer is a "no", although every list is complete. `lookups` are the CloudTrail lookups of all crawls. `notes` are the
    members of answers that botocore does not know and that could name nothing; they hide no use. `accounts` and `regions` leave
    out all others.
    """
    within = Within.of(accounts, regions)

    def told(found: Iterable[Any]) -> list[Any]:
        return [one for one in found if within.takes(one.account, one.region)]

    return {
        "schema": SCHEMA,
        "question": "gaps",
        "crawls": [asdict(crawl) | {"complete": crawl.complete} for crawl in snapshot.crawls()],
        "lists": [asdict(one) | {"state": _state(one)} for one in told(snapshot.enumerations())],
        "lookups": [asdict(one) | {"state": _state(one)} for one in told(snapshot.lookups())],
        "gaps": [asdict(gap) for gap in told(snapshot.gaps())],
        "empty": [asdict(gap) for gap in (*_unread(snapshot.scope(), within), *empty(snapshot.scope(), within))],
        "notes": [asdict(note) for note in told(snapshot.notes())],
    } | ({"narrowed": within._asdict()} if within != ALL else {})


def _unread(scope: Scope, within: Within) -> list[Gap]:
    """The accounts and regions that are asked about and that no crawl has read."""
    known = set(crawled(scope))
    asked = [place for place in within.places(known) if place not in known]
    return [Gap(*place, "", "", "not-enumerated", "no crawl has read anything here (`lineage crawl`)") for place in asked]


def _state(one: Enumeration) -> str:
    return one.reason or ("finished" if one.finished and one.joined else "unfinished")
