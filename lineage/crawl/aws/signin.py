"""Why AWS does not accept the credentials, and the command that fixes it. No part of a credential is shown."""

from __future__ import annotations

import os
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's own, of all that is no answer)
    CredentialRetrievalError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from lineage.crawl.aws.refusals import told
from lineage.domain.called import argument
from lineage.domain.spelling import did_you_mean

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_WRONG = {"AuthFailure", "InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException"}
_SSO_SETTINGS = ("sso_session", "sso_start_url")


def no_profile(profile: str | None) -> str:
    """What to say where a profile that was asked for, or that the environment names, is not there."""
    wanted = profile or os.environ.get("AWS_DEFAULT_PROFILE") or os.environ.get("AWS_PROFILE") or ""
    known: list[str] = botocore.session.Session().available_profiles
    return f"no profile {wanted!r} in ~/.aws/config{did_you_mean(known, wanted, '; `aws configure list-profiles` lists them')}"


def no_region(profile: str | None) -> str:
    """What to say where neither the caller nor boto3's configuration names a region."""
    unread = " (boto3 does not read AWS_REGION)" if os.environ.get("AWS_REGION") else ""
    where = f"`region` of profile {profile}" if profile else "`region` in ~/.aws/config"
    return f"no AWS region: use {argument('region', 'regions')}, set AWS_DEFAULT_REGION{unread}, or set {where}"


def not_signed_in(error: Exception, boto: boto3.Session) -> str:
    """What to say where AWS does not tell who is asking, or the credentials could not be had."""
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
    if isinstance(error, NoCredentialsError):
        return f"no AWS credentials: {_sign_in(boto)}, set AWS_PROFILE, or use {argument('profile')}"
    if isinstance(error, PartialCredentialsError):
        return f"the AWS credentials are incomplete: {error}"
    if code in _EXPIRED or isinstance(error, (SSOError, LoginError, TokenRetrievalError)):
        return f"AWS credentials have expired: {_renew(error, boto)}"
    if code in _WRONG:
        return f"AWS does not accept these credentials ({code}): check the access key of {_source(boto)}"
    if isinstance(error, CredentialRetrievalError):
        return f"the AWS credentials of {_source(boto)} could not be read: {told(error)}"
    if isinstance(error, ConnectionError):
        return f"AWS could not be reached: {told(error)}: check the network, the proxy and the region"
    return f"AWS did not identify the caller (sts:GetCallerIdentity): {told(error)}"


def _renew(error: Exception, boto: boto3.Session) -> str:
    """How credentials that were once good are had anew."""
    if _is_sso(boto) or isinstance(error, BotoCoreError):
        return _sign_in(boto, login=isinstance(error, LoginError))
    if os.environ.get("AWS_SESSION_TOKEN"):
        anew = "set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew"
        return f"{anew}, or unset them and use {argument('profile')}"
    return f"renew those of {_source(boto)}"


def _sign_in(boto: boto3.Session, *, login: bool = False) -> str:
    profile = boto.profile_name
    named = f" --profile {profile}" if profile and profile != "default" else ""
    return f"run `aws {'login' if login else 'sso login'}{named}`"


def _source(boto: boto3.Session) -> str:
    """Where boto3 takes the credentials from, as far as it says."""
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return "the environment (AWS_ACCESS_KEY_ID)"
    return f"profile {boto.profile_name}"


def _is_sso(boto: boto3.Session) -> bool:
    """Whether the profile signs in by IAM Identity Center."""
    core: Any = boto._session  # noqa: SLF001  (boto3 has no public way to its configuration)
    profile = core.full_config.get("profiles", {}).get(boto.profile_name, {})
    return any(name in profile for name in _SSO_SETTINGS)
