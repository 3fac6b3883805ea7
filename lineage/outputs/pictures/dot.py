"""The graph as Graphviz DOT, through pydot.

pydot cuts `arn:aws:…` to `arn` and `s3://…` to `s3` when they are node names, so nodes are named `n0`, `n1`, …
and every label and tooltip is quoted here (pydot issue 118; its own quoting also lets a trailing backslash
break the file).
"""

from __future__ import annotations

from typing import Any

import pydot

from lineage.domain.kinds import Kind
from lineage.domain.text import one_line
from lineage.graphs.build import Graph
from lineage.outputs.pictures.figures import Arrow, Figure, Picture, console_url, picture, shorten

__all__ = ["console_url", "to_dot"]

_LEGEND_ROWS = 2
_RED, _RIM, _LIT, _PALE = "#cc0000", "#333333", "#b0005a", "#bbbbbb"
_LINES = (
    "solid: a field names it   dashed line: matched by location or content   dotted: only a text or people name it"
    "   grey: recorded by, member of, mentions, or a past or pending config   red: could not be read"
)
_LABEL_CHARACTERS = 56
_TEXT_CHARACTERS = 4000  # dot 2.43 refuses strings over 16,384 bytes
_FONT = "Helvetica"


def to_dot(graph: Graph | Picture, **words: Any) -> str:
    """DOT text, left to right: a shape and a colour per kind, dashed where nothing was observed, and a legend.

    `words` are those of `picture`. The text is deterministic.
    """
    drawn = graph if isinstance(graph, Picture) else picture(graph, **words)
    dot = _page(" · ".join(filter(None, (drawn.title, *drawn.notes))))
    names = {node: f"n{number}" for number, node in enumerate(drawn.figures)}
    # A cluster for each group, by name.
    look: dict[str, Any] = {
        "style": _quoted("rounded"),
        "color": _quoted("#8b93a0"),
        "fontname": _quoted(_FONT),
        "fontsize": "11",
    }
    groups = enumerate(sorted(set(drawn.groups.values())))
    frames = {name: pydot.Cluster(f"group{at}", label=_quoted(name), **look) for at, name in groups}
    for node, figure in drawn.figures.items():
        frames.get(drawn.groups.get(node, ""), dot).add_node(pydot.Node(names[node], **_node_words(figure)))
    for frame in frames.values():
        dot.add_subgraph(frame)
    for arrow in drawn.arrows:
        dot.add_edge(pydot.Edge(names[arrow.source], names[arrow.target], **_edge_words(arrow)))
    dot.add_subgraph(_legend(drawn))
    return str(dot.to_string())


def _page(title: str) -> Any:
    page = pydot.Dot(
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
    page.set_node_defaults(fontname=_quoted(_FONT), fontsize="11", style="filled", penwidth="1.2")
    page.set_edge_defaults(fontname=_quoted(_FONT), fontsize="9", color=_quoted("#555555"))
    return page


def _node_words(figure: Figure) -> dict[str, Any]:
    said = figure.label if figure.fold else f"{figure.kind.name.replace('-', ' ')}\n{shorten(figure.label, _LABEL_CHARACTERS)}"
    pale = figure.lit is False
    rim = _LIT if figure.subject else _PALE if pale else _RIM
    rim = _RED if figure.gap or not figure.observed else rim  # what something could not be asked about
    words = {
        "label": _quoted(said),
        "tooltip": _quoted(figure.tooltip, tooltip=True),
        "shape": figure.kind.shape,
        "style": _quoted("filled" if figure.observed else "filled,dashed"),
        "fillcolor": _quoted("#f2f2f2" if pale else figure.fill),
        "fontcolor": _quoted("#777777" if pale else figure.ink),
        "color": _quoted(rim),
        "class": _quoted(figure.classes),
    }
    words |= {"penwidth": "2.5"} if figure.gap or figure.subject else {}
    words |= {"peripheries": "3"} if figure.fold else {}
    return words | ({"URL": _quoted(figure.url), "target": "_blank"} if figure.url else {})


def _edge_words(arrow: Arrow) -> dict[str, Any]:
    words = {"label": _quoted(arrow.label), "tooltip": _quoted(arrow.tooltip, tooltip=True)}
    words |= {"style": arrow.style} if arrow.style != "solid" else {}
    words |= {"constraint": "false"} if arrow.aside else {}
    if arrow.lit is None:
        return words | ({"color": _quoted("#aaaaaa")} if arrow.pale else {})
    return words | ({"color": _quoted(_LIT), "penwidth": "2"} if arrow.lit else {"color": _quoted("#dddddd")})


def _legend(drawn: Picture) -> Any:
    """One sample of each kind in the picture, and what the lines mean."""
    legend = pydot.Cluster("legend", label=_quoted(_LINES), fontsize="9", fontname=_quoted(_FONT), color=_quoted("#aaaaaa"))
    samples = [_sample(kind) for kind in drawn.kinds]
    figures = drawn.figures.values()
    samples += (
        [] if all(figure.observed for figure in figures) else [_plain("named, not observed", _RED, style="filled,dashed")]
    )
    samples += [_plain("many like the one beside it", _RIM) | {"peripheries": "3"}] if any(one.fold for one in figures) else []
    samples += [_plain("highlighted", _LIT) | {"penwidth": "2.5"}] if any(one.subject for one in figures) else []
    for number, words in enumerate(samples):
        legend.add_node(pydot.Node(f"legend{number}", **words))
    for number in range(len(samples) - _LEGEND_ROWS):  # lays the samples out in rows, not in one tall column
        legend.add_edge(pydot.Edge(f"legend{number}", f"legend{number + _LEGEND_ROWS}", style="invis"))
    return legend


def _sample(kind: Kind) -> dict[str, Any]:
    figure = Figure(kind, "", "", observed=True, gap=False, fold=False, subject=False, lit=None, classes="", url=None)
    return {
        "label": _quoted(kind.name.replace("-", " ")),
        "shape": kind.shape,
        "fillcolor": _quoted(kind.colour),
        "fontcolor": _quoted(figure.ink),
        "fontsize": "9",
        "height": "0.2",
    }


def _plain(said: str, rim: str, style: str = "filled") -> dict[str, Any]:
    """A sample of what nodes of any kind may be."""
    look = {"shape": "box", "style": _quoted(style), "fillcolor": "white", "color": _quoted(rim)}
    return {"label": _quoted(said), "fontsize": "9", "height": "0.2"} | look


def _quoted(text: str, *, tooltip: bool = False) -> str:
    """A DOT string. Graphviz decodes entities and ends at NUL.

    It expands backslash words, in tooltips twice (2.43): there a backslash is drawn as the set minus ∖.
    """
    text = "\n".join(map(one_line, text[:_TEXT_CHARACTERS].split("\n"))).replace("&", "&amp;")
    text = text.replace("\\", "∖" if tooltip else "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "&#10;" if tooltip else "\\n") + '"'
