"""A Spark session for the tests of a worker, and a folder of many accounts with the local answers about it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lineage
import lineage.spark
from tests.spark.estates import MERGED, exported, subjects

# There are few rows: what makes large joins fast takes longer than these joins.
QUICK = {
    "sql.shuffle.partitions": "2",
    "sql.adaptive.enabled": "false",
    "sql.codegen.wholeStage": "false",
    "sql.codegen.factoryMode": "NO_CODEGEN",
    "driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark on two cores; where there is no Java its tests are skipped, but not in CI."""
    try:
        session = lineage.spark.local_session(2, memory="1g", **QUICK)
    except lineage.LineageError as error:
        if os.environ.get("LINEAGE_CI"):
            raise
        pytest.skip(str(error))
    yield session
    session.stop()


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the exports of generated accounts and of the odd ones, and the merged snapshot beside it."""
    folder = tmp_path_factory.mktemp("fleet")
    exported(folder)
    return folder / "estate"


@pytest.fixture(scope="session")
def asked() -> list[str]:
    """The subjects that all accounts are asked about."""
    return subjects()


@pytest.fixture(scope="session")
def merged(fleet: Path) -> Iterator[lineage.Snapshot]:
    """One snapshot of all accounts."""
    with lineage.open_snapshot(fleet.parent / MERGED) as snapshot:
        yield snapshot
