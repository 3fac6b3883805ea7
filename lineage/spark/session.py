"""A Spark session on this machine, for the command line: bound to this machine alone, and without a web page."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from lineage.errors import LineageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}


def local_session(cores: int | None = None, memory: str = "4g", **settings: str) -> SparkSession:
    """A session on the cores of this machine, with `settings` by their names after `spark.`.

    Raises `LineageError` without pyspark, and without a Java that runs it.
    """
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # we use none of it
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise LineageError("this needs pyspark: pip install 'sagemaker-lineage[spark]'") from None
    insist_java()
    number = cores or os.cpu_count() or 1
    builder = SparkSession.builder.master(f"local[{number}]").appName("lineage").config("spark.driver.memory", memory)
    builder = builder.config("spark.sql.shuffle.partitions", str(2 * number))
    for name, value in (_SETTINGS | {f"spark.{name}": value for name, value in settings.items()}).items():
        builder = builder.config(name, value)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with _apart() as said:
        try:
            return builder.getOrCreate()
        except Exception as error:  # pyspark raises many, and each only says that Java has ended
            said.seek(0)
            first = said.read().decode(errors="replace").strip().partition("\n")[0]
            raise LineageError(f"Spark, which needs Java 17 or newer, did not start: {first or error}") from error


@contextmanager
def _apart() -> Iterator[IO[bytes]]:
    """The file to which Java prints what it tells of itself, for as long as it runs. What fails is raised here as well."""
    terminal = os.dup(2)
    with TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield file
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)


def insist_java() -> None:
    """Raise `LineageError` if there is no Java, in one sentence that says what to install."""
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and (Path(home) / "bin" / "java").exists())):
        raise LineageError(
            "Spark needs Java 17 or newer, and there is none: install it, as by `apt-get install openjdk-17-jre-headless`"
        )
