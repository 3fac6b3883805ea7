"""No output of any command controls a terminal or runs in a spreadsheet; JSON holds every value."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lineage
from cli.main import cli
from tests.cli.test_secrets_shown import ASKED, Planter, calls, planted

STEERS = "\x1b[2J\x07\x08\x9b\x85\u202e\u2066\u200f\u061c\u2028\u2029\u200b\ufeff\U000e0041\x7f"
HOSTILE = (
    f"=1+1{STEERS}",
    "\t=1+1",
    "\r\n=1+1",
    " \uff1d1+1",
    "'@a",
    "-1+1\tb\r\nc\x0bd",
    f"[red]{STEERS}[/red] [link=https://x.example]there[/link]",
    f"<b>{STEERS}</b>|`x`",
)
FORMULA = re.compile(r"[\s'\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]")
NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?")


def hostile(record: Any) -> Any:
    """A record with such texts where the planter adds none: S3 keys, names of metrics, of hyperparameters, display names."""
    if isinstance(record, list):
        return [hostile(one) for one in record]
    if not isinstance(record, dict):
        return record
    changed = {name: hostile(value) for name, value in record.items()}
    for name, text in (("DisplayName", HOSTILE[0]), ("FailureReason", HOSTILE[1]), ("ExitMessage", HOSTILE[5])):
        changed |= {name: text} if name in changed else {}
    if changed.get("InputDataConfig"):
        channel = json.loads(json.dumps(changed["InputDataConfig"][0]))
        channel["DataSource"] = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://bank-ml/={STEERS}/\tx[red]/"}}
        changed["InputDataConfig"] = [*changed["InputDataConfig"], channel | {"ChannelName": "odd"}]
    if changed.get("FinalMetricDataList"):
        changed["FinalMetricDataList"] += [{**changed["FinalMetricDataList"][0], "MetricName": text} for text in HOSTILE]
    if "HyperParameters" in changed:
        changed["HyperParameters"] |= {text: text for text in HOSTILE}
    return changed


def account() -> Iterator[str]:
    """The bank's account with such texts wherever a text can stand."""
    for line in planted(Planter(HOSTILE, (f"https://git.example/{STEERS}",))):
        said = json.loads(line)
        if "kind" in said:
            said["record"] = hostile(said["record"])
            said["search"]["Tags"] += [{"Key": text, "Value": text} for text in HOSTILE]
        yield json.dumps(said)


@pytest.fixture(scope="session")
def hostile_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of that account, which has an odd file name as well."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "account.jsonl").write_text("\n".join(account()), encoding="utf-8")
    lineage.crawl_estate(folder / "odd\x1b[2J\u202e[red].db", replay=folder / "account.jsonl")
    return folder / "odd\x1b[2J\u202e[red].db"


def raw(text: str) -> set[str]:
    """The characters of a text that no output may hold, by Unicode's own categories, and not by our table."""
    return {one for one in set(text) - set("\n\t") if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


def texts_of(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        yield from texts_of(list(value.values()))
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)


def check_form(form: str, text: str) -> None:
    """What a format guarantees about its cells and values."""
    if form in ("csv", "csv-nodes", "csv-edges"):
        rows = list(csv.reader(io.StringIO(text, newline="")))
        assert len(rows) == len(text.splitlines())
        assert not [
            cell for row in rows for cell in row if FORMULA.match(cell) and cell[0] != "'" and not NUMBER.fullmatch(cell)
        ]
    elif form == "tsv":
        assert len({line.count("\t") for line in text.splitlines()}) <= 1
    elif form in ("json", "jsonl"):
        values = list(map(json.loads, text.splitlines())) if form == "jsonl" else [json.loads(text)]
        assert not [one for one in texts_of(values) if "\u241b" in one]


@pytest.mark.parametrize("line", list(calls()))
def test_no_output_steers_a_terminal(
    line: list[str], hostile_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command shows such a character in any format; cells do not run, and JSON holds the values unchanged."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "account.jsonl").symlink_to(hostile_path.parent / "account.jsonl")
    ran = CliRunner().invoke(cli, line, env={"LINEAGE_SNAPSHOT": str(hostile_path)})
    assert ran.exit_code in (0, 1, 4), ran.stderr
    assert raw(ran.stderr) == set()
    text = ran.stdout_bytes.decode()
    assert raw(text) == set()
    check_form(line[line.index("-f") + 1] if "-f" in line else "", text)


def test_json_holds_the_true_values(hostile_path: Path) -> None:
    """A program that reads a job gets what AWS said."""
    ran = CliRunner().invoke(cli, ["show", "loans-fit-0042", "-f", "json"], env={"LINEAGE_SNAPSHOT": str(hostile_path)})
    assert json.loads(ran.stdout)["record"]["HyperParameters"].items() >= {text: text for text in HOSTILE}.items()


@pytest.mark.parametrize("verb", sorted(set(ASKED) - {"record", "crawl", "kinds", "iam-policy"}))
@pytest.mark.parametrize("odd", [f"x{STEERS}", "s3://bank-ml/a\x1b[2J\nb/", "--odd\x1b[2J", f"--snapshot=a\nb{STEERS}.db"])
def test_no_error_line_steers_a_terminal(
    verb: str, odd: str, bank_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's input is echoed on lines that control nothing."""
    monkeypatch.chdir(tmp_path)  # `demo` writes the named file
    ran = CliRunner().invoke(cli, [verb, odd], env={"LINEAGE_SNAPSHOT": str(bank_path)})
    assert raw(ran.stdout_bytes.decode() if verb != "draw" else "") | raw(ran.stderr) == set()
    assert "Traceback" not in ran.stderr
    assert "a bug" not in ran.stderr


FILES = {
    "policy": (["check", "--policy"], f'[suppressions]\n"{STEERS[0:1]!a}" = 1\n'),
    "policy values": (["check", "--policy"], "[[suppress]]\nrule = " + json.dumps(f"a{STEERS}") + "\nowner = 3\n"),
    "baseline": (["check", "--baseline"], json.dumps({"schema": f"x{STEERS}"})),
    "baseline text": (["check", "--baseline"], f"no json {STEERS}"),
    "attestations": (["gaps", "--attestations"], "[[attestations]]\nwho = " + json.dumps(f"a{STEERS}") + "\n"),
    "expression": (["search", "training-job", "--expression"], json.dumps({"Filters": [{"Name": f"a{STEERS}", "Operator": f"b{STEERS}"}]})),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
@pytest.mark.parametrize("there", [True, False])
def test_no_file_steers_a_terminal(case: str, there: bool, tmp_path: Path, bank_path: Path) -> None:
    """A file's name and its texts are shown on lines that control nothing, whether it exists or not."""
    line, text = FILES[case]
    file = tmp_path / "odd\x1b[2J\u202e\n.file"
    if there:
        file.write_text(text, encoding="utf-8")
    ran = CliRunner().invoke(cli, [*line, str(file)], env={"LINEAGE_SNAPSHOT": str(bank_path)})
    assert raw(ran.stdout) | raw(ran.stderr) == set()
    assert ran.exit_code in (2, 3), ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("odd", [f"x{STEERS}", "s3://bank-ml/a\x1b[2J\nb/"])
def test_no_traceback_steers_a_terminal(odd: str, bank_path: Path) -> None:
    """With --debug the traceback is shown, with the text of others in its visible form."""
    ran = CliRunner().invoke(cli, ["--debug", "trace", odd], env={"LINEAGE_SNAPSHOT": str(bank_path)})
    assert "Traceback" in ran.stderr
    assert raw(ran.stderr) == set()
