"""The evidence behind an answer: each edge with the field that says so, and each record by its digest."""

from __future__ import annotations

from lineage.domain.records import Crawl, Json
from lineage.outputs.report.reading import Kept
from lineage.queries.trace import Trace

METHODS = {
    "declared": "a field of the record names it",
    "matched": "two fields name locations that overlap",
    "allowed": "a field gives the job the place to write to, and nothing says that it did",
    "logged": "a text that people may write names it",
    "content": "two places were seen to hold the same content",
}


def evidence(trace: Trace, kept: Kept, crawls: dict[int, Crawl]) -> list[Json]:
    """Each edge: what it says, the record and field that say it, the value there, when it was read and how it is known."""
    return [_edge(trace, edge, kept, crawls) for edge in trace.evidence]


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
        versions = kept.versions(node)
        if versions:
            first, last = (crawls[number].started for number in (versions[-1].first_crawl, versions[-1].last_crawl))
            digest = f"sha256:{versions[-1].digest}"
            rows.append({"id": node["id"], "kind": node["kind"], "digest": digest, "first_read": first, "last_read": last})
    return sorted(rows, key=lambda row: (row["kind"], row["id"]))
