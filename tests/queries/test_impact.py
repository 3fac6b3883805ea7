"""`impact`: where a dataset or a node ended up, with what certainty, on which path, and what serves it now."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import lineage
from cli.commands.questions import impact_rows, whole_rows
from cli.render.impact import impact_pieces, impact_text
from cli.render.indented import indented
from cli.render.listing import cells_as, json_line, json_lines
from cli.render.words import first_line
from lineage.domain.kinds import KINDS
from lineage.domain.records import Gap, Resource, Scope
from lineage.errors import MalformedName, UnknownNode
from lineage.graphs.build import graph_of
from lineage.queries.flow.spread import Spread
from lineage.queries.impact import impact, impact_heads, impact_row_by_row
from lineage.queries.impact_rows import LONGEST
from lineage.queries.paths import path
from lineage.queries.used import used
from tests.conftest import examples
from tests.queries.test_random_estates import JOBS, KEYS, Job, reached, resource, writes_of
from tests.queries.test_random_estates import folder as keys_of
from tests.queries.test_used import CRAWL, NEAR
from tests.records import ACCOUNT, COMPLETE, REGION, arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl
from tests.work import calls, grows_straight

ALL = frozenset((ACCOUNT, REGION, kind.name) for kind in KINDS.values() if kind.list)


def whole(*records: Resource, holes: tuple[Gap, ...] = (), enumerated: Any = ALL) -> lineage.Graph:
    """A graph whose crawl listed everything."""
    graph = graph_of(records)
    graph.graph["scope"] = Scope((CRAWL,), holes, enumerated)
    return graph


def told(subject: str, *records: Resource) -> dict[str, bool]:
    """The names of what was reached, and whether for certain."""
    return {row["name"]: row["sure"] for row in impact(whole(*records), subject).reached}


def models(subject: str, *records: Resource) -> dict[str, bool]:
    """The same for models and endpoints alone."""
    rows = impact(whole(*records), subject).reached
    return {row["name"]: row["sure"] for row in rows if row["kind"] in ("model", "endpoint")}


def packaged(artifact: str, additional: str) -> Resource:
    body = {
        "CreationTime": "2026-01-31T00:00:00Z",
        "InferenceSpecification": {"Containers": [{"ModelDataUrl": artifact}]},
        "AdditionalInferenceSpecifications": [{"Name": "small", "Containers": [{"ModelDataUrl": additional}]}],
    }
    return record("model-package", "g/1", body)


def of_package(specification: str) -> list[Resource]:
    """An endpoint whose model is made of the package."""
    container = {"ModelPackageName": arn("model-package", "g/1")}
    if specification:
        container["InferenceSpecificationName"] = specification
    model, *rest = served("", PrimaryContainer=None)
    return [replace(model, body=model.body | {"PrimaryContainer": container}), *rest]


def transform(name: str, model: str, reads: str, writes: str, day: str) -> Resource:
    return record("transform-job", name, {
        "TransformJobStatus": "Completed", "ModelName": model, "CreationTime": f"{day}T11:00:00Z",
        "TransformStartTime": f"{day}T12:00:00Z", "TransformEndTime": f"{day}T13:00:00Z",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": reads}}},
        "TransformOutput": {"S3OutputPath": writes},
    })  # fmt: skip


def algorithm(reads: str) -> Resource:
    own = {"S3DataType": "S3Prefix", "S3Uri": reads}
    return record("algorithm", "own", {"TrainingSpecification": {"TrainingImage": "i:1", "AdditionalS3DataSource": own}})


def compiled(package: str) -> Resource:
    return record("compilation-job", "neo", {
        "CompilationJobStatus": "COMPLETED", "ModelPackageVersionArn": arn("model-package", package),
        "CompilationStartTime": "2026-01-31T10:00:00Z", "CompilationEndTime": "2026-01-31T11:00:00Z",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://m/fit/output/model.tar.gz"},
    })  # fmt: skip


def with_(records: list[Resource], kind: str, deleted: str | None = None, **body: Any) -> list[Resource]:
    """The records, with more fields for the only one of a kind."""
    dates = {"created": body["CreationTime"]} if "CreationTime" in body else {}
    return [
        replace(one, body=one.body | body, status=body.get("EndpointStatus", one.status), deleted=deleted, **dates) if one.kind == kind else one
        for one in records
    ]  # fmt: skip


def later(records: list[Resource]) -> list[Resource]:
    """The records, all made in April."""
    moment = "2026-04-01T00:00:00Z"
    times = {"CreationTime": moment, "LastModifiedTime": moment}
    return [replace(one, created=moment, modified=moment, body=one.body | times) for one in records]


PREPARED = processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"})
FIT = training("fit", {"train": "s3://prep/x/"}, "s3://m/fit/output/model.tar.gz")
SHOP = served("s3://m/fit/output/model.tar.gz")
SURE = {"shop": True, "shop-model": True}
NEVER_RAN = {"TrainingStartTime": None, "TrainingEndTime": None, "TrainingJobStatus": "Failed"}
OTHER = training("other", {"train": "s3://o/"}, "s3://m/other/output/model.tar.gz")
CAPTURE = {"DataCaptureConfig": {"DestinationS3Uri": "s3://capture/shop/"}}
CITING = packaged("s3://m/1", "s3://m/2")
CITING = replace(CITING, body=CITING.body | {"ModelMetrics": {"Bias": {"Report": {"S3Uri": "s3://reports/bias.json"}}}})
LATEST = [
    processing("early", {"i": "s3://raw/a/"}, {"o": "s3://prep/latest/"}, day="2026-01-01"),
    training("fit", {"train": "s3://prep/latest/"}, "s3://m/fit/output/model.tar.gz", day="2026-01-02"),
    processing("late", {"i": "s3://raw/b/"}, {"o": "s3://prep/latest/"}, day="2026-01-03"),
]
UNTIMED = processing("p", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"}, ProcessingStartTime=None, ProcessingEndTime=None)

CASES: list[tuple[str, str, list[Resource], dict[str, bool]]] = [
    ("through processing and training", "s3://raw/x/1.csv", [PREPARED, FIT, *SHOP], SURE),
    ("of a training job", "fit", [PREPARED, FIT, *SHOP], SURE),
    ("of a model", "model/shop-model", [PREPARED, FIT, *SHOP], {"shop": True}),
    ("of a config", "shop-config", [PREPARED, FIT, *SHOP], {"shop": True}),
    ("of an artifact", "s3://m/fit/output/model.tar.gz", [FIT, *SHOP], SURE),
    ("of other data", "s3://raw/y/", [PREPARED, FIT, *SHOP], {}),
    ("a job that never began", "s3://prep/x/", [training("fit", {"train": "s3://prep/x/"}, "s3://m/fit/output/model.tar.gz", **NEVER_RAN), *SHOP], {}),
    ("a job that failed", "s3://prep/x/", [training("fit", {"train": "s3://prep/x/"}, "s3://m/fit/output/model.tar.gz", TrainingJobStatus="Failed"), *SHOP], {"shop": False, "shop-model": False}),
    ("a shared place, written before it was read", "s3://raw/a/", [*LATEST, *SHOP], SURE),
    ("a shared place, written after it was read", "s3://raw/b/", [*LATEST, *SHOP], {}),
    ("times that nobody knows", "s3://raw/x/", [UNTIMED, FIT, *SHOP], {"shop": False, "shop-model": False}),
    ("only a hyperparameter names it", "s3://d/x/", [training("fit", {}, "s3://m/fit/output/model.tar.gz", HyperParameters={"d": "s3://d/x/"}), *SHOP], {"shop": False, "shop-model": False}),
    ("the container's environment names it", "s3://d/llm/", [*served("s3://m/none.tar.gz", Environment={"MODEL_ID": "s3://d/llm/"})], {"shop": False, "shop-model": False}),
    ("its own checkpoint folder", "s3://c/", [training("fit", {}, "s3://m/fit/output/model.tar.gz", CheckpointConfig={"S3Uri": "s3://c/"}), *SHOP], {"shop": False, "shop-model": False}),
    ("a package's own specification", "fit", [FIT, OTHER, packaged("s3://m/fit/output/model.tar.gz", "s3://m/other/output/model.tar.gz"), *of_package("")], SURE),
    ("another specification than the model's", "other", [FIT, OTHER, packaged("s3://m/fit/output/model.tar.gz", "s3://m/other/output/model.tar.gz"), *of_package("")], {}),
    ("an additional specification", "other", [FIT, OTHER, packaged("s3://m/fit/output/model.tar.gz", "s3://m/other/output/model.tar.gz"), *of_package("small")], SURE),
    ("of a package, each specification", "model-package/g/1", [packaged("s3://m/1", "s3://m/2"), *of_package("small")], SURE),
    ("a report that a package only cites", "s3://holdout/", [processing("eval", {"i": "s3://holdout/"}, {"o": "s3://reports/"}, day="2026-01-30"), CITING, *of_package("")], {}),
    ("the same package, compiled", "s3://holdout/", [processing("eval", {"i": "s3://holdout/"}, {"o": "s3://reports/"}, day="2026-01-30"), CITING, compiled("g/1"), *SHOP], {}),
    ("a package, compiled", "model-package/g/1", [CITING, compiled("g/1"), *SHOP], SURE),
    ("an algorithm's own data", "s3://own/", [algorithm("s3://own/"), training("fit", {}, "s3://m/fit/output/model.tar.gz", AlgorithmSpecification={"AlgorithmName": "own"}), *SHOP], SURE),
    ("a base model", "s3://o/", [training("base", {"train": "s3://o/"}, "s3://m/base/output/model.tar.gz", day="2026-01-01"), training("fit", {"model": "s3://m/base/output/model.tar.gz"}, "s3://m/fit/output/model.tar.gz"), *SHOP], SURE),
    ("a whole bucket that holds another's model", "s3://raw/x/", [processing("p", {"i": "s3://raw/x/"}, {"o": "s3://m/"}, day="2026-01-03"), FIT, *SHOP], {"shop": False, "shop-model": False}),
    ("a whole bucket into which another put his model later", "s3://raw/x/", [processing("p", {"i": "s3://raw/x/"}, {"o": "s3://m/"}), FIT, *SHOP], {}),
    ("captured traffic of the same endpoint", "endpoint/shop", [*with_(SHOP, "endpoint", **CAPTURE), training("next", {"train": "s3://capture/shop/"}, "s3://m/next/output/model.tar.gz", day="2026-03-01"), *later(served("s3://m/next/output/model.tar.gz", name="later"))], {"later": False, "later-model": False}),
    ("traffic that was captured before the config", "fit", [FIT, *with_(SHOP, "endpoint", CreationTime="2026-01-01T00:00:00Z", **CAPTURE), training("next", {"train": "s3://capture/shop/"}, "s3://m/next/output/model.tar.gz", day="2026-01-20"), *later(served("s3://m/next/output/model.tar.gz", name="later"))], SURE),
    ("a model that is younger than the config that names it", "fit", [FIT, *with_(SHOP, "endpoint-config")[1:], replace(SHOP[0], created="2026-05-01T00:00:00Z", body=SHOP[0].body | {"CreationTime": "2026-05-01T00:00:00Z"})], {"shop": False, "shop-model": True}),
    ("an experiment's jobs", "experiment/e", [training("fit", {}, "s3://m/fit/output/model.tar.gz", ExperimentConfig={"ExperimentName": "e"}), record("experiment", "e", {}), *SHOP], SURE),
]  # fmt: skip


@pytest.mark.parametrize(("title", "subject", "records", "expected"), CASES, ids=[case[0] for case in CASES])
def test_models_and_endpoints_that_know_it(
    title: str, subject: str, records: list[Resource], expected: dict[str, bool]
) -> None:
    """The answer lists where a dataset or a node ended up, certain or possible, and nothing that its times forbid."""
    assert models(subject, *records) == expected


def test_through_processing_and_transform() -> None:
    """The output of a transform job whose model knows the data knows it too, and so does a model trained on it."""
    scored = transform("score", "shop-model", "s3://new/", "s3://scores/", "2026-02-02")
    after = training("after", {"train": "s3://scores/new.out"}, "s3://m/after/output/model.tar.gz", day="2026-02-03")
    late = later(served("s3://m/after/output/model.tar.gz", name="late"))
    records = [PREPARED, FIT, *SHOP, scored, after, *late]
    found = told("s3://raw/x/", *records)
    assert found.items() >= dict.fromkeys(("score", "s3://scores/", "after", "late-model", "late"), True).items()
    assert "s3://new/" not in found


@pytest.mark.parametrize(("uri", "found"), [("s3://raw/x/", True), ("s3://none/", False)])
def test_row_by_row_an_answer_has_the_same_rows(uri: str, found: bool) -> None:
    """An answer row by row has the rows of the answer in their order, also if there are none, and is written with its bytes."""
    graph = whole(PREPARED, FIT, OTHER, *SHOP)
    listed, by_row = impact(graph, uri), impact_row_by_row(graph, uri)
    assert (bool(listed.reached), bool(by_row.reached)) == (found, found)
    assert by_row.as_json() | {"reached": list(by_row.reached)} == listed.as_json()
    assert (by_row.reached[1:3], by_row.reached[-1:]) == (listed.reached[1:3], listed.reached[-1:])
    assert [*impact_heads(by_row)] == [*impact_heads(listed)]
    assert "".join(json_line(by_row.as_json())) == "".join(json_lines([listed.as_json()]))
    assert "".join(indented(by_row.as_json())) == "".join(indented(listed.as_json()))
    assert "".join(impact_pieces(by_row, colour=False)) == impact_text(listed, colour=False)


class Repeated(Sequence[Any]):
    """One row, as often as a large account has rows, and how many were asked for."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row, self.asked = row, 0

    def __len__(self) -> int:
        return 5000

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if at >= len(self):
            raise IndexError
        self.asked += 1
        return self.row


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "md", "html"])
def test_no_format_holds_all_rows(form: str) -> None:
    """Each format asks for a row only when its piece is wanted."""
    listed = impact(whole(PREPARED, FIT, OTHER, *SHOP), "s3://raw/x/")
    rows = Repeated(listed.reached[0])
    many = replace(listed, reached=rows)
    pieces = json_line(many.as_json()) if form == "jsonl" else cells_as(form, *whole_rows(many, impact_rows))
    written = next(piece for piece in pieces if rows.asked)
    assert 0 < rows.asked <= 1000 < len("".join([written, *pieces]).split(listed.reached[0]["id"]))
    assert rows.asked >= len(rows)


def test_the_line_above_a_page_needs_no_row() -> None:
    """A page begins with the first line of the text, for which no more of it is made than its first piece."""
    asked: list[str] = []
    pieces = (piece for piece in ("reached  it\n  a ro", "w\n", "more\n") if not asked.append(piece))  # type: ignore[func-returns-value]
    assert (first_line(pieces), len(asked)) == ("reached  it", 1)


def test_a_row_is_made_when_it_is_looked_at() -> None:
    """What was reached is not held: a row that is looked at twice is made twice."""
    rows = impact_row_by_row(whole(PREPARED, FIT, *SHOP), "s3://raw/x/").reached
    assert rows[0] is not rows[0]
    assert rows[0] == rows[0]


def test_each_comes_with_the_shortest_sure_way() -> None:
    """A reached node carries its edges from the dataset on, each with its field; a certain path counts before a shorter one."""
    (row,) = [row for row in impact(whole(PREPARED, FIT, *SHOP), "s3://raw/x/1.csv").reached if row["kind"] == "model"]
    assert [(edge["source"], edge["relation"], edge["target"]) for edge in row["evidence"]] == [
        ("s3://raw/x/", "reads", PREPARED.id),
        (PREPARED.id, "writes", "s3://prep/x/"),
        ("s3://prep/x/", "reads", FIT.id),
        (FIT.id, "writes", "s3://m/fit/output/model.tar.gz"),
        ("s3://m/fit/output/model.tar.gz", "loads", SHOP[0].id),
    ]
    assert row["evidence"][-1]["path"] == "PrimaryContainer.ModelDataUrl"
    assert [one["name"] for one in row["through"]] == ["p", "fit"]
    slow = [
        processing("p1", {"i": "s3://raw/"}, {"o": "s3://mid/"}, day="2026-01-01"),
        processing("p2", {"i": "s3://mid/"}, {"o": "s3://end/"}),
    ]
    late = processing("p3", {"i": "s3://raw/"}, {"o": "s3://end/"}, day="2026-01-05")
    (row,) = [row for row in impact(whole(*slow, late), "s3://raw/").reached if row["name"] == "s3://end/"]
    assert [one["name"] for one in row["through"]] == ["p3"]
    named = replace(FIT, body=FIT.body | {"HyperParameters": {"d": "s3://raw/x/"}})
    (row,) = [row for row in impact(whole(PREPARED, named), "s3://raw/x/").reached if row["name"] == "fit"]
    assert (row["sure"], len(row["evidence"])) == (True, 3)


STATES: list[tuple[str, list[Resource], str | None]] = [
    ("in service", SHOP, "now"),
    ("updating", with_(SHOP, "endpoint", EndpointStatus="Updating"), "perhaps"),
    ("out of service", with_(SHOP, "endpoint", EndpointStatus="OutOfService"), "not-in-service"),
    ("deleted", with_(SHOP, "endpoint", deleted="2026-06-01T00:00:00Z"), "deleted"),
    ("a deleted model that is served still", with_(SHOP, "model", deleted="2026-06-01T00:00:00Z"), "now"),
    ("a shadow variant", with_(SHOP, "endpoint-config", ProductionVariants=[], ShadowProductionVariants=[{"VariantName": "all", "ModelName": "shop-model"}]), "shadow"),
    ("no traffic", with_(SHOP, "endpoint", ProductionVariants=[{"VariantName": "all", "CurrentWeight": 0.0}]), "no-traffic"),
    ("some traffic", with_(SHOP, "endpoint", ProductionVariants=[{"VariantName": "all", "CurrentWeight": 0.1}]), "now"),
    ("pending", with_(SHOP, "endpoint", EndpointConfigName="before", PendingDeploymentSummary={"EndpointConfigName": "shop-config"}), "pending"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "records", "serves"), STATES, ids=[state[0] for state in STATES])
def test_whether_an_endpoint_serves_it_now(title: str, records: list[Resource], serves: str | None) -> None:
    """Only an existing endpoint in service serves, by a variant that gets traffic; everything else is labelled."""
    answer = impact(whole(FIT, *records), "fit")
    (row,) = [row for row in answer.reached if row["kind"] == "endpoint"]
    assert row["serves"] == serves
    assert answer.serving == ([row["id"]] if serves == "now" else [])


def test_a_deleted_model_is_labelled() -> None:
    """What was deleted since is shown with the time by which it was gone."""
    rows = impact(whole(FIT, *with_(SHOP, "model", deleted="2026-06-01T00:00:00Z")), "fit").reached
    assert {row["name"]: row["deleted"] for row in rows if row["deleted"]} == {"shop-model": "2026-06-01T00:00:00Z"}


def test_only_the_variants_that_know_it() -> None:
    """For an endpoint with several variants the answer shows those whose models were made from the data."""
    variants = [{"VariantName": "a", "ModelName": "shop-model"}, {"VariantName": "b", "ModelName": "x-model"}]
    records = [
        *with_(SHOP, "endpoint-config", ProductionVariants=variants),
        *served("s3://m/other/output/model.tar.gz", name="x"),
    ]
    (row,) = [row for row in impact(whole(FIT, OTHER, *records), "fit").reached if row["name"] == "shop"]
    assert [(one["name"], one["serves"], one["sure"]) for one in row["variants"]] == [("a", "now", True)]


def test_inference_components() -> None:
    """A component serves where it and its endpoint are in service."""
    component = {
        "CreationTime": "2026-02-02T00:00:00Z", "EndpointArn": arn("endpoint", "shop"), "VariantName": "all",
        "InferenceComponentStatus": "Failed", "Specification": {"ModelName": "lora-model"},
    }  # fmt: skip
    lora = served("s3://m/fit/output/model.tar.gz", name="lora")[0]
    records = [FIT, OTHER, *served("s3://m/other/output/model.tar.gz"), lora]
    for status, serves in (("InService", "now"), ("Failed", "not-in-service")):
        one = record("inference-component", "lora", component | {"InferenceComponentStatus": status})
        (row,) = [row for row in impact(whole(*records, one), "fit").reached if row["kind"] == "endpoint"]
        assert (row["serves"], row["variants"][0]["usage"]) == (serves, "inference-component")


def test_a_cycle_ends() -> None:
    """Captured traffic that trains the endpoint's next model possibly reaches that endpoint again, and the walk ends."""
    again = training("again", {"train": "s3://capture/shop/"}, "s3://m/fit/output/model.tar.gz", day="2026-02-10")
    records = with_(with_(SHOP, "endpoint", **CAPTURE), "model", CreationTime="2026-02-20T00:00:00Z")
    records = [replace(one, created=one.body["CreationTime"]) for one in records]
    answer = impact(whole(again, *records), "endpoint/shop")
    assert {row["name"] for row in answer.reached} >= {"again", "shop-model", "shop-config", "shop"}
    assert answer.verdict == "possible"


VERDICTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("reached", "s3://prep/x/", {}, "reached"),
    ("nothing", "s3://none/", {}, "nothing-found"),
    ("a list that is not finished", "s3://none/", {"enumerated": ALL - {(ACCOUNT, REGION, "model")}}, "unknown"),
    ("no list of endpoints", "s3://none/", {"enumerated": COMPLETE}, "unknown"),
    ("a model that can't be read", "s3://none/", {"holes": (Gap("1", "r", "DescribeModel", "model:1/r/m", "denied"),)}, "unknown"),
    ("a trial that can't be read", "s3://none/", {"holes": (Gap("1", "r", "DescribeTrial", "trial:1/r/t", "denied"),)}, "nothing-found"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "uri", "scope", "expected"), VERDICTS, ids=[case[0] for case in VERDICTS])
def test_verdict(title: str, uri: str, scope: dict[str, Any], expected: str) -> None:
    """The answer is "nothing" only where every relevant list was read and no gap could hide more."""
    assert impact(whole(FIT, *SHOP, **scope), uri).verdict == expected


@pytest.mark.parametrize(
    ("title", "records", "reason"),
    [
        ("an artifact that was copied here", served("s3://m/copied.tar.gz"), "unmatched"),
        (
            "a writer that came too late",
            [processing("p", {}, {"o": "s3://m/"}, day="2026-05-01"), *served("s3://m/c.tar.gz")],
            "unmatched",
        ),
        (
            "a writer that a run logs",
            [
                record("trial-component", "r", {"OutputArtifacts": {"m": {"Value": "s3://m/c.tar.gz"}}}),
                *served("s3://m/c.tar.gz"),
            ],
            "unmatched",
        ),
        (
            "a writer that failed",
            [training("f", {}, "s3://m/c.tar.gz", TrainingJobStatus="Failed"), *served("s3://m/c.tar.gz")],
            "unmatched",
        ),
        ("a model that is gone", SHOP[1:], "missing"),
        ("a config that is gone", SHOP[2:], "missing"),
        ("weights in the image", with_(SHOP, "model", PrimaryContainer={"Image": "image:1"}), "no-artifact"),
        ("an unread manifest", [training("j", [channel("t", "s3://d/m.manifest", "ManifestFile")])], "unread-manifest"),
    ],
)
def test_what_could_hide_more(title: str, records: list[Resource], reason: str) -> None:
    """An endpoint that serves something of unknown origin is a gap, and so is anything that cannot be inspected."""
    answer = impact(whole(OTHER, *records), "s3://none/")
    assert (answer.verdict, [hole["reason"] for hole in answer.scope["holes"]]) == ("unknown", [reason])
    gone = [replace(one, deleted="2026-06-01T00:00:00Z") for one in records]
    if reason != "unread-manifest":
        assert impact(whole(OTHER, *gone), "s3://none/").verdict == "nothing-found"


def test_a_place_that_is_lost_track_of_is_a_hole() -> None:
    """A reached job that writes behind an access point may have reached more."""
    job = training("j", {"train": "s3://d/"}, "s3://ap-1-s3alias/m/model.tar.gz")
    assert [hole["reason"] for hole in impact(whole(job), "s3://d/").scope["holes"]] == ["unresolved"]


def test_a_name_that_several_have_is_refused() -> None:
    """None of several nodes of one name is guessed, and a name never matches one with a similar spelling."""
    records = [training("twice", {}), processing("twice", {}, {}), *SHOP]
    with pytest.raises(UnknownNode, match="several are named twice: .*processing-job/twice, .*training-job/twice"):
        impact(whole(*records), "twice")
    assert impact(whole(*records), "training-job/twice").subject["kind"] == "training-job"
    with pytest.raises(UnknownNode, match=r"nothing .* named 'shop-modle'; did you mean shop-model"):
        impact(whole(*records), "shop-modle")
    with pytest.raises(MalformedName):
        impact(whole(*records), "s3://")


def test_the_json_contract() -> None:
    """The answer as JSON has the contract's keys, and does not depend on the order of the records."""
    answer = impact(whole(PREPARED, FIT, *SHOP), "s3://raw/x/").as_json()
    assert {"schema", "question", "subject", "verdict", "serving", "may_serve", "reached", "scope", "caveats", "named"} == set(
        answer
    )
    assert (answer["schema"], answer["question"], answer["verdict"]) == ("lineage.impact/1", "impact", "reached")
    for row in answer["reached"]:
        assert {"id", "kind", "name", "account", "region", "sure", "deleted", "after", "through", "evidence"} <= set(row)
    assert impact(whole(*reversed([PREPARED, FIT, *SHOP])), "s3://raw/x/").as_json() == answer


@pytest.mark.parametrize("subject", ["s3://bank-ml/", "s3://bank-raw/loans/", "s3://ap-1-s3alias/x/", "s3://none/", "loan-default", "Fraud-XGB-17", "credit-risk/3", "fraud-ab", "offers-loop", "pension-frozen", "loans-live", "loans-live-config", "Churn-Encoder-5"])  # fmt: skip
def test_the_neighbourhood_gives_the_whole_graphs_answer(
    bank: lineage.Snapshot, bank_graph: lineage.Graph, subject: str
) -> None:
    """An answer from the neighbourhood of the subject is the answer from everything."""
    asked = subject if "://" in subject else lineage.find_in(bank, subject)
    assert impact(lineage.around_subject(bank, asked), asked).as_json() == impact(bank_graph, subject).as_json()


RIVALS = [
    processing("wide", {"i": "s3://raw/"}, {"o": "s3://m/a/"}, day="2026-01-01"),
    training("fit", {"t": "s3://other/"}, "s3://m/a/model.tar.gz", day="2026-01-02"),
    training("next", {"model": "s3://m/a/model.tar.gz"}, day="2026-01-03"),
]
AROUND = [*NEAR, ("a rival who wrote the very model", "s3://raw/", RIVALS, "")]


@pytest.mark.parametrize(("title", "uri", "records", "_"), AROUND, ids=[case[0] for case in AROUND])
def test_what_is_left_out_around_a_subject_tells_nothing(
    tmp_path: Path, title: str, uri: str, records: list[Resource], _: str
) -> None:
    """The part that is loaded for one location or node leaves out nothing that its impact, or a path from it, would show."""
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        everything = lineage.graph(snapshot)
        nodes = [node for node in everything if "://" not in node]
        for subject in (uri, *nodes):
            near = lineage.around_subject(snapshot, subject)
            assert impact(near, subject).as_json() == impact(everything, subject).as_json()
        for node in nodes:
            near = lineage.around_subject(snapshot, uri, node)
            assert path(near, uri, node).as_json() == path(everything, uri, node).as_json()


def test_impact_on_the_command_line(ask, bank_graph: lineage.Graph) -> None:
    """The command prints what Python answers: what serves it first, each with its path, and the gaps."""
    said = json.loads(ask("impact", "s3://bank-raw/loans/", "-f", "json").out)
    assert said == impact(bank_graph, "s3://bank-raw/loans/").as_json()
    table = ask("impact", "Loans-Fit-0042", "-f", "table").out.splitlines()
    assert table[0].startswith("REACHED  training job Loans-Fit-0042 reached at least 1 model and 1 endpoint. ")
    assert table[0].endswith(". 1 endpoint serves it now; 6 others may serve it")
    assert re.split(r" {2,}", table[1].strip()) == [
        "endpoint",
        "loans-live",
        "serves it now (Main)",
        "through Loans-Model-42 > loans-live-config",
    ]
    rows = [line.split("\t") for line in ask("impact", "s3://none/").out.splitlines()]
    assert {len(row) for row in rows} == {10}
    assert (rows[1][0], {row[0] for row in rows[2:]}) == ("unknown", {"hole"})
    assert ask("impact", "s3://none/", "-f", "table").out.startswith(
        "UNKNOWN  no record shows that anything was made from s3://none/, but "
    )
    served_twice = ask("impact", "s3://bank-ml/assist/corpus/", "-f", "table").out.splitlines()[1]
    assert "  serves it now (AllTraffic)  " in served_twice  # by two inference components
    gone = ask("impact", "loans-liv")
    assert (gone.code, gone.err) == (2, "lineage: nothing in the snapshot is named 'loans-liv'; did you mean loans-live?\n")


FOREIGN = served("s3://vendor/model.tar.gz", name="vendor")
ASYNC = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://answers/"}}}
FROM_A_DISK = training("disk", [{"ChannelName": "t", "DataSource": {"FileSystemDataSource": {"FileSystemId": "fs-1", "DirectoryPath": "/"}}}])  # fmt: skip


@pytest.mark.parametrize(
    ("subject", "records", "verdict"),
    [
        ("endpoint/shop", SHOP, "nothing-found"),
        ("endpoint-config/shop-config", SHOP, "reached"),
        ("endpoint/shop", with_(SHOP, "endpoint", **CAPTURE), "possible"),
        ("endpoint/shop", with_(SHOP, "endpoint-config", **ASYNC), "possible"),
        ("endpoint/shop", [one for one in SHOP if one.kind != "endpoint-config"], "unknown"),
        ("model/shop-model", SHOP, "reached"),
        ("model/alone", [record("model", "alone", {}), *SHOP], "unknown"),
        ("training-job/fit", [FIT], "reached"),
        ("s3://none/", SHOP, "unknown"),
    ],
    ids=["an endpoint", "its config", "one that captures", "one whose config keeps answers", "one whose config was not seen",
         "its model", "a model", "a job", "a place"],
)  # fmt: skip
def test_what_stays_in_an_endpoint_is_hidden_nowhere(subject: str, records: list[Resource], verdict: str) -> None:
    """What others serve, or jobs read from uninspectable places, is a gap only where something could get there."""
    graph = whole(*records, *FOREIGN, FROM_A_DISK)
    answer = impact(graph, subject)
    holes = [] if subject.startswith("endpoint") and verdict in ("nothing-found", "reached") else ["unmatched", "unresolved"]
    assert (answer.verdict, sorted({hole["reason"] for hole in answer.scope["holes"]} - {"missing"})) == (verdict, holes)
    assert impact(whole(*records, *FOREIGN, holes=(Gap(ACCOUNT, REGION, "DescribeEndpoint", arn("endpoint", "x"), "denied"),)), subject).verdict in (verdict, "unknown")  # fmt: skip


def test_what_a_config_keeps_of_an_endpoint(tmp_path: Path) -> None:
    """For an endpoint that captures its answers, a config fills in what Search omits; jobs that train on them are found."""
    again = training("again", {"train": "s3://answers/"}, day="2026-03-01")
    records = [*with_(SHOP, "endpoint-config", **ASYNC), again]
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = [impact(whole(*records), "endpoint/shop"), impact(lineage.around_subject(snapshot, SHOP[-1].id), SHOP[-1].id)]
    assert [[row["sure"] for row in one.reached if row["name"] == "again"] for one in found] == [[False], [False]]


def test_what_a_config_keeps_of_a_component(tmp_path: Path) -> None:
    """Jobs that train on the answers of an inference component, which no config names, are found too."""
    spec = {"Container": {"ArtifactUrl": "s3://m/fit/output/model.tar.gz"}}
    hosted = {"EndpointArn": SHOP[-1].arn, "VariantName": "all", "CreationTime": "2026-02-02T00:00:00Z", "Specification": spec}
    again = training("again", {"train": "s3://answers/"}, day="2026-03-01")
    shop = with_(served("s3://m/other/output/model.tar.gz"), "endpoint-config", **ASYNC)
    records = [FIT, *shop, record("inference-component", "c", hosted), again]
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        for subject in ("s3://prep/x/", arn("training-job", "fit"), arn("inference-component", "c")):
            found = [impact(whole(*records), subject), impact(lineage.around_subject(snapshot, subject), subject)]
            assert [[row["sure"] for row in one.reached if row["name"] == "again"] for one in found] == [[False], [False]]
        for source in (snapshot, whole(*records)):
            answer = lineage.datasets(source, "training-job/again", holdouts=["s3://prep/x/"])
            assert [row["verdict"] for row in answer.holdouts] == ["possible"]


def test_a_hole_makes_what_stays_in_an_endpoint_unknown() -> None:
    """An unfinished list and a record that could not be read still count as gaps."""
    gap = Gap(ACCOUNT, REGION, "DescribeTrainingJob", arn("training-job", "x"), "denied")
    assert impact(whole(*SHOP, *FOREIGN, holes=(gap,)), "endpoint/shop").verdict == "unknown"
    assert (
        impact(whole(*SHOP, *FOREIGN, enumerated=ALL - {(ACCOUNT, REGION, "training-job")}), "endpoint/shop").verdict
        == "unknown"
    )
    assert path(whole(*SHOP, *FOREIGN), "endpoint/shop", "endpoint/vendor").verdict == "nothing-found"


def test_an_earlier_life_of_a_name_is_told_apart() -> None:
    """The subject is shown with kind and name; an earlier one of a reused name also with its creation time."""
    lives = [replace(FIT, created=time) for time in ("2026-01-01T00:00:00Z", FIT.created)]
    said = [impact(whole(*lives), subject).said for subject in ("fit", f"{FIT.id}@2026-01-01T00:00:00Z", "s3://prep/x/")]
    assert said == ["training job fit", "training job fit, created 2026-01-01T00:00:00Z", "s3://prep/x/"]
    quiet = impact(whole(FIT), "fit")
    assert quiet.said not in json.dumps(quiet.as_json())


def jobs_of(jobs: list[Job]) -> lineage.Graph:
    return whole(*(resource(number, job) for number, job in enumerate(jobs)), *served(f"s3://x/{jobs[0][2][0]}"))


@settings(max_examples=examples(300))
@given(JOBS, KEYS)
def test_impact_agrees_with_brute_force(jobs: list[Job], dataset: str) -> None:
    """Exactly those jobs are reached to which a chain of jobs leads that the times allow, and a path leads to each of them."""
    graph = jobs_of(jobs)
    names = [f"{'t' if job[0] else 'p'}{number}" for number, job in enumerate(jobs)]
    expected = reached(jobs, dataset)
    rows = impact(graph, f"s3://x/{dataset}").reached
    assert {row["name"] for row in rows if row["kind"].endswith("-job")} == {names[number] for number in expected}
    key = jobs[0][2][0]
    last = max((day for trains, _, (first, *_), day in jobs if trains and first == key), default=0)
    loaded = any(writes_of(jobs[one]) & {key} and (jobs[one][3], jobs[one][0]) >= (last, last > 0) for one in expected)
    loaded = loaded or key in keys_of(dataset)
    assert any(row["kind"] == "model" for row in rows) == loaded
    for row in rows:
        if row["kind"].endswith("-job"):
            way = path(graph, f"s3://x/{dataset}", row["id"])
            assert (way.verdict, way.evidence) == ("found" if row["sure"] else "possible", row["evidence"])


def test_a_long_way_is_told_in_parts() -> None:
    """A node hundreds of jobs away has the end of its path, which starts at a node with its own path; `path` shows all."""
    days = [f"2025-{n // 28 + 1:02}-{n % 28 + 1:02}" for n in range(120)]
    artifacts = [f"s3://m/{n}/output/model.tar.gz" for n in range(121)]
    jobs = [training(f"j{n}", {"model": artifacts[n]}, artifacts[n + 1], day=day) for n, day in enumerate(days)]
    graph = whole(*jobs)
    rows = {row["id"]: row for row in impact(graph, artifacts[0]).reached}
    way, row = [], rows[jobs[-1].id]
    while row:
        assert len(row["evidence"]) <= 2 * LONGEST
        way = row["evidence"] + way
        row = rows.get(row["after"])
    assert len(way) == 2 * 120 - 1
    assert way == path(graph, artifacts[0], "j119").evidence


def trained_and_served(count: int) -> lineage.Graph:
    """This many jobs that read one dataset, each with a model of its own that an endpoint serves."""
    records = [training(f"j{n}", {"train": "s3://raw/"}, f"s3://m/{n}/output/model.tar.gz") for n in range(count)]
    records += [one for n in range(count) for one in served(f"s3://m/{n}/output/model.tar.gz", name=f"e{n}")]
    return whole(*records)


def daily(count: int) -> lineage.Graph:
    """This many daily jobs through one `latest/` prefix and one artifact."""
    days = [f"{2022 + n // 336}-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}" for n in range(count)]
    records = [processing(f"p{n}", {"raw": "s3://raw/"}, {"out": "s3://prep/latest/"}, day=day) for n, day in enumerate(days)]
    records += [
        training(f"j{n}", {"train": "s3://prep/latest/"}, "s3://m/latest.tar.gz", day=day) for n, day in enumerate(days)
    ]
    records += [
        record(
            "model", f"m{n}", {"CreationTime": f"{day}T23:00:00Z", "PrimaryContainer": {"ModelDataUrl": "s3://m/latest.tar.gz"}}
        )
        for n, day in enumerate(days)
    ]
    return whole(*records)


def unsure(count: int) -> lineage.Graph:
    """This many jobs that failed and may have left something at one place, and as many that read there."""
    records = [
        processing(f"p{n}", {"raw": "s3://raw/"}, {"out": "s3://prep/"}, ProcessingJobStatus="Failed") for n in range(count)
    ]
    return whole(*records, *(training(f"j{n}", {"train": "s3://prep/"}) for n in range(count)))


def redeployed(count: int) -> lineage.Graph:
    """This many endpoints of one artifact, each made after the job of its year had written it."""
    years = [str(2000 + n) for n in range(count)]
    records = [training(f"j{year}", {"train": "s3://raw/"}, "s3://m/latest.tar.gz", day=f"{year}-01-01") for year in years]
    live = (served("s3://m/latest.tar.gz", name=f"e{year}") for year in years)
    return whole(*records, *(moved(one, year) for year, some in zip(years, live, strict=True) for one in some))


def moved(one: Resource, year: str) -> Resource:
    """The same, made in another year."""
    times = {name: f"{year}{value[4:]}" for name, value in one.body.items() if name.endswith("Time")}
    return replace(one, body=one.body | times, created=times["CreationTime"], modified=times.get("LastModifiedTime"))


@pytest.mark.parametrize("many", [trained_and_served, daily, redeployed, unsure])
def test_many_are_no_more_work_each(many: Callable[[int], lineage.Graph]) -> None:
    """Each job, model and endpoint that got something from one dataset takes the same work among many as among few."""
    assert grows_straight(lambda count: partial(impact, many(count), "s3://raw/"), 200)


def test_what_nobody_reads_has_no_readers_to_look_for() -> None:
    """In a large account most models are never loaded: a job with such a model takes at most 150 function calls of the walk."""
    jobs = 100
    graph = graph_of(training(f"fit-{number}", {"train": "s3://raw/x/"}, f"s3://m/{number}/") for number in range(jobs))
    spread = Spread(graph, "s3://raw/")
    assert calls(spread.run) < 150 * jobs
    assert len(spread.found) == 2 * jobs


def test_many_endpoints_of_one_dataset() -> None:
    """Jobs, models and endpoints that one dataset reached are shown, also more of them than Python's calls may be deep."""
    many = sys.getrecursionlimit() + 100
    assert len(impact(trained_and_served(many), "s3://raw/").serving) == many


def test_each_writer_of_a_shared_place_is_told_once() -> None:
    """A thousand daily jobs through one `latest/` prefix and one artifact are shown, each of them once."""
    rows = impact(daily(1000), "s3://raw/").reached
    assert [
        sum(row["kind"] == kind and row["sure"] for row in rows) for kind in ("processing-job", "training-job", "model")
    ] == [1000] * 3


ENDPOINT_ARN, COMPONENT_ARN = arn("endpoint", "shop"), arn("inference-component", "ic")
FIT_ON_RAW = training("fit", {"train": "s3://raw/"})
SERVED_FIT = served("s3://models/fit/output/model.tar.gz")
OPEN_CONFIG = record("endpoint-config", "shop-config", {"CreationTime": "2026-02-01T10:10:00Z", "ProductionVariants": [{"VariantName": "all"}]})  # fmt: skip
IN_A_MIX = replace(SERVED_FIT[2], status="UpdateRollbackFailed")
OF_ANOTHER = record("endpoint-config", "shop-config", {"CreationTime": "2026-02-01T10:10:00Z", "ProductionVariants": [{"VariantName": "all", "ModelName": "other"}]})  # fmt: skip
ANOTHER = [training("other", {"train": "s3://o/"}), record("model", "other", {"CreationTime": "2026-02-01T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": "s3://models/other/output/model.tar.gz"}})]  # fmt: skip
MAY_SERVE: list[tuple[str, list[Resource], dict[str, Any], bool]] = [
    ("an endpoint that is denied", SERVED_FIT[:2], {"holes": (Gap(ACCOUNT, REGION, "DescribeEndpoint", ENDPOINT_ARN, "denied", "no"),)}, True),
    ("an endpoint of which the components are denied", [SERVED_FIT[0], OPEN_CONFIG, SERVED_FIT[2]], {"holes": (Gap(ACCOUNT, REGION, "DescribeInferenceComponent", COMPONENT_ARN, "denied", "no"),)}, True),
    ("an endpoint of which the components were not listed", [SERVED_FIT[0], OPEN_CONFIG, SERVED_FIT[2]], {"enumerated": ALL - {(ACCOUNT, REGION, "inference-component")}}, True),
    ("an endpoint that has no components", [SERVED_FIT[0], OPEN_CONFIG, SERVED_FIT[2]], {}, False),
    ("an endpoint that runs another model, whatever components there are", [*ANOTHER, OF_ANOTHER, SERVED_FIT[2]], {"enumerated": ALL - {(ACCOUNT, REGION, "inference-component")}}, False),
    ("a mix of two configs, of which the other one is gone with its model", [*ANOTHER, OF_ANOTHER, IN_A_MIX], {}, True),
    ("a mix that was made before the job wrote", [*ANOTHER, OF_ANOTHER, replace(IN_A_MIX, modified="2026-01-02T09:00:00Z")], {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("records", "scope", "may"), [row[1:] for row in MAY_SERVE], ids=[row[0] for row in MAY_SERVE])
def test_an_endpoint_that_a_hole_stands_before(records: list[Resource], scope: dict[str, Any], may: bool) -> None:
    """An endpoint that may run what was reached is shown as one that may serve it, with the reason."""
    answer = impact(whole(FIT_ON_RAW, *records, **scope), "s3://raw/")
    assert answer.serving == []
    assert [row["id"] for row in answer.may_serve if row["why"]] == [ENDPOINT_ARN] * may
    subjects = {hole["subject"] for hole in answer.scope["holes"]}
    assert (ENDPOINT_ARN in subjects) == may


RAW_AT = {"raw": "s3://raw/"}
NAMING = {"Environment": {"AT": "s3://x/y/"}}
FOLDERS = [processing(f"p{month}", RAW_AT, {"out": "s3://m/"}, day=f"2026-{month:02}-01") for month in (1, 3)]
TUNED = training("t", {"train": "s3://other/"}, "s3://m/model.tar.gz", day="2026-01-10")


@pytest.mark.parametrize(
    ("records", "more"),
    [
        # a reader of a model's key as a prefix may have got what the endpoint, which reads the key alone, did not
        ([*FOLDERS, TUNED, *served("s3://m/model.tar.gz")], training("i", [channel("model", "s3://m/model.tar.gz")], day="2026-01-05")),
        # a job that only names a place reaches no other that only names it
        (
            [
                training("b", RAW_AT, day="2026-01-05", HyperParameters={"model_dir": "s3://x/y/"}),
                processing("c", {}, {"out": "s3://far/"}, day="2026-02-01", **NAMING),
                training("d", {"train": "s3://far/"}, day="2026-03-01"),
                training("e", {"train": "s3://x/y/"}, day="2025-03-01"),
            ],
            processing("a", RAW_AT, {"out": "s3://else/"}, day="2026-01-01", **NAMING),
        ),
    ],
)  # fmt: skip
def test_another_job_takes_nobody_away(records: list[Resource], more: Resource) -> None:
    """Whatever the data reached, or may have reached, stays reached when one more job reads or writes at a place between."""
    before, after = (impact(whole(*some), "s3://raw/") for some in (records, [*records, more]))
    assert {row["id"] for row in before.reached} <= {row["id"] for row in after.reached}
    told = [{row["job"]["id"] for row in used(whole(*some), "s3://raw/").findings} for some in (records, [*records, more])]
    assert told[0] <= told[1]
