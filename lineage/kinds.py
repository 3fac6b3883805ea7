"""THE TABLE: what exists in SageMaker, how each kind is listed and described, and what its fields refer to.

Data only. botocore already knows pages, parameters and shapes; a row says what botocore can't know. A test
lints every row against botocore's own service model, and holds the list of reference-shaped fields that no
row reads (`tests/data/unread_references.tsv`).

A path is plain: `A.B[].C`, where `[]` is each element of a list and a last `*` is each value of a map. The
sibling fields that a reference needs (`role`, `data_type`, …) are looked up as a variable is: in the object
that holds the field, then in each object around it, so a root field may be named as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from lineage.names import Span, parse_arn

LOCATION: Final = "location"  # what a reference is "to" when it names a place, not a resource
IMAGE: Final = "image"
ANY: Final = ""  # whatever kind the ARN says


class Relation(NamedTuple):
    """What an edge means: whether data flows along it, and whether it points into the record that names it."""

    flows: bool
    inward: bool


RELATIONS: Final[dict[str, Relation]] = {
    "reads": Relation(flows=True, inward=True),
    "writes": Relation(flows=True, inward=False),
    "overlaps": Relation(flows=True, inward=True),
    "loads": Relation(flows=True, inward=True),
    "provides": Relation(flows=True, inward=True),
    "instantiates": Relation(flows=True, inward=True),
    "deploys": Relation(flows=True, inward=True),
    "configures": Relation(flows=True, inward=True),
    "hosts": Relation(flows=True, inward=False),
    "recorded-by": Relation(flows=False, inward=True),
    "member-of": Relation(flows=False, inward=False),
    "mentions": Relation(flows=False, inward=True),
}

# The channels of the SDK's remote functions, steps and notebook jobs: what such a job reads stands in its code.
OPAQUE_CHANNELS: Final = frozenset(
    {
        "sagemaker_remote_function_bootstrap",
        "pre_exec_script_and_dependencies",
        "sagemaker_headless_execution_pipelinestep",
    }
)

# What a channel is for, by its name: the only thing that tells. Lower case; what is not here is data.
# The technical channels are those of the SageMaker Python SDK (remote functions, steps, notebook jobs).
CHANNEL_USAGE: Final[dict[str, str]] = {
    "model": "model",
    "sagemaker.modelartifact": "model",  # so trial components name it
    "code": "code",
    "conf": "code",
} | dict.fromkeys(OPAQUE_CHANNELS, "code")


@dataclass(frozen=True, slots=True)
class Reference:
    """One field that names something else.

    `template` builds the location from sibling fields where the field alone is not the whole of it.
    """

    path: str
    relation: str
    to: str = LOCATION
    role: str = ""  # the sibling field that tells the role, or "=text" for the text itself
    usage: str = ""  # data, model, code, checkpoint, baseline; for a channel that says nothing else: by its name
    span: Span | None = None  # how many keys a location stands for; None: as `data_type` and `input_mode` say
    data_type: str = ""
    input_mode: tuple[str, ...] = ()
    template: str = ""
    continuous: str = ""  # the sibling whose value "Continuous" means: written all the while, not at the end
    open_ended: str = ""  # the sibling whose value "MultiModel" means: a whole prefix, read for ever
    select: str = ""  # the sibling that says which part of the target is meant; it becomes the usage
    evidence: str = "declared"


@dataclass(frozen=True, slots=True)
class Finder:
    """How the records of another kind that belong to this one are found: a List call filtered by one of our fields.

    `parents` names the field under which the found names join the record of the asking kind (and not the other way).
    """

    kind: str
    operation: str
    parameter: str
    value: str
    parents: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource kind. What is left empty follows the API's own naming (`DescribeX` gives `XName`, `XArn`, …)."""

    name: str
    describe: str = ""
    list: str = ""
    search: str = ""
    arn: str = ""  # the resource part of its ARN, as a pattern; default `<name>/.+`
    status: str = ""
    job: bool = False  # it runs: it reads and writes at times
    times: tuple[str, str] = ("", "")  # the fields that open and close the time in which it ran
    download: str = ""  # the secondary status during which File mode reads
    upload: str = ""  # the secondary status during which it writes what it made
    parts: tuple[str, ...] = ()  # what it consists of: each part should load a model of its own
    references: tuple[Reference, ...] = ()
    finders: tuple[Finder, ...] = ()
    details: tuple[tuple[str, str], ...] = ()  # node attribute, path: what the answers need beyond the common ones
    console: str = ""  # the fragment of its console page
    shape: str = "box"
    colour: str = "#ffffff"

    @property
    def noun(self) -> str:
        """The API's own noun: `TrainingJob`."""
        return self.describe.removeprefix("Describe")


def reads(path: str, **words: object) -> Reference:
    return Reference(path, "reads", **words)  # type: ignore[arg-type]


def writes(path: str, **words: object) -> Reference:
    return Reference(path, "writes", **({"span": Span.FOLDER} | words))  # type: ignore[arg-type]


def loads(path: str, **words: object) -> Reference:
    return Reference(path, "loads", **({"usage": "model"} | words))  # type: ignore[arg-type]


def provides(path: str, to: str = IMAGE, **words: object) -> Reference:
    return Reference(path, "provides", to, **words)  # type: ignore[arg-type]


def refers(path: str, to: str, relation: str, **words: object) -> Reference:
    return Reference(path, relation, to, **words)  # type: ignore[arg-type]


def mentions(path: str) -> Reference:
    """A field in which people may write an S3 URI, and nothing says what for."""
    return Reference(path, "mentions", evidence="logged")


def generated_by(path: str = "MetadataProperties.GeneratedBy") -> Reference:
    """Pipelines write the execution's ARN here; people may write anything."""
    return refers(path, ANY, "member-of", evidence="logged")


def _model_data(at: str, role: str, mode: str = "") -> tuple[Reference, ...]:
    """What `ModelDataSource` and its like name, below the path `at`."""
    source = f"{at}.S3DataSource"
    return (
        loads(f"{source}.S3Uri", role=role, data_type="S3DataType", open_ended=mode),
        loads(f"{source}.HubAccessConfig.HubContentArn", to="hub-content", role=role),
        loads(f"{source}.ManifestS3Uri", role=role, span=Span.MANIFEST),
    )


def _container(at: str, role: str = "ContainerHostname", mode: str = "Mode") -> tuple[Reference, ...]:
    """One inference container of a model or a package. `DescribeModel` mirrors its two ways to name the artifact."""
    return (
        *_model_data(f"{at}.ModelDataSource", role, mode),
        loads(f"{at}.ModelDataUrl", role=role, span=Span.OBJECT, open_ended=mode),
        *_model_data(f"{at}.AdditionalModelDataSources[]", "ChannelName"),
        provides(f"{at}.Image", role=role),
        mentions(f"{at}.Environment.*"),
    )


def _package(at: str) -> Reference:
    """The package that a container is made from: its own specification, or the additional one that is named."""
    path = f"{at}.ModelPackageName"
    return refers(path, "model-package", "instantiates", role="ContainerHostname", select="InferenceSpecificationName")


def _package_container(at: str, role: str) -> tuple[Reference, ...]:
    return (
        *_container(at, role, mode=""),  # a package does not say how many models its container serves
        loads(f"{at}.AdditionalS3DataSource.S3Uri", role=role, data_type="S3DataType"),
        provides(f"{at}.BaseModel.HubContentName", to="hub-content", usage="model", role=role),
    )


def _deployed_images(at: str) -> tuple[Reference, ...]:
    """The images that run, the tag as asked for and the digest that it resolved to."""
    return tuple(
        provides(f"{at}[].DeployedImages[].{field}", role="VariantName") for field in ("SpecifiedImage", "ResolvedImage")
    )


def _variants(at: str, usage: str) -> tuple[Reference, ...]:
    return (
        refers(f"{at}[].ModelName", "model", "deploys", role="VariantName", usage=usage),
        refers(f"{at}[].InstancePools[].ModelNameOverride", "model", "deploys", role="VariantName", usage="instance-pool"),
        writes(f"{at}[].CoreDumpConfig.DestinationS3Uri", usage="debug"),
    )


def _served() -> tuple[Reference, ...]:
    """What an endpoint and its config both say of the data that goes in and out while serving."""
    return (
        writes("DataCaptureConfig.DestinationS3Uri", usage="capture"),
        writes("AsyncInferenceConfig.OutputConfig.S3OutputPath", usage="predictions"),
        writes("AsyncInferenceConfig.OutputConfig.S3FailurePath", usage="predictions"),
        reads("ExplainerConfig.ClarifyExplainerConfig.ShapConfig.ShapBaselineConfig.ShapBaselineUri", usage="baseline"),
    )


def _component(at: str) -> tuple[Reference, ...]:
    return (
        refers(f"{at}.ModelName", "model", "deploys"),
        loads(f"{at}.Container.ArtifactUrl", span=Span.OBJECT),
        provides(f"{at}.Container.DeployedImage.SpecifiedImage"),
        provides(f"{at}.Container.DeployedImage.ResolvedImage"),
        provides(f"{at}.BaseInferenceComponentName", to="inference-component", usage="model"),
        mentions(f"{at}.Container.Environment.*"),
    )


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

_EXPERIMENT_CONFIG: Final = (
    refers("ExperimentConfig.ExperimentName", "experiment", "member-of"),
    refers("ExperimentConfig.TrialName", "trial", "member-of"),
)
_RUNS: Final = Finder("trial-component", "ListTrialComponents", "SourceArn", "{Arn}")

ENDPOINT = Kind(
    "endpoint",
    describe="DescribeEndpoint",
    list="ListEndpoints",
    search="Endpoint",
    references=(
        refers("EndpointConfigName", "endpoint-config", "configures"),
        refers("PendingDeploymentSummary.EndpointConfigName", "endpoint-config", "configures", role="=pending"),
        *_deployed_images("ProductionVariants"),
        *_deployed_images("ShadowProductionVariants"),
        *_deployed_images("PendingDeploymentSummary.ProductionVariants"),
        *_deployed_images("PendingDeploymentSummary.ShadowProductionVariants"),
        *_served(),
    ),
    finders=(Finder("inference-component", "ListInferenceComponents", "EndpointNameEquals", "EndpointName"),),
    details=(("variants", "ProductionVariants[].VariantName"), ("weights", "ProductionVariants[].CurrentWeight")),
    console="/endpoints/{name}",
    shape="doubleoctagon",
    colour="#e69f00",
)

ENDPOINT_CONFIG = Kind(
    "endpoint-config",
    describe="DescribeEndpointConfig",
    list="ListEndpointConfigs",
    references=(
        *_variants("ProductionVariants", "production"),
        *_variants("ShadowProductionVariants", "shadow"),
        *_served(),
    ),
    details=(
        ("variants", "ProductionVariants[].VariantName"),
        ("weights", "ProductionVariants[].InitialVariantWeight"),
        ("shadow_variants", "ShadowProductionVariants[].VariantName"),
    ),
    console="/endpointConfig/{name}",
    shape="tab",
    colour="#fbe3b1",
)

INFERENCE_COMPONENT = Kind(
    "inference-component",
    describe="DescribeInferenceComponent",
    list="ListInferenceComponents",
    references=(
        refers("EndpointArn", "endpoint", "hosts", role="VariantName"),
        *_component("Specification"),
        *_component("Specifications[]"),
    ),
    shape="component",
    colour="#f5c767",
)

MODEL = Kind(
    "model",
    describe="DescribeModel",
    list="ListModels",
    search="Model",
    parts=("PrimaryContainer", "Containers[]"),
    references=(
        *_container("PrimaryContainer"),
        _package("PrimaryContainer"),
        *_container("Containers[]"),
        _package("Containers[]"),
    ),
    console="/models/{name}",
    shape="component",
    colour="#cc79a7",
)

MODEL_PACKAGE = Kind(
    "model-package",
    describe="DescribeModelPackage",
    list="ListModelPackages",
    search="ModelPackage",
    parts=("InferenceSpecification.Containers[]",),
    references=(
        *_package_container("InferenceSpecification.Containers[]", "ContainerHostname"),
        *_package_container("AdditionalInferenceSpecifications[].Containers[]", "Name"),
        loads("SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataUrl", span=Span.OBJECT),
        *_model_data("SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataSource", ""),
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
        mentions("CustomerMetadataProperties.*"),
        mentions("ModelCard.ModelCardContent"),
    ),
    details=(("approval", "ModelApprovalStatus"),),
    shape="box3d",
    colour="#e3b6cf",
)

MODEL_PACKAGE_GROUP = Kind(
    "model-package-group",
    describe="DescribeModelPackageGroup",
    list="ListModelPackageGroups",
    search="ModelPackageGroup",
    shape="folder",
    colour="#f2dde8",
)

TRAINING_JOB = Kind(
    "training-job",
    describe="DescribeTrainingJob",
    list="ListTrainingJobs",
    search="TrainingJob",
    job=True,
    times=("TrainingStartTime", "TrainingEndTime"),
    download="Downloading",
    upload="Uploading",
    references=(
        reads(
            "InputDataConfig[].DataSource.S3DataSource.S3Uri",
            role="ChannelName",
            data_type="S3DataType",
            input_mode=("InputMode", "AlgorithmSpecification.TrainingInputMode"),
        ),
        reads(
            "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig.HubContentArn",
            to="hub-content",
            role="ChannelName",
            usage="model",
        ),
        reads(
            "InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId",
            role="ChannelName",
            template="{FileSystemType}://{FileSystemId}/{DirectoryPath}",
            span=Span.FOLDER,
        ),
        reads("InputDataConfig[].DataSource.DatasetSource.DatasetArn", to="hub-content", role="ChannelName"),
        reads("CheckpointConfig.S3Uri", role="=checkpoint", usage="checkpoint"),
        reads("ServerlessJobConfig.BaseModelArn", to="hub-content", role="=base model", usage="model"),
        reads("ModelPackageConfig.SourceModelPackageArn", to="model-package", role="=base model", usage="model"),
        provides("ServerlessJobConfig.EvaluatorArn", to=ANY, role="=evaluator"),
        writes("ModelArtifacts.S3ModelArtifacts", usage="model"),
        writes("OutputDataConfig.S3OutputPath", usage="output", template="{S3OutputPath}/{TrainingJobName}/"),
        writes("CheckpointConfig.S3Uri", usage="checkpoint", continuous="=Continuous"),
        writes("OutputModelPackageArn", to="model-package", usage="model"),
        writes("DebugHookConfig.S3OutputPath", usage="debug", continuous="=Continuous"),
        writes("DebugRuleConfigurations[].S3OutputPath", usage="debug", continuous="=Continuous"),
        writes("TensorBoardOutputConfig.S3OutputPath", usage="debug", continuous="=Continuous"),
        writes("ProfilerConfig.S3OutputPath", usage="debug", continuous="=Continuous"),
        writes("ProfilerRuleConfigurations[].S3OutputPath", usage="debug", continuous="=Continuous"),
        provides("AlgorithmSpecification.TrainingImage"),
        provides("AlgorithmSpecification.AlgorithmName", to="algorithm"),
        provides("DebugRuleConfigurations[].RuleEvaluatorImage", role="RuleConfigurationName"),
        provides("ProfilerRuleConfigurations[].RuleEvaluatorImage", role="RuleConfigurationName"),
        refers("ModelPackageConfig.ModelPackageGroupArn", "model-package-group", "member-of"),
        refers("TuningJobArn", "tuning-job", "member-of"),
        refers("LabelingJobArn", "labeling-job", "member-of"),
        refers("AutoMLJobArn", "automl-job", "member-of"),
        *_EXPERIMENT_CONFIG,
        mentions("HyperParameters.*"),
        mentions("Environment.*"),
        mentions("AlgorithmSpecification.ContainerEntrypoint[]"),
        mentions("AlgorithmSpecification.ContainerArguments[]"),
    ),
    finders=(_RUNS,),
    details=(
        ("started", "TrainingStartTime"),
        ("ended", "TrainingEndTime"),
        ("steps", "SecondaryStatusTransitions[].Status"),
        ("isolated", "EnableNetworkIsolation"),
        ("program", "HyperParameters.sagemaker_program"),
        ("job_type", "ServerlessJobConfig.JobType"),
        ("failure", "FailureReason"),
    ),
    console="/jobs/{name}",
    shape="box",
    colour="#56b4e9",
)

PROCESSING_JOB = Kind(
    "processing-job",
    describe="DescribeProcessingJob",
    list="ListProcessingJobs",
    job=True,
    times=("ProcessingStartTime", "ProcessingEndTime"),
    references=(
        reads("ProcessingInputs[].S3Input.S3Uri", role="InputName", data_type="S3DataType"),
        reads(
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.QueryString",
            role="InputName",
            template="athena://{Catalog}/{Database}",
            span=Span.UNKNOWN,
        ),
        reads(
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri",
            role="InputName",
            usage="data",
        ),
        reads(
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.QueryString",
            role="InputName",
            template="redshift://{ClusterId}/{Database}",
            span=Span.UNKNOWN,
        ),
        reads(
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri",
            role="InputName",
            usage="data",
        ),
        writes(
            "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
            role="OutputName",
            usage="data",
            continuous="S3UploadMode",
        ),
        writes(
            "ProcessingOutputConfig.Outputs[].FeatureStoreOutput.FeatureGroupName",
            to="feature-group",
            role="OutputName",
            usage="data",
        ),
        writes("ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri", usage="data"),
        writes("ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri", usage="data"),
        provides("AppSpecification.ImageUri"),
        refers("MonitoringScheduleArn", "monitoring-schedule", "member-of"),
        refers("AutoMLJobArn", "automl-job", "member-of"),
        refers("TrainingJobArn", "training-job", "member-of"),
        *_EXPERIMENT_CONFIG,
        mentions("Environment.*"),
        mentions("AppSpecification.ContainerEntrypoint[]"),
        mentions("AppSpecification.ContainerArguments[]"),
    ),
    finders=(_RUNS,),
    details=(
        ("started", "ProcessingStartTime"),
        ("ended", "ProcessingEndTime"),
        ("isolated", "NetworkConfig.EnableNetworkIsolation"),
        ("failure", "FailureReason"),
    ),
    console="/processing-jobs/{name}",
    shape="hexagon",
    colour="#009e73",
)

TRIAL_COMPONENT = Kind(
    "trial-component",
    describe="DescribeTrialComponent",
    list="ListTrialComponents",
    search="ExperimentTrialComponent",
    arn="experiment-trial-component/.+",
    status="Status.PrimaryStatus",
    times=("StartTime", "EndTime"),
    references=(
        refers("Source.SourceArn", ANY, "recorded-by"),
        refers("Sources[].SourceArn", ANY, "recorded-by"),
        reads("InputArtifacts.*.Value", evidence="logged"),
        writes("OutputArtifacts.*.Value", evidence="logged"),
        refers("Parents[].TrialName", "trial", "member-of"),
        generated_by(),
        mentions("Parameters.*.StringValue"),
    ),
    finders=(Finder("trial", "ListTrials", "TrialComponentName", "TrialComponentName", parents="Parents"),),
    details=(("display_name", "DisplayName"),),
    shape="note",
    colour="#f0e442",
)

TRIAL = Kind(
    "trial",
    describe="DescribeTrial",
    list="ListTrials",
    search="ExperimentTrial",
    arn="experiment-trial/.+",
    references=(
        refers("ExperimentName", "experiment", "member-of"),
        refers("Source.SourceArn", ANY, "member-of"),
        generated_by(),
    ),
    details=(("display_name", "DisplayName"),),
    shape="folder",
    colour="#f7f0a1",
)

EXPERIMENT = Kind(
    "experiment",
    describe="DescribeExperiment",
    list="ListExperiments",
    search="Experiment",
    references=(refers("Source.SourceArn", ANY, "member-of"),),
    details=(("display_name", "DisplayName"),),
    shape="folder",
    colour="#f0e442",
)

# Kinds that records name and that this version does not read: they are nodes that nobody observed.
_NAMED_ONLY = (
    Kind("algorithm", shape="box3d", colour="#dddddd"),
    Kind("hub-content", shape="box3d", colour="#dddddd"),
    Kind("feature-group", shape="cylinder", colour="#bfe3d6"),
    Kind("pipeline-execution", arn="pipeline/.+/execution/.+", shape="folder", colour="#dddddd"),
    Kind("pipeline", shape="folder", colour="#dddddd"),
    Kind("tuning-job", arn="hyper-parameter-tuning-job/.+", console="/hyper-tuning-jobs/{name}", colour="#cfe8f7"),
    Kind("automl-job", colour="#cfe8f7"),
    Kind("labeling-job", console="/labeling-jobs/{name}", colour="#cfe8f7"),
    Kind("transform-job", console="/transform-jobs/{name}", shape="hexagon", colour="#bfe3d6"),
    Kind("monitoring-schedule", colour="#dddddd"),
    Kind("resource", arn="-", colour="#dddddd"),  # an ARN of a kind that no row knows
)

# What is a place or an image and no record: S3 locations by what their edges say.
_PLACES = (
    Kind("dataset", arn="-", shape="cylinder", colour="#0072b2"),
    Kind("artifact", arn="-", shape="note", colour="#d55e00"),
    Kind("code", arn="-", shape="note", colour="#bbbbbb"),
    Kind("image", arn="-", shape="box3d", colour="#bbbbbb"),
)

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        ENDPOINT,
        ENDPOINT_CONFIG,
        INFERENCE_COMPONENT,
        MODEL,
        MODEL_PACKAGE,
        MODEL_PACKAGE_GROUP,
        TRAINING_JOB,
        PROCESSING_JOB,
        TRIAL_COMPONENT,
        TRIAL,
        EXPERIMENT,
        *_NAMED_ONLY,
        *_PLACES,
    )
}

_BY_ARN: Final = sorted(KINDS.values(), key=lambda kind: -len(kind.arn))


def kind_of_arn(arn: str) -> Kind:
    """The row whose ARN pattern fits, the most particular first; `resource` for what no row knows."""
    parsed = parse_arn(arn)
    for kind in _BY_ARN if parsed.service == "sagemaker" else ():
        if re.fullmatch(kind.arn or f"{kind.name}/.+", parsed.resource, re.IGNORECASE):
            return kind
    return KINDS["resource"]
