"""The house rules that a machine can check: each feature has a case and a line in the docs, and code has one form."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click
import pytest

import lineage
from cli.commands.draw import PICTURES
from cli.commands.export import EXPORTS
from cli.commands.strict import Option
from cli.main import cli
from tests.conftest import CORE, ROOT

TESTS = ROOT / "tests"
SOURCES = [path for room in ("lineage", "cli") for path in sorted((ROOT / room).rglob("*.py"))]
MODULES = sorted(path for path in TESTS.rglob("*.py") if path != Path(__file__))
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def functions(path: Path) -> Iterator[Function]:
    return (node for node in nodes(path) if isinstance(node, Function))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- features -------------------------------------------------------------------------------------


class Family(NamedTuple):
    """Things of one sort that a user can ask for."""

    names: Collection[str]
    cases: str  # where in tests/ each is named; nothing: anywhere
    page: str  # and where in the docs


FAMILIES = {
    "format of an export": Family([*EXPORTS], "outputs", "docs/exports.md"),
    "form of a report": Family(lineage.REPORTS, "outputs/test_report.py", "docs/report.md"),
    "form of a picture": Family(PICTURES, "", "docs/commands.md"),
    "rule of a check": Family([rule.id for rule in lineage.RULES], "checks", "docs/checks.md"),
    "command": Family([f"lineage {verb}" for verb in cli.commands], "", "docs/commands.md"),
    "kind": Family([kind.name for kind in lineage.KINDS.values() if kind.list or kind.describe], "", "docs/kinds.md"),
}
EACH = [pytest.param(family, name, id=f"{what} {name}") for what, family in FAMILIES.items() for name in family.names]


@cache
def constants(where: str) -> frozenset[object]:
    """The literals in the tests of a room or a file."""
    modules = [path for path in MODULES if path.is_relative_to(TESTS / where)]
    return frozenset(node.value for path in modules for node in nodes(path) if isinstance(node, ast.Constant))


@pytest.mark.parametrize(("family", "name"), EACH)
def test_each_has_a_case(family: Family, name: str) -> None:
    """A test of its room names each thing that a user can ask for."""
    assert name.removeprefix("lineage ") in constants(family.cases)


@pytest.mark.parametrize(("family", "name"), EACH)
def test_each_has_a_line_in_the_docs(family: Family, name: str) -> None:
    """Its page of the docs describes each thing that a user can ask for."""
    assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", (ROOT / family.page).read_text(encoding="utf-8"), re.IGNORECASE)


# --- the form of code -----------------------------------------------------------------------------


def lines(function: Function) -> int:
    """The number of lines of a function without its head and its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    """Half of all functions have at most six lines, nine in ten at most twenty, and none more than forty."""
    lengths = {f"{name_of(path)} {one.name}": lines(one) for path in SOURCES for one in functions(path)}
    assert [name for name, length in lengths.items() if length > 40] == []
    assert median(lengths.values()) <= 6
    assert sum(length <= 20 for length in lengths.values()) >= 0.9 * len(lengths)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    """Each module that holds code begins with a docstring."""
    assert (ast.get_docstring(tree(path)) or "").endswith(".") or not tree(path).body


PRINTING = {"print", "click.echo", "click.secho", "click.echo_via_pager", "csv.writer", "Console", "pprint", "warnings.warn"}
STREAMS = ("sys.stdout.", "sys.stderr.", "sys.__stdout__.", "sys.__stderr__.", "traceback.print_")
# The modules that print, or make what is printed: all others use these, which make each text visible.
PRINTERS = {
    "cli/render/words.py": {"click.echo"},
    "cli/render/lines.py": {"Console"},
    "cli/commands/crawl.py": {"Console"},  # the bar, whose texts are on one line
    "cli/commands/about.py": {"click.echo"},  # help and version
    "cli/whole.py": {"print"},  # printed before anything of ours can be imported, about a folder of this Python
    "cli/commands/completion.py": {"click.echo"},  # scripts, and names that are printable, for a shell to read
    "cli/commands/options.py": {"sys.stdout.buffer.writelines"},  # what the rooms of outputs have made visible
    "lineage/outputs/formats/tables.py": {"csv.writer"},  # which guards formulas
}
HARMLESS = (".flush", ".isatty", ".fileno")


def printed(path: Path) -> set[str]:
    """The calls of a module that put a text on a terminal or in a spreadsheet."""
    called = {ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call)}
    return {name for name in called if name in PRINTING or (name.startswith(STREAMS) and not name.endswith(HARMLESS))}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_is_printed_past_the_rooms_that_make_it_visible(path: Path) -> None:
    """Every text for a terminal goes through `words.py`, `lines.py` or `write`; a new place that prints needs a reason here."""
    assert printed(path) == PRINTERS.get(name_of(path), set())


# --- the form of tests ----------------------------------------------------------------------------


@pytest.mark.parametrize("path", [*MODULES, Path(__file__)], ids=name_of)
def test_every_test_says_what_it_promises(path: Path) -> None:
    """Each test function has a docstring of one sentence or more."""
    tests = [one for one in functions(path) if one.name.startswith("test_")]
    assert [one.name for one in tests if not (ast.get_docstring(one) or "").endswith(".")] == []


CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "thread_time"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_test_looks_at_the_clock(path: Path) -> None:
    """No test asserts how long something takes, because the machine may be busy. Work is counted (`tests/work.py`)."""
    asked = [node for node in nodes(path) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)]
    assert [node.attr for node in asked if node.value.id == "time" and node.attr in CLOCKS] == []


def test_tests_lie_in_the_rooms() -> None:
    """The folders of tests are the rooms of the library, the command line, and the fuzzer."""
    rooms = {path.parent.name for path in (ROOT / "lineage").glob("*/__init__.py")} | {"cli", "fuzz"}
    assert {path.parent.name for path in TESTS.glob("*/__init__.py")} <= rooms


def test_the_core_is_there() -> None:
    """`pytest -m core` misses no file because of a rename."""
    assert [part for part in CORE if not (TESTS / part).exists()] == []


def _commands(group: click.Group, name: str = "lineage") -> Iterator[tuple[str, click.Command]]:
    yield name, group
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}", command


OPTIONS = {
    f"{name} {option.opts[0]}": (command, option)
    for name, command in _commands(cli)
    for option in command.params
    if isinstance(option, click.Option) and not option.is_flag
}
MAY_BE_EMPTY = {"lineage report --title", "lineage report --classification", "lineage report --framework"}


@pytest.mark.parametrize("named", OPTIONS)
def test_no_option_is_half_heard(named: str) -> None:
    """Each option refuses an empty value, as of an unset shell variable, and a second value unless all of them count."""
    command, option = OPTIONS[named]
    assert isinstance(option, Option)
    context = click.Context(command)
    parser = command.make_parser(context)
    if named not in MAY_BE_EMPTY:
        with pytest.raises(click.UsageError, match=" is empty: "):
            option.consume_value(context, parser.parse_args([option.opts[0], " "])[0])
    given = parser.parse_args([option.opts[0], "a", option.opts[0], "b"])[0]
    if option.multiple:
        assert option.consume_value(context, given)[0] == ["a", "b"]
    else:
        with pytest.raises(click.UsageError, match=r"^give .* once: it is given as a and b$"):
            option.consume_value(context, given)
        assert option.consume_value(context, parser.parse_args([option.opts[0], "a", option.opts[0], "a"])[0])[0] == "a"
