"""URLs that people paste: pages of the AWS console and of Studio, and addresses at which an endpoint is called. Pure.

Of what records hold, only the pages of S3 count, like any other name of a place in a text: other pages show no use of data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from lineage.domain.given import text as a_text
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

_CONSOLE = re.compile(r"(?:.+\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)", re.IGNORECASE)
_STUDIO = re.compile(r".+\.sagemaker\.aws", re.IGNORECASE)
_RUNTIME = re.compile(r"(?:.+\.)?runtime(?:-fips)?\.sagemaker[.-].+", re.IGNORECASE)
_ARN = re.compile(r"arn:aws[a-z-]*:[^?&#\s]+")
_REGION = re.compile(rf"(?:^|[./])({REGION})(?:\.|$)")
_SESSION = re.compile(r"(\d{12})-[a-z0-9]+\.")  # how the host of a console begins that is open in several accounts
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
_LOOSE = re.compile(r"(?P<kind>[a-z-]+):(?P<account>\d*)/(?P<region>[^/]*)/(?P<name>.+)")


class Page(NamedTuple):
    """What a URL shows: a kind and a name, in a region; few URLs show the account."""

    kind: str
    region: str
    name: str
    account: str = ""

    def shows(self, node: str, kind: str, name: str) -> bool:
        """Whether a node, by its id, its kind and its name, may be what it shows."""
        account, region = place_of(node)
        here = self.region in ("", region) and self.account in ("", account)
        return here and kind == self.kind and name.casefold() == self.name.casefold()

    def elsewhere(self, nodes: Iterable[tuple[str, str, str]]) -> str:
        """Where else something of its kind and name is, of nodes as (id, kind, name)."""
        anywhere = self._replace(region="", account="")
        places = {place_of(node) for node, kind, name in nodes if anywhere.shows(node, kind, name)}
        return ", ".join(sorted({" ".join(place) if self.account else place[1] for place in places}))

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.account, self.region)))
        return f"{self.kind.replace('-', ' ')} {self.name!r}{f' in {where}' if where else ''}"


def from_url(text: str) -> str:
    """A pasted URL as an ARN, as an S3 URI, or as `kind:account/region/name`, as `page_of` reads it; any other text as it is.

    Every name that a question takes passes through here first. Raises `TypeError` for anything but a text.
    """
    text = a_text(text, "a name, an ARN or an S3 URI")
    if not text[:8].casefold().startswith(("https://", "http://")):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        return text
    host = parts.netloc.rpartition("@")[2]
    if not any(known.fullmatch(host) for known in (_CONSOLE, _STUDIO, _RUNTIME)):
        return text
    if place := _store(parts):
        return place
    arn = _ARN.search(unquote(unquote(text)))
    if arn:
        return arn[0].rstrip("/")
    return (_page(parts, host) if _is_of_sagemaker(parts, host) else "") or text


def _is_of_sagemaker(parts: SplitResult, host: str) -> bool:
    """Whether a page may show a thing of SageMaker: other services have pipelines and models of their own."""
    return not _CONSOLE.fullmatch(host) or "sagemaker" in parts.path.split("/")


def shows_nothing(text: str) -> bool:
    """Whether a text is a URL that does not name one thing: a dashboard, a list, a page of another service."""
    is_url = text[:8].casefold().startswith(("https://", "http://"))
    return is_url and from_url(text) == text and location_of(text) is None


def page_of(text: str) -> Page | None:
    """What a text means that `from_url` has made of the URL of a page."""
    found = _LOOSE.fullmatch(text)
    known = found and found["kind"] in KINDS
    return Page(found["kind"], found["region"], found["name"], found["account"]) if found and known else None


def place_of(node: str) -> tuple[str, str]:
    """The account and the region in a node id; empty for a location."""
    if is_arn(node):
        arn = parse_arn(node)
        return arn.account, arn.region
    named = re.match(r"[a-z-]+:([^/:]*)/([^/]*)/", node)
    return (named[1], named[2]) if named else ("", "")


def _store(parts: SplitResult) -> str:
    """The S3 URI of what a page of S3's console shows."""
    steps = [unquote(step) for step in parts.path.split("/")]
    at = next((at for at, step in enumerate(steps) if step == "s3"), None)
    if at is None or len(steps) < at + 3 or steps[at + 1] not in _STORES or not steps[at + 2]:
        return ""
    bucket, *rest = steps[at + 2 :]
    if bucket.endswith(":accesspoint") and rest:
        bucket = f"{bucket}/{rest.pop(0)}"
    key = parse_qs(parts.query, keep_blank_values=True).get("prefix", ["/".join(rest)])[0]
    if is_arn(bucket) and ":accesspoint/" in bucket:
        return f"{bucket}/object/{key}" if key else bucket
    return f"s3://{bucket.rpartition(':::')[2]}/{key}"


def _page(parts: SplitResult, host: str) -> str:
    """What a page of SageMaker's console or of Studio shows, or what is called at an address: the last thing in its path."""
    path = parts.fragment.partition("?")[0] or parts.path
    steps = [unquote(step) for step in path.split("/") if step]
    if _RUNTIME.fullmatch(host):
        named = (ENDPOINT.name, steps[1]) if len(steps) > 1 and steps[0] == "endpoints" else None
    else:
        named = _named([step for step in steps if step not in _FILLERS])
    account = _SESSION.match(host)
    region = parse_qs(parts.query).get("region") or _REGION.findall(parts.netloc.lower())
    return named_id(named[0], account[1] if account else "", region[0] if region else "", named[1]) if named else ""


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
