"""Lineage artifacts and their links to a run: SageMaker's lineage graph shows them, and Studio draws charts from them.

Facts: sagemaker 2.257.7 makes an artifact for each chart, and associates it with the run's component: what a run made as
`Produced` from the component, what it read as `ContributedTo` to it. The lengths are those of botocore 1.44.8. CreateArtifact
may be denied outside what SageMaker manages, so a run must work without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from lineage.domain.redact import under_name
from lineage.errors import AlreadyExists
from lineage.recording.limits import location
from lineage.recording.service import Service

PROPERTIES: Final = 30
PROPERTY_KEY_LENGTH: Final = 2500
PROPERTY_LENGTH: Final = 4096
SOURCE_LENGTH: Final = 256

Json = dict[str, Any]


def lineage_artifact(
    service: Service,
    uri: str,
    artifact_type: str,
    *,
    name: str | None = None,
    source_types: Iterable[Mapping[str, str]] = (),
    properties: Mapping[str, Any] | None = None,
    any_content: bool = False,
) -> str:
    """The ARN of the artifact for an S3 URI; the artifact is created if there is none.

    `name` is from `charts.artifact_name`; `source_types`: `Pin.source_types()` or `Stored.source_types()`. An existing
    artifact with another content is not used, because the run would seem to have read that: raises `AlreadyExists`.
    `any_content=True` uses it: for keys that name their content, like those of charts.
    Raises `RefusedValue`, and `NotRecorded` with the cause `DENIED` if CreateArtifact is not allowed.
    """
    sources = [{"SourceIdType": one["SourceIdType"], "Value": one["Value"][:SOURCE_LENGTH]} for one in source_types]
    source: Json = {"SourceUri": location(uri), **({"SourceTypes": sources} if sources else {})}
    said = {"ArtifactName": name, "Properties": _properties(properties or {})}
    try:
        answer = service.steadily(
            "CreateArtifact", ArtifactType=artifact_type, Source=source, **{key: value for key, value in said.items() if value}
        )
    except AlreadyExists:
        arn = _there_already(service, uri, artifact_type, None if any_content else sources)
        if arn is None:
            raise
        return arn
    return str(answer["ArtifactArn"])


def associate(service: Service, artifact_arn: str, component_arn: str, *, is_output: bool) -> None:
    """Links an artifact to the component of a run, as made or as read; an existing link is fine.

    Raises `NotThere` if one of the two does not exist, `RefusedValue`, and `NotRecorded`.
    """
    source, target = (component_arn, artifact_arn) if is_output else (artifact_arn, component_arn)
    kind = "Produced" if is_output else "ContributedTo"
    try:
        service.steadily("AddAssociation", SourceArn=source, DestinationArn=target, AssociationType=kind)
    except AlreadyExists:
        return


def _there_already(service: Service, uri: str, artifact_type: str, sources: list[dict[str, str]] | None) -> str | None:
    """The artifact of a place with the same content, else one without content; with None for sources, any."""
    silent = None
    for one in _known(service, uri, artifact_type):
        said = one.get("Source", {}).get("SourceTypes") or []
        if sources is None or _in_order(said) == _in_order(sources):
            return str(one["ArtifactArn"])
        silent = silent or (None if said else str(one["ArtifactArn"]))
    return silent


def _known(service: Service, uri: str, artifact_type: str) -> Iterator[Json]:
    """The artifacts of a place, the newest first."""
    request = {"SourceUri": uri, "ArtifactType": artifact_type, "SortBy": "CreationTime", "SortOrder": "Descending"}
    for page in service.pages("ListArtifacts", **request):
        yield from page.get("ArtifactSummaries", ())


def _in_order(source_types: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return sorted((one["SourceIdType"], one["Value"]) for one in source_types)


def _properties(given: Mapping[str, Any]) -> dict[str, str]:
    """As many as SageMaker accepts, cut to its lengths and without anything that looks like a secret."""
    texts = ((str(name)[:PROPERTY_KEY_LENGTH], str(under_name(str(name), str(value)))) for name, value in given.items())
    return {name: text[:PROPERTY_LENGTH] for name, text in islice(texts, PROPERTIES)}
