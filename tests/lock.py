"""Every version that CI installs: `tests/lock.txt`.

    python -m tests.lock                   resolves the versions again, and writes the file

pip resolves `.[render,test]` under `tests/constraints.txt` (the botocore that the lists were checked against) and installs nothing.
The result has one `name==version` a line. Exits with 3 where pip found no solution or no index.

The lock names versions without hashes. pip's --require-hashes refuses `-e .`, and a hash for each file of each platform and Python makes
the file ten times as long; so pip's configured index is trusted to give the same file for the same version.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.dependencies import EXTRAS, OURS
from tests.newer import last_line

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "tests" / "lock.txt"
HEAD = "# Written by `python -m tests.lock`: every version that CI installs, on Python 3.11. Do not edit.\n"


def locked() -> dict[str, str]:
    """Name to version, as the file has them."""
    lines = [line for line in LOCK.read_text().splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def resolved() -> dict[str, str]:
    """Name to version, as pip resolves them now. CalledProcessError: pip could not."""
    asked = f"{ROOT}[{','.join(EXTRAS)}]"
    command = [sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--report", "-"]
    command += ["-c", str(ROOT / "tests" / "constraints.txt"), "-e", asked]
    report = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    found = [one["metadata"] for one in report["install"]]
    return {canonicalize_name(one["name"]): one["version"] for one in found if canonicalize_name(one["name"]) != OURS}


def main() -> int:
    try:
        versions = resolved()
    except subprocess.CalledProcessError as error:
        print(f"the dependencies could not be resolved: {last_line(error.stderr)}", file=sys.stderr)
        return 3
    LOCK.write_text(HEAD + "".join(f"{name}=={version}\n" for name, version in sorted(versions.items())))
    print(f"{len(versions)} versions in {LOCK.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
