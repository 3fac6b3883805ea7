"""The graph as Graphviz DOT, through pydot.

pydot cuts `arn:aws:…` to `arn` and `s3://…` to `s3` when they are node names, so nodes are named `n0`, `n1`, …
and every label and tooltip is quoted here (pydot issue 118; its own quoting also lets a trailing backslash
break the file).
"""

from __future__ import annotations

from typing import Any

import pydot

from lineage.domain.text import one_line
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.outputs.pictures.cards import name_lines
from lineage.outputs.pictures.figures import Arrow, Figure, Picture, meanings, picture

_INK, _SOFT, _EDGE, _LINE, _RED, _ACCENT, _TINT = "#1d2530", "#59616e", "#c3cad4", "#7b8593", "#b3261e", "#2457a6", "#e8effa"
_PALE, _UNLIT, _PAPER = "#b4bcc7", "#dfe3e9", "#f7f8fa"
_TEXT_CHARACTERS = 4000  # dot 2.43 refuses strings over 16,384 bytes
_FONT = "Helvetica"


def to_dot(graph: Graph | Excerpt | Picture, *, turned: bool = False, **words: Any) -> str:
    """DOT text: a title, and a card for each node with a bar in the colour of its kind.

    `words` are those of `picture`. It runs to the right, or down if `turned`. The text is deterministic.
    """
    drawn = graph if isinstance(graph, Picture) else picture(graph, **words)
    dot = _page(drawn, turned=turned)
    names = {node: f"n{number}" for number, node in enumerate(drawn.figures)}
    # A cluster for each group, by name.
    look: dict[str, Any] = {
        "style": _quoted("rounded,dashed"),
        "color": _quoted(_PALE),
        "fontname": _quoted(_FONT),
        "fontcolor": _quoted(_SOFT),
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
    return str(dot.to_string())


def _page(drawn: Picture, *, turned: bool) -> Any:
    page = pydot.Dot(
        "lineage",
        graph_type="digraph",
        rankdir="TB" if turned else "LR",
        fontname=_quoted(_FONT),
        label=_heading(drawn),
        labelloc="t",
        labeljust="l",
        newrank="true",
        nodesep="0.2",
        ranksep="0.35" if turned else "0.5",
        pad="0.3",
        bgcolor=_quoted(_PAPER),
    )
    node = {"shape": "box", "style": _quoted("rounded,filled"), "fillcolor": _quoted("white"), "margin": _quoted("0.06,0.04")}
    page.set_node_defaults(fontname=_quoted(_FONT), fontsize="12", fontcolor=_quoted(_INK), color=_quoted(_EDGE), **node)
    page.set_edge_defaults(
        fontname=_quoted(_FONT), fontsize="10", fontcolor=_quoted(_SOFT), color=_quoted(_LINE), arrowsize="0.7"
    )
    return page


def _heading(drawn: Picture) -> str:
    """The heading: what the picture shows; below it the source, what was left out, and the legend of lines and rims."""
    title, _, source = drawn.title.partition(" · ")
    small = [*filter(None, (source, *drawn.notes)), "   ".join(f"{_LOOKS[look]}: {said}" for look, said in meanings(drawn))]
    lines = [f'<font point-size="16"><b>{_html(title)}</b></font>'] if title else []
    lines += [f'<font point-size="11" color="{_SOFT}">{_html(said)}</font>' for said in small if said]
    said = "".join(f"{line}{_LEFT}" for line in [*lines, '<font point-size="8"> </font>'])
    return f"<{said}>" if lines else _quoted("")


_LOOKS = {
    "solid": "line",
    "dashed": "dashed line",
    "dotted": "dotted line",
    "pale": "pale line",
    "unobserved": "dashed border",
    "gap": "red border",
    "fold": "double border",
    "subject": "blue border",
}
_LEFT = '<br align="left"/>'


def _node_words(figure: Figure) -> dict[str, Any]:
    pale = figure.lit is False
    rim = _RED if figure.gap and not pale else _ACCENT if figure.subject else _UNLIT if pale else _EDGE
    words = {
        "label": _card(figure, _SOFT if pale else _INK),
        "tooltip": _quoted(figure.tooltip, tooltip=True),
        "class": _quoted(figure.classes),
    }
    words |= {} if figure.observed else {"style": _quoted("rounded,filled,dashed")}
    words |= {"color": _quoted(rim)} if rim != _EDGE else {}
    words |= {"fillcolor": _quoted(_TINT)} if figure.subject else {"fillcolor": _quoted(_PAPER)} if pale else {}
    words |= {"penwidth": "2"} if rim in (_RED, _ACCENT) else {}
    words |= {"peripheries": "2"} if figure.fold else {}
    return words | ({"URL": _quoted(figure.url), "target": "_blank"} if figure.url else {})


def _card(figure: Figure, ink: str) -> str:
    """A bar in the colour of the kind, the name, and below it the kind and status."""
    name = _LEFT.join(f'<font color="{ink}"><b>{_html(line)}</b></font>' for line in name_lines(figure.label))
    below = f'<font point-size="10" color="{_SOFT}">{_html(figure.below)}</font>'
    bar = f'<td fixedsize="true" width="6" height="26" bgcolor="{figure.kind.colour}"></td>'
    said = f'<td align="left" balign="left">{name}{_LEFT}{below}</td>'
    return f'<<table border="0" cellborder="0" cellspacing="4" cellpadding="1"><tr>{bar}{said}</tr></table>>'


def _edge_words(arrow: Arrow) -> dict[str, Any]:
    words = {"label": _quoted(arrow.label), "tooltip": _quoted(arrow.tooltip, tooltip=True)}
    words |= {"style": arrow.style} if arrow.style != "solid" else {}
    words |= {"constraint": "false"} if arrow.aside else {}
    if arrow.lit is None:
        return words | ({"color": _quoted(_PALE)} if arrow.pale else {})
    return words | ({"color": _quoted(_ACCENT), "penwidth": "1.6"} if arrow.lit else {"color": _quoted(_UNLIT)})


def _html(text: str) -> str:
    """A text inside an HTML label. Graphviz refuses an empty element, and decodes entities."""
    said = one_line(text[:_TEXT_CHARACTERS]).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return said.replace('"', "&quot;") or " "


def _quoted(text: str, *, tooltip: bool = False) -> str:
    """A DOT string. Graphviz decodes entities and ends at NUL.

    It expands backslash words, in tooltips twice (2.43): there a backslash is drawn as the set minus ∖.
    """
    text = "\n".join(map(one_line, text[:_TEXT_CHARACTERS].split("\n"))).replace("&", "&amp;")
    text = text.replace("\\", "∖" if tooltip else "\\\\").replace('"', '\\"')
    return '"' + text.replace("\n", "&#10;" if tooltip else "\\n") + '"'
