"""Verdicts as one file of Parquet: all of it, or nothing."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from lineage.outputs.parquet.store import UNFINISHED, pyarrow, tells_why

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_GROUP = 1000  # rows of a row group: each has its answer


@tells_why
def write_verdicts(verdicts: DataFrame, path: str | Path) -> Counter[tuple[str, str, bool]]:
    """Write verdicts to a file of Parquet, in the order of their subjects. An earlier file is replaced when all are there.

    Returns how many rows have each verdict, by verdict, a first subject that has it, and whether a gap is left. Raises
    `LineageError`.
    """
    path = Path(path)
    scratch = Path(mkdtemp(prefix=UNFINISHED, dir=path.parent))
    try:
        verdicts.orderBy("number").write.parquet(f"{scratch.resolve().as_uri()}/parts")
        told = _in_one_file(sorted((scratch / "parts").glob("part-*.parquet")), scratch / "whole.parquet")
        os.replace(scratch / "whole.parquet", path)  # noqa: PTH105  (another file, which may be there, is replaced)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return told


def _in_one_file(parts: list[Path], path: Path) -> Counter[tuple[str, str, bool]]:
    pq = pyarrow(".parquet")
    first: dict[tuple[str, bool], str] = {}
    many: Counter[tuple[str, bool]] = Counter()
    with pq.ParquetWriter(path, pq.read_schema(parts[0]), compression="zstd") as writer:
        for rows in _rows(parts):
            writer.write_batch(rows)
            holes = (bool(one) for one in rows.column("holes").to_pylist())
            for verdict, subject, hole in zip(
                rows.column("verdict").to_pylist(), rows.column("subject").to_pylist(), holes, strict=True
            ):
                first.setdefault((verdict, hole), subject)
                many[verdict, hole] += 1
    return Counter({(verdict, first[verdict, hole], hole): number for (verdict, hole), number in many.items()})


def _rows(parts: list[Path]) -> Iterator[Any]:
    pq = pyarrow(".parquet")
    for part in parts:
        with pq.ParquetFile(part) as file:
            yield from file.iter_batches(batch_size=_GROUP)
