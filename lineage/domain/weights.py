"""The variables of a container's environment that name the weights it loads, and what their values name. Pure.

No field tells what the container does with them; and a name on a hub does not say what its weights were made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from lineage.domain.names import is_arn, is_location, location_of

HUGGING_FACE, DJL_ZOO, MLFLOW, WEB = "huggingface", "djl", "mlflow", "web"
_HUB_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_LOCAL = ("/", ".", "file:", "~")


def _place_or_hub_name(value: str) -> Iterator[str]:
    """A place in S3, or a name of the Hugging Face Hub; a path inside the container names nothing."""
    if is_location(value):
        yield from _place(value)
    elif not value.startswith(_LOCAL) and _HUB_NAME.fullmatch(value.removeprefix("hf://")):
        yield f"{HUGGING_FACE}:{value.removeprefix('hf://')}"


def _loaded_models(value: str) -> Iterator[str]:
    """What DJL Serving loads at its start: `name:version:engine:devices=URL`; only the URL is required."""
    for one in filter(None, map(str.strip, value.split(","))):
        called, _, url = one.partition("=")
        called, url = (called, url) if url and "://" not in called else ("", one)
        if url.startswith("djl://"):
            yield f"{DJL_ZOO}:{url.removeprefix('djl://')}"
        elif is_location(url):
            yield from _place(url)
        elif not called and "/" in url:
            yield from _place_or_hub_name(url)


def _mlflow_model(value: str) -> Iterator[str]:
    """A place in S3, or an MLflow server's name for it: `models:/name/1`, `runs:/id/path`."""
    if is_location(value):
        yield from _place(value)
    elif re.match(r"(?:models|runs|mlflow-artifacts):/", value) or is_arn(value):
        yield f"{MLFLOW}:{value.replace('://', ':/')}"


def _place(uri: str) -> Iterator[str]:
    yield uri if location_of(uri) else f"{WEB}:{uri.partition('://')[2]}"


class Variable(NamedTuple):
    """What the value of a variable names, and the source that documents it."""

    names: Callable[[str], Iterator[str]]
    source: str


_LMI: Final = "DJL Serving, LMI configurations: each option may be given as OPTION_… or, the model, as HF_MODEL_ID"
VARIABLES: Final[dict[str, Variable]] = {
    "HF_MODEL_ID": Variable(_place_or_hub_name, f"Hugging Face Inference Toolkit; {_LMI}"),
    "MODEL_ID": Variable(_place_or_hub_name, "Text Generation Inference, launcher arguments: --model-id"),
    "OPTION_MODEL_ID": Variable(_place_or_hub_name, _LMI),
    "OPTION_SPECULATIVE_DRAFT_MODEL": Variable(_place_or_hub_name, _LMI),
    "SERVING_LOAD_MODELS": Variable(_loaded_models, "DJL Serving, starting: -m"),
    "SM_VLLM_MODEL": Variable(_place_or_hub_name, "AWS Deep Learning Containers, vLLM"),
    "SM_SGLANG_MODEL_PATH": Variable(_place_or_hub_name, "AWS Deep Learning Containers, SGLang"),
    "MLFLOW_MODEL_URI": Variable(_mlflow_model, "MLflow, mlflow.pyfunc.load_model: model_uri"),
}


# Words of a variable that is somebody's own: those of weights, and those of something else that has to do with them.
_OF_WEIGHTS: Final = frozenset(("adapter", "artifact", "checkpoint", "ckpt", "lora", "model", "peft", "weight"))
_OF_OTHERS: Final = frozenset(
    ("cache", "capture", "code", "config", "log", "metric", "monitor", "out", "output", "program", "result", "script", "submit")
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=10_000)
def sounds_like_weights(variable: str) -> bool:
    """Whether the name of a variable that no source describes says that it is about weights: `LORA_S3_URI`, `modelBucket`."""
    words = {word.casefold().removesuffix("s") for word in _WORD.findall(variable)}
    return variable not in VARIABLES and bool(words & _OF_WEIGHTS) and not words & _OF_OTHERS


def named(variable: str, value: str) -> list[str]:
    """The places and names of weights that a variable names: none if it is about something else."""
    known = VARIABLES.get(variable)
    return list(dict.fromkeys(known.names(value.strip().strip("\"'")))) if known else []
