"""A place under a name that looks like a secret is found like any other: never a clean "no"."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.domain.records import Resource
from lineage.domain.redact import read
from tests.conftest import examples
from tests.queries.test_used import verdict
from tests.records import record, training

MODEL = botocore.session.get_session().get_service_model("sagemaker")
SPELLINGS = {
    "s3": "s3://{0}/{1}",
    "s3a": "s3a://{0}/{1}",
    "upper case": "S3://{0}/{1}",
    "virtual host": "https://{0}.s3.eu-west-1.amazonaws.com/{1}",
    "path": "https://s3.eu-west-1.amazonaws.com/{0}/{1}",
    "arn": "arn:aws:s3:::{0}/{1}",
    "keys of Hadoop": "s3a://FAKEKEY:made/up+1@{0}/{1}",
    "presigned": "https://{0}.s3.amazonaws.com/{1}?X-Amz-Signature=c0ffee",
}
# How one field is written; the first is the field's value, given its name and the place.
VALUES = {
    "plain": lambda name, uri: uri,
    "quoted": lambda name, uri: json.dumps(uri),
    "single quotes": lambda name, uri: f"'{uri}'",
    "escaped": lambda name, uri: json.dumps(uri).replace("/", "\\/"),
    "escaped, no JSON": lambda name, uri: uri.replace("/", "\\/") + " x",
    "percent-encoded": lambda name, uri: quote(uri, safe=""),
    "a list": lambda name, uri: json.dumps(["x", uri]),
    "an object": lambda name, uri: json.dumps({"a": {"b": [uri]}}),
    "a Python list": lambda name, uri: f"['x', '{uri}']",
    "among words": lambda name, uri: f"hunter2 in {uri}, hunter3",
    "commas": lambda name, uri: f"hunter2,{uri},hunter3",
}
TEXTS = {
    "key: value": lambda name, uri: f"{name}: {uri}",
    "key=value": lambda name, uri: f"{name}={uri}",
    "key='value'": lambda name, uri: f"{name}='{uri}' password=x1",
    "a flag": lambda name, uri: f"train --{name} {uri} --n 3",
    "a flag with equals": lambda name, uri: f"train --{name}={uri}",
    "a Python object": lambda name, uri: f"Config(password='x1', {name}='{uri}')",
    "a Python dict": lambda name, uri: f"{{'password': 'x1', '{name}': '{uri}'}}",
    "JSON": lambda name, uri: json.dumps({"password": "x1", name: uri}),
    "JSON in JSON": lambda name, uri: json.dumps({"a": json.dumps({name: [uri]})}),
    "a pair": lambda name, uri: json.dumps([{"Name": name, "Value": uri}]),
    "escaped text": lambda name, uri: f"{name}: {uri}".replace("/", "\\/"),
    "an unclosed quote": lambda name, uri: f"{name}='hunter2 {uri}",
    "an unclosed key": lambda name, uri: "-----BEGIN PRIVATE " + f"KEY-----\nabc\n{name} {uri}",
    "a query": lambda name, uri: f"run?in={uri.partition('?')[0]}&{name}=x1",
}
WORDS = ["token", "secret", "password", "api_key", "key", "auth", "credentials", "passphrase", "pwd", "hf_token", "cookie"]
NAMES = st.tuples(st.sampled_from(WORDS), st.sampled_from(["", "_ds", "-data", "_s3_uri", "_path", "_1", "Set"])).map("".join)
BUCKETS = st.from_regex(r"\A[a-z0-9][a-z0-9-]{2,12}[a-z0-9]\Z")
KEYS = st.lists(st.from_regex(r"\A[A-Za-z0-9_=.-]{1,20}[A-Za-z0-9]\Z"), min_size=1, max_size=3).map("/".join)


def cleaned(job: Resource) -> Resource:
    """A training job as a crawl would keep it."""
    tags = {"Tags": job.body.get("Tags", [])}
    said = (("DescribeTrainingJob", {**job.body, "Tags": None}), ("ListTags", tags))
    body = {}
    for operation, answer in said:
        body |= read(answer, MODEL.operation_model(operation).output_shape, [])
    return record("training-job", job.name, body)


def jobs(name: str, uri: str) -> dict[str, dict[str, Any]]:
    """What a training job holds that names a place under some name, by how it is written."""
    fields: dict[str, dict[str, Any]] = {}
    for how, write in VALUES.items():
        fields[f"hyperparameter, {how}"] = {"HyperParameters": {name: write(name, uri)}}
        fields[f"variable, {how}"] = {"Environment": {name: write(name, uri)}}
        fields[f"tag, {how}"] = {"Tags": [{"Key": name, "Value": write(name, uri)}]}
    for how, write in TEXTS.items():
        fields[f"text, {how}"] = {"HyperParameters": {"cmd": write(name, uri)}}
    fields["argument"] = {"AlgorithmSpecification": {"ContainerArguments": [f"--{name}", uri]}}
    fields["argument with equals"] = {"AlgorithmSpecification": {"ContainerArguments": ["x", f"--{name}={uri}"]}}
    return fields


@pytest.mark.parametrize("how", jobs("", ""))
@settings(max_examples=examples(25))
@given(name=NAMES, bucket=BUCKETS, key=KEYS, spelling=st.sampled_from(sorted(SPELLINGS)))
def test_a_place_under_the_name_of_a_secret_is_no_clean_no(how: str, name: str, bucket: str, key: str, spelling: str) -> None:
    """Whatever a field is called and however it is written, the place in it is possible or unknown."""
    job = cleaned(training("j", {"train": "s3://other/x/"}, **jobs(name, SPELLINGS[spelling].format(bucket, key))[how]))
    assert verdict(f"s3://{bucket}/{key}", job) != "not-referenced"


@pytest.mark.parametrize("member", ["InputArtifacts", "OutputArtifacts", "Parameters"])
@settings(max_examples=examples(25))
@given(name=NAMES, spelling=st.sampled_from(sorted(SPELLINGS)))
def test_an_artifact_under_the_name_of_a_secret_keeps_its_place(member: str, name: str, spelling: str) -> None:
    """What a run logged about its data stays a place and does not become a text."""
    uri = SPELLINGS[spelling].format("data", "x/y")
    value = {"StringValue": uri} if member == "Parameters" else {"Value": uri}
    shape = MODEL.operation_model("DescribeTrialComponent").output_shape
    kept = read({member: {name: value}}, shape, [])[member][name]
    assert "data" in next(iter(kept.values()))
    assert "x/y" in next(iter(kept.values()))


def test_a_bucket_and_a_prefix_are_found_whatever_they_look_like() -> None:
    """A bucket that looks like a key stays, and for a prefix that was cut the whole bucket counts."""
    bucket = "sk-retail-customers-2026-all"
    arguments = ["--input_bucket", bucket, "--input_key", "hunter2/x"]
    job = cleaned(training("j", {"train": "s3://other/x/"}, AlgorithmSpecification={"ContainerArguments": arguments}))
    assert verdict(f"s3://{bucket}/hunter2/x/", job) == "possible"
