"""THE TABLE: what exists in SageMaker, how each kind is listed and described, and what its fields refer to.

Data only. botocore already knows pages, parameters and shapes; a row says what botocore can't know. A test
lints every row against botocore's own service model, and holds the list of reference-shaped fields that no
row reads (`tests/domain/data/unread_references.tsv`).

A path is plain: `A.B[].C`, where `[]` is each element of a list and a last `*` is each value of a map. The
sibling fields that a reference needs (`role`, `data_type`, …) are looked up as a variable is: in the object
that holds the field, then in each object around it, so a root field may be named as well. A `*[]` is each
element of each value of a map.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from lineage.domain.names import Span, is_arn, parse_arn

LOCATION: Final = "location"  # what a reference is "to" when it names a place, not a resource
IMAGE: Final = "image"
ANY: Final = ""  # whatever kind the ARN says
REUSED: Final = "reused"  # the usage of what a record took over from another one


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
    "associated": Relation(flows=False, inward=False),
}

# From what a model is made of to the endpoint that serves it.
SERVING: Final = ("configures", "hosts", "deploys", "instantiates", "loads", "provides")

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
    attributes: str = ""  # the sibling that names what is read of each line of an augmented manifest
    input_mode: tuple[str, ...] = ()
    template: str = ""
    digest: str = ""  # the sibling that holds the ETag of what lies there
    sql: bool = False  # it is a query: each table that it names is meant, below the template
    continuous: str = ""  # the sibling whose value "Continuous" means: written all the while, not at the end
    open_ended: str = ""  # the sibling whose value "MultiModel" means: a whole prefix, read for ever
    select: str = ""  # the sibling that says which part of the target is meant; it becomes the usage
    when: tuple[str, str] = ("", "")  # a sibling, and the value without which the field means something else
    reused: tuple[str, ...] = ()  # siblings of which one's presence means: made by another record; the usage says `reused`
    inverse: bool = False  # the named thing says it of the record, not the record of the named thing
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
class Extra:
    """A member of the record that only another List call gives: filtered by `parameter`, put into the body as `member`."""

    member: str
    operation: str
    parameter: str
    value: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource kind. What is left empty follows the API's own naming (`DescribeX` gives `XName`, `XArn`, …)."""

    name: str
    describe: str = ""
    list: str = ""
    search: str = ""
    search_time: str = "CreationTime"  # by what a Search for all of them is ordered and cut into windows; "": not known
    called: str = ""  # what its Name and Arn fields begin with, where `describe` does not tell
    listed_as: str = ""  # the same in the summaries of its List call
    wrapped: str = ""  # the member of Describe's answer that holds the whole record
    keys: tuple[str, ...] = ()  # the parameters of `describe`, where there are several: in the order of its ARN
    list_with: tuple[tuple[str, str], ...] = ()  # what its List call must be told to list all
    list_by: tuple[str, str] = ("", "")  # a parameter, and the kind whose every name it takes; no kind: every enum value
    carried_by: str = ""  # the kind whose Search records hold whole records of this one, as their source
    doubts: tuple[str, ...] = ()  # `A.B`, `!A.B`, `A.B!=x`, `…&…`: a Search record of which one holds leaves something out
    search_lacks: tuple[str, ...] = ()  # what no Search record has, and what can be done without
    extras: tuple[Extra, ...] = ()
    summaries: bool = False  # the List call's summary is the record
    between: tuple[str, ...] = ()  # it is no node, but an edge: the fields of its source, its target and its role
    accrues: bool = False  # only new ones come and what has ended stays as it is: a later crawl asks for the new ones
    tells_use: bool = False  # "not used" needs every one of them: a record may show that data went into training
    hints: bool = False  # people and SageMaker write it beside the records: by itself it shows no use
    trains: str = ""  # it fits models: `always`, or where it has this detail
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
        return self.called or self.describe.removeprefix("Describe")


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


def mentions(path: str, **words: object) -> Reference:
    """A field in which people may write an S3 URI, and nothing says what for."""
    return Reference(path, "mentions", **({"evidence": "logged"} | words))  # type: ignore[arg-type]


def owns(path: str, to: str, **words: object) -> Reference:
    """A field that names a member of this record."""
    return refers(path, to, "member-of", inverse=True, **words)


def generated_by(path: str = "MetadataProperties.GeneratedBy") -> Reference:
    """Pipelines write the execution's ARN here; people may write anything."""
    return refers(path, ANY, "member-of", evidence="logged")


def _model_data(at: str, role: str, mode: str = "") -> tuple[Reference, ...]:
    """What `ModelDataSource` and its like name, below the path `at`."""
    source = f"{at}.S3DataSource"
    return (
        loads(f"{source}.S3Uri", role=role, data_type="S3DataType", open_ended=mode, digest="ETag"),
        loads(f"{source}.HubAccessConfig.HubContentArn", to="hub-content", role=role),
        loads(f"{source}.ManifestS3Uri", role=role, span=Span.MANIFEST),
    )


def _container(at: str, role: str = "ContainerHostname", mode: str = "Mode", etag: str = "") -> tuple[Reference, ...]:
    """One inference container of a model or a package. `DescribeModel` mirrors its two ways to name the artifact."""
    return (
        *_model_data(f"{at}.ModelDataSource", role, mode),
        loads(f"{at}.ModelDataUrl", role=role, span=Span.OBJECT, open_ended=mode, digest=etag),
        *_model_data(f"{at}.AdditionalModelDataSources[]", "ChannelName"),
        provides(f"{at}.Image", role=role),
        mentions(f"{at}.Environment.*", usage="serving"),
    )


def _package(at: str) -> Reference:
    """The package that a container is made from: its own specification, or the additional one that is named."""
    path = f"{at}.ModelPackageName"
    return refers(path, "model-package", "instantiates", role="ContainerHostname", select="InferenceSpecificationName")


def _package_container(at: str, role: str) -> tuple[Reference, ...]:
    return (
        *_container(at, role, mode="", etag="ModelDataETag"),  # a package does not say how many models its container serves
        loads(f"{at}.AdditionalS3DataSource.S3Uri", role=role, data_type="S3DataType", digest="ETag"),
        provides(f"{at}.BaseModel.HubContentName", to="hub-content", usage="model", role=role),
    )


def _channels(at: str, mode: str = "AlgorithmSpecification.TrainingInputMode", **words: object) -> tuple[Reference, ...]:
    """What the channels of a training job, or of a template of one, read; `at` ends in a dot or is empty."""
    source = f"{at}InputDataConfig[].DataSource"
    common: dict[str, object] = {"role": "ChannelName"} | words
    return (
        reads(
            f"{source}.S3DataSource.S3Uri",
            data_type="S3DataType",
            attributes="AttributeNames",
            input_mode=("InputMode", mode),
            **common,
        ),
        reads(f"{source}.S3DataSource.HubAccessConfig.HubContentArn", to="hub-content", **({"usage": "model"} | common)),
        reads(
            f"{source}.FileSystemDataSource.FileSystemId",
            template="{FileSystemType}://{FileSystemId}/{DirectoryPath}",
            span=Span.FOLDER,
            **common,
        ),
        reads(f"{source}.DatasetSource.DatasetArn", to="hub-content", **common),
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
        mentions(f"{at}.Container.Environment.*", usage="serving"),
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

# Tags are people's words, but for the one by which Pipelines marks what an execution made.
_TAGS: Final = (
    mentions("Tags[].Value"),
    refers(
        "Tags[].Value",
        "pipeline-execution",
        "member-of",
        when=("Key", "sagemaker:pipeline-execution-arn"),
        evidence="logged",
    ),
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
    doubts=("EndpointStatus!=InService",),  # the pending deployment stands in Describe only
    # The endpoint config has the first two as well; an endpoint in service has no pending deployment.
    search_lacks=("AsyncInferenceConfig", "ExplainerConfig", "PendingDeploymentSummary"),
    references=(
        refers("EndpointConfigName", "endpoint-config", "configures"),
        refers("PendingDeploymentSummary.EndpointConfigName", "endpoint-config", "configures", role="=pending"),
        *_deployed_images("ProductionVariants"),
        *_deployed_images("ShadowProductionVariants"),
        *_deployed_images("PendingDeploymentSummary.ProductionVariants"),
        *_deployed_images("PendingDeploymentSummary.ShadowProductionVariants"),
        *_served(),
        *_TAGS,
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
        *_TAGS,
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
        *_TAGS,
    ),
    shape="component",
    colour="#f5c767",
)

MODEL = Kind(
    "model",
    describe="DescribeModel",
    list="ListModels",
    search="Model",
    search_time="",  # a dashboard record around the model: nothing says by what name its times are sorted
    parts=("PrimaryContainer", "Containers[]"),
    references=(
        *_container("PrimaryContainer"),
        _package("PrimaryContainer"),
        *_container("Containers[]"),
        _package("Containers[]"),
        *_TAGS,
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
    list_with=(("ModelPackageType", "Both"),),  # else those that are in no group only
    tells_use=True,
    parts=("InferenceSpecification.Containers[]",),
    references=(
        *_package_container("InferenceSpecification.Containers[]", "ContainerHostname"),
        *_package_container("AdditionalInferenceSpecifications[].Containers[]", "Name"),
        loads("SourceAlgorithmSpecification.SourceAlgorithms[].ModelDataUrl", span=Span.OBJECT, digest="ModelDataETag"),
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
        *_TAGS,
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
    references=_TAGS,
    shape="folder",
    colour="#f2dde8",
)

TRAINING_JOB = Kind(
    "training-job",
    describe="DescribeTrainingJob",
    list="ListTrainingJobs",
    search="TrainingJob",
    doubts=("!AlgorithmSpecification", "ModelPackageConfig", "OutputModelPackageArn"),  # serverless: its base model
    search_lacks=("ServerlessJobConfig", "ProfilerRuleConfigurations"),
    accrues=True,
    tells_use=True,
    trains="always",
    job=True,
    times=("TrainingStartTime", "TrainingEndTime"),
    parts=("InputDataConfig[]",),
    download="Downloading",
    upload="Uploading",
    references=(
        *_channels(""),
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
        *_TAGS,
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
    carried_by="trial-component",
    accrues=True,
    tells_use=True,
    job=True,
    parts=("ProcessingInputs[]",),
    times=("ProcessingStartTime", "ProcessingEndTime"),
    references=(
        reads("ProcessingInputs[].S3Input.S3Uri", role="InputName", data_type="S3DataType"),
        reads(
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.QueryString",
            role="InputName",
            template="athena://{Catalog}/{Database}",
            sql=True,
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
        *_TAGS,
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
    # One that logs artifacts and names no source may have several, which Describe alone tells. What has one source
    # and more besides is known by the one.
    doubts=("!Source&InputArtifacts", "!Source&OutputArtifacts"),
    search_lacks=("Sources",),
    accrues=True,
    tells_use=True,
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
        *_TAGS,
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
        *_TAGS,
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
    references=(refers("Source.SourceArn", ANY, "member-of"), *_TAGS),
    details=(("display_name", "DisplayName"),),
    shape="folder",
    colour="#f0e442",
)

TRANSFORM_JOB = Kind(
    "transform-job",
    describe="DescribeTransformJob",
    list="ListTransformJobs",
    carried_by="trial-component",
    accrues=True,
    tells_use=True,
    job=True,
    times=("TransformStartTime", "TransformEndTime"),
    parts=("TransformInput",),
    references=(
        provides("ModelName", to="model", usage="model"),
        reads("TransformInput.DataSource.S3DataSource.S3Uri", role="=input", data_type="S3DataType"),
        writes("TransformOutput.S3OutputPath", role="=output", usage="data"),
        writes("DataCaptureConfig.DestinationS3Uri", usage="capture"),
        refers("LabelingJobArn", "labeling-job", "member-of"),
        refers("AutoMLJobArn", "automl-job", "member-of"),
        *_EXPERIMENT_CONFIG,
        mentions("Environment.*"),
        *_TAGS,
    ),
    finders=(_RUNS,),
    details=(("started", "TransformStartTime"), ("ended", "TransformEndTime"), ("failure", "FailureReason")),
    console="/transform-jobs/{name}",
    shape="hexagon",
    colour="#bfe3d6",
)

COMPILATION_JOB = Kind(
    "compilation-job",
    describe="DescribeCompilationJob",
    list="ListCompilationJobs",
    accrues=True,
    tells_use=True,
    job=True,
    times=("CompilationStartTime", "CompilationEndTime"),
    references=(
        reads("InputConfig.S3Uri", role="=model", usage="model", span=Span.OBJECT),
        provides("ModelPackageVersionArn", to="model-package", usage="model"),
        writes("ModelArtifacts.S3ModelArtifacts", usage="model"),
        writes("OutputConfig.S3OutputLocation", usage="model"),
        provides("InferenceImage"),
        *_TAGS,
    ),
    details=(("started", "CompilationStartTime"), ("ended", "CompilationEndTime"), ("failure", "FailureReason")),
    console="/compilation-jobs/{name}",
    shape="hexagon",
    colour="#d8ecf8",
)

OPTIMIZATION_JOB = Kind(
    "optimization-job",
    describe="DescribeOptimizationJob",
    list="ListOptimizationJobs",
    accrues=True,
    tells_use=True,
    trains="training_data",
    job=True,
    times=("OptimizationStartTime", "OptimizationEndTime"),
    parts=("OptimizationConfigs[].ModelSpeculativeDecodingConfig.TrainingDataSource",),
    references=(
        reads("ModelSource.S3.S3Uri", role="=model", usage="model"),
        provides("ModelSource.SageMakerModel.ModelName", to="model", usage="model"),
        reads(
            "OptimizationConfigs[].ModelSpeculativeDecodingConfig.TrainingDataSource.S3Uri",
            role="=training data",
            data_type="S3DataType",
        ),
        writes("OutputConfig.S3OutputLocation", usage="model"),
        writes("OutputConfig.SageMakerModel.ModelName", to="model", usage="model"),
        provides("OptimizationConfigs[].ModelQuantizationConfig.Image"),
        provides("OptimizationConfigs[].ModelCompilationConfig.Image"),
        provides("OptimizationConfigs[].ModelShardingConfig.Image"),
        provides("OptimizationOutput.RecommendedInferenceImage"),
        mentions("OptimizationEnvironment.*"),
        mentions("OptimizationConfigs[].ModelQuantizationConfig.OverrideEnvironment.*"),
        mentions("OptimizationConfigs[].ModelCompilationConfig.OverrideEnvironment.*"),
        mentions("OptimizationConfigs[].ModelShardingConfig.OverrideEnvironment.*"),
        *_TAGS,
    ),
    details=(
        ("started", "OptimizationStartTime"),
        ("ended", "OptimizationEndTime"),
        ("failure", "FailureReason"),
        ("training_data", "OptimizationConfigs[].ModelSpeculativeDecodingConfig.TrainingDataSource.S3Uri"),
    ),
    shape="hexagon",
    colour="#9fd3c7",
)

LABELING_JOB = Kind(
    "labeling-job",
    describe="DescribeLabelingJob",
    list="ListLabelingJobs",
    accrues=True,
    tells_use=True,
    trains="labels_itself",
    job=True,
    times=("CreationTime", ""),  # nothing says when it ended
    parts=("InputConfig",),
    references=(
        reads("InputConfig.DataSource.S3DataSource.ManifestS3Uri", role="=input", span=Span.MANIFEST),
        reads("InputConfig.DataSource.SnsDataSource.SnsTopicArn", to=ANY, role="=stream", usage="data"),
        reads("LabelCategoryConfigS3Uri", role="=label categories", usage="code", span=Span.OBJECT),
        reads("HumanTaskConfig.UiConfig.UiTemplateS3Uri", role="=task template", usage="code", span=Span.OBJECT),
        provides("LabelingJobAlgorithmsConfig.InitialActiveLearningModelArn", to="model", usage="model"),
        provides("LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn", to="algorithm"),
        writes("LabelingJobOutput.OutputDatasetS3Uri", usage="data", continuous="=Continuous"),
        writes("LabelingJobOutput.FinalActiveLearningModelArn", to="model", usage="model"),
        writes("OutputConfig.SnsTopicArn", to=ANY, role="=stream", usage="data"),
        writes(
            "OutputConfig.S3OutputPath",
            usage="data",
            template="{S3OutputPath}/{LabelingJobName}/",
            continuous="=Continuous",
        ),
        *_TAGS,
    ),
    details=(
        ("failure", "FailureReason"),
        ("labels_itself", "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn"),
    ),
    console="/labeling-jobs/{name}",
    shape="hexagon",
    colour="#ffe0b3",
)

AUTOML_JOB = Kind(
    "automl-job",
    describe="DescribeAutoMLJobV2",  # reads the jobs of both versions; DescribeAutoMLJob does not (API reference)
    called="AutoMLJob",
    list="ListAutoMLJobs",
    accrues=True,
    tells_use=True,
    trains="always",
    job=True,
    parts=("AutoMLJobInputDataConfig[]",),
    times=("CreationTime", "EndTime"),
    references=(
        reads(
            "AutoMLJobInputDataConfig[].DataSource.S3DataSource.S3Uri",
            role="ChannelType",
            data_type="S3DataType",
        ),
        reads(
            "AutoMLProblemTypeConfig.TimeSeriesForecastingJobConfig.FeatureSpecificationS3Uri",
            role="=feature specification",
            usage="code",
            span=Span.OBJECT,
        ),
        reads(
            "AutoMLProblemTypeConfig.TabularJobConfig.FeatureSpecificationS3Uri",
            role="=feature specification",
            usage="code",
            span=Span.OBJECT,
        ),
        provides("AutoMLProblemTypeConfig.TextGenerationJobConfig.BaseModelName", to="hub-content", usage="model"),
        provides(  # where none was asked for
            "ResolvedAttributes.AutoMLProblemTypeResolvedAttributes.TextGenerationResolvedAttributes.BaseModelName",
            to="hub-content",
            usage="model",
        ),
        # Its children read split copies that it writes all the while.
        writes(
            "OutputDataConfig.S3OutputPath",
            usage="output",
            template="{S3OutputPath}/{AutoMLJobName}/",
            continuous="=Continuous",
        ),
        writes("BestCandidate.InferenceContainers[].ModelDataUrl", usage="model", continuous="=Continuous"),
        writes("BestCandidate.InferenceContainerDefinitions.*[].ModelDataUrl", usage="model", continuous="=Continuous"),
        provides("BestCandidate.InferenceContainers[].Image"),
        provides("BestCandidate.InferenceContainerDefinitions.*[].Image"),
        owns("BestCandidate.CandidateSteps[].CandidateStepArn", ANY, role="CandidateStepType"),
        owns("ModelDeployResult.EndpointName", "endpoint"),
        mentions("AutoMLProblemTypeConfig.TextGenerationJobConfig.TextGenerationHyperParameters.*"),
        *_TAGS,
    ),
    details=(("ended", "EndTime"), ("failure", "FailureReason")),
    shape="hexagon",
    colour="#cfe8f7",
)


def _tuned(at: str) -> tuple[Reference, ...]:
    """A training job definition of a tuning job: the jobs that it spawns repeat it, and may have been deleted since."""
    return (
        *_channels(f"{at}."),
        reads(f"{at}.CheckpointConfig.S3Uri", role="=checkpoint", usage="checkpoint"),
        provides(f"{at}.AlgorithmSpecification.TrainingImage"),
        provides(f"{at}.AlgorithmSpecification.AlgorithmName", to="algorithm"),
        mentions(f"{at}.StaticHyperParameters.*"),
        mentions(f"{at}.HyperParameterRanges.CategoricalParameterRanges[].Values[]"),
        mentions(f"{at}.Environment.*"),
    )


TUNING_JOB = Kind(
    "tuning-job",
    describe="DescribeHyperParameterTuningJob",
    list="ListHyperParameterTuningJobs",
    search="HyperParameterTuningJob",
    accrues=True,
    tells_use=True,
    trains="always",
    arn="hyper-parameter-tuning-job/.+",
    job=True,
    times=("CreationTime", "HyperParameterTuningEndTime"),
    parts=("TrainingJobDefinition.InputDataConfig[]", "TrainingJobDefinitions[].InputDataConfig[]"),
    references=(
        *_tuned("TrainingJobDefinition"),
        *_tuned("TrainingJobDefinitions[]"),
        mentions("HyperParameterTuningJobConfig.ParameterRanges.CategoricalParameterRanges[].Values[]"),
        *_TAGS,
    ),
    details=(
        ("ended", "HyperParameterTuningEndTime"),
        ("failure", "FailureReason"),
        ("isolated", "TrainingJobDefinition.EnableNetworkIsolation"),
    ),
    console="/hyper-tuning-jobs/{name}",
    colour="#a9d6f0",
)

FINE_TUNING_JOB = Kind(
    "job",
    describe="DescribeJob",
    list="ListJobs",
    search="Job",
    keys=("JobCategory", "JobName"),
    list_by=("JobCategory", ""),
    accrues=True,
    tells_use=True,
    trains="always",
    job=True,
    times=("CreationTime", "EndTime"),
    references=(mentions("JobConfigDocument"), *_TAGS),
    details=(("ended", "EndTime"), ("failure", "FailureReason"), ("job_type", "JobCategory")),
    shape="hexagon",
    colour="#c6b3e6",
)

TRAINING_SESSION = Kind(
    "training-session",
    describe="DescribeTrainingSession",
    list="ListTrainingSessions",
    wrapped="TrainingSessionDetail",
    accrues=True,
    tells_use=True,
    trains="always",
    job=True,
    times=("CreationTime", "EndTime"),
    # Its data goes over a runtime API of which no record remains: a read of nobody knows what.
    references=(
        reads("ModelConfig.BaseModelArn", to=ANY, role="=base model", usage="model"),
        writes("OutputConfig.S3Location.Path", usage="model", continuous="=Continuous"),
        refers("ModelPackageGroupArn", "model-package-group", "member-of"),
        *_TAGS,
        reads("TrainingSessionArn", role="=sent over the API", template="api://{TrainingSessionArn}", span=Span.UNKNOWN),
    ),
    shape="hexagon",
    colour="#e6d9f2",
)

ALGORITHM = Kind(
    "algorithm",
    describe="DescribeAlgorithm",
    list="ListAlgorithms",
    tells_use=True,
    references=(
        reads("TrainingSpecification.AdditionalS3DataSource.S3Uri", role="=algorithm's own data", data_type="S3DataType"),
        provides("TrainingSpecification.TrainingImage"),
        *_package_container("InferenceSpecification.Containers[]", "ContainerHostname"),
        *_channels(
            "ValidationSpecification.ValidationProfiles[].TrainingJobDefinition.", mode="TrainingInputMode", usage="baseline"
        ),
        reads(
            "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.TransformInput.DataSource.S3DataSource.S3Uri",
            role="ProfileName",
            usage="baseline",
            data_type="S3DataType",
        ),
        writes(
            "ValidationSpecification.ValidationProfiles[].TransformJobDefinition.TransformOutput.S3OutputPath",
            usage="predictions",
        ),
        mentions("TrainingSpecification.SupportedHyperParameters[].DefaultValue"),
        mentions("ValidationSpecification.ValidationProfiles[].TrainingJobDefinition.HyperParameters.*"),
        *_TAGS,
    ),
    shape="box3d",
    colour="#d9cdb8",
)

FEATURE_GROUP = Kind(
    "feature-group",
    describe="DescribeFeatureGroup",
    list="ListFeatureGroups",
    search="FeatureGroup",
    tells_use=True,
    references=(
        # Where the data really lands; OfflineStoreConfig.S3StorageConfig.S3Uri is shared by many groups.
        writes("OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri", usage="data", continuous="=Continuous"),
        # Training sets are mostly what Athena gives of its Glue table.
        writes(
            "OfflineStoreConfig.DataCatalogConfig.TableName",
            usage="data",
            template="athena://{Catalog}/{Database}/{TableName}",
            continuous="=Continuous",
        ),
        *_TAGS,
    ),
    details=(("table", "OfflineStoreConfig.DataCatalogConfig.TableName"),),
    shape="cylinder",
    colour="#bfe3d6",
)


def _monitor(at: str) -> tuple[Reference, ...]:
    """What a monitoring job definition reads and writes; `at` is the prefix of its members."""
    return (
        reads(f"{at}JobInput.EndpointInput.EndpointName", to="endpoint", usage="capture"),
        reads(f"{at}JobInput.BatchTransformInput.DataCapturedDestinationS3Uri", usage="capture"),
        reads(f"{at}BaselineConfig.ConstraintsResource.S3Uri", usage="baseline", span=Span.OBJECT),
        writes(f"{at}JobOutputConfig.MonitoringOutputs[].S3Output.S3Uri", usage="report", continuous="=Continuous"),
        provides(f"{at}AppSpecification.ImageUri"),
        *_TAGS,
    )


_PROCESSORS = ("RecordPreprocessorSourceUri", "PostAnalyticsProcessorSourceUri")


def _definition(noun: str, own: tuple[Reference, ...], colour: str) -> Kind:
    """One of the four kinds of monitoring job definition, which differ in their prefix and in one field or two."""
    return Kind(
        {
            "DataQuality": "data-quality-job-definition",
            "ModelQuality": "model-quality-job-definition",
            "ModelBias": "model-bias-job-definition",
            "ModelExplainability": "model-explainability-job-definition",
        }[noun],
        describe=f"Describe{noun}JobDefinition",
        list=f"List{noun}JobDefinitions",
        called="JobDefinition",
        listed_as="MonitoringJobDefinition",
        references=(*_monitor(noun), refers(f"{noun}BaselineConfig.BaseliningJobName", "processing-job", "member-of"), *own),
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
        *_TAGS,
    ),
    shape="tab",
    colour="#f0f0fc",
)

PIPELINE = Kind(
    "pipeline",
    describe="DescribePipeline",
    list="ListPipelines",
    search="Pipeline",
    doubts=("!PipelineDefinition",),
    tells_use=True,
    references=(mentions("PipelineDefinition"), *_TAGS),
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
    "Lambda": ANY,  # what it does stands in its code
    "BedrockCustomModel": ANY,
    "BedrockCustomModelDeployment": ANY,
    "BedrockModelImport": ANY,
    "BedrockProvisionedModelThroughput": ANY,
}
# A step of the one was a cache hit, one of the other was left out of a selective execution: both reuse what was made before.
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
    return owns(f"{_STEP}.Metadata.{path}", kind, role="StepName", reused=_REUSED)


PIPELINE_EXECUTION = Kind(
    "pipeline-execution",
    describe="DescribePipelineExecution",
    list="ListPipelineExecutions",
    search="PipelineExecution",
    search_lacks=("Tags",),
    list_by=("PipelineName", "pipeline"),
    extras=(
        Extra("PipelineExecutionSteps", "ListPipelineExecutionSteps", "PipelineExecutionArn", "PipelineExecutionArn"),
        # Search tells them as well: this is for an execution that only Describe could read.
        Extra("PipelineParameters", "ListPipelineParametersForExecution", "PipelineExecutionArn", "PipelineExecutionArn"),
    ),
    accrues=True,
    tells_use=True,
    arn="pipeline/.+/execution/.+",
    references=(
        refers("PipelineArn", "pipeline", "member-of"),
        refers("PipelineExperimentConfig.ExperimentName", "experiment", "member-of"),
        refers("PipelineExperimentConfig.TrialName", "trial", "member-of"),
        refers("SelectiveExecutionConfig.SourcePipelineExecutionArn", "pipeline-execution", "member-of", usage=REUSED),
        mentions("PipelineParameters[].Value"),
        *(_made_by_step(f"{member}.Arn", kind) for member, kind in _MADE_BY_STEPS.items()),
        _made_by_step("HubContent.HubContentArn", "hub-content"),
        *(_made_by_step(f"Lineage.{entities}.*", ANY) for entities in _RECORDED_BY_STEPS),
        *(_made_by_step(f"{check}.CheckJobArn", "processing-job") for check in ("QualityCheck", "ClarifyCheck")),
        *(reads(f"{_STEP}.Metadata.{field}", role="StepName", usage="baseline", span=Span.OBJECT) for field in _CHECKS),
        *(writes(f"{_STEP}.Metadata.{field}", role="StepName", usage="report") for field in _CALCULATED),
        writes(f"{_STEP}.Metadata.Athena.S3OutputLocation", role="StepName", usage="data"),
        *(refers(f"{_STEP}.{source}", "pipeline-execution", "member-of", role="StepName", usage=REUSED) for source in _REUSED),
        mentions(f"{_STEP}.Metadata.Lambda.OutputParameters[].Value"),
        mentions(f"{_STEP}.Metadata.Callback.OutputParameters[].Value"),
        *_TAGS,
    ),
    details=(("display_name", "PipelineExecutionDisplayName"), ("failure", "FailureReason")),
    shape="folder",
    colour="#dff0dc",
)

MODEL_CARD = Kind(
    "model-card",
    describe="DescribeModelCard",
    list="ListModelCards",
    search="ModelCard",
    tells_use=True,
    references=(mentions("Content"), *_TAGS),
    shape="note",
    colour="#f5d5e0",
)

HUB_CONTENT = Kind(
    "hub-content",
    describe="DescribeHubContent",
    keys=("HubName", "HubContentType", "HubContentName", "HubContentVersion"),
    references=(
        mentions("HubContentDocument"),
        provides("SageMakerPublicHubContentArn", to="hub-content", usage="model"),
        mentions("HubContentDependencies[].DependencyOriginPath"),
        mentions("HubContentDependencies[].DependencyCopyPath"),
        refers("HubArn", ANY, "member-of"),
    ),
    shape="box3d",
    colour="#dddddd",
)


def _entity(noun: str, shape: str) -> Kind:
    """A lineage entity: people and SageMaker write it, so what it says is a hint. Its List summary says it all."""
    return Kind(
        f"lineage-{noun.lower()}",
        called=noun,
        list=f"List{noun}s",
        summaries=True,
        accrues=True,
        hints=True,
        arn=f"{noun.lower()}/.+",
        references=(
            refers("Source.SourceUri", ANY, "recorded-by", evidence="logged"),
            mentions("Source.SourceUri"),
        ),
        details=(("type", f"{noun}Type"),),
        shape=shape,
        colour="#f3f3dd",
    )


LINEAGE_ARTIFACT, LINEAGE_ACTION, LINEAGE_CONTEXT = (
    _entity("Artifact", "note"),
    _entity("Action", "cds"),
    _entity("Context", "folder"),
)

ASSOCIATION = Kind(
    "association",
    list="ListAssociations",
    summaries=True,
    between=("SourceArn", "DestinationArn", "AssociationType"),
    accrues=True,
    arn="-",
)

# Named by records, and read by nothing.
_NAMED_ONLY = (Kind("resource", arn="-", colour="#dddddd"),)  # an ARN of a kind that no row knows

# What is a place, an image or a content and no record: S3 locations by what their edges say.
_PLACES = (
    Kind("dataset", arn="-", shape="cylinder", colour="#0072b2"),
    Kind("artifact", arn="-", shape="note", colour="#d55e00"),
    Kind("code", arn="-", shape="note", colour="#bbbbbb"),
    Kind("image", arn="-", shape="box3d", colour="#bbbbbb"),
    Kind("content", arn="-", shape="hexagon", colour="#d55e00"),  # what several places hold the same of, by its digest
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
        TRANSFORM_JOB,
        TUNING_JOB,
        AUTOML_JOB,
        FINE_TUNING_JOB,
        TRAINING_SESSION,
        COMPILATION_JOB,
        OPTIMIZATION_JOB,
        LABELING_JOB,
        ALGORITHM,
        FEATURE_GROUP,
        PIPELINE,
        PIPELINE_EXECUTION,
        MODEL_CARD,
        HUB_CONTENT,
        MONITORING_SCHEDULE,
        DATA_QUALITY,
        MODEL_QUALITY,
        MODEL_BIAS,
        MODEL_EXPLAINABILITY,
        LINEAGE_ARTIFACT,
        LINEAGE_ACTION,
        LINEAGE_CONTEXT,
        ASSOCIATION,
        *_NAMED_ONLY,
        *_PLACES,
    )
}


def kind_json(kind: Kind) -> dict[str, Any]:
    """A row as plain JSON values, without the words that it leaves empty."""
    return {name: value for name, value in asdict(kind).items() if value not in ("", (), ("", ""), None, False)}


# What a record may name that lies in another account, or in no list: it is read by its ARN.
FAR: Final = ("hub-content", "model-package")

_BY_ARN: Final = [
    (re.compile(kind.arn or f"{kind.name}/.+", re.IGNORECASE), kind)
    for kind in sorted(KINDS.values(), key=lambda kind: -len(kind.arn))
]


# The kind that a List or Describe call is about.
KIND_OF_CALL: Final[dict[str, str]] = {
    call: kind.name for kind in KINDS.values() for call in (kind.describe, kind.list) if call
}


def kind_of_subject(subject: str) -> Kind | None:
    """The kind of what a gap is about: by its ARN, or by the word before what was only named; None for a place."""
    return kind_of_arn(subject) if is_arn(subject) else KINDS.get(subject.partition(":")[0])


@lru_cache(maxsize=10_000)
def kind_of_arn(arn: str) -> Kind:
    """The row whose ARN pattern fits, the most particular first; `resource` for what no row knows."""
    parsed = parse_arn(arn)
    for pattern, kind in _BY_ARN if parsed.service == "sagemaker" else ():
        if pattern.fullmatch(parsed.resource):
            return kind
    return KINDS["resource"]
