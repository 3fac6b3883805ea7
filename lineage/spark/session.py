"""A Spark session on this machine, for the command line: bound to this machine alone, and without a web page."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

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

    Raises `LineageError` without pyspark, and without Java.
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
    return builder.getOrCreate()


def insist_java() -> None:
    """Raise `LineageError` if there is no Java, in one sentence that says what to install."""
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and (Path(home) / "bin" / "java").exists())):
        raise LineageError(
            "Spark needs Java 17 or newer, and there is none: install it, as by `apt-get install openjdk-17-jre-headless`"
        )
