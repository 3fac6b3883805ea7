"""The AWS console page of a node. Pure."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from lineage.domain.kinds import KINDS
from lineage.domain.names import is_arn, location_of

_CONSOLES = {"aws": "console.aws.amazon.com", "aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def console_url(node: str, data: dict[str, Any]) -> str | None:
    """The AWS console page of a node, if it has one."""
    place = location_of(node)
    if place and place.root.startswith("s3://"):
        bucket = quote(place.root.removeprefix("s3://"), safe="")
        return f"https://s3.console.aws.amazon.com/s3/buckets/{bucket}?prefix={quote(place.key, safe='/')}"
    kind = KINDS.get(data["kind"])
    if not (kind and kind.console and data["region"] and data["observed"]):
        return None
    arn = data["arn"] or node  # nodes of a report have their ARN only as id
    host = _CONSOLES.get(arn.split(":")[1] if is_arn(arn) else "", _CONSOLES["aws"])
    page = kind.console.format(name=quote(data["name"], safe=""))
    return f"https://{data['region']}.{host}/sagemaker/home?region={data['region']}#{page}"
