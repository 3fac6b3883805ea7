"""Which jobs fit a model, and which only add code to one or measure one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineage.domain.kinds import KINDS, LEARNERS, MEASURERS, REPACKERS

# Scripts of the SDK and of Pipelines that add code to an existing model and train nothing.
_REPACK_SCRIPTS = ("_repack_script_launcher.sh", "_repack_model.py")
_MEASURING = {"Evaluation", "AgentRFTEvaluation", "DataQualityEvaluation"}
# The images of Model Monitor and of Clarify (developer guide, prebuilt containers).
_MEASURING_IMAGES = ("sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing")
_MAKING_DATA = {"DataTransformation", "SyntheticDataGeneration"}
_NOT_TRAINING = _MEASURING | _MAKING_DATA


def trains(attributes: Mapping[str, Any]) -> bool:
    """Whether a job trains: repack jobs add code to a model and evaluation jobs measure one, so neither trains."""
    kind = KINDS.get(attributes["kind"])
    if not kind or not kind.trains or attributes.get("job_type") in _NOT_TRAINING:
        return False
    if kind.trains != "always" and not attributes.get(kind.trains):
        return False
    program = attributes.get("program")
    return not program or str(program).strip('"').rpartition("/")[2] not in _REPACK_SCRIPTS


def measures(attributes: Mapping[str, Any]) -> bool:
    """Whether a job only asks a model about data, or measures data: by its kind, or by its program from AWS."""
    repository = str(attributes.get("image") or "").rpartition("/")[2].partition("@")[0].partition(":")[0]
    return attributes["kind"] in MEASURERS or repository in _MEASURING_IMAGES


def only_repacks(attributes: Mapping[str, Any]) -> bool:
    """Whether its kind is for training but it trains nothing: its output contains what it was given.

    A job that makes data from data is not one: it counts like a processing job.
    """
    makes_data = attributes.get("job_type") in _MAKING_DATA
    return attributes["kind"] in REPACKERS and not (makes_data or trains(attributes))


def is_training_job(attributes: Mapping[str, Any]) -> bool:
    """Whether it trains on what it reads itself; tuning and AutoML jobs let other jobs train."""
    return attributes["kind"] in LEARNERS and trains(attributes)
