"""Models that are not ours: those that AWS and sellers on AWS Marketplace offer to everybody. Pure, and data.

No record that its users can read says what such a model was trained on, and no crawl can find out. So it is not a gap, and is
reported as a vendor's model. A private hub, or a package that another account of ours shares, is not a vendor's.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

# The account of AWS Marketplace in each region, from the ARNs that sellers publish: sellers listed all that it holds.
_MARKETPLACE: Final = {
    "ap-northeast-1": "977537786026",
    "ap-northeast-2": "745090734665",
    "ap-south-1": "077584701553",
    "ap-southeast-1": "192199979996",
    "ap-southeast-2": "666831318237",
    "ca-central-1": "470592106596",
    "eu-central-1": "446921602837",
    "eu-north-1": "136758871317",
    "eu-west-1": "985815980388",
    "eu-west-2": "856760150666",
    "eu-west-3": "843114510376",
    "sa-east-1": "270155090741",
    "us-east-1": "865070037744",
    "us-east-2": "057799348421",
    "us-west-1": "382657785993",
    "us-west-2": "594846645681",
}
_SOLD: Final = "a seller's on AWS Marketplace"
_SELLERS: Final = "|".join(f"{region}:{account}" for region, account in _MARKETPLACE.items())


class Vendor(NamedTuple):
    """Node ids of one vendor, and the vendor."""

    pattern: re.Pattern[str]
    owner: str


VENDORS: Final = (
    Vendor(re.compile(rf"arn:[^:]+:sagemaker:(?:{_SELLERS}):(?:model-package|algorithm)/.+"), _SOLD),
    # not the datasets of these hubs: a channel that reads one reads data, and no record says what is in it
    Vendor(re.compile(r"arn:[^:]+:sagemaker:[^:]*:aws:hub-content/[^/]+/(?!dataset/).+", re.IGNORECASE), "of AWS's own hub"),
    Vendor(re.compile(r"s3://jumpstart-(?:[a-z]+-)*prod-[a-z0-9-]+/.*"), "in AWS's own JumpStart bucket"),
)


@lru_cache(maxsize=10_000)
def vendor_of(node: str) -> str:
    """The vendor of a thing, by its node id; empty if it is not a vendor's."""
    return next((vendor.owner for vendor in VENDORS if vendor.pattern.fullmatch(node)), "")


def sold_by(node: str, attributes: Mapping[str, Any], ours: Container[str]) -> str:
    """The same, also for a package that says that it is sold on AWS Marketplace, and that shows no artifact.

    `ours` are the crawled accounts: what we sell ourselves has its maker here.
    """
    hidden = attributes.get("sold") and attributes.get("empty_parts") and attributes["account"] not in ours
    return vendor_of(node) or (_SOLD if hidden else "")
