"""One step of data from a job that wrote it to a reader: whether they share keys, and how sure the times are. Pure.

The graph's `overlaps` edges say which places share keys. Whether this reader got something from that writer depends on how many
keys each of the two stands for, and on their times.
"""

from __future__ import annotations

from typing import NamedTuple

from lineage.domain import jobs
from lineage.domain.kinds import ALLOWED
from lineage.domain.names import Cover, Span, gets_by, in_one_partition, location_of
from lineage.domain.sightings import wrote
from lineage.domain.status import is_over
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, SECOND, bounds, sortable
from lineage.queries.flow.copies import got_content, is_copy, pinned_write
from lineage.queries.flow.links import Flow, Lately, Link, links_into
from lineage.queries.flow.models import is_model
from lineage.queries.flow.order import in_order
from lineage.snapshot.manifests import Listings


class Step(NamedTuple):
    """From one job to another, through what one wrote and the other read: the edges, and how sure the times make it."""

    job: str
    links: tuple[Link, ...]
    fit: str


def is_logged(link: Link) -> bool:
    """Whether only what people may write says so."""
    return bool(link.data["evidence"] == "logged")


def is_only_allowed(write: Link) -> bool:
    """Whether a job was given the place to write to, and nothing says that it wrote."""
    return bool(write.data["evidence"] == ALLOWED)


def is_only_named(link: Link) -> bool:
    """Whether a job names the place in a text, and no field says what it did there."""
    return link.relation in ("may-read", "may-write")


def has_written(graph: Flow, write: Link) -> bool:
    """Whether something is certainly there. Not for a job that failed or has not ended, nor while an endpoint serves."""
    job = graph.nodes[write.source]
    ended = bool(bounds(write.time)[1]) or is_over(job["status"])
    doubt = jobs.may_have_left_nothing(job) or is_logged(write) or is_only_allowed(write)
    return jobs.is_job(job) and ended and not doubt


def fit_of(graph: Flow, write: Link, reading: Link) -> str:
    """How surely a write was read at its place: by its times, by how its job ended, and by whether there was a write.

    In another partition the same bucket name is another bucket.
    """
    if not in_one_partition(write.source, reading.target):
        return IMPOSSIBLE
    fit = _fit_of_copy(graph, write, reading)
    return POSSIBLE if fit == CERTAIN and put_again(graph, write, reading) else fit


def leaves(graph: Flow, job: str) -> str:
    """How certain it is that a job left something. It is kept, because a shared place has many readers for each writer."""
    kept: dict[str, str] = graph.kept.setdefault("leaves", Lately())
    if job not in kept:
        kept[job] = jobs.leaves(graph.nodes[job])
    return kept[job]


def _fit_of_copy(graph: Flow, write: Link, reading: Link) -> str:
    fit = jobs.fit_if(leaves(graph, write.source), write.time, reading.time)
    maybe = is_only_allowed(write) or is_only_named(write) or is_only_named(reading)
    return POSSIBLE if fit == CERTAIN and maybe else fit


def put_again(graph: Flow, write: Link, reading: Link) -> str:
    """When S3 says that the one object that is read as a model was modified: after a write and before it was read.

    Empty if it was not, or if S3 was not asked. S3 does not say whether the content became another one.
    """
    put = graph.nodes[reading.source].get("put") if is_model(reading) and reading.data["span"] == Span.OBJECT else None
    if not put:
        return ""
    ended = bounds(write.time)[1]
    settled = max(bounds(reading.time)[0], sortable(reading.data["settled"] or ""))
    times = (time for time in put if ended and ended[:SECOND] < sortable(time)[:SECOND] <= settled[:SECOND])
    return next(times, "")


def fit_over(graph: Flow, write: Link, between: tuple[Link, ...], reading: Link) -> str:
    """How surely a write was read, by its own times and by what others wrote there."""
    fit = fit_alone(graph, write, between, reading)
    if fit == IMPOSSIBLE or (between and is_copy(between[0])):
        return fit
    return pinned_write(graph, write, reading) or in_order(graph, write, reading, fit)


def fit_alone(graph: Flow, write: Link, between: tuple[Link, ...], reading: Link) -> str:
    """The same by its own times, also over a copy: it was that content, and the reader got that content."""
    if not between or not is_copy(between[0]):
        return fit_of(graph, write, reading)
    fit = _fit_of_copy(graph, write, reading)
    if fit == IMPOSSIBLE:
        return fit
    content = between[0].data["role"]
    was = wrote(graph.between(write.target, content), write.time)
    fits = {fit, was, got_content(graph, content, reading, write)}
    return IMPOSSIBLE if IMPOSSIBLE in fits else POSSIBLE if POSSIBLE in fits else CERTAIN


def shares_keys(graph: Flow, reading: Link, write: Link) -> bool:
    """Whether this reader got something from this write, by what each of them stands for."""
    spans = reading.data["span"], write.data["span"]
    return lists(graph, reading, write.target) or gets_by(reading.source, spans[0], write.target, spans[1])


def lists(graph: Flow, reading: Link, place: str) -> bool:
    """Whether a reader of a manifest got something from a place by what the manifest lists."""
    listing, location = reading.data["listing"], location_of(place)
    return bool(listing and location and listings_of(graph).cover(listing, location)[0] is not Cover.NONE)


def listings_of(graph: Flow) -> Listings:
    """What the manifests list that were read."""
    listings: Listings = graph.graph["listings"]
    return listings


def overlaps_into(graph: Flow, place: str) -> list[Link]:
    return [link for link in links_into(graph, place, "overlaps") if not is_copy(link)]
