"""THE TABLE: what exists in SageMaker, how each kind is listed and described, and what its fields refer to.

Data only. botocore already knows pages, parameters and shapes; a row says what botocore can't know. A test
lints every row against botocore's own service model, and holds the list of reference-shaped fields that no
row reads (`tests/domain/data/unread_references.tsv`).

`words.py` has the words that a row uses; each other file has the rows of one family, as its `ROWS`.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from lineage.domain.kinds import (
    assets,
    catalogue,
    experiments,
    jobs,
    lineage_entities,
    managed_jobs,
    monitoring,
    pipelines,
    places,
    registry,
    serving,
)
from lineage.domain.kinds.jobs import PROCESSING_JOB, TRAINING_JOB
from lineage.domain.kinds.words import (
    ANY,
    CHANNEL_USAGE,
    IMAGE,
    LOCATION,
    OPAQUE_CHANNELS,
    RELATIONS,
    REUSED,
    SERVING,
    Extra,
    Finder,
    Kind,
    Reference,
    mentions,
    owns,
    reads,
    refers,
)
from lineage.domain.names import is_arn, parse_arn

__all__ = [
    "ANY",
    "CHANNEL_USAGE",
    "FAR",
    "IMAGE",
    "KINDS",
    "KIND_OF_CALL",
    "LOCATION",
    "OPAQUE_CHANNELS",
    "PROCESSING_JOB",
    "RELATIONS",
    "REUSED",
    "SERVING",
    "TRAINING_JOB",
    "Extra",
    "Finder",
    "Kind",
    "Reference",
    "kind_json",
    "kind_of_arn",
    "kind_of_subject",
    "mentions",
    "owns",
    "reads",
    "refers",
]

# The order of the families, and of the rows in each, is the order in which kinds are crawled and told.
KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        *serving.ROWS,
        *registry.ROWS,
        *jobs.ROWS,
        *experiments.ROWS,
        *managed_jobs.ROWS,
        *assets.ROWS,
        *pipelines.ROWS,
        *catalogue.ROWS,
        *monitoring.ROWS,
        *lineage_entities.ROWS,
        *places.ROWS,
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
