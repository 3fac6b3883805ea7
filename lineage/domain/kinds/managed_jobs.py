"""The jobs that run SageMaker's programs: transform, tuning, AutoML, fine tuning, compilation, optimization, labeling."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import EXPERIMENT_CONFIG, RUNS, TAGS, channels, model_dir, mounts
from lineage.domain.kinds.words import (
    ANY,
    Kind,
    Reference,
    Trait,
    mentions,
    named_weights,
    owns,
    provides,
    reads,
    refers,
    writes,
)
from lineage.domain.names import Span

TRANSFORM_JOB = Kind(
    "transform-job",
    describe="DescribeTransformJob",
    options="transformjob(?:name)?",
    list="ListTransformJobs",
    carried_by="trial-component",
    accrues=True,
    tells_use=True,
    job=True,
    times=("TransformStartTime", "TransformEndTime"),
    traits=(Trait.MEASURES,),
    parts=("TransformInput",),
    references=(
        provides("ModelName", to="model", usage="model"),
        reads("TransformInput.DataSource.S3DataSource.S3Uri", role="=input", data_type="S3DataType"),
        # an object's answers are uploaded when the whole object is done (API reference TransformOutput)
        writes("TransformOutput.S3OutputPath", role="=output", usage="data", continuous="=Continuous"),
        writes("DataCaptureConfig.DestinationS3Uri", usage="capture", continuous="=Continuous"),
        refers("LabelingJobArn", "labeling-job", "member-of"),
        refers("AutoMLJobArn", "automl-job", "member-of"),
        *EXPERIMENT_CONFIG,
        named_weights("Environment.*", "reads"),  # replaces the weights that the model's own environment names
        mentions("Environment.*", paired=True, weights=False),
        *TAGS,
    ),
    finders=(RUNS,),
    details=(("started", "TransformStartTime"), ("ended", "TransformEndTime"), ("failure", "FailureReason")),
    console="/transform-jobs/{name}",
    shape="hexagon",
    colour="#bfe3d6",
)


def _tuned(at: str) -> tuple[Reference, ...]:
    """A training job definition of a tuning job: the jobs that it starts repeat it, and may have been deleted since."""
    return (
        *channels(f"{at}."),
        mounts(f"{at}."),
        model_dir(f"{at}.StaticHyperParameters"),
        reads(f"{at}.CheckpointConfig.S3Uri", role="=checkpoint", usage="checkpoint"),
        provides(f"{at}.AlgorithmSpecification.TrainingImage"),
        provides(f"{at}.AlgorithmSpecification.AlgorithmName", to="algorithm"),
        mentions(f"{at}.StaticHyperParameters.*", paired=True),
        mentions(f"{at}.HyperParameterRanges.CategoricalParameterRanges[].Values[]"),
        mentions(f"{at}.Environment.*", paired=True),
    )


TUNING_JOB = Kind(
    "tuning-job",
    describe="DescribeHyperParameterTuningJob",
    options="tuningjob(?:name)?",
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
        *TAGS,
    ),
    details=(
        ("ended", "HyperParameterTuningEndTime"),
        ("launched", "TrainingJobStatusCounters"),
        ("failure", "FailureReason"),
        ("isolated", "TrainingJobDefinition.EnableNetworkIsolation"),
    ),
    console="/hyper-tuning-jobs/{name}",
    colour="#a9d6f0",
)

AUTOML_JOB = Kind(
    "automl-job",
    describe="DescribeAutoMLJobV2",  # reads the jobs of both versions; DescribeAutoMLJob does not (API reference)
    options="automljob(?:name)?",
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
        provides(  # if no other was requested
            "ResolvedAttributes.AutoMLProblemTypeResolvedAttributes.TextGenerationResolvedAttributes.BaseModelName",
            to="hub-content",
            usage="model",
        ),
        # Its child jobs read split copies, which it writes during its whole run.
        writes(
            "OutputDataConfig.S3OutputPath",
            usage="output",
            template="{S3OutputPath}/{AutoMLJobName}/",
            continuous="=Continuous",
        ),
        *(
            writes(f"BestCandidate.{containers}[].ModelDataUrl", usage="model", continuous="=Continuous", varies=True)
            for containers in ("InferenceContainers", "InferenceContainerDefinitions.*")
        ),
        provides("BestCandidate.InferenceContainers[].Image"),
        provides("BestCandidate.InferenceContainerDefinitions.*[].Image"),
        owns("BestCandidate.CandidateSteps[].CandidateStepArn", ANY, role="CandidateStepType", varies=True),
        owns("ModelDeployResult.EndpointName", "endpoint"),
        mentions("AutoMLProblemTypeConfig.TextGenerationJobConfig.TextGenerationHyperParameters.*", paired=True),
        *TAGS,
    ),
    details=(("ended", "EndTime"), ("failure", "FailureReason")),
    shape="hexagon",
    colour="#cfe8f7",
)

_DOCUMENT: Final = "JobConfigDocument{}."  # written by the SDK's sagemaker-train; for the API it is a text
FINE_TUNING_JOB = Kind(
    "job",
    describe="DescribeJob",
    list="ListJobs",
    search="Job",
    keys=("JobCategory", "JobName"),
    list_by=("JobCategory", ""),
    list_values=(  # only the first trains: two make data, and evaluations read it
        "AgentRFT",
        "AgentRFTEvaluation",
        "SyntheticDataGeneration",
        "DataQualityEvaluation",
        "DataTransformation",
    ),
    accrues=True,
    tells_use=True,
    trains="always",
    job=True,
    times=("CreationTime", "EndTime"),
    traits=(Trait.LEARNS, Trait.REPACKS),  # it also measures, depending on its category
    parts=(f"{_DOCUMENT}InputDataConfig[]",),
    references=(
        reads(f"{_DOCUMENT}InputDataConfig[].DataSource.S3DataSource.S3Uri", role="ChannelName", data_type="S3DataType"),
        reads(f"{_DOCUMENT}InputDataConfig[].DataSource.DatasetSource.DatasetArn", to="hub-content", role="ChannelName"),
        reads(f"{_DOCUMENT}TrainingConfig.BaseModelArn", to="hub-content", role="=base model", usage="model"),
        reads(f"{_DOCUMENT}ModelPackageConfig.InputModelPackageArn", to="model-package", role="=base model", usage="model"),
        writes(f"{_DOCUMENT}OutputDataConfig.S3OutputPath", usage="output", continuous="=Continuous"),
        writes(f"{_DOCUMENT}ServiceOutput.OutputModelPackageArn", to="model-package", usage="model"),
        refers(f"{_DOCUMENT}ModelPackageConfig.OutputModelPackageGroupArn", "model-package-group", "member-of"),
        refers(f"{_DOCUMENT}ModelPackageConfig.IntermediateCheckpointModelPackageGroupArn", "model-package-group", "member-of"),
        mentions("JobConfigDocument"),
        *TAGS,
    ),
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
    traits=(Trait.LEARNS,),
    # Its data goes over a runtime API that leaves no record: what it read is unknown.
    references=(
        reads("ModelConfig.BaseModelArn", to=ANY, role="=base model", usage="model"),
        writes("OutputConfig.S3Location.Path", usage="model", continuous="=Continuous"),
        refers("ModelPackageGroupArn", "model-package-group", "member-of"),
        *TAGS,
        reads("TrainingSessionArn", role="=sent over the API", template="api://{TrainingSessionArn}", span=Span.UNKNOWN),
    ),
    shape="hexagon",
    colour="#e6d9f2",
)

COMPILATION_JOB = Kind(
    "compilation-job",
    describe="DescribeCompilationJob",
    options="compilationjob(?:name)?",
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
        *TAGS,
    ),
    details=(("started", "CompilationStartTime"), ("ended", "CompilationEndTime"), ("failure", "FailureReason")),
    console="/compilation-jobs/{name}",
    shape="hexagon",
    colour="#d8ecf8",
)

OPTIMIZATION_JOB = Kind(
    "optimization-job",
    describe="DescribeOptimizationJob",
    options="optimi[sz]ationjob(?:name)?",
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
        mentions("OptimizationEnvironment.*", paired=True),
        mentions("OptimizationConfigs[].ModelQuantizationConfig.OverrideEnvironment.*"),
        mentions("OptimizationConfigs[].ModelCompilationConfig.OverrideEnvironment.*"),
        mentions("OptimizationConfigs[].ModelShardingConfig.OverrideEnvironment.*"),
        *TAGS,
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
    options="label+ingjob(?:name)?",
    list="ListLabelingJobs",
    accrues=True,
    tells_use=True,
    trains="labels_itself",
    job=True,
    times=("CreationTime", ""),  # no field says when it ended
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
        *TAGS,
    ),
    details=(
        ("failure", "FailureReason"),
        ("labels_itself", "LabelingJobAlgorithmsConfig.LabelingJobAlgorithmSpecificationArn"),
    ),
    console="/labeling-jobs/{name}",
    shape="hexagon",
    colour="#ffe0b3",
)

ROWS: Final = (
    TRANSFORM_JOB,
    TUNING_JOB,
    AUTOML_JOB,
    FINE_TUNING_JOB,
    TRAINING_SESSION,
    COMPILATION_JOB,
    OPTIMIZATION_JOB,
    LABELING_JOB,
)
