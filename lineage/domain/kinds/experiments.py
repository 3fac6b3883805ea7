"""Experiments, their trials, and the trial components, each of which records one run."""

from __future__ import annotations

from typing import Final

from lineage.domain.kinds.shared import TAGS
from lineage.domain.kinds.words import ANY, Finder, Kind, Trait, generated_by, mentions, reads, refers, writes

TRIAL_COMPONENT = Kind(
    "trial-component",
    describe="DescribeTrialComponent",
    list="ListTrialComponents",
    search="ExperimentTrialComponent",
    # A component that logs artifacts and names no source may have several sources, which only Describe gives. A component
    # with one source and others is known by the first.
    doubts=("!Source&InputArtifacts", "!Source&OutputArtifacts"),
    search_lacks=("Sources",),
    accrues=True,
    tells_use=True,
    arn="experiment-trial-component/.+",
    status="Status.PrimaryStatus",
    times=("StartTime", "EndTime"),
    traits=(Trait.LEARNS, Trait.RECORDS),
    references=(
        refers("Source.SourceArn", ANY, "recorded-by"),
        refers("Sources[].SourceArn", ANY, "recorded-by"),
        reads("InputArtifacts.*.Value", evidence="logged", content="Parameters"),
        writes("OutputArtifacts.*.Value", evidence="logged"),
        refers("Parents[].TrialName", "trial", "member-of"),
        generated_by(),
        mentions("Parameters.*.StringValue", paired=True),
        *TAGS,
    ),
    finders=(Finder("trial", "ListTrials", "TrialComponentName", "TrialComponentName", parents="Parents"),),
    details=(("display_name", "DisplayName"),),
    shape="note",
    colour="#f0e442",
)

TRIAL = Kind(
    "trial",
    describe="DescribeTrial",
    list="ListTrials",
    search="ExperimentTrial",
    arn="experiment-trial/.+",
    traits=(Trait.GROUPS,),
    references=(
        refers("ExperimentName", "experiment", "member-of"),
        refers("Source.SourceArn", ANY, "member-of"),
        generated_by(),
        *TAGS,
    ),
    details=(("display_name", "DisplayName"),),
    shape="folder",
    colour="#f7f0a1",
)

EXPERIMENT = Kind(
    "experiment",
    describe="DescribeExperiment",
    list="ListExperiments",
    search="Experiment",
    traits=(Trait.GROUPS,),
    references=(refers("Source.SourceArn", ANY, "member-of"), *TAGS),
    details=(("display_name", "DisplayName"),),
    shape="folder",
    colour="#f0e442",
)

ROWS: Final = (TRIAL_COMPONENT, TRIAL, EXPERIMENT)
