"""Tab: what a shell offers, by click's own protocol and in a real bash; and `help` and `version`."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import click
import pytest

import lineage as api
from cli.main import GROUPS, cli
from tests.conftest import ROOT
from tests.records import arn


@pytest.fixture
def tab(run, account_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The completions of the last word of a line."""

    def press(line: str, snapshot: str = str(account_path), of: str = "bash") -> list[str]:
        monkeypatch.setenv("LINEAGE_SNAPSHOT", snapshot)
        monkeypatch.setenv("_LINEAGE_COMPLETE", f"{of}_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", line.rpartition(" ")[2] if of == "fish" else str(line.count(" ")))
        ran = run()
        assert (ran.code, ran.err) == (0, "")
        return ran.out.splitlines()

    return press


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lineage tra", ["trace"]),
        ("lineage help tra", ["trace"]),
        ("lineage snapshot ve", ["verify"]),
        ("lineage trace --form", ["--format"]),
        ("lineage trace x -f ", ["table", "tsv", "json", "jsonl", "csv", "md", "html"]),
        ("lineage trace lo", ["loans-live"]),
        ("lineage trace LO", ["loans-live"]),
        ("lineage crawl --endpoint lo", ["loans-live"]),
        ("lineage report loans-live app", ["appraisal-notebook"]),
        (f"lineage trace {arn('endpoint', 'lo')}", [arn("endpoint", "loans-live")]),
        ("lineage runs loa", ["loan-default"]),
        ("lineage pipelines ren", ["Renewal-Price"]),
        ("lineage kinds hy", []),
        ("lineage search training-j", ["training-job"]),
        ("lineage crawl --kind training-j", ["training-job"]),
        ("lineage completion ", ["bash", "zsh", "fish"]),
        ("lineage ls ki", ["kind:"]),
        ("lineage draw +kind:training-", ["+kind:training-job"]),
        ("lineage draw +loans-l", ["+loans-live", "+loans-live-config"]),
        ("lineage used ", ["s3://bank-code/", "s3://bank-ml/", "s3://bank-prod/", "s3://bank-raw/", "s3://bank-vendor/"]),
        ("lineage used s3://bank-ml/lo", ["s3://bank-ml/loans/"]),
        ("lineage impact s3://bank-ml/loans/t", ["s3://bank-ml/loans/train/"]),
        ("lineage path x loans-l", ["loans-live", "loans-live-config"]),
        ("lineage trace loans-live --fail-on traced,", ["traced,partial", "traced,broken"]),
        ("lineage nonsense x", []),
    ],
)
def test_what_is_offered(tab, line: str, offered: list[str]) -> None:
    """Completion offers commands, options and formats, and names and S3 folders from the snapshot."""
    assert tab(line) == [f"plain,{one}" for one in offered]


def test_files_are_left_to_the_shell(tab) -> None:
    """Where a file is expected the shell completes it."""
    assert tab("lineage --snapshot de") == tab("lineage trace x -o de") == ["file,de"]


def test_other_shells_are_answered_in_their_form(tab) -> None:
    """Zsh gets three lines for each, fish one."""
    assert tab("lineage trace lo", of="zsh") == ["plain", "loans-live", "_"]
    assert tab("lineage trace lo", of="fish") == ["plain,loans-live"]


def test_the_snapshot_option_counts_before_and_after_the_command(tab, bank_path: Path) -> None:
    """Names come from the file of the command line, wherever it is named there."""
    before, after = f"lineage --snapshot {bank_path} trace lo", f"lineage trace --snapshot {bank_path} lo"
    assert tab(before, "none.db") == tab(after, "none.db") == ["plain,loans-live"]


def spoil(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 200_000)


def lock(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    return db


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.unlink(),
        lock,
        spoil,
        lambda path: path.write_text("no database " * 500),
        lambda path: path.write_bytes(b""),
        lambda path: (path.unlink(), sqlite3.connect(path).execute("CREATE TABLE other (x)")),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["missing", "locked", "damaged", "text", "empty", "another database", "a folder"],
)
def test_a_file_that_cannot_be_read_offers_nothing(tab, bank_path: Path, tmp_path: Path, make) -> None:
    """Nothing interrupts the typing: no message, no error, no wait, and no new file."""
    path = tmp_path / "s.db"
    shutil.copy(bank_path, path)
    kept = make(path)
    assert tab("lineage trace lo", str(path)) == tab("lineage used s3://bank-ml/lo", str(path)) == []
    assert [one.name for one in tmp_path.iterdir()] in ([], ["s.db"])
    if isinstance(kept, sqlite3.Connection):
        kept.close()


def test_a_view_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    """A manipulated file cannot block the shell: SQLite is stopped after some steps."""
    endless = "WITH RECURSIVE x(name) AS (SELECT 'a' UNION ALL SELECT 'a' FROM x) SELECT name, 1 AS observed FROM x"
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.execute(f"CREATE VIEW node AS {endless}")
    db.close()
    assert api.hints(tmp_path / "s.db", "names") == []


BASH = """
PATH="$1:$PATH"
eval "$(lineage completion bash)"
COMP_LINE=$2 COMP_POINT=${#2}
_lineage_completion lineage
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lineage used s3://bank-ml/lo", "//bank-ml/loans/"),
        (f"lineage trace {arn('endpoint', 'lo')}", "endpoint/loans-live"),
        ("lineage ls kind:training-", "training-job"),
        ("lineage trace 'loans-l", "loans-live"),
        ("lineage trace loans-live --format=ta", "table"),
    ],
)
def test_in_a_real_bash(bank_path: Path, tmp_path: Path, line: str, offered: str) -> None:
    """Bash splits words at `:` and `=`: the printed script replaces only the part after the last split."""
    program = tmp_path / "lineage"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m cli "$@"\n')
    program.chmod(0o700)
    surroundings = os.environ | {"LINEAGE_SNAPSHOT": str(bank_path)}
    command = ["bash", "--norc", "-c", BASH, "bash", str(tmp_path), line]
    ran = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True)
    assert ran.stdout == f"{offered}\n"


def test_the_help_is_grouped_and_fits_80_columns(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command is in one of five groups, with a help that fits one line of a small terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = run("--help").out.splitlines()
    assert list(GROUPS) == ["Ask", "Explore", "Judge", "Export", "Manage"]
    told = {name: said for commands in GROUPS.values() for name, (_, _, said) in commands.items()}
    assert told == {command.name: command.short_help for command in cli.commands.values()}
    rows = {f"  {name:<11}  {command.get_short_help_str()}" for name, command in cli.commands.items()}
    assert rows <= set(lines)
    assert max(map(len, lines)) <= 80


def test_help_shows_the_help_of_a_command(run) -> None:
    """`lineage help` is `lineage --help`; with a command it is that one's, also for a nested command."""
    assert run("help").out == run("--help").out
    assert run("help", "trace").out == run("trace", "--help").out
    assert run("help", "snapshot", "verify").out == run("snapshot", "verify", "--help").out


@pytest.mark.parametrize(
    ("names", "said"), [(("nonsense",), "No such command 'nonsense'"), (("trace", "x"), "lineage trace has no subcommands")]
)
def test_help_of_nothing(run, names: tuple[str, ...], said: str) -> None:
    """An unknown command is one line and exit code 2."""
    ran = run("help", *names)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


def test_version(run) -> None:
    """`lineage version` and `lineage --version` print what Python calls `lineage.__version__`."""
    assert run("version").out == run("--version").out == f"lineage, version {api.__version__}\n"


def test_each_script_names_the_command_and_the_variable(run) -> None:
    """The script of each shell calls `lineage` through the variable of click's protocol."""
    for shell in ("bash", "zsh", "fish"):
        script = run("completion", shell).out
        assert "_LINEAGE_COMPLETE=" in script
        assert f"{shell}_complete" in script
    assert isinstance(cli.commands["completion"], click.Command)
