"""Tables fit the terminal: whole columns are dropped, no word is broken, and the table says what is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.color import ANSI_COLOR_NAMES, Color
from rich.style import Style

from cli.main import cli
from cli.render.breaking import broken
from cli.render.lines import SHADES, _drawn, styled
from cli.render.tables import table_lines
from lineage.domain.records import Resource
from tests.conftest import ROOT
from tests.records import training
from tests.snapshot.test_file import crawl

HOLDOUTS = str(Path(__file__).parents[2] / "fixtures" / "holdouts.txt")
TABLES = (
    ("ls",), ("ls", "kind:artifact"), ("show", "loans-live"), ("experiments",), ("runs",), ("runs", "House-Appraisal"),
    ("runs", "House-Appraisal", "boosted-trees"), ("runs", "Limits-Tune-7-aws-tuning-job", "--compare"),
    ("pipelines",), ("pipelines", "Renewal-Price"), ("pipelines", "Renewal-Price", "y2rj7l5s8pg1"),
    ("search", "training-job"), ("suggest", "training-job"), ("gaps",), ("check",), ("check", "--list-rules"),
    ("datasets", "loans-live"), ("impact", "s3://bank-raw/loans/2026-05/"), ("trace", "loans-live"),
    ("path", "s3://bank-raw/loans/2026-05/", "loans-live"), ("used", "s3://bank-ml/loans/secret-test/"),
    ("used", "--from", HOLDOUTS), ("kinds",), ("kinds", "training-job"), ("snapshot", "info"), ("snapshot", "verify"),
)  # fmt: skip
STYLES = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def terminal(account_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What a terminal with this many columns shows of a command."""

    def show(width: int, *line: str, **environment: str) -> str:
        for module in ("answers", "runs", "lines"):  # the last one last: the others import its function
            monkeypatch.setattr(f"cli.render.{module}.is_terminal", lambda *, colour: colour)
        said = {"LINEAGE_SNAPSHOT": str(account_path), "COLUMNS": str(width), "TERM": "xterm-256color", **environment}
        ran = CliRunner().invoke(cli, [*line, "-f", "table"], env=said)
        assert ran.exit_code in (0, 1, 4), ran.stderr
        return ran.stdout

    return show


@pytest.mark.parametrize("line", TABLES, ids=" ".join)
def test_nothing_is_wider_than_the_terminal_and_no_word_is_broken(
    terminal: Any, line: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each line fits, and continues between words or parts of a name; only a digest is cut where it must be."""
    cut: list[str] = []
    monkeypatch.setattr("rich.cells.chop_cells", lambda text, width: cut.append(text) or [text[:width], text[width:]])
    shown = STYLES.sub("", terminal(80, *line))
    assert max(map(len, shown.splitlines())) <= 80
    assert [word for word in cut if not re.fullmatch(r"[0-9a-f]{64}\W*", word)] == []


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("two words", 9, ["two words"]),
        ("two words", 8, ["two", "words"]),
        ("s3://b/models/Fit-42/model.tar.gz", 20, ["s3://b/models/", "Fit-42/model.tar.gz"]),
        ("read s3://b/models/Fit-42", 20, ["read", "s3://b/models/Fit-42"]),
        ("pipelines-k3v9p1x7a2bc-Fit", 24, ["pipelines-k3v9p1x7a2bc-", "Fit"]),
        ("abcdefgh", 5, ["abcde", "fgh"]),
        ("\u6a21\u578b\u6a21\u578b", 5, ["\u6a21\u578b", "\u6a21\u578b"]),
        ("", 5, [""]),
    ],
)
def test_where_a_text_is_broken(text: str, width: int, lines: list[str]) -> None:
    """A text breaks between words, after a slash, after a hyphen, or at the line's end; no line is too long."""
    assert broken(text, width) == lines


HEAD = ["name", "size", "account", "id", "note"]
ROWS = [["a" * 12, 1, "111122223333", "arn:aws:x:1", ""], ["b" * 12, 2, "111122223333", "arn:aws:x:2", ""]]
SAME, LEFT = "Same in every row: account 111122223333.", "Left out to fit: {}; --wide shows all columns."


@pytest.mark.parametrize(
    ("width", "head", "below"),
    [
        (60, "name          size  account       id           note", []),
        (50, "name          size  account       id", [LEFT.format("note")]),
        (40, "name          size  account", [LEFT.format("id, note")]),
        (30, "name          size", [SAME, LEFT.format("id, note")]),
    ],
)
def test_which_columns_give_way(width: int, head: str, below: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns go in this order: empty ones, the id, those equal in all rows (which are printed once), then from the right."""
    monkeypatch.setenv("COLUMNS", str(width))
    lines = [line.plain for line in table_lines([HEAD, *ROWS], terminal=True)]
    assert (lines[0], lines[3:]) == (head, below)


def test_what_tells_the_least_gives_way_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table itself ranks which of its columns say the least."""
    monkeypatch.setenv("COLUMNS", "30")
    rows = [["name", "first", "second"], ["a" * 12, "b" * 9, "c" * 9], ["a", "b", "c"]]
    assert [table_lines(rows, terminal=True, least=least)[0].plain for least in ((), ("first",))] == [
        "name          first",
        "name          second",
    ]


def test_wide_and_pipes_get_all(terminal: Any, ask: Any) -> None:
    """With --wide, as in a pipe, every column is there, each row on one line."""
    piped = ask("runs", "-f", "table").out
    for shown in (piped, STYLES.sub("", terminal(80, "runs", "--wide"))):
        assert "account       region     id\n" in shown
        assert "Left out to fit: " not in shown
    assert "Left out to fit: " in STYLES.sub("", terminal(80, "runs"))


def test_no_colour_alone_and_none_that_vanishes(terminal: Any) -> None:
    """NO_COLOR leaves the same words; every colour is readable on white and on black backgrounds."""
    coloured, plain = terminal(80, "check"), terminal(80, "check", NO_COLOR="1")
    assert "\x1b[1;38;5;196mFINDINGS" in coloured
    assert "38;5" not in plain
    assert STYLES.sub("", coloured) == STYLES.sub("", plain)
    assert {name: _contrasts(shade) for name, shade in SHADES.items() if min(_contrasts(shade)) < 3.9} == {}


def test_every_colour_has_a_shade_of_its_own() -> None:
    """No command prints in a colour whose shade the terminal chooses: its yellow, cyan or white may vanish on its ground."""
    words = ANSI_COLOR_NAMES.keys() | Style.STYLE_ATTRIBUTES.keys()
    styles = {
        word
        for file in (ROOT / "cli").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and set(node.value.split()) <= words
        for word in node.value.split()
    }
    assert {"yellow", "cyan", "bold", "dim"} <= styles
    assert (styles & ANSI_COLOR_NAMES.keys()) - SHADES.keys() == set()


def _contrasts(shade: str) -> tuple[float, float]:
    """The contrast of a colour on white and on black, by WCAG's formula."""
    parts = [one / 255 for one in Color.parse(shade).get_truecolor()]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 1.05 / (light + 0.05), (light + 0.05) / 0.05


def test_people_get_short_numbers_and_programs_whole_ones(run: Any, tmp_path: Path) -> None:
    """A table and Markdown round a number to the seven digits that SageMaker keeps; JSON, CSV and TSV have all of it."""
    metrics = [{"MetricName": "auc", "Value": 0.45999999999999996, "Timestamp": "2026-01-01T00:00:00Z"}]
    job: Resource = training("j", {}, FinalMetricDataList=metrics)
    crawl(tmp_path / "s.db", job)
    asked = ("search", "training-job", "--columns", "name,Metrics.auc", "--snapshot", "s.db")
    for form in ("table", "md", "tsv", "csv", "json", "jsonl"):
        shown = run(*asked, "-f", form).out
        assert ("0.45999999999999996" in shown) is (form not in ("table", "md")), form
        assert "0.46" in shown or form not in ("table", "md")


@pytest.mark.parametrize(("term", "vanish"), [("xterm-256color", False), ("xterm", True), ("screen", True)])
def test_a_terminal_of_few_colours_gets_none_that_vanishes_on_white(
    monkeypatch: pytest.MonkeyPatch, term: str, vanish: bool
) -> None:
    """Green, yellow and cyan of a terminal's own sixteen cannot be read on white: there these words are plain or bold."""
    monkeypatch.setenv("TERM", term)
    for name in ("NO_COLOR", "COLORTERM", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    line = styled(
        ("partial", "bold yellow"), ("train", "cyan"), ("attested", "green"), ("broken", "bold red"), ("x", "magenta")
    )
    drawn = _drawn([line], terminal=True)
    assert not re.search(r"\x1b\[[\d;]*3[236]m", drawn)
    assert ("\x1b[1mpartial\x1b[0mtrainattested" in drawn) is vanish
    assert "broken" in drawn
