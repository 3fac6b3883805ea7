"""A small account with one record of each kind that can show a use, each naming a place that nothing else names.

Tests use it to ask for each kind: if these records cannot be read, does any answer say "not used" about their place?
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session

from lineage.domain.kinds import KINDS
from tests.records import ACCOUNT, REGION, arn, channel, training

MODEL = botocore.session.get_session().get_service_model("sagemaker")
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/jo"
HEADER = {"schema": "lineage.account/1", "caller": CALLER, "region": REGION}
DAY = "2026-01-01"
TIMES = {"CreationTime": f"{DAY}T07:00:00Z", "LastModifiedTime": f"{DAY}T09:00:00Z"}
LATER = {"CreationTime": "2026-01-03T07:00:00Z"}
IMAGE = {"AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"}}
OWN = {"AlgorithmSpecification": {"AlgorithmName": "own", "TrainingInputMode": "File"}}
STEPS = [{"StepName": "Fit", "Metadata": {"TrainingJob": {"Arn": arn("training-job", "direct")}}}]


def only(kind: str) -> str:
    """The place that only a record of this kind names."""
    return f"s3://only-{kind}/x/"


PARAMETERS = [{"Name": "Data", "Value": only("pipeline-execution")}]


def line(kind: str, name: str, body: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A line of an account file."""
    row = KINDS[kind]
    where = {key: parts.pop(key) for key in ("account", "region") if key in parts}
    common = {f"{row.noun}Name": name, f"{row.noun}Arn": arn(kind, name, **where)} | TIMES
    shape = MODEL.operation_model(row.describe).output_shape
    known = (shape.members[row.wrapped] if row.wrapped else shape).members
    own = {
        field: value
        for field, value in common.items()
        if field in known and (field, kind) != ("ModelPackageName", "model-package")
    }
    return {"kind": kind, "record": own | body, **parts}


def fit(name: str, reads: dict[str, str], **body: Any) -> dict[str, Any]:
    """A training job on the next day."""
    record = training(name, reads, **(IMAGE | {"LastModifiedTime": "2026-01-02T11:00:00Z"} | body))
    return {"kind": "training-job", "record": dict(record.body)}


def prepared(name: str, reads: str, output: dict[str, Any]) -> dict[str, Any]:
    """A processing job on the first day."""
    body = {
        "ProcessingJobStatus": "Completed",
        "ProcessingStartTime": f"{DAY}T07:30:00Z",
        "ProcessingEndTime": f"{DAY}T08:00:00Z",
        "AppSpecification": {"ImageUri": "image:1"},
        "ProcessingInputs": [{"InputName": "in", "S3Input": {"S3Uri": reads, "S3DataType": "S3Prefix"}}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", **output}]},
    }
    return line("processing-job", name, body)


def run_of(kind: str, name: str, **body: Any) -> dict[str, Any]:
    """The trial component that SageMaker makes for a job."""
    short = kind.removesuffix("-job")
    return line("trial-component", f"{name}-aws-{short}-job", {"Source": {"SourceArn": arn(kind, name)}} | body)


def estate() -> list[dict[str, Any]]:
    """The account's records. Each kind's own record leads to a training job, unless it trains itself."""
    source = {"S3DataType": "S3Prefix"}
    pipeline = arn("pipeline", "p")
    return [
        fit("direct", {"train": only("training-job")}),
        run_of("training-job", "direct", StartTime="2026-01-02T10:00:00Z"),
        prepared("prep", only("processing-job"), {"S3Output": {"S3Uri": "s3://made/prep/"}}),
        run_of("processing-job", "prep"),
        fit("after-prep", {"train": "s3://made/prep/"}),
        line("transform-job", "score", {
            "TransformJobStatus": "Completed", "TransformStartTime": f"{DAY}T07:30:00Z", "TransformEndTime": f"{DAY}T08:00:00Z",
            "TransformInput": {"DataSource": {"S3DataSource": source | {"S3Uri": only("transform-job")}}},
            "TransformOutput": {"S3OutputPath": "s3://made/score/"},
        }),
        fit("after-score", {"train": "s3://made/score/"}),
        line("tuning-job", "tune", {
            "HyperParameterTuningJobStatus": "Completed", "HyperParameterTuningEndTime": f"{DAY}T08:00:00Z",
            "TrainingJobDefinition": {"InputDataConfig": [channel("train", only("tuning-job"))]},
        }),
        line("automl-job", "auto", {
            "AutoMLJobStatus": "Completed", "EndTime": f"{DAY}T08:00:00Z",
            "AutoMLJobInputDataConfig": [{"ChannelType": "training", "DataSource": {"S3DataSource": source | {"S3Uri": only("automl-job")}}}],
        }),
        line("job", "AgentRFT/rft", {
            "JobName": "rft", "JobCategory": "AgentRFT", "JobStatus": "Completed",
            "JobConfigDocument": json.dumps({
                "InputDataConfig": [{"ChannelName": "prompts", "DataSource": {"S3DataSource": {"S3Uri": "s3://rft/prompts/"}}}],
                "data": only("job"),
            }),
        }),
        line("compilation-job", "neo", {
            "CompilationJobStatus": "COMPLETED", "CompilationStartTime": f"{DAY}T07:30:00Z", "CompilationEndTime": f"{DAY}T08:00:00Z",
            "InputConfig": {"S3Uri": only("compilation-job") + "model.tar.gz"},
            "ModelArtifacts": {"S3ModelArtifacts": "s3://made/neo/model.tar.gz"},
        }),
        fit("after-neo", {"model": "s3://made/neo/model.tar.gz"}),
        line("optimization-job", "eagle", {
            "OptimizationJobStatus": "COMPLETED", "OptimizationStartTime": f"{DAY}T07:30:00Z", "OptimizationEndTime": f"{DAY}T08:00:00Z",
            "OptimizationConfigs": [{"ModelSpeculativeDecodingConfig": {"Technique": "EAGLE", "TrainingDataSource": {"S3Uri": only("optimization-job"), "S3DataType": "S3Prefix"}}}],
        }),
        line("algorithm", "own", {
            "AlgorithmStatus": "Completed",
            "TrainingSpecification": {"TrainingImage": "image:1", "AdditionalS3DataSource": source | {"S3Uri": only("algorithm")}},
        }),
        fit("with-own", {}, **OWN, InputDataConfig=[], EnableNetworkIsolation=True),  # otherwise it may have read anything
        prepared("ingest", only("feature-group"), {"FeatureStoreOutput": {"FeatureGroupName": "features"}}),
        line("feature-group", "features", {
            "FeatureGroupStatus": "Created",
            "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://made/", "ResolvedOutputS3Uri": "s3://made/features/data"}},
        }),
        fit("after-features", {"train": "s3://made/features/data/"}),
        line("pipeline", "p", {"PipelineStatus": "Active", "PipelineDefinition": json.dumps({"Data": only("pipeline")})}),
        line("pipeline-execution", "p/execution/e", {
            "PipelineArn": pipeline, "PipelineExecutionArn": f"{pipeline}/execution/e", "PipelineExecutionStatus": "Succeeded",
            "LastModifiedTime": "2026-01-02T11:30:00Z",  # after its step's job
        }, search={"PipelineParameters": PARAMETERS}, extras={"PipelineExecutionSteps": STEPS, "PipelineParameters": PARAMETERS}),
        line("model-card", "card", {"ModelCardStatus": "Approved", "Content": json.dumps({"data": only("model-card")})}),
        line("model-package", "g/1", {"ModelPackageGroupName": "g", "CustomerMetadataProperties": {"data": only("model-package")}}),
        line("trial-component", "by-hand", {"Parameters": {"data": {"StringValue": only("trial-component")}}}),
        line("endpoint", "live", LATER | {"EndpointConfigName": "live-1", "EndpointStatus": "InService", "LastModifiedTime": "2026-01-03T08:00:00Z"}),
        line("endpoint-config", "live-1", LATER | {"ProductionVariants": [{"VariantName": "all", "ModelName": "live"}]}),
        line("model", "live", LATER | {"PrimaryContainer": {"Image": "image:1", "ModelDataUrl": "s3://models/direct/output/model.tar.gz"}}),
        line("experiment", "e", {}),
        line("trial", "t", {"ExperimentName": "e"}),
    ]  # fmt: skip


def account(folder: Path, *more: dict[str, Any], records: list[dict[str, Any]] | None = None, **header: Any) -> Path:
    """An account file of the estate, or of other records, with faults."""
    path = folder / "account.jsonl"
    entries = [HEADER | header, *(estate() if records is None else records), *more]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path
