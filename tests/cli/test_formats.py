"""Formats and files: each command prints each format, and a file has the format of its extension."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.outputs.report import pdf

COMMANDS = {
    "trace": ("trace", "loans-live"),
    "used": ("used", "s3://bank-ml/loans/train/"),
    "used of many": ("used", "s3://bank-ml/loans/train/", "s3://bank-ml/nothing/"),
    "datasets": ("datasets", "loans-live"),
    "impact": ("impact", "s3://bank-ml/loans/train/"),
    "path": ("path", "s3://bank-ml/loans/train/", "loans-live"),
    "check": ("check", "loans-live"),
    "rules": ("check", "--list-rules"),
    "search": ("search", "training-job"),
    "suggest": ("suggest", "training-job"),
    "experiments": ("experiments",),
    "runs": ("runs",),
    "run": ("runs", "House-Appraisal", "boosted-trees"),
    "leaderboard": ("runs", "House-Appraisal", "--metric", "validation:rmse", "--direction", "min"),
    "ls": ("ls", "kind:endpoint"),
    "show": ("show", "loans-live"),
    "pipelines": ("pipelines",),
    "execution": ("pipelines", "Renewal-Price", "y2rj7l5s8pg1"),
    "gaps": ("gaps",),
    "kinds": ("kinds",),
    "kind": ("kinds", "model"),
    "snapshot info": ("snapshot", "info"),
    "snapshot verify": ("snapshot", "verify"),
}


class Cells(HTMLParser):
    """The rows of a page's table, which must be well formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, _: Any) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


@pytest.fixture
def over(run: Any, account_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command over the bank's whole account."""
    monkeypatch.setenv("LINEAGE_SNAPSHOT", str(account_path))
    return run


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_a_file_holds_what_its_extension_says(over: Any, arguments: tuple[str, ...]) -> None:
    """Each command writes .csv, .tsv, .md, .html, .json, .jsonl and .txt correctly; all tables have the same rows."""
    held = {}
    for form in ("csv", "tsv", "md", "html", "json", "jsonl", "txt"):
        ran = over(*arguments, "-o", f"x.{form}")
        assert (ran.code, ran.out) == (0, ""), (form, ran.err)
        held[form] = Path(f"x.{form}").read_text("utf-8")
    rows = list(csv.reader(io.StringIO(held["csv"])))
    assert len({len(row) for row in rows}) == 1
    assert [line.split("\t")[0] for line in held["tsv"].splitlines()] == [row[0].lstrip("'") for row in rows]
    if arguments[-1] != "min":  # for people, a leaderboard is shortened
        assert [len(row) for row in Cells(held["html"]).rows] == [len(row) for row in rows]
        assert len([line for line in held["md"].splitlines() if line.startswith("|")]) == len(rows) + 1
    json.loads(held["json"])
    assert all(json.loads(line) for line in held["jsonl"].splitlines())
    assert held["txt"]


def test_a_page_is_escaped() -> None:
    """The text of a record stays a text in HTML, on one line."""
    from cli.render.html import html_table

    text = "".join(html_table(["a<b"], [["<script>alert(1)</script>\n&"]]))
    assert "<script" not in text
    assert Cells(text).rows[0][0].strip() == "a<b"


@pytest.mark.parametrize("name", ["trace", "used", "datasets", "impact", "path", "check", "snapshot verify"])
def test_a_page_holds_the_question_and_the_answer(over: Any, name: str) -> None:
    """Above its rows a page has the command, without its output options, and the first line of the answer."""
    ran = over(*COMMANDS[name], "--format=html", "-o", "x.html")
    first = over(*COMMANDS[name], "-f", "table").out.splitlines()[0]
    page = Path("x.html").read_text("utf-8")
    above = f"<h1>lineage {' '.join(COMMANDS[name])}</h1>\n<p>{escape(first)}</p>\n<table>"
    assert above in page
    assert [line for line in ran.err.splitlines() if not line.startswith(("lineage check: ", "  "))] == []


@pytest.mark.parametrize("name", ["used of many", "ls", "show", "runs", "search", "execution"])
def test_a_page_says_when_it_was_crawled(over: Any, name: str) -> None:
    """A page of many answers or of a list has the command and the scope, with the time of the crawl."""
    page = over(*COMMANDS[name], "-f", "html").out
    assert f"<h1>lineage {' '.join(COMMANDS[name])}</h1>" in page
    assert re.search(r"</table>[^!]*<p>Looked at: account 111122223333, .*, crawled 20\d\d-.* by .*</p>", page)
    seal = re.search(r"<p>Read from \S+\.db with lineage (.*); its newest seal is (sha256:[0-9a-f]{64}) of crawl 1\.", page)
    assert seal
    assert seal[1] == lineage.__version__
    assert "This command did not verify the file: lineage snapshot verify does.</p>" in page
    assert ("<p>1 URI: " in page or re.search(r"<p>\d+ URIs: \d+ ", page) is not None) == (name == "used of many")
    assert "<th>holes</th>" not in page
    assert f"<title>lineage {' '.join(COMMANDS[name])}</title>" in page


@pytest.mark.parametrize(("name", "form"), [("x.HTM", "html"), ("x.ndjson", "jsonl"), ("x.markdown", "md"), ("x.Csv", "csv")])
def test_other_spellings_of_extensions(over: Any, name: str, form: str) -> None:
    """.htm, .ndjson and .markdown are known, in any case."""
    over("ls", "kind:endpoint", "-o", name)
    assert Path(name).read_text() == over("ls", "kind:endpoint", "-f", form).out


def test_a_format_that_is_named_counts(over: Any) -> None:
    """With --format a file may have any name; a device or a name without an extension gets the format of a pipe."""
    over("ls", "kind:endpoint", "-o", "x.xyz", "-f", "csv")
    over("ls", "kind:endpoint", "-o", "plain")
    assert Path("x.xyz").read_text().startswith("kind,name,")
    assert Path("plain").read_text().startswith("kind\tname\t")
    assert over("ls", "-o", "/dev/null").code == 0
    assert over("gaps", "--attest-template", "-o", "a.toml").code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("impact", "s3://bank-ml/loans/train/", "--fail-on", "reached"), 1),
        (("impact", "s3://bank-ml/loans/train/", "--fail-on", "possible"), 0),
        (("impact", "s3://bank-ml/nothing/", "--fail-on", "reached"), 4),
        (("impact", "s3://bank-ml/nothing/", "--fail-on", "unknown"), 1),
        (("impact", "s3://bank-ml/nothing/"), 0),
        (("path", "s3://bank-ml/loans/train/", "loans-live", "--fail-on", "found,possible"), 1),
        (("path", "s3://bank-ml/loans/train/", "loans-live", "--fail-on", "possible"), 0),
        (("path", "s3://bank-ml/nothing/", "loans-live", "--fail-on", "found"), 4),
        (("path", "s3://bank-ml/nothing/", "loans-live"), 0),
    ],
)
def test_gates_of_impact_and_path(over: Any, arguments: tuple[str, ...], code: int) -> None:
    """A gate exits with 1 on a verdict it names, and with 4 where a gap could hide one."""
    assert over(*arguments).code == code


def test_a_check_prints_its_findings_once(over: Any) -> None:
    """A table on stdout is not repeated on stderr; for a file, stderr has the worst; beside other formats, the count."""
    table = over("check", "-f", "table")
    assert ("LIN010" in table.err, "LIN010" in table.out) == (False, True)
    into = over("check", "-o", "x.json").err
    assert ("24 warnings" in into, "LIN010" in into) == (True, True)
    piped = over("check", "-f", "sarif").err
    assert ("24 warnings" in piped, "LIN010" in piped) == (True, False)


# --- a report as PDF ------------------------------------------------------------------------------


def test_a_report_as_pdf(over: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF is the browser's print of the page; without a browser the line says how to get one, and no file is left."""
    printed: list[list[str]] = []

    def browser(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        printed.append(command)
        Path(next(one for one in command if one.startswith("--print-to-pdf=")).partition("=")[2]).write_bytes(b"%PDF-1.7")
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(pdf.shutil, "which", lambda name: "/bin/chromium" if name == "chromium" else None)
    monkeypatch.setattr(pdf.subprocess, "run", browser)
    assert over("report", "loans-live", "-o", "r.pdf").code == 0
    assert Path("r.pdf").read_bytes() == b"%PDF-1.7"
    assert printed[0][-1].endswith("/report.html")
    monkeypatch.setattr(pdf.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, b"", b"no display"))
    with pytest.raises(lineage.RenderError, match="/bin/chromium did not print the PDF .no display.: a PDF takes Chromium"):
        lineage.to_pdf("")
    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    ran = over("report", "loans-live", "-o", "other.pdf")
    assert (ran.code, Path("other.pdf").exists()) == (3, False)
    assert ran.err == (
        "lineage: no program that writes PDF is installed: a PDF takes Chromium, Chrome, or WeasyPrint (`pip install weasyprint`); "
        "or print the .html from any browser\n"
    )


@pytest.mark.parametrize(
    ("file", "begins"), [("x.graphml", "<?xml"), ("x.dot", "digraph"), ("x.mmd", "flowchart"), ("x.cdx.json", "{")]
)
def test_an_export_goes_by_an_extension_that_only_one_format_has(over: Any, file: str, begins: str) -> None:
    """Where only one format has the extension, --format may be omitted."""
    ran = over("export", "loans-live", "-o", file)
    assert (ran.code, Path(file).read_text().startswith(begins)) == (0, True)


@pytest.mark.parametrize(("form", "file"), [("csv", "x.txt"), ("jsonl", "x.json"), ("sarif", "x.json"), ("csv", "x.out")])
def test_a_format_may_be_in_a_file_that_does_not_say_another(over: Any, form: str, file: str) -> None:
    """Any text may be in a .txt, any JSON in a .json, and anything in a file with an unknown extension."""
    command = "check" if form == "sarif" else "ls"
    assert over(command, "-f", form, "-o", file).code != 2
    assert Path(file).stat().st_size > 0


def test_an_export_of_one_node_says_how_to_get_more(ask) -> None:
    """One node without anything around it is seldom meant; a document of one endpoint is complete."""
    ran = ask("export", "loans-live", "-f", "mermaid")
    assert ran.out.count("-->") == 0
    assert ran.err.splitlines()[-1].startswith("lineage: only loans-live itself is exported: +loans-live exports everything")
    for arguments in (("+loans-live", "-f", "mermaid"), ("kind:endpoint", "-f", "json"), ("loans-live", "-f", "cyclonedx")):
        assert "itself is exported" not in ask("export", *arguments).err
