"""What several test files share: the fixture account, and a snapshot crawled from it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

import lineage
from cli.commands import vouching
from cli.main import cli
from tests.shared_sessions import share

ROOT = Path(__file__).parent.parent
BANK = ROOT / "fixtures" / "bank.jsonl"
NOWHERE = ROOT / "no-such-folder"
HANGS = 300  # seconds after which a command counts as hung, however busy the machine is
# The rules that every answer rests on: `pytest -m core` runs them in about a minute.
CORE = (
    "domain",
    "graphs",
    "checks",
    "queries/test_impact.py",
    "queries/test_random_estates.py",
    "queries/test_trace.py",
    "queries/test_used.py",
)

# No example fails because the machine is busy; and in CI each commit gets the same examples.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("anywhere"), derandomize=True, print_blob=True, max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")


def examples(number: int) -> int:
    """The number of examples of a property: in CI, where they are the same each time, a quarter."""
    return max(1, number // 4) if os.environ.get("CI") else number


share()  # what each botocore session would work out again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # programs that tests start do not compile each module again


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while the tests are found: there is none, and the search took a quarter of that time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests in `CORE`, and begin with those of Spark: so one worker runs them all, and starts Spark only once."""
    items.sort(key=lambda item: not item.path.is_relative_to(ROOT / "tests" / "spark"))
    core = [ROOT / "tests" / part for part in CORE]
    for item in items:
        if any(item.path.is_relative_to(part) for part in core):
            item.add_marker("core")


@pytest.fixture(autouse=True)
def _away_from_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the user's credentials, profiles or regions."""
    for name in (
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_ENDPOINT_URL",
        "LINEAGE_SNAPSHOT",
        "LINEAGE_ATTESTATIONS",
        "LINEAGE_ANCHORS",
        "LINEAGE_ALLOWED_SIGNERS",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(NOWHERE / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(NOWHERE / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def bank_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of every endpoint of the bank."""
    path = tmp_path_factory.mktemp("bank") / "lineage.db"
    lineage.crawl_endpoints(path, replay=BANK)
    return path


@pytest.fixture(scope="session")
def account_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of the bank's whole account, with every list finished."""
    path = tmp_path_factory.mktemp("account") / "lineage.db"
    lineage.crawl_estate(path, replay=BANK)
    return path


@pytest.fixture
def bank(bank_path: Path) -> Iterator[lineage.Snapshot]:
    """The snapshot of the bank, open."""
    with lineage.open_snapshot(bank_path) as snapshot:
        yield snapshot


@pytest.fixture
def bank_graph(bank: lineage.Snapshot) -> lineage.Graph:
    """The whole graph of the bank."""
    return lineage.graph(bank)


@pytest.fixture
def board(tmp_path: Path):
    """The leaderboard of all training jobs, runs and tuning jobs among some records, or of the given ids."""
    from tests.snapshot.test_file import crawl

    def make(*found, ids=None, **asked):
        path = tmp_path / "board.db"
        path.unlink(missing_ok=True)
        crawl(path, *found)
        compared = ("training-job", "trial-component", "tuning-job")
        wanted = [one.id for one in found if getattr(one, "kind", "") in compared] if ids is None else ids
        with lineage.open_snapshot(path) as snapshot:
            return lineage.leaderboard(snapshot, wanted, **asked)

    return make


@pytest.fixture(scope="session")
def s3_service() -> Iterator[str]:
    """A moto server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(s3_service: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of S3, and the environment that points pyarrow at it."""
    import boto3

    told = {"ENDPOINT_URL": s3_service, "ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "REGION": "us-east-1"}
    for name, value in told.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="estate")
    return "s3://estate"


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]):
    """Run a command line in an empty folder, as the console script would. On a busy machine, nothing is called slow."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(vouching, "SLOW_SECONDS", HANGS)

    def call(*arguments: str) -> Ran:
        with pytest.raises(SystemExit) as stopped:
            cli.main(list(arguments))
        captured = capfdbinary.readouterr()
        return Ran(stopped.value.code, captured.out.decode(), captured.err.decode())

    return call


@pytest.fixture
def ask(run, bank_path: Path):
    """Run a command over the bank's snapshot."""
    return lambda *arguments: run(*arguments, "--snapshot", str(bank_path))
