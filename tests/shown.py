"""Puts what the commands of the README and of docs/ print into the pages: `python -m tests.shown`.

A block that shows what its command prints, but for what differs from run to run, is left as it is. With `--check` nothing
is written: the pages that would change are named, and the exit code is 1 where there are some.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import BANK, ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"(?<=^```console\n)\$ ([^\n]*\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
# What differs from run to run: the moment of the crawl, the versions it was made with and their calls, and digests of all this.
WHEN = re.compile(r"lists finished, \d+ calls|crawled \S+Z as|\S+Z to \S+Z|botocore \S+|sha256:[0-9a-f]{64}|[\d,]+ bytes")


def settled(text: str) -> str:
    """The text without what differs from run to run."""
    return WHEN.sub("NOW", text)


def call(line: str, folder: Path) -> str:
    """What a command line prints in a folder that has the fixtures."""
    command = [sys.executable, "-m", "cli", *shlex.split(line)[1:]]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=True).stdout


def shown(page: str, folder: Path) -> str:
    """The page with what its commands print now."""

    def print_again(block: re.Match[str]) -> str:
        printed = call(block[1], folder)
        return block[0] if settled(printed) == settled(block[2]) else f"$ {block[1]}{printed}"

    return CONSOLE.sub(print_again, page)


def main() -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.shown", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="name the pages that would change, and write none")
    checks = parser.parse_args().check
    with TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(BANK.parent, folder / "fixtures")
        call("lineage crawl --replay fixtures/bank.jsonl", folder)
        now = {path: shown(path.read_text(encoding="utf-8"), folder) for path in PAGES}
    changed = {path: page for path, page in now.items() if page != path.read_text(encoding="utf-8")}
    for path, page in changed.items():
        print(path.relative_to(ROOT))
        if not checks:
            path.write_text(page, encoding="utf-8")
    return int(checks and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
