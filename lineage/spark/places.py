"""Which places share keys, as a join: a place is taken apart into the names of those around it, so no pair is tried in vain.

A place can only begin like another one whose name ends in one of its folders. Of each folder the lengths of the names in it are
known: a place then begins like at most one name of each length, and that is an equality.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def bare(column: str) -> Column:
    """The id of a place without slashes at its end."""
    from pyspark.sql import functions as f

    return f.regexp_replace(column, "/+$", "")


def is_place(column: str) -> Column:
    """Whether an id is that of a place."""
    from pyspark.sql import functions as f

    return f.col(column).contains("://")


def _folder(column: str) -> Column:
    """What is before the last slash of a bare place."""
    from pyspark.sql import functions as f

    return f.regexp_extract(column, "^(.*)/[^/]*$", 1)


def _folders(column: str) -> Column:
    """All folders around a bare place, its own up to that of its bucket."""
    from pyspark.sql import functions as f

    parts = f.split(column, "/")
    ends = f.sequence(f.lit(2), f.size(parts) - 1)
    return f.transform(ends, lambda end: f.array_join(f.slice(parts, f.lit(1), end), "/"))


def in_folders_of(places: DataFrame, inner: DataFrame) -> DataFrame:
    """Those of some places whose name is in a folder around an inner one: only these can be around it."""
    from pyspark.sql import functions as f

    folders = inner.select(f.explode(_folders("bare")).alias("folder")).distinct()
    return places.withColumn("folder", _folder("bare")).join(f.broadcast(folders), "folder", "left_semi").drop("folder")


def nested(outer: DataFrame, inner: DataFrame) -> DataFrame:
    """The pairs in which the bare name of the inner place begins with that of the outer one, or is the same.

    Both have a column `bare`, and otherwise other names.
    """
    from pyspark.sql import functions as f

    named = outer.withColumnRenamed("bare", "around")
    lengths = named.select(_folder("around").alias("folder"), f.length("around").alias("length")).distinct()
    cut = (
        inner.withColumn("folder", f.explode(_folders("bare")))
        .join(f.broadcast(lengths), "folder")
        .where(f.col("length") <= f.length("bare"))
        .withColumn("around", f.substring("bare", f.lit(1), f.col("length")))
        .drop("folder", "length")
    )
    return cut.join(named, "around")


def ends_a_name(around: str, inner: str) -> Column:
    """Whether a name ends where the outer place ends: it is a folder around the inner place, or the same."""
    from pyspark.sql import functions as f

    after = f.substring(inner, f.length(around) + 1, f.lit(1))
    return (after == "") | (after == "/")
