"""The edges of joining by content: which other writes cast doubt on it, and which digests belong to one content."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.records import Resource
from lineage.graphs.derive import derive
from lineage.graphs.tables import Joining
from lineage.snapshot.manifests import Listings
from lineage.snapshot.schema import CONTENT_SCHEMA, new_graph
from tests.graphs.test_copies import COPY, MADE, maker, package
from tests.records import training

PINS = package("dev", MADE, "a", "2026-01-10"), package("prod", COPY, "a", "2026-01-20")
WRITTEN, PINNED = (MADE, "certain"), (COPY, "pinned")


def sure(*records: Resource) -> set[tuple[str, str]]:
    """The places where it is certain what was written, or what a reader that pins it got."""
    found = [edge for edge in derive([maker("one", "2026-01-02"), *PINS, *records]).edges if edge.evidence == "content"]
    return {(edge.source if "://" in edge.source else edge.target, edge.usage) for edge in found} & {
        WRITTEN,
        PINNED,
        (COPY, "certain"),
    }


@pytest.mark.parametrize("status", ["Completed", "Stopped", "Failed"])
@pytest.mark.parametrize(
    ("place", "day", "beside"),
    [
        (MADE, "2026-01-02", {PINNED}),
        (MADE, "2026-01-15", {WRITTEN, PINNED}),
        (COPY, "2026-01-15", {WRITTEN, (COPY, "certain")}),
        (COPY, "2026-01-25", {WRITTEN, PINNED}),
    ],
    ids=["where it was made, at once", "where it was made, later", "to the copy, before it was pinned", "to the copy, after"],
)
def test_whose_write_makes_a_content_uncertain(status: str, place: str, day: str, beside: set[tuple[str, str]]) -> None:
    """Another writer of a place at the time of its content may have put it there; a failed job removes no certainty."""
    other = training("other", {}, place, day=day, TrainingJobStatus=status)
    assert sure() == {WRITTEN, PINNED}
    assert sure(other) == ({WRITTEN, PINNED} if status == "Failed" else beside)


# --- digests of one content ---------------------------------------------------------------------

Said = tuple[str, str, list[str]]
"""A place, when it was last modified, and the digests that S3 gave of it."""


def contents(said: Iterable[Said], pins: Iterable[tuple[str, str]] = ()) -> list[list[str]]:
    """The digests of each content, from S3's answers and from records' pins, each at a place and moment of its own."""
    found: list[list[str]] = []

    def fill(db: sqlite3.Connection) -> None:
        rows = [(place, modified, "2026-09-01T00:00:00Z", json.dumps(digests)) for place, modified, digests in said]
        db.executemany("INSERT INTO content (place, modified, seen, digests) VALUES (?,?,?,?)", rows)
        room = Joining(db, Listings.in_memory())
        for by, (place, digest) in enumerate(pins):
            room.pin(place, digest, "2026-01-01T00:00:00Z/2026-01-01T00:00:00Z", str(by))
        room.sort_contents()
        named = [row[0] for row in db.execute("SELECT DISTINCT content FROM sight ORDER BY content")]
        found.extend(room.digests(name) for name in named)
        assert named == [digests[0] for digests in found]

    db = sqlite3.connect(":memory:")
    db.execute(CONTENT_SCHEMA)
    new_graph(db, fill)
    return found


EARLY, LATE = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("said", "pins", "expected"),
    [
        ([("s3://b/1", EARLY, ["a", "b"])], [], [["a", "b"]]),
        ([("s3://b/1", EARLY, ["a"]), ("s3://b/2", EARLY, ["b"])], [], [["a"], ["b"]]),
        ([("s3://b/1", EARLY, ["a"]), ("s3://b/1", LATE, ["b"])], [], [["a"], ["b"]]),
        ([("s3://b/1", EARLY, ["c", "b"]), ("s3://b/2", EARLY, ["b", "a"])], [], [["a", "b", "c"]]),
        ([("s3://b/1", EARLY, ["d", "c"]), ("s3://b/2", EARLY, ["c", "b"]), ("s3://b/3", LATE, ["b", "a"])], [], [["a", "b", "c", "d"]]),
        ([("s3://b/1", EARLY, ["c", "a"]), ("s3://b/2", EARLY, ["b"])], [], [["a", "c"], ["b"]]),
        ([], [("s3://b/1", "a"), ("s3://b/1", "b")], [["a"], ["b"]]),
        ([("s3://b/2", EARLY, ["b", "a"])], [("s3://b/1", "b"), ("s3://b/1", "c")], [["a", "b"], ["c"]]),
    ],
    ids=[
        "said at once",
        "of two places",
        "of one place at two times",
        "one digest in common",
        "a chain",
        "beside another",
        "pinned by two records at one moment",
        "what a pin has in common with what was said",
    ],
)  # fmt: skip
def test_which_digests_are_of_one_content(said: list[Said], pins: list[tuple[str, str]], expected: list[list[str]]) -> None:
    """Digests that S3 gave together are one content, with all that share a digest; its name is the least of them."""
    assert contents(said, pins) == expected
    assert contents(said[::-1], pins[::-1]) == expected


DIGESTS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=3, unique=True)


@given(st.lists(DIGESTS, min_size=1, max_size=6))
def test_contents_agree_with_adding_them_up(groups: list[list[str]]) -> None:
    """However many places share a digest, in any order, the contents are those of merging one group after the other."""
    whole: list[set[str]] = []
    for group in groups:
        near = [one for one in whole if one & set(group)]
        whole = [one for one in whole if one not in near] + [set(group).union(*near)]
    said = [(f"s3://b/{number}", EARLY, group) for number, group in enumerate(groups)]
    assert contents(said) == sorted(map(sorted, whole))
