"""Pipelines and their executions, which name everything that their steps made."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS
from lineage.domain.kinds.words import ANY, REUSED, Extra, Kind, Reference, mentions, owns, reads, refers, writes
from lineage.domain.names import Span

PIPELINE = Kind(
    "pipeline",
    describe="DescribePipeline",
    list="ListPipelines",
    search="Pipeline",
    doubts=("!PipelineDefinition",),
    tells_use=True,
    references=(
        mentions("PipelineDefinition", definition="PipelineDefinition"),
        mentions("PipelineDescription"),
        *TAGS,
    ),
    details=(("display_name", "PipelineDisplayName"),),
    shape="folder",
    colour="#c9e4c5",
)

_MADE_BY_STEPS = {
    "TrainingJob": "training-job",
    "ProcessingJob": "processing-job",
    "TransformJob": "transform-job",
    "TuningJob": "tuning-job",
    "Model": "model",
    "RegisterModel": "model-package",
    "AutoMLJob": "automl-job",
    "Endpoint": "endpoint",
    "EndpointConfig": "endpoint-config",
    "InferenceComponent": "inference-component",
    "Job": "job",
    "Lambda": ANY,  # only its code says what it does
    "BedrockCustomModel": "bedrock-custom-model",
    "BedrockCustomModelDeployment": "bedrock-model",
    "BedrockModelImport": "bedrock-model",
    "BedrockProvisionedModelThroughput": "bedrock-model",
}

# In one a step was a cache hit, in the other a selective execution skipped it: both reuse what was made before.
_REUSED = tuple(f"{result}.SourcePipelineExecutionArn" for result in ("CacheHitResult", "SelectiveExecutionResult"))

_RECORDED_BY_STEPS = ("ActionArns", "ArtifactArns", "ContextArns")

_STEP = "PipelineExecutionSteps[]"

_CHECKS = (
    "QualityCheck.BaselineUsedForDriftCheckStatistics",
    "QualityCheck.BaselineUsedForDriftCheckConstraints",
    "ClarifyCheck.BaselineUsedForDriftCheckConstraints",
)

_CALCULATED = (
    "QualityCheck.CalculatedBaselineStatistics",
    "QualityCheck.CalculatedBaselineConstraints",
    "QualityCheck.ViolationReport",
    "ClarifyCheck.CalculatedBaselineConstraints",
    "ClarifyCheck.ViolationReport",
)


def _made_by_step(path: str, kind: str) -> Reference:
    return owns(f"{_STEP}.Metadata.{path}", kind, role="StepName", reused=_REUSED, varies=True)


PIPELINE_EXECUTION = Kind(
    "pipeline-execution",
    describe="DescribePipelineExecution",
    list="ListPipelineExecutions",
    search="PipelineExecution",
    search_lacks=("Tags",),
    list_by=("PipelineName", "pipeline"),
    extras=(
        Extra("PipelineExecutionSteps", "ListPipelineExecutionSteps", "PipelineExecutionArn", "PipelineExecutionArn"),
        # Search gives them as well: this is for an execution that only Describe could read.
        Extra("PipelineParameters", "ListPipelineParametersForExecution", "PipelineExecutionArn", "PipelineExecutionArn"),
    ),
    accrues=True,
    tells_use=True,
    borrows=("pipeline", "PipelineArn", "PipelineDefinition"),
    arn="pipeline/.+/execution/.+",
    references=(
        refers("PipelineArn", "pipeline", "member-of"),
        refers("PipelineExperimentConfig.ExperimentName", "experiment", "member-of"),
        refers("PipelineExperimentConfig.TrialName", "trial", "member-of"),
        refers("SelectiveExecutionConfig.SourcePipelineExecutionArn", "pipeline-execution", "member-of", usage=REUSED),
        mentions("PipelineParameters[].Value", definition="Pipeline.PipelineDefinition", paired=True),
        mentions("PipelineExecutionDescription"),
        *(_made_by_step(f"{member}.Arn", kind) for member, kind in _MADE_BY_STEPS.items()),
        _made_by_step("HubContent.HubContentArn", "hub-content"),
        *(_made_by_step(f"Lineage.{entities}.*", ANY) for entities in _RECORDED_BY_STEPS),
        *(_made_by_step(f"{check}.CheckJobArn", "processing-job") for check in ("QualityCheck", "ClarifyCheck")),
        *(reads(f"{_STEP}.Metadata.{field}", role="StepName", usage="baseline", span=Span.OBJECT) for field in _CHECKS),
        *(writes(f"{_STEP}.Metadata.{field}", role="StepName", usage="report", varies=True) for field in _CALCULATED),
        writes(f"{_STEP}.Metadata.Athena.S3OutputLocation", role="StepName", usage="data", varies=True),
        *(refers(f"{_STEP}.{source}", "pipeline-execution", "member-of", role="StepName", usage=REUSED) for source in _REUSED),
        mentions(f"{_STEP}.Metadata.Lambda.OutputParameters[].Value"),
        mentions(f"{_STEP}.Metadata.Callback.OutputParameters[].Value"),
        *TAGS,
    ),
    details=(("display_name", "PipelineExecutionDisplayName"), ("failure", "FailureReason")),
    shape="folder",
    colour="#dff0dc",
)

ROWS: Final = (PIPELINE, PIPELINE_EXECUTION)
