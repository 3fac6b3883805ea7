"""Names of AWS accounts, regions and roles: what can be one, and which one was meant. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lineage.domain.given import texts
from lineage.domain.spelling import did_you_mean
from lineage.errors import MalformedName

REGION: Final = r"[a-z]{2,4}(?:-(?:gov|iso[a-z]?|[a-z]{2}))?-(?:central|(?:north|south)?(?:east|west)|north|south)-\d{1,2}"
"""A pattern of the names of regions; a test compares it with those of botocore."""
_REGION = re.compile(REGION)
_COMMON: Final = (
    "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-north-1", "eu-south-1", "eu-west-1", "eu-west-2", "eu-west-3",
    "me-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
)  # fmt: skip
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
_ACCOUNT = re.compile(r"[0-9]{12}")


def check_role(role: str) -> None:
    """Raise `MalformedName` for a text that cannot be the ARN of a role."""
    if not _ROLE.fullmatch(role):
        raise MalformedName(f"{role!r} is not a role ARN (expected one like arn:aws:iam::111122223333:role/auditor)")


def check_places(
    accounts: Iterable[str], regions: Iterable[str], known_accounts: Iterable[str] = (), known_regions: Iterable[str] = ()
) -> None:
    """Raise `MalformedName`, with the nearest known ones, for a text that cannot be an account or a region."""
    for wrong in (one for one in texts(accounts, "accounts") if not _ACCOUNT.fullmatch(one)):
        raise MalformedName(f"{wrong!r} is not an AWS account{did_you_mean(known_accounts, wrong, ' (expected 12 digits)')}")
    for wrong in (one for one in texts(regions, "regions") if not _REGION.fullmatch(one)):
        said = did_you_mean([*known_regions] or _COMMON, wrong, " (expected one like eu-west-1)")
        raise MalformedName(f"{wrong!r} is not an AWS region{said}")
