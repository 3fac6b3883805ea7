"""The page on tampering: its commands run, and what it names exists."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

from cli.main import cli
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "tamper-evidence.md").read_text(encoding="utf-8")


def test_the_story_of_a_signature(run, account_path: Path) -> None:
    """The commands that sign, verify and report run in order as they are written, and each succeeds."""
    shutil.copy(account_path, "lineage.db")
    Path("audit").mkdir()
    story, _sigstore = re.findall(
        r"^```sh\n(.*?)^```$", PAGE.partition("\n## Sign it\n")[2].partition("\n## ")[0], re.MULTILINE | re.DOTALL
    )
    story = story.replace("/mnt/audit/", "audit/")
    program, *words = story.splitlines()
    subprocess.run(shlex.split(program), check=True)
    assert [run(*shlex.split(line)[1:]).code for line in words] == [0] * len(words) != []
    assert "the signature of auditor.pub in lineage.db.dsse.json" in Path("loans.html").read_text(encoding="utf-8")
    assert Path("audit/anchors.jsonl").is_file()


def test_the_options_of_the_page() -> None:
    """Each option that the page names belongs to one of its commands."""
    group = cli.commands["snapshot"]
    commands = [*group.commands.values(), cli.commands["report"], cli.commands["crawl"], cli.commands["iam-policy"]]  # type: ignore[attr-defined]
    known = {name for command in commands for option in command.params for name in option.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known
