"""The in-toto statement: accepted by the official library, and true of the files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement

import lineage
from tests.outputs.test_export_formats import told
from tests.snapshot.test_seals import altered


def test_the_statement_is_valid_and_true(bank: lineage.Snapshot, bank_path: Path, tmp_path: Path) -> None:
    """in-toto-attestation validates the statement; digests are those of the files, the predicate is the output of `gaps`."""
    report = tmp_path / "report.html"
    report.write_text("<p>all is well</p>")
    text = told(bank, "in-toto", subject=[str(report)])
    statement = Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement()))
    statement.validate()
    found = json.loads(text)
    digests = {one["name"]: one["digest"]["sha256"] for one in found["subject"]}
    seal = digests.pop("lineage.db#seal-of-crawl-1")
    assert f"sha256:{seal}" == lineage.snapshot_info(bank_path).crawls[-1]["seal"] == found["predicate"]["seals"][-1]["digest"]
    assert digests == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (bank_path, report)}
    said = lineage.coverage(bank)
    assert {name: found["predicate"][name] for name in ("crawls", "lists", "gaps")} == json.loads(
        json.dumps({name: said[name] for name in ("crawls", "lists", "gaps")})
    )


def test_what_is_no_subject(ask, tmp_path: Path) -> None:
    """A missing file, two files of one name, and a selector are each refused in one line."""
    (tmp_path / "lineage.db").write_bytes(b"another")
    missing = ask("export", "-f", "in-toto", "--subject", "gone.html")
    assert (missing.code, missing.err) == (
        3,
        "lineage: gone.html: No such file or directory: a subject must be a file that can be read\n",
    )
    twice = ask("export", "-f", "in-toto", "--subject", "lineage.db")
    assert (twice.code, twice.err) == (
        2,
        "lineage: two files are named lineage.db: in a statement each file needs its own name\n",
    )
    assert ask("export", "loans-live", "-f", "in-toto").code == 2


@pytest.mark.parametrize("name", ['quo"te.html', "é 漢字.html", "line\nend.html"])
def test_nasty_file_names(bank: lineage.Snapshot, tmp_path: Path, name: str) -> None:
    """A file's name is unchanged in the statement."""
    (tmp_path / name).write_bytes(b"")
    assert name in [one["name"] for one in json.loads(told(bank, "in-toto", subject=[str(tmp_path / name)]))["subject"]]


def test_no_statement_of_a_changed_file(run, bank_path: Path, tmp_path: Path) -> None:
    """A copy without one job's edges gets no statement: one line says what was found, and nothing is written."""
    path = altered(bank_path, tmp_path / "s.db", "DELETE FROM edge WHERE target LIKE '%loans-fit-0042'")
    ran = run("export", "--snapshot", str(path), "-f", "in-toto", "-o", "statement.json")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert ran.err.startswith("lineage: s.db is CHANGED since it was sealed (edge rows: ")
    assert not (tmp_path / "statement.json").exists()
