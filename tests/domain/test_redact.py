"""No secret leaves the crawl, and no dataset is lost with one."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from hypothesis import given as tried
from hypothesis import strategies as st

import lineage
from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.replay.session import replay_session
from lineage.domain.canonical import canonical
from lineage.domain.kinds import KINDS
from lineage.domain.records import REDACTED, Unknown
from lineage.domain.redact import read
from lineage.domain.references import hits
from tests.conftest import BANK
from tests.records import training
from tests.snapshot.packing import with_bodies

MODEL = botocore.session.get_session().get_service_model("sagemaker")


def clean(operation: str, **body: Any) -> Any:
    return read(body, MODEL.operation_model(operation).output_shape, [])


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "hf_token", "ApiKey", "aws_secret_access_key", "credentials", "AUTH", "pwd", "DB_PASS", "PGPASS"]
)
def test_values_under_a_secret_name_go(name: str) -> None:
    """A hyperparameter or environment value whose name looks like a secret is cut out."""
    body = clean("DescribeTrainingJob", HyperParameters={name: "x1"}, Environment={name: "x2"})
    assert body == {"HyperParameters": {name: REDACTED}, "Environment": {name: REDACTED}}


@pytest.mark.parametrize(
    "value",
    [
        '{"db": {"password": "x1"}}',
        '{"password": "x1", "password": ""}',
        "Server=x;Password=y1;",
        'sh -c "export TOKEN=y1"',
        "-----BEGIN RSA PRIVATE KEY-----\nabc",
        "AKIAABCDEFGHIJKLMNOP",
        "postgres://jo:pw@db/x",
        "https://b/k?X-Amz-Signature=abc",
        "hf_" + "a" * 30,
        "ghp_" + "b" * 36,
    ],
)
def test_values_that_look_like_secrets_go(value: str) -> None:
    """A key, a password in a URL or a signature is cut out under any name."""
    assert REDACTED in clean("DescribeTrainingJob", Environment={"harmless": value})["Environment"]["harmless"]


TOKENS = ["ghp_" + letter * 36 for letter in "ab"]


@pytest.mark.parametrize("written", [dict, json.dumps])
def test_names_that_look_like_secrets_go(written: Any) -> None:
    """A secret may take the place of a name, in a map or inside JSON: it is cut, and each value is kept."""
    said = written({TOKENS[0]: "s3://b/x", TOKENS[1]: "s3://b/y", "n": "1"})
    body = {"HyperParameters": {"conf": said}} if isinstance(said, str) else {"HyperParameters": said}
    kept = json.dumps(clean("DescribeTrainingJob", **body))
    assert [one for one in TOKENS if one in kept] == []
    assert [one for one in ("s3://b/x", "s3://b/y", REDACTED) if one not in kept] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", "4096"),
        ("tokenizer", "bert"),
        ("num_key_value_heads", "8"),
        ("author", "jo"),
        ("eta", '{"a": [1, 2]}'),
        ("note", "token count: 512"),
    ],
)
def test_harmless_values_stay(name: str, value: str) -> None:
    """A number under a name that contains `token` or `key` is no secret, and an author is no authorization."""
    assert clean("DescribeTrainingJob", HyperParameters={name: value})["HyperParameters"] == {name: value}


@pytest.mark.parametrize("value", ["s3://b/keys/x.csv", '"s3://b/keys/x.csv"'])
def test_a_location_stays(value: str) -> None:
    """An S3 URI is no secret, whatever its name: it may be the only trace of a dataset."""
    assert clean("DescribeTrainingJob", HyperParameters={"data_key": value})["HyperParameters"] == {"data_key": value}


def places(kind: str, body: dict[str, Any]) -> set[tuple[str, str]]:
    """What a record names once its secrets are cut, and as how many keys."""
    found = hits(KINDS[kind], clean(KINDS[kind].describe, **body))
    return {(one.location.uri if one.location else one.value, str(one.span)) for one in found}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("s3://b/my data/token=abc/part/", "s3://b/my data/token="),
        ("s3://b/[a]/password=x/", "s3://b/[a]/password="),
        ("s3://b/it's/ghp_" + "b" * 36 + "/x", "s3://b/it's/"),
        ("s3a://KEY:hunter2@b/my data/x", "s3://b/my data/x"),
        ("efs://fs-1/token=abc/x", "efs://fs-1/token="),
    ],
)
def test_a_location_goes_up_to_what_was_cut_out_of_it(value: str, place: str) -> None:
    """A location with a part that looks like a secret keeps its beginning, which stands for all that it may be."""
    assert places("trial-component", {"InputArtifacts": {"train": {"Value": value}}}) == {(place, "prefix")}


@pytest.mark.parametrize("uri", ["s3://b/my data/ghp_" + "b" * 36 + "@v1/", "s3://b/my data/x://token@y/", "s3://b/a?token=x"])
def test_the_keys_of_the_api_are_never_touched(uri: str) -> None:
    """Everything after the bucket in a member of the API is a key, whatever it looks like."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    assert places("training-job", {"InputDataConfig": [{"ChannelName": "a", "DataSource": source}]}) == {(uri, "prefix")}


@pytest.mark.parametrize("uri", ["efs://fs-1/a", "fsx://fs-1/a", "athena://c/db/t", "redshift://c/db/public/t", "s3://b/a"])
@pytest.mark.parametrize("member", ["InputArtifacts", "OutputArtifacts"])
def test_what_a_run_read_under_a_secret_name_is_read(member: str, uri: str) -> None:
    """Datasets have names like `tokens` and `keys`: their locations stay, in every store."""
    assert {place for place, _ in places("trial-component", {member: {"tokens": {"Value": uri}}})} == {uri}


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM t WHERE token = (SELECT x FROM other)",
        "SELECT * FROM t JOIN b ON t.token=b.token,other",
        "SELECT * FROM t -- token: 'abc\n JOIN other ON t.x='1' AND b='2'",
    ],
)
@pytest.mark.parametrize("engine", ["Athena", "Redshift"])
def test_a_query_of_which_something_was_cut_may_read_anything(engine: str, query: str) -> None:
    """The name of a table may be cut with an apparent secret beside it: then the query's source is a gap."""
    source = {"Catalog": "c", "ClusterId": "c", "Database": "db", "QueryString": query}
    source.pop("Catalog" if engine == "Redshift" else "ClusterId")
    found = places(
        "processing-job",
        {"ProcessingInputs": [{"InputName": "i", "DatasetDefinition": {f"{engine}DatasetDefinition": source}}]},
    )
    assert "unknown" in {span for _, span in found}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["--api-key", "x1", "--n", "3"], ["--api-key", REDACTED, "--n", "3"]),
        (["--api-key=x1", "go"], [f"--api-key={REDACTED}", "go"]),
        (["--data-key", "s3://b/x"], ["--data-key", "s3://b/x"]),
    ],
)
def test_arguments(given: list[str], kept: list[str]) -> None:
    """A secret among command line arguments is cut out, in both notations."""
    body = clean("DescribeProcessingJob", AppSpecification={"ImageUri": "i", "ContainerArguments": given})
    assert body["AppSpecification"]["ContainerArguments"] == kept


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("run --db-password x1 --n 3", f"run --db-password {REDACTED} --n 3"),
        ("run '--token' 'x1'", f"run '--token' '{REDACTED}'"),
        ("run --max-tokens 512 --tokenizer bert", "run --max-tokens 512 --tokenizer bert"),
        ("run --api-key --data s3://b/x", "run --api-key --data s3://b/x"),
    ],
)
def test_the_word_after_a_secret_flag_inside_a_text_goes(given: str, kept: str) -> None:
    """A command line inside one text loses its secrets as a list of arguments does."""
    body = clean("DescribeTrainingJob", HyperParameters={"cmd": given}, AlgorithmSpecification={"ContainerEntrypoint": [given]})
    assert body == {"HyperParameters": {"cmd": kept}, "AlgorithmSpecification": {"ContainerEntrypoint": [kept]}}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (
            {"Name": "DbPassword", "Type": "String", "DefaultValue": "x1", "EnumValues": ["x1"]},
            {"Name": "DbPassword", "Type": "String", "DefaultValue": REDACTED, "EnumValues": [REDACTED]},
        ),
        ({"Name": "ApiToken", "Value": "x1"}, {"Name": "ApiToken", "Value": REDACTED}),
        ({"Key": "team", "Value": "fraud"}, {"Key": "team", "Value": "fraud"}),
        ({"ContainerArguments": ["--password", "x1"]}, {"ContainerArguments": ["--password", REDACTED]}),
        ({"passwords": ["x1", "x2"]}, {"passwords": [REDACTED, REDACTED]}),
        ({"db": {"password": 1234, "max_tokens": 8}}, {"db": {"password": REDACTED, "max_tokens": 8}}),
        ({"Name": "Token", "Type": "Training"}, {"Name": "Token", "Type": "Training"}),
    ],
)
def test_secrets_of_a_document_go(given: dict[str, Any], kept: dict[str, Any]) -> None:
    """A pipeline's definition names its parameters beside their values, and holds arguments as lists."""
    body = clean("DescribePipeline", PipelineDefinition=json.dumps({"Parts": [given]}))
    assert json.loads(body["PipelineDefinition"]) == {"Parts": [kept]}


def test_secrets_of_a_model_card_go() -> None:
    """A model card names a hyperparameter beside its value."""
    card = {"training_details": {"hyper_parameters": [{"name": "api_key", "value": "x1"}, {"name": "eta", "value": "0.1"}]}}
    kept = json.loads(clean("DescribeModelCard", Content=json.dumps(card))["Content"])
    assert [one["value"] for one in kept["training_details"]["hyper_parameters"]] == [REDACTED, "0.1"]


def test_names_and_locations_of_the_api_are_never_touched() -> None:
    """A job, a key or a bucket may have any name: a changed name would be another thing."""
    name = "sk-learn-fraud-training-2026-01-long"
    body = clean(
        "DescribeTrainingJob", TrainingJobName=name, ModelArtifacts={"S3ModelArtifacts": f"s3://b/{name}/output/model.tar.gz"}
    )
    assert body == {"TrainingJobName": name, "ModelArtifacts": {"S3ModelArtifacts": f"s3://b/{name}/output/model.tar.gz"}}


@pytest.mark.parametrize(("name", "value"), [("token_data", '["s3://d/tok/"]'), ("monkey", "see s3://d/x/ there")])
def test_locations_inside_a_redacted_value_stay(name: str, value: str) -> None:
    """In a value under a secret name, the S3 URIs are kept."""
    kept = clean("DescribeTrainingJob", HyperParameters={name: value})["HyperParameters"][name]
    assert kept.startswith(REDACTED)
    assert "s3://d/" in kept


@pytest.mark.parametrize(
    "value",
    [
        "s3://sk-retail-customers-2026-all/train/",
        "s3://d/x/token_type=refresh/",
        "in https://d.s3.eu-west-1.amazonaws.com/x/1.csv",
    ],
)
def test_locations_are_no_secrets(value: str) -> None:
    """The text inside a location is never cut, whatever it looks like."""
    assert clean("DescribeTrainingJob", HyperParameters={"extra": value})["HyperParameters"] == {"extra": value}


def test_the_prefix_of_an_object_key_is_no_secret() -> None:
    """A place of data in a bucket may be the only trace of it, and stays in arguments and variables; a key does not."""
    arguments = ["--s3_input_bucket", "b", "--s3_input_key_prefix", "in/x", "--api-key", "abc"]
    kept = clean(
        "DescribeProcessingJob",
        AppSpecification={"ContainerArguments": arguments},
        Environment={"S3_KEY_PREFIX": "in/x", "S3_KEY": "abc"},
    )
    assert kept["AppSpecification"]["ContainerArguments"] == [*arguments[:-1], REDACTED]
    assert kept["Environment"] == {"S3_KEY_PREFIX": "in/x", "S3_KEY": REDACTED}


def test_locations_of_every_form_stay_under_a_secret_name() -> None:
    """https and ARN forms are kept like S3 URIs; a signature is not."""
    kept = clean(
        "DescribeTrainingJob",
        HyperParameters={
            "key": "https://d.s3.amazonaws.com/x/1.csv?X-Amz-Signature=abc arn:aws:s3:::d/y",
            "eu_key": "https://d.s3.eusc-de-east-1.amazonaws.eu/x/1.csv",
            "point_key": "arn:aws:s3:eu-west-1:111122223333:accesspoint/team/object/x",
        },
    )
    assert kept["HyperParameters"] == {
        "key": f"{REDACTED} https://d.s3.amazonaws.com/x/1.csv arn:aws:s3:::d/y",
        "eu_key": "https://d.s3.eusc-de-east-1.amazonaws.eu/x/1.csv",
        "point_key": "arn:aws:s3:eu-west-1:111122223333:accesspoint/team/object/x",
    }


def test_a_value_that_nests_too_deeply_stops_nothing() -> None:
    """A hyperparameter of two thousand brackets is kept unchanged."""
    assert clean("DescribeTrainingJob", HyperParameters={"extra": "[" * 2400}) == {"HyperParameters": {"extra": "[" * 2400}}


def test_the_apis_own_members_stay() -> None:
    """`KmsKeyId` is a member of the API and names no secret."""
    body = clean("DescribeTrainingJob", OutputDataConfig={"KmsKeyId": "alias/k", "S3OutputPath": "s3://b/"}, Tags=[])
    assert body == {"OutputDataConfig": {"KmsKeyId": "alias/k", "S3OutputPath": "s3://b/"}}


@pytest.mark.parametrize(
    ("operation", "member", "given", "kept"),
    [
        ("ListTags", "Tags", {"Key": "db-password", "Value": "x1"}, {"Key": "db-password", "Value": REDACTED}),
        ("ListTags", "Tags", {"Key": "team", "Value": "fraud"}, {"Key": "team", "Value": "fraud"}),
        (
            "ListPipelineParametersForExecution",
            "PipelineParameters",
            {"Name": "ApiToken", "Value": "x1"},
            {"Name": "ApiToken", "Value": REDACTED},
        ),
    ],
)
def test_a_pair_is_read_under_the_name_in_it(operation: str, member: str, given: dict[str, str], kept: dict[str, str]) -> None:
    """The value of a tag, or of a pipeline's parameter, whose name looks like a secret is cut out."""
    assert clean(operation, **{member: [given]}) == {member: [kept]}


def test_parameters_of_a_trial_component() -> None:
    """Values that people log under a secret name are cut out too."""
    body = clean("DescribeTrialComponent", Parameters={"token": {"StringValue": "x1"}, "eta": {"NumberValue": 0.1}})
    assert body["Parameters"] == {"token": {"StringValue": REDACTED}, "eta": {"NumberValue": 0.1}}


def test_no_secret_is_in_the_snapshot(bank_path: Path) -> None:
    """The password in the bank's account file is nowhere in the bytes of the snapshot, nor in what is packed there."""
    assert b"hunter2" in BANK.read_bytes()
    assert b"hunter2" not in bank_path.read_bytes()
    db = with_bodies(sqlite3.connect(bank_path))
    bodies = " ".join(row[0] for row in db.execute("SELECT unpacked(dictionary, body) FROM record"))
    contents = b"".join(row[0] for row in db.execute("SELECT content FROM dictionary"))
    assert ("hunter2" in bodies, b"hunter2" in contents, REDACTED in bodies) == (False, False, True)


def test_members_that_botocore_does_not_know_are_gaps(tmp_path: Path) -> None:
    """botocore silently drops a member that is newer: the crawl keeps its path and its value as a gap."""
    body = dict(training("fit", {"train": "s3://b/t"}).body)
    body["InputDataConfig"] = [{"ChannelName": "t", "DataSource": {"LakeSource": {"Table": "x"}}}]
    header = {"schema": "lineage.account/1", "caller": "arn:aws:sts::111122223333:assumed-role/a/b", "region": "eu-west-1"}
    path = tmp_path / "account.jsonl"
    path.write_text(f"{json.dumps(header)}\n{json.dumps({'kind': 'training-job', 'record': body})}\n")
    fetcher = Fetcher(replay_session(path))
    job = fetcher.describe(KINDS["training-job"], "fit", "eu-west-1")
    assert job.body["InputDataConfig"] == [{"ChannelName": "t", "DataSource": {}}]
    assert job.unknown == (Unknown("InputDataConfig[].DataSource.LakeSource", {"Table": "x"}, names=True),)


def test_known_members_are_no_gaps(bank: lineage.Snapshot) -> None:
    """The bank's records hold nothing that botocore does not know."""
    assert not [gap for gap in bank.gaps() if gap.reason == "unknown-member"]


# --- any value ----------------------------------------------------------------------------------------

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()), max_size=20)
INNER = LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(st.text(max_size=10), LEAF, max_size=3)
JSON = INNER | st.lists(INNER, max_size=3) | st.dictionaries(st.text(max_size=10), INNER, max_size=3)
ANSWERS = {
    name: MODEL.operation_model(name).output_shape for name in ("DescribeTrainingJob", "DescribeTrialComponent", "Search")
}


@pytest.mark.parametrize("operation", ANSWERS)
@tried(data=st.data())
def test_any_json_is_read_or_refused(operation: str, data: st.DataObject) -> None:
    """An answer with any members is read as far as possible, and a file can hold what is kept."""
    names = st.sampled_from([*ANSWERS[operation].members, "BrandNew"])
    body = data.draw(st.dictionaries(names, JSON, max_size=6))
    unknown: list[Unknown] = []
    found = read(body, ANSWERS[operation], unknown)
    assert json.loads(canonical(found).encode()) == found
    assert read(found, ANSWERS[operation], []) == found


@pytest.mark.parametrize("member", ["BrandNew", "HyperParameters", "CreationTime", "Tags", "InputDataConfig", "FailureReason"])
def test_what_nests_too_deeply_is_odd(member: str) -> None:
    """JSON deeper than Python's limit does not end the crawl: it is noted as something that could name anything."""
    deep: Any = "s3://b/x"
    for _ in range(100_000):
        deep = [deep]
    unknown: list[Unknown] = []
    read({member: deep}, ANSWERS["DescribeTrainingJob"], unknown)
    assert [(one.path.partition("[")[0], one.names) for one in unknown] == [(member, True)]


@pytest.mark.parametrize(
    "time",
    [
        1e300,
        -1e300,
        10**400,
        -1,
        float("nan"),
        True,
        "x",
        "",
        [],
        {"x": 1},
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_time_that_is_none_is_odd(time: Any) -> None:
    """A time outside of the calendar, or of the range of records, is left out, and noted."""
    unknown: list[Unknown] = []
    found = read({"CreationTime": time, "TrainingJobName": "j"}, ANSWERS["DescribeTrainingJob"], unknown)
    assert found == {"TrainingJobName": "j"}
    assert [(one.path, one.names, one.odd[:10]) for one in unknown] == [("CreationTime", True, "not a time")]


def test_an_unknown_member_whose_name_looks_like_a_secret_is_noted() -> None:
    """Such a name is cut wherever it is shown, and does not end the crawl."""
    unknown: list[Unknown] = []
    said = {TOKENS[0]: "s3://b/x", "OutputDataConfig": {TOKENS[1]: 1}}
    assert read(said, ANSWERS["DescribeTrainingJob"], unknown) == {"OutputDataConfig": {}}
    told = [(REDACTED, "s3://b/x", True), (f"OutputDataConfig.{REDACTED}", 1, False)]
    assert [(one.path, one.value, one.names) for one in unknown] == told


def test_a_time_without_an_offset_is_in_utc() -> None:
    """Nothing depends on the time zone of the reader."""
    assert clean("DescribeTrainingJob", CreationTime="2026-01-02T03:04:05") == {"CreationTime": "2026-01-02T03:04:05Z"}


def test_a_pair_whose_name_is_an_object_hides_nothing() -> None:
    """A value in the place of a name is not kept unchanged."""
    assert clean("ListTags", Tags=[{"Key": {"password": "x1"}, "Value": "x2"}]) == {"Tags": [{"Value": "x2"}]}


@pytest.mark.parametrize(
    ("operation", "given", "kept"),
    [
        ("DescribeModelPackage", {"SourceUri": "https://jo:x1@git.example.com/a"}, {"SourceUri": f"https://{REDACTED}@git.example.com/a"}),
        ("DescribeModelPackage", {"SourceUri": "s3://b/sk-retail-customers-2026-all@1?x=1"}, {"SourceUri": "s3://b/sk-retail-customers-2026-all@1?x=1"}),
        ("DescribeTrialComponent", {"MetadataProperties": {"Repository": "https://x1@git.example.com/a.git"}}, {"MetadataProperties": {"Repository": f"https://{REDACTED}@git.example.com/a.git"}}),
    ],
)  # fmt: skip
def test_passwords_in_addresses_of_the_api_go(operation: str, given: Any, kept: Any) -> None:
    """A URI of the API's own stays except for its password, token or signature; a key in S3 stays whole."""
    assert clean(operation, **given) == kept
