"""PyPI's `lineage` has the same import name: its files may overwrite ours, or leave ours incomplete."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

THEIRS = '"""Tools for genetic genealogy and the analysis of consumer DNA test results."""\n\nimport pandas_or_what_they_need\n'
MEND = "pip install --force-reinstall --no-deps sagemaker-lineage"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of installed packages, in which `lineage/` has one module left and no `__init__.py`."""
    (tmp_path / "lineage_cli").symlink_to(ROOT / "cli")
    (tmp_path / "lineage").mkdir()
    (tmp_path / "lineage" / "errors.py").touch()
    return tmp_path


def command(site: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    words = [sys.executable, "-m", "lineage_cli", *arguments]
    ran = subprocess.run(words, cwd=site, env=os.environ | environment, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout, ran.stderr


def test_theirs_in_our_place(site: Path) -> None:
    """Where their file overwrote ours, no command runs: one line names the file, and both commands that repair it."""
    (site / "lineage" / "__init__.py").write_text(THEIRS)
    code, out, err = command(site, "trace", "loans-live")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith(
        f"lineage: {site}/lineage/__init__.py belongs to another package (PyPI's `lineage` is about genetics): "
    )
    assert "`pip uninstall lineage`" in err
    assert MEND in err


def test_ours_half_left(site: Path) -> None:
    """Where uninstalling theirs removed our first file, one line says which one is missing and how to restore it."""
    code, out, err = command(site, "--help")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith(f"lineage: the installation is incomplete: {site}/lineage/__init__.py is missing")
    assert MEND in err


def test_a_shell_that_completes_is_told_nothing(site: Path) -> None:
    """A shell that completes gets no error while the user types."""
    assert command(site, _LINEAGE_COMPLETE="bash_complete", COMP_WORDS="lineage tr", COMP_CWORD="1")[1:] == ("", "")


def test_ours_beside_theirs_runs(site: Path) -> None:
    """Where ours was installed last it is complete, whatever of theirs is beside it."""
    (site / "lineage" / "errors.py").unlink()
    for path in (ROOT / "lineage").iterdir():
        (site / "lineage" / path.name).symlink_to(path)
    (site / "lineage" / "individual.py").write_text(THEIRS)
    assert command(site, "version")[0] == 0
