"""`lineage iam-policy`: every call of a crawl is allowed, within the requested scope, and nothing else."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import hcl2
import pytest

import lineage
from lineage.crawl.replay.session import replay_session
from tests.conftest import BANK
from tests.estate import account

ROLE = "arn:aws:iam::222233334444:role/auditor"
HERE = {"region": "eu-west-1", "resource": "arn:aws:sagemaker:eu-west-1:111122223333:training-job/fit"}


def actions(policy: Any) -> set[str]:
    return {action for one in policy["Statement"] for action in one["Action"]}


def allows(policy: Any, action: str, resource: str = "*", region: str = "") -> bool:
    """As IAM decides it, for these policies: one statement whose action, resource and region all fit."""
    return any(
        action in one["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in _listed(one["Resource"]))
        and region in one.get("Condition", {}).get("StringEquals", {}).get("aws:RequestedRegion", [region])
        for one in policy["Statement"]
    )


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def calls_of_a_crawl(tmp_path: Path, **asked: Any) -> set[str]:
    calls: set[str] = set()
    session = replay_session(account(tmp_path), on_answer=lambda operation, _: calls.add(f"sagemaker:{operation}"))
    lineage.crawl_estate(tmp_path / "s.db", session=session, **asked)
    return calls


@pytest.mark.parametrize("tags", [False, True])
def test_the_policy_allows_each_call_of_a_crawl(tmp_path: Path, tags: bool) -> None:
    """A crawl of everything makes no call that the policy does not allow."""
    calls: set[str] = set()
    session = replay_session(account(tmp_path), on_answer=lambda operation, _: calls.add(f"sagemaker:{operation}"))
    lineage.crawl_estate(tmp_path / "s.db", session=session, tags=tags)
    lineage.crawl_endpoints(tmp_path / "s.db", ["live"], replay=account(tmp_path))
    assert calls <= actions(lineage.iam_policy(tags=tags))
    assert ("sagemaker:ListTags" in calls) is tags


def test_the_policy_only_reads() -> None:
    """For any options, the only allowed actions are List, Search, Describe, GetObject and AssumeRole for the named roles."""
    policy = lineage.iam_policy(tags=True, all_regions=True, roles=["arn:aws:iam::222233334444:role/auditor"])
    verbs = {action.partition(":")[2] for action in actions(policy)}
    assert {verb for verb in verbs if not verb.startswith(("List", "Describe"))} == {"Search", "AssumeRole", "GetObject"}
    (roles,) = (one["Resource"] for one in policy["Statement"] if "sts:AssumeRole" in one["Action"])
    assert roles == ["arn:aws:iam::222233334444:role/auditor"]


def test_a_policy_for_some_kinds_is_enough_for_them(tmp_path: Path) -> None:
    """The policy for some kinds allows every call of a crawl of these kinds; other kinds' calls it does not allow."""
    kinds = ["training-job", "processing-job"]
    calls: set[str] = set()
    session = replay_session(account(tmp_path), on_answer=lambda operation, _: calls.add(f"sagemaker:{operation}"))
    lineage.crawl_estate(tmp_path / "s.db", session=session, kinds=kinds)
    assert calls <= actions(lineage.iam_policy(kinds))
    assert "sagemaker:DescribeModel" not in actions(lineage.iam_policy(kinds))


def test_a_narrowed_policy_is_enough_for_its_scope_and_for_no_other(tmp_path: Path) -> None:
    """The policy for one account and region allows every call of a crawl of these; in another one it refuses what it can."""
    policy = lineage.iam_policy(regions=["eu-west-1"], accounts=["111122223333"])
    for call in calls_of_a_crawl(tmp_path):
        assert allows(policy, call, **HERE), call
        assert not allows(policy, call, HERE["resource"].replace("eu-west-1", "eu-west-2"), "eu-west-2"), call
        elsewhere = allows(policy, call, HERE["resource"].replace("1111", "2222"), "eu-west-1")
        of_one = call.startswith(("sagemaker:ListPipelineExecution", "sagemaker:ListPipelineParameters"))
        assert elsewhere is (not of_one and call.startswith(("sagemaker:List", "sagemaker:Search"))), call


def test_hubs_of_aws_are_read_whatever_the_account() -> None:
    """The content of AWS's own hubs is in no account: a policy for one account allows it, and that of no other customer."""
    policy = lineage.iam_policy(accounts=["111122223333"], regions=["eu-west-1"])
    content = "arn:aws:sagemaker:eu-west-1:{}:hub-content/SageMakerPublicHub/Model/x/1"
    assert allows(policy, "sagemaker:DescribeHubContent", content.format("aws"), "eu-west-1")
    assert not allows(policy, "sagemaker:DescribeHubContent", content.format("222233334444"), "eu-west-1")
    hub = "arn:aws:sagemaker:eu-west-1:aws:hub/SageMakerPublicHub"  # which the action needs the permission for as well
    assert allows(policy, "sagemaker:DescribeHubContent", hub, "eu-west-1")


OPTIONS = {"tags": True, "digests": True, "cloudtrail": True}


@pytest.mark.parametrize("left_out", [None, *OPTIONS, "manifests"])
def test_the_policy_allows_each_request_of_each_service(tmp_path: Path, left_out: str | None) -> None:
    """The policy allows every call of a crawl with the same options, to SageMaker, S3 or CloudTrail, and nothing else."""
    asked = {**OPTIONS, "manifests": True}
    asked |= {left_out: False} if left_out else {}
    calls: set[str] = set()
    session = replay_session(BANK)
    session._boto.events.register(
        "before-call", lambda model, **_: calls.add(f"{model.service_model.service_name}:{model.name}")
    )
    lineage.crawl_estate(tmp_path / "s.db", session=session, **asked)
    sent = {call.replace("s3:HeadObject", "s3:GetObject") for call in calls}  # which permits it
    assert sent <= actions(lineage.iam_policy(**asked))
    assert {"s3", "cloudtrail"} & {call.partition(":")[0] for call in sent}


KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_a_key_that_signs_is_allowed_to_alone(run) -> None:
    """With --signing-key the policy allows signing with that key only; without it the policy has nothing of KMS."""
    policy = json.loads(run("iam-policy", "--signing-key", KEY).out)
    (kms,) = (one for one in policy["Statement"] if one["Sid"] == "SigningKeys")
    assert (kms["Action"], kms["Resource"]) == (["kms:GetPublicKey", "kms:Sign"], [KEY])
    assert "kms:" not in run("iam-policy").out


@pytest.mark.parametrize(
    "asked", [{}, {**OPTIONS, "all_regions": True, "suggestions": True, "roles": [ROLE], "signing_keys": [KEY]}]
)
@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize("scope", [{}, {"regions": ["eu-west-1"], "accounts": ["111122223333"], "buckets": ["bank-ml"]}])
def test_a_policy_is_one_that_iam_takes(asked: dict[str, Any], recording: bool, scope: dict[str, Any]) -> None:
    """Sids are letters and digits and distinguish the statements, no action is a pattern, and the policy is short enough."""
    policy = lineage.iam_policy(**asked, **scope, recording=recording)
    sids = [one["Sid"] for one in policy["Statement"]]
    assert len({*sids}) == len(sids)
    assert all(sid.isalnum() and sid.isascii() for sid in sids)
    assert not [action for action in actions(policy) if "*" in action]
    assert lineage.policy_size(policy) <= lineage.MOST_CHARACTERS


@pytest.mark.parametrize(
    ("key", "fits"),
    [("manifests/a.json", True), ("manifest", False), ("else/a.json", False)],
)
def test_s3_is_read_in_the_buckets_named_alone(key: str, fits: bool) -> None:
    """Objects under the named prefix may be read, in that bucket and in no other."""
    policy = lineage.iam_policy(buckets=["bank-ml", "s3://bank-raw/manifests/"])
    assert allows(policy, "s3:GetObject", "arn:aws:s3:::bank-ml/any")
    assert allows(policy, "s3:ListBucket", "arn:aws:s3:::bank-raw")
    assert allows(policy, "s3:GetObject", f"arn:aws:s3:::bank-raw/{key}") is fits
    assert not allows(policy, "s3:GetObject", f"arn:aws:s3:::bank-else/{key}")
    assert not allows(policy, "s3:ListBucket", "arn:aws:s3:::bank-else")


def test_a_prefix_means_itself() -> None:
    """A character that is a pattern in a policy and a letter in a key is escaped."""
    policy = lineage.iam_policy(buckets=["s3://bank-ml/what?/a*b/$x/"])
    (objects,) = (one["Resource"] for one in policy["Statement"] if one["Sid"] == "Objects")
    assert objects == ["arn:aws:s3:::bank-ml/what${?}/a${*}b/${$}x/*"]


@pytest.mark.parametrize("option", [["--no-manifests"], ["--no-manifests", "--cloudtrail", "--tags"]])
def test_s3_stands_apart_and_can_be_left_out(run, option: list[str]) -> None:
    """No statement mixes S3 with anything else, and with --no-manifests there is none."""
    policy = json.loads(run("iam-policy", "--digests").out)
    mixed = [one["Sid"] for one in policy["Statement"] if len({action.partition(":")[0] for action in one["Action"]}) > 1]
    assert not mixed
    assert "s3:" not in run("iam-policy", *option).out


def test_the_narrowed_recording_policy_allows_the_same_actions() -> None:
    """However narrow the scope, each action of recording is allowed in one statement; buckets and objects are kept apart."""
    narrow = lineage.iam_policy(recording=True, accounts=["111122223333"], regions=["eu-west-1"], buckets=["bank-ml"])
    assert actions(narrow) == actions(lineage.iam_policy(recording=True))
    assert allows(narrow, "s3:PutObject", "arn:aws:s3:::bank-ml/a")
    assert allows(narrow, "s3:GetBucketVersioning", "arn:aws:s3:::bank-ml")
    assert not allows(narrow, "s3:PutObject", "arn:aws:s3:::bank-else/a")
    assert not allows(
        narrow, "sagemaker:DeleteExperiment", "arn:aws:sagemaker:eu-west-1:222233334444:experiment/x", "eu-west-1"
    )


@pytest.mark.parametrize(
    ("region", "start"),
    [("cn-north-1", "arn:aws-cn:"), ("us-gov-west-1", "arn:aws-us-gov:"), ("eu-west-1", "arn:aws:")],
)
def test_arns_are_of_the_partition_of_the_region(region: str, start: str) -> None:
    """In China and GovCloud every ARN of the policy has that partition's prefix."""
    policy = lineage.iam_policy(regions=[region], accounts=["111122223333"], buckets=["bank-ml"], digests=True)
    arns = [arn for one in policy["Statement"] for arn in _listed(one["Resource"]) if arn != "*"]
    assert len(arns) >= 4
    assert all(arn.startswith(start) for arn in arns)


@pytest.mark.parametrize(
    "asked",
    [
        [],
        ["--account", "111122223333", "--region", "eu-west-1", "--bucket", "s3://bank-ml/a${b}/", "--cloudtrail"],
        ["--recording", "--region", "eu-west-1", "--region", "eu-west-2"],
        ["--all-regions", "--role-arn", ROLE],
    ],
)
def test_terraform_says_what_the_json_says(run, asked: list[str]) -> None:
    """Read as HCL, the Terraform has the statements of the JSON, each below a comment that says why."""
    text = run("iam-policy", "-f", "terraform", *asked).out
    options = hcl2.SerializationOptions(strip_string_quotes=True)
    (block,) = hcl2.loads(text, serialization_options=options)["data"]
    read = [_as_json(one) for one in block["aws_iam_policy_document"]["lineage"]["statement"]]
    policy = json.loads(run("iam-policy", *asked).out)
    assert read == [{**one, "Resource": _listed(one["Resource"])} for one in policy["Statement"]]
    before = [line.strip() for line in text.splitlines()]
    assert all(before[at - 1].startswith("# ") for at, line in enumerate(before) if line == "statement {")


def _as_json(block: Any) -> Any:
    """A statement of Terraform as IAM's JSON has it."""
    condition = {one["test"]: {one["variable"]: one["values"]} for one in block.get("condition", ())}
    said = {"Sid": block["sid"], "Effect": "Allow", "Action": block["actions"]}
    resources = [text.replace("$${", "${").replace("%%{", "%{") for text in block["resources"]]
    return said | {"Resource": resources} | ({"Condition": condition} if condition else {})


def test_why_a_statement_is_there_stands_beside_the_json(run, tmp_path: Path) -> None:
    """JSON has no comments: each statement's reason is a line on stderr, and the file is valid by IAM's grammar."""
    code, _, err = run("iam-policy", "-o", "policy.json")
    policy = json.loads((tmp_path / "policy.json").read_text())
    assert (code, policy["Version"]) == (0, "2012-10-17")
    assert all({"Sid", "Effect", "Action", "Resource"} == set(one) for one in policy["Statement"])
    assert [line.partition(" (")[0] for line in err.splitlines()] == [one["Sid"] for one in policy["Statement"]]


def test_a_policy_that_is_too_long_says_so(run) -> None:
    """IAM accepts 6,144 characters in a managed policy: a longer policy is printed, with what to do."""
    many = [word for number in range(120) for word in ("--bucket", f"bank-of-a-rather-long-name-{number:03}")]
    assert "6,144" not in run("iam-policy").err
    code, out, err = run("iam-policy", *many)
    assert (code, lineage.policy_size(json.loads(out)) > lineage.MOST_CHARACTERS) == (0, True)
    assert "6,144 in a managed policy" in err


def test_a_bucket_that_must_be_old_is_taken_with_a_warning(run) -> None:
    """A name that breaks today's rules may be an old bucket's, or misspelt: the policy has it, and stderr says so."""
    code, out, err = run("iam-policy", "--bucket", "my_Bucket", "--bucket", "bank-ml")
    assert (code, "arn:aws:s3:::my_Bucket/*" in out) == (0, True)
    assert [line for line in err.splitlines() if "WARNING" in line] == [
        "lineage: WARNING: only a bucket from before 2018 can be named my_Bucket: check the spelling"
    ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--bucket", "Bad Bucket!"], "'Bad Bucket!' is not a bucket"),
        (["--bucket", "efs://fs-1/a"], "'efs://fs-1/a' is not a bucket"),
        (["--region", "eu-west"], "'eu-west' is not an AWS region"),
        (["--account", "1111"], "'1111' is not an AWS account (expected 12 digits)"),
        (["--account", "１１１１２２２２３３３３"], "is not an AWS account (expected 12 digits)"),
        (["--region", "cn-north-1", "--region", "eu-west-1"], "regions of aws and aws-cn share no account"),
        (["--no-manifests", "--bucket", "bank-ml"], "--no-manifests reads nothing from S3"),
        (["--all-regions", "--region", "eu-west-1"], "--all-regions reads every region that is enabled"),
        (["--recording", "--tags"], "--recording prints a separate policy"),
        (["--signing-key", "alias/lineage"], "'alias/lineage' is not the ARN of a KMS key"),
        (["--signing-key", KEY.replace("key/", "alias/")], "a policy takes no alias"),
        (["--recording", "--signing-key", KEY], "--recording prints a separate policy"),
        (["--role-arn", "auditor"], "'auditor' is not a role ARN"),
    ],
)
def test_what_can_not_be_narrowed_to_is_refused(run, asked: list[str], said: str) -> None:
    """An invalid bucket, region or account, or a wrong combination, gives one line and exit code 2."""
    code, out, err = run("iam-policy", *asked)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err
