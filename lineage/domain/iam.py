"""The least that a crawl must be allowed to do, read off the table. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from lineage.domain.kinds import KINDS, VERSIONED, Kind

# What the recording side calls. Files, charts and the content of datasets need the S3 actions, which may be narrowed down to
# their buckets; HeadObject is allowed by GetObject. A test holds it against the calls that are made.
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


def iam_policy(
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
) -> Any:
    """The IAM policy document for a crawl of these kinds (none: all). It allows reading, and nothing else.

    `tags`: with `crawl --tags`; `manifests`: not with `--no-manifests`; `digests`: with `--digests`; `cloudtrail`: with
    `--cloudtrail`; `all_regions`: with `--all-regions`; `suggestions`: for `suggest --live`, which no crawl asks; `roles`:
    the role ARNs it is to assume; `recording`: instead, what `lineage.recording` needs, which writes. List and Search know
    no resources, so they are allowed on all (Service Authorization Reference, Amazon SageMaker). The S3 actions may be
    narrowed down to the buckets of manifests and models; without ListBucket S3 calls denied what is gone.
    """
    if recording:
        return {"Version": "2012-10-17", "Statement": [_allow(name, list(actions)) for name, actions in RECORDING.items()]}
    chosen = [KINDS[name] for name in kinds or KINDS]
    led_to = {reference.to for kind in chosen for reference in kind.references}
    far = [KINDS[name] for name in VERSIONED if name in led_to]
    statements = [
        _allow("ListAndSearch", sorted({f"sagemaker:{call}" for kind in chosen for call in _lists(kind)})),
        _allow("Describe", sorted({f"sagemaker:{kind.describe}" for kind in (*chosen, *far) if kind.describe})),
    ]
    statements += [_allow("Tags", ["sagemaker:ListTags"])] if tags else []
    statements += [_allow("Suggestions", ["sagemaker:GetSearchSuggestions"])] if suggestions else []
    statements += [_allow("Objects", ["s3:GetObject", "s3:ListBucket"])] if manifests or digests else []
    statements += [_allow("Deletions", ["cloudtrail:LookupEvents"])] if cloudtrail else []
    statements += [_allow("Regions", ["account:ListRegions", "ec2:DescribeRegions"])] if all_regions else []
    statements += [_allow("Accounts", ["sts:AssumeRole"], sorted(roles))] if roles else []
    return {"Version": "2012-10-17", "Statement": [one for one in statements if one["Action"]]}


def _lists(kind: Kind) -> list[str]:
    """The calls that a kind needs besides its Describe."""
    searches = ["Search"] if kind.search or kind.carried_by else []
    calls = [kind.list, *searches, *(extra.operation for extra in kind.extras), *(one.operation for one in kind.finders)]
    return [call for call in calls if call]


def _allow(name: str, actions: list[str], resources: str | list[str] = "*") -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}
