"""The tables of a folder of Parquet as DataFrames, with the types that the schema gives them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lineage.domain.records import Json
from lineage.domain.times import utc
from lineage.outputs.parquet.folder import Export, exports_in
from lineage.outputs.parquet.store import Store, store_at, tells_why
from lineage.outputs.parquet.tables import FLAG, MOMENT, PARTS, TABLES, TEXT, TEXTS, WHOLE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_TYPES = {TEXT: "string", FLAG: "boolean", WHOLE: "bigint", MOMENT: "timestamp", TEXTS: "array<string>"}


@tells_why
def insist_whole(folder: str | Path) -> None:
    """Raise `LineageError` if a folder of Parquet is not whole, before Spark starts, which takes seconds."""
    exports_in(store_at(folder))


class Folder:
    """A folder of Parquet that is read with Spark. Raises `LineageError` if it is not whole."""

    @tells_why
    def __init__(self, spark: SparkSession, folder: str | Path) -> None:
        self.spark = spark
        # Spark runs in a process of its own, which may be in another working directory
        self._folder = folder if str(folder).startswith("s3://") else Path(folder).resolve()
        self._store: Store = store_at(self._folder)
        self.exports: list[Export] = exports_in(self._store)
        self.table = cache(self._table)

    def _table(self, name: str) -> DataFrame:
        """A table of all exports. Its files are those that the lists name, and no type is guessed."""
        columns = [(column.name, _TYPES[column.type]) for column in TABLES[name].written]
        schema = ", ".join(f"`{column}` {of}" for column, of in [*columns, *((part, "string") for part in PARTS)])
        if str(self._folder).startswith("s3://"):
            return self._fetched(name, schema)
        files = [self._store.whole(path) for export in self.exports for path in export.paths(name)]
        reader = self.spark.read.schema(schema).option("basePath", self._store.whole(name))
        return reader.parquet(*map(_literally, files))

    def _fetched(self, name: str, schema: str) -> DataFrame:
        """A table on S3, read once by pyarrow in the tasks: Spark itself needs Hadoop's client for that."""
        files = [file for export in self.exports for file in export.said["files"] if file["table"] == name]
        named = [(file["path"], file["account"], file["region"]) for file in files]
        paths = self.spark.createDataFrame(named, "path string, account string, region string")
        parts = paths.repartition(min(len(named), self.spark.sparkContext.defaultParallelism * 2))
        folder = str(self._folder)
        return parts.mapInArrow(lambda batches: _read(folder, schema, batches), schema).persist()

    def rows(self, name: str) -> Iterator[Json]:
        """The rows of a table that is small, with each time as the snapshot has it."""
        return told_rows(name, self._table(name))


def told_rows(name: str, rows: DataFrame) -> Iterator[Json]:
    """Some rows of a table, with each time as the snapshot has it."""
    moments = [column.name for column in TABLES[name].columns if column.type == MOMENT]
    for row in rows.toArrow().to_pylist():
        yield row | {moment: _text(row[f"{moment}_text"], row[moment]) for moment in moments}


def _read(folder: str, schema: str, batches: Iterator[Any]) -> Iterator[Any]:
    """The rows of some files, with the account and the region of each."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    store, wanted = store_at(folder), arrow_schema(schema)
    for file in (file for batch in batches for file in batch.to_pylist()):
        for rows in pq.ParquetFile(pa.BufferReader(store.read(file["path"]))).iter_batches():
            columns = [*rows.columns, *(pa.array([file[part]] * rows.num_rows, pa.string()) for part in PARTS)]
            yield pa.RecordBatch.from_arrays(columns, names=[*rows.schema.names, *PARTS]).cast(wanted)


def arrow_schema(schema: str) -> Any:
    """A schema in Spark's words as one of Arrow."""
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    return to_arrow_schema(cast("StructType", StructType.fromDDL(schema)), timezone="UTC")


def _text(text: str | None, moment: Any) -> str | None:
    """The text of a time: a text says more than the timestamp beside it."""
    return utc(moment) if text is None and moment is not None else text


def _literally(path: str) -> str:
    """A path in which Spark finds no pattern."""
    return "".join(f"\\{one}" if one in "{}[]*?\\" else one for one in path)
