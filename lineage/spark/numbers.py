"""How much was read of all accounts together: the counts of each export, with what only shows across exports.

A record that two accounts read counts once. A channel of unknown writer may be written by a job of another account, and what a
job of another account made as a model is no data.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import TYPE_CHECKING

from lineage.domain.kinds import PROCESSING_JOB, TRAINING_JOB
from lineage.domain.records import Counts
from lineage.graphs.counts import TRAINERS
from lineage.spark.places import bare, ends_a_name, is_place, nested, root
from lineage.spark.tables import Folder

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Numbers = dict[tuple[str, str], Counts]
_UNKNOWN = -(1 << 62)  # a time before all others


def numbers_of(folder: Folder) -> Numbers:
    """What was read of each account and region."""
    numbers: Numbers = {}
    for place, one in _of_exports(folder):
        numbers[place] = _sum(numbers.get(place, Counts()), one)
    if len(folder.exports) < 2:
        return numbers
    for place, twice in _twice(folder):
        numbers[place] = _sum(numbers[place], twice)
    for place, channels, unknown in _channels(folder):
        more = Counts()._replace(channels=channels, channels_of_unknown_writer=unknown)
        numbers[place] = _sum(numbers.get(place, Counts()), more)
    return numbers


def _sum(one: Counts, other: Counts) -> Counts:
    return Counts(*map(sum, zip(one, other, strict=True)))


def _of_exports(folder: Folder) -> Iterator[tuple[tuple[str, str], Counts]]:
    for row in folder.rows("counts"):
        yield (row["account"], row["region"]), Counts(*(row[name] for name in Counts._fields))


def _twice(folder: Folder) -> Iterator[tuple[tuple[str, str], Counts]]:
    """What was counted more than once, as negative numbers."""
    from pyspark.sql import functions as f

    own = [(export.id, *place) for export in folder.exports for place in sorted(export.places)]
    places = f.broadcast(folder.spark.createDataFrame(own, "snapshot string, account string, region string"))
    nodes = folder.table("nodes").where("observed AND account != '' AND region != ''")
    strangers = nodes.join(places, ["snapshot", "account", "region"], "left_anti").select("id").distinct()
    isolated = f.coalesce(f.get_json_object("details", "$.isolated"), f.lit("false")).isin("true", "1").cast("int")
    known = nodes.join(f.broadcast(strangers), "id", "left_semi").groupBy("id", "account", "region", "kind")
    many = known.agg((f.lit(1) - f.count("*")).alias("less"), f.max(isolated).alias("isolated")).where("less < 0")
    for _, account, region, kind, less, alone in many.collect():
        training, processing = (less * (kind == one.name) for one in (TRAINING_JOB, PROCESSING_JOB))
        yield (
            (account, region),
            Counts(less, less * (kind in TRAINERS), training, training * alone, processing, processing * alone),
        )


# --- channels -------------------------------------------------------------------------------------


def _channels(folder: Folder) -> Iterator[tuple[tuple[str, str], int, int]]:
    """By account and region, how many more channels there are, and how many more of unknown writer, than the exports counted.

    An export has counted its own. So only buckets that several exports name are looked at, twice: in each export alone, and in
    all of them.
    """
    from pyspark.sql import functions as f

    roots = folder.spark.createDataFrame([(one,) for one in _common(folder)], "root string")
    edges = _twofold(folder.table("edges").where("relation IN ('reads', 'writes')"), roots, "source", "target").persist()
    read = edges.where(f"relation = 'reads' AND usage = 'data' AND target LIKE '%:{TRAINING_JOB.name}/%'")
    key: list[Column | str] = [
        "source",
        "target",
        "role",
        f.coalesce("opens", f.lit(0).cast("timestamp")).alias("opened"),
        _moment("closes").alias("closed"),
    ]
    told: list[Column | str] = [
        "part",
        "account",
        "region",
        "evidence",
        "span",
        (_moment("closes") == _UNKNOWN).alias("is_open"),
    ]
    whole = read.select(*key, *told).distinct()
    channels = whole.join(_of_models(edges, whole), ["source", "target"], "left_anti")
    level = _levels(folder, edges, roots).persist()
    first = channels.join(_first_writes(folder, edges, level), channels["source"] == f.col("place"), "left")
    unknown = f.col("first").isNull() | (~f.col("is_open") & (f.col("first") >= f.col("closed")))
    sign = f.when(f.col("part") == "", 1).otherwise(-1)
    counts = first.groupBy("account", "region").agg(f.sum(sign), f.sum(sign * unknown.cast("int")))
    for account, region, many, lost in counts.collect():
        yield (account, region), many, lost
    for kept in (edges, level):
        kept.unpersist()


def _common(folder: Folder) -> list[str]:
    """The buckets that several exports name, and those that manifests link with one of these."""
    from pyspark.sql import functions as f

    named = folder.table("nodes").where(is_place("id")).select("snapshot", root("id").alias("root"))
    entries = folder.table("manifest_entries").select("snapshot", root("folder").alias("root"), "manifest")
    manifests = folder.table("manifests").select("snapshot", "manifest", root("place").alias("of"))
    links = entries.join(f.broadcast(manifests), ["snapshot", "manifest"]).select("of", "root").distinct().collect()
    every = named.unionByName(entries.select("snapshot", "root"))
    many = every.groupBy("root").agg(f.count_distinct("snapshot").alias("many")).where("many > 1").select("root")
    found = {row[0] for row in many.collect()}
    while more := {end for link in links if found.intersection(link) for end in link} - found:
        found |= more
    return sorted(found)


def _twofold(rows: DataFrame, roots: DataFrame, *ends: str) -> DataFrame:
    """The rows with places in some buckets once for all exports and once for their own: these places begin with its id."""
    from pyspark.sql import functions as f

    places = [f.when(is_place(end), root(end)) for end in ends]
    inside = rows.withColumn("root", f.coalesce(*places)).join(f.broadcast(roots), "root", "left_semi").drop("root")
    odd = rows.where(f.coalesce(*places).isNull())
    each = inside.unionByName(odd).withColumn("part", f.explode(f.array(f.lit(""), f.col("snapshot"))))
    return each.withColumns({end: f.when(is_place(end), f.concat("part", end)).otherwise(f.col(end)) for end in ends})


def _moment(column: str) -> Column:
    """A time as a number. One that is unknown is before all others."""
    from pyspark.sql import functions as f

    return f.coalesce(f.unix_micros(column), f.lit(_UNKNOWN))


def _partition(column: str) -> Column:
    from pyspark.sql import functions as f

    return f.regexp_extract(column, "^arn:([^:]*):", 1)


def _of_models(edges: DataFrame, channels: DataFrame) -> DataFrame:
    """The channels, by `source` and `target`, that read what another job made as a model."""
    from pyspark.sql import functions as f

    made = edges.where("relation = 'writes' AND usage = 'model' AND evidence = 'declared' AND span IS NOT NULL")
    models = made.select(bare("target").alias("bare"), f.col("source").alias("maker")).distinct()
    read = channels.where("evidence = 'declared' AND span IS NOT NULL")
    places = read.select(bare("source").alias("bare"), "source", "target").distinct()
    of_another = (f.col("maker") != f.col("target")) & (_partition("maker") == _partition("target"))
    return nested(models, places).where(ends_a_name("around", "bare") & of_another).select("source", "target").distinct()


def _own_writes(edges: DataFrame) -> DataFrame:
    """By `place`, the `first` write to it."""
    from pyspark.sql import functions as f

    writes = edges.where("relation = 'writes' AND evidence != 'logged'")
    return writes.groupBy(f.col("target").alias("place")).agg(f.min(_moment("opens")).alias("first"))


def _levels(folder: Folder, edges: DataFrame, roots: DataFrame) -> DataFrame:
    """The places in some buckets, with the ways in which they are written and read, and the `first` write to each."""
    from pyspark.sql import functions as f

    spans = [f.array_distinct(f.flatten(f.collect_list(name))).alias(name) for name in ("written_spans", "read_spans")]
    known = (
        _twofold(folder.table("places"), roots, "place")
        .groupBy("place")
        .agg(*spans, f.max("read").alias("read"), f.max("written").alias("written"))
    )
    return known.join(_own_writes(edges), "place", "left").select(bare("place").alias("bare"), "*")


def _first_writes(folder: Folder, edges: DataFrame, level: DataFrame) -> DataFrame:
    """By `place`, the `first` write to it, or to what shares keys with it."""
    from pyspark.sql import functions as f

    outer = level.select("bare", *(f.col(name).alias(f"outer_{name}") for name in level.columns if name != "bare"))
    pairs = nested(outer, level).where("place != outer_place AND startswith(place, outer_place)")
    inside = ends_a_name("outer_place", "place") | f.col("outer_place").endswith("/")
    covers = _reaches(
        "outer_written_spans",
        inside,
        f.size(f.array_except("outer_written_spans", f.array(f.lit("object"), f.lit("folder")))) > 0,
    )
    gets = _reaches("outer_read_spans", inside, f.array_contains("outer_read_spans", "prefix"))
    around = pairs.where(f.col("outer_written") & f.col("read") & covers).select("place", f.col("outer_first").alias("first"))
    within = pairs.where(f.col("outer_read") & f.col("written") & gets).select(f.col("outer_place").alias("place"), "first")
    every = [_own_writes(edges), around, within, _listed_writes(folder, edges, level)]
    return (
        reduce(lambda one, other: one.unionByName(other), every)
        .where("first IS NOT NULL")
        .groupBy("place")
        .agg(f.min("first").alias("first"))
    )


def _reaches(spans: str, inside: Column, everything: Column) -> Column:
    from pyspark.sql import functions as f

    return everything | (f.array_contains(spans, "folder") & inside)


def _listed_writes(folder: Folder, edges: DataFrame, level: DataFrame) -> DataFrame:
    """The writes to what read manifests list: in an entry, or around the folder of one."""
    from pyspark.sql import functions as f

    read = (
        edges.where("listing IS NOT NULL")
        .select("part", "snapshot", f.col("listing").alias("manifest"), f.col("source").alias("place"))
        .distinct()
    )
    entries = (
        folder.table("manifest_entries")
        .join(f.broadcast(read), ["snapshot", "manifest"])
        .select("place", f.concat("part", "folder").alias("folder"), "name")
        .distinct()
    )
    written = level.where("written AND first IS NOT NULL").select("bare", "first")
    named = entries.select(f.concat_ws("/", "folder", "name").alias("bare"), "place").distinct()
    folders = entries.select(f.col("folder").alias("bare"), "place").distinct()
    below = nested(named, written).where(ends_a_name("around", "bare")).select("place", "first")
    around = nested(written, folders).where(ends_a_name("around", "bare")).select("place", "first")
    return below.unionByName(around)
