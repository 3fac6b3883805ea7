"""An account that changes while it is read: what existed all the time is read, and is not called deleted."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.crawl.aws.session import Session
from lineage.crawl.aws.shapes import list_member
from lineage.crawl.replay.answers import Answers, Where
from lineage.crawl.replay.pages import on_the_wire, summary
from lineage.crawl.replay.session import Replay
from tests.conftest import HANGS
from tests.estate import account, fit, line

MANY, SIZE = 24, 4  # records before the crawl, and records of a page


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that few records make a list that is read from both ends."""
    for module in ("aws.fetch", "listing"):
        monkeypatch.setattr(f"lineage.crawl.{module}.PAGE", SIZE)
    monkeypatch.setattr("lineage.crawl.listing.STRIDE", SIZE)


def dated(kind: str, number: int) -> dict[str, Any]:
    """The record with this number in order of creation."""
    times = {"CreationTime": f"2026-01-02T09:{number:02}:00Z", "LastModifiedTime": "2026-01-02T12:00:00Z"}
    name = f"n-{number:02}"
    if kind == "training-job":
        return fit(name, {}, **times, InputDataConfig=[])
    body: dict[str, Any] = {"model": {}, "endpoint-config": {"ProductionVariants": []}}[kind]
    return line(kind, name, body | {"CreationTime": times["CreationTime"]})


class Changing(Answers):
    """An account that changes before some pages of its lists; pages are shorter than the limit, or empty.

    A token says behind which record a page begins. With `counted` it says behind how many: then a list shifts as it changes.
    """

    def __init__(
        self, replay: Replay, folder: Path, changes: dict[int, list[dict[str, Any]]], *, counted: bool, seed: int
    ) -> None:
        super().__init__(replay.account, replay._model)
        self._shapes = replay._model
        self._folder, self._changes, self._counted = folder, changes, counted
        self._sizes = random.Random(seed) if seed else None
        self._lock = threading.Lock()
        self.turns = 0

    def _list(self, operation: Any, parameters: dict[str, Any], where: Where, _: str) -> dict[str, Any]:
        with self._lock:
            self.turns += 1
            if self.turns in self._changes:
                changed = account(self._folder, records=self._changes[self.turns])
                super().__init__(Replay(changed).account, self._shapes)
            turn = self.turns
            records = list(self._asked_of(self._listed[operation.name], parameters, where))
        result, shape = list_member(operation)
        at = self._start(records, parameters.get("NextToken", ""), parameters.get("SortOrder") == "Descending")
        size = parameters["MaxResults"] if not (self._sizes and at) else self._sizes.randint(0, parameters["MaxResults"])
        page, more = records[at : at + size], at + size < len(records)
        behind = records[at + size - 1].body["CreationTime"] if at + size and more else ""
        token = f"{turn}-{at + size if self._counted else behind}"  # no record is given twice
        return {result: [on_the_wire(summary(record, shape), shape) for record in page]} | (
            {"NextToken": token} if more else {}
        )

    def _search(self, operation: Any, parameters: dict[str, Any], where: Where, fault: str) -> dict[str, Any]:
        with self._lock:
            return super()._search(operation, parameters | {"MaxResults": 100}, where, fault)  # a window is one page

    def _start(self, records: list[Any], token: str, backward: bool) -> int:
        behind = token.partition("-")[2]
        if self._counted or not behind:
            return int(behind or 0)
        times = [record.body["CreationTime"] for record in records]
        return sum(at >= behind if backward else at <= behind for at in times)


def crawl(
    folder: Path, before: list[dict[str, Any]], changes: dict[int, list[dict[str, Any]]], kind: str, **words: Any
) -> dict:
    """Crawl once more. The state of each record by its name: present or deleted; nothing where the list was not finished."""
    replay = Replay(account(folder, records=before))
    replay._answers = Changing(replay, folder, changes, **words)
    session = Session(boto=replay.boto(), tries=1, paced=False)
    session.replayed = True
    session.patience = 0
    lineage.crawl_estate(folder / "s.db", session=session, kinds=[kind], full=True)
    with lineage.open_snapshot(folder / "s.db") as opened:
        (one,) = opened.enumerations()
        states = {
            node.name: "deleted" if node.details.get("deleted") else "there" for node in opened.nodes() if node.kind == kind
        }
        return states if one.finished else {}


def names(records: list[dict[str, Any]]) -> set[str]:
    return {entry["record"]["CreationTime"][14:16] for entry in records}


CUTS = {
    "nothing": slice(0),
    "one at the old end": slice(1),
    "one at the new end": slice(MANY - 1, MANY),
    "one in the middle": slice(MANY // 2, MANY // 2 + 1),
    "many at the old end": slice(MANY // 2),
    "many at the new end": slice(MANY // 2, MANY),
    "every other one": slice(0, MANY, 2),
}


def changed(kind: str, vanishes: slice, new: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The records before and after some of them vanish and some are created."""
    every = [dated(kind, number) for number in range(MANY + new)]
    return every[:MANY], [entry for number, entry in enumerate(every) if number not in range(MANY)[vanishes]]


@pytest.mark.parametrize("kind", ["training-job", "endpoint-config"])
@pytest.mark.parametrize("vanishes", CUTS)
def test_what_stays_is_read(tmp_path: Path, kind: str, vanishes: str) -> None:
    """Whatever changes while a list is read from both ends, in whole, short and empty pages, what stays is found."""
    for turn, new in ((3, 0), (5, 6)):
        folder = tmp_path / str(turn)
        folder.mkdir()
        first, then = changed(kind, CUTS[vanishes], new)
        said = crawl(folder, first, {turn: then}, kind, counted=False, seed=turn if new else 0)
        stays = {f"n-{number}" for number in names(first) & names(then)}
        assert stays <= {name for name, state in said.items() if state == "there"}
        assert "deleted" not in {said.get(f"n-{number}") for number in names(then)}


@pytest.mark.parametrize("counted", [False, True], ids=["tokens that name a record", "tokens that count records"])
def test_what_stays_is_not_called_deleted(tmp_path: Path, counted: bool) -> None:
    """A record that an earlier crawl read, and Search still gives, is not deleted because a list shifted during the read."""
    first, then = changed("model", CUTS["one at the old end"], 2)
    crawl(tmp_path, first, {}, "model", counted=counted, seed=0)
    said = crawl(tmp_path, first, {3: then}, "model", counted=counted, seed=0)
    assert {name for name, state in said.items() if state == "deleted"} <= {"n-00"}
    said = crawl(tmp_path, then, {}, "model", counted=counted, seed=0)
    assert {name for name, state in said.items() if state == "deleted"} == {"n-00"}


KILLED = """
import os, signal, sys
from lineage import crawl_estate
from lineage.collect import accounts
from lineage.crawl import listing
from lineage.crawl.aws import fetch
from lineage.crawl.replay.session import replay_session
fetch.PAGE = listing.PAGE = listing.STRIDE = 4
accounts.COMMIT_SECONDS = 0
def stop(progress):
    if progress.records >= 3:
        os.kill(os.getpid(), signal.SIGKILL)
session = replay_session(sys.argv[2], latency=0.03)
crawl_estate(sys.argv[1], session=session, kinds=[sys.argv[3]], full=True, on_progress=stop)
"""


@pytest.mark.parametrize("kind", ["training-job", "endpoint-config"])
def test_a_crawl_that_was_killed_in_the_middle_of_a_list(tmp_path: Path, kind: str) -> None:
    """What a killed crawl had kept stays, and the next one reads the rest of a list that was being read from both ends."""
    first, then = changed(kind, CUTS["one in the middle"], 3)
    words = [sys.executable, "-c", KILLED, str(tmp_path / "s.db"), str(account(tmp_path, records=first)), kind]
    assert subprocess.run(words, check=False, timeout=HANGS).returncode == -signal.SIGKILL
    with lineage.open_snapshot(tmp_path / "s.db") as opened:
        kept = {record.name for record in opened.resources()}
        assert 3 <= len(kept) < MANY
        assert not opened.enumerations()[0].finished
    said = crawl(tmp_path, then, {}, kind, counted=False, seed=0)
    there = {name for name, state in said.items() if state == "there"}
    assert there - {"n-12"} == {f"n-{number}" for number in names(then)}  # that record may have been listed before
    with lineage.open_snapshot(tmp_path / "s.db") as opened:
        assert len(opened.crawls()) == 1
        assert kept <= {record.name for record in opened.resources()}
