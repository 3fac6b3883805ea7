"""What is known of all accounts of a folder before any subject is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lineage.domain.lists import MAY_TRAIN, Lists, Ran, followed, standing
from lineage.domain.names import is_arn, named_id, named_parts
from lineage.domain.opaque import silence
from lineage.domain.records import CLOUDTRAIL, Counts, Enumeration, Gap, Json, Scope
from lineage.domain.sightings import EVER, NEVER
from lineage.domain.status import OVER
from lineage.domain.times import utc
from lineage.graphs.nodes import Attributes
from lineage.spark.places import is_place
from lineage.spark.scope import (
    Crawls,
    Elsewhere,
    Read,
    counted,
    crawls_of,
    enumerations_of,
    last_read,
    scope_of,
    training_counts,
)
from lineage.spark.tables import Folder

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class Estate:
    """All accounts of a folder."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    @cached_property
    def crawls(self) -> Crawls:
        """The crawls of all exports."""
        return crawls_of(self.folder.rows("crawls"), [export.id for export in self.folder.exports])

    @cached_property
    def scope(self) -> Scope:
        """What was looked at; without silent jobs and counts."""
        every = enumerations_of(self.folder.rows("enumerations"), self.crawls.numbers)
        gaps = list(self.folder.rows("gaps"))
        return scope_of(self.crawls, every, self._standing(every), gaps, self._elsewhere(gaps), self._known(gaps))

    def _standing(self, every: list[Enumeration]) -> Lists:
        """Which lists prove a "no": jobs are only asked for if in some place not all lists are of the last crawl."""
        lists = [one for one in every if one.kind != CLOUDTRAIL]
        return standing(lists, self._ran() if followed(lists, self.crawls.crawls) else [])

    def _ran(self) -> list[Ran]:
        """What each crawl of each export found of jobs that train."""
        from pyspark.sql import functions as f

        until = f.expr(f"CASE WHEN lower(status) IN {OVER} THEN trim(TRAILING 'Z' FROM modified) END")
        records = self.folder.table("records").where(f.col("kind").isin(*MAY_TRAIN)).withColumn("until", until)
        last = f.when(f.count("*") == f.count("until"), f.max("until")).otherwise("").alias("last")
        rows = records.groupBy("account", "region", "snapshot", "first_crawl").agg(last).collect()
        numbers = self.crawls.numbers
        return [Ran(row.account, row.region, numbers[row.snapshot, row.first_crawl], row.last) for row in rows]

    def _known(self, gaps: list[Json]) -> frozenset[str]:
        """The subjects of gaps that have a record in any export."""
        if not gaps:
            return frozenset()
        nodes = self.folder.table("nodes").where("observed").select("id")
        asked = self._frame([(gap["subject"],) for gap in gaps], "id string").distinct()
        return frozenset(row[0] for row in nodes.join(asked, "id", "left_semi").distinct().collect())

    def _elsewhere(self, gaps: list[Json]) -> Elsewhere:
        """The gaps about what another export holds: the one that read the record last read all of it, and nothing has named
        the record since. So `merge` closes them, too.
        """
        if len(self.folder.exports) < 2 or not gaps:
            return frozenset()
        reads = self._reads({gap["subject"] for gap in gaps})
        ever = ((gap["snapshot"], last_read(reads[gap["subject"]], EVER)) for gap in gaps)
        in_part = {(one.id, export) for export, one in ever if one}
        found = {}
        for gap in gaps:
            one = last_read(reads[gap["subject"]], gap["asked"]) if gap["asked"] else None
            if one and (one.id, one.export) not in in_part:
                found[gap["snapshot"], gap["subject"]] = one
        named = self._named({form for (_, subject), one in found.items() for form in (subject, one.id, one.named)})
        return frozenset(
            (export, subject)
            for (export, subject), one in found.items()
            if not any(named.get(form, NEVER) > self._began(one) for form in (subject, one.id, one.named))
        )

    def _began(self, read: Read) -> str:
        return self.crawls.started[read.crawl].rstrip("Z")

    def _reads(self, subjects: set[str]) -> dict[str, list[Read]]:
        """The reads of the records of some ids, also of those that only have a name, in all exports."""
        from pyspark.sql import functions as f

        found: dict[str, list[Read]] = defaultdict(list)
        columns = ["kind", "account", "region"]
        records = self.folder.table("records").select("id", *columns, "name", "created", "last_crawl", "snapshot")
        by_id = self._frame([(one, one) for one in subjects], "subject string, id string")
        named = [(one, *named_parts(one)) for one in subjects if not is_arn(one)]
        by_name = self._frame(
            [(*row[:-1], row[-1].lower()) for row in named], f"subject string, {' string, '.join(columns)} string, lower string"
        )
        for asked, on in ((by_id, ["id"]), (by_name, [*columns, "lower"])):
            rows = records.withColumn("lower", f.lower("name")).join(f.broadcast(asked), on)
            for row in rows.select("subject", *records.columns).collect():
                crawl = self.crawls.numbers[row.snapshot, row.last_crawl]
                form = named_id(row.kind, row.account, row.region, row.name)
                found[row.subject].append(Read(row.id, form, row.created, crawl, row.snapshot))
        return found

    def _named(self, ids: set[str]) -> dict[str, str]:
        """When records that name some ids, or that these name, last changed; `EVER` if that is unknown."""
        from pyspark.sql import functions as f

        edges = self.folder.table("edges")
        ends = [
            edges.select(f.col(one).alias("form"), f.col(other).alias("id"))
            for one, other in (("source", "target"), ("target", "source"))
        ]
        asked = f.broadcast(self._frame([(one,) for one in ids], "form string"))
        beside = ends[0].unionByName(ends[1]).join(asked, "form").distinct()
        nodes = self.folder.table("nodes").where(f.col("observed") & ~is_place("id"))
        said = f.coalesce("modified_text", f.when(f.col("modified").isNull(), f.col("created_text")))
        known = nodes.select("id", f.coalesce("modified", "created").alias("at"), said.isNotNull().alias("odd"))
        rows = known.join(beside, "id").groupBy("form")
        last = rows.agg(f.max("at").alias("at"), f.max(f.col("odd") | f.col("at").isNull()).alias("odd")).toArrow().to_pylist()
        return {row["form"]: EVER if row["odd"] else utc(row["at"]).rstrip("Z") for row in last}

    def _frame(self, rows: list[tuple[str, ...]], schema: str) -> DataFrame:
        return self.folder.spark.createDataFrame(rows, schema)


@dataclass(frozen=True, slots=True)
class Facts:
    """What only all accounts together tell: jobs that do not say what they read, and things that are named and unread."""

    silent: tuple[Gap, ...]
    unseen: Mapping[str, Attributes]
    counts: Mapping[tuple[str, str], Counts]

    def scope(self, scope: Scope) -> Scope:
        """The whole scope."""
        told = counted(scope, self.counts)
        return replace(scope, silent=self.silent, counted=told, **training_counts(one.counts for one in told))


def silent_gaps(rows: list[tuple[str, ...]]) -> tuple[Gap, ...]:
    """The gaps of silent jobs: each by id, kind, name, account and region."""
    return tuple(silence(*row) for row in sorted(rows))
