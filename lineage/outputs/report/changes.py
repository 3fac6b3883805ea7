"""What is new, gone or different behind each endpoint since an earlier snapshot, report or crawl."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from lineage.domain.records import Json, decoded
from lineage.outputs.report.reading import Kept, brief
from lineage.queries.trace import Trace

_TOLD = 40  # fields of one record that are shown; the rest are counted
_WIDEST = 300  # characters of a value that are shown


class State(NamedTuple):
    """An answer at one time: the records behind it, each with its digest and, if it is stored, its text."""

    verdict: str
    nodes: dict[str, Json]
    edges: set[tuple[str, ...]]
    digests: dict[str, str]
    body: Callable[[str], Json]


def state_of(trace: Trace, kept: Kept) -> State:
    """The state in a snapshot."""
    digests = {node["id"]: f"sha256:{kept.versions(node)[-1].digest}" for node in trace.nodes.values() if kept.versions(node)}
    return State(
        trace.verdict,
        {node["id"]: brief(node) for node in trace.nodes.values()},
        {_edge(edge) for edge in trace.evidence},
        digests,
        lambda identity: kept.body(trace.nodes[identity]),
    )


def state_in(endpoint: Json) -> State:
    """The state in an earlier report, which has the digests of records but not their texts."""
    return State(
        endpoint["answer"]["verdict"],
        {node["id"]: brief(node) for node in endpoint["nodes"]},
        {_edge(edge) for edge in endpoint["evidence"]},
        {row["id"]: row["digest"] for row in endpoint["records"]},
        lambda _: {},
    )


def _edge(edge: Json) -> tuple[str, ...]:
    return tuple(str(edge[name]) for name in ("source", "relation", "target", "role"))


def difference(name: str, before: State | None, now: State) -> Json:
    """What is new, gone and changed behind one endpoint. Without an earlier state everything is new, and nothing is listed."""
    if before is None:
        return _row(name, None, now.verdict)
    return _row(name, before.verdict, now.verdict) | {
        "added": [now.nodes[key] for key in sorted(now.nodes.keys() - before.nodes.keys())],
        "removed": [before.nodes[key] for key in sorted(before.nodes.keys() - now.nodes.keys())],
        "changed": [row for key in sorted(now.digests) for row in _changed(key, before, now)],
        "edges_added": [_told(edge) for edge in sorted(now.edges - before.edges)],
        "edges_removed": [_told(edge) for edge in sorted(before.edges - now.edges)],
    }


def since_crawl(name: str, trace: Trace, kept: Kept, crawl: int) -> Json:
    """The same since the previous crawl of the same file, only by the versions of the records."""
    row = _row(name, None, trace.verdict)
    for node in sorted(trace.nodes.values(), key=lambda node: str(node["id"])):
        versions = kept.versions(node)
        earlier = [one for one in versions if one.first_crawl < crawl]
        if versions and not earlier:
            row["added"].append(brief(node))
        elif versions and versions[-1] is not earlier[-1]:
            row["changed"] += _fields(str(node["id"]), decoded(earlier[-1].body), kept.body(node))
    return row


def _row(name: str, before: str | None, now: str) -> Json:
    nothing: Json = {key: [] for key in ("added", "removed", "changed", "edges_added", "edges_removed")}
    return {"endpoint": name, "verdict_before": before, "verdict": now} | nothing


def _told(edge: tuple[str, ...]) -> Json:
    return dict(zip(("source", "relation", "target", "role"), edge, strict=True))


def _changed(key: str, before: State, now: State) -> list[Json]:
    if key not in before.digests or before.digests[key] == now.digests[key]:
        return []
    fields = _fields(key, before.body(key), now.body(key)) if before.body(key) else []
    return fields or [{"id": key, "field": "(the record)", "before": before.digests[key], "after": now.digests[key]}]


def _fields(key: str, before: Json, after: Json) -> list[Json]:
    """Each field of a record that was added, removed or changed."""
    old, new = dict(_flat(before)), dict(_flat(after))
    paths = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    rows = [{"id": key, "field": path, "before": old.get(path), "after": new.get(path)} for path in paths[:_TOLD]]
    more = len(paths) - _TOLD
    return rows + ([{"id": key, "field": f"({more} more fields)", "before": None, "after": None}] if more > 0 else [])


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(one, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _flat(one, f"{path}[{number}]")
    else:
        text = str(value)
        yield path, text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…"
