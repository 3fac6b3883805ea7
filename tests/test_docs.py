"""The README and docs/ are run: their commands give the outputs that they show."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest

import lineage as api
from cli.main import cli
from tests.conftest import BANK, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLES = [text for page in (README, *DOCS.values()) for language, text in BLOCK.findall(page) if language == "console"]
PYTHON = re.compile(r"^```python\n(.*?)^```\n+```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [example for page in (section("From Python"), *DOCS.values()) for example in PYTHON.findall(page)]
# What differs from run to run: the moment of the crawl, the versions it was made with, and digests of all this.
WHEN = re.compile(r"crawled \S+Z as|\S+Z to \S+Z|botocore \S+|sha256:[0-9a-f]{64}|[\d,]+ bytes")


def settled(text: str) -> str:
    """The text without what differs from run to run."""
    return WHEN.sub("NOW", text)


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]):
    """Run a command line of the README in a folder that has the fixtures."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fixtures").mkdir()
    for fixture in [one for suffix in ("jsonl", "txt", "toml") for one in BANK.parent.glob(f"*.{suffix}")]:
        (tmp_path / "fixtures" / fixture.name).write_bytes(fixture.read_bytes())

    def call(line: str) -> str:
        program, *arguments = shlex.split(line)
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert (program, stopped.value.code) == ("lineage", 0)
        return capfdbinary.readouterr().out.decode()

    return call


def test_the_quick_start(shell, tmp_path: Path) -> None:
    """The first command line crawls, traces and draws; the trace is the one shown, the picture is there."""
    (line,) = re.findall(r"```sh\n(.*?)\n```", section("Quick start"), re.DOTALL)[:1]
    install, *commands = line.split(" && ")
    assert install == "pip install -q '.[render]'"
    printed = "".join(shell(command) for command in commands)
    shown = re.findall(r"```text\n(.*?)```", section("Quick start"), re.DOTALL)[0]
    assert settled(printed) == settled(shown)
    assert (tmp_path / "loans-live.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("text", CONSOLES, ids=lambda text: text.splitlines()[0])
def test_console_blocks(shell, text: str) -> None:
    """Each command that the README or a page of docs/ shows prints what is shown."""
    shell("lineage crawl --replay fixtures/bank.jsonl")
    command, _, shown = text.partition("\n")
    assert settled(shell(command.removeprefix("$ "))) == settled(shown)


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_python_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, shown: str) -> None:
    """The Python of the README and docs/ runs as it stands and prints what it shows."""
    monkeypatch.chdir(tmp_path)
    api.crawl_estate("lineage.db", replay=BANK)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "docs", "exec"), {})  # noqa: S102  (our own examples)
    assert printed.getvalue() == shown


def test_every_page_is_reached_from_the_readme() -> None:
    """The README names each page of docs/."""
    assert [page for page in DOCS if f"(docs/{page})" not in README] == []


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_command_is_in_the_readme(verb: str) -> None:
    """No command is left out of the table."""
    assert f"| `lineage {verb}" in section("Commands")


def test_the_contents_match_the_python_docstring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example in the package's own docstring runs."""
    monkeypatch.chdir(tmp_path)
    api.crawl_estate("lineage.db", replay=BANK)
    code = "\n".join(line[4:] for line in (api.__doc__ or "").splitlines() if line.startswith("    "))
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "lineage", "exec"), {})  # noqa: S102  (our own docstring)
