"""What the table of kinds gives besides the crawl: the commands that show it and what was seen."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.domain.kinds import KINDS
from tests.collect.test_accounts import crawl
from tests.conftest import BANK
from tests.estate import account


def test_kinds_prints_the_table(run) -> None:
    """Each row is shown, as text and as JSON; one kind's references are shown field by field."""
    rows = [line.split("\t") for line in run("kinds")[1].splitlines()]
    assert [row[0] for row in rows[1:]] == [kind.name for kind in KINDS.values() if kind.describe or kind.list]
    told = {row["name"]: row for row in json.loads(run("kinds", "-f", "json")[1])}
    assert told["processing-job"]["carried_by"] == "trial-component"
    assert len(run("kinds", "training-job")[1].splitlines()) == 1 + len(KINDS["training-job"].references)


def test_gaps_tells_lists_and_gaps(run, tmp_path: Path) -> None:
    """`gaps` shows finished lists, unfinished ones with the reason, and what could not be read, in each format."""
    crawl(
        tmp_path,
        {"fault": "AccessDeniedException", "operation": "ListModels"},
        {"fault": "AccessDeniedException", "operation": "DescribePipeline"},
    )
    code, text, _ = run("gaps", "--snapshot", "s.db", "-f", "table")
    assert code == 0
    assert "32 of 33 lists finished" in text
    assert re.search(r"^  model +1  denied  ListModels: User: ", text, re.MULTILINE)
    assert "1 other gap:\n  111122223333 eu-west-1  denied  DescribePipeline p: User: " in text
    told = json.loads(run("gaps", "--snapshot", "s.db", "-f", "json")[1])
    assert told["schema"] == "lineage.gaps/1"
    assert {one["kind"]: one["state"] for one in told["lists"] if one["state"] != "finished"} == {"model": "denied"}
    assert {gap["operation"] for gap in told["gaps"]} == {"ListModels", "DescribePipeline"}
    (crawled,) = told["crawls"]
    assert (crawled["complete"], crawled["caller"]) == (True, "arn:aws:sts::111122223333:assumed-role/auditor/jo")
    rows = [line.split("\t") for line in run("gaps", "--snapshot", "s.db")[1].splitlines()]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_the_calls_that_are_told_were_made(tmp_path: Path) -> None:
    """The calls of all lists together are those that the service received."""
    calls: list[str] = []
    session = replay_session(account(tmp_path), on_answer=lambda operation, _: calls.append(operation))
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert sum(one.calls for one in snapshot.enumerations()) == len(calls)
        assert sum(one.records for one in snapshot.enumerations()) >= len(list(snapshot.resources()))


def test_crawl_says_what_it_does(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal a crawl prints a line every ten seconds, and its summary at the end."""
    from cli.commands import crawl as command

    monkeypatch.setattr(command, "QUIET_SECONDS", 0)
    code, out, err = run("crawl", "--replay", str(BANK))
    assert (code, out) == (0, "")
    assert any(line.startswith("reading: ") and " of 33 lists, " in line for line in err.splitlines())
    assert any(line.startswith("joining: ") for line in err.splitlines())
    said = r"read 1\d\d records with \d+ calls into lineage\.db; 1 gap \(lineage gaps\)"
    assert re.fullmatch(said, err.splitlines()[-2])
    assert err.splitlines()[-1] == "next: lineage ls kind:endpoint --snapshot lineage.db"
