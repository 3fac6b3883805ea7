"""Places that are given as a bucket and a prefix."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lineage.domain.arguments import names_bucket, paired, places_in, thing_of, things_beside, things_in, things_of
from lineage.domain.kinds import KINDS
from lineage.domain.references import hits
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
        ("+data.bucket=b", True),
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
        ("bucket: 'b'\nprefix: \"p/\"", ["s3://b/p/"]),
        ('[data]\nbucket = "b"\nprefix = "p/"', ["s3://b/p/"]),
        ("fit.py --bucket='b' --prefix=\"p/\"", ["s3://b/p/"]),
        ("{'bucket': 'b', 'prefix': 'p/', 'n': 3}", ["s3://b/p/"]),
        ("{'data': {'bucket':'b','prefix':'p/'}}", ["s3://b/p/"]),
        ("fit.py +data.bucket=b ++data.prefix=p/", ["s3://b/p/"]),
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
        (json.dumps([BUCKETS | {"key": "k"}] * 10), {f"s3://team-{at}/" for at in range(300)}),
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


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        *dict.fromkeys(
            ("feature_group", "feature-groups", "--feature-group-name", "featureGroupName", "FEATURE_GROUP_NAMES", "fg_name"),
            "feature-group",
        ).items(),
        ("source_feature_group_name", "feature-group"),
        ("feature_group_name_2", "feature-group"),
        ("FeatureGroup=customers", "feature-group"),
        ("ENDPOINT_NAME", "endpoint"),
        ("--teacher-endpoint-name", "endpoint"),
        ("endpoint", "endpoint"),
        ("sagemaker_endpoint", "endpoint"),
        ("training_job_name", "training-job"),
        ("parentTrainingJob", "training-job"),
        ("processing-job-name", "processing-job"),
        ("TransformJobName", "transform-job"),
        ("hyperparameter_tuning_job_name", "tuning-job"),
        ("AutoMLJobName", "automl-job"),
        ("auto_ml_job", "automl-job"),
        ("labeling_job_name", "labeling-job"),
        ("model_package_name", "model-package"),
        ("sagemaker_model_name", "model"),
        *dict.fromkeys(
            (
                "sagemaker_job_name", "job_name", "base_job_name", "model_name", "model", "fg", "vpc_endpoint", "endpoint_url",
                "s3_endpoint", "endpoint_config_name", "feature_group_count", "n_training_jobs_max", "pipeline_name",
                "model_package_group_name", "output_feature_group_name", "trial_component_name", "feature_group_description", "",
            ),
            "",
        ).items(),
    ],
)  # fmt: skip
def test_what_names_a_thing(option: str, kind: str) -> None:
    """The end of an option's name tells the kind of the thing that its value names, in whatever way it is written."""
    assert thing_of(option) == kind


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("customers", ["customers"]),
        ('"customers"', ["customers"]),
        ("customers_v2", ["customers_v2"]),
        ("a1, b2", ["a1", "b2"]),
        ('["a1", "b2"]', ["a1", "b2"]),
        ("['a1', 'b2']", ["a1", "b2"]),
        *((nothing, []) for nothing in ("", "17", "0.25", "1e5", "true", "None", "null", "-", "a b", "https://x/y", "/opt/ml")),
        *((nothing, []) for nothing in ("x.csv", "a/b", "(redacted)", "${group}", "x" * 65, "arn:aws:sagemaker:r:1:x/y")),
    ],
)
def test_what_may_be_a_things_name(value: str, names: list[str]) -> None:
    """A value names a thing only if it may be a name: no number, no word for nothing, no path; a list names several."""
    assert [one.name for one in things_of("feature_group_name", value)] == names


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["--feature-group", "a"], ["a"]),
        (["--feature-group=a", "b"], ["a"]),
        (["--feature-groups", "a", "b", "--endpoint", "c"], ["a", "b", "c"]),
        (["--feature-group", "a", "b"], ["a"]),
        (["--feature-group", "--verbose"], []),
        (["feature_group_name=a"], ["a"]),
        (["--feature-group"], []),
        ({"FEATURE_GROUP": "a", "OTHER": "b"}, ["a"]),
    ],
)
def test_options_beside_each_other_name_things(given: Any, names: list[str]) -> None:
    """An argument's value is the next one, or after its sign; an option for several takes all up to the next option."""
    assert [one.name for one in things_beside(given)] == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('{"training_job_name": "t-1"}', ["t-1"]),
        ('{"in": {"feature_groups": ["a", "b"]}, "n": [{"endpoint_name": "c"}]}', ["a", "b", "c"]),
        ('{"config": "{\\"feature_group\\": \\"a\\"}"}', ["a"]),
        ('["--feature-group", "a"]', ["a"]),
        ("fit.py --feature-group a --epochs 3", ["a"]),
        ("fit.py --feature-groups=a,b --epochs 3", ["a", "b"]),
        ("feature_group_name=a,epochs=3", ["a"]),
        ("feature_group: a", ["a"]),
        ("{'feature_group': 'a', 'endpoint_name': 'b'}", ["a", "b"]),
        ("the feature group and the endpoint are new", []),
        ('{"model_name": "bert-base", "sagemaker_job_name": "j"}', []),
        ('{"feature_group": 3, "endpoint": {"name": 1}}', []),
    ],
)
def test_a_text_names_things(text: str, names: list[str]) -> None:
    """The JSON or the command line in a text names things as variables and arguments do."""
    assert sorted(one.name for one in things_in(text)) == names


@pytest.mark.parametrize(
    "job",
    [
        training("t", {}, HyperParameters={"feature_group_name": '"customers"'}),
        training("t", {}, HyperParameters={"config": json.dumps({"feature_group": "customers"})}),
        training("t", {}, Environment={"FEATURE_GROUP": "customers"}),
        processing("t", {}, {}, AppSpecification={"ContainerArguments": ["--x", "1", "--feature-group", "customers"]}),
        processing("t", {}, {}, AppSpecification={"ContainerEntrypoint": ["bash", "-c", "run --feature-group=customers"]}),
        training("t", {}, Tags=[{"Key": "feature-group", "Value": "customers"}]),
        record("trial-component", "t", {"Parameters": {"feature_group": {"StringValue": "customers"}}}),
        record("trial-component", "t", {"InputArtifacts": {"feature_group": {"Value": "customers"}}}),
        record("model-package", "g/1", {"CustomerMetadataProperties": {"feature_group": "customers"}}),
    ],
)
def test_each_text_of_a_record_may_name_a_thing(job: Any) -> None:
    """A hyperparameter, a variable, an argument, a tag, and a run's parameter or input name a thing alike."""
    assert [
        (hit.reference.to, hit.value) for hit in hits(KINDS[job.kind], job.body) if hit.reference.relation == "may-take"
    ] == [("feature-group", "customers")]
