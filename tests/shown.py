"""Writes the current output of the commands in the README and docs/ into the pages: `python -m tests.shown`.

A block that is correct, except for parts that differ from run to run, stays unchanged. With `--check` nothing is written:
the pages that would change are named, and the exit code is 1 if there are any.

A page of `STORIES` is one story: its programs and commands are run in order, in one folder, beside a stand-in for SageMaker
and the account file of the bank.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import BANK, HANGS, ROOT
from tests.recording.stand_in import StandIn

STORIES = ("merge.md", "recording.md")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"(?<=^```console\n)\$ ([^\n]*\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# The parts that differ from run to run: the moment of the crawl, its versions and calls, and digests over these.
WHEN = re.compile(
    r"lists finished, \d+ calls|crawled \S+Z(?: to \S+Z)? by|\S+Z to \S+Z|botocore \S+|sha256:[0-9a-f]{64}|[\d,]+ bytes"
)
# In a story all times differ, and with them column widths; version ids, and so digests; and a killed process's leftover count.
MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+Z)?|(?<=\S)  +|sha256:[0-9a-f]{8}…|(?<=took over )\d+ items?")
_PROGRAM, _COMMAND = r"python\n# (?P<file>\S+\.py)\n(?P<code>.*?)", r"console\n\$ (?P<line>[^\n]*\n)(?P<out>.*?)"
PART = re.compile(f"^```(?:{_PROGRAM}|{_COMMAND})^```$", re.MULTILINE | re.DOTALL)


def settled(text: str) -> str:
    """The text without the parts that differ from run to run."""
    return WHEN.sub("NOW", text)


def settled_story(text: str) -> str:
    """The same for a story."""
    return MOMENT.sub("THEN", settled(text))


def call(line: str, folder: Path) -> str:
    """The output of a command line in a folder that has the fixtures."""
    command = [sys.executable, "-m", "cli", *shlex.split(line)[1:]]
    surroundings = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=True).stdout


def shown(page: str, folder: Path) -> str:
    """The page with the current output of its commands, with digests replaced elsewhere on the page as well."""
    printed = [call(block[1], folder) for block in CONSOLE.finditer(page)]
    agree = same_digests("".join(block[2] for block in CONSOLE.finditer(page)), "".join(printed))
    answers = iter(printed)

    def print_again(block: re.Match[str]) -> str:
        now = next(answers)
        kept = settled(now) == settled(block[2]) and (agree or not DIGEST.search(now))
        return block[0] if kept else f"$ {block[1]}{now}"

    return CONSOLE.sub(print_again, page)


def same_digests(page: str, printed: str) -> bool:
    """Whether digests that are equal on a page are exactly those that are equal in the current output."""
    pairs = set(zip(DIGEST.findall(page), DIGEST.findall(printed), strict=False))
    return len(pairs) == len({one for one, _ in pairs}) == len({one for _, one in pairs})


def told(page: str, folder: Path) -> str:
    """A story with the current output of its commands, including stderr; its programs are written into the folder in order."""
    with StandIn() as service:
        seed(service)
        around = surroundings(service, folder)
        shutil.copy(BANK, folder)

        def act(part: re.Match[str]) -> str:
            if part["file"]:
                (folder / part["file"]).write_text(part["code"], encoding="utf-8")
                return part[0]
            printed = run(part["line"], folder, around)
            return (
                part[0] if settled_story(printed) == settled_story(part["out"]) else f"```console\n$ {part['line']}{printed}```"
            )

        return PART.sub(act, page)


def seed(service: StandIn) -> None:
    """What is in S3 before the story begins."""
    storage = service.session().client("s3")
    for key in ("churn/train/part-0.csv", "churn/train/part-1.csv", "churn/holdout/part-0.csv"):
        storage.put_object(Bucket="bank-ml", Key=key, Body=key.encode())


def surroundings(service: StandIn, folder: Path) -> dict[str, str]:
    """The environment of a story, without this machine's account, ranks or queues."""
    plain = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    own = {"PYTHONPATH": str(ROOT), "LINEAGE_SPOOL": str(folder / "spool"), "AWS_CONFIG_FILE": str(folder / "none")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}"
    return plain | own | service.environment | {"PATH": path, "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none")}


def run(line: str, folder: Path, around: dict[str, str]) -> str:
    """The output of a story's command line; an exit code other than 0 is in its last line."""
    program, *arguments = shlex.split(line)
    words = {"lineage": [sys.executable, "-m", "cli"], "python": [sys.executable]}.get(program, [program])
    done = subprocess.run(
        [*words, *arguments],
        cwd=folder,
        env=around,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=HANGS,
    )
    ended = {0: "", -signal.SIGKILL: "Killed\n"}  # as a shell writes it
    return done.stdout + ended.get(done.returncode, f"(exit status {done.returncode})\n")


def now(path: Path, bank: Path) -> str:
    """A page with the current output of its commands; `bank`: a folder with the bank's account, crawled."""
    text = path.read_text(encoding="utf-8")
    if path.name not in STORIES:
        return shown(text, bank)
    with TemporaryDirectory() as name:
        return told(text, Path(name))


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
        pages = {path: now(path, folder) for path in PAGES}
    changed = {path: page for path, page in pages.items() if page != path.read_text(encoding="utf-8")}
    for path, page in changed.items():
        print(path.relative_to(ROOT))
        if not checks:
            path.write_text(page, encoding="utf-8")
    return int(checks and bool(changed))


if __name__ == "__main__":
    sys.exit(main())
