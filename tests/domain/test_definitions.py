"""What a pipeline definition names as input of its steps, in any notation."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.definitions import UNKNOWN, definition
from lineage.errors import MalformedDefinition

Spelling = Callable[[str], tuple[Any, list[dict[str, Any]]]]


def plain(text: str) -> tuple[Any, list[dict[str, Any]]]:
    return text, []


def joined(text: str) -> tuple[Any, list[dict[str, Any]]]:
    return {"Std:Join": {"On": "/", "Values": text.split("/")}}, []


def bare(text: str) -> tuple[Any, list[dict[str, Any]]]:
    return {"On": "", "Values": [text[:4], {"On": "", "Values": list(text[4:])}]}, []


def parameter(text: str) -> tuple[Any, list[dict[str, Any]]]:
    return {"Get": "Parameters.Where"}, [{"Name": "Where", "Type": "String", "DefaultValue": text}]


def mixed(text: str) -> tuple[Any, list[dict[str, Any]]]:
    start, _, end = text.partition("/b/")
    values = [f"{start}/b", {"Get": "Parameters.Rest"}]
    return {"Std:Join": {"On": "/", "Values": values}}, [{"Name": "Rest", "Type": "String", "DefaultValue": end}]


SPELLINGS: list[Spelling] = [plain, joined, bare, parameter, mixed]
STEP = "Prep"


def written(arguments: dict[str, Any], parameters: Any = (), **more: Any) -> str:
    step = {"Name": STEP, "Type": "Processing", "Arguments": arguments}
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": [step], **more})


def said(text: str, values: dict[str, Any] | None = None, parameter: str = "") -> set[str]:
    whole = definition(text)
    return {one for one in whole.texts(values, parameter) if "s3://" in one}


def reading(uri: Any) -> dict[str, Any]:
    return {"ProcessingInputs": [{"InputName": "in", "S3Input": {"S3Uri": uri}}]}


def writing(uri: Any, name: str = "out") -> dict[str, Any]:
    return {"ProcessingOutputConfig": {"Outputs": [{"OutputName": name, "S3Output": {"S3Uri": uri}}]}}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(st.text("ab-./", max_size=12))
def test_a_text_is_the_same_however_it_is_written(spelling: Spelling, key: str) -> None:
    """A plain text, a join in either spelling and a parameter's default give the same text as an input of a step."""
    uri = f"s3://b/b/{key}"
    expression, parameters = spelling(uri)
    assert said(written(reading(expression), parameters)) == {uri}
    assert said(written(writing(expression), parameters)) == set()


@pytest.mark.parametrize(
    ("arguments", "taken"),
    [
        (writing("s3://b/out/"), set()),
        ({"TransformOutput": {"S3OutputPath": "s3://b/out/"}}, set()),
        ({"OutputDataConfig": {"S3OutputPath": "s3://b/out/"}}, set()),
        ({"TrainingJobDefinition": {"OutputDataConfig": {"S3OutputPath": "s3://b/out/"}}}, set()),
        ({"DebugHookConfig": {"S3OutputPath": "s3://b/out/"}}, set()),
        ({"CheckpointConfig": {"S3Uri": "s3://b/ckpt/"}}, {"s3://b/ckpt/"}),
        ({"Environment": {"OUT": "s3://b/out/"}}, {"s3://b/out/"}),
        ({"HyperParameters": {"extra": '"s3://b/x/"'}}, {'"s3://b/x/"'}),
        ({"HyperParameterRanges": [{"Name": "d", "Values": ["s3://b/1/", "s3://b/2/"]}]}, {"s3://b/1/", "s3://b/2/"}),
        ({"IfSteps": [{"Name": "I", "Arguments": reading("s3://b/x/")}]}, {"s3://b/x/"}),
        ({"IfSteps": [{"Name": "I", "Arguments": writing("s3://b/x/")}]}, set()),
        (writing("s3://b/x/") | reading("s3://b/x/"), {"s3://b/x/"}),
        ({"Environment": {"BUCKET": "b", "PREFIX": "x/"}}, {"s3://b/x/"}),
        ({"ContainerArguments": ["--bucket", "b", "--prefix", "x/"]}, {"s3://b/x/"}),
        ({"ContainerArguments": ["--bucket", {"Std:Join": {"On": "", "Values": ["b", "c"]}}, "--key=x/y"]}, {"s3://bc/x/y"}),
        ({"bucket": "team-data"}, {"s3://team-data/"}),
        ({"bucket": "team-data", "path": "/opt/ml/input"}, {"s3://team-data/"}),
        ({"bucket": "team-data", "reads": "raw/x"}, {"s3://team-data/raw/x", "s3://team-data/"}),
        ({"hash_bucket": "1024"}, set()),
        (
            {"ContainerArguments": ["--bucket=held-7.x", "--prefix=held-held-9.", {"Get": "Parameters.P"}]},
            {"s3://held-7.x/held-held-9."},
        ),
    ],
)
def test_what_a_step_writes_is_no_use(arguments: dict[str, Any], taken: set[str]) -> None:
    """A step's fields that only say where something is written are no use; all others may be."""
    assert said(written(arguments)) == taken


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (("Bucket", "Prefix"), {"s3://b/p"}),
        (("Bucket", "Other"), set()),
        (("OutBucket", "OutPrefix"), set()),
    ],
)
def test_a_bucket_and_a_prefix_of_parameters(names: tuple[str, str], taken: set[str]) -> None:
    """Two parameters name a place together, unless all that is known of them is that something is written there."""
    written_to = {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.OutBucket"}, {"Get": "Parameters.OutPrefix"}]}}
    parameters = [{"Name": name, "DefaultValue": value} for name, value in zip(names, "bp", strict=True)]
    assert {one for one in said(written(writing(written_to), parameters)) if "*" not in one} == taken


@pytest.mark.parametrize("values", [{}, {"Bucket": "c"}])
def test_an_output_of_a_step_that_another_takes_in_is_one(values: dict[str, Any]) -> None:
    """A step that gets the output place of another one takes that place in, as if it were written there itself."""
    output = writing({"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.Bucket"}, "prep"]}}, "train")
    get = {"Get": f"Steps.{STEP}.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"}
    steps = [{"Name": STEP, "Arguments": output}, {"Name": "Fit", "Arguments": {"InputDataConfig": [{"S3Uri": get}]}}]
    parameters = [{"Name": "Bucket", "DefaultValue": "b"}]
    text = json.dumps({"Steps": steps, "Parameters": parameters})
    assert said(text, values) == {f"s3://{values.get('Bucket', 'b')}/prep"}
    assert said(json.dumps({"Steps": steps[:1], "Parameters": parameters}), values) == set()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["s3://b/x", {"Get": "Parameters.None"}, "y"], {f"s3://b/x/{UNKNOWN}/y"}),
        (["s3://b/x", {"Get": "Execution.PipelineExecutionId"}, "y"], {f"s3://b/x/{UNKNOWN}/y"}),
        (["s3://b", {"Get": "Execution.PipelineExecutionId"}, "y"], set()),
        (["s3:/", "b", {"Get": "Execution.StartDateTime"}, "y"], set()),
        (["s3://b", {"Get": "Parameters.None"}, "y"], {f"s3://b/{UNKNOWN}/y"}),
        (["s3://b", {"Get": "Execution.PipelineName"}, "y"], {"s3://b/prices/y"}),
        (["s3://b/x", {"Get": "Steps.Other.TrainingJobName"}], {f"s3://b/x/{UNKNOWN}"}),
        (["s3://b/x", {"Std:Join": {"Values": ["y", 3]}}], {"s3://b/x/y3"}),
        (
            ["s3://b/x", {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.A.PropertyFiles.P"}, "Path": "n"}}],
            {f"s3://b/x/{UNKNOWN}"},
        ),
        (["s3://b/x", {"Std:Join": []}, ["y"], None], {"/".join(["s3://b/x", *UNKNOWN * 3])}),
    ],
)
def test_a_text_goes_as_far_as_it_is_known(values: list[Any], expected: set[str]) -> None:
    """An unknown part ends a text; a part that differs by execution, directly in a bucket, names no data."""
    text = written(reading({"Std:Join": {"On": "/", "Values": values}}))
    assert said(text, {"Execution.PipelineName": "prices"}) == expected


def test_a_parameter_gives_what_depends_on_it() -> None:
    """The answer about a parameter lists the texts that contain it, with an execution's values in place of the defaults."""
    parameters = [{"Name": name, "DefaultValue": value} for name, value in (("B", "b"), ("K", "k"), ("O", "s3://o/"))]
    both = {"Std:Join": {"On": "/", "Values": ["s3:/", {"Get": "Parameters.B"}, {"Get": "Parameters.K"}]}}
    text = written(reading(both) | writing({"Get": "Parameters.O"}) | {"Environment": {"D": "s3://d/"}}, parameters)
    assert said(text, {"K": "new"}, "K") == {"s3://b/new"}
    assert said(text, {"O": "s3://p/"}, "O") == set()
    assert definition(text).ignored == {"O"}
    assert set(definition(text).alternatives()) == {"b", "k"}


def test_a_parameter_that_no_step_takes_is_still_told() -> None:
    """A default, or a choice, of a parameter that nothing in the definition uses still counts as named."""
    parameters = [{"Name": "D", "DefaultValue": "s3://d/", "EnumValues": ["s3://d/", "s3://e/"]}]
    assert set(definition(written({}, parameters)).alternatives()) == {"s3://d/", "s3://e/"}


@pytest.mark.parametrize("text", ["", "[]", "{", json.dumps({"Version": "2031-01-01"})])
def test_what_is_no_definition_is_refused(text: str) -> None:
    """A text that is no definition of a known version is not read as one."""
    with pytest.raises(MalformedDefinition):
        definition(text)


def test_steps_that_name_each_other_end() -> None:
    """Steps that get their places from each other in a cycle are still read to an end."""
    steps = [{"Name": one, "Arguments": {"S3Uri": {"Get": f"Steps.{other}.S3Uri"}}} for one, other in ("ab", "ba")]
    assert set(definition(json.dumps({"Steps": steps})).texts()) >= {"a", "b"}
