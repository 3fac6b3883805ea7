"""THE RULES: each a row with its severity, what it means, how to repair what it finds, and the function that looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from lineage.checks import leaks, provenance
from lineage.checks.context import Findings, Ground
from lineage.checks.findings import ERROR, NOTE, WARNING
from lineage.domain.records import Json


class Rule(NamedTuple):
    """One rule. `says` is what it finds."""

    id: str
    name: str
    severity: str
    says: str
    repair: str
    look: Callable[[Ground], Findings]

    def as_json(self) -> Json:
        return {name: getattr(self, name) for name in ("id", "name", "severity", "says", "repair")}


RULES: Final = (
    Rule(
        "LIN001",
        "holdout-in-training",
        ERROR,
        "A training job read a holdout, or part of it, as data.",
        "train again without the holdout and retire what this job made, or choose another holdout",
        leaks.holdout_in_training,
    ),
    Rule(
        "LIN002",
        "holdout-transitive",
        ERROR,
        "A holdout reached a training job through other jobs, a base model or a checkpoint.",
        "remove the holdout from the input of the first job and rebuild everything made from it",
        leaks.holdout_transitive,
    ),
    Rule(
        "LIN003",
        "train-and-evaluation-overlap",
        ERROR,
        "A training job trains and evaluates on the same data.",
        "split the data, and give each channel its own prefix",
        leaks.train_and_evaluation_overlap,
    ),
    Rule(
        "LIN004",
        "holdout-object-overlap",
        ERROR,
        "A training job read an object that the manifest of a holdout lists. Only holdouts that are manifests are checked.",
        "remove the object from the training data and train again",
        leaks.holdout_object_overlap,
    ),
    Rule(
        "LIN005",
        "unpinned-input",
        WARNING,
        "A training job behind a deployed model read a prefix: no record says which versions of which objects.",
        "read a manifest that the crawl can read too, write each data set once, below a prefix of its own, or pin it "
        "in the job's run",
        provenance.unpinned_input,
    ),
    Rule(
        "LIN006",
        "no-provenance",
        WARNING,
        "The origin of the models that an endpoint serves is not fully known.",
        "`lineage trace` shows where the chain breaks",
        provenance.no_provenance,
    ),
    Rule(
        "LIN007",
        "mutable-artifact",
        WARNING,
        "A model artifact was written after its job ended, or after the model that loads it was created.",
        "deploy what the job wrote, and block other writers from that location",
        provenance.mutable_artifact,
    ),
    Rule(
        "LIN008",
        "image-by-tag",
        NOTE,
        "A job or a model names its image by a tag, and no record says which digest that was.",
        "name the image by its digest",
        provenance.image_by_tag,
    ),
    Rule(
        "LIN009",
        "network-open-training",
        NOTE,
        "A training job behind a deployed model ran without network isolation: it may have read data that no channel names.",
        "train with EnableNetworkIsolation",
        provenance.network_open_training,
    ),
    Rule(
        "LIN010",
        "unapproved-in-production",
        ERROR,
        "An endpoint serves a model package that is not Approved.",
        "approve the package, or deploy one that is approved",
        provenance.unapproved_in_production,
    ),
    Rule(
        "LIN090",
        "coverage-gap",
        NOTE,
        "Something that could hold a finding was not listed or not read. An error with --strict.",
        "`lineage gaps` shows what would fix it; then crawl again",
        provenance.coverage_gap,
    ),
)
RULE_NAMES: Final = frozenset(name for rule in RULES for name in (rule.id, rule.name))
COVERAGE: Final = "LIN090"
PINNING: Final = "LIN005"
