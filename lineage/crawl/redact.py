"""Values that look like secrets never leave this room: they are cut out of a record before anything keeps it.

An S3 URI is no secret and stays, whatever its name: it may be the only trace of a dataset.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

REDACTED = "(redacted)"
_NAME = re.compile(r"secret|token|passw|passphrase|pwd|key|credential|auth(?!or)", re.IGNORECASE)
_VALUE = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"  # an AWS access key id
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user:password in a URL
    r"|(?<=[?&])(?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|sig)=[^&\s]+"  # a presigned URL
    r"|\bhf_[A-Za-z0-9]{20,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bsk-[A-Za-z0-9_-]{20,}"  # Hugging Face, GitHub, OpenAI
)
_LOCATION = re.compile(r"\"?s3[an]?://[^\s?]*\"?", re.IGNORECASE)
_PAIRS = (("Key", "Value"), ("Name", "Value"))


def redact(value: Any, shape: Any) -> Any:
    """The answer of a call with every secret-looking value replaced.

    `shape` is botocore's: it tells which members are maps, whose keys people choose.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        return _pair(value) or {key: redact(child, shape.members[key]) for key, child in value.items() if key in shape.members}
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _named(key, redact(child, shape.value)) for key, child in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        texts = [redact(child, shape.member) for child in value]
        return list(_arguments(texts)) if shape.member.type_name == "string" else texts
    return _VALUE.sub(REDACTED, value) if isinstance(value, str) else value


def _pair(value: dict[str, Any]) -> dict[str, Any] | None:
    for name, content in _PAIRS:
        if set(value) == {name, content}:
            return {name: value[name], content: _named(str(value[name]), value[content])}
    return None


def _named(name: str, value: Any) -> Any:
    """A value under a name that people chose; of a structure (a trial component's parameter), each text in it."""
    if isinstance(value, dict):
        return {key: _named(name, child) for key, child in value.items()}
    if not isinstance(value, str):
        return value
    return REDACTED if _NAME.search(name) and not _LOCATION.fullmatch(value) else _VALUE.sub(REDACTED, value)


def _arguments(texts: list[str]) -> Iterator[str]:
    """Command line arguments: `--token=x`, and the word after `--token`."""
    flag = ""
    for text in texts:
        name, equals, value = text.partition("=")
        if name.startswith("-") and equals:
            yield f"{name}={_named(name, value)}"
        else:
            yield _named(flag, text) if flag and not text.startswith("-") else text
        flag = name if name.startswith("-") and not equals else ""
