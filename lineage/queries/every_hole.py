"""Every gap that a question about a snapshot can meet: those that its crawls left, and those that only the questions find."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.attestations import Attestations
from lineage.domain.jobs import is_job
from lineage.domain.kinds import ENDPOINT
from lineage.domain.names import is_place
from lineage.domain.records import Gap, Json
from lineage.graphs.neighbourhoods import around_holes, near_excerpt
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
    vouched = vouched_in(attestations, snapshot)
    return template(hole for hole in every_hole(snapshot) if not vouched.of(hole))


@asks_snapshot
def vouched_for(snapshot: Snapshot, attestations: Vouched) -> Json:
    """The gaps of a snapshot, also those that only questions meet, with the attestations that close them.

    Each attestation has a `state`: `counts`, `unmatched`, or why it does not count.
    """
    vouched, holes, scope = vouched_in(attestations, snapshot), every_hole(snapshot), snapshot.scope()
    gaps = set(scope.holes)
    loose = {one.id for one in vouched.unmatched(holes)}
    states = {one.id: vouched.why_void(one) or ("unmatched" if one.id in loose else "counts") for one in vouched.said}
    return {
        "gaps": [hole_json(gap, vouched) for gap in scope.holes],
        "holes": [hole_json(hole, vouched) for hole in holes if hole not in gaps],
        "attestations": [one.as_json() | {"line": one.line, "state": states[one.id]} for one in vouched.said],
        "warnings": [*vouched.early(), *unmatched(vouched, holes)],
    }


def unmatched(vouched: Attestations, holes: list[Gap]) -> list[str]:
    """A message for each attestation that matches none of the gaps. The gaps must be all of a snapshot."""
    loose = vouched.unmatched(holes)
    near = vouched.meant(loose, holes) if loose else ()
    return [vouched.told(one, f"matches no gap of this snapshot{meant}") for one, meant in near]


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
    graph = Flow(near_excerpt(snapshot, endpoints, "up"))
    for endpoint in sorted(endpoints):
        tracing = Tracing(graph, endpoint)
        tracing.run()
        yield from broken(tracing)
