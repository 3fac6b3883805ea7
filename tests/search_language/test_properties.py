"""The table of what Search knows: what botocore's model says, and how names lead to values."""

from __future__ import annotations

import runpy
from typing import Any

import pytest

from lineage.errors import SearchRefused
from lineage.search_language.properties import property_of, search_name
from tests.conftest import ROOT
from tests.domain.service import CHECKED, INSTALLED_VERSION, Difference, untrue

SCRIPT = ROOT / "fixtures" / "searchable.py"


def test_the_table_is_what_botocore_says() -> None:
    """`python fixtures/searchable.py` gives the committed table, byte for byte, with the botocore that it was written from.

    A newer one knows everything in it, and an older one nothing else.
    """
    written = runpy.run_path(str(SCRIPT))
    now, committed = written["table"](), written["TABLE"].read_text(encoding="utf-8")
    found, listed = set(now.splitlines()), set(committed.splitlines())
    assert untrue(INSTALLED_VERSION, Difference(sorted(found - listed), sorted(listed - found))) == []
    assert now == committed or INSTALLED_VERSION != CHECKED


JOB: dict[str, Any] = {
    "TrainingJobName": "Fit",
    "HyperParameters": {"eta": "0.2", "a.b": "x"},
    "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.9}, {"MetricName": "a.b", "Value": 1}],
    "Tags": [{"Key": "team", "Value": "fraud"}, {"Key": "cost center", "Value": "1.2"}],
    "InputDataConfig": [{"ChannelName": "train"}, {"ChannelName": "test"}],
    "Environment": {"A": "1"},
    "DebugHookConfig": {"CollectionConfigurations": [{"CollectionParameters": {"k": "v"}}, {"CollectionParameters": {}}]},
    "CheckpointConfig": {},
}
RUN: dict[str, Any] = {
    "Metrics": [{"MetricName": "loss", "Max": 3.0, "Last": 1.0}, {"MetricName": "a.max", "Max": 4.0}],
    "Parameters": {"depth": {"NumberValue": 6.0}, "kind": {"StringValue": "tree"}, "lr.max": {"NumberValue": 1.0}},
    "InputArtifacts": {"SageMaker.ImageUri": {"Value": "image:1", "MediaType": "x"}},
    "SourceDetail": {"TrainingJob": {"HyperParameters": {"eta": "0.2"}}},
}
MODEL_RECORD = {"Model": {"ModelName": "m", "Tags": [{"Key": "a", "Value": "b"}]}, "Endpoints": [{"EndpointName": "e"}]}


@pytest.mark.parametrize(
    ("resource", "name", "kind", "values"),
    [
        ("TrainingJob", "TrainingJobName", "text", ["Fit"]),
        ("TrainingJob", "HyperParameters.eta", "any", ["0.2"]),
        ("TrainingJob", "hyperparameters.eta", "any", ["0.2"]),
        ("TrainingJob", "HyperParameters.a.b", "any", ["x"]),
        ("TrainingJob", "HyperParameters.Eta", "any", []),
        ("TrainingJob", "Metrics.validation:auc", "number", [0.9]),
        ("TrainingJob", "metrics.a.b", "number", [1]),
        ("TrainingJob", "Tags.cost center", "text", ["1.2"]),
        ("TrainingJob", "Tags.tea", "text", []),
        ("TrainingJob", "Tags", "list", JOB["Tags"]),
        ("TrainingJob", "InputDataConfig.ChannelName", "text", ["train", "test"]),
        ("TrainingJob", "Environment.A", "any", ["1"]),
        ("TrainingJob", "DebugHookConfig.CollectionConfigurations.CollectionParameters.k", "any", ["v"]),
        ("TrainingJob", "CheckpointConfig", "structure", []),
        ("TrainingJob", "EnableNetworkIsolation", "boolean", []),
        ("ExperimentTrialComponent", "Metrics.loss.Max", "number", [3.0]),
        ("ExperimentTrialComponent", "metrics.loss.last", "number", [1.0]),
        ("ExperimentTrialComponent", "Metrics.a.max.Max", "number", [4.0]),
        ("ExperimentTrialComponent", "Metrics.loss", "structure", [RUN["Metrics"][0]]),
        ("ExperimentTrialComponent", "Parameters.depth", "any", [6.0]),
        ("ExperimentTrialComponent", "Parameters.kind", "any", ["tree"]),
        ("ExperimentTrialComponent", "Parameters.depth.NumberValue", "number", [6.0]),
        ("ExperimentTrialComponent", "Parameters.lr.max", "any", [1.0]),
        ("ExperimentTrialComponent", "InputArtifacts.SageMaker.ImageUri", "text", ["image:1"]),
        ("ExperimentTrialComponent", "InputArtifacts.SageMaker.ImageUri.MediaType", "text", ["x"]),
        ("ExperimentTrialComponent", "SourceDetail.TrainingJob.HyperParameters.eta", "any", ["0.2"]),
        ("Model", "ModelName", "text", ["m"]),
        ("Model", "Model.ModelName", "text", ["m"]),
        ("Model", "Tags.a", "text", ["b"]),
        ("Model", "Endpoints.EndpointName", "text", ["e"]),
    ],
)
def test_a_name_leads_to_values(resource: str, name: str, kind: str, values: list[Any]) -> None:
    """Each form of a name has its type, and finds its values in a record."""
    record = {"TrainingJob": JOB, "ExperimentTrialComponent": RUN, "Model": MODEL_RECORD}[resource]
    asked = property_of(resource, name)
    assert (asked.type, asked.values(record)) == (kind, values)


@pytest.mark.parametrize(
    ("resource", "name", "said"),
    [
        ("TrainingJob", "TrainingJobNam", "Unknown property name: TrainingJobNam; did you mean TrainingJobName"),
        ("TrainingJob", "S3Uri", "Unknown property name: S3Uri; did you mean CheckpointConfig.S3Uri or InputDataConfig"),
        ("TrainingJob", "Nonsense", "Unknown property name: Nonsense"),
        ("TrainingJob", "Metrics", "Unknown property name: Metrics"),
        ("TrainingJob", "Parameters.depth", "Unknown property name: Parameters.depth"),
        ("TrainingJob", "HyperParameters.", "Unknown property name: HyperParameters."),
        ("TrainingJob", "HyperParameters.*", ""),
        ("Experiment", "Metrics.loss", "Unknown property name: Metrics.loss"),
        ("ExperimentTrialComponent", "TrialName", "Unknown property name: TrialName; did you mean Parents.TrialName"),
        ("ExperimentTrialComponent", "Parameters.*.NumberValue", ""),
        ("Endpoint", "ProductionVariants.ModelName", "Unknown property name: ProductionVariants.ModelName"),
    ],
)
def test_unknown_names(resource: str, name: str, said: str) -> None:
    """A name that leads nowhere is refused with the service's words and near names; a star is a name like any other."""
    if not said:
        assert property_of(resource, name).key == "*"
        return
    with pytest.raises(SearchRefused) as refused:
        property_of(resource, name)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("name", "resource"),
    [
        ("training-job", "TrainingJob"),
        ("TrainingJob", "TrainingJob"),
        ("trainingjob", "TrainingJob"),
        ("trial", "ExperimentTrial"),
        ("tuning-job", "HyperParameterTuningJob"),
    ],
)
def test_resources_by_either_name(name: str, resource: str) -> None:
    """A resource has SageMaker's name and ours."""
    assert search_name(name) == resource


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("TrainigJob", "no kind 'TrainigJob' that SageMaker's Search knows"),
        ("TrainigJob", "did you mean TrainingJob"),
        ("processing-job", "SageMaker's Search knows no processing-job; it knows endpoint, model,"),
        ("Image", "Search gives no records of Image; a SearchRecord has no member for them"),
        ("ImageVersion", "Search gives no records of ImageVersion"),
        ("dataset", "no kind 'dataset' that SageMaker's Search knows; it knows endpoint, model,"),
    ],
)
def test_resources_that_search_does_not_give(name: str, said: str) -> None:
    """A resource that Search does not know, or gives no records of, is refused."""
    with pytest.raises(SearchRefused) as refused:
        search_name(name)
    assert said in str(refused.value)
