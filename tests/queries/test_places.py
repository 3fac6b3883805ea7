"""What a place is to every question, whatever name a record gives it, and which of two places of one name is meant."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Resource, Scope
from lineage.graphs.build import around_dataset, around_subject
from lineage.graphs.excerpts import Graph
from lineage.queries.datasets import datasets
from lineage.queries.impact import impact
from lineage.queries.trace import trace
from lineage.queries.used import used
from tests.domain.test_definitions import SPELLINGS, Spelling, reading, writing
from tests.graphs.test_copies import package
from tests.queries.test_datasets import ALL
from tests.queries.test_used import CRAWL, verdict, whole
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl

# --- access points and hosts --------------------------------------------------------------------

POINTS = [
    "s3://ap--use1-az4--xa-s3/x/",
    "https://ap--use1-az4--xa-s3.s3express-use1-az4.us-east-1.amazonaws.com/x/",
    "arn:aws:s3express:us-east-1:111122223333:accesspoint/ap--use1-az4--xa-s3/object/x/",
    "s3://ap-o01--op-s3/x/",
]


@pytest.mark.parametrize("point", POINTS)
def test_an_access_point_of_any_bucket_may_hide_a_use(point: str) -> None:
    """Data that a channel reads over an access point, also of a directory bucket, may be the dataset: never a "no"."""
    read = training("j", {"train": point})
    assert verdict("s3://f--use1-az4--x-s3/x/", read) == "unknown"
    assert verdict("s3://f--use1-az4--x-s3/y/", read) == "not-referenced"
    assert verdict(point, training("j", {"train": "s3://f--use1-az4--x-s3/x/"})) == "unknown"


@pytest.mark.parametrize("point", POINTS)
def test_what_is_written_over_an_access_point_may_be_read_anywhere(point: str) -> None:
    """A job that writes over an access point may have written what another one read from the bucket."""
    [hole] = used(whole(processing("p", {"in": "s3://raw/"}, {"out": point})), "s3://raw/").scope["holes"]
    assert (hole["reason"], "which this version cannot follow" in hole["detail"]) == ("unresolved", True)


@pytest.mark.parametrize(
    "written",
    [
        "https://m.s3.eusc-de-east-1.amazonaws.eu/a/model.tar.gz",
        "https://s3.us-isob-east-1.sc2s.sgov.gov/m/a/model.tar.gz",
        "arn:aws-eusc:s3:::m/a/model.tar.gz",
    ],
)
def test_a_model_is_found_by_the_host_of_any_partition(written: str) -> None:
    """A model that names its artifact by the host of its own partition leads to the job that wrote it."""
    graph = whole(training("j", {"train": "s3://d/x/"}, "s3://m/a/model.tar.gz"), *served(written))
    found = trace(graph, "shop")
    assert (found.verdict, [job["name"] for job in found.training_jobs]) == ("traced", ["j"])


# --- data that has a name of its own ------------------------------------------------------------

HUB = "arn:aws:sagemaker:eu-west-1:111122223333:hub-content/hub/DataSet/ds/1.0.0"
AT = {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore"}
STORE = {
    "S3StorageConfig": {"S3Uri": "s3://fs/", "ResolvedOutputS3Uri": "s3://fs/1/features-1/data"},
    "DataCatalogConfig": AT | {"TableName": "features_1"},
}
FEATURES = record("feature-group", "features", {"CreationTime": "2025-12-01T00:00:00Z", "OfflineStoreConfig": STORE})
INTO = {"Outputs": [{"OutputName": "o", "FeatureStoreOutput": {"FeatureGroupName": "Features"}}]}


def ingest(**body: Any) -> Resource:
    return processing("ingest", {"in": "s3://raw/x/"}, {}, ProcessingOutputConfig=INTO, **{"day": "2026-01-01"} | body)


def query(sql: str = 'SELECT * FROM "features_1"') -> Resource:
    asked = {"AthenaDatasetDefinition": AT | {"QueryString": sql, "OutputS3Uri": "s3://athena/q/"}}
    return processing("q", {}, {"o": "s3://sets/q/"}, ProcessingInputs=[{"InputName": "q", "DatasetDefinition": asked}])


FIT = training("fit", {"train": "s3://sets/q/"})


@pytest.mark.parametrize(
    ("uri", "records", "expected"),
    [
        ("s3://never/", [FEATURES, ingest(), query(), FIT], "not-referenced"),
        ("s3://raw/x/", [FEATURES, ingest(), query(), FIT], "used-indirectly"),
        ("s3://raw/x/", [FEATURES, ingest(day="2026-01-03"), query(), FIT], "not-referenced"),
        ("s3://raw/x/", [FEATURES, ingest(ProcessingEndTime="2026-01-02T07:50:00Z"), query(), FIT], "possible"),
        ("s3://fs/1/features-1/data/year=2026/x.parquet", [FEATURES, query(), FIT], "used-indirectly"),
        ("s3://fs/1/features-2/data/", [FEATURES, query(), FIT], "not-referenced"),
        ("s3://never/", [FEATURES, query("SELECT * FROM features_1 JOIN others ON 1 = 1"), FIT], "unknown"),
        ("s3://never/", [FEATURES, query("SELECT * FROM elsewhere.features_1"), FIT], "unknown"),
        ("s3://never/", [FEATURES, query("CALL features_1"), FIT], "unknown"),
        ("s3://never/", [ingest(), query(), FIT], "unknown"),
    ],
)
def test_the_table_of_a_feature_group_lies_at_its_offline_store(uri: str, records: list[Resource], expected: str) -> None:
    """A query of the Glue table that a feature group names reads its offline store only; for another table that is unknown."""
    assert verdict(uri, *records) == expected


@pytest.mark.parametrize(
    ("store", "expected"),
    [
        ({"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://fs/"}}}, "possible"),
        ({"OnlineStoreConfig": {"EnableOnlineStore": True}}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_feature_group_that_does_not_say_where_its_data_lies(store: dict[str, Any], expected: str) -> None:
    """Data that was put into it may lie below the place that groups share; where there is none, nobody knows who read it."""
    group = record("feature-group", "features", {"CreationTime": "2025-12-01T00:00:00Z"} | store)
    fit = training("fit", {"train": "s3://fs/1/features-1/data/"})
    graph = whole(group, ingest(), fit, enumerated=ALL)
    assert verdict("s3://raw/x/", group, ingest(), fit) == expected
    assert [row["verdict"] for row in datasets(graph, fit.arn, holdouts=["s3://raw/x/"]).holdouts] == [expected]
    assert verdict("s3://never/", group, ingest(), fit) == "not-referenced"


def test_all_questions_follow_a_query_of_a_feature_group() -> None:
    """Data that was put into a feature group is found behind a query of its table by each question, with the same certainty."""
    graph = whole(FEATURES, ingest(), query(), FIT, *served("s3://models/fit/output/model.tar.gz"), enumerated=ALL)
    reached = {row["name"]: row for row in impact(graph, "s3://raw/x/").reached}
    assert {"fit", "shop", "features", "s3://fs/1/features-1/data"} <= set(reached)
    traced = trace(graph, "shop")
    assert (traced.verdict, "s3://raw/x/" in {row["uri"] for row in traced.datasets}) == ("traced", True)
    told = datasets(graph, "endpoint/shop", holdouts=["s3://raw/x/", "s3://never/"])
    makers = {row["uri"]: [(maker["name"], maker["fit"]) for maker in row["makers"]] for row in told.datasets}
    assert makers["s3://fs/1/features-1/data"] == [("features", "possible"), ("ingest", "certain")]
    assert [row["verdict"] for row in told.holdouts] == ["used-indirectly", "not-referenced"]


def hub_dataset(**document: Any) -> Resource:
    body = {"HubContentArn": HUB, "CreationTime": "2026-01-01T12:00:00Z", "HubContentDocument": json.dumps(document)}
    return record("hub-content", "hub/DataSet/ds/1.0.0", body)


TUNED = training("tuned", [{"ChannelName": "train", "DataSource": {"DatasetSource": {"DatasetArn": HUB}}}])
LIES = {"DatasetS3Bucket": "hubbed", "DatasetS3Prefix": "datasets/ds.jsonl"}


@pytest.mark.parametrize(
    ("uri", "records", "expected"),
    [
        ("s3://hubbed/datasets/ds.jsonl", [hub_dataset(**LIES), TUNED], "used"),
        ("s3://hubbed/datasets/", [hub_dataset(**LIES), TUNED], "used"),
        ("s3://hubbed/other/", [hub_dataset(**LIES), TUNED], "not-referenced"),
        ("s3://hubbed/other/", [hub_dataset(DatasetS3Bucket="hubbed"), TUNED], "used"),
        ("s3://never/", [hub_dataset(DatasetType="AGENT_GENERATED"), TUNED], "unknown"),
        ("s3://never/", [hub_dataset(**LIES, Source="s3://never/"), TUNED], "possible"),
        ("s3://never/", [TUNED], "unknown"),
        ("s3://hubbed/datasets/", [hub_dataset(**LIES)], "not-referenced"),
    ],
)
def test_a_dataset_of_a_hub_lies_where_its_document_says(uri: str, records: list[Resource], expected: str) -> None:
    """A job that reads a hub's dataset reads the bucket and prefix of its document; without them the place is unknown."""
    assert verdict(uri, *records) == expected


def test_a_hub_says_from_which_feature_groups_a_dataset_is() -> None:
    """Data in a feature group may be in a dataset whose document says that it was extracted from there, for each question."""
    extracted = hub_dataset(**LIES, ContentMetadata={"SourceFeatureGroups": [arn("feature-group", "features")]})
    graph = whole(FEATURES, ingest(), extracted, TUNED, *served("s3://models/tuned/output/model.tar.gz"))
    for uri in ("s3://raw/x/", "s3://fs/1/features-1/data/"):
        assert used(graph, uri).verdict == "possible"
        assert {"shop"} == {row["name"] for row in impact(graph, uri).reached if row["kind"] == "endpoint"}
    traced = trace(graph, "shop")
    assert traced.verdict == "traced"
    assert {"s3://hubbed/datasets/ds.jsonl", "s3://raw/x/"} <= {row["uri"] for row in traced.datasets}
    assert [row["verdict"] for row in datasets(graph, "tuned", holdouts=["s3://raw/x/"]).holdouts] == ["possible"]


# --- places that a job may have written to ------------------------------------------------------


def mount(name: str, directory: str = "/data", mode: str = "ro", system: str = "EFS") -> dict[str, Any]:
    source = {"FileSystemId": "fs-1", "FileSystemType": system, "DirectoryPath": directory, "FileSystemAccessMode": mode}
    return {"ChannelName": name, "DataSource": {"FileSystemDataSource": source}}


def mounting(mode: str, *, directory: str = "/data", system: str = "EFS", **body: Any) -> Resource:
    return training("first", [channel("train", "s3://raw/x/"), mount("fs", directory, mode, system)], **body)


def second(**kwargs: str) -> Resource:
    return training("second", [mount("fs", **kwargs)], day="2026-01-03")


SECOND_SERVED = served("s3://models/second/output/model.tar.gz")


@pytest.mark.parametrize(
    ("records", "found"),
    [
        ([mounting("rw"), second()], {"first": "used", "second": "possible"}),
        ([mounting("rw", system="FSxLustre"), second(system="FSxLustre")], {"first": "used", "second": "possible"}),
        ([mounting("rw", directory="/"), second(directory="/data/out")], {"first": "used", "second": "possible"}),
        ([mounting("rw", directory="/data/out"), second(directory="/")], {"first": "used", "second": "possible"}),
        ([mounting("rw", directory="/other"), second()], {"first": "used"}),
        ([mounting("rw", system="FSxLustre"), second()], {"first": "used"}),
        ([mounting("ro"), second()], {"first": "used"}),
        ([mounting("rw", day="2026-01-04"), second()], {"first": "used"}),
    ],
)
def test_a_file_system_mounted_to_write_may_carry_data_on(records: list[Resource], found: dict[str, str]) -> None:
    """A job that mounts a file system `rw` may have written there what a later job read there: possible, for each question."""
    graph = whole(*records, *SECOND_SERVED, enumerated=ALL)
    assert {row["job"]["name"]: row["verdict"] for row in used(graph, "s3://raw/x/").findings} == found
    may = "second" in found
    reached = {row["name"]: row["sure"] for row in impact(graph, "s3://raw/x/").reached}
    assert [reached.get(name) for name in ("second", "shop")] == [False if may else None] * 2
    traced = trace(graph, "shop")
    assert [job["name"] for job in traced.training_jobs] == (["second", "first"] if may else ["second"])
    [row] = [one for one in datasets(graph, "second").datasets if one["job"]["name"] == "second"]
    assert [(maker["name"], maker["fit"]) for maker in row["makers"]] == ([("first", "possible")] if may else [])
    [held] = datasets(graph, "second", holdouts=["s3://raw/x/"]).holdouts
    assert held["verdict"] == ("possible" if may else "unknown")


MODEL_DIR = {"HyperParameters": {"model_dir": '"s3://tf/first/model"'}}
SCRIPT = {
    "sagemaker_program": '"train.py"',
    "sagemaker_submit_directory": '"s3://code/first/source/sourcedir.tar.gz"',
    "epochs": "3",
}
REPACK = {
    "HyperParameters": {
        "sagemaker_program": '"_repack_script_launcher.sh"',
        "sagemaker_submit_directory": '"s3://code/repack/sourcedir.tar.gz"',
        "model_archive": '"s3://models/first/output/model.tar.gz"',
        "source_dir": '"s3://code/repack/sourcedir.tar.gz"',
    }
}
FIRST = training("first", {"train": "s3://raw/x/"}, HyperParameters=SCRIPT)
REPACKED = training("repack", {"training": "s3://models/first/output/model.tar.gz"}, day="2026-01-03", **REPACK)


def lost(*records: Resource, uri: str = "s3://raw/x/") -> list[str]:
    """What the walk down from a place says may have been written where it cannot be followed."""
    return [hole["subject"] for hole in impact(whole(*records, enumerated=ALL), uri).scope["holes"]]


@pytest.mark.parametrize(
    ("records", "subjects"),
    [
        ([FIRST], []),
        ([training("first", {"train": "s3://raw/x/"}, HyperParameters=SCRIPT | MODEL_DIR["HyperParameters"])], []),
        ([FIRST, REPACKED], []),
        ([training("first", {"train": "s3://raw/x/"}, HyperParameters=SCRIPT | {"out": "s3://o/"})], ["s3://o/"]),
        ([training("first", {"train": "s3://raw/x/"}, Environment={"SAGEMAKER_SUBMIT_DIRECTORY": "s3://code/x.tar.gz"})], []),
    ],
)
def test_what_the_sdk_names_to_every_script_is_no_hole(records: list[Resource], subjects: list[str]) -> None:
    """A job's code, the archive to repack and `model_dir` hide no path of data; any other name may."""
    assert lost(*records) == subjects


def test_what_a_script_may_put_into_its_model_dir_is_followed() -> None:
    """A reader of what a script may have put into `model_dir` may have got it; nothing says that it did."""
    first = training("first", {"train": "s3://raw/x/"}, **MODEL_DIR)
    after = training("second", {"pretrained": "s3://tf/first/model/1/"}, day="2026-01-03")
    graph = whole(first, after, *SECOND_SERVED, enumerated=ALL)
    assert {row["job"]["name"]: row["verdict"] for row in used(graph, "s3://raw/x/").findings}["second"] == "possible"
    assert {row["name"]: row["sure"] for row in impact(graph, "s3://raw/x/").reached}["shop"] is False
    assert [job["name"] for job in trace(graph, "shop").training_jobs] == ["second", "first"]


@pytest.mark.parametrize("name", ["model_dir", "sagemaker_submit_directory", "source_dir", "model_archive"])
def test_no_name_of_a_text_hides_a_use(name: str) -> None:
    """A job that names a place of data possibly uses it, whatever it names the place as."""
    assert verdict("s3://raw/x/", training("j", {}, HyperParameters={name: '"s3://raw/x/"'})) == "possible"


def test_a_surer_write_is_followed_beside_one_that_is_only_allowed() -> None:
    """A mount or a parameter removes nothing from what another job surely wrote there, or around it."""
    narrow = training(
        "a", {"train": "s3://raw/x/"}, HyperParameters={"model_dir": "s3://o/x/y/"}, CheckpointConfig={"S3Uri": "s3://o/x/"}
    )
    reads = training("b", {"train": "s3://o/"}, day="2026-01-03")
    assert {row["job"]["name"]: row["verdict"] for row in used(whole(narrow, reads), "s3://raw/x/").findings} == {
        "a": "used",
        "b": "used-indirectly",
    }
    others = [
        training("a", {"train": "s3://raw/x/"}, HyperParameters={"model_dir": "s3://o/x/"}),
        processing("p", {"in": "s3://raw/x/"}, {"o": "s3://o/x/"}),
    ]
    assert {row["job"]["name"]: row["verdict"] for row in used(whole(*others, reads), "s3://raw/x/").findings} == {
        "a": "used",
        "b": "used-indirectly",
    }


# --- buckets of one name in two partitions ------------------------------------------------------

CRAWLS = tuple(replace(CRAWL, regions=(region,)) for region in ("eu-west-1", "cn-north-1", "us-gov-west-1"))
EVERYWHERE = frozenset((ACCOUNT, region, kind) for crawl in CRAWLS for region in crawl.regions for kind in KINDS)


def moved(partition: str, *records: Resource) -> list[Resource]:
    """The same records in another partition."""
    region = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}.get(partition, REGION)
    here = [(one, one.arn.replace("arn:aws:", f"arn:{partition}:").replace(REGION, region)) for one in records]
    return [replace(one, arn=arn, region=region, body={**one.body, f"{KINDS[one.kind].noun}Arn": arn}) for one, arn in here]


def in_partitions(*records: Resource) -> Graph:
    graph = whole(*records)
    graph.graph["scope"] = Scope(CRAWLS, (), EVERYWHERE)
    return graph


PREPARED = processing("p", {"in": "s3://raw/x/"}, {"out": "s3://b/x/"})
READS = training("j", {"train": "s3://b/x/"}, day="2026-01-03")
JS_SERVED = served("s3://models/j/output/model.tar.gz")


@pytest.mark.parametrize("other", ["aws", "aws-cn", "aws-us-gov"])
def test_what_is_written_in_one_partition_is_read_there_alone(other: str) -> None:
    """A job reads what was written to the bucket of its own partition; a bucket in another one only has the same name."""
    graph = in_partitions(*moved("aws", PREPARED), *moved(other, READS, *JS_SERVED))
    same = other == "aws"
    assert used(graph, "s3://raw/x/").verdict == ("used-indirectly" if same else "not-referenced")
    assert ("shop" in {row["name"] for row in impact(graph, "s3://raw/x/").reached}) is same
    told = datasets(graph, "endpoint/shop", holdouts=["s3://raw/x/"])
    assert [row["verdict"] for row in told.holdouts] == ["used-indirectly" if same else "not-referenced"]
    assert [maker["name"] for row in told.datasets for maker in row["makers"]] == (["p"] if same else [])
    assert {row["uri"] for row in trace(graph, "shop").datasets} == {"s3://b/x/"} | ({"s3://raw/x/"} if same else set())


def test_a_model_is_not_made_in_another_partition() -> None:
    """An endpoint has an unknown origin if only a job of another partition wrote its artifact, and later at that."""
    graph = in_partitions(
        *moved("aws", replace(READS, body=READS.body | {"TrainingEndTime": "2026-03-01T00:00:00Z"})),
        *moved("aws-cn", *JS_SERVED),
    )
    traced = trace(graph, "shop")
    assert (traced.verdict, [(found["reason"], "later than" in found["detail"]) for found in traced.breaks]) == (
        "broken",
        [("unmatched", False)],
    )
    assert any("model" in hole["detail"] for hole in impact(graph, "s3://other/").scope["holes"])


def test_a_channel_reads_no_model_of_another_partition() -> None:
    """A model in one partition is plain data in another one, where no job made it."""
    made = moved("aws", training("a", {}, "s3://b/x/model.tar.gz"), training("c", {}, "s3://b/x/model.tar.gz"))
    reads = training("j", {"train": "s3://b/x/model.tar.gz"}, day="2026-01-03")
    for partition, expected in (("aws", "used-indirectly"), ("aws-cn", "used")):
        assert used(in_partitions(*made, *moved(partition, reads)), "s3://b/x/model.tar.gz").verdict == expected


def test_no_partition_hides_the_readers_of_another() -> None:
    """The first writer of a shared name, in one partition, takes no reader from a later writer in another."""
    writes = processing("p", {"in": "s3://raw/x/"}, {"out": "s3://b/x/"})
    later = processing("q", {"in": "s3://raw/x/"}, {"out": "s3://b/x/"})
    for one, other in (("aws", "aws-cn"), ("aws-cn", "aws")):
        graph = in_partitions(*moved(one, writes), *moved(other, later, READS))
        assert used(graph, "s3://raw/x/").verdict == "used-indirectly"


@pytest.mark.parametrize(
    ("partitions", "said"),
    [
        (["aws"], "what was found is of aws,"),
        (["aws-cn"], "what was found is of aws-cn,"),
        (["aws", "aws-cn"], "what was found is of aws and aws-cn,"),
        ([], "nothing was found in any"),
    ],
)
def test_an_answer_says_of_which_bucket_it_is(partitions: list[str], said: str) -> None:
    """Where a crawl covers several partitions, an answer about a bucket says of which one it is."""
    graph = in_partitions(*(one for partition in partitions for one in moved(partition, READS)))
    for answer in (used(graph, "s3://b/x/"), impact(graph, "s3://b/x/")):
        assert [said in caveat for caveat in answer.caveats if "bucket of its own" in caveat] == [True]
    assert not any("bucket of its own" in caveat for caveat in used(whole(READS), "s3://b/x/").caveats)


def test_no_model_is_overwritten_from_another_partition() -> None:
    """A writer of the same key in another partition does not displace the maker of what is served in this one."""
    made = training("a", {"train": "s3://raw/x/"}, "s3://m/model.tar.gz", day="2026-01-02")
    later = training("b", {"train": "s3://raw/y/"}, "s3://m/model.tar.gz", day="2026-01-03")
    for partition, maker, sure in (("aws", "b", None), ("aws-cn", "a", True)):
        graph = in_partitions(*moved("aws", made, *served("s3://m/model.tar.gz")), *moved(partition, later))
        assert [job["name"] for job in trace(graph, "shop").training_jobs] == [maker]
        reached = {row["name"]: row["sure"] for row in impact(graph, "s3://raw/x/").reached}
        assert reached.get("shop") is sure


def test_copies_are_carried_from_partition_to_partition() -> None:
    """The same content in another partition is a copy, whoever carried it there."""
    made = training("a", {"train": "s3://raw/x/"}, "s3://here/model.tar.gz", day="2026-01-01")
    pinned = [
        package("g/1", "s3://here/model.tar.gz", "same", "2026-01-02"),
        *moved("aws-cn", package("h/1", "s3://there/model.tar.gz", "same", "2026-01-04")),
    ]
    graph = in_partitions(made, *pinned)
    assert "h/1" in {row["name"] for row in impact(graph, "s3://raw/x/").reached}


# --- places in definitions of pipelines ---------------------------------------------------------


def pipeline(arguments: dict[str, Any], parameters: list[dict[str, Any]], changed: str = "2026-01-01T00:00:00Z") -> Resource:
    definition = {"Version": "2020-12-01", "Parameters": parameters, "Steps": [{"Name": "S", "Arguments": arguments}]}
    times = {"CreationTime": "2026-01-01T00:00:00Z", "LastModifiedTime": changed}
    return record("pipeline", "p", times | {"PipelineDefinition": json.dumps(definition)})


def execution(**values: str) -> Resource:
    given = [{"Name": name, "Value": value} for name, value in values.items()]
    arns = {"PipelineArn": arn("pipeline", "p"), "PipelineExecutionArn": arn("pipeline-execution", "p/execution/e").lower()}
    return record(
        "pipeline-execution", "p/execution/e", arns | {"CreationTime": "2026-02-01T00:00:00Z", "PipelineParameters": given}
    )


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize(("where", "expected"), [(reading, "possible"), (writing, "not-referenced")])
def test_a_pipeline_has_one_verdict_however_it_is_written(spelling: Spelling, where: Any, expected: str) -> None:
    """A plain text, a join and a default that give one place have one verdict: an input may be a use, an output is not."""
    expression, parameters = spelling("s3://b/b/x/")
    one = pipeline(where(expression), parameters)
    assert verdict("s3://b/b/x/", one) == expected
    assert verdict("s3://b/b/y/", one) == "not-referenced"


BUCKETS = {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "x"]}}
DEFAULT = [{"Name": "Bucket", "DefaultValue": "mine"}]


@pytest.mark.parametrize(
    ("uri", "records", "expected"),
    [
        ("s3://mine/x/", [pipeline(reading(BUCKETS), DEFAULT)], "possible"),
        ("s3://mine/y/", [pipeline(reading(BUCKETS), DEFAULT)], "not-referenced"),
        ("s3://yours/x/", [pipeline(reading(BUCKETS), DEFAULT)], "not-referenced"),
        ("s3://yours/x/", [pipeline(reading(BUCKETS), DEFAULT), execution(Bucket="yours")], "possible"),
        ("s3://yours/y/", [pipeline(reading(BUCKETS), DEFAULT), execution(Bucket="yours")], "not-referenced"),
        ("s3://yours/x/", [pipeline(writing(BUCKETS), DEFAULT), execution(Bucket="yours")], "not-referenced"),
        ("s3://o/", [pipeline(writing({"Get": "Parameters.O"}), []), execution(O="s3://o/")], "not-referenced"),
        (
            "s3://o/",
            [pipeline(writing({"Get": "Parameters.O"}), [], "2026-03-01T00:00:00Z"), execution(O="s3://o/")],
            "possible",
        ),
        ("s3://o/", [pipeline({}, []), execution(O="s3://o/")], "possible"),
        ("s3://o/", [execution(O="s3://o/")], "possible"),
        ("s3://o/", [record("pipeline", "p", {"PipelineDefinition": "no JSON: s3://o/x"})], "possible"),
    ],
)
def test_an_execution_gives_its_pipeline_other_places(uri: str, records: list[Resource], expected: str) -> None:
    """The parameters of an execution replace their defaults; as an output only where it surely was one."""
    assert verdict(uri, *records) == expected


# --- a bucket and a prefix in two values --------------------------------------------------------

SPARK = ["--s3_input_bucket", "lake", "--s3_input_key_prefix", "raw/x"]
SPARKED = processing("spark", {}, {"out": "s3://sets/x/"}, AppSpecification={"ContainerArguments": SPARK})


@pytest.mark.parametrize(("uri", "expected"), [("s3://lake/raw/x/1.csv", "possible"), ("s3://lake/raw/y/", "not-referenced")])
def test_a_bucket_and_a_prefix_in_two_arguments_may_be_a_use(uri: str, expected: str) -> None:
    """A job that gets a bucket and a prefix as two values may have read that place, as if it got the URI."""
    after = training("j", {"train": "s3://sets/x/"}, day="2026-01-03")
    assert verdict(uri, SPARKED, after) == expected


# --- each of these on a neighbourhood -----------------------------------------------------------

EXTRACTED = hub_dataset(**LIES, ContentMetadata={"SourceFeatureGroups": [arn("feature-group", "features")]})
ESTATES = [
    [FEATURES, ingest(), query(), FIT, *served("s3://models/fit/output/model.tar.gz")],
    [FEATURES, ingest(), EXTRACTED, TUNED, *served("s3://models/tuned/output/model.tar.gz")],
    [mounting("rw"), second(), *SECOND_SERVED],
    [training("first", {"train": "s3://raw/x/"}, **MODEL_DIR), training("second", {"m": "s3://tf/first/model/"}, day="2026-01-03"), *SECOND_SERVED],
    [*moved("aws", PREPARED, READS), *moved("aws-cn", READS, *JS_SERVED)],
    [SPARKED, training("j", {"train": "s3://sets/x/"}, day="2026-01-03")],
]  # fmt: skip


@pytest.mark.parametrize("records", ESTATES)
def test_a_neighbourhood_has_what_the_whole_graph_has(tmp_path: Path, records: list[Resource]) -> None:
    """The part of a snapshot that a question loads gives the same answer as the whole."""
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        whole_graph = lineage.graph(snapshot)
        for uri in (
            "s3://raw/x/",
            "s3://fs/1/features-1/data/",
            "s3://hubbed/datasets/",
            "s3://lake/raw/x/",
            "s3://b/x/",
            "s3://n/",
        ):
            for asked, around in ((used, around_dataset), (impact, around_subject)):
                here, there = (asked(graph, uri).as_json() for graph in (around(snapshot, uri), whole_graph))
                kept = ("verdict", "findings", "reached", "scope")
                assert {key: here.get(key) for key in kept} == {key: there.get(key) for key in kept}
