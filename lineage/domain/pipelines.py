"""Which experiment and trial a pipeline execution belongs to, by the rules of `PipelineExperimentConfig`. Pure.

Sources: developer guide, "SageMaker Experiments Integration" and the pages below it; SageMaker Python SDK,
`workflow/pipeline.py`, `execution_variables.py`, `functions.py` and `_utils.py`. The guide writes a join bare
(`On`, `Values`), the SDK writes it as `Std:Join`; a definition without a config, or with null, asks for no experiment.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from lineage.domain.names import is_arn, parse_arn
from lineage.domain.nesting import parsed_text
from lineage.errors import MalformedDefinition

VERSION: Final = "2020-12-01"  # of the pipeline definition schema: the only version that exists
# Regions with SageMaker Experiments. "Experiments is not expanding to new regions, so this list is static" (SDK, _utils.py).
REGIONS: Final = frozenset({
    "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ap-southeast-3", "ca-central-1", "cn-north-1", "cn-northwest-1", "eu-central-1", "eu-north-1",
    "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-south-1", "sa-east-1",
    "us-east-1", "us-east-2", "us-west-1", "us-west-2",
})  # fmt: skip
_NAME = re.compile(r"[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,119}")  # API reference, PipelineExperimentConfig
_DEEPEST = 50  # joins inside joins: people write two
_DEFAULTS = {"ExperimentName": {"Get": "Execution.PipelineName"}, "TrialName": {"Get": "Execution.PipelineExecutionId"}}
_TIMES = ("Execution.StartDateTime", "Execution.CurrentDateTime")


class Name(NamedTuple):
    """A name that a definition gives. If `text` is None, `reason` says why: there is none (`known`), or it is unknown."""

    text: str | None
    reason: str = ""
    known: bool = True


class ExperimentNames(NamedTuple):
    """The experiment and the trial (the run group) of one execution."""

    experiment: Name
    trial: Name


class _Unresolved(Exception):
    """A part of a name that is unknown."""


def experiment_names(definition: str | Mapping[str, Any], execution: Mapping[str, Any], pipeline: str = "") -> ExperimentNames:
    """The names that a pipeline definition gives an execution.

    `definition` is the JSON text or the object; `execution` is a record as DescribePipelineExecution or Search gives it,
    with its `PipelineParameters`; `pipeline` is the pipeline's name, because its ARN has lost the case. Raises nothing: an
    unreadable definition gives unknown names, with the reason.
    """
    try:
        whole = parse_definition(definition)
    except MalformedDefinition as error:
        return _both(Name(None, str(error), known=False))
    config = whole.get("PipelineExperimentConfig")
    if config is None:
        return _both(Name(None, "the definition asks for no experiment"))
    if not isinstance(config, Mapping):
        return _both(Name(None, "the PipelineExperimentConfig of the definition is not an object", known=False))
    region = _region(execution)
    if region and region not in REGIONS:
        return _both(Name(None, f"there is no SageMaker Experiments in {region}"))
    get = _getter(whole, execution, pipeline)
    names = {member: _name(config.get(member), get, default) for member, default in _DEFAULTS.items()}
    return ExperimentNames(names["ExperimentName"], names["TrialName"])


def parse_definition(definition: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """A pipeline definition as an object. Raises `MalformedDefinition` if it is not one, or has an unknown version."""
    try:
        parsed = parsed_text(definition) if isinstance(definition, str) else definition
    except ValueError:
        raise MalformedDefinition("the definition is not JSON") from None
    if not isinstance(parsed, Mapping):
        raise MalformedDefinition("the definition is not a JSON object")
    version = parsed.get("Version", VERSION)
    if version != VERSION:
        raise MalformedDefinition(f"the definition has version {version!r}; this lineage knows only {VERSION}")
    return parsed


def _both(name: Name) -> ExperimentNames:
    return ExperimentNames(name, name)


def _region(execution: Mapping[str, Any]) -> str:
    arn = str(execution.get("PipelineExecutionArn") or "")
    return parse_arn(arn).region if is_arn(arn) else ""


def _name(expression: Any, get: Callable[[str], str], default: Any) -> Name:
    try:
        text = _text(default if expression is None else expression, get, 0)
    except _Unresolved as unresolved:
        return Name(None, str(unresolved), known=False)
    if not _NAME.fullmatch(text):
        return Name(None, f"it would be {text!r}, which is not a valid name of an experiment or a trial", known=False)
    return Name(text)


def _text(expression: Any, get: Callable[[str], str], depth: int) -> str:
    """The value of an expression: a text, a `Get`, or a join in either spelling."""
    if isinstance(expression, str):
        return expression
    if isinstance(expression, int) and not isinstance(expression, bool):
        return str(expression)
    if not isinstance(expression, Mapping) or depth > _DEEPEST:
        raise _Unresolved(f"the value of {_shown(expression)} is unknown")
    if isinstance(expression.get("Get"), str):
        return get(expression["Get"])
    join = expression.get("Std:Join", expression)
    values = join.get("Values") if isinstance(join, Mapping) else None
    on = join.get("On", "") if isinstance(join, Mapping) else None
    if not isinstance(values, list) or not isinstance(on, str):
        raise _Unresolved(f"the value of {_shown(expression)} is unknown")
    return on.join(_text(value, get, depth + 1) for value in values)


def _shown(expression: Any) -> str:
    text = json.dumps(expression, default=str) if not isinstance(expression, Mapping) else ", ".join(map(str, expression))
    return text if len(text) <= 60 else f"{text[:60]}…"


def _getter(definition: Mapping[str, Any], execution: Mapping[str, Any], pipeline: str) -> Callable[[str], str]:
    """The value of a `Get`: an execution variable, or a parameter's value, by default the one in the definition."""
    known = _variables(execution, pipeline)
    parameters = _pairs(definition.get("Parameters"), "DefaultValue") | _pairs(execution.get("PipelineParameters"), "Value")

    def get(name: str) -> str:
        if name in _TIMES:
            raise _Unresolved(f"{name}: how SageMaker writes a time into a name is not documented")
        kind, _, rest = name.partition(".")
        if kind == "Parameters":
            if rest not in parameters:
                raise _Unresolved(f"parameter {rest} has no value and no default")
            value = parameters[rest]
            if isinstance(value, bool) or not isinstance(value, (str, int)):
                raise _Unresolved(f"how SageMaker writes the value of parameter {rest}, {value!r}, is not documented")
            return str(value)
        if not known.get(name):
            raise _Unresolved(f"{name} is unknown for this execution")
        return known[name]

    return get


def _variables(execution: Mapping[str, Any], pipeline: str) -> dict[str, str]:
    arn = str(execution.get("PipelineExecutionArn") or "")
    whole, _, identity = arn.rpartition("/execution/")
    pipeline_arn = str(execution.get("PipelineArn") or whole)
    return {
        "Execution.PipelineName": pipeline or pipeline_arn.rpartition("/")[2],
        "Execution.PipelineArn": pipeline_arn,
        "Execution.PipelineExecutionId": identity,
        "Execution.PipelineExecutionArn": arn,
    }


def _pairs(parameters: Any, value: str) -> dict[str, Any]:
    found = [one for one in parameters if isinstance(one, Mapping)] if isinstance(parameters, list) else []
    return {str(one.get("Name")): one[value] for one in found if one.get(value) is not None}
