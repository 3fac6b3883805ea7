"""Data that is called by a name: where a record says at which place it lies, who reads or writes it by name does so there.

A feature group keeps at its offline store what jobs put into it, and its Glue table shows that; a hub's dataset names the
place where it lies. Without this a query of that table could be of anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from lineage.domain.records import Edge, Window
from lineage.domain.times import utc
from lineage.graphs.tables import Joining

SETTLES = timedelta(minutes=15)  # so soon is what was put into a feature group at its offline store (developer guide)


def place_names(joining: Joining) -> None:
    """Say of each read and write by name that it was at the place as well."""
    for edge in _at_places(joining):
        joining.say([], [edge])
    joining.settle()
    joining.find_by_name()


def _at_places(joining: Joining) -> Iterator[Edge]:
    for edge, place, span in joining.said_by_name():
        found = replace(edge, evidence="matched" if edge.evidence == "declared" else edge.evidence, span=span)
        if edge.relation == "reads":
            yield replace(found, source=place)
        else:
            yield replace(found, target=place, window=_settled(edge.window))


def _settled(window: Window | None) -> Window | None:
    """When a write is at its place, by when it was over."""
    if not window or not window.closes:
        return window
    return Window(window.opens, utc(datetime.fromisoformat(window.closes) + SETTLES))
