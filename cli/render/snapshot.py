"""What a snapshot file holds, and whether it has changed, as text for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .lines import Line, printed, styled
from .words import plural

if TYPE_CHECKING:
    import lineage

_COLOURS = {"unchanged": "bold green", "changed": "bold red", "unsealed": "bold yellow", "proved-in-part": "bold yellow"}


def info_text(told: lineage.SnapshotInfo, *, colour: bool) -> str:
    """The digest of the file, and each crawl with its seal."""
    lines = file_lines(told)
    for one in told.crawls:
        by = f"by {one['caller'].rpartition(':')[2]}"
        how = "  replayed from an account file, not read from AWS" if one["replayed"] else ""
        lines.append(styled(f"crawl {one['id']}  {one['started']} to {one['finished'] or 'no end'}  {by}", (how, "yellow")))
        if one["seal"] or not one["merged"]:
            lines.append(styled(f"  seal  {one['seal'] or 'none: it did not finish'}"))
        lines += [styled(f"  from  {there_text(there)}") for there in one["merged"]]
    return printed(*lines, colour=colour)


def there_text(there: dict[str, Any]) -> str:
    """Where a crawl was before it was merged, and its seal there."""
    return f"crawl {there['crawl']} of {there['file']}, {there['seal'] or 'sealed there by a later crawl'}"


def file_lines(told: lineage.SnapshotInfo) -> list[Line]:
    """The file, its size and its digest."""
    return [styled((told.file, "bold"), f"  {told.bytes:,} bytes"), styled(f"  file  {told.digest}")]


def seal_lines(done: lineage.Verified) -> list[Line]:
    """The newest seal."""
    return [styled(("  seal", "dim"), f" of crawl {one['crawl']}  {one['digest']}") for one in done.seals[-1:]]


REPLAYED = "its crawls replayed an account file: nothing in it was read from AWS"


def verified_notes(done: lineage.Verified) -> list[str]:
    """The notes, and where the records are from: that nothing has changed does not say that AWS ever had them."""
    return [*done.notes, *([REPLAYED] if done.replayed else [])]


def verified_text(done: lineage.Verified, *, colour: bool) -> str:
    """Whether the file has changed, where, and what proves it."""
    proved = f"{done.file} up to crawl {done.proved['crawl']}" if done.proved else f"part of {done.file}"
    sealed = f"nothing in {done.file} was changed since {plural(len(done.seals), 'crawl')} sealed it"
    if done.unsealed_crawls and not done.proved_all:
        sealed = f"what {plural(len(done.seals), 'crawl')} wrote into {done.file} is as sealed; the newest state is not sealed"
    said = {
        "proved-in-part": f"what was given proves {proved}, and nothing that came later",
        "unchanged": sealed,
        "changed": f"{done.file} has changed since it was sealed: {plural(len(done.differences), 'difference')}",
        "unsealed": f"no crawl has sealed {done.file}: nothing can be said",
    }
    bare = done.verdict == "unchanged" and not done.proved
    word, colour_of = (
        ("UNCHANGED, NOT PROVED", "bold yellow") if bare else (done.verdict.replace("-", " ").upper(), _COLOURS[done.verdict])
    )
    lines = [styled((word, colour_of), "  ", said[done.verdict])]
    lines += [styled("  ", (one.table, "bold"), f"  {one.where}  {one.said}") for one in done.differences]
    lines += seal_lines(done)
    lines += [styled(("  merged", "dim"), f" {one['file']}  {plural(len(one['crawls']), 'crawl')}") for one in done.merged]
    lines += [styled(("Note: ", "dim"), f"{note}.") for note in verified_notes(done)]
    return printed(*lines, colour=colour)
