"""End to end: the installed command against SageMaker as moto serves it over HTTP, boto3 pointed there by environment alone.

moto 5.2 lacks ListInferenceComponents, and its Search reads no nested property: both are added here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core.responses import ActionResult
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse
from moto.server import ThreadedMotoServer

from lineage.search_language.expressions import Matcher
from tests.conftest import ROOT

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/x"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fit:1"


def search(self: SageMakerResponse) -> ActionResult:
    """Search over the whole records, including nested properties."""
    backend, resource = self.sagemaker_backend, self._get_param("Resource")
    assert resource == "TrainingJob"
    bodies = [job.response_object for job in backend.training_jobs.values()]
    matcher = Matcher("TrainingJob", self._get_param("SearchExpression"))
    return ActionResult({"Results": [{"TrainingJob": body} for body in bodies if matcher.holds(body)]})


def list_inference_components(self: SageMakerResponse) -> ActionResult:
    """An endpoint without inference components."""
    assert self._get_param("EndpointNameEquals") == "Shop"
    return ActionResult({"InferenceComponents": []})


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A moto server, and the environment that points boto3 at it."""
    monkeypatch.setattr(SageMakerResponse, "search", search)
    monkeypatch.setattr(SageMakerResponse, "list_inference_components", list_inference_components, raising=False)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    yield environment
    server.stop()


def build(manifest: str = "") -> None:
    """A processing job, a training job, its run, and an endpoint that serves its model; the job may read a manifest as well."""
    api: Any = boto3.client("sagemaker")
    source = {"S3DataType": "ManifestFile", "S3Uri": manifest}
    listed = [{"ChannelName": "listed", "DataSource": {"S3DataSource": source}}] if manifest else []
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
    api.create_processing_job(
        ProcessingJobName="Prep",
        RoleArn=ROLE,
        AppSpecification={"ImageUri": IMAGE},
        ProcessingResources={"ClusterConfig": cluster},
        ProcessingInputs=[{"InputName": "raw", "S3Input": {"S3Uri": "s3://raw/2026/", "S3DataType": "S3Prefix", "LocalPath": "/opt/ml/processing/raw"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://prep/train/", "LocalPath": "/opt/ml/processing/train", "S3UploadMode": "EndOfJob"}}]},
    )  # fmt: skip
    api.create_training_job(
        TrainingJobName="Fit",
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        RoleArn=ROLE,
        InputDataConfig=[
            {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://prep/train/"}}},
            *listed,
        ],
        OutputDataConfig={"S3OutputPath": "s3://models"},
        ResourceConfig=cluster,
        StoppingCondition={"MaxRuntimeInSeconds": 60},
    )
    api.create_experiment(ExperimentName="demand")
    api.create_trial(TrialName="demand-1", ExperimentName="demand")
    api.create_trial_component(TrialComponentName="Fit-aws-training-job")
    api.associate_trial_component(TrialComponentName="Fit-aws-training-job", TrialName="demand-1")
    run = sagemaker_backends["123456789012"][REGION].trial_components["Fit-aws-training-job"]
    run.source = {"SourceArn": "arn:aws:sagemaker:eu-west-1:123456789012:training-job/fit"}  # moto has no parameter for it
    api.create_model(
        ModelName="Shop-Model",
        PrimaryContainer={"Image": IMAGE, "ModelDataUrl": "s3://models/Fit/output/model.tar.gz"},
        ExecutionRoleArn=ROLE,
    )
    variant = {
        "VariantName": "all",
        "ModelName": "Shop-Model",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": 1,
    }
    api.create_endpoint_config(EndpointConfigName="Shop-Config", ProductionVariants=[variant])
    api.create_endpoint(EndpointName="Shop", EndpointConfigName="Shop-Config")


def command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "cli", *arguments, "--snapshot", str(folder / "s.db")]
    return subprocess.run(line, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False)


def test_from_an_endpoint_to_its_data_over_http(moto: dict[str, str], tmp_path: Path) -> None:
    """The same walk that the replay answers works against a server: crawl, trace and used."""
    build()
    crawled = command(tmp_path, "crawl", "--endpoint", "Shop")
    assert (crawled.returncode, crawled.stdout) == (0, ""), crawled.stderr
    answer = json.loads(command(tmp_path, "trace", "Shop", "-f", "json").stdout)
    assert answer["verdict"] == "traced"
    assert [(job["name"], job["depth"], job["trains"]) for job in answer["training_jobs"]] == [("Fit", 1, True)]
    assert [(row["uri"], row["indirect"]) for row in answer["datasets"]] == [
        ("s3://prep/train/", False),
        ("s3://raw/2026/", True),
    ]
    assert ([row["name"] for row in answer["runs"]], [row["name"] for row in answer["experiments"]]) == (
        ["Fit-aws-training-job"],
        ["demand"],
    )
    assert answer["scope"]["holes"] == []
    used = json.loads(command(tmp_path, "used", "s3://raw/2026/x.csv", "-f", "json").stdout)
    assert (used["verdict"], used["findings"][0]["job"]["name"]) == ("used-indirectly", "Fit")


def test_a_manifest_over_http(moto: dict[str, str], tmp_path: Path) -> None:
    """A manifest is read from S3 itself, over HTTP; a missing one is a gap."""
    store: Any = boto3.client("s3")
    store.create_bucket(Bucket="lists", CreateBucketConfiguration={"LocationConstraint": REGION})
    store.put_object(Bucket="lists", Key="a b/fit.manifest", Body=json.dumps([{"prefix": "s3://pictures/"}, "1.jpg"]))
    time.sleep(1.1)  # S3 has whole seconds: an object of the second in which a job began may be younger than the job
    build("s3://lists/a b/fit.manifest")
    time.sleep(1.1)
    crawled = command(tmp_path, "crawl", "--endpoint", "Shop")
    assert (crawled.returncode, "no gaps" in crawled.stderr) == (0, True), crawled.stderr
    (found,) = json.loads(command(tmp_path, "used", "s3://pictures/1.jpg", "-f", "json").stdout)["findings"]
    assert (found["verdict"], found["entry"]) == ("used", "s3://pictures/1.jpg")
    other = tmp_path / "other"
    other.mkdir()
    store.delete_object(Bucket="lists", Key="a b/fit.manifest")
    crawled = command(other, "crawl", "--endpoint", "Shop")
    assert "1 gap" in crawled.stderr


def test_an_endpoint_that_the_server_has_not(moto: dict[str, str], tmp_path: Path) -> None:
    """A wrong name is one line and exit code 2, and leaves no snapshot."""
    build()
    crawled = command(tmp_path, "crawl", "--endpoint", "Shp")
    assert crawled.returncode == 2
    assert "no endpoint 'Shp' in account 123456789012, eu-west-1; did you mean Shop?" in crawled.stderr
    assert not (tmp_path / "s.db").exists()


def test_a_server_that_is_not_there(moto: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address without an answer gives one line and exit code 3."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    crawled = command(tmp_path, "crawl", "--endpoint", "Shop")
    assert crawled.returncode == 3
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/"' in crawled.stderr
    assert crawled.stderr.count("\n") == 1
