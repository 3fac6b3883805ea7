"""How far a job came: whether it began to read, and whether its program ran. Pure.

A job that only has others do its work began when one of them did.
"""

from __future__ import annotations

from collections.abc import Callable

from lineage.domain.jobs import got_nothing, is_job, launched, ran, started, was_lost
from lineage.domain.records import Json
from lineage.queries.flow.links import Flow, Lately, Link, links_into


def began(graph: Flow, node: str) -> bool:
    """Whether a node may have read something, by itself or through jobs that it started. Always true for what is not a job."""
    return _did(graph, node, started)


def may_have_made(graph: Flow, node: str) -> bool:
    """Whether a node may have made something of what it read. False for a job that was cut short before its program ran."""
    return _did(graph, node, ran)


def surely_ran(graph: Flow, node: str) -> bool:
    """Whether nothing speaks against it that a node made something of what it read. False also if it was lost sight of."""
    return may_have_made(graph, node) and not was_lost(graph.nodes[node])


def _did(graph: Flow, node: str, did: Callable[[Json], bool]) -> bool:
    """The same for `started` or `ran`, computed once: each walk of one graph asks it of the same jobs."""
    attributes = graph.nodes[node]
    if not is_job(attributes):
        return True
    known: dict[str, bool] = graph.kept.setdefault(did, Lately())
    if node not in known:
        known[node] = did(attributes) and not _all_idle(graph, node, attributes, did)
    return known[node]


def read_nothing(graph: Flow, reading: Link) -> bool:
    """Whether a job certainly read nothing by this edge."""
    attributes = graph.nodes[reading.target]
    if is_job(attributes) and may_have_made(graph, reading.target):
        return False  # most of them
    return not began(graph, reading.target) or got_nothing(attributes, reading.source)


def _all_idle(graph: Flow, node: str, attributes: Json, did: Callable[[Json], bool]) -> bool:
    """Whether all jobs that a job says it started are known, and `did` is true of none."""
    number = launched(attributes)
    if not number:
        return False
    spawned = [graph.nodes[link.source] for link in links_into(graph, node, "member-of")]
    jobs = [one for one in spawned if is_job(one) and one["observed"]]
    return len(jobs) >= number and not any(map(did, jobs))
