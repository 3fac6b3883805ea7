"""From which nodes which others are needed: the edges of all exports in both directions, and what only shows across exports.

An arc leads from a node to another one, and its word says how. Across exports, places share keys, objects have one content,
data has a name in one account and a place in another, and a thing is named in one account and described in another.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from lineage.domain.kinds import RELATIONS, SERVING
from lineage.graphs.tables import SAID_WRITE
from lineage.spark.places import bare, ends_a_name, is_place, nested

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from lineage.spark.tables import Folder

# The words of arcs.
DOWN, SERVES, BELONGS = "down", "serves", "belongs"
WRITTEN_BY, RECORDED, TAKES_MODEL, TAKES, MADE_OF, BESIDE = (
    "written by",
    "recorded",
    "takes model",
    "takes",
    "made of",
    "beside",
)
GETS, GOT_FROM, GOT_FROM_MODEL, SAME, LISTED = "gets", "got from", "got from model", "same", "listed"
_DOWNWARD = [
    name for name, relation in RELATIONS.items() if relation.flows or name in ("recorded-by", "associated", "mentions")
]
_READS, _WRITES = ("reads", "may-read", "loads", "mentions"), ("writes", "may-write")


def arcs(folder: Folder) -> DataFrame:
    """All arcs, as `node`, `arc` and `other`."""
    edges = folder.table("edges").where("NOT (relation = 'overlaps' AND evidence = 'content')")
    listings = edges.where("listing IS NOT NULL OR span = 'manifest'")
    every = [
        _down(edges),
        _up(edges),
        _from_writers(edges),
        _arc(listings, "target", LISTED, "source"),
        *_shared(folder, edges),
        *_contents(folder),
        *_names(folder),
        *_ids(folder),
    ]
    return reduce(lambda one, other: one.unionByName(other), every).where("node != other").distinct()


def _arc(rows: DataFrame, node: str, arc: str | Column, other: str) -> DataFrame:
    from pyspark.sql import functions as f

    word = f.lit(arc) if isinstance(arc, str) else arc
    return rows.select(f.col(node).alias("node"), word.alias("arc"), f.col(other).alias("other"))


def _both(rows: DataFrame, arc: str, one: str, other: str) -> list[DataFrame]:
    return [_arc(rows, one, arc, other), _arc(rows, other, arc, one)]


def _carries_model() -> Column:
    """Whether an edge leads from a model's parts to what is made of them, or runs them."""
    from pyspark.sql import functions as f

    return f.col("relation").isin(*SERVING) & ((f.col("relation") != "provides") | (f.col("usage") == "model"))


def _down(edges: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    serves = _carries_model() | ((f.col("usage") == "model") & ~is_place("source"))
    word = f.when(f.col("relation") == "member-of", BELONGS).when(serves, SERVES).when(f.col("relation").isin(_DOWNWARD), DOWN)
    return _arc(edges.withColumn("word", word).where("word IS NOT NULL"), "source", f.col("word"), "target")


def _from_writers(edges: DataFrame) -> DataFrame:
    """From each place that a thing wrote to the records whose texts name that thing: a join mentions the place in them."""
    from pyspark.sql import functions as f

    named = edges.where("relation = 'may-take'").select(f.col("source").alias("thing"), f.col("target").alias("record"))
    wrote = edges.where(f.expr(SAID_WRITE) & is_place("target")).select(f.col("source").alias("thing"), "target")
    return _arc(wrote.join(f.broadcast(named.distinct()), "thing"), "target", DOWN, "record")


def _up(edges: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    model = _carries_model() | (f.col("usage") == "model")
    word = (
        f.when(is_place("target"), WRITTEN_BY)
        .when(f.col("relation") == "recorded-by", RECORDED)
        .when(is_place("source"), f.when(model, TAKES_MODEL).otherwise(TAKES))
        .otherwise(f.when(model, MADE_OF).otherwise(BESIDE))
    )
    return _arc(edges, "target", word, "source")


def _shared(folder: Folder, edges: DataFrame) -> list[DataFrame]:
    """Between the places that share keys: from what is written to what is read, and back."""
    from pyspark.sql import functions as f

    models = edges.where("relation = 'writes' AND usage = 'model'").select(f.col("target").alias("place")).distinct()
    known = folder.table("places").select("place", "written", "read", f.array_contains("read_spans", "prefix").alias("prefix"))
    lie = folder.table("named_places").select("place", *(f.lit(value).alias(name) for name, value in _LIES.items()))
    places = known.unionByName(lie).groupBy("place").agg(*(f.max(name).alias(name) for name in _LIES))
    marked = places.join(models.withColumn("of_model", f.expr("true")), "place", "left")
    own = marked.select(bare("place").alias("bare"), f.col("place").alias("node"), "written", "read", "prefix", "of_model")
    every = own.unionByName(
        listed(folder).select("bare", "node", *(f.lit(value).alias(name) for name, value in _LISTS.items()))
    )
    outer = every.select(
        "bare", *(f.col(name).alias(f"outer_{name}") for name in ("node", "written", "read", "prefix", "of_model"))
    )
    pairs = nested(outer, every).where(ends_a_name("around", "bare") | f.col("outer_prefix"))
    read, written = pairs.where("outer_read AND written"), pairs.where("outer_written AND read")
    from_model = f.when(f.col("outer_of_model"), GOT_FROM_MODEL).otherwise(GOT_FROM)
    return [
        _arc(read, "node", GETS, "outer_node"),
        _arc(read, "outer_node", GOT_FROM, "node"),
        _arc(written, "outer_node", GETS, "node"),
        _arc(written, "node", from_model, "outer_node"),
    ]


_LIES = {"written": True, "read": True, "prefix": True}
_LISTS = {"written": False, "read": True, "prefix": False, "of_model": None}


def listed(folder: Folder) -> DataFrame:
    """What manifests list: each entry as `bare`, with the manifest as its `node`."""
    from pyspark.sql import functions as f

    manifests = folder.table("manifests").select("snapshot", "manifest", f.col("place").alias("node"))
    entries = folder.table("manifest_entries").join(manifests, ["snapshot", "manifest"])
    return entries.select(f.concat_ws("/", "folder", "name").alias("bare"), "node").distinct()


def _contents(folder: Folder) -> list[DataFrame]:
    """Between each place and the digests of what was seen there."""
    from pyspark.sql import functions as f

    pins = folder.table("pins").select("place", "digest")
    seen = folder.table("contents").select("place", f.explode("digests").alias("digest")).unionByName(pins)
    forms = f.explode(f.array(bare("place"), f.concat(bare("place"), f.lit("/"))))
    return _both(
        seen.select(forms.alias("place"), f.concat(f.lit("digest "), "digest").alias("digest")), SAME, "place", "digest"
    )


def _names(folder: Folder) -> list[DataFrame]:
    """Between data's name and its place, and from both to the record that says so."""
    rows = folder.table("named_places")
    return [*_both(rows, SAME, "name", "place"), _arc(rows, "place", BESIDE, "record"), _arc(rows, "name", BESIDE, "record")]


def _ids(folder: Folder) -> list[DataFrame]:
    """Between the lives of one name, and between what one account only names and another describes."""
    from pyspark.sql import functions as f

    nodes = folder.table("nodes").where(~is_place("id")).select("id", "kind", "name", "account", "region", "observed")
    lives = nodes.where("id LIKE 'arn:%@%'").select("id", f.regexp_extract("id", "^(.*)@[^@]*$", 1).alias("name"))
    called: list[Column | str] = ["kind", "account", "region", f.lower("name").alias("name")]
    named = nodes.where("NOT observed AND id NOT LIKE 'arn:%'").select(f.col("id").alias("only"), *called).distinct()
    there = nodes.where("observed AND id LIKE 'arn:%'").select("id", *called).distinct()
    same = there.join(f.broadcast(named), ["kind", "account", "region", "name"])
    return [*_both(lives, SAME, "id", "name"), *_both(same, SAME, "id", "only")]
