"""Places that are given as a bucket and a prefix."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lineage.domain.arguments import names_bucket, paired, places_in
from tests.domain.test_references import facts
from tests.records import processing, record, training
from tests.work import calls

SPARK = ["--s3_input_bucket", "B", "--s3_input_key_prefix", "in", "--s3_output_bucket", "B", "--s3_output_key_prefix", "out"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("--s3_input_bucket", True),
        ("--input-bucket=b", True),
        ("BUCKET_NAME", True),
        ("s3bucket", True),
        ("S3_BUCKET", True),
        ("datasetBucket", True),
        ("bucketname", True),
        ("bucket_in", True),
        ("bucket2", True),
        ("spark.hadoop.bucket", True),
        ("-Dbucket=b", True),
        ("bucket_prefix", False),
        ("bucket_size", False),
        ("--n-buckets", False),
        ("bucketing", False),
        ("s3://bucket", False),
        ("", False),
    ],
)
def test_what_names_a_bucket(name: str, expected: bool) -> None:
    """An option or a variable names a bucket whose name ends in that word."""
    assert names_bucket(name) is expected


@pytest.mark.parametrize(
    ("given", "name", "uris"),
    [
        (SPARK, "--s3_input_bucket", ["s3://B/in"]),
        (SPARK, "--s3_output_bucket", ["s3://B/out"]),
        (["--bucket=b", "--train-prefix", "t/", "--test-prefix=v/"], "--bucket=b", ["s3://b/t/", "s3://b/v/"]),
        (["--input-bucket", "b", "--prefix", "p"], "--input-bucket", ["s3://b/p"]),
        (["--bucket", "b", "--path", "/opt/ml/processing/x"], "--bucket", []),
        (["--bucket", "b", "--prefix", "--verbose"], "--bucket", []),
        (["--bucket", "b"], "--bucket", []),
        (["--bucket", "s3://b/", "--prefix", "p"], "--bucket", ["s3://b/p"]),
        ({"S3_BUCKET": "b", "S3_PREFIX": "p", "OTHER": "q"}, "S3_BUCKET", ["s3://b/p"]),
        ({"S3_BUCKET": "b", "S3_KEY_PREFIX": "(redacted)"}, "S3_BUCKET", ["s3://b/"]),
        ({"bucket": "b", "data_prefix": "d", "model_key": "m"}, "bucket", ["s3://b/d", "s3://b/m"]),
        ({"bucket": "team-data", "model_key": "m"}, "bucket", ["s3://team-data/m", "s3://team-data/"]),
        (
            {"bucket": "team-data", "output_prefix": "out/", "data": "x/"},
            "bucket",
            ["s3://team-data/out/", "s3://team-data/x/", "s3://team-data/"],
        ),
        ({"bucket": "team-data", "model_name": "bert/base"}, "bucket", ["s3://team-data/bert/base", "s3://team-data/"]),
        ({"bucket": "team-data", "prefix": "p", "label": "l/y"}, "bucket", ["s3://team-data/p", "s3://team-data/l/y"]),
        ({"bucket": "team-data", "config_file": "c.yaml"}, "bucket", ["s3://team-data/c.yaml", "s3://team-data/"]),
        ({"bucket": "team-data", "train_file": "t.csv"}, "bucket", ["s3://team-data/t.csv"]),
        ({"out_bucket": "team-data", "out_dir": "o"}, "out_bucket", ["s3://team-data/o"]),
        (["--output-bucket", "team-data", "--mode", "a/b"], "--output-bucket", ["s3://team-data/a/b", "s3://team-data/"]),
        ({"bucket_in": "b", "prefix_in": "p", "prefix_out": "o"}, "bucket_in", ["s3://b/p"]),
        ({"datasetBucket": "b", "datasetDir": "d"}, "datasetBucket", ["s3://b/d"]),
        (["bucket=b", "prefix=p"], "bucket=b", ["s3://b/p"]),
        (["--bucket", "team-data"], "--bucket", ["s3://team-data/"]),
        (["--bucket", "team-data", "--path", "/opt/ml/processing/x"], "--bucket", ["s3://team-data/"]),
        ({"S3_BUCKET": "team-data", "train_prefix": "(unknown) x"}, "S3_BUCKET", ["s3://team-data/"]),
        *(({"hash_bucket": number}, "hash_bucket", []) for number in ("10", "1024", "true", "None", "0.25", "a b", "/opt/x")),
    ],
)
def test_a_bucket_and_its_prefix(given: Any, name: str, uris: list[str]) -> None:
    """A bucket belongs to each prefix whose name begins like its own, or where one of the two names says nothing more.

    Without any it is named as a whole, if it may be a bucket's name.
    """
    assert list(paired(given, name)) == uris


@pytest.mark.parametrize(
    "job",
    [
        processing("p", {}, {}, AppSpecification={"ContainerArguments": SPARK[:4]}),
        processing("p", {}, {}, AppSpecification={"ContainerEntrypoint": ["spark-submit", "x.py", *SPARK[:4]]}),
        processing("p", {}, {}, Environment={"S3_BUCKET": "B", "S3_PREFIX": "in"}),
        training("t", {}, HyperParameters={"bucket": '"B"', "prefix": '"in"'}),
        record("tuning-job", "n", {"TrainingJobDefinitions": [{"StaticHyperParameters": {"bucket": "B", "prefix": "in"}}]}),
        training("t", {}, AlgorithmSpecification={"ContainerArguments": SPARK[:4]}),
        training("t", {}, Tags=[{"Key": "bucket", "Value": "B"}, {"Key": "prefix", "Value": "in"}]),
        record("trial-component", "r", {"Parameters": {"bucket": {"StringValue": "B"}, "prefix": {"StringValue": "in"}}}),
        record("model-package", "g/1", {"CustomerMetadataProperties": {"bucket": "B", "prefix": "in"}}),
        record(
            "pipeline-execution",
            "p/execution/e",
            {
                "PipelineParameters": [{"Name": "Bucket", "Value": "B"}, {"Name": "Prefix", "Value": "in"}],
            },
        ),
        record(
            "pipeline-execution",
            "p/execution/e",
            {
                "PipelineParameters": [{"Name": "Data", "Value": '{"bucket": "B", "prefix": "in"}'}],
            },
        ),
    ],
)
def test_a_job_that_is_given_both_mentions_the_place(job: Any) -> None:
    """The bucket and the prefix that a record has in two arguments, variables, hyperparameters, tags or parameters are one place."""
    assert [uri for uri, *_ in facts(job, "mentions")] == ["s3://B/in"]


@pytest.mark.parametrize(
    ("text", "uris"),
    [
        ('{"bucket": "b", "prefix": "p/"}', ["s3://b/p/"]),
        ('{"S3Object": {"Bucket": "team-data", "Name": "p/a.csv"}}', ["s3://team-data/p/a.csv", "s3://team-data/"]),
        ('{"bucket": "b", "train": {"prefix": "t/"}, "test": {"prefix": "v/"}}', ["s3://b/v/", "s3://b/t/"]),
        ('[{"bucket": "b", "key": "p"}, {"bucket": "c", "key": "q"}]', ["s3://c/q", "s3://b/p"]),
        ('{"config": "{\\"bucket\\": \\"b\\", \\"key\\": \\"p\\"}"}', ["s3://b/p"]),
        ("python fit.py --bucket b --prefix p/", ["s3://b/p/"]),
        ("aws s3api get-object --bucket 'b' --key 'p/a.csv' /opt/ml/a.csv", ["s3://b/p/a.csv"]),
        ("bucket=b,prefix=p/", ["s3://b/p/"]),
        ("bucket: b\nprefix: p/", ["s3://b/p/"]),
        ("the bucket with the data", []),
        ("[" * 200 + '"bucket"', []),
    ],
)
def test_both_values_in_one_text(text: str, uris: list[str]) -> None:
    """A bucket and a prefix are one place also as members of a JSON object, and as options or pairs in one text."""
    assert list(dict.fromkeys(places_in(text))) == uris


BUCKETS = {f"bucket{at}": f"team-{at}" for at in range(300)}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (json.dumps(BUCKETS | {"parts": [{"prefix": "p", "rest": "r"}] * 1_000}), {f"s3://team-{at}/" for at in range(300)}),
        (json.dumps([BUCKETS | {"key": "k"}] * 50), {f"s3://team-{at}/" for at in range(300)}),
        (json.dumps(BUCKETS | {"parts": [{}] * 10_000}), {f"s3://team-{at}/" for at in range(300)}),
        ("bucket " + "a" * 16_000, set()),
    ],
)
def test_values_inside_each_other_are_not_all_combined(text: str, named: set[str]) -> None:
    """What many objects would take over from those around them is named as whole buckets, in a time as short as the text."""
    assert named <= set(places_in(text))
    assert calls(lambda: list(places_in(text))) < 100 * len(text)


def test_many_buckets_in_one_text_take_no_time() -> None:
    """Thousands of options are not combined with each other: each bucket is then named as a whole."""
    found = list(places_in(json.dumps({f"bucket{at}": f"team-{at}" for at in range(2_000)} | {"prefix": "p"})))
    assert found == [f"s3://team-{at}/" for at in range(2_000)]
