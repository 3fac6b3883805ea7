"""Keys for the tests, and a snapshot of three crawls to sign."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.records import training
from tests.snapshot.test_file import crawl


def make_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new SSH key, with its public part beside it."""
    words = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", str(path)]
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The keys of two people, and one with a passphrase."""
    folder = tmp_path_factory.mktemp("keys")
    kinds = {"jo": "ed25519", "ann": "ecdsa"}
    made = {name: make_key(folder / name, kind) for name, kind in kinds.items()}
    return made | {"closed": make_key(folder / "closed", passphrase="made up")}


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies of a snapshot after its first, second and third crawl."""
    folder = tmp_path_factory.mktemp("crawled")
    path, copies = folder / "now.db", []
    for number in (1, 2, 3):
        crawl(path, training(f"job-{number}", {"train": "s3://b/n"}))
        copies.append(Path(shutil.copy(path, folder / f"copy-{number}.db")))
    return copies


@pytest.fixture
def at(run, crawled: list[Path], tmp_path: Path) -> Callable[[int], None]:
    """Puts the snapshot, as it was after one of its crawls, into the folder of the test."""
    return lambda number: shutil.copy(crawled[number - 1], tmp_path / "lineage.db") and None


@pytest.fixture
def signed(run, at, keys: dict[str, Path]) -> Path:
    """The snapshot after its second crawl, signed by Jo: the envelope."""
    at(2)
    ran = run("snapshot", "sign", "--key", str(keys["jo"]))
    assert (ran.code, ran.out) == (0, "")
    return Path("lineage.db.dsse.json").absolute()


def rewritten(envelope: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the JSON of an envelope."""
    told = json.loads(envelope.read_text())
    change(told)
    envelope.write_text(json.dumps(told))
