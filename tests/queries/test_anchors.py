"""Anchors: a seal that was known once reveals that an older file was put back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import lineage
from tests.records import training
from tests.snapshot.test_file import crawl


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    """Copies of a snapshot after its first, second and third crawl."""
    path, copies = tmp_path / "now.db", []
    for number in (1, 2, 3):
        crawl(path, training(f"job-{number}", {"train": "s3://b/n"}))
        copies.append(Path(shutil.copy(path, tmp_path / f"copy-{number}.db")))
    return copies


def seal_of(path: Path) -> str:
    """The digest of the newest seal."""
    return str(lineage.snapshot_info(path).crawls[-1]["seal"])


def test_a_proved_digest_is_anchored_and_tells_an_older_file(run, copies: list[Path]) -> None:
    """`verify --digest` adds what it proved to the anchors; an older copy is then rolled back, with exit code 1."""
    kept = run("snapshot", "verify", str(copies[1]), "--digest", seal_of(copies[1]), "--anchors", "a.jsonl")
    assert kept.code == 0
    ran = run("snapshot", "verify", str(copies[0]), "--anchors", "a.jsonl", "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["verdict"], told["rolled_back"]["crawl"]) == (1, "changed", 2)
    at = json.loads(Path("a.jsonl").read_text())["at"]
    assert told["differences"][0]["said"] == (
        f"rolled back: the file ends at crawl 1; crawl 2 of this snapshot was anchored on {at} with digest {seal_of(copies[1])}"
    )


def test_what_goes_on_is_no_alarm(run, copies: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Anchors of the environment prove the crawls up to theirs, and do not report a later crawl as a fault."""
    monkeypatch.setenv("LINEAGE_ANCHORS", "a.jsonl")
    run("snapshot", "verify", str(copies[0]), "--digest", seal_of(copies[0]))
    ran = run("snapshot", "verify", str(copies[2]), "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["verdict"], told["proved"]["crawl"]) == (0, "unchanged", 1)
    assert len(Path("a.jsonl").read_text().splitlines()) == 1


def test_another_crawl_in_its_place_is_told(run, copies: list[Path]) -> None:
    """A file that was put back and crawled again has another seal than the anchored one."""
    run("snapshot", "verify", str(copies[2]), "--digest", seal_of(copies[2]), "--anchors", "a.jsonl")
    for name in ("other-2", "other-3"):
        crawl(copies[0], training(name, {"train": "s3://b/n"}))
    done = lineage.verify(copies[0], proofs=[one.proof for one in lineage.load_anchors("a.jsonl")])
    assert [(one.table, one.where) for one in done.differences] == [("seal", "crawl 3")]


def test_anchors_of_another_snapshot_say_nothing(run, copies: list[Path], tmp_path: Path) -> None:
    """One file of anchors serves many snapshots: each is identified by its first seal."""
    run("snapshot", "verify", str(copies[2]), "--digest", seal_of(copies[2]), "--anchors", "a.jsonl")
    other = tmp_path / "other.db"
    crawl(other, training("other", {"train": "s3://b/n"}))
    assert run("snapshot", "verify", str(other), "--anchors", "a.jsonl").code == 0


def test_nothing_is_anchored_that_was_not_proved(run, copies: list[Path]) -> None:
    """A digest that the file does not have, or no digest at all, leaves the anchors unchanged."""
    assert run("snapshot", "verify", str(copies[0]), "--digest", "sha256:" + "0" * 64, "--anchors", "a.jsonl").code == 1
    assert run("snapshot", "verify", str(copies[0]), "--anchors", "a.jsonl").code == 0
    assert not Path("a.jsonl").exists()


def test_the_same_is_anchored_once(run, copies: list[Path]) -> None:
    """A known anchor is not added again; a later crawl is appended, also where the last line has no newline."""
    for path in (copies[0], copies[0], copies[2]):
        run("snapshot", "verify", str(path), "--digest", seal_of(path), "--anchors", "a.jsonl")
        Path("a.jsonl").write_text(Path("a.jsonl").read_text().rstrip("\n"))
    assert [one.crawl for one in lineage.load_anchors("a.jsonl")] == [1, 3]
    assert Path("a.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"schema": "lineage.anchor/1", "first": 1}', "\x00"])
def test_a_line_that_is_no_anchor(run, copies: list[Path], line: str) -> None:
    """A line that is no anchor is reported by its number, in one line, and nothing is skipped silently."""
    Path("a.jsonl").write_text(f"\n{line}\n")
    ran = run("snapshot", "verify", str(copies[0]), "--anchors", "a.jsonl")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "a.jsonl, line 2: this is not an anchor" in ran.err
