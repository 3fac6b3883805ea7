"""The lineage entities, which people and SageMaker write beside the records, and the associations between them."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.experiments import EXPERIMENT
from lineage.domain.kinds.words import ANY, Kind, mentions, refers

SOURCE: Final = "Source.SourceUri"
# The types of the artifacts as which the SDK logs charts and tables of a run, and what people call them.
CHARTS: Final = {
    "ConfusionMatrix": "confusion matrix",
    "ROCCurve": "ROC curve",
    "PrecisionRecallCurve": "precision-recall curve",
    "Table": "table",
}


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

# What an association's type says of the way that data takes (API reference, AddAssociation). SageMaker "places no
# restrictions on their use": only these two are plain. The guide has the derived thing as the destination of DerivedFrom,
# which the words say the other way round; AssociatedWith, SameAs and no type at all say no direction.
PRODUCED: Final = "Produced"
DIRECTED: Final = ("ContributedTo", PRODUCED)
# An artifact is a thing that lies at its source URI. A context may be, too; an action's source is what was done.
THINGS: Final = (LINEAGE_ARTIFACT.name,)
LIES_THERE: Final = (LINEAGE_ARTIFACT.name, LINEAGE_CONTEXT.name)
# What puts things together that need have nothing to do with each other: two datasets of a project, two models of a
# deployment. And what SageMaker makes once for many (developer guide, "SageMaker–Created Tracking Entities"): an image, the
# context of an endpoint or of a group of packages, of which the records tell more.
GATHERING: Final = (LINEAGE_CONTEXT.name, EXPERIMENT.name)
GATHERING_TYPES: Final = ("ModelDeployment",)
SHARED_TYPES: Final = ("Image", "Endpoint", "ModelGroup")
