"""What a question is asked of: a snapshot, from which it reads what it needs, or a graph that was read from one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from lineage.domain.names import is_location, parse_location
from lineage.domain.urls import from_url
from lineage.errors import UnknownNode
from lineage.graphs.excerpts import Excerpt, Graph, insist_source
from lineage.graphs.parts import Question, extent_of
from lineage.queries.selectors import find_in, find_node, names_of
from lineage.snapshot.reading import Snapshot

Source: TypeAlias = "Snapshot | Graph | Excerpt"


def graph_from(source: Source, read: Callable[[Snapshot], Excerpt]) -> Excerpt:
    """The given graph, or what `read` takes from the snapshot. Raises `TypeError` for anything else."""
    if isinstance(source, Snapshot):
        return read(source)
    insist_source(source)
    return Excerpt.of(source)


def insist_answers(source: Source, questions: Callable[[Graph], Iterable[Question]]) -> None:
    """Raise `TypeError` if a person's graph may lack what some questions need. They are named only for a part of a snapshot."""
    if isinstance(source, Snapshot | Excerpt):
        return
    insist_source(source)
    extent = extent_of(source)
    if extent.whole:
        return
    try:
        asked = set(questions(source))
    except UnknownNode:  # the snapshot may hold what the part does not
        asked = set()
    extent.insist_answers(asked)


def id_in(graph: Graph, wanted: str) -> str:
    """The URI of a place, or the id of the node that a name means in a graph. Raises `MalformedName` and `UnknownNode`."""
    wanted = from_url(wanted)
    return parse_location(wanted).uri if is_location(wanted) else find_node(names_of(graph), wanted)


def known_as(source: Source, wanted: str) -> str:
    """An S3 URI unchanged; for another name, the id of the node in the snapshot. A graph resolves names later.

    Raises `MalformedName`, and `UnknownNode` if nothing, or more than one thing, has that name.
    """
    wanted = from_url(wanted)
    return find_in(source, wanted) if isinstance(source, Snapshot) and not is_location(wanted) else wanted
