"""URLs that people paste: pages of the AWS console and of Studio, and addresses at which an endpoint is called. Pure.

Nothing here is used for what records hold: there, the URL of a page is no use of what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from lineage.domain.kinds import (
    ENDPOINT,
    EXPERIMENT,
    KINDS,
    MODEL_PACKAGE,
    MODEL_PACKAGE_GROUP,
    PIPELINE,
    PIPELINE_EXECUTION,
    PROCESSING_JOB,
    TRAINING_JOB,
    TRANSFORM_JOB,
)
from lineage.domain.names import is_arn, location_of, named_id, parse_arn
from lineage.domain.regions import REGION

_HOST = re.compile(
    r"(?:.+\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)"
    r"|.+\.sagemaker\.aws|(?:.+\.)?runtime(?:-fips)?\.sagemaker[.-].+",
    re.IGNORECASE,
)
_ARN = re.compile(r"arn:aws[a-z-]*:[^?&#\s]+")
_REGION = re.compile(rf"(?:^|[./])(?:\d{{12}}-[a-z0-9]+\.)?({REGION})(?:\.|$)")
_STORES: Final = ("buckets", "object")  # https://…/s3/buckets/BUCKET?prefix=KEY, https://…/s3/object/BUCKET?prefix=KEY
_FILLERS: Final = ("view", "details", "resource", "my-resources")  # stand between a word and a name
# What precedes a name in a path: the console's words are in the table of kinds, these are Studio's and the runtime's.
_WORDS: Final = {
    "endpoints": ENDPOINT.name,
    "pipelines": PIPELINE.name,
    "experiments": EXPERIMENT.name,
    "experiment": EXPERIMENT.name,
    "training-jobs": TRAINING_JOB.name,
    "training": TRAINING_JOB.name,
    "processing": PROCESSING_JOB.name,
    "transform": TRANSFORM_JOB.name,
    "model-packages": MODEL_PACKAGE.name,
    "model-package-groups": MODEL_PACKAGE_GROUP.name,
    "registered-models": MODEL_PACKAGE_GROUP.name,
} | {kind.console.split("/")[1]: kind.name for kind in KINDS.values() if kind.console}
_LOOSE = re.compile(r"(?P<kind>[a-z-]+):/(?P<region>[^/]*)/(?P<name>.+)")


class Page(NamedTuple):
    """What a URL shows: a kind and a name, in a region; a URL tells no account."""

    kind: str
    region: str
    name: str

    def shows(self, node: str, kind: str, name: str) -> bool:
        """Whether a node, by its id, its kind and its name, may be what it shows."""
        here = not self.region or self.region == region_of(node)
        return here and kind == self.kind and name.casefold() == self.name.casefold()

    def __str__(self) -> str:
        return f"{self.kind.replace('-', ' ')} {self.name!r}{f' in {self.region}' if self.region else ''}"


def from_url(text: str) -> str:
    """A pasted URL as an ARN, as an S3 URI, or as `kind:/region/name`, as `page_of` reads it; any other text as it is."""
    if not text[:8].casefold().startswith(("https://", "http://")):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    if not _HOST.fullmatch(parts.netloc.rpartition("@")[2]):
        return text
    arn = _ARN.search(unquote(unquote(text)))
    if arn:
        return arn[0].rstrip("/")
    return _store(parts) or _page(parts) or text


def shows_nothing(text: str) -> bool:
    """Whether a text is a URL that names no one thing: a dashboard, a list, a page of elsewhere."""
    is_url = text[:8].casefold().startswith(("https://", "http://"))
    return is_url and from_url(text) == text and location_of(text) is None


def page_of(text: str) -> Page | None:
    """What a text means that `from_url` has made of the URL of a page."""
    found = _LOOSE.fullmatch(text)
    return Page(found["kind"], found["region"], found["name"]) if found and found["kind"] in KINDS else None


def region_of(node: str) -> str:
    """The region that a node id tells; empty for a place."""
    if is_arn(node):
        return parse_arn(node).region
    named = re.match(r"[a-z-]+:[^/:]*/([^/]*)/", node)
    return named[1] if named else ""


def _store(parts: SplitResult) -> str:
    """The S3 URI of what a page of S3's console shows."""
    steps = [unquote(step) for step in parts.path.split("/") if step]
    at = next((at for at, step in enumerate(steps) if step == "s3"), None)
    if at is None or len(steps) < at + 3 or steps[at + 1] not in _STORES:
        return ""
    key = parse_qs(parts.query, keep_blank_values=True).get("prefix", ["/".join(steps[at + 3 :])])[0]
    return f"s3://{steps[at + 2]}/{key}"


def _page(parts: SplitResult) -> str:
    """What a page of SageMaker's console or of Studio shows, or what is called at an address: the last thing in its path."""
    path = parts.fragment.partition("?")[0] or parts.path
    named = _named([unquote(step) for step in path.split("/") if step and step not in _FILLERS])
    region = parse_qs(parts.query).get("region") or _REGION.findall(parts.netloc.lower())
    return named_id(named[0], "", region[0] if region else "", named[1]) if named else ""


def _named(steps: Sequence[str]) -> tuple[str, str] | None:
    found = None
    for word, name in pairwise(steps):
        if word in _WORDS and name not in _WORDS and not (found and word == found[1]):
            found = (_WORDS[word], name)
        elif word == "executions" and found and found[0] == PIPELINE.name:
            found = (PIPELINE_EXECUTION.name, f"{found[1]}/execution/{name}")
        elif word in ("version", "versions") and found and found[0] == MODEL_PACKAGE_GROUP.name:
            found = (MODEL_PACKAGE.name, f"{found[1]}/{name}")
    return found
