"""Messages name an argument as the caller knows it: Python by its name, the command line by its option."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import lineage
from cli.main import _as_option, cli
from tests.conftest import BANK, ROOT

# Where an option of another program, or a whole command of ours, is written out; reports tell of the command line.
_OWN_WORDS = {
    "pdf.py",
    "cutting.py",
    "arguments.py",
    "iam.py",
    "weights.py",
    "names.py",
    "chapters.py",
    "model.py",
    "rules.py",
    "signin.py",
    "deleting.py",  # `--force` is what the SDK's delete_all is given
    "entities.py",
}


def named() -> set[str]:
    """Each argument that a message of the audit names."""
    found = (re.finditer(r"\bargument\(([^)]*)\)", path.read_text("utf-8")) for path in (ROOT / "lineage").rglob("*.py"))
    calls = [one[1] for some in found for one in some if one[1].startswith(("'", '"'))]
    return {name for call in calls for name in re.findall(r"""(?<![=\w])["'](\w+)["']""", call.partition("value=")[0])}


def commands(command: click.Command = cli) -> Iterator[click.Command]:
    """Each command of the command line."""
    yield command
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        yield from commands(one)


def test_each_argument_that_a_message_names_is_one_in_python_and_an_option() -> None:
    """What a message says to give can be given: some public function takes it, and some command has its option."""
    functions = [one for name in (*dir(lineage), *lineage._HELPERS) if callable(one := getattr(lineage, name))]
    functions += [lineage.NamedPlaces.asked]
    known = {word for one in functions if not inspect.isclass(one) or one is lineage.Signer for word in parameters(one)}
    options = {opt for one in commands() for parameter in one.params for opt in parameter.opts}
    assert len(named()) > 12
    assert sorted(named() - known) == []
    assert sorted(name for name in named() if _as_option(name, None) not in options) == []


def parameters(function: Any) -> set[str]:
    try:
        return {*inspect.signature(function).parameters}
    except ValueError:
        return set()


def strings(path: Path) -> Iterator[str]:
    """The texts of a file that are no docstrings; a text with values in it is one."""
    tree = ast.parse(path.read_text("utf-8"))
    known = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.JoinedStr):
            known |= {id(part) for part in one.values}
            yield "".join(part.value if isinstance(part, ast.Constant) else "value" for part in one.values)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in known:
            yield one.value


def test_no_message_of_the_audit_names_an_option() -> None:
    """An option stands in a whole command, in backticks, or is what the command line makes of an argument."""
    paths = [path for path in (ROOT / "lineage").rglob("*.py") if path.name not in _OWN_WORDS]
    whole = r"^lineage .*|`[^`]*(?:`|$)"
    bare = ((path.name, re.sub(whole, "", text)) for path in paths for text in strings(path) if "--" in text)
    assert {(name, text) for name, text in bare if re.search(r"(?<![\w-])--[a-z]", text)} == set()


TOLD: list[tuple[Callable[[Any], Any], str, tuple[str, ...], str]] = [
    (lambda s: lineage.show(s, "zzz"), "lineage.nodes(snapshot) lists what is there", ("show", "zzz"), "`lineage ls` lists what is there"),
    (lambda s: lineage.select(s, "zzz*"), "lineage.nodes(snapshot) lists them", ("ls", "+zzz*"), "`lineage ls` lists them"),
    (lambda s: lineage.show(s, "aml-*"), "lineage.nodes(snapshot, 'aml-*') lists", ("show", "aml-*"), "`lineage ls 'aml-*'` lists"),
    (lambda s: lineage.select(s, "zz/x"), "lineage.KINDS lists them", ("ls", "+zz/x"), "`lineage kinds` lists them"),
    (lambda s: lineage.select(s, "tag:zzz"), "a crawl with tags=True reads tags", ("ls", "+tag:zzz"), "`lineage crawl --tags` reads tags"),
    (lambda s: lineage.trace(s, "zzz"), "lineage.crawl_endpoints(path, ['zzz']) reads it", ("trace", "zzz"), "`lineage crawl --endpoint zzz` reads it"),
    (lambda s: lineage.list_runs(s, "zzz"), "lineage.list_experiments(snapshot) lists them", ("runs", "zzz"), "`lineage experiments` lists them"),
    (lambda s: lineage.load_run(s, "zzz"), "lineage.list_runs(snapshot) lists them", ("runs", "loan-default", "zzz"), "`lineage runs loan-default` lists them"),
    (lambda s: lineage.list_executions(s, "zzz"), "lineage.list_pipelines(snapshot) lists them", ("pipelines", "zzz"), "`lineage pipelines` lists them"),
    (lambda s: lineage.load_execution(s, "zzz"), "lineage.list_pipelines(snapshot) lists the pipelines", ("pipelines", "credit-risk", "zzz"), "`lineage pipelines credit-risk` lists them"),
    (lambda s: lineage.load_execution(s, "zzz", "credit-risk"), "lineage.list_executions(snapshot, 'credit-risk') lists them", ("pipelines", "credit-risk", "zzz"), "`lineage pipelines credit-risk` lists them"),
    (lambda s: lineage.verify(s, digest="zzz"), "as lineage.snapshot_info(path) shows it", ("snapshot", "verify", "--digest", "zzz"), "as `lineage snapshot info` shows it"),
    (lambda s: "".join(lineage.FORMATS["model-card"].write(lineage.Chosen(s))), "as in lineage.Chosen(snapshot, 'loans-live')", ("export", "-f", "model-card"), "as in `lineage export loans-live -f model-card`"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "python", "words", "command"), TOLD, ids=[python for _, python, _, _ in TOLD])
def test_python_is_told_a_call_and_the_command_line_a_command(
    run: Any, bank: Any, bank_path: Path, call: Any, python: str, words: tuple[str, ...], command: str
) -> None:
    """The same mistake names what each caller can ask: no error from Python sends its reader to a shell."""
    with pytest.raises(lineage.LineageError) as refused:
        call(bank)
    assert python in str(refused.value)
    assert "`lineage " not in str(refused.value)
    assert command in run(*words, "--snapshot", str(bank_path)).err


def test_python_is_told_the_argument_and_the_command_line_the_option(run: Any, tmp_path: Path) -> None:
    """The same mistake names what each caller can give."""
    asked = {"roles": ["arn:aws:iam::111122223333:role/a"], "replay": BANK}
    with pytest.raises(lineage.CrawlError, match=r"or add only_roles=True$"):
        lineage.crawl_estate(tmp_path / "a.db", **asked)  # type: ignore[arg-type]
    ran = run("crawl", "--role-arn", asked["roles"][0], "--replay", str(BANK), "--snapshot", "b.db")
    assert ran.err.endswith("or add --only-roles\n")
    with pytest.raises(lineage.CrawlError, match=r"or add only_roles=True$"):
        lineage.crawl_estate(tmp_path / "c.db", **asked)  # type: ignore[arg-type]
