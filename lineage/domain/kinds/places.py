"""What is named and has no record: an ARN that no row knows, places in S3 by what their edges say, images, contents."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.words import Kind

ROWS: Final = (
    Kind("resource", arn="-", colour="#dddddd"),  # an ARN of a kind that no row knows
    Kind("dataset", arn="-", shape="cylinder", colour="#0072b2"),
    Kind("artifact", arn="-", shape="note", colour="#d55e00"),
    Kind("code", arn="-", shape="note", colour="#bbbbbb"),
    Kind("image", arn="-", shape="box3d", colour="#bbbbbb"),
    Kind("content", arn="-", shape="hexagon", colour="#d55e00"),  # what several places hold the same of, by its digest
)
