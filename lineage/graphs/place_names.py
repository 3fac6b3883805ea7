"""Data with a name: if a record gives its place, whatever reads or writes it by name does so at that place.

A feature group stores at its offline store what jobs put into it, and its Glue table shows that; a hub's dataset names its
place. Without this a query of that table could be about anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from lineage.domain.kinds import DATASET
from lineage.domain.records import Edge, Node, Window
from lineage.domain.times import utc
from lineage.graphs.tables import Joining

SETTLES = timedelta(minutes=15)  # the delay until data put into a feature group is at its offline store (developer guide)


def place_names(joining: Joining) -> None:
    """Add the same read, write or mention at the place for each by name; for each mention of a thing, one of where it wrote."""
    for edge in _at_places(joining):
        place = edge.target if edge.relation == "writes" else edge.source
        joining.say([Node(place, DATASET.name, place, observed=True)], [edge])  # perhaps only an earlier version named it
    for edge in joining.said_by_writer():
        joining.say([Node(edge.source, DATASET.name, edge.source, observed=True)], [edge])
    joining.settle()
    joining.find_by_name()


def _at_places(joining: Joining) -> Iterator[Edge]:
    for edge, place, span in joining.said_by_name():
        found = edge._replace(evidence="matched" if edge.evidence == "declared" else edge.evidence, span=span)
        if edge.relation == "writes":
            yield found._replace(target=place, window=_settled(edge.window))
        else:
            yield found._replace(source=place)


def _settled(window: Window | None) -> Window | None:
    """When a write has arrived at its place, from when it ended."""
    if not window or not window.closes:
        return window
    return Window(window.opens, utc(datetime.fromisoformat(window.closes) + SETTLES))
