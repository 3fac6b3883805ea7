"""Crawls whole accounts into a snapshot: what to list, what earlier crawls have, and what is still open."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from lineage.collect.answered import answered
from lineage.collect.deleted import keep_lookup, look_closer_at, look_up_deletions
from lineage.collect.endpoints import Joins, Progress, crawl_of, join_graph, join_step, patch_graph
from lineage.collect.objects import Reading, read_digests, read_manifests
from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.session import Session
from lineage.crawl.callers import AnySession, is_replayed, session_for
from lineage.crawl.cloudtrail import Lookup
from lineage.crawl.sweep import Sweep
from lineage.domain.called import argument
from lineage.domain.given import texts
from lineage.domain.kinds import KINDS
from lineage.domain.names import parse_arn
from lineage.domain.records import Crawl, Enumeration
from lineage.domain.times import now, utc
from lineage.errors import CrawlError, SnapshotError, UnknownNode
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording

COMMIT_SECONDS = 0.5  # how much of a crawl a killed process may lose
OVERLAP = timedelta(days=1)  # how far an incremental crawl reaches back before the last one: Search's index lags by hours
STALE = timedelta(days=1)  # a killed crawl that is older than this starts again
LISTED: tuple[str, ...] = tuple(kind.name for kind in KINDS.values() if kind.list)


class AccountRegion(NamedTuple):
    """A region of an account, and its reader; no reader if the role can't be assumed, and `why`."""

    fetcher: Fetcher | None
    account: str
    region: str
    why: str = ""


def crawl_estate(
    path: str | Path,
    *,
    profile: str | None = None,
    regions: Sequence[str] = (),
    all_regions: bool = False,
    roles: Sequence[str] = (),
    only_roles: bool = False,
    kinds: Sequence[str] = (),
    full: bool = False,
    tags: bool = False,
    manifests: bool = True,
    cloudtrail: bool = False,
    digests: bool = False,
    patch: bool = False,
    replay: str | Path | None = None,
    session: AnySession | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Progress:
    """Read every record that matters for lineage, of one or many accounts and regions, into the snapshot at `path`.

    Reads the caller's own account (not with `only_roles`) and that of each role ARN in `roles`; in each the given regions,
    all enabled ones, or the session's region; the given kinds, or all. Lists that an earlier crawl finished are asked only
    for what is new, unless `full`. `tags` asks for tags one by one if no other call gives them; `manifests` reads the S3
    manifests that jobs read; `cloudtrail` asks CloudTrail what was deleted in the last 90 days, and deleted records that no
    crawl read become gaps; `digests` asks S3 for the digests of models without a known writer, to match a copy with its
    original. `patch` joins only what changed into the graph, which is quick in a large snapshot. `replay` names an account file
    that answers instead of AWS; `session` is a boto3 session that the caller made.

    An interrupted crawl keeps what it read, and the next one with the same arguments resumes it. Raises `CrawlError`
    if nothing can be read; what a kind, region or account refuses is a gap. Raises `MixedRecords` if
    records from AWS and replayed ones would be in one snapshot, and `SnapshotError`.
    """
    kinds, roles, regions = texts(kinds, "kinds"), texts(roles, "roles"), texts(regions, "regions")
    unknown = sorted(set(kinds) - set(LISTED))
    if unknown:
        raise UnknownNode(f"the kind {unknown[0]} cannot be listed (expected one of {', '.join(LISTED)})")
    with Snapshot(path, writing=True) as snapshot, _tuned():
        snapshot.insist_unmixed(replayed=is_replayed(replay, session))  # before AWS is asked
        regions = tuple(dict.fromkeys(regions))
        first = session_for(profile=profile, region=next(iter(regions), None), replay=replay, session=session)
        first.check_regions(regions)
        callers, refused = _callers(first, roles, only_roles=only_roles)
        places = list(_places(callers, refused, regions, first, all_regions=all_regions, tags=tags))
        join = patch_graph if patch else join_graph
        estate = _Estate(snapshot, first, places, tuple(sorted(set(kinds))) or LISTED, join, on_progress)
        estate.begin(full=full)
        return estate.run(manifests=manifests, cloudtrail=cloudtrail, digests=digests)


@contextmanager
def _tuned() -> Iterator[None]:
    """Python settings for many waiting threads and one working one; restored afterwards.

    Records make no cycles, and garbage collection over botocore's models takes as long as a join; and a thread with an
    answer should send the next call within a millisecond, not five.
    """
    collecting, switching = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(50_000, 20, 1000)
    sys.setswitchinterval(0.001)
    try:
        yield
    finally:
        gc.set_threshold(*collecting)
        sys.setswitchinterval(switching)


def _callers(session: Session, roles: Sequence[str], *, only_roles: bool) -> tuple[list[Session], dict[str, str]]:
    """A session in each account, and by account why there is none. Only one caller reads an account."""
    callers = [] if only_roles else [session]
    refused: dict[str, str] = {}
    for role in roles:
        try:
            callers.append(session.assume(role))
        except CrawlError as error:
            if only_roles and len(roles) == 1:
                raise
            refused[parse_arn(role).account] = str(error)
    accounts = [caller.account for caller in callers]
    twice = sorted({account for account in accounts if accounts.count(account) > 1})
    if twice:
        only = argument("only_roles", value=True)
        raise CrawlError(f"account {twice[0]} would be read twice: give one role for each account, or add {only}")
    if not callers:
        raise CrawlError("no account is left to read: " + ("; ".join(refused.values()) or f"give {argument('roles')}"))
    return callers, {account: why for account, why in refused.items() if account not in accounts}


def _places(
    callers: list[Session], refused: dict[str, str], regions: Sequence[str], session: Session, *, all_regions: bool, tags: bool
) -> Iterator[AccountRegion]:
    for caller in callers:
        fetcher = Fetcher(caller, tags=tags)
        for region in caller.enabled_regions() if all_regions else regions or [caller.region]:
            yield AccountRegion(fetcher, caller.account, region)
    for account, why in refused.items():
        for region in session.enabled_regions() if all_regions else regions or [session.region]:
            yield AccountRegion(None, account, region, why)


class _Transactions:
    """One transaction after another, each long enough to be worth its fsync and short enough to lose little."""

    def __init__(self, snapshot: Snapshot, crawl: Crawl) -> None:
        self._snapshot = snapshot
        self._crawl = crawl
        self._open = ExitStack()
        self._recording: Recording | None = None
        self._began = 0.0

    @contextmanager
    def __call__(self) -> Iterator[Recording]:
        if self._recording is None:
            self._recording = self._open.enter_context(self._snapshot.recording())
            self._recording.resume(self._crawl)
            self._began = time.monotonic()
        try:
            yield self._recording
        except BaseException:
            self._recording = None
            self._open.__exit__(*sys.exc_info())
            raise
        if time.monotonic() - self._began > COMMIT_SECONDS:
            self.flush()

    def flush(self) -> None:
        self._recording = None
        self._open.close()


class _Estate:
    """One crawl of whole accounts under way."""

    def __init__(
        self,
        snapshot: Snapshot,
        session: Session,
        places: list[AccountRegion],
        kinds: tuple[str, ...],
        join: Joins,
        tell: Callable[[Progress], None],
    ) -> None:
        self._snapshot = snapshot
        self._join_graph = join
        self._session = session
        self._places = places
        self._kinds = kinds
        self._tell = tell
        self._sessions = {(one.account, one.region): one.fetcher.session for one in places if one.fetcher}
        self._plan: list[tuple[Fetcher, Enumeration]] = []
        self._closed: list[Enumeration] = []
        self._deletions = 0

    # --- what to do -----------------------------------------------------------------------------

    def begin(self, *, full: bool) -> None:
        """Begin a crawl, or resume the one that was killed."""
        if not self._places:
            raise CrawlError("no region is left to read: none of the enabled ones has SageMaker")
        accounts = tuple(sorted({place.account for place in self._places}))
        regions = tuple(sorted({place.region for place in self._places}))
        fresh = replace(crawl_of(self._session, accounts, regions, ()), kinds=self._kinds, full=full)
        known = self._snapshot.crawls()
        for crawl in known:
            if not crawl.complete and _age(crawl, fresh) < STALE and _is_running(crawl.process, fresh.process):
                said = f"crawl {crawl.id} into {self._snapshot.path} is under way (process {crawl.process})"
                raise SnapshotError(f"{said}: wait for it, or stop it")
        killed = next((crawl for crawl in known[-1:] if _goes_on(crawl, fresh)), None)
        with self._snapshot.recording() as recording:
            if killed:
                self._crawl = recording.take_over(killed, fresh.process)
                recording.put_back()
            else:
                self._crawl = recording.begin(fresh)
                recording.forget_names()
        since = {} if full else self._stands(fresh.started)
        under_way = {one.key: one for one in self._snapshot.enumerations() if killed and one.crawl == killed.id}
        for place in self._places:
            for name in self._kinds:
                key = (place.account, place.region, name)
                one = under_way.get(key) or Enumeration(*key, KINDS[name].list, now(), since.get(key, ""))
                if not place.fetcher:
                    self._closed.append(replace(one, operation="AssumeRole", reason="denied", detail=place.why))
                else:
                    self._plan.append((place.fetcher, one if one.finished else replace(one, reason="", detail="")))

    def _stands(self, at: str) -> dict[tuple[str, str, str], str]:
        """The time from which to ask for each kind that only grows: all before was listed completely and is in the graph.

        A list with a start in the future was dated by a wrong clock, so it does not count.
        """
        return {
            key: utc(datetime.fromisoformat(started) - OVERLAP)
            for key, started in self._snapshot.listed_until().items()
            if KINDS[key[2]].accrues and started <= at
        }

    # --- doing it -------------------------------------------------------------------------------

    def run(self, *, manifests: bool, cloudtrail: bool, digests: bool) -> Progress:
        writing = _Transactions(self._snapshot, self._crawl)
        sweep = Sweep(self._plan, writing, lambda sweep: self._tell(self._progress("reading", sweep)), full=self._crawl.full)
        with writing() as recording:
            for one in self._closed:
                recording.progress(one)
        sweep.run()
        if manifests:
            self._read(read_manifests, "reading manifests", writing, sweep)
        lookups = self._look_up(writing, sweep) if cloudtrail else []
        finished = {one.key: one for one in (course.enumeration for course in sweep.courses) if one.finished}
        with writing() as recording:
            self._deletions = sum(keep_lookup(self._snapshot, recording, lookup) for lookup in lookups)
            for closed in answered(recording, finished, full=self._crawl.full):
                recording.add(closed)
            recording.forget_names()
            self._join(recording, sweep)
        if digests and self._read(read_digests, "asking for digests", writing, sweep):
            with writing() as recording:
                self._join(recording, sweep)
        self._tell(self._progress("sealing", sweep))
        with writing() as recording:
            recording.finish(now())
        writing.flush()
        if not sweep.kept and not finished:
            first = (self._closed or [course.enumeration for course in sweep.courses])[0]
            raise CrawlError(f"nothing could be read: {first.operation}: {first.detail}")
        return self._progress("done", sweep)

    def _join(self, recording: Recording, sweep: Sweep) -> None:
        self._join_graph(recording, lambda step, done: self._tell(self._progress(join_step(step, done), sweep)))

    def _read(self, what: Reading, doing: str, writing: _Transactions, sweep: Sweep) -> bool:
        """Read the S3 objects to which the records point; returns whether there were any."""
        gaps = sweep.gaps

        def tell(done: int, total: int, lost: int) -> None:
            sweep.gaps = gaps + lost
            self._tell(self._progress(f"{doing}: {done:,} of {total:,}", sweep))

        try:
            return what(self._sessions, writing, tell, again=self._crawl.full)
        finally:
            writing.flush()

    def _look_up(self, writing: _Transactions, sweep: Sweep) -> list[Lookup]:
        """Ask CloudTrail for deletions, and then for calls that resolve their doubts."""

        def tell() -> None:
            self._tell(self._progress("asking CloudTrail", sweep))

        lookups = look_up_deletions(self._snapshot, self._sessions, writing, tell)
        writing.flush()
        look_closer_at(self._sessions, lookups, tell)
        return lookups

    def _progress(self, doing: str, sweep: Sweep) -> Progress:
        sessions = set(self._sessions.values())
        calls = sum(session.calls for session in sessions)
        retries = sum(session.retries for session in sessions)
        gaps = sweep.gaps + len(self._closed) + self._deletions
        return Progress(doing, sweep.kept, gaps, calls, retries, sweep.done, len(sweep.courses))


def _is_running(process: str, own: str) -> bool:
    """Whether another process of this machine still runs; False for another machine, where it is unknown."""
    host, _, number = process.rpartition(":")
    if process == own or host != own.rpartition(":")[0]:
        return False
    try:
        os.kill(int(number), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def _goes_on(crawl: Crawl, fresh: Crawl) -> bool:
    """Whether a crawl with the same task was killed recently."""
    same = all(getattr(crawl, name) == getattr(fresh, name) for name in ("accounts", "regions", "roots", "kinds", "full"))
    return same and not crawl.complete and not crawl.roots and _age(crawl, fresh) < STALE


def _age(crawl: Crawl, fresh: Crawl) -> timedelta:
    return datetime.fromisoformat(fresh.started) - datetime.fromisoformat(crawl.started)
