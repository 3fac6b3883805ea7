"""The wheel and the sdist: exactly two packages, a script that works from anywhere, and the metadata that PyPI requires."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
import zipfile
from email.parser import BytesParser
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import lineage
from tests import sbom
from tests.conftest import ROOT

SAID = "said.txt"  # what the build prints


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sdist beside it, and that from a copy of what git would commit: the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("lineage", "cli"):
        for path in (ROOT / name).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                target = source / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    for name in ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "build", "--outdir", str(folder), str(source)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    (folder / SAID).write_bytes(said.stdout)
    (built,) = folder.glob("*.whl")
    return built


def test_setuptools_does_not_warn_of_a_package(wheel: Path) -> None:
    """Each folder that is packed is in the list of packages: pip 26 shows to newcomers what setuptools has to say of others."""
    assert "absent from the `packages` configuration" not in (wheel.parent / SAID).read_text()


def test_top_level_names(wheel: Path) -> None:
    """The wheel holds `lineage` and `lineage_cli`, both typed, and no package called `cli`."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"lineage", "lineage_cli"}
    assert {"lineage/py.typed", "lineage_cli/py.typed"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_every_module_is_in_the_wheel(wheel: Path) -> None:
    """The list of packages has every room, and every table that a room reads."""
    names = set(zipfile.ZipFile(wheel).namelist())
    modules = [
        path.relative_to(ROOT).as_posix()
        for end in ("py", "tsv", "css", "html", "html.j2", "js", "json", "jsonl", "toml")
        for path in (ROOT / "lineage").rglob(f"*.{end}")
    ]
    modules += ["lineage_" + path.relative_to(ROOT).as_posix() for path in (ROOT / "cli").rglob("*.py")]
    assert set(modules) <= names


def test_the_parts_of_the_page_are_in_the_wheel(wheel: Path) -> None:
    """The parts of the page are packed beside the module that fills it."""
    parts = {f"lineage/outputs/page/page.{suffix}" for suffix in ("html", "css", "js")}
    assert parts <= set(zipfile.ZipFile(wheel).namelist())


def test_pypi_would_take_both(wheel: Path) -> None:
    """The wheel and the sdist pass `twine check --strict`: their metadata is valid, and PyPI can show the README."""
    (sdist,) = wheel.parent.glob("*.tar.gz")
    checked = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stdout.count("PASSED")) == (0, 2), checked.stdout


def test_the_metadata_say_what_it_is(wheel: Path) -> None:
    """Version, licence, links and Python versions are in the wheel; the version is the one of the package."""
    opened = zipfile.ZipFile(wheel)
    (name,) = [one for one in opened.namelist() if one.endswith(".dist-info/METADATA")]
    said = BytesParser().parsebytes(opened.read(name))
    assert (said["Version"], said["License-Expression"], said["License-File"]) == (lineage.__version__, "Apache-2.0", "LICENSE")
    assert said["Requires-Python"] == ">=3.11"
    assert said.get_all("Project-URL")
    assert "Typing :: Typed" in (said.get_all("Classifier") or [])


def test_the_changelog_has_the_version() -> None:
    """The version of the package has a heading with a day in CHANGELOG.md, below the unreleased part."""
    headings = re.findall(r"^## \[(\S+)\](?: - (\d{4}-\d\d-\d\d))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    (unreleased, _), (version, day) = headings[:2]
    assert (unreleased, version, bool(day)) == ("Unreleased", lineage.__version__, True)


def test_the_wheel_has_a_bill_of_materials(wheel: Path) -> None:
    """The bill of the built wheel is valid, and names the dependencies in pyproject.toml."""
    bill = sbom.bill(wheel)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    assert "pkg:pypi/networkx@" in bill


def test_the_script_works_from_anywhere(wheel: Path, tmp_path: Path) -> None:
    """Installed into a fresh environment, `lineage` has its demo and traces it, from the root folder and without a checkout."""
    environment = tmp_path / "venv"
    venv.create(environment, system_site_packages=False)
    pip = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python"]
    subprocess.run([*pip, "install", "-q", "--no-compile", str(wheel)], check=True, capture_output=True)
    snapshot = str(tmp_path / "s.db")
    script = environment / "bin" / "lineage"
    subprocess.run([script, "demo", "--snapshot", snapshot], check=True, capture_output=True, cwd="/")
    traced = subprocess.run(
        [script, "trace", "loans-live", "--snapshot", snapshot, "-f", "table"],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert traced.stdout.startswith("TRACED  loans-live")
