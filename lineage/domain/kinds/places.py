"""Things that are named and have no record: ARNs without a row, places in S3 (by their edges), images, contents, weights."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.words import IMAGE, WEIGHTS, Kind, Trait

RESOURCE = Kind("resource", arn="-", colour="#dddddd")  # an ARN of a kind without a row
DATASET = Kind("dataset", arn="-", traits=(Trait.PLACE,), shape="cylinder", colour="#0072b2")
ARTIFACT = Kind("artifact", arn="-", traits=(Trait.PLACE,), shape="note", colour="#d55e00")
CODE = Kind("code", arn="-", traits=(Trait.PLACE,), shape="note", colour="#bbbbbb")
CONTAINER_IMAGE = Kind(IMAGE, arn="-", traits=(Trait.SHOWN_BESIDE,), shape="box3d", colour="#bbbbbb")
# What pipeline steps let Amazon Bedrock do: no SageMaker call reads it.
BEDROCK_CUSTOM_MODEL = Kind("bedrock-custom-model", arn="-", traits=(Trait.TRAINED_UNREAD,), colour="#dddddd")
BEDROCK_MODEL = Kind("bedrock-model", arn="-", traits=(Trait.TAKES_OUT,), colour="#dddddd")
CONTENT = Kind("content", arn="-", shape="hexagon", colour="#d55e00")  # the same content at several places, by its digest
NAMED_WEIGHTS = Kind(WEIGHTS, arn="-", shape="note", colour="#e8b08a")  # a model's name on a hub or a server, without a place

ROWS: Final = (
    RESOURCE,
    DATASET,
    ARTIFACT,
    CODE,
    CONTAINER_IMAGE,
    BEDROCK_CUSTOM_MODEL,
    BEDROCK_MODEL,
    CONTENT,
    NAMED_WEIGHTS,
)
