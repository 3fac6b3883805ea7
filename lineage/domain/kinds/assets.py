"""Algorithms and feature groups, which jobs use."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS, channels, package_container
from lineage.domain.kinds.words import ALLOWED, Kind, mentions, provides, reads, writes

ALGORITHM = Kind(
    "algorithm",
    describe="DescribeAlgorithm",
    list="ListAlgorithms",
    constant=True,
    tells_use=True,
    references=(
        reads("TrainingSpecification.AdditionalS3DataSource.S3Uri", role="=algorithm's own data", data_type="S3DataType"),
        provides("TrainingSpecification.TrainingImage"),
        *package_container("InferenceSpecification.Containers[]", "ContainerHostname"),
        *channels(
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
        mentions("AlgorithmDescription"),
        mentions("TrainingSpecification.SupportedHyperParameters[].DefaultValue"),
        mentions("ValidationSpecification.ValidationProfiles[].TrainingJobDefinition.HyperParameters.*"),
        *TAGS,
    ),
    shape="box3d",
    colour="#d9cdb8",
)

FEATURE_GROUP = Kind(
    "feature-group",
    describe="DescribeFeatureGroup",
    options="featuregroup(?:name)?|fgname",
    list="ListFeatureGroups",
    search="FeatureGroup",
    tells_use=True,
    references=(
        # Where the data is really written; OfflineStoreConfig.S3StorageConfig.S3Uri is shared by many groups.
        writes("OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri", usage="data", continuous="=Continuous", own="place"),
        # A group that does not say it yet, or no longer, stores its data below the shared place.
        writes(
            "OfflineStoreConfig.S3StorageConfig.S3Uri",
            usage="data",
            continuous="=Continuous",
            when=("ResolvedOutputS3Uri", ""),
            evidence=ALLOWED,
        ),
        # Training sets are mostly results of Athena queries on its Glue table.
        writes(
            "OfflineStoreConfig.DataCatalogConfig.TableName",
            usage="data",
            own="name",
            template="athena://{Catalog}/{Database}/{TableName}",
            continuous="=Continuous",
        ),
        mentions("Description"),
        *TAGS,
    ),
    details=(("table", "OfflineStoreConfig.DataCatalogConfig.TableName"),),
    shape="cylinder",
    colour="#bfe3d6",
)

ROWS: Final = (ALGORITHM, FEATURE_GROUP)
