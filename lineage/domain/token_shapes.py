"""Tables of what secrets look like and how they are named, one row a kind. The tests have examples, joined from parts.

In a pattern each repetition has a bound, and a match has at most `windows.LONGEST` characters. Characters of the same sort that
follow are cut as well (`rest`). No library does this: detect-secrets 1.5 finds lines in files and cuts nothing, has patterns
without bounds, and depends on requests and YAML.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from lineage.domain.records import REDACTED

_WORD, _BASE64, _DOTTED = r"[\w-]", r"[\w+/=-]", r"[\w.~+/=-]"


class Shape(NamedTuple):
    """What one kind of secret looks like, independent of its name."""

    name: str
    pattern: str
    source: str
    rest: str = _WORD  # the characters that may continue the match of the pattern, if any
    also: Callable[[str], bool] | None = None  # a further condition on the matched text


def _random(text: str) -> bool:
    """Whether a word mixes cases and digits like random text, unlike a path or a digest."""
    kinds = (sum(map(test, text)) for test in (str.isupper, str.islower, str.isdigit))
    return all(count >= 2 for count in kinds) and text.count("/") <= 4 and not re.search(r"[a-z]{9}|\d{12}", text)


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def _no_plain_user(text: str) -> bool:
    """Whether the part before a host is more than the user name that all users of a Git server share."""
    return text not in ("git", "hg", REDACTED)


_GITHUB = "docs.github.com: about authentication to GitHub, token formats"
_LEAKS = "rules of gitleaks 8 (config/gitleaks.toml), the shape alone"
SHAPES: Final = (
    Shape(
        "url-userinfo",
        r"(?:(?<=://)|(?<=:\\/\\/)|(?<=:\\\\/\\\\/))(?<!abfs://)(?<!abfss://)(?<!wasb://)(?<!wasbs://)[^\s/\"'<>?#]{1,512}(?=@)",
        "RFC 3986, 3.2.1",
        "",
        _no_plain_user,
    ),
    Shape(
        "url-userinfo-encoded",
        r"(?:(?<=%3A%2F%2F)|(?<=%3a%2f%2f))(?:(?!%2[Ff]|%3[Ff]|%23)[^\s/\"'<>?#&]){1,512}(?=%40)",
        "RFC 3986, 2.1 and 3.2.1",
        "",
        _no_plain_user,
    ),
    Shape("aws-access-key-id", r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])", "IAM user guide: unique identifiers"),
    Shape(
        "aws-secret-access-key",
        r"(?:(?<![\w+/=.-])|(?<=\\[nrt]))[A-Za-z0-9+/]{40}(?![\w+/=-]|\.\w)",
        "IAM: access keys",
        also=_random,
    ),
    Shape("aws-session-token", r"(?:FwoG|IQoJ|FQoG)[\w+/=-]{60,1000}", "AWS STS: GetSessionToken", _BASE64),
    Shape("bedrock-api-key", r"(?:ABSK|bedrock-api-key-)[\w+/=-]{30,1000}", "Bedrock user guide: API keys", _BASE64),
    Shape("google-api-key", r"AIza[\w-]{30,64}", "cloud.google.com: API keys"),
    Shape("google-oauth", r"(?:ya29\.|GOCSPX-|1//0)[\w-]{20,1000}", "developers.google.com: OAuth 2.0", _DOTTED),
    Shape(
        "azure-storage-key", r"(?:(?<![\w+/=-])|(?<=\\[nrt]))[A-Za-z0-9+/]{86}==", "learn.microsoft.com: storage account keys"
    ),
    Shape(
        "azure-client-secret",
        r"(?:(?<![\w~.-])|(?<=\\[nrt]))[\w~.-]{3}[78]Q~[\w~.-]{31,34}",
        "learn.microsoft.com: app registrations",
    ),
    Shape("azure-devops", r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}", "learn.microsoft.com: personal access tokens"),
    Shape("github", r"gh[pousr]_[A-Za-z0-9]{20,255}", _GITHUB),
    Shape("github-fine-grained", r"github_pat_[A-Za-z0-9_]{20,255}", _GITHUB),
    Shape("gitlab", r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[\w.-]{20,300}", "docs.gitlab.com: tokens", _DOTTED),
    Shape("slack", r"(?:xox[a-z]|xoxe\.xox[bp]|xapp)-[A-Za-z0-9-]{10,300}", "api.slack.com: token types"),
    Shape("slack-webhook", r"hooks\.slack\.com/(?:services|workflows|triggers)/[\w/-]{10,300}", "slack.com: hooks", _BASE64),
    Shape("webhook", r"(?:discord(?:app)?\.com/api/webhooks|webhook\.office\.com/webhookb2)/[\w/@-]{10,300}", _LEAKS, _BASE64),
    Shape("telegram", r"\d{8,10}:AA[\w-]{33}", "core.telegram.org: bots"),
    Shape("hugging-face", r"(?:hf|api_org)_[A-Za-z0-9]{20,255}", "huggingface.co: user access tokens"),
    Shape("npm", r"npm_[A-Za-z0-9]{20,255}", "docs.npmjs.com: access tokens"),
    Shape("pypi", r"pypi-[\w-]{24,500}", "pypi.org: API tokens"),
    Shape("databricks", r"(?:dapi|dkea|dose)[a-f0-9]{24,64}(?:-\d)?", "docs.databricks.com: personal access tokens"),
    Shape("sendgrid", r"SG\.[\w-]{10,64}\.[\w-]{10,128}", "docs.sendgrid.com: API keys"),
    Shape("stripe", r"(?:(?:sk|rk|pk)_(?:live|test|prod)_|whsec_)[A-Za-z0-9+/=]{10,255}", "docs.stripe.com: keys", _BASE64),
    Shape("openai-anthropic", r"sk-[\w-]{20,500}", "platform.openai.com, docs.anthropic.com: API keys"),
    Shape("model-hosts", r"(?:gsk_|xai-|pplx-|r8_|nvapi-|pcsk_|lsv2_(?:pt|sk)_|wandb_v1_|fw_)[\w-]{20,300}", _LEAKS),
    Shape("atlassian", r"AT(?:ATT|CTT|BB)[A-Za-z0-9][\w=-]{20,400}", _LEAKS, _BASE64),
    Shape("vault", r"hv[sbr]\.[\w-]{20,500}", "developer.hashicorp.com: Vault tokens"),
    Shape("terraform", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,128}", "developer.hashicorp.com: API tokens"),
    Shape("docker", r"dckr_(?:pat|oat)_[\w-]{20,128}", "docs.docker.com: access tokens"),
    Shape("shopify-digitalocean", r"(?:shp(?:at|ca|pa|ss)_|do[opr]_v1_)[a-f0-9]{32,64}", _LEAKS),
    Shape("observability", r"(?:glsa_|glc_|NRAK-|sntrys_|sntryu_|phx_)[\w+/=-]{20,300}", _LEAKS, _BASE64),
    Shape("mail-and-phone", r"(?:SK[a-f0-9]{32}|key-[a-f0-9]{32}|[a-f0-9]{32}-us\d{1,2})(?![A-Za-z0-9])", _LEAKS),
    Shape("notion-linear", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,64}|lin_api_[A-Za-z0-9]{32,64})", _LEAKS),
    Shape("artifactory", r"AKCp[A-Za-z0-9]{20,255}", _LEAKS),
    Shape(
        "developer-platforms",
        r"(?:sq0(?:atp|csp)-|PMAK-|dp\.(?:pt|st|ct|sa|scim|audit)\.|pscale_(?:pw|tkn|oauth)_|rubygems_|figd_|GR1348941|HRKU-|LTAI)"
        r"[\w.-]{16,300}",
        _LEAKS,
    ),
    Shape("airtable", r"pat[A-Za-z0-9]{14}\.[a-f0-9]{64}", _LEAKS),
    Shape("age", r"AGE-SECRET-KEY-1[A-Z0-9]{20,128}", "age-encryption.org/v1"),
    Shape("jwt", r"eyJ[\w-]{8,1400}+\.[\w-]{8,500}", "RFC 7519", _DOTTED),
    Shape(
        "authorization",
        r"(?i:bearer|basic)\s{1,4}[\w+/=.~-]{8,500}",
        "RFC 6750, RFC 7617",
        _DOTTED,
        _has_digit,
    ),
    Shape("oracle-thin", r"thin:[^\s/@:]{1,128}/[^\s@]{1,256}(?=@)", "Oracle JDBC developer's guide"),
    Shape("netrc", r"login\s{1,8}\S{1,256}\s{1,8}password\s{1,8}\S{1,256}", "curl: .netrc", r"\S"),
    Shape("aws-cli", r"(?i:aws_secret_access_key|aws_session_token)\s{1,8}[\w+/=]{3,1000}", "AWS CLI: configure set", _BASE64),
    Shape("sql", r"(?i:identified\s{1,8}by|password)\s{1,8}'[^']{1,512}'", "Redshift: CREATE USER; Oracle: CREATE USER"),
)
"""Kinds of secrets by what they look like: the first match counts. They begin where a word begins."""

LIKE_A_PASSWORD: Final = r"passw|passphrase|passcode|pwd|(?:^|[^a-z])(?:pg|db)?(?:pass|pw)(?:[^a-z]|$)|secret|credential"  # noqa: S105
"""Names whose value is a secret even where it is a number."""

# A key prefix is a part of an S3 key: Spark samples use such names for the location of their data.
FIELD_NAME: Final = (
    rf"{LIKE_A_PASSWORD}|token(?!iz)|key(?![_-]?prefix|word)|auth(?!or(?!iz))|webhook|cookie|connection[_-]?str"
    r"|(?:^|[^a-z])(?:sig|sas|pat|dsn|jwt)(?:[^a-z]|$)"
)
"""Names of fields that people choose: their values are cut, except numbers and locations."""

TEXT_NAME: Final = (
    r"passw(?:or)?d|passphrase|passcode|pwd|secret|token(?!iz)|credential|authorization|cookie|connection[_-]?str"
    r"|(?:api|access|account|private|shared|signing|encryption|master|subscription|auth|storage|function)[._-]?key"
    r"|x-amz-(?:signature|credential|security)|x-goog-(?:signature|credential)"
    r"|(?:^|[^a-z])(?:pg|db)?(?:pass|pw)(?:[^a-z]|$)|^(?:u00\w\w|[23]\w)?(?:sig|signature|sas|pat|dsn|jwt|awsaccesskeyid)$|webhook"
)
"""Names inside a text, where `key: …` is an ordinary word."""

SAYS_WHAT: Final = (
    r"(?:^|[^a-z])(?:column|col|path|uri|url|prefix|bucket|bucket_name|folder|dir|directory|file|filename|name|arn|field|length|len"
    r"|size|count|limit|type|format|dim|index|mode)s?$"
)
"""Endings of names that say where a secret is or of what sort: their values are cut only if they look like secrets."""
