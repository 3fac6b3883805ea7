"""Monitoring schedules and the four kinds of job definition that they run."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS
from lineage.domain.kinds.words import Kind, Reference, Trait, owns, provides, reads, refers, writes
from lineage.domain.names import Span


def _monitor(at: str) -> tuple[Reference, ...]:
    """What a monitoring job definition reads and writes; `at` is the prefix of its members."""
    return (
        reads(f"{at}JobInput.EndpointInput.EndpointName", to="endpoint", usage="capture"),
        reads(f"{at}JobInput.BatchTransformInput.DataCapturedDestinationS3Uri", usage="capture"),
        reads(f"{at}BaselineConfig.ConstraintsResource.S3Uri", usage="baseline", span=Span.OBJECT),
        writes(f"{at}JobOutputConfig.MonitoringOutputs[].S3Output.S3Uri", usage="report", continuous="=Continuous"),
        provides(f"{at}AppSpecification.ImageUri"),
        *TAGS,
    )


_PROCESSORS = ("RecordPreprocessorSourceUri", "PostAnalyticsProcessorSourceUri")


def _definition(noun: str, own: tuple[Reference, ...], colour: str) -> Kind:
    """One of the four kinds of monitoring job definition, which differ in their prefix and one or two fields."""
    return Kind(
        {
            "DataQuality": "data-quality-job-definition",
            "ModelQuality": "model-quality-job-definition",
            "ModelBias": "model-bias-job-definition",
            "ModelExplainability": "model-explainability-job-definition",
        }[noun],
        describe=f"Describe{noun}JobDefinition",
        list=f"List{noun}JobDefinitions",
        constant=True,
        called="JobDefinition",
        listed_as="MonitoringJobDefinition",
        references=(*_monitor(noun), refers(f"{noun}BaselineConfig.BaseliningJobName", "processing-job", "member-of"), *own),
        traits=(Trait.MEASURES,),
        shape="tab",
        colour=colour,
    )


DATA_QUALITY = _definition(
    "DataQuality",
    (
        reads("DataQualityBaselineConfig.StatisticsResource.S3Uri", usage="baseline", span=Span.OBJECT),
        *(reads(f"DataQualityAppSpecification.{field}", usage="code", span=Span.OBJECT) for field in _PROCESSORS),
    ),
    "#e8e8f8",
)

MODEL_QUALITY = _definition(
    "ModelQuality",
    (
        reads("ModelQualityJobInput.GroundTruthS3Input.S3Uri", usage="capture"),
        *(reads(f"ModelQualityAppSpecification.{field}", usage="code", span=Span.OBJECT) for field in _PROCESSORS),
    ),
    "#dcdcf2",
)

MODEL_BIAS = _definition(
    "ModelBias",
    (
        reads("ModelBiasJobInput.GroundTruthS3Input.S3Uri", usage="capture"),
        reads("ModelBiasAppSpecification.ConfigUri", usage="code", span=Span.OBJECT),
    ),
    "#d0d0ec",
)

MODEL_EXPLAINABILITY = _definition(
    "ModelExplainability",
    (reads("ModelExplainabilityAppSpecification.ConfigUri", usage="code", span=Span.OBJECT),),
    "#c4c4e6",
)

_INLINE = "MonitoringScheduleConfig.MonitoringJobDefinition"

MONITORING_SCHEDULE = Kind(
    "monitoring-schedule",
    describe="DescribeMonitoringSchedule",
    list="ListMonitoringSchedules",
    traits=(Trait.MEASURES,),
    references=(
        reads("EndpointName", to="endpoint", usage="capture"),
        reads(f"{_INLINE}.MonitoringInputs[].EndpointInput.EndpointName", to="endpoint", usage="capture"),
        reads(f"{_INLINE}.MonitoringInputs[].BatchTransformInput.DataCapturedDestinationS3Uri", usage="capture"),
        reads(f"{_INLINE}.BaselineConfig.ConstraintsResource.S3Uri", usage="baseline", span=Span.OBJECT),
        reads(f"{_INLINE}.BaselineConfig.StatisticsResource.S3Uri", usage="baseline", span=Span.OBJECT),
        *(reads(f"{_INLINE}.MonitoringAppSpecification.{field}", usage="code", span=Span.OBJECT) for field in _PROCESSORS),
        writes(
            f"{_INLINE}.MonitoringOutputConfig.MonitoringOutputs[].S3Output.S3Uri",
            usage="report",
            continuous="=Continuous",
        ),
        provides(f"{_INLINE}.MonitoringAppSpecification.ImageUri"),
        refers(f"{_INLINE}.BaselineConfig.BaseliningJobName", "processing-job", "member-of"),
        *(
            refers(
                "MonitoringScheduleConfig.MonitoringJobDefinitionName",
                definition.name,
                "member-of",
                when=("MonitoringType", definition.describe.removeprefix("Describe").removesuffix("JobDefinition")),
                inverse=True,
            )
            for definition in (DATA_QUALITY, MODEL_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY)
        ),
        owns("LastMonitoringExecutionSummary.ProcessingJobArn", "processing-job"),
        *TAGS,
    ),
    shape="tab",
    colour="#f0f0fc",
)

ROWS: Final = (MONITORING_SCHEDULE, DATA_QUALITY, MODEL_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY)
