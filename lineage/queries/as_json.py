"""Nodes, edges, and what was looked at, as every answer shows them. Pure."""

from __future__ import annotations

from collections.abc import Callable

from lineage.domain.attestations import NO_ATTESTATIONS, Attestations, names_of
from lineage.domain.kinds import KINDS, PROCESSING_JOB, TRAINING_JOB, kind_of_subject
from lineage.domain.names import is_place
from lineage.domain.records import Counts, Crawl, Gap, Json, Scope
from lineage.queries.flow.links import Flow, Link


def node_json(graph: Flow, node: str) -> Json:
    """A node as every answer shows it."""
    return attributes_json(node, graph.nodes[node])


def said(graph: Flow, subject: Json) -> str:
    """What is asked about, in words: a place by its URI, anything else by its kind and name."""
    data = graph.nodes.get(subject["id"])
    if data is None or is_place(subject["id"]):
        return str(subject["id"])
    earlier = f", created {data['created']}" if "@" in subject["id"].rpartition("/")[2] else ""
    return f"{data['kind'].replace('-', ' ')} {data['name']}{earlier}"


def attributes_json(node: str, data: Json) -> Json:
    """The same for a node that is in no graph."""
    return {
        "id": node,
        "kind": data["kind"],
        "name": data["name"],
        "account": data["account"],
        "region": data["region"],
        "arn": data["arn"],
        "created": data["created"],
        "status": data["status"],
        "observed": data["observed"],
    }


def link_json(link: Link) -> Json:
    """An edge as every answer shows it: its ends, its relation, and the field that states it."""
    source, target, _, data, time = link
    return {
        "source": source,
        "target": target,
        "relation": data["relation"],
        "role": data["role"],
        "usage": data["usage"],
        "path": data["path"],
        "evidence": data["evidence"],
        "time": time,
    }


# What this version does not read at all, and what could train, copy data or serve.
NOT_READ = ("Bedrock", "HyperPod", "MLflow servers", "notebooks", "what Glue, Athena and EMR wrote")
_GONE = ("deleted", "missing")  # the reasons of a gap about what no longer exists
_JOBS = {kind.name for kind in KINDS.values() if kind.job}
_GAP = ("account", "region", "operation", "subject", "reason", "detail")


def scope_json(scope: Scope, holes: list[Gap], crawls: set[int] | None = None, vouched: Attestations = NO_ATTESTATIONS) -> Json:
    """What was looked at, by the given crawls or by all, with the gaps that matter for the answer, attested ones included."""
    return {
        "accounts": list(scope.accounts),
        "regions": list(scope.regions),
        "crawls": [_crawl_json(crawl) for crawl in scope.crawls if crawls is None or crawl.id in crawls],
        "holes": [hole_json(hole, vouched) for hole in holes],
        "numbers": numbers_json(scope, Counts(*map(sum, zip(Counts(), *(one.counts for one in scope.counted), strict=True)))),
        "not_read": list(NOT_READ),
    }


def numbers_json(scope: Scope, counts: Counts, takes: Callable[[str, str], bool] = lambda *_: True) -> Json | None:
    """The numbers behind a "no", for the places that it `takes`; None if they were not counted."""
    if not scope.counted:
        return None
    silent, lost = ([gap for gap in gaps if takes(gap.account, gap.region)] for gaps in (scope.silent, scope.holes))
    gone = {gap.subject for gap in lost if gap.reason in _GONE and _kind_of(gap) in _JOBS}
    silent_kinds = [_kind_of(gap) for gap in silent]
    return {
        "resources": counts.resources,
        "jobs_that_train": counts.trainers,
        "training_jobs": counts.training_jobs,
        "training_jobs_without_isolation": counts.training_jobs - counts.isolated_training_jobs,
        "training_jobs_without_channels": silent_kinds.count(TRAINING_JOB.name),
        "processing_jobs": counts.processing_jobs,
        "processing_jobs_without_isolation": counts.processing_jobs - counts.isolated_processing_jobs,
        "processing_jobs_without_inputs": silent_kinds.count(PROCESSING_JOB.name),
        "channels": counts.channels,
        "channels_of_unknown_writer": counts.channels_of_unknown_writer,
        "deleted_jobs_not_read": len(gone - scope.known),
    }


def _kind_of(gap: Gap) -> str:
    kind = kind_of_subject(gap.subject)
    return kind.name if kind else ""


def hole_json(hole: Gap, vouched: Attestations = NO_ATTESTATIONS) -> Json:
    """A gap, with how an attestation must name it (null if none can) and the ids of the attestations that close it."""
    name = next((name.as_json() for name in names_of(hole)), None)
    return gap_json(hole) | {"attest": name} | attested_by(hole, vouched)


def attested_by(hole: Gap, vouched: Attestations) -> Json:
    """The ids of the attestations that close a gap; nothing if none were given."""
    return {"attested": [one.id for one in vouched.of(hole)]} if vouched.said else {}


def gap_json(gap: Gap) -> Json:
    """A gap as every answer shows it."""
    return {name: getattr(gap, name) for name in _GAP}


def _crawl_json(crawl: Crawl) -> Json:
    names = ("id", "started", "finished", "complete", "caller", "replayed")
    return {name: getattr(crawl, name) for name in names} | {"endpoints": list(crawl.roots)}
