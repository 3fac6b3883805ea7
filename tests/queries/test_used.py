"""`used`: a yes with its fields, a no with its scope, and unknown wherever a gap could hide a use."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.render.answers import usage_text
from lineage.domain.kinds import KINDS
from lineage.domain.records import Crawl, Gap, Resource, Scope
from lineage.errors import MalformedName
from lineage.graphs.build import graph_of
from lineage.graphs.derive import derive
from lineage.queries.used import used
from tests.records import COMPLETE, arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl
from tests.work import grows_straight

CRAWL = Crawl(1, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "arn:x", ("111122223333",), ("eu-west-1",), (), "0", "1")


def whole(*records: Resource, holes: tuple[Gap, ...] = (), enumerated: Any = COMPLETE) -> lineage.Graph:
    """A graph whose crawl read every job, so that a "no" can be proven."""
    graph = graph_of(records)
    graph.graph["scope"] = Scope((CRAWL,), holes, enumerated)
    return graph


def verdict(uri: str, *records: Resource, **scope: Any) -> str:
    return used(whole(*records, **scope), uri).verdict


NEVER_RAN = {"TrainingStartTime": None, "TrainingEndTime": None}
COMPILING = {"CompilationJobStatus": "FAILED", "InputConfig": {"S3Uri": "s3://raw/m.tgz"}, "ModelArtifacts": {"S3ModelArtifacts": "s3://prep/m.tgz"}}  # fmt: skip
COMPILED = record("compilation-job", "c", COMPILING | {"CompilationStartTime": "2026-01-01T10:00:00Z", "CompilationEndTime": "2026-01-01T11:00:00Z"})  # fmt: skip
REPACK = {"HyperParameters": {"sagemaker_program": '"_repack_script_launcher.sh"'}}
PREPARED = processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"})
BASE = training("base", {"train": "s3://d/base/"}, "s3://m/base/output/model.tar.gz", day="2026-01-01")
TUNED = training("tuned", {"train": "s3://d/tuned/", "model": "s3://m/base/output/model.tar.gz"})

SAYS = record("transform-job", "says", {"TransformJobStatus": "Completed", "TransformStartTime": "2026-02-02T10:00:00Z", "TransformEndTime": "2026-02-02T11:00:00Z", "ModelName": "shop-model", "TransformOutput": {"S3OutputPath": "s3://said/"}})  # fmt: skip
TEACHER = [*served("s3://ext/model.tar.gz"), SAYS]
PACKAGE = record(
    "model-package",
    "g/1",
    {
        "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://ext/model.tar.gz"}]},
        "AdditionalInferenceSpecifications": [{"Name": "small", "Containers": [{"ModelDataUrl": "s3://ext/small.tar.gz"}]}],
        "ModelMetrics": {"Bias": {"Report": {"S3Uri": "s3://measured/bias.json"}}},
    },
)
PACKAGED = [*served("", ModelPackageName=PACKAGE.arn), SAYS]
CASES: list[tuple[str, str, list[Resource], str]] = [
    ("exactly the channel", "s3://d/x/", [training("j", {"train": "s3://d/x/"})], "used"),
    ("an object under the channel", "s3://d/x/1.csv", [training("j", {"train": "s3://d/x/"})], "used"),
    ("a channel is a key prefix", "s3://d/training/", [training("j", {"train": "s3://d/train"})], "used"),
    ("a channel inside the dataset", "s3://d/", [training("j", {"train": "s3://d/x/1.csv"})], "used"),
    ("a whole bucket", "s3://d/x", [training("j", {"train": "s3://d"})], "used"),
    ("another case", "s3://d/X/", [training("j", {"train": "s3://d/x/"})], "not-referenced"),
    ("FastFile means a folder", "s3://d/training/", [training("j", [channel("t", "s3://d/train", mode="FastFile")])], "not-referenced"),
    ("https form", "https://d.s3.amazonaws.com/x/1.csv", [training("j", {"train": "s3://d/x/"})], "used"),
    ("a validation channel", "s3://d/v/", [training("j", {"validation": "s3://d/v/"})], "used"),
    ("a failed job that had started", "s3://d/x/", [training("j", {"train": "s3://d/x/"}, TrainingJobStatus="Failed")], "used"),
    ("a job that never started", "s3://d/x/", [training("j", {"train": "s3://d/x/"}, TrainingJobStatus="Failed", **NEVER_RAN)], "declared-only"),
    ("an old record without times", "s3://d/x/", [training("j", {"train": "s3://d/x/"}, **NEVER_RAN)], "used"),
    ("a job that is downloading", "s3://d/x/", [training("j", {"train": "s3://d/x/"}, TrainingJobStatus="InProgress", SecondaryStatusTransitions=[{"Status": "Downloading"}], **NEVER_RAN)], "used"),
    ("a code channel", "s3://d/x/", [training("j", {"code": "s3://d/x/"})], "possible"),
    ("its own checkpoint folder", "s3://c/x/", [training("j", {}, CheckpointConfig={"S3Uri": "s3://c/x/"})], "possible"),
    ("an access point asked for", "s3://ap-1-s3alias/x/", [training("j", {"train": "s3://d/x/"})], "unknown"),
    ("a channel called model", "s3://d/x/", [training("j", {"model": "s3://d/x/"})], "used-indirectly"),
    ("through processing", "s3://raw/x/1.csv", [PREPARED, training("j", {"train": "s3://prep/x/"})], "used-indirectly"),
    ("through processing that came too late", "s3://raw/x/", [PREPARED, training("j", {"train": "s3://prep/x/"}, day="2026-01-01")], "not-referenced"),
    ("through processing of unknown time", "s3://raw/x/", [processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"}, ProcessingStartTime=None, ProcessingEndTime=None), training("j", {"train": "s3://prep/x/"})], "possible"),
    ("through processing that no job read", "s3://raw/x/", [PREPARED, training("j", {"train": "s3://prep/y/"})], "not-referenced"),
    ("the output of processing itself", "s3://prep/x/", [PREPARED, training("j", {"train": "s3://prep/x/"})], "used"),
    ("code of a processing job", "s3://c/prep.py", [processing("p", {"code": "s3://c/prep.py"}, {"out": "s3://prep/x/"}), training("j", {"train": "s3://prep/x/"})], "possible"),
    ("through two processing jobs", "s3://raw/", [processing("a", {"i": "s3://raw/"}, {"o": "s3://mid/"}, day="2026-01-01"), processing("b", {"i": "s3://mid/"}, {"o": "s3://prep/x/"}), training("j", {"train": "s3://prep/x/"})], "used-indirectly"),
    ("data of a base model", "s3://d/base/", [BASE, TUNED], "used"),
    ("a repack job trains nothing", "s3://m/base/output/model.tar.gz", [BASE, training("r", {"training": "s3://m/base/output/model.tar.gz"}, **REPACK)], "not-referenced"),
    ("through a repacked base model", "s3://m/base/output/model.tar.gz", [BASE, training("r", {"training": "s3://m/base/output/model.tar.gz"}, "s3://m/r/output/model.tar.gz", **REPACK), training("t", {"model": "s3://m/r/output/model.tar.gz"}, day="2026-01-03")], "used-indirectly"),
    ("a hyperparameter names it", "s3://d/x/1.csv", [training("j", {}, HyperParameters={"extra": '"s3://d/x/"'})], "possible"),
    ("the environment names it", "s3://d/x/", [training("j", {}, Environment={"D": "s3://d/x/1.csv"})], "possible"),
    ("an argument of processing names it", "s3://d/x/", [processing("p", {}, {"out": "s3://prep/x/"}, AppSpecification={"ContainerArguments": ["--in", "s3://d/x/"]}), training("j", {"train": "s3://prep/x/"})], "possible"),
    ("a run that people wrote names it", "s3://d/x/", [record("trial-component", "r", {"InputArtifacts": {"d": {"Value": "s3://d/x/"}}})], "possible"),
    ("a run that recorded a processing job", "s3://raw/", [processing("p", {}, {}), record("trial-component", "r", {"Source": {"SourceArn": "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/p"}, "InputArtifacts": {"i": {"Value": "s3://raw/"}}, "OutputArtifacts": {"o": {"Value": "s3://out/"}}}), training("j", {"train": "s3://out/"})], "possible"),
    ("a run that began after the data was made", "s3://raw/x/", [PREPARED, record("trial-component", "r", {"CreationTime": "2026-01-02T07:00:00Z", "StartTime": "2026-01-02T09:30:00Z", "InputArtifacts": {"i": {"Value": "s3://prep/x/"}}})], "possible"),
    ("an access point in a hyperparameter", "s3://d/x/", [training("j", {}, HyperParameters={"h": "s3://ap-1-s3alias/x/"})], "unknown"),
    ("a narrower place that another mode can not see", "s3://raw/", [processing("p", {"i": "s3://raw/"}, {"wide": "s3://b/", "narrow": "s3://b/training/"}), training("a", [channel("t", "s3://b/t")], TrainingJobStatus="Failed", **NEVER_RAN), training("b", [channel("t", "s3://b/t", mode="FastFile")])], "used-indirectly"),
    ("a place that is written all the while", "s3://raw/", [processing("p", {"i": "s3://raw/"}, {}, ProcessingStartTime="2026-01-02T08:00:00Z", ProcessingEndTime="2026-01-02T12:00:00Z", ProcessingOutputConfig={"Outputs": [{"OutputName": "a", "S3Output": {"S3Uri": "s3://p/x/", "S3UploadMode": "EndOfJob"}}, {"OutputName": "b", "S3Output": {"S3Uri": "s3://p/", "S3UploadMode": "Continuous"}}]}), training("j", {"train": "s3://p/x/"})], "possible"),
    ("a channel that only looks like a URI", "s3://d/x/", [training("j", {"train": "s3://<your-bucket>/x/"})], "unknown"),
    ("arguments on both sides of processing", "s3://raw/x/", [processing("p", {}, {}, AppSpecification={"ContainerArguments": ["--input", "s3://raw/x/", "--output", "s3://prep/x/"]}), training("j", {"train": "s3://prep/x/"})], "possible"),
    ("an argument as the output of processing", "s3://raw/x/", [processing("p", {"i": "s3://raw/x/"}, {}, AppSpecification={"ContainerArguments": ["--output", "s3://prep/x/"]}), training("j", {"train": "s3://prep/x/"})], "possible"),
    ("an argument that repeats an output", "s3://raw/x/", [processing("p", {"i": "s3://raw/x/"}, {"o": "s3://prep/"}, AppSpecification={"ContainerArguments": ["--output", "s3://prep/x/"]})], "not-referenced"),
    ("processing that writes behind an access point", "s3://raw/x/", [processing("p", {"i": "s3://raw/x/"}, {"o": "s3://ap-1-s3alias/x/"}), training("j", {"train": "s3://prep/x/"})], "unknown"),
    ("an access point over what processing wrote", "s3://raw/in/", [processing("p", {"i": "s3://raw/in/"}, {"o": "s3://prep/x/"}), training("j", {"train": "s3://ap-1-s3alias/x/"})], "unknown"),
    ("processing into a feature group", "s3://raw/in/", [processing("p", {"i": "s3://raw/in/"}, {}, ProcessingOutputConfig={"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "fg"}}]})], "unknown"),
    ("through a feature group and a query of its table", "s3://raw/in/", [processing("p", {"i": "s3://raw/in/"}, {}, ProcessingOutputConfig={"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "fg"}}]}), record("feature-group", "fg", {"OfflineStoreConfig": {"DataCatalogConfig": {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore", "TableName": "fg_1623"}}}), processing("q", {}, {"o": "s3://prep/q/"}, day="2026-01-03", ProcessingInputs=[{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore", "QueryString": 'SELECT * FROM "FG_1623"'}}}]), training("j", {"t": "s3://prep/q/"}, day="2026-01-04")], "used-indirectly"),
    ("a processing job whose output is served", "s3://raw/in/", [processing("p", {"i": "s3://raw/in/"}, {"model": "s3://m/"}), *served("s3://m/model.tar.gz")], "possible"),
    ("an argument with what a program fills in", "s3://d/x/", [training("j", {"t": "s3://e/"}, HyperParameters={"path": "s3://d/${SPLIT}/"})], "possible"),
    ("a version of an object", "s3://d/x.csv", [training("j", {"t": "s3://e/"}, HyperParameters={"path": "s3://d/x.csv?versionId=1"})], "possible"),
    ("a remote function", "s3://d/x/", [training("j", {"sagemaker_remote_function_bootstrap": "s3://code/"})], "unknown"),
    *((f"a notebook that {by} ran", "s3://d/x/", [training("j", {f"sagemaker_headless_execution{end}": "s3://code/"})], "unknown") for by, end in (("Studio", ""), ("JupyterLab", "_jupyterlab"), ("somebody's own server", "_vanilla"), ("a pipeline", "_pipelinestep"))),
    ("data in a channel that is called like a program", "s3://d/x/", [training("j", {"recipe": "s3://d/x/"})], "used"),
    ("siblings that other readers see", "s3://raw/x/", [processing("p", {"raw": "s3://raw/x/"}, {"a": "s3://o/xaaaaaaaa/", "b": "s3://o/x/b/"}), training("j1", {"t": "s3://o/x"}, day="2026-01-01"), training("j2", [channel("t", "s3://o/x", mode="FastFile")])], "used-indirectly"),
    ("a failed processing job", "s3://raw/x/", [processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"}, ProcessingJobStatus="Failed"), training("j", {"train": "s3://prep/x/"})], "possible"),
    ("a failed writer before one that ended", "s3://raw/x/", [processing("bad", {"i": "s3://raw/x/"}, {"o": "s3://prep/"}, ProcessingJobStatus="Failed", day="2026-01-01"), processing("good", {"i": "s3://raw/x/"}, {"o": "s3://prep/"}), training("j", {"train": "s3://prep/"})], "used-indirectly"),
    ("a failed compilation", "s3://raw/m.tgz", [COMPILED, training("j", {"model": "s3://prep/m.tgz"})], "possible"),
    ("a failed compilation before a job that ended", "s3://raw/m.tgz", [COMPILED, processing("good", {"i": "s3://raw/m.tgz"}, {"o": "s3://prep/m.tgz"}), training("j", {"train": "s3://prep/m.tgz"})], "used-indirectly"),
    ("a failed compilation that never started", "s3://raw/m.tgz", [record("compilation-job", "c", COMPILING), training("j", {"model": "s3://prep/m.tgz"})], "not-referenced"),
    ("an unsure early writer beside a sure late one", "s3://raw/x/", [processing("late", {"i": "s3://raw/x/"}, {"o": "s3://prep/latest/"}, day="2026-01-03"), processing("early", {}, {"o": "s3://prep/latest/"}, AppSpecification={"ContainerArguments": ["s3://raw/x/"]}, day="2026-01-01"), training("j", {"train": "s3://prep/latest/"})], "possible"),
    ("a run that has not ended", "s3://raw/", [processing("p", {"i": "s3://raw/"}, {}), record("trial-component", "r", {"Source": {"SourceArn": "arn:aws:sagemaker:eu-west-1:111122223333:processing-job/p"}, "Status": {"PrimaryStatus": "InProgress"}, "OutputArtifacts": {"o": {"Value": "s3://out/"}}}), training("j", {"train": "s3://out/"})], "possible"),
    ("an argument around an output", "s3://b/raw/", [processing("p", {"i": "s3://b/raw/"}, {"o": "s3://prep/logs/"}, AppSpecification={"ContainerArguments": ["--out", "s3://prep/"]}), training("j", {"train": "s3://prep/data/"})], "possible"),
    ("an argument inside an input", "s3://b/raw/", [processing("p", {"i": "s3://b/"}, {}, AppSpecification={"ContainerArguments": ["--out", "s3://b/out/"]}), training("j", {"train": "s3://b/out/"})], "possible"),
    ("an argument that repeats an input", "s3://b/raw/", [processing("p", {"i": "s3://b/raw/"}, {}, AppSpecification={"ContainerArguments": ["--in", "s3://b/raw"]})], "not-referenced"),
    ("an evaluation that writes behind an access point", "s3://d/x/", [training("e", {"t": "s3://d/x/"}, "s3://ap-1-s3alias/e/", ServerlessJobConfig={"JobType": "Evaluation"})], "unknown"),
    ("a glob in a hyperparameter", "s3://d/x/1.csv", [training("j", {}, HyperParameters={"in": "s3://d/x/*.csv"})], "possible"),
    ("braces in a hyperparameter", "s3://d/x/1.csv", [training("j", {}, HyperParameters={"in": "s3://d/x/{1,2}.csv"})], "possible"),
    ("a URI that ends a sentence", "s3://d/x/1.csv", [training("j", {}, HyperParameters={"in": "read(s3://d/x/1.csv)."})], "possible"),
    ("https in a hyperparameter", "s3://d/x/1.csv", [training("j", {}, HyperParameters={"in": "https://d.s3.eu-west-1.amazonaws.com/x/1.csv"})], "possible"),
    ("an S3 ARN in a hyperparameter", "s3://d/x/1.csv", [training("j", {}, HyperParameters={"in": "arn:aws:s3:::d/x/1.csv"})], "possible"),
    ("a model whose predictions train", "s3://ext/model.tar.gz", [*TEACHER, training("j", {"train": "s3://said/"}, day="2026-02-03")], "used-indirectly"),
    ("a model whose predictions came too late", "s3://ext/model.tar.gz", [*TEACHER, training("j", {"train": "s3://said/"}, day="2026-01-03")], "not-referenced"),
    ("a packaged model whose predictions train", "s3://ext/model.tar.gz", [PACKAGE, *PACKAGED, training("j", {"train": "s3://said/"}, day="2026-02-03")], "used-indirectly"),
    ("a package of which another specification is used", "s3://ext/small.tar.gz", [PACKAGE, *PACKAGED, training("j", {"train": "s3://said/"}, day="2026-02-03")], "not-referenced"),
    ("a package that is fine-tuned", "s3://ext/model.tar.gz", [PACKAGE, training("j", {}, ModelPackageConfig={"SourceModelPackageArn": PACKAGE.arn})], "used-indirectly"),
    ("a repacked model whose predictions train", "s3://hub/", [training("r", {"training": "s3://hub/"}, "s3://ext/model.tar.gz", **REPACK), *TEACHER, training("j", {"train": "s3://said/"}, day="2026-02-03")], "used-indirectly"),
    ("what a package is measured on", "s3://measured/", [PACKAGE, *PACKAGED, training("j", {"train": "s3://said/"}, day="2026-02-03")], "not-referenced"),
    ("a model that another job surely wrote, below an output", "s3://raw/x/", [processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://m/"}), BASE, training("j", {"model": "s3://m/base/output/model.tar.gz"}, day="2026-01-03")], "possible"),
    ("nothing names it", "s3://d/x/", [training("j", {"train": "s3://d/y/"})], "not-referenced"),
    ("a manifest could list it", "s3://d/x/", [training("j", [channel("t", "s3://d/m.manifest", "ManifestFile")])], "unknown"),
    ("an augmented manifest could list it", "s3://other/x/", [training("j", [channel("t", "s3://d/m.manifest", "AugmentedManifestFile")])], "unknown"),
    ("an access point could be its bucket", "s3://d/x/1.csv", [training("j", {"train": "s3://ap-1-s3alias/x/"})], "unknown"),
    ("an access point with other keys", "s3://d/x/1.csv", [training("j", {"train": "s3://ap-1-s3alias/y/"})], "not-referenced"),
    ("a file system could hold it", "s3://d/x/", [training("j", [{"ChannelName": "t", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1", "FileSystemType": "FSxLustre", "DirectoryPath": "/a"}}}])], "unknown"),
    ("a file system itself", "fsxlustre://fs-1/a", [training("j", [{"ChannelName": "t", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1", "FileSystemType": "FSxLustre", "DirectoryPath": "/a"}}}])], "used"),
    ("a hub dataset could hold it", "s3://d/x/", [training("j", [{"ChannelName": "t", "DataSource": {"DatasetSource": {"DatasetArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/h/DataSet/d/1.0.0"}}}])], "unknown"),
    ("a query could read it", "s3://d/x/", [processing("p", {}, {"out": "s3://prep/"}, ProcessingInputs=[{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": {"Catalog": "c", "Database": "d", "QueryString": "SELECT"}}}])], "unknown"),
    ("a data type nobody knows", "s3://d/x/", [training("j", [channel("t", "s3://e/", "NewIn2027")])], "unknown"),
    ("a channel that is no URI", "s3://d/x/", [training("j", {"train": "somewhere"})], "unknown"),
    ("through processing that never started", "s3://raw/x/", [processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"}, ProcessingJobStatus="Failed", ProcessingStartTime=None, ProcessingEndTime=None), training("j", {"train": "s3://prep/x/"})], "not-referenced"),
    ("a use outweighs a hole", "s3://d/x/", [training("j", {"train": "s3://d/x/"}), training("k", [channel("t", "s3://d/m", "ManifestFile")])], "used"),
    ("an earlier life of a job", "s3://d/old/", [training("j", {"train": "s3://d/old/"}, day="2026-01-01"), training("j", {"train": "s3://d/new/"}, day="2026-03-01")], "used"),
]  # fmt: skip


def test_a_model_below_an_output_is_possible_from_a_snapshot(tmp_path: Path) -> None:
    """The part that is loaded for one question shows which unreached job surely wrote the exact model."""
    wide = processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://m/"})
    crawl(tmp_path / "s.db", wide, BASE, training("j", {"model": "s3://m/base/output/model.tar.gz"}, day="2026-01-03"))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        parts = lineage.around_dataset(snapshot, "s3://raw/x/"), lineage.graph(snapshot)
        found = [lineage.used(graph, "s3://raw/x/").findings for graph in parts]
    assert [[one["verdict"] for one in rows] for rows in found] == [["possible"]] * 2


@pytest.mark.parametrize(("title", "uri", "records", "expected"), CASES, ids=[case[0] for case in CASES])
def test_verdict(title: str, uri: str, records: list[Resource], expected: str) -> None:
    """Each path by which data is used, may be used, or is not, has its verdict where every job was read."""
    assert verdict(uri, *records) == expected


def _logged(name: str, source: str = "", **body: Any) -> Resource:
    """A run, of a job or by hand."""
    said = {"Source": {"SourceArn": f"arn:aws:sagemaker:eu-west-1:111122223333:training-job/{source}"}} if source else {}
    return record("trial-component", name, said | body)


def _entity(noun: str, name: str, uri: str) -> Resource:
    """A lineage entity that a person or SageMaker wrote about a place."""
    at = f"arn:aws:sagemaker:eu-west-1:111122223333:{noun.lower()}/{name}"
    body = {f"{noun}Arn": at, f"{noun}Name": name, "Source": {"SourceUri": uri}}
    return Resource(f"lineage-{noun.lower()}", "111122223333", "eu-west-1", name, at, body)


def _linked(source: str, target: str) -> Resource:
    """A lineage association."""
    here = "arn:aws:sagemaker:eu-west-1:111122223333:"
    body = {"SourceArn": here + source, "DestinationArn": here + target}
    return Resource("association", "111122223333", "eu-west-1", "", f"{here}association/{source}-{target}", body)


NEAR: list[tuple[str, str, list[Resource], str]] = [
    *CASES,
    ("a run that logs an output which another job reads", "s3://d/x/", [training("j", {"train": "s3://d/x/"}), _logged("r", "j", OutputArtifacts={"o": {"Value": "s3://out/"}}), training("k", {"train": "s3://out/"}, day="2026-01-03")], ""),
    ("a run that names a place in a parameter", "s3://d/x/", [training("j", {"train": "s3://d/x/"}), _logged("r", "j", Parameters={"p": {"StringValue": "s3://out/y/"}})], ""),
    ("a run beside an access point that another job reads", "s3://d/x/", [training("j", {"train": "s3://d/x/"}), _logged("r", "j"), training("k", {"train": "s3://ap-1-s3alias/other/"}, day="2026-01-03")], ""),
    ("a repack job that names a place", "s3://m/b/model.tar.gz", [training("r", {"training": "s3://m/b/model.tar.gz"}, HyperParameters={"sagemaker_program": '"_repack_model.py"', "to": '"s3://y/z/"'})], ""),
    ("a model that is continued twice", "s3://d/base/", [BASE, TUNED, training("t", {"model": "s3://models/tuned/output/"}, day="2026-01-03")], ""),
    ("a bucket of which another's name begins so", "s3://d/", [training("j", {"train": "s3://d/x/"}), training("k", {"train": "s3://d-2/x/"})], ""),
    ("an artifact that leads to a run over an action", "s3://d/x/", [_entity("Artifact", "1", "s3://d/x/"), _entity("Action", "2", ""), _linked("artifact/1", "action/2"), _linked("action/2", "experiment-trial-component/r"), _logged("r", "j"), training("j", {"train": "s3://other/"})], ""),
    ("a key with characters behind all others", "s3://d/\U0010ffff", [training("j", {"train": "s3://d/\U0010ffffx/"}), training("k", {"train": "s3://d/\ud7ff/"})], ""),
]  # fmt: skip


@pytest.mark.parametrize(("title", "uri", "records", "_"), NEAR, ids=[case[0] for case in NEAR])
def test_what_is_left_out_around_a_location_tells_nothing(
    tmp_path: Path, title: str, uri: str, records: list[Resource], _: str
) -> None:
    """The part that is loaded for one location leaves out no reader, no gap and no step between them."""
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        near, everything = lineage.around_dataset(snapshot, uri), lineage.graph(snapshot)
        assert used(near, uri).as_json() == used(everything, uri).as_json()


@pytest.mark.parametrize("within", [{"regions": [""]}, {"accounts": [""]}])
def test_nothing_is_no_region(within: dict[str, list[str]]) -> None:
    """An empty region or account is refused, because it would look like a narrower question."""
    with pytest.raises(MalformedName):
        used(whole(training("j", {"t": "s3://d/x/"})), "s3://d/x/", **within)


ELSEWHERE = {"account": "222233334444", "region": "us-east-1"}
HERE = ("111122223333", "eu-west-1")


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        ({}, "used"),
        ({"accounts": ["222233334444"]}, "used"),
        ({"regions": ["us-east-1"]}, "used"),
        ({"accounts": ["111122223333"]}, "not-referenced"),
        ({"regions": ["eu-west-1"]}, "not-referenced"),
        ({"accounts": ["111122223333"], "regions": ["eu-west-1"]}, "not-referenced"),
        ({"accounts": ["111122223333"], "regions": ["us-east-1"]}, "unknown"),
        ({"accounts": ["999999999999"]}, "unknown"),
        ({"regions": ["eu-west-1", "eu-west-3"]}, "unknown"),
    ],
)
def test_narrowed(within: dict[str, list[str]], expected: str) -> None:
    """A question about some accounts and regions shows uses there alone, and says so."""
    answer = used(estate_of(elsewhere("training-job", training("j", {"t": "s3://d/x/"}))), "s3://d/x/1.csv", **within)
    assert answer.verdict == expected
    asked = answer.scope.get("narrowed")
    assert asked == ({"accounts": (), "regions": ()} | {key: tuple(names) for key, names in within.items()} if within else None)
    assert any("jobs elsewhere" in caveat for caveat in answer.caveats) is bool(within)
    assert set(answer.scope["accounts"]) <= {"111122223333", "222233334444"}


@pytest.mark.parametrize(
    "hole", [Gap("222233334444", "us-east-1", "DescribeProcessingJob", "processing-job:1/r/j", "denied"), None]
)
def test_what_was_handed_on_from_elsewhere(hole: Gap | None) -> None:
    """Data that a job elsewhere handed on, or may have handed on, counts for those that the question is about."""
    prepared = [] if hole else [elsewhere("processing-job", PREPARED)]
    graph = estate_of(*prepared, training("j", {"t": "s3://prep/x/"}), holes=(hole,) if hole else ())
    assert used(graph, "s3://raw/x/", accounts=["111122223333"]).verdict == ("unknown" if hole else "used-indirectly")


def elsewhere(kind: str, here: Resource) -> Resource:
    """The same record, of another account and region."""
    return record(kind, here.name, dict(here.body) | {f"{KINDS[kind].noun}Arn": arn(kind, here.name, **ELSEWHERE)}, **ELSEWHERE)


def estate_of(*records: Resource, holes: tuple[Gap, ...] = ()) -> lineage.Graph:
    """A graph of two accounts, each in its region, of which every job was listed."""
    graph = graph_of(records)
    crawl = replace(CRAWL, accounts=("111122223333", "222233334444"), regions=("eu-west-1", "us-east-1"))
    places = frozenset({HERE, ("222233334444", "us-east-1")})
    listed = frozenset((*place, kind) for place in places for _, _, kind in COMPLETE)
    graph.graph["scope"] = Scope((crawl,), holes, listed, places=places)
    return graph


@pytest.mark.parametrize(
    ("hole", "hides"),
    [
        (("DescribeTrainingJob", "training-job:1/r/j", "denied"), True),
        (("DescribeTrainingJob", "arn:aws:sagemaker:r:1:training-job/j", "throttled"), True),
        (("DescribeProcessingJob", "arn:aws:sagemaker:r:1:processing-job/j", "denied"), True),
        (("Search", "s3://m/x", "denied"), True),
        (("ListTrialComponents", "arn:aws:sagemaker:r:1:training-job/j", "denied"), True),
        (("", "algorithm:1/r/a", "not-crawled"), True),
        (("DescribeTrainingJob", "arn:aws:sagemaker:r:1:training-job/j", "unknown-member"), True),
        (("DescribeEndpointConfig", "endpoint-config:1/r/c", "missing"), False),
        (("DescribeModel", "model:1/r/m", "denied"), False),
        (("ListInferenceComponents", "arn:aws:sagemaker:r:1:endpoint/e", "denied"), False),
        (("Search", "s3://m/x", "unmatched"), False),
    ],
)
def test_a_hole_counts_where_it_could_hide_a_use(hole: tuple[str, str, str], hides: bool) -> None:
    """A thing between data and a training job makes a "no" unknown; one that only serves models does not."""
    operation, subject, reason = hole
    said = verdict("s3://d/x/", holes=(Gap("1", "r", operation, subject, reason),))
    assert said == ("unknown" if hides else "not-referenced")


@pytest.mark.parametrize("missing", sorted(one for one in COMPLETE if lineage.KINDS[one[2]].tells_use))
def test_a_list_that_was_not_read_to_its_end_proves_nothing(missing: tuple[str, str, str]) -> None:
    """Without every training job and every processing job of each account and region there is no "no"."""
    answer = used(whole(enumerated=COMPLETE - {missing}), "s3://d/x/")
    assert answer.verdict == "unknown"
    assert [(hole["subject"], hole["reason"]) for hole in answer.scope["holes"]] == [(missing[2], "not-enumerated")]


def test_no_crawl_at_all_proves_nothing() -> None:
    """An empty graph answers unknown."""
    assert used(graph_of([]), "s3://d/x/").verdict == "unknown"


def test_a_walk_never_proves_a_negative(bank: lineage.Snapshot) -> None:
    """Over a crawl that followed endpoints, data that nothing names is unknown."""
    answer = lineage.used(lineage.around_dataset(bank, "s3://bank-ml/nothing/"), "s3://bank-ml/nothing/")
    assert answer.verdict == "unknown"
    assert {hole["reason"] for hole in answer.scope["holes"]} == {"not-enumerated", "denied", "unread-manifest", "unresolved"}


def test_evidence_of_an_indirect_use() -> None:
    """A finding carries the edges from the dataset to the training job, each with its field."""
    job = training("j", {"train": "s3://prep/x/y/"})
    (found,) = used(whole(PREPARED, job), "s3://raw/x/1.csv").findings
    assert (found["verdict"], found["channel"], found["cover"], found["location"]) == (
        "used-indirectly",
        "train",
        "all",
        "s3://prep/x/y/",
    )
    assert [(edge["relation"], edge["source"], edge["target"]) for edge in found["evidence"]] == [
        ("reads", "s3://raw/x/", PREPARED.id),
        ("writes", PREPARED.id, "s3://prep/x/"),
        ("overlaps", "s3://prep/x/", "s3://prep/x/y/"),
        ("reads", "s3://prep/x/y/", job.id),
    ]
    assert found["evidence"][0]["path"] == "ProcessingInputs[].S3Input.S3Uri"


def test_every_finding_is_told_once_and_the_strongest_first() -> None:
    """Each job that used the data is shown, direct readers before those that got it through others."""
    answer = used(whole(BASE, TUNED), "s3://d/base/")
    told = [(row["job"]["name"], row["channel"], row["verdict"]) for row in answer.findings]
    assert told == [("base", "train", "used"), ("tuned", "model", "used-indirectly")]
    both = used(whole(BASE, TUNED), "s3://d/")
    assert [row["job"]["name"] for row in both.findings] == ["base", "tuned"]


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([training("j", {"test": "s3://d/x/"})], ", only as channel test, by its name an evaluation channel"),
        (
            [training("j", {"test": "s3://d/x/", "valData": "s3://d/x/1/"})],
            ", only as channels test and valData, by their names evaluation channels",
        ),
        (
            [
                training("j", {"test": "s3://d/x/"}),
                processing("p", {"raw": "s3://d/x/"}, {"out": "s3://prep/x/"}),
                training("k", {"eval": "s3://prep/x/"}),
            ],
            "; 1 more used data from it through a model or another job, all only as channels eval and test, by their names evaluation channels",
        ),
        (
            [training("j", {"test": "s3://d/x/"}), training("k", {}, HyperParameters={"d": "s3://d/x/"})],
            ", only as channel test, by its name an evaluation channel; 1 more may have read it",
        ),
        ([training("j", {"train": "s3://d/x/"}), training("k", {"test": "s3://d/x/"})], ""),
        ([training("j", {"train": "s3://d/x/", "test": "s3://d/x/"})], ""),
        ([training("j", {"latest": "s3://d/x/"})], ""),
    ],
)
def test_the_first_line_says_that_only_evaluation_channels_read_it(records: list[Resource], said: str) -> None:
    """If every use is by a channel whose name says that it measures, the first line says so; the verdict is the same."""
    answer = used(whole(*records), "s3://d/x/")
    first = usage_text(answer, colour=False).splitlines()[0]
    assert (answer.verdict, first.startswith("USED  ")) == ("used", True)
    assert first.partition("s3://d/x/")[2] == said


def test_a_sure_chain_outweighs_a_possible_one() -> None:
    """A job that is reached both for certain and possibly counts as certain."""
    sure = processing("sure", {"raw": "s3://raw/"}, {"out": "s3://prep/a/"})
    vague = processing("vague", {"raw": "s3://raw/"}, {"out": "s3://prep/b/"}, ProcessingStartTime=None, ProcessingEndTime=None)
    job = training("j", {"a": "s3://prep/a/", "b": "s3://prep/b/"})
    assert verdict("s3://raw/", vague, sure, job) == "used-indirectly"


def test_jobs_that_train_nothing_are_listed_apart() -> None:
    """An evaluation job that read the data is shown, and does not count as training."""
    job = training("eval", {"test": "s3://d/x/"}, ServerlessJobConfig={"JobType": "Evaluation"})
    answer = used(whole(job), "s3://d/x/")
    assert (answer.verdict, [row["job"]["name"] for row in answer.also_read]) == ("not-referenced", ["eval"])


ANALYZER = {"AppSpecification": {"ImageUri": "1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-model-monitor-analyzer:latest"}}
BASELINE = record("data-quality-job-definition", "dq", {
    "JobDefinitionName": "dq", "JobDefinitionArn": arn("data-quality-job-definition", "dq"),
    "DataQualityBaselineConfig": {"BaseliningJobName": "base"},
})  # fmt: skip


@pytest.mark.parametrize(
    "records",
    [
        [processing("base", {"i": "s3://d/x/"}, {"o": "s3://reports/"}), BASELINE],
        [processing("base", {"i": "s3://d/x/"}, {"o": "s3://reports/"}, **ANALYZER)],
        [record("transform-job", "base", {
            "TransformJobStatus": "Completed", "TransformStartTime": "2026-01-02T10:00:00Z", "TransformEndTime": "2026-01-02T11:00:00Z",
            "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://d/x/", "S3DataType": "S3Prefix"}}},
        })],
    ],
    ids=["the baseline of a monitor", "a program of Model Monitor", "a transform job"],
)  # fmt: skip
def test_who_only_measures_is_listed_apart(records: list[Resource]) -> None:
    """A job that made a monitor's baseline from the data, or had a model score it, read it and trained nothing."""
    answer = used(whole(*records), "s3://d/x/")
    assert (answer.verdict, [row["job"]["name"] for row in answer.also_read]) == ("not-referenced", ["base"])


def test_the_json_contract() -> None:
    """The answer as JSON has the contract's keys."""
    answer = used(whole(training("j", {"train": "s3://d/x/"})), "s3://d/x/1.csv").as_json()
    assert {"schema", "question", "subject", "verdict", "findings", "scope", "caveats"} <= set(answer)
    assert (answer["schema"], answer["question"]) == ("lineage.usage/1", "usage")
    assert answer["subject"] == {"id": "s3://d/x/1.csv", "kind": "dataset"}
    (found,) = answer["findings"]
    assert {"job", "verdict", "channel", "cover", "location", "evidence"} <= set(found)
    assert {"id", "kind", "name", "account", "region"} <= set(found["job"])
    assert set(answer["scope"]) == {"accounts", "regions", "crawls", "holes", "numbers", "not_read"}
    assert answer["scope"]["crawls"][0]["complete"] is True


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bank-ml/",
        "s3://bank-raw/loans/2026-05/x.csv",
        "s3://ap-1-s3alias/loans/train/",
        "s3://bank-ml/kyc",
        "s3://bank-code/",
        "s3://none/",
        "efs://fs-0a1b2c3d4e5f60718/kyc",
    ],
)
def test_the_neighbourhood_gives_the_whole_graphs_answer(bank: lineage.Snapshot, bank_graph: lineage.Graph, uri: str) -> None:
    """An answer from the neighbourhood of one location is the answer from everything."""
    assert lineage.used(lineage.around_dataset(bank, uri), uri).as_json() == lineage.used(bank_graph, uri).as_json()


def test_caveats_are_always_there(bank_graph: lineage.Graph) -> None:
    """Each answer says how many jobs could read undeclared data, and that deleted jobs leave no trace."""
    jobs = [data for _, data in bank_graph.nodes(data=True) if data["kind"] == "training-job" and data["observed"]]
    isolated = sum(bool(data.get("isolated")) for data in jobs)
    caveats = lineage.used(bank_graph, "s3://bank-ml/loans/train/").caveats
    assert caveats == [
        f"{len(jobs) - isolated} of {len(jobs)} training {'job' if len(jobs) == 1 else 'jobs'} ran without network isolation and may have read more",
        "training jobs that were deleted before the first crawl leave no trace",
        "a channel is a location; the objects present at read time were not checked",
    ]


def test_findings_do_not_depend_on_the_order_of_records() -> None:
    """The same records in another order give the same answer."""
    records = [PREPARED, BASE, TUNED, training("j", {"train": "s3://prep/x/"})]
    assert derive(records).edges == derive(reversed(records)).edges
    assert used(whole(*records), "s3://d/").as_json() == used(whole(*reversed(records)), "s3://d/").as_json()


def daily(count: int) -> lineage.Graph:
    """This many daily jobs through one `latest/` prefix."""
    days = [f"{2022 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}" for n in range(count)]
    records = [processing(f"p{n}", {"raw": "s3://raw/"}, {"out": "s3://prep/latest/"}, day=day) for n, day in enumerate(days)]
    records += [training(f"j{n}", {"train": "s3://prep/latest/"}, day=day) for n, day in enumerate(days)]
    return whole(*records)


def test_a_shared_place_is_not_walked_for_each_writer() -> None:
    """A thousand daily jobs through one `latest/` prefix are each shown once, with no more work for each than among few."""
    answer = used(daily(1000), "s3://raw/")
    assert {row["verdict"] for row in answer.findings} == {"used-indirectly"}
    assert len(answer.findings) == 1000
    assert grows_straight(lambda count: partial(used, daily(count), "s3://raw/"), 200)


CAPTURE, ASYNC = {"DataCaptureConfig": {"DestinationS3Uri": "s3://kept/"}}, {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://kept/"}}}  # fmt: skip
NEXT = training("next", {"train": "s3://kept/"}, day="2026-02-05")
EARLY = training("next", {"train": "s3://kept/"}, day="2026-01-05")


def _keeping(kept: dict[str, Any], **container: Any) -> list[Resource]:
    """An endpoint of a model that captures something of its traffic, as its config says."""
    model, config, endpoint = served("s3://w/model.tar.gz", **container)
    return [model, replace(config, body=dict(config.body) | kept), endpoint]


HOSTED = record("inference-component", "lora", {
    "EndpointArn": arn("endpoint", "shop"), "CreationTime": "2026-02-02T10:00:00Z",
    "Specification": {"Container": {"ArtifactUrl": "s3://v/"}},
})  # fmt: skip
KEPT: list[tuple[str, str, list[Resource], str]] = [
    ("captured", "s3://w/model.tar.gz", [*_keeping(CAPTURE), NEXT], "possible"),
    ("answers", "s3://w/model.tar.gz", [*_keeping(ASYNC), NEXT], "possible"),
    ("captured, of what the environment names as weights", "s3://v/", [*_keeping(CAPTURE, Environment={"HF_MODEL_ID": "s3://v/"}), NEXT], "possible"),
    ("captured, of what the environment names", "s3://v/", [*_keeping(CAPTURE, Environment={"LOOKUP": "s3://v/"}), NEXT], "possible"),
    ("answers, of a component beside the model of the config", "s3://v/", [*_keeping(ASYNC), HOSTED, NEXT], "possible"),
    ("read before it was deployed", "s3://w/model.tar.gz", [*_keeping(CAPTURE), EARLY], "not-referenced"),
    ("read by nobody", "s3://w/model.tar.gz", [*_keeping(CAPTURE)], "not-referenced"),
    ("nothing kept", "s3://w/model.tar.gz", [*_keeping({}), NEXT], "not-referenced"),
]  # fmt: skip


@pytest.mark.parametrize(("uri", "records", "expected"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_what_an_endpoint_kept_trains_the_next(uri: str, records: list[Resource], expected: str, tmp_path: Path) -> None:
    """What a model or its container names is in what its endpoint captures, and in what trains with that, as in `impact`."""
    answer = used(whole(*records), uri)
    assert answer.verdict == expected
    reached = {row["name"] for row in lineage.impact(whole(*records), uri).reached}
    assert ("next" in reached) == (expected == "possible") == ("next" in {row["job"]["name"] for row in answer.findings})
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        near = used(lineage.around_dataset(snapshot, uri), uri)
        assert [row["job"]["name"] for row in near.findings] == [row["job"]["name"] for row in answer.findings]


def test_what_a_container_names_and_a_transform_job_made_of_it() -> None:
    """What a container's variable names may be in what a transform job of the model wrote, and in what trains with that."""
    model = served("s3://w/model.tar.gz", Environment={"LOOKUP": "s3://v/"})[0]
    scored = record("transform-job", "score", {
        "TransformJobStatus": "Completed", "ModelName": model.name, "TransformStartTime": "2026-02-02T10:00:00Z",
        "TransformEndTime": "2026-02-02T11:00:00Z", "TransformOutput": {"S3OutputPath": "s3://kept/"},
    })  # fmt: skip
    assert verdict("s3://v/", model, scored, NEXT) == "possible"
    assert verdict("s3://v/", model, scored) == "not-referenced"
