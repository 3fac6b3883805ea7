"""What S3 said about the content of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable

from lineage.domain.records import Content
from lineage.domain.status import COMPLETED
from lineage.domain.times import sortable
from lineage.snapshot.tables import WrittenTables


class WrittenContents(WrittenTables):
    """What S3 said, while a crawl adds to it."""

    def unmatched_models(self) -> list[tuple[str, str, str]]:
        """Each place of a loaded model that may be a copy, or is pinned, with the account and region of its reader.

        Only a completed job certainly wrote that very place. After a job that wrote a folder around it, or was stopped,
        somebody may have copied a model over its output.
        """
        written = f"""EXISTS (SELECT 1 FROM edge AS made JOIN node AS maker ON maker.id = made.source
            WHERE made.target IN (edge.source, edge.source || '/', rtrim(edge.source, '/')) AND made.relation = 'writes'
            AND made.evidence = 'declared' AND lower(maker.status) IN {COMPLETED}
            AND made.closes != '' AND rtrim(made.closes, 'Z') <= rtrim(edge.opens, 'Z'))"""  # noqa: S608  (our own words)
        asked = f"(json_extract(node.details, '$.pins') IS NOT NULL OR NOT {written})"
        return self._models("edge.source", "target", f"relation = 'loads' AND instr(edge.source, '://') AND {asked}")

    def written_models(self, until: str) -> list[tuple[str, str, str]]:
        """Each place where jobs created until a time wrote a model, with the account and region of a job."""
        made = "relation = 'writes' AND usage = 'model' AND ifnull(rtrim(created, 'Z'), '') <= ?"
        return self._models("target", "source", made, sortable(until))

    def latest_original(self, places: Iterable[str]) -> str:
        """The latest start of a job whose model may have been copied to one of these places; empty if unknown.

        A copy is put to its place after its original: S3 tells when. What a record pins was there when the record was
        made. For anything else no content is known.
        """
        sql = """SELECT max(at) FROM (
            SELECT max(modified) AS at FROM content WHERE place = :place AND digests != '[]'
            UNION ALL SELECT max(coalesce(modified, created, '~')) FROM edge
            JOIN node ON node.id = edge.target AND json_extract(details, '$.pins') IS NOT NULL
            WHERE source = :place AND relation = 'loads')"""
        found = (self._db.execute(sql, {"place": place}).fetchone()[0] for place in places)
        return max(filter(None, found), default="")

    def _models(self, place: str, record: str, where: str, *values: str) -> list[tuple[str, str, str]]:
        sql = f"""SELECT {place}, account, region, min(node.id) FROM edge JOIN node ON node.id = edge.{record}
                  WHERE observed AND span IS NOT NULL AND {where} GROUP BY {place} ORDER BY {place}"""  # noqa: S608
        return [row[:3] for row in self._db.execute(sql, values)]

    def known_contents(self) -> frozenset[str]:
        """The places whose digests were asked for after their last read or write."""
        later = """SELECT 1 FROM edge WHERE iif(relation = 'loads' AND closes = '', '~', rtrim(closes, 'Z')) > rtrim(seen, 'Z')
                   AND (target = place AND relation = 'writes' OR source = place AND relation IN ('loads', 'reads'))"""
        rows = self._db.execute(f"SELECT place FROM content WHERE NOT EXISTS ({later})")  # noqa: S608  (our own words)
        return frozenset(row[0] for row in rows)

    def keep_content(self, content: Content) -> None:
        """Store what S3 said about an object, in addition to earlier versions of the object."""
        row = (content.place, content.modified, json.dumps(list(content.digests)), content.seen)
        self._db.execute("INSERT OR REPLACE INTO content VALUES (?,?,?,?)", row)
        self.note_changed("digests", content.place)
