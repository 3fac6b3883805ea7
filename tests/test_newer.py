"""A command of its own reports what a newer botocore adds."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
import pytest

from tests import newer
from tests.domain.service import CHECKED, INSTALLED_VERSION

WHERE = Path("sagemaker") / "2017-07-24" / "service-2.json.gz"
SHIPPED = Path(botocore.__file__).parent / "data"
Model = dict[str, Any]


def gateway(model: Model) -> None:
    called = {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "DescribeEndpointInput"}}
    model["operations"]["DescribeWormhole"] = called | {"name": "DescribeWormhole"}


def listing(model: Model) -> None:
    called = {"http": {"method": "POST", "requestUri": "/"}, "input": {"shape": "ListEndpointsInput"}}
    model["operations"]["ListWormholes"] = called | {"name": "ListWormholes"}


def field(model: Model) -> None:
    model["shapes"]["DescribeTrainingJobResponse"]["members"]["WormholeArn"] = {"shape": "TrainingJobArn"}


def word(model: Model) -> None:
    model["shapes"]["TrainingJobStatus"]["enum"].append("Wormholed")


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, list[str]]]:
    """The exit code and output of the command over a slightly changed copy of the installed model."""

    def ask(*changes: Callable[[Model], None]) -> tuple[int, list[str]]:
        model = json.loads(gzip.decompress((SHIPPED / WHERE).read_bytes()))
        for change in changes:
            change(model)
        path = tmp_path / WHERE.with_suffix("")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(model))
        return newer.main(["--model", str(tmp_path)]), capsys.readouterr().out.splitlines()

    return ask


def test_nothing_is_new(said) -> None:
    """Where everything is listed, only that is said, unless the installed botocore is newer than the lists."""
    code, lines = said()
    assert (code, lines) == (0, [f"nothing new since botocore {CHECKED}"]) or INSTALLED_VERSION > CHECKED


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (gateway, "new call\tDescribeWormhole"),
        (listing, "new call\tListWormholes"),
        (field, "new reference-shaped field\ttraining-job\tWormholeArn"),
        (word, "new status word\ttraining-job\tWormholed"),
    ],
)
def test_what_is_new_is_told(said, change: Callable[[Model], None], line: str) -> None:
    """A call, a field that may refer to something, and a word of a status are reported, and the command exits with 1."""
    code, lines = said(change)
    assert (code, line in lines) == (1, True)


def test_no_model_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without a model exits with 3 and one sentence."""
    assert newer.main(["--model", str(tmp_path)]) == 3
    assert capsys.readouterr().err == f"there is no model of SageMaker in {tmp_path}\n"


def test_no_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where pip can fetch nothing, the command exits with 3 and one sentence."""

    def refuse(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(1, command, stderr=b"WARNING: retrying\nERROR: no matching distribution\n")

    monkeypatch.setattr(newer.subprocess, "run", refuse)
    assert newer.main([]) == 3
    assert capsys.readouterr().err == "the newest botocore could not be fetched: ERROR: no matching distribution\n"


def test_it_is_a_command() -> None:
    """`python -m tests.newer --help` says what it does."""
    ran = subprocess.run([sys.executable, "-m", "tests.newer", "--help"], capture_output=True, text=True, check=True)
    assert "--model FOLDER" in ran.stdout
