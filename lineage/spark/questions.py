"""Bulk questions about a folder of Parquet: what a batch of subjects needs is found by Spark, and judged by the local code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property, partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING

from lineage.domain.canonical import canonical
from lineage.domain.kinds import TRAINING_JOB
from lineage.domain.records import Json, decoded
from lineage.graphs.counts import READERS, TELLING
from lineage.graphs.nodes import attributed
from lineage.queries.impact import impact as impact_of
from lineage.queries.used import used_all
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.rows import NODE
from lineage.spark.arcs import arcs, listed, places_of
from lineage.spark.estate import Estate, Facts, silent_gaps
from lineage.spark.expected import Expected, Places, places_in
from lineage.spark.frontier import LEFT_OPEN, REACHED, STATES, grown
from lineage.spark.numbers import numbers_of
from lineage.spark.parts import NAMED, SUBJECT, Rows, Shared, packed, part_of
from lineage.spark.places import bare, in_folders_of, in_roots_of, is_place, key, nested, root
from lineage.spark.subjects import Subject, Subjects, subjects_in
from lineage.spark.tables import Folder, arrow_schema, told_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

Told = Callable[[str], None]
Judge = Callable[[Snapshot, list[str]], Iterator[Json]]
BATCH = 1000  # subjects that are judged together
_FEW = 2_000_000  # numbers that each task can hold: records are then found without moving them
_FACTS, _EACH = -1, -2  # the batch that is about no subject, and what each of the others needs
_GAP = "struct<account:string,region:string,operation:string,subject:string,reason:string,detail:string>"
_LINK = "struct<source:string,target:string,relation:string,role:string,usage:string,path:string,evidence:string,time:string>"
USED = f"""number int, subject string, uri string, verdict string, named boolean, findings int, job string, job_kind string,
    channel string, location string, cover string, evidence array<{_LINK}>, holes array<{_GAP}>, caveats array<string>,
    answer string"""
IMPACT = f"""number int, subject string, uri string, verdict string, named boolean, reached int, serving array<string>,
    may_serve array<string>, evidence array<{_LINK}>, holes array<{_GAP}>, caveats array<string>, answer string"""


def used(
    spark: SparkSession,
    folder: str | Path,
    subjects: Subjects,
    *,
    accounts: Iterable[str] = (),
    regions: Iterable[str] = (),
    expected: Expected = (),
    batch: int = BATCH,
    on_progress: Told = lambda _: None,
) -> DataFrame:
    """`used` of each subject, over all accounts of a folder of Parquet: a row for each, with the columns `USED`.

    `subjects` are S3 URIs: a list, the path of a file with one in a line, or a DataFrame with one column. `batch` subjects are
    judged together. `expected` are accounts and regions that the folder should hold: where it lacks one, no answer is a no.
    Raises `LineageError` for a folder that is not whole, and `MalformedName`.
    """
    judge = partial(_usages, accounts=tuple(accounts), regions=tuple(regions))
    return _asked(_Asking(spark, folder, subjects, places_in(expected), batch, on_progress), judge, USED, served=False)


def impact(
    spark: SparkSession,
    folder: str | Path,
    subjects: Subjects,
    *,
    expected: Expected = (),
    batch: int = BATCH,
    on_progress: Told = lambda _: None,
) -> DataFrame:
    """`impact` of each subject, over all accounts of a folder of Parquet: a row for each, with the columns `IMPACT`.

    `subjects` and `expected` are as for `used`. Raises `LineageError` for a folder that is not whole, and `MalformedName`.
    """
    return _asked(_Asking(spark, folder, subjects, places_in(expected), batch, on_progress), _impacts, IMPACT, served=True)


def _usages(snapshot: Snapshot, uris: list[str], *, accounts: tuple[str, ...], regions: tuple[str, ...]) -> Iterator[Json]:
    for answer in used_all(snapshot, uris, accounts=accounts, regions=regions):
        told = answer.as_json()
        first = next(iter(answer.findings), None)
        yield _shown(told) | {
            "findings": len(answer.findings),
            "job": first and first["job"]["id"],
            "job_kind": first and first["job"]["kind"],
            "channel": first and first["channel"],
            "location": first and first["location"],
            "cover": first and first["cover"],
            "evidence": first["evidence"] if first else [],
        }


def _impacts(snapshot: Snapshot, uris: list[str]) -> Iterator[Json]:
    for uri in uris:
        answer = impact_of(snapshot, uri)
        yield _shown(answer.as_json()) | {
            "reached": len(answer.reached),
            "serving": answer.serving,
            "may_serve": [one["id"] for one in answer.may_serve],
            "evidence": answer.reached[0]["evidence"] if answer.reached else [],
        }


def _shown(told: Json) -> Json:
    """What each question tells of an answer."""
    return {
        "uri": told["subject"]["id"],
        "verdict": told["verdict"],
        "named": told["named"],
        "holes": told["scope"]["holes"],
        "caveats": told["caveats"],
        "answer": canonical(told),
    }


# --- what is asked --------------------------------------------------------------------------------


class _Asking:
    """A bulk question under way."""

    def __init__(
        self, spark: SparkSession, folder: str | Path, subjects: Subjects, expected: Places, batch: int, on_progress: Told
    ) -> None:
        self.subjects = subjects_in(subjects)
        self.expected = expected
        self.folder = Folder(spark, folder)
        self.estate = Estate(self.folder)
        self.tell = on_progress
        self.spark = spark
        self.several = len(self.folder.exports) > 1
        inside = sorted(self.subjects, key=lambda one: one.place.uri)  # neighbours need the same records
        self.batches = {one.number: number // batch for number, one in enumerate(inside)}

    def rows(self) -> list[tuple[int, int, str, str]]:
        """Each subject, as batch, number, text and bare name."""
        return [(self.batches[one.number], one.number, one.given, _bare(one)) for one in self.subjects]

    def seeds(self, *, served: bool) -> DataFrame:
        """What the question starts from, in each batch: places that share keys with a subject, and what could hide a use."""
        own = [_seeds(self.near), *self._behind_access_points(), *([self._facts_seeds()] if self.several else [])]
        return reduce(lambda one, other: one.unionByName(other), [*own, *self._for_each(served=served)])

    def _for_each(self, *, served: bool) -> list[DataFrame]:
        """What could hide a use of any subject."""
        from pyspark.sql import functions as f

        each = f.lit(_EACH).alias("batch")
        opaque = self.folder.table("edges").where("opaque").select(each, f.col("source").alias("node"))
        open_ = self.folder.table("nodes").where("unexplained").select(each, f.col("id").alias("node"))
        return [_seeds(opaque), *([_seeds(open_, LEFT_OPEN)] if served else [])]

    @cached_property
    def near(self) -> DataFrame:
        """The places, and the manifests that list some, that share keys with the subjects of each batch."""
        asked = (
            self.spark.createDataFrame(self.rows(), "batch int, number int, given string, bare string")
            .select("batch", "bare")
            .distinct()
        )
        return near(asked, self.folder).persist()

    def _behind_access_points(self) -> list[DataFrame]:
        """An access point hides its bucket, so any place may be behind it."""
        from pyspark.sql import functions as f

        hidden = {self.batches[one.number] for one in self.subjects if one.place.hides_bucket}
        places = self.folder.table("places").select(f.col("place").alias("node"))
        nodes = places.unionByName(self.folder.table("manifests").select(f.col("place").alias("node"))).distinct()
        return [_seeds(nodes.select(f.lit(one).alias("batch"), "node")) for one in sorted(hidden)]

    def _facts_seeds(self) -> DataFrame:
        """What shows which jobs are silent, and what may be hidden by what is unread."""
        from pyspark.sql import functions as f

        nodes, edges = self.folder.table("nodes"), self.folder.table("edges")
        unread = nodes.where("unread IS NOT NULL").select("id")
        kinds = [kind for kind in READERS if kind != TRAINING_JOB.name]
        says = edges.where(TELLING)
        some = nodes.where(f.col("kind").isin(kinds) & f.col("observed") & ~f.col("silent")).select("id").distinct()
        telling = says.select(f.col("target").alias("id")).join(f.broadcast(some), "id", "left_semi").distinct()
        quiet = some.join(telling, "id", "left_anti").persist()
        named = edges.where("relation = 'mentions'").join(
            f.broadcast(quiet.select(f.col("id").alias("target"))), "target", "left_semi"
        )
        places = named.where(is_place("source")).select(f.lit(_FACTS).alias("batch"), bare("source").alias("bare")).distinct()
        reached = unread.unionByName(quiet).select(f.lit(_FACTS).alias("batch"), f.col("id").alias("node"))
        return _seeds(reached.unionByName(near(places, self.folder)))


def _seeds(rows: DataFrame, state: str = REACHED) -> DataFrame:
    """Nodes by batch as what is needed first, with the columns `NEW`."""
    from pyspark.sql import functions as f

    return rows.select("batch", key(f.col("node")).alias("node"), f.lit(STATES.index(state)).cast("tinyint").alias("state"))


def near(asked: DataFrame, folder: Folder) -> DataFrame:
    """The places, and the manifests that list some, that share keys with those of some batches."""
    from pyspark.sql import functions as f

    nodes = folder.table("nodes").where(is_place("id")).select(bare("id").alias("bare"), f.col("id").alias("node"))
    places = in_roots_of(nodes.unionByName(listed(folder).select("bare", "node")), asked)
    inside = nested(asked, places).select("batch", "node")
    around = nested(in_folders_of(places, asked), asked).select("batch", "node")
    return inside.unionByName(around).distinct()


def _bare(subject: Subject) -> str:
    return subject.place.uri.rstrip("/")


# --- how it is answered ---------------------------------------------------------------------------


def _asked(asking: _Asking, judge: Judge, schema: str, *, served: bool) -> DataFrame:
    asking.tell("reading what was looked at")
    read = asking.estate.scope
    scope = replace(read, places=read.places | asking.expected)
    asking.tell("joining what is needed")
    rows = _rows(asking, _needed(asking, served=served)).persist()
    asking.tell("judging")
    shared = Shared(asking.estate.crawls.numbers, asking.estate.crawls.started, scope)
    facts = _facts(asking, rows, shared)
    whole = Shared(shared.numbers, shared.started, facts.scope(scope), facts.unseen)
    given = {one.number: one.given for one in asking.subjects}
    arrow = arrow_schema(schema)
    answer = lambda table: _judged(judge, whole, given, arrow, table)  # noqa: E731  (Spark would read the types of a function)

    return rows.where(f"batch != {_FACTS}").groupBy("batch").applyInArrow(answer, schema)


def _needed(asking: _Asking, *, served: bool) -> DataFrame:
    """All nodes that are needed, by the arcs of this run: nothing of an earlier one is used."""
    places = places_of(asking.folder).persist()
    all_arcs = arcs(asking.folder, places).persist()
    needed = grown(all_arcs, asking.seeds(served=served), lambda number: asking.tell(f"joining what is needed, step {number}"))
    for kept in (all_arcs, places):
        kept.unpersist()
    return needed


def _rows(asking: _Asking, needed: DataFrame) -> DataFrame:
    """All rows that each batch needs, as `batch`, `what`, `number` and `text`."""
    from pyspark.sql import functions as f

    folder = asking.folder
    subjects = asking.spark.createDataFrame(
        [(batch, SUBJECT, number, given) for batch, number, given, _ in asking.rows()],
        "batch int, what string, number int, text string",
    )
    wanted = _wanted(asking, needed)

    def of(table: str, ids: Column) -> DataFrame:
        return folder.table(table).withColumn("end", f.explode(ids)).withColumn("node", key(f.col("end"))).join(wanted, "node")

    records = of("records", f.concat(f.array("id"), f.coalesce("ends", f.array().cast("array<string>"))))
    contents, manifests = of("contents", f.array("place")), of("manifests", f.array("place"))
    entries = folder.table("manifest_entries").join(manifests.select("batch", "snapshot", "manifest"), ["snapshot", "manifest"])
    tables = [
        _of("records", records.select("batch", packed("records").alias("text"))),
        _of("contents", contents.select("batch", packed("contents").alias("text"))),
        _of("manifests", manifests.select("batch", packed("manifests").alias("text"))),
        _of("manifest_entries", entries.select("batch", packed("manifest_entries").alias("text"))),
        _of(NAMED, asking.near.where(is_place("node")).select("batch", f.col("node").alias("text"))),
        _of(NAMED, _buckets(asking)),
    ]
    return reduce(lambda one, other: one.unionByName(other), [subjects, *tables])


def _wanted(asking: _Asking, needed: DataFrame) -> DataFrame:
    """The numbers of all nodes whose records each batch needs, as `batch` and `node`."""
    from pyspark.sql import functions as f

    batches = asking.spark.createDataFrame([(_EACH, one) for one in sorted({*asking.batches.values()})], "batch int, one int")
    each = needed.join(f.broadcast(batches), "batch", "left")
    wanted = each.select(f.coalesce("one", "batch").alias("batch"), "node").distinct().persist()
    return f.broadcast(wanted) if wanted.count() <= _FEW else wanted


def _of(what: str, rows: DataFrame) -> DataFrame:
    """Rows of a batch. Some may be there twice: each is read once."""
    from pyspark.sql import functions as f

    return rows.select("batch", f.lit(what).alias("what"), f.lit(0).alias("number"), "text")


def _buckets(asking: _Asking) -> DataFrame:
    """A place in the bucket of each subject, if records name any."""
    from pyspark.sql import functions as f

    roots = [(asking.batches[one.number], one.place.root) for one in asking.subjects]
    asked = asking.spark.createDataFrame(sorted({*roots}), "batch int, root string")
    nodes = asking.folder.table("nodes").where(is_place("id")).select("id", root("id").alias("root"))
    first = (
        nodes.join(f.broadcast(asked.select("root").distinct()), "root", "left_semi")
        .groupBy("root")
        .agg(f.min("id").alias("text"))
    )
    return asked.join(first, "root").select("batch", "text")


def _facts(asking: _Asking, rows: DataFrame, shared: Shared) -> Facts:
    """What only all accounts together tell. Of one export, it was found by its own join."""
    folder = asking.folder
    nodes = folder.table("nodes")
    silent = {tuple(row) for row in nodes.where("silent").select("id", "kind", "name", "account", "region").collect()}
    counts = numbers_of(folder)
    wanted = rows.where(f"batch = {_FACTS}") if asking.several else None
    unread = nodes.where("unread IS NOT NULL")
    if wanted is None:
        rows_of = (tuple(row[name] for name in NODE.split(", ")) for row in told_rows("nodes", unread.toArrow().to_pylist()))
        return Facts(silent_gaps(list(silent)), dict(attributed(sorted(rows_of))), counts)
    known = {row[0] for row in unread.select("id").distinct().collect()}
    find = lambda table: _facts_told(shared, table)  # noqa: E731  (Spark would read the types of a function)
    told = wanted.groupBy("batch").applyInArrow(find, "what string, text string").collect()
    silent |= {tuple(decoded(text)) for what, text in told if what == "silent"}
    rows_known = sorted(tuple(decoded(text)) for what, text in told if what == "unread")
    unseen = dict(attributed(row for row in rows_known if row[0] in known))
    return Facts(silent_gaps(list(silent)), unseen, counts)


def _facts_told(shared: Shared, table: pa.Table) -> pa.Table:
    import pyarrow as pa

    columns = table.to_pydict()
    with part_of(Rows.read(columns["what"], columns["number"], columns["text"]), shared) as snapshot:
        silent = [("silent", canonical(list(row))) for row in snapshot.silent_rows()]
        unread = [("unread", canonical(list(row))) for row in snapshot.unread_rows()]
    what, text = zip(*silent, *unread, strict=True) if silent or unread else ((), ())
    return pa.table({"what": pa.array(what, pa.string()), "text": pa.array(text, pa.string())})


def _judged(judge: Judge, shared: Shared, given: dict[int, str], schema: pa.Schema, table: pa.Table) -> pa.Table:
    import pyarrow as pa

    columns = table.to_pydict()
    rows = Rows.read(columns["what"], columns["number"], columns["text"])
    with part_of(rows, shared) as snapshot:
        answers = judge(snapshot, [uri for _, uri in rows.subjects])
        told = [
            {"number": number, "subject": given[number]} | answer
            for (number, _), answer in zip(rows.subjects, answers, strict=True)
        ]
    return pa.Table.from_pylist(told, schema=schema)
