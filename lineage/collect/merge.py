"""Merges snapshots of several accounts or regions into one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from lineage.collect.answered import is_closed
from lineage.collect.endpoints import join_graph, join_step
from lineage.domain.records import Gap
from lineage.domain.sightings import EVER
from lineage.domain.text import listed
from lineage.errors import MixedRecords, SnapshotError
from lineage.snapshot.checking import Checking
from lineage.snapshot.connection import under_way
from lineage.snapshot.merging import Part
from lineage.snapshot.reading import Snapshot, open_snapshot
from lineage.snapshot.seals import file_digest
from lineage.snapshot.writing import Recording


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge made: the new file, the files that are in it, and the digest of its seal."""

    path: str
    files: tuple[str, ...]
    seal: str


def merge_snapshots(
    files: Sequence[str | Path], path: str | Path, *, on_progress: Callable[[str], None] = lambda _: None
) -> Merged:
    """Merge snapshot files of different accounts or regions into a new file at `path`; the files stay as they are.

    The new file answers like that of one crawl of all of them. It keeps the seals of each file, so `verify` still compares
    what a crawl wrote with what it sealed, and it has a seal of its own. Raises `MixedRecords` if only some of the files replay
    an account file. Raises `SnapshotError` if two files hold the same account and region, if a file was changed since it was
    sealed or has an unfinished crawl, or if `path` exists; then nothing is written.
    """
    named, path = _paths(files), Path(path)
    if os.path.lexists(path):
        raise SnapshotError(f"{path} exists: name a new file for the merged snapshot")
    with under_way(path, "merging") as new:
        with ExitStack() as stack:
            opened = [stack.enter_context(open_snapshot(file)) for file in named]
            _insist_apart(opened)
            seal = _written(new, opened, [_checked(one, on_progress) for one in opened], on_progress)
            for one in opened:
                one.insist_untouched()
        _name(new, path)
    return Merged(str(path), tuple(map(str, named)), seal)


def _paths(files: Sequence[str | Path]) -> list[Path]:
    if isinstance(files, str | Path) or not all(isinstance(file, str | Path) for file in files):
        raise TypeError("merge_snapshots takes a list of paths, as ['one.db', 'other.db']")
    if len(files) < 2:
        raise SnapshotError("a merge needs two snapshot files or more")
    return [Path(file) for file in files]


def _insist_apart(opened: list[Snapshot]) -> None:
    """Raise for files that must not become one: their crawls would seem to be of one account at different times."""
    for one, other in combinations(opened, 2):
        if one.path.samefile(other.path):
            same = f"{one.path} twice" if one.path == other.path else f"{one.path} and {other.path}, which are one file"
            raise SnapshotError(f"a merge was given {same}: name each file once")
        if both := sorted(one.scope().places & other.scope().places):
            raise SnapshotError(_said_of(one, other, both[0]))
    sorts = {any(crawl.replayed for crawl in one.crawls()): one.path for one in opened}
    if len(sorts) > 1:
        apart = f"{sorts[False]} holds records from AWS, and {sorts[True]} records replayed from an account file"
        raise MixedRecords(f"{apart}, which are never mixed")


def _said_of(one: Snapshot, other: Snapshot, place: tuple[str, str]) -> str:
    """Why two files of an account and region are not merged, and what to do."""
    account, region = place
    for tried, held in ((one, other), (other, one)):
        if not _has_read(tried, place):
            return (
                f"{tried.path} tried account {account} in {region} and could read nothing there, and {held.path} holds it: "
                f"crawl it with access into {tried.path}, or crawl the other accounts alone into a new file"
            )
    return (
        f"{one.path} and {other.path} both hold account {account} in {region}: merge files of different accounts or regions; "
        "crawl an account again into the file that it is in"
    )


def _has_read(snapshot: Snapshot, place: tuple[str, str]) -> bool:
    """Whether a list of an account and region was ever finished, or endpoints there were followed."""
    listed = any(key[:2] == place for key in snapshot.listed_until())
    return listed or any(place[0] in crawl.accounts and place[1] in crawl.regions for crawl in snapshot.crawls() if crawl.roots)


def _checked(snapshot: Snapshot, on_progress: Callable[[str], None]) -> Part:
    """A file that is as its newest crawl sealed it: a new seal must not cover what somebody changed."""
    on_progress(f"checking {snapshot.path}")
    checking = Checking(snapshot)
    checking.run()
    for one in checking.found:
        raise SnapshotError(f"{snapshot.path} was changed since it was sealed: {one.table} {one.where}: {one.said}")
    for late in _unsealed(snapshot):
        raise SnapshotError(f"{snapshot.path}: crawl {late} did not finish: run the same crawl again to finish it, then merge")
    return Part(snapshot.path.name, f"sha256:{file_digest(snapshot.path)}", snapshot)


def _unsealed(snapshot: Snapshot) -> Iterator[int]:
    """The crawls that no seal covers."""
    last = max((one.crawl for one in snapshot.seals()), default=0)
    return (crawl.id for crawl in snapshot.crawls() if crawl.id > last)


def _written(new: Path, opened: list[Snapshot], parts: list[Part], on_progress: Callable[[str], None]) -> str:
    """Write the new file; the digest of its seal."""
    with Snapshot(new, writing=True) as snapshot:
        with snapshot.recording() as recording:
            on_progress(f"copying {listed([part.name for part in parts])}")
            numbers = recording.merge(parts)
            join_graph(recording, lambda step, done: on_progress(join_step(step, done)))
            _close(recording, [(one.gaps(), {*crawls.values()}) for one, crawls in zip(opened, numbers, strict=True)])
            on_progress("sealing")
            recording.seal_merged()
        return snapshot.seals()[-1].digest


def _close(recording: Recording, files: list[tuple[list[Gap], set[int]]]) -> None:
    """Close the gaps about what another file has: an account often names things that only another account may read.

    `files` are the gaps and the crawls of each. The file that read a record last must have read all of it, and nothing may
    have named the record since: that may be about a later thing of the same name.
    """
    in_part = set()
    for gaps, crawls in files:
        found = (recording.last_read(gap.subject, EVER) for gap in gaps)
        in_part |= {(one.id, crawl) for one in found if one for crawl in crawls}

    def has_read(subject: str, asked: str) -> bool:
        found = recording.last_read(subject, asked)
        return found is not None and found not in in_part and not recording.is_named_since(*found)

    newest = max(crawl for _, crawls in files for crawl in crawls)
    for gap, asked in recording.gaps_before(newest + 1):
        if is_closed(gap, {}, lambda: has_read(gap.subject, asked)):  # noqa: B023  (called at once)
            recording.answer_elsewhere(gap)


def _name(new: Path, path: Path) -> None:
    """Give the finished file its name, unless another file has taken it meanwhile."""
    try:
        os.link(new, path)
    except FileExistsError:
        raise SnapshotError(f"{path} exists by now: name a new file for the merged snapshot") from None
    except OSError:  # a file system without links
        new.replace(path)
