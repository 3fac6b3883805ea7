"""What people publish for others: model cards and hub contents."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS
from lineage.domain.kinds.words import ANY, Kind, Trait, mentions, provides, reads, refers

MODEL_CARD = Kind(
    "model-card",
    describe="DescribeModelCard",
    list="ListModelCards",
    search="ModelCard",
    tells_use=True,
    references=(mentions("Content"), *TAGS),
    shape="note",
    colour="#f5d5e0",
)

HUB_CONTENT = Kind(
    "hub-content",
    describe="DescribeHubContent",
    keys=("HubName", "HubContentType", "HubContentName", "HubContentVersion"),
    traits=(Trait.VERSIONED,),
    references=(
        # For a dataset: its location, and the feature groups from which somebody says it was extracted.
        reads(
            "HubContentDocument{}.DatasetS3Bucket",
            usage="data",
            template="s3://{DatasetS3Bucket}/{DatasetS3Prefix}",
            own="place",
        ),
        reads(
            "HubContentDocument{}.ContentMetadata.SourceFeatureGroups[]", to="feature-group", usage="data", evidence="logged"
        ),
        mentions("HubContentDocument"),
        mentions("HubContentDescription"),
        mentions("HubContentMarkdown"),
        provides("SageMakerPublicHubContentArn", to="hub-content", usage="model"),
        mentions("HubContentDependencies[].DependencyOriginPath"),
        mentions("HubContentDependencies[].DependencyCopyPath"),
        refers("HubArn", ANY, "member-of"),
    ),
    shape="box3d",
    colour="#dddddd",
)

ROWS: Final = (MODEL_CARD, HUB_CONTENT)
