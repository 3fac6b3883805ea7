"""Queues of dead processes: the next process that records for the same account takes them over."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from lineage.domain.status import RunStatus
from lineage.recording.outbox import Outbox
from lineage.recording.sending import LANES, OPEN, STATUS
from lineage.recording.service import LOGGER
from lineage.recording.spool import Orphan, Owner, Row, orphans

_DEAD = "the process that recorded this run ended without leaving it (killed?)"


def take_over(box: Outbox, folder: Path | None, opened: str = "", seen: Callable[[Row], None] | None = None) -> int:
    """Queue what dead processes left, before anything of this one; `opened`: the component that is open now.

    Only for this account and region; for a process that never knew its account, only if it signed with the same profile.
    What can't be read, or not be stored on this disk, stays where it is. `seen` gets each row. Returns their number. A queue is
    read twice, first to the end for what is damaged, and never held in memory: there may be a million metrics in it.
    """
    taken, mine = 0, box.spool.owner
    for orphan in orphans(folder) if folder and box.spool.on_disk else ():
        try:
            if _is_ours(orphan.owner, mine):
                count = 0
                for row in _inherited(orphan, folder, opened):
                    count += 1
                    if seen:
                        seen(row)
                box.take_over(orphan, _inherited(orphan, folder, opened), count)
                taken += count
        except (
            sqlite3.Error,
            OSError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
        ) as error:  # or damaged
            LOGGER.warning("lineage: what %s holds can't be sent, and stays there: %s", orphan.path, error)
        finally:
            orphan.end()
    return taken


def _is_ours(owner: Owner, mine: Owner) -> bool:
    same = (owner.region, owner.account or mine.account) == (mine.region, mine.account)
    return same and (bool(owner.account) or owner.profile == mine.profile)


def _inherited(orphan: Orphan, folder: Path | None, opened: str) -> Iterator[Row]:
    """What a dead process left, without the ending of a run that is open again now."""
    owner, ended = orphan.owner, False
    for row in orphan.rows(LANES):
        ended = ended or (row.lane, row.component) == (STATUS, owner.component)
        if row.lane in (STATUS, OPEN) and row.component == opened:
            continue
        yield row._replace(body=row.body | {"left_in": str(folder)}) if row.lane == STATUS else row
    if owner.sets_status and not ended and owner.component != opened:
        yield Row(STATUS, owner.component, {"PrimaryStatus": RunStatus.FAILED, "Message": _DEAD, "left_in": str(folder)})
