"""Which jobs fit a model, and which only put code beside one or measure one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineage.domain.kinds import KINDS, LEARNERS, MEASURERS, REPACKERS

# The SDK's and the Pipelines' scripts that put code beside an existing model, and train nothing.
_REPACK_SCRIPTS = ("_repack_script_launcher.sh", "_repack_model.py")
_MEASURING = {"Evaluation", "AgentRFTEvaluation", "DataQualityEvaluation"}
# The images of Model Monitor and of Clarify (developer guide, prebuilt containers).
_MEASURING_IMAGES = ("sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing")
_MAKING_DATA = {"DataTransformation", "SyntheticDataGeneration"}
_NOT_TRAINING = _MEASURING | _MAKING_DATA


def trains(attributes: Mapping[str, Any]) -> bool:
    """Whether a job trains: repack jobs put code beside a model, evaluation jobs measure one."""
    kind = KINDS.get(attributes["kind"])
    if not kind or not kind.trains or attributes.get("job_type") in _NOT_TRAINING:
        return False
    if kind.trains != "always" and not attributes.get(kind.trains):
        return False
    program = attributes.get("program")
    return not program or str(program).strip('"').rpartition("/")[2] not in _REPACK_SCRIPTS


def measures(attributes: Mapping[str, Any]) -> bool:
    """Whether a job only asks a model of data, or measures data: by its kind, or by a program of AWS's that does no more."""
    repository = str(attributes.get("image") or "").rpartition("/")[2].partition("@")[0].partition(":")[0]
    return attributes["kind"] in MEASURERS or repository in _MEASURING_IMAGES


def only_repacks(attributes: Mapping[str, Any]) -> bool:
    """Whether it is of the kind that people train with, and trains nothing: what it was given is in what it made.

    What makes data of data is none: it is as a processing job.
    """
    makes_data = attributes.get("job_type") in _MAKING_DATA
    return attributes["kind"] in REPACKERS and not (makes_data or trains(attributes))


def is_training_job(attributes: Mapping[str, Any]) -> bool:
    """Whether it trains with what it reads itself; tuning and AutoML jobs have others train."""
    return attributes["kind"] in LEARNERS and trains(attributes)
