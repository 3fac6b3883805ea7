"""After each crawl the graph is the same whether only what changed is joined, or everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.collect.endpoints import join_graph
from lineage.domain.records import Resource
from lineage.graphs.derive import join
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording
from tests.conftest import examples
from tests.graphs.deltas import Change, Estate, differences, tables
from tests.queries.worlds import MOVES, Move, records, seen_at
from tests.snapshot.test_file import CRAWL

Crawls = Iterable[Sequence[Change]]


def add(*found: Resource) -> list[Change]:
    """What a crawl does that finds some records."""
    return [lambda recording, one=one: recording.add(one) for one in found]  # type: ignore[misc]


def by_first_join(recording: Recording) -> dict[str, Any]:
    """The tables as the first join of the same records fills them; nothing of it stays."""
    recording._db.execute("SAVEPOINT first")
    recording.replace_graph(
        lambda db: join(db, recording.resources, earlier=recording.earlier_versions, listings=recording.listings)
    )
    found = tables(recording)
    recording._db.execute("ROLLBACK TO first")
    recording._db.execute("RELEASE first")
    return found


def insist_same(crawls: Crawls) -> None:
    """After each of some crawls the tables hold what the first join would put there."""
    with TemporaryDirectory() as folder, Snapshot(Path(folder) / "s.db", writing=True) as snapshot:
        for number, changes in enumerate(crawls, 1):
            with snapshot.recording() as recording:
                recording.begin(replace(CRAWL, started=f"2026-03-{number:02}T00:00:00Z"))
                for change in changes:
                    change(recording)
                join_graph(recording, lambda _doing, _done: None)
                assert list(differences(tables(recording), by_first_join(recording))) == []


def drawn(seed: int, crawls: int = 4) -> Crawls:
    """What some crawls of a random estate find."""
    chance = Random(seed)
    estate = Estate(chance, associates=chance.random() < 0.1)
    first, later = chance.choice([3, 6, 12, 30]), chance.choice([1, 2, 4])
    yield estate.changes(first)
    yield from (estate.changes(later) for _ in range(crawls - 1))


@settings(max_examples=examples(60))
@given(st.integers(0, 10**9))
@example(59)  # what led nowhere was said again
@example(2132)  # an earlier version of a feature group gave the place of a name
def test_random_crawls(seed: int) -> None:
    """Whatever crawls find one after another, joining what changed gives the tables of a first join."""
    insist_same(drawn(seed))


@settings(max_examples=examples(40))
@given(MOVES, st.data())
def test_accounts_in_which_things_happen_in_sequence(moves: list[Move], data: st.DataObject) -> None:
    """The same for accounts crawled while jobs run and endpoints are updated, deleted and made anew."""
    times = sorted(data.draw(st.lists(st.integers(1, len(moves)), min_size=1, max_size=4)))
    insist_same([add(*seen_at(time, records(moves[:time]))) for time in (*times, len(moves) + 3)])


@settings(max_examples=examples(12))
@given(st.randoms(use_true_random=False))
def test_the_bank_in_several_crawls(account_path: Path, chance: Random) -> None:
    """The same for an account with a record of each kind that tells a use, found in any order."""
    with lineage.open_snapshot(account_path) as snapshot:
        found = [replace(one, crawl=None, deleted=None) for one in snapshot.resources()]
    chance.shuffle(found)
    cuts = sorted(chance.randrange(len(found)) for _ in range(4))
    insist_same([add(*found[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(found)], strict=True)])
