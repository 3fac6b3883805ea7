"""What SageMaker accepts and the SDK can read again: every value is checked at the call, before anything is sent.

Sources: botocore 1.44.8 (`CreateTrialComponent`, `BatchPutMetrics`, `CreateArtifact`) for patterns and lengths; the API
reference for 300 parameters and for metrics of at most 14 days; sagemaker 2.257.7 for 59 characters of a name, 30
artifacts each way, metrics of at most two hours ahead, and times without a zone.
Pure: every function returns what to send, or raises `RefusedValue`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lineage.domain.names import parse_location
from lineage.domain.pins import parameter_of
from lineage.domain.records import REDACTED
from lineage.domain.redact import under_name, without_secrets
from lineage.domain.text import one_line
from lineage.errors import MalformedName, RefusedValue

NAME_LENGTH: Final = 59  # of an experiment and of a run: both are in the component's name, which has 120 characters
ENTITY_NAME_LENGTH: Final = 120
PARAMETERS: Final = 300
ARTIFACTS: Final = 30  # each way
KEY_LENGTH: Final = 128  # of a parameter or an artifact; SageMaker allows 320 for a parameter, but the SDK does not write them
TEXT_LENGTH: Final = 2500
URI_LENGTH: Final = 2048
MESSAGE_LENGTH: Final = 1024
METRIC_NAME_LENGTH: Final = 255
OLDEST_METRIC: Final = timedelta(days=14)
AHEAD_METRIC: Final = timedelta(hours=2)  # how far ahead of the clock a metric may be
EXACT: Final = 2**53  # larger integers are not exact as a NumberValue, which is a double

LAST_STEP: Final = 2**31 - 1

_BREAK = re.compile("[\n\r\x85\u2028\u2029\ud800-\udfff]")  # not matched by SageMaker's `.`, or not in UTF-8
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")  # includes what buckets made before 2018 may have
_VERSION = re.compile(r"\?versionId=", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[-\w]+/[-\w+]+", re.ASCII)

Json = dict[str, Any]


def run_name(text: str, what: str = "run") -> str:
    """The name of an experiment or a run in its recorded form: lower case, as the SDK writes and reads it."""
    if not isinstance(text, str) or not _NAME.fullmatch(text) or len(text) > NAME_LENGTH:
        raise RefusedValue(
            f"{text!r} can't be the name of {_a(what)}: letters, digits and hyphens between them, at most {NAME_LENGTH}"
            f"{_instead(text)}"
        )
    return text.lower()


def entity_name(text: str, what: str) -> str:
    """The name of an experiment, a trial or a component. It keeps its case, which comparisons ignore."""
    if not isinstance(text, str) or not _NAME.fullmatch(text) or len(text) > ENTITY_NAME_LENGTH:
        raise RefusedValue(
            f"{text!r} can't be the name of {_a(what)}: letters, digits and hyphens between them, at most {ENTITY_NAME_LENGTH}"
            f"{_instead(text)}"
        )
    return text


def display_name(text: str | None, what: str) -> str | None:
    """A display name, which must match the same pattern as names."""
    return None if text is None else entity_name(text, f"{what} (display name)")


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def _instead(text: Any) -> str:
    """A similar valid name, if there is one."""
    near = re.sub(r"[^a-zA-Z0-9]+", "-", str(text)).strip("-")[:NAME_LENGTH].strip("-")
    return f"; {near!r} is possible" if near and near != text else ""


def parameter(name: str, value: Any) -> Json:
    """A parameter in the API's form: a number (also of numpy and torch) as NumberValue, anything else as its text.

    Anything that looks like a secret is cut out. Raises `RefusedValue` for no name, a too long name or text, NaN, infinity.
    """
    _key(name, "parameter")
    number = _number(value)
    if number is None or (isinstance(number, int) and abs(number) > EXACT):
        what = f"the value of the parameter {name!r}"
        text = _text(value if number is None else number, name, what)
        return {"StringValue": _short(text, TEXT_LENGTH, what)}
    return {"NumberValue": _finite(number, f"the parameter {name!r}")}


def artifact(name: str, value: Any, media_type: str | None = None) -> Json:
    """An artifact in the API's form."""
    _key(name, "artifact")
    what = f"the value of the artifact {name!r}"
    text = "" if value is None else _short(_text(value, name, what), URI_LENGTH, what)
    if not text:
        raise RefusedValue(f"the artifact {name!r} has no value: give its URI")
    if media_type is None:
        return {"Value": text}
    if not takes_media_type(media_type):
        raise RefusedValue(f"{media_type!r} is not a media type (expected one such as text/csv, at most 64 characters)")
    return {"Value": text, "MediaType": media_type}


def takes_media_type(text: str) -> bool:
    """Whether SageMaker accepts a media type; it refuses dots, as in those of Excel and Parquet."""
    return isinstance(text, str) and len(text) <= 64 and bool(_MEDIA_TYPE.fullmatch(text))


def location(uri: str) -> str:
    """An S3 URI, unchanged; raises `RefusedValue` for anything else."""
    try:
        place = parse_location(uri) if isinstance(uri, str) else None
    except MalformedName as error:
        raise RefusedValue(without_secrets(str(error))) from None
    if not place or not place.uri.startswith("s3://"):
        raise RefusedValue(f"{without_secrets(repr(uri))} is not an S3 URI (expected s3://bucket/prefix/)")
    if _VERSION.search(uri):
        raise RefusedValue(f"{uri!r} contains a version id, which is not part of an S3 URI: give it as `version_ids=`")
    return uri


def bucket(name: str) -> str:
    """The name of a bucket to write to."""
    if not isinstance(name, str) or not _BUCKET.fullmatch(name):
        raise RefusedValue(f"{name!r} can't be a bucket: 3 to 63 letters, digits, dots, hyphens and underscores")
    return name


def pin_of(name: str) -> str:
    """The parameter that pins an input with a name. Raises `RefusedValue` if the result is longer than names may be."""
    pinned = parameter_of(name)
    if len(pinned) > KEY_LENGTH:
        most = KEY_LENGTH - len(parameter_of(""))
        raise RefusedValue(f"{_cut(name)!r} can't be the name of a dataset: 1 to {most} characters")
    parameter(pinned, "")
    return pinned


def metric(name: str, value: Any, timestamp: datetime | float | None, step: int | None, now: datetime) -> Json:
    """A metric in BatchPutMetrics's form, with its time in seconds since 1970. Refuses NaN, and times too far from now."""
    if not isinstance(name, str) or not 0 < len(name) <= METRIC_NAME_LENGTH or not _is_line(name):
        raise RefusedValue(f"{_cut(name)!r} can't be the name of a metric: 1 to {METRIC_NAME_LENGTH} characters of one line")
    number = _number(value)
    if number is None:
        raise RefusedValue(f"the metric {name!r} must be a number, not {_cut(value, name)!r}")
    when = _time(timestamp, name, now)
    if now - when > OLDEST_METRIC:
        raise RefusedValue(f"the metric {name!r} is of {when:%Y-%m-%d %H:%M}Z: SageMaker refuses metrics over 14 days old")
    if when - now > AHEAD_METRIC:
        raise RefusedValue(
            f"the metric {name!r} is of {when:%Y-%m-%d %H:%M}Z: SageMaker refuses metrics over 2 hours ahead of the clock"
        )
    given = {} if step is None else {"Step": _step(step, name)}
    return {"MetricName": name, "Value": _finite(number, f"the metric {name!r}"), "Timestamp": when.timestamp(), **given}


def message(text: str) -> str:
    """A status message: one line, without anything that looks like a secret, at most 1,024 characters."""
    joined = " ".join(one_line(without_secrets(text)).split())
    line = without_secrets(joined)  # where the name and its value had lines of their own
    return line if len(line) <= MESSAGE_LENGTH else f"{line[: MESSAGE_LENGTH - 1]}…"


def room_for(known: Iterable[str], new: Mapping[str, Any], most: int, what: str) -> None:
    """Raises `RefusedValue` if a run would have more of something than SageMaker accepts."""
    names = {*known, *new}
    if len(names) > most:
        lost = _cut(next(iter(new)))
        raise RefusedValue(f"a run has at most {most} {what}: {len(names)} would be too many ({lost!r} was not recorded)")


def tags(given: Iterable[Mapping[str, str]] | None) -> list[Json]:
    """A copy of the caller's tags, which are never changed. Raises `RefusedValue` if one is not a Key and Value."""
    copied = []
    if isinstance(given, (str, Mapping)) or not isinstance(given or (), Iterable):
        raise RefusedValue(f"{_cut(given)!r} is not a list of tags (expected [{{'Key': …, 'Value': …}}])")
    for one in given or ():
        if not isinstance(one, Mapping) or set(one) != {"Key", "Value"}:
            raise RefusedValue(f"{_cut(one)!r} is not a tag (expected {{'Key': …, 'Value': …}})")
        value = str(under_name(str(one["Key"]), str(one["Value"])))
        copied.append({"Key": str(one["Key"]), "Value": value.replace(REDACTED, "redacted")})  # tags do not allow brackets
    return copied


def _key(name: Any, what: str) -> None:
    if not isinstance(name, str) or not 0 < len(name) <= KEY_LENGTH or not _is_line(name):
        raise RefusedValue(f"{_cut(name)!r} can't be the name of {_a(what)}: 1 to {KEY_LENGTH} characters of one line")


def _short(text: str, most: int, what: str) -> str:
    if len(text) > most:
        raise RefusedValue(f"{what} has {len(text)} characters; SageMaker allows {most}")
    return text


def _text(value: Any, name: str, what: str) -> str:
    """A value's text, without secrets. A string of several lines is refused, as SageMaker does; others are put on one line."""
    try:
        text = str(value)
    except Exception as error:
        raise RefusedValue(f"{what} can't be converted to text: {type(error).__name__}") from error
    if not isinstance(value, str):
        text = " ".join(text.split())
    if not _is_line(text):
        shown = _cut(text, name)
        raise RefusedValue(f"{what} has a line break or invalid characters; SageMaker allows only one line: {shown!r}")
    return str(under_name(name, text))


def _is_line(text: str) -> bool:
    return not _BREAK.search(text)


def _finite(number: float, what: str) -> float:
    try:
        double = float(number)
    except OverflowError:
        raise RefusedValue(f"{what} is larger than a double holds") from None
    if not math.isfinite(double):
        raise RefusedValue(f"{what} is {double}: SageMaker takes finite numbers only")
    return double


def _step(step: Any, name: str) -> int:
    count = _number(step)
    if count is None or not 0 <= count <= LAST_STEP or count != int(count):
        raise RefusedValue(
            f"the step of the metric {name!r} must be a whole number from 0 on, of 32 bits at most, not {_cut(step)!r}"
        )
    return int(count)


def _number(value: Any) -> int | float | None:
    """A number, also one of numpy, torch or decimal; None for anything else."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (str, bytes, datetime)) or value is None or _is_time(value):
        return None
    try:
        plain = value.item() if hasattr(value, "item") else float(value)
        return plain if isinstance(plain, (int, float)) else float(value) if hasattr(value, "dtype") else None
    except Exception:  # noqa: BLE001  (on any error it is not a number)
        return None


def _is_time(value: Any) -> bool:
    """Times of numpy, whose `item` is a number of nanoseconds."""
    return getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m")


def with_zone(time: datetime) -> datetime:
    """A time in UTC. Without a zone it is local time: `datetime.now()` says that, and the SDK and boto3 read it like that."""
    return time.astimezone(UTC)


def _time(timestamp: datetime | float | None, name: str, now: datetime) -> datetime:
    if timestamp is None:
        return now
    if isinstance(timestamp, datetime):
        return with_zone(timestamp)
    try:
        return datetime.fromtimestamp(float(timestamp), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise RefusedValue(f"the time of the metric {name!r} is not one: {_cut(timestamp)!r}") from None


def _cut(value: Any, name: str = "") -> Any:
    """A value for a message, which may become the status message of a run: short, and no secret under that name."""
    try:
        text = str(value)
    except Exception:  # noqa: BLE001  (a user's own, or an integer of too many digits)
        return f"<{type(value).__name__}>"
    shown = str(under_name(name, text))
    if shown == text and len(text) <= 60:
        return value
    return shown if len(shown) <= 60 else f"{shown[:60]}…"
