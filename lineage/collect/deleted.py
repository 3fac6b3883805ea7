"""Asks CloudTrail what was deleted before a crawl listed it. What no crawl has read of that is a gap."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lineage.collect.objects import OpenTransaction, Sessions
from lineage.crawl.cloudtrail import Lookup, look_closer, look_up
from lineage.crawl.deletions import Known, ended_lives
from lineage.domain.times import unbroken
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording


def look_up_deletions(
    snapshot: Snapshot, sessions: Sessions, writing: OpenTransaction, tell: Callable[[], None]
) -> list[Lookup]:
    """CloudTrail's deletions for each place, asked after all lists, to include deletions during the crawl."""
    tell()
    lookups = look_up([(session, region) for (_, region), session in sessions.items()], tell)
    with writing() as recording:
        for lookup in lookups:
            if not lookup.enumeration.reason:  # other calls may resolve the doubts that its deletions leave
                known = _known(snapshot, recording, lookup)
                lookup.calls = known.asks(ended_lives(lookup.deletions, recording.lives))
    return lookups


def look_closer_at(sessions: Sessions, lookups: list[Lookup], tell: Callable[[], None]) -> None:
    """Ask for the calls that resolve the doubts about deletions."""
    look_closer([(sessions[lookup.enumeration.key[:2]], lookup) for lookup in lookups if lookup.calls], tell)


def keep_lookup(snapshot: Snapshot, recording: Recording, lookup: Lookup) -> int:
    """Store how far a lookup came, and a gap for each deleted thing that was not read. Returns the number of gaps.

    A refused lookup can't tell lifetimes apart: the next lookup resolves its doubts.
    """
    known, holes = _known(snapshot, recording, lookup), {}
    for deletion, life in ended_lives(lookup.deletions, recording.lives):
        if life and lookup.enumeration.reason and not known.is_the_one(deletion, life):
            continue
        if gap := known.hole(deletion, life):
            holes[deletion.operation, deletion.subject] = gap
        if life:
            recording.ended(deletion.subject, life.created, deletion.at)
    recording.progress(lookup.enumeration)
    for gap in holes.values():
        recording.add(gap)
    return len(holes) + bool(lookup.enumeration.reason)


def _known(snapshot: Snapshot, recording: Recording, lookup: Lookup) -> Known:
    one = lookup.enumeration
    earlier = [other for other in snapshot.lookups() if other.key == one.key and other.finished and other.joined]
    told = unbroken([*earlier, one]) if one.finished else None
    listed = partial(recording.listed, *one.key[:2])
    return Known(recording.lives, listed, told.since if told else "", one.since, lookup.calls)
