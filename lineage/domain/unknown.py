"""Members of an answer that this botocore does not know: which of them could name something that data came from or went to.

Real answers hold members that no public botocore ever knew (`DisableEFA`, `CreatedBy`): to upgrade mends nothing, and they
say nothing of data. So their values are judged. What could name a place, a file system, an image, a table or another
resource hides a use, however deep it stands; a flag, a number, a time, a word or nothing does not, nor does who did it.
"""

from __future__ import annotations

import re
from typing import Any, Final

from lineage.domain.records import TOO_DEEP

MOST: Final = 2_000  # values and names that are looked at: what holds more could name anything
LONGEST: Final = 100_000  # characters of a text

_ARN = re.compile(r"\barn:[a-z-]+:(?P<service>[a-z0-9-]*):[^:\s]*:[^:\s]*:(?P<resource>[a-z-]*)", re.IGNORECASE)
# Who did it, and with which key: in no ARN of these lies anything that a job could read.
_SERVICES_OF_WHO: Final = frozenset({"iam", "sts", "kms", "organizations", "identitystore", "sso"})
_WHO: Final = frozenset({"user-profile", "domain", "space", "app"})
_PLACE = re.compile(
    r"[a-z][a-z0-9+.-]*://"  # a URI of any scheme
    r"|\b(?:fs|fsap|fsvol|svm|fc|vol|snap)-[0-9a-f]{8,}"  # a file system, an access point of one, a volume
    r"|\bdkr[.-]ecr\b|\becr\.aws/|@sha256:|[\w.-]+/[\w./-]+:[\w.-]+$"  # an image
    r"|\bs3[^\s/]*\.[a-z0-9.-]+/",  # a host of S3, without its scheme
    re.IGNORECASE,
)
# A member by whose name its text is a place, or a part of one, though nothing in the text says so.
_NAMED_AS_PLACE = re.compile(r"(?:Bucket|Database|DataSet|Dataset|Location|Prefix|Table|Uri|URI|Url|URL)(?:Name)?$")


def names_something(member: str, value: Any) -> bool:
    """Whether what a member says could name a thing that data came from or went to; so could what is too much to look at."""
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
    """Whether an ARN says what it was, not who did it."""
    service, resource = arn["service"].lower(), arn["resource"].lower()
    return service not in _SERVICES_OF_WHO and not (service == "sagemaker" and resource in _WHO)
