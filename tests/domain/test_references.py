"""What the fields of a record refer to, and what their siblings add."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.domain.kinds import KINDS, LOCATION, Kind, Reference, mentions, owns, reads, refers
from lineage.domain.names import Span
from lineage.domain.records import Resource
from lineage.domain.references import Hit, follow, hits
from lineage.graphs.derive import declared
from tests.records import channel, processing, record, training
from tests.work import calls


def found(resource: Resource, *relations: str) -> list[Hit]:
    return [hit for hit in hits(KINDS[resource.kind], resource.body) if hit.reference.relation in relations]


def facts(resource: Resource, *relations: str) -> list[tuple[Any, ...]]:
    return [
        (hit.location.uri if hit.location else hit.value, hit.role, hit.usage, hit.span) for hit in found(resource, *relations)
    ]


def test_follow_enters_lists_and_maps() -> None:
    """A path goes into each element of a list and each value of a map, and the map's key counts as a sibling."""
    body = {"A": [{"B": {"x": {"V": 1}, "y": {"V": 2}}}, {"B": None}, {}]}
    assert [(value, scopes[1]["*"]) for value, scopes in follow(body, "A[].B.*.V")] == [(1, "x"), (2, "y")]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (channel("train", "s3://b/t"), ("s3://b/t", "train", "data", Span.PREFIX)),
        (channel("train", "s3://b/t", mode="FastFile"), ("s3://b/t", "train", "data", Span.FOLDER)),
        (channel("train", "s3://b/m", "ManifestFile"), ("s3://b/m", "train", "data", Span.MANIFEST)),
        (channel("train", "s3://b/m", "AugmentedManifestFile", "Pipe"), ("s3://b/m", "train", "data", Span.MANIFEST)),
        (channel("Model", "s3://b/m"), ("s3://b/m", "Model", "model", Span.PREFIX)),
        (channel("code", "s3://b/c"), ("s3://b/c", "code", "code", Span.PREFIX)),
        (
            channel("sagemaker_remote_function_bootstrap", "s3://b/c"),
            ("s3://b/c", "sagemaker_remote_function_bootstrap", "code", Span.PREFIX),
        ),
        (channel("train", "not a uri"), ("not a uri", "train", "data", Span.UNKNOWN)),
    ],
)
def test_channel(one: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """A channel is read as its S3 data type, its input mode and its name say."""
    assert facts(training("j", [one]), "reads") == [expected]


def test_the_jobs_input_mode_holds_where_the_channel_has_none() -> None:
    """A channel without an input mode has that of the algorithm."""
    job = training("j", [channel("train", "s3://b/t")], AlgorithmSpecification={"TrainingInputMode": "FastFile"})
    assert facts(job, "reads") == [("s3://b/t", "train", "data", Span.FOLDER)]


def test_file_system_and_dataset_channels() -> None:
    """A file system is a location of its own, made from its id and directory; a hub dataset is named by ARN."""
    system = {"FileSystemDataSource": {"FileSystemId": "fs-1", "FileSystemType": "EFS", "DirectoryPath": "/a/b"}}
    hub = "arn:aws:sagemaker:eu-west-1:aws:hub-content/SageMakerPublicHub/DataSet/d/1.0.0"
    job = training(
        "j",
        [
            {"ChannelName": "x", "DataSource": system},
            {"ChannelName": "y", "DataSource": {"DatasetSource": {"DatasetArn": hub}}},
        ],
    )
    assert facts(job, "reads") == [("efs://fs-1/a/b", "x", "data", Span.FOLDER), (hub, "y", "data", None)]


def test_outputs_of_a_training_job() -> None:
    """A job writes its artifact, its own folder under the output path, and its checkpoints, which it also reads."""
    body = {"OutputDataConfig": {"S3OutputPath": "s3://b/out/"}, "CheckpointConfig": {"S3Uri": "s3://b/ckpt"}}
    job = training("Fit-1", {}, "s3://b/out/Fit-1/output/model.tar.gz", **body)
    assert {(uri, usage) for uri, _, usage, _ in facts(job, "writes")} == {
        ("s3://b/out/Fit-1/output/model.tar.gz", "model"),
        ("s3://b/out/Fit-1/", "output"),
        ("s3://b/ckpt", "checkpoint"),
    }
    assert facts(job, "reads") == [("s3://b/ckpt", "checkpoint", "checkpoint", Span.PREFIX)]


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ('SELECT * FROM "customers_1623" LIMIT 10', ["c/d/customers_1623"]),
        ('select a from x.T as t, y u join "db"."tab-le" on 1=1', ["c/db/tab-le", "c/x/t", "c/d/y"]),
        ("select * from a -- from b\n where z = 'from it''s' /* join c */", ["c/d/a"]),
        ("select * from a\nleft join Cat . `db`.t on a.id = t.id", ["cat/db/t", "c/d/a"]),
    ],
)
def test_tables_of_a_query(query: str, tables: list[str]) -> None:
    """A query reads the tables after FROM and JOIN, in any case and quotes, and none from comments and texts."""
    asked = {"Catalog": "C", "Database": "d", "QueryString": query, "OutputS3Uri": "s3://b/staged/"}
    inputs = [{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": asked}}]
    found = facts(processing("p", {}, {}, ProcessingInputs=inputs), "reads")
    assert {uri for uri, *_ in found} == {f"athena://{table}" for table in tables} | {"s3://b/staged/"}


def test_athena_inputs_are_tables_nobody_resolved() -> None:
    """A query without a table reads a database, and stages its result in S3, which the job writes and reads."""
    query = {"Catalog": "c", "Database": "d", "QueryString": "SELECT 1", "OutputS3Uri": "s3://b/staged/"}
    job = processing(
        "p", {}, {}, ProcessingInputs=[{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": query}}]
    )
    assert facts(job, "reads") == [("athena://c/d", "q", "data", Span.UNKNOWN), ("s3://b/staged/", "q", "data", Span.PREFIX)]
    assert facts(job, "writes") == [("s3://b/staged/", "", "data", Span.FOLDER)]


@pytest.mark.parametrize(
    ("value", "uris"),
    [
        ('"s3://b/x"', ["s3://b/x"]),
        ('["s3://b/x", "s3://b/y"]', ["s3://b/x", "s3://b/y"]),
        ("--data=s3://b/x/ --n 3", ["s3://b/x/"]),
        ("s3://b/x:s3://c/y+s3://d/z", ["s3://b/x", "s3://c/y", "s3://d/z"]),
        ("s3://b/pages/https://example.com/x", ["s3://b/pages/https://example.com/x"]),
        ("https://eu-west-1.console.aws.amazon.com/s3/buckets/b?region=eu-west-1&prefix=x/", ["s3://b/x/"]),
        ("http://b.s3-website.eu-central-1.amazonaws.com/x/", ["s3://b/x/"]),
        ("eyJkIjogInMzOi8vYi94LyJ9", ["s3://b/x/"]),
        ('{"bucket": "b", "prefix": "x/"}', ["s3://b/x/"]),
        ("s3://b/x/${SPLIT}/", ["s3://b/x/"]),
        ("s3://b/x-$SPLIT.csv", ["s3://b/x-"]),
        ("s3://b/%(split)s/", ["s3://b/"]),
        ("s3://b/%Y/%m/", ["s3://b/"]),
        ("s3://b/a%20b/", ["s3://b/a%20b/"]),
        ("s3://b/part-?.csv", ["s3://b/part-"]),
        ("s3://b/(train|test)/", ["s3://b/"]),
        ("s3://b/!(test)/", ["s3://b/"]),
        ("s3://b/x.csv?versionId=1", ["s3://b/x.csv"]),
        ("s3://b/x.zip!/y.csv", ["s3://b/x.zip"]),
        ("s3://b/x.zip#y", ["s3://b/x.zip"]),
        ("/vsis3/b/x.tif", ["s3://b/x.tif"]),
        ("/vsis3_streaming/b/x.tif", ["s3://b/x.tif"]),
        ("s3://$BUCKET/x/", []),
        ("0.3", []),
        ("s3:/b", []),
    ],
)
def test_mentions(value: str, uris: list[str]) -> None:
    """An S3 URI inside a hyperparameter is found with its name: JSON-quoted as the SDK does it, in any form, beside others."""
    job = training("j", {}, HyperParameters={"extra": value})
    assert [(uri, role) for uri, role, _, _ in facts(job, "mentions")] == [(uri, "extra") for uri in uris]


@pytest.mark.parametrize(
    ("argument", "uris"),
    [
        ("fit --data s3://${ROOT}/$SPLIT/x", ["s3://b/train/x"]),
        ("fit --data s3://b/${SPLIT}/", ["s3://b/", "s3://b/train/"]),
        ("fit --data s3://${NONE:-b}/x/", ["s3://b/x/"]),
        ("fit --data s3://$NONE/x/", []),
    ],
)
def test_a_location_with_the_jobs_own_variables(argument: str, uris: list[str]) -> None:
    """What a shell fills in from the job's own variables is known."""
    job = training(
        "j",
        {},
        Environment={"ROOT": "b", "SPLIT": "train"},
        AlgorithmSpecification={"ContainerEntrypoint": ["bash", "-c"], "ContainerArguments": [argument]},
    )
    assert [uri for uri, _, _, _ in facts(job, "mentions")] == uris


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--table", "$OF"], ["athena://awsdatacatalog/sagemaker_featurestore/users_1690000000"]),
        (["--table=${OF}"], ["athena://awsdatacatalog/sagemaker_featurestore/users_1690000000"]),
        (["--sourceTables", "x,$OF"], ["athena://awsdatacatalog/sagemaker_featurestore/users_1690000000"]),
        (["--feature-group", "$WHO"], ["users"]),
        (["--feature-group=$WHO"], ["users"]),
        (["fit --feature-group ${WHO}-2 -v"], ["users-2"]),
        (["--data", "/vsis3/$WHO/x.tif"], ["s3://users/x.tif"]),
    ],
)
def test_a_thing_or_a_table_with_the_jobs_own_variables(arguments: list[str], named: list[str]) -> None:
    """What a shell fills in from the job's own variables is known of the names of things and of tables, too."""
    body = {"Environment": {"OF": "users_1690000000", "WHO": "users"}}
    job = training("j", {}, AlgorithmSpecification={"ContainerArguments": arguments}, **body)
    assert list(dict.fromkeys(hit.value for hit in found(job, "mentions", "may-take"))) == named


def test_many_variables_with_long_values() -> None:
    """A text with variables does not become longer than what can be looked at: the others stay, and end a key."""
    job = training("j", {}, HyperParameters={"all": "$X " * 2_000 + "s3://b/$Y"}, Environment={"X": "x" * 1_000, "Y": "y"})
    assert [uri for uri, *_ in facts(job, "mentions")] == ["s3://b/"]


def test_a_text_of_many_closing_signs() -> None:
    """What closes a text is looked at from its end, once."""
    told = f"s3://b/x{')' * 20_000}y:rw).]"
    assert [hit.value for hit in found(training("j", {}, HyperParameters={"all": told}), "mentions")] == [told[:-6]]


def test_what_people_log_may_end_before_its_place_does() -> None:
    """A version, or what a program fills in, is no part of the key that a run logs; in a channel every sign is."""
    logged = {"data": {"Value": "s3://b/d.csv?versionId=1"}}
    assert facts(record("trial-component", "r", {"InputArtifacts": logged}), "reads") == [
        ("s3://b/d.csv", "data", "data", Span.PREFIX)
    ]
    assert facts(training("j", {"train": "s3://b/$d?/"}), "reads") == [("s3://b/$d?/", "train", "data", Span.PREFIX)]


def test_container_of_a_model() -> None:
    """A container loads an object; a multi-model one loads a prefix, without an end."""
    single = record("model", "m", {"PrimaryContainer": {"ModelDataUrl": "s3://b/m.tar.gz", "ContainerHostname": "one"}})
    several = record("model", "m", {"PrimaryContainer": {"ModelDataUrl": "s3://b/all/", "Mode": "MultiModel"}})
    assert facts(single, "loads") == [("s3://b/m.tar.gz", "one", "model", Span.OBJECT)]
    assert [(hit.span, hit.open_ended) for hit in found(several, "loads")] == [(Span.PREFIX, True)]


def test_every_way_to_name_a_model_is_read() -> None:
    """Variants, shadow variants, instance pools and inference components all name models."""
    variant = {"VariantName": "a", "ModelName": "m1", "InstancePools": [{"ModelNameOverride": "m2"}, {"Priority": 1}]}
    config = record(
        "endpoint-config",
        "c",
        {"ProductionVariants": [variant], "ShadowProductionVariants": [{"VariantName": "s", "ModelName": "m3"}]},
    )
    assert [(hit.value, hit.role, hit.usage) for hit in found(config, "deploys")] == [
        ("m1", "a", "production"),
        ("m2", "a", "instance-pool"),
        ("m3", "s", "shadow"),
    ]
    component = record(
        "inference-component", "i", {"Specifications": [{"ModelName": "m4"}, {"Container": {"ArtifactUrl": "s3://b/a"}}]}
    )
    assert [hit.value for hit in found(component, "deploys", "loads")] == ["m4", "s3://b/a"]


def test_what_people_log_need_not_be_a_place() -> None:
    """A trial component's artifact that holds no S3 URI is no reference."""
    logged = {"data": {"Value": "s3://b/d"}, "rows": {"Value": "17"}, "SageMaker.ModelArtifact": {"Value": "NA"}}
    run = record("trial-component", "r", {"InputArtifacts": logged})
    assert facts(run, "reads") == [("s3://b/d", "data", "data", Span.PREFIX)]
    assert all(hit.reference.to == LOCATION for hit in found(run, "reads"))


@pytest.mark.parametrize(
    "value", ["s3://b/x,s3://b/y", '["s3://b/x", "s3://b/y"]', "from s3://b/x to s3://b/y", "s3://b/x;s3a://b/y"]
)
def test_an_input_that_people_log_may_name_several_places(value: str) -> None:
    """Each place in a list or a sentence that a run logs as an input is one input."""
    run = record("trial-component", "r", {"InputArtifacts": {"data": {"Value": value}}})
    assert facts(run, "reads") == [(uri, "data", "data", Span.PREFIX) for uri in ("s3://b/x", "s3://b/y")]


OTHER = "arn:aws:sagemaker:eu-west-1:111122223333:model/m"


@pytest.mark.parametrize(
    ("reference", "body", "expected"),
    [
        (refers("T[].V", "model", "member-of", when=("K", "a")), {"T": [{"K": "a", "V": "m"}, {"K": "b", "V": "n"}]}, ["m"]),
        (refers("T.V", "model", "member-of", when=("K", "a")), {"K": "a", "T": {"V": "m"}}, ["m"]),
        (refers("T.V", "model", "member-of", when=("K", "a")), {"T": {"V": "m"}}, []),
        (reads("D.*[].U"), {"D": {"x": [{"U": "s3://b/1"}, {"U": "s3://b/2"}], "y": []}}, ["s3://b/1", "s3://b/2"]),
        (mentions("V[]"), {"V": ["s3://b/1", "none"]}, ["s3://b/1"]),
    ],
)
def test_when_and_lists_in_maps(reference: Reference, body: dict[str, Any], expected: list[str]) -> None:
    """A field is read where its sibling has the wanted value, and in each element of each list of a map."""
    assert [hit.value for hit in hits(Kind("x", references=(reference,)), body)] == expected


@pytest.mark.parametrize(
    ("reference", "usage"),
    [(mentions("V"), ""), (mentions("V", usage="serving"), "serving"), (reads("V", usage="code"), "code")],
)
def test_the_row_says_what_a_mention_is_for(reference: Reference, usage: str) -> None:
    """A mention has the usage of its row, like every other reference."""
    assert [hit.usage for hit in hits(Kind("x", references=(reference,)), {"V": "s3://b/x"})] == [usage]


@pytest.mark.parametrize(
    ("reference", "outward"),
    [
        (refers("V", "model", "member-of"), True),
        (owns("V", "model"), False),
        (refers("V", "model", "provides"), False),
        (refers("V", "model", "provides", inverse=True), True),
    ],
)
def test_inverse(reference: Reference, outward: bool) -> None:
    """An inverse reference points against its relation: the member names its owner."""
    owner = record("pipeline-execution", "p", {})
    [hit] = hits(Kind("x", references=(reference,)), {"V": OTHER})
    edge = declared(owner.id, hit, hit.value, None)
    ends = (owner.id, hit.value)
    assert (edge.source, edge.target) == (ends if outward else ends[::-1])


def test_a_field_that_a_record_lacks_takes_no_work() -> None:
    """A record costs what its own fields do, however many others the row of its kind names."""
    others = [reads(f"Other{number}.Inputs[].S3Uri") for number in range(50)]
    body = {"Input": {"S3Uri": "s3://b/x"}}
    rows = [Kind("x", references=(reads("Input.S3Uri"), *more)) for more in ([], others)]
    assert [hit.value for row in rows for hit in hits(row, body)] == ["s3://b/x"] * 2
    few, many = (calls(lambda row=row: list(hits(row, body))) for row in rows)  # type: ignore[misc]
    assert few == many
