"""The lineage entities, which people and SageMaker write beside the records, and the associations between them."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.experiments import EXPERIMENT
from lineage.domain.kinds.words import ANY, Kind, mentions, refers

SOURCE: Final = "Source.SourceUri"
# The artifact types that the SDK uses for charts and tables of a run, and their everyday names.
CHARTS: Final = {
    "ConfusionMatrix": "confusion matrix",
    "ROCCurve": "ROC curve",
    "PrecisionRecallCurve": "precision-recall curve",
    "Table": "table",
}


def _entity(noun: str, shape: str) -> Kind:
    """A lineage entity: people and SageMaker write it, so it is only a hint. Its List summary is complete."""
    return Kind(
        f"lineage-{noun.lower()}",
        called=noun,
        list=f"List{noun}s",
        summaries=True,
        accrues=True,
        hints=True,
        arn=f"{noun.lower()}/.+",
        references=(
            refers(SOURCE, ANY, "recorded-by", evidence="logged"),
            mentions(SOURCE),
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

# The direction of data by an association's type (API reference, AddAssociation). SageMaker "places no
# restrictions on their use": only these two are clear. In the guide, the derived thing is the destination of DerivedFrom,
# contrary to the word itself; AssociatedWith, SameAs and a missing type give no direction.
CONTRIBUTED: Final = "ContributedTo"
PRODUCED: Final = "Produced"
DIRECTED: Final = (CONTRIBUTED, PRODUCED)
# An artifact is the thing at its source URI. A context may be one, too; an action's source is what was done.
THINGS: Final = (LINEAGE_ARTIFACT.name,)
LIES_THERE: Final = (LINEAGE_ARTIFACT.name, LINEAGE_CONTEXT.name)
# Groups of things that may be unrelated: two datasets of a project, two models of a deployment. And entities that SageMaker
# creates once for many (developer guide, "SageMaker–Created Tracking Entities"): an image, the context of an endpoint or of
# a package group, about which the records say more.
GATHERING: Final = (LINEAGE_CONTEXT.name, EXPERIMENT.name)
GATHERING_TYPES: Final = ("ModelDeployment",)
SHARED_TYPES: Final = ("Image", "Endpoint", "ModelGroup")
