"""The core tests with the oldest versions that pyproject.toml allows.

    python -m tests.minimum                in an environment of its own, which is deleted afterwards
    python -m tests.minimum --list         only prints the oldest versions, one `name==version` a line

Installs the tests' needs from the lock, then each run-time dependency of `[project] dependencies` at its lower bound, even where a
tool of the tests requires a newer one (import-linter a newer rich, Flask a newer jinja2), because users do not install those tools.
Then `pytest -m core` runs. Exits with pytest's code, or with 3 where the versions could not be installed. It takes minutes and a
package index, so CI does not run it: run it when a lower bound changes, or when code starts to use a new feature of a dependency.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.requirements import Requirement

from tests.lock import LOCK
from tests.newer import last_line

ROOT = Path(__file__).parent.parent


def oldest(requirements: Sequence[str]) -> Iterator[str]:
    """`name==version` for each requirement, at its lower bound. ValueError: one has none, so any old version is allowed."""
    for requirement in map(Requirement, requirements):
        bounds = [one.version for one in requirement.specifier if one.operator in (">=", "==")]
        if len(bounds) != 1:
            raise ValueError(f"{requirement} in pyproject.toml has no single lower bound: write name>=version")
        yield f"{requirement.name}=={bounds[0]}"


def runtime() -> list[str]:
    """The run-time dependencies, as pyproject.toml writes them."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["project"]["dependencies"])


def tried(pins: Sequence[str], folder: Path) -> int:
    """Install these versions and the tests' needs into the folder, and run the core tests there. The exit code of pytest."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    install = [python, "-m", "pip", "install", "-q"]
    subprocess.run([*install, "-c", LOCK, "-e", f"{ROOT}[test]"], check=True, capture_output=True)
    subprocess.run([*install, *pins], check=True, capture_output=True)
    return subprocess.run([python, "-m", "pytest", "-q", "-m", "core", "-n", "auto"], cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.minimum", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true", help="only print the versions")
    only_list = parser.parse_args(arguments).list
    pins = list(oldest(runtime()))
    print(*pins, sep="\n")
    if only_list:
        return 0
    with TemporaryDirectory() as folder:
        try:
            return tried(pins, Path(folder))
        except subprocess.CalledProcessError as error:
            print(f"the oldest versions could not be installed: {last_line(error.stderr)}", file=sys.stderr)
            return 3


if __name__ == "__main__":
    sys.exit(main())
