"""What attestations name, looked up in records: since when it exists, and which of them name nothing."""

from __future__ import annotations

from collections.abc import Iterable

from lineage.domain.attestations import Attestation, Attestations, names_of, normal_subject
from lineage.domain.names import is_arn, node_id, parse_arn
from lineage.errors import UnknownNode
from lineage.queries.selectors import find_in
from lineage.queries.selectors import names_of as nodes_of
from lineage.queries.sources import Source
from lineage.snapshot.reading import Snapshot


def beside_records(source: Source, given: Attestations) -> Attestations:
    """The attestations, with what the records of a snapshot or a graph tell of the things that they name."""
    known = {one.id: _created(source, one.hole.subject) for one in given.said}
    created = {key: when for key, when in known.items() if when}
    lost = [one for one in given.said if known[one.id] is None]
    strange = _strange(source, lost) if lost and isinstance(source, Snapshot) else {}
    return given.beside(created, strange)


def _created(source: Source, subject: str) -> str | None:
    """When the thing was created; empty if no record says so, None if no record names it."""
    exact = node_id(subject)
    if isinstance(source, Snapshot):
        found = list(source.nodes([exact])) or list(source.nodes(_same(source.names(_name(subject)), subject)))
        return (found[0].created or "") if found else None
    ids = [exact] if exact in source.nodes else _same(nodes_of(source), subject)
    return (source.nodes[ids[0]]["created"] or "") if ids else None


def _same(nodes: Iterable[tuple[str, str, str]], subject: str) -> list[str]:
    """The ids that mean the same thing: a thing that records only name has an id of another form."""
    name, normal = _name(subject).casefold(), normal_subject(subject)
    return [node for node, _, called in nodes if called.casefold() == name and normal_subject(node) == normal]


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
