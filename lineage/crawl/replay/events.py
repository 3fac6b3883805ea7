"""Events of an account file: the SageMaker calls that CloudTrail would report.

    {"event": "DeleteTrainingJob", "time": "2026-11-01T08:00:00Z", "user": "arn:aws:sts::111122223333:assumed-role/ops/kim",
     "request": {"trainingJobName": "loans-7"}}

* `event` is a SageMaker operation, `time` when it was called, as ISO 8601 text.
* `request` holds its parameters as CloudTrail writes them: each name begins with a lower-case letter. `user` is the ARN of
  the caller, or another name.
* `response` (optional): what the call answered, in the same way: `{"trainingJobArn": "arn:…"}`.
* `account` and `region` (optional): where it was called; by default the file's own.
* `error` (optional): the code with which the call failed. `source` (optional): the service, if it is another one with an
  operation of that name (`codepipeline.amazonaws.com`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lineage.errors import CrawlError

SAGEMAKER = "sagemaker.amazonaws.com"
_TEXTS = ("event", "time", "user", "account", "region", "error", "source")
_OBJECTS = {"request": "the parameters of the call", "response": "what it answered"}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the file."""

    event: str
    time: str
    user: str
    account: str
    region: str
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    source: str = SAGEMAKER

    @property
    def moment(self) -> datetime:
        return _moment(self.time)


def read_event(entry: dict[str, Any], operations: Collection[str], where: str) -> Event:
    """The event of a line. Raises `CrawlError`, naming the line, if it is not an event of one of these operations."""
    for problem in _problems(entry, operations):
        raise CrawlError(f"{where}: {problem}")
    return Event(**entry)


def _problems(entry: dict[str, Any], operations: Collection[str]) -> Iterator[str]:
    for key, value in entry.items():
        if key not in (*_TEXTS, *_OBJECTS):
            yield f'an event has no "{key}"; it has {", ".join(sorted((*_TEXTS, *_OBJECTS)))}'
        elif key in _TEXTS and not (isinstance(value, str) and value):
            yield f'"{key}" of an event must be a text, not {json.dumps(value)[:40]}'
        elif key in _OBJECTS and not isinstance(value, dict):
            yield f'"{key}" of an event must be an object: {_OBJECTS[key]}'
    if entry["event"] not in operations:
        yield f'"event" is {entry["event"]!r} (expected one of SageMaker\'s operations)'
    if not entry.get("user"):
        yield 'an event must have a "user": the caller'
    try:
        _moment(entry.get("time", ""))
    except (ValueError, OverflowError):
        yield f'"time" of an event must be ISO 8601 text, not {json.dumps(entry.get("time"))[:40]}'


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
