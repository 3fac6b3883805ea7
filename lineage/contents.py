"""What the records only point at: the manifests in S3, read into the snapshot before the graph is joined.

A manifest is read where some job's reading of it is not known for certain yet; one that all its readers were done with
when it was last seen need not be read again, ever.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from itertools import islice

from lineage.crawl.fetch import Refused, Unreachable
from lineage.crawl.manifests import Fetched, fetch_manifest
from lineage.crawl.session import Session
from lineage.crawl.workers import Workers
from lineage.kinds import KINDS
from lineage.listings import Manifest
from lineage.names import Location
from lineage.records import Answered, Gap, Resource
from lineage.references import hits
from lineage.snapshot import Recording
from lineage.times import now, window

AT_ONCE = 16  # manifests that are asked for at a time

Writing = Callable[[], AbstractContextManager[Recording]]
Sessions = dict[tuple[str, str], Session]
"""Who reads each account and region."""
OnRead = Callable[[int, int], None]
"""Is told how many manifests were asked for, and how many of them could not be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A manifest that is to be read, for a job of an account and region."""

    place: Location
    view: str
    account: str
    region: str
    known: Manifest | None


Outcome = tuple[Wanted, Fetched | Refused]


def read_manifests(sessions: Sessions, writing: Writing, on_read: OnRead, *, again: bool = False) -> None:
    """Read the manifests that jobs of these places read, those that were gone before only `again`.

    What can't be read is a gap. Nothing is kept of a manifest that is not read to its end.
    """
    with writing() as recording:
        todo = list(_wanted(recording, sessions, again=again))
    inbox: queue.SimpleQueue[Outcome | BaseException] = queue.SimpleQueue()
    workers = Workers()
    rest = iter(todo)
    try:
        workers.start(min(AT_ONCE, len(todo)))
        for one in islice(rest, AT_ONCE):
            workers.give(partial(_fetch, one, sessions, inbox))
        _keep_all(len(todo), writing, inbox, on_read, lambda: _give_next(rest, workers, sessions, inbox))
    finally:
        workers.stop()


def _give_next(
    rest: Iterator[Wanted], workers: Workers, sessions: Sessions, inbox: queue.SimpleQueue[Outcome | BaseException]
) -> None:
    for one in islice(rest, 1):
        workers.give(partial(_fetch, one, sessions, inbox))


def _keep_all(
    number: int,
    writing: Writing,
    inbox: queue.SimpleQueue[Outcome | BaseException],
    on_read: OnRead,
    give_next: Callable[[], None],
) -> None:
    lost = 0
    for done in range(1, number + 1):
        outcome = inbox.get()
        if isinstance(outcome, BaseException):
            raise outcome
        give_next()
        with writing() as recording:
            lost += _keep(recording, *outcome)
        on_read(done, lost)


def _wanted(recording: Recording, sessions: Sessions, *, again: bool) -> Iterator[Wanted]:
    """The manifests of which it is not known what some job read of them."""
    gone = frozenset() if again else recording.vanished()
    seen: set[tuple[str, str]] = set()
    for record in recording.naming_manifests():
        for place, view, time in _readings(record) if (record.account, record.region) in sessions else ():
            if (place.uri, view) in seen or place.uri in gone or recording.listings.read_by(place.uri, view, time):
                continue
            seen.add((place.uri, view))
            yield Wanted(place, view, record.account, record.region, recording.listings.last(place.uri, view))


def _readings(record: Resource) -> Iterator[tuple[Location, str, str | None]]:
    """The manifests that a record reads, in which form, and when."""
    for hit in hits(KINDS[record.kind], record.body):
        if hit.view and hit.location:
            yield hit.location, hit.view, window(record, hit)


def _fetch(one: Wanted, sessions: Sessions, inbox: queue.SimpleQueue[Outcome | BaseException]) -> None:
    """On a thread of its own: a refusal is a fact, any other error ends the crawl."""
    session = sessions[one.account, one.region]
    try:
        inbox.put((one, fetch_manifest(session, one.region, one.place, one.view, one.known)))
    except Refused as refused:
        inbox.put((one, refused))
    except Unreachable as unreachable:
        inbox.put((one, Refused("failed", str(unreachable))))
    except Exception as error:  # noqa: BLE001  (it belongs to the thread that keeps what is read)
        inbox.put(error)


def _keep(recording: Recording, one: Wanted, found: Fetched | Refused) -> bool:
    """Keep what a manifest lists, or why it could not be read; whether it could not."""
    where = (one.account, one.region, "GetObject", one.place.uri)
    try:
        if isinstance(found, Refused):
            raise found
        if not recording.listings.saw(found.manifest, now()):
            recording.listings.put(found.manifest, found.entries(), now())
    except Refused as refused:
        recording.add(Gap(*where, refused.reason, refused.detail))
        return True
    recording.add(Answered(*where))
    return False
