"""Which content of a place the runs of a job say that they read (`domain/pins.py`). Pure.

Anyone who can write a run can write this. So it is shown beside what was read, and removes no use.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import NamedTuple

from lineage.domain.names import Span
from lineage.domain.pins import Pin, read_pin
from lineage.domain.records import Json
from lineage.queries.flow.links import Flow, Link, links_out_of

LOGGED = "logged"
# A pin of the place can cover all that was read only for these spans: what a manifest lists lies elsewhere.
_PLAIN = (Span.PREFIX, Span.FOLDER, Span.OBJECT)


class Content(NamedTuple):
    """What one run says of the content of one of its inputs."""

    run: str
    name: str  # of the input
    place: str
    pin: Pin

    def is_of(self, place: str) -> bool:
        """Whether it is of a place, written with or without a slash at its end."""
        return self.place.rstrip("/") == place.rstrip("/")


def contents(graph: Flow, job: str) -> list[Content]:
    """What the runs of a job say of their inputs; for a run, what it says itself."""
    runs = dict.fromkeys([job, *(link.target for link in links_out_of(graph, job, "recorded-by"))])
    return [one for run in runs for one in _said_by(graph, run)]


def _said_by(graph: Flow, run: str) -> list[Content]:
    """What one run says. It is read once, because a run may have many jobs."""
    kept: dict[str, list[Content]] = graph.kept.setdefault("contents", {})
    if run not in kept:
        said = ((name, place, read_pin(text)) for name, place, text in graph.nodes[run].get("contents") or ())
        kept[run] = [Content(run, name, place, pin) for name, place, pin in said if pin]
    return kept[run]


def whole_contents(graph: Flow, job: str, link: Link) -> list[Content]:
    """What the runs of a job say of all that it read by an edge: of that very place, with every object that was there."""
    if Span(link.data["span"] or Span.UNKNOWN) not in _PLAIN:
        return []
    return [one for one in contents(graph, job) if one.place == link.source and one.pin.complete]


def agreed(told: list[Content]) -> bool:
    """Whether there is a content on which all runs that give one agree."""
    return len({one.pin.digest for one in told}) == 1


def content_json(graph: Flow, content: Content) -> Json:
    """A content as every answer shows it."""
    run = {"run": content.run, "run_name": graph.nodes[content.run]["name"], "input": content.name, "place": content.place}
    return run | asdict(content.pin) | {"evidence": LOGGED}
