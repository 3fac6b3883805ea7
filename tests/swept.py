"""A snapshot of whole accounts, made from records in memory: every list is finished, except for the given gaps."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from lineage.domain.kinds import KINDS
from lineage.domain.records import REPLAYED, Crawl, Enumeration, Fetched
from lineage.graphs.derive import join
from lineage.snapshot.reading import Snapshot
from tests.records import ACCOUNT, REGION

HERE = ((ACCOUNT, REGION),)
STARTED, FINISHED = "2026-06-01T00:00:00Z", "2026-06-01T00:01:00Z"


def swept(
    path: Path,
    found: Iterable[Fetched],
    places: Iterable[tuple[str, str]] = HERE,
    began: str = STARTED,
    ended: str = FINISHED,
    *,
    unfinished: Collection[str] = (),
    kinds: Collection[str] = KINDS,
) -> None:
    """One more crawl of some accounts and regions that finds what it is given, and has finished every list but some.

    It lists all `kinds`, or only these.
    """
    places = list(places)
    accounts, regions = (tuple(sorted({place[end] for place in places})) for end in (0, 1))
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(Crawl(0, began, None, "arn:x", accounts, regions, (), f"0{REPLAYED}", "1"))
        for one in found:
            recording.add(one)
        for account, region in places:
            for kind in KINDS.values():
                if kind.list and kind.name in kinds:
                    done = None if kind.name in unfinished else ended
                    recording.progress(Enumeration(account, region, kind.name, kind.list, began, finished=done))
        recording.replace_graph(
            lambda db: join(db, recording.resources, earlier=recording.earlier_versions, listings=recording.listings)
        )
        recording.finish(ended)
