"""`lineage demo`, and what keeps its records, and those of any replay, apart from records of AWS."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

import lineage
from lineage.domain.records import REPLAYED, Crawl
from lineage.snapshot.reading import Snapshot
from tests.conftest import BANK
from tests.estate import account

REPLAY = Crawl(0, "2026-01-01T00:00:00Z", None, "arn:x", ("1",), ("eu-west-1",), (), f"1.0.0{REPLAYED}", "1")
LIVE = replace(REPLAY, tool="1.0.0")


def test_the_demo_answers_without_aws(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In an empty folder it makes demo.db, whatever LINEAGE_SNAPSHOT says, and each command that it suggests can be pasted."""
    monkeypatch.setenv("LINEAGE_SNAPSHOT", "mine.db")
    ran = run("demo")
    assert (ran.code, ran.err, [path.name for path in tmp_path.iterdir()]) == (0, "", ["demo.db"])
    said, *proposed = ran.out.splitlines()
    assert said == "demo.db holds the account of a made-up bank: 137 records, among them 18 endpoints. Try next:"
    for line in proposed:
        program, *words = shlex.split(line, comments=True)
        assert (program, run(*words).code, words[-2:]) == ("lineage", 0, ["--snapshot", "demo.db"])
    assert len(proposed) == 5


@pytest.mark.parametrize("words", [("demo", "--snapshot", "my demo.db"), ("--snapshot", "my demo.db", "demo")])
def test_the_demo_may_be_had_elsewhere_and_again(run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """The demo takes --snapshot before and after, quotes it in its suggestions, and says the same when it is run again."""
    first, again = run(*words), run(*words)
    assert (first.code, again) == (0, first)
    assert "--snapshot 'my demo.db'" in first.out
    assert [path.name for path in tmp_path.iterdir()] == ["my demo.db"]


def test_the_package_holds_the_same_account_as_the_fixtures() -> None:
    """The file that `lineage demo` replays is the bank of the README, the docs and the tests, byte for byte."""
    assert lineage.DEMO_ACCOUNT.read_bytes() == BANK.read_bytes()


def begun(path: Path, crawl: Crawl) -> None:
    """A crawl that was interrupted right after it began."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(crawl)


@pytest.mark.parametrize(
    ("held", "arguments", "said"),
    [
        (REPLAY, ("crawl",), "replayed from an account file, which are never mixed with records from AWS"),
        (REPLAY, ("crawl", "--endpoint", "x"), "replayed from an account file, which are never mixed with records from AWS"),
        (LIVE, ("crawl", "--replay", str(BANK)), "from AWS, which are never mixed with records replayed from an account file"),
        (LIVE, ("crawl", "--replay", str(BANK), "--endpoint", "loans-live"), "from AWS, which are never mixed with"),
        (LIVE, ("demo",), "from AWS, which are never mixed with records replayed from an account file"),
        (replace(LIVE, tool="0.1.0"), ("demo",), "from AWS, which are never mixed with"),
    ],
    ids=["all", "an endpoint", "a replay", "a replay of an endpoint", "the demo", "a file that does not tell"],
)
def test_live_and_replayed_records_are_never_mixed(run, tmp_path: Path, held: Crawl, arguments, said: str) -> None:
    """A crawl of the other source is refused in one line before any call, and the file is unchanged: interrupted crawls
    count, and so do those in files from before the source was recorded, as AWS's.
    """
    begun(tmp_path / "s.db", held)
    before = (tmp_path / "s.db").read_bytes()
    ran = run(*arguments, "--snapshot", "s.db")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("lineage: s.db holds records ")
    assert ran.err.endswith(": name another file\n")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert (tmp_path / "s.db").read_bytes() == before


@pytest.mark.parametrize(("held", "asked"), [(LIVE, REPLAY), (REPLAY, LIVE)])
def test_two_crawls_that_begin_at_once_are_not_mixed_either(tmp_path: Path, held: Crawl, asked: Crawl) -> None:
    """The transaction that begins a crawl checks again, because another process may have begun one meanwhile."""
    begun(tmp_path / "s.db", held)
    with pytest.raises(lineage.MixedRecords):
        begun(tmp_path / "s.db", asked)


def test_another_account_file_may_be_replayed_beside_the_first(tmp_path: Path) -> None:
    """Replays of two files share a snapshot, and crawls of AWS continue in a file from before the source was recorded."""
    for file in (BANK, account(tmp_path)):
        lineage.crawl_endpoints(tmp_path / "s.db", replay=file)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert [crawl.replayed for crawl in snapshot.crawls()] == [True, True]
    begun(tmp_path / "old.db", replace(LIVE, tool="0.1.0"))
    begun(tmp_path / "old.db", LIVE)
