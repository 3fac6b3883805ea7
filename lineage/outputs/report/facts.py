"""What a report really contains about an endpoint: the reasons why a clause is evidenced or partial.

Each fact is a yes-or-no question about one endpoint's part of a report, or about the whole report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from lineage.domain.kinds import LABELING_JOB
from lineage.domain.records import Json


class Fact(NamedTuple):
    """The words for a fact and for its absence, and whether it holds for an endpoint's part (`whole`: for the report)."""

    says: str
    lacks: str
    holds: Callable[[Json], Any]
    whole: bool = False


def _each(rows: Iterable[Json], *names: str) -> bool:
    """Whether there are rows, and each has a value for all these names."""
    found = list(rows)
    return bool(found) and all(row[name] for row in found for name in names)


def _containers(one: Json) -> list[Json]:
    return [row for model in one["models"] for row in model["containers"]]


def _trained(one: Json) -> list[Json]:
    return [row for row in one["training"] if row["trains"]]


def _learnt(one: Json) -> list[Json]:
    return [row for row in one["data"]["inputs"] if row["usage"] == "data" and not row["indirect"]]


def _validated(one: Json) -> bool:
    words = ("valid", "test", "eval", "holdout")
    return any(word in str(row["channel"]).casefold() for row in _learnt(one) for word in words)


def _tagged(*words: str) -> Callable[[Json], bool]:
    """Whether a tag of the endpoint or of a model has one of these words in its key."""

    def found(one: Json) -> bool:
        keys = [key.casefold() for row in (one["system"], *one["models"]) for key in row["tags"]]
        return any(word in key for key in keys for word in words)

    return found


FACTS: Final[dict[str, Fact]] = {
    "inventory": Fact(
        "the endpoint is described by its record", "the endpoint's record was not read", lambda one: one["system"]["status"]
    ),
    "traced": Fact(
        "the endpoint is traced in full", "the endpoint is not traced in full", lambda one: one["answer"]["verdict"] == "traced"
    ),
    "chain": Fact("the chain to a training job is known", "no training job is known", _trained),
    "config": Fact(
        "the endpoint config was read", "the endpoint config was not read", lambda one: one["system"]["config_read"]
    ),
    "variants": Fact(
        "each variant tells its model and instances",
        "a variant's model or instance type is unknown",
        lambda one: _each(one["system"]["variants"], "model", "instance_type"),
    ),
    "models": Fact(
        "each model was read",
        "a model was not read",
        lambda one: one["models"] and all(row["model"]["observed"] for row in one["models"]),
    ),
    "artifacts": Fact(
        "each container names its artifact", "a container names no artifact", lambda one: _each(_containers(one), "artifact")
    ),
    "image-digests": Fact(
        "each serving image is known by digest",
        "a serving image has no digest",
        lambda one: _each(_containers(one), "image_digest"),
    ),
    "hashes": Fact(
        "each artifact has an ETag or a digest",
        "an artifact has no ETag or digest on record",
        lambda one: _each(_containers(one), "artifact", "etag"),
    ),
    "versions": Fact(
        "a model package tells version and approval",
        "no model package with version and approval",
        lambda one: _each(one["packages"], "version", "approval"),
    ),
    "approver": Fact(
        "a package tells who approved or changed it",
        "no record of who approved or changed a package",
        lambda one: _each(one["packages"], "modified_by"),
    ),
    "model-card": Fact(
        "a package has a model card", "no model card in a package", lambda one: _each(one["packages"], "model_card")
    ),
    "images": Fact(
        "each training job names its image or algorithm",
        "a training job names no image or algorithm",
        lambda one: all(row["image"] or row["algorithm"] for row in _trained(one)) and _trained(one),
    ),
    "hyperparameters": Fact(
        "training jobs tell hyperparameters",
        "no hyperparameters",
        lambda one: any(row["hyperparameters"] for row in _trained(one)),
    ),
    "compute": Fact(
        "training jobs tell instances and billed time",
        "a training job tells no instances or billed time",
        lambda one: _each(_trained(one), "instance_type", "billable_seconds"),
    ),
    "source": Fact(
        "training jobs record their source or script",
        "no source or script of the training code",
        lambda one: any(row["source_dir"] or row["script"] for row in _trained(one)),
    ),
    "commit": Fact(
        "a commit of the training code is recorded",
        "no commit of the training code",
        lambda one: any(row["commit"] for row in _trained(one)),
    ),
    "pipeline": Fact(
        "a pipeline execution or a run recorded it",
        "no pipeline execution or run recorded it",
        lambda one: any(row["executions"] or row["runs"] for row in _trained(one)),
    ),
    "datasets": Fact("the training jobs declare their inputs", "no declared training input", _learnt),
    "content-types": Fact(
        "each input names its content type", "an input names no content type", lambda one: _each(_learnt(one), "content_type")
    ),
    "upstream": Fact(
        "what made the inputs is known", "no known job made an input", lambda one: any(row["makers"] for row in _learnt(one))
    ),
    "pinned": Fact(
        "each input names a version",
        "an input names no version",
        lambda one: bool(_learnt(one)) and all(row["pinned"] == "version" for row in _learnt(one)),
    ),
    "labelling": Fact(
        "a labelling job made data",
        "no labelling job",
        lambda one: any(row["kind"] == LABELING_JOB.name for row in one["nodes"]),
    ),
    "validation-data": Fact("a channel is for validation or test", "no channel for validation or test", _validated),
    "metrics": Fact("training jobs tell metrics", "no metrics of training jobs", lambda one: one["evaluation"]["metrics"]),
    "model-metrics": Fact(
        "a package names evaluation documents",
        "no evaluation documents in a package",
        lambda one: one["evaluation"]["model_metrics"],
    ),
    "holdouts": Fact("holdouts were checked", "no holdouts were checked", lambda one: one["evaluation"]["holdouts"]),
    "capture": Fact(
        "data capture is on", "data capture is off or unknown", lambda one: (one["system"]["data_capture"] or {}).get("enabled")
    ),
    "security": Fact(
        "KMS key, VPC or isolation is set",
        "no KMS key, VPC or isolation on record",
        lambda one: one["system"]["kms_key"] or one["system"]["vpc"] or one["system"]["models_isolated"],
    ),
    "third-party": Fact(
        "images, hub content or packages of others are named",
        "no image, hub content or package of others on record",
        lambda one: any(row["image"] or row["hub"] for row in _containers(one)),
    ),
    "downstream": Fact(
        "what the makers ended up in was asked", "downstream use was not asked about", lambda one: one["downstream"]["asked"]
    ),
    "owner": Fact("a tag names an owner", "no tag names an owner", _tagged("owner", "team", "contact")),
    "purpose": Fact("a tag names a purpose", "no tag names a purpose", _tagged("purpose", "use-case", "usecase")),
    "classified": Fact(
        "a tag names a sensitivity", "no tag names a sensitivity", _tagged("sensitiv", "classification", "confidential")
    ),
    "dated": Fact(
        "the report tells its tool, version and time",
        "no time of the report",
        lambda report: report["document"]["generated_at"],
        whole=True,
    ),
    "history": Fact(
        "an earlier state was compared",
        "no earlier state was compared",
        lambda report: report["changes"]["compared"],
        whole=True,
    ),
    "coverage": Fact(
        "the report tells what it could not read",
        "no statement of what was not read",
        lambda report: report["coverage"]["statements"],
        whole=True,
    ),
    "findings": Fact("checks were run", "no checks were run", lambda report: report["findings"]["run"], whole=True),
}


def holding(report: Json, name: str) -> tuple[int, int]:
    """For how many a fact holds, and for how many it was asked: the endpoints, or the one report."""
    fact = FACTS[name]
    asked = [report] if fact.whole else report["endpoints"]
    return sum(bool(fact.holds(one)) for one in asked), len(asked)
