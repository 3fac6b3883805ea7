"""The tables of a folder of Parquet as DataFrames, with the types that the schema gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lineage.domain.records import Json
from lineage.domain.times import utc
from lineage.outputs.parquet.folder import Export, exports_in
from lineage.outputs.parquet.store import Store, store_at, tells_why
from lineage.outputs.parquet.tables import FLAG, MOMENT, PARTS, TABLES, TEXT, TEXTS, WHOLE

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_AT_ONCE = 16  # small files that are read at once
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
        named = [(file["path"], file["account"], file["region"]) for file in self._files(name)]
        paths = self.spark.createDataFrame(named, "path string, account string, region string")
        parts = paths.repartition(min(len(named), self.spark.sparkContext.defaultParallelism * 2))
        folder, wanted = str(self._folder), arrow_schema(schema)
        return parts.mapInArrow(lambda batches: _read(folder, wanted, batches), schema).persist()

    def _files(self, name: str) -> list[Json]:
        return [file for export in self.exports for file in export.said["files"] if file["table"] == name]

    @tells_why
    def rows(self, name: str) -> list[Json]:
        """The rows of a table that is small, with each time as the snapshot has it: read here, for a job would take longer."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(
                lambda file: [row for rows in _rows_of(self._store, file) for row in rows.to_pylist()], self._files(name)
            )
            return list(told_rows(name, chain.from_iterable(found)))


def told_rows(name: str, rows: Iterable[Json]) -> Iterator[Json]:
    """Some rows of a table, with each time as the snapshot has it."""
    moments = [column.name for column in TABLES[name].columns if column.type == MOMENT]
    for row in rows:
        yield row | {moment: _text(row[f"{moment}_text"], row[moment]) for moment in moments}


def _read(folder: str, wanted: Any, batches: Iterator[Any]) -> Iterator[Any]:
    """The rows of some files, in a task, with the account and the region of each."""
    store = store_at(folder)
    for file in (file for batch in batches for file in batch.to_pylist()):
        yield from (rows.cast(wanted) for rows in _rows_of(store, file))


def _rows_of(store: Store, file: Json) -> Iterator[Any]:
    """The rows of a file, with the account and the region that are in its path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for rows in pq.ParquetFile(pa.BufferReader(store.read(file["path"]))).iter_batches():
        columns = [*rows.columns, *(pa.array([file[part]] * rows.num_rows, pa.string()) for part in PARTS)]
        yield pa.RecordBatch.from_arrays(columns, names=[*rows.schema.names, *PARTS])


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
