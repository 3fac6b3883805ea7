"""Which members unknown to botocore could name something: decided by their values, at any depth."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.unknown import LONGEST, MOST, names_something

WHO = {
    "UserProfileArn": "arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-abc/jo",
    "UserProfileName": "jo",
    "DomainId": "d-abc",
    "IamIdentity": {"Arn": "arn:aws:sts::111122223333:assumed-role/auditor/jo", "PrincipalId": "AROA:jo"},
}
# What real answers hold that no public botocore knows (recorded notebooks, an event of CloudTrail).
REAL: dict[str, Any] = {
    "CreatedBy": WHO,
    "DisableEFA": True,
    "TrainingJobOutput": {},
    "RemoveJobNameFromS3OutputPath": False,
    "EnableFFM": False,
    "DisableModelUpload": False,
    "UseReservedCapacity": True,
    "WithWarmPoolValidationError": "",
}
NAMING = [
    "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x",
    "arn:aws:s3:::bucket/key",
    "arn:aws-cn:fsx:cn-north-1:111122223333:file-system/fs-0123456789abcdef0",
    "s3://bucket/key",
    "S3://bucket",
    "https://bucket.s3.eu-west-1.amazonaws.com/key",
    "bucket.s3.eu-west-1.amazonaws.com/key",
    "hdfs://cluster/data",
    "fs-0123456789abcdef0",
    "fsap-0123456789abcdef0",
    "vol-0123456789abcdef0",
    "111122223333.dkr.ecr.eu-west-1.amazonaws.com/fit:1",
    "public.ecr.aws/lib/fit",
    "lib/fit:latest",
    "fit@sha256:0123",
    "see s3://bucket/key, please",
    '{"data": "s3://bucket/key"}',
    "x" * (LONGEST + 1),
]
WORDS = [
    "",
    "InService",
    "2026-01-01T00:00:00Z",
    "2026/01/02 10:00",
    "application/json",
    "a b",
    "ml.m5.large",
    "d-abc",
    "1.0.0",
]
INERT = [None, True, False, 0, 1.5, *WORDS, "arn:aws:iam::111122223333:role/fit", "arn:aws:kms:eu-west-1:111122223333:key/k"]


@pytest.mark.parametrize("member", REAL)
def test_members_of_real_answers(member: str) -> None:
    """The unknown members that are known from real answers name no data."""
    assert not names_something(member, REAL[member])


@pytest.mark.parametrize("value", NAMING, ids=lambda value: value[:40])
def test_what_names_something(value: str) -> None:
    """A place, a file system, an image or any other resource may be the source of data."""
    assert names_something("New", value)


@pytest.mark.parametrize("value", [*INERT, [], {}, [[]], {"a": {"b": [None]}}, WHO], ids=str)
def test_what_names_nothing(value: Any) -> None:
    """A flag, a number, a word, a time, an empty value and an author hide no use."""
    assert not names_something("New", value)


@pytest.mark.parametrize("member", ["Table", "GlueTable", "DatabaseName", "S3Bucket", "KeyPrefix", "DataSetName", "Location"])
def test_members_that_are_called_after_a_place(member: str) -> None:
    """A text is a place, or a part of one, where its member's name says so; a flag is none."""
    assert names_something(member, "customers")
    assert names_something("New", {"a": [{member: "customers"}]})
    assert not names_something(member, value=True)
    assert not names_something(member, "")


nests = st.recursive(
    st.sampled_from(INERT),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "Mode", "DisableX"]), inner, max_size=3),
)


@given(nests)
def test_nothing_made_of_nothing_names_something(value: Any) -> None:
    """Inert values stay inert in any container."""
    assert not names_something("New", value)


@given(nests, st.sampled_from(NAMING), st.lists(st.sampled_from(["list", "map", "key"]), max_size=30))
def test_something_names_something_however_deep(beside: Any, naming: str, wraps: list[str]) -> None:
    """A structure, or a list, that holds something that names a thing names it too."""
    value: Any = naming
    for wrap in wraps:
        value = [beside, value] if wrap == "list" else {"b": beside, "c": value} if wrap == "map" else {naming: beside}
    assert names_something("New", value)


def test_what_is_too_much_to_look_at() -> None:
    """A member with more values than the limit could name anything."""
    assert not names_something("New", [0] * (MOST - 1))
    assert names_something("New", [0] * (MOST + 1))
    assert names_something("New", {"a": [[0] * 100] * 100})
