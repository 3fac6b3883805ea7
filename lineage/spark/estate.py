"""What is known of all accounts of a folder before any subject is asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from lineage.domain.names import is_arn
from lineage.domain.opaque import silence
from lineage.domain.records import Counts, Gap, Json, Scope
from lineage.graphs.excerpts import Attributes
from lineage.spark.scope import Crawls, Elsewhere, counted, crawls_of, enumerations_of, names_of, scope_of, training_counts
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
        return scope_of(self.crawls, every, gaps, self._elsewhere(gaps), self._known(gaps))

    def _known(self, gaps: list[Json]) -> frozenset[str]:
        """The subjects of gaps that have a record in any export."""
        if not gaps:
            return frozenset()
        nodes = self.folder.table("nodes").where("observed").select("id")
        asked = self._frame([(gap["subject"],) for gap in gaps], "id string").distinct()
        return frozenset(row[0] for row in nodes.join(asked, "id", "left_semi").distinct().collect())

    def _elsewhere(self, gaps: list[Json]) -> Elsewhere:
        """When the records that one account could not read, and another one could, were created."""
        from pyspark.sql import functions as f

        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        if len(self.folder.exports) < 2 or not gaps:
            return found
        records = self.folder.table("records").select("snapshot", "id", "kind", "account", "region", "name", "created")
        there = records.withColumnRenamed("snapshot", "there").withColumn("name", f.lower("name"))
        by_id = self._frame(
            [(gap["snapshot"], gap["subject"], gap["subject"]) for gap in gaps], "snapshot string, subject string, id string"
        )
        named = [(gap["snapshot"], gap["subject"], *names_of(gap["subject"])) for gap in gaps if not is_arn(gap["subject"])]
        columns = ["kind", "account", "region", "name"]
        by_name = self._frame(
            [(*row[:-1], row[-1].lower()) for row in named],
            f"snapshot string, subject string, {' string, '.join(columns)} string",
        )
        for asked, on in ((by_id, ["id"]), (by_name, columns)):
            pairs = there.join(asked.distinct(), on).where("there != snapshot").select("snapshot", "subject", "created")
            for snapshot, subject, created in pairs.distinct().collect():
                found[snapshot, subject].append(created)
        return found

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
