"""Which variables of an environment name weights: places, names of hubs, or nothing."""

from __future__ import annotations

import pytest

from lineage.domain.kinds import MODEL
from lineage.domain.references import empty_parts, hits
from lineage.domain.weights import VARIABLES, named, sounds_like_weights

S3 = "s3://models/A/output/model/"


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("HF_MODEL_ID", S3, [S3]),
        ("HF_MODEL_ID", f' "{S3}" ', [S3]),
        ("HF_MODEL_ID", "meta-llama/Llama-3.1-8B", ["huggingface:meta-llama/Llama-3.1-8B"]),
        ("HF_MODEL_ID", "gpt2", ["huggingface:gpt2"]),
        ("HF_MODEL_ID", "hf://org/name", ["huggingface:org/name"]),
        ("HF_MODEL_ID", "/opt/ml/model", []),
        ("HF_MODEL_ID", "./model", []),
        ("HF_MODEL_ID", "", []),
        ("HF_MODEL_ID", "***redacted***", []),
        ("OPTION_MODEL_ID", "https://models.s3.amazonaws.com/A/", ["https://models.s3.amazonaws.com/A/"]),
        ("OPTION_MODEL_ID", "https://example.org/m.zip", ["web:example.org/m.zip"]),
        ("OPTION_SPECULATIVE_DRAFT_MODEL", S3, [S3]),
        ("SERVING_LOAD_MODELS", f"test::Python={S3}", [S3]),
        ("SERVING_LOAD_MODELS", f"test::Engine:gpu={S3},b=s3://b/hive=1/", [S3, "s3://b/hive=1/"]),
        ("SERVING_LOAD_MODELS", "test::MPI=/opt/ml/model", []),
        ("SERVING_LOAD_MODELS", S3, [S3]),
        ("SERVING_LOAD_MODELS", "ALL", []),
        ("SERVING_LOAD_MODELS", "djl://ai.djl.huggingface.pytorch/org/name", ["djl:ai.djl.huggingface.pytorch/org/name"]),
        ("SERVING_LOAD_MODELS", "m=file:/opt/ml/model,n=djl://zoo/x", ["djl:zoo/x"]),
        ("MLFLOW_MODEL_URI", "models:/churn/1", ["mlflow:models:/churn/1"]),
        ("MLFLOW_MODEL_URI", "runs:/0a1b/model", ["mlflow:runs:/0a1b/model"]),
        ("MLFLOW_MODEL_URI", "mlflow-artifacts://host/0/1", ["mlflow:mlflow-artifacts:/host/0/1"]),
        ("MLFLOW_MODEL_URI", S3, [S3]),
        ("MLFLOW_MODEL_URI", "/opt/ml/model", []),
        ("SM_MODEL_DIR", S3, []),
        ("OPTION_ROLLING_BATCH", "vllm", []),
    ],
)
def test_what_a_variable_names(variable: str, value: str, expected: list[str]) -> None:
    """A place in S3 and a name of a hub are told apart; a path inside the container, and any other variable, names nothing."""
    assert named(variable, value) == expected


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("MODEL_S3_URI", True),
        ("LORA_ADAPTERS", True),
        ("modelBucket", True),
        ("s3Weights", True),
        ("HF_MODEL_ID", False),
        ("SAGEMAKER_SUBMIT_DIRECTORY", False),
        ("MODEL_OUTPUT_S3", False),
        ("MODELLING_DATA", False),
        ("DATA", False),
    ],
)
def test_what_sounds_like_weights(variable: str, expected: bool) -> None:
    """A variable that no source describes is about weights by a word of its name, unless another word says where things go."""
    assert sounds_like_weights(variable) is expected


def test_each_variable_has_its_source() -> None:
    """Each row of the table says where its variable is described."""
    assert all(variable.source for variable in VARIABLES.values())


def test_a_field_is_read_once() -> None:
    """A variable that names weights is read once, as weights; any other one is only a mention."""
    variables = {"HF_MODEL_ID": S3, "DATA": "s3://d/x/", "MODEL_ID": "org/name"}
    found = list(hits(MODEL, {"PrimaryContainer": {"Environment": variables}}))
    assert sorted((hit.reference.relation, hit.value) for hit in found) == [
        ("loads", "huggingface:org/name"),
        ("loads", S3),
        ("mentions", "s3://d/x/"),
    ]
    assert {hit.path for hit in found if hit.path} == {
        "PrimaryContainer.Environment.HF_MODEL_ID",
        "PrimaryContainer.Environment.MODEL_ID",
    }


@pytest.mark.parametrize(
    ("variables", "empty"), [({"HF_MODEL_ID": S3}, False), ({"HF_MODEL_ID": "/opt/ml/model"}, True), ({"X": S3}, True)]
)
def test_a_container_whose_environment_names_weights_is_not_empty(variables: dict[str, str], *, empty: bool) -> None:
    """A container whose environment names weights is not empty; one whose environment names none has no artifact."""
    assert bool(empty_parts(MODEL, {"PrimaryContainer": {"Image": "i", "Environment": variables}})) is empty
