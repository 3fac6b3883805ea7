"""What lineage depends on: locked for CI, with approved licences, tried at the oldest versions, and listed for the wheel."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
import zipfile
from email.message import Message
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import lock, minimum, sbom
from tests.conftest import ROOT
from tests.dependencies import EXTRAS, OURS, direct, licence, needed

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def asked() -> list[str]:
    """The run-time dependencies and those of the extras that CI installs, as pyproject.toml has them."""
    return PROJECT["dependencies"] + [one for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra]]


def test_the_lock_is_complete() -> None:
    """The lock names everything that CI's install needs, directly or through others, and nothing else."""
    assert set(lock.locked()) == set(needed(asked())), "run `python -m tests.lock`"


def test_the_lock_is_allowed() -> None:
    """Each bound of pyproject.toml and each version of tests/constraints.txt agrees with the lock."""
    locked = lock.locked()
    pins = [line for line in (ROOT / "tests" / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    for requirement in map(Requirement, asked() + pins):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_lock_is_what_the_readme_installs() -> None:
    """The one line under "## Tests" installs from the lock."""
    assert "pip install -q -c tests/lock.txt" in (ROOT / "README.md").read_text().partition("## Tests")[2]


def test_the_lock_is_written_from_what_pip_resolves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """pip's report is written sorted by name, without lineage itself."""
    metadata = [{"name": "PyYAML", "version": "6.0"}, {"name": OURS, "version": "0.1.0"}, {"name": "attrs", "version": "26.1"}]
    report = json.dumps({"install": [{"metadata": one} for one in metadata]}).encode()
    monkeypatch.setattr(lock.subprocess, "run", lambda command, **_: subprocess.CompletedProcess(command, 0, report, b""))
    monkeypatch.setattr(lock, "LOCK", tmp_path / "lock.txt")
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    assert lock.main() == 0
    assert lock.LOCK.read_text() == lock.HEAD + "attrs==26.1\npyyaml==6.0\n"
    assert capsys.readouterr().out == "2 versions in lock.txt\n"


def test_each_licence_is_one_that_was_decided_on() -> None:
    """Each run-time dependency, direct or not, has a licence from the list."""
    assert all(licence(distribution(name)) for name in needed(PROJECT["dependencies"]))


class Stated(Distribution):
    """A distribution with this metadata."""

    def __init__(self, **fields: str) -> None:
        self.message = Message()
        self.message["Name"] = "other"
        for name, value in fields.items():
            self.message[name.replace("_", "-")] = value

    @property
    def metadata(self) -> Any:
        return self.message

    def read_text(self, filename: str) -> None:  # noqa: ARG002
        return None

    def locate_file(self, path: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"License": "Proprietary"},
        {"License_Expression": "MIT AND GPL-3.0-only"},
        {"License": "MIT", "License_Expression": "AGPL-3.0-only"},
    ],
)
def test_another_licence_is_refused(fields: dict[str, str]) -> None:
    """A missing licence, one in free text, and one outside the list stop the listing."""
    with pytest.raises(ValueError, match="other: .* is not one of Apache-2.0"):
        licence(Stated(**fields))


def test_the_oldest_versions_are_the_bounds() -> None:
    """Each run-time dependency is tried at its lower bound."""
    assert list(minimum.oldest(["boto3>=1.44.0", "rich>=13,<16", "exact==2"])) == ["boto3==1.44.0", "rich==13", "exact==2"]
    assert len(list(minimum.oldest(minimum.runtime()))) == len(PROJECT["dependencies"])


def test_a_dependency_without_a_bound_is_refused() -> None:
    """A dependency without a lower bound is named."""
    with pytest.raises(ValueError, match="rich in pyproject.toml has no single lower bound"):
        list(minimum.oldest(["rich"]))


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A wheel with the metadata of ours, and nothing else."""
    path = tmp_path / "sagemaker_lineage-0.1.0-py3-none-any.whl"
    lines = ["Metadata-Version: 2.4", f"Name: {OURS}", "Version: 0.1.0", "License-Expression: Apache-2.0"]
    lines += [f"Requires-Dist: {one}" for one in PROJECT["dependencies"]]
    lines += ['Requires-Dist: pytest>=8; extra == "test"', "", ""]
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr(zipfile.ZipInfo("sagemaker_lineage-0.1.0.dist-info/METADATA"), "\n".join(lines))
    return path


def test_the_bill_of_the_wheel_is_valid(wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The strict schema of CycloneDX accepts the bill, and the same wheel gives the same bytes."""
    assert sbom.main([str(wheel)]) == 0
    first = capsys.readouterr().out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(first) is None
    assert first == sbom.bill(wheel)


def test_the_bill_names_what_runs(wheel: Path) -> None:
    """The bill has each run-time dependency with version, licence and digest of the wheel, and nothing of the tests."""
    bill = json.loads(sbom.bill(wheel))
    parts = {one["name"]: one for one in bill["components"]}
    assert set(parts) == set(needed(PROJECT["dependencies"]))
    assert "pytest" not in parts
    assert all(one["version"] == distribution(name).version and one["licenses"] for name, one in parts.items())
    whole = bill["metadata"]["component"]
    assert re.fullmatch("[0-9a-f]{64}", whole["hashes"][0]["content"])
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert needs[whole["bom-ref"]] == sorted(parts[name]["bom-ref"] for name in direct(PROJECT["dependencies"]))
    assert any(ref.startswith("pkg:pypi/markupsafe@") for ref in needs[parts["jinja2"]["bom-ref"]])


def test_what_is_no_wheel_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is no archive, and a missing one, exit with 2 and one sentence."""
    (tmp_path / "text.whl").write_text("no archive")
    for name in ("text.whl", "missing.whl"):
        assert sbom.main([str(tmp_path / name)]) == 2
        assert capsys.readouterr().err == f"{tmp_path / name} is not a wheel: build one with `python -m build --wheel`\n"
