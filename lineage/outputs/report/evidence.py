"""The evidence behind an answer: each edge with the field that says so, and each record by its digest."""

from __future__ import annotations

from operator import itemgetter

from lineage.domain.records import Crawl, Json
from lineage.outputs.report.reading import Kept
from lineage.queries.trace import Trace
from lineage.snapshot.records import Version

METHODS = {
    "declared": "a field of the record names it",
    "matched": "two fields name locations that overlap",
    "allowed": "a field gives the job the place to write to, and nothing says that it did",
    "logged": "a text that people may write names it",
    "content": "two places were seen to hold the same content",
}


def evidence(trace: Trace, kept: Kept, crawls: dict[int, Crawl]) -> list[Json]:
    """Each edge: what it says, the record and field that say it, the value there, when it was read and how it is known."""
    rows = []
    for edge in trace.evidence:
        key = ("edge", *edge.values(), edge["source"] in trace.nodes, edge["target"] in trace.nodes)
        if key not in kept.rows:
            kept.rows[key] = _edge(trace, edge, kept, crawls)
        rows.append(kept.rows[key])
    return rows


def _edge(trace: Trace, edge: Json, kept: Kept, crawls: dict[int, Crawl]) -> Json:
    record, value = _told_by(trace, edge, kept)
    versions = kept.versions(trace.nodes[record]) if record else []
    last = versions[-1] if versions else None
    crawl = crawls.get(last.last_crawl) if last else None
    names = ("source", "target", "relation", "role", "usage", "path", "time")
    return {name: edge[name] for name in names} | {
        "method": edge["evidence"],
        "record": record,
        "value": value,
        "digest": f"sha256:{last.digest}" if last else None,
        "observed_at": crawl.started if crawl else None,
    }


def _told_by(trace: Trace, edge: Json, kept: Kept) -> tuple[str | None, str]:
    """The end whose record has the field, and the other end, which the field names. An overlap comes from no record."""
    member = str(edge["path"]).partition(".")[0].removesuffix("[]").removesuffix("{}")
    for end, other in ((edge["target"], edge["source"]), (edge["source"], edge["target"])):
        node = trace.nodes.get(end)
        if node and member and member in kept.body(node):
            return end, other
    return None, edge["source"]


def records(trace: Trace, kept: Kept, crawls: dict[int, Crawl]) -> list[Json]:
    """Each record behind the answer, by its digest, with when it was first and last read."""
    rows = []
    for node in trace.nodes.values():
        if versions := kept.versions(node):
            key = ("record", node["id"])
            if key not in kept.rows:
                kept.rows[key] = _record(node, versions[-1], crawls)
            rows.append(kept.rows[key])
    return sorted(rows, key=itemgetter("kind", "id"))


def _record(node: Json, last: Version, crawls: dict[int, Crawl]) -> Json:
    read = {"first_read": crawls[last.first_crawl].started, "last_read": crawls[last.last_crawl].started}
    return {"id": node["id"], "kind": node["kind"], "digest": f"sha256:{last.digest}"} | read
