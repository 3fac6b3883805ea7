"""Reads S3 objects to which records only point: the manifests that jobs read and, on request, the digests of artifacts.

A manifest is read if it is not yet certain what some job read of it; if all its readers had ended when it was last seen, it
is never read again. Digests are requested for model artifacts that nothing in the snapshot has written, and then for those
that jobs wrote before them: equal content shows a copy.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from lineage.crawl.aws.refusals import Refused, Unreachable
from lineage.crawl.aws.session import Session
from lineage.crawl.aws.workers import side_by_side
from lineage.crawl.manifests import Fetched, fetch_digests, fetch_manifest
from lineage.domain.kinds import KINDS
from lineage.domain.names import Location, location_of
from lineage.domain.records import Answered, Content, Gap, Resource, Window
from lineage.domain.references import hits
from lineage.domain.times import Times, bounds, sortable
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.writing import Recording

AT_ONCE = 16  # objects that are asked for at the same time

OpenTransaction = Callable[[], AbstractContextManager[Recording]]
Sessions = dict[tuple[str, str], Session]
"""The reader of each account and region."""
OnRead = Callable[[int, int, int], None]
"""Called with the number of objects asked for, their total, and how many could not be read."""


class Reading(Protocol):
    """One of the reading functions of this file; returns whether there was anything to read."""

    def __call__(self, sessions: Sessions, writing: OpenTransaction, on_read: OnRead, *, again: bool) -> bool: ...


AskedT = TypeVar("AskedT")
ResultT = TypeVar("ResultT")


def _read_all(
    todo: list[AskedT], ask: Callable[[AskedT], ResultT], keep: Callable[[AskedT, ResultT | Refused], bool], on_read: OnRead
) -> bool:
    """Ask for many objects, and store the answers on this thread; `keep` returns whether one could not be read."""

    def answered(one: AskedT) -> ResultT | Refused:
        try:
            return ask(one)
        except Refused as refused:
            return refused
        except Unreachable as unreachable:
            return Refused("failed", str(unreachable))

    lost = 0
    for done, (one, found) in enumerate(side_by_side(todo, answered, AT_ONCE), 1):
        lost += keep(one, found)
        on_read(done, len(todo), lost)
    return bool(todo)


# --- manifests ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """A manifest to read, for a job of an account and region."""

    place: Location
    view: str
    askers: tuple[tuple[str, str], ...]  # the accounts and regions of the jobs that read it
    known: Manifest | None


def read_manifests(sessions: Sessions, writing: OpenTransaction, on_read: OnRead, *, again: bool = False) -> bool:
    """Read the manifests that jobs of these places read; with `again`, also those that were missing before. Returns if any.

    A manifest that can't be read is a gap. Nothing is stored of a manifest that was not read to its end.
    """

    def ask(one: Wanted) -> Fetched:
        for account, region in one.askers[:-1]:  # another account may be allowed to read it
            with contextlib.suppress(Refused):
                return fetch_manifest(sessions[account, region], region, one.place, one.view, one.known)
        account, region = one.askers[-1]
        return fetch_manifest(sessions[account, region], region, one.place, one.view, one.known)

    def keep(one: Wanted, found: Fetched | Refused) -> bool:
        with writing() as recording:
            return _keep(recording, one, found)

    with writing() as recording:
        todo = list(_wanted(recording, sessions, again=again))
    return _read_all(todo, ask, keep, on_read)


def _wanted(recording: Recording, sessions: Sessions, *, again: bool) -> Iterator[Wanted]:
    """The manifests where it is unknown what some job read of them."""
    gone = {} if again else recording.vanished("GetObject")
    askers: dict[tuple[Location, str], dict[tuple[str, str], None]] = defaultdict(dict)
    for record in recording.naming_manifests():
        asker = (record.account, record.region)
        for place, view, time in _readings(record) if asker in sessions else ():
            over = sortable(gone.get(place.uri, "")) > max(bounds(time))  # its content now is not what this job read
            if not over and not recording.listings.read_by(place.uri, view, time):
                askers[place, view][asker] = None
    for (place, view), who in askers.items():
        yield Wanted(place, view, tuple(sorted(who)), recording.listings.last(place.uri, view))


def _readings(record: Resource) -> Iterator[tuple[Location, str, Window | None]]:
    """The manifests that a record reads, with their form and the time."""
    times = Times(record)
    for hit in hits(KINDS[record.kind], record.body):
        if hit.view and hit.location:
            yield hit.location, hit.view, times.window(hit)


def _keep(recording: Recording, one: Wanted, found: Fetched | Refused) -> bool:
    """Store what a manifest lists, or why it could not be read; returns whether it could not."""
    where = (*one.askers[-1], "GetObject", one.place.uri)
    try:
        if isinstance(found, Refused):
            raise found
        if not recording.listings.saw(found.manifest, found.seen):
            recording.listings.put(found.manifest, found.entries(), found.seen)
    except Refused as refused:
        recording.add(Gap(*where, refused.reason, refused.detail))
        return True
    recording.add(Answered(*where))
    return False


# --- digests ------------------------------------------------------------------------------------


def read_digests(sessions: Sessions, writing: OpenTransaction, on_read: OnRead, *, again: bool = False) -> bool:
    """Ask S3 for the digests of models without a known writer, and of what jobs wrote; returns whether anything is new.

    The graph must be joined. Known digests are asked for only with `again`. An original is older than its copy. So S3 is asked
    only for outputs of jobs that began before the last copy appeared. This cannot be narrowed further, because S3 does not
    find objects by size or digest.
    """
    with writing() as recording:
        known = frozenset() if again else recording.known_contents().union(recording.vanished("HeadObject"))
        lost = recording.unmatched_models()
    asked = _ask_for_digests([one for one in lost if one[0] not in known], sessions, writing, on_read)
    with writing() as recording:
        until = recording.latest_original(place for place, _, _ in lost)
        made = recording.written_models(until) if until else []
    left = known.union(place for place, _, _ in lost)
    return _ask_for_digests([one for one in made if one[0] not in left], sessions, writing, on_read) or asked


def _ask_for_digests(places: list[tuple[str, str, str]], sessions: Sessions, writing: OpenTransaction, on_read: OnRead) -> bool:
    """Store what S3 says about the content of places, each asked for in an account and region; returns if any."""
    placed = ((location_of(uri), account, region) for uri, account, region in places)
    todo = [(place, account, region) for place, account, region in placed if place and (account, region) in sessions]

    def ask(one: tuple[Location, str, str]) -> Content:
        place, account, region = one
        return fetch_digests(sessions[account, region], region, place)

    def keep(one: tuple[Location, str, str], found: Content | Refused) -> bool:
        place, account, region = one
        with writing() as recording:
            if isinstance(found, Refused):
                recording.add(Gap(account, region, "HeadObject", place.uri, found.reason, found.detail))
                return True
            recording.keep_content(found)
            recording.add(Answered(account, region, "HeadObject", place.uri))
            return False

    return _read_all(todo, ask, keep, on_read)
