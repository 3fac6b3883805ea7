"""How each lane of a queue is sent: which items go into one call, and which of them the answer settles.

A sender returns an `Outcome`, or raises like `Service.call`. Sending twice does no harm: a map is merged by key, and a
metric that is sent again has the same time and step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from lineage.domain.status import RunStatus
from lineage.errors import AlreadyExists, NotRecorded, NotThere, RecordingError, RefusedValue
from lineage.recording.artifacts import associate, lineage_artifact
from lineage.recording.limits import artifact
from lineage.recording.objects import Stored, default_bucket, put_json, read_file, upload
from lineage.recording.opening import Names, Opened, open_run
from lineage.recording.service import BUSY, DENIED, Service
from lineage.recording.spool import Item, Row, is_open

OPEN, UPDATE, FILE, LINEAGE, METRIC, STATUS = "open", "update", "file", "lineage", "metric", "status"
METRICS_A_CALL: Final = 10  # BatchPutMetrics's maximum
_KEYS_A_CALL: Final = 100
_PASSING_ERRORS = ("INTERNAL_ERROR", "CONFLICT_ERROR")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The settled items, the refused ones with reasons, what to send next, and the files that nobody needs after that."""

    done: Sequence[int]
    refused: Sequence[str] = ()
    more: Sequence[Row] = ()
    notes: Sequence[str] = ()
    opened: Opened | None = None
    copies: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """How many items of a lane go into one call, and the function that sends them."""

    most: int
    send: Callable[[Service, list[Item]], Outcome] = field(repr=False)


def _open(service: Service, items: list[Item]) -> Outcome:
    """Open a run that could not be opened when it began."""
    (item,) = items
    return Outcome(_ids(items), opened=open_run(service, Names(**item.body)))


def _update(service: Service, items: list[Item]) -> Outcome:
    """Parameters and artifacts, each an item: only these keys are written, and later ones win."""
    maps: dict[str, dict[str, Any]] = {}
    for item in items:
        for member, entries in item.body.items():
            maps.setdefault(member, {}).update(entries)
    try:
        service.call("UpdateTrialComponent", TrialComponentName=items[0].component, **maps)
    except RefusedValue as refusal:
        if len(items) > 1:
            raise
        return Outcome(_ids(items), [f"{_key(items[0])}: {refusal}"])
    return Outcome(_ids(items))


def _key(item: Item) -> str:
    return ", ".join(key for entries in item.body.values() for key in entries)


def _metrics(service: Service, items: list[Item]) -> Outcome:
    """Metrics in the order of logging; those that the service may accept later stay, and are sent first."""
    data = [item.body for item in items]
    try:
        answer = service.call("BatchPutMetrics", TrialComponentName=items[0].component, MetricData=data)
    except RefusedValue as refusal:
        if len(items) > 1:
            raise
        return Outcome(_ids(items), [f"{_metric(data[0])}: {refusal}"])
    errors = {int(error.get("MetricIndex", 0)): str(error.get("Code", "")) for error in answer.get("Errors") or ()}
    waiting = {at for at, code in errors.items() if code in _PASSING_ERRORS}
    refused = [f"{_metric(data[at])}: {code}" for at, code in sorted(errors.items()) if at not in waiting and at < len(data)]
    done = [item.id for at, item in enumerate(items) if at not in waiting]
    if waiting and not done:
        raise NotRecorded(f"BatchPutMetrics: {', '.join(sorted({errors[at] for at in waiting}))}", BUSY)
    return Outcome(done, refused)


def _metric(data: Mapping[str, Any]) -> str:
    return f"metric {data['MetricName']} = {data['Value']} of step {data.get('Step')}"


def _file(service: Service, items: list[Item]) -> Outcome:
    """Upload a file or a document to S3, then record its place in the run, with S3's answer about it."""
    (item,) = items
    body = item.body
    try:
        stored = _stored(service, body)
    except NotRecorded:
        raise
    except RecordingError as refusal:
        return Outcome([item.id], [f"{body['name']}: {refusal}"], copies=copies([item]))
    member = "OutputArtifacts" if body["is_output"] else "InputArtifacts"
    update = {member: {body["name"]: artifact(body["name"], stored.uri, body.get("media_type"))}}
    lineage = {
        "uri": stored.uri,
        "type": body["type"],
        "name": body.get("title"),
        "source_types": stored.source_types(),
        "is_output": body["is_output"],
        "any_content": True,  # the key names the content
    }
    more = [Row(UPDATE, item.component, update), Row(LINEAGE, item.component, lineage)]
    return Outcome([item.id], more=more, copies=copies([item]))


def copies(items: Iterable[Item]) -> list[str]:
    """The copies of files that these items hold, for when they are settled: a process may be killed before that."""
    return [item.body["copy"] for item in items if "copy" in item.body]


def _stored(service: Service, body: Mapping[str, Any]) -> Stored:
    bucket = body["bucket"] or default_bucket(service)
    if "document" in body:
        return put_json(service, body["document"], bucket, body["key"])
    copy = Path(body.get("copy") or body["path"])
    kept = copy.is_file() and "copy" in body
    content = read_file(copy if kept else body["path"])
    if content.sha256 != body["sha256"]:
        raise RefusedValue(f"{body['path']} has changed since it was logged")
    return upload(service, content, bucket, body["key"])


def _lineage(service: Service, items: list[Item]) -> Outcome:
    """A lineage artifact in addition to what the run names, for its readers. Without permission, the run alone names it."""
    (item,) = items
    body = item.body
    try:
        arn = lineage_artifact(
            service,
            body["uri"],
            body["type"],
            name=body.get("name"),
            source_types=body.get("source_types") or (),
            any_content=body.get("any_content", False),
        )
        component = service.call("DescribeTrialComponent", TrialComponentName=item.component)["TrialComponentArn"]
        associate(service, arn, component, is_output=body["is_output"])
    except (AlreadyExists, NotRecorded, NotThere, RefusedValue) as error:  # an existing one may have another content
        if isinstance(error, NotRecorded) and error.cause != DENIED:
            raise
        return Outcome([item.id], notes=[f"no lineage artifact of {body['uri']}, which the run itself names: {error}"])
    return Outcome([item.id])


def _status(service: Service, items: list[Item]) -> Outcome:
    """How a run ended. From a dead process it counts only if no other has the run open, or has already recorded an end."""
    item = items[-1]
    body = dict(item.body)
    if (folder := body.pop("left_in", None)) and not _is_free(service, item.component, Path(folder)):
        return Outcome(_ids(items))
    end = {"EndTime": datetime.fromisoformat(body.pop("ended"))} if "ended" in body else {}
    request = {"TrialComponentName": item.component, **end}
    try:
        service.call("UpdateTrialComponent", Status=body, **request)
    except RefusedValue as refusal:  # the text of the exception may be refused: the ending itself must not be lost
        service.call("UpdateTrialComponent", Status={"PrimaryStatus": body["PrimaryStatus"]}, **request)
        return Outcome(_ids(items), [f"the message {body.get('Message')!r}: {refusal}"])
    return Outcome(_ids(items))


def _is_free(service: Service, component: str, folder: Path) -> bool:
    try:
        status = service.call("DescribeTrialComponent", TrialComponentName=component).get("Status", {})
    except NotThere:
        return False
    going_on = RunStatus.IN_PROGRESS
    return status.get("PrimaryStatus", going_on) == going_on and not is_open(folder, component)


def _ids(items: Iterable[Item]) -> list[int]:
    return [item.id for item in items]


# In the order of sending: what a process logs once goes before what it logs a thousand times.
LANES: Final[Mapping[str, Lane]] = {
    OPEN: Lane(1, _open),
    UPDATE: Lane(_KEYS_A_CALL, _update),
    FILE: Lane(1, _file),
    LINEAGE: Lane(1, _lineage),
    METRIC: Lane(METRICS_A_CALL, _metrics),
    STATUS: Lane(10, _status),
}
