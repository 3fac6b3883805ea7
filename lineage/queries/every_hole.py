"""Every gap that a question about a snapshot can meet: those that its crawls left, and those that only the questions find."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from lineage.domain.attestations import Attestation, Attestations, names_of
from lineage.domain.jobs import is_job
from lineage.domain.kinds import ENDPOINT
from lineage.domain.names import is_place
from lineage.domain.records import Gap, Json
from lineage.graphs.neighbourhoods import around_holes, neighbourhood
from lineage.queries.as_json import hole_json
from lineage.queries.attested import Vouched, template, vouched_in
from lineage.queries.flow.holes import Blind, opaque_read
from lineage.queries.flow.links import Flow
from lineage.queries.flow.unread import Unread, once
from lineage.queries.holdouts import broken
from lineage.queries.impact import unexplained
from lineage.queries.scope import empty, not_enumerated
from lineage.queries.trace import Tracing
from lineage.snapshot.reading import Snapshot, asks_snapshot


def every_hole(snapshot: Snapshot) -> list[Gap]:
    """The gaps of a snapshot, each once. A question has those of them that could hide something from it."""
    scope = snapshot.scope()
    listed = (*not_enumerated(scope), *empty(scope), *scope.holes, *scope.silent)
    return once([*listed, *_unseen(snapshot), *_unmade(snapshot)])


@asks_snapshot
def attest_template(snapshot: Snapshot, attestations: Vouched = None) -> str:
    """An attestation as TOML, to fill in, for each gap that somebody could attest and nobody has attested yet."""
    vouched = vouched_in(attestations)
    return template(hole for hole in every_hole(snapshot) if not vouched.of(hole))


@asks_snapshot
def vouched_for(snapshot: Snapshot, attestations: Vouched) -> Json:
    """The gaps of a snapshot, also those that only questions meet, with the attestations that close them.

    Each attestation has a `state`: `counts`, `unmatched`, or why it does not count.
    """
    vouched, holes, scope = vouched_in(attestations), every_hole(snapshot), snapshot.scope()
    gaps = set(scope.holes)
    loose = {one.id for one in vouched.unmatched(holes)}
    states = {one.id: vouched.why_void(one) or ("unmatched" if one.id in loose else "counts") for one in vouched.said}
    return {
        "gaps": [hole_json(gap, vouched) for gap in scope.holes],
        "holes": [hole_json(hole, vouched) for hole in holes if hole not in gaps],
        "attestations": [one.as_json() | {"line": one.line, "state": states[one.id]} for one in vouched.said],
        "warnings": unmatched(vouched, holes),
    }


def unmatched(vouched: Attestations, holes: list[Gap]) -> list[str]:
    """A message for each attestation that matches none of the gaps. The gaps must be all of a snapshot."""
    loose = vouched.unmatched(holes)
    names = {name.normal() for hole in holes for name in names_of(hole)} if loose else set()
    kinds: dict[str, set[str]] = defaultdict(set)
    for name in names:
        kinds[name.subject].add(name.kind)
    subjects = sorted(kinds)
    return [vouched.told(one, f"matches no gap of this snapshot{_near(one, kinds, subjects)}") for one in loose]


def _near(one: Attestation, kinds: dict[str, set[str]], subjects: list[str]) -> str:
    """The gap that may have been meant: another gap of the same subject, or gaps whose subject begins the same way."""
    subject = one.hole.normal().subject
    if subject in kinds:
        told = " and ".join(sorted(kinds[subject]))
        return f"; for its subject there is {told}: name the gap as `lineage gaps --attest-template` does"
    below = subjects[bisect_left(subjects, subject) :][:1]
    begins = bool(below) and below[0].startswith(subject)
    return f"; there is one about {below[0]}: an attestation names one whole subject" if begins else ""


def _unseen(snapshot: Snapshot) -> Iterator[Gap]:
    """Reads that cannot be inspected, where the trail of what jobs made is lost, and served models of unknown origin."""
    graph = Flow(around_holes(snapshot))
    lost: list[Gap] = []
    blind = Blind(graph, lost)
    for node in sorted(node for node in graph.nodes if not is_place(node)):
        reads = graph.into(node, ("reads",)) if is_job(graph.nodes[node]) else ()
        yield from filter(None, (opaque_read(graph, link) for link in reads))
        blind.follow(node)
    yield from lost
    yield from unexplained(graph)
    unread, blind.maybe_a_model = Unread.of(graph), ("", "it may load what a job made")
    yield from (*unread.readers, *unread.takers(blind), *unread.models(blind))


def _unmade(snapshot: Snapshot) -> Iterator[Gap]:
    """Where the origin of what an endpoint serves is unknown."""
    endpoints = [node for node, _ in snapshot.names_of(ENDPOINT.name)]
    graph = Flow(neighbourhood(snapshot, endpoints, "up"))
    for endpoint in sorted(endpoints):
        tracing = Tracing(graph, endpoint)
        tracing.run()
        yield from broken(tracing)
