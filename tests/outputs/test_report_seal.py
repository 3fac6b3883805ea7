"""The report and the file that it is made from: a changed file's seal is never printed as if it were valid."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import jsonschema
import pytest

import lineage
from cli.commands import vouching
from tests.conftest import ROOT
from tests.snapshot.test_seals import altered

SCHEMA = json.loads((ROOT / "lineage" / "outputs" / "report" / "report.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def changed(bank_path: Path, tmp_path: Path) -> Path:
    """A copy of the bank without one job's edges."""
    return altered(bank_path, tmp_path / "s.db", "DELETE FROM edge WHERE source LIKE '%loans-prep-0042'")


@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_a_changed_file(run, bank_path: Path, changed: Path, form: str) -> None:
    """A report of a changed file says so first, with what was found, has none of the true file's seals, and exits with 1."""
    ran = run("report", "loans-live", "--snapshot", str(changed), "-f", form)
    assert (ran.code, ran.err) == (1, "lineage: exit 1: s.db is CHANGED since it was sealed, and the report says so\n")
    assert str(lineage.snapshot_info(bank_path).crawls[-1]["seal"]) not in ran.out
    said = "sealed rows are missing"
    assert ran.out.index(said) > 0
    if form != "json":
        assert ran.out.index("CHANGED") < ran.out.index(said) < ran.out.index("TRACED")
        return
    told = json.loads(ran.out)
    jsonschema.validate(told, SCHEMA)
    assert told["document"]["snapshot"]["verified"]["verdict"] == "changed"


def test_a_file_that_holds(ask, bank_path: Path) -> None:
    """A report of an unchanged file prints its newest seal, and that only the file itself vouches for it."""
    seal = str(lineage.snapshot_info(bank_path).crawls[-1]["seal"])
    ran = ask("report", "loans-live")
    assert (ran.code, ran.err) == (0, "")
    assert f"| Newest seal | <code>{seal}</code> |" in ran.out
    held = (
        "no change was found in what its crawls sealed; only the file's own seals vouch for it; anyone who can edit this file"
    )
    assert f"| Verified | {held} can also make new seals |\n| Signature | none |" in ran.out


def test_many_differences_are_counted(run, bank_path: Path, tmp_path: Path) -> None:
    """Of many differences the first are named and the rest are counted."""
    path = altered(bank_path, tmp_path / "s.db", "UPDATE node SET status = 'x'", "UPDATE record SET status = 'y'")
    told = json.loads(run("report", "loans-live", "--snapshot", str(path), "-f", "json").out)["document"]["snapshot"][
        "verified"
    ]
    assert len(told["differences"]) == 20
    assert told["differences_more"] > 0


def test_a_file_that_is_replaced_meanwhile(bank_path: Path, changed: Path, tmp_path: Path) -> None:
    """A file that replaced the opened one is not reported under the digest of the first."""
    path = Path(shutil.copy(bank_path, tmp_path / "now.db"))
    with lineage.open_snapshot(path) as snapshot:
        changed.rename(path)
        with pytest.raises(lineage.SnapshotError, match="replaced while it was read"):
            lineage.report(snapshot, ["loans-live"])


def test_a_slow_verification_says_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file is large, a line on stderr says what takes the time."""
    monkeypatch.setattr(vouching, "SLOW_SECONDS", 0)
    before = set(threading.enumerate())
    with vouching.said_if_slow("far/lineage.db"):
        for thread in set(threading.enumerate()) - before:
            thread.join()
    assert capsys.readouterr().err == "lineage: verifying lineage.db: every row of it is read\n"
