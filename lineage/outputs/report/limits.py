"""What was looked at, how completely, and what the answers can't know. Each statement has the numbers of this snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence, Sized

from lineage.domain.attestations import Attestations
from lineage.domain.kinds import KINDS
from lineage.domain.names import is_arn
from lineage.domain.records import Gap, Json, Scope
from lineage.domain.text import counted as number
from lineage.outputs.report.parts import artifacts
from lineage.queries.as_json import NOT_READ, attested_by, numbers_json
from lineage.queries.coverage import coverage
from lineage.queries.scope import counts, deletions_told
from lineage.queries.trace import Trace
from lineage.snapshot.reading import Snapshot

_STATES = {"finished": "complete", "unfinished": "partial"}
_CRAWL = ("id", "started", "finished", "caller", "accounts", "regions", "roots", "tool", "botocore", "full", "complete")
_LIST = ("account", "region", "kind", "operation", "calls", "pages", "records", "since", "state", "detail")


def limits(snapshot: Snapshot, traces: Sequence[Trace], endpoints: Sequence[Json], vouched: Attestations) -> Json:
    """The coverage of a snapshot and the limitations of these answers. Each gap has the attestations that close it."""
    told, scope = coverage(snapshot), snapshot.scope()
    lists = [{name: one[name] for name in _LIST} | {"state": _STATES.get(one["state"], one["state"])} for one in told["lists"]]
    listed = {one["kind"] for one in lists}
    dangling = _dangling(traces)
    return {
        "accounts": list(scope.accounts),
        "regions": list(scope.regions),
        "partitions": sorted({crawl.caller.split(":")[1] for crawl in scope.crawls if is_arn(crawl.caller)}),
        "crawls": [{name: crawl[name] for name in _CRAWL} for crawl in told["crawls"]],
        "lists": lists,
        "lookups": [{name: one[name] for name in _LIST} for one in told["lookups"]],
        "not_crawled": [name for name, kind in KINDS.items() if kind.list and name not in listed],
        "gaps": [gap | attested_by(Gap(**gap), vouched) for gap in told["gaps"]],
        "dangling": dangling,
        "statements": list(_statements(scope, lists, traces, endpoints, vouched)),
    }


def _dangling(traces: Sequence[Trace]) -> list[Json]:
    """What these chains name and no crawl could describe."""
    names = ("id", "kind", "name", "account", "region")
    described = {name for name, kind in KINDS.items() if kind.describe}  # neither images nor locations
    named = (node for trace in traces for node in trace.nodes.values() if not node["observed"] and node["kind"] in described)
    nodes = {node["id"]: {name: node[name] for name in names} for node in named}
    return [nodes[key] for key in sorted(nodes)]


def _statements(
    scope: Scope, lists: list[Json], traces: Sequence[Trace], endpoints: Sequence[Json], vouched: Attestations
) -> Iterator[Json]:
    """The limitations that apply here. Each has its own number, so that people can cite it."""
    rows = (
        ("declared", _DECLARED),
        ("deleted", _deleted(scope)),
        ("versions", _versions(endpoints)),
        ("associations", _associations(traces)),
        ("network", _network(scope, endpoints)),
        ("creator", _CREATOR),
        ("overwritten", _overwritten(endpoints)),
        ("unread", _unread(scope, lists, vouched)),
        ("services", _SERVICES),
        ("history", _HISTORY),
        ("multi-model", _multi_model(endpoints)),
        ("clock", _CLOCK),
    )
    yield from ({"id": name, "text": text} for name, text in rows if text)


_DECLARED = (
    "An input is a declared input: a channel shows that data was mounted or named as input, not that the algorithm read "
    "every byte of it."
)
_CREATOR = (
    "SageMaker does not record who created training jobs, models, endpoint configs and endpoints. Only packages, cards, "
    "pipelines and trial components name their creator. For the rest, see the role that it ran as, or CloudTrail, which keeps "
    "90 days by default."
)
_HISTORY = (
    "SageMaker keeps the current and the pending config of an endpoint, but no earlier ones. What it served before is known "
    "only from earlier crawls."
)
_SERVICES = (
    f"This version does not read {', '.join(NOT_READ[:-1])}, or {NOT_READ[-1]}. These can train models, copy data or serve "
    'models. "No endpoint serves it" is about SageMaker endpoints only.'
)
_CLOCK = "Times are those that AWS records, in UTC. The times of the crawls are those of the machine that crawled."


_FOLLOWED = "No list was read, because the crawl followed endpoints: what is not upstream of them was not looked at"


def _deleted(scope: Scope) -> str:
    told = deletions_told(scope)
    known = f" CloudTrail told of every deletion between {told.since} and {told.until}." if told else ""
    return (
        "Training jobs, models, endpoint configs and endpoints can be deleted: what is gone is seen only by an earlier crawl, "
        f"CloudTrail, lineage entities or tags. Not found never means not used.{known}"
    )


def _versions(endpoints: Sequence[Json]) -> str:
    rows = [row for one in endpoints for row in one["data"]["inputs"] if row["usage"] == "data"]
    loose = sum(row["pinned"] != "version" for row in rows)
    if not loose:
        return ""
    return (
        f"{_of(loose, rows, 'data input')} without a version: an S3 prefix names whatever was there when the job began. What "
        "it held then is unknown without object versions or a list of the objects. No object was listed for this report."
    )


def _associations(traces: Sequence[Trace]) -> str:
    said = sum(edge["relation"] == "associated" for trace in traces for edge in trace.evidence)
    if not said:
        return ""
    return (
        f"{number(said, 'edge')} by SageMaker lineage associations: its artifacts are shared by their source URI, so an "
        "association does not say which version of a content it means."
    )


def _network(scope: Scope, endpoints: Sequence[Json]) -> str:
    jobs = {row["arn"]: row for one in endpoints for row in one["training"] if row["trains"]}
    exposed = sum(not row["network_isolation"] for row in jobs.values())
    everywhere = scope.training_jobs - scope.isolated_training_jobs
    if not (exposed or everywhere):
        return ""
    return (
        f"{_of(exposed, jobs, 'training job')} of this report, and {everywhere} of {scope.training_jobs} in the snapshot, ran "
        "without network isolation. No record shows what a script downloaded, or got from a database, file system or feature "
        "store."
    )


def _overwritten(endpoints: Sequence[Json]) -> str:
    loaded = artifacts(endpoints)
    loose = sum(not etag for etag in loaded.values())
    if not loose:
        return ""
    return (
        f"{_of(loose, loaded, 'deployed artifact')} without an ETag or digest on record. The file may have been "
        "overwritten: that the model loads what the job wrote is concluded from the same location and the times."
    )


def _unread(scope: Scope, lists: list[Json], vouched: Attestations) -> str:
    open_lists = sum(one["state"] != "complete" for one in lists)
    left = [gap for gap in scope.holes if not vouched.of(gap)]
    reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(Counter(gap.reason for gap in left).items()))
    where = f"Read: account {', '.join(scope.accounts)} in region {', '.join(scope.regions)}, and no others."
    gaps = f"Open gaps: {len(left)} ({reasons})" if left else "No gap is open"
    closed = len(scope.holes) - len(left)
    gaps += f", and {closed} {'is' if closed == 1 else 'are'} closed by attestations" if closed else ""
    gaps += ", of what the crawls asked for; gaps that appear only in an answer are in section 1"
    ends = f"Incomplete lists: {open_lists} of {len(lists)}" if lists else _FOLLOWED
    return f"{where} {ends}. {gaps}.{_numbers(scope)}"


def _numbers(scope: Scope) -> str:
    """The numbers behind a "no"."""
    said = numbers_json(scope, counts(scope))
    if not said:
        return ""
    channels = f"{said['channels_of_unknown_writer']} of {number(said['channels'], 'training channel')}"
    unknown = f"{channels} read data that no known job wrote"
    silent = said["training_jobs_without_channels"] + said["processing_jobs_without_inputs"]
    quiet = f"; {number(silent, 'job')} that may have read anything declared no channel" if silent else ""
    others = said["jobs_that_train"] - said["training_jobs"]
    more = f", {others} other {'job that trains' if others == 1 else 'jobs that train'}" if others else ""
    jobs = f"{number(said['training_jobs'], 'training job')}{more} and {number(said['processing_jobs'], 'processing job')}"
    return f" In numbers: {jobs}; {unknown}{quiet}."


def _multi_model(endpoints: Sequence[Json]) -> str:
    modes = [row["mode"] for one in endpoints for model in one["models"] for row in model["containers"]]
    many = modes.count("MultiModel")
    if not many:
        return ""
    return (
        f"{number(many, 'container')} in multi-model mode: which artifacts are loaded from its prefix, no Describe call lists."
    )


def _of(some: int, rows: Sized, noun: str) -> str:
    """`1 of 1 job`, `2 of 3 jobs`."""
    return f"{some} of {number(len(rows), noun)}"
