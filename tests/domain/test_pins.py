"""What pins the content of an input: it is read as it was written, and a parameter of a similar name is an ordinary one."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest

from lineage.domain.kinds import KINDS
from lineage.domain.pins import SCHEMA, Pin, is_pin, parameter_of, read_pin
from lineage.domain.records import REDACTED
from lineage.domain.redact import read
from lineage.domain.references import hits
from tests.records import record

PIN = Pin(12, "sha256:1a2b3c4d5e6f")
SHAPE = botocore.session.get_session().get_service_model("sagemaker").operation_model("DescribeTrialComponent").output_shape


def said(**words: Any) -> str:
    return json.dumps({"schema": SCHEMA, "objects": 1, "digest": "x"} | words)


@pytest.mark.parametrize(
    "pin",
    [
        PIN,
        Pin(0, "sha256:e3b0", size=0),
        Pin(10_000, "sha256:1a", complete=False, versioned=True, size=2**40),
        Pin(1, "crc64:9", given=True, version="v1", etag='"a-2"', sha256="00ff"),
    ],
    ids=["plain", "nothing there", "too many to look at", "one object"],
)
def test_a_pin_is_read_as_it_was_written(pin: Pin) -> None:
    """Every value comes back, also those that mean "no" or "none"."""
    assert read_pin(pin.text()) == pin


@pytest.mark.parametrize(
    "text",
    [
        None,
        7.0,
        "",
        "12 objects",
        "[]",
        "[" * 2400,
        json.dumps({"objects": 1, "digest": "x"}),
        said(schema="lineage.content/2"),
        said(objects="1"),
        said(objects=True),
        said(objects=-1),
        said(digest=None),
        said(complete="no"),
        said(size=1.5),
        said(version={"a": 1}),
        json.dumps({"schema": SCHEMA, "digest": "x"}),
        said(digest="s3://secret/x/"),
        said(note="S3A://secret/x/"),
        said(version="arn:aws:s3:::secret/x"),
        said(digest="s3\\u003a//secret/x/"[:2] + "\u003a//secret/x/"),
    ],
)
def test_what_is_called_like_a_pin_and_is_none(text: Any) -> None:
    """Other texts with such a name are ordinary parameters, especially texts that name a place: nothing else may name it."""
    assert read_pin(text) is None
    assert not is_pin(parameter_of("train"), text)


def test_a_pin_is_one_by_its_name_as_well() -> None:
    """The same text under another name is an ordinary parameter."""
    assert is_pin("lineage.content.train", PIN.text())
    assert not is_pin("content.train", PIN.text())


def test_a_pin_names_no_place() -> None:
    """A pin mentions nothing, and a place in a text that only looks like one is mentioned as anywhere."""
    parameters = {
        "lineage.content.train": {"StringValue": PIN.text()},
        "lineage.content.other": {"StringValue": said(digest="s3://secret/x/")},
        "lineage.content.more": {"StringValue": "read s3://more/x/"},
    }
    found = hits(KINDS["trial-component"], record("trial-component", "run", {"Parameters": parameters}).body)
    assert sorted(hit.value for hit in found) == ["s3://more/x/", "s3://secret/x/"]


@pytest.mark.parametrize(
    ("text", "kept"), [(PIN.text(), PIN.text()), ("hunter2", REDACTED), (said(secret="x", size="y"), REDACTED)]
)
def test_a_pin_of_an_input_that_is_called_like_a_secret_stays(text: str, kept: str) -> None:
    """Tokens are data as well: the pin of an input of that name is no secret, and any other text below it is cut out."""
    parameters = {"lineage.content.tokens": {"StringValue": text}}
    assert read({"Parameters": parameters}, SHAPE, []) == {"Parameters": {"lineage.content.tokens": {"StringValue": kept}}}
