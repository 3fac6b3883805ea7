"""Upgrades a snapshot file that an earlier lineage wrote."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lineage.collect.endpoints import join_graph, join_step
from lineage.errors import SnapshotError
from lineage.snapshot.connection import under_way
from lineage.snapshot.earlier import EARLIER, EarlierFile
from lineage.snapshot.reading import Snapshot


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did: the upgraded file, the earlier one that it kept, and the digest of the new seal, if there is one."""

    path: str
    kept: str
    seal: str


def upgrade_snapshot(path: str | Path, *, on_progress: Callable[[str], None] = lambda _: None) -> Upgraded:
    """Upgrade a snapshot file that lineage 1.0.0 wrote (schema 7), and keep the earlier file beside it as `NAME.schema-7`.

    The records are copied, and the graph is joined from them again. The newest seal is made anew, because it covers other
    tables: a signature or a digest that was kept for it proves the earlier file. Raises `SnapshotError` if the file is of
    another schema, was changed since it was sealed, or can't be written; then nothing is changed.
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"upgrade_snapshot takes the path of a file; this is an object of type {type(path).__name__}")
    path = Path(path)
    kept = Path(f"{path}.schema-{EARLIER}")
    if not path.is_file():
        raise SnapshotError(f"no snapshot at {path}: name the file to upgrade")
    if kept.exists():
        raise _taken(kept)
    with under_way(path, "upgrading") as new:
        with closing(EarlierFile(path)) as earlier:
            on_progress("checking")
            earlier.insist_unchanged()
            seal = _written(new, earlier, on_progress)
        _keep(path, kept)
        new.replace(path)
    return Upgraded(str(path), str(kept), seal)


def _keep(path: Path, kept: Path) -> None:
    """Give a file a second name, or copy it where the file system has no links: it is never without a name."""
    try:
        os.link(path, kept)
    except FileExistsError:  # another upgrade was faster
        raise _taken(kept) from None
    except OSError:
        shutil.copy2(path, kept)


def _taken(kept: Path) -> SnapshotError:
    return SnapshotError(f"{kept} exists: move it away, so that the earlier file can be kept under this name")


def _written(new: Path, earlier: EarlierFile, on_progress: Callable[[str], None]) -> str:
    """Write the new file; the digest of its newest seal."""
    with Snapshot(new, writing=True) as snapshot:
        with snapshot.recording() as recording:
            on_progress("copying")
            recording.take_from(earlier)
            join_graph(recording, lambda step, done: on_progress(join_step(step, done)))
            recording.seal_again(earlier.sealed_crawl())
        sealed = snapshot.seals()
    return sealed[-1].digest if sealed else ""
