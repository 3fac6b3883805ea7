"""Lineage artifacts, which are created once, and their associations with a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.experiments import RUN_TAG
from lineage.domain.pins import Pin
from lineage.errors import AlreadyExists, NotRecorded, NotThere, RefusedValue
from lineage.recording.artifacts import associate, lineage_artifact
from lineage.recording.charts import artifact_name, file_name, roc_curve
from lineage.recording.objects import put_json
from lineage.recording.service import DENIED, Service
from tests.recording.stand_in import StandIn

URI = "s3://bank-ml/churn/train/"
ONE, OTHER = (Pin(1, digest, version="v1", etag="e1").source_types() for digest in ("sha256:aa", "sha256:bb"))
EXISTS = {"code": "ValidationException", "message": "Artifact with the same source already exists"}


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as one:
        yield one


@pytest.fixture
def service(stand_in: StandIn) -> Service:
    return Service(stand_in.session(), patience=5.0)


@pytest.fixture
def component(service: Service) -> str:
    return str(service.call("CreateTrialComponent", TrialComponentName="churn-first")["TrialComponentArn"])


def asked(stand_in: StandIn) -> list[str]:
    return [operation for operation, _ in stand_in.calls]


# --- artifacts ------------------------------------------------------------------------------------


def test_an_artifact_says_where_what_and_which_content(service: Service, stand_in: StandIn) -> None:
    """A recorded artifact has the URI, the type, the name, the content and the properties."""
    arn = lineage_artifact(service, URI, "DataSet", name="train", source_types=ONE, properties={"objects": 2})
    made = stand_in.artifacts[arn]
    assert made["Source"] == {"SourceUri": URI, "SourceTypes": ONE}
    assert (made["ArtifactType"], made["ArtifactName"], made["Properties"]) == ("DataSet", "train", {"objects": "2"})


def test_an_artifact_needs_no_more_than_its_place(service: Service, stand_in: StandIn) -> None:
    """An omitted value is not sent."""
    made = stand_in.artifacts[lineage_artifact(service, URI, "DataSet")]
    assert made["Source"] == {"SourceUri": URI}
    assert not made.keys() & {"ArtifactName", "Properties"}


def test_an_artifact_that_is_there_is_found(service: Service, stand_in: StandIn) -> None:
    """The same place, type and content is one artifact, for any creator."""
    first = lineage_artifact(service, URI, "DataSet", source_types=ONE)
    assert lineage_artifact(service, URI, "DataSet", source_types=reversed(ONE)) == first
    assert len(stand_in.artifacts) == 1


def test_another_type_or_content_is_another_artifact(service: Service) -> None:
    """A place may hold different contents over time, and each is an artifact of its own."""
    cases = [("DataSet", ONE), ("DataSet", OTHER), ("DataSet", []), ("Model", ONE)]
    made = [lineage_artifact(service, URI, kind, source_types=content) for kind, content in cases]
    again = [lineage_artifact(service, URI, kind, source_types=content) for kind, content in cases]
    assert made == again
    assert len(set(made)) == len(cases)


def test_an_artifact_is_found_behind_many_others(service: Service, stand_in: StandIn) -> None:
    """The list of a place's artifacts is read to its end, page by page."""
    first = lineage_artifact(service, URI, "DataSet", source_types=ONE)
    for number in range(12):
        lineage_artifact(service, URI, "DataSet", source_types=Pin(1, f"sha256:{number}").source_types())
    assert lineage_artifact(service, URI, "DataSet", source_types=ONE) == first
    assert asked(stand_in).count("ListArtifacts") == 2


@pytest.mark.parametrize(
    ("there", "mine", "words", "found"),
    [
        pytest.param([[]], ONE, {}, 0, id="one that says no content"),
        pytest.param([[], OTHER], ONE, {}, 0, id="one that says none, rather than another content"),
        pytest.param([OTHER], ONE, {}, None, id="one that says another content"),
        pytest.param([OTHER], [], {}, None, id="one that says a content, which nobody looked at"),
        pytest.param([OTHER], ONE, {"any_content": True}, 0, id="any, of a key that names its content"),
        pytest.param([ONE, OTHER], [], {"any_content": True}, 1, id="the newest of any"),
        pytest.param([], ONE, {}, None, id="none at all"),
    ],
)
def test_a_run_is_never_tied_to_another_content(
    there: list[Any], mine: Any, words: dict[str, Any], found: int | None, service: Service, stand_in: StandIn
) -> None:
    """If SageMaker returns an existing artifact, it is used only if it names no other content."""
    arns = [lineage_artifact(service, URI, "DataSet", source_types=content) for content in there]
    stand_in.fault("CreateArtifact", **EXISTS)
    if found is not None:
        assert lineage_artifact(service, URI, "DataSet", source_types=mine, **words) == arns[found]
        return
    with pytest.raises(AlreadyExists, match="already exists"):
        lineage_artifact(service, URI, "DataSet", source_types=mine, **words)


def test_an_answer_that_was_lost_makes_no_second_artifact(service: Service, stand_in: StandIn) -> None:
    """A repeated call finds what the first one made."""
    stand_in.fault("CreateArtifact", "lost")
    assert [lineage_artifact(service, URI, "DataSet", source_types=ONE)] == list(stand_in.artifacts)


def test_conflicts_and_throttling_pass(service: Service, stand_in: StandIn, component: str) -> None:
    """Temporary errors are retried, in each of the calls."""
    lineage_artifact(service, URI, "DataSet")
    for operation, code in (("CreateArtifact", "ConflictException"), ("ListArtifacts", "ThrottlingException")):
        stand_in.fault(operation, code, times=3)
    stand_in.fault("AddAssociation", "ThrottlingException", times=3)
    associate(service, lineage_artifact(service, URI, "DataSet"), component, is_output=False)
    assert len(stand_in.associations) == 1


def test_a_denied_artifact_is_told_as_denied(service: Service, stand_in: StandIn) -> None:
    """Outside of managed environments CreateArtifact may be denied: the cause says so, and a run goes on without it."""
    stand_in.fault("CreateArtifact", "AccessDeniedException")
    with pytest.raises(NotRecorded) as denied:
        lineage_artifact(service, URI, "DataSet")
    assert denied.value.cause == DENIED
    assert asked(stand_in) == ["CreateArtifact"]


@pytest.mark.parametrize("uri", ["/data/train", "http://example.com/a", "s3://b/k?versionId=1"])
def test_only_a_place_in_s3_has_an_artifact(uri: str, service: Service, stand_in: StandIn) -> None:
    """Text that is no S3 URI is refused before anything is sent."""
    with pytest.raises(RefusedValue):
        lineage_artifact(service, uri, "DataSet")
    assert stand_in.calls == []


def test_what_is_too_long_is_cut(service: Service, stand_in: StandIn) -> None:
    """Properties and sources are cut to SageMaker's limits, and text that looks like a secret is cut out."""
    many = {f"p{number}": number for number in range(40)}
    given = {"password": "hunter2", "k" * 3000: "v" * 5000, **many}
    arn = lineage_artifact(
        service, URI, "DataSet", source_types=[{"SourceIdType": "Custom", "Value": "x" * 300}], properties=given
    )
    made = stand_in.artifacts[arn]
    assert made["Source"]["SourceTypes"] == [{"SourceIdType": "Custom", "Value": "x" * 256}]
    assert made["Properties"]["k" * 2500] == "v" * 4096
    assert len(made["Properties"]) == 30
    assert "hunter2" not in str(made)


# --- associations ---------------------------------------------------------------------------------


def test_an_output_was_produced_and_an_input_contributed(service: Service, stand_in: StandIn, component: str) -> None:
    """A run's outputs are associated from its component and its inputs to it, as the SDK does it."""
    made, read = (lineage_artifact(service, f"{URI}{name}", "DataSet") for name in ("made", "read"))
    associate(service, made, component, is_output=True)
    associate(service, read, component, is_output=False)
    assert stand_in.associations == [(component, made, "Produced"), (read, component, "ContributedTo")]


@pytest.mark.parametrize("lost", [False, True], ids=["twice", "when the answer was lost"])
def test_what_is_associated_already_is_no_error(lost: bool, service: Service, stand_in: StandIn, component: str) -> None:
    """An association is created once, however often it is logged."""
    arn = lineage_artifact(service, URI, "DataSet")
    if lost:
        stand_in.fault("AddAssociation", "lost")
    else:
        associate(service, arn, component, is_output=True)
    associate(service, arn, component, is_output=True)
    assert stand_in.associations == [(component, arn, "Produced")]


def test_an_end_that_is_not_there_is_told(service: Service, component: str) -> None:
    """An association with nothing is an error, and not lost silently."""
    with pytest.raises(NotThere):
        associate(service, f"arn:aws:sagemaker:eu-west-1:111122223333:artifact/{'0' * 32}", component, is_output=True)
    with pytest.raises(RefusedValue):
        associate(service, "no-arn", component, is_output=True)


def test_the_audit_tells_a_chart(service: Service, stand_in: StandIn, tmp_path: Path) -> None:
    """A chart that was logged twice is one chart of the run in the snapshot of a crawl."""
    made = (
        service.call("CreateExperiment", ExperimentName="churn"),
        service.call("CreateTrial", TrialName="t", ExperimentName="churn"),
    )
    assert all(made)
    run = service.call("CreateTrialComponent", TrialComponentName="churn-first", Tags=[RUN_TAG])["TrialComponentArn"]
    service.call("AssociateTrialComponent", TrialComponentName="churn-first", TrialName="t")
    chart = roc_curve([0, 1], [0.2, 0.7], title="loans, fold 3")
    for _ in range(2):
        stored = put_json(service, chart.document, "bank-ml", f"runs/churn-first/{file_name(chart)}")
        name = artifact_name(chart.title, chart.kind)
        artifact = lineage_artifact(service, stored.uri, chart.kind, name=name, source_types=stored.source_types())
        associate(service, artifact, run, is_output=True)
    assert (len(stand_in.artifacts), len(stand_in.associations), len(stand_in.objects[stored.uri])) == (1, 1, 1)
    (tmp_path / "account.jsonl").write_text("".join(f"{line}\n" for line in stand_in.account_lines()), encoding="utf-8")
    lineage.crawl_estate(tmp_path / "lineage.db", replay=tmp_path / "account.jsonl")
    with lineage.open_snapshot(tmp_path / "lineage.db") as snapshot:
        (told,) = lineage.list_runs(snapshot, "churn")
    assert [(one.kind, one.title, one.uri, one.direction) for one in told.charts] == [
        ("ROC curve", "loans-fold-3", stored.uri, "output")
    ]
