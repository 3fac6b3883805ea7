"""One node, as text for people."""

from __future__ import annotations

from typing import Any

import lineage

from .lines import Line, printed, spaced, styled
from .words import plural

_MAX_EDGES = 50  # edges in each direction: an image has as many as there are jobs
_APART = ("kind", "name", "label", "deleted", "observed")


def shown_text(shown: lineage.Shown, *, colour: bool) -> str:
    """What it is, its edges, gaps and versions, and the stored record."""
    lines = [*_head(shown), *_edges("into it", "source", shown.edges_in), *_edges("out of it", "target", shown.edges_out)]
    lines += [styled(("gap", "yellow"), f"  {one['reason']}  {one['operation']}: {one['detail']}") for one in shown.gaps]
    lines += [_version(one) for one in shown.versions]
    if shown.record is None:
        lines.append(styled(no_record(shown)))
    else:
        record = lineage.json_text(shown.record, indent=2, sort_keys=True)
        lines += [styled(("record", "bold")), *(styled(f"  {line}") for line in record.splitlines())]
    return printed(*lines, colour=colour)


def _head(shown: lineage.Shown) -> list[Line]:
    node = shown.attributes
    gone = f" · deleted by {node['deleted']}" if node.get("deleted") else "" if node["observed"] else " · not observed"
    lines = [styled((node["name"], "bold"), f" · {spaced(node['kind'])}", (gone, "yellow"))]
    told = {"id": shown.subject["id"]} | {name: value for name, value in node.items() if name not in _APART}
    return lines + [
        styled((f"  {name}  ", "cyan"), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in told.items()
        if value not in (None, "", [])
    ]


def _edges(title: str, end: str, edges: list[dict[str, Any]]) -> list[Line]:
    if not edges:
        return []
    lines = [styled((f"{plural(len(edges), 'edge')} {title}", "bold"))]
    for edge in edges[:_MAX_EDGES]:
        words = " ".join(filter(None, (edge["role"], f"({edge['usage']})" if edge["usage"] else "")))
        logged = f"  {edge['evidence']}" if edge["evidence"] != "declared" else ""
        said = "".join(f"  {part}" for part in (words, edge["path"], edge["time"]) if part)
        lines.append(styled((f"  {edge['relation']}  ", "cyan"), edge[end], said, (logged, "yellow")))
    left = len(edges) - _MAX_EDGES
    return [*lines, *([styled(f"  and {left:,} more; --format json has all")] if left > 0 else [])]


def _version(one: dict[str, Any]) -> Line:
    crawls = f"crawl {one['first_crawl']}" + (f" to {one['last_crawl']}" if one["last_crawl"] != one["first_crawl"] else "")
    changed = f"  modified {one['modified']}" if one["modified"] else ""
    return styled(("version", "bold"), f"  {one['digest'][:12]}  {crawls}{changed}  {one['status'] or ''}")


def no_record(shown: lineage.Shown) -> str:
    """Why a node has no record."""
    if lineage.is_place(shown.subject["id"]):
        return "A location, named by the records that read and write it; S3 itself was not asked."
    return "No record: something names it, but its record was not read."
