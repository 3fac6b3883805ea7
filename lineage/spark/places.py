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

    return f.rtrim(f.col(column), f.lit("/"))


def key(id_: Column) -> Column:
    """A number for an id; a place with and without slashes at its end has one. Two ids may share it, so more may be found."""
    from pyspark.sql import functions as f

    return f.xxhash64(f.rtrim(id_, f.lit("/")))


def is_place(column: str) -> Column:
    """Whether an id is that of a place."""
    from pyspark.sql import functions as f

    return f.col(column).contains("://")


def root(column: str) -> Column:
    """The bucket or the file system of a place: what lies in two of them shares no keys."""
    from pyspark.sql import functions as f

    return f.substring_index(column, "/", 3)


def in_roots_of(places: DataFrame, others: DataFrame) -> DataFrame:
    """Those of some places that are in a bucket of the others."""
    from pyspark.sql import functions as f

    roots = others.select(root("bare").alias("root")).distinct()
    return places.withColumn("root", root("bare")).join(f.broadcast(roots), "root", "left_semi").drop("root")


def _folder(column: str) -> Column:
    """What is before the last slash of a bare place."""
    from pyspark.sql import functions as f

    return f.expr(f"left({column}, length({column}) - length(substring_index({column}, '/', -1)) - 1)")


def with_folders(places: DataFrame, *, itself: bool = False) -> DataFrame:
    """Each place once for each `folder` around it, up to that of its bucket, and optionally for itself."""
    from pyspark.sql import functions as f

    slashes = f.size(f.split("bare", "/")) - (0 if itself else 1)
    each = places.withColumn("depth", f.explode(f.sequence(f.lit(2), slashes)))
    return each.withColumn("folder", f.expr("substring_index(bare, '/', depth)")).drop("depth")


def in_folders_of(places: DataFrame, inner: DataFrame) -> DataFrame:
    """Those of some places whose name is in a folder around an inner one: only these can be around it."""
    from pyspark.sql import functions as f

    folders = with_folders(inner.select("bare")).select("folder").distinct()
    return places.withColumn("folder", _folder("bare")).join(f.broadcast(folders), "folder", "left_semi").drop("folder")


def nested(outer: DataFrame, inner: DataFrame) -> DataFrame:
    """The pairs in which the bare name of the inner place begins with that of the outer one, or is the same.

    Both have a column `bare`, and otherwise other names.
    """
    from pyspark.sql import functions as f

    named = outer.withColumnRenamed("bare", "around")
    lengths = named.select(_folder("around").alias("folder"), f.length("around").alias("length")).distinct()
    cut = (
        with_folders(inner)
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
