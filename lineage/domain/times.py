"""When a record read or wrote a place, and whether a write can have been read. Pure.

A reader can only have read what was written before it read; this matters for shared `latest/` prefixes. A window is a
`Window` or, on the edges of a graph, the text `opens/closes`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from lineage.domain.kinds import KINDS
from lineage.domain.records import Enumeration, Resource, Window
from lineage.domain.references import Hit
from lineage.domain.status import has_run, interrupts, is_over, runs_in
from lineage.errors import MalformedName

# From the Unix epoch to the year before the last one with four digits, so a window can be wider.
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
LATE = timedelta(hours=1)  # how long an event may take to appear: CloudTrail says about five minutes, without a guarantee
CLOCKS = timedelta(minutes=1)  # how far the clocks of two parts of AWS may be apart
SECOND = len("2026-01-01T00:00:00")  # how much of a time S3 tells: it has no finer resolution
CERTAIN, POSSIBLE, IMPOSSIBLE = "certain", "possible", "impossible"


class Times:
    """When a record read and wrote: what all its fields share is found once.

    A job reads in File mode while `Downloading` (developer guide: the channel is copied before the container starts), else
    while it runs. It uploads at its end, or during the whole run (`Continuous`, checkpoints). A model loads at its creation;
    what can be updated (inference components, packages) until its last change; a run while it ran; a multi-model prefix without
    end.
    """

    def __init__(self, record: Resource) -> None:
        self._record = record
        self._kind = kind = KINDS[record.kind]
        self._opens, self._ended = (str(record.body.get(time) or "") for time in kind.times)
        # the steps that a job went through, as far as its record has them
        self._steps = [step for step in record.body.get("SecondaryStatusTransitions") or () if step] if kind.job else []
        self._known: dict[tuple[bool, ...], Window] = {}
        self._reads: dict[Window, tuple[Window, ...]] = {}

    def window(self, hit: Hit) -> Window | None:
        """When the record read or wrote what the hit names; None for relations without a time."""
        relation = hit.reference.relation
        if relation not in _TIMED:
            return None
        how = (relation == "writes", hit.mode == "File", hit.continuous, hit.open_ended)
        if how not in self._known:
            self._known[how] = self._made(*how)
        return self._known[how]

    def each(self, hit: Hit) -> tuple[Window | None, ...]:
        """The reads of what the hit names within the whole window: a spot job downloads again at each start.

        So what was written between downloads was certainly read, and the first download still counts.
        """
        whole = self.window(hit)
        if hit.mode != "File" or hit.reference.relation != "reads" or not (whole and self._kind.download):
            return (whole,)
        if whole not in self._reads:
            downloads = self._downloads()
            ends = [step.get("EndTime") or later["StartTime"] for step, later in pairwise(downloads)]
            opens = [whole.opens, *(step["StartTime"] for step in downloads[1:])]
            self._reads[whole] = tuple(map(Window, opens, [*ends, whole.closes]))
        return self._reads[whole]

    def _made(self, writing: bool, files: bool, continuous: bool, open_ended: bool) -> Window:
        record, kind, opens = self._record, self._kind, self._opens
        created = record.created or ""
        # without an end time, it had ended by the last change of its record
        closes = self._ended or (record.modified or "" if kind.job and is_over(record.status) else "")
        if not kind.job:
            last = closes if any(kind.times) else record.modified or created
            return Window(opens or created, "" if open_ended or writing else last)
        if writing:
            uploads = [step["StartTime"] for step in self._of(kind.upload) if step.get("StartTime")]
            at_end = min([*uploads, self._ended], key=sortable) if self._ended else ""
            return Window((not continuous and at_end) or opens or created, closes)
        downloads = self._of(kind.download)
        began = [time for time in (opens, *(step.get("StartTime") for step in downloads)) if time]
        opened = min(began, key=sortable, default=created)
        return Window(opened, (files and self._all_downloaded(downloads)) or closes)

    def _all_downloaded(self, downloads: list[Mapping[str, str]]) -> str:
        """The end of the last download; empty if the program was started again after it, for which nothing tells a download."""
        ended = _last_download(downloads)
        later = [step.get("Status", "") for step in self._steps if sortable(step.get("StartTime") or "") >= sortable(ended)]
        again = next((number for number, step in enumerate(later) if interrupts(step)), len(later))
        return "" if runs_in(later[again:]) else ended

    def _of(self, status: str) -> list[Mapping[str, str]]:
        return [step for step in self._steps if step.get("Status") == status] if status else []

    def _downloads(self) -> list[Mapping[str, str]]:
        """The downloads in order, without a last one after which the program never ran: its data was never used."""
        download = self._kind.download
        if len(self._of(download)) < 2:
            return []  # nothing was written between downloads
        steps = (step for step in self._steps if step.get("StartTime"))
        ordered = sorted(steps, key=lambda step: sortable(step["StartTime"]))
        found = [number for number, step in enumerate(ordered) if step.get("Status") == download]
        after = [step.get("Status", "") for step in ordered[found[-1] :]] if found else []
        return [ordered[number] for number in (found if has_run(self._record.status, after, None) else found[:-1])]


_TIMED = ("reads", "loads", "writes")


def while_it_ran(record: Resource) -> Window:
    """The whole time of a job, during which it may have written to any place that a text names."""
    opens, closes = (str(record.body.get(time) or "") for time in KINDS[record.kind].times)
    return Window(opens or record.created or "", closes)


def now() -> str:
    """This moment, to the second."""
    return utc(datetime.now(UTC).replace(microsecond=0))


def today() -> date:
    """The day in UTC on which something expires or does not: that of SOURCE_DATE_EPOCH, else this one.

    Raises `MalformedName` if it is not a time: the clock would silently replace it.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return (datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)).date()
    except (ValueError, OverflowError, OSError):
        raise MalformedName(f"SOURCE_DATE_EPOCH is {epoch!r}: it must be a number of seconds since 1970") from None


def recorded(moment: datetime) -> str:
    """A time of a record in the form of `utc`; UTC if it has no offset. Raises `ValueError` if no record can have it."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not _FIRST <= moment < _LAST:
        raise ValueError(f"no record is from the year {moment.year}")
    return utc(moment)


def utc(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`; milliseconds only if they are not zero."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")


def instant(said: str | date) -> str:
    """The moment that a person names as a date, datetime, ISO date or ISO time, in the form of `utc`; UTC if it has no offset.

    A date means its first moment. Raises `MalformedName`.
    """
    try:
        moment = said if isinstance(said, datetime) else datetime.fromisoformat(f"{said}")
        return utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise MalformedName(f"{said!r} is not a time (expected one like 2026-05-04 or 2026-05-04T08:00:00Z)") from None


def _last_download(downloads: list[Mapping[str, str]]) -> str:
    """The end of the last download (spot jobs have several), if all of them have ended."""
    ends = [step.get("EndTime") or "" for step in downloads]
    return max(ends, key=sortable) if ends and all(ends) else ""


def fits(write: Window | str | None, read: Window | str | None) -> str:
    """Whether a write in one window can have been read in the other: certain, possible or impossible."""
    write_opens, write_closes = bounds(write)
    read_opens, read_closes = bounds(read)
    if write_opens and read_closes and write_opens > read_closes:
        return IMPOSSIBLE
    return CERTAIN if write_closes and read_opens and write_closes <= read_opens else POSSIBLE


@lru_cache(maxsize=1 << 14)  # each write is compared with many reads
def bounds(window: Window | str | None) -> Window:
    """A window whose two times are texts that sort."""
    opens, closes = window if isinstance(window, Window) else (window or "/").partition("/")[::2]
    return Window(sortable(opens), sortable(closes))


def sortable(time: str) -> str:
    """A time as a text that sorts: without the Z, `00` comes before `00.5`. In SQL that is `rtrim(…, 'Z')`."""
    return time.removesuffix("Z")


def surely_after(time: str, other: str, unsure: timedelta) -> bool:
    """Whether one time is after another one by more than a span in which the order is unsure."""
    return sortable(time) > sortable(other) and sortable(time) > sortable(utc(datetime.fromisoformat(other) + unsure))


class KnownDeletions(NamedTuple):
    """The period for which CloudTrail has reported every deletion."""

    since: str
    until: str


def unbroken(lookups: Iterable[Enumeration]) -> KnownDeletions | None:
    """The period of the last lookup, extended by earlier lookups as long as each joins the next without a gap."""
    told: KnownDeletions | None = None
    for one in sorted(lookups, key=lambda one: one.started, reverse=True):
        if told and one.started < utc(datetime.fromisoformat(told.since) + LATE):
            break
        told = KnownDeletions(min(told.since, one.since), told.until) if told else KnownDeletions(one.since, one.started)
    return told
