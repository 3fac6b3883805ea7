"""What the stand-in for SageMaker's recording operations guarantees to the tests that rely on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

import lineage
from lineage.crawl.replay.account import read_account
from lineage.domain.experiments import RUN_TAG, component_of, group_of
from tests.conftest import BANK, ROOT
from tests.recording.shapes import service_model
from tests.recording.stand_in import StandIn

ONCE: Any = Config(retries={"total_max_attempts": 1})
NOW = datetime.now(UTC)


@pytest.fixture
def service() -> Iterator[StandIn]:
    with StandIn() as started:
        yield started


@pytest.fixture
def api(service: StandIn) -> Any:
    return service.session().client("sagemaker", config=ONCE)


def code_of(refused: pytest.ExceptionInfo[ClientError]) -> str:
    return refused.value.response["Error"]["Code"]


def record(api: Any, experiment: str = "churn", run: str = "first", **body: Any) -> str:
    """A run as the SDK records it."""
    name = component_of(experiment, run)
    if not any(one["ExperimentName"] == experiment for one in api.list_experiments()["ExperimentSummaries"]):
        api.create_experiment(ExperimentName=experiment)
        api.create_trial(TrialName=group_of(experiment), ExperimentName=experiment)
    api.create_trial_component(TrialComponentName=name, Tags=[RUN_TAG], **body)
    api.associate_trial_component(TrialComponentName=name, TrialName=group_of(experiment))
    return name


def metric(value: float, name: str = "auc", step: int = 0, when: datetime = NOW) -> dict[str, Any]:
    return {"MetricName": name, "Value": value, "Step": step, "Timestamp": when}


# --- entities -------------------------------------------------------------------------------------


def test_an_update_merges_maps_by_key(api: Any) -> None:
    """Fields that an update does not name stay, removed ones are gone, and times come back as they were sent."""
    name = record(api, Parameters={"lr": {"NumberValue": 0.1}, "old": {"StringValue": "x"}}, StartTime=NOW)
    api.update_trial_component(TrialComponentName=name, Parameters={"depth": {"NumberValue": 3}}, ParametersToRemove=["old"])
    told = api.describe_trial_component(TrialComponentName=name)
    assert told["Parameters"] == {"lr": {"NumberValue": 0.1}, "depth": {"NumberValue": 3}}
    assert (told["StartTime"], told["CreationTime"] < told["LastModifiedTime"]) == (NOW, True)
    assert "Tags" not in told
    assert api.describe_trial_component(TrialComponentName=told["TrialComponentArn"])["TrialComponentName"] == name


def test_names_are_unique_without_regard_to_case(api: Any) -> None:
    """A second experiment of a name is refused in SageMaker's words, and found in any case."""
    api.create_experiment(ExperimentName="Churn")
    with pytest.raises(ClientError, match=r"unique .* Experiment with name \(CHURN\) already exists") as refused:
        api.create_experiment(ExperimentName="CHURN")
    assert code_of(refused) == "ValidationException"
    assert api.describe_experiment(ExperimentName="churn")["ExperimentName"] == "Churn"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("create_experiment", {"ExperimentName": "un_der"}),
        ("create_experiment", {"ExperimentName": "x" * 121}),
        ("create_trial_component", {"TrialComponentName": "x", "Parameters": {"p": {"StringValue": "x" * 2501}}}),
        (
            "create_trial_component",
            {"TrialComponentName": "x", "Parameters": {f"p{n}": {"NumberValue": 1} for n in range(301)}},
        ),
        ("create_trial_component", {"TrialComponentName": "x", "Status": {"PrimaryStatus": "Failed", "Message": "a\nb"}}),
        ("create_trial_component", {"TrialComponentName": "x", "Status": {"PrimaryStatus": "Done"}}),
    ],
    ids=["name", "long name", "long value", "parameters", "newline", "status"],
)
def test_what_the_model_forbids_is_refused(api: Any, operation: str, request_: dict[str, Any]) -> None:
    """Patterns, lengths and enumerations of the service model hold for each request."""
    with pytest.raises(ClientError, match="failed to satisfy constraint") as refused:
        getattr(api, operation)(**request_)
    assert code_of(refused) == "ValidationException"


def test_parameters_are_limited_in_all(api: Any) -> None:
    """The 301st parameter is refused, also where it comes alone."""
    name = record(api, Parameters={f"p{number}": {"NumberValue": 1} for number in range(300)})
    with pytest.raises(ClientError, match="at most 300"):
        api.update_trial_component(TrialComponentName=name, Parameters={"more": {"NumberValue": 1}})


def test_what_holds_others_is_not_deleted(service: StandIn, api: Any) -> None:
    """An experiment with trials, a trial with components and a component in a trial stay until these are gone."""
    name, group = record(api), group_of("churn")
    for call, words in (
        (api.delete_experiment, {"ExperimentName": "churn"}),
        (api.delete_trial, {"TrialName": group}),
        (api.delete_trial_component, {"TrialComponentName": name}),
    ):
        with pytest.raises(ClientError) as refused:
            call(**words)
        assert code_of(refused) == "ValidationException"
    api.disassociate_trial_component(TrialComponentName=name, TrialName=group)
    api.delete_trial_component(TrialComponentName=name)
    api.delete_trial(TrialName=group)
    api.delete_experiment(ExperimentName="churn")
    assert (service.experiments, service.trials, service.components) == ({}, {}, {})


def test_what_is_not_there_is_not_found(api: Any) -> None:
    """A Describe, a child and a list of something missing are refused as not found."""
    for call, words in (
        (api.describe_trial_component, {"TrialComponentName": "none"}),
        (api.create_trial, {"TrialName": "t", "ExperimentName": "none"}),
        (api.list_trials, {"ExperimentName": "none"}),
    ):
        with pytest.raises(api.exceptions.ResourceNotFound):
            call(**words)


def test_lists_are_cut_into_pages_newest_first(api: Any) -> None:
    """A list without a given order has the newest first, page by page."""
    names = [record(api, run=f"r{number}") for number in range(5)]
    pages = api.get_paginator("list_trial_components").paginate(ExperimentName="churn", MaxResults=2)
    found = [[one["TrialComponentName"] for one in page["TrialComponentSummaries"]] for page in pages]
    assert found == [names[:2:-1], names[2:0:-1], names[:1]]


def test_search_finds_by_tag_and_parent(api: Any) -> None:
    """Search gives the components of an experiment that have the tag of a run, with their parents."""
    name = record(api)
    record(api, experiment="other")
    filters = [
        {"Name": "Parents.ExperimentName", "Operator": "Equals", "Value": "churn"},
        {"Name": f"Tags.{RUN_TAG['Key']}", "Operator": "Equals", "Value": "run"},
    ]
    found = api.search(Resource="ExperimentTrialComponent", SearchExpression={"Filters": filters})["Results"]
    assert [one["TrialComponent"]["TrialComponentName"] for one in found] == [name]
    assert found[0]["TrialComponent"]["Parents"] == [{"TrialName": group_of("churn"), "ExperimentName": "churn"}]


def test_tags_are_added_and_taken_away(service: StandIn, api: Any) -> None:
    """A tag replaces that of its key; ListTags shows what is left."""
    arn = service.components[record(api)]["TrialComponentArn"]
    api.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "a"}])
    api.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "b"}])
    assert api.list_tags(ResourceArn=arn)["Tags"] == [RUN_TAG, {"Key": "team", "Value": "b"}]
    api.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert api.list_tags(ResourceArn=arn)["Tags"] == [RUN_TAG]


def test_an_artifact_exists_once_and_is_associated(service: StandIn, api: Any) -> None:
    """A second artifact of a source already exists; its ARN is found by its URI, and is associated with a component once."""
    asked = {"ArtifactType": "DataSet", "Source": {"SourceUri": "s3://bank-ml/Train.csv"}, "Properties": {"rows": "3"}}
    arn = api.create_artifact(**asked)["ArtifactArn"]
    with pytest.raises(ClientError, match="already exists"):
        api.create_artifact(**asked)
    assert [one["ArtifactArn"] for one in api.list_artifacts(SourceUri="s3://bank-ml/Train.csv")["ArtifactSummaries"]] == [arn]
    assert api.list_artifacts(SourceUri="s3://bank-ml/train.csv")["ArtifactSummaries"] == []
    assert api.describe_artifact(ArtifactArn=arn)["Properties"] == {"rows": "3"}
    run = service.components[record(api)]["TrialComponentArn"]
    api.add_association(SourceArn=arn, DestinationArn=run, AssociationType="ContributedTo")
    assert service.associations == [(arn, run, "ContributedTo")]
    assert [one["SourceArn"] for one in api.list_associations(DestinationArn=run)["AssociationSummaries"]] == [arn]


def test_a_job_keeps_its_run(service: StandIn, api: Any) -> None:
    """A training job has the ExperimentConfig that it was created with."""
    config = {"ExperimentName": "churn", "TrialName": group_of("churn"), "RunName": record(api)}
    api.create_training_job(
        TrainingJobName="Fit",
        AlgorithmSpecification={"TrainingInputMode": "File", "TrainingImage": "fit"},
        RoleArn="arn:aws:iam::111122223333:role/fit-a-model",
        OutputDataConfig={"S3OutputPath": "s3://bank-ml/models/"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 60},
        ExperimentConfig=config,
    )
    told = api.describe_training_job(TrainingJobName="Fit")
    assert told["ExperimentConfig"] == config
    assert told["ModelArtifacts"]["S3ModelArtifacts"] == "s3://bank-ml/models/Fit/output/model.tar.gz"


# --- metrics --------------------------------------------------------------------------------------


def test_metrics_are_summed_up(service: StandIn, api: Any) -> None:
    """Metrics are kept in their order, and the component shows their statistics."""
    name = record(api)
    api = service.session().client("sagemaker-metrics")
    api.batch_put_metrics(
        TrialComponentName=name, MetricData=[metric(value, step=step) for step, value in enumerate([1, 3, 2])]
    )
    assert [(one["Step"], one["Value"]) for one in service.metrics[name]] == [(0, 1), (1, 3), (2, 2)]
    (told,) = service.session().client("sagemaker").describe_trial_component(TrialComponentName=name)["Metrics"]
    assert {key: told[key] for key in ("MetricName", "Min", "Max", "Avg", "Last", "Count")} == {
        "MetricName": "auc", "Min": 1, "Max": 3, "Avg": 2, "Last": 2, "Count": 3,
    }  # fmt: skip
    assert round(told["StdDev"] ** 2, 6) == round(2 / 3, 6)


def test_one_metric_may_be_refused(service: StandIn, api: Any) -> None:
    """A metric fault, and a metric older than 14 days, are errors of that metric; the others are kept."""
    name = record(api)
    service.metric_fault("CONFLICT_ERROR", when=lambda one: one["Step"] == 1)
    old = metric(9, step=3, when=NOW - timedelta(days=15))
    batch = [*(metric(step, step=step) for step in range(3)), old]
    put = service.session().client("sagemaker-metrics").batch_put_metrics
    refused = [{"Code": "CONFLICT_ERROR", "MetricIndex": 1}, {"Code": "VALIDATION_ERROR", "MetricIndex": 3}]
    assert put(TrialComponentName=name, MetricData=batch)["Errors"] == refused
    assert "Errors" not in put(TrialComponentName=name, MetricData=[metric(1, step=1)])
    assert [one["Step"] for one in service.metrics[name]] == [0, 2, 1]


def test_a_number_is_finite(api: Any) -> None:
    """NaN, which boto3 sends as a text, is refused."""
    name = record(api)
    with pytest.raises(ClientError) as refused:
        api.update_trial_component(TrialComponentName=name, Parameters={"p": {"NumberValue": float("nan")}})
    assert code_of(refused) == "ValidationException"


def test_a_batch_has_ten_metrics_and_a_lower_case_name(service: StandIn) -> None:
    """Eleven metrics, and a name in mixed case, are refused as a whole."""
    put = service.session().client("sagemaker-metrics").batch_put_metrics
    for words in (
        {"TrialComponentName": "x", "MetricData": [metric(1)] * 11},
        {"TrialComponentName": "X", "MetricData": [metric(1)]},
    ):
        with pytest.raises(ClientError) as refused:
            put(**words)
        assert code_of(refused) == "ValidationException"


# --- faults ---------------------------------------------------------------------------------------


def test_faults_strike_as_often_as_they_should(service: StandIn, api: Any) -> None:
    """A fault skips the first calls, strikes the next ones and ends; a struck call does nothing."""
    name = record(api)
    service.fault("UpdateTrialComponent", "ConflictException", after=1, times=2, when=lambda asked: "Parameters" in asked)
    codes = []
    for number in range(4):
        try:
            api.update_trial_component(TrialComponentName=name, Parameters={f"p{number}": {"NumberValue": number}})
            codes.append("")
        except api.exceptions.ConflictException as error:
            codes.append(error.response["Error"]["Code"])
    assert codes == ["", "ConflictException", "ConflictException", ""]
    assert list(service.components[name]["Parameters"]) == ["p0", "p3"]
    assert [operation for operation, _ in service.calls].count("UpdateTrialComponent") == 4


def test_a_call_is_dropped_or_its_answer_lost(service: StandIn, api: Any) -> None:
    """`drop` does nothing and `lost` does it; both close the connection, and the next call is answered."""
    for code in ("drop", "lost"):
        service.fault("CreateExperiment", code)
        with pytest.raises(ConnectionClosedError):
            api.create_experiment(ExperimentName=code)
    assert list(service.experiments) == ["lost"]


def test_it_can_be_down_and_up_again(service: StandIn, api: Any) -> None:
    """While the stand-in is down nothing is answered, on old and new connections; afterwards all is as before."""
    api.create_experiment(ExperimentName="churn")
    service.down = True
    for client in (api, service.session().client("sagemaker", config=ONCE), service.session().client("s3", config=ONCE)):
        with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
            client.list_experiments() if client.meta.service_model.service_name == "sagemaker" else client.list_buckets()
    service.down = False
    assert len(api.list_experiments()["ExperimentSummaries"]) == 1


# --- S3 -------------------------------------------------------------------------------------------


def test_objects_have_versions_and_checksums(service: StandIn) -> None:
    """S3 keeps the versions of a bucket that has them, returns checksums, and is struck by faults as SageMaker is."""
    s3 = service.session().client("s3", config=ONCE)
    for body in (b"one", b"two"):
        put = s3.put_object(Bucket="bank-ml", Key="a b/c+d.txt", Body=body, ChecksumAlgorithm="SHA256")
    head = s3.head_object(Bucket="bank-ml", Key="a b/c+d.txt", ChecksumMode="ENABLED")
    assert (head["VersionId"], head["ETag"], head["ContentLength"]) == (put["VersionId"], put["ETag"], 3)
    assert head["ChecksumSHA256"] == put["ChecksumSHA256"]
    assert [one.body for one in service.objects["s3://bank-ml/a b/c+d.txt"]] == [b"one", b"two"]
    assert len(s3.list_object_versions(Bucket="bank-ml", Prefix="a b/")["Versions"]) == 2
    assert s3.get_bucket_versioning(Bucket="bank-ml")["Status"] == "Enabled"
    service.fault("PutObject", "SlowDown", status=503)
    with pytest.raises(ClientError, match="SlowDown"):
        s3.put_object(Bucket="bank-ml", Key="b", Body=b"")
    assert ("PutObject", {"Bucket": "bank-ml", "Key": "b"}) in service.calls


def test_a_large_object_comes_in_parts(service: StandIn, tmp_path: Path) -> None:
    """What boto3 uploads in parts is one object."""
    path = tmp_path / "large"
    path.write_bytes(bytes(9 * 2**20))
    service.session().client("s3").upload_file(str(path), "bank-ml", "large")
    assert [len(one.body) for one in service.objects["s3://bank-ml/large"]] == [9 * 2**20]
    assert [operation for operation, _ in service.calls].count("UploadPart") == 2


# --- the audit over it ----------------------------------------------------------------------------


def lineage_of(service: StandIn, folder: Path, *arguments: str) -> str:
    """The output of a `lineage` command in its own process."""
    line = [sys.executable, "-m", "cli", *arguments, "--snapshot", str(folder / "s.db")]
    ran = subprocess.run(line, cwd=ROOT, env=os.environ | service.environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def test_a_crawl_finds_what_was_recorded(service: StandIn, api: Any, tmp_path: Path) -> None:
    """Another process, led here by its environment alone, crawls the account without a gap and lists the run."""
    record(api, Parameters={"lr": {"NumberValue": 0.1}}, InputArtifacts={"train": {"Value": "s3://bank-ml/train/"}})
    assert "no gaps" in lineage_of(service, tmp_path, "crawl")
    assert "churn-first" in lineage_of(service, tmp_path, "runs", "churn")


def test_the_environment_leads_boto3_here(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without arguments calls the stand-in, as its caller."""
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == "111122223333"
    with pytest.raises(ClientError, match="AccessDenied"):
        boto3.Session().client("iam").list_roles()


def test_it_is_written_down_as_an_account_file(service: StandIn, api: Any, tmp_path: Path) -> None:
    """The lines are an account file that a replay reads, with objects, from which a crawl finds the same run."""
    record(api)
    service.session().client("s3").put_object(Bucket="bank-ml", Key="x", Body=b"text")
    path = tmp_path / "account.jsonl"
    path.write_text("".join(f"{line}\n" for line in service.account_lines()), encoding="utf-8")
    account = read_account(path, service_model("sagemaker"))
    assert account.objects["s3://bank-ml/x"].content == b"text"
    lineage.crawl_estate(tmp_path / "replayed.db", replay=path)
    with lineage.open_snapshot(tmp_path / "replayed.db") as snapshot:
        assert [run.name for run in lineage.list_runs(snapshot, "churn")] == ["churn-first"]


def test_it_may_begin_with_an_account(tmp_path: Path) -> None:
    """The records of an account file are there, can be changed, and others can be added."""
    with StandIn(account=BANK) as service:
        api = service.session().client("sagemaker")
        api.create_trial(TrialName="more", ExperimentName="loan-default")
        assert len(api.list_trials(ExperimentName="loan-default")["TrialSummaries"]) == 2
        assert api.describe_endpoint(EndpointName="loans-live")["EndpointArn"]
