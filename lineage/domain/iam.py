"""The minimal IAM policy for a crawl, derived from the table, for the accounts, regions and buckets that it reads. Pure.

Search, and every List except those of one resource (`_OF_ONE`), do not support resource-level permissions: only a condition
on the region narrows them (Service Authorization Reference of Amazon SageMaker, AWS CloudTrail and Amazon EC2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lineage.domain.given import texts
from lineage.domain.kinds import KINDS, VERSIONED, Kind
from lineage.domain.names import is_location, parse_location, partition
from lineage.domain.regions import check_places
from lineage.domain.slips import is_bucket
from lineage.domain.spelling import no_such
from lineage.errors import MalformedName

MOST_CHARACTERS: Final = 6144  # of a managed policy, without white space (IAM user guide, "IAM and AWS STS quotas")
_BUCKET = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{2,254}")  # buckets of the first years have up to 255 letters, capital ones too
_KEY: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")
# The Lists about one resource, which need a permission on it: those in the table of kinds, in its order.
_OF_ONE: Final = ("ListPipelineExecutionSteps", "ListPipelineExecutions", "ListPipelineParametersForExecution")
_WITHOUT_RESOURCE: Final = re.compile(r"sagemaker:(List(?!Tags$)|Search$|GetSearchSuggestions$)")

# What the recording side calls. Files, charts and the content of datasets need the S3 actions, which may be narrowed to
# their buckets; GetObject allows HeadObject. A test compares this with the calls that are made.
RECORDING: Final[Mapping[str, tuple[str, ...]]] = {
    "Runs": (
        "sagemaker:AddTags",
        "sagemaker:AssociateTrialComponent",
        "sagemaker:BatchPutMetrics",
        "sagemaker:CreateExperiment",
        "sagemaker:CreateTrial",
        "sagemaker:CreateTrialComponent",
        "sagemaker:DescribeExperiment",
        "sagemaker:DescribeTrial",
        "sagemaker:DescribeTrialComponent",
        "sagemaker:ListTags",
        "sagemaker:ListTrialComponents",
        "sagemaker:ListTrials",
        "sagemaker:UpdateTrialComponent",
    ),
    "InJobs": (
        "sagemaker:DescribeProcessingJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:DescribeTransformJob",
    ),
    "LineageArtifacts": ("sagemaker:AddAssociation", "sagemaker:CreateArtifact", "sagemaker:ListArtifacts"),
    "Experiments": (
        "sagemaker:DeleteExperiment",
        "sagemaker:DeleteTrial",
        "sagemaker:DeleteTrialComponent",
        "sagemaker:DisassociateTrialComponent",
        "sagemaker:ListExperiments",
        "sagemaker:Search",
        "sagemaker:UpdateExperiment",
        "sagemaker:UpdateTrial",
    ),
    "Objects": (
        "s3:AbortMultipartUpload",
        "s3:GetBucketVersioning",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketVersions",
        "s3:PutObject",
    ),
}


_WHY_RECORDING: Final[Mapping[str, str]] = {
    "Runs": "Every run: its experiment, trial and trial component, and what is logged into it.",
    "InJobs": "load_run() inside a job asks which run the job belongs to.",
    "LineageArtifacts": "Charts, datasets and models as lineage artifacts; denied, the run itself still names each place.",
    "Experiments": "To change, search and delete experiments, trials and trial components.",
    "Objects": "Files, charts and the content of datasets, in S3.",
}


@dataclass(frozen=True, slots=True)
class Scoped:
    """What a policy is narrowed to; an empty member narrows nothing.

    `buckets` are names, or S3 locations whose key is a prefix; `regions` are of one partition; `accounts` have 12 digits.
    Raises `MalformedName` for anything else.
    """

    buckets: Sequence[str] = ()
    regions: Sequence[str] = ()
    accounts: Sequence[str] = ()
    places: tuple[tuple[str, str], ...] = field(init=False)
    partition: str = field(init=False)

    def __post_init__(self) -> None:
        check_places(self.accounts, self.regions)
        object.__setattr__(self, "places", tuple(sorted({_bucket(one) for one in self.buckets})))
        partitions = sorted({partition(one)[0] for one in self.regions}) or ["aws"]
        if len(partitions) > 1:
            raise MalformedName(
                f"regions of {' and '.join(partitions)} share no account: print a policy for the regions of each partition"
            )
        object.__setattr__(self, "partition", partitions[0])

    def arns(self, service: str, rest: str = "*") -> list[str]:
        """The resources of a service in these regions and accounts; all of them if nothing narrows it."""
        if not (self.regions or self.accounts):
            return ["*"]
        regions, accounts = sorted({*self.regions}) or ["*"], sorted({*self.accounts}) or ["*"]
        return [f"arn:{self.partition}:{service}:{region}:{account}:{rest}" for region in regions for account in accounts]

    def hubs(self) -> list[str]:
        """AWS's own hubs and their content, from which models are made: their ARNs name no account."""
        regions = sorted({*self.regions}) or ["*"]
        return [
            f"arn:{self.partition}:sagemaker:{region}:aws:{what}/*" for region in regions for what in ("hub", "hub-content")
        ]

    def objects(self) -> list[str]:
        """The objects of these buckets."""
        return [f"arn:{self.partition}:s3:::{bucket}/{_literal(prefix)}*" for bucket, prefix in self.places] or ["*"]

    def whole_buckets(self) -> list[str]:
        """The buckets themselves."""
        return sorted({f"arn:{self.partition}:s3:::{bucket}" for bucket, _ in self.places}) or ["*"]

    def there(self) -> dict[str, Any]:
        """A condition on the region, for actions without resource-level permissions."""
        return {"StringEquals": {"aws:RequestedRegion": sorted({*self.regions})}} if self.regions else {}


def only_old(buckets: Iterable[str]) -> list[str]:
    """Those of these buckets, or S3 locations, whose names only buckets from before 2018 can have: they may be misspelt."""
    return [bucket for bucket, _ in map(_bucket, texts(buckets, "buckets")) if not is_bucket(bucket)]


def _bucket(text: str) -> tuple[str, str]:
    """The name of a bucket, and the prefix in it."""
    location = parse_location(text) if is_location(text) else None
    bucket = location.root.removeprefix("s3://") if location else text
    if not _BUCKET.fullmatch(bucket):
        raise MalformedName(f"{text!r} is not a bucket (expected a name, or s3://bucket/prefix/)")
    return bucket, location.key if location else ""


def _literal(key: str) -> str:
    """A key as an IAM pattern that matches only itself (IAM user guide, "Special characters" of policy variables)."""
    return re.sub(r"[*?$]", r"${\g<0>}", key)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy, and why it is there: a sentence for the person who has to approve it."""

    sid: str
    why: str
    actions: list[str]
    resources: list[str] = field(default_factory=lambda: ["*"])
    condition: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """In IAM's grammar, which has no comments."""
        resources = self.resources[0] if self.resources == ["*"] else self.resources
        said = {"Sid": self.sid, "Effect": "Allow", "Action": self.actions, "Resource": resources}
        return said | ({"Condition": self.condition} if self.condition else {})


def iam_statements(
    kinds: Iterable[str] = (),
    *,
    tags: bool = False,
    manifests: bool = True,
    digests: bool = False,
    cloudtrail: bool = False,
    all_regions: bool = False,
    suggestions: bool = False,
    recording: bool = False,
    roles: Iterable[str] = (),
    signing_keys: Iterable[str] = (),
    buckets: Sequence[str] = (),
    regions: Sequence[str] = (),
    accounts: Sequence[str] = (),
) -> list[Statement]:
    """The statements of the IAM policy for a crawl of these kinds (none: all). They allow only reading, and signing if a key
    is named.

    `tags`: with `crawl --tags`; `manifests`: not with `--no-manifests`; `digests`: with `--digests`; `cloudtrail`: with
    `--cloudtrail`; `all_regions`: with `--all-regions`; `suggestions`: for `suggest --live`, which no crawl asks; `roles`:
    the role ARNs it is to assume; `signing_keys`: the ARNs of the KMS keys for `snapshot sign`; `recording`: instead, what
    `lineage.recording` needs, which writes. `buckets`, `regions` and `accounts` narrow it (`Scoped`). Raises `MalformedName`.
    """
    scoped = Scoped(texts(buckets, "buckets"), texts(regions, "regions"), texts(accounts, "accounts"))
    if recording:
        return [one for name, actions in RECORDING.items() for one in _recording(name, actions, scoped)]
    chosen = [_kind(name) for name in texts(kinds, "kinds") or KINDS]
    statements = [*_reading(chosen, scoped), *(_tags(scoped) if tags else ())]
    if suggestions:
        why = "lineage suggest --live asks which values a property has."
        statements.append(Statement("Suggestions", why, ["sagemaker:GetSearchSuggestions"], condition=scoped.there()))
    statements += _objects(manifests=manifests, digests=digests, scoped=scoped)
    if cloudtrail:
        why = "crawl --cloudtrail asks what was deleted and redeployed in the last 90 days."
        statements.append(Statement("Deletions", why, ["cloudtrail:LookupEvents"], condition=scoped.there()))
    if all_regions:
        why = "crawl --all-regions asks which regions the account has enabled."
        statements.append(Statement("Regions", why, ["account:ListRegions", "ec2:DescribeRegions"]))
    if roles:
        why = "crawl --role-arn reads these roles' accounts as well; each role needs a policy of its own."
        statements.append(Statement("Accounts", why, ["sts:AssumeRole"], sorted(texts(roles, "roles"))))
    statements += _signing(sorted(texts(signing_keys, "signing_keys")))
    return [one for one in statements if one.actions]


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise MalformedName(no_such("kind", name, KINDS))
    return KINDS[name]


def iam_policy(kinds: Iterable[str] = (), **asked: Any) -> Any:
    """The IAM policy document with the statements of `iam_statements`, which explains the arguments."""
    return {"Version": "2012-10-17", "Statement": [one.as_json() for one in iam_statements(kinds, **asked)]}


def policy_size(policy: Any) -> int:
    """The characters of a policy that count for IAM's quotas: all except the white space between its tokens."""
    return len(json.dumps(policy, separators=(",", ":")))


def _reading(chosen: list[Kind], scoped: Scoped) -> list[Statement]:
    """The permissions that a kind needs: its list and Search, and its Describe."""
    led_to = {reference.to for kind in chosen for reference in kind.references}
    far = [KINDS[name] for name in VERSIONED if name in led_to]
    lists = {call for kind in chosen for call in _lists(kind)}
    free, of_one = (sorted(f"sagemaker:{one}" for one in lists if (one in _OF_ONE) is wanted) for wanted in (False, True))
    described = {kind.name: f"sagemaker:{kind.describe}" for kind in (*chosen, *far) if kind.describe}
    resources = scoped.arns("sagemaker")
    resources += scoped.hubs() if scoped.accounts and {*VERSIONED} & {*described} else []
    return [
        Statement("ListAndSearch", _WHY_LISTS, free, condition=scoped.there()),
        Statement("Pipelines", _WHY_PIPELINES, of_one, scoped.arns("sagemaker")),
        Statement("Describe", _WHY_DESCRIBES, sorted({*described.values()}), resources),
    ]


_WHY_LISTS = (
    "What there is, and what finds it. These actions do not support resource-level permissions: only regions narrow them."
)
_WHY_PIPELINES = "What each pipeline ran, with which parameters."
_WHY_DESCRIBES = "The records themselves: which data a job read, which model an endpoint serves."


def _signing(keys: list[str]) -> Iterable[Statement]:
    """What `snapshot sign` needs for its keys. Raises `MalformedName` for anything but a key's ARN: IAM knows no alias."""
    for wrong in (one for one in keys if not _KEY.fullmatch(one)):
        expected = "arn:aws:kms:eu-west-1:111122223333:key/KEY-ID; a policy takes no alias"
        raise MalformedName(f"{wrong!r} is not the ARN of a KMS key (expected {expected})")
    why = "lineage snapshot sign --key signs with these keys. To check a signature, kms:GetPublicKey is enough."
    return [Statement("SigningKeys", why, ["kms:GetPublicKey", "kms:Sign"], keys)] if keys else []


def _tags(scoped: Scoped) -> list[Statement]:
    why = "crawl --tags asks for the tags that no other call tells."
    return [Statement("Tags", why, ["sagemaker:ListTags"], scoped.arns("sagemaker"))]


def _objects(*, manifests: bool, digests: bool, scoped: Scoped) -> list[Statement]:
    """What is read from S3: objects, and the permission to learn that one is missing."""
    if not (manifests or digests):
        return []
    what = " and ".join(
        [*(["the manifests that jobs read"] if manifests else []), *(["the digests of models (HeadObject)"] if digests else [])]
    )
    return [
        Statement("Objects", f"To read {what}. Without it each is a gap.", ["s3:GetObject"], scoped.objects()),
        Statement("Buckets", _WHY_BUCKETS, ["s3:ListBucket"], scoped.whole_buckets()),
    ]


_WHY_BUCKETS = (
    "So that S3 answers 404 for an object that is missing, and not 403. lineage never lists keys, but this right allows it:"
    " leave it out where that is too much, and each missing object is reported as denied."
)


def _recording(name: str, actions: Sequence[str], scoped: Scoped) -> list[Statement]:
    """The statement for some actions of the recording side; two if only some of them can be narrowed to resources."""
    why = _WHY_RECORDING[name]
    if name == "Objects":
        objects, buckets = ([one for one in actions if ("Bucket" in one) is of_bucket] for of_bucket in (False, True))
        kept = Statement("Buckets", "Which versions of the objects are there.", buckets, scoped.whole_buckets())
        return [Statement(name, why, objects, scoped.objects()), kept]
    free = [one for one in actions if _WITHOUT_RESOURCE.match(one)]
    resources = scoped.arns("sagemaker")
    if not free or resources == ["*"]:
        return [Statement(name, why, list(actions), resources)]
    told = Statement(name, why, [one for one in actions if one not in free], resources)
    lists = Statement(
        f"{name}Lists", f"{why} These actions do not support resource-level permissions.", free, condition=scoped.there()
    )
    return [one for one in (told, lists) if one.actions]


def _lists(kind: Kind) -> list[str]:
    """The calls that a kind needs in addition to its Describe."""
    searches = ["Search"] if kind.search or kind.carried_by else []
    calls = [kind.list, *searches, *(extra.operation for extra in kind.extras), *(one.operation for one in kind.finders)]
    return [call for call in calls if call]
