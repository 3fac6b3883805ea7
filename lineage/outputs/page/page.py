"""The graph as a page: one file that opens from disk and loads nothing, for people without lineage or AWS.

Its looks and behaviour are in `page.html`, `page.css` and `page.js`, all our own. This module puts the graph into them. It is
drawn on a canvas, because an SVG of 16,000 nodes has as many elements for the browser to keep. The panel and the table offer
what a canvas cannot: text to select, and names for a screen reader.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from html import escape
from importlib.resources import files
from typing import Final

from lineage.domain.kinds import ENDPOINT, KINDS, RELATIONS, RESOURCE
from lineage.domain.records import Json, Resource, Scope
from lineage.domain.status import serves
from lineage.domain.text import json_text, shown, visible
from lineage.graphs.build import whole
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.outputs.pictures.cards import name_lines, size
from lineage.outputs.pictures.console import console_url
from lineage.outputs.pictures.figures import below, called, reached, without_images
from lineage.outputs.pictures.icons import icon_of
from lineage.outputs.pictures.layout import LaidEdge, Layout, layout
from lineage.queries.as_json import scope_json
from lineage.queries.flow.unread import gap_subjects
from lineage.queries.selectors import find_node, names_of
from lineage.snapshot.reading import Snapshot, insist_snapshot

SCHEMA: Final = "lineage.page/1"
MAX_WITH_RECORDS: Final = 2000  # nodes of a page that includes records, which are some kilobytes each
MAX_RECORD: Final = 16_000  # characters of one
_BETWEEN = 56.0  # two layers
_TALL: Final = 300  # most nodes of a second layout, which runs down: for phones and long chains
_TALL_GAP = 36.0
_TALL_LINES: Final = (18, 3)  # there: characters per line of a name, and most lines of a name
_COLUMNS = ("kind", "account", "region", "status")  # columns with few distinct values
_FLOWS = tuple(name for name, relation in RELATIONS.items() if relation.flows)
_APART = frozenset({*_COLUMNS, "name", "label", "arn", "created", "modified", "observed"})


def to_page(
    graph: Graph | Excerpt,
    snapshot: Snapshot | None = None,
    *,
    links: bool = True,
    images: bool = False,
    title: str = "",
    heading: str = "Lineage",
    start: str | None = None,
) -> str:
    """HTML text: the graph to move in, search and filter, with facts, edges, gaps and record of each node.

    Records are those of the snapshot. Without a snapshot, or above `MAX_WITH_RECORDS` nodes, the page says that it has none.
    `links=False` leaves out the console links. Container images are drawn if asked for, and counted if left out. The page
    opens at the node `start` (an id or a name), by default the newest endpoint in service. Edges show what the records say;
    times are not compared. The same graph gives the same text. Raises `UnknownNode` for a `start` that is not in the graph.
    """
    graph = whole(graph)
    if snapshot is not None:
        insist_snapshot(snapshot)
    start = find_node(names_of(graph), start) if start else None
    drawn = graph if images else without_images(graph)
    missing = len(graph.nodes) - len(drawn.nodes)
    said = {
        "heading": heading,
        "title": title,
        "left_out": f"{missing} container image{'' if missing == 1 else 's'} left out" if missing else "",
    }
    start = start if start in drawn.nodes else _newest_served(drawn)
    data = json.dumps(
        shown(_data(drawn, snapshot, start, links=links) | said), separators=(",", ":"), sort_keys=True, allow_nan=False
    )
    assets = files("lineage.outputs.page")
    texts = {name: (assets / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js")}
    parts = {
        "title": escape(visible(f"{heading} · lineage")),
        "style": texts["page.css"],
        "script": texts["page.js"],
        "data": data.replace("<", "\\u003c"),  # so no text can end the script, as with `</script>` or `<!--`
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], texts["page.html"])


def _newest_served(graph: Excerpt) -> str | None:
    """The endpoint in service that was created last."""
    endpoints = ((node, data) for node, data in graph.nodes.items() if data["kind"] == ENDPOINT.name)
    served = [(data["created"] or "", node) for node, data in endpoints if serves(data["status"]) and not data.get("deleted")]
    return max(served)[1] if served else None


def _data(graph: Excerpt, snapshot: Snapshot | None, start: str | None, *, links: bool) -> Json:
    order = {node: at for at, node in enumerate(sorted(graph.nodes))}
    below_of = {node: below(KINDS.get(graph.nodes[node]["kind"], RESOURCE), graph.nodes[node]) for node in order}
    names = {node: name_lines(graph.nodes[node]["label"]) for node in order}
    sizes = {node: size(names[node], below_of[node]) for node in order}
    laid = layout(order, _edges_of(graph, order), sizes=sizes, gap=_BETWEEN)
    words = _Words()
    kinds = {name: KINDS.get(name, RESOURCE) for name in sorted({data["kind"] for data in graph.nodes.values()})}
    scope: Scope = graph.graph["scope"]
    numbers = {name: at for node, at in order.items() for name in gap_subjects(node, graph.nodes[node])}
    # All gaps of the snapshot, each with the number of its node, if the page has that node.
    gaps = [asdict(gap) | {"node": numbers.get(gap.subject.casefold())} for gap in scope.holes]
    records, without = _records(graph, snapshot)
    return {
        "schema": SCHEMA,
        "start": order[start] if start else None,
        "kinds": {name: [icon_of(kind), kind.colour, called(kind)] for name, kind in kinds.items()},
        "flows": list(_FLOWS),
        "layouts": [_laid(graph, names, order, laid), *_tall(graph, order, below_of, start)],
        "nodes": _nodes(graph, order, words, links=links)
        | {"below": [words.number(said) for said in below_of.values()]}
        | {"record": [record[:MAX_RECORD] if (record := records.get(node)) else None for node in order]},
        "edges": _edges(graph, order, words),
        "words": list(words),
        "gaps": gaps,
        "scope": scope_json(scope, []) | {"unread": sorted(_unread(scope))},
        "cut": [order[node] for node in sorted(records) if len(records[node]) > MAX_RECORD],
        "without_records": without,
    }


class _Words(dict[str, int]):
    """Texts that are repeated: each is stored once, and its number wherever it occurs."""

    def number(self, word: str | None) -> int | None:
        return None if word is None or word == "" else self.setdefault(word, len(self))


def _laid(graph: Excerpt, names: Mapping[str, list[str]], order: Mapping[str, int], laid: Layout) -> Json:
    """A layout: the box of each node, and its name if that has several lines; the points of each edge.

    A node or an edge that is not in the layout has none.
    """
    return {
        "box": [[round(number) for number in laid.boxes[node]] if node in laid.boxes else None for node in order],
        "lines": {str(order[node]): lines for node, lines in names.items() if len(lines) > 1},
        "points": [
            [round(number) for point in laid.lines[edge] for number in point] if edge in laid.lines else None
            for edge in _edges_of(graph, order)
        ],
    }


def _tall(graph: Excerpt, order: Mapping[str, int], below_of: Mapping[str, str], start: str | None) -> Iterator[Json]:
    """The layout that runs down. For a large graph it has only what the page opens at; otherwise that gets its own band.

    Its numbers are those of a layout that runs to the right; the page turns them.
    """
    opened = _lineage(graph, start) if start else set[str]()
    shown = graph if len(graph.nodes) <= _TALL else graph.among(opened)
    if not 0 < len(shown.nodes) <= _TALL:
        return
    names = {node: name_lines(graph.nodes[node]["label"], *_TALL_LINES) for node in sorted(shown.nodes)}
    sizes = {node: size(lines, below_of[node])[::-1] for node, lines in names.items()}
    groups = dict.fromkeys(opened, "opened at") if shown is graph else {}
    yield _laid(graph, names, order, layout(shown.nodes, _edges_of(shown, order), sizes=sizes, gap=_TALL_GAP, groups=groups))


def _lineage(graph: Excerpt, node: str) -> set[str]:
    """A node with what is upstream and downstream of it."""
    return reached(graph.before, [node], _FLOWS) | reached(graph.after, [node], _FLOWS)


def _edges_of(graph: Excerpt, order: Mapping[str, int]) -> list[LaidEdge]:
    edges = ((link.source, link.target, link.key) for link in graph.edges())
    return sorted(edges, key=lambda edge: (order[edge[0]], order[edge[1]], edge[2]))


def _nodes(graph: Excerpt, order: Mapping[str, int], words: _Words, *, links: bool) -> Json:
    """Column by column, so that a large graph names each field only once."""
    rows = [graph.nodes[node] for node in order]
    return {
        "id": list(order),
        "label": [data["label"] for data in rows],
        "name": [None if data["name"] == data["label"] else data["name"] for data in rows],
        "created": [data["created"] for data in rows],
        "modified": [data["modified"] for data in rows],
        "observed": [int(data["observed"]) for data in rows],
        "more": [
            {name: value for name, value in sorted(data.items()) if name not in _APART and value not in (None, "", [])} or None
            for data in rows
        ],
        "url": [console_url(node, data) if links else None for node, data in zip(order, rows, strict=True)],
        **{name: [words.number(data[name]) for data in rows] for name in _COLUMNS},
    }


def _edges(graph: Excerpt, order: Mapping[str, int], words: _Words) -> Json:
    rows = [(source, target, graph.after[source][target][key]) for source, target, key in _edges_of(graph, order)]
    said = ("relation", "role", "usage", "path", "evidence", "time")
    return {
        "source": [order[source] for source, _, _ in rows],
        "target": [order[target] for _, target, _ in rows],
        **{name: [words.number(data[name]) for _, _, data in rows] for name in said},
    }


def _unread(scope: Scope) -> Iterator[str]:
    """Each account and region with its unfinished lists."""
    for account, region in sorted(scope.places):
        missing = [kind.name for kind in KINDS.values() if kind.list and (account, region, kind.name) not in scope.listed]
        if missing:
            yield f"{account} {region}: {', '.join(missing)}"


def _records(graph: Excerpt, snapshot: Snapshot | None) -> tuple[dict[str, str], str]:
    """The record of each node as text, or the reason why there is none."""
    if snapshot is None:
        return {}, "Records are not in this page: it was made from a graph alone."
    if len(graph.nodes) > MAX_WITH_RECORDS:
        more = f"it has more than {MAX_WITH_RECORDS:,} nodes. `lineage show` prints one."
        return {}, f"Records are not in this page: {more}"
    bodies = ((node, record.body) for node, record in _kept(graph, snapshot))
    return {node: json_text(body, indent=1, sort_keys=True) for node, body in bodies}, ""


def _kept(graph: Excerpt, snapshot: Snapshot) -> Iterator[tuple[str, Resource]]:
    """The newest version of each node's record, from the lifetime that the graph shows."""
    ids = defaultdict[str, list[str]](list)
    for node, data in graph.nodes.items():
        if data["observed"] and data["arn"]:
            ids[data["kind"]].append(node)
    for kind, wanted in sorted(ids.items()):
        for deleted in (True, False):
            for record in snapshot.records(kind, wanted, deleted=deleted):
                if record.id in graph.nodes and record.created == graph.nodes[record.id]["created"]:
                    yield record.id, record
