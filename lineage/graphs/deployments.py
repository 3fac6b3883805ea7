"""Deployments: when an endpoint ran which config, as far as its records and earlier crawls show.

An endpoint downloads the artifacts of its models when it is created or updated. It does so again when it replaces or adds an
instance (API reference CreateEndpoint, UpdateEndpoint, S3ModelDataSource). LastModifiedTime also changes with weights and
scaling, so it gives only the latest time of an update.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from lineage.domain.records import Window
from lineage.domain.sightings import EVER
from lineage.domain.times import sortable

# The roles of a config that an endpoint will run, and of one that it ran. `PAST` is also the usage of what a component ran
# before it was updated, and of a component that is gone; `BEFORE` that of what a package named before it was changed.
PENDING, PAST, BEFORE = "pending", "past", "before"


class Configured(NamedTuple):
    """A version of an endpoint's record that says it ran a config: its lifetime, and the times that bound it.

    `gone` is when this lifetime of the endpoint ended. `seen` is when a crawl began that still read this version. Both are
    empty if unknown, `seen` also for the newest version.
    """

    endpoint: str
    config: str
    role: str
    path: str
    created: str
    config_created: str
    modified: str
    gone: str
    seen: str


class Deployment(NamedTuple):
    """A config that an endpoint runs, or ran: `window.closes` is empty while it does.

    It was deployed at the earliest when the window opens; `settled` is the time by which it certainly was, if later.
    `reader` names the deployment: loads of a model for it have the same value.
    """

    endpoint: str
    config: str
    role: str
    path: str
    window: Window
    settled: str
    reader: str


def deployments(said: Iterable[Configured]) -> Iterator[Deployment]:
    """The deployments of endpoints from the versions of their records, sorted by endpoint."""
    for _, versions in groupby(said, key=lambda one: one.endpoint):
        yield from _of_one(sorted(versions, key=_in_order))


def _in_order(said: Configured) -> tuple[bool, str, str]:
    """The order of versions, the newest last: no later version replaced it."""
    return (not said.seen, said.seen, sortable(said.modified))


def _of_one(versions: list[Configured]) -> Iterator[Deployment]:
    """The deployments of one endpoint: each config in turn, and configs that were being rolled out."""
    rolled_out = {one.config for one in versions if one.role == PENDING}
    turns = [list(turn) for _, turn in groupby((one for one in versions if one.role != PENDING), key=lambda one: one.config)]
    for before, turn, after in zip([None, *turns], turns, [*turns[1:], None], strict=False):
        # a config that was being rolled out in the previous version may have run by then
        yield _deployment(turn, before if turn[0].config not in rolled_out else None, after, updated=before is not None)
    ran = {turn[0].config for turn in turns}
    for number, one in enumerate(versions):
        if one.role == PENDING and not (one.seen and one.config in ran):
            yield _pending(one, versions[number + 1 :])


def _deployment(
    turn: list[Configured], before: list[Configured] | None, after: list[Configured] | None, *, updated: bool
) -> Deployment:
    first, last = turn[0], turn[-1]
    earlier = max(before[-1].seen, before[-1].modified, key=sortable) if before else ""
    opens = max(first.created, first.config_created, earlier, key=sortable)
    # The endpoint was updated to it at an unknown time, at the latest when it was modified.
    updated = updated or sortable(first.config_created) > sortable(first.created)
    settled = max(opens, first.modified, key=sortable) if updated else opens
    closes = after[0].modified or last.seen if after else last.gone
    return _told(last, Window(opens, closes), settled, now=not (after or last.seen))


def _pending(said: Configured, later: list[Configured]) -> Deployment:
    """A config that was being rolled out: some instances may run it, until a later version no longer names it."""
    opens = max(said.created, said.config_created, key=sortable)
    closes = next((one.modified for one in later if one.seen != said.seen), "") or said.gone
    return _told(said, Window(opens, closes), EVER, now=not said.seen)


def _told(said: Configured, window: Window, settled: str, *, now: bool) -> Deployment:
    role, reader = (said.role, "") if now else (PAST, f" {window.opens}")
    return Deployment(said.endpoint, said.config, role, said.path, window, settled, f"{said.config} {said.endpoint}{reader}")
