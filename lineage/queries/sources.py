"""What a question is asked of: a snapshot, from which it reads what it needs, or a graph that was read from one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from lineage.domain.names import is_location
from lineage.domain.urls import from_url
from lineage.graphs.excerpts import Excerpt, Graph, insist_source
from lineage.queries.selectors import find_in
from lineage.snapshot.reading import Snapshot

Source: TypeAlias = "Snapshot | Graph | Excerpt"


def graph_from(source: Source, read: Callable[[Snapshot], Excerpt]) -> Excerpt:
    """The given graph, or what `read` takes from the snapshot. Raises `TypeError` for anything else."""
    if isinstance(source, Snapshot):
        return read(source)
    insist_source(source)
    return Excerpt.of(source)


def known_as(source: Source, wanted: str) -> str:
    """An S3 URI unchanged; for another name, the id of the node in the snapshot. A graph resolves names later.

    Raises `MalformedName`, and `UnknownNode` if nothing, or more than one thing, has that name.
    """
    wanted = from_url(wanted)
    return find_in(source, wanted) if isinstance(source, Snapshot) and not is_location(wanted) else wanted
