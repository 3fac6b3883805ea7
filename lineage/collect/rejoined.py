"""Joins the graph of a snapshot anew from its records, and compares: crawls patch it, and others may have written into it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from lineage.errors import SnapshotError
from lineage.graphs.derive import join
from lineage.graphs.joiner import joiner
from lineage.snapshot.checking import Difference
from lineage.snapshot.compared import COMPARED
from lineage.snapshot.merging import Part
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.tables import Row

_NAMED = 20  # rows of a table that are named


def unlike_records(snapshot: Snapshot) -> Iterator[Difference]:
    """Where the graph of a snapshot is not what its records give: each row that is too much or missing.

    Copies the records into a temporary file, which takes about as much room as the snapshot, and joins them as the first crawl
    would. Raises `SnapshotError` if another version of lineage joined the graph, or a crawl has not joined it yet.
    """
    tool = snapshot.joined_by()
    if tool != joiner():
        what = f"lineage {tool} joined its graph, and this is {joiner()}" if tool else "a crawl has not joined its graph yet"
        mend = f"compare with lineage {tool}, or crawl into it first" if tool else "finish the crawl, then compare"
        raise SnapshotError(f"{snapshot.path}: {what}: {mend}")
    with TemporaryDirectory(prefix="lineage-") as folder, Snapshot(Path(folder) / "joined.db", writing=True) as anew:
        with anew.recording() as recording:
            recording.merge([Part(snapshot.path.name, "", snapshot)])
            listings = recording.listings
            recording.replace_graph(
                lambda db: join(db, recording.resources, earlier=recording.earlier_versions, listings=listings)
            )
        for table in COMPARED:
            yield from _named(table, _unlike(snapshot.compared(table), anew.compared(table)))


def _named(table: str, found: Iterable[tuple[str, Row]]) -> Iterator[Difference]:
    """The first differences, and how many more there are."""
    more = 0
    for number, (said, row) in enumerate(found, 1):
        if number <= _NAMED:
            yield Difference(table, " ".join(str(value) for value in row[:3] if value not in ("", None)), said)
        more = number - _NAMED
    if more > 0:
        yield Difference(table, "rows", f"{more:,} more rows are not what the records give")


def _unlike(held: Iterator[Row], given: Iterator[Row]) -> Iterator[tuple[str, Row]]:
    """The rows that only one of two sorted tables has."""
    one, other = next(held, None), next(given, None)
    while one is not None or other is not None:
        if one == other:
            one, other = next(held, None), next(given, None)
        elif other is None or (one is not None and _order(one) < _order(other)):
            yield "the records do not give this row", one or ()
            one = next(held, None)
        else:
            yield "the records give this row, and it is missing", other
            other = next(given, None)


def _order(row: Row) -> tuple[tuple[bool, object], ...]:
    """As SQLite sorts: what is empty comes first."""
    return tuple((value is not None, value) for value in row)
