"""Places as levels: each is stored once, and the pairs that share keys are the same from either side."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.names import Location, Span, location_of
from lineage.domain.records import Edge, Resource, Window
from lineage.graphs.derive import join
from lineage.graphs.first_writes import find_first_writes
from lineage.graphs.levels import note_levels
from lineage.graphs.tables import Joining
from lineage.snapshot.levels import ALL_EDGES, ALL_PAIRS
from lineage.snapshot.manifests import Listings, Manifest
from lineage.snapshot.reading import open_snapshot
from lineage.snapshot.schema import CONTENT_SCHEMA, new_graph
from tests.graphs.test_tables import PLACES, READS, WRITES, Write, reads
from tests.records import channel, processing, training
from tests.snapshot.test_file import crawl


def level(number: int) -> str:
    return "s3://x/" + "".join(f"{one}/" for one in range(number))


def chain(jobs: int) -> Iterator[Resource]:
    return (processing(f"j{n}", {"i": level(n)}, {"o": level(n + 1)}, day=f"2026-01-{1 + n % 28:02}") for n in range(jobs))


def at_the_root(jobs: int) -> Iterator[Resource]:
    return (processing(f"j{n}", {"i": level(0)}, {"o": level(n + 1)}) for n in range(jobs))


def mentioning(jobs: int) -> Iterator[Resource]:
    return (training(f"j{n}", {}, HyperParameters={"one": level(n), "two": level(n + 1)}) for n in range(jobs))


def listing(jobs: int) -> Iterator[Resource]:
    for n in range(jobs):
        read = channel("train", f"{level(n)}list", "ManifestFile")
        yield training(f"j{n}", [read], CheckpointConfig={"S3Uri": level(n + 1)})


def manifests(jobs: int) -> Listings:
    """A manifest at each level, which lists an object one level deeper and the folder of the last."""
    made = Listings.in_memory()
    for n in range(jobs):
        entries = [Location("s3://x", f"{level(one)[7:]}{name}") for one, name in ((n + 1, "object"), (jobs, ""))]
        made.put(Manifest(f"{level(n)}list", "ManifestFile", str(n), "2025-01-01T00:00:00Z"), entries, "2026-12-01T00:00:00Z")
    return made


def cost(records: list[Resource], listings: Listings) -> tuple[int, int]:
    """The rows that a join leaves, and the thousands of SQLite steps that it takes."""
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    db = sqlite3.connect(":memory:")
    db.execute(CONTENT_SCHEMA)
    db.set_progress_handler(step, 10)
    new_graph(db, lambda db: join(db, lambda: sorted(records, key=lambda one: one.id), listings=listings))
    db.set_progress_handler(None, 0)
    tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    rows = sum(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
    db.close()
    return rows, steps


@pytest.mark.parametrize("shape", [chain, at_the_root, mentioning, listing])
def test_twice_the_levels_cost_twice_as_much(shape: Callable[[int], Iterator[Resource]]) -> None:
    """However deeply places are nested, a join leaves rows, and takes steps, in proportion to the records."""
    (rows, steps), (more_rows, more_steps) = (cost(list(shape(jobs)), manifests(jobs)) for jobs in (40, 80))
    assert more_rows <= 2.2 * rows
    assert more_steps <= 2.2 * steps


ENTRIES = st.lists(st.lists(PLACES, min_size=1, max_size=3), max_size=3)


def joined(written: list[Write], listings: Listings, read: list[Edge]) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    writes = [Edge(who, place, "writes", window=when, span=span) for who, when, place, span in written]

    def fill(db: sqlite3.Connection) -> None:
        room = Joining(db, listings)
        room.add_edges([*writes, *read])
        room.sort_places()
        note_levels(room)

    new_graph(db, fill)
    return db


def listed(entries: list[list[str]]) -> tuple[Listings, list[Edge]]:
    """Manifests with these entries, and the reader of each; one more without a reader."""
    listings, read = Listings.in_memory(), []
    for number, uris in enumerate([*entries, ["s3://x/a"]]):
        place = f"s3://lists/{number}"
        found = [location for uri in uris if (location := location_of(uri))]
        listings.put(Manifest(place, "ManifestFile", "e", "2025"), found, "2026")
        (version,) = listings.versions(place)
        read.append(Edge(place, f"r{number}", "reads", span=Span.LISTING, listing=version))
    return listings, read[:-1]


@given(WRITES, ENTRIES)
def test_what_manifests_list_is_joined(written: list[Write], entries: list[list[str]]) -> None:
    """A written place is joined to exactly those manifests with a reader that list it, something in it or around it."""
    listings, read = listed(entries)
    found = list(joined(written, listings, read).execute(f"SELECT source, target FROM ({ALL_PAIRS})"))
    wanted = {
        (place, manifest)
        for *_, place, _ in written
        if (location := location_of(place))
        for _, manifest in listings.listing(location)
        if manifest in {edge.source for edge in read}
    }
    assert sorted(found) == sorted(wanted)


_BY_PAIRS = f"""
    WITH all_edges AS ({ALL_EDGES}), own (place, opens) AS (
        SELECT target, min(opens) FROM all_edges WHERE relation = 'writes' GROUP BY target)
    SELECT place, min(opens) FROM (
        SELECT place, opens FROM own
        UNION ALL SELECT target, own.opens FROM all_edges JOIN own ON own.place = source WHERE relation = 'overlaps')
    GROUP BY place ORDER BY place"""


@given(WRITES, READS, ENTRIES)
def test_the_first_write_to_each_place(written: list[Write], read: set[tuple[str, Span]], entries: list[list[str]]) -> None:
    """For each place, the single pass finds the same earliest write as a look at each pair."""
    timed = [(who, Window(f"{number % 4}", "9"), place, span) for number, (who, _, place, span) in enumerate(written)]
    listings, reading = listed(entries)
    db = joined(timed, listings, [*reads(read), *reading])
    find_first_writes(db)
    assert db.execute("SELECT * FROM first_write ORDER BY place").fetchall() == db.execute(_BY_PAIRS).fetchall()


def test_an_edge_is_the_same_at_both_of_its_ends(tmp_path: Path) -> None:
    """A snapshot gives the same edges by target, by source, and all at once: in one order."""
    crawl(tmp_path / "s.db", *chain(6), training("t", [channel("c", "s3://x/", mode="FastFile")]))
    with open_snapshot(tmp_path / "s.db") as snapshot:
        edges = list(snapshot.edge_rows())
        assert len([edge for edge in edges if edge[2] == "overlaps"]) == 31
        ends = {end for edge in edges for end in edge[:2]}
        assert edges == list(snapshot.edge_rows(out_of=ends))
        assert edges == sorted(snapshot.edge_rows(into=ends), key=lambda edge: edge[:6])
