"""A crawl into a snapshot: what was found is kept, then the graph is joined anew. The one place where the
crawl and the snapshot meet.
"""

from __future__ import annotations

import difflib
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

    `replay` names an account file that answers in AWS's place. All of the crawl is kept, or none of it. Raises
    `UnknownNode` for an endpoint that nobody has, `CrawlError` where AWS can't be read, `SnapshotError`.
    """
    with Snapshot(path) as snapshot:
        session = replay_session(replay, region) if replay else Session(profile, region)
        fetcher = Fetcher(session)
        roots = _roots(fetcher, endpoints)
        return _record(snapshot, session, fetcher, roots, on_progress)


def _record(
    snapshot: Snapshot, session: Session, fetcher: Fetcher, roots: list[Resource], tell: Callable[[Progress], None]
) -> Progress:
    counts = {Resource: 0, Gap: 0}
    doing = "reading"

    def now() -> Progress:
        return Progress(doing, counts[Resource], counts[Gap], session.calls)

    def keep(found: Found) -> None:
        recording.add(found)
        if type(found) in counts:
            counts[type(found)] += 1

    session.on_call = lambda: tell(now())
    with snapshot.recording() as recording:
        recording.begin(_crawl(session, roots))
        walk = Walk(fetcher, keep)
        for root in roots:
            doing = f"following {root.name}"
            walk.upstream(root)
        doing = "joining"
        tell(now())
        joined = derive(recording.resources())
        recording.replace_graph(joined.nodes.values(), joined.edges)
        recording.finish(_now())
    return now()


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
