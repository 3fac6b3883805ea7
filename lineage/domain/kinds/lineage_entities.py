"""The lineage entities, which people and SageMaker write beside the records, and the associations between them."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.words import ANY, Kind, mentions, refers


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

ROWS: Final = (LINEAGE_ARTIFACT, LINEAGE_ACTION, LINEAGE_CONTEXT, ASSOCIATION)
