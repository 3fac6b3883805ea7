"""`lineage iam-policy`: the permissions that a crawl needs and why, to give to the person who grants them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..render.terraform import terraform
from ..render.words import plural, say
from .options import Choice, form_of, kind_option, out_option, write
from .strict import option

if TYPE_CHECKING:
    import lineage

_TERRAFORM = "terraform"
_FORMS = ("json", _TERRAFORM)


@click.command(
    "iam-policy",
    short_help="Print the least IAM policy that a crawl needs.",
    epilog="""\b
    Examples:
      lineage iam-policy > iam.json
      lineage iam-policy -f terraform -o iam.tf
      lineage iam-policy --account 111122223333 --region eu-west-1 --bucket bank-ml --bucket s3://bank-raw/manifests/
      lineage iam-policy --kind training-job --kind processing-job --kind trial-component
      lineage iam-policy --all-regions --role-arn arn:aws:iam::222233334444:role/auditor
      lineage iam-policy --signing-key arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab
      lineage iam-policy --recording --bucket bank-ml
    """,
)
@kind_option("Only what this kind needs; repeats (default: all).")
@option(
    "--bucket",
    "buckets",
    metavar="NAME",
    multiple=True,
    help="In S3, only this bucket or s3://bucket/prefix/; repeats.",
)
@option("--region", "regions", metavar="R", multiple=True, help="Only in this region; repeats.")
@option("--account", "accounts", metavar="ID", multiple=True, help="Only records of this account; repeats.")
@option("--tags", is_flag=True, help="For `crawl --tags`.")
@option("--manifests/--no-manifests", default=True, help="For `crawl --no-manifests`: no access to S3.")
@option("--digests", is_flag=True, help="For `crawl --digests`.")
@option("--cloudtrail", is_flag=True, help="For `crawl --cloudtrail`.")
@option("--all-regions", is_flag=True, help="For `crawl --all-regions`.")
@option("--suggestions", is_flag=True, help="For `suggest --live`.")
@option("--recording", is_flag=True, help="The policy for `record` and `lineage.recording` instead, which write.")
@option("--role-arn", "roles", metavar="ARN", multiple=True, help="A role that the crawl assumes; repeats.")
@option(
    "--signing-key",
    "signing_keys",
    metavar="KEY_ARN",
    multiple=True,
    help="For `snapshot sign` with this key of AWS KMS; repeats.",
)
@option(
    "--format",
    "-f",
    "form",
    type=Choice(_FORMS),
    help="Output format. Default: by file extension (.json, .tf), otherwise json.",
)
@out_option
def iam_policy(kinds: tuple[str, ...], form: str | None, out: str | None, **asked: Any) -> None:
    """Print the IAM policy that `crawl` needs for the chosen kinds, or for all: it allows reading and nothing else.

    --bucket, --region and --account narrow it: reading anything else is denied and becomes a gap. List and Search calls can
    only be narrowed by region. The reason for each statement is a comment in Terraform, and is printed on stderr with JSON.

    --recording prints the policy for `record` and `lineage.recording` instead, which write.
    """
    import lineage

    _refuse(kinds, asked)
    statements = lineage.iam_statements(kinds, **asked)
    policy = lineage.iam_policy(kinds, **asked)
    if form_of(out, _FORMS, form) == _TERRAFORM:
        write(terraform(statements), out)
    else:
        write(lineage.json_text(policy, indent=2) + "\n", out)
        _say_why(statements)
    for bucket in lineage.only_old(asked["buckets"]):
        say(f"lineage: WARNING: only a bucket from before 2018 can be named {bucket}: check the spelling")
    size = lineage.policy_size(policy)
    if size > lineage.MOST_CHARACTERS:
        said = f"the policy has {size:,} characters, and IAM takes {lineage.MOST_CHARACTERS:,} in a managed policy"
        say(f"lineage: {said}: print one for some kinds at a time (--kind), and attach them all")


def _refuse(kinds: tuple[str, ...], asked: Mapping[str, Any]) -> None:
    """Refuse options that exclude each other, and what is not a role ARN."""
    beside = ("recording", "manifests", "buckets", "regions", "accounts")
    if asked["recording"] and (kinds or any(on for name, on in asked.items() if name not in beside)):
        raise click.UsageError("--recording prints a separate policy: run the command again for that of a crawl")
    if asked["all_regions"] and asked["regions"]:
        raise click.UsageError("--all-regions reads every region that is enabled: use it or --region, not both")
    if asked["buckets"] and not (asked["manifests"] or asked["digests"] or asked["recording"]):
        raise click.UsageError("--no-manifests reads nothing from S3: leave out --bucket")
    wrong = [role for role in asked["roles"] if not role.startswith("arn:") or ":role/" not in role]
    if wrong:
        raise click.UsageError(f"{wrong[0]!r} is not a role ARN (expected arn:aws:iam::111122223333:role/auditor)")


def _say_why(statements: list[lineage.Statement]) -> None:
    for one in statements:
        say(f"{one.sid} ({plural(len(one.actions), 'action')}): {one.why}")
