"""Members of an answer that this botocore does not know: which of them could name a source or target of data.

Real answers have members that no public botocore ever knew (`DisableEFA`, `CreatedBy`): an upgrade does not help, and they say
nothing about data. So their values are judged. A value that could name a place, a file system, an image, a table or another
resource may hide a use, at any depth. A flag, a number, a time, a word, an empty value or a user does not.
"""

from __future__ import annotations

import re
from typing import Any, Final

from lineage.domain.records import TOO_DEEP

MOST: Final = 2_000  # values and names that are looked at: a member with more could name anything
LONGEST: Final = 100_000  # characters of a text

_ARN = re.compile(r"\barn:[a-z-]+:(?P<service>[a-z0-9-]*):[^:\s]*:[^:\s]*:(?P<resource>[a-z-]*)", re.IGNORECASE)
# Users and keys: nothing with such an ARN holds data that a job could read.
_SERVICES_OF_WHO: Final = frozenset({"iam", "sts", "kms", "organizations", "identitystore", "sso"})
_WHO: Final = frozenset({"user-profile", "domain", "space", "app"})
_PLACE = re.compile(
    r"[a-z][a-z0-9+.-]*://"  # a URI of any scheme
    r"|\b(?:fs|fsap|fsvol|svm|fc|vol|snap)-[0-9a-f]{8,}"  # a file system, an access point of one, a volume
    r"|\bdkr[.-]ecr\b|\becr\.aws/|@sha256:|[\w.-]+/[\w./-]+:[\w.-]+$"  # an image
    r"|\bs3[^\s/]*\.[a-z0-9.-]+/",  # a host of S3, without its scheme
    re.IGNORECASE,
)
# Names of members whose text is a place, or a part of one, even if the text does not look like it.
_NAMED_AS_PLACE = re.compile(r"(?:Bucket|Database|DataSet|Dataset|Location|Prefix|Table|Uri|URI|Url|URL)(?:Name)?$")


def names_something(member: str, value: Any) -> bool:
    """Whether a member's value could name a source or target of data; yes if it is too large to look at."""
    todo: list[tuple[str, Any]] = [(member, value)]
    for seen, (name, one) in enumerate(todo):
        if seen >= MOST or _names(name, one):
            return True
        if isinstance(one, dict):
            todo += [*one.items(), *(("", key) for key in one)]
        elif isinstance(one, list):
            todo += [(name, element) for element in one[: MOST + 1]]
    return False


def _names(member: str, value: Any) -> bool:
    if not isinstance(value, str) or not value:
        return False
    named = len(value) > LONGEST or value == TOO_DEEP or _PLACE.search(value) or _NAMED_AS_PLACE.search(member)
    return bool(named) or any(_is_what(arn) for arn in _ARN.finditer(value))


def _is_what(arn: re.Match[str]) -> bool:
    """Whether an ARN names a thing, not a user or a key."""
    service, resource = arn["service"].lower(), arn["resource"].lower()
    return service not in _SERVICES_OF_WHO and not (service == "sagemaker" and resource in _WHO)
