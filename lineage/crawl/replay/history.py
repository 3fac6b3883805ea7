"""Answers like CloudTrail's LookupEvents from the events of an account file: the newest first, fifty a page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lineage.crawl.replay.events import Event
from lineage.crawl.replay.pages import cut_page

if TYPE_CHECKING:
    from botocore.model import OperationModel


def looked_up(
    events: Iterable[Event], operation: OperationModel, parameters: dict[str, Any], account: str, region: str, fault: str
) -> dict[str, Any]:
    """One page of an account's Event history in a region, in the JSON protocol."""
    wanted = [one for one in events if (one.account, one.region) == (account, region) and _passes(one, parameters)]
    wanted.sort(key=lambda one: one.moment, reverse=True)
    page, token = cut_page(wanted, parameters, operation, fault, size=50)
    return {"Events": [_on_the_wire(one) for one in page]} | token


def _passes(event: Event, parameters: Mapping[str, Any]) -> bool:
    moment = event.moment.timestamp()
    told = {"EventName": event.event, "EventSource": event.source}
    asked = {one["AttributeKey"]: one["AttributeValue"] for one in parameters.get("LookupAttributes", ())}
    in_time = parameters.get("StartTime", 0) <= moment <= parameters.get("EndTime", moment)
    return in_time and all(told.get(key) == value for key, value in asked.items())


def _on_the_wire(event: Event) -> dict[str, Any]:
    whole = {
        "eventTime": event.moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": event.source,
        "eventName": event.event,
        "awsRegion": event.region,
        "userIdentity": {"arn": event.user} if event.user.startswith("arn:") else {"userName": event.user},
        "requestParameters": event.request or None,
        "responseElements": event.response or None,
        "recipientAccountId": event.account,
    } | ({"errorCode": event.error} if event.error else {})
    return {
        "EventName": event.event,
        "EventTime": event.moment.timestamp(),
        "EventSource": event.source,
        "Username": event.user.rpartition("/")[2],
        "CloudTrailEvent": json.dumps(whole),
    }
