"""The README and docs/ are run: their commands give the outputs that they show."""

from __future__ import annotations

import contextlib
import inspect
import io
import pydoc
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from IPython.core.interactiveshell import InteractiveShell

import lineage as api
from cli.main import cli
from tests.conftest import BANK, ROOT
from tests.shown import CONSOLE, DIGEST, STORIES, same_digests, settled, settled_story, shown, told
from tests.shown import call as run_in

README = (ROOT / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


DOCS = {path.name: path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}
IN_ORDER = "python.md"
PLAIN = [page for name, page in DOCS.items() if name not in (*STORIES, IN_ORDER)]
CONSOLES = [block for page in (README, *PLAIN) for block in CONSOLE.findall(page)]
PYTHON = re.compile(r"^```python\n((?:(?!```).*\n)*)```\n+```text\n((?:(?!```).*\n)*)```$", re.MULTILINE)
EXAMPLES = [example for page in (README, *PLAIN) for example in PYTHON.findall(page)]
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def with_fixtures(folder: Path) -> Path:
    (folder / "fixtures").mkdir()
    for fixture in [one for suffix in ("jsonl", "txt", "toml") for one in BANK.parent.glob(f"*.{suffix}")]:
        (folder / "fixtures" / fixture.name).write_bytes(fixture.read_bytes())
    return folder


@pytest.fixture(scope="module")
def crawled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the crawl of the pages leaves in a folder: lineage.db."""
    folder = with_fixtures(tmp_path_factory.mktemp("pages"))
    run_in("lineage crawl --replay fixtures/bank.jsonl", folder)
    return folder / "lineage.db"


@pytest.fixture
def crawled(crawled_once: Path, tmp_path: Path) -> Path:
    """A copy of it in the test's own folder, for a command may change it."""
    return Path(shutil.copy(crawled_once, tmp_path))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]):
    """Run a command line of the README in a folder that has the fixtures."""
    monkeypatch.chdir(with_fixtures(tmp_path))

    def call(line: str, *, err: bool = False) -> str:
        program, *arguments = shlex.split(line)
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert (program, stopped.value.code) == ("lineage", 0)
        printed = capfdbinary.readouterr()
        return (printed.out + (printed.err if err else b"")).decode()

    return call


def test_the_quick_start(shell, tmp_path: Path) -> None:
    """The first command line crawls, traces and draws; the trace is the one shown, and the picture exists."""
    (line,) = re.findall(r"```sh\n(.*?)\n```", section("Quick start"), re.DOTALL)[:1]
    install, *commands = line.split(" && ")
    assert install == "pip install -q '.[render]'"
    printed = "".join(shell(command, err=True) for command in commands)
    shown = re.findall(r"```text\n(.*?)```", section("Quick start"), re.DOTALL)[0]
    assert settled(printed) == settled(shown)
    assert (tmp_path / "loans-live.svg").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(("command", "printed"), CONSOLES, ids=[command.strip() for command, _ in CONSOLES])
@pytest.mark.usefixtures("crawled")
def test_console_blocks(shell, command: str, printed: str) -> None:
    """Each command in the README or a page of docs/ prints the shown output; `python -m tests.shown` updates it."""
    assert settled(shell(command)) == settled(printed)


WITH_DIGESTS = {
    name: [block for block in CONSOLE.findall(page) if DIGEST.search(block[1])]
    for name, page in DOCS.items()
    if name not in STORIES
}


@pytest.mark.parametrize("name", [name for name, blocks in WITH_DIGESTS.items() if len(blocks) > 1])
@pytest.mark.usefixtures("crawled")
def test_a_digest_is_the_same_all_over_a_page(shell, name: str) -> None:
    """Equal digests are shown as equal in every output of a page, so that readers can follow them."""
    printed = "".join(shell(command) for command, _ in WITH_DIGESTS[name])
    assert same_digests("".join(shown for _, shown in WITH_DIGESTS[name]), printed)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_goes_as_it_is_told(name: str, tmp_path: Path) -> None:
    """The programs and commands of a story, run in order beside a stand-in for SageMaker, print what its page shows."""
    assert settled_story(told(DOCS[name], tmp_path)) == settled_story(DOCS[name])


def test_what_a_command_prints_is_put_into_its_page(tmp_path: Path) -> None:
    """An outdated block is rewritten, and nothing else; a correct one is unchanged."""
    other = "before\n\n```console\n$ lineage kinds -f tsv\nsomething else\n```\n\nafter\n"
    page = shown(other, tmp_path)
    assert page.startswith("before\n\n```console\n$ lineage kinds -f tsv\nkind\tlist\t")
    assert page.endswith("\n```\n\nafter\n")
    assert "something else" not in page
    assert shown(page, tmp_path) == page


@pytest.mark.parametrize(("code", "shown"), EXAMPLES, ids=range(len(EXAMPLES)))
@pytest.mark.usefixtures("crawled")
def test_python_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, shown: str) -> None:
    """The Python of the README and docs/ runs unchanged and prints what it shows."""
    monkeypatch.chdir(tmp_path)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "docs", "exec"), {})  # noqa: S102  (our own examples)
    assert printed.getvalue() == shown


@pytest.mark.usefixtures("crawled")
def test_the_python_page_is_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of docs/python.md run in order as the cells of a notebook, and print what the page shows."""
    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell()
    for code, printed in PYTHON.findall(DOCS[IN_ORDER]):
        done = shell.run_cell(code)
        done.raise_error()
        assert settled(capsys.readouterr().out) == settled(printed)
    shell.run_line_magic("load_ext", "lineage")
    for question in ("answer", "lineage.trace(snapshot, 'loans-live')", "lineage.search(snapshot, 'training-job')"):
        shell.run_cell(f"display({question})").raise_error()
        assert "lineage." not in capsys.readouterr().out


def test_every_page_is_reached_from_the_readme() -> None:
    """The README names the index of docs/, and the index names each page."""
    assert "(docs/README.md)" in README
    assert [page for page in DOCS if page != "README.md" and f"({page})" not in DOCS["README.md"]] == []


def anchors(page: str) -> set[str]:
    """The link targets in a page: its headings, as GitHub spells them."""
    heads = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def leads_nowhere(page: Path, target: str, anchor: str) -> bool:
    path = (page.parent / target) if target else page
    return not path.exists() or bool(anchor and anchor not in anchors(path.read_text(encoding="utf-8")))


LINKING = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + [ROOT / "docs" / name for name in DOCS]


@pytest.mark.parametrize("page", LINKING, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to another page names an existing file, and a heading that it has."""
    links = LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))
    assert [f"{target}#{anchor}" for target, anchor in links if leads_nowhere(page, target, anchor)] == []


def test_the_readme_is_short() -> None:
    """The README has 150 lines at most: anything longer has a page of its own."""
    assert len(README.splitlines()) <= 150


def workflows() -> list[Any]:
    """The GitHub Actions workflows of docs/ci.md."""
    return [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```$", DOCS["ci.md"], re.MULTILINE | re.DOTALL)]


def test_the_holdout_gate_in_the_docs_is_a_workflow() -> None:
    """The first workflow of docs/ci.md crawls, and then asks about the holdouts with every verdict that means a use."""
    workflow, _ = workflows()
    runs = [shlex.split(step["run"]) for step in workflow["jobs"]["holdouts"]["steps"] if "run" in step]
    crawl, used = (run for run in runs if run[0] == "lineage")
    assert (crawl[1], used[1], used[-2:]) == ("crawl", "used", ["--fail-on", "used,used-indirectly,possible"])
    assert [refused(line) for line in (crawl, used)] == [None, None]


def test_the_workflow_in_the_docs_is_one() -> None:
    """The second workflow of docs/ci.md is YAML whose steps crawl, check and upload the file that the check writes."""
    _, workflow = workflows()
    steps = workflow["jobs"]["check"]["steps"]
    crawl, check = (shlex.split(step["run"]) for step in steps if step.get("run", "").startswith("lineage "))
    (upload,) = (step for step in steps if "upload-sarif" in step.get("uses", ""))
    assert (crawl[1], check[1], check[check.index("-o") + 1]) == ("crawl", "check", upload["with"]["sarif_file"])
    assert upload["if"] == "always() && hashFiles('lineage.sarif') != ''"
    assert workflow["permissions"] == {
        "actions": "read",
        "contents": "read",
        "id-token": "write",
        "security-events": "write",
    }
    assert [refused(line) for line in (crawl, check)] == [None, None]


def refused(words: list[str]) -> click.UsageError | None:
    """The command line's objection to a command, except that a file or place is missing here."""
    command: click.Command = cli
    names, rest = words[:1], words[1:]
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        command, names, rest = command.commands[rest[0]], [*names, rest[0]], rest[1:]
    try:
        command.make_context(" ".join(names), rest)
    except click.BadParameter as error:
        return None if error.param and isinstance(error.param.type, click.Path) else error
    except click.UsageError as error:
        return error
    return None


SH = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = [block for page in (README, *DOCS.values()) for block in SH.findall(page)]
CALLS = sorted({call.strip() for block in SHOWN for call in re.findall(r"(?:^|&& )(lineage [^#&|>\n]*)", block, re.MULTILINE)})


@pytest.mark.parametrize("call", CALLS)
def test_commands_that_are_only_shown_are_taken(call: str) -> None:
    """Each `lineage` command in a shell block of the README or docs/ is one that the command line accepts."""
    assert refused(shlex.split(call)) is None


def test_help_reads_as_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`help(lineage)` begins with a page: its example runs, and each name on its list exists."""
    monkeypatch.chdir(tmp_path)
    page = inspect.getdoc(api) or ""
    example, _, names = page.partition("\nRead:")
    code = "\n".join(line[4:] for line in example.splitlines() if line.startswith("    "))
    code = code.replace('"lineage.db")', f'"lineage.db", replay={str(BANK)!r})', 1)
    exec(compile(code, "lineage", "exec"), {})  # noqa: S102  (our own docstring)
    assert capsys.readouterr().out.splitlines() == ["used ['Loans-Fit-0042', 'look-around-3']", "traced"]
    lists = re.sub(
        r"\(.*?\)|^\w+:|lineage\.(?:recording|spark)", "", "Read:" + names.partition("\n\n")[0], flags=re.MULTILINE | re.DOTALL
    )
    listed = [name for name in re.findall(r"\w+", lists) if name != "and"]
    assert len(listed) > 25
    assert sorted(listed) == sorted(api.__all__)
    assert pydoc.plain(pydoc.render_doc(api)).count("\n") < 330


def test_each_name_is_listed_once() -> None:
    """`dir(lineage)` has each public name once, and nothing that only the command line needs."""
    text = (ROOT / "lineage" / "__init__.pyi").read_text("utf-8")
    names = {*re.findall(r" import \w+ as (\w+)", text)}
    assert sorted(dir(api)) == sorted(names - api._HELPERS)
    assert names >= api._HELPERS
    pages = "".join(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert [name for name in api._HELPERS if re.search(rf"\blineage\.{name}\b", pages)] == []
