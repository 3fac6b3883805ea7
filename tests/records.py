"""Tiny records for tests, with only the fields that a case needs."""

from __future__ import annotations

from typing import Any

from lineage.domain.kinds import CARRIERS, KINDS
from lineage.domain.records import Resource
from lineage.domain.references import detail

ACCOUNT, REGION = "111122223333", "eu-west-1"
COMPLETE = frozenset(
    (ACCOUNT, REGION, kind.name) for kind in KINDS.values() if kind.tells_use or (kind.list and kind.name in CARRIERS)
)


def arn(kind: str, name: str, account: str = ACCOUNT, region: str = REGION) -> str:
    pattern = KINDS[kind].arn or f"{kind}/.+"
    return f"arn:aws:sagemaker:{region}:{account}:{pattern.replace('.+', name.lower())}"


def record(kind: str, name: str, body: dict[str, Any], **where: str) -> Resource:
    """A record as a crawl would keep it."""
    row = KINDS[kind]
    whole = {f"{row.noun}Name": name, f"{row.noun}Arn": arn(kind, name, **where)} | body
    return Resource(
        kind,
        where.get("account", ACCOUNT),
        where.get("region", REGION),
        name,
        whole[f"{row.noun}Arn"],
        whole,
        whole.get("CreationTime"),
        whole.get("LastModifiedTime"),
        detail(whole, row.status or f"{row.noun}Status"),
    )


def channel(name: str, uri: str, data_type: str = "S3Prefix", mode: str = "") -> dict[str, Any]:
    body: dict[str, Any] = {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": uri, "S3DataType": data_type}}}
    return body | ({"InputMode": mode} if mode else {})


def training(name: str, reads: dict[str, str] | list[dict[str, Any]], writes: str = "", **body: Any) -> Resource:
    """A training job that ran from 10:00 to 11:00 of its day (`day=`, default 2026-01-02)."""
    day = body.pop("day", "2026-01-02")
    channels = reads if isinstance(reads, list) else [channel(role, uri) for role, uri in reads.items()]
    common = {
        "TrainingJobStatus": "Completed",
        "CreationTime": f"{day}T09:55:00Z",
        "TrainingStartTime": f"{day}T10:00:00Z",
        "TrainingEndTime": f"{day}T11:00:00Z",
        "InputDataConfig": channels,
        "ModelArtifacts": {"S3ModelArtifacts": writes or f"s3://models/{name}/output/model.tar.gz"},
    }
    return record("training-job", name, common | body)


def processing(name: str, reads: dict[str, str], writes: dict[str, str], **body: Any) -> Resource:
    """A processing job that ran from 08:00 to 09:00 of its day (`day=`, default 2026-01-02)."""
    day = body.pop("day", "2026-01-02")
    common = {
        "ProcessingJobStatus": "Completed",
        "CreationTime": f"{day}T07:55:00Z",
        "ProcessingStartTime": f"{day}T08:00:00Z",
        "ProcessingEndTime": f"{day}T09:00:00Z",
        "ProcessingInputs": [
            {"InputName": role, "S3Input": {"S3Uri": uri, "S3DataType": "S3Prefix"}} for role, uri in reads.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": role, "S3Output": {"S3Uri": uri}} for role, uri in writes.items()]
        },
    }
    return record("processing-job", name, common | body)


def served(artifact: str, *, name: str = "shop", **container: Any) -> list[Resource]:
    """An endpoint with one variant, its config and its model, which loads the artifact; all of 2026-02-01."""
    day = "2026-02-01"
    return [
        record(
            "model",
            f"{name}-model",
            {"CreationTime": f"{day}T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": artifact} | container},
        ),
        record(
            "endpoint-config",
            f"{name}-config",
            {"CreationTime": f"{day}T10:10:00Z", "ProductionVariants": [{"VariantName": "all", "ModelName": f"{name}-model"}]},
        ),
        record(
            "endpoint",
            name,
            {
                "CreationTime": f"{day}T10:20:00Z",
                "LastModifiedTime": f"{day}T10:30:00Z",
                "EndpointStatus": "InService",
                "EndpointConfigName": f"{name}-config",
            },
        ),
    ]
