"""How the records of an account file look in an answer: their order, pages, summaries, and the wire format."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from lineage.crawl.replay.account import AccountRecord
from lineage.crawl.replay.faults import EMPTY_PAGE, REPEATED_TOKEN, Failure
from lineage.domain.kinds import Extra
from lineage.domain.references import detail
from lineage.search_language.properties import steps_of, values_at

if TYPE_CHECKING:
    from botocore.model import OperationModel

# The parents by which List calls select, by kind and parameter: the field of the record with the parent.
ASKED_OF = {
    "inference-component": {"EndpointNameEquals": "EndpointName"},
    "model-package": {"ModelPackageGroupName": "ModelPackageGroupName", "ModelPackageType": ""},
    "job": {"JobCategory": "JobCategory"},
    "pipeline-execution": {"PipelineName": "PipelineArn"},
    "trial": {"ExperimentName": "ExperimentName", "TrialComponentName": ""},
    "trial-component": {
        "ExperimentName": "Parents.ExperimentName",
        "TrialName": "Parents.TrialName",
        "SourceArn": "Source.SourceArn",
    },
    "association": {"SourceArn": "SourceArn", "DestinationArn": "DestinationArn"},
} | {f"lineage-{noun}": {"SourceUri": "Source.SourceUri"} for noun in ("artifact", "action", "context")}
# Members with another name in the summary than in the record, by kind.
_IN_SUMMARY: Mapping[str, Mapping[str, str]] = {
    "monitoring-schedule": {
        "MonitoringJobDefinitionName": "MonitoringScheduleConfig.MonitoringJobDefinitionName",
        "MonitoringType": "MonitoringScheduleConfig.MonitoringType",
    },
    "pipeline": {"LastExecutionTime": "LastRunTime"},
    "pipeline-execution": {"StartTime": "CreationTime", "PipelineExecutionFailureReason": "FailureReason"},
    "tuning-job": {
        "Strategy": "HyperParameterTuningJobConfig.Strategy",
        "ResourceLimits": "HyperParameterTuningJobConfig.ResourceLimits",
    },
}
_NO_FILTERS = ("MaxResults", "NextToken", "SortBy", "SortOrder", "CrossAccountFilterOption", "ManagedBy")


# --- order and pages ----------------------------------------------------------------------


class Order(NamedTuple):
    """How records are sorted: by their ids if `by` is empty."""

    by: str = ""
    descending: bool = False


def order_of(parameters: Mapping[str, Any], default: str) -> Order:
    by = parameters.get("SortBy") or ("CreationTime" if "SortOrder" in parameters else "")
    return Order(by, parameters.get("SortOrder", default) == "Descending")


def sort_key(record: AccountRecord, by: str) -> Any:
    if by == "CreationTime":
        return epoch(record.whole.get(by))
    if by == "LastModifiedTime":
        return _modified(record)
    if by == "Name":
        return str(record.body.get(f"{record.kind.noun}Name") or record.tail).casefold()
    return str(_status(record)) if by == "Status" else str(next(iter(values_at(record.whole, steps_of(by))), ""))


def _modified(record: AccountRecord) -> float:
    return epoch(record.whole.get("LastModifiedTime") or record.whole.get("CreationTime"))


def cut_page(
    items: Sequence[Any], parameters: Mapping[str, Any], operation: OperationModel, fault: str, size: int = 10
) -> tuple[Sequence[Any], dict[str, str]]:
    """One page, and the token of the next. The fault may empty the page, or repeat the previous token."""
    size, token = int(parameters.get("MaxResults", size)), parameters.get("NextToken", "0")
    limits = operation.input_shape.members["MaxResults"].metadata if operation.input_shape else {}
    if not limits.get("min", 1) <= size <= limits.get("max", size):
        raise Failure("ValidationException", f"Value '{size}' at 'maxResults' failed to satisfy constraint")
    if not re.fullmatch(r"[0-9]{1,12}", token):
        raise Failure("ValidationException", "The token in the request is not valid.")
    start = int(token)
    if fault == EMPTY_PAGE:
        return (), {"NextToken": "0"}
    if fault == REPEATED_TOKEN:
        return items[start : start + size], {"NextToken": token}
    more = {"NextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more


# --- summaries and filters ------------------------------------------------------------------------


def summary(record: AccountRecord, shape: Any) -> dict[str, Any]:
    """The List summary of a record: if the summary is the record, also the members that the shape lacks."""
    own = {name: value for name, value in record.body.items() if name not in shape.members} if record.kind.summaries else {}
    return own | {name: value for name in shape.members if (value := _summarised(record, name)) is not None}


def _summarised(record: AccountRecord, member: str) -> Any:
    """The value of one member of a summary."""
    kind, whole = record.kind, record.whole
    if kind.listed_as and member.startswith(kind.listed_as):
        return whole.get(kind.noun + member.removeprefix(kind.listed_as))
    path = _IN_SUMMARY.get(kind.name, {}).get(member)
    if path:
        return detail(whole, path)
    if member in whole:
        return whole[member]
    if member == "EndpointName":  # in any place where a monitoring job definition or schedule names it
        prefix = kind.describe.removeprefix("Describe").removesuffix("JobDefinition")
        inline = "MonitoringScheduleConfig.MonitoringJobDefinition.MonitoringInputs[].EndpointInput.EndpointName"
        return detail(whole, f"{prefix}JobInput.EndpointInput.EndpointName") or next(iter(detail(whole, inline)), None)
    return {f"{kind.noun}Source": whole.get("Source"), f"{kind.noun}Status": _status(record)}.get(member)


def _status(record: AccountRecord) -> Any:
    return detail(record.body, record.kind.status or f"{record.kind.noun}Status")


def extra_items(record: AccountRecord, extra: Extra, parameters: Mapping[str, Any]) -> Sequence[Any]:
    items = record.extras.get(extra.member, ())
    return items[::-1] if parameters.get("SortOrder") == "Descending" else items


_FILTERS: Mapping[str, Callable[[AccountRecord, Any], bool]] = {
    "NameContains": lambda record, value: value.casefold() in record.tail.casefold(),
    "PipelineNamePrefix": lambda record, value: record.tail.casefold().startswith(value.casefold()),
    "StatusEquals": lambda record, value: _status(record) == value,
    "CreationTimeAfter": lambda record, value: epoch(record.whole.get("CreationTime")) >= value,
    "CreationTimeBefore": lambda record, value: epoch(record.whole.get("CreationTime")) <= value,
    "CreatedAfter": lambda record, value: epoch(record.whole.get("CreationTime")) >= value,
    "CreatedBefore": lambda record, value: epoch(record.whole.get("CreationTime")) <= value,
    "LastModifiedTimeAfter": lambda record, value: _modified(record) >= value,
    "LastModifiedTimeBefore": lambda record, value: _modified(record) <= value,
    "OfflineStoreStatusEquals": lambda record, value: detail(record.whole, "OfflineStoreStatus.Status") == value,
    "EndpointName": lambda record, value: _summarised(record, "EndpointName") == value,
}


def passes(record: AccountRecord, parameters: Mapping[str, Any]) -> bool:
    """Whether a record passes the filters of a List call."""
    ignored = {*_NO_FILTERS, *ASKED_OF.get(record.kind.name, ())}
    return all(_satisfies(record, name, value) for name, value in parameters.items() if name not in ignored)


def _satisfies(record: AccountRecord, parameter: str, value: Any) -> bool:
    if parameter in _FILTERS:
        return _FILTERS[parameter](record, value)
    member = parameter.removesuffix("Equals")
    return value == _summarised(record, member) or value in values_at(record.whole, steps_of(member))


# --- the wire -------------------------------------------------------------------------------------


def on_the_wire(value: Any, shape: Any, cut: Any = None) -> Any:
    """The value in the JSON protocol: times as seconds. Members that the shape lacks are sent unchanged.

    Search leaves out members that Describe gives: a member that `cut` has and the shape lacks is not sent.
    """
    if shape is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members, others = shape.members, getattr(cut, "members", {})
        sent = {key: child for key, child in value.items() if key in members or key not in others}
        return {key: on_the_wire(child, members.get(key), others.get(key)) for key, child in sent.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [on_the_wire(child, shape.member, getattr(cut, "member", None)) for child in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: on_the_wire(child, shape.value, getattr(cut, "value", None)) for key, child in value.items()}
    return epoch(value) if shape.type_name == "timestamp" else value


def epoch(text: Any) -> float:
    """A time as seconds; UTC if it has no zone, the epoch if it is missing."""
    if not text:
        return 0.0
    moment = datetime.fromisoformat(str(text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
