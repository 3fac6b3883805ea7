"""What an endpoint served before a component, a package or a deletion changed it: an earlier crawl saw it, so no question forgets it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.render.impact import path_text
from lineage.domain.records import Resource
from lineage.outputs.pictures.figures import edge_label
from lineage.queries.impact_rows import EARLIER, NOW
from tests.crawl.test_manifests import crawl
from tests.records import arn, record, served, training

DAY = "2026-02-01"
APART = {"EnableNetworkIsolation": True}
FIRST, SECOND = (f"s3://m/{name}/output/model.tar.gz" for name in ("first", "second"))
CAPTURED = {"DataCaptureConfig": {"EnableCapture": True, "DestinationS3Uri": "s3://captured/"}}
JOBS = [
    training(name, {"train": f"s3://d/{name}/"}, f"s3://m/{name}/output/model.tar.gz", **APART) for name in ("first", "second")
]
MODELS = [served(f"s3://m/{name}/output/model.tar.gz", name=name)[0] for name in ("first", "second")]
SHOP = [
    record("endpoint-config", "c", {"CreationTime": f"{DAY}T10:10:00Z", "ProductionVariants": [{"VariantName": "a"}], **CAPTURED}),
    record("endpoint", "shop", {
        "CreationTime": f"{DAY}T10:20:00Z", "LastModifiedTime": f"{DAY}T10:30:00Z", "EndpointStatus": "InService", "EndpointConfigName": "c",
    }),
]  # fmt: skip


def component(name: str, modified: str = f"{DAY}T11:00:00Z", **specification: Any) -> Resource:
    body = {"CreationTime": f"{DAY}T10:40:00Z", "LastModifiedTime": modified, "InferenceComponentStatus": "InService"}
    runs = {"EndpointArn": arn("endpoint", "shop"), "VariantName": "a", "Specification": specification}
    return record("inference-component", name, body | runs)


def crawled(folder: Path, *crawls: list[Resource], beside: list[Resource]) -> lineage.Snapshot:
    """A snapshot of an account that was crawled several times."""
    paths = [crawl(folder, *beside, *records) for records in crawls]
    return lineage.open_snapshot(paths[-1])


CHANGES = {
    "a component runs another model": ([component("ic", ModelName="first-model")], [component("ic", "2026-06-01T12:00:00Z", ModelName="second-model")]),
    "a component loads another artifact": (
        [component("ic", Container={"ArtifactUrl": FIRST})],
        [component("ic", "2026-06-01T12:00:00Z", Container={"ArtifactUrl": SECOND})],
    ),
    "a component is deleted": (
        [component("old", ModelName="first-model"), component("ic", ModelName="second-model")],
        [component("ic", ModelName="second-model")],
    ),
}  # fmt: skip


@pytest.fixture(params=CHANGES)
def changed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[lineage.Snapshot]:
    """Two crawls: in the first one the endpoint ran the first model, in the second one it runs the second."""
    loop = training("loop", {"train": "s3://captured/"}, day="2026-02-10", **APART)
    with crawled(tmp_path, *CHANGES[request.param], beside=[*JOBS, *MODELS, *SHOP, loop]) as snapshot:
        yield snapshot


def test_what_a_component_ran_before_was_served(changed: lineage.Snapshot) -> None:
    """Data in what a component ran before was served earlier, what it runs now is served now, and captured data follows from both."""
    for name, serves in (("first", EARLIER), ("second", NOW)):
        rows = {row["name"]: row for row in lineage.impact(changed, f"s3://d/{name}/").reached}
        assert (rows["shop"]["serves"], "loop" in rows) == (serves, True)
        assert rows["shop"]["sure"]
        assert (
            lineage.impact(lineage.graph(changed), f"s3://d/{name}/").as_json()
            == lineage.impact(changed, f"s3://d/{name}/").as_json()
        )


def test_a_trace_shows_what_a_component_runs_now(changed: lineage.Snapshot) -> None:
    """The trace names the job behind what is served now, and not the one behind what was served before."""
    answer = lineage.trace(changed, "shop")
    assert (answer.verdict, [row["name"] for row in answer.training_jobs]) == ("traced", ["second"])
    assert [row["job"]["name"] for row in lineage.datasets(changed, "shop").as_json()["datasets"]] == ["second"]


def test_a_path_through_the_past_says_so(changed: lineage.Snapshot) -> None:
    """The lines of a path, and the arrows of a picture, say which step is over."""
    for name, over in (("first", True), ("second", False)):
        answer = lineage.path(changed, f"s3://d/{name}/", "endpoint/shop")
        assert ("past" in path_text(answer, colour=False)) == over
        assert any("past" in edge_label(edge | {"span": None}) for edge in answer.evidence) == over


@pytest.mark.parametrize(
    ("modified", "certain"),
    [("2026-01-02T11:00:00Z", True), ("2026-01-02T11:00:01Z", False), (f"{DAY}T10:20:00Z", False), (f"{DAY}T10:20:01Z", True)],
    ids=["as its job wrote it", "a second after its job", "as it was deployed", "after it was deployed"],
)
def test_an_object_that_was_modified_before_it_was_deployed(tmp_path: Path, modified: str, certain: bool) -> None:
    """If S3 says that a model was put there again between its job and its deployment, it is not certain whose it is."""
    put = [{"object": place, "text": "weights", "modified": modified} for place in (FIRST, "s3://copy/model.tar.gz")]
    shops = [*served(FIRST, name="shop"), *served("s3://copy/model.tar.gz", name="other")]
    path = crawl(tmp_path, *JOBS, *shops, *put, digests=True)
    with lineage.open_snapshot(path) as snapshot:
        answer, reached = lineage.trace(snapshot, "shop"), lineage.impact(snapshot, "s3://d/first/").reached
        assert answer.as_json() == lineage.trace(lineage.graph(snapshot), "shop").as_json()
    assert [(row["name"], row["sure"]) for row in answer.training_jobs] == [("first", certain)]
    assert [row["sure"] for row in reached if row["name"] == "shop"] == [certain]
    assert any("S3 says that the object was modified after that" in caveat for caveat in answer.caveats) != certain
    assert [hole["subject"] for hole in answer.scope["holes"]] == ([] if certain else [FIRST])


def package(artifact: str, **body: Any) -> Resource:
    own = {"InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": artifact}]}}
    return record(
        "model-package",
        "g/1",
        {"ModelPackageArn": arn("model-package", "g/1"), "CreationTime": "2026-01-20T00:00:00Z"} | own | body,
    )


def test_a_package_that_was_changed_may_be_either(tmp_path: Path) -> None:
    """UpdateModelPackage can change the artifacts: both may be what a model made from the package loaded, and the answers say so."""
    _, *shop = served("")
    made = {"CreationTime": f"{DAY}T10:00:00Z", "PrimaryContainer": {"ModelPackageName": arn("model-package", "g/1")}}
    beside = [*JOBS, record("model", "shop-model", made), *shop]
    later = package(SECOND, LastModifiedTime="2026-06-01T12:00:00Z")
    with crawled(tmp_path, [package(FIRST)], [later], beside=beside) as snapshot:
        answer = lineage.trace(snapshot, "shop")
        rows = [row for name in ("first", "second") for row in lineage.impact(snapshot, f"s3://d/{name}/").reached]
    assert [(row["name"], row["sure"]) for row in answer.training_jobs] == [("first", False), ("second", False)]
    assert [step.note for step in answer.tree.steps[0].steps[0].steps[0].steps] == ["possible-changed"] * 2
    assert any("model package g/1 named other artifacts before it was changed" in caveat for caveat in answer.caveats)
    assert [row["sure"] for row in rows if row["name"] == "shop"] == [False, False]


def test_a_package_that_was_only_approved_is_as_certain_as_before(tmp_path: Path) -> None:
    """A change of anything but the artifacts leaves no doubt."""
    _, *shop = served("")
    made = {"CreationTime": f"{DAY}T10:00:00Z", "PrimaryContainer": {"ModelPackageName": arn("model-package", "g/1")}}
    later = package(FIRST, LastModifiedTime="2026-06-01T12:00:00Z", ModelApprovalStatus="Approved")
    beside = [*JOBS, record("model", "shop-model", made), *shop]
    with crawled(tmp_path, [package(FIRST)], [later], beside=beside) as snapshot:
        assert [(row["name"], row["sure"]) for row in lineage.trace(snapshot, "shop").training_jobs] == [("first", True)]
