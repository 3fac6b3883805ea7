"""Mermaid, for the Markdown of GitHub, GitLab and wikis, within Mermaid's limits.

Mermaid refuses a diagram of more than 500 edges or 50,000 characters. What does not fit is left out: first container images,
then memberships, then the last ids. The diagram says how many.
"""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.kinds import KINDS, RELATIONS, SHOWN_BESIDE
from lineage.domain.text import one_line
from lineage.graphs.nodes import Attributes
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.pictures.figures import edge_label, not_now, shorten
from lineage.queries.flow.links import Link

MAX_EDGES, MAX_CHARACTERS = 500, 50_000
_ROOM = 4_000  # characters reserved for the styles and the note on what was left out
_PLAIN = set(" -_./:,=+@%*~'!?^$")


def write_mermaid(chosen: Chosen) -> Iterator[str]:
    """A flowchart from left to right."""
    diagram = _Diagram(chosen)
    diagram.draw()
    yield "flowchart LR\n"
    yield from diagram.lines
    yield from diagram.left_out()
    yield from diagram.styles()


class _Diagram:
    """Builds a diagram: its lines, and its nodes with their names in it."""

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = chosen
        self.nodes = {node: data for node, data in chosen.nodes() if data["kind"] not in SHOWN_BESIDE}
        self.images = sum(data["kind"] in SHOWN_BESIDE for _, data in chosen.nodes())
        self.names: dict[str, str] = {}
        self.lines: list[str] = []
        self.room = MAX_CHARACTERS - _ROOM
        self.edges = self.missing_edges = 0

    def draw(self) -> None:
        links = [link for link in self.chosen.edges() if link.source in self.nodes and link.target in self.nodes]
        for link in sorted(links, key=lambda link: not RELATIONS[link.relation].flows):
            new = [end for end in dict.fromkeys(link[:2]) if end not in self.names]
            drawn = self.edges < MAX_EDGES and self._add(new, self._arrow(link, new))
            self.edges += drawn
            self.missing_edges += not drawn
        for node in self.nodes:
            if node not in self.names:
                self._add([node], "")

    def _arrow(self, link: Link, new: list[str]) -> str:
        names = self.names | {node: f"n{number}" for number, node in enumerate(new, len(self.names))}
        solid = link.data["evidence"] == "declared" and RELATIONS[link.relation].flows and not not_now(link.data)
        arrow = f'-- "{_text(edge_label(link.data))}" -->' if solid else f'-. "{_text(edge_label(link.data))}" .->'
        return f"  {names[link.source]} {arrow} {names[link.target]}\n"

    def _add(self, new: list[str], arrow: str) -> bool:
        """Add nodes and an arrow, if there is room for all of them."""
        names = {node: f"n{number}" for number, node in enumerate(new, len(self.names))}
        boxes = [self._box(name, self.nodes[node]) for node, name in names.items()]
        taken = sum(map(len, (*boxes, arrow)))
        if taken > self.room:
            return False
        self.names |= names
        self.lines += [*boxes, arrow] if arrow else boxes
        self.room -= taken
        return True

    def _box(self, name: str, data: Attributes) -> str:
        kind = data["kind"] if data["observed"] else "unobserved"
        return f'  {name}["{_text(data["kind"].replace("-", " "))}<br/>{_text(shorten(data["label"]))}"]:::{kind}\n'

    def left_out(self) -> Iterator[str]:
        nodes = len(self.nodes) - len(self.names)
        counts = {"nodes": nodes, "edges": self.missing_edges, "container images": self.images}
        said = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        if not said:
            return
        yield f'  left["left out: {said}"]:::unobserved\n'
        if nodes or self.missing_edges:
            limits = f"Mermaid draws no more than {MAX_EDGES} edges or {MAX_CHARACTERS:,} characters"
            self.chosen.notes.append(f"left out: {said}; {limits}: select less, or take -f dot")

    def styles(self) -> Iterator[str]:
        kinds = {self.nodes[node]["kind"] for node in self.names if self.nodes[node]["observed"]}
        yield from (f"  classDef {kind} fill:{KINDS[kind].colour},color:#000\n" for kind in sorted(kinds))
        yield "  classDef unobserved fill:#fff,stroke:#c00,stroke-dasharray:5 5,color:#000\n"


def _text(text: str) -> str:
    """Text between quotes. Every character with a meaning is written as its number, such as `#35;`."""
    return "".join(c if c.isalnum() or c in _PLAIN else f"#{ord(c)};" for c in one_line(text))
