"""THE TABLE: what exists in SageMaker, how each kind is listed and described, and what its fields refer to.

Data only. botocore already knows pages, parameters and shapes; a row says what botocore can't know. A test
lints every row against botocore's own service model, and holds the list of reference-shaped fields that no
row reads (`tests/domain/data/unread_references.tsv`).

`words.py` has the words that a row uses, `table.py` joins the rows; each other file has those of one family, as its `ROWS`.
"""

from __future__ import annotations

from lineage.domain.kinds.assets import FEATURE_GROUP
from lineage.domain.kinds.experiments import EXPERIMENT, TRIAL, TRIAL_COMPONENT
from lineage.domain.kinds.jobs import PROCESSING_JOB, TRAINING_JOB
from lineage.domain.kinds.lineage_entities import CHARTS, LINEAGE_ARTIFACT
from lineage.domain.kinds.managed_jobs import AUTOML_JOB, LABELING_JOB, TRANSFORM_JOB, TUNING_JOB
from lineage.domain.kinds.pipelines import PIPELINE, PIPELINE_EXECUTION
from lineage.domain.kinds.places import ARTIFACT, CODE, CONTENT, DATASET, RESOURCE
from lineage.domain.kinds.registry import MODEL_PACKAGE
from lineage.domain.kinds.serving import ENDPOINT, ENDPOINT_CONFIG, INFERENCE_COMPONENT, MODEL
from lineage.domain.kinds.shared import RUN_NAME
from lineage.domain.kinds.table import (
    CARRIED_JOBS,
    ENTITY_KINDS,
    GROUPS,
    HOLDERS,
    KIND_OF_CALL,
    KINDS,
    LEARNERS,
    MADE,
    OF_VARIANTS,
    ONLY_NAMED,
    PLACES,
    PREPARERS,
    READERS,
    REGISTERED,
    REPACKERS,
    RUNS,
    SERVERS,
    SHOWN_BESIDE,
    TAKERS,
    VERSIONED,
    kind_json,
    kind_of_arn,
    kind_of_subject,
)
from lineage.domain.kinds.words import (
    ALLOWED,
    ANY,
    CHANNEL_USAGE,
    IMAGE,
    LOCATION,
    MENTIONED_USAGE,
    OPAQUE_CHANNELS,
    RELATIONS,
    REUSED,
    SERVING,
    WEIGHTS,
    Extra,
    Finder,
    Kind,
    Reference,
    Trait,
    carries_model,
    mentions,
    owns,
    reads,
    refers,
    takes_model,
)

__all__ = [
    "ALLOWED",
    "ANY",
    "ARTIFACT",
    "AUTOML_JOB",
    "CARRIED_JOBS",
    "CHANNEL_USAGE",
    "CHARTS",
    "CODE",
    "CONTENT",
    "DATASET",
    "ENDPOINT",
    "ENDPOINT_CONFIG",
    "ENTITY_KINDS",
    "EXPERIMENT",
    "FEATURE_GROUP",
    "GROUPS",
    "HOLDERS",
    "IMAGE",
    "INFERENCE_COMPONENT",
    "KINDS",
    "KIND_OF_CALL",
    "LABELING_JOB",
    "LEARNERS",
    "LINEAGE_ARTIFACT",
    "LOCATION",
    "MADE",
    "MENTIONED_USAGE",
    "MODEL",
    "MODEL_PACKAGE",
    "OF_VARIANTS",
    "ONLY_NAMED",
    "OPAQUE_CHANNELS",
    "PIPELINE",
    "PIPELINE_EXECUTION",
    "PLACES",
    "PREPARERS",
    "PROCESSING_JOB",
    "READERS",
    "REGISTERED",
    "RELATIONS",
    "REPACKERS",
    "RESOURCE",
    "REUSED",
    "RUNS",
    "RUN_NAME",
    "SERVERS",
    "SERVING",
    "SHOWN_BESIDE",
    "TAKERS",
    "TRAINING_JOB",
    "TRANSFORM_JOB",
    "TRIAL",
    "TRIAL_COMPONENT",
    "TUNING_JOB",
    "VERSIONED",
    "WEIGHTS",
    "Extra",
    "Finder",
    "Kind",
    "Reference",
    "Trait",
    "carries_model",
    "kind_json",
    "kind_of_arn",
    "kind_of_subject",
    "mentions",
    "owns",
    "reads",
    "refers",
    "takes_model",
]
