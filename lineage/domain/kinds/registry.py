"""The model registry: packages and their groups."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS, model_data, package_container
from lineage.domain.kinds.words import ANY, Kind, Trait, generated_by, loads, mentions, provides, reads, refers, writes
from lineage.domain.names import Span

_METRICS: Final = (
    "ModelMetrics.ModelQuality.Statistics",
    "ModelMetrics.ModelQuality.Constraints",
    "ModelMetrics.ModelDataQuality.Statistics",
    "ModelMetrics.ModelDataQuality.Constraints",
    "ModelMetrics.Bias.Report",
    "ModelMetrics.Bias.PreTrainingReport",
    "ModelMetrics.Bias.PostTrainingReport",
    "ModelMetrics.Explainability.Report",
    "DriftCheckBaselines.Bias.ConfigFile",
    "DriftCheckBaselines.Bias.PreTrainingConstraints",
    "DriftCheckBaselines.Bias.PostTrainingConstraints",
    "DriftCheckBaselines.Explainability.Constraints",
    "DriftCheckBaselines.Explainability.ConfigFile",
    "DriftCheckBaselines.ModelQuality.Statistics",
    "DriftCheckBaselines.ModelQuality.Constraints",
    "DriftCheckBaselines.ModelDataQuality.Statistics",
    "DriftCheckBaselines.ModelDataQuality.Constraints",
)

MODEL_PACKAGE = Kind(
    "model-package",
    describe="DescribeModelPackage",
    options="modelpackage(?:name)?",
    list="ListModelPackages",
    search="ModelPackage",
    list_with=(("ModelPackageType", "Both"),),  # otherwise only those without a group
    tells_use=True,
    parts=("InferenceSpecification.Containers[]",),
    traits=(Trait.HOLDS_MODEL, Trait.REGISTERS, Trait.VERSIONED),
    references=(
        *package_container("InferenceSpecification.Containers[]", "ContainerHostname"),
        *package_container("AdditionalInferenceSpecifications[].Containers[]", "Name"),
        loads("SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataUrl", span=Span.OBJECT, digest="ModelDataETag"),
        *model_data("SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataSource", ""),
        provides("SourceAlgorithmSpecification.SourceAlgorithms[].AlgorithmName", to="algorithm"),
        reads(
            "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.TransformInput.DataSource.S3DataSource.S3Uri",
            role="ProfileName",
            data_type="S3DataType",
        ),
        writes(
            "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.TransformOutput.S3OutputPath",
            usage="predictions",
        ),
        *(reads(f"{metric}.S3Uri", usage="baseline", span=Span.OBJECT) for metric in _METRICS),
        reads("SamplePayloadUrl", usage="baseline", role="=sample payload", span=Span.OBJECT),
        provides("SourceUri", to=ANY, usage="model", evidence="logged"),
        refers("ModelPackageGroupName", "model-package-group", "member-of"),
        generated_by(),
        mentions("CustomerMetadataProperties.*", paired=True),
        mentions("ModelPackageDescription"),
        mentions("ApprovalDescription"),
        mentions("ModelCard.ModelCardContent"),
        *TAGS,
    ),
    details=(("approval", "ModelApprovalStatus"), ("sold", "CertifyForMarketplace")),
    shape="box3d",
    colour="#e3b6cf",
)

MODEL_PACKAGE_GROUP = Kind(
    "model-package-group",
    describe="DescribeModelPackageGroup",
    list="ListModelPackageGroups",
    search="ModelPackageGroup",
    traits=(Trait.GROUPS,),
    references=TAGS,
    shape="folder",
    colour="#f2dde8",
)

ROWS: Final = (MODEL_PACKAGE, MODEL_PACKAGE_GROUP)
