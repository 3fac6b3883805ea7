"""Graphs and answers in a notebook: HTML with the picture, or a table if there is too much to draw. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx

from lineage.domain.kinds import ARTIFACT, CODE, DATASET, IMAGE, KINDS, SHOWN_BESIDE, kind_of_arn
from lineage.domain.names import is_arn, is_place
from lineage.domain.records import Scope
from lineage.domain.text import counted
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.graphs.nodes import label
from lineage.outputs.pictures.figures import Clusters, Picture, picture
from lineage.outputs.pictures.folds import plural
from lineage.outputs.pictures.graph_svg import to_svg
from lineage.outputs.pictures.placing import place
from lineage.outputs.pictures.svg import element, words
from lineage.queries.select import part
from lineage.queries.showing import Answer, ListedAnswer, Shows, in_a_word
from lineage.snapshot.reading import Snapshot

MOST = 300  # nodes that a notebook draws
_PAGE = 860.0  # width in pixels of the output of a cell
_SMALL = 1.5  # in widths of an output; names of a wider picture are hard to read in it
_FIT = "max-width: 100%; height: auto;"
# What JupyterLab and VS Code say of their theme.
_LIGHT_THEMES = ('[data-jp-theme-light="true"]', ".vscode-light", ".vscode-high-contrast-light")
_DARK_THEMES = ('[data-jp-theme-light="false"]', ".vscode-dark", ".vscode-high-contrast:not(.vscode-high-contrast-light)")
_NODE = ("id", "kind", "name", "status", "observed")
_EDGE = ("source", "target", "relation", "evidence")
_FRAME = "width: 100%; height: 80vh; border: 0"
_BOX = "overflow: auto; max-height: 80vh"
_PLAIN = "background: none; color: inherit; white-space: pre"
_DARK = re.compile(r"@media \(prefers-color-scheme: dark\) \{((?:[^{}]|\{[^{}]*\})*)\}")  # what it says, of each
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


@dataclass(frozen=True, slots=True, repr=False)
class View(Shows):
    """A graph that shows itself in notebooks that do not use IPython's formatters, or with another picture."""

    drawn: Picture

    def __repr__(self) -> str:
        return f"<View: {self.drawn.size}>"


def view(
    source: Snapshot | Graph | Excerpt,
    selector: str = "",
    *,
    links: bool = True,
    images: bool = False,
    title: str = "",
    max_nodes: int = 0,
    cluster: Clusters = "none",
    highlight: Iterable[str] = (),
    keep: Iterable[str] = (),
) -> View:
    """A graph or a snapshot, or what a selector names of it, that shows itself in any notebook.

    The other arguments are those of `picture`.
    """
    return View(
        picture(
            part(source, selector) if selector else source,
            links=links,
            images=images,
            title=title,
            max_nodes=max_nodes,
            cluster=cluster,
            highlight=highlight,
            keep=keep,
        )
    )


def html_of(shown: Any) -> str | None:
    """HTML of a graph or an answer. None for anything else, and if it can't be made: a notebook then shows the text."""
    try:
        return html(shown)
    except Exception:  # noqa: BLE001  (what a notebook shows must never raise)
        return None


def forms_of(shown: Any) -> dict[str, str]:
    """The forms of an answer that a notebook chooses from: a line of text, and HTML if it can be made."""
    try:
        plain = line(shown)
    except Exception:  # noqa: BLE001  (as above)
        return in_a_word(shown)
    html = html_of(shown)
    return {"text/plain": plain} | ({"text/html": html} if html else {})


def register(ipython: Any) -> None:
    """Let IPython show our graphs, which are plain networkx graphs without a method for it. Other graphs are not affected."""
    formatters, theirs = ipython.display_formatter.formatters, ("networkx.classes.multidigraph", "MultiDiGraph")
    formatters["text/html"].for_type_by_name(*theirs, html_of)
    formatters["text/plain"].for_type_by_name(*theirs, _print_graph)


def _print_graph(graph: Any, printer: Any, _cycle: bool) -> None:
    """The text beside the picture of our graphs, and what IPython writes of any other."""
    printer.text(f"<{line(graph)}>" if "scope" in graph.graph else repr(graph))


def html(shown: Any) -> str | None:
    """HTML of a view, of our graphs or of an answer; None for anything else."""
    if isinstance(shown, View):
        return _page(line(shown), _inline(shown.drawn))
    if isinstance(shown, nx.MultiDiGraph):
        return _page(line(shown), _graph(shown)) if "scope" in shown.graph else None
    return _answer(shown) if isinstance(shown, Answer) else None


def line(shown: Any) -> str:
    """The same as one line of text."""
    if isinstance(shown, View):
        return shown.drawn.size
    if isinstance(shown, nx.Graph):
        return f"graph of {counted(len(shown), 'node')} and {counted(shown.number_of_edges(), 'edge')}"
    said = shown.as_json()
    return " · ".join(filter(None, (said.get("question"), said.get("verdict"), shown._about())))  # noqa: SLF001


def _page(title: str, parts: Iterable[str]) -> str:
    head = element("p", element("strong", words(title)))
    return element("div", head, *parts, class_="lineage", style=_BOX)


def _graph(graph: Graph) -> Iterator[str]:
    if 0 < len(graph) <= MOST:
        yield from _inline(picture(graph))
        return
    kinds = Counter(data["kind"] for _, data in graph.nodes(data=True))
    edges: Any = graph.edges(data="relation")
    relations = Counter(relation for _, _, relation in edges)
    yield _table(("nodes", ""), [(plural(kind), f"{number:,}") for kind, number in _most_first(kinds)])
    yield _table(("edges", ""), [(relation, f"{number:,}") for relation, number in _most_first(relations)])
    yield element("p", words(f"too many to draw: lineage.select(graph, …), or lineage.view(graph, max_nodes={MOST})"))


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _answer(shown: Answer) -> str:
    """An answer: the first line of its text, the picture of its evidence, and below it the text, folded.

    The text is unfolded if it says what the picture does not: the holdouts, or that nothing was found.
    """
    if page := shown._page():  # noqa: SLF001  (not for people: Tab does not offer it)
        return element("iframe", srcdoc=page, sandbox="", style=_FRAME)
    told = str(shown)
    drawn = [] if isinstance(shown, ListedAnswer) else [*_evidence(shown)]
    if not drawn:
        return element("div", _text(told), class_="lineage", style=_BOX)
    text = (
        _text(told) if getattr(shown, "holdouts", ()) else element("details", element("summary", "Show as text"), _text(told))
    )
    return _page(told.partition("\n")[0], [*drawn, text])


def _text(told: str) -> str:
    """What `print` prints, with its first line as the heading, in the notebook's colours."""
    first, end, rest = told.partition("\n")
    return element("pre", element("strong", words(first)), words(end + rest), style=_PLAIN)


def _evidence(shown: Any) -> Iterator[str]:
    """The picture of an answer's evidence, or else a table of the nodes that it names.

    `making` has the connecting edges that the answer's JSON leaves to `trace`.
    """
    said = shown.as_json()
    graph = graph_of_answer(said | {"making": getattr(shown, "making", None)}, getattr(shown, "nodes", None))
    ends = [one for end in ("subject", "target") if (one := (said.get(end) or {}).get("id"))]
    if 0 < len(graph) <= MOST:
        images = any(graph.nodes[one]["kind"] in SHOWN_BESIDE for one in ends if one in graph)
        yield from _inline(picture(graph, images=images, keep=ends))
    elif len(graph):
        kinds = Counter(data["kind"] for _, data in graph.nodes(data=True))
        yield _table(("it names", ""), [(plural(kind), f"{number:,}") for kind, number in _most_first(kinds)])


def graph_of_answer(said: dict[str, Any], nodes: Any = None) -> Graph:
    """The nodes and edges anywhere in the JSON of an answer. `nodes` give more about them."""
    graph: Graph = nx.MultiDiGraph(scope=Scope())
    for found in _objects(said):
        if all(word in found for word in _NODE):
            _add(graph, found["id"], found)
        if all(word in found for word in _EDGE):
            said_of = dict.fromkeys(("role", "usage", "path"), "") | {"span": None} | found
            key = "\t".join(str(said_of[word]) for word in ("relation", "role", "usage", "path"))
            graph.add_edge(said_of.pop("source"), said_of.pop("target"), key=key, **said_of)
    for found in _objects(nodes):
        if found.get("id") in graph and all(word in found for word in _NODE):
            _add(graph, found["id"], found)
    for node in [node for node, data in graph.nodes(data=True) if not data]:
        edges: Any = graph.to_undirected(as_view=True).edges(node, data="usage")
        _add(graph, node, _named(node, {usage for _, _, usage in edges}))
    return graph


def _objects(said: Any) -> Iterator[dict[str, Any]]:
    todo = [said]
    while todo:
        one = todo.pop()
        if isinstance(one, dict):
            yield one
        if isinstance(one, (dict, list, tuple)):
            todo += reversed(list(one.values() if isinstance(one, dict) else one))


def _add(graph: Graph, node: str, found: dict[str, Any]) -> None:
    empty = dict.fromkeys(("arn", "account", "region", "created", "modified", "status"))
    kept = {name: found[name] for name in (*empty, "kind", "name", "observed") if name in found}
    graph.add_node(node, **empty | kept | {"label": label(node, found["kind"], found["name"] or node)})


def _named(node: str, usages: set[str]) -> dict[str, Any]:
    """What the id of a node and its use tell, for a node that only edges of the answer name."""
    if is_arn(node):
        return {"kind": kind_of_arn(node).name, "name": node.rpartition("/")[2], "observed": True}
    place = (ARTIFACT if "model" in usages else CODE if usages == {"code"} else DATASET).name
    kind = place if is_place(node) else node.partition(":")[0]
    return {"kind": kind if kind in KINDS else IMAGE, "name": node, "observed": True}


def _inline(drawn: Picture) -> Iterator[str]:
    """The picture as part of a page, with a style for it alone. One that is shown small says where it is large."""
    placed = place(drawn, _PAGE)
    svg = to_svg(drawn, placed).partition("\n")[2]
    yield _STYLE.sub(lambda found: f"<style>{_inside(found[1])}</style>", svg)
    if placed.width > _SMALL * _PAGE:
        yield element(
            "p", words("shown small: lineage.select(graph, …) takes a part, lineage.to_page(graph) makes a page to zoom in")
        )


def _inside(css: str) -> str:
    """The style for what is inside of an output: as wide as that, and dark as the theme around it is, else as the system is."""
    light, dark = _DARK.sub("", css), "".join(_DARK.findall(css))
    system = f"body:not({', '.join(_LIGHT_THEMES)}) .lineage svg {{ {dark} }}"
    theme = f"body:is({', '.join(_DARK_THEMES)}) .lineage svg {{ {dark} }}"
    return f".lineage svg {{ {_FIT} {light} }}\n@media (prefers-color-scheme: dark) {{ {system} }}\n{theme}"


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    first = element("tr", *(element("th", words(cell) or " ") for cell in head))
    return element("table", first, *(element("tr", *(element("td", words(cell)) for cell in row)) for row in rows))
