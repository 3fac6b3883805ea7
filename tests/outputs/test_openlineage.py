"""OpenLineage run events: the official client library makes exactly the same ones."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.generated.dataset_type_dataset import DatasetTypeDatasetFacet
from openlineage.client.generated.error_message_run import ErrorMessageRunFacet
from openlineage.client.generated.execution_parameters_run import ExecutionParameter, ExecutionParametersRunFacet
from openlineage.client.generated.parent_run import Job as ParentJob
from openlineage.client.generated.parent_run import ParentRunFacet
from openlineage.client.generated.parent_run import Run as ParentRun
from openlineage.client.generated.processing_engine_run import ProcessingEngineRunFacet
from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields
from openlineage.client.serde import Serde

import lineage
from lineage.domain.kinds import KINDS
from lineage.graphs.build import graph_of
from lineage.outputs.formats.openlineage import MAX_BYTES
from tests.graphs.test_deployments import config, crawled, endpoint, model
from tests.outputs.test_export_formats import odd_graph, told
from tests.outputs.test_exports import NASTY
from tests.records import arn, processing, record, served, training

MAKERS: dict[str, Any] = {
    "tags": lambda facet: TagsRunFacet(tags=[TagsRunFacetFields(**tag) for tag in facet["tags"]]),
    "errorMessage": lambda facet: ErrorMessageRunFacet(**facet),
    "processing_engine": lambda facet: ProcessingEngineRunFacet(**facet),
    "executionParameters": lambda facet: ExecutionParametersRunFacet(
        parameters=[ExecutionParameter(**one) for one in facet["parameters"]]
    ),
    "parent": lambda facet: ParentRunFacet(run=ParentRun(**facet["run"]), job=ParentJob(**facet["job"])),
    "datasetType": lambda facet: DatasetTypeDatasetFacet(**facet),
}


def events(source: Any, selector: str = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in told(source, "openlineage", selector).split("\n")[:-1]]


def made_again(event: dict[str, Any]) -> Any:
    """The event as the client library makes it from the same values."""

    def facets(of: dict[str, Any]) -> dict[str, Any]:
        bare = {
            name: {key: value for key, value in facet.items() if key[0] != "_"} for name, facet in of.get("facets", {}).items()
        }
        return {name: MAKERS[name](facet) for name, facet in bare.items()}

    def dataset(made: Any, one: dict[str, Any]) -> Any:
        return made(namespace=one["namespace"], name=one["name"], facets=facets(one))

    return Serde.to_dict(
        RunEvent(
            eventType=RunState(event["eventType"]),
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=Run(runId=event["run"]["runId"], facets=facets(event["run"])),
            job=Job(**event["job"]),
            inputs=[dataset(InputDataset, one) for one in event["inputs"]],
            outputs=[dataset(OutputDataset, one) for one in event["outputs"]],
        )
    )


def plain(value: Any) -> Any:
    """The event without empty values and without the producer of a facet, which the library sets itself."""
    if isinstance(value, dict):
        kept = {name: plain(one) for name, one in value.items() if name not in ("_producer", "_deleted")}
        return {name: one for name, one in kept.items() if one not in ({}, [], None)}
    return [plain(one) for one in value] if isinstance(value, list) else value


def test_the_library_makes_the_same_events(bank: lineage.Snapshot) -> None:
    """Each event of the bank, taken apart and made again by openlineage-python, is unchanged, with the schema of each facet."""
    found = events(bank)
    assert len(found) > 80
    for event in found:
        assert plain(made_again(event)) == plain(event)


@pytest.mark.parametrize(
    ("body", "types"),
    [
        ({}, ["START", "COMPLETE"]),
        ({"TrainingJobStatus": "Failed", "FailureReason": "out of memory"}, ["START", "FAIL"]),
        ({"TrainingJobStatus": "Stopped"}, ["START", "ABORT"]),
        ({"TrainingJobStatus": "InProgress", "TrainingEndTime": None}, ["START"]),
        ({"TrainingJobStatus": "Stopping"}, ["START"]),
    ],
)
def test_how_a_job_ended(body: dict[str, Any], types: list[str]) -> None:
    """A job that ended has two events, one that runs only its START; a failure has its reason."""
    found = events(graph_of([training("fit", {"train": "s3://d/"}, **body)]))
    assert [event["eventType"] for event in found] == types
    message = found[-1]["run"]["facets"].get("errorMessage", {}).get("message")
    assert message == body.get("FailureReason")
    assert found[0]["eventTime"] == "2026-01-02T10:00:00Z"


@pytest.mark.parametrize(
    ("kind", "status", "end"),
    [
        ("pipeline-execution", "Succeeded", ["COMPLETE"]),
        ("pipeline-execution", "CompletedWithFailures", ["FAIL"]),
        ("pipeline-execution", "Executing", []),
        ("compilation-job", "COMPLETED", ["COMPLETE"]),
        ("compilation-job", "FAILED", ["FAIL"]),
        ("endpoint", "InService", ["COMPLETE"]),
        ("job", "NobodyKnowsThisWord", []),
    ],
)
def test_each_kind_has_its_own_words_for_an_end(kind: str, status: str, end: list[str]) -> None:
    """A finished job has an end in any spelling of its kind; a partial failure counts as one; an unknown word is no end."""
    body = {"CreationTime": "2026-01-02T10:00:00Z", f"{KINDS[kind].noun}Status": status}
    name = "p/execution/e" if kind == "pipeline-execution" else "x"
    assert [event["eventType"] for event in events(graph_of([record(kind, name, body)]))] == ["START", *end]


def test_what_a_job_read_and_wrote() -> None:
    """A bucket is a namespace and a prefix a name without the last slash; models are marked as models."""
    (event, _) = events(graph_of([training("fit", {"train": "s3://d/x/", "all": "s3://e/"}, "s3://m/a/model.tar.gz")]))
    assert [(one["namespace"], one["name"]) for one in event["inputs"]] == [("s3://d", "x"), ("s3://e", "/")]
    (model,) = event["outputs"]
    assert (model["name"], model["facets"]["datasetType"]["datasetType"]) == ("a/model.tar.gz", "MODEL")


def test_an_endpoint_is_a_deployment_of_its_model() -> None:
    """The model that an endpoint serves is the input of its run, so that the line continues from the job's output."""
    found = {event["job"]["name"]: event for event in events(graph_of([*served("s3://m/x"), training("fit", {}, "s3://m/x")]))}
    assert [one["name"] for one in found["deploy/shop"]["inputs"]] == [one["name"] for one in found["fit"]["outputs"]] == ["x"]
    assert [one["name"] for one in found["deploy/shop"]["outputs"]] == [arn("endpoint", "shop")]


@pytest.mark.parametrize("soon", [False, True])
def test_a_deployment_is_of_what_an_endpoint_serves_now(tmp_path: Path, soon: bool) -> None:
    """What an endpoint served before, or is only about to serve, is no input of its run."""
    pending = {"EndpointStatus": "Updating", "PendingDeploymentSummary": {"EndpointConfigName": "old"}} if soon else {}
    old = [model("a", "02-10", "s3://m/a"), config("old", "a", "02-11")]
    new = [model("b", "03-10", "s3://m/b"), config("new", "b", "03-11")]
    before = [] if soon else [("02-20", [*old, endpoint("e", "old", "02-12")])]
    crawled(tmp_path / "s.db", *before, ("03-20", [*old, *new, endpoint("e", "new", "02-12", "03-12", **pending)]))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (found, *_) = (event for event in events(snapshot) if event["job"]["name"] == "deploy/e")
    assert [one["name"] for one in found["inputs"]] == ["b"]


def test_an_endpoint_writes_what_it_keeps() -> None:
    """What an endpoint captures, and its asynchronous answers, are outputs of its run, which later jobs read."""
    model, config, endpoint = served("s3://m/x")
    capture = {"DataCaptureConfig": {"EnableCapture": True, "DestinationS3Uri": "s3://kept/shop/"}}
    answers = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://answers/shop/"}}}
    records = [model, replace(config, body=config.body | answers), replace(endpoint, body=endpoint.body | capture)]
    (event, _) = events(graph_of(records))
    assert sorted(one["namespace"] for one in event["outputs"] if one["namespace"].startswith("s3:")) == [
        "s3://answers",
        "s3://kept",
    ]


def test_what_a_run_only_may_have_read_is_left_out_and_told() -> None:
    """An event says that a run read something, so what only a text names is left out, with a note."""
    chosen = lineage.Chosen(
        graph_of(
            [
                training("fit", {"train": "s3://d/x/"}, HyperParameters={"more": "s3://e/y/"}),
                processing("p", {}, {}, AppSpecification={"ImageUri": "i", "ContainerArguments": ["--out", "s3://d/x/"]}),
            ]
        )
    )
    list(lineage.FORMATS["openlineage"].write(chosen))
    assert [note for note in chosen.notes if "only a text names" in note] == [
        "left out: 2 things that jobs may have read or written, because only a text names it"
    ]


def test_an_endpoint_of_unknown_making_has_inputs_too() -> None:
    """Where the config of an endpoint is deleted, that config is the input: without one no tool would draw the endpoint."""
    (event, _) = events(graph_of(served("s3://m/x")[2:]))
    assert len(event["inputs"]) == len(event["outputs"]) == 1
    assert "shop-config" in event["inputs"][0]["name"]


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("churn-2026-05-04-09-05-55-123", "churn"),
        ("churn-2026-05-04-09-05-55", "churn"),
        ("Loans-Fit-0042", "Loans-Fit-0042"),
        ("churn-1767225600", "churn"),
        ("2026-05-04", "2026-05-04"),
    ],
)
def test_job_families(name: str, family: str) -> None:
    """The runs of one job share a name: theirs without the time that the SDK appends."""
    assert events(graph_of([training(name, {})]))[0]["job"]["name"] == family


def test_the_jobs_of_pipelines_and_tuning_jobs(account_path: Path) -> None:
    """A step's job is named by pipeline and step and has its execution as parent; a tuned job is named by its tuning job."""
    tune = record("tuning-job", "tune-2026-05-04-09-05-55", {})
    child = training("tune-2026-001-abcdef", {}, TuningJobArn=tune.arn)
    names = {event["job"]["name"] for event in events(graph_of([tune, child]))}
    assert names == {"tune"}
    with lineage.open_snapshot(account_path) as estate:
        found = {event["run"]["runId"]: event for event in events(estate)}
    children = [event for event in found.values() if "parent" in event["run"]["facets"]]
    assert {event["job"]["name"] for event in children} >= {"renewal-price/Prepare", "renewal-price/Fit"}
    for event in children:
        assert found[event["run"]["facets"]["parent"]["run"]["runId"]]["job"]["name"] == "renewal-price"


def test_an_execution_that_took_a_job_over_is_no_parent() -> None:
    """An execution that only reused a job's output did not run it."""
    graph = graph_of([training("fit", {}), record("pipeline-execution", "p/execution/e", {})])
    execution = next(node for node in graph if "/execution/" in node)
    for usage, name in (("reused", "fit"), ("", "p/Fit")):
        graph.add_edge(arn("training-job", "fit"), execution, "member-of", relation="member-of", role="Fit", usage=usage)
        event = next(event for event in events(graph) if "training-job/fit" in json.dumps(event["run"]["facets"]["tags"]))
        assert (event["job"]["name"], "parent" in event["run"]["facets"]) == (name, not usage)


def test_run_ids_are_those_of_the_arns(bank: lineage.Snapshot) -> None:
    """Anyone who knows an ARN can compute its runId."""
    ids = {event["run"]["runId"] for event in events(bank)}
    assert str(uuid.uuid5(uuid.NAMESPACE_URL, arn("training-job", "loans-fit-0042"))) in ids


def test_each_run_starts_before_it_ends(bank: lineage.Snapshot) -> None:
    """The events of a run are adjacent, START first."""
    for _, some in groupby(events(bank), key=lambda event: event["run"]["runId"]):
        assert [event["eventType"] == "START" for event in some] in ([True], [True, False])


def test_hyperparameters_are_told_of_a_snapshot(bank: lineage.Snapshot) -> None:
    """Hyperparameters are execution parameters, under their own names."""
    event = next(event for event in events(bank) if event["job"]["name"] == "Loans-Fit-0042")
    assert {"key": "max_depth", "value": "6"} in event["run"]["facets"]["executionParameters"]["parameters"]


@pytest.mark.parametrize("many", ["tags", "inputs"])
def test_no_event_is_too_long(many: str) -> None:
    """An event longer than 300,000 bytes is cut; the event and a note say so."""
    graph = graph_of([training("fit", {"train": "s3://d/"})])
    job = arn("training-job", "fit")
    if many == "tags":
        graph.nodes[job]["tags"] = [f"k{number}={'é' * 200}" for number in range(1000)]
    for number in range(3000 if many == "inputs" else 0):
        graph.add_node(f"s3://d/{'x' * 200}{number}", **graph.nodes["s3://d/"])
        graph.add_edge(f"s3://d/{'x' * 200}{number}", job, key="reads", **graph.edges["s3://d/", job, "reads:train"])
    chosen = lineage.Chosen(graph)
    lines = "".join(lineage.FORMATS["openlineage"].write(chosen)).split("\n")[:-1]
    assert [len(line.encode()) < MAX_BYTES for line in lines] == [True, True]
    for line in lines:
        assert {"key": "truncated", "value": many, "source": "LINEAGE"} in json.loads(line)["run"]["facets"]["tags"]["tags"]
    assert "2 events were cut" in chosen.notes[0]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_nasty_names(name: str) -> None:
    """One event stays one line, and names are unchanged in it."""
    graph = odd_graph(name)
    (event,) = [event for event in events(graph) if event["job"]["name"] == "fit" and event["eventType"] == "START"]
    assert name.rstrip("/") in [one["name"] for one in event["inputs"]]
    assert plain(made_again(event)) == plain(event)
