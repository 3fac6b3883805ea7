"""Fields that rows of several families have: containers, channels, tags, experiments."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.words import (
    ALLOWED,
    WEIGHTS,
    Finder,
    Reference,
    loads,
    mentions,
    named_weights,
    provides,
    reads,
    refers,
    writes,
)
from lineage.domain.names import Span


def model_data(at: str, role: str, mode: str = "") -> tuple[Reference, ...]:
    """What `ModelDataSource` and similar members name, below the path `at`."""
    source = f"{at}.S3DataSource"
    return (
        loads(f"{source}.S3Uri", role=role, data_type="S3DataType", open_ended=mode, digest="ETag"),
        loads(f"{source}.HubAccessConfig.HubContentArn", to="hub-content", role=role),
        loads(f"{source}.ManifestS3Uri", role=role, span=Span.MANIFEST),
    )


def container(at: str, role: str = "ContainerHostname", mode: str = "Mode", etag: str = "") -> tuple[Reference, ...]:
    """One inference container of a model or a package. `DescribeModel` mirrors its two ways to name the artifact."""
    return (
        *model_data(f"{at}.ModelDataSource", role, mode),
        loads(f"{at}.ModelDataUrl", role=role, span=Span.OBJECT, open_ended=mode, digest=etag),
        *model_data(f"{at}.AdditionalModelDataSources[]", "ChannelName"),
        provides(f"{at}.Image", role=role),
        *environment(f"{at}.Environment.*", role),
    )


def environment(variables: str, role: str = "") -> tuple[Reference, ...]:
    """What the variables of a container name: weights, by place or by name, and anything else."""
    return (
        named_weights(variables, role=role, guessed=True),
        named_weights(variables, to=WEIGHTS, role=role, usage=WEIGHTS),
        mentions(variables, usage="serving", weights=False, paired=True),
    )


def package_container(at: str, role: str) -> tuple[Reference, ...]:
    return (
        *container(at, role, mode="", etag="ModelDataETag"),  # a package does not say how many models its container serves
        loads(f"{at}.AdditionalS3DataSource.S3Uri", role=role, data_type="S3DataType", digest="ETag"),
        provides(f"{at}.BaseModel.HubContentName", to="hub-content", usage="model", role=role),
    )


def channels(at: str, mode: str = "AlgorithmSpecification.TrainingInputMode", **words: object) -> tuple[Reference, ...]:
    """What the channels of a training job, or of a template of one, read; `at` ends with a dot or is empty."""
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


def mounts(at: str) -> Reference:
    """The file systems of a training job, or of a template of one, that it may write to; `at` ends with a dot or is empty."""
    return writes(
        f"{at}InputDataConfig[].DataSource.FileSystemDataSource.FileSystemId",
        template="{FileSystemType}://{FileSystemId}/{DirectoryPath}",
        when=("FileSystemAccessMode", "rw"),
        role="ChannelName",
        usage="data",
        continuous="=Continuous",
        evidence=ALLOWED,
    )


def model_dir(at: str) -> Reference:
    """The place where the SDK tells a script it may put its model. Some frameworks use it."""
    return writes(f"{at}.model_dir", usage="output", continuous="=Continuous", evidence=ALLOWED)


# People write tags, except for the one with which Pipelines marks what an execution made.
TAGS: Final = (
    mentions("Tags[].Value", paired=True, varies=True),
    refers(
        "Tags[].Value",
        "pipeline-execution",
        "member-of",
        when=("Key", "sagemaker:pipeline-execution-arn"),
        evidence="logged",
        varies=True,
    ),
)

# The trial component of the run in which somebody started a job; SageMaker makes another component for the job itself.
RUN_NAME: Final = "ExperimentConfig.RunName"
EXPERIMENT_CONFIG: Final = (
    refers(RUN_NAME, "trial-component", "recorded-by", inverse=True),
    refers("ExperimentConfig.ExperimentName", "experiment", "member-of"),
    refers("ExperimentConfig.TrialName", "trial", "member-of"),
)

RUNS: Final = Finder("trial-component", "ListTrialComponents", "SourceArn", "{Arn}")
