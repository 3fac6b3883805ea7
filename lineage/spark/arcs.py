"""From which nodes which others are needed: the edges of all exports in both directions, and what only shows across exports.

An arc leads from a node to another one, and its word says how. Across exports, places share keys, objects have one content,
data has a name in one account and a place in another, and a thing is named in one account and described in another.

Nodes and words are numbers here: texts would take most of the time and memory.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final

from lineage.domain.kinds import RELATIONS, SERVING
from lineage.graphs.tables import SAID_WRITE
from lineage.spark.places import bare, in_roots_of, is_place, key, nested, with_folders

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
WORDS: Final = (
    DOWN, SERVES, BELONGS, WRITTEN_BY, RECORDED, TAKES_MODEL, TAKES, MADE_OF, BESIDE, GETS, GOT_FROM, GOT_FROM_MODEL, SAME,
    LISTED,
)  # fmt: skip
TO_SERVER: Final = len(WORDS)
"""What is added to the number of a word where the arc leads to an endpoint, its config or an inference component."""
_SERVERS = (":endpoint/", ":endpoint-config/", ":inference-component/")
_DOWNWARD = [
    name for name, relation in RELATIONS.items() if relation.flows or name in ("recorded-by", "associated", "mentions")
]
_READS, _WRITES = ("reads", "may-read", "loads", "mentions"), ("writes", "may-write")


def arcs(folder: Folder, places: DataFrame) -> DataFrame:
    """All arcs, as `node`, `arc` and `other`, with the `places_of` the folder.

    Those of one export are in one part of the frame, in the order of `node`.
    """
    edges = folder.table("edges").where("NOT (relation = 'overlaps' AND evidence = 'content')")
    every = [_of_edges(edges), _from_writers(edges), *_shared(places), _contents(folder), _names(folder), *_ids(folder)]
    parts = min(len(folder.exports), 4 * folder.spark.sparkContext.defaultParallelism)
    all_arcs = reduce(lambda one, other: one.unionByName(other), every).where("node != other")
    return all_arcs.repartition(parts, "snapshot").sortWithinPartitions("node").drop("snapshot")


def _number(word: str) -> Column:
    from pyspark.sql import functions as f

    return f.lit(WORDS.index(word)).cast("tinyint")


def _arc(node: Column, arc: Column, other: Column) -> Column:
    """An arc from one node to another one, if it has a word."""
    from pyspark.sql import functions as f

    return f.struct(node.alias("node"), arc.alias("arc"), other.alias("other"))


def _each(rows: DataFrame, *every: Column) -> DataFrame:
    """Some arcs of each row; those without a word are none."""
    from pyspark.sql import functions as f

    found = rows.select("snapshot", f.explode(f.array(*every)).alias("one")).where("one.arc IS NOT NULL")
    return found.select("snapshot", "one.node", "one.arc", "one.other")


def _both(one: Column, word: str, other: Column) -> tuple[Column, Column]:
    return _arc(one, _number(word), other), _arc(other, _number(word), one)


def _of_edges(edges: DataFrame) -> DataFrame:
    """The arcs of each edge: down, up, and to the manifest that lists what is read."""
    from pyspark.sql import functions as f

    source, target = key(f.col("source")), key(f.col("target"))
    lists = f.col("listing").isNotNull() | (f.col("span") == "manifest")
    return _each(
        edges.withColumns({"one": source, "other": target}),
        _arc(f.col("one"), _to("target", _down()), f.col("other")),
        _arc(f.col("other"), _to("source", _up()), f.col("one")),
        _arc(f.col("other"), f.when(lists, _number(LISTED)), f.col("one")),
    )


def _to(end: str, word: Column) -> Column:
    """A word, or its variant for arcs to what serves."""
    from pyspark.sql import functions as f

    serves = reduce(lambda one, other: one | other, map(f.col(end).contains, _SERVERS)) & ~is_place(end)
    return (word + f.when(serves, TO_SERVER).otherwise(0)).cast("tinyint")


def _carries_model() -> Column:
    """Whether an edge leads from a model's parts to what is made of them, or runs them."""
    from pyspark.sql import functions as f

    return f.col("relation").isin(*SERVING) & ((f.col("relation") != "provides") | (f.col("usage") == "model"))


def _down() -> Column:
    from pyspark.sql import functions as f

    serves = _carries_model() | ((f.col("usage") == "model") & ~is_place("source"))
    belongs = f.when(f.col("relation") == "member-of", _number(BELONGS))
    return belongs.when(serves, _number(SERVES)).when(f.col("relation").isin(_DOWNWARD), _number(DOWN))


def _from_writers(edges: DataFrame) -> DataFrame:
    """From each place that a thing wrote to the records whose texts name that thing: a join mentions the place in them."""
    from pyspark.sql import functions as f

    named = edges.where("relation = 'may-take'").select(
        "snapshot", f.col("source").alias("thing"), f.col("target").alias("record")
    )
    wrote = edges.where(f.expr(SAID_WRITE) & is_place("target")).select(f.col("source").alias("thing"), "target").distinct()
    rows = wrote.join(f.broadcast(named.distinct()), "thing")
    return _each(rows, _arc(key(f.col("target")), _to("record", _number(DOWN)), key(f.col("record"))))


def _up() -> Column:
    from pyspark.sql import functions as f

    model = _carries_model() | (f.col("usage") == "model")
    return (
        f.when(is_place("target"), _number(WRITTEN_BY))
        .when(f.col("relation") == "recorded-by", _number(RECORDED))
        .when(is_place("source"), f.when(model, _number(TAKES_MODEL)).otherwise(_number(TAKES)))
        .otherwise(f.when(model, _number(MADE_OF)).otherwise(_number(BESIDE)))
    )


# --- places that share keys -----------------------------------------------------------------------


def _shared(every: DataFrame) -> list[DataFrame]:
    """Between the places that share keys: from what is written to what is read, and back."""
    from pyspark.sql import functions as f

    outer = every.select(
        *(f.col(name).alias(f"outer_{name}") for name in ("node", "written", "read", "of_model")), "bare", "wide"
    )
    around = outer.withColumn("folder", f.xxhash64("bare")).drop("bare", "wide")
    inner = with_folders(every, itself=True).withColumn("folder", f.xxhash64("folder"))
    in_folders = inner.select("snapshot", "node", "written", "read", "folder").join(around, "folder")
    wide = outer.where("wide").drop("wide")
    like = nested(wide, in_roots_of(every.select("snapshot", "bare", "node", "written", "read"), wide))
    return [_between(pairs) for pairs in (in_folders, like)]


def _between(pairs: DataFrame) -> DataFrame:
    from pyspark.sql import functions as f

    read, written = f.col("outer_read") & f.col("written"), f.col("outer_written") & f.col("read")
    from_model = f.when(f.col("outer_of_model"), _number(GOT_FROM_MODEL)).otherwise(_number(GOT_FROM))
    node, outer = f.col("node"), f.col("outer_node")
    return _each(
        pairs.where((node != outer) & (read | written)),
        _arc(node, f.when(read, _number(GETS)), outer),
        _arc(outer, f.when(read, _number(GOT_FROM)), node),
        _arc(outer, f.when(written, _number(GETS)), node),
        _arc(node, f.when(written, from_model), outer),
    )


def places_of(folder: Folder) -> DataFrame:
    """What is written and read, and which of it is `wide`: also what only begins like it is in it.

    A place may be there several times: what is true of one row is true of it.
    """
    from pyspark.sql import functions as f

    def rows(table: DataFrame, place: str, node: Column, **told: Column | bool) -> DataFrame:
        known = {name: value if not isinstance(value, bool) else f.lit(value) for name, value in told.items()}
        return table.select(
            "snapshot", bare(place).alias("bare"), node.alias("node"), *(one.alias(name) for name, one in known.items())
        )

    whole = f.array(f.lit("object"), f.lit("folder"))
    begins = f.array_contains("read_spans", "prefix") | (f.size(f.array_except("written_spans", whole)) > 0)
    wide = begins & ~f.col("place").endswith("/")
    place, target = key(f.col("place")), key(f.col("target"))
    models = folder.table("edges").where("relation = 'writes' AND usage = 'model'")
    every = [
        rows(folder.table("places"), "place", place, written=f.col("written"), read=f.col("read"), wide=wide, of_model=False),
        rows(models, "target", target, written=True, read=False, wide=False, of_model=True),
        rows(folder.table("named_places"), "place", place, written=True, read=True, wide=True, of_model=False),
        rows(listed(folder), "bare", key(f.col("node")), written=False, read=True, wide=False, of_model=False),
    ]
    return reduce(lambda one, other: one.unionByName(other), every)


def listed(folder: Folder) -> DataFrame:
    """What manifests list: each entry as `bare`, with the manifest as its `node`."""
    from pyspark.sql import functions as f

    manifests = folder.table("manifests").select("snapshot", "manifest", f.col("place").alias("node"))
    entries = folder.table("manifest_entries").join(f.broadcast(manifests), ["snapshot", "manifest"])
    return entries.select("snapshot", f.concat_ws("/", "folder", "name").alias("bare"), "node")


# --- what is the same -----------------------------------------------------------------------------


def _contents(folder: Folder) -> DataFrame:
    """Between each place and the digests of what was seen there."""
    from pyspark.sql import functions as f

    pins = folder.table("pins").select("snapshot", "place", "digest")
    seen = folder.table("contents").select("snapshot", "place", f.explode("digests").alias("digest")).unionByName(pins)
    return _each(seen, *_both(key(f.col("place")), SAME, f.xxhash64(f.concat(f.lit("digest "), "digest"))))


def _names(folder: Folder) -> DataFrame:
    """Between data's name and its place, and from both to the record that says so."""
    from pyspark.sql import functions as f

    name, place, record = (key(f.col(column)) for column in ("name", "place", "record"))
    says = [_arc(one, _to("record", _number(BESIDE)), record) for one in (place, name)]
    return _each(folder.table("named_places"), *_both(name, SAME, place), *says)


def _ids(folder: Folder) -> list[DataFrame]:
    """Between the lives of one name, and between what one account only names and another describes."""
    from pyspark.sql import functions as f

    nodes = (
        folder.table("nodes").where(~is_place("id")).select("snapshot", "id", "kind", "name", "account", "region", "observed")
    )
    lives = nodes.where("id LIKE 'arn:%@%'").select("snapshot", "id", f.regexp_extract("id", "^(.*)@[^@]*$", 1).alias("name"))
    called: list[Column | str] = ["kind", "account", "region", f.lower("name").alias("name")]
    named = nodes.where("NOT observed AND id NOT LIKE 'arn:%'").select(f.col("id").alias("only"), *called).distinct()
    there = nodes.where("observed AND id LIKE 'arn:%'").select("snapshot", "id", *called)
    same = there.join(f.broadcast(named), ["kind", "account", "region", "name"])
    return [_alike(lives, "id", "name"), _alike(same, "id", "only")]


def _alike(rows: DataFrame, one: str, other: str) -> DataFrame:
    from pyspark.sql import functions as f

    here, there = key(f.col(one)), key(f.col(other))
    return _each(rows, _arc(here, _to(other, _number(SAME)), there), _arc(there, _to(one, _number(SAME)), here))
