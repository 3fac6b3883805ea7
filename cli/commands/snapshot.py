"""`lineage snapshot`: what the file is, and whether it is as its crawls left it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..render.lines import printed, styled
from ..render.words import plural, tsv
from .options import format_option, out_option, snapshot_option, write

if TYPE_CHECKING:
    import lineage

CHANGED = 1
_COLOURS = {"unchanged": "bold green", "changed": "bold red", "unsealed": "bold yellow"}


@click.group(
    short_help="The snapshot file itself: its digests, and whether it was changed.",
    epilog="""\b
    Examples:
      lineage snapshot info                          the digests, to be kept somewhere else
      lineage snapshot verify                        is the file as its crawls left it?
      lineage snapshot verify --against copy.db      and does it go on from an earlier copy?
    """,
)
def snapshot() -> None:
    """Each finished crawl seals the file: a digest of what it wrote, of all that was there, and of the seal before.

    A digest says that nothing was changed since it was made, and no more. Whoever can write the file can seal it anew:
    keep the digest somewhere else, or sign it.
    """


@snapshot.command(
    short_help="Its crawls and digests.",
    epilog="""\b
    Examples:
      lineage snapshot info
      lineage snapshot info -f sha256 -o lineage.db.sha256    then: sha256sum -c lineage.db.sha256
    """,
)
@click.argument("file", required=False)
@snapshot_option
@format_option("table", "tsv", "json", "sha256")
@out_option
def info(file: str | None, snapshot: str, form: str, out: str | None) -> None:
    """Print the digest of FILE (else of the snapshot that --snapshot names), its crawls, and the seal of each.

    sha256 is a line that `sha256sum -c` reads.
    """
    import lineage

    told = lineage.snapshot_info(file or snapshot)
    forms = {"json": _json, "sha256": _sums, "tsv": _info_rows}
    write(forms[form](told) if form in forms else _info_text(told, colour=not out), out)


@snapshot.command(
    short_help="Is it as its crawls left it?",
    epilog="""\b
    Examples:
      lineage snapshot verify
      lineage snapshot verify audit-2026.db --digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      lineage snapshot verify --against last-year.db      what the earlier copy holds is the beginning of this one
    """,
)
@click.argument("file", required=False)
@snapshot_option
@click.option(
    "--digest", metavar="SHA256", default="", help="The digest of the file, or of one of its seals, that was kept elsewhere."
)
@click.option("--against", metavar="FILE", default="", help="An earlier copy of the file.")
@format_option("table", "tsv", "json")
@out_option
def verify(file: str | None, snapshot: str, digest: str, against: str, form: str, out: str | None) -> int:
    """Hold FILE (else the snapshot that --snapshot names) against its seals, and name what was changed. Exit code 1 if so.

    Looked at are every row and every record's body, and SQLite's own structure. Bytes that hold nothing, such as free
    pages, are told by the digest of the whole file only.
    """
    import lineage

    done = lineage.verify(file or snapshot, digest=digest, against=against)
    forms = {"json": _json, "tsv": _verified_rows}
    write(forms[form](done) if form in forms else _verified_text(done, colour=not out), out)
    return CHANGED if done.verdict == "changed" else 0


def _json(told: Any) -> str:
    import lineage

    return lineage.json_text(told.as_json(), indent=2) + "\n"


def _sums(told: lineage.SnapshotInfo) -> str:
    import lineage

    return f"{told.digest.removeprefix('sha256:')}  {lineage.one_line(told.file)}\n"


def _info_rows(told: lineage.SnapshotInfo) -> str:
    rows = [["crawl", "started", "finished", "caller", "seal"]]
    return tsv(
        [*rows, *([one["id"], one["started"], one["finished"] or "", one["caller"], one["seal"] or ""] for one in told.crawls)]
    )


def _info_text(told: lineage.SnapshotInfo, *, colour: bool) -> str:
    lines = [styled((told.file, "bold"), f"  {told.bytes:,} bytes"), f"  file  {told.digest}"]
    for one in told.crawls:
        lines.append(
            f"crawl {one['id']}  {one['started']} to {one['finished'] or 'no end'}  as {one['caller'].rpartition(':')[2]}"
        )
        lines.append(f"  seal  {one['seal'] or 'none: it did not finish'}")
    return printed(*lines, colour=colour)


def _verified_rows(done: lineage.Verified) -> str:
    rows: list[list[Any]] = [["verdict", "table", "where", "said"]]
    rows += [[done.verdict, one.table, one.where, one.said] for one in done.differences]
    return tsv(
        [
            *rows,
            *([[done.verdict, "", "", ""]] if not done.differences else []),
            *(["note", "", "", note] for note in done.notes),
        ]
    )


def _verified_text(done: lineage.Verified, *, colour: bool) -> str:
    said = {
        "unchanged": f"nothing in {done.file} was changed since {plural(len(done.seals), 'crawl')} sealed it",
        "changed": f"{done.file} is not as it was sealed: {plural(len(done.differences), 'difference')}",
        "unsealed": f"no crawl has sealed {done.file}: nothing can be said",
    }
    lines = [styled((done.verdict.upper(), _COLOURS[done.verdict]), "  ", said[done.verdict])]
    lines += [styled("  ", (one.table, "bold"), f"  {one.where}  {one.said}") for one in done.differences]
    lines += [styled(("  seal", "dim"), f" of crawl {one['crawl']}  {one['digest']}") for one in done.seals[-1:]]
    lines += [styled(("Note: ", "dim"), f"{note}.") for note in done.notes]
    return printed(*lines, colour=colour)
