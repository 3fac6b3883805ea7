"""Whether the channels that a job learns from and those that it is measured on share data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise, product

from lineage.domain.names import Cover, Span, cover, location_of
from lineage.domain.records import Json
from lineage.domain.training import trains
from lineage.queries.as_json import node_json
from lineage.queries.flow.holes import opaque_read
from lineage.queries.flow.links import Flow, Link, links_into, told_once
from lineage.queries.flow.steps import listings_of

_MEASURES = {"validation", "valid", "val", "test", "testing", "eval", "evaluation", "holdout", "dev"}
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_PLAIN = {Span.OBJECT, Span.PREFIX, Span.FOLDER}
SHARED, UNKNOWN = "overlap", "unknown"


def measures(channel: str) -> bool:
    """Whether a channel's name says that a model is measured on it: `validation`, `test_lst`, `valData`, `hold-out`."""
    words = [word.casefold() for word in _WORD.findall(channel)]
    return bool(_MEASURES & {*words, *map("".join, pairwise(words))})


def overlapping(graph: Flow, job: str) -> Iterator[Json]:
    """The pairs of a training and a measuring channel of a training job that share data, or may share it."""
    channels = [link for link in told_once(links_into(graph, job, "reads")) if link.data["usage"] == "data"]
    taught = [link for link in channels if not measures(link.data["role"])]
    measured = [link for link in channels if measures(link.data["role"])]
    for one, other in product(taught, measured) if trains(graph.nodes[job]) else ():
        verdict, shown = shared(graph, one, other)
        if verdict:
            pair = {"channels": [one.data["role"], other.data["role"]], "uris": [one.source, other.source]}
            yield {"job": node_json(graph, job), "verdict": verdict, "shown": shown} | pair


def shared(graph: Flow, one: Link, other: Link) -> tuple[str, str]:
    """Whether two channels share data, with a place that shows it; nothing if they surely do not.

    They do if their places are the same, or share keys as far as their names show, or if a manifest lists such a key.
    """
    here, there = location_of(one.source), location_of(other.source)
    met = one.source == other.source
    if here and there and not met and {Span(link.data["span"]) for link in (one, other)} <= _PLAIN:
        met = cover(here, Span(one.data["span"]), there, Span(other.data["span"])) in (Cover.ALL, Cover.PART)
    if met:
        return SHARED, max(one.source, other.source, key=len)
    if opaque_read(graph, one) or opaque_read(graph, other):
        return UNKNOWN, ""
    shown = _listed(graph, one, other)
    return (SHARED, shown) if shown else ("", "")


def _listed(graph: Flow, one: Link, other: Link) -> str:
    """An object that a manifest lists and the other channel reads as well."""
    listings = listings_of(graph)
    if one.data["listing"] and other.data["listing"]:
        return listings.shared(one.data["listing"], other.data["listing"])
    for manifest, place in ((one, location_of(other.source)), (other, location_of(one.source))):
        if manifest.data["listing"] and place:
            return listings.cover(manifest.data["listing"], place)[1]
    return ""
