"""What attestations name, looked up in records: since when it exists, and which of them name nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lineage.domain.attestations import Attestation, Attestations, names_of, normal_subject
from lineage.domain.names import is_arn, node_id, parse_arn
from lineage.errors import UnknownNode
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.queries.selectors import find_in
from lineage.queries.selectors import names_of as nodes_of
from lineage.queries.sources import Source
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot, open_snapshot


def beside_records(source: Source, given: Attestations) -> Attestations:
    """The attestations, with what the records of a snapshot or a graph tell of the things that they name.

    What a snapshot told stays, because a question may hand them on to another, about a part of it. A graph of a snapshot may
    lack what a gap is about, so the snapshot itself is asked.
    """
    if given.looked_up:
        return given
    listings: Listings | None = None if isinstance(source, Snapshot) else source.graph["listings"]
    if listings and listings.file:
        with open_snapshot(listings.file) as snapshot:
            return beside_records(snapshot, given)
    subjects = {normal_subject(one.hole.subject): one.hole.subject for one in given.said}
    known = _in_snapshot(source, subjects) if isinstance(source, Snapshot) else _in_graph(source, subjects)
    created = {one.id: when for one in given.said if (when := known.get(normal_subject(one.hole.subject)))}
    lost = [one for one in given.said if normal_subject(one.hole.subject) not in known]
    strange = _strange(source, lost) if lost and isinstance(source, Snapshot) else {}
    return given.beside(created, strange, looked_up=isinstance(source, Snapshot))


def _in_snapshot(snapshot: Snapshot, subjects: Mapping[str, str]) -> dict[str, str]:
    """When each thing was created that a record names; empty if no record says so."""
    known: dict[str, str] = {}
    for normal, subject in subjects.items():
        named = (node for node, *_ in snapshot.names(_name(subject)) if normal_subject(node) == normal)
        found = list(snapshot.nodes([node_id(subject)])) or list(snapshot.nodes(named))
        if found:
            known[normal] = found[0].created or ""
    return known


def _in_graph(graph: Graph | Excerpt, subjects: Mapping[str, str]) -> dict[str, str]:
    """The same, of a graph of records in memory."""
    ids = {normal: node_id(subject) for normal, subject in subjects.items() if node_id(subject) in graph.nodes}
    names = {_name(subject).casefold() for normal, subject in subjects.items() if normal not in ids}
    for node in (node for node, _, called in (nodes_of(graph) if names else ()) if called.casefold() in names):
        if (normal := normal_subject(node)) in subjects:
            ids.setdefault(normal, node)
    return {normal: graph.nodes[node]["created"] or "" for normal, node in ids.items()}


def _name(subject: str) -> str:
    """The name in an ARN, or in the id of what is only named."""
    return parse_arn(subject).resource.partition("/")[2] if is_arn(subject) else subject.split("/", 2)[-1]


def _strange(snapshot: Snapshot, lost: Iterable[Attestation]) -> dict[str, str]:
    """What to say of each one that names nothing in the snapshot, neither a thing nor the subject of a gap."""
    gaps = {name.normal().subject for gap in snapshot.scope().holes for name in names_of(gap)}
    return {one.id: _nearest(snapshot, one.hole.subject) for one in lost if one.hole.normal().subject not in gaps}


def _nearest(snapshot: Snapshot, subject: str) -> str:
    try:
        return f": the snapshot has {find_in(snapshot, subject)}"
    except UnknownNode as error:
        return f": {error}"
