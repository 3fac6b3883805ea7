"""A crawl into a snapshot: stores what was found, then joins the graph again. Here the crawl and the
snapshot meet.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from traceback import clear_frames

from lineage.collect.objects import Sessions, read_manifests
from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.refusals import Refused
from lineage.crawl.aws.session import BOTOCORE_VERSION, Session
from lineage.crawl.callers import AnySession, is_replayed, session_for
from lineage.crawl.walk import Walk, endpoint_named, endpoint_names
from lineage.domain.called import argument
from lineage.domain.given import texts
from lineage.domain.records import REPLAYED, Crawl, Fetched, Gap, Resource
from lineage.domain.spelling import did_you_mean
from lineage.domain.times import now
from lineage.domain.version import __version__
from lineage.errors import CrawlError, UnknownNode
from lineage.graphs.again import join_again
from lineage.graphs.derive import OnStep, join
from lineage.graphs.joiner import joiner
from lineage.graphs.region import MOST, Changed, TooMuch
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording

Joins = Callable[[Recording, OnStep], None]
"""Brings what crawls have stored into the graph: all of it anew, or what changed."""
FAILED = "what changed could not be joined alone"
COMMIT_SECONDS = 30  # how much of a crawl a killed process may lose


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a crawl has come."""

    doing: str
    records: int
    gaps: int
    calls: int
    retries: int = 0
    done: int = 0  # lists that ended, finished or refused
    total: int = 0


def crawl_endpoints(
    path: str | Path,
    endpoints: Sequence[str] = (),
    *,
    profile: str | None = None,
    region: str | None = None,
    replay: str | Path | None = None,
    manifests: bool = True,
    patch: bool = False,
    session: AnySession | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Crawl upstream from endpoints (names or ARNs; none: every endpoint of the region) into the snapshot at `path`.

    `manifests` reads the S3 manifests that jobs read. `patch` joins only what changed into the graph, which is quick in a large
    snapshot. `replay` names an account file that answers instead of AWS; `session` is a boto3 session that the caller made.
    An interrupted crawl keeps the endpoints whose walk was complete. Raises `UnknownNode` for an endpoint that does not exist,
    before anything is stored; `CrawlError` if AWS can't be read; `MixedRecords` if records from AWS and replayed ones would be
    in one snapshot; `SnapshotError`.
    """
    with Snapshot(path, writing=True) as snapshot:
        snapshot.insist_unmixed(replayed=is_replayed(replay, session))  # before AWS is asked; the first transaction asks again
        called = session_for(profile=profile, region=region, replay=replay, session=session)
        fetcher = Fetcher(called)
        roots = _roots(fetcher, texts(endpoints, "endpoints"))
        join = patch_graph if patch else join_graph
        return _record(snapshot, called, fetcher, roots, on_progress, manifests=manifests, join=join)


def _record(
    snapshot: Snapshot,
    session: Session,
    fetcher: Fetcher,
    roots: list[Resource],
    tell: Callable[[Progress], None],
    *,
    manifests: bool,
    join: Joins,
) -> Progress:
    """Walk from each root, and store what was found: at the end, at intervals, and when the walk is interrupted."""
    regions = tuple(sorted({root.region for root in roots}))
    crawl = _Crawling(snapshot, crawl_of(session, (session.account,), regions, tuple(root.name for root in roots)), join)
    doing = "reading"
    session.on_call = lambda: tell(Progress(doing, crawl.records, crawl.gaps, session.calls))
    walk = Walk(fetcher, crawl.keep)

    def joining(step: str, done: int) -> None:
        nonlocal doing
        doing = join_step(step, done)
        session.on_call()

    try:
        for root in roots:
            doing = f"following {root.name}"
            walk.upstream(root)
            crawl.settle()
        if manifests:
            crawl.read_manifests({(session.account, region): session for region in regions})
        crawl.commit(finished=now(), on_step=joining)
    except BaseException:
        crawl.commit()
        raise
    return Progress(doing, crawl.records, crawl.gaps, session.calls)


class _Crawling:
    """Writes one crawl into the snapshot in short transactions: no lock is held while waiting for AWS.

    The findings of an endpoint's walk are stored when the walk has ended: half a walk would look like a whole one.
    """

    def __init__(self, snapshot: Snapshot, crawl: Crawl, join: Joins) -> None:
        self.records = self.gaps = 0
        self._snapshot = snapshot
        self._join = join
        self._crawl = crawl
        self._walking: list[Fetched] = []
        self._settled: list[Fetched] = []
        self._committed = time.monotonic()

    def keep(self, found: Fetched) -> None:
        self._walking.append(found)
        self.records += isinstance(found, Resource)
        self.gaps += isinstance(found, Gap)

    def settle(self) -> None:
        """One walk is complete: commit it, if the last commit was long ago."""
        self._settled += self._walking
        self._walking = []
        if time.monotonic() - self._committed > COMMIT_SECONDS:
            self.keep_settled(lambda _: None)

    def commit(self, finished: str | None = None, on_step: OnStep = lambda _doing, _done: None) -> None:
        """Store complete walks, and join the graph again."""

        def end(recording: Recording) -> None:
            self._join(recording, on_step)
            if finished:
                recording.finish(finished)

        if self._settled or self._crawl.id or finished:
            self.keep_settled(end)

    def read_manifests(self, sessions: Sessions) -> None:
        """Read the manifests that the jobs found so far have read."""
        self.keep_settled(lambda _: None)
        gaps = self.gaps

        def lost(_: int, __: int, number: int) -> None:
            self.gaps = gaps + number

        read_manifests(sessions, self._writing, lost)

    @contextmanager
    def _writing(self) -> Iterator[Recording]:
        with self._snapshot.recording() as recording:
            recording.resume(self._crawl)
            yield recording

    def keep_settled(self, end: Callable[[Recording], None]) -> None:
        """Store complete walks, and call `then` at the end, in one transaction."""
        with self._snapshot.recording() as recording:
            crawl = recording.begin(self._crawl) if not self._crawl.id else recording.resume(self._crawl)
            for found in self._settled:
                recording.add(found)
            end(recording)
        self._crawl = crawl  # it has its id only once it is committed
        self._settled = []
        self._committed = time.monotonic()


def join_graph(recording: Recording, on_step: OnStep) -> None:
    """Join the graph again from all that the snapshot holds."""
    listings = recording.listings
    recording.replace_graph(lambda db: join(db, recording.resources, on_step, recording.earlier_versions, listings=listings))


def patch_graph(recording: Recording, on_step: OnStep) -> None:
    """Bring what changed since the last join into the graph; where that is not surely enough, join it again from all."""
    if not _joined_again(recording, on_step):
        join_graph(recording, on_step)


def _joined_again(recording: Recording, on_step: OnStep) -> bool:
    changed = Changed(*(recording.unjoined(what) for what in ("record", "again", "manifest", "digests")))
    if not recording.is_joined_by(joiner()) or len(changed.records) > MOST:
        return False

    def patch(db: sqlite3.Connection) -> bool:
        try:
            join_again(db, changed, recording.of, recording.earlier_of, on_step, listings=recording.listings)
        except TooMuch:
            return False
        except Exception as error:  # noqa: BLE001  (nothing of the patch stays, and joining everything does not need it)
            clear_frames(error.__traceback__)  # a half-read cursor would lock the tables
            on_step(f"{FAILED} ({type(error).__name__}): all", 0)
            return False
        return True

    return recording.patch_graph(patch)


def join_step(step: str, done: int) -> str:
    """What a join is doing, for the progress line."""
    return f"joining: {step}{f' {done:,}' if done else ''}"


def _roots(fetcher: Fetcher, endpoints: Sequence[str]) -> list[Resource]:
    """The endpoints' own records: before anything is kept, each must exist and be readable."""
    try:
        names = list(endpoints) or endpoint_names(fetcher)
    except Refused as refused:
        raise CrawlError(f"the endpoints could not be listed: {refused.detail}") from refused
    if not names:
        raise UnknownNode(
            f"account {fetcher.session.account} has no endpoint in {fetcher.session.region}: try {argument('region')}"
        )
    return [_root(fetcher, name) for name in names]


def _root(fetcher: Fetcher, name: str) -> Resource:
    session = fetcher.session
    try:
        return endpoint_named(fetcher, name)
    except Refused as refused:
        if refused.reason != "missing":
            raise CrawlError(f"endpoint {name} could not be read: {refused.detail}") from refused
    raise UnknownNode(f"no endpoint {name!r} in account {session.account}, {session.region}{_near(fetcher, name)}")


def _near(fetcher: Fetcher, name: str) -> str:
    try:
        known = endpoint_names(fetcher)
    except Refused:
        return ""
    elsewhere = f"another region ({argument('region')}) or account ({argument('profile')})"
    return did_you_mean(known, name, f": is it in {elsewhere}?")


def crawl_of(session: Session, accounts: tuple[str, ...], regions: tuple[str, ...], roots: tuple[str, ...]) -> Crawl:
    """A crawl that begins now: who asks, where, and with what."""
    tool = __version__ + (REPLAYED if session.replayed else "")
    process = f"{socket.gethostname()}:{os.getpid()}"
    return Crawl(0, now(), None, session.caller, accounts, regions, roots, tool, BOTOCORE_VERSION, process=process)
