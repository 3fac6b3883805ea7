"""Weights that only a container's environment names: every question shows and follows them, and never as certain."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from lineage.graphs.neighbourhoods import making_excerpt
from tests.queries.test_datasets import known
from tests.records import arn, record, served, training
from tests.snapshot.test_file import crawl

DATA, WEIGHTS = "s3://data/a/", "s3://models/fit/output/model/"
FIT = training("fit", {"train": DATA}, WEIGHTS.rstrip("/"))
SHOP = arn("endpoint", "shop")
NAMED = "named-by-environment"


def shop(**variables: str) -> list[Resource]:
    """An endpoint whose model names no artifact."""
    return served("", ModelDataUrl=None, Environment=variables)


PACKAGED = {"ModelPackageName": arn("model-package", "g/1")}
CONTAINER = {"Image": "image:1", "Environment": {"OPTION_MODEL_ID": WEIGHTS}}
COMPONENT = {
    "CreationTime": "2026-02-01T10:30:00Z",
    "InferenceComponentStatus": "InService",
    "EndpointArn": SHOP,
    "EndpointName": "shop",
    "VariantName": "all",
    "Specification": {"Container": {"DeployedImage": {"SpecifiedImage": "image:1"}, "Environment": {"HF_MODEL_ID": WEIGHTS}}},
}
BARE = [
    record("endpoint-config", "shop-config", {"ProductionVariants": [{"VariantName": "all"}]}),
    served("")[2],
]
BY_ENVIRONMENT: list[tuple[str, list[Resource]]] = [
    *((name, shop(**{name: WEIGHTS})) for name in ("HF_MODEL_ID", "OPTION_MODEL_ID", "MLFLOW_MODEL_URI", "SM_VLLM_MODEL")),
    ("a list of models", shop(SERVING_LOAD_MODELS=f"m::Python={WEIGHTS}")),
    *((name, shop(**{name: WEIGHTS})) for name in ("LORA_ADAPTER_S3", "model_uri", "bestCheckpoint", "S3_WEIGHTS")),
    ("a place with a variable", shop(HF_MODEL_ID="s3://models/${JOB}/output/model/", JOB="fit")),
    ("a variable of another name", shop(MODEL_URI="$FROM", FROM=WEIGHTS)),
    ("adapters in JSON", shop(ADAPTERS='[{"name": "a", "path": "' + WEIGHTS + '"}]')),
    ("a bucket for models, and a key", shop(MODEL_BUCKET="models", KEY="fit/output/model/")),
    ("a bucket, and a key of a model", shop(S3_BUCKET="models", MODEL_PREFIX="fit/output/model/", OTHER_PREFIX="x/")),
    ("without a slash", shop(HF_MODEL_ID=WEIGHTS.rstrip("/"))),
    ("a package", [record("model-package", "g/1", {"InferenceSpecification": {"Containers": [CONTAINER]}}), *served("", ModelDataUrl=None, **PACKAGED)]),
    ("an additional specification", [record("model-package", "g/1", {"AdditionalInferenceSpecifications": [{"Name": "small", "Containers": [CONTAINER]}]}), *served("", ModelDataUrl=None, InferenceSpecificationName="small", **PACKAGED)]),
    ("an inference component", [record("inference-component", "ic", COMPONENT), *BARE]),
]  # fmt: skip


@pytest.mark.parametrize(("title", "records"), BY_ENVIRONMENT, ids=[one[0] for one in BY_ENVIRONMENT])
def test_weights_in_a_place(tmp_path: Path, title: str, records: list[Resource]) -> None:
    """Their origin and their data are followed as possible, and reported as a gap to a question about other data."""
    graph = known(FIT, *records)
    traced = lineage.trace(graph, "shop")
    assert (traced.verdict, [job["name"] for job in traced.training_jobs]) == ("traced", ["fit"])
    assert any("no field shows" in said and WEIGHTS.rstrip("/") in said for said in traced.caveats)
    reached = {row["name"]: row["sure"] for row in lineage.impact(graph, DATA).reached}
    assert (reached["shop"], reached["fit"]) == (False, True)
    assert [one["verdict"] for one in lineage.datasets(graph, SHOP, holdouts=[DATA, "s3://never/"]).holdouts] == [
        "possible",
        "unknown",
    ]
    (hole,) = [one for one in lineage.impact(graph, "s3://never/").scope["holes"] if one["reason"] == NAMED]
    assert WEIGHTS.rstrip("/") in hole["detail"]
    crawl(tmp_path / "s.db", FIT, *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        whole = lineage.graph(snapshot)
        for uri in (DATA, "s3://never/"):
            near = lineage.around_subject(snapshot, uri)
            assert lineage.impact(near, uri).as_json() == lineage.impact(whole, uri).as_json()
        made = making_excerpt(snapshot, SHOP)
        assert lineage.trace(made, "shop").as_json() == lineage.trace(whole, "shop").as_json()


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("HF_MODEL_ID", "meta-llama/Llama-3.1-8B", "huggingface:meta-llama/Llama-3.1-8B"),
        ("MLFLOW_MODEL_URI", "models:/churn/1", "mlflow:models:/churn/1"),
    ],
)
def test_weights_by_a_name(variable: str, value: str, name: str) -> None:
    """They are shown by name, with a break that says where it stands; a model with an artifact as well is partly traced."""
    graph = known(FIT, *shop(**{variable: value}))
    answer = lineage.trace(graph, "shop")
    assert (answer.verdict, [(one["at"]["id"], one["reason"]) for one in answer.breaks]) == ("broken", [(name, NAMED)])
    assert f"{variable} of shop-model" in answer.breaks[0]["detail"]
    assert [row["name"] for row in lineage.impact(graph, name).reached] == ["shop", "shop-config", "shop-model"]
    (hole,) = [one for one in lineage.impact(graph, "s3://never/").scope["holes"] if one["reason"] == NAMED]
    assert name in hole["detail"]
    both = known(FIT, *served(WEIGHTS.rstrip("/"), Environment={variable: value}))
    assert lineage.trace(both, "shop").verdict == "partial"
    assert lineage.used(both, "s3://never/").verdict == "not-referenced"


def test_weights_inside_the_container() -> None:
    """A path inside the container is the artifact that the record names, or nothing: it adds no break and hides none."""
    local = {"HF_MODEL_ID": "/opt/ml/model"}
    assert lineage.trace(known(FIT, *served(WEIGHTS.rstrip("/"), Environment=local)), "shop").verdict == "traced"
    answer = lineage.trace(known(FIT, *shop(**local)), "shop")
    assert [one["reason"] for one in answer.breaks] == ["no-artifact"]


@pytest.mark.parametrize("variable", ["HF_MODEL_ID", "MODEL_URI"])
def test_weights_at_a_place_that_is_filled_in_later(variable: str) -> None:
    """Where no record fills in a variable of their place, they may be any below its known part."""
    graph = known(FIT, *shop(**{variable: "s3://models/$RUN/output/model/"}))
    assert {row["name"]: row["sure"] for row in lineage.impact(graph, DATA).reached}.get("shop") is False
    assert [job["name"] for job in lineage.trace(graph, "shop").training_jobs] == ["fit"]


def test_an_artifact_is_not_all_that_is_served() -> None:
    """Beside a declared artifact, what a variable of somebody's own may name as weights is in the trace and in the impact."""
    other = training("other", {"train": "s3://data/b/"}, "s3://models/other/output/model")
    graph = known(FIT, other, *served("s3://models/other/output/model", Environment={"LORA_S3": WEIGHTS}))
    assert {job["name"] for job in lineage.trace(graph, "shop").training_jobs} == {"other", "fit"}
    assert {row["name"]: row["sure"] for row in lineage.impact(graph, DATA).reached}["shop"] is False


def test_code_beside_a_model_is_not_its_weights() -> None:
    """The SDK's code, and where a container writes, add nothing to what the record declares."""
    other = training("other", {"train": "s3://data/b/"}, "s3://models/other/output/model")
    beside = {"SAGEMAKER_SUBMIT_DIRECTORY": WEIGHTS, "MODEL_OUTPUT_S3": WEIGHTS, "DATA": WEIGHTS, "MODEL_LOG_BUCKET": "models"}
    graph = known(FIT, other, *served("s3://models/other/output/model", Environment=beside))
    assert [job["name"] for job in lineage.trace(graph, "shop").training_jobs] == ["other"]
    assert "shop" not in {row["name"] for row in lineage.impact(graph, DATA).reached}


def test_an_artifact_stays_as_sure_beside_named_weights() -> None:
    """The artifact that the record declares stays as certain as it was, whatever its environment names besides."""
    other = training("other", {"train": "s3://data/b/"}, "s3://models/other/output/model")
    graph = known(FIT, other, *served(WEIGHTS.rstrip("/"), Environment={"OPTION_MODEL_ID": "s3://models/other/output/model/"}))
    sure = {uri: lineage.impact(graph, uri).reached[0]["sure"] for uri in (DATA, "s3://data/b/")}
    assert sure == {DATA: True, "s3://data/b/": False}


TRANSFORM = {
    "TransformJobStatus": "Completed",
    "TransformStartTime": "2026-02-02T10:00:00Z",
    "TransformEndTime": "2026-02-02T11:00:00Z",
    "ModelName": "shop-model",
    "TransformOutput": {"S3OutputPath": "s3://scored/"},
}
STUDENT = training("student", {"train": "s3://scored/"}, day="2026-02-03")


@pytest.mark.parametrize(
    ("model", "job"), [({"HF_MODEL_ID": WEIGHTS}, {}), ({"HF_MODEL_ID": "org/name"}, {"HF_MODEL_ID": WEIGHTS})]
)
def test_a_transform_job_may_load_what_its_environment_names(model: dict[str, str], job: dict[str, str]) -> None:
    """What a job learned from the output of such weights may know them; also where the job's environment names them."""
    says = record("transform-job", "says", TRANSFORM | {"Environment": job})
    answer = lineage.used(known(*shop(**model), says, STUDENT), WEIGHTS)
    assert {row["job"]["name"]: row["verdict"] for row in answer.findings} == {"student": "possible"}


def test_a_training_job_may_build_on_what_its_environment_names() -> None:
    """The data of such weights is possible in what it trains, shown once; a place without a writer breaks no trace."""
    tuned = training("tuned", {"train": "s3://data/b/"}, "s3://m/tuned", day="2026-01-05", Environment={"HF_MODEL_ID": WEIGHTS})
    graph = known(FIT, tuned, *served("s3://m/tuned"))
    found = [(row["job"]["name"], row["verdict"]) for row in lineage.used(graph, DATA).findings]
    assert found == [("fit", "used"), ("tuned", "possible")]
    assert [row["job"]["name"] for row in lineage.used(graph, WEIGHTS).findings] == ["tuned"]
    assert [job["name"] for job in lineage.trace(graph, "shop").training_jobs] == ["tuned", "fit"]
    assert [one["verdict"] for one in lineage.datasets(graph, SHOP, holdouts=[DATA]).holdouts] == ["possible"]
    alone: Any = lineage.trace(known(tuned, *served("s3://m/tuned")), "shop")
    assert (alone.verdict, alone.breaks) == ("traced", [])
