"""Which questions a graph answers: a part of a snapshot may lack what would change an answer.

networkx takes parts in many ways (`subgraph`, `remove_node`, `reverse`, …), and a part keeps the attributes of the whole
graph. So they say what the graph held when lineage made it, and a question compares that with what the graph holds now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

from lineage.graphs.excerpts import Excerpt, Graph

EXTENT = "extent"  # the attribute of a graph
# The questions that a part can be read for, as messages name them.
USED, IMPACT, TRACE, PATH_FROM, PATH_TO = "used", "impact", "trace", "the path from", "the path to"
Question = tuple[str, str]
"""The name of a question, and the id of what it is asked about."""
_ASK = "ask the snapshot, or the whole graph, lineage.graph(snapshot)"


class Held(NamedTuple):
    """What a graph holds, in any order: how many nodes and edges, and a checksum of their ids, ends and keys."""

    nodes: int
    edges: int
    checksum: int

    @classmethod
    def by(cls, graph: Excerpt) -> Held:
        """What a graph holds now. Attributes do not count: people add their own."""
        edges, checksum = 0, sum(_sum_of(f"{node}") for node in graph.nodes)
        for link in graph.edges():
            edges += 1
            checksum += _sum_of(f"{link.source}\n{link.target}\n{link.key}")
        return cls(len(graph.nodes), edges, checksum)


def _sum_of(name: str) -> int:
    return crc32(name.encode(errors="surrogatepass"))


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a snapshot a graph held when lineage made it: all of it, or what some questions need."""

    held: Held
    whole: bool
    questions: frozenset[Question]

    def insist_answers(self, questions: Collection[Question]) -> None:
        """Raise `TypeError` if the part was not read for some questions; none are those about what it does not hold."""
        if not questions or not self.questions.issuperset(questions):
            only = next((f", read to ask {question} about {subject}" for question, subject in sorted(self.questions)), "")
            raise TypeError(f"this graph is a part of the snapshot{only}: {_ASK}")


def extent_of(graph: Graph) -> Extent:
    """What a graph was made of. Raises `TypeError` if it holds something else by now, as a part of it does."""
    extent: Extent | None = graph.graph.get(EXTENT)
    held = Held.by(Excerpt.of(graph))
    if extent is None or held != extent.held:
        less = extent is not None and (held.nodes < extent.held.nodes or held.edges < extent.held.edges)
        what = "a part of the snapshot" if less else "not as lineage made it"
        raise TypeError(f"this graph is {what}: {_ASK}")
    return extent
