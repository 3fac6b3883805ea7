"""The lines below a table's rows reach every format: in the data or on the page, otherwise on stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.cli.test_terminal import texts_of

HOLDOUTS = str(Path(__file__).parents[2] / "fixtures" / "holdouts.txt")
RAW = "s3://bank-raw/loans/2026-05/"
ASKED = (
    ("ls", "kind:endpoint"), ("show", "loans-live"), ("show", RAW), ("experiments",), ("runs",), ("runs", "House-Appraisal"),
    ("runs", "House-Appraisal", "boosted-trees"), ("runs", "Limits-Tune-7-aws-tuning-job", "--compare"),
    ("pipelines",), ("pipelines", "Renewal-Price"), ("pipelines", "Renewal-Price", "y2rj7l5s8pg1"),
    ("search", "training-job", "--limit", "2"), ("search", "training-job", "--metric", "validation:auc", "--limit", "40"),
    ("suggest", "training-job"), ("gaps",), ("check", "loans-live"), ("trace", "loans-live"),
    ("datasets", "loans-live"), ("datasets", "loans-live", "--holdouts", HOLDOUTS),
    ("used", RAW), ("used", "s3://bank-ml/loans/holdout-9/"), ("used", "--from", HOLDOUTS),
    ("impact", RAW), ("path", RAW, "loans-live"), ("kinds",), ("snapshot", "info"), ("snapshot", "verify"),
)  # fmt: skip
HEADED = ("Looked at", "In numbers", "Not read at all")  # JSON has these as its scope
BELOW = re.compile(rf"({'|'.join(HEADED)}|Note|Warning|Best|gap|found|also|[A-Z])(: |  | ).*")
RULED = re.compile(r"  (known|suppressed|passed|not-applicable|off)  .*")
IN_ROWS = re.compile(r"Note: (\d+ gaps? could hide more.*|gaps could hide more.*|.*--format json lists them)")


def forms_of(line: tuple[str, ...]) -> Iterator[str]:
    """The formats of a command except for its table."""
    command: click.Command = cli
    for word in line:
        if isinstance(command, click.Group):
            command = command.commands[word]
    (form,) = (one for one in command.params if one.name == "form")
    assert isinstance(form.type, click.Choice)
    pictures = {"--compare", "--metric"}.isdisjoint(line)
    return (name for name in form.type.choices if name != "table" and not (name == "svg" and pictures))


def below(table: str) -> list[str]:
    """The lines of a table's output that are no rows."""
    head = re.compile(r"^[A-Z-]+  ")  # the verdict, which rows have
    lines = [line for line in table.splitlines() if BELOW.fullmatch(line) or RULED.fullmatch(line)]
    return [line for line in lines if not (head.match(line) and len(line.split("  ")[0]) > 1)]


def reaches(line: str, form: str, out: str, err: str) -> bool:
    """Whether a line of a table is in another format of the same answer."""
    if form == "html":
        rows = "" if line.startswith(HEADED) else unescape(out)
        return f"<p>{escape(line)}</p>" in out or bool(IN_ROWS.fullmatch(line)) or line.partition(": ")[2].rstrip(".") in rows
    if line in err.splitlines() or (form != "json" and IN_ROWS.fullmatch(line)):
        return True
    lead, _, said = line.partition(": ")
    texts = list(texts_of(_values(form, out))) if form.startswith("json") else [out.replace("\\", "")]
    if lead in HEADED or IN_ROWS.fullmatch(line):
        return any("finished" in text for text in texts)  # a scope with its crawls
    return any(said.removesuffix(".") in text for text in texts) or (form.startswith("json") and _holds(line, texts))


def _values(form: str, out: str) -> list[Any]:
    return list(map(json.loads, out.splitlines())) if form == "jsonl" else [json.loads(out)]


def _holds(line: str, texts: list[str]) -> bool:
    """Whether JSON has the content of a line in its own words: each rule, each place, each name."""
    return {word.rstrip(",.") for word in re.findall(r"LIN\d+|s3://[^\s,]+|\S+-\S+-\d\S*", line)} <= set(texts)


@pytest.mark.parametrize("crawled", ["account_path", "bank_path"])
@pytest.mark.parametrize("line", ASKED, ids=" ".join)
def test_notes_reach_every_format(line: tuple[str, ...], crawled: str, request: pytest.FixtureRequest) -> None:
    """Notes, warnings, scope and gaps are in each format's data, or on stderr."""
    said = {"LINEAGE_SNAPSHOT": str(request.getfixturevalue(crawled))}
    table = CliRunner().invoke(cli, [*line, "-f", "table"], env=said)
    for form in forms_of(line):
        ran = CliRunner().invoke(cli, [*line, "-f", form], env=said)
        assert ran.exit_code == table.exit_code, ran.stderr
        assert [one for one in below(table.stdout) if not reaches(one, form, ran.stdout, ran.stderr)] == [], form
