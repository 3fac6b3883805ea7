"""The jobs whose program people bring: training and processing."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import EXPERIMENT_CONFIG, RUNS, TAGS, channels
from lineage.domain.kinds.words import ANY, Kind, Trait, mentions, provides, reads, refers, writes
from lineage.domain.names import Span

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
    traits=(Trait.LEARNS, Trait.REPACKS),
    references=(
        *channels(""),
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
        *EXPERIMENT_CONFIG,
        mentions("HyperParameters.*"),
        mentions("Environment.*"),
        mentions("AlgorithmSpecification.ContainerEntrypoint[]"),
        mentions("AlgorithmSpecification.ContainerArguments[]"),
        *TAGS,
    ),
    finders=(RUNS,),
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
    traits=(Trait.PREPARES,),
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
        *EXPERIMENT_CONFIG,
        mentions("Environment.*"),
        mentions("AppSpecification.ContainerEntrypoint[]"),
        mentions("AppSpecification.ContainerArguments[]"),
        *TAGS,
    ),
    finders=(RUNS,),
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

ROWS: Final = (TRAINING_JOB, PROCESSING_JOB)
