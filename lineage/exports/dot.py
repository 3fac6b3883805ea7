"""The graph as Graphviz DOT, through pydot.

pydot cuts `arn:aws:…` to `arn` and `s3://…` to `s3` when they are node names, so nodes are named `n0`, `n1`, …
and every label and tooltip is quoted here (pydot issue 118; its own quoting also lets a trailing backslash
break the file).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pydot

from lineage.graphs import Graph
from lineage.kinds import KINDS, REUSED, Kind
from lineage.names import location_of
from lineage.records import Gap

_MEMBERSHIP = ("recorded-by", "member-of")
_LEGEND_ROWS = 2
_DARK = {"#0072b2", "#d55e00", "#009e73"}
_RED = "#cc0000"
_LINES = (
    "solid: a field names it   dashed line: matched by location or content, or logged by people"
    "   dotted: recorded by, member of   red: could not be read"
)
_LABEL_CHARACTERS = 56
_TEXT_CHARACTERS = 4000  # dot 2.43 refuses strings over 16,384 bytes
_FONT = "Helvetica"


def to_dot(graph: Graph, *, links: bool = True, images: bool = False, title: str = "") -> str:
    """DOT text, left to right: a shape and a colour per kind, dashed where nothing was observed, and a legend.

    `links=False` leaves the console links out; container images are drawn if asked for, and the caption counts
    what is left out. Edges are what the records say: times are not looked at. The text is deterministic.
    """
    drawn = graph if images else graph.subgraph(node for node, data in graph.nodes(data=True) if data["kind"] != "image")
    missing = len(graph) - len(drawn)
    title += f" · {missing} container images left out" if missing else ""
    return _dot(drawn, title.removeprefix(" · "), links=links)


def _dot(graph: Graph, title: str, *, links: bool) -> str:
    picture = pydot.Dot(
        "lineage",
        graph_type="digraph",
        rankdir="LR",
        fontname=_quoted(_FONT),
        label=_quoted(f"\n{title}"),
        labelloc="b",
        newrank="true",
        nodesep="0.25",
        ranksep="0.6",
        bgcolor=_quoted("white"),
    )
    picture.set_node_defaults(fontname=_quoted(_FONT), fontsize="11", style="filled", penwidth="1.2")
    picture.set_edge_defaults(fontname=_quoted(_FONT), fontsize="9", color=_quoted("#555555"))
    names = {node: f"n{number}" for number, node in enumerate(sorted(graph))}
    gaps = {gap.subject: gap for gap in graph.graph["scope"].holes}
    for node, name in names.items():
        words = _node_words(node, graph.nodes[node], links=links) | _gap_words(node, graph.nodes[node], gaps.get(node))
        picture.add_node(pydot.Node(name, **words))
    edges = sorted(graph.edges(data=True), key=lambda edge: (edge[0], edge[1], edge_label(edge[2])))
    for source, target, data in edges:
        if not _told_elsewhere(graph, source, target, data):
            picture.add_edge(pydot.Edge(names[source], names[target], **_edge_words(source, target, data)))
    legend: Any = _legend(graph)  # pydot's own types do not know that a cluster is a subgraph
    picture.add_subgraph(legend)
    return str(picture.to_string())


def _node_words(node: str, data: dict[str, Any], *, links: bool) -> dict[str, Any]:
    kind = KINDS.get(data["kind"], KINDS["resource"])
    seen = data["observed"]
    words = {
        "label": _quoted(f"{kind.name.replace('-', ' ')}\n{shorten(data['label'])}"),
        "tooltip": _quoted(_facts(node, data), tooltip=True),
        "shape": kind.shape,
        "style": _quoted("filled" if seen else "filled,dashed"),
        "fillcolor": _quoted(kind.colour if seen else "white"),
        "fontcolor": _quoted("white" if seen and kind.colour in _DARK else "black"),
        "color": _quoted("#333333" if seen else _RED),
        "class": _quoted(f"kind-{kind.name}{'' if seen else ' unobserved'}"),
    }
    url = console_url(node, data) if links else None
    return words | ({"URL": _quoted(url), "target": "_blank"} if url else {})


def _gap_words(node: str, data: dict[str, Any], gap: Gap | None) -> dict[str, Any]:
    """A node that something could not be asked about is ringed in red, and its tooltip says what."""
    if gap is None:
        return {}
    told = f"{_facts(node, data)}\n{gap.reason}: {gap.detail}"
    return {"color": _quoted(_RED), "penwidth": "2.5", "tooltip": _quoted(told, tooltip=True)}


def _facts(node: str, data: dict[str, Any]) -> str:
    lines = [data["arn"] or node]
    lines += [f"{word}: {data[word]}" for word in ("status", "created", "modified") if data.get(word)]
    return "\n".join(lines if data["observed"] else [*lines, "not observed: only its name is known"])


def _edge_words(source: str, target: str, data: dict[str, Any]) -> dict[str, Any]:
    words = {
        "label": _quoted(edge_label(data)),
        "tooltip": _quoted(f"{source} {data['relation']} {target}\n{data['path']} ({data['evidence']})", tooltip=True),
    }
    if data["relation"] in ("recorded-by", "member-of", "mentions"):
        return words | {"style": "dotted", "constraint": "false" if data["relation"] == "mentions" else "true"}
    return words if data["evidence"] == "declared" else words | {"style": "dashed"}


def _told_elsewhere(graph: Graph, source: str, target: str, data: dict[str, Any]) -> bool:
    """A membership that a longer way shows as well: job, run, trial, experiment; a content for each time that it was seen."""
    if data["evidence"] == "content":
        return data is not next(iter(graph[source][target].values()))
    if data["relation"] != "member-of":
        return False
    reached, frontier = {source}, {source}
    while frontier:
        edges: Any = graph.out_edges(frontier, data="relation")
        ends = {end for begin, end, relation in edges if relation in _MEMBERSHIP and (begin, end) != (source, target)}
        frontier = ends - reached
        reached |= frontier
    return target in reached


def edge_label(data: dict[str, Any]) -> str:
    usage = data["usage"] if data["usage"] in ("shadow", "instance-pool", REUSED) else ""
    manifest = "(manifest)" if data["span"] in ("manifest", "listing") else ""
    relation = "same content" if data["evidence"] == "content" else data["relation"]
    return " ".join(filter(None, (relation, data["role"], usage, manifest)))


def _legend(graph: Graph) -> pydot.Cluster:
    """One sample of each kind in the picture, and what the lines mean."""
    legend = pydot.Cluster("legend", label=_quoted(_LINES), fontsize="9", fontname=_quoted(_FONT), color=_quoted("#aaaaaa"))
    shown = {data["kind"] for _, data in graph.nodes(data=True)}
    samples = [_sample(kind) for kind in KINDS.values() if kind.name in shown]
    if not all(data["observed"] for _, data in graph.nodes(data=True)):
        samples.append(_UNOBSERVED_SAMPLE)
    for number, words in enumerate(samples):
        legend.add_node(pydot.Node(f"legend{number}", **words))
    for number in range(len(samples) - _LEGEND_ROWS):  # lays the samples out in rows, not in one tall column
        legend.add_edge(pydot.Edge(f"legend{number}", f"legend{number + _LEGEND_ROWS}", style="invis"))
    return legend


def _sample(kind: Kind) -> dict[str, Any]:
    return {
        "label": _quoted(kind.name.replace("-", " ")),
        "shape": kind.shape,
        "fillcolor": _quoted(kind.colour),
        "fontcolor": _quoted("white" if kind.colour in _DARK else "black"),
        "fontsize": "9",
        "height": "0.2",
    }


_UNOBSERVED_SAMPLE = {
    "label": '"named, not observed"',
    "shape": "box",
    "style": '"filled,dashed"',
    "fillcolor": "white",
    "color": f'"{_RED}"',
    "fontsize": "9",
    "height": "0.2",
}


def shorten(text: str) -> str:
    """The text with its middle left out, where it is long: names differ at their ends."""
    if len(text) <= _LABEL_CHARACTERS:
        return text
    half = _LABEL_CHARACTERS // 2
    return f"{text[:half]}…{text[-half:]}"


def _quoted(text: str, *, tooltip: bool = False) -> str:
    """A DOT string. Graphviz decodes entities and ends at NUL.

    It expands backslash words, in tooltips twice (2.43): there a backslash is drawn as the set minus ∖.
    """
    text = text[:_TEXT_CHARACTERS].replace("&", "&amp;")
    text = text.replace("\\", "∖" if tooltip else "\\\\").replace('"', '\\"')
    text = "".join(c for c in text if c == "\n" or ord(c) >= 32)
    return '"' + text.replace("\n", "&#10;" if tooltip else "\\n") + '"'


_CONSOLES = {"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def console_url(node: str, data: dict[str, Any]) -> str | None:
    """The AWS console page of a node, where it has one."""
    place = location_of(node)
    if place and place.root.startswith("s3://"):
        bucket = quote(place.root.removeprefix("s3://"), safe="")
        return f"https://s3.console.aws.amazon.com/s3/buckets/{bucket}?prefix={quote(place.key, safe='/')}"
    kind = KINDS.get(data["kind"])
    if not (kind and kind.console and data["region"] and data["observed"]):
        return None
    host = _CONSOLES.get(str(data["arn"]).split(":")[1], _CONSOLES["aws"])
    page = kind.console.format(name=quote(data["name"], safe=""))
    return f"https://{data['region']}.{host}/sagemaker/home?region={data['region']}#{page}"
