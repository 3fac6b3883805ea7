"""A crawl into a snapshot: what was found is kept, then the graph is joined anew. The one place where the
crawl and the snapshot meet.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from lineage.crawl.fetch import Fetcher, Refused, utc
from lineage.crawl.replay import replay_session
from lineage.crawl.session import BOTOCORE_VERSION, Session
from lineage.crawl.walk import Walk, endpoint_named, endpoint_names
from lineage.derive import derive
from lineage.errors import CrawlError, UnknownNode
from lineage.records import Crawl, Found, Gap, Resource
from lineage.snapshot import Snapshot

COMMIT_SECONDS = 30  # how much of a crawl a killed process may lose


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl has come."""

    doing: str
    records: int
    gaps: int
    calls: int


def crawl_endpoints(
    path: str | Path,
    endpoints: Sequence[str] = (),
    *,
    profile: str | None = None,
    region: str | None = None,
    replay: str | Path | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Crawl upstream from endpoints (names or ARNs; none: every endpoint of the region) into the snapshot at `path`.

    `replay` names an account file that answers in AWS's place. A crawl that is cut short keeps the endpoints whose
    walk was whole. Raises `UnknownNode` for an endpoint that nobody has, before anything is kept; `CrawlError` where
    AWS can't be read; `SnapshotError`.
    """
    with Snapshot(path) as snapshot:
        session = replay_session(replay, region) if replay else Session(profile, region)
        fetcher = Fetcher(session)
        roots = _roots(fetcher, endpoints)
        return _record(snapshot, session, fetcher, roots, on_progress)


def _record(
    snapshot: Snapshot, session: Session, fetcher: Fetcher, roots: list[Resource], tell: Callable[[Progress], None]
) -> Progress:
    """Walk from each root, and keep what was found: at the end, every so often, and when the walk is cut short."""
    crawl = _Crawling(snapshot, _crawl(session, roots))
    doing = "reading"
    session.on_call = lambda: tell(Progress(doing, crawl.records, crawl.gaps, session.calls))
    walk = Walk(fetcher, crawl.keep)
    try:
        for root in roots:
            doing = f"following {root.name}"
            walk.upstream(root)
            crawl.settle()
        doing = "joining"
        session.on_call()
        crawl.commit(finished=_now())
    except BaseException:
        crawl.commit()
        raise
    return Progress(doing, crawl.records, crawl.gaps, session.calls)


class _Crawling:
    """One crawl on its way into the snapshot, in transactions that are short: nobody waits for AWS with a lock held.

    What an endpoint's walk found is kept when that walk has come to its end: half a walk would look like a whole one.
    """

    def __init__(self, snapshot: Snapshot, crawl: Crawl) -> None:
        self.records = self.gaps = 0
        self._snapshot = snapshot
        self._crawl = crawl
        self._walking: list[Found] = []
        self._settled: list[Found] = []
        self._committed = time.monotonic()

    def keep(self, found: Found) -> None:
        self._walking.append(found)
        self.records += isinstance(found, Resource)
        self.gaps += isinstance(found, Gap)

    def settle(self) -> None:
        """One walk is whole: commit it, if the last commit was long ago."""
        self._settled += self._walking
        self._walking = []
        if time.monotonic() - self._committed > COMMIT_SECONDS:
            self.commit()

    def commit(self, finished: str | None = None) -> None:
        """Keep what is whole, and join the graph anew: records and graph always agree."""
        if not (self._settled or finished):
            return
        with self._snapshot.recording() as recording:
            crawl = recording.begin(self._crawl) if not self._crawl.id else recording.resume(self._crawl)
            for found in self._settled:
                recording.add(found)
            joined = derive(recording.resources())
            recording.replace_graph(joined.nodes.values(), joined.edges)
            if finished:
                recording.finish(finished)
        self._crawl = crawl  # it has its id only once it is committed
        self._settled = []
        self._committed = time.monotonic()


def _roots(fetcher: Fetcher, endpoints: Sequence[str]) -> list[Resource]:
    """The endpoints' own records: before anything is kept, each must exist and be readable."""
    try:
        names = list(endpoints) or endpoint_names(fetcher)
    except Refused as refused:
        raise CrawlError(f"the endpoints could not be listed: {refused.detail}") from refused
    if not names:
        raise UnknownNode(f"account {fetcher.session.account} has no endpoint in {fetcher.session.region}: try --region")
    return [_root(fetcher, name) for name in names]


def _root(fetcher: Fetcher, name: str) -> Resource:
    session = fetcher.session
    try:
        return endpoint_named(fetcher, name)
    except Refused as refused:
        if refused.reason != "missing":
            raise CrawlError(f"endpoint {name} could not be read: {refused.detail}") from refused
    raise UnknownNode(f"no endpoint {name} in account {session.account}, {session.region}{_near(fetcher, name)}")


def _near(fetcher: Fetcher, name: str) -> str:
    try:
        near = difflib.get_close_matches(name, endpoint_names(fetcher), n=3)
    except Refused:
        return ""
    return f"; did you mean {' or '.join(near)}?" if near else "; other regions are asked with --region"


def _crawl(session: Session, roots: Sequence[Resource]) -> Crawl:
    regions = tuple(sorted({root.region for root in roots}))
    names = tuple(root.name for root in roots)
    tool = version("sagemaker-lineage")
    return Crawl(0, _now(), None, session.caller, (session.account,), regions, names, tool, BOTOCORE_VERSION)


def _now() -> str:
    return utc(datetime.now(UTC).replace(microsecond=0))
